"""Candidate sites: contiguous parcels of about a park's size, and places that compete with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.breaking import COLUMNS
from geocluster.siting.brownfields import BROWNFIELD, Ground, ground_in_parcels
from geocluster.siting.cutting import Lattice, cut_land
from geocluster.siting.drawing import as_raster, cut_outlines, outlines_of
from geocluster.siting.outlines import shape_columns, width_of_park
from geocluster.siting.parcels import joined_units, units_of_cells
from geocluster.siting.parcels import parcel_numbers as parcel_numbers
from geocluster.siting.placed import EXISTING_ZONE as EXISTING_ZONE
from geocluster.siting.placed import PROPOSED, placed_sites
from geocluster.tables import in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

EMPTY_LAND = "empty land"
HECTARE_M2 = 10_000
MAX_STRETCH = 4.0
STRIP_M = 10.0
# What a measure may miss a limit by: the circle is found to a metre on each side.
CIRCLE_M, RATIO = 2.0, 1e-6


def candidate_sites(
    suitable: xr.Dataset,
    *,
    min_area_ha: float,
    max_sites: int = 200,
    zones: gpd.GeoDataFrame | None = None,
    burden: xr.DataArray | None = None,
    proposed: gpd.GeoDataFrame | None = None,
    brownfields: gpd.GeoDataFrame | None = None,
    cuts: gpd.GeoDataFrame | None = None,
    strip_m: float = STRIP_M,
    max_stretch: float | None = None,
    min_width_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Cut suitable land into parcels, and let other places compete with them.

    Parcels consist of whole cells that keep every distance (`suitable_whole`). The smallest block
    of cells that holds a park, at most twice as long as it is high, is laid over the land again
    and again; what is left at the rim is joined to its neighbours until it holds a park as well,
    or stays unused. Every parcel is contiguous (edge to edge). With `cuts`, cells are divided
    along lines first, so that no parcel is crossed by one, and known plots are taken whole.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    min_area_ha : float
        Area of the park. [ha]
    max_sites : int
        At most so many parcels of empty land, spread over the region: parcels as far from each
        other as can be are the middles of neighbourhoods, and each neighbourhood sends one.
    zones : GeoDataFrame, optional
        Existing industrial zones: points or polygons, with `name`, `area_ha` [ha] and
        `coord_err_m` [m] as far as known. They are not subject to the exclusion.
    burden : DataArray (y, x), optional
        Sends the parcel with the least burden of each neighbourhood; the most compact one where
        left out. [persons x ug/m3 per g/s]
    proposed : GeoDataFrame, optional
        Places that somebody proposes, as `zones`; a polygon has the area that is drawn. Parcels
        beneath them are left out or clipped.
    brownfields : GeoDataFrame, optional
        Ground of brownfields that keeps the rules, from `brownfield_ground`: cut into parcels of
        their own.
    cuts : GeoDataFrame, optional
        Lines and areas of `kind` "road", "rail", "water" and "plot", from `cuts_of`.
    strip_m : float
        Ground that a line of `cuts` takes on each side. [m]
    max_stretch : float, optional
        Longest parcel, as length over width of the smallest rectangle around it; any where left
        out.
    min_width_m : float, optional
        Least diameter of the largest circle in a parcel. Where left out, the width of a rectangle
        of the park's area with the longest stretch; none without `max_stretch`. [m]

    Returns
    -------
    GeoDataFrame
        site_id, name, kind ("empty land", "existing zone", "proposed" or "brownfield"), area_ha
        [ha], area_origin, compactness (1 for a circle) [0 to 1], stretch, inscribed_circle_m [m],
        cut_by (kinds of lines that bound the parcel), approximate (a circle stands for a place
        whose outline is not known), location_error_m [m], subject_to_exclusion, breaks_rules
        (rule_ids that a zone or proposed site breaks, divided by "; "), breaks_rules_by_m (what
        it lacks, see `broken_rules`), geometry. Parcels from north to south (those of plots
        last), zones, proposed sites, brownfields. attrs: parcels_found (that hold the park in
        shape and area), min_area_ha, and ``found``: how much land became what, and what was left
        out why.

    Raises
    ------
    TableError
        Where `min_area_ha`, `max_sites` or a limit is not above 0, or zones are neither points
        nor polygons.

    Examples
    --------
    >>> import xarray as xr
    >>> free = xr.DataArray(
    ...     [[True, True, False, True]],
    ...     dims=("y", "x"),
    ...     coords={"y": [500.0], "x": [500.0, 1500.0, 2500.0, 3500.0]},
    ... )
    >>> land = xr.Dataset({"suitable": free}, attrs={"cell_m": 1000.0, "crs": "EPSG:32642"})
    >>> candidate_sites(land, min_area_ha=150)[["site_id", "area_ha"]].values.tolist()
    [['S001', 200.0]]
    """
    import geopandas as gpd
    import pandas as pd

    if not (min_area_ha > 0 and math.isfinite(min_area_ha)) or max_sites < 1:
        raise TableError("park", f"area {min_area_ha} ha, {max_sites} sites: give more than 0")
    limits = _limits(min_area_ha, max_stretch, min_width_m)
    parcels, found = _parcels(suitable, min_area_ha, cuts, strip_m)
    parcels = _in_shape(parcels, limits, found)
    given = placed_sites(suitable, proposed, min_area_ha, PROPOSED)
    used, lost = _brownfield_sites(suitable, brownfields, cuts, min_area_ha, strip_m)
    used = _in_shape(used, limits, found, "brownfields")
    used = _clear_of(used, [given], min_area_ha, limits, found, "brownfields")
    parcels = _clear_of(parcels, [given, used], min_area_ha, limits, found, "parcels")
    found |= {"proposed": len(given), "limits": limits, "brownfields_lost": lost}
    parcels = parcels.iloc[_spread(parcels, max_sites, burden)]
    tables = [
        _numbered(parcels, "S", 3),
        placed_sites(suitable, zones, min_area_ha),
        given,
        _numbered(used, "B", 2),
    ]
    sites = gpd.GeoDataFrame(
        pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True),
        geometry="geometry",
        crs=suitable.attrs.get("crs"),
    )
    sites.attrs = {
        "parcels_found": found["parcels"],
        "min_area_ha": float(min_area_ha),
        "found": found,
    }
    return sites


def _limits(
    min_area_ha: float, max_stretch: float | None, min_width_m: float | None
) -> dict[str, float]:
    given = {"max_stretch": max_stretch, "min_width_m": min_width_m}
    wrong = [
        f"{name} is {v}: give more than 0"
        for name, v in given.items()
        if v is not None and not v > 0
    ]
    if wrong:
        raise TableError("park", wrong)
    limits = {"max_stretch": math.inf if max_stretch is None else float(max_stretch)}
    derived = 0.0 if max_stretch is None else width_of_park(min_area_ha, max(max_stretch, 1.0))
    limits["min_width_m"] = derived if min_width_m is None else float(min_width_m)
    return limits


def _in_shape(
    parcels: gpd.GeoDataFrame,
    limits: dict[str, float],
    found: dict[str, Any],
    what: str = "parcels",
) -> gpd.GeoDataFrame:
    """Parcels that are neither too long nor too narrow; the others are counted."""
    long = (parcels["stretch"] > limits["max_stretch"] * (1 + RATIO)).to_numpy(bool)
    narrow = (parcels["inscribed_circle_m"] < limits["min_width_m"] - CIRCLE_M).to_numpy(bool)
    for name, rows in (("too_long", long), ("too_narrow", narrow & ~long)):
        found[f"{what}_{name}"] = int(rows.sum())
        found[f"{what}_{name}_ha"] = float(parcels["area_ha"][rows].sum())
    return _counted(parcels[~(long | narrow)], found, what)


def _counted(parcels: gpd.GeoDataFrame, found: dict[str, Any], what: str) -> gpd.GeoDataFrame:
    found[what], found[f"{what}_ha"] = len(parcels), float(parcels["area_ha"].sum())
    return parcels


def _clear_of(
    parcels: gpd.GeoDataFrame,
    others: list[gpd.GeoDataFrame],
    min_area_ha: float,
    limits: dict[str, float],
    found: dict[str, Any],
    what: str,
) -> gpd.GeoDataFrame:
    """Parcels without the ground of other sites; what is half covered or too small is left out."""
    import shapely

    full = [np.asarray(table.geometry.values, dtype=object) for table in others if len(table)]
    found[f"{what}_covered"] = found[f"{what}_clipped"] = 0
    if not full or not len(parcels):
        return parcels
    taken = shapely.union_all(np.concatenate(full))
    shapes = np.asarray(parcels.geometry.values, dtype=object)
    rows = np.flatnonzero(shapely.area(shapely.intersection(shapes, taken)) >= 1.0)
    left = shapely.difference(shapes[rows], taken)
    half = shapely.area(left) < shapely.area(shapes[rows]) / 2
    largest = [max(shapely.get_parts(shape), key=shapely.area, default=shape) for shape in left]
    area = shapely.area(largest) / HECTARE_M2
    kept = ~half & (area >= min_area_ha * (1 - 1e-9))
    clipped = parcels.iloc[rows[kept]].set_geometry(
        [shape for shape, keep in zip(largest, kept, strict=True) if keep], crs=parcels.crs
    )
    clipped = clipped.assign(
        area_ha=area[kept],
        area_origin=clipped["area_origin"] + ", clipped by another site",
        **shape_columns(np.asarray(clipped.geometry.values, dtype=object)),
    )
    clipped = _in_shape(clipped, limits, {})
    found[f"{what}_clipped"] = len(clipped)
    found[f"{what}_covered"] = len(rows) - len(clipped)
    whole = parcels.drop(index=parcels.index[rows])
    return _counted(_stacked([whole, clipped]).sort_index(), found, what)


def _stacked(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    import pandas as pd

    full = [table for table in tables if len(table)]
    return pd.concat(full) if full else tables[0]


def _numbered(sites: gpd.GeoDataFrame, letter: str, digits: int) -> gpd.GeoDataFrame:
    width = max(digits, len(str(len(sites))))
    numbers = [f"{letter}{n:0{width}d}" for n in range(1, len(sites) + 1)]
    sites = sites.copy()
    sites.insert(0, "site_id", numbers)
    return sites


def _brownfield_sites(
    suitable: xr.Dataset,
    brownfields: gpd.GeoDataFrame | None,
    cuts: gpd.GeoDataFrame | None,
    min_area_ha: float,
    strip_m: float,
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Parcels of brownfields, and those that give none though they are large enough."""
    crs = suitable.attrs.get("crs")
    ground = Ground([], [], [])
    if brownfields is not None and len(brownfields):
        placed = brownfields if crs is None else in_crs(brownfields, crs, "brownfields")
        cuts = cuts if crs is None or cuts is None else in_crs(cuts, crs, "cuts")
        cell_m = float(suitable.attrs["cell_m"])
        ground = ground_in_parcels(placed, cuts, min_area_ha, cell_m, strip_m)
    count = len(ground.shapes)
    origins = ["brownfield as drawn, less what rules and lines take"] * count
    table = _table(ground.shapes, BROWNFIELD, ground.names, origins, [""] * count, crs)
    return table, ground.lost


def _parcels(
    suitable: xr.Dataset, min_area_ha: float, cuts: gpd.GeoDataFrame | None, strip_m: float
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Every parcel that holds a park, and how much land became what. [ha]"""
    crs = suitable.attrs.get("crs")
    cell_m = float(suitable.attrs["cell_m"])
    name = "suitable_whole" if "suitable_whole" in suitable else "suitable"
    ordered = suitable[name].transpose("y", "x").sortby("y", ascending=False).sortby("x")
    free = np.asarray(ordered.values, dtype=bool)
    x, y = (float(ordered[axis].values[0]) for axis in ("x", "y"))
    lattice = Lattice(x - cell_m / 2, y + cell_m / 2, cell_m, free.shape[1])
    least = min_area_ha * HECTARE_M2 / cell_m**2
    found: dict[str, Any] = {"suitable_ha": float(free.sum()) * cell_m**2 / HECTARE_M2}
    if cuts is None or not len(cuts):
        numbers = joined_units(units_of_cells(free, least), least)
        shapes = outlines_of(as_raster(free, numbers), lattice)
        unused = float((numbers == 0).sum())
        words = [""] * len(shapes)
    else:
        cuts = cuts if crs is None else in_crs(cuts, crs, "cuts")
        cut = cut_land(free, lattice, cuts, least, strip_m)
        numbers = joined_units(cut.units, least)
        shapes, words = cut_outlines(free, numbers, cut, lattice)
        unused = float(cut.units.area[numbers == 0].sum())
        found |= cut.facts
    origin = ["cells of the grid" + (f", cut along {word}" if word else "") for word in words]
    unused_ha = unused * cell_m**2 / HECTARE_M2
    found["unused_ha"] = unused_ha + found.get("broken_plots_ha", 0.0)
    return _table(shapes, EMPTY_LAND, [""] * len(shapes), origin, words, crs), found


def _table(
    shapes: list[BaseGeometry],
    kind: str,
    names: list[str],
    origins: list[str],
    cut_by: list[str],
    crs: Any,
) -> gpd.GeoDataFrame:
    """Parcels that are subject to the exclusion, as a table of sites."""
    import geopandas as gpd

    array = np.array([*shapes, None], dtype=object)[:-1]
    count = len(shapes)
    return gpd.GeoDataFrame(
        {
            "name": names,
            "kind": [kind] * count,
            "area_ha": np.array([shape.area for shape in shapes], float) / HECTARE_M2,
            "area_origin": origins,
            **shape_columns(array),
            "cut_by": cut_by,
            "approximate": np.zeros(count, bool),
            "location_error_m": np.zeros(count),
            "subject_to_exclusion": np.ones(count, bool),
            **{name: [""] * count for name in COLUMNS},
        },
        geometry=shapes,
        crs=crs,
    )


def _spread(parcels: gpd.GeoDataFrame, max_sites: int, burden: xr.DataArray | None) -> np.ndarray:
    """Rows of at most so many parcels, one from each neighbourhood."""
    import xarray as xr

    if len(parcels) <= max_sites:
        return np.arange(len(parcels))
    middles = parcels.geometry.centroid
    points = np.column_stack([middles.x, middles.y])
    centre = points.mean(axis=0)
    middle = int(((points - centre) ** 2).sum(axis=1).argmin())
    nearest = ((points - points[middle]) ** 2).sum(axis=1)
    neighbourhood = np.zeros(len(points), int)
    for number in range(1, max_sites):
        middle = int(nearest.argmax())
        distance = ((points - points[middle]) ** 2).sum(axis=1)
        closer = distance < nearest
        neighbourhood[closer] = number
        nearest = np.minimum(nearest, distance)
    worth = -parcels["compactness"].to_numpy()
    if burden is not None:
        x, y = (xr.DataArray(points[:, axis], dims="site") for axis in (0, 1))
        nearby = burden.sel(x=x, y=y, method="nearest")
        worth = np.nan_to_num(np.asarray(nearby.values, dtype=float), nan=np.inf)
    order = np.lexsort((np.arange(len(points)), worth, neighbourhood))
    _, first = np.unique(neighbourhood[order], return_index=True)
    return np.sort(order[first])
