"""The maps of a candidate as small pictures, for documents that know no drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.raster_image import png

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geocluster.dossier.svg import Atlas, View

SIDE_PX = 520
PAPER = "#fdfcf9"
# How each part of the map is drawn: its colour, and how wide its lines are. [px]
COLOURS = {
    "homes": ("#cbc5ba", 0.0), "built": ("#ddd7cd", 0.0), "built line": ("#ddd7cd", 2.0),
    "forest": ("#cfdec0", 0.0), "forest line": ("#cfdec0", 2.0), "green": ("#ddebd6", 0.0),
    "green line": ("#ddebd6", 2.0), "works": ("#d9ccdf", 0.0), "works line": ("#d9ccdf", 2.0),
    "water": ("#c3dcea", 0.0), "water line": ("#7fb0cc", 3.0), "rail": ("#7b7b83", 0.0),
    "rail line": ("#7b7b83", 2.0), "road": ("#a58a6f", 3.0), "boundary": ("#5b4b63", 3.0),
    "others": ("#5fae7f", 2.0), "own": ("#b3400f", 5.0),
}  # fmt: skip


def map_picture(atlas: Atlas, view: View, site: Any) -> bytes:
    """A square map as PNG, north up, with the site marked.

    Parameters
    ----------
    atlas : Atlas
        What is drawn.
    view : tuple
        West, south, east, north. [m]
    site : shapely geometry

    Returns
    -------
    bytes
    """
    names = list(COLOURS)
    whole = view[2] - view[0] > 4 * max(np.ptp(np.reshape(site.bounds, (2, 2)), axis=0))
    own: Any = [site.buffer(0.02 * (view[2] - view[0])).boundary] if whole else [site.boundary]
    index = np.full((SIDE_PX, SIDE_PX), 1, dtype=np.uint8)
    drawn: list[tuple[str, Any]] = [*atlas.drawn, ("own", own)]
    for name, shapes in drawn:
        _burn(index, view, shapes, COLOURS[name][1], names.index(name) + 2, name)
    return png(index, [PAPER, *(colour for colour, _ in COLOURS.values())])


def _burn(
    index: np.ndarray, view: View, shapes: Sequence[Any], wide_px: float, number: int, name: str
) -> None:
    import shapely
    from affine import Affine
    from rasterio.features import rasterize

    pixel = (view[2] - view[0]) / SIDE_PX
    seen = np.asarray(shapes, dtype=object)
    seen = seen[shapely.intersects(seen, shapely.box(*view))] if len(seen) else seen
    seen = shapely.clip_by_rect(seen, *_wider(view)) if len(seen) else seen
    if name == "boundary" and len(seen):
        seen = shapely.boundary(seen)
    if wide_px and len(seen):
        seen = shapely.buffer(seen, wide_px * pixel / 2)
    seen = seen[~shapely.is_empty(seen)] if len(seen) else seen
    if not len(seen):
        return
    across = Affine(pixel, 0.0, view[0], 0.0, -pixel, view[3])
    rasterize([(shape, number) for shape in seen], out=index, transform=across)


def _wider(view: View) -> View:
    """The view with a margin, so that the edge of what is clipped lies outside."""
    margin = 0.1 * (view[2] - view[0])
    return view[0] - margin, view[1] - margin, view[2] + margin, view[3] + margin
