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


class Map:
    """Nodes, ways and relations by id, asked in Overpass QL and answered as Overpass does."""

    def __init__(self, nodes, ways, relations) -> None:
        self.nodes, self.ways, self.relations = nodes, ways, relations
        self._reach = {
            "node": {number: [number] for number in nodes},
            "way": {number: refs for number, (refs, _) in ways.items()},
            "relation": {
                number: [node for kind, ref, _ in members for node in self._of(kind, ref)]
                for number, (members, _) in relations.items()
            },
        }

    def _of(self, kind: str, ref: int) -> list[int]:
        if kind == "way":
            return self.ways[ref][0] if ref in self.ways else []
        return [ref] if kind == "node" else []

    def answer(self, query: str, *, remark: str = "") -> str:
        """The answer to statements of filters and a box, with the members of what they find."""
        found: dict[str, set[int]] = {"node": set(), "way": set(), "relation": set()}
        tables = {"node": self.nodes, "way": self.ways, "relation": self.relations}
        statements = STATEMENT.findall(query)
        assert statements, f"no statement in {query!r}"
        for element, filters, box in statements:
            south, west, north, east = (float(part) for part in box.split(","))
            for number, thing in tables[element].items():
                if _fits(thing[-1], filters) and any(
                    west <= self.nodes[node][0] <= east and south <= self.nodes[node][1] <= north
                    for node in self._reach[element][number]
                    if node in self.nodes
                ):
                    found[element].add(number)
        assert re.search(r"\(\._;>;\);\s*out( body| meta)?;$", query), "members are not asked for"
        return self._xml(found, remark)

    def _xml(self, found: dict[str, set[int]], remark: str) -> str:
        members = [one for number in found["relation"] for one in self.relations[number][0]]
        ways = found["way"] | {ref for kind, ref, _ in members if kind == "way"}
        ways &= self.ways.keys()
        nodes = found["node"] | {ref for kind, ref, _ in members if kind == "node"}
        nodes |= {node for number in ways for node in self.ways[number][0]}
        lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        lines.append('<osm version="0.6" generator="Overpass API 0.7.62 written for tests">')
        lines.append("<note>The data is made available under ODbL.</note>")
        lines.append('<meta osm_base="2026-01-15T12:00:00Z"/>')
        for number in sorted(nodes & self.nodes.keys()):
            x, y, tags = self.nodes[number]
            lines.append(f'  <node id="{number}" lat="{y}" lon="{x}">{_tags(tags)}</node>')
        for number in sorted(ways):
            line, tags = self.ways[number]
            refs = "".join(f'<nd ref="{node}"/>' for node in line)
            lines.append(f'  <way id="{number}">{refs}{_tags(tags)}</way>')
        for number in sorted(found["relation"]):
            parts, tags = self.relations[number]
            refs = "".join(
                f'<member type="{kind}" ref="{ref}" role={quoteattr(role)}/>'
                for kind, ref, role in parts
            )
            lines.append(f'  <relation id="{number}">{refs}{_tags(tags)}</relation>')
        if remark:
            lines.append(f"<remark> {remark} </remark>")
        return "\n".join([*lines, "</osm>"]) + "\n"


class Town(Map):
    """The town above, with ids."""

    def __init__(self) -> None:
        corners = sorted({point for line, _ in WAYS.values() for point in line})
        corner = {point: number for number, point in enumerate(corners, start=100)}
        self.point = {name: number for number, name in enumerate(POINTS, start=1)}
        self.way = {name: number for number, name in enumerate(WAYS, start=1)}
        self.relation = {name: number for number, name in enumerate(RELATIONS, start=1)}
        nodes = {number: (*point, {}) for point, number in corner.items()}
        nodes |= {self.point[name]: point for name, point in POINTS.items()}
        ways = {
            self.way[name]: ([corner[point] for point in line], tags)
            for name, (line, tags) in WAYS.items()
        }
        relations = {
            self.relation[name]: ([("way", self.way[way], role) for way, role in members], tags)
            for name, (members, tags) in RELATIONS.items()
        }
        super().__init__(nodes, ways, relations)


def map_of(path) -> Map:
    """A real extract, as a server would hold it."""
    import osmium

    nodes, ways, relations = {}, {}, {}
    kinds = {"n": "node", "w": "way", "r": "relation"}
    for thing in osmium.FileProcessor(str(path)):
        tags = dict(thing.tags)
        if thing.is_node():
            nodes[thing.id] = (thing.location.lon, thing.location.lat, tags)
        elif thing.is_way():
            ways[thing.id] = ([node.ref for node in thing.nodes], tags)
        elif thing.is_relation():
            members = [(kinds[one.type], one.ref, one.role) for one in thing.members]
            relations[thing.id] = (members, tags)
    return Map(nodes, ways, relations)


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
