"""Who would be hit worst by a park at each site: the homes and places where it adds most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.exposure.coverage import Frame, cover
from geocluster.exposure.residents import people_of

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.siting.added import Added

SENSITIVE_KINDS = ("school", "kindergarten", "hospital")
WITHIN_KM = 2
# Homes are looked at every so many metres; within so many of the park's middle more closely, and
# at their nearest point.
FAR_POINT_M, NEAR_POINT_M, NEAR_M = 250.0, 50.0, 1_250.0


def worst_home(
    added: Added, sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The highest concentration that a park at each site adds where somebody lives.

    Parameters
    ----------
    added : Added
        Of these sites.
    sites, homes : GeoDataFrame
        In one metric reference system. Homes of which nobody knows where they are (`located`
        False) are left out, and so is what lies on the site itself.

    Returns
    -------
    highest, name, origin : array
        NaN and empty where no home is within reach. [ug/m3 per g/s]
    """
    shapes = np.asarray(sites.geometry.values, dtype=object)
    lived_in = people_of(homes) > 0
    if "located" in homes:
        lived_in &= homes["located"].fillna(True).to_numpy(dtype=bool)
    known = homes[lived_in]
    home_shapes = np.asarray(known.geometry.values, dtype=object)
    x, y, owner = _points_in(home_shapes, FAR_POINT_M)
    highest, place = added.worst(x, y, shapes)
    home = np.append(owner, -1)[place]
    for value, where in (
        _at_near_points(added, shapes, home_shapes),
        _at_nearest_points(added, shapes, home_shapes),
    ):
        higher = np.nan_to_num(value, nan=0.0) > np.nan_to_num(highest, nan=0.0)
        highest[higher], home[higher] = value[higher], where[higher]
    return highest, text_of(known, "name", home), text_of(known, "origin", home)


def worst_place(
    added: Added, sites: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """The highest that a park at each site adds at any school, kindergarten or hospital.

    Returns
    -------
    highest, name : array
        NaN and empty where none is known within reach. [ug/m3 per g/s]
    """
    rows = sensitive(places)
    if rows is None:
        return np.full(len(sites), np.nan), np.full(len(sites), "", dtype=object)
    points = rows.geometry.centroid
    highest, place = added.worst(points.x.to_numpy(), points.y.to_numpy())
    names, kinds = text_of(rows, "name", place), text_of(rows, "kind", place)
    return highest, np.where(names == "", kinds, names)


def places_near(
    sites: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None, within_m: float
) -> dict[str, np.ndarray]:
    """How many schools, kindergartens and hospitals lie within reach of each site's edge.

    Returns
    -------
    dict
        Kind to number; NaN where no place of any of these kinds is known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point, box
    >>> sites = gpd.GeoDataFrame(geometry=[box(0, 0, 1000, 1000)])
    >>> points = [Point(1500, 0), Point(9000, 0)]
    >>> places = gpd.GeoDataFrame({"kind": ["school"] * 2}, geometry=points)
    >>> {kind: count.tolist() for kind, count in places_near(sites, places, 1000).items()}
    {'school': [1.0], 'kindergarten': [0.0], 'hospital': [0.0]}
    """
    import shapely

    rows = sensitive(places)
    if rows is None:
        return {kind: np.full(len(sites), np.nan) for kind in SENSITIVE_KINDS}
    shapes = np.asarray(rows.geometry.values, dtype=object)
    site, place = shapely.STRtree(shapes).query(
        np.asarray(sites.geometry.values, dtype=object), predicate="dwithin", distance=within_m
    )
    kinds = rows["kind"].to_numpy()
    return {
        kind: np.bincount(site[kinds[place] == kind], minlength=len(sites)).astype(float)
        for kind in SENSITIVE_KINDS
    }


def sensitive(places: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Schools, kindergartens and hospitals; None where none is known."""
    if places is None or not len(places):
        return None
    rows = places[places["kind"].isin(SENSITIVE_KINDS)]
    return rows if len(rows) else None


def text_of(table: gpd.GeoDataFrame, column: str, rows: np.ndarray) -> np.ndarray:
    """A column of text at some rows; empty for row -1 and where nothing is said."""
    values = np.full(len(table) + 1, "", dtype=object)
    if column in table:
        values[:-1] = table[column].astype(object).where(table[column].notna(), "").to_numpy()
    return values[rows]


def _points_in(shapes: np.ndarray, step_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of each home: one for every square of a lattice inside it, and along its outline."""
    import shapely

    if not len(shapes):
        return np.empty(0), np.empty(0), np.empty(0, int)
    west, south, east, north = shapely.total_bounds(shapes)
    left, top = np.floor(west / step_m) * step_m, np.ceil(north / step_m) * step_m
    columns, rows = (max(int(np.ceil(length / step_m)), 1) for length in (east - left, top - south))
    frame = Frame(left, top, step_m, step_m, columns, rows, False, False)
    owner, cell, _ = cover(shapes, frame)
    x, y = frame.centres(cell)
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[owner], x, y)
    x, y, owner = x[inside], y[inside], owner[inside]
    outlines = shapely.segmentize(shapely.simplify(shapes, step_m / 5), step_m / 2)
    corners, corner_of = shapely.get_coordinates(outlines, return_index=True)
    return (
        np.concatenate([x, corners[:, 0]]),
        np.concatenate([y, corners[:, 1]]),
        np.concatenate([owner, corner_of]),
    )


def _at_near_points(
    added: Added, sites: np.ndarray, homes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The highest at points of a close lattice in the parts of homes that are near, and whose."""
    import shapely

    parks = shapely.points(added.x, added.y)
    near = np.unique(shapely.STRtree(homes).query(parks, predicate="dwithin", distance=NEAR_M)[1])
    if not len(near):
        return np.full(len(sites), np.nan), np.full(len(sites), -1)
    about = shapely.union_all(shapely.buffer(parks, NEAR_M, quad_segs=4))
    shapely.prepare(about)
    parts = homes[near]
    across = ~shapely.covers(about, parts)
    parts[across] = shapely.intersection(parts[across], about)
    kept = ~shapely.is_empty(parts)
    x, y, owner = _points_in(parts[kept], NEAR_POINT_M)
    highest, place = added.worst(x, y, sites, within_m=NEAR_M)
    return highest, np.append(near[kept][owner], -1)[place]


def _at_nearest_points(
    added: Added, sites: np.ndarray, homes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The highest at the point of each near home that is nearest to the park, and whose it is."""
    import shapely

    highest, home = np.full(len(sites), -1.0), np.full(len(sites), -1)
    if not len(homes) or not len(sites):
        return highest, home
    parks = np.asarray(shapely.points(added.x, added.y), dtype=object)
    site, near = shapely.STRtree(homes).query(parks, predicate="dwithin", distance=NEAR_M)
    shapes = homes[near]
    shared = shapely.intersects(shapes, sites[site])
    shapes[shared] = shapely.difference(shapes[shared], sites[site[shared]])
    left = ~shapely.is_empty(shapes)
    site, near, shapes = site[left], near[left], shapes[left]
    lines = np.asarray(shapely.shortest_line(shapes, parks[site]), dtype=object)
    points = shapely.get_point(lines, 0)
    values = added.at(site, *shapely.get_coordinates(points).T)
    order = np.lexsort((near, -values, site))
    first = order[np.unique(site[order], return_index=True)[1]]
    highest[site[first]], home[site[first]] = values[first], near[first]
    return highest, home
