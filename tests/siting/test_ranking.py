"""Ranking: against other programs, and by laws that any ranking must obey."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm import normalizations
from pymcdm.methods import TOPSIS, WSM
from shapely.geometry import Point

from geocluster.errors import TableError
from geocluster.siting.criteria import CRITERIA
from geocluster.siting.ranking import random_weights, rank, rank_acceptability

WEIGHTS = {"cost": -3.0, "gain": 2.0, "noise": -1.0, "room": 4.0}
METHODS = ["topsis", "weighted_sum"]
ORACLES = {
    "vector": normalizations.vector_normalization,
    "min-max": normalizations.minmax_normalization,
}


def table_of(seed=0, count=30):
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.uniform(1, 9, (count, 4)), columns=list(WEIGHTS))
    return table.assign(site_id=[f"S{n:03d}" for n in range(count)])


def by_id(ranking, column="score"):
    return ranking.set_index("site_id")[column].sort_index()


@pytest.mark.parametrize("normalisation", ORACLES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_scores_equal_pymcdm(method, normalisation, seed):
    sites = table_of(seed)
    if seed == 4:
        sites["noise"] = 5.0
    ranking = rank(sites, WEIGHTS, method=method, normalisation=normalisation)
    oracle = (TOPSIS if method == "topsis" else WSM)(ORACLES[normalisation])
    weights = np.abs(list(WEIGHTS.values()))
    expected = oracle(
        sites[list(WEIGHTS)].to_numpy(),
        weights / weights.sum(),
        np.sign(list(WEIGHTS.values())).astype(int),
    )
    assert by_id(ranking).to_numpy() == pytest.approx(expected, rel=0, abs=1e-12)


def test_usual_normalisations_and_what_is_told_of_them():
    sites = table_of()
    topsis = rank(sites, WEIGHTS)
    assert topsis.attrs["normalisation"] == "vector"
    assert topsis.attrs["method"] == "topsis"
    assert topsis.attrs["weights"] == {"cost": -0.3, "gain": 0.2, "noise": -0.1, "room": 0.4}
    expected = sites["gain"] / np.sqrt((sites["gain"] ** 2).sum())
    found = topsis["normalised_gain"].sort_index()
    assert found.to_numpy() == pytest.approx(expected.to_numpy())
    weighted = rank(sites, WEIGHTS, method="weighted_sum")
    assert weighted.attrs["normalisation"] == "min-max"
    assert weighted["normalised_cost"].sort_index().iloc[sites["cost"].argmin()] == 1


def test_best_first_with_every_column_kept():
    sites = table_of().assign(note="x")
    ranking = rank(sites, WEIGHTS)
    assert ranking["rank"].tolist() == list(range(1, 31))
    assert ranking["score"].is_monotonic_decreasing
    kept = ranking[sites.columns].sort_index()
    pd.testing.assert_frame_equal(kept, sites)
    assert {f"normalised_{name}" for name in WEIGHTS} <= set(ranking.columns)


def test_a_geodataframe_stays_one_and_is_not_changed():
    table = table_of(count=5)
    sites = gpd.GeoDataFrame(table, geometry=[Point(n, n) for n in range(5)], crs="EPSG:32642")
    before = sites.copy()
    ranking = rank(sites, WEIGHTS)
    assert isinstance(ranking, gpd.GeoDataFrame)
    assert ranking.crs == sites.crs
    pd.testing.assert_frame_equal(sites, before)
    again = rank(ranking, WEIGHTS)
    assert again["site_id"].tolist() == ranking["site_id"].tolist()
    assert again.columns.is_unique


# --- laws --------------------------------------------------------------------------------------

cases = st.tuples(st.integers(0, 10_000), st.integers(2, 12), st.sampled_from(METHODS))
many = settings(deadline=None, derandomize=True, max_examples=60)


@many
@given(case=cases, factor=st.floats(1e-6, 1e6))
def test_the_size_of_all_weights_does_not_matter(case, factor):
    seed, count, method = case
    sites = table_of(seed, count)
    scaled = {name: weight * factor for name, weight in WEIGHTS.items()}
    once, again = (rank(sites, weights, method=method) for weights in (WEIGHTS, scaled))
    assert by_id(once).to_numpy() == pytest.approx(by_id(again).to_numpy(), abs=1e-12)


@many
@given(case=cases, factor=st.floats(1e-6, 1e6))
def test_the_unit_of_a_criterion_does_not_matter(case, factor):
    seed, count, method = case
    sites = table_of(seed, count)
    other = sites.assign(cost=sites["cost"] * factor)
    once, again = (rank(table, WEIGHTS, method=method) for table in (sites, other))
    assert by_id(once).to_numpy() == pytest.approx(by_id(again).to_numpy(), abs=1e-9)


@many
@given(case=cases)
def test_a_dominated_site_never_stands_above(case):
    seed, count, method = case
    sites = table_of(seed, count)
    worse = sites.iloc[[0]].assign(site_id="A-worse")
    random = np.random.default_rng(seed)
    for name, weight in WEIGHTS.items():
        worse[name] -= np.sign(weight) * random.uniform(0, 0.9) * random.integers(0, 2)
    ranking = rank(pd.concat([sites, worse]), WEIGHTS, method=method).set_index("site_id")
    assert ranking.loc["A-worse", "score"] <= ranking.loc["S000", "score"] + 1e-12


@many
@given(case=cases)
def test_the_order_of_rows_and_weights_does_not_matter(case):
    seed, count, method = case
    sites = table_of(seed, count)
    shuffled = sites.sample(frac=1, random_state=seed)
    turned = dict(reversed(WEIGHTS.items()))
    once, again = rank(sites, WEIGHTS, method=method), rank(shuffled, turned, method=method)
    assert once["site_id"].tolist() == again["site_id"].tolist()


@many
@given(
    case=st.tuples(st.integers(0, 10_000), st.integers(2, 12)),
    more=st.floats(1, 50),
    method=st.sampled_from(["weighted_sum", "spotis"]),
)
def test_more_weight_never_lowers_the_site_that_is_best_in_it(case, more, method):
    seed, count = case
    sites = table_of(seed, count)
    best = sites["site_id"].iloc[sites["cost"].argmin()]
    heavier = {**WEIGHTS, "cost": WEIGHTS["cost"] * more}
    ranks = [
        by_id(rank(sites, weights, method=method), "rank")[best] for weights in (WEIGHTS, heavier)
    ]
    assert ranks[1] <= ranks[0]


def test_equal_sites_stand_in_the_order_of_their_ids():
    sites = pd.DataFrame({"site_id": ["c", "a", "b"], "gain": [2.0, 2.0, 3.0]})
    assert rank(sites, {"gain": 1})["site_id"].tolist() == ["b", "a", "c"]
    assert rank(sites.drop(columns="site_id"), {"gain": 1}).index.tolist() == [2, 0, 1]


def test_scores_that_differ_by_rounding_only_are_equal():
    gain = [0.1 + 0.2, 0.3, 0.3 + 1e-6]
    sites = pd.DataFrame({"site_id": ["b", "a", "c"], "gain": gain, "room": [1.0, 1.0, 1.0]})
    ranking = rank(sites, {"gain": 1, "room": 1}, normalisation="vector", method="weighted_sum")
    assert ranking["site_id"].tolist() == ["c", "a", "b"]


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_column_changes_nothing_and_gives_no_nan(method):
    sites = table_of(count=6)
    plain = rank(sites, {"cost": -1, "gain": 1}, method=method)
    for value in (0.0, 5.0):
        flat = rank(sites.assign(flat=value), {"cost": -1, "gain": 1, "flat": -2}, method=method)
        assert flat["site_id"].tolist() == plain["site_id"].tolist()
        assert np.isfinite(flat[["score", "normalised_flat"]]).all(axis=None)
    same = rank(sites.assign(flat=1.0), {"flat": 1}, method=method)
    assert np.isfinite(same["score"]).all()


def test_one_site_is_first():
    ranking = rank(table_of(count=1), WEIGHTS)
    assert ranking[["rank", "score"]].values.tolist() == [[1, 0.5]]


def test_negative_and_huge_values_are_ranked():
    sites = pd.DataFrame({"site_id": list("abc"), "gain": [-1e200, 0.0, 1e200]})
    for method in METHODS:
        assert rank(sites, {"gain": 1}, method=method)["site_id"].tolist() == ["c", "b", "a"]


# --- missing values and wrong questions --------------------------------------------------------


def with_gaps():
    sites = table_of(count=5)
    sites.loc[[1, 3], "cost"] = np.nan
    return sites


def test_a_missing_value_is_an_error_that_names_it():
    with pytest.raises(TableError, match=r"column 'cost': no value in rows 2, 4.*missing='worst'"):
        rank(with_gaps(), WEIGHTS)


def test_missing_as_the_worst():
    sites = with_gaps()
    filled = sites.fillna({"cost": sites["cost"].max()})
    expected = by_id(rank(filled, WEIGHTS))
    found = rank(sites, WEIGHTS, missing="worst")
    assert by_id(found).to_numpy() == pytest.approx(expected.to_numpy())
    assert found["cost"].isna().sum() == 2
    gain = sites.assign(gain=[1.0, np.nan, 3.0, 2.0, 5.0], cost=1.0)
    assert rank(gain, {"gain": 1}, missing="worst")["site_id"].tolist()[-2:] == ["S000", "S001"]


def test_missing_sites_dropped():
    found = rank(with_gaps(), WEIGHTS, missing="drop")
    assert set(found["site_id"]) == {"S000", "S002", "S004"}
    assert found.attrs["dropped"] == ["S001", "S003"]
    assert found["rank"].tolist() == [1, 2, 3]


def test_a_gap_without_weight_does_not_matter():
    assert len(rank(with_gaps(), {"gain": 1})) == 5


def test_a_column_without_any_value_is_an_error():
    for missing in (None, "worst", "drop"):
        with pytest.raises(TableError, match="'cost' has no value at all"):
            rank(table_of(count=4).assign(cost=np.nan), WEIGHTS, missing=missing)


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ({"price": 1}, {}, "column 'price' is missing"),
        ({"site_id": 1}, {}, "is not a number"),
        ({"cost": 0, "gain": 0}, {}, "every weight is 0"),
        ({}, {}, "every weight is 0"),
        ({"cost": float("nan")}, {}, "give a number"),
        ({"cost": "much"}, {}, "give a number"),
        ({"cost": 1}, {"method": "ahp"}, "allowed are topsis, weighted_sum"),
        ({"cost": 1}, {"normalisation": "z"}, "allowed are vector, min-max, max"),
        ({"cost": 1}, {"missing": "mean"}, "allowed are None, 'worst' and 'drop'"),
    ],
)
def test_wrong_questions_are_answered_in_words(weights, options, message):
    with pytest.raises(TableError, match=message):
        rank(table_of(count=4), weights, **options)


def test_faults_come_together():
    with pytest.raises(TableError) as error:
        rank(table_of(count=4), {"price": 1, "cost": float("inf")}, method="ahp")
    assert len(error.value.faults) == 3


def test_no_sites_and_infinite_values():
    with pytest.raises(TableError, match="no site"):
        rank(table_of(count=4).iloc[:0], WEIGHTS)
    with pytest.raises(TableError, match="infinite"):
        rank(table_of(count=4).assign(cost=np.inf), WEIGHTS)


# --- acceptability -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_acceptability_is_a_share_of_weightings(method):
    sites = table_of(count=7)
    shares = rank_acceptability(sites, WEIGHTS, samples=500, method=method)
    assert shares.index.tolist() == sites["site_id"].tolist()
    assert shares.index.name == "site_id"
    assert shares.columns.tolist() == list(range(1, 8))
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert shares.sum(axis=0).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_acceptability_equals_ranking_one_by_one(method):
    sites = table_of(2, count=6)
    drawn = random_weights(list(WEIGHTS), samples=40, seed=7)
    counted = np.zeros((6, 6))
    for row in drawn:
        weights = dict(zip(WEIGHTS, row * np.sign(list(WEIGHTS.values())), strict=True))
        for site, place in by_id(rank(sites, weights, method=method), "rank").items():
            counted[int(site[1:]), place - 1] += 1 / 40
    found = rank_acceptability(sites, WEIGHTS, samples=40, seed=7, method=method)
    assert found.to_numpy() == pytest.approx(counted)


def test_the_same_seed_gives_the_same_shares():
    sites = table_of(count=6)
    one, two, other = (rank_acceptability(sites, WEIGHTS, samples=200, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(other)


def test_sizes_of_weights_do_not_matter_but_signs_do():
    sites = table_of(count=6)
    one = rank_acceptability(sites, {"cost": -1, "gain": 1}, samples=300)
    two = rank_acceptability(sites, {"cost": -9, "gain": 0.1, "noise": 0}, samples=300)
    turned = rank_acceptability(sites, {"cost": 1, "gain": 1}, samples=300)
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(turned)


def test_the_best_in_everything_is_always_first():
    sites = table_of(count=6)
    for name, weight in WEIGHTS.items():
        sites.loc[2, name] = 0.5 if weight < 0 else 10
    shares = rank_acceptability(sites, WEIGHTS, samples=300)
    assert shares.loc["S002", 1] == 1


def test_without_weights_the_projects_criteria_count():
    columns = ["distance_rail_m", "workers_within_15_km"]
    sites = pd.DataFrame([[1.0, 9.0], [5.0, 3.0]], columns=columns).assign(site_id=["a", "b"])
    assert rank_acceptability(sites, samples=50).loc["a", 1] == 1
    with pytest.raises(TableError, match="every weight is 0"):
        rank_acceptability(table_of(count=3), samples=50)


def test_random_weights_are_uniform_over_groups_and_within():
    columns = [criterion.column for criterion in CRITERIA if criterion.group == "access"] + ["x"]
    weights = random_weights(columns, samples=20_000, seed=3)
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.min() >= 0
    # Two groups: x has half the weight, uniformly from 0 to 1; the others share the other half.
    assert weights[:, -1].mean() == pytest.approx(0.5, abs=0.01)
    assert np.quantile(weights[:, -1], [0.1, 0.9]) == pytest.approx([0.1, 0.9], abs=0.01)
    assert weights[:, :-1].mean(axis=0) == pytest.approx(0.5 / (len(columns) - 1), abs=0.005)


def test_three_columns_are_uniform_on_the_triangle():
    weights = random_weights(list("abc"), samples=40_000, seed=0)
    # A corner of half the side has a quarter of the area; the middle triangle the last quarter.
    for column in range(3):
        assert (weights[:, column] > 0.5).mean() == pytest.approx(0.25, abs=0.01)
