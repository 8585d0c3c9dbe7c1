"""The sweep of plumes that settle and deposit; numpy arrays in and out.

A kernel of its own beside the fast one, place by place and size by size: each size is a plume with
its share of the mass, tilted by its settling velocity, thinned by what the ground took on the way.
What is left on the way is tabulated for each source, hour and size on distances in logarithms, and
interpolated. Sums run in a fixed order at each place, so that threads change no bit.
"""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import get_num_threads

from geocluster.plume import columns as col
from geocluster.plume.columns import AMPLITUDE, DECAY, LID
from geocluster.plume.deposition import REFERENCE_HEIGHT_M
from geocluster.plume.jit import compiled, inner
from geocluster.plume.kernel import Block, prepared_blocks
from geocluster.plume.losses import (
    EXCESS,
    LEAST,
    MOST2,
    RATIO,
    ROW,
    SIZE_COLUMNS,
    ambient_z2,
    fill_losses,
    height_of,
    left_at,
    seen_at,
    settled,
)
from geocluster.plume.profile import profile_correction, profile_tables, rise_of_profile
from geocluster.plume.rows import (
    LATERAL_CUT,
    LONGEST_GROUP,
    WEDGE,
    Rows,
    ambient_y,
    bands_of,
    first_from,
    groups_of,
    last_to,
    row_part,
    rows_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NODES = 64  # distances from 1 m to the reach
GROUPS_AT_ONCE = 16
_TABLE_BYTES = 64_000_000
_CUT2 = LATERAL_CUT * LATERAL_CUT


class Sizes(NamedTuple):
    """The sizes of one pollutant.

    Attributes
    ----------
    share : ndarray, (size,)
        Of the mass.
    fall : ndarray, (size,)
        Settling velocity. [m/s]
    speed : ndarray, (hour, size)
        Deposition velocity. [m/s]
    depletion : bool
        Whether what is deposited is taken from the plume.
    """

    share: NDArray
    fall: NDArray
    speed: NDArray
    depletion: bool


class Settled(NamedTuple):
    """What a sweep gives: [ug/m3], and g/(m2 s) of the flux; None where not asked for."""

    mean: NDArray
    flux: NDArray
    highest: NDArray | None
    hourly: NDArray | None


@inner()
def add_sizes(
    x: float, log_x: float, z: float, h: float, vz: float, e_y: float, lid: float, k: int,
    urban: int, table: np.ndarray, sizes: np.ndarray, lost: np.ndarray, share: np.ndarray,
    speed: np.ndarray, step: float, depletion: bool, flux_wanted: bool,
) -> tuple[float, float]:  # fmt: skip
    """Sums over the sizes of V / sigma_z at a place [1/m], and times v_d at 1 m [1/s]."""
    here, down = 0.0, 0.0
    for c in range(share.size):
        size = sizes[c]
        low, own = settled(h, x, size[RATIO], vz, size[LEAST], depletion)
        spread = math.sqrt(own)
        part = share[c] / spread
        above = part
        if depletion:
            part *= left_at(lost[c], log_x, step)
            part *= profile_correction(table, size[ROW], spread, lid, size[EXCESS])
            above = part
            if z > REFERENCE_HEIGHT_M:
                above *= rise_of_profile(z, k, urban, size[RATIO], size[EXCESS])
        if part > 0.0:
            here += above * seen_at(z, low, own, lid, e_y)
            if flux_wanted:
                down += part * speed[c] * seen_at(REFERENCE_HEIGHT_M, low, own, lid, e_y)
    return here, down


@compiled(nogil=True, error_model="numpy")
def sweep_settling(
    row0: int,
    row1: int,
    rows: tuple,
    sources: np.ndarray,
    emissions: np.ndarray,
    weights: np.ndarray,
    starts: np.ndarray,
    classes: np.ndarray,
    flow: np.ndarray,
    plumes: np.ndarray,
    wedges: np.ndarray,
    virtual: np.ndarray,
    share: np.ndarray,
    speed: np.ndarray,
    tables: np.ndarray,
    sizes: np.ndarray,
    lost: np.ndarray,
    step: float,
    depletion: bool,
    reach_m: float,
    options: int,
    flux_wanted: bool,
    mean: np.ndarray,
    flux: np.ndarray,
    highest: np.ndarray,
    hourly: np.ndarray,
    at: np.ndarray,
    order: np.ndarray,
) -> None:
    """Add these hours to the sums of the receptors in the rows from `row0` to `row1`.

    `mean`, `flux` and `highest` are (pollutant, receptor), `hourly` (receptor, pollutant, hour) in
    the order `at` and `order` tell; the last two may be empty. The flux is in g/(m2 s).
    """
    px, py, pz, pg, row_start, row_y0, row_y1, per_m = rows
    i0, i1 = row_start[row0], row_start[row1]
    keep = highest.size > 0 or hourly.size > 0
    buffer = np.zeros((LONGEST_GROUP if keep else 0, emissions.shape[1], i1 - i0))
    for g in range(classes.size):
        j0, j1, k = starts[g], starts[g + 1], classes[g]
        ux, uy = flow[g, 0], flow[g, 1]
        for s in range(sources.shape[0]):
            source = sources[s]
            sx, sy = source[col.X], source[col.Y]
            urban = source[col.URBAN] != 0.0
            table = tables[1 if urban else 0, k]
            far_y, far_z = virtual[s, g, 0], virtual[s, g, 1]
            blank = 2.15 * source[col.SIGMA_Y0] + 1.0 if source[col.VOLUME] != 0.0 else 1.0
            for row in range(row0, row1):
                lower, upper = row_part(wedges[s, g], reach_m, row_y0[row] - sy, row_y1[row] - sy)
                if lower > upper:
                    continue
                begin = first_from(px, row_start[row], row_start[row + 1], sx + lower, per_m)
                end = last_to(px, begin, row_start[row + 1], sx + upper, per_m)
                for i in range(begin, end):
                    dx, dy = px[i] - sx, py[i] - sy
                    x, y = dx * ux + dy * uy, dx * uy - dy * ux
                    if x < blank or abs(y) > WEDGE * x or dx * dx + dy * dy > reach_m * reach_m:
                        continue
                    log_x, z = math.log(x), pz[i]
                    sigma_y = ambient_y(x + far_y, k, urban)
                    sy2, sz2 = sigma_y * sigma_y, ambient_z2(x + far_z, k, urban)
                    higher = 0.0
                    if options & col.HILLY:
                        higher = min(pg[i] - source[col.GROUND], source[col.HEIGHT])
                    total, down = 0.0, 0.0
                    for j in range(j0, j1):
                        plume = plumes[s, j]
                        h, own = height_of(plume, x, options)
                        lid = plume[LID]
                        vy = sy2 + own
                        if h > lid or lid <= 0.0 or y * y > _CUT2 * vy:
                            continue
                        here, ground = add_sizes(
                            x, log_x, z, max(h - higher, 0.0), min(sz2 + own, MOST2),
                            0.5 * y * y / vy, lid, k, 1 if urban else 0, table, sizes[s, j],
                            lost[s, j], share, speed[j], step, depletion, flux_wanted,
                        )  # fmt: skip
                        scale = plume[AMPLITUDE] * math.exp(-plume[DECAY] * x) / math.sqrt(vy)
                        total += weights[j] * scale * here
                        down += weights[j] * scale * ground
                        if keep:
                            for p in range(emissions.shape[1]):
                                buffer[j - j0, p, i - i0] += emissions[s, p] * scale * here
                    for p in range(emissions.shape[1]):
                        mean[p, i] += emissions[s, p] * total
                        flux[p, i] += 1e-6 * emissions[s, p] * down
        if keep:
            _put_away(buffer, j1 - j0, i0, highest, hourly, at, order[j0:j1])


@inner()
def _put_away(
    buffer: np.ndarray, hours: int, i0: int, highest: np.ndarray, hourly: np.ndarray,
    at: np.ndarray, order: np.ndarray,
) -> None:  # fmt: skip
    """Empty the hours of a group into the highest or the hourly values."""
    for j in range(hours):
        for p in range(buffer.shape[1]):
            for i in range(buffer.shape[2]):
                if highest.size:
                    highest[p, i0 + i] = max(highest[p, i0 + i], buffer[j, p, i])
                else:
                    hourly[at[i0 + i], p, order[j]] = buffer[j, p, i]
                buffer[j, p, i] = 0.0


def settle_all(
    receptors: NDArray,
    sources: NDArray,
    emissions: NDArray,
    sizes: Sizes,
    hours: NDArray,
    wind_from_deg: NDArray,
    k: NDArray,
    *,
    anemometer_m: float,
    half_life_s: float | None,
    reach_m: float,
    options: int,
    highest_wanted: bool = False,
    hourly_wanted: bool = False,
    flux_wanted: bool = False,
) -> Settled:
    """The mean, the flux to the ground, and where wanted the highest or every hour.

    Parameters
    ----------
    receptors, sources, emissions, hours, wind_from_deg, k, anemometer_m, half_life_s, reach_m,
    options, highest_wanted
        As in `geocluster.plume.kernel.sweep_all`.
    sizes : Sizes
        Of all these pollutants.
    hourly_wanted, flux_wanted : bool
        Whether to keep every hour, and to reckon the flux.
    """
    emitting = (emissions > 0.0).any(axis=1)
    sources, emissions = sources[emitting], np.ascontiguousarray(emissions[emitting])
    n_places, n_pollutants = receptors.shape[0], emissions.shape[1]
    hourly = np.zeros((n_places, n_pollutants, k.size) if hourly_wanted else (0, 0, 0))
    mean, flux = np.zeros((2, n_pollutants, n_places))
    highest = np.zeros((n_pollutants, n_places if highest_wanted else 0))
    groups = groups_of(hours, wind_from_deg, k)
    speed = np.ascontiguousarray(sizes.speed[groups.order])
    at, row_start = rows_of(receptors[:, 0], receptors[:, 1])
    at, row_start, bands = bands_of(at, row_start, get_num_threads())
    rows = tuple(Rows.of(receptors, at, row_start))
    tables = profile_tables(groups.classes, sources[:, col.URBAN])
    step = math.log(max(reach_m, 10.0)) / (NODES - 1)
    with ThreadPoolExecutor(get_num_threads()) as threads:
        for block in prepared_blocks(
            threads, groups, sources, anemometer_m, half_life_s, reach_m, options
        ):
            for part in _parts(block, sizes):
                own = speed[part.first : part.last]
                kept, lost = _losses(threads, part, sources, sizes, own, tables, step, options)
                sweep = partial(
                    _sweep_one, bands, rows, sources, emissions,
                    part.hours[:, col.WEIGHT].copy(), *part.of_groups, *part.of_sources,
                    sizes.share, own, tables, kept, lost, step, sizes.depletion, reach_m,
                    options, flux_wanted, mean, flux, highest, hourly, at,
                    groups.order[part.first : part.last],
                )  # fmt: skip
                list(threads.map(sweep, range(bands.size - 1)))
    back = np.empty_like(at)
    back[at] = np.arange(at.size)
    return Settled(
        mean[:, back],
        flux[:, back],
        highest[:, back] if highest_wanted else None,
        hourly if hourly_wanted else None,
    )


def _losses(
    threads: ThreadPoolExecutor, part: Block, sources: NDArray, sizes: Sizes, speed: NDArray,
    tables: NDArray, step: float, options: int,
) -> tuple[NDArray, NDArray]:  # fmt: skip
    """(source, hour, size, column) and (source, hour, size, node, 2), see `fill_losses`."""
    starts, classes, _ = part.of_groups
    plumes, _, virtual = part.of_sources
    shape = (plumes.shape[0], plumes.shape[1], sizes.fall.size)
    kept = np.zeros((*shape, SIZE_COLUMNS))
    lost = np.zeros((*shape, NODES if sizes.depletion else 2, 2))
    fill = partial(
        _fill_some, starts, classes, sources, plumes, virtual, sizes.fall, speed, tables, step,
        sizes.depletion, options, kept, lost,
    )  # fmt: skip
    list(threads.map(fill, range(0, classes.size, GROUPS_AT_ONCE)))
    return kept, lost


def _parts(block: Block, sizes: Sizes) -> Iterator[Block]:
    """A block in runs of groups whose tables of losses fit into memory."""
    starts, classes, flow = block.of_groups
    plumes, wedges, virtual = block.of_sources
    columns = SIZE_COLUMNS + 2 * (NODES if sizes.depletion else 2)
    each = 8 * plumes.shape[0] * sizes.fall.size * columns
    run = np.cumsum(each * np.diff(starts)) // _TABLE_BYTES
    edges = [*np.flatnonzero(np.diff(run, prepend=-1)), run.size]
    for a, b in itertools.pairwise(edges):
        j0, j1 = starts[a], starts[b]
        yield Block(
            block.first + j0,
            block.first + j1,
            block.hours[j0:j1],
            (starts[a : b + 1] - j0, classes[a:b], flow[a:b]),
            (
                np.ascontiguousarray(plumes[:, j0:j1]),
                np.ascontiguousarray(wedges[:, a:b]),
                np.ascontiguousarray(virtual[:, a:b]),
            ),
        )


def _fill_some(*arrays_then_first: Any) -> None:
    *arrays, first = arrays_then_first
    fill_losses(first, min(first + GROUPS_AT_ONCE, arrays[1].size), *arrays)


def _sweep_one(bands: NDArray, *arrays_then_band: Any) -> None:
    *arrays, band = arrays_then_band
    sweep_settling(bands[band], bands[band + 1], *arrays)
