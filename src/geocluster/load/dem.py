"""Elevation rasters as they lie in files: opened with care, and read as one mosaic."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import CRSError, InputError
from geocluster.load.voids import relaxed, small_voids
from geocluster.load.zipped import BROKEN

if TYPE_CHECKING:
    from affine import Affine
    from pyproj import CRS, Transformer
    from rasterio.io import DatasetReader

KINDS = "GeoTIFF (.tif), SRTM (.hgt, .hgt.zip), DTED or ASCII grid (.asc)"
MAGIC = {
    b"II*\x00": "GTiff",
    b"MM\x00*": "GTiff",
    b"II+\x00": "GTiff",
    b"MM\x00+": "GTiff",
    b"UHL1": "DTED",
}
HGT_NAME = re.compile(r"^[NS]\d{2}[EW]\d{3}(\.|$)", re.IGNORECASE)
HGT_BYTES = {2 * rows * columns for rows, columns in ((1201, 1201), (3601, 3601), (3601, 1801))}
MOST_UNZIPPED = 1_000_000_000
MOST_BLOCK_PIXELS = 64_000_000  # a block is decoded as a whole: 256 MB of float32
FEET = {
    "ft": 0.3048,
    "foot": 0.3048,
    "feet": 0.3048,
    "us-ft": 1200 / 3937,
    "us survey foot": 1200 / 3937,
}
LOWEST_M, HIGHEST_M = -500.0, 9_000.0  # the Dead Sea's shore, -430 m; Everest, 8,849 m


@dataclass(frozen=True)
class Tile:
    """One open raster, with what turns its values into metres."""

    name: str
    raster: DatasetReader
    band: int
    nodata: float | None
    factor: float

    @property
    def affine(self) -> Affine:
        """From columns and rows to its reference system."""
        return self.raster.transform

    @property
    def crs(self) -> CRS:
        """Its horizontal reference system."""
        from pyproj import CRS

        crs = CRS.from_user_input(self.raster.crs)
        return crs.sub_crs_list[0] if crs.is_compound else crs

    def reached_from(self, crs: CRS | str) -> Transformer:
        """What turns points of another reference system into the tile's own."""
        from pyproj import Transformer
        from pyproj.exceptions import ProjError

        try:
            return Transformer.from_crs(crs, self.crs, always_xy=True)
        except ProjError as error:
            raise CRSError(self.name, f"its reference system cannot be used: {error}") from error

    def read(self, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        """Elevation of a window that lies inside the raster, NaN where there is no data. [m]"""
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        try:
            window = Window(left, top, right - left, bottom - top)
            raw = self.raster.read(self.band, window=window, masked=True)
        except (RasterioError, MemoryError) as error:
            raise InputError(self.name, f"it cannot be read: {error}") from error
        values = np.ma.filled(raw.astype("float32"), np.nan)
        if self.nodata is not None:
            values[values == np.float32(self.nodata)] = np.nan
        index = self.band - 1
        scale, offset = self.raster.scales[index], self.raster.offsets[index]
        metres = (values * np.float32(scale) + np.float32(offset)) * np.float32(self.factor)
        self._check(metres)
        return metres

    def _check(self, metres: np.ndarray) -> None:
        with np.errstate(invalid="ignore"):
            wrong = metres[(metres < LOWEST_M) | (metres > HIGHEST_M)]
        if not wrong.size:
            return
        worst = float(wrong[np.argmax(np.abs(wrong))])
        if worst < 0:
            hint = f"if {worst:g} means no data, say so with nodata = {worst:g}"
        elif worst * FEET["ft"] <= HIGHEST_M:
            hint = 'if they are feet, say so with unit = "ft"'
        else:
            hint = "choose the band that holds elevation"
        raise InputError(
            self.name,
            f"{worst:g} m among its heights, {LOWEST_M:g} to {HIGHEST_M:,.0f} are allowed: {hint}",
        )


def applied(affine: Affine, x: Any, y: Any) -> tuple[Any, Any]:
    """What an affine transformation makes of points, numbers or arrays."""
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def open_tiles(
    paths: Sequence[Path],
    stack: ExitStack,
    *,
    band: int | None = None,
    nodata: float | None = None,
    unit: str | None = None,
) -> list[Tile]:
    """Open elevation rasters and check what their headers say; every fault is told at once.

    Raises
    ------
    InputError
        A file is missing, is none of the kinds that are read, or its header cannot be believed.
    CRSError
        Where one declares no reference system.
    """
    tiles, faults = [], []
    for path in paths:
        try:
            tiles.append(_open(path, stack, band, nodata, unit))
        except CRSError:
            raise
        except InputError as error:
            faults.append((error.where, error.faults))
    if len(faults) == 1:
        raise InputError(*faults[0])
    if faults:
        raise InputError("dem", [f"{where}: {'; '.join(said)}" for where, said in faults])
    return tiles


def _open(
    path: Path, stack: ExitStack, band: int | None, nodata: float | None, unit: str | None
) -> Tile:
    import rasterio
    from rasterio.errors import RasterioError

    name = str(path)
    if not path.is_file():
        raise InputError(name, "there is no such file")
    source, inner, start, size = _unzipped(path) if _is_zip(path) else _plain(path)
    driver = _driver(inner, start, size, name)
    try:
        raster = stack.enter_context(rasterio.open(source, driver=driver))
        band = _check_header(raster, band, name)
    except RasterioError as error:
        raise InputError(name, f"it cannot be read: {error}") from error
    return Tile(name, raster, band, nodata, _factor(raster, band, unit))


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _plain(path: Path) -> tuple[str, str, bytes, int]:
    with path.open("rb") as file:
        return str(path), path.name, file.read(64), path.stat().st_size


def _unzipped(path: Path) -> tuple[str, str, bytes, int]:
    """The one raster inside a zip as GDAL names it, its name, first bytes and size."""
    name = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            found = [m for m in archive.infolist() if _may_be_raster(m.filename)]
            if len(found) != 1:
                raise InputError(name, f"it holds {len(found)} elevation rasters: one is wanted")
            member = found[0]
            parts = PurePosixPath(member.filename.replace("\\", "/")).parts
            if ".." in parts or member.filename.startswith("/"):
                raise InputError(name, f"{member.filename!r} in it climbs out of the zip")
            if member.file_size > MOST_UNZIPPED:
                raise InputError(
                    name,
                    f"it unpacks to {member.file_size / 1e9:,.1f} GB, too much to read from a zip: "
                    "unpack it, and name the file",
                )
            with archive.open(member) as file:
                start = file.read(64)
    except BROKEN as error:
        raise InputError(name, f"it is a broken zip file, or a locked one: {error}") from error
    source = f"/vsizip/{{{path.resolve()}}}/{member.filename}"
    return source, parts[-1], start, member.file_size


def _may_be_raster(name: str) -> bool:
    return name.lower().endswith((".hgt", ".tif", ".tiff", ".asc", ".dt0", ".dt1", ".dt2")) and (
        not name.startswith("__MACOSX")
    )


def _driver(inner: str, start: bytes, size: int, name: str) -> str:
    """Which of GDAL's drivers reads it: by its first bytes, so that no file leads to others."""
    if inner.lower().endswith(".hgt"):
        if not HGT_NAME.match(inner):
            raise InputError(
                name, "an .hgt file has its place in its name alone: call it such as N42E001.hgt"
            )
        if size not in HGT_BYTES:
            raise InputError(
                name, f"it holds {size:,} bytes: an .hgt of 1201 x 1201 points holds 2,884,802"
            )
        return "SRTMHGT"
    if start[:4] in MAGIC:
        return MAGIC[start[:4]]
    if start.lstrip().lower().startswith((b"ncols", b"nrows")):
        return "AAIGrid"
    raise InputError(name, f"it is no elevation raster: {KINDS} are read")


def check_block(raster: DatasetReader, band: int, name: str) -> None:
    """An error where a band is stored in blocks that no memory holds."""
    block = np.prod([float(n) for n in raster.block_shapes[band - 1]])
    if block > MOST_BLOCK_PIXELS:
        raise InputError(
            name,
            f"it says that it is stored in blocks of {block:,.0f} pixels, too many to hold: write "
            "it anew in tiles (gdal_translate -of COG)",
        )


def _check_header(raster: DatasetReader, band: int | None, name: str) -> int:
    if raster.crs is None:
        raise CRSError(name, "the raster declares no reference system: give it one")
    if raster.transform.is_identity or not raster.transform.determinant:
        raise CRSError(name, "the raster is not placed on the ground: it has no geotransform")
    if band is None and raster.count > 1:
        raise InputError(name, f"it has {raster.count} bands: choose one with band =")
    if band is not None and not 1 <= band <= raster.count:
        raise InputError(name, f"there is no band {band}: it has {raster.count}")
    check_block(raster, band or 1, name)
    return band or 1


def _factor(raster: DatasetReader, band: int, unit: str | None) -> float:
    """What a value is multiplied by to give metres."""
    said = (unit or raster.units[band - 1] or "m").strip().lower()
    return FEET.get(said, 1.0)


@dataclass
class Mosaic:
    """Tiles whose pixels lie on one lattice, read as if they were one raster.

    Columns and rows count from the first tile's corner; where tiles overlap, the first that holds
    data counts.
    """

    tiles: list[Tile]
    corners: list[tuple[int, int]]
    filled: list[np.ndarray] = field(default_factory=list)

    @property
    def affine(self) -> Affine:
        """From columns and rows to the reference system."""
        return self.tiles[0].affine

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of all tiles. [pixels]"""
        boxes = np.array([self._box(number) for number in range(len(self.tiles))])
        return (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())

    def covers(self, column: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Whether points lie in any tile."""
        inside = np.zeros(column.shape, dtype=bool)
        for number in range(len(self.tiles)):
            left, top, right, bottom = self._box(number)
            inside |= (column >= left) & (column <= right) & (row >= top) & (row <= bottom)
        return inside

    def read(
        self, left: int, top: int, right: int, bottom: int, core: tuple[int, int, int, int]
    ) -> np.ndarray:
        """Elevation of a window, with its small voids filled; NaN where nothing is known. [m]

        Of what is filled, that in the box `core` is counted.
        """
        values = np.full((bottom - top, right - left), np.nan, dtype="float32")
        for number, tile in enumerate(self.tiles):
            box = self._box(number)
            a, b = max(left, box[0]), max(top, box[1])
            c, d = min(right, box[2]), min(bottom, box[3])
            if a >= c or b >= d:
                continue
            part = values[b - top : d - top, a - left : c - left]
            void = np.isnan(part)
            if void.any():
                own = tile.read(a - box[0], b - box[1], c - box[0], d - box[1])
                part[void] = own[void]
        self._fill(values, left, top, core)
        return values

    def filled_count(self) -> int:
        """How many pixels were filled so far, each counted once."""
        return len(np.unique(np.concatenate(self.filled))) if self.filled else 0

    def _box(self, number: int) -> tuple[int, int, int, int]:
        left, top = self.corners[number]
        raster = self.tiles[number].raster
        return left, top, left + raster.width, top + raster.height

    def _fill(
        self, values: np.ndarray, left: int, top: int, core: tuple[int, int, int, int]
    ) -> None:
        row, column = small_voids(values)
        if not row.size:
            return
        values[row, column] = relaxed(values, row, column)
        row, column = row + top, column + left
        own = (column >= core[0]) & (column < core[2]) & (row >= core[1]) & (row < core[3])
        self.filled.append(row[own].astype(np.int64) * 2**31 + column[own])


def mosaics(
    tiles: Sequence[Tile], step_of: Callable[[Tile], float], stack: ExitStack
) -> list[Mosaic]:
    """Tiles grouped by the lattice that their pixels lie on, in the order given.

    `step_of` tells for a tile how many of its pixels are one step of what is wanted: where a file
    has overviews at least as fine as that, one of them is read in its place.
    """
    groups: list[Mosaic] = []
    for whole in tiles:
        tile = _overview(whole, step_of(whole), stack)
        for group in groups:
            corner = _corner(group.tiles[0], tile)
            if corner is not None:
                group.tiles.append(tile)
                group.corners.append(corner)
                break
        else:
            groups.append(Mosaic([tile], [(0, 0)]))
    return groups


def _overview(tile: Tile, step: float, stack: ExitStack) -> Tile:
    import rasterio

    factors = tile.raster.overviews(tile.band)
    level = max((n for n, factor in enumerate(factors) if factor <= step), default=None)
    if level is None or tile.raster.driver != "GTiff":
        return tile
    smaller = rasterio.open(tile.raster.name, overview_level=level)
    return replace(tile, raster=stack.enter_context(smaller))


def _corner(first: Tile, tile: Tile) -> tuple[int, int] | None:
    """Column and row of a tile's corner on the lattice of the first; None where it has another."""
    a, b = first.affine, tile.affine
    same = np.allclose((a.a, a.b, a.d, a.e), (b.a, b.b, b.d, b.e), rtol=1e-6, atol=0)
    if not same or first.crs != tile.crs:
        return None
    column, row = applied(~a, b.c, b.f)
    if abs(column - round(column)) > 0.02 or abs(row - round(row)) > 0.02:
        return None
    return round(column), round(row)
