"""The map on paper, through the same page: the sheet, its folds, and the way back."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from geocluster.maps.page import draw_map
from geocluster.maps.printed import print_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(demo, tmp_path_factory: pytest.TempPathFactory) -> Path:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    weather = xr.Dataset(
        {
            "wind_speed_m_s": ("hour", rng.uniform(0.5, 9, 200)),
            "wind_from_deg": ("hour", rng.uniform(0, 360, 200)),
        },
        attrs={"origin": "made up, 2024"},
    )
    made = draw_map(demo.region(), weather=weather, weather_name="city", **demo.everything())
    return made.save(tmp_path_factory.mktemp("print") / "index.html")


def test_the_sheet_holds_what_a_map_needs_and_goes_again(open_file, page: Path) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    before = tab.evaluate("[geocluster.map.getZoom(), geocluster.map.getCenter().lng]")
    opened = tab.locator("#gc-side details[open]").count()
    tab.evaluate("geocluster.print.enter('A3')")
    sheet = tab.locator("#gc-sheet")
    text = sheet.inner_text()
    for words in (
        "Demo region", "demonstration", "Legend", "SO₂, mean", "Not for decisions",
        "No population raster was given", "Hatched areas are not for decisions",
        "not separable", "Weather: made up, 2024", "GeoNames", "most often", "Weather: city",
    ):  # fmt: skip
        assert words in text, words
    assert sheet.locator(".gc-north").is_visible()
    assert sheet.locator(".leaflet-control-scale").is_visible()
    assert not tab.locator(".gc-control").is_visible()
    assert tab.locator("#gc-side details:not([open])").count() == 0
    inside = tab.evaluate(
        """() => { const of = (s) => document.querySelector(s), key = of('.gc-sheet-key');
          return [key.scrollHeight <= key.clientHeight + 1,
            of('#gc-sheet').scrollHeight <= of('#gc-sheet').clientHeight + 1,
            geocluster.map.getBounds().contains(L.latLngBounds(geocluster.data.bounds))]; }"""
    )
    assert inside == [True, True, True]
    assert tab.locator(".gc-print-copy").count() >= 2  # homes and lines, see print.js
    tab.evaluate("geocluster.print.leave()")
    assert tab.locator(".gc-print-copy").count() == 0
    assert tab.locator("#gc-sheet").count() == 0
    assert tab.locator("#gc-side details[open]").count() == opened
    after = tab.evaluate("[geocluster.map.getZoom(), geocluster.map.getCenter().lng]")
    assert after == pytest.approx(before, abs=1e-3)


def test_a4_holds_the_whole_key(open_file, page: Path) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    tab.evaluate("geocluster.print.enter('A4')")
    assert tab.evaluate(
        "(() => { const k = document.querySelector('.gc-sheet-key'); "
        "return k.scrollHeight <= k.clientHeight + 1; })()"
    )


def test_a_pdf_is_written_twice_alike(page: Path, tmp_path: Path, chromium: str) -> None:
    first = print_page(page, tmp_path / "a.pdf").read_bytes()
    second = print_page(page, tmp_path / "b.pdf").read_bytes()
    assert first.startswith(b"%PDF")
    assert first == second
    box = re.search(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", first)
    assert box is not None
    assert [float(side) for side in box.groups()] == pytest.approx([842, 595], abs=1.5)
    pages = re.search(rb"/Type /Pages\s*/Count (\d+)|/Count (\d+)", first)
    assert pages is not None
    assert int(pages[1] or pages[2]) >= 2
