"""Every card of the map holds the figures of its row, and a reader sets how clear a surface is."""

import re
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point

from geocluster.maps.page import draw_map
from geocluster.maps.text import column_label

pytestmark = pytest.mark.browser
CARDS = """() => {
  const card = (path) => {
    path.openPopup();
    const shown = path.getPopup().getElement().querySelector(".gc-card");
    const texts = (one) => [...shown.querySelectorAll(one)].map((each) => each.textContent);
    const [labels, figures, whole] = [texts("dt"), texts("dd > bdi"), texts("dd")];
    path.closePopup();
    const rows = labels.map((label, i) => [label, figures[i], whole[i]]);
    return { heading: texts("h2")[0], rows };
  };
  const shapes = geocluster.data.layers.filter((def) => def.kind === "shapes");
  return Object.fromEntries(shapes.map((def) => {
    geocluster.toggle(def, true);
    const paths = (def.paths || []).filter((path) => path.getPopup());
    return [def.key, paths.slice(0, 60).map(card)];
  }));
}"""


@pytest.fixture(scope="module")
def given(demo) -> dict:  # type: ignore[no-untyped-def]
    zones = gpd.GeoDataFrame(
        {"name": ["Angren"], "area_ha": [328.5], "coord_err_m": [250.0]},
        geometry=[Point(demo.MIDDLE[0] + 20_000, demo.MIDDLE[1] - 9_000)],
        crs=demo.CRS,
    )
    places = demo.places().assign(capacity=[640.0, 1210.0])
    return {**demo.everything(), "zones": zones, "places": places}


@pytest.fixture(scope="module")
def file(given, demo, tmp_path_factory: pytest.TempPathFactory) -> Path:  # type: ignore[no-untyped-def]
    page = draw_map(demo.region(), **given)
    return page.save(tmp_path_factory.mktemp("cards") / "index.html")


def number(text: str) -> float:
    """The first figure of a text: 40 of "40 to 48"."""
    found = re.match(r"[−0-9.,]+", text)
    assert found is not None, text
    return float(found[0].replace("−", "-").replace(",", ""))


def test_every_card_holds_the_figures_of_its_row(open_file, file: Path, given) -> None:  # type: ignore[no-untyped-def]
    cards = open_file(file).ready().tab.evaluate(CARDS)
    named = given["exposure"][given["exposure"]["name"] != ""]
    asked = (
        ("sources", given["sources"], "{name}", 4, 4),
        ("homes", named, "{name}", 4, 3),
        ("sites", given["sites"], "Site {site_id}", 30, 4),
        ("clusters", given["clusters"], "{name}", 1, 4),
        ("zones", given["zones"], "{name}", 1, 2),
        ("places", given["places"], "{name}", 2, 1),
    )
    for key, table, heading, least_cards, least_figures in asked:
        found = {one["heading"]: one["rows"] for one in cards[key]}
        held = 0
        for row in table.drop(columns="geometry").to_dict("records"):
            rows = found.get(heading.format(**row))
            if rows is None:
                continue
            held += 1
            shown = {label: (text, whole) for label, text, whole in rows}
            figures = 0
            for column, value in row.items():
                label, unit, kind = column_label(column)
                if not isinstance(value, int | float) or value != value or label not in shown:
                    continue
                figures += 1
                text, whole = shown[label]
                true = 100 * value if kind == "share" else value
                assert number(text) == pytest.approx(true, rel=0.005, abs=0.5 * (kind == "share"))
                assert unit in whole, (key, column, whole)
            assert figures >= least_figures, (key, row, rows)
        assert held >= least_cards, (key, list(found))


def test_a_reader_sets_the_opacity_of_surfaces(open_file, file: Path) -> None:  # type: ignore[no-untyped-def]
    visit = open_file(file).ready()
    tab = visit.tab
    before = visit.picture()
    slider = tab.locator(".gc-opacity input")
    seen = []
    for value in (100, 20):
        slider.evaluate(
            "(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }", value
        )
        seen.append(visit.picture())
        assert tab.evaluate("geocluster.opacity") == pytest.approx(value / 100)
    assert len({before, *seen}) >= 2
    assert seen[0] != seen[1]
    tab.locator("input[name=gc-surface][value=burden]").check()
    assert tab.locator(".leaflet-image-layer").last.evaluate("(one) => one.style.opacity") == "0.2"
