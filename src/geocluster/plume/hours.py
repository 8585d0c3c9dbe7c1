"""What a source adds to a chunk of places in the hours of one group."""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume import columns as col
from geocluster.plume.columns import (
    AMPLITUDE,
    BASE,
    COSINE,
    DECAY,
    DISTANCE,
    DRIVER,
    FACTOR,
    FREQUENCY,
    LID,
    RISE,
)
from geocluster.plume.images import EXPONENT_CUT, MODES_FROM, NEAR_CUT, WELL_MIXED, vertical
from geocluster.plume.jit import inner
from geocluster.plume.lanes import (
    EY,
    GROUND,
    HALF,
    LEVEL,
    LOG_Y,
    OWN,
    ROOT,
    SY2,
    SZ2,
    TERRAIN,
    TOTAL,
    VALUE,
    VZ,
    Y2,
    H,
    V,
    X,
    Z,
    exp_of,
)
from geocluster.plume.rise import BUOYANT, MOMENTUM, gradual_rise
from geocluster.plume.rows import LATERAL_CUT
from geocluster.plume.sigma import SIGMA_Z_MOST

_CUT2 = LATERAL_CUT * LATERAL_CUT
_MOST2 = SIGMA_Z_MOST * SIGMA_Z_MOST
_ROOT_2PI = math.sqrt(2.0 * math.pi)
_MIXED2 = WELL_MIXED * WELL_MIXED
_MODES2 = MODES_FROM * MODES_FROM
_BID = 1.0 / 12.25


@inner()
def _falling(e: float) -> float:
    """``exp(-e)``, 0 beyond the cut."""
    value = exp_of(-min(e, EXPONENT_CUT))
    return value if e <= EXPONENT_CUT else 0.0


@inner()
def fill_rise(work: np.ndarray, n: int, plume: np.ndarray, x0: float, options: int) -> None:
    """Heights, and what the plume's own turbulence adds to the squares of the sigmas."""
    rise, distance, base = plume[RISE], plume[DISTANCE], plume[BASE]
    gradual, induced = not options & col.FINAL_RISE, options & col.BUOYANCY_INDUCED
    share = _BID if induced else 0.0
    for i in range(n):
        work[OWN + i] = rise * rise * share
        work[H + i] = base + rise
    if x0 >= distance or not (gradual or induced):
        return
    driver, factor = int(plume[DRIVER]), plume[FACTOR]
    if driver in (BUOYANT, MOMENTUM):
        power = 2.0 / 3.0 if driver == BUOYANT else 1.0 / 3.0
        factor *= 1000.0**power
        for i in range(n):
            now = min(rise, factor * exp_of(power * work[LOG_Y + i]))
            now = now if work[X + i] < distance else rise
            work[OWN + i] = now * now * share
            work[VALUE + i] = now
    else:
        for i in range(n):
            now = gradual_rise(driver, rise, distance, factor, plume[FREQUENCY], work[X + i])
            work[OWN + i] = now * now * share
            work[VALUE + i] = now
    if gradual:
        for i in range(n):
            work[H + i] = base + work[VALUE + i]


@inner()
def lower_axis(work: np.ndarray, n: int, lid: float, top: float) -> None:
    """Heights above the ground of each place; LEVEL keeps those above the source's base.

    The axis stays level over terrain, and the lid follows the ground. Where the ground lies so low
    that the axis is above the lid there, the axis is put where its images are under the lid.
    """
    for i in range(n):
        work[LEVEL + i] = work[H + i]
        work[H + i] = max(work[H + i] - work[TERRAIN + i], 0.0)
    if top > lid:
        for i in range(n):
            h = work[H + i]
            mirrored = abs(h - 2.0 * lid * math.floor((h + lid) / (2.0 * lid)))
            work[H + i] = min(mirrored, lid) if h > lid else h


@inner()
def fill_ground(work: np.ndarray, n: int) -> None:
    """The spread of the plume and its image in the ground, without a lid."""
    for i in range(n):
        y2, own, h = work[Y2 + i], work[OWN + i], work[H + i]
        vy, vz = work[SY2 + i] + own, min(work[SZ2 + i] + own, _MOST2)
        inverse = 1.0 / (vy * vz)
        half = 0.5 * vy * inverse
        e_y = 0.5 * y2 * vz * inverse
        root = math.sqrt(inverse)
        work[VZ + i] = vz
        work[HALF + i] = half
        work[EY + i] = e_y
        work[ROOT + i] = root if y2 <= _CUT2 * vy else 0.0
        work[V + i] = 2.0 * _falling(h * h * half + e_y)


@inner()
def images_matter(lid: float, h: float, vz: float) -> bool:
    """Whether the lid's image of a plume at `h` is above exp(-25) of that in the ground."""
    return 2.0 * lid * (lid - h) < NEAR_CUT * vz


@inner()
def add_images(work: np.ndarray, n: int, lid: float) -> None:
    for i in range(n):
        h, half, e_y = work[H + i], work[HALF + i], work[EY + i]
        near = (2.0 * lid - h) * (2.0 * lid - h) * half + e_y
        far = (2.0 * lid + h) * (2.0 * lid + h) * half + e_y
        both = 2.0 * (_falling(near) + _falling(far))
        work[V + i] += both if near - (h * h * half + e_y) < NEAR_CUT else 0.0


@inner()
def add_modes(work: np.ndarray, n: int, lid: float, cosine: float, alike: bool) -> None:
    """Where sigma_z is above 0.45 of the lid, the images' sum in cosines instead.

    `cosine` is that of the height, where it is `alike` at all places.
    """
    per = 1.0 / (lid * lid)
    for i in range(n):
        work[VALUE + i] = cosine
    if not alike:
        for i in range(n):
            work[VALUE + i] = math.cos(math.pi * work[H + i] / lid)
    for i in range(n):
        square, c1 = work[VZ + i] * per, work[VALUE + i]
        q = exp_of(-min(0.5 * math.pi * math.pi * square, EXPONENT_CUT))
        q2 = q * q
        q4 = q2 * q2
        c2 = 2.0 * c1 * c1 - 1.0
        c3 = 2.0 * c1 * c2 - c1
        c4 = 2.0 * c1 * c3 - c2
        share = 1.0 + 2.0 * (q * c1 + q4 * c2 + q4 * q4 * q * c3 + q4 * q4 * q4 * q4 * c4)
        share = share if square <= _MIXED2 else 1.0
        value = _ROOT_2PI * math.sqrt(square) * share * _falling(work[EY + i])
        work[V + i] = value if square > _MODES2 else work[V + i]


@inner()
def fill_vertical(
    work: np.ndarray, n: int, lid: float, cosine: float, options: int, high: bool,
    top: float, vz0: float, vz1: float,
) -> None:  # fmt: skip
    """V of each place of a chunk in an hour, with the lateral term, after `fill_ground`.

    The plume is nowhere higher than `top`; `vz0` and `vz1` are bounds of sigma_z squared.
    """
    gradual, hilly = not options & col.FINAL_RISE, options & col.HILLY
    if lid < math.inf:
        if vz0 <= _MODES2 * lid * lid and images_matter(lid, top, vz1):
            add_images(work, n, lid)
        if vz1 > _MODES2 * lid * lid:
            add_modes(work, n, lid, cosine, not (gradual or hilly))
    if high:
        fill_high(work, n, lid)
    if lid < math.inf and gradual and hilly:
        for i in range(n):
            work[V + i] = work[V + i] if work[LEVEL + i] <= lid else 0.0
    elif lid < math.inf and gradual:
        for i in range(n):
            work[V + i] = work[V + i] if work[H + i] <= lid else 0.0


@inner()
def fill_high(work: np.ndarray, n: int, lid: float) -> None:
    """V of those places that are above the ground."""
    for i in range(n):
        if work[Z + i] > 0.0 and work[ROOT + i] > 0.0:
            h = work[H + i]
            at_h = math.cos(math.pi * h / lid) if lid < math.inf else 0.0
            work[V + i] = vertical(
                h, work[Z + i], work[VZ + i], work[HALF + i], lid, at_h, work[EY + i]
            )


@inner()
def stack_hour(
    work: np.ndarray, n: int, plume: np.ndarray, x0: float, sz0: float, sz1: float, ground: tuple,
    options: int, high: bool,
) -> bool:  # fmt: skip
    """Concentration per emission [ug/m3 per g/s] of a chunk in one hour; False where all is 0.

    ``chi = 1e6 / (2 pi u s_y s_z) exp(-y^2 / 2 s_y^2) V`` (ISC3 user's guide, volume II, eq. 1-1),
    V as in `geocluster.plume.images.vertical`. `sz0` and `sz1` are bounds of the ambient sigma_z
    squared, `ground` those of how far the ground is above the source's base. Whether the plume is
    above the lid is asked of its height above the base.
    """
    gradual = not options & col.FINAL_RISE
    lid, rise = plume[LID], plume[RISE]
    level = plume[BASE] if gradual else plume[BASE] + rise
    if level > lid or lid <= 0.0:
        return False
    lowest, top = max(level - ground[1], 0.0), max(plume[BASE] + rise - ground[0], 0.0)
    most = sz1 + (rise * rise * _BID if options & col.BUOYANCY_INDUCED else 0.0)
    lidded = lid < math.inf and (most > _MODES2 * lid * lid or images_matter(lid, top, most))
    if not lidded and not high and lowest * lowest > 2.0 * EXPONENT_CUT * most:
        return False
    fill_rise(work, n, plume, x0, options)
    if options & col.HILLY:
        lower_axis(work, n, lid, top)
    fill_ground(work, n)
    fill_vertical(
        work, n, lid, plume[COSINE], options, high,
        top, min(sz0, _MOST2), min(most, _MOST2),
    )  # fmt: skip
    amplitude, decay = plume[AMPLITUDE], plume[DECAY]
    for i in range(n):
        work[VALUE + i] = amplitude * work[V + i] * work[ROOT + i]
    if decay > 0.0:
        for i in range(n):
            work[VALUE + i] *= exp_of(-min(decay * work[X + i], 700.0))
    return True


@inner()
def start_volume(work: np.ndarray, n: int, height: float, high: bool) -> None:
    """What all hours of a volume source share: GROUND is V without a lid."""
    for i in range(n):
        work[OWN + i] = 0.0
        work[H + i] = height
    fill_ground(work, n)
    if high:
        fill_high(work, n, math.inf)
    for i in range(n):
        work[GROUND + i] = work[V + i]
        work[TOTAL + i] = 0.0


@inner()
def volume_lid(
    work: np.ndarray, n: int, plume: np.ndarray, sz0: float, sz1: float, options: int, high: bool
) -> bool:
    """V under the lid of an hour, after `start_volume`; False where the lid changes nothing."""
    lid, h = plume[LID], plume[BASE]
    if lid == math.inf or not (high or images_matter(lid, h, sz1) or sz1 > _MODES2 * lid * lid):
        return False
    for i in range(n):
        work[V + i] = work[GROUND + i]
    fill_vertical(
        work, n, lid, plume[COSINE], options, high, h, min(sz0, _MOST2), min(sz1, _MOST2)
    )  # fmt: skip
    return True
