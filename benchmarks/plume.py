"""What the plume costs and how well it agrees: measured, never asserted.

Run from anywhere: ``python benchmarks/plume.py``. Needs the references beside the project.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import xarray as xr

from geocluster.plume.field import PlumeOptions, concentration

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("GEOCLUSTER_SHARED", ROOT.parent / "shared"))
ANNUAL = SHARED / "reference" / "iscst3" / "annual"
CASES = {
    "rural_default": PlumeOptions(),
    "rural_nostd_nobid": PlumeOptions(stack_tip_downwash=False, buoyancy_induced_dispersion=False),
}


def read_year() -> xr.Dataset:
    """The hourly weather of the reference."""
    table = pd.read_csv(ANNUAL / "met_hourly.csv")
    columns = {
        "wind_speed_m_s": table["wind_speed"],
        "wind_from_deg": table["wind_dir_from"],
        "stability": table["stab"].clip(upper=6),
        "mixing_height_m": table["mixht_rural"],
        "temperature_k": table["temp_k"],
    }
    time_of = pd.date_range("1986-01-01 01:00", periods=len(table), freq="h")
    return xr.Dataset(
        {name: ("hour", values) for name, values in columns.items()},
        coords={"time": ("hour", time_of)},
    )


def read_stacks() -> gpd.GeoDataFrame:
    """The ten stacks of the reference."""
    table = pd.read_csv(ANNUAL / "sources.csv")
    names = {
        "height_m": "stack_height_m",
        "diameter_m": "stack_diameter_m",
        "exit_temp_k": "exit_temperature_k",
        "exit_velocity_ms": "exit_velocity_m_s",
        "q_gs": "emission_so2_g_s",
    }
    return gpd.GeoDataFrame(
        table.rename(columns=names), geometry=gpd.points_from_xy(table["x"], table["y"])
    )


def disagreement(result: np.ndarray, truth: pd.Series) -> str:
    """The error where the truth is above 1e-3 of its maximum."""
    counts = (truth > 1e-3 * truth.max()).to_numpy()
    error = np.abs(result[counts] / truth.to_numpy()[counts] - 1)
    return f"worst {error.max():.1e}, median {np.median(error):.1e}"


def measure_year() -> None:
    """CPU time on one thread for each source, receptor and hour, and the agreement."""
    year, stacks = read_year(), read_stacks()
    places = pd.read_csv(ANNUAL / "receptors.csv")
    receptors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(places["x"], places["y"]))
    numba.set_num_threads(1)
    pairs = len(stacks) * len(receptors) * int((year["wind_speed_m_s"] > 0).sum())
    for case, options in CASES.items():
        for statistics in (("mean",), ("mean", "max_1h")):
            cpu = []
            for _ in range(3):
                start = time.process_time()
                field = concentration(
                    stacks, receptors, year, statistics=statistics, options=options
                )
                cpu.append(time.process_time() - start)
            print(f"{case}, {' and '.join(statistics)}: {min(cpu) / pairs * 1e9:.1f} ns")
        truth = pd.read_csv(ANNUAL / f"{case}.csv")
        for name, column in (("mean", "annual_mean_ug_m3"), ("max_1h", "max_1h_ug_m3")):
            print(f"  {name}: {disagreement(field[name].values[0], truth[column])}")


def measure_region(hours: int = 5000, n: int = 500, cell_m: float = 500.0) -> None:
    """A made-up region of the size of a real one: 40 stacks, 250,000 cells, a rose."""
    random = np.random.default_rng(2)
    stability = random.choice(np.arange(1, 7), hours, p=[0.04, 0.13, 0.13, 0.35, 0.15, 0.2])
    fastest = np.array([3.0, 4.0, 6.0, 10.0, 4.0, 3.0])[stability - 1]
    columns = {
        "wind_speed_m_s": random.uniform(1.0, fastest),
        "wind_from_deg": 2.5 * (np.arange(hours) % 144),
        "stability": stability,
        "mixing_height_m": random.choice([400.0, 800.0, 1200.0, 2000.0], hours),
        "temperature_k": random.choice([275.0, 288.0, 300.0], hours),
        "frequency": random.uniform(0.1, 1.0, hours),
    }
    rose = xr.Dataset({name: ("hour", values) for name, values in columns.items()})
    side, height = n * cell_m, random.choice([10.0, 30.0, 60.0, 100.0, 150.0, 250.0], 40)
    at = random.uniform(0.1 * side, 0.9 * side, (2, 40))
    stacks = gpd.GeoDataFrame(
        {
            "stack_height_m": height,
            "stack_diameter_m": 1 + height / 40,
            "exit_velocity_m_s": random.uniform(5, 20, 40),
            "exit_temperature_k": random.uniform(320, 450, 40),
            **{f"emission_{name}_g_s": random.uniform(1, 100, 40) for name in ("so2", "nox")},
        },
        geometry=gpd.points_from_xy(*at),
    )
    centres = (np.arange(n) + 0.5) * cell_m
    grid = xr.DataArray(
        np.ones((n, n), dtype=bool), dims=("y", "x"), coords={"y": centres[::-1], "x": centres}
    )
    numba.set_num_threads(os.cpu_count() or 1)
    start, cpu = time.perf_counter(), time.process_time()
    concentration(stacks, grid, rose)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"region of 40 stacks, {n * n} cells, {hours} hours: {wall:.1f} s, CPU {cpu:.1f} s")


if __name__ == "__main__":
    start = time.perf_counter()
    concentration(
        read_stacks().iloc[:1],
        gpd.GeoDataFrame(geometry=gpd.points_from_xy([1000.0], [0.0])),
        read_year().isel(hour=slice(0, 2)),
    )
    print(f"first call, with compilation or from the cache: {time.perf_counter() - start:.1f} s")
    measure_year()
    measure_region()
