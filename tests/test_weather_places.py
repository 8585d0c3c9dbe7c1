"""A study with several weathers: whose weather is whose, what is hatched, and what is told."""

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geocluster.errors import InputError, SettingsError, TableError
from geocluster.exposure.burden import burden_by_release
from geocluster.load.settings import read_settings
from geocluster.notes import assumptions, demonstration
from geocluster.plume.field import concentration
from geocluster.report import provenance, write_results
from geocluster.run import compute
from geocluster.steps.dispersion import plume_options, statistics_for
from geocluster.study import read_study
from geocluster.validity import weather_at

SETTINGS = """
[region]
name = "Two valleys"
boundary = "boundary.geojson"
[inputs]
sources = "sources.csv"
towns = "towns.csv"
weather = "plain.csv"
[weather]
valid_within_km = 15
[grid]
cell_m = 2000
[plume]
reach_m = 20000
[park]
area_ha = 200
[[park.releases]]
name = "hall"
release_height_m = 10
initial_sigma_y_m = 23.3
initial_sigma_z_m = 9.3
"""
PLACE = """
[[weather_places]]
name = "Upper valley"
file = "upper.csv"
area = "upper.geojson"
note = "The upper station stands in a gorge."
"""
SOURCES = """source_id,name,longitude,latitude,stack_height_m,stack_diameter_m,exit_velocity_m_s,\
exit_temperature_k,emission_so2_g_s
a,Smelter,69.05,41.10,80,3,12,420,200
b,Works,69.10,41.15,40,2,10,400,20
c,Kiln,69.32,41.15,30,2,10,400,50
"""
TOWNS = """name,longitude,latitude,people
Centre,69.08,41.12,120000
Upper,69.33,41.13,30000
"""


def shape(*bounds: float) -> str:
    return gpd.GeoSeries([box(*bounds)], crs="EPSG:4326").to_json()


def hours(seed: int, longitude: float, *, wind_from: float, first: str = "2025-06-01") -> str:
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"datetime": pd.date_range(first, periods=48, freq="h")})
    table["wind_speed_m_s"] = random.uniform(0.5, 6, 48).round(1)
    table.loc[random.random(48) < 0.1, "wind_speed_m_s"] = 0.0
    table["wind_from_deg"] = (wind_from + random.uniform(-20, 20, 48)).round()
    table["temperature_c"] = 20.0
    table["stability"] = random.choice(list("ABCDEF"), 48)
    head = f"# latitude: 41.15\n# longitude: {longitude}\n# time_zone: 5\n# origin: seed {seed}\n"
    return head + table.to_csv(index=False)


@pytest.fixture
def folder(tmp_path):
    files = {
        "study.toml": SETTINGS + PLACE,
        "boundary.geojson": shape(69.0, 41.0, 69.4, 41.3),
        "upper.geojson": shape(69.25, 40.9, 69.5, 41.4),
        "sources.csv": SOURCES,
        "towns.csv": TOWNS,
        "plain.csv": hours(1, 69.1, wind_from=90),
        "upper.csv": hours(2, 69.33, wind_from=200),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def rewrite(folder, old: str, new: str, name: str = "study.toml") -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_each_source_is_under_the_weather_of_its_ground(folder) -> None:
    study = read_study(folder)
    assert list(study.weathers) == ["default", "Upper valley"]
    assert study.weather is study.weathers["default"]
    assert study.sources["weather"].tolist() == ["default", "default", "Upper valley"]
    assert study.inputs.keys() >= {"plain.csv", "upper.csv", "upper.geojson"}
    assert study.inventory()[-2:] == [
        "weather  default: 48 hours, 2 sources", "weather  Upper valley: 48 hours, 1 source",
    ]  # fmt: skip
    rewrite(folder, "c,Kiln,69.32", "c,Kiln,69.22", "sources.csv")
    assert read_study(folder).sources["weather"].tolist() == ["default"] * 3


def test_a_table_of_sources_may_name_their_weather(folder) -> None:
    rewrite(folder, "emission_so2_g_s", "emission_so2_g_s,weather", "sources.csv")
    rewrite(folder, "420,200", "420,200,Upper valley", "sources.csv")
    rewrite(folder, "400,20\n", "400,20,\n", "sources.csv")
    rewrite(folder, "400,50", "400,50,", "sources.csv")
    own = read_study(folder).sources.set_index("source_id")["weather"]
    assert own.to_dict() == {"a": "Upper valley", "b": "default", "c": "Upper valley"}
    rewrite(folder, "Upper valley", "Uper valley", "sources.csv")
    with pytest.raises(TableError, match="did you mean 'Upper valley'"):
        read_study(folder)


def test_one_weather_is_as_it_was(folder) -> None:
    rewrite(folder, PLACE, "")
    study = read_study(folder)
    assert "weather" not in study.sources
    assert study.own_weather is study.weather
    assert study.weather_of(study.region.grid(2000)) is None
    assert study.inventory()[-1] == "weather  48 hours"
    told = provenance(study, compute(study))
    assert "weather_places" not in told
    assert "weather_places" not in told["settings"]


def test_what_lies_in_no_area_is_hatched(folder) -> None:
    study = read_study(folder)
    (area,) = study.weather_areas.geometry
    (station,) = gpd.GeoSeries(gpd.points_from_xy([69.1], [41.15]), crs=4326).to_crs(
        study.region.crs
    )
    (reason,) = study.not_valid["reason"]
    (hatched,) = study.not_valid.geometry
    assert reason == (
        "more than 15 km from the place of the weather, and in no area of another weather"
    )
    everything = box(*study.region.boundary.bounds)
    valid = station.buffer(15_000).union(area)
    assert hatched.intersection(valid).area < 1e-3 * everything.area
    assert hatched.union(valid).intersection(everything).area > 0.999 * everything.area
    rewrite(folder, "valid_within_km = 15", "valid = false")
    study = read_study(folder)
    assert not study.not_valid.union_all().intersects(area.buffer(-1))
    assert "part of the weather is of another place" in demonstration(study)
    rewrite(folder, "69.25", "68.9", "upper.geojson")
    study = read_study(folder)
    assert study.not_valid.empty
    assert "weather" not in demonstration(study)


def test_a_circle_needs_its_station_and_the_nearest_one_wins(folder) -> None:
    rewrite(folder, 'area = "upper.geojson"', "within_km = 8")
    second = PLACE.replace("Upper valley", "Lower").replace(
        'area = "upper.geojson"', "within_km = 9"
    )
    second = second.replace("upper.csv", "plain.csv").replace("note", "longitude = 69.22\nnote")
    (folder / "study.toml").write_text((folder / "study.toml").read_text() + second)
    study = read_study(folder)
    points = gpd.GeoSeries(
        gpd.points_from_xy([69.35, 69.285, 69.265, 69.22, 69.02], [41.15] * 5), crs=4326
    ).to_crs(study.region.crs)
    found = weather_at(points.x.to_numpy(), points.y.to_numpy(), study.weather_areas, "default")
    assert found.tolist() == ["Upper valley", "Upper valley", "Lower", "Lower", "default"]
    rewrite(folder, "# longitude: 69.33\n", "", "upper.csv")
    with pytest.raises(InputError, match=r"no. 1 \(Upper valley\): within_km needs the station"):
        read_study(folder)
    rewrite(folder, "within_km = 8", 'area = "upper.geojson"')
    with pytest.raises(InputError, match="areas of Upper valley and Lower overlap"):
        read_study(folder)


def test_a_run_takes_each_weather_where_it_is_taken(folder, tmp_path) -> None:
    study = read_study(folder)
    assert statistics_for(study) == ["mean", "max_1h"]
    results = compute(study)
    grid = study.region.grid(2000)
    total = 0.0
    for name, weather in study.weathers.items():
        own = study.sources[study.sources["weather"] == name]
        total = total + concentration(own, grid, weather, options=plume_options(study))["mean"]
    mean = results.field["mean"].sel(pollutant=total["pollutant"])
    np.testing.assert_allclose(mean, total, rtol=1e-12)
    assert "max_1h" in results.field
    _burden_is_by_area(study, results, grid)
    _told(study, results)
    written = write_results(study, results, tmp_path / "out")
    page = written["index.html"].read_text(encoding="utf-8")
    assert "Weather stations and their areas" in page
    _stations_are_drawn(page)
    assert "Weather Upper valley, in its area: seed 2" in page


def _stations_are_drawn(page: str) -> None:
    data = page.split('id="gc-data">')[1].split("</script>")[0]
    (layer,) = [part for part in json.loads(data)["layers"] if part["key"] == "weather_places"]
    kinds = [(feature[0], feature[3], *feature[4:]) for feature in layer["features"]]
    assert kinds == [
        (2, "Upper valley", "where this weather is taken"),
        (0, "default", "station"),
        (0, "Upper valley", "station"),
    ]


def _burden_is_by_area(study, results, grid) -> None:
    names = study.weather_of(grid)
    assert 0.1 < float((names == "Upper valley").mean()) < 0.9
    for name, weather in study.weathers.items():
        own = burden_by_release(
            study.homes,
            grid,
            weather,
            releases=study.park.releases,
            options=plume_options(study),
        )
        here = (names == name).values
        np.testing.assert_array_equal(results.burdens.values[:, here], own.values[:, here])
        assert not np.allclose(results.burdens.values[:, ~here], own.values[:, ~here])


def _told(study, results) -> None:
    text = "\n".join(results.notes)
    assert "Weather default, wherever no other is taken: seed 1; 48 hours" in text
    assert "2 sources (Smelter, Works)" in text
    assert "1 source (Kiln)" in text
    assert "The upper station stands in a gorge." in text
    assert f"of the {results.field.attrs['hours_shared_valid']:,} hours" in text
    assert "% of the time at Upper valley (calms" in text
    assert {"raised", "dropped"} == set(results.low_winds["so2"])
    told = json.loads(json.dumps(provenance(study, results), default=str))
    assert told["weather_places"]["Upper valley"]["sources"] == ["Kiln"]
    assert told["weather_places"]["Upper valley"]["origin"] == "seed 2"
    assert told["weather_hours"]["hours_shared"] == 48
    assert told["settings"]["weather_places"][0]["file"] == "upper.csv"


def test_weathers_of_different_times_answer_means_alone(folder) -> None:
    (folder / "upper.csv").write_text(hours(2, 69.33, wind_from=200, first="2024-06-01"))
    study = read_study(folder)
    assert statistics_for(study) == ["mean"]
    assert "single hours and days are not" in "\n".join(compute(study).notes)


def test_every_broken_weather_is_told_at_once(folder) -> None:
    rewrite(folder, "wind_speed_m_s", "speed", "upper.csv")
    rewrite(folder, "stability", "stab_class", "plain.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError) as told:
            read_study(folder)
    assert "upper.csv" in str(told.value)
    assert "plain.csv" in str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "Upper valley"', 'name = "default"', "'default' is the weather of [inputs]"),
        ('name = "Upper valley"', 'name = "a/b"', "give text without a slash"),
        ('name = "Upper valley"\n', "", "[[weather_places]] no. 1, name is missing: add it"),
        ('area = "upper.geojson"\n', "", "give either area, a file of polygons, or within_km"),
        ('area = "upper.geojson"', 'area = "upper.geojson"\nwithin_km = 5', "give either area"),
        ('area = "upper.geojson"', "within_km = 0", "no. 1, within_km = 0: above 0 is allowed"),
        ('area = "upper', 'area = "uper', "no. 1, area = 'uper.geojson': there is no such file"),
        ('file = "upper.csv"', 'file = "up.csv"', "no. 1, file = 'up.csv': there is no such file"),
        ("[[weather_places]]", "[weather_places]", "write [[weather_places]]"),
        ("note =", "remark =", "unknown key"),
        (PLACE, PLACE + PLACE, "the name Upper valley stands twice"),
    ],
)
def test_faults_of_the_settings(folder, old, new, words) -> None:
    rewrite(folder, old, new)
    with pytest.raises(SettingsError) as told:
        read_settings(folder)
    assert words in str(told.value)


def test_the_report_of_assumptions_names_no_other_place_where_there_is_none(folder) -> None:
    rewrite(folder, PLACE, "")
    study = read_study(folder)
    assert assumptions(study)[0] == "Weather: seed 1."
