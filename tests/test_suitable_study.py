"""Suitable land of a study: the question why, the statistics of rules, land cover and slope."""

import csv
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from typer.testing import CliRunner

from geocluster.cli import app
from geocluster.steps.siting import suitable_of
from geocluster.study import read_study

BOUNDARY = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
"geometry": {"type": "Polygon", "coordinates":
[[[69.0, 41.0], [69.3, 41.0], [69.3, 41.2], [69.0, 41.2], [69.0, 41.0]]]}}]}"""
LAND = """{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"kind": "rail", "name": "Main line"},
"geometry": {"type": "LineString", "coordinates": [[69.0, 41.05], [69.3, 41.06]]}}]}"""
SOURCES = """source_id,name,longitude,latitude,stack_height_m,stack_diameter_m,exit_velocity_m_s,\
exit_temperature_k,emission_so2_g_s
a,Works,69.1,41.1,80,3,12,420,200
"""
TOWNS = "name,longitude,latitude,people\nCentre,69.15,41.1,60000\n"
WEATHER = "wind_from_deg,wind_speed_m_s,stability,temperature_k,hours\n90,3,D,288,10\n0,2,B,288,9\n"
SETTINGS = """[region]
name = "Example"
boundary = "boundary.geojson"
[inputs]
sources = "sources.csv"
towns = "towns.csv"
weather = "weather.csv"
land = "land.geojson"
[grid]
cell_m = 500
[park]
area_ha = 50
[siting]
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    names = ("boundary.geojson", "land.geojson", "sources.csv", "towns.csv", "weather.csv")
    texts = (BOUNDARY, LAND, SOURCES, TOWNS, WEATHER)
    for name, text in zip((*names, "study.toml"), (*texts, SETTINGS), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def edit(folder, old, new):
    path = folder / "study.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def raster(path, values, dtype):
    values = np.asarray(values, dtype)
    rows, columns = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype=dtype,
        crs="EPSG:4326", transform=from_origin(68.9, 41.3, 0.5 / columns, 0.4 / rows),
    ) as target:  # fmt: skip
        target.write(values, 1)


def ask(folder, at):
    return CliRunner().invoke(app, ["why", str(folder), "--at", at], catch_exceptions=False)


def test_why_not_here(folder):
    done = ask(folder, "69.15,41.1")
    assert done.exit_code == 0
    assert "Not suitable: " in done.output
    assert "Homes would lie inside the park's sanitary protection zone: 0 m to Centre" in (
        done.output
    )
    assert "it would take: move " in done.output
    assert "SanPiN 2.2.1/2.1.1.1200-03" in done.output
    assert "not checked: " in done.output
    nearest = done.output.split("It is at ")[1].split()[0].rstrip(".")
    again = ask(folder, nearest)
    assert "Suitable: no rule excludes this place." in again.output


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("41.1,69.15", "outside Example: longitude first"),
        ("690,41", "2 numbers"),
        ("200,41", "is no place"),
        ("here", "2 numbers parted by commas"),
        ("69.15", "2 numbers parted by commas"),
    ],
)
def test_a_place_that_is_none(folder, at, told):
    done = ask(folder, at)
    assert done.exit_code == 1
    assert told in done.output


def test_slope_and_land_cover_count(folder):
    ground = np.tile(np.concatenate([np.zeros(30), np.arange(30) * 280.0]), (40, 1))
    raster(folder / "dem.tif", ground, "float32")
    cover = np.full((400, 500), 30)
    cover[:, :150], cover[200:] = 40, 10  # cropland in the west; trees in the south
    raster(folder / "cover.tif", cover, "uint8")
    edit(folder, "land = ", 'dem = "dem.tif"\nland_cover = "cover.tif"\nland = ')
    edit(folder, "[siting]\n", '[siting]\nmode = "fast"\n')
    study = read_study(folder)
    assert {"dem.tif", "cover.tif"} <= set(study.inputs)
    suitable = suitable_of(study, study.grid())
    checked = {rule["rule_id"]: rule["checked"] for rule in suitable.attrs["rules"]}
    assert checked["slope"]
    assert checked["forest"]
    assert not checked["irrigated"]  # cropland tells nothing of water
    assert suitable.attrs["mode"] == "fast"
    bits = {rule["rule_id"]: rule["bit"] for rule in suitable.attrs["rules"]}
    forest = (suitable["reasons"].values.astype(np.uint64) >> np.uint64(bits["forest"])) & 1 > 0
    assert forest[-5:].all()
    assert not forest[:5].any()
    steep = suitable["slope_percent"].values > 15
    assert steep[:, -5:].all()
    assert not steep[:, :5].any()
    edit(folder, '"cover.tif"', '{ path = "cover.tif", kinds = { 40 = "irrigated" } }')
    dry = read_study(folder)
    assert suitable_of(dry, dry.grid()).suitable.sum() < suitable.suitable.sum()


def test_the_hazard_class_moves_the_zone(folder):
    free = {}
    for name in ("I", "III"):
        edit(folder, "area_ha = 50\n", f'area_ha = 50\nhazard_class = "{name}"\n')
        study = read_study(folder)
        free[name] = int(suitable_of(study, study.grid()).suitable.sum())
        edit(folder, f'hazard_class = "{name}"\n', "")
    assert free["I"] < free["III"]


def test_a_run_writes_what_each_rule_excludes(folder, tmp_path):
    done = CliRunner().invoke(app, ["run", str(folder), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "out" / "rules.csv").open(encoding="utf-8")))
    homes = next(row for row in rows if row["rule_id"] == "homes")
    assert float(homes["excluded_km2"]) == pytest.approx(
        float(homes["shared_km2"]) + float(homes["excluded_by_it_alone_km2"])
    )
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "What excludes land" in page
    assert "at least 500 m away" in page


def test_rules_of_accidents_take_more_bits_and_run(folder, tmp_path):
    edit(folder, "area_ha = 50\n", 'area_ha = 50\naccident_class = "III"\n')
    done = CliRunner().invoke(app, ["run", str(folder), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    study = read_study(folder)
    suitable = suitable_of(study, study.grid())
    assert suitable["reasons"].dtype == np.uint64
    rows = {
        row["rule_id"]: row
        for row in csv.DictReader((tmp_path / "out" / "rules.csv").open(encoding="utf-8"))
    }
    assert float(rows["accident_homes"]["excluded_km2"]) > float(rows["homes"]["excluded_km2"])
    assert rows["accident_homes"]["grade"] == "known"
