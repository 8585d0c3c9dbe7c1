"""What is told of a candidate holds against its figures."""

import json

import numpy as np
import pandas as pd
import pytest

from geocluster.errors import TableError
from geocluster.siting.narratives import narratives
from geocluster.siting.ranking import rank

WEIGHTS = {"burden_persons_ug_m3_per_g_s": -4, "distance_rail_m": -2, "workers_within_15_km": 1}


def table(count: int = 30, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "site_id": [f"S{number:03d}" for number in range(count)],
            "name": "",
            "kind": "empty land",
            "burden_persons_ug_m3_per_g_s": random.uniform(1e4, 9e4, count),
            "distance_rail_m": random.uniform(0, 2e4, count),
            "workers_within_15_km": random.uniform(1e3, 9e5, count),
            "approximate": False,
        }
    )


def test_strengths_are_of_the_best_third_and_weaknesses_of_the_worst():
    sites = rank(table(), WEIGHTS)
    for site, told in zip(sites.to_dict("records"), narratives(sites, WEIGHTS), strict=True):
        assert told["site_id"] == site["site_id"]
        assert told["rank"] == site["rank"]
        for finding in told["strengths"] + told["weaknesses"]:
            values = sites[finding["column"]]
            better = (
                values < finding["value"]
                if finding["direction"] == "less"
                else (values > finding["value"])
            )
            assert finding["place"] == better.sum() + 1
            assert finding["shared_with"] == (values == finding["value"]).sum() - 1
            assert finding["value"] == site[finding["column"]]
            assert finding["median"] == values.median()
        assert all(finding["place"] <= 10 for finding in told["strengths"])
        assert all(finding["place"] > 20 for finding in told["weaknesses"])
        assert all(finding["effect"] > 0 for finding in told["strengths"])
        assert all(finding["effect"] < 0 for finding in told["weaknesses"])


def test_the_weightiest_finding_stands_first():
    told = narratives(rank(table(), WEIGHTS), WEIGHTS)
    for site in told:
        for findings in (site["strengths"], site["weaknesses"]):
            effects = [abs(finding["effect"]) for finding in findings]
            assert effects == sorted(effects, reverse=True)


def test_a_missing_value_is_told_and_is_no_weakness():
    sites = table()
    sites.loc[4, "distance_rail_m"] = np.nan
    told = narratives(sites, WEIGHTS, missing="worst")[4]
    assert [one["column"] for one in told["missing"]] == ["distance_rail_m"]
    assert "distance_rail_m" not in [finding["column"] for finding in told["weaknesses"]]


def test_it_is_plain_json_and_the_same_again():
    sites = rank(table(), WEIGHTS)
    once, again = (json.dumps(narratives(sites, WEIGHTS), allow_nan=False) for _ in range(2))
    assert once == again


def test_only_the_first_sites_are_asked_what_would_turn_them():
    told = narratives(rank(table(), WEIGHTS), WEIGHTS, flips_of=2)
    assert told[0]["weight_flips"]
    assert not any(site["weight_flips"] or site["value_flips"] for site in told[2:])


def test_sites_that_are_all_alike_have_neither_strengths_nor_weaknesses():
    sites = pd.DataFrame({"site_id": list("abc"), "distance_rail_m": [5.0, 5.0, 5.0]})
    for told in narratives(sites, {"distance_rail_m": -1}):
        assert told["strengths"] == told["weaknesses"] == told["value_flips"] == []


def test_no_site_is_no_narrative_and_a_wrong_weight_is_an_error():
    assert narratives(table().iloc[:0], WEIGHTS) == []
    with pytest.raises(TableError, match="'cost' is missing"):
        narratives(table(), {"cost": 1})
