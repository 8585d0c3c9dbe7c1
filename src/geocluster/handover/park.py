"""A candidate site as sources: the park's releases at the place that a finished run proposes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError
from geocluster.handover.releases import PARK
from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.study import Study


def site_of(results: Path, site_id: str, crs: Any) -> gpd.GeoDataFrame:
    """The one row of a site in a run's results.

    Raises
    ------
    InputError
        Where there are no results, or no such site in them.
    """
    import geopandas as gpd

    file = results / "sites.gpkg"
    if not file.is_file():
        raise InputError(
            str(results),
            "no sites.gpkg in it: run the study first (geocluster run), or name its folder by "
            "--results",
        )
    sites = gpd.read_file(file, layer="sites").to_crs(crs)
    chosen = sites[sites["site_id"].astype(str) == site_id]
    if chosen.empty:
        known = ", ".join(sites["site_id"].astype(str).head(8)) or "none"
        more = f" and {len(sites) - 8} more" if len(sites) > 8 else ""
        raise InputError(str(file), f"no site {site_id!r}: there are {known}{more}")
    return chosen.iloc[[0]]


def with_park(study: Study, site: gpd.GeoDataFrame, emission_g_s: float) -> gpd.GeoDataFrame:
    """The study's sources and, after them, the park's releases at a site.

    Parameters
    ----------
    site : GeoDataFrame
        One row; the releases stand at a point inside it.
    emission_g_s : float
        Of the whole park, shared among its releases; of the pollutant that ``[park]
        emission_pollutant`` names, else of each pollutant of the study. [g/s]
    """
    import geopandas as gpd
    import pandas as pd

    from geocluster.exposure.burden import release_table

    if not (np.isfinite(emission_g_s) and emission_g_s > 0):
        raise InputError("--park-emission-g-s", f"{emission_g_s} is not above 0 g/s")
    table = release_table(study.park.releases)
    asked = study.park.emission_pollutant
    present = [name for name in pollutants_of(study.sources) if name not in GREENHOUSE_GASES]
    amounts = {
        f"emission_{name}_g_s": emission_g_s * table["share"] if asked in (None, name) else 0.0
        for name in dict.fromkeys([*present, *([asked] if asked else [])])
    }
    place = site.geometry.representative_point().iloc[0]
    park = gpd.GeoDataFrame(
        table.drop(columns=["share", "height_m"]).assign(
            **amounts,
            source_id=[f"PARK{number}" for number in range(1, len(table) + 1)],
            name=[f"park at {site['site_id'].iloc[0]}: {name}" for name in table["name"]],
            sector=PARK,
            emission_origin="assumed",
            stack_origin="assumed",
            location_origin="assumed",
        ),
        geometry=[place] * len(table),
        crs=study.region.crs,
    )
    joined = pd.concat([_plain(study), park], ignore_index=True)
    for name in map(str, joined.columns):
        if name.startswith("emission_") and name.endswith("_g_s"):
            joined[name] = joined[name].fillna(0.0)
    return gpd.GeoDataFrame(joined, crs=study.region.crs)


def _plain(study: Study) -> gpd.GeoDataFrame:
    """The study's sources, each with its type written out, so that rows of two kinds can meet."""
    sources = study.sources
    if "source_type" not in sources:
        return sources.assign(source_type="point")
    return sources.assign(source_type=sources["source_type"].fillna("point"))


def urban_flags(study: Study, sources: gpd.GeoDataFrame) -> np.ndarray:
    """Which rows disperse as in a town, by the study's own rule; a park by Auer's where that is it.

    Returns
    -------
    ndarray of bool
    """
    asked = study.settings.plume.urban
    if asked in (True, False):
        return np.full(len(sources), bool(asked))
    flags = sources["urban"] if "urban" in sources else np.zeros(len(sources))
    own = np.isin(np.asarray(flags, dtype=object).astype(str), ("True", "1", "1.0"))
    if asked == "auer" and len(sources) > len(study.sources):
        from geocluster.industry.auer import built_up_areas, urban_by_auer

        built_up = built_up_areas(study.land, study.homes)
        park = sources.iloc[len(study.sources) :]
        own[len(study.sources) :] = urban_by_auer(park, built_up)["urban"].to_numpy()
    return own
