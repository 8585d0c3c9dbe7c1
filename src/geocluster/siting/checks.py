"""What each rule excludes: one check a rule, and layers that rules share measured once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import InputError
from geocluster.siting.distance import Cells, Layer, Measured, Mode, layer_distance
from geocluster.siting.objects import Objects, objects_of
from geocluster.siting.rastered import cell_distance
from geocluster.siting.rules import DENSITIES, SLOPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

NO_DATA = "not checked: no data"
NO_CLASS = "not checked: the park has no hazard class"
HALF = 0.5  # of a cell: what covers so much of it is its land cover


class Ground(NamedTuple):
    """What is known of the land, in the grid's reference system; None where there is nothing."""

    homes: gpd.GeoDataFrame | None
    places: gpd.GeoDataFrame | None
    land: gpd.GeoDataFrame | None
    slope: xr.DataArray | None = None
    land_cover: xr.DataArray | None = None


class Check(NamedTuple):
    """What one rule found: masks and distances are flat, None where there was no data."""

    record: dict[str, Any]
    excluded: np.ndarray | None
    excluded_whole: np.ndarray | None = None
    distance: np.ndarray | None = None
    objects: Objects | None = None
    note: str = ""
    minutes: dict[str, np.ndarray] | None = None


class Found(NamedTuple):
    """A layer as it was measured; `shown` is what is kept of the distances."""

    measured: Measured
    shown: np.ndarray
    objects: Objects
    note: str


def checks_of(rules: pd.DataFrame, cells: Cells, ground: Ground, mode: Mode) -> Iterator[Check]:
    """A check a rule, in their order.

    Parameters
    ----------
    rules : DataFrame
        From `rules_of_class`.
    cells : Cells
        The cells of the grid.
    ground : Ground
        Tables and fields; fields on the grid.
    mode : {"exact", "fast"}
        How distances are measured.
    """
    records = [
        {str(name): value for name, value in record.items()} for record in rules.to_dict("records")
    ]
    asked: dict[object, list[dict[str, Any]]] = {}
    for rule in records:
        asked.setdefault(_layer_of(rule), []).append(rule)
    measured: dict[object, Found | None] = {}
    for rule in records:
        applies = rule.pop("applies", True)
        if not applies:
            yield Check(rule, None, note=NO_CLASS)
        elif rule["kind"] == SLOPE:
            yield _slope_check(rule, ground.slope)
        else:
            key = _layer_of(rule)
            if key not in measured:
                measured[key] = _measure(asked[key], cells, ground, mode)
            yield _distance_check(rule, measured[key])


def _layer_of(rule: dict[str, Any]) -> tuple[object, ...]:
    """Rules with the same answer speak of the same things."""
    near = bool(rule["at_most_m"] >= 0)
    densities = [rule[name] for name in DENSITIES] if rule["kind"] == "homes" else []
    return rule["kind"], rule["class"], near, *densities


def _measure(rules: list[dict[str, Any]], cells: Cells, ground: Ground, mode: Mode) -> Found | None:
    """The distances of a layer for all rules that share it; None without data."""
    objects = objects_of(rules[0], ground.homes, ground.places, ground.land)
    cover, note = _cover_of(rules[0], ground.land_cover)
    if not len(objects.shapes) and not objects.known and cover is None:
        return None
    limits = [rule[name] for rule in rules for name in ("keep_away_m", "at_most_m")]
    whole = [rule["keep_away_m"] for rule in rules if rule["whole_cell"]]
    measured = layer_distance(
        Layer.of(objects.shapes),
        cells,
        whole_m=whole,
        mode=mode,
        reach_m=max(limit for limit in limits if limit >= 0),
    )
    if cover is not None and cover.any():
        distance, square = cell_distance(cover, cells.side)
        least = None if measured.square is None else np.minimum(measured.square, square.ravel())
        measured = Measured(np.minimum(measured.distance, distance.ravel()), least)
    return Found(measured, measured.distance.astype(np.float32), objects, note)


def _cover_of(rule: dict[str, Any], land_cover: xr.DataArray | None) -> tuple[Any, str]:
    """Cells that are mostly of the rule's kind by the land cover; None where it does not tell.

    Land cover knows kinds and no classes: it counts for every rule to keep away from the kind, and
    for none that names classes that must be near.
    """
    if land_cover is None or rule["kind"] not in land_cover["kind"].values:
        return None, ""
    if rule["at_most_m"] >= 0 and rule["class"]:
        return None, ""
    share = land_cover.sel(kind=rule["kind"]).values
    return share >= HALF, str(land_cover.attrs.get("note", ""))


def _distance_check(rule: dict[str, Any], found: Found | None) -> Check:
    if found is None:
        return Check(rule, None, note=NO_DATA)
    measured = found.measured
    whole = None
    if rule["at_most_m"] >= 0:
        excluded = measured.distance > rule["at_most_m"]
    else:
        excluded = measured.within(rule["keep_away_m"])
        if rule["whole_cell"]:
            whole = excluded | measured.within_whole(rule["keep_away_m"])
    return Check(rule, excluded, whole, found.shown, found.objects, found.note)


def _slope_check(rule: dict[str, Any], slope: xr.DataArray | None) -> Check:
    if slope is None:
        return Check(rule, None, note=NO_DATA)
    percent = slope.values.ravel()
    unknown = int(np.isnan(percent).sum())
    note = f"the slope of {unknown} of {percent.size} cells is not known" if unknown else ""
    return Check(rule, percent > rule["at_most_percent"], note=note)


def slope_percent(slope: xr.DataArray, grid: xr.DataArray) -> xr.DataArray:
    """A slope on the cells of a grid, in percent.

    Parameters
    ----------
    slope : DataArray (y, x)
        attrs `units`: "%" or "degrees"; on the grid's cells or on others, in its CRS.
    grid : DataArray (y, x)
        The cells wanted.

    Raises
    ------
    InputError
        Where the units are not said.

    Examples
    --------
    >>> import xarray as xr
    >>> grid = xr.DataArray([[True]], dims=("y", "x"), coords={"y": [50.0], "x": [50.0]},
    ...                     attrs={"cell_m": 100.0})
    >>> round(slope_percent(grid.astype(float).copy(data=[[45.0]]).assign_attrs(
    ...     units="degrees"), grid).item(), 6)
    100.0
    """
    from geocluster.load.ground import ground_on

    units = str(slope.attrs.get("units", ""))
    if units not in ("%", "degrees"):
        told = f"its attribute units is {units!r}: give '%' or 'degrees', as slope_of does"
        raise InputError("slope", told)
    same = slope.sizes == grid.sizes and all(
        np.array_equal(slope[axis].values, grid[axis].values) for axis in ("y", "x")
    )
    values = (slope if same else ground_on(slope, grid)).values.astype(float)
    return grid.astype(float).copy(
        data=100 * np.tan(np.radians(values)) if units == "degrees" else values
    )
