"""Plots of a cadastre as units of land, whole or not at all."""

from __future__ import annotations

import numpy as np

PLOT_KINDS = ("plot", "cadastral")
PRECISION_M = 0.01
LEAST_UNIT_M2 = 1.0
# Plots drawn so near to each other share an edge; of a plot's ground so much must be free.
GAP_M = 0.5
WHOLE = 0.999


def whole_plots(
    plots: np.ndarray,
    squares: np.ndarray,
    near: np.ndarray,
    strips: np.ndarray,
    strip_bits: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, int]:
    """The plots that lie wholly on free cells, less the strips that lines take of them.

    Parameters
    ----------
    plots : array of polygons
        Where they overlap, the first keeps the ground.
    squares : array of polygons
        The free cells.
    near, strips, strip_bits : array
        The plots that lines come near, what they take there, and a bit for each kind of line.

    Returns
    -------
    shapes : array of polygons
        More than one where a line divides a plot.
    bits : array of int
        The kinds of lines that take ground of the plot.
    broken : int
        Plots of which a part is not free, and another is.
    """
    import shapely

    if not len(plots):
        return np.empty(0, object), np.empty(0, int), 0
    plots = _without_overlaps(plots)
    plot, square = shapely.STRtree(squares).query(plots, predicate="intersects").reshape(2, -1)
    inside = shapely.area(shapely.intersection(plots[plot], squares[square]))
    free = np.bincount(plot, inside, minlength=len(plots))
    area = shapely.area(plots)
    whole = (area >= LEAST_UNIT_M2) & (free >= WHOLE * area)
    broken = int(((free >= LEAST_UNIT_M2) & ~whole).sum())
    bits = np.zeros(len(plots), int)
    bits[near] = strip_bits
    shapes = plots.copy()
    shapes[near] = shapely.difference(plots[near], strips, grid_size=PRECISION_M)
    parts, of = shapely.get_parts(shapes[whole], return_index=True)
    solid = (shapely.area(parts) >= LEAST_UNIT_M2) & (shapely.get_type_id(parts) == 3)
    return parts[solid], bits[whole][of[solid]], broken


def _without_overlaps(plots: np.ndarray) -> np.ndarray:
    """Plots of which each piece of ground belongs to the first that holds it."""
    import shapely

    first, second = shapely.STRtree(plots).query(plots, predicate="intersects")
    rows = np.flatnonzero(first < second)
    over = shapely.area(shapely.intersection(plots[first[rows]], plots[second[rows]]))
    shapes = plots.copy()
    for row in rows[over >= LEAST_UNIT_M2]:
        shapes[second[row]] = shapely.difference(shapes[second[row]], plots[first[row]])
    return shapes


def plot_borders(
    plots: np.ndarray, start: int, least_m: float, side: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Plots that share an edge, numbered from `start`, and its length. [sides of a cell]"""
    import shapely

    if not len(plots):
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    first, second = shapely.STRtree(plots).query(plots, predicate="dwithin", distance=GAP_M)
    pairs = np.unique(np.column_stack([first, second])[first < second], axis=0)
    first, second = pairs.T.reshape(2, -1)
    around = shapely.intersection(
        shapely.boundary(plots[first]), shapely.buffer(plots[second], GAP_M)
    )
    border = shapely.length(around)
    kept = border >= least_m + 2 * GAP_M
    return first[kept] + start, second[kept] + start, border[kept] / side
