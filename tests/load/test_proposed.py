"""Proposed sites from files of any kind, and what is said about faulty ones."""

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, Polygon, box

from geocluster.errors import CRSError, GeoclusterWarning, InputError, MendedWarning, TableError
from geocluster.load.proposed import read_proposed
from geocluster.load.settings import read_settings
from geocluster.region import Region

CRS = "EPSG:32642"
REGION = Region("Town", box(500_000, 4_500_000, 510_000, 4_510_000), CRS)


def written(tmp_path, shapes, file="sites.geojson", crs=CRS, **columns):
    table = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    table = table.to_crs(4326) if file.endswith(".geojson") and crs else table
    table.to_file(tmp_path / file)
    return tmp_path / file


def yard(x=0.0, y=0.0, side=800.0):
    return box(502_000 + x, 4_502_000 + y, 502_000 + x + side, 4_502_000 + y + side)


@pytest.mark.parametrize("name", ["sites.geojson", "sites.gpkg", "sites.shp", "sites.fgb"])
def test_polygons_of_any_format_come_into_the_region(tmp_path, name):
    file = written(tmp_path, [yard(), yard(3000)], name, name=["Yard", None])
    table = read_proposed(file, REGION)
    assert table.crs == CRS
    assert sorted(table["name"]) == ["", "Yard"]
    assert table.area.to_numpy() / 1e4 == pytest.approx([64, 64], rel=1e-6)


def test_another_reference_system_is_told(tmp_path):
    shapes = gpd.GeoSeries([yard()], crs=CRS).to_crs(32641)
    file = written(tmp_path, shapes, "sites.gpkg", crs=32641, name=["Yard"])
    with pytest.warns(MendedWarning, match="1 rows transformed"):
        table = read_proposed(file, REGION)
    assert table.area.iloc[0] / 1e4 == pytest.approx(64, rel=1e-3)


def test_a_csv_of_points_with_its_own_names_of_columns(tmp_path):
    file = tmp_path / "sites.csv"
    file.write_text("lon,lat,Hokimiyat,ha\n69.05,40.68,Yangi zona,120\n")
    table = read_proposed(file, REGION, rename={"name": "Hokimiyat", "area_ha": "ha"})
    assert table[["name", "area_ha"]].values.tolist() == [["Yangi zona", 120]]


def test_every_fault_is_told_at_once(tmp_path):
    shapes = [yard(), LineString([(502_000, 4_502_000), (503_000, 4_502_000)]), yard(90_000)]
    file = written(tmp_path, shapes, "sites.gpkg", name=["A", "B", "C"])
    with pytest.raises(TableError) as told:
        read_proposed(file, REGION)
    assert len(told.value.faults) == 2
    assert "neither a point nor a polygon in row 2" in str(told.value)
    assert "'C' (row 3) lies outside Town: check coordinates and CRS" in str(told.value)


def test_a_file_without_a_site(tmp_path):
    file = tmp_path / "sites.csv"
    file.write_text("lon,lat,name\n")
    with pytest.raises(InputError, match="there are no proposed sites in it"):
        read_proposed(file, REGION)


def test_sites_without_ground_are_left_out_and_counted(tmp_path):
    file = written(tmp_path, [yard(), Polygon()], "sites.gpkg", name=["A", "B"])
    with pytest.warns(MendedWarning, match="1 rows? without geometry"):
        assert read_proposed(file, REGION)["name"].tolist() == ["A"]


def test_a_ring_that_crosses_itself_is_mended(tmp_path):
    bow = Polygon([(502_000, 4_502_000), (503_000, 4_503_000), (503_000, 4_502_000),
                   (502_000, 4_503_000)])  # fmt: skip
    file = written(tmp_path, [bow], "sites.gpkg", name=["A"])
    with pytest.warns(MendedWarning, match="1 invalid geometry mended"):
        assert read_proposed(file, REGION).is_valid.all()


@pytest.mark.parametrize("area", [-5.0, 0.0, 1e9])
def test_an_impossible_area(tmp_path, area):
    file = written(tmp_path, [Point(505_000, 4_505_000)], name=["A"], area_ha=[area])
    with pytest.raises(TableError, match="column 'area_ha'"):
        read_proposed(file, REGION)


def test_no_reference_system(tmp_path):
    file = written(tmp_path, [yard()], "sites.shp", crs=None, name=["A"])
    with pytest.raises(CRSError):
        read_proposed(file, REGION)
    assert len(read_proposed(file, REGION, crs=CRS)) == 1


def test_sites_that_overlap_are_variants(tmp_path):
    file = written(tmp_path, [yard(), yard(400), yard(1200)], "sites.gpkg", name=["A", "B", "C"])
    with pytest.warns(
        GeoclusterWarning, match=r"1 pairs .*'A' \(row 1\) and 'B' \(row 2\) by 32 ha"
    ):
        assert len(read_proposed(file, REGION)) == 3


STUDY = """
[region]
name = "Town"
boundary = "boundary.geojson"
[inputs]
weather = "weather.csv"
towns = "towns.csv"
[siting]
proposed = {given}
cut_along = "road"
"""


def test_the_settings_name_the_file(tmp_path):
    for name in ("boundary.geojson", "weather.csv", "towns.csv", "sites.csv"):
        (tmp_path / name).touch()
    (tmp_path / "study.toml").write_text(STUDY.format(given='"sites.csv"'))
    settings = read_settings(tmp_path)
    assert settings.siting.cut_along == ("road",)
    assert tmp_path / "sites.csv" in settings.files()
    given = '{ path = "sites.csv", columns = { name = "Joy" }, crs = "EPSG:32642" }'
    (tmp_path / "study.toml").write_text(STUDY.format(given=given))
    settings = read_settings(tmp_path)
    assert settings.options(settings.siting.proposed)["rename"] == {"name": "Joy"}
    (tmp_path / "study.toml").write_text(STUDY.format(given='"site.csv"'))
    with pytest.raises(InputError, match=r"there is no such file; there is sites\.csv"):
        read_settings(tmp_path)
