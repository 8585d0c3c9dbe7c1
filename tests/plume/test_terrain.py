"""Simple terrain: against plain Python, place by place and hour by hour, and at the doors."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import box

import isc3
from crosschecks import PLAIN_NAMES
from geocluster.errors import TableError
from geocluster.plume.contributions import contributions
from geocluster.plume.field import PlumeOptions, concentration, job_of

BOTH = ("mean", "max_1h")
HOURLY = (
    "wind_speed_m_s", "wind_from_deg", "stability", "mixing_height_m", "temperature_k"
)  # fmt: skip
OPTIONS = {
    "default": PlumeOptions(),
    "gradual": PlumeOptions(final_rise=False),
    "without the two": PlumeOptions(
        stack_tip_downwash=False, buoyancy_induced_dispersion=False, half_life_s=7200.0
    ),
    "by source, gradual": PlumeOptions(urban="by source", final_rise=False),
}


@pytest.fixture
def sources() -> gpd.GeoDataFrame:
    """Four stacks, tall and low, hot and cold, and two volumes, on ground of their own."""
    hole = np.nan
    return gpd.GeoDataFrame(
        {
            "source_type": ["point"] * 4 + ["volume"] * 2,
            "stack_height_m": [35.0, 150.0, 60.0, 20.0, hole, hole],
            "stack_diameter_m": [1.0, 5.0, 2.5, 0.6, hole, hole],
            "exit_velocity_m_s": [4.0, 18.0, 12.0, 15.0, hole, hole],
            "exit_temperature_k": [350.0, 420.0, 400.0, 285.0, hole, hole],
            "release_height_m": [hole] * 4 + [12.0, 40.0],
            "initial_sigma_y_m": [hole] * 4 + [30.0, 12.0],
            "initial_sigma_z_m": [hole] * 4 + [6.0, 0.0],
            "urban": [False, True, False, True, False, True],
            "ground_m": [450.0, 460.0, 480.0, 430.0, 445.0, 500.0],
            "emission_so2_g_s": [10.0, 200.0, 50.0, 5.0, 2.0, 3.0],
        },
        geometry=gpd.points_from_xy([0, 100, -200, 50, -50, 300], [0, 40, -30, 10, 20, -60]),
    )


@pytest.fixture
def year() -> xr.Dataset:
    """A day and more; lids so low that they matter everywhere."""
    random = np.random.default_rng(11)
    n = 32
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", random.uniform(0.6, 9, n)),
            "wind_from_deg": ("hour", random.choice([266.0, 268.5, 270.0, 271.0], n)),
            "stability": ("hour", random.choice([1, 2, 3, 4, 4, 4, 5, 6], n)),
            "mixing_height_m": ("hour", np.exp(random.uniform(np.log(40), np.log(3000), n))),
            "temperature_k": ("hour", random.uniform(265, 310, n)),
        },
        coords={"time": ("hour", pd.date_range("2025-01-01", periods=n, freq="h"))},
    )


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    """Downwind, from valleys 400 m below the works to ridges above the stacks; some on masts."""
    random = np.random.default_rng(12)
    n = 45
    x = np.geomspace(60, 40_000, n)
    columns = {
        "ground_m": 470 + random.choice([-400, -90, -30, 0, 15, 40, 90, 300], n) * random.random(n),
        "height_m": np.where(np.arange(n) % 6 == 0, random.uniform(1, 35, n), 0.0),
    }
    side = random.normal(0, 0.03, n) * x
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, side))


def plain_hours(sources, places, year, options) -> np.ndarray:
    """(receptor, hour) of all sources, by plain Python. [ug/m3]"""
    chosen = {plain: getattr(options, name) for name, plain in PLAIN_NAMES.items()}
    rows = [
        {**row.drop("geometry").dropna(), "x": row.geometry.x, "y": row.geometry.y}
        for _, row in sources.iterrows()
    ]
    at = list(zip(places.geometry.x, places.geometry.y, places["height_m"], strict=True))
    urban = sources["urban"] if options.urban == "by source" else [options.urban] * len(rows)
    sky = [year[name].values.tolist() for name in HOURLY]
    found = np.zeros((len(places), year.sizes["hour"]))
    for j, (speed, degrees, stability, lid, air) in enumerate(zip(*sky, strict=True)):
        hour = isc3.Hour(speed, degrees, stability - 1, lid, air)
        for row, town in zip(rows, urban, strict=True):
            told = {**chosen, "urban": bool(town)}
            each = [
                isc3.concentration(row, place, hour, ground=ground, **told)
                for place, ground in zip(at, places["ground_m"], strict=True)
            ]
            found[:, j] += row["emission_so2_g_s"] * np.array(each)
    return found


@pytest.mark.parametrize("case", OPTIONS)
def test_every_hour_is_what_the_equations_say(sources, places, year, case) -> None:
    """Stacks and volumes, valleys and ridges, masts, lids; in both sweeps."""
    options = OPTIONS[case]
    expected = plain_hours(sources, places, year, options)
    job = job_of(sources, places, year, None, BOTH, options)
    x, y = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    hourly = job.hours(np.column_stack([x, y, places["height_m"], places["ground_m"]]))[:, 0]
    assert (expected > 0).mean() > 0.3
    small = 2e-9 * expected.max()  # what stands more than 6 sigma_y off an axis is cut
    np.testing.assert_allclose(hourly, expected, rtol=1e-9, atol=small)
    assert (
        np.median(np.abs(hourly - expected)[expected > small] / expected[expected > small]) < 1e-11
    )
    field = concentration(sources, places, year, statistics=BOTH, options=options)
    np.testing.assert_allclose(field["mean"][0], expected.mean(1), rtol=1e-9, atol=small)
    np.testing.assert_allclose(field["max_1h"][0], expected.max(1), rtol=1e-9, atol=small)


@pytest.fixture
def grid(places) -> xr.DataArray:
    """A hillside of 300 m, its elevation as a coordinate."""
    x, y = 250.0 + 500 * np.arange(24), 3750.0 - 500 * np.arange(16)
    ground = 380 + np.random.default_rng(13).uniform(0, 60, (16, 24)) + x / 40
    coords = {"y": y, "x": x, "ground_m": (("y", "x"), ground), "name": (("y",), np.arange(16))}
    return xr.DataArray(np.ones((16, 24), bool), dims=("y", "x"), coords=coords)


MANY = ("mean", "max_1h", "p98_1h", "max_24h")


@pytest.mark.parametrize("statistics", [("mean", "max_1h"), MANY])
def test_chunks_threads_and_points_change_no_bit(sources, grid, year, statistics) -> None:
    import numba

    options = PlumeOptions(final_rise=False)
    whole = concentration(sources, grid, year, statistics=statistics, options=options)
    lazy = concentration(
        sources, grid.chunk(x=7, y=9), year, statistics=statistics, options=options
    ).compute()
    x, y = np.meshgrid(grid["x"], grid["y"])
    points = gpd.GeoDataFrame(
        {"ground_m": grid["ground_m"].values.ravel()},
        geometry=gpd.points_from_xy(x.ravel(), y.ravel()),
    ).sample(frac=1.0, random_state=1)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        single = concentration(sources, points, year, statistics=statistics, options=options)
    finally:
        numba.set_num_threads(before)
    for name in (*statistics, "terrain_above_stack"):
        assert lazy[name].values.tobytes() == whole[name].values.tobytes()
        flat = whole[name].values.reshape(*whole[name].shape[:-2], -1)
        np.testing.assert_array_equal(single[name].values, flat[..., points.index])
        assert whole[name].attrs == lazy[name].attrs == single[name].attrs
    np.testing.assert_array_equal(whole["ground_m"], grid["ground_m"])
    np.testing.assert_array_equal(lazy["ground_m"], grid["ground_m"])
    assert whole["terrain_above_stack"].dtype == bool
    assert 0 < int(whole["terrain_above_stack"].sum()) < grid.size


@pytest.mark.parametrize("final_rise", [True, False])
def test_a_place_alone_is_a_place_among_others(sources, places, year, final_rise) -> None:
    """What a chunk of places skips by its lowest and highest ground changes no bit of a place."""
    options = PlumeOptions(final_rise=final_rise)
    together = concentration(sources, places, year, statistics=MANY, options=options)
    for n in range(0, len(places), 4):
        alone = concentration(sources, places.iloc[[n]], year, statistics=MANY, options=options)
        for name in MANY:
            assert alone[name].values[0, 0] == together[name].values[0, n]


def test_under_several_weathers_each_source_stands_on_its_ground(sources, grid, year) -> None:
    named = sources.assign(weather=["east", "west"] * 3)
    for statistics in (("mean",), MANY):
        one = concentration(sources, grid, year, statistics=statistics)
        two = concentration(named, grid, {"east": year, "west": year}, statistics=statistics)
        for name in statistics:
            np.testing.assert_allclose(two[name], one[name], rtol=1e-12)
        np.testing.assert_array_equal(two["terrain_above_stack"], one["terrain_above_stack"])


def test_elevations_in_chunks_of_their_own_order_and_kind(sources, grid, year, tmp_path) -> None:
    whole = concentration(sources, grid, year)
    turned = grid.assign_coords(ground_m=grid["ground_m"].T.astype("float32").astype(float))
    lazy = grid.chunk(x=10).assign_coords(ground_m=grid["ground_m"].chunk(y=5))
    for other in (lazy, turned, grid.assign_coords(ground_m=grid["ground_m"].chunk(y=5))):
        found = concentration(sources, other, year).compute()
        np.testing.assert_allclose(found["mean"], whole["mean"], rtol=1e-3)
    whole.to_netcdf(tmp_path / "field.nc")
    with xr.open_dataset(tmp_path / "field.nc") as back:
        assert back["terrain_above_stack"].dtype == bool
        xr.testing.assert_equal(back, whole)


@pytest.mark.parametrize("final_rise", [True, False])
def test_one_elevation_everywhere_is_flat_ground(sources, places, year, final_rise) -> None:
    options = PlumeOptions(final_rise=final_rise)
    flat = sources.drop(columns="ground_m"), places.drop(columns="ground_m")
    expected = concentration(*flat, year, statistics=BOTH, options=options)
    level = sources.assign(ground_m=712.5), places.assign(ground_m=712.5)
    found = concentration(*level, year, statistics=BOTH, options=options)
    for name in BOTH:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-12)
    assert not found["terrain_above_stack"].any()
    assert "terrain_above_stack" not in expected
    assert "ground_m" not in expected.coords


def test_contributions_sum_to_the_field_over_terrain(sources, grid, year) -> None:
    for statistic in ("mean", "h3_1h"):
        total = concentration(sources, grid, year, statistics=statistic)
        parts = contributions(sources, grid, year, statistic=statistic, by="source_type")
        np.testing.assert_allclose(parts.sum("source"), total[statistic], rtol=1e-10, atol=1e-14)
        np.testing.assert_array_equal(parts["terrain_above_stack"], total["terrain_above_stack"])


def test_areas_are_flat(grid, year) -> None:
    area = gpd.GeoDataFrame(
        {"source_type": ["area"], "release_height_m": [3.0], "emission_so2_g_s": [1.0]},
        geometry=[box(0, 0, 300, 500)],
    )
    flat = concentration(area, grid.drop_vars("ground_m"), year)
    hilly = concentration(area.assign(ground_m=np.nan), grid, year)
    np.testing.assert_array_equal(hilly["mean"], flat["mean"])
    assert not hilly["terrain_above_stack"].any()


def test_ground_above_a_stack_within_reach_is_marked(sources, year) -> None:
    """Base and top: 450 and 485 m for the first stack, 445 and 457 m for the volume."""
    two = sources.iloc[[0, 4]].assign(emission_so2_g_s=[1.0, 0.0])
    ground = [484.9, 485.1, 485.0, 600.0, 600.0]
    places = gpd.GeoDataFrame(
        {"ground_m": ground},
        geometry=gpd.points_from_xy([-900, 500, 500, 0, 0], [0, 0, 0, 990, 1050]),
    )
    options = PlumeOptions(reach_m=1000.0)
    marked = concentration(two, places, year, options=options)["terrain_above_stack"]
    assert marked.values.tolist() == [False, True, False, True, False]
    both = two.assign(emission_so2_g_s=1.0)
    marked = concentration(both, places, year, options=options)["terrain_above_stack"]
    assert marked.values.tolist() == [True, True, True, True, False]
    other = both.assign(emission_nox_g_s=[0.0, 1.0])
    marked = concentration(other, places, year, pollutants="nox", options=options)
    assert marked["terrain_above_stack"].values.tolist() == [True, True, True, True, False]
    none = concentration(sources.iloc[:0], places, year)["terrain_above_stack"]
    assert not none.any()


def test_elevations_must_be_whole_and_on_both_sides(sources, places, grid, year) -> None:
    bare_sources, bare_grid = sources.drop(columns="ground_m"), grid.drop_vars("ground_m")
    with pytest.raises(TableError, match=r"sources: 'ground_m'.* the receptors have it"):
        concentration(bare_sources, grid, year)
    with pytest.raises(TableError, match=r"sources: 'ground_m'.* the receptors have it"):
        contributions(bare_sources, places, year)
    for receptors in (bare_grid, places.drop(columns="ground_m")):
        with pytest.raises(TableError, match=r"receptors: 'ground_m'.* the sources have it"):
            concentration(sources, receptors, year)
    holes = grid.assign_coords(ground_m=grid["ground_m"].where(grid["ground_m"] > 400))
    with pytest.raises(TableError, match=r"no value in \d+ of 384 cells"):
        concentration(sources, holes, year)
    with pytest.raises(TableError, match=r"'ground_m': no value in rows 2, 3"):
        concentration(sources, places.assign(ground_m=[1.0, np.nan, np.nan, *[1.0] * 42]), year)
    with pytest.raises(TableError, match=r"'ground_m': no value in row 5"):
        concentration(sources.assign(ground_m=[1.0] * 4 + [np.nan, 1.0]), places, year)
    with pytest.raises(TableError, match=r"'ground_m': 9001.0 in row 1: at most 9000"):
        concentration(sources.assign(ground_m=[9001.0] + [1.0] * 5), places, year)
    with pytest.raises(TableError, match="must have the dimensions y, x"):
        concentration(sources, grid.assign_coords(ground_m=400.0), year)
