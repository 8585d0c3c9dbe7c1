"""Exact shares of polygons in the cells of a grid, ring by ring.

A directed edge covers all that lies to its right in its row of cells. Each edge leaves that in the
one or two cells that it crosses, signed by whether it runs down or up, and running sums along the
rows give the covered part of every cell: the sum over the edges of a closed ring is its area.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geocluster.plume.jit import compiled, inner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geocluster.exposure.coverage import Frame

NOISE = 1e-12  # of a cell, or of a smaller polygon: what running sums leave where a polygon is not
CELLS_AT_ONCE = 2_000_000


class Outlines(NamedTuple):
    """Polygons as flat arrays, in cells from a frame's north-west corner.

    `u` and `v` are vertices, eastwards and southwards; ring n has those from ``rings[n]`` to
    ``rings[n + 1]``, part n the rings by `parts`, polygon n the parts by `polygons`; the first ring
    of a part is its shell. `area` is a polygon's whole area [cells], `window` its first and last
    row, first and last column within the frame, the last ones exclusive.
    """

    u: NDArray
    v: NDArray
    rings: NDArray
    parts: NDArray
    polygons: NDArray
    area: NDArray
    window: NDArray

    @classmethod
    def of(cls, shapes: NDArray, frame: Frame) -> Outlines:
        """Of polygons and multipolygons in the frame's reference system."""
        import shapely

        _, corners, offsets = shapely.to_ragged_array(shapes)
        rings, parts, *whole = (np.asarray(offset, dtype=np.int64) for offset in offsets)
        polygons = whole[0] if whole else np.arange(len(shapes) + 1)
        west, south, east, north = shapely.bounds(shapes).T
        span = [
            np.clip(rounded(edge), 0, size)
            for edge, rounded, size in (
                ((frame.y_max - north) / frame.dy, np.floor, frame.rows),
                ((frame.y_max - south) / frame.dy, np.ceil, frame.rows),
                ((west - frame.x_min) / frame.dx, np.floor, frame.columns),
                ((east - frame.x_min) / frame.dx, np.ceil, frame.columns),
            )
        ]
        return cls(
            (corners[:, 0] - frame.x_min) / frame.dx,
            (frame.y_max - corners[:, 1]) / frame.dy,
            rings,
            parts,
            polygons,
            shapely.area(shapes) / (frame.dx * frame.dy),
            np.stack(span, axis=1).astype(np.int64),
        )

    @property
    def cells(self) -> NDArray:
        """How many cells each polygon's window has."""
        high, wide = (self.window[:, 1] - self.window[:, 0], self.window[:, 3] - self.window[:, 2])
        return np.maximum(high, 0) * np.maximum(wide, 0)


def shares_in_cells(shapes: NDArray, frame: Frame) -> tuple[NDArray, NDArray, NDArray]:
    """Which cells each polygon covers, and the share of its area in each.

    Parameters
    ----------
    shapes : array of shapely polygons and multipolygons
        Valid, of some area.
    frame : Frame

    Returns
    -------
    shape, cell, share : arrays of equal length
        As `geocluster.exposure.coverage.cover` gives them.

    Examples
    --------
    >>> from shapely.geometry import Polygon
    >>> from geocluster.exposure.coverage import Frame
    >>> frame = Frame(0.0, 2.0, 1.0, 1.0, 2, 2, False, False)
    >>> triangle = np.array([Polygon([(0, 0), (2, 0), (0, 2)])], dtype=object)
    >>> _, cell, share = shares_in_cells(triangle, frame)
    >>> dict(zip(cell.tolist(), share.tolist()))
    {0: 0.25, 2: 0.5, 3: 0.25}
    """
    if not len(shapes):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    outlines = Outlines.of(shapes, frame)
    parts = []
    for first, last in _batches(outlines.cells):
        size = int(outlines.cells[first:last].sum())
        which, cell, share = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
        count = _list_shares(*outlines, first, last, frame.columns, which, cell, share)
        parts.append([array[:count].copy() for array in (which, cell, share)])
    which, cell, share = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return which, cell, share


def spread_over_cells(shapes: NDArray, amounts: NDArray, frame: Frame) -> NDArray:
    """Amounts spread evenly over polygons, as sums a cell.

    Parameters
    ----------
    shapes : array of shapely polygons and multipolygons
        Valid, of some area; what lies off the frame is left out.
    amounts : ndarray, (shape,)
    frame : Frame

    Returns
    -------
    ndarray, (row, column)
        Rows from the north.
    """
    total = np.zeros(frame.shape)
    if len(shapes):
        _add_shares(*Outlines.of(shapes, frame), np.asarray(amounts, dtype=float), total)
    return total


def _batches(cells: NDArray) -> Iterator[tuple[int, int]]:
    """Runs of polygons whose windows have so many cells together, or one polygon with more."""
    run = (np.cumsum(cells) // CELLS_AT_ONCE).astype(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(run)) + 1).tolist(), len(cells)]
    yield from itertools.pairwise(cuts)


@inner()
def _add_in_row(row: np.ndarray, ua: float, ub: float, down: float) -> None:
    """Leave in a row of cells what lies right of an edge that goes `down` by a part of the row."""
    last = row.size - 1
    if ua > ub:
        ua, ub = ub, ua
    if ub <= 0.0:
        row[0] += down
        return
    if ua >= last:
        return
    wide = ub - ua
    if ua < 0.0:
        row[0] -= down * ua / wide
        down, ua, wide = down * ub / wide, 0.0, ub
    if int(ub) == int(ua) or wide == 0.0:
        at, right = int(ua), 1.0 + int(ua) - 0.5 * (ua + ub)
        row[at] += down * right
        row[at + 1] += down * (1.0 - right)
        return
    for at in range(int(ua), min(math.ceil(ub), last)):
        a, b = max(ua, float(at)), min(ub, at + 1.0)
        part = down * (b - a) / wide
        right = at + 1.0 - 0.5 * (a + b)
        row[at] += part * right
        row[at + 1] += part * (1.0 - right)


@inner()
def _add_edge(acc: np.ndarray, ua: float, va: float, ub: float, vb: float, sign: float) -> None:
    """Leave what an edge covers in the rows that it crosses."""
    if va == vb:
        return
    if va > vb:
        ua, va, ub, vb, sign = ub, vb, ua, va, -sign
    slope = (ub - ua) / (vb - va)
    for r in range(max(math.floor(va), 0), min(math.ceil(vb), acc.shape[0])):
        top, bottom = max(va, float(r)), min(vb, r + 1.0)
        left = ua + (top - va) * slope if top > va else ua
        right = ua + (bottom - va) * slope if bottom < vb else ub
        _add_in_row(acc[r], left, right, sign * (bottom - top))


@inner()
def _covered(
    u: np.ndarray, v: np.ndarray, rings: np.ndarray, first: int, last: int, shells: np.ndarray,
    window: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The covered part of each cell of a polygon's window, of its rings from first to last."""
    acc = np.zeros((window[1] - window[0], window[3] - window[2] + 1))
    for ring in range(first, last):
        area = 0.0
        for i in range(rings[ring], rings[ring + 1] - 1):
            area += (u[i] - u[rings[ring]]) * (v[i + 1] - v[rings[ring]])
            area -= (u[i + 1] - u[rings[ring]]) * (v[i] - v[rings[ring]])
        sign = 1.0 if (area < 0.0) == shells[ring - first] else -1.0
        for i in range(rings[ring], rings[ring + 1] - 1):
            _add_edge(
                acc, u[i] - window[2], v[i] - window[0], u[i + 1] - window[2], v[i + 1] - window[0],
                sign,
            )  # fmt: skip
    for r in range(acc.shape[0]):
        for c in range(1, acc.shape[1]):
            acc[r, c] += acc[r, c - 1]
    return acc


@inner()
def _of_polygon(
    u: np.ndarray, v: np.ndarray, rings: np.ndarray, parts: np.ndarray, polygons: np.ndarray,
    window: np.ndarray, n: int,
) -> np.ndarray:  # fmt: skip
    first, last = parts[polygons[n]], parts[polygons[n + 1]]
    shells = np.zeros(last - first, dtype=np.bool_)
    for part in range(polygons[n], polygons[n + 1]):
        if parts[part] < parts[part + 1]:
            shells[parts[part] - first] = True
    return _covered(u, v, rings, first, last, shells, window[n])


@compiled(nogil=True, error_model="numpy")
def _list_shares(
    u: np.ndarray, v: np.ndarray, rings: np.ndarray, parts: np.ndarray, polygons: np.ndarray,
    area: np.ndarray, window: np.ndarray, first: int, last: int, columns: int,
    which: np.ndarray, cell: np.ndarray, share: np.ndarray,
) -> int:  # fmt: skip
    count = 0
    for n in range(first, last):
        if window[n, 0] >= window[n, 1] or window[n, 2] >= window[n, 3]:
            continue
        covered = _of_polygon(u, v, rings, parts, polygons, window, n)
        for r in range(covered.shape[0]):
            for c in range(covered.shape[1] - 1):
                if covered[r, c] > NOISE * min(area[n], 1.0):
                    which[count] = n
                    cell[count] = (window[n, 0] + r) * columns + window[n, 2] + c
                    share[count] = covered[r, c] / area[n]
                    count += 1
    return count


@compiled(nogil=True, error_model="numpy")
def _add_shares(
    u: np.ndarray, v: np.ndarray, rings: np.ndarray, parts: np.ndarray, polygons: np.ndarray,
    area: np.ndarray, window: np.ndarray, amounts: np.ndarray, total: np.ndarray,
) -> None:  # fmt: skip
    for n in range(amounts.size):
        if window[n, 0] >= window[n, 1] or window[n, 2] >= window[n, 3] or amounts[n] == 0.0:
            continue
        covered = _of_polygon(u, v, rings, parts, polygons, window, n)
        for r in range(covered.shape[0]):
            for c in range(covered.shape[1] - 1):
                if covered[r, c] > NOISE * min(area[n], 1.0):
                    share = covered[r, c] / area[n]
                    total[window[n, 0] + r, window[n, 2] + c] += amounts[n] * share
