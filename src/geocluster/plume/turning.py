"""Long-term means about a source: every hour's plume, turned by its wind and summed on rings.

On its axis a plume is a number for each distance; across it, on a ring, a shape that depends on the
class and the distance alone, but for the width that the plume's own turbulence adds. So the axis is
calculated for every hour by itself, its strength kept by direction, distance and width, and the sum
over directions is a convolution of strength and shape along each ring, taken in the frequency
domain.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import get_num_threads

from geocluster.plume import columns as col
from geocluster.plume.hours import fill_rise, stack_hour
from geocluster.plume.jit import compiled, inner
from geocluster.plume.kernel import fill_plume, virtual_distances
from geocluster.plume.lanes import (
    CHUNK,
    LANES,
    OWN,
    SY2,
    VALUE,
    WORK,
    Y2,
    X,
    Z,
    bounds_of_sz2,
    fill_sigmas,
    log_of,
)
from geocluster.plume.rings import Rings, cubic, position
from geocluster.plume.rows import LATERAL_CUT, WEDGE, ambient_y

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Widths are kept at the squares of sigma_y times powers of this; an hour adds to the two about its
# own so that their mean is right.
WIDTH_RATIO = 1.3
AT_ONCE = 16  # patterns whose sums are kept at a time
SLICE = 16  # rings whose shapes are one task
NOISE = 1e-12  # of a ring's highest value: what a transform leaves where there is nothing

_WIDTHS = WIDTH_RATIO ** np.arange(256.0)
FLAT = (0.0, 0.0)
_PER_LOG = 1.0 / math.log(WIDTH_RATIO)


@inner()
def _start(
    work: np.ndarray, x: np.ndarray, first: int, k: int, source: np.ndarray
) -> tuple[int, int]:
    """Fill a chunk with the places on the axis from `first` on; how many, and filled up to what."""
    far_y, far_z = virtual_distances(source, k)
    m = min(CHUNK, x.size - first)
    n = (m + LANES - 1) // LANES * LANES
    for i in range(n):
        work[X + i] = x[first + min(i, m - 1)]
        work[Y2 + i] = 0.0
        work[Z + i] = 0.0
    urban = source[col.URBAN] != 0.0
    fill_sigmas(work, n, k, urban, far_y, far_z, x[first], x[first + m - 1])
    return m, n


@compiled(nogil=True, error_model="numpy")
def raise_widest(
    x: np.ndarray, source: np.ndarray, hours: np.ndarray, k: int, anemometer_m: float,
    decay_per_s: float, options: int, widest: np.ndarray,
) -> None:  # fmt: skip
    """Raise the largest ratio, on each ring, of a plume's sigma_y squared to the class's own."""
    if source[col.VOLUME] != 0.0 or not options & col.BUOYANCY_INDUCED:
        return
    work, plume = np.zeros(WORK), np.zeros(col.PLUME_COLUMNS)
    for first in range(0, x.size, CHUNK):
        m, n = _start(work, x, first, k, source)
        for j in range(hours.shape[0]):
            fill_plume(plume, source, hours[j], k, anemometer_m, decay_per_s, options)
            fill_rise(work, n, plume, x[first], options)
            for i in range(m):
                widest[first + i] = max(widest[first + i], 1.0 + work[OWN + i] / work[SY2 + i])


@inner()
def _keep(
    work: np.ndarray, m: int, weight: float, starts: np.ndarray, first: int, strength: np.ndarray
) -> None:
    """Add an hour's strength on the rings of a chunk to the two widths about its own."""
    for i in range(m):
        value = work[VALUE + i]
        if value == 0.0:
            continue
        ambient = work[SY2 + i]
        square = ambient + work[OWN + i]
        value *= weight * math.sqrt(square)
        at = starts[first + i]
        if starts[first + i + 1] - at == 1:
            strength[at] += value
            continue
        ratio = square / ambient
        node = 0 if ratio < WIDTH_RATIO else int(log_of(ratio) * _PER_LOG)
        share = (ratio / _WIDTHS[node] - 1.0) / (WIDTH_RATIO - 1.0)
        strength[at + node] += (1.0 - share) * value
        strength[at + node + 1] += share * value


@compiled(nogil=True, error_model="numpy")
def sum_strengths(
    x: np.ndarray, source: np.ndarray, hours: np.ndarray, toward: np.ndarray, k: int,
    anemometer_m: float, decay_per_s: float, options: int, starts: np.ndarray, sums: np.ndarray,
    used: np.ndarray,
) -> None:  # fmt: skip
    """Add the strength of every hour on the axis to (ring and width, angle); which are `used`.

    The strength is the concentration per emission times sigma_y. `toward` is where each hour's
    plume goes, in steps of the angles; hours of one direction stand together. A direction between
    two angles counts for the four about it, by Lagrange's weights.
    """
    work, plume = np.zeros(WORK), np.zeros(col.PLUME_COLUMNS)
    strength = np.zeros(starts[-1])
    urban, angles = source[col.URBAN] != 0.0, sums.shape[1]
    far_z = virtual_distances(source, k)[1]
    for first in range(0, x.size, CHUNK):
        m, n = _start(work, x, first, k, source)
        sz0, sz1 = bounds_of_sz2(x[first] + far_z, x[first + m - 1] + far_z, k, urban)
        begin, end = starts[first], starts[first + m]
        for j in range(hours.shape[0]):
            fill_plume(plume, source, hours[j], k, anemometer_m, decay_per_s, options)
            if stack_hour(work, n, plume, x[first], sz0, sz1, FLAT, options, False):
                _keep(work, m, hours[j, col.WEIGHT], starts, first, strength)
            if j + 1 < hours.shape[0] and toward[j + 1] == toward[j]:
                continue
            angle = int(toward[j])
            weights = cubic(toward[j] - angle)
            for q in range(4):
                if weights[q] != 0.0:
                    at = (angle + q - 1) % angles
                    for c in range(begin, end):
                        sums[c, at] += weights[q] * strength[c]
            for c in range(begin, end):
                used[c] |= strength[c] != 0.0
                strength[c] = 0.0


@compiled(nogil=True, error_model="numpy")
def fill_shapes(
    rings: tuple, first: int, last: int, x: np.ndarray, source: np.ndarray, k: int,
    widths: np.ndarray, lowest: np.ndarray, entry: np.ndarray, shapes: np.ndarray,
    used: np.ndarray,
) -> None:  # fmt: skip
    """Half of each shape along the rings `first` to `last`: what a strength adds, by angle off it.

    A place off the axis lies nearer to the source along the wind than its ring: its strength is
    interpolated between three rings, so that a ring has a shape for each ring that it takes from.
    """
    start, bend, step, angles = rings
    far_y, _ = virtual_distances(source, k)
    urban = source[col.URBAN] != 0.0
    for i in range(first, last):
        for d in range(shapes.shape[1]):
            turn = 2.0 * math.pi * d / angles
            along = x[i] * math.cos(turn) if d > 0 else x[i]
            y = x[i] * math.sin(turn)
            if along < start or y > WEDGE * along:
                break
            sy = ambient_y(along + far_y, k, urban)
            t = position(along, start, bend) / step
            middle = min(max(int(t + 0.5), 1), x.size - 2)
            f = t - middle
            weights = (0.5 * f * (f - 1.0), 1.0 - f * f, 0.5 * f * (f + 1.0))
            for q in range(3):
                ring = middle - 1 + q
                at = entry[i, ring - lowest[i]]
                if at < 0:
                    continue
                for b in range(widths[ring]):
                    vy = sy * sy * _WIDTHS[b]
                    if y * y <= LATERAL_CUT * LATERAL_CUT * vy:
                        used[at + b] = True
                        shapes[at + b, d] = weights[q] * math.exp(-0.5 * y * y / vy) / math.sqrt(vy)


@compiled(nogil=True, error_model="numpy")
def add_products(
    widths: np.ndarray, lowest: np.ndarray, entry: np.ndarray, starts: np.ndarray,
    shape_row: np.ndarray, shapes: np.ndarray, row: np.ndarray, sums: np.ndarray,
    total: np.ndarray,
) -> None:  # fmt: skip
    """Add shape times strength of a class to (ring, frequency)."""
    for i in range(total.shape[0]):
        to = total[i]
        for n in range(entry.shape[1]):
            if entry[i, n] < 0:
                continue
            ring = lowest[i] + n
            for b in range(widths[ring]):
                of, at = shape_row[entry[i, n] + b], row[starts[ring] + b]
                if of < 0 or at < 0:
                    continue
                shape, strength = shapes[of], sums[at]
                for m in range(to.size):
                    to[m] += shape[m] * strength[m]


@dataclass(frozen=True)
class _Sky:
    """The hours of one class in the order of directions, and how plumes are calculated in them."""

    hours: NDArray
    toward: NDArray
    k: int
    how: tuple[float, float, int]


def patterns(sources: NDArray, rings: Rings, sky: dict[str, Any], settings: dict) -> list[NDArray]:
    """The mean about each of some sources that spread alike, for an emission of 1 g/s.

    Parameters
    ----------
    sources : ndarray, (source, column)
        The columns of `geocluster.plume.columns`, alike in VOLUME, SIGMA_Y0 and URBAN; where they
        stand does not count.
    rings : Rings
    sky, settings
        The keywords of `geocluster.plume.kernel.sweep_all`.

    Returns
    -------
    list of ndarray, (ring, angle)
        Angles are directions from the source, clockwise from north. [ug/m3 per g/s]
    """
    from scipy import fft

    found = []
    classes = _classes(sky, settings, rings.angles)
    with ThreadPoolExecutor(get_num_threads()) as threads:
        for first in range(0, len(sources), AT_ONCE):
            some = sources[first : first + AT_ONCE]
            total = np.zeros((len(some), rings.steps + 1, rings.angles // 2 + 1), dtype=complex)
            for one in classes:
                _add_class(one, some, rings, total, threads)
            for spectrum in total:
                table = fft.irfft(spectrum, rings.angles, axis=1)
                found.append(np.where(table > NOISE * table.max(axis=1, keepdims=True), table, 0.0))
    return found


def _classes(sky: dict[str, Any], settings: dict[str, Any], angles: int) -> list[_Sky]:
    half_life = settings["half_life_s"]
    decay = math.log(2.0) / half_life if half_life else 0.0
    how = (float(sky["anemometer_m"]), decay, settings["options"])
    toward = (sky["wind_from_deg"] + 180.0) % 360.0 * (angles / 360.0)
    result = []
    for k in np.unique(sky["k"]):
        rows = np.flatnonzero(sky["k"] == k)
        rows = rows[np.lexsort((rows, toward[rows]))]
        result.append(_Sky(sky["hours"][rows], toward[rows], int(k), how))
    return result


def _add_class(
    sky: _Sky, sources: NDArray, rings: Rings, total: NDArray, threads: ThreadPoolExecutor
) -> None:
    """Add the hours of a class to (source, ring, frequency)."""
    x = rings.radii()
    widest = np.ones((len(sources), x.size))
    list(threads.map(partial(_raise, sky, x), sources, widest))
    ratio = widest.max(axis=0)
    widths = np.where(ratio > 1.0, (np.log(ratio) * _PER_LOG + 1e-9).astype(int) + 2, 1)
    starts = np.append(0, np.cumsum(widths))
    sums = list(threads.map(partial(_sums, sky, x, rings.angles, starts), sources))
    used = np.logical_or.reduce([rows >= 0 for rows, _ in sums])
    where = _entries(rings, x, widths, np.logical_or.reduceat(used, starts[:-1]))
    shapes = _shapes(sky.k, sources[0], rings, x, widths, where, threads)

    def add(own: tuple[NDArray, NDArray], to: NDArray) -> None:
        add_products(widths, *where[:2], starts, *shapes, *own, to)

    list(threads.map(add, sums, total))


def _raise(sky: _Sky, x: NDArray, source: NDArray, widest: NDArray) -> None:
    raise_widest(x, source, sky.hours, sky.k, *sky.how, widest)


def _sums(
    sky: _Sky, x: NDArray, angles: int, starts: NDArray, source: NDArray
) -> tuple[NDArray, NDArray]:
    """A source's strengths (row, frequency), and which row each ring and width has, -1 for none."""
    from scipy import fft

    sums = np.zeros((starts[-1], angles))
    used = np.zeros(starts[-1], dtype=bool)
    sum_strengths(x, source, sky.hours, sky.toward, sky.k, *sky.how, starts, sums, used)
    rows = np.where(used, np.cumsum(used) - 1, -1)
    return rows, fft.rfft(sums[used], axis=1)


def _entries(
    rings: Rings, x: NDArray, widths: NDArray, used: NDArray
) -> tuple[NDArray, NDArray, int]:
    """The lowest ring that each takes from, where the shapes begin, and how many there are."""
    along = np.maximum(x * math.cos(math.atan(WEDGE)), x[0])
    step = rings.step
    nearest = [int(position(at, rings.first_m, rings.bend) / step + 0.5) for at in along]
    lowest = np.clip(nearest, 1, x.size - 2) - 1
    highest = np.minimum(np.arange(x.size) + 1, x.size - 1)
    entry = np.full((x.size, int((highest - lowest).max()) + 1), -1)
    number = 0
    for i in range(x.size):
        for ring in range(lowest[i], highest[i] + 1):
            if used[ring]:
                entry[i, ring - lowest[i]] = number
                number += widths[ring]
    return lowest, entry, int(number)


def _shapes(
    k: int, source: NDArray, rings: Rings, x: NDArray, widths: NDArray,
    where: tuple[NDArray, NDArray, int], threads: ThreadPoolExecutor,
) -> tuple[NDArray, NDArray]:  # fmt: skip
    """Which row each entry has, -1 for none, and (row, frequency).

    Shapes are even, so that their spectrum is real.
    """
    from scipy import fft

    lowest, entry, number = where
    within = math.ceil(rings.angles * math.atan(WEDGE) / (2.0 * math.pi)) + 1
    half, used = np.zeros((number, within)), np.zeros(number, dtype=bool)
    form = (rings.first_m, rings.bend, rings.step, rings.angles)

    def fill(first: int) -> None:
        last = min(first + SLICE, x.size)
        fill_shapes(form, first, last, x, source, k, widths, lowest, entry, half, used)

    list(threads.map(fill, range(0, x.size, SLICE)))

    def spectrum(rows: NDArray) -> NDArray:
        return fft.dct(np.pad(half[rows], ((0, 0), (0, whole - within))), type=1, axis=1)

    whole = rings.angles // 2 + 1
    parts = np.array_split(np.flatnonzero(used), max(1, int(used.sum()) // 256))
    spectra = list(threads.map(spectrum, parts))
    return np.where(used, np.cumsum(used) - 1, -1), np.concatenate(spectra)
