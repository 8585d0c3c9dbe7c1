"""A table brought to its region: into its reference system, and no farther than plumes reach."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from geocluster.errors import InputError, MendedWarning

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np

    from geocluster.region import Region

# Formats whose coordinates are always degrees: nobody chose them, so nobody is warned.
DEGREES_BY_CONVENTION = (".geojson", ".json", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
# How many of the rows left out or outside are told by name.
NAMED = 20


def place_in_region(
    table: gpd.GeoDataFrame,
    region: Region,
    where: str,
    *,
    things: str,
    reach_m: float,
    needed: bool = False,
    count_outside: bool = False,
) -> gpd.GeoDataFrame:
    """The rows of a table within reach of a region, in the region's reference system.

    Parameters
    ----------
    table : GeoDataFrame
        With a reference system; never changed.
    region : Region
        Where the study is.
    where : str
        The file, for messages.
    things : str
        What the rows are, in the plural.
    reach_m : float
        Rows farther from the boundary than this are left out, with a count. [m]
    needed : bool
        No row left is an error, not a warning.
    count_outside : bool
        Also count the rows that are kept although they lie outside the boundary.

    Raises
    ------
    InputError
        Where `needed` and nothing is left.

    Warns
    -----
    MendedWarning
        Rows transformed, outside the region, or beyond reach.
    """
    import shapely

    if table.empty and needed:
        raise InputError(where, f"there are no {things} in it: not one row")
    placed = _transformed(table, region, where)
    geometry = placed.geometry.to_numpy()
    shapely.prepare(region.boundary)
    near = shapely.dwithin(region.boundary, geometry, reach_m)
    far = ~near
    if far.all() and needed:
        raise InputError(where, _nothing_left(table, region, things, reach_m))
    if far.any():
        swapped = _swapped(table, region, far, reach_m)
        _warn(
            f"{where}: {far.sum()} of {len(far)} {things} left out, more than "
            f"{reach_m / 1000:g} km outside {region.name}{_names(table, far)}{swapped}"
        )
    if count_outside:
        outside = near & ~shapely.intersects(region.boundary, geometry)
        if outside.any():
            _warn(
                f"{where}: {outside.sum()} of {len(far)} {things} lie outside {region.name}, kept "
                f"as their plumes reach in{_names(table, outside)}"
            )
    return placed[near].reset_index(drop=True)


def _transformed(table: gpd.GeoDataFrame, region: Region, where: str) -> gpd.GeoDataFrame:
    if table.crs == region.crs:
        return table
    placed = table.to_crs(region.crs)
    by_convention = where.lower().endswith(DEGREES_BY_CONVENTION) and table.crs == "EPSG:4326"
    if len(table) and not by_convention:
        _warn(
            f"{where}: {len(table)} rows transformed from {table.crs.name} to {region.crs.name}"  # type: ignore[union-attr]
        )
    return placed


def _nothing_left(table: gpd.GeoDataFrame, region: Region, things: str, reach_m: float) -> str:
    import numpy as np

    every = np.ones(len(table), dtype=bool)
    return (
        f"nothing left: all {len(table)} {things} lie more than {reach_m / 1000:g} km outside "
        f"{region.name}{_swapped(table, region, every, reach_m)}: check coordinates and CRS"
    )


def _swapped(table: gpd.GeoDataFrame, region: Region, rows: np.ndarray, reach_m: float) -> str:
    """Whether the rows would lie in reach if longitude and latitude changed places."""
    import geopandas as gpd
    import shapely

    if table.crs is None or not table.crs.is_geographic:
        return ""
    points = shapely.get_coordinates(shapely.point_on_surface(table.geometry.to_numpy()[rows]))
    x, y = points[:, 1], points[:, 0]
    possible = abs(y) <= 90
    turned = gpd.GeoSeries(gpd.points_from_xy(x[possible], y[possible]), crs=table.crs)
    turned = turned.to_crs(region.crs)
    count = int(shapely.dwithin(region.boundary, turned.to_numpy(), reach_m).sum())
    return f"; {count} would lie there with longitude and latitude swapped" if count else ""


def _names(table: gpd.GeoDataFrame, rows: np.ndarray) -> str:
    column = next((name for name in ("name", "source_id") if name in table), None)
    if column is None:
        return ""
    names = [str(name) for name in table.loc[rows, column].dropna() if str(name)]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f": {', '.join(names[:NAMED])}{more}"


def _warn(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=4)
