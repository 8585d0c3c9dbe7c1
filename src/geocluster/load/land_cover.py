"""Land cover: classified rasters brought onto the cells of a region, as shares of our kinds."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import CRSError, GeoclusterWarning, InputError, TableError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rasterio.io import DatasetReader
    from rasterio.vrt import WarpedVRT

    from geocluster.region import Region

COLUMNS = ("code", "label", "kind")
GRADES = ("read", "derived", "known", "assumed", "given")
MOST_PARTS = 25  # points of a cell, on a side
POINTS_AT_ONCE = 4_000_000
MOST_CODE = 65_535
UNKNOWN = -1
NAMED_CODES = 8


class Legend(NamedTuple):
    """What the codes of a scheme mean; `places` are those in `kinds` by code, else UNKNOWN."""

    scheme: str
    kinds: list[str]
    places: np.ndarray
    labels: dict[str, list[str]]


def read_land_cover(
    path: str | Path | Sequence[str | Path],
    region: Region,
    *,
    cell_m: float,
    scheme: str = "worldcover",
    codes: str | Path | None = None,
    kinds: Mapping[str, str] | None = None,
    band: int | None = None,
    nodata: float | None = None,
) -> xr.DataArray:
    """Read classified land cover as the share of each cell that is of a kind.

    Each cell is sampled at up to 25 x 25 points, one a pixel where pixels are not finer, by the
    nearest pixel in the raster's own reference system.

    Parameters
    ----------
    path : str, Path or sequence of them
        GeoTIFF in any CRS; of several tiles the first that holds data counts.
    region : Region
        The cells are those of ``region.grid(cell_m)``.
    cell_m : float
        Side of a cell. [m]
    scheme : str
        What the codes mean: of load/land_cover_codes.csv ("worldcover", "lc100", "cci").
    codes : path, optional
        A CSV of your own in place of a scheme: code, label, kind.
    kinds : mapping, optional
        Code to kind, over the scheme: ``{"40": "irrigated"}``; "" for no kind of ours.
    band : int, optional
        Needed where a raster has several bands.
    nodata : float, optional
        The value of no data where the file does not declare it.

    Returns
    -------
    DataArray (kind, y, x)
        Shares of each cell. [0 to 1] Kinds that the scheme knows and the region lacks are there
        with 0. Coordinate ``known`` (y, x): the share of which a code is known. attrs ``scheme``,
        ``unknown_codes`` (code to its share of the box), ``note``, ``crs``, ``cell_m``.

    Raises
    ------
    InputError
        A file that cannot be read or holds no classes; one that does not reach the region.
    CRSError
        A raster without a reference system.
    TableError
        Where the table of codes cannot be used, with every fault.

    Warns
    -----
    GeoclusterWarning
        Codes that the scheme does not know, with their shares: they count as not known.

    Examples
    --------
    >>> import pathlib, tempfile, rasterio
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "cover.tif"
    >>> with rasterio.open(file, "w", width=4, height=2, count=1, dtype="uint8", nodata=0,
    ...                    crs="EPSG:32642",
    ...                    transform=rasterio.transform.from_origin(0, 100, 50, 50)) as raster:
    ...     raster.write(np.array([[[10, 10, 40, 80], [10, 40, 80, 80]]], "uint8"))
    >>> cover = read_land_cover(file, Region("Example", box(0, 0, 200, 100), "EPSG:32642"),
    ...                         cell_m=100)
    >>> cover.sel(kind="forest").values.tolist(), cover.sel(kind="water").values.tolist()
    ([[0.75, 0.0]], [[0.0, 0.75]])
    """
    listed = [path] if isinstance(path, str | Path) else list(path)
    if not listed:
        raise InputError("land_cover", "there is no file: name at least one")
    name = ", ".join(Path(one).name for one in listed)
    legend = _legend(scheme, codes, kinds or {})
    grid = region.grid(cell_m)
    with ExitStack() as stack:
        tiles = [_opened(Path(one), stack, band) for one in listed]
        finest = min(_pixel_m(tile, region) for tile in tiles)
        parts = int(np.clip(math.ceil(cell_m / finest - 1e-6), 1, MOST_PARTS))
        warped = [_warped(tile, grid, parts, nodata, stack) for tile in tiles]
        shares, known, seen = _shares(warped, band or 1, legend, grid.shape, parts, name)
    inside = grid.values
    if not seen:
        raise InputError(name, "it holds no data in the region: is it the right tile?")
    unknown = _unknown(seen, legend, name, grid.size * parts**2)
    missing = 1 - float(known[inside].mean()) if inside.any() else 0.0
    return _as_array(shares, known, grid, legend, unknown, missing, name)


def schemes() -> list[str]:
    """The schemes that come with the package."""
    return sorted(set(_package_codes()["scheme"]))


def _package_codes() -> pd.DataFrame:
    from importlib.resources import files

    import pandas as pd

    source = files("geocluster.load").joinpath("land_cover_codes.csv")
    with source.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def _legend(scheme: str, codes: str | Path | None, kinds: Mapping[str, str]) -> Legend:
    import pandas as pd

    if codes is not None:
        where = str(codes)
        try:
            table = pd.read_csv(codes, dtype=str, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise InputError(where, f"cannot be read as a CSV of codes: {error}") from error
        missing = [name for name in COLUMNS if name not in table]
        if missing:
            raise TableError(where, [f"column '{one}' is missing: add it" for one in missing])
        scheme = Path(codes).name
    else:
        where, table = "land_cover", _package_codes()
        if scheme not in set(table["scheme"]):
            raise InputError(where, f"unknown scheme {scheme!r}: known are {', '.join(schemes())}")
        table = table[table["scheme"] == scheme]
    kind_of = dict(zip(table["code"].str.strip(), table["kind"].str.strip(), strict=True))
    faults = [f"code {code!r} stands twice" for code, times in Counter(table["code"]).items()
              if times > 1]  # fmt: skip
    kind_of |= {str(code).strip(): kind.strip() for code, kind in kinds.items()}
    faults += [
        f"code {code!r}: give a whole number from 0 to {MOST_CODE}"
        for code in kind_of
        if not (code.isdecimal() and int(code) <= MOST_CODE)
    ]
    if faults:
        raise TableError(where, faults)
    label_of = dict(zip(table["code"].str.strip(), table["label"], strict=True))
    named = sorted({kind for kind in kind_of.values() if kind})
    places = np.full(MOST_CODE + 1, UNKNOWN, np.int16)
    labels: dict[str, list[str]] = {}
    for code, kind in kind_of.items():
        places[int(code)] = named.index(kind) if kind else len(named)
        labels.setdefault(kind, []).append(label_of.get(code, code))
    return Legend(scheme, named, places, labels)


def _opened(path: Path, stack: ExitStack, band: int | None) -> DatasetReader:
    import rasterio
    from rasterio.errors import RasterioError

    try:
        tile = stack.enter_context(rasterio.open(path))
    except RasterioError as error:
        raise InputError(str(path), f"it cannot be read as a raster ({error})") from None
    if tile.crs is None or tile.transform.is_identity:
        raise CRSError(str(path), "no reference system or no place: give a raster that has both")
    if band is None and tile.count > 1:
        raise InputError(str(path), f"it has {tile.count} bands: say which by band")
    if band is not None and not 1 <= band <= tile.count:
        raise InputError(str(path), f"band {band} is not there: it has {tile.count}")
    return tile


def _pixel_m(tile: DatasetReader, region: Region) -> float:
    """The side of a pixel, in the region's middle. [m]"""
    from rasterio.warp import transform

    middle = region.boundary.representative_point()
    x, y = transform(region.crs, tile.crs, [middle.x], [middle.y])
    column, row = ~tile.transform @ (x[0], y[0])
    if not (math.isfinite(column) and math.isfinite(row)):
        raise InputError(tile.name, "its reference system does not reach the region")
    corners = [tile.transform @ (column + right, row + down) for right, down in ((0, 0), (1, 1))]
    (x1, x2), (y1, y2) = transform(tile.crs, region.crs, *zip(*corners, strict=True))
    return max(math.hypot(x2 - x1, y2 - y1) / math.sqrt(2), 1e-3)


def _warped(
    tile: DatasetReader, grid: xr.DataArray, parts: int, nodata: float | None, stack: ExitStack
) -> WarpedVRT:
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    cell_m = float(grid.attrs["cell_m"])
    west, north = float(grid.x[0]) - cell_m / 2, float(grid.y[0]) + cell_m / 2
    empty = tile.nodata if nodata is None else nodata
    options: dict[str, Any] = (
        {"add_alpha": True} if empty is None else {"src_nodata": empty, "nodata": empty}
    )
    return stack.enter_context(
        WarpedVRT(
            tile,
            crs=grid.attrs["crs"],
            transform=from_origin(west, north, cell_m / parts, cell_m / parts),
            width=grid.sizes["x"] * parts,
            height=grid.sizes["y"] * parts,
            resampling=Resampling.nearest,
            **options,
        )
    )


def _shares(
    tiles: list[WarpedVRT], band: int, legend: Legend, shape: tuple[int, ...], parts: int, name: str
) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """Shares by kind and of what is known, and how often each code was met; in strips of rows."""
    rows, columns = shape
    shares = np.zeros((len(legend.kinds), rows, columns), np.float32)
    known = np.zeros((rows, columns), np.float32)
    seen: Counter[int] = Counter()
    at_once = max(POINTS_AT_ONCE // (columns * parts**2), 1)
    for top in range(0, rows, at_once):
        strip = slice(top, min(top + at_once, rows))
        codes, there = _codes(tiles, band, strip, columns, parts, name)
        seen.update(dict(zip(*(x.tolist() for x in np.unique(codes[there], return_counts=True)),
                             strict=True)))  # fmt: skip
        kinds = np.where(there, legend.places[codes], UNKNOWN).reshape(-1, parts, columns, parts)
        known[strip] = (kinds != UNKNOWN).mean(axis=(1, 3))
        for number in np.unique(kinds):
            if 0 <= number < len(legend.kinds):
                shares[number, strip] = (kinds == number).mean(axis=(1, 3))
    return shares, known, dict(seen)


def _codes(
    tiles: list[WarpedVRT], band: int, strip: slice, columns: int, parts: int, name: str
) -> tuple[np.ndarray, np.ndarray]:
    from rasterio.windows import Window

    height = (strip.stop - strip.start) * parts
    window = Window(0, strip.start * parts, columns * parts, height)
    codes = np.zeros((height, columns * parts), np.int64)
    there = np.zeros(codes.shape, bool)
    for tile in tiles:
        data = tile.read(band, window=window)
        new = (tile.dataset_mask(window=window) > 0) & ~there
        if data.dtype.kind == "f":
            new &= np.isfinite(data)
        found = data[new]
        if (found != np.rint(found)).any() or ((found < 0) | (found > MOST_CODE)).any():
            told = f"it holds values that are no classes (whole numbers from 0 to {MOST_CODE})"
            raise InputError(name, told)
        codes[new] = found
        there |= new
    return codes, there


def _unknown(seen: dict[int, int], legend: Legend, name: str, points: int) -> dict[str, float]:
    """Codes that the scheme does not know, told with their shares of the region's box."""
    unknown = {code: seen[code] / points for code in seen if legend.places[code] == UNKNOWN}
    if len(unknown) == len(seen):
        raise InputError(
            name,
            f"none of its codes ({_in_words(unknown)}) is one of {legend.scheme!r}: give scheme "
            f"({', '.join(schemes())}) or codes",
        )
    if unknown:
        warnings.warn(
            f"{name}: {len(unknown)} codes stand in no row of {legend.scheme!r} and count as not "
            f"known, with their shares of the land: {_in_words(unknown)}",
            GeoclusterWarning,
            stacklevel=3,
        )
    return {str(code): share for code, share in sorted(unknown.items())}


def _in_words(unknown: dict[int, float]) -> str:
    first = sorted(unknown, key=lambda code: -unknown[code])[:NAMED_CODES]
    more = f" and {len(unknown) - NAMED_CODES} more" if len(unknown) > NAMED_CODES else ""
    return ", ".join(f"{code} ({unknown[code]:.2%})" for code in first) + more


def _as_array(
    shares: np.ndarray,
    known: np.ndarray,
    grid: xr.DataArray,
    legend: Legend,
    unknown: dict[str, float],
    missing: float,
    name: str,
) -> xr.DataArray:
    import xarray as xr

    note = f"also by land cover ({name})"
    if missing > 0:
        note += f", which is not known on {missing:.2%} of the region"
    return xr.DataArray(
        shares,
        dims=("kind", "y", "x"),
        coords={
            "kind": np.array(legend.kinds, dtype=object),
            "y": grid["y"],
            "x": grid["x"],
            "known": (("y", "x"), known),
        },
        name="land_cover",
        attrs={
            "crs": grid.attrs["crs"],
            "cell_m": grid.attrs["cell_m"],
            "scheme": legend.scheme,
            "labels": legend.labels,
            "unknown_codes": unknown,
            "note": note,
            "units": "1",
        },
    )
