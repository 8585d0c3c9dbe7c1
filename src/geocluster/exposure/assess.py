"""Who breathes what: people and concentration meet, by home and for the region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.exposure.limits import read_limits, why_not_answerable
from geocluster.exposure.residents import home_cells, people_of
from geocluster.tables import GREENHOUSE_GASES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    Limits = str | Path | Sequence[str | Path] | pd.DataFrame

# NO2 from NOx: the usual band of the ratio, and full conversion as the upper bound.
NO2_OF_NOX = {"low": 0.5, "": 0.9, "high": 1.0}
NO2_NOTE = "NO2 taken as 0.9 of NOx; from 0.5 of it (low) to all of it (high)"
CASES = ("low", "high")
SUMMARY = (
    "pollutant",
    "statistic",
    "limit_id",
    "set",
    "averaging",
    "value_ug_m3",
    "people",
    "people_weighted_mean_ug_m3",
    "mean_low_ug_m3",
    "mean_high_ug_m3",
    "maximum_ug_m3",
    "where",
    "x",
    "y",
    "people_above",
    "low",
    "high",
    "people_above_outside",
    "answerable",
    "why_not",
    "grade",
    "source",
    "date",
    "note",
)
TEXTS = ("limit_id", "set", "averaging", "where", "why_not", "grade", "source", "date", "note")
KEPT = ("name", "people", "origin", "town", "inside", "located")


class Recipe(NamedTuple):
    """A pollutant as a factor times one that the field holds."""

    held: str
    factor: float


def assess_exposure(
    homes: gpd.GeoDataFrame, field: xr.Dataset, *, limits: Limits = "who-2021"
) -> gpd.GeoDataFrame:
    """What the people of each home breathe, and how many of them are above each limit.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons with `people`, spread evenly over each home's area.
    field : xarray.Dataset
        Concentration over a grid, as `concentration` returns it. A pollutant ``so2_low`` or
        ``so2_high`` is the field of `so2` with the low or high figures of emission.
    limits : str, Path, sequence of them, or DataFrame
        Sets of limits, see `read_limits`.

    Returns
    -------
    GeoDataFrame
        A row a home, in its order: name, people, origin, geometry (and town, inside, located where
        given), ``share_on_grid`` (of its area; the rest is not assessed), and for each pollutant
        and statistic ``<pollutant>_<statistic>_ug_m3`` (mean over its area) and
        ``..._highest_ug_m3``, NaN off the grid; for each limit that the field can answer
        ``people_above_<limit_id>``, people times the share of the area above it, and the same
        with ``_low`` and ``_high`` where there is a range. NO2 without a field of its own is
        0.9 of NOx, 0.5 and all of it at the ends of the range.

    Raises
    ------
    TableError
        Where a home lacks people or a geometry.
    InputError
        Where the field is not on a grid, or a set of limits is unknown.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> from shapely.geometry import box
    >>> field = xr.Dataset(
    ...     {"mean": (("pollutant", "y", "x"), [[[30.0, 10.0]]])},
    ...     coords={"pollutant": ["so2"], "y": [500.0], "x": [500.0, 1500.0]},
    ...     attrs={"cell_m": 1000.0},
    ... )
    >>> homes = gpd.GeoDataFrame({"people": [100]}, geometry=[box(500, 0, 1500, 1000)])
    >>> exposure = assess_exposure(homes, field, limits="eu-2024-2881")
    >>> exposure[["so2_mean_ug_m3", "people_above_eu-2024-2881_so2_1y"]].values.tolist()
    [[20.0, 50.0]]
    """
    import geopandas as gpd
    import pandas as pd

    table = limit_table(limits)
    cells = _Cells(homes, _grid_of(field))
    columns: dict[str, np.ndarray] = {"share_on_grid": cells.on_grid}
    recipes = recipes_of(field)
    values = {
        (name, statistic): _values(field, recipe, statistic)
        for name, recipe in recipes.items()
        for statistic in _statistics(field)
    }
    for (name, statistic), array in values.items():
        columns[f"{name}_{statistic}_ug_m3"] = cells.mean(array)
        columns[f"{name}_{statistic}_highest_ug_m3"] = cells.highest(array)
    for limit in _answerable(table, field).to_dict("records"):
        for case in ("", *CASES):
            name = "_".join(part for part in (limit["pollutant"], case) if part)
            if name in recipes:
                above = values[name, limit["statistic"]] > limit["value_ug_m3"]
                column = "_".join(
                    part for part in ("people_above", limit["limit_id"], case) if part
                )
                columns[column] = cells.people_in(above)
    kept = homes[[name for name in KEPT if name in homes]].assign(geometry=homes.geometry)
    added = pd.DataFrame(columns, index=homes.index)
    return gpd.GeoDataFrame(pd.concat([kept, added], axis=1), geometry="geometry", crs=homes.crs)


def summarise_exposure(
    exposure: gpd.GeoDataFrame, field: xr.Dataset, *, limits: Limits = "who-2021"
) -> pd.DataFrame:
    """The region's exposure: a row a pollutant, statistic and limit.

    Parameters
    ----------
    exposure : GeoDataFrame
        As `assess_exposure` returned it for this field and these limits. Where it has a column
        `inside`, the means and counts are of the people inside; the maximum is anybody's.
    field : xarray.Dataset
        The same concentration.
    limits : str, Path, sequence of them, or DataFrame
        The same limits.

    Returns
    -------
    DataFrame
        pollutant, statistic, limit_id, set, averaging, value_ug_m3, people (assessed: on the
        grid), people_weighted_mean_ug_m3 with mean_low_ug_m3 and mean_high_ug_m3,
        maximum_ug_m3 (the highest cell with people in it), where (name of the home), x, y [m],
        people_above, low, high (range of that count; NaN where no range is known),
        people_above_outside (of the people across the border), answerable, why_not, grade,
        source, date, note. A limit that the field cannot answer has its reason in why_not and no
        count; a pollutant and statistic that no limit asks for has a row without a limit.

    Raises
    ------
    InputError
        Where `exposure` was not assessed with these limits and this field.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> from shapely.geometry import box
    >>> field = xr.Dataset(
    ...     {"mean": (("pollutant", "y", "x"), [[[30.0, 10.0]]])},
    ...     coords={"pollutant": ["so2"], "y": [500.0], "x": [500.0, 1500.0]},
    ...     attrs={"cell_m": 1000.0},
    ... )
    >>> homes = gpd.GeoDataFrame({"people": [100]}, geometry=[box(500, 0, 1500, 1000)])
    >>> exposure = assess_exposure(homes, field, limits="eu-2024-2881")
    >>> summary = summarise_exposure(exposure, field, limits="eu-2024-2881")
    >>> row = summary[summary["limit_id"] == "eu-2024-2881_so2_1y"].iloc[0]
    >>> float(row["people_weighted_mean_ug_m3"]), float(row["people_above"])
    (20.0, 50.0)
    >>> summary[summary["limit_id"] == "eu-2024-2881_so2_1h"]["why_not"].item()
    'needs p99.97_1h (averaged over 1h); the concentration holds mean only'
    """
    import pandas as pd

    table = limit_table(limits)
    pollutants = [name for name in recipes_of(field) if not _is_case(name)]
    statistics = _statistics(field)
    _check_exposure(exposure, pollutants, statistics, _answerable(table, field))
    figures = {
        (name, statistic): _figures(exposure, field, name, statistic)
        for name in pollutants
        for statistic in statistics
    }
    rows: list[dict[Any, Any]] = []
    for limit in table.to_dict("records"):
        why_not = why_not_answerable(limit, pollutants, statistics)
        key = limit["pollutant"], limit["statistic"]
        counts = {} if why_not else _counts(exposure, limit["limit_id"])
        note = "; ".join(part for part in (limit["note"], _no2_note(field, limit)) if part)
        given = {**limit, "answerable": not why_not, "why_not": why_not, "note": note}
        rows.append({**given, **figures.get(key, {}), **counts})
    asked = {(row["pollutant"], row["statistic"]) for row in rows if row["answerable"]}
    for (name, statistic), found in figures.items():
        if (name, statistic) not in asked:
            given = {"pollutant": name, "statistic": statistic, "answerable": True}
            note = _no2_note(field, {"pollutant": name})
            rows.append({**given, **found, "note": note})
    return pd.DataFrame(rows, columns=list(SUMMARY)).fillna(dict.fromkeys(TEXTS, ""))


def recipes_of(field: xr.Dataset) -> dict[str, Recipe]:
    """Every pollutant that a field answers, with its cases, and from which of the field's own.

    Examples
    --------
    >>> import xarray as xr
    >>> recipes_of(xr.Dataset(coords={"pollutant": ["nox", "nox_high"]}))["no2_high"]
    Recipe(held='nox_high', factor=1.0)
    """
    held = [str(name) for name in np.atleast_1d(field["pollutant"].values)]
    recipes = {name: Recipe(name, 1.0) for name in held if name not in GREENHOUSE_GASES}
    if "nox" in recipes and "no2" not in recipes:
        for case, factor in NO2_OF_NOX.items():
            source = f"nox_{case}" if f"nox_{case}" in recipes else "nox"
            recipes["no2" + (f"_{case}" if case else "")] = Recipe(source, factor)
    return recipes


class _Cells:
    """The cells of each home, and what to make of values on them."""

    def __init__(self, homes: gpd.GeoDataFrame, grid: xr.DataArray) -> None:
        self.people = people_of(homes)
        self.home, self.cell, self.share = home_cells(homes, grid)
        self.on_grid = np.minimum(np.bincount(self.home, self.share, len(self.people)), 1.0)

    def mean(self, values: np.ndarray) -> np.ndarray:
        total = np.bincount(self.home, self.share * values[self.cell], len(self.people))
        shares = np.bincount(self.home, self.share, len(self.people))
        return np.where(shares > 0, total / np.where(shares > 0, shares, 1.0), np.nan)

    def highest(self, values: np.ndarray) -> np.ndarray:
        highest = np.full(len(self.people), -np.inf)
        np.maximum.at(highest, self.home, values[self.cell])
        return np.where(np.isfinite(highest), highest, np.nan)

    def people_in(self, above: np.ndarray) -> np.ndarray:
        share = np.bincount(self.home, self.share * above[self.cell], len(self.people))
        return self.people * np.minimum(share, 1.0)


def limit_table(limits: Limits) -> pd.DataFrame:
    import pandas as pd

    return limits if isinstance(limits, pd.DataFrame) else read_limits(limits)


def _grid_of(field: xr.Dataset) -> xr.DataArray:
    if not {"pollutant", "y", "x"} <= set(field.sizes):
        raise InputError("field", "exposure needs a concentration over a grid (pollutant, y, x)")
    first = field[_statistics(field)[0]].isel(pollutant=0)
    return first.assign_attrs(field.attrs)


def _statistics(field: xr.Dataset) -> list[str]:
    wanted = {"pollutant", "y", "x"}  # terrain_above_stack is no statistic
    names = [str(name) for name in field.data_vars if wanted <= set(field[name].dims)]
    names = [name for name in names if name != "deposition"]  # nobody breathes it
    if not names:
        raise InputError("field", "it holds no statistic of concentration")
    return names


def _values(field: xr.Dataset, recipe: Recipe, statistic: str) -> np.ndarray:
    layer = field[statistic].sel(pollutant=recipe.held).transpose("y", "x")
    return recipe.factor * np.asarray(layer.values, dtype=float).ravel()


def _answerable(limits: pd.DataFrame, field: xr.Dataset) -> pd.DataFrame:
    pollutants, statistics = list(recipes_of(field)), _statistics(field)
    fits = [
        not why_not_answerable(limit, pollutants, statistics) for limit in limits.to_dict("records")
    ]
    return limits[np.array(fits, dtype=bool)]


def _is_case(name: str) -> bool:
    return name.endswith(tuple(f"_{case}" for case in CASES))


def _no2_note(field: xr.Dataset, limit: Mapping[Any, Any]) -> str:
    recipe = recipes_of(field).get("no2", Recipe("no2", 1.0))
    return NO2_NOTE if limit["pollutant"] == "no2" and recipe.held != "no2" else ""


def _check_exposure(
    exposure: gpd.GeoDataFrame,
    pollutants: Sequence[str],
    statistics: Sequence[str],
    limits: pd.DataFrame,
) -> None:
    needed = [f"{name}_{statistic}_ug_m3" for name in pollutants for statistic in statistics]
    needed += [f"people_above_{name}" for name in limits["limit_id"]]
    missing = [name for name in needed if name not in exposure]
    if missing:
        raise TableError(
            "exposure",
            f"no column {', '.join(missing)}: assess it with the same field and limits",
        )


def _figures(
    exposure: gpd.GeoDataFrame, field: xr.Dataset, name: str, statistic: str
) -> dict[str, Any]:
    """What the people breathe: their mean and its range, the highest and where it is."""
    means = {
        case: _people_mean(exposure, f"{name}{'_' * bool(case)}{case}_{statistic}_ug_m3")
        for case in ("", *CASES)
    }
    return {
        "people": float((exposure["people"] * exposure["share_on_grid"])[_inside(exposure)].sum()),
        "people_weighted_mean_ug_m3": means[""],
        "mean_low_ug_m3": means["low"],
        "mean_high_ug_m3": means["high"],
        **_highest(exposure, field, name, statistic),
    }


def _people_mean(exposure: gpd.GeoDataFrame, column: str) -> float:
    if column not in exposure:
        return float("nan")
    chosen = exposure[_inside(exposure) & exposure[column].notna().to_numpy()]
    weight = chosen["people"] * chosen["share_on_grid"]
    total = float(weight.sum())
    return float((chosen[column] * weight).sum() / total) if total > 0 else float("nan")


def _highest(
    exposure: gpd.GeoDataFrame, field: xr.Dataset, name: str, statistic: str
) -> dict[str, Any]:
    column = exposure[f"{name}_{statistic}_highest_ug_m3"]
    highest = column.where(exposure["people"] > 0).to_numpy(dtype=float)
    if not np.isfinite(highest).any():
        return {"maximum_ug_m3": float("nan"), "where": ""}
    row = int(np.nanargmax(highest))
    home = exposure.iloc[[row]]
    grid = _grid_of(field)
    _, cells, _ = home_cells(home, grid)
    values = _values(field, recipes_of(field)[name], statistic)
    cell = cells[int(np.argmax(values[cells]))]
    y, x = np.unravel_index(cell, (grid.sizes["y"], grid.sizes["x"]))
    return {
        "maximum_ug_m3": float(highest[row]),
        "where": str(home["name"].iloc[0]) if "name" in home else "",
        "x": float(grid["x"].values[x]),
        "y": float(grid["y"].values[y]),
    }


def _inside(exposure: gpd.GeoDataFrame) -> np.ndarray:
    if "inside" not in exposure:
        return np.ones(len(exposure), dtype=bool)
    return exposure["inside"].fillna(True).to_numpy(dtype=bool)


def _counts(exposure: gpd.GeoDataFrame, limit_id: str) -> dict[str, float]:
    column = f"people_above_{limit_id}"
    inside = _inside(exposure)
    cases = {
        case: float(exposure[f"{column}_{case}"][inside].sum())
        for case in CASES
        if f"{column}_{case}" in exposure
    }
    return {
        "people_above": float(exposure[column][inside].sum()),
        "people_above_outside": float(exposure[column][~inside].sum()),
        **cases,
    }
