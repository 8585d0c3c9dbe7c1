"""Figures of stacks that nobody has reported, filled with what a study says to assume."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from geocluster.errors import GeoclusterWarning
from geocluster.tables import NEEDED_COLUMNS, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd


def with_assumed(
    table: gpd.GeoDataFrame, assumed: Mapping[str, float] | None, where: str
) -> gpd.GeoDataFrame:
    """The sources with gaps of some columns filled.

    Only rows whose type of source needs the column are filled; their `stack_origin` becomes
    "assumed", which the map shows.

    Parameters
    ----------
    table : GeoDataFrame
        Sources; never changed.
    assumed : mapping, optional
        Column to figure.
    where : str
        The file, for the warning.

    Warns
    -----
    GeoclusterWarning
        With the count of rows, and of gaps by column.

    Examples
    --------
    >>> import pandas as pd
    >>> sources = pd.DataFrame({"stack_height_m": [50.0, None]})
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     with_assumed(sources, {"stack_height_m": 80.0}, "stacks.csv").values.tolist()
    [[50.0, 'reported'], [80.0, 'assumed']]
    >>> print(told[0].message)
    stacks.csv: stacks assumed in 1 of 2 rows: stack_height_m = 80 in row 2
    """
    import numpy as np

    if not assumed:
        return table
    kinds = table["source_type"].fillna("point") if "source_type" in table else None
    marked = np.zeros(len(table), dtype=bool)
    told = []
    for column, figure in assumed.items():
        needing = [kind for kind, needed in NEEDED_COLUMNS.items() if column in needed]
        needs = kinds.isin(needing).to_numpy() if kinds is not None else "point" in needing
        gaps = table[column].isna().to_numpy() if column in table else np.ones(len(table), bool)
        gaps = gaps & needs
        if gaps.any():
            given = table[column] if column in table else np.full(len(table), np.nan)
            table = table.assign(**{column: np.where(gaps, figure, given)})
            told.append(f"{column} = {figure:g} in {_rows(gaps)}")
            marked |= gaps
    if not told:
        return table
    warnings.warn(
        f"{where}: stacks assumed in {marked.sum()} of {len(table)} rows: {', '.join(told)}",
        GeoclusterWarning,
        stacklevel=4,
    )
    origin = table["stack_origin"].fillna("reported") if "stack_origin" in table else "reported"
    return table.assign(stack_origin=np.where(marked, "assumed", origin))


def _rows(which) -> str:  # type: ignore[no-untyped-def]
    return rows_in_words([int(i) + 1 for i in which.nonzero()[0]])
