"""Figures in the units that their columns name, brought to ours: emission_so2_t_yr to g/s.

Every unit that is known is a row of units.csv: a figure x is (x + add) * multiply / divide in ours.
A year has 365 days. Nothing is converted that does not say its unit in the column's name.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from geocluster.errors import GeoclusterWarning
from geocluster.tables import DECIMAL_COMMA, TABLES, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

UNITS = Path(__file__).parent / "units.csv"
# Our unit of each quantity, and how our columns of it end.
OURS = {
    "length": "m",
    "speed": "m_s",
    "temperature": "k",
    "power": "mw",
    "area": "ha",
    "emission": "g_s",
    "flow": "m3_s",
}
FLOW_COLUMN = "exit_flow_m3_s"
FLOW = re.compile(r"^exit_flow_([a-z0-9_]+)$")
# A flow and a velocity that say the same thing differ by less.
ALIKE = 0.05


class Unit(NamedTuple):
    """A unit, and how a figure in it becomes one in ours."""

    name: str
    add: float
    multiply: float
    divide: float
    meaning: str

    def in_ours(self, values: np.ndarray) -> np.ndarray:
        """Figures in our unit of the same quantity."""
        return (values + self.add) * self.multiply / self.divide


class InOurUnits(NamedTuple):
    """A table in our units, and the faults of its columns.

    `converted` has the name that a column of ours had, `unknown` that of one in an unknown unit.
    """

    table: gpd.GeoDataFrame
    faults: list[str]
    converted: dict[str, str]
    unknown: dict[str, str]


@cache
def units_of(quantity: str) -> dict[str, Unit]:
    """The units that are known of a quantity.

    Examples
    --------
    >>> float(units_of("emission")["kt_yr"].in_ours(31.536))
    1000.0
    >>> round(float(units_of("temperature")["f"].in_ours(212.0)), 2)
    373.15
    """
    import csv

    with UNITS.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["quantity"] == quantity]
    return {
        row["unit"]: Unit(
            row["unit"],
            float(row["add"]),
            float(row["multiply"]),
            float(row["divide"]),
            row["meaning"],
        )
        for row in rows
    }


def unit_of(quantity: str, text: str) -> Unit | None:
    """The unit that a text means, such as `kg/yr`, `kg/year` or `kg_yr`; None where unknown."""
    plain = text.strip().lower().replace("/", "_").replace(" ", "_")
    plain = re.sub(r"_(year|a)$", "_yr", plain)
    return units_of(quantity).get(re.sub(r"_day$", "_d", plain))


def in_our_units(table: gpd.GeoDataFrame, kind: str, where: str) -> InOurUnits:
    """Convert every column whose name says that it is in another unit than ours.

    Parameters
    ----------
    table : GeoDataFrame
        Never changed.
    kind : {"sources", "homes", "places", "land", "zones"}
        What the table is.
    where : str
        The file, for the warning.

    Returns
    -------
    InOurUnits
        Of `sources` also emissions; and `exit_flow_m3_s` is divided by the area of the mouth where
        no velocity is given.

    Warns
    -----
    GeoclusterWarning
        Once, naming each column that was converted and its unit.
    """
    faults: list[str] = []
    converted: dict[str, str] = {}
    unknown: dict[str, str] = {}
    told: list[str] = []
    there = {str(name) for name in table.columns}
    for name in map(str, table.columns):
        ours, unit = _meant(name, kind)
        if unit is None:
            if ours and ours not in there:
                unknown[ours] = name
            continue
        if ours in there or ours in converted:
            other = converted.get(ours, ours)
            faults.append(f"columns '{other}' and '{name}' are one figure in two units: leave one")
            table = table.drop(columns=name)
            continue
        values, wrong = _numbers(table[name])
        if wrong:
            faults.append(f"column '{name}': {wrong}")
        table = table.rename(columns={name: ours}).assign(**{ours: unit.in_ours(values)})
        converted[ours] = name
        told.append(f"{name} → {ours} ({unit.meaning})")
    if told and not faults:
        warnings.warn(
            f"{where}: {len(told)} {'column' if len(told) == 1 else 'columns'} converted: "
            f"{', '.join(told)}",
            GeoclusterWarning,
            stacklevel=4,
        )
    if kind == "sources":
        table, more = _with_velocity(table, where, unknown.get(FLOW_COLUMN))
        faults += more
    return InOurUnits(table, faults, converted, unknown)


def known_units(column: str) -> str:
    """The units that may stand at the end of one of our columns, in words.

    Examples
    --------
    >>> known_units("stack_height_m")
    'm, mm, cm, km, in, ft'
    """
    found = [q for q, own in OURS.items() if column.endswith(f"_{own}")]
    return ", ".join(units_of(found[0])) if found else ""


def _meant(name: str, kind: str) -> tuple[str, Unit | None]:
    """Our column that a name means in another unit; without the unit where that is unknown."""
    if kind == "sources":
        if match := FLOW.match(name):
            unit = units_of("flow").get(match.group(1))
            return ("", None) if name == FLOW_COLUMN else (FLOW_COLUMN, unit)
        if name.startswith(("emission_", "low_emission_", "high_emission_")):
            return _emission_meant(name)
    for column in TABLES[kind]:
        for quantity, own in OURS.items():
            stem = column.name.removesuffix(f"_{own}")
            if column.kind is not float or stem == column.name or quantity in ("emission", "flow"):
                continue
            if name.startswith(f"{stem}_") and name != column.name:
                return column.name, units_of(quantity).get(name.removeprefix(f"{stem}_"))
    return "", None


def _emission_meant(name: str) -> tuple[str, Unit | None]:
    for text in sorted(units_of("emission"), key=len, reverse=True):
        stem = name.removesuffix(f"_{text}")
        if stem != name and stem.rstrip("_").count("emission_"):
            own = text == OURS["emission"]
            return ("", None) if own else (f"{stem}_g_s", units_of("emission")[text])
    return "", None


def _numbers(values: pd.Series) -> tuple[np.ndarray, str]:
    """A column as floats, and what is wrong with it."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = np.isnan(numbers) & values.notna().to_numpy()
    if pd.api.types.is_bool_dtype(values.dtype):
        bad[:] = True
    if not bad.any():
        return numbers, ""
    first = values[bad].iloc[0]
    hint = ": write decimals with a point" if DECIMAL_COMMA.match(str(first)) else ""
    rows = rows_in_words([int(i) + 1 for i in bad.nonzero()[0]])
    return numbers, f"{first!r} in {rows} is not a number{hint}"


def _with_velocity(
    table: gpd.GeoDataFrame, where: str, refused: str | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """The velocity at the mouth of a stack where the table has its flow and diameter instead."""
    import numpy as np

    velocity = "exit_velocity_m_s"
    if refused and velocity not in table:
        return table, [_refused(refused)]
    if FLOW_COLUMN not in table or "stack_diameter_m" not in table:
        return table, []
    flow, wrong = _numbers(table[FLOW_COLUMN])
    if wrong:
        return table, [f"column '{FLOW_COLUMN}': {wrong}"]
    diameter, _ = _numbers(table["stack_diameter_m"])
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = flow / (np.pi / 4 * diameter**2)
    given = np.full(len(table), np.nan)
    if velocity in table:
        given, _ = _numbers(table[velocity])
    apart = np.abs(speed - given) > ALIKE * np.maximum(given, speed)
    if apart.any():
        rows = rows_in_words([int(i) + 1 for i in apart.nonzero()[0]])
        return table, [
            f"columns '{velocity}' and '{FLOW_COLUMN}' contradict each other in {rows}: by the "
            f"diameter the flow leaves at {speed[apart][0]:.3g} m/s, not {given[apart][0]:.3g}"
        ]
    filled = np.isnan(given) & np.isfinite(speed)
    if filled.any():
        warnings.warn(
            f"{where}: {velocity} of {filled.sum()} stacks from {FLOW_COLUMN} and the diameter",
            GeoclusterWarning,
            stacklevel=5,
        )
        table = table.assign(**{velocity: np.where(filled, speed, given)})
    return table, []


def _refused(name: str) -> str:
    if FLOW.match(name) and name.startswith("exit_flow_nm3"):
        return (
            f"column '{name}': normal cubic metres are not the volume at the mouth of the stack: "
            f"give {FLOW_COLUMN} as it leaves, or exit_velocity_m_s"
        )
    return f"column '{name}': unknown unit; known are {known_units(FLOW_COLUMN)}"
