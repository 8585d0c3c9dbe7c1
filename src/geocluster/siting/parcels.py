"""Parcels from units of land: whole cells, what roads leave of a cell, and plots.

Units that share an edge may be joined; those of one block of a lattice are, and pieces too small
for a park then join small neighbours.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np

SAME_AREA = 1e-9


@dataclass(frozen=True)
class Units:
    """Pieces of land and their common edges.

    Attributes
    ----------
    area : array
        Of each unit, in cells of the grid.
    block : array of int
        The block of the lattice in which each lies.
    first, second : array of int
        Units that share an edge, each pair once.
    border : array
        The length of each common edge, in sides of a cell.
    """

    area: np.ndarray
    block: np.ndarray
    first: np.ndarray
    second: np.ndarray
    border: np.ndarray


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
    numbers = np.zeros(free.shape, int)
    numbers[free] = joined_units(units_of_cells(free, least_cells), least_cells)
    return numbers


def units_of_cells(free: np.ndarray, least_cells: float) -> Units:
    """Free cells as units, in reading order, with the edges between them."""
    rows, columns = np.nonzero(free)
    first, second = cell_pairs(free)
    return Units(
        np.ones(rows.size),
        lattice_block(rows, columns, free.shape[1], least_cells),
        first,
        second,
        np.ones(first.size),
    )


def cell_pairs(free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Free cells that share an edge, as their places among the free cells in reading order."""
    place = np.full(free.shape, -1)
    place[free] = np.arange(int(free.sum()))
    below = free[1:] & free[:-1]
    beside = free[:, 1:] & free[:, :-1]
    first = np.concatenate([place[:-1][below], place[:, :-1][beside]])
    second = np.concatenate([place[1:][below], place[:, 1:][beside]])
    return first, second


def lattice_block(
    rows: np.ndarray, columns: np.ndarray, width: int, least_cells: float
) -> np.ndarray:
    """The number of the block in which each cell lies."""
    high, wide = _block(math.ceil(least_cells - SAME_AREA))
    return (rows // high) * (width // wide + 1) + columns // wide


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


def joined_units(units: Units, least: float) -> np.ndarray:
    """The parcel that each unit belongs to.

    Parameters
    ----------
    units : Units
        Pieces of land.
    least : float
        Smallest parcel. [cells]

    Returns
    -------
    array of int
        0 for units that stay unused, else the parcel's number, from 1 in the order of its first
        unit.
    """
    piece = _pieces(units)
    sizes = np.bincount(piece, units.area)
    owner = _join_small(piece, sizes.copy(), units, least)[piece]
    area = np.bincount(owner, units.area)
    used = area[owner] >= least - SAME_AREA
    numbers = np.zeros(owner.size, int)
    order, first, inverse = np.unique(owner[used], return_index=True, return_inverse=True)
    rank = np.empty(order.size, int)
    rank[np.argsort(first)] = np.arange(1, order.size + 1)
    numbers[used] = rank[inverse]
    return numbers


def _pieces(units: Units) -> np.ndarray:
    """Numbers of the contiguous pieces of land within each block, in the order of the units."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inside = units.block[units.first] == units.block[units.second]
    count = units.area.size
    if not count:
        return np.empty(0, int)
    first, second = units.first[inside], units.second[inside]
    links = coo_array((np.ones(first.size, bool), (first, second)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    _, first_of, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(first_of.size, int)
    rank[np.argsort(first_of)] = np.arange(first_of.size)
    return rank[inverse]


def _join_small(piece: np.ndarray, sizes: np.ndarray, units: Units, least: float) -> np.ndarray:
    """The piece that each piece ends up in: small ones join small neighbours, the smallest first.

    Pieces that already hold a park take no more land, so that parcels stay about a park's size.
    """
    borders = _borders(piece, units)
    least = least - SAME_AREA
    owner = np.arange(sizes.size)
    waiting = [(float(size), n) for n, size in enumerate(sizes) if size < least]
    heapq.heapify(waiting)
    while waiting:
        size, number = heapq.heappop(waiting)
        if owner[number] != number or sizes[number] != size or size >= least:
            continue
        small = [n for n in borders.get(number, {}) if sizes[n] < least]
        if not small:
            continue
        # The longest common border keeps parcels compact; ties go to the lower number.
        other = max(small, key=lambda n: (round(borders[number][n], 9), -n))
        owner[number] = other
        sizes[other] += sizes[number]
        sizes[number] = 0
        for neighbour, length in borders.pop(number).items():
            del borders[neighbour][number]
            if neighbour != other:
                borders[other][neighbour] = borders[other].get(neighbour, 0) + length
                borders[neighbour][other] = borders[other][neighbour]
        heapq.heappush(waiting, (float(sizes[other]), other))
    while (owner != owner[owner]).any():
        owner = owner[owner]
    return owner


def _borders(piece: np.ndarray, units: Units) -> dict[int, dict[int, float]]:
    """For each piece the length of its border with each neighbour. [sides of a cell]"""
    pairs = np.sort(np.column_stack([piece[units.first], piece[units.second]]), axis=1)
    across = pairs[:, 0] != pairs[:, 1]
    unique, inverse = np.unique(pairs[across], axis=0, return_inverse=True)
    length = np.bincount(inverse, units.border[across], minlength=len(unique))
    borders: dict[int, dict[int, float]] = {}
    for (first, second), shared in zip(unique.tolist(), length.tolist(), strict=True):
        borders.setdefault(first, {})[second] = shared
        borders.setdefault(second, {})[first] = shared
    return borders
