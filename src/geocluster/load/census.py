"""A census table joined to the polygons of its districts by a key."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from geocluster.errors import InputError, MendedWarning
from geocluster.load.opening import read_table
from geocluster.load.renaming import check_columns
from geocluster.tables import Column, column_faults

if TYPE_CHECKING:
    import pandas as pd

Table = TypeVar("Table", bound="pd.DataFrame")
KEYS_SHOWN = 5


def with_census(
    districts: Table,
    where: str,
    *,
    path: str | Path,
    key: str,
    table_key: str | None = None,
    people: str = "people",
    missing: Literal["error", "leave out"] = "error",
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> Table:
    """Districts with the people that a census table counts in each.

    Keys are compared as text, so that "0101" and "101" are two districts. Where one side holds
    numbers, which have no leading zeros, both are compared as numbers, and keys that had zeros are
    counted.

    Parameters
    ----------
    districts : DataFrame or GeoDataFrame
        With a column `key`; never changed.
    where : str
        Their file, for messages.
    path : str or Path
        CSV or Excel, a row a district.
    key, table_key : str
        Columns of the districts and of the table that hold the key; the same where one is given.
    people : str
        Column of the table. [persons]
    missing : {"error", "leave out"}
        What to do with keys that stand on one side alone.
    encoding, sheet, header_row
        As in `geocluster.load.opening.read_table`.

    Returns
    -------
    DataFrame or GeoDataFrame
        The districts that the table knows, in their order, with `people`.

    Raises
    ------
    InputError
        A column or a key is missing, a key stands twice on one side, or stands on one side alone;
        `people` is there already. Every fault at once.
    TableError
        Where `people` holds no numbers of at least 0.

    Warns
    -----
    MendedWarning
        With the number of keys whose zeros were dropped, and of rows left out.

    Examples
    --------
    >>> import pathlib, tempfile, pandas as pd
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "census.csv"
    >>> _ = file.write_text("soato;population\\n1703;12000\\n1706;9000\\n")
    >>> districts = pd.DataFrame({"code": ["1706", "1703"]})
    >>> with_census(
    ...     districts, "districts.gpkg", path=file, key="code", table_key="soato",
    ...     people="population",
    ... ).people.tolist()
    [9000.0, 12000.0]
    """
    name, column = str(path), table_key or key
    table = read_table(path, encoding=encoding, sheet=sheet, header_row=header_row, text=[column])
    check_columns(table, list(dict.fromkeys([column, people])), name)
    check_columns(districts, [key], where)
    if "people" in districts:
        raise InputError(where, "column 'people' is there already: leave it or the census out")
    faults = column_faults(table, [Column(people, lower=0, required=True, missing_allowed=False)])
    ours, theirs = _alike(districts[key], table[column], where, name)
    faults += [f"{where}: {fault}" for fault in _key_faults(ours, key)]
    faults += [f"{name}: {fault}" for fault in _key_faults(theirs, column)]
    if faults:
        raise InputError(name, faults)
    counted = table[people].astype(float).set_axis(theirs)
    without, unused = ~ours.isin(theirs), ~theirs.isin(ours)
    _tell_unmatched(ours[without], counted[unused.to_numpy()], where, name, missing)
    joined = districts.assign(people=ours.map(counted).to_numpy())
    return joined[~without.to_numpy()].reset_index(drop=True)


def _alike(
    ours: pd.Series, theirs: pd.Series, where: str, name: str
) -> tuple[pd.Series, pd.Series]:
    """Both keys as text that can be compared; as whole numbers where one side holds numbers."""
    import pandas as pd

    numeric = [pd.api.types.is_numeric_dtype(side) for side in (ours, theirs)]
    texts = [_as_text(side) for side in (ours, theirs)]
    if not any(numeric) or all(numeric):
        return texts[0], texts[1]
    plain = [side.str.replace(r"^0+(?=\d)", "", regex=True) for side in texts]
    zeros = int((plain[0] != texts[0]).sum() + (plain[1] != texts[1]).sum())
    if zeros:
        file = name if numeric[0] else where
        _mended(f"{file}: {zeros} keys compared without their leading zeros, as numbers have none")
    return plain[0], plain[1]


def _as_text(side: pd.Series) -> pd.Series:
    import pandas as pd

    if pd.api.types.is_float_dtype(side):
        side = side.map(lambda value: f"{value:.0f}" if value % 1 == 0 else value)
    return side.astype(object).where(side.notna(), "").astype(str).str.strip()


def _key_faults(keys: pd.Series, column: str) -> list[str]:
    faults = []
    gaps = int((keys == "").sum())
    if gaps:
        faults.append(f"column '{column}': no key in {gaps} rows: fill it in")
    twice = keys[keys.duplicated(keep="first") & (keys != "")].unique()
    if len(twice):
        faults.append(
            f"column '{column}': {len(twice)} keys stand there twice ({_some(twice)}): leave one "
            "row each"
        )
    return faults


def _tell_unmatched(
    ours: pd.Series, counted: pd.Series, where: str, name: str, missing: str
) -> None:
    faults = []
    if len(ours):
        faults.append(f"{len(ours)} districts of {where} have no row here: {_some(ours)}")
    if len(counted):
        faults.append(
            f"{len(counted)} rows, with {counted.sum():,.0f} people, have no district in {where}: "
            f"{_some(counted.index)}"
        )
    if faults and missing == "error":
        faults[-1] += "; write the keys alike, or say missing = 'leave out'"
        raise InputError(name, faults)
    for fault in faults:
        _mended(f"{name}: {fault}; left out")


def _some(keys: object) -> str:
    listed = [str(one) for one in keys]  # type: ignore[attr-defined]
    return ", ".join(listed[:KEYS_SHOWN]) + (", …" if len(listed) > KEYS_SHOWN else "")


def _mended(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=4)
