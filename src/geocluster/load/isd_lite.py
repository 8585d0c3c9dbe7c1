"""Hourly observations of a station from NOAA's ISD-Lite.

A line an hour of twelve numbers in fixed places: year, month, day, hour (UTC), temperature and dew
point (tenths of degrees C), pressure, wind direction (degrees), wind speed (tenths of m/s), code of
sky cover, rain of one and of six hours; -9999 is missing [1].

References
----------
.. [1] NOAA (2006), Integrated Surface Data - Lite, format documentation.
"""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from geocluster.errors import FetchError, InputError
from geocluster.load.hours_csv import write_hours, zone_by_longitude
from geocluster.load.online_faults import PassingError

if TYPE_CHECKING:
    import pandas as pd

    from geocluster.load.online import Client

ISD_URL = "https://www.ncei.noaa.gov/pub/data/noaa"
SERVICE = "weather (NOAA ISD)"
MISSING = -9999
NUMBERS = 12
# Code of sky cover -> oktas; 9 obscured counts as full, 10 (obscured in part) says nothing, 11 to
# 13 are kinds of scattered, 14 to 16 of broken, 17 to 19 of overcast.
OKTAS = {code: code for code in range(9)} | {9: 8} | dict.fromkeys((11, 12, 13), 4)
OKTAS |= dict.fromkeys((14, 15, 16), 7) | dict.fromkeys((17, 18, 19), 8)
MOST_BYTES = 50_000_000
MOST_TEXT = 20_000_000
FEWEST_HOURS = 1_000


class Station(NamedTuple):
    """A station of the list of NOAA's Integrated Surface Database. [degrees]"""

    usaf: str
    wban: str
    name: str
    longitude: float
    latitude: float


class Observations(NamedTuple):
    """What was written: the station, its usable hours, and when it was fetched."""

    station: Station
    hours: int
    fetched: str


def fetch_observations(
    client: Client,
    station: str,
    year: int,
    path: Path,
    *,
    url: str = ISD_URL,
    time_zone: float | None = None,
) -> Observations:
    """Fetch a year of a station's hours and write them as a CSV for `read_weather`.

    Parameters
    ----------
    client : Client
        Asks the server.
    station : str
        Its number as USAF-WBAN, such as "386960-99999" or "38696099999"; the USAF number alone
        where no WBAN number goes with it.
    year : int
        Of UTC.
    path : Path
        The CSV to write.
    url : str
        Of the folder that holds `isd-history.csv` and `isd-lite`.
    time_zone : float, optional
        Standard time less UTC; by the longitude where not given. [h]

    Raises
    ------
    FetchError
        Where the station or its year is not there, or has too few hours.
    """
    usaf, wban = station_number(station)
    folder = url.rstrip("/")
    listed = client.get(f"{folder}/isd-history.csv", service=SERVICE, most_bytes=MOST_BYTES)
    with client.forgetting(listed):
        found = find_station(listed.path, usaf, wban)
    address = f"{folder}/isd-lite/{year}/{found.usaf}-{found.wban}-{year}.gz"
    answer = client.get(address, service=SERVICE, check=check_lines, most_bytes=MOST_BYTES)
    hours = write_observations(answer.path, found, path, time_zone=time_zone)
    return Observations(found, hours, answer.fetched)


def write_observations(
    source: Path, station: Station, path: Path, *, time_zone: float | None = None
) -> int:
    """Turn an ISD-Lite file (plain or .gz) into a CSV for `read_weather`; the usable hours.

    Raises
    ------
    InputError
        Where it is no such file, or has too few hours.
    """
    table = read_lines(source)
    year = int(table["time"].dt.year.mode().iloc[0])
    usable = int(
        table[["wind_speed_m_s", "wind_from_deg", "temperature_c"]].notna().all(axis=1).sum()
    )
    if usable < FEWEST_HOURS:
        raise InputError(
            f"{SERVICE}, station {station.usaf}-{station.wban}",
            f"only {usable} hours in {year} have wind and temperature: take another one, or year",
        )
    zone = zone_by_longitude(station.longitude) if time_zone is None else time_zone
    head = {
        "latitude": f"{station.latitude:.4f}",
        "longitude": f"{station.longitude:.4f}",
        "time_zone": f"{zone:g}",
        "anemometer_height_m": 10,
        "origin": f"NOAA ISD-Lite, station {station.usaf}-{station.wban} {station.name}, {year}",
    }
    write_hours(table, head, path)
    return usable


def station_number(text: str) -> tuple[str, str]:
    """The USAF and WBAN numbers of a station; the latter empty where it is not given.

    Examples
    --------
    >>> [station_number(text) for text in ("386960-99999", "38696099999", "386960")]
    [('386960', '99999'), ('386960', '99999'), ('386960', '')]
    """
    match = re.fullmatch(r"\s*([0-9A-Z]\d{5})-?(\d{5})?\s*", text.upper())
    if not match:
        raise InputError(
            "--isd", f"{text!r} is no station: write its USAF and WBAN numbers as 386960-99999"
        )
    return match.group(1), match.group(2) or ""


def find_station(path: Path, usaf: str, wban: str) -> Station:
    """A station in NOAA's list, `isd-history.csv`.

    Raises
    ------
    FetchError
        Where it is not listed, or without a place, or several have that USAF number.
    """
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            listed = list(csv.DictReader(file))
    except csv.Error as error:
        raise FetchError(SERVICE, f"its list of stations is no table ({error})") from None
    if not listed or not {"USAF", "WBAN", "LAT", "LON"} <= set(listed[0]):
        raise FetchError(SERVICE, "its list of stations is no table with USAF, WBAN, LAT and LON")
    rows = [row for row in listed if row["USAF"] == usaf and wban in ("", row["WBAN"])]
    if len(rows) != 1:
        several = ", ".join(f"{row['USAF']}-{row['WBAN']}" for row in rows[:5])
        what = f"{len(rows)} stations have it: {several}" if rows else "no such station is listed"
        raise FetchError(SERVICE, f"{usaf}{'-' if wban else ''}{wban}: {what}: choose one")
    row = rows[0]
    try:
        place = float(row["LON"]), float(row["LAT"])
    except (TypeError, ValueError):
        raise FetchError(
            SERVICE, f"station {usaf} is listed without a place: choose another"
        ) from None
    return Station(row["USAF"], row["WBAN"], row.get("STATION NAME") or "", *place)


def check_lines(path: Path) -> None:
    """See that an answer is an ISD-Lite file that is whole."""
    try:
        read_lines(path)
    except InputError as error:
        raise PassingError(error.faults[0]) from None


def read_lines(path: Path) -> pd.DataFrame:
    """The hours of an ISD-Lite file: time (UTC, start of the hour), wind, temperature, cloud.

    An observation at a whole hour stands for the hour that ends there.

    Raises
    ------
    InputError
        Where it is broken or something else.
    """
    return lines_table(_text(path), str(path)).drop(columns="dew_point_c")


def lines_table(text: str, where: str) -> pd.DataFrame:
    """As `read_lines`, of the text of a file, with the dew point."""
    import numpy as np
    import pandas as pd

    rows = [line.split() for line in text.splitlines() if line.strip()]
    try:
        if not rows or any(len(row) < NUMBERS - 2 for row in rows):
            raise ValueError
        numbers = np.array([row[:10] for row in rows], dtype=float)
    except ValueError:
        raise InputError(where, "this is no file of ISD-Lite: lines of 12 numbers") from None
    numbers[numbers == MISSING] = np.nan
    parts = pd.DataFrame(numbers[:, :4], columns=["year", "month", "day", "hour"])
    time = pd.to_datetime(parts, errors="coerce")
    if time.isna().any():
        raise InputError(where, f"{int(time.isna().sum())} lines have no valid time")
    return pd.DataFrame(
        {
            "time": time - pd.Timedelta(hours=1),
            "wind_speed_m_s": numbers[:, 8] / 10,
            "wind_from_deg": numbers[:, 7],
            "temperature_c": numbers[:, 4] / 10,
            "dew_point_c": numbers[:, 5] / 10,
            "cloud_percent": pd.Series(numbers[:, 9]).map(OKTAS) * 12.5,
        }
    )


def _text(path: Path) -> str:
    """The text of a file, plain or gzip, within a bound."""
    data = path.read_bytes()[: MOST_BYTES + 1]
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                data = file.read(MOST_TEXT + 1)
        except (OSError, EOFError) as error:
            raise InputError(str(path), f"it cannot be unpacked ({error})") from None
    if len(data) > MOST_TEXT:
        raise InputError(str(path), "it is too large for a year of one station")
    return data.decode("ascii", "replace")
