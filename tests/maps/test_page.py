"""The page: one file without an address, whole or not at all, with what it was given."""

import json
import re
from pathlib import Path
from types import ModuleType

import folium
import geopandas as gpd
import pytest
from branca.element import JavascriptLink
from shapely.geometry import Point, box

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.maps.features import radii
from geocluster.maps.layers import Layer
from geocluster.maps.packing import pack
from geocluster.maps.page import Page, draw_map
from geocluster.maps.people import home_layers
from geocluster.region import Region


@pytest.fixture(scope="module")
def page(demo: ModuleType) -> Page:
    return draw_map(demo.region(), **demo.everything())


def data_of(page: Page) -> dict:
    found = re.search(r'id="gc-data">(.*?)</script>', page.html, flags=re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def layer(page: Page, key: str) -> dict:
    return next(one for one in data_of(page)["layers"] if one["key"] == key)


def test_no_address_is_in_the_page(page: Page) -> None:
    assert "://" not in page.html
    without_scripts = re.sub(r"<script.*?</script>", "", page.html, flags=re.DOTALL)
    assert not re.search(r"\b(src|href|srcset|action)=", without_scripts)
    assert not re.search(r"@import|url\((?!#|.?data:)", without_scripts)


def test_the_policy_forbids_every_request(page: Page) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.html)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "http" not in policy[1]
    assert page.html.index("Content-Security-Policy") < page.html.index("<script")


def test_an_online_base_map_is_the_only_address_and_off_at_first(demo: ModuleType) -> None:
    online = draw_map(demo.region(), online_base=True)
    assert layer(online, "online")["shown"] is False
    assert "img-src data: blob: https://tile.openstreetmap.org;" in online.html
    assert "://" not in online.html.replace("https://tile.openstreetmap.org", "")
    assert layer(online, "online")["tiles"].startswith("https://tile.openstreetmap.org/")


def test_licences_travel_with_the_page(page: Page) -> None:
    assert "Copyright (c) 2010-2023, Volodymyr Agafonkin" in page.html
    assert "THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS" in page.html
    assert "jQuery v" not in page.html


def test_drawing_twice_gives_the_same_page(demo: ModuleType, page: Page) -> None:
    assert draw_map(demo.region(), **demo.everything()).html == page.html
    assert page.html == page.html


def test_every_piece_may_be_left_out(demo: ModuleType) -> None:
    given = demo.everything(cell_m=5000)
    for name in given:
        rest = {other: part for other, part in given.items() if other != name}
        assert data_of(draw_map(demo.region(), **rest))["layers"]
    assert [one["key"] for one in data_of(draw_map(demo.region()))["layers"]] == ["boundary"]


def test_empty_tables_draw_nothing(demo: ModuleType) -> None:
    given = demo.everything(cell_m=5000)
    tables = ("exposure", "sources", "clusters", "sites", "land", "places", "not_valid", "limits")
    empty = {name: given[name].head(0) for name in tables}
    assert [one["key"] for one in data_of(draw_map(demo.region(), **empty))["layers"]] == [
        "boundary"
    ]


def test_what_was_given_is_not_changed(demo: ModuleType) -> None:
    given, untouched = demo.everything(), demo.everything()
    draw_map(demo.region(), **given)
    for name in ("exposure", "sources", "clusters", "sites", "land", "not_valid"):
        assert given[name].equals(untouched[name])
    assert given["concentration"].identical(untouched["concentration"])
    assert given["suitable"].identical(untouched["suitable"])


def test_tables_in_another_reference_system_lie_in_the_same_place(demo: ModuleType) -> None:
    here = draw_map(demo.region(), sources=demo.sources())
    there = draw_map(demo.region(), sources=demo.sources().to_crs("EPSG:4326"))
    assert layer(here, "sources")["features"] == layer(there, "sources")["features"]


def test_save_leaves_the_last_good_page_when_a_run_dies(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "maps" / "index.html"
    assert page.save(target) == target
    good = target.read_bytes()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        page.save(target)
    assert target.read_bytes() == good
    assert [path.name for path in target.parent.iterdir()] == ["index.html"]


def test_a_notebook_gets_the_page_in_a_frame_without_an_address(page: Page) -> None:
    frame = page._repr_html_()
    assert frame.startswith('<iframe srcdoc="')
    assert frame.count('"') == 6
    assert "://" not in frame


def test_a_region_page_is_small(page: Page) -> None:
    assert len(page.html.encode()) < 1_000_000


def test_adding_to_a_map_keeps_what_is_on_it(demo: ModuleType) -> None:
    m = folium.Map(location=[41.3, 69.3], tiles=None)
    folium.Marker([41.3, 69.3], popup="office", icon=folium.Icon(color="red")).add_to(m)
    page = draw_map(demo.region(), sources=demo.sources(), m=m)
    assert page.map is m
    assert "office" in page.html
    assert "jQuery v3.7.1" in page.html
    assert "://" not in page.html
    again = draw_map(demo.region(), m=m)
    assert again.html.count('id="gc-data"') == 1
    assert "Smelter" not in again.html


def test_an_address_without_a_copy_is_told(demo: ModuleType) -> None:
    m = folium.Map(location=[41.3, 69.3], tiles=None)
    m.get_root().header.add_child(JavascriptLink("https://example.org/plugin.js"))
    with pytest.warns(GeoclusterWarning, match=r"https://example\.org/plugin\.js"):
        html = draw_map(demo.region(), m=m).html
    assert "script-src 'unsafe-inline' https://example.org;" in html


def test_braces_in_a_name_are_text_and_no_template(demo: ModuleType) -> None:
    for name in ("{{ 7 * 7 }}", "{% raise %}", "{{ ''.__class__.__mro__ }}", "{# a #}"):
        page = draw_map(demo.region(), title=name, notes=[name], sources=demo.sources(name)).html
        assert page.count(name.replace("'", "&#39;")) >= 2
        assert f'"{name}"' in page


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "${alert(1)}`", "\u202e\u2028"]
)
def test_names_cannot_leave_the_data(demo: ModuleType, name: str) -> None:
    html = draw_map(demo.region(), title=name, **demo.everything(name)).html
    assert "<script>alert" not in html
    assert html.count("</script>") == draw_map(demo.region()).html.count("</script>")
    html.encode("utf-8")


def test_origins_are_told_apart(demo: ModuleType) -> None:
    sources = layer(draw_map(demo.region(), sources=demo.sources()), "sources")
    assert [feature[2] for feature in sources["features"]] == [0, 1, 1, 2]
    fields = [field[0] for field in sources["fields"]]
    assert {"emission figures", "stack figures"} <= set(fields)
    assert sources["variants"]["so2"]["largest"] == 3800
    assert "co2" not in sources["variants"]


def test_marks_grow_with_the_root_of_the_emission() -> None:
    small, large = radii([1.0, 4.0])
    assert large == pytest.approx(2 * small)


def test_homes_have_the_colours_of_their_surface(demo: ModuleType, page: Page) -> None:
    homes, so2 = layer(page, "homes"), layer(page, "so2_mean")
    styles = [homes["styles"][i]["fillColor"] for i in homes["variants"]["so2_mean"]["style"]]
    for value, colour in zip(demo.exposure()["so2_mean_ug_m3"], styles, strict=True):
        reached = [c for b, c in zip(so2["breaks"], so2["colours"], strict=True) if value >= b]
        assert colour == (reached[-1] if reached else "#f4efe2")


def test_only_the_homes_of_most_people_are_drawn(
    demo: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geocluster.maps.people.MOST_HOMES", 4)
    drawn = home_layers(demo.exposure(), demo.region(), [], 10)[0]
    assert [feature[3] for feature in drawn.data["features"]] == [
        "Olmazor",
        "Chirchiq",
        "Yangiyo'l",
        "Parkent",
    ]


def test_pins_are_for_the_first_twenty(page: Page) -> None:
    sites = layer(page, "sites")
    assert sorted(pin for pin in sites["pins"] if pin) == list(range(1, 21))
    assert not any(field[0].startswith("normalised") for field in sites["fields"])


def test_the_side_tells_what_is_assumed_and_how_to_mend_it(page: Page) -> None:
    side = page.html[page.html.index('<aside id="gc-side"') : page.html.index("</aside>")]
    for words in (
        "Stacks are assumed from the sector.",
        "The top is not separable",
        'osm = "extract.osm.pbf"',
        "No population raster was given",
        "1,160,000",
    ):
        assert words.replace('"', "&#34;") in side or words in side
    assert (
        side.index("What is assumed")
        < side.index("Candidate sites, ranked")
        < side.index("Table 1")
    )
    assert side.count("<rect") == 12 + 3
    assert "670 (1)" in side


def test_areas_not_for_decisions_are_kept_to_the_region_and_hatched(demo: ModuleType) -> None:
    everywhere = gpd.GeoDataFrame(
        {"reason": ["weather of another place"]},
        geometry=[box(4e5, 4.4e6, 7e5, 4.8e6)],
        crs=demo.CRS,
    )
    page = draw_map(demo.region(), not_valid=everywhere)
    drawn = layer(page, "not_valid")
    assert drawn["styles"][0]["hatch"] is True
    assert drawn["features"][0][4] == "weather of another place"
    steps = drawn["features"][0][1][0][0]
    assert 68.5e5 < steps[0] < 70.2e5


def test_a_layer_names_a_group_that_exists() -> None:
    with pytest.raises(TableError, match="no group"):
        Layer("k", "T", "nowhere", "shapes", {})


def test_packed_geometries_come_back() -> None:
    shape = box(69.1, 41.1, 69.2, 41.2).difference(box(69.14, 41.14, 69.15, 41.15))
    kind, parts = pack(shape) or (None, [])
    assert kind == 2
    assert len(parts[0]) == 2
    x = y = 0
    corners = set()
    for i in range(0, len(parts[0][1]), 2):
        x, y = x + parts[0][1][i], y + parts[0][1][i + 1]
        corners.add((x, y))
    assert corners == {
        (6914000, 4114000),
        (6914000, 4115000),
        (6915000, 4115000),
        (6915000, 4114000),
    }
    assert pack(Point()) is None
    assert pack(None) is None


def test_a_region_of_two_parts_is_drawn(demo: ModuleType) -> None:
    parts = box(500_000, 4_500_000, 510_000, 4_510_000).union(
        box(520_000, 4_500_000, 530_000, 4_510_000)
    )
    page = draw_map(Region("Two", parts, demo.CRS))
    assert len(layer(page, "boundary")["features"][0][1]) == 2


def test_a_map_made_by_hand_of_assumed_figures_is_marked_too(demo: ModuleType) -> None:
    square = box(500_000, 4_500_000, 501_000, 4_501_000)
    homes = gpd.GeoDataFrame(
        {"people": [10.0], "origin": ["reported"]}, geometry=[square], crs=32642
    )
    sources = gpd.GeoDataFrame(
        {"emission_so2_g_s": [1.0], "emission_origin": ["factor"], "stack_origin": ["reported"]},
        geometry=[square.centroid],
        crs=32642,
    )
    known = draw_map(demo.region(), homes=homes, sources=sources)
    assert data_of(known)["demonstration"] is False
    spread = homes.assign(origin="GeoNames; spread within the town assumed")
    for given in ({"homes": spread}, {"sources": sources.assign(stack_origin="assumed")}):
        assert data_of(draw_map(demo.region(), **given))["demonstration"] is True
