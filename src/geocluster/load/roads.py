"""The road network as a graph: how many minutes from where to where.

Roads are edges between nodes, which lie where roads end or share a vertex, as OpenStreetMap's do
at every junction; lines that cross without one do not join, since one passes over the other. An
end within a metre of another road joins it. Roads drawn by hand (origin "schematic") share no
vertices: they join where they cross, and where such roads end within 10 km of each other, as at
the rim of a city, a straight street joins the ends. Oneways are not known and not obeyed; a speed
is OpenStreetMap's `maxspeed` where the table has it, else that of the road's class, an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.load.road_noding import Noded, crossings, near_ends, noded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely
    from scipy.sparse import csr_array

NEAR_MISS_M = 1.0
STREET_M = 10_000.0
DRAWN = "schematic"
MAXSPEED = "maxspeed_km_h"
STREET, OTHER, OVERLAND = "street", "other", "overland"
SMALL_ISLAND = 0.01
# A road without length still takes a moment: a time of 0 would be no connection at all.
LEAST_MINUTES = 1e-9


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """Roads as nodes and edges, in both directions.

    Attributes
    ----------
    x, y : array (node)
        Where the nodes lie. [m]
    matrix : csr_array (node, node)
        Minutes from node to node along one edge, the quickest of parallel ones. [min]
    crs : pyproj.CRS or str or None
    origin : str
        Of the roads, several parted by ", ".
    lines : array of LineString (edge)
    start, end : array (edge)
        The nodes of each edge.
    minutes : array (edge)
        [min]
    road_class : array of str (edge)
    speeds : dict
        Class to speed, with those of "street" and "overland". [km/h]
    notes : tuple of str
        What was assumed, joined and left apart.
    """

    x: np.ndarray
    y: np.ndarray
    matrix: csr_array
    crs: Any
    origin: str
    lines: np.ndarray
    start: np.ndarray
    end: np.ndarray
    minutes: np.ndarray
    road_class: np.ndarray
    speeds: dict[str, float]
    notes: tuple[str, ...] = ()

    @cached_property
    def length_m(self) -> np.ndarray:
        """The length of each edge. [m]"""
        import shapely

        return np.asarray(shapely.length(self.lines))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The edges, for questions which of them is nearest."""
        import shapely

        return shapely.STRtree(self.lines)

    @cached_property
    def island(self) -> np.ndarray:
        """The number of the connected part that each node belongs to, the longest part first."""
        from scipy.sparse.csgraph import connected_components

        count, label = connected_components(self.matrix, directed=False)
        length = np.bincount(label[self.start], self.length_m, minlength=count)
        order = np.argsort(-length, kind="stable")
        number = np.empty(count, int)
        number[order] = np.arange(count)
        return number[label]


def road_graph(land: gpd.GeoDataFrame, *, speeds: Mapping[str, float] | None = None) -> RoadGraph:
    """The roads of a table of land as a graph of minutes.

    Parameters
    ----------
    land : GeoDataFrame
        Rows of kind "road" count; `class` as in ``load/road_speeds.csv`` (any other counts as
        "other"), optionally `maxspeed_km_h` and `origin`. In a metric reference system.
    speeds : mapping, optional
        Class to speed, in the place of the table's. [km/h]

    Returns
    -------
    RoadGraph
        Without nodes where there is no road.

    Raises
    ------
    TableError
        Where a speed is not above 0, or coordinates are degrees.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString
    >>> roads = gpd.GeoDataFrame(
    ...     {"kind": "road", "class": ["trunk", "tertiary"]},
    ...     geometry=[LineString([(0, 0), (8500, 0), (17000, 0)]),
    ...               LineString([(8500, 0), (8500, 2000)])],
    ...     crs="EPSG:32642",
    ... )
    >>> graph = road_graph(roads)
    >>> len(graph.x), graph.minutes.round(6).tolist()
    (4, [6.0, 6.0, 3.0])
    """
    import shapely

    known = read_speeds(speeds)
    if land.crs is not None and land.crs.is_geographic:
        raise TableError("roads", "coordinates in degrees: give land in a metric reference system")
    roads = land[land["kind"] == "road"]
    parts, row = shapely.get_parts(
        np.asarray(roads.geometry.values, dtype=object), return_index=True
    )
    kept = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    parts, row = parts[kept], row[kept]
    classes = _classes(roads, known)[row]
    drawn = _column(roads, "origin", "")[row] == DRAWN
    missed, crossed = None, None
    if len(parts):
        missed, crossed = near_ends(parts, NEAR_MISS_M), crossings(parts, drawn)
    cut = noded(parts, missed, crossed)
    speed = _speed(roads, known)[row][cut.line]
    streets = _streets(cut, drawn[cut.line])
    graph = assembled(
        cut.x,
        cut.y,
        np.concatenate([cut.pieces, streets.pieces]),
        np.r_[cut.start, streets.start],
        np.r_[cut.end, streets.end],
        np.r_[speed, np.full(len(streets.start), known[STREET])],
        np.r_[classes[cut.line], np.full(len(streets.start), STREET, dtype=object)],
        crs=land.crs,
        origin=", ".join(sorted({str(one) for one in _column(roads, "origin", "unknown")})),
        speeds=known,
    )
    counts = (
        len(np.unique(row)),
        0 if missed is None else len(missed.at),
        int(drawn.sum()),
        len(streets.start),
    )
    return noted(graph, _notes(roads, graph, *counts))


def read_speeds(speeds: Mapping[str, float] | None = None) -> dict[str, float]:
    """The speed of each class of road, from ``road_speeds.csv`` and what is given. [km/h]

    Examples
    --------
    >>> read_speeds({"trunk": 70})["trunk"], read_speeds()["overland"]
    (70.0, 5.0)
    """
    table = speed_table()
    known = dict(zip(table["class"], table["km_h"].astype(float), strict=True))
    given = {str(name): float(value) for name, value in (speeds or {}).items()}
    wrong = [f"{name} = {value:g}: above 0 is allowed" for name, value in given.items()
             if not value > 0]  # fmt: skip
    if wrong:
        raise TableError("speeds", wrong)
    return {**known, **given}


def speed_table() -> pd.DataFrame:
    """``road_speeds.csv``: class, km_h, source, grade. [km/h]"""
    from importlib.resources import files

    import pandas as pd

    with files("geocluster.load").joinpath("road_speeds.csv").open("rb") as file:
        return pd.read_csv(file)


def assembled(
    x: np.ndarray,
    y: np.ndarray,
    lines: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    speed_km_h: np.ndarray,
    road_class: np.ndarray,
    *,
    crs: Any,
    origin: str,
    speeds: dict[str, float],
    minutes: np.ndarray | None = None,
) -> RoadGraph:
    """A graph from nodes and edges; `minutes` where they are known, else length by speed."""
    import shapely

    if minutes is None:
        minutes = shapely.length(lines) / 1000 / speed_km_h * 60
    minutes = np.maximum(minutes, LEAST_MINUTES)
    return RoadGraph(
        x, y, quickest(start, end, minutes, len(x)), crs, origin, lines,
        start.astype(int), end.astype(int), minutes, road_class, speeds,
    )  # fmt: skip


def quickest(start: np.ndarray, end: np.ndarray, minutes: np.ndarray, nodes: int) -> csr_array:
    """The matrix of minutes in both directions, of parallel edges the quickest. [min]

    Examples
    --------
    >>> quickest(np.array([0, 0]), np.array([1, 1]), np.array([3.0, 2.0]), 2).toarray().tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    from scipy.sparse import csr_array

    row, column = np.r_[start, end].astype(int), np.r_[end, start].astype(int)
    value = np.r_[minutes, minutes]
    order = np.lexsort((value, column, row))
    row, column, value = row[order], column[order], value[order]
    kept = np.r_[True, (row[1:] != row[:-1]) | (column[1:] != column[:-1])][: len(row)]
    kept &= row != column
    return csr_array((value[kept], (row[kept], column[kept])), shape=(nodes, nodes))


def noted(graph: RoadGraph, notes: tuple[str, ...]) -> RoadGraph:
    """The graph with what is to be said of it, and of its islands."""
    from dataclasses import replace

    return replace(graph, notes=(*notes, *_island_notes(graph)))


def _streets(cut: Noded, drawn: np.ndarray) -> Noded:
    """Straight streets between ends of roads that were drawn by hand only to a city's rim."""
    import shapely
    from scipy.spatial import cKDTree

    none = np.empty(0, int)
    degree = np.bincount(np.r_[cut.start, cut.end], minlength=len(cut.x))
    by_hand = np.zeros(len(cut.x), bool)
    by_hand[cut.start[drawn]] = by_hand[cut.end[drawn]] = True
    ends = np.flatnonzero(by_hand & (degree == 1))
    if len(ends) < 2:
        return Noded(cut.x, cut.y, np.empty(0, object), none, none, none)
    xy = np.column_stack([cut.x, cut.y])
    pairs = ends[cKDTree(xy[ends]).query_pairs(STREET_M, output_type="ndarray")]
    lines = shapely.linestrings(xy[pairs]) if len(pairs) else np.empty(0, object)
    return Noded(cut.x, cut.y, lines, pairs[:, 0], pairs[:, 1], none)


def _classes(roads: gpd.GeoDataFrame, known: dict[str, float]) -> np.ndarray:
    given = _column(roads, "class", OTHER)
    return np.array([one if one in known else OTHER for one in given], dtype=object)


def _speed(roads: gpd.GeoDataFrame, known: dict[str, float]) -> np.ndarray:
    """The speed of each road: its own where it has one. [km/h]"""
    usual = np.array([known[name] for name in _classes(roads, known)], float)
    if MAXSPEED not in roads:
        return usual
    own = roads[MAXSPEED].to_numpy(float)
    return np.where(own > 0, own, usual)


def _column(table: gpd.GeoDataFrame, name: str, default: str) -> np.ndarray:
    if name not in table:
        return np.full(len(table), default, dtype=object)
    return table[name].astype(object).where(table[name].notna(), default).to_numpy()


def _notes(
    roads: gpd.GeoDataFrame, graph: RoadGraph, used: int, missed: int, drawn: int, streets: int
) -> tuple[str, ...]:
    if not len(graph.lines):
        return ("road graph: no roads are known",)
    own = int((roads[MAXSPEED].to_numpy(float) > 0).sum()) if MAXSPEED in roads else 0
    classes = ", ".join(sorted(set(graph.road_class) - {STREET}))
    limits = f"speeds are the limit of {own:,} roads, else assumed by class"
    notes = [
        f"road graph: {used:,} roads ({classes}), {graph.length_m.sum() / 1000:,.0f} km, "
        f"{len(graph.x):,} nodes; {limits if own else 'speeds are assumed by class'}; "
        "oneways and traffic are not known"
    ]
    if missed:
        notes.append(f"road graph: {missed} ends within {NEAR_MISS_M:g} m of another road joined")
    if len(roads) > used:
        notes.append(f"road graph: {len(roads) - used} roads that are no lines left out")
    if drawn:
        notes.append(
            f"road graph: {drawn} roads drawn by hand join wherever they cross"
            + (f", and by {streets} assumed streets where they end within "
               f"{STREET_M / 1000:g} km of each other" if streets else "")
        )  # fmt: skip
    return tuple(notes)


def _island_notes(graph: RoadGraph) -> list[str]:
    """How much hangs together; islands are never joined by a guess."""
    if not len(graph.lines) or graph.island.max() == 0:
        return []
    length = np.bincount(graph.island[graph.start], graph.length_m)
    share = length / length.sum()
    small = int((share < SMALL_ISLAND).sum())
    return [
        f"road graph: {len(length)} parts without a road between them, the largest has "
        f"{share[0]:.1%} of all kilometres, {small} have less than {SMALL_ISLAND:.0%} each; "
        "from one to another there is no way"
    ]
