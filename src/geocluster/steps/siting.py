"""Where a park may stand in a study, and what each candidate is like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.load.roads import RoadGraph
    from geocluster.study import Study

# Of a narrative: the lists of what is told of a criterion, and the figures in its own unit.
LISTS = ("strengths", "weaknesses", "value_flips")
IN_METRES = ("value", "median", "best", "worst", "now", "needed")


def suitable_of(study: Study, grid: xr.DataArray) -> xr.Dataset:
    """The land of a study that no rule excludes, by everything that the study knows."""
    from geocluster.load.ground import slope_on
    from geocluster.siting.suitability import suitable_land

    siting, terrain = study.settings.siting, study.terrain
    return suitable_land(
        grid,
        study.homes,
        study.land,
        study.rules,
        places=study.places,
        fringe_km=siting.fringe_km,
        fringe_classes=siting.fringe_classes,
        fringe_minutes=siting.fringe_minutes,
        roads=study.roads if siting.fringe_minutes is not None else None,
        urbanisation_basis=siting.urbanisation,
        slope=None if terrain is None else slope_on(terrain, grid, percent=True),
        land_cover=study.land_cover,
        mode=siting.mode,
        hazard_class=study.park.hazard_class,
    )


def find_sites(
    study: Study,
    grid: xr.DataArray,
    burden: xr.DataArray,
    clusters: gpd.GeoDataFrame,
    field: xr.Dataset | None = None,
) -> tuple[xr.Dataset, gpd.GeoDataFrame]:
    """The suitable land of a study, and its candidate sites with every criterion measured.

    `field` is the concentration of today.
    """
    from geocluster.siting.brownfields import brownfield_ground, told_of
    from geocluster.siting.candidates import candidate_sites
    from geocluster.siting.cutting import cuts_of
    from geocluster.siting.describing import describe_sites
    from geocluster.steps.dispersion import plume_options, urban_places

    siting, park = study.settings.siting, study.park
    suitable = suitable_of(study, grid)
    cuts = cuts_of(study.land, siting.cut_along)
    used = study.land if siting.brownfields else None
    ground = brownfield_ground(used, suitable)
    sites = candidate_sites(
        suitable,
        min_area_ha=park.area_ha,
        max_sites=siting.max_sites,
        zones=study.zones,
        burden=burden,
        proposed=study.proposed,
        brownfields=ground,
        cuts=cuts,
        strip_m=siting.cut_strip_m,
        max_stretch=siting.max_stretch,
        min_width_m=siting.min_width_m,
    )
    sites.attrs["found"] |= told_of(cuts, ground, park.area_ha)
    described = describe_sites(
        sites,
        burden,
        study.homes,
        study.land,
        clusters,
        protection_zone_m=park.protection_zone_m,
        places=study.places,
        terrain=study.terrain,
        field=field,
        park=park,
        weather=study.own_weather,
        options=plume_options(study),
        urban=urban_places(study, grid),
        weather_of=study.weather_of(grid),
        limits=study.settings.limits(),
        roads=road_network(study.land, siting.road_speeds),
        border=study.border,
        prices=study.prices,
        growth=study.growth,
    )
    return suitable, described


def road_network(
    land: gpd.GeoDataFrame, speeds: dict[str, float] | None = None
) -> RoadGraph | None:
    """The roads of a study as a network; None where there are none but main lines drawn by hand.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString
    >>> lines = gpd.GeoDataFrame({"kind": ["road"], "origin": ["schematic"]},
    ...                          geometry=[LineString([(0, 0), (9, 9)])], crs="EPSG:32642")
    >>> road_network(lines) is None, len(road_network(lines.assign(origin="reported")).lines)
    (True, 1)
    """
    from geocluster.load.roads import DRAWN, road_graph

    roads = land[land["kind"] == "road"]
    if "origin" in roads:
        roads = roads[roads["origin"] != DRAWN]
    return road_graph(roads, speeds=speeds) if len(roads) else None


def in_honest_digits(sites: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Distances to whole metres, or to 100 m where lines were drawn by hand: they know no more.

    Examples
    --------
    >>> import geopandas as gpd
    >>> sites = gpd.GeoDataFrame({"distance_road_m": [1234.5678]}, geometry=[None])
    >>> in_honest_digits(sites, gpd.GeoDataFrame({"origin": ["schematic"]}, geometry=[None]))[
    ...     "distance_road_m"].tolist()
    [1200.0]
    """
    digits = _digits_of_distances(land)
    distances = [str(name) for name in sites if re.fullmatch("distance_.*_m", str(name))]
    return sites.assign(**{name: sites[name].round(digits) for name in distances})


def told_in_honest_digits(
    narratives: list[dict[str, Any]], land: gpd.GeoDataFrame
) -> list[dict[str, Any]]:
    """Narratives with the distances in them rounded as `in_honest_digits` rounds those of sites.

    Examples
    --------
    >>> import geopandas as gpd
    >>> told = [{"rank": 1, "strengths": [{"column": "distance_rail_m", "value": 1234.5}]}]
    >>> told_in_honest_digits(told, gpd.GeoDataFrame(geometry=[]))
    [{'rank': 1, 'strengths': [{'column': 'distance_rail_m', 'value': 1234.0}]}]
    """
    digits = _digits_of_distances(land)

    def rounded(part: dict[str, Any]) -> dict[str, Any]:
        if not str(part["column"]).startswith("distance_"):
            return part
        kept = {name: round(part[name], digits) for name in IN_METRES if name in part}
        return {**part, **kept}

    return [
        {**told, **{name: [rounded(part) for part in told[name]] for name in LISTS if name in told}}
        for told in narratives
    ]


def _digits_of_distances(land: gpd.GeoDataFrame) -> int:
    return -2 if "origin" in land and bool((land["origin"] == "schematic").any()) else 0
