"""Long-term means by tables against every hour by itself: cost and agreement, in one run.

Run from anywhere: ``python benchmarks/tables.py [CELL_M ...]``. Needs the references beside the
project. CPU times are of one thread; only their ratio means something on a busy machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numba
import numpy as np

from geocluster.plume.field import PlumeOptions, concentration
from plume import SOURCES, square_grid
from reference import ISCST3, WITHOUT, differences, read_points, read_truth, read_year

TABLES = PlumeOptions(method="tables")


def timed(function: Callable[..., Any], *arguments: object, **options: object) -> tuple:
    """What a function gives, and the CPU seconds that it took."""
    start = time.process_time()
    result = function(*arguments, **options)
    return result, time.process_time() - start


def agreement(table: np.ndarray, truth: np.ndarray) -> str:
    """How errors are spread where the truth is above 1 % of its maximum."""
    error = differences(table, truth, 0.01)
    return (
        f"{error.size} places: median {np.median(error):.1e}, 95 % within "
        f"{np.quantile(error, 0.95):.1e}, worst {error.max():.1e}"
    )


def measure_references() -> None:
    """ISCST3's cases of the year: stacks, volumes, decay."""
    cases = (
        ("annual", "rural_default", {}),
        ("annual", "rural_nostd_nobid", WITHOUT),
        ("volume_rural", "volume_rural", {}),
        ("decay_halflife4h", "decay_halflife4h", {"half_life_s": 4 * 3600.0}),
    )
    for folder, case, options in cases:
        sources = read_points(ISCST3 / folder / "sources.csv")
        receptors = read_points(ISCST3 / folder / "receptors.csv")
        how = PlumeOptions(method="tables", **options)
        mean = concentration(sources, receptors, read_year(), options=how)["mean"].values[0]
        print(f"ISCST3, {case}: {agreement(mean, read_truth(case)['mean'])}")


def measure_volumes(n: int = 60) -> None:
    """Volumes no two of which are alike, over the cells of a small country and close by."""
    random = np.random.default_rng(1)
    volumes = gpd.GeoDataFrame(
        {
            "source_type": "volume",
            "release_height_m": random.choice([5.0, 10.0, 20.0], n),
            "initial_sigma_y_m": random.uniform(10, 120, n),
            "initial_sigma_z_m": random.choice([3.0, 5.0, 9.0], n),
            "emission_so2_g_s": random.uniform(0, 2, n),
        },
        geometry=gpd.points_from_xy(*random.uniform(-12000, 12000, (2, n))),
    )
    for size, cell_m in ((74, 500.0), (100, 40.0)):
        grid = square_grid(size, cell_m)
        hourly, slow = timed(concentration, volumes, grid, read_year())
        table, quick = timed(concentration, volumes, grid, read_year(), options=TABLES)
        print(
            f"{n} volumes, {size} x {size} cells of {cell_m:.0f} m: hourly {slow:.1f} s, tables "
            f"{quick:.1f} s of CPU\n  {agreement(table['mean'].values, hourly['mean'].values)}"
        )


def measure_grid(cell_m: float) -> None:
    """The ten stacks of the reference and its year over 250,000 cells."""
    grid, year, stacks = square_grid(500, cell_m), read_year(), read_points(SOURCES)
    hourly, slow = timed(concentration, stacks, grid, year)
    table, quick = timed(concentration, stacks, grid, year, options=TABLES)
    print(
        f"500 x 500 cells of {cell_m:.0f} m, 10 stacks: hourly {slow:.1f} s, tables {quick:.2f} s "
        f"of CPU, ratio {quick / slow:.3f}"
    )
    print(f"  {agreement(table['mean'].values, hourly['mean'].values)}")


def measure_known(cell_m: float = 100.0, n: int = 200) -> None:
    """What further sources of one kind cost, each at its own place."""
    grid, year = square_grid(500, cell_m), read_year()
    at = np.random.default_rng(3).uniform(-15_000, 15_000, (2, n))
    one = read_points(SOURCES).iloc[[4] * n].reset_index(drop=True)
    many = one.set_geometry(gpd.points_from_xy(*at))
    _, first = timed(concentration, many.iloc[:1], grid, year, options=TABLES)
    _, hourly = timed(concentration, many.iloc[:1], grid, year)
    _, all_of = timed(concentration, many, grid, year, options=TABLES)
    more = (all_of - first) / (n - 1)
    print(
        f"{n} stacks of one kind: the first {first:.2f} s, each further {more * 1e3:.1f} ms "
        f"({more / grid.size * 1e9:.0f} ns a cell); hourly {hourly:.2f} s each"
    )


if __name__ == "__main__":
    numba.set_num_threads(1)
    few = read_year().isel(hour=slice(0, 48))
    for options in (PlumeOptions(), TABLES):  # compiled or read from the cache before
        concentration(read_points(SOURCES).iloc[:1], square_grid(8, 500.0), few, options=options)
    measure_references()
    measure_volumes()
    for cell_m in [float(word) for word in sys.argv[1:]] or [15.0, 100.0, 500.0]:
        measure_grid(cell_m)
    measure_known()
