"""Which source people breathe: each one's part of the people-weighted mean of a study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.plume.options import PlumeOptions
    from geocluster.study import Study

MOST_HOMES = 400
# Sources times homes: what a run may take is about two seconds, nearly all of it a source each.
MOST_PAIRS = 12_000
SHARE = "share_of_exposure_"
NOBODY = "No share of what people breathe: nothing that is emitted reaches anybody."


def shares_of_exposure(
    study: Study, options: PlumeOptions, most_pairs: int = MOST_PAIRS
) -> pd.DataFrame:
    """Each source's share of the mean concentration that all sources add, weighted by people.

    Over the region's own people, at the middles of the homes with most of them (400 at most), by
    polar tables (hour by hour with terrain), without deposition.

    Parameters
    ----------
    study : Study
    options : PlumeOptions
        The study's.
    most_pairs : int
        Sources times homes from which on nothing is calculated.

    Returns
    -------
    DataFrame
        With the index of the study's sources: `source_id` where they have one, and
        `share_of_exposure_<pollutant>` from 0 to 1, which sum to 1 over the sources; a pollutant
        that reaches nobody has no column. Attrs: `homes`, their `people_share` of all people, and
        `why_not` where nothing was calculated, else empty.
    """
    from geocluster.plume.contributions import contributions
    from geocluster.steps.dispersion import homes_inside

    sources = study.sources
    table = pd.DataFrame(index=sources.index)
    if "source_id" in sources:
        table["source_id"] = sources["source_id"]
    homes = homes_inside(study)
    places, people = _places(study, homes)
    whole = float(homes["people"].sum())
    table.attrs = {
        "homes": len(places),
        "people_share": float(people.sum()) / whole if whole > 0 else 0.0,
        "why_not": _why_not(sources, people, most_pairs),
    }
    if table.attrs["why_not"]:
        return table
    # Tables do not know terrain.
    method = "tables" if study.terrain is None else "hourly"
    quick = replace(options, method=method, deposition=None)
    parts = contributions(sources, places, study.own_weather, options=quick)
    for pollutant in parts["pollutant"].values:
        one = parts.sel(pollutant=pollutant).transpose("source", "receptor").values @ people
        if one.sum() > 0:
            table[f"{SHARE}{pollutant}"] = one / one.sum()
    if not any(str(column).startswith(SHARE) for column in table):
        table.attrs["why_not"] = NOBODY
    return table


def with_exposure_shares(
    sources: gpd.GeoDataFrame, shares: pd.DataFrame | None
) -> gpd.GeoDataFrame:
    """The sources with a column `exposure_share_<pollutant>` each, from 0 to 1.

    Examples
    --------
    >>> import geopandas as gpd
    >>> stacks = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=[None, None])
    >>> shares = pd.DataFrame({"share_of_exposure_so2": [0.25, 0.75]})
    >>> with_exposure_shares(stacks, shares)["exposure_share_so2"].tolist()
    [0.25, 0.75]
    """
    if shares is None:
        return sources
    found = {
        f"exposure_share_{str(column).removeprefix(SHARE)}": shares[column]
        for column in shares.columns
        if str(column).startswith(SHARE)
    }
    return sources.assign(**found)


def _places(study: Study, homes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """The middles of the homes with most people, on the study's ground, and their people."""
    import geopandas as gpd

    from geocluster.elevation import GROUND

    most = homes.sort_values("people", ascending=False, kind="stable").head(MOST_HOMES)
    most = most[most["people"] > 0]
    people = most["people"].to_numpy(dtype=float)
    points = most.geometry.representative_point()
    places = gpd.GeoDataFrame(geometry=points.to_numpy(), crs=homes.crs)
    if study.terrain is None:
        return places, people
    from geocluster.load.ground import heights_at

    ground = heights_at(study.terrain, points.x.to_numpy(), points.y.to_numpy())
    known = ~np.isnan(ground)
    return places.assign(**{GROUND: ground})[known].reset_index(drop=True), people[known]


def _why_not(sources: gpd.GeoDataFrame, people: np.ndarray, most_pairs: int) -> str:
    emitted = [p for p in pollutants_of(sources) if p not in GREENHOUSE_GASES]
    if not len(people) or not emitted:
        return NOBODY
    if len(sources) * len(people) > most_pairs:
        return (
            f"{len(sources)} sources at {len(people)} homes are too many for a share of what "
            "people breathe; a source's card shows its share of the emission."
        )
    return ""
