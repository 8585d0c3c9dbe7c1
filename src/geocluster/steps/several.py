"""Several parks at once in a study, and the facilities that its clusters share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.errors import SettingsError, TableError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.study import Study

# Of NOx, the part taken as NO2 where a limit of NO2 is to hold (as in exposure: central).
NO2_OF_NOX = 0.9


def several_parks(
    study: Study, sites: gpd.GeoDataFrame, weights: dict[str, float], exposure: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame | None, dict[str, Any]]:
    """The sites of several parks chosen at once, beside those taken one by one, and the figures.

    The table holds every site that stands in either set, or in the set of some weighting. None
    where study.toml does not ask; where no set obeys what is asked, the figures hold the `fault`.
    """
    from geocluster.siting.together import choose_together

    asked = study.settings.siting.together
    if asked is None or not len(sites):
        return None, {}
    added = _added(study, sites, exposure)
    try:
        chosen = choose_together(
            sites,
            asked.parks,
            weights,
            homes=study.homes,
            min_spacing_m=asked.min_spacing_m,
            workers_needed=asked.workers_needed,
            workers_share=asked.workers_share,
            max_area_ha=asked.max_area_ha,
            added=added,
            irrelevant_share=asked.irrelevant_share,
            missing="worst",
            samples=asked.samples,
        )
    except TableError as error:
        return None, {"fault": "; ".join(error.faults), "parks": asked.parks}
    told = {name: chosen.attrs[name] for name in FIGURES if name in chosen.attrs}
    told["parks"] = asked.parks
    told["min_spacing_m"] = asked.min_spacing_m
    told["capped"] = [] if added is None else added["pollutant"].values.tolist()
    return _in_any_set(sites, chosen, told), told


FIGURES = (
    "objective", "bound", "gap", "status", "together", "one_by_one", "note", "samples",
    "chosen_share", "differs_share", "mean_gain",
)  # fmt: skip


def _in_any_set(
    sites: gpd.GeoDataFrame, chosen: gpd.GeoDataFrame, told: dict[str, Any]
) -> gpd.GeoDataFrame:
    ids = sites["site_id"].astype(str)
    greedy = told["one_by_one"] or {"site_ids": []}
    shares = told.get("chosen_share", {})
    table = sites.assign(
        together=ids.isin(told["together"]["site_ids"]),
        one_by_one=ids.isin(greedy["site_ids"]),
        **({"chosen_share": ids.map(shares).fillna(0.0).astype(float)} if shares else {}),
    )
    kept = table[table["together"] | table["one_by_one"] | ids.isin(list(shares))]
    alone = chosen.set_index("site_id")
    more = [c for c in ("people_in_reach", "people_only_it_reaches") if c in chosen]
    kept = kept.assign(**{name: kept["site_id"].map(alone[name]) for name in more})
    first = ["site_id", "name", "kind", "together", "one_by_one", "chosen_share", "rank", "score"]
    columns = [c for c in first if c in kept] + more
    rest = [c for c in kept if c not in columns and not str(c).startswith("normalised_")]
    kept = kept[[*columns, *rest]]
    by = ["together", "one_by_one", *(["chosen_share"] if shares else []), "site_id"]
    rising = [False] * (len(by) - 1) + [True]
    return kept.sort_values(by, ascending=rising, kind="stable").reset_index(drop=True)


def _added(study: Study, sites: gpd.GeoDataFrame, exposure: gpd.GeoDataFrame) -> xr.Dataset | None:
    """What a park at each site adds at homes, where study.toml says what it emits."""
    from geocluster.siting.added_at_homes import added_at_homes
    from geocluster.steps.dispersion import plume_options

    asked, emissions = study.settings.siting.together, study.park.emissions
    if asked is None or not emissions:
        return None
    strange = sorted(set(asked.limit_ug_m3) - set(emissions))
    if strange:
        fault = f"[siting.together] limit_ug_m3: the park emits no {', '.join(strange)}"
        raise SettingsError("study.toml", [fault])
    limits = asked.limit_ug_m3 or annual_limits(study.settings.limits(), list(emissions))
    if not limits:
        return None
    return added_at_homes(
        sites,
        exposure,
        study.weather,
        releases=study.park.releases,
        emissions=emissions,
        limits=limits,
        options=plume_options(study),
    )


def annual_limits(sets: Any, pollutants: list[str]) -> dict[str, float]:
    """The lowest limit of the annual mean of each pollutant; of NOx that of NO2 over 0.9. [ug/m3]

    Examples
    --------
    >>> annual_limits(["who-2021"], ["nox", "co"])
    {'nox': 11.11111111111111}
    """
    from geocluster.exposure.limits import read_limits

    table: pd.DataFrame = read_limits(sets)
    annual = table[(table["statistic"] == "mean")]
    found = {}
    for pollutant in pollutants:
        name, share = ("no2", NO2_OF_NOX) if pollutant == "nox" else (pollutant, 1.0)
        values = annual.loc[annual["pollutant"] == name, "value_ug_m3"]
        if len(values):
            found[pollutant] = float(values.min()) / share
    return found


def shared_facilities(
    study: Study, clusters: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> list[gpd.GeoDataFrame]:
    """Each kind of facility that study.toml asks for, placed for the clusters.

    They may stand on a candidate site or at the middle of a cluster.
    """
    import geopandas as gpd
    import pandas as pd

    from geocluster.siting.facilities import place_facilities

    found = []
    for asked in study.settings.facilities:
        where = f"[[facilities]] {asked.name}"
        parts = [
            part[["facility_id", "name", "geometry"]]
            for part in (
                sites.assign(facility_id=sites.get("site_id")),
                clusters.assign(facility_id=[f"cluster {n}" for n in clusters["cluster_id"]]),
            )
            if len(part)
        ]
        if not parts or not len(clusters):
            raise SettingsError("study.toml", [f"{where}: there is no cluster to serve"])
        candidates = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=clusters.crs)
        roads = None
        if asked.within_minutes is not None:
            from geocluster.load.roads import road_graph

            roads = road_graph(study.land)
        try:
            placed = place_facilities(
                clusters,
                candidates,
                asked.count,
                objective=asked.objective,
                within_m=asked.within_m,
                within_minutes=asked.within_minutes,
                weight=asked.weight,
                roads=roads,
            )
        except TableError as error:
            raise SettingsError("study.toml", [f"{where}: {f}" for f in error.faults]) from error
        told = placed.attrs
        placed.insert(0, "kind", asked.name)
        placed.attrs = {**told, "name": asked.name}
        found.append(placed)
    return found
