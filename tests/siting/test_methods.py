"""SPOTIS and PROMETHEE II: against pymcdm, and by laws that hold for every method."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm.methods import PROMETHEE_II, SPOTIS

from geocluster.errors import TableError
from geocluster.siting.methods import METHODS, net_flows
from geocluster.siting.ranking import rank, rank_acceptability

many = settings(deadline=None, derandomize=True, max_examples=40)
cases = st.tuples(st.integers(0, 10_000), st.integers(2, 15), st.sampled_from(list(METHODS)))


def question(seed, count=20, criteria=5, ties=True):
    """Sites and signed weights; with ties, values are few and stand often twice."""
    random = np.random.default_rng(seed)
    values = random.uniform(-5, 9, (count, criteria))
    if ties:
        values = np.round(values)
    names = [f"c{n}" for n in range(criteria)]
    sites = pd.DataFrame(values, columns=names)
    sites["site_id"] = [f"S{n:03d}" for n in range(count)]
    weights = random.dirichlet(np.ones(criteria)) * random.choice([-1, 1], criteria)
    return sites, dict(zip(names, weights, strict=True))


def arrays(sites, weights):
    signed = np.array(list(weights.values()))
    return sites[list(weights)].to_numpy(), np.abs(signed), np.sign(signed).astype(int)


def scores(ranking):
    return ranking.sort_index()["score"].to_numpy()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_spotis_equals_pymcdm(seed, ties):
    sites, weights = question(seed, ties=ties)
    bounds = {name: (-6.0 - n, 9.5 + n) for n, name in enumerate(weights)}
    found = rank(sites, weights, method="spotis", bounds=bounds)
    expected = SPOTIS(np.array(list(bounds.values())))(*arrays(sites, weights))
    # pymcdm gives the distance from the ideal.
    assert 1 - scores(found) == pytest.approx(expected, rel=0, abs=1e-12)
    assert found.attrs["reversal_free"] is True
    assert found.attrs["note"] == ""


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("shape", ["usual", "vshape", "vshape_2"])
@pytest.mark.parametrize("seed", range(5))
def test_promethee_equals_pymcdm(seed, shape, ties):
    sites, weights = question(seed, ties=ties)
    random = np.random.default_rng(seed)
    q, p = random.uniform(0.1, 2, 5), random.uniform(2.1, 6, 5)
    if ties:
        q, p = np.ceil(q), np.ceil(p) + 1  # thresholds that differences hit exactly
    thresholds = {
        name: {"usual": 0, "vshape": p[n], "vshape_2": (q[n], p[n])}[shape]
        for n, name in enumerate(weights)
    }
    found = rank(sites, weights, method="promethee_ii", thresholds=thresholds)
    given = {"usual": {}, "vshape": {"p": p}, "vshape_2": {"p": p, "q": q}}[shape]
    expected = PROMETHEE_II(shape, **given)(*arrays(sites, weights))
    assert scores(found) == pytest.approx(expected, rel=0, abs=1e-12)


def test_flows_of_many_sites_equal_all_pairs():
    values = np.random.default_rng(3).normal(50, 9, (1500, 1)) ** 2
    q, p = 80.0, 700.0
    gained = np.clip((values - values.T - q) / (p - q), 0, 1)
    expected = (gained.sum(axis=1) - gained.sum(axis=0)) / 1499
    found = net_flows(values, np.array([False]), np.array([[q, p]])).ravel()
    assert found == pytest.approx(expected, rel=0, abs=1e-12)


def test_flows_sum_to_nothing():
    sites, weights = question(1)
    ranking = rank(sites, weights, method="promethee_ii")
    assert ranking["score"].sum() == pytest.approx(0, abs=1e-12)
    assert ranking["score"].between(-1, 1).all()


def test_what_was_taken_from_the_sites_is_told():
    sites, weights = question(2)
    bounds = {"c0": (-9, 19)}
    spotis = rank(sites, weights, method="spotis", bounds=bounds).attrs
    assert spotis["reversal_free"] is False
    assert "bounds of c1, c2, c3, c4 are the least and greatest value" in spotis["note"]
    assert spotis["bounds"]["c0"] == (-9, 19)
    assert spotis["bounds"]["c1"] == (sites["c1"].min(), sites["c1"].max())
    assert spotis["normalisation"] == "bounds"
    promethee = rank(sites, weights, method="promethee_ii", thresholds={"c0": (1, 2)}).attrs
    assert promethee["thresholds"]["c0"] == (1, 2)
    assert promethee["thresholds"]["c1"] == (0, pytest.approx(sites["c1"].std(ddof=0)))
    assert rank(sites, weights).attrs["reversal_free"] is False


def test_a_missing_value_makes_spotis_depend_on_the_others():
    sites, weights = question(2)
    sites.loc[3, "c1"] = np.nan
    bounds = dict.fromkeys(weights, (-9, 19))
    worst = rank(sites, weights, method="spotis", bounds=bounds, missing="worst").attrs
    assert not worst["reversal_free"]
    assert "missing values" in worst["note"]
    dropped = rank(sites, weights, method="spotis", bounds=bounds, missing="drop").attrs
    assert dropped["reversal_free"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "spotis", "bounds": {"c0": (9, 1)}}, "give .low, high., low < high"),
        ({"method": "spotis", "bounds": {"c0": "wide"}}, "give .low, high."),
        ({"method": "spotis", "bounds": {"price": (0, 1)}}, "no such criterion"),
        ({"method": "spotis", "bounds": {"c0": (0, 1)}}, "outside its bounds 0 to 1 in rows"),
        ({"method": "topsis", "bounds": {"c0": (0, 1)}}, "bounds belong to method 'spotis'"),
        ({"thresholds": {"c0": 1}}, "thresholds belong to method 'promethee_ii'"),
        ({"method": "promethee_ii", "thresholds": {"c0": (2, 1)}}, "0 <= q < p"),
        ({"method": "promethee_ii", "thresholds": {"c0": -1}}, "0 <= q < p"),
        ({"method": "promethee_ii", "normalisation": "vector"}, "has its own, 'net flow'"),
        ({"method": "spotis", "normalisation": "min-max"}, "has its own, 'bounds'"),
    ],
)
def test_wrong_questions_are_answered_in_words(options, message):
    sites, weights = question(0)
    with pytest.raises(TableError, match=message):
        rank(sites, weights, **options)


# --- laws of every method -----------------------------------------------------------------------


@many
@given(case=cases)
def test_a_dominated_site_never_stands_before_its_dominator(case):
    seed, count, method = case
    sites, weights = question(seed, count)
    random = np.random.default_rng(seed)
    worse = sites.iloc[[0]].assign(site_id="T")
    for name, weight in weights.items():
        worse[name] -= np.sign(weight) * random.integers(0, 3)
    ranking = rank(pd.concat([worse, sites]), weights, method=method).set_index("site_id")
    assert ranking.loc["T", "rank"] > ranking.loc["S000", "rank"]


@many
@given(case=cases)
def test_the_order_of_sites_and_weights_does_not_matter(case):
    seed, count, method = case
    sites, weights = question(seed, count)
    shuffled = sites.sample(frac=1, random_state=seed)
    once = rank(sites, weights, method=method)
    again = rank(shuffled, dict(reversed(weights.items())), method=method)
    assert once["site_id"].tolist() == again["site_id"].tolist()


@many
@given(
    case=st.tuples(st.integers(0, 10_000), st.integers(2, 15)),
    method=st.sampled_from(["weighted_sum", "spotis", "promethee_ii"]),
    scale=st.sampled_from([0.001, 0.5, 3.0, 1000.0]),
    shift=st.sampled_from([-70.0, 0.0, 8.0]),
)
def test_scale_and_shift_of_a_criterion_change_nothing(case, method, scale, shift):
    sites, weights = question(*case)
    moved = sites.assign(c1=sites["c1"] * scale + shift)
    once, again = (scores(rank(table, weights, method=method)) for table in (sites, moved))
    assert once == pytest.approx(again, rel=0, abs=1e-9)


@many
@given(case=st.tuples(st.integers(0, 10_000), st.integers(3, 15)))
def test_spotis_with_given_bounds_never_reverses(case):
    sites, weights = question(*case)
    bounds = dict.fromkeys(weights, (-6.0, 10.0))
    whole = rank(sites, weights, method="spotis", bounds=bounds)["site_id"].tolist()
    for leaving in range(0, len(sites), 4):
        rest = rank(sites.drop(index=leaving), weights, method="spotis", bounds=bounds)
        assert rest["site_id"].tolist() == [name for name in whole if name != f"S{leaving:03d}"]


@pytest.mark.parametrize("method", METHODS)
def test_equal_sites_have_equal_scores_and_stand_by_id(method):
    sites, weights = question(4)
    twin = sites.iloc[[7]].assign(site_id="A")
    ranking = rank(pd.concat([sites, twin]), weights, method=method).set_index("site_id")
    assert ranking.loc["A", "score"] == pytest.approx(ranking.loc["S007", "score"], abs=1e-14)
    assert ranking.loc["A", "rank"] == ranking.loc["S007", "rank"] - 1


@pytest.mark.parametrize("method", METHODS)
def test_one_site_a_constant_column_and_huge_values(method):
    sites, weights = question(4)
    assert rank(sites.iloc[:1], weights, method=method)["rank"].tolist() == [1]
    plain = rank(sites, weights, method=method)
    flat = rank(sites.assign(flat=0.1), {**weights, "flat": -0.5}, method=method)
    assert flat["site_id"].tolist() == plain["site_id"].tolist()
    huge = pd.DataFrame({"site_id": list("abc"), "gain": [-1e200, 0.0, 1e200]})
    assert rank(huge, {"gain": 1}, method=method)["site_id"].tolist() == ["c", "b", "a"]


@pytest.mark.parametrize("method", METHODS)
def test_acceptability_sums_to_one_by_site_and_by_rank(method):
    sites, weights = question(5, 9)
    shares = rank_acceptability(sites, weights, samples=300, method=method)
    assert shares.sum(axis=0).to_numpy() == pytest.approx(1)
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    again = rank_acceptability(sites, weights, samples=300, method=method)
    pd.testing.assert_frame_equal(shares, again)


def test_acceptability_over_methods_is_their_mean():
    sites, weights = question(6, 9)
    each = [rank_acceptability(sites, weights, samples=200, method=method) for method in METHODS]
    together = rank_acceptability(sites, weights, samples=200, method=list(METHODS))
    assert together.to_numpy() == pytest.approx(np.mean(each, axis=0))
    bounds = dict.fromkeys(weights, (-9, 19))
    both = rank_acceptability(
        sites, weights, samples=200, method=["topsis", "spotis"], bounds=bounds
    )
    assert both.sum(axis=1).to_numpy() == pytest.approx(1)
