"""Files of results: moved into place when whole, the same bytes for the same input."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError
from geocluster.letters import sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

# GeoPackage stamps the time of writing unless it is told one.
STAMP = "2000-01-01T00:00:00Z"
# Where a GeoPackage keeps the styles of its layers.
STYLES = "layer_styles"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, moved onto it when the block ends well.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "result.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_folder(path: Path) -> None:
    """See that a folder can be made and written to, before hours are spent on what goes into it.

    Raises
    ------
    InputError
        Where a file is in the way, or nothing may be written there.

    Examples
    --------
    >>> check_folder(Path(__file__) / "results")
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: ...files.py: it is a file, and results go to a folder: name ...
    """
    nearest = next(parent for parent in (path, *path.parents) if os.path.lexists(parent))
    if not nearest.is_dir():
        raise InputError(str(nearest), "it is a file, and results go to a folder: name another")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(str(nearest), "nothing may be written there: name another folder")


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """A table as CSV, geometry left out; text that a spreadsheet would run stands after a quote.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> table = pd.DataFrame({"name": ["=1+1"], "people": [2.0]})
    >>> write_csv(table, Path(tempfile.mkdtemp()) / "t.csv").read_text()
    "name,people\\n'=1+1,2.0\\n"
    """
    import pandas as pd

    plain = pd.DataFrame(
        {
            _harmless(name): column
            if _is_numeric(column)
            else [_harmless(value) for value in column]
            for name, column in table.items()
            if name != "geometry"
        }
    )
    with replacing(path) as temporary:
        plain.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    return path


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> Path:
    """Tables with geometry as the layers of one GeoPackage, also those without a row."""
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        with replacing(path) as temporary:
            for name, table in layers.items():
                pyogrio.write_dataframe(
                    _storable(table),
                    temporary,
                    layer=name,
                    driver="GPKG",
                    append=temporary.exists(),
                )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return path


def write_parquet_beside(files: Mapping[str, Path]) -> dict[str, Path]:
    """The layers of GeoPackages as GeoParquet too, a file each, named by the layer.

    Parameters
    ----------
    files : mapping of Path
        Name to path; what is no GeoPackage is left as it is.

    Returns
    -------
    dict
        Name to path of each file added.
    """
    import geopandas as gpd

    added = {}
    for path in files.values():
        for layer in gpd.list_layers(path)["name"] if path.suffix == ".gpkg" else ():
            if layer == STYLES:
                continue
            beside = path.with_name(f"{layer}.parquet")
            with replacing(beside) as temporary:
                gpd.read_file(path, layer=layer).to_parquet(temporary, index=False)
            added[beside.name] = beside
    return added


def write_raster(
    bands: Mapping[str, xr.DataArray],
    path: Path,
    *,
    crs: str,
    units: str | Mapping[str, str],
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Grids of one shape as the bands of a cloud-optimised GeoTIFF, float32, described by name.

    Parameters
    ----------
    bands : mapping of DataArray
        Dims (y, x), y descending, the same coordinates.
    path : Path
        The .tif to write.
    crs : str
        The grid's reference system.
    units : str or mapping of str
        Of every band, or of each by its name.
    tags : mapping of str, optional
        What must stay with the file, such as that it is a demonstration.
    """
    import numpy as np
    import rasterio

    first = next(iter(bands.values()))
    profile = {
        **_raster_profile(first, crs),
        "dtype": "float32",
        "count": len(bands),
        "nodata": float("nan"),
        "predictor": 3,
        "overview_resampling": "average",
    }
    with replacing(path) as temporary, rasterio.open(temporary, "w", **profile) as target:
        target.update_tags(**_tags(tags))
        for number, (name, band) in enumerate(bands.items(), start=1):
            target.write(np.asarray(band.transpose("y", "x"), dtype="float32"), number)
            target.set_band_description(number, sound(name))
            target.set_band_unit(number, units if isinstance(units, str) else units[name])
    return path


def write_classes(
    index: xr.DataArray,
    path: Path,
    *,
    crs: str,
    colours: Mapping[int, str],
    labels: Mapping[int, str],
    tags: Mapping[str, str] | None = None,
) -> Path:
    """A grid of classes as a cloud-optimised GeoTIFF with a colour table; 0 is no data.

    Parameters
    ----------
    index : DataArray
        Dims (y, x), y descending; whole numbers from 0 to 255.
    path : Path
        The .tif to write.
    crs : str
        The grid's reference system.
    colours : mapping of int to str
        Class to ``#rrggbb``.
    labels : mapping of int to str
        Class to what it means: a tag ``class_<number>`` each.
    tags : mapping of str, optional
        What must stay with the file.
    """
    import numpy as np
    import rasterio

    profile = {
        **_raster_profile(index, crs),
        "dtype": "uint8",
        "count": 1,
        "nodata": 0,
        "overview_resampling": "mode",
    }
    table = {
        value: (*(int(colour[start : start + 2], 16) for start in (1, 3, 5)), 255)
        for value, colour in colours.items()
    }
    with replacing(path) as temporary, rasterio.open(temporary, "w", **profile) as target:
        target.update_tags(**_tags(tags))
        target.update_tags(1, **_tags({f"class_{value}": label for value, label in labels.items()}))
        target.write(np.asarray(index.transpose("y", "x"), dtype="uint8"), 1)
        target.write_colormap(1, {0: (0, 0, 0, 0), **table})
    return path


def _tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    return {name: sound(text) for name, text in (tags or {}).items()}


def _raster_profile(grid: xr.DataArray, crs: str) -> dict[str, Any]:
    from rasterio.transform import from_origin

    cell_m = float(grid.attrs.get("cell_m") or abs(grid.x[1] - grid.x[0]))
    corner = float(grid.x[0]) - cell_m / 2, float(grid.y[0]) + cell_m / 2
    return {
        "driver": "COG",
        "height": grid.sizes["y"],
        "width": grid.sizes["x"],
        "crs": crs,
        "transform": from_origin(*corner, cell_m, cell_m),
        "compress": "DEFLATE",
    }


def write_json(content: Mapping[str, Any], path: Path) -> Path:
    """A mapping as readable JSON with sorted keys."""
    with replacing(path) as temporary:
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
        temporary.write_text(sound(text) + "\n", encoding="utf-8")
    return path


def _is_numeric(column: pd.Series) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column) or is_bool_dtype(column))


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = sound(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _storable(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lists and tuples as text, and text without NUL: a GeoPackage holds none of them."""
    plain = table.copy()
    for column in table.columns[table.columns != table.geometry.name]:
        if not _is_numeric(plain[column]):
            plain[column] = [
                _held(", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
                for value in plain[column]
            ]
    return plain


def _held(value: Any) -> Any:
    return sound(value) if isinstance(value, str) else value
