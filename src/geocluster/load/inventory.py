"""Inventories in long form, a row a source and a pollutant, as in E-PRTR."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geocluster.errors import MendedWarning, TableError
from geocluster.load.pollutant_names import (
    pollutant_named,
    tell_skipped,
    unknown_in_words,
    unknown_pollutants,
)
from geocluster.load.units import known_units, unit_of
from geocluster.tables import TABLES, Column, column_faults, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

LONG_COLUMNS = (
    Column("pollutant", str, required=True, missing_allowed=False),
    Column("quantity", lower=0, required=True, missing_allowed=False),
)
UNIT_COLUMN = "quantity_unit"


def wide_from_long(
    table: gpd.GeoDataFrame,
    where: str,
    *,
    unit: str | None,
    sum_over: Sequence[str] = (),
    skip_unknown: bool = False,
) -> gpd.GeoDataFrame:
    """A row a source out of a row a source and pollutant.

    Rows belong together that have one `source_id`, or one name and place where there is none.

    Parameters
    ----------
    table : GeoDataFrame
        `pollutant`, `quantity`, optional `quantity_unit`, and what else is said of a source. Never
        changed.
    where : str
        The file, for messages.
    unit : str, optional
        Of all quantities, such as "kg/yr"; needed without a column `quantity_unit`.
    sum_over : sequence of str
        Columns whose different values are to be summed over, such as a method.
    skip_unknown : bool
        Leave out, counted, pollutants that are not in pollutant_names.csv.

    Returns
    -------
    GeoDataFrame
        With emission_<pollutant>_g_s, 0 where a source reports nothing of a pollutant that others
        report. Of other columns those that are one value for each source.

    Raises
    ------
    TableError
        Columns missing; quantities that are no numbers; an unknown unit or pollutant; rows that
        repeat another; rows of one source and pollutant that differ in more than their quantity
        (choose by `where`, or sum over that column); one source with two stacks or places.

    Warns
    -----
    MendedWarning
        Rows summed, pollutants and columns left out, gaps read as 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> long = gpd.GeoDataFrame(
    ...     {"source_id": ["a", "a"], "pollutant": ["Benzene", "Nitrogen oxides (NOX)"],
    ...      "quantity": [31.536, 3153.6]}, geometry=gpd.points_from_xy([9, 9], [50, 50]))
    >>> wide = wide_from_long(long, "releases.csv", unit="t/yr")
    >>> wide[["emission_benzene_g_s", "emission_nox_g_s"]].values.tolist()
    [[1.0, 100.0]]
    """
    table = table.reset_index(drop=True)
    faults = column_faults(table, LONG_COLUMNS)
    faults += _unit_faults(table, unit)
    if faults:
        raise TableError(where, faults)
    unknown = unknown_pollutants(table["pollutant"])
    if unknown and not skip_unknown:
        faults.append(
            f"column 'pollutant': {unknown_in_words(unknown)}: leave them out by where, or by "
            "skip_unknown = true"
        )
    key = _keys(table, faults)
    doubled = table.duplicated(keep="first")
    faults += _row_faults(doubled, "{} repeat another row in every column: leave them out")
    known = table["pollutant"].map(pollutant_named)
    faults += _apart(table, key, known, sum_over) + _one_source_each(table, key)
    if faults:
        raise TableError(where, faults)
    if unknown:
        tell_skipped(unknown, where)
    return _pivoted(table, key, known, unit, sum_over, where)


def _unit_faults(table: pd.DataFrame, unit: str | None) -> list[str]:
    known = known_units("emission_g_s")
    if UNIT_COLUMN not in table:
        if unit is None:
            return [f"quantity_unit is missing: say what the quantities are in, one of {known}"]
        return [] if unit_of("emission", unit) else [f"unknown unit {unit!r}; known are {known}"]
    if unit is not None:
        return [f"quantity_unit is given, and a column '{UNIT_COLUMN}' is there: leave one"]
    wrong = [unit_of("emission", str(value)) is None for value in table[UNIT_COLUMN]]
    rows = [i + 1 for i, bad in enumerate(wrong) if bad]
    if not rows:
        return []
    first = table[UNIT_COLUMN].iloc[rows[0] - 1]
    return [f"column '{UNIT_COLUMN}': {first!r} in {rows_in_words(rows)}: known are {known}"]


def _keys(table: gpd.GeoDataFrame, faults: list[str]) -> pd.Series:
    """What rows of one source have in common."""
    if "source_id" in table:
        empty = table["source_id"].isna()
        faults += _row_faults(empty, "column 'source_id': no value in {}: fill it in")
        return table["source_id"].astype(str)
    place = table.geometry.to_wkb(hex=True).astype(str)
    name = table["name"].astype(str) if "name" in table else ""
    return place + "|" + name


def _row_faults(wrong: pd.Series, sentence: str) -> list[str]:
    rows = [int(i) + 1 for i in wrong.to_numpy().nonzero()[0]]
    return [sentence.format(rows_in_words(rows))] if rows else []


def _apart(
    table: gpd.GeoDataFrame, key: pd.Series, known: pd.Series, sum_over: Sequence[str]
) -> list[str]:
    """Rows of one source and pollutant that differ in more than their quantity."""
    faults = [f"sum_over: there is no column '{name}'" for name in sum_over if name not in table]
    aside = {"geometry", "pollutant", "quantity", UNIT_COLUMN, *sum_over}
    together = table[known.notna()].groupby([key, known], sort=False)
    several = together["quantity"].transform("size") > 1
    for name in [name for name in table.columns if name not in aside]:
        differs = (together[name].transform("nunique", dropna=False) > 1) & several
        rows = [int(i) + 1 for i in differs.index[differs]]
        if rows:
            values = table.loc[[row - 1 for row in rows], name].drop_duplicates().head(3)
            faults.append(
                f"column '{name}' differs between rows of one source and pollutant "
                f"({', '.join(map(str, values))}) in {rows_in_words(rows)}: choose by "
                f"where = {{ {name} = … }}, or add it to sum_over"
            )
    return faults


def _one_source_each(table: gpd.GeoDataFrame, key: pd.Series) -> list[str]:
    """A source that stands at two places, or has two of a stack's figures."""
    faults = []
    place = table.geometry.to_wkb(hex=True)
    ours = [column.name for column in TABLES["sources"] if column.name in table]
    for name, values in [("geometry", place), *((n, table[n]) for n in ours if n != "source_id")]:
        differs = values.groupby(key).transform("nunique", dropna=False) > 1
        words = "places" if name == "geometry" else f"values of '{name}'"
        faults += _row_faults(
            differs, f"one source has several {words} in {{}}: give each a source_id of its own"
        )
    return faults


def _pivoted(
    table: gpd.GeoDataFrame,
    key: pd.Series,
    known: pd.Series,
    unit: str | None,
    sum_over: Sequence[str],
    where: str,
) -> gpd.GeoDataFrame:
    aside = {"pollutant", "quantity", UNIT_COLUMN, *sum_over}
    others = [name for name in table.columns if name not in aside and name != "geometry"]
    constant = table[others].groupby(key).nunique(dropna=False).le(1).all()
    lost = [str(name) for name in others if not constant[name]]
    grams = _grams(table, unit)
    sums = grams[known.notna()].groupby([key, known], sort=False).sum().unstack()
    counts = known.notna().groupby([key, known], sort=False).sum()
    told = []
    if (counts > 1).any():
        told.append(f"{int(counts[counts > 1].sum())} rows of one source and pollutant summed")
    gaps = int(sums.isna().sum().sum())
    if gaps:
        told.append(f"{gaps} pollutants that a source does not report read as 0")
    if lost:
        told.append(f"columns not kept, as they differ within a source: {', '.join(lost)}")
    if told:
        warnings.warn(f"{where}: {'; '.join(told)}", MendedWarning, stacklevel=4)
    first = table[["geometry", *(name for name in others if name not in lost)]]
    first = first[~key.duplicated()].set_index(key[~key.duplicated()])
    first = first.loc[[one for one in first.index if one in sums.index]]
    for pollutant in sums.columns:
        first[f"emission_{pollutant}_g_s"] = sums.loc[first.index, pollutant].fillna(0.0)
    return first.reset_index(drop=True)


def _grams(table: gpd.GeoDataFrame, unit: str | None) -> pd.Series:
    import pandas as pd

    units = table[UNIT_COLUMN] if unit is None else [unit] * len(table)
    quantity = pd.to_numeric(table["quantity"]).astype(float)
    values = [
        found.in_ours(value)  # type: ignore[union-attr, arg-type]
        for value, found in zip(
            quantity, (unit_of("emission", str(one)) for one in units), strict=True
        )
    ]
    return pd.Series(values, index=table.index, dtype=float)
