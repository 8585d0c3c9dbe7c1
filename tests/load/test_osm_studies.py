"""The studies of Malta and Andorra: what goes into them from OpenStreetMap and GeoNames."""

import warnings

import pytest

from geocluster.errors import MendedWarning
from geocluster.exposure.dasymetric import people_to_areas
from geocluster.industry.emissions import emissions_from_area
from geocluster.industry.land_use import emitting_areas
from geocluster.load.osm import read_osm
from geocluster.load.settings import read_settings
from geocluster.load.towns import read_towns
from geocluster.load.vector import read_boundary
from geocluster.region import Region

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module", params=["malta", "andorra"])
def study(request, root, shared):
    settings = read_settings(root / "tests" / "studies" / request.param)
    boundary = read_boundary(settings.path(settings.region.boundary))
    region = Region.from_boundary(settings.region.name, boundary)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        tables = read_osm(settings.path(settings.inputs.osm), region)
        homes = people_to_areas(tables.homes, read_towns(settings.path(settings.inputs.towns)))
    return settings, region, tables, homes


def test_the_weather_is_marked_as_another_place_s(study):
    settings, *_ = study
    assert settings.weather.valid is False
    assert "45N 8E" in settings.weather.note


def test_everybody_has_a_home_in_the_region(study):
    settings, region, _, homes = study
    people = {"Malta": 498_424, "Andorra": 85_903}[settings.region.name]
    assert homes.people.sum() == pytest.approx(people)
    assert homes.people[homes.intersects(region.boundary)].sum() == pytest.approx(people)
    allocated = homes.people[homes.origin == "allocated"].sum()
    assert allocated > 0.99 * people


def test_emissions_are_assumed_and_ground_counts_once(study):
    _, _, tables, _ = study
    areas = emitting_areas(tables.sources)
    sources = emissions_from_area(areas)
    assert set(sources.emission_origin) == {"assumed"}
    assert set(sources.stack_origin) == {"assumed"}
    assert areas.area_ha.sum() == pytest.approx(areas.geometry.union_all().area / 1e4)
    assert (sources.low_emission_nox_g_s <= sources.emission_nox_g_s).all()
    assert "solar power" not in set(sources.sector)
    assert "disused" not in set(sources.sector)


def test_malta_s_power_station_leads_in_nox(study):
    settings, _, tables, _ = study
    sources = emissions_from_area(emitting_areas(tables.sources))
    first = sources.sort_values("emission_nox_g_s", ascending=False).iloc[0]
    if settings.region.name == "Malta":
        assert first["name"] == "Delimara Power Station"
    else:
        assert first.sector in {"industry", "waste"}
