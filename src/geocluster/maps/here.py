"""What a click on the map is answered from: figures of every cell, packed into the page.

On the study's own grid, not warped. Above 250,000 cells every second (third, ...) cell in each
direction is kept, and the popup says how wide its cell is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.codes import (
    LARGEST_NEAR,
    RELATIVE_ERROR,
    STEP,
    distance_codes,
    log_codes,
    pack_planes,
)
from geocluster.maps.grid_fit import fit_grid
from geocluster.maps.here_words import HERE_WORDS
from geocluster.maps.surfaces import bits_of, drawn_fields, limits_of, rule_name, rule_rows
from geocluster.maps.text import clean, pollutant_label, statistic_label

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.region import Region

MOST_CELLS = 250_000
NEAR_M = 1_000
# Intake fraction for each unit of burden: 14.5 m3 breathed in a day by a person. [ppm]
INTAKE_PPM = 14.5 / 86_400
BY_HAND, HOMES_M = "schematic", "distance_homes_m"
_AS_IF = ", were all NOₓ NO₂"
_UNLOCATED = r"^(?:assumed|rural rest)"


class Planes:
    """Planes of whole numbers, equal ones kept once.

    Parameters
    ----------
    y, x : array
        Centres of the cells that are kept. [m]
    """

    def __init__(self, y: np.ndarray, x: np.ndarray) -> None:
        self.y, self.x = y, x
        self.kept: list[np.ndarray] = []
        self._known: dict[bytes, int] = {}

    def on_cells(self, field: xr.DataArray) -> np.ndarray:
        """A field's values at the cells that are kept; NaN where it does not reach."""
        field = field.transpose("y", "x")
        same = all(
            np.isin(mine, field[axis].values).all() for axis, mine in (("y", self.y), ("x", self.x))
        )
        if same:
            return np.asarray(field.sel(y=self.y, x=self.x).values)
        cell = abs(float(field["x"][1] - field["x"][0])) if field.sizes["x"] > 1 else math.inf
        near = field.astype(float).reindex(y=self.y, x=self.x, method="nearest", tolerance=cell)
        return np.asarray(near.values)

    def add(self, codes: np.ndarray) -> int:
        """Keep a plane; its number."""
        codes = np.ascontiguousarray(codes, dtype=np.uint16)
        number = self._known.setdefault(codes.tobytes(), len(self.kept))
        if number == len(self.kept):
            self.kept.append(codes)
        return number

    def add_figures(self, field: xr.DataArray) -> dict[str, Any]:
        """Keep a field in steps of 1 %."""
        codes, floor = log_codes(self.on_cells(field))
        return {"plane": self.add(codes), "floor": floor}

    def add_distance(self, field: xr.DataArray, limit_m: float = 0.0) -> dict[str, Any]:
        """Keep distances, to a metre as far as the rule reaches."""
        reach = max(NEAR_M, math.ceil(limit_m)) if math.isfinite(limit_m) else NEAR_M
        near = min(reach, LARGEST_NEAR)
        return {"plane": self.add(distance_codes(self.on_cells(field), near)), "near": near}


def pack_here(
    region: Region,
    *,
    concentration: xr.Dataset | None = None,
    burden: xr.DataArray | None = None,
    suitable: xr.Dataset | None = None,
    homes: gpd.GeoDataFrame | None = None,
    land: gpd.GeoDataFrame | None = None,
    limits: pd.DataFrame | None = None,
    most_cells: int = MOST_CELLS,
) -> dict[str, Any] | None:
    """What the page needs to answer a click anywhere; None where there is no field at all.

    Parameters
    ----------
    region : Region
        Its system is that of fields which name none.
    concentration, burden, suitable : xarray, optional
        As `draw_map` takes them; cells are those of the first that is there of suitable,
        concentration, burden.
    homes : GeoDataFrame, optional
        With `people`; `name`, `origin`, `located` where known. Homes by which no rule excludes
        land (thinly peopled, or assumed to be somewhere) are no settlement, unless there is
        nothing else.
    land : GeoDataFrame, optional
        Tells which kinds of lines were drawn by hand (`origin` "schematic").
    limits : DataFrame, optional
        As `read_limits` returns them. [ug/m3]
    most_cells : int
        Above, the cells are thinned out.

    Returns
    -------
    dict
        Plain data for the page's script `here.js`.

    Examples
    --------
    >>> import xarray as xr
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> region = Region("Example", box(500_000, 4_500_000, 505_000, 4_505_000), "EPSG:32642")
    >>> grid = region.grid(cell_m=500)
    >>> packed = pack_here(region, burden=grid.astype(float) * 3)
    >>> packed["rows"], packed["columns"], packed["cell_m"], packed["burden"]["plane"]
    (10, 10, 500.0, 0)
    """
    fields = [field for field in (suitable, concentration, burden) if field is not None]
    if not fields or min(fields[0].sizes["x"], fields[0].sizes["y"]) < 2:
        return None
    first = fields[0]
    every = thinning(first.sizes["y"] * first.sizes["x"], most_cells)
    y, x = (first[axis].values[every // 2 :: every].astype(float) for axis in ("y", "x"))
    planes = Planes(y, x)
    crs = first.attrs.get("crs") or region.crs
    told = {
        "rows": len(y),
        "columns": len(x),
        "cell_m": float(abs(x[1] - x[0])) if len(x) > 1 else float(first.attrs.get("cell_m", 0)),
        "fit": fit_grid(x, y, crs)._asdict(),
        "step": STEP,
        "error": math.ceil(1000 * RELATIVE_ERROR) / 10,
        "air": _air(concentration, limits, planes),
        "burden": None if burden is None else _burden(burden, planes),
        **({} if suitable is None else _land(suitable, land, planes)),
        "homes": None if homes is None else _homes(homes, suitable, planes, crs),
        "words": HERE_WORDS,
    }
    return {**told, "planes": len(planes.kept), "packed": pack_planes(planes.kept)}


def thinning(cells: int, most: int) -> int:
    """Every how manieth cell in each direction is kept.

    Examples
    --------
    >>> thinning(250_000, 250_000), thinning(1_000_000, 250_000), thinning(1_000_001, 250_000)
    (1, 2, 3)
    """
    return max(1, math.ceil(math.sqrt(cells / most)))


def _air(
    concentration: xr.Dataset | None, limits: pd.DataFrame | None, planes: Planes
) -> list[dict[str, Any]]:
    """Concentration by pollutant and statistic, with the lowest limit where one is known."""
    if concentration is None:
        return []
    rows = []
    for pollutant, statistic in drawn_fields(concentration):
        field = concentration[statistic].sel(pollutant=pollutant)
        held = limits_of(limits, pollutant, statistic)
        row = {
            "key": f"{pollutant}_{statistic}",
            "title": f"{pollutant_label(pollutant)}, {statistic_label(statistic)}",
            "unit": "µg/m³",
            **planes.add_figures(field),
        }
        if held:
            row["limit"] = held[0][0]
            row["limit_name"] = held[0][1].removesuffix(_AS_IF)
            row["as_if"] = held[0][1].endswith(_AS_IF)
        rows.append(row)
    return rows


def _burden(burden: xr.DataArray, planes: Planes) -> dict[str, Any]:
    unit = str(burden.attrs.get("units") or "persons x ug/m3 per g/s")
    per_gram = "person" in unit and unit.endswith("per g/s")
    return {**planes.add_figures(burden), "ppm": INTAKE_PPM if per_gram else None}


def _land(suitable: xr.Dataset, land: gpd.GeoDataFrame | None, planes: Planes) -> dict[str, Any]:
    """Which rules exclude each cell, and how far each rule's layer is."""
    if "reasons" not in suitable:
        return {}
    rules = rule_rows(suitable.attrs.get("rules") or suitable["reasons"].attrs.get("rules"))
    whole = suitable.get("reasons_whole", suitable["reasons"])
    sets, index = pairs_of(
        *(planes.on_cells(one).astype(np.uint64) for one in (suitable["reasons"], whole))
    )
    told: dict[str, Any] = {
        "sets": {
            "plane": planes.add(index),
            "bits": [[bits_of(here), bits_of(part)] for here, part in sets],
        },
        "rules": [
            _rule(bit, row, suitable, planes, kinds_by_hand(land)) for bit, row in rules.items()
        ],
    }
    for name, variable in (("minutes", "minutes_to_core"), ("slope", "slope_percent")):
        if variable in suitable:
            told[name] = planes.add_figures(suitable[variable])
    if "distance_to_core_m" in suitable:
        told["core"] = planes.add_distance(suitable["distance_to_core_m"])
    return told


def pairs_of(first: np.ndarray, second: np.ndarray) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Each pair of values that occurs, and which of them a cell has.

    Examples
    --------
    >>> pairs, index = pairs_of(np.array([[4, 4]]), np.array([[1, 9]]))
    >>> pairs, index.tolist()
    ([(4, 1), (4, 9)], [[0, 1]])
    """
    ones, one = np.unique(first, return_inverse=True)
    twos, two = np.unique(second, return_inverse=True)
    found, index = np.unique(one.ravel() * len(twos) + two.ravel(), return_inverse=True)
    pairs = [(int(ones[code // len(twos)]), int(twos[code % len(twos)])) for code in found]
    return pairs, index.reshape(first.shape)


def _rule(
    bit: int,
    row: Mapping[str, Any],
    suitable: xr.Dataset,
    planes: Planes,
    by_hand: set[str],
) -> dict[str, Any]:
    """A rule for the page; limits are -1 in the tables where there is none."""
    keep, most = (_limit(row.get(name)) for name in ("keep_away_m", "at_most_m"))
    told = {
        "bit": bit,
        "rule_id": str(row.get("rule_id", bit)),
        "kind": str(row.get("kind", "")),
        "text": rule_name(dict(row), bit),
        "keep": keep,
        "most": most,
        "steepest": _limit(row.get("at_most_percent")),
        "checked": bool(row.get("checked", True)),
        "about": str(row.get("kind", "")) in by_hand,
    }
    variable = f"distance_{told['rule_id']}_m"
    if variable in suitable:
        told |= planes.add_distance(suitable[variable], max(keep or 0, most or 0))
    return told


def _limit(value: Any) -> float | None:
    known = isinstance(value, (int, float, np.number)) and math.isfinite(value) and value >= 0
    return float(value) if known else None


def kinds_by_hand(land: gpd.GeoDataFrame | None) -> set[str]:
    """Kinds of land of which some lines were drawn by hand: distances to them are approximate."""
    if land is None or "origin" not in land or "kind" not in land:
        return set()
    return {str(kind) for kind in land.loc[land["origin"] == BY_HAND, "kind"].unique()}


def _homes(
    homes: gpd.GeoDataFrame, suitable: xr.Dataset | None, planes: Planes, crs: Any
) -> dict[str, Any] | None:
    """The nearest homes of each cell: whose they are, and how far."""
    import xarray as xr

    table = settled(homes if homes.crs is None else homes.to_crs(crs), suitable)
    if len(table) == 0:
        return None
    index, away = nearest_of(table.geometry.to_numpy(), planes.x, planes.y)
    used, index = np.unique(index, return_inverse=True)
    if len(used) >= 2**16:
        return None
    measured = None if suitable is None or not _held(suitable) else suitable.get(HOMES_M)
    if measured is None:
        measured = xr.DataArray(away, dims=("y", "x"), coords={"y": planes.y, "x": planes.x})
    kept = table.iloc[used]
    unsure = _unsure(kept)
    return {
        "index": planes.add(index.reshape(away.shape)),
        **planes.add_distance(measured),
        "list": [
            [clean(name), round(float(people)), bool(guess)]
            for name, people, guess in zip(
                kept.get("name", [""] * len(kept)), kept["people"], unsure, strict=True
            )
        ],
    }


def settled(homes: gpd.GeoDataFrame, suitable: xr.Dataset | None) -> gpd.GeoDataFrame:
    """The homes that count as a settlement: those that the rules on homes keep away from.

    Without rules, those of which it is known where they lie; all where there are no others.
    """
    import shapely

    shapes = homes.geometry
    table = homes[(homes["people"] > 0) & shapes.notna() & ~shapes.is_empty]
    held = None if suitable is None else _held(suitable)
    if held is not None:
        counted = np.isin(shapely.to_wkb(table.geometry.to_numpy()), shapely.to_wkb(held.shapes))
    else:
        counted = ~_unsure(table)
    return table[counted] if counted.any() else table


def nearest_of(shapes: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which shape is nearest to each cell's centre, and how far it is.

    Found by points along the outlines, half a cell apart: of two that are nearly as near it may be
    the other one. Its distance is measured.

    Examples
    --------
    >>> import shapely
    >>> shapes = np.array([shapely.box(0, 0, 10, 10), shapely.Point(40, 5)])
    >>> index, away = nearest_of(shapes, np.array([5.0, 20.0, 35.0]), np.array([5.0]))
    >>> index.tolist(), away.tolist()
    ([[0, 0, 1]], [[0.0, 10.0, 5.0]])
    """
    import shapely
    from scipy.spatial import cKDTree

    across, down = np.meshgrid(x, y)
    spots = shapely.points(across.ravel(), down.ravel())
    step = abs(float(x[1] - x[0])) / 2 if len(x) > 1 else 1e3
    at, owner = shapely.get_coordinates(shapely.segmentize(shapes, step), return_index=True)
    index = owner[cKDTree(at).query(np.c_[across.ravel(), down.ravel()])[1]]
    inside, around = shapely.STRtree(shapes).query(spots, predicate="intersects")
    index[inside] = around
    away = shapely.distance(spots, shapes[index])
    return index.reshape(across.shape), away.reshape(across.shape)


def _held(suitable: xr.Dataset) -> Any:
    """The homes that a rule keeps away from, where the rules say."""
    return suitable.attrs.get("objects", {}).get("homes")


def _unsure(homes: gpd.GeoDataFrame) -> np.ndarray:
    """Whether homes are only assumed to be there."""
    unsure = np.zeros(len(homes), dtype=bool)
    if "located" in homes:
        unsure |= ~homes["located"].fillna(True).to_numpy(dtype=bool)
    if "origin" in homes:
        said = homes["origin"].astype("string").str.contains(_UNLOCATED, regex=True)
        unsure |= said.fillna(False).to_numpy(dtype=bool)
    return unsure
