"""Distances from the cells of a grid to the geometries of a layer.

The boundary of every geometry is sampled at half a cell's side. The nearest sample lies at most a
quarter of a cell along the boundary from the nearest point, so for a cell's centre

    sqrt(max(s^2 - (c/4)^2, 0)) <= d <= s

with the distance s to the nearest sample and the side c of a cell. Where a threshold lies between
these bounds the distance is measured from the geometries themselves; everywhere else the bounds
decide. The same holds for a cell's whole square, which is at most half a diagonal nearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import shapely
    import xarray as xr

SAMPLES_PER_CELL = 2


@dataclass(frozen=True)
class Cells:
    """The cells of a grid as points; `side` is that of a cell. [m]"""

    x: np.ndarray
    y: np.ndarray
    side: float

    @classmethod
    def of(cls, grid: xr.DataArray) -> Cells:
        """The cells of a grid, row by row."""
        x, y = np.meshgrid(grid["x"].values.astype(float), grid["y"].values.astype(float))
        return cls(x.ravel(), y.ravel(), cell_side_m(grid))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The centres, for questions which of them lie inside."""
        import shapely

        return shapely.STRtree(np.asarray(shapely.points(self.x, self.y)))

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


@dataclass(frozen=True)
class Layer:
    """The geometries of a layer, taken apart for measuring: see `Layer.of`."""

    lines: np.ndarray
    samples: np.ndarray
    polygons: np.ndarray

    @classmethod
    def of(cls, geometries: Sequence[object] | np.ndarray, cells: Cells) -> Layer:
        """Boundaries and lines, samples along them, and the polygons.

        Parameters
        ----------
        geometries : array of shapely geometries
            Points, lines, polygons or collections of them, in the grid's reference system.
        cells : Cells
            The cells to measure from; samples lie half a side apart.
        """
        import shapely

        parts = shapely.get_parts(shapely.get_parts(np.asarray(geometries, dtype=object)))
        parts = parts[~shapely.is_empty(parts)]
        areal = shapely.get_type_id(parts) == 3
        lines = shapely.get_parts(np.concatenate([shapely.boundary(parts[areal]), parts[~areal]]))
        dense = shapely.segmentize(lines, cells.side / SAMPLES_PER_CELL)
        return cls(lines, shapely.get_coordinates(dense), parts[areal])

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The straight pieces of all lines, and the points."""
        import shapely

        xy, line = shapely.get_coordinates(self.lines, return_index=True)
        joined = np.flatnonzero(line[1:] == line[:-1])
        pieces = shapely.linestrings(np.stack([xy[joined], xy[joined + 1]], axis=1))
        points = self.lines[shapely.get_type_id(self.lines) == 0]
        return shapely.STRtree(np.concatenate([pieces, points]))

    def nearest_m(self, shapes: np.ndarray) -> np.ndarray:
        """The distance from each shape to the nearest line or point, measured. [m]"""
        nearest = np.full(len(shapes), np.inf)
        if len(shapes) and len(self.lines):
            found, metres = self.tree.query_nearest(shapes, return_distance=True, all_matches=False)
            nearest[found[0]] = metres
        return nearest


def layer_distance(layer: Layer, cells: Cells, thresholds_m: Iterable[float] = ()) -> np.ndarray:
    """From each cell's centre to the nearest geometry; 0 inside a polygon.

    Parameters
    ----------
    layer : Layer
        The geometries, taken apart for these cells.
    cells : Cells
        The cells of the grid.
    thresholds_m : iterable of float
        Distances that decide something: next to them the result is exact. [m]

    Returns
    -------
    array
        Flat, in the cells' order; inf where the layer is empty. Never too short, and too long by
        at most c/4 next to the geometry and (c/4)^2 / 2d farther away, with c the side of a
        cell. [m]

    Examples
    --------
    >>> from shapely.geometry import LineString, box
    >>> from geocluster.region import Region
    >>> cells = Cells.of(Region("Example", box(0, 0, 300, 100), "EPSG:32642").grid(cell_m=100))
    >>> layer_distance(Layer.of([LineString([(0, 0), (0, 100)])], cells), cells).tolist()
    [50.0, 150.0, 250.0]
    """
    import shapely
    from scipy.spatial import cKDTree

    if not len(layer.samples):
        return np.full(cells.x.size, np.inf)
    centres = np.column_stack([cells.x, cells.y])
    distance, _ = cKDTree(layer.samples).query(centres, workers=-1)
    lowest = _lowest(distance, cells)
    doubtful = np.zeros(distance.size, bool)
    for threshold in thresholds_m:
        doubtful |= (lowest < threshold) & (distance >= threshold)
    rows = np.flatnonzero(doubtful)
    distance[rows] = layer.nearest_m(np.asarray(shapely.points(cells.x[rows], cells.y[rows])))
    distance[cells_inside(layer.polygons, cells)] = 0.0
    return np.asarray(distance)


def squares_within(
    layer: Layer, cells: Cells, distance: np.ndarray, threshold_m: float
) -> np.ndarray:
    """Whether any part of a cell is nearer than the threshold: exact for every cell.

    Parameters
    ----------
    layer : Layer
        The geometries.
    cells : Cells
        The cells of the grid.
    distance : array
        From `layer_distance`. [m]
    threshold_m : float
        The distance to keep; 0 asks whether a cell and a geometry overlap. [m]

    Returns
    -------
    array of bool

    Examples
    --------
    >>> from shapely.geometry import Point, box
    >>> from geocluster.region import Region
    >>> cells = Cells.of(Region("Example", box(0, 0, 300, 100), "EPSG:32642").grid(cell_m=100))
    >>> house = Layer.of([Point(0, 50)], cells)
    >>> squares_within(house, cells, layer_distance(house, cells), 120).tolist()
    [True, True, False]
    """
    # The nearest part of a square is half a side to half a diagonal nearer than its centre.
    within = (distance == 0) | (distance - cells.side / 2 < threshold_m)
    lowest = _lowest(distance, cells) - cells.side / np.sqrt(2)
    rows = np.flatnonzero(~within & (lowest <= threshold_m))
    nearest = layer.nearest_m(cells.squares(rows))
    within[rows] = (nearest < threshold_m) | (nearest == 0)
    return np.asarray(within)


def _lowest(distance: np.ndarray, cells: Cells) -> np.ndarray:
    """The true distance is at least this."""
    slack = cells.side / SAMPLES_PER_CELL / 2
    return np.asarray(np.sqrt(np.clip(distance**2 - slack**2, 0, None)))


def cells_inside(polygons: np.ndarray, cells: Cells) -> np.ndarray:
    """The numbers of the cells whose centre lies in a polygon, rising."""
    if not len(polygons):
        return np.empty(0, int)
    return np.unique(cells.tree.query(polygons, predicate="intersects")[1])
