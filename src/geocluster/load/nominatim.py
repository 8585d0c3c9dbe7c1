"""The boundary of a place by its name, from a Nominatim server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from geocluster.errors import FetchError
from geocluster.load.online_faults import content_of
from geocluster.load.online_words import as_sentence

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geocluster.load.online import Client

NOMINATIM_URL = "https://nominatim.openstreetmap.org"
MOST_RESULTS = 10
AROUND_DEG = 0.15
MOST_LETTERS = 200


class Place(NamedTuple):
    """A place with its boundary in degrees."""

    name: str
    full_name: str
    osm_id: str
    country: str
    boundary: BaseGeometry
    others: tuple[str, ...]
    fetched: str


def find_place(client: Client, text: str, *, url: str = NOMINATIM_URL) -> Place:
    """Find a place by its name and take its boundary.

    Parameters
    ----------
    client : Client
        Asks the server.
    text : str
        As one writes a place: "Navoi, Uzbekistan".
    url : str
        Of a Nominatim server.

    Returns
    -------
    Place
        The most important result that is an area; `others` names further ones.

    Raises
    ------
    FetchError
        Where nothing is found, or nothing that is an area.
    """
    params = {
        "q": text,
        "format": "jsonv2",
        "polygon_geojson": "1",
        "addressdetails": "1",
        "limit": str(MOST_RESULTS),
    }
    answer = client.get(
        search_address(url), params, service="boundary (Nominatim)", check=check_results
    )
    with client.forgetting(answer):
        areas = _areas(json.loads(answer.path.read_text("utf-8")), f"boundary of {text!r}")
    result, boundary = areas[0]
    full_name = _words(result.get("display_name")) or text
    others = (_words(other.get("display_name")) for other, _ in areas[1:])
    address = result.get("address")
    country = address.get("country_code", "") if isinstance(address, dict) else ""
    return Place(
        name=_words(result.get("name")) or full_name.split(",")[0],
        full_name=full_name,
        osm_id=_words(f"{result.get('osm_type')}/{result.get('osm_id')}"),
        country=str(country),
        boundary=boundary,
        others=tuple(dict.fromkeys(name for name in others if name and name != full_name)),
        fetched=answer.fetched,
    )


def search_address(url: str) -> str:
    """The address that names are looked up at.

    Examples
    --------
    >>> search_address("https://nominatim.openstreetmap.org/")
    'https://nominatim.openstreetmap.org/search'
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path.endswith(("/search", "/search.php")):
        path += "/search"
    return urlunsplit(parts._replace(path=path))


def check_results(path: Path) -> None:
    """See that a file is a list of Nominatim's results.

    Raises
    ------
    PassingError
        Where it is cut off.
    FetchError
        Where it is something else.
    """
    body = path.read_bytes()
    results = content_of(body, b"[")
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        said = as_sentence(body[:8_192])
        raise FetchError(
            "boundary (Nominatim)",
            f"it answers something else than a list of places ({said}): is this the address of a "
            "Nominatim server (--nominatim-url)? --bbox and --boundary need none",
        )


def _areas(results: list[dict[str, Any]], where: str) -> list[tuple[dict[str, Any], BaseGeometry]]:
    """The results that are areas, most important first, each with its boundary."""
    if not results:
        raise FetchError(
            where,
            "Nominatim knows no such place: write it otherwise (with the country, in the local "
            "language), or give --bbox or --boundary",
        )
    areas = [(result, area) for result in results if (area := _area(result)) is not None]
    if not areas:
        raise FetchError(where, _no_area(results))
    return areas


def _words(value: object) -> str:
    """A text from afar on one line, without what a terminal would take for commands."""
    text = "" if value is None else str(value)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MOST_LETTERS]


def _area(result: dict[str, Any]) -> BaseGeometry | None:
    """The boundary of a result, or None where it is a point, a line or broken."""
    import shapely
    from shapely.errors import ShapelyError

    geometry = result.get("geojson")
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (ShapelyError, ValueError):
        return None
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return shape if shape.area > 0 else None


def _no_area(results: list[dict[str, Any]]) -> str:
    """That only points or lines are known, with a box around the first to go on with."""
    names = "; ".join(_words(one.get("display_name")) for one in results[:3])
    try:
        x, y = float(results[0]["lon"]), float(results[0]["lat"])
    except (KeyError, TypeError, ValueError):
        box = "W,S,E,N"
    else:
        box = ",".join(
            f"{value:.2f}"
            for value in (x - AROUND_DEG, y - AROUND_DEG, x + AROUND_DEG, y + AROUND_DEG)
        )
    return (
        f"Nominatim knows it as a point or a line, without a boundary ({names}): give "
        f"--boundary FILE or a box, such as --bbox {box}"
    )
