"""Deposition in a study: its keys, its options, its raster and its notes."""

from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import box

import geocluster as gc
from geocluster.errors import SettingsError
from geocluster.load.settings import read_settings
from geocluster.plume.depositing import deposition_field
from geocluster.run import run_study
from geocluster.steps.dispersion import plume_options

TOML = """
[region]
name = "Town"
boundary = "boundary.geojson"
time_zone = 5

[inputs]
weather = "weather.csv"
homes = "homes.geojson"
sources = "sources.csv"

[grid]
cell_m = 1000
"""
PLUME = """
[plume]
depletion = false
roughness_m = 0.3
[plume.deposition.pm10]
diameter_um = [2.0, 7.0]
mass_fraction = [0.4, 0.6]
density_g_cm3 = 2
[plume.deposition.so2]
velocity_m_s = 0.005
"""
SOURCES = """source_id,longitude,latitude,stack_height_m,stack_diameter_m,exit_velocity_m_s,\
exit_temperature_k,emission_so2_g_s,emission_pm10_g_s,high_emission_pm10_g_s,emission_nox_g_s
works,69.01,41.01,40,2,10,400,10,5,8,3
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    def write(name: str, frame: gpd.GeoDataFrame) -> None:
        frame.to_file(tmp_path / name, driver="GeoJSON")

    write(
        "boundary.geojson", gpd.GeoDataFrame(geometry=[box(68.95, 40.95, 69.07, 41.06)], crs=4326)
    )
    homes = gpd.GeoDataFrame({"people": [900, 100]}, crs=4326, geometry=[
        box(69.0, 41.0, 69.02, 41.02), box(69.03, 41.0, 69.05, 41.02)])  # fmt: skip
    write("homes.geojson", homes)
    (tmp_path / "sources.csv").write_text(SOURCES)
    rows = [f"2026-01-{d:02}T{h:02}:00,{2 + h % 5},{(37 * h + 90 * d) % 360},280,{1 + h % 6}"
            for d in (1, 2) for h in range(24)]  # fmt: skip
    head = "time,wind_speed_m_s,wind_from_deg,temperature_k,stability\n"
    (tmp_path / "weather.csv").write_text(head + "\n".join(rows) + "\n")
    (tmp_path / "study.toml").write_text(TOML + PLUME)
    return tmp_path


def test_settings_become_options(study: Path) -> None:
    settings = read_settings(study)
    options = plume_options(SimpleNamespace(settings=settings))
    assert options == gc.PlumeOptions(
        depletion=False, roughness_m=0.3,
        deposition={"pm10": gc.Particles((2.0, 7.0), (0.4, 0.6), 2.0), "so2": gc.Gas(0.005)},
    )  # fmt: skip
    (study / "study.toml").write_text(TOML)
    plain = plume_options(SimpleNamespace(settings=read_settings(study)))
    assert plain == gc.PlumeOptions()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[plume.deposition.pm10]\ndiameter_um = [1, 2]\nmass_fraction = [0.5, 0.4]",
            "sums to 0.9",
        ),
        ("[plume.deposition.pm10]\ndiameter_um = 3", "give diameter_um and mass_fraction, or"),
        ("[plume.deposition.so2]\nvelocity_m_s = -1", "velocity_m_s is -1"),
        ("[plume.deposition.so2]\nvelocity = 1", "known are diameter_um"),
        ("[plume]\nroughness_m = 2", "below 1 is allowed"),
    ],
)
def test_faults_of_the_keys_are_told(study: Path, text: str, words: str) -> None:
    (study / "study.toml").write_text(TOML + text)
    with pytest.raises(SettingsError) as caught:
        read_settings(study)
    assert words in str(caught.value)


def test_a_run_writes_what_is_deposited_and_says_what_is_assumed(study: Path, tmp_path) -> None:
    import rasterio

    outcome = run_study(study, tmp_path / "out")
    deposited = outcome.results.deposition
    assert deposited.attrs["units"] == "g/m2"
    assert list(deposited["pollutant"].values) == ["so2", "pm10", "pm10_high"]
    assert (deposited.max(("y", "x")) > 0).all()
    assert "deposition" not in outcome.results.field
    with_it = outcome.results.field.assign(deposition=deposited)
    homes = gc.assess_exposure(gpd.read_file(study / "homes.geojson").to_crs(32642), with_it)
    assert not any("deposition" in str(name) for name in homes)
    with rasterio.open(tmp_path / "out" / "deposition.tif") as raster:
        assert raster.descriptions == ("so2", "pm10", "pm10_high")
        assert np.nanmax(raster.read(2)) == pytest.approx(
            float(deposited.sel(pollutant="pm10").max())
        )
    notes = " ".join(outcome.results.notes)
    assert "PM₁₀ as particles, 40% of 2 um, 60% of 7 um" in notes
    assert "roughness length of 0.3 m" in notes
    assert "is not taken from the plume" in notes


def test_weather_keeps_what_the_file_knows_of_turbulence(study: Path) -> None:
    text = (study / "weather.csv").read_text().splitlines()
    more = [f"{line},{0.1 + 0.01 * n if n % 5 else ''},-50" for n, line in enumerate(text[1:])]
    head = f"{text[0]},friction_velocity_m_s,obukhov_length_m"
    (study / "weather.csv").write_text("\n".join([head, *more]))
    weather = gc.read_weather(study / "weather.csv")
    assert weather["friction_velocity_m_s"].values[1] == pytest.approx(0.11)
    assert np.isnan(weather["friction_velocity_m_s"].values[::5]).all()
    assert (weather["obukhov_length_m"] == -50).all()


def test_without_keys_nothing_is_deposited() -> None:
    empty = gpd.GeoDataFrame()
    assert deposition_field(empty, xr.DataArray(), xr.Dataset(), gc.PlumeOptions()) is None
