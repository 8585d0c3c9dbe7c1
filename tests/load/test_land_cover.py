"""Land cover as shares of kinds, from rasters as they come."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import calculate_default_transform, reproject
from shapely.geometry import box

from geocluster.errors import CRSError, GeoclusterWarning, InputError, TableError
from geocluster.load.land_cover import GRADES, _package_codes, read_land_cover, schemes
from geocluster.region import Region

CRS = "EPSG:32642"
WEST, NORTH = 500_000, 4_560_000
REGION = Region("T", box(WEST, NORTH - 2000, WEST + 3000, NORTH), CRS)


def written(path, codes, *, crs=CRS, nodata=0, west=WEST, north=NORTH, pixel=10.0, dtype="uint8"):
    codes = np.atleast_3d(np.asarray(codes, dtype=dtype))
    codes = codes.transpose(2, 0, 1)
    with rasterio.open(
        path, "w", driver="GTiff", width=codes.shape[2], height=codes.shape[1], count=len(codes),
        dtype=dtype, nodata=nodata, crs=crs, transform=from_origin(west, north, pixel, pixel),
    ) as raster:  # fmt: skip
        raster.write(codes)
    return path


@pytest.fixture
def codes():
    return np.random.default_rng(1).choice([10, 20, 40, 50, 80, 90], (200, 300))


def test_shares_are_those_of_the_pixels(tmp_path, codes):
    cover = read_land_cover(written(tmp_path / "a.tif", codes), REGION, cell_m=100)
    blocks = codes.reshape(20, 10, 30, 10)
    for kind, wanted in (("forest", [10]), ("farmland", [40]), ("water", [80, 90])):
        expected = np.isin(blocks, wanted).mean(axis=(1, 3))
        assert cover.sel(kind=kind).values == pytest.approx(expected)
    assert (cover["known"] == 1).all()
    assert "irrigated" not in cover["kind"].values
    assert cover.attrs["note"] == "also by land cover (a.tif)"


def test_another_reference_system_gives_nearly_the_same(tmp_path, codes):
    blocks = np.kron(codes[::40, ::40], np.ones((40, 40), int))
    here = written(tmp_path / "a.tif", blocks)
    with rasterio.open(here) as source:
        to, width, height = calculate_default_transform(
            CRS, "EPSG:4326", source.width, source.height, *source.bounds
        )
        data = np.zeros((height, width), "uint8")
        reproject(rasterio.band(source, 1), data, dst_transform=to, dst_crs="EPSG:4326")
    with rasterio.open(
        tmp_path / "b.tif", "w", driver="GTiff", width=width, height=height, count=1,
        dtype="uint8", nodata=0, crs="EPSG:4326", transform=to,
    ) as raster:  # fmt: skip
        raster.write(data, 1)
    a, b = (read_land_cover(tmp_path / name, REGION, cell_m=100) for name in ("a.tif", "b.tif"))
    inner = {"y": slice(1, -1), "x": slice(1, -1)}
    assert float(np.abs(a - b).isel(inner).mean()) < 0.02
    assert float(a["known"].isel(inner).min()) == 1


def test_unknown_codes_are_told_and_counted(tmp_path, codes):
    codes[:20, :30] = 77
    codes[30, 30] = 78
    path = written(tmp_path / "a.tif", codes)
    with pytest.warns(GeoclusterWarning, match=r"2 codes stand in no row.*77 \(1.00%\), 78"):
        cover = read_land_cover(path, REGION, cell_m=100)
    assert cover.attrs["unknown_codes"]["77"] == pytest.approx(0.01)
    assert (cover["known"].values[:2, :3] == 0).all()
    assert "not known on 1.00% of the region" in cover.attrs["note"]


def test_no_data_and_ground_beyond_the_file_are_not_known(tmp_path, codes):
    codes[:, :100] = 0
    cover = read_land_cover(written(tmp_path / "a.tif", codes[:100]), REGION, cell_m=100)
    known = cover["known"].values
    assert (known[:10, 10:] == 1).all()
    assert (known[:, :10] == 0).all()
    assert (known[10:] == 0).all()
    assert (cover.sum("kind").values[10:] == 0).all()


def test_a_file_without_nodata_says_nothing_beyond_its_edge(tmp_path, codes):
    path = written(tmp_path / "a.tif", codes[:100], nodata=None)
    cover = read_land_cover(path, REGION, cell_m=100)
    assert (cover["known"].values[:10] == 1).all()
    assert (cover["known"].values[10:] == 0).all()
    without = read_land_cover(path, REGION, cell_m=100, nodata=80)
    assert (without.sel(kind="water").values <= cover.sel(kind="water").values).all()
    assert float(without["known"].values[:10].mean()) < 1


def test_tiles_are_joined(tmp_path, codes):
    left = written(tmp_path / "l.tif", codes[:, :150])
    right = written(tmp_path / "r.tif", codes[:, 150:], west=WEST + 1500)
    whole = read_land_cover(written(tmp_path / "a.tif", codes), REGION, cell_m=100)
    joined = read_land_cover([left, right], REGION, cell_m=100)
    assert np.array_equal(joined.values, whole.values)


def test_kinds_and_codes_of_your_own(tmp_path, codes):
    path = written(tmp_path / "a.tif", codes)
    kinds = {"40": "irrigated", "10": ""}
    cover = read_land_cover(path, REGION, cell_m=100, kinds=kinds)
    assert "forest" in cover["kind"].values  # mangroves: known, and none here
    assert float(cover.sel(kind="forest").sum()) == 0
    assert float(cover.sel(kind="irrigated").mean()) == pytest.approx((codes == 40).mean())
    table = pd.DataFrame({"code": [10, 20, 40, 50, 80, 90], "label": "x", "kind": "military"})
    table.to_csv(tmp_path / "codes.csv", index=False)
    own = read_land_cover(path, REGION, cell_m=100, codes=tmp_path / "codes.csv")
    assert own["kind"].values.tolist() == ["military"]
    assert (own == 1).all()


def test_a_coarse_raster_fills_the_cells_that_lie_in_its_pixels(tmp_path):
    path = written(tmp_path / "a.tif", [[10, 80, 80], [10, 10, 80]], pixel=1000.0)
    cover = read_land_cover(path, REGION, cell_m=100)
    assert cover.sel(kind="forest").values.mean() == pytest.approx(0.5)
    assert set(np.unique(cover.values)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("given", "options", "error", "told"),
    [
        ({"crs": None}, {}, CRSError, "no reference system"),
        ({"west": 900_000}, {}, InputError, "no data in the region"),
        ({"dtype": "float32"}, {}, InputError, "no classes"),
        ({}, {"scheme": "corine"}, InputError, "known are cci, lc100, worldcover"),
        ({}, {"band": 3}, InputError, "band 3 is not there"),
        ({}, {"kinds": {"4o": "water"}}, TableError, "'4o'"),
        ({}, {"kinds": {"70000": "water"}}, TableError, "70000"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, codes, given, options, error, told):
    data = codes + 0.5 if given.get("dtype") == "float32" else codes
    path = written(tmp_path / "a.tif", data, **given)
    with pytest.raises(error, match=told):
        read_land_cover(path, REGION, cell_m=100, **options)


def test_files_that_are_none_and_codes_that_no_scheme_knows(tmp_path):
    (tmp_path / "text.tif").write_text("hello")
    with pytest.raises(InputError, match="cannot be read as a raster"):
        read_land_cover(tmp_path / "text.tif", REGION, cell_m=100)
    odd = written(tmp_path / "odd.tif", np.full((200, 300), 7))
    with pytest.raises(InputError, match=r"none of its codes.*lc100"):
        read_land_cover(odd, REGION, cell_m=100)
    bands = written(tmp_path / "bands.tif", np.full((200, 300, 2), 10))
    with pytest.raises(InputError, match="2 bands"):
        read_land_cover(bands, REGION, cell_m=100)
    (tmp_path / "codes.csv").write_text("code,name\n1,x\n")
    with pytest.raises(TableError, match="'kind' is missing"):
        read_land_cover(odd, REGION, cell_m=100, codes=tmp_path / "codes.csv")


def test_every_code_of_ours_has_a_source_and_a_grade():
    table = _package_codes()
    assert schemes() == ["cci", "lc100", "worldcover"]
    assert not table.duplicated(["scheme", "code"]).any()
    assert (table[["label", "source", "grade"]] != "").all(axis=None)
    assert set(table["grade"]) <= set(GRADES)
    crops = table[table["label"].str.startswith(("Cropland", "Cultivated"))]
    irrigated = crops["label"].str.contains("irrigated")
    assert (crops["kind"][irrigated] == "irrigated").all()
    assert (crops["kind"][~irrigated] == "farmland").all()
