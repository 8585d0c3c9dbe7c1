"""Geometry made sound without guessing: what was done is counted in a warning."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from geocluster.errors import InputError, MendedWarning
from geocluster.load.tangles import is_tangled
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np

COLLECTION = 7  # shapely's type id
WORTH_SAYING = 0.001


def mend_geometry(table: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Leave out rows without geometry, and make invalid geometry valid.

    Parameters
    ----------
    table : GeoDataFrame
        Never changed.
    where : str
        The file, for the warning.

    Returns
    -------
    GeoDataFrame
        Two-dimensional. Polygons are mended by the even-odd rule, as a map draws them: a part
        inside a part is a hole. A mended polygon keeps its polygons only: what collapsed to a line
        or a point has no area to lose.

    Raises
    ------
    InputError
        Where rings cross themselves thousands of times: no area can be made of them.

    Warns
    -----
    MendedWarning
        With counts and rows, and by how much the area depends on the even-odd rule.

    Examples
    --------
    >>> import geopandas as gpd, warnings
    >>> from shapely.geometry import Polygon
    >>> bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> table = gpd.GeoDataFrame({"name": ["bow"]}, geometry=[bow], crs="EPSG:32642")
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     mend_geometry(table, "bow.gpkg").area.tolist()
    [2.0]
    >>> print(told[0].message)
    bow.gpkg: 1 invalid geometry mended (row 1)
    """
    import numpy as np
    import shapely

    geometry = shapely.force_2d(table.geometry.to_numpy())
    lost = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    invalid = ~lost & ~shapely.is_valid(geometry)
    tangled = np.array([place for place in np.flatnonzero(invalid) if is_tangled(geometry[place])])
    if len(tangled):
        rows = rows_in_words([int(place) + 1 for place in tangled])
        raise InputError(where, f"rings in {rows} cross themselves thousands of times: draw anew")
    if invalid.any():
        geometry[invalid] = _mended(geometry[invalid])
    collapsed = invalid & shapely.is_empty(geometry)
    _tell(where, lost, "row", "without geometry left out")
    mended = invalid & ~collapsed
    doubt = _in_doubt(table.geometry.to_numpy()[mended], geometry[mended])
    _tell(where, mended, "invalid geometry", "mended", doubt)
    _tell(where, collapsed, "geometry", "without any area or length left out")
    keep = ~(lost | collapsed)
    return table.set_geometry(geometry, crs=table.crs)[keep].reset_index(drop=True)


def _mended(geometry: np.ndarray) -> np.ndarray:
    """Valid geometry of the dimension it had."""
    import numpy as np
    import shapely

    had = shapely.get_dimensions(geometry)
    mended = shapely.make_valid(geometry)
    for i in np.flatnonzero(shapely.get_dimensions(mended) >= 0):
        if shapely.get_type_id(mended[i]) == COLLECTION:
            parts = shapely.get_parts(shapely.get_parts(mended[i]))
            mended[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == had[i]])
        elif shapely.get_dimensions(mended[i]) < had[i]:
            mended[i] = shapely.Point()
    return mended


def _in_doubt(before: np.ndarray, after: np.ndarray) -> str:
    """Where parts lie inside parts, how much larger the area is if those are no holes."""
    import shapely

    filled = shapely.make_valid(before, method="structure", keep_collapsed=False)
    area = shapely.area(after).sum()
    more = shapely.area(filled).sum() - area
    if not more > WORTH_SAYING * area:
        return ""
    share = f"{more / area:.1%}"
    return f"; parts inside parts are read as holes, without which the area is {share} larger"


MANY = {
    "row": "rows",
    "geometry": "geometries",
    "invalid geometry": "invalid geometries",
}


def _tell(where: str, rows: np.ndarray, one: str, done: str, more: str = "") -> None:
    count = int(rows.sum())
    if count:
        many = MANY[one]
        listed = rows_in_words([int(i) + 1 for i in rows.nonzero()[0]])
        message = f"{where}: {count} {one if count == 1 else many} {done} ({listed}){more}"
        warnings.warn(message, MendedWarning, stacklevel=4)


def only_polygons(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """The polygon parts of each geometry; rows that have none are left out."""
    import geopandas as gpd
    import numpy as np
    import shapely

    values = geometry.to_numpy().copy()
    for i in np.flatnonzero(shapely.get_type_id(values) == COLLECTION):
        parts = shapely.get_parts(shapely.get_parts(values[i]))
        values[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    keep = (shapely.get_dimensions(values) == 2) & ~shapely.is_empty(values)
    return gpd.GeoSeries(values[keep], index=geometry.index[keep], crs=geometry.crs)
