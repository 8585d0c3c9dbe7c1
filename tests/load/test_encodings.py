"""Cyrillic and other text in shapefiles and CSV: what says how it is written, and what does not."""

import shutil
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point

from geocluster.errors import GeoclusterWarning, InputError
from geocluster.load.delimited import read_csv
from geocluster.load.vector import read_vector

NAMES = ["Ташкент", "Навои", "plain"]


def shapefile(
    folder: Path, encoding: str, *, cpg: str | None = None, language: int = 0, column: str = "name"
) -> Path:
    """A shapefile whose text is in an encoding, and what it says of that."""
    points = [Point(69 + i / 10, 41) for i in range(len(NAMES))]
    table = gpd.GeoDataFrame({column: NAMES, "h": [1.0, 2.0, 3.0]}, geometry=points, crs=4326)
    file = folder / "stacks.shp"
    pyogrio.write_dataframe(table, file, encoding=encoding)
    file.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        file.with_suffix(".cpg").write_text(cpg)
    dbf = bytearray(file.with_suffix(".dbf").read_bytes())
    dbf[29] = language
    file.with_suffix(".dbf").write_bytes(dbf)
    return file


def names(file: Path, **options: object) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_vector(file, **options)["name"].tolist()


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [
        ("CP1251", "CP1251"), ("CP1251", "1251"), ("CP1251", "ANSI 1251"),
        ("CP1251", "windows-1251\r\n"), ("CP866", "866"), ("CP866", "OEM 866"),
        ("KOI8-R", "KOI8-R"), ("ISO-8859-5", "88595"), ("ISO-8859-5", "ISO-8859-5"),
        ("UTF-8", "UTF-8"), ("UTF-8", "UTF8"),
    ],
)  # fmt: skip
def test_a_cpg_says_how_text_is_written(tmp_path, encoding, cpg):
    assert names(shapefile(tmp_path, encoding, cpg=cpg)) == NAMES


@pytest.mark.parametrize(
    ("encoding", "language"),
    [("CP1251", 0xC9), ("CP866", 0x65), ("CP866", 0x26), ("UTF-8", 0), ("UTF-8", 0x57)],
)
def test_so_does_the_language_byte_and_without_either_utf_8(tmp_path, encoding, language):
    assert names(shapefile(tmp_path, encoding, language=language)) == NAMES


def test_a_cpg_counts_before_the_language_byte(tmp_path):
    assert names(shapefile(tmp_path, "CP1251", cpg="1251", language=0x65)) == NAMES


@pytest.mark.parametrize("language", [0, 0x57])
def test_nobody_says_it_and_it_is_not_utf_8(tmp_path, language):
    file = shapefile(tmp_path, "CP1251", language=language)
    with pytest.raises(InputError, match='in cp1251 its first text reads "Ташкент"') as error:
        read_vector(file)
    assert 'if that is right, add encoding = "cp1251"' in str(error.value)
    assert error.value.where == str(file)
    assert names(file, encoding="cp1251") == NAMES
    assert names(file, encoding="windows-1251") == NAMES


def test_names_of_columns_are_text_too(tmp_path):
    file = shapefile(tmp_path, "CP1251", column="Имя")
    with pytest.raises(InputError, match='first text reads "Имя"'):
        read_vector(file)
    assert read_vector(file, encoding="cp1251", rename={"name": "Имя"}).name.tolist() == NAMES


def test_a_cpg_that_is_not_true(tmp_path):
    file = shapefile(tmp_path, "CP1251", cpg="UTF-8")
    with pytest.raises(InputError, match=r"its text is not in utf-8, which its \.cpg declares"):
        read_vector(file)
    with pytest.warns(GeoclusterWarning, match=r"read as cp1251, .* although its \.cpg says utf-8"):
        assert read_vector(file, encoding="cp1251").name.tolist() == NAMES


def test_an_encoding_that_is_not_true(tmp_path):
    file = shapefile(tmp_path, "CP1251")
    with pytest.raises(InputError, match="it is not text in utf-8: in cp1251"):
        read_vector(file, encoding="utf-8")


def test_a_letter_cut_off_at_the_end_of_a_field(tmp_path):
    table = gpd.GeoDataFrame({"name": ["Ж" * 50, "b"]}, geometry=[Point(69, 41)] * 2, crs=4326)
    pyogrio.write_dataframe(table, tmp_path / "a.shp", encoding="UTF-8")
    dbf = (tmp_path / "a.dbf").read_bytes()
    text = ("Ж" * 50).encode()
    (tmp_path / "a.dbf").write_bytes(dbf.replace(text, b"x" + text[:-1]))
    assert names(tmp_path / "a.shp") == ["x" + "Ж" * 49, "b"]


def test_other_files_must_be_utf_8(tmp_path):
    table = gpd.GeoDataFrame({"name": ["b", "XYZ"]}, geometry=[Point(69, 41)] * 2, crs=4326)
    for name in ("a.gpkg", "a.geojson", "a.fgb"):
        table.to_file(tmp_path / name)
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content.replace(b"XYZ", "Таш".encode("cp1251")))
        with pytest.raises(InputError, match=r'not UTF-8.*in cp1251 its first text reads "Таш"'):
            read_vector(tmp_path / name)


def test_zipped_shapefiles_are_no_different(tmp_path):
    shapefile(tmp_path, "CP1251")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("stacks.*"):
            archive.write(part, f"данные/{part.name}")
    with pytest.raises(InputError, match='first text reads "Ташкент"') as error:
        read_vector(tmp_path / "a.zip")
    assert error.value.where == str(tmp_path / "a.zip")
    assert names(tmp_path / "a.zip", encoding="cp1251") == NAMES


def test_letters_in_the_name_of_a_shapefile_do_not_matter(tmp_path):
    file = shapefile(tmp_path, "CP1251", cpg="1251")
    for part in tmp_path.glob("stacks.*"):
        shutil.copy(part, tmp_path / f"труба [1]{part.suffix.upper()}")
    assert names(file) == NAMES
    assert names(tmp_path / "труба [1].SHP") == NAMES


def test_a_csv_in_cp1251(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("name;people\nТашкент;3\n".encode("cp1251"))
    words = r"not UTF-8 text .*: save it so, or say what it is; in cp1251 its first text reads"
    with pytest.raises(InputError, match=words) as error:
        read_csv(file)
    assert "Ташкент" in str(error.value)
    assert read_csv(file, encoding="cp1251").name.tolist() == ["Ташкент"]
    file.write_bytes("name;people\nТашкент;3\n".encode())
    with pytest.raises(InputError, match="it is not text in ascii"):
        read_csv(file, encoding="ascii")


def test_an_encoding_belongs_to_shapefiles_and_csv(tmp_path):
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(69, 41)], crs=4326)
    for name in ("a.gpkg", "a.geojson"):
        table.to_file(tmp_path / name)
        with pytest.raises(InputError, match="encoding belongs to shapefiles and CSV"):
            read_vector(tmp_path / name, encoding="cp1251")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.geojson", "a.geojson")
    with pytest.raises(InputError, match="encoding belongs to shapefiles and CSV"):
        read_vector(tmp_path / "a.zip", encoding="cp1251")
