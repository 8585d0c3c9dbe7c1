"""Vector files of every kind: what is read, what is mended and counted, what is an error."""

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiPoint,
    Point,
    Polygon,
    box,
)

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.vector import read_boundary, read_vector

BOW = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def table(crs: str | None = "EPSG:32642", **columns: object) -> gpd.GeoDataFrame:
    squares = [box(0, 0, 1, 1), box(5, 5, 7, 7)]
    return gpd.GeoDataFrame({"name": ["a", "b"]} | columns, geometry=squares, crs=crs)


def write(gdf: gpd.GeoDataFrame, path: Path, **options: object) -> Path:
    if path.suffix == ".parquet":
        gdf.to_parquet(path)
    elif path.suffix == ".zip":
        folder = path.with_suffix("")
        folder.mkdir()
        gdf.to_file(folder / "inside.shp")
        shutil.make_archive(str(folder), "zip", folder)
    else:
        gdf.to_file(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["shp", "zip", "gpkg", "geojson", "parquet", "fgb"])
def test_every_kind_of_file_gives_the_same_table(tmp_path, suffix):
    with warnings.catch_warnings():
        warnings.simplefilter("error", MendedWarning)
        read = read_vector(write(table(), tmp_path / f"file.{suffix}"))
    read = read.sort_values("name")  # FlatGeobuf orders rows by place
    assert read.name.tolist() == ["a", "b"]
    assert read.crs.to_epsg() == 32642
    assert read.area.tolist() == [1, 4]
    assert read.geometry.name == "geometry"


def test_points_from_a_csv(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("name,lon,lat\na,69.24,41.3\n")
    read = read_vector(file)
    assert read.crs.to_epsg() == 4326
    assert read.geometry.iloc[0] == Point(69.24, 41.3)
    assert list(read.columns) == ["name", "geometry"]


def test_plain_parquet_with_coordinates(tmp_path):
    file = tmp_path / "a.parquet"
    pd.DataFrame({"name": ["a"], "longitude": [69.0], "latitude": [41.0]}).to_parquet(file)
    assert read_vector(file).geometry.iloc[0] == Point(69, 41)


def test_a_geometry_of_another_name_is_called_geometry(tmp_path):
    file = write(table().rename_geometry("shape"), tmp_path / "a.parquet")
    assert read_vector(file).geometry.name == "geometry"


def test_heights_are_left_out(tmp_path):
    high = gpd.GeoDataFrame(geometry=[Point(1, 2, 3)], crs="EPSG:32642")
    assert not read_vector(write(high, tmp_path / "a.gpkg")).has_z.any()


def test_several_layers_need_a_choice(tmp_path):
    file = tmp_path / "a.gpkg"
    write(table(), file, layer="homes")
    write(table().iloc[:1], file, layer="land")
    with pytest.raises(InputError, match="holds 2 layers, choose one: homes, land"):
        read_vector(file)
    with pytest.raises(InputError, match="no layer 'road': it holds homes, land"):
        read_vector(file, layer="road")
    assert len(read_vector(file, layer="land")) == 1


def test_several_files_in_a_zip_need_a_choice(tmp_path):
    for name in ("homes", "land"):
        write(table(), tmp_path / f"{name}.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("homes", "land"):
            archive.write(tmp_path / f"{name}.geojson", f"in/{name}.geojson")
    with pytest.raises(InputError, match="holds 2 vector files, choose a layer: homes, land"):
        read_vector(tmp_path / "a.zip")
    assert len(read_vector(tmp_path / "a.zip", layer="land")) == 2


def test_rows_and_columns_can_be_chosen(tmp_path):
    file = write(table(kind=["x", "y"], more=[1, 2]), tmp_path / "a.gpkg")
    read = read_vector(file, where={"name": ["b", "c"]}, columns=["kind"])
    assert read.to_dict("list")["kind"] == ["y"]
    assert list(read.columns) == ["kind", "geometry"]
    with pytest.raises(InputError, match="no row has name = 'z'"):
        read_vector(file, where={"name": "z"})
    with pytest.raises(InputError, match=r"'kinds' is missing .did you mean 'kind'"):
        read_vector(file, columns=["kinds"])
    with pytest.raises(InputError, match=r"'people' is missing .found: name, kind, more"):
        read_vector(file, where={"people": 1})


def test_null_and_empty_geometry_is_left_out_and_counted(tmp_path):
    shapes = [box(0, 0, 1, 1), None, Polygon(), box(5, 5, 6, 6)]
    gdf = gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs="EPSG:32642")
    with pytest.warns(MendedWarning, match=r"2 rows without geometry left out \(rows 2, 3\)"):
        read = read_vector(write(gdf, tmp_path / "a.gpkg"))
    assert read.name.tolist() == ["a", "d"]
    assert read.index.tolist() == [0, 1]


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "parquet"])
def test_a_crossed_ring_is_mended_and_counted(tmp_path, suffix):
    gdf = gpd.GeoDataFrame(geometry=[BOW, box(5, 5, 6, 6)], crs="EPSG:32642")
    with pytest.warns(MendedWarning, match=r"1 invalid geometry mended \(row 1\)"):
        read = read_vector(write(gdf, tmp_path / f"a.{suffix}"))
    assert read.is_valid.all()
    assert read.area.tolist() == pytest.approx([2, 1])


def test_a_mended_polygon_keeps_its_areas_only(tmp_path):
    spike = Polygon([(0, 0), (1, 0), (1, 1), (1, 5), (1, 1), (0, 1)])
    gdf = gpd.GeoDataFrame(geometry=[spike], crs="EPSG:32642")
    with pytest.warns(MendedWarning, match="1 invalid geometry mended"):
        read = read_vector(write(gdf, tmp_path / "a.gpkg"))
    assert read.geom_type.tolist() == ["Polygon"]
    assert read.area.tolist() == [1]


def test_a_polygon_without_area_is_left_out_and_counted(tmp_path):
    flat = Polygon([(0, 0), (1, 1), (0, 0)])
    gdf = gpd.GeoDataFrame(geometry=[flat, box(0, 0, 1, 1)], crs="EPSG:32642")
    with pytest.warns(MendedWarning, match="1 geometry without any area or length left out"):
        read = read_vector(write(gdf, tmp_path / "a.parquet"))
    assert read.area.tolist() == [1]


def test_one_open_ring_does_not_stop_a_read(tmp_path):
    file = tmp_path / "a.geojson"
    rings = [[[0, 0], [0, 1], [1, 1], [1, 0]], [[5, 5], [6, 5], [6, 6], [5, 6], [5, 5]]]
    shapes = [{"type": "Polygon", "coordinates": [ring]} for ring in rings]
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.warns(MendedWarning, match="1 geometries with an open or too short ring mended"):
        read = read_vector(file)
    assert shapely.area(read.geometry.to_numpy()).tolist() == [1, 1]


def test_the_nine_invalid_boundaries_of_real_life(shared):
    counted, rows = 0, 0
    for file in sorted((shared / "data/boundaries/akbartus_osm").glob("*.geojson")):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            read = read_vector(file)
        words = [str(w.message).split(": ")[1].split()[0] for w in told]
        counted += sum(map(int, words))
        rows += len(read)
        assert read.is_valid.all()
        assert read_boundary_quietly(file).geom_type.isin(["Polygon", "MultiPolygon"]).all()
    assert (counted, rows) == (9, 87)


def read_boundary_quietly(file: Path) -> gpd.GeoSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        return read_boundary(file)


def test_a_part_inside_a_part_is_a_hole(shared):
    file = shared / "data/boundaries/akbartus_osm/uzbekistan_regional.geojson"
    with pytest.warns(MendedWarning, match=r"4 invalid .* without which the area is 1\.\d% larger"):
        regions = read_vector(file).set_index("ADM1_EN").geometry
    city, around = regions["Tashkent city"], regions["Tashkent region"]
    assert city.contains(Point(69.28, 41.31))
    assert not around.contains(Point(69.28, 41.31))
    assert shapely.area(city.intersection(around)) < 0.01 * shapely.area(city)


def test_the_same_boundary_as_geojson_and_shapefile(shared):
    lonlat = read_boundary(shared / "data/boundaries/naturalearth_uz_adm1.geojson")
    metric = read_boundary(shared / "data/boundaries/naturalearth_uz_adm1_utm42.shp")
    assert metric.crs.to_epsg() == 32642
    difference = lonlat.to_crs(32642).symmetric_difference(metric, align=False).area
    assert (difference < 1e-6 * metric.area).all()


def test_the_population_grid_of_helsinki(shared):
    grid = read_vector(shared / "data/population/helsinki_population_grid_2020.gpkg")
    assert len(grid) == 92
    assert list(grid.columns) == ["id", "population", "geometry"]


def test_a_boundary_is_a_polygon(tmp_path):
    mixed = GeometryCollection([box(0, 0, 1, 1), LineString([(0, 0), (9, 9)])])
    gdf = gpd.GeoDataFrame(geometry=[mixed, Point(3, 3)], crs="EPSG:32642")
    boundary = read_boundary(write(gdf, tmp_path / "a.geojson"))
    assert boundary.area.tolist() == [1]
    points = gpd.GeoDataFrame(geometry=[MultiPoint([(0, 0)])], crs="EPSG:32642")
    with pytest.raises(InputError, match="there is no polygon in it"):
        read_boundary(write(points, tmp_path / "b.geojson"))


def test_no_reference_system_is_an_error_unless_it_is_given(tmp_path):
    file = write(table(crs=None), tmp_path / "a.shp")
    with pytest.raises(CRSError, match=r"no reference system is declared: add its \.prj"):
        read_vector(file)
    assert read_vector(file, crs="EPSG:32642").crs.to_epsg() == 32642
    with pytest.raises(CRSError, match="'EPSG:0' is not a reference system that PROJ knows"):
        read_vector(file, crs="EPSG:0")


def test_a_given_system_does_not_override_a_declared_one(tmp_path):
    file = write(table(), tmp_path / "a.gpkg")
    assert len(read_vector(file, crs="EPSG:32642")) == 2
    with pytest.raises(CRSError, match="declares WGS 84 / UTM zone 42N, not EPSG:4326"):
        read_vector(file, crs="EPSG:4326")


def test_metres_in_a_file_that_claims_degrees(tmp_path):
    gdf = gpd.GeoDataFrame(geometry=[Point(500_000, 4_570_000), Point(69, 41)], crs="EPSG:4326")
    with pytest.raises(InputError, match="coordinates off the earth in row 1, such as longitude"):
        read_vector(write(gdf, tmp_path / "a.gpkg"))


def test_a_point_at_infinity(tmp_path):
    gdf = gpd.GeoDataFrame(geometry=[Point(69, 41), Point(np.inf, 41)], crs="EPSG:4326")
    with pytest.raises(InputError, match="off the earth in row 2"):
        read_vector(write(gdf, tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.gpkg", None, "there is no such file"),
        ("a.kml", b"<kml/>", "'.kml' is not a kind of vector file that is read: .shp, .zip"),
        ("a.xlsx", b"PK", "it is not a workbook, or a broken one"),
        ("a.ods", b"PK", "'.ods' is a spreadsheet that is not read: save it as .xlsx"),
        ("a.gpkg", b"not a database", "it cannot be read"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "it cannot be read"),
        ("a.parquet", b"not parquet", "it cannot be read"),
        ("a.zip", b"not a zip", "not a zip file, or a broken one"),
        ("a.shp", b"", r"\.shx and \.dbf of the shapefile is missing"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words) as told:
        read_vector(tmp_path / name)
    assert told.value.where == str(tmp_path / name)


def test_a_shapefile_whose_parts_are_cut_off_or_of_two_tables(tmp_path):
    file = write(table(), tmp_path / "a.shp")
    whole = {part: part.read_bytes() for part in tmp_path.glob("a.*")}
    for suffix in (".dbf", ".shp"):
        part = file.with_suffix(suffix)
        part.write_bytes(whole[part][:-20])
        with pytest.raises(InputError, match=rf"\{suffix} is cut off: copy it again"):
            read_vector(file)
        part.write_bytes(whole[part])
    other = write(table().iloc[:1], tmp_path / "b.shp")
    shutil.copy(other.with_suffix(".dbf"), file.with_suffix(".dbf"))
    with pytest.raises(InputError, match=r"2 shapes in \.shx, 1 rows in \.dbf"):
        read_vector(file)


def test_a_file_without_any_geometry(tmp_path):
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="no layer with geometry"):
        read_vector(tmp_path / "a.gpkg")
    pyogrio.write_dataframe(table(), tmp_path / "a.gpkg", layer="homes", append=True)
    assert len(read_vector(tmp_path / "a.gpkg")) == 2


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="it is a folder"):
        read_vector(tmp_path)
