"""Vector files: shapefile, zipped shapefile, GeoPackage, GeoJSON, GeoParquet, CSV of points."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.columns import checked, filled, source_ids
from geocluster.load.delimited import (
    OnBadCoordinates,
    declared_crs,
    off_the_earth,
    points_from_columns,
    read_csv,
)
from geocluster.load.formats import (
    CSV_SUFFIXES,
    GDAL_SUFFIXES,
    PARQUET_SUFFIXES,
    read_gdal,
    read_parquet,
)
from geocluster.load.mending import mend_geometry, only_polygons
from geocluster.load.placing import place_in_region

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from geocluster.region import Region

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
    >>> _ = file.write_text("kind,name,lon,lat\\nschool,No 5,69.2,41.3\\nschool,No 7,69.3,41.2\\n")
    >>> read_vector(file, where={"name": "No 7"}).geometry.x.tolist()
    [69.3]
    """
    options = {"layer": layer, "crs": crs, "on_bad_coordinates": on_bad_coordinates}
    table = _rows_where(_opened(path, **options), where, str(path))  # type: ignore[arg-type]
    return mend_geometry(_with_columns(table, columns, str(path)), str(path))


def _opened(
    path: str | Path,
    *,
    layer: str | None = None,
    crs: object = None,
    on_bad_coordinates: OnBadCoordinates = "error",
) -> gpd.GeoDataFrame:
    """The rows as they stand in the file, so that faults can name them; geometry not yet mended."""
    file = Path(path)
    name = str(file)
    if not file.exists():
        raise InputError(name, "there is no such file")
    if file.is_dir():
        raise InputError(name, "it is a folder: name the file in it")
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
    if table.geometry.name != "geometry":
        table = table.rename_geometry("geometry")
    table = _with_crs(table, crs, name)
    _check_degrees(table, name)
    return table


def _with_crs(table: gpd.GeoDataFrame, crs: object, name: str) -> gpd.GeoDataFrame:
    if table.crs is None and crs is None:
        raise CRSError(name, "no reference system is declared: add its .prj, or give crs")
    if crs is None:
        return table
    declared = declared_crs(crs, name)
    if table.crs is None:
        return table.set_crs(declared)
    if table.crs != declared:
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

    if table.crs is None or not table.crs.is_geographic or table.empty:
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


def read_sources(
    path: str | Path,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read the table of sources: a row an emitting thing, emissions in g/s.

    Parameters
    ----------
    path : str or Path
        Any file that `read_vector` reads.
    region : Region
        The result is in its reference system.
    layer, crs
        As in `read_vector`.
    reach_m : float
        Sources outside the region are kept up to this distance, as their plumes reach in. [m]

    Returns
    -------
    GeoDataFrame
        With a `source_id` in every row; one that is missing is made from name, type and place.

    Raises
    ------
    TableError
        No emission column, a stack or volume that is not whole, a value out of its range, a
        source_id that stands there twice, a low figure above the central one.
    InputError
        As `read_vector`, and where no source is left.

    Warns
    -----
    MendedWarning
        Sources outside the region, counted; those beyond reach are left out and named.
    """
    where = str(path)
    table = checked(_opened(path, layer=layer, crs=crs), "sources", where)
    table["source_id"] = source_ids(table)
    return place_in_region(
        table, region, where, things="sources", reach_m=reach_m, needed=True, count_outside=True
    )


def read_homes(
    path: str | Path,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read the table of homes: polygons with people.

    Returns
    -------
    GeoDataFrame
        `name`, `people`, `origin` (missing means reported) and polygons, in the region's reference
        system, within `reach_m` of the region.

    Raises
    ------
    TableError
        No `people`, a negative or missing number, geometry that is no polygon.
    InputError
        As `read_vector`, and where no home is left or nobody lives in them.
    """
    where = str(path)
    table = checked(_opened(path, layer=layer, crs=crs), "homes", where)
    table = filled(table, name="", origin="reported")
    if len(table) and not table.people.sum() > 0:
        raise InputError(where, "nobody lives in it: column 'people' is 0 in every row")
    polygons = only_polygons(table.geometry)
    table = table.loc[polygons.index].set_geometry(polygons)
    return place_in_region(table, region, where, things="homes", reach_m=reach_m, needed=True)


def read_places(
    path: str | Path,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    reach_m: float = REACH_M,
    on_bad_coordinates: OnBadCoordinates = "error",
) -> gpd.GeoDataFrame:
    """Read schools, kindergartens, hospitals: points (or areas, of which the middle is taken).

    Returns
    -------
    GeoDataFrame
        `kind`, `name`, optional `capacity`, and points in the region's reference system.

    Raises
    ------
    TableError
        No `kind`.
    InputError
        As `read_vector`.
    """
    where = str(path)
    table = _opened(path, layer=layer, crs=crs, on_bad_coordinates=on_bad_coordinates)
    table = filled(checked(_told_empty(table, where), "places", where), name="")
    table = place_in_region(table, region, where, things="places", reach_m=reach_m)
    return table.set_geometry(table.geometry.representative_point())


def read_land(
    path: str | Path,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read the table of land: roads, railways, water, protected areas and the like by `kind`.

    Returns
    -------
    GeoDataFrame
        `kind`, `name`, `origin` (missing means reported) and any geometry, in the region's
        reference system; what touches the region's surroundings is kept whole.

    Raises
    ------
    TableError
        No `kind`.
    InputError
        As `read_vector`.
    """
    where = str(path)
    table = checked(_told_empty(_opened(path, layer=layer, crs=crs), where), "land", where)
    table = filled(table, name="", origin="reported")
    return place_in_region(table, region, where, things="pieces of land", reach_m=reach_m)


def _told_empty(table: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """A layer that a study can do without, told where it holds nothing."""
    if len(table):
        return table
    warnings.warn(f"{where}: 1 layer without a row: nothing is read from it", MendedWarning, 3)
    return table.assign(kind="") if "kind" not in table else table
