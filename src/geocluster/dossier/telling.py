"""What the folds of the map say, in the reader's language: one place for page and document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.maps.panels import drawn, rows_of
from geocluster.words import Words

if TYPE_CHECKING:
    from geocluster.maps.panels import Panel


def tell(text: str, words: Words) -> str:
    """A text made elsewhere, as far as the catalogue knows it.

    Examples
    --------
    >>> tell("Navoi TPP", Words("ru")), tell("land", Words("ru"))
    ('Navoi TPP', 'земля')
    """
    return words(text)


def section_of(panel: Panel, words: Words) -> dict[str, Any]:
    """A fold as title, paragraphs, table and chart, in a language."""
    table = rows_of(panel.table)
    if table:
        table = table | {
            "heads": [tell(head, words) for head in table["heads"]],
            "rows": [[tell(cell, words) for cell in row] for row in table["rows"]],
        }
    return {
        "title": tell(panel.title, words),
        "paragraphs": [tell(text, words) for text in panel.paragraphs],
        "table": table,
        "chart": drawn(panel.chart),
    }
