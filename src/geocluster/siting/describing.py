"""Every criterion measured at every candidate site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geocluster.plume.options import DEFAULT, PlumeOptions
from geocluster.siting.criteria import BURDEN, CRITERIA
from geocluster.siting.measures import (
    all_shapes,
    distance_m,
    in_sites_crs,
    main_roads,
    people_in_reach,
    sectors_near,
    shapes_of_class,
    shapes_of_kind,
    share_covered,
    site_means,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.exposure.assess import Limits
    from geocluster.load.roads import RoadGraph
    from geocluster.siting.added import Park

WORKERS_WITHIN_KM = 15
SECTORS_WITHIN_KM = 20
EXISTING_ZONE = "existing zone"


def describe_sites(
    sites: gpd.GeoDataFrame,
    burden: xr.DataArray,
    homes: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame | None,
    clusters: gpd.GeoDataFrame | None,
    *,
    protection_zone_m: float = 500.0,
    places: gpd.GeoDataFrame | None = None,
    terrain: xr.DataArray | None = None,
    field: xr.Dataset | None = None,
    park: Park | None = None,
    weather: xr.Dataset | Mapping[str, xr.Dataset] | None = None,
    options: PlumeOptions | None = None,
    urban: bool | xr.DataArray = False,
    weather_of: xr.DataArray | None = None,
    limits: Limits = "who-2021",
    roads: RoadGraph | None = None,
    border: gpd.GeoDataFrame | None = None,
    prices: gpd.GeoDataFrame | None = None,
    growth: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Measure every criterion at every site.

    Parameters
    ----------
    sites : GeoDataFrame
        Candidate parcels, from `candidate_sites`; not changed. Optional `price_per_ha` and
        `currency` of a site's own.
    burden : DataArray (y, x)
        From `burden`. [persons x ug/m3 per g/s]
    homes : GeoDataFrame
        Areas with `people`.
    land : GeoDataFrame or None
        Roads, railways, power, water, farmland and the like, by `kind`.
    clusters : GeoDataFrame or None
        From `find_clusters`; optional `sectors`.
    protection_zone_m : float
        Width of the park's sanitary protection zone. [m]
    places : GeoDataFrame, optional
        Schools, kindergartens and hospitals, by `kind`.
    terrain : DataArray (y, x), optional
        Elevation. [m]
    field : Dataset, optional
        The concentration of today, from `concentration` over a grid; with `park.emissions` it
        tells what comes above an annual limit.
    park : optional
        Has `releases`, as `burden` takes them, and `emissions`, pollutant to g/s, which may be
        empty; such as `study.park`. What it adds to the air needs `weather` too.
    weather, options, urban, weather_of : optional
        As `burden` takes them.
    limits : str, Path, sequence of them, or DataFrame
        Sets of limits, see `read_limits`; those for annual means count.
    roads : RoadGraph, optional
        From `geocluster.load.roads.road_graph`, in the sites' reference system.
    border : GeoDataFrame, optional
        Lines of the state border.
    prices : GeoDataFrame, optional
        Polygons with `price_per_ha`, and optional `currency` and `type`.
    growth : GeoDataFrame, optional
        From `read_growth`: people or built-up land expected within 2 km.

    Returns
    -------
    GeoDataFrame
        The sites with a column a criterion (see `criteria_table`) and what belongs to them: names
        of the worst-hit home and place, people above each limit, ``nearest_home_m``,
        ``people_on_site`` and more (docs/siting.md). Distances are from the parcel's edge, 0 where
        it touches; a criterion whose layer is missing is NaN. ``criteria_notes`` says what is
        assumed. attrs ``protection_zone_m``.

    Raises
    ------
    CRSError
        Where a table declares no reference system and the sites do, or roads have another.
    TableError
        Where prices are in several currencies.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import xarray as xr
    >>> from shapely.geometry import LineString, box
    >>> burden = xr.DataArray(
    ...     [[1.0, 3.0]], dims=("y", "x"), coords={"y": [500.0], "x": [500.0, 1500.0]}
    ... )
    >>> sites = gpd.GeoDataFrame({"site_id": ["S1"]}, geometry=[box(0, 0, 2000, 1000)], crs=32642)
    >>> homes = gpd.GeoDataFrame({"people": [8]}, geometry=[box(2000, 0, 3000, 1000)], crs=32642)
    >>> rail = LineString([(0, 1400), (9000, 1400)])
    >>> land = gpd.GeoDataFrame({"kind": ["rail"]}, geometry=[rail], crs=32642)
    >>> table = describe_sites(sites, burden, homes, land, None)
    >>> table[["burden_persons_ug_m3_per_g_s", "people_in_protection_zone"]].values.tolist()
    [[2.0, 4.0]]
    >>> float(table["distance_rail_m"].iloc[0]), float(table["distance_road_m"].iloc[0])
    (400.0, nan)
    """
    from geocluster.exposure.residents import nearest_home_m
    from geocluster.siting.access import by_road
    from geocluster.siting.added import Added
    from geocluster.siting.air import air_columns
    from geocluster.siting.ground import land_prices, slopes
    from geocluster.siting.growth import growth_columns
    from geocluster.siting.partners import by_products_near
    from geocluster.siting.site_notes import notes_of_sites

    people = in_sites_crs(homes, sites, "homes")
    land = in_sites_crs(land, sites, "land")
    clusters = in_sites_crs(clusters, sites, "clusters")
    places = in_sites_crs(places, sites, "places")
    border = in_sites_crs(border, sites, "border")
    prices = in_sites_crs(prices, sites, "prices")
    growth = in_sites_crs(growth, sites, "growth")
    shapes = np.asarray(sites.geometry.values, dtype=object)
    added = None
    if park is not None and weather is not None and len(sites):
        added = Added.of(
            sites,
            park.releases,
            weather,
            options=options or DEFAULT,
            urban=urban,
            weather_of=weather_of,
        )
    emissions = {} if park is None else park.emissions
    by_products, names = by_products_near(shapes, clusters)
    columns = {
        BURDEN: site_means(sites, burden),
        "people_in_protection_zone": people_in_reach(sites, people, protection_zone_m),
        **air_columns(added, sites, people, places, land, field, emissions, limits),
        **growth_columns(sites, growth),
        **by_road(roads, sites, people),
        "distance_road_m": distance_m(shapes, main_roads(land)),
        "distance_rail_m": distance_m(shapes, shapes_of_kind(land, "rail")),
        "distance_power_m": distance_m(shapes, shapes_of_kind(land, "power")),
        "distance_substation_m": distance_m(shapes, shapes_of_class(land, "power", "substation")),
        "distance_water_m": distance_m(shapes, shapes_of_kind(land, "water")),
        "distance_wastewater_m": distance_m(shapes, shapes_of_kind(land, "wastewater")),
        "workers_within_15_km": people_in_reach(sites, people, WORKERS_WITHIN_KM * 1000),
        "new_land_share": _new_land_share(sites, shapes, land),
        "farmland_share": share_covered(shapes, shapes_of_kind(land, "farmland", "irrigated")),
        **slopes(sites, terrain),
        **land_prices(sites, prices),
        "distance_cluster_m": distance_m(shapes, all_shapes(clusters)),
        "sectors_within_20_km": sectors_near(shapes, clusters, SECTORS_WITHIN_KM * 1000),
        "by_products_in_reach": by_products,
        "by_products": names,
        "distance_border_m": distance_m(shapes, all_shapes(border)),
        "nearest_home_m": nearest_home_m(people, sites).to_numpy(),
        "people_on_site": people_in_reach(sites, people, 0),
    }
    described = sites.assign(**columns)
    described["criteria_notes"] = notes_of_sites(described, land)
    described = _without_empty(described, columns)
    described.attrs = {**sites.attrs, "protection_zone_m": float(protection_zone_m)}
    return described


def _without_empty(
    described: gpd.GeoDataFrame, columns: Mapping[str, np.ndarray]
) -> gpd.GeoDataFrame:
    """Without what was measured beside the criteria and says nothing of any site."""
    criteria = {item.column for item in CRITERIA}
    said = described.replace("", np.nan).notna().any() if len(described) else None
    empty = [name for name in columns if said is not None and not said[name]]
    return described.drop(columns=[name for name in empty if name not in criteria])


def _new_land_share(
    sites: gpd.GeoDataFrame, shapes: np.ndarray, land: gpd.GeoDataFrame | None
) -> np.ndarray:
    """0 for an existing zone; elsewhere what no drawn zone or brownfield covers."""
    # The share used before would be 0 for nearly all: divided by its length, as TOPSIS does, the
    # one zone with a 1 would outweigh every other criterion.
    share = 1 - np.nan_to_num(share_covered(shapes, shapes_of_kind(land, "zone", "brownfield")))
    if "kind" in sites:
        share[(sites["kind"] == EXISTING_ZONE).to_numpy()] = 0.0
    return share
