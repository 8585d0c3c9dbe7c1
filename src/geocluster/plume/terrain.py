"""Elevation of the ground at sources and receptors, and where it is too high for the plume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.plume import columns
from geocluster.tables import Column, column_faults

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

GROUND = "ground_m"
ABOVE_STACK = "terrain_above_stack"  # a variable of a result, no statistic
LONG_NAME = "ground above the top of a stack within reach, where simple terrain does not hold"
_COLUMN = Column(GROUND, lower=-500, upper=9000, missing_allowed=False)


def has_terrain(sources: gpd.GeoDataFrame, receptors: xr.DataArray | gpd.GeoDataFrame) -> bool:
    """Whether sources and receptors have elevations; an error where only one side has.

    Examples
    --------
    >>> import geopandas as gpd
    >>> stack = gpd.GeoDataFrame({"ground_m": [450.0]}, geometry=gpd.points_from_xy([0], [0]))
    >>> has_terrain(stack, stack)
    True
    """
    on_receptors = GROUND in (receptors if hasattr(receptors, "geometry") else receptors.coords)
    if not len(sources) or on_receptors == (GROUND in sources):
        return on_receptors
    without, other = ("sources", "receptors") if on_receptors else ("receptors", "sources")
    fault = (
        f"'{GROUND}' [m above sea level] is missing, and the {other} have it: give both, or none"
    )
    raise TableError(without, fault)


def ground_of_points(table: gpd.GeoDataFrame, where: str) -> NDArray:
    """The column ``ground_m`` of a table. [m above sea level]"""
    faults = column_faults(table, [_COLUMN])
    if faults:
        raise TableError(where, faults)
    return table[GROUND].to_numpy(dtype=float)


def ground_of_grid(grid: xr.DataArray) -> NDArray:
    """(y, x) the coordinate ``ground_m`` of a grid. [m above sea level]"""
    ground = grid[GROUND]
    if set(ground.dims) != {"y", "x"}:
        fault = f"coordinate '{GROUND}' must have the dimensions y, x; it has {ground.dims}"
        raise TableError("receptors", fault)
    values = ground.transpose("y", "x").values.astype(float)
    empty = int((~np.isfinite(values)).sum())
    if empty:
        fault = f"coordinate '{GROUND}': no value in {empty} of {values.size} cells: fill them in"
        raise TableError("receptors", fault)
    return values


def above_stack(places: NDArray, sources: NDArray, emissions: NDArray, reach_m: float) -> NDArray:
    """Where the ground is above the top of an emitting stack or volume within reach.

    Parameters
    ----------
    places : ndarray, (receptor, 4)
        x, y, height above the ground, and elevation of the ground. [m]
    sources : ndarray, (source, column)
        As `geocluster.plume.columns` numbers them.
    emissions : ndarray, (source, pollutant)
        [g/s]; areas and lines have none here.
    reach_m : float
        [m]

    Returns
    -------
    ndarray of bool, (receptor,)

    Examples
    --------
    >>> stack = np.zeros((1, columns.SOURCE_COLUMNS))
    >>> stack[0, [columns.GROUND, columns.HEIGHT]] = 400.0, 50.0
    >>> places = np.array([[900.0, 0.0, 0.0, 451.0], [0.0, 0.0, 0.0, 450.0]])
    >>> above_stack(places, stack, np.ones((1, 1)), 1000.0)
    array([ True, False])
    """
    order = np.argsort(places[:, 0], kind="stable")
    x, y, ground = (np.ascontiguousarray(places[order, n]) for n in (0, 1, 3))
    above = np.zeros(x.size, dtype=bool)
    for source in sources[(emissions > 0).any(axis=1)]:
        at_x, at_y = source[columns.X], source[columns.Y]
        first, last = np.searchsorted(x, [at_x - reach_m, at_x + reach_m])
        part = slice(max(first - 1, 0), last + 1)
        near = (x[part] - at_x) ** 2 + (y[part] - at_y) ** 2 <= reach_m**2
        above[part] |= near & (ground[part] > source[columns.GROUND] + source[columns.HEIGHT])
    found = np.zeros_like(above)
    found[order] = above
    return found
