"""Names from data: cleaned, short, and unable to leave the place they are put."""

import json

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.maps.packing import value
from geocluster.maps.panels import Panel, panels_html, rows_of
from geocluster.maps.text import clean, column_label, figure, json_for_page

LAWS = settings(deadline=None, derandomize=True, max_examples=100)
BARE = {
    "figures": [],
    "lead": [],
    "verdict": None,
    "demonstration": None,
    "notes": [],
    "panels": [],
}


def side(**more: object) -> str:
    return panels_html(**{"title": "T", "subtitle": "", "sources_of_data": [], **BARE, **more})


@LAWS
@given(st.text(max_size=300))
def test_cleaned_text_is_one_short_line_that_any_file_can_hold(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 90
    assert cleaned == cleaned.strip()
    assert not set(cleaned) & set("\n\r\t\0\u202e\u2066\u200f\u2028")
    cleaned.encode("utf-8")


@LAWS
@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@LAWS
@given(st.text(alphabet="<>/script!-\"'&`${}\\ \u2028:", max_size=60))
def test_json_in_a_page_holds_no_tag_and_no_address_and_comes_back(text: str) -> None:
    packed = json_for_page({"name": text})
    assert "<" not in packed
    assert "://" not in packed
    assert json.loads(packed) == {"name": text}


@LAWS
@given(st.text(alphabet="<>/scriptmgonerror=!-\"'&`${}\\ :x", min_size=1, max_size=80))
def test_panels_escape_whatever_a_name_is_made_of(text: str) -> None:
    table = pd.DataFrame({"site": [text]})
    plain = side(panels=[Panel("P", table=pd.DataFrame({"site": ["a"]}))], notes=["a"])
    tags = side(title=text, panels=[Panel(text, text, table)], notes=[text], demonstration=text)
    allowed = ("header", "/header", "button", "/button", "span", "/span", "h1", "/h1", "bdi")
    found = {part.split(">")[0].split()[0] for part in tags.split("<")[1:]}
    known = {part.split(">")[0].split()[0] for part in plain.split("<")[1:]}
    assert found <= known | set(allowed) | {"p", "/p", "strong", "/strong"}
    assert "://" not in tags


def test_ten_thousand_letters_become_ninety() -> None:
    assert len(clean("x" * 10_000)) == 90
    assert clean("x" * 10_000).endswith("…")


def test_missing_values_are_empty_and_no_word() -> None:
    assert [clean(v) for v in (None, float("nan"), pd.NA, pd.NaT)] == ["", "", "", ""]
    assert value(float("inf")) is None
    assert value(pd.NA) is None


def test_a_list_of_names_is_joined() -> None:
    assert value(["Smelter", "Furnace\nhall"]) == "Smelter, Furnace hall"


def test_figures_keep_three_digits_and_counts_stay_whole() -> None:
    assert figure(0.0001234) == "0.000123"
    assert figure(1234.5) == "1,230"
    assert figure(1_160_004, "count") == "1,160,004"
    assert figure(float("nan")) == "–"


def test_columns_are_named_with_their_unit() -> None:
    assert column_label("so2_mean_highest_ug_m3")[0] == "SO₂, mean, highest in the area"
    assert column_label("high_emission_so2_g_s") == ("SO₂ emission, high case", "g/s", "emission")
    assert column_label("top_three_share") == ("among the first three", "%", "share")
    assert column_label("stack_height_m") == ("stack height", "m", "figure")
    assert column_label("pm25_mean_ug_m3")[0] == "PM₂.₅, mean"
    assert column_label("co2_kt_yr")[:2] == ("CO₂", "kt/yr")


def test_a_long_table_says_how_much_is_left_out() -> None:
    rows = rows_of(pd.DataFrame({"rank": range(100)}))
    assert rows is not None
    assert len(rows["rows"]) + rows["left_out"] == 100
    assert "40 more rows" in side(panels=[Panel("P", table=pd.DataFrame({"rank": range(100)}))])
