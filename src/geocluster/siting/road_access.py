"""Places on the road network: where shapes reach it, and the times from there along it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geocluster.load.roads import LEAST_MINUTES, SMALL_ISLAND, RoadGraph, quickest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# From a node of the roads one looks so far for a target beside them.
BESIDE_M = 2_000.0


class Access(NamedTuple):
    """Where shapes reach the roads: on which edge, how far along it, and how far off. [m]"""

    edge: np.ndarray
    along_m: np.ndarray
    away_m: np.ndarray


class Doors(NamedTuple):
    """Points of the roads from which targets are reached, and the minutes from there."""

    access: Access
    minutes: np.ndarray


def doors(graph: RoadGraph, targets: np.ndarray, km_h: float) -> Doors:
    """Where roads come near targets: the nearest point, crossings, and nodes beside them."""
    import shapely

    snapped = nearest_road(graph, targets)
    outline = np.where(shapely.get_dimensions(targets) == 2, shapely.boundary(targets), targets)
    shape, edge = graph.tree.query(outline, predicate="intersects")
    meeting = shapely.intersection(graph.lines[edge], outline[shape])
    xy, pair = shapely.get_coordinates(meeting, return_index=True)
    crossed = edge[pair]
    at = shapely.line_locate_point(graph.lines[crossed], shapely.points(xy))
    nodes = np.asarray(shapely.points(graph.x, graph.y))
    node, _, away = nearest(targets, nodes, BESIDE_M)
    node_edge, node_at = _edge_of_nodes(graph)
    known = node_edge[node] >= 0
    node, away = node[known], away[known]
    access = Access(
        np.r_[snapped.edge, crossed, node_edge[node]],
        np.r_[snapped.along_m, at, node_at[node]],
        np.r_[snapped.away_m, np.zeros(len(at)), away],
    )
    return Doors(access, access.away_m / 1000 / km_h * 60)


def _edge_of_nodes(graph: RoadGraph) -> tuple[np.ndarray, np.ndarray]:
    """An edge that begins or ends at each node, and how far along it the node lies."""
    edge, at = np.full(len(graph.x), -1), np.zeros(len(graph.x))
    number = np.arange(len(graph.lines))
    edge[graph.end], at[graph.end] = number, graph.length_m
    edge[graph.start], at[graph.start] = number, 0.0
    return edge, at


def nearest_road(graph: RoadGraph, shapes: np.ndarray) -> Access:
    """The nearest point of the nearest road to each shape; parts of a few roads do not count."""
    import shapely

    length = np.bincount(graph.island[graph.start], graph.length_m)
    usable = np.flatnonzero((length >= SMALL_ISLAND * length.sum())[graph.island[graph.start]])
    shape, found, away = nearest(graph.lines[usable], shapes)
    edge = usable[found]
    line = shapely.shortest_line(graph.lines[edge], shapes[shape])
    at = shapely.line_locate_point(graph.lines[edge], shapely.get_point(line, 0))
    return Access(edge, at, away)


def nearest(
    among: np.ndarray, shapes: np.ndarray, within_m: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each shape the nearest of others: numbers of both, and the distance. [m]"""
    import shapely

    (shape, found), away = shapely.STRtree(among).query_nearest(
        shapes, max_distance=within_m, return_distance=True, all_matches=False
    )
    return shape, found, away


def arriving(
    graph: RoadGraph, placed: Placed, minutes: np.ndarray, places: np.ndarray, km_h: float
) -> np.ndarray:
    """Minutes at each place from those at the nodes."""
    if not len(places):
        return np.empty(0)
    access = nearest_road(graph, places)
    return placed.at(minutes, access) + access.away_m / 1000 / km_h * 60


class Placed(NamedTuple):
    """The roads with points of ours as nodes of their own, after the graph's.

    `key` sorts all nodes by edge and by place along it, so that the neighbours of any place on an
    edge are found by one search.
    """

    matrix: csr_array
    number: np.ndarray
    key: np.ndarray
    node: np.ndarray
    along_m: np.ndarray
    pace: np.ndarray
    stride: float

    @classmethod
    def of(cls, graph: RoadGraph, points: Access) -> Placed:
        """The graph with these points on its edges."""
        edges, count = np.arange(len(graph.lines)), len(points.edge)
        number = len(graph.x) + np.arange(count)
        edge = np.r_[edges, points.edge, edges]
        along = np.r_[np.zeros(len(edges)), points.along_m, graph.length_m]
        node = np.r_[graph.start, number, graph.end]
        rank = np.r_[np.zeros(len(edges)), np.ones(count), np.full(len(edges), 2)]
        order = np.lexsort((rank, along, edge))
        edge, along, node = edge[order], along[order], node[order]
        pace = graph.minutes / graph.length_m
        chained = np.flatnonzero(edge[1:] == edge[:-1])
        step = (along[chained + 1] - along[chained]) * pace[edge[chained]]
        matrix = quickest(
            node[chained], node[chained + 1], np.maximum(step, LEAST_MINUTES), len(graph.x) + count
        )
        stride = float(graph.length_m.max()) * 2 + 1
        return cls(matrix, number, edge * stride + along, node, along, pace, stride)

    def at(self, minutes: np.ndarray, where: Access) -> np.ndarray:
        """Minutes at places on edges, (..., place), from those at the nodes, (..., node)."""
        after = np.searchsorted(self.key, where.edge * self.stride + where.along_m)
        first = np.searchsorted(self.key, where.edge * self.stride)
        last = np.searchsorted(self.key, (where.edge + 0.5) * self.stride) - 1
        before, after = np.clip(after - 1, first, last), np.clip(after, first, last)
        pace = self.pace[where.edge]
        ways = [
            minutes[..., self.node[row]] + np.abs(self.along_m[row] - where.along_m) * pace
            for row in (before, after)
        ]
        return np.minimum(*ways)

    def from_all(self, minutes: np.ndarray) -> np.ndarray:
        """The least minutes at each node from any of the points, which begin with some."""
        return self.from_nodes(self.number, minutes)

    def from_nodes(self, nodes: np.ndarray, minutes: np.ndarray) -> np.ndarray:
        """The least minutes at each node from any of these, which begin with some."""
        from scipy.sparse import block_array, csr_array
        from scipy.sparse.csgraph import dijkstra

        size = self.matrix.shape[0]
        begin = csr_array(
            (np.maximum(minutes, LEAST_MINUTES), (np.zeros(len(nodes), int), nodes)),
            shape=(1, size),
        )
        whole = block_array([[self.matrix, None], [begin, csr_array((1, 1))]], format="csr")
        return np.asarray(dijkstra(whole, indices=size)[:size])
