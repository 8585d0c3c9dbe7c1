"""What areas cost and how well they agree with ISCST3: measured, never asserted.

Run from anywhere: ``python benchmarks/area.py``. Needs the references beside the project.
"""

from __future__ import annotations

import time

import numba

from geocluster.plume.field import concentration
from plume import disagreement
from reference import ISCST3, read_areas, read_points, read_truth, read_year


def measure() -> None:
    """CPU time on one thread for each source, receptor and hour that is no calm."""
    year, areas = read_year(), read_areas()
    places = read_points(ISCST3 / "area_rural/receptors.csv")
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
    for name, truth in read_truth("area_rural").items():
        print(f"  {name}: {disagreement(field[name].values[0], truth)}")


if __name__ == "__main__":
    measure()
