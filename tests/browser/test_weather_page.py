"""The page of a weather in a real browser: no network, no complaint, nothing wider than a phone."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from geocluster.errors import MendedWarning
from geocluster.load.weather import read_weather
from geocluster.maps.weather_page import draw_weather

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
TASHKENT = {"latitude": 41.2995, "longitude": 69.2401, "time_zone": 5, "assumed_cloud": "humidity"}


def real(name, shared, root):
    met = shared / "data" / "met"
    if name == "chicago":
        return read_weather(met / "USA_IL_Chicago_725300_TMY3.epw")
    if name == "pvgis":
        return read_weather(met / "pvgis_tmy_45N_8E.epw")
    if name == "tashkent":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MendedWarning)
            return read_weather(met / "tashkent_hourly_clean.csv", **TASHKENT)
    return read_weather(root / "data" / "regions" / "tashkent" / "weather.csv")


@pytest.mark.parametrize("name", ["chicago", "pvgis", "tashkent", "rose"])
def test_its_figures_are_the_datasets_on_every_screen(open_file, shared, root, tmp_path, name):  # type: ignore[no-untyped-def]
    weather = real(name, shared, root)
    file: Path = draw_weather(weather, title=name).save(tmp_path / "page.html")
    weight, speed = weather["frequency"].values, weather["wind_speed_m_s"].values
    share = 100 * weight / weight.sum()
    for size in (DESKTOP, PHONE):
        visit = open_file(file, size)
        tab = visit.tab
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
        shown = {
            key: tab.locator(f'[data-figure="{key}"]').inner_text()
            for key in ("hours", "calm", "light", "mean")
        }
        moving = speed > 0
        assert shown["hours"] == f"{weight.sum():,.0f}"
        assert shown["calm"] == f"{share[~moving].sum():.1f}%"
        assert shown["light"] == f"{share[speed < 1].sum():.1f}%"
        assert shown["mean"] == f"{np.average(speed[moving], weights=weight[moving]):.2f} m/s"
        rows = tab.locator("#classes tbody tr").all_inner_texts()
        letters = "ABCDEF"
        for row in rows:
            _, letter, told, *_ = row.split()
            own = share[weather["stability"].values == letters.index(letter) + 1].sum()
            assert float(told) == pytest.approx(own, abs=0.051)
        box = tab.locator("#rose svg").bounding_box()
        assert box is not None
        assert box["width"] > 250
        assert tab.locator("#rose path").count() >= 16
        assert visit.hard_to_read() == []


def test_a_reader_chooses_its_language(open_file, shared, root, tmp_path):  # type: ignore[no-untyped-def]
    file = draw_weather(real("rose", shared, root), language="uz").save(tmp_path / "page.html")
    tab = open_file(file, PHONE).tab
    own = tab.inner_text("#rose h2")
    for language, title in (("ru", "Роза ветров"), ("en", "Wind rose"), ("uz", own)):
        with tab.expect_navigation():
            tab.select_option("#gc-language", language)
        tab.wait_for_selector(f"html[lang={language}]", state="attached")
        assert tab.inner_text("#rose h2") == title
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
