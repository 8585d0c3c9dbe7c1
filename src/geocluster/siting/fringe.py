"""The urban fringe: open land near the edge of a dense core, by distance or by travel time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import CRSError, TableError
from geocluster.siting.urbanisation import (
    CELL_M,
    CLASSES,
    EDGES_AND_CORNERS,
    TOLERANCE,
    degree_of_urbanisation,
    urbanisation_from_built_up,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import xarray as xr

    from geocluster.load.roads import RoadGraph

FRINGE_CLASSES = ("suburb", "dispersed")
# A park looks for empty land, and on a steppe all of it is uninhabited.
OPEN_CLASSES = (*FRINGE_CLASSES, "uninhabited")
# As `geocluster.load.roads` calls the origin of roads that were drawn by hand.
DRAWN = "schematic"
CORE_CLASSES = ("urban centre", "dense town")
FRINGE_KM = 10.0
BUILT_UP_KINDS = ("residential", "built_up", "industrial")
BASES = ("people", "built-up")
OUTSIDE_FRINGE = "outside_fringe"
DISTANCE, MINUTES = "distance_to_core_m", "minutes_to_core"
PEOPLE_UNKNOWN = "people are not known: the degree of urbanisation is that of built-up land"
BUILT_UP_UNKNOWN = "built-up land is not known: the degree of urbanisation is that of people"


def urban_fringe(
    urbanisation: xr.DataArray,
    *,
    distance_km: float | None = None,
    minutes: float | None = None,
    roads: RoadGraph | None = None,
    classes: Iterable[str] = FRINGE_CLASSES,
) -> xr.DataArray:
    """The cells on the fringe: of the open classes, and near the edge of a dense core.

    Parameters
    ----------
    urbanisation : DataArray (y, x)
        From `degree_of_urbanisation` or `urbanisation_from_built_up`.
    distance_km : float, optional
        Largest distance of a cell's centre from the edge of an urban centre or dense town; 10
        where neither this nor `minutes` is given. [km]
    minutes : float, optional
        Longest way by road from a cell's centre to that edge, instead of a distance. [min]
    roads : RoadGraph, optional
        From `road_graph`; needed with `minutes`.
    classes : iterable of str
        Names of the classes that belong to the fringe; add "uninhabited" to take in land where
        hardly anyone lives.

    Returns
    -------
    DataArray (y, x)
        Boolean, with the coordinates `near_core` (of any class), `distance_to_core_m` [m] and,
        where `minutes` is given, `minutes_to_core` [min]; inf where there is no core, or no way.

    Raises
    ------
    TableError
        Where a class has no such name, or would put the built-up core into the fringe; where both
        a distance and a time are given, or a time without roads.

    Examples
    --------
    >>> import xarray as xr
    >>> codes = xr.DataArray([[30, 21, 12, 11]], dims=("y", "x"), attrs={"cell_m": 1000.0})
    >>> urban_fringe(codes, distance_km=1).values.tolist()
    [[False, True, False, False]]
    >>> urban_fringe(codes, distance_km=2).values.tolist()
    [[False, True, True, False]]
    """
    wanted = _open_classes(classes)
    if distance_km is not None and minutes is not None:
        raise TableError("fringe", "give distance_km or minutes, not both")
    if minutes is not None and roads is None:
        raise TableError("fringe", "minutes need roads: give a graph from road_graph(land)")
    side = float(urbanisation.attrs.get("cell_m", CELL_M))
    distance = distance_to_cells(_core(urbanisation)) * side
    coordinates = {DISTANCE: (("y", "x"), distance.astype(np.float32), {"units": "m"})}
    limit: dict[str, float]
    if minutes is not None and roads is not None:
        times = minutes_to_core(urbanisation, roads)
        coordinates[MINUTES] = (("y", "x"), times.values.astype(np.float32), {"units": "min"})
        near, limit = times.values <= minutes + TOLERANCE, {"minutes": float(minutes)}
    else:
        limit = {"distance_km": float(FRINGE_KM if distance_km is None else distance_km)}
        near = distance <= limit["distance_km"] * 1000 + TOLERANCE
    codes = [CLASSES[name] for name in wanted]
    fringe = urbanisation.copy(data=near & np.isin(urbanisation.values, codes))
    fringe.name = "fringe"
    fringe.attrs = {
        **{key: value for key, value in urbanisation.attrs.items() if not key.startswith("flag")},
        **limit,
        "fringe_classes": wanted,
    }
    return fringe.assign_coords(coordinates | {"near_core": (("y", "x"), near)})


@dataclass(frozen=True)
class FringeWidth:
    """How wide the fringe is, as a rule of `suitable_land`: by `minutes` where given, else `km`."""

    km: float | None
    minutes: float | None = None
    roads: RoadGraph | None = None
    classes: tuple[str, ...] = OPEN_CLASSES

    @property
    def km_asked(self) -> float | None:
        """The width as a distance; None where it is a time, or none. [km]"""
        return self.km if self.minutes is None else None

    @property
    def measures(self) -> tuple[str, ...]:
        """What is known of every cell: the coordinates of the fringe to keep."""
        return (DISTANCE,) if self.minutes is None else (DISTANCE, MINUTES)

    def fringe(self, urbanisation: xr.DataArray | None) -> xr.DataArray | None:
        """The fringe; None where nothing is known of it, or no width is asked for."""
        if urbanisation is None or (self.km is None and self.minutes is None):
            return None
        return urban_fringe(
            urbanisation,
            distance_km=self.km_asked,
            minutes=self.minutes,
            roads=self.roads,
            classes=self.classes,
        )

    def left_out(self, fringe: xr.DataArray, urbanisation: xr.DataArray) -> xr.DataArray:
        """The uninhabited cells that are near enough and do not count."""
        if "uninhabited" in self.classes:
            return fringe & False
        return fringe["near_core"] & (urbanisation == CLASSES["uninhabited"])

    def reason(self, urbanisation: xr.DataArray | None = None, left_out_km2: float = 0.0) -> str:
        """Why a cell outside is out, in words."""
        if self.km is None and self.minutes is None:
            return "Not on the urban fringe"
        width = f"{self.km:g} km" if self.minutes is None else f"{self.minutes:g} minutes by road"
        words = [
            f"Not on the urban fringe: {' or '.join(self.classes)} within {width} of the edge of "
            "an urban centre or dense town"
        ]
        if urbanisation is not None and "uninhabited" not in self.classes:
            words.append(f"{left_out_km2:.0f} km2 of uninhabited land as near do not count")
        if self.minutes is not None and self.roads is not None and DRAWN in self.roads.origin:
            words.append("the roads are drawn by hand, and few: beside them one goes on foot")
        if urbanisation is not None and "note" in urbanisation.attrs:
            words.append(urbanisation.attrs["note"])
        return "; ".join(words)

    def grade(self, urbanisation: xr.DataArray) -> dict[str, str]:
        """Source and grade of the rule, where they are not those of the classes by people."""
        sources = []
        if urbanisation.attrs.get("basis") == "built-up":
            sources.append("degree of urbanisation from built-up land (GHSL 2022, half assumed)")
        if self.minutes is not None:
            sources.append("travel time at speeds assumed by class of road")
        return {"source": "; ".join(sources), "grade": "assumed"} if sources else {}


def way_in_words(minutes: float) -> str:
    """How long the way to the nearest dense core takes.

    Examples
    --------
    >>> way_in_words(12.4), way_in_words(np.inf)
    ('12 minutes by road to the edge of the nearest dense core', 'no way by road to a dense core')
    """
    if not np.isfinite(minutes):
        return "no way by road to a dense core"
    return f"{minutes:.0f} minutes by road to the edge of the nearest dense core"


def minutes_to_core(urbanisation: xr.DataArray, roads: RoadGraph) -> xr.DataArray:
    """From each cell's centre to the edge of the nearest dense core, by road.

    Overland to the nearest road at the graph's speed "overland"; a core that no road touches is
    entered from the nearest road at that of a "street".

    Parameters
    ----------
    urbanisation : DataArray (y, x)
        With coordinates in the roads' reference system.
    roads : RoadGraph
        From `road_graph`.

    Returns
    -------
    DataArray (y, x)
        0 inside a core, inf where there is no way or no core. [min]

    Raises
    ------
    CRSError
        Where the reference systems differ.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import xarray as xr
    >>> from shapely.geometry import LineString
    >>> from geocluster.load.roads import road_graph
    >>> codes = xr.DataArray([[30, 12, 12]], dims=("y", "x"), attrs={"cell_m": 1000.0},
    ...     coords={"y": [500.0], "x": [500.0, 1500.0, 2500.0]})
    >>> road = LineString([(0, 500), (3000, 500)])
    >>> graph = road_graph(gpd.GeoDataFrame({"kind": ["road"], "maxspeed_km_h": [60]},
    ...     geometry=[road]))
    >>> minutes_to_core(codes, graph).values.round(6).tolist()
    [[0.0, 0.5, 1.5]]
    """
    import shapely

    from geocluster.load.roads import STREET
    from geocluster.siting.reach import travel_minutes

    _check_same_crs(urbanisation, roads)
    core = _core(urbanisation)
    x, y = np.meshgrid(urbanisation["x"].values, urbanisation["y"].values)
    half = float(urbanisation.attrs.get("cell_m", CELL_M)) / 2
    squares = shapely.box(x[core] - half, y[core] - half, x[core] + half, y[core] + half)
    parts = shapely.get_parts(shapely.union_all(squares))
    times = np.where(core, 0.0, np.inf)
    if core.any():
        outside = np.asarray(shapely.points(x[~core], y[~core]))
        times[~core] = travel_minutes(roads, outside, parts, target_km_h=roads.speeds[STREET])
    result = urbanisation.copy(data=times)
    result.name, result.attrs = MINUTES, {"units": "min"}
    return result


def urbanisation_of(
    grid: xr.DataArray,
    homes: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None = None,
    people: xr.DataArray | None = None,
    *,
    basis: str = "people",
) -> xr.DataArray | None:
    """The degree of urbanisation of a study: None where neither people nor built-up land is known.

    Parameters
    ----------
    grid : DataArray (y, x)
        The study's grid.
    homes : GeoDataFrame or None
        Areas with `people`, in the grid's reference system.
    land : GeoDataFrame, optional
        Areas of kind "water" are not land; those of kind "residential", "built_up" and
        "industrial" are built up.
    people : DataArray (y, x), optional
        People a cell, instead of those of `homes`. [persons]
    basis : {"people", "built-up"}
        What the classes are made of. Where that is not known it is the other, and attrs `note`
        says so.

    Raises
    ------
    TableError
        Where the basis has no such name.
    """
    from geocluster.exposure.residents import people_grid

    if basis not in BASES:
        raise TableError("urbanisation", f"{basis!r}: allowed are {list(BASES)}")
    if people is None and homes is not None and len(homes):
        people = people_grid(homes, grid)
    if people is None or basis == "built-up" or not float(people.sum()) > 0:
        found = _of_built_up(grid, land)
        if found is not None:
            return found.assign_attrs({"note": PEOPLE_UNKNOWN} if basis == "people" else {})
        if people is None:
            return None
    found = degree_of_urbanisation(people, land_share=land_share_of(people, land))
    if basis == "built-up":
        found.attrs["note"] = BUILT_UP_UNKNOWN
    return found


def land_share_of(cells: xr.DataArray, land: gpd.GeoDataFrame | None) -> xr.DataArray | None:
    """The share of each cell that is no water, by area; None where no water is drawn. [0 to 1]"""
    water = _covered(cells, land, ("water",))
    return None if water is None else cells.copy(data=1 - water)


def distance_to_cells(marked: np.ndarray) -> np.ndarray:
    """From each cell's centre to the nearest edge of a marked cell, exactly. [cells]

    The point of a square that is nearest to another cell's centre is a corner or the middle of a
    side: a distance transform on the lattice of half cells therefore gives it without error.

    Examples
    --------
    >>> distance_to_cells(np.array([[True, False, False]])).tolist()
    [[0.0, 0.5, 1.5]]
    """
    from scipy import ndimage

    if not marked.any():
        return np.full(marked.shape, np.inf)
    lattice = np.zeros((2 * marked.shape[0] + 1, 2 * marked.shape[1] + 1), bool)
    lattice[1::2, 1::2] = marked
    lattice = ndimage.binary_dilation(lattice, EDGES_AND_CORNERS)
    return np.asarray(ndimage.distance_transform_edt(~lattice)[1::2, 1::2] / 2)


def _core(urbanisation: xr.DataArray) -> np.ndarray:
    return np.isin(urbanisation.values, [CLASSES[name] for name in CORE_CLASSES])


def _open_classes(classes: Iterable[str]) -> list[str]:
    wanted = list(classes)
    allowed = [name for name in CLASSES if name not in CORE_CLASSES]
    unknown = [name for name in wanted if name not in allowed]
    if unknown:
        raise TableError("fringe", f"no such class {unknown}: allowed are {allowed}")
    return wanted


def _check_same_crs(urbanisation: xr.DataArray, roads: RoadGraph) -> None:
    from pyproj import CRS

    crs = urbanisation.attrs.get("crs")
    if crs is None or roads.crs is None:
        return
    if CRS.from_user_input(crs) != CRS.from_user_input(roads.crs):
        raise CRSError("roads", "in another reference system than the cells: use to_crs first")


def _of_built_up(grid: xr.DataArray, land: gpd.GeoDataFrame | None) -> xr.DataArray | None:
    cells = grid.copy(data=np.zeros(grid.shape))
    built_up = _covered(cells, land, BUILT_UP_KINDS)
    if built_up is None:
        return None
    return urbanisation_from_built_up(
        cells.copy(data=built_up), land_share=land_share_of(cells, land)
    )


def _covered(
    cells: xr.DataArray, land: gpd.GeoDataFrame | None, kinds: tuple[str, ...]
) -> np.ndarray | None:
    """The share of each cell under areas of some kinds, overlaps once; None without such areas."""
    import geopandas as gpd
    import shapely

    from geocluster.exposure.residents import home_cells
    from geocluster.siting.distance import cell_side_m

    if land is None or not len(land):
        return None
    chosen = land["kind"].isin(kinds) & land.geom_type.isin(["Polygon", "MultiPolygon"])
    if not chosen.any():
        return None
    parts = shapely.get_parts(land[chosen].union_all())
    whole = gpd.GeoDataFrame(geometry=parts, crs=land.crs)
    shape, cell, share = home_cells(whole, cells)
    area = shapely.area(parts)[shape] * share
    covered = np.bincount(cell, area, minlength=cells.size) / cell_side_m(cells) ** 2
    return np.clip(covered, 0, 1).reshape(cells.shape)
