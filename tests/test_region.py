"""Region: the one place where a reference system is chosen, and the grid that follows from it."""

import math
import warnings

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box

from geocluster.errors import CRSError, MendedWarning
from geocluster.region import WORST_SCALE_ERROR, Region, metric_crs


def boundary(*bounds: float, crs: str | None = "EPSG:4326") -> gpd.GeoSeries:
    return gpd.GeoSeries([box(*bounds)], crs=crs)


@pytest.mark.parametrize(
    ("bounds", "epsg"),
    [
        ((69.0, 41.0, 69.5, 41.4), 32642),
        ((14.1, 35.7, 14.6, 36.1), 32633),
        ((-70.8, -33.6, -70.5, -33.3), 32719),
    ],
)
def test_the_zone_of_the_middle_is_chosen_in_silence(bounds, epsg):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        region = Region.from_boundary("Town", boundary(*bounds))
    assert region.crs.to_epsg() == epsg


def test_a_region_across_two_zones_warns_with_its_scale_error():
    with pytest.warns(MendedWarning, match=r"leaves UTM zone 41.*up to 0\.\d\d%"):
        region = Region.from_boundary("Navoi", boundary(62.0, 39.5, 67.0, 42.0))
    assert region.crs.to_epsg() == 32641


def test_navoi_and_andijan_as_they_are(shared):
    adm1 = gpd.read_file(shared / "data/boundaries/naturalearth_uz_adm1.geojson")
    for name in ("Navoi", "Andijon"):
        rows = adm1[adm1.name == name]
        assert len(rows) == 1
        with pytest.warns(MendedWarning, match="leaves UTM zone"):
            Region.from_boundary(name, rows)


def test_what_is_larger_than_utm_serves_gets_an_equal_area_system():
    region = Region.from_boundary("Uzbekistan", boundary(56.0, 37.2, 73.1, 45.6))
    assert "Lambert Azimuthal Equal Area" in region.crs.to_wkt()
    geod = region.crs.get_geod()
    lonlat = Polygon(box(56.0, 37.2, 73.1, 45.6)).segmentize(0.05)
    true_area = abs(geod.geometry_area_perimeter(lonlat)[0])
    mapped = gpd.GeoSeries([lonlat], crs="EPSG:4326").to_crs(region.crs).area.iloc[0]
    assert mapped == pytest.approx(true_area, rel=1e-3)


def test_a_scale_error_above_one_percent_is_an_error():
    with pytest.raises(CRSError, match=r"wrong by up to \d+\.\d%.*1 % is allowed"):
        Region.from_boundary("Half the world", boundary(0, -40, 120, 70))
    far_from_the_meridian = box(2_000_000, 4_500_000, 2_050_000, 4_550_000)
    with pytest.raises(CRSError, match="lengths are wrong"):
        Region("Far", far_from_the_meridian, "EPSG:32642")


def test_web_mercator_is_refused_away_from_the_equator():
    at_41_north = gpd.GeoSeries([box(69, 41, 69.2, 41.2)], crs="EPSG:4326").to_crs("EPSG:3857")
    with pytest.raises(CRSError, match="lengths are wrong by up to 3"):
        Region("Tashkent", at_41_north.iloc[0], "EPSG:3857")


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        (None, "no reference system"),
        ("EPSG:4326", "not metric"),
        ("EPSG:2263", "not metric"),
        ("EPSG:999999", "not a reference system that PROJ knows"),
        ("nonsense", "not a reference system that PROJ knows"),
    ],
)
def test_a_region_needs_a_metric_system(crs, words):
    with pytest.raises(CRSError, match=words):
        Region("Town", box(0, 0, 1, 1), crs)


def test_a_boundary_without_a_system_is_an_error():
    with pytest.raises(CRSError, match="declare its CRS"):
        Region.from_boundary("Town", boundary(69, 41, 70, 42, crs=None))


@pytest.mark.parametrize("shape", [Polygon(), LineString([(69, 41), (70, 42)]), None])
def test_a_boundary_without_area_is_an_error(shape):
    with pytest.raises(CRSError, match=r"empty|no area"):
        Region.from_boundary("Nowhere", gpd.GeoSeries([shape], crs="EPSG:4326"))


def test_a_crossed_boundary_is_mended_and_counted():
    bow = gpd.GeoSeries([Polygon([(69, 41), (70, 42), (70, 41), (69, 42)])], crs="EPSG:4326")
    with pytest.warns(MendedWarning, match="1 invalid parts of the boundary mended"):
        region = Region.from_boundary("Bow", bow)
    assert region.boundary.is_valid
    assert region.boundary.area == pytest.approx(4.63e9, rel=0.01)


def test_rows_are_joined():
    two = gpd.GeoSeries([box(69, 41, 69.2, 41.2), box(69.1, 41, 69.4, 41.2)], crs="EPSG:4326")
    one = Region.from_boundary("One", boundary(69, 41, 69.4, 41.2))
    assert Region.from_boundary("Two", two).boundary.area == pytest.approx(one.boundary.area, 1e-3)


def test_a_region_cannot_be_changed():
    region = Region("Town", box(0, 0, 1000, 1000), "EPSG:32642")
    with pytest.raises(AttributeError):
        region.name = "Other"
    assert metric_crs(region.crs, "x") == region.crs


@given(
    x=st.floats(200_000, 800_000),
    y=st.floats(4_000_000, 4_700_000),
    width=st.floats(100, 30_000),
    height=st.floats(100, 30_000),
    cell_m=st.sampled_from([100.0, 250.0, 333.0, 1000.0]),
)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_a_grid_covers_its_region_on_round_figures(x, y, width, height, cell_m):
    region = Region("Town", box(x, y, x + width, y + height), "EPSG:32642")
    grid = region.grid(cell_m)
    assert grid.dims == ("y", "x")
    assert (np.diff(grid.y) == -cell_m).all()
    assert (np.diff(grid.x) == cell_m).all()
    assert math.isclose((grid.x.values[0] / cell_m) % 1, 0.5, abs_tol=1e-9)
    assert grid.x.values[0] - cell_m / 2 <= x + 1e-6
    assert grid.x.values[-1] + cell_m / 2 >= x + width - 1e-6
    assert grid.y.values[0] + cell_m / 2 >= y + height - 1e-6
    assert grid.y.values[-1] - cell_m / 2 <= y + 1e-6
    assert abs(int(grid.sum()) * cell_m**2 - width * height) <= 2 * cell_m * (width + height)


def test_a_grid_says_where_it_is():
    grid = Region("Town", box(0, 0, 900, 900), "EPSG:32642").grid(300)
    assert grid.attrs["cell_m"] == 300.0
    assert grid.attrs["region"] == "Town"
    assert "UTM zone 42N" in grid.attrs["crs"]
    assert grid.x.attrs["units"] == "m"
    assert grid.dtype == bool


@pytest.mark.parametrize("cell_m", [0, -5, float("nan")])
def test_a_cell_has_a_size(cell_m):
    with pytest.raises(CRSError, match="give a size above 0"):
        Region("Town", box(0, 0, 900, 900), "EPSG:32642").grid(cell_m)


def test_the_allowed_error_is_one_percent():
    assert WORST_SCALE_ERROR == 0.01
