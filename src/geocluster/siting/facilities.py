"""Facilities that clusters share: treatment plants, monitoring centres, laboratories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.measures import in_sites_crs
from geocluster.siting.medians import Placed, coverage, p_median
from geocluster.siting.optimum import NODE_LIMIT

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.load.roads import RoadGraph

OBJECTIVES = ("p-median", "coverage")


def place_facilities(
    clusters: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    m: int,
    *,
    objective: str = "p-median",
    within_m: float | None = None,
    within_minutes: float | None = None,
    weight: str | None = None,
    roads: RoadGraph | None = None,
    node_limit: int = NODE_LIMIT,
) -> gpd.GeoDataFrame:
    """Place m shared facilities where they serve the existing clusters best.

    Distances are straight from a cluster's centroid to a candidate's, or minutes by road from one
    to the other where `roads` are given. Solved to optimality by HiGHS.

    Parameters
    ----------
    clusters : GeoDataFrame
        From `find_clusters`: cluster_id and name where there are any.
    candidates : GeoDataFrame
        Where a facility may stand: candidate sites, clusters, or a layer of one's own; site_id or
        cluster_id, and name, where there are any.
    m : int
        How many facilities.
    objective : {"p-median", "coverage"}
        Least weighted distance of the clusters to their nearest facility [1]_, or most weight
        within `within_m` or `within_minutes` of one [2]_.
    within_m, within_minutes : float, optional
        Reach of a facility, for "coverage"; minutes with `roads`. [m, min]
    weight : str, optional
        Column of the clusters, such as emission_so2_g_s or members; missing values count 0. All
        clusters count alike where left out.
    roads : RoadGraph, optional
        From `road_graph`.
    node_limit : int
        Nodes of branch and bound.

    Returns
    -------
    GeoDataFrame
        A row a cluster, in their order: cluster_id, name, facility (1 to m), facility_at (the
        candidate's id), facility_name, distance_m or minutes, weight, covered (within reach; True
        for the p-median), and the straight line to its facility as geometry. attrs: objective,
        value (weighted mean distance [m or min], or share of weight covered [0 to 1]), gap,
        status ("optimal" or "within x of the best"), at (the ids of the candidates taken), rows
        (their rows in `candidates`), weight, unit.

    Raises
    ------
    TableError
        Where there are fewer candidates than facilities, the weight is no column or all 0, or
        reach is missing; where no road joins a cluster and any candidate.

    References
    ----------
    .. [1] S. L. Hakimi (1964), Optimum locations of switching centers and the absolute centers and
       medians of a graph, Operations Research 12, 450-459.
    .. [2] R. Church and C. ReVelle (1974), The maximal covering location problem, Papers of the
       Regional Science Association 32, 101-118.

    Examples
    --------
    >>> import geopandas as gpd
    >>> points = gpd.points_from_xy([0, 1000, 2000, 9000], [0, 0, 0, 0], crs="EPSG:32642")
    >>> clusters = gpd.GeoDataFrame({"cluster_id": list("abcd"), "members": [1, 1, 1, 9]},
    ...     geometry=points)
    >>> placed = place_facilities(clusters, clusters, 2, weight="members")
    >>> placed["facility_at"].tolist(), round(placed.attrs["value"], 1)
    (['b', 'b', 'b', 'd'], 166.7)
    """
    import geopandas as gpd
    import shapely

    reach = within_minutes if roads is not None else within_m
    weights = _checked(clusters, candidates, m, objective, reach, weight)
    candidates = in_sites_crs(candidates, clusters, "candidates")
    ends = shapely.centroid(np.asarray(candidates.geometry.values, dtype=object))
    starts = shapely.centroid(np.asarray(clusters.geometry.values, dtype=object))
    apart = _metres(starts, ends) if roads is None else _minutes(roads, starts, ends)
    placed = _solved(apart, weights, m, objective, reach, node_limit)
    nearest = placed.rows[np.argmin(apart[:, placed.rows], axis=1)]
    rows = np.arange(len(clusters))
    names, ids = _column(candidates, "name"), _ids(candidates)
    unit = "distance_m" if roads is None else "minutes"
    told = apart[rows, nearest]
    lines = shapely.linestrings(
        [[(a.x, a.y), (b.x, b.y)] for a, b in zip(starts, ends[nearest], strict=True)]
    )
    table = gpd.GeoDataFrame(
        {
            "cluster_id": _ids(clusters),
            "name": _column(clusters, "name"),
            "facility": np.searchsorted(placed.rows, nearest) + 1,
            "facility_at": [ids[row] for row in nearest],
            "facility_name": [names[row] for row in nearest],
            unit: told,
            "weight": weights,
            "covered": told <= (np.inf if reach is None else reach),
        },
        geometry=lines,
        crs=clusters.crs,
    )
    table.attrs = {
        "objective": objective,
        "value": float(placed.value / weights.sum()),
        "gap": placed.gap,
        "status": "optimal" if placed.gap == 0 else f"within {placed.gap:.2g} of the best",
        "at": [ids[row] for row in placed.rows],
        "rows": placed.rows.tolist(),
        "weight": weight or "each alike",
        "unit": "m" if roads is None else "min",
    }
    return table


def _solved(
    apart: np.ndarray,
    weights: np.ndarray,
    m: int,
    objective: str,
    reach: float | None,
    node_limit: int,
) -> Placed:
    if objective == "coverage":
        return coverage(apart <= reach, weights, m, node_limit=node_limit)
    cut_off = np.flatnonzero(~np.isfinite(apart).any(axis=1))
    if cut_off.size:
        raise TableError("facilities", f"no road joins {cut_off.size} clusters and any candidate")
    # Where no road leads is farther than any way there is, for all together.
    far = 1e3 * float(apart[np.isfinite(apart)].max())
    return p_median(np.where(np.isfinite(apart), apart, far), weights, m, node_limit=node_limit)


def _metres(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    import shapely

    x, y = (np.subtract.outer(f(starts), f(ends)) for f in (shapely.get_x, shapely.get_y))
    return np.hypot(x, y)


def _minutes(roads: RoadGraph, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    from geocluster.siting.reach import travel_minutes

    # The rarer side is where each search begins.
    if len(starts) <= len(ends):
        return np.array([travel_minutes(roads, ends, [start]) for start in starts])
    return np.array([travel_minutes(roads, starts, [end]) for end in ends]).T


def _ids(table: gpd.GeoDataFrame) -> list[str]:
    for name in ("site_id", "cluster_id", "facility_id"):
        if name in table:
            return [str(one) for one in table[name]]
    return [str(number) for number in range(1, len(table) + 1)]


def _column(table: gpd.GeoDataFrame, name: str) -> list[str]:
    if name not in table:
        return [""] * len(table)
    return [str(one) for one in table[name].fillna("")]


def _checked(
    clusters: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    m: int,
    objective: str,
    reach: float | None,
    weight: str | None,
) -> np.ndarray:
    """The weights of the clusters; every fault at once."""
    faults = []
    if objective not in OBJECTIVES:
        faults.append(f"objective {objective!r}: allowed are {', '.join(OBJECTIVES)}")
    if objective == "coverage" and not (reach is not None and 0 <= reach < np.inf):
        faults.append("coverage asks for a reach: give within_m, or within_minutes with roads")
    if not len(clusters):
        faults.append("there is no cluster to serve")
    if not 1 <= m <= len(candidates):
        faults.append(f"{m} facilities at {len(candidates)} candidates: give 1 to as many")
    weights = np.ones(len(clusters))
    if weight is not None and weight not in clusters:
        faults.append(f"weight {weight!r} is no column of the clusters")
    elif weight is not None:
        weights = clusters[weight].fillna(0).to_numpy(dtype=float)
        if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
            faults.append(f"weight {weight!r}: give numbers, 0 or more, not all 0")
    if faults:
        raise TableError("facilities", faults)
    return weights
