"""What a park at each candidate site would add to the annual mean where people live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.plume.field import PlumeOptions

# Of a release: what is no column of a source.
NOT_OF_A_SOURCE = ("name", "share", "height_m", "geometry")


def added_at_homes(
    sites: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    releases: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    emissions: Mapping[str, float],
    limits: Mapping[str, float],
    options: PlumeOptions,
) -> xr.Dataset:
    """The concentration that a park at each site adds at each home, for `choose_together`.

    By polar tables over flat ground, without deposition; rural unless all of it is urban.

    Parameters
    ----------
    sites : GeoDataFrame
        Polygons with site_id; the park emits at their middle.
    homes : GeoDataFrame
        Areas; optional ``<pollutant>_mean_ug_m3``, what is there already (0 without).
    weather, releases, options
        As for `burden`.
    emissions : mapping
        Pollutant to what the whole park emits. [g/s]
    limits : mapping
        Pollutant to the most that the annual mean may be; others are left out. [ug/m3]

    Returns
    -------
    Dataset
        ``added_ug_m3`` (pollutant, site, home), at a point within each home; ``existing_ug_m3``
        (pollutant, home); ``limit_ug_m3`` (pollutant). [ug/m3]
    """
    from dataclasses import replace

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.exposure.burden import release_table
    from geocluster.plume.contributions import contributions

    names = [name for name in emissions if name in limits]
    table = release_table(releases)
    middles = sites.geometry.centroid
    # All sites emit alike: by tables, one for each release serves them all.
    urban = options.urban is True
    quick = replace(options, method="tables", deposition=None, urban=urban)
    parts = []
    for _, release in table.iterrows():
        columns = {n: release[n] for n in table.columns if n not in NOT_OF_A_SOURCE}
        rates = {f"emission_{p}_g_s": emissions[p] * release["share"] for p in names}
        parts.append(pd.DataFrame({**columns, **rates}, index=sites["site_id"].astype(str)))
    rows = pd.concat(parts)
    sources = gpd.GeoDataFrame(
        rows.reset_index(names="site_id"), geometry=[*middles] * len(table), crs=sites.crs
    )
    places = gpd.GeoDataFrame(geometry=homes.geometry.representative_point(), crs=homes.crs)
    added = contributions(
        sources, places, weather, pollutants=names, options=quick, by="site_id"
    ).transpose("pollutant", "source", "receptor")
    existing = [
        homes[f"{p}_mean_ug_m3"].fillna(0).to_numpy(dtype=float)
        if f"{p}_mean_ug_m3" in homes
        else np.zeros(len(homes))
        for p in names
    ]
    return xr.Dataset(
        {
            "added_ug_m3": (("pollutant", "site", "home"), added.sel(pollutant=names).values),
            "existing_ug_m3": (("pollutant", "home"), np.array(existing)),
            "limit_ug_m3": ("pollutant", [float(limits[p]) for p in names]),
        },
        coords={"pollutant": names, "site": added["source"].values.astype(str)},
    )
