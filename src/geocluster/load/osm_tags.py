"""The mapping from OpenStreetMap's tags to our tables, and what figures in tags say."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from geocluster.errors import InputError

COLUMNS = ("key", "value", "with", "shape", "table", "kind", "class", "sector", "nace", "origin")
TABLES = ("sources", "homes", "places", "land", "coastline")
SHAPES = ("point", "line", "area")


class TagRow(NamedTuple):
    """One row of the mapping from tags to tables."""

    key: str
    value: str
    shape: tuple[str, ...]
    table: str
    kind: str
    class_: str
    sector: str
    origin: str
    nace: str = ""
    own: bool = False
    with_: str = ""

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether the second tag that the row asks for is there, if it asks for one."""
        key, _, value = self.with_.partition("=")
        return not key or tags.get(key) == value


class TagTable:
    """The mapping, indexed by key and value."""

    def __init__(self, rows: Sequence[TagRow]) -> None:
        self.keys = sorted({row.key for row in rows})
        self.area_keys = sorted({row.key for row in rows if "area" in row.shape})
        self._order = {row: place for place, row in enumerate(rows)}
        self._rows: dict[str, dict[str, list[TagRow]]] = {key: {} for key in self.keys}
        for row in rows:
            self._rows[row.key].setdefault(row.value, []).append(row)

    def matches(self, tags: Mapping[str, str], shape: str) -> tuple[TagRow, ...]:
        """The rows that fit, first of each table; in land, first of each kind."""
        found: list[TagRow] = []
        for key, by_value in self._rows.items():
            value = tags.get(key)
            if value is None or value == "no":
                continue
            rows = (*by_value.get(value, ()), *by_value.get("*", ()))
            found += (row for row in rows if shape in row.shape and row.holds(tags))
        if len(found) < 2:
            return tuple(found)
        first: dict[tuple[str, str], TagRow] = {}
        for row in sorted(found, key=self._order.__getitem__):
            first.setdefault((row.table, row.kind if row.table == "land" else ""), row)
        return tuple(first.values())


def read_tag_rows(path: str | Path | None = None) -> list[TagRow]:
    """The mapping from tags to tables: rows of a file of one's own first, then the package's.

    Parameters
    ----------
    path : str or Path, optional
        CSV with the columns key, value, shape, table, kind, and optionally with, class, sector,
        nace, origin. `value` may be ``*``; `with` is a second tag that must be there, such as
        ``disused=yes``; `shape` is one or several of point, line, area, parted by blanks. A
        sector in it decides; the package's counts only where no rule tells.

    Raises
    ------
    InputError
        With every fault of that file.

    Examples
    --------
    >>> [row.table for row in read_tag_rows() if (row.key, row.value) == ("landuse", "port")]
    ['sources', 'land']
    """
    own = [] if path is None else _own_rows(Path(path))
    text = files("geocluster.load").joinpath("osm_tags.csv").read_text("utf-8")
    return own + _parse_rows(text, "osm_tags.csv")


def _own_rows(path: Path) -> list[TagRow]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read as text in UTF-8 ({error})") from error
    return [row._replace(own=True) for row in _parse_rows(text, str(path))]


def _parse_rows(text: str, where: str) -> list[TagRow]:
    rows, faults = [], []
    reader = csv.DictReader(text.splitlines())
    unknown = [name for name in reader.fieldnames or () if name.strip() not in COLUMNS]
    if unknown:
        faults.append(f"column '{unknown[0][:40]}' is unknown: known are {', '.join(COLUMNS)}")
    for number, record in enumerate(reader, start=1):
        cells = {key.strip(): (value or "").strip() for key, value in record.items() if key}
        if None in record:
            faults.append(f"row {number} holds more values than there are columns")
        rows.append(_row(cells))
        faults += _row_faults(cells, number)
    if faults or not rows:
        raise InputError(where, faults or "there is no row in it")
    return rows


def _row(cells: Mapping[str, str]) -> TagRow:
    values = {name: cells.get(name, "") for name in COLUMNS}
    return TagRow(
        values["key"],
        values["value"],
        tuple(values["shape"].split()),
        values["table"],
        values["kind"],
        values["class"],
        values["sector"],
        values["origin"] or "OpenStreetMap",
        values["nace"],
        with_=values["with"],
    )


def _row_faults(cells: Mapping[str, str], number: int) -> Iterator[str]:
    for name in ("key", "value", "table", "kind"):
        if not cells.get(name):
            yield f"column '{name}': no value in row {number}: fill it in"
    shapes = cells.get("shape", "").split()
    if not shapes or not set(shapes) <= set(SHAPES):
        yield f"column 'shape': row {number} must name some of {', '.join(SHAPES)}"
    if cells.get("table") and cells["table"] not in TABLES:
        yield f"column 'table': row {number}: allowed are {', '.join(TABLES)}"
    both = cells.get("with")
    if both and not re.fullmatch(r"[^=]+=[^=]+", both):
        yield f"column 'with': {both!r} in row {number} is no tag, as disused=yes"
    nace = cells.get("nace")
    if nace and not re.fullmatch(r"[A-U](\d\d)?", nace):
        yield f"column 'nace': {nace!r} in row {number} is no NACE section or division, as C or C24"


def length_m(text: str | None) -> float | None:
    """A length as mappers write it, in metres [m]; None where it cannot be told.

    Examples
    --------
    >>> [length_m(text) for text in ("45", "45.5 m", "150 ft", "high", None)]
    [45.0, 45.5, 45.72, None, None]
    """
    return _quantity(text, {"": 1.0, "m": 1.0, "ft": 0.3048, "'": 0.3048})


def power_mw(text: str | None) -> float | None:
    """An output as mappers write it, in megawatts [MW]; None where it cannot be told.

    Examples
    --------
    >>> [power_mw(text) for text in ("144 MW", "5 kW", "1.2 GW", "yes")]
    [144.0, 0.005, 1200.0, None]
    """
    return _quantity(text, {"w": 1e-6, "kw": 1e-3, "mw": 1.0, "gw": 1e3, "kwp": 1e-3, "mwp": 1.0})


def speed_km_h(text: str | None) -> float | None:
    """A speed limit as mappers write it [km/h]; None where it cannot be told, or is none.

    Examples
    --------
    >>> [speed_km_h(text) for text in ("60", "30 mph", "50 km/h", "none", "0", None)]
    [60.0, 48.28032, 50.0, None, None, None]
    """
    return _quantity((text or "").replace("/", ""), {"": 1.0, "kmh": 1.0, "mph": 1.609344}) or None


def _quantity(text: str | None, units: dict[str, float]) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*([A-Za-z']*)\s*", text or "")
    if not match or match.group(2).lower() not in units:
        return None
    return round(float(match.group(1).replace(",", ".")) * units[match.group(2).lower()], 9)
