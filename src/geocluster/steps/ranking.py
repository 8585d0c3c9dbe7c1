"""Which place is best in a study, and how sure that is."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from geocluster.errors import SettingsError, TableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import xarray as xr

    from geocluster.load.settings_siting import SitingSettings
    from geocluster.siting.judging import Judging
    from geocluster.steps.uncertainty import Uncertainty
    from geocluster.study import Study

NOTHING_LEFT = (
    "No land on the fringe is left that holds a park: change fringe_km, fringe_classes, "
    "area_ha or the rules in study.toml."
)


class Ranking(NamedTuple):
    """The sites best first, how they were judged, the verdict, and how sure it is."""

    sites: gpd.GeoDataFrame
    weights: dict[str, float]
    verdict: str
    stability: dict[str, Any]
    judging: Judging | None = None
    # Kind to name of a case to {column: values}, in the order of `sites`.
    cases: Mapping[str, Mapping[str, Mapping[str, Any]]] = MappingProxyType({})

    @property
    def options(self) -> dict[str, Any]:
        """What the method that ranks was given, beside the weights."""
        return self.judging.first if self.judging is not None else {}


def ranking_of(
    study: Study,
    sites: gpd.GeoDataFrame,
    burdens: xr.DataArray,
    not_valid: gpd.GeoDataFrame,
    uncertain: Uncertainty,
    suitable: xr.Dataset,
) -> tuple[Ranking, list[dict[str, Any]]]:
    """`ranking` as a study asks for it, and what speaks for and against each site."""
    from geocluster.siting.narratives import narratives

    found = ranking(
        sites,
        burdens,
        study.settings.siting,
        not_valid,
        uncertain=uncertain,
        homes=study.homes,
        zone_m=study.park.protection_zone_m,
        suitable=suitable,
    )
    return found, narratives(found.sites, found.weights, **found.options)


def ranking(
    sites: gpd.GeoDataFrame,
    burdens: xr.DataArray,
    siting: SitingSettings,
    not_valid: gpd.GeoDataFrame,
    *,
    uncertain: Uncertainty | None = None,
    homes: gpd.GeoDataFrame | None = None,
    zone_m: float = 500.0,
    suitable: xr.Dataset | None = None,
) -> Ranking:
    """Rank the sites of a study as its settings ask, and see how sure that is.

    Parameters
    ----------
    sites : GeoDataFrame
        From `describe_sites`.
    burdens : DataArray (release, y, x)
        From `burden_by_release`: each release by itself is a case.
    siting : SitingSettings
        Methods, weights, preferences.
    not_valid : GeoDataFrame
        Where the map is not for decisions: no winner is called there.
    uncertain : Uncertainty, optional
        Cases of the weather and the people, in the order of `sites`.
    homes : GeoDataFrame, optional
        For the people in protection zones of other widths.
    zone_m : float
        Width of the park's protection zone. [m]
    suitable : Dataset, optional
        From `suitable_land`.
    """
    from geocluster.siting.criteria import BURDEN
    from geocluster.siting.judging import judging_of
    from geocluster.siting.measures import site_means
    from geocluster.siting.pareto import pareto_front
    from geocluster.siting.ranking import rank
    from geocluster.siting.stability import HEIGHTS, rank_stability
    from geocluster.siting.turning import release_cases
    from geocluster.steps.stability import stability_of

    if len(sites) == 0:
        empty = sites.assign(rank=0, score=0.0, top_three_share=0.0, pareto=False)
        return Ranking(empty, {}, NOTHING_LEFT, {})
    judging = judging_of(siting, sites)
    weights = judging.weights
    by_release = {str(part["release"].values): site_means(sites, part) for part in burdens}
    shares, lowest = _profile(burdens)
    beside = uncertain.by_release if uncertain is not None else {}
    heights = {
        f"{HEIGHTS}: {name}": {BURDEN: values, **beside.get(name, {})}
        for name, values in release_cases(by_release, shares, lowest).items()
    }
    others = uncertain.cases if uncertain is not None else {}
    cases = _that_count({**heights, **others}, weights)
    kinds = {**dict.fromkeys(heights, HEIGHTS), **(uncertain.kinds if uncertain else {})}
    try:
        ranked = rank(sites, weights, **judging.first)
        sure = rank_stability(
            sites,
            weights,
            cases=cases,
            kinds={name: kind for name, kind in kinds.items() if name in cases},
            preferences=judging.preferences,
            **judging.all_methods,
        )
        tall = _not_planned(uncertain) if shares else {}
        stability = stability_of(
            sites, sure, judging, by_release={**by_release, **tall},
            shares={**shares, **dict.fromkeys(tall, 0.0)}, uncertain=uncertain,
            people_by_zone=_people_by_zone(sites, homes), zone_m=zone_m, suitable=suitable,
        )  # fmt: skip
    except TableError as error:
        raise _with_key(error, siting) from error
    columns = ["site_id", "acceptability", "top_three_share", "mean_rank", "first_with"]
    merged = ranked.merge(sure[columns], on="site_id", validate="1:1")
    merged = pareto_front(merged, weights, missing="worst")
    doubts = _doubts(merged, sure.attrs["winner"], not_valid)
    verdict = (f"No winner is called: {doubts} " if doubts else "") + sure.attrs["verdict"]
    winner = None if doubts else sure.attrs["winner"]
    told = {**stability, "winner": winner, "doubts": doubts}
    tried = _in_order_of(merged, sites, cases, kinds)
    return Ranking(merged, weights, verdict, told, judging, tried)


def _in_order_of(
    ranked: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    cases: Mapping[str, Mapping[str, Any]],
    kinds: Mapping[str, str],
) -> dict[str, dict[str, dict[str, Any]]]:
    """The cases by their kind, each value with its site as ranked."""
    import numpy as np
    import pandas as pd

    place = pd.Index(sites["site_id"]).get_indexer(ranked["site_id"])
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, columns in cases.items():
        values = {column: np.asarray(one, dtype=float)[place] for column, one in columns.items()}
        found.setdefault(kinds[name], {})[name] = values
    return found


def _profile(burdens: xr.DataArray) -> tuple[dict[str, float], str | None]:
    """The share of each release, and which of them is the lowest; none where not known."""
    if not {"share", "height_m"} <= set(burdens.coords):
        return {}, None
    names = [str(name) for name in burdens["release"].values]
    shares = dict(zip(names, burdens["share"].values.tolist(), strict=True))
    return shares, names[int(burdens["height_m"].values.argmin())]


def _not_planned(uncertain: Uncertainty | None) -> dict[str, Any]:
    """The burden of a stack that the park does not have, if that is known."""
    from geocluster.steps.uncertainty import TALL

    return {} if uncertain is None or uncertain.tall is None else {TALL: uncertain.tall}


def _people_by_zone(sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame | None) -> dict[float, Any]:
    from geocluster.siting.measures import people_in_reach
    from geocluster.siting.turning import ZONE_WIDTHS_M

    if homes is None:
        return {}
    return {width: people_in_reach(sites, homes, width) for width in ZONE_WIDTHS_M}


def _that_count(
    cases: Mapping[str, Mapping[str, Any]] | None, weights: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """The cases, of criteria that have a weight."""
    counted = {
        name: {column: values for column, values in columns.items() if column in weights}
        for name, columns in (cases or {}).items()
    }
    return {name: columns for name, columns in counted.items() if columns}


def _with_key(error: TableError, siting: SitingSettings) -> Exception:
    """The fault of a ranking as one of study.toml, where a key of it is the cause."""
    if error.where == "preferences":
        return SettingsError("study.toml", [f"[siting.preferences] {f}" for f in error.faults])
    if siting.bounds and all("bounds" in fault for fault in error.faults):
        return SettingsError("study.toml", [f"[siting.bounds] {f}" for f in error.faults])
    return error


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
