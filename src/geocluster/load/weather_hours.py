"""From a table of hours to the weather that the plume reads: gaps, stability, mixing height.

The table has `time` (start of the hour, local standard time) and any of wind_speed_m_s,
wind_from_deg, temperature_k, stability, mixing_height_m, radiation_w_m2, cloud_tenths, ceiling_m,
gradient_k, humidity_percent, precipitation_mm, obukhov_length_m, roughness_m and
friction_velocity_m_s; NaN is a value that is missing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import MendedWarning, TableError
from geocluster.load.weather_gaps import fill_gaps, filled_in_words, gaps_in_words
from geocluster.load.weather_stability import HOUR, WeatherOptions, hourly_stability, limited_change
from geocluster.plume.stability import default_mixing_height
from geocluster.tables import WEATHER, check_weather, rows_in_words

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

CLASSES = {letter: number for number, letter in enumerate("ABCDEF", start=1)}
UNITS = {
    "wind_speed_m_s": "m/s",
    "wind_from_deg": "degrees",
    "stability": "1",
    "mixing_height_m": "m",
    "temperature_k": "K",
    "frequency": "1",
}
# Kept where a file has them, gaps and all: what deposits needs them.
OPTIONAL_UNITS = {"friction_velocity_m_s": "m/s", "obukhov_length_m": "m"}
ALLOWED_SHARE_FILLED = 0.10  # EPA-454/R-99-005, section 5.3.2
RANGES: dict[str, tuple[float, float]] = {
    column.name: (column.lower, column.upper)
    for column in WEATHER
    if column.lower is not None and column.upper is not None
} | {
    "stability": (1, 7),
    "cloud_tenths": (0, 10),
    "radiation_w_m2": (-20, 1500),
    "gradient_k": (-20, 20),
    "humidity_percent": (0, 110),
    "roughness_m": (0, 10),
}
RANGE_UNITS = {
    "cloud_tenths": "tenths",
    "radiation_w_m2": "W/m2",
    "gradient_k": "K",
    "humidity_percent": "%",
    "roughness_m": "m",
}


def range_faults(table: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """A sentence for each column with values outside their range, under its name in the file."""
    faults = []
    for name, (lower, upper) in RANGES.items():
        if name not in table:
            continue
        values = table[name].to_numpy(dtype=float)
        bad = (values < lower) | (values > upper)
        if bad.any():
            unit = {**UNITS, **OPTIONAL_UNITS, **RANGE_UNITS}.get(name, "")
            rows = rows_in_words([int(row) + 1 for row in bad.nonzero()[0]])
            faults.append(
                f"column '{columns.get(name, name)}': {values[bad][0]:g} in {rows}: "
                f"{lower:g} to {upper:g} {unit if unit != '1' else ''}".rstrip()
                + " is allowed"
            )
    return faults


def weather_from_hours(
    hours: pd.DataFrame, options: WeatherOptions, *, where: str, origin: str
) -> xr.Dataset:
    """The weather of a table of hours: gaps dropped and counted, stability and mixing height added.

    Parameters
    ----------
    hours : DataFrame
        As described at the head of this module; values already within their ranges.
    options : WeatherOptions
        What the file leaves open.
    where : str
        The file, for messages.
    origin : str
        Where the weather comes from, kept in the attrs.

    Returns
    -------
    xarray.Dataset
        The type `weather`, with a `time` coordinate.

    Raises
    ------
    TableError
        Where hours contradict each other, none is left, or the stability cannot be found.
    """
    table = _in_order(hours, where)
    first, last = table["time"].iloc[[0, -1]].to_numpy() if len(table) else (None, None)
    expected = _hours_between(table["time"].to_numpy()) if len(table) else 0
    table, marks = fill_gaps(table, options.fill_gaps_h)
    table, lost = _without_gaps(table)
    lost = {"not in the file": expected - len(table) - sum(lost.values()), **lost}
    if table.empty:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in lost.items() if count)
        raise TableError(where, f"no hour with wind and temperature is left ({reasons})")
    stability, stability_origin = hourly_stability(table, options, where)
    known = ~np.isnan(stability)
    lost["with neither radiation nor cloud to find the stability from"] = int((~known).sum())
    table, stability = table[known], stability[known]
    marks = marks.loc[table.index]
    _tell_filled(marks, len(table), options, where)
    if len(table) < expected:
        _tell_missing(table, lost, (first, last), expected, where)
    if options.one_class_an_hour:
        stability = limited_change(stability, table["time"].to_numpy())
        stability_origin += "; at most one class of change an hour"
    table = table.assign(stability=np.minimum(stability, 6), filled=marks.any(axis=1))
    heights, mixing_origin = mixing_heights(table, options, where)
    return weather_dataset(
        table.assign(mixing_height_m=heights, frequency=1.0),
        options,
        where=where,
        attrs={
            "origin": origin,
            "stability_origin": stability_origin,
            "mixing_height_origin": mixing_origin,
            "hours_missing": int(expected - len(table)),
            "hours_filled": int(table["filled"].sum()),
        },
    )


def _tell_filled(marks: pd.DataFrame, hours: int, options: WeatherOptions, where: str) -> None:
    count = int(marks.any(axis=1).sum())
    if not count:
        return
    message = (
        f"{where}: {count:,} of {hours:,} hours filled between their neighbours, in gaps of up to "
        f"{options.fill_gaps_h} h: {filled_in_words(marks)}"
    )
    wind = int(marks["wind"].sum())
    if wind > ALLOWED_SHARE_FILLED * hours:
        message += f"; wind filled in {wind / hours:.0%}, where EPA allows 10% in regulatory work"
    _mended(message)


def _tell_missing(
    table: pd.DataFrame,
    lost: Mapping[str, int],
    ends: tuple[object, object],
    expected: int,
    where: str,
) -> None:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in lost.items() if count)
    gaps = gaps_in_words(table["time"].to_numpy(), *ends)
    _mended(
        f"{where}: {expected - len(table):,} of {expected:,} hours are missing and left out "
        f"({reasons}): {gaps}"
    )


def weather_dataset(
    table: pd.DataFrame, options: WeatherOptions, *, where: str, attrs: Mapping[str, object]
) -> xr.Dataset:
    """The checked Dataset of a complete table; calms and light winds counted into its attrs."""
    import xarray as xr

    variables = {
        name: ("hour", table[name].to_numpy(dtype=np.float64), {"units": unit})
        for name, unit in UNITS.items()
        if name != "stability"
    }
    variables |= {
        name: ("hour", table[name].to_numpy(dtype=np.float64), {"units": unit})
        for name, unit in OPTIONAL_UNITS.items()
        if name in table
    }
    stability = table["stability"].to_numpy(dtype=np.int64)
    variables["stability"] = ("hour", stability, {"units": "1", "classes": "1 to 6 = A to F"})
    weather = xr.Dataset(variables)
    if "time" in table:
        label = {"long_name": "start of the hour, local standard time"}
        if options.time_zone is not None:
            label["time_zone"] = options.time_zone  # type: ignore[assignment]
        moments = table["time"].to_numpy().astype("datetime64[ns]")
        weather = weather.assign_coords(time=("hour", moments, label))
    if "filled" in table and table["filled"].any():
        told = {"long_name": "a gap filled between its neighbours"}
        weather = weather.assign_coords(filled=("hour", table["filled"].to_numpy(bool), told))
    if "season" in table:
        weather = weather.assign_coords(season=("hour", table["season"].to_numpy(dtype=object)))
    weather.attrs = {**_counts(table), **_location(options), **attrs}
    check_weather(weather, where)
    return weather


def mixing_heights(
    table: pd.DataFrame, options: WeatherOptions, where: str
) -> tuple[np.ndarray, str]:
    """Mixing heights of the table's own column, filled by the option or by the stated default."""
    given = options.mixing_height_m
    classes = table["stability"].to_numpy(dtype=np.int64)
    if given is None:
        filling, words = default_mixing_height(classes), "default by stability class"
    elif isinstance(given, Mapping):
        filling, words = _by_class(given, classes, where), "given by stability class"
    else:
        if not 0 < float(given) <= 10_000:
            raise TableError(where, f"mixing_height_m is {given}: give metres from 1 to 10000")
        filling, words = np.full(len(table), float(given)), f"given: {float(given):g} m"
    if "mixing_height_m" not in table:
        return filling, words
    own = table["mixing_height_m"].to_numpy(dtype=float)
    empty = np.isnan(own)
    return np.where(empty, filling, own), "file" + (f", else {words}" if empty.any() else "")


def class_number(value: object) -> float:
    """A stability class as a number: 1 to 7, or A to G in either case; NaN where it is neither."""
    text = str(value).strip().upper()
    if len(text) == 1 and text in "ABCDEFG":
        return float("ABCDEFG".index(text) + 1)
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if number == int(number) and 1 <= number <= 7 else math.nan


def _by_class(given: Mapping[str, float], classes: np.ndarray, where: str) -> np.ndarray:
    heights = {class_number(key): float(value) for key, value in given.items()}
    missing = [letter for letter, number in CLASSES.items() if number not in heights]
    needed = [letter for letter in missing if CLASSES[letter] in classes]
    if needed:
        raise TableError(where, f"mixing_height_m gives no height for class {', '.join(needed)}")
    return np.array([heights[float(number)] for number in classes])


def _in_order(hours: pd.DataFrame, where: str) -> pd.DataFrame:
    """Sorted by time, without rows that stand twice; an error where two of one hour differ."""
    table = hours.reset_index(drop=True)
    if not table["time"].is_monotonic_increasing:
        moved = int((table["time"].diff().dt.total_seconds() < 0).sum())
        _mended(f"{where}: {moved} breaks in the order of the hours mended by sorting them")
    twice = table.duplicated(keep="first")
    if twice.any():
        _mended(f"{where}: {int(twice.sum())} hours that stand twice, alike, were counted once")
    clash = table[~twice].duplicated(subset="time", keep=False)
    rows = [int(row) + 1 for row in clash[clash].index]
    if rows:
        raise TableError(where, f"the same hour with different values in {rows_in_words(rows)}")
    return table[~twice].sort_values("time", kind="stable").reset_index(drop=True)


def _hours_between(time: np.ndarray) -> int:
    return int((time[-1] - time[0]) / HOUR) + 1


def _without_gaps(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """The hours that have wind and temperature, and how many have not."""
    speed = table["wind_speed_m_s"]
    calm = speed == 0
    direction = table["wind_from_deg"].where(~calm | table["wind_from_deg"].notna(), 0.0)
    table = table.assign(wind_from_deg=direction)
    gap = speed.isna() | direction.isna()
    cold = table["temperature_k"].isna() & ~gap
    lost = {
        "without wind speed or direction": int(gap.sum()),
        "without temperature": int(cold.sum()),
    }
    return table[~gap & ~cold], lost


def _counts(table: pd.DataFrame) -> dict[str, object]:
    weight, speed = table["frequency"].to_numpy(float), table["wind_speed_m_s"].to_numpy(float)
    return {
        "hours": float(weight.sum()),
        "calm_hours": float(weight[speed == 0].sum()),
        "calm_share": float(weight[speed == 0].sum() / weight.sum()),
        "hours_below_1_m_s": float(weight[speed < 1].sum() / weight.sum()),
    }


def _location(options: WeatherOptions) -> dict[str, object]:
    height = options.anemometer_height_m
    known = {
        "anemometer_height_m": 10.0 if height is None else float(height),
        "latitude": options.latitude,
        "longitude": options.longitude,
        "time_zone": options.time_zone,
    }
    return {name: value for name, value in known.items() if value is not None}


def _mended(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=5)
