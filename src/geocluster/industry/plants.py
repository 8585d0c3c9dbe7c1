"""What a table of plants must hold, and what its rows say about activity and reported figures."""

from __future__ import annotations

import re

import pandas as pd

from geocluster.industry.factors import row_faults

# Activity a year for one unit of capacity, before load factor, efficiency and product ratio.
ACTIVITY = {
    "MW": 8760 * 3.6,  # GJ
    "GWh/yr": 3600.0,  # GJ
    "Mt/yr": 1e6,  # t
    "t/day": 365.0,  # t
    "t/yr": 1.0,  # t
    "GJ/yr": 1.0,  # GJ
    "pieces/yr": 1.0,
}
REPORTED_COLUMN = re.compile(r"^reported_([a-z0-9]+)_t_yr$")
PLANT_COLUMNS = (
    "plant_id", "name", "longitude", "latitude", "process", "capacity", "capacity_unit",
)  # fmt: skip
NUMBERS = {
    "longitude": (-180, 180),
    "latitude": (-90, 90),
    "capacity": (0, 1e12),
    "load_factor": (0, 1),
    "share": (0, 1),
    "efficiency": (0.05, 1),
    "product_ratio": (0, 100),
    "activity_range": (0, 0.95),
}


def plant_faults(plants: pd.DataFrame, factors: pd.DataFrame, releases: pd.DataFrame) -> list[str]:
    """Every fault of a table of plants: columns, processes, units and ranges."""
    faults = [f"column '{name}' is missing: add it" for name in PLANT_COLUMNS if name not in plants]
    if faults or plants.empty:
        return faults or ["there is no plant in it: give at least one row"]
    known = set(factors.index.get_level_values("process")) & set(releases.index)
    faults += row_faults(
        ~plants["process"].isin(known), f"unknown process; known are {', '.join(sorted(known))}"
    )
    faults += row_faults(
        ~plants["capacity_unit"].isin(list(ACTIVITY)),
        f"column 'capacity_unit': allowed are {', '.join(ACTIVITY)}",
    )
    tonnes = {c: (0, 1e9) for c in map(str, plants.columns) if c.endswith("_t_yr")}
    for name, (lower, upper) in (NUMBERS | tonnes).items():
        if name in plants:
            values = pd.to_numeric(plants[name], errors="coerce")
            wrong = (values.isna() & plants[name].notna()) | (values < lower) | (values > upper)
            wrong |= plants[name].isna() & (name in PLANT_COLUMNS)
            faults += row_faults(wrong, f"column '{name}': {lower:g} to {upper:g} is allowed")
    return faults


def reported_pollutants(plants: pd.DataFrame) -> dict[str, set[str]]:
    """The pollutants that each plant reports, in whichever of its rows."""
    pairs: dict[str, set[str]] = {}
    for column in plants.columns:
        match = REPORTED_COLUMN.match(str(column))
        if match:
            for plant in plants.loc[plants[column].notna(), "plant_id"]:
                pairs.setdefault(str(plant), set()).add(match.group(1))
    return pairs


def value_of(plant: pd.Series, name: str, default: float) -> float:
    """A number of a row, or the default where it is missing."""
    value = plant.get(name)
    return float(value) if value is not None and pd.notna(value) else default


def activity(plant: pd.Series) -> float:
    """What a process burns, makes or treats in a year. [GJ, t or pieces]"""
    unit = str(plant.get("capacity_unit"))
    use = value_of(plant, "load_factor", 1.0) * value_of(plant, "share", 1.0)
    product = value_of(plant, "product_ratio", 1.0)
    efficiency = value_of(plant, "efficiency", 1.0)
    return float(plant["capacity"]) * ACTIVITY[unit] * use * product / efficiency
