"""What a settling plume loses on its way: its tilt, and the share that is left at a distance."""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume import columns as col
from geocluster.plume.columns import (
    AMPLITUDE,
    BASE,
    DISTANCE,
    DRIVER,
    FACTOR,
    FREQUENCY,
    LID,
    RISE,
)
from geocluster.plume.deposition import REFERENCE_HEIGHT_M
from geocluster.plume.images import vertical
from geocluster.plume.jit import compiled, inner
from geocluster.plume.profile import ROOT_PI_2, least_spread, profile_correction, row_of
from geocluster.plume.rise import gradual_rise
from geocluster.plume.sigma import SIGMA_Z_MOST, sigma_z_rural, sigma_z_urban

# Columns of what is kept of a source, hour and size beside the distances.
LEAST, ROW, RATIO, EXCESS = range(4)
SIZE_COLUMNS = 4
GAUSS = np.polynomial.legendre.leggauss(3)
GAUSS_AT, GAUSS_SHARE = 0.5 * (GAUSS[0] + 1.0), 0.5 * GAUSS[1]
MOST2 = SIGMA_Z_MOST * SIGMA_Z_MOST
_ROOT_2PI = math.sqrt(2.0 * math.pi)


@inner()
def ambient_z2(x: float, k: int, urban: bool) -> float:
    """The square of sigma_z [m2] at `x` [m]."""
    s = sigma_z_urban(x, k) if urban else sigma_z_rural(x, math.log(0.001 * x), k)
    return s * s


@inner()
def height_of(plume: np.ndarray, x: float, options: int) -> tuple[float, float]:
    """Height [m] of a plume before it settles, and what its own turbulence adds to sigmas [m2]."""
    now = plume[RISE]
    if x < plume[DISTANCE]:
        now = gradual_rise(
            int(plume[DRIVER]), now, plume[DISTANCE], plume[FACTOR], plume[FREQUENCY], x
        )
    h = plume[BASE] + (plume[RISE] if options & col.FINAL_RISE else now)
    return h, now * now / 12.25 if options & col.BUOYANCY_INDUCED else 0.0


@inner()
def settled(
    h: float, x: float, ratio: float, vz: float, least: float, depletion: bool
) -> tuple[float, float]:
    """Height [m] and sigma_z squared [m2] of a size's plume, tilted by its fall.

    Where it has come down it stays at the ground; its mean height falls on, by a narrower sigma_z,
    to where mixing holds it.
    """
    low = h - ratio * x
    if low >= 0.0:
        return low, vz
    if depletion:
        spread = math.sqrt(vz)
        s = min(spread, max(spread + ROOT_PI_2 * low, least))
        vz = s * s
    return 0.0, vz


@inner()
def seen_at(z: float, h: float, vz: float, lid: float, e_y: float) -> float:
    """The plume's vertical term at height `z`, of an axis at `h` above the ground there [m].

    Where low ground puts the axis above the lid, it is put where its images are under it.
    """
    cosine = 0.0
    if lid < math.inf:
        if h > lid:
            h = min(abs(h - 2.0 * lid * math.floor((h + lid) / (2.0 * lid))), lid)
        cosine = math.cos(math.pi * h / lid)
    return vertical(h, z, vz, 0.5 / vz, lid, cosine, e_y)


@inner()
def loss(
    x: float, k: int, urban: bool, far_z: float, plume: np.ndarray, size: np.ndarray,
    table: np.ndarray, speed: float, options: int,
) -> float:  # fmt: skip
    """Share of a size's mass that is deposited a metre [1/m], crosswind-integrated."""
    h, own = height_of(plume, x, options)
    lid = plume[LID]
    if h > lid or lid <= 0.0:
        return 0.0
    vz = min(ambient_z2(x + far_z, k, urban) + own, MOST2)
    h, vz = settled(h, x, size[RATIO], vz, size[LEAST], True)
    v = seen_at(REFERENCE_HEIGHT_M, h, vz, lid, 0.0)
    if v <= 0.0:
        return 0.0
    spread = math.sqrt(vz)
    p = profile_correction(table, size[ROW], spread, lid, size[EXCESS])
    u = 1.0e6 / (2.0 * math.pi * plume[AMPLITUDE])
    return speed * v * p / (_ROOT_2PI * u * spread)


@compiled(nogil=True, error_model="numpy")
def fill_losses(
    first: int,
    last: int,
    starts: np.ndarray,
    classes: np.ndarray,
    sources: np.ndarray,
    plumes: np.ndarray,
    virtual: np.ndarray,
    fall: np.ndarray,
    speed: np.ndarray,
    tables: np.ndarray,
    step: float,
    depletion: bool,
    options: int,
    sizes: np.ndarray,
    lost: np.ndarray,
) -> None:
    """Fill `sizes` and `lost` (source, hour, size, node, 2) of a run of groups.

    `lost` is the integral of `loss` from 1 m to each node, and its slope over ln x.
    """
    for s in range(sources.shape[0]):
        urban = sources[s, col.URBAN] != 0.0
        for g in range(first, last):
            k, far_z = classes[g], virtual[s, g, 1]
            table = tables[1 if urban else 0, k]
            for j in range(starts[g], starts[g + 1]):
                plume = plumes[s, j]
                u = 1.0e6 / (2.0 * math.pi * plume[AMPLITUDE])
                for c in range(fall.size):
                    size = sizes[s, j, c]
                    size[RATIO] = fall[c] / u
                    size[EXCESS] = (speed[j, c] - fall[c]) / u
                    size[ROW] = row_of(size[RATIO])
                    size[LEAST] = least_spread(k, 1 if urban else 0, size[RATIO])
                    if not depletion:
                        continue
                    own, total = lost[s, j, c], 0.0
                    for n in range(own.shape[0]):
                        x = math.exp(n * step)
                        if n > 0:
                            for i in range(GAUSS_AT.size):
                                at = math.exp((n - 1 + GAUSS_AT[i]) * step)
                                total += GAUSS_SHARE[i] * step * at * loss(
                                    at, k, urban, far_z, plume, size, table, speed[j, c], options
                                )  # fmt: skip
                        own[n, 0] = total
                        own[n, 1] = x * loss(
                            x, k, urban, far_z, plume, size, table, speed[j, c], options
                        )  # fmt: skip


@inner()
def left_at(lost: np.ndarray, log_x: float, step: float) -> float:
    """Share of a size's mass that is still in the air, by cubics between the nodes."""
    t = log_x / step
    n = min(max(int(t), 0), lost.shape[0] - 2)
    r = min(max(t - n, 0.0), 1.0)
    i0, i1 = lost[n, 0], lost[n + 1, 0]
    d0, d1 = step * lost[n, 1], step * lost[n + 1, 1]
    q = 1.0 - r
    value = q * q * ((1.0 + 2.0 * r) * i0 + r * d0) + r * r * ((1.0 + 2.0 * q) * i1 - q * d1)
    return math.exp(-min(max(value, i0), i1))
