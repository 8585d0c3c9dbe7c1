"""A table opened by the kind of its file, before anything in it is checked or mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import CRSError, InputError
from geocluster.load.database import read_database, stored
from geocluster.load.database_address import DatabaseTable
from geocluster.load.delimited import (
    TEXT_COLUMNS,
    OnBadCoordinates,
    declared_crs,
    off_the_earth,
    points_from_columns,
    read_csv,
)
from geocluster.load.formats import (
    CSV_SUFFIXES,
    ENCODED_SUFFIXES,
    EXCEL_SUFFIXES,
    GDAL_SUFFIXES,
    PARQUET_SUFFIXES,
    read_gdal,
    read_parquet,
)
from geocluster.load.renaming import check_columns, renamed
from geocluster.load.spreadsheet import OTHER_SPREADSHEETS, read_excel

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

TABLE_SUFFIXES = CSV_SUFFIXES + EXCEL_SUFFIXES
VECTOR_SUFFIXES = GDAL_SUFFIXES + PARQUET_SUFFIXES + TABLE_SUFFIXES


@dataclass(frozen=True)
class Opening:
    """What is said about a file besides its path; see `geocluster.load.vector.read_vector`."""

    layer: str | None = None
    crs: object = None
    rename: Mapping[str, str] | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    where: Mapping[str, object] | None = None
    on_bad_coordinates: OnBadCoordinates = "error"


def opened(
    path: str | Path | DatabaseTable, how: Opening, kind: str | None = None
) -> gpd.GeoDataFrame:
    """The rows as they stand in the file or database, under our names; geometry not yet mended.

    Raises
    ------
    InputError
        The file is missing, broken or of an unknown kind; a column is missing.
    CRSError
        No reference system is declared, or another than the one given.
    """
    import geopandas as gpd

    source = stored(path)
    name = str(source)
    if isinstance(source, DatabaseTable):
        table: pd.DataFrame = read_database(source, how.crs)
    else:
        table = _of_file(source, how)
    try:
        table = _rows_where(renamed(table, how.rename, name, kind), how.where, name)
        if not isinstance(table, gpd.GeoDataFrame):
            table = points_from_columns(
                table, name, crs=how.crs, on_bad_coordinates=how.on_bad_coordinates
            )
    except InputError as error:
        _add_hint(error, name, how)
        raise
    if table.geometry.name != "geometry":
        table = table.rename_geometry("geometry")
    table = _with_crs(table, how.crs, name)
    _check_degrees(table, name)
    return table


def _of_file(path: str | Path, how: Opening) -> pd.DataFrame:
    file, _ = _existing(path, VECTOR_SUFFIXES, "vector file", how)
    suffix = file.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        return _tabular(file, how)
    if suffix in PARQUET_SUFFIXES:
        return read_parquet(file)
    return read_gdal(file, how.layer, how.encoding)


def read_table(
    path: str | Path,
    *,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    text: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a table without geometry: CSV or an Excel workbook.

    Parameters
    ----------
    path : str or Path
        .csv, .tsv, .txt, .xlsx or .xlsm.
    rename, encoding, sheet, header_row
        As in `geocluster.load.vector.read_vector`.
    text : sequence of str
        Columns of a CSV, by its own names, that are text whatever they look like.

    Raises
    ------
    InputError
        As `read_csv` and `read_excel`, and where a column of `rename` is missing.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towns.csv"
    >>> _ = file.write_text("Gorod;Chislennost\\nAngren;180000\\n")
    >>> read_table(file, rename={"name": "Gorod", "people": "Chislennost"}).columns.tolist()
    ['name', 'people']
    """
    how = Opening(rename=rename, encoding=encoding, sheet=sheet, header_row=header_row)
    file, name = _existing(path, TABLE_SUFFIXES, "table", how)
    return renamed(_tabular(file, how, text), rename, name)


def _existing(
    path: str | Path, suffixes: tuple[str, ...], kind: str, how: Opening
) -> tuple[Path, str]:
    """The file, where it is one of a kind that is read, and nothing is said that it cannot use."""
    file = Path(path)
    name, suffix = str(file), file.suffix.lower()
    if not file.exists():
        raise InputError(name, "there is no such file")
    if file.is_dir():
        raise InputError(name, "it is a folder: name the file in it")
    if suffix in OTHER_SPREADSHEETS:
        raise InputError(name, f"'{suffix}' is a spreadsheet that is not read: save it as .xlsx")
    if suffix not in suffixes:
        kinds = ", ".join(suffixes)
        raise InputError(name, f"'{suffix}' is not a kind of {kind} that is read: {kinds}")
    faults = []
    if how.encoding is not None and suffix not in ENCODED_SUFFIXES:
        faults.append("encoding belongs to shapefiles and CSV: leave it out")
    for key in ("sheet", "header_row"):
        if getattr(how, key) is not None and suffix not in EXCEL_SUFFIXES:
            faults.append(f"{key} belongs to Excel workbooks: leave it out")
    if how.layer is not None and suffix in TABLE_SUFFIXES:
        key = "sheet" if suffix in EXCEL_SUFFIXES else "nothing"
        faults.append(f"there are no layers in a {suffix}: give {key} instead of layer")
    if faults:
        raise InputError(name, faults)
    return file, name


def _add_hint(error: InputError, name: str, how: Opening) -> None:
    """Where columns of a workbook are missing, its first row may not be its header."""
    lost = any("is missing (" in fault or "no coordinate col" in fault for fault in error.faults)
    if lost and name.lower().endswith(EXCEL_SUFFIXES) and how.header_row is None:
        error.add("if titles stand above the names of columns, say which row has them: header_row")


def _tabular(file: Path, how: Opening, text: Sequence[str] = ()) -> pd.DataFrame:
    if file.suffix.lower() in EXCEL_SUFFIXES:
        return read_excel(file, sheet=how.sheet, header_row=how.header_row)
    names = how.rename or {}
    return read_csv(
        file,
        encoding=how.encoding,
        text=[*text, *(theirs for ours, theirs in names.items() if ours in TEXT_COLUMNS)],
    )


def _with_crs(table: gpd.GeoDataFrame, crs: object, name: str) -> gpd.GeoDataFrame:
    if table.crs is None and crs is None:
        raise CRSError(name, "no reference system is declared: add its .prj, or give crs")
    if crs is None:
        return table
    declared = declared_crs(crs, name)
    if table.crs is None:
        return table.set_crs(declared)
    if table.crs != declared:
        raise CRSError(name, f"it declares {table.crs.name}, not {crs}: leave crs out")
    return table


def _rows_where(table: pd.DataFrame, where: Mapping[str, object] | None, name: str) -> pd.DataFrame:
    for column, wanted in (where or {}).items():
        check_columns(table, [column], name)
        values = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        table = table[table[column].isin(list(values))]
        if table.empty:
            raise InputError(name, f"no row has {column} = {wanted!r}")
    return table.reset_index(drop=True) if where else table


def _check_degrees(table: gpd.GeoDataFrame, name: str) -> None:
    """Degrees that cannot be: metres in a file that claims degrees, or worse."""
    import numpy as np

    if table.crs is None or not table.crs.is_geographic or table.empty:
        return
    there = ~(table.geometry.isna() | table.geometry.is_empty).to_numpy()
    bounds = table.geometry.bounds.to_numpy()
    x, y = (_farther(bounds[:, i], bounds[:, i + 2]) for i in (0, 1))
    off = there & ~((np.abs(x) <= 180.000001) & (np.abs(y) <= 90.000001))
    if off.any():
        raise InputError(name, off_the_earth(x, y, off))


def _farther(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.where(np.abs(one) > np.abs(other), one, other)
