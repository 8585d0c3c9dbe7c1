"""The plume's vertical term: its images in the ground and in the mixing lid."""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume.jit import compiled

EXPONENT_CUT = 50.0  # what is under exp(-50) of the plume's axis is 0
WELL_MIXED = 1.6  # sigma_z over mixing height
NEAR_CUT = 25.0  # the lid's nearest image counts where it is above exp(-25) of the ground's
MODES_FROM = 0.45  # the same; from here on four cosines are right to 3e-11

_FALLING = np.exp(-np.arange(16 * int(EXPONENT_CUT) + 2) / 16.0)
_ROOT_2PI = math.sqrt(2.0 * math.pi)


@compiled()
def falling_exp(e: float) -> float:
    """``exp(-e)`` for e from 0 to 50, to 1e-12: a table in steps of 1/16 and Taylor between."""
    step = int(16.0 * e)
    r = e - 0.0625 * step
    series = 1.0 - r * (
        1.0 - r * (1 / 2 - r * (1 / 6 - r * (1 / 24 - r * (1 / 120 - r * (1 / 720)))))
    )
    return _FALLING[step] * series


@compiled()
def vertical(
    h: float, z: float, vz: float, half: float, lid: float, cosine: float, e_y: float
) -> float:
    """Images in the ground and the lid, times the lateral term ``exp(-e_y)``.

    ``exp(-(h-z)^2 / 2 s^2) + exp(-(h+z)^2 / 2 s^2)`` and its images at ``2 n lid``; where sigma_z
    is above 0.45 of the lid, their sum in cosines (Poisson's formula), which converges where
    images do not; above 1.6 well mixed, ``(2 pi)^(1/2) s / lid``. `vz` is sigma_z squared [m2],
    `half` is ``1 / 2 vz``, `cosine` is ``cos(pi h / lid)``.
    """
    if lid < math.inf:
        if h > lid or z > lid or lid <= 0.0:
            return 0.0
        square = vz / (lid * lid)
        if square > WELL_MIXED * WELL_MIXED:
            return _ROOT_2PI * math.sqrt(square) * falling_exp(e_y)
        if square > MODES_FROM * MODES_FROM:
            share = _modes(square, cosine, 1.0 if z == 0.0 else math.cos(math.pi * z / lid))
            return _ROOT_2PI * math.sqrt(square) * share * falling_exp(e_y)
    if z > 0.0:
        return _images(h, z, half, lid, e_y)
    e = h * h * half + e_y
    if e > EXPONENT_CUT:
        return 0.0
    total = falling_exp(e)
    if lid < math.inf:
        near = (2.0 * lid - h) ** 2 * half + e_y
        if near < EXPONENT_CUT and near - e < NEAR_CUT:
            total += falling_exp(near)
            total += falling_exp(min((2.0 * lid + h) ** 2 * half + e_y, EXPONENT_CUT))
    return 2.0 * total


@compiled()
def _images(h: float, z: float, half: float, lid: float, e_y: float) -> float:
    """The images seen from a height above the ground."""
    total = math.exp(-((h - z) ** 2) * half - e_y) + math.exp(-((h + z) ** 2) * half - e_y)
    if lid < math.inf:
        for n in (2.0, 4.0):
            for sign in (-1.0, 1.0):
                total += math.exp(-((n * lid + sign * h - z) ** 2) * half - e_y)
                total += math.exp(-((n * lid + sign * h + z) ** 2) * half - e_y)
    return total


@compiled()
def _modes(square: float, at_h: float, at_z: float) -> float:
    """``1 + 2 sum exp(-(n pi s / lid)^2 / 2) cos(n pi h / lid) cos(n pi z / lid)``, n to 4.

    The cosines of multiples follow from the first, ``cos (n+1) t = 2 cos t cos n t - cos (n-1) t``.
    """
    q = falling_exp(0.5 * math.pi * math.pi * square)
    total, power, odd = 1.0, 1.0, q
    h0, h1, z0, z1 = 1.0, at_h, 1.0, at_z
    for _ in range(4):
        power *= odd  # q^(n^2)
        odd *= q * q
        total += 2.0 * power * h1 * z1
        h0, h1 = h1, 2.0 * at_h * h1 - h0
        z0, z1 = z1, 2.0 * at_z * z1 - z0
    return total
