"""The nearest straight piece of every cell of a grid, without trying each piece in each cell.

A block of cells with half-diagonal h and the distance u from its middle to the nearest piece: no
piece farther than u + 2h from the middle can be the nearest of any point in the block. The pieces
that are left are handed to its four quarters, down to single cells. Nothing is approximated: a
cell's distance is the least of the pieces that are left, by the formula of GEOS.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from geocluster.plume.jit import compiled, inner

ROOTS = 4  # blocks to begin with, a side: as many as keep all threads busy
DIAGONAL = float(np.sqrt(2))
# Of a square's side: to touch is not to overlap.
SHRUNK = 1 - 1e-6


class Lattice(NamedTuple):
    """The centres of a grid's cells: x + column * step_x, y + row * step_y. [m]"""

    x: float
    y: float
    step_x: float
    step_y: float
    columns: int
    rows: int
    side: float


class Pieces(NamedTuple):
    """Straight pieces from a to b; a point is a piece of no length. [m]"""

    ax: np.ndarray
    ay: np.ndarray
    bx: np.ndarray
    by: np.ndarray


def piece_distance(
    pieces: Pieces, lattice: Lattice, band_m: tuple[float, float] | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The distance from each cell's centre, and from its square, to the nearest piece.

    Parameters
    ----------
    pieces : Pieces
        At least one.
    lattice : Lattice
        The cells.
    band_m : (float, float), optional
        Least and greatest distance that squares are asked for. [m]

    Returns
    -------
    array, array or None
        (rows, columns). The first is exact. The second is exact where it decides whether a square
        is nearer than a distance of the band, elsewhere on the same side of the band. [m]

    Examples
    --------
    >>> one = Pieces(*(np.array([value]) for value in (0.0, 50.0, 0.0, 90.0)))
    >>> distance, _ = piece_distance(one, Lattice(50.0, 50.0, 100.0, -100.0, 3, 1, 100.0))
    >>> distance.tolist()
    [[50.0, 150.0, 250.0]]
    """
    shape = lattice.rows, lattice.columns
    distance = np.full(shape, np.inf)
    square = np.full(shape if band_m is not None else (0, 0), np.inf)
    low, high = (0.0, -1.0) if band_m is None else band_m
    size = 1 << max(math.ceil(math.log2(max(shape) / ROOTS)), 0)
    corners = [
        (row, column) for row in range(0, shape[0], size) for column in range(0, shape[1], size)
    ]

    def work(corner: tuple[int, int]) -> None:
        _descend(*pieces, lattice, *corner, size, float(low), float(high), distance, square)

    with ThreadPoolExecutor(get_num_threads()) as pool:
        list(pool.map(work, corners))
    return distance, None if band_m is None else square


@compiled(nogil=True, error_model="numpy")
def _descend(ax, ay, bx, by, lattice, row, column, size, low, high, distance, square):  # type: ignore[no-untyped-def]
    """Fill one block, depth first; the pieces of a level stand behind those of the one above."""
    count, side = ax.size, lattice.side
    whole = square.size > 0
    apart = np.empty(count)
    kept = np.empty(2 * count + 1024, np.int32)
    for k in range(count):
        kept[k] = k
    nodes = np.empty((128, 5), np.int64)
    nodes[0] = row, column, size, 0, count
    depth = 1
    while depth:
        depth -= 1
        top, left, size, start, end = nodes[depth]
        if top >= lattice.rows or left >= lattice.columns:
            continue
        x = lattice.x + (left + (size - 1) / 2) * lattice.step_x
        y = lattice.y + (top + (size - 1) / 2) * lattice.step_y
        least, best = np.inf, 0
        for i in range(start, end):
            k = kept[i]
            apart[i - start] = squared(ax[k], ay[k], bx[k], by[k], x, y)
            if apart[i - start] < least:
                least, best = apart[i - start], k
        reach = math.sqrt(least) + (size - 1 + whole) * side * DIAGONAL
        if size > 1:
            if end + end - start > kept.size:
                more = np.empty(2 * (end + end - start), np.int32)
                more[:end] = kept[:end]
                kept = more
            last = end
            for i in range(start, end):
                if apart[i - start] <= reach * reach * (1 + 1e-12):
                    kept[last] = kept[i]
                    last += 1
            half = size // 2
            for part in range(4):
                nodes[depth] = top + half * (part // 2), left + half * (part % 2), half, end, last
                depth += 1
            continue
        d = _distance(ax[best], ay[best], bx[best], by[best], x, y)
        distance[top, left] = d
        if not whole:
            continue
        half = side / 2 * SHRUNK
        nearest = max(d - side / 2 * DIAGONAL, 0.0)
        if nearest <= high:
            nearest = max(d - half, 0.0)
            if nearest >= low and d >= half:
                for i in range(start, end):
                    if apart[i - start] <= reach * reach * (1 + 1e-12):
                        k = kept[i]
                        nearest = min(nearest, to_square(ax[k], ay[k], bx[k], by[k], x, y, half))
        square[top, left] = nearest


@inner()
def squared(ax, ay, bx, by, x, y):  # type: ignore[no-untyped-def]
    """From a point to a piece, squared."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = 0.0
    if length > 0:
        t = min(max(((x - ax) * dx + (y - ay) * dy) / length, 0.0), 1.0)
    u, v = x - ax - t * dx, y - ay - t * dy
    return u * u + v * v


@inner()
def _distance(ax, ay, bx, by, x, y):  # type: ignore[no-untyped-def]
    """As GEOS has it, to the last digit."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    if length == 0:
        return math.sqrt((x - ax) ** 2 + (y - ay) ** 2)
    r = ((x - ax) * dx + (y - ay) * dy) / length
    if r <= 0:
        return math.sqrt((x - ax) ** 2 + (y - ay) ** 2)
    if r >= 1:
        return math.sqrt((x - bx) ** 2 + (y - by) ** 2)
    return abs(((ay - y) * dx - (ax - x) * dy) / length) * math.sqrt(length)


@inner()
def to_square(ax, ay, bx, by, x, y, half):  # type: ignore[no-untyped-def]
    """From a square to a piece; 0 where they share a point."""
    first, last = 0.0, 1.0
    for a, b, middle in ((ax, bx, x), (ay, by, y)):
        move = b - a
        if move == 0:
            if abs(a - middle) > half:
                first = 2.0
            continue
        t1, t2 = (middle - half - a) / move, (middle + half - a) / move
        first, last = max(first, min(t1, t2)), min(last, max(t1, t2))
    if first <= last:
        return 0.0
    nearest = np.inf
    for px, py in ((ax, ay), (bx, by)):
        u, v = max(abs(px - x) - half, 0.0), max(abs(py - y) - half, 0.0)
        nearest = min(nearest, u * u + v * v)
    for u in (-half, half):
        for v in (-half, half):
            nearest = min(nearest, squared(ax, ay, bx, by, x + u, y + v))
    return math.sqrt(nearest)


def centres_inside(
    x: np.ndarray, y: np.ndarray, ring: np.ndarray, polygon: np.ndarray, lattice: Lattice
) -> np.ndarray:
    """Which cells have their centre in a polygon or on its edge, line of cells by line.

    Parameters
    ----------
    x, y : array
        Corners of all rings, each ring closed. [m]
    ring, polygon : array of int
        To which ring, and which polygon, a corner belongs; rising.
    lattice : Lattice
        The cells.

    Returns
    -------
    array of bool (rows, columns)

    Examples
    --------
    >>> x, y = np.array([0.0, 160, 160, 0, 0]), np.array([0.0, 0, 100, 100, 0])
    >>> one = np.zeros(5, int)
    >>> centres_inside(x, y, one, one, Lattice(50.0, 50.0, 100.0, -100.0, 3, 1, 100.0)).tolist()
    [[True, True, False]]
    """
    mask = np.zeros((lattice.rows, lattice.columns), bool)
    if len(x):
        u, v = (x - lattice.x) / lattice.step_x, (y - lattice.y) / lattice.step_y
        _fill(u, v, ring.astype(np.int64), polygon.astype(np.int64), mask)
    return mask


@compiled(nogil=True, error_model="numpy")
def _fill(u, v, ring, polygon, mask):  # type: ignore[no-untyped-def]
    rows = mask.shape[0]
    counts, crossings = np.zeros(rows + 1, np.int64), np.empty(1024)
    begin = 0
    while begin < u.size:
        stop = begin
        low, high = np.inf, -np.inf
        while stop < u.size and polygon[stop] == polygon[begin]:
            low, high = min(low, v[stop]), max(high, v[stop])
            stop += 1
        first, last = max(math.ceil(low), 0), min(math.floor(high), rows - 1)
        if first <= last:
            counts[first : last + 2] = 0
            for turn in range(2):
                for k in range(begin, stop - 1):
                    if ring[k] != ring[k + 1]:
                        continue
                    v1, v2 = v[k], v[k + 1]
                    if v1 == v2:
                        if turn == 0 and v1 == math.floor(v1) and first <= v1 <= last:
                            _span(mask, int(v1), min(u[k], u[k + 1]), max(u[k], u[k + 1]))
                        continue
                    # A row is crossed where one end lies below it and the other does not.
                    for row in range(
                        max(math.ceil(min(v1, v2)), first),
                        min(math.ceil(max(v1, v2)) - 1, last) + 1,
                    ):
                        if turn:
                            counts[row] -= 1
                            crossings[counts[row]] = u[k] + (row - v1) / (v2 - v1) * (
                                u[k + 1] - u[k]
                            )
                        else:
                            counts[row] += 1
                if turn == 0:
                    for row in range(first + 1, last + 2):
                        counts[row] += counts[row - 1]
                    if counts[last] > crossings.size:
                        crossings = np.empty(2 * counts[last])
            for row in range(first, last + 1):
                found = np.sort(crossings[counts[row] : counts[row + 1]])
                for k in range(0, found.size - 1, 2):
                    _span(mask, row, found[k], found[k + 1])
        begin = stop


@inner()
def _span(mask, row, low, high):  # type: ignore[no-untyped-def]
    for column in range(max(math.ceil(low), 0), min(math.floor(high), mask.shape[1] - 1) + 1):
        mask[row, column] = True
