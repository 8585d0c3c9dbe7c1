"""Columns that a file names in its own way, brought to our names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from geocluster.errors import InputError
from geocluster.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

Table = TypeVar("Table", bound="pd.DataFrame")


def renamed(
    table: Table, rename: Mapping[str, str] | None, where: str, kind: str | None = None
) -> Table:
    """The table with columns under our names.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        Never changed.
    rename : mapping, optional
        Our name to the file's.
    where : str
        The file, for messages.
    kind : str, optional
        What the table is, so that a slip in one of our own names is noticed.

    Raises
    ------
    InputError
        With every column that is not there, and every one of ours that is there already.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"H_trub": [80]})
    >>> renamed(table, {"stack_height_m": "H_trub"}, "a.csv").to_dict("list")
    {'stack_height_m': [80]}
    >>> renamed(table, {"stack_height_m": "H_truby"}, "a.csv")
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: a.csv: column 'H_truby' is missing (did you mean 'H_trub'?)
    """
    if not rename:
        return table
    faults = missing_columns(table, list(rename.values()))
    for ours, theirs in rename.items():
        if ours in table and ours != theirs and ours not in rename.values():
            faults.append(
                f"column '{theirs}' is to be '{ours}', but a column of that name is there already: "
                "two cannot be one"
            )
        if slip := _slip(ours, kind):
            faults.append(f"column '{theirs}' is to be '{ours}': did you mean '{slip}'?")
    if faults:
        raise InputError(where, faults)
    return table.rename(columns={theirs: ours for ours, theirs in rename.items()})


def _slip(ours: str, kind: str | None) -> str | None:
    """The column of this kind of table that a name is nearly, but not quite."""
    known = [column.name for column in TABLES.get(kind or "", ())]
    if ours in known or len(ours) < 5 or ours.startswith(("emission_", "low_", "high_")):
        return None
    stem = {name.rpartition("_")[0] for name in known}
    if any(ours.startswith(f"{start}_") for start in stem if "_" in start):
        return None  # another unit, which is looked at later
    near = difflib.get_close_matches(ours, known, n=1, cutoff=0.85)
    return near[0] if near else None


def missing_columns(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """A fault for each column that is not there, with the nearest that is."""
    there = [str(column) for column in table.columns if column != "geometry"]
    faults = []
    for column in columns:
        if column not in there:
            near = difflib.get_close_matches(column, there, n=1, cutoff=0.6)
            hint = f"did you mean '{near[0]}'?" if near else f"found: {_listed(there)}"
            faults.append(f"column '{column}' is missing ({hint})")
    return faults


def check_columns(table: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """Raise an InputError where columns are missing."""
    faults = missing_columns(table, columns)
    if faults:
        raise InputError(where, faults)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return ", ".join(names[:30]) + more
