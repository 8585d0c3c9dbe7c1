"""Loops over places side by side, in a form that the compiler turns into vector instructions.

A chunk of places lies in one flat array, a quantity each `CHUNK` numbers: constant distances tell
the compiler that nothing overlaps. Every operation on a place is the same whoever stands beside it
(multiply-adds are written out, never left to the compiler), so that neither the chunk nor the width
of the processor's vectors changes a bit of the result.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from geocluster.plume.jit import compiled
from geocluster.plume.sigma import (
    _LINES,
    _LOG_A,
    _MOST_LINES,
    _THOUSANDTH,
    RURAL_Y,
    URBAN_Y,
    URBAN_Z,
    sigma_z_rural,
    sigma_z_urban,
)

CHUNK = 128
LANES = 16  # chunks are filled up to a multiple

# Where each quantity of a chunk begins.
X, Y2, Z, LOG_Y, LOG_Z, SY2, SZ2, OWN, H, VZ, HALF, EY, ROOT, V, VALUE, TOTAL, GROUND = (
    CHUNK * n for n in range(17)
)
TERRAIN, LEVEL = 17 * CHUNK, 18 * CHUNK  # where the ground has heights
WORK = 19 * CHUNK

NOWHERE = 1e18  # y squared of what is no place: beyond any plume


def _bounds() -> np.ndarray:
    """The last distance [m] of each line of sigma_z, where single precision puts it."""
    ends = _LINES[:, :-1, 0].astype(np.float32)
    low, high = 0.5e3 * ends.astype(float), 2e3 * ends.astype(float)
    for _ in range(80):
        middle = 0.5 * (low + high)
        within = _THOUSANDTH * middle.astype(np.float32) <= ends
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return low


BOUNDS_M = _bounds()


def _fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """``a b + c``, rounded once."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), build


def _bits_of(context: Any, value: Any) -> Any:
    """The bits of a float64 as an int64."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), build


def _from_bits(context: Any, value: Any) -> Any:
    """The float64 that an int64 holds."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), build


fma: Any = intrinsic(_fma)
bits_of: Any = intrinsic(_bits_of)
from_bits: Any = intrinsic(_from_bits)


_ROUND = 6755399441055744.0  # 1.5 x 2^52: adding it leaves a whole number in the lowest bits
_ONE = 0x3FF0000000000000
_ROOT_HALF = 0x3FE6A09E667F3BCD
_WHOLE = 0x4330000000000000  # 2^52
_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10 = (
    math.log(2.0) ** n / math.factorial(n) for n in range(2, 11)
)
_LOG2 = math.log(2.0)


@compiled(error_model="numpy")
def exp_of(a: float) -> float:
    """``exp(a)`` for a from -700 to 700, to 1e-12."""
    t = a * 1.4426950408889634
    whole = t + _ROUND
    r = t - (whole - _ROUND)
    p = fma(r, _E10, _E9)
    p = fma(r, p, _E8)
    p = fma(r, p, _E7)
    p = fma(r, p, _E6)
    p = fma(r, p, _E5)
    p = fma(r, p, _E4)
    p = fma(r, p, _E3)
    p = fma(r, p, _E2)
    p = fma(r, p, _LOG2)
    p = fma(r, p, 1.0)
    return p * from_bits((bits_of(whole) << 52) + _ONE)


@compiled(error_model="numpy")
def log_of(a: float) -> float:
    """``ln(a)`` for a from 1e-300 to 1e300, to 1e-12."""
    bits = bits_of(a)
    exponent = (bits - _ROOT_HALF + (1024 << 52)) >> 52
    m = from_bits(bits - ((exponent - 1024) << 52))
    power = from_bits(exponent | _WHOLE) - 4503599627371520.0  # 2^52 + 1024
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = fma(q, 1 / 15, 1 / 13)
    p = fma(q, p, 1 / 11)
    p = fma(q, p, 1 / 9)
    p = fma(q, p, 1 / 7)
    p = fma(q, p, 1 / 5)
    p = fma(q, p, 1 / 3)
    p = fma(q, p, 1.0)
    return fma(power, _LOG2, 2.0 * s * p)


@compiled(error_model="numpy")
def bounds_of_sz2(x0: float, x1: float, k: int, urban: bool) -> tuple[float, float]:
    """Bounds of sigma_z squared [m2] from `x0` to `x1` [m], with room for the curves' jumps."""
    if urban:
        low, high = sigma_z_urban(x0, k), sigma_z_urban(x1, k)
    else:
        low = sigma_z_rural(x0, math.log(0.001 * x0), k)
        high = sigma_z_rural(x1, math.log(0.001 * x1), k)
    return 0.9 * low * low, 1.1 * high * high


@compiled(error_model="numpy")
def fill_sigmas(
    work: np.ndarray, n: int, k: int, urban: bool, far_y: float, far_z: float, x0: float, x1: float
) -> None:
    """The squares of sigma_y and sigma_z of a chunk whose distances are from `x0` to `x1` [m]."""
    if urban:
        ey, ez, f, wider = URBAN_Y[k], URBAN_Z[k, 0], URBAN_Z[k, 1], URBAN_Z[k, 2] > 0.0
        for i in range(n):
            x = work[X + i] + far_y
            work[LOG_Y + i] = log_of(0.001 * x)
            work[SY2 + i] = ey * ey * x * x / fma(0.0004, x, 1.0)
            z = work[X + i] + far_z
            grown = fma(f, z, 1.0)
            work[SZ2 + i] = ez * ez * z * z * (grown if wider else 1.0 / grown)
        return
    c, d = 0.017453293 * RURAL_Y[k, 0], 0.017453293 * RURAL_Y[k, 1]
    for i in range(n):
        x = work[X + i] + far_y
        log_km = log_of(0.001 * x)
        angle = c - d * log_km
        t = angle * angle
        top = angle * (10395.0 - t * (1260.0 - 21.0 * t))
        sy = 0.46511628 * x * top / (10395.0 - t * (4725.0 - t * (210.0 - t)))
        work[LOG_Y + i] = log_km
        work[LOG_Z + i] = log_km
        work[SY2 + i] = sy * sy
    if far_y != far_z:
        for i in range(n):
            work[LOG_Z + i] = log_of(0.001 * (work[X + i] + far_z))
    line, last = 0, _MOST_LINES - 1
    while line < last and x0 + far_z > BOUNDS_M[k, line]:
        line += 1
    a, b = _LOG_A[k, line], _LINES[k, line, 2]
    for i in range(n):
        work[SZ2 + i] = fma(b, work[LOG_Z + i], a)
    while line < last and x1 + far_z > BOUNDS_M[k, line]:
        bound = BOUNDS_M[k, line]
        line += 1
        a, b = _LOG_A[k, line], _LINES[k, line, 2]
        for i in range(n):
            beyond = fma(b, work[LOG_Z + i], a)
            work[SZ2 + i] = beyond if work[X + i] + far_z > bound else work[SZ2 + i]
    for i in range(n):
        work[SZ2 + i] = exp_of(2.0 * work[SZ2 + i])
