"""Cases of the people about a study's sites: those whose place is assumed, and those expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.steps.uncertainty import Rough, Uncertainty

PEOPLE, GROWTH = "people", "growth of the city"


def add_people(found: Uncertainty, rough: Rough, base: np.ndarray) -> None:
    """People of assumed location left out, or more of them; the total stays as it is."""
    from geocluster.siting.criteria import BURDEN

    homes, sites = rough.study.homes, rough.sites
    assumed = homes[~homes["located"].astype(bool)] if "located" in homes else homes.iloc[:0]
    total, unknown = float(homes["people"].sum()), float(assumed["people"].sum())
    if unknown <= 0:
        found.not_asked[PEOPLE] = "the location of all people is known"
        return
    share = _share_of_burden(rough, assumed, base)
    there = _people_near(rough, assumed)
    most = min(2.0, 0.5 * (1 + total / unknown))
    for times, words in ((0.0, "left out"), (most, f"{most:.2g} times as many")):
        if times == 0 and unknown > 0.95 * total:
            continue
        rest = (total - times * unknown) / max(total - unknown, 1e-9)
        own = sites[BURDEN].to_numpy(float)
        columns = {BURDEN: own * (rest * np.maximum(1 - share, 0) + times * share)}
        for name, people in there.items():
            located = np.maximum(sites[name].to_numpy(float) - people, 0)
            columns[name] = rest * located + times * people
        found.add(PEOPLE, f"people of assumed location: {words}", columns)


def add_growth(found: Uncertainty, rough: Rough, base: np.ndarray) -> None:
    """With the people that are expected to come; none where no such layer is given."""
    from geocluster.siting.criteria import BURDEN
    from geocluster.siting.growth import grown_homes

    growth, homes, sites = rough.study.growth, rough.study.homes, rough.sites
    if growth is None or "people" not in growth or not float(growth["people"].sum()) > 0:
        return
    new = grown_homes(homes, growth).iloc[len(homes) :]
    share = _share_of_burden(rough, new, base)
    columns = {BURDEN: sites[BURDEN].to_numpy(float) * (1 + share)}
    for name, people in _people_near(rough, new).items():
        columns[name] = sites[name].to_numpy(float) + people
    found.add(GROWTH, "with the people expected", columns)


def _share_of_burden(rough: Rough, homes: gpd.GeoDataFrame, base: np.ndarray) -> np.ndarray:
    """The burden on these people over that on all, as run, at each site."""
    known = np.where(base > 0, base, 1)
    return np.where(base > 0, rough.burden(homes=homes) / known, 0)


def _people_near(rough: Rough, homes: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    """These people in the criteria that count people within a distance."""
    from geocluster.siting.describing import WORKERS_WITHIN_KM
    from geocluster.siting.measures import people_in_reach

    reach = {
        "people_in_protection_zone": rough.study.park.protection_zone_m,
        "workers_within_15_km": WORKERS_WITHIN_KM * 1000.0,
    }
    return {
        name: people_in_reach(rough.sites, homes, distance)
        for name, distance in reach.items()
        if name in rough.sites
    }
