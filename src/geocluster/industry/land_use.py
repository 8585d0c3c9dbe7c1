"""The sector of an industrial area or object, from its tags and its name.

The rules stand in ``land_use_rules.csv`` beside this file, one a row: the keys that are looked at
(parted by ``|``), a pattern of whole words, the sector and its NACE section or division. The first
rule that fits decides, and its name is kept, so that every sector on a map can say where it comes
from. What people wrote about a product comes before what a name suggests.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from geocluster.industry.auer import built_up_areas, urban_by_auer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

__all__ = [
    "Sector",
    "add_sectors",
    "area_factor_of",
    "built_up_areas",
    "emitting_areas",
    "nace_of",
    "sector_of",
    "urban_by_auer",
]

UNKNOWN_SECTOR = "industry"
# NACE Rev. 2 of what only a tag tells.
NACE_OF_SECTOR = {
    UNKNOWN_SECTOR: "C",
    "power": "D35",
    "storage": "H52",
    "wastewater": "E37",
    "waste": "E38",
    "quarry": "B08",
    "mining": "B",
    "port": "H52",
}
# The row of area_factors.csv for a sector without a rule; NO_EMISSION burns nothing here.
FACTOR_OF_UNKNOWN = "industrial"
NO_EMISSION = "none"
# Where two areas overlap, the ground is counted for the more telling one.
AREA_KINDS = (
    "power_plant",
    "works",
    "wastewater_plant",
    "landfill",
    "waste_site",
    "quarry",
    "mine",
    "port",
    "industrial",
)
# Kept as they are, and emit nothing of their own.
EQUIPMENT_KINDS = ("generator", "chimney", "flare", "tank", "silo", "well")


class Sector(NamedTuple):
    """A sector, its NACE section or division, and the rule that decided."""

    sector: str
    nace: str
    rule: str


class _Rule(NamedTuple):
    name: str
    keys: tuple[str, ...]
    pattern: re.Pattern[str]
    sector: str
    nace: str


def _table() -> list[dict[str, str]]:
    text = files("geocluster.industry").joinpath("land_use_rules.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row["rule"],
            tuple(row["key"].split("|")),
            _whole_words(row["pattern"]),
            row["sector"],
            row["nace"],
        )
        for row in _table()
    )


@cache
def _factors() -> dict[str, str]:
    return {row["sector"]: row["factor"] for row in _table()}


def area_factor_of(sector: str) -> str:
    """Which row of area_factors.csv stands for a sector; "none" where nothing is emitted.

    Examples
    --------
    >>> [area_factor_of(sector) for sector in ("food", "solar power", "industry")]
    ['light', 'none', 'industrial']
    """
    return _factors().get(sector, FACTOR_OF_UNKNOWN)


def _whole_words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern.replace('_', ' ')})(?!\w)", re.IGNORECASE)


def sector_of(tags: Mapping[str, object], default: str = "", default_rule: str = "") -> Sector:
    """The sector of one object.

    Parameters
    ----------
    tags : mapping
        Key to text, such as ``{"landuse": "industrial", "name": "Angren Cement"}``. What is not
        text counts as missing.
    default : str
        The sector where no rule fits; "industry" where this is empty.
    default_rule : str
        What to name as the rule in that case.

    Returns
    -------
    Sector
        Sector, NACE section or division, and the rule: its name in the table, a colon and the key
        that it read.

    Examples
    --------
    >>> sector_of({"landuse": "industrial", "name": "Ohangaron Cement plant"})
    Sector(sector='cement', nace='C23', rule='name-cement: name')
    >>> sector_of({"landuse": "industrial"}, default_rule="landuse=industrial")
    Sector(sector='industry', nace='C', rule='landuse=industrial')
    """
    for rule in _rules():
        for key in rule.keys:
            text = tags.get(key)
            if isinstance(text, str) and rule.pattern.search(text.replace("_", " ")):
                return Sector(rule.sector, rule.nace, f"{rule.name}: {key}")
    sector = default or UNKNOWN_SECTOR
    return Sector(sector, nace_of(sector), default_rule or "no rule fits")


def nace_of(sector: str) -> str:
    """The NACE section or division of a sector, empty where it has none.

    Examples
    --------
    >>> [nace_of(sector) for sector in ("cement", "storage", "disused")]
    ['C23', 'H52', '']
    """
    by_rule = {row["sector"]: row["nace"] for row in _table()}
    return NACE_OF_SECTOR.get(sector) or by_rule.get(sector, "")


def add_sectors(table: pd.DataFrame) -> pd.DataFrame:
    """A copy of a table with `sector`, `nace` and `sector_rule`, read from its other columns.

    Parameters
    ----------
    table : DataFrame
        Columns named as the tags (`landuse`, `man_made`, `industrial`, `product`, `operator`,
        `name`, ...), as many as there are. A `sector` that is already there is kept.

    Examples
    --------
    >>> import pandas as pd
    >>> add_sectors(pd.DataFrame({"product": ["cement"], "name": [None]})).sector.tolist()
    ['cement']
    """
    records = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    found = [_kept(row) or sector_of(row) for row in records]
    return table.assign(
        sector=[one.sector for one in found],
        nace=[one.nace for one in found],
        sector_rule=[one.rule for one in found],
    )


def _kept(row: Mapping[str, object]) -> Sector | None:
    sector = row.get("sector")
    if not isinstance(sector, str) or not sector:
        return None
    return Sector(sector, nace_of(sector), "given")


def emitting_areas(sources: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas among mapped industrial objects, each piece of ground counted once.

    A works drawn inside an industrial area is cut out of that area, which keeps the rest: the sum
    of the areas is the area of their union.

    Parameters
    ----------
    sources : GeoDataFrame
        In a metric CRS, with `kind` (as in the mapping of OpenStreetMap tags) and `geometry`.
        Chimneys, generators, flares, tanks, silos and wells are equipment, not areas.

    Returns
    -------
    GeoDataFrame
        Polygons only, with `area_ha` of what is left [ha]; rows of which nothing is left (under
        1 m2) are dropped; `source_id` from `osm_id` where there is one. The most telling kinds
        come first, then the smaller areas.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> table = gpd.GeoDataFrame(
    ...     {"kind": ["industrial", "works"]},
    ...     geometry=[box(0, 0, 200, 100), box(0, 0, 100, 100)],
    ...     crs="EPSG:32642",
    ... )
    >>> emitting_areas(table)[["kind", "area_ha"]].values.tolist()
    [['works', 1.0], ['industrial', 1.0]]
    """
    import geopandas as gpd

    is_area = sources.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    areas = sources[is_area & ~sources["kind"].isin(EQUIPMENT_KINDS)]
    order = areas["kind"].map(_order_of).to_frame("kind")
    order["area"] = areas.geometry.area
    areas = areas.loc[order.sort_values(["kind", "area"], kind="stable").index]
    pieces = gpd.GeoSeries(_without_earlier(list(areas.geometry)), index=areas.index, crs=areas.crs)
    areas = areas.set_geometry(pieces).assign(area_ha=pieces.area / 1e4)
    if "osm_id" in areas and "source_id" not in areas:
        areas = areas.assign(source_id=areas["osm_id"])
    return areas[areas["area_ha"] > 1e-4].reset_index(drop=True)


def _order_of(kind: str) -> int:
    """Which kind is more telling; one of a mapping of one's own is the most."""
    return AREA_KINDS.index(kind) if kind in AREA_KINDS else -1


def _without_earlier(polygons: list) -> list:
    """Each polygon without what the polygons before it in the list cover."""
    import shapely

    tree = shapely.STRtree(polygons)
    pieces = []
    for place, polygon in enumerate(polygons):
        near = [int(i) for i in tree.query(polygon, predicate="intersects") if i < place]
        if near:
            polygon = polygon.difference(shapely.union_all([polygons[i] for i in sorted(near)]))
        pieces.append(_polygons_of(polygon))
    return pieces


def _polygons_of(geometry):  # type: ignore[no-untyped-def]
    """Only the polygons of what a difference left."""
    import shapely

    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return shapely.union_all(parts) if parts else shapely.Polygon()
