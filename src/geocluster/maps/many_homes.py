"""More homes than a page can draw one by one: all of their people as a picture."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geocluster.maps.layers import Layer
from geocluster.maps.raster_image import picture, warp

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

MOST_CELLS = 600
SIZES_M = (100, 200, 500, 1000, 2000, 5000, 10_000)
PEOPLE_FROM = (1, 10, 100, 1_000, 10_000)
SHADES = ("#d8d2cf", "#b9afab", "#958884", "#6f625f", "#453a39")


def cell_size_m(extent_m: float) -> int:
    """The finest of the sizes by which an extent has at most 600 cells. [m]

    Examples
    --------
    >>> cell_size_m(20_000), cell_size_m(100_000)
    (100, 200)
    """
    return next((size for size in SIZES_M if extent_m / size <= MOST_CELLS), SIZES_M[-1])


def all_people_layer(homes: gpd.GeoDataFrame, region: Region) -> Layer | None:
    """People of all homes by square cell, each home in the cell of its middle; none without people.

    Classes are powers of ten, in greys, so that they are not taken for a concentration.
    """
    if "people" not in homes:
        return None
    counts, grid, cell_m = people_by_cell(homes, region)
    index = np.searchsorted(PEOPLE_FROM, counts, side="right").astype("uint8")
    if not index.any():
        return None
    warped, bounds = warp(index, grid, region.crs, smooth=False)
    names = [f"{low:,} to {high:,}" for low, high in pairwise(PEOPLE_FROM)]
    names.append(f"{PEOPLE_FROM[-1]:,} and more")
    image = picture(warped, bounds, SHADES)
    south, west, north, east = image.bounds
    data = {
        "uri": image.uri,
        "bounds": [[south, west], [north, east]],
        "opacity": 0.6,
        "entries": names,
        "unit": f"people in {cell_m:,g} × {cell_m:,g} m",
    }
    used = np.unique(index[index > 0]) - 1
    swatches = [{"mark": "fill", "colour": SHADES[i], "label": names[i]} for i in used]
    title = f"People of all homes, in {cell_m:,g} × {cell_m:,g} m"
    return Layer("people", title, "people", "raster", data, True, swatches)


def people_by_cell(homes: gpd.GeoDataFrame, region: Region):  # type: ignore[no-untyped-def]
    """Counts (rows from north), the grid that they stand on, and its cell's size [m]."""
    import shapely
    import xarray as xr

    table = homes if homes.crs is None else homes.to_crs(region.crs)
    middle = shapely.get_coordinates(shapely.centroid(table.geometry.to_numpy()))
    people = np.nan_to_num(table["people"].to_numpy(dtype=float))
    west, south, east, north = region.boundary.bounds
    cell_m = cell_size_m(max(east - west, north - south))
    west, south = (cell_m * np.floor(low / cell_m) for low in (west, south))
    columns, rows = (
        int(np.ceil((high - low) / cell_m)) for low, high in ((west, east), (south, north))
    )
    column, row = np.floor((middle - (west, south)) / cell_m).astype(int).T
    here = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    counts = np.zeros((rows, columns))
    np.add.at(counts, (rows - 1 - row[here], column[here]), people[here])
    grid = xr.DataArray(
        counts,
        dims=("y", "x"),
        coords={
            "y": south + cell_m * (np.arange(rows)[::-1] + 0.5),
            "x": west + cell_m * (np.arange(columns) + 0.5),
        },
        attrs={"cell_m": float(cell_m)},
    )
    return counts, grid, cell_m
