"""What each table must hold: columns, units, ranges, and which of them are optional.

The unit is part of a column's name. A table of sources has one column
``emission_<pollutant>_g_s`` a pollutant; ``low_emission_...`` and ``high_emission_...`` beside it
give the range of a figure that nobody has reported.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geocluster.errors import TableError
from geocluster.pollutants import GREENHOUSE_GASES as GREENHOUSE_GASES
from geocluster.pollutants import POLLUTANTS as POLLUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd
    import xarray as xr
    from pyproj import CRS

EMISSION_COLUMN = re.compile(r"^emission_([a-z0-9_]+)_g_s$")
RANGE_COLUMN = re.compile(r"^(low|high)_emission_([a-z0-9_]+)_g_s$")
DECIMAL_COMMA = re.compile(r"^\s*[-+]?\d+,\d+\s*$")
ORIGINS = ("reported", "allocated", "factor", "assumed")
SOURCE_TYPES = ("point", "volume", "area", "line", "flare")
STACK_COLUMNS = ("stack_height_m", "stack_diameter_m", "exit_velocity_m_s", "exit_temperature_k")
VOLUME_COLUMNS = ("release_height_m", "initial_sigma_y_m", "initial_sigma_z_m")
NEEDED_COLUMNS = {
    "point": STACK_COLUMNS,
    "volume": VOLUME_COLUMNS,
    "area": ("release_height_m",),
    "line": ("release_height_m", "width_m"),
    "flare": ("stack_height_m", "heat_release_mw"),
}


@dataclass(frozen=True)
class Column:
    """One column of a table; `lower` and `upper` are allowed values themselves."""

    name: str
    kind: type = float
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    missing_allowed: bool = True


TABLES: dict[str, tuple[Column, ...]] = {
    "sources": (
        Column("source_id", str),
        Column("name", str),
        Column("sector", str),
        Column("source_type", str, choices=SOURCE_TYPES),
        Column("stack_height_m", lower=0, upper=1000),
        Column("stack_diameter_m", lower=0.001, upper=100),
        Column("exit_velocity_m_s", lower=0, upper=500),
        Column("exit_temperature_k", lower=200, upper=3000),
        Column("stack_direction", str, choices=("vertical", "horizontal", "capped")),
        Column("heat_release_mw", lower=0.001, upper=100_000),
        Column("radiative_loss", lower=0, upper=0.99),
        Column("release_height_m", lower=0, upper=1000),
        Column("initial_sigma_y_m", lower=0, upper=10_000),
        Column("initial_sigma_z_m", lower=0, upper=1000),
        Column("width_m", lower=0, upper=10_000),
        Column("urban", bool),
        Column("ground_m", lower=-500, upper=9000),
        Column("emission_origin", str, choices=ORIGINS),
        Column("stack_origin", str, choices=ORIGINS),
        Column("location_origin", str, choices=ORIGINS),
    ),
    "homes": (
        Column("name", str),
        Column("people", lower=0, required=True, missing_allowed=False),
        Column("origin", str),
    ),
    "places": (
        Column("kind", str, required=True, missing_allowed=False),
        Column("name", str),
        Column("capacity", lower=0),
    ),
    "land": (
        Column("kind", str, required=True, missing_allowed=False),
        Column("name", str),
        Column("origin", str),
    ),
    "zones": (
        Column("name", str),
        Column("area_ha", lower=0.01, upper=1_000_000),
        Column("coord_err_m", lower=0),
        Column("price_per_ha", lower=0),
        Column("currency", str),
    ),
    "land_prices": (
        Column("price_per_ha", lower=0, required=True),
        Column("currency", str),
        Column("type", str),
    ),
    "sites": (Column("site_id", str, required=True, missing_allowed=False),),
}

WEATHER: tuple[Column, ...] = (
    Column("wind_speed_m_s", lower=0, upper=75, required=True, missing_allowed=False),
    Column("wind_from_deg", lower=0, upper=360, required=True, missing_allowed=False),
    Column("stability", lower=1, upper=6, required=True, missing_allowed=False),
    Column("mixing_height_m", lower=0, upper=10_000, required=True, missing_allowed=False),
    Column("temperature_k", lower=180, upper=340, required=True, missing_allowed=False),
    Column("frequency", lower=0, missing_allowed=False),
    Column("friction_velocity_m_s", lower=0, upper=20),
    Column("obukhov_length_m", lower=-1_000_000, upper=1_000_000),
)


def pollutants_of(sources: pd.DataFrame) -> list[str]:
    """The pollutants that a table of sources has an emission column for, in its order.

    Examples
    --------
    >>> import pandas as pd
    >>> pollutants_of(pd.DataFrame(columns=["name", "emission_so2_g_s", "emission_nox_g_s"]))
    ['so2', 'nox']
    """
    matches = (EMISSION_COLUMN.match(str(column)) for column in sources.columns)
    return [match.group(1) for match in matches if match]


def check_table(
    table: pd.DataFrame, kind: str, where: str, *, known_pollutants: bool = True
) -> None:
    """Check a table against what tables of its kind must hold.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        Never changed.
    kind : {"sources", "homes", "places", "land", "zones", "land_prices", "sites"}
        What the table is.
    where : str
        The file or argument, for the message.
    known_pollutants : bool
        False lets a table made by hand name any pollutant.

    Raises
    ------
    TableError
        With every fault at once: column, rows, what is wrong and what to do.

    Examples
    --------
    >>> import pandas as pd
    >>> check_table(pd.DataFrame({"people": [10, -1]}), "homes", "homes.csv")
    Traceback (most recent call last):
    ...
    geocluster.errors.TableError: homes.csv: column 'people': -1 in row 2: at least 0 is allowed
    """
    columns = list(TABLES[kind])
    faults: list[str] = []
    if kind == "sources":
        columns += [
            Column(str(name), lower=0, missing_allowed=False)
            for name in table.columns
            if EMISSION_COLUMN.match(str(name)) or RANGE_COLUMN.match(str(name))
        ]
        faults += _pollutant_faults(table) if known_pollutants else []
    faults += column_faults(table, columns)
    if kind == "sources":
        faults += _release_faults(table) + _range_faults(table)
    if faults:
        raise TableError(where, faults)


def check_weather(weather: xr.Dataset, where: str = "weather") -> None:
    """Check that a weather holds every variable, on dim hour, within its range.

    Parameters
    ----------
    weather : xarray.Dataset
        See the types that flow: wind_speed_m_s, wind_from_deg, stability (1 to 6 for A to F),
        mixing_height_m, temperature_k and frequency, on dim `hour`.

    Raises
    ------
    TableError
        With every fault at once.
    """
    names = [column.name for column in WEATHER if column.name in weather]
    wrong_dims = [name for name in names if weather[name].dims != ("hour",)]
    if wrong_dims:
        raise TableError(where, [f"'{name}' must have the dimension hour" for name in wrong_dims])
    if weather.sizes.get("hour", 0) == 0:
        raise TableError(where, "there is no hour in it: give at least one")
    faults = column_faults(weather[names].to_dataframe(), WEATHER)
    if not faults and "frequency" in weather and not bool((weather["frequency"] > 0).all()):
        faults.append("'frequency' must be above 0 in every hour")
    if faults:
        raise TableError(where, faults)


def column_faults(table: pd.DataFrame, columns: Iterable[Column]) -> list[str]:
    """Every fault of these columns, one sentence a column and reason; empty where all is well."""
    import pandas as pd
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    present = {str(name) for name in table.columns}
    faults = [
        f"column '{column.name}' is missing: add it"
        for column in columns
        if column.required and column.name not in present
    ]
    specs = {column.name: column for column in columns if column.name in present}
    if not specs:
        return faults
    plain = table[list(specs)].reset_index(drop=True)
    schema = pa.DataFrameSchema({name: _pandera_column(spec) for name, spec in specs.items()})
    try:
        schema.validate(pd.DataFrame(plain), lazy=True)
    except SchemaErrors as error:
        faults += _sentences(error.failure_cases, specs)
    return faults


def _pandera_column(spec: Column):  # type: ignore[no-untyped-def]
    import pandera.pandas as pa

    checks = [pa.Check(lambda values: _fits(values, spec.kind), error="kind")]
    if spec.lower is not None:
        checks.append(pa.Check(lambda values: ~(_numbers(values) < spec.lower), error="lower"))
    if spec.upper is not None:
        checks.append(pa.Check(lambda values: ~(_numbers(values) > spec.upper), error="upper"))
    if spec.choices:
        checks.append(pa.Check(lambda values: values.isin(spec.choices), error="choices"))
    return pa.Column(checks=checks, nullable=spec.missing_allowed)


def _fits(values: pd.Series, kind: type) -> pd.Series:
    """Which values are of a kind; columns of a plain type are not looked at one by one."""
    import numpy as np
    import pandas as pd

    is_bool = pd.api.types.is_bool_dtype(values.dtype)
    if kind is float and pd.api.types.is_numeric_dtype(values.dtype) and not is_bool:
        return pd.Series(np.isfinite(_numbers(values)), index=values.index)
    if kind is str and isinstance(values.dtype, pd.StringDtype):
        return pd.Series(True, index=values.index)
    if kind is bool and is_bool:
        return pd.Series(True, index=values.index)
    return pd.Series([_is(value, kind) for value in values], index=values.index, dtype=bool)


def _is(value: object, kind: type) -> bool:
    import numbers

    if kind is float:
        number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        return number and math.isfinite(value)  # type: ignore[arg-type]
    if kind is bool:
        return str(value) in ("True", "False", "0", "1", "0.0", "1.0")
    return isinstance(value, str)


def _numbers(values: pd.Series) -> pd.Series:
    """Numbers as floats, and NaN, which is neither too low nor too high, for what is none."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype(float)
    numbers = [float(value) if _is(value, float) else math.nan for value in values]
    return pd.Series(numbers, index=values.index, dtype=float)


def _sentences(cases: pd.DataFrame, specs: dict[str, Column]) -> list[str]:
    faults = []
    for (name, check), group in cases.groupby(["column", "check"], sort=False):
        rows = sorted(int(index) + 1 for index in group["index"])
        value = group["failure_case"].iloc[0]
        faults.append(f"column '{name}': {_reason(str(check), value, rows, specs[str(name)])}")
    return faults


def _reason(check: str, value: object, rows: list[int], spec: Column) -> str:
    where = rows_in_words(rows)
    value = value.item() if hasattr(value, "item") else value
    if check == "lower":
        return f"{value} in {where}: at least {spec.lower} is allowed"
    if check == "upper":
        return f"{value} in {where}: at most {spec.upper} is allowed"
    if check == "choices":
        return f"{value!r} in {where}: allowed are {', '.join(spec.choices)}"
    if check == "kind":
        kind = {float: "a number", bool: "true or false", str: "text"}[spec.kind]
        hint = ": write decimals with a point" if DECIMAL_COMMA.match(str(value)) else ""
        return f"{value!r} in {where} is not {kind}{hint}"
    return f"no value in {where}: fill it in"


def rows_in_words(rows: list[int]) -> str:
    """Row numbers, counted from 1, as a reader wants them.

    Examples
    --------
    >>> rows_in_words([4])
    'row 4'
    >>> rows_in_words([1, 2, 3, 4, 5, 6, 7])
    'rows 1, 2, 3, 4, 5 and 2 more'
    """
    if len(rows) == 1:
        return f"row {rows[0]}"
    head = ", ".join(str(row) for row in rows[:5])
    return f"rows {head}" + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")


def _pollutant_faults(table: pd.DataFrame) -> list[str]:
    faults = [
        f"column '{column}': unknown pollutant; known are {', '.join(POLLUTANTS)}"
        for column in table.columns
        for match in [EMISSION_COLUMN.match(str(column)) or RANGE_COLUMN.match(str(column))]
        if match and match.groups()[-1] not in POLLUTANTS
    ]
    faults += [
        f"column '{column}': unknown unit; emissions are emission_<pollutant>_g_s [g/s]"
        for column in table.columns
        if re.match(r"^(low_|high_)?emission_(?!origin$)", str(column))
        and not EMISSION_COLUMN.match(str(column))
        and not RANGE_COLUMN.match(str(column))
    ]
    return faults


def _release_faults(table: pd.DataFrame) -> list[str]:
    """Columns that rows of a type cannot do without."""
    import pandas as pd

    types = (
        table["source_type"].fillna("point")
        if "source_type" in table
        else pd.Series("point", index=table.index)
    )
    faults = []
    for kind, needed in NEEDED_COLUMNS.items():
        rows = (types == kind).to_numpy()
        for name in needed if rows.any() else ():
            if name not in table:
                faults.append(f"column '{name}' is missing: {kind} sources need it")
                continue
            empty = rows & table[name].isna().to_numpy()
            if empty.any():
                where = rows_in_words([int(i) + 1 for i in empty.nonzero()[0]])
                faults.append(f"column '{name}': no value in {where}: {kind} sources need it")
    return faults


def _range_faults(table: pd.DataFrame) -> list[str]:
    """Low figures above the central one, high ones below it, and a range around nothing."""
    faults = []
    for name in map(str, table.columns):
        match = RANGE_COLUMN.match(name)
        if not match:
            continue
        central = f"emission_{match.group(2)}_g_s"
        if central not in table:
            faults.append(f"column '{name}' gives a range, but '{central}' is missing: add it")
            continue
        bound, middle = _numbers(table[name]), _numbers(table[central])
        wrong = bound > middle if match.group(1) == "low" else bound < middle
        if wrong.any():
            rows = rows_in_words([int(i) + 1 for i in wrong.to_numpy().nonzero()[0]])
            side = "above" if match.group(1) == "low" else "below"
            faults.append(f"column '{name}': {side} '{central}' in {rows}: low <= central <= high")
    return faults


def in_crs(table: gpd.GeoDataFrame, crs: CRS | str, where: str) -> gpd.GeoDataFrame:
    """The table in another reference system; an error where it declares none."""
    from geocluster.errors import CRSError

    if table.crs is None:
        raise CRSError(where, "no reference system is declared: set the table's CRS")
    return table if table.crs == crs else table.to_crs(crs)
