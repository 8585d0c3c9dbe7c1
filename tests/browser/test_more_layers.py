"""Layers of later work join by their rows alone; exclusions by each rule; protection zones."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point

from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.packing import pack
from geocluster.maps.page import draw_map
from geocluster.maps.raster_image import picture, warp

pytestmark = pytest.mark.browser
WIDE = {"width": 1500, "height": 1000}
ON = "(key) => { const box = document.querySelector(`input[value=${key}]`); box.click(); }"


def a_picture(demo, index, colours):  # type: ignore[no-untyped-def]
    grid = demo.region().grid(cell_m=1000)
    warped, bounds = warp(index(grid).astype("uint8"), grid, demo.CRS, smooth=False)
    image = picture(warped, bounds, colours)
    south, west, north, east = image.bounds
    return {"uri": image.uri, "bounds": [[south, west], [north, east]]}


def packed(demo, shape):  # type: ignore[no-untyped-def]
    return pack(gpd.GeoSeries([shape], crs=demo.CRS).to_crs(4326)[0])[1]


@pytest.fixture(scope="module")
def made(demo):  # type: ignore[no-untyped-def]
    """A layer of each kind, as hand-made as can be."""
    east, north = demo.MIDDLE
    station = Point(east + 6_000, north + 14_000)
    stations = gpd.GeoDataFrame(
        {"name": ["Station 7"], "pm25_ug_m3": [31.4]}, geometry=[station], crs=demo.CRS
    )
    noise = a_picture(demo, lambda grid: (grid.x > east).values + 0 * grid.y.values[:, None] + 1,
                      ["#ffeeaa", "#cc5500"])  # fmt: skip
    flood = a_picture(demo, lambda grid: (grid.y < north).values[:, None] & (grid.x < east).values,
                      ["#3366cc"])  # fmt: skip
    line = LineString([(east - 20_000, north - 20_000), (east + 20_000, north - 18_000)])
    scale = {
        "breaks": [45, 55], "colours": ["#ffeeaa", "#cc5500"], "divide": 1, "highest": 68,
        "unit": "dB",
    }  # fmt: skip
    key = [{"mark": "fill", "colour": "#3366cc", "label": "under water once in a hundred years"}]
    lines = [{"level": 55, "label": "Noise by day", "unit": "dB", "parts": packed(demo, line)}]
    names = [[packed(demo, Point(east - 30_000, north + 26_000)), "Name of station 7", 0]]
    return [
        Layer("noise", "Noise, by day", "air", "surface", {**noise, **scale}),
        Layer("flood", "Flood zone", "validity", "raster",
              {**flood, "entries": ["the river's plain"], "opacity": 0.7}, False, key),
        shape_layer("stations", "Monitoring stations", "industry", stations, demo.CRS,
                    pane="points", styles=[{"radius": 9, "color": "#117733"}],
                    columns=["pm25_ug_m3"],
                    swatches=[{"mark": "dot", "colour": "#117733", "label": ""}]),
        Layer("noise_lines", "Noise contours", "air", "contours", {"lines": lines}),
        Layer("station_names", "Names of stations", "base", "labels", {"labels": names}),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def file(demo, made, tmp_path_factory):  # type: ignore[no-untyped-def]
    page = draw_map(demo.region(), **demo.everything(), more_layers=made, protection_zone_m=800.0)
    return page.save(tmp_path_factory.mktemp("more") / "index.html")


def test_each_kind_joins_with_group_key_and_picture(open_file, file, made) -> None:  # type: ignore[no-untyped-def]
    visit = open_file(file, WIDE).ready()
    tab = visit.tab
    groups = {"air": "What is in the air", "industry": "Industry", "validity": "Limits of this map",
              "base": "Base map"}  # fmt: skip
    for layer in made:
        fold = tab.locator("details", has=tab.locator(f"input[value={layer.key}]")).last
        assert fold.locator("summary").inner_text() == groups[layer.group]
        assert layer.title in fold.inner_text()
        before = visit.picture()
        tab.evaluate(ON, layer.key)
        assert visit.picture() != before, layer.key
    assert "under water once" in tab.locator(".gc-control").inner_text()
    assert tab.locator(".gc-legend-title").inner_text() == "Noise, by day dB"
    assert tab.locator(".gc-legend .gc-strip").inner_text().split() == ["45", "55", "68"]
    tab.locator("input[value=so2_mean]").check()
    lines = tab.locator(".gc-contour").all_inner_texts()
    assert "Noise by day: 55 dB" in lines
    assert "EU 2024/2881: 20 µg/m³" in lines
    towns = tab.locator(".gc-town bdi").all_inner_texts()
    assert {"Name of station 7", "Chirchiq"} <= set(towns)


def test_their_names_give_way_and_leave_with_them(open_file, file) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(file, WIDE).ready().tab
    hidden = """() => geocluster.data.layers.filter((def) => def.towns)
      .map((def) => def.towns.map(({ marker }) => marker.getElement().style.visibility))"""
    tab.evaluate(ON, "station_names")
    assert len(tab.evaluate(hidden)) == 2
    tab.evaluate(ON, "station_names")
    assert "Name of station 7" not in tab.locator(".gc-town bdi").all_inner_texts()


def test_a_click_tells_what_they_say(open_file, file, demo) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(file, WIDE).ready().tab
    ask = """([lat, lng]) => { geocluster.map.fire('click', { latlng: L.latLng(lat, lng) }); }"""
    place = Point(demo.MIDDLE[0] - 9_000, demo.MIDDLE[1] - 15_000)
    at = gpd.GeoSeries([place], crs=demo.CRS).to_crs(4326)[0]
    tab.evaluate(ask, [at.y, at.x])
    card = tab.locator(".gc-here")
    card.wait_for()
    text = card.inner_text()
    assert "Noise, by day\n45 to 55\u00a0dB" in text
    assert "Flood zone\nthe river's plain" in text
    assert text.count("SO₂, mean") == 1
    tab.evaluate(ON, "stations")
    tab.evaluate(
        "() => geocluster.data.layers.find((d) => d.key === 'stations').paths[0].openPopup() && 0"
    )
    station = tab.locator(".gc-card", has_text="Station 7")
    station.wait_for()
    assert "31.4" in station.inner_text()


def test_exclusions_are_seen_by_each_rule(open_file, file, demo) -> None:  # type: ignore[no-untyped-def]
    """Water, of which the land near the city has homes as its first reason."""
    visit = open_file(file, WIDE).ready()
    tab = visit.tab
    by_rule = tab.get_by_label("Which rule's land is shown")
    assert by_rule.locator("option").all_inner_texts() == [
        "by the first reason", "nearer than 200 m to water",
        "nearer than 500 m to homes",
    ]  # fmt: skip
    reasons = demo.suitable(demo.region().grid(cell_m=1000))["reasons"].values
    inside = (reasons & 4) == 0
    count = """() => new Promise((done) => {
      const def = geocluster.data.layers.find((d) => d.key === "exclusions"), image = new Image();
      image.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = image.width; canvas.height = image.height;
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, image.width, image.height);
        done([...data].filter((v, i) => i % 4 === 3 && v > 0).length / (data.length / 4));
      };
      image.src = def.layer._image.src;
    })"""
    pictures = set()
    for bit, label in ((1, "nearer than 500 m to homes"), (2, "nearer than 200 m to water")):
        by_rule.select_option(label=label)
        tab.wait_for_function(
            "(label) => document.querySelector('.gc-rule + .gc-keys').innerText === label",
            arg=label,
        )
        tab.wait_for_timeout(150)
        excluded = ((reasons & bit) > 0) & inside
        assert tab.evaluate(count) == pytest.approx(excluded.mean(), rel=0.04)
        pictures.add(visit.picture())
    assert tab.locator("input[value=exclusions]").is_checked()
    by_rule.select_option("")
    tab.wait_for_timeout(150)
    assert tab.evaluate(count) == pytest.approx(((reasons & 3) > 0)[inside].sum() / reasons.size,
                                                rel=0.04)  # fmt: skip
    assert len(pictures | {visit.picture()}) == 3


def test_protection_zones_hold_the_people_counted(open_file, file, demo) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(file, WIDE).ready().tab
    tab.evaluate(
        "() => { geocluster.toggle(geocluster.data.layers.find((d) => d.key === 'sites'), false); }"
    )
    tab.evaluate(ON, "protection")
    rings = tab.evaluate(
        """() => geocluster.data.layers.find((d) => d.key === "protection").paths
          .map((path) => path.getLatLngs()[0])
          .map((rings) => rings.map((ring) => ring.map(({ lat, lng }) => [lng, lat])))"""
    )
    sites = demo.sites()
    assert len(rings) == len(sites)
    from shapely import Polygon

    drawn = gpd.GeoSeries([Polygon(outer, [hole]) for outer, hole in rings], crs=4326)
    drawn = drawn.to_crs(demo.CRS)
    wide = sites.geometry.buffer(800).area - sites.geometry.area
    assert np.abs(drawn.area / wide - 1).max() < 0.02
    tab.evaluate(
        "() => geocluster.data.layers.find((d) => d.key === 'protection').paths[2].openPopup() && 0"
    )
    text = tab.locator(".gc-card").inner_text()
    assert "protection zone around the site" in text
    assert "800" in text


def test_a_map_of_ones_own_keeps_its_things_and_takes_ours_twice(open_file, demo, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A map with layers, a plugin and a control of its own, as a notebook has one."""
    import folium
    from folium.plugins import MarkerCluster

    m = folium.Map(location=[41.3, 69.3], zoom_start=9, tiles=None)
    folium.Marker([41.35, 69.4], tooltip="my own place").add_to(m)
    group = folium.FeatureGroup(name="My own group").add_to(m)
    folium.CircleMarker([41.2, 69.2], radius=20, color="red").add_to(group)
    MarkerCluster([[41.5, 69.1], [41.501, 69.101], [41.1, 69.6]]).add_to(m)
    folium.LayerControl(collapsed=False).add_to(m)
    draw_map(demo.region(), m=m, sources=demo.sources())
    page = draw_map(demo.region(), m=m, sites=demo.sites(), exposure=demo.exposure())
    frame = tmp_path / "notebook.html"
    frame.write_text(f"<!DOCTYPE html><html><body>{page._repr_html_()}</body></html>", "utf-8")
    tab = open_file(frame, WIDE).tab
    inner = tab.frame_locator("iframe")
    inner.locator("html[data-gc-ready]").wait_for(state="attached")
    assert "My own group" in inner.locator(".leaflet-control-layers").inner_text()
    assert (
        inner.locator(".marker-cluster").count() + inner.locator(".leaflet-marker-icon").count() > 3
    )
    assert inner.locator("input[value=sites]").count() == 1
    assert inner.locator("input[value=sources]").count() == 0
    assert inner.locator("path[stroke=red]").count() == 1
    inner.locator(".leaflet-control-layers label", has_text="My own group").click()
    assert inner.locator("path[stroke=red]").count() == 0
