"""The worst wind over every receptor, after OND-86: numpy arrays in and out.

The sum over sources is tried in every direction of a grid and from every source straight to the
receptor, at every speed of a grid, and straight also at u_m and u_m / 4, where p has its kinks.
The best of either kind in each band of speeds is then refined by halving steps.
"""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume.jit import compiled
from geocluster.plume.ond86 import (
    WEAKEST_WIND_M_S,
    across_axis,
    along_axis,
    wind_share,
    wind_stretch,
)

# Columns of the array of sources; FAR is where a hill's influence ends, c_m and x_m beyond it flat.
X, Y, C_M, X_M, U_M, HEIGHT, SETTLING, FLAT_C_M, FLAT_X_M, FAR = range(10)
SOURCE_COLUMNS = 10

REACH_M = 100_000.0
DIRECTIONS = 90
SPEED_FACTOR = 1.25
LEAST_TURN_RAD = math.radians(0.005)
# Refined are the best straight and the best of the grid, each in so many bands of wind speed.
BANDS = 5
# Tangent of the cone beside a source's axis that the grid looks at; outside, s2 is under 1e-4.
WIDEST = 1.5
# Sources that together bring less than this share of the largest do not steer the search.
NEGLIGIBLE = 1e-4
# Starts below this share of the best are not refined.
HOPEFUL = 0.9


@compiled()
def single(
    source: np.ndarray, dx: float, dy: float, ux: float, uy: float, wind_m_s: float, mrr_2017: bool
) -> float:
    """The concentration of one source in one wind, in the unit of its c_m.

    (dx, dy) leads from the source to the receptor [m], (ux, uy) is where the wind blows to.
    """
    x = dx * ux + dy * uy
    if x < 0.0 or math.hypot(dx, dy) > REACH_M:
        return 0.0
    y = dx * uy - dy * ux
    if x < 1e-6:
        if abs(y) > 1e-6:
            return 0.0
        tangent_squared = 0.0
    else:
        tangent_squared = (y / x) ** 2
    beside = across_axis(wind_m_s, tangent_squared)
    if beside < 1e-12:
        return 0.0
    flat = x > source[FAR]
    c_m = source[FLAT_C_M] if flat else source[C_M]
    x_m = source[FLAT_X_M] if flat else source[X_M]
    ratio = wind_m_s / source[U_M]
    part = along_axis(x / (wind_stretch(ratio) * x_m), source[SETTLING], source[HEIGHT], mrr_2017)
    return c_m * wind_share(ratio) * part * beside


@compiled()
def together(
    sources: np.ndarray, px: float, py: float, blows_to: float, wind_m_s: float, mrr_2017: bool
) -> float:
    """The sum over sources at a receptor in a wind that blows to an angle [rad, x to y]."""
    ux, uy = math.cos(blows_to), math.sin(blows_to)
    total = 0.0
    for i in range(sources.shape[0]):
        total += single(
            sources[i], px - sources[i, X], py - sources[i, Y], ux, uy, wind_m_s, mrr_2017
        )
    return total


@compiled()
def _refine(
    best: np.ndarray, sources: np.ndarray, px: float, py: float, u_most: float, mrr_2017: bool
) -> None:
    """Pattern search from (concentration, angle, speed); its steps halve where nothing is won."""
    turn, factor = math.pi / DIRECTIONS, math.sqrt(SPEED_FACTOR)
    while turn > LEAST_TURN_RAD:
        won = False
        for k in range(4):
            angle, speed = best[1], best[2]
            if k < 2:
                angle += turn * (1 - 2 * k)
            else:
                speed = min(max(speed * factor ** (5 - 2 * k), WEAKEST_WIND_M_S), u_most)
            value = together(sources, px, py, angle, speed, mrr_2017)
            if value > best[0]:
                best[0], best[1], best[2] = value, angle, speed
                won = True
        if not won:
            turn *= 0.5
            factor = math.sqrt(factor)


@compiled()
def _most_of_each(
    sources: np.ndarray, px: float, py: float, winds: np.ndarray, mrr_2017: bool
) -> np.ndarray:
    """What each source alone brings to a receptor at the worst speed of the grid."""
    most = np.zeros(sources.shape[0])
    for i in range(most.size):
        source = sources[i]
        x = math.hypot(px - source[X], py - source[Y])
        if source[C_M] == 0.0 or x > REACH_M:
            continue
        flat = x > source[FAR]
        c_m = source[FLAT_C_M] if flat else source[C_M]
        x_m = source[FLAT_X_M] if flat else source[X_M]
        for k in range(winds.shape[0]):
            ratio = x / (winds[k, i, 1] * x_m)
            part = along_axis(ratio, source[SETTLING], source[HEIGHT], mrr_2017)
            most[i] = max(most[i], c_m * winds[k, i, 0] * part)
    return most


@compiled()
def _fill_totals(
    totals: np.ndarray, sources: np.ndarray, px: float, py: float, angle: float,
    speeds: np.ndarray, winds: np.ndarray, mrr_2017: bool,
) -> None:  # fmt: skip
    """The sum over sources at every speed of the grid, in one direction."""
    totals[:] = 0.0
    ux, uy = math.cos(angle), math.sin(angle)
    for i in range(sources.shape[0]):
        source = sources[i]
        dx, dy = px - source[X], py - source[Y]
        x = dx * ux + dy * uy
        y = dx * uy - dy * ux
        if abs(y) > WIDEST * x:
            continue
        tangent_squared = (y / x) ** 2 if x > 0.0 else 0.0
        flat = x > source[FAR]
        c_m = source[FLAT_C_M] if flat else source[C_M]
        x_m = source[FLAT_X_M] if flat else source[X_M]
        for k in range(totals.size):
            ratio = x / (winds[k, i, 1] * x_m)
            part = along_axis(ratio, source[SETTLING], source[HEIGHT], mrr_2017)
            totals[k] += c_m * winds[k, i, 0] * part * across_axis(speeds[k], tangent_squared)


@compiled()
def _offer(starts: np.ndarray, kind: int, value: float, angle: float, speed: float) -> None:
    """Keep the better of two starts of a kind."""
    if value > starts[kind, 0]:
        starts[kind, 0], starts[kind, 1], starts[kind, 2] = value, angle, speed


@compiled()
def _starts(
    sources: np.ndarray, px: float, py: float, most: np.ndarray,
    speeds: np.ndarray, winds: np.ndarray, mrr_2017: bool,
) -> np.ndarray:  # fmt: skip
    """(concentration, angle, speed) of the best, straight and of the grid, in each band."""
    starts = np.zeros((2 * BANDS, 3))
    totals = np.empty(speeds.size)
    lowest, highest = speeds[0], speeds[speeds.size - 1]
    per_band = 1.001 * math.log(highest / lowest) / BANDS + 1e-9
    straight = sources.shape[0]
    gridded = DIRECTIONS if most.sum() > (1.0 + NEGLIGIBLE) * most.max() else 0
    for n in range(straight + gridded):
        angle = 2.0 * math.pi * (n - straight) / DIRECTIONS
        if n < straight:
            angle = math.atan2(py - sources[n, Y], px - sources[n, X])
            for k in range(2):
                speed = min(max((0.25 + 0.75 * k) * sources[n, U_M], lowest), highest)
                value = together(sources, px, py, angle, speed, mrr_2017)
                _offer(starts, int(math.log(speed / lowest) / per_band), value, angle, speed)
        _fill_totals(totals, sources, px, py, angle, speeds, winds, mrr_2017)
        for k in range(speeds.size):
            band = int(math.log(speeds[k] / lowest) / per_band)
            _offer(starts, band + (0 if n < straight else BANDS), totals[k], angle, speeds[k])
    return starts


@compiled()
def _worst_at(
    sources: np.ndarray, px: float, py: float, speeds: np.ndarray, winds: np.ndarray, mrr_2017: bool
) -> np.ndarray:
    """(concentration, angle, speed) of the worst wind at a receptor."""
    best = np.zeros(3)
    most = _most_of_each(sources, px, py, winds, mrr_2017)
    if most.sum() == 0.0:
        return best
    few, few_winds, count = sources.copy(), winds.copy(), 0
    for i in range(most.size):
        if most[i] > NEGLIGIBLE / most.size * most.max():
            few[count], few_winds[:, count] = sources[i], winds[:, i]
            count += 1
    few, few_winds = few[:count], few_winds[:, :count]
    starts = _starts(few, px, py, most, speeds, few_winds, mrr_2017)
    hopeful = HOPEFUL * starts[:, 0].max()
    for kind in range(2 * BANDS):
        if starts[kind, 0] >= hopeful:
            _refine(starts[kind], few, px, py, speeds[speeds.size - 1], mrr_2017)
            if starts[kind, 0] > best[0]:
                best[:] = starts[kind]
    best[0] = together(sources, px, py, best[1], best[2], mrr_2017)
    return best


@compiled(nogil=True)
def worst_wind(
    places: np.ndarray, sources: np.ndarray, speeds: np.ndarray, mrr_2017: bool
) -> np.ndarray:
    """The highest sum over sources at each receptor, and the wind that brings it.

    Parameters
    ----------
    places : (receptor, 2) float array
        x and y. [m]
    sources : (source, column) float array
        As the constants of this module number the columns.
    speeds : float array
        Tried before the search is refined between the first and the last; rising. [m/s]
    mrr_2017 : bool
        s1 beyond 8 x_m as MRR-2017 has it.

    Returns
    -------
    ndarray
        (receptor, 3): concentration in the unit of c_m, angle that the wind blows to, counted
        from x to y [rad], wind speed [m/s].
    """
    winds = np.empty((speeds.size, sources.shape[0], 2))
    for k in range(speeds.size):
        for i in range(sources.shape[0]):
            ratio = speeds[k] / sources[i, U_M]
            winds[k, i, 0], winds[k, i, 1] = wind_share(ratio), wind_stretch(ratio)
    found = np.zeros((places.shape[0], 3))
    for i in range(places.shape[0]):
        found[i] = _worst_at(sources, places[i, 0], places[i, 1], speeds, winds, mrr_2017)
    return found


def speeds_to_try(u_most: float) -> np.ndarray:
    """Speeds from 0.5 m/s to the highest, no more than a factor of 1.25 apart. [m/s]

    Examples
    --------
    >>> speeds_to_try(1.0).round(3).tolist()
    [0.5, 0.595, 0.707, 0.841, 1.0]
    """
    count = max(math.ceil(math.log(u_most / WEAKEST_WIND_M_S) / math.log(SPEED_FACTOR)), 1)
    return np.geomspace(WEAKEST_WIND_M_S, u_most, count + 1)
