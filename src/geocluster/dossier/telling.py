"""What the folds of the map say, in the reader's language: one place for page and document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from geocluster.maps.panels import drawn, rows_of
from geocluster.sentences import tell, tell_markup

if TYPE_CHECKING:
    from geocluster.maps.panels import Panel
    from geocluster.words import Words


def section_of(panel: Panel, words: Words) -> dict[str, Any]:
    """A fold as title, paragraphs, table and chart, in a language."""
    language = words.language
    table = rows_of(panel.table)
    if table:
        table = table | {
            "heads": [tell(head, language) for head in table["heads"]],
            "rows": [[tell(cell, language) for cell in row] for row in table["rows"]],
        }
    return {
        "title": tell(panel.title, language),
        "paragraphs": [tell(text, language) for text in panel.paragraphs],
        "table": table,
        "chart": _told(drawn(panel.chart), language),
    }


def _told(chart: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    """A chart with its names and words in a language."""
    if not chart:
        return None
    if "svg" in chart:
        return {"svg": Markup(tell_markup(str(chart["svg"]), language))}
    groups = [
        group
        | {
            "name": tell(group["name"], language),
            "bars": [bar | {"figure": tell(bar["figure"], language)} for bar in group["bars"]],
        }
        for group in chart["groups"]
    ]
    return chart | {
        "groups": groups,
        "keys": [(tell(label, language), colour) for label, colour in chart["keys"]],
        "unit": tell(chart["unit"], language),
    }
