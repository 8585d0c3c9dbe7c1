"""Laws of the burden: where people are alike everywhere, moved, added, or beyond the border."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import Point, box

from geocluster.exposure.assess import assess_exposure
from geocluster.exposure.burden import burden, burden_by_release
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.region import Region
from geocluster.siting.measures import site_means

CRS = "EPSG:32642"
PARK = [
    {
        "name": "fugitive", "share": 0.3, "release_height_m": 10.0, "initial_sigma_y_m": 23.3,
        "initial_sigma_z_m": 9.3,
    },
    {
        "name": "boiler", "share": 0.5, "stack_height_m": 40.0, "stack_diameter_m": 1.2,
        "exit_velocity_m_s": 10.0, "exit_temperature_k": 423.0,
    },
    {
        "name": "tall", "share": 0.2, "stack_height_m": 120.0, "stack_diameter_m": 3.0,
        "exit_velocity_m_s": 15.0, "exit_temperature_k": 400.0,
    },
]  # fmt: skip
REACH = PlumeOptions(reach_m=6_000)


def lopsided_year(hours=600):
    """Hours drawn once: winds that favour one side, classes that go with speed."""
    random = np.random.default_rng(8)
    speed = random.weibull(2, hours) * 4 + 0.5
    columns = {
        "wind_speed_m_s": speed,
        "wind_from_deg": (random.normal(60, 70, hours)) % 360,
        "stability": np.clip(np.round(random.normal(4, 1.3, hours)), 1, 6).astype(int),
        "mixing_height_m": random.uniform(200, 1800, hours),
        "temperature_k": random.uniform(270, 305, hours),
    }
    data = {name: ("hour", values) for name, values in columns.items()}
    return xr.Dataset(data, attrs={"anemometer_height_m": 10.0})


WEATHER = lopsided_year()


def homes_of(shapes, people):
    return gpd.GeoDataFrame({"people": people}, geometry=list(shapes), crs=CRS)


def grid_of(west, south, east, north, cell_m=500):
    return Region("Example", box(west, south, east, north), CRS).grid(cell_m)


def village(x, y, people=1000, side=700):
    return homes_of([box(x, y, x + side, y + side)], [people])


@pytest.mark.parametrize("cell_m", [100, 500])
def test_among_people_alike_everywhere_no_place_is_better(cell_m):
    """A million people evenly over all that is within reach: every burden is the same."""
    grid = grid_of(0, 0, 5_000, 4_000, cell_m)
    everywhere = homes_of([box(-20_000, -20_000, 25_000, 24_000)], [1_000_000])
    parts = burden_by_release(everywhere, grid, WEATHER, releases=PARK, options=REACH)
    for part in parts.values:
        assert part.min() > 0
        assert np.ptp(part) < 1e-9 * part.mean()


@pytest.mark.parametrize("cell_m", [100, 250, 500])
def test_moving_all_people_moves_the_burden(cell_m):
    grid = grid_of(0, 0, 12_000, 9_000, cell_m)
    across, up = 6, -4  # cells
    before = burden(village(4_130, 5_270), grid, WEATHER, releases=PARK, options=REACH)
    moved = village(4_130 + across * cell_m, 5_270 + up * cell_m)
    after = burden(moved, grid, WEATHER, releases=PARK, options=REACH)
    expected = before.shift(x=across, y=-up).dropna("y", how="all").dropna("x", how="all")
    here = after.sel(x=expected["x"], y=expected["y"])
    assert float(expected.max()) > 0
    np.testing.assert_allclose(here, expected, rtol=1e-6, atol=1e-9 * float(before.max()))


def test_people_add_up_and_so_do_releases():
    grid = grid_of(0, 0, 12_000, 9_000)
    one, other = village(2_000, 3_000), village(8_600, 6_100, people=400)
    both = homes_of([*one.geometry, *other.geometry], [1000, 400])
    fields = [
        burden(homes, grid, WEATHER, releases=PARK, options=REACH) for homes in (one, other, both)
    ]
    np.testing.assert_allclose(
        fields[0] + fields[1], fields[2], rtol=1e-6, atol=1e-8 * float(fields[2].max())
    )
    alone = [
        release["share"] * burden(both, grid, WEATHER, releases={**release, "share": 1.0},
                                  options=REACH)
        for release in PARK
    ]  # fmt: skip
    np.testing.assert_allclose(sum(alone), fields[2], rtol=1e-6, atol=1e-8 * float(fields[2].max()))


@pytest.mark.parametrize("cell_m", [100, 500])
def test_a_part_of_a_region_is_burdened_as_in_the_whole(cell_m):
    """No edge: what lies beyond the part's border counts, and nothing comes round from afar."""
    random = np.random.default_rng(5)
    at = random.uniform(-4_000, 24_000, (60, 2))
    sides = random.uniform(60, 900, 60)
    homes = homes_of(
        [box(x, y, x + s, y + s) for (x, y), s in zip(at, sides, strict=True)],
        random.uniform(10, 3000, 60),
    )
    whole = burden(
        homes, grid_of(0, 0, 20_000, 16_000, cell_m), WEATHER, releases=PARK, options=REACH
    )
    part = burden(
        homes, grid_of(7_000, 5_000, 12_000, 9_000, cell_m), WEATHER, releases=PARK, options=REACH
    )
    expected = whole.sel(x=part["x"], y=part["y"])
    np.testing.assert_allclose(part, expected, rtol=1e-6, atol=1e-8 * float(whole.max()))
    alone = homes[homes.within(box(7_000, 5_000, 12_000, 9_000))]
    inside = burden(alone, part, WEATHER, releases=PARK, options=REACH)
    assert float((inside / part).min()) < 0.5


def test_a_site_is_burdened_by_what_a_park_there_would_do():
    """A site's burden is people times concentration of a forward run with the park in it."""
    grid = grid_of(0, 0, 12_000, 9_000)
    random = np.random.default_rng(6)
    at = random.normal((6_000, 4_500), 1_500, (80, 2))
    homes = homes_of([box(x, y, x + 300, y + 300) for x, y in at], random.uniform(20, 900, 80))
    field = burden(homes, grid, WEATHER, releases=PARK, options=REACH)
    middles = [(3_250.0, 4_250.0), (6_250.0, 4_750.0), (8_750.0, 2_250.0)]
    sites = gpd.GeoDataFrame(
        {"site_id": ["S1", "S2", "S3"]},
        geometry=[box(x - 250, y - 250, x + 250, y + 250) for x, y in middles],
        crs=CRS,
    )
    fine = grid_of(-6_000, -6_000, 18_000, 15_000, cell_m=50)
    for (x, y), own in zip(middles, site_means(sites, field), strict=True):
        park = gpd.GeoDataFrame(PARK, geometry=[Point(x, y)] * 3, crs=CRS)
        park["source_type"] = ["volume", "point", "point"]
        park["emission_so2_g_s"] = park.pop("share")
        forward = concentration(park, fine, WEATHER, options=REACH)
        exposed = assess_exposure(homes, forward)
        weighted = float((exposed["people"] * exposed["so2_mean_ug_m3"]).sum())
        assert own == pytest.approx(weighted, rel=1e-2)
