"""The degree of urbanisation of 1 km cells, from people or from built-up land.

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

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError

if TYPE_CHECKING:
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

CELL_M = 1000.0
DENSE_PER_KM2, CLUSTER_PER_KM2, DISPERSED_PER_KM2 = 1500, 300, 50
CENTRE_PEOPLE, TOWN_PEOPLE, VILLAGE_PEOPLE = 50_000, 5_000, 500
LARGEST_HOLE_KM2 = 15
MAJORITY = 5
SEMI_DENSE_GAP_CELLS = 2
# So that GHSL's 50 % of built-up land stands for a dense cell.
DENSE_BUILT_UP_SHARE = 0.5
PEOPLE_PER_BUILT_KM2 = DENSE_PER_KM2 / DENSE_BUILT_UP_SHARE
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
    persons, y, x = _to_kilometres(people)
    land = _land_km2(people, land_share)
    extra = {"people": (("y", "x"), persons, {"units": "persons"})}
    return _classified(persons, land, people, (y, x), extra)


def urbanisation_from_built_up(
    built_up_share: xr.DataArray,
    *,
    land_share: xr.DataArray | None = None,
    people_per_built_km2: float = PEOPLE_PER_BUILT_KM2,
) -> xr.DataArray:
    """Class every 1 km cell by how much of it is built up, where people are not known.

    The GHS settlement model takes a cell with at least 50 % of its permanent land built up for a
    dense one, as one of 1,500 people/km2 [1]_. Built-up land is therefore counted as 3,000
    people/km2 of it, and every rule of `degree_of_urbanisation` applies to these: 10 % is a cell of
    a cluster, 1.7 % dispersed, an urban centre has 16.7 km2 of built-up land. All but the 50 % is
    an assumption of this project. Nobody is counted by it: it draws the fringe alone.

    Parameters
    ----------
    built_up_share : DataArray (y, x)
        Share of each cell that is built up, on square cells of any size. [0 to 1]
    land_share : DataArray (y, x), optional
        Share of permanent land in each cell of the same grid; all land where left out. [0 to 1]
    people_per_built_km2 : float
        1,500 over the share of built-up land that makes a cell dense. [persons/km2]

    Returns
    -------
    DataArray (y, x)
        As `degree_of_urbanisation`, with the coordinate `built_up_share` [0 to 1] in the place of
        people; attrs `basis` is "built-up".

    Raises
    ------
    TableError
        Where a share is missing or not within 0 and 1.

    References
    ----------
    .. [1] Schiavina et al. (2022), GHSL Data Package 2022, JRC129516, footnote 25 (optional rule
       against the fragmentation of centres; in the package of 2023 a share of about 20 % of roofed
       surface, found anew from the data).

    Examples
    --------
    >>> import xarray as xr
    >>> share = xr.DataArray(
    ...     [[0.0, 0.02, 0.5, 0.6, 0.6]],
    ...     dims=("y", "x"),
    ...     coords={"y": [500.0], "x": [500.0, 1500.0, 2500.0, 3500.0, 4500.0]},
    ... )
    >>> urbanisation_from_built_up(share).values.tolist()
    [[11, 12, 23, 23, 23]]
    """
    shares = built_up_share.values
    if not ((shares >= -TOLERANCE) & (shares <= 1 + TOLERANCE)).all():
        raise TableError("built-up", "a share is missing or not within 0 and 1: mend the raster")
    side_km = _cell_m(built_up_share) / 1000
    built, y, x = _to_kilometres(built_up_share.clip(0, 1) * side_km**2)
    land = _land_km2(built_up_share, land_share)
    extra = {"built_up_share": (("y", "x"), built, {"units": "1"})}
    found = _classified(built * people_per_built_km2, land, built_up_share, (y, x), extra)
    found.attrs |= {"basis": "built-up", "people_per_built_km2": float(people_per_built_km2)}
    return found.drop_vars("density_per_km2")


def _land_km2(cells: xr.DataArray, land_share: xr.DataArray | None) -> np.ndarray:
    """The permanent land in each 1 km cell. [km2]"""
    covered = _covered_km2(cells)
    if land_share is None:
        return np.ones_like(covered)
    return np.asarray(_to_kilometres(land_share)[0] / covered)


def _classified(
    persons: np.ndarray,
    land: np.ndarray,
    given: xr.DataArray,
    axes: tuple[np.ndarray, np.ndarray],
    extra: dict[str, Any],
) -> xr.DataArray:
    import xarray as xr

    density = persons / np.where(land > 0, land, 1.0)
    attrs = {
        "classes": dict(CLASSES),
        "flag_values": list(CLASSES.values()),
        "flag_meanings": " ".join(name.replace(" ", "_") for name in CLASSES),
        "cell_m": CELL_M,
        "basis": "people",
        **{key: given.attrs[key] for key in ("crs", "region") if key in given.attrs},
    }
    coordinates = {
        "y": axes[0],
        "x": axes[1],
        **extra,
        "density_per_km2": (("y", "x"), density, {"units": "persons/km2"}),
    }
    return xr.DataArray(
        classify(persons, density, (persons <= 0) & (land < 0.5)),
        dims=("y", "x"),
        coords=coordinates,
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
