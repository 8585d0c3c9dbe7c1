"""The sea, which OpenStreetMap draws only by its shore: a line with the land on its left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

# How far beside the middle of a stretch of shore the side is looked up: about 1 cm in degrees.
BESIDE = 1e-7
# A face is sea or land where at least this share of its shore says so.
CLEAR = 0.9


def sea_area(shore: Sequence[BaseGeometry], area: BaseGeometry) -> tuple[BaseGeometry, float]:
    """The part of an area that is sea.

    The shore cuts the area into faces; each stretch of shore has land on its left and water on its
    right, so that the faces beside it can be told. A shore that ends inside the area closes no
    face: what lies on both of its sides at once is left out and its length is told.

    Parameters
    ----------
    shore : sequence of LineString or MultiLineString
        Ways tagged natural=coastline, in their own direction. [degrees]
    area : Polygon or MultiPolygon
        Where the sea is wanted. [degrees]

    Returns
    -------
    sea : Polygon or MultiPolygon
        Empty where there is no shore, or none that closes. [degrees]
    unclear : float
        Share of the shore within the area whose face is neither land nor sea. [-]

    Examples
    --------
    >>> from shapely.geometry import LineString, box
    >>> island = LineString([(1, 1), (3, 1), (3, 3), (1, 3), (1, 1)])   # land on the left
    >>> sea, unclear = sea_area([island], box(0, 0, 4, 4))
    >>> sea.area, unclear
    (12.0, 0.0)
    """
    import shapely

    starts, ends = _stretches(shore)
    near = shapely.intersects_xy(area, *((starts + ends) / 2).T) if len(starts) else []
    if not np.any(near):
        return shapely.MultiPolygon(), 0.0
    starts, ends = starts[near], ends[near]
    faces = _faces(shore, area)
    water = _votes(faces, starts, ends, -1.0)
    land = _votes(faces, starts, ends, 1.0)
    share = water / np.maximum(water + land, 1)
    unclear = (share > 1 - CLEAR) & (share < CLEAR)
    sea = shapely.union_all([face for face, wet in zip(faces, share >= CLEAR, strict=True) if wet])
    return sea, float((water + land)[unclear].sum() / max((water + land).sum(), 1))


def _stretches(shore: Sequence[BaseGeometry]) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of every stretch between two nodes."""
    import shapely

    lines = shapely.get_parts(np.asarray(shore, dtype=object))
    points, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    return points[:-1][same], points[1:][same]


def _faces(shore: Sequence[BaseGeometry], area: BaseGeometry) -> np.ndarray:
    """The pieces into which the shore cuts the area."""
    import shapely

    network = shapely.union_all([*shore, area.boundary])
    faces = shapely.get_parts(shapely.polygonize([network]))
    return faces[shapely.contains_properly(area, shapely.point_on_surface(faces))]


def _votes(faces: np.ndarray, starts: np.ndarray, ends: np.ndarray, side: float) -> np.ndarray:
    """For each face, how many stretches have it on their left (side 1) or right (side -1)."""
    import shapely

    along = ends - starts
    length = np.maximum(np.hypot(*along.T), 1e-300)[:, None]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / length
    points = shapely.points((starts + ends) / 2 + side * BESIDE * normal)
    _, face = shapely.STRtree(faces).query(points, predicate="within")
    return np.bincount(face, minlength=len(faces))
