"""Every hour by itself at a block of receptors, where a statistic needs more than sums and tops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from geocluster.plume import columns as col
from geocluster.plume.images import vertical
from geocluster.plume.jit import compiled
from geocluster.plume.kernel import (
    _LOCK,
    AMPLITUDE,
    BASE,
    COSINE,
    DECAY,
    DISTANCE,
    DRIVER,
    FACTOR,
    FREQUENCY,
    LID,
    PLUME_COLUMNS,
    RISE,
    fill_plume,
    virtual_distances,
)
from geocluster.plume.rise import gradual_rise
from geocluster.plume.rows import LATERAL_CUT, LONGEST_GROUP, WEDGE, group_hours
from geocluster.plume.sigma import (
    SIGMA_Z_MOST,
    sigma_y_rural,
    sigma_y_urban,
    sigma_z_rural,
    sigma_z_urban,
)

TABLE_BYTES = 64_000_000  # of plumes, a row a source and hour


def hourly_values(
    receptors: np.ndarray,
    sources: np.ndarray,
    emissions: np.ndarray,
    hours: np.ndarray,
    wind_from_deg: np.ndarray,
    k: np.ndarray,
    *,
    anemometer_m: float,
    half_life_s: float | None,
    reach_m: float,
    options: int,
    **_: Any,
) -> np.ndarray:
    """Concentration at every receptor in every hour.

    Parameters
    ----------
    receptors, sources, emissions, hours, wind_from_deg, k, anemometer_m, half_life_s, reach_m,
    options
        As in `geocluster.plume.kernel.sweep_all`.

    Returns
    -------
    ndarray, (receptor, pollutant, hour)
        Hours in the order given. [ug/m3]
    """
    order, starts = group_hours(wind_from_deg, k, hours[:, col.MIXING_HEIGHT])
    angle = np.deg2rad(wind_from_deg[order[starts[:-1]]])
    flow = np.column_stack([-np.sin(angle), -np.cos(angle)])
    classes = k[order[starts[:-1]]].astype(np.int64)
    values = np.zeros((receptors.shape[0], emissions.shape[1], k.size))
    decay = math.log(2.0) / half_life_s if half_life_s else 0.0
    some = max(1, TABLE_BYTES // (8 * PLUME_COLUMNS * k.size))
    for first in range(0, sources.shape[0], some):
        part = np.ascontiguousarray(sources[first : first + some])
        rates = np.ascontiguousarray(emissions[first : first + some])
        plumes = np.empty((part.shape[0], k.size, PLUME_COLUMNS))
        ordered = np.ascontiguousarray(hours[order])
        with _LOCK:
            _fill_plumes(part, ordered, starts, classes, anemometer_m, decay, options, plumes)
            _add_hours(
                receptors, part, rates, order, starts, classes, flow, plumes, reach_m, options,
                values,
            )  # fmt: skip
    return values


@compiled(parallel=True)
def _fill_plumes(
    sources: np.ndarray,
    hours: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    anemometer_m: float,
    decay_per_s: float,
    options: int,
    plumes: np.ndarray,
) -> None:
    for s in prange(sources.shape[0]):
        for g in range(classes.size):
            for j in range(starts[g], starts[g + 1]):
                fill_plume(
                    plumes[s, j],
                    sources[s],
                    hours[j],
                    classes[g],
                    anemometer_m,
                    decay_per_s,
                    options,
                )


@compiled()
def _plume_values(
    x: float,
    y: float,
    z: float,
    k: int,
    urban: bool,
    far_y: float,
    far_z: float,
    spread: float,
    options: int,
    plumes: np.ndarray,
    s: int,
    j0: int,
    j1: int,
    values: np.ndarray,
) -> bool:
    """Concentration per emission [ug/m3 per g/s] at one place in the hours of a group.

    ``chi = 1e6 / (2 pi u s_y s_z) exp(-y^2 / 2 s_y^2) V`` (ISC3 user's guide, volume II, eq. 1-1),
    V from `vertical`. False where it is zero in every hour.
    """
    x_y, x_z = x + far_y, x + far_z
    log_km = 0.0 if urban else math.log(0.001 * x_y)
    sy = sigma_y_urban(x_y, k) if urban else sigma_y_rural(x_y, log_km, k)
    sy2 = sy * sy
    cut = LATERAL_CUT * LATERAL_CUT
    if y * y > cut * (sy2 + spread * spread):
        return False
    if not urban and far_y != far_z:
        log_km = math.log(0.001 * x_z)
    sz = sigma_z_urban(x_z, k) if urban else sigma_z_rural(x_z, log_km, k)
    sz2 = sz * sz
    some = False
    gradual = not options & col.FINAL_RISE
    induced = options & col.BUOYANCY_INDUCED
    for j in range(j0, j1):
        values[j - j0] = 0.0
        rise = plumes[s, j, RISE]
        now = rise
        if (gradual or induced) and x < plumes[s, j, DISTANCE]:
            now = gradual_rise(
                int(plumes[s, j, DRIVER]),
                rise,
                plumes[s, j, DISTANCE],
                plumes[s, j, FACTOR],
                plumes[s, j, FREQUENCY],
                x,
            )
        own = now * now * (1.0 / 12.25) if induced else 0.0
        vy, vz = sy2 + own, min(sz2 + own, SIGMA_Z_MOST * SIGMA_Z_MOST)
        if y * y > cut * vy:
            continue
        h = plumes[s, j, BASE] + (now if gradual else rise)
        cosine = plumes[s, j, COSINE]
        if gradual and plumes[s, j, LID] < math.inf:
            cosine = math.cos(math.pi * h / plumes[s, j, LID])
        inverse = 1.0 / (vy * vz)
        factor = vertical(
            h, z, vz, 0.5 * vy * inverse, plumes[s, j, LID], cosine, 0.5 * y * y * vz * inverse
        )
        if factor == 0.0:
            continue
        if plumes[s, j, DECAY] > 0.0:
            factor *= math.exp(-plumes[s, j, DECAY] * x)
        values[j - j0] = plumes[s, j, AMPLITUDE] * factor * math.sqrt(inverse)
        some = True
    return some


@compiled(parallel=True)
def _add_hours(
    receptors: np.ndarray,
    sources: np.ndarray,
    emissions: np.ndarray,
    order: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    flow: np.ndarray,
    plumes: np.ndarray,
    reach_m: float,
    options: int,
    hourly: np.ndarray,
) -> None:
    """A receptor belongs to one thread; its sums run over sources in their order."""
    n_groups, n_sources = classes.size, sources.shape[0]
    spreads = np.zeros((n_sources, n_groups))
    virtual = np.zeros((n_sources, n_groups, 2))
    for s in range(n_sources):
        for g in range(n_groups):
            far_y, far_z = virtual_distances(sources[s], classes[g])
            virtual[s, g, 0] = far_y
            virtual[s, g, 1] = far_z
            if options & col.BUOYANCY_INDUCED:
                for j in range(starts[g], starts[g + 1]):
                    spreads[s, g] = max(spreads[s, g], plumes[s, j, RISE] / 3.5)
    for i in prange(receptors.shape[0]):
        values = np.zeros(LONGEST_GROUP)
        for s in range(n_sources):
            dx, dy = receptors[i, 0] - sources[s, col.X], receptors[i, 1] - sources[s, col.Y]
            if dx * dx + dy * dy > reach_m * reach_m:
                continue
            blank = 1.0
            if sources[s, col.VOLUME] != 0.0:
                blank = 2.15 * sources[s, col.SIGMA_Y0] + 1.0
            for g in range(n_groups):
                x = dx * flow[g, 0] + dy * flow[g, 1]
                y = dx * flow[g, 1] - dy * flow[g, 0]
                if x < blank or abs(y) > WEDGE * x:
                    continue
                j0, j1 = starts[g], starts[g + 1]
                if not _plume_values(
                    x,
                    y,
                    receptors[i, 2],
                    classes[g],
                    sources[s, col.URBAN] != 0.0,
                    virtual[s, g, 0],
                    virtual[s, g, 1],
                    spreads[s, g],
                    options,
                    plumes,
                    s,
                    j0,
                    j1,
                    values,
                ):
                    continue
                for p in range(emissions.shape[1]):
                    for j in range(j0, j1):
                        hourly[i, p, order[j]] += emissions[s, p] * values[j - j0]
