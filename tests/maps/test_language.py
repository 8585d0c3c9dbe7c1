"""The map in Russian and Uzbek: nothing of ours stays English, nothing of the data is changed."""

import ast
import html
import json
import re
import shutil
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from geocluster.errors import SettingsError
from geocluster.maps.page import Page, draw_map
from geocluster.sentences import tell, tell_markup

# Names and codes of data, bibliographic sources, file names, units and formulas.
STAY = re.compile(
    r"EMEP|AP-42|IPCC|GeoNames|Natural Earth|Open-Meteo|\bTPP\b|Eurostat|SanPiN"
    r"|^[A-Z]{1,2}[a-z]?[₀-₉ₓ.]*( \[.+\])?$|\.(csv|json|toml|osm)\b|^who-2021"
)
# Data of the study as its makers wrote them: notes of one place.
NOTES = re.compile(r"Angren town|Chirchiq|gazeta\.uz")
ENGLISH = re.compile(
    r"(?<![\w\[\].+'-])(the|of|and|is|are|at|by|with|for|from|not|no|all|in|to|than|others?"
    r"|site|sites|people|limit|rank|share|source|mean|weather|place)(?![\w.\]'=-])"
)


def visible(page: str) -> set[str]:
    """What a reader can see: the side, and the texts in the map's data."""
    side, _, rest = page.partition('<script type="application/json" id="gc-data">')
    side = re.sub(
        r"<(pre|script|style)\b.*?</\1>", "", side[side.index('id="gc-head"') :], flags=re.S
    )
    found = {html.unescape(text) for text in re.findall(r">([^<]+)<", side)}
    found |= {html.unescape(text) for text in re.findall(r'(?:aria-label|title)="([^"]+)"', side)}
    data = json.loads(rest.partition("</script>")[0])
    found |= set(data["words"].values()) | {title for _, title in data["groups"]}
    for layer in data["layers"]:
        found |= {layer["title"], layer.get("unit", ""), *layer.get("entries", [])}
        found |= {text for field in layer.get("fields", []) for text in field[:2]}
        parts = [*layer["swatches"], *layer.get("lines", []), *layer.get("scales", {}).values()]
        found |= {part.get("label") or part.get("title", "") for part in parts}
        if layer["key"] in ("homes", "sources", "sites", "clusters", "not_valid"):
            found |= {
                text for row in layer["features"] for text in row[4:] if isinstance(text, str)
            }
    return {" ".join(text.split()) for text in found if text.strip()}


def english(texts: set[str]) -> list[str]:
    """Those that are English still."""
    return sorted(
        text
        for text in texts
        if ENGLISH.search(text) and not STAY.search(text) and not NOTES.search(text)
    )


@pytest.fixture(scope="module")
def drawn(root: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Tashkent at 4 km, computed once, and drawn in a language."""
    from geocluster.report import draw
    from geocluster.run import compute
    from geocluster.study import read_study

    folder = tmp_path_factory.mktemp("language") / "tashkent"
    shutil.copytree(root / "data/regions/tashkent", folder)
    settings = (folder / "study.toml").read_text("utf-8")
    assert "cell_m = 500" in settings
    (folder / "study.toml").write_text(settings.replace("cell_m = 500", "cell_m = 2000"), "utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(folder)
        results = compute(study)
    return lambda language: draw(study, results, language).html


def test_the_check_finds_english(drawn) -> None:  # type: ignore[no-untyped-def]
    assert len(english(visible(drawn("en")))) > 150


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_nothing_of_ours_stays_english(drawn, language: str) -> None:  # type: ignore[no-untyped-def]
    page = drawn(language)
    assert f'<html lang="{language}">' in page
    assert english(visible(page)) == [], "add the text to scripts/map_texts.txt and translate it"


def test_a_page_is_the_same_each_time(demo: ModuleType) -> None:
    region = demo.region()
    assert draw_map(region, language="uz").html == draw_map(region, language="uz").html


def test_names_from_data_stay_and_stay_escaped(demo: ModuleType) -> None:
    page = draw_map(demo.region(), **demo.everything(demo.NASTY), language="ru").html
    assert "<script>window.hacked" not in page
    assert "://" not in page
    told = draw_map(demo.region(), **demo.everything("Olmazor mahalla"), language="ru").html
    assert "Olmazor mahalla" in told


def test_another_language_is_refused(demo: ModuleType) -> None:
    with pytest.raises(SettingsError, match="allowed are en, ru, uz"):
        draw_map(demo.region(), language="fr")


def test_english_is_left_alone(demo: ModuleType) -> None:
    page: Page = draw_map(demo.region(), language="en")
    assert page.html == draw_map(demo.region()).html


def test_parts_of_a_text_are_told_and_what_is_unknown_stays_whole() -> None:
    assert tell("assumed, factor", "ru") == "принято условно, коэффициент"
    assert tell("assumed, something said by a study", "ru") == "assumed, something said by a study"
    assert tell("AP-42 8.1", "uz") == "AP-42 8.1"
    assert (
        tell("S1, empty land of 50 ha: place 2 of 9.", "uz")
        == "S1, boʻsh yer, 50 ga: 9 tadan 2-oʻrin."
    )
    assert tell("12.5 (3 to 1,000)", "ru") == "12,5 (3–1\u202f000)"
    assert tell("", "ru") == ""


def test_markup_keeps_its_tags_and_code() -> None:
    given = '<b title="Layers">People &amp; more</b> <code>People</code> above'
    assert (
        tell_markup(given, "ru") == '<b title="Слои">People &amp; more</b> <code>People</code> выше'
    )


def plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).lower()


def share_in(template: str, text: str) -> float:
    """Of a template's runs of three words (one by one, where it has fewer), how many are there."""
    runs = []
    for piece in re.split(r"\{\w+\}", plain(template)):
        words = piece.split()
        size = 3 if len(words) > 3 else 1
        runs += [" ".join(words[i : i + size]) for i in range(len(words) - size + 1)]
    return sum(run in text for run in runs) / max(len(runs), 1) if runs else 1.0


def test_every_listed_text_still_stands_in_the_code_or_the_data(root: Path) -> None:
    """A sentence that is changed in the code must be changed in the list too."""
    said = []
    for path in sorted((root / "src/geocluster").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.append(node.value)
    patterns = ("maps/templates/*.html", "maps/templates/*.js", "**/*.csv")
    files = [path for pattern in patterns for path in (root / "src/geocluster").glob(pattern)]
    files += [
        p for p in (root / "data/regions").rglob("*") if p.suffix in (".csv", ".toml", ".geojson")
    ]
    text = "\n".join(
        [*said, *(path.read_text("utf-8", errors="replace") for path in sorted(files))]
    )
    text = plain(text)
    listed = (root / "scripts/map_texts.txt").read_text("utf-8").splitlines()
    gone = [line for line in listed if share_in(line, text) < 0.5]
    assert gone == []
