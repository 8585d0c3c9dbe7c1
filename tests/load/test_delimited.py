"""CSV as spreadsheets write it, and points from its coordinate columns."""

import warnings
from pathlib import Path

import pandas as pd
import pytest

from geocluster.errors import CRSError, InputError, MendedWarning, TableError
from geocluster.load.delimited import points_from_columns, read_csv
from geocluster.load.towns import read_totals


@pytest.fixture
def csv(tmp_path: Path):
    """Writes text or bytes to a CSV and returns its path."""

    def write(content: str | bytes) -> Path:
        file = tmp_path / "table.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def points(csv, content: str, **options: object):
    file = csv(content)
    return points_from_columns(read_csv(file), str(file), **options)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_any_separator_a_bom_and_any_line_end(csv, separator, encoding, line):
    rows = [["name", "people", "note"], ["Ангрен", "180000", "«x»"], ["Navoi", "2.5", ""]]
    text = line.join(separator.join(row) for row in rows) + line
    table = read_csv(csv(text.encode(encoding)))
    assert table.columns.tolist() == ["name", "people", "note"]
    assert table.name.tolist() == ["Ангрен", "Navoi"]
    assert table.people.tolist() == [180000, 2.5]
    assert table.note.isna().tolist() == [False, True]


def test_identifiers_stay_text_and_names_are_not_missing(csv):
    table = read_csv(csv("source_id,name,code,people\n007,NA,5,\n"))
    assert table.source_id.tolist() == ["007"]
    assert table.name.tolist() == ["NA"]
    assert table.code.tolist() == [5]
    assert table.people.isna().all()


def test_text_in_quotes_may_hold_the_separator_and_line_ends(csv):
    table = read_csv(csv('name,people\n"Almalyk, the smelter\nand town",5\n'))
    assert table.name.tolist() == ["Almalyk, the smelter\nand town"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "its first line is empty"),
        (b"\n1,2\n", "its first line is empty"),
        ("a,b\nТашкент,1\n".encode("cp1251"), "not UTF-8 text"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16 text: save it as CSV UTF-8"),
        (b"a,b\n1,2,3\n", "a row does not fit the columns"),
        (b"a,b\n1,2\n1,2,3\n", "a row does not fit the columns"),
        (b"a,a\n1,2\n", "column 'a' stands there twice"),
        (b'a,b\n"1,2\n', "a row does not fit the columns"),
    ],
)
def test_what_is_no_table_is_an_error(csv, content, words):
    with pytest.raises(InputError, match=words):
        read_csv(csv(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,persons\na,5\n", "column 'people' is missing"),
        ("name,people\na,-5\n", "-5 in row 1: at least 0"),
        ("name,people\na,\n", "no value in row 1"),
        ("name,people\n", "there are no people in it"),
    ],
)
def test_totals_are_people(csv, content, words):
    with pytest.raises(TableError, match=words):
        read_totals(csv(content))


def test_totals_of_a_default_region(root):
    totals = read_totals(root / "data/regions/tashkent/totals.csv")
    assert totals.people.sum() == 3_066_000 + 3_058_400


def test_a_missing_csv(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_csv(tmp_path / "no.csv")


@pytest.mark.parametrize(
    "header", ["longitude,latitude", "lon,lat", "Long,Lat", "lng,lat", "LON,LATITUDE"]
)
def test_columns_of_degrees_by_their_usual_names(csv, header):
    table = points(csv, f"name,{header}\na,69.24,41.3\n")
    assert (table.geometry.x[0], table.geometry.y[0]) == (69.24, 41.3)
    assert table.crs.to_epsg() == 4326
    assert list(table.columns) == ["name", "geometry"]


def test_x_and_y_need_a_system(csv):
    text = "name,x,y\na,500000,4570000\n"
    assert points(csv, text, crs="EPSG:32642").crs.to_epsg() == 32642
    with pytest.raises(CRSError, match="columns 'x' and 'y' need a CRS"):
        points(csv, text)


def test_degrees_in_a_metric_system_are_a_contradiction(csv):
    with pytest.raises(CRSError, match="'lon' is in degrees, but WGS 84 / UTM zone 42N is not"):
        points(csv, "lon,lat\n69,41\n", crs="EPSG:32642")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,north\na,1\n", "no coordinate columns: give longitude and latitude.*found: name"),
        ("lon,longitude,lat\n1,1,1\n", "several coordinate columns .longitude, lon, lat"),
        ("lon;lat\n69,24;41,3\n", "'69,24' in row 1: write decimals with a point"),
        ("lon,lat\n69.1,41.1\n69E,41.3\n", "'69E' in row 2 is not a coordinate"),
        ("lon,lat\n69,41\n,41.3\n", "no value in row 2 is not a coordinate"),
        ("lon,lat\n69,41\nnan,41.3\n", "column 'lon': .* in row 2 is not a coordinate"),
        ("lon,lat\n41.3,169.24\n", "longitude 41.3, latitude 169.24; in 1 of them .* swapped"),
        ("lon,lat\n6924,41.3\n", "off the earth in row 1, such as longitude 6924, latitude 41.3:"),
    ],
)
def test_coordinates_are_never_guessed(csv, content, words):
    with pytest.raises(InputError, match=words):
        points(csv, content)


def test_bad_coordinates_can_be_left_out_and_are_counted(csv):
    text = "name,lon,lat\na,69,41\nb,,41\nc,700,41\nd,x,41\n"
    with pytest.warns(MendedWarning, match="3 rows without usable coordinates left out .rows 2, 3"):
        table = points(csv, text, on_bad_coordinates="drop")
    assert table.name.tolist() == ["a"]
    assert table.index.tolist() == [0]


def test_decimal_commas_are_an_error_also_where_rows_may_be_left_out(csv):
    with pytest.raises(InputError, match="write decimals with a point"):
        points(csv, "lon;lat\n69,24;41,3\n", on_bad_coordinates="drop")


def test_the_broken_kindergartens(shared):
    file = shared / "data/receptors/kindergardengov_uz.csv"
    raw = read_csv(file)
    off = (raw.lat.abs() > 90) | (raw.long.abs() > 180) | raw.lat.isna() | raw.long.isna()
    assert off.sum() == 17
    with pytest.raises(InputError, match=r"off the earth in rows 627, 1152, .* and 12 more"):
        points_from_columns(raw, str(file))
    with pytest.warns(MendedWarning, match="17 rows without usable coordinates left out"):
        kept = points_from_columns(raw, str(file), on_bad_coordinates="drop")
    assert len(kept) == len(raw) - 17


@pytest.mark.parametrize(("name", "rows"), [("hospitals_uz", 803), ("social_4cities", 2545)])
def test_sound_lists_of_places_raise_nothing(shared, name, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = shared / f"data/receptors/{name}.csv"
        assert len(points_from_columns(read_csv(file), str(file))) == rows


def test_a_table_is_never_changed():
    table = pd.DataFrame({"lon": [69.0], "lat": [41.0]})
    points_from_columns(table, "table")
    assert list(table.columns) == ["lon", "lat"]
