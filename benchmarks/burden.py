"""The burden of a million places: time, memory, and agreement with forward runs.

Run from anywhere: ``python benchmarks/burden.py [CELL_M ...]``. Needs the references beside the
project. Each size of cells runs in a process of its own, compiled code being in the cache; what
is printed of time is split into starting (imports, weather, homes) and the burden itself, and
memory is the highest of the whole process up to the burden's end.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from geocluster.exposure.burden import burden_by_release, burden_of_profile
from geocluster.plume.field import PlumeOptions, concentration
from plume import square_grid
from reference import read_year

CRS = "EPSG:32642"
CELLS, CHECKED, BLOCKS = 1000, 50, 4000
RELEASES = [
    {
        "name": "fugitive", "share": 0.3, "release_height_m": 10.0, "initial_sigma_y_m": 23.3,
        "initial_sigma_z_m": 9.3,
    },
    {
        "name": "boiler", "share": 0.5, "stack_height_m": 40.0, "stack_diameter_m": 1.2,
        "exit_velocity_m_s": 10.0, "exit_temperature_k": 423.0,
    },
    {
        "name": "tall", "share": 0.2, "stack_height_m": 120.0, "stack_diameter_m": 3.0,
        "exit_velocity_m_s": 15.0, "exit_temperature_k": 400.0,
    },
]  # fmt: skip
# People of a forward run stand on points so far apart, by distance from the source.
LATTICES = ((1_000.0, 20.0), (5_000.0, 60.0), (60_000.0, 120.0))


def blocks(extent_m: float, count: int = BLOCKS) -> gpd.GeoDataFrame:
    """A city, a smaller one, villages up to beyond the border: turned rectangles with people."""
    random = np.random.default_rng(4)
    city, second, rest = count // 2, count // 4, count - count // 2 - count // 4
    at = np.concatenate(
        [
            random.normal(0, extent_m / 14, (city, 2)),
            random.normal((extent_m / 4, extent_m / 5), extent_m / 40, (second, 2)),
            random.uniform(-0.6 * extent_m, 0.6 * extent_m, (rest, 2)),
        ]
    )
    half = random.uniform(30, 200, (count, 2))
    turn = random.uniform(0, np.pi, count)
    along = half[:, :1] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    across = half[:, 1:] * np.stack([-np.sin(turn), np.cos(turn)], axis=1)
    rings = [at + along + across, at - along + across, at - along - across, at + along - across]
    shapes = shapely.polygons(np.stack(rings, axis=1))
    return gpd.GeoDataFrame({"people": random.uniform(5, 900, count)}, geometry=shapes, crs=CRS)


def lattice(homes: gpd.GeoDataFrame, step_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points in the homes and the people of each: at most so far apart, four at least."""
    corners = shapely.get_coordinates(homes.geometry).reshape(len(homes), 5, 2)
    x, y, people = [], [], []
    for (origin, one, _, other, _), count in zip(corners, homes["people"], strict=True):
        sides = one - origin, other - origin
        n, m = (max(int(np.ceil(np.hypot(*side) / step_m)), 2) for side in sides)
        a, b = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(m) + 0.5) / m)
        x.append((origin[0] + a * sides[0][0] + b * sides[1][0]).ravel())
        y.append((origin[1] + a * sides[0][1] + b * sides[1][1]).ravel())
        people.append(np.full(n * m, count / (n * m)))
    return tuple(np.concatenate(part) if part else np.empty(0) for part in (x, y, people))


def forward(homes: gpd.GeoDataFrame, place: tuple, year: xr.Dataset, urban: bool) -> np.ndarray:
    """People times concentration of each release standing at a place, hour by hour."""
    park = pd.DataFrame(RELEASES).drop(columns=["name", "share"])
    kinds = ["point" if low != low else "volume" for low in park["release_height_m"]]
    park = gpd.GeoDataFrame(
        park.assign(source_type=kinds), geometry=gpd.points_from_xy(*np.tile(place, (3, 1)).T)
    )
    for number, release in enumerate(RELEASES):
        park[f"emission_{release['name']}_g_s"] = (np.arange(3) == number).astype(float)
    distance = shapely.distance(homes.geometry.values, shapely.Point(place))
    total, nearest = np.zeros(3), 0.0
    for farthest, step_m in LATTICES:
        x, y, people = lattice(homes[(distance >= nearest) & (distance < farthest)], step_m)
        receptors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
        options = PlumeOptions(urban=urban)
        total += concentration(park, receptors, year, options=options)["mean"].values @ people
        nearest = farthest
    return total


def measure(cell_m: float, checked: int, started: float) -> None:
    """One size of cells, in this process, which started at a time."""
    grid = square_grid(CELLS, cell_m).assign_attrs(crs=CRS, cell_m=cell_m)
    extent_m = CELLS * cell_m
    homes, year = blocks(extent_m), read_year()
    urban = xr.DataArray(np.hypot(grid["x"], grid["y"]).values < extent_m / 10, dims=("y", "x"))
    for name, where in (("rural", False), ("rural and urban by place", urban)):
        start, cpu = time.perf_counter(), time.process_time()
        parts = burden_by_release(homes, grid, year, releases=RELEASES, urban=where)
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{CELLS} x {CELLS} cells of {cell_m:g} m, {year.sizes['hour']} hours, 3 releases, "
            f"{name}: wall {wall:.1f} s, CPU {cpu:.1f} s; peak {peak:.2f} GB; "
            f"process so far {time.time() - started:.1f} s",
            flush=True,
        )
    compare(parts, homes, year, urban, cpu, checked)


def compare(
    parts: xr.DataArray, homes: gpd.GeoDataFrame, year: xr.Dataset, urban: xr.DataArray,
    cpu: float, checked: int,
) -> None:  # fmt: skip
    """Forward runs at random cells where the burden is above 1 % of its maximum, and their cost."""
    whole = burden_of_profile(parts).values
    likely = np.flatnonzero(whole > 0.01 * whole.max())
    chosen = np.random.default_rng(2).choice(likely, checked, replace=False)
    rows, columns = np.unravel_index(chosen, whole.shape)
    start = time.process_time()
    truth = np.array(
        [
            forward(homes, (float(parts["x"][c]), float(parts["y"][r])), year, bool(urban[r, c]))
            for r, c in zip(rows, columns, strict=True)
        ]
    )
    each = (time.process_time() - start) / checked
    found = parts.values[:, rows, columns].T
    shares = parts["share"].values
    names = ["the park", *parts["release"].values]
    both = [(found @ shares, truth @ shares), *zip(found.T, truth.T, strict=True)]
    for name, (here, there) in zip(names, both, strict=True):
        error = np.abs(here / there - 1)
        print(
            f"  {name}: at {checked} of {likely.size} cells worst {error.max():.2%}, "
            f"median {np.median(error):.3%}"
        )
    print(
        f"  a forward run takes {each:.2f} s of CPU: for all cells {each * whole.size / cpu:,.0f} "
        "times the burden's",
        flush=True,
    )


def main() -> None:
    """Each size in a process of its own, after one that compiles."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cells", nargs="*", type=float, default=[100.0, 250.0, 500.0])
    parser.add_argument("--checked", type=int, default=CHECKED, help="cells that are run forward")
    parser.add_argument("--started", type=float, help="in this process, which began then")
    asked = parser.parse_args()
    if asked.started:
        measure(asked.cells[0], asked.checked, asked.started)
        return
    warm = square_grid(8, 500.0).assign_attrs(crs=CRS, cell_m=500.0)
    few = read_year().isel(hour=slice(0, 48))
    burden_by_release(blocks(8_000.0, 40), warm, few, releases=RELEASES)
    forward(blocks(8_000.0, 40), (0.0, 0.0), few, False)
    for cell_m in asked.cells:
        own = [str(cell_m), "--checked", str(asked.checked), "--started", str(time.time())]
        subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()
