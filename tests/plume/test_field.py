"""concentration: its doors, its shapes, and that nothing but the input decides the result."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geocluster.errors import CRSError, InputError, StatisticError, TableError
from geocluster.plume.field import PlumeOptions, concentration, weather_counts

ZONE = "EPSG:32642"


@pytest.fixture
def sources() -> gpd.GeoDataFrame:
    """Two stacks, the second of the two in town, and a volume."""
    return gpd.GeoDataFrame(
        {
            "source_type": ["point", None, "volume"],
            "stack_height_m": [30.0, 80.0, np.nan],
            "stack_diameter_m": [1.5, 3.0, np.nan],
            "exit_velocity_m_s": [8.0, 15.0, np.nan],
            "exit_temperature_k": [380.0, 420.0, np.nan],
            "release_height_m": [np.nan, np.nan, 8.0],
            "initial_sigma_y_m": [np.nan, np.nan, 30.0],
            "initial_sigma_z_m": [np.nan, np.nan, 6.0],
            "urban": [False, True, False],
            "emission_so2_g_s": [10.0, 80.0, 2.0],
            "emission_co2_g_s": [1e4, 1e5, 0.0],
            "emission_nox_g_s": [5.0, 0.0, 1.0],
        },
        geometry=gpd.points_from_xy([500_100.0, 502_000.0, 498_500.0], [4.6e6, 4.6e6 + 900, 4.6e6]),
        crs=ZONE,
    )


@pytest.fixture
def year() -> xr.Dataset:
    """A hundred hours, four of them calm."""
    random = np.random.default_rng(3)
    speed = random.uniform(0.3, 9, 100)
    speed[::25] = 0.0
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", speed),
            "wind_from_deg": ("hour", random.choice(np.arange(0.0, 360.0, 10.0), 100)),
            "stability": ("hour", random.integers(1, 7, 100)),
            "mixing_height_m": ("hour", random.uniform(200, 1500, 100)),
            "temperature_k": ("hour", random.uniform(270, 305, 100)),
            "frequency": ("hour", random.uniform(0.5, 2, 100)),
        },
        coords={"time": ("hour", pd.date_range("2025-01-01", periods=100, freq="h"))},
    )


@pytest.fixture
def grid() -> xr.DataArray:
    x = 495_000 + 500 * (np.arange(24) + 0.5)
    y = 4_595_000 + 500 * (np.arange(20) + 0.5)
    attrs = {"crs": ZONE, "cell_m": 500.0, "region": "Example"}
    return xr.DataArray(
        np.ones((20, 24), dtype=bool), dims=("y", "x"), coords={"y": y[::-1], "x": x}, attrs=attrs
    )


BOTH = ("mean", "max_1h")


def test_a_grid_is_its_cell_centres(sources, grid, year) -> None:
    field = concentration(sources, grid, year, statistics=BOTH)
    assert field["mean"].dims == ("pollutant", "y", "x")
    assert field["mean"].attrs["units"] == "ug/m3"
    assert field["pollutant"].values.tolist() == ["so2", "nox"]
    assert {key: field.attrs[key] for key in grid.attrs} == grid.attrs
    x, y = np.meshgrid(grid["x"], grid["y"])
    order = np.random.default_rng(0).permutation(x.size)
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(x.ravel()[order], y.ravel()[order]), crs=ZONE, index=order
    )
    at = concentration(sources, points, year, statistics=BOTH)
    assert at["receptor"].values.tolist() == order.tolist()
    for name in BOTH:
        flat = field[name].values.reshape(2, -1)[:, order]
        np.testing.assert_array_equal(at[name].values, flat)
        assert flat.max() > 0


def test_scattered_receptors_are_seen_as_those_of_a_grid_are(sources, year) -> None:
    """Points that share no row, one by one and all together."""
    random = np.random.default_rng(5)
    x, y = 500_000 + random.normal(0, 4000, 300), 4_600_000 + random.normal(0, 4000, 300)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=ZONE)
    together = concentration(sources, points, year)["mean"].values
    for n in range(0, 300, 60):
        alone = concentration(sources, points.iloc[[n]], year)["mean"].values
        np.testing.assert_array_equal(alone[:, 0], together[:, n])


def test_chunks_and_threads_change_no_bit(sources, grid, year) -> None:
    import numba

    whole = concentration(sources, grid, year, statistics=BOTH)
    lazy = concentration(sources, grid.chunk(x=7, y=9), year, statistics=BOTH)
    assert lazy["mean"].chunks is not None
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        single = concentration(sources, grid, year, statistics=BOTH)
    finally:
        numba.set_num_threads(before)
    for name in BOTH:
        assert lazy[name].compute().values.tobytes() == whole[name].values.tobytes()
        assert single[name].values.tobytes() == whole[name].values.tobytes()


def test_a_small_table_of_plumes_is_worked_in_blocks(sources, grid, year, monkeypatch) -> None:
    from geocluster.plume import kernel

    whole = concentration(sources, grid, year, statistics=BOTH)
    monkeypatch.setattr(kernel, "_TABLE_BYTES", 20_000)
    parts = concentration(sources, grid, year, statistics=BOTH)
    for name in BOTH:
        assert parts[name].values.tobytes() == whole[name].values.tobytes()


def test_the_highest_hour_is_the_highest_of_the_hours(sources, grid, year) -> None:
    year = year.isel(hour=slice(0, 40))
    highest = concentration(sources, grid, year, statistics="max_1h")["max_1h"]
    moving = np.flatnonzero(year["wind_speed_m_s"] > 0)
    hours = [concentration(sources, grid, year.isel(hour=[n]))["mean"] for n in moving]
    expected = xr.concat(hours, "hour").max("hour")
    np.testing.assert_allclose(highest.values, expected.values, rtol=1e-12)


def test_another_crs_is_transformed_and_a_missing_one_taken_as_the_grids(
    sources, grid, year
) -> None:
    expected = concentration(sources, grid, year)["mean"].values
    lonlat = concentration(sources.to_crs("EPSG:4326"), grid, year)["mean"].values
    np.testing.assert_allclose(lonlat, expected, rtol=1e-3)
    bare = concentration(sources.set_crs(None, allow_override=True), grid, year)["mean"].values
    np.testing.assert_array_equal(bare, expected)


def test_urban_by_source_takes_each_source_by_its_own(sources, grid, year) -> None:
    mixed = concentration(sources, grid, year, options=PlumeOptions(urban="by source"))["mean"]
    rural = concentration(sources.iloc[[0, 2]], grid, year)["mean"]
    urban = concentration(sources.iloc[[1]], grid, year, options=PlumeOptions(urban=True))["mean"]
    np.testing.assert_allclose(mixed.values, rural.values + urban.values, rtol=1e-12)
    with pytest.raises(TableError, match="column 'urban' is missing"):
        concentration(
            sources.drop(columns="urban"), grid, year, options=PlumeOptions(urban="by source")
        )


def test_a_stack_that_blows_sideways_or_is_capped_stands_lower(sources, grid, year) -> None:
    stack = sources.iloc[[1]]
    tops = [
        float(concentration(stack.assign(stack_direction=way), grid, year, pollutants="so2")
              ["mean"].max())
        for way in ("vertical", "horizontal", "capped")
    ]  # fmt: skip
    assert tops[0] <= tops[1] * 1.0001
    assert tops[1] < tops[2]


def test_no_source_gives_zeros(sources, grid, year) -> None:
    field = concentration(sources.iloc[:0], grid, year, statistics=BOTH)
    assert field["mean"].shape == (2, 20, 24)
    assert not field["mean"].any()


def test_the_weather_is_counted(year) -> None:
    counts = weather_counts(year)
    assert counts["hours"] == 100
    assert counts["calm_hours"] == 4
    weight = year["frequency"].values
    below = weight[year["wind_speed_m_s"].values < 1].sum() / weight.sum()
    assert counts["hours_below_1_m_s"] == pytest.approx(below)


def test_a_rose_answers_no_hour(sources, grid, year) -> None:
    rose = year.drop_vars("time")
    with pytest.raises(StatisticError, match=r"max_1h.*hourly weather"):
        concentration(sources, grid, rose, statistics=("mean", "max_1h"))
    with pytest.raises(StatisticError, match=r"p98_2h.*allowed are mean, max_1h"):
        concentration(sources, grid, year, statistics="p98_2h")


def test_faults_of_the_input_are_named(sources, grid, year) -> None:
    with pytest.raises(InputError, match="never dispersed"):
        concentration(sources, grid, year, pollutants=["co2"])
    with pytest.raises(InputError, match="no column emission_hf_g_s; there are so2, co2, nox"):
        concentration(sources, grid, year, pollutants=["so2", "hf"])
    with pytest.raises(TableError, match=r"geometry in rows 1, 2, 3: .* area needs"):
        concentration(sources.assign(source_type="area", release_height_m=2.0), grid, year)
    with pytest.raises(TableError, match=r"emission_so2_g_s.*at least 0"):
        concentration(sources.assign(emission_so2_g_s=-1.0), grid, year)
    with pytest.raises(TableError, match="every hour is a calm"):
        concentration(sources, grid, year.assign(wind_speed_m_s=0 * year["wind_speed_m_s"]))
    with pytest.raises(TableError, match="whole, 1 to 6"):
        concentration(sources, grid, year.assign(stability=year["stability"] * 0 + 2.5))
    with pytest.raises(CRSError, match="not in metres"):
        concentration(sources, grid.assign_attrs(crs="EPSG:4326"), year)
    with pytest.raises(TableError, match="dimensions y, x"):
        concentration(sources, grid.T, year)
    below = gpd.GeoDataFrame({"height_m": [-1.0]}, geometry=gpd.points_from_xy([5e5], [4.6e6]))
    with pytest.raises(TableError, match="height_m"):
        concentration(sources, below, year)


def test_all_faults_of_the_options_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        PlumeOptions(urban="perhaps", reach_m=0, half_life_s=-1, method="daily")
    assert len(caught.value.faults) == 4


def test_nothing_that_is_given_is_changed(sources, grid, year) -> None:
    before = sources.copy(), grid.copy(deep=True), year.copy(deep=True)
    concentration(sources, grid, year, statistics=BOTH)
    pd.testing.assert_frame_equal(sources, before[0])
    xr.testing.assert_identical(grid, before[1])
    xr.testing.assert_identical(year, before[2])


def test_compiled_code_is_kept_in_a_folder_named_by_the_sources(tmp_path, monkeypatch) -> None:
    from geocluster.plume import jit

    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
    folder = jit.cache_folder.__wrapped__()
    assert folder is not None
    assert folder.startswith(str(tmp_path / "geocluster"))
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "file" / name))
    assert jit.cache_folder.__wrapped__() is None


@pytest.mark.parametrize(("anemometer_m", "factor"), [(2.0, 1.0), (10.0, 1.0), (20.0, 0.5**0.15)])
def test_a_low_release_takes_the_wind_as_measured_or_at_10_m(anemometer_m, factor):
    from geocluster.plume.rise import wind_at

    assert wind_at(0.5, 4.0, anemometer_m, 3, False) == pytest.approx(4.0 * factor)
    assert wind_at(40.0, 4.0, anemometer_m, 3, False) == pytest.approx(
        4.0 * (40 / anemometer_m) ** 0.15
    )
