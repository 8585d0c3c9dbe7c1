"""Every text of the package in every language, and numbers as each language writes them."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po

from geocluster.errors import SettingsError
from geocluster.words import LANGUAGES, SOURCE, Words, catalogue, catalogue_file, for_page

OTHERS = [language for language in LANGUAGES if language != SOURCE]
# Uzbek has oʻ and gʻ with U+02BB, and the stop with U+02BC: no other mark stands after a letter.
WRONG_MARKS = re.compile("[A-Za-z]['’‘`´]")


@pytest.fixture(scope="module")
def updating(module_at) -> ModuleType:  # type: ignore[no-untyped-def]
    return module_at("scripts/update_words.py")


def forms(message) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    return message.string if isinstance(message.string, tuple | list) else (message.string,)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_none_is_left_over(updating, language: str) -> None:  # type: ignore[no-untyped-def]
    wanted = {message.id for message in updating.all_texts() if message.id}
    known = {message.id: message for message in catalogue(language) if message.id}
    assert len(wanted) > 100
    assert wanted - set(known) == set(), "run scripts/update_words.py and translate"
    assert set(known) - wanted == set(), "run scripts/update_words.py"
    assert [text for text, message in known.items() if not all(forms(message))] == []
    assert [text for text, message in known.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_what_is_filled_in(language: str) -> None:
    for message in catalogue(language):
        source = message.id[-1] if isinstance(message.id, tuple | list) else message.id
        names = set(re.findall(r"\{\w+\}", source))
        for form in forms(message) if message.id else ():
            assert set(re.findall(r"\{\w+\}", form)) == names, source


def test_letters_are_of_the_language() -> None:
    for message in catalogue("uz"):
        for form in forms(message) if message.id else ():
            assert not WRONG_MARKS.search(form), form
            assert not re.search("[А-яЁё]", form), form
    latin = [
        form
        for message in catalogue("ru")
        if message.id
        for form in forms(message)
        if not re.search("[А-яЁё]", form) and re.search(r"[^\W\d_]", re.sub(r"\{\w+\}", "", form))
    ]
    assert set(latin) <= {"TOPSIS", "SPOTIS", "PROMETHEE II"}


def test_a_missing_or_fuzzy_translation_would_be_seen(updating, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "geocluster.po"
    path.write_text('#, fuzzy\nmsgid "land"\nmsgstr "почва"\n', "utf-8")
    with path.open("rb") as lines:
        read = read_po(lines, locale="ru")
    assert read["land"].fuzzy
    assert not catalogue("ru")["land"].fuzzy
    texts = updating.all_texts()
    texts.add("A text that nobody has translated")
    assert not updating.update("ru", texts)["A text that nobody has translated"].string


def test_texts_are_found_where_they_stand(updating, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    page, code, table = (tmp_path / name for name in ("page.html", "code.js", "table.csv"))
    page.write_text('<p>not</p><b data-t>bold &amp; more</b><i data-t-label="named">{{ x }}</i>')
    code.write_text(
        'const t = gc.t; t("plain"); `${t("inside")} ${other("not")}`; t("{n} left", { n });'
    )
    table.write_text("label,unit,group\nCost,persons x ug/m3,money\n")
    assert [text for text, _ in updating.texts_of_template(page)] == ["bold & more", "named"]
    assert [text for text, _ in updating.texts_of_code(code)] == ["plain", "inside", "{n} left"]
    found = updating.texts_of_table(table, ("label", "unit"))
    assert [text for text, _ in found] == ["Cost", "persons × µg/m³"]


def test_no_text_of_a_script_is_missed(updating, root: Path) -> None:  # type: ignore[no-untyped-def]
    for path in sorted((root / "src/geocluster/maps/templates").glob("*.js")):
        written = re.findall(r"""\bt\("((?:[^"\\]|\\.)*)\"""", path.read_text("utf-8"))
        found = {text for text, _ in updating.texts_of_code(path)}
        assert set(written) <= found, f"{path.name}: not inside `${{...}}` with braces of its own"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert Words("en").number(1234567.0, None) == "1,234,567"
    assert Words("ru").number(-1234.5, None) == "−1\u202f234,5"
    assert Words("uz").number(0.012345) == "0,0123"
    assert Words("ru").number(float("nan")) == "–"
    assert Words("ru").number(0.0) == "0"


def test_a_count_takes_the_form_of_its_number() -> None:
    texts = ("{count} candidate site", "{count} candidate sites")
    assert Words("en").counted(*texts, 1) == "1 candidate site"
    assert Words("ru").counted(*texts, 22) == "22 площадки-кандидата"
    assert Words("ru").counted(*texts, 1000) == "1\u202f000 площадок-кандидатов"
    assert Words("uz").counted(*texts, 1) == "1 ta nomzod maydon"


def test_a_page_gets_the_texts_that_stand_in_it() -> None:
    told = for_page("<h2>Ranking</h2>")
    assert list(told) == list(LANGUAGES)
    assert "Ranking" in told["uz"]["words"]
    assert "Save to a file" not in told["uz"]["words"]
    assert told["en"]["words"] == {}
    assert [one["decimal"] for one in told.values()] == [".", ",", ","]


def test_another_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match="'fr': allowed are en, ru, uz"):
        Words("fr")


def test_a_text_without_translation_stays() -> None:
    assert Words("ru")("No such text {n}", n=1) == "No such text 1"
    assert Words("ru")("") == ""


def test_the_catalogues_are_in_the_package(root: Path) -> None:
    for language in OTHERS:
        assert (root / "src/geocluster" / catalogue_file(language)).is_file()
