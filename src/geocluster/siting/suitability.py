"""Land on which a park may stand, and for every cell that is out the rules that exclude it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.siting.checks import NO_DATA, Check, Ground, checks_of, slope_percent
from geocluster.siting.distance import MODES, Cells, Mode, cell_side_m, distance_error
from geocluster.siting.fringe import (
    OPEN_CLASSES,
    OUTSIDE_FRINGE,
    FringeWidth,
    urbanisation_of,
)
from geocluster.siting.rules import DENSITIES, LIMITS, check_rules, read_rules, rules_of_class
from geocluster.tables import in_crs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.load.roads import RoadGraph

OUTSIDE_REGION = "outside_region"
MOST_RULES = 62


def suitable_land(
    grid: xr.DataArray,
    homes: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame | None,
    rules: pd.DataFrame | None = None,
    *,
    places: gpd.GeoDataFrame | None = None,
    people: xr.DataArray | None = None,
    fringe_km: float | None = 10.0,
    fringe_classes: Iterable[str] = OPEN_CLASSES,
    slope: xr.DataArray | None = None,
    land_cover: xr.DataArray | None = None,
    mode: Mode = "exact",
    hazard_class: str | None = None,
    fringe_minutes: float | None = None,
    roads: RoadGraph | None = None,
    urbanisation_basis: str = "people",
) -> xr.Dataset:
    """Find the land on the urban fringe that no rule excludes.

    A cell is excluded by a rule where its centre is nearer to the rule's layer than
    ``keep_away_m`` (inside a polygon the distance is 0, which every such rule excludes), farther
    from it than ``at_most_m``, or steeper than ``at_most_percent``. Each rule is a bit of
    `reasons`; one without data is not checked, and says so.

    Homes that were located count always. People counted by cell (an origin that begins with
    "raster") count from ``min_people_km2`` on, and people of whom nobody knows where in their
    area they live (`located` False, or an origin that begins with "assumed" or "rural rest") from
    ``min_assumed_people_km2`` on: the edge of an assumed square is no home, and a rule by it
    would exclude the whole plain.

    Parameters
    ----------
    grid : DataArray (y, x)
        True inside the region; `region.grid(cell_m)`.
    homes : GeoDataFrame
        Areas with `people`; optional `origin`, `located`.
    land : GeoDataFrame or None
        Roads, water, protected areas and the like, by `kind`; optional `class`.
    rules : DataFrame, optional
        From `read_rules`; the project's own rules where left out.
    places : GeoDataFrame, optional
        Schools, kindergartens and hospitals, by `kind`.
    people : DataArray (y, x), optional
        People a cell, for the degree of urbanisation; from `homes` where left out. [persons]
    fringe_km : float or None
        Width of the urban fringe; None leaves the fringe out of the rules. [km]
    fringe_classes : iterable of str
        Classes of the degree of urbanisation that belong to the fringe.
    slope : DataArray (y, x), optional
        From `slope_of`, on any cells in the grid's CRS. [degrees or %, by its attribute units]
    land_cover : DataArray (kind, y, x), optional
        From `read_land_cover`: the share of each cell that is of a kind, on the grid. [0 to 1]
    mode : {"exact", "fast"}
        How distances are found, see siting/distance.py; attrs ``distance_error`` says how far
        they may be off.
    hazard_class : {"I", "II", "III", "IV", "V"}, optional
        The park's: chooses among rules for some classes only, and the protection zone where no
        rules are given.
    fringe_minutes, roads : float and RoadGraph, optional
        Width of the fringe by a `road_graph`, in the place of `fringe_km`. [min]
    urbanisation_basis : {"people", "built-up"}
        What the degree of urbanisation is made of; see `urbanisation_of`.

    Returns
    -------
    Dataset (y, x)
        ``suitable`` (bool); ``reasons`` (uint32 or uint64, a bit a rule); ``reasons_whole`` (the
        same for rules marked whole_cell: some part of the cell is too near); ``suitable_whole``
        (bool: neither); ``fringe`` (bool); ``urbanisation`` (codes); ``distance_<rule>_m`` from
        the cell's centre and ``distance_to_core_m`` from that of its 1 km cell [m];
        ``minutes_to_core`` with `fringe_minutes` [min]; ``slope_percent`` where a slope is given
        [%]. attrs: ``rules`` (a record a bit),
        ``not_checked`` (rule_ids without data), ``objects`` (rule_id to geometries and names),
        ``distance_error``, ``crs``, ``cell_m``.

    Raises
    ------
    TableError
        Where a table lacks a column, or there are more rules than bits.
    InputError
        Where a mode or class is not one, or a field does not fit the grid.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 6000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [60_000, 100], "origin": ["census", "assumed"]},
    ...     geometry=[box(0, 0, 1000, 1000), box(1000, 0, 6000, 1000)],
    ...     crs="EPSG:32642",
    ... )
    >>> land = suitable_land(grid, homes, None, fringe_km=3)
    >>> land.suitable.values.tolist()
    [[False, True, True, True, False, False]]
    """
    import xarray as xr

    if mode not in MODES:
        raise InputError("mode", f"{mode!r} is not allowed: give {' or '.join(MODES)}")
    known = read_rules(hazard_class=hazard_class) if rules is None else check_rules(rules)
    rules = rules_of_class(known, hazard_class)
    if len(rules) > MOST_RULES:
        raise TableError(
            "rules", f"{len(rules)} rules; a cell has bits for {MOST_RULES}: join some"
        )
    cells = Cells.of(grid)
    ground = Ground(
        _on_grid(homes, grid),
        _on_grid(places, grid),
        _on_grid(land, grid),
        None if slope is None else slope_percent(slope, grid),
        None if land_cover is None else _fitting(land_cover, grid),
    )
    urbanisation = urbanisation_of(
        grid, ground.homes, ground.land, people, basis=urbanisation_basis
    )
    width = FringeWidth(fringe_km, fringe_minutes, roads, tuple(fringe_classes))
    checks = [
        _check_region(grid),
        _check_fringe(grid, urbanisation, width),
        *checks_of(rules, cells, ground, mode),
    ]
    reasons = _bits([check.excluded for check in checks], grid.size)
    reasons_whole = _bits([check.excluded_whole for check in checks], grid.size)
    flags = {
        "flag_masks": [1 << bit for bit in range(len(checks))],
        "flag_meanings": " ".join(str(check.record["rule_id"]) for check in checks),
    }
    classes = {} if urbanisation is None else {"classes": urbanisation.attrs["classes"]}
    codes = np.zeros(cells.size) if urbanisation is None else _at_cells(urbanisation, grid)
    fringe = checks[1].excluded
    fields = {
        "suitable": _field(reasons == 0, grid),
        "suitable_whole": _field((reasons | reasons_whole) == 0, grid),
        "reasons": _field(reasons, grid, **flags),
        "reasons_whole": _field(reasons_whole, grid, **flags),
        "fringe": _field(np.zeros(cells.size, bool) if fringe is None else ~fringe, grid),
        "urbanisation": _field(codes.astype(np.uint8), grid, **classes),
    }
    for check in checks:
        if check.distance is not None:
            fields[distance_name(check.record)] = _field(check.distance, grid, units="m")
        for name, minutes in (check.minutes or {}).items():
            fields[name] = _field(minutes, grid, units="min")
    if ground.slope is not None:
        fields["slope_percent"] = _field(ground.slope.values.astype(np.float32), grid, units="%")
    dataset = xr.Dataset(fields, coords={"y": grid["y"], "x": grid["x"]})
    dataset.attrs = _attributes(grid, cells, checks, mode)
    dataset.attrs |= {"fringe_km": width.km_asked, "fringe_classes": list(width.classes)}
    if fringe_minutes is not None:
        dataset.attrs["fringe_minutes"] = float(fringe_minutes)
    return dataset


def _check_region(grid: xr.DataArray) -> Check:
    record = _record(OUTSIDE_REGION, "region", "Outside the region")
    return Check(record, ~np.asarray(grid.values, dtype=bool).ravel())


def _check_fringe(
    grid: xr.DataArray, urbanisation: xr.DataArray | None, width: FringeWidth
) -> Check:
    fringe = width.fringe(urbanisation)
    if fringe is None or urbanisation is None:
        return Check(_record(OUTSIDE_FRINGE, "fringe", width.reason()), None)
    left_out = _at_cells(width.left_out(fringe, urbanisation), grid) & grid.values.ravel()
    reason = width.reason(urbanisation, float(left_out.sum()) * _cell_km2(grid))
    record = _record(OUTSIDE_FRINGE, "fringe", reason) | width.grade(urbanisation)
    at = {name: _at_cells(fringe[name], grid) for name in width.measures}
    distance = at.pop("distance_to_core_m")
    return Check(record, ~_at_cells(fringe, grid), distance=distance, minutes=at)


def _record(rule_id: str, kind: str, reason: str) -> dict[str, Any]:
    source = (
        "degree of urbanisation (Eurostat 2021)" if kind == "fringe" else "the study's boundary"
    )
    return {
        "rule_id": rule_id,
        "kind": kind,
        "class": "",
        "hazard_class": "",
        **dict.fromkeys((*LIMITS, *DENSITIES), float("nan")),
        "whole_cell": False,
        "keep_away_by": "",
        "reason": reason,
        "source": source,
        "grade": "read" if kind == "fringe" else "given",
    }


def _fitting(land_cover: xr.DataArray, grid: xr.DataArray) -> xr.DataArray:
    for axis in ("y", "x"):
        if axis not in land_cover.dims or not np.array_equal(land_cover[axis], grid[axis]):
            told = "its cells are not those of the grid: read it with the grid's region and cell_m"
            raise InputError("land_cover", told)
    return land_cover


def _on_grid(table: gpd.GeoDataFrame | None, grid: xr.DataArray) -> gpd.GeoDataFrame | None:
    if table is None or not len(table) or "crs" not in grid.attrs:
        return table
    return in_crs(table, grid.attrs["crs"], "homes, places or land")


def _at_cells(coarse: xr.DataArray, grid: xr.DataArray) -> np.ndarray:
    """The value of the 1 km cell that holds each cell's centre, flat."""
    picked = coarse.sel(y=grid["y"].values, x=grid["x"].values, method="nearest")
    return np.asarray(picked.values).ravel()


def _bits(masks: list[np.ndarray | None], size: int) -> np.ndarray:
    bits = np.zeros(size, np.uint32 if len(masks) <= 32 else np.uint64)
    for bit, mask in enumerate(masks):
        if mask is not None:
            bits[mask] |= bits.dtype.type(1 << bit)
    return bits


def _field(
    values: np.ndarray, grid: xr.DataArray, **attrs: object
) -> tuple[tuple[str, str], np.ndarray, dict[str, Any]]:
    return ("y", "x"), values.reshape(grid.sizes["y"], grid.sizes["x"]), attrs


def _cell_km2(grid: xr.DataArray) -> float:
    return (cell_side_m(grid) / 1000) ** 2


def distance_name(record: dict[str, Any]) -> str:
    """The variable that holds a rule's distances."""
    if record["rule_id"] == OUTSIDE_FRINGE:
        return "distance_to_core_m"
    return f"distance_{record['rule_id']}_m"


def _attributes(
    grid: xr.DataArray, cells: Cells, checks: list[Check], mode: Mode
) -> dict[str, Any]:
    records = [
        {"bit": bit, **check.record, "checked": check.excluded is not None, "note": check.note}
        for bit, check in enumerate(checks)
    ]
    return {
        **{name: grid.attrs[name] for name in ("crs", "region") if name in grid.attrs},
        "cell_m": cells.side,
        "rules": records,
        "not_checked": [str(record["rule_id"]) for record in records if not record["checked"]],
        "not_checked_reason": NO_DATA,
        "fringe": checks[1].record["reason"],
        "mode": mode,
        "distance_error": distance_error(mode, cells.side),
        "objects": {
            str(check.record["rule_id"]): check.objects for check in checks if check.objects
        },
        "homes": "located homes count always, people counted by cell from the rule's "
        "min_people_km2 on, people only assumed somewhere from its min_assumed_people_km2 on",
    }
