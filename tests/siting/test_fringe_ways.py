"""The fringe by travel time, and the degree of urbanisation from built-up land."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from geocluster.errors import CRSError, TableError
from geocluster.load.roads import road_graph
from geocluster.region import Region
from geocluster.siting.fringe import (
    OPEN_CLASSES,
    minutes_to_core,
    urban_fringe,
    urbanisation_of,
)
from geocluster.siting.suitability import suitable_land
from geocluster.siting.urbanisation import (
    CLASSES,
    degree_of_urbanisation,
    urbanisation_from_built_up,
)
from geocluster.siting.why import why

CRS = "EPSG:32642"


def squares(values, cell_m=1000.0, **attrs):
    rows, columns = np.shape(values)
    return xr.DataArray(
        np.asarray(values, float),
        dims=("y", "x"),
        coords={
            "y": (np.arange(rows)[::-1] + 0.5) * cell_m,
            "x": (np.arange(columns) + 0.5) * cell_m,
        },
        attrs={"cell_m": float(cell_m), "crs": CRS, **attrs},
    )


def graph_of(*lines, **columns):
    columns = {"kind": "road", "maxspeed_km_h": 60.0, "origin": "OpenStreetMap", **columns}
    table = gpd.GeoDataFrame(columns, geometry=list(lines), crs=CRS, index=range(len(lines)))
    return road_graph(table)


@pytest.fixture(scope="module")
def town():
    """A city in the west of a plain of 20 x 5 km."""
    people = np.full((5, 20), 10.0)
    people[:, :2] = 9_000
    return degree_of_urbanisation(squares(people))


def test_the_fringe_follows_the_road(town):
    road = graph_of(LineString([(0, 2500), (20_000, 2500)]))
    fringe = urban_fringe(town, minutes=10, roads=road, classes=OPEN_CLASSES)
    minutes = fringe.minutes_to_core.values
    assert minutes[2, :5].tolist() == [0, 0, 0.5, 1.5, 2.5]  # a kilometre a minute
    assert minutes[2, 12] == pytest.approx(10.5)
    assert minutes[1, 5] == pytest.approx(12 + 3.5)  # a kilometre on foot to the road
    assert minutes[0, 2] == pytest.approx(6)  # half a kilometre on foot to the core itself
    assert fringe.values[2].tolist() == [False] * 2 + [True] * 10 + [False] * 8
    assert fringe.values[0].tolist() == [False] * 2 + [True] + [False] * 17
    assert (fringe.distance_to_core_m.values[2, 2:] == np.arange(18) * 1000 + 500).all()
    by_distance = urban_fringe(town, distance_km=10, classes=OPEN_CLASSES)
    assert by_distance.values[0, :12].tolist() == [False] * 2 + [True] * 10


def test_a_core_beside_the_road_is_entered_over_streets(town):
    road = graph_of(LineString([(3000, 2500), (20_000, 2500)]))  # ends 1 km short of the city
    minutes = minutes_to_core(town, road).values
    assert minutes[2, 12] == pytest.approx(9.5 + 3)


def test_no_way_is_no_fringe(town):
    road = graph_of(
        LineString([(0, 500), (9_000, 500)]), LineString([(12_000, 500), (20_000, 500)])
    )
    minutes = minutes_to_core(town, road).values
    assert np.isinf(minutes[4, 13:]).all()
    assert np.isfinite(minutes[4, :9]).all()
    assert (
        not urban_fringe(town, minutes=600, roads=road, classes=OPEN_CLASSES).values[4, 13:].any()
    )
    nobody = degree_of_urbanisation(squares(np.zeros((3, 4))))
    assert np.isinf(minutes_to_core(nobody, road).values).all()


@settings(deadline=None, derandomize=True, max_examples=15)
@given(seed=st.integers(0, 1000), minutes=st.sampled_from([2.0, 8.0, 20.0]))
def test_more_time_and_faster_roads_only_add_fringe(town, seed, minutes):
    random = np.random.default_rng(seed)
    lines = [LineString(random.uniform(0, (20_000, 5_000), (3, 2))) for _ in range(4)]
    slow, fast = (graph_of(*lines, maxspeed_km_h=speed) for speed in (30.0, 80.0))
    small, wide, quick = (
        urban_fringe(town, minutes=m, roads=roads, classes=OPEN_CLASSES).values
        for m, roads in ((minutes, slow), (minutes * 2, slow), (minutes, fast))
    )
    assert not (small & ~wide).any()
    assert not (small & ~quick).any()


def test_a_width_is_a_distance_or_a_time(town):
    road = graph_of(LineString([(0, 2500), (20_000, 2500)]))
    with pytest.raises(TableError, match="not both"):
        urban_fringe(town, distance_km=3, minutes=3, roads=road)
    with pytest.raises(TableError, match="minutes need roads"):
        urban_fringe(town, minutes=3)
    elsewhere = gpd.GeoDataFrame(
        {"kind": ["road"]}, geometry=[LineString([(0, 0), (9, 0)])], crs="EPSG:32641"
    )
    with pytest.raises(CRSError, match="another reference system"):
        urban_fringe(town, minutes=3, roads=road_graph(elsewhere))


@pytest.fixture(scope="module")
def place():
    """The grid, homes and land of a city with one road to the east, drawn by hand."""
    grid = Region("Plain", box(0, 0, 20_000, 5_000), CRS).grid(cell_m=500)
    homes = gpd.GeoDataFrame({"people": [90_000.0]}, geometry=[box(0, 0, 2000, 5000)], crs=CRS)
    land = gpd.GeoDataFrame(
        {"kind": ["road", "residential"], "class": ["trunk", None], "origin": "schematic"},
        geometry=[LineString([(0, 2600), (20_000, 2600)]), box(0, 0, 2000, 5000)],
        crs=CRS,
    )
    return grid, homes, land


def test_suitable_land_by_minutes_answers_why(place):
    grid, homes, land = place
    result = suitable_land(grid, homes, land, fringe_minutes=6, roads=road_graph(land))
    assert 0 < result.fringe.sum() < suitable_land(grid, homes, land).fringe.sum()
    assert "within 6 minutes by road" in result.attrs["fringe"]
    assert "drawn by hand" in result.attrs["fringe"]
    answer = why(result, (15_250.0, 2_250.0)).set_index("rule_id").loc["outside_fringe"]
    assert answer["excluded"]
    assert answer["note"] == "11 minutes by road to the edge of the nearest dense core"
    assert answer["grade"] == "assumed"
    assert "a fringe of at least 11 minutes instead of 6" in answer["what_it_would_take"]
    near = why(result, (4_250.0, 2_250.0)).set_index("rule_id").loc["outside_fringe"]
    assert not near["excluded"]
    assert "minutes_to_core" not in suitable_land(grid, homes, land)


def test_where_people_are_unknown_built_up_land_serves_and_says_so(place):
    grid, homes, land = place
    result = suitable_land(grid, None, land, fringe_km=5)
    assert "people are not known" in result.attrs["fringe"]
    assert "outside_fringe" not in result.attrs["not_checked"]
    nobody = suitable_land(grid, homes.assign(people=0.0), land, fringe_km=5)
    assert "people are not known" in nobody.attrs["fringe"]
    known = suitable_land(grid, homes, land, fringe_km=5)
    assert "not known" not in known.attrs["fringe"]
    asked = suitable_land(grid, homes, land, fringe_km=5, urbanisation_basis="built-up")
    assert "not known" not in asked.attrs["fringe"]
    assert (asked.urbanisation == result.urbanisation).all()
    rule = next(r for r in asked.attrs["rules"] if r["rule_id"] == "outside_fringe")
    assert rule["grade"] == "assumed"
    assert "built-up" in rule["source"]
    bare = suitable_land(grid, homes, land[:1], fringe_km=5, urbanisation_basis="built-up")
    assert "built-up land is not known" in bare.attrs["fringe"]
    neither = suitable_land(grid, None, land[:1], fringe_km=5)
    assert "outside_fringe" in neither.attrs["not_checked"]
    with pytest.raises(TableError, match="allowed are"):
        suitable_land(grid, homes, land, urbanisation_basis="lights")


# --- built-up land ------------------------------------------------------------------------------


def built(values, **options):
    return urbanisation_from_built_up(squares(values), **options).values[0].tolist()


def test_half_built_up_is_dense():
    dense, suburb = CLASSES["dense town"], CLASSES["suburb"]
    assert built([[0.5] * 4]) == [dense] * 4
    assert built([[0.5] * 4 + [0.499]]) == [dense] * 4 + [suburb]
    assert built([[0.5] * 3]) == [CLASSES["village"]] * 3  # 1.5 km2 stand for 4,500 people


def test_the_other_classes_follow_from_the_same_figure():
    assert built([[1 / 60, 0.016, 0.0]]) == [CLASSES["dispersed"], *[CLASSES["uninhabited"]] * 2]
    assert built([[0.1, 0.1]]) == [CLASSES["village"]] * 2
    assert built([[0.2] * 9]) == [CLASSES["semi-dense town"]] * 9
    assert built([[1.0] * 17]) == [CLASSES["urban centre"]] * 17
    assert built([[1.0] * 16]) == [CLASSES["dense town"]] * 16
    assert built([[0.2] * 9], people_per_built_km2=7500) == [CLASSES["dense town"]] * 9


def test_the_share_is_of_land_and_water_is_water():
    land = squares([[0.5, 0.5, 0.5, 0.4, 1.0]])
    codes = urbanisation_from_built_up(squares([[0.5, 0.5, 1.0, 0.0, 0.5]]), land_share=land)
    assert codes.values[0].tolist() == [
        *[CLASSES["dense town"]] * 3, CLASSES["water"], CLASSES["village"],
    ]  # fmt: skip
    assert codes.attrs["basis"] == "built-up"
    assert codes.built_up_share.values[0].tolist() == [0.5, 0.5, 1.0, 0.0, 0.5]


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_a_share_lies_within_0_and_1(bad):
    with pytest.raises(TableError, match="within 0 and 1"):
        built([[bad, 0.5]])


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 1000), cell_m=st.sampled_from([100, 250, 500]))
def test_cells_of_any_size_give_the_classes_of_their_kilometre(seed, cell_m):
    random = np.random.default_rng(seed)
    coarse = random.choice([0, 0.01, 0.05, 0.2, 0.6, 1.0], (5, 8))
    people = random.choice([0, 20, 100, 400, 1500, 9000], (5, 8)).astype(float)
    n = 1000 // cell_m
    fine = squares(np.kron(coarse, np.ones((n, n))), cell_m)
    spread = squares(np.kron(people / n**2, np.ones((n, n))), cell_m)
    same = urbanisation_from_built_up(squares(coarse))
    assert (urbanisation_from_built_up(fine).values == same.values).all()
    assert (
        degree_of_urbanisation(spread).values == degree_of_urbanisation(squares(people)).values
    ).all()


def test_water_is_taken_out_by_area_whatever_the_cell(place):
    homes = gpd.GeoDataFrame({"people": [1200.0]}, geometry=[box(0, 0, 400, 1000)], crs=CRS)
    lake = gpd.GeoDataFrame({"kind": ["water"]}, geometry=[box(400, 0, 1000, 1000)], crs=CRS)
    lakes = gpd.GeoDataFrame(
        {"kind": ["water"] * 2}, geometry=[box(400, 0, 1000, 900), box(500, 0, 1000, 1000)], crs=CRS
    )
    for cell_m in (1000, 500, 250, 100):
        grid = Region("Lake", box(0, 0, 1000, 1000), CRS).grid(cell_m)
        one = urbanisation_of(grid, homes, lake)
        assert one.density_per_km2.values.tolist() == [[pytest.approx(3000)]]
        both = urbanisation_of(grid, homes, lakes)  # where they overlap water counts once
        assert both.density_per_km2.values[0, 0] == pytest.approx(1200 / 0.41)


def test_malta_by_minutes(malta_study):
    grid = malta_study.grid()
    codes = urbanisation_of(grid, malta_study.homes, malta_study.land)
    near, far = (
        urban_fringe(codes, minutes=m, roads=malta_study.roads, classes=OPEN_CLASSES)
        for m in (5, 20)
    )
    assert 0 < near.sum() < far.sum()
    assert float(far.minutes_to_core.values[far.values].max()) <= 20
    built_up = urbanisation_of(grid, malta_study.homes, malta_study.land, basis="built-up")
    core = [CLASSES["urban centre"], CLASSES["dense town"]]
    both = np.isin(built_up, core) & np.isin(codes, core)
    assert both.sum() > 0.8 * np.isin(built_up, core).sum()
