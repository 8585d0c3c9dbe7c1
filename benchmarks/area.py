"""What areas cost and how well they agree with ISCST3: measured, never asserted.

Run from anywhere: ``python benchmarks/area.py``. Needs the references beside the project.
"""

from __future__ import annotations

import math
import time

import geopandas as gpd
import numba
import pandas as pd
import shapely
from shapely import affinity

from geocluster.plume.field import concentration
from plume import SHARED, disagreement, read_year

FOLDER = SHARED / "reference" / "iscst3" / "area_rural"


def read_areas() -> gpd.GeoDataFrame:
    """Three rectangles, a polygon, and a circle of 64 vertices."""
    table = pd.read_csv(FOLDER / "sources.csv")
    shapes = []
    for row in table.itertuples():
        box = shapely.box(row.x_sw, row.y_sw, row.x_sw + row.x_side_m, row.y_sw + row.y_side_m)
        shapes.append(affinity.rotate(box, -row.angle_deg, origin=(row.x_sw, row.y_sw)))
    others = pd.read_csv(FOLDER / "sources_poly_circ.csv")
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


def measure() -> None:
    """CPU time on one thread for each source, receptor and hour that is no calm."""
    year, areas = read_year(), read_areas()
    at = pd.read_csv(FOLDER / "receptors.csv")
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(at["x"], at["y"]))
    hours = int((year["wind_speed_m_s"] > 0).sum())
    numba.set_num_threads(1)
    concentration(areas, places.iloc[:1], year, statistics=("mean", "max_1h"))
    cases = {"all": areas, "rectangles": areas[:3], "polygon": areas[3:4], "circle": areas[4:]}
    for name, chosen in cases.items():
        start = time.process_time()
        concentration(chosen, places, year)
        cpu = time.process_time() - start
        print(f"{name}, mean: {cpu / (len(chosen) * len(places) * hours) * 1e9:.0f} ns")
    field = concentration(areas, places, year, statistics=("mean", "max_1h"))
    for name, file in (("mean", "annual_mean"), ("max_1h", "max_1h")):
        truth = pd.read_csv(FOLDER / f"expected_{file}.csv")["conc"]
        print(f"  {name}: {disagreement(field[name].values[0], truth)}")


if __name__ == "__main__":
    measure()
