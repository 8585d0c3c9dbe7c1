"""Plumes of areas: the Gaussian plume integrated over polygons; numpy arrays in and out.

Across the wind the integral is one of the normal distribution, taken at the polygon's edges; along
the wind, in the logarithm of the distance, it is by adaptive Gauss-Kronrod quadrature, cut where
the polygon has corners and where the dispersion curves jump. Hours of one wind direction and class
share the quadrature's points: without a lid in reach they differ by the wind's speed alone.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from geocluster.plume import columns as col
from geocluster.plume.images import vertical
from geocluster.plume.jit import compiled
from geocluster.plume.quadrature import GAUSS, KRONROD, MOST_NODES, NODES, SIZES, upper_tail
from geocluster.plume.rise import wind_at
from geocluster.plume.rows import LATERAL_CUT, LONGEST_GROUP
from geocluster.plume.sigma import (
    RURAL_Z,
    SIGMA_Z_MOST,
    sigma_y_rural,
    sigma_y_urban,
    sigma_z_rural,
    sigma_z_urban,
)

# Columns of the table of areas and of the table of edges.
X, Y, RADIUS, HEIGHT, SIGMA_Z0, URBAN = range(6)
AREA_COLUMNS = 6
X0, Y0, X1, Y1, CORNER = range(5)

TOLERANCE = 1e-4  # of the integral along the wind, by the quadrature's own estimate
NEAREST_M = 1.0  # what is emitted nearer than this, upwind of the receptor, is left out as in ISC3
MOST_PANELS = 400
LONGEST_PANEL = 2.0  # in ln x
NARROW_PANEL = 0.6  # in ln x; fewer points are enough
BANDS = 64
_LN_1000 = math.log(1000.0)
_ROOT_2PI = math.sqrt(2.0 * math.pi)

_MOST_JUMPS = max(len(lines) for lines in RURAL_Z)
# Where the rural sigma_z changes its line, in metres; inf fills up.
_JUMPS_M = np.array(
    [
        [1000.0 * line[0] for line in lines] + [math.inf] * (_MOST_JUMPS - len(lines))
        for lines in RURAL_Z
    ]
)


@compiled()
def _across(local: np.ndarray, active: np.ndarray, n: int, x: float, sy: float) -> float:
    """The share of a plume's width that the polygon covers at `x` upwind of the receptor.

    An edge above the axis counts as 1 less its upper tail, so that far from the axis nothing but
    small numbers are subtracted from each other.
    """
    inside, tails = 0.0, 0.0
    inverse = 1.0 / sy
    for i in range(n):
        e = active[i]
        forth = local[e, 2] > x
        if (local[e, 0] > x) == forth:
            continue
        sign = 1.0 if forth else -1.0
        t = (local[e, 1] + (x - local[e, 0]) * local[e, 3]) * inverse
        if t > 0.0:
            inside += sign
            tails -= sign * upper_tail(t)
        else:
            tails += sign * upper_tail(-t)
    return max(inside + tails, 0.0)


@compiled()
def _panel(
    t0: float,
    t1: float,
    local: np.ndarray,
    active: np.ndarray,
    n: int,
    k: int,
    urban: bool,
    vz0: float,
    h: float,
    z: float,
    lids: np.ndarray,
    n_lids: int,
    n_free: int,
    decays: np.ndarray,
    n_hours: int,
    f: np.ndarray,
    sums: np.ndarray,
) -> tuple:
    """Integrate from `t0` to `t1` in ln x: the sum over hours, and its estimated error.

    ``sums[j]`` receives the integral of hour j; hours from `n_lids` on know no lid in reach.
    """
    half_width, middle = 0.5 * (t1 - t0), 0.5 * (t0 + t1)
    sums[:n_hours] = 0.0
    x0, x1, n_active = math.exp(t0), math.exp(t1), 0
    for e in range(n):
        if min(local[e, 0], local[e, 2]) < x1 and max(local[e, 0], local[e, 2]) > x0:
            active[n_active] = e
            n_active += 1
    if n_active == 0:
        return 0.0, 0.0
    decaying = decays[0] > 0.0
    free, total, rough = 0.0, 0.0, 0.0
    rule = 1 if t1 - t0 < NARROW_PANEL else 0
    size = SIZES[rule]
    for i in range(size):
        t = middle + half_width * NODES[rule, i]
        x = math.exp(t)
        f[i] = 0.0
        sy = sigma_y_urban(x, k) if urban else sigma_y_rural(x, t - _LN_1000, k)
        share = _across(local, active, n_active, x, sy)
        if share < 1e-12:
            continue
        sz = sigma_z_urban(x, k) if urban else sigma_z_rural(x, t - _LN_1000, k)
        vz = min(sz * sz + vz0, SIGMA_Z_MOST * SIGMA_Z_MOST)
        half = 0.5 / vz
        base = share * x / math.sqrt(vz)
        open_air = vertical(h, z, vz, half, math.inf, 0.0, 0.0)
        weight = KRONROD[rule, i] * half_width * base
        value = open_air * n_free
        if decaying:
            value = 0.0
        else:
            free += weight * open_air
        for j in range(n_hours if decaying else n_lids):
            here = open_air
            if j < n_lids and lid_in_reach(h, z, lids[j], half):
                here = vertical(h, z, vz, half, lids[j], math.cos(math.pi * h / lids[j]), 0.0)
            if decaying:
                here *= math.exp(-decays[j] * x)
            value += here
            sums[j] += weight * here
        f[i] = base * value
        total += KRONROD[rule, i] * f[i]
        rough += GAUSS[rule, i] * f[i]
    if not decaying:
        sums[n_lids:n_hours] = free
    spread = 0.0
    for i in range(size):
        spread += KRONROD[rule, i] * abs(f[i] - 0.5 * total)
    error = abs(total - rough)
    if spread > 0.0:
        error = min(error, spread * (200.0 * error / spread) ** 1.5)
    return half_width * total, half_width * error


@compiled()
def lid_in_reach(h: float, z: float, lid: float, half: float) -> bool:
    """Whether the lid's nearest image adds more than exp(-25) of what is there without a lid."""
    return ((2.0 * lid - h - z) ** 2 - (h - z) ** 2) * half < 25.0


@compiled()
def _cut(
    cuts: np.ndarray,
    local: np.ndarray,
    corners: np.ndarray,
    n: int,
    k: int,
    urban: bool,
    lowest: float,
    highest: float,
) -> int:
    """Fill `cuts` with the ends of the first panels, in ln x, ascending; their number."""
    cuts[0], cuts[1] = math.log(lowest), math.log(highest)
    size, most = 2, cuts.size
    for e in range(n):
        if corners[e] != 0.0 and lowest < local[e, 0] < highest and size < most:
            cuts[size] = math.log(local[e, 0])
            size += 1
    if not urban:
        for line in range(_MOST_JUMPS):
            at = _JUMPS_M[k, line]
            if lowest < at < highest and size < most:
                cuts[size] = math.log(at)
                size += 1
    cuts[:size].sort()
    kept = 1
    for i in range(1, size):
        if cuts[i] - cuts[kept - 1] > 1e-9:
            cuts[kept] = cuts[i]
            kept += 1
    return kept


@compiled()
def _integrate(
    local: np.ndarray,
    active: np.ndarray,
    corners: np.ndarray,
    n: int,
    lowest: float,
    highest: float,
    k: int,
    urban: bool,
    vz0: float,
    h: float,
    z: float,
    lids: np.ndarray,
    n_lids: int,
    n_free: int,
    decays: np.ndarray,
    n_hours: int,
    cuts: np.ndarray,
    panels: np.ndarray,
    sums: np.ndarray,
    f: np.ndarray,
    values: np.ndarray,
) -> None:
    """``values[j] = integral of share(x) V_j(x) / s_z(x) dx``, V from `vertical`, to `TOLERANCE`.

    The panel of the largest error is halved until the errors together are within the tolerance.
    """
    ends = _cut(cuts, local, corners, n, k, urban, lowest, highest)
    size, total, error = 0, 0.0, 0.0
    for i in range(ends - 1):
        parts = int((cuts[i + 1] - cuts[i]) / LONGEST_PANEL) + 1
        step = (cuts[i + 1] - cuts[i]) / parts
        for part in range(parts):
            if size == MOST_PANELS:
                break
            panels[size, 0] = cuts[i] + part * step
            panels[size, 1] = cuts[i + 1] if part == parts - 1 else cuts[i] + (part + 1) * step
            panels[size, 2], panels[size, 3] = _panel(
                panels[size, 0], panels[size, 1], local, active, n, k, urban, vz0, h, z, lids,
                n_lids, n_free, decays, n_hours, f, sums[size],
            )  # fmt: skip
            total += panels[size, 2]
            error += panels[size, 3]
            size += 1
    while error > TOLERANCE * total and size < MOST_PANELS:
        worst = 0
        for i in range(1, size):
            if panels[i, 3] > panels[worst, 3]:
                worst = i
        t0, t1 = panels[worst, 0], panels[worst, 1]
        panels[worst, 1] = panels[size, 0] = 0.5 * (t0 + t1)
        panels[size, 1] = t1
        for i in (worst, size):
            panels[i, 2], panels[i, 3] = _panel(
                panels[i, 0], panels[i, 1], local, active, n, k, urban, vz0, h, z, lids, n_lids,
                n_free, decays, n_hours, f, sums[i],
            )  # fmt: skip
        size += 1
        total, error = 0.0, 0.0
        for i in range(size):
            total += panels[i, 2]
            error += panels[i, 3]
    values[:n_hours] = 0.0
    for i in range(size):
        for j in range(n_hours):
            values[j] += sums[i, j]


@compiled()
def _turn(
    local: np.ndarray, edges: np.ndarray, along: float, across: float, ux: float, uy: float
) -> tuple:
    """Edges as seen from a receptor: upwind distance, crosswind distance, other end, slope.

    `along` and `across` are those of the area's centre. Returned are the nearest and farthest
    upwind distance and the lowest and highest crosswind one.
    """
    near, far, low, high = math.inf, -math.inf, math.inf, -math.inf
    for e in range(edges.shape[0]):
        x0 = along - (edges[e, X0] * ux + edges[e, Y0] * uy)
        x1 = along - (edges[e, X1] * ux + edges[e, Y1] * uy)
        y0 = across - (edges[e, X0] * uy - edges[e, Y0] * ux)
        y1 = across - (edges[e, X1] * uy - edges[e, Y1] * ux)
        local[e, 0], local[e, 1], local[e, 2] = x0, y0, x1
        local[e, 3] = (y1 - y0) / (x1 - x0) if x1 != x0 else 0.0
        near, far, low, high = min(near, x0), max(far, x0), min(low, y0), max(high, y0)
    return near, far, low, high


@compiled()
def _sigma_y(x: float, k: int, urban: bool) -> float:
    return sigma_y_urban(x, k) if urban else sigma_y_rural(x, math.log(0.001 * x), k)


@compiled(parallel=True)
def sweep_areas(
    places: np.ndarray,
    areas: np.ndarray,
    edges: np.ndarray,
    spans: np.ndarray,
    density: np.ndarray,
    hours: np.ndarray,
    hour_of: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    flow: np.ndarray,
    anemometer_m: float,
    decay_per_s: float,
    reach_m: float,
    mean: np.ndarray,
    hourly: np.ndarray,
) -> None:
    """Add the areas to the mean (pollutant, receptor) and to the hours (receptor, pollutant, hour).

    `hourly` without receptors is not asked for. A receptor belongs to one thread, and its sums run
    over groups, then areas, then hours.
    """
    most_edges = np.max(spans[:, 1] - spans[:, 0])
    n_pollutants = density.shape[1]
    hourly_wanted = hourly.shape[0] > 0
    for band in prange(BANDS):
        local = np.empty((most_edges, 4))
        active = np.empty(most_edges, np.int64)
        cuts = np.empty(MOST_PANELS // 2)
        panels = np.empty((MOST_PANELS, 4))
        sums = np.empty((MOST_PANELS, LONGEST_GROUP))
        f = np.empty(MOST_NODES)
        values, lids, decays, speeds = (
            np.empty(LONGEST_GROUP), np.empty(LONGEST_GROUP), np.empty(LONGEST_GROUP),
            np.empty(LONGEST_GROUP),
        )  # fmt: skip
        for r in range(band, places.shape[0], BANDS):
            z = places[r, 2]
            for g in range(classes.size):
                k, ux, uy = classes[g], flow[g, 0], flow[g, 1]
                for s in range(areas.shape[0]):
                    dx, dy = places[r, 0] - areas[s, X], places[r, 1] - areas[s, Y]
                    along, across = dx * ux + dy * uy, dx * uy - dy * ux
                    radius = areas[s, RADIUS]
                    if along + radius <= NEAREST_M or along - radius >= reach_m:
                        continue
                    urban = areas[s, URBAN] != 0.0
                    far = min(along + radius, reach_m)
                    if abs(across) - radius > LATERAL_CUT * _sigma_y(far, k, urban):
                        continue
                    begin, end = spans[s, 0], spans[s, 1]
                    near, far, low, high = _turn(local, edges[begin:end], along, across, ux, uy)
                    near, far = max(near, NEAREST_M), min(far, reach_m)
                    if near >= far:
                        continue
                    if max(low, -high) > LATERAL_CUT * _sigma_y(far, k, urban):
                        continue
                    h = areas[s, HEIGHT]
                    vz0 = areas[s, SIGMA_Z0] ** 2
                    j0, j1 = starts[g], starts[g + 1]
                    if k < 4:
                        while j0 < j1 and hours[j0, col.MIXING_HEIGHT] < max(h, z, 1e-9):
                            j0 += 1
                    if j0 == j1:
                        continue
                    for j in range(j1 - j0):
                        lids[j] = hours[j0 + j, col.MIXING_HEIGHT] if k < 4 else math.inf
                        speeds[j] = wind_at(h, hours[j0 + j, col.SPEED], anemometer_m, k, urban)
                        decays[j] = decay_per_s / speeds[j]
                    widest = _widest(far, k, urban, vz0)
                    n_lids = 0
                    while n_lids < j1 - j0 and lid_in_reach(h, z, lids[n_lids], widest):
                        n_lids += 1
                    _integrate(
                        local, active, edges[begin:end, CORNER], end - begin, near, far, k,
                        urban, vz0, h, z, lids, n_lids, j1 - j0 - n_lids, decays, j1 - j0,
                        cuts, panels, sums, f, values,
                    )  # fmt: skip
                    total = 0.0
                    for j in range(j1 - j0):
                        values[j] *= 1.0e6 / (_ROOT_2PI * speeds[j])
                        total += hours[j0 + j, col.WEIGHT] * values[j]
                    for p in range(n_pollutants):
                        mean[p, r] += density[s, p] * total
                    if hourly_wanted:
                        for p in range(n_pollutants):
                            for j in range(j1 - j0):
                                hourly[r, p, hour_of[j0 + j]] += density[s, p] * values[j]


@compiled()
def _widest(x: float, k: int, urban: bool, vz0: float) -> float:
    """``1 / 2 s_z^2`` at the far end of an area, a little widened for the jumps of the curves."""
    sz = sigma_z_urban(x, k) if urban else sigma_z_rural(x, math.log(0.001 * x), k)
    return 0.5 / min(1.21 * sz * sz + vz0, SIGMA_Z_MOST * SIGMA_Z_MOST)
