"""From areas and lines in a table to the plain arrays that the kernel of areas reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.plume import area
from geocluster.plume.areas import Areas
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

SHAPES = {  # shapely's numbers of kinds
    "area": ((3, 6), "polygon"),
    "line": ((1, 5), "line"),
}
MOST_CORNERS = 128  # so many vertices of an area, those that turn most, cut the quadrature


def area_arrays(
    sources: gpd.GeoDataFrame, rows: NDArray, pollutants: Sequence[str], urban: NDArray
) -> Areas:
    """The arrays of area and line sources; lines become polygons of their width.

    Parameters
    ----------
    sources : GeoDataFrame
        The whole table, in metres.
    rows : ndarray of int
        Which rows of it are of type area or line.
    pollutants : sequence of str
        The order of the emissions.
    urban : ndarray of bool
        A flag a row of `sources`.

    Raises
    ------
    TableError
        Where a geometry is of the wrong kind, empty, or invalid; every row named.
    """
    chosen = sources.iloc[rows]
    polygons = _polygons(chosen, rows)
    table = np.zeros((len(chosen), area.AREA_COLUMNS))
    edges, ends = [], [0]
    for row, polygon in enumerate(polygons):
        x0, y0, x1, y1 = polygon.bounds
        table[row, area.X], table[row, area.Y] = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
        own = _edges(polygon, table[row, area.X], table[row, area.Y])
        table[row, area.RADIUS] = np.hypot(own[:, area.X0], own[:, area.Y0]).max()
        edges.append(own)
        ends.append(ends[-1] + len(own))
    table[:, area.HEIGHT] = chosen["release_height_m"].to_numpy(dtype=float)
    if "initial_sigma_z_m" in chosen:
        spread = chosen["initial_sigma_z_m"].fillna(0.0).to_numpy(dtype=float)
        table[:, area.SIGMA_Z0] = spread
    table[:, area.URBAN] = urban[rows]
    rates = [chosen[f"emission_{name}_g_s"].to_numpy(dtype=float) for name in pollutants]
    sizes = np.array([polygon.area for polygon in polygons])
    density = np.ascontiguousarray(np.column_stack(rates) / sizes[:, None])
    spans = np.column_stack([ends[:-1], ends[1:]]).astype(np.int64)
    return Areas(table, np.concatenate(edges), spans, density, rows)


def _polygons(chosen: gpd.GeoDataFrame, rows: NDArray) -> list[Any]:
    """A valid polygon a row, or every fault at once; `rows` counts them in the whole table."""
    import shapely

    geometry = np.array(chosen.geometry.to_numpy())
    types = chosen["source_type"].to_numpy(dtype=object)
    kinds = shapely.get_type_id(geometry)
    faults = []
    for kind, (allowed, words) in SHAPES.items():
        wrong = (types == kind) & ~np.isin(kinds, allowed)
        if wrong.any():
            faults.append(
                f"geometry in {_named(rows[wrong])}: a source of type {kind} needs a {words}"
            )
    line = types == "line"
    if line.any():
        width = np.where(line, chosen["width_m"].to_numpy(dtype=float), 1.0)
        if not (width > 0.0).all():
            faults.append(f"column 'width_m' is 0 in {_named(rows[width <= 0.0])}: give metres")
        if not faults:
            geometry[line] = shapely.buffer(
                geometry[line], 0.5 * width[line], cap_style="flat", join_style="mitre",
                mitre_limit=2.0,
            )  # fmt: skip
    if not faults:
        broken = ~shapely.is_valid(geometry) | ~(shapely.area(geometry) > 0.0)
        if broken.any():
            faults.append(f"geometry in {_named(rows[broken])} is no valid shape with an area")
    if faults:
        raise TableError("sources", faults)
    return list(geometry)


def _named(rows: NDArray) -> str:
    return rows_in_words([int(row) + 1 for row in rows])


def _edges(polygon: Any, x: float, y: float) -> NDArray:
    """Edges about (x, y) that keep the polygon on their left: shells one way round, holes another.

    Each has its two ends, and whether it starts at a corner.
    """
    from shapely.geometry.polygon import orient

    parts = polygon.geoms if polygon.geom_type == "MultiPolygon" else [polygon]
    rings = []
    for part in map(orient, parts):
        for ring in (part.exterior, *part.interiors):
            points = np.asarray(ring.coords)[:, :2] - (x, y)
            points = points[:-1][np.any(np.diff(points, axis=0) != 0.0, axis=1)]
            rings.append(_ring_edges(points))
    edges = np.concatenate(rings)
    turns = edges[:, area.CORNER]
    least = np.sort(turns)[-min(MOST_CORNERS, turns.size)]
    edges[:, area.CORNER] = (turns >= least) & (turns > 1e-6)
    return edges


def _ring_edges(points: NDArray) -> NDArray:
    """Edges from each point to the next, and by how much the ring turns where they start."""
    following, before = np.roll(points, -1, axis=0), np.roll(points, 1, axis=0)
    out, into = following - points, points - before
    turn = np.arctan2(into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0], (into * out).sum(axis=1))
    return np.column_stack([points, following, np.abs(turn)])
