"""The wind rose on the map, and the words on which days a map rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.maps.text import clean

if TYPE_CHECKING:
    import xarray as xr


def wind_on_map(weather: xr.Dataset | None, name: str = "") -> dict[str, str] | None:
    """A wind rose as inline SVG, and what it stands for; none where there is no weather.

    Parameters
    ----------
    weather : xarray.Dataset, optional
        With `wind_speed_m_s` [m/s] and `wind_from_deg` [degrees] by hour.
    name : str
        Which of several weathers it is; empty where there is one alone.

    Examples
    --------
    >>> import xarray as xr
    >>> hours = {"wind_speed_m_s": [0.0, 2.5, 2.5, 9.0], "wind_from_deg": [0, 355, 5, 90]}
    >>> weather = xr.Dataset({name: ("hour", values) for name, values in hours.items()})
    >>> wind_on_map(weather, "city")["note"]
    'Where the wind comes from, most often N (50% of hours); calm 25%. Weather: city.'
    """
    if weather is None or not {"wind_speed_m_s", "wind_from_deg"} <= set(weather):
        return None
    from geocluster.maps.weather_charts import rose_svg
    from geocluster.maps.weather_numbers import rose_table

    table = rose_table(weather)
    calm = max(100 - float(table.to_numpy().sum()), 0.0)
    share = table.sum(axis=1)
    first = str(share.index[int(np.argmax(share.to_numpy()))])
    note = (
        f"Where the wind comes from, most often {first} ({share.max():.0f}% of hours); "
        f"calm {calm:.0f}%."
    )
    return {
        "svg": str(rose_svg(table, calm)),
        "note": note + (f" Weather: {clean(name)}." if name else ""),
    }


def dated_by(weather: xr.Dataset | None) -> str:
    """On which weather a map rests: its origin, and its first and last day where it has them.

    This is the date that a map may honestly carry: the same input gives the same words on any day.

    Examples
    --------
    >>> import xarray as xr
    >>> ends = np.array(["2024-01-01T00", "2024-12-31T23"], "M8[ns]")
    >>> days = xr.Dataset({"time": ("hour", ends)})
    >>> dated_by(days.assign_attrs(origin="NOAA ISD"))
    'Weather: NOAA ISD, 2024-01-01 to 2024-12-31'
    """
    if weather is None:
        return ""
    parts = [clean(weather.attrs.get("origin", ""), 200)]
    if "time" in weather.variables and weather["time"].dtype.kind == "M":
        first, last = weather["time"].values.min(), weather["time"].values.max()
        parts.append(f"{str(first)[:10]} to {str(last)[:10]}")
    told = ", ".join(part for part in parts if part)
    return f"Weather: {told}" if told else ""
