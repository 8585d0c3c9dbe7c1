"""A road graph that was made elsewhere, such as by osmnx, as one of ours."""

from __future__ import annotations

from typing import Any

import numpy as np

from geocluster.errors import TableError
from geocluster.load.roads import OTHER, RoadGraph, assembled, noted, read_speeds


def road_graph_from(graph: Any, crs: Any = None) -> RoadGraph:
    """Take over a graph of networkx, as osmnx makes it.

    Of each edge the quicker way counts in both directions: oneways are not obeyed.

    Parameters
    ----------
    graph : networkx.MultiDiGraph or any graph of networkx
        Nodes with `x` and `y`; edges with `travel_time` [s], or `length` [m] and, where it is
        known, `speed_kph` or `highway`; optional `geometry`. Its reference system is
        ``graph.graph["crs"]``.
    crs : optional
        The metric reference system to bring it into; needed where the graph is in degrees.

    Returns
    -------
    RoadGraph
        `origin` is "given graph".

    Raises
    ------
    TableError
        Where nodes have no place, edges neither time nor length, or coordinates are degrees.

    Examples
    --------
    >>> class Graph:
    ...     graph = {"crs": "EPSG:32642"}
    ...     def nodes(self, data):
    ...         return [("a", {"x": 0, "y": 0}), ("b", {"x": 1000, "y": 0})]
    ...     def edges(self, data):
    ...         return [("a", "b", {"length": 1200, "travel_time": 90})]
    >>> road_graph_from(Graph()).minutes.tolist()
    [1.5]
    """
    import geopandas as gpd
    import shapely
    from pyproj import CRS

    nodes = list(graph.nodes(data=True))
    edges = list(graph.edges(data=True))
    if any("x" not in place or "y" not in place for _, place in nodes):
        raise TableError("road graph", "a node has no x and y: give each a place")
    own = graph.graph.get("crs")
    target = crs if crs is not None else own
    if target is not None and CRS.from_user_input(target).is_geographic:
        raise TableError("road graph", "in degrees: give crs, a metric reference system")
    number = {name: place for place, (name, _) in enumerate(nodes)}
    places = np.array([(place["x"], place["y"]) for _, place in nodes], float).reshape(-1, 2)
    start = np.array([number[one] for one, *_ in edges], int)
    end = np.array([number[other] for _, other, *_ in edges], int)
    lines = np.array(
        [
            data.get("geometry") or shapely.linestrings(places[[a, b]])
            for a, b, (*_, data) in zip(start, end, edges, strict=True)
        ],
        dtype=object,
    )
    points = gpd.GeoSeries(gpd.points_from_xy(*places.T), crs=own)
    shapes = gpd.GeoSeries(lines, crs=own)
    if own is not None and crs is not None:
        points, shapes = points.to_crs(crs), shapes.to_crs(crs)
    speeds = read_speeds()
    classes = np.array([_class(data, speeds) for *_, data in edges], dtype=object)
    made = assembled(
        points.x.to_numpy(), points.y.to_numpy(), np.asarray(shapes.values, object), start, end,
        np.empty(0), classes, crs=target, origin="given graph", speeds=speeds,
        minutes=np.array([_minutes(data, speeds) for *_, data in edges], float),
    )  # fmt: skip
    told = f"road graph: given, {len(nodes):,} nodes and {len(edges):,} edges; oneways not obeyed"
    return noted(made, (told,))


def _class(data: dict[str, Any], speeds: dict[str, float]) -> str:
    """The class of an edge; of several (osmnx joins ways) the first, of a slip road its road's."""
    highway = data.get("highway", OTHER)
    first = highway[0] if isinstance(highway, list | tuple) and highway else highway
    name = str(first).removesuffix("_link")
    return name if name in speeds else OTHER


def _minutes(data: dict[str, Any], speeds: dict[str, float]) -> float:
    """How long an edge takes. [min]"""
    if data.get("travel_time") is not None:
        return float(data["travel_time"]) / 60
    if data.get("length") is None:
        raise TableError("road graph", "an edge has neither travel_time nor length: give one")
    speed = data.get("speed_kph") or speeds[_class(data, speeds)]
    return float(data["length"]) / 1000 / float(speed) * 60
