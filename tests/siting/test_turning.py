"""What of the park or the rules would turn the order."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geocluster.siting.criteria import BURDEN
from geocluster.siting.question import Question
from geocluster.siting.turning import (
    least_distances,
    mixed,
    release_cases,
    release_turns,
    rule_turns,
    with_share,
    zone_turns,
)

ZONE = "people_in_protection_zone"


def asked_of(table, method="weighted_sum"):
    return Question.of(table, {BURDEN: -1.0, ZONE: -1.0}, method, None, None)


def two_sites():
    """The first is better where much leaks, the second where much goes through the stack."""
    by_release = {"leak": np.array([10.0, 30.0, 60.0]), "stack": np.array([6.0, 2.0, 9.0])}
    shares = {"leak": 0.5, "stack": 0.5}
    table = pd.DataFrame(
        {"site_id": ["a", "b", "c"], BURDEN: mixed(by_release, shares), ZONE: [5.0, 5.0, 5.0]}
    )
    return asked_of(table), by_release, shares


def test_the_share_that_makes_the_second_the_first():
    asked, by_release, shares = two_sites()
    turns = {row["release"]: row for row in release_turns(asked, BURDEN, by_release, shares)}
    # 10 s + 6 (1 - s) = 30 s + 2 (1 - s) at s = 1/6.
    assert turns["leak"]["second_first_at"] == pytest.approx(1 / 6, abs=1e-9)
    assert turns["stack"]["second_first_at"] == pytest.approx(5 / 6, abs=1e-9)
    assert turns["leak"]["other_first_at"] == turns["leak"]["second_first_at"]
    assert turns["leak"]["other"] == "b"
    assert turns["leak"]["now"] == 0.5


def test_a_release_that_is_not_planned_can_turn_the_order():
    asked, by_release, shares = two_sites()
    by_release["tall"] = np.array([9.0, 0.5, 9.0])
    rows = release_turns(asked, BURDEN, by_release, {**shares, "tall": 0.0})
    tall = rows[-1]
    # 8 (1 - t) + 9 t = 16 (1 - t) + 0.5 t at t = 8 / 16.5.
    assert (tall["release"], tall["now"]) == ("tall", 0.0)
    assert tall["second_first_at"] == pytest.approx(8 / 16.5, abs=1e-9)


def test_what_no_share_turns_is_none():
    asked, by_release, shares = two_sites()
    better = asked._replace(values=np.array([[1.0, 1.0], [2, 2], [3, 3]]))
    same = {name: np.array([1.0, 2.0, 3.0]) for name in by_release}
    for row in release_turns(better, BURDEN, same, shares):
        assert row["second_first_at"] is None
        assert row["other"] is None
    assert release_turns(asked, BURDEN, {"leak": by_release["leak"]}, {"leak": 1.0}) == []


@given(st.floats(0.01, 0.99), st.floats(0, 1))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_shares_always_sum_to_one(first, share):
    moved = with_share(
        {"low": first, "mid": (1 - first) / 2, "high": (1 - first) / 2}, "mid", share
    )
    assert sum(moved.values()) == pytest.approx(1)
    assert moved["low"] * (1 - first) == pytest.approx(moved["high"] * 2 * first)


def test_cases_of_releases():
    _, by_release, _ = two_sites()
    cases = release_cases(by_release, {"leak": 0.3, "stack": 0.7}, "leak")
    expected = ["all from leak", "all from stack", "10% from leak", "60% from leak"]
    assert list(cases) == expected
    assert cases["60% from leak"].tolist() == pytest.approx([8.4, 18.8, 39.6])
    assert release_cases({"leak": by_release["leak"]}, {"leak": 1.0}, "leak") == {}
    # A park that is not described by shares has no mixture.
    assert list(release_cases(by_release, {}, None)) == expected[:2]


def test_a_wider_zone_can_turn_the_order():
    table = pd.DataFrame({"site_id": ["a", "b"], BURDEN: [1.0, 1.5], ZONE: [0.0, 0.0]})
    people = {
        100.0: np.array([0.0, 0.0]),
        500.0: np.array([0.0, 0.0]),
        750.0: np.array([900.0, 0.0]),
        2000.0: np.array([9000.0, 10.0]),
    }
    asked = Question.of(table, {BURDEN: -1.0, ZONE: -1.5}, "weighted_sum", None, None)
    turns = zone_turns(asked, ZONE, people, 500.0)
    assert [row["first"] for row in turns["firsts"]] == ["a", "a", "b", "b"]
    assert turns["second_first_at_m"] == turns["other_first_at_m"] == 750
    assert zone_turns(asked, "beauty", people, 500.0) == {}


def test_how_far_a_rule_could_keep_away():
    axes = {"y": [1500.0, 500.0], "x": [500.0, 1500.0, 2500.0]}
    free = xr.DataArray(np.ones((2, 3), bool), dims=("y", "x"), coords=axes)
    near = xr.DataArray([[100.0, 400, 900], [200, 300, 700]], dims=("y", "x"), coords=axes)
    suitable = xr.Dataset({"suitable": free, "distance_homes_m": near})
    suitable.attrs["rules"] = [{"rule_id": "homes"}, {"rule_id": "not_there"}]
    sites = gpd.GeoDataFrame(
        {"site_id": ["a", "b"]}, geometry=[box(0, 0, 2000, 1000), box(2000, 0, 3000, 2000)]
    )
    assert least_distances(sites, suitable)["homes"].tolist() == [200, 700]
    assert list(least_distances(sites, suitable)) == ["homes"]


def test_the_first_falls_out_where_a_rule_keeps_farther_away():
    table = pd.DataFrame(
        {
            "site_id": ["a", "b", "c"],
            "kind": ["empty land", "empty land", "existing zone"],
            BURDEN: [1.0, 2.0, 3.0],
            ZONE: [1.0, 2.0, 3.0],
        }
    )
    distances = {
        "homes": np.array([700.0, 650.0, 0.0]),
        "roads": np.array([60.0, 900.0, 900.0]),
        "water": np.array([np.nan, 5.0, 5.0]),
    }
    rows = rule_turns(asked_of(table), distances, {"homes": 500.0, "roads": 50.0, "water": 0.0})
    assert [row["rule"] for row in rows] == ["roads", "homes"]
    assert rows[0]["first_out_above_m"] == 60
    assert (rows[0]["then_first"], rows[0]["second_stays"]) == ("b", True)
    # The second is nearer still to homes; the existing zone is not subject to the rules.
    assert (rows[1]["then_first"], rows[1]["second_stays"]) == ("c", False)
