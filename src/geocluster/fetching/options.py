"""The options of `geocluster fetch`, as typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geocluster.errors import InputError

REGION, PARTS = "Which region", "Local files and other choices"
SERVERS, MANNERS = "Servers", "How services are asked"


def _region(help: str, *names: str):  # type: ignore[no-untyped-def]
    return typer.Option(*names, help=help, rich_help_panel=REGION)


def _part(help: str, *names: str):  # type: ignore[no-untyped-def]
    return typer.Option(*names, help=help, rich_help_panel=PARTS)


def _server(help: str, *names: str):  # type: ignore[no-untyped-def]
    return typer.Option(*names, help=help, rich_help_panel=SERVERS)


def _manner(help: str, *names: str, low: float | None = None):  # type: ignore[no-untyped-def]
    return typer.Option(*names, help=help, rich_help_panel=MANNERS, min=low)


Place = Annotated[str | None, typer.Argument(help='A place, such as "Navoi, Uzbekistan".')]
Bbox = Annotated[
    str | None, _region("Instead of a place: west,south,east,north in degrees.", "--bbox")
]
Boundary = Annotated[
    Path | None, _region("Instead of a place: a vector file of polygons.", "--boundary")
]
Name = Annotated[str | None, _region("What the region is called on maps.", "--name")]
Out = Annotated[
    Path | None, _region("The study folder. (default: named after the region)", "--out", "-o")
]
Osm = Annotated[Path | None, _part("An extract (.osm.pbf, .osm, ...), not Overpass.", "--osm")]
Buildings = Annotated[bool, _part("Fetch buildings too.", "--buildings")]
Weather = Annotated[
    Path | None, _part("A weather file, in any form of docs/weather.md.", "--weather")
]
Isd = Annotated[
    str | None,
    _part("A station of NOAA, such as 386960-99999, or a file of ISD-Lite.", "--isd"),
]
Year = Annotated[int | None, _part("Of the weather. (default: the last whole year)", "--year")]
WeatherAt = Annotated[
    str | None,
    _part("longitude,latitude of the weather. (default: amid the industry)", "--weather-at"),
]
TimeZone = Annotated[
    float | None,
    _part("Standard time less UTC, in hours. (default: by the longitude)", "--time-zone"),
]
Population = Annotated[
    str | None,
    _part(
        "A raster of people: file, address, or 'worldpop'. (default: towns of OpenStreetMap)",
        "--population",
    ),
]
Towns = Annotated[Path | None, _part("A CSV of towns with their people.", "--towns")]
Dem = Annotated[
    str | None,
    _part("Terrain: file, address, or 'copernicus'. (default: flat ground)", "--dem"),
]
Without = Annotated[
    list[str] | None,
    _part("Leave out 'features', 'weather' or 'people'; may be repeated.", "--without"),
]
NominatimUrl = Annotated[str | None, _server("Finds places by name.", "--nominatim-url")]
OverpassUrl = Annotated[
    str | None, _server("Gives OpenStreetMap's objects: its api or interpreter.", "--overpass-url")
]
WeatherUrl = Annotated[str | None, _server("An archive of Open-Meteo.", "--weather-url")]
IsdUrl = Annotated[str | None, _server("NOAA's folder with isd-lite.", "--isd-url")]
PopulationUrl = Annotated[
    str | None, _server("A raster; may hold {iso3} or {ISO3}.", "--population-url")
]
DemUrl = Annotated[
    str | None,
    _server("A raster, or tiles by {NS}{lat:02} and {EW}{lon:03}.", "--dem-url"),
]
Contact = Annotated[
    str | None,
    typer.Option(
        "--contact",
        help="Your mail or web address, told to the services.",
        envvar="GEOCLUSTER_CONTACT",
        rich_help_panel=MANNERS,
    ),
]
Timeout = Annotated[float, _manner("Longest wait for an answer, in seconds.", "--timeout", low=0.1)]
Attempts = Annotated[
    int, _manner("How often a failing request is made in all.", "--attempts", low=1)
]
Wait = Annotated[
    float, _manner("Pause after a first failure, in seconds; it doubles.", "--wait", low=0)
]
TileKm = Annotated[
    float, _manner("Side of the areas asked of Overpass, in km.", "--tile-km", low=1)
]
Cache = Annotated[Path | None, _manner("Where answers are kept. (default: the user's)", "--cache")]
CacheDays = Annotated[
    float, _manner("How long kept answers are used; 0 asks anew.", "--cache-days", low=0)
]


def numbers(text: str | None, count: int, option: str) -> tuple[float, ...] | None:
    """Numbers parted by commas or blanks.

    Examples
    --------
    >>> numbers("65.1,40.0, 65.5 40.3", 4, "--bbox")
    (65.1, 40.0, 65.5, 40.3)
    """
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        values = ()
    if len(values) != count or not all(abs(value) <= 360 for value in values):
        raise InputError(option, f"{text!r}: {count} numbers parted by commas are wanted")
    return values
