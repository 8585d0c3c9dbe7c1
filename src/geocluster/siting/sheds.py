"""Labour sheds: the people within reach of each site, so that those of two sites count once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.siting.measures import in_sites_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

PEOPLE_CELL_M = 1_000.0


@dataclass(frozen=True)
class Shed:
    """Who is within reach of which site.

    Attributes
    ----------
    people : array (cells,)
        People of each patch of cells that the same sites reach. [persons]
    reach : sparse array of bool (sites, cells)
        Whether a site reaches a patch.
    """

    people: np.ndarray
    reach: Any

    def alone(self) -> np.ndarray:
        """People within reach of each site. [persons]"""
        return np.asarray(self.reach @ self.people)

    def together(self, rows: np.ndarray) -> float:
        """People within reach of any of these sites, each counted once. [persons]"""
        return float(self.people[self.times(rows) > 0].sum())

    def times(self, rows: np.ndarray) -> np.ndarray:
        """How many of these sites reach each patch."""
        chosen = np.zeros(self.reach.shape[0])
        chosen[rows] = 1
        return np.asarray(self.reach.T @ chosen)

    def of(self, rows: np.ndarray) -> Shed:
        """The sheds of some of the sites, in their order."""
        return _merged(self.people, self.reach[rows])


def labour_shed(
    sites: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    *,
    reach_m: float = 15_000.0,
    cell_m: float = PEOPLE_CELL_M,
) -> Shed:
    """The people within a distance of each site, by cells of people.

    A cell is within reach where its centre is. Cells that the same sites reach are one patch.

    Parameters
    ----------
    sites : GeoDataFrame
        Polygons.
    homes : GeoDataFrame
        Areas with `people`.
    reach_m : float
        From the site's edge. [m]
    cell_m : float
        Side of the cells that people are summed on. [m]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> sites = gpd.GeoDataFrame(geometry=[box(x, 0, x + 1000, 1000) for x in (0, 4000)], crs=32642)
    >>> homes = gpd.GeoDataFrame({"people": [90]}, geometry=[box(1000, 0, 4000, 1000)], crs=32642)
    >>> shed = labour_shed(sites, homes, reach_m=2000)
    >>> shed.alone().tolist(), shed.together(np.array([0, 1]))
    ([60.0, 60.0], 90.0)
    """
    import shapely
    from scipy import sparse

    cells = people_cells(in_sites_crs(homes, sites, "homes"), cell_m)
    y, x = (axis.ravel() for axis in np.meshgrid(cells["y"], cells["x"], indexing="ij"))
    people = cells.values.ravel()
    lived = np.flatnonzero(people > 0)
    points = np.asarray(shapely.points(x[lived], y[lived]), dtype=object)
    shapes = np.asarray(sites.geometry.values, dtype=object)
    site, cell = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=reach_m)
    size = (len(shapes), len(lived))
    return _merged(people[lived], sparse.csr_array((np.ones(len(site)), (site, cell)), size))


def people_cells(homes: gpd.GeoDataFrame, cell_m: float) -> xr.DataArray:
    """People summed on cells, aligned to whole multiples of their side. [persons]"""
    import xarray as xr

    from geocluster.exposure.residents import people_grid

    left, bottom, right, top = homes.total_bounds if len(homes) else (0.0, 0.0, 1.0, 1.0)
    x = (np.arange(np.floor(left / cell_m), np.ceil(right / cell_m) + 1) + 0.5) * cell_m
    y = (np.arange(np.ceil(top / cell_m), np.floor(bottom / cell_m) - 1, -1) + 0.5) * cell_m
    crs = None if homes.crs is None else homes.crs.to_wkt()
    grid = xr.DataArray(
        np.ones((len(y), len(x)), bool),
        dims=("y", "x"),
        coords={"y": y, "x": x},
        attrs={"crs": crs, "cell_m": cell_m},
    )
    return people_grid(homes, grid)


def _merged(people: np.ndarray, reach: Any) -> Shed:
    """Cells that the same sites reach become one; those that none reaches are left out."""
    from scipy import sparse

    columns = sparse.csc_array(reach)
    columns.sort_indices()
    ends = columns.indptr
    patterns: dict[bytes, int] = {}
    patch = np.full(len(people), -1)
    for cell in range(len(people)):
        sites = columns.indices[ends[cell] : ends[cell + 1]]
        if sites.size:
            patch[cell] = patterns.setdefault(sites.tobytes(), len(patterns))
    kept = patch >= 0
    first = np.full(len(patterns), -1)
    first[patch[kept][::-1]] = np.flatnonzero(kept)[::-1]
    summed = np.bincount(patch[kept], people[kept], minlength=len(patterns))
    return Shed(
        summed,
        sparse.csr_array(columns[:, first])
        if len(patterns)
        else sparse.csr_array((reach.shape[0], 0)),
    )
