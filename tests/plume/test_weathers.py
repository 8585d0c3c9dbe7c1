"""Weather of several places: each source under its own, hours matched by their time."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.errors import GeoclusterWarning, StatisticError, TableError
from geocluster.load.weather import read_weather
from geocluster.plume.contributions import contributions
from geocluster.plume.field import PlumeOptions, concentration, weather_counts

NAMES = ["mean", "max_1h", "max_24h", "p98_1h", "h3_1h", "p90_24h", "hours_above_5"]


@pytest.fixture(scope="module")
def sources() -> gpd.GeoDataFrame:
    """A stack, a volume and an area; the cases of the stack's pollutants are in proportion."""
    columns = {
        "source_id": ["stack", "hall", "yard"],
        "source_type": ["point", "volume", "area"],
        "stack_height_m": [40.0, np.nan, np.nan],
        "stack_diameter_m": [2.0, np.nan, np.nan],
        "exit_velocity_m_s": [10.0, np.nan, np.nan],
        "exit_temperature_k": [400.0, np.nan, np.nan],
        "release_height_m": [np.nan, 8.0, 2.0],
        "initial_sigma_y_m": [np.nan, 30.0, np.nan],
        "initial_sigma_z_m": [np.nan, 6.0, 1.0],
        "emission_so2_g_s": [80.0, 3.0, 0.5],
        "emission_pm10_g_s": [8.0, 5.0, 0.0],
    }
    shapes = [box(x, y, x + side, y + side).centroid for x, y, side in ((0, 0, 1), (1500, 600, 1))]
    return gpd.GeoDataFrame(columns, geometry=[*shapes, box(-900, -700, -700, -550)])


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    x, y = np.meshgrid(np.arange(-3500, 3501, 1000.0), np.arange(-2500, 2501, 1000.0))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()))


def made_up(seed: int, first: str = "2025-03-01 00:00", hours: int = 10 * 24) -> xr.Dataset:
    random = np.random.default_rng(seed)
    speed = random.uniform(0.3, 8, hours)
    speed[random.random(hours) < 0.15] = 0.0
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", speed),
            "wind_from_deg": ("hour", np.round(random.uniform(0, 360, hours))),
            "stability": ("hour", random.integers(1, 7, hours)),
            "mixing_height_m": ("hour", random.uniform(200, 1500, hours)),
            "temperature_k": ("hour", random.uniform(270, 305, hours)),
        },
        coords={"time": ("hour", pd.date_range(first, periods=hours, freq="h"))},
    )


@pytest.fixture(scope="module")
def two() -> dict[str, xr.Dataset]:
    """The same ten days at two places."""
    return {"valley": made_up(1), "pass": made_up(2)}


def same(one: xr.Dataset, other: xr.Dataset, rtol: float = 1e-12) -> None:
    for name in other.data_vars:
        np.testing.assert_allclose(one[name].values, other[name].values, rtol=rtol, atol=1e-15)


def test_two_places_of_one_weather_are_one_weather(sources, places, two) -> None:
    one = two["valley"]
    given = sources.assign(weather=["a", "b", "a"])
    twice = concentration(given, places, {"a": one, "b": one.copy(deep=True)}, statistics=NAMES)
    alone = concentration(sources, places, one, statistics=NAMES)
    assert list(twice.data_vars) == NAMES
    assert twice.sizes == alone.sizes
    same(twice, alone)
    assert float(alone["p98_1h"].max()) > 0


@pytest.mark.parametrize("low_wind", ["keep", "drop", "raise"])
def test_the_mean_is_the_sum_over_places_each_over_its_own_hours(
    sources, places, two, low_wind
) -> None:
    options = PlumeOptions(low_wind=low_wind)
    given = sources.assign(weather=["valley", "pass", "pass"])
    # Another year and a rose are no matter for the mean.
    weathers = {"valley": two["valley"].drop_vars("time"), "pass": made_up(3, "2019-07-01")}
    field = concentration(given, places, weathers, options=options)
    parts = [
        concentration(sources[given["weather"] == name], places, weather, options=options)
        for name, weather in weathers.items()
    ]
    np.testing.assert_allclose(field["mean"], parts[0]["mean"] + parts[1]["mean"], rtol=1e-12)
    for name, weather in weathers.items():
        for key, value in weather_counts(weather, low_wind).items():
            assert field.attrs[f"{key}_{name}"] == value
    assert (field.attrs["sources_valley"], field.attrs["sources_pass"]) == (1, 2)
    assert field.attrs["weather_places"] == "valley, pass"
    assert "hours_shared" not in field.attrs


def test_a_source_that_changes_its_place_changes_its_weather(sources, places, two) -> None:
    stack = sources.iloc[:1]
    fields = {
        name: concentration(stack.assign(weather=name), places, two, statistics=NAMES)
        for name in two
    }
    for name, field in fields.items():
        same(field, concentration(stack, places, two[name], statistics=NAMES))
    assert not np.allclose(fields["valley"]["mean"], fields["pass"]["mean"], rtol=0.05)


def test_hours_are_matched_by_time_and_count_only_without_a_calm(sources, places) -> None:
    """The truth is each hour by itself, added up by hand where both places have it."""
    valley = made_up(1, hours=60)
    later = made_up(2, "2025-03-01 06:00", hours=66)
    missing = np.delete(np.arange(66), [5, 6, 30])
    pass_ = later.isel(hour=np.random.default_rng(0).permutation(missing))  # in any order
    given = sources.assign(weather=["valley", "pass", "pass"])
    weathers = {"valley": valley, "pass": pass_}
    field = concentration(given, places, weathers, statistics=NAMES)
    times = np.intersect1d(valley["time"].values, pass_["time"].values)
    rows, valid = [], []
    for moment in times:
        hours = {name: w.isel(hour=w["time"].values == moment) for name, w in weathers.items()}
        valid.append(all(float(hour["wind_speed_m_s"][0]) > 0 for hour in hours.values()))
        if valid[-1]:
            parts = [
                concentration(sources[given["weather"] == name], places, hour)["mean"].values
                for name, hour in hours.items()
            ]
            rows.append(sum(parts))
    hourly, valid = np.array(rows), np.array(valid)
    assert 20 < valid.sum() < valid.size == 51
    ranked = np.sort(hourly, axis=0)
    k = int(0.98 * len(hourly) + 0.5)
    days = times[valid].astype("datetime64[D]")
    sums = [hourly[days == day].sum(axis=0) / max((days == day).sum(), 18) for day in set(days)]
    truth = {
        "max_1h": ranked[-1],
        "h3_1h": ranked[-3],
        "p98_1h": ranked[k - 1],
        "max_24h": np.max(sums, axis=0),
        "hours_above_5": (hourly > 5).sum(axis=0),
    }
    for name, values in truth.items():
        np.testing.assert_allclose(field[name].values, values, rtol=1e-10, atol=1e-15)
    assert field.attrs["hours_shared"] == valid.size
    assert field.attrs["hours_shared_valid"] == valid.sum()
    assert field.attrs["hours_shared_dropped"] == (~valid).sum()
    assert field.attrs["hours_not_shared_valley"] == 60 - 51
    assert field.attrs["hours_not_shared_pass"] == 63 - 51


def test_times_of_two_zones_are_compared_as_moments(sources, places, two) -> None:
    one = two["valley"].assign_attrs(time_zone=5.0)
    ahead = one.assign_coords(time=one["time"] + np.timedelta64(1, "h")).assign_attrs(time_zone=6.0)
    given = sources.assign(weather=["a", "b", "b"])
    field = concentration(given, places, {"a": one, "b": ahead}, statistics=NAMES)
    same(field, concentration(sources, places, one, statistics=NAMES))
    assert field.attrs["hours_not_shared_b"] == 0


def test_terrain_is_that_of_all_sources_together(sources, places, two) -> None:
    """A hill north of the hall alone: above its release, and under the stack's top."""
    ground = np.where(places.geometry.y > 1000, 470.0, 450.0)
    given = sources.iloc[:2].assign(ground_m=450.0, weather=["valley", "pass"])
    hills = places.assign(ground_m=ground)
    field = concentration(given, hills, two, statistics=["mean", "p98_1h"])
    parts = [concentration(given[given["weather"] == name], hills, two[name]) for name in two]
    np.testing.assert_allclose(field["mean"], parts[0]["mean"] + parts[1]["mean"], rtol=1e-12)
    assert field["terrain_above_stack"].values.tolist() == (ground > 458).tolist()
    assert not parts[0]["terrain_above_stack"].any()
    flat = concentration(given.drop(columns="ground_m"), places, two)
    assert not np.allclose(flat["mean"], field["mean"])


def test_one_weather_for_sources_of_several_is_told(sources, places, two) -> None:
    given = sources.assign(weather=["valley", "pass", "pass"])
    with pytest.warns(GeoclusterWarning, match="it is taken for all of them"):
        field = concentration(given, places, two["valley"])
    same(field, concentration(sources, places, two["valley"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        concentration(given, places, two)
        concentration(sources.assign(weather="valley"), places, two["valley"])


def test_a_place_without_sources_drops_no_hour(sources, places, two) -> None:
    given = sources.assign(weather="valley")
    unused = {**two, "far": made_up(4, "1999-01-01"), "rose": made_up(5).drop_vars("time")}
    field = concentration(given, places, unused, statistics=NAMES)
    same(field, concentration(sources, places, two["valley"], statistics=NAMES))
    assert field.attrs["sources_far"] == 0
    assert field.attrs["hours_shared"] == two["valley"].sizes["hour"]


@pytest.mark.parametrize("statistic", ["mean", "max_1h", "p98_1h", "max_24h"])
def test_contributions_add_up(sources, places, two, statistic) -> None:
    given = sources.assign(weather=["valley", "pass", "valley"])
    parts = contributions(given, places, two, statistic=statistic)
    whole = concentration(given, places, two, statistics=[statistic])
    assert list(parts["source"].values) == ["stack", "hall", "yard"]
    np.testing.assert_allclose(parts.sum("source"), whole[statistic], rtol=1e-10, atol=1e-13)
    assert parts.attrs["calm_hours_pass"] == whole.attrs["calm_hours_pass"]
    grouped = contributions(given, places, two, statistic=statistic, by="weather")
    assert list(grouped["source"].values) == ["valley", "pass"]
    np.testing.assert_allclose(grouped.sum("source"), parts.sum("source"), rtol=1e-10, atol=1e-13)


def test_a_grid_in_chunks_is_the_grid(sources, two) -> None:
    grid = xr.DataArray(
        np.zeros((6, 8)),
        dims=("y", "x"),
        coords={"y": np.arange(6) * 800.0 - 2000, "x": np.arange(8) * 800.0 - 3000},
    )
    given = sources.assign(weather=["valley", "pass", "pass"])
    names = ["mean", "p98_1h"]
    whole = concentration(given, grid, two, statistics=names)
    chunked = concentration(given, grid.chunk({"y": 4, "x": 3}), two, statistics=names).compute()
    for name in names:
        np.testing.assert_array_equal(whole[name].values, chunked[name].values)


def test_no_source_is_no_concentration(sources, places, two) -> None:
    none = sources.assign(weather="valley").iloc[:0]
    field = concentration(none, places, two, statistics=["mean", "p98_1h"])
    assert float(field["p98_1h"].max()) == float(field["mean"].max()) == 0.0


def test_every_fault_is_told_at_once(sources, places, two) -> None:
    given = sources.assign(weather=["vale", None, "pass"])
    broken = {"valley": two["valley"], "pass": two["pass"].drop_vars("stability"), "x/y": "no"}
    with pytest.raises(TableError) as told:
        concentration(given, places, broken)
    text = str(told.value)
    for part in (
        "'vale' in row 1 is unknown; did you mean 'valley'", "no value in row 2",
        "'pass': column 'stability' is missing", "'x/y' is no name", "'x/y' is no weather",
    ):  # fmt: skip
        assert part in text
    with pytest.raises(TableError, match=r"column 'weather' is missing.*valley, pass"):
        concentration(sources, places, two)
    with pytest.raises(TableError, match="there is none: give at least one"):
        concentration(given, places, {})


def test_calm_throughout_is_a_fault_only_where_a_source_is(sources, places, two) -> None:
    calm = two["pass"].assign(wind_speed_m_s=two["pass"]["wind_speed_m_s"] * 0)
    weathers = {"valley": two["valley"], "lake": calm}
    alone = concentration(sources.assign(weather="valley"), places, weathers)
    assert float(alone["mean"].max()) > 0
    with pytest.raises(TableError, match="'lake': every hour is a calm"):
        concentration(sources.assign(weather=["valley", "lake", "lake"]), places, weathers)


def test_hours_that_cannot_be_matched_are_refused(sources, places, two) -> None:
    given = sources.assign(weather=["valley", "pass", "pass"])

    def asked(other: xr.Dataset) -> xr.Dataset:
        weathers = {"valley": two["valley"], "pass": other}
        return concentration(given, places, weathers, statistics=["p98_1h"])

    with pytest.raises(StatisticError, match=r"share no hour.*2025-03-01 to 2025-03-10"):
        asked(made_up(2, "2019-03-01"))
    with pytest.raises(StatisticError, match="a wind rose answers 'mean' alone"):
        asked(two["pass"].drop_vars("time"))
    windy = two["valley"]["wind_speed_m_s"].values > 0
    with pytest.raises(StatisticError, match="in none of the 240 hours"):
        asked(two["pass"].assign(wind_speed_m_s=("hour", np.where(windy, 0.0, 2.0))))
    with pytest.raises(TableError, match="'pass' has a time that stands twice"):
        asked(two["pass"].isel(hour=[0, 0, 1]))


def test_two_real_years_share_the_hours_without_a_calm(sources, shared) -> None:
    """Chicago and northern Italy, both typical years dated 2001, in zones hours apart."""
    met = shared / "data" / "met"
    chicago = read_weather(met / "USA_IL_Chicago_725300_TMY3.epw")
    italy = read_weather(met / "pvgis_tmy_45N_8E.epw")
    ahead = round(italy.attrs["time_zone"] - chicago.attrs["time_zone"])
    place = gpd.GeoDataFrame(geometry=gpd.points_from_xy([700.0, -1500.0], [700.0, 300.0]))
    given = sources.iloc[:2].assign(weather=["chicago", "italy"])
    weathers = {"chicago": chicago, "italy": italy}
    field = concentration(given, place, weathers, statistics=["mean", "max_1h", "p98_1h"])
    assert ahead >= 6
    both = (chicago["wind_speed_m_s"].values[:-ahead] > 0) & (
        italy["wind_speed_m_s"].values[ahead:] > 0
    )
    assert field.attrs["hours_shared"] == 8760 - ahead
    assert field.attrs["hours_shared_valid"] == both.sum()
    assert (field["max_1h"] >= field["p98_1h"]).all()
    assert (field["p98_1h"] > field["mean"]).all()
