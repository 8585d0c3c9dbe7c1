"""Rings that cross themselves so often that no reader can make areas of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Each crossing is met from both sides; mending takes half a second at this number.
MOST_MEETINGS = 4_000
MEETINGS_OF_A_SOUND_SEGMENT = 3
ASKED_AT_ONCE = 500_000


def is_tangled(shape: BaseGeometry | None) -> bool:
    """Whether the segments of a geometry cross thousands of times.

    Making areas of such rings takes memory by the square of their corners.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> scribble = shapely.Polygon(np.random.default_rng(1).random((500, 2)))
    >>> is_tangled(bow), is_tangled(scribble)
    (False, True)
    """
    import numpy as np
    import shapely

    corners, line = shapely.get_coordinates(_lines(shape), return_index=True)
    same = line[1:] == line[:-1]
    pairs = np.stack([corners[:-1][same], corners[1:][same]], axis=1)
    segments: np.ndarray = np.asarray(shapely.linestrings(pairs), dtype=object)
    allowed = MOST_MEETINGS + MEETINGS_OF_A_SOUND_SEGMENT * len(segments)
    tree = shapely.STRtree(segments)
    met, start, size = 0, 0, max(1, ASKED_AT_ONCE // max(1, len(segments)))
    while start < len(segments):
        found = tree.query(segments[start : start + size], predicate="intersects").shape[1]
        met, start = met + found, start + size
        if met > allowed:
            return True
        if found < 20 * size:
            size = min(2 * size, 100_000)
    return False


def _lines(shape: BaseGeometry | None) -> list:
    """The rings of polygons, in whatever they are collected; nothing else."""
    import shapely

    parts = [shape]
    while any(hasattr(part, "geoms") for part in parts):
        parts = [one for part in parts for one in getattr(part, "geoms", [part])]
    polygons = [part for part in parts if part is not None and part.geom_type == "Polygon"]
    return list(shapely.get_rings(polygons))
