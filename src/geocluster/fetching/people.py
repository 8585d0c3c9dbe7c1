"""The steps of a fetch that read rasters and towns: people and terrain."""

from __future__ import annotations

from pathlib import Path

from geocluster.errors import InputError
from geocluster.fetching.request import LONLAT, OSM_LICENCE, REACH_M, Site, Told, copied, own
from geocluster.load.online_words import is_address

WORLDPOP_URL = (
    "https://data.worldpop.org/GIS/Population/Global_2000_2020_1km_UNadj/2020/{ISO3}/"
    "{iso3}_ppp_2020_1km_Aggregated_UNadj.tif"
)
LICENCES = {
    "worldpop": "CC BY 4.0, WorldPop",
    "ghs_pop": "CC BY 4.0, European Commission, GHSL",
    "copernicus": "Copernicus DEM, free of charge, © DLR 2010-2014, © Airbus 2014-2018",
    ".hgt": "SRTM, public domain, NASA and USGS",
}


def people_step(site: Site) -> Told:
    """Where people live: a raster, a list of towns, or the towns of OpenStreetMap."""
    request = site.request
    if request.population or request.population_url:
        return _people_of_raster(site)
    if request.towns is not None:
        from geocluster.load.towns import read_towns

        towns = read_towns(request.towns)
        path = copied(request.towns, site.folder / "towns.csv")
        return own(site, [path.name], f"{len(towns)} towns from {request.towns.name}")
    return _people_of_towns(site)


def _people_of_raster(site: Site) -> Told:
    from geocluster.load.raster_part import fetch_part

    source = site.request.population or ""
    if not source or source == "worldpop":
        source = _of_country(site, site.request.population_url or WORLDPOP_URL)
    box = site.area(REACH_M).bounds
    path = site.folder / "population.tif"
    part = fetch_part(site.client, source, box, path, service="population")
    return _of_raster(part.path, part.pixels, part.source, part.fetched, "people")


def _of_raster(path: Path, pixels: int, source: str, fetched: str, what: str) -> Told:
    licence = next((words for key, words in LICENCES.items() if key in source.lower()), "")
    credit = f"{what}: {licence}" if licence else ""
    return Told(
        files=[path.name],
        what=f"{what}: {pixels:,} pixels of a raster",
        source=source if is_address(source) else f"{source}, your own file",
        licence=licence or "as its provider says",
        fetched=fetched,
        facts={"credit": credit} if credit else {},
    )


def _of_country(site: Site, url: str) -> str:
    """An address with the country's three letters in place of {iso3} and {ISO3}."""
    import csv
    from importlib.resources import files

    if "{iso3}" not in url and "{ISO3}" not in url:
        return url
    country = site.told["boundary"].facts.get("country", "")
    text = files("geocluster.load").joinpath("countries.csv").read_text("utf-8")
    codes = {row["iso2"]: row["iso3"] for row in csv.DictReader(text.splitlines())}
    if country not in codes:
        raise InputError(
            "population",
            "the country is known only where the region is found by name: give the address or the "
            "file of its raster (--population)",
        )
    code = codes[country]
    return url.replace("{iso3}", code).replace("{ISO3}", code.upper())


def _people_of_towns(site: Site) -> Told:
    import geopandas as gpd

    from geocluster.files import write_csv
    from geocluster.load.osm_towns import towns_of_extract

    region = site.region
    shape = gpd.GeoSeries([region.boundary], crs=region.crs).to_crs(LONLAT).iloc[0]
    extract = site.folder / site.told["features"].files[0]
    towns = towns_of_extract(extract, shape)
    inside = towns.table[towns.table["inside"]]
    source = site.told["features"]
    if inside.empty:
        none = f"nobody: none of the {towns.places} places of OpenStreetMap here has a population"
        hint = "give --population FILE, --population worldpop or --towns FILE, or [inputs] homes"
        return Told([], none, source.source, OSM_LICENCE, source.fetched, notes=[hint])
    path = write_csv(towns.table, site.folder / "towns.csv")
    notes = []
    if towns.without:
        names = ", ".join(towns.without[:3])
        notes.append(
            f"places inside the region without a population: {len(towns.without)}, such as "
            f"{names}; nobody is counted there, a raster (--population) is better"
        )
    people = int(inside["people"].sum())
    return Told(
        files=[path.name],
        what=f"{people:,} people in {len(inside)} towns inside the region, "
        f"{len(towns.table) - len(inside)} more around it",
        source=f"population tags in {source.source}",
        licence=OSM_LICENCE,
        fetched=source.fetched,
        notes=notes,
    )


def terrain_step(site: Site) -> Told:
    """Heights of the ground, from a file, an address, or tiles by a template of addresses."""
    from geocluster.load.raster_part import COPERNICUS_URL, fetch_part, fetch_tiles

    request = site.request
    source = request.dem or ""
    if source in ("", "copernicus"):
        source = request.dem_url or COPERNICUS_URL
    box = site.area(REACH_M).bounds
    path = site.folder / "dem.tif"
    fetch = fetch_tiles if "{" in source and is_address(source) else fetch_part
    part = fetch(site.client, source, box, path, service="terrain")
    told = _of_raster(part.path, part.pixels, part.source, part.fetched, "terrain")
    if part.sea:
        told.notes.append(f"tiles that are not there, taken as sea at 0 m: {len(part.sea)}")
    return told
