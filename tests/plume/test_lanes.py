"""The loops that become vector instructions: their accuracy, and that neighbours change nothing."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geocluster.plume import lanes
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.rows import bands_of
from geocluster.plume.sigma import sigma_y, sigma_z


def test_exponential_and_logarithm() -> None:
    exponents = np.linspace(-690, 690, 2001)
    values = np.array([lanes.exp_of(e) for e in exponents])
    np.testing.assert_allclose(values, np.exp(exponents), rtol=2e-12)
    logs = np.array([lanes.log_of(v) for v in values])
    np.testing.assert_allclose(logs, exponents, rtol=1e-13, atol=2e-12)


@pytest.mark.parametrize("urban", [False, True])
@pytest.mark.parametrize("stability", range(1, 7))
def test_sigmas_of_a_chunk_are_the_curves(stability: int, urban: bool) -> None:
    """Also next to the distances where a curve jumps, where single precision decides."""
    ends = 1000 * np.array([0.1, 0.15, 0.2, 0.3, 0.4, 0.7, 1, 2, 3, 4, 7, 10, 15, 20, 30, 40])
    x = np.sort(np.concatenate([ends, ends * (1 - 3e-8), ends * (1 + 3e-8), np.geomspace(1, 5e4)]))
    x = x[: lanes.CHUNK]
    work = np.zeros(lanes.WORK)
    work[lanes.X : lanes.X + x.size] = x
    lanes.fill_sigmas(work, x.size, stability - 1, urban, 0.0, 0.0, x[0], x[-1])
    y2, z2 = (work[at : at + x.size] for at in (lanes.SY2, lanes.SZ2))
    np.testing.assert_allclose(np.sqrt(y2), sigma_y(x, stability, urban), rtol=1e-11)
    np.testing.assert_allclose(np.sqrt(z2), sigma_z(x, stability, urban), rtol=1e-11)
    low, high = lanes.bounds_of_sz2(x[0], x[-1], stability - 1, urban)
    assert low <= z2.min()
    assert z2.max() <= high


def test_rows_are_dealt_out_to_bands() -> None:
    order, row_start = np.arange(9000)[::-1].copy(), np.arange(0, 9001, 100)
    dealt, starts, bands = bands_of(order, row_start, 3)
    assert bands[0] == 0
    assert bands[-1] == 90
    assert len(bands) == 9000 // 2048 + 1
    assert sorted(dealt) == sorted(order)
    for row in range(90):
        assert np.ptp(dealt[starts[row] : starts[row + 1]]) == 99


def hours(stability: int, speed: list, lid: list) -> xr.Dataset:
    n = len(speed)
    columns = {
        "wind_speed_m_s": speed,
        "wind_from_deg": np.full(n, 270.0),
        "stability": np.full(n, stability),
        "mixing_height_m": lid,
        "temperature_k": np.linspace(270, 300, n),
        "frequency": np.linspace(1, 2, n),
    }
    time = pd.date_range("2025-01-01", periods=n, freq="h")
    return xr.Dataset(
        {name: ("hour", value) for name, value in columns.items()}, coords={"time": ("hour", time)}
    )


SOURCES = gpd.GeoDataFrame(
    {
        "source_type": ["point", "point", "volume"],
        "stack_height_m": [60.0, 25.0, np.nan],
        "stack_diameter_m": [2.0, 0.5, np.nan],
        "exit_velocity_m_s": [12.0, 15.0, np.nan],
        "exit_temperature_k": [410.0, 294.0, np.nan],
        "release_height_m": [np.nan, np.nan, 12.0],
        "initial_sigma_y_m": [np.nan, np.nan, 40.0],
        "initial_sigma_z_m": [np.nan, np.nan, 6.0],
        "emission_so2_g_s": [50.0, 20.0, 5.0],
    },
    geometry=gpd.points_from_xy([0.0, 50.0, -80.0], [0.0, 30.0, 10.0]),
)


@pytest.mark.parametrize("final_rise", [True, False])
@pytest.mark.parametrize("stability", [1, 4, 6])
def test_a_place_alone_is_a_place_among_others(stability: int, final_rise: bool) -> None:
    """Lids low and high, near and far: whatever a chunk skips changes no bit of a place."""
    sky = hours(stability, [1.2, 3.0, 4.0, 7.0], [90.0, 300.0, 900.0, 2500.0])
    random = np.random.default_rng(7)
    x, y = np.geomspace(20, 45_000, 150), random.normal(0, 1, 150)
    height = np.where(np.arange(150) % 7 == 0, 20.0, 0.0)
    places = gpd.GeoDataFrame(
        {"height_m": height}, geometry=gpd.points_from_xy(x, y * (5 + 0.05 * x))
    )
    options = PlumeOptions(final_rise=final_rise)
    both = ("mean", "max_1h")
    together = concentration(SOURCES, places, sky, statistics=both, options=options)
    for n in range(0, 150, 10):
        alone = concentration(SOURCES, places.iloc[[n]], sky, statistics=both, options=options)
        for name in both:
            assert alone[name].values[0, 0] == together[name].values[0, n]
    assert (together["mean"].values > 0).sum() > 50


@pytest.mark.parametrize("stability", range(1, 7))
def test_hours_together_are_hours_one_by_one(stability: int) -> None:
    """Under lids of every kind; a lid below the plume leaves nothing of that hour."""
    sky = hours(stability, [2.0, 3.0, 4.0, 7.0], [10.0, 120.0, 400.0, 3000.0])
    x = np.repeat(np.geomspace(100, 40_000, 25), 2)
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, np.tile([0.0, 30.0], 25)))
    together = concentration(SOURCES, places, sky, statistics=("mean", "max_1h"))
    each = [concentration(SOURCES, places, sky.isel(hour=[n]))["mean"].values for n in range(4)]
    expected = np.average(each, axis=0, weights=sky["frequency"])
    np.testing.assert_allclose(together["mean"].values, expected, rtol=1e-11)
    np.testing.assert_allclose(together["max_1h"].values, np.max(each, axis=0), rtol=1e-11)
    if stability <= 4:
        assert not each[0].any()


def test_decay_takes_the_same_share_of_a_volume_as_its_way_says() -> None:
    sky = hours(4, [4.0], [1000.0])
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy([5000.0, 20_000.0], [10.0, 10.0]))
    volume = SOURCES.iloc[[2]]
    plain = concentration(volume, places, sky)["mean"].values[0]
    decayed = concentration(volume, places, sky, options=PlumeOptions(half_life_s=3600.0))
    wind = 4.0 * 1.2**0.15
    way = np.array([5080.0, 20_080.0]) / wind
    expected = plain * np.exp(-math.log(2.0) * way / 3600.0)
    np.testing.assert_allclose(decayed["mean"].values[0], expected, rtol=1e-9)
