"""When a winner is called, and when not."""

import numpy as np
import pandas as pd
import pytest

from geocluster.errors import TableError
from geocluster.siting.criteria import BURDEN
from geocluster.siting.ranking import rank, rank_acceptability
from geocluster.siting.stability import rank_stability

WEIGHTS = {BURDEN: -0.5, "distance_rail_m": -0.3, "workers_within_15_km": 0.2}


def table_of(count=20, seed=0):
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.uniform(1, 9, (count, 3)), columns=list(WEIGHTS))
    return table.assign(site_id=[f"S{n:03d}" for n in range(count)])


def with_a_clear_best():
    sites = table_of()
    sites.loc[4, list(WEIGHTS)] = [0.5, 0.5, 10]
    return sites


def test_a_clear_best_is_called():
    table = rank_stability(with_a_clear_best(), WEIGHTS, samples=400)
    assert table.attrs["winner"] == "S004"
    assert table.attrs["verdict"].startswith("S004 is among the top three in 100% of the cases")
    assert table.loc[0, ["top_three_share", "acceptability", "mean_rank"]].tolist() == [1, 1, 1]


def test_a_top_that_is_not_separable_names_no_winner():
    trade_off = np.linspace(1, 9, 20)
    sites = pd.DataFrame(
        {"site_id": [f"S{n}" for n in range(20)], "a": trade_off, "b": trade_off[::-1]}
    )
    table = rank_stability(sites, {"a": 1, "b": 1}, samples=400)
    assert table.attrs["winner"] is None
    assert "not separable" in table.attrs["verdict"]
    assert not any(name in table.attrs["verdict"] for name in sites["site_id"])
    assert table["top_three_share"].iloc[0] < 0.8


def test_the_order_is_that_of_the_given_weights():
    sites = table_of()
    table = rank_stability(sites, WEIGHTS, samples=200)
    ranking = rank(sites, WEIGHTS)
    assert table["site_id"].tolist() == ranking["site_id"].tolist()
    assert table["score"].to_numpy() == pytest.approx(ranking["score"].to_numpy())
    assert table["rank"].tolist() == list(range(1, 21))


@pytest.mark.parametrize("method", ["topsis", "weighted_sum"])
def test_shares_equal_the_acceptability(method):
    sites = table_of()
    table = rank_stability(sites, WEIGHTS, samples=300, seed=5, method=method).set_index("site_id")
    shares = rank_acceptability(sites, WEIGHTS, samples=300, seed=5, method=method)
    found = table.loc[shares.index]
    assert found["acceptability"].to_numpy() == pytest.approx(shares[1].to_numpy())
    assert found["top_three_share"].to_numpy() == pytest.approx(
        shares[[1, 2, 3]].sum(axis=1).to_numpy()
    )


def test_heights_of_release_are_cases_too():
    sites = with_a_clear_best()
    high = sites[BURDEN].to_numpy().copy()
    high[4] = 400.0  # released high up, the clear best burdens far more people than any other
    burdens = {"fugitive": sites[BURDEN].to_numpy(), "tall stack": high}
    table = rank_stability(sites, WEIGHTS, burdens=burdens, samples=400)
    assert table.attrs["cases"] == 800
    assert table.attrs["releases"] == ["fugitive", "tall stack"]
    row = table.set_index("site_id").loc["S004"]
    assert row["top_three_share"] < 0.8
    assert row["first_with"] == "fugitive"
    assert table.attrs["winner"] is None
    assert "2 heights of release" in table.attrs["verdict"]


def test_the_same_burden_at_every_height_changes_nothing():
    sites = table_of()
    once = rank_stability(sites, WEIGHTS, samples=200)
    same = {name: sites[BURDEN].to_numpy() for name in ("low", "high")}
    twice = rank_stability(sites, WEIGHTS, burdens=same, samples=200)
    columns = ["site_id", "acceptability", "top_three_share", "mean_rank"]
    pd.testing.assert_frame_equal(once[columns], twice[columns])


def test_few_sites_need_a_clear_first():
    two = pd.DataFrame({"site_id": ["a", "b"], "x": [1.0, 2.0], "y": [2.0, 1.0]})
    table = rank_stability(two, {"x": 1, "y": 1}, samples=400)
    assert table.attrs["winner"] is None  # among the top three always, and yet no winner
    clear = rank_stability(two.assign(y=[0.5, 1.0]), {"x": 1, "y": 1}, samples=400)
    assert clear.attrs["winner"] == "b"
    one = rank_stability(two.iloc[:1], {"x": 1, "y": 1}, samples=10)
    assert one.attrs["winner"] is None
    assert "nothing to compare" in one.attrs["verdict"]


def test_sites_with_gaps_are_dropped_or_taken_as_worst():
    sites = table_of(6)
    sites.loc[2, BURDEN] = np.nan
    burdens = {"low": sites[BURDEN].to_numpy(), "high": sites[BURDEN].to_numpy() * 2}
    dropped = rank_stability(sites, WEIGHTS, burdens=burdens, samples=50, missing="drop")
    assert "S002" not in set(dropped["site_id"])
    worst = rank_stability(sites, WEIGHTS, burdens=burdens, samples=50, missing="worst")
    assert len(worst) == 6
    with pytest.raises(TableError, match="no value in row 3"):
        rank_stability(sites, WEIGHTS, burdens=burdens, samples=50)


def test_burdens_must_fit_the_sites():
    sites = table_of(6)
    with pytest.raises(TableError) as error:
        rank_stability(sites, WEIGHTS, burdens={"low": [1.0], "high": [np.nan] * 6}, samples=50)
    assert len(error.value.faults) == 2
    assert "1 values for 6 sites" in str(error.value)


def test_methods_are_cases_too():
    sites = table_of()
    methods = ["topsis", "promethee_ii", "spotis"]
    each = [rank_stability(sites, WEIGHTS, samples=200, method=method) for method in methods]
    table = rank_stability(sites, WEIGHTS, samples=200, method=methods)
    assert table.attrs["cases"] == 600
    assert table.attrs["methods"] == methods
    assert table["site_id"].tolist() == each[0]["site_id"].tolist()
    for column in ("acceptability", "top_three_share", "mean_rank"):
        parts = [one.set_index("site_id")[column] for one in each]
        expected = sum(part.loc[table["site_id"]].to_numpy() for part in parts) / 3
        assert table[column].to_numpy() == pytest.approx(expected)
    burdens = dict.fromkeys(("low", "high"), sites[BURDEN])
    both = rank_stability(sites, WEIGHTS, samples=50, method=methods, burdens=burdens)
    assert both.attrs["cases"] == 300
    assert "random weights, 2 heights of release and 3 methods" in both.attrs["verdict"]
    for wrong in ([], ["topsis", "topsis"]):
        with pytest.raises(TableError, match="at least one, each once"):
            rank_stability(sites, WEIGHTS, method=wrong)


def test_burdens_must_lie_within_bounds():
    sites = table_of()
    bounds = {BURDEN: (0, 10)}
    with pytest.raises(TableError, match="'high': outside the bounds 0 to 10"):
        rank_stability(
            sites,
            WEIGHTS,
            method="spotis",
            bounds=bounds,
            burdens={"low": sites[BURDEN], "high": sites[BURDEN] * 100},
            samples=50,
        )
