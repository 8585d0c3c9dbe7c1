"""What choosing several parks at once, and placing shared facilities, costs: never asserted.

Run from anywhere: ``python benchmarks/together.py``. CPU time on a made-up region of 100 x 100 km.
"""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
from shapely.geometry import box

from geocluster.siting.medians import coverage, p_median
from geocluster.siting.sheds import labour_shed
from geocluster.siting.together import choose_together

SIDE_M, SITES, HOMES = 100_000, 500, 2_000
WEIGHTS = {"burden_persons_ug_m3_per_g_s": -4, "distance_rail_m": -3, "workers_within_15_km": 3}


def region() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sites and homes at random, people about a few towns."""
    random = np.random.default_rng(0)
    corners = random.integers(0, SIDE_M // 1000, (SITES, 2)) * 1000.0
    corners = np.unique(corners, axis=0)
    towns = random.uniform(0, SIDE_M, (12, 2))
    spots = towns[random.integers(0, 12, HOMES)] + random.normal(0, 6_000, (HOMES, 2))
    homes = gpd.GeoDataFrame(
        {"people": random.lognormal(6, 1, HOMES)},
        geometry=[box(x, y, x + 500, y + 500) for x, y in spots],
        crs="EPSG:32642",
    )
    count = len(corners)
    sites = gpd.GeoDataFrame(
        {
            "site_id": [f"S{n:03d}" for n in range(count)],
            "burden_persons_ug_m3_per_g_s": random.lognormal(9, 0.6, count),
            "distance_rail_m": random.uniform(0, 20_000, count),
            "area_ha": 100.0,
        },
        geometry=[box(x, y, x + 1000, y + 1000) for x, y in corners],
        crs="EPSG:32642",
    )
    return sites.assign(workers_within_15_km=labour_shed(sites, homes).alone()), homes


def main() -> None:
    """Print a line a case."""
    sites, homes = region()
    for k, spacing, samples in ((3, 15_000, 0), (5, 10_000, 0), (10, 10_000, 0), (5, 10_000, 20)):
        start = time.process_time()
        chosen = choose_together(
            sites, k, WEIGHTS, homes=homes, min_spacing_m=spacing, samples=samples
        )
        spent = time.process_time() - start
        told = chosen.attrs
        gain = told["objective"] - told["one_by_one"]["objective"]
        print(
            f"{len(sites)} sites, {k} parks {spacing / 1000:g} km apart, {samples} weightings: "
            f"{spent:.1f} s, {told['status']}, {gain:+.3f} beside one by one"
        )
    random = np.random.default_rng(0)
    first, second = random.uniform(0, SIDE_M, (500, 2)), random.uniform(0, SIDE_M, (500, 2))
    distance = np.hypot(*(first[:, None] - second[None]).T).T
    weight = random.lognormal(size=500)
    for m in (3, 10, 30):
        start = time.process_time()
        placed = p_median(distance, weight, m)
        middle = time.process_time()
        covered = coverage(distance < 8_000, weight, m)
        last = time.process_time()
        print(
            f"500 clusters x 500 candidates, {m} facilities: p-median {middle - start:.1f} s, gap "
            f"{placed.gap:.1g}; coverage {last - middle:.2f} s, gap {covered.gap:.1g}"
        )


if __name__ == "__main__":
    main()
