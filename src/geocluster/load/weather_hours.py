"""From a table of hours to the weather that the plume reads: gaps, stability, mixing height.

The table has `time` (start of the hour, local standard time) and any of wind_speed_m_s,
wind_from_deg, temperature_k, stability, mixing_height_m, radiation_w_m2, cloud_tenths, ceiling_m,
gradient_k and precipitation_mm; NaN is a value that is missing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import MendedWarning, TableError
from geocluster.plume import stability as schemes
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
RANGES: dict[str, tuple[float, float]] = {
    column.name: (column.lower, column.upper)
    for column in WEATHER
    if column.lower is not None and column.upper is not None
} | {
    "stability": (1, 7),
    "cloud_tenths": (0, 10),
    "radiation_w_m2": (-20, 1500),
    "gradient_k": (-20, 20),
}
RANGE_UNITS = {"cloud_tenths": "tenths", "radiation_w_m2": "W/m2", "gradient_k": "K"}
SCHEMES = ("auto", "radiation", "turner")
HOUR = np.timedelta64(3600, "s")


@dataclass(frozen=True)
class WeatherOptions:
    """What a file may leave open; each None means that the file must say it, or the default."""

    latitude: float | None = None
    longitude: float | None = None
    time_zone: float | None = None
    anemometer_height_m: float | None = None
    mixing_height_m: float | Mapping[str, float] | None = None
    temperature_k: float | None = None
    scheme: str = "auto"
    assumed_cloud: float | str | None = None
    one_class_an_hour: bool = False


def range_faults(table: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """A sentence for each column with values outside their range, under its name in the file."""
    faults = []
    for name, (lower, upper) in RANGES.items():
        if name not in table:
            continue
        values = table[name].to_numpy(dtype=float)
        bad = (values < lower) | (values > upper)
        if bad.any():
            unit = RANGE_UNITS.get(name, UNITS.get(name, ""))
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
    expected = _hours_between(table["time"].to_numpy()) if len(table) else 0
    absent = expected - len(table)
    if absent > 0:
        _mended(f"{where}: {absent} of {expected} hours are missing; none was invented")
    table = _without_gaps(table, where)
    stability, stability_origin = _stability(table, options, where)
    known = ~np.isnan(stability)
    if not known.all():
        _mended(
            f"{where}: {int((~known).sum())} hours dropped whose stability cannot be found: "
            "neither radiation nor cloud is known there"
        )
        table, stability = table[known], stability[known]
    if table.empty:
        raise TableError(where, "no hour with wind, temperature and stability is left")
    if options.one_class_an_hour:
        stability = _limited(stability, table["time"].to_numpy())
        stability_origin += "; at most one class of change an hour"
    table = table.assign(stability=np.minimum(stability, 6))
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
        },
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
    stability = table["stability"].to_numpy(dtype=np.int64)
    variables["stability"] = ("hour", stability, {"units": "1", "classes": "1 to 6 = A to F"})
    weather = xr.Dataset(variables)
    if "time" in table:
        label = {"long_name": "start of the hour, local standard time"}
        if options.time_zone is not None:
            label["time_zone"] = options.time_zone  # type: ignore[assignment]
        moments = table["time"].to_numpy().astype("datetime64[ns]")
        weather = weather.assign_coords(time=("hour", moments, label))
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
        filling, words = schemes.default_mixing_height(classes), "default by stability class"
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


def _without_gaps(table: pd.DataFrame, where: str) -> pd.DataFrame:
    speed = table["wind_speed_m_s"]
    calm = speed == 0
    direction = table["wind_from_deg"].where(~calm | table["wind_from_deg"].notna(), 0.0)
    table = table.assign(wind_from_deg=direction)
    gap = speed.isna() | direction.isna()
    if gap.any():
        _mended(f"{where}: {int(gap.sum())} hours without wind speed or direction dropped")
    cold = table["temperature_k"].isna() & ~gap
    if cold.any():
        _mended(f"{where}: {int(cold.sum())} hours without temperature dropped")
    return table[~gap & ~cold].reset_index(drop=True)


def _stability(table: pd.DataFrame, options: WeatherOptions, where: str) -> tuple[np.ndarray, str]:
    """Class of each hour, NaN where it cannot be found, and in words where it comes from."""
    given = _column(table, "stability")
    if not np.isnan(given).any() and len(given):
        return given, "file"
    if options.scheme not in SCHEMES:
        raise TableError(where, f"scheme {options.scheme!r} is none of {', '.join(SCHEMES)}")
    _need_location(options, where)
    elevation, night = _sun(table, options)
    speed = table["wind_speed_m_s"].to_numpy(dtype=float)
    radiation, ceiling = _column(table, "radiation_w_m2"), _column(table, "ceiling_m")
    if options.scheme == "turner":
        radiation = np.full(len(table), np.nan)
    cloud, cloud_words = _cloud(table, elevation, radiation, options, where)

    result = given.copy()
    by_cloud = np.isnan(result) & ~np.isnan(cloud)
    result[by_cloud] = schemes.stability_turner(
        speed[by_cloud],
        elevation[by_cloud],
        cloud[by_cloud],
        night=night[by_cloud],
        ceiling=ceiling[by_cloud],
    )
    words = f"Turner (wind, sun, cloud: {cloud_words})"
    if options.scheme != "turner" and not np.isnan(radiation).all():
        gradient = _column(table, "gradient_k")
        dark = elevation <= 0
        usable = np.where(dark, ~np.isnan(gradient) | ~np.isnan(cloud), ~np.isnan(radiation))
        chosen = np.isnan(given) & usable
        result[chosen] = schemes.stability_radiation(
            speed[chosen],
            np.where(dark, 0.0, radiation)[chosen],
            elevation[chosen],
            gradient=gradient[chosen],
            cloud=cloud[chosen],
            ceiling=ceiling[chosen],
        )
        words = "solar radiation by day; by night " + (
            f"Turner's night (cloud: {cloud_words})"
            if np.isnan(gradient).all()
            else f"temperature gradient, else cloud: {cloud_words}"
        )
    if np.isnan(result).all():
        raise TableError(
            where,
            "the stability cannot be found: add a column stability (A to F), ghi_w_m2 or "
            "cloud_cover, or give assumed_cloud (tenths, or 'daily range')",
        )
    return result, words if np.isnan(given).all() else f"file, else {words}"


def _sun(table: pd.DataFrame, options: WeatherOptions) -> tuple[np.ndarray, np.ndarray]:
    """Elevation at the middle of each hour, and Turner's night."""
    zone = np.timedelta64(round(float(options.time_zone or 0) * 3600), "s")
    middle = table["time"].to_numpy().astype("datetime64[s]") - zone + HOUR // 2
    place = (float(options.latitude or 0), float(options.longitude or 0))
    return schemes.solar_elevation(middle, *place), schemes.turner_night(middle, *place)


def _cloud(
    table: pd.DataFrame,
    elevation: np.ndarray,
    radiation: np.ndarray,
    options: WeatherOptions,
    where: str,
) -> tuple[np.ndarray, str]:
    """Cloud in tenths: as measured, else from the radiation of the days around, else as assumed."""
    cloud, words = _column(table, "cloud_tenths"), []
    if not np.isnan(cloud).all():
        words.append("file")
    seen = schemes.cloud_from_radiation(radiation, elevation)
    lit = ~np.isnan(seen)
    if np.isnan(cloud).any() and lit.any():
        hour = (table["time"].to_numpy() - table["time"].to_numpy()[0]) / HOUR
        between = np.interp(hour, hour[lit], seen[lit])
        near = _distance(hour[lit], hour) <= 24
        cloud = np.where(np.isnan(cloud) & near, between, cloud)
        words.append("from the radiation of the day around (Kasten and Czeplak 1980)")
    if np.isnan(cloud).any() and options.assumed_cloud is not None:
        assumed, text = _assumed_cloud(table, options.assumed_cloud, where)
        cloud = np.where(np.isnan(cloud), assumed, cloud)
        words.append(text)
    return cloud, ", else ".join(words) or "none"


def _distance(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """From each wanted to the nearest of the known numbers, which ascend."""
    padded = np.concatenate([[-np.inf], known, [np.inf]])
    after = np.searchsorted(known, wanted) + 1
    return np.minimum(wanted - padded[after - 1], padded[after] - wanted)


def _assumed_cloud(table: pd.DataFrame, assumed: float | str, where: str) -> tuple[np.ndarray, str]:
    if isinstance(assumed, str):
        if assumed != "daily range":
            raise TableError(where, f"assumed_cloud is {assumed!r}: give tenths or 'daily range'")
        day = table["time"].dt.floor("D")
        spread = table.groupby(day)["temperature_k"].transform(lambda t: t.max() - t.min())
        cloud = schemes.cloud_from_daily_range(spread.to_numpy(dtype=float))
        rain = np.nan_to_num(_column(table, "precipitation_mm")) > 0
        return np.where(
            rain, 10.0, cloud
        ), "assumed by the day's range of temperature, full in rain"
    if not 0 <= float(assumed) <= 10:
        raise TableError(where, f"assumed_cloud is {assumed}: 0 to 10 tenths are allowed")
    return np.full(len(table), float(assumed)), f"assumed {float(assumed):g} tenths"


def _limited(stability: np.ndarray, time: np.ndarray) -> np.ndarray:
    """At most one class of change an hour, begun anew after each gap."""
    breaks = np.flatnonzero(np.diff(time) != HOUR) + 1
    runs = np.split(stability, breaks)
    return np.concatenate([schemes.limit_class_change(run) for run in runs])


def _need_location(options: WeatherOptions, where: str) -> None:
    names = ("latitude", "longitude", "time_zone")
    missing = [name for name in names if getattr(options, name) is None]
    if missing:
        raise TableError(where, f"the stability needs the sun's height: give {', '.join(missing)}")


def _column(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)


def _counts(table: pd.DataFrame) -> dict[str, object]:
    weight, speed = table["frequency"].to_numpy(float), table["wind_speed_m_s"].to_numpy(float)
    return {
        "hours": float(weight.sum()),
        "calm_hours": float(weight[speed == 0].sum()),
        "hours_below_1_m_s": float(weight[(speed > 0) & (speed < 1)].sum()),
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
