"""Cases of a study's weather and people, and what a run says of how sure its order is."""

import json
import warnings
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.load.settings_siting import SitingSettings
from geocluster.panels.stability import stability_panels
from geocluster.plume.options import PlumeOptions
from geocluster.region import Region
from geocluster.siting.criteria import BURDEN
from geocluster.siting.describing import describe_sites
from geocluster.steps.parts import of_case, wind_parts
from geocluster.steps.people_cases import GROWTH, PEOPLE
from geocluster.steps.ranking import ranking
from geocluster.steps.uncertainty import (
    CALMS,
    EMISSION,
    TALL,
    TODAY,
    WIND,
    Uncertainty,
    profile_cases,
    uncertainty_of,
    values_at,
)

RELEASES = [
    {"name": "leak", "share": 0.3, "release_height_m": 10.0, "initial_sigma_y_m": 23.3,
     "initial_sigma_z_m": 9.3},
    {"name": "boiler", "share": 0.7, "stack_height_m": 40.0, "stack_diameter_m": 1.2,
     "exit_velocity_m_s": 10.0, "exit_temperature_k": 423.0},
]  # fmt: skip
DIRECTIONS = np.arange(0.0, 360.0, 5.0)


def sky_of(speeds=(0.5, 4.0, 3.0, 5.0), **coords):
    """Winter and summer: west winds more often in the one, east winds in the other."""
    count = len(DIRECTIONS)
    west = 1.5 - np.cos(np.radians(DIRECTIONS - 90))
    columns = {
        "wind_speed_m_s": np.repeat(speeds, count),
        "wind_from_deg": np.tile(DIRECTIONS, 4),
        "stability": np.repeat([6, 4, 4, 2], count),
        "mixing_height_m": np.full(4 * count, 800.0),
        "temperature_k": np.full(4 * count, 290.0),
        "frequency": np.concatenate([west, 2 * west, 2 * (3 - west), 3 - west]),
    }
    data = {name: ("hour", values) for name, values in columns.items()}
    return xr.Dataset(data, coords=coords, attrs={"anemometer_height_m": 10.0})


SEASONS = np.repeat(["winter", "summer"], 2 * len(DIRECTIONS))


def study_of(sky, *, located=(True, True, False), emissions=None):
    """A valley of 20 km with two towns in the west and farms of unknown place in the east."""
    region = Region("Valley", box(0, 0, 20_000, 10_000), "EPSG:32642")
    shapes = [
        box(1000, 4000, 3000, 6000),
        box(6000, 6000, 7000, 7000),
        box(14_000, 0, 19_000, 9000),
    ]
    homes = gpd.GeoDataFrame(
        {"people": [50_000.0, 5000.0, 8000.0], "located": list(located)}, geometry=shapes, crs=32642
    )
    return SimpleNamespace(
        region=region,
        homes=homes,
        own_weather=sky,
        settings=SimpleNamespace(
            grid=SimpleNamespace(cell_m=500),
            plume=SimpleNamespace(urban=False),
            limits=lambda: ["who-2021"],
        ),
        park=SimpleNamespace(releases=RELEASES, protection_zone_m=500.0, emissions=emissions or {}),
        places=None,
        land=None,
        growth=None,
        weather_of=lambda grid: None,
    )


def sites_of(study, **more):
    from geocluster.exposure.burden import burden_by_release, burden_of_profile

    grid = study.region.grid(cell_m=500)
    burdens = burden_by_release(study.homes, grid, study.own_weather, releases=RELEASES)
    places = [(4000, 2000), (8000, 8000), (9500, 4000), (12_000, 1000), (13_000, 8500)]
    shapes = [box(x, y, x + 700, y + 700) for x, y in places]
    sites = gpd.GeoDataFrame(
        {"site_id": [f"S{n}" for n in range(5)]}, geometry=shapes, crs="EPSG:32642"
    )
    road = gpd.GeoDataFrame({"kind": ["road"]}, geometry=[box(0, 0, 20_000, 10)], crs=32642)
    described = describe_sites(sites, burden_of_profile(burdens), study.homes, road, None, **more)
    return described, burdens


@pytest.fixture(scope="module")
def valley():
    study = study_of(sky_of(season=("hour", SEASONS)))
    sites, burdens = sites_of(study)
    return study, sites, burdens, uncertainty_of(study, sites, PlumeOptions())


def test_each_kind_has_its_cases(valley):
    _, _, _, found = valley
    kinds = pd.Series(found.kinds)
    assert kinds.value_counts().to_dict() == {CALMS: 2, WIND: 2, PEOPLE: 2}
    assert "wind without winter" in found.cases
    assert list(found.not_asked) == [EMISSION]


def test_a_case_is_what_the_burden_would_be(valley):
    from geocluster.exposure.burden import burden

    study, sites, _, found = valley
    only_winter = study.own_weather.isel(hour=np.flatnonzero(SEASONS == "winter"))
    grid = study.region.grid(cell_m=250)
    expected = values_at(sites, burden(study.homes, grid, only_winter, releases=RELEASES))
    assert found.cases["wind without summer"][BURDEN] == pytest.approx(expected, rel=0.05)
    dropped = burden(
        study.homes, grid, study.own_weather, releases=RELEASES,
        options=PlumeOptions(low_wind="drop"),
    )  # fmt: skip
    case = found.cases["winds under 1 m/s left out as calms"][BURDEN]
    assert case == pytest.approx(values_at(sites, dropped), rel=0.05)


def test_the_total_of_people_stays(valley):
    study, sites, _, found = valley
    out = found.cases["people of assumed location: left out"]
    # 15 km about the middle sites hold nearly everybody: the total is kept by the others.
    total = study.homes["people"].sum()
    assert out["workers_within_15_km"][2] == pytest.approx(total, rel=1e-6)
    more = found.cases["people of assumed location: 2 times as many"]
    assert more["workers_within_15_km"][2] <= total * (1 + 1e-9)
    # The eastern site is nearest to the farms: without them it burdens fewer people.
    assert out[BURDEN][4] < sites[BURDEN][4]
    assert more[BURDEN][4] > sites[BURDEN][4]


def test_people_expected_add_to_those_who_are_there(valley):
    study, sites, _, found = valley
    assert GROWTH not in found.kinds.values()
    new = gpd.GeoDataFrame({"people": [20_000.0]}, geometry=[box(12_500, 7000, 14_000, 9900)])
    study = SimpleNamespace(**{**vars(study), "growth": new.set_crs(32642)})
    case = uncertainty_of(study, sites, PlumeOptions()).cases["with the people expected"]
    assert (case[BURDEN] > sites[BURDEN]).all()
    # They come to where the last site is.
    assert np.argmax(case[BURDEN] / sites[BURDEN]) == 4
    added = case["workers_within_15_km"] - sites["workers_within_15_km"]
    assert added.max() == pytest.approx(20_000)


def test_what_cannot_be_asked_is_said():
    study = study_of(sky_of(speeds=(2.0, 4.0, 3.0, 5.0)), located=(True, True, True))
    sites, _ = sites_of(study)
    found = uncertainty_of(study, sites, PlumeOptions())
    assert found.cases == {}
    assert found.not_asked == {
        CALMS: "no wind is under 1 m/s",
        WIND: "the weather knows neither years nor seasons",
        PEOPLE: "the location of all people is known",
        EMISSION: "[park.emissions] is not given, so that no criterion depends on it",
    }


def test_a_year_of_hours_is_parted_by_season_and_several_by_year():
    def hours(first, last):
        time = pd.date_range(first, last, freq="h", inclusive="left")
        return xr.Dataset({"wind_speed_m_s": ("hour", np.ones(len(time)))}).assign_coords(
            time=("hour", time)
        )

    one, reason = wind_parts(hours("2023-01-01", "2024-01-01"))
    assert list(one) == [f"wind without {s}" for s in ("winter", "spring", "summer", "autumn")]
    assert one["wind without winter"].sizes["hour"] == 8760 - 24 * 90
    assert reason == ""
    several, _ = wind_parts(hours("2022-01-01", "2024-03-01"))
    assert list(several) == ["wind of 2022 alone", "wind of 2023 alone"]
    assert several["wind of 2023 alone"].sizes["hour"] == 8760
    two_places, _ = wind_parts(
        {"a": hours("2023-01-01", "2024-01-01"), "b": hours("2023-01-01", "2023-07-01")}
    )
    assert list(two_places) == ["wind without winter", "wind without spring", "wind without summer"]
    assert set(two_places["wind without winter"]) == {"a", "b"}
    assert wind_parts(hours("2023-06-01", "2023-07-01")) == ({}, "the weather is of one season")


def run_of(valley, text=None):
    study, sites, burdens, found = valley
    siting = SitingSettings(**(text or {}))
    nowhere = gpd.GeoDataFrame({"reason": []}, geometry=[], crs="EPSG:32642")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ranking(
            sites, burdens, siting, nowhere, uncertain=found, homes=study.homes, zone_m=500.0
        )


def test_a_run_tells_how_sure_its_order_is_as_plain_values(valley):
    done = run_of(valley)
    found = json.loads(json.dumps(done.stability))
    assert found == done.stability
    assert [row["kind"] for row in found["kinds"]] == [
        "weights", "height of release", CALMS, WIND, PEOPLE, "everything at once",
    ]  # fmt: skip
    assert set(found["sites"]) == {f"S{n}" for n in range(5)}
    first = found["sites"][found["first"]]
    assert first["rank"] == 1
    assert set(first["top_three_share_by_kind"]) == {row["kind"] for row in found["kinds"]}
    shares = [site["acceptability"] for site in found["sites"].values()]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    for site in found["sites"].values():
        central = site["central_weights"]
        assert central is None or sum(map(abs, central.values())) == pytest.approx(1, abs=1e-5)
    assert {row["release"] for row in found["release_turns"]} == {"leak", "boiler", TALL}
    assert found["zone_turns"]["now_m"] == 500
    assert found["reversals"]["asked"] == 5
    assert set(found["methods_first"]) == {"topsis", "weighted_sum", "spotis", "promethee_ii"}
    assert done.sites["pareto"].any()
    assert run_of(valley).stability == found


def test_methods_of_the_settings_are_cases(valley):
    done = run_of(valley, {"method": ["weighted_sum", "spotis"], "preferences": ["exposure"]})
    assert done.judging.facts()["normalisation"] == "min-max"
    kinds = {row["kind"]: row for row in done.stability["kinds"]}
    assert kinds["method"]["cases"] == ["weighted_sum", "spotis"]
    assert done.judging.preferences == ["exposure"]


def test_the_page_says_what_the_order_depends_on(valley):
    done = run_of(valley)
    results = SimpleNamespace(stability=done.stability, verdict=done.verdict, suitable=xr.Dataset())
    (panel,) = stability_panels(results)
    text = " ".join(panel.text)
    assert panel.title == "How sure is the order"
    assert "The first three depend" in text
    assert "of 4 methods put the same site first" in text
    assert len(panel.table) == 6
    if done.stability["winner"] is None:
        assert not any(f"S{n}" in text for n in range(5))
    assert stability_panels(SimpleNamespace(stability={})) == []


def test_without_cases_there_is_still_a_table(valley):
    study, sites, burdens, _ = valley
    study_only = (study, sites, burdens, Uncertainty())
    kinds = [row["kind"] for row in run_of(study_only).stability["kinds"]]
    assert kinds == ["weights", "height of release", "everything at once"]


@pytest.fixture(scope="module")
def emitting():
    """The valley where the park emits NOx, and the air of today has some, of a known range."""
    study = study_of(sky_of(season=("hour", SEASONS)), emissions={"nox": 5.0})
    grid = study.region.grid(cell_m=500)
    here = 9.0 * np.exp(-grid["x"].values / 8000) * np.ones((grid.sizes["y"], 1))
    today = xr.Dataset(
        {"mean": (("pollutant", "y", "x"), np.stack([here, 0.5 * here, 1.3 * here]))},
        coords={"pollutant": ["nox", "nox_low", "nox_high"], "y": grid["y"], "x": grid["x"]},
        attrs=grid.attrs,
    )
    sites, burdens = sites_of(study, park=study.park, weather=study.own_weather, field=today)
    return study, sites, burdens, uncertainty_of(study, sites, PlumeOptions(), today)


def test_more_emission_never_brings_fewer_people_above(emitting):
    _, sites, _, found = emitting
    kinds = pd.Series(found.kinds).value_counts().to_dict()
    assert (kinds[EMISSION], kinds[TODAY]) == (2, 2)
    counts = [found.by_emission[times]["people_newly_above"] for times in sorted(found.by_emission)]
    assert (np.diff(np.array(counts[:4]), axis=0) >= 0).all()
    assert counts[-1].sum() > counts[0].sum()
    half = found.cases["half as much emitted"]["people_newly_above"]
    assert (half <= sites["people_newly_above"].to_numpy()).all()


def test_what_the_park_adds_changes_with_release_and_weather(emitting):
    _, sites, _, found = emitting
    worst = "worst_home_ug_m3_per_g_s"
    own = sites[worst].to_numpy()
    assert (found.by_release["all from leak"][worst] > own).all()
    assert (found.by_release["all from boiler"][worst] < own).all()
    assert list(found.by_release) == list(profile_cases(RELEASES))
    assert found.cases["winds under 1 m/s left out as calms"][worst] != pytest.approx(own)


def test_a_run_tells_what_emission_would_turn_its_order(emitting):
    found = run_of(emitting).stability
    turns = found["emission_turns"]
    assert turns["tried"] == [0.1, 10.0]
    assert [row["times"] for row in turns["firsts"]] == [0.1, 0.2, 0.5, 2.0, 5.0, 10.0]
    assert {row["kind"] for row in found["kinds"]} >= {EMISSION, TODAY}


def test_the_low_case_of_today_stands_in_for_what_is_likely():
    mean = xr.DataArray(
        [[1.0], [0.5], [7.0]],
        dims=("pollutant", "x"),
        coords={"pollutant": ["so2", "so2_low", "co"]},
    )
    today = xr.Dataset({"mean": mean})
    assert of_case(today, "low")["mean"].sel(pollutant="so2").item() == 0.5
    assert of_case(today, "low")["mean"].sel(pollutant="co").item() == 7.0
    assert of_case(today, "high") is None
    assert today["mean"].sel(pollutant="so2").item() == 1.0
