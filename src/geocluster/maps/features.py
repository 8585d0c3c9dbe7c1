"""Industry and sites as things to click on, and where nothing is for decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.card_bars import acceptability_bars, share_bars
from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.surfaces import not_valid_shapes
from geocluster.maps.text import clean, figure, pollutant_label
from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geocluster.region import Region

MOST_SOURCES = 2_000
PINNED_RANKS = 20
NOT_FOR_CARDS = (
    "compactness",
    "approximate",
    "subject_to_exclusion",
    "area_origin",
    "worst_home_origin",
    "land_price_origin",
)
INK, CLUSTER, SITE, SITE_TOP, PIN = "#22223b", "#3d3a8c", "#5fae7f", "#0b6b3a", "#2c7a4e"
WEATHER = "#1b6ca8"
# Fill, edge and dashes of each kind of candidate: told apart without colours too.
SITE_KINDS = {
    "empty land": (SITE, SITE_TOP, ""),
    "existing zone": ("#e3b95b", "#8a5a00", "4 3"),
    "proposed": ("#7aa7dc", "#174a8c", "9 4"),
    "brownfield": ("#c9a07a", "#6e3b12", "1 4"),
}


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
    ranges = {}
    for pollutant in pollutants_of(table):
        low, high = (f"{case}_emission_{pollutant}_g_s" for case in ("low", "high"))
        if low in table and high in table:
            ranges[f"range_{pollutant}"] = (f"{pollutant_label(pollutant)}, low to high", "g/s", "")
            points[f"range_{pollutant}"] = [
                f"{figure(float(a))} – {figure(float(b))}" if b > a else None
                for a, b in zip(table[low], table[high], strict=True)
            ]
    ranges |= share_bars(sources, points)
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
            "sector", *_in_turn(columns, ranges), "emission_origin",
            "stack_height_m", "release_height_m", "stack_diameter_m", "exit_velocity_m_s",
            "exit_temperature_k", "heat_release_mw", "radiative_loss", "ground_m",
            "stack_origin", "location_origin", "grade", "source_type", "urban",
            "built_up_share_3km",
        ],
        labels=ranges,
        shown=True,
        swatches=_origin_swatches(),
        variants={
            p: _sized(table[f"emission_{p}_g_s"].to_numpy(dtype=float)) for p in pollutants
        },
    )  # fmt: skip
    return [layer] if layer else []


def radii(emission: np.ndarray) -> list[float]:
    """Radii of marks whose area goes with the emission, from 2.5 pixels to the largest. [px]

    Examples
    --------
    >>> radii(np.array([100.0, 25.0, 0.0]))
    [18.0, 9.0, 2.5]
    """
    known = np.nan_to_num(emission, nan=0.0)
    largest = float(known.max(initial=0.0))
    share = np.sqrt(known / largest) if largest > 0 else np.zeros_like(known)
    radius = np.maximum(largest_radius(len(known)) * share, 2.5)
    return [float(r) for r in np.round(radius, 1)]


def largest_radius(count: int) -> float:
    """How large the largest mark may be, so that many of them do not cover the map. [px]

    Examples
    --------
    >>> largest_radius(20), largest_radius(1000)
    (18.0, 7.0)
    """
    return round(max(7.0, min(18.0, 18 * (60 / max(count, 1)) ** 0.5)), 1)


def _in_turn(columns: list[str], ranges: Mapping[str, Any]) -> list[str]:
    """Each emission, then its range and shares."""
    names = (c.removeprefix("emission_").removesuffix("_g_s") for c in columns)
    parts = ("emission_{}_g_s", "range_{}", "share_{}", "exposure_share_{}")
    found = (part.format(p) for p in names for part in parts)
    return [name for name in found if name in columns or name in ranges]


def _sized(emission: np.ndarray) -> dict[str, Any]:
    largest = float(np.nan_to_num(emission).max(initial=0.0))
    pixels = largest_radius(len(emission))
    return {"radius": radii(emission), "largest": float(f"{largest:.3g}"), "px": pixels}


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
    first = ["rank", "acceptability", "top_three_share", "score", "kind", "area_ha"]
    table, labels = acceptability_bars(table)
    columns = first + [
        str(c)
        for c in table.columns
        if str(c) not in (*first, *NOT_FOR_CARDS, "site_id", "name", "geometry")
        and not str(c).startswith("normalised_")
    ]
    layer = shape_layer(
        "sites",
        "Candidate sites, by rank" if "rank" in table else "Candidate sites",
        "siting",
        table,
        region.crs,
        pane="sites",
        styles=_site_styles(),
        style_of=_site_style_numbers(table, ranks),
        heading=site_heading,
        columns=columns,
        labels=labels,
        tolerance_m=10,
        shown=True,
        swatches=[
            {"mark": "pin", "colour": SITE_TOP, "text": "1", "label": "ranks 1 to 3"},
            {"mark": "pin", "colour": PIN, "text": "9", "label": "other ranks"},
            *_kind_swatches(table),
        ],
        pins=[_pin(rank) for rank in ranks],
        ids=[clean(site_id, 40) for site_id in table.get("site_id", ranks)],
    )
    return [layer] if layer else []


def _site_styles() -> list[dict[str, Any]]:
    """Two for each kind: other ranks, then ranks 1 to 3."""
    styles = []
    for fill, edge, dash in SITE_KINDS.values():
        more = {"dashArray": dash} if dash else {}
        styles += [
            {"color": edge, "weight": 1.2, "fillColor": fill, "fillOpacity": 0.55, **more},
            {"color": edge, "weight": 2.4, "fillColor": edge, "fillOpacity": 0.7, **more},
        ]
    return styles


def _site_style_numbers(table: pd.DataFrame, ranks: list[Any]) -> list[int]:
    kinds = list(SITE_KINDS)
    given = table["kind"].tolist() if "kind" in table else [kinds[0]] * len(table)
    places = [kinds.index(kind) if kind in kinds else 0 for kind in given]
    tops = [int(rank is not None and rank <= 3) for rank in ranks]
    return [2 * place + top for place, top in zip(places, tops, strict=True)]


def _kind_swatches(table: pd.DataFrame) -> list[dict[str, Any]]:
    """What the kinds look like, where there are several."""
    given = set(table["kind"]) if "kind" in table else set()
    there = [kind for kind in SITE_KINDS if kind in given]
    return [
        {
            "mark": "fill",
            "colour": SITE_KINDS[kind][0],
            "edge": SITE_KINDS[kind][1],
            "dash": SITE_KINDS[kind][2],
            "label": kind,
        }
        for kind in (there if len(there) > 1 else [])
    ]


def site_heading(row: Mapping) -> str:
    """What a candidate is called: its name, else its id."""
    return clean(row.get("name")) or f"Site {clean(row.get('site_id'), 40)}"


def _pin(rank: Any) -> int | None:
    return int(rank) if rank is not None and rank == rank and rank <= PINNED_RANKS else None


def weather_layers(
    areas: gpd.GeoDataFrame | None, region: Region, tolerance_m: float
) -> list[Layer]:
    """The stations of several weathers, and the ground where each is taken."""
    import geopandas as gpd
    import pandas as pd

    if areas is None or len(areas) == 0:
        return []
    known = areas[areas["station_x"].notna()]
    points = gpd.points_from_xy(known["station_x"], known["station_y"])
    stations = gpd.GeoDataFrame({"name": known["name"]}, geometry=points, crs=areas.crs)
    table = pd.concat([areas[["name", "geometry"]], stations], ignore_index=True)
    kinds = [0] * len(areas) + [1] * len(stations)
    table["what"] = [("where this weather is taken", "station")[kind] for kind in kinds]
    layer = shape_layer(
        "weather_places",
        "Weather stations and their areas",
        "validity",
        table,
        region.crs,
        pane="area",
        styles=[
            {"color": WEATHER, "weight": 1.5, "dashArray": "6 4", "fill": False},
            {
                "radius": 5,
                "color": "#ffffff",
                "weight": 1.5,
                "fillColor": WEATHER,
                "fillOpacity": 1,
            },
        ],
        style_of=kinds,
        columns=["what"],
        labels={"what": ("weather", "", "")},
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[
            {"mark": "line", "colour": WEATHER, "dash": True, "label": "where a weather is taken"},
            {"mark": "dot", "colour": WEATHER, "label": "its station"},
        ],
    )
    return [layer] if layer else []


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
