"""The page of a weather: its figures are the Dataset's, and it carries everything with it."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from geocluster.cli import app
from geocluster.maps.switch import texts_of_markup, unpacked
from geocluster.maps.weather_numbers import completeness, rose_table, stability_tables
from geocluster.maps.weather_page import draw_weather
from geocluster.words import LANGUAGES

NASTY = "<script>alert(1)</script>\u202e & \"'"


def hourly(hours=24 * 400, seed=1):
    rng = np.random.default_rng(seed)
    stability = rng.integers(1, 7, hours)
    variables = {
        "wind_speed_m_s": np.where(rng.random(hours) < 0.05, 0, rng.gamma(2, 1.5, hours)),
        "wind_from_deg": rng.uniform(0, 360, hours),
        "stability": stability,
        "mixing_height_m": np.where(stability > 4, 10_000, rng.uniform(200, 2000, hours)),
        "temperature_k": np.full(hours, 288.0),
        "frequency": np.ones(hours),
    }
    weather = xr.Dataset({name: ("hour", values) for name, values in variables.items()})
    time = pd.date_range("2024-11-01", periods=hours, freq="h")
    return weather.assign_coords(time=("hour", time)).assign_attrs(
        hours_missing=0, hours_filled=0, origin="made up"
    )


def rose():
    weather = hourly(60).drop_vars("time")
    seasons = np.array(["winter", NASTY] * 30, dtype=object)
    weather["frequency"] = ("hour", np.arange(1.0, 61.0))
    return weather.assign_coords(season=("hour", seasons))


def table_of(page, section):
    """The first table of a section, as rows of text by their heading."""
    part = page.split(f'id="{section}"')[1].split("</section>")[0]
    body = part.split("<tbody>")[1].split("</tbody>")[0]
    return {
        re.search(r"<th>(.*?)</th>", row)[1]: [
            float(cell.replace(",", "")) for cell in re.findall(r"<td>(.*?)</td>", row)
        ]
        for row in body.split("</tr>")
        if "<th>" in row
    }


def test_the_rose_counts_every_hour_once():
    weather = hourly()
    speed, direction = weather["wind_speed_m_s"].values, weather["wind_from_deg"].values
    shown = table_of(draw_weather(weather).html, "rose")
    assert list(shown) == list(rose_table(weather).index)
    north = ((direction >= 348.75) | (direction < 11.25)) & (speed > 0)
    bounds = [(0, 1), (1, 2), (2, 3), (3, 5), (5, 8), (8, np.inf)]
    expected = [100 * np.mean(north & (speed >= low) & (speed < high)) for low, high in bounds]
    assert shown["N"][:-1] == pytest.approx(expected, abs=0.006)
    assert shown["N"][-1] == pytest.approx(100 * north.mean(), abs=0.006)
    total = sum(row[-1] for row in shown.values()) + 100 * np.mean(speed == 0)
    assert total == pytest.approx(100, abs=0.1)


def test_stability_by_hour_and_season_is_the_datasets():
    weather = hourly()
    tables = stability_tables(weather)
    assert len(tables) == 4
    winter = tables["December to February"]
    assert winter.sum(axis=1).to_numpy() == pytest.approx(100)
    time = weather["time"].to_index()
    there = (time.hour == 5) & np.isin(time.month, (12, 1, 2))
    share = 100 * np.mean(weather["stability"].values[there] == 6)
    assert winter.loc[5, "class F"] == pytest.approx(share)
    shown = table_of(draw_weather(weather).html, "stability")
    assert shown["5"][5] == pytest.approx(share, abs=0.06)


def scripts(page: str) -> int:
    """How many scripts there are: what turns the page, and what it is turned by."""
    assert page.count("<script>") == page.count('<script type="application/json" id="gc-told">')
    return page.count("<script")


def test_a_rose_is_weighted_and_its_seasons_are_named_safely():
    weather = rose()
    page = draw_weather(weather).html
    weight = weather["frequency"].values
    moving = weather["wind_speed_m_s"].values > 0
    total = rose_table(weather).to_numpy().sum()
    assert total == pytest.approx(100 * weight[moving].sum() / weight.sum())
    assert 'id="calendar"' not in page
    assert scripts(page) == 2
    assert "&lt;script&gt;" in page


def test_completeness_knows_gaps_and_ends():
    weather = hourly(24 * 60)
    gone = np.r_[30:36, 24 * 40 : 24 * 41]
    table = completeness(weather.isel(hour=np.setdiff1d(np.arange(24 * 60), gone)))
    assert table.loc["2024-11", 2] == pytest.approx(100 * 18 / 24)
    assert table.loc["2024-12", 11] == 0
    assert table.loc["2024-11", 1] == 100
    assert np.isnan(table.loc["2024-11", 31])
    assert np.isnan(table.loc["2024-12", 31]), "after the last hour"
    assert completeness(hourly(24 * 365 * 4)).shape == (5, 12), "long ones by year and month"


def test_one_hour_and_only_calms_are_drawn_too():
    one = hourly(1)
    assert "Wind rose" in draw_weather(one).html
    calm = hourly(48)
    calm["wind_speed_m_s"][:] = 0
    calm["mixing_height_m"][:] = 10_000
    page = draw_weather(calm).html
    assert 'data-figure="calm">100.0%<' in page
    assert "NaN" not in page
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_nothing_of_the_page_is_elsewhere_and_names_are_escaped():
    page = draw_weather(hourly(48), title=NASTY, notes=[NASTY]).html
    assert scripts(page) == 2
    assert "\u202e" not in page
    assert not re.search(r"(?:src|href)=|https?:|url\(|@import", page)
    assert "default-src 'none'" in page


def test_a_page_turns_into_the_page_of_another_language():
    pages = {code: draw_weather(hourly(48), language=code).html for code in LANGUAGES}
    texts = {code: texts_of_markup(page) for code, page in pages.items()}
    told = json.loads(pages["en"].partition('id="gc-told">')[2].partition("</script>")[0])
    rows = unpacked(told)["side"]
    for number, code in enumerate(told["others"]):
        for mine, theirs in zip(texts["en"], texts[code], strict=True):
            row = rows.get(" ".join(mine.split()), mine)
            assert (row if isinstance(row, str) else row[number]) == theirs
    assert "Роза ветров" in texts["ru"]


def test_the_command_draws_a_page_and_says_what_it_read(tmp_path: Path):
    file = tmp_path / "station.csv"
    head = "datetime,V,wind_from_deg,temperature_c,stability\n"
    rows = [f"2026-01-01 {hour:02d}:00,7.2,90,3,D\n" for hour in (0, 1, 3, 4, 9)]
    file.write_text(head + "".join(rows))
    out = tmp_path / "pages" / "station.html"
    words = ["weather", "show", str(file), "--column", "wind_speed_kmh=V", "-o", str(out)]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    assert "6 hours, calms 0.0%, under 1 m/s 0.0%, 1 filled, 4 missing" in told.output
    page = out.read_text("utf-8")
    assert "4 of 10 hours are missing" in page
    assert 'data-figure="mean">2.00 m/s<' in page
    assert "filled between their neighbours" in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--column", "wind"], "write wind_speed_kmh=V"),
        (["--assumed-cloud", "much"], "give tenths, or humidity"),
        ([], "'wind_speed_m_s' is missing"),
    ],
)
def test_what_the_command_cannot_read_is_a_message(tmp_path, words, message):
    file = tmp_path / "station.csv"
    file.write_text("datetime,V,wind_from_deg,temperature_c,stability\n2026-01-01 00:00,7,9,3,D\n")
    told = CliRunner().invoke(app, ["weather", "show", str(file), *words])
    assert told.exit_code == 1
    assert message in told.output
    assert "Traceback" not in told.output
