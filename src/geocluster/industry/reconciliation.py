"""An inventory that somebody else gives for a region, beside what is modelled for its plants.

The other inventory drives no plume. What it holds beyond the plants is neither located nor
modelled, and is never shared out over plants that cannot emit it.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from geocluster.errors import TableError
from geocluster.tables import Column, column_faults, pollutants_of

SECONDS_A_YEAR = 365 * 86_400
KT_A_YEAR = SECONDS_A_YEAR / 1e9
INVENTORY_COLUMN = re.compile(r"^([a-z0-9]+)_kt_yr$")


def inventory_totals(sources: pd.DataFrame) -> pd.DataFrame:
    """What all sources of a table emit in a year, with its range.

    Parameters
    ----------
    sources : DataFrame or GeoDataFrame
        Columns emission_<pollutant>_g_s, and optionally low_ and high_ of it; where a column
        `inside` exists, only its true rows count.

    Returns
    -------
    DataFrame
        Indexed by pollutant: low_kt_yr, modelled_kt_yr, high_kt_yr [kt/yr] and reported_share
        [0 to 1], the part of the central figure whose emission_origin is reported.

    Examples
    --------
    >>> sources = pd.DataFrame({"emission_so2_g_s": [1000.0], "emission_origin": ["reported"]})
    >>> inventory_totals(sources).round(2).loc["so2"].tolist()
    [31.54, 31.54, 31.54, 1.0]
    """
    rows = sources[sources["inside"].astype(bool)] if "inside" in sources else sources
    origin = rows.get("emission_origin", pd.Series("reported", index=rows.index))
    totals = {}
    for pollutant in pollutants_of(rows):
        central = f"emission_{pollutant}_g_s"
        low, middle, high = (
            float(rows[name if name in rows else central].sum()) * KT_A_YEAR
            for name in (f"low_{central}", central, f"high_{central}")
        )
        reported = float(rows.loc[origin == "reported", central].sum()) * KT_A_YEAR
        share = reported / middle if middle > 0 else float("nan")
        totals[pollutant] = (low, middle, high, share)
    columns = ["low_kt_yr", "modelled_kt_yr", "high_kt_yr", "reported_share"]
    table = pd.DataFrame.from_dict(totals, orient="index", columns=columns, dtype=float)
    return table.rename_axis("pollutant")


def reconcile_inventory(sources: pd.DataFrame, table1: pd.DataFrame, region: str) -> pd.DataFrame:
    """Another inventory's figures for a region beside the modelled ones, and the difference.

    Parameters
    ----------
    sources : DataFrame or GeoDataFrame
        See `inventory_totals`.
    table1 : DataFrame
        A row a region: `region`, columns <pollutant>_kt_yr, and optionally <pollutant>_rank and
        <pollutant>_note, the difference in words.
    region : str
        The row to take.

    Returns
    -------
    DataFrame
        A row a pollutant of `table1`: pollutant, table1_kt_yr, table1_rank, low_kt_yr,
        modelled_kt_yr, high_kt_yr [kt/yr], not_located_kt_yr (table 1 less the central figure;
        negative where the plants alone emit more than table 1 has), reading (in words).

    Raises
    ------
    TableError
        Where the region or every <pollutant>_kt_yr column is missing.

    Examples
    --------
    >>> sources = pd.DataFrame({"emission_so2_g_s": [1000.0]})
    >>> table1 = pd.DataFrame({"region": ["Here"], "so2_kt_yr": [100.0]})
    >>> reconcile_inventory(sources, table1, "Here")["not_located_kt_yr"].round(1).tolist()
    [68.5]
    """
    names = check_inventory(table1, region, "table1")
    totals = inventory_totals(sources)
    cells = table1[table1["region"] == region].iloc[0].to_dict()
    return pd.DataFrame([_reconciled(name.removesuffix("_kt_yr"), cells, totals) for name in names])


def check_inventory(table: pd.DataFrame, region: str, where: str) -> list[str]:
    """The columns <pollutant>_kt_yr of an inventory by region, checked to be figures.

    Raises
    ------
    TableError
        Where `region` or every <pollutant>_kt_yr column is missing, one holds no figure, or not
        one row, and one only, bears the region's name; where an `outline_wkt` is no polygon.

    Examples
    --------
    >>> table = pd.DataFrame({"region": ["Here"], "so2_kt_yr": [100.0]})
    >>> check_inventory(table, "Here", "table1.csv")
    ['so2_kt_yr']
    """
    names = [str(name) for name in table.columns if INVENTORY_COLUMN.match(str(name))]
    if "region" not in table or not names:
        raise TableError(where, "columns 'region' and '<pollutant>_kt_yr' are needed: add them")
    if faults := column_faults(table, [Column(name, lower=0) for name in names]):
        raise TableError(where, faults)
    if faults := _outline_faults(table):
        raise TableError(where, faults)
    if (table["region"] == region).sum() != 1:
        known = ", ".join(map(str, table["region"]))
        raise TableError(where, f"one row for {region!r} is needed; there are {known}")
    return names


def _outline_faults(table: pd.DataFrame) -> list[str]:
    """What is wrong with the outlines of regions, where the table has them."""
    if "outline_wkt" not in table:
        return []
    import shapely

    given = table["outline_wkt"].fillna("").astype(str)
    shapes = shapely.from_wkt(given.to_numpy(object), on_invalid="ignore")
    kinds = ("Polygon", "MultiPolygon")
    wrong = [
        str(name)
        for name, text, shape in zip(table["region"], given, shapes, strict=True)
        if text and (shape is None or shape.geom_type not in kinds or not _in_degrees(shape))
    ]
    told = "give a polygon as WKT, longitude before latitude, or leave it empty"
    return [f"outline_wkt of {', '.join(wrong)}: {told}"] if wrong else []


def _in_degrees(shape: Any) -> bool:
    west, south, east, north = shape.bounds
    return bool(-180 <= west <= east <= 180 and -90 <= south <= north <= 90)


def _reconciled(pollutant: str, cells: dict, totals: pd.DataFrame) -> dict[str, object]:
    given = float(cells[f"{pollutant}_kt_yr"])
    modelled = totals.loc[pollutant].to_dict() if pollutant in totals.index else {}
    difference = given - modelled.get("modelled_kt_yr", 0.0)
    note = cells.get(f"{pollutant}_note")
    return {
        "pollutant": pollutant,
        "table1_kt_yr": given,
        "table1_rank": cells.get(f"{pollutant}_rank"),
        "low_kt_yr": modelled.get("low_kt_yr", 0.0),
        "modelled_kt_yr": modelled.get("modelled_kt_yr", 0.0),
        "high_kt_yr": modelled.get("high_kt_yr", 0.0),
        "not_located_kt_yr": difference,
        "reading": note if isinstance(note, str) and note else _in_words(difference),
    }


def _in_words(difference: float) -> str:
    if difference >= 0:
        return "the rest is not located and not modelled"
    return "the plants modelled here emit more than this table has: it cannot hold all of them"
