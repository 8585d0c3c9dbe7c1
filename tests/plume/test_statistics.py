"""Statistics of hours and days against plain reductions of every hour, and contributions."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.errors import InputError, StatisticError, TableError
from geocluster.plume import columns
from geocluster.plume import field as module
from geocluster.plume.arrays import source_arrays, weather_arrays
from geocluster.plume.contributions import contributions
from geocluster.plume.field import PlumeOptions, concentration, weather_counts
from geocluster.plume.kernel import sweep_all
from geocluster.plume.options import option_bits
from geocluster.plume.statistics import days_of, rank_of, read_statistic

NAMES = [
    "mean", "max_1h", "max_24h", "p98_1h", "p99.8_1h", "p100_1h", "p50_24h", "p90_24h", "h1_1h",
    "h2_1h", "h8_1h", "h2_24h", "hours_above_20", "hours_above_0.5", "days_above_5",
]  # fmt: skip


@pytest.fixture(scope="module")
def sources() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "source_id": ["A", "B", "C"],
            "sector": ["power", "metal", "power"],
            "source_type": ["point", "point", "volume"],
            "stack_height_m": [30.0, 80.0, np.nan],
            "stack_diameter_m": [1.5, 3.0, np.nan],
            "exit_velocity_m_s": [8.0, 15.0, np.nan],
            "exit_temperature_k": [380.0, 420.0, np.nan],
            "release_height_m": [np.nan, np.nan, 8.0],
            "initial_sigma_y_m": [np.nan, np.nan, 30.0],
            "initial_sigma_z_m": [np.nan, np.nan, 6.0],
            "emission_so2_g_s": [10.0, 80.0, 2.0],
            "emission_nox_g_s": [5.0, 0.0, 1.0],
        },
        geometry=gpd.points_from_xy([100.0, 2000.0, -1500.0], [0.0, 900.0, 0.0]),
    )


@pytest.fixture(scope="module")
def weather() -> xr.Dataset:
    """Fifteen days and five hours of winds that last, from 05:00; one day is calm throughout."""
    random = np.random.default_rng(7)
    n = 15 * 24
    speed = random.uniform(0.3, 9, n)
    speed[random.random(n) < 0.2] = 0.0
    speed[100:140] = 0.0
    turns = np.cumsum(random.normal(0, 15, n))
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", speed),
            "wind_from_deg": ("hour", np.round((270 + turns) % 360)),
            "stability": ("hour", random.integers(1, 7, n)),
            "mixing_height_m": ("hour", random.uniform(200, 1500, n)),
            "temperature_k": ("hour", random.uniform(270, 305, n)),
        },
        coords={"time": ("hour", pd.date_range("2025-03-01 05:00", periods=n, freq="h"))},
    )


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    x, y = np.meshgrid(np.arange(-4000, 4001, 2000.0), np.arange(-3000, 3001, 2000.0))
    height = np.where(np.arange(x.size) % 3 == 0, 10.0, 0.0)
    points = gpd.points_from_xy(x.ravel(), y.ravel())
    return gpd.GeoDataFrame({"height_m": height}, geometry=points)


@pytest.fixture(scope="module")
def hourly(sources, places, weather) -> xr.DataArray:
    """Every hour by itself (hour, pollutant, receptor), NaN in a calm."""
    bare = sources.set_crs("EPSG:32642")
    arrays = source_arrays(bare, ["so2", "nox"], bare.crs, PlumeOptions())
    sky = weather_arrays(weather)
    x, y = places.geometry.x, places.geometry.y
    at = np.column_stack([x, y, places["height_m"], np.zeros(len(places))])
    settings = {"half_life_s": None, "reach_m": 5e4, "options": option_bits(PlumeOptions())}
    valid = np.flatnonzero(weather["wind_speed_m_s"].values > 0)
    hours = np.full((weather.sizes["hour"], 2, len(places)), np.nan)
    for n, hour in enumerate(valid):
        one = {name: sky[name][[n]] for name in ("hours", "wind_from_deg", "k")}
        one["hours"][:, columns.WEIGHT] = 1.0
        arguments = {**sky, **one, **settings, "highest_wanted": False}
        hours[hour] = sweep_all(at, *arrays, **arguments)[0]
    return xr.DataArray(
        hours, dims=("hour", "pollutant", "receptor"),
        coords={"time": weather["time"]},
    )  # fmt: skip


def plainly(hourly: xr.DataArray, name: str) -> np.ndarray:
    """A statistic by numpy and pandas alone."""
    n = hourly.shape[0]
    table = pd.DataFrame(hourly.values.reshape(n, -1), index=pd.DatetimeIndex(hourly["time"]))
    by_day = table.groupby(table.index.date)
    days = by_day.sum() / np.maximum(by_day.count(), 18)
    statistic = read_statistic(name)
    values = table.dropna().to_numpy() if statistic.period_h < 24 else days.to_numpy()
    if statistic.kind == "mean":
        result = values.mean(axis=0)
    elif statistic.kind == "above":
        result = (values > statistic.value).sum(axis=0)
    elif statistic.kind == "percentile":
        k = max(int(statistic.value / 100 * len(values) + 0.5), 1)
        result = np.sort(values, axis=0)[k - 1]
    else:
        result = np.sort(values, axis=0)[-int(statistic.value)]
    return result.reshape(hourly.shape[1:])


def test_statistics_are_those_of_every_hour_by_itself(sources, places, weather, hourly) -> None:
    field = concentration(sources, places, weather, statistics=NAMES)
    assert list(field.data_vars) == NAMES
    for name in NAMES:
        truth = plainly(hourly, name)
        assert truth.max() > 0
        np.testing.assert_allclose(field[name].values, truth, rtol=1e-10, atol=1e-12, err_msg=name)
    assert field["p98_1h"].attrs["units"] == "ug/m3"
    assert field["hours_above_20"].attrs["units"] == "h"
    assert field["days_above_5"].attrs["units"] == "d"
    assert 0 < field["hours_above_20"].max() < field["hours_above_0.5"].max()


def test_the_highest_hour_and_the_mean_are_those_of_the_sweep(sources, places, weather) -> None:
    alone = concentration(sources, places, weather, statistics=["mean", "max_1h"])
    among = concentration(sources, places, weather, statistics=["max_24h", "mean", "max_1h"])
    for name in ("mean", "max_1h"):
        np.testing.assert_allclose(among[name], alone[name], rtol=1e-10)
    assert (among["max_24h"] <= among["max_1h"] * 24 / 18).all()


def test_a_day_is_divided_by_its_valid_hours_and_at_least_18(sources, places, weather) -> None:
    """One hour of a day otherwise calm, a whole day without calms, and two days that share none."""
    hour = weather.isel(hour=np.zeros(48, dtype=int)).assign(
        wind_speed_m_s=("hour", np.where(np.arange(48) == 30, 3.0, 0.0)),
        wind_from_deg=("hour", np.full(48, 270.0)),
    )
    hour = hour.assign_coords(time=("hour", pd.date_range("2025-01-01", periods=48, freq="h")))
    names = ["max_1h", "max_24h", "h2_24h", "hours_above_0"]
    field = concentration(sources, places, hour, statistics=names)
    assert field["max_1h"].max() > 0
    np.testing.assert_allclose(field["max_24h"], field["max_1h"] / 18, rtol=1e-12)
    assert (field["h2_24h"] == 0).all()
    assert field["hours_above_0"].max() == 1
    windy = hour.assign(wind_speed_m_s=("hour", np.full(48, 3.0)))
    field = concentration(sources, places, windy, statistics=["max_1h", "max_24h"])
    np.testing.assert_allclose(field["max_24h"], field["max_1h"], rtol=1e-12)


def test_days_go_by_the_date_whatever_the_order_of_hours(sources, places, weather) -> None:
    names = ["max_24h", "p98_1h", "days_above_5"]
    field = concentration(sources, places, weather, statistics=names)
    mixed = weather.isel(hour=np.random.default_rng(1).permutation(weather.sizes["hour"]))
    again = concentration(sources, places, mixed, statistics=names)
    for name in names:
        np.testing.assert_allclose(again[name], field[name], rtol=1e-12)
    time = weather["time"].values
    assert days_of(time, np.ones(time.size, dtype=bool)).divisor.tolist() == [19.0] + [
        24.0
    ] * 14 + [18.0]


def test_percentiles_are_counted_as_the_eu_does() -> None:
    """The limits' percentiles are the first value beyond the exceedances that they allow."""
    allowed = {99.8: (8760, 18), 99.97: (8760, 3), 90.4: (365, 35), 95.1: (365, 18), 99.2: (365, 3)}
    for percentage, (number, exceedances) in allowed.items():
        assert rank_of(percentage, number) == exceedances + 1
    assert (rank_of(100, 10), rank_of(0.1, 10), rank_of(98, 365)) == (1, 10, 8)


def test_blocks_and_chunks_change_no_bit(sources, weather, monkeypatch) -> None:
    x, y = np.arange(-3000, 3001, 1000.0), np.arange(2000, -2001, -1000.0)
    grid = xr.DataArray(
        np.ones((y.size, x.size)), dims=("y", "x"), coords={"y": y, "x": x}, attrs={"cell_m": 1000}
    )
    names = ["max_24h", "p98_1h", "mean", "days_above_5"]
    whole = concentration(sources, grid, weather, statistics=names)
    lazy = concentration(sources, grid.chunk(y=2, x=3), weather, statistics=names)
    assert lazy["p98_1h"].chunks is not None
    monkeypatch.setattr(module, "BLOCK_BYTES", 8 * 2 * 300 * 4)
    blocks = concentration(sources, grid, weather, statistics=names)
    for name in names:
        assert whole[name].dims == ("pollutant", "y", "x")
        np.testing.assert_array_equal(lazy[name].values, whole[name].values)
        np.testing.assert_array_equal(blocks[name].values, whole[name].values)


def test_a_rose_refuses_every_statistic_of_hours_by_name(sources, places, weather) -> None:
    rose = weather.drop_vars("time")
    with pytest.raises(
        StatisticError, match=r"'max_24h', 'p98_1h', 'hours_above_200' needs hourly"
    ):
        concentration(
            sources, places, rose, statistics=["mean", "max_24h", "p98_1h", "hours_above_200"]
        )
    weighted = rose.assign(frequency=("hour", np.linspace(1, 2, rose.sizes["hour"])))
    mean = concentration(sources, places, weighted)["mean"]
    assert not np.allclose(mean, concentration(sources, places, rose)["mean"])


@pytest.mark.parametrize(
    "name", ["p0_1h", "p101_1h", "h0_1h", "p98_8h", "max", "hours_above_", "median", "h1.5_1h"]
)
def test_what_is_no_statistic_is_refused(sources, places, weather, name: str) -> None:
    with pytest.raises(StatisticError, match="is not known: allowed are mean, max_1h"):
        concentration(sources, places, weather, statistics=name)


def test_a_rank_beyond_the_weather_is_refused(sources, places, weather) -> None:
    with pytest.raises(StatisticError, match=r"'h17_24h': the weather has 16 days only"):
        concentration(sources, places, weather, statistics="h17_24h")


def test_weak_winds_are_kept_dropped_or_raised(sources, places, weather) -> None:
    speed = weather["wind_speed_m_s"]
    by_hand = {
        "drop": weather.assign(wind_speed_m_s=speed.where(speed >= 1, 0.0)),
        "raise": weather.assign(wind_speed_m_s=speed.clip(min=1.0)),
    }
    names = ["mean", "max_24h", "p98_1h"]
    kept = concentration(sources, places, weather, statistics=names)
    counts = {}
    for low_wind, changed in by_hand.items():
        options = PlumeOptions(low_wind=low_wind)
        field = concentration(sources, places, weather, statistics=names, options=options)
        truth = concentration(sources, places, changed, statistics=names)
        for name in names:
            np.testing.assert_array_equal(field[name], truth[name])
            assert not np.allclose(field[name], kept[name])
        counts[low_wind] = field.attrs
    below, calm = int(((speed > 0) & (speed < 1)).sum()), int((speed == 0).sum())
    assert below > 0
    assert counts["drop"]["low_wind"] == "drop"
    assert (counts["drop"]["dropped_hours"], counts["drop"]["raised_hours"]) == (below, 0)
    assert counts["drop"]["valid_hours"] == speed.size - below - calm
    assert counts["raise"]["raised_hours"] == below + calm
    assert counts["raise"]["valid_hours"] == speed.size
    assert counts["raise"]["calm_hours"] == kept.attrs["calm_hours"] == calm
    assert weather_counts(weather)["valid_hours"] == speed.size - calm
    with pytest.raises(InputError, match="low_wind is 'lift': allowed are keep, drop, raise"):
        PlumeOptions(low_wind="lift")


@pytest.mark.parametrize("statistic", ["mean", "max_1h", "max_24h", "h3_24h", "p99_1h"])
def test_contributions_add_up_to_the_total(sources, places, weather, statistic: str) -> None:
    total = concentration(sources, places, weather, statistics=statistic)
    parts = contributions(sources, places, weather, statistic=statistic)
    assert parts.dims == ("source", "pollutant", "receptor")
    assert parts["source"].values.tolist() == ["A", "B", "C"]
    assert parts.name == statistic
    assert parts.attrs["units"] == "ug/m3"
    np.testing.assert_allclose(parts.sum("source"), total[statistic], rtol=1e-10, atol=1e-12)
    assert (parts.sel(source="B", pollutant="nox") == 0).all()
    groups = contributions(sources, places, weather, statistic=statistic, by="sector")
    assert groups["source"].values.tolist() == ["power", "metal"]
    np.testing.assert_allclose(
        groups.sel(source="power"), parts.sel(source=["A", "C"]).sum("source"), rtol=1e-10
    )


@pytest.mark.parametrize("statistic", ["mean", "max_24h"])
def test_contributions_of_areas_add_up_too(sources, places, weather, statistic: str) -> None:
    yard = gpd.GeoDataFrame(
        {
            "source_id": ["yard"],
            "sector": ["metal"],
            "source_type": ["area"],
            "release_height_m": [5.0],
            "emission_so2_g_s": [6.0],
            "emission_nox_g_s": [2.0],
        },
        geometry=[box(500, -900, 900, -300)],
    )
    both = pd.concat([sources.iloc[:1], yard, sources.iloc[1:]], ignore_index=True)
    short = weather.isel(hour=slice(0, 72))
    total = concentration(both, places, short, statistics=statistic)[statistic]
    parts = contributions(both, places, short, statistic=statistic, by="sector")
    assert parts["source"].values.tolist() == ["power", "metal"]
    np.testing.assert_allclose(parts.sum("source"), total, rtol=1e-10, atol=1e-12)
    if statistic == "mean":
        alone = concentration(yard, places, short)["mean"]
        one = contributions(both, places, short).sel(source="yard")
        np.testing.assert_allclose(one, alone, rtol=1e-10, atol=1e-15)
        assert alone.max() > 0


def test_pollutants_in_proportion_share_a_field_and_keep_their_values(
    sources, places, weather
) -> None:
    more = sources.assign(
        emission_so2_high_g_s=3 * sources["emission_so2_g_s"], emission_none_g_s=0.0
    )
    names = ["mean", "max_24h", "p98_1h"]
    field = concentration(more, places, weather, statistics=names)
    truth = concentration(sources, places, weather, statistics=names)
    for name in names:
        part = field[name].sel(pollutant=["so2", "nox"])
        np.testing.assert_allclose(part, truth[name], rtol=1e-12)
        high = field[name].sel(pollutant="so2_high")
        np.testing.assert_allclose(high, 3 * truth[name].sel(pollutant="so2"), rtol=1e-12)
        assert (field[name].sel(pollutant="none") == 0).all()
    with_limit = concentration(more, places, weather, statistics=["hours_above_20"])
    plain = concentration(
        more, places, weather, statistics=["hours_above_20"], pollutants="so2_high"
    )
    np.testing.assert_array_equal(
        with_limit["hours_above_20"].sel(pollutant="so2_high"), plain["hours_above_20"][0]
    )


def test_a_source_adds_to_the_highest_hour_what_it_gives_in_that_hour(
    sources, places, weather, hourly
) -> None:
    when = hourly.fillna(-1).argmax("hour")
    parts = contributions(sources, places, weather, statistic="max_1h", pollutants="so2")
    for at in (3, 8, 14):
        hour = weather.isel(hour=[int(when[0, at])])
        alone = concentration(sources.iloc[[0]], places.iloc[[at]], hour, pollutants="so2")
        np.testing.assert_allclose(parts.values[0, 0, at], alone["mean"].item(), rtol=1e-10)


def test_contributions_over_a_grid_with_chunks(sources, weather) -> None:
    x, y = np.arange(-3000, 3001, 1500.0), np.arange(2000, -2001, -1000.0)
    grid = xr.DataArray(np.ones((y.size, x.size)), dims=("y", "x"), coords={"y": y, "x": x})
    for statistic in ("mean", "h2_24h"):
        whole = contributions(sources, grid, weather, statistic=statistic)
        lazy = contributions(sources, grid.chunk(x=2), weather, statistic=statistic)
        assert whole.dims == ("source", "pollutant", "y", "x")
        np.testing.assert_array_equal(whole.values, lazy.values)
        assert whole.max() > 0


def test_faults_of_contributions_are_named(sources, places, weather) -> None:
    with pytest.raises(StatisticError, match=r"hours_above_20.*no parts"):
        contributions(sources, places, weather, statistic="hours_above_20")
    with pytest.raises(TableError, match="'owner' is missing"):
        contributions(sources, places, weather, by="owner")
    gappy = sources.assign(sector=["power", None, "power"])
    with pytest.raises(TableError, match="'sector': no value in row 2"):
        contributions(gappy, places, weather, by="sector")
    twice = sources.assign(source_id="same")
    assert contributions(twice, places, weather)["source"].values.tolist() == [0, 1, 2]
