"""How a town fills its ground, and where the people outside the towns live: both assumed."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import MendedWarning, TableError
from geocluster.tables import in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from geocluster.region import Region

# A town of `SIZE` people has `DENSITY` people a km2; density grows with size^(1 - AREA_EXPONENT).
# Assumed; at 3.06 million it gives 450 km2, and the city of Tashkent has 435 km2.
SIZE, DENSITY, AREA_EXPONENT = 50_000, 3_000, 0.8
# Clark's gradient times the town's radius: the edge has exp(-1.5) = 22 % of the centre's density.
GRADIENT = 1.5
RINGS = 6
SQUARE_M, MOST_SQUARES = 2_500, 4_000
# Sides of the polygon that stands for a disc, and its radius for the disc's own area.
SIDES = 32
SAME_AREA = math.sqrt(2 * math.pi / (SIDES * math.sin(2 * math.pi / SIDES)))
COLUMNS = ["name", "people", "origin", "town", "inside", "located", "geometry"]


def town_radius_m(people: float | np.ndarray) -> np.ndarray:
    """The radius of the disc that a town of so many people is taken to fill.

    Area = people / density with density = 3,000 people/km2 x (people / 50,000)^0.2, so that area
    grows with people^0.8: larger towns are denser. An assumption, set by the city of Tashkent
    (3.06 million on 435 km2; the law gives 450 km2).

    Parameters
    ----------
    people : float or array
        People of the town. [persons]

    Returns
    -------
    array
        Radius, in the shape of `people`. [m]

    Examples
    --------
    >>> town_radius_m(np.array([50_000, 3_058_400])).round().tolist()
    [2303.0, 11939.0]
    """
    area_km2 = SIZE / DENSITY * (np.asarray(people, dtype=float) / SIZE) ** AREA_EXPONENT
    return np.asarray(1000 * np.sqrt(area_km2 / math.pi))


def clark_share(radius: np.ndarray, gradient: float = GRADIENT) -> np.ndarray:
    """The share of a town's people within a radius, where density falls as Clark found.

    Density D(r) = D0 exp(-b r) [1] over a disc of radius 1, so that the share within r is
    (1 - (1 + b r) exp(-b r)) / (1 - (1 + b) exp(-b)).

    Parameters
    ----------
    radius : array
        Distance from the centre over the town's radius, 0 to 1. [-]
    gradient : float
        b, Clark's gradient times the town's radius. [-]

    References
    ----------
    [1] C. Clark (1951), Urban population densities, J. R. Stat. Soc. A 114, 490-496.

    Examples
    --------
    >>> clark_share(np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [0.0, 0.392, 1.0]
    """
    b = gradient * np.asarray(radius, dtype=float)
    return (1 - (1 + b) * np.exp(-b)) / (1 - (1 + gradient) * math.exp(-gradient))


def town_rings(towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Six rings of equal width around each town, denser towards the centre.

    Parameters
    ----------
    towns : GeoDataFrame
        Points in a metric CRS with town, people [persons], origin and inside.

    Returns
    -------
    GeoDataFrame
        Homes: name, people, origin, town, inside, located, geometry.
    """
    import geopandas as gpd
    import shapely

    edges = np.linspace(0, 1, RINGS + 1)
    shares = np.diff(clark_share(edges))
    rows = []
    radii_of = np.outer(town_radius_m(towns["people"].to_numpy()), edges)
    for town, centre, radii in zip(towns.itertuples(), towns.geometry, radii_of, strict=True):
        discs = [_disc(centre, radius) for radius in radii[1:]]
        shapes = [discs[0], *(shapely.difference(b, a) for a, b in pairwise(discs))]
        for (inner, outer), share, shape in zip(
            pairwise(radii / 1000), shares, shapes, strict=True
        ):
            name = f"{town.town}, {inner:.1f} to {outer:.1f} km"
            origin = f"{town.origin}; spread within the town assumed"
            people = town.people * share
            rows.append((name, people, origin, town.town, town.inside, True, shape))
    table = gpd.GeoDataFrame(rows, columns=COLUMNS, geometry="geometry", crs=towns.crs)
    return table.astype({"people": float, "inside": bool, "located": bool})


def town_discs(towns: gpd.GeoDataFrame) -> BaseGeometry:
    """The ground that towns fill, as one geometry."""
    import shapely

    radii = town_radius_m(towns["people"].to_numpy())
    return shapely.union_all([_disc(c, r) for c, r in zip(towns.geometry, radii, strict=True)])


def _disc(centre: BaseGeometry, radius: float) -> BaseGeometry:
    return centre.buffer(radius * SAME_AREA, quad_segs=SIDES // 4)


def countryside(
    people: float,
    region: Region,
    plain: gpd.GeoDataFrame | gpd.GeoSeries | None,
    towns: BaseGeometry,
) -> gpd.GeoDataFrame:
    """People spread evenly over the plain outside the towns, as squares of about 2.5 km.

    Parameters
    ----------
    people : float
        How many. [persons]
    region : Region
        Its boundary cuts the plain.
    plain : GeoDataFrame, GeoSeries or None
        Polygons; the whole region where None.
    towns : shapely geometry
        The ground that towns fill. [m]

    Returns
    -------
    GeoDataFrame
        Homes, `located` False: nobody knows where in its square one lives.

    Raises
    ------
    TableError
        Where the plain does not meet the region.
    """
    import geopandas as gpd
    import shapely

    ground = region.boundary
    if plain is not None:
        polygons = in_crs(gpd.GeoDataFrame(geometry=plain.geometry), region.crs, "plain")
        ground = ground.intersection(polygons.geometry.union_all())
    if ground.area == 0:
        raise TableError("plain", "it does not meet the region: the rural rest has nowhere to live")
    open_ground = ground.difference(towns)
    if open_ground.area < 1e-6 * ground.area:
        warnings.warn(
            "1 plain mended: the towns cover it all, so the rest lives evenly among them",
            MendedWarning,
            stacklevel=3,
        )
        open_ground = ground
    squares = _squares(open_ground)
    area = shapely.area(squares)
    table = {
        "name": "countryside",
        "people": people * area / area.sum(),
        "origin": "assumed: the rest of the official total, spread evenly over the plain",
        "town": "",
        "inside": True,
        "located": False,
    }
    return gpd.GeoDataFrame(table, geometry=squares, crs=region.crs)[COLUMNS]


def _squares(ground: BaseGeometry) -> np.ndarray:
    """The ground cut into squares of 2.5 km, or larger ones where they would be too many."""
    import shapely

    side = max(SQUARE_M, math.sqrt(shapely.area(ground) / MOST_SQUARES))
    x_min, y_min, x_max, y_max = shapely.bounds(ground)
    x, y = np.meshgrid(
        np.arange(math.floor(x_min / side), math.ceil(x_max / side)) * side,
        np.arange(math.floor(y_min / side), math.ceil(y_max / side)) * side,
    )
    boxes = shapely.box(x, y, x + side, y + side).ravel()
    shapely.prepare(ground)
    boxes = boxes[shapely.intersects(ground, boxes)]
    cut = ~shapely.contains(ground, boxes)
    boxes[cut] = shapely.intersection(ground, boxes[cut])
    return boxes[shapely.area(boxes) > 1e-6 * side**2]
