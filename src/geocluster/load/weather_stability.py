"""The stability of each hour of a table, from what is known there: class, radiation, cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.load.golder import stability_golder
from geocluster.plume import stability as schemes

if TYPE_CHECKING:
    import pandas as pd

SCHEMES = ("auto", "radiation", "turner", "golder")
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
    fill_gaps_h: int = 3


def hourly_stability(
    table: pd.DataFrame, options: WeatherOptions, where: str
) -> tuple[np.ndarray, str]:
    """Class of each hour, NaN where it cannot be found, and in words where it comes from."""
    given, origin = _column(table, "stability"), "file"
    if not np.isnan(given).any() and len(given):
        return given, origin
    if options.scheme not in SCHEMES:
        raise TableError(where, f"scheme {options.scheme!r} is none of {', '.join(SCHEMES)}")
    if options.scheme in ("auto", "golder"):
        given, origin = _by_obukhov(table, given, options, where)
        if not np.isnan(given).any():
            return given, origin
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
            "cloud_cover, or give assumed_cloud (tenths, or 'humidity')",
        )
    return result, words if np.isnan(given).all() else f"{origin}, else {words}"


def _by_obukhov(
    table: pd.DataFrame, given: np.ndarray, options: WeatherOptions, where: str
) -> tuple[np.ndarray, str]:
    """Classes of the file, and from the Obukhov length where it has none."""
    found = stability_golder(_column(table, "obukhov_length_m"), _column(table, "roughness_m"))
    if np.isnan(found).all():
        if options.scheme == "golder":
            raise TableError(where, "scheme 'golder' needs obukhov_length_m and roughness_m")
        return given, "file"
    words = "Obukhov length and roughness (Golder 1972)"
    origin = words if np.isnan(given).all() else f"file, else {words}"
    return np.where(np.isnan(given), found, given), origin


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
        if assumed != "humidity":
            raise TableError(where, f"assumed_cloud is {assumed!r}: give tenths or 'humidity'")
        if "humidity_percent" not in table:
            raise TableError(where, "assumed_cloud 'humidity' needs a column relative_humidity")
        lowest = table.groupby(table["time"].dt.floor("D"))["humidity_percent"].transform("min")
        cloud = schemes.cloud_from_humidity(lowest.to_numpy(dtype=float))
        rain = np.nan_to_num(_column(table, "precipitation_mm")) > 0
        return np.where(rain, 10.0, cloud), "assumed by the day's lowest humidity, full in rain"
    if not 0 <= float(assumed) <= 10:
        raise TableError(where, f"assumed_cloud is {assumed}: 0 to 10 tenths are allowed")
    return np.full(len(table), float(assumed)), f"assumed {float(assumed):g} tenths"


def limited_change(stability: np.ndarray, time: np.ndarray) -> np.ndarray:
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
