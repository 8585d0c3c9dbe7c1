"""EnergyPlus weather: hour 1 ends at 01:00 local standard time, the wind is at 10 m [1]_.

References
----------
.. [1] EnergyPlus, Auxiliary Programs, EPW data dictionary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.load.weather_hours import WeatherOptions, range_faults, weather_from_hours
from geocluster.load.weather_place import PLACE, with_head

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

# Column of an EPW line -> its place, the smallest value that means missing, factor, addition [1].
COLUMNS = {
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


def read_epw(text: str, options: WeatherOptions, where: str) -> xr.Dataset:
    """The weather of an EPW file.

    Raises
    ------
    InputError
        Where it is not complete.
    TableError
        With every fault of its values.
    """
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
    for name, (place_in_line, missing, factor, addition) in COLUMNS.items():
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
    options = with_head(options, _epw_place(place), where)
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
    return dict(zip(PLACE, place[6:9], strict=False))
