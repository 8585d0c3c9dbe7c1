"""Excel workbooks as agencies keep them: titles above the header, merged cells, formulas."""

from __future__ import annotations

import datetime
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from geocluster.errors import InputError, MendedWarning
from geocluster.load.zipped import MEBI, opened_zip

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl import Workbook

    Rows = list[list[Any]]

OTHER_SPREADSHEETS = (".xls", ".xlsb", ".ods", ".numbers")
LARGEST_WORKBOOK = 32 * MEBI
COLUMNS_READ = 2_000
CELLS_READ = 1_000_000
ROWS_SHOWN = 5
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+\d+:[A-Z]+\d+)"')


def read_excel(
    path: str | Path, *, sheet: str | None = None, header_row: int | None = None
) -> pd.DataFrame:
    """Read one sheet of an Excel workbook.

    Parameters
    ----------
    path : str or Path
        .xlsx or .xlsm; macros are never run.
    sheet : str, optional
        Needed where several sheets hold anything.
    header_row : int, optional
        The row that names the columns, counted from 1; the first where it is not given.

    Returns
    -------
    DataFrame
        Formulas as the values that were last calculated, dates as ISO text, text in a merged cell
        in every cell that it covers. Empty rows at the end are no rows.

    Raises
    ------
    InputError
        Not a workbook, or one that unpacks to too much; several sheets and no choice; no header in
        the row; columns without a name or of one name; formulas without a value; errors such as
        #DIV/0!; a number in a merged cell, which may be one total or the figure of each row.

    Warns
    -----
    MendedWarning
        Merged cells that were spread, and empty rows between others, with their count.

    Examples
    --------
    >>> import openpyxl, pathlib, tempfile
    >>> book = openpyxl.Workbook()
    >>> for row in (["Stacks of the works, 2025"], [], ["name", "height"], ["A", 80]):
    ...     book.active.append(row)
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "stacks.xlsx"
    >>> book.save(file)
    >>> read_excel(file, header_row=3).to_dict("list")
    {'name': ['A'], 'height': [80]}
    """
    import pandas as pd

    file = Path(path)
    name, rows, merged = _content(file, sheet)
    first = header_row or 1
    spread = _spread(rows, merged, first, file, name)
    header = _header(rows, first, header_row is not None, file)
    _check_cells(rows[first:], header, first, file, name)
    body = _body(rows[first:], len(header), file)
    if spread:
        _tell(f"{file}: {spread} merged cells of text read as if it stood in each row they cover")
    table = pd.DataFrame(body, columns=header, dtype=object)
    return table.loc[:, [bool(name) for name in header]].infer_objects()


def _content(file: Path, sheet: str | None) -> tuple[str, Rows, list[str]]:
    """The title of the sheet, its rows of values, and the merged ranges in it."""
    from openpyxl.utils.exceptions import InvalidFileException

    _check_kind(file)
    with opened_zip(file, largest=LARGEST_WORKBOOK, kind="workbook") as archive:
        try:
            values = _workbook(file, data_only=True)
            title = _chosen(values, sheet, file)
            rows = _rows(values, title, file)
            xml = archive.read(values[title]._worksheet_path.lstrip("/"))
            merged = [ref.decode() for ref in MERGED.findall(xml)]
            formulas: Rows = []
            if FORMULA.search(xml):
                formulas = _rows(_workbook(file, data_only=False), title, file, formulas=True)
        except (InvalidFileException, ParseError, KeyError, OSError, AttributeError) as error:
            raise InputError(
                str(file), f"it is not a workbook, or a broken one: {error}"
            ) from error
        except (ValueError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                str(file), f"it is not a workbook, or a broken one: {error}"
            ) from error
    _check_formulas(rows, formulas, file, title)
    return title, rows, merged


def _check_kind(file: Path) -> None:
    if not file.is_file():
        raise InputError(str(file), "there is no such file")
    with file.open("rb") as stream:
        if stream.read(4) == b"\xd0\xcf\x11\xe0":
            raise InputError(
                str(file), "it is locked by a password, or an old .xls: save it as .xlsx, unlocked"
            )


def _workbook(file: Path, *, data_only: bool) -> Workbook:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # styles and extensions that hold no values
        return openpyxl.load_workbook(file, read_only=True, data_only=data_only, keep_links=False)


def _chosen(book: Workbook, sheet: str | None, file: Path) -> str:
    titles = [one.title for one in book.worksheets]
    if sheet is not None:
        if sheet in titles:
            return sheet
        raise InputError(str(file), f"there is no sheet '{sheet}': it holds {', '.join(titles)}")
    full = [title for title in titles if _holds_anything(book, title)]
    if len(full) > 1:
        raise InputError(
            str(file), f"it holds {len(full)} sheets, choose one by sheet = …: {', '.join(full)}"
        )
    if not full:
        raise InputError(str(file), "there is nothing in it: not one cell")
    return full[0]


def _holds_anything(book: Workbook, title: str) -> bool:
    book[title].reset_dimensions()
    rows = book[title].iter_rows(values_only=True)
    return any(
        value is not None for _, row in zip(range(1000), rows, strict=False) for value in row
    )


def _rows(book: Workbook, title: str, file: Path, *, formulas: bool = False) -> Rows:
    """The rows of a sheet as lists of values, or of whether a formula stands there."""
    book[title].reset_dimensions()  # what a sheet says of its own size may be wrong
    rows: Rows = []
    cells = 0
    for row in book[title].iter_rows():
        if formulas:
            values = [cell.data_type == "f" for cell in row]
        else:
            values = [_plain(cell.value) for cell in row]
        empty = False if formulas else None
        while values and values[-1] is empty:
            values.pop()
        cells += len(values)
        if len(values) > COLUMNS_READ:
            raise InputError(
                str(file), f"{len(values):,} columns: at most {COLUMNS_READ:,} are read"
            )
        if cells > CELLS_READ:
            raise InputError(
                str(file), f"more than {CELLS_READ:,} cells: save the sheet as CSV, which is read"
            )
        rows.append(values)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _plain(value: object) -> object:
    """A value as a table holds it: dates as text, text without blanks around it."""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    if isinstance(value, str):
        return value.strip() or None
    return value


def _check_formulas(rows: Rows, formulas: Rows, file: Path, title: str) -> None:
    """Formulas whose result was never written down, as by a program that calculates nothing."""
    lost = [
        (i, j)
        for i, row in enumerate(formulas)
        for j, formula in enumerate(row)
        if formula and _at(rows, i, j) is None
    ]
    if lost:
        raise InputError(
            str(file),
            f"sheet '{title}': a formula without a calculated value in {_cells(lost)}: open it in "
            "Excel or LibreOffice and save it",
        )


def _at(rows: Rows, i: int, j: int) -> Any:
    return rows[i][j] if i < len(rows) and j < len(rows[i]) else None


def _spread(rows: Rows, merged: list[str], first: int, file: Path, title: str) -> int:
    """Put the text of merged cells where it holds; how many of them lie below the header."""
    from openpyxl.utils.cell import range_boundaries

    count, numbers = 0, []
    for ref in merged:
        left, top, right, bottom = (int(bound or 1) - 1 for bound in range_boundaries(ref))
        value = _at(rows, top, left)
        if value is None or bottom < first - 1:
            continue
        if bottom > top and not isinstance(value, str) and bottom >= first:
            numbers.append(ref)
            continue
        if first - 1 >= top:  # a title or a group of columns names none of them
            rows[first - 1].extend([None] * (left + 1 - len(rows[first - 1])))
            rows[first - 1][left] = value
        for i in range(max(top, first), min(bottom, len(rows) - 1) + 1):
            rows[i].extend([None] * (right + 1 - len(rows[i])))
            rows[i][left : right + 1] = [value] * (right + 1 - left)
        count += bottom >= first
    if numbers:
        raise InputError(
            str(file),
            f"sheet '{title}': a number in merged cells {', '.join(numbers[:5])} may be one total "
            "or the figure of each row: divide the cells and write what holds",
        )
    return count


def _header(rows: Rows, first: int, told: bool, file: Path) -> list[str]:
    """The names of columns, from the row that holds them."""
    names = [
        None if value is None else str(value) for value in (rows[first - 1 : first] or [[]])[0]
    ]
    wide = max((len(row) for row in rows[first:]), default=0)
    names += [None] * (wide - len(names))
    bare = [j for j in range(len(names)) if names[j] is None and _any_below(rows, first, j)]
    doubled = [n for n, count in Counter(n for n in names if n).items() if count > 1]
    faults = []
    if bare or not any(names):
        faults.append(_no_header(rows, bare, first, told))
    elif doubled:
        faults += [f"column '{name}' stands there twice: rename one" for name in doubled]
    if faults:
        raise InputError(str(file), faults)
    return [name or "" for name in names]


def _any_below(rows: Rows, first: int, j: int) -> bool:
    return any(_at(rows, i, j) is not None for i in range(first, len(rows)))


def _no_header(rows: Rows, bare: list[int], first: int, told: bool) -> str:
    from openpyxl.utils import get_column_letter

    which = ", ".join(get_column_letter(j + 1) for j in bare[:5]) or "every one"
    shown = "; ".join(
        f"row {i}: " + " | ".join(str(value)[:20] for value in row[:6] if value is not None)
        for i, row in enumerate(rows[:ROWS_SHOWN], start=1)
    )
    advice = "name it there" if told else "say which row names the columns: header_row = …"
    return f"row {first} gives no name to column {which}: {advice} ({shown[:400]})"


def _check_cells(rows: Rows, header: list[str], first: int, file: Path, title: str) -> None:
    """Cells that hold an error of a calculation in place of a value."""
    wrong = [
        (first + i, j)
        for i, row in enumerate(rows)
        for j, value in enumerate(row)
        if isinstance(value, str) and value in ERRORS
    ]
    if wrong:
        i, j = wrong[0]
        raise InputError(
            str(file),
            f"sheet '{title}': {rows[i - first][j]} in {_cells(wrong)}, column '{header[j]}': "
            "mend the formula",
        )


def _cells(places: list[tuple[int, int]]) -> str:
    from openpyxl.utils import get_column_letter

    head = ", ".join(f"{get_column_letter(j + 1)}{i + 1}" for i, j in places[:5])
    return head + (f" and {len(places) - 5} more" if len(places) > 5 else "")


def _body(rows: Rows, wide: int, file: Path) -> Rows:
    """The rows below the header, all of one length; what is empty between them is told."""
    full = [row + [None] * (wide - len(row)) for row in rows if any(v is not None for v in row)]
    empty = len(rows) - len(full)
    if empty:
        _tell(f"{file}: {empty} empty rows between others left out, and not counted in row numbers")
    return full


def _tell(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=5)
