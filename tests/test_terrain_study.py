"""A study with terrain: from the elevation raster to the plume, the map and the notes."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from shapely.geometry import Point

from geocluster.elevation import WHY_NOT_VALID, in_valleys, overlooked
from geocluster.errors import InputError, SettingsError
from geocluster.load.settings import read_settings
from geocluster.run import run_study
from geocluster.steps.dispersion import plume_options
from geocluster.study import read_study

SETTINGS = """
[region]
name = "Example"
boundary = "boundary.geojson"
[inputs]
sources = "sources.csv"
towns = "towns.csv"
weather = "weather.csv"
[grid]
cell_m = 1000
[plume]
reach_m = 30000
[park]
area_ha = 200
"""
SOURCES = """name,longitude,latitude,stack_height_m,stack_diameter_m,exit_velocity_m_s,\
exit_temperature_k,emission_so2_g_s
Smelter,69.05,41.10,80,3,12,420,200
Works,69.06,41.11,40,2,10,400,20
"""
TOWNS = "name,longitude,latitude,people\nPlain,69.06,41.12,50000\nHill,69.27,41.1,9000\n"
SHORE = 69.15  # degrees east: to the west a plain at 400 m, to the east hills at 1,000 m


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = ["wind_from_deg,wind_speed_m_s,stability,temperature_k,hours"]
    rows += [f"{direction},3,D,288,{10 + direction // 45}" for direction in range(0, 360, 45)]
    ring = [[69.0, 41.0], [69.3, 41.0], [69.3, 41.2], [69.0, 41.2], [69.0, 41.0]]
    boundary = {"type": "Polygon", "coordinates": [ring]}
    for name, text in {
        "study.toml": SETTINGS,
        "boundary.geojson": json.dumps(boundary),
        "sources.csv": SOURCES,
        "towns.csv": TOWNS,
        "weather.csv": "# latitude: 41.1\n# longitude: 69.15\n" + "\n".join(rows) + "\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def with_terrain(folder: Path, heights=None, west: float = 68.9, text: str = "dem.tif") -> Path:
    """Give the study a raster of 0.005 degrees about it."""
    x = west + (np.arange(100) + 0.5) * 0.005
    values = np.where(x < SHORE, 400.0, 1000.0) if heights is None else heights(x)
    profile = {
        "driver": "GTiff", "width": 100, "height": 80, "count": 1, "dtype": "float32",
        "crs": "EPSG:4326", "transform": rasterio.transform.from_origin(west, 41.3, 0.005, 0.005),
    }  # fmt: skip
    with rasterio.open(folder / "dem.tif", "w", **profile) as raster:
        raster.write(np.broadcast_to(values, (1, 80, 100)).astype("float32"))
    edit(folder, "study.toml", "[inputs]", f'[inputs]\ndem = "{text}"')
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def quietly(function, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def test_sources_and_cells_stand_on_the_ground(folder):
    study = quietly(read_study, with_terrain(folder))
    assert study.sources["ground_m"].tolist() == [400.0, 400.0]
    grid = study.grid()
    there = Transformer.from_crs("EPSG:4326", study.region.crs, always_xy=True)
    x, y = there.transform(SHORE, 41.1)
    row = grid["ground_m"].sel(y=y, method="nearest")
    assert (row.sel(x=slice(None, x - 1500)) == 400).all()
    assert (row.sel(x=slice(x + 1500, None)) == 1000).all()
    assert any(line == "terrain  400 to 1,000 m, pixels of 555 m" for line in study.inventory())


def test_a_run_marks_what_is_above_the_stacks(folder, tmp_path):
    outcome = quietly(run_study, with_terrain(folder), tmp_path / "out")
    results, study = outcome.results, outcome.study
    above = results.field["terrain_above_stack"]
    ground = study.grid()["ground_m"]
    assert above.values.tolist() == (ground > 440).values.tolist()  # all is within 30 km
    (marked,) = results.not_valid[results.not_valid["reason"] == WHY_NOT_VALID].geometry
    assert marked.area == pytest.approx(1e6 * float(above.sum()))
    x, y = np.meshgrid(above.x, above.y)
    inside = [marked.contains(Point(*at)) for at in zip(x.ravel(), y.ravel(), strict=True)]
    assert inside == above.values.ravel().tolist()

    assert results.notes[0] == (
        "2 of 2 sources have ground above their top within reach, where the method does not hold: "
        "9,000 of 59,000 people live on such ground (hatched)."
    )
    said = " ".join(results.notes)
    assert "Terrain: dem.tif, pixels of 555 m brought to cells of 1,000 m" in said
    assert "calculated over flat ground all the same" in said
    assert "winds follow the valleys" in said

    with rasterio.open(outcome.files["terrain.tif"]) as raster:
        assert raster.descriptions == ("ground_m", "terrain_above_stack")
        assert raster.units == ("m", "1 where the method does not hold")
        assert raster.read(1) == pytest.approx(ground.values)
        assert (raster.read(2) == above.values).all()
    with rasterio.open(outcome.files["concentration.tif"]) as raster:
        assert raster.descriptions == ("so2_mean",)
    provenance = json.loads(outcome.files["provenance.json"].read_text(encoding="utf-8"))
    assert provenance["terrain"]["people_above"] == pytest.approx(9_000)
    assert provenance["terrain"]["changes"].keys() == {"so2"}
    assert "dem.tif" in provenance["inputs_sha256"]
    page = outcome.files["index.html"].read_text(encoding="utf-8")
    project = outcome.files["geocluster.qgs"].read_text(encoding="utf-8")
    assert project.count("<datasource>./terrain.tif</datasource>") == 2
    assert WHY_NOT_VALID.split(":")[0] in page
    assert "ground above sea level" in page


def test_even_ground_changes_nothing_and_marks_nothing(folder, tmp_path):
    flat = quietly(run_study, folder, tmp_path / "flat")
    even = quietly(run_study, with_terrain(folder, np.ones_like), tmp_path / "even")
    assert "terrain.tif" not in flat.files
    assert flat.results.terrain == {}
    a, b = (one.results.field["mean"].values for one in (flat, even))
    assert b == pytest.approx(a, rel=1e-12)
    assert even.results.not_valid.equals(even.study.not_valid)
    assert even.results.terrain["changes"]["so2"] == pytest.approx(0, abs=1e-12)
    assert not any("method does not hold" in note for note in even.results.notes)
    a, b = (one.results.burden.values for one in (flat, even))
    assert (a == b).all()


def test_a_source_s_own_ground_counts_first(folder):
    edit(folder, "sources.csv", "emission_so2_g_s", "emission_so2_g_s,ground_m")
    edit(folder, "sources.csv", "420,200", "420,200,470")
    edit(folder, "sources.csv", "400,20\n", "400,20,\n")
    without = quietly(read_study, folder)
    assert "ground_m" not in without.sources
    assert any("ground_m of sources is not used" in line for line in without.warnings)
    study = quietly(read_study, with_terrain(folder))
    assert study.sources["ground_m"].tolist() == [470.0, 400.0]
    assert any("1 of 2 sources state a ground_m more than 30 m off" in x for x in study.warnings)


def test_terrain_that_does_not_reach_is_told_by_name(folder):
    edit(folder, "sources.csv", "Works,69.06", "Works,68.85")
    with pytest.raises(InputError, match=r"dem\.tif: it does not reach 1 of 2 sources: Works"):
        quietly(read_study, with_terrain(folder))
    (folder / "study.toml").write_text(SETTINGS, encoding="utf-8")
    with pytest.raises(InputError, match=r"covers .*the box of Example.*km in the west"):
        quietly(read_study, with_terrain(folder, west=69.1))


def test_tables_and_terrain_are_refused_together(folder):
    edit(folder, "study.toml", "[plume]", '[plume]\nmethod = "tables"')
    with pytest.raises(InputError, match="knows no terrain"):
        quietly(read_study, with_terrain(folder))


def test_valleys_are_told_from_plains(folder):
    study = quietly(read_study, with_terrain(folder))
    far = study.sources.set_geometry(study.sources.geometry.translate(-8_000))
    assert in_valleys(study.sources, study.terrain).all()  # the hills are 8 km away
    assert not in_valleys(far, study.terrain).any()


def test_sources_below_hills_are_counted_those_that_emit_nothing_not(folder):
    edit(folder, "sources.csv", "400,20\n", "400,0\n")
    study = quietly(read_study, with_terrain(folder))
    options = plume_options(study)
    assert overlooked(study.sources, study.terrain, options).tolist() == [True, False]
    near = replace(options, reach_m=5_000)
    assert not overlooked(study.sources, study.terrain, near).any()  # the hills are 8 km away
    tall = study.sources.assign(stack_height_m=600.0)
    assert not overlooked(tall, study.terrain, options).any()


def test_elevation_is_one_file_or_several_with_more_said_or_not(folder):
    for name in ("N41E068.hgt", "N41E069.hgt"):
        (folder / name).touch()
    both = '["N41E068.hgt", "N41E069.hgt"]'
    for text, count, options in (
        ('"N41E069.hgt"', 1, {}),
        (both, 2, {}),
        (f"{{ path = {both}, void_m = 0, band = 1 }}", 2, {"void_m": 0.0, "band": 1}),
    ):
        given = SETTINGS.replace("[inputs]", f"[inputs]\ndem = {text}")
        (folder / "study.toml").write_text(given, encoding="utf-8")
        settings = read_settings(folder)
        assert len(settings.inputs.dem.path) == count
        assert settings.options(settings.inputs.dem) == options
        assert folder / "N41E069.hgt" in settings.files()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["N41E069.hgt", "N41E07.hgt"]', "dem = 'N41E07.hgt': there is no such file; there is"),
        ('{ path = ["N41E070.hgt"] }', "dem = 'N41E070.hgt': there is no such file"),
        ('{ path = "N41E069.hgt", unit = "yards" }', "unit = 'yards': allowed is 'm' or 'ft'"),
        ('{ path = "N41E069.hgt", void_m = 1e6 }', "void_m = 1000000.0: at most 9000 is allowed"),
        ("5", "[inputs] dem = 5 must be"),
        ("[]", "[inputs.dem] path"),
    ],
)
def test_what_is_wrong_with_elevation_is_told(folder, text, told):
    (folder / "N41E069.hgt").touch()
    given = SETTINGS.replace("[inputs]", f"[inputs]\ndem = {text}")
    (folder / "study.toml").write_text(given, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_settings(folder)
    assert any(told in fault for fault in error.value.faults), error.value.faults
