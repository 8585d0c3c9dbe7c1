"""Measures of sites against a layer: distance, share covered, mean of a field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from geocluster.tables import in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    Table = TypeVar("Table", gpd.GeoDataFrame, gpd.GeoDataFrame | None)

MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")
NO_SHAPES = np.empty(0, object)


def site_means(sites: gpd.GeoDataFrame, field: xr.DataArray) -> np.ndarray:
    """The mean of a field over each site's area, by the exact share of each cell.

    Parameters
    ----------
    sites : GeoDataFrame
        Polygons.
    field : DataArray (y, x)
        On a grid in the sites' reference system, or with its own in attrs `crs`.

    Returns
    -------
    array
        In the order of the sites; NaN where a site lies outside the grid. [as the field]

    Examples
    --------
    >>> import geopandas as gpd
    >>> import xarray as xr
    >>> from shapely.geometry import box
    >>> axes = {"y": [500.0], "x": [500.0, 1500.0]}
    >>> field = xr.DataArray([[1.0, 3.0]], dims=("y", "x"), coords=axes)
    >>> site_means(gpd.GeoDataFrame(geometry=[box(500, 0, 1500, 1000)]), field).tolist()
    [2.0]
    """
    from geocluster.exposure.residents import home_cells

    flat = field.transpose("y", "x")
    site, cell, share = home_cells(sites[[sites.geometry.name]], flat)
    values = np.asarray(flat.values, dtype=float).ravel()[cell]
    known = np.isfinite(values)
    total = np.bincount(site[known], (share * values)[known], minlength=len(sites))
    covered = np.bincount(site[known], share[known], minlength=len(sites))
    return np.where(covered > 0, total / np.where(covered > 0, covered, 1), np.nan)


def people_in_reach(sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, reach_m: float) -> np.ndarray:
    """People within reach of each site, by the share of each home's area.

    The same as `people_within` of the residents, but homes that lie wholly within reach are not
    cut: for a reach of many kilometres that is nearly all of them.

    Parameters
    ----------
    sites : GeoDataFrame
        Polygons in a metric reference system.
    homes : GeoDataFrame
        Areas with `people`, in the same reference system.
    reach_m : float
        Distance from the site's edge. [m]

    Returns
    -------
    array
        In the order of the sites. [persons]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> homes = gpd.GeoDataFrame({"people": [40]}, geometry=[box(0, 0, 2000, 2000)])
    >>> people_in_reach(gpd.GeoDataFrame(geometry=[box(-500, 0, 0, 2000)]), homes, 1000).round(1)
    array([20.])
    """
    import shapely

    shapes = np.asarray(homes.geometry.values, dtype=object)
    people, area = homes["people"].to_numpy(dtype=float), shapely.area(shapes)
    zones = shapely.buffer(np.asarray(sites.geometry.values, dtype=object), reach_m, quad_segs=32)
    tree = shapely.STRtree(shapes)
    touched = tree.query(zones, predicate="intersects")
    within = tree.query(zones, predicate="contains_properly")
    count = len(sites) * len(shapes)
    number = touched[0] * len(shapes) + touched[1]
    cut = ~np.isin(number, within[0] * len(shapes) + within[1]) if count else np.empty(0, bool)
    site, home = touched[:, cut]
    share = np.ones(number.size)
    part = shapely.area(shapely.intersection(shapes[home], zones[site]))
    share[cut] = np.where(area[home] > 0, part / np.where(area[home] > 0, area[home], 1), 1.0)
    return np.bincount(touched[0], people[touched[1]] * share, minlength=len(sites))


def in_sites_crs(table: Table, sites: gpd.GeoDataFrame, where: str) -> Table:
    """A table in the sites' reference system; as it is where the sites declare none."""
    if table is None or sites.crs is None or not len(table):
        return table
    return in_crs(table, sites.crs, where)


def shapes_of_kind(land: gpd.GeoDataFrame | None, *kinds: str) -> np.ndarray:
    """The geometries of land of these kinds; empty where there are none."""
    if land is None or not len(land):
        return NO_SHAPES
    return all_shapes(land[land["kind"].isin(kinds)])


def shapes_of_class(land: gpd.GeoDataFrame | None, kind: str, name: str) -> np.ndarray:
    """The geometries of land of a kind and class; empty where there are none."""
    if land is None or not len(land) or "class" not in land:
        return NO_SHAPES
    return all_shapes(land[(land["kind"] == kind) & (land["class"] == name)])


def main_roads(land: gpd.GeoDataFrame | None) -> np.ndarray:
    """Roads of the main classes; every road where none of them has such a class."""
    if land is None or not len(land):
        return NO_SHAPES
    roads = land[land["kind"] == "road"]
    if "class" in roads and roads["class"].isin(MAIN_ROADS).any():
        roads = roads[roads["class"].isin(MAIN_ROADS)]
    return all_shapes(roads)


def all_shapes(table: gpd.GeoDataFrame | None) -> np.ndarray:
    """The geometries of a table, none of them missing or empty."""
    if table is None or not len(table):
        return NO_SHAPES
    shapes = table.geometry
    return np.asarray(shapes[shapes.notna() & ~shapes.is_empty].values, dtype=object)


def distance_m(sites: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """From each site's edge to the nearest shape, 0 where they meet; NaN without any. [m]

    Examples
    --------
    >>> from shapely.geometry import Point, box
    >>> distance_m(np.array([box(0, 0, 1, 1)]), np.array([Point(4, 1)])).tolist()
    [3.0]
    """
    import shapely

    nearest = np.full(len(sites), np.nan)
    if len(shapes) and len(sites):
        tree = shapely.STRtree(shapes)
        found, metres = tree.query_nearest(sites, return_distance=True, all_matches=False)
        nearest[found[0]] = metres
    return nearest


def share_covered(sites: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """The share of each site's area that the shapes cover; NaN without any shape. [0 to 1]

    Examples
    --------
    >>> from shapely.geometry import box
    >>> share_covered(np.array([box(0, 0, 2, 1)]), np.array([box(1, 0, 9, 1)])).tolist()
    [0.5]
    """
    import shapely

    if not len(shapes):
        return np.full(len(sites), np.nan)
    share = np.zeros(len(sites))
    site, shape = shapely.STRtree(shapes).query(sites, predicate="intersects")
    for number in np.unique(site):
        # Drawn fields may overlap: their union counts, not their sum.
        parts = shapely.intersection(shapes[shape[site == number]], sites[number])
        share[number] = shapely.area(shapely.union_all(parts)) / shapely.area(sites[number])
    return np.clip(share, 0, 1)


def sectors_near(
    sites: np.ndarray, clusters: gpd.GeoDataFrame | None, reach_m: float
) -> np.ndarray:
    """How many different sectors the clusters within reach have; NaN where none is known."""
    import shapely

    if clusters is None or not len(clusters) or "sectors" not in clusters:
        return np.full(len(sites), np.nan)
    shapes = np.asarray(clusters.geometry.values, dtype=object)
    words = [words_of(value) for value in clusters["sectors"]]
    if not any(words):
        return np.full(len(sites), np.nan)
    site, cluster = shapely.STRtree(shapes).query(sites, predicate="dwithin", distance=reach_m)
    near: list[set[str]] = [set() for _ in sites]
    for row, member in zip(site, cluster, strict=True):
        near[row] |= words[member]
    return np.array([len(names) for names in near], dtype=float)


def words_of(value: object) -> set[str]:
    """Sectors of a cluster, from a list or from text divided by commas or semicolons."""
    if isinstance(value, str):
        parts = re.split(r"[;,]", value)
    elif isinstance(value, list | tuple | set | frozenset | np.ndarray):
        parts = [str(part) for part in value]
    else:
        parts = []
    return {part.strip().lower() for part in parts if part.strip()}
