"""Bring the catalogues of translations up to date with the texts in the code.

    python scripts/update_words.py

Texts are taken from Python (`words("...")`, `marked("...")`, `words.counted("...", "...", n)`),
from the pages' scripts (`t("...")`), from templates (elements with `data-t`, and the attributes
`data-t-label`, `data-t-title`), from columns of tables (CSV_COLUMNS), and from `map_texts.txt`:
what the map and its folds say, sentences as templates in which {n}, {n2} are numbers. New texts
enter each catalogue empty, texts that are gone leave it; a test then fails until every text is
translated.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from geocluster.maps.text import unit_in_words
from geocluster.words import LANGUAGES, SOURCE, catalogue_file

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "geocluster"
PYTHON_WORDS = {"marked": None, "words": None, "counted": (1, 2)}
SCRIPT_WORDS = {"t": None}
CSV_COLUMNS = {
    "siting/criteria.csv": ("label", "group", "unit", "source"),
    "siting/exclusion_rules.csv": ("reason",),
}
# Of the default regions' own data.
REGION_TEXTS = "data/regions/*/not_valid.geojson"
# What the map says: made in many rooms, which know no language.
MAP_TEXTS = "scripts/map_texts.txt"
# A text, or its two forms; the line that it stands on.
Found = tuple["str | tuple[str, str]", int]


class _Marked(HTMLParser):
    """Collects the texts of a template that are marked for translation."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Found] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [
            (text, self.getpos()[0])
            for name in ("data-t-label", "data-t-title")
            if (text := given.get(name))
        ]
        self._open = "data-t" in given

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.found.append((data.strip(), self.getpos()[0]))


def texts_of_template(path: Path) -> list[Found]:
    """The marked texts of a page's markup."""
    parser = _Marked()
    parser.feed(path.read_text("utf-8"))
    return parser.found


def texts_of_table(path: Path, columns: tuple[str, ...]) -> list[Found]:
    """The texts in the named columns of a table; units as a reader sees them."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [
        (unit_in_words(row[name]) if name == "unit" else row[name], number)
        for number, row in enumerate(rows, start=2)
        for name in columns
        if row.get(name)
    ]


def texts_of_code(path: Path) -> list[Found]:
    """The marked texts of a Python module or a script."""
    method, keywords = ("python", PYTHON_WORDS)
    if path.suffix == ".js":
        method, keywords = ("javascript", SCRIPT_WORDS)
    with path.open("rb") as lines:
        rows = list(extract(method, lines, keywords, options={"parse_template_string": True}))
    return [(text, line) for line, text, _, _ in rows]  # type: ignore[misc]


def all_texts() -> Catalog:
    """Every text of the package, with the files it stands in."""
    catalog = Catalog(project="geocluster", charset="utf-8", fuzzy=False)
    for path, text in _every():
        catalog.add(text, locations=[(path.relative_to(ROOT).as_posix(), None)])  # type: ignore[list-item]
    return catalog


def _every() -> Iterator[tuple[Path, str | tuple[str, str]]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from ((path, text) for text, _ in texts_of_code(path))
    for path in sorted(PACKAGE.glob("maps/templates/*.js")):
        yield from ((path, text) for text, _ in texts_of_code(path))
    for path in sorted(PACKAGE.glob("maps/templates/*.html")):
        yield from ((path, text) for text, _ in texts_of_template(path))
    for path in sorted(ROOT.glob(REGION_TEXTS)):
        features = json.loads(path.read_text("utf-8"))["features"]
        yield from ((path, feature["properties"]["reason"]) for feature in features)
    listed = ROOT / MAP_TEXTS
    yield from ((listed, text) for text in listed.read_text("utf-8").splitlines() if text)
    for name, columns in CSV_COLUMNS.items():
        yield from ((PACKAGE / name, text) for text, _ in texts_of_table(PACKAGE / name, columns))


def update(language: str, texts: Catalog) -> Catalog:
    """A language's catalogue with exactly these texts, its translations kept."""
    path = PACKAGE / catalogue_file(language)
    catalog = Catalog(locale=language, charset="utf-8", project="geocluster", fuzzy=False)
    if path.exists():
        with path.open("rb") as lines:
            catalog = read_po(lines, locale=language)
    catalog.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    return catalog


def write(language: str, catalog: Catalog) -> None:
    """Write a catalogue; its header holds no date, so that only texts make a difference."""
    path = PACKAGE / catalogue_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.header_comment = f"# geocluster: {LANGUAGES[language]}"
    with path.open("wb") as lines:
        write_po(
            lines, catalog, width=100, sort_output=True, omit_header=False, include_lineno=False
        )
    kept = [
        line
        for line in path.read_text("utf-8").splitlines(keepends=True)
        if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator'))
    ]
    path.write_text("".join(kept), "utf-8")


def main() -> None:
    texts = all_texts()
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        catalog = update(language, texts)
        write(language, catalog)
        missing = [message.id for message in catalog if message.id and not message.string]
        print(f"{language}: {len(catalog)} texts, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
