"""The panels beside the map: text, tables, and bars drawn as inline SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from geocluster.letters import legible
from geocluster.maps.area_map import AreaMap
from geocluster.maps.assets import template
from geocluster.maps.features import site_heading
from geocluster.maps.lines import LineChart
from geocluster.maps.text import WORDS, clean, column_label, figure

if TYPE_CHECKING:
    import geopandas as gpd
    import jinja2
    import pandas as pd

BAR_COLOURS = ("#3594a8", "#c9772b", "#6a4c93", "#5fae7f", "#8a7396")
MOST_ROWS = 60
PRICES = ("burden_persons_ug_m3_per_g_s", "forward_difference_percent")
LONGEST_TEXT = 4_000


@dataclass(frozen=True)
class BarChart:
    """Bars of a table's figures, grouped by row; each carries its figure and its rank.

    Parameters
    ----------
    table : DataFrame
        A row a group of bars.
    label : str
        Column with the row's name.
    values : sequence of str
        Columns of figures, in one unit each; a column is drawn against its own largest figure
        where `own_scale`, else all share one scale.
    unit : str
        What the figures are in.
    ranks : bool
        Say each figure's place in its column, 1 the largest.
    """

    table: pd.DataFrame
    label: str
    values: Sequence[str]
    unit: str = ""
    ranks: bool = True
    own_scale: bool = False


@dataclass(frozen=True)
class Panel:
    """One fold of the page's side: a title, then text, a chart and a table where given.

    Parameters
    ----------
    text : str or sequence of str
        One paragraph each; plain text, never HTML.
    """

    title: str
    text: str | Sequence[str] = ()
    table: pd.DataFrame | None = None
    chart: BarChart | LineChart | AreaMap | None = None
    opened: bool = False

    @property
    def paragraphs(self) -> list[str]:
        """The text, cleaned, a paragraph each."""
        return paragraphs(self.text)


def paragraphs(text: str | Sequence[str] | None) -> list[str]:
    """Text as cleaned paragraphs; a blank line parts them."""
    if not text:
        return []
    parts = re.split(r"\n\s*\n", text) if isinstance(text, str) else list(text)
    return [cleaned for part in parts if (cleaned := clean(part, LONGEST_TEXT))]


def ranking_panel(sites: gpd.GeoDataFrame | None, verdict: str | None) -> Panel | None:
    """The candidates as a table, best first; each row leads to its place on the map."""
    if sites is None or len(sites) == 0 or "rank" not in sites:
        return None
    import pandas as pd

    best = sites.sort_values("rank", kind="stable").head(20)
    shown = {
        "rank": best["rank"].astype(int),
        "site": [site_heading(r) for r in best.to_dict("records")],
    }
    for column in ("score", "top_three_share", "area_ha", "kind", "burden", *PRICES):
        if column in best and (column != "kind" or best[column].nunique() > 1):
            shown[column] = best[column]
    table = pd.DataFrame(shown)
    table.attrs["site_id"] = [clean(s, 40) for s in best.get("site_id", best["rank"])]
    more = f"The first {len(best)} of {len(sites)} candidates." if len(sites) > len(best) else ""
    return Panel("Candidate sites, ranked", [verdict or "", more], table)


def panels_html(
    *,
    title: str,
    subtitle: str,
    figures: Sequence[tuple[str, str]],
    lead: Sequence[str],
    verdict: str | None,
    demonstration: str | None,
    notes: Sequence[str],
    panels: Sequence[Panel],
    sources_of_data: Sequence[str],
    review_page: str | None = None,
    dossier_page: str | None = None,
) -> str:
    """The side of the page; everything is escaped here, once."""
    html = _side_template().render(
        title=clean(title),
        subtitle=clean(subtitle, 200),
        figures=[(number, clean(label, 120)) for number, label in figures],
        lead=lead,
        verdict=clean(verdict, 600),
        demonstration=_reason(demonstration),
        is_demonstration=demonstration is not None,
        notes=[clean(note, 600) for note in notes],
        panels=[(panel, rows_of(panel.table), drawn(panel.chart)) for panel in panels],
        review_page=review_page,
        dossier_page=dossier_page,
        sources_of_data=[clean(s, 300) for s in sources_of_data],
        words=WORDS,
    )
    return legible(html).replace("://", ":&#47;&#47;")


@cache
def _side_template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template("panels.html"))


def _reason(demonstration: str | None) -> str:
    text = re.sub(r"^demonstration[:.]?\s*", "", clean(demonstration, 600), flags=re.IGNORECASE)
    return text[:1].upper() + text[1:]


def rows_of(table: pd.DataFrame | None) -> dict[str, Any] | None:
    """A table's head and rows as text, numbers as a reader wants them."""
    if table is None or len(table) == 0:
        return None
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    columns = [c for c in table.columns if str(c) != "geometry"]
    heads, texts, numeric = [], [], []
    for column in columns:
        label, unit, kind = column_label(str(column))
        series = table[column].head(MOST_ROWS)
        number = is_numeric_dtype(series) and not is_bool_dtype(series)
        kind = "count" if str(column) == "rank" else kind
        heads.append(label + (f" [{unit}]" if unit else ""))
        texts.append([_cell(item, kind, number) for item in series])
        numeric.append(number)
    return {
        "heads": heads,
        "numeric": numeric,
        "rows": list(zip(*texts, strict=True)),
        "sites": list(table.attrs.get("site_id", [])),
        "left_out": max(0, len(table) - MOST_ROWS),
    }


def _cell(item: object, kind: str, number: bool) -> str:
    if number:
        return figure(float(item), kind) if item == item else "–"  # type: ignore[arg-type]
    if isinstance(item, bool):
        return "yes" if item else "no"
    return clean(item, 200)


def drawn(chart: BarChart | LineChart | AreaMap | None) -> dict[str, Any] | None:
    """What the template shows of a chart: a whole drawing, or groups of bars."""
    if isinstance(chart, AreaMap):
        return {"svg": chart.svg()}
    if isinstance(chart, LineChart):
        return {"svg": chart.svg()} if len(chart.table) else None
    return bars_of(chart)


def bars_of(chart: BarChart | None) -> dict[str, Any] | None:
    """What the template draws of a chart: a group a row, a bar a column, lengths in percent."""
    if chart is None or len(chart.table) == 0:
        return None
    values = [str(v) for v in chart.values]
    table = chart.table
    overall = max(float(table[v].max()) for v in values) or 1.0
    groups = []
    places = {v: table[v].rank(ascending=False, method="min") for v in values}
    for position, name in enumerate(table[chart.label]):
        bars = []
        for number, column in enumerate(values):
            amount = float(table[column].iloc[position])
            known = amount == amount
            scale = float(table[column].max()) or 1.0 if chart.own_scale else overall
            bars.append(
                {
                    "label": column_label(column)[0],
                    "colour": BAR_COLOURS[number % len(BAR_COLOURS)],
                    "length": round(62 * max(amount, 0) / scale, 2) if known else 0,
                    "figure": figure(amount) if known else "–",
                    "rank": int(places[column].iloc[position]) if chart.ranks and known else None,
                }
            )
        groups.append({"name": clean(name, 60), "bars": bars})
    keys = [(column_label(v)[0], BAR_COLOURS[i % len(BAR_COLOURS)]) for i, v in enumerate(values)]
    return {"groups": groups, "unit": clean(chart.unit, 60), "keys": keys, "ranks": chart.ranks}


def summary_parts(summary: Any) -> tuple[list[tuple[str, str]], list[str], Panel | None]:
    """A summary as figures, paragraphs and a panel: text, a mapping, pairs, or a table."""
    if summary is None:
        return [], [], None
    if hasattr(summary, "columns"):
        return [], [], Panel("Who is exposed", table=summary, opened=True)
    if isinstance(summary, Mapping):
        return [(_number_text(number), str(label)) for label, number in summary.items()], [], None
    if isinstance(summary, str):
        return [], paragraphs(summary), None
    pairs = [item for item in summary if isinstance(item, tuple)]
    texts = [str(item) for item in summary if not isinstance(item, tuple)]
    return [(_number_text(number), str(label)) for number, label in pairs], paragraphs(texts), None


def _number_text(number: Any) -> str:
    if isinstance(number, int) and not isinstance(number, bool):
        return figure(number, "count")
    return figure(number) if isinstance(number, float) else clean(number, 40)
