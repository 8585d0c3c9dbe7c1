"""Worked examples of textbooks, as the package's public function sees them.

Effective heights are given as volume sources without an extent, with the wind measured at that
height; no lid. Grade "read": the page was at hand. "known": recalled, the page was not.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from geocluster.plume.field import concentration
from reference import points, single_hour

STERN = "Boubel, Fox, Turner, Stern (1994), Fundamentals of Air Pollution, 3rd ed., p. 303, 305"
TURNER = "Turner (1970), Workbook of Atmospheric Dispersion Estimates, AP-26, problem"


@dataclass(frozen=True)
class Example:
    """A source of so many g/s at an effective height, seen at the ground."""

    where: str
    what: str
    emission_g_s: float
    height_m: float
    wind_m_s: float
    stability: str
    x_m: float
    y_m: float
    printed: float  # [ug/m3]
    grade: str


EXAMPLES = [
    *(
        Example(STERN, f"0.37 g/s from 40 m, class B, {x:g} m", 0.37, 40.0, 2.0, "B", x, 0.0,
                printed, "read")
        for x, printed in ((260.0, 15.3), (280.0, 15.6), (300.0, 15.5))
    ),
    Example(f"{TURNER} 1", "burning dump, 3 g/s at the ground, class D, 3 km",
            3.0, 0.0, 7.0, "D", 3000.0, 0.0, 11.0, "known"),
    Example(f"{TURNER} 2", "refinery, 80 g/s from 60 m, class D, 500 m",
            80.0, 60.0, 6.0, "D", 500.0, 0.0, 33.0, "known"),
    Example(f"{TURNER} 3", "the same, 50 m beside the axis",
            80.0, 60.0, 6.0, "D", 500.0, 50.0, 13.0, "known"),
    Example(f"{TURNER} 4", "power plant, 151 g/s from 150 m, class B, 1 km",
            151.0, 150.0, 4.0, "B", 1000.0, 0.0, 280.0, "known"),
]  # fmt: skip


def plume(example: Example) -> float:
    """What the package gives for an example [ug/m3]."""
    source = gpd.GeoDataFrame(
        {
            "source_type": ["volume"],
            "release_height_m": [example.height_m],
            "initial_sigma_y_m": [0.0],
            "initial_sigma_z_m": [0.0],
            "emission_tracer_g_s": [example.emission_g_s],
        },
        geometry=gpd.points_from_xy([0.0], [0.0]),
    )
    sky = single_hour(example.wind_m_s, example.stability, 10_000.0)
    sky.attrs["anemometer_height_m"] = max(example.height_m, 10.0)
    field = concentration(source, points(example.x_m, example.y_m), sky)
    return float(field["mean"].item())
