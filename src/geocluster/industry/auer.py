"""Urban or rural by the land within 3 km: Auer's rule, as EPA's guideline has it.

Auer sorts land into twelve types; dispersion is urban where I1 and I2 (industry), C1 (commerce), R2
and R3 (compact houses) take up at least half of the circle of 3 km about a source. From a map the
types are told as far as it goes: industry and built-up land count (not cemeteries, Auer's A1), and
homes where they hold more people a km2 than the guideline's other rule, by people, calls urban.
How dense houses stand, and how green it is between them (R1 against R2), no map here tells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geocluster.errors import CRSError, InputError, TableError
from geocluster.tables import in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np

RADIUS_M = 3000.0
SHARE = 0.5
DENSE_PER_KM2 = 750.0
BUILT_UP_KINDS = ("industrial", "built_up")
NOT_BUILT_UP = ("cemetery",)
ARCS = 64  # a quarter of the circle: its polygon's area is 1e-4 under that of the circle
ROUNDING = 1e-9


def built_up_areas(
    land: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame | None = None,
    *,
    denser_than_per_km2: float = DENSE_PER_KM2,
) -> gpd.GeoDataFrame:
    """The polygons that count as built up: industry, commerce, and homes of many people.

    Parameters
    ----------
    land : GeoDataFrame
        With `kind`; polygons of `industrial` and `built_up` count, but for those of `class`
        cemetery.
    homes : GeoDataFrame, optional
        With `people`; polygons of more than `denser_than_per_km2` count. In a metric CRS.
    denser_than_per_km2 : float
        750 [persons/km2] is from the rule by people of EPA's guideline [1]_.

    Returns
    -------
    GeoDataFrame
        `geometry` alone, in the CRS of `land`; the polygons may overlap.

    References
    ----------
    .. [1] 40 CFR Part 51, Appendix W, Guideline on Air Quality Models, 7.2.1.1.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [700, 800]}, geometry=[box(0, 0, 1e3, 1e3), box(1e3, 0, 2e3, 1e3)],
    ...     crs="EPSG:32642")
    >>> land = gpd.GeoDataFrame({"kind": ["water"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:32642")
    >>> len(built_up_areas(land, homes))
    1
    """
    import geopandas as gpd
    import numpy as np

    counts = land["kind"].isin(BUILT_UP_KINDS)
    if "class" in land:
        counts &= ~land["class"].isin(NOT_BUILT_UP)
    parts = [_polygons(land[counts])]
    if homes is not None and len(homes):
        own = homes if land.crs is None or homes.crs is None else in_crs(homes, land.crs, "homes")
        dense = own["people"] > denser_than_per_km2 * own.geometry.area / 1e6
        parts.append(_polygons(own[dense]))
    crs = land.crs if land.crs is not None or homes is None else homes.crs
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(np.concatenate(parts), crs=crs), crs=crs)


def _polygons(table: gpd.GeoDataFrame) -> np.ndarray:
    shapes = shapes_in(table, None)
    return shapes[[getattr(shape, "geom_type", "").endswith("Polygon") for shape in shapes]]


def urban_by_auer(
    sources: gpd.GeoDataFrame,
    built_up: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    radius_m: float = RADIUS_M,
    share: float = SHARE,
) -> gpd.GeoDataFrame:
    """Which sources disperse as in a town, by the built-up share of the land about them [1]_.

    Parameters
    ----------
    sources : GeoDataFrame
        In a metric CRS; what is no point stands at its centroid, as in the plume. Never changed.
    built_up : GeoDataFrame or GeoSeries
        Polygons, as `built_up_areas` gives them; ground under several counts once.
    radius_m : float
        Of the circle about a source. [m]
    share : float
        Urban from this share of the circle on.

    Returns
    -------
    GeoDataFrame
        A copy with ``urban`` (bool) and ``built_up_share_3km`` [1] (the name follows the radius);
        a column ``urban`` that was there is replaced.

    Raises
    ------
    InputError, CRSError, TableError
        Where the radius or the share cannot be, the sources are in degrees, or one has no place.

    References
    ----------
    .. [1] A. H. Auer (1978), Correlation of land use and cover with meteorological anomalies, J.
       Appl. Meteorol. 17, 636-643; 40 CFR Part 51, Appendix W, 7.2.1.1.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> town = gpd.GeoSeries([box(0, -5000, 5000, 5000)], crs="EPSG:32642")
    >>> works = gpd.GeoDataFrame(geometry=gpd.points_from_xy([100, -100], [0, 0]), crs="EPSG:32642")
    >>> urban_by_auer(works, town)["urban"].tolist()
    [True, False]
    """
    check_rule(radius_m, share)
    if sources.crs is not None and sources.crs.is_geographic:
        raise CRSError("sources", "in degrees: bring them into a metric reference system")
    places = sources.geometry.centroid
    if (places.isna() | places.is_empty).any():
        raise TableError("sources", "a row has no geometry: give each a place")
    shares = _shares(places.to_numpy(), shapes_in(built_up, sources.crs), radius_m)
    column = f"built_up_share_{radius_m / 1000:g}km"
    return sources.assign(**{"urban": is_urban(shares, share), column: shares})


def shapes_in(table: gpd.GeoDataFrame | gpd.GeoSeries, crs: Any) -> np.ndarray:
    """The geometries of a table in a reference system; as they are where one of the two is None."""
    import numpy as np

    shapes = table.geometry
    if crs is not None and shapes.crs is not None and shapes.crs != crs:
        shapes = shapes.to_crs(crs)
    return np.asarray(shapes.to_numpy(), dtype=object)


def is_urban(shares: np.ndarray, share: float = SHARE) -> np.ndarray:
    """Whether built-up shares reach the threshold; what rounding took from them does not count."""
    return shares >= share - ROUNDING


def check_rule(radius_m: float, share: float) -> None:
    """See that a circle and a share of it can be meant.

    Raises
    ------
    InputError
        With every fault.
    """
    faults = []
    if not 0 < radius_m < math.inf:
        faults.append(f"radius_m is {radius_m!r}: give metres above 0")
    if not 0 < share <= 1:
        faults.append(f"share is {share!r}: give a share above 0, up to 1")
    if faults:
        raise InputError("urban_by_auer", faults)


def _shares(places: Any, shapes: np.ndarray, radius_m: float) -> np.ndarray:
    """The share of the circle about each place that the shapes cover together."""
    import numpy as np
    import shapely

    circles = shapely.buffer(places, radius_m, quad_segs=ARCS)
    parts = shapely.get_parts(shapely.union_all(shapes)) if len(shapes) else shapes
    row, near = shapely.STRtree(parts).query(circles, predicate="intersects")
    pieces = shapely.area(shapely.intersection(parts[near], circles[row]))
    covered = np.bincount(row, pieces, minlength=len(circles))
    return np.clip(covered / shapely.area(circles), 0.0, 1.0)
