"""What the tables of a map say of themselves: what is assumed in them, and whose data they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geocluster.words import marked

if TYPE_CHECKING:
    import pandas as pd

CREDITS = {
    "OpenStreetMap": "© OpenStreetMap contributors (ODbL 1.0)",
    "GeoNames": "GeoNames (CC BY 4.0)",
}


def doubts_in(
    people: pd.DataFrame | None = None,
    sources: pd.DataFrame | None = None,
    clusters: pd.DataFrame | None = None,
) -> list[str]:
    """What is assumed in these tables, a few words each; empty where they say nothing of it.

    Parameters
    ----------
    people : DataFrame, optional
        Homes; `origin` tells how their people are known.
    sources, clusters : DataFrame, optional
        With `emission_origin` and `stack_origin`.

    Examples
    --------
    >>> import pandas as pd
    >>> doubts_in(sources=pd.DataFrame({"stack_origin": ["reported", "assumed"]}))
    ['stacks are assumed']
    """
    said = [
        (people, "origin", marked("people are spread by assumption")),
        (sources, "stack_origin", marked("stacks are assumed")),
        (sources, "emission_origin", marked("emissions are assumed")),
        (clusters, "emission_origin", marked("emissions are assumed")),
    ]
    return list(dict.fromkeys(words for table, column, words in said if _assumed(table, column)))


def demonstration_for(reasons: list[str]) -> str | None:
    """Why a map or a ranking is a demonstration only; None where there is no reason.

    Examples
    --------
    >>> demonstration_for(["stacks are assumed", "emissions are assumed"])
    'Demonstration: stacks are assumed, emissions are assumed'
    """
    return f"Demonstration: {', '.join(reasons)}" if reasons else None


def credits_in(*tables: pd.DataFrame | None) -> list[str]:
    """Whose data the tables are made from, as far as their column `origin` names it.

    Examples
    --------
    >>> import pandas as pd
    >>> credits_in(pd.DataFrame({"origin": ["GeoNames (CC BY 4.0); spread by assumption"]}))
    ['GeoNames (CC BY 4.0)']
    """
    known = [table for table in tables if table is not None and "origin" in table]
    said = {str(text) for table in known for text in table["origin"].dropna().unique()}
    return [full for name, full in CREDITS.items() if any(name in text for text in said)]


def _assumed(table: pd.DataFrame | None, column: str) -> bool:
    if table is None or column not in table:
        return False
    return bool(table[column].astype("string").str.contains("assumed").fillna(False).any())
