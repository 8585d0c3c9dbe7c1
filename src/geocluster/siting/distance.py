"""Distances from the cells of a grid to the geometries of a layer, in two modes.

**exact**: every cell's distance, from its centre and from its square, is measured from the
geometries themselves (siting/nearest.py).

**fast**: every cell that a line or an edge touches keeps the point of it nearest to its centre; a
Euclidean distance transform tells every other cell the touched cell nearest to it, and the
distance is measured to the point kept there. It is that to a point of the layer, so never too
short; the true nearest point lies in a touched cell whose middle is no nearer than that of the one
found, so it is too long by at most a cell's diagonal (siting/rastered.py).

Inside a polygon the distance is 0 in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from geocluster.siting.nearest import Lattice, Pieces, centres_inside, piece_distance

if TYPE_CHECKING:
    import xarray as xr

Mode = Literal["exact", "fast"]
MODES = ("exact", "fast")
TOUCHES_M = 1e-6  # what is nearer is on the line: coordinates are not known more finely


@dataclass(frozen=True)
class Cells:
    """The cells of a grid, row by row; `side` is that of a cell. [m]"""

    lattice: Lattice

    @classmethod
    def of(cls, grid: xr.DataArray) -> Cells:
        """The cells of a grid with evenly spaced coordinates, row by row."""
        side = cell_side_m(grid)
        x, y = grid["x"].values.astype(float), grid["y"].values.astype(float)
        step_x = (x[-1] - x[0]) / (x.size - 1) if x.size > 1 else side
        step_y = (y[-1] - y[0]) / (y.size - 1) if y.size > 1 else -side
        ends = (float(x[0]), float(y[0]), float(step_x), float(step_y))
        return cls(Lattice(*ends, x.size, y.size, side))

    @property
    def side(self) -> float:
        """Of a cell. [m]"""
        return self.lattice.side

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.lattice.columns * self.lattice.rows

    @cached_property
    def x(self) -> np.ndarray:
        """Of every centre. [m]"""
        across = self.lattice.x + np.arange(self.lattice.columns) * self.lattice.step_x
        return np.tile(across, self.lattice.rows)

    @cached_property
    def y(self) -> np.ndarray:
        """Of every centre. [m]"""
        down = self.lattice.y + np.arange(self.lattice.rows) * self.lattice.step_y
        return np.repeat(down, self.lattice.columns)

    def squares(self, chosen: np.ndarray) -> np.ndarray:
        """The cells themselves, a millionth smaller so that to touch is not to overlap."""
        import shapely

        x, y, half = self.x[chosen], self.y[chosen], self.side / 2 * (1 - 1e-6)
        return np.asarray(shapely.box(x - half, y - half, x + half, y + half))


def cell_side_m(grid: xr.DataArray) -> float:
    """The side of a cell, from `cell_m` or else from the coordinates. [m]

    Examples
    --------
    >>> import xarray as xr
    >>> cell_side_m(xr.DataArray([0, 0], dims="x", coords={"x": [50.0, 150.0]}))
    100.0
    """
    if "cell_m" in grid.attrs:
        return float(grid.attrs["cell_m"])
    for name in ("x", "y"):
        if name in grid.coords and grid.sizes[name] > 1:
            return float(abs(grid[name].values[1] - grid[name].values[0]))
    raise ValueError("a grid of one cell needs the attribute cell_m")


class Polygons(NamedTuple):
    """The corners of all rings, each with the number of its ring and of its polygon. [m]"""

    x: np.ndarray
    y: np.ndarray
    ring: np.ndarray
    polygon: np.ndarray


@dataclass(frozen=True)
class Layer:
    """The geometries of a layer, taken apart for measuring: see `Layer.of`."""

    pieces: Pieces
    polygons: Polygons

    @classmethod
    def of(cls, geometries: Sequence[object] | np.ndarray) -> Layer:
        """The straight pieces of all lines and edges, the points, and the polygons.

        Parameters
        ----------
        geometries : array of shapely geometries
            Points, lines, polygons or collections of them, in the grid's reference system.
        """
        import shapely

        parts = np.asarray(geometries, dtype=object)
        while (shapely.get_type_id(parts) > 3).any():
            parts = shapely.get_parts(parts)
        parts = parts[~shapely.is_missing(parts) & ~shapely.is_empty(parts)]
        types = shapely.get_type_id(parts)
        rings, polygon = shapely.get_rings(parts[types == 3], return_index=True)
        lines = np.concatenate([rings, parts[(types == 1) | (types == 2)]])
        xy, line = shapely.get_coordinates(lines, return_index=True)
        points = shapely.get_coordinates(parts[types == 0])
        joined = np.flatnonzero(line[1:] == line[:-1])
        starts = np.concatenate([xy[joined], points])
        ends = np.concatenate([xy[joined + 1], points])
        pieces = Pieces(*(axis.copy() for end in (starts, ends) for axis in end.T))
        corners = line < len(rings)
        x, y = xy[corners].T
        return cls(pieces, Polygons(x, y, line[corners], polygon[line[corners]]))

    def __len__(self) -> int:
        return self.pieces.ax.size


class Measured(NamedTuple):
    """Distances of a layer, flat: from the centres of cells, and from their squares. [m]"""

    distance: np.ndarray
    square: np.ndarray | None

    def within(self, keep_away_m: float) -> np.ndarray:
        """Whose centre is nearer than that; 0 asks for what lies inside."""
        return (self.distance < keep_away_m) | (self.distance == 0)

    def within_whole(self, keep_away_m: float) -> np.ndarray:
        """Which cells have any part that is nearer than that; 0 asks for an overlap."""
        assert self.square is not None
        return (self.square < keep_away_m) | (self.square == 0)


def layer_distance(
    layer: Layer,
    cells: Cells,
    *,
    whole_m: Sequence[float] = (),
    mode: Mode = "exact",
    reach_m: float = 0.0,
) -> Measured:
    """From each cell to the nearest geometry; 0 inside a polygon.

    Parameters
    ----------
    layer : Layer
        The geometries.
    cells : Cells
        The cells of the grid.
    whole_m : sequence of float
        Distances that whole squares are asked for; none leaves `square` out. [m]
    mode : {"exact", "fast"}
        See this module.
    reach_m : float
        In the fast mode, how far beyond the grid geometries count. [m]

    Returns
    -------
    Measured
        inf where the layer is empty. `square` decides `whole_m`, and tells no more. [m]

    Examples
    --------
    >>> from shapely.geometry import LineString, box
    >>> from geocluster.region import Region
    >>> cells = Cells.of(Region("Example", box(0, 0, 300, 100), "EPSG:32642").grid(cell_m=100))
    >>> layer_distance(Layer.of([LineString([(0, 0), (0, 100)])]), cells).distance.tolist()
    [50.0, 150.0, 250.0]
    """
    band = (min(whole_m), max(whole_m)) if len(whole_m) else None
    if not len(layer):
        far = np.full(cells.size, np.inf)
        return Measured(far, None if band is None else far.copy())
    if mode == "fast":
        from geocluster.siting.rastered import marked_distance

        distance, square = marked_distance(
            layer.pieces, cells.lattice, reach_m, whole=band is not None
        )
    else:
        distance, square = piece_distance(layer.pieces, cells.lattice, band)
    inside = centres_inside(*layer.polygons, cells.lattice)
    inside |= distance < TOUCHES_M
    for field in (distance, square):
        if field is not None:
            field[inside] = 0.0
    return Measured(distance.ravel(), None if square is None else square.ravel())


def cells_inside(polygons: np.ndarray, cells: Cells) -> np.ndarray:
    """The numbers of the cells whose centre lies in a polygon or on its edge, rising."""
    return np.flatnonzero(centres_inside(*Layer.of(polygons).polygons, cells.lattice))


def distance_error(mode: Mode, cell_m: float) -> str:
    """How far the distances of a mode may be off, in words.

    Examples
    --------
    >>> distance_error("fast", 100.0)
    "distances from a cell's centre: never too short, and at most 142 m too long (fast mode)"
    """
    told = "distances from a cell's centre: "
    if mode == "exact":
        return told + "measured from the geometries in every cell (exact mode)"
    longest = math.ceil(cell_m * math.sqrt(2))
    return told + f"never too short, and at most {longest} m too long (fast mode)"
