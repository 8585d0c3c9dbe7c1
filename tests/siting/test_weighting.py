"""Weights by AHP, entropy and CRITIC: against pymcdm, and by what each must recover."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm.weights import critic_weights as pymcdm_critic
from pymcdm.weights import entropy_weights as pymcdm_entropy
from pymcdm.weights.subjective import AHP

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.siting.criteria import grouped_weights
from geocluster.siting.ranking import rank
from geocluster.siting.weighting import (
    RANDOM_INDEX,
    ahp_consistency,
    ahp_weights,
    critic_weights,
    entropy_weights,
)

SIGNS = {"cost": -1, "gain": 1, "noise": -1, "room": 1}
many = settings(deadline=None, derandomize=True, max_examples=40)


def table_of(seed, count=30):
    random = np.random.default_rng(seed)
    return pd.DataFrame(random.uniform(1, 9, (count, 4)) ** [1, 2, 3, 1], columns=list(SIGNS))


def sizes(weights):
    return np.abs(list(weights.values()))


def comparisons(seed, count):
    random = np.random.default_rng(seed)
    upper = np.triu(random.choice([1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 5], (count, count)), 1)
    return upper + np.eye(count) + np.tril(1 / np.where(upper.T > 0, upper.T, 1), -1)


# --- AHP ---------------------------------------------------------------------------------------


@many
@given(seed=st.integers(0, 10_000), count=st.integers(1, 15))
def test_a_consistent_matrix_gives_back_its_weights(seed, count):
    weights = np.random.default_rng(seed).dirichlet(np.ones(count)) + 1e-3
    weights /= weights.sum()
    matrix = weights[:, None] / weights
    found = ahp_weights(matrix, {f"c{n}": (-1) ** n for n in range(count)})
    signed = weights * (-1.0) ** np.arange(count)
    assert list(found.values()) == pytest.approx(signed, rel=0, abs=1e-12)
    assert ahp_consistency(matrix).ratio == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("count", [2, 3, 4, 7, 10])
def test_ahp_equals_pymcdm(count):
    matrix = comparisons(count, count)
    oracle = AHP(matrix=matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeoclusterWarning)
        found = ahp_weights(matrix, {f"c{n}": 1 for n in range(count)})
    assert sizes(found) == pytest.approx(oracle(), rel=0, abs=1e-12)
    # Its random index is another one than Saaty's.
    index = oracle.get_cr() * AHP.RI_M[count - 1]
    assert ahp_consistency(matrix).mean_excess == pytest.approx(index, abs=1e-12)


def test_three_things_by_hand():
    # The eigenvalue of three is 1 + c + 1/c with c^3 = a12 a23 / a13; the weights go with the
    # geometric means of the rows: 1 for all here, since every row is 2, 1/2 and 1.
    matrix = [[1, 2, 1 / 2], [1 / 2, 1, 2], [2, 1 / 2, 1]]
    found = ahp_consistency(matrix, list("abc"))
    assert found.eigenvalue == pytest.approx(3.5)
    assert found.ratio == pytest.approx(0.25 / 0.58)
    with pytest.warns(GeoclusterWarning, match=r"ratio 0\.43, above 0\.1.*'a' to 'b' fits least"):
        weights = ahp_weights(matrix, dict.fromkeys("abc", 1))
    assert list(weights.values()) == pytest.approx([1 / 3] * 3)


def test_the_comparison_that_fits_least_is_named():
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    matrix = weights[:, None] / weights
    matrix[1, 3], matrix[3, 1] = 1 / 5, 5  # three times, by the others
    with pytest.warns(GeoclusterWarning, match=r"'b' to 'd' fits least: 0\.2 was given"):
        ahp_weights(matrix, dict.fromkeys("abcd", 1))
    assert ahp_consistency(matrix, list("abcd")).worst == ("b", "d")


def test_names_signs_and_halves():
    names = ["distance_rail_m", "workers_within_15_km"]
    matrix = pd.DataFrame([[1, 4], [np.nan, np.nan]], index=names, columns=names)
    found = ahp_weights(matrix)
    assert found == pytest.approx({"distance_rail_m": -0.8, "workers_within_15_km": 0.2})
    groups = ahp_weights([[1, 3], [1 / 3, 1]], ["exposure", "access"])
    sites = pd.DataFrame({"people_in_protection_zone": [5], "distance_rail_m": [900.0]})
    with pytest.warns(GeoclusterWarning, match="no weight"):
        weights = grouped_weights(groups, sites)
    assert weights == pytest.approx({"people_in_protection_zone": -0.75, "distance_rail_m": -0.25})


@pytest.mark.parametrize(
    ("matrix", "names", "message"),
    [
        ([[1, 3], [1 / 2, 1]], SIGNS, "4 names for 2 rows"),
        ([[1, 3], [1 / 3, 1]], ["a", "b"], "direction of 'a' is not known"),
        ([[1, 3], [1 / 2, 1]], {"a": 1, "b": 1}, r"'a' to 'b' is 3 and back 0.5: not reciprocal"),
        ([[1, 3], [0.333, 1]], {"a": 1, "b": 1}, "must be 0.333333"),
        ([[1, -3], [-1 / 3, 1]], {"a": 1, "b": 1}, "give a number above 0"),
        ([[1, np.nan], [np.nan, 1]], {"a": 1, "b": 1}, "give a number above 0"),
        ([[2, 1], [1, 1]], {"a": 1, "b": 1}, "'a' to itself is 2"),
        ([[1, 2, 3]], {"a": 1}, "give a square one"),
        (np.ones((16, 16)), {f"c{n}": 1 for n in range(16)}, "at most 15"),
        ([[1]], {"a": 0}, "give 1, or -1"),
    ],
)
def test_wrong_matrices_are_answered_in_words(matrix, names, message):
    with pytest.raises(TableError, match=message):
        ahp_weights(matrix, names)


def test_random_index_is_saatys():
    assert len(RANDOM_INDEX) == 15
    assert RANDOM_INDEX[2:10] == (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)


# --- weights from values -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_entropy_equals_pymcdm(seed):
    sites = table_of(seed)
    found = entropy_weights(sites, SIGNS)
    assert sizes(found) == pytest.approx(pymcdm_entropy(sites.to_numpy()), rel=0, abs=1e-12)
    assert np.sign(list(found.values())).tolist() == list(SIGNS.values())


@pytest.mark.parametrize("seed", range(5))
def test_critic_equals_pymcdm(seed):
    sites = table_of(seed)
    # pymcdm leaves turning the costs to its caller.
    turned = sites.to_numpy() * list(SIGNS.values())
    found = critic_weights(sites, SIGNS)
    assert sizes(found) == pytest.approx(pymcdm_critic(turned), rel=0, abs=1e-12)
    assert np.sign(list(found.values())).tolist() == list(SIGNS.values())


def test_critic_does_not_count_a_thing_measured_twice_as_two():
    sites = table_of(0)
    alone = critic_weights(sites, SIGNS)
    twice = critic_weights(sites.assign(again=sites["gain"]), {**SIGNS, "again": 1})
    assert twice["gain"] == pytest.approx(twice["again"])
    assert twice["gain"] < alone["gain"]


@many
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-6, 0.3, 1e5]))
def test_units_do_not_matter(seed, scale):
    sites = table_of(seed)
    other = sites.assign(cost=sites["cost"] * scale)
    for weigh in (entropy_weights, critic_weights):
        once, again = weigh(sites, SIGNS), weigh(other, SIGNS)
        assert once == pytest.approx(again, rel=1e-9)


@pytest.mark.parametrize("weigh", [entropy_weights, critic_weights])
def test_a_constant_column_has_no_weight_and_the_result_can_be_ranked(weigh):
    sites = table_of(0).assign(flat=0.1)
    weights = weigh(sites, {**SIGNS, "flat": -1})
    assert weights["flat"] == 0
    assert sum(abs(weight) for weight in weights.values()) == pytest.approx(1)
    assert len(rank(sites, weights)) == 30


def test_zeros_have_no_entropy_of_their_own():
    sites = pd.DataFrame({"a": [0.0, 1.0, 1.0], "b": [1.0, 2.0, 3.0]})
    found = entropy_weights(sites, {"a": 1, "b": 1})
    share = np.array([1, 2, 3]) / 6
    left = np.array([1 - np.log(2) / np.log(3), 1 + (share * np.log(share)).sum() / np.log(3)])
    assert list(found.values()) == pytest.approx(left / left.sum())


def test_the_projects_criteria_know_their_direction():
    sites = pd.DataFrame({"distance_rail_m": [1.0, 5, 2], "workers_within_15_km": [1.0, 7, 9]})
    for weigh in (entropy_weights, critic_weights):
        found = weigh(sites, list(sites.columns))
        assert found["distance_rail_m"] < 0 < found["workers_within_15_km"]


@pytest.mark.parametrize("weigh", [entropy_weights, critic_weights])
def test_wrong_questions_about_values(weigh):
    sites = table_of(0)
    with pytest.raises(TableError, match="direction of 'cost' is not known"):
        weigh(sites, ["cost"])
    with pytest.raises(TableError, match="'price' is missing"):
        weigh(sites, {"price": 1})
    with pytest.raises(TableError, match="at least 2"):
        weigh(sites.iloc[:1], SIGNS)
    with pytest.raises(TableError, match="set no criterion apart"):
        weigh(sites.assign(cost=1.0), {"cost": -1})
    with pytest.raises(TableError, match="no value in row 1"):
        weigh(sites.assign(cost=sites["cost"].where(sites.index > 0)), SIGNS)
    dropped = weigh(sites.assign(cost=sites["cost"].where(sites.index > 0)), SIGNS, missing="drop")
    assert dropped == pytest.approx(weigh(sites.iloc[1:], SIGNS))


def test_entropy_of_values_below_0_is_an_error():
    with pytest.raises(TableError, match="'cost' is below 0"):
        entropy_weights(table_of(0) - 5, {"cost": -1})
