"""Weights drawn by order and by bounds, and what they say of acceptability."""

import numpy as np
import pandas as pd
import pytest

from geocluster.errors import TableError
from geocluster.siting.draws import drawn_weights, random_weights
from geocluster.siting.ranking import central_weights, rank_acceptability
from geocluster.siting.stability import rank_stability

ACCESS = ["distance_rail_m", "distance_road_m"]
COLUMNS = [*ACCESS, "cost", "gain"]


def test_without_preferences_any_weights():
    drawn = drawn_weights(COLUMNS, None, samples=50, seed=4)
    assert np.array_equal(drawn, random_weights(COLUMNS, samples=50, seed=4))


def test_a_whole_order_is_uniform_on_its_part_of_the_simplex():
    drawn = drawn_weights(list("abc"), ["b", "c", "a"], samples=40_000, seed=0)
    assert drawn.sum(axis=1) == pytest.approx(1)
    # Centroid of the ordered part: the mean of its corners (1,0,0), (1/2,1/2,0), (1/3,1/3,1/3).
    assert drawn.mean(axis=0) == pytest.approx([1 / 9, 11 / 18, 5 / 18], abs=0.003)
    anyhow = random_weights(list("abc"), samples=200_000, seed=1)
    obey = anyhow[(anyhow[:, 1] >= anyhow[:, 2]) & (anyhow[:, 2] >= anyhow[:, 0])]
    assert np.quantile(drawn[:, 1], [0.1, 0.5, 0.9]) == pytest.approx(
        np.quantile(obey[:, 1], [0.1, 0.5, 0.9]), abs=0.01
    )


def test_a_part_of_an_order_leaves_the_rest_below_in_any_order():
    drawn = drawn_weights(list("abcd"), ["c"], samples=20_000, seed=0)
    assert (drawn[:, 2] == drawn.max(axis=1)).all()
    others = drawn[:, [0, 1, 3]]
    assert others.mean(axis=0) == pytest.approx([others.mean()] * 3, abs=0.003)
    assert (drawn[:, 0] > drawn[:, 1]).mean() == pytest.approx(0.5, abs=0.02)


def test_groups_are_ordered_as_one():
    drawn = drawn_weights(COLUMNS, ["access", "gain"], samples=5000, seed=0)
    access = drawn[:, :2].sum(axis=1)
    assert (access >= drawn[:, 3]).all()
    assert (drawn[:, 3] >= drawn[:, 2]).all()
    assert (drawn[:, 0] < drawn[:, 3]).any()
    of_columns = drawn_weights(COLUMNS, ["distance_rail_m"], samples=500, seed=0)
    assert (of_columns[:, 0] == of_columns.max(axis=1)).all()


def test_bounds_that_allow_all_are_uniform_on_the_simplex():
    drawn = drawn_weights(list("abcde"), {"a": (0, 1)}, samples=40_000, seed=2)
    # A share of n uniform ones exceeds t with probability (1 - t)^(n - 1).
    for column in drawn.T:
        for level in (0.1, 0.3, 0.6):
            assert (column > level).mean() == pytest.approx((1 - level) ** 4, abs=0.01)


def test_bounds_are_obeyed_and_uniform_within():
    bounds = {"a": (0.1, 0.3), "b": (0.2, 0.6), "c": (0.05, 0.5)}
    drawn = drawn_weights(list("abcd"), bounds, samples=20_000, seed=0)
    assert drawn.sum(axis=1) == pytest.approx(1)
    anyhow = np.random.default_rng(1).dirichlet(np.ones(4), 400_000)
    kept = np.ones(len(anyhow), bool)
    for number, (low, high) in enumerate(bounds.values()):
        assert low - 1e-12 <= drawn[:, number].min()
        assert drawn[:, number].max() <= high + 1e-12
        kept &= (anyhow[:, number] >= low) & (anyhow[:, number] <= high)
    for number in range(4):
        for level in (0.1, 0.5, 0.9):
            found, expected = (
                np.quantile(table[:, number], level) for table in (drawn, anyhow[kept])
            )
            assert found == pytest.approx(expected, abs=0.01)


def test_bounds_that_leave_one_point():
    drawn = drawn_weights(list("ab"), {"a": (0.3, 0.3)}, samples=5, seed=0)
    assert drawn == pytest.approx(np.tile([0.3, 0.7], (5, 1)))
    full = drawn_weights(list("ab"), {"a": (0.4, 0.4), "b": (0.6, 0.6)}, samples=5, seed=0)
    assert full == pytest.approx(np.tile([0.4, 0.6], (5, 1)))


@pytest.mark.parametrize(
    ("preferences", "message"),
    [
        (["price"], "'price': allowed are access, cost, gain, distance_rail_m"),
        (["cost", "cost"], "there twice"),
        (["access", "distance_rail_m"], "both groups and criteria"),
        ("access", "give a list"),
        ({"cost": (0.5, 0.2)}, "least, greatest"),
        ({"cost": 0.5}, "least, greatest"),
        ({"cost": (0.6, 1), "gain": (0.5, 1)}, "sum to 1.1, above 1"),
        ({"cost": (0, 0.2), "gain": (0, 0.2), "access": (0, 0.2)}, "sum to 0.6, below 1"),
    ],
)
def test_wrong_preferences_are_answered_in_words(preferences, message):
    with pytest.raises(TableError, match=message):
        drawn_weights(COLUMNS, preferences, samples=5, seed=0)


# --- through ranking ---------------------------------------------------------------------------


def trade_off():
    return pd.DataFrame({"site_id": ["a", "b"], "near": [0.0, 9.0], "cheap": [9.0, 0.0]})


SIGNS = {"near": 1, "cheap": 1}


def test_an_order_decides_a_trade_off():
    shares = rank_acceptability(trade_off(), SIGNS, samples=400, preferences=["near", "cheap"])
    assert shares.loc["b", 1] == 1
    shares = rank_acceptability(
        trade_off(), SIGNS, samples=400, preferences={"cheap": (0.6, 0.9)}, method="weighted_sum"
    )
    assert shares.loc["a", 1] == 1
    half = rank_acceptability(
        trade_off(), SIGNS, samples=4000, preferences={"cheap": (0.4, 0.8)}, method="weighted_sum"
    )
    assert half.loc["a", 1] == pytest.approx(0.75, abs=0.03)


def test_a_winner_is_called_by_those_who_agree_on_an_order():
    anyone = rank_stability(trade_off(), SIGNS, samples=400)
    agreed = rank_stability(trade_off(), {"near": 2, "cheap": 1}, samples=400, preferences=["near"])
    assert anyone.attrs["winner"] is None
    assert agreed.attrs["winner"] == "b"


def test_central_weights_are_the_mean_of_those_that_put_it_first():
    sites = trade_off()
    sites.loc[2] = ["never", 1.0, 1.0]
    central = central_weights(sites, SIGNS, samples=20_000, method="weighted_sum")
    assert central.loc["a", ["near", "cheap"]].tolist() == pytest.approx([0.25, 0.75], abs=0.01)
    assert central.loc["b", ["near", "cheap"]].tolist() == pytest.approx([0.75, 0.25], abs=0.01)
    assert central.loc["never"].isna().tolist() == [True, True, False]
    shares = rank_acceptability(
        sites, {"near": 1, "cheap": 1}, samples=20_000, method="weighted_sum"
    )
    assert central["acceptability"].tolist() == shares[1].tolist()


def test_central_weights_keep_directions():
    sites = trade_off()
    central = central_weights(sites, {"near": -1, "cheap": 1}, samples=100)
    assert (central.loc["a", ["near", "cheap"]] * [-1, 1] > 0).all()
    assert central.loc["b", "acceptability"] == 0
