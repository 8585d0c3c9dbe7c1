"""Existing industrial zones as candidate sites, and the rules that a site would break."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.siting.distance import Cells, cells_inside
from geocluster.siting.outlines import shape_columns
from geocluster.tables import check_table, in_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

EXISTING_ZONE = "existing zone"
HECTARE_M2 = 10_000


def zone_sites(
    suitable: xr.Dataset, zones: gpd.GeoDataFrame | None, min_area_ha: float
) -> gpd.GeoDataFrame:
    """Existing zones as sites of the kind "existing zone": polygons, and circles for points.

    Zones smaller than the park are told and left out.
    """
    import geopandas as gpd

    crs = suitable.attrs.get("crs")
    if zones is None or not len(zones):
        return gpd.GeoDataFrame(geometry=[], crs=crs)
    zones = zones if crs is None else in_crs(zones, crs, "zones")
    wrong = ~zones.geom_type.isin(["Point", "Polygon", "MultiPolygon"])
    if wrong.any():
        raise TableError("zones", f"{int(wrong.sum())} are neither points nor polygons")
    check_table(zones, "zones", "zones")
    points = (zones.geom_type == "Point").to_numpy()
    drawn_ha = zones.area.to_numpy() / HECTARE_M2
    stated = numbers_in(zones, "area_ha")
    known = np.where(points, stated, np.where(np.isfinite(stated), stated, drawn_ha))
    area_ha = np.where(np.isfinite(known), known, min_area_ha)
    radius = np.sqrt(area_ha * HECTARE_M2 / math.pi)
    circles = zones.geometry.centroid.buffer(radius, quad_segs=16)
    shapes = zones.geometry.where(~points, circles)
    names = zones["name"].fillna("").astype(str) if "name" in zones else [""] * len(zones)
    table = gpd.GeoDataFrame(
        {
            "site_id": [f"Z{number:02d}" for number in range(1, len(zones) + 1)],
            "name": list(names),
            "kind": EXISTING_ZONE,
            "area_ha": area_ha,
            "area_origin": np.where(np.isfinite(known), "stated", "assumed: the park's area"),
            **shape_columns(np.asarray(shapes.values, dtype=object)),
            "cut_by": "",
            "approximate": points,
            "location_error_m": np.nan_to_num(numbers_in(zones, "coord_err_m")),
            "subject_to_exclusion": False,
            "breaks_rules": broken_rules(suitable, shapes),
        },
        geometry=list(shapes),
        crs=crs,
    )
    return _large_enough(table, min_area_ha)


def _large_enough(zones: gpd.GeoDataFrame, min_area_ha: float) -> gpd.GeoDataFrame:
    small = (zones["area_ha"] < min_area_ha * (1 - 1e-9)).to_numpy()
    if small.any():
        names = ", ".join(zones["name"][small])
        warnings.warn(
            f"{int(small.sum())} existing zones are smaller than the park and do not compete: "
            f"{names}",
            GeoclusterWarning,
            stacklevel=4,
        )
    return zones[~small]


def numbers_in(table: gpd.GeoDataFrame, column: str) -> np.ndarray:
    import pandas as pd

    if column not in table:
        return np.full(len(table), np.nan)
    return np.asarray(pd.to_numeric(table[column], errors="coerce"), dtype=float)


def broken_rules(suitable: xr.Dataset, shapes: gpd.GeoSeries) -> list[str]:
    """The rules that exclude any cell of a zone, by its cells' centres or the nearest cell."""
    if "reasons" not in suitable:
        return [""] * len(shapes)
    cells = Cells.of(suitable["reasons"].assign_attrs(cell_m=suitable.attrs["cell_m"]))
    reasons = suitable["reasons"].transpose("y", "x").values.ravel()
    broken = []
    for shape in shapes:
        chosen = cells_inside(np.array([shape], dtype=object), cells)
        if not len(chosen):
            middle = shape.centroid
            away = (cells.x - middle.x) ** 2 + (cells.y - middle.y) ** 2
            chosen = np.array([away.argmin()])
        bits = int(np.bitwise_or.reduce(reasons[chosen]))
        names = [
            str(rule["rule_id"]) for rule in suitable.attrs["rules"] if bits >> rule["bit"] & 1
        ]
        broken.append("; ".join(names))
    return broken
