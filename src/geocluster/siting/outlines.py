"""The shape of a parcel in figures: compactness, stretch, and the widest circle in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Parts drawn so near to each other are one; holes smaller than this are none.
GAP_M, LEAST_HOLE_M2 = 0.5, 1.0


def compactness(shapes: np.ndarray) -> np.ndarray:
    """How round a shape is (Polsby and Popper 1991): 1 for a circle. [0 to 1]

    Examples
    --------
    >>> from shapely.geometry import box
    >>> compactness(np.array([box(0, 0, 1, 1)])).round(3).tolist()
    [0.785]
    """
    import shapely

    around = np.asarray(shapely.length(shapes), dtype=float)
    area = np.asarray(shapely.area(shapes), dtype=float)
    return 4 * math.pi * area / np.where(around > 0, around, 1) ** 2


def stretch(shapes: np.ndarray) -> np.ndarray:
    """Length over width of the smallest rectangle around a shape, turned as it may be.

    Parameters
    ----------
    shapes : array of polygons

    Returns
    -------
    array
        1 for a square, inf for what has no width.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> stretch(np.array([box(0, 0, 300, 100)])).tolist()
    [3.0]
    """
    import shapely

    around = shapely.minimum_rotated_rectangle(np.asarray(shapes, dtype=object))
    sides = np.full((len(around), 2), np.nan)
    for place, rectangle in enumerate(around):
        corners = shapely.get_coordinates(rectangle)[:3]
        if len(corners) == 3:
            sides[place] = np.hypot(*np.diff(corners, axis=0).T)
    longest, shortest = (
        np.nanmax(sides, axis=1, initial=0),
        np.nanmin(sides, axis=1, initial=np.inf),
    )
    flat = ~(np.isfinite(shortest) & (shortest > 0))
    return np.where(flat, np.inf, longest / np.where(flat, 1, shortest))


def inscribed_circle_m(shapes: np.ndarray, tolerance_m: float = 1.0) -> np.ndarray:
    """The diameter of the largest circle that fits into each shape. [m]

    Parameters
    ----------
    shapes : array of polygons
        In a metric reference system.
    tolerance_m : float
        The result is at most twice this too small. [m]

    Examples
    --------
    >>> from shapely.geometry import box
    >>> inscribed_circle_m(np.array([box(0, 0, 300, 100)])).round().tolist()
    [100.0]
    """
    import shapely

    shapes = np.asarray(shapes, dtype=object)
    radius = np.zeros(len(shapes))
    solid = shapely.area(shapes) > 0
    circles = shapely.maximum_inscribed_circle(shapes[solid], tolerance=tolerance_m)
    radius[solid] = shapely.length(circles)
    return 2 * radius


def width_of_park(area_ha: float, stretched: float) -> float:
    """The width of a rectangle of the park's area that is so many times as long as wide. [m]

    Examples
    --------
    >>> width_of_park(100, 4)
    500.0
    """
    return math.sqrt(area_ha * 10_000 / stretched)


def shape_columns(shapes: np.ndarray) -> dict[str, np.ndarray]:
    """The three measures of each shape, as columns of a table of sites."""
    return {
        "compactness": compactness(shapes),
        "stretch": stretch(shapes),
        "inscribed_circle_m": inscribed_circle_m(shapes),
    }


def one_polygon(parts: Sequence[BaseGeometry] | np.ndarray) -> BaseGeometry:
    """One polygon of parts that share edges; hairs of a centimetre between them are closed."""
    import shapely

    if len(parts) == 1:
        return parts[0]
    together = shapely.union_all(parts)
    if together.geom_type != "Polygon":
        wider = shapely.buffer(together, GAP_M, join_style="mitre")
        together = shapely.buffer(wider, -GAP_M, join_style="mitre")
    count = int(shapely.get_num_interior_rings(together))
    rings = [shapely.get_interior_ring(together, n) for n in range(count)]
    holes = [ring for ring in rings if shapely.Polygon(ring).area >= LEAST_HOLE_M2]
    return shapely.Polygon(shapely.get_exterior_ring(together), holes)
