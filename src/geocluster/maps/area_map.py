"""Figures by region as small maps: an outline each, darker where there is more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from geocluster.maps.colours import ramp
from geocluster.maps.text import clean, column_label, figure

if TYPE_CHECKING:
    import pandas as pd

WIDTH, EDGE, TITLE, GAP = 340.0, 6.0, 18.0, 12.0
STEPS = 10
# A letter is about so wide; other languages need more of them within the drawing. [px]
LETTER, LINE, LONGER = 6.4, 11.0, 1.45
SHIFTS = (0.0, -24.0, 24.0, -46.0, 46.0, -68.0, 68.0)
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class AreaMap:
    """Columns of a table as small maps, one beneath the other; each area with its figure and rank.

    Parameters
    ----------
    table : DataFrame
        A row an area.
    label : str
        Column with its name.
    values : sequence of str
        Columns of figures; each is coloured against its own largest.
    outline : str
        Column with its outline as WKT, longitude and latitude; rows without one are left out.
    mark : str, optional
        The name of the area that is drawn with a heavy line.
    """

    table: pd.DataFrame
    label: str
    values: Sequence[str]
    outline: str
    mark: str = ""

    def svg(self) -> Markup:
        """The drawing; text is escaped."""
        shapes = self._shapes()
        if not shapes:
            return Markup("")
        frame = Frame.around([shape for _, shape in shapes])
        tall = TITLE + frame.height + GAP
        head = Markup('<svg viewBox="0 0 {} {}" width="100%" font-size="10" fill="#22223b">')
        parts = [head.format(f"{WIDTH:g}", f"{tall * len(self.values):.0f}")]
        for number, column in enumerate(self.values):
            parts += self._one(column, shapes, frame, number * tall)
        return Markup("").join([*parts, Markup("</svg>")])

    def _shapes(self) -> list[tuple[int, Any]]:
        import shapely

        texts = self.table[self.outline].fillna("").astype(str).to_numpy(object)
        found = shapely.from_wkt(texts, on_invalid="ignore")
        return [(row, one) for row, one in enumerate(found) if one is not None and not one.is_empty]

    def _one(
        self, column: str, shapes: list[tuple[int, Any]], frame: Frame, top: float
    ) -> Iterator[Markup]:
        amounts = self.table[column].astype(float)
        highest = float(amounts.max()) or 1.0
        places = amounts.rank(ascending=False, method="min")
        colours = ramp("concentration", STEPS + 3)[:STEPS]
        yield Markup('<text x="0" y="{}" font-size="11.5" font-weight="600">{}</text>').format(
            f"{top + 12:.1f}", escape(column_label(column)[0])
        )
        names = self.table[self.label].tolist()
        for row, shape in sorted(shapes, key=lambda one: names[one[0]] == self.mark):
            amount = float(amounts.iloc[row])
            known = math.isfinite(amount)
            step = min(int(STEPS * max(amount, 0) / highest), STEPS - 1) if known else 0
            line = Markup(
                '<path d="{}" fill="{}" stroke="#22223b" stroke-width="{}"><title>{}</title></path>'
            )
            yield line.format(
                frame.path(shape, top + TITLE),
                colours[step] if known else "#ffffff",
                "2" if names[row] == self.mark else "0.7",
                escape(clean(names[row], 60)),
            )
        taken: list[Box] = []
        for row, shape in shapes:
            amount, place = float(amounts.iloc[row]), places.iloc[row]
            told = f"{figure(amount)} ({int(place)})" if math.isfinite(amount) else "–"
            yield from _label(clean(names[row], 60), told, frame, shape, top + TITLE, taken)


@dataclass(frozen=True)
class Frame:
    """From longitude and latitude to the drawing."""

    west: float
    north: float
    scale: float
    squeeze: float
    height: float

    @classmethod
    def around(cls, shapes: Sequence[Any]) -> Frame:
        """The frame that holds them all, as wide as the drawing."""
        import shapely

        west, south, east, north = shapely.total_bounds(shapes).tolist()
        squeeze = math.cos(math.radians((south + north) / 2))
        across, up = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
        scale = min((WIDTH - 2 * EDGE) / across, 300.0 / up)
        return cls(west, north, scale, squeeze, up * scale + 2 * EDGE)

    def at(self, x: float, y: float, top: float) -> tuple[float, float]:
        """Where a place lies on the drawing. [px]"""
        across = EDGE + (x - self.west) * self.squeeze * self.scale
        return across, top + EDGE + (self.north - y) * self.scale

    def path(self, shape: Any, top: float) -> str:
        """The outline of an area, its holes too."""
        rings = [
            ring
            for part in getattr(shape, "geoms", [shape])
            for ring in (part.exterior, *part.interiors)
        ]
        steps = (
            "L".join("{:.1f} {:.1f}".format(*self.at(x, y, top)) for x, y in ring.coords)
            for ring in rings
        )
        return "".join(f"M{step}Z" for step in steps)


def _label(
    name: str, told: str, frame: Frame, shape: Any, top: float, taken: list[Box]
) -> Iterator[Markup]:
    """A name and a figure in its area, or as near as no other label stands."""
    inside = shape.representative_point()
    x, y = frame.at(inside.x, inside.y, top)
    half = max(len(name), len(told)) * LETTER / 2
    widest = min(LONGER * half, WIDTH / 2)
    across = min(max(x, widest), WIDTH - widest)
    for shift in SHIFTS:
        down = y + shift
        box = (across - half, down - LINE, across + half, down + LINE + 2)
        within = box[1] >= top - TITLE / 2 and box[3] <= top + frame.height + GAP / 2
        if within and not any(_overlap(box, other) for other in taken):
            break
    else:
        down, box = y, (across - half, y - LINE, across + half, y + LINE)
    taken.append(box)
    white = 'stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    line = Markup('<text x="{}" y="{}" text-anchor="middle" ' + white + "{}>{}</text>")
    yield line.format(f"{across:.1f}", f"{down:.1f}", "", escape(name))
    bold = Markup(' font-weight="700"')
    yield line.format(f"{across:.1f}", f"{down + LINE:.1f}", bold, escape(told))


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
