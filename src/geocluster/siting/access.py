"""How a site is reached by road: minutes to a trunk road, people within 30 and 60 minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import CRSError
from geocluster.siting.reach import COMMUTE_MINUTES, minutes_to_road, workers_within

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.load.roads import RoadGraph


def by_road(
    roads: RoadGraph | None, sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame
) -> dict[str, np.ndarray]:
    """The criteria that need a road network; NaN without one.

    Parameters
    ----------
    roads : RoadGraph or None
    sites, homes : GeoDataFrame
        In the graph's reference system.

    Returns
    -------
    dict
        ``minutes_trunk_road`` (motorway or trunk; NaN where none can be reached) [min] and
        ``workers_within_30_min``, ``workers_within_60_min`` [persons].

    Raises
    ------
    CRSError
        Where the graph is in another reference system.
    """
    names = [f"workers_within_{minutes}_min" for minutes in COMMUTE_MINUTES]
    if roads is None or not len(roads.lines) or not len(sites):
        unknown: Any = np.full(len(sites), np.nan)
        return dict.fromkeys(["minutes_trunk_road", *names], unknown)
    if sites.crs is not None and roads.crs is not None and sites.crs != roads.crs:
        raise CRSError("roads", "in another reference system than the sites: make it of their land")
    minutes = minutes_to_road(roads, sites)
    people = workers_within(roads, sites, homes).to_numpy()
    return {
        "minutes_trunk_road": np.where(np.isfinite(minutes), minutes, np.nan),
        **dict(zip(names, people.T, strict=True)),
    }
