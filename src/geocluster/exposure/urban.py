"""Urban or rural at every place of a grid, by the same rule as for sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geocluster.exposure.coverage import Frame, cover
from geocluster.industry.auer import ARCS, RADIUS_M, SHARE, check_rule, is_urban, shapes_in

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

PARTS_A_RADIUS = 10  # the circle's rim is resolved by parts of this part of its radius, or smaller
MOST_PARTS = 9


def urban_grid(
    grid: xr.DataArray,
    built_up: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    radius_m: float = RADIUS_M,
    share: float = SHARE,
) -> xr.DataArray:
    """Whether a source at the centre of each cell would disperse as in a town, by Auer's rule.

    The covered part of each small cell is exact, and so is the part of it within the circle; the
    two are multiplied, which errs only at the circle's rim.

    Parameters
    ----------
    grid : xarray.DataArray
        Dims (y, x), cell centres as coordinates [m]; attrs `crs`.
    built_up : GeoDataFrame or GeoSeries
        Polygons, see `geocluster.industry.auer.built_up_areas`; overlaps count once.
    radius_m, share : float
        As for `geocluster.industry.auer.urban_by_auer`.

    Returns
    -------
    xarray.DataArray
        Boolean, dims (y, x), with a coordinate ``built_up_share``: within 0.01 of the exact share
        of polygons (measured; typically 0.001).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(-5000, 0, 5000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> town = gpd.GeoSeries([box(0, -9000, 9000, 9000)], crs="EPSG:32642")
    >>> urban_grid(grid, town).values[0].astype(int)
    array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    """
    check_rule(radius_m, share)
    frame = Frame.of(grid)
    shapes = shapes_in(built_up, grid.attrs.get("crs"))
    shares = frame.as_grid(_shares(shapes, frame, radius_m))
    result = grid.copy(data=is_urban(shares, share)).rename("urban")
    return result.assign_coords(built_up_share=(("y", "x"), shares))


def _shares(shapes: np.ndarray, frame: Frame, radius_m: float) -> np.ndarray:
    """The covered share of the circle about each cell's centre, rows from the north."""
    from scipy.signal import oaconvolve

    parts = _parts(frame, radius_m)
    margin = math.ceil(radius_m / frame.dx), math.ceil(radius_m / frame.dy)
    fine = _cut(frame.padded(*margin), parts)
    around = (margin[0] * parts + parts // 2, margin[1] * parts + parts // 2)
    kernel = _circle(radius_m, fine, around)
    wanted = oaconvolve(_covered(shapes, fine), kernel, mode="same")
    rows = slice(margin[1] * parts + parts // 2, fine.rows - margin[1] * parts, parts)
    columns = slice(margin[0] * parts + parts // 2, fine.columns - margin[0] * parts, parts)
    return np.clip(wanted[rows, columns], 0.0, 1.0)


def _parts(frame: Frame, radius_m: float) -> int:
    """Into how many parts, odd in number, a side of a cell is cut."""
    wanted = math.ceil(PARTS_A_RADIUS * max(frame.dx, frame.dy) / radius_m)
    return min(wanted + 1 - wanted % 2, MOST_PARTS)


def _cut(frame: Frame, parts: int) -> Frame:
    return Frame(
        frame.x_min,
        frame.y_max,
        frame.dx / parts,
        frame.dy / parts,
        frame.columns * parts,
        frame.rows * parts,
        False,
        False,
    )


def _covered(shapes: np.ndarray, frame: Frame) -> np.ndarray:
    """The share of each cell that the shapes cover together."""
    import shapely

    cells = frame.rows * frame.columns
    whole = shapely.get_parts(shapely.union_all(shapes)) if len(shapes) else np.empty(0, object)
    whole = whole[shapely.area(whole) > 0]
    if not len(whole):
        return np.zeros(frame.shape)
    shape, cell, part = cover(whole, frame)
    area = shapely.area(whole)[shape] * part / (frame.dx * frame.dy)
    return np.bincount(cell, area, minlength=cells).reshape(frame.shape)


def _circle(radius_m: float, frame: Frame, around: tuple[int, int]) -> np.ndarray:
    """The share of a circle that lies in each cell about its centre's own."""
    import shapely

    columns, rows = (2 * count + 1 for count in around)
    own = Frame(
        -columns * frame.dx / 2,
        rows * frame.dy / 2,
        frame.dx,
        frame.dy,
        columns,
        rows,
        False,
        False,
    )
    circle = shapely.buffer(shapely.Point(0.0, 0.0), radius_m, quad_segs=ARCS)
    _, cell, part = cover(np.array([circle], dtype=object), own)
    return np.bincount(cell, part, minlength=columns * rows).reshape(rows, columns)
