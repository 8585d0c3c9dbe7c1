"""The region of a study: its boundary, its metric reference system and its grid."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geocluster.errors import CRSError, InputError, MendedWarning

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import xarray as xr
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

WORST_SCALE_ERROR = 0.01
LARGEST_UTM_EXTENT_M = 800_000
# A run holds some twenty grids of 8 bytes a cell at once: 4 GB at this many cells.
MOST_CELLS = 25_000_000


@dataclass(frozen=True)
class Region:
    """A named area in a metric reference system.

    Parameters
    ----------
    name : str
        What the region is called on maps.
    boundary : shapely geometry
        Polygon or multipolygon, in `crs`. [m]
    crs : str or pyproj.CRS
        A projected reference system in metres.

    Raises
    ------
    CRSError
        Where `crs` is missing, geographic or not in metres.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> region = Region("Example", box(0, 0, 10_000, 5_000), "EPSG:32642")
    >>> region.grid(cell_m=1000).shape
    (5, 10)
    """

    name: str
    boundary: BaseGeometry
    crs: CRS | str

    def __post_init__(self) -> None:
        object.__setattr__(self, "crs", metric_crs(self.crs, self.name))
        if self.boundary is None or self.boundary.is_empty or not self.boundary.area > 0:
            raise CRSError(self.name, "the boundary has no area: give a polygon")
        error = _scale_error(self.crs, *self.boundary.bounds)  # type: ignore[arg-type]
        if error > WORST_SCALE_ERROR:
            raise CRSError(
                self.name,
                f"in {self.crs.name} lengths are wrong by up to {error:.1%} here (1 % is allowed): "  # type: ignore[union-attr]
                "choose a CRS made for this place, or divide the region into several studies",
            )

    @classmethod
    def from_boundary(cls, name: str, geoseries: gpd.GeoSeries | gpd.GeoDataFrame) -> Region:
        """Choose the metric reference system for a boundary; the one place where this is done.

        The UTM zone of the boundary's middle, with a warning and the worst scale error where the
        boundary leaves that zone; an equal-area system around its middle where it is larger than
        800 km.

        Parameters
        ----------
        name : str
            What the region is called on maps.
        geoseries : GeoSeries or GeoDataFrame
            The boundary, in any declared reference system; several rows are joined.

        Raises
        ------
        CRSError
            Where no reference system is declared, or the scale error passes 1 %.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from shapely.geometry import box
        >>> square = gpd.GeoSeries([box(69.0, 41.0, 69.5, 41.4)], crs="EPSG:4326")
        >>> Region.from_boundary("Tashkent", square).crs.to_epsg()
        32642
        """
        import shapely

        series = geoseries.geometry
        if series.crs is None:
            raise CRSError(name, "the boundary has no reference system: declare its CRS")
        shapes = series.to_numpy()
        invalid = ~(shapely.is_missing(shapes) | shapely.is_valid(shapes))
        if invalid.any():
            series = series.make_valid()
            message = f"{name}: {invalid.sum()} invalid parts of the boundary mended"
            warnings.warn(message, MendedWarning, stacklevel=2)
        crs = _choose_crs(name, series)
        return cls(name, series.to_crs(crs).union_all(), crs)

    def grid(self, cell_m: float) -> xr.DataArray:
        """Square cells over the region's box; True where the cell's centre is inside.

        Parameters
        ----------
        cell_m : float
            Side of a cell. [m]

        Returns
        -------
        xarray.DataArray
            Boolean, dims (y, x), y descending, coordinates the cell centres [m]; attrs `crs` (WKT),
            `cell_m` and `region`. The box is snapped outwards to multiples of `cell_m`.

        Examples
        --------
        >>> from shapely.geometry import box
        >>> grid = Region("Example", box(0, 0, 900, 900), "EPSG:32642").grid(cell_m=300)
        >>> grid.y.values.tolist()
        [750.0, 450.0, 150.0]
        """
        import numpy as np
        import shapely
        import xarray as xr

        if not cell_m > 0:
            raise CRSError(self.name, f"cell_m is {cell_m}: give a size above 0 in metres")
        x_min, y_min, x_max, y_max = self.boundary.bounds
        x = _centres(x_min, x_max, cell_m)
        y = _centres(y_min, y_max, cell_m)[::-1]
        shapely.prepare(self.boundary)
        inside = np.asarray(shapely.contains_xy(self.boundary, *np.meshgrid(x, y)))
        attrs = {"crs": self.crs.to_wkt(), "cell_m": float(cell_m), "region": self.name}  # type: ignore[union-attr]
        return xr.DataArray(
            inside,
            dims=("y", "x"),
            coords={"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})},
            name="inside",
            attrs=attrs,
        )


def check_cells(region: Region, cell_m: float) -> None:
    """See that a region's grid fits into memory, before anything is computed on it.

    Parameters
    ----------
    region : Region
        Its box is what is computed.
    cell_m : float
        Side of a cell. [m]

    Raises
    ------
    InputError
        Above 25 million cells, with the smallest cell that is allowed.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> check_cells(Region("Example", box(0, 0, 90_000, 80_000), "EPSG:32642"), cell_m=10)
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: Example: [grid] cell_m = 10 gives 72,000,000 cells, ...
    """
    x_min, y_min, x_max, y_max = region.boundary.bounds
    area = (x_max - x_min) * (y_max - y_min)
    cells = area / cell_m**2
    if cells > MOST_CELLS:
        least = 10 * math.ceil(math.sqrt(area / MOST_CELLS) / 10)
        raise InputError(
            region.name,
            f"[grid] cell_m = {cell_m:g} gives {cells:,.0f} cells, more than the {MOST_CELLS:,} "
            f"that a run holds in memory: at least {least} is allowed here",
        )


def metric_crs(crs: CRS | str | None, where: str) -> CRS:
    """The reference system, checked to be projected and in metres."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError as ProjError

    if crs is None:
        raise CRSError(where, "no reference system: give a metric CRS such as EPSG:32642")
    try:
        system = CRS.from_user_input(crs)
    except ProjError as error:
        raise CRSError(where, f"{crs!r} is not a reference system that PROJ knows") from error
    unit = system.axis_info[0].unit_name if system.axis_info else ""
    if not system.is_projected or unit not in ("metre", "meter"):
        raise CRSError(
            where, f"{system.name} is not metric: give a projected CRS in metres, such as UTM"
        )
    return system


def _centres(lower: float, upper: float, cell_m: float) -> np.ndarray:
    import numpy as np

    first = math.floor(lower / cell_m + 1e-9)
    last = max(math.ceil(upper / cell_m - 1e-9), first + 1)
    return (np.arange(first, last) + 0.5) * cell_m


def _choose_crs(name: str, series: gpd.GeoSeries) -> CRS:
    from pyproj import CRS

    lonlat = series.to_crs("EPSG:4326")
    west, south, east, north = lonlat.total_bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    if not all(map(math.isfinite, (longitude, latitude))):
        raise CRSError(name, "the boundary is empty or outside the earth: check its coordinates")
    if _extent_m(west, south, east, north) > LARGEST_UTM_EXTENT_M:
        return CRS.from_proj4(
            f"+proj=laea +lat_0={latitude:.4f} +lon_0={longitude:.4f} +datum=WGS84 +units=m"
        )
    zone = min(int((longitude + 180) // 6) + 1, 60)
    crs = CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)
    if west < zone * 6 - 186 - 1e-6 or east > zone * 6 - 180 + 1e-6:
        error = _scale_error(crs, *series.to_crs(crs).total_bounds)
        warnings.warn(
            f"{name}: the boundary leaves UTM zone {zone}; lengths are wrong by up to {error:.2%}",
            MendedWarning,
            stacklevel=3,
        )
    return crs


def _extent_m(west: float, south: float, east: float, north: float) -> float:
    latitude = math.radians((south + north) / 2)
    return 111_320 * max((east - west) * math.cos(latitude), north - south)


def _scale_error(crs: CRS, x_min: float, y_min: float, x_max: float, y_max: float) -> float:
    """The largest departure of a length on the map from the true one, over a box of `crs`."""
    import numpy as np
    from pyproj import Proj

    projection = Proj(crs)
    x, y = np.meshgrid(np.linspace(x_min, x_max, 9), np.linspace(y_min, y_max, 9))
    factors = projection.get_factors(*projection(x, y, inverse=True))
    scale = np.array([factors.meridional_scale, factors.parallel_scale])
    error = np.abs(scale - 1).max()
    return float(error) if np.isfinite(error) else math.inf
