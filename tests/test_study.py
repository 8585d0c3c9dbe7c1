"""A study folder: what is read, what is refused, what is told; small, made on the spot."""

import json
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from typer.testing import CliRunner

from geocluster.cli import app
from geocluster.errors import GeoclusterError
from geocluster.notes import assumptions, demonstration
from geocluster.study import read_study

BOUNDARY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[69.0, 41.0], [69.4, 41.0], [69.4, 41.3], [69.0, 41.3], [69.0, 41.0]]
                ],
            },
        }
    ],
}
SETTINGS = """
[region]
name = "Example"
boundary = "boundary.geojson"
[inputs]
sources = "sources.csv"
towns = "towns.csv"
weather = "weather.csv"
land = "land.geojson"
[grid]
cell_m = 1000
[plume]
reach_m = 30000
[park]
area_ha = 200
"""
SOURCES = """source_id,name,longitude,latitude,stack_height_m,stack_diameter_m,exit_velocity_m_s,\
exit_temperature_k,emission_so2_g_s,emission_nox_g_s
a,Smelter <b>A</b>,69.15,41.10,80,3,12,420,200,20
b,Works B,69.16,41.11,40,2,10,400,20,10
c,Works C,69.17,41.10,30,2,10,400,5,8
"""
TOWNS = """name,longitude,latitude,people
Centre,69.2,41.15,120000
Village,69.3,41.25,9000
"""
LAND = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"kind": kind, "name": kind},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for kind, line in (
            ("road", [[69.0, 41.14], [69.4, 41.16]]),
            ("rail", [[69.0, 41.12], [69.4, 41.13]]),
            ("power", [[69.05, 41.0], [69.3, 41.3]]),
            ("water", [[69.1, 41.3], [69.12, 41.0]]),
        )
    ],
}


def weather():
    rows = ["wind_from_deg,wind_speed_m_s,stability,temperature_k,hours"]
    for direction in range(0, 360, 45):
        for stability, speed in (("B", 2.0), ("D", 4.0), ("F", 1.2)):
            rows.append(f"{direction},{speed},{stability},288,{10 + direction // 45}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def folder(tmp_path):
    files = {
        "study.toml": SETTINGS,
        "boundary.geojson": json.dumps(BOUNDARY),
        "sources.csv": SOURCES,
        "towns.csv": TOWNS,
        "land.geojson": json.dumps(LAND),
        "weather.csv": weather(),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_the_tables_are_in_the_region_crs(folder):
    study = read_study(folder)
    for table in (study.sources, study.homes, study.land, study.places, study.zones):
        assert table.crs == study.region.crs
    assert study.homes["people"].sum() == pytest.approx(129_000)
    assert set(study.inputs) == {
        "study.toml", "boundary.geojson", "sources.csv", "towns.csv", "land.geojson", "weather.csv"
    }  # fmt: skip
    assert sum(map(abs, study.weights.values())) == pytest.approx(1)


def test_run_writes_everything_and_says_who_is_exposed(folder, tmp_path):
    done = run("run", folder, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        "index.html", "review.html", "dossier.html", "exposure.csv", "homes.gpkg", "sites.gpkg",
        "sites.csv", "rules.csv", "clusters.gpkg", "concentration.tif", "burden.tif",
        "candidates.json",
        "stability.json", "provenance.json", "suitable.tif", "region.gpkg", "geocluster.qgs",
        "burden.qml", "concentration.qml", "suitable.qml", "supply.csv",
    }  # fmt: skip
    assert "people live in the region" in done.output
    assert "by these sources alone" in done.output
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Smelter <b>A</b>" not in page
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["inputs_sha256"].keys() >= {"study.toml", "sources.csv"}
    assert provenance["low_winds"] == {} or "so2" in provenance["low_winds"]


def test_means_by_tables_are_those_of_all_hours_and_said_to_be(folder, tmp_path):
    fields = {}
    for method in ("hourly", "tables"):
        out = tmp_path / method
        assert run("run", folder, "--out", out).exit_code == 0
        with rasterio.open(out / "concentration.tif") as raster:
            assert raster.descriptions == ("so2_mean", "nox_mean")
            fields[method] = raster.read()
        told = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
        assert told["settings"]["plume"]["method"] == method
        assert any("polar tables" in note for note in told["notes"]) == (method == "tables")
        page = (out / "index.html").read_text(encoding="utf-8")
        assert ("by polar tables" in page) == (method == "tables")
        if method == "hourly":
            edit(folder, "study.toml", "[plume]", '[plume]\nmethod = "tables"')
    hourly, tables = fields["hourly"], fields["tables"]
    counts = hourly > 0.05 * hourly.max()
    np.testing.assert_allclose(tables[counts], hourly[counts], rtol=0.02)


def test_a_demonstration_says_so_in_every_table(folder, tmp_path):
    out = tmp_path / "out"
    assert run("run", folder, "--out", out).exit_code == 0
    for name in ("exposure.csv", "sites.csv"):
        assert "demonstration" in (out / name).read_text().splitlines()[0]
    assert set(pd.read_csv(out / "exposure.csv")["demonstration"]) == {
        "Demonstration: people are not from a census grid"
    }
    assert "demonstration" in gpd.read_file(out / "sites.gpkg")
    with rasterio.open(out / "burden.tif") as raster:
        assert "census grid" in raster.tags()["demonstration"]


def test_no_site_left_is_said(folder, tmp_path):
    edit(folder, "study.toml", "area_ha = 200", "area_ha = 90000")
    done = run("run", folder, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "No land on the fringe is left" in done.output


def test_a_file_in_the_way_of_results_is_told_before_computing(folder, tmp_path):
    (tmp_path / "taken").write_text("mine")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below"):
        done = run("run", folder, "--out", out)
        assert done.exit_code == 1
        assert "it is a file" in done.output
        assert "dispersion" not in done.output
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_rerun_gives_the_same_bytes(folder, tmp_path):
    for name in ("one", "two"):
        assert run("run", folder, "--out", tmp_path / name).exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_check_reads_without_running(folder):
    done = run("check", folder)
    assert done.exit_code == 0
    assert "nothing wrong found" in done.output
    assert "129,000 people" in done.output


ERRORS = {
    "missing file": ("study.toml", "sources.csv", "source.csv", "no such file"),
    "missing column": ("sources.csv", "stack_height_m", "height", "stack_height_m"),
    "unknown unit": ("sources.csv", "emission_so2_g_s", "emission_so2_st_h", "unknown unit"),
    "unknown pollutant": ("sources.csv", "emission_so2_g_s", "emission_so9_g_s", "so9"),
    "negative emission": ("sources.csv", "420,200,20", "420,-200,20", "-200"),
    "NaN": ("sources.csv", "420,200,20", "420,nan,20", "emission_so2_g_s"),
    "infinite": ("sources.csv", "420,200,20", "420,inf,20", "emission_so2_g_s"),
    "wind out of range": ("weather.csv", "0,2.0,B", "0,200.0,B", "wind_speed"),
    "direction out of range": ("weather.csv", "315,2.0,B", "515,2.0,B", "515"),
    "broken TOML": ("study.toml", "[inputs]", "[inputs", "line"),
    "unknown key": ("study.toml", "cell_m", "cell_size", "cell_size"),
    "a wrong value": ("study.toml", "cell_m = 1000", "cell_m = -5", "cell_m"),
    "a CRS with a large scale error": (
        "study.toml", 'boundary = "boundary.geojson"',
        'boundary = "boundary.geojson"\ncrs = "EPSG:3857"', "wrong by up to",
    ),
    "a CRS in degrees": (
        "study.toml", 'boundary = "boundary.geojson"',
        'boundary = "boundary.geojson"\ncrs = "EPSG:4326"', "metric",
    ),
    "towns of another place": (
        "towns.csv", TOWNS, "name,lon,lat,people\nA,79.2,41,7\n", "nothing left",
    ),
    "greenhouse gases alone": (
        "sources.csv", "emission_so2_g_s,emission_nox_g_s", "emission_co2_g_s,emission_ch4_g_s",
        "never dispersed",
    ),
    "an inventory without regions": (
        "study.toml", "[grid]", 'table1 = "towns.csv"\n[grid]', "'region'",
    ),
    "nobody lives there": ("towns.csv", TOWNS.split("\n", 1)[1], "", "towns"),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
@pytest.mark.parametrize("command", ["check", "run"])
def test_bad_input_is_a_message_and_exit_code_1(folder, tmp_path, case, command):
    name, old, new, told = ERRORS[case]
    edit(folder, name, old, new)
    words = [command, folder] + (["--out", tmp_path / "out"] if command == "run" else [])
    done = run(*words)
    assert done.exit_code == 1
    assert told in done.output.replace("\n", " ")
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_every_fault_at_once(folder):
    edit(folder, "study.toml", "cell_m = 1000", "cell_m = -5")
    edit(folder, "study.toml", 'towns = "towns.csv"', 'towns = "people.csv"')
    with pytest.raises(GeoclusterError) as told:
        read_study(folder)
    assert "cell_m" in str(told.value)
    assert "people.csv" in str(told.value)


def test_what_was_mended_is_told_beside_the_error(folder):
    edit(folder, "sources.csv", "c,Works C,69.17,41.10", "c,Works C,79.45,41.10")
    edit(folder, "weather.csv", "0,2.0,B", "0,200.0,B")
    for command in ("check", "run"):
        done = run(command, folder)
        assert done.exit_code == 1
        assert "1 of 3 sources left out" in done.output.replace("\n", " ")


def test_no_source_left_is_an_error(folder):
    text = (folder / "sources.csv").read_text().splitlines()[0] + "\n"
    (folder / "sources.csv").write_text(text)
    done = run("check", folder)
    assert done.exit_code == 1
    assert "source" in done.output


def test_what_is_mended_is_told_and_kept(folder):
    edit(folder, "sources.csv", "c,Works C,69.17,41.10", "c,Works C,69.45,41.10")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(folder)
    assert any("sources" in line and "outside" in line for line in study.warnings), study.warnings
    assert "outside" in run("check", folder).output


def test_a_town_far_away_is_left_out_and_one_across_the_border_told(folder):
    edit(folder, "towns.csv", "Village,69.3,", "Far,72.0,41.25,500000\nVillage,69.5,")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(folder)
    assert study.homes["people"].sum() == pytest.approx(129_000)
    told = " ".join(study.warnings)
    assert "1 of 3 towns left out, more than 30 km outside Example: Far" in told
    assert "1 of 3 towns lie outside Example and are counted as its people: Village" in told


def test_weather_from_far_away_is_told_first(folder):
    (folder / "weather.csv").write_text("# latitude: 45\n# longitude: 8\n" + weather())
    study = read_study(folder)
    assert "the weather is of another place" in demonstration(study)
    assert assumptions(study)[0].startswith("The weather is not of this place")
    assert study.not_valid.covers(study.region.boundary).any()
    edit(folder, "weather.csv", "45\n# longitude: 8", "41.2\n# longitude: 69.1")
    assert "the weather is of another place" not in demonstration(read_study(folder))


def test_a_zone_of_another_place_does_not_compete(folder):
    edit(folder, "study.toml", "[grid]", 'zones = "zones.csv"\n[grid]')
    rows = ["name,longitude,latitude,area_ha", "Here,69.2,41.1,300", "There,79.2,41.1,300"]
    (folder / "zones.csv").write_text("\n".join(rows) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(folder)
    assert study.zones["name"].tolist() == ["Here"]
    assert any("1 of 2 zones left out" in line for line in study.warnings)


@pytest.mark.parametrize("area", ["-50", "abc", "1e9"])
def test_a_zone_of_an_impossible_area_is_told(folder, area):
    edit(folder, "study.toml", "[grid]", 'zones = "zones.csv"\n[grid]')
    (folder / "zones.csv").write_text(f"name,longitude,latitude,area_ha\nA,69.2,41.1,{area}\n")
    done = run("check", folder)
    assert done.exit_code == 1
    assert "zones.csv: column 'area_ha'" in done.output


def test_an_inventory_without_the_region_is_told_before_computing(folder):
    edit(folder, "study.toml", "[grid]", 'table1 = "table1.csv"\n[grid]')
    (folder / "table1.csv").write_text("region,so2_kt_yr\nElsewhere,5\n")
    done = run("check", folder)
    assert done.exit_code == 1
    assert "one row for 'Example' is needed" in done.output.replace("\n", " ")


def test_a_grid_too_fine_is_told_before_computing(folder):
    edit(folder, "study.toml", "cell_m = 1000", "cell_m = 10")
    wide = (folder / "boundary.geojson").read_text().replace("69.4", "70.4")
    (folder / "boundary.geojson").write_text(wide)
    done = run("check", folder)
    assert done.exit_code == 1
    assert "at least 20 is allowed" in done.output.replace("\n", " ")


def test_a_layer_without_a_row_is_named(folder):
    (folder / "land.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    done = run("check", folder)
    assert done.exit_code == 0, done.output
    assert "land.geojson: 1 layer without a row" in done.output.replace("\n", "")


def test_wrong_usage_is_exit_code_2():
    assert run("run").exit_code == 2
    assert run("nonsense").exit_code == 2
