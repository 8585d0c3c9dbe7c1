"""A whole run on a study whose every text means harm: pages, tables, documents, the terminal."""

import csv
import json
import re
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xarray as xr
from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.browser
PAGES = ("index.html", "review.html", "dossier.html", "compare.html", "weather.html")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
MARKS = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@pytest.fixture(scope="module")
def hostile(module_at):
    return module_at("tests/hostile.py")


@pytest.fixture(scope="module")
def out(hostile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder, with the pages of its weather and of a comparison in it."""
    from geocluster.comparing.compare import write_comparison
    from geocluster.maps.weather_page import draw_weather
    from geocluster.run import run_study

    folder = tmp_path_factory.mktemp("hostile")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = run_study(hostile.write_study(folder / "study"), folder / "run")
    target = folder / "run"
    other = folder / "run;<b>'&"
    shutil.copytree(target, other)
    sites = other / "provenance.json"
    sites.write_text(sites.read_text("utf-8").replace("20000", "19000"), encoding="utf-8")
    write_comparison(target, other, folder / "compared")
    shutil.copy(folder / "compared" / "compare.html", target)
    weather: xr.Dataset = run.study.weather.assign_attrs(origin=hostile.ALL, note=hostile.ALL)
    draw_weather(weather, title=hostile.ALL, notes=hostile.TEXTS).save(target / "weather.html")
    return target


@pytest.mark.parametrize("name", PAGES)
def test_pages_show_it_as_text(open_file, out: Path, name: str) -> None:  # type: ignore[no-untyped-def]
    text = (out / name).read_text("utf-8")
    assert not CONTROLS.search(text)
    assert not MARKS.search(
        re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.S)
    )
    visit = open_file(out / name)
    tab = visit.tab
    asked: list[str] = []
    tab.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    if name == "index.html":
        visit.ready()
        tab.evaluate(OPEN_ALL)
    else:
        tab.wait_for_timeout(500)
    tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    untouched(tab, asked)
    switch = tab.locator("select:has(option[value=uz])")
    assert switch.count() == 1
    switch.select_option("uz")
    tab.wait_for_selector("html[lang=uz]", state="attached")
    untouched(tab, asked)
    shown = tab.locator("body").inner_text()
    assert "<script>window.hacked=1</script>" in shown
    assert not re.search(r"(long){300}", shown)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1400


def untouched(tab: Tab, asked: list[str]) -> None:
    """No script of theirs ran, nothing was asked, none of their elements is there."""
    assert asked == []
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("img:not([src^='data:']):not([src^='blob:']), evil, [onload]").count() == 0


OPEN_ALL = """() => {
  for (const def of geocluster.data.layers) {
    geocluster.toggle(def, true);
    for (const one of (def.paths || []).slice(0, 40)) { one.openTooltip?.(); one.openPopup(); }
  }
}"""


def test_tables_hold_no_formula_and_stay_tables(out: Path, hostile) -> None:  # type: ignore[no-untyped-def]
    for path in out.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1, path.name
        for cell in (cell for row in rows for cell in row):
            assert not CONTROLS.search(cell)
            number = re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", cell)
            assert number or not cell.lstrip().startswith(STARTS), (path.name, cell[:80])


def test_other_files_are_sound(out: Path) -> None:
    import docx
    import geopandas as gpd

    def refuse(text: str) -> None:
        raise ValueError(text)

    for path in out.glob("*.json"):
        json.loads(path.read_text("utf-8"), parse_constant=refuse)
    for path in [*out.glob("*.qml"), *out.glob("*.qgs")]:
        ET.fromstring(path.read_text("utf-8").partition("\n")[2])
    for path in out.glob("*.gpkg"):
        for layer in gpd.list_layers(path)["name"]:
            gpd.read_file(path, layer=layer)
        with closing(sqlite3.connect(path)) as file:
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
            styles = (
                "SELECT styleQML FROM layer_styles"
                if "layer_styles" in tables
                else "SELECT 1 WHERE 0"
            )
            for (style,) in file.execute(styles):
                ET.fromstring(style.partition("\n")[2])
    document = docx.Document(str(out / "dossier.docx"))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    told = "\n".join([*(p.text for p in document.paragraphs), *cells])
    assert "<script>window.hacked=1</script>" in told
    assert not CONTROLS.search(told)
    assert not MARKS.search(told)


def test_every_name_of_a_file_is_ours(out: Path) -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", path.name) for path in out.iterdir())


def test_a_terminal_shows_it_and_obeys_nothing(out: Path, hostile, capsys) -> None:  # type: ignore[no-untyped-def]
    from typer.testing import CliRunner

    from geocluster.cli import app

    study = out.parent / "study"
    told = CliRunner().invoke(app, ["check", str(study)])
    assert told.exit_code == 0, told.output
    assert "<script>window.hacked=1</script>" in told.output
    broken = study / "study.toml"
    text = broken.read_text("utf-8")
    try:
        broken.write_text(
            text.replace("[grid]", f"[grid]\n{hostile.quoted(hostile.ALL)} = 1"), "utf-8"
        )
        fault = CliRunner().invoke(app, ["check", str(study)])
    finally:
        broken.write_text(text, encoding="utf-8")
    assert fault.exit_code == 1
    assert "[red]markup[/red] [/] [bold" in fault.output.replace("\n", "")
    for output in (told.output, fault.output):
        assert not CONTROLS.search(output)
        assert not MARKS.search(output)
