"""The first ranked sites of a study, run forward."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.plume.field import PlumeOptions
    from geocluster.study import Study


def with_finalists(
    study: Study,
    sites: gpd.GeoDataFrame,
    grid: xr.DataArray,
    urban: bool | xr.DataArray,
    options: PlumeOptions,
) -> gpd.GeoDataFrame:
    """The sites with what forward runs at the first of them give; see `run_forward`.

    What is deposited counts for the first of the park's pollutants that deposits.
    """
    from geocluster.siting.criteria import BURDEN
    from geocluster.siting.finalists import COLUMNS, run_forward

    first = study.settings.siting.finalists
    best = sites[sites["rank"].between(1, first)] if first else sites.iloc[:0]
    best = best[best[BURDEN] > 0] if BURDEN in best else best.iloc[:0]
    if not len(best):
        return sites
    points = best.geometry.representative_point()
    near = {"x": points.x.to_xarray(), "y": points.y.to_xarray()}
    flags = (
        options.urban is True
        if isinstance(urban, bool)
        else urban.sel(near, method="nearest").values
    )
    names = study.weather_of(grid)
    skies = (
        study.weather
        if names is None
        else [study.weathers[str(name)] for name in names.sel(near, method="nearest").values]
    )
    settles = [name for name in study.park.emissions if options.deposits.get(name) is not None]
    found = run_forward(
        best,
        study.homes,
        skies,
        study.park.releases,
        options=options if settles else replace(options, deposition=None),
        urban=np.asarray(flags).tolist(),
        terrain=study.terrain,
        pollutant=settles[0] if settles else None,
    )
    found.index = best.index
    return sites.assign(**{name: found[name] for name in COLUMNS})
