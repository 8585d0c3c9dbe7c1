"""Where people live: towns spread over their ground, people a cell, people near a place."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import GeoclusterWarning, MendedWarning, TableError
from geocluster.exposure.coverage import Frame, cover
from geocluster.exposure.towns import countryside, town_discs, town_rings
from geocluster.tables import Column, column_faults, in_crs, rows_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    import xarray as xr
    from pyproj import CRS

    from geocluster.region import Region

WITHIN_M = (1_000, 3_000, 5_000)

TOWN_COLUMNS = (
    Column("name", str, required=True, missing_allowed=False),
    Column("longitude", lower=-180, upper=180, required=True, missing_allowed=False),
    Column("latitude", lower=-90, upper=90, required=True, missing_allowed=False),
    Column("people", lower=0, required=True, missing_allowed=False),
    Column("inside", bool),
    Column("origin", str),
)


def spread_towns(
    towns: pd.DataFrame,
    region: Region,
    *,
    plain: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    total_people: float | None = None,
) -> gpd.GeoDataFrame:
    """Homes from a list of towns: rings around each, and the rural rest over the plain.

    A town is a disc (`town_radius_m`) of rings whose density falls outwards (`clark_share`). What
    is left of the official total lives evenly on the plain outside the towns' discs, as assumed.
    Towns with ``inside`` False (across the border) are kept as they are, outside the total.

    Parameters
    ----------
    towns : DataFrame
        name, longitude, latitude [degrees], people [persons]; optional inside (bool), origin.
    region : Region
        Its boundary bounds the plain, its CRS is the result's.
    plain : GeoDataFrame or GeoSeries, optional
        Where the rural rest lives; the whole region where not given.
    total_people : float, optional
        Official total of the region; without it there is no rural rest. [persons]

    Returns
    -------
    GeoDataFrame
        Homes: name, people, origin, geometry, and town, inside (counted in the total) and located
        (False for the rural rest, of which nobody knows where in its square it lives).
        People with inside True sum to `total_people`.

    Warns
    -----
    MendedWarning
        Where the towns hold more people than the total (they are scaled down to it), or where no
        plain is left outside the towns.

    Raises
    ------
    TableError
        Where a column is missing or out of its range, or the rest has nowhere to live.

    Examples
    --------
    >>> import pandas as pd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> region = Region("Example", box(500_000, 4_550_000, 540_000, 4_590_000), "EPSG:32642")
    >>> towns = pd.DataFrame({"name": ["A"], "longitude": 69.2, "latitude": 41.3, "people": 90_000})
    >>> homes = spread_towns(towns, region, total_people=100_000)
    >>> round(homes["people"].sum()), round(homes["people"][homes["located"]].sum())
    (100000, 90000)
    """
    import geopandas as gpd
    import pandas as pd

    faults = column_faults(towns, TOWN_COLUMNS)
    if total_people is not None and not (math.isfinite(total_people) and total_people >= 0):
        faults.append(f"total_people is {total_people}: at least 0 is allowed")
    if faults:
        raise TableError("towns", faults)
    table = _scaled(_towns_in(towns, region), total_people)
    rings = town_rings(table)
    rest = 0.0 if total_people is None else total_people - math.fsum(rings["people"][rings.inside])
    if rest <= 1e-9 * (total_people or 1):
        return rings
    rural = countryside(rest, region, plain, town_discs(table))
    homes = pd.concat([rings, rural] if len(rings) else [rural], ignore_index=True)
    return gpd.GeoDataFrame(homes, geometry="geometry", crs=region.crs)


def told_inside(homes: gpd.GeoDataFrame, region: Region) -> gpd.GeoDataFrame:
    """Homes that say whether they are the region's own; those across the border count as such.

    Warns
    -----
    GeoclusterWarning
        Where nobody lives inside the region.
    """
    points = homes.geometry.representative_point()
    inside = homes["inside"].astype(bool) if "inside" in homes else points.within(region.boundary)
    if not (homes["people"][inside] > 0).any():
        warnings.warn(
            f"nobody lives inside {region.name}: all {len(homes)} homes lie across its border; "
            "check coordinates",
            GeoclusterWarning,
            stacklevel=2,
        )
    return homes.assign(inside=inside)


def _towns_in(towns: pd.DataFrame, region: Region) -> gpd.GeoDataFrame:
    import geopandas as gpd

    points = gpd.points_from_xy(towns["longitude"], towns["latitude"], crs="EPSG:4326")
    inside = towns["inside"].fillna(True) if "inside" in towns else np.ones(len(towns), bool)
    origin = towns["origin"].fillna("assumed") if "origin" in towns else "reported"
    table = gpd.GeoDataFrame(
        {
            "town": towns["name"].to_numpy(),
            "people": towns["people"].to_numpy(dtype=float),
            "inside": [str(value) in ("True", "1", "1.0") for value in inside],
            "origin": origin,
        },
        geometry=points,
        crs="EPSG:4326",
    )
    return table[table["people"] > 0].to_crs(region.crs).reset_index(drop=True)


def _scaled(towns: gpd.GeoDataFrame, total: float | None) -> gpd.GeoDataFrame:
    people = math.fsum(towns["people"][towns["inside"]])
    if total is None or people <= total:
        return towns
    warnings.warn(
        f"{int(towns['inside'].sum())} towns mended: they hold {people:,.0f} people, "
        f"the official total is {total:,.0f}; scaled by {total / people:.3f}",
        MendedWarning,
        stacklevel=3,
    )
    scale = np.where(towns["inside"], total / people, 1.0)
    return towns.assign(people=towns["people"] * scale)


def home_cells(
    homes: gpd.GeoDataFrame, grid: xr.DataArray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which cells each home's area covers, by exact coverage.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons; a point or a line counts where it is. Without a CRS they are taken to be in the
        grid's.
    grid : xarray.DataArray
        Dims (y, x), cell centres as coordinates [m], attrs `crs`.

    Returns
    -------
    home, cell, share : arrays of equal length
        Row of the home, flat index of the cell in the grid's own order, and the share of the
        home's area in it. A home's shares sum to the part of it that lies on the grid.

    Raises
    ------
    TableError
        Where a home has no geometry.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 3000, 3000), "EPSG:32642").grid(cell_m=1000)
    >>> homes = gpd.GeoDataFrame({"people": [10]}, geometry=[box(500, 0, 1500, 1000)], crs=32642)
    >>> home_cells(homes, grid)
    (array([0, 0]), array([6, 7]), array([0.5, 0.5]))
    """
    frame = Frame.of(grid)
    home, cell, share = cover(home_shapes(homes, grid.attrs.get("crs")), frame)
    if frame.y_ascends or frame.x_descends:
        cell = frame.as_grid(np.arange(frame.rows * frame.columns)).ravel().argsort()[cell]
    return home, cell, share


def home_shapes(homes: gpd.GeoDataFrame, crs: CRS | str | None) -> np.ndarray:
    """The homes' geometries in a reference system, none of them missing."""
    import geopandas as gpd

    table = homes if homes.crs is None or crs is None else in_crs(homes, crs, "homes")
    shapes = gpd.GeoSeries(table.geometry)
    missing = (shapes.isna() | shapes.is_empty).to_numpy()
    if missing.any():
        raise TableError("homes", f"{int(missing.sum())} without a geometry: leave them out")
    return np.asarray(shapes.values, dtype=object)


def people_grid(homes: gpd.GeoDataFrame, grid: xr.DataArray) -> xr.DataArray:
    """People a cell, each home's people spread evenly over its area.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons with `people`; a home partly outside the grid counts by its part inside.
    grid : xarray.DataArray
        Dims (y, x), cell centres as coordinates [m].

    Returns
    -------
    xarray.DataArray
        Dims (y, x). [persons]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 3000, 3000), "EPSG:32642").grid(cell_m=1000)
    >>> homes = gpd.GeoDataFrame({"people": [90]}, geometry=[box(0, 0, 3000, 3000)], crs=32642)
    >>> people_grid(homes, grid).values[0].tolist()
    [10.0, 10.0, 10.0]
    """
    import xarray as xr

    home, cell, share = home_cells(homes, grid)
    shape = grid.sizes["y"], grid.sizes["x"]
    people = people_of(homes)[home] * share
    values = np.bincount(cell, people, minlength=shape[0] * shape[1]).reshape(shape)
    attrs = {**grid.attrs, "units": "persons"}
    coords = {"y": grid["y"], "x": grid["x"]}
    return xr.DataArray(values, dims=("y", "x"), coords=coords, name="people", attrs=attrs)


def people_of(homes: gpd.GeoDataFrame) -> np.ndarray:
    """The people of each home, checked to be numbers of at least 0. [persons]"""
    if "people" not in homes:
        raise TableError("homes", "column 'people' is missing: add it")
    people = homes["people"].to_numpy(dtype=float)
    wrong = np.flatnonzero(~(np.isfinite(people) & (people >= 0)))
    if len(wrong):
        where = rows_in_words([int(row) + 1 for row in wrong])
        raise TableError("homes", f"column 'people': {people[wrong[0]]} in {where}: give 0 or more")
    return people


def people_within(
    homes: gpd.GeoDataFrame,
    geometries: gpd.GeoDataFrame | gpd.GeoSeries,
    distances_m: Sequence[float] = WITHIN_M,
) -> pd.DataFrame:
    """People within so many metres of each geometry, by the share of each home's area.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons with `people`.
    geometries : GeoDataFrame or GeoSeries
        Places, sites or clusters in a metric CRS; people inside them count too.
    distances_m : sequence of float
        Distances from the geometry's edge. [m]

    Returns
    -------
    DataFrame
        A row a geometry (its index), a column ``people_within_<distance>_m`` each. [persons]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point, box
    >>> homes = gpd.GeoDataFrame({"people": [40]}, geometry=[box(0, 0, 2000, 2000)], crs=32642)
    >>> sites = gpd.GeoSeries([box(-500, 0, 0, 2000)], crs=32642)
    >>> people_within(homes, sites, [1000]).round(1)
       people_within_1000_m
    0                  20.0
    """
    import pandas as pd
    import shapely

    places = np.asarray(geometries.geometry.values, dtype=object)
    shapes, people = home_shapes(homes, geometries.crs), people_of(homes)
    area = shapely.area(shapes)
    tree = shapely.STRtree(shapes)
    columns = {}
    for distance in distances_m:
        zones = shapely.buffer(places, distance, quad_segs=32)
        place, home = tree.query(zones, predicate="intersects")
        part = shapely.area(shapely.intersection(shapes[home], zones[place]))
        # A point is within or not; it has no share of an area.
        share = np.where(area[home] > 0, part / np.where(area[home] > 0, area[home], 1), 1.0)
        name = f"people_within_{distance:g}_m"
        columns[name] = np.bincount(place, people[home] * share, minlength=len(places))
    return pd.DataFrame(columns, index=geometries.index)


def nearest_home_m(
    homes: gpd.GeoDataFrame, geometries: gpd.GeoDataFrame | gpd.GeoSeries
) -> pd.Series:
    """The distance from each geometry to the nearest home with people in it.

    Homes of which nobody knows where they are (`located` False, the rural rest of
    `spread_towns`) are left out: the edge of an assumed square is no home.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons with `people`; optional `located`.
    geometries : GeoDataFrame or GeoSeries
        In a metric CRS.

    Returns
    -------
    Series
        ``nearest_home_m``, NaN where there is no home. [m]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point, box
    >>> homes = gpd.GeoDataFrame({"people": [40]}, geometry=[box(0, 0, 100, 100)], crs=32642)
    >>> nearest_home_m(homes, gpd.GeoSeries([Point(400, 50)], crs=32642)).tolist()
    [300.0]
    """
    import pandas as pd
    import shapely

    lived_in = people_of(homes) > 0
    if "located" in homes:
        lived_in &= homes["located"].fillna(True).to_numpy(dtype=bool)
    places = np.asarray(geometries.geometry.values, dtype=object)
    distance = np.full(len(places), np.nan)
    if lived_in.any() and len(places):
        tree = shapely.STRtree(home_shapes(homes[lived_in], geometries.crs))
        nearest, metres = tree.query_nearest(places, return_distance=True, all_matches=False)
        distance[nearest[0]] = metres
    return pd.Series(distance, index=geometries.index, name="nearest_home_m")


def describe_neighbours(
    clusters: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    distances_m: Sequence[float] = WITHIN_M,
) -> gpd.GeoDataFrame:
    """Clusters with their nearest home and the people around them.

    Parameters
    ----------
    clusters : GeoDataFrame
        Polygons as `find_clusters` returns them; not changed.
    homes : GeoDataFrame
        Polygons with `people`.
    distances_m : sequence of float
        Distances from the cluster's edge. [m]

    Returns
    -------
    GeoDataFrame
        The clusters with ``nearest_home_m`` [m] and ``people_within_<distance>_m`` [persons].

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> homes = gpd.GeoDataFrame({"people": [40]}, geometry=[box(0, 0, 1000, 1000)], crs=32642)
    >>> plants = gpd.GeoDataFrame({"name": ["A"]}, geometry=[box(2000, 0, 3000, 1000)], crs=32642)
    >>> describe_neighbours(plants, homes).drop(columns="geometry").values.tolist()
    [['A', 1000.0, 0.0, 40.0, 40.0]]
    """
    around = people_within(homes, clusters, distances_m)
    nearest = nearest_home_m(homes, clusters)
    return clusters.assign(nearest_home_m=nearest, **{str(name): around[name] for name in around})
