"""Where a park may stand in a study, which place is best, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.study import Study


def find_sites(
    study: Study, grid: xr.DataArray, burden: xr.DataArray, clusters: gpd.GeoDataFrame
) -> tuple[xr.Dataset, gpd.GeoDataFrame]:
    """The suitable land of a study, and its candidate sites with every criterion measured."""
    from geocluster.siting.candidates import candidate_sites
    from geocluster.siting.criteria import describe_sites
    from geocluster.siting.suitability import suitable_land

    siting, park = study.settings.siting, study.park
    suitable = suitable_land(
        grid,
        study.homes,
        study.land,
        study.rules,
        places=study.places,
        fringe_km=siting.fringe_km,
        fringe_classes=siting.fringe_classes,
    )
    sites = candidate_sites(
        suitable,
        min_area_ha=park.area_ha,
        max_sites=siting.max_sites,
        zones=study.zones,
        burden=burden,
    )
    described = describe_sites(
        sites,
        burden,
        study.homes,
        study.land,
        clusters,
        protection_zone_m=park.protection_zone_m,
    )
    return suitable, described


def ranking(
    sites: gpd.GeoDataFrame,
    burdens: xr.DataArray,
    group_weights: dict[str, float],
    not_valid: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, dict[str, float], str]:
    """The sites best first with how sure that is, the weights used, and the verdict."""
    from geocluster.siting.criteria import grouped_weights
    from geocluster.siting.measures import site_means
    from geocluster.siting.ranking import rank
    from geocluster.siting.stability import rank_stability

    if len(sites) == 0:
        verdict = (
            "No land on the fringe is left that holds a park: change fringe_km, fringe_classes, "
            "area_ha or the rules in study.toml."
        )
        return sites.assign(rank=0, score=0.0, top_three_share=0.0), {}, verdict
    weights = grouped_weights(group_weights, sites)
    ranked = rank(sites, weights, method="topsis", missing="worst")
    by_release = {str(part["release"].values): site_means(ranked, part) for part in burdens}
    sure = rank_stability(ranked, weights, burdens=by_release, missing="worst")
    columns = ["site_id", "acceptability", "top_three_share", "mean_rank", "first_with"]
    merged = ranked.merge(sure[columns], on="site_id", validate="1:1")
    doubts = _doubts(merged, sure.attrs["winner"], not_valid)
    verdict = f"No winner is called: {doubts} " if doubts else ""
    return merged, weights, verdict + sure.attrs["verdict"]


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
    digits = -2 if "origin" in land and bool((land["origin"] == "schematic").any()) else 0
    distances = [str(name) for name in sites if str(name).startswith("distance_")]
    return sites.assign(**{name: sites[name].round(digits) for name in distances})


def _doubts(sites: gpd.GeoDataFrame, winner: str | None, not_valid: gpd.GeoDataFrame) -> str:
    """Why the site that would win cannot be called a winner; empty where nothing speaks against."""
    if winner is None:
        return ""
    site = sites[sites["site_id"] == winner].iloc[0]
    reasons = not_valid["reason"][not_valid.intersects(site.geometry)].tolist()
    if site.get("approximate"):
        reasons.append(f"its position is known to {site['location_error_m'] / 1000:g} km only")
    why = "; ".join(reasons)
    return f"{winner} cannot be judged from this map ({why})." if reasons else ""
