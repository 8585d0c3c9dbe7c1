"""What is visited: rows of receptors, groups of hours, and the wedge of a plume on a row."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geocluster.plume import columns as col
from geocluster.plume.jit import compiled
from geocluster.plume.sigma import sigma_y_rural, sigma_y_urban

WEDGE = 1.191754  # tan 50 degrees: ISC3 knows no plume outside
LATERAL_CUT = 6.0  # sigmas; what is left out is under exp(-18) = 1.5e-8 of the axis
LONGEST_GROUP = 16
TANGENTS_M = (300.0, 1500.0, 6000.0, 25000.0)
BAND = 2048  # receptors a thread works on at a time
LINES = 2 * len(TANGENTS_M) + 4


class Groups(NamedTuple):
    """Hours in groups of one wind direction and class.

    Attributes
    ----------
    order : ndarray of int, (hour,)
        The hours as they were given, in the order of groups.
    starts : ndarray of int, (group + 1,)
        Where each group starts in that order, and the end.
    hours : ndarray, (hour, 4)
        In that order; the columns SPEED to WEIGHT of `geocluster.plume.columns`.
    classes : ndarray of int, (group,)
        0 to 5 for A to F.
    flow : ndarray, (group, 2)
        The unit vector that the wind blows along.
    """

    order: np.ndarray
    starts: np.ndarray
    hours: np.ndarray
    classes: np.ndarray
    flow: np.ndarray


def groups_of(hours: np.ndarray, wind_from_deg: np.ndarray, k: np.ndarray) -> Groups:
    """The hours in the groups that share sigmas and wedges.

    Examples
    --------
    >>> groups = groups_of(np.ones((2, 4)), np.array([270.0, 270.0]), np.array([3, 0]))
    >>> groups.order.tolist(), groups.starts.tolist(), groups.classes.tolist()
    ([1, 0], [0, 1, 2], [0, 3])
    """
    order, starts = group_hours(wind_from_deg, k, hours[:, col.MIXING_HEIGHT])
    first = order[starts[:-1]]
    angle = np.deg2rad(wind_from_deg[first])
    flow = np.column_stack([-np.sin(angle), -np.cos(angle)])
    return Groups(order, starts, hours[order], k[first].astype(np.int64), flow)


def group_hours(
    wind_from_deg: np.ndarray, k: np.ndarray, lid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Order the hours by direction and class, and cut them into groups of at most 16.

    Returns
    -------
    order, starts : ndarray of int
        Hours in the order of groups, and where each group starts; one more start than groups.

    Examples
    --------
    >>> order, starts = group_hours(np.array([90.0, 10.0, 90.0]), np.array([3, 3, 3]), np.ones(3))
    >>> order.tolist(), starts.tolist()
    ([1, 0, 2], [0, 1, 3])
    """
    order = np.lexsort((np.arange(k.size), lid, k, wind_from_deg))
    direction, stability = wind_from_deg[order], k[order]
    change = np.ones(k.size, dtype=bool)
    change[1:] = (np.diff(direction) != 0) | (np.diff(stability) != 0)
    first = np.flatnonzero(change)
    within = np.arange(k.size) - np.repeat(first, np.diff(np.append(first, k.size)))
    starts = np.append(np.flatnonzero(change | (within % LONGEST_GROUP == 0)), k.size)
    return order, starts


def rows_of(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order receptors into rows of like y, sorted by x.

    Returns
    -------
    order, row_start : ndarray of int
        Receptors in the order of rows, and where each row starts; one more start than rows.
    """
    n = px.size
    new = np.diff(py, prepend=np.nan) != 0
    if new.sum() <= 4 * math.sqrt(n) + 8 and (new | (np.diff(px, prepend=-np.inf) > 0)).all():
        return np.arange(n), np.append(np.flatnonzero(new), n)
    levels, row = np.unique(py, return_inverse=True)
    most = max(8, int(4 * math.sqrt(n)))
    if levels.size > most:
        row = np.minimum(np.argsort(np.argsort(py, kind="stable")) * most // n, most - 1)
    order = np.lexsort((px, row))
    row_start = np.append(np.flatnonzero(np.diff(row[order], prepend=-1)), n)
    return order, row_start


class Rows(NamedTuple):
    """Receptors in rows, each sorted by x [m].

    `px`, `py`, `pz` and `ground` are a receptor's place, its height above the ground and the
    elevation of that; `row_start` is where each row starts, and the end; `row_y0` and `row_y1` are
    a row's lowest and highest y; `per_m` as of `density_of`.
    """

    px: np.ndarray
    py: np.ndarray
    pz: np.ndarray
    ground: np.ndarray
    row_start: np.ndarray
    row_y0: np.ndarray
    row_y1: np.ndarray
    per_m: float

    @classmethod
    def of(cls, receptors: np.ndarray, order: np.ndarray, row_start: np.ndarray) -> Rows:
        """The receptors (receptor, 4), in an order and rows as `rows_of` gives them."""
        px, py, pz, ground = (np.ascontiguousarray(receptors[order, n]) for n in range(4))
        y0, y1 = (np.minimum.reduceat(py, row_start[:-1]), np.maximum.reduceat(py, row_start[:-1]))
        return cls(px, py, pz, ground, row_start, y0, y1, density_of(px, row_start))


def bands_of(
    order: np.ndarray, row_start: np.ndarray, threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deal the rows out to bands, each the work of one thread; a band's rows lie together.

    Returns
    -------
    order, row_start, bands : ndarray of int
        As `rows_of` gives them, dealt out, and each band's first row; one more than bands.
    """
    n = row_start.size - 1
    number = min(n, max(threads, int(row_start[-1]) // BAND))
    dealt = [np.arange(band, n, number) for band in range(number)]
    rows = np.concatenate(dealt)
    parts = [order[row_start[row] : row_start[row + 1]] for row in rows]
    starts = np.append(0, np.cumsum([part.size for part in parts]))
    return np.concatenate(parts), starts, np.append(0, np.cumsum([len(part) for part in dealt]))


def density_of(px: np.ndarray, row_start: np.ndarray) -> float:
    """Receptors a metre [1/m] where all rows are evenly spaced alike, else 0."""
    steps = np.delete(np.diff(px), row_start[1:-1] - 1)
    if steps.size == 0 or steps.min() <= 0.0 or np.ptp(steps) > 1e-6 * steps.max():
        return 0.0
    return float(1.0 / steps.mean())


@compiled()
def ambient_y(x: float, k: int, urban: bool) -> float:
    return sigma_y_urban(x, k) if urban else sigma_y_rural(x, math.log(0.001 * x), k)


@compiled()
def fill_wedge(
    wedge: np.ndarray,
    k: int,
    urban: bool,
    ux: float,
    uy: float,
    reach_m: float,
    spread: float,
    far_y: float,
) -> None:
    """The wedge of a group: its lowest and highest Y from the source, then its half-planes.

    sigma_y is concave in distance, so its tangents bound it from above; `spread` is the most that
    the plume's own turbulence adds [m].
    """
    widest = LATERAL_CUT * (ambient_y(reach_m + far_y, k, urban) + spread)
    wedge[0, 0] = min(0.0, reach_m * uy) - widest * abs(ux)
    wedge[0, 1] = max(0.0, reach_m * uy) + widest * abs(ux)
    _fill_line(wedge[1], -ux, -uy, 0.0)
    for n in range(len(TANGENTS_M) + 1):
        slope, offset = WEDGE, 0.0
        if n > 0:
            x = TANGENTS_M[n - 1]
            at = ambient_y(x + far_y, k, urban)
            slope = (at - ambient_y(0.999 * x + far_y, k, urban)) / (0.001 * x)
            offset = 1.001 * LATERAL_CUT * (at - slope * x + spread)
            slope *= 1.001 * LATERAL_CUT
        # The crosswind distance is y = X uy - Y ux.
        _fill_line(wedge[2 * n + 2], uy - slope * ux, -ux - slope * uy, offset)
        _fill_line(wedge[2 * n + 3], -uy - slope * ux, ux - slope * uy, offset)


@compiled()
def _fill_line(line: np.ndarray, a: float, b: float, c: float) -> None:
    """``a X + b Y <= c`` as X at most (sign 1) or at least (-1) ``slope Y + offset``."""
    line[0] = 0.0 if abs(a) < 1e-9 else math.copysign(1.0, a)
    line[1] = b if line[0] == 0.0 else -b / a
    line[2] = c if line[0] == 0.0 else c / a


@compiled()
def row_part(wedge: np.ndarray, reach_m: float, y0: float, y1: float) -> tuple:
    """The stretch of x that the wedge and the reach leave of a row, seen from the source."""
    if y1 < wedge[0, 0] or y0 > wedge[0, 1]:
        return 1.0, 0.0
    near = 0.0 if y0 <= 0.0 <= y1 else min(abs(y0), abs(y1))
    if near > reach_m:
        return 1.0, 0.0
    upper = math.sqrt(reach_m * reach_m - near * near)
    lower = -upper
    for n in range(1, wedge.shape[0]):
        at0, at1 = wedge[n, 1] * y0, wedge[n, 1] * y1
        if wedge[n, 0] > 0.0:
            upper = min(upper, wedge[n, 2] + max(at0, at1))
        elif wedge[n, 0] < 0.0:
            lower = max(lower, wedge[n, 2] + min(at0, at1))
        elif min(at0, at1) > wedge[n, 2] + 1e-3:
            return 1.0, 0.0
    return lower - 1e-3, upper + 1e-3


@compiled()
def first_from(px: np.ndarray, begin: int, end: int, value: float, per_m: float) -> int:
    """The first index from `begin` to `end` where the sorted px is at least `value`.

    `per_m` is the receptors' number a metre where they are evenly spaced, 0 where they are not.
    """
    if per_m > 0.0:
        at = begin + int(min(max((value - px[begin]) * per_m, 0.0), 1.0 * (end - begin)))
        while at > begin and px[at - 1] >= value:
            at -= 1
        while at < end and px[at] < value:
            at += 1
        return at
    while begin < end:
        middle = (begin + end) // 2
        if px[middle] < value:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled()
def last_to(px: np.ndarray, begin: int, end: int, value: float, per_m: float) -> int:
    """The first index from `begin` to `end` where the sorted px is above `value`."""
    if per_m > 0.0:
        if begin >= end:
            return begin
        at = begin + int(min(max((value - px[begin]) * per_m, 0.0), 1.0 * (end - begin)))
        while at > begin and px[at - 1] > value:
            at -= 1
        while at < end and px[at] <= value:
            at += 1
        return at
    while begin < end:
        middle = (begin + end) // 2
        if px[middle] <= value:
            begin = middle + 1
        else:
            end = middle
    return begin
