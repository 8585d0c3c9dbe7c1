"""Industry as it is: its clusters, what it puts into the air, and who breathes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geocluster.steps.dispersion import homes_inside, statistics_for, urban_places, with_cases

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.plume.field import PlumeOptions
    from geocluster.study import Study


def clusters_in(study: Study) -> gpd.GeoDataFrame:
    """Clusters of industrial sites, and the people near each."""
    from geocluster.exposure.residents import describe_neighbours
    from geocluster.industry.clusters import find_clusters

    return describe_neighbours(find_clusters(study.sources, study.land), study.homes)


def air_of(
    study: Study, grid: xr.DataArray, options: PlumeOptions
) -> tuple[xr.Dataset, xr.DataArray | None]:
    """Concentration, and dry deposition where study.toml asks for it."""
    from geocluster.plume.depositing import deposition_field
    from geocluster.plume.field import concentration

    given = (with_cases(study.sources), grid, study.own_weather)
    field = concentration(*given, statistics=statistics_for(study), options=options)
    return field, deposition_field(*given, options)


def exposed(study: Study, field: xr.Dataset) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """What each home breathes, and the people above each limit."""
    from geocluster.exposure.assess import assess_exposure, summarise_exposure

    limits = study.settings.limits()
    exposure = assess_exposure(study.homes, field, limits=limits)
    return exposure, summarise_exposure(exposure, field, limits=limits)


def high_ground(
    study: Study, terrain: xr.DataArray, field: xr.Dataset, options: PlumeOptions
) -> tuple[dict[str, Any], gpd.GeoDataFrame]:
    """What is to be said of the ground, and where the map is not valid because of it."""
    from geocluster.elevation import terrain_facts, with_areas_above_stacks

    homes = homes_inside(study)
    facts = terrain_facts(study.sources, homes, study.own_weather, terrain, field, options)
    return facts, with_areas_above_stacks(study.not_valid, field)


def prices(
    study: Study, grid: xr.DataArray, options: PlumeOptions
) -> tuple[xr.DataArray, xr.DataArray, bool | xr.DataArray]:
    """The burden of the park by release, that of its profile, and where it is as in a town."""
    from geocluster.exposure.burden import burden_by_release, burden_of_profile

    urban = urban_places(study, grid)
    burdens = burden_by_release(
        study.homes,
        grid,
        study.own_weather,
        releases=study.park.releases,
        urban=urban,
        options=replace(options, deposition=None),
        weather_of=study.weather_of(grid),
    )
    return burdens, burden_of_profile(burdens), urban
