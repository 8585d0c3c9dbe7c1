"""Laws of simple terrain, whatever the curves."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.plume.field import PlumeOptions, concentration

law = settings(deadline=None, derandomize=True, max_examples=10)
seeds = st.integers(0, 1000)
options = st.builds(
    PlumeOptions,
    urban=st.booleans(),
    final_rise=st.booleans(),
    stack_tip_downwash=st.booleans(),
    buoyancy_induced_dispersion=st.booleans(),
    half_life_s=st.sampled_from([None, 3600.0]),
)


def day(seed: int, least_lid: float = 30.0) -> xr.Dataset:
    """Twenty hours of wind from about the west, under lids from low to high."""
    random = np.random.default_rng(seed)
    n = 20
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", random.uniform(0.5, 12, n)),
            "wind_from_deg": ("hour", random.choice([260.0, 270.0, 285.0], n)),
            "stability": ("hour", random.integers(1, 7, n)),
            "mixing_height_m": ("hour", np.exp(random.uniform(np.log(least_lid), 8, n))),
            "temperature_k": ("hour", random.uniform(250, 315, n)),
        },
        coords={"time": ("hour", pd.date_range("2025-01-01", periods=n, freq="h"))},
    )


def stack(**columns: object) -> gpd.GeoDataFrame:
    usual = {
        "stack_height_m": 60.0,
        "stack_diameter_m": 2.0,
        "exit_velocity_m_s": 10.0,
        "exit_temperature_k": 400.0,
        "emission_so2_g_s": 100.0,
        "ground_m": 500.0,
    }
    return gpd.GeoDataFrame({**usual, **columns}, index=[0], geometry=gpd.points_from_xy([0], [0]))


def volume(**columns: object) -> gpd.GeoDataFrame:
    """Released under 10 m, where the wind is that at 10 m whatever the height."""
    usual = {
        "source_type": "volume",
        "release_height_m": 9.0,
        "initial_sigma_y_m": 15.0,
        "initial_sigma_z_m": 3.0,
        "emission_so2_g_s": 1.0,
        "ground_m": 500.0,
    }
    return gpd.GeoDataFrame({**usual, **columns}, index=[0], geometry=gpd.points_from_xy([0], [0]))


def places(seed: int, n: int = 40, **columns: object) -> gpd.GeoDataFrame:
    random = np.random.default_rng(seed)
    x = np.exp(random.uniform(np.log(50), np.log(40_000), n))
    ground = random.uniform(350, 650, n)
    return gpd.GeoDataFrame(
        pd.DataFrame({"ground_m": ground}).assign(**columns),
        geometry=gpd.points_from_xy(x, x * random.normal(0, 0.1, n)),
    )


def both(*arguments: object, **keywords: object) -> np.ndarray:
    """Mean and highest hour, one above the other."""
    field = concentration(*arguments, statistics=("mean", "max_1h"), **keywords)
    return np.vstack([field["mean"], field["max_1h"]])


@law
@given(seeds, options, st.floats(-200, 400))
def test_all_is_finite_and_nothing_below_0(seed, chosen, up) -> None:
    sources = pd.concat([stack(), stack(exit_velocity_m_s=0.0), volume(), stack(ground_m=300 + up)])
    there = places(seed, height_m=np.where(np.arange(40) % 3 == 0, 12.0, 0.0))
    found = both(sources, there, day(seed), options=chosen)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert found.max() > 0


@law
@given(seeds, options, st.floats(-8, 9))
def test_ground_higher_by_d_is_a_release_lower_by_d(seed, chosen, up) -> None:
    """Of a release that does not rise, its height under 10 m, where it decides no wind."""
    base = 9.0 - max(0.0, -up)
    sky = day(seed, least_lid=10.0)
    hill = both(
        volume(release_height_m=base), places(seed, ground_m=500.0 + up), sky, options=chosen
    )
    lower = volume(release_height_m=max(base - up, 0.0))
    flat = both(lower, places(seed, ground_m=500.0), sky, options=chosen)
    np.testing.assert_allclose(hill, flat, rtol=1e-9, atol=1e-12 * flat.max())
    assert flat.max() > 0


@law
@given(seeds, options, st.sampled_from([stack(), volume()]), st.floats(0, 2000))
def test_ground_above_the_top_is_ground_at_the_top(seed, chosen, source, above) -> None:
    top = 560.0 if "stack_height_m" in source else 509.0
    sky = day(seed)
    at_top = concentration(source, places(seed, ground_m=top), sky, options=chosen)
    higher = concentration(source, places(seed, ground_m=top + above), sky, options=chosen)
    np.testing.assert_allclose(higher["mean"], at_top["mean"], rtol=1e-12)
    assert not at_top["terrain_above_stack"].any()
    assert bool(higher["terrain_above_stack"].any()) == (top + above > top)


@law
@given(seeds, options, st.floats(-300, 4000))
def test_only_differences_of_elevation_count(seed, chosen, shift) -> None:
    sources, there = pd.concat([stack(), volume()]), places(seed)
    found = both(sources, there, day(seed), options=chosen)
    sources["ground_m"] += shift
    moved = both(
        sources, there.assign(ground_m=there["ground_m"] + shift), day(seed), options=chosen
    )
    np.testing.assert_allclose(moved, found, rtol=1e-8, atol=1e-12 * found.max())


@pytest.mark.parametrize("final_rise", [True, False])
def test_a_plume_above_the_lid_at_its_stack_comes_down_nowhere(final_rise) -> None:
    """As in ISC3, where the height above the base decides; in a stable hour there is no lid."""
    hour = day(1).isel(hour=[0]).assign(wind_speed_m_s=("hour", [4.0]))
    hour = hour.assign(stability=("hour", [4]), mixing_height_m=("hour", [65.0]))
    tall = stack(stack_height_m=70.0)
    hill = places(2, ground_m=560.0)
    chosen = PlumeOptions(final_rise=final_rise)
    assert not both(tall, hill, hour, options=chosen).any()
    assert both(tall, hill, hour.assign(stability=("hour", [5])), options=chosen).any()


def test_a_valley_so_deep_that_the_axis_is_above_its_lid_sees_the_axis_mirrored() -> None:
    hour = day(1).isel(hour=[0]).assign(wind_speed_m_s=("hour", [4.0]))
    hour = hour.assign(stability=("hour", [4]), mixing_height_m=("hour", [12.0]))
    low = volume(release_height_m=9.0)
    deep, level = (both(low, places(3, ground_m=ground), hour) for ground in (494.0, 500.0))
    np.testing.assert_allclose(deep, level, rtol=1e-12)
    assert deep.max() > 0
