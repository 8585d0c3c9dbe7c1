"""The part of a raster that a region needs, from a file or an address, as a small GeoTIFF."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from geocluster.errors import FetchError, InputError
from geocluster.files import replacing
from geocluster.load.online_faults import TooLargeError, again
from geocluster.load.online_words import is_address, shown, user_agent

if TYPE_CHECKING:
    import numpy as np
    from affine import Affine
    from rasterio.io import DatasetReader

    from geocluster.load.online import Client

LONLAT = "EPSG:4326"
COPERNICUS_URL = (
    "https://copernicus-dem-90m.s3.amazonaws.com/Copernicus_DSM_COG_30_{NS}{lat:02}_00_{EW}{lon:03}"
    "_00_DEM/Copernicus_DSM_COG_30_{NS}{lat:02}_00_{EW}{lon:03}_00_DEM.tif"
)
WHOLE_BYTES = 200_000_000
MOST_PIXELS = 100_000_000
MOST_DEM_TILES = 60
Box = tuple[float, float, float, float]
Corner = tuple[int, int]


class Part(NamedTuple):
    """What was written: the file, its pixels, where it comes from and when that was fetched.

    `sea` are the corners of tiles that are not there.
    """

    path: Path
    pixels: int
    source: str
    fetched: str
    sea: tuple[Corner, ...] = ()


def fetch_part(client: Client, source: str, box: Box, path: Path, *, service: str) -> Part:
    """Cut the part of a raster that lies in a box.

    An address is downloaded whole where it has at most 200 MB; of a larger file only the part is
    read, as far as its server gives ranges of bytes (a cloud-optimised GeoTIFF is made for that).

    Parameters
    ----------
    client : Client
        Asks the server.
    source : str
        A path, or an address.
    box : tuple
        West, south, east, north. [degrees]
    path : Path
        The .tif to write, in the raster's own reference system.
    service : str
        What the raster is called in messages.

    Raises
    ------
    InputError
        Where it cannot be read, has no place on the earth, does not touch the box, or the part is
        too large.
    """
    if not is_address(source):
        file, fetched = Path(source), client.today()
        if not file.is_file():
            raise InputError(str(file), "there is no such file")
        return Part(path, _cut([_gdal_name(file)], box, path, str(file)), file.name, fetched)
    told = f"{service} at {shown(source, query=False)}"
    try:
        answer = client.get(source, service=service, most_bytes=WHOLE_BYTES)
    except TooLargeError:
        pixels = _cut([f"/vsicurl/{source}"], box, path, told, client)
        return Part(path, pixels, shown(source), client.today())
    with named(answer.path, source) as file, client.forgetting(answer):
        pixels = _cut([_gdal_name(file)], box, path, told)
    return Part(path, pixels, answer.url, answer.fetched)


def fetch_tiles(client: Client, template: str, box: Box, path: Path, *, service: str) -> Part:
    """Put the tiles of one degree that cover a box together; a tile that is not there is sea.

    Parameters
    ----------
    client : Client
        Asks the server.
    template : str
        Address of a tile, with the south-western corner as {NS}{lat:02} and {EW}{lon:03}.
    box, path, service
        As in `fetch_part`.

    Raises
    ------
    FetchError
        Where no tile is there at all, or one cannot be fetched.
    """
    corners = tile_corners(box)
    if len(corners) > MOST_DEM_TILES:
        raise FetchError(
            service,
            f"the region needs {len(corners)} tiles, more than {MOST_DEM_TILES}: give a file that "
            "holds it (--dem FILE)",
        )
    with _names() as names:
        answers, files, sea = [], [], []
        for corner in corners:
            address = tile_address(template, *corner)
            answer = _tile_or_none(client, address, service)
            if answer is None:
                sea.append(corner)
                continue
            answers.append(answer)
            files.append(_gdal_name(names(answer.path, address)))
        if not files:
            raise FetchError(
                f"{service} at {shown(template, query=False)}",
                f"none of the {len(corners)} tiles is there: mend the address, or give a file",
            )
        with client.forgetting(*answers):
            pixels = _cut(files, box, path, service, sea=sea)
    fetched = min(answer.fetched for answer in answers)
    return Part(path, pixels, shown(template), fetched, tuple(sea))


def tile_corners(box: Box) -> list[Corner]:
    """South-western corners (longitude, latitude) of the tiles of one degree that cover a box.

    Examples
    --------
    >>> tile_corners((64.9, 40.1, 65.2, 40.3))
    [(64, 40), (65, 40)]
    """
    west, south, east, north = box
    columns = range(math.floor(west), math.ceil(east))
    return [(x, y) for y in range(math.floor(south), math.ceil(north)) for x in columns]


def tile_address(template: str, longitude: int, latitude: int) -> str:
    """The address of the tile with that south-western corner.

    Examples
    --------
    >>> tile_address("https://example.org/{NS}{lat:02}{EW}{lon:03}.hgt.zip", 65, 40)
    'https://example.org/N40E065.hgt.zip'
    """
    try:
        return template.format(
            NS="N" if latitude >= 0 else "S",
            EW="E" if longitude >= 0 else "W",
            lat=abs(latitude),
            lon=abs(longitude),
        )
    except (KeyError, IndexError, ValueError, AttributeError):
        raise InputError(
            "--dem-url",
            f"{shown(template)!r}: a template has {{NS}}, {{lat:02}}, {{EW}} and {{lon:03}}",
        ) from None


def _tile_or_none(client: Client, address: str, service: str):  # type: ignore[no-untyped-def]
    try:
        return client.get(address, service=service, most_bytes=WHOLE_BYTES)
    except FetchError as error:
        if "there is nothing at this address" in str(error):
            return None
        raise


@contextmanager
def named(path: Path, address: str) -> Iterator[Path]:
    """A file of the cache under the name of its address: GDAL tells some formats by it."""
    with _names() as names:
        yield names(path, address)


@contextmanager
def _names():  # type: ignore[no-untyped-def]
    import os
    import tempfile

    with tempfile.TemporaryDirectory(prefix="geocluster-raster-") as folder:

        def name(path: Path, address: str) -> Path:
            target = Path(folder, Path(urlsplit(address).path).name or "raster.tif")
            try:
                os.link(path, target)
            except OSError:
                target.symlink_to(path.resolve())
            return target

        yield name


def _gdal_name(path: Path) -> str:
    """How GDAL opens a file: a raster in a zip or gzip by way of its virtual folders."""
    import zipfile

    text = str(path.resolve())
    if path.suffix.lower() == ".gz":
        return f"/vsigzip/{text}"
    if path.suffix.lower() != ".zip":
        return text
    try:
        with zipfile.ZipFile(path) as packed:
            rasters = [
                item
                for item in packed.namelist()
                if item.lower().endswith((".tif", ".tiff", ".hgt", ".img"))
            ]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(str(path), f"it cannot be unpacked ({error})") from None
    if len(rasters) != 1:
        raise InputError(str(path), f"it holds {len(rasters)} rasters, one is wanted: unpack it")
    return f"/vsizip/{text}/{rasters[0]}"


def _cut(
    names: Sequence[str],
    box: Box,
    path: Path,
    told: str,
    client: Client | None = None,
    sea: Sequence[Corner] = (),
) -> int:
    """Write what lies in a box of one raster, or of several tiles put together; its pixels."""
    import contextlib

    import rasterio
    from rasterio.errors import RasterioError

    options: dict[str, object] = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
    if client is not None:
        options |= {
            "GDAL_HTTP_USERAGENT": user_agent(client.manners.contact),
            "GDAL_HTTP_TIMEOUT": f"{client.manners.timeout_s:g}",
            "GDAL_HTTP_CONNECTTIMEOUT": f"{min(30.0, client.manners.timeout_s):g}",
            "GDAL_HTTP_MAX_RETRY": client.manners.attempts - 1,
            "GDAL_HTTP_RETRY_DELAY": client.manners.first_wait_s,
        }
    try:
        with rasterio.Env(**options), contextlib.ExitStack() as opened:
            rasters = [opened.enter_context(rasterio.open(name)) for name in names]
            return _write_part(rasters, box, path, told, sea)
    except RasterioError as error:
        reason = str(error).replace(names[0], "it").splitlines()[0] if str(error) else "no reason"
        if client is None:
            raise InputError(told, f"it cannot be read as a raster ({reason})") from None
        hint = f"it is large, and no part of it can be read: {again(told)}"
        raise FetchError(told, hint) from None


def _write_part(
    rasters: Sequence[DatasetReader], box: Box, path: Path, told: str, sea: Sequence[Corner]
) -> int:
    import numpy as np
    import rasterio
    from rasterio.merge import merge
    from rasterio.warp import transform_bounds

    first = rasters[0]
    if first.crs is None or first.transform.is_identity:
        raise InputError(told, "the raster has no place on the earth: no CRS or no geotransform")
    west, south, east, north = transform_bounds(LONLAT, first.crs, *box, densify_pts=65)
    if len(rasters) > 1 or sea:
        bounds = _on_pixels(first, (west, south, east, north))
        pixel = abs(first.transform.a * first.transform.e)
        _check_pixels((bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) / pixel, told)
        data, transform = merge(list(rasters), bounds=bounds, nodata=first.nodata)
        _flood(data, transform, first.nodata, sea)
    else:
        window = _window(first, (west, south, east, north), told)
        _check_pixels(window.width * window.height * first.count, told)
        data, transform = first.read(window=window), first.window_transform(window)
    profile = {
        "driver": "GTiff",
        "dtype": first.dtypes[0],
        "count": data.shape[0],
        "height": data.shape[1],
        "width": data.shape[2],
        "crs": first.crs,
        "transform": transform,
        "nodata": first.nodata,
        "compress": "DEFLATE",
        "tiled": True,
    }
    with replacing(path) as temporary, rasterio.open(temporary, "w", **profile) as target:
        target.write(np.asarray(data))
    return int(data.shape[1] * data.shape[2])


def _flood(
    data: np.ndarray, transform: Affine, nodata: float | None, sea: Sequence[Corner]
) -> None:
    """Height 0 where no tile is; elsewhere no data stays no data. Tiles are in degrees."""
    if nodata is None:
        return
    for west, south in sea:
        left, top = ~transform @ (west, south + 1)
        right, bottom = ~transform @ (west + 1, south)
        rows = slice(max(0, math.floor(top)), max(0, math.ceil(bottom)))
        columns = slice(max(0, math.floor(left)), max(0, math.ceil(right)))
        part = data[:, rows, columns]
        part[part == nodata] = 0


def _check_pixels(pixels: float, told: str) -> None:
    if pixels > MOST_PIXELS:
        raise InputError(
            told,
            f"the part of it that the region needs has {pixels:,.0f} pixels, more than "
            f"{MOST_PIXELS:,}: give a coarser raster",
        )


def _window(raster: DatasetReader, bounds: Box, told: str):  # type: ignore[no-untyped-def]
    """The pixels of a raster that touch bounds in its own reference system."""
    from rasterio.errors import WindowError
    from rasterio.windows import Window, from_bounds

    exact = from_bounds(*bounds, raster.transform)
    left, top = math.floor(exact.col_off), math.floor(exact.row_off)
    right, bottom = exact.col_off + exact.width, exact.row_off + exact.height
    window = Window(left, top, math.ceil(right) - left, math.ceil(bottom) - top)
    try:
        return window.intersection(Window(0, 0, raster.width, raster.height))
    except WindowError:
        raise InputError(
            told, "the raster does not touch the region: is it the right country or tile?"
        ) from None


def _on_pixels(raster: DatasetReader, bounds: Box) -> Box:
    """Bounds moved outwards to the edges of pixels, so that nothing is resampled."""
    west, south, east, north = bounds
    x, y = raster.transform.c, raster.transform.f
    width, height = raster.transform.a, -raster.transform.e
    return (
        x + math.floor((west - x) / width) * width,
        y - math.ceil((y - south) / height) * height,
        x + math.ceil((east - x) / width) * width,
        y - math.floor((y - north) / height) * height,
    )
