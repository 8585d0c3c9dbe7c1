"""The door for weather: EPW, hourly CSV and wind roses, all to the one type `weather`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.load.weather_csv import hourly_columns, read_text_table, times
from geocluster.load.weather_hours import WeatherOptions, range_faults, weather_from_hours
from geocluster.load.wind_rose import is_rose, weather_from_rose

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

# Column of an EPW line -> its place, the smallest value that means missing, factor, addition [1].
EPW_COLUMNS = {
    "temperature_k": (6, 99.9, 1.0, 273.15),
    "radiation_w_m2": (13, 9999.0, 1.0, 0.0),
    "wind_from_deg": (20, 999.0, 1.0, 0.0),
    "wind_speed_m_s": (21, 999.0, 1.0, 0.0),
    "total_cloud_tenths": (22, 99.0, 1.0, 0.0),
    "opaque_cloud_tenths": (23, 99.0, 1.0, 0.0),
    "ceiling_m": (25, 99999.0, 1.0, 0.0),
}
NO_CEILING_M = (77777.0, 88888.0)  # unlimited; thin high cloud
TYPICAL_YEAR = 2001


def read_weather(
    path: str | Path,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    time_zone: float | str | None = None,
    anemometer_height_m: float | None = None,
    mixing_height_m: float | Mapping[str, float] | None = None,
    temperature_k: float | None = None,
    stability: str | Mapping[str, float] | None = None,
    scheme: str = "auto",
    assumed_cloud: float | str | None = None,
    one_class_an_hour: bool = False,
    hour_label: str | None = None,
    columns: Mapping[str, str] | None = None,
    direction_step_deg: float = 2.5,
) -> xr.Dataset:
    """Weather from a file: EPW, hourly CSV, or a wind rose; the file itself shows which.

    docs/weather.md lists the columns and units of each format.

    Parameters
    ----------
    path : str or Path
        The file.
    latitude, longitude : float, optional
        Of the weather's place, north and east positive; needed where neither the file nor a
        stability column makes them needless. Given ones win over the file's. [degrees]
    time_zone : float or str, optional
        Standard time less UTC, or a name such as "Asia/Tashkent". [h]
    anemometer_height_m : float, optional
        Height of the wind; 10 where the file does not say. [m]
    mixing_height_m : float or mapping, optional
        Where the file has none: one height, or one for each class letter; else the default by
        class. [m]
    temperature_k : float, optional
        For files without temperature. [K]
    stability : str or mapping, optional
        For a rose without classes: the class assumed for all of it, or shares by class letter.
    scheme : {"auto", "radiation", "turner"}
        How stability is found: from radiation where it is known and from cloud elsewhere, or from
        cloud alone.
    assumed_cloud : float or "humidity", optional
        Where neither radiation nor cloud is known: a constant, or from the day's lowest humidity
        and the rain. [tenths]
    one_class_an_hour : bool
        Let the class change by at most one an hour.
    hour_label : {"start", "end"}, optional
        Whether a row's time is the start or the end of its hour.
    columns : mapping, optional
        Columns of the file by known names, as in ``{"mixing_height_m": "mixht_urban"}``.
    direction_step_deg : float
        Into what steps a rose's sectors are spread. [degrees]

    Returns
    -------
    xarray.Dataset
        On dim `hour`: wind_speed_m_s [m/s], wind_from_deg [degrees], stability (1 to 6),
        mixing_height_m [m], temperature_k [K], frequency. Hourly weather has the coordinate `time`:
        the start of the hour in local standard time.

    Raises
    ------
    InputError
        Where the file is missing or of no known form.
    TableError
        With every fault of its columns and values at once.

    Warns
    -----
    MendedWarning
        Hours missing, dropped, out of order or standing twice, each counted.

    References
    ----------
    .. [1] EnergyPlus, Auxiliary Programs, EPW data dictionary.

    Examples
    --------
    >>> import tempfile
    >>> text = '''datetime,wind_speed_m_s,wind_from_deg,temperature_c,stability
    ... 2026-01-01 00:00,2.0,45,-1.5,F
    ... 2026-01-01 01:00,0.0,0,-1.8,F
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "weather.csv")
    ...     _ = path.write_text(text)
    ...     weather = read_weather(path)
    >>> weather.sizes["hour"], weather.attrs["calm_hours"]
    (2, 1.0)
    """
    where = Path(path).name
    text = _text(Path(path))
    options = WeatherOptions(
        latitude=_within(latitude, 90, "latitude", where),
        longitude=_within(longitude, 180, "longitude", where),
        time_zone=_zone_hours(time_zone, where),
        anemometer_height_m=anemometer_height_m,
        mixing_height_m=mixing_height_m,
        temperature_k=temperature_k,
        scheme=scheme,
        assumed_cloud=assumed_cloud,
        one_class_an_hour=one_class_an_hour,
    )
    if anemometer_height_m is not None and not 0 < anemometer_height_m <= 200:
        raise InputError(where, f"anemometer_height_m is {anemometer_height_m}: above 0 to 200 m")
    if hour_label not in (None, "start", "end"):
        raise InputError(where, f"hour_label is {hour_label!r}: 'start' or 'end' is allowed")
    if text.lstrip("\ufeff").upper().startswith("LOCATION,"):
        return _read_epw(text, options, where)
    cells, head = read_text_table(text, where)
    if cells.empty:
        raise InputError(where, "there is no row of data in it")
    options = _with_head(options, head, where)
    if is_rose(cells):
        weather = weather_from_rose(
            cells,
            latitude=options.latitude,
            longitude=options.longitude,
            time_zone=options.time_zone,
            anemometer_height_m=options.anemometer_height_m,
            mixing_height_m=mixing_height_m,
            temperature_k=temperature_k,
            stability=stability,
            direction_step_deg=direction_step_deg,
            origin=head.get("origin", where),
            where=where,
        )
        if "stability" in head and weather.attrs["stability_origin"] == "file":
            weather.attrs["stability_origin"] = head["stability"]
        return weather
    label = hour_label or ("end" if "utc_offset_seconds" in head else None)
    return _read_hourly(cells, options, columns, label, where, head.get("origin", where))


def _read_hourly(
    cells: pd.DataFrame,
    options: WeatherOptions,
    names: Mapping[str, str] | None,
    hour_label: str | None,
    where: str,
    origin: str,
) -> xr.Dataset:
    optional = ("temperature_k",) if options.temperature_k is not None else ()
    table, columns, faults = hourly_columns(cells, names, optional)
    start, zone, time_faults = times(cells, options.time_zone, hour_label)
    faults += time_faults + range_faults(table, columns)
    if "cloud_tenths" in table and columns["cloud_tenths"].lower() == "cloud_cover":
        largest = table["cloud_tenths"].max()
        if len(table) >= 100 and 0 < largest <= 1:
            faults.append(
                "column 'cloud_cover' never passes 10: percent is expected; name it cloud_tenths "
                "or cloud_oktas if that is what it is"
            )
    if faults:
        raise TableError(where, faults)
    if options.temperature_k is not None:
        if "temperature_k" not in table:
            table["temperature_k"] = np.nan
        table["temperature_k"] = table["temperature_k"].fillna(options.temperature_k)
    table = table.assign(time=start)
    return weather_from_hours(table, replace(options, time_zone=zone), where=where, origin=origin)


def _read_epw(text: str, options: WeatherOptions, where: str) -> xr.Dataset:
    """EnergyPlus weather: hour 1 ends at 01:00 local standard time, the wind is at 10 m."""
    import pandas as pd

    lines = text.lstrip("\ufeff").splitlines()
    place = [part.strip() for part in lines[0].split(",")]
    data = [line.split(",") for line in lines[1:] if re.match(r"\s*\d{4}\s*,", line)]
    short = [row + 1 for row, fields in enumerate(data) if len(fields) < 26]
    if not data or short:
        reason = f"{len(short)} lines of data are too short" if short else "no line of data"
        raise InputError(where, f"{reason}: this is no complete EPW file")
    cells = pd.DataFrame([fields[:26] for fields in data])
    numbers = cells.drop(columns=5).apply(pd.to_numeric, errors="coerce").astype(float)
    table, faults = pd.DataFrame(index=cells.index), []
    for name, (place_in_line, missing, factor, addition) in EPW_COLUMNS.items():
        values = numbers[place_in_line]
        if name == "ceiling_m":
            values = values.mask(values.isin(NO_CEILING_M), np.inf)
            table[name] = values.mask(values == missing)
        else:
            table[name] = values.mask(values >= missing) * factor + addition
    unreadable = numbers[[0, 1, 2, 3, 6, 20, 21]].isna().any(axis=1).to_numpy().nonzero()[0]
    if len(unreadable):
        faults.append(f"{len(unreadable)} lines hold something other than numbers")
    opaque, total = table.pop("opaque_cloud_tenths"), table.pop("total_cloud_tenths")
    table["cloud_tenths"] = opaque.fillna(total)
    start, years = _epw_times(numbers)
    faults += [f"{int(start.isna().sum())} lines have no valid date"] if start.isna().any() else []
    faults += range_faults(table, {})
    if faults:
        raise TableError(where, faults)
    options = _with_head(options, _epw_place(place), where)
    origin = f"EPW {', '.join(part for part in place[1:6] if part not in ('', '-', 'unknown'))}"
    weather = weather_from_hours(table.assign(time=start), options, where=where, origin=origin)
    if years > 1:
        weather.attrs["typical_year"] = f"months of {years} years, dated {TYPICAL_YEAR}"
    return weather


def _epw_times(numbers: pd.DataFrame) -> tuple[pd.Series, int]:
    """Start of each hour; a year put together from several is dated in one common year."""
    import pandas as pd

    years = int(numbers[0].nunique())
    year = numbers[0] if years == 1 else numbers[0] * 0 + TYPICAL_YEAR
    day = pd.to_datetime(
        pd.DataFrame({"year": year, "month": numbers[1], "day": numbers[2]}), errors="coerce"
    )
    hour = numbers[3].where(numbers[3].between(1, 24))
    return day + pd.to_timedelta(hour - 1, unit="h"), years


def _epw_place(place: list[str]) -> dict[str, str]:
    keys = ("latitude", "longitude", "time_zone")
    return dict(zip(keys, place[6:9], strict=False))


def _with_head(options: WeatherOptions, head: Mapping[str, str], where: str) -> WeatherOptions:
    """The options, filled from what the head of the file says."""
    found: dict[str, float] = {}
    for key in ("latitude", "longitude", "time_zone", "anemometer_height_m"):
        if getattr(options, key) is None and head.get(key):
            if key == "time_zone":
                found[key] = _zone_hours(head[key], where)  # type: ignore[assignment]
            else:
                found[key] = _head_number(head[key], key, where)
    if options.time_zone is None and head.get("utc_offset_seconds"):
        found["time_zone"] = _head_number(head["utc_offset_seconds"], "offset", where) / 3600
    for key, limit in (("latitude", 90), ("longitude", 180)):
        _within(found.get(key), limit, key, where)
    return replace(options, **found)  # type: ignore[arg-type]


def _head_number(text: str, key: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(where, f"the head says {key} {text!r}, which is no number") from None


def _within(value: float | None, limit: float, name: str, where: str) -> float | None:
    if value is not None and not -limit <= value <= limit:
        raise InputError(where, f"{name} is {value}: -{limit} to {limit} degrees is allowed")
    return value


def _zone_hours(zone: float | str | None, where: str) -> float | None:
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


def _text(path: Path) -> str:
    if not path.is_file():
        raise InputError(str(path), "there is no such file")
    data = path.read_bytes()
    if b"\x00" in data[:4096]:
        raise InputError(path.name, "this is no text: give EPW, an hourly CSV or a wind rose CSV")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
