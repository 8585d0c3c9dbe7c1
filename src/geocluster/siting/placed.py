"""Places that somebody names: existing industrial zones, and sites that a user proposes."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.siting.breaking import broken_rules
from geocluster.siting.outlines import shape_columns
from geocluster.tables import check_table, in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

EXISTING_ZONE, PROPOSED = "existing zone", "proposed"
LETTERS = {EXISTING_ZONE: "Z", PROPOSED: "P"}
PLURALS = {EXISTING_ZONE: "existing zones", PROPOSED: "proposed sites"}
CARRIED = ("price_per_ha", "currency")  # what a place may say of its own land
HECTARE_M2 = 10_000
# A stated area that differs from the drawn one by more than this share is told.
AREAS_MAY_DIFFER = 0.1


def placed_sites(
    suitable: xr.Dataset,
    table: gpd.GeoDataFrame | None,
    min_area_ha: float,
    kind: str = EXISTING_ZONE,
) -> gpd.GeoDataFrame:
    """Named places as sites: polygons as they are, and circles for points.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    table : GeoDataFrame or None
        Points or polygons, with `name`, `area_ha` [ha] and `coord_err_m` [m] as far as known. A
        zone has the area that is stated, a proposed site the one that is drawn.
    min_area_ha : float
        Area of the park, and of a point whose area is not known. [ha]
    kind : {"existing zone", "proposed"}
        Those smaller than the park are told and left out.
    """
    import geopandas as gpd

    crs, plural = suitable.attrs.get("crs"), PLURALS[kind]
    if table is None or not len(table):
        return gpd.GeoDataFrame(geometry=[], crs=crs)
    table = table if crs is None else in_crs(table, crs, plural)
    wrong = ~table.geom_type.isin(["Point", "Polygon", "MultiPolygon"])
    if wrong.any():
        raise TableError(plural, f"{int(wrong.sum())} are neither points nor polygons")
    check_table(table, "zones", plural)
    points = (table.geom_type == "Point").to_numpy()
    names = table["name"].fillna("").astype(str) if "name" in table else [""] * len(table)
    known = _known_ha(table, points, list(names), kind)
    area_ha = np.where(np.isfinite(known), known, min_area_ha)
    radius = np.sqrt(area_ha * HECTARE_M2 / math.pi)
    circles = table.geometry.centroid.buffer(radius, quad_segs=16)
    shapes = np.asarray(table.geometry.where(~points, circles).values, dtype=object)
    drawn = ~points & (kind == PROPOSED)
    assumed = np.where(np.isfinite(known), "stated", "assumed: the park's area")
    sites = gpd.GeoDataFrame(
        {
            "site_id": [f"{LETTERS[kind]}{number:02d}" for number in range(1, len(table) + 1)],
            "name": list(names),
            "kind": kind,
            "area_ha": area_ha,
            "area_origin": np.where(drawn, "drawn", assumed),
            **shape_columns(shapes),
            "cut_by": "",
            "approximate": points,
            "location_error_m": np.nan_to_num(_numbers(table, "coord_err_m")),
            "subject_to_exclusion": False,
            **broken_rules(suitable, shapes),
            **{name: table[name].to_numpy() for name in CARRIED if name in table},
        },
        geometry=list(shapes),
        crs=crs,
    )
    return _large_enough(sites, min_area_ha, plural)


def _known_ha(
    table: gpd.GeoDataFrame, points: np.ndarray, names: list[str], kind: str
) -> np.ndarray:
    """The area of each place; NaN for a point of which none is stated. [ha]"""
    drawn = table.area.to_numpy() / HECTARE_M2
    stated = _numbers(table, "area_ha")
    if kind == EXISTING_ZONE:
        return np.where(points, stated, np.where(np.isfinite(stated), stated, drawn))
    apart = ~points & np.isfinite(stated) & (np.abs(stated - drawn) > AREAS_MAY_DIFFER * drawn)
    if apart.any():
        rows = np.flatnonzero(apart)
        told = [
            f"{names[n] or f'row {n + 1}'} is {drawn[n]:.3g} ha, not {stated[n]:.3g}" for n in rows
        ]
        warnings.warn(
            f"{len(rows)} proposed sites are drawn with another area than is stated, and count as "
            f"drawn: {'; '.join(told)}",
            GeoclusterWarning,
            stacklevel=4,
        )
    return np.where(points, stated, drawn)


def _large_enough(sites: gpd.GeoDataFrame, min_area_ha: float, plural: str) -> gpd.GeoDataFrame:
    small = (sites["area_ha"] < min_area_ha * (1 - 1e-9)).to_numpy()
    if small.any():
        names = ", ".join(sites["name"].where(sites["name"] != "", sites["site_id"])[small])
        warnings.warn(
            f"{int(small.sum())} {plural} are smaller than the park and do not compete: {names}",
            GeoclusterWarning,
            stacklevel=4,
        )
    return sites[~small]


def _numbers(table: gpd.GeoDataFrame, column: str) -> np.ndarray:
    import pandas as pd

    if column not in table:
        return np.full(len(table), np.nan)
    return np.asarray(pd.to_numeric(table[column], errors="coerce"), dtype=float)
