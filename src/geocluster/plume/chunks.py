"""A source's hours of one group at the places of a band: chunks are filled, worked and emptied."""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume import columns as col
from geocluster.plume.columns import AMPLITUDE, BASE, DECAY, LID
from geocluster.plume.hours import stack_hour, start_volume, volume_lid
from geocluster.plume.jit import inner
from geocluster.plume.lanes import (
    CHUNK,
    GROUND,
    LANES,
    NOWHERE,
    ROOT,
    TERRAIN,
    TOTAL,
    VALUE,
    Y2,
    V,
    X,
    Z,
    bounds_of_sz2,
    fill_sigmas,
    fma,
)
from geocluster.plume.rows import WEDGE, first_from, last_to, row_part

# The table of a chunk's parts: where in the chunk, which receptor first, how many; its last line
# is how many places and parts there are.
AT, FIRST, SIZE = range(3)
PLACES, PARTS = range(2)


@inner()
def put_places(
    work: np.ndarray, parts: np.ndarray, first: int, px: np.ndarray, py: np.ndarray, sx: float,
    sy: float, ux: float, uy: float, blank: float, reach_m: float,
) -> None:  # fmt: skip
    """Put neighbours of a row at the end of a chunk; y^2 of what no plume reaches is huge."""
    m, part = parts[CHUNK, PLACES], parts[CHUNK, PARTS]
    parts[part, AT], parts[part, FIRST], parts[part, SIZE] = m, first, px.size
    parts[CHUNK, PLACES] = m + px.size
    parts[CHUNK, PARTS] = part + 1
    to_x, to_y2 = work[X + m : X + m + px.size], work[Y2 + m : Y2 + m + px.size]
    for i in range(px.size):
        dx, dy = px[i] - sx, py[i] - sy
        x = dx * ux + dy * uy
        y = dx * uy - dy * ux
        within = (x >= blank) & (abs(y) <= WEDGE * x) & (dx * dx + dy * dy <= reach_m * reach_m)
        to_x[i] = max(x, blank)
        to_y2[i] = y * y if within else NOWHERE


@inner()
def put_ground(to: np.ndarray, ground: np.ndarray, source: np.ndarray) -> None:
    """How far the ground is above a source's base [m], cut at its release height."""
    for i in range(ground.size):
        to[i] = min(ground[i] - source[col.GROUND], source[col.HEIGHT])


@inner()
def lowest_and_highest(values: np.ndarray) -> tuple[float, float]:
    low, high = values[0], values[0]
    for i in range(values.size):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high


@inner()
def stack_hours(
    work: np.ndarray, n: int, plumes: np.ndarray, weights: np.ndarray, x0: float, sz0: float,
    sz1: float, ground: tuple, options: int, high: bool, parts: np.ndarray, rates: np.ndarray,
    hourly: np.ndarray,
) -> bool:  # fmt: skip
    """Fill TOTAL with the weighted sum of a group's hours, and add each hour to `hourly`."""
    some = False
    for i in range(n):
        work[TOTAL + i] = 0.0
    for j in range(plumes.shape[0]):
        if not stack_hour(work, n, plumes[j], x0, sz0, sz1, ground, options, high):
            continue
        some = True
        weight = weights[j]
        for i in range(n):
            work[TOTAL + i] = fma(weight, work[VALUE + i], work[TOTAL + i])
        if hourly.size:
            add_parts(work[VALUE : VALUE + CHUNK], parts, rates, hourly[j])
    return some


@inner()
def volume_hours(
    work: np.ndarray, n: int, plumes: np.ndarray, weights: np.ndarray, sz0: float,
    sz1: float, options: int, high: bool, parts: np.ndarray, rates: np.ndarray,
    hourly: np.ndarray,
) -> bool:  # fmt: skip
    """As `stack_hours` for a source without rise: its hours differ by wind and lid alone."""
    start_volume(work, n, plumes[0, BASE], high)
    shared = 0.0
    for j in range(plumes.shape[0]):
        lid, amplitude = plumes[j, LID], plumes[j, AMPLITUDE]
        if plumes[j, BASE] > lid or lid <= 0.0:
            continue
        share = weights[j] * amplitude
        shared += share
        lidded = volume_lid(work, n, plumes[j], sz0, sz1, options, high)
        if lidded:
            for i in range(n):
                more = work[ROOT + i] * (work[V + i] - work[GROUND + i])
                work[TOTAL + i] = fma(share, more, work[TOTAL + i])
        if hourly.size:
            at = V if lidded else GROUND
            for i in range(n):
                work[VALUE + i] = amplitude * work[at + i] * work[ROOT + i]
            add_parts(work[VALUE : VALUE + CHUNK], parts, rates, hourly[j])
    for i in range(n):
        ground = work[ROOT + i] * work[GROUND + i]
        work[TOTAL + i] = max(fma(shared, ground, work[TOTAL + i]), 0.0)  # 0 above every lid
    return shared > 0.0


@inner()
def add_parts(quantity: np.ndarray, parts: np.ndarray, rates: np.ndarray, to: np.ndarray) -> None:
    """Add emissions times a quantity of a chunk to (pollutant, receptor)."""
    for m in range(parts[CHUNK, PARTS]):
        at, first, size = parts[m, AT], parts[m, FIRST], parts[m, SIZE]
        values = quantity[at : at + size]
        for p in range(rates.size):
            rate, sums = rates[p], to[p, first : first + size]
            for i in range(size):
                sums[i] = fma(rate, values[i], sums[i])


@inner()
def raise_highest(
    highest: np.ndarray, hourly: np.ndarray, hours: int, begin: int, end: int
) -> None:
    """Raise the highest hour to those of a group, and clear them."""
    for p in range(highest.shape[0]):
        tops = highest[p, begin:end]
        for j in range(hours):
            values = hourly[j, p, begin:end]
            for i in range(values.size):
                tops[i] = max(tops[i], values[i])
                values[i] = 0.0


@inner()
def add_chunk(
    work: np.ndarray, k: int, source: np.ndarray, virtual: np.ndarray,
    plumes: np.ndarray, weights: np.ndarray, x0: float, x1: float, options: int, high: bool,
    parts: np.ndarray, rates: np.ndarray, mean: np.ndarray, hourly: np.ndarray,
) -> None:  # fmt: skip
    """Add a source's hours of one group at the places of a chunk to the sums, and empty it."""
    m = parts[CHUNK, PLACES]
    n = (m + LANES - 1) // LANES * LANES
    for i in range(m, n):
        work[X + i] = x1
        work[Y2 + i] = NOWHERE
        work[Z + i] = 0.0
        work[TERRAIN + i] = 0.0
    hilly = options & col.HILLY
    ground = lowest_and_highest(work[TERRAIN : TERRAIN + m]) if hilly else (0.0, 0.0)
    urban = source[col.URBAN] != 0.0
    fill_sigmas(work, n, k, urban, virtual[0], virtual[1], x0, x1)
    sz0, sz1 = bounds_of_sz2(x0 + virtual[1], x1 + virtual[1], k, urban)
    if source[col.VOLUME] != 0.0 and plumes[0, DECAY] == 0.0 and not hilly:
        some = volume_hours(
            work, n, plumes, weights, sz0, sz1, options, high, parts, rates, hourly
        )  # fmt: skip
    else:
        some = stack_hours(
            work, n, plumes, weights, x0, sz0, sz1, ground, options, high, parts, rates, hourly
        )  # fmt: skip
    if some:
        add_parts(work[TOTAL : TOTAL + CHUNK], parts, rates, mean)
    parts[CHUNK, PLACES] = 0
    parts[CHUNK, PARTS] = 0


@inner()
def add_source(
    rows: tuple, window: tuple, k: int, flow: np.ndarray, wedge: np.ndarray, reach_m: float,
    source: np.ndarray, virtual: np.ndarray, plumes: np.ndarray, weights: np.ndarray,
    options: int, high: bool, rates: np.ndarray, mean: np.ndarray, hourly: np.ndarray,
    touched: np.ndarray, work: np.ndarray, parts: np.ndarray,
) -> None:  # fmt: skip
    """Add a source's hours of one group to the sums at the rows of a band."""
    px, py, pz, ground, row_start, row_y0, row_y1, per_m = rows
    first_row, last_row, base = window
    sx, sy, ux, uy = source[col.X], source[col.Y], flow[0], flow[1]
    blank = 2.15 * source[col.SIGMA_Y0] + 1.0 if source[col.VOLUME] != 0.0 else 1.0
    x0, x1 = math.inf, 0.0
    for row in range(first_row, last_row):
        y0, y1 = row_y0[row] - sy, row_y1[row] - sy
        lower, upper = row_part(wedge, reach_m, y0, y1)
        i, end = row_start[row], row_start[row]
        if lower <= upper:
            i = first_from(px, row_start[row], row_start[row + 1], sx + lower, per_m)
            end = last_to(px, i, row_start[row + 1], sx + upper, per_m)
        if i < end:
            touched[row - first_row] = True
        last = row == last_row - 1
        while i < end or last:
            m = parts[CHUNK, PLACES]
            size = min(end - i, CHUNK - m)
            if size > 0:
                put_places(
                    work, parts, i - base, px[i : i + size], py[i : i + size], sx, sy, ux, uy,
                    blank, reach_m,
                )  # fmt: skip
                if high:
                    work[Z + m : Z + m + size] = pz[i : i + size]
                if options & col.HILLY:
                    put_ground(work[TERRAIN + m : TERRAIN + m + size], ground[i : i + size], source)
                at0, at1 = (px[i] - sx) * ux, (px[i + size - 1] - sx) * ux
                x0 = min(x0, min(at0, at1) + min(y0 * uy, y1 * uy) - 1e-3)
                x1 = max(x1, max(at0, at1) + max(y0 * uy, y1 * uy) + 1e-3)
                i += size
                m += size
            last = last and i < end
            if m == CHUNK or (m > 0 and i >= end and row == last_row - 1):
                add_chunk(
                    work, k, source, virtual, plumes, weights, max(x0, blank), max(x1, blank),
                    options, high, parts, rates, mean, hourly,
                )  # fmt: skip
                x0, x1 = math.inf, 0.0
