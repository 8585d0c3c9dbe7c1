"""Sources as AERMOD's: stacks, volumes, polygons without holes, lines of straight pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError
from geocluster.handover.runstream import (
    LONGEST_GROUP,
    LONGEST_ID,
    PLACEHOLDER,
    ascii_text,
    card,
    cards,
    comment,
    metres,
    rate,
    short_ids,
)
from geocluster.plume.flares import flares_as_stacks

if TYPE_CHECKING:
    import geopandas as gpd

STACKS = {"vertical": "POINT", "horizontal": "POINTHOR", "capped": "POINTCAP"}
NARROWEST_LINE_M = 1.0  # AERMOD takes no narrower LINE
GRID_M = 0.01  # vertices as they are written
MOST_SECTORS = 7  # with ALL, PARK and OTHER under ten: file units of more groups would clash
PARK, OTHER = "PARK", "OTHER"
RESERVED_GROUPS = ("ALL", PARK, OTHER, "BACKGRND", "BACKGROUND")


@dataclass(frozen=True)
class Release:
    """One source of AERMOD, which is a source of the study or a piece of one.

    Attributes
    ----------
    row : int
        Of the table of sources.
    kind : str
        POINT, POINTHOR, POINTCAP, VOLUME, AREAPOLY or LINE.
    place : tuple of float
        x and y; of a LINE those of both ends. [m]
    figures : tuple of str
        What follows the emission rate in SRCPARAM.
    per_emission : float
        The rate for an emission of 1 g/s of the whole source: 1, or 1/m2 for AREAPOLY and LINE.
    share : float
        Of the source's emission.
    corners : tuple of pairs
        Of an AREAPOLY, clockwise, the first not repeated. [m]
    """

    row: int
    kind: str
    place: tuple[float, ...]
    figures: tuple[str, ...]
    per_emission: float = 1.0
    share: float = 1.0
    corners: tuple[tuple[float, float], ...] = ()
    aermod_id: str = ""


def releases_of(sources: gpd.GeoDataFrame) -> list[Release]:
    """Every source as AERMOD can take it, in the table's order, with identifiers.

    Parameters
    ----------
    sources : GeoDataFrame
        Checked, in metres, with `source_id`. Flares become stacks.

    Returns
    -------
    list of Release

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> yard = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    >>> table = gpd.GeoDataFrame({"source_id": ["yard"], "source_type": ["area"],
    ...     "release_height_m": [2.0]}, geometry=[yard])
    >>> [(one.aermod_id, one.kind, len(one.corners)) for one in releases_of(table)]
    [('YARDP1', 'AREAPOLY', 8), ('YARDP2', 'AREAPOLY', 8)]
    """
    from dataclasses import replace

    table = flares_as_stacks(sources)
    types = _texts(table, "source_type", "point")
    made: list[Release] = []
    for row, kind in enumerate(types):
        made += _MAKERS[kind](row, table.iloc[row], table.geometry.iloc[row])
    counts = np.bincount([one.row for one in made], minlength=len(table))
    names, number = [], np.zeros(len(table), dtype=int)
    for one in made:
        number[one.row] += 1
        ending = f"P{number[one.row]}" if counts[one.row] > 1 else ""
        whole = short_ids([str(table["source_id"].iloc[one.row])])[0]
        names.append(whole[: LONGEST_ID - len(ending)] + ending)
    ids = short_ids(names, taken=["ALL"])
    return [replace(one, aermod_id=own) for one, own in zip(made, ids, strict=True)]


def _texts(table: gpd.GeoDataFrame, name: str, default: str) -> list[str]:
    if name not in table:
        return [default] * len(table)
    return [value if isinstance(value, str) and value else default for value in table[name]]


def _figure(row: Any, name: str, default: float = 0.0) -> float:
    value = row.get(name, default)
    return default if value is None or value != value else float(value)


def _stack(row: int, source: Any, shape: Any) -> list[Release]:
    direction = source.get("stack_direction")
    figures = (
        metres(source["stack_height_m"]),
        metres(source["exit_temperature_k"]),
        f"{source['exit_velocity_m_s']:.4f}",
        f"{source['stack_diameter_m']:.4f}",
    )
    kind = STACKS[direction if isinstance(direction, str) else "vertical"]
    return [Release(row, kind, (shape.centroid.x, shape.centroid.y), figures)]


def _volume(row: int, source: Any, shape: Any) -> list[Release]:
    names = ("release_height_m", "initial_sigma_y_m", "initial_sigma_z_m")
    figures = tuple(metres(source[name]) for name in names)
    return [Release(row, "VOLUME", (shape.centroid.x, shape.centroid.y), figures)]


def _area(row: int, source: Any, shape: Any) -> list[Release]:
    from shapely import Polygon

    rings = list(rings_without_holes(shape))
    sizes = [Polygon(ring).area for ring in rings]
    if not sum(sizes) > 0:
        raise InputError("sources", f"row {row + 1}: an area of less than 1 cm across")
    height = metres(source["release_height_m"])
    spread = metres(_figure(source, "initial_sigma_z_m"))
    return [
        Release(
            row, "AREAPOLY", ring[0], (height, str(len(ring)), spread),
            1.0 / sum(sizes), size / sum(sizes), tuple(ring),
        )
        for ring, size in zip(rings, sizes, strict=True)
    ]  # fmt: skip


def rings_without_holes(shape: Any) -> Iterator[list[tuple[float, float]]]:
    """The corners of the polygons of a shape, cut through their holes; clockwise, to 1 cm.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> list(rings_without_holes(box(0, 0, 2, 1)))
    [[(0.0, 0.0), (0.0, 1.0), (2.0, 1.0), (2.0, 0.0)]]
    """
    import shapely
    from shapely.geometry.polygon import orient

    for part in shapely.get_parts(shapely.set_precision(shape, GRID_M)):
        for piece in _cut(part):
            for whole in shapely.get_parts(shapely.set_precision(piece, GRID_M)):
                if whole.geom_type == "Polygon" and whole.area > 0:
                    corners = np.round(np.asarray(orient(whole, -1.0).exterior.coords)[:-1, :2], 2)
                    yield [(float(x), float(y)) for x, y in corners]


def _cut(polygon: Any) -> Iterator[Any]:
    """A polygon as pieces without holes: a cut from north to south through a hole at a time."""
    import shapely

    if polygon.geom_type != "Polygon":
        return
    if not polygon.interiors:
        yield polygon
        return
    west, south, east, north = polygon.bounds
    x = round(polygon.interiors[0].centroid.x, 2)
    for half in ((west - 1, x), (x, east + 1)):
        piece = polygon.intersection(shapely.box(half[0], south - 1, half[1], north + 1))
        for part in shapely.get_parts(piece):
            yield from _cut(part)


def _line(row: int, source: Any, shape: Any) -> list[Release]:
    import shapely

    width = max(float(source["width_m"]), NARROWEST_LINE_M)
    ends = []
    for part in shapely.get_parts(shape):
        points = np.round(np.asarray(part.coords)[:, :2], 2)
        ends += [(*a, *b) for a, b in itertools.pairwise(points) if (a != b).any()]
    lengths = [float(np.hypot(x2 - x1, y2 - y1)) for x1, y1, x2, y2 in ends]
    if not ends:
        raise InputError("sources", f"row {row + 1}: a line of less than 1 cm")
    figures = (
        metres(source["release_height_m"]), metres(width),
        metres(_figure(source, "initial_sigma_z_m")),
    )  # fmt: skip
    return [
        Release(
            row, "LINE", tuple(map(float, end)), figures,
            1.0 / (sum(lengths) * round(width, 2)), length / sum(lengths),
        )
        for end, length in zip(ends, lengths, strict=True)
    ]  # fmt: skip


_MAKERS = {"point": _stack, "volume": _volume, "area": _area, "line": _line}


def groups_of(sources: gpd.GeoDataFrame, emissions: np.ndarray) -> list[str]:
    """The group of each source by its sector: those that emit most by name, the rest together.

    Parameters
    ----------
    sources : GeoDataFrame
        With `sector`; rows of sector PARK are a group of their own.
    emissions : ndarray
        (source, pollutant). [g/s]
    """
    sectors = np.array(_texts(sources, "sector", ""), dtype=object)
    total = emissions.sum(axis=0)
    weight = (emissions / np.where(total > 0, total, 1.0)).sum(axis=1)
    named = sorted(set(sectors) - {"", PARK})
    heaviest = sorted(named, key=lambda name: (-weight[sectors == name].sum(), name))
    chosen = heaviest[:MOST_SECTORS]
    ids = dict(zip(chosen, short_ids(chosen, LONGEST_GROUP, RESERVED_GROUPS), strict=True))
    return [PARK if sector == PARK else ids.get(sector, OTHER) for sector in sectors]


def source_lines(
    sources: gpd.GeoDataFrame,
    releases: list[Release],
    emissions: np.ndarray,
    groups: list[str],
    urban: np.ndarray,
    *,
    elevated: bool,
) -> list[str]:
    """The SO pathway of one pollutant: what emits none of it is left out.

    Parameters
    ----------
    emissions : ndarray
        Of each source. [g/s]
    groups : list of str
        Of each source.
    urban : ndarray of bool
        Of each source.
    elevated : bool
        Whether bases stand at `ground_m` [m above sea level]; unknown ones are left to the user.
    """
    present = [one for one in releases if emissions[one.row] > 0]
    names = _texts(sources, "name", "")
    lines, told = [], -1
    for one in present:
        if one.row != told:
            origins = _origins(sources, one.row)
            name = ascii_text(names[one.row])
            lines.append(comment(f"{sources['source_id'].iloc[one.row]} {name}{origins}"))
            told = one.row
        place = [metres(value) for value in one.place]
        base = [_base(sources, one.row)] if elevated else []
        lines.append(card("SO", "LOCATION", one.aermod_id, one.kind, *place, *base))
        amount = rate(emissions[one.row] * one.per_emission)
        lines.append(card("SO", "SRCPARAM", one.aermod_id, amount, *one.figures))
        corners = [f"{metres(x)} {metres(y)}" for x, y in one.corners]
        lines += cards("SO", "AREAVERT", [one.aermod_id], corners)
    town = [one.aermod_id for one in present if urban[one.row]]
    lines += cards("SO", "URBANSRC", [], ["ALL"] if len(town) == len(present) else town)
    lines.append(card("SO", "SRCGROUP", "ALL"))
    for group in group_names(present, groups):
        members = [one.aermod_id for one in present if groups[one.row] == group]
        lines += cards("SO", "SRCGROUP", [group], members)
    return lines


def group_names(releases: list[Release], groups: list[str]) -> list[str]:
    """The groups that some of these releases belong to, the named ones in order, then the rest."""
    found = {groups[one.row] for one in releases}
    return [*sorted(found - {PARK, OTHER}), *(name for name in (PARK, OTHER) if name in found)]


def _base(sources: gpd.GeoDataFrame, row: int) -> str:
    height = _figure(sources.iloc[row], "ground_m", float("nan"))
    return metres(height) if height == height else f"{PLACEHOLDER}GROUND"


def _origins(sources: gpd.GeoDataFrame, row: int) -> str:
    parts = []
    for column, thing in (
        ("emission_origin", "emission"),
        ("stack_origin", "stack"),
        ("location_origin", "place"),
    ):
        if column in sources and isinstance(sources[column].iloc[row], str):
            parts.append(f"{thing} {sources[column].iloc[row]}")
    return f" ({', '.join(parts)})" if parts else ""
