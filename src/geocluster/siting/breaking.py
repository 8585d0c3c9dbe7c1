"""Which rules a place would break that is not subject to them, and by how many metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.siting.distance import Cells, cells_inside

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

COLUMNS = ("breaks_rules", "breaks_rules_by_m")


def broken_rules(suitable: xr.Dataset, shapes: np.ndarray) -> dict[str, list[str]]:
    """The rules that exclude any cell of each shape, by the cells' centres or the nearest cell.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    shapes : array of polygons
        In the reference system of `suitable`.

    Returns
    -------
    dict
        breaks_rules (rule_ids divided by "; ") and breaks_rules_by_m ("homes 120; forest 0": what
        the worst of the cells lacks to the rule's distance; rules without one are not in it).
    """
    if "reasons" not in suitable:
        return {name: [""] * len(shapes) for name in COLUMNS}
    cells = Cells.of(suitable["reasons"].assign_attrs(cell_m=suitable.attrs["cell_m"]))
    reasons = suitable["reasons"].transpose("y", "x").values.ravel()
    records = list(suitable.attrs["rules"])
    distances = _distances(suitable, records)
    lacks = []
    for shape in shapes:
        chosen = cells_inside(np.array([shape], dtype=object), cells)
        if not len(chosen):
            middle = shape.centroid
            away = (cells.x - middle.x) ** 2 + (cells.y - middle.y) ** 2
            chosen = np.array([away.argmin()])
        bits = int(np.bitwise_or.reduce(reasons[chosen]))
        lacks.append(
            {
                str(record["rule_id"]): _lack(record, distances, chosen)
                for record in records
                if bits >> int(record["bit"]) & 1
            }
        )
    return in_words(lacks)


def measured_breaks(
    sites: gpd.GeoDataFrame,
    rules: pd.DataFrame,
    homes: gpd.GeoDataFrame | None,
    places: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """The sites with the distances of whole-cell rules measured from their own outlines.

    Of sites that are not subject to the exclusion. Rules of the other kind are tested by the
    centres of cells, as for every parcel, and stay as `broken_rules` found them.

    Parameters
    ----------
    sites : GeoDataFrame
        From `candidate_sites`.
    rules : DataFrame
        From `read_rules`.
    homes, places, land : GeoDataFrame or None
        As in `suitable_land`.
    """
    from geocluster.siting.measures import distance_m, in_sites_crs
    from geocluster.siting.rules import shapes_of

    free = ~sites["subject_to_exclusion"].to_numpy(bool) if len(sites) else np.empty(0, bool)
    if not free.any():
        return sites
    tables = [in_sites_crs(table, sites, "rules") for table in (homes, places, land)]
    shapes = np.asarray(sites.geometry.values[free], dtype=object)
    lacks = [_from_words(*pair) for pair in sites.loc[free, list(COLUMNS)].itertuples(index=False)]
    for rule in rules[rules["whole_cell"]].to_dict("records"):
        layer = shapes_of(rule, *tables)
        if not len(layer):
            continue
        keep_away = float(rule["keep_away_m"])
        for lack, distance in zip(lacks, distance_m(shapes, layer), strict=True):
            lack.pop(str(rule["rule_id"]), None)
            if distance < keep_away or distance == 0:
                lack[str(rule["rule_id"])] = keep_away - distance
    order = {str(name): place for place, name in enumerate(rules["rule_id"])}
    ordered = [dict(sorted(lack.items(), key=lambda one: order.get(one[0], -1))) for lack in lacks]
    measured = sites.copy()
    for name, words in in_words(ordered).items():
        measured.loc[free, name] = words
    return measured


def in_words(lacks: list[dict[str, float]]) -> dict[str, list[str]]:
    """Rules and metres as the two columns of a table of sites.

    Examples
    --------
    >>> in_words([{"homes": 120.4, "outside_fringe": float("nan")}])
    {'breaks_rules': ['homes; outside_fringe'], 'breaks_rules_by_m': ['homes 120']}
    """
    return {
        "breaks_rules": ["; ".join(lack) for lack in lacks],
        "breaks_rules_by_m": [
            "; ".join(f"{name} {metres:.0f}" for name, metres in lack.items() if metres == metres)
            for lack in lacks
        ],
    }


def _from_words(names: str, metres: str) -> dict[str, float]:
    known = dict(part.rsplit(" ", 1) for part in metres.split("; ") if part)
    return {name: float(known.get(name, "nan")) for name in names.split("; ") if name}


def _distances(suitable: xr.Dataset, records: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    names = {str(record["rule_id"]): f"distance_{record['rule_id']}_m" for record in records}
    return {
        rule: suitable[name].transpose("y", "x").values.ravel()
        for rule, name in names.items()
        if name in suitable
    }


def _lack(record: dict[str, Any], distances: dict[str, np.ndarray], chosen: np.ndarray) -> float:
    """What the worst cell lacks to a rule's distance; NaN for rules without one. [m]"""
    keep_away = float(record.get("keep_away_m", np.nan))
    distance = distances.get(str(record["rule_id"]))
    if distance is None or not np.isfinite(keep_away):
        return float("nan")
    return max(keep_away - float(distance[chosen].min()), 0.0)
