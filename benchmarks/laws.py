"""What any plume must keep, measured: by how much the package misses each law.

Tests assert these figures, docs/validation.md shows them. Run from anywhere:
``python benchmarks/laws.py``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

import isc3
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.sigma import sigma_y, sigma_z
from reference import points

AREA_LAYOUT = shapely.Polygon([(-200, -50), (100, -150), (150, 80), (-100, 120)])
BOILER = {
    "stack_height_m": 40.0,
    "stack_diameter_m": 2.0,
    "exit_velocity_m_s": 10.0,
    "exit_temperature_k": 400.0,
}
SOURCES: dict[str, dict[str, Any]] = {
    "stack": BOILER,
    "volume": {"release_height_m": 10.0, "initial_sigma_y_m": 20.0, "initial_sigma_z_m": 5.0},
    "area": {"release_height_m": 3.0, "source_type": "area"},
}


def table(kind: str, x: float = 0.0, y: float = 0.0, **columns: Any) -> gpd.GeoDataFrame:
    """One source of 1 g/s: a stack, a volume or an area."""
    values = {**SOURCES[kind], "emission_so2_g_s": 1.0, **columns}
    values.setdefault("source_type", "volume" if kind == "volume" else "point")
    shape = AREA_LAYOUT if kind == "area" else shapely.Point(x, y)
    return gpd.GeoDataFrame({name: [value] for name, value in values.items()}, geometry=[shape])


def hour(**columns: float) -> xr.Dataset:
    """An hour of 5 m/s from the west, class D, under a lid at 1,000 m, at 293 K, unless told."""
    usual = {
        "wind_speed_m_s": 5.0,
        "wind_from_deg": 270.0,
        "stability": 4,
        "mixing_height_m": 1000.0,
        "temperature_k": 293.0,
    }
    return xr.Dataset({name: ("hour", [columns.get(name, usual[name])]) for name in usual})


def mean(sources: gpd.GeoDataFrame, at: gpd.GeoDataFrame, sky: xr.Dataset, **options: Any):
    """Concentration of each place [ug/m3]."""
    return concentration(sources, at, sky, options=PlumeOptions(**options))["mean"].values[0]


def release_wind(kind: str, stability: int, urban: bool) -> float:
    """The wind that carries a source of `table` in an hour of 5 m/s [m/s]."""
    height = SOURCES[kind].get("stack_height_m", SOURCES[kind].get("release_height_m"))
    return isc3.wind(height, isc3.Hour(5.0, 270.0, stability - 1, 0.0, 293.0), urban)


def across(x: float, stability: int, urban: bool) -> np.ndarray:
    """Even steps over the whole width of a plume at x [m]."""
    half = 6.5 * (float(sigma_y(x, stability, urban)) + 60.0)
    return np.linspace(-half, half, 201)


def flux_error(kind: str, stability: int, urban: bool, lid: float, x: float = 2000.0) -> float:
    """The flux u c through a plane at x, over its emission, less 1."""
    top = lid
    if stability > 4 or lid > 5000:
        top = 250.0 + 8.0 * float(sigma_z(x + 400, stability, urban))
    y, z = across(x, stability, urban), np.linspace(0.0, top, 61)
    grid_y, grid_z = np.meshgrid(y, z)
    sky = hour(stability=stability, mixing_height_m=lid)
    at = points(x, grid_y, height_m=grid_z.ravel())
    c = mean(table(kind), at, sky, urban=urban, stack_tip_downwash=False).reshape(grid_y.shape)
    flux = np.trapezoid(np.trapezoid(c, y, axis=1), z) * release_wind(kind, stability, urban)
    return float(flux * 1e-6 - 1.0)


def crosswind_error(kind: str, stability: int, urban: bool, lid: float = 150.0) -> float:
    """Far downwind the crosswind integral at the ground, over Q / (u z_i), less 1."""
    x = 45_000.0
    y = across(x, stability, urban)
    sky = hour(stability=stability, mixing_height_m=lid)
    c = mean(table(kind), points(x, y), sky, urban=urban)
    wind = release_wind(kind, stability, urban)
    return float(np.trapezoid(c, y) * wind * lid * 1e-6 - 1.0)


def worst(errors: Iterator[float]) -> tuple[int, float]:
    """How many, and the largest without its sign."""
    sizes = [abs(error) for error in errors]
    return len(sizes), max(sizes)


def mirror_errors() -> Iterator[float]:
    """Left and right of the wind."""
    for kind, stability in itertools.product(("stack", "volume"), range(1, 7)):
        y = np.array([10.0, 80.0, 300.0])
        one, other = (
            mean(table(kind), points(1500.0, side * y), hour(stability=stability))
            for side in (-1, 1)
        )
        yield from one[other > 1e-6] / other[other > 1e-6] - 1.0


def turning_errors() -> Iterator[float]:
    """Wind and places turned together by any angle."""
    x, y = np.array([800.0, 2500.0, 9000.0]), np.array([30.0, -200.0, 500.0])
    for kind, stability, degrees in itertools.product(
        ("stack", "volume"), range(1, 7), (13.0, 90.0, 123.4, 271.0, 350.5)
    ):
        turn = math.radians(270.0 - degrees)
        at = points(
            x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        )
        turned = mean(table(kind), at, hour(stability=stability, wind_from_deg=degrees))
        still = mean(table(kind), points(x, y), hour(stability=stability))
        yield from turned[still > 1e-6] / still[still > 1e-6] - 1.0


def exchange_errors() -> Iterator[float]:
    """What A brings to B, and B to A in the opposite wind."""
    for kind, stability, y in itertools.product(("stack", "volume"), range(1, 7), (0.0, 350.0)):
        there = mean(table(kind), points(3000.0, y), hour(stability=stability))
        turned = hour(stability=stability, wind_from_deg=90.0)
        yield float((mean(table(kind, 3000.0, y), points(0.0, 0.0), turned) / there)[0] - 1.0)


def sum_errors() -> Iterator[float]:
    """Three sources of unlike kinds together, and one by one."""
    import pandas as pd

    x, y = np.meshgrid(np.linspace(-4000, 4000, 9), np.linspace(-4000, 4000, 9))
    for stability, degrees in itertools.product((1, 4, 6), (33.0, 270.0)):
        sky, at = hour(stability=stability, wind_from_deg=degrees), points(x, y)
        each = [table("stack", 300.0, -200.0), table("volume", -900.0, 400.0), table("area")]
        both = pd.concat(each, ignore_index=True)
        whole, parts = mean(both, at, sky), sum(mean(one, at, sky) for one in each)
        yield from whole[parts > 0] / parts[parts > 0] - 1.0


def laws() -> Iterator[tuple[str, str, int, float]]:
    """Each law: what, over which cases, how many figures, the worst miss."""
    urban, lids = (False, True), (800.0, 9000.0)
    for kind in SOURCES:
        every = itertools.product(range(1, 7), urban, lids)
        yield (
            "flux through a plane at 2 km is the emission",
            f"{kind}; A-F, rural and urban, lid at 800 m and none",
            *worst(flux_error(kind, k, town, lid) for k, town, lid in every),
        )
    every = itertools.product(("stack", "volume"), range(1, 5), urban)
    yield (
        "crosswind integral under a lid is Q / (u z_i)",
        "stack, volume; A-D, rural and urban, 45 km, lid at 150 m",
        *worst(crosswind_error(*case) for case in every),
    )
    yield "left and right are alike", "stack, volume; A-F", *worst(mirror_errors())
    yield "wind and places turn together", "stack, volume; A-F, 5 angles", *worst(turning_errors())
    yield "source and receptor change places", "stack, volume; A-F", *worst(exchange_errors())
    yield "the sum of parts is the whole", "stack + volume + area; A, D, F", *worst(sum_errors())


@dataclass(frozen=True)
class Break:
    """Two settings just on either side of a breakpoint; each is columns, x, class, urban, lid."""

    what: str
    where: str
    below: tuple[dict[str, float], float, int, float, dict[str, Any]]
    above: tuple[dict[str, float], float, int, float, dict[str, Any]]

    def jumps(self) -> tuple[float, float]:
        """Relative jump of the concentration on the axis: the package's, and plain Python's."""
        sides = (self.below, self.above)
        package = [self._package(*side) for side in sides]
        plain = [self._plain(*side) for side in sides]
        return package[1] / package[0] - 1.0, plain[1] / plain[0] - 1.0

    @staticmethod
    def _package(columns: dict, x: float, stability: int, lid: float, options: dict) -> float:
        kind = "volume" if "release_height_m" in columns else "stack"
        sky = hour(stability=stability, mixing_height_m=lid)
        return float(mean(table(kind, **columns), points(x, 0.0), sky, **options)[0])

    @staticmethod
    def _plain(columns: dict, x: float, stability: int, lid: float, options: dict) -> float:
        sky = isc3.Hour(5.0, 270.0, stability - 1, lid, 293.0)
        return isc3.concentration({**columns, "x": 0.0, "y": 0.0}, (x, 0.0, 0.0), sky, **options)


GROUND = {"release_height_m": 0.0, "initial_sigma_y_m": 0.0, "initial_sigma_z_m": 0.0}
NEAR = 1e-6


def curve_breaks() -> Iterator[Break]:
    """Where the rural sigma_z takes its next line, seen from a source at the ground."""
    for k, lines in enumerate(isc3.PG_Z):
        for *_, most in lines[:-1]:
            x, lid = 1000.0 * most, 9000.0
            far = {"reach_m": 100_000.0}
            sides = [(GROUND, x * (1 + side * NEAR), k + 1, lid, far) for side in (-1, 1)]
            yield Break("rural sigma_z, next line", f"{'ABCDEF'[k]}, {most:g} km", *sides)


def rise_breaks() -> Iterator[Break]:
    """F_b = 55, the crossover temperature, tip downwash, and the distance of the final rise."""
    step = 1e-7
    air, d, v = 293.0, 3.0, 12.0
    heat = isc3.G * v * d * d / 4.0
    t55 = air / (1.0 - 55.0 / heat)
    for k in (2, 4):
        sides = [(_stack(d, v, t55 * (1 + side * step)), 4000.0, k, 9000.0, {}) for side in (-1, 1)]
        yield Break("F_b = 55", f"class {'ABCDEF'[k - 1]}", *sides)
    for k in (4, 5, 6):
        s = isc3.G * isc3.DTHETA_DZ[k - 1] / air
        share = 0.019582 * 15.0 * math.sqrt(s) if s else 0.0297 * 15.0 ** (1 / 3)
        t = air / (1.0 - share)
        sides = [
            (_stack(1.0, 15.0, t * (1 + side * step)), 3100.0, k, 9000.0, {}) for side in (-1, 1)
        ]
        yield Break("crossover temperature", f"class {'ABCDEF'[k - 1]}", *sides)
    for k in (1, 4, 6):
        still = 1.5 * isc3.wind(40.0, isc3.Hour(5.0, 270.0, k - 1, 0.0, air), False)
        sides = [
            (_stack(2.0, still * (1 + side * step), 400.0), 3100.0, k, 9000.0, {})
            for side in (-1, 1)
        ]
        yield Break("tip downwash, v = 1.5 u", f"class {'ABCDEF'[k - 1]}", *sides)
    yield from _final_distances()


def _final_distances() -> Iterator[Break]:
    air, gradual = 293.0, {"final_rise": False}
    for name, k, t in (
        ("buoyant", 4, 400.0), ("buoyant", 6, 400.0), ("jet", 4, 290.0), ("jet", 6, 290.0),
    ):  # fmt: skip
        d, v = 2.0, 10.0
        u = isc3.wind(40.0, isc3.Hour(5.0, 270.0, k - 1, 0.0, air), False)
        f_b = isc3.G * v * d * d * max(t - air, 0.0) / (4.0 * t)
        s = isc3.G * isc3.DTHETA_DZ[k - 1] / air
        if name == "buoyant":
            x = 2.0715 * u / math.sqrt(s) if s else 49.0 * f_b**0.625
            x = 119.0 * f_b**0.4 if f_b >= 55.0 and not s else x
        else:
            x = 0.5 * math.pi * u / math.sqrt(s) if s else 4.0 * d * (v + 3.0 * u) ** 2 / (v * u)
        sides = [(_stack(d, v, t), x * (1 + side * NEAR), k, 9000.0, gradual) for side in (-1, 1)]
        yield Break("end of the gradual rise", f"{name}, class {'ABCDEF'[k - 1]}", *sides)


def lid_breaks() -> Iterator[Break]:
    """Where images give way to cosines, and these to a mixed layer: by the lid's height."""
    for share, k in itertools.product((0.45, 1.6), (1, 4)):
        x = 1500.0 if k == 1 else 20_000.0
        lid = isc3.sigma_z(x, k - 1, False) / share
        columns = {**GROUND, "release_height_m": 0.3 * lid}
        sides = [(columns, x, k, lid * (1 - side * NEAR), {}) for side in (-1, 1)]
        yield Break(f"sigma_z / z_i = {share}", f"class {'ABCDEF'[k - 1]}", *sides)


def _stack(d: float, v: float, t: float) -> dict[str, float]:
    return {
        "stack_height_m": 40.0,
        "stack_diameter_m": d,
        "exit_velocity_m_s": v,
        "exit_temperature_k": t,
    }


def breaks() -> list[Break]:
    """Every breakpoint of the class tables."""
    return [*curve_breaks(), *rise_breaks(), *lid_breaks()]


if __name__ == "__main__":
    for what, cases, number, miss in laws():
        print(f"{what} ({cases}): {number}, worst {miss:.1e}")
    for each in breaks():
        print(each.what, each.where, *(f"{jump:+.2e}" for jump in each.jumps()))
