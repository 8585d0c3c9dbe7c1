"""One pass over an OpenStreetMap file: the objects that the mapping of tags asks for.

Objects come as plain tuples with their geometry in WKB, so that nothing outlives libosmium's own
buffers. What had to be mended or left out is counted in `Counts`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from geocluster.errors import InputError
from geocluster.load.osm_tags import TagRow, TagTable
from geocluster.load.tangles import is_tangled

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")
# Above this size node locations go to a temporary file instead of memory: 16 bytes a node.
LOCATIONS_IN_MEMORY_BYTES = 150_000_000
# Sorting is done in memory and needs about 10 times the size of the file.
SORTABLE_BYTES = 200_000_000
AREA_RELATIONS = ("multipolygon", "boundary")
MEND_HINT = "fetch it again, or try `osmium fileinfo -e` on it"


class UnsortedError(Exception):
    """The ids of a file do not ascend, so that areas cannot be built in one pass."""


class Feature(NamedTuple):
    """One object: its id as in an address of openstreetmap.org, tags, rows that fit, geometry."""

    osm_id: str
    tags: dict[str, str]
    rows: tuple[TagRow, ...]
    wkb: Any


@dataclass
class Counts:
    """What was mended or left out of a file."""

    unsorted: int = 0
    points_lost: int = 0
    lines_cut: int = 0
    lines_lost: int = 0
    areas_mended: int = 0
    areas_lost: int = 0
    areas_tangled: int = 0
    relations_lost: int = 0
    matched: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, osm_id: str) -> None:
        """Count one object, and keep the first few ids for the message."""
        setattr(self, what, getattr(self, what) + 1)
        examples = self.examples.setdefault(what, [])
        if len(examples) < 3:
            examples.append(osm_id)


def check_osm_path(path: Path) -> None:
    """An error where there is no such file, or its name is none of an OpenStreetMap file."""
    if not path.is_file():
        raise InputError(str(path), "there is no such file")
    if not path.name.lower().endswith(SUFFIXES):
        raise InputError(
            str(path), f"its ending is not one of {', '.join(SUFFIXES)}: rename or convert it"
        )
    if path.stat().st_size == 0:
        raise InputError(str(path), f"the file is empty: {MEND_HINT}")


def stream_features(path: Path, table: TagTable, counts: Counts) -> Iterator[Feature]:
    """Every object of a file that the mapping asks for.

    Raises
    ------
    UnsortedError
        Where ids do not ascend: sort the file first (`sorted_copy`).
    InputError
        Where the file is broken, truncated or something else than OpenStreetMap data.
    """
    with tempfile.TemporaryDirectory(prefix="geocluster-osm-") as folder, _readable(path):
        yield from _features(path, table, counts, Path(folder))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """libosmium's own errors, told as ours."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        if "out of order" in str(error):
            raise UnsortedError(str(error)) from error
        raise InputError(
            str(path),
            f"cannot be read as OpenStreetMap data ({error}): it is truncated or something else; "
            + MEND_HINT,
        ) from error


def has_only_nodes(path: Path) -> bool:
    """Whether there is no way and no relation in a file."""
    return not (_holds_any(path, "WAY") or _holds_any(path, "RELATION"))


def may_be_cut(path: Path) -> bool:
    """Whether a PBF file ends before its relations, which come last: ways, and not one relation."""
    if not path.name.lower().endswith(".pbf"):
        return False  # as XML, its last tag is missing
    return _holds_any(path, "WAY") and not _holds_any(path, "RELATION")


def _holds_any(path: Path, kind: str) -> bool:
    import osmium

    found = osmium.FileProcessor(str(path), getattr(osmium.osm, kind))
    return next(iter(found), None) is not None


def sorted_copy(path: Path, folder: Path, counts: Counts) -> Path:
    """A copy of a file in the order of types and ids; counts how often an id falls."""
    import osmium

    size = path.stat().st_size
    if size > SORTABLE_BYTES:
        raise InputError(
            str(path),
            f"its ids do not ascend, and with {size / 1e6:.0f} MB it is too large to be sorted in "
            "memory here: run `osmium sort` on it first",
        )
    with _readable(path):
        counts.unsorted = _falls(path)
        copy = folder / "sorted.osm.pbf"
        reader = osmium.MergeInputReader()
        reader.add_file(str(path))
        with osmium.SimpleWriter(str(copy)) as writer:
            reader.apply(writer, simplify=True)
    return copy


def _falls(path: Path) -> int:
    import osmium

    order = {"n": 0, "w": 1, "r": 2}
    falls = 0
    last = (0, 0)
    for thing in osmium.FileProcessor(str(path)):
        here = (order[thing.type_str()], thing.id)
        falls += here < last
        last = here
    return falls


def _features(path: Path, table: TagTable, counts: Counts, folder: Path) -> Iterator[Feature]:
    import osmium

    large = path.stat().st_size > LOCATIONS_IN_MEMORY_BYTES
    storage = f"sparse_file_array,{folder / 'locations'}" if large else "flex_mem"
    wkb = osmium.geom.WKBFactory()
    areas = _AreaBook(counts)
    processor: Any = (
        osmium.FileProcessor(str(path))
        .with_locations(storage)
        .with_areas(osmium.filter.KeyFilter(*table.area_keys))
        .with_filter(osmium.filter.KeyFilter(*table.keys))
    )
    for thing in processor:
        if thing.is_node():
            rows = table.matches(thing.tags, "point")
            point = _point(thing, counts, wkb) if rows else None
            if point is not None:
                yield Feature(f"node/{thing.id}", dict(thing.tags), rows, point)
        elif thing.is_way():
            yield from _way(thing, table, counts, areas, wkb)
        elif thing.is_area():
            rows = table.matches(thing.tags, "area")
            shape = _area(thing, wkb) if rows else None
            if shape is not None:
                osm_id = f"{'way' if thing.from_way() else 'relation'}/{thing.orig_id()}"
                areas.arrived(osm_id)
                yield Feature(osm_id, dict(thing.tags), rows, shape)
        elif thing.tags.get("type") in AREA_RELATIONS and table.matches(thing.tags, "area"):
            areas.expected_relation(f"relation/{thing.id}")
    yield from areas.left_over()


def _way(
    way: Any, table: TagTable, counts: Counts, areas: _AreaBook, wkb: Any
) -> Iterator[Feature]:
    osm_id = f"way/{way.id}"
    if way.tags.get("area") != "yes":
        rows = table.matches(way.tags, "line")
        line = _line(way, osm_id, counts, wkb) if rows else None
        if line is not None:
            yield Feature(osm_id, dict(way.tags), rows, line)
    if way.is_closed() and len(way.nodes) > 3 and way.tags.get("area") != "no":
        rows = table.matches(way.tags, "area")
        if rows:
            areas.expected_way(Feature(osm_id, dict(way.tags), rows, _ring(way)))


def _point(node: Any, counts: Counts, wkb: Any) -> Any:
    """A node in WKB; None, and counted, where it has no place on the earth."""
    import osmium

    try:
        return wkb.create_point(node)
    except osmium.InvalidLocationError:
        counts.add("points_lost", f"node/{node.id}")
        return None


def _area(area: Any, wkb: Any) -> Any:
    """An area in WKB; None where libosmium found no rings that hold."""
    import osmium

    try:
        return wkb.create_multipolygon(area)
    except (osmium.InvalidLocationError, RuntimeError):
        return None


def _line(way: Any, osm_id: str, counts: Counts, wkb: Any) -> Any:
    """A line in WKB; cut where nodes are missing, None where nothing is left of it."""
    import osmium

    try:
        return wkb.create_linestring(way)
    except (osmium.InvalidLocationError, RuntimeError):
        parts = _parts(way)
    counts.add("lines_cut" if parts else "lines_lost", osm_id)
    return _line_wkb(parts) if parts else None


def _parts(way: Any) -> list[list[tuple[float, float]]]:
    """Runs of at least two different known nodes."""
    parts: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if not node.location.valid():
            parts.append([])
        elif not parts[-1] or parts[-1][-1] != (node.lon, node.lat):
            parts[-1].append((node.lon, node.lat))
    return [part for part in parts if len(part) > 1]


def _line_wkb(parts: list[list[tuple[float, float]]]) -> Any:
    import shapely

    return shapely.to_wkb(shapely.MultiLineString(parts), hex=True)


def _ring(way: Any) -> list[tuple[float, float]] | None:
    """The corners of a closed way; None where one is missing."""
    if not all(node.location.valid() for node in way.nodes):
        return None
    return [(node.lon, node.lat) for node in way.nodes]


class _AreaBook:
    """Which areas were announced by a way or relation and never built by libosmium."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._ways: dict[str, Feature] = {}
        self._relations: set[str] = set()
        self._built: set[str] = set()

    def expected_way(self, ring: Feature) -> None:
        self._ways[ring.osm_id] = ring

    def expected_relation(self, osm_id: str) -> None:
        self._relations.add(osm_id)

    def arrived(self, osm_id: str) -> None:
        if osm_id.startswith("relation"):
            self._built.add(osm_id)
        else:
            self._ways.pop(osm_id, None)

    def left_over(self) -> Iterator[Feature]:
        """Rings that cross themselves, mended; what lacks nodes or members is counted."""
        for osm_id in sorted(self._relations - self._built):
            self._counts.add("relations_lost", osm_id)
        for feature in self._ways.values():
            if feature.wkb is not None and _is_tangled(feature.wkb):
                self._counts.add("areas_tangled", feature.osm_id)
                continue
            area = None if feature.wkb is None else _mended_area(feature.wkb)
            self._counts.add("areas_lost" if area is None else "areas_mended", feature.osm_id)
            if area is not None:
                yield feature._replace(wkb=area)


def _is_tangled(ring: list[tuple[float, float]]) -> bool:
    import shapely

    return is_tangled(shapely.Polygon(ring))


def _mended_area(ring: list[tuple[float, float]]) -> Any:
    """The polygons that a ring which touches or crosses itself encloses; None where none."""
    import shapely

    if len(set(ring)) < 3:
        return None
    mended = shapely.make_valid(shapely.Polygon(ring))
    parts = [part for part in shapely.get_parts(mended) if part.geom_type == "Polygon"]
    return shapely.to_wkb(shapely.MultiPolygon(parts), hex=True) if parts else None
