"""People about every place times the concentration about a source, for all places at once.

Over flat ground and one weather the concentration that a source at s causes at r depends on r - s
alone. The sum of people times concentration is then a correlation, and a Fourier transform gives
it for every place of a grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.exposure.coverage import Frame, cover
from geocluster.exposure.residents import home_shapes, people_of
from geocluster.plume.about import mean_about
from geocluster.plume.field import PlumeOptions

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    Field = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Near a source people and concentration meet on parts of a cell of at most 100 m, each the mean
# over points in it; farther away on whole cells, with a point for every 250 m.
NEAR_M, PART_M, POINT_M = 8_000.0, 100.0, 250.0
MOST_PARTS = 9
# Farther than this from the source concentration is interpolated between rings of receptors.
# Steps of 4 % of distance and half a degree resolve the narrowest plume: over the whole reach its
# sigma_y is more than a degree wide.
DIRECT_M, RING_STEP, AZIMUTH_DEG = 1_000.0, 0.04, 0.5
# Within so many parts of the source: so many points each way, even, so that none is the source.
REFINED = ((0, 24), (2, 8))
# Below this share of the largest value a Fourier transform holds nothing but rounding.
NOISE = 1e-9


@dataclass(frozen=True)
class People:
    """The people within reach of a grid's cells: by whole cells, and near a source by their parts.

    `far` has a margin of (columns, rows) cells about the grid, each of `near` the smaller margin
    `near_margin`; `near` holds parts x parts arrays, one for each part of a cell.
    """

    frame: Frame
    far: np.ndarray
    margin: tuple[int, int]
    near: list[np.ndarray]
    near_margin: tuple[int, int]
    parts: int

    @classmethod
    def of(
        cls, homes: gpd.GeoDataFrame, grid: xr.DataArray, frame: Frame, reach_m: float
    ) -> People:
        """Count the people of homes; homes beyond the grid count within `reach_m` [m] of it."""
        shapes, people = home_shapes(homes, grid.attrs.get("crs")), people_of(homes)
        far, margin = _people_far(shapes, people, frame, reach_m)
        near_margin, parts = _near(frame, margin)
        near = _people_near(shapes, people, frame, near_margin, parts)
        return cls(frame, far, margin, near, near_margin, parts)

    def any(self) -> bool:
        """Whether anybody is within reach."""
        return bool(self.far.any())

    def times_concentration(
        self, source: gpd.GeoDataFrame, weather: xr.Dataset, options: PlumeOptions
    ) -> np.ndarray:
        """Sum of people x concentration with the source at the centre of each cell of the frame.

        `source` is one row at the origin, without a CRS, with emission_unit_g_s.
        Rows run from the north. [persons ug/m3]
        """
        around = mean_about(source, "unit", weather, options=options)
        # Tables are rings themselves.
        rings = around if options.method == "tables" else _interpolated(around, options.reach_m)
        sides = self.frame.dx, self.frame.dy
        far = _far_kernel(self.margin, self.near_margin, sides, rings)
        near = _near_kernel(self.near_margin, self.parts, sides, rings, around)
        field = _correlate([self.far], [far], self.frame)
        field += _correlate(self.near, near, self.frame)
        # What a transform leaves below its own rounding is nothing.
        return np.where(field > NOISE * field.max(), field, 0.0)


def _people_far(
    shapes: np.ndarray, people: np.ndarray, frame: Frame, reach_m: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """People a cell within reach of the grid, and how many columns and rows of margin that took."""
    margin = math.ceil(reach_m / frame.dx), math.ceil(reach_m / frame.dy)
    wide = frame.padded(*margin)
    home, cell, share = cover(shapes, wide)
    row, column = np.divmod(cell, wide.columns)
    needed = (
        _widest(column - margin[0], frame.columns, margin[0]),
        _widest(row - margin[1], frame.rows, margin[1]),
    )
    row, column = row - margin[1] + needed[1], column - margin[0] + needed[0]
    shape = frame.padded(*needed).shape
    return _count((row, column), people[home] * share, shape), needed


def _widest(index: np.ndarray, size: int, most: int) -> int:
    """The largest offset between a cell of the grid and a cell with people in it."""
    if not len(index):
        return 0
    return int(min(max(index.max(), size - 1 - index.min(), 0), most))


def _count(
    index: tuple[np.ndarray, np.ndarray], people: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    cells = np.ravel_multi_index(index, shape)
    return np.bincount(cells, people, minlength=math.prod(shape)).reshape(shape)


def _near(frame: Frame, margin: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """How many columns and rows about a source are near, and into how many parts a side is cut.

    The parts are odd in number, so that the source stands at the middle of one.
    """
    wanted = math.ceil(max(frame.dx, frame.dy) / PART_M)
    parts = min(wanted + 1 - wanted % 2, MOST_PARTS)
    columns, rows = (max(math.ceil(NEAR_M / side), 1) for side in (frame.dx, frame.dy))
    return (min(columns, margin[0]), min(rows, margin[1])), parts


def _people_near(
    shapes: np.ndarray, people: np.ndarray, frame: Frame, near: tuple[int, int], parts: int
) -> list[np.ndarray]:
    """People in each part of a cell: parts x parts arrays over the cells of grid and margin."""
    wide = frame.padded(*near)
    fine = Frame(
        wide.x_min,
        wide.y_max,
        wide.dx / parts,
        wide.dy / parts,
        wide.columns * parts,
        wide.rows * parts,
        False,
        False,
    )
    home, cell, share = cover(shapes, fine)
    row, column = np.divmod(cell, fine.columns)
    part = row % parts * parts + column % parts
    order = np.argsort(part, kind="stable")
    cuts = np.searchsorted(part[order], np.arange(1, parts**2))
    return [
        _count((row[i] // parts, column[i] // parts), (people[home] * share)[i], wide.shape)
        for i in np.split(order, cuts)
    ]


def _far_kernel(
    margin: tuple[int, int], near: tuple[int, int], sides: tuple[float, float], at: Field
) -> np.ndarray:
    """Mean concentration in whole cells about the source, without those near it."""
    if margin == near:
        return np.zeros(tuple(2 * n + 1 for n in margin[::-1]))
    kernel = _cell_means(at, margin, sides, max(math.ceil(max(sides) / POINT_M), 1))
    kernel[_middle(margin, near)] = 0.0
    return kernel


def _near_kernel(
    near: tuple[int, int], parts: int, sides: tuple[float, float], rings: Field, around: Field
) -> list[np.ndarray]:
    """Mean concentration in each part of the cells near the source, as `_people_near` orders it."""
    part_sides = sides[0] / parts, sides[1] / parts
    all_parts = near[0] * parts + parts // 2, near[1] * parts + parts // 2
    kernel = _cell_means(rings, all_parts, part_sides, 2)
    direct = math.ceil(DIRECT_M / min(part_sides))
    for reach, points in ((direct, 2), *reversed(REFINED)):
        inner = min(reach, all_parts[0]), min(reach, all_parts[1])
        kernel[_middle(all_parts, inner)] = _cell_means(around, inner, part_sides, points)
    return [kernel[row::parts, column::parts] for row in range(parts) for column in range(parts)]


def _interpolated(around: Field, reach_m: float) -> Field:
    """A field about the source, by cubic interpolation from rings of receptors out to the reach."""
    first, last = 0.7 * min(DIRECT_M, reach_m), reach_m * (1 - 1e-9)
    steps = math.ceil(math.log(last / first) / RING_STEP)
    radius = np.geomspace(first, last, steps + 1)
    azimuth = np.radians(np.arange(0, 360, AZIMUTH_DEG))
    field = around(radius[:, None] * np.cos(azimuth), radius[:, None] * np.sin(azimuth))
    overlap = 12
    turned = np.concatenate([field[:, -overlap:], field, field[:, :overlap]], axis=1)

    def at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        from scipy.ndimage import map_coordinates

        distance = np.hypot(x, y)
        row = np.log(np.maximum(distance, first) / first) * (steps / math.log(last / first))
        column = np.degrees(np.arctan2(y, x)) % 360 / AZIMUTH_DEG + overlap
        values = map_coordinates(turned, [row, column], order=3, mode="nearest")
        return np.where((distance <= reach_m) & (values > 0), values, 0.0)

    return at


def _middle(margin: Sequence[int], inner: Sequence[int]) -> tuple[slice, slice]:
    columns, rows = (slice(m - n, m + n + 1) for m, n in zip(margin, inner, strict=True))
    return rows, columns


def _cell_means(
    at: Field, cells: Sequence[int], sides: tuple[float, float], points: int
) -> np.ndarray:
    """A field so many cells about the origin, each the mean of points x points; rows from north."""
    columns, rows = (2 * n + 1 for n in cells)
    x = _offsets(columns * points, sides[0] / points)
    y = _offsets(rows * points, sides[1] / points)[::-1]
    values = at(*np.meshgrid(x, y))
    return values.reshape(rows, points, columns, points).mean(axis=(1, 3))


def _offsets(count: int, step: float) -> np.ndarray:
    return (np.arange(count) - (count - 1) / 2) * step


def _correlate(
    people: Sequence[np.ndarray], kernels: Sequence[np.ndarray], frame: Frame
) -> np.ndarray:
    """Sum over pairs and over offsets of people[i + k, j + l] x kernel[k, l].

    Each `people` reaches the kernel's half width beyond the frame on every side, so a transform
    of that size wraps only where no result is taken.
    """
    from scipy import fft

    size = [fft.next_fast_len(length, real=True) for length in people[0].shape]
    total = sum(
        fft.rfft2(part, size) * np.conj(fft.rfft2(kernel, size))
        for part, kernel in zip(people, kernels, strict=True)
        if part.any()
    )
    if isinstance(total, int):
        return np.zeros(frame.shape)
    return fft.irfft2(total, size)[: frame.rows, : frame.columns]
