"""People, industry and sites as things to click on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.colours import class_breaks, class_index, ramp
from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.surfaces import not_valid_shapes
from geocluster.maps.text import clean, figure, pollutant_label
from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geocluster.region import Region

MOST_HOMES = 5_000
MOST_SOURCES = 2_000
PINNED_RANKS = 20
BELOW = "#f4efe2"
INK, CLUSTER, SITE, SITE_TOP = "#22223b", "#3d3a8c", "#5fae7f", "#0b6b3a"
FADING = ((100, 0.2), (400, 0.45), (float("inf"), 0.9))
PEOPLE = "#6b5b53"


def home_layers(
    exposure: gpd.GeoDataFrame | None,
    region: Region,
    surfaces: list[Layer],
    tolerance_m: float,
) -> list[Layer]:
    """Homes, coloured by what their people breathe; thinly peopled ones are drawn faintly.

    The colours are the classes of the surface of the same pollutant and statistic. Above 5,000
    homes only those with most people are drawn.
    """
    if exposure is None or len(exposure) == 0:
        return []
    table = exposure
    if len(table) > MOST_HOMES and "people" in table:
        largest = np.argsort(-table["people"].to_numpy(dtype=float), kind="stable")[:MOST_HOMES]
        table = table.iloc[np.sort(largest)]
    exposed = [c for c in table.columns if re.match(r"^(?!.*_highest)[a-z0-9_]+_ug_m3$", str(c))]
    exposed = [c for c in exposed if not re.search(r"_(low|high)_", c)]
    breaks_of = {layer.key: layer.data["breaks"] for layer in surfaces if layer.kind == "surface"}
    fading = _fading(table, region)
    styles: list[dict[str, Any]] = []
    variants: dict[str, dict[str, list[int]]] = {}
    for column in exposed:
        key = column.removesuffix("_ug_m3")
        values = table[column].to_numpy(dtype=float)
        breaks = breaks_of.get(key) or class_breaks(float(np.nanmax(values, initial=0)))
        if breaks:
            classes = class_index(values, breaks)
            variants[key] = {"style": (len(styles) + classes * len(FADING) + fading).tolist()}
            styles += _home_styles([BELOW, *ramp("concentration", len(breaks))])
    plain = not variants
    variants["burden"] = {"style": (len(styles) + fading).tolist()}
    styles += _home_styles([PEOPLE], 0.3)
    first = next(iter(variants.values()))["style"]
    people_above = [c for c in table.columns if str(c).startswith("people_above_")]
    highest = [c for c in table.columns if str(c).endswith("_highest_ug_m3")]
    layer = shape_layer(
        "homes",
        "Homes" if plain else "Homes, by what people breathe",
        "people",
        table,
        region.crs,
        pane="homes",
        styles=styles,
        style_of=first,
        columns=["people", *exposed, *highest, *people_above, "origin"],
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[{"mark": "fill", "colour": "#e9b27a", "edge": "#6b5b53", "label": ""}],
        variants=variants,
    )
    return [layer] if layer else []


def _home_styles(colours: list[str], strength: float = 1.0) -> list[dict[str, Any]]:
    return [
        {
            "fillColor": colour,
            "fillOpacity": round(strength * opacity, 2),
            "color": PEOPLE,
            "weight": 0.5,
            "opacity": 0.5 if opacity > 0.8 else 0,
        }
        for colour in colours
        for _, opacity in FADING
    ]


def _fading(table: gpd.GeoDataFrame, region: Region) -> np.ndarray:
    """0, 1 or 2 by people for each km2; 0 where nobody knows where in the area they live."""
    if "people" not in table:
        return np.full(len(table), 2)
    metric = table if table.crs is None else table.to_crs(region.crs)
    km2 = np.maximum(metric.area.to_numpy() / 1e6, 1e-9)
    density = table["people"].to_numpy(dtype=float) / km2
    density = np.where(metric.geom_type.str.contains("Point"), np.inf, density)
    if "located" in table:
        density = np.where(table["located"].fillna(True).to_numpy(dtype=bool), density, 0.0)
    return np.searchsorted([bound for bound, _ in FADING[:-1]], density, side="right")


def place_layers(places: gpd.GeoDataFrame | None, region: Region) -> list[Layer]:
    """Schools, kindergartens, hospitals."""
    if places is None or len(places) == 0:
        return []
    layer = shape_layer(
        "places",
        "Schools, kindergartens, hospitals",
        "people",
        places.head(3_000),
        region.crs,
        pane="points",
        styles=[
            {
                "radius": 3.5,
                "color": "#ffffff",
                "weight": 1,
                "fillColor": "#1d6f8a",
                "fillOpacity": 0.9,
            }
        ],
        columns=["kind", "capacity", "origin"],
        swatches=[{"mark": "dot", "colour": "#1d6f8a", "label": ""}],
    )
    return [layer] if layer else []


def source_layers(sources: gpd.GeoDataFrame | None, region: Region) -> list[Layer]:
    """Emitters, sized by what they emit; how full a mark is tells where its figure comes from."""
    if sources is None or len(sources) == 0:
        return []
    pollutants = [p for p in pollutants_of(sources) if p not in GREENHOUSE_GASES]
    columns = [f"emission_{p}_g_s" for p in pollutants_of(sources)]
    table = sources
    if len(table) > MOST_SOURCES and columns:
        total = table[columns].fillna(0).sum(axis=1).to_numpy()
        table = table.iloc[np.sort(np.argsort(-total, kind="stable")[:MOST_SOURCES])]
    points = table.copy()
    points = points.set_geometry(points.geometry.representative_point())
    ranges = [c for c in table.columns if re.match(r"^(low|high)_emission_", str(c))]
    layer = shape_layer(
        "sources",
        "Sources, by emission",
        "industry",
        points,
        region.crs,
        pane="points",
        styles=_origin_styles(),
        style_of=_origin_numbers(table),
        columns=[
            "sector", *columns, *ranges, "emission_origin", "stack_height_m", "release_height_m",
            "stack_diameter_m", "exit_velocity_m_s", "exit_temperature_k", "stack_origin",
            "location_origin", "grade", "source_type",
        ],
        shown=True,
        swatches=_origin_swatches(),
        variants={
            p: _sized(table[f"emission_{p}_g_s"].to_numpy(dtype=float)) for p in pollutants
        },
    )  # fmt: skip
    return [layer] if layer else []


def radii(emission: np.ndarray) -> list[float]:
    """Radii of marks whose area goes with the emission, from 2.5 to 18 pixels. [px]

    Examples
    --------
    >>> radii(np.array([100.0, 25.0, 0.0]))
    [18.0, 9.0, 2.5]
    """
    known = np.nan_to_num(emission, nan=0.0)
    largest = float(known.max(initial=0.0))
    share = np.sqrt(known / largest) if largest > 0 else np.zeros_like(known)
    return [float(r) for r in np.round(np.maximum(18 * share, 2.5), 1)]


def _sized(emission: np.ndarray) -> dict[str, Any]:
    largest = float(np.nan_to_num(emission).max(initial=0.0))
    return {"radius": radii(emission), "largest": float(f"{largest:.3g}")}


def _origin_styles() -> list[dict[str, Any]]:
    common = {"color": "#ffffff", "weight": 1.2, "fillColor": INK}
    return [
        {**common, "fillOpacity": 0.88},
        {**common, "color": INK, "fillColor": "#8d8aa6", "fillOpacity": 0.75},
        {**common, "color": INK, "fillColor": "#ffffff", "fillOpacity": 0.55, "dashArray": "3 2"},
    ]


def _origin_swatches() -> list[dict[str, Any]]:
    return [
        {"mark": "dot", "colour": INK, "label": "figure reported"},
        {"mark": "dot", "colour": "#8d8aa6", "edge": INK, "label": "from a factor, or shared out"},
        {"mark": "dot", "colour": "#ffffff", "edge": INK, "dash": True, "label": "assumed"},
    ]


def _origin_numbers(sources: pd.DataFrame) -> list[int]:
    if "emission_origin" not in sources:
        return [0] * len(sources)
    number = {"reported": 0, "allocated": 1, "factor": 1, "assumed": 2}
    return [number.get(str(origin), 0) for origin in sources["emission_origin"]]


def cluster_layers(
    clusters: gpd.GeoDataFrame | None, region: Region, tolerance_m: float
) -> list[Layer]:
    """Industrial clusters with their members and the people around them."""
    if clusters is None or len(clusters) == 0:
        return []
    columns = [str(c) for c in clusters.columns if str(c) not in ("cluster_id", "name", "geometry")]
    layer = shape_layer(
        "clusters",
        "Industrial clusters",
        "industry",
        clusters,
        region.crs,
        pane="area",
        styles=[{"color": CLUSTER, "weight": 1.8, "fillColor": CLUSTER, "fillOpacity": 0.12}],
        heading=lambda row: row.get("name") or f"Cluster {row.get('cluster_id', '')}",
        columns=columns,
        tolerance_m=tolerance_m / 4,
        shown=True,
        swatches=[
            {"mark": "fill", "colour": CLUSTER, "edge": CLUSTER, "opacity": 0.2, "label": ""}
        ],
    )
    return [layer] if layer else []


def zone_layers(
    zones: gpd.GeoDataFrame | None, land: gpd.GeoDataFrame | None, region: Region
) -> list[Layer]:
    """Industrial zones that exist already."""
    if land is not None and len(land):
        drawn = land[land["kind"].isin(["zone", "industrial_zone"])]
        zones = drawn if zones is None or len(zones) == 0 else zones
    if zones is None or len(zones) == 0:
        return []
    layer = shape_layer(
        "zones",
        "Existing industrial zones",
        "siting",
        zones,
        region.crs,
        pane="points",
        styles=[
            {
                "radius": 8, "color": "#8a5a00", "weight": 2, "fillColor": "#ffd166",
                "fillOpacity": 0.6, "dashArray": "4 3",
            }
        ],
        columns=["area_ha", "coord_err_m", "founded", "grade", "note", "origin"],
        shown=True,
        swatches=[
            {"mark": "dot", "colour": "#ffd166", "edge": "#8a5a00", "dash": True, "label": ""}
        ],
    )  # fmt: skip
    return [layer] if layer else []


def site_layers(sites: gpd.GeoDataFrame | None, region: Region) -> list[Layer]:
    """Candidate sites, the first twenty with their rank as a pin."""
    if sites is None or len(sites) == 0:
        return []
    table = sites.sort_values("rank", ascending=False, kind="stable") if "rank" in sites else sites
    ranks = table["rank"].tolist() if "rank" in table else [None] * len(table)
    first = ["rank", "score", "top_three_share", "kind", "area_ha"]
    columns = first + [
        str(c)
        for c in table.columns
        if str(c) not in (*first, "site_id", "name", "geometry")
        and not str(c).startswith("normalised_")
    ]
    layer = shape_layer(
        "sites",
        "Candidate sites, by rank" if "rank" in table else "Candidate sites",
        "siting",
        table,
        region.crs,
        pane="sites",
        styles=[
            {"color": SITE_TOP, "weight": 1.2, "fillColor": SITE, "fillOpacity": 0.55},
            {"color": "#06351d", "weight": 2, "fillColor": SITE_TOP, "fillOpacity": 0.75},
        ],
        style_of=[int(rank is not None and rank <= 3) for rank in ranks],
        heading=site_heading,
        columns=columns,
        tolerance_m=10,
        shown=True,
        swatches=[
            {"mark": "pin", "colour": SITE_TOP, "text": "1", "label": "ranks 1 to 3"},
            {"mark": "pin", "colour": SITE, "text": "9", "label": "other ranks"},
        ],
        pins=[_pin(rank) for rank in ranks],
        ids=[clean(site_id, 40) for site_id in table.get("site_id", ranks)],
    )
    return [layer] if layer else []


def site_heading(row: Mapping) -> str:
    """What a candidate is called: its name, else its id."""
    return clean(row.get("name")) or f"Site {clean(row.get('site_id'), 40)}"


def _pin(rank: Any) -> int | None:
    return int(rank) if rank is not None and rank == rank and rank <= PINNED_RANKS else None


def not_valid_layers(
    not_valid: gpd.GeoDataFrame | None, region: Region, tolerance_m: float
) -> list[Layer]:
    """Where nothing on the map may be used for decisions, hatched, with the reason."""
    table = not_valid_shapes(not_valid, region)
    if table is None:
        return []
    layer = shape_layer(
        "not_valid",
        "Not for decisions",
        "validity",
        table,
        region.crs,
        pane="hatch",
        styles=[{"color": "#7d1128", "weight": 1, "opacity": 0.4, "fillOpacity": 1, "hatch": True}],
        heading=lambda row: "Not for decisions",
        columns=["reason"],
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[{"mark": "hatch", "colour": "#7d1128", "label": ""}],
        quiet=True,
        say="reason",
    )
    return [layer] if layer else []


def people_in_words(exposure: pd.DataFrame | None) -> str:
    """How many people the map counts."""
    if exposure is None or "people" not in exposure:
        return ""
    return figure(float(exposure["people"].sum()), "count")


def pollutant_names(pollutants: list[str]) -> dict[str, str]:
    """Labels for the page's script."""
    return {p: pollutant_label(p) for p in pollutants}
