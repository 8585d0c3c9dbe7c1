"""Open-Meteo's JSON as a table of cells, with each unit in brackets as in its CSV [1]_.

References
----------
.. [1] Open-Meteo, documentation of the historical weather API.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

HEAD = ("latitude", "longitude", "elevation", "utc_offset_seconds")


def json_cells(text: str, where: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The hours as cells of text, and the head: place and offset.

    Raises
    ------
    InputError
        Where it is no answer of Open-Meteo for one place.

    Examples
    --------
    >>> text = '''{"latitude": 41.3, "utc_offset_seconds": 0, "hourly_units": {"wind_speed_10m":
    ... "km/h"}, "hourly": {"time": ["2026-01-01T00:00"], "wind_speed_10m": [7.2]}}'''
    >>> cells, head = json_cells(text, "weather.json")
    >>> cells.columns.tolist(), head
    (['time', 'wind_speed_10m (km/h)'], {'latitude': '41.3', 'utc_offset_seconds': '0'})
    """
    import pandas as pd

    content = _content(text, where)
    hourly, units = content["hourly"], content.get("hourly_units") or {}
    time = hourly.get("time")
    if not isinstance(time, list) or not time:
        raise InputError(where, "there is no hour in it: 'hourly' has no 'time'")
    faults, columns = [], {}
    for name, values in hourly.items():
        if not isinstance(values, list) or len(values) != len(time):
            faults.append(f"'{name}' is not of the length of 'time' ({len(time):,})")
        elif name == "time":
            columns[name] = [_moment(value, units.get("time")) for value in values]
        else:
            unit = units.get(name)
            key = f"{name} ({unit})" if unit else name
            columns[key] = ["" if value is None else str(value) for value in values]
    if faults:
        raise InputError(where, faults)
    head = {key: str(content[key]) for key in HEAD if content.get(key) is not None}
    return pd.DataFrame(columns, dtype=str), head


def _content(text: str, where: str) -> dict[str, Any]:
    try:
        content = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise InputError(where, f"this is no whole JSON ({error})") from None
    if isinstance(content, list):
        raise InputError(where, f"it holds {len(content)} places: give one a file")
    if content.get("error"):
        raise InputError(where, f"it is a refusal, no weather: {content.get('reason')}")
    if not isinstance(content.get("hourly"), dict):
        raise InputError(where, "this JSON has no 'hourly' block, as Open-Meteo's has")
    return content


def _moment(value: object, unit: object) -> str:
    """A time as text; seconds since 1970 are UTC."""
    if unit == "unixtime" and isinstance(value, int | float):
        import pandas as pd

        return f"{pd.Timestamp(value, unit='s'):%Y-%m-%dT%H:%M}Z"
    return "" if value is None else str(value)
