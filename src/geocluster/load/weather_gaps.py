"""Gaps in hours of weather: short ones filled between their neighbours, long ones named.

EPA's guidance fills isolated hours by persistence or linear interpolation, and asks for procedures
of one's own for longer gaps [1]_. Here a gap of up to `fill_gaps_h` hours is filled linearly, where
there is a value on both sides of it.

References
----------
.. [1] U.S. EPA (2000), Meteorological Monitoring Guidance for Regulatory Modeling Applications,
   EPA-454/R-99-005, section 6.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

HOUR = np.timedelta64(3600, "s")
MOST_HOURS = 6
MOST_NAMED = 5
# What is filled, under the word that counts it.
WORDS = {
    "wind_speed_m_s": "wind",
    "wind_from_deg": "wind",
    "temperature_k": "temperature",
    "cloud_tenths": "cloud",
    "radiation_w_m2": "radiation",
    "stability": "stability",
    "obukhov_length_m": "stability",
    "roughness_m": "stability",
    "friction_velocity_m_s": "stability",
    "mixing_height_m": "mixing height",
    "humidity_percent": "humidity",
}
# Filled only where classes are found from it: else a gap in it stays one.
SURFACE_LAYER = ("obukhov_length_m", "roughness_m", "friction_velocity_m_s")
NEAREST = ("stability", *SURFACE_LAYER)


def fill_gaps(table: pd.DataFrame, most_hours: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The hours with gaps of up to `most_hours` filled.

    Speed, temperature, cloud, radiation and heights go linearly from the value before to that
    after; the direction turns the shorter way round, and beside a calm it is that of the other
    side; a class of stability, and what classes are found from, is that of the nearer hour, of two
    equally near that before.

    Parameters
    ----------
    table : DataFrame
        Sorted by `time`, each hour once; NaN is missing.
    most_hours : int
        The longest gap that is filled; 0 fills none. [h]

    Returns
    -------
    table : DataFrame
        With rows for the hours that were filled.
    marks : DataFrame of bool
        Where a quantity was filled, a column each.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.to_datetime(["2026-01-01 00:00", "2026-01-01 02:00"])
    >>> hours = pd.DataFrame({"time": time, "wind_speed_m_s": [2.0, 4.0],
    ...                       "wind_from_deg": [350.0, 30.0]})
    >>> table, marks = fill_gaps(hours, 3)
    >>> table["wind_speed_m_s"].tolist(), table["wind_from_deg"].tolist(), marks["wind"].tolist()
    ([2.0, 3.0, 4.0], [350.0, 10.0, 30.0], [False, True, False])
    """
    import pandas as pd

    if most_hours < 1 or len(table) < 2:
        return table, pd.DataFrame(index=table.index)
    table = _with_short_gaps(table, most_hours)
    hour = (table["time"].to_numpy() - table["time"].to_numpy()[0]) / HOUR
    calm = table["wind_speed_m_s"].to_numpy(dtype=float) == 0
    counted: dict[str, NDArray[np.bool_]] = {}
    for name, word in WORDS.items():
        if name not in table or (name in SURFACE_LAYER and "stability" in table):
            continue
        old = table[name].to_numpy(dtype=float)
        known = ~np.isnan(old)
        if name == "wind_from_deg":
            speed = table["wind_speed_m_s"].to_numpy(dtype=float)
            new = _turned(np.where(calm, np.nan, old), hour, most_hours, speed)
            new = np.where(known, old, new)
        else:
            new = _between(old, hour, most_hours, nearest=name in NEAREST)
        table[name] = new
        counted[word] = counted.get(word, np.zeros(len(table), bool)) | (~known & ~np.isnan(new))
    return table, pd.DataFrame(counted, index=table.index)


def filled_in_words(marks: pd.DataFrame) -> str:
    """How many hours were filled, by quantity.

    Examples
    --------
    >>> import pandas as pd
    >>> filled_in_words(pd.DataFrame({"wind": [True, True], "cloud": [False, True]}))
    'wind 2, cloud 1'
    """
    return ", ".join(f"{word} {int(hours.sum()):,}" for word, hours in marks.items() if hours.any())


def gaps_in_words(time: NDArray[np.datetime64], first: object = None, last: object = None) -> str:
    """The gaps between hours, longest first, the first five by name.

    Parameters
    ----------
    time : ndarray of datetime64
        Ascending.
    first, last : datetime64, optional
        Where the hours should have begun and ended.

    Examples
    --------
    >>> hours = np.datetime64("2026-01-01T00:00:00") + HOUR * np.array([0, 5, 7])
    >>> gaps_in_words(hours)
    '2026-01-01 01:00 to 05:00 (4 h), 2026-01-01 06:00 to 07:00 (1 h)'
    """
    ends = [
        np.array([value], dtype="datetime64[s]") for value in (first, last) if value is not None
    ]
    moments = time.astype("datetime64[s]")
    if ends:
        moments = np.concatenate([ends[0] - HOUR, moments, ends[1] + HOUR])
    length = np.diff(moments) / HOUR - 1
    order = np.argsort(-length, kind="stable")
    order = order[length[order] >= 1]
    named = [_gap_in_words(moments[i] + HOUR, moments[i + 1]) for i in order[:MOST_NAMED]]
    rest = len(order) - len(named)
    return ", ".join(named) + (f" and {rest} shorter gaps" if rest > 0 else "")


def _gap_in_words(start: np.datetime64, end: np.datetime64) -> str:
    one, other = (str(moment.astype("datetime64[m]")).replace("T", " ") for moment in (start, end))
    other = other[11:] if other[:10] == one[:10] else other
    return f"{one} to {other} ({int((end - start) / HOUR):,} h)"


def _with_short_gaps(table: pd.DataFrame, most_hours: int) -> pd.DataFrame:
    """Rows, empty but for their time, for the hours of short gaps."""
    import pandas as pd

    time = table["time"].to_numpy().astype("datetime64[s]")
    step = np.diff(time) / HOUR
    short = np.flatnonzero((step > 1) & (step <= most_hours + 1) & (step == np.round(step)))
    extra = [time[i] + HOUR * k for i in short for k in range(1, int(step[i]))]
    if not extra:
        return table.reset_index(drop=True)
    rows = pd.DataFrame({"time": pd.Series(np.array(extra)).astype(table["time"].dtype)})
    both = pd.concat([table, rows], ignore_index=True)
    return both.sort_values("time", kind="stable").reset_index(drop=True)


def _between(
    values: NDArray, hour: NDArray, most_hours: int, *, nearest: bool = False
) -> NDArray[np.float64]:
    """Values with their short gaps filled."""
    known = ~np.isnan(values)
    if not known.any():
        return values
    before, after = _sides(hour, known)
    inside = (before >= 0) & (after >= 0) & ~known
    gap = np.where(inside, hour[after] - hour[before] - 1, np.inf)
    inside &= (gap <= most_hours) & (gap > 0)
    share = np.where(inside, (hour - hour[before]) / np.where(inside, gap + 1, 1), 0.0)
    if nearest:
        share = np.where(share > 0.5, 1.0, 0.0)
    new = values[before] * (1 - share) + values[after] * share
    picked = np.where(share == 0, values[before], np.where(share == 1, values[after], new))
    return np.where(inside, picked, values)


def _turned(
    direction: NDArray, hour: NDArray, most_hours: int, speed: NDArray
) -> NDArray[np.float64]:
    """Directions with short gaps filled the shorter way round; calms on one side do not count."""
    known = ~np.isnan(direction)
    if not known.any():
        return direction
    told = known | (speed == 0)
    before, after = _sides(hour, told)
    inside = (before >= 0) & (after >= 0) & ~told
    gap = np.where(inside, hour[after] - hour[before] - 1, np.inf)
    inside &= (gap <= most_hours) & (gap > 0)
    one, other = direction[before], direction[after]
    one, other = np.where(np.isnan(one), other, one), np.where(np.isnan(other), one, other)
    turn = (other - one + 180) % 360 - 180
    share = np.where(inside, (hour - hour[before]) / np.where(inside, gap + 1, 1), 0.0)
    return np.where(inside, (one + turn * share) % 360, direction)


def _sides(hour: NDArray, known: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    """The nearest known row before and after each row, -1 where there is none."""
    index = np.arange(len(hour))
    before = np.maximum.accumulate(np.where(known, index, -1))
    last = len(hour)
    after = np.minimum.accumulate(np.where(known, index, last)[::-1])[::-1]
    return before, np.where(after == last, -1, after)
