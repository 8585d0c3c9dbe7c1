"""How the layers of a run look in QGIS: as on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.gis.qml import Symbol, by_category, by_range, labels_of, one_symbol
from geocluster.maps.features import CLUSTER, INK, SITE, SITE_TOP
from geocluster.maps.surfaces import classes_of, drawn_fields, limits_of
from geocluster.maps.text import pollutant_label, statistic_label

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

# Ranks that carry a number on the map.
LABELLED = 20
EDGE = "#6b5b53"


def sites_style(separable: bool) -> list[Element]:
    """Candidates by rank; the first three stand out only where the top is separable."""
    first = Symbol("fill", SITE_TOP, 0.75, "#06351d", 0.4)
    other = Symbol("fill", SITE, 0.55, SITE_TOP, 0.25)
    shown = f'CASE WHEN "rank" <= {LABELLED} THEN "rank" END'
    if not separable:
        return [one_symbol(other), labels_of(shown, SITE_TOP)]
    groups = 'CASE WHEN "rank" <= 3 THEN 1 ELSE 2 END'
    renderer = by_category(groups, [("1", "ranks 1 to 3", first), ("2", "other ranks", other)])
    return [renderer, labels_of(shown, SITE_TOP)]


def sources_style(sources: gpd.GeoDataFrame) -> list[Element]:
    """Emitters by where their figure comes from: what is assumed does not look measured."""
    if "emission_origin" not in sources:
        return [one_symbol(Symbol("marker", INK, 1, "#ffffff"))]
    origin = "coalesce(\"emission_origin\", 'reported')"
    marks = [
        ("reported", "figure reported", Symbol("marker", INK, 1, "#ffffff")),
        ("factor", "from a factor", Symbol("marker", "#8d8aa6", 0.9, INK)),
        ("allocated", "shared out", Symbol("marker", "#8d8aa6", 0.9, INK)),
        ("assumed", "assumed", Symbol("marker", "#ffffff", 0.9, INK)),
    ]
    return [by_category(origin, marks)]


def clusters_style() -> list[Element]:
    """Industrial clusters with their names."""
    return [
        one_symbol(Symbol("fill", CLUSTER, 0.15, CLUSTER, 0.4)),
        labels_of('"name"', CLUSTER),
    ]


def boundary_style() -> list[Element]:
    """The region's outline."""
    return [one_symbol(Symbol("fill", "#ffffff", 0, "#5b4b63", 0.6, style="no"))]


def not_valid_style() -> list[Element]:
    """Where nothing may be used for decisions: hatched."""
    return [one_symbol(Symbol("fill", "#7d1128", 0.7, "#7d1128", 0.2, style="b_diagonal"))]


def homes_style(
    homes: gpd.GeoDataFrame, field: xr.Dataset, limits: pd.DataFrame | None
) -> list[Element]:
    """Homes in the classes of the surface of the first pollutant that they have a mean of."""
    for pollutant, statistic in drawn_fields(field):
        column = f"{pollutant}_{statistic}_ug_m3"
        breaks, colours = surface_classes(field, pollutant, statistic, limits)
        if column in homes and breaks:
            break
    else:
        return [one_symbol(Symbol("fill", "#f4efe2", 0.6, EDGE, 0.1))]
    lowest = Symbol("fill", "#f4efe2", 0.6, EDGE, 0.1)
    ends = [*breaks, max(float(homes[column].max()), breaks[-1]) * 1.001 + 1]
    classes = [(0.0, breaks[0], f"under {breaks[0]:g} µg/m³", lowest)]
    classes += [
        (low, high, f"{low:g} µg/m³ and more", Symbol("fill", colour, 0.85, EDGE, 0.1))
        for low, high, colour in zip(ends[:-1], ends[1:], colours, strict=True)
    ]
    return [by_range(column, classes)]


def surface_classes(
    field: xr.Dataset, pollutant: str, statistic: str, limits: pd.DataFrame | None
) -> tuple[list[float], list[str]]:
    """Classes and colours of one pollutant's surface, as the page has them. [ug/m3]"""
    values = np.asarray(field[statistic].sel(pollutant=pollutant))
    held = limits_of(limits, pollutant, statistic)
    return classes_of(values, "concentration", held[0][0] if held else None)


def surface_title(pollutant: str, statistic: str) -> str:
    """What a surface is called."""
    return f"{pollutant_label(pollutant)}, {statistic_label(statistic)}"


def burden_classes(burden: Any) -> tuple[list[float], list[str]]:
    """Classes and colours of the burden. [persons ug/m3 per g/s]"""
    return classes_of(np.asarray(burden), "burden")
