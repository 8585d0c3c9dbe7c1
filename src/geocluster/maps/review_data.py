"""What the review page carries: criteria, where its sliders begin, candidates, a base map."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.base_map import base_layers
from geocluster.maps.packing import pack, to_lonlat
from geocluster.maps.text import clean, unit_in_words
from geocluster.words import marked

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geocluster.maps.layers import Layer
    from geocluster.region import Region

# Shown beneath the candidates, for orientation.
SHOWN_LAND = ("boundary", "land_water", "land_built_up", "land_rail", "land_road", "towns")
MOST_TOWNS = 40
OWN_NORMALISATION = {
    "topsis": "vector",
    "weighted_sum": "min-max",
    "spotis": "bounds",
    "promethee_ii": "net flow",
}
GROUP_OF_OTHERS = marked("other criteria")
# As `candidate_sites` names them.
KINDS = (
    marked("empty land"),
    marked("existing zone"),
    marked("proposed"),
    marked("brownfield"),
)
NO_EXACT_PLACE = marked("its position is not known exactly")


def criteria_of(
    sites: pd.DataFrame, criteria: pd.DataFrame, weights: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The criteria that some site has a value for; a weighed column that is none of them joins."""
    rows = [
        {
            "column": str(row["column"]),
            "group": clean(row["group"]),
            "label": clean(row["label"], 200),
            "unit": "" if _is_share(row) else unit_in_words(clean(row.get("unit"))),
            "percent": _is_share(row),
            "less": row["direction"] == "less",
            "source": clean(row.get("source"), 200),
            "share": float(row.get("share", 1.0)),
        }
        for row in criteria.to_dict("records")
    ]
    named = {row["column"] for row in rows}
    rows += [
        {
            "column": column,
            "group": GROUP_OF_OTHERS,
            "label": clean(column.replace("_", " ")),
            "unit": "",
            "percent": False,
            "less": bool(weight < 0),
            "source": "",
            "share": 1.0,
        }
        for column, weight in weights.items()
        if column not in named
    ]
    known = [row for row in rows if row["column"] in sites and sites[row["column"]].notna().any()]
    for row in known:
        sign = float(weights.get(row["column"], 0))
        row["less"] = sign < 0 if sign else row["less"]
    return known


def _is_share(row: Mapping[Any, Any]) -> bool:
    return bool(row.get("unit") == "0 to 1")


def start_of(
    rows: Sequence[Mapping[str, Any]],
    groups: Sequence[str],
    weights: Mapping[str, float],
    method: str,
    normalisation: str | None,
    bounds: Mapping[str, Sequence[float]],
) -> dict[str, Any]:
    """Where the sliders begin, each from 0 to 100: a group's share, and of it a criterion's."""
    size = {row["column"]: abs(float(weights.get(row["column"], 0.0))) for row in rows}
    whole = math.fsum(size.values()) or 1.0
    of_group = {
        group: math.fsum(size[row["column"]] for row in rows if row["group"] == group)
        for group in groups
    }
    criteria = {}
    for row in rows:
        total, own = of_group[row["group"]], size[row["column"]]
        criteria[row["column"]] = 100 * own / total if total else min(100 * row["share"], 100.0)
    return {
        "method": method,
        "normalisation": normalisation or OWN_NORMALISATION[method],
        "groups": {group: 100 * share / whole for group, share in of_group.items()},
        "criteria": criteria,
        "bounds": {row["column"]: list(bounds[row["column"]]) for row in rows},
    }


def pairs_of(given: Mapping[str, Any] | None) -> dict[str, list[float]]:
    """Bounds or thresholds as pairs; one number is (0, number)."""
    pairs = {
        name: np.atleast_1d(np.asarray(pair, dtype=float)) for name, pair in (given or {}).items()
    }
    return {
        name: [float(one) for one in (pair if len(pair) == 2 else [0.0, pair[0]])]
        for name, pair in pairs.items()
    }


def extent_of(values: pd.Series) -> list[float]:
    """The least and the greatest value."""
    return [float(values.min()), float(values.max())]


def cases_of(
    cases: Mapping[str, Mapping[str, Mapping[str, Any]]] | None, known: Collection[str]
) -> list[dict[str, Any]]:
    """Cases by kind, of the columns that are criteria here, to seven digits.

    Examples
    --------
    >>> cases_of({"wind": {"calm": {"cost": [1.23456789], "other": [2.0]}}}, ["cost"])
    [{'kind': 'wind', 'cases': [{'cost': [1.234568]}]}]
    """
    found = []
    for kind, of_kind in (cases or {}).items():
        kept = [
            {
                column: [None if one is None else float(f"{one:.7g}") for one in numbers_of(values)]
                for column, values in columns.items()
                if column in known
            }
            for columns in of_kind.values()
        ]
        if any(kept):
            found.append({"kind": kind, "cases": [columns for columns in kept if columns]})
    return found


def methods_of(methods: Sequence[str], normalisation: str | None) -> list[list[str]]:
    """Each method with its normalisation.

    Examples
    --------
    >>> methods_of(["topsis", "spotis", "weighted_sum"], "max")
    [['topsis', 'max'], ['spotis', 'bounds'], ['weighted_sum', 'max']]
    """
    own = ("spotis", "promethee_ii")
    asked = {method: None if method in own else normalisation for method in methods}
    return [[method, given or OWN_NORMALISATION[method]] for method, given in asked.items()]


def draws_of(
    draws: Any, columns: Sequence[str], weights: Mapping[str, float]
) -> list[list[float]] | None:
    """Weights to try, a row a draw, of the page's criteria.

    Examples
    --------
    >>> draws_of([[0.25, 0.75]], ["road", "rail", "cost"], {"cost": -1, "road": -1})
    [[0.75, 0.0, 0.25]]
    """
    if draws is None:
        return None
    place = {name: number for number, name in enumerate(weights)}
    given = np.asarray(draws, dtype=float)
    table = [given[:, place[name]] if name in place else np.zeros(len(given)) for name in columns]
    return [[float(one) for one in row] for row in np.column_stack(table).round(5)]


def numbers_of(values: Any) -> list[float | None]:
    """Numbers as JSON can hold them."""
    return [one if math.isfinite(one) else None for one in np.asarray(values, dtype=float).tolist()]


def reasons_of(demonstration: str | None) -> list[str] | None:
    """Each reason by itself, so that it can be told in any language."""
    if demonstration is None:
        return None
    return [
        clean(part, 400) for part in re.sub(r"^Demonstration:? ", "", demonstration).split(", ")
    ]


def sites_of(
    sites: gpd.GeoDataFrame,
    counted: pd.DataFrame,
    columns: Sequence[str],
    region: Region,
    not_valid: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    """The candidates: a list a column, in their order."""
    count = len(sites)

    def texts(name: str) -> list[str]:
        return [clean(one) for one in sites[name]] if name in sites else [""] * count

    def numbers(name: str) -> list[float | None]:
        return numbers_of(sites[name]) if name in sites else [None] * count

    told = {"acceptability", "top_three_share"} <= set(sites.columns)
    run = {"first": numbers("acceptability"), "top": numbers("top_three_share")} if told else None
    return {
        "id": texts("site_id"),
        "name": texts("name"),
        "kind": texts("kind"),
        "area": numbers("area_ha"),
        "home": numbers("nearest_home_m"),
        "reasons": _doubts(sites, region, not_valid),
        "shape": [pack(shape) for shape in to_lonlat(sites, region.crs, 5.0)],
        "values": {name: numbers_of(counted[name]) for name in columns},
        "shown": {name: numbers(name) for name in columns if not sites[name].equals(counted[name])},
        "run": run,
    }


def _doubts(
    sites: gpd.GeoDataFrame, region: Region, not_valid: gpd.GeoDataFrame | None
) -> list[list[str]]:
    """Why a site cannot be judged from the map, a list a site."""
    doubts: list[list[str]] = [[] for _ in range(len(sites))]
    if not_valid is not None and len(not_valid):
        shapes, areas = to_lonlat(sites, region.crs), to_lonlat(not_valid, region.crs)
        for area, reason in zip(areas, not_valid["reason"], strict=True):
            for row in np.flatnonzero(shapes.intersects(area).to_numpy()):
                doubts[row].append(clean(reason, 300))
    if "approximate" in sites:
        for row in np.flatnonzero(sites["approximate"].fillna(False).to_numpy(dtype=bool)):
            doubts[row].append(NO_EXACT_PLACE)
    return doubts


def base_map(
    region: Region, land: gpd.GeoDataFrame | None, homes: gpd.GeoDataFrame | None
) -> dict[str, Any]:
    """Where the map begins, and what lies beneath the candidates."""
    import geopandas as gpd

    outline = gpd.GeoSeries([region.boundary], crs=region.crs).to_crs("EPSG:4326").total_bounds
    west, south, east, north = (round(float(one), 5) for one in outline)
    x_min, y_min, x_max, y_max = region.boundary.bounds
    tolerance_m = min(max(max(x_max - x_min, y_max - y_min) / 2_500, 5.0), 200.0)
    layers = [one for one in base_layers(region, land, homes, tolerance_m) if one.key in SHOWN_LAND]
    layers.sort(key=lambda layer: SHOWN_LAND.index(layer.key), reverse=False)
    return {
        "bounds": [[south, west], [north, east]],
        "base": [_drawn(layer) for layer in layers],
    }


def _drawn(layer: Layer) -> dict[str, Any]:
    """Of a layer what the review page draws: shapes with their style, names of towns."""
    if layer.kind == "labels":
        return {"labels": layer.data["labels"][:MOST_TOWNS]}
    return {
        "styles": layer.data["styles"],
        "features": [feature[:3] for feature in layer.data["features"]],
    }
