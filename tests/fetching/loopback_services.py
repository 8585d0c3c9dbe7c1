"""A server on loopback that answers as the open services do, and as badly as they can."""

from __future__ import annotations

import gzip
import json
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from hand_made_town import BOX, POINTS, Town, ring


class Reply:
    """One answer: a status, headers and a body, and how it goes wrong."""

    def __init__(
        self, body="", status=200, headers=None, *, sleep_s=0.0, cut=False, packed=False, drip_s=0.0
    ) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.status, self.headers = status, dict(headers or {})
        self.sleep_s, self.cut, self.packed, self.drip_s = sleep_s, cut, packed, drip_s


class Services:
    """Nominatim, Overpass, Open-Meteo, NOAA and a folder of files under one address."""

    def __init__(self) -> None:
        self.town, self.town_points = Town(), POINTS
        self.asked: list[tuple[str, str, dict, dict]] = []
        self.next: dict[str, deque[Reply | Callable]] = {}
        self.files: dict[str, bytes] = {}
        self.url = ""
        self.overpass = lambda query: Reply(self.town.answer(query))
        self.stop = threading.Event()

    def script(self, path: str, *replies: Reply) -> None:
        """What the next requests to a path get, before it answers well again."""
        self.next.setdefault(path, deque()).extend(replies)

    def count(self, path: str) -> int:
        return sum(1 for _, asked, _, _ in self.asked if asked == path)

    def reply(self, method: str, path: str, form: dict, headers: dict) -> Reply:
        self.asked.append((method, path, form, headers))
        if self.next.get(path):
            return self.next[path].popleft()
        if path == "/search":
            return Reply(
                json.dumps(places(form["q"])), headers={"Content-Type": "application/json"}
            )
        if path == "/api/interpreter":
            if method != "POST" or "data" not in form:
                return Reply("<html><body>Error: no query</body></html>", 400)
            return self.overpass(form["data"])
        if path == "/v1/archive":
            return Reply(json.dumps(hours(form)))
        if path in self.files:
            return _of_file(self.files[path], headers)
        return Reply("<html><body><h1>Not Found</h1></body></html>", 404)


def _of_file(body: bytes, headers: dict) -> Reply:
    """A file, or the range of bytes that is asked for."""
    asked = headers.get("Range", "")
    if not asked.startswith("bytes="):
        return Reply(body, headers={"Accept-Ranges": "bytes"})
    first, _, last = asked.removeprefix("bytes=").partition("-")
    start, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
    told = {"Content-Range": f"bytes {start}-{end}/{len(body)}", "Accept-Ranges": "bytes"}
    return Reply(body[start : end + 1], 206, told)


def places(text: str) -> list[dict]:
    """Results of Nominatim, in its format jsonv2."""
    area = {"type": "Polygon", "coordinates": [[list(point) for point in ring(*BOX)]]}
    navoi = {
        "place_id": 1,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0",
        "osm_type": "relation",
        "osm_id": 196231,
        "lat": "40.10",
        "lon": "65.37",
        "category": "boundary",
        "type": "administrative",
        "importance": 0.6,
        "addresstype": "city",
        "name": "Navoi",
        "display_name": "Navoi, Navoi Region, Uzbekistan",
        "address": {"country": "Uzbekistan", "country_code": "uz"},
        "boundingbox": ["40.05", "40.15", "65.30", "65.44"],
        "geojson": area,
    }
    point = {**navoi, "geojson": {"type": "Point", "coordinates": [65.37, 40.1]}}
    point |= {"display_name": "Navoi station, Uzbekistan", "osm_type": "node"}
    known = {
        "Navoi, Uzbekistan": [point, navoi],
        "Navoi station": [point],
        "Navoi": [navoi, {**navoi, "display_name": "Navoi, elsewhere"}],
    }
    return known.get(text, [])


def hours(form: dict) -> dict:
    """A year of Open-Meteo's archive: a breeze that turns, days and nights."""
    first = datetime.fromisoformat(form["start_date"])
    last = datetime.fromisoformat(form["end_date"]) + timedelta(days=1)
    number = int((last - first).total_seconds() // 3600)
    units = {
        "temperature_2m": "°C",
        "cloud_cover": "%",
        "wind_speed_10m": {"ms": "m/s"}.get(form.get("wind_speed_unit", ""), "km/h"),
        "wind_direction_10m": "°",
        "shortwave_radiation": "W/m²",
        "boundary_layer_height": "m",
    }
    values = {
        "temperature_2m": lambda i: 10 + i % 24 / 2,
        "cloud_cover": lambda i: i * 7 % 101,
        "wind_speed_10m": lambda i: round(0.5 + i * 13 % 70 / 10, 2),
        "wind_direction_10m": lambda i: i * 37 % 360,
        "shortwave_radiation": lambda i: max(0, 400 - 60 * abs(i % 24 - 8)),
        "boundary_layer_height": lambda i: 200 + i % 24 * 40 if i % 50 else None,
    }
    names = form["hourly"].split(",")
    return {
        "latitude": 40.1,
        "longitude": 65.375,
        "generationtime_ms": 1.2,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 340.0,
        "hourly_units": {"time": "iso8601", **{name: units[name] for name in names}},
        "hourly": {
            "time": [f"{first + timedelta(hours=i):%Y-%m-%dT%H:%M}" for i in range(number)],
            **{name: [values[name](i) for i in range(number)] for name in names},
        },
    }


class Handler(BaseHTTPRequestHandler):
    services: Services

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._answer("GET", parts.path, _flat(parts.query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer("POST", urlsplit(self.path).path, _flat(body))

    def do_HEAD(self) -> None:
        self._answer("HEAD", urlsplit(self.path).path, {})

    def _answer(self, method: str, path: str, form: dict) -> None:
        reply = self.services.reply(method, path, form, dict(self.headers))
        if reply.sleep_s:
            self.services.stop.wait(reply.sleep_s)
        body = gzip.compress(reply.body) if reply.packed else reply.body
        try:
            self.send_response(reply.status)
            if reply.packed:
                self.send_header("Content-Encoding", "gzip")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if reply.drip_s:
                self._drip(body, reply.drip_s)
            elif method != "HEAD":
                self.wfile.write(body[: len(body) // 2] if reply.cut else body)
        except OSError:
            pass
        self.close_connection = True

    def _drip(self, body: bytes, pause_s: float) -> None:
        for byte in body:
            self.wfile.write(bytes([byte]))
            if self.services.stop.wait(pause_s):
                return

    def log_message(self, *args) -> None:
        pass


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
