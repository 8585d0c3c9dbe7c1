"""AERMET's surface file (.SFC), the hourly weather of AERMOD [1]_.

A head line with the place, then a line an hour in local standard time, hour 1 ending at 01:00. Its
fields stand apart by blanks; each has its own code for missing.

References
----------
.. [1] U.S. EPA (2023), User's Guide for the AMS/EPA Regulatory Model (AERMOD), EPA-454/B-23-008,
   appendix D; AERMET User's Guide, EPA-454/B-23-005, appendix C.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.load.station_hours import StationHours
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

# Field -> its place in a line, and what is missing: below the first bound, from the second on.
FIELDS = {
    "friction_velocity_m_s": (6, 0.0, np.inf),
    "convective_height_m": (9, 0.0, np.inf),
    "mechanical_height_m": (10, 0.0, np.inf),
    "obukhov_length_m": (11, -99_000.0, 99_000.0),
    "roughness_m": (12, 0.0, 9.0),
    "wind_speed_m_s": (15, 0.0, 90.0),
    "wind_from_deg": (16, 0.0, 900.0),
    "anemometer_height_m": (17, 0.0, 900.0),
    "temperature_k": (18, 0.0, 900.0),
    "precipitation_mm": (21, 0.0, 9000.0),
    "humidity_percent": (22, 0.0, 900.0),
    "cloud_tenths": (24, 0.0, 11.0),
}
FEWEST = 20  # fields, up to the temperature and its height
_PLACE = re.compile(r"(\d+(?:\.\d+)?)\s*([NS])\s+(\d+(?:\.\d+)?)\s*([EW])", re.IGNORECASE)
_NAMED = re.compile(r"(UA_ID|SF_ID|OS_ID|VERSION)\s*:\s*([^\s:]+)(?=\s|$)", re.IGNORECASE)


def aermet_hours(text: str, where: str, anemometer_height_m: float | None = None) -> StationHours:
    """The hours of a surface file, in local standard time.

    The mixing height is the higher one of the convective and the mechanical; the stability follows
    from the Obukhov length and the roughness.

    Parameters
    ----------
    text : str
        The file.
    where : str
        Its name, for messages.
    anemometer_height_m : float, optional
        Height that all winds are taken to be at; needed where the file has several. [m]

    Raises
    ------
    TableError
        With every fault.
    """
    import pandas as pd

    lines = text.lstrip("\ufeff").splitlines()
    rows = [line.split() for line in lines[1:] if line.strip()]
    if not rows:
        raise InputError(where, "there is no hour in it, only a head")
    short = [row + 1 for row, fields in enumerate(rows) if len(fields) < FEWEST]
    if short:
        raise TableError(where, f"{rows_in_words(short)} are no complete lines of AERMET's .SFC")
    width = max(place for place, _, _ in FIELDS.values()) + 1
    cells = pd.DataFrame([(fields + [""] * width)[:width] for fields in rows])
    needed = [0, 1, 2, 4, *(place for place, _, _ in FIELDS.values() if place < FEWEST)]
    numbers = cells.apply(pd.to_numeric, errors="coerce").astype(float)
    bad = numbers[needed].isna().any(axis=1).to_numpy().nonzero()[0]
    faults = []
    if len(bad):
        faults.append(
            f"{rows_in_words([int(i) + 1 for i in bad])} hold something else than numbers"
        )
    start, time_faults = _times(numbers)
    faults += time_faults
    table = pd.DataFrame({"time": start})
    for name, (place, lowest, limit) in FIELDS.items():
        values = numbers[place]
        table[name] = values.where((values >= lowest) & (values < limit))
    faults += _height_faults(table, anemometer_height_m)
    if faults:
        raise TableError(where, faults)
    heights = table.pop("anemometer_height_m")[table["wind_speed_m_s"] > 0].dropna()
    table["mixing_height_m"] = (
        table.pop("convective_height_m")
        .fillna(0)
        .clip(lower=table.pop("mechanical_height_m").fillna(0))
    )
    table["mixing_height_m"] = table["mixing_height_m"].replace(0.0, np.nan)
    head, stations = _head(lines[0])
    if len(heights):
        head["anemometer_height_m"] = str(float(heights.iloc[0]))
    return StationHours(table, head, f"AERMET surface file{stations}", utc=False)


def _times(numbers: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    import pandas as pd

    year = numbers[0] + (numbers[0] < 100) * np.where(numbers[0] >= 50, 1900, 2000)
    parts = pd.DataFrame({"year": year, "month": numbers[1], "day": numbers[2]})
    hour = numbers[4].where(numbers[4].between(1, 24))
    start = pd.to_datetime(parts, errors="coerce") + pd.to_timedelta(hour - 1, unit="h")
    bad = start.isna().to_numpy().nonzero()[0]
    if len(bad):
        return start, [f"no time can be read in {rows_in_words([int(i) + 1 for i in bad])}"]
    return start, []


def _height_faults(table: pd.DataFrame, given: float | None) -> list[str]:
    heights = table["anemometer_height_m"][table["wind_speed_m_s"] > 0].dropna()
    if given is not None or heights.nunique() <= 1:
        return []
    counts = ", ".join(f"{height:g} m ({n:,} h)" for height, n in heights.value_counts().items())
    return [
        f"the wind is measured at several heights: {counts}: split the file, or give "
        "anemometer_height_m to take all of it as one"
    ]


def _head(line: str) -> tuple[dict[str, str], str]:
    """Place as `latitude` and `longitude`, and the stations in words."""
    head = {}
    place = _PLACE.search(line)
    if place:
        north, south_or_north, east, west_or_east = place.groups()
        head["latitude"] = ("-" if south_or_north.upper() == "S" else "") + north
        head["longitude"] = ("-" if west_or_east.upper() == "W" else "") + east
    names = {"UA_ID": "upper air", "SF_ID": "surface", "OS_ID": "on site", "VERSION": "version"}
    told = [f"{names[key.upper()]} {value}" for key, value in _NAMED.findall(line)]
    return head, f" ({', '.join(told)})" if told else ""
