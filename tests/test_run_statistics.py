"""Which statistics a run calculates, and that a map can show all of them."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.load.settings_sections import ExposureSettings, PlumeSettings
from geocluster.maps.people import _by_surface
from geocluster.steps.dispersion import statistics_for


def study(
    hours: int, statistics: str, *, rose: bool = False, method: str = "hourly"
) -> SimpleNamespace:
    weather = xr.Dataset({"wind_speed_m_s": ("hour", np.ones(hours))})
    if not rose:
        time = pd.date_range("2025-01-01", periods=hours, freq="h")
        weather = weather.assign_coords(time=("hour", time))
    exposure = ExposureSettings(limits=["who-2021", "eu-2024-2881"], statistics=statistics)
    plume = PlumeSettings(method=method)
    settings = SimpleNamespace(exposure=exposure, plume=plume, limits=lambda: list(exposure.limits))
    sources = pd.DataFrame({"emission_nox_g_s": [1.0], "emission_so2_g_s": [1.0]})
    weathers = {"default": weather}
    return SimpleNamespace(used_weathers=weathers, settings=settings, sources=sources)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (study(8760, "limits"), ["mean", "max_1h", "p99_24h", "p95.1_24h", "p99.97_1h"]),
        (study(8760, "usual"), ["mean", "max_1h"]),
        (study(7000, "limits"), ["mean", "max_1h"]),
        (study(8760, "limits", rose=True), ["mean"]),
        (study(8760, "usual", method="tables"), ["mean"]),
    ],
)
def test_a_run_calculates_what_its_limits_are_stated_in(given, expected: list[str]) -> None:
    assert statistics_for(given) == expected


def test_homes_are_styled_under_more_surfaces_than_a_byte_can_count() -> None:
    columns = [f"so2_p{n}_24h_ug_m3" for n in range(40)]
    values = {name: [1.0, 50.0] for name in columns}
    table = gpd.GeoDataFrame(values, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    styles, variants, _ = _by_surface(table, columns, np.array([0, 2]), [])
    last = variants["so2_p39_24h"]["style"]
    assert len(styles) > 256
    assert 255 < last[0] < last[1] < len(styles)
