"""A study with all that criteria ask for: from the files to the table of sites and the page."""

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_bounds
from shapely.geometry import LineString, Point, box

from geocluster.errors import InputError
from geocluster.panels.siting import criteria_panel
from geocluster.run import run_study
from geocluster.siting.criteria import criteria_table
from geocluster.study import read_study

SETTINGS = """
[region]
name = "Example"
boundary = "boundary.geojson"
[inputs]
sources = "sources.csv"
homes = "homes.geojson"
weather = "weather.csv"
land = "land.geojson"
places = "places.geojson"
dem = "ground.tif"
border = "border.geojson"
land_prices = "prices.geojson"
[grid]
cell_m = 1000
[plume]
reach_m = 30000
[park]
area_ha = 200
[park.emissions]
so2 = 200.0
nox = 100.0
[siting]
fringe_classes = ["suburb", "village", "dispersed", "uninhabited"]
fringe_km = 20
max_sites = 25
"""
SOURCES = """source_id,name,sector,longitude,latitude,stack_height_m,stack_diameter_m,\
exit_velocity_m_s,exit_temperature_k,emission_so2_g_s,emission_nox_g_s
a,Smelter,metals,69.15,41.10,80,3,12,420,200,20
b,Works B,cement,69.16,41.11,40,2,10,400,20,10
c,Works C,food,69.17,41.10,30,2,10,400,5,8
"""
ROADS = [
    ("road", "tertiary", [[69.0, 41.14], [69.2, 41.14], [69.4, 41.14]]),
    ("road", "trunk", [[69.2, 41.0], [69.2, 41.14], [69.2, 41.3]]),
    ("rail", None, [[69.0, 41.12], [69.4, 41.13]]),
    ("power", "line", [[69.05, 41.0], [69.3, 41.3]]),
    ("water", "river", [[69.1, 41.3], [69.12, 41.0]]),
]


def write(file: Path, shapes, **columns) -> None:
    table = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    file.write_text(table.to_json(), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    rows = ["wind_from_deg,wind_speed_m_s,stability,temperature_k,hours"]
    for direction in range(0, 360, 45):
        for stability, speed in (("B", 2.0), ("D", 4.0), ("F", 1.2)):
            rows.append(f"{direction},{speed},{stability},288,{10 + direction // 45}")
    texts = {
        "study.toml": SETTINGS,
        "sources.csv": SOURCES,
        "weather.csv": "# latitude: 41.1\n# longitude: 69.2\n" + "\n".join(rows) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    write(folder / "boundary.geojson", [box(69.0, 41.0, 69.4, 41.3)])
    homes = [box(69.17, 41.13, 69.23, 41.18), box(69.3, 41.25, 69.32, 41.27)]
    write(folder / "homes.geojson", homes,
          name=["Centre", "Village"], people=[120_000, 9000])  # fmt: skip
    fields = [box(69.0, 41.0, 69.1, 41.3)]
    write(folder / "land.geojson", [*(LineString(line) for *_, line in ROADS), *fields],
          kind=[kind for kind, *_ in ROADS] + ["farmland"],
          **{"class": [name for _, name, _ in ROADS] + [None]})  # fmt: skip
    write(folder / "places.geojson", [Point(69.2, 41.17), Point(69.31, 41.26)],
          kind=["hospital", "school"], name=["Hospital <1>", "School 7"])  # fmt: skip
    write(folder / "border.geojson", [LineString([(68.9, 41.4), (69.5, 41.4)])])
    write(folder / "prices.geojson", [box(69.0, 41.0, 69.2, 41.3)], price_per_ha=[5000.0],
          currency=["USD"], type=["arable"])  # fmt: skip
    with rasterio.open(
        folder / "ground.tif", "w", driver="GTiff", height=80, width=100, count=1, dtype="float32",
        crs="EPSG:4326", transform=from_bounds(68.7, 40.8, 69.7, 41.6, 100, 80),
    ) as file:  # fmt: skip
        file.write(np.tile(np.linspace(400, 900, 100, dtype="float32"), (80, 1)), 1)
    return folder


@pytest.fixture(scope="module")
def outcome(folder, tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run_study(folder, tmp_path_factory.mktemp("out"))


MORE = {
    "[inputs]": '[inputs]\nzones = "zones.csv"',
    "[plume]": '[plume]\nurban = "auer"\ndepletion = false',
    "[park]\n": "[plume.deposition.so2]\nvelocity_m_s = 0.01\n"
    '[park]\nhazard_class = "II"\naccident_class = "III"\n',
    "nox = 100.0": "nox = 100.0\npm25 = 3.0\n[park.harm]\n"
    'source = "made up"\ndeaths_per_1000 = 5.0\nshare_of_people = 0.6',
    "max_sites = 25": """max_sites = 25
preferences = ["exposure", "access"]
proposed = "proposed.geojson"
[siting.ahp]
exposure.access = 3
exposure.land = 9
access.land = 9
[siting.together]
parks = 3
min_spacing_m = 3000
samples = 8
[[facilities]]
name = "laboratory"
[[facilities]]
name = "stations"
objective = "coverage"
within_minutes = 20""",
}


@pytest.fixture(scope="module")
def everything(folder, tmp_path_factory):
    """The same study with all that may be asked for, computed once."""
    from geocluster.run import compute

    target = tmp_path_factory.mktemp("everything")
    for file in folder.iterdir():
        if file.is_file():
            (target / file.name).write_bytes(file.read_bytes())
    settings = SETTINGS
    for old, new in MORE.items():
        assert old in settings
        settings = settings.replace(old, new)
    (target / "study.toml").write_text(settings, encoding="utf-8")
    origins = SOURCES.replace(",emission_so2", ",emission_origin,stack_origin,emission_so2")
    for row, origin in (("12,420,", "assumed,factor,"), ("10,400,", "allocated,assumed,")):
        origins = origins.replace(row, row + origin)
    (target / "sources.csv").write_text(origins, encoding="utf-8")
    sites = [box(69.3, 41.05, 69.33, 41.08), box(69.31, 41.06, 69.34, 41.09)]
    write(target / "proposed.geojson", [*sites, box(69.2, 41.2, 69.205, 41.205)],
          name=["Yard", "Field", "Corner"], area_ha=[600.0, None, None])  # fmt: skip
    (target / "zones.csv").write_text(
        "name,longitude,latitude,area_ha,coord_err_m\nOld,69.35,41.2,260,2000\nTiny,69.37,41.1,20,1\n",
        encoding="utf-8",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(target)
        return study, compute(study)


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_nothing_of_ours_stays_english_whatever_is_asked_for(everything, untold, language):
    from geocluster.report import draw

    study, results = everything
    said = " ".join(results.notes)
    for word in ("Auer", "Dry deposition", "Terrain", "overlap", "AHP"):
        assert word in said
    assert results.harm is not None
    assert len(results.facilities) == 2
    assert results.together is not None
    assert untold(draw(study, results, language).html) == []


def test_every_criterion_with_an_input_has_a_value(outcome):
    criteria = criteria_table(outcome.results.sites).set_index("column")["completeness"]
    missing = set(criteria.index[criteria == 0])
    assert missing == {
        "distance_substation_m", "distance_wastewater_m", "growth_people", "growth_built_up_ha",
    }  # fmt: skip
    weights = outcome.results.weights
    assert not {*missing, "distance_border_m", "distance_road_m", "workers_within_15_km"} & set(
        weights
    )
    for column in ("people_newly_above", "vegetation_newly_above_ha", "worst_place_ug_m3_per_g_s",
                   "minutes_trunk_road", "workers_within_30_min", "land_price_per_ha"):  # fmt: skip
        assert column in weights
    assert weights["workers_within_30_min"] > 0 > weights["people_newly_above"]


def test_the_table_of_sites_tells_all_of_it(outcome):
    sites = pd.read_csv(outcome.files["sites.csv"])
    assert set(sites["worst_home_name"]) == {"Centre", "Village"}
    assert set(sites["worst_place_name"]) <= {"Hospital <1>", "School 7"}
    per_g_s = sites["worst_home_ug_m3_per_g_s"]
    assert sites["worst_home_so2_ug_m3"].tolist() == pytest.approx((200 * per_g_s).tolist())
    assert (sites["people_above_in_all"] >= sites["people_newly_above"]).all()
    assert sites["people_newly_above"].max() > 0
    priced = sites["land_price_per_ha"].notna()
    assert 0 < priced.mean() < 1
    assert set(sites.loc[priced, "land_price_per_ha"]) == {5000.0}
    # 500 m over a degree of longitude of 83 km.
    assert sites["slope_mean_pct"].median() == pytest.approx(0.6, abs=0.1)
    assert sites["distance_border_m"].min() > 10_000


def test_the_page_lists_what_is_known_and_asks_for_the_rest(outcome):
    panel = criteria_panel(outcome.results)
    assert "Minutes by road to a motorway or trunk road" in panel.table["criterion"].tolist()
    assert "Distance to a substation" not in panel.table["criterion"].tolist()
    text = " ".join(panel.text)
    assert "Distance to a substation (give [inputs] land or osm, with substations)" in text
    # Nothing is asked for that a better criterion makes needless.
    assert "Distance to a main road" not in text
    page = outcome.files["index.html"].read_text(encoding="utf-8")
    assert "Hospital <1>" not in page


def test_what_is_the_same_for_all_is_said_to_tell_none_apart(outcome):
    told = "Criteria with one value for all candidates tell none of them apart"
    results = outcome.results
    weighed = next(column for column, weight in results.weights.items() if weight)
    assert results.measured[weighed].nunique() > 1
    alike = replace(results, measured=results.measured.assign(**{weighed: 7.0}))
    label = criteria_table(results.sites).set_index("column").loc[weighed, "label"]
    (sentence,) = (text for text in criteria_panel(alike).text if told in text)
    assert label in sentence
    assert not any(label in text for text in criteria_panel(results).text if told in text)
    unweighed = replace(alike, weights={**results.weights, weighed: 0.0})
    assert not any(label in text for text in criteria_panel(unweighed).text if told in text)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("columns", "shape", "message"),
    [
        ({"price": [1.0]}, box(69, 41, 69.4, 41.3), "'price_per_ha' is missing"),
        ({"price_per_ha": [-1.0]}, box(69, 41, 69.4, 41.3), "at least 0"),
        ({"price_per_ha": [1.0]}, Point(69.1, 41.1), "polygons"),
    ],
)
def test_prices_that_cannot_be(folder, tmp_path, columns, shape, message):
    for file in folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    write(tmp_path / "prices.geojson", [shape], **columns)
    with pytest.raises(InputError, match=message):
        read_study(tmp_path)


def test_countries_as_polygons_give_their_outline(folder, tmp_path):
    for file in folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    write(tmp_path / "border.geojson", [box(60, 40, 75, 41.5)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(tmp_path)
    assert set(study.border.geom_type) <= {"LineString", "MultiLineString"}
    assert math.isclose(study.border.distance(study.region.boundary).min(), 22_200, rel_tol=0.02)
    assert json.loads((tmp_path / "border.geojson").read_text())["type"] == "FeatureCollection"
