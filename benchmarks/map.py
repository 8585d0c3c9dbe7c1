"""How large the pages of a large region are, and how quick they are in a headless Chromium.

Run from anywhere: ``python benchmarks/map.py``; other numbers of homes may follow (10,000 and
100,000 unless told). Needs Playwright (the extra `test`) and an installed Chromium. Nothing is
asserted.

The region is made up: 1,000 sources, 500 candidates with 20 criteria, rasters of 1000 x 1000
cells of a smooth field with noise for two pollutants, and homes as buildings of 12 corners. First
paint is the browser's own first contentful paint; ready is when everything is drawn; a move is a
step of zoom with all that the page does after it, drawn; a slider's move is up to the next drawn
frame. The network is off.
Processor time is that of the page's main thread: it hardly depends on what else the machine does.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from playwright.sync_api import Browser, sync_playwright

from geocluster.maps.page import draw_map
from geocluster.maps.review import draw_review
from geocluster.region import Region

CRS, SIDE_M, CELLS = "EPSG:32642", 100_000, 1000
WEST, SOUTH = 450_000, 4_520_000
CRITERIA = 20
ORIGIN = np.array([WEST, SOUTH])
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))"
MOVE = """async (step) => { const map = geocluster.map, begun = performance.now();
  map.setZoom(map.getZoom() + step, { animate: false });
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - begun; }"""
SLIDE = """async (value) => { const slider = document.querySelector('input[type=range]');
  const begun = performance.now(); slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - begun; }"""


def region() -> Region:
    return Region("Made up", shapely.box(WEST, SOUTH, WEST + SIDE_M, SOUTH + SIDE_M), CRS)


def rasters(random: np.random.Generator) -> xr.Dataset:
    """Two pollutants on 1000 x 1000 cells: hills of concentration, with noise of a tenth."""
    step = SIDE_M / CELLS
    x, y = (start + step * (np.arange(CELLS) + 0.5) for start in (WEST, SOUTH))
    field = np.zeros((2, CELLS, CELLS))
    for one in range(2):
        for _ in range(60):
            east, north = random.uniform(0, SIDE_M, 2)
            far = np.hypot(x[None, :] - WEST - east, y[:, None] - SOUTH - north)
            field[one] += random.lognormal(1, 1) * np.exp(-far / random.uniform(2e3, 9e3))
    field *= random.uniform(0.9, 1.1, field.shape)
    return xr.Dataset(
        {"mean": (("pollutant", "y", "x"), field)},
        coords={"pollutant": ["so2", "nox"], "y": y, "x": x},
        attrs={"crs": CRS, "units": "ug/m3"},
    )


def homes(random: np.random.Generator, count: int, field: xr.Dataset) -> gpd.GeoDataFrame:
    """Buildings around 80 towns, with what is breathed in them."""
    towns = random.uniform(8_000, SIDE_M - 8_000, (80, 2))
    at = np.clip(
        towns[random.integers(0, 80, count)] + random.normal(0, 1_800, (count, 2)), 0, None
    )
    at = np.minimum(at, SIDE_M - 1)
    shapes = shapely.buffer(shapely.points(at + ORIGIN), random.uniform(6, 40, count), quad_segs=3)
    column, row = (at // (SIDE_M / CELLS)).astype(int).T
    values = {
        f"{p}_mean_ug_m3": field["mean"].sel(pollutant=p).values[row, column]
        for p in ("so2", "nox")
    }
    people = random.integers(1, 90, count).astype(float)
    table = {"name": "", "people": people, "origin": "made up", **values}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def sources(random: np.random.Generator, count: int = 1_000) -> gpd.GeoDataFrame:
    at = random.uniform(0, SIDE_M, (count, 2)) + ORIGIN
    table = {
        "source_id": [f"q{i}" for i in range(count)],
        "name": [f"Works {i}" for i in range(count)],
        "sector": random.choice(["copper", "power", "cement"], count),
        "source_type": "point",
        "stack_height_m": random.uniform(10, 200, count),
        "emission_so2_g_s": random.lognormal(1, 2, count),
        "emission_nox_g_s": random.lognormal(1, 2, count),
        "emission_origin": random.choice(["reported", "factor", "assumed"], count),
    }
    return gpd.GeoDataFrame(table, geometry=shapely.points(at), crs=CRS)


def candidates(random: np.random.Generator, count: int = 500) -> gpd.GeoDataFrame:
    x, y = random.uniform(0, SIDE_M - 2_000, (2, count)) + np.array([[WEST], [SOUTH]])
    table = {"site_id": [f"s{i:03d}" for i in range(count)], "name": "", "kind": "empty land"}
    table |= {"rank": range(1, count + 1), "score": np.linspace(0.9, 0.1, count)}
    table |= {"area_ha": random.uniform(40, 300, count).round(1)}
    table |= {f"criterion_{i}": random.lognormal(2, 1, count) for i in range(CRITERIA)}
    shapes = shapely.box(x, y, x + random.uniform(600, 1_800, count), y + 1_000)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def criteria() -> pd.DataFrame:
    names = [f"criterion_{i}" for i in range(CRITERIA)]
    return pd.DataFrame(
        {
            "column": names,
            "group": [("people", "access", "land")[i % 3] for i in range(CRITERIA)],
            "direction": "less",
            "unit": "m",
            "label": [f"Criterion {i}" for i in range(CRITERIA)],
            "share": 1.0,
            "source": "made up",
        }
    )


def visit(browser: Browser, page: Path, script: str, values: list[float]) -> str:
    """First paint, ready and the median of what the script takes, by clock and processor."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_offline(True)
    tab = context.new_page()
    asked = context.new_cdp_session(tab)
    asked.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        figures = asked.send("Performance.getMetrics")["metrics"]
        return next(1000 * one["value"] for one in figures if one["name"] == "TaskDuration")

    begun, worked = time.perf_counter(), busy()
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-gc-ready]", state="attached")
    tab.evaluate(DRAWN)
    ready, ready_busy = 1000 * (time.perf_counter() - begun), busy() - worked
    paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    tab.wait_for_timeout(2_000)
    moves, moves_busy = [], []
    for value in values:
        worked = busy()
        moves.append(tab.evaluate(script, value))
        moves_busy.append(busy() - worked)
    context.close()
    return (
        f"first paint {paint or float('nan'):.0f} ms, ready {ready:.0f} ms (processor "
        f"{ready_busy:.0f}), a move {statistics.median(moves):.0f} ms (processor "
        f"{statistics.median(moves_busy):.0f})"
    )


def main(counts: list[int]) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    random = np.random.default_rng(7)
    field, works, sites, table = rasters(random), sources(random), candidates(random), criteria()
    weights = dict.fromkeys(table["column"], -1 / CRITERIA)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for count in counts:
            people = homes(random, count, field)
            begun = time.perf_counter()
            burden = field["mean"].isel(pollutant=0, drop=True).assign_attrs(field.attrs)
            page = draw_map(
                region(),
                exposure=people,
                concentration=field,
                sources=works,
                sites=sites,
                burden=burden,
            ).save(Path(folder) / f"map_{count}.html")
            drawn = time.perf_counter() - begun
            told = visit(browser, page, MOVE, [1, 1, -1, 1, -1, -1])
            size = page.stat().st_size / 1e6
            print(f"map, {count:,} homes: {size:.1f} MB in {drawn:.1f} s, {told}")
        page = draw_review(region(), sites, table, weights, homes=people)
        page = page.save(Path(folder) / "review.html")
        told = visit(browser, page, SLIDE, [10, 80, 35, 60, 5, 90])
        size = page.stat().st_size / 1e6
        print(f"review, {len(sites)} candidates of {CRITERIA} criteria: {size:.1f} MB, {told}")
        browser.close()


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [10_000, 100_000])
