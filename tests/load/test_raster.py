"""A population raster: nobody is lost, nobody is counted twice, whatever its CRS."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely.geometry import Point, box

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.raster import read_population
from geocluster.region import Region

REGION = Region("Town", box(500_000, 4_560_000, 520_000, 4_580_000), "EPSG:32642")
UTM_CORNER = (500_000, 4_580_000)  # of the region, north-west
LONLAT_BOX = (68.9, 41.0, 69.4, 41.5)  # holds the region


def write(
    path: Path,
    values: np.ndarray,
    corner: tuple[float, float] = UTM_CORNER,
    pixel: float = 100.0,
    crs: str | None = "EPSG:32642",
    **options: object,
) -> Path:
    bands = values if values.ndim == 3 else values[None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=bands.shape[0],
            height=bands.shape[1],
            width=bands.shape[2],
            dtype=bands.dtype.name,
            crs=crs,
            transform=from_origin(*corner, pixel, pixel),
            **options,
        ) as raster:
            raster.write(bands)
    return path


def people(seed: int, shape: tuple[int, int], empty: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.5, 20, shape).astype("float32")
    values[rng.random(shape) < empty] = 0
    return values


def quietly(*args: object, **options: object):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        return read_population(*args, **options)


def test_cells_of_the_same_grid_hold_exactly_their_pixels(tmp_path):
    values = people(1, (200, 200))
    with warnings.catch_warnings():
        warnings.simplefilter("error", MendedWarning)
        homes = read_population(write(tmp_path / "a.tif", values), REGION, 500)
    sums = values.astype(float).reshape(40, 5, 40, 5).sum(axis=(1, 3))
    assert homes.people.to_numpy() == pytest.approx(sums[sums > 0], rel=1e-12)
    assert homes.crs == REGION.crs
    assert (homes.area == 250_000).all()
    assert set(homes.origin) == {"raster"}
    assert set(homes.name) == {""}


def test_homes_are_cells_of_the_region_s_grid(tmp_path):
    homes = quietly(write(tmp_path / "a.tif", people(2, (200, 200))), REGION, 500)
    grid = REGION.grid(500)
    centres = homes.centroid
    assert set(centres.x) <= set(grid.x.values)
    assert set(centres.y) <= set(grid.y.values)
    assert not homes.geometry.duplicated().any()
    assert (np.diff(centres.y) <= 0).all()


@pytest.mark.parametrize("pixel", [1 / 1200, 1 / 120, 1 / 30])
@pytest.mark.parametrize("cell_m", [250, 1000])
def test_the_total_is_kept_from_degrees_to_metres(tmp_path, pixel, cell_m):
    west, south, east, north = LONLAT_BOX
    shape = (round((north - south) / pixel), round((east - west) / pixel))
    values = people(3, shape)
    file = write(tmp_path / "a.tif", values, (west, north), pixel, "EPSG:4326")
    with pytest.warns(MendedWarning, match="pixels transformed from WGS 84 to .* total kept"):
        homes = read_population(file, REGION, cell_m)
    assert homes.people.sum() == pytest.approx(values.sum(dtype=float), rel=1e-9)


@given(
    columns=st.integers(1, 40),
    rows=st.integers(1, 40),
    shift=st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)),
    pixel=st.floats(20, 900),
    cell_m=st.sampled_from([333.0, 500.0, 1000.0]),
    crs=st.sampled_from(["EPSG:32642", "EPSG:32641", "EPSG:3857", "ESRI:54009"]),
)
@settings(deadline=None, derandomize=True, max_examples=15)
def test_nobody_is_lost_or_counted_twice(
    tmp_path_factory, columns, rows, shift, pixel, cell_m, crs
):
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:32642", crs, always_xy=True).transform(510_000, 4_570_000)
    values = people(columns * rows, (rows, columns), empty=0.2) + np.float32(0.01)
    corner = (x + shift[0] - columns * pixel / 2, y + shift[1] + rows * pixel / 2)
    file = write(tmp_path_factory.mktemp("raster") / "a.tif", values, corner, pixel, crs)
    homes = quietly(file, REGION, cell_m, reach_m=100_000)
    assert homes.people.sum() == pytest.approx(values.sum(dtype=float), rel=1e-9)


def test_people_stay_where_they_are(tmp_path):
    west, _, _, north = LONLAT_BOX
    pixel = 1 / 1200
    values = np.zeros((600, 600), dtype="float32")
    values[250, 300] = 700
    file = write(tmp_path / "a.tif", values, (west, north), pixel, "EPSG:4326")
    homes = quietly(file, REGION, 500)
    lonlat = Point(west + 300.5 * pixel, north - 250.5 * pixel)
    import geopandas as gpd

    there = gpd.GeoSeries([lonlat], crs="EPSG:4326").to_crs(REGION.crs).iloc[0]
    assert homes.people.sum() == pytest.approx(700)
    assert homes.distance(there).max() < 70
    middle = (homes.centroid.x * homes.people).sum() / 700
    assert abs(middle - there.x) < 500


def test_a_pixel_larger_than_a_cell_is_spread_evenly(tmp_path):
    values = np.array([[1000.0]], dtype="float32")
    file = write(tmp_path / "a.tif", values, (500_000, 4_570_000), 2000.0)
    homes = quietly(file, REGION, 250)
    assert len(homes) == 64
    assert homes.people.to_numpy() == pytest.approx(1000 / 64)


def test_density_is_people_on_true_ground(tmp_path):
    """100 people/km2 over a box: its true area times 100, in any CRS."""
    from pyproj import Geod, Transformer

    west, south, east, north = 69.05, 41.1, 69.25, 41.25
    ring = box(west, south, east, north).segmentize(0.001)
    true_km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(ring)[0]) / 1e6
    density = np.full((150, 200), 100, dtype="float32")
    file = write(tmp_path / "a.tif", density, (west, north), 0.001, "EPSG:4326")
    homes = quietly(file, REGION, 500, quantity="density")
    assert homes.people.sum() == pytest.approx(100 * true_km2, rel=1e-5)

    to_mercator = Transformer.from_crs(4326, 3857, always_xy=True)
    (left, right), (bottom, top) = to_mercator.transform([west, east], [south, north])
    rows, columns = round((top - bottom) / 100), round((right - left) / 100)
    wide = np.full((rows, columns), 100, dtype="float32")
    file = write(tmp_path / "b.tif", wide, (left, top), 100.0, "EPSG:3857")
    homes = quietly(file, REGION, 500, quantity="density")
    assert homes.people.sum() == pytest.approx(100 * true_km2, rel=5e-3)


@pytest.mark.parametrize("declared", [True, False])
def test_no_data_is_nobody(tmp_path, declared):
    values = people(4, (50, 50))
    total = values[:25].sum(dtype=float)
    values[25:] = -99999
    options = {"nodata": -99999} if declared else {}
    file = write(tmp_path / "a.tif", values, **options)
    if declared:
        homes = quietly(file, REGION, 500)
    else:
        with pytest.raises(InputError, match=r"-99999 people in 1250 pixels.*nodata="):
            quietly(file, REGION, 500)
        homes = quietly(file, REGION, 500, nodata=-99999)
    assert homes.people.sum() == pytest.approx(total)


def test_nan_is_nobody(tmp_path):
    values = people(5, (50, 50))
    values[0, :10] = np.nan
    homes = quietly(write(tmp_path / "a.tif", values), REGION, 500)
    assert homes.people.sum() == pytest.approx(np.nansum(values, dtype=float))


def test_whole_numbers_and_scales(tmp_path):
    values = np.full((10, 10), 7, dtype="uint8")
    file = write(tmp_path / "a.tif", values, nodata=255)
    assert quietly(file, REGION, 500).people.sum() == 700
    with rasterio.open(file, "r+") as raster:
        raster.scales = (0.5,)
    assert quietly(file, REGION, 500).people.sum() == 350


def test_neighbours_count_within_reach_and_no_farther(tmp_path):
    values = np.ones((1, 1000), dtype="float32")
    file = write(tmp_path / "a.tif", values, (510_000, 4_570_000), 100.0)
    homes = quietly(file, REGION, 500, reach_m=20_000)
    assert homes.total_bounds[0] == 510_000
    assert 540_000 <= homes.total_bounds[2] <= 540_500
    assert homes.people.sum() == pytest.approx((homes.total_bounds[2] - 510_000) / 100)


def test_blocks_join_without_a_seam(tmp_path, monkeypatch):
    from geocluster.load import raster

    west, _, _, north = LONLAT_BOX
    values = people(6, (300, 300))
    file = write(tmp_path / "a.tif", values, (west, north), 1 / 600, "EPSG:4326")
    whole = quietly(file, REGION, 500)
    monkeypatch.setattr(raster, "BLOCK_PIXELS", 37)
    blocks = quietly(file, REGION, 500)
    assert (whole.geometry == blocks.geometry).all()
    moved = np.abs(blocks.people - whole.people).sum()  # parts that lie on a cell's very edge
    assert moved < 1e-3 * whole.people.sum()


def test_the_same_file_gives_the_same_bytes(tmp_path):
    file = write(tmp_path / "a.tif", people(7, (100, 100)))
    first, second = quietly(file, REGION, 300), quietly(file, REGION, 300)
    assert first.people.to_numpy().tobytes() == second.people.to_numpy().tobytes()


def test_a_raster_that_covers_half_the_region_warns(tmp_path):
    file = write(tmp_path / "a.tif", people(8, (200, 100)))
    with pytest.warns(MendedWarning, match="covers 50% of Town; elsewhere nobody is counted"):
        read_population(file, REGION, 500)


def test_a_raster_of_another_place(tmp_path):
    far = write(tmp_path / "a.tif", people(9, (10, 10)), (10.0, 50.0), 0.01, "EPSG:4326")
    with pytest.raises(InputError, match="the raster does not touch Town"):
        quietly(far, REGION, 500)


def test_nobody_in_reach(tmp_path):
    empty = write(tmp_path / "a.tif", np.zeros((200, 200), dtype="float32"))
    with pytest.raises(InputError, match="nothing left: nobody within 50 km of Town"):
        quietly(empty, REGION, 500)


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_population(tmp_path / "no.tif", REGION, 500)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match="it cannot be read"):
        read_population(tmp_path / "text.tif", REGION, 500)
    without = write(tmp_path / "a.tif", people(10, (10, 10)), crs=None)
    with pytest.raises(CRSError, match="declares no reference system"):
        read_population(without, REGION, 500)
    two = write(tmp_path / "b.tif", np.ones((2, 200, 200), dtype="float32"))
    with pytest.raises(InputError, match="it has 2 bands: choose one"):
        read_population(two, REGION, 500)
    with pytest.raises(InputError, match="there is no band 3"):
        read_population(two, REGION, 500, band=3)
    assert quietly(two, REGION, 500, band=2).people.sum() == 40_000
    with pytest.raises(InputError, match="allowed are 'count' and 'density'"):
        read_population(two, REGION, 500, band=1, quantity="people")
    with pytest.raises(InputError, match="give a size above 0"):
        read_population(two, REGION, 0, band=1)


def test_a_tilted_raster_keeps_its_total(tmp_path):
    from rasterio.transform import Affine

    values = people(11, (80, 80))
    tilted = Affine.translation(505_000, 4_575_000) @ Affine.rotation(30) @ Affine.scale(100, -100)
    file = tmp_path / "a.tif"
    with rasterio.open(
        file, "w", driver="GTiff", count=1, height=80, width=80, dtype="float32",
        crs="EPSG:32642", transform=tilted,
    ) as raster:  # fmt: skip
        raster.write(values, 1)
    homes = quietly(file, REGION, 250)
    assert homes.people.sum() == pytest.approx(values.sum(dtype=float), rel=1e-9)


def test_a_real_raster_elsewhere_is_refused(shared):
    dem = shared / "data/dem/sokh_fergana_100m_utm42.tif"
    with pytest.raises(InputError, match="does not touch Town"):
        quietly(dem, REGION, 500)


def test_density_in_mollweide_is_that_of_true_ground(tmp_path):
    """GHS-POP comes in ESRI:54009, whose areas are true: 100 people a km2 are 1 a hectare."""
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:32642", "ESRI:54009", always_xy=True).transform(
        510_000, 4_570_000
    )
    values = np.full((60, 60), 100, dtype="float32")
    file = write(tmp_path / "a.tif", values, (x - 3000, y + 3000), 100.0, "ESRI:54009")
    homes = quietly(file, REGION, 500, quantity="density")
    assert homes.people.sum() == pytest.approx(60 * 60 * 0.01 * 100, rel=1e-4)


@pytest.mark.parametrize("crs", ["EPSG:32642", "ESRI:54009"])
def test_residents_of_a_district_are_the_raster_s_exact_zonal_sum(tmp_path, crs):
    """Through homes and the grid, against exactextract on the raster itself."""
    import geopandas as gpd
    from exactextract import exact_extract
    from pyproj import Transformer

    from geocluster.exposure.residents import people_grid

    x, y = Transformer.from_crs("EPSG:32642", crs, always_xy=True).transform(500_000, 4_580_000)
    values = people(12, (260, 260))
    values[:3] = -200  # GHS-POP's value of no data
    file = write(tmp_path / "a.tif", values, (x, y), 100.0, crs, nodata=-200)
    grid = people_grid(quietly(file, REGION, 250), REGION.grid(250))
    zone = gpd.GeoDataFrame(geometry=[Point(510_000, 4_570_000).buffer(6_000)], crs=REGION.crs)
    with rasterio.open(file) as raster:
        there = exact_extract(raster, zone.to_crs(crs), ["sum"])[0]["properties"]["sum"]
    cells = gpd.GeoDataFrame(geometry=zone.geometry, crs=REGION.crs)
    from geocluster.exposure.residents import home_cells

    _, cell, share = home_cells(cells, grid)
    covered = share * zone.area.iloc[0] / 250**2
    ours = float((grid.values.ravel()[cell] * covered).sum())
    assert ours == pytest.approx(there, rel=0.01)
