"""Brownfields: disused industrial ground that keeps the rules, cut into candidate sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.siting.distance import Cells
from geocluster.siting.outlines import one_polygon
from geocluster.siting.parcels import Units, joined_units, lattice_block

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

BROWNFIELD = "brownfield"
# Ground in use is no reason against ground that is not; the fringe is about new land.
NOT_ASKED = ("industrial", "brownfield", "fringe")
HECTARE_M2 = 10_000
LEAST_UNIT_M2 = 1.0


def brownfield_ground(land: gpd.GeoDataFrame | None, suitable: xr.Dataset) -> gpd.GeoDataFrame:
    """The ground of brownfields that keeps every rule but those on ground in use and the fringe.

    Parameters
    ----------
    land : GeoDataFrame or None
        Brownfields are its areas of `kind` "brownfield"; those that touch are one.
    suitable : Dataset
        From `suitable_land`. Distances to the things that its rules speak of are kept exactly;
        rules without such things (the region, slope, nearness) go by cells.

    Returns
    -------
    GeoDataFrame
        name, drawn_ha (the whole brownfield) [ha], taken_by (rule_ids that take ground of it,
        divided by "; "), and what is left, which may be empty.
    """
    import geopandas as gpd
    import shapely

    crs = suitable.attrs.get("crs")
    drawn = _drawn(land, crs)
    left = np.array([*drawn.geometry.values, None], dtype=object)[:-1]
    taken: list[list[str]] = [[] for _ in left]
    things = suitable.attrs.get("objects", {})
    measured = set()
    for record in suitable.attrs.get("rules", ()) if len(left) else ():
        rule_id, keep_away = str(record["rule_id"]), float(record.get("keep_away_m", np.nan))
        objects = things.get(rule_id)
        if record["kind"] in NOT_ASKED or objects is None or not keep_away >= 0:
            continue
        measured |= {rule_id} if len(objects.shapes) else set()
        for row, kept in _kept_away(left, objects.shapes, keep_away):
            left[row] = kept
            taken[row].append(rule_id)
    for rule_id, squares in _excluded_squares(suitable, left, measured):
        for row in range(len(left)):
            less = shapely.difference(left[row], squares)
            if less.area < left[row].area - LEAST_UNIT_M2:
                left[row] = less
                taken[row].append(rule_id)
    columns = {"name": drawn["name"].tolist(), "drawn_ha": drawn.area.to_numpy() / HECTARE_M2}
    words = ["; ".join(names) for names in taken]
    return gpd.GeoDataFrame({**columns, "taken_by": words}, geometry=list(left), crs=crs)


def told_of(
    cuts: gpd.GeoDataFrame, grounds: gpd.GeoDataFrame, min_area_ha: float
) -> dict[str, Any]:
    """What is told of lines that were not cut along, and how many brownfields are too small."""
    small = int((grounds["drawn_ha"] < min_area_ha).sum())
    return {
        "not_located": cuts.attrs.get("not_located", {}),
        "brownfields_drawn": len(grounds),
        "brownfields_too_small": small,
    }


def _drawn(land: gpd.GeoDataFrame | None, crs: Any) -> gpd.GeoDataFrame:
    """Each brownfield, with the names of what it is made of, from north to south."""
    import geopandas as gpd
    import shapely

    if land is None or not len(land) or not (land["kind"] == BROWNFIELD).any():
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=crs)
    rows = land[(land["kind"] == BROWNFIELD) & land.geometry.notna()]
    rows = rows if crs is None or rows.crs is None else rows.to_crs(crs)
    rows = rows[rows.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    shapes = np.asarray(rows.geometry.values, dtype=object)
    parts = shapely.get_parts(shapely.union_all(shapes))
    bounds = shapely.bounds(parts).reshape(-1, 4)
    parts = parts[np.lexsort((bounds[:, 0], -bounds[:, 3]))]
    whole, row = shapely.STRtree(shapes).query(parts, predicate="intersects").reshape(2, -1)
    texts = rows["name"].fillna("").astype(str).tolist() if "name" in rows else [""] * len(rows)
    names: list[set[str]] = [set() for _ in parts]
    for part, member in zip(whole, row, strict=True):
        names[part] |= {texts[member]} - {""}
    words = [", ".join(sorted(some)) for some in names]
    return gpd.GeoDataFrame({"name": words}, geometry=list(parts), crs=crs)


def _kept_away(
    grounds: np.ndarray, layer: np.ndarray, keep_away_m: float
) -> list[tuple[int, BaseGeometry]]:
    """The grounds that a layer takes something of, and what is left of them."""
    import shapely

    if not len(layer):
        return []
    tree = shapely.STRtree(layer)
    rows, members = tree.query(grounds, predicate="dwithin", distance=keep_away_m).reshape(2, -1)
    found = []
    for row in np.unique(rows):
        near = layer[members[rows == row]]
        # What lies far beyond is cut away first: a sea is not widened as a whole.
        around = shapely.box(*shapely.buffer(grounds[row], 2 * keep_away_m + 1).bounds)
        # Round corners are drawn with 64 sides: a little wider, so that none is too near.
        widened = shapely.buffer(
            shapely.intersection(near, around), keep_away_m / math.cos(math.pi / 64), quad_segs=16
        )
        left = shapely.difference(grounds[row], shapely.union_all(widened))
        if left.area < grounds[row].area - LEAST_UNIT_M2:
            found.append((int(row), left))
    return found


def _excluded_squares(
    suitable: xr.Dataset, grounds: np.ndarray, measured: set[str]
) -> list[tuple[str, BaseGeometry]]:
    """Cells near the grounds that are excluded by what was not measured from a layer."""
    import shapely

    if "reasons" not in suitable or not len(grounds):
        return []
    cells = Cells.of(suitable["reasons"].assign_attrs(cell_m=suitable.attrs["cell_m"]))
    reasons = suitable["reasons"].transpose("y", "x").values.ravel()
    left, bottom, right, top = shapely.total_bounds(grounds)
    near = (np.abs(cells.x - (left + right) / 2) <= (right - left) / 2 + cells.side) & (
        np.abs(cells.y - (bottom + top) / 2) <= (top - bottom) / 2 + cells.side
    )
    found = []
    for record in suitable.attrs["rules"]:
        name = str(record["rule_id"])
        if name in measured or record.get("kind") in NOT_ASKED:
            continue
        rows = np.flatnonzero(near & (reasons >> int(record["bit"]) & 1).astype(bool))
        if len(rows):
            x, y, half = cells.x[rows], cells.y[rows], cells.side / 2
            squares = shapely.box(x - half, y - half, x + half, y + half)
            found.append((name, shapely.union_all(squares)))
    return found


class Ground(NamedTuple):
    """Parcels of brownfields, the name of each, and the brownfields that give none and why."""

    shapes: list[BaseGeometry]
    names: list[str]
    lost: list[dict[str, Any]]


def ground_in_parcels(
    grounds: gpd.GeoDataFrame,
    cuts: gpd.GeoDataFrame | None,
    min_area_ha: float,
    cell_m: float,
    strip_m: float,
) -> Ground:
    """Parcels of the ground of brownfields.

    Ground that holds a park but not two is one parcel; larger ground is cut by the cells of a
    lattice, as empty land is. No parcel is crossed by a line of `cuts`.
    """
    import shapely

    found = Ground([], [], [])
    least = min_area_ha * HECTARE_M2
    for row in grounds.to_dict("records"):
        left = _less_lines(row["geometry"], cuts, strip_m)
        before = len(found.shapes)
        for part in shapely.get_parts(left):
            if part.area >= 2 * least:
                found.shapes.extend(_by_lattice(part, min_area_ha, cell_m))
            elif part.area >= least * (1 - 1e-9):
                found.shapes.append(part)
        name = str(row.get("name", ""))
        found.names.extend([name] * (len(found.shapes) - before))
        drawn_ha = float(row.get("drawn_ha", row["geometry"].area / HECTARE_M2))
        if len(found.shapes) == before and drawn_ha >= min_area_ha:
            cut = left.area < row["geometry"].area - LEAST_UNIT_M2
            why = [str(row.get("taken_by", "")), "cut by lines" if cut else ""]
            told = "; ".join(word for word in why if word)
            found.lost.append({"name": name, "area_ha": round(drawn_ha, 2), "taken_by": told})
    return found


def _less_lines(
    ground: BaseGeometry, cuts: gpd.GeoDataFrame | None, strip_m: float
) -> BaseGeometry:
    import shapely

    if cuts is None or not len(cuts) or ground.is_empty:
        return ground
    lines = np.asarray(cuts.geometry.values, dtype=object)
    lines = lines[shapely.get_dimensions(lines) == 1]
    near = lines[shapely.dwithin(lines, ground, strip_m)]
    return shapely.difference(ground, shapely.union_all(shapely.buffer(near, strip_m)))


def _by_lattice(ground: BaseGeometry, min_area_ha: float, cell_m: float) -> list[BaseGeometry]:
    """Parcels of about a park's size, of the cells of a lattice fine enough for it."""
    import shapely

    side = min(cell_m, float(np.sqrt(min_area_ha * HECTARE_M2)) / 3)
    least = min_area_ha * HECTARE_M2 / side**2
    left, bottom, right, top = ground.bounds
    columns, rows = (int(np.ceil(span / side)) for span in (right - left, top - bottom))
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(columns), np.arange(rows)))
    x, y = left + column * side, top - row * side
    cells = shapely.intersection(shapely.box(x, y - side, x + side, y), ground)
    parts, cell = shapely.get_parts(cells, return_index=True)
    solid = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= LEAST_UNIT_M2)
    parts, cell = parts[solid], cell[solid]
    first, second = shapely.STRtree(parts).query(parts, predicate="intersects")
    pairs = np.unique(np.column_stack([first, second])[first < second], axis=0)
    first, second = pairs.T.reshape(2, -1)
    border = shapely.length(shapely.intersection(parts[first], parts[second]))
    kept = border >= min(10.0, side / 10)
    block = lattice_block(row[cell], column[cell], columns, least)
    units = Units(
        shapely.area(parts) / side**2, block, first[kept], second[kept], border[kept] / side
    )
    numbers = joined_units(units, least)
    return [one_polygon(parts[numbers == n]) for n in range(1, numbers.max(initial=0) + 1)]
