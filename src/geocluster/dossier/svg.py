"""Small drawings for the dossier's pages: where a site lies, and where it stands among all.

What all pages share is drawn once (`Atlas.shared`, `Strip.cloud`) and used by reference, so that
a page of its own adds only its own marks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from markupsafe import Markup

from geocluster.maps.base_map import MAJOR

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region
    from geocluster.words import Words

UNIT_M = 10.0  # drawings count in whole tens of metres
MOST_VERTICES = 12_000  # of each kind of line or area
MOST_SHAPES = 2_000  # homes beyond that are drawn as squares
SQUARE_M = 500.0
HOMES_TO_M = 50.0
NEAR_M = 15_000.0
MAP_PX = 220  # how wide a map is on the page, about
STRIP_WIDTH, STRIP_HEIGHT, STRIP_EDGE = 220, 20, 8
SKEWED = 30.0
View = tuple[float, float, float, float]
# Kind of land, class of its drawing.
DRAWN = (
    ("built_up", "built"),
    ("forest", "forest"),
    ("protected", "green"),
    ("industrial", "works"),
    ("water", "water"),
    ("rail", "rail"),
)


@dataclass(frozen=True)
class Strip:
    """All candidates by one criterion on a line; the better, the farther to the right.

    Parameters
    ----------
    key : str
        Of the drawing that pages share.
    values : ndarray
        Of all candidates, NaN where missing.
    less : bool
        Whether less is better.
    """

    key: str
    values: np.ndarray
    less: bool

    @property
    def known(self) -> np.ndarray:
        """The values that there are."""
        return self.values[np.isfinite(self.values)]

    @property
    def by_ratio(self) -> bool:
        """Whether the axis is logarithmic: all above 0, and the greatest far from the least."""
        known = self.known
        return bool(known.size and known.min() > 0 and known.max() > SKEWED * known.min())

    def at(self, value: float) -> float:
        """How far right a value stands. [px]"""
        low, high, own = float(self.known.min()), float(self.known.max()), value
        if self.by_ratio:
            low, high, own = math.log(low), math.log(high), math.log(value)
        share = (own - low) / (high - low) if high > low else 0.5
        share = 1 - share if self.less else share
        return STRIP_EDGE + (STRIP_WIDTH - 2 * STRIP_EDGE) * share

    def cloud(self) -> Markup:
        """A tick a candidate, and the median's longer stroke; for the shared definitions."""
        middle = STRIP_HEIGHT / 2
        places = sorted({round(self.at(value) * 2) / 2 for value in self.known.tolist()})
        dots = "".join(f"M{place:g} {middle - 4:g}v8" for place in places)
        median = self.at(float(np.median(self.known)))
        return Markup(
            '<g id="{}"><path class="axis" d="M{} {}H{}"/><path class="dots" d="{}"/>'
            '<path class="median" d="M{:.1f} 1V{}"/></g>'
        ).format(
            self.key, STRIP_EDGE, f"{middle:g}", STRIP_WIDTH - STRIP_EDGE, dots, median,
            STRIP_HEIGHT - 1,
        )  # fmt: skip

    def svg(self, value: float, told: str) -> Markup:
        """The line with one candidate's mark."""
        at, middle = self.at(value), STRIP_HEIGHT / 2
        return Markup(
            '<svg class="strip" viewBox="0 0 {} {}" role="img" aria-label="{}">'
            '<use href="#{}"/><path class="own" d="M{:.1f} {}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/></svg>'
        ).format(STRIP_WIDTH, STRIP_HEIGHT, told, self.key, at, f"{middle - 5.5:g}")


def share_bar(shares: Sequence[tuple[float, str]], needed: float, told: str) -> Markup:
    """Shares from 0 to 1 as bars on one scale, with the share that a winner needs."""
    height = 18 * len(shares) + 4
    rows = Markup("").join(
        Markup(
            '<rect class="rail-of-bar" x="0" y="{}" width="200" height="12"/>'
            '<rect class="bar" x="0" y="{}" width="{:.1f}" height="12"/>'
            '<text x="206" y="{}">{}</text>'
        ).format(18 * row + 2, 18 * row + 2, 200 * share, 18 * row + 12, text)
        for row, (share, text) in enumerate(shares)
    )
    return Markup(
        '<svg class="shares" viewBox="0 0 470 {}" role="img" aria-label="{}">{}'
        '<path class="needed" d="M{:.1f} 0V{}"/></svg>'
    ).format(height, told, rows, 200 * needed, height)


class Atlas:
    """The region as lines and areas in its own metres, drawn once for all pages."""

    def __init__(
        self,
        region: Region,
        sites: gpd.GeoDataFrame,
        land: gpd.GeoDataFrame | None = None,
        homes: gpd.GeoDataFrame | None = None,
    ) -> None:
        self.bounds = region.boundary.bounds
        self.sites = sites.to_crs(region.crs)
        west, south, east, north = self.bounds
        self.width = max(east - west, north - south)
        self.tolerance = self.width / 2_000
        given: list[tuple[str, Any, float]] = [
            ("homes", _shown_homes(homes, region), self.tolerance)
        ]
        if land is not None and len(land):
            land = land.to_crs(region.crs)
            areas = land.geom_type.str.contains("Polygon")
            for kind, name in DRAWN:
                own = land["kind"] == kind
                given.append((name, land.geometry[own & areas], self.tolerance))
                given.append((f"{name} line", land.geometry[own & ~areas], self.tolerance))
            given.append(("road", _main_roads(land), self.tolerance))
        given.append(("boundary", [region.boundary], self.tolerance))
        given.append(("others", self.sites.geometry, 10.0))
        self.drawn = [(name, _largest(shapes, within)) for name, shapes, within in given]
        parts = [_area(name, self._path(shapes)) for name, shapes in self.drawn]
        middles = shapely.get_coordinates(shapely.point_on_surface(self.sites.geometry.to_numpy()))
        side = round(self.width / UNIT_M * 0.012)
        corners = ((x - side // 2, y - side // 2) for x, y in self._whole(middles))
        dots = "".join(f"M{x} {y}h{side}v{side}h-{side}z" for x, y in corners)
        self._base = Markup("").join(parts)
        self._dots = Markup('<path id="gd-dots" class="places" d="{}"/>').format(dots)

    def shared(self) -> Markup:
        """What every map stands on; for the shared definitions."""
        return Markup('<g id="gd-base">{}</g>{}').format(self._base, self._dots)

    def whole_view(self) -> View:
        """A square about the region: west, south, east, north. [m]"""
        west, south, east, north = self.bounds
        half, x, y = 0.53 * self.width, (west + east) / 2, (south + north) / 2
        return x - half, y - half, x + half, y + half

    def near_view(self, site: Any) -> View:
        """A square about a site: west, south, east, north. [m]"""
        west, south, east, north = shapely.bounds(site)
        half = max(NEAR_M / 2, 1.5 * max(east - west, north - south))
        x, y = (west + east) / 2, (south + north) / 2
        return x - half, y - half, x + half, y + half

    def overview(self, site: Any, told: str, words: Words) -> Markup:
        """The whole region, with all candidates as dots and the site marked."""
        view = self.whole_view()
        point = shapely.point_on_surface(site)
        ((x, y),) = self._whole(shapely.get_coordinates(point))
        size = self.width / UNIT_M * 0.03
        mark = Markup(
            '<use href="#gd-dots"/><circle class="site-mark" cx="{}" cy="{}" r="{:.0f}"/>'
        )
        return self._map(view, mark.format(x, y, size), told, words)

    def near(self, site: Any, told: str, words: Words) -> Markup:
        """The site's surroundings."""
        view = self.near_view(site)
        own = _area("own-site", self._path([site]))
        return self._map(view, own, told, words)

    def _map(self, view: View, own: Markup, told: str, words: Words) -> Markup:
        left, top = self._whole(np.array([[view[0], view[3]]]))[0]
        width, height = ((view[2] - view[0]) / UNIT_M, (view[3] - view[1]) / UNIT_M)
        bar_m = scale_length(view[2] - view[0])
        share = 100 * bar_m / (view[2] - view[0])
        return Markup(
            '<svg class="map" viewBox="{l} {t} {w:.0f} {h:.0f}" role="img" aria-label="{told}" '
            'style="--u:{unit:.2f}px"><use href="#gd-base"/>{own}</svg>'
            '<p class="scale"><svg viewBox="0 0 100 4" preserveAspectRatio="none" '
            'aria-hidden="true"><path d="M0.3 0V3H{share:.1f}V0"/></svg>'
            "<span>{bar}</span><b>{north} ↑</b></p>"
        ).format(
            w=width, h=height, l=left, t=top, told=told, own=own, share=share, north=words("N"),
            unit=width / MAP_PX,
            bar=f"{words.number(bar_m / 1000)} {words('km')}",
        )  # fmt: skip

    def _whole(self, coordinates: np.ndarray) -> list[tuple[int, int]]:
        """Whole units right of the western and below the northern edge."""
        x = (coordinates[:, 0] - self.bounds[0]) / UNIT_M
        y = (self.bounds[3] - coordinates[:, 1]) / UNIT_M
        return list(zip(np.rint(x).astype(int).tolist(), np.rint(y).astype(int).tolist()))  # noqa: B905

    def _path(self, shapes: Iterable[Any]) -> str:
        """Lines and rings as one path."""
        return "".join(self._lines(shape) for shape in shapes)

    def _lines(self, shape: Any) -> str:
        told = []
        for part in shapely.get_parts(shapely.get_parts([shape])):
            closed = part.geom_type == "Polygon"
            rings = [part.exterior, *part.interiors] if closed else [part]
            for ring in rings if part.geom_type != "Point" else []:
                points = self._whole(shapely.get_coordinates(ring))
                kept = [points[0], *(b for a, b in pairwise(points) if a != b)]
                steps = "".join(f"l{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(kept))
                told.append(f"M{kept[0][0]} {kept[0][1]}{steps or 'h0'}{'z' * closed}")
        return "".join(told)


def _largest(shapes: Iterable[Any], tolerance: float) -> np.ndarray:
    """Shapes simplified; the largest, while they stay within their vertices."""
    given = np.asarray(list(shapes), dtype=object)
    if not given.size:
        return given
    simple = shapely.simplify(given, tolerance)
    simple = simple[~(shapely.is_empty(simple) | shapely.is_missing(simple))]
    size = np.maximum(shapely.area(simple), shapely.length(simple))
    order = np.argsort(-size, kind="stable")
    kept = np.cumsum(shapely.get_num_coordinates(simple)[order]) <= MOST_VERTICES
    kept[:1] = True
    return np.asarray(simple[np.sort(order[kept])], dtype=object)


def scale_length(width_m: float) -> float:
    """A round length of about a quarter of a map's width. [m]

    Examples
    --------
    >>> scale_length(15_000.0), scale_length(240_000.0)
    (2000.0, 50000.0)
    """
    power = 10.0 ** math.floor(math.log10(width_m / 4))
    return max(step * power for step in (1, 2, 5) if step * power <= width_m / 4)


def _area(name: str, path: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(name, path) if path else Markup("")


def _main_roads(land: gpd.GeoDataFrame) -> Any:
    roads = land[land["kind"] == "road"]
    if "class" in roads and roads["class"].isin(MAJOR).any():
        roads = roads[roads["class"].isin(MAJOR)]
    return roads.geometry


def _shown_homes(homes: gpd.GeoDataFrame | None, region: Region) -> Any:
    """Homes whose place is known; squares in which people live where there are very many."""
    if homes is None or not len(homes):
        return []
    if "located" in homes:
        homes = homes[homes["located"].fillna(True).astype(bool)]
    shapes = homes.geometry.to_crs(region.crs)
    if len(shapes) <= MOST_SHAPES:
        simple = shapely.simplify(shapes.to_numpy(), HOMES_TO_M)
        return shapely.get_parts(shapely.union_all(shapely.buffer(simple, 0)))
    middles = shapely.get_coordinates(shapely.centroid(shapes.to_numpy()))
    corners = np.unique(np.floor(middles / SQUARE_M), axis=0) * SQUARE_M
    squares = shapely.box(
        corners[:, 0], corners[:, 1], corners[:, 0] + SQUARE_M, corners[:, 1] + SQUARE_M
    )
    return shapely.get_parts(shapely.union_all(squares))
