"""The urban fringe, from the degree of urbanisation of 1 km cells.

The classes and their rules are those of the degree of urbanisation [1]_, level 2, with the codes
of the GHS settlement model [2]_. Density is people per km2 of permanent land.

=====================  ====  ==============================================================
class                  code  rule
=====================  ====  ==============================================================
urban centre           30    4-connected cells of at least 1,500/km2, 50,000 people together;
                             edges smoothed, holes under 15 km2 filled
dense town             23    4-connected cells of at least 1,500/km2, 5,000 people together
semi-dense town        22    8-connected cells of at least 300/km2, 5,000 people together,
                             2 km or more from an urban centre or a dense town
suburb                 21    the other cells of such clusters
village                13    8-connected cells of at least 300/km2, 500 people together
dispersed              12    the other cells of at least 50/km2
uninhabited            11    below 50/km2
water                  10    no people, and less than half of the cell is land
=====================  ====  ==============================================================

References
----------
.. [1] Eurostat (2021), Applying the Degree of Urbanisation: a methodological manual.
.. [2] Schiavina et al. (2022), GHSL Data Package 2022, JRC129516.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.distance import Cells, cells_inside

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import xarray as xr

CLASSES = {
    "urban centre": 30,
    "dense town": 23,
    "semi-dense town": 22,
    "suburb": 21,
    "village": 13,
    "dispersed": 12,
    "uninhabited": 11,
    "water": 10,
}
FRINGE_CLASSES = ("suburb", "dispersed")
# A park looks for empty land, and on a steppe all of it is uninhabited.
OPEN_CLASSES = (*FRINGE_CLASSES, "uninhabited")

CELL_M = 1000.0
DENSE_PER_KM2, CLUSTER_PER_KM2, DISPERSED_PER_KM2 = 1500, 300, 50
CENTRE_PEOPLE, TOWN_PEOPLE, VILLAGE_PEOPLE = 50_000, 5_000, 500
LARGEST_HOLE_KM2 = 15
MAJORITY = 5
SEMI_DENSE_GAP_CELLS = 2
# Sums of shares are exact to some 1e-12 of a person; a cell of just 1,500 people must not miss it.
TOLERANCE = 1e-6

EDGES = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
EDGES_AND_CORNERS = np.ones((3, 3), int)


def degree_of_urbanisation(
    people: xr.DataArray, *, land_share: xr.DataArray | None = None
) -> xr.DataArray:
    """Class every 1 km cell by the degree of urbanisation.

    Cells of `people` that do not fit into 1 km cells are shared out by area, so that the sum of
    people is kept. A cell at the rim of the grid that is only partly covered counts the people
    known in it against its whole area.

    Parameters
    ----------
    people : DataArray (y, x)
        People of each cell, on a grid of square cells of any size. [persons]
    land_share : DataArray (y, x), optional
        Share of permanent land in each cell of the same grid; all land where left out. [0 to 1]

    Returns
    -------
    DataArray (y, x)
        uint8 codes on cells of 1 km aligned to whole kilometres; attrs `classes` (name to code),
        `cell_m` and `crs`; coordinates `people` and `density_per_km2` beside it.

    Raises
    ------
    TableError
        Where people are missing or negative, or the cells are not square.

    Examples
    --------
    >>> import xarray as xr
    >>> people = xr.DataArray(
    ...     [[0, 10, 100, 400, 6000]],
    ...     dims=("y", "x"),
    ...     coords={"y": [500.0], "x": [500.0, 1500.0, 2500.0, 3500.0, 4500.0]},
    ... )
    >>> degree_of_urbanisation(people).values.tolist()
    [[11, 11, 12, 21, 23]]
    """
    import xarray as xr

    persons, y, x = _to_kilometres(people)
    land = np.ones_like(persons)
    if land_share is not None:
        land = _to_kilometres(land_share)[0] / _covered_km2(people)
    density = persons / np.where(land > 0, land, 1.0)
    codes = classify(persons, density, (persons <= 0) & (land < 0.5))
    attrs = {
        "classes": dict(CLASSES),
        "flag_values": list(CLASSES.values()),
        "flag_meanings": " ".join(name.replace(" ", "_") for name in CLASSES),
        "cell_m": CELL_M,
        **{key: people.attrs[key] for key in ("crs", "region") if key in people.attrs},
    }
    extra = {
        "people": (("y", "x"), persons, {"units": "persons"}),
        "density_per_km2": (("y", "x"), density, {"units": "persons/km2"}),
    }
    return xr.DataArray(
        codes,
        dims=("y", "x"),
        coords={"y": y, "x": x, **extra},
        name="urbanisation",
        attrs=attrs,
    )


def classify(people: np.ndarray, density: np.ndarray, water: np.ndarray) -> np.ndarray:
    """The codes of 1 km cells from their people, density [per km2] and water mask.

    Examples
    --------
    >>> classify(np.array([[40, 60]]), np.array([[40, 60]]), np.zeros((1, 2), bool)).tolist()
    [[11, 12]]
    """
    from scipy import ndimage

    density = density + TOLERANCE
    codes = np.where(density >= DISPERSED_PER_KM2, CLASSES["dispersed"], CLASSES["uninhabited"])
    codes[water] = CLASSES["water"]
    moderate = density >= CLUSTER_PER_KM2
    dense = density >= DENSE_PER_KM2

    centre = _urban_centres(dense, people, water)
    core = (centre > 0) | (_clusters(dense, people, TOWN_PEOPLE, EDGES) > 0)
    clusters = _clusters(moderate, people, TOWN_PEOPLE, EDGES_AND_CORNERS)
    near = ndimage.binary_dilation(core, EDGES_AND_CORNERS, iterations=SEMI_DENSE_GAP_CELLS)
    suburbs = np.isin(clusters, np.unique(clusters[near & (clusters > 0)])) & (clusters > 0)

    codes[_clusters(moderate, people, VILLAGE_PEOPLE, EDGES_AND_CORNERS) > 0] = CLASSES["village"]
    codes[clusters > 0] = CLASSES["semi-dense town"]
    codes[suburbs] = CLASSES["suburb"]
    codes[core] = CLASSES["dense town"]
    codes[centre > 0] = CLASSES["urban centre"]
    return codes.astype(np.uint8)


def urban_fringe(
    urbanisation: xr.DataArray,
    *,
    distance_km: float = 10.0,
    classes: Iterable[str] = FRINGE_CLASSES,
) -> xr.DataArray:
    """The cells on the fringe: of the open classes, and near the edge of a dense core.

    Parameters
    ----------
    urbanisation : DataArray (y, x)
        From `degree_of_urbanisation`.
    distance_km : float
        Largest distance of a cell's centre from the edge of an urban centre or dense town. [km]
    classes : iterable of str
        Names of the classes that belong to the fringe; add "uninhabited" to take in land where
        hardly anyone lives.

    Returns
    -------
    DataArray (y, x)
        Boolean, with the coordinate `distance_to_core_m` (inf where there is no core). [m]

    Raises
    ------
    TableError
        Where a class has no such name, or would put the built-up core into the fringe.

    Examples
    --------
    >>> import xarray as xr
    >>> codes = xr.DataArray([[30, 21, 12, 11]], dims=("y", "x"), attrs={"cell_m": 1000.0})
    >>> urban_fringe(codes, distance_km=1).values.tolist()
    [[False, True, False, False]]
    >>> urban_fringe(codes, distance_km=2).values.tolist()
    [[False, True, True, False]]
    """
    wanted = list(classes)
    open_classes = [name for name in CLASSES if name not in ("urban centre", "dense town")]
    unknown = [name for name in wanted if name not in open_classes]
    if unknown:
        raise TableError("fringe", f"no such class {unknown}: allowed are {open_classes}")
    codes = urbanisation.values
    core = np.isin(codes, [CLASSES["urban centre"], CLASSES["dense town"]])
    distance = distance_to_cells(core) * float(urbanisation.attrs.get("cell_m", CELL_M))
    near = distance <= distance_km * 1000 + TOLERANCE
    fringe = urbanisation.copy(data=near & np.isin(codes, [CLASSES[name] for name in wanted]))
    fringe.name = "fringe"
    fringe.attrs = {
        **{key: value for key, value in urbanisation.attrs.items() if not key.startswith("flag")},
        "distance_km": float(distance_km),
        "fringe_classes": wanted,
    }
    return fringe.assign_coords(distance_to_core_m=(("y", "x"), distance, {"units": "m"}))


def urbanisation_of(
    grid: xr.DataArray,
    homes: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None = None,
    people: xr.DataArray | None = None,
) -> xr.DataArray | None:
    """The degree of urbanisation of a study: None where nothing is known of its people.

    Parameters
    ----------
    grid : DataArray (y, x)
        The study's grid.
    homes : GeoDataFrame or None
        Areas with `people`, in the grid's reference system.
    land : GeoDataFrame, optional
        Cells whose centre lies in an area of kind "water" are not land.
    people : DataArray (y, x), optional
        People a cell, instead of those of `homes`. [persons]
    """
    from geocluster.exposure.residents import people_grid

    if people is None:
        if homes is None or not len(homes):
            return None
        people = people_grid(homes, grid)
    if land is None or not len(land) or people.shape != grid.shape:
        return degree_of_urbanisation(people)
    water = (land["kind"] == "water") & land.geom_type.isin(["Polygon", "MultiPolygon"])
    if not water.any():
        return degree_of_urbanisation(people)
    share = np.ones(grid.size)
    share[cells_inside(np.asarray(land.geometry[water].values, dtype=object), Cells.of(grid))] = 0
    shares = people.copy(data=share.reshape(grid.shape))
    return degree_of_urbanisation(people, land_share=shares)


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


def _urban_centres(dense: np.ndarray, people: np.ndarray, water: np.ndarray) -> np.ndarray:
    """A number for each urban centre's cells: edges smoothed till all is still, holes filled."""
    centres = _clusters(dense, people, CENTRE_PEOPLE, EDGES)
    numbers = np.unique(centres[centres > 0])
    before = None
    while before is None or (centres != before).any():
        before = centres.copy()
        for number in numbers:
            joins = (centres == 0) & ~water & (_neighbours(before == number) >= MAJORITY)
            centres[joins] = number
    for number in numbers:
        centres[(centres == 0) & _small_holes(centres == number)] = number
    return centres


def _clusters(
    cells: np.ndarray, people: np.ndarray, least_people: float, structure: np.ndarray
) -> np.ndarray:
    """A number for each cell of a contiguous cluster with at least so many people, else 0."""
    from scipy import ndimage

    labels, count = ndimage.label(cells, structure)
    totals = np.bincount(labels.ravel(), people.ravel(), count + 1) + TOLERANCE
    totals[0] = -1
    return np.where(totals[labels] >= least_people, labels, 0)


def _small_holes(cells: np.ndarray) -> np.ndarray:
    """Patches enclosed by the cells and smaller than 15 km2."""
    from scipy import ndimage

    labels, _ = ndimage.label(np.pad(~cells, 1, constant_values=True), EDGES)
    sizes = np.bincount(labels.ravel())
    small = sizes < LARGEST_HOLE_KM2
    small[[0, labels[0, 0]]] = False
    return np.asarray(small[labels][1:-1, 1:-1])


def _neighbours(cells: np.ndarray) -> np.ndarray:
    """How many of the eight neighbours of each cell are marked."""
    from scipy import ndimage

    return ndimage.convolve(cells.astype(int), EDGES_AND_CORNERS, mode="constant") - cells


def _to_kilometres(values: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums on 1 km cells (y descending), and the centres of those cells."""
    array = np.asarray(values.transpose("y", "x").values, float)
    if not np.isfinite(array).all() or (array < 0).any():
        raise TableError("people", "a cell holds no number, or less than 0: fill in 0 or more")
    rows, y = _shares(values["y"].values, _cell_m(values))
    columns, x = _shares(values["x"].values, _cell_m(values))
    return (rows @ array @ columns.T)[::-1], y[::-1], x


def _covered_km2(values: xr.DataArray) -> np.ndarray:
    """Cells of the fine grid in each 1 km cell, so that shares become means."""
    count = _to_kilometres(values.copy(data=np.ones(values.shape)))[0]
    return np.asarray(np.where(count > 0, count, 1.0))


def _cell_m(values: xr.DataArray) -> float:
    """Side of a cell, from attrs or else from the coordinates."""
    if "cell_m" in values.attrs:
        return float(values.attrs["cell_m"])
    steps = np.concatenate([np.abs(np.diff(values[name].values)) for name in ("y", "x")])
    if steps.size == 0:
        return CELL_M
    if not np.allclose(steps, steps[0]):
        raise TableError("people", "the cells are not square and even: use region.grid(cell_m)")
    return float(steps[0])


def _shares(centres: np.ndarray, cell_m: float) -> tuple[np.ndarray, np.ndarray]:
    """The share of each cell that falls into each kilometre of one axis, and their centres."""
    lower, upper = centres - cell_m / 2, centres + cell_m / 2
    first = np.floor(lower.min() / CELL_M + 1e-9)
    last = np.ceil(upper.max() / CELL_M - 1e-9)
    edges = np.arange(first, last) * CELL_M
    overlap = np.minimum(upper, edges[:, None] + CELL_M) - np.maximum(lower, edges[:, None])
    return np.clip(overlap, 0, None) / cell_m, edges + CELL_M / 2
