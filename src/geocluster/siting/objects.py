"""The things that a rule speaks of: homes, places and land, with their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.rule_faults import listed
from geocluster.siting.rules import CATEGORISED, DENSITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

# How the origin of people begins who were counted by cell, and of those only assumed somewhere.
COUNTED, ASSUMED = ("raster",), ("assumed", "rural rest")


@dataclass(frozen=True, repr=False)
class Objects:
    """Geometries and their names, one each; "" where a thing has none.

    `known` says whether the layer is there at all: a register that holds no land of the wanted
    category is known, one that says no category is not.
    """

    shapes: np.ndarray
    names: np.ndarray
    known: bool = True

    def __repr__(self) -> str:
        return f"{len(self.shapes)} objects"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Objects)
            and np.array_equal(self.names, other.names)
            and np.array_equal(self.shapes, other.shapes)
        )

    __hash__ = None  # type: ignore[assignment]

    def nearest(self, x: float, y: float) -> str:
        """The name of the object nearest to a point."""
        import shapely

        if not len(self.shapes) or not (self.names != "").any():
            return ""
        return str(self.names[int(np.argmin(shapely.distance(self.shapes, shapely.Point(x, y))))])


def objects_of(
    rule: Mapping[Any, Any],
    homes: gpd.GeoDataFrame | None,
    places: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
) -> Objects:
    """The things that a rule keeps away from, or that must be near.

    Parameters
    ----------
    rule : mapping
        A row of the rules.
    homes, places, land : GeoDataFrame or None
        In one reference system.

    Returns
    -------
    Objects
        Empty where there are none. A rule that names classes leaves out rows of other classes. A
        row of which no class is known counts as a thing to keep away from, but not as one that
        must be near, nor where the class is a category of a register or plan.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point
    >>> land = gpd.GeoDataFrame({"kind": ["rail", "road"]}, geometry=[Point(0, 0), Point(1, 1)])
    >>> objects_of({"kind": "rail", "class": ""}, None, None, land)
    1 objects
    """
    if rule["kind"] == "homes":
        return _lived_in(homes, *(float(rule[name]) for name in DENSITIES))
    wanted = listed(str(rule["class"]))
    categorised = rule["kind"] in CATEGORISED
    strict = categorised or float(rule.get("at_most_m", np.nan)) >= 0
    shapes, names = [np.empty(0, object)], [np.empty(0, object)]
    known = False
    for table in (places, land):
        if table is None or not len(table):
            continue
        if "kind" not in table:
            raise TableError("land", "column 'kind' is missing: add it")
        rows = (table["kind"] == rule["kind"]).to_numpy() & table.geometry.notna().to_numpy()
        if wanted:
            classes = _classes(table, categorised)
            if strict:
                known = known or bool((rows & (classes != "")).any())
            elif "class" in table:
                rows = rows & ((classes == "") | np.isin(classes, wanted))
            rows = rows & np.isin(classes, wanted) if strict else rows
        shapes.append(np.asarray(table.geometry[rows].values, dtype=object))
        names.append(_names(table[rows]))
    found = Objects(np.concatenate(shapes), np.concatenate(names))
    return found if len(found.shapes) else Objects(found.shapes, found.names, known)


def _classes(table: gpd.GeoDataFrame, categorised: bool) -> np.ndarray:
    """The class of each row as text, "" where none is known; registers may call it category."""
    classes = np.full(len(table), "", dtype=object)
    for name in ("class", "category") if categorised else ("class",):
        if name in table:
            text = table[name].astype(object).where(table[name].notna(), "").astype(str).to_numpy()
            classes = np.where(classes == "", text, classes)
    return classes


def _names(table: gpd.GeoDataFrame) -> np.ndarray:
    if "name" not in table:
        return np.full(len(table), "", dtype=object)
    return (
        table["name"].astype(object).where(table["name"].notna(), "").astype(str).to_numpy(object)
    )


def _lived_in(
    homes: gpd.GeoDataFrame | None, least_counted: float, least_assumed: float
) -> Objects:
    """Homes that keep a park away: those located, and the others where they are dense."""
    if homes is None or not len(homes):
        return Objects(np.empty(0, object), np.empty(0, object), known=False)
    shapes = homes.geometry
    rows = (homes["people"] > 0).to_numpy() & (shapes.notna() & ~shapes.is_empty).to_numpy()
    assumed = _begins(homes, ASSUMED)
    if "located" in homes:
        assumed = ~homes["located"].fillna(True).astype(bool).to_numpy()
    least = np.where(_begins(homes, COUNTED), least_counted, 0.0)
    least = np.where(assumed, least_assumed, least)
    km2 = shapes.area.to_numpy() / 1e6
    # A home drawn as a point has no density: it is located.
    density = homes["people"].to_numpy(float) / np.where(km2 > 0, km2, np.nan)
    chosen = rows & ~(density < least)
    found = np.asarray(shapes[chosen].values, dtype=object)
    return Objects(found, _names(homes[chosen]), known=len(found) > 0)


def _begins(homes: gpd.GeoDataFrame, beginnings: tuple[str, ...]) -> np.ndarray:
    if "origin" not in homes:
        return np.zeros(len(homes), bool)
    words = homes["origin"].fillna("").astype(str).str.lower()
    return np.asarray(words.str.startswith(beginnings), dtype=bool)
