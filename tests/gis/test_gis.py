"""What a GIS is given: styles that fit the files, and a project that finds them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import xarray as xr
from shapely.geometry import LineString, Point, box

from geocluster.files import write_classes, write_layers
from geocluster.gis.embed import embed_styles
from geocluster.gis.land import land_classes
from geocluster.gis.project import ProjectLayer, write_project
from geocluster.gis.qml import Symbol, by_category, by_range, document, one_symbol, surface
from geocluster.gis.styles import sites_style
from geocluster.region import metric_crs
from geocluster.run import run_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a default region."""
    folder = tmp_path_factory.mktemp("navoi")
    run_study("data/regions/navoi", folder, parquet=True)
    return folder


def test_the_project_finds_every_file_and_layer(run: Path):
    project = ET.parse(run / "geocluster.qgs").getroot()
    layers = project.findall("projectlayers/maplayer")
    ids = [layer.findtext("id") for layer in layers]
    assert len(ids) == len(set(ids)) >= 8
    for layer in layers:
        source = str(layer.findtext("datasource"))
        assert source.startswith("./")
        name, _, inner = source.partition("|layername=")
        assert (run / name).exists()
        if inner:
            assert inner in gpd.list_layers(run / name)["name"].tolist()
    listed = [node.get("id") for node in project.iter("layer-tree-layer")]
    assert sorted(map(str, listed)) == sorted(map(str, ids))
    assert project.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"


def test_bands_of_the_project_are_those_of_the_rasters(run: Path):
    project = ET.parse(run / "geocluster.qgs").getroot()
    with rasterio.open(run / "concentration.tif") as raster:
        names = raster.descriptions
    for layer in project.findall("projectlayers/maplayer"):
        layer_id, renderer = str(layer.findtext("id")), layer.find("pipe/rasterrenderer")
        if str(layer.findtext("datasource")) == "./concentration.tif":
            assert renderer is not None
            band = int(str(renderer.get("band")))
            assert layer_id == f"geocluster_{names[band - 1]}"


def test_every_layer_has_its_default_style(run: Path):
    for name, layers in {
        "sites.gpkg": ["sites"],
        "homes.gpkg": ["homes"],
        "clusters.gpkg": ["clusters", "sources"],
        "region.gpkg": ["boundary", "not_valid"],
    }.items():
        with closing(sqlite3.connect(run / name)) as file:
            rows = file.execute(
                "SELECT f_table_name, useAsDefault, styleQML FROM layer_styles ORDER BY 1"
            ).fetchall()
        assert [row[0] for row in rows] == layers
        for _, default, text in rows:
            assert default == 1
            assert ET.fromstring(text.partition("\n")[2]).find("renderer-v2") is not None
        assert len(gpd.read_file(run / name, layer=layers[0])) > 0


def test_geoparquet_holds_what_the_geopackages_hold(run: Path):
    for name, layer in (("sites.gpkg", "sites"), ("clusters.gpkg", "sources")):
        table, kept = (
            gpd.read_file(run / name, layer=layer),
            gpd.read_parquet(run / f"{layer}.parquet"),
        )
        assert kept.crs == table.crs
        assert kept.columns.tolist() == table.columns.tolist()
        assert kept.geometry.geom_equals(table.geometry).all()
    assert not (run / "layer_styles.parquet").exists()


def test_where_the_top_is_not_separable_no_site_stands_out(run: Path):
    assert [part.get("type") for part in sites_style(False)] == ["singleSymbol", "simple"]
    assert [part.get("type") for part in sites_style(True)] == ["categorizedSymbol", "simple"]
    with closing(sqlite3.connect(run / "sites.gpkg")) as file:
        text = file.execute("SELECT styleQML FROM layer_styles").fetchone()[0]
    assert 'type="singleSymbol"' in text


def test_suitable_land_has_a_colour_table_and_its_meaning(run: Path):
    with rasterio.open(run / "suitable.tif") as raster:
        values, table, tags = raster.read(1), raster.colormap(1), raster.tags(1)
        assert raster.tags()["demonstration"]
        assert raster.nodata == 0
    for value in set(np.unique(values)) - {0}:
        assert tags[f"class_{value}"]
        assert table[int(value)][3] == 255
    assert tags["class_1"] == "Suitable land"
    assert (values == 1).any()


def test_classes_of_land_are_counted_as_the_reasons_are():
    reasons = xr.DataArray(np.array([[0, 1, 4], [6, 2, 12]]), dims=("y", "x"))
    rules = [
        {"bit": 0, "kind": "region", "reason": "Outside"},
        {"bit": 1, "kind": "fringe", "reason": "Not on the fringe"},
        {"bit": 2, "kind": "homes", "reason": "Homes"},
        {"bit": 3, "kind": "water", "reason": "Water"},
    ]
    found = land_classes(xr.Dataset({"reasons": reasons}, attrs={"rules": rules}))
    assert found.classes.values.tolist() == [[1, 0, 2], [2, 3, 2]]
    assert found.labels == {1: "Suitable land", 2: "Homes", 3: "Not on the fringe"}
    assert len(set(found.colours.values())) == 3


def test_a_surface_is_drawn_from_its_first_break_on():
    pipe = surface(3, [0.5, 1.0], ["#112233", "#445566"], "ug/m3")
    items = pipe.findall(".//item")
    assert [item.get("value") for item in items] == ["0.5", "1", "inf"]
    assert [item.get("alpha") for item in items] == ["0", "255", "255"]
    assert pipe.find("rasterrenderer").get("band") == "3"


def test_names_cannot_break_out_of_a_style_or_project(tmp_path: Path):
    hostile = "</qgis><script>\"&'\u202e" + "x" * 10_000
    symbol = Symbol("fill", "#000000")
    text = document([by_category('"name"', [(hostile, hostile, symbol)]), one_symbol(symbol)])
    category = ET.fromstring(text.partition("\n")[2]).find(".//category")
    assert category.get("label") == hostile
    layer = ProjectLayer("geocluster_a", hostile, "a.gpkg|layername=a", [], geometry="Point")
    path = write_project(
        [layer],
        tmp_path / "p.qgs",
        title=hostile,
        crs=metric_crs("EPSG:32642", "x"),
        bounds=(0, 0, 1, 1),
    )
    assert ET.parse(path).getroot().findtext("title") == hostile


def test_styles_of_layers_that_are_not_there_are_left_out(tmp_path: Path):
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(0, 0)], crs=32642)
    path = write_layers({"towns": table}, tmp_path / "towns.gpkg")
    embed_styles(path, {"towns": "<qgis/>", "rivers": "<qgis/>"})
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT f_table_name FROM layer_styles").fetchall() == [("towns",)]


def test_ranges_hold_every_value():
    symbol = Symbol("fill", "#000000")
    renderer = by_range("c", [(0, 1, "a", symbol), (1, 2.5, "b", symbol)])
    ends = [(one.get("lower"), one.get("upper")) for one in renderer.findall("ranges/range")]
    assert ends == [("0", "1"), ("1", "2.5")]
    assert len(renderer.findall("symbols/symbol")) == 2


def test_a_raster_of_classes_keeps_them_in_its_overviews(tmp_path: Path):
    values = np.repeat(np.array([[1, 2]], dtype="uint8"), 600, axis=0).repeat(600, axis=1)
    axes = {"y": np.arange(600)[::-1] * 10.0, "x": np.arange(1200) * 10.0}
    grid = xr.DataArray(values, dims=("y", "x"), coords=axes, attrs={"cell_m": 10.0})
    path = write_classes(
        grid,
        tmp_path / "c.tif",
        crs="EPSG:32642",
        colours={1: "#ff0000", 2: "#00ff00"},
        labels={1: "a", 2: "b"},
    )
    with rasterio.open(path, overview_level=0) as small:
        assert set(np.unique(small.read(1))) == {1, 2}
    with rasterio.open(path) as raster:
        assert raster.colormap(1)[2] == (0, 255, 0, 255)
        assert raster.bounds.left == -5.0
        assert raster.bounds.top == box(0, 0, 1, 5995).bounds[3]


def test_what_a_study_asks_for_is_in_the_project_too(tmp_path: Path):
    """Several parks, shared facilities and deposition."""
    from types import SimpleNamespace

    from geocluster.gis.asked import looks_asked, rasters_asked, tables_asked

    parks = gpd.GeoDataFrame(
        {"together": [True, False], "one_by_one": [True, True]},
        geometry=[box(0, 0, 1, 1), box(2, 0, 3, 1)],
        crs=32642,
    )
    lines = gpd.GeoDataFrame(
        {"facility_at": ["a plant"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=32642
    )
    settled = xr.DataArray(
        np.array([[[0.0, 2.0], [5.0, 1.0]]]), dims=("pollutant", "y", "x"),
        coords={"pollutant": ["pm10"]},
    )  # fmt: skip
    results = SimpleNamespace(together=parks, facilities=[lines], deposition=settled)
    tables = tables_asked(results)
    for name, layers in looks_asked(results).items():
        (layer,) = layers
        write_layers({layer: tables[layer][0]}, tmp_path / name)
        embed_styles(tmp_path / name, {layer: document(layers[layer])})
        with closing(sqlite3.connect(tmp_path / name)) as file:
            assert file.execute("SELECT f_table_name FROM layer_styles").fetchall() == [(layer,)]
        assert len(gpd.read_file(tmp_path / name, layer=layer)) == len(tables[layer][0])
    assert {name for name, *_ in tables.items()} == {"together", "facilities"}
    ((layer,),) = rasters_asked(SimpleNamespace(terrain=None), results).values()
    assert layer.source == "deposition.tif"
    assert layer.title == "Deposition of PM₁₀ [g/m² in a year]"
    nothing = SimpleNamespace(together=None, facilities=[], deposition=None)
    assert looks_asked(nothing) == tables_asked(nothing) == {}
    assert rasters_asked(SimpleNamespace(terrain=None), nothing) == {}
