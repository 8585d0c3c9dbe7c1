"""The dossier as a Word document, on an office's own letterhead where it gives one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.dossier.checks import FAILED
from geocluster.dossier.looks import SMALL_PT, describe, fit_table, own_page
from geocluster.dossier.page import formulas_of, labels, state_in_words
from geocluster.dossier.picture import map_picture
from geocluster.dossier.svg import Atlas
from geocluster.dossier.telling import section_of
from geocluster.errors import InputError
from geocluster.files import replacing
from geocluster.letters import legible
from geocluster.words import Words

if TYPE_CHECKING:
    from geocluster.dossier.candidates import Candidate
    from geocluster.dossier.content import Dossier
    from geocluster.results import Results
    from geocluster.study import Study

MAP_CM = 7.6
RED = "7D1128"
# As every zip may carry; that of now would make each run another file.
NO_DATE = (1980, 1, 1, 0, 0, 0)


def write_docx(
    dossier: Dossier, study: Study, results: Results, path: Path, template: Path | None = None
) -> Path:
    """Write a dossier as a Word document; the same dossier gives the same bytes.

    Charts are there as tables, maps as pictures.

    Parameters
    ----------
    dossier : Dossier
    study, results
        For the maps.
    path : Path
        The document.
    template : Path, optional
        A .docx whose letterhead, page and styles are taken; the dossier follows what is in it.

    Returns
    -------
    Path
        Where it lies.

    Raises
    ------
    InputError
        Where the template is no Word document.
    """
    writer = _Writer(_opened(template), Words(dossier.language))
    writer.document.core_properties.title = legible(dossier.title)
    writer.document.core_properties.language = dossier.language
    atlas = Atlas(study.region, results.sites, study.land, study.homes)
    _summary(writer, dossier)
    for one in dossier.candidates:
        _candidate(writer, one, atlas, dossier.sources_of_data)
    with replacing(path) as temporary:
        temporary.write_bytes(undated(writer.document))
    return path


def undated(document: Any) -> bytes:
    """A document's bytes, without the time at which it was written."""
    core = document.core_properties
    core.author, core.last_modified_by, core.revision = "geocluster", "geocluster", 1
    for element in list(core._element):
        if element.tag.endswith(("}created", "}modified", "}lastPrinted")):
            core._element.remove(element)
    written, plain = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as given, zipfile.ZipFile(plain, "w") as kept:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(entry, given.read(name))
    return plain.getvalue()


def _opened(template: Path | None) -> Any:
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    if template is None:
        document = docx.Document()
        own_page(document)
        return document
    try:
        return docx.Document(str(template))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(str(template), "it is no Word document (.docx)") from error


class _Writer:
    """Paragraphs and tables in the styles that the document has."""

    def __init__(self, document: Any, words: Words) -> None:
        self.document, self.words, self.t = document, words, labels(words)
        self.styles = {style.name for style in document.styles}

    def _style(self, name: str) -> str | None:
        return name if name in self.styles else None

    def heading(self, text: str, level: int, *, new_page: bool = False) -> None:
        style = self._style("Title" if level == 0 else f"Heading {level}")
        paragraph = self.document.add_paragraph(style=style)
        paragraph.add_run(legible(text)).bold = style is None or None
        paragraph.paragraph_format.page_break_before = new_page or None
        paragraph.paragraph_format.keep_with_next = True

    def text(
        self, text: str, *, bold: bool = False, red: bool = False, small: bool = False
    ) -> None:
        from docx.shared import Pt

        run = self.document.add_paragraph().add_run(legible(text))
        run.bold = bold or None
        run.font.size = Pt(SMALL_PT) if small else None
        _colour(run, red)

    def bullets(self, texts: Iterable[str]) -> None:
        style = self._style("List Bullet")
        for text in map(legible, texts):
            self.document.add_paragraph(text if style else f"• {text}", style=style)

    def table(
        self, rows: Sequence[Sequence[str]], heads: Sequence[str] = (), red: Any = ()
    ) -> None:
        """Rows of text; those whose numbers stand in `red` are red and bold."""
        from docx.shared import Pt

        given = [list(heads), *rows] if heads else list(rows)
        every = [[legible(str(text)) for text in row] for row in given]
        if not every:
            return
        table = self.document.add_table(len(every), len(every[0]), style=self._style("Table Grid"))
        for number, (row, texts) in enumerate(zip(table.rows, every, strict=True)):
            marked = number - bool(heads) in red
            for cell, text in zip(row.cells, texts, strict=True):
                run = cell.paragraphs[0].add_run(text)
                run.font.size = Pt(SMALL_PT)
                run.bold = (bool(heads) and number == 0) or marked or None
                _colour(run, marked)
        fit_table(table, every, bool(heads), self.width_cm)
        self.document.add_paragraph().paragraph_format.space_after = Pt(0)

    @property
    def width_cm(self) -> float:
        """How wide the text may be."""
        from docx.shared import Cm

        section = self.document.sections[-1]
        return float(section.page_width - section.left_margin - section.right_margin) / Cm(1)

    def pictures(self, pictures: Sequence[tuple[bytes, str]], caption: str) -> None:
        """Pictures side by side, each with what it shows in words, and what holds for all."""
        from docx.shared import Cm

        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        wide = min(MAP_CM, self.width_cm / len(pictures) - 0.4)
        for number, (picture, told) in enumerate(pictures):
            paragraph.add_run("\u2002" if number else "")
            describe(
                paragraph.add_run().add_picture(io.BytesIO(picture), width=Cm(wide)), legible(told)
            )
        self.text(caption, small=True)


def _colour(run: Any, red: bool) -> None:
    from docx.shared import RGBColor

    if red:
        run.font.color.rgb = RGBColor.from_string(RED)


def _summary(writer: _Writer, dossier: Dossier) -> None:
    t, words = writer.t, writer.words
    writer.heading(dossier.title, 0)
    writer.text(dossier.subtitle)
    if dossier.demonstration:
        writer.text(f"{t['demonstration_means']} {dossier.demonstration}", bold=True, red=True)
    writer.text(f"{t['verdict']}. {dossier.verdict}", bold=True)
    writer.table([[figure, label] for figure, label in dossier.figures])
    writer.heading(t["checks"], 1)
    writer.table(
        [[c.title, state_in_words(words, c.state), c.found, c.wanted] for c in dossier.checks],
        [t["check"], t["state"], t["found"], t["wanted"]],
        red={number for number, c in enumerate(dossier.checks) if c.state == FAILED},
    )
    for section in (section_of(panel, words) for panel in dossier.sections):
        writer.heading(section["title"], 1)
        for text in section["paragraphs"]:
            writer.text(text)
        if section["table"]:
            writer.table(section["table"]["rows"], section["table"]["heads"])
    writer.heading(t["methods"], 1)
    for method in dossier.methods:
        writer.heading(words(method.title), 2)
        references = "".join(f" [{number}]" for number in method.references)
        writer.text(words(method.text) + references)
        for formula in formulas_of(method, words):
            writer.text(formula)
    writer.heading(t["references"], 2)
    for number, text in enumerate(dossier.references, 1):
        writer.text(f"[{number}] {text}")
    writer.heading(t["limits"], 1)
    writer.table([[words(grade), words(text)] for text, grade in dossier.limits])
    writer.heading(t["assumptions"], 1)
    writer.bullets(dossier.notes)
    writer.heading(t["provenance"], 1)
    writer.table(dossier.provenance)
    writer.table(dossier.hashes)
    writer.text(" · ".join(dossier.sources_of_data))


def _candidate(
    writer: _Writer, one: Candidate, atlas: Atlas, sources_of_data: Sequence[str]
) -> None:
    t, words = writer.t, writer.words
    writer.heading(one.heading, 1, new_page=True)
    writer.text(one.lead)
    views = (atlas.near_view(one.shape), atlas.whole_view())
    told = (words("The site and its surroundings"), words("Where it lies in the region"))
    near, whole = (words.number((view[2] - view[0]) / 1000) for view in views)
    across = words("{near} and {whole} km across, north is up.", near=near, whole=whole)
    writer.pictures(
        [(map_picture(atlas, view, one.shape), f"{one.heading}: {text}")
         for view, text in zip(views, told, strict=True)],
        " ".join([t["map_key"], across, " · ".join(sources_of_data)]),
    )  # fmt: skip
    writer.heading(t["facts"], 2)
    writer.table([*one.facts, *((t["sure"], text) for _, text in one.shares)])
    writer.heading(t["criteria"], 2)
    writer.table(
        [[row.label, row.value, row.median, row.place, row.weight] for row in one.criteria],
        [t["criterion"], t["value"], t["median"], t["place"], t["weight"]],
    )
    writer.heading(t["exposure"], 2)
    writer.table(one.exposure)
    if one.exposure_table:
        heads = [t["pollutant"], t["today"], t["added" if one.emits else "added_each"], t["after"]]
        width = 4 if one.emits else 3
        writer.text(t["weighted"])
        writer.table([row[:width] for row in one.exposure_table], heads[:width])
    writer.text(one.exposure_note)
    writer.heading(t["zone"], 2)
    writer.table(one.zone)
    writer.heading(t["partners"], 2)
    writer.table(one.partners)
    writer.heading(t["told"], 2)
    for text in one.told:
        writer.text(text)
    writer.heading(t["doubts"], 2)
    writer.bullets(one.doubts or [t["no_doubts"]])
