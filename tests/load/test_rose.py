"""Wind roses: what they become, and how near Tashkent's rose is to the hours behind it."""

import runpy

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.errors import MendedWarning, StatisticError, TableError
from geocluster.load.weather import read_weather
from geocluster.load.wind_rose import harmonic_mean_speed, weather_from_rose
from geocluster.plume.field import concentration

ROSE = {
    "wind_from_deg": [0.0, 90.0],
    "sector_width_deg": 22.5,
    "wind_speed_m_s": [2.0, 4.0],
    "stability": ["D", "F"],
    "hours": [30, 70],
    "temperature_k": 288.0,
}


@settings(deadline=None, derandomize=True, max_examples=15)
@given(
    hours=st.lists(st.floats(0.1, 1000), min_size=16, max_size=16),
    step=st.floats(0.5, 30),
)
def test_spreading_keeps_the_hours_of_each_sector(hours, step):
    rose = pd.DataFrame({"wind_from_deg": np.arange(16) * 22.5, "hours": hours})
    rose = rose.assign(wind_speed_m_s=2.0, stability="D", temperature_k=288.0)
    weather = weather_from_rose(rose, direction_step_deg=step)
    sector = np.floor(weather["wind_from_deg"].values / 22.5 + 0.5).astype(int) % 16
    found = np.bincount(sector, weights=weather["frequency"].values, minlength=16)
    assert found == pytest.approx(hours)


def test_a_sector_is_spread_evenly_over_its_width():
    weather = weather_from_rose(pd.DataFrame(ROSE))
    north = weather["wind_from_deg"].values[:9]
    assert np.sort((north + 180) % 360 - 180).tolist() == (np.arange(9) * 2.5 - 10).tolist()
    assert weather["frequency"].values[:9] == pytest.approx(30 / 9)
    assert "time" not in weather.coords
    assert weather.attrs["hours"] == pytest.approx(100)


def test_a_row_of_wind_zero_counts_calms_apart():
    rose = pd.DataFrame(ROSE)
    calm = pd.DataFrame({"wind_speed_m_s": [0.0], "hours": [25]})
    weather = weather_from_rose(pd.concat([rose, calm]))
    assert weather.attrs["calm_hours"] == 25
    assert weather.attrs["calm_share"] == pytest.approx(0.2)


def test_classes_by_bounds_get_their_harmonic_mean():
    rose = pd.DataFrame(ROSE).drop(columns="wind_speed_m_s")
    weather = weather_from_rose(rose.assign(wind_speed_low_m_s=2.0, wind_speed_high_m_s=4.0))
    assert weather["wind_speed_m_s"].values == pytest.approx(2 / np.log(2))


@given(low=st.floats(0, 20), width=st.floats(0.01, 20))
def test_a_harmonic_mean_is_inside_its_class(low, width):
    assert low <= harmonic_mean_speed(low, low + width) * (1 + 1e-9)
    assert harmonic_mean_speed(low, low + width) <= low + width


def test_compass_points_percent_and_seasons_in_a_file(tmp_path):
    path = tmp_path / "rose.csv"
    path.write_text(
        "# origin: a station\n"
        "season,direction,wind_speed_m_s,stability,frequency_percent,temperature_c\n"
        "winter,N,2,D,40,1\nwinter,E,2,D,60,1\nsummer,S,3,B,30,25\nsummer,W,3,B,70,25\n"
    )
    weather = read_weather(path)
    assert weather.attrs["origin"] == "a station"
    assert set(weather["season"].values) == {"winter", "summer"}
    assert weather.sizes["hour"] == 4 * 36, "four sectors of 90 degrees"


def test_faults_of_a_rose_come_together():
    rose = pd.DataFrame(ROSE).assign(hours=["30", "many"], wind_from_deg=[0, 500])
    with pytest.raises(TableError) as error:
        weather_from_rose(rose.drop(columns=["stability", "temperature_k"]))
    message = str(error.value)
    for words in (
        "'many' in row 2",
        "500 in row 2",
        "'stability' is missing",
        "'temperature_k' is",
    ):
        assert words in message


def test_an_empty_cell_in_a_rose_is_an_error():
    with pytest.raises(TableError, match="'wind_speed_m_s': no value in row 2"):
        weather_from_rose(pd.DataFrame(ROSE).assign(wind_speed_m_s=[2.0, None]))


def test_a_plain_rose_needs_a_stated_stability(shared):
    path = shared / "data" / "facts_uz" / "wind_rose_tashkent_2025-12-15_2026-06-11.csv"
    with pytest.raises(TableError, match="'stability' is missing"):
        read_weather(path, temperature_k=288)
    for wrong in ("Q", {}, {"D": -1.0, "F": 2.0}):
        with pytest.raises(TableError, match="give A to F"):
            read_weather(path, temperature_k=288, stability=wrong)
    weather = read_weather(path, temperature_k=288, stability={"D": 0.5, "F": 0.5})
    assert weather["frequency"].sum() == pytest.approx(100, abs=0.2)
    assert "assumed" in weather.attrs["stability_origin"]
    west = weather["frequency"].values[np.abs(weather["wind_from_deg"].values - 270) < 11.25]
    assert west.sum() == pytest.approx(5.41, abs=0.02)


def test_a_plain_rose_without_a_unit_of_speed_is_refused(tmp_path):
    path = tmp_path / "rose.csv"
    path.write_text(",0-1,1-2\nN,10,20\nS,30,40\n")
    with pytest.raises(TableError, match="do not say their unit"):
        read_weather(path, stability="D", temperature_k=288)
    path.write_text(",0-1 m/s,1-2 m/s\nN,10,20\nS,30,40\n")
    assert read_weather(path, stability="D", temperature_k=288).attrs["hours"] == pytest.approx(100)


@pytest.fixture(scope="module")
def tashkent(root):
    return read_weather(root / "data" / "regions" / "tashkent" / "weather.csv")


def test_the_shipped_rose_says_what_it_is(root, tashkent):
    head = (root / "data" / "regions" / "tashkent" / "weather.csv").read_text(encoding="utf-8")
    for words in ("CC BY 4.0", "Open-Meteo", "modelled", "15 December", "11 June", "no whole year"):
        assert words in head
    assert tashkent.attrs["hours"] == pytest.approx(4245)
    assert tashkent.attrs["calm_hours"] == 0
    assert tashkent.attrs["hours_below_1_m_s"] == pytest.approx(0.2408, abs=1e-4)
    assert "assumed" in tashkent.attrs["stability_origin"]


def test_the_shipped_rose_is_what_its_script_makes(root, shared):
    script = runpy.run_path(str(root / "scripts" / "make_weather_rose.py"))
    hourly = shared / "data" / "met" / "tashkent_hourly_clean.csv"
    with pytest.warns(MendedWarning, match="21 of 4,266"):
        text = script["rose_text"](hourly)
    shipped = root / "data" / "regions" / "tashkent" / "weather.csv"
    assert text == shipped.read_text(encoding="utf-8")


SOURCES = {
    "fugitive, 10 m": {"source_type": "volume", "release_height_m": 10.0,
                       "initial_sigma_y_m": 10.0, "initial_sigma_z_m": 5.0},
    "boiler, 40 m": {"stack_height_m": 40.0, "stack_diameter_m": 1.5,
                     "exit_velocity_m_s": 10.0, "exit_temperature_k": 430.0},
    "smelter, 150 m": {"stack_height_m": 150.0, "stack_diameter_m": 6.0,
                       "exit_velocity_m_s": 15.0, "exit_temperature_k": 400.0},
    "power plant, 180 m": {"stack_height_m": 180.0, "stack_diameter_m": 7.0,
                           "exit_velocity_m_s": 20.0, "exit_temperature_k": 410.0},
}  # fmt: skip
DISTANCES_M = (3000, 5000, 8000, 12_000, 20_000)


def ring_receptors():
    """At each distance 16 sectors of nine directions."""
    angle = np.radians(np.arange(144) * 2.5 - 10)
    x, y = (np.outer(DISTANCES_M, turn(angle)).ravel() for turn in (np.sin, np.cos))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))


def mean_over(weather, source):
    stack = gpd.GeoDataFrame(
        {name: [value] for name, value in source.items()} | {"emission_so2_g_s": [100.0]},
        geometry=gpd.points_from_xy([0.0], [0.0]),
    )
    field = concentration(stack, ring_receptors(), weather)["mean"].values[0]
    return field.reshape(len(DISTANCES_M), 16, 9)


@pytest.fixture(scope="module")
def hourly(shared):
    with pytest.warns(MendedWarning):
        return read_weather(
            shared / "data" / "met" / "tashkent_hourly_clean.csv",
            latitude=41.2995, longitude=69.2401, time_zone=5, assumed_cloud="humidity",
        )  # fmt: skip


@pytest.mark.parametrize("name", list(SOURCES))
def test_the_rose_agrees_with_its_hours_from_3_to_20_km(tashkent, hourly, name):
    rose, hours = mean_over(tashkent, SOURCES[name]), mean_over(hourly, SOURCES[name])
    by_sector = rose.mean(axis=2) / hours.mean(axis=2) - 1
    assert np.abs(by_sector).max() < 0.25, "the mean over each sector, at every distance"
    at_points = np.abs(rose / hours - 1)
    assert np.mean(at_points < 0.25) > 0.85
    assert np.median(at_points) < 0.11


def test_a_rose_has_no_hours_to_take_a_maximum_of(tashkent):
    stack = gpd.GeoDataFrame(
        {key: [value] for key, value in SOURCES["boiler, 40 m"].items()}
        | {"emission_so2_g_s": [1.0]},
        geometry=gpd.points_from_xy([0.0], [0.0]),
    )
    with pytest.raises(StatisticError, match="max_1h"):
        concentration(stack, ring_receptors(), tashkent, statistics=("mean", "max_1h"))
