"""The people of districts spread over the residential areas or buildings in each."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import MendedWarning, TableError
from geocluster.exposure.residents import home_shapes, people_of
from geocluster.region import metric_crs

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

COLUMNS = ["name", "people", "origin", "district", "located", "geometry"]
NAMES_SHOWN = 5


def districts_to_areas(
    districts: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    known: BaseGeometry | None = None,
) -> gpd.GeoDataFrame:
    """Homes: each district's people over the parts of the areas that lie in it, evenly by area.

    Parameters
    ----------
    districts : GeoDataFrame
        Polygons with `people` [persons] in a metric CRS; optional `name`, `origin`.
    areas : GeoDataFrame
        Residential areas or buildings, in the same CRS; what is no polygon counts for nothing.
        `name` is kept. Where they overlap, the ground counts for each of them.
    known : geometry, optional
        The ground of which the areas are known. A district that leaves it stays whole, as its
        people would otherwise crowd into the known part.

    Returns
    -------
    GeoDataFrame
        name, people, origin ("allocated"; the district's own where it stays whole), district,
        located (False where it stays whole), geometry. The people of each district are kept.

    Raises
    ------
    TableError
        Where the two differ in CRS, or `people` is no number of at least 0.
    CRSError
        Where the CRS is not metric.

    Warns
    -----
    MendedWarning
        With the districts, and their people, that stay whole.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> districts = gpd.GeoDataFrame(
    ...     {"name": ["A"], "people": [900.0]}, geometry=[box(0, 0, 9000, 9000)], crs="EPSG:32642"
    ... )
    >>> areas = gpd.GeoDataFrame(
    ...     {"name": ["old", "new"]},
    ...     geometry=[box(0, 0, 100, 100), box(8900, 0, 9100, 100)],
    ...     crs="EPSG:32642",
    ... )
    >>> districts_to_areas(districts, areas)[["name", "people"]].values.tolist()
    [['old', 450.0], ['new', 450.0]]
    """
    import geopandas as gpd
    import pandas as pd

    crs = metric_crs(districts.crs, "districts")
    if areas.crs != districts.crs:
        raise TableError("areas", f"they are not in the districts' {crs.name}: transform them")
    people, shapes = people_of(districts), home_shapes(districts, None)
    place, area, part, size = _parts(shapes, areas)
    total = np.bincount(place, size, minlength=len(shapes))
    spread = total > 0
    _tell_whole(districts, ~spread & (people > 0), "without a residential area")
    if known is not None:
        spread &= _within(shapes, known, total > 0, districts)
    used = spread[place]
    place, area, part, size = place[used], area[used], part[used], size[used]
    name = _names(districts)
    own = areas["name"].to_numpy(dtype=object) if "name" in areas else np.full(len(areas), None)
    columns = {
        "name": [
            n if isinstance(n, str) and n else name[d]
            for n, d in zip(own[area], place, strict=True)
        ],
        "people": people[place] * size / total[place],
        "origin": "allocated",
        "district": name[place],
        "located": True,
    }
    homes = gpd.GeoDataFrame(columns, geometry=part, crs=districts.crs)
    whole = districts[~spread].assign(name=name[~spread], district=name[~spread], located=False)
    if "origin" not in whole:
        whole = whole.assign(origin="reported")
    tables = [table[COLUMNS] for table in (homes, whole) if len(table)]
    return gpd.GeoDataFrame(
        pd.concat(tables, ignore_index=True), geometry="geometry", crs=districts.crs
    )


def _parts(
    shapes: np.ndarray, areas: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of district and area, the polygon that they share, and its size. [m2]"""
    import shapely

    grounds = np.asarray(areas.geometry.values, dtype=object)
    area, place = shapely.STRtree(shapes).query(grounds, predicate="intersects")
    inside = shapely.covers(shapes[place], grounds[area])
    part = grounds[area]
    part[~inside] = shapely.intersection(shapes[place][~inside], part[~inside])
    size = shapely.area(part)
    kept = size > 0
    order = np.lexsort((area[kept], place[kept]))
    return tuple(values[kept][order] for values in (place, area, part, size))


def _within(
    shapes: np.ndarray, known: BaseGeometry, there: np.ndarray, districts: gpd.GeoDataFrame
) -> np.ndarray:
    import shapely

    within = shapely.covers(known, shapes)
    _tell_whole(districts, there & ~within, "that leave the ground of the extract")
    return within


def _names(districts: gpd.GeoDataFrame) -> np.ndarray:
    if "name" not in districts:
        return np.full(len(districts), "", dtype=object)
    return districts["name"].fillna("").to_numpy(dtype=object)


def _tell_whole(districts: gpd.GeoDataFrame, rows: np.ndarray, why: str) -> None:
    if not rows.any():
        return
    names = [str(n) or f"row {row + 1}" for row, n in enumerate(_names(districts)) if rows[row]]
    more = ", …" if len(names) > NAMES_SHOWN else ""
    warnings.warn(
        f"{len(names)} districts {why}, with {people_of(districts)[rows].sum():,.0f} people, are "
        f"spread evenly over their whole ground: {', '.join(names[:NAMES_SHOWN])}{more}",
        MendedWarning,
        stacklevel=4,
    )
