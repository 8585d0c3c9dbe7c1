"""The page: a folium map with the layers, legends and panels, in one file without an address."""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.files import replacing
from geocluster.maps.assets import inline
from geocluster.maps.base_map import base_layers
from geocluster.maps.computed import computed_layers
from geocluster.maps.doubts import credits_in, demonstration_for, doubts_in
from geocluster.maps.features import (
    cluster_layers,
    not_valid_layers,
    site_layers,
    source_layers,
    weather_layers,
    zone_layers,
)
from geocluster.maps.here import pack_here
from geocluster.maps.language import data_in, texts_of_data
from geocluster.maps.layers import GROUPS, Layer
from geocluster.maps.on_map import on_map
from geocluster.maps.panels import BarChart, Panel, panels_html, ranking_panel, summary_parts
from geocluster.maps.people import home_layers, place_layers
from geocluster.maps.protection import protection_layers
from geocluster.maps.surfaces import burden_layers, concentration_layers, suitable_layers
from geocluster.maps.switch import in_each, switch, texts_of_markup
from geocluster.maps.text import WORDS, clean, json_for_page, pollutant_label
from geocluster.maps.wind import dated_by, wind_on_map
from geocluster.sentences import tell, tell_markup
from geocluster.tables import pollutants_of
from geocluster.words import SOURCE, Words

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.region import Region

__all__ = ["BarChart", "Page", "Panel", "draw_map"]

_TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"


class Page:
    """A map as one HTML file that opens without a network.

    Attributes
    ----------
    map : folium.Map
        The map itself, to add to.
    """

    def __init__(self, map_: folium.Map, title: str, language: str = SOURCE) -> None:
        self.map = map_
        self.title = title
        self.language = language

    @property
    def html(self) -> str:
        """The whole page."""
        page = inline(self.map.get_root().render())
        head = (
            '<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">\n'
            f"<title>{html_text.escape(self.title)}</title>"
        )
        page = page.replace("<html>", f'<html lang="{self.language}">', 1).replace(
            "<head>", head, 1
        )
        return page.replace("maximum-scale=1.0, user-scalable=no", "viewport-fit=cover", 1)

    def save(self, path: str | Path) -> Path:
        """Write the page to a temporary name and move it into place.

        Parameters
        ----------
        path : str or Path
            The file; missing folders are made.

        Returns
        -------
        Path
            Where it lies.
        """
        path = Path(path)
        text = self.html
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        return path

    def _repr_html_(self) -> str:
        """The page in a frame of its own, for a notebook."""
        inner = html_text.escape(self.html, quote=True)
        return (
            f'<iframe srcdoc="{inner}" title="{html_text.escape(self.title)}" '
            'style="width:100%;height:720px;border:1px solid #ccc" allowfullscreen></iframe>'
        )


def policy(page: str) -> str:
    """What the page may do: run its own scripts and show pictures that it carries, no more.

    Addresses that are left (an online base map) are allowed, each host alone.

    Examples
    --------
    >>> policy("<p>")[:39]
    "default-src 'none'; script-src 'unsafe-"
    """
    found = re.findall(r'"tiles":"(https?:\\/\\/[^/"]+)|L\.tileLayer\(\s*"(https?://[^/"]+)', page)
    hosts = sorted({(a or b).replace("\\/", "/").replace("{s}", "*") for a, b in found})
    scripts = sorted(
        set(re.findall(r"<(?:script|link)[^>]*(?:src|href)=\"(https?://[^/\"]+)", page))
    )
    own = "'unsafe-inline'"
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(["script-src", own, *scripts]),
            " ".join(["style-src", own, *scripts]),
            " ".join(["img-src data: blob:", *hosts, *scripts]),
            " ".join(["font-src data:", *scripts]),
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def draw_map(
    region: Region,
    *,
    exposure: gpd.GeoDataFrame | None = None,
    concentration: xr.Dataset | None = None,
    clusters: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    suitable: xr.Dataset | None = None,
    burden: xr.DataArray | None = None,
    sources: gpd.GeoDataFrame | None = None,
    land: gpd.GeoDataFrame | None = None,
    homes: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    zones: gpd.GeoDataFrame | None = None,
    neighbours: gpd.GeoDataFrame | None = None,
    not_valid: gpd.GeoDataFrame | None = None,
    weather_areas: gpd.GeoDataFrame | None = None,
    limits: pd.DataFrame | None = None,
    summary: Any = None,
    verdict: str | None = None,
    title: str | None = None,
    subtitle: str = "",
    notes: Sequence[str] = (),
    panels: Sequence[Panel] = (),
    demonstration: str | None = None,
    sources_of_data: Sequence[str] | None = None,
    online_base: bool = False,
    more_layers: Sequence[Layer] = (),
    review_page: str | None = None,
    weather: xr.Dataset | None = None,
    weather_name: str = "",
    dossier_page: str | None = None,
    protection_zone_m: float | None = None,
    reach_m: float | None = None,
    language: str = SOURCE,
    m: folium.Map | None = None,
) -> Page:
    """Draw a region and whatever is known of it as a map that opens without a network.

    Every argument but the region may be left out: its layer is then not there.

    Parameters
    ----------
    region : Region
        Its boundary is drawn, and what lies outside is faded.
    exposure, homes : GeoDataFrame, optional
        Homes with columns ``<pollutant>_<statistic>_ug_m3`` [ug/m3], or without them.
    concentration : xarray.Dataset, optional
        On a grid; a surface a pollutant and statistic, without the low and high cases. [ug/m3]
    clusters, sites, sources, land, places : GeoDataFrame, optional
        As the rooms before make them; the columns that are there are shown.
    suitable, burden : xarray, optional
        As `suitable_land` and `burden` return them.
    zones : GeoDataFrame, optional
        Existing industrial zones; those that `land` holds as kind zone are drawn too.
    neighbours : GeoDataFrame, optional
        Boundaries around the region, for orientation.
    not_valid : GeoDataFrame, optional
        Areas with a `reason`, hatched as not for decisions.
    weather_areas : GeoDataFrame, optional
        Where each of several weathers is taken (a polygon, or none), with its `name` and its
        station's place `station_x`, `station_y`. [m]
    limits : DataFrame, optional
        With pollutant, statistic, value_ug_m3 and set: contours on the surfaces. [ug/m3]
    summary : str, mapping, pairs or DataFrame, optional
        Text; figures as {label: number} or (number, label); or the table of who is exposed.
    verdict : str, optional
        What the ranking says in one sentence.
    title, subtitle : str, optional
        The region's name where there is no title.
    notes : sequence of str
        What is assumed, one sentence each: the first panel.
    panels : sequence of Panel
        More folds for the side, in their order.
    demonstration : str, optional
        Why the results are no more than a demonstration: a watermark over the map. Where it is
        left out, the origins in the tables decide: what is assumed is never shown as known.
    sources_of_data : sequence of str, optional
        Attribution, as plain text; from the tables' column `origin` where it is left out.
    online_base : bool
        Offer OpenStreetMap's tiles in the layer control, off until a reader turns them on; the
        page then holds their address.
    review_page, dossier_page : str, optional
        A page to link to, relative to this one, on which readers weigh the criteria themselves.
    weather : xarray.Dataset, optional
        Its wind rose stands on the map, and its origin and days on the printed sheet.
    weather_name : str
        Which of several weathers that is.
    protection_zone_m : float, optional
        Width of the zone around each candidate in which nobody should live. [m]
    reach_m : float, optional
        How far each source's plume was followed. [m]
    language : {"en", "ru", "uz"}
        What the page says; names from data stay as they are.
    more_layers : sequence of Layer
        Layers of later work, drawn over the base map.
    m : folium.Map, optional
        An existing map to add to.

    Returns
    -------
    Page
        With ``.save(path)``; shows itself in a notebook.

    Raises
    ------
    TableError
        Where the concentration is not on a grid.
    SettingsError
        Where the language is another.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> region = Region("Example", box(500_000, 4_500_000, 540_000, 4_530_000), "EPSG:32642")
    >>> page = draw_map(region)
    >>> "://" in page.html
    False
    """
    Words(language)
    tolerance_m = simplification_m(region)
    surfaces = concentration_layers(concentration, region, limits)
    people = exposure if exposure is not None else homes
    demonstration = demonstration or demonstration_for(doubts_in(people, sources, clusters))
    if sources_of_data is None:
        sources_of_data = credits_in(people, sources, land, places)
    layers: list[Layer] = [
        *surfaces,
        *burden_layers(burden, region),
        *home_layers(people, region, surfaces, tolerance_m),
        *place_layers(places, region),
        *source_layers(sources, region),
        *cluster_layers(clusters, region, tolerance_m),
        *site_layers(sites, region),
        *protection_layers(sites, protection_zone_m, region),
        *zone_layers(zones, land, region),
        *suitable_layers(suitable, region),
        *not_valid_layers(not_valid, region, tolerance_m),
        *computed_layers(concentration, sources, reach_m, region, surfaces),
        *weather_layers(weather_areas, region, tolerance_m),
        *more_layers,
        *base_layers(region, land, people, tolerance_m, neighbours),
    ]
    if online_base:
        layers.append(Layer("online", "OpenStreetMap (online)", "base", "tiles", {"tiles": _TILES}))
    name = clean(title or region.name)
    figures, lead, exposed = summary_parts(summary)
    ranking = ranking_panel(sites, verdict)
    side = panels_html(
        title=name,
        subtitle=subtitle,
        figures=figures,
        lead=lead,
        verdict=verdict,
        demonstration=demonstration,
        notes=notes,
        panels=[panel for panel in (exposed, ranking, *panels) if panel is not None],
        sources_of_data=sources_of_data,
        review_page=review_page,
        dossier_page=dossier_page,
    )
    bounds = _bounds(region)
    data = {
        "title": name,
        "words": WORDS,
        "groups": GROUPS,
        "bounds": bounds,
        "pollutants": _pollutants(sources),
        "demonstration": demonstration is not None,
        "attribution": " · ".join(clean(s, 120) for s in sources_of_data),
        "dated": dated_by(weather),
        "wind": wind_on_map(weather, weather_name),
        "layers": [layer.as_data() for layer in layers],
        "here": pack_here(
            region,
            concentration=concentration,
            burden=burden,
            suitable=suitable,
            homes=people,
            land=land,
            limits=limits,
        ),
    }
    told = data_in(language, data)
    parts = {
        "side": tell_markup(side, language).replace("://", ":&#47;&#47;"),
        "data": json_for_page(told),
        "told": json_for_page(
            switch(language, in_each(texts_of_markup(side)), in_each(texts_of_data(data), tell))
        ),
    }
    return Page(on_map(m, parts, bounds), told["title"], language)


def simplification_m(region: Region) -> float:
    """By how much lines may be moved without a reader seeing it. [m]"""
    x_min, y_min, x_max, y_max = region.boundary.bounds
    return min(max(max(x_max - x_min, y_max - y_min) / 5_000, 1.0), 100.0)


def _bounds(region: Region) -> list[list[float]]:
    import geopandas as gpd

    west, south, east, north = gpd.GeoSeries([region.boundary], crs=region.crs).to_crs(
        "EPSG:4326"
    ).total_bounds  # fmt: skip
    return [[round(south, 5), round(west, 5)], [round(north, 5), round(east, 5)]]


def _pollutants(sources: pd.DataFrame | None) -> dict[str, str]:
    return {p: pollutant_label(p) for p in pollutants_of(sources)} if sources is not None else {}
