"""Towns' people spread over the residential areas around them, where there is no raster."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import MendedWarning, TableError
from geocluster.exposure.towns import town_radius_m
from geocluster.region import metric_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

# Areas are cut into squares of this side, so that one that several towns share is divided.
PIECE_M = 500.0
# A town's reach grows with the disc that its people are taken to fill.
REACH_IN_RADII = 1.5
COLUMNS = ["name", "people", "origin", "town", "inside", "located", "geometry"]
DISC_SEGMENTS = 8
ROWS_AT_ONCE = 2_000


def people_to_areas(
    areas: gpd.GeoDataFrame,
    towns: pd.DataFrame,
    *,
    total_people: float | None = None,
    reach_m: float = 2_000.0,
) -> gpd.GeoDataFrame:
    """Homes: each town's people over the residential areas nearest to it, evenly by area.

    Large areas are cut into squares of 500 m first. A piece belongs to the town with the least
    distance over the square root of its radius (`town_radius_m`: large towns reach further), as
    long as it lies within `reach_m` or 1.5 radii of it. Pieces that no town reaches stay empty; a
    town without any piece becomes a disc of its radius, as assumed.

    Parameters
    ----------
    areas : GeoDataFrame
        Residential polygons in a metric CRS; `name` is kept. Where they overlap, the ground counts
        for each of them.
    towns : DataFrame
        name, longitude, latitude [degrees], people [persons]; optional inside (bool), origin.
    total_people : float, optional
        The official total; towns with inside True are scaled to it. [persons]
    reach_m : float
        How far from a small town its people may live. [m]

    Returns
    -------
    GeoDataFrame
        In the CRS of `areas`: name, people, origin ("allocated", or "assumed" for a disc), town,
        inside, located (False for a disc), geometry. People sum to the towns' people, or to
        `total_people`.

    Warns
    -----
    MendedWarning
        With the number of towns scaled or turned into discs.

    Raises
    ------
    TableError
        Where a total above 0 is to be shared by towns without people.
    CRSError
        Where `areas` has no metric CRS.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from shapely.geometry import box
    >>> areas = gpd.GeoDataFrame(
    ...     {"name": ["west", "east"]},
    ...     geometry=[box(500_000, 0, 500_300, 100), box(500_300, 0, 500_400, 100)],
    ...     crs="EPSG:32631",
    ... )
    >>> towns = pd.DataFrame({"name": ["A"], "longitude": 3.0, "latitude": 0.0, "people": 400.0})
    >>> people_to_areas(areas, towns)[["name", "people", "origin"]].values.tolist()
    [['west', 300.0, 'allocated'], ['east', 100.0, 'allocated']]
    """
    import geopandas as gpd
    import pandas as pd

    crs = metric_crs(areas.crs, "residential areas")
    table = _scaled(_points(towns, crs), total_people)
    pieces = _pieces(areas)
    town = _nearest_town(pieces, table, reach_m)
    reached = pieces[town >= 0].assign(place=town[town >= 0])
    shared = _shared(reached, areas, table)
    lonely = table[~table.index.isin(reached["place"]) & (table["people"] > 0)]
    if len(lonely):
        names = ", ".join(lonely["town"].iloc[:3])
        _mended(
            f"{len(lonely)} towns without a residential area within reach (such as {names}): "
            "their people live on an assumed disc"
        )
    homes = pd.concat([shared, _discs(lonely)] if len(lonely) else [shared], ignore_index=True)
    return gpd.GeoDataFrame(homes[COLUMNS], geometry="geometry", crs=areas.crs)


def _mended(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=3)


def _points(towns: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    points = gpd.points_from_xy(towns["longitude"], towns["latitude"], crs="EPSG:4326")
    inside = towns["inside"].fillna(True) if "inside" in towns else np.ones(len(towns), bool)
    columns = {
        "town": towns["name"].to_numpy(),
        "people": towns["people"].to_numpy(dtype=float),
        "inside": np.asarray(inside, dtype=bool),
    }
    return gpd.GeoDataFrame(columns, geometry=points).to_crs(crs)


def _scaled(towns: gpd.GeoDataFrame, total: float | None) -> gpd.GeoDataFrame:
    people = math.fsum(towns["people"][towns["inside"]])
    if total is None or people == total:
        return towns
    if not people > 0:
        raise TableError("towns", f"no people in any town inside, but the total is {total:,.0f}")
    _mended(
        f"{int(towns['inside'].sum())} towns hold {people:,.0f} people and the official total is "
        f"{total:,.0f}: scaled by {total / people:.3f}"
    )
    scale = np.where(towns["inside"], total / people, 1.0)
    return towns.assign(people=towns["people"] * scale)


def _pieces(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas cut by squares; `home` is the row of the area."""
    import geopandas as gpd

    parts = [(row, part) for row, shape in enumerate(areas.geometry) for part in _squares(shape)]
    home = np.array([row for row, _ in parts], dtype=int)
    return gpd.GeoDataFrame({"home": home}, geometry=[part for _, part in parts], crs=areas.crs)


def _squares(shape: BaseGeometry | None) -> list[BaseGeometry]:
    import shapely

    if shape is None or shape.is_empty or not shape.area > 0:
        return []
    x_min, y_min, x_max, y_max = (int(v // PIECE_M) for v in shape.bounds)
    if x_min == x_max and y_min == y_max:
        return [shape]
    x, y = np.meshgrid(np.arange(x_min, x_max + 1), np.arange(y_min, y_max + 1))
    squares = shapely.box(x, y, x + 1, y + 1).ravel()
    squares = shapely.transform(squares, lambda xy: xy * PIECE_M)
    parts = shapely.intersection(shape, squares[shapely.intersects(squares, shape)])
    return [part for part in parts if part.area > 0]


def _nearest_town(pieces: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, reach_m: float) -> np.ndarray:
    """For each piece the row of its town, large towns drawing more; -1 where none reaches it."""
    peopled = np.flatnonzero(towns["people"].to_numpy() > 0)
    town = np.full(len(pieces), -1)
    if not len(peopled) or not len(pieces):
        return town
    radius = town_radius_m(towns["people"].to_numpy()[peopled])
    reach = np.maximum(reach_m, REACH_IN_RADII * radius)
    at = np.column_stack([towns.geometry.x, towns.geometry.y])[peopled]
    centre = pieces.geometry.centroid
    xy = np.column_stack([centre.x, centre.y])
    for start in range(0, len(xy), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        distance = np.hypot(*(xy[part, None] - at[None]).transpose(2, 0, 1))
        weighted = np.where(distance <= reach, distance / np.sqrt(radius), np.inf)
        best = weighted.argmin(axis=1)
        found = np.isfinite(weighted[np.arange(len(best)), best])
        town[part] = np.where(found, peopled[best], -1)
    return town


def _shared(
    pieces: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, towns: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """A home for each area and town: the town's people by the area's share of its pieces."""
    import geopandas as gpd
    import shapely

    area = pieces.geometry.area
    whole = area.groupby(pieces["place"]).transform("sum")
    people = towns["people"].to_numpy()[pieces["place"]] * (area / whole)
    groups = pieces.assign(people=people).groupby(["home", "place"], sort=True)
    keys = np.array(list(groups.groups), dtype=int).reshape(-1, 2)
    shapes = [shapely.union_all(group.geometry.to_numpy()) for _, group in groups]
    town = towns.iloc[keys[:, 1]]
    named = areas["name"].to_numpy(dtype=object) if "name" in areas else np.full(len(areas), None)
    names = [
        n if isinstance(n, str) and n else t
        for n, t in zip(named[keys[:, 0]], town["town"], strict=True)
    ]
    columns = {
        "name": names,
        "people": groups["people"].sum().to_numpy(dtype=float),
        "origin": "allocated",
        "town": town["town"].to_numpy(),
        "inside": town["inside"].to_numpy(),
        "located": True,
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=areas.crs)


def _discs(towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    discs = towns.geometry.buffer(
        town_radius_m(towns["people"].to_numpy()), quad_segs=DISC_SEGMENTS
    )
    table = towns.assign(name=towns["town"], origin="assumed", located=False)
    return table.set_geometry(discs)[COLUMNS]
