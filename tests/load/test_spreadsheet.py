"""Excel workbooks as agencies keep them."""

import datetime
import io
import re
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
from shapely.geometry import box

from geocluster.errors import InputError, MendedWarning
from geocluster.load.spreadsheet import read_excel
from geocluster.load.towns import read_towns
from geocluster.load.vector import read_places, read_vector
from geocluster.region import Region

REGION = Region("Town", box(500_000, 4_560_000, 540_000, 4_600_000), "EPSG:32642")


@pytest.fixture
def book(tmp_path: Path):
    """Writes rows to a workbook, one list a sheet, and returns its path."""

    def write(*rows: list, merge: tuple[str, ...] = (), name: str = "a.xlsx", **more: list) -> Path:
        work = openpyxl.Workbook()
        sheets = {"Sheet": rows, **more}
        for title, content in sheets.items():
            sheet = work.active if title == "Sheet" else work.create_sheet(title)
            for row in content:
                sheet.append(row)
        for cells in merge:
            work.active.merge_cells(cells)
        work.save(tmp_path / name)
        return tmp_path / name

    return write


def values(path: Path, **options: object) -> dict:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_excel(path, **options).to_dict("list")


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm", ".XLSX"])
def test_a_plain_sheet(book, suffix):
    path = book(["name", "people"], [" Angren ", 5], ["Б", 0], name=f"a{suffix}")
    assert values(path) == {"name": ["Angren", "Б"], "people": [5, 0]}


def test_titles_above_the_header(book):
    path = book(["Отчёт 2-ТП"], [], ["name", "h"], ["A", 80], merge=("A1:F1",))
    with pytest.raises(InputError, match="row 1 gives no name to column B: say which row") as error:
        read_excel(path)
    assert "header_row = … (row 1: Отчёт 2-ТП; row 2: ; row 3: name | h; row 4: A | 80)" in str(
        error.value
    )
    assert values(path, header_row=3) == {"name": ["A"], "h": [80]}
    with pytest.raises(InputError, match="row 9 gives no name to column every one: name it there"):
        read_excel(path, header_row=9)


def test_a_title_over_full_rows_is_noticed_by_its_cells(book):
    path = book(["Works", "2025"], ["name", "h", "d"], ["A", 80, 2])
    with pytest.raises(InputError, match="row 1 gives no name to column C"):
        read_excel(path)


def test_a_title_as_wide_as_the_table_is_suspected(book):
    path = book(["Works", "of", "Town"], ["kind", "lon", "lat"], ["school", 69.2, 41.3])
    for options in ({}, {"rename": {"kind": "Art"}}):
        with pytest.raises(InputError) as error:
            read_vector(path, **options)
        assert error.value.faults[-1].endswith("say which row has them: header_row")
        assert "header_row" in str(error.value)
    assert read_vector(path, header_row=2).kind.tolist() == ["school"]


def test_merged_cells_of_text_hold_in_each_row(book):
    path = book(
        ["works", "stack", "h"], ["A", "1", 80], [None, "2", 60], ["B", "1", 30], merge=("A2:A3",)
    )
    with pytest.warns(MendedWarning, match="1 merged cells of text read as if it stood in each"):
        table = read_excel(path)
    assert table.works.tolist() == ["A", "A", "B"]


def test_a_number_in_merged_cells_may_be_a_total(book):
    path = book(["name", "so2"], ["A", 80], ["B", None], ["C", 3], merge=("B2:B3",))
    with pytest.raises(InputError, match="a number in merged cells B2:B3 may be one total or"):
        read_excel(path)


def test_a_header_merged_over_two_rows_or_two_columns(book):
    path = book(["name", "stack", None], [None, "h", "d"], ["A", 80, 2], merge=("A1:A2", "B1:C1"))
    assert values(path, header_row=2) == {"name": ["A"], "h": [80], "d": [2]}
    with pytest.raises(InputError, match="row 1 gives no name to column C"):
        read_excel(path)


def test_formulas_count_by_their_last_value(book, tmp_path):
    path = book(["name", "h"], ["A", "=40+40"], ["B", 3])
    with pytest.raises(InputError, match="formula without a calculated value in B2: open it in"):
        read_excel(path)
    parts = {}
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            parts[part] = archive.read(part)
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub(rb"<v\s*/>|<v></v>", b"<v>80</v>", parts[sheet])
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    assert values(tmp_path / "b.xlsx")["h"] == [80, 3]


def test_errors_of_calculation_are_told_by_cell(book):
    with pytest.raises(InputError, match="#DIV/0! in B2, column 'h': mend the formula"):
        read_excel(book(["name", "h"], ["A", "#DIV/0!"]))
    assert values(book(["name", "h"], ["#1", 3]))["name"] == ["#1"]


def test_dates_become_text(book):
    day = datetime.datetime(2025, 3, 1)
    path = book(["since", "at"], [day, day.replace(hour=5)])
    assert values(path) == {"since": ["2025-03-01"], "at": ["2025-03-01T05:00:00"]}


def test_empty_rows_are_no_rows(book):
    path = book(["name", "h"], ["A", 1], [None, None], ["  "], ["B", 0], [None], [None])
    with pytest.warns(MendedWarning, match="2 empty rows between others left out"):
        table = read_excel(path)
    assert table.to_dict("list") == {"name": ["A", "B"], "h": [1, 0]}


def test_a_cell_far_away_costs_nothing(book):
    path = book(["name", "h"], ["A", 1])
    work = openpyxl.load_workbook(path)
    work.active.cell(1_048_576, 2).number_format = "0.00"
    work.save(path)
    assert values(path)["name"] == ["A"]
    work.active.cell(1, 16_384, "far")
    work.save(path)
    with pytest.raises(InputError, match="16,384 columns: at most 2,000 are read"):
        read_excel(path)


def test_several_sheets_need_a_choice(book):
    path = book(["name"], ["A"], notes=[["text"]], empty=[])
    with pytest.raises(
        InputError, match="it holds 2 sheets, choose one by sheet = …: Sheet, notes"
    ):
        read_excel(path)
    assert values(path, sheet="notes") == {"text": []}
    with pytest.raises(InputError, match="there is no sheet 'note': it holds Sheet, notes, empty"):
        read_excel(path, sheet="note")
    with pytest.raises(InputError, match="nothing in it: not one cell"):
        read_excel(book())


def test_columns_of_one_name(book):
    with pytest.raises(InputError, match="column 'h' stands there twice: rename one"):
        read_excel(book(["name", "h", "h"], ["A", 1, 2]))


def test_what_is_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    for content, words in (
        (b"", "not a workbook, or a broken one"),
        (b"PK\x03\x04 broken", "not a workbook, or a broken one"),
        (b"\xd0\xcf\x11\xe0" + bytes(500), "locked by a password, or an old .xls"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=words):
            read_excel(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(InputError, match="not a workbook, or a broken one"):
        read_excel(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_excel(tmp_path / "b.xlsx")


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".xlsb"])
def test_other_spreadsheets_are_not_read(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(InputError, match=r"save it as \.xlsx"):
        read_vector(tmp_path / f"a{suffix}")


def changed(path: Path, part: str, change) -> None:
    """Rewrite one part of a workbook."""
    buffer = io.BytesIO(path.read_bytes())
    with (
        zipfile.ZipFile(buffer) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)


def test_entities_that_grow_without_end(book):
    path = book(["name"], ["A"])
    nested = b'<!DOCTYPE x [<!ENTITY l0 "lol">' + b"".join(
        f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">'.encode() for i in range(1, 10)
    )
    changed(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: nested + b"]>" + re.sub(rb"<v\s*/?>", b"<v>&l9;", xml),
    )
    with pytest.raises(InputError, match="not a workbook, or a broken one"):
        read_excel(path)


def test_a_workbook_that_unpacks_to_gigabytes(book):
    path = book(["name"], ["A"])
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (33 * 2**20))
    assert path.stat().st_size < 2**18
    with pytest.raises(InputError, match="it unpacks to 33 MB: at most 32 MB are read"):
        read_excel(path)


def test_tables_of_a_study_may_be_workbooks(book):
    path = book(["gorod", "lon", "lat", "people"], ["Angren", 70.1, 41.0, "180000"])
    with pytest.raises(InputError, match="is not a number"):
        read_towns(path, rename={"name": "gorod"})
    path = book(["kind", "name", "lon", "lat"], ["school", 5, 69.2, "41.3"])
    places = read_places(path, REGION)
    assert places[["kind", "name"]].values.tolist() == [["school", "5"]]
    with pytest.raises(InputError, match="'69,2' in row 1: write decimals with a point"):
        read_places(book(["kind", "lon", "lat"], ["school", "69,2", 41.3]), REGION)


def test_keys_of_excel_belong_to_excel(tmp_path):
    (tmp_path / "a.csv").write_text("kind,lon,lat\nschool,69.2,41.3\n")
    with pytest.raises(InputError) as error:
        read_vector(tmp_path / "a.csv", sheet="x", header_row=2, layer="y")
    assert [fault.split(":")[0] for fault in error.value.faults] == [
        "sheet belongs to Excel workbooks",
        "header_row belongs to Excel workbooks",
        "there are no layers in a .csv",
    ]
