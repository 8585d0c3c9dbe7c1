"""Terrain in a study: the ground of its sources and cells, and where it stands above stacks."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError, MendedWarning
from geocluster.words import marked

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.load.settings import Settings
    from geocluster.plume.field import PlumeOptions
    from geocluster.region import Region

GROUND = "ground_m"
ABOVE_STACK = "terrain_above_stack"
WHY_NOT_VALID = marked("ground above a stack's top: the method does not hold here")
VALLEY_M, VALLEY_REACH_M = 150.0, 10_000.0
DIFFERENCE_M = 30.0  # between a source's stated ground and the terrain, worth a word
NAMED = 5
MOST_HOMES = 400  # enough for a mean


def terrain_of(
    settings: Settings, region: Region, sources: gpd.GeoDataFrame
) -> xr.DataArray | None:
    """The study's terrain in cells of its grid, as far as its sources lie; None without one."""
    from geocluster.load.terrain import read_terrain

    given = settings.inputs.dem
    if given is None:
        return None
    return read_terrain(
        [settings.path(one) for one in given.path],
        region,
        cell_m=settings.grid.cell_m,
        reach_m=_beyond(sources, region) + VALLEY_REACH_M,
        **settings.options(given),
    )


def _beyond(sources: gpd.GeoDataFrame, region: Region) -> float:
    """How far the box of all sources leaves that of the region. [m]"""
    west, south, east, north = region.boundary.bounds
    a, b, c, d = sources.total_bounds
    return float(max(west - a, south - b, c - east, d - north, 0.0))


def standing_on(sources: gpd.GeoDataFrame, terrain: xr.DataArray | None) -> gpd.GeoDataFrame:
    """The sources with `ground_m`, the elevation of their base [m above sea level].

    What a source states of itself counts before the terrain. Areas stand where their middle is.

    Parameters
    ----------
    sources : GeoDataFrame
        In the terrain's CRS.
    terrain : xarray.DataArray or None
        Without one the sources lose the column: ground of sources alone is no terrain.

    Raises
    ------
    InputError
        Where the terrain does not reach a source.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> hill = xr.DataArray([[0.0, 100.0]], dims=("y", "x"),
    ...                     coords={"y": [50.0], "x": [50.0, 150.0]}, attrs={"cell_m": 100.0})
    >>> stacks = gpd.GeoDataFrame({"name": ["A"]}, geometry=gpd.points_from_xy([75.0], [50.0]))
    >>> standing_on(stacks, hill)["ground_m"].tolist()
    [25.0]
    """
    from geocluster.load.ground import heights_at

    stated = GROUND in sources and bool(sources[GROUND].notna().any())
    if terrain is None:
        if stated:
            _tell("ground_m of sources is not used: [inputs] dem names no terrain")
        return sources.drop(columns=GROUND, errors="ignore")
    middles = sources.geometry.centroid
    ground = np.round(heights_at(terrain, middles.x.to_numpy(), middles.y.to_numpy()), 1)
    if stated:
        own = sources[GROUND].to_numpy(dtype=float)
        apart = np.abs(own - ground) > DIFFERENCE_M
        if apart.any():
            _tell(
                f"{int(apart.sum())} of {len(sources)} sources state a ground_m more than "
                f"{DIFFERENCE_M:g} m off the terrain, and keep it: {_names(sources[apart])}"
            )
        ground = np.where(np.isnan(own), ground, own)
    lost = np.isnan(ground)
    if lost.any():
        raise InputError(
            str(terrain.attrs.get("files", "dem")),
            f"it does not reach {int(lost.sum())} of {len(sources)} sources: "
            f"{_names(sources[lost])}; add terrain there, or their ground_m",
        )
    return sources.assign(**{GROUND: ground})


def _names(sources: gpd.GeoDataFrame) -> str:
    column = next((name for name in ("name", "source_id") if name in sources), None)
    if column is None:
        return f"rows {', '.join(str(row) for row in sources.index[:NAMED])}"
    said = [str(name) for name in sources[column].head(NAMED)]
    return ", ".join(said) + (f" and {len(sources) - NAMED} more" if len(sources) > NAMED else "")


def _tell(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=3)


def with_ground(grid: xr.DataArray, terrain: xr.DataArray | None) -> xr.DataArray:
    """A grid with the coordinate `ground_m` [m above sea level]; as it is where there is none.

    Examples
    --------
    >>> import xarray as xr
    >>> hill = xr.DataArray([[0.0, 100.0]], dims=("y", "x"),
    ...                     coords={"y": [50.0], "x": [50.0, 150.0]}, attrs={"cell_m": 100.0})
    >>> grid = hill.astype(bool).assign_attrs(cell_m=100.0)
    >>> with_ground(grid, hill)["ground_m"].values.tolist()
    [[0.0, 100.0]]
    """
    from geocluster.load.ground import ground_on

    if terrain is None:
        return grid
    ground = ground_on(terrain, grid).values
    return grid.assign_coords({GROUND: (("y", "x"), ground, {"units": "m"})})


def with_areas_above_stacks(not_valid: gpd.GeoDataFrame, field: xr.Dataset) -> gpd.GeoDataFrame:
    """Areas with a `reason`, and those where the ground is above a stack's top.

    Parameters
    ----------
    not_valid : GeoDataFrame
        In the grid's CRS.
    field : xarray.Dataset
        As `concentration` returns it on a grid with terrain.
    """
    import geopandas as gpd
    import pandas as pd
    from rasterio.features import shapes
    from rasterio.transform import from_origin
    from shapely.geometry import shape

    above = field[ABOVE_STACK].transpose("y", "x")
    cell_m = float(field.attrs["cell_m"])
    corner = float(above.x[0]) - cell_m / 2, float(above.y[0]) + cell_m / 2
    raster = np.asarray(above.values).astype("uint8")
    found = shapes(raster, mask=raster > 0, transform=from_origin(*corner, cell_m, cell_m))
    outlines = [shape(polygon) for polygon, _ in found]
    if not outlines:
        return not_valid
    own = gpd.GeoDataFrame(geometry=outlines, crs=not_valid.crs).assign(reason=WHY_NOT_VALID)
    return own if not len(not_valid) else pd.concat([not_valid, own], ignore_index=True)


def terrain_facts(
    sources: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, weather: Any, terrain: xr.DataArray,
    field: xr.Dataset, options: PlumeOptions,
) -> dict[str, Any]:  # fmt: skip
    """What a run has to say of the ground: plain values, for notes and provenance.

    Returns
    -------
    dict
        Of the files: `files`, `pixel_m`, `cell_m`, `lowest_m`, `highest_m`, `filled`. Numbers of
        `sources`, of those with `higher_ground` than their top within reach, and of those
        `in_valleys`; `people`, and `people_above` who live on such ground. `changes`: by pollutant
        how far terrain moves the people-weighted mean from that over flat ground, as a share.
    """
    from geocluster.exposure.residents import people_grid

    above = field[ABOVE_STACK]
    people = people_grid(homes, above.assign_attrs(field.attrs))
    kept = ("files", "pixel_m", "cell_m", "lowest_m", "highest_m", "filled")
    return {
        **{name: terrain.attrs[name] for name in kept},
        "sources": len(sources),
        "higher_ground": int(overlooked(sources, terrain, options).sum()),
        "in_valleys": int(in_valleys(sources, terrain).sum()),
        "people": float(people.sum()),
        "people_above": float(people.where(above, 0.0).sum()),
        "changes": changes_by_terrain(sources, homes, weather, terrain, options),
    }


def changes_by_terrain(
    sources: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, weather: Any, terrain: xr.DataArray,
    options: PlumeOptions,
) -> dict[str, float]:  # fmt: skip
    """How far the people-weighted mean lies from that over flat ground, as a share of the latter.

    Seen at the middles of the 400 homes with most people.
    """
    import geopandas as gpd

    from geocluster.load.ground import heights_at
    from geocluster.plume.field import concentration

    most = homes.sort_values("people", ascending=False, kind="stable").head(MOST_HOMES)
    points = most.geometry.representative_point()
    ground = heights_at(terrain, points.x.to_numpy(), points.y.to_numpy())
    people = most["people"].to_numpy(dtype=float)[~np.isnan(ground)]
    places = gpd.GeoDataFrame({GROUND: ground}, geometry=points.to_numpy(), crs=homes.crs).dropna()
    means = []
    for hilly in (True, False):
        table, at = (t if hilly else t.drop(columns=GROUND) for t in (sources, places))
        mean = concentration(table, at, weather, options=options)["mean"]
        means.append(mean.transpose("pollutant", "receptor").values @ people)
        names = mean["pollutant"].values
    return {
        str(pollutant): float(hills / flat - 1)
        for pollutant, hills, flat in zip(names, *means, strict=True)
        if float(flat) > 0
    }


def overlooked(
    sources: gpd.GeoDataFrame, terrain: xr.DataArray, options: PlumeOptions
) -> np.ndarray:
    """Which sources have ground above their top within reach, in the region or near it.

    Areas and lines, which are calculated flat, and what emits nothing have none.

    Parameters
    ----------
    sources : GeoDataFrame
        With `ground_m`, in the terrain's CRS.
    terrain : xarray.DataArray
        [m]
    options : PlumeOptions
        Of the plume.
    """
    from geocluster.plume import columns
    from geocluster.plume.arrays import chosen_pollutants, source_arrays

    table, emissions = source_arrays(
        sources, chosen_pollutants(sources, None), terrain.attrs.get("crs"), options
    )
    around = _Around(terrain)
    highest = [
        around(x, y, float(options.reach_m)).max(initial=-np.inf)
        for x, y in table[:, [columns.X, columns.Y]]
    ]
    tops = table[:, columns.GROUND] + table[:, columns.HEIGHT]
    return (emissions > 0).any(axis=1) & (np.array(highest) > tops)


def in_valleys(sources: gpd.GeoDataFrame, terrain: xr.DataArray) -> np.ndarray:
    """Which sources have ground within 10 km that differs by more than 150 m.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> hill = xr.DataArray([[0.0, 200.0]], dims=("y", "x"),
    ...                     coords={"y": [50.0], "x": [50.0, 5050.0]}, attrs={"cell_m": 5000.0})
    >>> stacks = gpd.GeoDataFrame(geometry=gpd.points_from_xy([50.0], [50.0]))
    >>> in_valleys(stacks, hill).tolist()
    [True]
    """
    around = _Around(terrain)
    middles = sources.geometry.centroid
    near = [around(x, y, VALLEY_REACH_M) for x, y in zip(middles.x, middles.y, strict=True)]
    return np.array([part.size > 0 and float(np.ptp(part)) > VALLEY_M for part in near])


class _Around:
    """The heights that a terrain knows within a distance of a point. [m]"""

    def __init__(self, terrain: xr.DataArray) -> None:
        self.ground = terrain.values
        self.x, self.y = terrain.x.values, terrain.y.values

    def __call__(self, x: float, y: float, reach_m: float) -> np.ndarray:
        dx, dy = self.x - x, self.y - y
        columns, rows = np.abs(dx) <= reach_m, np.abs(dy) <= reach_m
        part = self.ground[np.ix_(rows, columns)]
        away = np.hypot(dx[columns], dy[rows][:, None])
        return part[(away <= reach_m) & ~np.isnan(part)]
