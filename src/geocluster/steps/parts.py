"""Parts of a study's weather, by year or season, and the cases of the air of today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    Weather = xr.Dataset | dict[str, xr.Dataset]

SEASONS = ("winter", "spring", "summer", "autumn")
WHOLE_YEAR_H = 7884


def wind_parts(weather: Weather) -> tuple[dict[str, Weather], str]:
    """The weather by year where there are several; else without each of its seasons.

    Returns
    -------
    dict
        Name of the case to its weather.
    str
        Why there is none; empty where there is.
    """
    skies = list(weather.values()) if isinstance(weather, dict) else [weather]
    years = [_years(sky) for sky in skies]
    if all(named is not None and len(_whole(named)) > 1 for named in years):
        shared = set.intersection(*(set(_whole(named)) for named in years if named is not None))
        if len(shared) > 1:
            return {
                f"wind of {year} alone": _only(weather, years, [year]) for year in sorted(shared)
            }, ""
    seasons = [_seasons(sky) for sky in skies]
    if any(named is None for named in seasons):
        return {}, "the weather knows neither years nor seasons"
    common = set.intersection(*(set(named) for named in seasons if named is not None))
    known = [name for name in SEASONS if name in common] or sorted(common)
    if len(known) < 2:
        return {}, "the weather is of one season"
    return {
        f"wind without {season}": _only(
            weather, seasons, [other for other in known if other != season]
        )
        for season in known
    }, ""


def _years(sky: xr.Dataset) -> np.ndarray | None:
    return sky["time"].dt.year.values if "time" in sky.coords else None


def _whole(years: np.ndarray) -> list[int]:
    """The years of which nearly all hours are there."""
    values, counts = np.unique(years, return_counts=True)
    return [int(year) for year in values[counts >= WHOLE_YEAR_H]]


def _seasons(sky: xr.Dataset) -> np.ndarray | None:
    if "season" in sky.coords:
        return sky["season"].values.astype(str)
    if "time" not in sky.coords:
        return None
    return np.array(SEASONS)[sky["time"].dt.month.values % 12 // 3]


def _only(weather: Weather, names: Sequence[np.ndarray | None], kept: Sequence[object]) -> Weather:
    """The hours or classes of these years or seasons."""
    if isinstance(weather, dict):
        return {
            place: sky.isel(hour=np.flatnonzero(np.isin(named, kept)))  # type: ignore[arg-type]
            for (place, sky), named in zip(weather.items(), names, strict=True)
        }
    return weather.isel(hour=np.flatnonzero(np.isin(names[0], kept)))  # type: ignore[arg-type]


def of_case(today: xr.Dataset | None, case: str) -> xr.Dataset | None:
    """The concentration of today where each pollutant has its low or high case; None without."""
    if today is None:
        return None
    names = [str(name) for name in today["pollutant"].values]
    plain = [name for name in names if f"{name}_{case}" in names]
    if not plain:
        return None
    mean = today["mean"].copy(deep=True)
    for name in plain:
        mean.loc[{"pollutant": name}] = today["mean"].sel(pollutant=f"{name}_{case}").values
    return today.assign(mean=mean)
