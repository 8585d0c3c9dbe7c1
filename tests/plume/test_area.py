"""Areas and lines: against ISCST3, against a quadrature by scipy, and at their doors."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from scipy.special import erfc, ndtr

from geocluster.errors import TableError
from geocluster.load.sources import read_sources
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.quadrature import GAUSS, KRONROD, NODES, upper_tail
from geocluster.plume.sigma import sigma_y, sigma_z
from geocluster.region import Region
from reference import differences, read_areas, read_points, read_truth, read_year


def area(*shapes: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    """Areas of 1 g/s each, released at 5 m."""
    usual = {"source_type": "area", "release_height_m": 5.0, "emission_so2_g_s": 1.0}
    return gpd.GeoDataFrame({**usual, **columns}, index=range(len(shapes)), geometry=list(shapes))


def hour(**columns: float) -> xr.Dataset:
    """One hour of 4 m/s from the west, class D, under a lid at 800 m."""
    usual = {
        "wind_speed_m_s": 4.0,
        "wind_from_deg": 270.0,
        "stability": 4,
        "mixing_height_m": 800.0,
        "temperature_k": 293.0,
    }
    values = {name: ("hour", [columns.get(name, value)]) for name, value in usual.items()}
    return xr.Dataset(values, coords={"time": ("hour", pd.DatetimeIndex(["2025-01-01 12:00"]))})


def places(x: object, y: object, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(np.ravel(x), np.ravel(y)))


@pytest.mark.shared
def test_year_of_areas(shared: Path) -> None:
    """Where ISCST3 differs most, an exact quadrature sides with this one: see docs/plume.md."""
    iscst3 = shared / "reference/iscst3"
    at = read_points(iscst3 / "area_rural/receptors.csv")
    statistics = ("mean", "max_1h")
    field = concentration(read_areas(iscst3), at, read_year(iscst3), statistics=statistics)
    for name, worst in (("mean", 6e-3), ("max_1h", 1.5e-2)):
        error = differences(field[name].values[0], read_truth("area_rural", iscst3)[name])
        assert error.size > 430
        assert error.max() < worst
        assert np.median(error) < 6e-4


@pytest.mark.parametrize(
    ("stability", "x", "y"), [(1, 2500.0, 0.0), (4, 60.0, 10.0), (6, 60.0, 10.0), (5, 400.0, 120.0)]
)
def test_against_a_fine_sum(stability: int, x: float, y: float) -> None:
    """A rectangle across the wind by scipy's normal distribution, along it by 8,000 points."""
    height, spread, lid, u = 5.0, 3.0, 800.0, 4.0
    ends = np.linspace(math.log(max(x - 150.0, 1.0)), math.log(x + 150.0), 401)
    node, weight = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(ends)[:, None]
    upwind = np.exp(0.5 * (ends[1:] + ends[:-1])[:, None] + half * node)
    sy = sigma_y(upwind, stability)
    sz = np.minimum(np.hypot(sigma_z(upwind, stability), spread), 5000.0)
    images = range(-30, 31) if stability < 5 else [0]
    column = sum(2 * np.exp(-((2 * n * lid + height) ** 2) / 2 / sz**2) for n in images)
    across = ndtr((y + 100) / sy) - ndtr((y - 100) / sy)
    truth = (weight * half * upwind * across * column / sz).sum() / math.sqrt(2 * math.pi) / u
    source = area(shapely.box(-150, -100, 150, 100), initial_sigma_z_m=spread)
    found = concentration(source, places(x, y), hour(stability=stability))["mean"].item()
    assert found == pytest.approx(1e6 * truth / (300 * 200), rel=2e-5)


def test_a_circle_is_as_exact_as_its_vertices_allow() -> None:
    """A circle of 128 and one of 512 vertices differ by their areas' shapes alone."""
    at = places(*np.meshgrid(np.arange(-400.0, 401, 100), np.arange(-150.0, 151, 50)))
    weather = hour(wind_from_deg=272.5)
    coarse, fine = (
        concentration(area(shapely.Point(0, 0).buffer(150, quad_segs=n)), at, weather)["mean"]
        for n in (32, 128)
    )
    counts = (fine > 1e-2 * fine.max()).values
    np.testing.assert_allclose(coarse.values[counts], fine.values[counts], rtol=6e-3)


@pytest.mark.parametrize(("rule", "kronrod", "gauss"), [(0, 22, 12), (1, 10, 4)])
def test_quadrature_is_exact_for_polynomials(rule: int, kronrod: int, gauss: int) -> None:
    for weights, highest in ((KRONROD, kronrod), (GAUSS, gauss)):
        for power in range(0, highest + 1, 2):
            found = (weights[rule] * NODES[rule] ** power).sum()
            assert found == pytest.approx(2 / (power + 1), rel=1e-14)
        beyond = (weights[rule] * NODES[rule] ** (highest + 2)).sum()
        assert beyond != pytest.approx(2 / (highest + 3), rel=1e-9)


def test_upper_tail() -> None:
    t = np.linspace(0, 6.4, 1001)
    found = np.array([upper_tail(value) for value in t])
    np.testing.assert_allclose(found, 0.5 * erfc(t / math.sqrt(2)), rtol=1e-6)
    assert upper_tail(7.0) == 0.0


def test_a_line_is_a_narrow_area() -> None:
    road = shapely.LineString([(0, 0), (300, 400)])
    line = area(road, source_type="line", width_m=20.0)
    narrow = area(road.buffer(10.0, cap_style="flat"))
    at = places([200.0, 400.0, 1500.0], [200.0, 300.0, 100.0])
    found = concentration(line, at, hour())["mean"].values
    assert (found > 0).all()
    np.testing.assert_allclose(found, concentration(narrow, at, hour())["mean"].values, rtol=1e-12)


def test_a_bend_of_a_road_emits_once() -> None:
    """A road is one polygon with its corner filled: what its parts share counts once."""
    bend = shapely.LineString([(0, 0), (0, 200), (200, 200)])
    corner = shapely.box(-15, 0, 15, 215).union(shapely.box(-15, 185, 200, 215))
    at = places([300.0, 5000.0], [200.0, 100.0])
    line = area(bend, source_type="line", width_m=30.0)
    found = [concentration(source, at, hour())["mean"].values for source in (line, area(corner))]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    assert (found[0] > 0).all()


def test_all_types_add_up_hour_by_hour() -> None:
    """The highest hour of the sum, not the sum of the highest hours."""
    stack = gpd.GeoDataFrame(
        {
            "source_type": ["point"],
            "stack_height_m": [30.0],
            "stack_diameter_m": [1.0],
            "exit_velocity_m_s": [8.0],
            "exit_temperature_k": [400.0],
            "emission_so2_g_s": [20.0],
        },
        geometry=gpd.points_from_xy([1000.0], [1500.0]),
    )
    field = area(shapely.box(-200, -200, 200, 200), emission_so2_g_s=3.0)
    both = pd.concat([field, stack], ignore_index=True)
    hours = xr.concat([hour(wind_from_deg=a) for a in (180.0, 225.0, 250.0, 330.0)], "hour")
    hours = hours.assign_coords(time=("hour", pd.date_range("2025-01-01", periods=4, freq="h")))
    at = places([1500.0, 1000.0, 2000.0, 50.0], [1500.0, 2500.0, 2000.0, 0.0])
    names = ("mean", "max_1h", "max_24h")
    total = concentration(both, at, hours, statistics=names)
    single = [
        concentration(both, at, hours.isel(hour=slice(n, n + 1)))["mean"].values for n in range(4)
    ]
    np.testing.assert_allclose(total["max_1h"].values, np.max(single, axis=0), rtol=1e-12)
    np.testing.assert_allclose(total["mean"].values, np.mean(single, axis=0), rtol=1e-12)
    parts = [concentration(s, at, hours, statistics=names) for s in (field, stack)]
    np.testing.assert_allclose(total["mean"], parts[0]["mean"] + parts[1]["mean"], rtol=1e-12)
    assert (total["max_1h"] <= parts[0]["max_1h"] + parts[1]["max_1h"] + 1e-12).all()
    assert (total["max_1h"] < 0.9 * (parts[0]["max_1h"] + parts[1]["max_1h"])).any()


def test_a_group_of_like_hours_gives_what_its_hours_give() -> None:
    """Hours of one direction and class share their work, whatever their lids and speeds."""
    lids = np.array([3.0, 40.0, 60.0, 90.0, 300.0, 5000.0] * 4)
    hours = xr.concat(
        [hour(mixing_height_m=lid, wind_speed_m_s=1 + n / 5) for n, lid in enumerate(lids)], "hour"
    )
    source = area(shapely.box(-100, -100, 100, 100), emission_pm10_g_s=2.0)
    at = places([0.0, 500.0, 3000.0, 20_000.0], [0.0, 50.0, 0.0, 500.0], height_m=[0, 0, 20.0, 0])
    for options in (PlumeOptions(), PlumeOptions(half_life_s=3600)):
        total = concentration(source, at, hours, options=options)["mean"].values
        single = [
            concentration(source, at, hours.isel(hour=[n]), options=options)["mean"].values
            for n in range(len(lids))
        ]
        np.testing.assert_allclose(total, np.mean(single, axis=0), rtol=3e-4)
        assert single[0].max() == 0.0  # released above the lid


def test_chunks_and_points_give_the_same_bits() -> None:
    x = np.arange(-1000.0, 1000, 250)
    grid = xr.DataArray(np.ones((8, 8), bool), dims=("y", "x"), coords={"y": x[::-1], "x": x})
    source = area(shapely.Point(0, 0).buffer(300), shapely.box(300, 300, 500, 400))
    whole = concentration(source, grid, hour(), statistics=("mean", "max_1h"))
    parts = concentration(
        source, grid.chunk({"y": 3, "x": 5}), hour(), statistics=("mean", "max_1h")
    )
    xr.testing.assert_identical(whole, parts.compute())
    at = places(*np.meshgrid(x, x[::-1]))
    points = concentration(source, at, hour())["mean"].values
    np.testing.assert_array_equal(points, whole["mean"].values.reshape(1, -1))
    assert whole["mean"].values.max() > 0


def test_sources_in_another_reference_system() -> None:
    source = area(shapely.box(500_000, 4.6e6, 500_400, 4.6e6 + 300)).set_crs("EPSG:32642")
    at = places([500_900.0], [4.6e6 + 100]).set_crs("EPSG:32642")
    found = concentration(source, at, hour())["mean"].item()
    other = concentration(source.to_crs("EPSG:4326"), at, hour())["mean"].item()
    assert other == pytest.approx(found, rel=1e-5)


def test_urban_by_source() -> None:
    source = area(shapely.box(-50, -50, 50, 50), urban=True)
    at = places([800.0], [0.0])
    by_source = concentration(source, at, hour(), options=PlumeOptions(urban="by source"))
    everywhere = concentration(source, at, hour(), options=PlumeOptions(urban=True))
    rural = concentration(source, at, hour())
    assert by_source["mean"].item() == everywhere["mean"].item()
    assert rural["mean"].item() > 1.5 * everywhere["mean"].item()


def test_nothing_beyond_reach() -> None:
    source = area(shapely.box(-50, -50, 50, 50))
    options = PlumeOptions(reach_m=2000)
    found = concentration(source, places([1900.0, 2000.0, 2100.0], [0, 0, 0]), hour())
    cut = concentration(
        source, places([1900.0, 2000.0, 2100.0], [0, 0, 0]), hour(), options=options
    )
    share = (cut["mean"] / found["mean"]).values[0]
    assert share[0] == pytest.approx(1, abs=1e-4)
    assert 0.4 < share[1] < 0.6
    assert share[2] == 0


def test_faults_are_named() -> None:
    at, box = places([500.0], [0.0]), shapely.box(0, 0, 10, 10)
    with pytest.raises(TableError, match=r"geometry in row 2: a source of type area needs a poly"):
        concentration(area(box, shapely.Point(0, 0)), at, hour())
    with pytest.raises(TableError, match=r"geometry in row 1: a source of type line needs a line"):
        concentration(area(box, source_type="line", width_m=5.0), at, hour())
    with pytest.raises(TableError, match=r"'width_m' is missing: line sources need it"):
        concentration(area(box.exterior, source_type="line"), at, hour())
    road = shapely.LineString([(0, 0), (10, 0)])
    with pytest.raises(TableError, match=r"'width_m' is 0 in row 1"):
        concentration(area(road, source_type="line", width_m=0.0), at, hour())
    with pytest.raises(TableError, match=r"'release_height_m': no value in row 1: area"):
        concentration(area(box, release_height_m=np.nan), at, hour())
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(TableError, match=r"geometry in row 1 is no valid shape"):
        concentration(area(bow), at, hour())


def test_polygons_and_lines_are_read_as_they_are(tmp_path: Path) -> None:
    box, road = shapely.box(500_000, 4.6e6, 500_300, 4.6e6 + 200), [(5e5, 4.6e6), (501_000, 4.6e6)]
    ring = box.difference(box.centroid.buffer(50))
    shapes = [box, shapely.LineString(road), ring]
    columns = {"source_id": ["a", "b", "c"], "width_m": [np.nan, 12.0, np.nan]}
    table = area(*shapes, **columns).assign(source_type=["area", "line", "area"])
    table.set_crs("EPSG:32642").to_file(tmp_path / "sources.gpkg")
    around = gpd.GeoSeries([shapely.box(490_000, 4.59e6, 510_000, 4.61e6)], crs="EPSG:32642")
    read = read_sources(tmp_path / "sources.gpkg", Region.from_boundary("here", around))
    read = read.set_index("source_id").to_crs("EPSG:32642")
    assert [read.geometry[name].geom_type for name in "abc"] == ["Polygon", "LineString", "Polygon"]
    assert len(read.geometry["c"].interiors) == 1
    assert read["width_m"]["b"] == 12
    found = concentration(read, places([502_000.0], [4.6e6 + 50]).set_crs("EPSG:32642"), hour())
    assert found["mean"].item() > 0
