"""What finding suitable land costs, and how much it finds, beside atlite in the same run.

Run from anywhere: ``python benchmarks/suitability.py``; cell sizes may follow, in metres. Needs
atlite (the extra `bench`). Nothing is asserted.

The region is made up: 100 x 100 km with 60,000 homes in 400 settlements, 4,000 roads and 300
protected areas; homes keep a park 500 m away, roads 100 m, protected areas are excluded. The truth
is the area that exact buffers of all geometries leave free, in a window of 20 x 20 km.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geocluster.region import Region
from geocluster.siting.suitability import suitable_land

CRS = "EPSG:32642"
SIDE_M = 100_000
RULES = pd.DataFrame(
    {
        "rule_id": ["homes", "roads", "protected"],
        "kind": ["homes", "road", "protected"],
        "keep_away_m": [500, 100, 0],
    }
)
WINDOW = (40_000, 40_000, 60_000, 60_000)
TURNS = 3


def made_up_region() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Homes (squares of 12 to 40 m around settlements), roads (bent lines), protected areas."""
    random = np.random.default_rng(20)
    settlements = random.uniform(0, SIDE_M, (400, 2))
    spread = random.lognormal(6.2, 0.6, 400)
    of = random.choice(400, 60_000, p=spread**2 / (spread**2).sum())
    x, y = (settlements[of] + random.normal(0, 1, (60_000, 2)) * spread[of, None]).T
    half = random.uniform(6, 20, 60_000)
    homes = gpd.GeoDataFrame(
        {"people": np.full(60_000, 5), "origin": "made up"},
        geometry=shapely.box(x - half, y - half, x + half, y + half),
        crs=CRS,
    )
    turns = np.cumsum(random.normal(0, 0.25, (4000, 12)), axis=1)
    angles = random.uniform(0, 2 * np.pi, (4000, 1)) + turns
    steps = random.uniform(50, 350, (4000, 1))
    paths = np.stack([np.cos(angles) * steps, np.sin(angles) * steps], axis=2).cumsum(axis=1)
    roads = shapely.linestrings(paths + random.uniform(0, SIDE_M, (4000, 1, 2)))
    corners = np.sort(random.uniform(0, 2 * np.pi, (300, 40)), axis=1)
    radii = random.uniform(400, 2500, (300, 1)) * random.uniform(0.7, 1.1, (300, 40))
    rims = np.stack([np.cos(corners) * radii, np.sin(corners) * radii], axis=2)
    protected = shapely.make_valid(shapely.polygons(rims + random.uniform(0, SIDE_M, (300, 1, 2))))
    kinds = ["road"] * 4000 + ["protected"] * 300
    land = gpd.GeoDataFrame({"kind": kinds}, geometry=[*roads, *protected], crs=CRS)
    return homes, land


def by_atlite(homes: gpd.GeoDataFrame, land: gpd.GeoDataFrame, cell_m: float) -> np.ndarray:
    """The availability of atlite, cut to the region's cells; rows run from the north too."""
    from atlite.gis import ExclusionContainer, shape_availability

    excluder = ExclusionContainer(crs=CRS, res=cell_m)
    for table, metres in (
        (homes, 500),
        (land[land["kind"] == "road"], 100),
        (land[land["kind"] == "protected"], 0),
    ):
        # A table, not a series: atlite 0.7 takes a series as opened already, and buffers nothing.
        excluder.add_geometry(table, buffer=metres)
    whole = gpd.GeoSeries([shapely.box(0, 0, SIDE_M, SIDE_M)], crs=CRS)
    available, place = shape_availability(whole, excluder)
    column, row = (round(at) for at in ~place @ (0, SIDE_M))  # its array has a rim
    side = round(SIDE_M / cell_m)
    return np.asarray(available, dtype=bool)[row : row + side, column : column + side]


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float, float]:
    """What the work gives, with the least wall and CPU time of several turns. [s]"""
    wall, busy = [], []
    for _ in range(TURNS):
        started, used = time.perf_counter(), time.process_time()
        answer = work()
        wall.append(time.perf_counter() - started)
        busy.append(time.process_time() - used)
    return answer, min(wall), min(busy)


def true_share(homes: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> float:
    """The part of the window that exact buffers leave free."""
    window = shapely.box(*WINDOW)
    parts = []
    for table, metres in (
        (homes, 500),
        (land[land["kind"] == "road"], 100),
        (land[land["kind"] == "protected"], 0),
    ):
        near = table.geometry[table.intersects(window.buffer(600))]
        parts.append(near.buffer(metres, quad_segs=64).union_all())
    return 1 - shapely.union_all(parts).intersection(window).area / window.area


def in_window(free: np.ndarray, cell_m: float) -> float:
    """The part of the window that is free, by cells."""
    west, south, east, north = (round(edge / cell_m) for edge in WINDOW)
    rows = free.shape[0]
    return float(free[rows - north : rows - south, west:east].mean())


def main(sizes: list[float]) -> None:
    homes, land = made_up_region()
    grid = Region("Made up", shapely.box(0, 0, SIDE_M, SIDE_M), CRS).grid(1000)
    for mode in ("exact", "fast"):
        suitable_land(grid, homes, land, RULES, fringe_km=None, mode=mode)  # compiles
    print(f"free of the window by exact buffers: {true_share(homes, land):.4%}")
    for cell_m in sizes:
        grid = Region("Made up", shapely.box(0, 0, SIDE_M, SIDE_M), CRS).grid(cell_m)
        work: dict[str, Callable[[], np.ndarray]] = {
            mode: lambda mode=mode, grid=grid: (  # type: ignore[misc]
                suitable_land(grid, homes, land, RULES, fringe_km=None, mode=mode).suitable.values
            )
            for mode in ("exact", "fast")
        }
        work["atlite"] = lambda cell_m=cell_m: by_atlite(homes, land, cell_m)  # type: ignore[misc]
        for name, run in work.items():
            free, wall, busy = timed(run)
            print(
                f"{cell_m:g} m, {name}: {wall:.2f} s wall, {busy:.2f} s CPU; free "
                f"{free.mean():.4%} of the region, {in_window(free, cell_m):.4%} of the window"
            )


if __name__ == "__main__":
    main([float(size) for size in sys.argv[1:]] or [500.0, 250.0, 100.0])
