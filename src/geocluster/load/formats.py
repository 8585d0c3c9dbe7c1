"""Vector files opened by kind: what GDAL reads, zipped files and GeoParquet."""

from __future__ import annotations

import codecs
import struct
import tempfile
import warnings
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from shapely.errors import ShapelyError

from geocluster.errors import InputError, MendedWarning
from geocluster.load.encodings import encoding_of_dbf, parts_of_shapefile, with_sound_text
from geocluster.load.geopackage import check_views
from geocluster.load.zipped import opened_zip, unpack

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
VALUES_ALWAYS_READ = 20_000_000
VALUES_A_BYTE = 20
GDAL_SUFFIXES = (".shp", ".zip", ".gpkg", ".geojson", ".json", ".fgb")
# What readers raise where bytes are not as they should be: theirs are of these kinds.
BROKEN = (OSError, ValueError, RuntimeError, KeyError, ShapelyError)
ENCODED_SUFFIXES = (".shp", ".zip", *CSV_SUFFIXES)


def read_gdal(file: Path, layer: str | None, encoding: str | None = None) -> gpd.GeoDataFrame:
    """A layer of a file that GDAL reads; an open ring is closed and counted.

    Raises
    ------
    InputError
        Broken file, parts missing, several layers and no choice, no geometry, or text of an
        unknown encoding.
    """
    if file.suffix.lower() != ".zip":
        return with_sound_text(_read_layer(file, layer, encoding, str(file)), file, str(file))
    with tempfile.TemporaryDirectory(prefix="geocluster-") as folder:
        inner = _unpacked(file, layer, Path(folder))
        return with_sound_text(_read_layer(inner, layer, encoding, str(file)), inner, str(file))


def _read_layer(file: Path, layer: str | None, encoding: str | None, name: str) -> gpd.GeoDataFrame:
    import pyarrow
    import pyogrio
    from shapely.errors import GEOSException

    options: dict[str, Any] = {"use_arrow": True}
    if file.suffix.lower() == ".shp":
        _check_siblings(file, name)
        options["encoding"] = _gdal_name(encoding_of_dbf(file, encoding, name))
    elif encoding is not None:
        raise InputError(name, "encoding belongs to shapefiles and CSV: leave it out")
    if file.suffix.lower() == ".gpkg":
        check_views(file, name)
    try:
        options["layer"] = _choose_layer(file, layer, name)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Non closed ring")  # told below
                table = pyogrio.read_dataframe(file, **options)
            return _as_geo(table, name)
        except GEOSException:
            return _read_past_broken_rings(file, options, name)
    except InputError:
        raise
    except (pyarrow.ArrowException, *BROKEN) as error:
        reason = _first_line(error).replace(str(file), name)
        raise InputError(name, f"it cannot be read: {reason}") from error


def _gdal_name(encoding: str) -> str:
    """Python's name of an encoding as GDAL knows it."""
    plain = codecs.lookup(encoding).name
    return "ISO-8859-" + plain.removeprefix("iso8859-") if "iso8859-" in plain else plain.upper()


def _read_past_broken_rings(file: Path, options: dict[str, Any], name: str) -> gpd.GeoDataFrame:
    """One ring that does not close stops a whole read: close such rings, and count them."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare = _as_geo(pyogrio.read_dataframe(file, on_invalid="ignore", **options), name)
        table = _as_geo(pyogrio.read_dataframe(file, on_invalid="fix", **options), name)
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


def _choose_layer(file: Path, layer: str | None, name: str) -> str:
    import pyogrio

    layers = [str(title) for title, kind in pyogrio.list_layers(file) if kind is not None]
    if layer is not None:
        if layer in layers:
            return layer
        if layer == file.stem and len(layers) == 1:  # it was chosen from a zip by its file's name
            return layers[0]
        raise InputError(name, f"there is no layer '{layer}': it holds {', '.join(layers)}")
    if len(layers) > 1:
        raise InputError(name, f"it holds {len(layers)} layers, choose one: {', '.join(layers)}")
    if not layers:
        raise InputError(name, "it holds no layer with geometry")
    return layers[0]


def _unpacked(file: Path, layer: str | None, folder: Path) -> Path:
    """The one vector file inside a zip, with what belongs to it, in a folder of its own."""
    name = str(file)
    with opened_zip(file) as archive:
        members = [m for m in archive.namelist() if not m.startswith("__MACOSX")]
        kinds = tuple(suffix for suffix in GDAL_SUFFIXES if suffix != ".zip")
        found = [member for member in members if member.lower().endswith(kinds)]
        if layer is not None and len(found) > 1:
            found = [member for member in found if PurePosixPath(member).stem == layer]
        if not found:
            held = ", ".join(members[:10])
            raise InputError(name, f"it holds no vector file that is read: {held}")
        if len(found) > 1:
            held = ", ".join(PurePosixPath(member).stem for member in found[:30])
            raise InputError(name, f"it holds {len(found)} vector files, choose a layer: {held}")
        start = found[0].removesuffix(PurePosixPath(found[0]).suffix) + "."
        parts = [m for m in members if m.startswith(start) and "/" not in m[len(start) :]]
        unpack(file, archive, parts, folder)
    return folder / PurePosixPath(found[0]).name


def _check_siblings(file: Path, name: str) -> None:
    """The parts of a shapefile: all there, none cut off, and of one table."""
    parts = parts_of_shapefile(file)
    lost = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if lost:
        raise InputError(
            name, f"{' and '.join(lost)} of the shapefile is missing: copy all its parts"
        )
    faults = []
    shapes = (parts[".shx"].stat().st_size - 100) // 8
    head = _start(parts[".dbf"])
    rows, start, size = struct.unpack_from("<IHH", head, 4) if len(head) >= 32 else (0, 0, 0)
    if start + rows * size > parts[".dbf"].stat().st_size:
        faults.append(".dbf is cut off: copy it again")
    head = _start(file)
    if len(head) < 100 or struct.unpack_from(">I", head, 24)[0] * 2 > file.stat().st_size:
        faults.append(".shp is cut off: copy it again")
    if not faults and shapes != rows:
        faults.append(
            f"its parts are not of one table: {shapes} shapes in .shx, {rows} rows in .dbf"
        )
    if faults:
        raise InputError(name, faults)


def _start(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(100)


def read_parquet(file: Path) -> pd.DataFrame:
    """GeoParquet, or plain Parquet as a table without geometry.

    Raises
    ------
    InputError
        Where it cannot be read, or holds far more values than its size can be of.
    """
    import geopandas as gpd
    import pandas as pd
    import pyarrow.parquet

    try:
        said = pyarrow.parquet.read_metadata(file)
        values = said.num_rows * said.num_columns
        if values > VALUES_ALWAYS_READ and values > VALUES_A_BYTE * file.stat().st_size:
            raise InputError(str(file), f"it unpacks to {values:,} values: too many for its size")
        geographic = b"geo" in (said.metadata or {})
        return gpd.read_parquet(file) if geographic else pd.read_parquet(file)
    except InputError:
        raise
    except (pyarrow.ArrowException, *BROKEN) as error:
        raise InputError(str(file), f"it cannot be read: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
