"""Laws that any plume keeps, whatever its curves."""

import math

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.plume.field import PlumeOptions, concentration, raise_low_winds

law = settings(deadline=None, derandomize=True, max_examples=15)
short_law = settings(law, max_examples=6)
classes = st.integers(1, 6)
speeds = st.floats(0.5, 15)
directions = st.floats(0, 360)
options = st.builds(
    PlumeOptions,
    urban=st.booleans(),
    final_rise=st.booleans(),
    stack_tip_downwash=st.booleans(),
    buoyancy_induced_dispersion=st.booleans(),
)


def weather(**columns: object) -> xr.Dataset:
    """Hours of 5 m/s from the west, class D, under a lid at 1,000 m, but for what is told."""
    usual = {
        "wind_speed_m_s": 5.0,
        "wind_from_deg": 270.0,
        "stability": 4,
        "mixing_height_m": 1000.0,
        "temperature_k": 293.0,
        "frequency": 1.0,
    }
    every = np.broadcast_arrays(*[np.atleast_1d(columns.get(name, usual[name])) for name in usual])
    return xr.Dataset({name: ("hour", value) for name, value in zip(usual, every, strict=True)})


def stack(x: float = 0.0, y: float = 0.0, emission: float = 1.0, **columns: object):
    usual = {
        "stack_height_m": 40.0,
        "stack_diameter_m": 2.0,
        "exit_velocity_m_s": 10.0,
        "exit_temperature_k": 400.0,
        "emission_so2_g_s": emission,
    }
    return gpd.GeoDataFrame({**usual, **columns}, index=[0], geometry=gpd.points_from_xy([x], [y]))


def volume(x: float = 0.0, y: float = 0.0, **columns: object) -> gpd.GeoDataFrame:
    usual = {
        "source_type": "volume",
        "release_height_m": 10.0,
        "initial_sigma_y_m": 20.0,
        "initial_sigma_z_m": 5.0,
        "emission_so2_g_s": 1.0,
    }
    return gpd.GeoDataFrame({**usual, **columns}, index=[0], geometry=gpd.points_from_xy([x], [y]))


def places(x: object, y: object, **columns: object) -> gpd.GeoDataFrame:
    x, y = np.broadcast_arrays(np.atleast_1d(x), np.atleast_1d(y))
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x.ravel(), y.ravel()))


def mean(*arguments: object, **options: object) -> np.ndarray:
    return concentration(*arguments, **options)["mean"].values[0]


@law
@given(classes, speeds, st.floats(100, 20_000), st.floats(0, 1), options)
def test_left_and_right_of_the_wind_are_alike(stability, speed, x, share, chosen) -> None:
    hour = weather(stability=stability, wind_speed_m_s=speed)
    left, right = mean(stack(), places(x, [share * x, -share * x]), hour, options=chosen)
    assert left == pytest.approx(right, rel=1e-9)


@law
@given(classes, speeds, directions, st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_turning_all_turns_the_field(stability, speed, degrees, x, y) -> None:
    """Wind from 270 degrees blows towards +x; turned, the same place sees the same air."""
    west = mean(stack(), places(x, y), weather(stability=stability, wind_speed_m_s=speed))
    turn = math.radians(270 - degrees)
    turned_x = x * math.cos(turn) - y * math.sin(turn)
    turned_y = x * math.sin(turn) + y * math.cos(turn)
    hour = weather(stability=stability, wind_speed_m_s=speed, wind_from_deg=degrees)
    turned = mean(stack(), places(turned_x, turned_y), hour)
    assert turned == pytest.approx(west, rel=1e-6, abs=1e-9)


@law
@given(classes, speeds, directions, st.floats(0, 1000), options)
def test_fields_add_and_grow_with_the_emission(stability, speed, degrees, factor, chosen) -> None:
    import pandas as pd

    hour = weather(stability=stability, wind_speed_m_s=speed, wind_from_deg=degrees)
    x, y = np.meshgrid(np.linspace(-5000, 5000, 12), np.linspace(-5000, 5000, 12))
    there = places(x, y)
    one, other = stack(300.0, -200.0), volume(-900.0, 400.0)
    apart = mean(one, there, hour, options=chosen) + factor * mean(
        other, there, hour, options=chosen
    )
    both = pd.concat([one, other.assign(emission_so2_g_s=factor)], ignore_index=True)
    np.testing.assert_allclose(mean(both, there, hour, options=chosen), apart, rtol=1e-12)


@law
@given(classes, speeds, st.floats(-8000, 8000), st.floats(-8000, 8000))
def test_source_and_receptor_change_places_when_the_wind_turns(stability, speed, x, y) -> None:
    """What burden rests on: c(a to b) in a wind is c(b to a) in the opposite wind."""
    there = mean(stack(), places(x, y), weather(stability=stability, wind_speed_m_s=speed))
    hour = weather(stability=stability, wind_speed_m_s=speed, wind_from_deg=90.0)
    back = mean(stack(x, y), places(0.0, 0.0), hour)
    assert back == pytest.approx(there, rel=1e-9)


@short_law
@given(st.lists(st.tuples(classes, speeds, directions, st.floats(0.1, 5)), min_size=2, max_size=8))
def test_a_mean_is_the_hours_by_their_frequency(hours) -> None:
    stability, speed, degrees, frequency = (np.array(column) for column in zip(*hours, strict=True))
    there = places([1000.0, -500.0, 2000.0], [0.0, 800.0, -1500.0])
    rose = weather(
        stability=stability, wind_speed_m_s=speed, wind_from_deg=degrees, frequency=frequency
    )
    each = [mean(stack(), there, rose.isel(hour=[n])) for n in range(len(hours))]
    expected = np.average(each, axis=0, weights=frequency)
    np.testing.assert_allclose(mean(stack(), there, rose), expected, rtol=1e-12)


def test_a_calm_counts_in_no_mean_and_raised_in_its_direction() -> None:
    rose = weather(wind_speed_m_s=[5.0, 0.0], wind_from_deg=[270.0, 90.0])
    there = places([2000.0, -2000.0], 0.0)
    alone = mean(stack(), there, rose.isel(hour=[0]))
    np.testing.assert_array_equal(mean(stack(), there, rose), alone)
    raised = mean(stack(), there, raise_low_winds(rose))
    assert raised[0] == pytest.approx(alone[0] / 2)
    assert raised[1] > 0


@law
@given(st.integers(1, 4), st.floats(0.2, 2.0), st.floats(0, 1), st.floats(0, 1))
def test_the_lid_mirrors_as_a_long_row_of_images_does(stability, ratio, h, z) -> None:
    from geocluster.plume.images import vertical

    lid = 500.0
    sz, h, z = ratio * lid, h * lid, z * lid
    exact = sum(
        math.exp(-((2 * n * lid + sign * h - z) ** 2) / (2 * sz * sz))
        for n in range(-40, 41)
        for sign in (-1, 1)
    )
    value = vertical(h, z, sz * sz, 0.5 / (sz * sz), lid, math.cos(math.pi * h / lid), 0.0)
    assert value == pytest.approx(exact, rel=1e-5, abs=1e-12)


def test_nothing_upwind_nor_beyond_the_reach_nor_above_the_lid() -> None:
    there = places([-10.0, -5000.0, 49_000.0, 51_000.0], 0.0)
    values = mean(stack(), there, weather())
    assert values[:2].tolist() == [0.0, 0.0]
    assert values[2] > 0
    assert values[3] == 0
    assert mean(stack(), places(2000.0, 0.0), weather(mixing_height_m=60.0)).tolist() == [0.0]
    stable = weather(mixing_height_m=60.0, stability=5)
    assert mean(stack(), places(9000.0, 0.0), stable)[0] > 0
