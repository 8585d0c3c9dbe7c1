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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import get_num_threads

from geocluster.plume import columns as col
from geocluster.plume.chunks import add_source, raise_highest
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
    PLUME_COLUMNS,
    RISE,
)
from geocluster.plume.jit import compiled
from geocluster.plume.lanes import CHUNK, WORK
from geocluster.plume.rise import plume_rise, stack_tip_height, wind_at
from geocluster.plume.rows import (
    LINES,
    LONGEST_GROUP,
    Groups,
    Rows,
    bands_of,
    fill_wedge,
    groups_of,
    rows_of,
)
from geocluster.plume.sigma import (
    virtual_y_rural,
    virtual_y_urban,
    virtual_z_rural,
    virtual_z_urban,
)

_LOCK = threading.Lock()  # numba's simplest threading layer allows one parallel call at a time
SOURCES_AT_ONCE = 2
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


@compiled(nogil=True, error_model="numpy")
def prepare(
    first: int,
    last: int,
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
    virtual: np.ndarray,
) -> None:
    """Fill the table of plumes and the wedges of a run of sources and every group."""
    for s in range(first, last):
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


@compiled(nogil=True, error_model="numpy")
def sweep_band(
    row0: int,
    row1: int,
    px: np.ndarray,
    py: np.ndarray,
    pz: np.ndarray,
    ground: np.ndarray,
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
    virtual: np.ndarray,
    reach_m: float,
    options: int,
    high: bool,
    mean: np.ndarray,
    highest: np.ndarray,
    hourly: np.ndarray,
) -> None:
    """Add the hours of these groups to the mean, and raise the highest hour where it is asked for.

    `mean` and `highest` are (pollutant, receptor of the band), the band being the rows from `row0`
    to `row1`; `hourly` is (hour of a group, pollutant, receptor), all 0, or empty where the highest
    hour is not asked for.
    """
    base = row_start[row0]
    work = np.zeros(WORK)
    parts = np.zeros((CHUNK + 1, 3), dtype=np.int64)
    touched = np.zeros(row1 - row0, dtype=np.bool_)
    rows = (px, py, pz, ground, row_start, row_y0, row_y1, per_m)
    for g in range(classes.size):
        j0, j1 = starts[g], starts[g + 1]
        for s in range(sources.shape[0]):
            add_source(
                rows, (row0, row1, base), classes[g], flow[g], wedges[s, g], reach_m,
                sources[s], virtual[s, g], plumes[s, j0:j1], weights[j0:j1],
                options, high, emissions[s], mean, hourly, touched, work, parts,
            )  # fmt: skip
        if hourly.size == 0:
            continue
        for row in range(row0, row1):
            if touched[row - row0]:
                touched[row - row0] = False
                raise_highest(
                    highest, hourly, j1 - j0, row_start[row] - base, row_start[row + 1] - base
                )  # fmt: skip


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
    highest_wanted: bool = False,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The mean and, where wanted, the highest hour at every receptor.

    Parameters
    ----------
    receptors : ndarray, (receptor, 4)
        x, y, height above the ground, and elevation of the ground. [m]
    sources : ndarray, (source, 13)
        The columns X to GROUND of `geocluster.plume.columns`.
    emissions : ndarray, (source, pollutant)
        [g/s]
    hours : ndarray, (hour, 4)
        The columns SPEED to WEIGHT of `geocluster.plume.columns`; no calms, weights that sum to 1.
    wind_from_deg, k : ndarray, (hour,)
        Where the wind comes from [degrees], and the class, 0 to 5 for A to F.
    options : int
        The bits of `geocluster.plume.columns`; elevations count with HILLY alone.

    Returns
    -------
    mean, highest : ndarray, (pollutant, receptor), or None
        [ug/m3]
    """
    groups = groups_of(hours, wind_from_deg, k)
    at, row_start = rows_of(receptors[:, 0], receptors[:, 1])
    at, row_start, bands = bands_of(at, row_start, get_num_threads())
    rows = Rows.of(receptors, at, row_start)
    n_pollutants, longest = emissions.shape[1], LONGEST_GROUP if highest_wanted else 0
    sizes = np.diff(row_start[bands])
    mean = [np.zeros((n_pollutants, size)) for size in sizes]
    highest = [np.zeros((n_pollutants, size if highest_wanted else 0)) for size in sizes]
    with ThreadPoolExecutor(get_num_threads()) as threads:
        for block in prepared_blocks(
            threads, groups, sources, anemometer_m, half_life_s, reach_m, options
        ):
            sweep = partial(
                _sweep_one, bands, longest, mean, highest, *rows, sources, emissions,
                block.hours[:, col.WEIGHT].copy(), *block.of_groups, *block.of_sources, reach_m,
                options, bool((rows.pz > 0.0).any()),
            )  # fmt: skip
            list(threads.map(sweep, range(sizes.size)))
    back = np.empty_like(at)
    back[at] = np.arange(at.size)
    total = np.concatenate(mean, axis=1)[:, back]
    return total, np.concatenate(highest, axis=1)[:, back] if highest_wanted else None


class Block(NamedTuple):
    """Some groups of hours, and what all sources do in them.

    Attributes
    ----------
    first, last : int
        Which hours, in the order of groups.
    hours : ndarray, (hour, 4)
        Those.
    of_groups : tuple of ndarray
        Their `starts`, `classes` and `flow`, as in `Groups`.
    of_sources : tuple of ndarray
        The tables of plumes (source, hour, column), wedges (source, group, line, 3) and virtual
        distances (source, group, 2).
    """

    first: int
    last: int
    hours: np.ndarray
    of_groups: tuple[np.ndarray, np.ndarray, np.ndarray]
    of_sources: tuple[np.ndarray, np.ndarray, np.ndarray]


def prepared_blocks(
    threads: ThreadPoolExecutor,
    groups: Groups,
    sources: np.ndarray,
    anemometer_m: float,
    half_life_s: float | None,
    reach_m: float,
    options: int,
) -> Iterator[Block]:
    """The hours in runs of groups, each with its tables filled; arguments as of `sweep_all`."""
    n_sources, starts = sources.shape[0], groups.starts
    decay = math.log(2.0) / half_life_s if half_life_s else 0.0
    for first, last in _blocks(starts, n_sources):
        j0, j1 = int(starts[first]), int(starts[last])
        hours = groups.hours[j0:j1]
        own = (starts[first : last + 1] - j0, groups.classes[first:last], groups.flow[first:last])
        tables = (
            np.empty((n_sources, j1 - j0, PLUME_COLUMNS)),
            np.empty((n_sources, last - first, LINES, 3)),
            np.empty((n_sources, last - first, 2)),
        )
        fill = partial(
            _prepare_some, sources, hours, *own, anemometer_m, decay, reach_m, options, *tables
        )
        list(threads.map(fill, range(0, n_sources, SOURCES_AT_ONCE)))
        yield Block(j0, j1, hours, own, tables)


def _prepare_some(*arrays_then_first: Any) -> None:
    *arrays, first = arrays_then_first
    prepare(first, min(first + SOURCES_AT_ONCE, arrays[0].shape[0]), *arrays)


def _sweep_one(
    bands: np.ndarray, longest: int, mean: list, highest: list, *arrays_then_band: Any
) -> None:
    *arrays, band = arrays_then_band
    hourly = np.zeros((longest, *mean[band].shape))
    sweep_band(bands[band], bands[band + 1], *arrays, mean[band], highest[band], hourly)


def _blocks(starts: np.ndarray, n_sources: int) -> list[tuple[int, int]]:
    """Runs of groups whose tables fit into memory; they depend on sources and hours alone."""
    bytes_each = 8 * n_sources * (PLUME_COLUMNS * np.diff(starts) + 3 * LINES + 2)
    block = np.cumsum(bytes_each) // _TABLE_BYTES
    edges = [*np.flatnonzero(np.diff(block, prepend=-1)), block.size]
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges)]
