"""The dossier in a real browser: no network, no complaint, and on paper a page a candidate."""

import re
import warnings
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def test_it_opens_offline_and_prints(open_file, small_study: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from geocluster.run import run_study

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_study(small_study, tmp_path / "out")
    file = tmp_path / "out" / "dossier.html"
    visit = open_file(file)
    tab = visit.tab
    candidates = tab.locator("article").count()
    assert candidates > 3
    box = tab.locator("article svg.map").first.bounding_box()
    assert box is not None
    assert box["width"] > 100
    paper = tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > candidates
    tab.locator("nav a").first.click()
    assert "#site-1" in tab.url
    with tab.expect_navigation():
        tab.select_option("#gc-language", "ru")
    tab.wait_for_selector("html[lang=ru]", state="attached")
    assert "Досье размещения" in tab.title()
    assert tab.locator("section.checks h2").inner_text() == "Самопроверки этого расчёта"
    assert tab.locator("a[href='index.html#lang=ru']").count() == 1
    assert visit.hard_to_read() == []
    phone = open_file(file, PHONE).tab
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
