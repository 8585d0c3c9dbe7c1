"""Text tables: CSV as spreadsheets write it, and points from coordinate columns."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.encodings import check_text
from geocluster.tables import DECIMAL_COMMA, TABLES, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from pyproj import CRS

OnBadCoordinates = Literal["error", "drop"]

LONGITUDES = ("longitude", "lon", "long", "lng")
LATITUDES = ("latitude", "lat")
COLUMNS_READ = 10_000
LONGEST_HEADER = 10_000_000
NO_VALUE = ["", "nan", "NaN", "NAN", "NA", "N/A", "null", "NULL"]
# An identifier stays text, also where it looks like a number.
TEXT_COLUMNS = sorted(
    {column.name for columns in TABLES.values() for column in columns if column.kind is str}
)


def read_csv(
    path: str | Path, *, encoding: str | None = None, text: Sequence[str] = ()
) -> pd.DataFrame:
    """Read delimited text: UTF-8, with or without a BOM; comma, semicolon, tab or bar.

    Parameters
    ----------
    path : str or Path
        The file; its first line names the columns.
    encoding : str, optional
        Where it is not UTF-8, such as "cp1251".
    text : sequence of str
        Columns that are text whatever they look like, besides our own of that kind.

    Raises
    ------
    InputError
        Where it is missing, empty, not text of the encoding, has more than 10,000 columns, or a row
        holds more values than there are columns.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towns.csv"
    >>> _ = file.write_text("name;people\\nAngren;180000\\n")
    >>> read_csv(file).people.tolist()
    [180000]
    """
    import pandas as pd

    file = Path(path)
    encoding = encoding or "utf-8-sig"
    header = _header(file, encoding)
    separator = max(",;\t|", key=header.count)
    names = [name.strip().strip('"') for name in header.split(separator)]
    if len(names) > COLUMNS_READ:
        raise InputError(str(file), f"{len(names):,} columns: at most {COLUMNS_READ:,} are read")
    texts = {*TEXT_COLUMNS, *text}
    doubled = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if doubled:
        raise InputError(str(file), f"column '{doubled[0]}' stands there twice: rename one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                file,
                sep=separator,
                encoding=encoding,
                index_col=False,
                skipinitialspace=True,
                keep_default_na=False,
                na_values={name: [""] if name in texts else NO_VALUE for name in names},
                dtype=dict.fromkeys(sorted(texts), "str"),
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(
            str(file),
            f"a row does not fit the columns ({str(error).strip()}): put text that holds "
            f"{separator!r} in quotes, and write decimals with a point",
        ) from error
    return table.rename(columns=lambda name: str(name).strip())


def points_from_columns(
    table: pd.DataFrame,
    where: str,
    *,
    crs: object = None,
    on_bad_coordinates: OnBadCoordinates = "error",
) -> gpd.GeoDataFrame:
    """Points from the coordinate columns of a table, which leave it.

    Parameters
    ----------
    table : DataFrame
        With `longitude` and `latitude` (or lon, long, lng; lat) in degrees, or `x` and `y`.
    where : str
        The file, for messages.
    crs : str or pyproj.CRS, optional
        Needed for `x` and `y`; degrees are WGS 84 unless told.
    on_bad_coordinates : {"error", "drop"}
        What to do with rows whose coordinates are missing or off the earth; dropped rows are
        counted in a warning.

    Raises
    ------
    InputError
        No coordinate columns, decimal commas, text, missing values, or coordinates off the earth.
    CRSError
        `x` and `y` without a CRS.
    """
    import geopandas as gpd

    east, north = _coordinate_columns(table, where)
    degrees = east.lower() in LONGITUDES
    if not degrees and crs is None:
        raise CRSError(where, f"columns '{east}' and '{north}' need a CRS: give crs")
    system = declared_crs(crs, where)
    if degrees and not system.is_geographic:
        raise CRSError(where, f"'{east}' is in degrees, but {system.name} is not: give x and y")
    x, bad_x = _numbers(table, east, where, on_bad_coordinates)
    y, bad_y = _numbers(table, north, where, on_bad_coordinates)
    good = ~(bad_x | bad_y)
    points = gpd.GeoDataFrame(
        table.drop(columns=[east, north]),
        geometry=gpd.points_from_xy(x, y),
        crs=system,
    )
    numbers = int(good.sum())
    if system.is_geographic:
        good &= _on_earth(x, y, good, where, on_bad_coordinates)
    if not good.all():
        empty, off = len(good) - numbers, numbers - int(good.sum())
        warnings.warn(
            f"{where}: {empty + off} rows without usable coordinates left out "
            f"({rows_in_words([int(i) + 1 for i in (~good).nonzero()[0]])}): {empty} without a "
            f"number, {off} off the earth",
            MendedWarning,
            stacklevel=2,
        )
    return points[good].reset_index(drop=True)


def declared_crs(crs: object, where: str) -> CRS:
    """The reference system that an argument names; degrees of WGS 84 where it is None.

    Raises
    ------
    CRSError
        Where PROJ does not know it.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError as ProjError

    try:
        return CRS.from_user_input("EPSG:4326" if crs is None else crs)
    except ProjError as error:
        raise CRSError(where, f"{crs!r} is not a reference system that PROJ knows") from error


def _header(file: Path, encoding: str) -> str:
    """The first line of a file whose whole text has been looked at."""
    if not file.is_file():
        raise InputError(str(file), "there is no such file")
    with file.open("rb") as stream:
        start = stream.read(4)
        stream.seek(0)
        long = len(stream.readline(LONGEST_HEADER + 1)) > LONGEST_HEADER
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") and not encoding.lower().startswith("utf-16"):
        raise InputError(str(file), "it is UTF-16 text: save it as CSV UTF-8")
    if long:
        raise InputError(
            str(file), f"its first line has more than {LONGEST_HEADER:,} letters: it is no table"
        )
    _check_lines(file)
    check_text(file, encoding)
    with file.open(encoding=encoding) as text:
        header = text.readline()
    if not header.strip():
        raise InputError(str(file), "its first line is empty: name the columns there")
    return header.rstrip("\r\n")


def _check_lines(file: Path) -> None:
    """An error where a line is longer than any table's."""
    length = 0
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            length = len(chunk) - end - 1 + (length if end < 0 else 0)
            if length > LONGEST_HEADER:
                raise InputError(
                    str(file), f"a line has more than {LONGEST_HEADER:,} letters: it is no table"
                )


def _coordinate_columns(table: pd.DataFrame, where: str) -> tuple[str, str]:
    lower = {str(name).lower(): str(name) for name in table.columns}
    for easts, norths in ((LONGITUDES, LATITUDES), (("x",), ("y",))):
        found = [[lower[name] for name in names if name in lower] for names in (easts, norths)]
        if all(len(names) == 1 for names in found):
            return found[0][0], found[1][0]
        if any(len(names) > 1 for names in found):
            names = ", ".join(found[0] + found[1])
            raise InputError(where, f"several coordinate columns ({names}): leave one pair")
    raise InputError(
        where,
        "no coordinate columns: give longitude and latitude, or x and y with a CRS "
        f"(found: {', '.join(map(str, table.columns))})",
    )


def _numbers(
    table: pd.DataFrame, name: str, where: str, on_bad: OnBadCoordinates
) -> tuple[np.ndarray, np.ndarray]:
    """A column as floats, and which rows hold no finite number."""
    import numpy as np
    import pandas as pd

    column = table[name]
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(numbers)
    if bad.any():
        text = column[bad].dropna().astype(str)
        rows = rows_in_words([int(i) + 1 for i in bad.nonzero()[0]])
        value = repr(text.iloc[0]) if len(text) else "no value"
        if text.str.match(DECIMAL_COMMA).any():
            raise InputError(
                where, f"column '{name}': {value} in {rows}: write decimals with a point"
            )
        if on_bad == "error":
            raise InputError(where, f"column '{name}': {value} in {rows} is not a coordinate")
    return np.where(bad, np.nan, numbers), bad


def _on_earth(
    x: np.ndarray, y: np.ndarray, good: np.ndarray, where: str, on_bad: OnBadCoordinates
) -> np.ndarray:
    import numpy as np

    on_earth = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    off = good & ~on_earth
    if off.any() and on_bad == "error":
        raise InputError(where, off_the_earth(x, y, off))
    return on_earth


def off_the_earth(x: np.ndarray, y: np.ndarray, off: np.ndarray) -> str:
    """The fault of rows whose degrees cannot be, and what may have happened to them."""
    import numpy as np

    rows = [int(i) for i in off.nonzero()[0]]
    first = rows[0]
    swapped = int((off & (np.abs(y) <= 180) & (np.abs(x) <= 90)).sum())
    hint = f"; in {swapped} of them longitude and latitude may be swapped" if swapped else ""
    return (
        f"coordinates off the earth in {rows_in_words([row + 1 for row in rows])}, such as "
        f"longitude {x[first]:g}, latitude {y[first]:g}{hint}: correct them, or leave them out "
        "with on_bad_coordinates='drop'"
    )
