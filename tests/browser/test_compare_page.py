"""The page of two runs in a real browser without a network: divider, difference, languages."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from geocluster.comparing.compare import write_comparison

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def page(module_at, tmp_path_factory: pytest.TempPathFactory) -> Path:  # type: ignore[no-untyped-def]
    made = module_at("tests/comparing/made_up.py")
    folder = tmp_path_factory.mktemp("compare")
    more = np.full((20, 20), 5.0)
    more[:, 8:] = 30.0
    sites = [made.site("S1", 2_000, 1, 0.9), made.site("S2", 12_000, 2, 0.8)]
    turned = [made.site("S1", 2_000, 2, 0.7), made.site("S2", 12_000, 1, 0.8)]
    demonstration = "Demonstration: stacks are assumed"
    a = made.run(folder / "today", sites=sites, demonstration=demonstration)
    b = made.run(folder / "<b>plan", nox=more, sites=turned, demonstration=demonstration)
    return write_comparison(a, b, folder / "out")["compare.html"]


def drawn(tab) -> bytes:  # type: ignore[no-untyped-def]
    tab.wait_for_timeout(150)
    return tab.locator("#cp-map").screenshot(animations="disabled")


def test_the_divider_moves_and_the_difference_is_drawn(page: Path, open_file):  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    assert tab.locator("#cp-surface option").all_inner_texts()[0] == "NOₓ, mean"
    middle = drawn(tab)
    divider = tab.locator(".cp-divider")
    divider.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "52"
    divider.press("End")
    only_a = drawn(tab)
    divider.press("Home")
    only_b = drawn(tab)
    assert len({middle, only_a, only_b}) == 3
    box, knob = tab.locator("#cp-map").bounding_box(), divider.bounding_box()
    tab.mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 4, knob["y"] + 60)
    tab.mouse.up()
    assert divider.get_attribute("aria-valuenow") == "25"
    tab.click("#cp-difference")
    difference = drawn(tab)
    assert difference not in {middle, only_a, only_b}
    assert not divider.is_visible()
    assert "±" in tab.inner_text("#cp-legend")
    tab.click("#cp-map", position={"x": box["width"] * 0.7, "y": box["height"] * 0.45})
    expect(tab.locator("#cp-here")).to_contain_text("B − A")
    said = tab.inner_text("#cp-here")
    assert "B > 20" in said
    assert "+20 … " in said or "> +20" in said
    tab.click("#cp-swipe")
    divider.press("End")
    tab.uncheck("#cp-sites")
    assert drawn(tab) != only_a


def test_tables_and_languages(page: Path, open_file):  # type: ignore[no-untyped-def]
    visit = open_file(page, PHONE).ready()
    tab = visit.tab
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.locator("#cp-demonstration").is_visible()
    assert "<b>plan" in tab.inner_text("h1")
    assert tab.locator("#cp-table tbody tr").count() == 2
    assert "▼ 1" in tab.locator("#cp-table tbody tr").first.inner_text()
    tab.locator("#cp-table .cp-link").nth(1).click()
    assert tab.locator('#cp-table tr[aria-current="true"]').count() == 1
    tab.select_option("#cp-language", "ru")
    assert "Сравнение двух расчётов" in tab.inner_text("h1")
    tab.select_option("#cp-language", "uz")
    assert tab.evaluate("document.documentElement.lang") == "uz"
    assert "Ikki hisobni taqqoslash" in tab.inner_text("h1")
    assert visit.hard_to_read() == []
