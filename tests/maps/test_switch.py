"""A page in one language carries what turns it into the others, exactly."""

import html
import json
import re
from types import ModuleType

import pytest

from geocluster.maps.language import turn_data
from geocluster.maps.page import draw_map
from geocluster.maps.panels import Panel
from geocluster.maps.switch import dictionary, in_each, switch, unpacked
from geocluster.sentences import tell, turn_markup
from geocluster.words import LANGUAGES


def markup(page: str) -> str:
    side = page.partition('<script type="application/json" id="gc-data">')[0]
    return side[side.index('<header id="gc-head"') :]


def plain(side: str) -> str:
    return html.unescape(side).replace("\u202f", " ")


def read(page: str) -> tuple[str, dict, dict]:
    """Side, data and what turns them."""
    rest = page.partition('<script type="application/json" id="gc-data">')[2]
    data, _, rest = rest.partition("</script>")
    told = rest.partition('id="gc-told">')[2].partition("</script>")[0]
    return plain(markup(page)), json.loads(data), json.loads(told)


def turner(rows: dict, number: int):  # type: ignore[no-untyped-def]
    """As templates/turn.js does it."""
    seen: dict[str, int] = {}

    def told(text: str) -> str:
        key = " ".join(text.split())
        row = rows.get(key)
        if isinstance(row, dict):
            place = seen[key] = seen.get(key, -1) + 1
            row = row["all"][row["at"][place]]
        return text if row is None else row if isinstance(row, str) else row[number]

    return told


def turned(page: str, language: str) -> tuple[str, dict]:
    """Side and data of a page, turned by what it carries."""
    side, data, told = read(page)
    if told["made"] == language:
        return side, data
    rows, number = unpacked(told), told["others"].index(language)
    signs = {name: told["languages"][language][name] for name in ("decimal", "group", "percent")}
    side = turn_markup(markup(page), turner(rows["side"], number))
    data = turn_data(data, turner(rows["data"], number)) | signs
    return plain(side), json.loads(json.dumps(data))


def check_turns(pages: dict[str, str]) -> None:
    """Every page turned into each language is the page that is made in it."""
    for made, page in pages.items():
        for language in pages:
            assert turned(page, language) == read(pages[language])[:2], (made, language)


def test_a_page_turned_is_the_page_made_in_that_language(demo: ModuleType) -> None:
    said = ["none", "no", "Land", "People & more", "Ein Name", '<b title="Layers">']
    panels = [Panel("Land", said), Panel("land", ["no", "none", "1,234.5", "12 %", "12%"])]
    pages = {
        language: draw_map(
            demo.region(),
            **demo.everything() | {"panels": panels, "notes": said},
            language=language,
        ).html
        for language in LANGUAGES
    }
    assert len({read(page)[0] for page in pages.values()}) == 3
    check_turns(pages)


def test_only_what_differs_is_carried_and_once(demo: ModuleType) -> None:
    _, _, told = read(draw_map(demo.region(), **demo.everything(), language="en").html)
    rows = unpacked(told)
    text = "Candidate sites, ranked"
    assert rows["side"][text] == [tell(text, "ru"), tell(text, "uz")]
    assert "Olmazor" not in rows["data"]
    assert all(text != other for part in rows.values() for text, other in part.items())
    assert set(told["languages"]) == set(LANGUAGES)


def test_a_text_that_depends_on_its_place_is_told_by_its_place() -> None:
    texts = in_each(["no", "Olmazor", "none", "no", "yoʻq"])
    assert dictionary(texts["uz"], [texts["en"], texts["ru"]]) == {
        "yoʻq": {"all": [["no", "нет"], ["none", "нет"], None], "at": [0, 1, 0, 2]}
    }


def test_a_language_with_other_places_is_not_offered() -> None:
    made = switch("en", {"en": ["one", "two"], "ru": ["один"], "uz": ["bir", "ikki"]})
    assert made["others"] == ["uz"]
    assert set(made["languages"]) == {"en", "uz"}
    assert unpacked(made)["side"] == {"one": "bir", "two": "ikki"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_bytes_each_time_and_no_name_breaks_out(demo: ModuleType, language: str) -> None:
    texts = [demo.NASTY, "constructor", "__proto__", "People", "https://example.org"]
    made = switch(language, in_each(texts))
    assert made == switch(language, in_each(texts))
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", made["packed"])
    assert html.escape(demo.NASTY) not in str(unpacked(made))
    assert set(unpacked(made)["side"]) == {tell("People", language)}
