"""The hours of a text table: from a column of times, or from year, month, day and hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.load.weather_csv import TIME_NAMES, numbers_of
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

PART_NAMES = ("year", "month", "day", "hour")


def with_offset(cells: pd.DataFrame, offset_s: float) -> pd.DataFrame:
    """The cells with the file's offset from UTC written after times that have none.

    Examples
    --------
    >>> import pandas as pd
    >>> with_offset(pd.DataFrame({"time": ["2026-01-01T00:00"]}), 18_000)["time"].tolist()
    ['2026-01-01T00:00+05:00']
    """
    lower = {str(name).lower(): str(name) for name in cells.columns}
    found = next((lower[name] for name in TIME_NAMES if name in lower), None)
    if found is None:
        return cells
    minutes = round(abs(offset_s) / 60)
    suffix = f"{'-' if offset_s < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    text = cells[found].str.strip()
    naive = text.str.contains(r"\d{2}:\d{2}$", regex=True) & ~text.str.contains(r"[+-]\d{2}:\d{2}$")
    return cells.assign(**{found: text.where(~naive, text + suffix)})


def times(
    cells: pd.DataFrame, time_zone: float | None, hour_label: str | None
) -> tuple[pd.Series | None, float | None, list[str]]:
    """The start of each hour in local standard time, the time zone, and every fault.

    `hour_label` says whether a row's time is the start or the end of its hour; without it a
    `datetime` is the start, and hours counted 1 to 24 are ends.
    """
    import pandas as pd

    lower = {str(name).lower(): str(name) for name in cells.columns}
    found = next((lower[name] for name in TIME_NAMES if name in lower), None)
    if found is not None:
        return _times_of_text(cells[found], time_zone, hour_label)
    missing = [name for name in PART_NAMES if name not in lower]
    if missing:
        return None, time_zone, ["column 'datetime' is missing: add it, or year, month, day, hour"]
    parts = pd.DataFrame({name: numbers_of(cells[lower[name]], name)[0] for name in PART_NAMES})
    short = parts["year"] < 100
    parts["year"] = parts["year"] + short * np.where(parts["year"] >= 50, 1900, 2000)
    counted = bool((parts["hour"] >= 1).all() and (parts["hour"] == 24).any())
    ends = hour_label == "end" if hour_label else counted
    day = pd.to_datetime(parts[["year", "month", "day"]], errors="coerce")
    hour = parts["hour"].where(parts["hour"].between(0, 24))
    start = day + pd.to_timedelta(hour - (1 if ends else 0), unit="h")
    return start, time_zone, _time_faults(start, "year, month, day, hour")


def _times_of_text(
    column: pd.Series, time_zone: float | None, hour_label: str | None
) -> tuple[pd.Series, float | None, list[str]]:
    import pandas as pd

    text = column.str.strip()
    offsets = text.str.extract(r"(?:\d{2}:\d{2}.*?)(Z|[+-]\d{2}:?\d{2})$")[0].replace("Z", "+00:00")
    aware = offsets.notna()
    if aware.any() and not aware.all():
        rows = rows_in_words([int(i) + 1 for i in (~aware).to_numpy().nonzero()[0]])
        return text, time_zone, [f"column '{column.name}': no time zone in {rows}: give it in all"]
    moment = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601")
    faults = _time_faults(moment, str(column.name))
    if aware.any():
        if time_zone is None:
            time_zone = min(_offset_hours(text) for text in offsets.unique())  # standard time
        moment = moment + pd.to_timedelta(time_zone, unit="h")
    start = moment.dt.tz_localize(None)
    if hour_label == "end":
        start = start - pd.Timedelta(hours=1)
    return start, time_zone, faults


def _offset_hours(text: str) -> float:
    digits = text[1:].replace(":", "")
    return (-1 if text[0] == "-" else 1) * (int(digits[:2]) + int(digits[2:]) / 60)


def _time_faults(moment: pd.Series, name: str) -> list[str]:
    bad = moment.isna().to_numpy().nonzero()[0]
    if len(bad):
        rows = rows_in_words([int(row) + 1 for row in bad])
        return [f"column '{name}': no time can be read in {rows}: write 2026-01-31 13:00"]
    step = moment.sort_values().diff().dt.total_seconds()
    if ((step > 0) & (step < 3600)).any():
        return [f"column '{name}': rows stand closer than one hour: average them to hours"]
    return []
