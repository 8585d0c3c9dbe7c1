"""Parcels drawn: the polygon of each number, from cells and from what is left of cut ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.siting.cutting import CUT_KINDS, Cut, Lattice
from geocluster.siting.outlines import one_polygon

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def as_raster(free: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Numbers of the free cells, in reading order, on their grid; 0 elsewhere."""
    raster = np.zeros(free.shape, np.int32)
    raster[free] = numbers
    return raster


def outlines_of(numbers: np.ndarray, lattice: Lattice) -> list[BaseGeometry]:
    """A polygon for each number, in their order."""
    found = _polygons(numbers, lattice)
    return [found[number][0] for number in sorted(found)]


def _polygons(numbers: np.ndarray, lattice: Lattice) -> dict[int, list[BaseGeometry]]:
    """The polygons of each number, edge to edge."""
    from rasterio.features import shapes
    from rasterio.transform import Affine
    from shapely.geometry import shape

    transform = Affine(lattice.side, 0, lattice.left, 0, -lattice.side, lattice.top)
    polygons: dict[int, list[BaseGeometry]] = {}
    for polygon, number in shapes(numbers, mask=numbers > 0, connectivity=4, transform=transform):
        polygons.setdefault(int(number), []).append(shape(polygon))
    return polygons


def cut_outlines(
    free: np.ndarray, numbers: np.ndarray, cut: Cut, lattice: Lattice
) -> tuple[list[BaseGeometry], list[str]]:
    """A polygon for each number, and the kinds of cuts that bound it."""
    import shapely

    whole = np.flatnonzero(cut.whole)
    in_cells = np.zeros(int(free.sum()), int)
    in_cells[cut.cell[whole]] = numbers[whole]
    polygons = _polygons(as_raster(free, in_cells), lattice)
    rest = np.flatnonzero(~cut.whole & (numbers > 0))
    corner = [lattice.left, lattice.top]
    placed = shapely.transform(cut.shapes[rest], lambda xy: xy + corner)
    bits = np.zeros(numbers.max(initial=0) + 1, int)
    for number, shape, bit in zip(numbers[rest], placed, cut.cut_by[rest], strict=True):
        polygons.setdefault(int(number), []).append(shape)
        bits[number] |= bit
    shapes = [one_polygon(polygons[number]) for number in sorted(polygons)]
    words = [
        "; ".join(kind for place, kind in enumerate(CUT_KINDS) if bits[number] >> place & 1)
        for number in sorted(polygons)
    ]
    return shapes, words
