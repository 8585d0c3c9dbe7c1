"""A grid as a picture that lies right on a web map: warped to EPSG:3857, a PNG with a palette.

Leaflet stretches a picture linearly between its corners in EPSG:3857, so the grid has to be in that
system before. Each palette entry carries its own number in its lowest bits, invisible to the
eye, by which the page can tell what a pixel means when it is clicked.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

GOOD_SIDE, LARGEST_SIDE, FINEST = 1200, 2000, 8
MOST_ENTRIES = 254


class Picture(NamedTuple):
    """A picture as a data URI, and where it lies: south, west, north, east [degrees]."""

    uri: str
    bounds: tuple[float, float, float, float]


def warp(
    values: np.ndarray, grid: xr.DataArray | xr.Dataset, crs: Any, *, smooth: bool
) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """A grid's values in EPSG:3857, rows from north, and the box they fill there.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (y, x) of `grid`. Floats where `smooth`, else whole numbers with 0 for nothing.
    grid : xarray.DataArray or Dataset
        With coordinates y (descending) and x, cell centres. [m]
    crs : anything pyproj takes
        Of the coordinates.
    smooth : bool
        Interpolate between cells; else every pixel takes the cell that it lies in.

    Returns
    -------
    (numpy.ndarray, (west, south, east, north))
        The box in EPSG:3857. [m]
    """
    from rasterio.crs import CRS
    from rasterio.transform import array_bounds, from_bounds
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    source_crs = CRS.from_user_input(crs)
    height, width = values.shape
    box = _outer_box(grid)
    source = from_bounds(*box, width, height)
    transform, columns, rows = calculate_default_transform(
        source_crs, "EPSG:3857", width, height, *box
    )
    side = max(columns, rows)
    factor = min(max(GOOD_SIDE / side, 1.0), FINEST, LARGEST_SIDE / side)
    bounds = array_bounds(rows, columns, transform)
    shape = max(1, round(rows * factor)), max(1, round(columns * factor))
    target = from_bounds(bounds[0], bounds[1], bounds[2], bounds[3], shape[1], shape[0])
    nothing = np.nan if smooth else 0
    warped = np.full(shape, nothing, dtype="float32" if smooth else "uint8")
    reproject(
        values.astype(warped.dtype),
        warped,
        src_transform=source,
        src_crs=source_crs,
        dst_transform=target,
        dst_crs="EPSG:3857",
        src_nodata=nothing,
        dst_nodata=nothing,
        resampling=Resampling.bilinear if smooth else Resampling.nearest,
    )
    return warped, bounds


def _outer_box(grid: xr.DataArray | xr.Dataset) -> tuple[float, float, float, float]:
    x, y = np.asarray(grid["x"], dtype=float), np.asarray(grid["y"], dtype=float)
    cell = float(grid.attrs.get("cell_m") or (x[1] - x[0] if len(x) > 1 else y[0] - y[1]))
    return x[0] - cell / 2, y[-1] - cell / 2, x[-1] + cell / 2, y[0] + cell / 2


def picture(index: np.ndarray, bounds_3857: Sequence[float], colours: Sequence[str]) -> Picture:
    """A picture of whole numbers: 0 is transparent, n has the n-th of `colours`.

    Parameters
    ----------
    index : numpy.ndarray
        uint8, shape (rows, columns), rows from north.
    bounds_3857 : sequence of float
        West, south, east, north in EPSG:3857. [m]
    colours : sequence of str
        ``#rrggbb``, at most 254; the same colour may come more than once.
    """
    from pyproj import Transformer

    back = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    west, south = back.transform(bounds_3857[0], bounds_3857[1])
    east, north = back.transform(bounds_3857[2], bounds_3857[3])
    uri = "data:image/png;base64," + base64.b64encode(png(index, colours)).decode("ascii")
    return Picture(uri, (round(south, 7), round(west, 7), round(north, 7), round(east, 7)))


def png(index: np.ndarray, colours: Sequence[str]) -> bytes:
    """A PNG with a palette; entry 0 is transparent."""
    if len(colours) > MOST_ENTRIES:
        raise ValueError(f"{len(colours)} colours, {MOST_ENTRIES} fit into a palette")
    palette = b"\0\0\0" + b"".join(marked(colour, i + 1) for i, colour in enumerate(colours))
    rows, columns = index.shape
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)
    lines[:, 1:] = index
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"PLTE", palette),
            (b"tRNS", b"\0"),
            (b"IDAT", zlib.compress(lines.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def marked(colour: str, number: int) -> bytes:
    """A colour with a number up to 255 in its lowest 3, 3 and 2 bits of red, green and blue.

    Examples
    --------
    >>> marked("#ffffff", 0).hex(), marked("#ffffff", 255).hex()
    ('f8f8fc', 'ffffff')
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return bytes(
        (red & 0xF8 | number >> 5, green & 0xF8 | number >> 2 & 7, blue & 0xFC | number & 3)
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
