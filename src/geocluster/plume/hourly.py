"""Every hour by itself at a block of receptors, where a statistic needs more than sums and tops."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numba import get_num_threads

from geocluster.plume import columns as col
from geocluster.plume.jit import compiled
from geocluster.plume.kernel import _blocks, prepare, sweep_band
from geocluster.plume.rows import LINES, density_of, group_hours, rows_of

SIDE = 16  # receptors turned at a time, so that what is read stays at hand


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
    values = np.zeros((receptors.shape[0], emissions.shape[1], k.size))
    if min(values.size, sources.shape[0]) == 0:
        return values
    order, starts = group_hours(wind_from_deg, k, hours[:, col.MIXING_HEIGHT])
    hours, wind_from_deg, k = hours[order], wind_from_deg[order], k[order]
    angle = np.deg2rad(wind_from_deg[starts[:-1]])
    flow = np.column_stack([-np.sin(angle), -np.cos(angle)])
    classes = k[starts[:-1]].astype(np.int64)
    at, row_start = rows_of(receptors[:, 0], receptors[:, 1])
    px, py, pz = (np.ascontiguousarray(receptors[at, n]) for n in range(3))
    rows = (
        px, py, pz, row_start, np.minimum.reduceat(py, row_start[:-1]),
        np.maximum.reduceat(py, row_start[:-1]), density_of(px, row_start),
    )  # fmt: skip
    decay = math.log(2.0) / half_life_s if half_life_s else 0.0
    settings = (reach_m, options, bool((pz > 0.0).any()))
    with ThreadPoolExecutor(get_num_threads()) as threads:
        for first, last in _blocks(starts, sources.shape[0]):
            j0, j1 = starts[first], starts[last]
            own = (starts[first : last + 1] - j0, classes[first:last], flow[first:last])
            n_sources, n_groups = sources.shape[0], last - first
            plumes = np.empty((n_sources, j1 - j0, col.PLUME_COLUMNS))
            wedges = np.empty((n_sources, n_groups, LINES, 3))
            virtual = np.empty((n_sources, n_groups, 2))
            prepare(
                0, n_sources, sources, hours[j0:j1], *own, anemometer_m, decay, reach_m, options,
                plumes, wedges, virtual,
            )  # fmt: skip
            found = np.zeros((j1 - j0, emissions.shape[1], px.size))
            sweep = partial(
                _sweep_group, rows, sources, emissions, own, plumes, wedges, virtual, settings,
                found,
            )  # fmt: skip
            list(threads.map(sweep, range(n_groups)))
            turn = partial(_turn, found, order[j0:j1], at, values)
            list(threads.map(turn, range(0, px.size, SIDE)))
    return values


def _sweep_group(
    rows: tuple, sources: np.ndarray, emissions: np.ndarray, own: tuple, plumes: np.ndarray,
    wedges: np.ndarray, virtual: np.ndarray, settings: tuple, found: np.ndarray, g: int,
) -> None:  # fmt: skip
    """Fill the hours of one group: the kernel leaves them be where no highest hour is kept."""
    starts, classes, flow = own
    j0, j1 = starts[g], starts[g + 1]
    n = j1 - j0
    sweep_band(
        0, rows[3].size - 1, *rows, sources, emissions, np.zeros(n),
        np.array([0, n]), classes[g : g + 1], flow[g : g + 1],
        np.ascontiguousarray(plumes[:, j0:j1]), np.ascontiguousarray(wedges[:, g : g + 1]),
        np.ascontiguousarray(virtual[:, g : g + 1]), *settings,
        np.zeros(found.shape[1:]), np.zeros((0, found.shape[2])), found[j0:j1],
    )  # fmt: skip


@compiled(nogil=True)
def _turn(
    found: np.ndarray, order: np.ndarray, at: np.ndarray, values: np.ndarray, first: int
) -> None:
    """Some receptors of (hour, pollutant, receptor) into (receptor, pollutant, hour), unsorted."""
    last = min(first + SIDE, at.size)
    for p in range(found.shape[1]):
        for j in range(found.shape[0]):
            for i in range(first, last):
                values[at[i], p, order[j]] = found[j, p, i]
