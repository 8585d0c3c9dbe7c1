"""Candidate parcels: contiguous land of about a park's size, and existing industrial zones."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.siting.distance import Cells, cells_inside
from geocluster.tables import check_table, in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

EMPTY_LAND, EXISTING_ZONE = "empty land", "existing zone"
HECTARE_M2 = 10_000


def candidate_sites(
    suitable: xr.Dataset,
    *,
    min_area_ha: float,
    max_sites: int = 200,
    zones: gpd.GeoDataFrame | None = None,
    burden: xr.DataArray | None = None,
) -> gpd.GeoDataFrame:
    """Cut suitable land into parcels, and let existing zones compete with them.

    Parcels consist of whole cells that keep every distance (`suitable_whole`). The smallest block
    of cells that holds a park, at most twice as long as it is high, is laid over the land again
    and again; what is left at the rim is joined to its neighbours until it holds a park as well,
    or stays unused. Every parcel is contiguous (edge to edge).

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    min_area_ha : float
        Area of the park. [ha]
    max_sites : int
        At most so many parcels of empty land, spread over the region: parcels as far from each
        other as can be are the middles of neighbourhoods, and each neighbourhood sends one.
    zones : GeoDataFrame, optional
        Existing industrial zones: points or polygons, with `name`, `area_ha` [ha] and
        `coord_err_m` [m] as far as known. They are not subject to the exclusion.
    burden : DataArray (y, x), optional
        Sends the parcel with the least burden of each neighbourhood; the most compact one where
        left out. [persons x ug/m3 per g/s]

    Returns
    -------
    GeoDataFrame
        site_id, name, kind ("empty land" or "existing zone"), area_ha [ha], area_origin,
        compactness (1 for a circle) [0 to 1], approximate (a circle stands for a zone whose
        outline is not known), location_error_m [m], subject_to_exclusion, breaks_rules (rule_ids
        that a zone would break, divided by "; "), geometry. Parcels from north to south, then
        zones. attrs: parcels_found, min_area_ha.

    Raises
    ------
    TableError
        Where `min_area_ha` or `max_sites` is not above 0, or zones are neither points nor
        polygons.

    Examples
    --------
    >>> import xarray as xr
    >>> free = xr.DataArray(
    ...     [[True, True, False, True]],
    ...     dims=("y", "x"),
    ...     coords={"y": [500.0], "x": [500.0, 1500.0, 2500.0, 3500.0]},
    ... )
    >>> land = xr.Dataset({"suitable": free}, attrs={"cell_m": 1000.0, "crs": "EPSG:32642"})
    >>> candidate_sites(land, min_area_ha=150)[["site_id", "area_ha"]].values.tolist()
    [['S001', 200.0]]
    """
    import geopandas as gpd
    import pandas as pd

    if not (min_area_ha > 0 and math.isfinite(min_area_ha)) or max_sites < 1:
        raise TableError("park", f"area {min_area_ha} ha, {max_sites} sites: give more than 0")
    parcels = _parcels(suitable, min_area_ha)
    found = len(parcels)
    parcels = parcels.iloc[_spread(parcels, max_sites, burden)]
    width = max(3, len(str(len(parcels))))
    parcels.insert(0, "site_id", [f"S{n:0{width}d}" for n in range(1, len(parcels) + 1)])
    tables = [parcels, _zone_sites(suitable, zones, min_area_ha)]
    sites = gpd.GeoDataFrame(
        pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True),
        geometry="geometry",
        crs=suitable.attrs.get("crs"),
    )
    sites.attrs = {"parcels_found": found, "min_area_ha": float(min_area_ha)}
    return sites


def parcel_numbers(free: np.ndarray, least_cells: int) -> np.ndarray:
    """Cut free cells into contiguous parcels of at least so many cells.

    Parameters
    ----------
    free : array of bool (rows, columns)
        Cells that may be used.
    least_cells : int
        Smallest parcel. [cells]

    Returns
    -------
    array of int (rows, columns)
        0 where no parcel is, else its number, from 1 in reading order.

    Examples
    --------
    >>> parcel_numbers(np.array([[0, 1, 1, 0, 1]], dtype=bool), 2).tolist()
    [[0, 1, 1, 0, 0]]
    """
    pieces = _pieces(free, *_block(least_cells))
    sizes = np.bincount(pieces.ravel()).astype(int)
    joined = _join_small(pieces, sizes, least_cells)
    numbers = joined[pieces]
    sizes = np.bincount(numbers.ravel(), minlength=numbers.max() + 1)
    numbers = np.where(sizes[numbers] >= least_cells, numbers, 0)
    order, first = np.unique(numbers, return_index=True)
    renumbered = np.zeros(numbers.max() + 1, int)
    kept = order > 0
    renumbered[order[kept][np.argsort(first[kept])]] = np.arange(1, kept.sum() + 1)
    return np.asarray(renumbered[numbers])


def _block(least_cells: int) -> tuple[int, int]:
    """Rows and columns of the smallest block that holds a park and is at most twice as long.

    Examples
    --------
    >>> [_block(cells) for cells in (1, 2, 3, 4, 5, 7)]
    [(1, 1), (1, 2), (2, 2), (2, 2), (2, 3), (2, 4)]
    """
    blocks = [
        (rows, math.ceil(least_cells / rows)) for rows in range(1, math.isqrt(least_cells) + 2)
    ]
    fitting = [(rows, max(rows, columns)) for rows, columns in blocks if columns <= 2 * rows]
    return min(fitting, key=lambda block: (block[0] * block[1], block[1] - block[0]))


def _pieces(free: np.ndarray, high: int, wide: int) -> np.ndarray:
    """Numbers of the contiguous pieces of free land within each block of a lattice."""
    from scipy import ndimage

    rows, columns = free.shape
    block = (np.arange(rows) // high)[:, None] * (columns // wide + 1) + np.arange(columns) // wide
    # On a lattice of twice the size, a link between two cells is a cell: it is open within a block.
    lattice = np.zeros((2 * rows - 1, 2 * columns - 1), bool)
    lattice[::2, ::2] = free
    lattice[1::2, ::2] = free[1:] & free[:-1] & (block[1:] == block[:-1])
    lattice[::2, 1::2] = free[:, 1:] & free[:, :-1] & (block[:, 1:] == block[:, :-1])
    return np.asarray(ndimage.label(lattice)[0][::2, ::2])


def _join_small(pieces: np.ndarray, sizes: np.ndarray, least: int) -> np.ndarray:
    """The piece that each piece ends up in: small ones join small neighbours, the smallest first.

    Pieces that already hold a park take no more land, so that parcels stay about a park's size.
    """
    import heapq

    borders = _borders(pieces)
    owner = np.arange(len(sizes))
    waiting = [(int(sizes[n]), n) for n in range(1, len(sizes)) if 0 < sizes[n] < least]
    heapq.heapify(waiting)
    while waiting:
        size, number = heapq.heappop(waiting)
        if owner[number] != number or sizes[number] != size or size >= least:
            continue
        small = [n for n in borders.get(number, {}) if sizes[n] < least]
        if not small:
            continue
        # The longest common border keeps parcels compact; ties go to the lower number.
        other = max(small, key=lambda n: (borders[number][n], -n))
        owner[number] = other
        sizes[other] += sizes[number]
        sizes[number] = 0
        for neighbour, length in borders.pop(number).items():
            del borders[neighbour][number]
            if neighbour != other:
                borders[other][neighbour] = borders[other].get(neighbour, 0) + length
                borders[neighbour][other] = borders[other][neighbour]
        heapq.heappush(waiting, (int(sizes[other]), other))
    while (owner != owner[owner]).any():
        owner = owner[owner]
    return owner


def _borders(pieces: np.ndarray) -> dict[int, dict[int, int]]:
    """For each piece the length of its border with each neighbour. [cells]"""
    pairs = np.concatenate(
        [
            np.column_stack([pieces[1:].ravel(), pieces[:-1].ravel()]),
            np.column_stack([pieces[:, 1:].ravel(), pieces[:, :-1].ravel()]),
        ]
    )
    pairs = pairs[(pairs > 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
    unique, length = np.unique(np.sort(pairs, axis=1), axis=0, return_counts=True)
    borders: dict[int, dict[int, int]] = {}
    for (first, second), count in zip(unique.tolist(), length.tolist(), strict=True):
        borders.setdefault(first, {})[second] = count
        borders.setdefault(second, {})[first] = count
    return borders


def _parcels(suitable: xr.Dataset, min_area_ha: float) -> gpd.GeoDataFrame:
    import geopandas as gpd

    cell_m = float(suitable.attrs["cell_m"])
    name = "suitable_whole" if "suitable_whole" in suitable else "suitable"
    free = np.asarray(suitable[name].transpose("y", "x").values, dtype=bool)
    least = max(1, math.ceil(min_area_ha * HECTARE_M2 / cell_m**2 - 1e-9))
    numbers = parcel_numbers(free, least)
    shapes = _outlines(numbers, suitable, cell_m)
    area = np.array([shape.area for shape in shapes])
    around = np.array([shape.length for shape in shapes])
    count = len(shapes)
    return gpd.GeoDataFrame(
        {
            "name": [""] * count,
            "kind": [EMPTY_LAND] * count,
            "area_ha": area / HECTARE_M2,
            "area_origin": ["cells of the grid"] * count,
            "compactness": 4 * math.pi * area / around**2 if count else area,
            "approximate": np.zeros(count, bool),
            "location_error_m": np.zeros(count),
            "subject_to_exclusion": np.ones(count, bool),
            "breaks_rules": [""] * count,
        },
        geometry=shapes,
        crs=suitable.attrs.get("crs"),
    )


def _outlines(numbers: np.ndarray, suitable: xr.Dataset, cell_m: float) -> list[BaseGeometry]:
    """A polygon for each number, in their order."""
    from rasterio.features import shapes
    from rasterio.transform import Affine
    from shapely.geometry import shape

    x, y = suitable["x"].values, suitable["y"].values
    step_x = cell_m if len(x) < 2 or x[1] > x[0] else -cell_m
    step_y = -cell_m if len(y) < 2 or y[1] < y[0] else cell_m
    transform = Affine(step_x, 0, x[0] - step_x / 2, 0, step_y, y[0] - step_y / 2)
    raster = numbers.astype(np.int32)
    found = shapes(raster, mask=raster > 0, connectivity=4, transform=transform)
    outlines = {int(number): shape(polygon) for polygon, number in found}
    return [outlines[number] for number in sorted(outlines)]


def _spread(parcels: gpd.GeoDataFrame, max_sites: int, burden: xr.DataArray | None) -> np.ndarray:
    """Rows of at most so many parcels, one from each neighbourhood."""
    import xarray as xr

    if len(parcels) <= max_sites:
        return np.arange(len(parcels))
    middles = parcels.geometry.centroid
    points = np.column_stack([middles.x, middles.y])
    centre = points.mean(axis=0)
    middle = int(((points - centre) ** 2).sum(axis=1).argmin())
    nearest = ((points - points[middle]) ** 2).sum(axis=1)
    neighbourhood = np.zeros(len(points), int)
    for number in range(1, max_sites):
        middle = int(nearest.argmax())
        distance = ((points - points[middle]) ** 2).sum(axis=1)
        closer = distance < nearest
        neighbourhood[closer] = number
        nearest = np.minimum(nearest, distance)
    worth = -parcels["compactness"].to_numpy()
    if burden is not None:
        x, y = (xr.DataArray(points[:, axis], dims="site") for axis in (0, 1))
        nearby = burden.sel(x=x, y=y, method="nearest")
        worth = np.nan_to_num(np.asarray(nearby.values, dtype=float), nan=np.inf)
    order = np.lexsort((np.arange(len(points)), worth, neighbourhood))
    _, first = np.unique(neighbourhood[order], return_index=True)
    return np.sort(order[first])


def _zone_sites(
    suitable: xr.Dataset, zones: gpd.GeoDataFrame | None, min_area_ha: float
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    crs = suitable.attrs.get("crs")
    if zones is None or not len(zones):
        return gpd.GeoDataFrame(geometry=[], crs=crs)
    zones = zones if crs is None else in_crs(zones, crs, "zones")
    wrong = ~zones.geom_type.isin(["Point", "Polygon", "MultiPolygon"])
    if wrong.any():
        raise TableError("zones", f"{int(wrong.sum())} are neither points nor polygons")
    check_table(zones, "zones", "zones")
    points = (zones.geom_type == "Point").to_numpy()
    drawn_ha = zones.area.to_numpy() / HECTARE_M2
    stated = _numbers(zones, "area_ha")
    known = np.where(points, stated, np.where(np.isfinite(stated), stated, drawn_ha))
    area_ha = np.where(np.isfinite(known), known, min_area_ha)
    radius = np.sqrt(area_ha * HECTARE_M2 / math.pi)
    circles = zones.geometry.centroid.buffer(radius, quad_segs=16)
    shapes = zones.geometry.where(~points, circles)
    names = zones["name"].fillna("").astype(str) if "name" in zones else [""] * len(zones)
    table = gpd.GeoDataFrame(
        {
            "site_id": [f"Z{number:02d}" for number in range(1, len(zones) + 1)],
            "name": list(names),
            "kind": EXISTING_ZONE,
            "area_ha": area_ha,
            "area_origin": np.where(np.isfinite(known), "stated", "assumed: the park's area"),
            "compactness": 4 * math.pi * shapes.area.to_numpy() / shapes.length.to_numpy() ** 2,
            "approximate": points,
            "location_error_m": np.nan_to_num(_numbers(zones, "coord_err_m")),
            "subject_to_exclusion": False,
            "breaks_rules": _broken_rules(suitable, shapes),
        },
        geometry=list(shapes),
        crs=crs,
    )
    return _large_enough(table, min_area_ha)


def _large_enough(zones: gpd.GeoDataFrame, min_area_ha: float) -> gpd.GeoDataFrame:
    small = (zones["area_ha"] < min_area_ha * (1 - 1e-9)).to_numpy()
    if small.any():
        names = ", ".join(zones["name"][small])
        warnings.warn(
            f"{int(small.sum())} existing zones are smaller than the park and do not compete: "
            f"{names}",
            GeoclusterWarning,
            stacklevel=4,
        )
    return zones[~small]


def _numbers(table: gpd.GeoDataFrame, column: str) -> np.ndarray:
    import pandas as pd

    if column not in table:
        return np.full(len(table), np.nan)
    return np.asarray(pd.to_numeric(table[column], errors="coerce"), dtype=float)


def _broken_rules(suitable: xr.Dataset, shapes: gpd.GeoSeries) -> list[str]:
    """The rules that exclude any cell of a zone, by its cells' centres or the nearest cell."""
    if "reasons" not in suitable:
        return [""] * len(shapes)
    cells = Cells.of(suitable["reasons"].assign_attrs(cell_m=suitable.attrs["cell_m"]))
    reasons = suitable["reasons"].transpose("y", "x").values.ravel()
    broken = []
    for shape in shapes:
        chosen = cells_inside(np.array([shape], dtype=object), cells)
        if not len(chosen):
            middle = shape.centroid
            away = (cells.x - middle.x) ** 2 + (cells.y - middle.y) ** 2
            chosen = np.array([away.argmin()])
        bits = int(np.bitwise_or.reduce(reasons[chosen]))
        names = [
            str(rule["rule_id"]) for rule in suitable.attrs["rules"] if bits >> rule["bit"] & 1
        ]
        broken.append("; ".join(names))
    return broken
