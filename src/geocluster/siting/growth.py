"""Growth of the city: what is expected to be added near sites, and people with it.

Expected people are not people: they count in no exposure of today. They say where a park would soon
have neighbours, and how the burden of a place changes when they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

NEAR_M = 2_000.0
PEOPLE, BUILT_UP = "people", "built_up_km2"
GROWTH_COLUMNS = {PEOPLE: "growth_people", BUILT_UP: "growth_built_up_ha"}
UNITS = {PEOPLE: "persons", BUILT_UP: "km2"}
HECTARES = 100.0


def growth_on(grid: xr.DataArray, growth: gpd.GeoDataFrame) -> xr.DataArray:
    """What is expected to be added in each cell of a grid, by exact shares of area.

    Parameters
    ----------
    grid : DataArray (y, x)
    growth : GeoDataFrame
        From `read_growth`: areas with `people` or `built_up_km2`.

    Returns
    -------
    DataArray (y, x)
        attrs `units`: persons or km2 a cell.

    Raises
    ------
    TableError
        Where neither column is there.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 2000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> growth = gpd.GeoDataFrame(
    ...     {"people": [300.0]}, geometry=[box(0, 0, 1500, 1000)], crs="EPSG:32642")
    >>> growth_on(grid, growth).values.round(6).tolist()
    [[200.0, 100.0]]
    """
    from geocluster.exposure.residents import people_grid

    column = growth_column(growth)
    found = people_grid(growth.rename(columns={column: PEOPLE}), grid)
    return found.rename("growth").assign_attrs(units=UNITS[column])


def growth_at_sites(
    sites: gpd.GeoDataFrame | gpd.GeoSeries, growth: gpd.GeoDataFrame, *, within_m: float = NEAR_M
) -> pd.Series:
    """What is expected to be added on each site and within a distance of it.

    Parameters
    ----------
    sites : GeoDataFrame or GeoSeries
    growth : GeoDataFrame
        From `read_growth`.
    within_m : float
        From the site's edge, such as the protection zone. [m]

    Returns
    -------
    Series
        A value a site: `growth_people` [persons], or `growth_built_up_ha` [ha].

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> growth = gpd.GeoDataFrame({"built_up_km2": [0.5]}, geometry=[box(0, 0, 1000, 1000)])
    >>> site = gpd.GeoSeries([box(1000, 0, 1500, 1000)])
    >>> growth_at_sites(site, growth, within_m=500).round(6)
    0    25.0
    Name: growth_built_up_ha, dtype: float64
    """
    from geocluster.exposure.residents import people_within

    column = growth_column(growth)
    counted = people_within(growth.rename(columns={column: PEOPLE}), sites, [within_m])
    scale = HECTARES if column == BUILT_UP else 1.0
    return (counted.iloc[:, 0] * scale).rename(GROWTH_COLUMNS[column])


def growth_columns(
    sites: gpd.GeoDataFrame, growth: gpd.GeoDataFrame | None
) -> dict[str, np.ndarray]:
    """The criteria of growth: the one that is known, and NaN for the other.

    Examples
    --------
    >>> import geopandas as gpd
    >>> growth_columns(gpd.GeoDataFrame(geometry=[None]), None)
    {'growth_people': array([nan]), 'growth_built_up_ha': array([nan])}
    """
    columns = {name: np.full(len(sites), np.nan) for name in GROWTH_COLUMNS.values()}
    if growth is not None and len(sites):
        found = growth_at_sites(sites, growth)
        columns[str(found.name)] = found.to_numpy()
    return columns


def grown_homes(homes: gpd.GeoDataFrame, growth: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Homes with the people that are expected to come, as areas of their own.

    Parameters
    ----------
    homes : GeoDataFrame
        Areas with `people`; never changed.
    growth : GeoDataFrame
        From `read_growth`, of people.

    Returns
    -------
    GeoDataFrame
        In the homes' reference system; the rows added have the origin "expected", and `located`
        False: nobody knows where in their cell they will live.

    Raises
    ------
    TableError
        Where growth is of built-up land: how many people live on it is not known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> homes = gpd.GeoDataFrame({"people": [10.0]}, geometry=[box(0, 0, 9, 9)])
    >>> growth = gpd.GeoDataFrame({"people": [5.0]}, geometry=[box(9, 0, 18, 9)])
    >>> float(grown_homes(homes, growth).people.sum())
    15.0
    """
    import geopandas as gpd
    import pandas as pd

    from geocluster.tables import in_crs

    if growth_column(growth) != PEOPLE:
        raise TableError("growth", "it is of built-up land: give people expected to count them")
    same = (
        growth if homes.crs is None or growth.crs is None else in_crs(growth, homes.crs, "growth")
    )
    wanted = [name for name in (PEOPLE, "inside", "geometry") if name in same and name in homes]
    added = same[wanted].assign(origin="expected", located=False)
    # Homes that do not say so stand where they are drawn.
    before = homes if "located" in homes else homes.assign(located=True)
    joined = pd.concat([before, added.reindex(columns=[*before.columns])], ignore_index=True)
    joined["located"] = joined["located"].astype(bool)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=homes.crs)


def growth_column(growth: gpd.GeoDataFrame) -> str:
    """Whether growth is of people or of built-up land: the name of its column."""
    for name in (PEOPLE, BUILT_UP):
        if name in growth:
            return name
    raise TableError("growth", f"a column is missing: give '{PEOPLE}' or '{BUILT_UP}'")
