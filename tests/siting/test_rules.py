"""The table of exclusion rules."""

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from geocluster.errors import InputError, TableError
from geocluster.siting.objects import objects_of
from geocluster.siting.rule_faults import GRADES
from geocluster.siting.rules import check_rules, read_rules, zone_distance_m

gpd = pytest.importorskip("geopandas")


def test_every_rule_of_ours_gives_reason_source_and_grade():
    rules = read_rules()
    assert rules["rule_id"].is_unique
    assert (rules[["kind", "reason", "source"]] != "").all(axis=None)
    assert set(rules["grade"]) <= set(GRADES)
    assert set(rules["kind"]) >= {"homes", "school", "water", "protected", "rail", "road", "power"}


def test_what_is_assumed_is_not_called_read():
    rules = read_rules()
    ours = rules["source"].str.startswith("assumption")
    assert (rules["grade"][ours] == "assumed").all()
    assert ours.any()


@pytest.mark.parametrize(
    ("zone", "metres"), [("I", 1000), ("II", 500), ("III", 300), ("IV", 100), ("V", 50), (620, 620)]
)
def test_the_zone_of_the_park_stands_where_the_table_says_zone(zone, metres):
    rules = read_rules(protection_zone_m=zone).set_index("rule_id")
    assert (rules.loc[["homes", "schools", "hospitals"], "keep_away_m"] == metres).all()
    assert rules.loc["railways", "keep_away_m"] == 50


@pytest.mark.parametrize("zone", ["VI", -1, float("nan"), float("inf")])
def test_a_zone_must_be_known(zone):
    with pytest.raises(InputError, match="metres of 0 or more, or a class: I, II"):
        zone_distance_m(zone)


def test_a_table_of_three_columns_is_enough():
    rules = check_rules(pd.DataFrame({"rule_id": ["a"], "kind": ["rail"], "keep_away_m": [70]}))
    assert rules.loc[0, ["keep_away_m", "grade", "class"]].tolist() == [70, "given", ""]
    assert not rules.loc[0, "whole_cell"]


def test_all_faults_at_once():
    table = pd.DataFrame(
        {
            "rule_id": ["a", "a", "b c"],
            "kind": ["rail"] * 3,
            "keep_away_m": [-5, "far", 10],
            "whole_cell": ["yes", "perhaps", "no"],
            "grade": ["read", "read", "sure"],
        }
    )
    with pytest.raises(TableError) as error:
        check_rules(table, where="rules.csv")
    text = str(error.value)
    for word in ("-5", "far", "perhaps", "sure", "stands twice", "letters", "rules.csv"):
        assert word in text
    assert len(error.value.faults) == 6


def test_missing_columns_and_files_are_named(tmp_path):
    with pytest.raises(TableError, match="column 'kind' is missing"):
        check_rules(pd.DataFrame({"rule_id": ["a"], "keep_away_m": [1]}))
    with pytest.raises(InputError, match="nowhere"):
        read_rules(tmp_path / "nowhere.csv")


def test_reading_back_what_was_written(tmp_path):
    path = tmp_path / "rules.csv"
    read_rules().to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_rules(path), read_rules())


def rule(**values):
    return {"class": "", "min_people_km2": 300.0, "min_assumed_people_km2": 1500.0, **values}


def homes(**columns):
    return gpd.GeoDataFrame(columns, geometry=[box(0, 0, 1000, 1000)] * 3, crs="EPSG:32642")


def test_located_homes_count_at_any_density():
    table = homes(people=[1, 200, 0], origin=["census", "OpenStreetMap", "census"])
    assert len(objects_of(rule(kind="homes"), table, None, None).shapes) == 2


def test_people_counted_by_cell_count_from_300_per_km2():
    table = homes(people=[299, 300, 5000], origin=["raster"] * 3)
    assert len(objects_of(rule(kind="homes"), table, None, None).shapes) == 2


def test_people_assumed_somewhere_count_from_town_density():
    table = homes(people=[300, 1499, 1500], origin=["assumed: the rest"] * 3)
    assert len(objects_of(rule(kind="homes"), table, None, None).shapes) == 1
    table = homes(people=[300, 300, 300], origin=["x"] * 3, located=[True, False, None])
    assert len(objects_of(rule(kind="homes"), table, None, None).shapes) == 2


def test_classes_choose_rows_and_unknown_classes_count():
    land = gpd.GeoDataFrame(
        {"kind": ["road"] * 4 + ["rail"], "class": ["trunk", "track", None, "", None]},
        geometry=[Point(n, 0) for n in range(5)],
    )
    found = objects_of(rule(kind="road", **{"class": "trunk;primary"}), None, None, land).shapes
    assert [point.x for point in found] == [0, 2, 3]
    assert len(objects_of(rule(kind="road"), None, None, land).shapes) == 4
    assert objects_of(rule(kind="military"), None, None, land).shapes.shape == (0,)


def test_places_and_land_are_both_searched():
    places = gpd.GeoDataFrame({"kind": ["school"]}, geometry=[Point(0, 0)])
    land = gpd.GeoDataFrame({"kind": ["school", "rail"]}, geometry=[Point(1, 0), Point(2, 0)])
    found = objects_of(rule(kind="school"), None, places, land).shapes
    assert np.array_equal([point.x for point in found], [0, 1])
