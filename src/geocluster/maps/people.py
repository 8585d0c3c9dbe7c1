"""People on the map: homes by what is breathed there, schools, kindergartens and hospitals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.colours import class_breaks, class_index, ramp
from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.many_homes import all_people_layer
from geocluster.maps.text import column_label, figure, limit_in_words

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

MOST_HOMES = 5_000
MOST_PLACES = 3_000
BELOW, PEOPLE = "#f4efe2", "#6b5b53"
# People for each km2 below which a home is drawn with this opacity.
FADING = ((100, 0.2), (400, 0.45), (float("inf"), 0.9))
NO_CASE = r"^(?!.*(_highest_|_low_|_high_))"


def home_layers(
    exposure: gpd.GeoDataFrame | None,
    region: Region,
    surfaces: list[Layer],
    tolerance_m: float,
) -> list[Layer]:
    """Homes, coloured by what their people breathe; thinly peopled ones are drawn faintly.

    The colours are the classes of the surface of the same pollutant and statistic. Above 5,000
    homes only those with most people are drawn, over the people of all homes by cell;
    the title says so.
    """
    if exposure is None or len(exposure) == 0:
        return []
    table, beneath, drawn = exposure, None, "Homes"
    if len(table) > MOST_HOMES and "people" in table:
        largest = np.argsort(-table["people"].to_numpy(dtype=float), kind="stable")[:MOST_HOMES]
        table = table.iloc[np.sort(largest)]
        beneath = all_people_layer(exposure, region)
        drawn = f"The {figure(MOST_HOMES, 'count')} homes with most people of "
        drawn += figure(len(exposure), "count")
    exposed = [str(c) for c in table.columns if re.match(NO_CASE + r"[a-z0-9_.]+_ug_m3$", str(c))]
    styles, variants, scales = _by_surface(table, exposed, _fading(table, region), surfaces)
    texts = {**_exposure_texts(table, exposed), **_people_above(table)}
    layer = shape_layer(
        "homes",
        f"{drawn}, by what people breathe" if scales else drawn,
        "people",
        table.assign(**{name: column for name, (_, _, column) in texts.items()}),
        region.crs,
        pane="homes",
        styles=styles,
        style_of=next(iter(variants.values()))["style"],
        columns=["people", *texts, "origin"],
        labels={name: (label, unit, "") for name, (label, unit, _) in texts.items()},
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[{"mark": "fill", "colour": "#e9b27a", "edge": PEOPLE, "label": ""}],
        variants=variants,
        scales=scales,
    )
    return [one for one in (layer, beneath) if one is not None]


def _by_surface(
    table: gpd.GeoDataFrame, columns: list[str], fading: np.ndarray, surfaces: list[Layer]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, list[int]]], dict[str, Any]]:
    """Styles, the style of each home under each surface, and the scales that they stand for."""
    known = {layer.key: layer.data for layer in surfaces if layer.kind == "surface"}
    styles: list[dict[str, Any]] = []
    variants: dict[str, dict[str, list[int]]] = {}
    scales: dict[str, Any] = {}
    for column in columns:
        key = column.removesuffix("_ug_m3")
        values = table[column].to_numpy(dtype=float)
        largest = float(np.nanmax(values, initial=0))
        breaks = known[key]["breaks"] if key in known else class_breaks(largest)
        if not breaks:
            continue
        shades = known[key]["colours"] if key in known else ramp("concentration", len(breaks))
        classes = class_index(values, breaks).astype(int)  # many surfaces, more than 255 styles
        variants[key] = {"style": (len(styles) + classes * len(FADING) + fading).tolist()}
        styles += _home_styles([BELOW, *shades])
        scales[key] = {
            "title": column_label(column)[0],
            "unit": "µg/m³",
            "breaks": breaks,
            "colours": shades,
            "highest": known[key]["highest"] if key in known else float(f"{largest:.3g}"),
            "divide": 1,
        }
    variants["burden"] = {"style": (len(styles) + fading).tolist()}
    return styles + _home_styles([PEOPLE], 0.3), variants, scales


def _exposure_texts(table: gpd.GeoDataFrame, columns: list[str]) -> dict[str, tuple[str, str, Any]]:
    """What is breathed in each home, and the highest within its area where that is more."""
    found: dict[str, tuple[str, str, Any]] = {}
    for column in columns:
        mean = table[column].to_numpy(dtype=float)
        highest = table.get(f"{column.removesuffix('_ug_m3')}_highest_ug_m3", table[column])
        texts = [
            None if a != a else figure(a) + (f" (up to {figure(b)})" if b > 1.005 * a else "")
            for a, b in zip(mean, highest.to_numpy(dtype=float), strict=True)
        ]
        found[column] = (column_label(column)[0], "µg/m³", texts)
    return found


def _people_above(table: gpd.GeoDataFrame) -> dict[str, tuple[str, str, Any]]:
    """For each limit that somebody lives above: a label, and the count with its range a home."""
    found: dict[str, tuple[str, str, Any]] = {}
    for column in map(str, table.columns):
        name = column.removeprefix("people_above_")
        if name == column or name.endswith(("_low", "_high")):
            continue
        central = table[column].to_numpy(dtype=float)
        low = table.get(f"{column}_low", table[column]).to_numpy(dtype=float)
        high = table.get(f"{column}_high", table[column]).to_numpy(dtype=float)
        if np.nanmax(high, initial=0) > 0:
            counts = [_count(*three) for three in zip(low, central, high, strict=True)]
            found[column] = (f"people above {limit_in_words(name)}", "", counts)
    return found


def _count(low: float, central: float, high: float) -> str | None:
    if not max(high, central) > 0:
        return None
    text = figure(central, "count")
    return f"{text} ({figure(low, 'count')} – {figure(high, 'count')})" if high > low else text


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
        places.head(MOST_PLACES),
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
