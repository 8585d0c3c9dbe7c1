"""The burden of a place is what a source standing there would do to the people around it."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from shapely.geometry import Point, box

from geocluster.errors import InputError
from geocluster.exposure.burden import burden, burden_by_release, intake_fraction, release_table
from geocluster.exposure.residents import spread_towns
from geocluster.plume.deposition import Gas
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.region import Region

CRS = "EPSG:32642"
LOW = {"name": "low", "release_height_m": 10.0, "initial_sigma_y_m": 23.3, "initial_sigma_z_m": 9.3}
BOILER = {
    "name": "boiler",
    "stack_height_m": 40.0,
    "stack_diameter_m": 1.2,
    "exit_velocity_m_s": 10.0,
    "exit_temperature_k": 423.0,
}
TALL = {**BOILER, "name": "tall", "stack_height_m": 120.0, "stack_diameter_m": 3.0}
SHORT = PlumeOptions(reach_m=8_000)


def rose(step_deg=4.0):
    """Day winds from the south-west, night winds from the north-east: no symmetry."""
    direction = np.arange(0, 360, step_deg)
    classes = [(2.0, 2, 1500.0, 225), (4.0, 4, 800.0, 270), (1.5, 6, 300.0, 45)]
    columns = {
        "wind_speed_m_s": np.repeat([c[0] for c in classes], direction.size),
        "wind_from_deg": np.tile(direction, len(classes)),
        "stability": np.repeat([c[1] for c in classes], direction.size),
        "mixing_height_m": np.repeat([c[2] for c in classes], direction.size),
        "temperature_k": np.full(direction.size * len(classes), 288.0),
        "frequency": np.concatenate(
            [1.05 + np.cos(np.radians(direction - toward)) for *_, toward in classes]
        ),
    }
    data = {name: ("hour", values) for name, values in columns.items()}
    return xr.Dataset(data, attrs={"anemometer_height_m": 10.0})


WEATHER = rose()


def homes_of(shapes, people, crs=CRS):
    return gpd.GeoDataFrame({"people": np.asarray(people, float)}, geometry=list(shapes), crs=crs)


def forward(homes, place, release, options, urban=False, step_m=50.0):
    """People times concentration from a source at one place, people on points every 50 m."""
    columns = {key: [value] for key, value in release.items() if key != "name"}
    kind = "volume" if "release_height_m" in release else "point"
    source = gpd.GeoDataFrame(
        {**columns, "source_type": [kind], "urban": [urban], "emission_unit_g_s": [1.0]},
        geometry=[Point(*place)],
        crs=homes.crs,
    )
    x, y, people = _points(homes, step_m)
    receptors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=homes.crs)
    return float(
        (concentration(source, receptors, WEATHER, options=options)["mean"][0] * people).sum()
    )


def _points(homes, step_m):
    """The points of a square raster in each home, sharing its people."""
    parts = []
    for shape, people in zip(homes.geometry, homes["people"], strict=True):
        west, south, east, north = shape.bounds
        across, up = (max(int(np.ceil(side / step_m)), 1) for side in (east - west, north - south))
        x, y = np.meshgrid(
            west + (np.arange(across) + 0.5) * (east - west) / across,
            south + (np.arange(up) + 0.5) * (north - south) / up,
        )
        inside = shapely.contains_xy(shape, x, y)
        count = max(int(inside.sum()), 1)
        parts.append((x[inside], y[inside], np.full(inside.sum(), people / count)))
    return (np.concatenate(arrays) for arrays in zip(*parts, strict=True))


@pytest.fixture(scope="module")
def town():
    """A town of 400 blocks in the midst of a grid of 24 x 20 km, and villages beyond its edge."""
    rng = np.random.default_rng(11)
    centres = rng.normal((12_000, 9_000), 1_800, (400, 2))
    sizes = rng.uniform(60, 400, 400)
    blocks = shapely.box(*(centres - sizes[:, None] / 2).T, *(centres + sizes[:, None] / 2).T)
    villages = [box(-3_000, 4_000, -1_800, 5_000), box(25_000, 21_000, 26_500, 22_000)]
    return homes_of([*blocks, *villages], [*rng.uniform(20, 900, 400), 40_000, 60_000])


GRID = Region("Town", box(0, 0, 24_000, 20_000), CRS).grid(cell_m=500)


@pytest.mark.parametrize("release", [LOW, BOILER, TALL], ids=lambda release: release["name"])
def test_it_equals_forward_runs_at_20_random_cells(town, release):
    options = PlumeOptions(reach_m=20_000)
    field = burden(town, GRID, WEATHER, releases=release, options=options)
    rng = np.random.default_rng(2)
    likely = np.flatnonzero(field.values > 0.02 * field.values.max())
    for cell in rng.choice(likely, 20, replace=False):
        row, column = np.unravel_index(cell, field.shape)
        place = float(field["x"][column]), float(field["y"][row])
        expected = forward(town, place, release, options)
        assert field.values[row, column] == pytest.approx(expected, rel=5e-3)


def test_a_profile_is_the_share_weighted_sum_of_its_releases(town):
    profile = [{**LOW, "share": 0.3}, {**BOILER, "share": 0.7}]
    parts = burden_by_release(town, GRID, WEATHER, releases=profile, options=SHORT)
    whole = burden(town, GRID, WEATHER, releases=profile, options=SHORT)
    assert parts["release"].values.tolist() == ["low", "boiler"]
    expected = 0.3 * parts.sel(release="low") + 0.7 * parts.sel(release="boiler")
    np.testing.assert_allclose(whole, expected, rtol=1e-12)
    assert whole.attrs["units"] == "persons ug/m3 per g/s"
    assert whole.attrs["crs"] == GRID.attrs["crs"]
    assert whole.dims == ("y", "x")


def test_reciprocity_turned_wind_exchanges_source_and_people():
    """What A does to the people of B, B does to the people of A under the opposite wind."""
    grid = Region("Pair", box(0, 0, 9_000, 6_000), CRS).grid(cell_m=500)
    a, b = (1_250.0, 1_250.0), (6_750.0, 4_250.0)
    cell = {
        name: box(x - 250, y - 250, x + 250, y + 250) for name, (x, y) in {"a": a, "b": b}.items()
    }
    there = burden(homes_of([cell["b"]], [100]), grid, WEATHER, releases=BOILER)
    turned = WEATHER.assign(wind_from_deg=(WEATHER["wind_from_deg"] + 180) % 360)
    back = burden(homes_of([cell["a"]], [100]), grid, turned, releases=BOILER)
    at_a, at_b = (float(f.sel(x=p[0], y=p[1])) for f, p in ((there, a), (back, b)))
    assert at_a > 0
    assert at_a == pytest.approx(at_b, rel=1e-6)


def test_people_outside_the_grid_count_within_reach():
    grid = Region("Strip", box(0, 0, 5_000, 5_000), CRS).grid(cell_m=500)
    village = homes_of([box(6_000, 2_000, 7_000, 3_000)], [1000])
    field = burden(village, grid, WEATHER, releases=LOW, options=SHORT)
    assert float(field.sel(x=4_750, y=2_750)) == pytest.approx(
        forward(village, (4_750, 2_750), LOW, SHORT), rel=5e-3
    )
    near = burden(village, grid, WEATHER, releases=LOW, options=PlumeOptions(reach_m=3_000))
    assert float(near.sel(x=1_250, y=2_750)) == 0
    assert float(near.sel(x=4_750, y=2_750)) > 0


def test_nothing_wraps_around_the_edge():
    """With wind from the west, only places west of the village burden it."""
    west_wind = WEATHER.isel(hour=[0]).assign(wind_from_deg=("hour", [270.0]))
    grid = Region("Strip", box(0, 0, 12_000, 3_000), CRS).grid(cell_m=500)
    village = homes_of([box(500, 1_000, 1_500, 2_000)], [1000])
    field = burden(village, grid, west_wind, releases=LOW, options=SHORT)
    assert float(field.sel(x=slice(1_600, None)).max()) == 0
    assert float(field.sel(x=250, y=1_250)) > 0


def test_nobody_within_reach_gives_zeros():
    far = homes_of([box(500_000, 0, 501_000, 1000)], [1000])
    field = burden(far, GRID, WEATHER, releases=LOW)
    assert float(abs(field).max()) == 0
    empty = burden(far.iloc[:0], GRID, WEATHER, releases=LOW)
    assert empty.shape == GRID.shape


def test_values_are_never_negative_and_scale_with_people(town):
    field = burden(town, GRID, WEATHER, releases=TALL, options=SHORT)
    assert float(field.min()) >= 0
    double = burden(
        town.assign(people=town["people"] * 2), GRID, WEATHER, releases=TALL, options=SHORT
    )
    np.testing.assert_allclose(double, 2 * field, rtol=1e-9, atol=1e-9 * float(field.max()))


def test_urban_holds_where_the_source_would_stand(town):
    rural, urban = (
        burden(town, GRID, WEATHER, releases=BOILER, urban=flag, options=SHORT)
        for flag in (False, True)
    )
    west = xr.DataArray(np.broadcast_to(GRID["x"].values < 12_000, GRID.shape), dims=("y", "x"))
    mixed = burden(town, GRID, WEATHER, releases=BOILER, urban=west, options=SHORT)
    np.testing.assert_allclose(mixed, xr.where(west, urban, rural))
    by_options = burden(
        town, GRID, WEATHER, releases=BOILER, options=PlumeOptions(reach_m=8_000, urban=True)
    )
    np.testing.assert_allclose(by_options, urban)
    assert abs(float((urban / rural).median()) - 1) > 0.05
    with pytest.raises(InputError, match="boolean grid of shape"):
        burden(town, GRID, WEATHER, releases=BOILER, urban=np.ones((2, 2), bool))


def test_a_grid_in_another_order_or_without_attrs_gives_the_same(town):
    expected = burden(town, GRID, WEATHER, releases=BOILER, options=SHORT)
    upside_down = burden(
        town, GRID.isel(y=slice(None, None, -1)), WEATHER, releases=BOILER, options=SHORT
    )
    np.testing.assert_allclose(upside_down.sortby("y", ascending=False), expected)
    bare = burden(town, GRID.drop_attrs(), WEATHER, releases=BOILER, options=SHORT)
    np.testing.assert_allclose(bare, expected)
    lazy = burden(town, GRID.chunk(x=10), WEATHER, releases=BOILER, options=SHORT)
    np.testing.assert_allclose(lazy, expected)


def test_cells_that_are_not_square():
    """Oblong cells: against a forward run."""
    x, y = np.arange(250, 12_000, 500.0), np.arange(9_800, 0, -400.0)
    grid = xr.DataArray(
        np.ones((y.size, x.size), bool),
        dims=("y", "x"),
        coords={"y": y, "x": x},
        attrs={"crs": CRS},
    )
    village = homes_of([box(8_000, 6_000, 9_300, 6_900)], [500])
    field = burden(village, grid, WEATHER, releases=LOW)
    place = float(x[6]), float(y[12])
    expected = forward(village, place, LOW, PlumeOptions())
    assert float(field.sel(x=place[0], y=place[1])) == pytest.approx(expected, rel=5e-3)


def test_a_release_at_another_height_turns_the_order_of_places():
    """A town far away and a village nearby: low releases fear the village, tall ones the town."""
    homes = homes_of(
        [box(0, 4_000, 1_000, 5_000), box(30_000, 0, 40_000, 9_000)], [20_000, 2_000_000]
    )
    grid = Region("Between", box(0, 0, 20_000, 9_000), CRS).grid(cell_m=500)
    profile = [{**LOW, "share": 0.5}, {**TALL, "exit_temperature_k": 500.0, "share": 0.5}]
    field = burden(homes, grid, WEATHER, releases=profile)
    from scipy.stats import spearmanr

    parts = burden_by_release(homes, grid, WEATHER, releases=profile)
    expected = spearmanr(parts.values[0].ravel(), parts.values[1].ravel()).statistic
    assert field.attrs["rank_correlation"] == pytest.approx(expected, abs=1e-9)
    assert expected < 0.8
    assert "depends on the height of release" in field.attrs["note"]
    assert "low (10 m)" in field.attrs["note"]


def test_releases_of_like_height_agree_and_carry_no_note(town):
    profile = [
        {**LOW, "share": 0.5},
        {**LOW, "name": "other", "release_height_m": 12.0, "share": 0.5},
    ]
    field = burden(town, GRID, WEATHER, releases=profile, options=SHORT)
    assert field.attrs["rank_correlation"] > 0.99
    assert "note" not in field.attrs


@pytest.mark.parametrize(
    ("releases", "message"),
    [
        ([], "there is none"),
        ([{**LOW, "share": 0.5}, {**BOILER, "share": 0.4}], "sum to 0.9"),
        ([LOW, BOILER], "'share' for each"),
        ([{**LOW, "share": 1.5}, {**BOILER, "share": -0.5}], "negative"),
        ({**LOW, "stack_hieght_m": 3}, "unknown key 'stack_hieght_m'"),
        ({"stack_height_m": 40.0}, "stack_diameter_m"),
        ({"release_height_m": 10.0}, "initial_sigma_y_m"),
        ([{**LOW, "share": 0.5}, {**LOW, "share": 0.5}], "same name"),
    ],
)
def test_faults_of_a_profile_are_told(town, releases, message):
    with pytest.raises(InputError, match=message):
        burden(town, GRID, WEATHER, releases=releases)


def test_a_row_of_sources_can_be_a_release():
    row = {
        **BOILER,
        "emission_so2_g_s": 5.0,
        "urban": True,
        "initial_sigma_y_m": np.nan,
        "share": None,
    }
    table = release_table(row)
    assert table[["name", "share", "source_type", "height_m"]].values.tolist() == [
        ["boiler", 1.0, "point", 40.0]
    ]


def test_the_intake_fraction_lies_in_its_published_band():
    """A city of 3 M in a region of 5.3 M: 16-79 ppm from 10 m, 4.5-12 from 40, 1-2.4 from 120."""
    import pandas as pd

    region = Region("City", box(470_000, 4_530_000, 590_000, 4_640_000), CRS)
    towns = pd.DataFrame({"name": ["City"], "longitude": 69.4, "latitude": 41.4, "people": 3e6})
    homes = spread_towns(towns, region, total_people=5.3e6)
    grid = region.grid(cell_m=1000)
    profile = [{**LOW, "share": 0.4}, {**BOILER, "share": 0.3}, {**TALL, "share": 0.3}]
    fraction = intake_fraction(burden_by_release(homes, grid, WEATHER, releases=profile))
    assert fraction.attrs["units"] == "ppm"
    city = gpd.GeoSeries([Point(69.4, 41.4)], crs=4326).to_crs(CRS)
    distance = np.hypot(grid["x"] - city.x.item(), grid["y"] - city.y.item())
    fringe = fraction.where((distance > 12_500) & (distance < 16_000))
    medians = fringe.median(("y", "x")).values
    for median, (low, high) in zip(medians, ((16, 79), (4.5, 12), (1.0, 2.4)), strict=True):
        assert low < median < high
    assert float(intake_fraction(1.0)) == pytest.approx(1.68e-4, rel=2e-3)


def test_it_is_by_tables_whatever_the_method_and_refuses_deposition(town):
    hourly = burden(town, GRID, WEATHER, releases=LOW, options=SHORT)
    tables = burden(town, GRID, WEATHER, releases=LOW, options=replace(SHORT, method="tables"))
    np.testing.assert_array_equal(tables, hourly)
    options = replace(SHORT, deposition={"so2": Gas(0.01)})
    with pytest.raises(InputError, match="deposition"):
        burden(town, GRID, WEATHER, releases=LOW, options=options)
