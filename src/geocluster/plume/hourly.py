"""Every hour by itself at a block of receptors, where a statistic needs more than sums and tops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numba import get_num_threads

from geocluster.plume.jit import compiled
from geocluster.plume.kernel import Block, prepared_blocks, sweep_band
from geocluster.plume.rows import Rows, groups_of, rows_of

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
    groups = groups_of(hours, wind_from_deg, k)
    at, row_start = rows_of(receptors[:, 0], receptors[:, 1])
    rows = Rows.of(receptors, at, row_start)
    settings = (reach_m, options, bool((rows.pz > 0.0).any()))
    with ThreadPoolExecutor(get_num_threads()) as threads:
        for block in prepared_blocks(
            threads, groups, sources, anemometer_m, half_life_s, reach_m, options
        ):
            found = np.zeros((block.last - block.first, emissions.shape[1], at.size))
            sweep = partial(_sweep_group, rows, sources, emissions, block, settings, found)
            list(threads.map(sweep, range(block.of_groups[1].size)))
            turn = partial(_turn, found, groups.order[block.first : block.last], at, values)
            list(threads.map(turn, range(0, at.size, SIDE)))
    return values


def _sweep_group(
    rows: Rows, sources: np.ndarray, emissions: np.ndarray, block: Block, settings: tuple,
    found: np.ndarray, g: int,
) -> None:  # fmt: skip
    """Fill the hours of one group: the kernel leaves them be where no highest hour is kept."""
    starts, classes, flow = block.of_groups
    plumes, wedges, virtual = block.of_sources
    j0, j1 = starts[g], starts[g + 1]
    n = j1 - j0
    sweep_band(
        0, rows.row_start.size - 1, *rows, sources, emissions, np.zeros(n),
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
