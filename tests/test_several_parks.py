"""Several parks and shared facilities in a study: settings, steps, files, folds, layers."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from geocluster.errors import SettingsError
from geocluster.load.settings_park import ParkSettings
from geocluster.load.settings_several import FacilitySettings, TogetherSettings
from geocluster.maps.several import facility_layers, together_layers
from geocluster.panels.several import several_panels
from geocluster.region import Region
from geocluster.steps.several import annual_limits, several_parks, shared_facilities

CRS = "EPSG:32642"
WEIGHTS = {"burden_persons_ug_m3_per_g_s": -0.5, "workers_within_15_km": 0.5}


@pytest.fixture
def sites() -> gpd.GeoDataFrame:
    x = 500_000 + np.array([0, 3_000, 25_000, 60_000])
    return gpd.GeoDataFrame(
        {
            "site_id": ["S1", "S2", "S3", "S4"],
            "name": "",
            "area_ha": 100.0,
            "burden_persons_ug_m3_per_g_s": [1.0, 2.0, 3.0, 40.0],
            "workers_within_15_km": [9_000.0, 9_000.0, 2_000.0, 0.0],
            "rank": [1, 2, 3, 4],
            "score": [0.9, 0.8, 0.4, 0.1],
        },
        geometry=[box(a, 4_500_000, a + 1_000, 4_501_000) for a in x],
        crs=CRS,
    )


@pytest.fixture
def clusters() -> gpd.GeoDataFrame:
    x = 500_000 + np.array([0, 40_000, 41_000])
    return gpd.GeoDataFrame(
        {"cluster_id": [1, 2, 3], "name": ["old", "", "new"], "members": [5, 2, 2]},
        geometry=[box(a, 4_510_000, a + 500, 4_510_500) for a in x],
        crs=CRS,
    )


def study_asking(together: object = None, facilities: tuple = (), **park: object) -> object:
    homes = gpd.GeoDataFrame(
        {"people": [9_000, 2_000]},
        geometry=[
            box(501_000, 4_500_000, 503_000, 4_501_000),
            box(527_000, 4_500_000, 528_000, 4_501_000),
        ],
        crs=CRS,
    )
    settings = SimpleNamespace(
        siting=SimpleNamespace(together=together),
        facilities=facilities,
        limits=lambda: ["who-2021"],
    )
    return SimpleNamespace(
        settings=settings, homes=homes, park=ParkSettings(**park), land=None, weather=None
    )


def results_of(study: object, sites: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame) -> object:
    table, told = several_parks(study, sites, WEIGHTS, study.homes)
    return SimpleNamespace(
        together=table,
        together_figures=told,
        facilities=shared_facilities(study, clusters, sites),
        verdict="The top is not separable: ...",
    )


def test_nothing_is_made_where_nothing_is_asked(
    sites: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame
) -> None:
    results = results_of(study_asking(), sites, clusters)
    assert results.together is None
    assert several_panels(results) == []


def test_the_fold_and_the_map_compare_with_one_by_one(
    sites: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame
) -> None:
    asked = TogetherSettings(parks=2, samples=20)
    results = results_of(study_asking(asked), sites, clusters)
    table = results.together.set_index("site_id")
    assert table.index[table["together"]].tolist() == ["S1", "S3"]
    assert table.index[table["one_by_one"]].tolist() == ["S1", "S2"]
    assert table["chosen_share"].sum() == pytest.approx(2)
    panel, sure = several_panels(results)
    text = " ".join(panel.text)
    assert panel.title == "2 parks at once"
    assert "1 other sites" in text
    assert "inherits the doubt" in text
    assert panel.table["sites"].tolist() == ["S1, S3", "S1, S2"]
    assert "20 weightings" in sure.text
    region = Region("Here", box(490_000, 4_490_000, 570_000, 4_520_000), CRS)
    (layer,) = together_layers(results.together, region)
    assert len(layer.data["features"]) == 3


def test_what_cannot_be_is_told_and_stops_nothing(
    sites: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame
) -> None:
    asked = TogetherSettings(parks=4, min_spacing_m=10_000, samples=0)
    results = results_of(study_asking(asked), sites, clusters)
    assert results.together is None
    (panel,) = several_panels(results)
    assert "min_spacing_m 10000 allows at most 3" in panel.text


def test_facilities_are_told_and_drawn(sites: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame) -> None:
    asked = (
        FacilitySettings(name="plant", count=2, weight="members"),
        FacilitySettings(name="centre", objective="coverage", within_m=5_000.0),
    )
    results = results_of(study_asking(facilities=asked), sites, clusters)
    plant, centre = results.facilities
    assert plant["facility_at"].tolist()[0] == "cluster 1"
    assert plant["facility_at"].nunique() == 2
    assert centre["covered"].tolist() == [False, True, True]
    first, second = several_panels(results)
    assert first.title == "Shared by clusters: plant"
    assert "67%" in second.text
    region = Region("Here", box(490_000, 4_490_000, 570_000, 4_520_000), CRS)
    layers = facility_layers(results.facilities, region)
    assert [len(layer.data["features"]) for layer in layers] == [5, 4]


def test_faults_name_their_section(sites: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame) -> None:
    study = study_asking(facilities=(FacilitySettings(name="plant", weight="sludge"),))
    with pytest.raises(SettingsError, match=r"\[\[facilities\]\] plant: weight 'sludge'"):
        shared_facilities(study, clusters, sites)
    asked = TogetherSettings(parks=2, limit_ug_m3={"so2": 20.0})
    with pytest.raises(SettingsError, match="the park emits no so2"):
        several_parks(study_asking(asked, emissions={"nox": 1.0}), sites, WEIGHTS, sites)
    with pytest.raises(ValueError, match="coverage needs a reach"):
        FacilitySettings(name="centre", objective="coverage")
    with pytest.raises(ValueError, match="more than 0"):
        TogetherSettings(parks=2, limit_ug_m3={"so2": 0.0})


def test_limits_are_the_lowest_of_the_year() -> None:
    found = annual_limits(["who-2021", "eu-2024-2881"], ["nox", "pm25", "co"])
    assert found["nox"] == pytest.approx(10 / 0.9)
    assert found["pm25"] == 5
