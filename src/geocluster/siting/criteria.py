"""What a site is judged by: each criterion with its unit, direction, group and source.

Criteria that measure the same thing stand in one group and share one weight. A criterion whose
layer is missing is missing (NaN) for every site: it gets no weight, and never a neutral value.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import GeoclusterWarning, SettingsError
from geocluster.siting.measures import (
    all_shapes,
    distance_m,
    in_sites_crs,
    main_roads,
    people_in_reach,
    sectors_near,
    shapes_of_kind,
    share_covered,
    site_means,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

WORKERS_WITHIN_KM = 15
SECTORS_WITHIN_KM = 20
EXISTING_ZONE = "existing zone"
BURDEN = "burden_persons_ug_m3_per_g_s"
HIGH_CORRELATION = 0.7


@dataclass(frozen=True)
class Criterion:
    """One criterion.

    `share` is its part of its group's weight (assumed, and open to change); `needs` are the kinds
    of land of which one must be known for it to have a value.
    """

    column: str
    group: str
    direction: str
    unit: str
    share: float
    label: str
    source: str
    needs: str = ""


def _read_criteria() -> tuple[Criterion, ...]:
    text = files("geocluster.siting").joinpath("criteria.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Criterion(share=float(row.pop("share")), **row) for row in rows)


CRITERIA = _read_criteria()
GROUPS = tuple(dict.fromkeys(criterion.group for criterion in CRITERIA))


def describe_sites(
    sites: gpd.GeoDataFrame,
    burden: xr.DataArray,
    homes: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame | None,
    clusters: gpd.GeoDataFrame | None,
    *,
    protection_zone_m: float = 500.0,
) -> gpd.GeoDataFrame:
    """Measure every criterion at every site.

    Parameters
    ----------
    sites : GeoDataFrame
        Candidate parcels, from `candidate_sites`; not changed.
    burden : DataArray (y, x)
        From `burden`. [persons x ug/m3 per g/s]
    homes : GeoDataFrame
        Areas with `people`.
    land : GeoDataFrame or None
        Roads, railways, power, water and farmland, by `kind`.
    clusters : GeoDataFrame or None
        From `find_clusters`; optional `sectors`.
    protection_zone_m : float
        Width of the park's sanitary protection zone. [m]

    Returns
    -------
    GeoDataFrame
        The sites with a column a criterion (see `criteria_table`), ``nearest_home_m`` and
        ``people_on_site`` beside them. Distances are from the parcel's edge, 0 where it touches;
        a criterion whose layer is missing is NaN. attrs ``protection_zone_m``.

    Raises
    ------
    CRSError
        Where a table declares no reference system and the sites do.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import xarray as xr
    >>> from shapely.geometry import LineString, box
    >>> burden = xr.DataArray(
    ...     [[1.0, 3.0]], dims=("y", "x"), coords={"y": [500.0], "x": [500.0, 1500.0]}
    ... )
    >>> sites = gpd.GeoDataFrame({"site_id": ["S1"]}, geometry=[box(0, 0, 2000, 1000)], crs=32642)
    >>> homes = gpd.GeoDataFrame({"people": [8]}, geometry=[box(2000, 0, 3000, 1000)], crs=32642)
    >>> rail = LineString([(0, 1400), (9000, 1400)])
    >>> land = gpd.GeoDataFrame({"kind": ["rail"]}, geometry=[rail], crs=32642)
    >>> table = describe_sites(sites, burden, homes, land, None)
    >>> table[["burden_persons_ug_m3_per_g_s", "people_in_protection_zone"]].values.tolist()
    [[2.0, 4.0]]
    >>> float(table["distance_rail_m"].iloc[0]), float(table["distance_road_m"].iloc[0])
    (400.0, nan)
    """
    from geocluster.exposure.residents import nearest_home_m

    people = in_sites_crs(homes, sites, "homes")
    land = in_sites_crs(land, sites, "land")
    clusters = in_sites_crs(clusters, sites, "clusters")
    shapes = np.asarray(sites.geometry.values, dtype=object)
    columns = {
        BURDEN: site_means(sites, burden),
        "people_in_protection_zone": people_in_reach(sites, people, protection_zone_m),
        "distance_road_m": distance_m(shapes, main_roads(land)),
        "distance_rail_m": distance_m(shapes, shapes_of_kind(land, "rail")),
        "distance_power_m": distance_m(shapes, shapes_of_kind(land, "power")),
        "distance_water_m": distance_m(shapes, shapes_of_kind(land, "water")),
        "workers_within_15_km": people_in_reach(sites, people, WORKERS_WITHIN_KM * 1000),
        "new_land_share": _new_land_share(sites, shapes, land),
        "farmland_share": share_covered(shapes, shapes_of_kind(land, "farmland", "irrigated")),
        "distance_cluster_m": distance_m(shapes, all_shapes(clusters)),
        "sectors_within_20_km": sectors_near(shapes, clusters, SECTORS_WITHIN_KM * 1000),
        "nearest_home_m": nearest_home_m(people, sites).to_numpy(),
        "people_on_site": people_in_reach(sites, people, 0),
    }
    described = sites.assign(**columns)
    described.attrs = {**sites.attrs, "protection_zone_m": float(protection_zone_m)}
    return described


def criteria_table(sites: pd.DataFrame | None = None) -> pd.DataFrame:
    """The criteria, with how many of the sites have a value.

    Parameters
    ----------
    sites : DataFrame, optional
        From `describe_sites`.

    Returns
    -------
    DataFrame
        column, group, direction ("less" or "more" is better), unit, share (of its group's
        weight), label, source, and with sites ``completeness`` [0 to 1].

    Examples
    --------
    >>> criteria_table()["group"].unique().tolist()
    ['exposure', 'access', 'land', 'partners']
    """
    import pandas as pd

    table = pd.DataFrame([asdict(criterion) for criterion in CRITERIA])
    if sites is not None:
        table["completeness"] = [
            float(sites[name].notna().mean()) if name in sites and len(sites) else 0.0
            for name in table["column"]
        ]
    return table


def grouped_weights(group_weights: Mapping[str, float], sites: pd.DataFrame) -> dict[str, float]:
    """Weights of the criteria from weights of their groups.

    A group's weight is shared over those of its criteria that have a value at some site, by the
    shares of `criteria_table`; a group without any is left out, and the rest scaled to sum to 1.

    Parameters
    ----------
    group_weights : mapping
        Group ("exposure", "access", "land", "partners") to weight, 0 or more.
    sites : DataFrame
        From `describe_sites`.

    Returns
    -------
    dict
        Column to weight, negative where less is better; sizes sum to 1.

    Warns
    -----
    GeoclusterWarning
        Names the criteria that no site has a value for.

    Raises
    ------
    SettingsError
        Where a group has no such name, a weight is below 0, or none is left.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"people_in_protection_zone": [5], "distance_rail_m": [900.0]})
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     grouped_weights({"exposure": 3, "access": 1}, sites)
    {'people_in_protection_zone': -0.75, 'distance_rail_m': -0.25}
    """
    faults = [
        f"no such group {name!r}: allowed are {', '.join(GROUPS)}"
        for name in group_weights
        if name not in GROUPS
    ]
    faults += [
        f"weight of {name!r} is {weight}: give 0 or more"
        for name, weight in group_weights.items()
        if not 0 <= weight < float("inf")
    ]
    if faults:
        raise SettingsError("siting.weights", faults)
    weights: dict[str, float] = {}
    missing = []
    for group, weight in group_weights.items():
        members = [criterion for criterion in CRITERIA if criterion.group == group]
        known = [item for item in members if _has_value(sites, item.column)]
        missing += [item.column for item in members if item not in known and weight > 0]
        whole = math.fsum(item.share for item in known)
        for item in known if weight > 0 else []:
            sign = -1 if item.direction == "less" else 1
            weights[item.column] = sign * weight * (item.share / whole)
    if missing:
        warnings.warn(
            f"{len(missing)} criteria have no weight, their layer is missing: {', '.join(missing)}",
            GeoclusterWarning,
            stacklevel=2,
        )
    total = math.fsum(abs(weight) for weight in weights.values())
    if not total:
        raise SettingsError("siting.weights", "no criterion with a weight has a value at any site")
    return {column: weight / total for column, weight in weights.items()}


def signs_of(sites: pd.DataFrame) -> dict[str, float]:
    """+1 or -1 for each of the project's criteria that the sites have a value for."""
    return {
        item.column: -1.0 if item.direction == "less" else 1.0
        for item in CRITERIA
        if _has_value(sites, item.column)
    }


def criterion_groups(columns: Sequence[str]) -> list[str]:
    """The group of each column; one that is no criterion of the project is its own group.

    Examples
    --------
    >>> criterion_groups(["distance_rail_m", "distance_road_m", "cost"])
    ['access', 'access', 'cost']
    """
    groups = {criterion.column: criterion.group for criterion in CRITERIA}
    return [groups.get(column, column) for column in columns]


def correlations(sites: pd.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Spearman's rank correlation of every pair of criteria.

    Parameters
    ----------
    sites : DataFrame
        From `describe_sites`.
    columns : sequence of str, optional
        The project's criteria that have a value where left out.

    Returns
    -------
    DataFrame
        A row and a column a criterion; over the sites that have both values, NaN where one of
        them is the same everywhere. attrs ``high``: pairs with 0.7 or more, either sign, as
        (column, column, correlation). [-1 to 1]

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"a": [1.0, 2, 3], "b": [9.0, 4, 1]})
    >>> correlations(sites, ["a", "b"]).round(6).values.tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    import pandas as pd

    names = list(signs_of(sites)) if columns is None else list(columns)
    matrix = np.eye(len(names))
    high = []
    for i, first in enumerate(names):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = _spearman(sites[first], sites[names[j]])
            if abs(matrix[i, j]) >= HIGH_CORRELATION:
                high.append((names[j], first, float(matrix[i, j])))
    table = pd.DataFrame(matrix, index=names, columns=names)
    table.attrs["high"] = high
    return table


def _spearman(first: pd.Series, second: pd.Series) -> float:
    both = (first.notna() & second.notna()).to_numpy()
    ranks = [series[both].rank().to_numpy() for series in (first, second)]
    centred = [values - values.mean() if values.size else values for values in ranks]
    sizes = [np.sqrt((values**2).sum()) for values in centred]
    if not all(sizes):
        return float("nan")
    return float(np.clip((centred[0] @ centred[1]) / (sizes[0] * sizes[1]), -1, 1))


def _new_land_share(
    sites: gpd.GeoDataFrame, shapes: np.ndarray, land: gpd.GeoDataFrame | None
) -> np.ndarray:
    """0 for an existing zone; elsewhere what no drawn zone or brownfield covers."""
    # The share used before would be 0 for nearly all: divided by its length, as TOPSIS does, the
    # one zone with a 1 would outweigh every other criterion.
    share = 1 - np.nan_to_num(share_covered(shapes, shapes_of_kind(land, "zone", "brownfield")))
    if "kind" in sites:
        share[(sites["kind"] == EXISTING_ZONE).to_numpy()] = 0.0
    return share


def _has_value(sites: pd.DataFrame, column: str) -> bool:
    return column in sites and bool(sites[column].notna().any())
