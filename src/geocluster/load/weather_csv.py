"""Hourly weather in text tables: which column is what, and in which unit.

A unit stands in a column's name (`wind_speed_kmh`, `temperature_c`) or in brackets after it
(`wind_speed_10m (km/h)`). A wind or temperature without a unit is an error, never a guess, but for
the names that mean one unit only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError
from geocluster.load.weather_hours import class_number
from geocluster.load.weather_text import MOST_COLUMNS
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

# Unit -> factor and addition to the canonical one.
SPEED_UNITS = {
    "m/s": (1.0, 0.0),
    "km/h": (1 / 3.6, 0.0),
    "kn": (0.514444, 0.0),
    "mph": (0.44704, 0.0),
}
TEMPERATURE_UNITS = {"k": (1.0, 0.0), "c": (1.0, 273.15), "f": (5 / 9, 459.67 * 5 / 9)}
CLOUD_UNITS = {"tenths": (1.0, 0.0), "%": (0.1, 0.0), "oktas": (1.25, 0.0)}
PLAIN = {"": (1.0, 0.0)}
# What may stand in brackets after a quantity that is read in one unit only.
PLAIN_WORDS = {
    "wind_from_deg": ("°", "deg", "degrees", "degree"),
    "radiation_w_m2": ("w/m²", "w/m2", "w m-2"),
    "mixing_height_m": ("m",),
    "ceiling_m": ("m",),
    "precipitation_mm": ("mm",),
    "humidity_percent": ("%",),
}
UNIT_WORDS = {
    **dict.fromkeys(("m_s", "ms", "mps", "m/s", "m s-1", "ms-1", "mp/s"), "m/s"),
    **dict.fromkeys(("kmh", "km_h", "kph", "km/h"), "km/h"),
    **dict.fromkeys(("kn", "kt", "kts", "knots"), "kn"),
    **dict.fromkeys(("mph", "mp/h"), "mph"),
    **dict.fromkeys(("k", "kelvin"), "k"),
    **dict.fromkeys(("c", "degc", "°c", "celsius"), "c"),
    **dict.fromkeys(("f", "degf", "°f", "fahrenheit"), "f"),
    **dict.fromkeys(("tenths",), "tenths"),
    **dict.fromkeys(("%", "percent", "pct"), "%"),
    **dict.fromkeys(("oktas", "octas", "eighths"), "oktas"),
}
# Canonical column -> (units, names without a unit and the unit they mean; "" where none is needed,
# None where the name says no unit and must have one).
COLUMNS: dict[str, tuple[Mapping[str, tuple[float, float]], Mapping[str, str | None]]] = {
    "wind_speed_m_s": (
        SPEED_UNITS,
        dict.fromkeys(("wind_speed", "wind_speed_10m", "windspeed", "windspeed_10m", "ws", "wind")),
    ),
    "temperature_k": (
        TEMPERATURE_UNITS,
        {"temperature_2m": "c", "temp": None, "temperature": None, "air_temperature": None},
    ),
    "cloud_tenths": (CLOUD_UNITS, {"cloud_cover": "%", "cloudcover": "%", "cloud": None}),
    "wind_from_deg": (
        PLAIN,
        dict.fromkeys(
            (
                "wind_from_deg",
                "wind_dir_from",
                "wind_direction_10m",
                "winddirection_10m",
                "wind_direction",
                "wind_direction_deg",
                "wind_dir",
            ),
            "",
        ),
    ),
    "radiation_w_m2": (
        PLAIN,
        dict.fromkeys(
            ("ghi_w_m2", "ghi", "shortwave_radiation", "radiation_w_m2", "global_radiation_w_m2"),
            "",
        ),
    ),
    "mixing_height_m": (
        PLAIN,
        dict.fromkeys(("mixing_height_m", "mixht_rural", "boundary_layer_height"), ""),
    ),
    "precipitation_mm": (PLAIN, dict.fromkeys(("precipitation_mm", "precipitation", "rain"), "")),
    "humidity_percent": (
        PLAIN,
        dict.fromkeys(
            ("relative_humidity", "relative_humidity_2m", "relativehumidity_2m", "rh"), ""
        ),
    ),
    "ceiling_m": (PLAIN, {"ceiling_m": ""}),
    "friction_velocity_m_s": (PLAIN, {"friction_velocity_m_s": ""}),
    "obukhov_length_m": (PLAIN, {"obukhov_length_m": ""}),
    "gradient_k": (PLAIN, {"gradient_k": "", "delta_t_k": ""}),
    "roughness_m": (PLAIN, {"roughness_m": ""}),
    "stability": (PLAIN, dict.fromkeys(("stability", "stab", "stability_class"), "")),
}
TIME_NAMES = ("time", "datetime", "date_time", "timestamp")
NEEDED = {
    "wind_speed_m_s": "add it with its unit, such as wind_speed_m_s or wind_speed_kmh",
    "wind_from_deg": "add it (degrees, where the wind comes from)",
    "temperature_k": "add it with its unit, such as temperature_c, or give temperature_k",
}


def read_text_table(text: str, where: str = "table") -> tuple[pd.DataFrame, dict[str, str]]:
    """The cells of a text table as they stand, and what its head says as `# key: value` lines.

    Commas, semicolons or tabs; a decimal comma between semicolons or tabs; the block of place and
    time zone that Open-Meteo writes above its tables is read as well.

    Examples
    --------
    >>> cells, head = read_text_table("# latitude: 41.3\\nhour,wind_speed_m_s\\n1,2.5\\n")
    >>> cells.columns.tolist(), head
    (['hour', 'wind_speed_m_s'], {'latitude': '41.3'})
    """
    import pandas as pd

    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    head = {
        key.strip().lower(): value.strip()
        for line in lines
        if line.startswith("#") and ":" in line
        for key, value in [line.lstrip("# ").split(":", 1)]
    }
    lines = [line for line in lines if not line.startswith("#")]
    if len(lines) > 2 and lines[0].lower().startswith("latitude,longitude,"):
        head |= dict(zip(lines[0].lower().split(","), lines[1].split(","), strict=False))
        lines = lines[2:]
    if not lines:
        return pd.DataFrame(), head
    separator = max(",;\t", key=lines[0].count)
    if lines[0].count(separator) >= MOST_COLUMNS:
        raise InputError(where, f"it has over {MOST_COLUMNS:,} columns: this is no table of hours")
    try:
        cells = pd.read_csv(
            io.StringIO("\n".join(lines)),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(where, f"this is no table with one head line ({error})") from error
    cells.columns = [str(name).strip() for name in cells.columns]
    if separator != ",":
        cells = cells.replace(r"^\s*([+-]?\d+),(\d+)\s*$", r"\1.\2", regex=True)
    return cells, head


def hourly_columns(
    cells: pd.DataFrame, names: Mapping[str, str] | None, optional: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """The columns that are known, in canonical units, the names they had, and every fault.

    Parameters
    ----------
    cells : DataFrame of str
        As `read_text_table` returns them.
    names : mapping, optional
        Column of the file by a name that this module knows, such as
        ``{"mixing_height_m": "mixht_urban"}``.
    optional : tuple of str
        Canonical columns of `NEEDED` that may be missing.

    Returns
    -------
    table : DataFrame
        Canonical columns; NaN where a cell is empty.
    columns : dict
        Name in the file by canonical name.
    faults : list of str
    """
    import pandas as pd

    named, faults = _renamed(cells, names)
    is_isc = {"stab", "mixht_rural"} <= {name.lower() for name in cells.columns}
    table, columns = pd.DataFrame(index=cells.index), {}
    for canonical, (units, plain) in COLUMNS.items():
        unitless = []
        for name in named.columns:
            unit = _unit_of(name, canonical, units, plain)
            if is_isc and canonical == "wind_speed_m_s" and name.lower() == "wind_speed":
                unit = "m/s"
            if unit is None:
                continue
            if unit == "?":
                unitless.append(name)
                continue
            factor, addition = units[unit]
            values, bad = numbers_of(named[name], canonical)
            if bad:
                faults.append(f"column '{name}': {bad}")
            values = values * factor + addition
            if canonical not in table:
                table[canonical], columns[canonical] = values, name
            elif canonical in NEEDED and _differ(table[canonical], values, canonical):
                faults.append(
                    f"columns '{columns[canonical]}' and '{name}' do not say the same: keep one"
                )
        if canonical not in table and unitless:
            faults.append(_no_unit(unitless[0], canonical))
        elif canonical not in table and canonical in NEEDED and canonical not in optional:
            faults.append(f"column '{canonical}' is missing: {NEEDED[canonical]}")
    return table, columns, faults


def _renamed(
    cells: pd.DataFrame, names: Mapping[str, str] | None
) -> tuple[pd.DataFrame, list[str]]:
    """The table with the user's own names in place; the columns that they replace are left out."""
    if not names:
        return cells, []
    faults = [
        f"columns: there is no column '{name}' in the file"
        for name in names.values()
        if name not in cells.columns
    ]
    meant = {old: new for new, old in names.items() if old in cells.columns}
    targets = {canonical_name(new) for new in meant.values()}
    kept = [
        name for name in cells.columns if name in meant or canonical_name(str(name)) not in targets
    ]
    return cells[kept].rename(columns=meant), faults


def canonical_name(name: str) -> str | None:
    """The quantity that a column's name stands for, or None."""
    for canonical, (units, plain) in COLUMNS.items():
        if _unit_of(name, canonical, units, plain) is not None:
            return canonical
    return None


def _unit_of(
    name: str,
    canonical: str,
    units: Mapping[str, tuple[float, float]],
    plain: Mapping[str, str | None],
) -> str | None:
    """The unit of a column, "?" where its name needs one, None where it is another quantity."""
    text = name.strip().lower()
    bracket = re.match(r"^(.*?)\s*[(\[](.*)[)\]]$", text)
    base = bracket.group(1) if bracket else text
    if bracket and base in plain and canonical in PLAIN_WORDS:
        return "" if bracket.group(2).strip() in PLAIN_WORDS[canonical] else "?"
    if bracket and base in plain and len(units) > 1:
        return UNIT_WORDS.get(bracket.group(2).strip(), "?")
    if base in plain:
        unit = plain[base]
        return "?" if unit is None else unit
    if text == canonical and len(units) == 1:
        return ""
    for stem in (*plain, *(("cloud",) if canonical == "cloud_tenths" else ())):
        unit = (
            UNIT_WORDS.get(text.removeprefix(f"{stem}_")) if text.startswith(f"{stem}_") else None
        )
        if unit in units:
            return unit
    return None


def _no_unit(name: str, canonical: str) -> str:
    if canonical == "wind_speed_m_s":
        return (
            f"column '{name}' does not say its unit (Open-Meteo gives km/h unless asked): "
            "name it wind_speed_m_s, wind_speed_kmh, wind_speed_kn or wind_speed_mph"
        )
    if canonical == "temperature_k":
        return f"column '{name}' does not say its unit: name it temperature_c or temperature_k"
    if canonical in PLAIN_WORDS:
        return f"column '{name}' is in another unit than {PLAIN_WORDS[canonical][0]}: convert it"
    return (
        f"column '{name}' does not say its unit: name it cloud_percent, cloud_tenths or cloud_oktas"
    )


def numbers_of(column: pd.Series, canonical: str) -> tuple[pd.Series, str]:
    """Cells as numbers, NaN where empty; the fault of the first cells that are none."""
    import pandas as pd

    text = column.str.strip()
    empty = text == ""
    if canonical == "stability":
        number = text.where(~empty, "x").map(class_number).astype(float)
    else:
        number = pd.to_numeric(text.where(~empty), errors="coerce").astype(float)
        number = number.where(np.isfinite(number))
    bad = (number.isna() & ~empty).to_numpy().nonzero()[0]
    if not len(bad):
        return number, ""
    rows = rows_in_words([int(row) + 1 for row in bad])
    wanted = "A to G or 1 to 7" if canonical == "stability" else "a number"
    return number, f"{text.iloc[bad[0]]!r} in {rows} is not {wanted}; leave a missing one empty"


def _differ(first: pd.Series, second: pd.Series, canonical: str) -> bool:
    gap = (first - second).abs()
    if canonical == "wind_from_deg":
        gap = gap.where(gap <= 180, 360 - gap)
    return (
        bool((gap > 0.1 + 0.01 * first.abs()).any())
        if canonical != "temperature_k"
        else bool((gap > 0.2).any())
    )
