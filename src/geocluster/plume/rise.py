"""How high a plume stands: wind at the stack's top, downwash at its tip, Briggs' plume rise.

All as in ISC3 [1]_, sections 1.1.3 and 1.1.4. Classes A to F are numbered 0 to 5 here.

References
----------
.. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
   volume II, EPA-454/B-95-003b.
.. [2] Briggs, G. A. (1975), Plume Rise Predictions, in Lectures on Air Pollution and
   Environmental Impact Analyses, American Meteorological Society.
"""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume.jit import compiled

GRAVITY = 9.80616

# Exponents of the wind profile, A to F; [1], section 1.1.3.
PROFILE = np.array(
    [
        [0.07, 0.07, 0.10, 0.15, 0.35, 0.55],  # rural
        [0.15, 0.15, 0.20, 0.25, 0.30, 0.30],  # urban
    ]
)
# Potential temperature gradient in the stable classes [K/m]; [1], section 1.1.4.1.
GRADIENT = np.array([0.0, 0.0, 0.0, 0.0, 0.020, 0.035])
LEAST_WIND_M_S = 1.0
LEAST_WIND_HEIGHT_M = 10.0

# What drives the gradual rise: how it grows with distance.
NO_RISE, BUOYANT, MOMENTUM, MOMENTUM_STABLE = 0, 1, 2, 3


@compiled()
def wind_at(height_m: float, u10: float, anemometer_m: float, k: int, urban: bool) -> float:
    """Wind speed [m/s] at a height, ``u (h / h_anemometer)^p`` ([1]_, eq. 1-6).

    Never under 1 m/s. Under 10 m it is the wind at 10 m, or as measured where that is lower.
    """
    p = PROFILE[1 if urban else 0, k]
    if height_m < LEAST_WIND_HEIGHT_M and anemometer_m <= LEAST_WIND_HEIGHT_M:
        return max(u10, LEAST_WIND_M_S)
    speed = u10 * (max(height_m, LEAST_WIND_HEIGHT_M) / anemometer_m) ** p
    return max(speed, LEAST_WIND_M_S)


@compiled()
def stack_tip_height(height_m: float, diameter_m: float, v: float, u: float) -> float:
    """Height [m] less tip downwash, ``h + 2 d (v/u - 1.5)`` where v < 1.5 u ([1]_, eq. 1-7)."""
    if v >= 1.5 * u:
        return height_m
    return max(height_m + 2.0 * diameter_m * (v / u - 1.5), 0.0)


@compiled()
def buoyancy_flux(v: float, diameter_m: float, t_exit: float, t_air: float) -> float:
    """``F_b = g v d^2 (T_s - T_a) / (4 T_s)`` [m4/s3] ([1]_, eq. 1-8); 0 for a cold plume."""
    return max(GRAVITY * v * diameter_m**2 * (t_exit - t_air) / (4.0 * t_exit), 0.0)


@compiled()
def momentum_flux(v: float, diameter_m: float, t_exit: float, t_air: float) -> float:
    """``F_m = v^2 d^2 T_a / (4 T_s)`` [m4/s2] ([1]_, eq. 1-9)."""
    return v**2 * diameter_m**2 * t_air / (4.0 * t_exit)


@compiled()
def crossover_temperature(
    v: float, diameter_m: float, t_exit: float, f_b: float, s: float
) -> float:
    """Excess temperature [K] above which buoyancy rules ([1]_, eqs. 1-10, 1-11 and 1-16).

    `s` is the stability parameter [1/s2], 0 in unstable and neutral air.
    """
    if s > 0.0:
        return 0.019582 * t_exit * v * math.sqrt(s)
    if f_b < 55.0:
        return 0.0297 * t_exit * v ** (1.0 / 3.0) / diameter_m ** (2.0 / 3.0)
    return 0.00575 * t_exit * v ** (2.0 / 3.0) / diameter_m ** (1.0 / 3.0)


@compiled()
def buoyant_rise(f_b: float, u: float, s: float) -> tuple[float, float, float]:
    """Final rise [m], its distance [m], and c of the gradual ``c x^(2/3)`` ([1]_, 1-12 to 1-24).

    Unstable and neutral ``21.425 F_b^(3/4) / u`` (F_b < 55) or ``38.71 F_b^(3/5) / u``; stable
    ``2.6 (F_b / (u s))^(1/3)``; gradual ``1.60 F_b^(1/3) x^(2/3) / u``.
    """
    gradual = 1.60 * f_b ** (1.0 / 3.0) / u
    if s > 0.0:
        return 2.6 * (f_b / (u * s)) ** (1.0 / 3.0), 2.0715 * u / math.sqrt(s), gradual
    if f_b < 55.0:
        return 21.425 * f_b**0.75 / u, 49.0 * f_b**0.625, gradual
    return 38.71 * f_b**0.6 / u, 119.0 * f_b**0.4, gradual


@compiled()
def momentum_rise(
    f_m: float, f_b: float, v: float, diameter_m: float, u: float, s: float
) -> tuple[float, float, float]:
    """Final rise [m], its distance [m], and the factor of the gradual rise ([1]_, 1-15 to 1-27).

    ``3 d v / u``, in stable air at most ``1.5 (F_m / (u s^(1/2)))^(1/3)``; gradual
    ``(3 F_m x / (b^2 u^2))^(1/3)``, in stable air
    ``(3 F_m sin(x s^(1/2) / u) / (b^2 u s^(1/2)))^(1/3)``, with the entrainment coefficient
    ``b = 1/3 + u / v``.
    """
    rise = 3.0 * diameter_m * v / u
    entrainment = 1.0 / 3.0 + u / v
    if s > 0.0:
        root = math.sqrt(s)
        rise = min(rise, 1.5 * (f_m / (u * root)) ** (1.0 / 3.0))
        factor = (3.0 * f_m / (entrainment**2 * u * root)) ** (1.0 / 3.0)
        return rise, 0.5 * math.pi * u / root, factor
    factor = (3.0 * f_m / (entrainment**2 * u**2)) ** (1.0 / 3.0)
    if f_b <= 0.0:
        return rise, 4.0 * diameter_m * (v + 3.0 * u) ** 2 / (v * u), factor
    return rise, (49.0 * f_b**0.625 if f_b < 55.0 else 119.0 * f_b**0.4), factor


@compiled()
def plume_rise(
    v: float, diameter_m: float, t_exit: float, t_air: float, u: float, k: int
) -> tuple[int, float, float, float, float]:
    """What drives the rise, the final rise [m], its distance [m], and the gradual rise's terms.

    The terms are the factor and ``s^(1/2) / u`` [1/m] of `gradual_rise`.

    Parameters
    ----------
    v, u : float
        Speeds of the gas at the stack's exit and of the wind there. [m/s]
    diameter_m : float
        Inner diameter of the stack. [m]
    t_exit, t_air : float
        Temperatures of the gas and the air; gas colder than the air counts as of the air's. [K]
    k : int
        Stability class, 0 to 5 for A to F.

    Examples
    --------
    >>> driver, rise, distance, *_ = plume_rise(10.0, 2.0, 400.0, 293.0, 5.0, 3)
    >>> driver == BUOYANT, round(rise, 1), round(distance)
    (True, 49.7, 378)
    """
    if v <= 0.0:
        return NO_RISE, 0.0, 0.0, 0.0, 0.0
    t_exit = max(t_exit, t_air)  # as ISCST3's program does
    s = GRAVITY * GRADIENT[k] / t_air
    f_b = buoyancy_flux(v, diameter_m, t_exit, t_air)
    if f_b > 0.0 and t_exit - t_air >= crossover_temperature(v, diameter_m, t_exit, f_b, s):
        rise, distance, factor = buoyant_rise(f_b, u, s)
        return BUOYANT, rise, distance, factor, 0.0
    f_m = momentum_flux(v, diameter_m, t_exit, t_air)
    rise, distance, factor = momentum_rise(f_m, f_b, v, diameter_m, u, s)
    driver = MOMENTUM_STABLE if s > 0.0 else MOMENTUM
    return driver, rise, distance, factor, math.sqrt(s) / u


@compiled()
def gradual_rise(
    driver: int, final: float, distance_m: float, factor: float, frequency: float, x_m: float
) -> float:
    """Rise [m] at `x_m` [m] downwind, never above the final rise.

    `frequency` is ``s^(1/2) / u`` [1/m], used by momentum in stable air alone.
    """
    if driver == NO_RISE or x_m >= distance_m:
        return final
    if driver == BUOYANT:
        rise = factor * x_m ** (2.0 / 3.0)
    elif driver == MOMENTUM:
        rise = factor * x_m ** (1.0 / 3.0)
    else:
        rise = factor * math.sin(x_m * frequency) ** (1.0 / 3.0)
    return min(rise, final)
