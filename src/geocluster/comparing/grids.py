"""Two runs' rasters on one grid: as they are where the grids agree, else on the coarser one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from affine import Affine
    from rasterio.crs import CRS

# Cells this much finer than the common ones are averaged; others are interpolated.
FINER = 0.75
# Of a cell, by which corners may differ and be the same.
SAME = 1e-3


@dataclass(frozen=True)
class Grid:
    """Square cells in a reference system.

    Parameters
    ----------
    crs : rasterio.crs.CRS
        Of the coordinates.
    west, north : float
        The corner of the first cell. [m]
    cell : float
        Its side. [m]
    height, width : int
        Cells.
    """

    crs: CRS
    west: float
    north: float
    cell: float
    height: int
    width: int

    @property
    def transform(self) -> Affine:
        """As rasterio takes it."""
        from rasterio.transform import from_origin

        return from_origin(self.west, self.north, self.cell, self.cell)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north. [m]"""
        east = self.west + self.width * self.cell
        return self.west, self.north - self.height * self.cell, east, self.north

    def like(self, other: Grid) -> bool:
        """Whether cells lie on the other's cells, whatever the extents."""
        if self.crs != other.crs or abs(self.cell - other.cell) > SAME * self.cell / 1000:
            return False
        steps = self.steps_from(other)
        return all(abs(step - round(step)) < SAME for step in steps)

    def steps_from(self, other: Grid) -> tuple[float, float]:
        """Cells down and to the right from the other's corner to this one's."""
        return (other.north - self.north) / self.cell, (self.west - other.west) / self.cell

    def values(self, array: np.ndarray) -> xr.DataArray:
        """Values with the coordinates of the cells' centres."""
        import xarray as xr

        y = self.north - self.cell * (np.arange(self.height) + 0.5)
        x = self.west + self.cell * (np.arange(self.width) + 0.5)
        attrs = {"cell_m": self.cell, "crs": self.crs.to_wkt()}
        return xr.DataArray(array, {"y": y, "x": x}, ("y", "x"), attrs=attrs)


@dataclass(frozen=True)
class Raster:
    """A raster of a run: its grid and its bands by name."""

    grid: Grid
    bands: dict[str, np.ndarray]
    units: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OneGrid:
    """The grid on which two runs are compared.

    Parameters
    ----------
    grid : Grid
        The coarser of the two, cut to where both are.
    same : bool
        Whether both runs' cells are its cells, so that no value was changed.
    overlap : float
        Of the smaller run's box, the share that both cover. [0 to 1]
    """

    grid: Grid
    same: bool
    overlap: float


def read_raster(path: Path) -> Raster:
    """Read a raster that a run wrote; a value that is no number is NaN.

    Raises
    ------
    InputError
        Where it cannot be read, has no reference system, or its cells are not square.
    """
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as source:
            crs, transform = source.crs, source.transform
            arrays = source.read(masked=True).astype("float64").filled(np.nan)
            names = [name or f"band {i}" for i, name in enumerate(source.descriptions, start=1)]
            units = [unit or "" for unit in source.units]
    except (RasterioError, OSError, ValueError, MemoryError) as error:
        raise InputError(str(path), f"cannot be read as a raster ({error})") from None
    if crs is None:
        raise InputError(str(path), "has no reference system: run the study again")
    square = math.isclose(transform.a, -transform.e, rel_tol=1e-6) and transform.a > 0
    if not square or transform.b or transform.d:
        raise InputError(str(path), "its cells are not square with north up: no run writes that")
    arrays[~np.isfinite(arrays)] = np.nan
    grid = Grid(crs, transform.c, transform.f, transform.a, *arrays.shape[1:])
    return Raster(grid, dict(zip(names, arrays, strict=True)), dict(zip(names, units, strict=True)))


def one_grid(a: Grid, b: Grid) -> OneGrid:
    """The grid on which two are compared: the coarser, cut to the cells that both cover.

    Raises
    ------
    InputError
        Where the grids do not overlap.

    Examples
    --------
    >>> from rasterio.crs import CRS
    >>> utm = CRS.from_epsg(32642)
    >>> fine, coarse = Grid(utm, 0, 1000, 100, 10, 10), Grid(utm, 500, 1000, 200, 5, 5)
    >>> found = one_grid(fine, coarse)
    >>> found.grid.box, found.same, found.overlap
    ((500, 0, 900, 1000), False, 0.5)
    """
    base, other = (a, b) if a.cell >= _cell_in(b, a.crs) * (1 - 1e-9) else (b, a)
    first, second = base.box, _box_in(other, base.crs)
    west, south = max(first[0], second[0]), max(first[1], second[1])
    east, north = min(first[2], second[2]), min(first[3], second[3])
    top, bottom = _cells(base.north - north, base.north - south, base.cell, base.height)
    left, right = _cells(west - base.west, east - base.west, base.cell, base.width)
    if not (west < east and south < north and top < bottom and left < right):
        raise InputError(
            "geocluster compare",
            "the two runs do not overlap: runs of one place can be compared, not of two",
        )
    smaller = min(_area(first), _area(second))
    cut = Grid(
        base.crs,
        base.west + left * base.cell,
        base.north - top * base.cell,
        base.cell,
        bottom - top,
        right - left,
    )
    share = min((east - west) * (north - south) / smaller, 1.0)
    return OneGrid(cut, a.like(cut) and b.like(cut), share)


def onto(values: np.ndarray, grid: Grid, target: Grid) -> np.ndarray:
    """Values on another grid: its own cells where they agree, else averaged or interpolated.

    Parameters
    ----------
    values : ndarray
        Shape (y, x) of `grid`; NaN where nothing is known.
    grid, target : Grid
        Where they are, and where they are wanted.

    Returns
    -------
    ndarray
        Shape (y, x) of `target`; NaN outside `grid`.
    """
    if grid.like(target):
        down, right = (round(step) for step in target.steps_from(grid))
        whole = np.full((target.height, target.width), np.nan)
        rows = slice(max(down, 0), min(down + target.height, grid.height))
        columns = slice(max(right, 0), min(right + target.width, grid.width))
        part = values[rows, columns]
        at = rows.start - down, columns.start - right
        whole[at[0] : at[0] + part.shape[0], at[1] : at[1] + part.shape[1]] = part
        return whole
    from rasterio.warp import Resampling, reproject

    finer = _cell_in(grid, target.crs) < FINER * target.cell
    made = np.full((target.height, target.width), np.nan)
    reproject(
        values,
        made,
        src_transform=grid.transform,
        src_crs=grid.crs,
        dst_transform=target.transform,
        dst_crs=target.crs,
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling.average if finer else Resampling.bilinear,
    )
    return made


def _cells(start: float, end: float, cell: float, most: int) -> tuple[int, int]:
    """The cells that lie wholly between two distances."""
    first, last = math.ceil(start / cell - SAME), math.floor(end / cell + SAME)
    return max(first, 0), min(last, most)


def _area(box: tuple[float, ...]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _box_in(grid: Grid, crs: Any) -> tuple[float, float, float, float]:
    """The box of a grid in another reference system."""
    from rasterio.errors import RasterioError
    from rasterio.warp import transform_bounds

    if grid.crs == crs:
        return grid.box
    try:
        box = transform_bounds(grid.crs, crs, *grid.box)
    except RasterioError:
        box = (math.nan,) * 4
    return box if all(math.isfinite(side) for side in box) else (math.inf, 0.0, -math.inf, 0.0)


def _cell_in(grid: Grid, crs: Any) -> float:
    """The side of a grid's cells in another system, from the whole of its box."""
    if grid.crs == crs:
        return grid.cell
    return math.sqrt(abs(_area(_box_in(grid, crs))) / (grid.width * grid.height))
