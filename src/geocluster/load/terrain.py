"""Terrain: elevation rasters brought onto the cells of a region."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from geocluster.errors import InputError, MendedWarning
from geocluster.load.dem import Mosaic, Tile, applied, mosaics, open_tiles
from geocluster.load.sampling import MOST_PARTS, Points, sample

if TYPE_CHECKING:
    import xarray as xr

    from geocluster.region import Region

MOST_CELLS = 25_000_000
MOST_PIXELS = 4e9  # of a file, in the box that is wanted
DEFAULT_REACH_M = 50_000.0
NAMED_TILES = 6
CACHE_MB = 100  # of decoded blocks; 5 % of the machine's memory unless told


def read_terrain(
    path: str | Path | Sequence[str | Path],
    region: Region,
    *,
    cell_m: float | None = None,
    reach_m: float = DEFAULT_REACH_M,
    band: int | None = None,
    nodata: float | None = None,
    unit: Literal["m", "ft"] | None = None,
    void_m: float | None = None,
) -> xr.DataArray:
    """Read elevation rasters as the ground of a region's cells and of what is near.

    The ground of a cell is the mean over it, from 5 x 5 points at most, each interpolated
    linearly between pixels or, where these are finer, between means of them. Where a pixel is
    larger than a cell, the ground is that at the cell's centre.

    Parameters
    ----------
    path : str, Path or sequence of them
        GeoTIFF in any CRS (read in windows, never as a whole), SRTM ``N42E001.hgt`` or
        ``.hgt.zip``, DTED, ASCII grid; several are joined, the first that holds data counts.
    region : Region
        The cells are those of ``region.grid(cell_m)``, continued outside it as far as `reach_m`
        and the files go.
    cell_m : float, optional
        Side of a cell; that of the rasters' pixels unless told. [m]
    reach_m : float
        How far outside the region ground is wanted; less where cells would be too many. [m]
    band : int, optional
        Needed where a raster has several bands.
    nodata : float, optional
        The value of no data where the file does not declare it.
    unit : {"m", "ft"}, optional
        Of the heights in the files; what they declare, else metres, unless told.
    void_m : float, optional
        The ground where the files hold none, such as 0 for the sea; an error unless told. [m]

    Returns
    -------
    xarray.DataArray
        Elevation, dims (y, x), y descending, in the region's CRS; NaN outside the region's box
        where the files do not reach. [m] Attrs: `crs`, `cell_m`, `units`, `pixel_m` of the files,
        `lowest_m`, `highest_m`, `files`, `filled`.

    Raises
    ------
    InputError
        A file that cannot be read or believed; one that does not cover the region's box, by how
        much; a void in it more than 3 pixels deep, where; heights outside -500 to 9,000 m.
    CRSError
        A raster without a reference system.

    Warns
    -----
    MendedWarning
        Small voids filled from their surroundings, or any with `void_m`, with their number.

    Examples
    --------
    >>> import pathlib, tempfile, rasterio
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "dem.tif"
    >>> to_ground = rasterio.transform.from_origin(500_000, 4_600_000, 100, 100)
    >>> with rasterio.open(file, "w", width=10, height=10, count=1, dtype="int16",
    ...                    crs="EPSG:32642", transform=to_ground) as raster:
    ...     raster.write(np.tile(np.arange(0, 100, 10, dtype="int16"), (1, 10, 1)))
    >>> region = Region("Example", box(500_000, 4_599_000, 501_000, 4_600_000), "EPSG:32642")
    >>> read_terrain(file, region, cell_m=500).values.tolist()
    [[20.0, 70.0], [20.0, 70.0]]
    """
    import rasterio

    listed = [path] if isinstance(path, str | Path) else list(path)
    if not listed:
        raise InputError("dem", "there is no file: name at least one")
    if cell_m is not None and not cell_m > 0:
        raise InputError("dem", f"cell_m is {cell_m}: give a size above 0 in metres")
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_MB))
        options = {"band": band, "nodata": nodata, "unit": unit}
        tiles = open_tiles([Path(one) for one in listed], stack, **options)  # type: ignore[arg-type]
        pixel_m = min(_pixel_m(tile, region) for tile in tiles)
        cell_m = float(cell_m or max(1.0, math.ceil(pixel_m)))
        parts = int(np.clip(math.ceil(cell_m / pixel_m), 1, MOST_PARTS))
        step_m = cell_m / parts
        groups = mosaics(tiles, lambda tile: step_m / _pixel_m(tile, region), stack)
        cells = _Cells.about(region, cell_m, reach_m)
        _check_size(groups, cells, region)
        ground, covered = _ground(groups, cells, parts, region)
        filled = sum(group.filled_count() for group in groups)
    name = ", ".join(Path(one).name for one in listed)
    ground, put = _without_voids(ground, covered, cells, region, name, void_m)
    _tell(name, filled, put, void_m)
    return _as_array(ground, cells, region, listed, pixel_m, filled + put)


@dataclass(frozen=True)
class _Cells:
    """Cells of a region's grid and those around it; `margin` of them on each side."""

    cell_m: float
    left: int
    top: int
    columns: int
    rows: int
    margin: int

    @classmethod
    def about(cls, region: Region, cell_m: float, reach_m: float) -> _Cells:
        grid_left, grid_bottom, grid_right, grid_top = _box_in_cells(region, cell_m)
        width, height = grid_right - grid_left, grid_top - grid_bottom
        if width * height > MOST_CELLS:
            raise InputError(
                region.name,
                f"terrain in cells of {cell_m:g} m has {width * height:,} of them, more than the "
                f"{MOST_CELLS:,} that memory holds: give a larger cell_m",
            )
        margin = max(0, math.ceil(reach_m / cell_m))
        # (width + 2 margin) (height + 2 margin) <= MOST_CELLS
        half = (width + height) / 2
        most = (math.sqrt(half**2 + MOST_CELLS - width * height) - half) / 2
        margin = min(margin, int(most))
        return cls(
            cell_m, grid_left - margin, grid_top + margin, width + 2 * margin, height + 2 * margin,
            margin,
        )  # fmt: skip

    @property
    def x(self) -> np.ndarray:
        return (self.left + np.arange(self.columns) + 0.5) * self.cell_m

    @property
    def y(self) -> np.ndarray:
        return (self.top - np.arange(self.rows) - 0.5) * self.cell_m

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the region's own grid."""
        m = self.margin
        return slice(m, self.rows - m), slice(m, self.columns - m)

    def points(self, parts: int) -> Points:
        """The points whose mean is a cell's ground, from the north-west."""
        step = self.cell_m / parts
        x = self.left * self.cell_m + (np.arange(self.columns * parts) + 0.5) * step
        y = self.top * self.cell_m - (np.arange(self.rows * parts) + 0.5) * step
        return Points(x, y, step)


def _box_in_cells(region: Region, cell_m: float) -> tuple[int, int, int, int]:
    """The region's box as `Region.grid` snaps it. [cells]"""
    west, south, east, north = region.boundary.bounds
    lower = [math.floor(v / cell_m + 1e-9) for v in (west, south)]
    upper = [math.ceil(v / cell_m - 1e-9) for v in (east, north)]
    upper = [max(up, low + 1) for up, low in zip(upper, lower, strict=True)]
    return lower[0], lower[1], upper[0], upper[1]


def _pixel_m(tile: Tile, region: Region) -> float:
    """The longer side of a tile's pixel where it is nearest the region's middle. [m]"""
    to_tile = tile.reached_from(region.crs)
    middle = region.boundary.representative_point()
    column, row = applied(~tile.affine, *to_tile.transform(middle.x, middle.y))
    if not (math.isfinite(column) and math.isfinite(row)):
        raise InputError(tile.name, f"{tile.crs.name} does not reach {region.name}")
    corners = applied(tile.affine, column + np.array([0, 1, 0]), row + np.array([0, 0, 1]))
    x, y = to_tile.transform(*corners, direction="INVERSE")
    return float(max(math.hypot(x[i] - x[0], y[i] - y[0]) for i in (1, 2)))


def _check_size(groups: list[Mosaic], cells: _Cells, region: Region) -> None:
    for group in groups:
        pixel_m = _pixel_m(group.tiles[0], region)
        wide, high = (n * cells.cell_m / pixel_m for n in (cells.columns, cells.rows))
        left, top, right, bottom = group.bounds
        pixels = min(wide, right - left) * min(high, bottom - top)
        if pixels > MOST_PIXELS:
            raise InputError(
                group.tiles[0].name,
                f"its pixels of {pixel_m:.2g} m are {pixels:.1g} in the box of {region.name}, too "
                "many to read: give it overviews (gdaladdo), or a coarser raster",
            )


def _ground(
    groups: list[Mosaic], cells: _Cells, parts: int, region: Region
) -> tuple[np.ndarray, np.ndarray]:
    """Ground of each cell, NaN where none is known, and whether any file covers its centre."""
    ground = np.full((cells.rows, cells.columns), np.nan)
    covered = np.zeros(ground.shape, dtype=bool)
    for group in groups:
        if np.isnan(ground).any():
            mean, inside = sample(group, cells.points(parts), parts, region)
            ground = np.where(np.isnan(ground), mean, ground)
            covered |= inside
    return ground, covered


def _without_voids(
    ground: np.ndarray, covered: np.ndarray, cells: _Cells, region: Region, name: str,
    void_m: float | None,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """The ground of the region's box is whole, by `void_m` where that is given, or it is said."""
    if void_m is not None:
        unknown = np.isnan(ground)
        return np.where(unknown, float(void_m), ground), int(unknown[cells.box].sum())
    missing = np.asarray(np.isnan(ground[cells.box]))
    if not missing.any():
        return ground, 0
    bare = np.asarray(missing & ~covered[cells.box])
    if missing.all() and bare.all():
        raise InputError(name, f"the rasters do not touch {region.name}: check their place and CRS")
    x, y = cells.x[cells.box[1]], cells.y[cells.box[0]]
    if bare.any():
        raise InputError(name, _uncovered(bare, x, y, cells.cell_m, region))
    raise InputError(name, _void(missing, x, y, cells.cell_m, region))


def _uncovered(
    bare: np.ndarray, x: np.ndarray, y: np.ndarray, cell_m: float, region: Region
) -> str:
    rows, columns = (np.asarray(bare.all(axis=axis)) for axis in (1, 0))
    sides = {"north": rows, "south": rows[::-1], "west": columns, "east": columns[::-1]}
    lacking = {side: int(np.argmin(line)) * cell_m / 1000 for side, line in sides.items()}
    where = ", ".join(f"{km:.3g} km in the {side}" for side, km in lacking.items() if km)
    row, column = np.nonzero(bare)
    squares = _degree_squares(x[column], y[row], region)
    more = f" and {len(squares) - NAMED_TILES} more" if len(squares) > NAMED_TILES else ""
    return (
        f"it covers {1 - bare.mean():.1%} of the box of {region.name}"
        + (f"; {where} are missing" if where else "")
        + f": add what lies in the degree squares {', '.join(squares[:NAMED_TILES])}{more}, or "
        "give void_m where there is sea"
    )


def _void(missing: np.ndarray, x: np.ndarray, y: np.ndarray, cell_m: float, region: Region) -> str:
    from scipy import ndimage

    labels, count = ndimage.label(missing, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    row, column = np.nonzero(labels == int(np.argmax(sizes)) + 1)
    longitude, latitude = _lonlat(x[[column[0]]], y[[row[0]]], region)
    area = missing.sum() * cell_m**2 / 1e6
    return (
        f"{area:,.3g} km2 of {region.name} are voids, in {count} places, the largest at "
        f"{latitude[0]:.3f} N {longitude[0]:.3f} E: give a raster without them beside it, which "
        "fills them, or their height as void_m where it is sea"
    )


def _lonlat(x: np.ndarray, y: np.ndarray, region: Region) -> tuple[np.ndarray, np.ndarray]:
    from pyproj import Transformer

    to_lonlat = Transformer.from_crs(region.crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_lonlat.transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)


def _degree_squares(x: np.ndarray, y: np.ndarray, region: Region) -> list[str]:
    """The names of SRTM's squares that hold points."""
    longitude, latitude = (np.floor(v).astype(int) for v in _lonlat(x, y, region))
    pairs = sorted(set(zip(latitude.tolist(), longitude.tolist(), strict=True)))
    return [
        f"{'N' if south >= 0 else 'S'}{abs(south):02d}{'E' if west >= 0 else 'W'}{abs(west):03d}"
        for south, west in pairs
    ]


def _tell(name: str, filled: int, put: int, void_m: float | None) -> None:
    said = []
    if filled:
        said.append(f"{filled} pixels without data filled from their surroundings")
    if put:
        said.append(f"{put} cells without data taken to be at {void_m:g} m, as void_m says")
    if said:
        warnings.warn(f"{name}: {'; '.join(said)}", MendedWarning, stacklevel=3)


def _as_array(
    ground: np.ndarray, cells: _Cells, region: Region, files: Sequence[str | Path], pixel_m: float,
    filled: int,
) -> xr.DataArray:  # fmt: skip
    import xarray as xr

    known = ~np.isnan(ground)
    own = np.zeros(known.shape, dtype=bool)
    own[cells.box] = True
    rows, columns = (np.flatnonzero((known | own).any(axis=axis)) for axis in (1, 0))
    kept = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    inside = ground[cells.box]
    return xr.DataArray(
        np.round(ground[kept], 3),
        dims=("y", "x"),
        coords={
            "y": ("y", cells.y[kept[0]], {"units": "m"}),
            "x": ("x", cells.x[kept[1]], {"units": "m"}),
        },
        name="ground_m",
        attrs={
            "units": "m",
            "crs": region.crs.to_wkt(),  # type: ignore[union-attr]
            "cell_m": cells.cell_m,
            "pixel_m": round(pixel_m, 1),
            "lowest_m": round(float(inside.min()), 1),
            "highest_m": round(float(inside.max()), 1),
            "files": ", ".join(Path(one).name for one in files),
            "filled": filled,
        },
    )
