"""A line on two axes as inline SVG, for the folds of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from geocluster.maps.text import clean, figure

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 360.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 18.0, 40.0
COLOUR, MARK = "#3594a8", "#c9772b"
TICKS, ROOM = 4, 34.0
ROUND = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class LineChart:
    """A column of figures against another, as steps from the axes' zero.

    Parameters
    ----------
    table : DataFrame
        Sorted by `x`.
    x, y : str
        Columns of figures.
    x_label, y_label : str
        What they are, with units.
    marks : sequence of (float, str)
        Places on the x axis with a word each, left out where there is no room for it.
    """

    table: pd.DataFrame
    x: str
    y: str
    x_label: str
    y_label: str
    marks: Sequence[tuple[float, str]] = ()

    def svg(self) -> Markup:
        """The drawing; text is escaped."""
        return Markup("").join(self._parts())

    def _parts(self) -> Iterator[Markup]:
        xs = [float(value) for value in self.table[self.x]]
        ys = [float(value) for value in self.table[self.y]]
        right, top = nice_top(max(xs, default=0.0)), nice_top(max(ys, default=0.0))

        def at(x: float, y: float) -> tuple[float, float]:
            across = LEFT + (WIDTH - LEFT - RIGHT) * min(x / right, 1.0)
            return across, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(y / top, 1.0)

        yield Markup(
            '<svg viewBox="0 0 {} {}" width="100%" font-size="10.5" fill="#22223b">'
        ).format(f"{WIDTH:g}", f"{HEIGHT:g}")
        for step in range(TICKS + 1):
            x, y = at(right * step / TICKS, top * step / TICKS)
            yield _line(LEFT, y, WIDTH - RIGHT, y, "#e2dccf")
            yield _text(LEFT - 5, y + 3.5, figure(top * step / TICKS), "end")
            anchor = "end" if step == TICKS else "middle"
            yield _text(x, HEIGHT - BOTTOM + 14, figure(right * step / TICKS), anchor)
        yield _text(LEFT - 5, TOP - 7, clean(self.y_label, 60), "start")
        yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, clean(self.x_label, 80), "middle")
        corners = [at(0.0, 0.0)]
        for x, y in zip(xs, ys, strict=True):
            corners += [(at(x, 0.0)[0], corners[-1][1]), at(x, y)]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
        yield Markup('<path d="{}" fill="none" stroke="{}" stroke-width="2"/>').format(path, COLOUR)
        named = -math.inf
        for x, word in sorted(self.marks):
            across = at(x, 0.0)[0]
            yield _line(across, HEIGHT - BOTTOM, across, HEIGHT - BOTTOM - 8, MARK, 2.0)
            if across - named >= ROOM:  # words would lie on each other
                yield _text(across, HEIGHT - BOTTOM - 11, clean(word, 12), "middle")
                named = across
        yield Markup("</svg>")


def nice_top(value: float) -> float:
    """The next round figure that four ticks divide.

    Examples
    --------
    >>> nice_top(37_000.0), nice_top(0.0), nice_top(1.0)
    (40000.0, 1.0, 1.0)
    """
    if not (math.isfinite(value) and value > 0):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in ROUND if step * power >= value * (1 - 1e-9))


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, wide: float = 1.0) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"/>').format(
        f"{x:.1f}", f"{y:.1f}", f"{to_x:.1f}", f"{to_y:.1f}", colour, f"{wide:g}"
    )


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", anchor, escape(words)
    )
