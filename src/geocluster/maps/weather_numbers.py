"""The numbers of a weather page: wind rose, stability, light winds, completeness, mixing heights.

All shares are in percent of the weather's frequency, filled hours included, calms too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

SECTORS = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
SPEEDS_M_S = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)
SPEED_NAMES = ("under 1", "1 to 2", "2 to 3", "3 to 5", "5 to 8", "8 and more")
# With the word, since a letter alone is a direction too.
CLASSES = tuple(f"class {letter}" for letter in "ABCDEF")
SEASONS = {
    "December to February": (12, 1, 2),
    "March to May": (3, 4, 5),
    "June to August": (6, 7, 8),
    "September to November": (9, 10, 11),
}
NO_LID_M = 10_000.0
MOST_MONTHS = 36


def weight_of(weather: xr.Dataset) -> NDArray[np.float64]:
    """The frequency of each hour as a share of all, in percent."""
    if "frequency" in weather:
        weight = weather["frequency"].values.astype(float)
    else:
        weight = np.ones(weather.sizes["hour"])
    return 100 * weight / weight.sum()


def _moments(weather: xr.Dataset) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.DatetimeIndex(weather["time"].values)


def rose_table(weather: xr.Dataset) -> pd.DataFrame:
    """Share of each of 16 sectors (rows) and classes of speed (columns); calms are in none. [%]

    Examples
    --------
    >>> import xarray as xr
    >>> hours = {"wind_speed_m_s": [0.0, 2.5, 2.5, 9.0], "wind_from_deg": [0, 355, 5, 90]}
    >>> weather = xr.Dataset({name: ("hour", values) for name, values in hours.items()})
    >>> table = rose_table(weather)
    >>> float(table.loc["N", "2 to 3"]), float(table.loc["E", "8 and more"])
    (50.0, 25.0)
    """
    import pandas as pd

    speed = weather["wind_speed_m_s"].values.astype(float)
    moving = speed > 0
    direction = weather["wind_from_deg"].values.astype(float)[moving]
    sector = np.floor(((direction + 11.25) % 360) / 22.5).astype(int)
    group = np.searchsorted(SPEEDS_M_S, speed[moving], side="right") - 1
    shares = np.zeros((len(SECTORS), len(SPEED_NAMES)))
    np.add.at(shares, (sector, group), weight_of(weather)[moving])
    return pd.DataFrame(shares, index=SECTORS, columns=SPEED_NAMES)


def stability_tables(weather: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Shares of the classes (columns): by hour of day (rows) and season; of a rose by season. [%]

    Each row sums to 100. Seasons without an hour are left out.
    """
    import pandas as pd

    table = pd.DataFrame(
        {
            "weight": weight_of(weather),
            "class": [CLASSES[int(k) - 1] for k in weather["stability"].values],
        }
    )
    if "time" not in weather.coords:
        names = weather["season"].values if "season" in weather.coords else "all"
        table["row"] = [str(name) for name in np.broadcast_to(names, len(table))]
        return {"": _shares(table)}
    time = _moments(weather)
    table["row"], month = time.hour, np.asarray(time.month)
    tables = {}
    for name, months in SEASONS.items():
        chosen = np.isin(month, months)
        if chosen.any():
            tables[name] = _shares(table[chosen]).reindex(range(24))
    return tables


def _shares(table: pd.DataFrame) -> pd.DataFrame:
    sums = table.pivot_table(index="row", columns="class", values="weight", aggfunc="sum")
    sums = sums.reindex(columns=list(CLASSES)).fillna(0.0)
    return sums.div(sums.sum(axis=1), axis=0) * 100


def light_winds(weather: xr.Dataset) -> pd.DataFrame:
    """By hour of day: the shares of calms, and of winds above 0 and under 1 m/s. [%]"""
    import pandas as pd

    speed = weather["wind_speed_m_s"].values.astype(float)
    table = pd.DataFrame({"calm": speed == 0, "under 1 m/s": (speed > 0) & (speed < 1)})
    return 100 * table.groupby(_moments(weather).hour).mean().reindex(range(24))


def completeness(weather: xr.Dataset) -> pd.DataFrame:
    """Hours that are there, by month (rows) and day (columns), or by year and month where long.

    Days before the first and after the last hour, and days that no month has, are NaN. [%]
    """
    import pandas as pd

    time = _moments(weather)
    days = pd.date_range(time.min().floor("D"), time.max().floor("D"))
    there = pd.Series(1, index=time).groupby(time.floor("D")).sum().reindex(days).fillna(0)
    expected = pd.Series(24.0, index=days)
    first, last = time.min(), time.max()
    if len(days) == 1:
        expected.iloc[0] = last.hour - first.hour + 1
    else:
        expected.iloc[0], expected.iloc[-1] = 24 - first.hour, last.hour + 1
    months = days.to_period("M")
    if months.nunique() <= MOST_MONTHS:
        rows, columns, names = months, days.day, list(range(1, 32))
    else:
        rows, columns, names = days.to_period("Y"), days.month, list(range(1, 13))
    keys = [rows.astype(str), columns]
    shares = 100 * there.groupby(keys).sum() / expected.groupby(keys).sum()
    return shares.unstack().reindex(columns=names)


def mixing_by_hour(weather: xr.Dataset) -> pd.DataFrame:
    """By hour of day: the 10th, 50th and 90th percentile of heights under a lid, and its share.

    A mixing height of 10,000 m stands for no lid. [m], [%]
    """
    import pandas as pd

    height = pd.Series(weather["mixing_height_m"].values.astype(float))
    hour = _moments(weather).hour
    lidded = height.where(height < NO_LID_M)
    groups = lidded.groupby(np.asarray(hour))
    table = pd.DataFrame(
        {
            "low": groups.quantile(0.1),
            "median": groups.quantile(0.5),
            "high": groups.quantile(0.9),
            "no lid": 100 * (1 - groups.count() / groups.size()),
        }
    )
    return table.reindex(range(24))


def mixing_by_class(weather: xr.Dataset) -> pd.DataFrame:
    """By class: its share, and its mean mixing height under a lid and wind. [%], [m], [m/s]"""
    import pandas as pd

    table = pd.DataFrame(
        {
            "class": [CLASSES[int(k) - 1] for k in weather["stability"].values],
            "weight": weight_of(weather),
            "speed": weather["wind_speed_m_s"].values.astype(float),
            "height": weather["mixing_height_m"].values.astype(float),
        }
    )
    rows = {}
    for name, part in table.groupby("class"):
        lidded = part[part["height"] < NO_LID_M]
        height = np.average(lidded["height"], weights=lidded["weight"]) if len(lidded) else np.nan
        rows[name] = (
            part["weight"].sum(),
            float(np.average(part["speed"], weights=part["weight"])),
            float(height),
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=["share", "wind", "height"])
