"""Cases of uncertain criteria: one thing otherwise at a time, and everything at once."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.errors import TableError
from geocluster.siting.cases import AS_GIVEN, EVERYTHING, drawn_numbers, kinds_of, with_cases
from geocluster.siting.question import Question
from geocluster.siting.stability import rank_stability

WEIGHTS = {"cost": -0.5, "far": -0.3, "gain": 0.2}


def table_of(count=12, seed=0):
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.uniform(1, 9, (count, 3)), columns=list(WEIGHTS))
    return table.assign(site_id=[f"S{n:02d}" for n in range(count)])


def with_a_clear_best():
    sites = table_of()
    sites.loc[4, list(WEIGHTS)] = [0.5, 0.5, 10]
    return sites


def asked_of(sites, bounds=None):
    method = "spotis" if bounds else "weighted_sum"
    return Question.of(sites, WEIGHTS, method, None, None, bounds)


def by_name(table):
    return {row["kind"]: row for row in table.attrs["kinds"]}


def test_cases_that_change_nothing_lose_nothing():
    sites = table_of()
    cases = {"dry": {"cost": sites["cost"]}, "wet": {"cost": sites["cost"]}}
    table = rank_stability(sites, WEIGHTS, cases=cases, kinds=dict.fromkeys(cases, "wind"))
    plain = rank_stability(sites, WEIGHTS)
    columns = ["acceptability", "top_three_share", "mean_rank"]
    assert table[columns].to_numpy() == pytest.approx(plain[columns].to_numpy())
    wind = by_name(table)["wind"]
    assert wind["cases"] == [AS_GIVEN, "dry", "wet"]
    assert (wind["top_three_lost"], wind["first_lost"]) == (0, 0)


def test_a_kind_that_throws_out_the_best_costs_a_winner():
    sites = with_a_clear_best()
    worse = sites["cost"].where(sites["site_id"] != "S04", 400.0)
    table = rank_stability(
        sites, WEIGHTS, cases={"leak": {"cost": worse}}, kinds={"leak": "height"}, samples=600
    )
    assert table.loc[0, "site_id"] == "S04"
    found = by_name(table)
    # Half the draws have the case: with any weights the site is then seldom among the first.
    assert found["weights"]["top_three_share"]["S04"] == 1
    assert 0.5 <= found["height"]["top_three_share"]["S04"] < 0.8
    assert found["height"]["first_lost"] == 0.5
    assert table.attrs["winner"] is None
    assert "height (1)" in table.attrs["verdict"]


def test_everything_at_once_is_what_the_table_tells():
    sites, random = table_of(), np.random.default_rng(5)
    cases = {f"c{n}": {"cost": sites["cost"] * random.uniform(0.3, 3, 12)} for n in range(4)}
    kinds = {"c0": "wind", "c1": "wind", "c2": "people", "c3": "people"}
    methods = ["topsis", "weighted_sum"]
    table = rank_stability(sites, WEIGHTS, cases=cases, kinds=kinds, method=methods, samples=900)
    found = by_name(table)
    assert list(found) == ["weights", "method", "wind", "people", EVERYTHING]
    everything = table["site_id"].map(found[EVERYTHING]["top_three_share"])
    assert everything.to_numpy() == pytest.approx(table["top_three_share"].to_numpy())
    for row in found.values():
        assert sum(row["top_three_share"].values()) == pytest.approx(3)
    assert table["acceptability"].sum() == pytest.approx(1)


def test_cases_of_two_kinds_multiply():
    sites = table_of()
    sites.loc[0, "cost"] = 0.0
    asked = asked_of(sites)
    twice = {"cost": asked.values[:, 0] * 2 + (np.arange(12) == 0)}
    half = {"cost": asked.values[:, 0] / 2 + 3 * (np.arange(12) == 0)}
    together = with_cases(asked, [twice, {}, half]).values
    assert together[1:, 0] == pytest.approx(asked.values[1:, 0])
    assert together[0, 0] == 4  # where it is 0, what each adds is added
    assert (together[:, 1:] == asked.values[:, 1:]).all()
    assert with_cases(asked, [{}, {}]) is asked


def test_bounds_hold_for_cases():
    sites = table_of()
    asked = asked_of(sites, {"cost": (0, 10), "far": (0, 10), "gain": (0, 10)})
    together = with_cases(asked, [{"cost": asked.values[:, 0] * 100}])
    assert together.values[:, 0].max() == 10
    assert together.normalised().min() >= 0


@given(st.lists(st.integers(2, 6), min_size=1, max_size=4), st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_each_case_is_drawn_as_often_as_the_others(sizes, seed):
    drawn = drawn_numbers(sizes, 120, seed)
    for column, size in zip(drawn.T, sizes, strict=True):
        assert set(np.bincount(column, minlength=size)) <= {120 // size, -(-120 // size)}


def test_releases_beside_cases_are_a_kind():
    sites = table_of().rename(columns={"cost": "burden_persons_ug_m3_per_g_s"})
    weights = {"burden_persons_ug_m3_per_g_s": -1, "gain": 1}
    burdens = {"low": sites["gain"], "high": sites["burden_persons_ug_m3_per_g_s"]}
    table = rank_stability(sites, weights, burdens=burdens, cases={}, samples=60)
    assert table.attrs["releases"] == ["low", "high"]
    assert by_name(table)["height of release"]["cases"][0] == AS_GIVEN
    assert "high" in table.set_index("site_id")["first_with"].iloc[0]


def test_faults_of_cases_come_all_at_once():
    sites = table_of()
    cases = {
        "short": {"cost": [1.0]},
        "strange": {"beauty": sites["cost"]},
        "empty": {"far": [np.nan] * 12},
    }
    with pytest.raises(TableError) as caught:
        kinds_of(asked_of(sites), 12, cases, {"nobody": "wind"}, None)
    told = str(caught.value)
    assert "case 'short', 'cost': 1 values for 12 sites" in told
    assert "'beauty' is no criterion with a weight" in told
    assert "no value for 12 sites" in told
    assert "kind of 'nobody': no such case" in told
