"""What a run decides beside its rooms: cases of emissions, weak winds, and who is no winner."""

import geopandas as gpd
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.load.settings_siting import SitingSettings
from geocluster.steps.dispersion import with_cases
from geocluster.steps.ranking import ranking

GROUPS = SitingSettings(weights={"exposure": 1.0, "access": 1.0, "land": 0.0, "partners": 0.0})


def sites(**columns):
    """Five sites of which the first is best in everything."""
    table = {
        "site_id": [f"S{i}" for i in range(5)],
        "burden_persons_ug_m3_per_g_s": [1.0, 20, 30, 40, 50],
        "distance_road_m": [10.0, 500, 600, 700, 800],
        **columns,
    }
    shapes = [box(2000 * i, 0, 2000 * i + 1000, 1000) for i in range(5)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:32642")


@pytest.fixture
def burdens():
    """Two releases whose burden grows eastwards."""
    x = [500.0 + 1000 * i for i in range(10)]
    rows = [[[float(i + 1) for i in range(10)]], [[float(2 * i + 1) for i in range(10)]]]
    return xr.DataArray(
        rows,
        dims=("release", "y", "x"),
        coords={"release": ["low", "high"], "y": [500.0], "x": x},
        attrs={"cell_m": 1000.0},
    )


def area(reason, *bounds):
    return gpd.GeoDataFrame({"reason": [reason]}, geometry=[box(*bounds)], crs="EPSG:32642")


def test_a_winner_is_called_where_nothing_speaks_against_it(burdens):
    elsewhere = area("a valley", 50_000, 0, 60_000, 1000)
    ranked, weights, verdict, *_ = ranking(sites(), burdens, GROUPS, elsewhere)
    assert ranked["site_id"].iloc[0] == "S0"
    assert "No winner" not in verdict
    assert verdict.startswith("S0")
    assert sum(map(abs, weights.values())) == pytest.approx(1)


def test_no_winner_where_the_map_is_not_for_decisions(burdens):
    here = area("weather of another place", 0, 0, 60_000, 1000)
    verdict = ranking(sites(), burdens, GROUPS, here).verdict
    assert verdict.startswith("No winner is called")
    assert "weather of another place" in verdict


def test_no_winner_whose_place_is_hardly_known(burdens):
    elsewhere = area("a valley", 50_000, 0, 60_000, 1000)
    columns = {"approximate": [True, *[False] * 4], "location_error_m": [10_000.0, 0, 0, 0, 0]}
    verdict = ranking(sites(**columns), burdens, GROUPS, elsewhere).verdict
    assert verdict.startswith("No winner is called")
    assert "10 km" in verdict


def test_nothing_to_rank_is_said(burdens):
    nowhere = area("", 0, 0, 1, 1)
    ranked, weights, verdict, *_ = ranking(sites().iloc[:0], burdens, GROUPS, nowhere)
    assert len(ranked) == 0
    assert weights == {}
    assert "No land" in verdict


def test_low_and_high_emissions_are_pollutants_of_their_own():
    table = gpd.GeoDataFrame(
        {
            "emission_nox_g_s": [2.0],
            "low_emission_nox_g_s": [1.0],
            "high_emission_nox_g_s": [4.0],
            "emission_co2_g_s": [9.0],
            "low_emission_co2_g_s": [9.0],
        },
        geometry=[None],
    )
    cases = with_cases(table)
    assert cases["emission_nox_low_g_s"].tolist() == [1.0]
    assert cases["emission_nox_high_g_s"].tolist() == [4.0]
    assert "emission_co2_low_g_s" not in cases
    assert "emission_nox_low_g_s" not in table
