"""What would turn a ranking: each answer is tried, and so is the moment before it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.siting.flips import value_flips, weight_flips
from geocluster.siting.question import Question
from geocluster.siting.ranking import rank

METHODS = ["topsis", "weighted_sum", "spotis", "promethee_ii"]
HAIR = 1e-6


def question(seed: int, method: str, count: int = 12) -> Question:
    random = np.random.default_rng(seed)
    sites = pd.DataFrame(random.uniform(1, 9, (count, 4)), columns=list("abcd"))
    weights = dict(zip("abcd", random.dirichlet(np.ones(4)) * [1, -1, 1, -1], strict=True))
    return Question.of(sites, weights, method, None, None)


def first_with(asked: Question, shares: np.ndarray) -> int:
    return int(asked.firsts(shares[None, :])[0])


def moved(asked: Question, number: int, share: float) -> np.ndarray:
    shares = asked.shares()
    rest = np.delete(shares, number).sum()
    shares = shares * (1 - share) / rest
    shares[number] = share
    return shares


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(METHODS))
def test_a_weight_flip_turns_the_place_and_a_hair_before_it_does_not(seed, method):
    asked = question(seed, method)
    first = int(asked.order()[0])
    for flip in weight_flips(asked).to_dict("records"):
        number = asked.columns.index(flip["criterion"])
        step = np.sign(flip["now"] - flip["needed"]) * HAIR
        beyond = float(np.clip(flip["needed"] - step / 1000, 0, 1))
        at = first_with(asked, moved(asked, number, beyond))
        before = first_with(asked, moved(asked, number, flip["needed"] + step))
        assert (at == flip["site"]) == (flip["site"] != first)
        assert (before == flip["site"]) == (flip["site"] == first)


def test_every_site_that_some_weight_puts_first_has_a_flip():
    asked = question(3, "weighted_sum")
    flips = weight_flips(asked)
    for number, name in enumerate(asked.columns):
        shares = np.array([moved(asked, number, share) for share in np.linspace(0, 1, 500)])
        winners = set(asked.firsts(shares).tolist()) - {int(asked.order()[0])}
        told = set(flips["site"][flips["criterion"] == name])
        assert winners <= told


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(METHODS))
def test_a_value_flip_turns_the_place_and_less_of_it_does_not(seed, method):
    asked = question(seed, method)
    first = int(asked.order()[0])
    flips = value_flips(asked, range(len(asked.values)))
    for flip in flips.to_dict("records"):
        number = asked.columns.index(flip["criterion"])
        for part, turned in ((1.0, True), (0.999, False)):
            values = asked.values.copy()
            span = flip["needed"] - flip["now"]
            values[flip["site"], number] = flip["now"] + part * span
            leads = int(asked._replace(values=values).order()[0]) == flip["site"]
            assert leads == (turned != (flip["site"] == first))


def test_a_site_alone_has_nothing_that_turns_it():
    asked = Question.of(
        pd.DataFrame({"a": [1.0], "b": [2.0]}), {"a": 1, "b": 1}, "topsis", None, None
    )
    assert weight_flips(asked).empty
    assert value_flips(asked, [0]).empty


def test_one_criterion_has_no_weight_to_move():
    asked = Question.of(pd.DataFrame({"a": [1.0, 2.0]}), {"a": 1}, "topsis", None, None)
    assert weight_flips(asked).empty
    assert value_flips(asked, [0])["needed"].tolist() == pytest.approx([2.0], abs=1e-6)


def test_the_flip_of_the_first_is_where_rank_names_another():
    sites = pd.DataFrame({"site_id": ["a", "b"], "near": [9.0, 1.0], "cheap": [1.0, 5.0]})
    asked = Question.of(sites, {"near": 3, "cheap": 1}, "topsis", None, None)
    flip = weight_flips(asked).query("site == 0 and criterion == 'near'").iloc[0]
    for share, best in ((flip["needed"] + HAIR, "a"), (flip["needed"] - HAIR, "b")):
        assert rank(sites, {"near": share, "cheap": 1 - share})["site_id"].iloc[0] == best
