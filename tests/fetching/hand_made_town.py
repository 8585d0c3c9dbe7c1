"""A town made by hand, and a small Overpass server's answers about it."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

# A box of about 12 x 11 km; everything lies near its middle.
BOX = (65.30, 40.05, 65.44, 40.15)


def ring(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


# Name of a way -> its corners and tags; closed rings are areas.
WAYS = {
    "cement": (
        ring(65.36, 40.10, 65.37, 40.105),
        {"landuse": "industrial", "name": "Cement"},
    ),
    "power": (ring(65.375, 40.10, 65.38, 40.103), {"power": "plant", "plant:source": "gas"}),
    "tank": (ring(65.381, 40.1, 65.3815, 40.1004), {"man_made": "storage_tank"}),
    "dump": (ring(65.32, 40.06, 65.325, 40.064), {"landuse": "landfill"}),
    "sewage": (ring(65.33, 40.06, 65.335, 40.064), {"man_made": "wastewater_plant"}),
    "west": (ring(65.34, 40.08, 65.355, 40.09), {"landuse": "residential", "name": "West"}),
    "east": (ring(65.39, 40.08, 65.41, 40.095), {"landuse": "residential"}),
    "village": (ring(65.31, 40.13, 65.318, 40.136), {"landuse": "residential"}),
    "fields": (ring(65.31, 40.07, 65.33, 40.08), {"landuse": "farmland"}),
    "school": (ring(65.345, 40.085, 65.346, 40.086), {"amenity": "school", "name": "No 1 & 2"}),
    "road": ([(65.30, 40.09), (65.37, 40.092), (65.44, 40.09)], {"highway": "trunk"}),
    "rail": ([(65.30, 40.095), (65.44, 40.097)], {"railway": "rail"}),
    "river": ([(65.30, 40.07), (65.44, 40.075)], {"waterway": "river", "name": "Zarafshon"}),
    "line": ([(65.38, 40.10), (65.44, 40.12)], {"power": "line"}),
    "house": (ring(65.342, 40.082, 65.3421, 40.0821), {"building": "yes"}),
    "outer": (ring(65.40, 40.11, 65.41, 40.12), {}),
    "inner": (ring(65.403, 40.113, 65.406, 40.116), {}),
}
POINTS = {
    "chimney": (65.377, 40.101, {"man_made": "chimney", "height": "120"}),
    "kindergarten": (65.347, 40.084, {"amenity": "kindergarten"}),
    "hospital": (65.395, 40.085, {"amenity": "hospital"}),
    "town": (65.35, 40.085, {"place": "town", "name": "Karmana", "population": "40 000"}),
    "city": (65.40, 40.088, {"place": "city", "name": "Navoi", "population": "60000"}),
    "hamlet": (65.314, 40.133, {"place": "village", "name": "Uchtut"}),
    "bench": (65.35, 40.085, {"amenity": "bench"}),
}
RELATIONS = {
    "quarry": (
        [("outer", "outer"), ("inner", "inner")],
        {"type": "multipolygon", "landuse": "quarry", "name": "Limestone"},
    ),
    "route": ([("road", "")], {"type": "route", "landuse": "industrial"}),
}

STATEMENT = re.compile(r'(node|way|relation)((?:\[(?:"[^"]*"|[^]"])*\])+)\(([-\d., ]+)\);')


class Town:
    """Objects with ids, answered in the form of Overpass."""

    def __init__(self) -> None:
        corners = sorted({point for line, _ in WAYS.values() for point in line})
        self.corner = {point: number for number, point in enumerate(corners, start=100)}
        self.point = {name: number for number, name in enumerate(POINTS, start=1)}
        self.way = {name: number for number, name in enumerate(WAYS, start=1)}
        self.relation = {name: number for number, name in enumerate(RELATIONS, start=1)}

    def answer(self, query: str, *, remark: str = "") -> str:
        """What an Overpass server answers to a query of statements with filters and a box."""
        found: dict[str, set[str]] = {"node": set(), "way": set(), "relation": set()}
        statements = STATEMENT.findall(query)
        assert statements, f"no statement in {query!r}"
        for element, filters, box in statements:
            south, west, north, east = (float(part) for part in box.split(","))
            for name, (shape, tags) in self._all(element).items():
                inside = any(west <= x <= east and south <= y <= north for x, y in shape)
                if inside and _fits(tags, filters):
                    found[element].add(name)
        assert re.search(r"\(\._;>;\);\s*out( body| meta)?;$", query), "members are not asked for"
        return self._xml(found, remark)

    def _all(self, element: str):
        if element == "node":
            return {name: ([(x, y)], tags) for name, (x, y, tags) in POINTS.items()}
        if element == "way":
            return WAYS
        return {
            name: ([point for way, _ in members for point in WAYS[way][0]], tags)
            for name, (members, tags) in RELATIONS.items()
        }

    def _xml(self, found: dict[str, set[str]], remark: str) -> str:
        ways = found["way"] | {way for name in found["relation"] for way, _ in RELATIONS[name][0]}
        corners = {point for name in ways for point in WAYS[name][0]}
        nodes = {self.point[name]: (*POINTS[name][:2], POINTS[name][2]) for name in found["node"]}
        nodes |= {self.corner[point]: (*point, {}) for point in corners}
        lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        lines.append('<osm version="0.6" generator="Overpass API 0.7.62 written for tests">')
        lines.append("<note>The data is made available under ODbL.</note>")
        lines.append('<meta osm_base="2026-01-15T12:00:00Z"/>')
        for number, (x, y, tags) in sorted(nodes.items()):
            lines.append(f'  <node id="{number}" lat="{y}" lon="{x}">{_tags(tags)}</node>')
        for name in sorted(ways, key=self.way.__getitem__):
            line, tags = WAYS[name]
            refs = "".join(f'<nd ref="{self.corner[point]}"/>' for point in line)
            lines.append(f'  <way id="{self.way[name]}">{refs}{_tags(tags)}</way>')
        for name in sorted(found["relation"], key=self.relation.__getitem__):
            members, tags = RELATIONS[name]
            refs = "".join(
                f'<member type="way" ref="{self.way[way]}" role="{role}"/>' for way, role in members
            )
            lines.append(f'  <relation id="{self.relation[name]}">{refs}{_tags(tags)}</relation>')
        if remark:
            lines.append(f"<remark> {remark} </remark>")
        return "\n".join([*lines, "</osm>"]) + "\n"


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def _fits(tags: dict[str, str], filters: str) -> bool:
    for key, comparison, value in re.findall(r'\["([^"]+)"(?:(=|~|!=)"([^"]*)")?\]', filters):
        have = tags.get(key)
        if comparison == "!=":
            good = have != value
        elif have is None:
            good = False
        elif comparison == "=":
            good = have == value
        elif comparison == "~":
            good = re.search(value, have) is not None
        else:
            good = True
        if not good:
            return False
    return True
