"""The first candidates run forward, beside their burden."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from shapely.geometry import box

from geocluster.exposure.burden import burden
from geocluster.plume.deposition import Gas
from geocluster.plume.field import PlumeOptions
from geocluster.region import Region
from geocluster.siting.finalists import people_about, run_forward
from geocluster.siting.measures import site_means

CRS = "EPSG:32642"
BURDEN = "burden_persons_ug_m3_per_g_s"
FORWARD = f"forward_{BURDEN}"
PARK = [
    {
        "name": "fugitive", "share": 0.4, "release_height_m": 10.0, "initial_sigma_y_m": 23.3,
        "initial_sigma_z_m": 9.3,
    },
    {
        "name": "boiler", "share": 0.6, "stack_height_m": 40.0, "stack_diameter_m": 1.2,
        "exit_velocity_m_s": 10.0, "exit_temperature_k": 423.0,
    },
]  # fmt: skip
REACH = PlumeOptions(reach_m=15_000)


def rose():
    toward = np.arange(0, 360, 5.0)
    classes = ((2.0, 2, 1500.0), (4.0, 4, 800.0), (1.5, 6, 300.0))
    columns = {
        "wind_speed_m_s": np.repeat([c[0] for c in classes], toward.size),
        "wind_from_deg": np.tile(toward, 3),
        "stability": np.repeat([c[1] for c in classes], toward.size),
        "mixing_height_m": np.repeat([c[2] for c in classes], toward.size),
        "temperature_k": np.full(toward.size * 3, 288.0),
        "frequency": np.tile(1.2 + np.cos(np.radians(toward)), 3),
    }
    data = {name: ("hour", values) for name, values in columns.items()}
    return xr.Dataset(data, attrs={"anemometer_height_m": 10.0})


@pytest.fixture(scope="module")
def town():
    random = np.random.default_rng(3)
    at = random.normal((9_000, 7_000), 2_000, (150, 2))
    shapes = [box(x, y, x + 300, y + 200) for x, y in at]
    return gpd.GeoDataFrame({"people": random.uniform(50, 900, 150)}, geometry=shapes, crs=CRS)


@pytest.fixture(scope="module")
def sites(town):
    grid = Region("Town", box(0, 0, 18_000, 14_000), CRS).grid(cell_m=500)
    field = burden(town, grid, rose(), releases=PARK, options=REACH)
    places = [(3_000, 7_000), (13_500, 9_500), (9_000, 1_500)]
    table = gpd.GeoDataFrame(
        {"site_id": ["S1", "S2", "S3"]},
        geometry=[box(x - 500, y - 500, x + 500, y + 500) for x, y in places],
        crs=CRS,
    )
    return table.assign(**{BURDEN: site_means(table, field)})


@pytest.mark.parametrize("place", [(0.0, 0.0), (9_010.0, 7_003.0), (40_000.0, -3_000.0)])
def test_the_points_about_a_place_have_all_people_once(town, place):
    shapes = np.asarray(town.geometry.values, dtype=object)
    x, y, people = people_about(place, shapes, town["people"].to_numpy(), 50_000)
    assert people.sum() == pytest.approx(town["people"].sum(), rel=1e-9)
    middle = shapely.centroid(shapes)
    for points, own in ((x, shapely.get_x(middle)), (y, shapely.get_y(middle))):
        mean = np.average(points, weights=people)
        assert mean == pytest.approx(
            np.average(own, weights=town["people"]), abs=60 if place[0] < 20_000 else 400
        )


def test_over_flat_ground_they_agree_with_the_burden(town, sites):
    found = run_forward(sites, town, rose(), PARK, options=REACH)
    assert found["site_id"].tolist() == ["S1", "S2", "S3"]
    assert found["forward_difference_percent"].abs().max() < 3
    expected = 100 * (found[FORWARD] / sites[BURDEN] - 1)
    np.testing.assert_allclose(found["forward_difference_percent"], expected)
    assert (found["forward_reason"] == "").all()
    by_tables = PlumeOptions(reach_m=15_000, method="tables")
    assert run_forward(sites, town, rose(), PARK, options=by_tables).equals(found)


def test_a_hill_makes_a_difference_and_is_named(town, sites):
    at = np.arange(-6_000, 24_001, 500.0)
    ground = np.where(np.hypot(*np.meshgrid(at - 9_000, at - 7_000)) < 4_000, 30.0, 0.0)
    hill = xr.DataArray(
        ground, dims=("y", "x"), coords={"y": at, "x": at}, attrs={"cell_m": 500.0, "crs": CRS}
    ).sel(y=slice(None, None, -1))
    stack = [{**PARK[1], "share": 1.0}]
    flat = run_forward(sites, town, rose(), stack, options=REACH)
    found = run_forward(
        sites.assign(**{BURDEN: flat[FORWARD]}), town, rose(), stack, options=REACH, terrain=hill
    )
    assert (found["forward_difference_percent"] > 20).any()
    wide = found["forward_difference_percent"].abs() > 20
    assert (found["forward_reason"][wide] == "terrain").all()
    assert (found["forward_reason"][~wide] == "").all()


def test_what_settles_is_not_breathed(town, sites):
    options = PlumeOptions(reach_m=15_000, deposition={"so2": Gas(0.05)})
    dry = run_forward(sites, town, rose(), PARK, options=options, pollutant="so2")
    other = run_forward(sites, town, rose(), PARK, options=options, pollutant="nox")
    assert (dry[FORWARD] < 0.9 * other[FORWARD]).all()
    wide = dry["forward_difference_percent"] < -20
    assert wide.any()
    assert (dry["forward_reason"][wide] == "deposition").all()


def test_each_site_has_its_own_weather_and_curves(town, sites):
    both = run_forward(
        sites.iloc[:2], town, [rose(), rose().isel(hour=slice(0, 72))], PARK,
        options=REACH, urban=[False, True],
    )  # fmt: skip
    plain = run_forward(sites.iloc[:2], town, rose(), PARK, options=REACH)
    assert both[FORWARD].iloc[0] == plain[FORWARD].iloc[0]
    assert both[FORWARD].iloc[1] != plain[FORWARD].iloc[1]
    nobody = run_forward(sites, town.iloc[:0], rose(), PARK, options=REACH)
    assert (nobody[FORWARD] == 0).all()
