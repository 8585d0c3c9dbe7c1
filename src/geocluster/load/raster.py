"""A population raster, turned into homes: square cells of the study's grid with people."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load.dem import check_block

if TYPE_CHECKING:
    import geopandas as gpd
    from affine import Affine
    from pyproj import CRS
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

    from geocluster.region import Region

REACH_M = 50_000.0
BLOCK_PIXELS = 1024  # a side; 8 MB of people at a time
BLOCK_CELLS = 2048
MOST_PIXELS = 1_000_000_000  # half a minute
# Points this far apart are transformed, and what lies between is interpolated: off by d^2 / 8R,
# under 0.1 m.
LATTICE_M = 2_000.0
PARTS_A_CELL = 4
COVERED_ENOUGH = 0.99


def read_population(
    path: str | Path,
    region: Region,
    cell_m: float,
    *,
    quantity: Literal["count", "density"] = "count",
    band: int | None = None,
    nodata: float | None = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read a population raster as homes: the grid's square cells that people live in.

    Each pixel is divided into equal parts, every one of which goes to the cell that its centre is
    in: no person is lost or counted twice, and nobody is more than an eighth of a cell off.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF or any raster that GDAL reads, such as WorldPop or GHS-POP, in any CRS.
    region : Region
        The cells are those of ``region.grid(cell_m)``, continued up to `reach_m` outside it.
    cell_m : float
        Side of a cell. [m]
    quantity : {"count", "density"}
        Whether a pixel holds people, or people per km2 of true ground.
    band : int, optional
        Needed where the raster has several bands.
    nodata : float, optional
        The value of no data where the file does not declare it.
    reach_m : float
        Cells up to this distance outside the region are kept. [m]

    Returns
    -------
    GeoDataFrame
        `name` (empty), `people`, `origin` ("raster") and square polygons with people above 0, by
        rows from the north-west.

    Raises
    ------
    InputError
        The file is missing or unreadable, has several bands and no choice, holds negative people
        that are not declared as nodata, or nobody in reach of the region.
    CRSError
        Where it declares no reference system.

    Warns
    -----
    MendedWarning
        Another CRS; a raster that does not cover the region.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np, rasterio
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "people.tif"
    >>> to_ground = rasterio.transform.from_origin(500_000, 4_600_000, 100, 100)
    >>> with rasterio.open(file, "w", width=10, height=10, count=1, dtype="float32",
    ...                    crs="EPSG:32642", transform=to_ground) as raster:
    ...     raster.write(np.ones((1, 10, 10), dtype="float32"))
    >>> region = Region("Example", box(500_000, 4_599_000, 501_000, 4_600_000), "EPSG:32642")
    >>> read_population(file, region, 500).people.tolist()
    [25.0, 25.0, 25.0, 25.0]
    """
    import rasterio
    from rasterio.errors import RasterioError

    name = str(path)
    if not Path(path).is_file():
        raise InputError(name, "there is no such file")
    if quantity not in ("count", "density"):
        raise InputError(name, f"quantity is {quantity!r}: allowed are 'count' and 'density'")
    if not cell_m > 0:
        raise InputError(name, f"cell_m is {cell_m}: give a size above 0 in metres")
    try:
        with rasterio.open(path) as raster:
            band = _check_raster(raster, band, name)
            ground = _Ground(raster, region, reach_m, cell_m, name)
            keys, people = _people_by_cell(ground, band, nodata, quantity)
    except RasterioError as error:
        raise InputError(name, f"it cannot be read: {error}") from error
    return _homes(keys, people, ground)


def _check_raster(raster: DatasetReader, band: int | None, name: str) -> int:
    if raster.crs is None:
        raise CRSError(name, "the raster declares no reference system: give it one")
    if raster.transform.is_identity:
        raise CRSError(name, "the raster is not placed on the ground: it has no geotransform")
    if band is None and raster.count > 1:
        raise InputError(name, f"it has {raster.count} bands: choose one with band=")
    if band is not None and not 1 <= band <= raster.count:
        raise InputError(name, f"there is no band {band}: it has {raster.count}")
    check_block(raster, band or 1, name)
    return band or 1


class _Ground:
    """How the pixels of a raster lie on the cells of a region."""

    def __init__(
        self, raster: DatasetReader, region: Region, reach_m: float, cell_m: float, name: str
    ) -> None:
        from pyproj import CRS, Transformer

        self.raster, self.region, self.name = raster, region, name
        self.reach_m, self.cell_m = reach_m, float(cell_m)
        self.crs: CRS = CRS.from_user_input(raster.crs)
        self.affine: Affine = raster.transform
        self._forward = Transformer.from_crs(self.crs, region.crs, always_xy=True)
        west, south, east, north = region.boundary.bounds
        self.box = (west - reach_m, south - reach_m, east + reach_m, north + reach_m)
        self.first_x = math.floor(self.box[0] / cell_m)
        self.first_y = math.floor(self.box[1] / cell_m)
        self.cells_a_row = math.ceil(self.box[2] / cell_m) - self.first_x + 1
        self.window = self._window()
        self.pixel_m = self._pixel_m()

    def pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows of the raster at points of the region's reference system."""
        from pyproj.enums import TransformDirection

        east, north = self._forward.transform(x, y, direction=TransformDirection.INVERSE)
        return _applied(~self.affine, np.asarray(east), np.asarray(north))

    def metres(self, column: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the region's reference system at columns and rows of the raster."""
        x, y = self._forward.transform(*_applied(self.affine, column, row))
        return np.asarray(x), np.asarray(y)

    def _window(self) -> tuple[int, int, int, int]:
        """First and last column and row that can hold people in reach."""
        x, y = np.meshgrid(
            np.linspace(self.box[0], self.box[2], 65), np.linspace(self.box[1], self.box[3], 65)
        )
        column, row = self.pixels(x, y)
        there = np.isfinite(column) & np.isfinite(row)
        if not there.any():
            raise CRSError(self.name, f"{self.crs.name} does not reach {self.region.name}")
        column, row = column[there], row[there]
        spare_x, spare_y = (2 + np.ptp(values) / 64 for values in (column, row))
        return (
            max(math.floor(column.min() - spare_x), 0),
            min(math.ceil(column.max() + spare_x), self.raster.width),
            max(math.floor(row.min() - spare_y), 0),
            min(math.ceil(row.max() + spare_y), self.raster.height),
        )

    def _pixel_m(self) -> float:
        """The longer side of a pixel in the middle of the region. [m]"""
        middle = self.region.boundary.representative_point()
        column, row = self.pixels(np.array([middle.x]), np.array([middle.y]))
        x, y = self.metres(column + np.array([0, 1, 0]), row + np.array([0, 0, 1]))
        return float(max(math.hypot(x[i] - x[0], y[i] - y[0]) for i in (1, 2)))

    def blocks(self) -> Iterator[Window]:
        """Windows of the raster that fit in memory, from the north-west."""
        from rasterio.windows import Window

        size = int(np.clip(BLOCK_CELLS * self.cell_m / self.pixel_m, 1, BLOCK_PIXELS))
        left, right, top, bottom = self.window
        for row in range(top, bottom, size):
            for column in range(left, right, size):
                yield Window(column, row, min(size, right - column), min(size, bottom - row))

    def corners(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Where the corners of a window's pixels are, (height + 1, width + 1). [m]"""
        step = max(1, int(LATTICE_M / self.pixel_m))
        columns = _lattice(window.width, step)
        rows = _lattice(window.height, step)
        x, y = self.metres(*np.meshgrid(columns + window.col_off, rows + window.row_off))
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise CRSError(self.name, f"{self.crs.name} does not reach {self.region.name}")
        across = _interpolation(columns, window.width)
        down = _interpolation(rows, window.height)
        return down @ x @ across.T, down @ y @ across.T


def _applied(affine: Affine, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _lattice(pixels: int, step: int) -> np.ndarray:
    return np.unique(np.append(np.arange(0, pixels, step), pixels)).astype(float)


def _interpolation(lattice: np.ndarray, pixels: int) -> np.ndarray:
    """The matrix that interpolates linearly from a lattice to every corner between."""
    corners = np.arange(pixels + 1)
    return np.stack([np.interp(corners, lattice, unit) for unit in np.eye(len(lattice))], axis=1)


def _people_by_cell(
    ground: _Ground, band: int, nodata: float | None, quantity: str
) -> tuple[np.ndarray, np.ndarray]:
    """Keys of cells, ascending, and the people in each."""
    keys, people = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    _tell_about(ground)
    for window in ground.blocks():
        values = _values(ground, band, nodata, window)
        if quantity == "density":
            values *= _pixel_area_km2(ground, window)
        if values.any():
            found, sums = _share_out(ground, window, values)
            keys.append(found)
            people.append(sums)
    unique, place = np.unique(np.concatenate(keys), return_inverse=True)
    return unique, np.bincount(place, np.concatenate(people), minlength=len(unique))


def _values(ground: _Ground, band: int, nodata: float | None, window: Window) -> np.ndarray:
    """People a pixel, 0 where there is no data."""
    raster = ground.raster
    read = raster.read(band, window=window, masked=True)
    values = np.ma.filled(read.astype(float), 0.0)
    if nodata is not None:
        values[values == nodata] = 0.0
    values[np.isnan(values)] = 0.0
    scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
    if (scale, offset) != (1.0, 0.0):
        values = np.where(np.ma.getmaskarray(read), 0.0, values * scale + offset)
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        raise InputError(
            ground.name,
            f"{values[wrong][0]:g} people in {int(wrong.sum())} pixels or more: if it means no "
            "data, declare it in the file or with nodata=",
        )
    return values


def _share_out(
    ground: _Ground, window: Window, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's people, in equal parts, to the cells that the parts are in."""
    x, y = (corners / ground.cell_m for corners in ground.corners(window))
    row, column = np.nonzero(values)
    people = values[row, column]
    x0, y0 = x[row, column], y[row, column]
    right = x[row, column + 1] - x0, y[row, column + 1] - y0
    down = x[row + 1, column] - x0, y[row + 1, column] - y0
    first_x, first_y = math.floor(x.min()) - 1, math.floor(y.min()) - 1
    width, height = math.ceil(x.max()) + 2 - first_x, math.ceil(y.max()) + 2 - first_y
    parts = max(2, math.ceil(PARTS_A_CELL * ground.pixel_m / ground.cell_m))
    sums = np.zeros(width * height)
    for i in range(parts):
        for j in range(parts):
            a, b = (i + 0.5) / parts, (j + 0.5) / parts
            part_x = np.floor(x0 + a * right[0] + b * down[0]).astype(np.int64) - first_x
            part_y = np.floor(y0 + a * right[1] + b * down[1]).astype(np.int64) - first_y
            sums += np.bincount(part_y * width + part_x, people, minlength=len(sums))
    there = np.flatnonzero(sums)
    cell_x = there % width + first_x - ground.first_x
    cell_y = there // width + first_y - ground.first_y
    kept = (cell_x >= 0) & (cell_x < ground.cells_a_row) & (cell_y >= 0)
    return (cell_y * ground.cells_a_row + cell_x)[kept], sums[there][kept] / parts**2


def _pixel_area_km2(ground: _Ground, window: Window) -> np.ndarray:
    """True ground under each pixel, (height, 1 or width). [km2]"""
    from pyproj import Proj

    columns = np.arange(window.width) + window.col_off + 0.5
    rows = np.arange(window.height) + window.row_off + 0.5
    nominal = abs(ground.affine.determinant)
    if ground.crs.is_geographic:
        _, latitude = _applied(ground.affine, *np.meshgrid(columns, rows))
        return nominal * _square_degree_km2(ground.crs, latitude)
    steps = [np.unique(np.linspace(v[0], v[-1], 17)) for v in (columns, rows)]
    projection = Proj(ground.crs)
    east, north = _applied(ground.affine, *np.meshgrid(*steps))
    factors = projection.get_factors(*projection(east, north, inverse=True))
    unit_km2 = (ground.crs.axis_info[0].unit_conversion_factor / 1000) ** 2
    across = np.stack([np.interp(columns, steps[0], unit) for unit in np.eye(len(steps[0]))], 1)
    down = np.stack([np.interp(rows, steps[1], unit) for unit in np.eye(len(steps[1]))], 1)
    return nominal * unit_km2 / (down @ factors.areal_scale @ across.T)


def _square_degree_km2(crs: CRS, latitude: np.ndarray) -> np.ndarray:
    """Ground of one square degree: M N cos(latitude), with the radii of curvature. [km2]"""
    geod = crs.get_geod()
    if geod is None:
        raise CRSError(crs.name, "it has no ellipsoid: give the raster another CRS")
    a, squared_eccentricity = geod.a, geod.es
    phi = np.radians(latitude)
    bend = 1 - squared_eccentricity * np.sin(phi) ** 2
    meridian = a * (1 - squared_eccentricity) / bend**1.5
    parallel = a / np.sqrt(bend) * np.cos(phi)
    return meridian * parallel * math.radians(1) ** 2 / 1e6


def _tell_about(ground: _Ground) -> None:
    """Warn of another CRS, and of a raster that does not cover the region."""
    import shapely

    region = ground.region
    west, south, east, north = region.boundary.bounds
    x, y = np.meshgrid(np.linspace(west, east, 102)[1:-1], np.linspace(south, north, 102)[1:-1])
    inside = shapely.contains_xy(region.boundary, x, y)
    column, row = ground.pixels(x[inside], y[inside])
    raster = ground.raster
    covered = (column >= 0) & (column < raster.width) & (row >= 0) & (row < raster.height)
    left, right, top, bottom = ground.window
    if left >= right or top >= bottom:
        raise InputError(
            ground.name, f"the raster does not touch {region.name} or what is near: check its CRS"
        )
    if (right - left) * (bottom - top) > MOST_PIXELS:
        raise InputError(
            ground.name,
            f"{(right - left) * (bottom - top):,} of its pixels lie in reach, too many to read: "
            "give a coarser raster",
        )
    if inside.any() and covered.mean() < COVERED_ENOUGH:
        _warn(
            f"{ground.name}: the raster covers {covered.mean():.0%} of {region.name}; "
            "elsewhere nobody is counted"
        )
    if ground.crs != region.crs:
        pixels = (right - left) * (bottom - top)
        _warn(
            f"{ground.name}: {pixels} pixels transformed from {ground.crs.name} to "
            f"{region.crs.name}, with their total kept"  # type: ignore[union-attr]
        )


def _homes(keys: np.ndarray, people: np.ndarray, ground: _Ground) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    region, cell = ground.region, ground.cell_m
    x = (keys % ground.cells_a_row + ground.first_x) * cell
    y = (keys // ground.cells_a_row + ground.first_y) * cell
    # A cell within reach has its centre no farther than that and half its diagonal.
    reach = region.boundary.buffer(ground.reach_m + cell / math.sqrt(2), quad_segs=32)
    shapely.prepare(reach)
    near = shapely.contains_xy(reach, x + cell / 2, y + cell / 2)
    if not near.any():
        raise InputError(
            ground.name,
            f"nothing left: nobody within {ground.reach_m / 1000:g} km of {region.name}",
        )
    kept = np.flatnonzero(near)
    kept = kept[np.lexsort((x[kept], -y[kept]))]
    x, y = x[kept], y[kept]
    return gpd.GeoDataFrame(
        {"name": "", "people": people[kept], "origin": "raster"},
        geometry=shapely.box(x, y, x + cell, y + cell),
        crs=region.crs,
    )


def _warn(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=5)
