"""Land on which a park may stand, and for every cell that is out the rules that exclude it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.siting.distance import (
    Cells,
    Layer,
    cell_side_m,
    layer_distance,
    squares_within,
)
from geocluster.siting.fringe import OPEN_CLASSES, urban_fringe, urbanisation_of
from geocluster.siting.rules import DENSITIES, check_rules, read_rules, shapes_of
from geocluster.tables import in_crs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd
    import xarray as xr
    from shapely.geometry import Point

OUTSIDE_REGION, OUTSIDE_FRINGE = "outside_region", "outside_fringe"
NO_DATA = "not checked: no data"
PARTLY = "the centre keeps the distance, a part of the cell does not"
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
) -> xr.Dataset:
    """Find the land on the urban fringe that no rule excludes.

    A cell is excluded by a rule where its centre is nearer to the rule's layer than
    ``keep_away_m``; inside a polygon the distance is 0, which every rule excludes. Each rule is a
    bit of `reasons`. Homes that were located count always. People counted by cell (an origin that
    begins with "raster") count from ``min_people_km2`` on, and people of whom nobody knows where
    in their area they live (`located` False, or an origin that begins with "assumed" or "rural
    rest") from ``min_assumed_people_km2`` on: the edge of an assumed square is no home, and a
    rule by it would exclude the whole plain.

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

    Returns
    -------
    Dataset (y, x)
        ``suitable`` (bool); ``reasons`` (uint32 or uint64, a bit a rule); ``reasons_whole`` (the
        same for rules marked whole_cell: some part of the cell is too near); ``suitable_whole``
        (bool: neither); ``fringe`` (bool); ``urbanisation`` (codes); ``distance_<rule>_m`` from
        the cell's centre and ``distance_to_core_m`` from that of its 1 km cell [m]. attrs:
        ``rules`` (a record a bit), ``not_checked`` (rule_ids without data), ``crs``, ``cell_m``.

    Raises
    ------
    TableError
        Where a table lacks a column, or there are more rules than bits.

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

    rules = read_rules() if rules is None else check_rules(rules)
    if len(rules) > MOST_RULES:
        raise TableError(
            "rules", f"{len(rules)} rules; a cell has bits for {MOST_RULES}: join some"
        )
    cells = Cells.of(grid)
    tables = Tables(*(_on_grid(table, grid) for table in (homes, places, land)))
    urbanisation = urbanisation_of(grid, tables.homes, tables.land, people)
    checks = [
        _check_region(grid),
        _check_fringe(grid, urbanisation, fringe_km, list(fringe_classes)),
        *_check_rules(rules, cells, tables),
    ]
    reasons = _bits([check.excluded for check in checks], grid.size)
    reasons_whole = _bits([check.excluded_whole for check in checks], grid.size)
    flags = {
        "flag_masks": [1 << bit for bit in range(len(checks))],
        "flag_meanings": " ".join(str(check.record["rule_id"]) for check in checks),
    }
    classes = {} if urbanisation is None else {"classes": urbanisation.attrs["classes"]}
    codes = np.zeros(cells.x.size) if urbanisation is None else _at_cells(urbanisation, grid)
    fringe = checks[1].excluded
    fields = {
        "suitable": _field(reasons == 0, grid),
        "suitable_whole": _field((reasons | reasons_whole) == 0, grid),
        "reasons": _field(reasons, grid, **flags),
        "reasons_whole": _field(reasons_whole, grid, **flags),
        "fringe": _field(np.zeros(cells.x.size, bool) if fringe is None else ~fringe, grid),
        "urbanisation": _field(codes.astype(np.uint8), grid, **classes),
    }
    for check in checks:
        if check.distance is not None:
            fields[_distance_name(check.record)] = _field(check.distance, grid, units="m")
    dataset = xr.Dataset(fields, coords={"y": grid["y"], "x": grid["x"]})
    dataset.attrs = _attributes(grid, cells, checks)
    return dataset


def rules_of(suitable: xr.Dataset) -> pd.DataFrame:
    """The rules of a result, a row a bit, with the land that each excludes.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.

    Returns
    -------
    DataFrame
        bit, rule_id, kind, keep_away_m, reason, source, grade, checked, and inside the region
        ``excluded_km2``, ``excluded_by_it_alone_km2`` (not counting the fringe). [km2]
    """
    import pandas as pd

    table = pd.DataFrame(list(suitable.attrs["rules"]))
    reasons = suitable["reasons"].values.astype(np.uint64)
    cell_km2 = (float(suitable.attrs["cell_m"]) / 1000) ** 2
    names = table["rule_id"].tolist()
    inside = (reasons & np.uint64(1)) == 0
    fringe_bit = np.uint64(1 << names.index(OUTSIDE_FRINGE))
    rest = reasons & ~fringe_bit
    masks = [np.uint64(1 << bit) for bit in table["bit"]]
    table["excluded_km2"] = [((reasons & mask > 0) & inside).sum() * cell_km2 for mask in masks]
    table["excluded_by_it_alone_km2"] = [
        ((rest == mask) & inside).sum() * cell_km2 for mask in masks
    ]
    return table


def why(suitable: xr.Dataset, point: Point | tuple[float, float] | gpd.GeoSeries) -> pd.DataFrame:
    """Which rules exclude a place, and by how many metres.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    point : Point, (x, y) or GeoSeries of one point
        In the grid's reference system; a GeoSeries may have its own. [m]

    Returns
    -------
    DataFrame
        A row a rule, those that exclude first: rule_id, excluded, distance_m (from the centre of
        the cell that holds the point; for the fringe, to the edge of the nearest dense core),
        keep_away_m, short_by_m, reason, source, grade, and note ("not checked: no data" where
        the rule's layer is missing). [m]

    Raises
    ------
    InputError
        Where the point lies outside the grid.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point, box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 6000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [60_000]}, geometry=[box(0, 0, 1000, 1000)], crs="EPSG:32642"
    ... )
    >>> land = suitable_land(grid, homes, None, fringe_km=None)
    >>> answer = why(land, Point(600, 500)).loc[0]
    >>> str(answer.rule_id), float(answer.short_by_m)
    ('homes', 500.0)
    """
    import pandas as pd

    x, y = _coordinates(point, suitable.attrs.get("crs"))
    half = float(suitable.attrs["cell_m"]) / 2
    row = int(np.abs(suitable["y"].values - y).argmin())
    column = int(np.abs(suitable["x"].values - x).argmin())
    away = max(abs(suitable["y"].values[row] - y), abs(suitable["x"].values[column] - x))
    if not away <= half * (1 + 1e-9):
        raise InputError("point", f"({x:.0f}, {y:.0f}) lies outside the grid: give a point inside")
    cell = suitable.isel(y=row, x=column)
    answers = [_answer(record, cell) for record in suitable.attrs["rules"]]
    table = pd.DataFrame(answers)
    order = np.lexsort((-table["short_by_m"].fillna(-1), ~table["excluded"]))
    return table.iloc[order].reset_index(drop=True)


def _answer(record: dict[str, Any], cell: xr.Dataset) -> dict[str, Any]:
    name = str(record["rule_id"])
    column = _distance_name(record)
    distance = float(cell[column]) if column in cell else np.nan
    keep_away = float(record["keep_away_m"])
    bit = int(record["bit"])
    excluded = bool(int(cell["reasons"]) >> bit & 1)
    partly = bool(int(cell["reasons_whole"]) >> bit & 1) and not excluded
    return {
        "rule_id": name,
        "excluded": excluded,
        "distance_m": distance,
        "keep_away_m": keep_away,
        "short_by_m": max(keep_away - distance, 0.0) if excluded else np.nan,
        "reason": record["reason"],
        "source": record["source"],
        "grade": record["grade"],
        "note": NO_DATA if not record["checked"] else PARTLY if partly else "",
    }


class Tables(NamedTuple):
    """The layers, in the grid's reference system; None where there is none."""

    homes: gpd.GeoDataFrame | None
    places: gpd.GeoDataFrame | None
    land: gpd.GeoDataFrame | None


class Check(NamedTuple):
    """What one rule found: masks and distances are flat, None where there was no data."""

    record: dict[str, Any]
    excluded: np.ndarray | None
    excluded_whole: np.ndarray | None = None
    distance: np.ndarray | None = None


def _check_region(grid: xr.DataArray) -> Check:
    record = _record(OUTSIDE_REGION, "region", "Outside the region")
    return Check(record, ~np.asarray(grid.values, dtype=bool).ravel())


def _check_fringe(
    grid: xr.DataArray,
    urbanisation: xr.DataArray | None,
    fringe_km: float | None,
    classes: list[str],
) -> Check:
    reason = (
        "Not on the urban fringe"
        if fringe_km is None
        else f"Not on the urban fringe: {' or '.join(classes)} within {fringe_km:g} km of the edge "
        "of an urban centre or dense town"
    )
    record = _record(OUTSIDE_FRINGE, "fringe", reason)
    if urbanisation is None or fringe_km is None:
        return Check(record, None)
    fringe = urban_fringe(urbanisation, distance_km=fringe_km, classes=classes)
    if "uninhabited" not in classes:
        more = urban_fringe(urbanisation, distance_km=fringe_km, classes=["uninhabited"])
        area_km2 = float((_at_cells(more, grid) & grid.values.ravel()).sum()) * _cell_km2(grid)
        record["reason"] += f"; {area_km2:.0f} km2 of uninhabited land as near do not count"
    distance = _at_cells(fringe["distance_to_core_m"], grid).astype(np.float32)
    return Check(record, ~_at_cells(fringe, grid), distance=distance)


def _record(rule_id: str, kind: str, reason: str) -> dict[str, Any]:
    source = (
        "degree of urbanisation (Eurostat 2021)" if kind == "fringe" else "the study's boundary"
    )
    return {
        "rule_id": rule_id,
        "kind": kind,
        "class": "",
        "keep_away_m": float("nan"),
        **dict.fromkeys(DENSITIES, float("nan")),
        "whole_cell": False,
        "reason": reason,
        "source": source,
        "grade": "read" if kind == "fringe" else "given",
    }


def _check_rules(rules: pd.DataFrame, cells: Cells, tables: Tables) -> Iterable[Check]:
    """Layers that several rules share are measured once."""
    layer_columns = ["kind", "class", *DENSITIES]
    thresholds = rules.groupby(layer_columns)["keep_away_m"].agg(list).to_dict()
    measured: dict[object, tuple[Layer, np.ndarray] | None] = {}
    for record in rules.to_dict("records"):
        rule = {str(name): value for name, value in record.items()}
        key = tuple(rule[name] for name in layer_columns)
        if key not in measured:
            shapes = shapes_of(rule, *tables)
            layer = Layer.of(shapes, cells)
            found = (layer, layer_distance(layer, cells, thresholds[key])) if len(shapes) else None
            measured[key] = found
        answer = measured[key]
        if answer is None:
            yield Check(rule, None)
            continue
        layer, distance = answer
        keep_away = float(rule["keep_away_m"])
        excluded = (distance < keep_away) | (distance == 0)
        whole = squares_within(layer, cells, distance, keep_away) if rule["whole_cell"] else None
        yield Check(rule, excluded, whole, distance.astype(np.float32))


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


def _distance_name(record: dict[str, Any]) -> str:
    if record["rule_id"] == OUTSIDE_FRINGE:
        return "distance_to_core_m"
    return f"distance_{record['rule_id']}_m"


def _attributes(grid: xr.DataArray, cells: Cells, checks: list[Check]) -> dict[str, Any]:
    records = [
        {"bit": bit, **check.record, "checked": check.excluded is not None}
        for bit, check in enumerate(checks)
    ]
    return {
        **{name: grid.attrs[name] for name in ("crs", "region") if name in grid.attrs},
        "cell_m": cells.side,
        "rules": records,
        "not_checked": [str(record["rule_id"]) for record in records if not record["checked"]],
        "not_checked_reason": NO_DATA,
        "fringe": checks[1].record["reason"],
        "distance_error": "distances from a cell's centre: exact next to each rule's keep-away "
        f"distance, elsewhere never too short and at most {cells.side / 4:g} m too long",
        "homes": "located homes count always, people counted by cell from the rule's "
        "min_people_km2 on, people only assumed somewhere from its min_assumed_people_km2 on",
    }


def _coordinates(point: Any, crs: Any) -> tuple[float, float]:
    if isinstance(point, tuple):
        return float(point[0]), float(point[1])
    if hasattr(point, "to_crs"):
        series = point.to_crs(crs) if point.crs is not None and crs is not None else point
        point = series.geometry.iloc[0]
    return float(point.x), float(point.y)
