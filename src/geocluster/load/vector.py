"""Vector files: shapefile, zipped shapefile, GeoPackage, GeoJSON, GeoParquet, CSV of points."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import CRSError, InputError
from geocluster.load.delimited import OnBadCoordinates, off_the_earth, points_from_columns, read_csv
from geocluster.load.formats import (
    CSV_SUFFIXES,
    GDAL_SUFFIXES,
    PARQUET_SUFFIXES,
    read_gdal,
    read_parquet,
)
from geocluster.load.mending import mend_geometry, only_polygons

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

REACH_M = 50_000.0


def read_vector(
    path: str | Path,
    *,
    layer: str | None = None,
    where: Mapping[str, object] | None = None,
    crs: object = None,
    columns: Sequence[str] | None = None,
    on_bad_coordinates: OnBadCoordinates = "error",
) -> gpd.GeoDataFrame:
    """Read a vector file, with its geometry made sound.

    Parameters
    ----------
    path : str or Path
        .shp, .zip (with a shapefile, GeoPackage or GeoJSON in it), .gpkg, .geojson, .fgb, .parquet,
        or .csv with coordinate columns: longitude and latitude, or x and y with `crs`.
    layer : str, optional
        Needed where the file holds several layers.
    where : mapping, optional
        Keeps the rows whose column equals the value, or one of a list of values.
    crs : str or pyproj.CRS, optional
        Declares the reference system of a file that does not; never overrides one that does.
    columns : sequence of str, optional
        Only these columns, all of which must be there.
    on_bad_coordinates : {"error", "drop"}
        For CSV rows whose coordinates are missing or off the earth.

    Returns
    -------
    GeoDataFrame
        In the file's own reference system, two-dimensional, without null or empty geometry.

    Raises
    ------
    InputError
        The file is missing, broken or of an unknown kind; several layers and no choice; a column
        is missing; coordinates off the earth.
    CRSError
        No reference system is declared, or another than `crs`.

    Warns
    -----
    MendedWarning
        With the count of rows without geometry (left out) and of invalid geometries (mended).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "schools.csv"
    >>> _ = file.write_text("kind,name,lon,lat\\nschool,No. 5,69.24,41.3\\nschool,No. 7,69.3,41.2\\n")
    >>> read_vector(file, where={"name": "No. 7"}).geometry.x.tolist()
    [69.3]
    """
    file = Path(path)
    name = str(file)
    if not file.exists():
        raise InputError(name, "there is no such file")
    suffix = file.suffix.lower()
    if suffix in CSV_SUFFIXES:
        table = points_from_columns(
            read_csv(file), name, crs=crs, on_bad_coordinates=on_bad_coordinates
        )
    elif suffix in PARQUET_SUFFIXES:
        table = read_parquet(file, crs)
    elif suffix in GDAL_SUFFIXES:
        table = read_gdal(file, layer)
    else:
        kinds = ", ".join(GDAL_SUFFIXES + PARQUET_SUFFIXES + CSV_SUFFIXES)
        raise InputError(name, f"'{suffix}' is not a kind of vector file that is read: {kinds}")
    table = _with_crs(table, crs, name)
    table = _rows_where(table, where, name)
    table = _with_columns(table, columns, name)
    _check_degrees(table, name)
    return mend_geometry(table, name)


def _with_crs(table: gpd.GeoDataFrame, crs: object, name: str) -> gpd.GeoDataFrame:
    from pyproj import CRS

    if table.crs is None and crs is None:
        raise CRSError(name, "no reference system is declared: add its .prj, or give crs")
    if crs is None:
        return table
    if table.crs is None:
        return table.set_crs(CRS.from_user_input(crs))
    if table.crs != CRS.from_user_input(crs):
        raise CRSError(name, f"it declares {table.crs.name}, not {crs}: leave crs out")
    return table


def _rows_where(
    table: gpd.GeoDataFrame, where: Mapping[str, object] | None, name: str
) -> gpd.GeoDataFrame:
    for column, wanted in (where or {}).items():
        _check_columns(table, [column], name)
        values = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        table = table[table[column].isin(list(values))]
        if table.empty:
            raise InputError(name, f"no row has {column} = {wanted!r}")
    return table.reset_index(drop=True) if where else table


def _with_columns(
    table: gpd.GeoDataFrame, columns: Sequence[str] | None, name: str
) -> gpd.GeoDataFrame:
    if table.geometry.name != "geometry":
        table = table.rename_geometry("geometry")
    if columns is None:
        return table
    _check_columns(table, columns, name)
    return table[[*columns, "geometry"]]


def _check_columns(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    there = [str(column) for column in table.columns if column != "geometry"]
    faults = []
    for column in columns:
        if column not in there:
            near = difflib.get_close_matches(column, there, n=1, cutoff=0.6)
            hint = f"did you mean '{near[0]}'?" if near else f"found: {', '.join(there)}"
            faults.append(f"column '{column}' is missing ({hint})")
    if faults:
        raise InputError(name, faults)


def _check_degrees(table: gpd.GeoDataFrame, name: str) -> None:
    """Degrees that cannot be: metres in a file that claims degrees, or worse."""
    import numpy as np

    if not table.crs.is_geographic or table.empty:
        return
    there = ~(table.geometry.isna() | table.geometry.is_empty).to_numpy()
    bounds = table.geometry.bounds.to_numpy()
    x, y = (_farther(bounds[:, i], bounds[:, i + 2]) for i in (0, 1))
    off = there & ~((np.abs(x) <= 180.000001) & (np.abs(y) <= 90.000001))
    if off.any():
        raise InputError(name, off_the_earth(x, y, off))


def _farther(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.where(np.abs(one) > np.abs(other), one, other)


def read_boundary(
    path: str | Path,
    *,
    layer: str | None = None,
    crs: object = None,
    where: Mapping[str, object] | None = None,
) -> gpd.GeoSeries:
    """The polygons of a region's boundary, in the file's own reference system.

    Raises
    ------
    InputError
        As `read_vector`, and where there is no polygon.
    """
    table = read_vector(path, layer=layer, crs=crs, where=where)
    polygons = only_polygons(table.geometry)
    if polygons.empty:
        raise InputError(str(path), "there is no polygon in it: a boundary is a polygon")
    return polygons
