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
def tashkent(root: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Tashkent at 2 km, computed once: the study and its results."""
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
        return study, compute(study)


@pytest.fixture(scope="module")
def drawn(tashkent):  # type: ignore[no-untyped-def]
    """Its map, in a language."""
    from geocluster.report import draw

    return lambda language: draw(*tashkent, language).html


def test_the_check_finds_english(drawn) -> None:  # type: ignore[no-untyped-def]
    assert len(english(visible(drawn("en")))) > 150


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_nothing_of_ours_stays_english(drawn, language: str) -> None:  # type: ignore[no-untyped-def]
    page = drawn(language)
    assert f'<html lang="{language}">' in page
    assert english(visible(page)) == [], "add the text to scripts/map_texts.txt and translate it"


def texts_of(page: str) -> set[str]:
    """Every text of a page without data, apart from works that are cited."""
    body = page[page.index("<body") :]
    body = re.sub(r'<ol class="references">.*?</ol>', "", body, flags=re.S)
    body = re.sub(r"<(pre|script|style|code)\b.*?</\1>", "", body, flags=re.S)
    found = re.findall(r">([^<]+)<", body) + re.findall(r'(?:aria-label|title|alt)="([^"]+)"', body)
    return {" ".join(html.unescape(text).split()) for text in found if text.strip()}


def document_texts(path: Path) -> set[str]:
    import docx

    document = docx.Document(str(path))
    cells = (cell for table in document.tables for row in table.rows for cell in row.cells)
    found = [*document.paragraphs, *(one for cell in cells for one in cell.paragraphs)]
    texts = {" ".join(one.text.split()) for one in found}
    return {text for text in texts if text and not re.match(r"\[\d\]", text)}


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_nothing_of_the_dossier_stays_english(tashkent, tmp_path: Path, language: str) -> None:  # type: ignore[no-untyped-def]
    from geocluster.dossier.content import dossier_of
    from geocluster.dossier.office import write_docx
    from geocluster.dossier.page import draw_dossier
    from geocluster.panels.folds import panels
    from geocluster.report import credits_of, headline

    study, results = tashkent
    content = dossier_of(
        study,
        results,
        sections=panels(study, results),
        figures=headline(results),
        sources_of_data=credits_of(study),
        language=language,
        first=3,
    )
    page = texts_of(draw_dossier(content, study, results).html)
    document = document_texts(write_docx(content, study, results, tmp_path / "dossier.docx"))
    assert min(len(page), len(document)) > 250
    assert english(page | document) == [], "translate it (scripts/update_words.py)"
    # One style of numbers: no English comma, point or percent sign.
    numbers = re.compile(r"\d,\d{3},\d{3}|\d%|\d\.\d+ %")
    assert [text for text in page | document if numbers.search(text)] == []


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_nothing_of_the_weather_page_stays_english(tashkent, language: str) -> None:  # type: ignore[no-untyped-def]
    import numpy as np
    import pandas as pd
    import xarray as xr

    from geocluster.maps.weather_page import draw_weather

    hours = np.arange(24 * 70)
    values = {
        "wind_speed_m_s": hours % 7 / 2,
        "wind_from_deg": hours * 37.0 % 360,
        "stability": hours % 6 + 1,
        "mixing_height_m": np.where(hours % 6 > 3, 10_000.0, 800.0 + hours),
        "temperature_k": hours * 0 + 288.0,
    }
    hourly = xr.Dataset(
        {name: ("hour", value) for name, value in values.items()},
        {"time": ("hour", pd.date_range("2024-11-20", periods=hours.size, freq="h"))},
        {"hours_missing": 0, "hours_filled": 1200, "mixing_height_origin": "file"},
    )
    for weather in (tashkent[0].weather, hourly):
        page = draw_weather(weather, language=language).html
        assert f'<html lang="{language}">' in page
        assert english(texts_of(page)) == []


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_the_terminal_speaks_the_language(tashkent, language: str) -> None:  # type: ignore[no-untyped-def]
    from geocluster.panels.why import answer_at
    from geocluster.report import summary_rows

    study, results = tashkent
    said = list(answer_at(study, 69.25, 41.3).lines)
    assert len(said) > 5
    for heading, rows in summary_rows(results, {}).items():
        said += [heading, *(str(cell) for row in rows for cell in row)]
    assert english({tell(line.strip(" -"), language) for line in said}) == []


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
