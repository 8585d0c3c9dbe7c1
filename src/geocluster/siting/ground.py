"""What the ground of a site is like: its slope, its price, and where the state border is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.load.ground import slope_of
from geocluster.siting.measures import site_means

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

STEEP_PCT = 8.0  # assumed: above it halls, rails and heavy roads need terraces
LEAST_PRICED = 0.5  # of a site's area: below it a price of its part says too little


def slopes(sites: gpd.GeoDataFrame, terrain: xr.DataArray | None) -> dict[str, np.ndarray]:
    """The mean slope of each site, and the share of it that is steep (above 8 %).

    Parameters
    ----------
    sites : GeoDataFrame
        In the terrain's reference system.
    terrain : DataArray (y, x) or None
        Elevation. [m]

    Returns
    -------
    dict
        ``slope_mean_pct`` [%] and ``steep_share`` [0 to 1]; NaN without terrain, or off it.
    """
    if terrain is None or min(terrain.shape) < 2:
        unknown = np.full(len(sites), np.nan)
        return {"slope_mean_pct": unknown, "steep_share": unknown.copy()}
    slope = slope_of(terrain, percent=True)
    steep = (slope > STEEP_PCT).where(slope.notnull()).assign_attrs(slope.attrs)
    return {"slope_mean_pct": site_means(sites, slope), "steep_share": site_means(sites, steep)}


def land_prices(sites: gpd.GeoDataFrame, prices: gpd.GeoDataFrame | None) -> dict[str, np.ndarray]:
    """The price of each site's land: its own where it is stated, else that of a layer.

    Parameters
    ----------
    sites : GeoDataFrame
        Optional `price_per_ha` and `currency`.
    prices : GeoDataFrame or None
        Polygons with `price_per_ha`, `currency` and optional `type`, in the sites' system.

    Returns
    -------
    dict
        ``land_price_per_ha`` (mean over the part of the site that has a price; NaN where that is
        less than half of it), ``land_price_currency``, ``land_price_origin`` and ``land_type``
        (of the polygon with the largest part).

    Raises
    ------
    TableError
        Where prices are in several currencies: they cannot be compared.
    """
    count = len(sites)
    price, kind = np.full(count, np.nan), np.full(count, "", dtype=object)
    origin, currency = kind.copy(), kind.copy()
    if prices is not None and len(prices):
        price, kind, currency = _of_layer(sites, prices)
        origin[np.isfinite(price)] = "layer of prices"
    if "price_per_ha" in sites:
        own = sites["price_per_ha"].astype(float).to_numpy()
        stated = np.isfinite(own)
        price[stated], origin[stated] = own[stated], "stated with the site"
        if "currency" in sites:
            text = sites["currency"].astype(object).where(sites["currency"].notna(), "")
            currency[stated] = text.to_numpy()[stated]
        else:
            currency[stated] = ""
    priced = np.isfinite(price)
    currency[~priced] = ""
    several = sorted({str(name) for name in currency[priced] if name})
    if len(several) > 1:
        raise TableError(
            "land prices",
            f"in {', '.join(several)}: prices in several currencies cannot be compared, "
            "convert them to one",
        )
    return {
        "land_price_per_ha": price,
        "land_price_currency": currency,
        "land_price_origin": origin,
        "land_type": kind,
    }


def _of_layer(
    sites: gpd.GeoDataFrame, prices: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Price, type and currency of each site from polygons, by the area they share with it."""
    import shapely

    shapes = np.asarray(sites.geometry.values, dtype=object)
    areas = np.asarray(prices.geometry.values, dtype=object)
    site, area = shapely.STRtree(areas).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[site], areas[area]))
    value = prices["price_per_ha"].astype(float).to_numpy()[area]
    known = np.isfinite(value) & (shared > 0)
    weight = np.bincount(site[known], shared[known], minlength=len(sites))
    total = np.bincount(site[known], (shared * value)[known], minlength=len(sites))
    enough = weight >= LEAST_PRICED * shapely.area(shapes)
    price = np.where(enough & (weight > 0), total / np.where(weight > 0, weight, 1), np.nan)
    order = np.lexsort((area, -shared))
    first = {int(s): int(a) for s, a in zip(site[order][::-1], area[order][::-1], strict=True)}
    text = {}
    for column in ("type", "currency"):
        said = prices[column].astype(object) if column in prices else None
        words = None if said is None else said.where(said.notna(), "").to_numpy()
        text[column] = np.array(
            ["" if words is None or i not in first else words[first[i]] for i in range(len(sites))],
            dtype=object,
        )
    return price, text["type"], text["currency"]
