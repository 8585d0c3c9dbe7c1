"""Terrain from elevation rasters: exact on planes, whole over the region, or it is said."""

import contextlib
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from pyproj import Transformer
from rasterio.transform import from_origin
from shapely.geometry import box

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.ground import ground_on, heights_at, slope_of, slope_on
from geocluster.load.terrain import read_terrain
from geocluster.region import Region

CRS = "EPSG:32642"
REGION = Region("Town", box(500_000, 4_560_000, 505_000, 4_564_000), CRS)
CORNER = (498_000.0, 4_566_000.0)  # the rasters reach 2 km beyond the region
SHAPE = (80, 90)  # pixels of 100 m


def plane(shape=SHAPE, corner=CORNER, pixel=100.0, east=0.03, north=0.04, base=500.0) -> np.ndarray:
    """Heights at the centres of pixels of ground that rises evenly eastwards and northwards."""
    x = corner[0] + (np.arange(shape[1]) + 0.5) * pixel - 500_000
    y = corner[1] - (np.arange(shape[0]) + 0.5) * pixel - 4_560_000
    return (base + north * y[:, None] + east * x).astype("float32")


def write(path: Path, values: np.ndarray, corner=CORNER, pixel=100.0, crs=CRS, **options) -> Path:
    bands = values if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff", "count": bands.shape[0], "height": bands.shape[1],
        "width": bands.shape[2], "dtype": bands.dtype.name, "crs": crs,
        "transform": from_origin(*corner, pixel, pixel), **options,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", **profile) as raster:
            raster.write(bands)
    return path


def hgt(folder: Path, name: str, fill=None, points: int = 1201) -> Path:
    """A square degree as SRTM has it: big-endian heights of points, edges shared with the next."""
    south, west = int(name[1:3]), int(name[4:7])
    latitude = south + np.linspace(1, 0, points)[:, None]
    longitude = west + np.linspace(0, 1, points)[None, :]
    values = 1000 * (longitude - 68) + 500 * (latitude - 41) if fill is None else fill
    path = folder / f"{name}.hgt"
    path.write_bytes(np.broadcast_to(np.round(values), (points, points)).astype(">i2").tobytes())
    return path


def expected(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 500 + 0.04 * (y - 4_560_000) + 0.03 * (x - 500_000)


def on_plane(terrain: xr.DataArray) -> np.ndarray:
    return expected(*np.meshgrid(terrain.x.values, terrain.y.values))


@pytest.mark.parametrize("cell_m", [None, 20, 100, 250, 1000])
def test_a_plane_is_read_exactly(tmp_path, cell_m):
    terrain = read_terrain(write(tmp_path / "a.tif", plane()), REGION, cell_m=cell_m, reach_m=1000)
    assert np.abs(terrain.values - on_plane(terrain)).max() < 2e-3
    grid = REGION.grid(terrain.attrs["cell_m"])
    assert np.isin(grid.x, terrain.x).all()
    assert np.isin(grid.y, terrain.y).all()
    assert terrain.attrs["pixel_m"] == pytest.approx(100)
    assert float(terrain.x[0]) <= 499_000 + terrain.attrs["cell_m"]


def test_a_plane_in_degrees_or_another_zone_is_read_as_well(tmp_path):
    for crs in ("EPSG:4326", "EPSG:32641"):
        there = Transformer.from_crs(CRS, crs, always_xy=True)
        west, south, east, north = there.transform_bounds(495_000, 4_555_000, 510_000, 4_569_000)
        pixel = (east - west) / 300
        shape = (int((north - south) / pixel), 300)
        x = west + (np.arange(shape[1]) + 0.5) * pixel
        y = north - (np.arange(shape[0]) + 0.5) * pixel
        east_m, north_m = there.transform(*np.meshgrid(x, y), direction="INVERSE")
        values = expected(np.asarray(east_m), np.asarray(north_m)).astype("float32")
        file = write(tmp_path / "a.tif", values, (west, north), pixel, crs)
        terrain = read_terrain(file, REGION, cell_m=250, reach_m=1000)
        assert np.abs(terrain.values - on_plane(terrain)).max() < 0.02


def test_fine_pixels_are_averaged_over_a_cell(tmp_path):
    rough = np.random.default_rng(3).uniform(400, 600, (800, 900)).astype("float32")
    terrain = read_terrain(write(tmp_path / "a.tif", rough, pixel=10), REGION, cell_m=500)
    means = rough.reshape(16, 50, 18, 50).mean(axis=(1, 3))
    assert terrain.shape == means.shape
    assert np.abs(terrain.values - means).max() < 1.5  # pixels scatter by 58 m


def test_a_large_raster_is_read_in_windows_or_by_its_overviews(tmp_path, monkeypatch):
    from geocluster.load import dem

    windows = []
    read = dem.Tile.read
    monkeypatch.setattr(
        dem.Tile, "read", lambda tile, *w: windows.append((tile.raster.res, w)) or read(tile, *w)
    )
    corner = (490_000.0, 4_574_000.0)
    file = write(tmp_path / "a.tif", plane((3000, 3000), corner, 10), corner, 10, tiled=True)
    small = Region("Yard", box(500_000, 4_560_000, 501_000, 4_561_000), CRS)
    terrain = read_terrain(file, small, cell_m=50, reach_m=0)
    assert np.abs(terrain.values - on_plane(terrain)).max() < 2e-3
    assert all((c - a) * (d - b) < 200**2 for _, (a, b, c, d) in windows)
    with rasterio.open(file, "r+") as raster:
        raster.build_overviews([2, 4, 8], rasterio.enums.Resampling.average)
    windows.clear()
    terrain = read_terrain(file, small, cell_m=500, reach_m=0)
    assert {res for res, _ in windows} == {(80.0, 80.0)}
    assert np.abs(terrain.values - on_plane(terrain)).max() < 0.05


def test_tiles_are_joined_without_a_seam(tmp_path):
    values = plane()
    west = write(tmp_path / "west.tif", values[:, :40])
    east = write(tmp_path / "east.tif", values[:, 40:], (CORNER[0] + 4000, CORNER[1]))
    whole = write(tmp_path / "whole.tif", values)
    joined = read_terrain([west, east], REGION, cell_m=70, reach_m=1000)
    alone = read_terrain(whole, REGION, cell_m=70, reach_m=1000)
    xr.testing.assert_equal(joined, alone)
    assert joined.attrs["files"] == "west.tif, east.tif"


def test_a_second_raster_fills_what_the_first_lacks(tmp_path):
    values = plane()
    values[30:50, 30:50] = np.nan
    first = write(tmp_path / "first.tif", values)
    second = write(tmp_path / "second.tif", plane((30, 30), (497_000, 4_567_000), 300), pixel=300,
                   corner=(497_000, 4_567_000))  # fmt: skip
    terrain = read_terrain([first, second], REGION, cell_m=250, reach_m=1000)
    assert np.abs(terrain.values - on_plane(terrain)).max() < 15


def test_srtm_s_squares_lie_where_their_names_say(tmp_path):
    region = Region("Border", box(495_000, 4_560_000, 505_000, 4_570_000), CRS)  # 68.94 to 69.06 E
    squares = [hgt(tmp_path, "N41E068"), hgt(tmp_path, "N41E069")]
    zipped = tmp_path / "N41E069.SRTMGL3.hgt.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(squares[1], "N41E069.hgt")
    terrain = read_terrain([squares[0], zipped], region, cell_m=500, reach_m=0)
    lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    longitude, latitude = lonlat.transform(*np.meshgrid(terrain.x, terrain.y))
    wanted = 1000 * (np.asarray(longitude) - 68) + 500 * (np.asarray(latitude) - 41)
    assert np.abs(terrain.values - wanted).max() < 1.0  # heights are whole metres
    with pytest.raises(InputError, match=r"it covers .*5 km in the east.* N41E069"):
        read_terrain(squares[0], region, cell_m=500)


def test_small_voids_are_filled_and_counted_large_ones_are_named(tmp_path):
    values = plane()
    values[40:43, 40:43] = -9999
    values[50, 30:36] = -9999
    file = write(tmp_path / "a.tif", values, nodata=-9999)
    with pytest.warns(MendedWarning, match="15 pixels without data filled"):
        terrain = read_terrain(file, REGION, cell_m=100, reach_m=1000)
    assert np.abs(terrain.values - on_plane(terrain)).max() < 2e-3
    assert terrain.attrs["filled"] == 15
    values[40:60, 40:60] = -9999
    file = write(tmp_path / "b.tif", values, nodata=-9999)
    with pytest.raises(InputError, match=r"are voids, in 1 places, the largest at 41\.\d+ N 69\.0"):
        read_terrain(file, REGION, cell_m=100)
    with pytest.warns(MendedWarning, match=r"40\d cells without data taken to be at 0 m"):
        sea = read_terrain(file, REGION, cell_m=100, void_m=0)
    assert sea.attrs["lowest_m"] == 0


def test_voids_are_filled_alike_whatever_the_blocks(tmp_path, monkeypatch):
    from geocluster.load import sampling

    values = plane() + np.random.default_rng(5).normal(0, 20, SHAPE).astype("float32")
    values[np.random.default_rng(6).random(SHAPE) < 0.1] = np.nan
    file = write(tmp_path / "a.tif", values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        whole = read_terrain(file, REGION, cell_m=50, reach_m=500)
        monkeypatch.setattr(sampling, "BLOCK_POINTS", 17)
        blocks = read_terrain(file, REGION, cell_m=50, reach_m=500)
    assert np.abs(whole.values - blocks.values).max() < 1e-9


def test_a_raster_that_does_not_reach_says_by_how_much(tmp_path):
    file = write(tmp_path / "a.tif", plane((80, 50)))  # ends 3 km east of the region's west
    with pytest.raises(InputError, match=r"covers 60\.0% .*2 km in the east .*N41E069"):
        read_terrain(file, REGION, cell_m=250)
    far = write(tmp_path / "b.tif", plane(), (600_000, 4_700_000))
    with pytest.raises(InputError, match="do not touch Town"):
        read_terrain(far, REGION, cell_m=250)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (plane(base=14_000), 'if they are feet, say so with unit = "ft"'),
        (plane(base=60_000), "choose the band"),
        (np.where(plane() > 600, -32768, plane()).astype("float32"), "nodata = -32768"),
    ],
)
def test_impossible_heights_are_told(tmp_path, values, told):
    with pytest.raises(InputError, match=told):
        read_terrain(write(tmp_path / "a.tif", values), REGION, cell_m=250)


def test_feet_are_converted_where_they_are_declared(tmp_path):
    file = write(tmp_path / "a.tif", plane() / 0.3048)
    terrain = read_terrain(file, REGION, cell_m=250, reach_m=1000, unit="ft")
    assert np.abs(terrain.values - on_plane(terrain)).max() < 2e-3
    with rasterio.open(file, "r+") as raster:
        raster.units = ("ft",)
    xr.testing.assert_identical(read_terrain(file, REGION, cell_m=250, reach_m=1000), terrain)


def test_what_a_header_lacks_is_told(tmp_path):
    with pytest.raises(CRSError, match="declares no reference system"):
        read_terrain(write(tmp_path / "a.tif", plane(), crs=None), REGION)
    two = write(tmp_path / "b.tif", np.stack([plane(), plane() + 7]))
    with pytest.raises(InputError, match="it has 2 bands"):
        read_terrain(two, REGION)
    terrain = read_terrain(two, REGION, cell_m=100, reach_m=1000, band=2)
    assert np.abs(terrain.values - on_plane(terrain) - 7).max() < 2e-3
    with pytest.raises(InputError, match="no such file"):
        read_terrain(tmp_path / "none.tif", REGION)


def lying(path: Path, tag: int, value: int) -> Path:
    """A GeoTIFF in whose header one tag, of 16 or 32 bits, is another number."""
    data = bytearray(path.read_bytes())
    start = int.from_bytes(data[4:8], "little")
    for entry in range(
        start + 2, start + 2 + 12 * int.from_bytes(data[start : start + 2], "little"), 12
    ):
        if int.from_bytes(data[entry : entry + 2], "little") == tag:
            data[entry + 2 : entry + 4] = (4).to_bytes(2, "little")
            data[entry + 8 : entry + 12] = value.to_bytes(4, "little")
            path.write_bytes(bytes(data))
            return path
    raise AssertionError(f"no tag {tag}")


WIDTH, HEIGHT, ROWS_PER_STRIP = 256, 257, 278


@pytest.mark.parametrize(
    ("tag", "value"),
    [(WIDTH, 2_000_000_000), (HEIGHT, 2_000_000_000), (WIDTH, 100_000), (ROWS_PER_STRIP, 60_000)],
)
def test_a_header_that_lies_about_its_size_is_a_clear_error(tmp_path, tag, value):
    file = lying(write(tmp_path / "a.tif", plane()), tag, value)
    if tag == ROWS_PER_STRIP:
        lying(lying(file, HEIGHT, value), WIDTH, 60_000)
    with pytest.raises(InputError, match=r"a\.tif"):
        read_terrain(file, REGION, cell_m=250, reach_m=1000)


def test_damaged_files_end_in_a_clear_error_or_are_read(tmp_path):
    whole = write(
        tmp_path / "a.tif", plane(), tiled=True, blockxsize=16, blockysize=16
    ).read_bytes()
    file, rng, read = tmp_path / "b.tif", np.random.default_rng(7), 0
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(600, size=3):  # the header, at the end or the beginning
            damaged[place if rng.random() < 0.5 else -place] = rng.integers(256)
        file.write_bytes(bytes(damaged[: rng.integers(len(whole) // 2, 2 * len(whole))]))
        with warnings.catch_warnings(), contextlib.suppress(InputError):
            warnings.simplefilter("ignore")
            read += read_terrain(file, REGION, cell_m=250, reach_m=0).shape == (16, 20)
    assert 0 < read < 50


def test_files_that_are_no_rasters_are_clear_errors(tmp_path):
    truncated = write(tmp_path / "cut.tif", plane())
    truncated.write_bytes(truncated.read_bytes()[:3000])
    leading = tmp_path / "leads.tif"  # a VRT may name any file or address
    leading.write_text('<VRTDataset rasterXSize="9" rasterYSize="9"></VRTDataset>')
    short = tmp_path / "N41E069.hgt"
    short.write_bytes(b"\0" * 1000)
    unnamed = hgt(tmp_path, "N41E068").rename(tmp_path / "dem.hgt")
    for file, told in (
        (truncated, "cannot be read"), (leading, "no elevation raster"), (short, "2,884,802"),
        (unnamed, "call it such as N42E001.hgt"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=told):
            read_terrain(file, REGION, cell_m=250, reach_m=0)
    with pytest.raises(InputError, match="2 faults"):
        read_terrain([short, unnamed], REGION)


def test_a_zip_that_climbs_or_swells_is_a_clear_error(tmp_path):
    square = hgt(tmp_path, "N41E069").read_bytes()
    cases = {
        "climbs": ({"../N41E069.hgt": square}, "climbs out of the zip"),
        "empty": ({"readme.txt": b"nothing"}, "holds 0 elevation rasters"),
        "two": ({"N41E069.hgt": square, "N41E068.hgt": square}, "holds 2 elevation rasters"),
    }
    for name, (members, told) in cases.items():
        file = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        with pytest.raises(InputError, match=told):
            read_terrain(file, REGION)
    swells = tmp_path / "swells.zip"
    with zipfile.ZipFile(swells, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dem.tif", b"\0" * 1000)
    data = bytearray(swells.read_bytes())
    size = data.index(b"PK\x01\x02") + 24  # in the directory, of what it unpacks to
    data[size : size + 4] = (1_100_000_000).to_bytes(4, "little")
    swells.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"unpacks to 1\.1 GB"):
        read_terrain(swells, REGION)
    broken = tmp_path / "broken.zip"
    broken.write_bytes((tmp_path / "two.zip").read_bytes()[:5000])
    with pytest.raises(InputError, match="broken zip"):
        read_terrain(broken, REGION)
    data = bytearray((tmp_path / "swells.zip").read_bytes())
    data[37:42] = b"\xff" * 5  # the packed bytes themselves, after the head and the name
    broken.write_bytes(bytes(data[:size]) + (1000).to_bytes(4, "little") + bytes(data[size + 4 :]))
    with pytest.raises(InputError, match="broken zip"):
        read_terrain(broken, REGION)


def test_slope_of_a_plane_is_exact(tmp_path):
    terrain = read_terrain(write(tmp_path / "a.tif", plane()), REGION, cell_m=100, reach_m=1000)
    assert slope_of(terrain, percent=True).values == pytest.approx(5.0, abs=2e-3)
    assert slope_of(terrain).values == pytest.approx(np.degrees(np.arctan(0.05)), abs=1e-3)
    grid = REGION.grid(500)
    assert slope_on(terrain, grid, percent=True).values == pytest.approx(5.0, abs=2e-3)
    assert slope_on(terrain, grid).attrs["units"] == "degrees"


def test_heights_between_cells_and_beyond(tmp_path):
    terrain = read_terrain(write(tmp_path / "a.tif", plane()), REGION, cell_m=100, reach_m=0)
    x, y = (
        np.array([500_123.0, 504_900.0, 505_050.0]),
        np.array([4_561_777.0, 4_563_950.0, 4_561e3]),
    )
    found = heights_at(terrain, x, y)
    assert found[:2] == pytest.approx(expected(x, y)[:2], abs=2e-3)
    assert np.isnan(found[2])
    grid = REGION.grid(700)
    inner = ground_on(terrain, grid).values[1:-1, 1:-1]
    assert inner == pytest.approx(expected(*np.meshgrid(grid.x, grid.y))[1:-1, 1:-1], abs=2e-3)


@pytest.mark.shared
def test_andorra_s_known_heights(shared):
    region = Region("Andorra", box(370_000, 4_700_000, 395_000, 4_722_000), "EPSG:32631")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        terrain = read_terrain(shared / "data/dem/N42E001.hgt.zip", region, reach_m=2000)
    there = Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)
    # Andorra la Vella, Pas de la Casa, Ordino: within 30 m, as the places are wider than a pixel
    for longitude, latitude, height in (
        (1.521, 42.507, 1020),
        (1.734, 42.542, 2085),
        (1.533, 42.556, 1300),
    ):
        x, y = there.transform(longitude, latitude)
        assert heights_at(terrain, np.array([x]), np.array([y]))[0] == pytest.approx(height, abs=30)
    x, y = there.transform(1.4439, 42.5919)  # Coma Pedrosa, 2,942 m: pixels of 90 m cut summits
    near = terrain.sel(x=slice(x - 500, x + 500), y=slice(y + 500, y - 500))
    assert 2942 - 60 < float(near.max()) <= 2942
    assert float(slope_of(terrain).max()) > 40


@pytest.mark.shared
def test_a_geotiff_of_another_zone_is_read_alike(shared):
    file = shared / "data/dem/sokh_fergana_100m_utm42.tif"
    own = Region("Sokh", box(720_000, 4_416_500, 738_000, 4_434_000), "EPSG:32642")
    there = Transformer.from_crs("EPSG:32642", "EPSG:32643", always_xy=True)
    other = Region(
        "Sokh", box(*there.transform_bounds(722_000, 4_419_000, 736_000, 4_432_000)), "EPSG:32643"
    )
    one = read_terrain(file, own, reach_m=0)
    wide = Region("Sokh", box(715_000, 4_405_000, 740_000, 4_430_000), "EPSG:32642")
    with pytest.raises(InputError, match=r"41\.4 km2 of Sokh are voids"):  # cut along a watershed
        read_terrain(file, wide)
    two = read_terrain(file, other, cell_m=100, reach_m=0)
    with rasterio.open(file) as raster:
        value = next(raster.sample([(725_003, 4_425_027)]))[0]
    assert heights_at(one, np.array([725_003.0]), np.array([4_425_027.0]))[0] == pytest.approx(
        value, abs=30
    )
    x, y = np.meshgrid(np.arange(723_000, 735_000, 333.0), np.arange(4_420_000, 4_431_000, 333.0))
    moved = heights_at(two, *map(np.asarray, there.transform(x, y)))
    difference = moved - heights_at(one, x, y)
    assert np.abs(difference).max() < 60
    assert np.sqrt(np.mean(difference**2)) < 6
