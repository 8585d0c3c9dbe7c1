"""Laws that statistics of a year keep, whatever the weather."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.plume.contributions import contributions
from geocluster.plume.field import PlumeOptions, concentration

law = settings(deadline=None, derandomize=True, max_examples=8)
seeds = st.integers(0, 1000)
low_winds = st.sampled_from(["keep", "drop", "raise"])


def year(seed: int, days: int = 4) -> xr.Dataset:
    random = np.random.default_rng(seed)
    n = 24 * days
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", random.uniform(0, 6, n) * (random.random(n) > 0.1)),
            "wind_from_deg": ("hour", random.uniform(200, 340, n).round()),
            "stability": ("hour", random.integers(1, 7, n)),
            "mixing_height_m": ("hour", random.uniform(150, 1500, n)),
            "temperature_k": ("hour", random.uniform(260, 310, n)),
        },
        coords={"time": ("hour", pd.date_range("2025-01-01", periods=n, freq="h"))},
    )


def stacks(rates: tuple[float, float] = (20.0, 60.0)) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "stack_height_m": [20.0, 70.0],
            "stack_diameter_m": [1.0, 3.0],
            "exit_velocity_m_s": [8.0, 15.0],
            "exit_temperature_k": [380.0, 420.0],
            "emission_so2_g_s": list(rates),
        },
        geometry=gpd.points_from_xy([0.0, 300.0], [0.0, -200.0]),
    )


def places() -> gpd.GeoDataFrame:
    x, y = np.meshgrid([800.0, 2000.0, 6000.0], [-1500.0, 0.0, 1000.0])
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()))


@law
@given(seed=seeds, low_wind=low_winds)
def test_statistics_are_in_order(seed: int, low_wind: str) -> None:
    names = ["mean", "p50_1h", "p90_1h", "p99_1h", "h2_1h", "max_1h", "h2_24h", "max_24h"]
    options = PlumeOptions(low_wind=low_wind)
    field = concentration(stacks(), places(), year(seed), statistics=names, options=options)
    for lower, upper in [
        ("p50_1h", "p90_1h"), ("p90_1h", "p99_1h"), ("p99_1h", "max_1h"), ("h2_1h", "max_1h"),
        ("h2_24h", "max_24h"), ("mean", "max_1h"),
    ]:  # fmt: skip
        assert (field[lower] <= field[upper] * (1 + 1e-12)).all(), (lower, upper)
    assert (field["max_24h"] <= field["max_1h"] * 24 / 18).all()
    assert field["max_1h"].max() > 0


@law
@given(seed=seeds, factor=st.floats(0.1, 50))
def test_twice_the_emission_is_twice_of_all_but_numbers_above(seed: int, factor: float) -> None:
    names = ["mean", "max_24h", "p98_1h", "h3_24h"]
    one = concentration(stacks(), places(), year(seed), statistics=names)
    more = stacks((20.0 * factor, 60.0 * factor))
    many = concentration(more, places(), year(seed), statistics=names)
    for name in names:
        np.testing.assert_allclose(many[name], factor * one[name], rtol=1e-9)


@law
@given(
    seed=seeds,
    statistic=st.sampled_from(["mean", "max_1h", "max_24h", "p95_1h", "h2_24h"]),
    by=st.sampled_from([None, "sector"]),
)
def test_contributions_sum_to_the_total_and_none_is_below_0(
    seed: int, statistic: str, by: str | None
) -> None:
    """By source and by group; a group's part is what its sources add."""
    other = stacks().iloc[:1].set_geometry(gpd.points_from_xy([900.0], [400.0]))
    three = pd.concat([stacks(), other], ignore_index=True)
    three = three.assign(sector=["cement", "power", "cement"])
    total = concentration(three, places(), year(seed), statistics=statistic)[statistic]
    parts = contributions(three, places(), year(seed), statistic=statistic, by=by)
    assert parts.sizes["source"] == (3 if by is None else 2)
    assert (parts >= 0).all()
    np.testing.assert_allclose(parts.sum("source"), total, rtol=1e-10, atol=1e-14)


@law
@given(seed=seeds)
def test_hours_above_a_limit_are_as_many_as_ranks_above_it(seed: int) -> None:
    names = ["h5_1h", "max_1h", "hours_above_10", "h2_24h", "days_above_2"]
    field = concentration(stacks(), places(), year(seed), statistics=names)
    assert ((field["hours_above_10"] >= 5) == (field["h5_1h"] > 10)).all()
    assert ((field["hours_above_10"] >= 1) == (field["max_1h"] > 10)).all()
    assert ((field["days_above_2"] >= 2) == (field["h2_24h"] > 2)).all()
    assert field["hours_above_10"].max() > 0
