"""What the plume costs and how well it agrees: measured, never asserted.

Run from anywhere: ``python benchmarks/plume.py``. Needs the references beside the project.
"""

from __future__ import annotations

import resource
import time

import geopandas as gpd
import numba
import numpy as np
import xarray as xr

from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.rise import gradual_rise, plume_rise, stack_tip_height, wind_at
from geocluster.plume.sigma import RURAL_Y, RURAL_Z
from reference import ISCST3, WITHOUT, differences, read_points, read_truth, read_year

SOURCES, RECEPTORS = ISCST3 / "annual/sources.csv", ISCST3 / "annual/receptors.csv"
CASES = {
    "rural_default": PlumeOptions(),
    "rural_nostd_nobid": PlumeOptions(**WITHOUT),
}


def disagreement(result: np.ndarray, truth: np.ndarray) -> str:
    """The error where the truth is above 1e-3 of its maximum."""
    error = differences(result, truth)
    return f"worst {error.max():.1e}, median {np.median(error):.1e}"


def measure_year() -> None:
    """CPU time on one thread for each source, receptor and hour, and the agreement."""
    year, stacks = read_year(), read_points(SOURCES)
    receptors = read_points(RECEPTORS)
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
        for name, truth in read_truth(case).items():
            print(f"  {name}: {disagreement(field[name].values[0], truth)}")


def square_grid(n: int, cell_m: float, centre_m: float = 0.0) -> xr.DataArray:
    """A grid of n x n cells around a point of equal x and y."""
    at = centre_m + (np.arange(n) - (n - 1) / 2) * cell_m
    return xr.DataArray(
        np.ones((n, n), dtype=bool), dims=("y", "x"), coords={"y": at[::-1], "x": at}
    )


def report_cost(
    name: str, sources: gpd.GeoDataFrame, grid: xr.DataArray, sky: xr.Dataset, **options: object
) -> np.ndarray:
    """CPU and wall time with one and with two threads; that the bytes are the same."""
    moving = int((sky["wind_speed_m_s"] > 0).sum())
    pairs, results = len(sources) * grid.size * moving, []
    for threads in (1, 2):
        if threads > numba.config.NUMBA_NUM_THREADS:
            continue
        numba.set_num_threads(threads)
        start, cpu = time.perf_counter(), time.process_time()
        results.append(concentration(sources, grid, sky, **options)["mean"].values)
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        print(
            f"{name}, threads: {threads}, wall {wall:.1f} s, CPU {cpu:.1f} s, "
            f"{cpu / pairs * 1e9:.2f} ns each"
        )
    assert all(result.tobytes() == results[0].tobytes() for result in results)
    return results[0]


def measure_grids() -> None:
    """The stacks of the reference and its year over 250,000 cells, near and far."""
    for cell_m in (15.0, 100.0, 500.0):
        grid = square_grid(500, cell_m)
        report_cost(f"500 x 500 cells of {cell_m:.0f} m", read_points(SOURCES), grid, read_year())


def measure_volumes(n: int = 259) -> None:
    """Many volume sources over a small country, a year of hours."""
    random = np.random.default_rng(1)
    volumes = gpd.GeoDataFrame(
        {
            "source_type": "volume",
            "release_height_m": random.choice([5.0, 10.0, 20.0], n),
            "initial_sigma_y_m": random.uniform(10, 120, n),
            "initial_sigma_z_m": random.choice([3.0, 5.0, 9.0], n),
            "emission_so2_g_s": random.uniform(0, 2, n),
            "emission_nox_g_s": random.uniform(0, 2, n),
        },
        geometry=gpd.points_from_xy(*random.uniform(-12000, 12000, (2, n))),
    )
    report_cost(f"{n} volumes, 74 x 74 cells", volumes, square_grid(74, 500.0), read_year())


def measure_terrain(repeats: int = 5) -> None:
    """Stacks and volumes of the references over a slope, against flat ground in turn."""
    year, places = read_year(), read_points(RECEPTORS)
    volumes = read_points(ISCST3 / "volume_rural/sources.csv")
    slope = places.assign(ground_m=40 + 0.01 * places.geometry.x)
    numba.set_num_threads(1)
    for name, sources in (("stacks", read_points(SOURCES)), ("volumes", volumes)):
        cases = {"flat": (sources, places), "terrain": (sources.assign(ground_m=30.0), slope)}
        cpu = dict.fromkeys(cases, np.inf)
        for _ in range(repeats):
            for case, given in cases.items():
                start = time.process_time()
                concentration(*given, year)
                cpu[case] = min(cpu[case], time.process_time() - start)
        print(f"{name}: terrain takes {cpu['terrain'] / cpu['flat']:.2f} of the CPU of flat ground")


def plain_numpy(
    stacks: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray, sky: xr.Dataset
) -> np.ndarray:
    """The mean of rural stacks by numpy alone: every hour at every receptor, images to the fourth.

    Whole arrays at a time, no wedge, no groups; as written by hand from the equations.
    """
    moving = sky.isel(hour=np.flatnonzero(sky["wind_speed_m_s"] > 0))
    total = np.zeros(x.size)
    bounds = [np.array([line[0] for line in lines[:-1]]) for lines in RURAL_Z]
    factors = [np.array([line[1:] for line in lines]) for lines in RURAL_Z]
    columns = [
        moving[name].values
        for name in ("wind_speed_m_s", "wind_from_deg", "stability", "mixing_height_m",
                     "temperature_k")
    ]  # fmt: skip
    for u10, degrees, stability, lid, t_air in zip(*columns, strict=True):
        k, turn = int(stability) - 1, np.deg2rad(degrees)
        for stack in stacks.itertuples():
            dx, dy = x - stack.geometry.x, y - stack.geometry.y
            down = -dx * np.sin(turn) - dy * np.cos(turn)
            side = dx * np.cos(turn) - dy * np.sin(turn)
            hit = (down >= 1) & (np.abs(side) < 1.191754 * down)
            hit &= np.hypot(dx, dy) < 50_000
            km = np.where(hit, down, 1.0) / 1000
            u = wind_at(stack.stack_height_m, u10, 10.0, k, False)
            v, d = stack.exit_velocity_m_s, stack.stack_diameter_m
            base = stack_tip_height(stack.stack_height_m, d, v, u)
            driver, rise, far, factor, wave = plume_rise(
                v, d, stack.exit_temperature_k, t_air, u, k
            )
            now = np.full(x.size, rise)
            near = hit & (down < far)
            now[near] = [gradual_rise(driver, rise, far, factor, wave, at) for at in down[near]]
            ab = factors[k][np.searchsorted(bounds[k], km)]
            c, slope = RURAL_Y[k]
            sy2 = (465.11628 * km * np.tan(0.017453293 * (c - slope * np.log(km)))) ** 2
            sy2 += now**2 / 12.25
            sz = np.minimum(np.sqrt((ab[:, 0] * km ** ab[:, 1]) ** 2 + now**2 / 12.25), 5000)
            h = base + rise
            images = np.exp(-0.5 * (h / sz) ** 2) * 2
            if k < 4:
                for n in range(1, 5):
                    images += 2 * np.exp(-0.5 * ((2 * n * lid - h) / sz) ** 2)
                    images += 2 * np.exp(-0.5 * ((2 * n * lid + h) / sz) ** 2)
                images = np.where(sz > 1.6 * lid, np.sqrt(2 * np.pi) * sz / lid, images)
                images = images * (h <= lid)
            plume = np.exp(-0.5 * side**2 / sy2) * images / (2 * np.pi * u * np.sqrt(sy2) * sz)
            total += np.where(hit, 1e6 * stack.emission_so2_g_s * plume, 0.0)
    return total / moving.sizes["hour"]


def measure_numpy(every: int = 40) -> None:
    """The reference case in some of its hours, by numpy and by the kernel."""
    sky, stacks = read_year().isel(hour=slice(0, None, every)), read_points(SOURCES)
    receptors = read_points(RECEPTORS)
    pairs = len(stacks) * len(receptors) * int((sky["wind_speed_m_s"] > 0).sum())
    cpu = time.process_time()
    plain = plain_numpy(stacks, receptors["x"].to_numpy(), receptors["y"].to_numpy(), sky)
    cpu = time.process_time() - cpu
    mean = concentration(stacks, receptors, sky)["mean"].values[0]
    print(f"plain numpy: {cpu / pairs * 1e9:.1f} ns; {disagreement(mean, plain)}")


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
    grid = square_grid(n, cell_m, 0.5 * side)
    report_cost(f"region of 40 stacks, {n * n} cells, {hours} hours", stacks, grid, rose)


if __name__ == "__main__":
    start = time.perf_counter()
    concentration(
        read_points(SOURCES).iloc[:1],
        gpd.GeoDataFrame(geometry=gpd.points_from_xy([1000.0], [0.0])),
        read_year().isel(hour=slice(0, 2)),
    )
    print(f"first call, with compilation or from the cache: {time.perf_counter() - start:.1f} s")
    measure_year()
    measure_numpy()
    measure_grids()
    measure_volumes()
    measure_terrain()
    measure_region()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process: {peak:.0f} MiB")
