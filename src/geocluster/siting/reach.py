"""Minutes by road: to the nearest of some things, and how many people live within a time.

A way has three legs: from the place straight to the nearest point of the nearest road, along the
roads, and from a road straight to the target. Where no road is drawn one goes at the graph's speed
"overland" (5 km/h, on foot), from homes at that of a "street" (20 km/h), since small streets are
not drawn. Whoever is nearer on foot all the way walks, up to 5 km. Roads of parts with less than
1 % of all kilometres are not used to begin a way. What no road joins cannot be reached: inf, never
a guess. Oneways and traffic are not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.load.roads import LEAST_MINUTES, OVERLAND, STREET, RoadGraph, quickest
from geocluster.siting.road_access import (
    Access,
    Placed,
    arriving,
    doors,
    nearest,
    nearest_road,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

MAIN_ROADS = ("motorway", "trunk")
COMMUTE_MINUTES = (30, 60)
HOME_SPACING_M = 1_000.0
SITES_AT_ONCE = 128
# Farther than an hour on foot a straight way may well lead over water or a border.
WALK_M = 5_000.0


def travel_minutes(
    graph: RoadGraph,
    places: Any,
    targets: Any,
    *,
    place_km_h: float | None = None,
    target_km_h: float | None = None,
) -> np.ndarray:
    """The minutes from each place to the nearest of some targets.

    Parameters
    ----------
    graph : RoadGraph
        From `road_graph`.
    places, targets : GeoSeries, GeoDataFrame or array of shapes
        Points, lines or polygons in the graph's reference system. A place or target that is a
        line or polygon is reached at any point of it.
    place_km_h, target_km_h : float, optional
        Speed between place or target and road; the graph's "overland" unless given. [km/h]

    Returns
    -------
    array (place)
        inf where no road leads there; nan where there is no target at all. [min]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString, Point
    >>> from geocluster.load.roads import road_graph
    >>> roads = gpd.GeoDataFrame(
    ...     {"kind": ["road"], "class": ["trunk"]}, geometry=[LineString([(0, 0), (17000, 0)])]
    ... )
    >>> graph = road_graph(roads)
    >>> travel_minutes(graph, [Point(0, 500)], [Point(8500, 0)]).round(6).tolist()
    [12.0]
    """
    places, targets = _shapes(places), _shapes(targets)
    if not len(targets):
        return np.full(len(places), np.nan)
    overland = graph.speeds[OVERLAND]
    direct = _on_foot(places, targets, place_km_h or overland)
    if not len(graph.lines):
        return direct
    entered = doors(graph, targets, target_km_h or overland)
    placed = Placed.of(graph, entered.access)
    minutes = placed.from_all(entered.minutes)
    return np.minimum(direct, arriving(graph, placed, minutes, places, place_km_h or overland))


def minutes_to_road(
    graph: RoadGraph, places: Any, classes: Iterable[str] = MAIN_ROADS
) -> np.ndarray:
    """The minutes from each place to the nearest road of some classes, by other roads.

    Returns
    -------
    array (place)
        inf where none can be reached; nan where the graph has no road of these classes. [min]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString, Point
    >>> from geocluster.load.roads import road_graph
    >>> lines = [LineString([(0, 0), (9000, 0)]), LineString([(5000, 0), (5000, 4000)])]
    >>> graph = road_graph(
    ...     gpd.GeoDataFrame({"kind": "road", "class": ["trunk", "tertiary"]}, geometry=lines)
    ... )
    >>> minutes_to_road(graph, [Point(5000, 2000), Point(1000, 0)]).round(6).tolist()
    [3.0, 0.0]
    """
    from dataclasses import replace

    places = _shapes(places)
    wanted = np.isin(graph.road_class, list(classes))
    if not wanted.any():
        return np.full(len(places), np.nan)
    # Along such a road one has arrived already: it takes no more time.
    minutes = np.where(wanted, LEAST_MINUTES, graph.minutes)
    matrix = quickest(graph.start, graph.end, minutes, len(graph.x))
    arrived = replace(graph, minutes=minutes, matrix=matrix)
    none = np.empty(0)
    placed = Placed.of(arrived, Access(none.astype(int), none, none))
    ends = np.unique(np.r_[graph.start[wanted], graph.end[wanted]])
    found = placed.from_nodes(ends, np.zeros(len(ends)))
    overland = graph.speeds[OVERLAND]
    by_road = arriving(arrived, placed, found, places, overland)
    return np.minimum(_on_foot(places, graph.lines[wanted], overland), by_road).round(9)


def workers_within(
    graph: RoadGraph,
    sites: Any,
    homes: gpd.GeoDataFrame,
    minutes: Iterable[float] = COMMUTE_MINUTES,
    *,
    home_km_h: float | None = None,
    site_km_h: float | None = None,
) -> pd.DataFrame:
    """How many people live within some minutes of each site, by road.

    A home larger than 1 km2 is taken apart into points at most 1 km from each other with equal
    shares of its people, so that it counts by the share of its area that is reached.

    Parameters
    ----------
    graph : RoadGraph
    sites : GeoDataFrame, GeoSeries or array of shapes
    homes : GeoDataFrame
        Areas or points with `people`.
    minutes : iterable of float
        [min]
    home_km_h, site_km_h : float, optional
        Speed between home or site and road; the graph's "street" and "overland" unless given.
        [km/h]

    Returns
    -------
    DataFrame
        A row a site, with its index where it has one; a column `people_within_<n>_min`. [persons]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString, Point
    >>> from geocluster.load.roads import road_graph
    >>> roads = gpd.GeoDataFrame(
    ...     {"kind": ["road"], "class": ["trunk"]}, geometry=[LineString([(0, 0), (99000, 0)])]
    ... )
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [10, 20, 40]}, geometry=[Point(34000, 0), Point(68000, 0), Point(95000, 0)]
    ... )
    >>> workers_within(road_graph(roads), [Point(0, 0)], homes).values.tolist()
    [[10.0, 30.0]]
    """
    import pandas as pd

    limits = list(minutes)
    shapes = _shapes(sites)
    x, y, people = home_points(homes)
    found = np.zeros((len(shapes), len(limits)))
    if len(shapes) and len(people):
        site_speed = site_km_h or graph.speeds[OVERLAND]
        home_speed = home_km_h or graph.speeds[STREET]
        found = _people_within(graph, shapes, (x, y, people), limits, site_speed, home_speed)
    columns = [f"people_within_{limit:g}_min" for limit in limits]
    return pd.DataFrame(
        found, index=sites.index if hasattr(sites, "geometry") else None, columns=columns
    )


def home_points(
    homes: gpd.GeoDataFrame, spacing_m: float = HOME_SPACING_M
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points that stand for homes, and the people of each: of large ones several. [m, m, persons]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> homes = gpd.GeoDataFrame({"people": [8.0]}, geometry=[box(0, 0, 4000, 2000)])
    >>> x, y, people = home_points(homes)
    >>> sorted(set(x.tolist())), people.tolist()
    ([500.0, 1500.0, 2500.0, 3500.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    """
    import shapely

    lived_in = homes["people"].to_numpy(float) > 0
    shapes = _shapes(homes)[lived_in]
    people = homes["people"].to_numpy(float)[lived_in]
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    large = np.flatnonzero(shapely.area(shapes) > spacing_m**2)
    home, xy = _lattice(shapes[large], spacing_m)
    home = large[home]
    alone = np.setdiff1d(np.arange(len(shapes)), home)
    home, xy = np.r_[alone, home], np.vstack([middle[alone], xy])
    order = np.argsort(home, kind="stable")
    home, xy = home[order], xy[order]
    share = 1 / np.bincount(home, minlength=len(shapes))[home]
    return xy[:, 0], xy[:, 1], people[home] * share


def _lattice(shapes: np.ndarray, spacing_m: float) -> tuple[np.ndarray, np.ndarray]:
    """The points of a lattice over each shape that lie in it: whose they are, and where."""
    import shapely

    if not len(shapes):
        return np.empty(0, int), np.empty((0, 2))
    west, south, east, north = shapely.bounds(shapes).T
    columns = np.ceil((east - west) / spacing_m).astype(int)
    rows = np.ceil((north - south) / spacing_m).astype(int)
    count = columns * rows
    owner = np.repeat(np.arange(len(shapes)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x = west[owner] + (place % columns[owner] + 0.5) * ((east - west) / columns)[owner]
    y = south[owner] + (place // columns[owner] + 0.5) * ((north - south) / rows)[owner]
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[owner], x, y)
    return owner[inside], np.column_stack([x, y])[inside]


def _on_foot(places: np.ndarray, targets: np.ndarray, km_h: float) -> np.ndarray:
    """Minutes straight to the nearest target, where it is near enough to walk."""
    place, _, away = nearest(targets, places, WALK_M)
    minutes = np.full(len(places), np.inf)
    minutes[place] = away / 1000 / km_h * 60
    return minutes


def _people_within(
    graph: RoadGraph,
    sites: np.ndarray,
    homes: tuple[np.ndarray, np.ndarray, np.ndarray],
    limits: list[float],
    site_km_h: float,
    home_km_h: float,
) -> np.ndarray:
    """People within each limit of each site, some sites at a time."""
    import shapely
    from scipy.sparse.csgraph import dijkstra

    x, y, people = homes
    points = np.asarray(shapely.points(x, y))
    walked = _walked(sites, points, max(limits), site_km_h)
    found = np.zeros((len(sites), len(limits)))
    roads = len(graph.lines) > 0
    if roads:
        begin, arrive = nearest_road(graph, sites), nearest_road(graph, points)
        placed = Placed.of(graph, begin)
        leave = begin.away_m / 1000 / site_km_h * 60
        last = arrive.away_m / 1000 / home_km_h * 60
    for first in range(0, len(sites), SITES_AT_ONCE):
        chunk = np.arange(first, min(first + SITES_AT_ONCE, len(sites)))
        times = np.full((len(chunk), len(people)), np.inf)
        if roads:
            nodes = dijkstra(placed.matrix, indices=placed.number[chunk], limit=max(limits))
            times = placed.at(nodes, arrive) + leave[chunk, None] + last
        mine = (walked[0] >= first) & (walked[0] < first + SITES_AT_ONCE)
        site, home, minutes = (part[mine] for part in walked)
        times[site - first, home] = np.minimum(times[site - first, home], minutes)
        for column, limit in enumerate(limits):
            found[chunk, column] = (times <= limit + 1e-9) @ people
    return found


def _walked(
    sites: np.ndarray, points: np.ndarray, limit: float, km_h: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of site and home near enough to walk, and the minutes."""
    import shapely

    within_m = min(limit / 60 * km_h * 1000, WALK_M)
    home, site = shapely.STRtree(sites).query(points, predicate="dwithin", distance=within_m)
    minutes = shapely.distance(sites[site], points[home]) / 1000 / km_h * 60
    return site, home, minutes


def _shapes(given: Any) -> np.ndarray:
    values = given.geometry.values if hasattr(given, "geometry") else given
    return np.asarray(values, dtype=object)
