"""Heights and slopes of the ground, out of terrain that has been read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError
from geocluster.load.sampling import MOST_PARTS, bilinear

if TYPE_CHECKING:
    import xarray as xr


def heights_at(terrain: xr.DataArray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ground at points, interpolated linearly between the centres of cells.

    In the outer half of an outermost cell it is that of the cell; beyond, and where less than half
    of what surrounds a point is known, NaN.

    Parameters
    ----------
    terrain : xarray.DataArray
        As `read_terrain` returns it. [m]
    x, y : array
        Of one shape, in the terrain's CRS. [m]

    Returns
    -------
    numpy.ndarray
        Of that shape. [m]

    Examples
    --------
    >>> import xarray as xr
    >>> hill = xr.DataArray([[0.0, 100.0]], dims=("y", "x"),
    ...                     coords={"y": [50.0], "x": [50.0, 150.0]}, attrs={"cell_m": 100.0})
    >>> heights_at(hill, np.array([50.0, 125.0, 240.0]), np.array([50.0, 50.0, 50.0])).tolist()
    [0.0, 75.0, nan]
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    cell_m = float(terrain.attrs["cell_m"])
    column = (x - float(terrain.x[0])) / cell_m + 0.5
    row = (float(terrain.y[0]) - y) / cell_m + 0.5
    return bilinear(terrain.values, column, row)


def ground_on(terrain: xr.DataArray, grid: xr.DataArray) -> xr.DataArray:
    """Ground of a grid's cells: the terrain's mean over each, from 5 x 5 points at most.

    Parameters
    ----------
    terrain : xarray.DataArray
        As `read_terrain` returns it, or any other quantity on its cells.
    grid : xarray.DataArray
        Dims (y, x), attrs `cell_m`, in the terrain's CRS.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), the grid's coordinates; the terrain's own values where its cells are the same.

    Examples
    --------
    >>> import xarray as xr
    >>> hill = xr.DataArray([[0.0, 100.0]], dims=("y", "x"),
    ...                     coords={"y": [50.0], "x": [50.0, 150.0]}, attrs={"cell_m": 100.0})
    >>> grid = xr.DataArray([[True]], dims=("y", "x"), coords={"y": [50.0], "x": [100.0]},
    ...                     attrs={"cell_m": 200.0})
    >>> ground_on(hill, grid).item()
    50.0
    """
    cell_m, own_m = float(grid.attrs["cell_m"]), float(terrain.attrs["cell_m"])
    parts = int(np.clip(math.ceil(cell_m / own_m - 1e-9), 1, MOST_PARTS))
    total = np.zeros(grid.shape)
    offsets = ((np.arange(parts) + 0.5) / parts - 0.5) * cell_m
    for dx in offsets:
        for dy in offsets:
            total += heights_at(terrain, *np.meshgrid(grid.x.values + dx, grid.y.values + dy))
    values = total / parts**2
    return grid.astype(float).copy(data=values).rename(terrain.name).assign_attrs(terrain.attrs)


def slope_of(terrain: xr.DataArray, *, percent: bool = False) -> xr.DataArray:
    """Slope of the ground between the centres of cells, by Horn's weights [1]_.

    Parameters
    ----------
    terrain : xarray.DataArray
        As `read_terrain` returns it. [m]
    percent : bool
        The rise in percent of the run instead of degrees.

    Returns
    -------
    xarray.DataArray
        On the same cells; the outermost continue the slope of their neighbours. [degrees or %]
        It is that of the cells' means: ground that is steep within a cell is not seen.

    References
    ----------
    .. [1] B. K. P. Horn (1981), Hill Shading and the Reflectance Map, Proceedings of the IEEE
       69(1), 14-47.

    Examples
    --------
    >>> import xarray as xr
    >>> rows = np.tile(np.arange(4) * 100.0, (3, 1))
    >>> hill = xr.DataArray(rows, dims=("y", "x"), coords={"y": [3.0, 2.0, 1.0],
    ...                     "x": [1.0, 2.0, 3.0, 4.0]}, attrs={"cell_m": 100.0})
    >>> slope_of(hill).values[0].round(6).tolist()
    [45.0, 45.0, 45.0, 45.0]
    """
    z = np.asarray(terrain.values, dtype=float)
    if min(z.shape) < 2:
        raise InputError("terrain", "a slope needs two rows and two columns of cells")
    z = np.pad(z, 1, mode="reflect", reflect_type="odd")
    run = 8 * float(terrain.attrs["cell_m"])
    down = z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:] - z[:-2, :-2] - 2 * z[:-2, 1:-1] - z[:-2, 2:]
    right = z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:] - z[:-2, :-2] - 2 * z[1:-1, :-2] - z[2:, :-2]
    rise = np.hypot(down, right) / run
    values = 100 * rise if percent else np.degrees(np.arctan(rise))
    kept = {key: terrain.attrs[key] for key in ("crs", "cell_m") if key in terrain.attrs}
    attrs = {**kept, "units": "%" if percent else "degrees"}
    return terrain.copy(data=values).rename("slope").drop_attrs().assign_attrs(attrs)


def slope_on(terrain: xr.DataArray, grid: xr.DataArray, *, percent: bool = False) -> xr.DataArray:
    """The mean slope in each cell of a grid; parameters as for `slope_of` and `ground_on`."""
    return ground_on(slope_of(terrain, percent=percent), grid)
