"""Land cut along roads, railways, water and plots, so that no parcel is crossed by one.

A line takes a strip of ground; what it leaves of a cell are the units that parcels are joined from.
Plots that are known are units themselves, whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.parcels import Units, cell_pairs, lattice_block
from geocluster.siting.plots import PLOT_KINDS, plot_borders, whole_plots

if TYPE_CHECKING:
    import geopandas as gpd

CUT_KINDS = ("road", "rail", "water", "plot")
# Roads that a park cannot shift; lanes and tracks it can. A road of unknown class counts.
CUT_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary")
NOT_LOCATED = ("schematic", "assumed")
PRECISION_M = 0.01
LEAST_UNIT_M2 = 1.0
LEAST_BORDER_M = 10.0


@dataclass(frozen=True)
class Lattice:
    """Where the upper left corner of the first cell is, and the side of a cell. [m]"""

    left: float
    top: float
    side: float
    width: int


@dataclass(frozen=True)
class Cut:
    """Units of land after the cut, first those of cells in reading order, then plots.

    Attributes
    ----------
    units : Units
    cell : array of int
        The free cell of each unit, in reading order; -1 for a plot.
    whole : array of bool
        The unit is its whole cell.
    shapes : array of polygons
        Of every unit, from the lattice's corner, y upwards. [m]
    cut_by : array of int
        A bit for each of `CUT_KINDS` that takes ground of the unit's cell or plot.
    facts : dict
        ``under_cuts_ha`` (what lines and water take of the free cells), ``broken_plots`` (plots
        that are partly not free) and ``broken_plots_ha`` (the free land in them). [ha]
    """

    units: Units
    cell: np.ndarray
    whole: np.ndarray
    shapes: np.ndarray
    cut_by: np.ndarray
    facts: dict[str, float]


@dataclass(frozen=True)
class _Layers:
    """What land is cut by, from the lattice's corner: straight pieces of lines, and areas."""

    lines: np.ndarray
    line_bits: np.ndarray
    areas: np.ndarray
    area_bits: np.ndarray
    plots: np.ndarray


@dataclass
class _Parts:
    """What is left of each free cell."""

    cell: np.ndarray
    shapes: np.ndarray
    bits: np.ndarray

    def less(self, touched: np.ndarray, taken: np.ndarray, bits: np.ndarray) -> None:
        """Take ground away from cells, a shape a cell, and note by what."""
        import shapely

        self.bits[touched] |= bits
        taken_of = np.full(self.bits.size, None, dtype=object)
        taken_of[touched] = taken
        rows = np.flatnonzero(np.isin(self.cell, touched))
        left = shapely.difference(
            self.shapes[rows], taken_of[self.cell[rows]], grid_size=PRECISION_M
        )
        parts, part_of = shapely.get_parts(left, return_index=True)
        solid = shapely.area(parts) >= LEAST_UNIT_M2
        kept = np.ones(self.cell.size, bool)
        kept[rows] = False
        cell = np.concatenate([self.cell[kept], self.cell[rows][part_of[solid]]])
        shapes = np.concatenate([self.shapes[kept], parts[solid]])
        order = np.lexsort([*shapely.bounds(shapes).T[[0, 3]] * [[1], [-1]], cell])
        self.cell, self.shapes = cell[order], shapes[order]


def cuts_of(land: gpd.GeoDataFrame | None, along: Sequence[str] = CUT_KINDS) -> gpd.GeoDataFrame:
    """The land that parcels are cut along: located roads, railways, water and plots.

    Parameters
    ----------
    land : GeoDataFrame or None
        By `kind`; optional `class` and `origin`.
    along : sequence of str
        Of "road", "rail", "water", "plot" (kinds "plot" and "cadastral").

    Returns
    -------
    GeoDataFrame
        Rows of `land`. Roads of smaller classes than tertiary are left out, as a park can move
        them; so is what was drawn by hand (an origin that begins with "schematic" or "assumed"):
        to cut along it would be false precision. attrs ``not_located``: how many of each kind.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString
    >>> line = LineString([(0, 0), (1, 1)])
    >>> land = gpd.GeoDataFrame(
    ...     {"kind": ["road", "rail", "forest"], "origin": ["schematic", "reported", ""]},
    ...     geometry=[line] * 3,
    ... )
    >>> cuts = cuts_of(land)
    >>> cuts["kind"].tolist(), cuts.attrs["not_located"]
    (['rail'], {'road': 1})
    """
    import geopandas as gpd

    unknown = [name for name in along if name not in CUT_KINDS]
    if unknown:
        raise TableError("cut_along", f"{unknown[0]!r}: allowed are {', '.join(CUT_KINDS)}")
    if land is None or not len(land):
        return gpd.GeoDataFrame({"kind": []}, geometry=[], crs=getattr(land, "crs", None))
    kinds = set(along) | (set(PLOT_KINDS) if "plot" in along else set())
    wanted = land["kind"].isin(kinds) & land.geometry.notna() & ~land.geometry.is_empty
    if "class" in land:
        known = land["class"].notna() & (land["class"].astype(str) != "")
        wanted &= (land["kind"] != "road") | ~known | land["class"].isin(CUT_ROADS)
    drawn = np.zeros(len(land), bool)
    if "origin" in land:
        words = land["origin"].fillna("").astype(str).str.lower()
        drawn = words.str.startswith(NOT_LOCATED).to_numpy(bool)
    cuts = land[wanted & ~drawn]
    cuts.attrs["not_located"] = land["kind"][wanted & drawn].value_counts().sort_index().to_dict()
    return cuts


def cut_land(
    free: np.ndarray,
    lattice: Lattice,
    cuts: gpd.GeoDataFrame,
    least_cells: float,
    strip_m: float,
) -> Cut:
    """Free cells as units, cut along lines and plots.

    Parameters
    ----------
    free : array of bool (rows, columns)
        Cells that may be used, the first row in the north, the first column in the west.
    lattice : Lattice
        Where they lie.
    cuts : GeoDataFrame
        Lines and polygons by `kind`, in the same reference system; see `cuts_of`.
    least_cells : float
        Smallest parcel. [cells]
    strip_m : float
        Ground that a line takes on each side. [m]

    Returns
    -------
    Cut
    """
    import shapely

    squares = _squares(free, lattice)
    layers = _layers(cuts, lattice)
    parts = _Parts(np.arange(len(squares)), squares.copy(), np.zeros(len(squares), int))
    parts.less(*_strips(squares, layers.lines, layers.line_bits, strip_m))
    parts.less(*_areas(squares, layers.areas, layers.area_bits))
    hectares = 10_000.0
    before = float(shapely.area(parts.shapes).sum())
    facts = {"under_cuts_ha": (len(squares) * lattice.side**2 - before) / hectares}
    number = len(CUT_KINDS) - 1
    parts.less(*_areas(squares, layers.plots, np.full(len(layers.plots), 1 << number)))
    after = float(shapely.area(parts.shapes).sum())
    near, strips, strip_bits = _strips(layers.plots, layers.lines, layers.line_bits, strip_m)
    plots, plot_bits, broken = whole_plots(layers.plots, squares, near, strips, strip_bits)
    facts["broken_plots"] = float(broken)
    facts["broken_plots_ha"] = (before - after - float(shapely.area(plots).sum())) / hectares
    shapes = np.concatenate([parts.shapes, plots])
    cell = np.concatenate([parts.cell, np.full(len(plots), -1)])
    bits = np.concatenate([parts.bits[parts.cell], plot_bits | 1 << number]).astype(int)
    area = shapely.area(shapes) / lattice.side**2
    whole = (cell >= 0) & (area >= 1 - 1e-9)
    bits[whole] = 0
    edges = [
        _cell_borders(free, parts.cell, shapes, whole, lattice.side),
        plot_borders(plots, len(parts.cell), LEAST_BORDER_M, lattice.side),
    ]
    first, second, border = (np.concatenate(pair) for pair in zip(*edges, strict=True))
    block = _blocks(free, lattice, parts.cell, plots, least_cells)
    return Cut(Units(area, block, first, second, border), cell, whole, shapes, bits, facts)


def _squares(free: np.ndarray, lattice: Lattice) -> np.ndarray:
    """The free cells as polygons, in reading order."""
    import shapely

    rows, columns = np.nonzero(free)
    left = np.round(columns * lattice.side, 2)
    right = np.round((columns + 1) * lattice.side, 2)
    top, bottom = np.round(-rows * lattice.side, 2), np.round(-(rows + 1) * lattice.side, 2)
    return np.asarray(shapely.box(left, bottom, right, top), dtype=object)


def _layers(cuts: gpd.GeoDataFrame, lattice: Lattice) -> _Layers:
    """Lines as straight pieces and areas, in an order that is not that of the rows."""
    import shapely

    shapes = np.asarray(cuts.geometry.values, dtype=object)
    kinds = ["plot" if kind in PLOT_KINDS else str(kind) for kind in cuts["kind"]]
    number = np.array([CUT_KINDS.index(kind) for kind in kinds], dtype=int)
    shapes = shapely.transform(shapes, lambda xy: xy - [lattice.left, lattice.top])
    for _ in range(2):  # a collection may hold a multipolygon
        shapes, of = shapely.get_parts(shapes, return_index=True)
        number = number[of]
    areal, plot = shapely.get_type_id(shapes) == 3, number == len(CUT_KINDS) - 1
    linear = (shapely.get_type_id(shapes) == 1) & ~plot
    xy, line = shapely.get_coordinates(shapes[linear], return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    ends = np.column_stack([xy[joined], xy[joined + 1]])
    table = np.unique(np.column_stack([ends, 1 << number[linear][line[joined]]]), axis=0)
    lines = np.asarray(shapely.linestrings(table[:, :4].reshape(-1, 2, 2)), dtype=object)
    water = areal & ~plot
    plots = shapes[areal & plot]
    plots = plots[np.lexsort(shapely.bounds(plots).T)] if len(plots) else plots
    return _Layers(
        lines.reshape(-1), table[:, 4].astype(int), shapes[water], 1 << number[water], plots
    )


def _strips(
    shapes: np.ndarray, lines: np.ndarray, bits: np.ndarray, strip_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which shapes lines come near, the strip of ground that they take there, and their bits."""
    import shapely

    if not len(lines) or not len(shapes):
        return _NOTHING
    line, shape = shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=strip_m)
    order = np.lexsort((line, shape))
    line, shape = line[order], shape[order]
    touched, place = np.unique(shape, return_inverse=True)
    strips = shapely.buffer(
        shapely.multilinestrings(lines[line], indices=place), strip_m, quad_segs=4
    )
    return touched, np.asarray(strips, dtype=object), _or_by(place, bits[line], len(touched))


def _areas(
    shapes: np.ndarray, areas: np.ndarray, bits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which shapes areas lie on, what of each they take, and their bits."""
    import shapely

    if not len(areas) or not len(shapes):
        return _NOTHING
    area, shape = shapely.STRtree(shapes).query(areas, predicate="intersects")
    order = np.lexsort((area, shape))
    area, shape = area[order], shape[order]
    touched, place = np.unique(shape, return_inverse=True)
    # What lies in the cell alone: a lake of a thousand corners is not cut a thousand times.
    inside = shapely.intersection(areas[area], shapely.buffer(shapes[shape], 1.0))
    together = shapely.geometrycollections(inside, indices=place)
    taken = shapely.union_all(np.asarray(together, dtype=object)[:, None], axis=1)
    return touched, np.asarray(taken, dtype=object), _or_by(place, bits[area], len(touched))


_NOTHING = (np.empty(0, int), np.empty(0, object), np.empty(0, int))


def _or_by(place: np.ndarray, bits: np.ndarray, count: int) -> np.ndarray:
    together = np.zeros(count, int)
    np.bitwise_or.at(together, place, bits)
    return together


def _cell_borders(
    free: np.ndarray, cell: np.ndarray, shapes: np.ndarray, whole: np.ndarray, side: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units of neighbouring cells that share an edge, and its length. [sides of a cell]"""
    import shapely

    count = np.bincount(cell, minlength=int(free.sum()))
    start = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(int)
    one, other = cell_pairs(free)
    several = count[one] * count[other]
    pair = np.repeat(np.arange(one.size), several)
    within = np.arange(pair.size) - np.repeat(np.cumsum(several) - several, several)
    per = count[other[pair]]
    first = start[one[pair]] + within // np.where(per > 0, per, 1)
    second = start[other[pair]] + within % np.where(per > 0, per, 1)
    border = np.ones(pair.size)
    rows = np.flatnonzero(~(whole[first] & whole[second]))
    shared = shapely.intersection(shapes[first[rows]], shapes[second[rows]])
    border[rows] = shapely.length(shared) / side
    kept = border * side >= min(LEAST_BORDER_M, side / 10)
    return first[kept], second[kept], border[kept]


def _blocks(
    free: np.ndarray, lattice: Lattice, cell: np.ndarray, plots: np.ndarray, least_cells: float
) -> np.ndarray:
    """The block of the lattice of each unit; a plot that holds a park is a block of its own."""
    import shapely

    rows, columns = (axis[cell] for axis in np.nonzero(free))
    middles = shapely.get_coordinates(shapely.centroid(plots)).reshape(-1, 2)
    rows = np.concatenate([rows, np.floor(-middles[:, 1] / lattice.side).astype(int)])
    columns = np.concatenate([columns, np.floor(middles[:, 0] / lattice.side).astype(int)])
    block = lattice_block(rows, columns, lattice.width, least_cells)
    large = np.flatnonzero(shapely.area(plots) >= least_cells * lattice.side**2) + len(cell)
    block[large] = -1 - np.arange(large.size)
    return block
