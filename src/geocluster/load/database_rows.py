"""The rows of a table or query of a database: looked over first, then read.

Every name is quoted by SQLAlchemy, and every statement has a parameter, so that the server itself
takes one statement and no more.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as ProjCRSError

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.delimited import declared_crs

if TYPE_CHECKING:
    from geocluster.load.database_address import DatabaseTable

# Tables up to this size are read whole: what lies outside is then told by name, as of a file.
WHOLE_ROWS = 50_000
BOX_MARGIN = 0.01
ROWS_AT_ONCE = 20_000
SIMPLE = ("POINT", "LINESTRING", "POLYGON")
PLAIN = {*SIMPLE, *(f"MULTI{kind}" for kind in SIMPLE), "GEOMETRYCOLLECTION"}
CURVED = {"CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE"}
PADDED_TEXT = 1042  # PostgreSQL's type char(n), whose blanks at the end mean nothing
PLAIN_VALUES = ("string", "boolean", "empty", "integer", "floating", "mixed-integer-float")
SPATIAL_TYPES = """
select oid, typname from pg_catalog.pg_type where typname in ('geometry', 'geography')
"""
READABLE = """
select nspname, relname from pg_catalog.pg_class
join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
where relkind = any('{r,p,v,m,f}') and nspname not in ('pg_catalog', 'information_schema')
    and has_table_privilege(pg_class.oid, 'select') limit :most
"""
KEY_COLUMNS = """
select attname from pg_catalog.pg_index
join pg_catalog.pg_attribute on attrelid = indrelid and attnum = any(indkey)
where indisprimary and indrelid = to_regclass(:name)
order by array_position(indkey::int2[], attnum)
"""
KNOWN_CRS = "select auth_name, auth_srid, srtext from spatial_ref_sys where srid = :srid"


class _Geometry(sa.types.UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry"


@dataclass(frozen=True)
class _Columns:
    """The columns of a table or query; `shape` is the one of geometry that is read, if any."""

    names: list[str]
    padded: set[str]
    shape: str | None
    is_geography: bool


@dataclass(frozen=True)
class _Shapes:
    """What the geometries of some rows are: how many of which SRID and type."""

    srids: set[int]
    kinds: dict[str, int]
    rows: int


def rows_of(
    connection: sa.Connection, source: DatabaseTable, crs: object
) -> gpd.GeoDataFrame | pd.DataFrame:
    """The rows, see `geocluster.load.database.read_database`."""
    _check_there(connection, source)
    columns = _columns(connection, source)
    rows = _from(source, columns)
    asked = sa.select(*_plain(rows, columns)).limit(source.max_rows)
    asked = asked.order_by(*(rows.c[name] for name in _key(connection, source, columns)))
    if columns.shape is None:
        _check_count(connection, source, rows)
        return _with_plain_values(pd.read_sql(asked, connection))
    shape = rows.c[columns.shape]
    if columns.is_geography:
        shape = sa.cast(shape, _Geometry())
    found = _shapes(connection, source, rows, shape)
    declared, srid = _crs_of(connection, source, found.srids, crs)
    if source.near is not None and found.rows > WHOLE_ROWS:
        near = _near(source, shape, declared, srid)
        if near is not None:
            whole, found = found, _shapes(connection, source, rows, shape, near)
            asked = asked.where(near)
            _tell_far(source, found.rows, whole.rows)
    _check_number(source, found.rows)
    drawn = sa.func.st_curvetoline(shape) if _has_curves(source, found.kinds) else shape
    plain = sa.func.st_asbinary(sa.func.st_force2d(drawn))
    asked = asked.add_columns(plain.label(columns.shape))
    parts = gpd.read_postgis(  # type: ignore[call-overload]  # a statement of SQLAlchemy, too
        asked,
        connection.execution_options(stream_results=True),  # by a cursor of the server
        geom_col=columns.shape,
        crs=declared,
        chunksize=ROWS_AT_ONCE,
    )
    return _with_plain_values(_joined(list(parts)))


def _joined(parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The parts as one, with the types that it would have were it read at once."""
    if len(parts) == 1:
        return parts[0]
    shape, crs = parts[0].geometry.name, parts[0].crs
    whole = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True).infer_objects()
    return gpd.GeoDataFrame(whole, geometry=shape, crs=crs)


def _quoted(connection: sa.Connection, table: tuple[str, str]) -> str:
    quote = connection.dialect.identifier_preparer.quote_identifier
    return ".".join(quote(part) for part in table if part)


def _check_there(connection: sa.Connection, source: DatabaseTable) -> None:
    """An error for a table that is not there, with the one whose name is nearest."""
    if source.table is None:
        return
    asked = {"name": _quoted(connection, source.table)}
    if connection.execute(sa.text("select to_regclass(:name)"), asked).scalar() is not None:
        return
    found = connection.execute(sa.text(READABLE), {"most": 10_000}).all()
    names = [f"{schema}.{name}" for schema, name in found]
    schema, name = source.table
    near = difflib.get_close_matches(f"{schema or 'public'}.{name}", names, n=1, cutoff=0.6)
    near = near or [one for one in names if one.rpartition(".")[2].lower() == name.lower()]
    hint = f"did you mean '{near[0]}'?" if near else "check schema and name, and the right to read"
    raise InputError(
        str(source), f"there is no such table for this user, spelled as in the database: {hint}"
    )


def _from(source: DatabaseTable, columns: _Columns | None = None) -> Any:
    """What stands after FROM: a table by its quoted name, or the query within brackets."""
    names = [] if columns is None else [*columns.names, *filter(None, [columns.shape])]
    listed: list[Any] = [sa.column(sa.quoted_name(name, True)) for name in names]
    if source.table is None:
        text = sa.text(re.sub(":", r"\\:", str(source.query)) + "\n")  # a comment may end it
        return text.columns(*listed).subquery("q")
    schema, name = source.table
    quoted = sa.quoted_name(schema, True) if schema else None
    return sa.table(sa.quoted_name(name, True), *listed, schema=quoted)


def _columns(connection: sa.Connection, source: DatabaseTable) -> _Columns:
    """The columns, as the server describes a result without rows."""
    spatial = {row.oid: row.typname for row in connection.execute(sa.text(SPATIAL_TYPES))}
    result = connection.execute(sa.select(sa.text("*")).select_from(_from(source)).limit(0))
    described = [(str(column[0]), column[1]) for column in result.cursor.description or ()]
    names = [name for name, _ in described]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InputError(str(source), f"column '{doubled[0]}' stands there twice: rename one by AS")
    shapes = {name: spatial[oid] for name, oid in described if oid in spatial}
    shape = _chosen(source, list(shapes))
    if shape is not None and shape != "geometry" and "geometry" in names:
        raise InputError(str(source), "a column 'geometry' is there beside the one to read: rename")
    return _Columns(
        [name for name in names if name not in shapes],
        {name for name, oid in described if oid == PADDED_TEXT},
        shape,
        shapes.get(shape or "") == "geography",
    )


def _chosen(source: DatabaseTable, shapes: list[str]) -> str | None:
    held = ", ".join(shapes) or "none"
    if source.geometry is not None and source.geometry not in shapes:
        raise InputError(
            str(source), f"there is no column '{source.geometry}' of geometry: it holds {held}"
        )
    if source.geometry is None and len(shapes) > 1:
        raise InputError(
            str(source), f"it holds {len(shapes)} columns of geometry, choose by geometry: {held}"
        )
    return source.geometry or (shapes[0] if shapes else None)


def _plain(rows: Any, columns: _Columns) -> list[Any]:
    """The columns besides geometry, without the blanks that fill up char(n)."""
    return [
        sa.cast(rows.c[name], sa.Text).label(name) if name in columns.padded else rows.c[name]
        for name in columns.names
    ]


def _key(connection: sa.Connection, source: DatabaseTable, columns: _Columns) -> list[str]:
    """The primary key of a table, as far as it is read; a query has an order of its own."""
    if source.table is None:
        return []
    asked = {"name": _quoted(connection, source.table)}
    found = connection.execute(sa.text(KEY_COLUMNS), asked).scalars()
    return [key for key in found if key in columns.names]


def _shapes(
    connection: sa.Connection, source: DatabaseTable, rows: Any, shape: Any, near: Any = None
) -> _Shapes:
    """The geometries of all rows, or of those near by; of at most one row more than is read."""
    inner = sa.select(shape.label("g")).select_from(rows).limit(source.max_rows + 1)
    g = (inner if near is None else inner.where(near)).subquery("g").c.g
    kinds = (sa.func.st_srid(g).label("srid"), sa.func.geometrytype(g).label("kind"))
    counted = sa.select(*kinds, sa.func.count()).group_by("srid", "kind")
    found = [tuple(row) for row in connection.execute(counted)]
    of_kind: dict[str, int] = {}
    for _, kind, count in found:
        if kind is not None:
            plain = kind.removesuffix("M")  # with a measure
            of_kind[plain] = of_kind.get(plain, 0) + count
    srids = {srid for srid, _, _ in found if srid is not None}
    return _Shapes(srids, of_kind, sum(count for *_, count in found))


def _check_count(connection: sa.Connection, source: DatabaseTable, rows: Any) -> None:
    one = sa.select(sa.literal(1).label("one")).select_from(rows).limit(source.max_rows + 1)
    counted = sa.select(sa.func.count()).select_from(one.subquery("counted"))
    _check_number(source, int(connection.execute(counted).scalar_one()))


def _check_number(source: DatabaseTable, rows: int) -> None:
    if rows > source.max_rows:
        raise InputError(
            str(source),
            f"more than {source.max_rows:,} rows: choose fewer by a query, or raise max_rows",
        )


def _crs_of(
    connection: sa.Connection, source: DatabaseTable, srids: set[int], crs: object
) -> tuple[CRS, int]:
    """The reference system of geometries and its SRID."""
    name = str(source)
    if len(srids) > 1:
        listed = ", ".join(map(str, sorted(srids)))
        raise CRSError(name, f"several SRIDs in one column ({listed}): bring them to one")
    srid = next(iter(srids), 0)
    if srid == 0:
        if crs is None and srids:
            raise CRSError(name, "its geometry has SRID 0, no reference system: give crs")
        return declared_crs("EPSG:4326" if crs is None else crs, name), 0
    row = connection.execute(sa.text(KNOWN_CRS), {"srid": srid}).one_or_none()
    for text in (f"{row[0]}:{row[1]}", row[2]) if row else ():
        try:
            return CRS.from_user_input(text), srid
        except ProjCRSError:
            continue
    raise CRSError(name, f"its SRID {srid} is unknown: transform it by a query (ST_Transform)")


def _near(source: DatabaseTable, shape: Any, crs: CRS, srid: int) -> Any:
    """The condition that a row is about the region, or has no geometry; None if no box can say."""
    assert source.near is not None
    region, reach_m = source.near
    left, bottom, right, top = region.boundary.bounds
    margin = reach_m + BOX_MARGIN * max(right - left, top - bottom, reach_m)
    there = Transformer.from_crs(region.crs, crs, always_xy=True)
    box = there.transform_bounds(
        left - margin, bottom - margin, right + margin, top + margin, densify_pts=51
    )
    if not np.isfinite(box).all() or box[0] >= box[2]:  # across the 180th meridian, for one
        return None
    frame = sa.func.st_makeenvelope(*map(float, box), srid)
    return sa.or_(shape.is_(None), shape.op("&&")(frame))


def _tell_far(source: DatabaseTable, read: int, whole: int) -> None:
    assert source.near is not None
    region, reach_m = source.near
    of = f"{whole - read} of {whole}" if whole <= source.max_rows else f"all but {read}"
    if whole > read:
        message = (
            f"{source}: {of} rows not read, empty or more than {reach_m / 1000:g} km outside "
            f"{region.name}"
        )
        warnings.warn(message, MendedWarning, stacklevel=6)


def _has_curves(source: DatabaseTable, kinds: dict[str, int]) -> bool:
    """Whether there are curves, which are counted; other geometry than plain is an error."""
    unknown = [f"{count} {kind}" for kind, count in kinds.items() if kind not in PLAIN | CURVED]
    if unknown:
        raise InputError(
            str(source), f"geometry that is not read: {', '.join(unknown)}; convert it by a query"
        )
    curves = sum(count for kind, count in kinds.items() if kind in CURVED)
    if curves:
        message = f"{source}: {curves} curves drawn as lines, as PostGIS does (ST_CurveToLine)"
        warnings.warn(message, MendedWarning, stacklevel=6)
    return bool(curves)


def _with_plain_values(table: gpd.GeoDataFrame | pd.DataFrame) -> Any:
    """The table with text for what is neither number, text nor truth: a JSON, a date, a UUID."""
    for name in table.columns:
        values = table[name]
        if pd.api.types.is_timedelta64_dtype(values.dtype):
            values = values.astype(object)
        if values.dtype != object:
            continue
        kind = pd.api.types.infer_dtype(values, skipna=True)
        if kind == "decimal":
            table[name] = values.astype(float)
        elif kind not in PLAIN_VALUES:
            table[name] = [None if _is_null(value) else _as_text(value) for value in values]
    return table


def _as_text(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _is_null(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def rows_hash(table: gpd.GeoDataFrame | pd.DataFrame) -> str:
    """SHA-256 of the rows, whatever their order.

    Examples
    --------
    >>> one = pd.DataFrame({"kind": ["road", "rail"], "width_m": [8.0, 3.0]})
    >>> rows_hash(one) == rows_hash(one[::-1]), rows_hash(one) == rows_hash(one.assign(width_m=1))
    (True, False)
    """
    columns = {}
    for name in table.columns:
        values = table[name]
        if isinstance(values.dtype, gpd.array.GeometryDtype):
            wkb = shapely.to_wkb(values.to_numpy(), hex=True)
            columns[name] = pd.Series(wkb, index=table.index, dtype=object).fillna("")
        else:
            columns[name] = values
    plain = pd.DataFrame(columns)
    rows = np.sort(pd.util.hash_pandas_object(plain, index=False).to_numpy())
    head = "\n".join(map(str, plain.columns)).encode()
    return hashlib.sha256(head + rows.astype("<u8").tobytes()).hexdigest()
