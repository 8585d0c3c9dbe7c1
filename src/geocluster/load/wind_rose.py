"""A wind rose by class becomes representative hours with frequencies.

One row a direction, class of speed and stability (and season, if any). A plain table of direction
by speed, without stability, is taken only with a stability that the user states.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.load.weather_csv import TIME_NAMES, hourly_columns
from geocluster.load.weather_hours import (
    RANGES,
    WeatherOptions,
    class_number,
    mixing_heights,
    range_faults,
    weather_dataset,
)
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

COMPASS = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
WEIGHTS = ("hours", "frequency", "frequency_percent")
SPEED_CLASS = re.compile(r"^(\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*(?:\(?(m/s)\)?)?$")
# The mean of 1/u over a class that begins at 0 has no end: such a class is counted from here.
LOWEST_SPEED_M_S = 0.5


def is_rose(cells: pd.DataFrame) -> bool:
    """Whether a table is a wind rose: a frequency without a time, or directions by speeds."""
    names = {str(name).lower() for name in cells.columns}
    if names & {*TIME_NAMES, "hour", "month"}:
        return False
    return bool(names & set(WEIGHTS)) or _is_matrix(cells)


def harmonic_mean_speed(low: float, high: float) -> float:
    """The speed whose inverse is the mean inverse over a class of evenly spread speeds.

    Concentration goes with 1/u, so this speed gives the class's mean concentration.

    Parameters
    ----------
    low, high : float
        Bounds of the class; a class that begins below 0.5 m/s is counted from there. [m/s]

    Examples
    --------
    >>> round(harmonic_mean_speed(2.0, 4.0), 3)
    2.885
    """
    low = max(low, min(LOWEST_SPEED_M_S, 0.5 * high))
    return float((high - low) / np.log(high / low)) if high > low else float(high)


def weather_from_rose(
    rose: pd.DataFrame,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    time_zone: float | None = None,
    anemometer_height_m: float | None = None,
    mixing_height_m: float | Mapping[str, float] | None = None,
    temperature_k: float | None = None,
    stability: str | Mapping[str, float] | None = None,
    direction_step_deg: float = 2.5,
    origin: str = "wind rose",
    where: str = "wind rose",
) -> xr.Dataset:
    """Representative hours of a wind rose by class, each sector spread evenly over its width.

    Parameters
    ----------
    rose : DataFrame
        A row a class: wind_from_deg (middle of the sector, or a compass point), optional
        sector_width_deg, wind_speed_m_s (harmonic mean) or wind_speed_low_m_s and
        wind_speed_high_m_s, stability, hours or frequency or frequency_percent, temperature_k,
        optional mixing_height_m and season. A row of wind speed 0 counts calms. Or directions by
        classes of speed, with `stability` stated.
    latitude, longitude, time_zone, anemometer_height_m : float, optional
        Kept in the attrs. [degrees], [h], [m]
    mixing_height_m, temperature_k : optional
        Where the rose has none, as in `read_weather`. [m], [K]
    stability : str or mapping, optional
        For a rose without it: one class, or shares by class letter, drawn without regard to
        direction and speed.
    direction_step_deg : float
        Steps over a sector's width. [degrees]
    origin, where : str
        Where the weather comes from; the file, for messages.

    Returns
    -------
    xarray.Dataset
        The type `weather`, without `time`; statistics of single hours are refused for it.

    Raises
    ------
    TableError
        With every fault at once.

    Examples
    --------
    >>> import pandas as pd
    >>> rose = pd.DataFrame({"wind_from_deg": [0, 180], "sector_width_deg": 22.5,
    ...                      "wind_speed_m_s": [2.0, 3.0], "stability": ["D", "F"],
    ...                      "hours": [60, 40], "temperature_k": 288.0})
    >>> weather = weather_from_rose(rose)
    >>> weather.sizes["hour"], round(float(weather["frequency"].sum()), 6)
    (18, 100.0)
    """
    if not 0 < direction_step_deg <= 45:
        raise InputError(where, f"direction_step_deg is {direction_step_deg}: above 0 to 45")
    cells = _as_text(rose)
    if _is_matrix(cells):
        cells = _long_form(cells, where)
    table, faults = _classes(cells, stability, temperature_k)
    if faults:
        raise TableError(where, faults)
    words = "file"
    if stability is not None and "stability" not in table:
        table, words = _with_stability(table, stability, where)
    options = WeatherOptions(
        latitude, longitude, time_zone, anemometer_height_m, mixing_height_m, temperature_k
    )
    table["stability"] = np.minimum(table["stability"], 6)
    table["mixing_height_m"], mixing_words = mixing_heights(table, options, where)
    return weather_dataset(
        _spread(table, direction_step_deg),
        options,
        where=where,
        attrs={
            "origin": origin,
            "stability_origin": words,
            "mixing_height_origin": mixing_words,
            "direction_step_deg": float(direction_step_deg),
        },
    )


def _as_text(rose: pd.DataFrame) -> pd.DataFrame:
    cells = rose.astype(object).where(rose.notna(), "").map(str)
    cells.columns = [str(name) for name in cells.columns]
    return cells.reset_index(drop=True)


def _classes(
    cells: pd.DataFrame, stability: object, temperature_k: float | None
) -> tuple[pd.DataFrame, list[str]]:
    """The rose's classes in canonical columns, rows of no hours left out, and every fault."""
    cells = cells.copy()
    if "direction" in cells and "wind_from_deg" not in cells:
        cells = cells.rename(columns={"direction": "wind_from_deg"})
    if "wind_from_deg" in cells:
        cells["wind_from_deg"] = cells["wind_from_deg"].map(_compass_degrees)
    numbers, faults = _plain_numbers(cells)
    bounds = {"wind_speed_low_m_s", "wind_speed_high_m_s"} <= set(numbers.columns)
    optional = ("wind_speed_m_s",) * bounds + ("temperature_k",) * (temperature_k is not None)
    named = cells.drop(columns=[*numbers.columns, *({"season"} & set(cells.columns))])
    table, columns, column_faults = hourly_columns(named, None, optional)
    faults += column_faults
    if bounds and "wind_speed_m_s" not in table:
        pairs = zip(numbers["wind_speed_low_m_s"], numbers["wind_speed_high_m_s"], strict=True)
        table["wind_speed_m_s"] = [harmonic_mean_speed(low, high) for low, high in pairs]
    if temperature_k is not None and "temperature_k" not in table:
        table["temperature_k"] = float(temperature_k)
    weight = next((name for name in WEIGHTS if name in numbers), None)
    if weight is None:
        return table, [*faults, "column 'hours' is missing: add it, or frequency"]
    table["frequency"] = numbers[weight]
    faults += range_faults(table, columns)
    if "stability" not in table and stability is None:
        faults.append(
            "column 'stability' is missing: add it, or state one with stability (a class, or "
            "shares by class)"
        )
    if (table["frequency"] < 0).any():
        faults.append(f"column '{weight}': a negative value")
    calm = _values(table, "wind_speed_m_s") == 0
    if "wind_from_deg" in table:
        table["wind_from_deg"] = table["wind_from_deg"].mask(calm, 0.0)
    for name, value in (("stability", 4.0), ("temperature_k", 288.15)):
        if name in table:  # a calm hour counts in no mean: these only fill its place
            table[name] = table[name].mask(calm & table[name].isna(), value)
    faults += _empty_faults(table, columns)
    table["sector_width_deg"] = (
        numbers["sector_width_deg"] if "sector_width_deg" in numbers else _width(table)
    )
    table["sector_width_deg"] = table["sector_width_deg"].mask(calm, 360.0)
    if not table["sector_width_deg"].between(0, 360, inclusive="right").all():
        faults.append("column 'sector_width_deg': above 0 to 360 degrees is allowed; fill it in")
    if "season" in cells:
        table["season"] = cells["season"].to_numpy(dtype=object)
    return table[table["frequency"] > 0].reset_index(drop=True), faults


def _plain_numbers(cells: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    import pandas as pd

    names = (*WEIGHTS, "sector_width_deg", "wind_speed_low_m_s", "wind_speed_high_m_s")
    numbers, faults = pd.DataFrame(index=cells.index), []
    for name in names:
        if name not in cells:
            continue
        numbers[name] = pd.to_numeric(cells[name].str.strip(), errors="coerce").astype(float)
        empty = (cells[name].str.strip() == "") & (name == "sector_width_deg")
        bad = (~np.isfinite(numbers[name]) & ~empty).to_numpy().nonzero()[0]
        if len(bad):
            rows = rows_in_words([int(row) + 1 for row in bad])
            faults.append(f"column '{name}': {cells[name].iloc[bad[0]]!r} in {rows} is no number")
    if {"wind_speed_low_m_s", "wind_speed_high_m_s"} <= set(numbers.columns):
        low, high = numbers["wind_speed_low_m_s"], numbers["wind_speed_high_m_s"]
        upper = RANGES["wind_speed_m_s"][1]
        if not ((low >= 0) & (low <= high) & (high <= upper)).all():
            faults.append("wind_speed_low_m_s must be 0 or more and not above wind_speed_high_m_s")
            numbers[["wind_speed_low_m_s", "wind_speed_high_m_s"]] = 1.0
    return numbers, faults


def _empty_faults(table: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """A rose has no gaps: an empty cell in a class that has hours is a fault."""
    faults = []
    for name in ("wind_speed_m_s", "wind_from_deg", "stability", "temperature_k"):
        empty = (table["frequency"] > 0) & np.isnan(_values(table, name)) & (name in table)
        rows = [int(row) + 1 for row in empty.to_numpy().nonzero()[0]]
        if rows:
            faults.append(f"column '{columns.get(name, name)}': no value in {rows_in_words(rows)}")
    return faults


def _values(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)


def _width(table: pd.DataFrame) -> float:
    """The width of a sector, from how many there are; a rose of one sector must say it."""
    directions = np.unique(np.mod(_values(table, "wind_from_deg"), 360))
    directions = np.sort(directions[np.isfinite(directions)])
    steps = np.diff(np.append(directions, directions[:1] + 360))
    return float(steps.min()) if len(directions) > 1 else np.nan


def _with_stability(
    table: pd.DataFrame, stability: str | Mapping[str, float], where: str
) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    shares = stability if isinstance(stability, Mapping) else {str(stability): 1.0}
    numbers = {letter: class_number(letter) for letter in shares}
    total = sum(shares.values())
    unknown = any(np.isnan(number) for number in numbers.values())
    if unknown or any(share < 0 for share in shares.values()) or not total > 0:
        raise TableError(where, f"stability is {stability!r}: give A to F, or shares of them")
    parts = [
        table.assign(stability=numbers[letter], frequency=table["frequency"] * share / total)
        for letter, share in shares.items()
        if share > 0
    ]
    words = ", ".join(f"{letter} {share / total:.0%}" for letter, share in shares.items())
    return pd.concat(parts, ignore_index=True), f"assumed, without regard to direction: {words}"


def _spread(table: pd.DataFrame, step_deg: float) -> pd.DataFrame:
    """Each sector as directions `step_deg` apart or less, its frequency shared; calms stay."""
    width = table["sector_width_deg"].to_numpy(dtype=float)
    calm = table["wind_speed_m_s"].to_numpy(dtype=float) == 0
    pieces = np.where(calm, 1, np.ceil(width / step_deg - 1e-9)).astype(int)
    spread = table.loc[table.index.repeat(pieces)].reset_index(drop=True)
    count = np.repeat(pieces, pieces)
    number = np.arange(len(spread)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    offset = ((number + 0.5) / count - 0.5) * np.repeat(width, pieces)
    turned = np.mod(spread["wind_from_deg"] + np.where(np.repeat(calm, pieces), 0, offset), 360)
    return spread.assign(wind_from_deg=turned, frequency=spread["frequency"] / count)


def _compass_degrees(text: str) -> str:
    name = str(text).strip().upper()
    return str(COMPASS.index(name) * 22.5) if name in COMPASS else str(text)


def _is_matrix(cells: pd.DataFrame) -> bool:
    names = [str(name) for name in cells.columns]
    first = {str(value).strip().upper() for value in cells.iloc[:, 0]} if names else set()
    return len(first) > 1 and first <= set(COMPASS) and any(map(SPEED_CLASS.match, names[1:]))


def _long_form(cells: pd.DataFrame, where: str) -> pd.DataFrame:
    """Directions by classes of speed as a row a class."""
    import pandas as pd

    names = [str(name) for name in cells.columns]
    classes = {name: match for name in names if (match := SPEED_CLASS.match(name))}
    has_unit = all(match.group(3) for match in classes.values())
    if not has_unit and not {"mean_ms", "mean_m_s"} & set(names):
        raise TableError(
            where,
            f"the classes of speed ({', '.join(classes)}) do not say their unit: "
            "name them such as '0-1 m/s'",
        )
    parts = [
        pd.DataFrame(
            {
                "wind_from_deg": cells.iloc[:, 0],
                "wind_speed_low_m_s": match.group(1),
                "wind_speed_high_m_s": match.group(2),
                "frequency": cells[name],
                "sector_width_deg": str(22.5 if len(cells) > 8 else 360 / len(cells)),
            }
        )
        for name, match in classes.items()
    ]
    return pd.concat(parts, ignore_index=True)
