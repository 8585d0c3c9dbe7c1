"""Table 1 by region as small maps: outlines, figures, ranks, and what is no outline."""

import re
from pathlib import Path

import pandas as pd
import pytest

from geocluster.errors import TableError
from geocluster.industry.reconciliation import check_inventory
from geocluster.maps.area_map import AreaMap
from geocluster.maps.text import statistic_label

SQUARE = "POLYGON ((60 40, 62 40, 62 41, 60 41, 60 40))"


@pytest.fixture
def table(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "data/regions/navoi/table1.csv")


def test_each_region_has_its_figure_rank_and_shade(table: pd.DataFrame) -> None:
    drawing = str(AreaMap(table, "region", ["so2_kt_yr", "nox_kt_yr"], "outline_wkt").svg())
    assert drawing.count("<path") == 8
    told = re.findall(r'font-weight="700">([^<]+)<', drawing)
    assert told[:4] == ["120 (3)", "200 (1)", "80 (4)", "150 (2)"]
    assert told[4:] == ["90 (3)", "130 (1)", "70 (4)", "110 (2)"]
    shades = re.findall(r'fill="(#[0-9a-f]{6})" stroke', drawing)[:4]
    order = [sum(int(one[i : i + 2], 16) for i in (1, 3, 5)) for one in shades]
    assert sorted(range(4), key=order.__getitem__) == [1, 3, 0, 2], "the more, the darker"


def test_no_label_lies_on_another(table: pd.DataFrame) -> None:
    drawing = str(AreaMap(table, "region", ["so2_kt_yr"], "outline_wkt").svg())
    found = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle"[^>]*>([^<]+)<', drawing
    )
    boxes = [(float(x), float(y), 3.2 * len(text)) for x, y, text in found]
    assert len(boxes) == 8
    for number, (x, y, half) in enumerate(boxes):
        assert half <= x + 1
        assert x + half <= 341
        for other, below, wide in boxes[:number]:
            assert abs(y - below) >= 10 or abs(x - other) >= half + wide


def test_a_row_without_outline_or_figure_is_no_fault() -> None:
    given = pd.DataFrame({"region": ["<b>", "There"], "so2_kt_yr": [float("nan"), 5.0],
                          "outline_wkt": [SQUARE, None]})  # fmt: skip
    assert check_inventory(given.fillna({"so2_kt_yr": 0.0}), "There", "table1") == ["so2_kt_yr"]
    drawing = str(AreaMap(given, "region", ["so2_kt_yr"], "outline_wkt").svg())
    assert drawing.count("<path") == 1
    assert "&lt;b&gt;" in drawing
    assert ">–<" in drawing
    assert str(AreaMap(given.iloc[1:], "region", ["so2_kt_yr"], "outline_wkt").svg()) == ""


@pytest.mark.parametrize(
    "text", ["somewhere", "POINT (1 2)", "POLYGON ((500 0, 501 0, 501 1, 500 0))"]
)
def test_what_is_no_outline_is_told(text: str) -> None:
    given = pd.DataFrame({"region": ["Here"], "so2_kt_yr": [5.0], "outline_wkt": [text]})
    with pytest.raises(TableError, match="outline_wkt of Here: give a polygon as WKT"):
        check_inventory(given, "Here", "table1")


def test_statistics_have_names_of_their_own() -> None:
    assert statistic_label("p99.97_1h") == "percentile 99.97 of hours"
    assert statistic_label("h8_24h") == "highest day no. 8"
    assert statistic_label("hours_above_200") == "hours above 200 µg/m³"
    assert statistic_label("p98_1h") == "98th percentile of hours"
