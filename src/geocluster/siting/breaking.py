"""Which rules a place would break that is not subject to them, and by how many metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.siting.distance import Cells, cells_inside
from geocluster.siting.measures import distance_m

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = ("breaks_rules", "breaks_rules_by_m")


def broken_rules(suitable: xr.Dataset, shapes: np.ndarray) -> dict[str, list[str]]:
    """The rules that each shape breaks, and what it lacks at worst.

    Rules that hold for whole cells of a parcel are measured from the shape itself to the things
    that they speak of; the others by the centres of the cells in it, as for every parcel, or by
    the nearest cell where it holds no centre.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    shapes : array of polygons
        In the reference system of `suitable`.

    Returns
    -------
    dict
        breaks_rules (rule_ids divided by "; ") and breaks_rules_by_m ("homes 120; forest 0": the
        metres that it lacks to the rule's distance; rules without a distance are not in it).
    """
    if "reasons" not in suitable or not len(shapes):
        return {name: [""] * len(shapes) for name in COLUMNS}
    inside = _cells_of(suitable, shapes)
    reasons = suitable["reasons"].transpose("y", "x").values.ravel()
    rows: list[dict[str, float]] = [{} for _ in shapes]
    for record in suitable.attrs["rules"]:
        rule_id = str(record["rule_id"])
        for row, lack in _lacks(suitable, record, shapes, inside, reasons):
            rows[row][rule_id] = lack
    return in_words(rows)


def _lacks(
    suitable: xr.Dataset,
    record: dict[str, Any],
    shapes: np.ndarray,
    inside: list[np.ndarray],
    reasons: np.ndarray,
) -> list[tuple[int, float]]:
    """The shapes that break a rule, and the metres that each lacks; NaN without a distance."""
    keep_away = float(record.get("keep_away_m", np.nan))
    at_most = float(record.get("at_most_m", np.nan))
    things = suitable.attrs.get("objects", {}).get(str(record["rule_id"]))
    if record.get("whole_cell") and things is not None and len(things.shapes) and keep_away >= 0:
        away = distance_m(shapes, things.shapes)
        broken = np.flatnonzero((away < keep_away) | (away == 0))
        return [(int(row), keep_away - float(away[row])) for row in broken]
    bit = int(record["bit"])
    name = f"distance_{record['rule_id']}_m"
    distance = suitable[name].transpose("y", "x").values.ravel() if name in suitable else None
    found = []
    for row, chosen in enumerate(inside):
        if not (reasons[chosen] >> bit & 1).any():
            continue
        lack = np.nan
        if distance is not None and at_most >= 0:
            lack = float(distance[chosen].max()) - at_most
        elif distance is not None and keep_away >= 0:
            lack = keep_away - float(distance[chosen].min())
        found.append((row, lack if np.isnan(lack) else max(lack, 0.0)))
    return found


def _cells_of(suitable: xr.Dataset, shapes: np.ndarray) -> list[np.ndarray]:
    """The cells whose centre lies in each shape, or the nearest cell."""
    cells = Cells.of(suitable["reasons"].assign_attrs(cell_m=suitable.attrs["cell_m"]))
    found = []
    for shape in shapes:
        chosen = cells_inside(np.array([shape], dtype=object), cells)
        if not len(chosen):
            middle = shape.centroid
            away = (cells.x - middle.x) ** 2 + (cells.y - middle.y) ** 2
            chosen = np.array([away.argmin()])
        found.append(chosen)
    return found


def in_words(lacks: list[dict[str, float]]) -> dict[str, list[str]]:
    """Rules and metres as the two columns of a table of sites.

    Examples
    --------
    >>> in_words([{"homes": 120.4, "outside_fringe": float("nan")}])
    {'breaks_rules': ['homes; outside_fringe'], 'breaks_rules_by_m': ['homes 120']}
    """
    return {
        "breaks_rules": ["; ".join(lack) for lack in lacks],
        "breaks_rules_by_m": [
            "; ".join(f"{name} {metres:.0f}" for name, metres in lack.items() if metres == metres)
            for lack in lacks
        ],
    }
