"""Every study of the project from its folder to a page that draws without a network."""

import json
import warnings
from pathlib import Path

import pytest

from geocluster.errors import GeoclusterWarning
from geocluster.run import run_study

pytestmark = pytest.mark.browser
REGIONS = ("tashkent", "navoi", "andijan", "bukhara")
FROM_OSM = ("malta", "andorra")
FILES = {
    "index.html", "review.html", "dossier.html", "exposure.csv", "homes.gpkg", "sites.gpkg",
    "sites.csv", "rules.csv", "clusters.gpkg", "concentration.tif", "burden.tif", "candidates.json",
    "stability.json", "provenance.json", "suitable.tif", "region.gpkg", "geocluster.qgs",
    "burden.qml", "concentration.qml", "suitable.qml", "supply.csv",
}  # fmt: skip


def folder_of(name: str, root: Path) -> Path:
    return root / "tests" / "studies" / name if name in FROM_OSM else root / "data/regions" / name


@pytest.fixture(scope="module", params=[*REGIONS, *FROM_OSM])
def outcome(request, root, tmp_path_factory):
    if request.param in FROM_OSM:
        request.getfixturevalue("shared")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeoclusterWarning)
        target = tmp_path_factory.mktemp(request.param)
        return run_study(folder_of(request.param, root), target)


def test_it_leaves_every_file(outcome):
    target = outcome.files["index.html"].parent
    hilly = outcome.study.terrain is not None
    more = {"terrain.tif", "terrain.qml"} if hilly else set()
    assert {path.name for path in target.iterdir()} == FILES | more
    provenance = json.loads((target / "provenance.json").read_text(encoding="utf-8"))
    assert len(provenance["inputs_sha256"]) >= 4
    assert provenance["demonstration"].startswith("Demonstration")
    assert outcome.files["index.html"].stat().st_size < 5_000_000


def test_the_page_draws_its_layers_offline(outcome, open_file):
    visit = open_file(outcome.files["index.html"])
    tab = visit.ready().tab
    tab.evaluate("() => { geocluster.choose(null); }")
    boxes = tab.locator("input[name=gc-layer]").all()
    names = {box.get_attribute("value") for box in boxes}
    assert {"homes", "sources", "sites", "not_valid"} <= names, names
    for box in boxes:
        box.uncheck()
    empty = visit.picture()
    silent = []
    for box in boxes:
        box.check()
        if box.get_attribute("value") != "limits" and visit.picture() == empty:
            silent.append(box.get_attribute("value"))
        box.uncheck()
    assert silent == []
    surfaces = tab.locator("input[name=gc-surface]").all()
    assert len(surfaces) >= 4
    for radio in surfaces[:-1]:
        radio.check()
        assert visit.picture() != empty


def test_the_page_says_what_it_is_not(outcome, open_file):
    text = open_file(outcome.files["index.html"]).ready().tab.locator("body").inner_text()
    assert "Demonstration" in text
    assert "Not for decisions" in text
    assert "bring better input" in text
    assert outcome.results.verdict[:40] in text


def test_the_review_page_begins_where_the_run_ended(outcome, open_file):
    tab = open_file(outcome.files["review.html"]).ready().tab
    order = tab.evaluate(
        """() => {
          const { state, data } = geoclusterPage;
          return state.answers.a.order.map((row) => data.sites.id[row]);
        }"""
    )
    sites = outcome.results.sites.sort_values("rank")
    assert order == sites["site_id"].astype(str).tolist()
