"""The map in a real browser without a network: it draws, answers and asks nothing."""

from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Page as Tab

from geocluster.maps.page import draw_map

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def files(demo: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("maps")
    page = draw_map(demo.region(), **demo.everything())
    nasty = draw_map(demo.region(), title=demo.NASTY, **demo.everything(demo.NASTY))
    notebook = folder / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><html><body>{page._repr_html_()}</body></html>", "utf-8")
    return {
        "plain": page.save(folder / "plain.html"),
        "nasty": nasty.save(folder / "nasty.html"),
        "notebook": notebook,
    }


@pytest.fixture
def visit(open_file, files: dict[str, Path]):  # type: ignore[no-untyped-def]
    return lambda name="plain", size=DESKTOP: open_file(files[name], size)


def picture_of_map(tab: Tab) -> bytes:
    tab.wait_for_timeout(120)
    return tab.locator(".folium-map").screenshot(animations="disabled")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_opens_without_a_network(visit, size: dict[str, int]) -> None:  # type: ignore[no-untyped-def]
    tab = visit(size=size).ready().tab
    assert tab.locator("#gc-head h1").inner_text() == "Demo region"
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    shown = tab.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    )
    assert shown < 2000


def test_every_layer_changes_the_picture(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(size={"width": 1000, "height": 1000}).ready().tab
    tab.evaluate("() => { geocluster.choose(null); }")
    for box in tab.locator("input[name=gc-layer]").all():
        box.uncheck()
    empty = picture_of_map(tab)
    assert len(tab.locator("input[name=gc-layer]").all()) >= 15
    silent = []
    for box in tab.locator("input[name=gc-layer]").all():
        if box.get_attribute("value") == "limits":
            continue
        box.check()
        if picture_of_map(tab) == empty:
            silent.append(box.get_attribute("value"))
        box.uncheck()
    assert silent == []
    assert picture_of_map(tab) == empty


def test_surfaces_change_picture_legend_and_contours(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit().ready().tab
    seen, titles = set(), []
    for radio in tab.locator("input[name=gc-surface]").all():
        radio.check()
        seen.add(picture_of_map(tab))
        title = tab.locator(".gc-legend-title")
        titles.append(title.inner_text() if title.count() else "")
    assert len(seen) == 4
    assert titles[0] == "SO₂, mean µg/m³"
    assert titles[1] == "NOₓ, mean µg/m³"
    assert "thousand persons" in titles[2]
    assert titles[3] == titles[0]  # the homes keep the colours of a surface
    tab.locator("input[value=so2_mean]").check()
    with_lines = picture_of_map(tab)
    assert "EU 2024/2881: 20 µg/m³" in tab.locator(".gc-contour").all_inner_texts()
    tab.locator("input[value=limits]").uncheck()
    assert picture_of_map(tab) != with_lines


def test_the_ground_answers_a_click(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit().ready().tab
    tab.evaluate("() => { geocluster.map.fire('click', { latlng: L.latLng(41.33, 69.33) }); }")
    card = tab.locator(".gc-card")
    card.wait_for()
    text = card.inner_text()
    assert "41.3300, 69.3300" in text
    assert "SO₂, mean" in text
    assert "nearer than 500 m to homes" in text


def test_a_picture_says_what_the_field_holds(visit, demo: ModuleType) -> None:  # type: ignore[no-untyped-def]
    import geopandas as gpd

    tab = visit().ready().tab
    field = demo.concentration(demo.region().grid(cell_m=1000))["mean"].sel(pollutant="so2")
    for row, column in ((20, 30), (40, 45), (55, 25), (10, 70)):
        cell = field[row, column]
        at = gpd.GeoSeries.from_xy([float(cell.x)], [float(cell.y)], crs=demo.CRS).to_crs(4326)[0]
        rows = tab.evaluate("([y, x]) => geocluster.at(L.latLng(y, x))", [at.y, at.x])
        told = next(answer for title, answer, _ in rows if title == "SO₂, mean")
        low, _, high = told.replace("below", "0 to").partition(" to ")
        assert float(low) * 0.9 <= float(cell) <= float(high) * 1.1


def test_cards_open_with_their_figures(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit().ready().tab
    opened = "(key) => { geocluster.data.layers.find((d) => d.key === key).paths[0].openPopup(); }"
    for key, words in (
        ("sources", ("Smelter", "3,800", "reported", "assumed")),
        ("clusters", ("Metals cluster", "Smelter, Furnace hall", "640")),
        ("homes", ("Olmazor", "900,000", "GeoNames")),
    ):
        tab.evaluate(opened, key)
        text = tab.locator(".gc-card").last.inner_text()
        for word in words:
            assert word in text, (key, word)
        tab.evaluate("() => { geocluster.map.closePopup(); }")
        tab.wait_for_timeout(300)


def test_a_row_of_the_ranking_leads_to_its_site(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit().ready().tab
    tab.locator("summary", has_text="Candidate sites, ranked").click()
    tab.locator("tr[data-site=s002]").click()
    tab.wait_for_timeout(1200)
    assert "Site s002" in tab.locator(".gc-card").inner_text()
    assert tab.evaluate("geocluster.map.getZoom()") > 10


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_names_from_data_are_text_everywhere(visit, demo: ModuleType, size: dict[str, int]) -> None:  # type: ignore[no-untyped-def]
    tab = visit("nasty", size).ready().tab
    tab.evaluate(
        """() => { for (const def of geocluster.data.layers) {
          geocluster.toggle(def, true);
          for (const one of (def.paths || []).slice(0, 2)) { one.openTooltip(); one.openPopup(); }
        } }"""
    )
    tab.wait_for_timeout(400)
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("#gc-head img, .gc-card img, .leaflet-tooltip img").count() == 0
    assert tab.locator("#gc-head h1").inner_text().startswith("</script><script>window.hacked=1")
    assert "</script>" in tab.locator(".gc-card h2").last.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_controls_do_not_cover_each_other(visit) -> None:  # type: ignore[no-untyped-def]
    for size in (DESKTOP, PHONE):
        tab = visit(size=size).ready().tab
        parts = [
            ".gc-control", ".gc-legend", ".leaflet-control-zoom", ".gc-north", ".gc-attribution",
            ".leaflet-control-scale", "#gc-head",
        ]  # fmt: skip
        boxes = {part: tab.locator(part).bounding_box() for part in parts}
        for part, a in boxes.items():
            assert a is not None, part
            assert a["x"] >= 0, part
            assert a["x"] + a["width"] <= size["width"] + 0.5, part
            for other, b in boxes.items():
                if part >= other or b is None:
                    continue
                apart = (
                    a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
                    or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
                )  # fmt: skip
                assert apart, (part, other, size)


def test_the_side_opens_and_closes_on_a_phone(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(size=PHONE).ready().tab
    assert not tab.locator("#gc-side").is_visible()
    tab.locator("#gc-toggle").click()
    assert tab.locator("#gc-side").is_visible()
    assert tab.locator(".gc-figures").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.locator("#gc-toggle").click()
    assert not tab.locator("#gc-side").is_visible()


def test_it_works_in_a_notebook(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit("notebook").tab
    frame = tab.frame_locator("iframe")
    frame.locator("html[data-gc-ready]").wait_for(state="attached")
    assert frame.locator("#gc-head h1").inner_text() == "Demo region"
    assert frame.locator(".gc-pin").count() == 20


def test_cards_draw_shares_as_bars_and_the_mark_of_a_winner(  # type: ignore[no-untyped-def]
    open_file, demo: ModuleType, tmp_path: Path
) -> None:
    sources = demo.sources().assign(exposure_share_so2=[0.1, 0.0, 0.6, 0.3])
    sites = demo.sites().assign(acceptability=0.25, top_three_share=0.4)
    page = draw_map(demo.region(), sources=sources, sites=sites)
    tab = open_file(page.save(tmp_path / "bars.html"), PHONE).ready().tab
    found = tab.evaluate(
        """() => ["sources", "sites"].map((key) => {
            const def = JSON.parse(document.getElementById("gc-data").textContent)
                .layers.find((one) => one.key === key);
            const values = def.features[0].slice(-def.fields.length);
            const rows = def.fields.map(([label, unit, kind], i) => [label, values[i], unit, kind]);
            const card = document.body.appendChild(geocluster.card("", rows));
            const part = (bar) => {
                const [whole, own, mark] = [bar, bar.querySelector("i"), bar.querySelector("b")]
                    .map((one) => one && one.getBoundingClientRect());
                return [own.width / whole.width, mark && (mark.left - whole.left) / whole.width];
            };
            return [...card.querySelectorAll(".gc-bar")].map(part);
        })"""
    )
    of_sources, of_sites = found
    assert [0.1, None] in [[round(own, 2), mark] for own, mark in of_sources]
    (first, none), (top, mark) = of_sites
    assert (round(first, 2), none, round(top, 2)) == (0.25, None, 0.4)
    assert mark == pytest.approx(0.8, abs=0.01)
