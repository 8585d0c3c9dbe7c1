"""Small voids of an elevation raster: which they are, and what stands in them."""

from __future__ import annotations

import numpy as np

# A void is filled where none of its pixels is farther than this from known ground, and the whole
# of it lies in so many pixels a side (which a window's margin must hold).
DEEPEST_VOID, LONGEST_VOID = 3, 32
RELAXED = 400  # sweeps: what is left of the first guess across 6 pixels is 1e-18


def small_voids(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the voids that are filled: nowhere deeper than 3 pixels, and not long.

    A void that touches the edge of what is looked at is not one of them.

    Examples
    --------
    >>> ground = np.ones((5, 5))
    >>> ground[2, 1:3] = np.nan
    >>> [found.tolist() for found in small_voids(ground)]
    [[2, 2], [1, 2]]
    """
    void = np.isnan(values)
    if not void.any() or void.all():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    from scipy import ndimage

    labels, count = ndimage.label(void, structure=np.ones((3, 3)))
    row, column = np.nonzero(void)
    number = labels[row, column] - 1
    depth = ndimage.distance_transform_cdt(void, metric="chessboard")[row, column]
    deepest = np.zeros(count, dtype=depth.dtype)
    np.maximum.at(deepest, number, depth)
    small = deepest <= DEEPEST_VOID
    for place, size in ((row, values.shape[0]), (column, values.shape[1])):
        least, most = np.full(count, size), np.full(count, -1)
        np.minimum.at(least, number, place)
        np.maximum.at(most, number, place)
        small &= (most - least < LONGEST_VOID) & (least > 0) & (most < size - 1)
    return row[small[number]], column[small[number]]


def relaxed(values: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """What stands in small voids so that each pixel is the mean of its four neighbours.

    A plane is continued exactly.

    Examples
    --------
    >>> plane = np.add.outer(np.arange(5.0), 2 * np.arange(5.0))
    >>> plane[2, 1:3] = np.nan
    >>> relaxed(plane, np.array([2, 2]), np.array([1, 2])).round(6).tolist()
    [4.0, 6.0]
    """
    near = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    place = np.full(values.shape, -1)
    place[row, column] = np.arange(row.size)
    known = np.stack([values[at].astype(float) for at in near])
    inner = np.stack([place[at] for at in near])
    guess = np.full(row.size, float(np.nanmean(values)))
    for _ in range(RELAXED):
        guess = np.where(inner >= 0, guess[inner], known).mean(axis=0)
    return guess
