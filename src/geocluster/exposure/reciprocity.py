"""People about every place times the concentration about a source, for all places at once.

Over flat ground and one weather the concentration that a source at s causes at r depends on r - s
alone. The sum of people times concentration is then a correlation, and a Fourier transform gives
it for every place of a grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads

from geocluster.exposure.close_by import CloseBy
from geocluster.exposure.coverage import Frame, spread_over
from geocluster.exposure.residents import home_shapes, people_of
from geocluster.plume.about import mean_about
from geocluster.plume.field import PlumeOptions

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    Field = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Near a source people and concentration meet on parts of a cell of at most 100 m, or 50 m where
# five a side are enough, each the mean over points in it; farther away on whole cells, with a point
# for every 250 m.
NEAR_M, POINT_M = 8_000.0, 250.0
PARTS = ((100.0, 9), (50.0, 5))
# Within so many parts of the source: so many points each way, even, so that none is the source.
REFINED = ((0, 24), (2, 8))
# Below this share of the largest value a Fourier transform holds nothing but rounding.
NOISE = 1e-9
# Sources whose transforms are held at a time.
AT_ONCE = 8


@dataclass(frozen=True)
class Source:
    """A source of which every place is to be priced, and how its plume is calculated.

    `row` is one row at the origin, without a CRS, with emission_unit_g_s.
    """

    row: gpd.GeoDataFrame
    weather: xr.Dataset
    options: PlumeOptions

    def around(self) -> Field:
        """The mean about it, by the polar table of its own kind. [ug/m3 per g/s]"""
        options = replace(self.options, method="tables")
        return mean_about(self.row, "unit", self.weather, options=options)


@dataclass(frozen=True)
class People:
    """The people within reach of a grid's cells: by whole cells, and near a source by their parts.

    `far` has a margin of (columns, rows) cells about the grid; `near` the smaller margin
    `near_margin`, each of its cells cut into parts x parts.
    """

    frame: Frame
    far: np.ndarray
    margin: tuple[int, int]
    near: np.ndarray
    near_margin: tuple[int, int]
    parts: int
    close: CloseBy | None = None

    @classmethod
    def of(
        cls, homes: gpd.GeoDataFrame, grid: xr.DataArray, frame: Frame, reach_m: float
    ) -> People:
        """Count the people of homes; homes beyond the grid count within `reach_m` [m] of it."""
        shapes, people = home_shapes(homes, grid.attrs.get("crs")), people_of(homes)
        shapes, people = shapes[people > 0], people[people > 0]
        margin = _margin(shapes, frame, reach_m)
        far = spread_over(shapes, people, frame.padded(*margin))
        near_margin, parts = _near(frame, margin)
        if parts == 1:
            return cls(frame, far, margin, far, margin, parts)
        near = spread_over(shapes, people, _cut(frame.padded(*near_margin), parts))
        close = CloseBy.of(shapes, people, frame, parts) if min(near_margin) else None
        return cls(frame, far, margin, near, near_margin, parts, close)

    def any(self) -> bool:
        """Whether anybody is within reach."""
        return bool(self.far.any())

    def times_concentration(self, sources: Sequence[Source]) -> Iterator[np.ndarray]:
        """Sum of people x concentration with each source at the centre of each cell of the frame.

        Yields
        ------
        ndarray, (row, column)
            Of a source, rows from the north. [persons ug/m3]
        """
        for first in range(0, len(sources), AT_ONCE):
            around = [one.around() for one in sources[first : first + AT_ONCE]]
            kernels = [self.kernels(at) for at in around]
            fields = _correlate(self.blocks(), kernels, self.frame)
            if self.close is not None:
                for field, at in zip(fields, around, strict=True):
                    field += self.close.correction(partial(_refined_means, at))
            # What a transform leaves below its own rounding is nothing.
            yield from (np.where(field > NOISE * field.max(), field, 0.0) for field in fields)

    def blocks(self) -> list[np.ndarray]:
        """The people by whole cells, and each part of the cells; the first alone without parts."""
        if self.parts == 1:
            return [self.far]
        return [self.far, *_by_part(self.near, self.parts)]

    def kernels(self, around: Field) -> list[np.ndarray]:
        """The concentration about a source that `blocks` meet."""
        sides = self.frame.dx, self.frame.dy
        near_margin = _near_margin(self.frame, self.margin)
        near = _near_kernel(near_margin, self.parts, sides, around)
        far = _far_kernel(self.margin, near_margin, sides, around)
        if self.parts > 1:
            return [far, *_by_part(near, self.parts)]
        far[_middle(self.margin, near_margin)] = near
        return [far]


def _margin(shapes: np.ndarray, frame: Frame, reach_m: float) -> tuple[int, int]:
    """How many columns and rows beyond the grid have people within reach of it.

    As many as lie between a cell of the grid and a cell with people, in the grid or out of it.
    """
    import shapely

    most = math.ceil(reach_m / frame.dx), math.ceil(reach_m / frame.dy)
    wide = frame.padded(*most).bounds
    west, south, east, north = shapely.bounds(shapes).T
    reached = (west < wide[2]) & (east > wide[0]) & (south < wide[3]) & (north > wide[1])
    if not reached.any():
        return 0, 0
    west, east = ((edge[reached] - frame.x_min) / frame.dx for edge in (west, east))
    north, south = ((frame.y_max - edge[reached]) / frame.dy for edge in (north, south))
    columns, rows = frame.columns, frame.rows
    return _widest(west, east, columns, most[0]), _widest(north, south, rows, most[1])


def _widest(first: np.ndarray, last: np.ndarray, size: int, most: int) -> int:
    """The largest offset between one of `size` cells and one with people in it."""
    lowest, highest = math.floor(first.min()), math.ceil(last.max()) - 1
    return int(min(max(highest, size - 1 - lowest, 0), most))


def _near_margin(frame: Frame, margin: tuple[int, int]) -> tuple[int, int]:
    """How many columns and rows about a source are near."""
    columns, rows = (max(math.ceil(NEAR_M / side), 1) for side in (frame.dx, frame.dy))
    return min(columns, margin[0]), min(rows, margin[1])


def _near(frame: Frame, margin: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """The margin of what is near, and into how many parts a side of its cells is cut.

    The parts are odd in number, so that the source stands at the middle of one.
    """
    side = max(frame.dx, frame.dy)
    parts = max(min(math.ceil(side / part_m) // 2 * 2 + 1, most) for part_m, most in PARTS)
    return _near_margin(frame, margin), parts


def _cut(frame: Frame, parts: int) -> Frame:
    """The frame with each of its cells cut into parts x parts."""
    return replace(
        frame,
        dx=frame.dx / parts,
        dy=frame.dy / parts,
        columns=frame.columns * parts,
        rows=frame.rows * parts,
    )


def _by_part(fine: np.ndarray, parts: int) -> list[np.ndarray]:
    """Of cells cut into parts x parts, all first parts, all second parts, …"""
    return [fine[row::parts, column::parts] for row in range(parts) for column in range(parts)]


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
    near: tuple[int, int], parts: int, sides: tuple[float, float], at: Field
) -> np.ndarray:
    """Mean concentration in each part of the cells near the source."""
    all_parts = near[0] * parts + parts // 2, near[1] * parts + parts // 2
    return _refined_means(at, all_parts, (sides[0] / parts, sides[1] / parts))


def _refined_means(at: Field, cells: tuple[int, int], sides: tuple[float, float]) -> np.ndarray:
    """A field so many cells about the origin, each a mean over the more points the nearer it is."""
    kernel = _cell_means(at, cells, sides, 2)
    for reach, points in reversed(REFINED):
        inner = min(reach, cells[0]), min(reach, cells[1])
        kernel[_middle(cells, inner)] = _cell_means(at, inner, sides, points)
    return kernel


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
    people: Sequence[np.ndarray], kernels: Sequence[Sequence[np.ndarray]], frame: Frame
) -> list[np.ndarray]:
    """Sum over blocks and over offsets of people[i + k, j + l] x kernel[k, l], for each source.

    Each block of `people` reaches the kernel's half width beyond the frame on every side, so a
    transform of that size wraps only where no result is taken. Blocks of one shape share a sum.
    """
    fields = [np.zeros(frame.shape) for _ in kernels]
    for shape in dict.fromkeys(block.shape for block in people):
        numbers = [n for n, block in enumerate(people) if block.shape == shape and block.any()]
        _add_correlations(
            [people[n] for n in numbers], [[k[n] for n in numbers] for k in kernels], fields
        )
    return fields


def _add_correlations(
    people: Sequence[np.ndarray],
    kernels: Sequence[Sequence[np.ndarray]],
    fields: Sequence[np.ndarray],
) -> None:
    """Add to the field of each source; all blocks are of one shape."""
    from scipy import fft

    if not people:
        return
    threads = get_num_threads()
    size = [fft.next_fast_len(length, real=True) for length in people[0].shape]
    totals = [np.zeros((size[0], size[1] // 2 + 1), dtype=complex) for _ in kernels]
    for number, block in enumerate(people):
        spectrum = fft.rfft2(block, size, workers=threads)
        for total, own in zip(totals, kernels, strict=True):
            total += spectrum * _conjugate_spectrum(own[number], size, threads)
    for field, total in zip(fields, totals, strict=True):
        rows, columns = field.shape
        field += fft.irfft2(total, size, workers=threads, overwrite_x=True)[:rows, :columns]


def _conjugate_spectrum(kernel: np.ndarray, size: Sequence[int], threads: int) -> np.ndarray:
    """Of a kernel with zeros up to `size`: its few rows first, so that the zeros cost nothing."""
    from scipy import fft

    rows = fft.rfft(kernel, size[1], axis=1, workers=threads)
    spectrum = fft.fft(rows, size[0], axis=0, workers=threads, overwrite_x=True)
    return np.conj(spectrum, out=spectrum)
