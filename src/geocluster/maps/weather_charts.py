"""Charts of a weather page as inline SVG; a file's own words, names of seasons, go in escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape

from geocluster.maps.colours import ramp
from geocluster.maps.text import clean
from geocluster.maps.weather_numbers import CLASSES, SECTORS, SPEED_NAMES

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 340
SPEED_COLOURS = tuple(ramp("burden", len(SPEED_NAMES)))
CLASS_COLOURS = ("#b8402a", "#e08a4c", "#f2cf83", "#cfd0c9", "#82a9cb", "#2f568c")
CALM, LIGHT = "#8a7396", "#c9b7d2"
FULL, NONE = (0x3F, 0x8F, 0x7B), (0xF4, 0xE3, 0xD7)
STEPS = (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100)
_LEFT, _TOP, _HEIGHT = 34, 8, 120
_PLOT = WIDTH - _LEFT - 8


def rose_svg(table: pd.DataFrame, calm: float) -> Markup:
    """Petals of the 16 sectors, stacked by class of speed; the calms' share in the middle."""
    centre, inner, outer = WIDTH / 2, 22.0, 138.0
    total = table.sum(axis=1)
    step = next((s for s in STEPS if 4 * s >= total.max()), 25)
    rings = math.ceil(max(total.max(), 1e-9) / step)
    scale = (outer - inner) / (rings * step)
    parts = []
    for ring in range(1, rings + 1):
        radius = inner + ring * step * scale
        parts.append(f'<circle class="line" cx="{centre}" cy="{centre}" r="{radius:.1f}"/>')
    for index, sector in enumerate(SECTORS):
        reach = inner
        shares = table.to_numpy(dtype=float)[index]
        for name, colour, share in zip(SPEED_NAMES, SPEED_COLOURS, shares, strict=True):
            if share <= 0:
                continue
            path = _wedge(centre, index * 22.5, reach, reach + share * scale)
            parts.append(
                f'<path d="{path}" fill="{colour}"><title>{sector}, {name} m/s: {share:.1f}%'
                "</title></path>"
            )
            reach += share * scale
    beside = np.maximum(total.to_numpy(), np.roll(total.to_numpy(), -1))
    angle = math.radians(11.25 + 22.5 * int(np.argmin(beside)))
    for ring in range(1, rings + 1):
        radius = inner + ring * step * scale
        x, y = centre + radius * math.sin(angle), centre - radius * math.cos(angle)
        parts.append(_text(x, y + 3, f"{ring * step:g}%", "middle", "ring"))
    for index, name in enumerate(SECTORS[::2]):
        turn = math.radians(index * 45)
        x, y = centre + 155 * math.sin(turn), centre - 155 * math.cos(turn)
        parts.append(_text(x, y + 4, name, "middle", "strong"))
    parts.append(f'<circle cx="{centre}" cy="{centre}" r="{inner - 1}" class="hub"/>')
    parts.append(_text(centre, centre - 1, "calm", "middle", "small"))
    parts.append(_text(centre, centre + 9, f"{calm:.1f}%", "middle", "small"))
    return _svg(parts, WIDTH, "Wind rose: share of hours by direction and speed")


def stacked_svg(
    table: pd.DataFrame, colours: Sequence[str], label: str, *, top: float = 100
) -> Markup:
    """Bars of shares over the hours of a day, one above the other."""
    width = _PLOT / 24
    parts = list(_axes(top, "%"))
    for place, (hour, row) in enumerate(table.iterrows()):
        base = float(_TOP + _HEIGHT)
        for name, colour in zip(table.columns, colours, strict=True):
            share = float(row[name])
            if not share > 0:
                continue
            height = _HEIGHT * share / top
            base -= height
            parts.append(
                f'<rect x="{_LEFT + place * width:.1f}" y="{base:.1f}" width="{width - 0.8:.1f}" '
                f'height="{height:.1f}" fill="{colour}"><title>{hour}:00, {name}: {share:.1f}%'
                "</title></rect>"
            )
    return _svg(parts, _TOP + _HEIGHT + 30, label)


def light_svg(table: pd.DataFrame) -> Markup:
    """Calms and light winds by hour of day, on a scale of their own."""
    top = float(next((s for s in STEPS if s >= table.sum(axis=1).max()), 100))
    return stacked_svg(table, (CALM, LIGHT), "Calms and winds under 1 m/s by hour", top=top)


def rows_svg(table: pd.DataFrame, names: Iterable[str]) -> Markup:
    """One bar a row, divided among the classes, under the row's name."""
    parts = []
    for place, (season, row) in enumerate(table.iterrows()):
        x, y = 0.0, 16 + place * 48.0
        parts.append(_text(0, y - 4, str(escape(clean(str(season)))), "start", "strong"))
        for name, colour in zip(names, CLASS_COLOURS, strict=True):
            share = float(row[name])
            width = WIDTH * share / 100
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="22" fill="{colour}">'
                f"<title>{name}: {share:.1f}%</title></rect>"
            )
            if width > 24:
                kind = "light" if name in (CLASSES[0], CLASSES[-1]) else "dark"
                parts.append(_text(x + width / 2, y + 15, f"{share:.0f}%", "middle", kind))
            x += width
    return _svg(parts, 48 * len(table), "Stability by season")


def calendar_svg(table: pd.DataFrame) -> Markup:
    """A cell a day (or month), the darker the more of its hours are there."""
    left = 52
    width, height = (WIDTH - left - 4) / len(table.columns), 13.0
    parts = []
    for place, name in enumerate(table.columns):
        if len(table.columns) < 20 or int(name) % 5 == 0 or name == 1:
            parts.append(_text(left + (place + 0.5) * width, 10, str(name), "middle", "small"))
    for line, (row_name, row) in enumerate(table.iterrows()):
        y = 14 + line * height
        parts.append(_text(left - 5, y + 9.5, str(row_name), "end", "small"))
        for place, (column, share) in enumerate(row.items()):
            if math.isnan(share):
                continue
            frame = "" if share > 0 else ' class="none"'
            parts.append(
                f'<rect x="{left + place * width:.1f}" y="{y:.1f}" width="{width - 0.8:.1f}" '
                f'height="{height - 1:.1f}" fill="{_between(share)}"{frame}>'
                f"<title>{row_name}, {column}: {share:.0f}% of its hours</title></rect>"
            )
    return _svg(parts, 16 + height * len(table), "Hours that are there, by day")


def mixing_svg(table: pd.DataFrame) -> Markup:
    """Median height by hour of day, in a band from the 10th to the 90th percentile."""
    told = table.dropna(subset=["median"])
    if told.empty:
        return Markup("")
    highest = float(told["high"].max())
    magnitude = 10 ** math.floor(math.log10(max(highest, 1)))
    top = next(m * magnitude for m in (1, 2, 3, 4, 5, 6, 8, 10) if m * magnitude >= highest)
    width = _PLOT / 24
    parts = list(_axes(top, ""))
    for hour, row in told.iterrows():
        low, mid, high = (
            _TOP + _HEIGHT * (1 - float(row[k]) / top) for k in ("low", "median", "high")
        )
        x = _LEFT + int(hour) * width  # type: ignore[call-overload]
        parts.append(
            f'<rect x="{x:.1f}" y="{high:.1f}" width="{width - 0.8:.1f}" fill="#b9d3da" '
            f'height="{max(low - high, 0.8):.1f}"><title>{hour}:00: median {row["median"]:,.0f} m, '
            f"{row['low']:,.0f} to {row['high']:,.0f} m, no lid in {row['no lid']:.0f}% of the "
            "hours</title></rect>"
            f'<rect x="{x:.1f}" y="{mid - 1:.1f}" width="{width - 0.8:.1f}" height="2" '
            'fill="#20708a"/>'
        )
    return _svg(parts, _TOP + _HEIGHT + 30, "Mixing height by hour of day")


def keys_of(names: Sequence[str], colours: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of name and colour for a legend."""
    return list(zip(names, colours, strict=True))


CLASS_KEYS = keys_of(CLASSES, CLASS_COLOURS)
SPEED_KEYS = keys_of([f"{name} m/s" for name in SPEED_NAMES], SPEED_COLOURS)
LIGHT_KEYS = keys_of(("calm", "under 1 m/s"), (CALM, LIGHT))


def _axes(top: float, unit: str) -> Iterable[str]:
    for share in (0, 0.5, 1):
        y = _TOP + _HEIGHT * (1 - share)
        yield f'<line class="line" x1="{_LEFT}" x2="{WIDTH - 8}" y1="{y}" y2="{y}"/>'
        yield _text(_LEFT - 4, y + 3.5, f"{share * top:,.4g}{unit}", "end", "small")
    for hour in range(0, 25, 6):
        x = _LEFT + _PLOT * hour / 24
        yield _text(x, _TOP + _HEIGHT + 13, f"{hour}", "middle", "small")
    yield _text(_LEFT + _PLOT / 2, _TOP + _HEIGHT + 26, "hour of day", "middle", "small")


def _wedge(centre: float, angle: float, low: float, high: float) -> str:
    one, other = (math.radians(angle + turn) for turn in (-10.2, 10.2))
    points = [
        (centre + radius * math.sin(turn), centre - radius * math.cos(turn))
        for radius, turn in ((low, one), (high, one), (high, other), (low, other))
    ]
    (a, b, c, d) = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{a}L{b}A{high:.1f} {high:.1f} 0 0 1 {c}L{d}A{low:.1f} {low:.1f} 0 0 0 {a}Z"


def _between(share: float) -> str:
    part = np.clip(share / 100, 0, 1)
    mixed = [round(a + (b - a) * part) for a, b in zip(NONE, FULL, strict=True)]
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{words}</text>'


def _svg(parts: Iterable[str], height: float, label: str) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )
