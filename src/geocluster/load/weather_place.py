"""Where a weather is from, and what its file's head says of it: place, time zone, anemometer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace

from geocluster.errors import GeoclusterWarning, InputError
from geocluster.load.hours_csv import zone_by_longitude
from geocluster.load.weather_stability import WeatherOptions

PLACE = ("latitude", "longitude", "time_zone")


def with_head(options: WeatherOptions, head: Mapping[str, str], where: str) -> WeatherOptions:
    """The options, filled from what the head of the file says."""
    found: dict[str, float] = {}
    for key in (*PLACE, "anemometer_height_m"):
        if getattr(options, key) is None and head.get(key):
            if key == "time_zone":
                found[key] = zone_hours(head[key], where)  # type: ignore[assignment]
            else:
                found[key] = head_number(head[key], key, where)
    if options.time_zone is None and head.get("utc_offset_seconds"):
        found["time_zone"] = head_number(head["utc_offset_seconds"], "offset", where) / 3600
    for key, limit in (("latitude", 90), ("longitude", 180)):
        within(found.get(key), limit, key, where)
    return replace(options, **found)  # type: ignore[arg-type]


def with_zone(options: WeatherOptions, where: str) -> WeatherOptions:
    """The options with a time zone: by the longitude where none is given, which is told.

    Stability depends on the sun and so on UTC and the place alone; a zone that is an hour off moves
    where days begin, and nothing else.

    Raises
    ------
    InputError
        Where there is no longitude either.
    """
    if options.time_zone is not None:
        return options
    if options.longitude is None:
        raise InputError(
            where,
            "its times are UTC and its place is not in it: give latitude, longitude, time_zone",
        )
    zone = zone_by_longitude(options.longitude)
    warnings.warn(
        f"{where}: no time zone is given: UTC{zone:+d} is assumed, by the longitude; it decides "
        "where days begin, not the stability (time_zone gives the legal one)",
        GeoclusterWarning,
        stacklevel=4,
    )
    return replace(options, time_zone=float(zone))


def head_number(text: str, key: str, where: str) -> float:
    """A number that the head of a file gives."""
    try:
        return float(text)
    except ValueError:
        raise InputError(where, f"the head says {key} {text!r}, which is no number") from None


def within(value: float | None, limit: float, name: str, where: str) -> float | None:
    """A coordinate within its limits."""
    if value is not None and not -limit <= value <= limit:
        raise InputError(where, f"{name} is {value}: -{limit} to {limit} degrees is allowed")
    return value


def zone_hours(zone: float | str | None, where: str) -> float | None:
    """A time zone as hours ahead of UTC in standard time."""
    if zone is None:
        return None
    try:
        hours = float(zone)
    except ValueError:
        hours = _named_zone(str(zone), where)
    if not -12 <= hours <= 14:
        raise InputError(where, f"time_zone is {zone}: -12 to 14 hours is allowed")
    return hours


def _named_zone(name: str, where: str) -> float:
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    try:
        moment = datetime(2025, 1, 15, tzinfo=ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        raise InputError(where, f"time_zone {name!r} is not known: give hours, such as 5") from None
    offset = (moment.utcoffset() or timedelta()) - (moment.dst() or timedelta())
    return offset.total_seconds() / 3600
