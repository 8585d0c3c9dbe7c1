"""The sweep of the Gaussian plume over receptors, hours and sources; numpy arrays in and out.

Hours of one wind direction and stability class form a group and share their sigmas. Receptors lie
in rows sorted by x; of each row only the part within a plume's wedge is visited. A row belongs to
one thread alone and its sums run in a fixed order (groups, then sources, then hours), so that the
result is the same to the last bit whatever the number of threads.
"""

from __future__ import annotations

import itertools
import math
import threading

import numpy as np
from numba import prange

from geocluster.plume.jit import compiled
from geocluster.plume.rise import gradual_rise, plume_rise, stack_tip_height, wind_at
from geocluster.plume.sigma import (
    SIGMA_Z_MOST,
    sigma_y_rural,
    sigma_y_urban,
    sigma_z_rural,
    sigma_z_urban,
    virtual_y_rural,
    virtual_y_urban,
    virtual_z_rural,
    virtual_z_urban,
)

# Columns of the array of sources.
X, Y, VOLUME, HEIGHT, DIAMETER, VELOCITY, TEMPERATURE, TIP_DIAMETER, TIP_VELOCITY = range(9)
SIGMA_Y0, SIGMA_Z0, URBAN = range(9, 12)
SOURCE_COLUMNS = 12

# Columns of the array of hours.
SPEED, MIXING_HEIGHT, AIR_TEMPERATURE, WEIGHT = range(4)

# Columns of the table of plumes, a row a source and hour.
AMPLITUDE, BASE, RISE, DRIVER, DISTANCE, FACTOR, FREQUENCY, LID, DECAY = range(9)
PLUME_COLUMNS = 9

# Options, one bit each.
FINAL_RISE, TIP_DOWNWASH, BUOYANCY_INDUCED = 1, 2, 4

WEDGE = 1.191754  # tan 50 degrees: ISC3 knows no plume outside
LATERAL_CUT = 6.0  # sigmas; what is left out is under exp(-18) = 1.5e-8 of the axis
EXPONENT_CUT = 50.0
WELL_MIXED = 1.6  # sigma_z over mixing height
LONGEST_GROUP = 16
BANDS = 32
TANGENTS_M = (300.0, 1500.0, 6000.0, 25000.0)
LINES = 2 * len(TANGENTS_M) + 3

_LOCK = threading.Lock()
_TABLE_BYTES = 64_000_000
_ROOT_2PI = math.sqrt(2.0 * math.pi)


@compiled()
def ambient_sigmas(x: float, far_y: float, far_z: float, k: int, urban: bool) -> tuple:
    """sigma_y and sigma_z [m] without the plume's own turbulence, from the virtual origins."""
    if urban:
        return sigma_y_urban(x + far_y, k), sigma_z_urban(x + far_z, k)
    return sigma_y_rural(x + far_y, k), sigma_z_rural(x + far_z, k)


@compiled()
def virtual_distances(source: np.ndarray, k: int) -> tuple:
    """How far upwind [m] the virtual origins of a volume source lie; 0 for a point."""
    y0, z0 = source[SIGMA_Y0], source[SIGMA_Z0]
    if source[VOLUME] == 0.0:
        return 0.0, 0.0
    if source[URBAN] != 0.0:
        far_y = virtual_y_urban(y0, k) if y0 > 0.0 else 0.0
        return far_y, virtual_z_urban(z0, k) if z0 > 0.0 else 0.0
    far_y = virtual_y_rural(y0, k) if y0 > 0.0 else 0.0
    return far_y, virtual_z_rural(z0, k) if z0 > 0.0 else 0.0


@compiled()
def fill_plume(
    row: np.ndarray,
    source: np.ndarray,
    hour: np.ndarray,
    k: int,
    anemometer_m: float,
    decay_per_s: float,
    options: int,
) -> None:
    """One row of the table of plumes: what a source does in an hour, apart from where."""
    u = wind_at(source[HEIGHT], hour[SPEED], anemometer_m, k, source[URBAN] != 0.0)
    row[AMPLITUDE] = 1.0e6 / (2.0 * math.pi * u)
    row[BASE] = source[HEIGHT]
    row[LID] = hour[MIXING_HEIGHT] if k < 4 else math.inf
    row[DECAY] = decay_per_s / u
    row[FREQUENCY] = 0.0
    row[DRIVER] = 0.0
    row[RISE] = 0.0
    row[DISTANCE] = 0.0
    row[FACTOR] = 0.0
    if source[VOLUME] != 0.0:
        return
    if options & TIP_DOWNWASH:
        row[BASE] = stack_tip_height(source[HEIGHT], source[TIP_DIAMETER], source[TIP_VELOCITY], u)
    t_air = hour[AIR_TEMPERATURE]
    driver, rise, distance, factor, frequency = plume_rise(
        source[VELOCITY], source[DIAMETER], source[TEMPERATURE], t_air, u, k
    )
    row[DRIVER] = driver
    row[RISE] = rise
    row[DISTANCE] = distance
    row[FACTOR] = factor
    row[FREQUENCY] = frequency


@compiled()
def fill_wedge(
    lines: np.ndarray,
    source: np.ndarray,
    k: int,
    ux: float,
    uy: float,
    spread: float,
    far_y: float,
) -> None:
    """The wedge of a group as half-planes ``a X + b Y <= c`` around the source.

    sigma_y is concave in distance, so its tangents bound it from above; `spread` is the most that
    the plume's own turbulence adds [m].
    """
    urban = source[URBAN] != 0.0
    _fill_line(lines[0], -ux, -uy, 0.0)
    for n in range(len(TANGENTS_M) + 1):
        slope, offset = WEDGE, 0.0
        if n > 0:
            x = TANGENTS_M[n - 1]
            at = ambient_sigmas(x, far_y, 0.0, k, urban)[0]
            slope = (at - ambient_sigmas(0.999 * x, far_y, 0.0, k, urban)[0]) / (0.001 * x)
            offset = 1.001 * LATERAL_CUT * (at - slope * x + spread)
            slope *= 1.001 * LATERAL_CUT
        # The crosswind distance is y = X uy - Y ux.
        _fill_line(lines[2 * n + 1], uy - slope * ux, -ux - slope * uy, offset)
        _fill_line(lines[2 * n + 2], -uy - slope * ux, ux - slope * uy, offset)


@compiled()
def _fill_line(line: np.ndarray, a: float, b: float, c: float) -> None:
    line[0] = a
    line[1] = b
    line[2] = c


@compiled(parallel=True)
def prepare(
    sources: np.ndarray,
    hours: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    flow: np.ndarray,
    anemometer_m: float,
    decay_per_s: float,
    options: int,
    plumes: np.ndarray,
    wedges: np.ndarray,
    spreads: np.ndarray,
    virtual: np.ndarray,
) -> None:
    """Fill the table of plumes and the wedges of every source and group."""
    for s in prange(sources.shape[0]):
        for g in range(classes.size):
            k = classes[g]
            spread = 0.0
            for j in range(starts[g], starts[g + 1]):
                fill_plume(
                    plumes[s, j], sources[s], hours[j], k, anemometer_m, decay_per_s, options
                )
                if options & BUOYANCY_INDUCED:
                    spread = max(spread, plumes[s, j, RISE] / 3.5)
            far_y, far_z = virtual_distances(sources[s], k)
            virtual[s, g, 0] = far_y
            virtual[s, g, 1] = far_z
            spreads[s, g] = spread
            fill_wedge(wedges[s, g], sources[s], k, flow[g, 0], flow[g, 1], spread, far_y)


@compiled()
def row_part(lines: np.ndarray, reach_m: float, y0: float, y1: float, sx: float) -> tuple:
    """The stretch of x that the wedge and the reach leave of a row; y0, y1 are from the source."""
    near = 0.0 if y0 <= 0.0 <= y1 else min(abs(y0), abs(y1))
    if near > reach_m:
        return 1.0, 0.0
    upper = math.sqrt(reach_m * reach_m - near * near)
    lower = -upper
    for n in range(lines.shape[0]):
        a, b = lines[n, 0], lines[n, 1]
        rest = lines[n, 2] - min(b * y0, b * y1)
        if a > 1e-9:
            upper = min(upper, rest / a)
        elif a < -1e-9:
            lower = max(lower, rest / a)
        elif rest < -1e-3:
            return 1.0, 0.0
    return sx + lower - 1e-3, sx + upper + 1e-3


@compiled()
def first_from(px: np.ndarray, lower: int, upper: int, value: float) -> int:
    """The first index from `lower` to `upper` where the sorted px is at least `value`."""
    while lower < upper:
        middle = (lower + upper) // 2
        if px[middle] < value:
            lower = middle + 1
        else:
            upper = middle
    return lower


@compiled()
def vertical(h: float, z: float, vz: float, lid: float, e_y: float) -> float:
    """Images in the ground and the lid, times the lateral term ``exp(-e_y)``.

    ``exp(-(h-z)^2 / 2 s^2) + exp(-(h+z)^2 / 2 s^2)`` and its images at ``2 n lid``; where sigma_z
    is above 0.7 of the lid, their sum in cosines (Poisson's formula), which converges where
    images do not; above 1.6 well mixed, ``(2 pi)^(1/2) s / lid``.
    """
    if lid < math.inf:
        if h > lid or z > lid or lid <= 0.0:
            return 0.0
        ratio = math.sqrt(vz) / lid
        if ratio > WELL_MIXED:
            return _ROOT_2PI * ratio * math.exp(-e_y)
        if ratio > 0.7:
            return _ROOT_2PI * ratio * _modes(h, z, ratio, lid) * math.exp(-e_y)
    half = 0.5 / vz
    if z == 0.0:
        e_h = h * h * half
        if e_h + e_y > EXPONENT_CUT:
            return 0.0
        total = 2.0 * math.exp(-e_h - e_y)
    else:
        total = math.exp(-((h - z) ** 2) * half - e_y) + math.exp(-((h + z) ** 2) * half - e_y)
    if lid < math.inf and 4.0 * (lid - h) * (lid - z) * half < 30.0:
        total += _images(h, z, half, lid, e_y)
    return total


@compiled()
def _images(h: float, z: float, half: float, lid: float, e_y: float) -> float:
    total = 0.0
    for n in (2.0, 4.0):
        for sign in (-1.0, 1.0):
            a = (n * lid + sign * h - z) ** 2 * half
            b = (n * lid + sign * h + z) ** 2 * half
            total += math.exp(-a - e_y) + math.exp(-b - e_y)
    return total


@compiled()
def _modes(h: float, z: float, ratio: float, lid: float) -> float:
    decay = math.exp(-0.5 * (math.pi * ratio) ** 2)
    total = 1.0
    for n in range(1, 4):
        mode = math.cos(n * math.pi * h / lid) * math.cos(n * math.pi * z / lid)
        total += 2.0 * decay ** (n * n) * mode
    return total


@compiled()
def plume_values(
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
    values: np.ndarray,
) -> bool:
    """Concentration per emission [ug/m3 per g/s] at one place in the hours of a group.

    ``chi = 1e6 / (2 pi u s_y s_z) exp(-y^2 / 2 s_y^2) V`` (ISC3 user's guide, volume II, eq. 1-1),
    V from `vertical`. False where it is zero in every hour.
    """
    sy, sz = ambient_sigmas(x, far_y, far_z, k, urban)
    sy2, sz2 = sy * sy, sz * sz
    cut = LATERAL_CUT * LATERAL_CUT
    if y * y > cut * (sy2 + spread * spread):
        return False
    some = False
    gradual = not options & FINAL_RISE
    induced = options & BUOYANCY_INDUCED
    for j in range(plumes.shape[0]):
        plume = plumes[j]
        values[j] = 0.0
        rise = plume[RISE]
        now = rise
        if (gradual or induced) and x < plume[DISTANCE]:
            now = gradual_rise(
                int(plume[DRIVER]), rise, plume[DISTANCE], plume[FACTOR], plume[FREQUENCY], x
            )
        own = (now / 3.5) ** 2 if induced else 0.0
        vy, vz = sy2 + own, min(sz2 + own, SIGMA_Z_MOST * SIGMA_Z_MOST)
        if y * y > cut * vy:
            continue
        h = plume[BASE] + (now if gradual else rise)
        factor = vertical(h, z, vz, plume[LID], 0.5 * y * y / vy)
        if factor == 0.0:
            continue
        if plume[DECAY] > 0.0:
            factor *= math.exp(-plume[DECAY] * x)
        values[j] = plume[AMPLITUDE] * factor / math.sqrt(vy * vz)
        some = True
    return some


@compiled(parallel=True)
def sweep(
    px: np.ndarray,
    py: np.ndarray,
    pz: np.ndarray,
    row_start: np.ndarray,
    row_y0: np.ndarray,
    row_y1: np.ndarray,
    sources: np.ndarray,
    emissions: np.ndarray,
    weights: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    flow: np.ndarray,
    plumes: np.ndarray,
    wedges: np.ndarray,
    spreads: np.ndarray,
    virtual: np.ndarray,
    reach_m: float,
    options: int,
    mean: np.ndarray,
    highest: np.ndarray,
) -> None:
    """Add the hours of these groups to the mean, and raise the highest hour where it is asked for.

    `mean` and `highest` are (pollutant, receptor); a `highest` without receptors is not asked for.
    """
    n_rows = row_start.size - 1
    n_pollutants = emissions.shape[1]
    hourly_wanted = highest.shape[1] > 0
    widest = int(np.max(row_start[1:] - row_start[:-1])) if hourly_wanted else 0
    for band in prange(BANDS):
        values = np.zeros(LONGEST_GROUP)
        hourly = np.zeros((n_pollutants, widest, LONGEST_GROUP))
        for g in range(classes.size):
            j0, j1 = starts[g], starts[g + 1]
            ux, uy = flow[g, 0], flow[g, 1]
            for row in range(band, n_rows, BANDS):
                begin, end = row_start[row], row_start[row + 1]
                touched = False
                for s in range(sources.shape[0]):
                    sx, sy = sources[s, X], sources[s, Y]
                    blank = 1.0
                    if sources[s, VOLUME] != 0.0:
                        blank = 2.15 * sources[s, SIGMA_Y0] + 1.0
                    lower, upper = row_part(
                        wedges[s, g], reach_m, row_y0[row] - sy, row_y1[row] - sy, sx
                    )
                    if lower > upper:
                        continue
                    i = first_from(px, begin, end, lower)
                    while i < end and px[i] <= upper:
                        dx, dy = px[i] - sx, py[i] - sy
                        i += 1
                        x = dx * ux + dy * uy
                        y = dx * uy - dy * ux
                        if x < blank or abs(y) > WEDGE * x or dx * dx + dy * dy > reach_m**2:
                            continue
                        if not plume_values(
                            x,
                            y,
                            pz[i - 1],
                            classes[g],
                            sources[s, URBAN] != 0.0,
                            virtual[s, g, 0],
                            virtual[s, g, 1],
                            spreads[s, g],
                            options,
                            plumes[s, j0:j1],
                            values,
                        ):
                            continue
                        total = 0.0
                        for j in range(j1 - j0):
                            total += weights[j0 + j] * values[j]
                        for p in range(n_pollutants):
                            mean[p, i - 1] += emissions[s, p] * total
                        if hourly_wanted:
                            touched = True
                            for p in range(n_pollutants):
                                for j in range(j1 - j0):
                                    hourly[p, i - 1 - begin, j] += emissions[s, p] * values[j]
                if touched:
                    for p in range(n_pollutants):
                        for i in range(begin, end):
                            top = highest[p, i]
                            for j in range(LONGEST_GROUP):
                                top = max(top, hourly[p, i - begin, j])
                                hourly[p, i - begin, j] = 0.0
                            highest[p, i] = top


def group_hours(wind_from_deg: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order the hours by direction and class, and cut them into groups of at most 16.

    Returns
    -------
    order, starts : ndarray of int
        Hours in the order of groups, and where each group starts; one more start than groups.

    Examples
    --------
    >>> order, starts = group_hours(np.array([90.0, 10.0, 90.0]), np.array([3, 3, 3]))
    >>> order.tolist(), starts.tolist()
    ([1, 0, 2], [0, 1, 3])
    """
    order = np.lexsort((np.arange(k.size), k, wind_from_deg))
    direction, stability = wind_from_deg[order], k[order]
    change = np.ones(k.size, dtype=bool)
    change[1:] = (np.diff(direction) != 0) | (np.diff(stability) != 0)
    first = np.flatnonzero(change)
    within = np.arange(k.size) - np.repeat(first, np.diff(np.append(first, k.size)))
    starts = np.append(np.flatnonzero(change | (within % LONGEST_GROUP == 0)), k.size)
    return order, starts


def rows_of(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order receptors into rows of like y, sorted by x.

    Returns
    -------
    order, row_start : ndarray of int
        Receptors in the order of rows, and where each row starts; one more start than rows.
    """
    n = px.size
    levels, row = np.unique(py, return_inverse=True)
    most = max(8, int(4 * math.sqrt(n)))
    if levels.size > most:
        row = np.minimum(np.argsort(np.argsort(py, kind="stable")) * most // n, most - 1)
    order = np.lexsort((px, row))
    row_start = np.append(np.flatnonzero(np.diff(row[order], prepend=-1)), n)
    return order, row_start


def sweep_all(
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
    highest_wanted: bool,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The mean and, where wanted, the highest hour at every receptor.

    Parameters
    ----------
    receptors : ndarray, (receptor, 3)
        x, y and height above the ground. [m]
    sources : ndarray, (source, 12)
        The columns X to URBAN of this module.
    emissions : ndarray, (source, pollutant)
        [g/s]
    hours : ndarray, (hour, 4)
        The columns SPEED to WEIGHT of this module; no calms, weights that sum to 1.
    wind_from_deg, k : ndarray, (hour,)
        Where the wind comes from [degrees], and the class, 0 to 5 for A to F.

    Returns
    -------
    mean, highest : ndarray, (pollutant, receptor), or None
        [ug/m3]
    """
    order, starts = group_hours(wind_from_deg, k)
    hours, wind_from_deg, k = hours[order], wind_from_deg[order], k[order]
    angle = np.deg2rad(wind_from_deg[starts[:-1]])
    flow = np.column_stack([-np.sin(angle), -np.cos(angle)])
    classes = k[starts[:-1]].astype(np.int64)
    at, row_start = rows_of(receptors[:, 0], receptors[:, 1])
    px, py, pz = (np.ascontiguousarray(receptors[at, n]) for n in range(3))
    row_y0 = np.minimum.reduceat(py, row_start[:-1])
    row_y1 = np.maximum.reduceat(py, row_start[:-1])
    mean = np.zeros((emissions.shape[1], px.size))
    highest = np.zeros((emissions.shape[1], px.size if highest_wanted else 0))
    decay = math.log(2.0) / half_life_s if half_life_s else 0.0
    for first, last in _blocks(starts, sources.shape[0]):
        j0, j1 = starts[first], starts[last]
        n_sources, n_groups, n_hours = sources.shape[0], last - first, j1 - j0
        plumes = np.empty((n_sources, n_hours, PLUME_COLUMNS))
        wedges = np.empty((n_sources, n_groups, LINES, 3))
        spreads = np.empty((n_sources, n_groups))
        virtual = np.empty((n_sources, n_groups, 2))
        block = (starts[first : last + 1] - j0, classes[first:last], flow[first:last])
        with _LOCK:  # numba's simplest threading layer allows one parallel call at a time
            prepare(
                sources, hours[j0:j1], *block, anemometer_m, decay, options,
                plumes, wedges, spreads, virtual,
            )  # fmt: skip
            sweep(
                px, py, pz, row_start, row_y0, row_y1, sources, emissions,
                np.ascontiguousarray(hours[j0:j1, WEIGHT]), *block, plumes, wedges, spreads,
                virtual, reach_m, options, mean, highest,
            )  # fmt: skip
    back = np.empty_like(at)
    back[at] = np.arange(at.size)
    return mean[:, back], highest[:, back] if highest_wanted else None


def _blocks(starts: np.ndarray, n_sources: int) -> list[tuple[int, int]]:
    """Runs of groups whose tables fit into memory; they depend on sources and hours alone."""
    bytes_each = 8 * n_sources * (PLUME_COLUMNS * np.diff(starts) + 3 * LINES + 3)
    block = np.cumsum(bytes_each) // _TABLE_BYTES
    edges = [*np.flatnonzero(np.diff(block, prepend=-1)), block.size]
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges)]
