"""What is expected to be added: a raster of people, or of land that will be built up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geocluster.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

Quantity = Literal["people", "people_per_km2", "built_up_share"]
# How the reader of population takes each quantity, and the column it fills.
READ_AS: dict[str, tuple[Literal["count", "density"], str]] = {
    "people": ("count", "people"),
    "people_per_km2": ("density", "people"),
    "built_up_share": ("density", "built_up_km2"),
}
REACH_M = 5_000.0


def read_growth(
    path: str | Path,
    region: Region,
    cell_m: float,
    *,
    quantity: Quantity = "people",
    band: int | None = None,
    nodata: float | None = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read a raster of what is expected to be added, as square cells of the study's grid.

    Parameters
    ----------
    path : str or Path
        Any raster that GDAL reads, in any reference system. Only additions: a value below 0 is an
        error.
    region : Region
    cell_m : float
        Side of a cell. [m]
    quantity : {"people", "people_per_km2", "built_up_share"}
        What a pixel holds: people added in it, people added a km2, or the share of its ground that
        is built up in addition (0 to 1).
    band, nodata, reach_m
        As of `read_population`.

    Returns
    -------
    GeoDataFrame
        Squares with `people` [persons] or `built_up_km2` [km2], `inside` (the region) and `origin`
        ("expected"); nothing is lost or counted twice.

    Raises
    ------
    InputError
        As of `read_population`, and where a share is above 1.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np, rasterio
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "growth.tif"
    >>> to_ground = rasterio.transform.from_origin(500_000, 4_600_000, 100, 100)
    >>> with rasterio.open(file, "w", width=10, height=10, count=1, dtype="float32",
    ...                    crs="EPSG:32642", transform=to_ground) as raster:
    ...     raster.write(np.full((1, 10, 10), 0.5, dtype="float32"))
    >>> region = Region("Example", box(500_000, 4_599_000, 501_000, 4_600_000), "EPSG:32642")
    >>> read_growth(file, region, 500).people.tolist()
    [12.5, 12.5, 12.5, 12.5]
    >>> read_growth(file, region, 500, quantity="built_up_share").built_up_km2.round(3).tolist()
    [0.125, 0.125, 0.125, 0.125]
    """
    from geocluster.load.raster import read_population

    if quantity not in READ_AS:
        raise InputError(str(path), f"quantity is {quantity!r}: allowed are {list(READ_AS)}")
    counted, column = READ_AS[quantity]
    cells = read_population(
        path, region, cell_m, quantity=counted, band=band, nodata=nodata, reach_m=reach_m
    )
    if column != "people":
        share = cells["people"] / cell_m**2 * 1e6
        if (share > 1.01).any():  # true ground and the grid's differ by a scale of some per mille
            told = f"a share of built-up ground of {share.max():.3g}: 0 to 1 is allowed"
            raise InputError(str(path), told)
    inside = cells.geometry.representative_point().within(region.boundary)
    renamed = cells.rename(columns={"people": column})
    return renamed.assign(inside=inside.to_numpy(), origin="expected")
