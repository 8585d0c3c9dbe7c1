"""Vector files opened by kind: what GDAL reads, zipped files and GeoParquet."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError, MendedWarning
from geocluster.load.delimited import points_from_columns

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")
GDAL_SUFFIXES = (".shp", ".zip", ".gpkg", ".geojson", ".json", ".fgb")


def read_gdal(file: Path, layer: str | None) -> gpd.GeoDataFrame:
    """A layer of a file that GDAL reads; an open ring is closed and counted.

    Raises
    ------
    InputError
        Broken file, parts missing, several layers and no choice, or no geometry.
    """
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError
    from shapely.errors import GEOSException

    name = str(file)
    source = _zip_member(file, layer) if file.suffix.lower() == ".zip" else name
    if file.suffix.lower() == ".shp":
        _check_siblings(file)
    try:
        chosen = _choose_layer(source, layer, name)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Non closed ring")  # told below
                table = pyogrio.read_dataframe(source, layer=chosen, use_arrow=True)
            return _as_geo(table, name)
        except GEOSException:
            return _read_past_broken_rings(source, chosen, name)
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        raise InputError(name, f"it cannot be read: {_first_line(error)}") from error


def _read_past_broken_rings(source: str, layer: str, name: str) -> gpd.GeoDataFrame:
    """One ring that does not close stops a whole read: close such rings, and count them."""
    import pyogrio

    options: dict[str, Any] = {"layer": layer, "use_arrow": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare = _as_geo(pyogrio.read_dataframe(source, on_invalid="ignore", **options), name)
        table = _as_geo(pyogrio.read_dataframe(source, on_invalid="fix", **options), name)
    closed = int((bare.geometry.isna() & table.geometry.notna()).sum())
    if closed:
        warnings.warn(
            f"{name}: {closed} geometries with an open or too short ring mended",
            MendedWarning,
            stacklevel=5,
        )
    return table


def _as_geo(table: pd.DataFrame, name: str) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError(name, "it is a table without geometry: give a layer that has one")
    return table


def _choose_layer(source: str, layer: str | None, name: str) -> str:
    import pyogrio

    layers = [str(title) for title, kind in pyogrio.list_layers(source) if kind is not None]
    if layer is not None:
        if layer in layers:
            return layer
        raise InputError(name, f"there is no layer '{layer}': it holds {', '.join(layers)}")
    if len(layers) > 1:
        raise InputError(name, f"it holds {len(layers)} layers, choose one: {', '.join(layers)}")
    if not layers:
        raise InputError(name, "it holds no layer with geometry")
    return layers[0]


def _zip_member(file: Path, layer: str | None) -> str:
    """The one vector file inside a zip, as GDAL names it."""
    name = str(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.namelist() if not m.startswith("__MACOSX")]
    except zipfile.BadZipFile as error:
        raise InputError(name, "it is not a zip file, or a broken one") from error
    kinds = tuple(suffix for suffix in GDAL_SUFFIXES if suffix != ".zip")
    found = [member for member in members if member.lower().endswith(kinds)]
    if layer is not None and len(found) > 1:
        found = [member for member in found if Path(member).stem == layer]
    if len(found) != 1:
        held = ", ".join(Path(member).stem for member in found or members)
        raise InputError(name, f"it holds {len(found)} vector files, choose a layer: {held}")
    return f"/vsizip/{file.resolve()}/{found[0]}"


def _check_siblings(file: Path) -> None:
    there = {item.suffix.lower() for item in file.parent.glob(f"{file.stem}.*")}
    lost = [suffix for suffix in (".shx", ".dbf") if suffix not in there]
    if lost:
        raise InputError(
            str(file), f"{' and '.join(lost)} of the shapefile is missing: copy all its parts"
        )


def read_parquet(file: Path, crs: object) -> gpd.GeoDataFrame:
    """GeoParquet, or plain Parquet with coordinate columns.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    import geopandas as gpd
    import pandas as pd
    import pyarrow

    try:
        return gpd.read_parquet(file)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise InputError(str(file), f"it cannot be read: {_first_line(error)}") from error
    except ValueError:  # Parquet, but not GeoParquet
        return points_from_columns(pd.read_parquet(file), str(file), crs=crs)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
