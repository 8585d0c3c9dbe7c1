"""The steps of a fetch: boundary, features, weather, people, terrain; each writes files of a study.

Every step has a local file as alternative. What a step tells is kept in the folder's state, so that
a later run need not fetch it again, and stands in SOURCES.md.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import GeoclusterWarning
from geocluster.fetching.checks import last_year
from geocluster.fetching.people import people_step, terrain_step
from geocluster.fetching.request import (
    FEATURES_M,
    LONLAT,
    OSM_LICENCE,
    Box,
    Site,
    Told,
    copied,
    own,
)
from geocluster.files import write_json
from geocluster.load.online_words import shown

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from geocluster.load.osm import OsmTables
    from geocluster.region import Region

# As [weather] valid_within_km is where study.toml does not say.
VALID_KM = 25.0
# Sites beyond so many are too small to matter; a point counts as so much ground.
MOST_SITES, POINT_HA = 2_000, 0.1


def boundary_step(site: Site) -> Told:
    """The region's boundary: from a file, a box, or by a place's name from Nominatim."""
    request = site.request
    path = site.folder / "boundary.geojson"
    if request.boundary is not None:
        return _boundary_of_file(site, request.boundary, path)
    if request.bbox is not None:
        return _boundary_of_box(site, request.bbox, path)
    from geocluster.load.nominatim import find_place

    place = find_place(site.client, str(request.place), url=request.nominatim_url)
    name = request.name or place.name
    _write_boundary(place.boundary, name, path)
    notes = []
    if place.others:
        notes.append(
            f"{len(place.others)} other areas are called so too, such as {place.others[0]}: if one "
            "of them is meant, write its name in full"
        )
    return Told(
        files=[path.name],
        what=f"boundary of {place.full_name} ({place.osm_id})",
        source=f"OpenStreetMap, Nominatim at {shown(request.nominatim_url, query=False)}",
        licence=OSM_LICENCE,
        fetched=place.fetched,
        notes=notes,
        facts={"name": name, "country": place.country, "full_name": place.full_name},
    )


def _boundary_of_file(site: Site, file: Path, path: Path) -> Told:
    from geocluster.load.vector import read_boundary

    shape = read_boundary(file).to_crs(LONLAT).union_all()
    name = site.request.name or file.stem.replace("_", " ").title()
    _write_boundary(shape, name, path)
    return own(site, [path.name], f"boundary from {file.name}", {"name": name})


def _boundary_of_box(site: Site, box: Box, path: Path) -> Told:
    import shapely

    name = site.request.name or f"{box[0]:g} to {box[2]:g} E, {box[1]:g} to {box[3]:g} N"
    _write_boundary(shapely.segmentize(shapely.box(*box), 0.1), name, path)
    return own(site, [path.name], f"box {','.join(f'{value:g}' for value in box)}", {"name": name})


def _write_boundary(shape: BaseGeometry, name: str, path: Path) -> None:
    import shapely

    geometry = json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-7)))
    feature = {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
    write_json({"type": "FeatureCollection", "features": [feature]}, path)


def features_step(site: Site) -> Told:
    """Industry, homes, roads, water and the rest, from Overpass or an extract of one's own."""
    from geocluster.load.osm import read_osm
    from geocluster.load.osm_tags import read_tag_rows
    from geocluster.load.overpass import fetch_extract

    request = site.request
    if request.osm is not None:
        from geocluster.load.osm_stream import SUFFIXES, check_osm_path

        check_osm_path(request.osm)
        suffix = next(end for end in SUFFIXES if request.osm.name.lower().endswith(end))
        path = copied(request.osm, site.folder / f"features{suffix}")
        told = own(site, [path.name], f"extract {request.osm.name}")
        told.source, told.licence = "OpenStreetMap, an extract of your own", OSM_LICENCE
    else:
        extract = fetch_extract(
            site.client,
            site.area(FEATURES_M),
            site.folder / "features.osm.pbf",
            read_tag_rows(),
            url=request.overpass_url,
            buildings=request.buildings,
            tile_km=request.tile_km,
            tell=site.tell,
        )
        path = extract.path
        state = f", data of {extract.data_of}" if extract.data_of else ""
        told = Told(
            files=[path.name],
            what=f"features, asked for in {extract.tiles} tile(s){state}",
            source=f"OpenStreetMap, Overpass at {shown(request.overpass_url, query=False)}",
            licence=OSM_LICENCE,
            fetched=extract.fetched,
        )
    site.tell("counting what was fetched")
    region = site.region
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeoclusterWarning)
        tables = read_osm(path, region)
    told.facts["counts"], told.notes = _counts(tables, buildings=request.buildings)
    told.facts["industry"] = most_industry(tables.sources, region)
    return told


def most_industry(sources: gpd.GeoDataFrame, region: Region) -> list[float] | None:
    """Amid the most industrial ground of a region that one place's weather is good for.

    Parameters
    ----------
    sources : GeoDataFrame
        As `read_osm` gives them, with `area_ha` [ha].
    region : Region
        Only sources in it count.

    Returns
    -------
    list of float or None
        Longitude and latitude [degrees]; None where there is no industry.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> near = [box(x, 4_430_000, x + 900, 4_430_900) for x in (500_000, 510_000, 590_000)]
    >>> sources = gpd.GeoDataFrame({"area_ha": [81.0] * 3}, geometry=near, crs=32642)
    >>> region = Region("Example", box(499_000, 4_429_000, 599_000, 4_499_000), sources.crs)
    >>> most_industry(sources, region)
    [69.0639, 40.0242]
    """
    import geopandas as gpd
    import numpy as np

    inside = sources[sources.intersects(region.boundary)]
    largest = inside.assign(area_ha=inside["area_ha"].fillna(0)).nlargest(MOST_SITES, "area_ha")
    if largest.empty:
        return None
    points = largest.representative_point()
    x, y = points.x.to_numpy(), points.y.to_numpy()
    near = np.hypot(x[:, None] - x, y[:, None] - y) <= VALID_KM * 1000
    ground_ha = np.maximum(largest["area_ha"].to_numpy(dtype=float), POINT_HA)
    share = ground_ha * near[int((near @ ground_ha).argmax())]
    middle = gpd.GeoSeries.from_xy([x @ share / share.sum()], [y @ share / share.sum()])
    best = middle.set_crs(region.crs).to_crs(LONLAT)
    return [round(float(best.x.iloc[0]), 4), round(float(best.y.iloc[0]), 4)]


def _counts(tables: OsmTables, *, buildings: bool) -> tuple[dict[str, Any], list[str]]:
    """What an extract holds by table and kind, and what is amiss with it."""
    counts: dict[str, Any] = {
        name: dict(sorted(Counter(table["kind"]).items()))
        for name, table in zip(tables._fields, tables, strict=True)
    }
    notes = []
    if tables.sources.empty:
        notes.append(
            "OpenStreetMap knows no industry here: give [inputs] sources or plants of your own"
        )
    if tables.homes.empty:
        notes.append("OpenStreetMap knows no residential area here: towns become assumed discs")
    if buildings:
        notes.append("buildings are in the extract; no table is made of them yet")
    return counts, notes


def weather_step(site: Site) -> Told:
    """Hours of a year: a file of one's own, a station of NOAA, or Open-Meteo's archive."""
    from geocluster.load.open_meteo import fetch_hours

    request = site.request
    if request.weather is not None:
        path = copied(request.weather, site.folder / f"weather{request.weather.suffix.lower()}")
        return own(site, [path.name], f"weather from {request.weather.name}")
    if request.isd is not None:
        return _weather_of_station(site, request.isd)
    longitude, latitude = request.weather_at or _weather_place(site)
    year = _year(site)
    hours = fetch_hours(
        site.client,
        longitude,
        latitude,
        year,
        site.folder / "weather.csv",
        url=request.weather_url,
        time_zone=request.time_zone,
    )
    notes = [f"it says nothing of {', '.join(hours.missing)}"] if hours.missing else []
    notes += _too_far(site, longitude, latitude)
    return Told(
        files=["weather.csv"],
        what=f"{hours.hours:,} hours of {year} at {latitude:g} N {longitude:g} E, modelled",
        source=f"Open-Meteo archive at {shown(request.weather_url, query=False)}",
        licence="CC BY 4.0, Open-Meteo.com (ERA5 and others, Copernicus Climate Change Service)",
        fetched=hours.fetched,
        notes=notes,
        facts={"credit": "weather: Open-Meteo.com (CC BY 4.0)"},
    )


def _weather_place(site: Site) -> tuple[float, float]:
    """The region's middle; where that is too far from parts of it, amid most of its industry."""
    middle = site.middle()
    features = site.told.get("features")
    industry = features.facts.get("industry") if features else None
    return (industry[0], industry[1]) if industry and _too_far(site, *middle) else middle


def _too_far(site: Site, longitude: float, latitude: float) -> list[str]:
    """That a region is larger than one place's weather is good for, where it is."""
    import geopandas as gpd
    import shapely

    region = site.region
    point = gpd.GeoSeries.from_xy([longitude], [latitude], crs=LONLAT).to_crs(region.crs)
    farthest = shapely.hausdorff_distance(region.boundary, point.iloc[0]) / 1000
    if farthest <= VALID_KM:
        return []
    return [
        f"the region reaches {farthest:,.0f} km from there, and one place's weather is taken to be "
        f"good for {VALID_KM:g} km: more places go to [[weather_places]] (docs/weather.md)"
    ]


def _weather_of_station(site: Site, station: str) -> Told:
    from geocluster.load.isd_lite import Station, fetch_observations, write_observations

    request, path = site.request, site.folder / "weather.csv"
    if Path(station).is_file():
        place = request.weather_at or site.middle()
        local = Station(Path(station).stem, "", "of your own", *place)
        hours = write_observations(Path(station), local, path, time_zone=request.time_zone)
        return own(site, [path.name], f"{hours:,} hours from {Path(station).name} (ISD-Lite)")
    year = _year(site)
    seen = fetch_observations(
        site.client, station, year, path, url=request.isd_url, time_zone=request.time_zone
    )
    at = seen.station
    return Told(
        files=[path.name],
        what=f"{seen.hours:,} hours of {year}, observed at {at.name} "
        f"({at.usaf}-{at.wban}, {at.latitude:g} N {at.longitude:g} E)",
        source=f"NOAA ISD-Lite at {shown(request.isd_url, query=False)}",
        licence="NOAA Integrated Surface Database; commercial use may be limited (WMO Res. 40)",
        fetched=seen.fetched,
        notes=_too_far(site, at.longitude, at.latitude),
        facts={"credit": "weather: NOAA Integrated Surface Database"},
    )


def _year(site: Site) -> int:
    """The year asked for, or the last whole one."""
    asked = site.request.year
    return last_year(date.fromisoformat(site.client.today())) if asked is None else asked


STEPS: dict[str, tuple[str, Callable[[Site], Told]]] = {
    "boundary": ("find the boundary", boundary_step),
    "features": ("fetch features from OpenStreetMap", features_step),
    "weather": ("fetch the weather of a year", weather_step),
    "people": ("find where people live", people_step),
    "terrain": ("fetch the terrain", terrain_step),
}
