"""Long-term means by tables: as the hourly plume within stated tolerances, and lawful."""

import pickle
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.errors import GeoclusterError, InputError, StatisticError
from geocluster.plume.contributions import contributions
from geocluster.plume.deposition import Gas
from geocluster.plume.field import PlumeOptions, concentration, job_of
from reference import WITHOUT, differences, read_points, read_truth, read_year

TABLES = PlumeOptions(method="tables")
STACK = {
    "source_type": "point",
    "stack_height_m": 40.0,
    "stack_diameter_m": 2.0,
    "exit_velocity_m_s": 10.0,
    "exit_temperature_k": 400.0,
}
TALL = {**STACK, "stack_height_m": 150.0, "stack_diameter_m": 5.0, "exit_velocity_m_s": 20.0}
VOLUME = {
    "source_type": "volume",
    "release_height_m": 10.0,
    "initial_sigma_y_m": 60.0,
    "initial_sigma_z_m": 5.0,
}


def weather(n: int = 400, seed: int = 1, **columns: object) -> xr.Dataset:
    """Hours of all classes and of any direction, to parts of a degree."""
    random = np.random.default_rng(seed)
    usual = {
        "wind_speed_m_s": random.choice([0.0, 0.7, 1.5, 3.0, 6.0, 11.0], n),
        "wind_from_deg": random.uniform(0, 360, n),
        "stability": random.integers(1, 7, n),
        "mixing_height_m": random.choice([80.0, 300.0, 700.0, 1500.0, 4000.0], n),
        "temperature_k": random.uniform(260, 310, n),
        "frequency": random.uniform(0.2, 1.0, n),
    }
    data = {name: ("hour", np.broadcast_to(columns.get(name, usual[name]), n)) for name in usual}
    return xr.Dataset(data, attrs={"anemometer_height_m": 10.0})


def one_hour(stability: int, degrees: float = 270.0) -> xr.Dataset:
    return weather(
        1, wind_speed_m_s=3.0, wind_from_deg=degrees, stability=stability, mixing_height_m=800.0
    )


def sources(*rows: dict, at: object = ((0.0, 0.0),), **emissions: float) -> gpd.GeoDataFrame:
    names = {f"emission_{name}_g_s": rate for name, rate in (emissions or {"so2": 1.0}).items()}
    table = pd.DataFrame([{**names, **row} for row in rows])
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*np.transpose(at)))


def grid(n: int = 60, cell_m: float = 200.0) -> xr.DataArray:
    at = (np.arange(n) - (n - 1) / 2) * cell_m
    return xr.DataArray(np.ones((n, n), bool), dims=("y", "x"), coords={"y": at[::-1], "x": at})


def ring(radius: float, degrees: np.ndarray) -> gpd.GeoDataFrame:
    turn = np.deg2rad(degrees)
    return gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(radius * np.sin(turn), radius * np.cos(turn))
    )


def mean(*arguments: object, **options: object) -> np.ndarray:
    return concentration(*arguments, **options)["mean"].values[0]


@pytest.fixture(scope="module")
def works() -> gpd.GeoDataFrame:
    """Two stacks of one kind, one tall, and a volume; a half as urban."""
    at = [(0.0, 0.0), (900.0, -400.0), (-700.0, 300.0), (300.0, 800.0)]
    table = sources(STACK, STACK, TALL, VOLUME, at=at, so2=2.0, nox=3.0)
    return table.assign(urban=[True, False, False, True])


@pytest.mark.shared
@pytest.mark.parametrize("case", ["rural_default", "rural_nostd_nobid"])
def test_the_year_of_ten_stacks(shared: Path, case: str) -> None:
    """Wanted: median 0.5 %, 95 % within 2 %, none beyond 5 %; it is far better."""
    folder = shared / "reference" / "iscst3"
    stacks = read_points(folder / "annual" / "sources.csv")
    places = read_points(folder / "annual" / "receptors.csv")
    options = PlumeOptions(method="tables", **(WITHOUT if case == "rural_nostd_nobid" else {}))
    table = mean(stacks, places, read_year(folder), options=options)
    error = differences(table, read_truth(case, folder)["mean"], 0.01)
    assert error.size > 2400
    assert np.median(error) < 2e-4
    assert np.quantile(error, 0.95) < 1e-3
    assert error.max() < 1e-2


@pytest.mark.parametrize(
    "options",
    [
        {"urban": "by source"},
        {"urban": True, "final_rise": False, "half_life_s": 3600.0},
        {"low_wind": "drop", "buoyancy_induced_dispersion": False},
        {"low_wind": "raise", "stack_tip_downwash": False, "reach_m": 4_000},
    ],
    ids=["by source", "gradual", "drop", "raise"],
)
def test_all_options_hold(works: gpd.GeoDataFrame, options: dict) -> None:
    hours = weather(3000)
    hourly = concentration(works, grid(), hours, options=PlumeOptions(**options))
    table = concentration(works, grid(), hours, options=PlumeOptions(method="tables", **options))
    assert {**table.attrs, "method": "hourly"} == hourly.attrs
    for pollutant in ("so2", "nox"):
        truth = hourly["mean"].sel(pollutant=pollutant).values
        error = differences(table["mean"].sel(pollutant=pollutant).values, truth, 0.01)
        assert error.size > 700
        assert np.median(error) < 1e-3
        assert np.quantile(error, 0.95) < 5e-3
        assert error.max() < 0.05
    if "reach_m" in options:
        np.testing.assert_array_equal(table["mean"].values == 0, hourly["mean"].values == 0)


@pytest.mark.parametrize("stability", range(1, 7))
@pytest.mark.parametrize("row", [STACK, TALL, VOLUME], ids=["stack", "tall", "volume"])
def test_a_single_hour(row: dict, stability: int) -> None:
    """Its plume is steep where the mean of a year is smooth: 2 % above a tenth of the maximum."""
    for degrees in (270.0, 61.3):
        hour = one_hour(stability, degrees)
        cells = grid(160, 50.0 if row is VOLUME else 200.0)
        truth = mean(sources(row), cells, hour)
        error = differences(mean(sources(row), cells, hour, options=TABLES), truth, 0.1)
        assert error.size > 5
        assert np.median(error) < 5e-3
        assert error.max() < 0.02


EXTREMES = [
    {**STACK, "stack_height_m": 1.0, "stack_diameter_m": 0.1, "exit_temperature_k": 250.0},
    {**STACK, "stack_height_m": 400.0, "stack_diameter_m": 15.0, "exit_velocity_m_s": 60.0},
    {**STACK, "exit_velocity_m_s": 60.0, "stack_diameter_m": 10.0, "exit_temperature_k": 2000.0},
    {**VOLUME, "release_height_m": 0.0, "initial_sigma_y_m": 0.5, "initial_sigma_z_m": 0.0},
    {**VOLUME, "initial_sigma_y_m": 400.0, "initial_sigma_z_m": 200.0},
]


@pytest.mark.parametrize("gradual", [False, True])
def test_any_source_gives_finite_numbers_that_are_not_negative(gradual: bool) -> None:
    """The least and the most that tables of sources and weather allow."""
    hours = weather(
        200,
        wind_speed_m_s=np.tile([0.1, 50.0], 100),
        mixing_height_m=np.repeat([1.0, 10_000.0], 100),
        wind_from_deg=np.resize([0.0, 360.0, 0.25, 359.99], 200),
    )
    table = sources(*EXTREMES, at=[(0.0, 0.0)] * 5)
    for reach_m in (30.0, 900.0, 200_000.0):
        options = PlumeOptions(final_rise=not gradual, reach_m=reach_m)
        hourly = mean(table, grid(40), hours, options=options)
        values = mean(table, grid(40), hours, options=replace(options, method="tables"))
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        np.testing.assert_allclose(values.sum(), hourly.sum(), rtol=0.02)


@pytest.mark.parametrize("row", [STACK, VOLUME], ids=["stack", "volume"])
def test_nothing_upwind_nor_out_of_reach(row: dict) -> None:
    table = mean(sources(row), grid(), one_hour(2), options=replace(TABLES, reach_m=3_000))
    x, y = np.meshgrid(grid()["x"], grid()["y"])
    assert table[x < 0].max() < 1e-12 * table.max()
    assert (table[np.hypot(x, y) > 3_000] == 0).all()
    assert (table >= 0).all()
    near = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.0, 0.5, 100.0], [0.0, 0.0, 0.0]))
    volume = mean(sources(VOLUME), near, one_hour(2), options=TABLES)
    assert (volume == 0).all()  # nearer than 2.15 sigma_y + 1 m
    short = replace(TABLES, reach_m=100)
    assert (mean(sources(VOLUME), grid(), one_hour(2), options=short) == 0).all()


def test_nothing_comes_of_nothing() -> None:
    """All plumes above the lid, no emission, no source."""
    low = weather(50, mixing_height_m=20.0, stability=3)
    assert (mean(sources(TALL), grid(20), low, options=TABLES) == 0).all()
    assert (mean(sources(STACK, so2=0.0), grid(20), weather(50), options=TABLES) == 0).all()
    assert (mean(sources(STACK).iloc[:0], grid(20), weather(50), options=TABLES) == 0).all()
    both = sources(TALL, STACK, at=[(0, 0), (0, 0)])
    under = weather(50, mixing_height_m=90.0, stability=3, wind_speed_m_s=11.0)
    alone = mean(sources(STACK), grid(20), under, options=TABLES)
    assert alone.max() > 0
    np.testing.assert_array_equal(mean(both, grid(20), under, options=TABLES), alone)


def test_turning_wind_and_places_turns_the_field() -> None:
    """Exactly by whole steps of the table, half a degree; nearly by any angle."""
    hours, degrees = weather(300, wind_from_deg=np.arange(300) * 1.5 % 360), np.arange(0, 360, 7.0)
    still = mean(sources(STACK), ring(1700.0, degrees), hours, options=TABLES)
    for angle, tolerance in ((33.5, 1e-9), (211.0, 1e-9), (17.37, 2e-3)):
        turned = hours.assign(wind_from_deg=(hours["wind_from_deg"] + angle) % 360)
        values = mean(sources(STACK), ring(1700.0, degrees + angle), turned, options=TABLES)
        np.testing.assert_allclose(values, still, rtol=tolerance)


def test_fields_add_and_grow_with_the_emission(works: gpd.GeoDataFrame) -> None:
    hours = weather()
    whole = concentration(works, grid(), hours, options=TABLES)["mean"].values
    np.testing.assert_allclose(whole[1], 1.5 * whole[0], rtol=1e-12)
    alone = [concentration(works.iloc[[n]], grid(), hours, options=TABLES) for n in range(4)]
    total = sum(part["mean"].values for part in alone)
    np.testing.assert_allclose(total, whole, rtol=1e-9, atol=1e-12 * whole.max())
    parts = contributions(works, grid(), hours, options=TABLES)
    assert parts.attrs["method"] == "tables"
    np.testing.assert_allclose(parts.sum("source").values, whole, rtol=1e-12)


def test_chunks_and_threads_change_no_bit(works: gpd.GeoDataFrame) -> None:
    hours = weather()
    whole = concentration(works, grid(100), hours, options=TABLES)["mean"].values
    lazy = concentration(works, grid(100).chunk(x=37, y=41), hours, options=TABLES)["mean"]
    assert lazy.chunks is not None
    assert lazy.compute().values.tobytes() == whole.tobytes()
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        single = concentration(works, grid(100), hours, options=TABLES)["mean"].values
    finally:
        numba.set_num_threads(before)
    assert single.tobytes() == whole.tobytes()


def test_tables_are_made_once_and_travel(works: gpd.GeoDataFrame, monkeypatch) -> None:
    """One for each kind of source that emits; blocks of a lazy grid make none."""
    emitting = works.assign(emission_so2_g_s=[1.0, 1.0, 0.0, 1.0], urban=False)
    job = job_of(emitting, grid(), weather(50), "so2", ["mean"], TABLES)
    assert len(job.polar.tables) == 2
    assert job.polar.kind.tolist() == [job.polar.kind[0]] * 2 + [-1, job.polar.kind[3]]
    travelled = pickle.loads(pickle.dumps(job))
    x, y = np.array([300.0, -900.0]), np.array([100.0, 2000.0])
    monkeypatch.setattr("geocluster.plume.turning.patterns", None)
    np.testing.assert_array_equal(travelled.at(x, y, 0 * x)["mean"], job.at(x, y, 0 * x)["mean"])


def test_areas_are_taken_hour_by_hour_beside_tables() -> None:
    yard = {"source_type": "area", "release_height_m": 2.0}
    table = sources({**STACK, "release_height_m": np.nan}, yard, at=[(0, 0), (0, 0)])
    table.loc[1, "geometry"] = box(-300, 200, -100, 500)
    hours = weather(60)
    both = mean(table, grid(20), hours, options=TABLES)
    area, stack = (mean(table.iloc[[n]], grid(20), hours, options=TABLES) for n in (1, 0))
    np.testing.assert_array_equal(area, mean(table.iloc[[1]], grid(20), hours))
    np.testing.assert_allclose(both, area + stack, rtol=1e-12)


def test_what_tables_do_not_know_is_refused(works: gpd.GeoDataFrame) -> None:
    time = pd.date_range("2025-01-01", periods=400, freq="h")
    hours = weather().assign_coords(time=("hour", time))
    with pytest.raises(StatisticError, match="needs method 'hourly'"):
        concentration(works, grid(), hours, statistics=["mean", "max_1h"], options=TABLES)
    with pytest.raises(StatisticError, match="needs method 'hourly'"):
        contributions(works, grid(), hours, statistic="p98_1h", options=TABLES)
    tower = gpd.GeoDataFrame({"height_m": [0.0, 20.0]}, geometry=ring(1000, np.zeros(2)).geometry)
    with pytest.raises(InputError, match="method='hourly'"):
        concentration(works, tower, hours, options=TABLES)
    low = tower.assign(height_m=[0.0, np.nan])
    assert concentration(works, low, hours, options=TABLES)["mean"].max() > 0
    deposits = PlumeOptions(method="tables", deposition={"so2": Gas(0.005)})
    with pytest.raises(InputError, match="deposition"):
        concentration(works, grid(), hours, options=deposits)
    with pytest.raises(GeoclusterError, match="deposition"):
        concentration(works, grid(), hours, statistics=["mean", "deposition"], options=TABLES)
    hill = grid().assign_coords(ground_m=(("y", "x"), np.zeros((60, 60))))
    with pytest.raises(InputError, match="terrain"):
        concentration(works.assign(ground_m=0.0), hill, hours, options=TABLES)


def test_each_source_turns_in_the_weather_of_its_own_place(works: gpd.GeoDataFrame) -> None:
    places = {"valley": weather(seed=1), "pass": weather(seed=2)}
    named = works.assign(weather=["valley", "pass", "valley", "pass"])
    both = concentration(named, grid(), places, options=TABLES)["mean"].values
    alone = [
        concentration(named[named["weather"] == name], grid(), hours, options=TABLES)["mean"].values
        for name, hours in places.items()
    ]
    np.testing.assert_allclose(both, sum(alone), rtol=1e-9, atol=1e-12 * both.max())
    parts = contributions(named, grid(), places, options=TABLES)
    np.testing.assert_allclose(parts.sum("source").values, both, rtol=1e-12)
