"""What would turn a ranking: changes of weights, leaving sites, other methods."""

import numpy as np
import pandas as pd
import pytest

from geocluster.errors import TableError
from geocluster.siting.methods import METHODS
from geocluster.siting.question import Question
from geocluster.siting.ranking import rank
from geocluster.siting.sensitivity import (
    _searched_share,
    compare_methods,
    reversals,
    smallest_change,
    turned_pairs,
)

WEIGHTS = {"cost": -0.3, "gain": 0.2, "noise": -0.1, "room": 0.4}


def table_of(seed=0, count=15):
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.uniform(1, 9, (count, 4)), columns=list(WEIGHTS))
    return table.assign(site_id=[f"S{n:03d}" for n in range(count)])


def changed(criterion, share):
    """The weights where one has this share, the others their proportions."""
    rest = 1 - abs(WEIGHTS[criterion])
    return {
        name: np.sign(weight) * (share if name == criterion else abs(weight) * (1 - share) / rest)
        for name, weight in WEIGHTS.items()
    }


# --- the smallest change -----------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_a_hair_beyond_the_change_the_second_is_first_and_before_it_is_not(seed, method):
    sites = table_of(seed)
    table = smallest_change(sites, WEIGHTS, method)
    first, second = rank(sites, WEIGHTS, method=method)["site_id"].iloc[:2]
    assert (table.attrs["first"], table.attrs["second"]) == (first, second)
    for row in table.dropna().itertuples():
        for part, expected in ((1 + 1e-6, True), (1 - 1e-6, False), (0.5, False)):
            share = row.share + part * row.change
            if 0 < share < 1:
                found = rank(sites, changed(row.criterion, share), method=method)
                assert (found["site_id"].iloc[0] == second) is expected


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_none_means_that_no_share_tried_does(seed, method):
    sites = table_of(seed)
    table = smallest_change(sites, WEIGHTS, method)
    for criterion in table.loc[table["needed"].isna(), "criterion"]:
        for share in np.linspace(0.01, 0.99, 25):
            found = rank(sites, changed(criterion, share), method=method)
            assert found["site_id"].iloc[0] != table.attrs["second"]


@pytest.mark.parametrize("seed", range(6))
def test_closed_form_and_search_agree(seed):
    sites = table_of(seed)
    asked = Question.of(sites, WEIGHTS, "weighted_sum", None, None)
    second = int(asked.order()[1])
    exact = smallest_change(sites, WEIGHTS, "weighted_sum").set_index("criterion")["needed"]
    for number, name in enumerate(WEIGHTS):
        searched = _searched_share(asked, asked.normalised(), second, number)
        assert searched == pytest.approx(exact[name], abs=1e-9, nan_ok=True)


def test_the_smallest_stands_first_and_a_dominated_second_needs_the_impossible():
    table = smallest_change(table_of(1), WEIGHTS, "weighted_sum")
    sizes = table["change"].abs().dropna()
    assert sizes.is_monotonic_increasing
    assert table.attrs["criterion"] == table["criterion"].iloc[0]
    dominated = pd.DataFrame({"site_id": ["a", "b"], "cost": [1.0, 2.0], "gain": [5.0, 4.0]})
    for method in METHODS:
        none = smallest_change(dominated, {"cost": -1, "gain": 1}, method)
        assert none["needed"].isna().all()
        assert none.attrs["criterion"] is None


def test_another_site_may_stand_in_the_way():
    # More weight on y unseats a, but then c leads; b never does.
    sites = pd.DataFrame({"site_id": list("abc"), "x": [10.0, 8.0, 0.0], "y": [0.0, 1.0, 10.0]})
    table = smallest_change(sites, {"x": 3, "y": 1}, "weighted_sum")
    assert table.attrs["second"] == "b"
    assert table["needed"].isna().all()


def test_one_criterion_or_one_site():
    assert smallest_change(table_of(), {"cost": -1})["needed"].isna().all()
    with pytest.raises(TableError, match="no second"):
        smallest_change(table_of(count=1), WEIGHTS)


# --- candidates that leave ---------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_reversals_equal_ranking_without_the_site(method):
    sites = table_of(3, 8)
    table = reversals(sites, WEIGHTS, method).set_index("site_id")
    whole = rank(sites, WEIGHTS, method=method)["site_id"].tolist()
    assert table.index.tolist() == whole
    assert table["rank"].tolist() == list(range(1, 9))
    for name, row in table.iterrows():
        rest = rank(sites[sites["site_id"] != name], WEIGHTS, method=method)["site_id"].tolist()
        others = [other for other in whole if other != name]
        pairs = sum(
            rest.index(one) > rest.index(two)
            for number, one in enumerate(others)
            for two in others[number + 1 :]
        )
        assert row["reversed_pairs"] == pairs
        assert row["first"] == rest[0]
        assert row["first_changes"] == (rest[0] != others[0])


def test_some_ranking_reverses_and_spotis_with_bounds_never():
    bounds = dict.fromkeys(WEIGHTS, (0, 10))
    turned = 0.0
    for seed in range(10):
        turned += reversals(table_of(seed), WEIGHTS, "weighted_sum").attrs["reversed_share"]
        spotis = reversals(table_of(seed), WEIGHTS, "spotis", bounds=bounds)
        assert spotis["reversed_pairs"].sum() == 0
        assert not spotis["first_changes"].any()
        assert spotis.attrs["reversed_share"] == 0
    assert turned > 0


def test_only_some_leave():
    table = reversals(table_of(), WEIGHTS, leaving=["S003", "S001"])
    assert set(table["site_id"]) == {"S001", "S003"}
    with pytest.raises(TableError, match="no site 'X'"):
        reversals(table_of(), WEIGHTS, leaving=["X"])
    alone = reversals(table_of(count=1), WEIGHTS)
    assert alone[["reversed_pairs", "first"]].values.tolist() == [[0, None]]


def test_turned_pairs():
    random = np.random.default_rng(0)
    for _ in range(20):
        one, two = random.permutation(9), random.permutation(9)
        where = np.argsort(two)
        expected = sum(where[one[i]] > where[one[j]] for i in range(9) for j in range(i + 1, 9))
        assert turned_pairs(one, two) == expected


# --- methods side by side ----------------------------------------------------------------------


def test_methods_side_by_side():
    sites = table_of(2)
    table = compare_methods(sites, WEIGHTS)
    for method in METHODS:
        expected = rank(sites, WEIGHTS, method=method).set_index("site_id")["rank"]
        assert table[method].to_dict() == expected.to_dict()
        assert table.attrs["firsts"][method] == expected.index[0]
    assert table["mean_rank"].is_monotonic_increasing
    assert (table["best_rank"] <= table["worst_rank"]).all()
    # With bounds from the sites, SPOTIS is the weighted sum over min-max.
    assert table.attrs["agreement"]["weighted_sum / spotis"] == 1
    assert -1 <= table.attrs["agreement"]["topsis / promethee_ii"] <= 1
    assert len(table.attrs["agreement"]) == 6
