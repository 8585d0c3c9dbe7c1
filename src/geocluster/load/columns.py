"""Columns of a table that was read: their types, what fills a gap, and faults beyond ranges."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import TableError
from geocluster.load.mending import mend_geometry
from geocluster.tables import (
    EMISSION_COLUMN,
    RANGE_COLUMN,
    TABLES,
    check_table,
    rows_in_words,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

GEOMETRY_OF = {
    "point": ("Point",),
    "volume": ("Point", "Polygon", "MultiPolygon"),
    "area": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "flare": ("Point",),
}
SHORT_NAMES = "; a shapefile cuts names at 10 letters: use a GeoPackage"


def checked(table: gpd.GeoDataFrame, kind: str, where: str) -> gpd.GeoDataFrame:
    """The table with the types of its kind, after every check; all faults are raised at once.

    Identifiers written as whole numbers become text, 0 and 1 become false and true, columns of
    numbers become floats, and geometry is mended.

    Raises
    ------
    TableError
        With every fault.
    """
    table = _with_plain_types(table, kind)
    there = table.geometry.notna()
    faults = _source_faults(table) if kind == "sources" else []
    if kind == "homes":
        wrong = ~table.geometry.geom_type.isin(["Polygon", "MultiPolygon", "GeometryCollection"])
        faults += _row_faults(
            wrong & there, "no polygon", "homes are areas; points of towns go to towns"
        )
    try:
        check_table(table, kind, where)
    except TableError as error:
        faults = error.faults + faults
    if faults:
        cut = Path(where).suffix.lower() in (".shp", ".zip") and "missing" in " ".join(faults)
        faults[-1] += SHORT_NAMES if cut else ""
        raise TableError(where, faults)
    return mend_geometry(_with_numbers(table, kind), where)


def filled(table: gpd.GeoDataFrame, **defaults: str) -> gpd.GeoDataFrame:
    """The table with text where a column, or a value of it, is missing."""
    for name, value in defaults.items():
        table[name] = table[name].fillna(value) if name in table else value
    return table


def source_ids(table: gpd.GeoDataFrame) -> np.ndarray:
    """Identifiers of sources, made from name, type and place where they are missing.

    A made one does not depend on the order of rows; sources alike in all three are counted on.
    """
    import numpy as np

    given = table["source_id"] if "source_id" in table else [None] * len(table)
    point = table.geometry.representative_point().to_crs("EPSG:4326")
    name, kind = (table.get(column, [""] * len(table)) for column in ("name", "source_type"))
    taken = {value for value in given if isinstance(value, str)}
    ids = []
    for value, *what in zip(given, name, kind, point.x, point.y, strict=True):
        ids.append(value if isinstance(value, str) else _made_id(what, taken))
        taken.add(ids[-1])
    return np.array(ids, dtype=object)


def _made_id(what: list, taken: set[str]) -> str:
    name, kind, longitude, latitude = what
    text = f"{name}|{kind}|{longitude:.5f}|{latitude:.5f}"
    base = "s" + hashlib.sha256(text.encode()).hexdigest()[:8]
    made, count = base, 1
    while made in taken:
        count += 1
        made = f"{base}-{count}"
    return made


def _with_plain_types(table: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Text and numbers where they belong: an identifier 7 is the text 7."""
    import pandas as pd

    table = table.copy()
    for name in table.columns:
        if _is_number(str(name), kind) and pd.api.types.is_string_dtype(table[name].dtype):
            table[name] = _numbers_in_text(table[name])
    for column in TABLES[kind]:
        if column.kind is not str or column.name not in table:
            continue
        values = table[column.name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            whole = values.dropna()
            if (whole == whole.round()).all():
                table[column.name] = values.astype("Int64").astype("str").where(values.notna())
    return table


def _is_number(name: str, kind: str) -> bool:
    """Whether a column of a kind of table holds numbers."""
    if kind == "sources" and (EMISSION_COLUMN.match(name) or RANGE_COLUMN.match(name)):
        return True
    return any(column.name == name and column.kind is float for column in TABLES[kind])


def _numbers_in_text(values: pd.Series) -> pd.Series:
    """Numbers where text says one and nothing else; the rest stays as it is, to be told."""
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    return values.astype(object).where(numbers.isna(), numbers.astype(object))


def _with_numbers(table: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    for name in map(str, table.columns):
        if _is_number(name, kind):
            table[name] = _floats(table[name])
    for column in TABLES[kind]:
        if column.kind is bool and column.name in table:
            true = ("True", "1", "1.0")
            table[column.name] = [str(value) in true for value in table[column.name]]
    return table


def _floats(values: pd.Series) -> np.ndarray:
    import numpy as np

    return values.to_numpy(dtype=float, na_value=np.nan)


def _source_faults(table: gpd.GeoDataFrame) -> list[str]:
    faults = []
    if not any(EMISSION_COLUMN.match(str(name)) for name in table.columns):
        faults.append("no emission column: add emission_<pollutant>_g_s, such as emission_so2_g_s")
    if "source_id" in table:
        doubled = table["source_id"].duplicated(keep=False) & table["source_id"].notna()
        faults += _row_faults(doubled, "column 'source_id': the same value", "make each different")
    types = table["source_type"].fillna("point") if "source_type" in table else "point"
    for kind, allowed in GEOMETRY_OF.items():
        wrong = (types == kind) & table.geometry.notna() & ~table.geometry.geom_type.isin(allowed)
        faults += _row_faults(wrong, f"{kind} sources", f"their geometry must be {allowed[0]}")
    return faults


def _row_faults(wrong: pd.Series, what: str, advice: str) -> list[str]:
    rows = [int(i) + 1 for i in wrong.to_numpy().nonzero()[0]]
    return [f"{what} in {rows_in_words(rows)}: {advice}"] if rows else []
