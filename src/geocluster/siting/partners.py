"""Partners of a park: the by-products that works in reach could give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.industry.symbiosis import by_products_of, read_exchanges
from geocluster.siting.measures import words_of

if TYPE_CHECKING:
    import geopandas as gpd


def by_products_near(
    sites: np.ndarray, clusters: gpd.GeoDataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """How many different by-products works in reach could give, and which.

    Parameters
    ----------
    sites : array of shapely geometries
        In a metric reference system.
    clusters : GeoDataFrame or None
        In the same; optional `sectors`.

    Returns
    -------
    numbers : array
        Each by-product counts once, where a cluster whose sectors pass it on lies no farther from
        the site's edge than it travels (steam 2 km, solids 30 km); NaN where no sector is known.
    names : array of str
        In the order of the table.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point, box
    >>> works = gpd.GeoDataFrame({"sectors": ["refinery"]}, geometry=[Point(4000, 0)])
    >>> numbers, names = by_products_near(np.array([box(0, 0, 1000, 1000)]), works)
    >>> numbers.tolist(), names.tolist()  # 3 km away: too far for steam
    ([1.0], ['sulphur'])
    """
    import shapely

    unknown = np.full(len(sites), np.nan), np.full(len(sites), "", dtype=object)
    if clusters is None or not len(clusters) or "sectors" not in clusters:
        return unknown
    sectors = [words_of(value) for value in clusters["sectors"]]
    if not any(sectors):
        return unknown
    order = {name: i for i, name in enumerate(dict.fromkeys(read_exchanges()["by_product"]))}
    given = [
        [pair for sector in sorted(words) for pair in by_products_of(sector)] for words in sectors
    ]
    farthest = max((km for pairs in given for _, km in pairs), default=0.0) * 1000
    shapes = np.asarray(clusters.geometry.values, dtype=object)
    near = shapely.STRtree(shapes).query(sites, predicate="dwithin", distance=farthest)
    metres = shapely.distance(sites[near[0]], shapes[near[1]])
    found: list[set[str]] = [set() for _ in sites]
    for site, cluster, distance in zip(*near.tolist(), metres.tolist(), strict=True):
        found[site] |= {name for name, km in given[cluster] if distance <= km * 1000}
    names = ["; ".join(sorted(some, key=lambda name: order[name])) for some in found]
    return np.array([float(len(some)) for some in found]), np.array(names, dtype=object)
