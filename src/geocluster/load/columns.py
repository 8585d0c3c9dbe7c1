"""Columns of a table that was read: their types, what fills a gap, and faults beyond ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import TableError
from geocluster.load.assumed import with_assumed
from geocluster.load.mending import mend_geometry
from geocluster.load.units import in_our_units, known_units
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
SHORT_NAMES = (
    "; a shapefile cuts names at 10 letters: say what they are by columns, or use a GeoPackage"
)


def checked(
    table: gpd.GeoDataFrame,
    kind: str,
    where: str,
    rename: Mapping[str, str] | None = None,
    assumed: Mapping[str, float] | None = None,
) -> gpd.GeoDataFrame:
    """The table with the units and types of its kind, after every check; all faults at once.

    Figures in another unit that their column names are converted, gaps are filled with what is
    assumed, identifiers written as whole numbers become text, 0 and 1 become false and true,
    columns of numbers become floats, and geometry is mended. Faults bear the file's own names of
    columns, as `rename` has them.

    Raises
    ------
    TableError
        With every fault.
    """
    table, unit_faults, converted, unknown = in_our_units(table, kind, where)
    names = dict(rename or {})
    names |= {ours: names.get(given, given) for ours, given in converted.items()}
    table = _with_plain_types(with_assumed(table, assumed, where), kind)
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
    told = [ours for ours, name in converted.items() if f"column '{name}': " in str(unit_faults)]
    gaps = tuple(f"column '{ours}': no value" for ours in told)
    faults = unit_faults + [fault for fault in faults if not fault.startswith(gaps or ("-",))]
    if faults:
        faults = [_in_their_words(_with_units(fault, unknown), names) for fault in faults]
        cut = Path(where).suffix.lower() in (".shp", ".zip") and "missing" in " ".join(faults)
        faults[-1] += SHORT_NAMES if cut else ""
        raise TableError(where, faults)
    return mend_geometry(_with_numbers(table, kind), where)


def _with_units(fault: str, unknown: Mapping[str, str]) -> str:
    """A fault of a unit with those that are known."""
    if "unknown unit; emissions are" in fault:
        return f"{fault}, or one of these units at its end: {known_units('emission_g_s')}"
    for ours, given in unknown.items():
        if fault.startswith(f"column '{ours}' is missing"):
            return f"{fault}; '{given}' is in no unit that is known: {known_units(ours)}"
    return fault


def _in_their_words(fault: str, names: Mapping[str, str]) -> str:
    """A fault with the name that the file has for a column, and ours behind it."""
    for ours, theirs in names.items():
        if ours != theirs and f"column '{ours}'" in fault:
            return fault.replace(f"column '{ours}'", f"column '{theirs}' ({ours})")
    return fault


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
