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

from geocluster.plume import columns as col
from geocluster.plume.images import vertical
from geocluster.plume.jit import compiled
from geocluster.plume.rise import gradual_rise, plume_rise, stack_tip_height, wind_at
from geocluster.plume.rows import (
    LATERAL_CUT,
    LINES,
    LONGEST_GROUP,
    WEDGE,
    density_of,
    fill_wedge,
    first_from,
    group_hours,
    row_part,
    rows_of,
)
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

# Columns of the table of plumes, a row a source and hour.
AMPLITUDE, BASE, RISE, DRIVER, DISTANCE, FACTOR, FREQUENCY, LID, COSINE, DECAY = range(10)
PLUME_COLUMNS = 10

BANDS = 32

_LOCK = threading.Lock()
_TABLE_BYTES = 64_000_000


@compiled()
def virtual_distances(source: np.ndarray, k: int) -> tuple:
    """How far upwind [m] the virtual origins of a volume source lie; 0 for a point."""
    y0, z0 = source[col.SIGMA_Y0], source[col.SIGMA_Z0]
    if source[col.VOLUME] == 0.0:
        return 0.0, 0.0
    if source[col.URBAN] != 0.0:
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
    u = wind_at(source[col.HEIGHT], hour[col.SPEED], anemometer_m, k, source[col.URBAN] != 0.0)
    row[AMPLITUDE] = 1.0e6 / (2.0 * math.pi * u)
    row[BASE] = source[col.HEIGHT]
    row[LID] = hour[col.MIXING_HEIGHT] if k < 4 else math.inf
    row[DECAY] = decay_per_s / u
    row[FREQUENCY] = 0.0
    row[DRIVER] = 0.0
    row[RISE] = 0.0
    row[DISTANCE] = 0.0
    row[FACTOR] = 0.0
    row[COSINE] = _lid_cosine(row[BASE], row[LID])
    if source[col.VOLUME] != 0.0:
        return
    if options & col.TIP_DOWNWASH:
        row[BASE] = stack_tip_height(
            source[col.HEIGHT], source[col.TIP_DIAMETER], source[col.TIP_VELOCITY], u
        )
    t_air = hour[col.AIR_TEMPERATURE]
    driver, rise, distance, factor, frequency = plume_rise(
        source[col.VELOCITY], source[col.DIAMETER], source[col.TEMPERATURE], t_air, u, k
    )
    row[DRIVER] = driver
    row[RISE] = rise
    row[COSINE] = _lid_cosine(row[BASE] + rise, row[LID])
    row[DISTANCE] = distance
    row[FACTOR] = factor
    row[FREQUENCY] = frequency


@compiled()
def _lid_cosine(h: float, lid: float) -> float:
    return math.cos(math.pi * h / lid) if 0.0 < lid < math.inf else 0.0


@compiled(parallel=True)
def prepare(
    sources: np.ndarray,
    hours: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    flow: np.ndarray,
    anemometer_m: float,
    decay_per_s: float,
    reach_m: float,
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
                if options & col.BUOYANCY_INDUCED:
                    spread = max(spread, plumes[s, j, RISE] / 3.5)
            far_y, far_z = virtual_distances(sources[s], k)
            virtual[s, g, 0] = far_y
            virtual[s, g, 1] = far_z
            spreads[s, g] = spread
            fill_wedge(
                wedges[s, g],
                k,
                sources[s, col.URBAN] != 0.0,
                flow[g, 0],
                flow[g, 1],
                reach_m,
                spread,
                far_y,
            )


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
def sweep(
    px: np.ndarray,
    py: np.ndarray,
    pz: np.ndarray,
    row_start: np.ndarray,
    row_y0: np.ndarray,
    row_y1: np.ndarray,
    per_m: float,
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
                    sx, sy = sources[s, col.X], sources[s, col.Y]
                    blank = 1.0
                    if sources[s, col.VOLUME] != 0.0:
                        blank = 2.15 * sources[s, col.SIGMA_Y0] + 1.0
                    lower, upper = row_part(
                        wedges[s, g], reach_m, row_y0[row] - sy, row_y1[row] - sy
                    )
                    if lower > upper:
                        continue
                    i = first_from(px, begin, end, sx + lower, per_m)
                    while i < end and px[i] - sx <= upper:
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
        The columns X to URBAN of `geocluster.plume.columns`.
    emissions : ndarray, (source, pollutant)
        [g/s]
    hours : ndarray, (hour, 4)
        The columns SPEED to WEIGHT of `geocluster.plume.columns`; no calms, weights that sum to 1.
    wind_from_deg, k : ndarray, (hour,)
        Where the wind comes from [degrees], and the class, 0 to 5 for A to F.

    Returns
    -------
    mean, highest : ndarray, (pollutant, receptor), or None
        [ug/m3]
    """
    order, starts = group_hours(wind_from_deg, k, hours[:, col.MIXING_HEIGHT])
    hours, wind_from_deg, k = hours[order], wind_from_deg[order], k[order]
    angle = np.deg2rad(wind_from_deg[starts[:-1]])
    flow = np.column_stack([-np.sin(angle), -np.cos(angle)])
    classes = k[starts[:-1]].astype(np.int64)
    at, row_start = rows_of(receptors[:, 0], receptors[:, 1])
    px, py, pz = (np.ascontiguousarray(receptors[at, n]) for n in range(3))
    row_y0 = np.minimum.reduceat(py, row_start[:-1])
    row_y1 = np.maximum.reduceat(py, row_start[:-1])
    per_m = density_of(px, row_start)
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
                sources, hours[j0:j1], *block, anemometer_m, decay, reach_m, options,
                plumes, wedges, spreads, virtual,
            )  # fmt: skip
            sweep(
                px, py, pz, row_start, row_y0, row_y1, per_m, sources, emissions,
                np.ascontiguousarray(hours[j0:j1, col.WEIGHT]), *block, plumes, wedges, spreads,
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
