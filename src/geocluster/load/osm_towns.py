"""Towns with their people from an OpenStreetMap extract: places that carry a population."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geocluster.errors import InputError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Suburbs and quarters are left out: their people count in their city.
PLACES = ("city", "town", "village", "hamlet", "isolated_dwelling")
MOST_PEOPLE = 50_000_000


class Towns(NamedTuple):
    """A table for `read_towns`, and how many places are in reach, and lack a population."""

    table: pd.DataFrame
    places: int
    without: tuple[str, ...]


def towns_of_extract(path: str | Path, region: BaseGeometry) -> Towns:
    """The towns of an extract that carry a population.

    Parameters
    ----------
    path : str or Path
        .osm.pbf, .osm, .osm.gz or .osm.bz2.
    region : shapely geometry
        In degrees; towns outside it are marked as not inside.

    Returns
    -------
    Towns
        `table` with name, longitude, latitude [degrees], people [persons], inside, origin, largest
        first; `without` names the cities and towns that have no population, or none that can be
        read, as far as they lie inside.

    Raises
    ------
    InputError
        Where the extract cannot be read.
    """
    import osmium
    import shapely

    shapely.prepare(region)
    rows, without, places = [], [], 0
    try:
        found = osmium.FileProcessor(str(path), osmium.osm.NODE)
        for node in found.with_filter(osmium.filter.KeyFilter("place")):
            kind = node.tags.get("place")
            if kind not in PLACES:
                continue
            places += 1
            name = node.tags.get("name") or f"{kind} {node.id}"
            people = people_in_words(node.tags.get("population"))
            x, y = node.lon, node.lat  # type: ignore[union-attr]
            inside = bool(shapely.intersects_xy(region, x, y))
            if people:
                origin = f"OpenStreetMap: place={kind}, node/{node.id}"
                date = node.tags.get("population:date") or node.tags.get("source:population:date")
                rows.append((name, x, y, people, inside, f"{origin}, {date}" if date else origin))
            elif inside:
                without.append((kind not in ("city", "town"), name))
    except (RuntimeError, ValueError) as error:
        raise InputError(str(path), f"cannot be read as OpenStreetMap data ({error})") from error
    columns = ["name", "longitude", "latitude", "people", "inside", "origin"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values(["people", "name", "longitude"], ascending=[False, True, True])
    table = table.drop_duplicates(["name", "longitude", "latitude"]).reset_index(drop=True)
    return Towns(table, places, tuple(name for _, name in sorted(without)))


def people_in_words(text: str | None) -> int | None:
    """A population as mappers write it; None where it cannot be told.

    Examples
    --------
    >>> [people_in_words(text) for text in ("134117", "134 117", "134,117", "~500", "many", None)]
    [134117, 134117, 134117, 500, None, None]
    """
    match = re.fullmatch(r"[~≈ ]*(\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+|\d+)\s*", text or "")
    if not match:
        return None
    people = int(re.sub(r"\D", "", match.group(1)))
    return people if 0 < people <= MOST_PEOPLE else None
