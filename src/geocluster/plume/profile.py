"""How deposition thins a plume near the ground: the profile correction and the settled spread.

After Horst [2]_ as in ISC3 [1]_: below the plume's bulk the concentration falls towards the ground
by what the ground takes, against the resistance of the air to vertical mixing that follows from
Briggs' curves of sigma_z. Classes A to F are numbered 0 to 5 here.

References
----------
.. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
   volume II, EPA-454/B-95-003b, section 1.1.6.3; the constants and the least spread as in ISCST3's
   routine SETSZMN.
.. [2] Horst, T. W. (1983), A correction to the Gaussian source-depletion model, in Precipitation
   Scavenging, Dry Deposition and Resuspension, Elsevier, 1205-1218.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from geocluster.plume.deposition import REFERENCE_HEIGHT_M
from geocluster.plume.jit import compiled, inner

# Briggs' sigma_z by class [1]: a x times (1 + b x) to a power; x in m. Rural, then urban.
LINEAR, ROOT, FLAT, STEEP = range(4)  # powers 0, -1/2, -1 and 1/2
FORM = np.array(
    [[LINEAR, LINEAR, ROOT, ROOT, FLAT, FLAT], [STEEP, STEEP, LINEAR, ROOT, ROOT, ROOT]]
)
A = np.array([[0.20, 0.12, 0.08, 0.06, 0.03, 0.016], [0.24, 0.24, 0.20, 0.14, 0.08, 0.08]])
B = np.array([[0.0, 0.0, 2e-4, 1.5e-3, 3e-4, 3e-4], [1e-3, 1e-3, 0.0, 3e-4, 1.5e-3, 1.5e-3]])
FARTHEST_M = 1e5

ROOT_2_PI = math.sqrt(2.0 / math.pi)
ROOT_PI_2 = math.sqrt(0.5 * math.pi)

# The table's steps: spread [m] and settling velocity over wind, both in logarithms.
SPREADS, RATIOS = 128, 160
LOG_SPREAD0, LOG_SPREAD1 = math.log(0.15), math.log(5000.0)
LOG_RATIO0, LOG_RATIO1 = math.log(1e-7), math.log(100.0)
PER_SPREAD = (SPREADS - 1) / (LOG_SPREAD1 - LOG_SPREAD0)
PER_RATIO = (RATIOS - 1) / (LOG_RATIO1 - LOG_RATIO0)
WIDEST = 6.5  # spreads; what lies above is 1e-10 of the plume


@compiled()
def distance_of(spread: float, k: int, urban: int) -> float:
    """Where Briggs' sigma_z reaches `spread` [m], at most 100 km. [m]"""
    a, b, form = A[urban, k], B[urban, k], FORM[urban, k]
    s = spread / a
    if form == LINEAR:
        return min(s, FARTHEST_M)
    if form == ROOT:
        return min(0.5 * (b * s * s + math.sqrt((b * s * s) ** 2 + 4.0 * s * s)), FARTHEST_M)
    if form == FLAT:
        return min(s / (1.0 - b * s), FARTHEST_M) if b * s < 1.0 else FARTHEST_M
    x = s
    for _ in range(20):
        root = math.sqrt(1.0 + b * x)
        x -= (x * root - s) / (root + 0.5 * b * x / root)
    return min(x, FARTHEST_M)


@compiled()
def _integral(x: float, k: int, urban: int) -> float:
    """The antiderivative of a / sigma_z at `x` [m]."""
    b, form = B[urban, k], FORM[urban, k]
    if form == LINEAR:
        return math.log(x)
    if form == FLAT:
        return math.log(x) + b * x
    root = math.sqrt(1.0 + b * x)
    part = math.log(b * x / (root + 1.0) ** 2)
    return part + 2.0 * root if form == ROOT else part


@compiled()
def resistance(z: float, k: int, urban: int) -> float:
    """Resistance of the air between 1 m and `z` [m] times the wind; 0 below. [1]

    ``(2/pi)^(1/2)`` times the integral of ``dx / sigma_z(x)`` between where a plume's mean height
    ``(2/pi)^(1/2) sigma_z`` is the one and where it is the other.
    """
    if z <= REFERENCE_HEIGHT_M:
        return 0.0
    high = _integral(distance_of(ROOT_PI_2 * z, k, urban), k, urban)
    low = _integral(distance_of(ROOT_PI_2 * REFERENCE_HEIGHT_M, k, urban), k, urban)
    return ROOT_2_PI / A[urban, k] * (high - low)


@compiled()
def _fill_table(
    table: np.ndarray, k: int, urban: int, nodes: np.ndarray, weights: np.ndarray
) -> None:
    air = np.empty(nodes.size)
    for s in range(SPREADS):
        spread = math.exp(LOG_SPREAD0 + s / PER_SPREAD)
        span = math.log(WIDEST * spread / REFERENCE_HEIGHT_M)
        if span <= 0.0:
            table[:, s] = 0.0
            continue
        for i in range(nodes.size):
            air[i] = resistance(REFERENCE_HEIGHT_M * math.exp(span * nodes[i]), k, urban)
        for r in range(RATIOS):
            ratio = math.exp(LOG_RATIO0 + r / PER_RATIO)
            total = 0.0
            for i in range(nodes.size):
                t = REFERENCE_HEIGHT_M * math.exp(span * nodes[i]) / spread
                share = ROOT_2_PI * t * math.exp(-0.5 * t * t) * span * weights[i]
                total -= share * math.expm1(-ratio * air[i]) / ratio
            table[r, s] = total


@cache
def profile_table(k: int, urban: int) -> np.ndarray:
    """(ratio, spread): the mean over a plume of what its particles meet on the way to the ground.

    The integral of ``(1 - exp(-q w)) / q`` over the heights z above 1 m, weighed by a Gaussian of
    the spread; w is `resistance` and q the settling velocity over the wind.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    table = np.empty((RATIOS, SPREADS))
    _fill_table(table, k, urban, 0.5 * (nodes + 1.0), 0.5 * weights)
    table.flags.writeable = False
    return table


def profile_tables(classes: np.ndarray, urban: np.ndarray) -> np.ndarray:
    """(2, 6, ratio, spread): the tables of the classes at hand, rural and urban; others are 0."""
    tables = np.zeros((2, 6, RATIOS, SPREADS))
    for u in sorted({int(flag != 0.0) for flag in urban}):
        for k in sorted({int(c) for c in classes}):
            tables[u, k] = profile_table(k, u)
    return tables


@inner()
def row_of(ratio: float) -> float:
    """Where a ratio of settling velocity to wind stands in a table."""
    if ratio <= 0.0:
        return 0.0
    return min(max((math.log(ratio) - LOG_RATIO0) * PER_RATIO, 0.0), RATIOS - 1.001)


@inner()
def met_on_the_way(table: np.ndarray, row: float, spread: float) -> float:
    """What `profile_table` holds, between its steps."""
    column = (math.log(max(spread, 1e-3)) - LOG_SPREAD0) * PER_SPREAD
    column = min(max(column, 0.0), SPREADS - 1.001)
    r, s = int(row), int(column)
    v, w = row - r, column - s
    low = table[r, s] + w * (table[r, s + 1] - table[r, s])
    high = table[r + 1, s] + w * (table[r + 1, s + 1] - table[r + 1, s])
    return low + v * (high - low)


@inner()
def profile_correction(
    table: np.ndarray, row: float, spread: float, lid: float, excess: float
) -> float:
    """P(x, z_d): concentration at 1 m over that of a plume which loses nothing, 0 to 1.

    ``1 / (1 + (v_d - v_g) / u G)``; `excess` is ``(v_d - v_g) / u``, G is of `profile_table`. Under
    a lid the spread counts to where the plume is well mixed, ``(2/pi)^(1/2)`` of its height.
    """
    return 1.0 / (1.0 + excess * met_on_the_way(table, row, min(spread, ROOT_2_PI * lid)))


@inner()
def rise_of_profile(z: float, k: int, urban: int, ratio: float, excess: float) -> float:
    """P(x, z) over P(x, z_d): ``1 + (v_d - v_g) / v_g (1 - exp(-v_g R))``; 1 up to 1 m."""
    air = resistance(z, k, urban)
    met = air if ratio * air < 1e-6 else -math.expm1(-ratio * air) / ratio
    return 1.0 + excess * met


@compiled()
def least_spread(k: int, urban: int, ratio: float) -> float:
    """The sigma_z [m] at which mixing lifts a settled plume as fast as it falls; else 2 m.

    ``d sigma_z / dx = (pi/2)^(1/2) v_g / u`` on Briggs' curves (ISCST3's SETSZMN).
    """
    a, b, form = A[urban, k], B[urban, k], FORM[urban, k]
    c = ROOT_PI_2 * ratio
    if form in (LINEAR, STEEP) or a <= c or c <= 0.0:
        return 2.0 * REFERENCE_HEIGHT_M
    if form == FLAT:
        x = (math.sqrt(a / c) - 1.0) / b
        return a * x / (1.0 + b * x)
    if a > 20.0 * c:
        return a * a / (2.0 * b * c)
    low, high = 0.0, 1e4
    for _ in range(60):  # a (1 + y/2) (1 + y)^(-3/2) = c, y = b x
        y = 0.5 * (low + high)
        if a * (1.0 + 0.5 * y) > c * (1.0 + y) ** 1.5:
            low = y
        else:
            high = y
    return a * low / (b * math.sqrt(1.0 + low))
