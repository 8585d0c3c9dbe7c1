"""Distances by way of marked cells: the fast mode, and layers that are cells from the beginning."""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume.jit import compiled
from geocluster.siting.nearest import SHRUNK, Lattice, Pieces, squared, to_square


def marked_distance(
    pieces: Pieces, lattice: Lattice, reach_m: float, *, whole: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """The distance from each cell to a point of the layer near it: see siting/distance.py.

    Parameters
    ----------
    pieces : Pieces
        Lines, edges and points; those farther than `reach_m` beyond the grid do not count.
    lattice : Lattice
        The cells.
    reach_m : float
        How far beyond the grid pieces count. [m]
    whole : bool
        Also from the squares of cells.

    Returns
    -------
    array, array or None
        (rows, columns): from centres, and from squares; inf where no piece counts. [m]

    Examples
    --------
    >>> one = Pieces(*(np.array([value]) for value in (0.0, 50.0, 0.0, 90.0)))
    >>> row = Lattice(50.0, 50.0, 100.0, -100.0, 3, 1, 100.0)
    >>> marked_distance(one, row, reach_m=100)[0].tolist()
    [[50.0, 150.0, 250.0]]
    """
    from scipy.ndimage import distance_transform_edt

    margin = max(math.ceil(reach_m / lattice.side), 0) + 1
    wide = lattice.rows + 2 * margin, lattice.columns + 2 * margin
    nearest, piece = np.full(wide, np.inf, np.float32), np.full(wide, -1, np.int32)
    u = [(end - lattice.x) / lattice.step_x + margin for end in (pieces.ax, pieces.bx)]
    v = [(end - lattice.y) / lattice.step_y + margin for end in (pieces.ay, pieces.by)]
    _mark(*u, *v, nearest, piece)
    if not (piece >= 0).any():
        far = np.full((lattice.rows, lattice.columns), np.inf)
        return far, far.copy() if whole else None
    own = slice(margin, -margin)
    cells = distance_transform_edt(piece < 0, return_distances=False, return_indices=True)
    distance, square = _apart(*pieces, lattice, *cells[:, own, own], piece, whole)
    return distance, square if whole else None


@compiled(nogil=True, error_model="numpy")
def _mark(u1, u2, v1, v2, nearest, piece):  # type: ignore[no-untyped-def]
    """In each cell that pieces touch, which of them is nearest to its centre."""
    rows, columns = nearest.shape
    for k in range(u1.size):
        low, high = min(v1[k], v2[k]), max(v1[k], v2[k])
        du, dv = u2[k] - u1[k], v2[k] - v1[k]
        length = du * du + dv * dv
        for row in range(max(math.floor(low + 0.5), 0), min(math.floor(high + 0.5), rows - 1) + 1):
            # The part of the piece in this row of cells.
            a, b = u1[k], u2[k]
            if dv != 0:
                t1, t2 = (row - 0.5 - v1[k]) / dv, (row + 0.5 - v1[k]) / dv
                a = u1[k] + min(max(min(t1, t2), 0.0), 1.0) * du
                b = u1[k] + min(max(max(t1, t2), 0.0), 1.0) * du
            first, last = math.floor(min(a, b) + 0.5), math.floor(max(a, b) + 0.5)
            for column in range(max(first, 0), min(last, columns - 1) + 1):
                t = 0.0
                if length > 0:
                    t = ((column - u1[k]) * du + (row - v1[k]) * dv) / length
                    t = min(max(t, 0.0), 1.0)
                x, y = u1[k] + t * du - column, v1[k] + t * dv - row
                if x * x + y * y < nearest[row, column]:
                    nearest[row, column] = x * x + y * y
                    piece[row, column] = k


@compiled(nogil=True, error_model="numpy")
def _apart(ax, ay, bx, by, lattice, rows, columns, piece, whole):  # type: ignore[no-untyped-def]
    """The distance to the pieces of the touched cell that is nearest, and of those around it."""
    distance = np.empty(rows.shape)
    square = np.empty(rows.shape if whole else (0, 0))
    half = lattice.side / 2 * SHRUNK
    for i in range(rows.shape[0]):
        y = lattice.y + i * lattice.step_y
        for j in range(rows.shape[1]):
            x = lattice.x + j * lattice.step_x
            row, column = rows[i, j], columns[i, j]
            best, least = piece[row, column], np.inf
            seen = -1
            for r in range(max(row - 1, 0), min(row + 2, piece.shape[0])):
                for c in range(max(column - 1, 0), min(column + 2, piece.shape[1])):
                    k = piece[r, c]
                    if k < 0 or k == seen:
                        continue
                    seen = k
                    apart = squared(ax[k], ay[k], bx[k], by[k], x, y)
                    if apart < least:
                        least, best = apart, k
            distance[i, j] = math.sqrt(least)
            if whole:
                square[i, j] = to_square(ax[best], ay[best], bx[best], by[best], x, y, half)
    return distance, square


def cell_distance(marked: np.ndarray, side: float) -> tuple[np.ndarray, np.ndarray]:
    """The distance from cells to the marked cell whose centre is nearest, as a whole square.

    Parameters
    ----------
    marked : array of bool (rows, columns)
        At least one.
    side : float
        Of a cell. [m]

    Returns
    -------
    array, array
        (rows, columns): from centres (0 in a marked cell), and from squares. [m]

    Examples
    --------
    >>> from_centres, _ = cell_distance(np.array([[True, False, False]]), 100.0)
    >>> from_centres.tolist()
    [[0.0, 50.0, 150.0]]
    """
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~marked, return_distances=False, return_indices=True)
    down = np.abs(rows - np.arange(marked.shape[0])[:, None]) * side
    across = np.abs(columns - np.arange(marked.shape[1])) * side
    centre, square = (
        np.hypot(np.maximum(down - gap, 0), np.maximum(across - gap, 0))
        for gap in (side / 2, side * SHRUNK)
    )
    centre[marked] = 0.0
    return centre, square
