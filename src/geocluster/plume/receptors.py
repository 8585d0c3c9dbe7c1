"""Over a grid or at points: receptors as plain arrays, and results back on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from geocluster.errors import TableError
from geocluster.plume.arrays import point_coordinates
from geocluster.plume.terrain import ABOVE_STACK, GROUND, ground_of_grid, ground_of_points
from geocluster.tables import Column, column_faults

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

HEIGHT = Column("height_m", lower=0)  # above the ground
KEPT_COORDINATES = ("y", "x", GROUND)


class Work(Protocol):
    """What gives results at places: see `geocluster.plume.field.Job`."""

    @property
    def statistics(self) -> tuple[str, ...]: ...

    @property
    def leading(self) -> dict[str, list]: ...

    @property
    def terrain(self) -> bool: ...

    def at(
        self, x: NDArray, y: NDArray, height_m: NDArray, ground_m: NDArray | None = None
    ) -> dict[str, NDArray]: ...

    def above_stack(self, x: NDArray, y: NDArray, ground_m: NDArray) -> NDArray: ...


def places_of(x: NDArray, y: NDArray, height_m: NDArray, ground_m: NDArray | None) -> NDArray:
    """(receptor, 4): x, y, height above the ground, elevation of the ground, 0 if unknown. [m]"""
    ground = np.zeros(x.size) if ground_m is None else ground_m
    return np.column_stack([x, y, height_m, ground]).astype(float)


def over(receptors: xr.DataArray | gpd.GeoDataFrame, job: Work) -> xr.Dataset:
    """A job's result over a grid or at points."""
    import geopandas as gpd
    import xarray as xr

    if isinstance(receptors, gpd.GeoDataFrame):
        return _over_points(receptors, job)
    if isinstance(receptors, xr.DataArray):
        return _over_grid(receptors, job)
    raise TableError("receptors", "give a grid (xarray.DataArray) or a GeoDataFrame of points")


def _over_grid(grid: xr.DataArray, job: Work) -> xr.Dataset:
    import xarray as xr

    if grid.dims != ("y", "x"):
        raise TableError("receptors", f"a grid has the dimensions y, x; this one has {grid.dims}")
    if grid.chunks is None:
        return _block(grid, job)
    grid = grid.drop_vars([name for name in grid.coords if name not in KEPT_COORDINATES])
    if not job.terrain:
        grid = grid.drop_vars(GROUND, errors="ignore")
    grid = grid.unify_chunks()
    empty = grid.astype(float).expand_dims(job.leading).drop_attrs()
    template = xr.Dataset(dict.fromkeys(job.statistics, empty))
    if job.terrain:
        template[ABOVE_STACK] = grid.astype(bool).drop_attrs()
    return xr.map_blocks(_block, grid, args=[job], template=template)


def _block(grid: xr.DataArray, job: Work) -> xr.Dataset:
    """The field over one block of a grid: the one function for grids of any size."""
    import xarray as xr

    x, y = np.meshgrid(grid["x"].values, grid["y"].values)
    ground = ground_of_grid(grid) if job.terrain else np.zeros(x.shape)
    values = job.at(x.ravel(), y.ravel(), np.zeros(x.size), ground.ravel())
    shape = (*map(len, job.leading.values()), *x.shape)
    dims = (*job.leading, "y", "x")
    field = xr.Dataset(
        {name: (dims, array.reshape(shape)) for name, array in values.items()},
        coords={**job.leading, "y": grid["y"], "x": grid["x"]},
    )
    if not job.terrain:
        return field
    above = job.above_stack(x.ravel(), y.ravel(), ground.ravel()).reshape(x.shape)
    return field.assign_coords({GROUND: (("y", "x"), ground)}).assign(
        {ABOVE_STACK: (("y", "x"), above)}
    )


def _over_points(receptors: gpd.GeoDataFrame, job: Work) -> xr.Dataset:
    import xarray as xr

    x, y = point_coordinates(receptors, "receptors")
    height = np.zeros(x.size)
    if HEIGHT.name in receptors:
        faults = column_faults(receptors, [HEIGHT])
        if faults:
            raise TableError("receptors", faults)
        height = receptors[HEIGHT.name].fillna(0.0).to_numpy(dtype=float)
    ground = ground_of_points(receptors, "receptors") if job.terrain else np.zeros(x.size)
    values = job.at(x, y, height, ground)
    field = xr.Dataset(
        {name: ((*job.leading, "receptor"), array) for name, array in values.items()},
        coords={
            **job.leading,
            "receptor": receptors.index.to_numpy(),
            "x": ("receptor", x, {"units": "m"}),
            "y": ("receptor", y, {"units": "m"}),
        },
    )
    if not job.terrain:
        return field
    return field.assign_coords({GROUND: ("receptor", ground, {"units": "m"})}).assign(
        {ABOVE_STACK: ("receptor", job.above_stack(x, y, ground))}
    )
