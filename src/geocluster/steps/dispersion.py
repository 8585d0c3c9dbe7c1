"""How a study disperses: its options, statistics, cases and treatment of weak winds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.plume.field import PlumeOptions
    from geocluster.study import Study

# Receptors for the treatment of weak winds: enough for a mean, quick for any region.
COARSE_CELLS = 400
MOST_OF_A_YEAR = 7884  # hours, calms included: 90 %


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
