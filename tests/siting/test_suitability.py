"""Suitable land, and the reasons why other land is not."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geocluster.errors import CRSError, InputError, TableError
from geocluster.region import Region
from geocluster.siting.excluded import rules_of
from geocluster.siting.rules import read_rules
from geocluster.siting.suitability import suitable_land
from geocluster.siting.why import why

CRS = "EPSG:32642"
X0, Y0 = 500_000, 4_500_000


def at(*bounds):
    west, south, east, north = bounds
    return box(X0 + west, Y0 + south, X0 + east, Y0 + north)


@pytest.fixture(scope="module")
def grid():
    return Region("T", at(0, 0, 12_000, 12_000).difference(at(0, 0, 1000, 1000)), CRS).grid(250)


@pytest.fixture(scope="module")
def homes():
    return gpd.GeoDataFrame(
        {
            "name": ["city", "village", "plain"],
            "people": [60_000, 700, 14_000],
            "origin": ["census", "census", "assumed: spread over the plain"],
        },
        geometry=[at(5000, 5000, 7000, 7000), at(1000, 9000, 1500, 9500), at(0, 0, 12_000, 12_000)],
        crs=CRS,
    )


@pytest.fixture(scope="module")
def land():
    return gpd.GeoDataFrame(
        {"kind": ["rail", "road", "road", "protected"], "class": ["", "trunk", "track", ""]},
        geometry=[
            LineString([(X0, Y0 + 3100), (X0 + 12_000, Y0 + 3100)]),
            LineString([(X0 + 3010, Y0), (X0 + 3010, Y0 + 12_000)]),
            LineString([(X0 + 9000, Y0), (X0 + 9000, Y0 + 12_000)]),
            at(10_000, 10_000, 12_000, 12_000),
        ],
        crs=CRS,
    )


@pytest.fixture(scope="module")
def result(grid, homes, land):
    return suitable_land(grid, homes, land, fringe_km=4)


def bit(result, rule_id):
    names = [record["rule_id"] for record in result.attrs["rules"]]
    return (result["reasons"].values.astype(np.uint64) >> np.uint64(names.index(rule_id))) & 1 > 0


def centres(grid):
    return shapely.points(*np.meshgrid(grid.x.values, grid.y.values))


def test_suitable_means_no_reason(result):
    assert ((result["reasons"] == 0) == result["suitable"]).all()
    assert result["suitable"].values.any()
    assert not (result["suitable_whole"] & ~result["suitable"]).any()
    assert result["reasons"].dtype == np.uint32


def test_each_rule_has_its_bit(result, grid, homes, land):
    points = centres(grid)
    for rule_id, layer, keep_away in (
        ("homes", homes.geometry[:2], 500),
        ("railways", land.geometry[:1], 50),
        ("roads", land.geometry[1:2], 50),
        ("protected", land.geometry[3:], 500),
    ):
        distance = shapely.distance(points, layer.union_all())
        assert (bit(result, rule_id) == (distance < keep_away)).all(), rule_id
        found = result[f"distance_{rule_id}_m"].values
        assert np.abs(found - distance).max() < 0.01
        assert result[f"distance_{rule_id}_m"].attrs["units"] == "m"


def test_a_rule_of_0_m_excludes_what_lies_inside(grid, homes):
    forest = gpd.GeoDataFrame({"kind": ["forest"]}, geometry=[at(2000, 2000, 4000, 4000)], crs=CRS)
    result = suitable_land(grid, homes, forest, fringe_km=None)
    assert bit(result, "forest").sum() == 64


def test_outside_the_region_is_a_reason(result, grid):
    assert (bit(result, "outside_region") == ~grid.values).all()
    assert bit(result, "outside_region").sum() == 16


def test_outside_the_fringe_is_a_reason(result, grid):
    distance = shapely.distance(centres(grid), at(5000, 5000, 7000, 7000))
    fringe = ~bit(result, "outside_fringe")
    assert (result["fringe"].values == fringe).all()
    assert not fringe[distance > 4000 + 710].any()
    assert fringe[(distance < 4000 - 710) & (distance > 710)].all()
    assert not fringe[distance == 0].any()


def test_near_land_that_does_not_count_as_fringe_is_told(result, grid, homes, land):
    assert "do not count" not in result.attrs["fringe"]
    classes = ["suburb", "dispersed"]
    less = suitable_land(grid, homes, land, fringe_km=4, fringe_classes=classes)
    assert "km2 of uninhabited land as near do not count" in less.attrs["fringe"]
    assert not (less["fringe"] & ~result["fringe"]).any()


def test_assumed_people_do_not_exclude_the_plain(result):
    assert not bit(result, "homes").all()
    assert "min_assumed_people_km2" in result.attrs["homes"]


def test_rules_without_data_are_named(result):
    assert set(result.attrs["not_checked"]) >= {"schools", "power_lines", "forest"}
    assert "homes" not in result.attrs["not_checked"]
    assert not bit(result, "schools").any()
    assert "distance_schools_m" not in result


def test_whole_cells_keep_the_distance(result, grid, homes):
    x, y = np.meshgrid(grid.x.values, grid.y.values)
    squares = shapely.box(x - 125, y - 125, x + 125, y + 125)
    distance = shapely.distance(squares, homes.geometry[:2].union_all())
    whole = result["suitable_whole"].values
    assert (distance[whole] >= 500 - 1e-3).all()
    assert (distance[result["suitable"].values] < 500).any()


def test_places_and_water_count(grid, homes):
    places = gpd.GeoDataFrame({"kind": ["school"]}, geometry=[Point(X0 + 9000, Y0 + 9000)], crs=CRS)
    lake = gpd.GeoDataFrame({"kind": ["water"]}, geometry=[at(0, 5000, 2000, 7000)], crs=CRS)
    result = suitable_land(grid, homes, lake, places=places, fringe_km=None)
    distance = shapely.distance(centres(grid), places.geometry[0])
    assert (bit(result, "schools") == (distance < 500)).all()
    assert bit(result, "water").any()
    assert "outside_fringe" in result.attrs["not_checked"]
    classes = result["urbanisation"].attrs["classes"]
    assert classes["urban centre"] in result["urbanisation"].values


def test_other_reference_systems_are_transformed(grid, homes, land, result):
    lonlat = suitable_land(grid, homes.to_crs(4326), land.to_crs(4326), fringe_km=4)
    assert (lonlat["suitable"].values == result["suitable"].values).mean() > 0.999


def test_a_table_without_reference_system_is_an_error(grid, homes):
    with pytest.raises(CRSError):
        suitable_land(grid, homes, gpd.GeoDataFrame({"kind": ["rail"]}, geometry=[Point(0, 0)]))


def test_nothing_known_of_people_leaves_the_fringe_unchecked(grid, land):
    result = suitable_land(grid, gpd.GeoDataFrame({"people": []}, geometry=[], crs=CRS), land)
    assert set(result.attrs["not_checked"]) >= {"outside_fringe", "homes"}
    assert result["suitable"].values.any()


def test_people_may_come_as_a_raster(grid, land):
    people = xr.zeros_like(grid, dtype=float)
    people.loc[{"x": slice(X0 + 5000, X0 + 7000), "y": slice(Y0 + 7000, Y0 + 5000)}] = 1000.0
    nobody = gpd.GeoDataFrame({"people": []}, geometry=[], crs=CRS)
    result = suitable_land(
        grid, nobody, land, people=people, fringe_km=2, fringe_classes=["uninhabited"]
    )
    assert result["fringe"].values.any()
    assert "outside_fringe" not in result.attrs["not_checked"]


def test_more_than_32_rules_take_64_bits(grid, homes, land):
    table = pd.DataFrame(
        {"rule_id": [f"r{n}" for n in range(62)], "kind": "rail", "keep_away_m": range(62)}
    )
    result = suitable_land(grid, homes, land, table, fringe_km=None)
    assert result["reasons"].dtype == np.uint64
    near = shapely.distance(centres(grid), land.geometry[0]) < 61
    assert (bit(result, "r61") == near).all()
    more = pd.concat([table, table.assign(rule_id="q" + table["rule_id"])])
    with pytest.raises(TableError, match="bits for 62"):
        suitable_land(grid, homes, land, more)


@settings(deadline=None, derandomize=True, max_examples=8)
@given(chosen=st.sets(st.integers(0, 20), min_size=1, max_size=12), extra=st.integers(0, 20))
def test_adding_a_rule_never_adds_land(grid, homes, land, chosen, extra):
    rules = read_rules()
    few = suitable_land(grid, homes, land, rules.iloc[sorted(chosen)], fringe_km=4)
    more = suitable_land(grid, homes, land, rules.iloc[sorted(chosen | {extra})], fringe_km=4)
    assert not (more["suitable"] & ~few["suitable"]).any()


def test_inputs_are_not_changed(grid, homes, land):
    before = grid.copy(deep=True), homes.copy(), land.copy(), read_rules()
    rules = read_rules()
    suitable_land(grid, homes, land, rules)
    assert grid.identical(before[0])
    pd.testing.assert_frame_equal(homes, before[1])
    pd.testing.assert_frame_equal(land, before[2])
    pd.testing.assert_frame_equal(rules, before[3])


def test_why_says_which_rules_and_by_how_much(result):
    answer = why(result, Point(X0 + 7300, Y0 + 6000))
    assert answer.loc[0, "rule_id"] == "homes"
    assert answer.loc[0, "short_by_m"] == pytest.approx(500 - 375)
    assert answer.loc[0, "grade"] == "read"
    assert (answer.loc[answer["excluded"], "note"] == "").all()
    notes = answer.set_index("rule_id")["note"]
    assert notes["schools"] == "not checked: no data"


def test_why_names_every_reason_of_a_cell(result):
    for row, column in [(0, 0), (20, 30), (47, 0), (11, 5)]:
        cell = result.isel(y=row, x=column)
        answer = why(result, (float(cell.x) + 100, float(cell.y) - 100))
        assert answer["excluded"].any() == (not bool(cell["suitable"]))
        names = set(answer["rule_id"][answer["excluded"]])
        assert names == {
            record["rule_id"]
            for record in result.attrs["rules"]
            if int(cell["reasons"]) >> record["bit"] & 1
        }


def test_why_tells_of_cells_that_are_only_partly_free(result):
    partly = result["suitable"] & ~result["suitable_whole"]
    row, column = (axis[0] for axis in np.nonzero(partly.values))
    answer = why(result, (float(result.x[column]), float(result.y[row])))
    assert not answer["excluded"].any()
    assert answer["note"].str.contains("a part of the cell").any()


def test_why_takes_points_of_another_reference_system(result):
    point = gpd.GeoSeries([Point(X0 + 7300, Y0 + 6000)], crs=CRS).to_crs(4326)
    assert why(result, point).loc[0, "rule_id"] == "homes"


def test_why_refuses_a_point_outside(result):
    with pytest.raises(InputError, match="outside the grid"):
        why(result, Point(X0 - 500, Y0))


def test_areas_of_the_rules_add_up(result):
    table = rules_of(result).set_index("rule_id")
    inside = ~bit(result, "outside_region")
    for rule_id in ("homes", "railways", "outside_fringe"):
        area = (bit(result, rule_id) & inside).sum() * 0.0625
        assert table.loc[rule_id, "excluded_km2"] == pytest.approx(area)
    assert (table["excluded_by_it_alone_km2"] <= table["excluded_km2"]).all()
    assert table.loc["railways", "excluded_by_it_alone_km2"] > 0
