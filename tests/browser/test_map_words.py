"""The map in Russian and Uzbek in a real browser: it draws, and writes figures as they do there."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from geocluster.maps.page import draw_map

pytestmark = pytest.mark.browser


LANGUAGES = [("ru", "Слои", "км"), ("uz", "Qatlamlar", "km")]


@pytest.fixture(scope="module")
def pages(demo: ModuleType, plain: Path) -> dict[str, Path]:
    """The map in each language, beside the review page."""
    folder, grid = plain.parent, demo.region().grid(cell_m=500)
    everything = demo.everything(demo.NASTY) | {"suitable": demo.suitable(grid)}
    return {
        language: draw_map(
            demo.region(), **everything, review_page=plain.name, language=language
        ).save(folder / f"map-{language}.html")
        for language in ("en", "ru", "uz")
    }


SAID = """() => {
  const out = [];
  for (const root of [document.getElementById('gc-head'), document.getElementById('gc-side')]) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest('option')) out.push(walk.currentNode.nodeValue);
    for (const one of [root, ...root.querySelectorAll('*')]) for (const name of ['aria-label', 'title', 'alt']) out.push(one.getAttribute(name));
  }
  return [document.title, document.documentElement.lang, ...out].join('|');
}"""  # noqa: E501
DATA = """() => JSON.stringify(window.geocluster.data, (key, value) => {
  const drawn = value && typeof value === 'object' && ![Object, Array].includes(value.constructor);
  return drawn || key === 'svg' ? undefined : value;
})"""
CLICK = """async () => {
  const { map, ask } = window.geocluster;
  await ask(map.getCenter());
  return document.querySelector('.gc-popup').innerText;
}"""


def choose(tab, language: str) -> None:  # type: ignore[no-untyped-def]
    with tab.expect_navigation():
        tab.select_option("#gc-language", language)
    tab.wait_for_selector("html[data-gc-ready]", state="attached")


def everything_said(tab) -> list[str]:  # type: ignore[no-untyped-def]
    parts = [".gc-control", ".gc-legend", ".gc-attribution", ".leaflet-control-scale-line"]
    return [
        tab.evaluate(SAID), tab.evaluate(DATA), tab.evaluate(CLICK),
        *(tab.inner_text(part) for part in parts), tab.evaluate("window.geocluster.figure(1234.5)"),
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "layers", "unit"), LANGUAGES)
def test_the_map_speaks_the_language(
    open_file: Callable, pages: dict[str, Path], language: str, layers: str, unit: str
) -> None:
    tab = open_file(pages[language]).ready().tab
    assert tab.evaluate("document.documentElement.lang") == language
    assert tab.inner_text(".gc-control > summary") == layers
    assert tab.inner_text(".leaflet-control-scale-line").endswith(f" {unit}")
    assert tab.evaluate("window.geocluster.figure(1234.5, '')") == "1\u202f230"
    assert tab.evaluate("window.geocluster.figure(0.0125, '')") == "0,0125"
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(("made", "to"), [("en", "ru"), ("en", "uz"), ("uz", "en")])
def test_a_map_turned_is_the_map_made_in_that_language(
    open_file: Callable, pages: dict[str, Path], made: str, to: str
) -> None:
    turned, own = (open_file(pages[one]).ready().tab for one in (made, to))
    choose(turned, to)
    assert turned.evaluate("document.documentElement.lang") == to
    assert everything_said(turned) == everything_said(own)
    assert turned.evaluate("window.hacked") is None


def test_the_choice_and_the_view_stay_and_go_along(
    open_file: Callable, pages: dict[str, Path], plain: Path
) -> None:
    tab = open_file(pages["en"]).ready().tab
    tab.evaluate("void window.geocluster.map.setView([41.2, 69.4], 11, { animate: false })")
    tab.locator("input[name=gc-surface][value='']").check()
    tab.locator("input[name=gc-layer][value=homes]").uncheck()
    tab.locator("#gc-side details summary").last.click()
    folds = "[...document.querySelectorAll('#gc-side details')].map((one) => one.open).join()"
    seen = tab.evaluate(folds)
    choose(tab, "ru")
    assert tab.evaluate(folds) == seen
    view = "(() => { const { map, surface } = window.geocluster, { lat, lng } = map.getCenter(); "
    view += "return [lat.toFixed(3), lng.toFixed(3), map.getZoom(), surface]; })()"
    assert tab.evaluate(view) == ["41.200", "69.400", 11, None]
    assert not tab.is_checked("input[name=gc-layer][value=homes]")
    tab.reload()
    tab.wait_for_selector("html[data-gc-ready]", state="attached")
    assert tab.inner_text(".gc-control > summary") == "Слои"
    tab.locator(f"a[href^='{plain.name}']").click()
    tab.wait_for_selector("html[data-gc-ready]", state="attached")
    assert tab.evaluate("document.documentElement.lang") == "ru"
    tab.locator("#rv-reset").click()
    tab.wait_for_url(lambda url: "#lang=ru&%7B" in url)
    tab.reload()
    assert tab.locator("#rv-language").input_value() == "ru"
    tab.locator("#rv-language").select_option("uz")
    assert tab.evaluate("location.hash").startswith("#lang=uz&%7B")
    tab.goto(pages["en"].as_uri())
    assert tab.inner_text(".gc-control > summary") == "Qatlamlar"


FORBIDDEN = """for (const name of ['localStorage', 'sessionStorage'])
  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
"""


def test_without_storage_the_address_is_enough(open_file: Callable, pages: dict[str, Path]) -> None:
    visit = open_file(pages["uz"])
    visit.context.add_init_script(FORBIDDEN)
    visit.tab.reload()
    tab = visit.ready().tab
    assert tab.inner_text(".gc-control > summary") == "Qatlamlar"
    choose(tab, "en")
    assert tab.inner_text(".gc-control > summary") == "Layers"
    tab.evaluate("location.hash = 'lang=ru'")
    tab.wait_for_selector("html[lang=ru][data-gc-ready]", state="attached")


def test_a_browser_that_cannot_unpack_shows_the_page_as_it_was_made(
    open_file: Callable, pages: dict[str, Path]
) -> None:
    visit = open_file(pages["uz"])
    visit.context.add_init_script("delete window.DecompressionStream")
    visit.tab.goto("about:blank")
    visit.tab.goto(pages["uz"].as_uri() + "#lang=en")
    tab = visit.ready().tab
    assert tab.inner_text(".gc-control > summary") == "Qatlamlar"
    assert not tab.is_visible("#gc-language")


def test_in_a_notebook(open_file: Callable, demo: ModuleType, tmp_path: Path) -> None:
    frame = draw_map(demo.region(), **demo.everything(), language="ru")._repr_html_()
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><p>Cell</p>{frame}", "utf-8")
    tab = open_file(tmp_path / "notebook.html").tab
    inside = tab.frame_locator("iframe")
    inside.locator("html[data-gc-ready]").wait_for(state="attached")
    assert inside.locator(".gc-control > summary").inner_text() == "Слои"
    inside.locator("#gc-language").select_option("en")
    inside.locator("html[lang=en][data-gc-ready]").wait_for(state="attached")
    assert inside.locator(".gc-control > summary").inner_text() == "Layers"
