"""OND-86 (1986) and MRR-2017: the equations of the maximum single concentration.

Each source is described once by `jet`; where the ground sees its highest concentration and how
high it is follow from `highest`; the rest of this module says what is left of it elsewhere and in
another wind. docs/ond86.md has the formulas, and the jumps that the norm itself has.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geocluster.plume.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LOWEST_HEIGHT_M = 2.0
WEAKEST_WIND_M_S = 0.5
BRANCHES = ("hot", "hot, weak jet", "cold", "cold, weak jet")
EDITIONS = ("ond-86", "mrr-2017")


class Jet(NamedTuple):
    """What a stack's gases do, whatever is emitted with them; arrays, a value a source."""

    height_m: NDArray
    gas_flow_m3_s: NDArray
    overheat_c: NDArray
    f: NDArray
    f_e: NDArray
    v_m: NDArray
    v_m_prime: NDArray
    cold: NDArray
    weak: NDArray
    m: NDArray
    n: NDArray
    d: NDArray
    u_m_m_s: NDArray
    cold_share: NDArray


def jet(
    height_m: ArrayLike, diameter_m: ArrayLike, velocity_m_s: ArrayLike, overheat_c: ArrayLike
) -> Jet:
    """Parameters of single round stacks: V1, f, f_e, v_m, v_m', m, n, d and u_m of OND-86.

    Parameters
    ----------
    height_m : array_like
        Of the mouth above the ground [m]; under 2 m counts as 2 m.
    diameter_m, velocity_m_s : array_like
        Of the mouth [m] and of the gases in it [m/s].
    overheat_c : array_like
        Gases less outdoor air [C]; at or below 0 the source is cold.

    Returns
    -------
    Jet
        ``cold`` where f is 100 or more or nothing is overheated; ``weak`` where v_m (of a cold
        source v_m') is below 0.5.

    Examples
    --------
    >>> boiler = jet(35.0, 1.4, 7.0, 100.0)
    >>> [round(float(value), 4) for value in (boiler.f, boiler.v_m, boiler.m, boiler.d)]
    [0.56, 2.0372, 0.9755, 12.2971]
    """
    given = (height_m, diameter_m, velocity_m_s, overheat_c)
    height, diameter, velocity, overheat = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in given)
    )
    height = np.maximum(height, LOWEST_HEIGHT_M)
    overheat = np.maximum(overheat, 0.0)
    flow = 0.25 * math.pi * diameter**2 * velocity
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        f = 1000.0 * velocity**2 * diameter / (height**2 * overheat)
    cold = (overheat <= 0.0) | ~(f < 100.0)
    f = np.where((overheat > 0.0) & ~np.isnan(f), f, np.inf)
    v_m = 0.65 * np.cbrt(flow * overheat / height)
    v_m_prime = 1.3 * velocity * diameter / height
    f_e = 800.0 * v_m_prime**3
    v = np.where(cold, v_m_prime, v_m)
    m = _m(np.where(cold, 100.0, f), f_e)
    return Jet(
        height,
        flow,
        overheat,
        f,
        f_e,
        v_m,
        v_m_prime,
        cold,
        v < 0.5,
        np.where(cold, 1.47 / np.cbrt(np.maximum(f, 100.0)), m),
        _n(v),
        np.where(cold, _d_cold(v), _d_hot(v, np.where(cold, 100.0, f), f_e)),
        np.where(cold, _u_cold(v), _u_hot(v, np.where(cold, 100.0, f))),
        # K = D / (8 V1), here as 1 / (2 pi w0 D), free of a zero flow where the jet is not weak.
        1.0 / (2.0 * math.pi * np.maximum(velocity * diameter, 1e-9)),
    )


def _m(f: NDArray, f_e: NDArray) -> NDArray:
    """m where f < 100; f_e stands for f where f_e < f < 100."""
    used = np.minimum(f, f_e)
    return 1.0 / (0.67 + 0.1 * np.sqrt(used) + 0.34 * np.cbrt(used))


def _n(v: NDArray) -> NDArray:
    """n, of v_m or for cold sources of v_m'."""
    middle = 0.532 * v**2 - 2.13 * v + 3.13
    return np.where(v >= 2.0, 1.0, np.where(v >= 0.5, middle, 4.4 * v))


def _d_hot(v: NDArray, f: NDArray, f_e: NDArray) -> NDArray:
    """d where f < 100."""
    stretch = 1.0 + 0.28 * np.cbrt(f)
    weak = 2.48 * (1.0 + 0.28 * np.cbrt(f_e))
    middle = 4.95 * v * stretch
    return np.where(v <= 0.5, weak, np.where(v <= 2.0, middle, 7.0 * np.sqrt(v) * stretch))


def _d_cold(v: NDArray) -> NDArray:
    """d where f is 100 or more; v is v_m'."""
    return np.where(v <= 0.5, 5.7, np.where(v <= 2.0, 11.4 * v, 16.0 * np.sqrt(v)))


def _u_hot(v: NDArray, f: NDArray) -> NDArray:
    """u_m where f < 100."""
    strong = v * (1.0 + 0.12 * np.sqrt(f))
    return np.where(v <= 0.5, 0.5, np.where(v <= 2.0, v, strong))


def _u_cold(v: NDArray) -> NDArray:
    """u_m where f is 100 or more; v is v_m'."""
    return np.where(v <= 0.5, 0.5, np.where(v <= 2.0, v, 2.2 * v))


def branch_of(source: Jet) -> NDArray:
    """The branch of the norm that each source takes: one of `BRANCHES`."""
    return np.array(BRANCHES)[2 * source.cold.astype(int) + source.weak.astype(int)]


def highest(
    source: Jet,
    emission_g_s: ArrayLike,
    *,
    a_coefficient: ArrayLike,
    settling_factor: ArrayLike = 1.0,
    terrain_factor: ArrayLike = 1.0,
) -> tuple[NDArray, NDArray]:
    """The highest single concentration of each source alone, and where it lies.

    Section 2 of the norm, and section 4 where the terrain factor is above 1.

    Parameters
    ----------
    source : Jet
    emission_g_s : array_like
        [g/s]
    a_coefficient, settling_factor, terrain_factor : array_like
        A, F and eta of the norm.

    Returns
    -------
    c_m, x_m : ndarray
        On the ground in the wind u_m [mg/m3], at this distance [m].

    Examples
    --------
    >>> c_m, x_m = highest(jet(35.0, 1.4, 7.0, 100.0), 12.0, a_coefficient=200.0)
    >>> round(float(c_m), 4), round(float(x_m), 1)
    (0.1864, 430.4)
    """
    emission, a, settling, terrain = (
        np.asarray(value, dtype=float)
        for value in (emission_g_s, a_coefficient, settling_factor, terrain_factor)
    )
    h = source.height_m
    heat = np.where(
        source.cold | source.weak, 1.0, np.cbrt(source.gas_flow_m3_s * source.overheat_c)
    )
    hot = source.m * source.n / (h**2 * heat)
    cold = source.n * source.cold_share / h ** (4 / 3)
    weak = np.where(source.cold, 0.9, 2.86 * source.m) / h ** (7 / 3)
    per_unit = np.where(source.weak, weak, np.where(source.cold, cold, hot))
    d = np.where(terrain > 1.0, 1.1 * source.d / np.sqrt(terrain + 0.2), source.d)
    return a * emission * settling * terrain * per_unit, 0.25 * (5.0 - settling) * d * h


@compiled()
def wind_share(ratio: float) -> float:
    """r: the highest concentration in the wind u, as a share of c_m; ratio is u / u_m."""
    if ratio <= 1.0:
        return ratio * (0.67 + ratio * (1.67 - 1.34 * ratio))
    return 3.0 * ratio / (2.0 * ratio * ratio - ratio + 2.0)


@compiled()
def wind_stretch(ratio: float) -> float:
    """p: how many x_m away it lies in the wind u; ratio is u / u_m."""
    if ratio <= 0.25:
        return 3.0
    if ratio <= 1.0:
        return 8.43 * (1.0 - ratio) ** 5 + 1.0
    return 0.32 * ratio + 0.68


@compiled()
def along_axis(ratio: float, settling_factor: float, height_m: float, mrr_2017: bool) -> float:
    """s1: the share of the highest concentration at x / x_m downwind, under the axis."""
    if ratio < 0.0:
        return 0.0
    if ratio < 1.0:
        rise = ratio * ratio * (6.0 + ratio * (3.0 * ratio - 8.0))
        if height_m < 10.0:
            return 0.125 * (10.0 - height_m) + 0.125 * (height_m - 2.0) * rise
        return rise
    if ratio <= 8.0:
        return 1.13 / (0.13 * ratio * ratio + 1.0)
    if mrr_2017:
        return _far_mrr(ratio, settling_factor)
    if settling_factor <= 1.5:
        return ratio / (3.58 * ratio * ratio - 35.2 * ratio + 120.0)
    return 1.0 / (0.1 * ratio * ratio + 2.47 * ratio - 17.8)


@compiled()
def _far_mrr(ratio: float, settling_factor: float) -> float:
    if ratio > 100.0:
        return (144.3 if settling_factor <= 1.5 else 37.76) * ratio ** (-7.0 / 3.0)
    if settling_factor <= 1.5:
        return ratio / (3.556 * ratio * ratio - 35.2 * ratio + 120.0)
    return 1.0 / (0.1 * ratio * ratio + 2.456 * ratio - 17.8)


@compiled()
def across_axis(wind_m_s: float, tangent_squared: float) -> float:
    """s2: the share at (y / x)^2 beside the axis."""
    t = min(wind_m_s, 5.0) * tangent_squared
    return 1.0 / (1.0 + t * (5.0 + t * (12.8 + t * (17.0 + t * 45.1)))) ** 2
