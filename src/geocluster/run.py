"""The main job: from a study folder to a map, tables and rasters."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from geocluster.errors import own_messages, recorded
from geocluster.files import check_folder
from geocluster.results import Results
from geocluster.study import Study, read_study
from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import xarray as xr

    from geocluster.plume.field import PlumeOptions

# Receptors for the treatment of weak winds: enough for a mean, quick for any region.
COARSE_CELLS = 400
MOST_OF_A_YEAR = 7884  # hours, calms included: 90 %


class Progress(Protocol):
    """Called with a step when it begins, and with its seconds when it ends."""

    def __call__(self, step: str, seconds: float | None = None) -> None: ...


@dataclass
class Outcome:
    """What a run leaves behind.

    Attributes
    ----------
    files : dict
        Name to path of each file written.
    summary : dict
        Heading to rows of text: people exposed, first sites, files.
    warnings : list of str
        What was mended, with counts.
    results : Results
    """

    study: Study
    results: Results
    files: dict[str, Path]
    summary: dict[str, list[tuple[str, ...]]]
    warnings: list[str] = field(default_factory=list)


def run_study(
    path: str | Path, out: str | Path | None = None, *, progress: Progress | None = None
) -> Outcome:
    """Run the main job on a study folder and write its results.

    Parameters
    ----------
    path : str or Path
        The study folder, or its study.toml.
    out : str or Path, optional
        Where results go; `maps/<folder>` unless told.
    progress : callable, optional
        Called as ``progress(step)`` and ``progress(step, seconds)``.

    Returns
    -------
    Outcome
        The files written and a summary; index.html is the map.

    Raises
    ------
    GeoclusterError
        Where an input cannot be used; nothing is written then.
    """
    from geocluster.report import summary_rows, write_results

    tell = progress or _silent
    with recorded() as caught:
        with _timed(tell, "read and check the study"):
            study = read_study(path)
            target = Path(out) if out is not None else Path("maps") / study.folder.resolve().name
            check_folder(target)
        results = compute(study, tell)
        with _timed(tell, "draw the map and write the files"):
            files = write_results(study, results, target)
    return Outcome(study, results, files, summary_rows(results, files), own_messages(caught))


def compute(study: Study, tell: Progress | None = None) -> Results:
    """Everything between the tables and the files: the rooms in their order.

    Parameters
    ----------
    study : Study
        As `read_study` gives it.
    tell : callable, optional
        As in `run_study`.
    """
    from geocluster.elevation import terrain_facts, with_areas_above_stacks
    from geocluster.exposure.assess import assess_exposure, summarise_exposure
    from geocluster.exposure.burden import burden_by_release, burden_of_profile
    from geocluster.exposure.residents import describe_neighbours
    from geocluster.industry.clusters import find_clusters
    from geocluster.notes import all_notes, demonstration
    from geocluster.plume.depositing import deposition_field
    from geocluster.plume.field import concentration
    from geocluster.siting.candidates import candidate_sites
    from geocluster.siting.criteria import correlations, describe_sites
    from geocluster.siting.suitability import suitable_land

    tell = tell or _silent
    settings = study.settings
    grid = study.grid()
    options = plume_options(study)
    limits = settings.limits()

    with _timed(tell, "group industrial sites into clusters"):
        clusters = describe_neighbours(find_clusters(study.sources, study.land), study.homes)
    with _timed(tell, "estimate concentration by dispersion"):
        given = (with_cases(study.sources), grid, study.own_weather)
        field = concentration(*given, statistics=statistics_for(study), options=options)
        deposition = deposition_field(*given, options)
    with _timed(tell, "count who is exposed"):
        exposure = assess_exposure(study.homes, field, limits=limits)
        summary = summarise_exposure(exposure, field, limits=limits)
    with _timed(tell, "compare treatments of weak winds"):
        low_winds = low_wind_changes(study, options)
    hills, not_valid = {}, study.not_valid
    if study.terrain is not None:
        with _timed(tell, "see where the ground is too high"):
            hills = terrain_facts(
                study.sources, homes_inside(study), study.own_weather, study.terrain, field, options
            )
            not_valid = with_areas_above_stacks(not_valid, field)
    with _timed(tell, "price every place: the burden"):
        burdens = burden_by_release(
            study.homes, grid, study.own_weather, releases=study.park.releases,
            urban=urban_places(study, grid), options=replace(options, deposition=None),
            weather_of=study.weather_of(grid),
        )  # fmt: skip
        burden = burden_of_profile(burdens)
    with _timed(tell, "find suitable land and candidate sites"):
        suitable = suitable_land(
            grid,
            study.homes,
            study.land,
            study.rules,
            places=study.places,
            fringe_km=settings.siting.fringe_km,
            fringe_classes=settings.siting.fringe_classes,
        )
        sites = candidate_sites(
            suitable,
            min_area_ha=study.park.area_ha,
            max_sites=settings.siting.max_sites,
            zones=study.zones,
            burden=burden,
        )
        sites = describe_sites(
            sites,
            burden,
            study.homes,
            study.land,
            clusters,
            protection_zone_m=study.park.protection_zone_m,
        )
    with _timed(tell, "rank the sites, and see how sure that is"):
        ranked, weights, verdict = ranking(sites, burdens, settings.siting.weights, not_valid)
    ranked = in_honest_digits(ranked, study.land)
    return Results(
        field=field,
        exposure=exposure,
        summary=summary,
        burden=burden,
        burdens=burdens,
        suitable=suitable,
        sites=ranked,
        weights=weights,
        correlations=correlations(ranked),
        clusters=clusters,
        verdict=verdict,
        notes=all_notes(study, hills, low_winds, field),
        demonstration=demonstration(study),
        low_winds=low_winds,
        terrain=hills,
        not_valid=not_valid,
        deposition=deposition,
    )


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


def plume_options(study: Study) -> PlumeOptions:
    """The plume options that study.toml asks for."""
    from geocluster.plume.field import PlumeOptions

    plume = study.settings.plume
    asked = plume.model_dump(exclude={"deposition"}) | {"deposition": plume.deposits()}
    return PlumeOptions(**asked | ({"urban": "by source"} if asked["urban"] == "auer" else {}))


def urban_places(study: Study, grid: xr.DataArray) -> bool | xr.DataArray:
    """Where a park would disperse as in a town: by Auer's rule a cell, else by the options."""
    from geocluster.exposure.urban import urban_grid
    from geocluster.industry.auer import built_up_areas

    if study.settings.plume.urban != "auer":
        return False
    return urban_grid(grid, built_up_areas(study.land, study.homes))


def statistics_for(study: Study) -> list[str]:
    """The statistics to calculate: what the weather can answer and study.toml asks for.

    The mean, and the highest hour where the weather is hourly; with ``[exposure] statistics =
    "limits"`` and at least 90 % of a year of hours, also what the limits of the study's pollutants
    are stated in. With ``[plume] method = "tables"`` the mean alone. Of several places' weather,
    the hours that all places with a source share.
    """
    from geocluster.errors import StatisticError
    from geocluster.exposure.limits import read_limits
    from geocluster.plume.statistics import read_statistic

    hours = 0 if study.settings.plume.method == "tables" else _hours_of_all(study)
    if hours == 0:
        return ["mean"]
    names = ["mean", "max_1h"]
    settings = study.settings
    if settings.exposure.statistics != "limits" or hours < MOST_OF_A_YEAR:
        return names
    held = set(pollutants_of(study.sources))
    held |= {"no2"} if "nox" in held else set()
    limits = read_limits(settings.limits())
    for name in limits["statistic"][limits["pollutant"].isin(held)]:
        try:
            read_statistic(name)
        except StatisticError:  # such as an 8-hour mean: listed as not answerable
            continue
        names.append(name)
    return list(dict.fromkeys(names))


def _hours_of_all(study: Study) -> int:
    """How many hours, calms included, all weathers share that a source disperses in."""
    from geocluster.errors import StatisticError
    from geocluster.plume.weathers import shared_hours

    used = study.used_weathers
    if any("time" not in weather.coords for weather in used.values()):
        return 0
    if len(used) == 1:
        return int(next(iter(used.values())).sizes["hour"])
    try:
        return int(shared_hours(used, study.settings.plume.low_wind).time.size)
    except StatisticError:
        return 0


def with_cases(sources: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The sources with the low and the high emission of each pollutant as pollutants of their own.

    Examples
    --------
    >>> import geopandas as gpd
    >>> table = gpd.GeoDataFrame(
    ...     {"emission_so2_g_s": [2.0], "low_emission_so2_g_s": [1.0]}, geometry=[None])
    >>> pollutants_of(with_cases(table))
    ['so2', 'so2_low']
    """
    cases = {
        f"emission_{pollutant}_{case}_g_s": sources[f"{case}_emission_{pollutant}_g_s"]
        for pollutant in pollutants_of(sources)
        if pollutant not in GREENHOUSE_GASES
        for case in ("low", "high")
        if f"{case}_emission_{pollutant}_g_s" in sources
    }
    return sources.assign(**cases)


def homes_inside(study: Study) -> gpd.GeoDataFrame:
    """The homes of the region's own people; those across its border count for the burden only."""
    return study.homes[study.homes["inside"]].reset_index(drop=True)


def low_wind_changes(study: Study, options: PlumeOptions) -> dict[str, dict[str, float]]:
    """How the region's people-weighted mean changes with the treatment of winds under 1 m/s.

    Returns
    -------
    dict
        Pollutant to ``{"raised": change, "dropped": change}``, each a share of the mean as run:
        all of them raised to 1 m/s (calms too), or all of them left out as calms.
    """
    from geocluster.elevation import with_ground
    from geocluster.exposure.residents import people_grid
    from geocluster.plume.field import concentration

    box_area = study.region.boundary.envelope.area
    cell_m = max(study.settings.grid.cell_m, (box_area / COARSE_CELLS) ** 0.5)
    grid = with_ground(study.region.grid(cell_m), study.terrain)
    people = people_grid(homes_inside(study), grid)
    options = replace(options, method="hourly")  # quicker than tables at so few places
    cases = {
        "as run": options,
        "raised": replace(options, low_wind="raise"),
        "dropped": replace(options, low_wind="drop"),
    }
    used = study.used_weathers.values()
    if not all(bool((weather["wind_speed_m_s"] >= 1).any()) for weather in used):
        del cases["dropped"]
    means = {
        name: (
            concentration(study.sources, grid, study.own_weather, options=case)["mean"] * people
        ).sum(("y", "x"))
        for name, case in cases.items()
    }
    base = means.pop("as run")
    return {
        str(pollutant): {
            name: float(mean.sel(pollutant=pollutant) / base.sel(pollutant=pollutant) - 1)
            for name, mean in means.items()
        }
        for pollutant in base["pollutant"].values
        if float(base.sel(pollutant=pollutant)) > 0
    }


@contextmanager
def _timed(tell: Progress, step: str) -> Iterator[None]:
    started = time.perf_counter()
    tell(step)
    yield
    tell(step, time.perf_counter() - started)


def _silent(step: str, seconds: float | None = None) -> None:
    """Say nothing."""
