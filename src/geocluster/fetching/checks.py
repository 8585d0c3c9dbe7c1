"""Whether a request can be met at all, before anything is asked of a service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from geocluster.errors import InputError
from geocluster.fetching.request import OPTIONAL, Request
from geocluster.load.isd_lite import station_number
from geocluster.load.online_words import is_address
from geocluster.load.open_meteo import FIRST_YEAR
from geocluster.load.raster_part import tile_address

# An archive with a delay of days has the whole of last year from this day of a year on.
ARCHIVE_DAYS = 10


def check_request(request: Request, today: date) -> None:
    """See that a request can be met.

    Parameters
    ----------
    request : Request
        Of which region, and from where.
    today : date
        Decides which years are over.

    Raises
    ------
    InputError
        With every fault, and what to give instead.

    Examples
    --------
    >>> check_request(Request(bbox=(66, 40, 65, 41), year=2026), date(2026, 3, 1))
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: fetch: 2 faults
      - --bbox: it is west,south,east,north in degrees, with west under east ...
      - --year 2026: whole years from 1940 to 2025 are there
    """
    faults = [
        *_region_faults(request),
        *_file_faults(request),
        *_raster_faults(request),
        *_weather_faults(request, today),
        *_conflicts(request),
    ]
    if faults:
        raise InputError("fetch", faults)


def last_year(today: date) -> int:
    """The last year that an archive of weather has in full.

    Examples
    --------
    >>> last_year(date(2026, 1, 5)), last_year(date(2026, 3, 1))
    (2024, 2025)
    """
    return today.year - (1 if today.timetuple().tm_yday > ARCHIVE_DAYS else 2)


def _region_faults(request: Request) -> Iterator[str]:
    given = [request.place is not None, request.bbox is not None, request.boundary is not None]
    if sum(given) != 1:
        yield "say of which region: a place by name, --bbox W,S,E,N or --boundary FILE, one of them"
    if request.place is not None and not request.place.strip():
        yield "the name of the place is empty"
    if request.bbox is not None:
        west, south, east, north = request.bbox
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            yield (
                "--bbox: it is west,south,east,north in degrees, with west under east and south "
                "under north; a region across 180 degrees must be divided"
            )


def _file_faults(request: Request) -> Iterator[str]:
    for option in ("boundary", "osm", "weather", "towns"):
        path = getattr(request, option)
        if path is not None and not path.is_file():
            yield f"--{option} {path}: there is no such file"


def _raster_faults(request: Request) -> Iterator[str]:
    for option, known in (("population", "worldpop"), ("dem", "copernicus")):
        source = getattr(request, option)
        if source and source != known and not is_address(source) and not Path(source).is_file():
            yield f"--{option} {source}: there is no such file, nor is it an address or '{known}'"
    template = next((one for one in (request.dem, request.dem_url) if one and "{" in one), None)
    if template is not None:
        try:
            tile_address(template, 0, 0)
        except InputError as error:
            yield str(error)


def _weather_faults(request: Request, today: date) -> Iterator[str]:
    last = last_year(today)
    if request.year is not None and not FIRST_YEAR <= request.year <= last:
        yield f"--year {request.year}: whole years from {FIRST_YEAR} to {last} are there"
    if request.isd is not None and not Path(request.isd).is_file():
        try:
            station_number(request.isd)
        except InputError as error:
            yield str(error)
    if request.weather_at is not None:
        longitude, latitude = request.weather_at
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            yield "--weather-at: it is longitude,latitude in degrees"
    if request.time_zone is not None and not -12 <= request.time_zone <= 14:
        yield f"--time-zone {request.time_zone:g}: hours east of UTC, -12 to 14 are allowed"


def _conflicts(request: Request) -> Iterator[str]:
    unknown = request.without - set(OPTIONAL)
    if unknown:
        yield f"--without {', '.join(sorted(unknown))}: allowed are {', '.join(OPTIONAL)}"
    given: dict[str, dict[str, object]] = {
        "features": {"--osm": request.osm},
        "weather": {"--weather": request.weather, "--isd": request.isd},
        "people": {
            "--population": request.population or request.population_url,
            "--towns": request.towns,
        },
    }
    for step, sources in given.items():
        names = [option for option, value in sources.items() if value is not None]
        if len(names) > 1:
            yield f"{' and '.join(names)}: choose one"
        if names and step in request.without:
            yield f"{names[0]} and --without {step}: choose one"
    nobody = not any(given["people"].values()) and "people" not in request.without
    if nobody and "features" in request.without:
        yield (
            "--without features: then there are no towns either; give --population or --towns, "
            "or leave people out too (--without people)"
        )
