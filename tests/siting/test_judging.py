"""How study.toml says that sites are judged: each way of weighing, and each fault with its key."""

import warnings

import numpy as np
import pandas as pd
import pytest

from geocluster.errors import GeoclusterWarning, SettingsError
from geocluster.load.settings import read_settings
from geocluster.siting.judging import check_judging, judging_in_words, judging_of

HEAD = """[region]
name = "R"
boundary = "b.geojson"
[inputs]
weather = "w.csv"
towns = "t.csv"
"""
COLUMNS = ("people_in_protection_zone", "distance_road_m", "distance_rail_m", "farmland_share")


@pytest.fixture
def siting(tmp_path):
    """Settings of [siting] from text."""
    for name in ("b.geojson", "w.csv", "t.csv"):
        (tmp_path / name).write_text("")

    def read(text):
        (tmp_path / "study.toml").write_text(HEAD + text)
        settings = read_settings(tmp_path).siting
        check_judging(settings)
        return settings

    return read


@pytest.fixture
def sites():
    random = np.random.default_rng(1)
    return pd.DataFrame(random.uniform(0.1, 1, (9, 4)), columns=list(COLUMNS))


def test_unless_told_topsis_with_weights_by_groups(siting, sites):
    with pytest.warns(GeoclusterWarning):
        judging = judging_of(siting(""), sites)
    assert judging.first["method"] == "topsis"
    facts = judging.facts()
    assert (facts["normalisation"], facts["weighting"]) == ("vector", "groups")
    assert "TOPSIS, values normalised by: vector" in judging_in_words(judging)[0]


def test_weights_criterion_by_criterion(siting, sites):
    text = "[siting.criterion_weights]\ndistance_rail_m = 3\nfarmland_share = 1"
    weights = judging_of(siting(text), sites).weights
    assert weights == pytest.approx({"distance_rail_m": -0.75, "farmland_share": -0.25})


def test_a_criterion_without_data_gets_no_weight(siting, sites):
    text = "[siting.criterion_weights]\ndistance_rail_m = 3\ndistance_power_m = 1"
    with pytest.warns(GeoclusterWarning, match="distance_power_m"):
        weights = judging_of(siting(text), sites).weights
    assert weights == {"distance_rail_m": -1.0}


def test_weights_by_comparing_groups(siting, sites):
    settings = siting("[siting.ahp]\nexposure.access = 3\nexposure.land = 3\naccess.land = 1")
    judging = judging_of(settings, sites)
    assert judging.group_weights == pytest.approx({"exposure": 0.6, "access": 0.2, "land": 0.2})
    assert judging.weights["people_in_protection_zone"] == pytest.approx(-0.6)
    assert judging.facts()["consistency_ratio"] == pytest.approx(0, abs=1e-9)
    assert any("Consistency ratio" in line and "within" in line
               for line in judging_in_words(judging))  # fmt: skip


def test_comparisons_that_contradict_each_other_are_told(siting, sites):
    text = "[siting.ahp]\nexposure.access = 9\naccess.land = 9\nland.exposure = 9"
    with pytest.warns(GeoclusterWarning, match="consistency ratio"):
        settings = siting(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judging = judging_of(settings, sites)
    assert judging.facts()["consistent"] is False
    assert any("above 0.1" in line and "fits least" in line for line in judging_in_words(judging))


@pytest.mark.parametrize("way", ["entropy", "critic"])
def test_weights_from_the_values(siting, sites, way):
    judging = judging_of(siting(f"[siting]\nweighting = '{way}'"), sites)
    assert set(judging.weights) == set(COLUMNS)
    assert sum(map(abs, judging.weights.values())) == pytest.approx(1)
    assert all(weight < 0 for weight in judging.weights.values())
    assert judging.facts()["weighting"] == way


def test_several_methods_each_with_its_own_options(siting, sites):
    text = """[siting]
method = ["spotis", "topsis", "promethee_ii"]
normalisation = "max"
[siting.bounds]
distance_rail_m = [0, 2]
distance_power_m = [0, 9]
[siting.thresholds]
distance_road_m = 0.2
farmland_share = [0.1, 0.3]
"""
    with pytest.warns(GeoclusterWarning):
        judging = judging_of(siting(text), sites)
    assert judging.first["normalisation"] is None
    assert judging.of("topsis")["normalisation"] == "max"
    # A criterion that has no value here has no bounds either.
    assert judging.first["bounds"] == {"distance_rail_m": (0, 2)}
    expected = {"distance_road_m": 0.2, "farmland_share": (0.1, 0.3)}
    assert judging.of("promethee_ii")["thresholds"] == expected
    assert "Cases by other methods: TOPSIS, PROMETHEE II." in judging_in_words(judging)


def test_preferences_by_order_and_by_bounds(siting, sites):
    ordered = siting("[siting]\npreferences = ['exposure', 'partners']")
    bounded = siting("[siting.preferences]\nexposure = [0.3, 0.5]")
    with pytest.warns(GeoclusterWarning):
        order = judging_of(ordered, sites)
    with pytest.warns(GeoclusterWarning):
        bounds = judging_of(bounded, sites)
    assert order.preferences == ["exposure"]  # nothing of the group partners is known here
    assert bounds.preferences == {"exposure": (0.3, 0.5)}
    assert "exposure 30% to 50%" in judging_in_words(bounds)[-1]


HOSTILE = {
    "[siting]\nmethod = 'best'": "siting",
    "[siting]\nmethod = []": "[siting] method",
    "[siting]\nmethod = ['topsis', 'topsis']": "[siting] method",
    "[siting]\nnormalisation = 'softmax'": "[siting] normalisation",
    "[siting]\nmethod = 'spotis'\nnormalisation = 'max'": "normalisation is of",
    "[siting.bounds]\ndistance_road_m = [0, 1]": "bounds belong to method 'spotis'",
    "[siting.thresholds]\ndistance_road_m = 1": "thresholds belong to method 'promethee_ii'",
    "[siting]\nmethod = 'spotis'\n[siting.bounds]\ndistance_road_m = [5, 1]": "[siting] bounds",
    "[siting]\nmethod = 'spotis'\n[siting.bounds]\nbeauty = [0, 1]": "[siting.bounds] beauty",
    "[siting]\nmethod = 'promethee_ii'\n[siting.thresholds]\ndistance_road_m = [2]": "thresholds",
    "[siting]\nweighting = 'magic'": "[siting] weighting",
    "[siting]\nweighting = 'ahp'": "needs [siting.ahp]",
    "[siting]\nweighting = 'entropy'\n[siting.ahp]\nexposure.access = 2": "does not use",
    "[siting.criterion_weights]\nbeauty = 1": "[siting.criterion_weights] beauty",
    "[siting.criterion_weights]\ndistance_road_m = -1": "[siting] criterion_weights",
    "[siting.criterion_weights]\ndistance_road_m = 0": "all weights are 0",
    "[siting.ahp]\nexposure.access = 2\naccess.exposure = 3": "[siting.ahp] 'exposure' to",
    "[siting.ahp]\nexposure.access = 2\nexposure.land = 2": "[siting.ahp] access.land is missing",
    "[siting.ahp]\nexposure.beauty = 2": "[siting.ahp] beauty: no such group",
    "[siting.ahp]\nexposure.access = 0": "1/9 to 9",
    "[siting.ahp]\nexposure.access = 'much'": "[siting] ahp",
    "[siting.ahp]\nexposure = 3": "exposure.<another group>",
    "[siting]\npreferences = 'exposure'": "[siting] preferences",
    "[siting]\npreferences = ['beauty']": "[siting.preferences] preference 'beauty'",
    "[siting]\npreferences = ['land', 'land']": "twice",
    "[siting.preferences]\nexposure = [0.6, 0.9]\naccess = [0.5, 0.9]": "sum to 1.1, above 1",
    "[siting.preferences]\nexposure = [0.9, 0.3]": "give [least, greatest], 0 to 1",
    "[siting.preferences]\nexposure = [0.3, 1.5]": "give [least, greatest], 0 to 1",
    "[siting.preferences]\nexposure = [0.1, 0.2]\ndistance_road_m = [0, 1]": "one or the other",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_each_fault_is_told_with_its_key(siting, text):
    with pytest.raises(SettingsError) as caught:
        siting(text)
    assert HOSTILE[text] in str(caught.value)
    assert "siting" in str(caught.value)


def test_weights_are_given_in_one_way(siting):
    weights = "exposure = 1\naccess = 1\nland = 1\npartners = 1"
    with pytest.raises(SettingsError, match="both given: leave one out"):
        siting(f"[siting.weights]\n{weights}\n[siting.ahp]\nexposure.access = 3")
