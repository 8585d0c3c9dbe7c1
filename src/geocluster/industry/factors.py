"""The visible tables of factors and releases, and the checks on those that a user brings."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from geocluster.errors import TableError
from geocluster.tables import STACK_COLUMNS, rows_in_words

HOME = Path(__file__).parent
CASES = ("low", "central", "high")
GRAMS = {"g": 1.0, "kg": 1e3}
FUGITIVE_COLUMNS = ("fugitive_low", "fugitive_central", "fugitive_high")
VOLUME_DEFAULTS = ("fugitive_height_m", "fugitive_sigma_y_m", "fugitive_sigma_z_m")

Table = pd.DataFrame | str | os.PathLike[str] | None


def read_factors(factors: Table = None) -> pd.DataFrame:
    """The emission factors of processes: the package's own, a user's rows in place of them.

    Parameters
    ----------
    factors : DataFrame, path of a CSV, or None
        Rows with process, pollutant, low, central, high, unit (g/... or kg/...), and optionally
        the shares that leave low, fugitive_low, fugitive_central, fugitive_high [0 to 1], source,
        grade.
        A row replaces the package's row of the same process and pollutant; the others stay.

    Returns
    -------
    DataFrame
        Indexed by process and pollutant.

    Raises
    ------
    TableError
        A missing column, an unknown unit, a range out of order, a share outside 0 to 1, the same
        process and pollutant twice: all at once.

    Examples
    --------
    >>> read_factors().loc[("power_gas", "nox"), list(CASES)].tolist()
    [15.0, 89.0, 185.0]
    """
    return _read(factors, "emission_factors.csv", "process", _unit_faults)


def read_area_factors(factors: Table = None) -> pd.DataFrame:
    """The emission of a hectare of industrial land, by sector: the package's own or a user's.

    Parameters
    ----------
    factors : DataFrame, path of a CSV, or None
        Rows with sector, pollutant, low, central, high [g/s/ha], unit, release_height_m and
        initial_sigma_z_m [m], source, grade.

    Returns
    -------
    DataFrame
        Indexed by sector and pollutant.

    Raises
    ------
    TableError
        As for `read_factors`.

    Examples
    --------
    >>> read_area_factors().loc[("industrial", "so2"), "central"].item()
    0.004
    """
    return _read(factors, "area_factors.csv", "sector", _area_faults)


def read_releases(releases: Table = None) -> pd.DataFrame:
    """How each process lets its emission out: stack, and the volume of what leaves low.

    Parameters
    ----------
    releases : DataFrame, path of a CSV, or None
        Rows with process, stack_height_m, stack_diameter_m, exit_velocity_m_s, exit_temperature_k,
        fugitive_height_m, fugitive_sigma_y_m, fugitive_sigma_z_m, source, grade.

    Returns
    -------
    DataFrame
        Indexed by process; a user's rows replace the package's.

    Raises
    ------
    TableError
        Where a column is missing.

    Examples
    --------
    >>> read_releases().loc["copper_smelting", "stack_height_m"].item()
    150.0
    """
    own = pd.read_csv(HOME / "release_defaults.csv").set_index("process")
    if releases is None:
        return own
    table, where = _opened(releases)
    needed = ("process", *STACK_COLUMNS, *VOLUME_DEFAULTS)
    missing = [f"column '{name}' is missing: add it" for name in needed if name not in table]
    if missing:
        raise TableError(where, missing)
    brought = table.set_index("process")
    return pd.concat([brought, own[~own.index.isin(brought.index)]])


def _read(factors: Table, file: str, key: str, more_faults) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    own = _checked(pd.read_csv(HOME / file), file, key, more_faults)
    if factors is None:
        return own
    table, where = _opened(factors)
    brought = _checked(table, where, key, more_faults)
    return pd.concat([brought, own[~own.index.isin(brought.index)]])


def _opened(table: pd.DataFrame | str | os.PathLike[str]) -> tuple[pd.DataFrame, str]:
    if isinstance(table, pd.DataFrame):
        return table, "factors"
    if not Path(table).is_file():
        raise TableError(str(table), "there is no such file: mend the path")
    return pd.read_csv(table), str(table)


def _checked(table: pd.DataFrame, where: str, key: str, more_faults) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    needed = (key, "pollutant", *CASES, "unit")
    faults = [f"column '{name}' is missing: add it" for name in needed if name not in table]
    if faults:
        raise TableError(where, faults)
    table = table.reset_index(drop=True)
    low, central, high = (pd.to_numeric(table[case], errors="coerce") for case in CASES)
    ordered = (low >= 0) & (low <= central) & (central <= high) & np.isfinite(high)
    faults += row_faults(~ordered, "0 <= low <= central <= high must hold")
    faults += row_faults(
        table.duplicated([key, "pollutant"]), f"the same {key} and pollutant twice"
    )
    faults += more_faults(table)
    if faults:
        raise TableError(where, faults)
    table = table.astype(dict.fromkeys(CASES, float))
    for column in FUGITIVE_COLUMNS if key == "process" else ():
        table[column] = table[column].fillna(0.0) if column in table else 0.0
    return table.set_index([key, "pollutant"]).sort_index()


def _unit_faults(table: pd.DataFrame) -> list[str]:
    units = table["unit"].astype(str).str.split("/").str[0]
    faults = row_faults(~units.isin(list(GRAMS)), "column 'unit': g/... or kg/... is allowed")
    if all(name in table for name in FUGITIVE_COLUMNS):
        low, central, high = (table[name].fillna(0) for name in FUGITIVE_COLUMNS)
        ordered = (low >= 0) & (low <= central) & (central <= high) & (high <= 1)
        faults += row_faults(~ordered, "0 <= fugitive_low <= central <= high <= 1 must hold")
    return faults


def _area_faults(table: pd.DataFrame) -> list[str]:
    faults = row_faults(table["unit"] != "g/s/ha", "column 'unit': g/s/ha is allowed")
    for name in ("release_height_m", "initial_sigma_z_m"):
        if name not in table:
            faults.append(f"column '{name}' is missing: add it")
        else:
            faults += row_faults(~(table[name] >= 0), f"column '{name}': 0 m or more is allowed")
    return faults


def row_faults(wrong: pd.Series, sentence: str) -> list[str]:
    """The sentence with the rows where it holds, or nothing."""
    rows = [int(i) + 1 for i in np.flatnonzero(wrong.to_numpy(dtype=bool))]
    return [f"{sentence} ({rows_in_words(rows)})"] if rows else []
