"""Sites that a user proposes: polygons, or points with an area, of any vector format."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.load.database import stored
from geocluster.load.database_address import DatabaseTable
from geocluster.load.placing import place_in_region
from geocluster.load.vector import read_vector
from geocluster.tables import check_table, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

# Two sites may share a border that was drawn twice; more than this is told.
OVERLAP_SHARE = 0.01


def read_proposed(
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
) -> gpd.GeoDataFrame:
    """Read the places that a user proposes for the park.

    Parameters
    ----------
    path : str, Path or DatabaseTable
        Polygons, or points with `area_ha` [ha]; optional `name` and `coord_err_m` [m].
    region : Region
        The result is in its reference system.
    layer, crs, where, rename, encoding, sheet, header_row
        As in `geocluster.load.vector.read_vector`.

    Returns
    -------
    GeoDataFrame
        name and what else the file holds, in the order of its rows.

    Raises
    ------
    TableError
        Where there is no row, a geometry is a line, an area is impossible, or a site lies outside
        the region; every fault at once.

    Warns
    -----
    GeoclusterWarning
        Where two sites overlap: they compete as variants, of which one can be built.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> region = Region("Example", box(500_000, 4_500_000, 510_000, 4_510_000), "EPSG:32642")
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "sites.csv"
    >>> _ = file.write_text("name,x,y,area_ha\\nOld yard,505000,4505000,60\\n")
    >>> read_proposed(file, region, crs="EPSG:32642")[["name", "area_ha"]].values.tolist()
    [['Old yard', 60]]
    """
    file = str(stored(path))
    table = read_vector(
        path,
        layer=layer,
        crs=crs,
        where=where,
        rename=rename,
        encoding=encoding,
        sheet=sheet,
        header_row=header_row,
    )
    if not len(table):
        raise TableError(file, "there are no proposed sites in it: not one row")
    check_table(table, "zones", file)
    names = table["name"].fillna("").astype(str) if "name" in table else ""
    table = table.assign(name=names)
    # Far ones are told below, with their names, as a fault.
    placed = place_in_region(table, region, file, things="proposed sites", reach_m=np.inf)
    faults = _faults(placed, region, file)
    if faults:
        raise TableError(file, faults)
    _tell_overlaps(placed, file)
    return placed


def _faults(table: gpd.GeoDataFrame, region: Region, file: str) -> list[str]:
    kinds = table.geom_type.isin(["Point", "Polygon", "MultiPolygon"])
    faults = []
    if not kinds.all():
        rows = rows_in_words([n + 1 for n in np.flatnonzero(~kinds).tolist()])
        faults.append(f"neither a point nor a polygon in {rows}: draw the ground of the site")
    outside = ~table.intersects(region.boundary).to_numpy()
    if outside.any():
        told = ", ".join(_called(table, n) for n in np.flatnonzero(outside).tolist())
        faults.append(
            f"{told} lies outside {region.name}: check coordinates and CRS, or leave it out"
        )
    return faults


def _tell_overlaps(table: gpd.GeoDataFrame, file: str) -> None:
    import shapely

    shapes = np.asarray(table.geometry.values, dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    area = shapely.area(shapes)
    told = []
    for one, other in sorted(zip(first, second, strict=True)):
        shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
        if one < other and shared > OVERLAP_SHARE * min(area[one], area[other]):
            pair = f"{_called(table, one)} and {_called(table, other)}"
            told.append(f"{pair} by {shared / 10_000:.3g} ha")
    if told:
        warnings.warn(
            f"{file}: {len(told)} pairs of proposed sites overlap, and compete as variants of "
            f"which one can be built: {'; '.join(told)}",
            GeoclusterWarning,
            stacklevel=3,
        )


def _called(table: gpd.GeoDataFrame, number: int) -> str:
    name = str(table["name"].iloc[number])
    return f"'{name}' (row {number + 1})" if name else f"row {number + 1}"
