"""How the Word document looks: its own page where no letterhead is given, and tables that fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

FONT, SIZE_PT, SMALL_PT = "Arial", 10, 8.5
INK, LINE, SHADE = "23312E", "C9C2B4", "F1EDE4"
# What a letter takes in a table, in a wide bold font too, and what stands beside a cell's text.
LETTER_CM, WIDE_LETTER_CM, BESIDE_CM = 0.17, 0.21, 0.5
LONGEST_WORD, LONGEST_CELL = 22, 70
_NUMBER = re.compile(r"[–-]?[\d\s.,%/+<>()×−-]*")


def own_page(document: Any) -> None:
    """An A4 page, one font throughout and the number of each page at its foot."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(1.8), Cm(1.8)
    sizes = {"Normal": SIZE_PT, "Title": 20, "Heading 1": 14, "Heading 2": 11}
    for name, size in sizes.items():
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[key]
        style.font.name, style.font.size = FONT, Pt(size)
        if name != "Normal":
            style.font.color.rgb = RGBColor.from_string(INK)
            style.paragraph_format.space_before = Pt(size)
            style.paragraph_format.space_after = Pt(size / 3)
    document.styles["Normal"].paragraph_format.space_after = Pt(5)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    number = _element("w:fldSimple", instr="PAGE")
    number.append(foot.add_run("1")._r)
    foot._p.append(number)


def fit_table(table: Any, texts: Sequence[Sequence[str]], heads: bool, width_cm: float) -> None:
    """Columns as wide as their texts ask for, rows whole, the head again on each page."""
    from docx.shared import Cm

    table.autofit = False
    _borders(table)
    wide = [Cm(one) for one in column_widths(texts, width_cm)]
    for column, one in zip(table.columns, wide, strict=True):
        column.width = one
    numbers = [_numbers([row[c] for row in texts[heads:]]) for c in range(len(wide))]
    for n, row in enumerate(table._tbl.tr_lst):
        properties = row.get_or_add_trPr()
        properties.append(_element("w:cantSplit"))
        head = heads and n == 0
        if head:
            properties.append(_element("w:tblHeader"))
        for cell, one, right in zip(row.tc_lst, wide, numbers, strict=True):
            cell.width = one
            _cell(cell, head=head, right=right and len(wide) > 2)


def column_widths(texts: Sequence[Sequence[str]], width_cm: float) -> list[float]:
    """The width of each column, together the whole. [cm]

    Examples
    --------
    >>> [round(one, 1) for one in column_widths([["a", "longer text of a cell " * 9]], 10)]
    [0.7, 9.3]
    """
    least, wanted = [], []
    for column in zip(*texts, strict=True):
        words = (len(word) for text in column for word in _unbroken(text))
        least.append(BESIDE_CM + WIDE_LETTER_CM * min(max(words, default=1), LONGEST_WORD))
        longest = min(max(map(len, column)), LONGEST_CELL)
        wanted.append(max(BESIDE_CM + LETTER_CM * longest, least[-1]))
    spare = width_cm - sum(least)
    if spare <= 0 or sum(wanted) <= width_cm:
        chosen = wanted if spare > 0 else least
        return [one * width_cm / sum(chosen) for one in chosen]
    more = sum(wanted) - sum(least) or 1.0
    return [low + spare * (high - low) / more for low, high in zip(least, wanted, strict=True)]


def describe(picture: Any, text: str) -> None:
    """Say what a picture shows to those who do not see it; it stands without a margin."""
    picture._inline.docPr.set("descr", text)
    for side in ("distL", "distR"):
        picture._inline.set(side, "0")


def _unbroken(text: str) -> list[str]:
    """What must stay on one line: each word, and "12 / 201" as a whole."""
    return [text] if _NUMBER.fullmatch(text) else re.split(r"[ \n–]", text)


def _numbers(column: Sequence[str]) -> bool:
    return bool(column) and all(_NUMBER.fullmatch(text) for text in column)


def _cell(cell: Any, *, head: bool, right: bool) -> None:
    properties = cell.get_or_add_tcPr()
    if head:
        properties.append(_element("w:shd", val="clear", color="auto", fill=SHADE))
    paragraph = cell.p_lst[0].get_or_add_pPr()
    paragraph.append(_element("w:spacing", before="20", after="20", line="240", lineRule="auto"))
    if right:
        paragraph.append(_element("w:jc", val="right"))


def _borders(table: Any) -> None:
    """Thin lines between rows, none between columns."""
    from docx.oxml.ns import qn

    borders = _element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color=LINE))
    for side in ("left", "right", "insideV"):
        borders.append(_element(f"w:{side}", val="nil"))
    properties = table._tbl.tblPr
    after = properties.find(qn("w:tblLayout"))  # Word wants them in the order of its schema
    after.addprevious(borders)


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made
