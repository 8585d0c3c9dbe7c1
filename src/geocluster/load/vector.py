"""Vector files: shapefile, zipped shapefile, GeoPackage, GeoJSON, GeoParquet, CSV of points."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError, MendedWarning
from geocluster.load.census import with_census
from geocluster.load.columns import checked, filled
from geocluster.load.database import stored
from geocluster.load.database_address import DatabaseTable
from geocluster.load.delimited import OnBadCoordinates
from geocluster.load.mending import mend_geometry, only_polygons
from geocluster.load.opening import Opening, opened
from geocluster.load.placing import place_in_region
from geocluster.load.renaming import check_columns

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

REACH_M = 50_000.0


def read_vector(
    path: str | Path | DatabaseTable,
    *,
    layer: str | None = None,
    where: Mapping[str, object] | None = None,
    crs: object = None,
    columns: Sequence[str] | None = None,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    on_bad_coordinates: OnBadCoordinates = "error",
) -> gpd.GeoDataFrame:
    """Read a vector file, with its geometry made sound.

    Parameters
    ----------
    path : str, Path or DatabaseTable
        .shp, .zip (with a shapefile, GeoPackage or GeoJSON in it), .gpkg, .geojson, .fgb, .parquet,
        or .csv or .xlsx with coordinate columns: longitude and latitude, or x and y with `crs`.
    layer : str, optional
        Needed where the file holds several layers.
    where : mapping, optional
        Keeps the rows whose column equals the value, or one of a list of values.
    crs : str or pyproj.CRS, optional
        Declares the reference system of a file that does not; never overrides one that does.
    columns : sequence of str, optional
        Only these columns, all of which must be there.
    rename : mapping, optional
        Our name of a column to the file's, such as ``{"stack_height_m": "H_trub"}``; what else is
        said about columns uses our names.
    encoding : str, optional
        Of a shapefile's or CSV's text, where it is not UTF-8 and does not say so: "cp1251".
    sheet, header_row : optional
        Of an Excel workbook: see `geocluster.load.spreadsheet.read_excel`.
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
    how = Opening(layer, crs, rename, encoding, sheet, header_row, where, on_bad_coordinates)
    table, name = opened(path, how), str(stored(path))
    if columns is not None:
        check_columns(table, columns, name)
        table = table[[*columns, "geometry"]]
    return mend_geometry(table, name)


def read_boundary(
    path: str | Path | DatabaseTable,
    *,
    layer: str | None = None,
    crs: object = None,
    where: Mapping[str, object] | None = None,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> gpd.GeoSeries:
    """The polygons of a region's boundary, in the file's own reference system.

    Raises
    ------
    InputError
        As `read_vector`, and where there is no polygon.
    """
    how = Opening(layer, crs, rename, encoding, sheet, header_row, where)
    name = str(stored(path))
    table = mend_geometry(opened(path, how), name)
    polygons = only_polygons(table.geometry)
    if polygons.empty:
        raise InputError(name, "there is no polygon in it: a boundary is a polygon")
    return polygons


def read_homes(
    path: str | Path | DatabaseTable,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    where: Mapping[str, object] | None = None,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    census: Mapping[str, Any] | None = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read the table of homes: polygons with people.

    Parameters
    ----------
    path, layer, crs, where, rename, encoding, sheet, header_row
        As in `read_vector`.
    region : Region
        The result is in its reference system.
    census : mapping, optional
        Where the people stand in a table of their own: `path`, `key` and what else
        `geocluster.load.census.with_census` takes.
    reach_m : float
        Homes farther from the region are left out. [m]

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
    how = Opening(layer, crs, rename, encoding, sheet, header_row, where)
    file = str(stored(path))
    # A census counts those who live in areas that are not there, so it needs all of them.
    source = stored(path, region, reach_m) if census is None else path
    table = opened(source, how, "homes")
    if census is not None:
        table = with_census(table, file, **census)
    table = checked(table, "homes", file, rename)
    table = filled(table, name="", origin="reported")
    if len(table) and not table.people.sum() > 0:
        raise InputError(file, "nobody lives in it: column 'people' is 0 in every row")
    polygons = only_polygons(table.geometry)
    table = table.loc[polygons.index].set_geometry(polygons)
    return place_in_region(table, region, file, things="homes", reach_m=reach_m, needed=True)


def read_places(
    path: str | Path | DatabaseTable,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    where: Mapping[str, object] | None = None,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
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
    how = Opening(layer, crs, rename, encoding, sheet, header_row, where, on_bad_coordinates)
    file = str(stored(path))
    table = _told_empty(opened(stored(path, region, reach_m), how, "places"), file)
    table = filled(checked(table, "places", file, rename), name="")
    table = place_in_region(table, region, file, things="places", reach_m=reach_m)
    return table.set_geometry(table.geometry.representative_point())


def read_land(
    path: str | Path | DatabaseTable,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    where: Mapping[str, object] | None = None,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
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
    how = Opening(layer, crs, rename, encoding, sheet, header_row, where)
    file = str(stored(path))
    table = _told_empty(opened(stored(path, region, reach_m), how, "land"), file)
    table = checked(table, "land", file, rename)
    table = filled(table, name="", origin="reported")
    return place_in_region(table, region, file, things="pieces of land", reach_m=reach_m)


def _told_empty(table: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """A layer that a study can do without, told where it holds nothing."""
    if len(table):
        return table
    warnings.warn(f"{where}: 1 layer without a row: nothing is read from it", MendedWarning, 3)
    return table.assign(kind="") if "kind" not in table else table
