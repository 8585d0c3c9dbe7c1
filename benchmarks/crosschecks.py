"""The plume against plain Python (`isc3`) in cases that the references beside the project lack.

Run from anywhere: ``python benchmarks/crosschecks.py``. Tests assert it, docs/validation.md has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from geocluster.plume.field import PlumeOptions
from geocluster.plume.field import concentration as package
from isc3 import Hour, concentration
from reference import differences, points

PLAIN_NAMES = {
    "final_rise": "final_rise",
    "stack_tip_downwash": "tip_downwash",
    "buoyancy_induced_dispersion": "induced",
    "half_life_s": "half_life_s",
    "urban": "urban",
}


@dataclass(frozen=True)
class Case:
    """Sources of 1 to 3 g/s, where they are looked at, and how."""

    name: str
    sources: list[dict[str, Any]]
    options: dict[str, Any] = field(default_factory=dict)
    heights: tuple[float, ...] = (0.0,)
    anemometer_m: float = 10.0
    weak: bool = False
    hilly: bool = False


def stack(h: float, d: float, v: float, t: float, **more: Any) -> dict[str, Any]:
    """A stack by height, diameter, velocity and temperature."""
    return {
        "stack_height_m": h,
        "stack_diameter_m": d,
        "exit_velocity_m_s": v,
        "exit_temperature_k": t,
        **more,
    }


def volume(h: float, y0: float, z0: float) -> dict[str, Any]:
    """A volume source by height and initial sigmas."""
    return {"release_height_m": h, "initial_sigma_y_m": y0, "initial_sigma_z_m": z0}


TALL = [stack(35, 1.4, 7, 398), stack(80, 3, 12, 420), stack(150, 5, 20, 410)]
JETS = [stack(35, 0.6, 40, 300), stack(50, 1, 25, 310), stack(100, 2, 30, 320)]
VOLUMES = [volume(3, 12, 2), volume(25, 40, 11), volume(60, 0, 0)]
SIDEWAYS = [
    stack(30, 1.5, 12, 420, stack_direction="horizontal"),
    stack(45, 2, 9, 390, stack_direction="capped"),
    stack(30, 1.5, 12, 420),
]
CASES = [
    Case("35, 80 and 150 m, rural", TALL),
    Case("the same, urban", TALL, {"urban": True}),
    Case("the same, gradual rise", TALL, {"final_rise": False}),
    Case("the same, gradual rise, urban", TALL, {"final_rise": False, "urban": True}),
    Case("the same, no downwash, no induced dispersion", TALL, {
        "stack_tip_downwash": False, "buoyancy_induced_dispersion": False}),
    Case("the same, half-life 1 h", TALL, {"half_life_s": 3600.0}),
    Case("the same, wind under 1 m/s too", TALL, weak=True),
    Case("the same, anemometer at 30 m", TALL, anemometer_m=30.0),
    Case("the same, receptors 0 to 90 m high", TALL, heights=(0.0, 15.0, 40.0, 90.0)),
    Case("hot jets of 25 to 40 m/s", JETS),
    Case("the same, gradual rise, urban", JETS, {"final_rise": False, "urban": True}),
    Case("cold jets", [{**jet, "exit_temperature_k": 255.0} for jet in JETS]),
    Case("the same, gradual rise",
         [{**jet, "exit_temperature_k": 255.0} for jet in JETS], {"final_rise": False}),
    Case("horizontal, capped and vertical", SIDEWAYS),
    Case("the same, gradual rise", SIDEWAYS, {"final_rise": False}),
    Case("volumes, rural", VOLUMES),
    Case("volumes, urban", VOLUMES, {"urban": True}),
    Case("35, 80 and 150 m, gradual rise, receptors 0 to 20 m high, low hills", TALL,
         {"final_rise": False}, heights=(0.0, 0.0, 20.0, 0.0), hilly=True),
    Case("volumes, low hills", VOLUMES, hilly=True),
    Case("volumes, half-life 1 h, receptors 0 to 90 m high", VOLUMES,
         {"half_life_s": 3600.0}, heights=(0.0, 15.0, 40.0, 90.0)),
]  # fmt: skip


def weather(case: Case, hours: int = 150) -> xr.Dataset:
    """Hours of all classes, speeds, lids and temperatures, from any direction; none is a calm."""
    random = np.random.default_rng(11)
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", random.uniform(0.2 if case.weak else 1.0, 11, hours)),
            "wind_from_deg": ("hour", random.uniform(0, 360, hours)),
            "stability": ("hour", random.integers(1, 7, hours)),
            "mixing_height_m": ("hour", 10 ** random.uniform(2.1, 3.5, hours)),
            "temperature_k": ("hour", random.uniform(258, 310, hours)),
        },
        coords={"time": ("hour", pd.date_range("2025-01-01", periods=hours, freq="h"))},
        attrs={"anemometer_height_m": case.anemometer_m},
    )


def places(case: Case) -> gpd.GeoDataFrame:
    """All around, from 15 m to 30 km, the heights of the case in turn."""
    n = 72
    turn = np.deg2rad(np.arange(n) * 137.5)
    radius = np.geomspace(15.0, 30_000.0, n)
    height = np.resize(case.heights, n)
    at = points(radius * np.sin(turn), radius * np.cos(turn), height_m=height)
    return (
        at.assign(ground_m=np.resize([395.0, 400.0, 405.0, 410.0, 390.0], n)) if case.hilly else at
    )


def sources_of(case: Case) -> list[dict[str, Any]]:
    """The case's sources, each at its place."""
    spots = [(0.0, 0.0), (150.0, -60.0), (-400.0, 250.0)]
    ground = [{"ground_m": at} if case.hilly else {} for at in (400.0, 410.0, 385.0)]
    return [
        {**source, **on, "x": x, "y": y}
        for source, on, (x, y) in zip(case.sources, ground, spots, strict=True)
    ]


def by_package(case: Case) -> xr.Dataset:
    """Mean and highest hour, by the package's public function."""
    table = pd.DataFrame(sources_of(case))
    table["source_type"] = "volume" if "release_height_m" in table else "point"
    table["emission_so2_g_s"] = np.arange(1.0, 1.0 + len(table))
    sources = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]))
    options = PlumeOptions(**case.options)
    statistics = ("mean", "max_1h")
    return package(sources, places(case), weather(case), statistics=statistics, options=options)


def by_hand(case: Case) -> np.ndarray:
    """(hour, place), by `isc3`."""
    sky, at = weather(case), places(case)
    options = {PLAIN_NAMES[name]: value for name, value in case.options.items()}
    ground = at["ground_m"] if case.hilly else [None] * len(at)
    spots = list(zip(at.geometry.x, at.geometry.y, at["height_m"], ground, strict=True))
    names = ("wind_speed_m_s", "wind_from_deg", "stability", "mixing_height_m", "temperature_k")
    found = []
    for speed, degrees, k, lid, air in zip(*(sky[name].values for name in names), strict=True):
        hour = Hour(speed, degrees, int(k) - 1, lid, air, case.anemometer_m)
        found.append([
            math.fsum(
                rate * concentration(source, spot[:3], hour, ground=spot[3], **options)
                for rate, source in enumerate(sources_of(case), 1)
            )
            for spot in spots
        ])  # fmt: skip
    return np.array(found)


def compared(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """Relative differences of the mean and the highest hour, above 1e-3 of the highest place."""
    result, truth = by_package(case), by_hand(case)
    yield "mean", differences(result["mean"].values[0], truth.mean(axis=0))
    yield "highest hour", differences(result["max_1h"].values[0], truth.max(axis=0))


if __name__ == "__main__":
    for each in CASES:
        for what, error in compared(each):
            print(f"{each.name}, {what}: {error.size} places, worst {error.max():.1e}")
