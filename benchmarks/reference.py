"""The reference cases beside the project, read once for tests, benchmarks and the validation page.

ISCST3's sources, receptors and year, and how far a result is from them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from shapely import affinity

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = Path(os.environ.get("GEOCLUSTER_SHARED", ROOT.parent / "shared")) / "reference"
ISCST3, PRAIRIE_GRASS = REFERENCE / "iscst3", REFERENCE / "prairie_grass"
CLASSES = "ABCDEF"
WITHOUT = {"stack_tip_downwash": False, "buoyancy_induced_dispersion": False}
VARIANTS = {
    "default": ("regulatory default", {}),
    "nostd_nobid": ("without downwash and buoyancy-induced dispersion", WITHOUT),
    "gradual": ("gradual rise", {"final_rise": False}),
}
_NAMES = {
    "height_m": "stack_height_m",
    "diameter_m": "stack_diameter_m",
    "exit_temp_k": "exit_temperature_k",
    "exit_velocity_ms": "exit_velocity_m_s",
    "sigma_y0_m": "initial_sigma_y_m",
    "sigma_z0_m": "initial_sigma_z_m",
    "q_gs": "emission_so2_g_s",
}


def points(x: object, y: object, **columns: object) -> gpd.GeoDataFrame:
    """A table of places."""
    x, y = np.broadcast_arrays(np.atleast_1d(x), np.atleast_1d(y))
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x.ravel(), y.ravel()))


def single_hour(speed: float, stability: str, lid: float, **columns: float) -> xr.Dataset:
    """One hour of wind from the west at 293 K, unless told."""
    values = {
        "wind_speed_m_s": speed,
        "wind_from_deg": 270.0,
        "stability": CLASSES.index(stability) + 1,
        "mixing_height_m": lid,
        "temperature_k": 293.0,
        **columns,
    }
    return xr.Dataset({name: ("hour", [value]) for name, value in values.items()})


def read_year(folder: Path = ISCST3) -> xr.Dataset:
    """Salem, Oregon, 1986, hour by hour."""
    table = pd.read_csv(folder / "annual/met_hourly.csv")
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", table["wind_speed"]),
            "wind_from_deg": ("hour", table["wind_dir_from"]),
            "stability": ("hour", table["stab"].clip(upper=6)),
            "mixing_height_m": ("hour", table["mixht_rural"]),
            "temperature_k": ("hour", table["temp_k"]),
        },
        coords={"time": ("hour", pd.date_range("1986-01-01", periods=len(table), freq="h"))},
    )


def read_points(path: Path) -> gpd.GeoDataFrame:
    """Stacks, volumes or receptors; without coordinates they stand at the origin."""
    table = pd.read_csv(path).rename(columns=_NAMES)
    if "x" not in table:
        table[["x", "y"]] = 0.0
    table["source_type"] = "volume" if "release_height_m" in table else "point"
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]))


def read_stack_each(folder: Path = ISCST3) -> tuple[gpd.GeoDataFrame, list[str]]:
    """The stacks of the screening cases at the origin, each with a pollutant of its own."""
    stacks = read_points(folder / "screening_stacks.csv")
    stacks["id"] = stacks["id"].str.lower()
    names = stacks["id"].tolist()
    for name in names:
        stacks[f"emission_{name}_g_s"] = (stacks["id"] == name).astype(float)
    return stacks, names


def read_areas(folder: Path = ISCST3) -> gpd.GeoDataFrame:
    """Three rectangles by their south-west corner, a polygon, and a circle of 64 vertices."""
    table = pd.read_csv(folder / "area_rural/sources.csv")
    shapes = []
    for row in table.itertuples():
        box = shapely.box(row.x_sw, row.y_sw, row.x_sw + row.x_side_m, row.y_sw + row.y_side_m)
        shapes.append(affinity.rotate(box, -row.angle_deg, origin=(row.x_sw, row.y_sw)))
    others = pd.read_csv(folder / "area_rural/sources_poly_circ.csv")
    corners = [tuple(map(float, pair.split())) for pair in others["vertices"][0].split(";")]
    middle = shapely.Point(*map(float, others["vertices"][1].split()[1:]))
    shapes += [shapely.Polygon(corners), middle.buffer(others["radius_m"][1], quad_segs=16)]
    sizes = [*(shape.area for shape in shapes[:-1]), math.pi * others["radius_m"][1] ** 2]
    both = pd.concat([table, others], ignore_index=True)
    columns = {
        "source_id": both["id"],
        "source_type": "area",
        "release_height_m": both["release_height_m"],
        "initial_sigma_z_m": both["sigma_z0_m"],
        "emission_so2_g_s": both["q_g_s_m2"] * sizes,
    }
    return gpd.GeoDataFrame(columns, geometry=shapes)


def read_truth(case: str, folder: Path = ISCST3) -> dict[str, np.ndarray]:
    """ISCST3's `mean` and `max_1h` at the receptors of a case of the year [ug/m3].

    A case is a folder, or a file of the folder `annual`.
    """
    if (folder / "annual" / f"{case}.csv").is_file():
        table = pd.read_csv(folder / "annual" / f"{case}.csv")
        columns = {"mean": "annual_mean_ug_m3", "max_1h": "max_1h_ug_m3"}
        return {name: table[column].to_numpy() for name, column in columns.items()}
    files = {"mean": "annual_mean", "max_1h": "max_1h"}
    return {
        name: pd.read_csv(folder / case / f"expected_{file}.csv")["conc"].to_numpy()
        for name, file in files.items()
    }


def differences(result: np.ndarray, truth: np.ndarray, least: float = 1e-3) -> np.ndarray:
    """Relative differences where the truth is above `least` of its maximum."""
    result, truth = np.asarray(result, float), np.asarray(truth, float)
    counts = truth > least * truth.max()
    return np.abs(result[counts] / truth[counts] - 1)
