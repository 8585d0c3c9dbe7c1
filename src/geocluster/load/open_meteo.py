"""A year of hourly weather at a point, from Open-Meteo's archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from geocluster.errors import FetchError
from geocluster.load.hours_csv import write_hours, zone_by_longitude
from geocluster.load.online_faults import content_of
from geocluster.load.online_words import as_sentence

if TYPE_CHECKING:
    import pandas as pd

    from geocluster.load.online import Client

OPEN_METEO_URL = "https://archive-api.open-meteo.com"
SERVICE = "weather (Open-Meteo)"
# Name there -> name here, and the unit that must come with it.
VARIABLES = {
    "wind_speed_10m": ("wind_speed_m_s", "m/s"),
    "wind_direction_10m": ("wind_from_deg", "°"),
    "temperature_2m": ("temperature_c", "°C"),
    "cloud_cover": ("cloud_percent", "%"),
    "shortwave_radiation": ("ghi_w_m2", "W/m²"),
    "boundary_layer_height": ("mixing_height_m", "m"),
}
NEEDED = ("wind_speed_10m", "wind_direction_10m", "temperature_2m")
FIRST_YEAR = 1940
ENOUGH_HOURS, HOURS_A_YEAR = 0.9, 8_760


class Hours(NamedTuple):
    """What was written: its file, hours, the columns left out as empty, and when it was fetched."""

    path: Path
    hours: int
    missing: tuple[str, ...]
    fetched: str


def fetch_hours(
    client: Client,
    longitude: float,
    latitude: float,
    year: int,
    path: Path,
    *,
    url: str = OPEN_METEO_URL,
    time_zone: float | None = None,
) -> Hours:
    """Fetch a year of hours at a point and write them as a CSV for `read_weather`.

    Open-Meteo labels an hour by its end (radiation is the mean of the hour before), our CSV by its
    start: the hours written run from 23:00 of the last day of the year before.

    Parameters
    ----------
    client : Client
        Asks the server.
    longitude, latitude : float
        The point. [degrees]
    year : int
        Of UTC.
    path : Path
        The CSV to write.
    url : str
        Of an Open-Meteo server.
    time_zone : float, optional
        Standard time less UTC; by the longitude where not given. [h]

    Raises
    ------
    FetchError
        Where the server refuses, or answers other units, another shape or too few hours.
    """
    params = {
        "latitude": f"{latitude:.4f}",
        "longitude": f"{longitude:.4f}",
        "start_date": f"{year}-01-01",
        "end_date": f"{year}-12-31",
        "hourly": ",".join(VARIABLES),
        "wind_speed_unit": "ms",
        "temperature_unit": "celsius",
        "timezone": "UTC",
    }
    answer = client.get(archive_address(url), params, service=SERVICE, check=check_hours)
    content = json.loads(answer.path.read_text("utf-8"))
    with client.forgetting(answer):
        table = _table(content)
        _check_hours_enough(table, year)
    empty = [str(name) for name in table if bool(table[name].isna().all())]
    zone = zone_by_longitude(longitude) if time_zone is None else time_zone
    head = {
        "latitude": f"{latitude:.4f}",
        "longitude": f"{longitude:.4f}",
        "time_zone": f"{zone:g}",
        "anemometer_height_m": 10,
        "origin": f"Open-Meteo.com archive (reanalysis, CC BY 4.0), {year}, "
        f"cell {content.get('latitude')} N {content.get('longitude')} E",
    }
    write_hours(table.drop(columns=empty), head, path)
    return Hours(path, len(table), tuple(empty), answer.fetched)


def _check_hours_enough(table: pd.DataFrame, year: int) -> None:
    told = table[["wind_speed_m_s", "wind_from_deg", "temperature_c"]].notna().all(axis=1).sum()
    if told < ENOUGH_HOURS * max(len(table), HOURS_A_YEAR):
        raise FetchError(
            SERVICE,
            f"only {told:,} hours of {year} have wind and temperature: take another year (--year), "
            "or give a file (--weather)",
        )


def archive_address(url: str) -> str:
    """The address of the archive on a server.

    Examples
    --------
    >>> archive_address("https://archive-api.open-meteo.com")
    'https://archive-api.open-meteo.com/v1/archive'
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or "/v1/archive"
    return urlunsplit(parts._replace(path=path))


def check_hours(path: Path) -> None:
    """See that a file is an answer of Open-Meteo with every column, of one length, in our units.

    Raises
    ------
    PassingError
        Where it is cut off.
    FetchError
        Where it is something else.
    """
    body = path.read_bytes()
    content = content_of(body, b"{")
    fault = _fault(content)
    if fault is None:
        return
    said = as_sentence(body[:8_192])
    raise FetchError(
        SERVICE,
        f"{fault} ({said}): is this the address of an Open-Meteo server (--weather-url)? "
        "A file will do too (--weather)",
    )


def _fault(content: Any) -> str | None:
    """What is wrong with an answer, or None."""
    hourly = content.get("hourly") if isinstance(content, dict) else None
    units = content.get("hourly_units") if isinstance(content, dict) else None
    if not isinstance(hourly, dict) or not isinstance(units, dict):
        return "it answers something else than hours of weather"
    times = hourly.get("time")
    if not isinstance(times, list) or not times:
        return "it answers without a single hour"
    if content.get("utc_offset_seconds", 0) != 0:
        return "its hours are not in UTC"
    for name, (_, unit) in VARIABLES.items():
        values = hourly.get(name)
        if values is None and name not in NEEDED:
            continue
        if not isinstance(values, list) or len(values) != len(times):
            return f"'{name}' is missing or of another length than 'time'"
        if not all(value is None or _is_number(value) for value in values):
            return f"'{name}' holds something other than numbers"
        if units.get(name) != unit and any(value is not None for value in values):
            return f"'{name}' comes in {units.get(name)!r}, not in {unit!r}"
    return None


def _is_number(value: object) -> bool:
    """A figure that weather can have; neither NaN nor what no float can hold."""
    return isinstance(value, int | float) and -1e6 < value < 1e6


def _table(content: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    hourly = content["hourly"]
    texts = pd.Series(hourly["time"], dtype=str)
    time = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
    if time.isna().any():
        raise FetchError(SERVICE, "it answers times that cannot be read")
    table = pd.DataFrame({"time": time.dt.tz_localize(None) - pd.Timedelta(hours=1)})
    for name, (ours, _) in VARIABLES.items():
        values = hourly.get(name) or [None] * len(table)
        table[ours] = pd.Series(values, dtype=float)
    return table
