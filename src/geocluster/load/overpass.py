"""OpenStreetMap objects of a region from an Overpass server, as one extract (.osm.pbf).

What is asked for follows from ``osm_tags.csv``, the table by which extracts are read, so that there
is one list and one way from OpenStreetMap to tables. Overpass tells of a query that failed in a
remark at the end of an answer that looks well: here that is an error, or a smaller tile.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from geocluster.errors import FetchError
from geocluster.files import replacing
from geocluster.load.online_faults import PassingError, TooLargeError, again
from geocluster.load.online_words import as_sentence, shown
from geocluster.load.osm_stream import AREA_RELATIONS
from geocluster.load.osm_tags import TagRow

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geocluster.load.online import Answer, Client

SERVICE = "features (Overpass)"
OVERPASS_URL = "https://overpass-api.de/api"
TILE_KM = 50.0
KM_A_DEGREE = 111.32
MOST_TILES = 400
SPLITS = 3
# Of one answer, beyond which its tile is quartered, and of all of them, which are merged in memory.
TILE_BYTES, ALL_BYTES = 300_000_000, 1_500_000_000
# The server gives up before the client does, so that its own message arrives.
SERVER_SHARE = 0.9
HEAD_BYTES, TAIL_BYTES = 4_096, 512
NOTHING = (
    "it knows nothing here, not one road: is the region right, and does this server hold this part "
    "of the world? If it does not, give another (--overpass-url) or --osm FILE"
)
SMALLER_REGION = "give an extract as a local file (--osm), or a smaller region"
Box = tuple[float, float, float, float]


class Extract(NamedTuple):
    """An extract, how many answers it was put together from, and the date of its data."""

    path: Path
    tiles: int
    fetched: str
    data_of: str


class TooMuchError(FetchError):
    """A query that the server could not finish: too large an area, or too much in it."""


def fetch_extract(
    client: Client,
    area: BaseGeometry,
    path: Path,
    rows: Sequence[TagRow],
    *,
    url: str = OVERPASS_URL,
    buildings: bool = False,
    tile_km: float = TILE_KM,
    tell: Callable[[str], None] | None = None,
) -> Extract:
    """Fetch what `rows` name in an area, tile by tile, and write it as one extract.

    Parameters
    ----------
    client : Client
        What was fetched already comes from its cache, so that a stop loses one tile at most.
    area : shapely geometry
        In degrees, west to east; everything that touches a tile of its box is asked for whole.
    path : Path
        The .osm.pbf to write; each object stands in it once.
    rows : sequence of TagRow
        The mapping from tags to tables.
    url : str
        Of an Overpass server: its folder `api`, or its `interpreter`.
    buildings : bool
        Ask for all buildings too.
    tile_km : float
        Longest side of a tile; a tile that is too much for the server is quartered. [km]
    tell : callable, optional
        Called with each tile's number.

    Returns
    -------
    Extract

    Raises
    ------
    FetchError
        Where the server does not answer, answers something else, or knows nothing of the area.
    """
    boxes = tiles(area, tile_km)
    if len(boxes) > MOST_TILES:
        raise FetchError(
            "features",
            f"the region needs {len(boxes):,} tiles of {tile_km:g} km, more than {MOST_TILES}: "
            + SMALLER_REGION,
        )
    where = interpreter(url)
    answers: list[Answer] = []
    for number, box in enumerate(boxes, start=1):
        if tell is not None:
            tell(f"tile {number} of {len(boxes)}")
        answers += list(_tile(client, where, box, rows, buildings, SPLITS))
        _check_size(answers)
    with client.forgetting(*answers):
        if not merge([answer.path for answer in answers], path):
            path.unlink()
            raise FetchError(f"features at {shown(where)}", NOTHING)
    dates = sorted(date for answer in answers if (date := _data_of(answer.path)))
    fetched = min(answer.fetched for answer in answers)
    return Extract(path, len(answers), fetched, dates[0] if dates else "")


def _check_size(answers: Sequence[Answer]) -> None:
    size = sum(answer.path.stat().st_size for answer in answers)
    if size > ALL_BYTES:
        raise FetchError(
            SERVICE,
            f"the region holds more than {ALL_BYTES / 1e9:g} GB: {SMALLER_REGION}",
        )


def interpreter(url: str) -> str:
    """The address that queries go to, from that of a server or of its interpreter.

    Examples
    --------
    >>> interpreter("https://overpass-api.de/api/")
    'https://overpass-api.de/api/interpreter'
    >>> interpreter("http://localhost:12345")
    'http://localhost:12345/api/interpreter'
    >>> interpreter("https://example.org/osm/interpreter?key=1")
    'https://example.org/osm/interpreter?key=1'
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path:
        path = "/api"
    if not path.endswith("/interpreter"):
        path += "/interpreter"
    return urlunsplit(parts._replace(path=path))


def tiles(area: BaseGeometry, tile_km: float = TILE_KM) -> list[Box]:
    """Boxes (west, south, east, north) in degrees that cover an area, none beside it.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> len(tiles(box(65.0, 40.0, 66.0, 40.3), tile_km=50))
    2
    """
    import shapely

    west, south, east, north = area.bounds
    width_km = (east - west) * KM_A_DEGREE * math.cos(math.radians((south + north) / 2))
    columns = max(1, math.ceil(width_km / tile_km))
    rows = max(1, math.ceil((north - south) * KM_A_DEGREE / tile_km))
    if columns * rows > 100 * MOST_TILES:
        raise FetchError("features", f"{columns * rows:,} tiles are too many: {SMALLER_REGION}")
    x = [round(west + (east - west) * i / columns, 6) for i in range(columns + 1)]
    y = [round(south + (north - south) * i / rows, 6) for i in range(rows + 1)]
    shapely.prepare(area)
    boxes = [(x[i], y[j], x[i + 1], y[j + 1]) for j in range(rows) for i in range(columns)]
    return [box for box in boxes if shapely.intersects(area, shapely.box(*box))]


def query(rows: Sequence[TagRow], box: Box, timeout_s: int, *, buildings: bool = False) -> str:
    """A query in Overpass QL for everything that the mapping from tags to tables knows.

    Parameters
    ----------
    rows : sequence of TagRow
        As `read_tag_rows` gives them.
    box : tuple
        West, south, east, north. [degrees]
    timeout_s : int
        When the server is to give up. [s]
    buildings : bool
        Ask for buildings too.

    Examples
    --------
    >>> rows = [
    ...     TagRow("landuse", "quarry", ("area",), "sources", "quarry", "", "", ""),
    ...     TagRow("man_made", "chimney", ("point",), "sources", "chimney", "", "", ""),
    ... ]
    >>> print(query(rows, (65.0, 40.0, 65.5, 40.3), 180))
    [out:xml][timeout:180];
    (
      node["man_made"="chimney"](40.0,65.0,40.3,65.5);
      way["landuse"="quarry"](40.0,65.0,40.3,65.5);
      relation["landuse"="quarry"]["type"~"^(multipolygon|boundary)$"](40.0,65.0,40.3,65.5);
    );
    (._;>;);
    out body;
    """
    west, south, east, north = box
    bounds = f"({south},{west},{north},{east})"
    lines = []
    for element, shapes in (("node", "point"), ("way", "line area"), ("relation", "area")):
        wanted: dict[str, list[str]] = {}
        for row in rows:
            if not row.with_ and set(row.shape) & set(shapes.split()):
                wanted.setdefault(row.key, []).append(row.value)
        if buildings and element != "node":
            wanted["building"] = ["*"]
        only = f'["type"~"^({"|".join(AREA_RELATIONS)})$"]' if element == "relation" else ""
        lines += [
            f"  {element}{_condition(key, wanted[key])}{only}{bounds};" for key in sorted(wanted)
        ]
    body = "\n".join(lines)
    return f"[out:xml][timeout:{timeout_s}];\n(\n{body}\n);\n(._;>;);\nout body;"


def _condition(key: str, values: list[str]) -> str:
    values = sorted(set(values))
    if "*" in values:
        return f'["{_quoted(key)}"]["{_quoted(key)}"!="no"]'
    if len(values) == 1:
        return f'["{_quoted(key)}"="{_quoted(values[0])}"]'
    choice = "|".join(re.sub(r"([.\\+*?\[\]^$(){}|])", r"\\\1", value) for value in values)
    return f'["{_quoted(key)}"~"^({_quoted(choice)})$"]'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _tile(
    client: Client, where: str, box: Box, rows: Sequence[TagRow], buildings: bool, splits: int
) -> Iterator[Answer]:
    """The answers for a box: one, or those of its quarters where it is too much for the server."""
    server_s = max(1, int(client.manners.timeout_s * SERVER_SHARE))
    text = query(rows, box, server_s, buildings=buildings)
    try:
        yield client.post(
            where,
            {"data": text},
            service=SERVICE,
            check=check_answer,
            most_bytes=TILE_BYTES,
            same_as=query(rows, box, 0, buildings=buildings),
        )
    except (TooMuchError, TooLargeError):
        if not splits:
            raise
        west, south, east, north = box
        x, y = round((west + east) / 2, 6), round((south + north) / 2, 6)
        for quarter in (
            (west, south, x, y),
            (x, south, east, y),
            (west, y, x, north),
            (x, y, east, north),
        ):
            yield from _tile(client, where, quarter, rows, buildings, splits - 1)


def check_answer(path: Path) -> None:
    """See that a file is a whole answer of Overpass in XML, without the remark of an error.

    Raises
    ------
    PassingError
        Where it is cut off, or a page that says that the server is busy.
    TooMuchError
        Where the server ran out of time or memory.
    FetchError
        Where it is something else.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf \r\n\t")
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = file.read().rstrip(b"\x00 \r\n\t")
    start = head.lower()
    if b"<osm" not in start or b"<html" in start:
        _not_osm(head)
    if not (tail.endswith(b"</osm>") or re.search(rb"<osm\b[^>]*/>$", tail)):
        raise PassingError("the answer was cut off before its end")
    remark = _remark(path)
    if remark and not remark.startswith("runtime remark"):
        if re.search(r"timed out|out of memory|too much|run out", remark, re.IGNORECASE):
            raise TooMuchError(SERVICE, f"the server says {remark!r}: {SMALLER}")
        if re.search(r"rate_limited|too busy|dispatcher", remark, re.IGNORECASE):
            raise PassingError(f"the server says {remark!r}")
        raise FetchError(SERVICE, f"the server says {remark!r}: {again(SERVICE)}")
    _check_syntax(path)


SMALLER = "take smaller tiles (--tile-km), more time (--timeout), another server, or --osm FILE"


def _not_osm(head: bytes) -> None:
    said = as_sentence(head)
    if re.search(r"too busy|rate_limited|timeout|load|429|50[234]", said, re.IGNORECASE):
        raise PassingError(f"a page instead of data ({said})")
    kind = "an HTML page" if b"<html" in head.lower() else "something else"
    raise FetchError(
        SERVICE,
        f"it answers {kind} where OpenStreetMap XML is due ({said}): is this the address of an "
        "Overpass server? If it is, try later or another one (--overpass-url), or --osm FILE",
    )


def _remark(path: Path) -> str:
    """What the server remarks of its answer; tags cannot look like it, as < is escaped there."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        found = text.rfind(b"<remark>")
        return as_sentence(text[found : found + 1_000]) if found >= 0 else ""


def _data_of(path: Path) -> str:
    with path.open("rb") as file:
        found = re.search(rb'osm_base="([0-9TZ:-]+)"', file.read(HEAD_BYTES))
    return found.group(1).decode() if found else ""


def _check_syntax(path: Path) -> None:
    """A broken answer must not get into the cache, so it is read as a whole here."""
    import osmium

    try:
        osmium.MergeInputReader().add_buffer(path.read_bytes(), "osm")
    except (RuntimeError, ValueError) as error:
        raise PassingError(f"the answer is broken ({error})") from None


def merge(parts: Sequence[Path], path: Path) -> int:
    """Parts as one extract, sorted, each object once; the number of objects."""
    import osmium

    reader = osmium.MergeInputReader()
    for part in parts:
        reader.add_buffer(part.read_bytes(), "osm")
    # osmium tells the format from the end of a name, which a temporary one keeps.
    with replacing(path) as temporary:
        with osmium.SimpleWriter(str(temporary), overwrite=True) as writer:
            reader.apply(writer, simplify=True)
        return sum(1 for _ in osmium.FileProcessor(str(temporary)))
