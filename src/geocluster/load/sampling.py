"""A mosaic of rasters sampled at points of another reference system, a block at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.load.dem import applied
from geocluster.load.voids import LONGEST_VOID

if TYPE_CHECKING:
    from pyproj import Transformer

    from geocluster.load.dem import Mosaic
    from geocluster.region import Region

LATTICE_M = 2_000.0  # points this far apart are transformed; between, it is off by under 0.1 m
MOST_PARTS = 5  # of a cell's side: the points whose mean is its ground
WINDOW_PIXELS = 2_000  # a side, at most
BLOCK_POINTS = 1_000  # a side, at most
MARGIN = LONGEST_VOID + 2  # pixels: a void that is filled lies in a window as a whole


@dataclass(frozen=True)
class Points:
    """Points in rows and columns, y descending. [m]"""

    x: np.ndarray
    y: np.ndarray
    step_m: float

    def blocks(self, size: int) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of blocks of `size` points a side, from the north-west."""
        for row in range(0, len(self.y), size):
            for column in range(0, len(self.x), size):
                yield slice(row, row + size), slice(column, column + size)


def sample(
    mosaic: Mosaic, points: Points, parts: int, region: Region
) -> tuple[np.ndarray, np.ndarray]:
    """Means over parts x parts points, NaN where under half is known; and whether it is covered.

    Pixels finer than the points' distance are averaged before points are interpolated between.
    """
    to_mosaic = mosaic.tiles[0].reached_from(region.crs)
    shape = len(points.y) // parts, len(points.x) // parts
    total, known, inside = (np.zeros(shape) for _ in range(3))
    per_step = _pixels_a_step(mosaic, points, to_mosaic)
    size = int(np.clip(WINDOW_PIXELS / max(per_step, 1e-9), 1, BLOCK_POINTS))
    for rows, columns in points.blocks(size):
        column, row = _placed(mosaic, to_mosaic, points.x[columns], points.y[rows])
        covered = mosaic.covers(column, row)
        if not covered.any():
            continue
        values = _interpolated(mosaic, column, row, covered, max(1, int(per_step)))
        y, x = (np.arange(part.start, part.start + n) // parts for part, n in
                zip((rows, columns), column.shape, strict=True))  # fmt: skip
        cells = np.broadcast_to(y[:, None] * shape[1] + x, column.shape).ravel()
        there = ~np.isnan(values)
        for kept, added in (
            (total, np.where(there, values, 0.0)),
            (known, there),
            (inside, covered),
        ):
            first = cells[0]
            sums = np.bincount(cells - first, added.ravel().astype(float))
            kept.ravel()[first : first + len(sums)] += sums
    with np.errstate(invalid="ignore"):
        mean = total / np.where(known > 0, known, np.nan)
    return np.where(known >= parts**2 / 2, mean, np.nan), inside >= parts**2 / 2


def _pixels_a_step(mosaic: Mosaic, points: Points, to_mosaic: Transformer) -> float:
    """How many pixels lie between two points, in the middle of them."""
    x, y = (v[len(v) // 2] for v in (points.x, points.y))
    east, north = to_mosaic.transform(
        np.array([x, x + points.step_m, x]), np.array([y, y, y + points.step_m])
    )
    column, row = applied(~mosaic.affine, np.asarray(east), np.asarray(north))
    steps = [math.hypot(column[i] - column[0], row[i] - row[0]) for i in (1, 2)]
    return max((step for step in steps if math.isfinite(step)), default=1.0)


def _placed(
    mosaic: Mosaic, to_mosaic: Transformer, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of the mosaic at points; transformed on a lattice, linear between."""
    nodes = [_lattice(v) for v in (x, y)]
    east, north = to_mosaic.transform(*np.meshgrid(*nodes))
    column, row = applied(~mosaic.affine, np.asarray(east), np.asarray(north))
    across, down = (_weights(node, v) for node, v in zip(nodes, (x, y), strict=True))
    lost = ~(np.isfinite(column) & np.isfinite(row))
    column, row = (np.where(lost, np.nan, v) for v in (column, row))
    with np.errstate(invalid="ignore"):
        return down @ column @ across.T, down @ row @ across.T


def _lattice(values: np.ndarray) -> np.ndarray:
    span = abs(values[-1] - values[0])
    return np.linspace(values[0], values[-1], math.ceil(span / LATTICE_M) + 1 if span else 1)


def _weights(nodes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The matrix that interpolates linearly from nodes to values."""
    if len(nodes) == 1:
        return np.ones((len(values), 1))
    order = slice(None) if nodes[-1] > nodes[0] else slice(None, None, -1)
    units = np.eye(len(nodes))
    return np.stack([np.interp(values, nodes[order], unit[order]) for unit in units], axis=1)


def _interpolated(
    mosaic: Mosaic, column: np.ndarray, row: np.ndarray, covered: np.ndarray, coarser: int
) -> np.ndarray:
    """The mosaic's values at points, from means of coarser x coarser pixels where above 1."""
    bounds = mosaic.bounds
    core = _window(column[covered], row[covered], 1, bounds)
    a, b, c, d = _window(column[covered], row[covered], MARGIN + coarser, bounds)
    a, b = (v // coarser * coarser for v in (a, b))
    values = mosaic.read(a, b, c, d, core)
    if coarser > 1:
        values = block_means(values, coarser)
    at = (column - a) / coarser, (row - b) / coarser
    return np.where(covered, bilinear(values, *at), np.nan)


def _window(
    column: np.ndarray, row: np.ndarray, margin: int, bounds: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what holds points and a margin about them. [pixels]"""
    left, top, right, bottom = bounds
    return (
        max(left, math.floor(column.min()) - margin),
        max(top, math.floor(row.min()) - margin),
        min(right, math.ceil(column.max()) + margin),
        min(bottom, math.ceil(row.max()) + margin),
    )


def block_means(values: np.ndarray, size: int) -> np.ndarray:
    """Means over size x size values, NaN where under half of them is known.

    Examples
    --------
    >>> block_means(np.array([[1.0, 3.0, 5.0], [1.0, np.nan, 5.0]]), 2).round(3).tolist()
    [[1.667, 5.0]]
    """
    rows, columns = (-(-n // size) * size for n in values.shape)
    padded = np.full((rows, columns), np.nan, dtype=values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    there = ~np.isnan(padded)
    shape = rows // size, size, columns // size, size
    count = there.reshape(shape).sum(axis=(1, 3))
    total = np.where(there, padded, 0).reshape(shape).sum(axis=(1, 3), dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= size**2 / 2, total / count, np.nan)


def bilinear(values: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Linear interpolation between the centres of pixels; columns and rows count from the corner.

    In the outer half of an outermost pixel it is the pixel's value, outside it NaN; NaN too where
    under half of the weight lies on known values.

    Examples
    --------
    >>> bilinear(np.array([[0.0, 10.0]]), np.array([0.5, 1.0, 1.9, 2.1]), np.full(4, 0.5)).tolist()
    [0.0, 5.0, 10.0, nan]
    """
    rows, columns = values.shape
    with np.errstate(invalid="ignore"):
        inside = (column >= 0) & (column <= columns) & (row >= 0) & (row <= rows)
    x = np.clip(np.where(inside, column, 0.5) - 0.5, 0, columns - 1)
    y = np.clip(np.where(inside, row, 0.5) - 0.5, 0, rows - 1)
    i, j = x.astype(np.int64), y.astype(np.int64)
    fx, fy = x - i, y - j
    right, below = np.minimum(i + 1, columns - 1), np.minimum(j + 1, rows - 1)
    total, weight = np.zeros(x.shape), np.zeros(x.shape)
    for at_row, wy in ((j, 1 - fy), (below, fy)):
        for at_column, wx in ((i, 1 - fx), (right, fx)):
            found = values[at_row, at_column].astype(float)
            known = ~np.isnan(found)
            total += np.where(known, found * wx * wy, 0.0)
            weight += np.where(known, wx * wy, 0.0)
    enough = inside & (weight >= 0.5)
    return np.where(enough, total / np.where(enough, weight, 1.0), np.nan)
