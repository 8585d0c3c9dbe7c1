"""What a park adds to the air about a site: against forward runs and figures worked out by hand."""

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import Point, box

from geocluster.exposure.assess import assess_exposure, summarise_exposure
from geocluster.exposure.limits import read_limits
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.region import Region
from geocluster.siting.added import Added
from geocluster.siting.describing import describe_sites
from geocluster.siting.exceedance import people_above, vegetation_above
from geocluster.siting.sensitive import worst_home, worst_place

CRS = "EPSG:32642"
X0, Y0 = 500_000.0, 4_500_000.0
OPTIONS = PlumeOptions(reach_m=20_000)
RELEASES = [
    {"name": "hall", "share": 0.3, "release_height_m": 10.0, "initial_sigma_y_m": 23.3,
     "initial_sigma_z_m": 9.3},
    {"name": "boiler", "share": 0.7, "stack_height_m": 40.0, "stack_diameter_m": 1.2,
     "exit_velocity_m_s": 10.0, "exit_temperature_k": 423.0},
]  # fmt: skip


def at(*bounds):
    west, south, east, north = bounds
    return box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def table(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture(scope="module")
def weather():
    """A few hundred hours with a wind that comes mostly from the west."""
    random = np.random.default_rng(3)
    hours = 300
    columns = {
        "wind_speed_m_s": random.uniform(1, 8, hours),
        "wind_from_deg": (270 + 60 * random.standard_normal(hours)) % 360,
        "stability": random.integers(2, 7, hours).astype(float),
        "mixing_height_m": random.uniform(300, 1500, hours),
        "temperature_k": random.uniform(275, 305, hours),
    }
    variables = {name: ("hour", values) for name, values in columns.items()}
    return xr.Dataset(variables, attrs={"anemometer_height_m": 10.0})


@pytest.fixture(scope="module")
def grid():
    return Region("Example", at(0, 0, 12_000, 12_000), CRS).grid(cell_m=500)


@pytest.fixture(scope="module")
def sites():
    corners = [(2000, 2000), (6000, 5000), (9500, 9500)]
    shapes = [at(x, y, x + 700, y + 700) for x, y in corners]
    return table(shapes, site_id=["S1", "S2", "S3"])


@pytest.fixture(scope="module")
def added(sites, weather):
    return Added.of(sites, RELEASES, weather, options=OPTIONS)


@pytest.fixture(scope="module")
def homes():
    random = np.random.default_rng(5)
    x, y = random.uniform(0, 11_500, (2, 40))
    return table(
        [at(*place) for place in zip(x, y, x + 400, y + 400, strict=True)],
        people=random.integers(10, 900, 40).astype(float),
        name=[f"home {i}" for i in range(40)],
        origin=["reported"] * 40,
    )


def park_at(site, pollutant="nox", rate=1.0):
    """The park as sources in the middle of a site, for a forward run."""
    rows = [
        {key: value for key, value in release.items() if key != "share"}
        | {"source_type": "volume" if "release_height_m" in release else "point",
           f"emission_{pollutant}_g_s": release["share"] * rate}
        for release in RELEASES
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[site.centroid] * 2, crs=CRS)


def test_the_field_is_that_of_a_forward_run(added, sites, weather):
    random = np.random.default_rng(1)
    x, y = X0 + random.uniform(0, 12_000, 300), Y0 + random.uniform(0, 12_000, 300)
    places = table([Point(*place) for place in zip(x, y, strict=True)])
    for number, site in enumerate(sites.geometry):
        forward = concentration(park_at(site), places, weather, options=OPTIONS)
        expected = forward["mean"].sel(pollutant="nox").values
        counts = expected > 0.01 * expected.max()
        found = added.at(np.full(300, number), x, y)
        assert found[counts] == pytest.approx(expected[counts], rel=0.01)


def test_the_worst_home_is_that_of_a_search_through_all(added, sites, homes, weather):
    highest, name, origin = worst_home(added, sites, homes)
    for number, site in enumerate(sites.geometry):
        fine = np.arange(0, 401, 20.0)
        values = []
        for home in homes.geometry:
            west, south, _, _ = home.bounds
            x, y = (part.ravel() for part in np.meshgrid(west + fine, south + fine))
            outside = ~np.array([site.contains(Point(*place)) for place in zip(x, y, strict=True)])
            found = added.at(np.full(x.size, number), x, y)
            values.append(found[outside].max(initial=0))
        assert values[int(name[number].removeprefix("home "))] >= 0.95 * max(values)
        assert highest[number] == pytest.approx(max(values), rel=0.05)
        assert origin[number] == "reported"


def test_homes_that_nobody_has_seen_are_not_the_worst(added, sites, homes):
    unseen = homes.assign(located=False)
    assert np.isnan(worst_home(added, sites, unseen)[0]).all()
    one = homes.assign(located=[True, *[False] * 39])
    assert worst_home(added, sites, one)[1].tolist() == ["home 0"] * 3


def test_people_on_the_site_itself_are_moved_and_do_not_count(added, sites):
    here = table([sites.geometry[0]], people=[50.0], name=["on it"])
    assert np.isnan(worst_home(added, sites, here)[0][0])
    reaching_out = table([sites.geometry[0].buffer(100)], people=[50.0], name=["about it"])
    highest, name, _ = worst_home(added, sites, reaching_out)
    edge = added.at(np.zeros(1, int), added.x[:1] + 350, added.y[:1])[0]
    assert name[0] == "about it"
    assert highest[0] >= 0.5 * edge


def test_the_worst_place_by_hand(added, sites):
    places = table(
        [Point(X0 + 5000, Y0 + 2350), Point(X0 + 2350, Y0 + 5000), Point(X0 + 2400, Y0 + 2400)],
        kind=["school", "hospital", "village"],
        name=["School 1", None, "near, but no school"],
    )
    highest, name = worst_place(added, sites, places)
    x, y = [X0 + 5000, X0 + 2350], [Y0 + 2350, Y0 + 5000]
    first = added.at([0, 0], x, y)
    assert highest[0] == pytest.approx(max(first))
    assert first[0] > first[1]  # the wind blows east
    assert name[0] == "School 1"
    assert worst_place(added, sites, places.iloc[[1]])[1][0] == "hospital"
    assert np.isnan(worst_place(added, sites, places.iloc[[2]])[0]).all()
    assert np.isnan(worst_place(added, sites, None)[0]).all()


def test_urban_ground_has_its_own_field(sites, weather, grid):
    town = (grid["x"] > X0 + 5000) & (grid["y"] > Y0)
    flags = grid.copy(data=np.broadcast_to(town.values.T, grid.shape))
    mixed = Added.of(sites, RELEASES, weather, options=OPTIONS, urban=flags)
    rural = Added.of(sites, RELEASES, weather, options=OPTIONS)
    urban = Added.of(sites, RELEASES, weather, options=replace(OPTIONS, urban=True))
    rows, x, y = np.arange(3), rural.x + 3000, rural.y
    assert mixed.at(rows, x, y)[0] == rural.at(rows, x, y)[0]
    assert mixed.at(rows, x, y)[1:].tolist() == urban.at(rows, x, y)[1:].tolist()
    assert rural.at(rows, x, y)[1] != urban.at(rows, x, y)[1]


def test_each_site_has_the_weather_of_its_place(sites, weather, grid):
    other = weather.assign(wind_from_deg=(weather["wind_from_deg"] + 180) % 360)
    names = grid.copy(data=np.where(np.arange(24) < 12, "west", "east")[None, :].repeat(24, 0))
    both = Added.of(
        sites, RELEASES, {"west": weather, "east": other}, options=OPTIONS, weather_of=names
    )
    rows = np.array([0, 2])
    ahead = both.at(rows, both.x[rows] + 3000, both.y[rows])
    behind = both.at(rows, both.x[rows] - 3000, both.y[rows])
    assert ahead[0] == pytest.approx(behind[1], rel=1e-6)
    assert ahead[0] > 2 * behind[0]


@pytest.fixture(scope="module")
def today(grid, weather):
    """A concentration of today from one works: near the EU's limit for NOx as NO2 in places."""
    works = park_at(Point(X0 + 4000, Y0 + 4000), rate=12.0)
    return concentration(works, grid, weather, options=OPTIONS)


def test_people_newly_above_are_those_of_a_forward_run(added, sites, homes, today, grid, weather):
    rate, limits = 60.0, read_limits(["who-2021", "eu-2024-2881"])
    found = people_above(added, homes, today, {"nox": rate}, limits)
    before = assess_exposure(homes, today, limits=limits)
    name = "people_above_who-2021_no2_1y"
    for number, site in enumerate(sites.geometry):
        more = concentration(park_at(site, rate=rate), grid, weather, options=OPTIONS)
        together = today.assign(mean=today["mean"] + more["mean"])
        after = assess_exposure(homes, together, limits=limits)
        expected = after[name].sum() - before[name].sum()
        assert expected > 0
        assert found[f"people_newly_above_{name[13:]}"][number] == pytest.approx(expected, rel=0.01)
        row = summarise_exposure(after, together, limits=limits).set_index("limit_id")
        lowest = row.loc["who-2021_no2_1y", "people_above"]
        # WHO's 10 is below the EU's 20: who is above any limit is above WHO's.
        assert found["people_above_in_all"][number] == pytest.approx(lowest, rel=0.01)
    strict = found["people_newly_above_eu-2024-2881_no2_1y"]
    assert (strict <= found["people_newly_above"]).all()


def hand_field(grid, level, pollutant="so2"):
    values = np.full((1, *grid.shape), float(level))
    return xr.Dataset(
        {"mean": (("pollutant", "y", "x"), values)},
        coords={"pollutant": [pollutant], "y": grid["y"], "x": grid["x"]},
        attrs=grid.attrs,
    )


def test_newly_above_by_hand(added, sites, grid):
    """Ten people in the cell east of a site: they are above once the park fills the room."""
    cell = at(4000, 2000, 4500, 2500)
    homes = table([cell], people=[10.0])
    adds = added.at(np.zeros(1, int), [cell.centroid.x], [cell.centroid.y])[0]
    limits = read_limits("eu-2024-2881")
    value = float(limits.set_index("limit_id").loc["eu-2024-2881_so2_1y", "value_ug_m3"])
    field = hand_field(grid, value - 1.0)
    needed = 1.0 / adds
    for rate, expected in ((0.99 * needed, 0.0), (1.01 * needed, 10.0)):
        found = people_above(added, homes, field, {"so2": rate}, limits)
        assert found["people_newly_above"][0] == expected
    over = people_above(added, homes, hand_field(grid, value + 1), {"so2": 5.0}, limits)
    assert over["people_newly_above"].tolist() == [0, 0, 0]
    assert over["people_above_in_all"].tolist() == [10, 10, 10]


def test_what_the_park_or_the_field_does_not_have_is_not_answered(added, homes, grid):
    limits = read_limits("eu-2024-2881")
    assert people_above(added, homes, hand_field(grid, 1.0), {"pm10": 5.0}, limits) == {}
    assert people_above(added, homes, hand_field(grid, 1.0, "pm10"), {"so2": 5.0}, limits) == {}


def test_vegetation_by_hand(added, grid):
    """SO2 of 19 today: a park fills the last 1 ug/m3 in two cells of 25 ha, drawn twice."""
    field = hand_field(grid, 19.0)
    x, y = (part.ravel() for part in np.meshgrid(grid["x"], grid["y"]))
    adds = added.at(np.zeros(x.size, int), x, y)
    third = np.sort(adds)[-3]
    rate = 1.0 / (1.0001 * third)
    land = table(
        [at(0, 0, 12_000, 12_000), at(0, 0, 12_000, 6000), at(0, 0, 12_000, 12_000)],
        kind=["farmland", "protected", "road"],
    )
    found = vegetation_above(added, land, field, {"so2": rate})
    assert found["vegetation_newly_above_ha"][0] == pytest.approx(50)
    top = np.argsort(adds)[-2:]
    assert found["protected_newly_above_ha"][0] == pytest.approx(25 * (y[top] < Y0 + 6000).sum())
    assert vegetation_above(added, land.iloc[[2]], field, {"so2": rate}) == {}
    assert vegetation_above(added, None, field, {"so2": rate}) == {}


def test_a_park_without_emissions_leaves_exceedance_missing(sites, homes, weather, grid, today):
    burden = xr.zeros_like(grid, dtype=float)
    park = SimpleNamespace(releases=RELEASES, emissions={})
    given = {"park": park, "weather": weather, "options": OPTIONS, "field": today}
    bare = describe_sites(sites, burden, homes, None, None, **given)
    assert bare["people_newly_above"].isna().all()
    assert bare["worst_home_ug_m3_per_g_s"].notna().all()
    assert "worst_home_nox_ug_m3" not in bare
    park = SimpleNamespace(releases=RELEASES, emissions={"nox": 3.0})
    full = describe_sites(sites, burden, homes, None, None, **given | {"park": park})
    assert full["people_newly_above"].notna().all()
    assert full["worst_home_nox_ug_m3"].tolist() == pytest.approx(
        (3 * bare["worst_home_ug_m3_per_g_s"]).tolist()
    )
    none = describe_sites(sites.iloc[:0], burden, homes, None, None, **given | {"park": park})
    assert len(none) == 0


def test_few_hours_are_calculated_by_themselves(sites, weather):
    one = weather.isel(hour=slice(0, 1))
    field = Added.of(sites, RELEASES, one, options=OPTIONS)
    where = table([Point(field.x[0] + 900, field.y[0] + 200)])
    forward = concentration(park_at(sites.geometry[0]), where, one, options=OPTIONS)
    found = field.at(np.zeros(1, int), where.geometry.x.to_numpy(), where.geometry.y.to_numpy())
    assert found[0] == pytest.approx(float(forward["mean"].squeeze()), rel=1e-9)
