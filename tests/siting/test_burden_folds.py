"""The folds on what land costs: the supply curve, the finalists, the harm."""

import re
from types import SimpleNamespace

import pandas as pd
import xarray as xr

from geocluster.exposure.harm import harm_of
from geocluster.maps.lines import LineChart, nice_top
from geocluster.maps.panels import panels_html
from geocluster.panels.burden import cost_panels
from geocluster.siting.supply import supply_curve

BURDEN = "burden_persons_ug_m3_per_g_s"


def results(**more):
    axes = {"y": [1500.0, 500.0], "x": [500.0, 1500.0]}
    price = xr.DataArray([[1000.0, 1400.0], [2500.0, 9000.0]], dims=("y", "x"), coords=axes)
    sites = pd.DataFrame(
        {
            "site_id": ["S2", "S1"],
            "rank": [2, 1],
            BURDEN: [2500.0, 1000.0],
            f"forward_{BURDEN}": [float("nan"), 1300.0],
            "forward_difference_percent": [float("nan"), 30.0],
            "forward_reason": [None, "terrain"],
        }
    )
    land = xr.ones_like(price, dtype=bool)
    given = {"sites": sites, "supply": supply_curve(land, price), "harm": None}
    return SimpleNamespace(**{**given, **more}), price


def html(panels):
    return panels_html(
        title="Example", subtitle="", figures=[], lead=[], verdict=None, demonstration=None,
        notes=[], panels=panels, sources_of_data=[],
    )  # fmt: skip


def test_the_curve_answers_how_much_land_there_is():
    found, _ = results()
    supply, finalists = cost_panels(found)
    assert supply.table["suitable land [ha]"].tolist() == ["100", "200", "200", "300", "300"]
    assert supply.table["of all suitable land"].tolist()[-1] == "75%"
    assert "9 times as much" in supply.text[0]
    page = html([supply, finalists])
    assert page.count("<path") == 1
    assert ">S1</text>" in page
    corners = re.search(r'd="M([^"]+)"', page).group(1).split("L")
    heights = [float(corner.split()[1]) for corner in corners]
    assert heights == sorted(heights, reverse=True)


def test_land_that_reaches_nobody_has_no_multiples():
    found, price = results()
    land = xr.ones_like(price, dtype=bool)
    found.supply = supply_curve(land, price.where(price > 1000, 0.0))
    fold = cost_panels(found)[0]
    assert fold.table is None
    assert fold.text.startswith("Of 400 ha of suitable land some reaches nobody; the worst costs")


def test_a_wide_difference_has_its_reason():
    found, _ = results()
    fold = cost_panels(found)[1]
    assert fold.table["difference"].tolist() == ["+30.0%"]
    assert "S1 differs by +30%, mostly by the ground" in fold.text[-1]


def test_harm_appears_only_where_it_was_asked_for():
    found, price = results()
    assert len(cost_panels(found)) == 2
    cost = pd.DataFrame(
        {"pollutant": ["pm25"], "harm_per_person_ug_m3_year": [2.0], "low": [1.0], "high": [3.0],
         "unit": "EUR a year", "source": "made up", "grade": "assumed"}
    )  # fmt: skip
    weighed, _ = results(harm=harm_of(price, {"pm25": 0.5, "so2": 1.0}, cost))
    fold = cost_panels(weighed)[2]
    assert fold.table["site"].tolist() == ["S1", "S2"]
    assert fold.table["EUR a year"].tolist() == ["1,000", "2,500"]
    assert fold.table["low"].tolist() == ["500", "1,250"]
    assert "SO₂" in fold.text[1]


def test_nothing_suitable_and_nothing_run_is_no_fold():
    found, price = results()
    none = supply_curve(xr.zeros_like(price, dtype=bool), price)
    sites = found.sites.drop(columns=f"forward_{BURDEN}")
    assert cost_panels(results(supply=none, sites=sites)[0]) == []


def test_words_of_a_chart_are_escaped():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    drawing = LineChart(table, "a", "b", "<b>x</b>", "y & z", [(1.0, "<i>")]).svg()
    assert "<b>" not in drawing
    assert "<i>" not in drawing
    assert nice_top(4.1e5) == 5e5
