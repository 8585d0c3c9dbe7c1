"""Who breathes what: people and concentration meet, and are held against limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.exposure.limits import read_limits, why_not_answerable
from geocluster.exposure.residents import home_cells, people_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

CASES = ("low", "central", "high")
# NO2 as a share of NOx where only NOx was computed: 0.5 to 0.9 as a band (ambient ratio method,
# US EPA ARM2), full conversion as the upper bound.
NO2_OF_NOX = {"low": 0.5, "central": 0.9, "high": 1.0}
NO_LIMIT = "no limit for it in the sets asked for"
KEPT = ("name", "people", "origin", "town", "inside", "located")


def assess_exposure(
    homes: gpd.GeoDataFrame,
    field: xr.Dataset,
    *,
    limits: str | Path | Sequence[str | Path] = "who-2021",
) -> gpd.GeoDataFrame:
    """The concentration where people live, and how many of them live above each limit.

    People are spread evenly over each home's area; a home lies above a limit with the part of it
    that does. Where `field` holds ``so2_low`` and ``so2_high`` beside ``so2``, these are the cases
    of low and high emissions. Limits of NO2 are answered from NOx where NO2 is not in the field:
    as 0.5 (low), 0.9 (central) and 1.0 (high) of it.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons with `people`.
    field : xarray.Dataset
        As `concentration` returns it on a grid. [ug/m3]
    limits : str, Path or sequence of them
        Names of sets (``who-2021``, ``eu-2024-2881``, ...) or files of the same form.

    Returns
    -------
    GeoDataFrame
        A row a home, in the order of `homes`: name, people, origin, geometry; `share_on_grid`;
        ``<pollutant>_<statistic>_ug_m3`` (mean over the home's area) and
        ``<pollutant>_<statistic>_highest_ug_m3`` [ug/m3], NaN where the home is off the grid;
        ``people_above_<limit_id>`` [persons], with ``_low`` and ``_high`` of it where cases differ.

    Raises
    ------
    TableError
        Where the field is not on a grid or homes lack people or geometry.
    InputError
        Where a set of limits is not known.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 2000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> mean = xr.DataArray([[[10.0, 30.0]]], dims=("pollutant", "y", "x"),
    ...                     coords={"pollutant": ["pm10"], "y": grid.y, "x": grid.x})
    >>> homes = gpd.GeoDataFrame({"people": [200]}, geometry=[box(0, 0, 2000, 1000)], crs=32642)
    >>> one = assess_exposure(homes, xr.Dataset({"mean": mean}, attrs=grid.attrs)).iloc[0]
    >>> float(one["pm10_mean_ug_m3"]), float(one["people_above_who-2021_pm10_1y"])
    (20.0, 100.0)
    """
    import geopandas as gpd
    import pandas as pd

    cells = _Cells(homes, field)
    columns: dict[str, np.ndarray] = {"share_on_grid": cells.on_grid}
    for pollutant, statistic, values in _fields(field):
        columns[f"{pollutant}_{statistic}_ug_m3"] = cells.mean(values)
        columns[f"{pollutant}_{statistic}_highest_ug_m3"] = cells.highest(values)
    for limit in read_limits(limits).to_dict("records"):
        cases = _cases(field, limit["pollutant"], limit["statistic"])
        for case, values in cases.items():
            suffix = "" if case == "central" else f"_{case}"
            above = cells.people_above(values, limit["value_ug_m3"])
            columns[f"people_above_{limit['limit_id']}{suffix}"] = above
    kept = homes[[name for name in KEPT if name in homes]].reset_index(drop=True)
    table = pd.concat([kept, pd.DataFrame(columns)], axis=1)
    return gpd.GeoDataFrame(table, geometry=homes.geometry.to_numpy(), crs=homes.crs)


def summarise_exposure(
    exposure: gpd.GeoDataFrame,
    field: xr.Dataset,
    *,
    limits: str | Path | Sequence[str | Path] = "who-2021",
) -> pd.DataFrame:
    """Exposure of all homes together, a row a limit; what cannot be answered says why.

    Parameters
    ----------
    exposure : GeoDataFrame
        As `assess_exposure` returns it, with the same `limits`.
    field : xarray.Dataset
        The field it was made from. [ug/m3]
    limits : str, Path or sequence of them
        As in `assess_exposure`.

    Returns
    -------
    DataFrame
        A row a limit, and one for each pollutant without one: limit_id, set, pollutant, averaging,
        statistic, value_ug_m3 [ug/m3], answerable, why_not, people (on the grid) [persons],
        people_weighted_mean_ug_m3, maximum_ug_m3 [ug/m3], where (name of the home with the
        maximum), x, y (a point in it) [m]; people_above [persons]; each of the mean, the maximum
        and people_above also with _low and _high where emissions are a range; basis, source, date,
        grade.
    """
    import pandas as pd

    table = read_limits(limits)
    pollutants = _base_pollutants(field)
    known = [*pollutants, *(["no2"] if "nox" in pollutants else [])]
    statistics = [str(name) for name in field.data_vars]
    rows = []
    for _, limit in table.iterrows():
        why_not = why_not_answerable(limit, known, statistics)
        rows.append(_summary_row(exposure, field, limit.to_dict(), why_not))
    answered = {(row["pollutant"], row["statistic"]) for row in rows if row["answerable"]}
    for pollutant in pollutants:
        for statistic in statistics:
            if (pollutant, statistic) not in answered:
                bare = {"limit_id": "", "pollutant": pollutant, "statistic": statistic}
                rows.append(_summary_row(exposure, field, bare, NO_LIMIT))
    return pd.DataFrame(rows)


def _summary_row(
    exposure: gpd.GeoDataFrame, field: xr.Dataset, limit: dict, why_not: str
) -> dict[str, object]:
    texts = ("limit_id", "set", "pollutant", "averaging", "statistic")
    row: dict[str, object] = {name: limit.get(name, "") for name in texts}
    row["value_ug_m3"] = limit.get("value_ug_m3", np.nan)
    row["answerable"] = why_not == ""
    row["why_not"] = why_not
    computed = why_not in ("", NO_LIMIT)
    people = exposure["people"].to_numpy(dtype=float) * exposure["share_on_grid"].to_numpy()
    row["people"] = float(people.sum())
    figures = ("people_weighted_mean_ug_m3", "maximum_ug_m3", "people_above")
    for case in CASES:
        suffix = "" if case == "central" else f"_{case}"
        row.update(dict.fromkeys([name + suffix for name in figures], np.nan))
    row.update({"where": "", "x": np.nan, "y": np.nan})
    for name, factor, case in _columns_of(field, str(row["pollutant"])) if computed else ():
        suffix = "" if case == "central" else f"_{case}"
        mean = exposure[f"{name}_{row['statistic']}_ug_m3"].to_numpy() * factor
        highest = exposure[f"{name}_{row['statistic']}_highest_ug_m3"].to_numpy() * factor
        row[f"people_weighted_mean_ug_m3{suffix}"] = _weighted(mean, people)
        row[f"maximum_ug_m3{suffix}"] = _largest(highest)
        above = f"people_above_{row['limit_id']}{suffix}"
        if above in exposure:
            row[f"people_above{suffix}"] = float(exposure[above].sum())
        if case == "central" and np.isfinite(highest).any():
            first = int(np.nanargmax(highest))
            point = exposure.geometry.iloc[first].representative_point()
            where = str(exposure["name"].iloc[first]) if "name" in exposure else ""
            row.update({"where": where, "x": point.x, "y": point.y})
    basis = ""
    if row["pollutant"] == "no2" and computed and "no2" not in _base_pollutants(field):
        basis = "0.9 of NOx; low 0.5, high 1.0 (full conversion)"
    row["basis"] = basis
    row.update({name: limit.get(name, "") for name in ("source", "date", "grade")})
    return row


class _Cells:
    """Which cells each home covers, and sums over them."""

    def __init__(self, homes: gpd.GeoDataFrame, field: xr.Dataset) -> None:
        first = next(iter(field.data_vars), None)
        if first is None or field[first].dims != ("pollutant", "y", "x"):
            raise TableError("field", "exposure needs a concentration on a grid (pollutant, y, x)")
        self.people = people_of(homes)
        grid = field[first].isel(pollutant=0, drop=True).assign_attrs(field.attrs)
        self.home, self.cell, self.share = home_cells(homes, grid)
        self.on_grid = self._sum(self.share)

    def _sum(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.home, values, minlength=len(self.people))

    def mean(self, values: np.ndarray) -> np.ndarray:
        total = self._sum(self.share * values[self.cell])
        some = self.on_grid > 0
        return np.where(some, total / np.where(some, self.on_grid, 1), np.nan)

    def highest(self, values: np.ndarray) -> np.ndarray:
        highest = np.full(len(self.people), -np.inf)
        np.maximum.at(highest, self.home, values[self.cell])
        return np.where(np.isfinite(highest), highest, np.nan)

    def people_above(self, values: np.ndarray, limit: float) -> np.ndarray:
        return self.people * self._sum(self.share * (values[self.cell] > limit))


def _fields(field: xr.Dataset) -> Iterator[tuple[str, str, np.ndarray]]:
    for pollutant in field["pollutant"].values:
        for statistic in field.data_vars:
            yield str(pollutant), str(statistic), _values(field, str(pollutant), str(statistic))


def _values(field: xr.Dataset, pollutant: str, statistic: str) -> np.ndarray:
    return np.asarray(field[statistic].sel(pollutant=pollutant).values, dtype=float).ravel()


def _base_pollutants(field: xr.Dataset) -> list[str]:
    """The pollutants of a field without the low and high cases of others."""
    names = [str(name) for name in field["pollutant"].values]
    cases = {f"{name}_{case}" for name in names for case in ("low", "high")}
    return [name for name in names if name not in cases]


def _columns_of(field: xr.Dataset, pollutant: str) -> list[tuple[str, float, str]]:
    """Which pollutant of the field, times which factor, is each case of a pollutant."""
    names = [str(name) for name in field["pollutant"].values]
    if pollutant in names:
        factors = dict.fromkeys(CASES, 1.0)
        base = pollutant
    elif pollutant == "no2" and "nox" in names:
        factors, base = NO2_OF_NOX, "nox"
    else:
        return []
    columns = []
    for case in CASES:
        own = base if case == "central" else f"{base}_{case}"
        if own in names:
            columns.append((own, factors[case], case))
        elif factors[case] != factors["central"]:
            columns.append((base, factors[case], case))
    return columns


def _cases(field: xr.Dataset, pollutant: str, statistic: str) -> dict[str, np.ndarray]:
    if statistic not in field.data_vars:
        return {}
    return {
        case: _values(field, name, statistic) * factor
        for name, factor, case in _columns_of(field, pollutant)
    }


def _weighted(values: np.ndarray, weights: np.ndarray) -> float:
    some = np.isfinite(values) & (weights > 0)
    return float(np.average(values[some], weights=weights[some])) if some.any() else np.nan


def _largest(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else np.nan
