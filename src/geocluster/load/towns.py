"""A list of towns with their people, as we write it or as GeoNames gives it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from geocluster.errors import MendedWarning, TableError
from geocluster.load.delimited import LATITUDES, LONGITUDES
from geocluster.load.opening import read_table
from geocluster.load.placing import place_in_region
from geocluster.tables import Column, column_faults, rows_in_words

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from geocluster.region import Region

COLUMNS = (
    Column("name", str, required=True, missing_allowed=False),
    Column("longitude", lower=-180, upper=180, required=True, missing_allowed=False),
    Column("latitude", lower=-90, upper=90, required=True, missing_allowed=False),
    Column("people", lower=0, required=True, missing_allowed=False),
    Column("inside", bool),
    Column("origin", str),
)
TOTALS = (
    Column("name", str),
    Column("people", lower=0, required=True, missing_allowed=False),
    Column("source", str),
    Column("grade", str),
)
ALIASES = {
    "longitude": LONGITUDES,
    "latitude": LATITUDES,
    "people": ("people", "population"),
}
GEONAMES = "GeoNames (CC BY 4.0)"
# Boundaries and points of towns are both coarse: what lies nearer may well be inside.
CLEARLY_OUTSIDE_M = 5_000.0


def read_towns(
    path: str | Path,
    *,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> pd.DataFrame:
    """Read a table of towns.

    Parameters
    ----------
    path : str or Path
        Columns name, longitude (or lon, lng), latitude (or lat) [degrees], people (or population)
        [persons]; optional inside (counted in the official total; True where missing) and origin.
        A list of GeoNames (with `geonameid`) can be read as it is.
    rename, encoding, sheet, header_row
        As in `geocluster.load.opening.read_table`.

    Returns
    -------
    DataFrame
        name, longitude, latitude, people, inside, origin, and the other columns of the file.

    Raises
    ------
    InputError
        Where the file is missing or is no table.
    TableError
        With every fault of its columns; and where one place stands there twice, since its people
        would count twice.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towns.csv"
    >>> _ = file.write_text("geonameid,name,lat,lon,population\\n1,Marsa,35.88,14.49,5454\\n")
    >>> read_towns(file)[["name", "people", "inside", "origin"]].values.tolist()
    [['Marsa', 5454.0, True, 'GeoNames (CC BY 4.0)']]
    """
    table = read_table(path, rename=rename, encoding=encoding, sheet=sheet, header_row=header_row)
    lower = {str(name).lower(): str(name) for name in reversed(table.columns)}
    for name, aliases in ALIASES.items():
        found = next((lower[alias] for alias in aliases if alias in lower), name)
        table = table if name in table else table.rename(columns={found: name})
    faults = column_faults(table, COLUMNS) or _twice(table)
    if faults:
        raise TableError(str(path), faults)
    inside = table["inside"].fillna(True) if "inside" in table else [True] * len(table)
    unsaid = GEONAMES if "geonameid" in lower else "reported"
    return table.assign(
        people=table["people"].astype(float),
        inside=[str(value) in ("True", "1", "1.0") for value in inside],
        origin=table["origin"].fillna(unsaid) if "origin" in table else unsaid,
    )


def read_totals(
    path: str | Path,
    *,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> pd.DataFrame:
    """Read a table of official totals that people are scaled to.

    Parameters
    ----------
    path : str or Path
        Columns people [persons], and optionally name, source and grade.
    rename, encoding, sheet, header_row
        As in `geocluster.load.opening.read_table`.

    Raises
    ------
    InputError
        As `read_table`.
    TableError
        No `people`, a negative or missing one, or no row.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "totals.csv"
    >>> _ = file.write_text("name,people\\nTashkent city,3058400\\n")
    >>> float(read_totals(file).people.sum())
    3058400.0
    """
    table = read_table(path, rename=rename, encoding=encoding, sheet=sheet, header_row=header_row)
    faults = column_faults(table, TOTALS)
    if not faults and not table["people"].sum() > 0:
        faults = ["there are no people in it: give at least one row with people above 0"]
    if faults:
        raise TableError(str(path), faults)
    return table


def near_region(
    towns: pd.DataFrame, region: Region, where: str, *, reach_m: float = 50_000.0
) -> pd.DataFrame:
    """The towns within reach of a region.

    Parameters
    ----------
    towns : DataFrame
        As `read_towns` gives it.
    region : Region
        Where the study is.
    where : str
        The file, for messages.
    reach_m : float
        Towns farther from the boundary than this are left out. [m]

    Raises
    ------
    InputError
        Where no town is left.

    Warns
    -----
    MendedWarning
        Towns left out; and towns counted as the region's own (``inside``) that lie clearly, more
        than 5 km, outside its boundary.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> import pandas as pd
    >>> from geocluster.region import Region
    >>> region = Region("Example", box(500_000, 4_550_000, 540_000, 4_590_000), "EPSG:32642")
    >>> towns = pd.DataFrame({"name": ["A"], "longitude": 9.2, "latitude": 41.3, "inside": True})
    >>> near_region(towns, region, "towns.csv")
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: towns.csv: nothing left: all 1 towns lie more than 50 km ...
    """
    import geopandas as gpd
    import pandas as pd

    points = gpd.points_from_xy(towns["longitude"], towns["latitude"], crs="EPSG:4326")
    table = gpd.GeoDataFrame(towns, geometry=points)
    near = place_in_region(table, region, where, things="towns", reach_m=reach_m, needed=True)
    outside = near[near["inside"] & (near.distance(region.boundary) > CLEARLY_OUTSIDE_M)]
    if len(outside):
        warnings.warn(
            f"{where}: {len(outside)} of {len(towns)} towns lie outside {region.name} and are "
            f"counted as its people: {', '.join(outside['name'].head(5))}; if they are not, say so "
            "in the column inside",
            MendedWarning,
            stacklevel=2,
        )
    return pd.DataFrame(near.drop(columns="geometry"))


def _twice(table: pd.DataFrame) -> list[str]:
    same = table.duplicated(["name", "longitude", "latitude"]).to_numpy()
    rows = [int(row) + 1 for row in same.nonzero()[0]]
    return [f"{rows_in_words(rows)} repeat a place: leave them out"] if rows else []
