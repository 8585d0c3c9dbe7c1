"""What is assumed in a site's figures, in words beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.siting.measures import MAIN_ROADS

if TYPE_CHECKING:
    import geopandas as gpd

KINDS = ("road", "rail", "power", "water", "wastewater")
KNOWN = ("", "reported", "OpenStreetMap", "osm")


def notes_of_sites(sites: gpd.GeoDataFrame, land: gpd.GeoDataFrame | None) -> list[str]:
    """What of each site's figures is assumed or drawn by hand; empty where nothing is.

    Parameters
    ----------
    sites : GeoDataFrame
        With the columns of `describe_sites`.
    land : GeoDataFrame or None
        Optional `origin`; that of the nearest road, railway and so on is told.

    Returns
    -------
    list of str
        In the order of the sites.
    """
    parts: list[list[str]] = [[] for _ in range(len(sites))]
    if land is not None and len(land) and "origin" in land:
        for kind in KINDS:
            for row, origin in enumerate(_nearest_origin(sites, land, kind)):
                if origin not in KNOWN:
                    parts[row].append(f"{kind}: {origin}")
    for name, column in (("worst-hit home", "worst_home_origin"), ("price", "land_price_origin")):
        for row, origin in enumerate(sites.get(column, ())):
            if str(origin) not in KNOWN:
                parts[row].append(f"{name}: {origin}")
    return ["; ".join(part) for part in parts]


def _nearest_origin(sites: gpd.GeoDataFrame, land: gpd.GeoDataFrame, kind: str) -> np.ndarray:
    """Where the nearest line or area of a kind comes from."""
    import shapely

    rows = land[land["kind"] == kind]
    if kind == "road" and "class" in rows and rows["class"].isin(MAIN_ROADS).any():
        rows = rows[rows["class"].isin(MAIN_ROADS)]
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    found = np.full(len(sites), "", dtype=object)
    if len(rows) and len(sites):
        shapes = np.asarray(rows.geometry.values, dtype=object)
        origin = rows["origin"].astype(object).where(rows["origin"].notna(), "").to_numpy()
        places = np.asarray(sites.geometry.values, dtype=object)
        site, nearest = shapely.STRtree(shapes).query_nearest(places, all_matches=False)
        found[site] = origin[nearest]
    return found
