"""Why not here: which rules exclude a place, by how much, and what it would take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import InputError
from geocluster.siting.checks import NO_DATA
from geocluster.siting.fringe import MINUTES, OPEN_CLASSES, OUTSIDE_FRINGE, way_in_words
from geocluster.siting.rules import ACCIDENT, SLOPE, ZONE
from geocluster.siting.suitability import OUTSIDE_REGION, distance_name

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr
    from shapely.geometry import Point

PARTLY = "the centre keeps the distance, a part of the cell does not"
WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
DISTANCES = {ZONE: "a protection zone", ACCIDENT: "an appropriate distance"}


class Move(NamedTuple):
    """The way to the nearest cell that something holds for. [m]"""

    distance_m: float
    direction: str
    x: float
    y: float

    def __str__(self) -> str:
        return f"{in_metres(self.distance_m)} {self.direction}"


class Spot(NamedTuple):
    """A place, and the cell of the grid that it lies in."""

    x: float
    y: float
    cell: xr.Dataset
    suitable: xr.Dataset


def why(suitable: xr.Dataset, point: Point | tuple[float, float] | gpd.GeoSeries) -> pd.DataFrame:
    """Which rules exclude a place, by how many metres, and what it would take.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.
    point : Point, (x, y) or GeoSeries of one point
        In the grid's reference system; a GeoSeries may have its own. [m]

    Returns
    -------
    DataFrame
        A row a rule, those that exclude first: rule_id, excluded, distance_m (from the centre of
        the cell that holds the point; for the fringe, to the edge of the nearest dense core),
        keep_away_m, at_most_m, short_by_m, nearest (the name of the nearest object, where its
        layer has names), what_it_would_take (a sentence, where the rule excludes), reason,
        source, grade, and note ("not checked: no data" where the rule's layer is missing) [m].
        attrs: ``suitable`` (bool), ``nearest_suitable`` (distance_m, direction, x, y; None where
        no land is suitable, or this is), ``verdict`` (a sentence).

    Raises
    ------
    InputError
        Where the point lies outside the grid.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point, box
    >>> from geocluster.region import Region
    >>> from geocluster.siting.suitability import suitable_land
    >>> grid = Region("Example", box(0, 0, 6000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [60_000], "name": ["Oldtown"]},
    ...     geometry=[box(0, 0, 1000, 1000)], crs="EPSG:32642",
    ... )
    >>> land = suitable_land(grid, homes, None, fringe_km=None, hazard_class="I")
    >>> answer = why(land, Point(1500, 500))
    >>> answer.loc[0, "what_it_would_take"]
    'move 1.0 km east, away from Oldtown; or a protection zone of at most 500 m instead of 1,000 m'
    >>> answer.attrs["verdict"]
    'Not suitable: 1 rule excludes this place. The nearest suitable place lies 1.0 km east.'
    """
    import pandas as pd

    spot = _spot(suitable, *_coordinates(point, suitable.attrs.get("crs")))
    table = pd.DataFrame([_answer(record, spot) for record in suitable.attrs["rules"]])
    order = np.lexsort((-table["short_by_m"].fillna(-1), ~table["excluded"]))
    table = table.iloc[order].reset_index(drop=True)
    free = bool(spot.cell["suitable"])
    move = None if free else _nearest(spot, suitable["suitable"].values)
    table.attrs = {
        "suitable": free,
        "nearest_suitable": None if move is None else move._asdict(),
        "verdict": _verdict(free, int(table["excluded"].sum()), move),
    }
    return table


def _spot(suitable: xr.Dataset, x: float, y: float) -> Spot:
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InputError("point", f"({x}, {y}) is no place: give coordinates")
    half = float(suitable.attrs["cell_m"]) / 2
    row = int(np.abs(suitable["y"].values - y).argmin())
    column = int(np.abs(suitable["x"].values - x).argmin())
    away = max(abs(suitable["y"].values[row] - y), abs(suitable["x"].values[column] - x))
    if not away <= half * (1 + 1e-9):
        raise InputError("point", f"({x:.0f}, {y:.0f}) lies outside the grid: give a point inside")
    return Spot(x, y, suitable.isel(y=row, x=column), suitable)


def _answer(record: dict[str, Any], spot: Spot) -> dict[str, Any]:
    name, cell = str(record["rule_id"]), spot.cell
    column = distance_name(record)
    distance = float(cell[column]) if column in cell else np.nan
    bit = int(record["bit"])
    excluded = bool(int(cell["reasons"]) >> bit & 1)
    partly = bool(int(cell["reasons_whole"]) >> bit & 1) and not excluded
    objects = spot.suitable.attrs.get("objects", {}).get(name)
    nearest = "" if objects is None else objects.nearest(float(cell["x"]), float(cell["y"]))
    short = record["keep_away_m"] - distance
    if record["at_most_m"] >= 0:
        short = distance - record["at_most_m"]
    return {
        "rule_id": name,
        "excluded": excluded,
        "distance_m": distance,
        "keep_away_m": float(record["keep_away_m"]),
        "at_most_m": float(record["at_most_m"]),
        "short_by_m": max(short, 0.0) if excluded else np.nan,
        "nearest": nearest,
        "what_it_would_take": _remedy(record, spot, distance, nearest) if excluded else "",
        "reason": record["reason"],
        "source": record["source"],
        "grade": record["grade"],
        "note": _note(record, partly, cell),
    }


def _note(record: dict[str, Any], partly: bool, cell: xr.Dataset) -> str:
    if not record["checked"]:
        return str(record.get("note") or NO_DATA)
    if record["rule_id"] == OUTSIDE_FRINGE and MINUTES in cell:
        return way_in_words(float(cell[MINUTES]))
    return PARTLY if partly else str(record.get("note", ""))


def _remedy(record: dict[str, Any], spot: Spot, distance: float, nearest: str) -> str:
    """What would have to change for one rule to let a park stand here."""
    bit = np.uint64(1 << int(record["bit"]))
    reasons = spot.suitable["reasons"].values.astype(np.uint64)
    move = _nearest(spot, (reasons & (bit | np.uint64(1))) == 0)
    if record["rule_id"] == OUTSIDE_REGION:
        return _either(move, " into the region", "")
    if record["rule_id"] == OUTSIDE_FRINGE:
        return _either(move, " onto the fringe", _fringe_remedy(spot, distance))
    if record["kind"] == SLOPE:
        here, most = float(spot.cell["slope_percent"]), record["at_most_percent"]
        return f"ground of at most {most:g}% (here {here:.0f}%): " + _either(move, "", "level it")
    if record["at_most_m"] >= 0:
        return _either(move, f", nearer to {nearest or _kind(record)}", _access(record, distance))
    away = f", away from {nearest}" if nearest else ""
    word = DISTANCES.get(str(record.get("keep_away_by", "")), "a keep-away distance")
    less = math.floor(distance)
    if distance > 0:
        change = f"{word} of at most {less:,} m instead of {record['keep_away_m']:,g} m"
        return _either(move, away, change)
    inside = f"; no smaller distance would do: the place lies inside {nearest or _kind(record)}"
    return _either(move, away, "") + (inside if record["keep_away_m"] > 0 else "")


def _access(record: dict[str, Any], distance: float) -> str:
    if record["at_most_m"] == 0:
        return f"another category of this land than it has: {record['class'] or _kind(record)}"
    nearest = f"the nearest is {in_metres(distance)} away" if math.isfinite(distance) else "none is"
    return f"{_kind(record)} within {record['at_most_m']:,g} m: {nearest}"


def _kind(record: dict[str, Any]) -> str:
    return str(record["kind"]).replace("_", " ")


def _fringe_remedy(spot: Spot, distance: float) -> str:
    """A wider fringe, where the distance is at fault; another class, where that is."""
    most = spot.suitable.attrs.get("fringe_minutes")
    if most is not None and not float(spot.cell[MINUTES]) <= most:
        minutes = float(spot.cell[MINUTES])
        wider = f"a fringe of at least {math.ceil(minutes)} minutes" if minutes < np.inf else ""
        return f"{wider} instead of {most:g}" if wider else "a road"
    asked = float(spot.suitable.attrs.get("fringe_km") or np.nan)
    if math.isfinite(distance) and distance > asked * 1000:
        return f"a fringe of {math.ceil(distance / 100) / 10:g} km instead of {asked:g} km"
    classes = spot.suitable["urbanisation"].attrs.get("classes", {})
    here = [name for name, code in classes.items() if code == int(spot.cell["urbanisation"])]
    able = here and here[0] in (*OPEN_CLASSES, "village")  # the dense core itself is never fringe
    return f"fringe_classes with '{here[0]}', which this is" if able else ""


def _either(move: Move | None, whereto: str, change: str) -> str:
    ways = [f"move {move}{whereto}"] if move else []
    return "; or ".join([*ways, *([change] if change else [])]) or "nothing: it excludes all land"


def _nearest(spot: Spot, wanted: np.ndarray) -> Move | None:
    """The way to the nearest cell that is wanted, from the place to the cell's centre."""
    rows, columns = np.nonzero(wanted)
    if not rows.size:
        return None
    east = spot.suitable["x"].values[columns] - spot.x
    north = spot.suitable["y"].values[rows] - spot.y
    best = int(np.argmin(east**2 + north**2))
    to_x, to_y = spot.x + float(east[best]), spot.y + float(north[best])
    wind = round(math.degrees(math.atan2(east[best], north[best])) / 45) % 8
    return Move(float(math.hypot(east[best], north[best])), WINDS[wind], to_x, to_y)


def _verdict(free: bool, rules: int, move: Move | None) -> str:
    if free:
        return "Suitable: no rule excludes this place."
    said = f"Not suitable: {rules} rule{'s' * (rules != 1)} exclude{'s' * (rules == 1)} this place."
    if move is None:
        return f"{said} No land of this region is suitable."
    return f"{said} The nearest suitable place lies {move}."


def in_metres(distance_m: float) -> str:
    """A distance in words.

    Examples
    --------
    >>> in_metres(318.2), in_metres(2345)
    ('320 m', '2.3 km')
    """
    return f"{round(distance_m, -1):.0f} m" if distance_m < 995 else f"{distance_m / 1000:.1f} km"


def _coordinates(point: Any, crs: Any) -> tuple[float, float]:
    if isinstance(point, tuple):
        return float(point[0]), float(point[1])
    if hasattr(point, "to_crs"):
        series = point.to_crs(crs) if point.crs is not None and crs is not None else point
        point = series.geometry.iloc[0]
    return float(point.x), float(point.y)
