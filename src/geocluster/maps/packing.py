"""Geometries and figures as short numbers: what a page has to carry of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geocluster.maps.text import clean

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

DEGREES = 1e5
POINT, LINE, POLYGON = 0, 1, 2


def to_lonlat(table: gpd.GeoDataFrame, crs: Any, tolerance_m: float = 0.0) -> gpd.GeoSeries:
    """The geometries in degrees, simplified before; a table without a CRS is in the region's."""
    series = table.geometry
    series = series.set_crs(crs) if series.crs is None else series
    if tolerance_m > 0:
        series = series.to_crs(crs).simplify(tolerance_m, preserve_topology=True)
    return series.to_crs("EPSG:4326")


def pack(geometry: BaseGeometry | None) -> list | None:
    """A geometry in degrees as [kind, parts]; whole 1e-5 degrees, each step from the last.

    The parts of points are [lon, lat, ...], of lines a list a line, of polygons a list of rings a
    polygon. None for what is empty or of no use on a map.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> pack(Point(69.25, 41.3))
    [0, [6925000, 4130000]]
    >>> pack(LineString([(69, 41), (69.001, 41), (69.001, 41.002)]))
    [1, [[6900000, 4100000, 100, 0, 0, 200]]]
    """
    if geometry is None or geometry.is_empty:
        return None
    parts = shapely.get_parts(shapely.get_parts(np.array([geometry])))
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    if polygons:
        rings = [[_steps(r.coords) for r in (p.exterior, *p.interiors)] for p in polygons]
        return [POLYGON, rings]
    lines = [part for part in parts if part.geom_type in ("LineString", "LinearRing")]
    if lines:
        return [LINE, [_steps(part.coords) for part in lines]]
    points = [part for part in parts if part.geom_type == "Point"]
    if points:
        return [POINT, _steps([(p.x, p.y) for p in points])]
    return None


def _steps(coordinates: Iterable) -> list[int]:
    whole = np.rint(np.asarray(coordinates, dtype=float)[:, :2] * DEGREES).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    moved = np.append(True, steps[1:].any(axis=1))
    return steps[moved].ravel().tolist()


def value(cell: object) -> object:
    """A table's cell as JSON can hold it: text cleaned, numbers to four digits that count.

    Examples
    --------
    >>> value(12345.678), value(float("nan")), value(True), value("a\\nb")
    (12350, None, 'yes', 'a b')
    """
    if isinstance(cell, (bool, np.bool_)):
        return "yes" if cell else "no"
    if isinstance(cell, (list, tuple, set, frozenset, np.ndarray)):
        return clean(", ".join(clean(item) for item in cell), 400)
    if isinstance(cell, (int, np.integer)):
        return int(cell)
    if isinstance(cell, (float, np.floating)):
        return _short(float(cell))
    return clean(cell, 400) or None


def _short(number: float) -> float | int | None:
    if not math.isfinite(number):
        return None
    if number == 0:
        return 0
    rounded = round(number, 3 - math.floor(math.log10(abs(number))))
    return int(rounded) if rounded == int(rounded) else rounded
