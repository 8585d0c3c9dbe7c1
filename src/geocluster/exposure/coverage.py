"""Which cells of a grid a polygon covers, and how much of the polygon lies in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError
from geocluster.exposure.shares import shares_in_cells, spread_over_cells

if TYPE_CHECKING:
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

# A point or a line stands for a strip of this many cells about it.
THIN = 1e-4
SPACING_TOLERANCE = 1e-6
POLYGONS, GEOMETRY_COLLECTION = (3, 6), 7


@dataclass(frozen=True)
class Frame:
    """Where the cells of a grid lie; rows are counted from the north, whatever the grid does.

    `x_min` and `y_max` are the outer corner [m], `dx` and `dy` the sides of a cell [m].
    """

    x_min: float
    y_max: float
    dx: float
    dy: float
    columns: int
    rows: int
    y_ascends: bool
    x_descends: bool

    @classmethod
    def of(cls, grid: xr.DataArray) -> Frame:
        """Read the frame from a grid's coordinates; `cell_m` serves where there is one row only.

        Raises
        ------
        InputError
            Where x or y is missing or not evenly spaced.
        """
        faults = [
            f"the grid has no dimension {name!r}" for name in ("y", "x") if name not in grid.dims
        ]
        faults += [
            f"the grid is empty along {name!r}" for name in grid.dims if grid.sizes[name] == 0
        ]
        if faults:
            raise InputError("grid", faults)
        x, y = (np.asarray(grid[name].values, dtype=float) for name in ("x", "y"))
        dx, dy = _spacing(x, "x"), _spacing(y, "y")
        cell_m = float(grid.attrs.get("cell_m", np.nan))
        dx, dy = (_first(dx, cell_m, dy), _first(dy, cell_m, dx))
        return cls(
            x_min=float(x.min() - abs(dx) / 2),
            y_max=float(y.max() + abs(dy) / 2),
            dx=abs(dx),
            dy=abs(dy),
            columns=len(x),
            rows=len(y),
            y_ascends=len(y) > 1 and y[1] > y[0],
            x_descends=len(x) > 1 and x[1] < x[0],
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge. [m]"""
        east = self.x_min + self.columns * self.dx
        return self.x_min, self.y_max - self.rows * self.dy, east, self.y_max

    def padded(self, columns: int, rows: int) -> Frame:
        """The frame with so many more columns and rows on each side."""
        return Frame(
            self.x_min - columns * self.dx,
            self.y_max + rows * self.dy,
            self.dx,
            self.dy,
            self.columns + 2 * columns,
            self.rows + 2 * rows,
            self.y_ascends,
            self.x_descends,
        )

    def as_grid(self, values: np.ndarray) -> np.ndarray:
        """Cell values counted from the north-west, in the grid's own order of rows and columns."""
        field = np.asarray(values).reshape(self.shape)
        field = field[::-1] if self.y_ascends else field
        return field[:, ::-1] if self.x_descends else field

    def from_grid(self, field: np.ndarray) -> np.ndarray:
        """A grid's values as a flat array counted from the north-west, row by row."""
        return self.as_grid(field).ravel()

    def centres(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The x and y of cells by number. [m]"""
        row, column = np.divmod(cells, self.columns)
        return self.x_min + (column + 0.5) * self.dx, self.y_max - (row + 0.5) * self.dy


def _spacing(centres: np.ndarray, name: str) -> float:
    if len(centres) < 2:
        return np.nan
    steps = np.diff(centres)
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    if not step or np.abs(steps - step).max() > SPACING_TOLERANCE * abs(step) + 1e-6:
        raise InputError("grid", f"the cells are not evenly spaced along {name!r}")
    return float(step)


def _first(*sizes: float) -> float:
    known = [size for size in sizes if np.isfinite(size) and size != 0]
    if not known:
        raise InputError("grid", "one cell has no size: set the attribute cell_m [m]")
    return known[0]


def cover(geometries: np.ndarray, frame: Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which cells each geometry covers, and the share of the geometry's area in each.

    Parameters
    ----------
    geometries : array of shapely geometries
        In the frame's reference system; points and lines stand for a thin strip about them.
    frame : Frame
        The cells.

    Returns
    -------
    geometry, cell, share : arrays of equal length
        Row of the geometry, number of the cell counted from the north-west row by row, and the
        share of the geometry's area in it. The shares of a geometry sum to the part of it that
        lies in the frame.
    """
    import shapely

    polygons = polygons_of(geometries, frame)
    bounds = shapely.bounds(polygons)
    rectangular = _are_rectangles(polygons, bounds)
    single = _within_one_cell(bounds, frame)
    plain = rectangular | single
    parts = [_cover_rectangles(np.flatnonzero(plain), bounds, frame)]
    rest = np.flatnonzero(~plain)
    which, cell, share = shares_in_cells(polygons[rest], frame)
    parts.append((rest[which], cell, share))
    home, cell, share = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.lexsort((cell, home))
    return home[order], cell[order], share[order]


def spread_over(geometries: np.ndarray, amounts: np.ndarray, frame: Frame) -> np.ndarray:
    """Amounts spread evenly over geometries, as sums a cell; what lies off the frame is left out.

    Parameters
    ----------
    geometries : array of shapely geometries
        As for `cover`.
    amounts : ndarray
        Of each geometry.
    frame : Frame
        The cells.

    Returns
    -------
    ndarray, (row, column)
        Rows from the north.
    """
    return spread_over_cells(polygons_of(geometries, frame), amounts, frame)


def polygons_of(geometries: np.ndarray, frame: Frame) -> np.ndarray:
    """Geometries as valid polygons; points and lines are a thin strip about them."""
    import shapely

    geometries = np.asarray(geometries, dtype=object)
    strip = THIN * min(frame.dx, frame.dy)
    polygons = geometries.copy()
    invalid = ~shapely.is_valid(geometries)
    polygons[invalid] = shapely.make_valid(geometries[invalid])
    mixed = shapely.get_type_id(polygons) == GEOMETRY_COLLECTION
    polygons[mixed] = [_areal(shape) for shape in polygons[mixed]]
    thin = ~np.isin(shapely.get_type_id(polygons), POLYGONS) | (shapely.area(polygons) <= 0)
    polygons[thin] = shapely.buffer(polygons[thin], strip, quad_segs=2)
    return polygons


def _areal(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a collection, or all of it where it has none."""
    import shapely

    parts = [part for part in shapely.get_parts(shape) if part.geom_type.endswith("Polygon")]
    return shapely.union_all(parts) if parts else shape


def _are_rectangles(polygons: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    import shapely

    boxes = (bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1])
    return np.abs(shapely.area(polygons) - boxes) <= 1e-9 * boxes


def _within_one_cell(bounds: np.ndarray, frame: Frame) -> np.ndarray:
    column = np.floor((bounds[:, [0, 2]] - frame.x_min) / frame.dx)
    row = np.floor((frame.y_max - bounds[:, [1, 3]]) / frame.dy)
    return (column[:, 0] == column[:, 1]) & (row[:, 0] == row[:, 1])


def _cover_rectangles(
    rows: np.ndarray, bounds: np.ndarray, frame: Frame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes, and shapes that a single cell holds: shares are products of shares in x and in y."""
    box = bounds[rows]
    left, right = (box[:, 0] - frame.x_min) / frame.dx, (box[:, 2] - frame.x_min) / frame.dx
    top, bottom = (frame.y_max - box[:, 3]) / frame.dy, (frame.y_max - box[:, 1]) / frame.dy
    first_column, last_column = _span(left, right, frame.columns)
    first_row, last_row = _span(top, bottom, frame.rows)
    wide, high = last_column - first_column, last_row - first_row
    count = wide * high
    which = np.repeat(np.arange(len(rows)), count)
    index = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column = first_column[which] + index % np.maximum(wide[which], 1)
    row = first_row[which] + index // np.maximum(wide[which], 1)
    share = _overlap(left, right, which, column) * _overlap(top, bottom, which, row)
    kept = share > 0
    return rows[which[kept]], (row * frame.columns + column)[kept], share[kept]


def _span(lower: np.ndarray, upper: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    first = np.clip(np.floor(lower), 0, size).astype(np.int64)
    last = np.clip(np.ceil(upper), 0, size).astype(np.int64)
    return first, np.maximum(first, last)


def _overlap(
    lower: np.ndarray, upper: np.ndarray, which: np.ndarray, index: np.ndarray
) -> np.ndarray:
    length = np.minimum(upper[which], index + 1) - np.maximum(lower[which], index)
    return np.clip(length, 0, None) / (upper - lower)[which]
