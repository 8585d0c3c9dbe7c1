"""Which place is best in a study, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr


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
