"""A click anywhere is answered, without a network, with the figures that Python has."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from geocluster.maps.page import draw_map
from geocluster.siting.suitability import suitable_land
from geocluster.siting.why import why

pytestmark = pytest.mark.browser
ASK = "async ([lat, lng]) => await geocluster.facts(L.latLng(lat, lng))"


@pytest.fixture(scope="module")
def known(demo):
    grid = demo.region().grid(cell_m=1000)
    return {
        **demo.everything(),
        "suitable": suitable_land(grid, demo.exposure(), demo.land(), hazard_class="III"),
    }


@pytest.fixture(scope="module")
def file(known, demo, tmp_path_factory):
    page = draw_map(demo.region(), **known)
    return page.save(tmp_path_factory.mktemp("here") / "index.html")


def places(demo, suitable):
    """Five places anywhere, and five that are too near to something but not inside it."""
    rng = np.random.default_rng(6)
    water, homes = suitable["distance_water_m"].values, suitable["distance_homes_m"].values
    near = ((water > 0) & (water < 100)) | ((homes > 0) & (homes < 300))
    rows, columns = np.nonzero(near)
    picked = rng.choice(len(rows), 5, replace=False)
    cells = np.c_[suitable["x"].values[columns[picked]], suitable["y"].values[rows[picked]]]
    around = [
        *(demo.MIDDLE + rng.uniform(-25_000, 25_000, (5, 2))),
        *(cells + rng.uniform(-400, 400, (5, 2))),
    ]
    points = gpd.GeoSeries([Point(*at) for at in around], crs=demo.CRS)
    return list(zip(points, points.to_crs(4326), strict=True))


def test_figures_at_random_places_equal_pythons(file, known, demo, open_file):
    tab = open_file(file).ready().tab
    excluded = 0
    for metric, degrees in places(demo, known["suitable"]):
        facts = tab.evaluate(ASK, [degrees.y, degrees.x])
        at = {"x": metric.x, "y": metric.y, "method": "nearest"}
        for one in facts["air"]:
            pollutant = one["key"].removesuffix("_mean")
            true = float(known["concentration"]["mean"].sel(pollutant=pollutant).sel(**at))
            assert one["value"] == pytest.approx(true, rel=0.005)
            if "limit" in one:
                assert one["share"] == pytest.approx(true / one["limit"], rel=0.005)
        burden = float(known["burden"].sel(**at))
        assert facts["burden"] == pytest.approx(burden, rel=0.005)
        assert facts["intake"] == pytest.approx(burden * 14.5 / 86_400, rel=0.005)
        answer = why(known["suitable"], metric).set_index("rule_id")
        told = {rule["rule_id"]: rule for rule in facts["rules"]}
        assert {r for r in told if told[r]["excluded"]} == set(answer.index[answer["excluded"]])
        for rule, row in answer.iterrows():
            if row["excluded"] and row["keep_away_m"] > 0:
                excluded += 1
                assert told[rule]["by"] == pytest.approx(row["short_by_m"], abs=1)
            if told[rule]["distance"] is not None and np.isfinite(row["distance_m"]):
                error = {"abs": 1} if row["distance_m"] <= 1000 else {"rel": 0.005}
                assert told[rule]["distance"] == pytest.approx(row["distance_m"], **error)
        assert facts["home"]["name"] == answer.loc["homes", "nearest"]
    assert excluded >= 5


def test_one_popup_says_it_short_first(file, known, demo, open_file):
    tab = open_file(file).ready().tab
    metric, at = places(demo, known["suitable"])[-1]
    answer = why(known["suitable"], metric)
    tab.evaluate(
        "([lat, lng]) => { geocluster.map.fire('click', { latlng: L.latLng(lat, lng) }); }",
        [at.y, at.x],
    )
    tab.locator(".gc-here").wait_for()
    assert tab.locator(".leaflet-popup").count() == 1
    text = tab.locator(".gc-here").inner_text()
    worst = answer.sort_values("short_by_m", ascending=False).iloc[0]
    assert worst["reason"] in text
    assert f"{np.ceil(worst['short_by_m']):.0f}\u00a0m too near" in text
    for words in (
        "Not suitable",
        "Nearest homes",
        "SO₂, mean",
        "ppm",
        "demonstration",
        "1,000 m",
    ):
        assert words in text
    assert "Not checked" not in text
    tab.locator(".gc-here summary", has_text="More of this place").click()
    assert "Not checked" in tab.locator(".gc-here").inner_text()


def test_the_keyboard_asks_too(file, open_file):
    tab = open_file(file).ready().tab
    tab.locator(".gc-here-ask").focus()
    tab.keyboard.press("Enter")
    tab.locator(".gc-here").wait_for()
    tab.keyboard.press("Escape")
    tab.locator(".gc-here").wait_for(state="detached")
    assert tab.evaluate("document.activeElement.className") == "gc-here-ask"
    tab.locator(".folium-map").focus()
    tab.keyboard.press("Enter")
    tab.locator(".gc-here").wait_for()


def test_a_card_leads_on_to_its_place(file, open_file):
    tab = open_file(file).ready().tab
    tab.evaluate(
        "() => { geocluster.data.layers.find((d) => d.key === 'sources').paths[0].openPopup(); }"
    )
    tab.locator(".gc-ask").click()
    tab.locator(".gc-here").wait_for()
    assert "At this place" in tab.locator(".gc-here").inner_text()


def test_a_browser_that_cannot_unpack_says_so(file, open_file):
    tab = open_file(file).ready().tab
    tab.evaluate(
        """() => { delete window.DecompressionStream;
          geocluster.map.fire('click', { latlng: L.latLng(41.33, 69.33) }); }"""
    )
    tab.locator(".gc-card").wait_for()
    text = tab.locator(".gc-card").inner_text()
    assert "cannot unpack" in text
    assert "SO₂, mean" in text
