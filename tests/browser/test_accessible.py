"""Both pages without a mouse, in low vision, at twice the size: focus, contrast, names."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import expect

from geocluster.maps.page import draw_map

pytestmark = pytest.mark.browser
TWICE = {"width": 700, "height": 450}  # what is left of 1400 x 900 at 200 %
WALK = "button, input:not([type=radio]), select, summary, a[href], [tabindex='0']"
LOOK = Path(__file__).with_name("accessible.js").read_text("utf-8")
MIDDLES = """() => geocluster.data.layers
  .filter((def) => def.paths && !def.quiet && geocluster.drawn[def.key])
  .map((def) => [def.key, def.paths.findIndex((path) => path._map)])
  .filter(([, number]) => number >= 0)"""
OPEN = """([key, number]) => {
  const path = geocluster.data.layers.find((def) => def.key === key).paths[number];
  path.openPopup(path.getLatLng ? path.getLatLng() : path.getBounds().getCenter()); }"""


@pytest.fixture(scope="module")
def pages(demo, plain, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    weather = xr.Dataset(
        {
            "wind_speed_m_s": ("hour", np.full(8, 2.0)),
            "wind_from_deg": ("hour", np.arange(8) * 45.0),
        }
    )
    page = draw_map(demo.region(), weather=weather, review_page="x.html", **demo.everything())
    return {"map": page.save(tmp_path_factory.mktemp("reach") / "index.html"), "review": plain}


@pytest.mark.parametrize("name", ["map", "review"])
def test_text_stands_out_and_everything_has_a_name(open_file, pages, name: str) -> None:  # type: ignore[no-untyped-def]
    visit = open_file(pages[name]).ready()
    assert visit.hard_to_read() == []
    assert visit.tab.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("name", ["map", "review"])
def test_the_keyboard_reaches_every_control(open_file, pages, name: str) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(pages[name]).ready().tab
    tab.evaluate(LOOK)
    unseen = []
    for _ in range(400):
        tab.keyboard.press("Tab")
        outside, what, seen = tab.evaluate("focused()")
        if outside:
            break
        if not seen:
            unseen.append(what)
    assert unseen == []
    missed = tab.evaluate("(walk) => missed(walk)", WALK)
    assert missed == []


def test_the_ground_answers_the_keyboard(open_file, pages) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(pages["map"]).ready().tab
    tab.locator(".folium-map").focus()
    tab.keyboard.press("Enter")
    tab.locator(".gc-card").wait_for()
    assert "At this place" in tab.locator(".gc-card").inner_text()


def test_the_keyboard_opens_what_is_drawn(open_file, pages) -> None:  # type: ignore[no-untyped-def]
    visit = open_file(pages["map"]).ready()
    tab = visit.tab
    at, name = tab.evaluate(
        "() => { const path = geocluster.data.layers.find((def) => def.key === 'sources').paths[0];"
        " geocluster.map.setView(path.getLatLng(), geocluster.map.getZoom(), { animate: false });"
        " return [path.getLatLng(), path.heading]; }"
    )
    assert at
    tab.locator(".folium-map").focus()
    tab.keyboard.press("Enter")
    button = tab.locator(".gc-thing").filter(has_text=name).first
    button.focus()
    tab.keyboard.press("Enter")
    tab.locator(".gc-card h2", has_text=name).wait_for()
    assert tab.evaluate("document.activeElement.className") == "gc-card"
    assert visit.hard_to_read() == []
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.className").startswith("folium-map")


def test_every_card_stands_out(open_file, pages) -> None:  # type: ignore[no-untyped-def]
    visit = open_file(pages["map"]).ready()
    layers = visit.tab.evaluate(MIDDLES)
    assert {"homes", "sources", "sites", "clusters"} <= {key for key, _ in layers}
    for one in layers:
        visit.tab.evaluate(OPEN, one)
        expect(visit.tab.locator(".gc-card")).to_have_count(1)
        assert visit.hard_to_read() == [], one


@pytest.mark.parametrize("name", ["map", "review"])
def test_it_is_whole_at_twice_the_size(open_file, pages, name: str) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(pages[name], TWICE).ready().tab
    assert tab.evaluate("document.documentElement.scrollWidth") <= TWICE["width"]
    last = {"map": ".gc-print-row button >> nth=-1", "review": "#rv-flip h2"}[name]
    if name == "map":
        assert not tab.locator("#gc-side").is_visible()
        tab.locator(".gc-control > summary").click()
    tab.locator(last).scroll_into_view_if_needed()
    box = tab.locator(last).bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= TWICE["width"] - box["width"]
    assert 0 <= box["y"] <= TWICE["height"] - box["height"]
