"""Sites that stand too near to each other, as cliques of which one site may be chosen."""

from __future__ import annotations

import numpy as np


def conflicts(shapes: np.ndarray, min_spacing_m: float) -> np.ndarray:
    """Which two sites stand nearer to each other than allowed, edge to edge.

    Parameters
    ----------
    shapes : array of geometry
        The sites.
    min_spacing_m : float
        The least distance between two parks. [m]

    Returns
    -------
    array of bool (sites, sites)
        Symmetric, no site against itself. Sites that overlap are in conflict at any spacing.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> row = np.array([box(x, 0, x + 1, 1) for x in (0, 3, 9)])
    >>> conflicts(row, 4).astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    import shapely

    near = np.zeros((len(shapes), len(shapes)), bool)
    tree = shapely.STRtree(shapes)
    if min_spacing_m > 0:
        first, second = tree.query(shapes, predicate="dwithin", distance=min_spacing_m)
        apart = shapely.distance(shapes[first], shapes[second]) >= min_spacing_m
        first, second = first[~apart], second[~apart]
    else:
        first, second = tree.query(shapes, predicate="overlaps")
        more = tree.query(shapes, predicate="contains")
        first, second = np.append(first, more[0]), np.append(second, more[1])
    near[first, second] = near[second, first] = True
    np.fill_diagonal(near, False)
    return near


def cliques(near: np.ndarray) -> list[np.ndarray]:
    """Sets of sites that are all in conflict, which together hold every pair in conflict.

    One row a set, of which at most one site may be chosen, says more than one row a pair: three
    sites in conflict may not be taken half each. Each set starts from a pair that no set holds yet
    and takes in all it can, those with most open pairs first.

    Parameters
    ----------
    near : array of bool (sites, sites)
        From `conflicts`.

    Returns
    -------
    list of arrays
        Rows of the sites, rising.

    Examples
    --------
    >>> near = ~np.eye(4, dtype=bool)
    >>> near[0, 3] = near[3, 0] = False
    >>> [members.tolist() for members in cliques(near)]
    [[0, 1, 2], [1, 2, 3]]
    """
    left, found = near.copy(), []
    for first in range(len(near)):
        while left[first].any():
            second = int(np.flatnonzero(left[first])[0])
            members = [first, second]
            able = near[first] & near[second]
            while able.any():
                numbers = np.flatnonzero(able)
                pairs = left[np.ix_(numbers, np.array(members))].sum(axis=1)
                member = int(numbers[np.argmax(pairs)])
                members.append(member)
                able &= near[member]
            clique = np.sort(members)
            left[np.ix_(clique, clique)] = False
            found.append(clique)
    return found
