"""Rules of every sort: by hazard class, slope, nearness, category and land cover; both modes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geocluster.errors import GeoclusterWarning, InputError, TableError
from geocluster.region import Region
from geocluster.siting import checks
from geocluster.siting.distance import Cells, Layer, layer_distance
from geocluster.siting.objects import objects_of
from geocluster.siting.rules import check_rules, read_rules
from geocluster.siting.suitability import suitable_land

CRS = "EPSG:32642"
GRID = Region("T", box(0, 0, 3000, 2000), CRS).grid(100)
NOBODY = gpd.GeoDataFrame({"people": []}, geometry=[], crs=CRS)
CENTRES = shapely.points(*np.meshgrid(GRID.x.values, GRID.y.values))


def rules(*rows):
    return pd.DataFrame([{"rule_id": f"r{number}", **row} for number, row in enumerate(rows)])


def land(*rows):
    shapes = [row.pop("shape") for row in rows]
    return gpd.GeoDataFrame(list(rows), geometry=shapes, crs=CRS)


def free(table, of=None, **given):
    return suitable_land(GRID, NOBODY, of, table, fringe_km=None, **given)


def random_layer(seed, count):
    random = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        x, y = random.uniform(-400, 3400), random.uniform(-400, 2400)
        points = np.column_stack([x + random.normal(0, 200, 5), y + random.normal(0, 200, 5)])
        shapes.append(
            [Point(x, y), LineString(points), shapely.MultiPoint(points).convex_hull][number % 3]
        )
    return shapes


# --- hazard classes ---------------------------------------------------------------------------


def test_rules_hold_for_their_hazard_class_only():
    table = rules({"kind": "rail", "keep_away_m": 50})
    table = pd.concat(
        [
            table.assign(rule_id="strip", hazard_class="I", keep_away_m=500),
            table.assign(rule_id="strip", hazard_class="II; III"),
        ]
    )
    line = land({"kind": "rail", "shape": LineString([(0, 1000), (3000, 1000)])})
    wide, narrow = (free(table, line, hazard_class=one) for one in ("I", "III"))
    assert int((~wide.suitable).sum()) == 10 * 30
    assert int((~narrow.suitable).sum()) == 0  # centres lie 50 m from the line
    assert free(table, line, hazard_class="V").suitable.all()
    unsaid = free(table, line)
    assert unsaid.attrs["not_checked"].count("strip") == 1
    assert unsaid.attrs["rules"][2]["note"] == "not checked: the park has no hazard class"


def test_one_rule_in_two_rows_of_one_class_is_a_fault():
    twice = rules({"kind": "rail", "keep_away_m": 50, "hazard_class": "I;II"})
    twice = pd.concat([twice, twice.assign(hazard_class="II")])
    with pytest.raises(TableError, match="stands twice"):
        check_rules(twice)
    with pytest.raises(TableError, match="stands twice"):
        check_rules(pd.concat([twice.iloc[:1], twice.iloc[:1].assign(hazard_class="")]))


def test_the_zone_follows_the_hazard_class_with_its_grade():
    table = read_rules(hazard_class="IV").set_index("rule_id")
    assert table.loc["homes", ["keep_away_m", "grade", "keep_away_by"]].tolist() == [
        100, "known", "zone",
    ]  # fmt: skip
    assert read_rules(protection_zone_m=350).loc[0, "grade"] == "given"
    assert read_rules().loc[0, ["keep_away_m", "grade"]].tolist() == [500, "read"]
    with pytest.raises(InputError, match="class I has one of 1000 m, but 300 is given"):
        read_rules(protection_zone_m=300, hazard_class="I")
    with pytest.raises(InputError, match="'VI' is not allowed"):
        read_rules(hazard_class="VI")


def test_appropriate_distances_come_with_a_class_of_accident():
    assert not read_rules()["rule_id"].str.startswith("accident").any()
    table = read_rules(accident_class="III").set_index("rule_id")
    assert table.loc["accident_homes", ["keep_away_m", "grade"]].tolist() == [900, "known"]
    assert read_rules(accident_class="I")["grade"].iloc[-1] == "read"
    with pytest.raises(InputError, match="class of KAS-18: I, II, III, IV"):
        read_rules(accident_class="V")


# --- faults -----------------------------------------------------------------------------------


def test_every_fault_of_the_new_columns_at_once():
    table = rules(
        {"kind": "rail"},
        {"kind": "rail", "keep_away_m": 1, "at_most_m": 2},
        {"kind": "rail", "at_most_percent": 2},
        {"kind": "slope", "keep_away_m": 2},
        {"kind": "road", "at_most_m": -5},
        {"kind": "road", "at_most_m": 5, "whole_cell": "yes"},
        {"kind": "road", "keep_away_m": 5, "hazard_class": "VII"},
        {"kind": " ", "keep_away_m": 5},
        {"kind": "rail", "keep_away_m": 5, "rule_id": "outside_fringe"},
    )
    with pytest.raises(TableError) as error:
        check_rules(table)
    told = "\n".join(error.value.faults)
    for words in (
        "'r0': gives no limit: fill in keep_away_m or at_most_m",
        "'r1': gives keep_away_m and at_most_m: one limit a rule",
        "'r2': at_most_percent does not go with kind 'rail'",
        "'r3': keep_away_m does not go with kind 'slope'",
        "'r4': at_most_m is -5",
        "'r5': whole_cell goes with keep_away_m only",
        "'r6': hazard_class is 'VII'",
        "'r7': its kind is empty",
        "'outside_fringe': this name is the project's own",
    ):
        assert words in told
    assert len(error.value.faults) == 9


def test_a_slip_in_the_name_of_a_column_is_told():
    table = rules({"kind": "rail", "keep_away_m": 50, "hazardclass": "I"})
    with pytest.warns(GeoclusterWarning, match="did you mean 'hazard_class'"):
        check_rules(table)


# --- slope ------------------------------------------------------------------------------------


def slope(percent, units="%"):
    return GRID.astype(float).copy(data=percent).assign_attrs(units=units)


def test_steep_ground_is_excluded_in_percent_and_degrees():
    percent = np.broadcast_to(np.linspace(0, 29, 30), GRID.shape).copy()
    percent[0, 0] = np.nan
    table = rules({"kind": "slope", "at_most_percent": 15})
    result = free(table, slope=slope(percent))
    assert (result.suitable.values == ~(percent > 15)).all()
    assert "1 of 600 cells is not known" in result.attrs["rules"][2]["note"].replace("s is", "s is")
    degrees = free(table, slope=slope(np.degrees(np.arctan(percent / 100)), "degrees"))
    assert (degrees.suitable.values == result.suitable.values)[:, 1:].all()
    assert free(table).attrs["not_checked"] == ["outside_fringe", "r0"]
    with pytest.raises(InputError, match="units"):
        free(table, slope=slope(percent, "m"))


# --- nearness and categories -------------------------------------------------------------------


def test_what_must_be_near_excludes_what_is_farther():
    table = rules({"kind": "road", "class": "trunk", "at_most_m": 400})
    roads = land(
        {"kind": "road", "class": "trunk", "shape": LineString([(0, 0), (0, 2000)])},
        {"kind": "road", "class": None, "shape": LineString([(3000, 0), (3000, 2000)])},
    )
    result = free(table, roads)
    assert (result.suitable.values == (shapely.distance(CENTRES, roads.geometry[0]) <= 400)).all()
    no_class = free(table, roads.iloc[1:])  # a road of no known class says nothing
    assert no_class.attrs["not_checked"] == ["outside_fringe", "r0"]
    others = roads.iloc[:1].assign(**{"class": "track"})
    assert not free(table, others).suitable.any()


def test_only_land_of_some_categories_may_be_allowed():
    table = rules({"kind": "cadastral", "class": "industry;reserve", "at_most_m": 0})
    plots = land(
        {"kind": "cadastral", "category": "industry", "shape": box(0, 0, 1000, 2000)},
        {"kind": "cadastral", "category": "homes", "shape": box(1000, 0, 2000, 2000)},
        {"kind": "cadastral", "category": None, "shape": box(2000, 0, 3000, 2000)},
    )
    suitable = free(table, plots).suitable
    assert suitable.values[:, :10].all()
    assert not suitable.values[:, 10:].any()
    assert "r0" in free(table, plots.assign(category=None)).attrs["not_checked"]


def test_protected_categories_flood_and_mudflow_are_excluded_by_default():
    shapes = [box(n * 500, 0, n * 500 + 500, 2000) for n in range(5)]
    zones = gpd.GeoDataFrame(
        {
            "kind": ["flood", "mudflow", "cadastral", "cadastral", "cropland"],
            "category": [None, None, "forest fund", None, None],
        },
        geometry=shapes,
        crs=CRS,
    )
    result = free(read_rules(), zones)
    assert not result.suitable.values[:, :15].any()
    assert result.suitable.values[:, 15:].all()
    intake = land({"kind": "water_intake", "shape": Point(1060, 1050)})
    near = free(read_rules(), intake)
    assert int((~near.suitable).sum()) == 1
    assert int((~near.suitable_whole).sum()) == 2


# --- land cover --------------------------------------------------------------------------------


def cover(**shares):
    return xr.DataArray(
        np.stack(list(shares.values())),
        dims=("kind", "y", "x"),
        coords={"kind": list(shares), "y": GRID.y, "x": GRID.x},
        attrs={"note": "also by land cover"},
    )


def test_land_cover_excludes_cells_that_are_mostly_of_a_kind():
    irrigated, crops = np.zeros(GRID.shape), np.ones(GRID.shape)
    irrigated[:, :3], irrigated[:, 3] = 0.5, 0.49
    result = free(read_rules(), land_cover=cover(irrigated=irrigated, farmland=crops))
    assert not result.suitable.values[:, :3].any()
    assert result.suitable.values[:, 3:].all()  # cropland alone is not irrigated land
    assert "irrigated" not in result.attrs["not_checked"]


def test_land_cover_adds_to_vector_land_and_keeps_its_distance():
    water = np.zeros(GRID.shape)
    water[:, 0] = 1
    lake = land({"kind": "water", "shape": box(2800, 0, 3000, 2000)})
    table = rules({"kind": "water", "keep_away_m": 100, "whole_cell": "yes"})
    result = free(table, lake, land_cover=cover(water=water))
    assert result.suitable.values.all(axis=0).nonzero()[0].tolist() == list(range(2, 27))
    assert result.suitable_whole.values.all(axis=0).nonzero()[0].tolist() == list(range(2, 27))
    only = free(table, land_cover=cover(water=np.zeros(GRID.shape)))
    assert only.suitable.all()
    assert "r0" not in only.attrs["not_checked"]


def test_land_cover_of_another_grid_is_refused():
    coarse = cover(water=np.zeros(GRID.shape)).isel(x=slice(0, 20))
    with pytest.raises(InputError, match="not those of the grid"):
        free(read_rules(), land_cover=coarse)


# --- modes and laws ------------------------------------------------------------------------------


def test_an_unknown_mode_is_refused():
    with pytest.raises(InputError, match="give exact or fast"):
        free(read_rules(), mode="quick")


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 12), keep=st.sampled_from([0, 90, 350]))
def test_exact_areas_are_those_of_buffers_and_fast_ones_within_their_error(seed, count, keep):
    shapes = random_layer(seed, count)
    of = gpd.GeoDataFrame({"kind": ["rail"] * count}, geometry=shapes, crs=CRS)
    table = rules({"kind": "rail", "keep_away_m": keep, "whole_cell": "yes"})
    true = shapely.distance(CENTRES, shapely.union_all(shapes))
    too_near = (true < keep) | (true == 0)
    exact, fast = (free(table, of, mode=mode) for mode in ("exact", "fast"))
    assert (exact.suitable.values == ~too_near).all()
    # In the fast mode a distance is never too short: it excludes nothing that is far enough.
    assert (fast.suitable.values | too_near).all()
    wrongly_free = fast.suitable.values & too_near
    assert (true[wrongly_free] > keep - 100 * np.sqrt(2)).all()
    assert "142 m too long" in fast.attrs["distance_error"]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 12))
def test_fast_distances_keep_the_error_that_is_stated(seed, count):
    shapes, cells = random_layer(seed, count), Cells.of(GRID)
    true = shapely.distance(CENTRES, shapely.union_all(shapes)).ravel()
    found = layer_distance(Layer.of(shapes), cells, mode="fast", reach_m=4000).distance
    assert (found >= true - 1e-6).all()
    assert (found <= true + 100 * np.sqrt(2)).all()


@settings(deadline=None, derandomize=True, max_examples=10)
@given(order=st.permutations(range(6)), mode=st.sampled_from(["exact", "fast"]))
def test_the_order_of_rules_does_not_matter_and_one_more_never_adds_land(order, mode):
    of = gpd.GeoDataFrame(
        {"kind": ["rail", "road", "forest"] * 3}, geometry=random_layer(3, 9), crs=CRS
    )
    table = rules(
        {"kind": "rail", "keep_away_m": 50},
        {"kind": "rail", "keep_away_m": 200, "whole_cell": "yes"},
        {"kind": "road", "at_most_m": 900},
        {"kind": "forest", "keep_away_m": 0},
        {"kind": "slope", "at_most_percent": 12},
        {"kind": "road", "keep_away_m": 20},
    )
    steep = slope(np.random.default_rng(0).uniform(0, 14, GRID.shape))
    whole = free(table, of, slope=steep, mode=mode)
    turned = free(table.iloc[list(order)], of, slope=steep, mode=mode)
    assert (whole.suitable == turned.suitable).all()
    assert (whole.suitable_whole == turned.suitable_whole).all()
    fewer = free(table.iloc[list(order)[:-1]], of, slope=steep, mode=mode)
    assert not (turned.suitable & ~fewer.suitable).any()
    assert not (turned.suitable_whole & ~fewer.suitable_whole).any()


def test_a_layer_is_measured_once_for_all_its_rules(monkeypatch):
    asked = []

    def counted(layer, *args, **kwargs):
        asked.append(kwargs["whole_m"])
        return layer_distance(layer, *args, **kwargs)

    monkeypatch.setattr(checks, "layer_distance", counted)
    of = land({"kind": "rail", "shape": LineString([(0, 0), (3000, 2000)])})
    table = rules(
        {"kind": "rail", "keep_away_m": 50, "min_people_km2": 100},
        {"kind": "rail", "keep_away_m": 200, "whole_cell": "yes"},
        {"kind": "rail", "keep_away_m": 400, "whole_cell": "yes"},
    )
    result = free(table, of)
    assert asked == [[200, 400]]
    assert result["distance_r0_m"].values is not None
    assert (result["distance_r0_m"] == result["distance_r2_m"]).all()


def test_objects_know_their_names():
    of = land({"kind": "rail", "name": "Main line", "shape": Point(0, 0)},
              {"kind": "rail", "name": None, "shape": Point(500, 0)})  # fmt: skip
    found = objects_of({"kind": "rail", "class": ""}, None, None, of)
    assert [found.nearest(x, 0) for x in (100, 400)] == ["Main line", ""]
