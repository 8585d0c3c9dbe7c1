"""Clusters: industrial sites that stand close together, by density in metric space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geocluster.errors import InputError
from geocluster.region import metric_crs
from geocluster.tables import GREENHOUSE_GASES, ORIGINS, in_crs, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

METHODS = ("hdbscan", "dbscan")
FEW_SITES = 30
# A point stands for a works of about this radius. [m]
UNNAMED = "without a name"
SITE_RADIUS_M = 250.0
GREENHOUSE_COLUMNS = tuple(f"emission_{gas}_g_s" for gas in GREENHOUSE_GASES)
COLUMNS = ("cluster_id", "name", "members", "member_names", "sectors", "area_ha")


def find_clusters(
    sources: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame | None = None,
    *,
    min_members: int | None = None,
    reach_m: float = 5_000.0,
    method: str = "hdbscan",
    keep_lone: bool = False,
) -> gpd.GeoDataFrame:
    """Group industrial sites that stand close together.

    Sources of one plant (the same `plant_id`) are one site, and so are an industrial area of
    `land` and the sources in it. Sites are grouped by HDBSCAN [1] or DBSCAN [2]
    in metres; a group is parted where the gap to its next member is more than `reach_m`.

    Parameters
    ----------
    sources : GeoDataFrame
        Points or polygons; optional plant_id, name, sector and emission columns. [g/s]
    land : GeoDataFrame, optional
        Polygons of `kind` "industrial" are sites as well.
    min_members : int, optional
        Fewest sites of a cluster; 2 among up to 30 sites and 5 among more unless told.
    reach_m : float
        Largest gap between neighbours of a cluster. [m]
    method : {"hdbscan", "dbscan"}
        By density that may differ from place to place, or by the gap alone.
    keep_lone : bool
        Keep sites that stand alone as clusters of one.

    Returns
    -------
    GeoDataFrame
        A row a cluster, the largest first: cluster_id, name, members, member_names, sectors (the
        commonest first), area_ha (of known industrial areas) [ha], emission_<pollutant>_g_s (sums)
        [g/s], emission_origin (the weakest among them), and the hull as geometry. Sites that stand
        alone are in no cluster unless asked for.

    Raises
    ------
    InputError
        Where the method is not known, or a number is not above 0.
    CRSError
        Where the sources are in degrees.

    References
    ----------
    [1] R. Campello, D. Moulavi, J. Sander (2013), Density-based clustering based on hierarchical
        density estimates, PAKDD 2013.
    [2] M. Ester et al. (1996), A density-based algorithm for discovering clusters, KDD 1996.

    Examples
    --------
    >>> import geopandas as gpd
    >>> x = [0, 900, 1800, 40_000]
    >>> sources = gpd.GeoDataFrame(
    ...     {"name": list("abcd"), "sector": ["metals", "metals", "cement", "power"]},
    ...     geometry=gpd.points_from_xy(x, [0, 0, 0, 0]), crs="EPSG:32642")
    >>> find_clusters(sources)[["members", "member_names", "sectors"]].values.tolist()
    [[3, 'a, b, c', 'metals, cement']]
    """
    import numpy as np

    faults = []
    if method not in METHODS:
        faults.append(f"method {method!r}: allowed are {', '.join(METHODS)}")
    if not reach_m > 0:
        faults.append(f"reach_m is {reach_m}: give a distance above 0")
    if min_members is not None and min_members < 2:
        faults.append(f"min_members is {min_members}: a cluster has at least 2")
    if faults:
        raise InputError("find_clusters", faults)
    if sources.crs is not None:
        metric_crs(sources.crs, "sources")
    sites = industrial_sites(sources, land)
    least = min_members or (2 if len(sites) <= FEW_SITES else 5)
    labels = _labels(sites, least, reach_m, method)
    if keep_lone:
        alone = labels < 0
        labels[alone] = labels.max(initial=-1) + 1 + np.arange(alone.sum())
    return _described(sites, labels, pollutants_of(sources))


def industrial_sites(
    sources: gpd.GeoDataFrame, land: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """One row a site: a plant with all its sources, or an industrial area with those in it.

    Parameters
    ----------
    sources, land : GeoDataFrame
        As in `find_clusters`.

    Returns
    -------
    GeoDataFrame
        name, sector, area_ha, emission sums and emission_origin; points or polygons.
    """
    import geopandas as gpd
    import pandas as pd

    emissions = [f"emission_{pollutant}_g_s" for pollutant in pollutants_of(sources)]
    plants = _plants(sources, emissions)
    if land is None or not len(land):
        return plants
    areas = land[land["kind"] == "industrial"]
    areas = areas if sources.crs is None else in_crs(areas, sources.crs, "land")
    areas = areas[areas.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index(drop=True)
    if not len(areas):
        return plants
    inside = gpd.sjoin(plants, areas[["geometry"]], predicate="intersects", how="inner")
    owner = inside["index_right"].groupby(level=0).min()
    covered = areas.geometry.area.reindex(owner).to_numpy() / 1e4
    plants.loc[list(owner.index), "area_ha"] = covered
    alone = areas[~areas.index.isin(owner)]
    rest = gpd.GeoDataFrame(
        {
            "name": alone["name"].fillna("") if "name" in alone else "",
            "sector": alone["sector"].fillna("industry") if "sector" in alone else "industry",
            "area_ha": alone.area / 1e4,
            "emission_origin": "",
            **dict.fromkeys(emissions, 0.0),
        },
        geometry=alone.geometry,
        crs=sources.crs,
    )
    joined = pd.concat([plants, rest], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=sources.crs)


def _plants(sources: gpd.GeoDataFrame, emissions: list[str]) -> gpd.GeoDataFrame:
    """Sources of one plant as one point, its emissions summed."""
    import geopandas as gpd
    import pandas as pd

    table = pd.DataFrame(
        {
            "key": _plant_keys(sources),
            "name": sources["name"].fillna("") if "name" in sources else "",
            "sector": sources["sector"].fillna("") if "sector" in sources else "",
            "area_ha": sources["area_ha"].fillna(0.0) if "area_ha" in sources else 0.0,
            "rank": _origin_ranks(sources),
            "x": sources.geometry.centroid.x,
            "y": sources.geometry.centroid.y,
            **{column: sources[column].fillna(0.0) for column in emissions},
        }
    )
    how = {"name": "first", "sector": "first", "area_ha": "max", "rank": "max"}
    plants = table.groupby("key", sort=False).agg(
        {**how, "x": "mean", "y": "mean", **dict.fromkeys(emissions, "sum")}
    )
    plants["emission_origin"] = [ORIGINS[rank] for rank in plants["rank"]]
    points = gpd.points_from_xy(plants["x"], plants["y"], crs=sources.crs)
    plain = plants.drop(columns=["rank", "x", "y"]).reset_index(drop=True)
    return gpd.GeoDataFrame(plain, geometry=points)


def _plant_keys(sources: gpd.GeoDataFrame) -> pd.Series:
    import pandas as pd

    own = pd.Series([f"row {i}" for i in range(len(sources))], index=sources.index)
    for column in ("source_id", "plant_id"):
        if column in sources:
            own = sources[column].astype(object).where(sources[column].notna(), own)
    return own


def _origin_ranks(sources: gpd.GeoDataFrame) -> pd.Series:
    import pandas as pd

    if "emission_origin" not in sources:
        return pd.Series(0, index=sources.index)
    return sources["emission_origin"].fillna("reported").map(ORIGINS.index)


def _labels(sites: gpd.GeoDataFrame, least: int, reach_m: float, method: str) -> np.ndarray:
    """A cluster's number for each site, -1 for those that stand alone."""
    import numpy as np
    from sklearn.cluster import DBSCAN, HDBSCAN

    if len(sites) < least:
        return np.full(len(sites), -1)
    middles = sites.geometry.centroid
    points = np.column_stack([middles.x, middles.y])
    groups = np.zeros(len(sites), dtype=int)
    if method == "hdbscan" and len(sites) > least:
        groups = HDBSCAN(
            min_cluster_size=least, min_samples=1, allow_single_cluster=True, copy=True
        ).fit_predict(points)
    labels = np.full(len(sites), -1)
    for group in range(groups.max() + 1):
        rows = np.flatnonzero(groups == group)
        parts = DBSCAN(eps=reach_m, min_samples=1).fit_predict(points[rows])
        for part in range(parts.max() + 1):
            members = rows[parts == part]
            if len(members) >= least:
                labels[members] = labels.max() + 1
    return labels


def _described(
    sites: gpd.GeoDataFrame, labels: np.ndarray, pollutants: list[str]
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    emissions = [f"emission_{pollutant}_g_s" for pollutant in pollutants]
    rows = [_card(sites[labels == label], emissions) for label in range(labels.max(initial=-1) + 1)]
    if not rows:
        empty = {name: pd.Series(dtype=object) for name in (*COLUMNS, *emissions)}
        return gpd.GeoDataFrame(empty, geometry=[], crs=sites.crs)
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=sites.crs)
    table = table.sort_values(["members", "name"], ascending=[False, True], ignore_index=True)
    table.insert(0, "cluster_id", [f"C{number:02d}" for number in range(1, len(table) + 1)])
    return table


def _card(members: gpd.GeoDataFrame, emissions: list[str]) -> dict[str, object]:
    dispersed = [c for c in emissions if c not in GREENHOUSE_COLUMNS]
    strength = members[dispersed].sum(axis=1) if dispersed else members["area_ha"]
    size = strength if strength.max() > 0 else members["area_ha"]
    largest = members.iloc[int(size.to_numpy().argmax())]
    names = sorted({str(name) for name in members["name"] if name})
    sectors = members["sector"][members["sector"] != ""].value_counts(sort=False)
    in_order = sectors.sort_index().sort_values(ascending=False, kind="stable").index
    origins = [o for o in members["emission_origin"] if o]
    return {
        "name": f"around {largest['name']}" if largest["name"] else UNNAMED,
        "members": len(members),
        "member_names": ", ".join(names),
        "sectors": ", ".join(in_order),
        "area_ha": float(members["area_ha"].sum()),
        **{column: float(members[column].sum()) for column in emissions},
        "emission_origin": max(origins, key=ORIGINS.index) if origins else "",
        "geometry": members.geometry.union_all().convex_hull.buffer(SITE_RADIUS_M),
    }
