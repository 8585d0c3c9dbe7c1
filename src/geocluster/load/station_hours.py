"""From a station's reports, of any minute, to hours.

A report within half an hour of a whole hour belongs to it; of several, the nearest one that has
the quantity counts, wind, temperature and cloud each by itself, as in NOAA's ISD-Lite. An
observation at a whole hour stands for the hour that ends there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

TOGETHER = (
    ("wind_speed_m_s", "wind_from_deg"),
    ("temperature_k", "humidity_percent"),
    ("cloud_tenths", "ceiling_m"),
)


class StationHours(NamedTuple):
    """What a file of observations holds.

    Attributes
    ----------
    table : DataFrame
        `time` (start of the hour) and columns as `weather_from_hours` takes them.
    head : dict of str
        Place, where the file tells it: latitude, longitude, anemometer_height_m.
    origin : str
        Where the weather comes from.
    utc : bool
        Whether times are UTC; else local standard time.
    mended : tuple of str
        What was set aside, counted.
    """

    table: pd.DataFrame
    head: dict[str, str]
    origin: str
    utc: bool = True
    mended: tuple[str, ...] = ()


def hours_of_reports(reports: pd.DataFrame) -> pd.DataFrame:
    """One row an hour from reports of any minute, `time` being the start of the hour.

    Parameters
    ----------
    reports : DataFrame
        `time` (UTC) and columns of `TOGETHER`; NaN is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> times = pd.to_datetime(["2026-01-01 00:20", "2026-01-01 00:53", "2026-01-01 01:05"])
    >>> reports = pd.DataFrame({"time": times, "wind_speed_m_s": [1.0, np.nan, 3.0],
    ...                         "wind_from_deg": [10.0, np.nan, 30.0]})
    >>> hours = hours_of_reports(reports)
    >>> hours["time"].dt.strftime("%d %H:%M").tolist(), hours["wind_speed_m_s"].tolist()
    (['31 23:00', '01 00:00'], [1.0, 3.0])
    """
    import pandas as pd

    end = (reports["time"] + pd.Timedelta(minutes=30)).dt.floor("h")
    sorted_reports = reports.assign(
        end=end, away=(reports["time"] - end).abs(), row=np.arange(len(reports))
    ).sort_values(["end", "away", "row"])
    hours = sorted_reports[["end"]].drop_duplicates().set_index("end")
    for names in TOGETHER:
        there = [name for name in names if name in reports]
        if not there:
            continue
        told = sorted_reports[sorted_reports[there[0]].notna()].drop_duplicates("end")
        hours = hours.join(told.set_index("end")[there])
    hours.index.name = "time"
    table = hours.reset_index()
    return table.assign(time=table["time"] - pd.Timedelta(hours=1))


def relative_humidity(temperature_c: npt.ArrayLike, dew_point_c: npt.ArrayLike) -> npt.NDArray:
    """Relative humidity from temperature and dew point by Magnus' formula, at most 100. [%]

    Examples
    --------
    >>> relative_humidity([20.0, 20.0], [20.0, 9.3]).round().tolist()
    [100.0, 50.0]
    """
    warm, dew = (np.asarray(value, dtype=float) for value in (temperature_c, dew_point_c))
    ratio = 17.625 * dew / (243.04 + dew) - 17.625 * warm / (243.04 + warm)
    return np.minimum(100 * np.exp(ratio), 100.0)
