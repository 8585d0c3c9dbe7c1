"""The rules that say where a park may not stand: a table, read and checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError, TableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import geopandas as gpd
    import numpy as np
    import pandas as pd

COLUMNS = (
    "rule_id",
    "kind",
    "class",
    "keep_away_m",
    "min_people_km2",
    "min_assumed_people_km2",
    "whole_cell",
    "reason",
    "source",
    "grade",
)
REQUIRED = ("rule_id", "kind", "keep_away_m")
DEFAULTS: dict[str, Any] = {
    "class": "",
    "min_people_km2": 300.0,
    "min_assumed_people_km2": 1500.0,
    "whole_cell": "no",
    "reason": "",
    "source": "",
}
DENSITIES = ("min_people_km2", "min_assumed_people_km2")
GRADES = ("read", "derived", "known", "assumed", "given")
ZONE = "zone"
# How the origin of people begins who were counted by cell, and of those only assumed somewhere.
COUNTED, ASSUMED = ("raster",), ("assumed", "rural rest")


def read_rules(
    path: str | PathLike[str] | None = None, *, protection_zone_m: float | str = "II"
) -> pd.DataFrame:
    """Read a table of exclusion rules.

    Parameters
    ----------
    path : path, optional
        A CSV; the project's own table where left out (siting/exclusion_rules.csv).
    protection_zone_m : float or {"I", "II", "III", "IV", "V"}
        The park's sanitary protection zone, or its class: stands where the table says "zone".
        [m]

    Returns
    -------
    DataFrame
        rule_id, kind, class (kinds of that class only; empty is all), keep_away_m [m],
        min_people_km2 and min_assumed_people_km2 (homes known only as people counted by cell, or
        as people assumed to live somewhere there, count from this density on), whole_cell (the
        distance holds for whole cells of a candidate parcel, not only for their centres), reason,
        source, grade.

    Raises
    ------
    TableError
        Where a column is missing, or a row holds what cannot be; every fault at once.

    Examples
    --------
    >>> rules = read_rules(protection_zone_m=1000)
    >>> rules.loc[0, "rule_id"], float(rules.loc[0, "keep_away_m"])
    ('homes', 1000.0)
    """
    import pandas as pd

    where = "exclusion_rules.csv" if path is None else str(path)
    try:
        source = _package_file("exclusion_rules.csv") if path is None else path
        table = pd.read_csv(source, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(where, f"cannot be read as a CSV of rules: {error}") from error
    return check_rules(table, protection_zone_m=protection_zone_m, where=where)


def check_rules(
    table: pd.DataFrame, *, protection_zone_m: float | str = "II", where: str = "rules"
) -> pd.DataFrame:
    """A table of rules with every column filled in and of its type.

    Parameters
    ----------
    table : DataFrame
        At least rule_id, kind and keep_away_m; not changed.
    protection_zone_m : float or str
        As in `read_rules`. [m]
    where : str
        The file or argument, for the message.

    Returns
    -------
    DataFrame
        As `read_rules` returns it.

    Raises
    ------
    TableError
        With every fault at once.

    Examples
    --------
    >>> import pandas as pd
    >>> check_rules(pd.DataFrame({"rule_id": ["a"], "kind": ["rail"], "keep_away_m": [-1]}))
    Traceback (most recent call last):
    ...
    geocluster.errors.TableError: rules: rule 'a': keep_away_m is -1: give metres of 0 or more
    """
    import pandas as pd

    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise TableError(where, [f"column '{name}' is missing: add it" for name in missing])
    zone = zone_distance_m(protection_zone_m)
    rules = pd.DataFrame({"rule_id": table["rule_id"].astype(str)})
    rules["kind"] = table["kind"].astype(str)
    for name in COLUMNS[2:]:
        usual = DEFAULTS.get(name, "given")
        given = table[name].astype(object) if name in table else pd.Series(usual, table.index)
        blank = given.isna() | (given.astype(str).str.strip() == "")
        rules[name] = given.where(~blank, usual)
    keep_away = rules["keep_away_m"].where(rules["keep_away_m"].astype(str) != ZONE, zone)
    rules["keep_away_m"] = pd.to_numeric(keep_away, errors="coerce")
    for name in DENSITIES:
        rules[name] = pd.to_numeric(rules[name], errors="coerce")
    faults = _faults(rules, table)
    if faults:
        raise TableError(where, faults)
    rules["whole_cell"] = rules["whole_cell"].map(_truth)
    text = ["class", "reason", "source", "grade"]
    return rules.astype(dict.fromkeys(text, str) | {"whole_cell": bool})


def zone_distance_m(zone: float | str) -> float:
    """The width of a sanitary protection zone, by its class or as it is given. [m]

    Examples
    --------
    >>> zone_distance_m("I"), zone_distance_m(350)
    (1000.0, 350.0)
    """
    import pandas as pd

    table = pd.read_csv(_package_file("protection_zones.csv"), dtype={"class": str})
    widths = dict(zip(table["class"], table["distance_m"].astype(float), strict=True))
    if isinstance(zone, str) and zone in widths:
        return float(widths[zone])
    try:
        width = float(zone)
    except ValueError:
        width = -1.0
    if not 0 <= width < float("inf"):
        allowed = f"metres of 0 or more, or a class: {', '.join(widths)}"
        raise InputError("protection zone", f"{zone!r} is not allowed: give {allowed}")
    return width


def _faults(rules: pd.DataFrame, given: pd.DataFrame) -> list[str]:
    faults = []
    for row, rule in enumerate(rules.to_dict("records")):
        name = f"rule '{rule['rule_id']}'"
        for column in ("keep_away_m", *DENSITIES):
            if not 0 <= rule[column] < float("inf"):
                value = given[column].iloc[row]
                unit = "metres" if column == "keep_away_m" else "people/km2"
                faults.append(f"{name}: {column} is {value}: give {unit} of 0 or more")
        if _truth(rule["whole_cell"]) is None:
            faults.append(f"{name}: whole_cell is {rule['whole_cell']!r}: give yes or no")
        if str(rule["grade"]) not in GRADES:
            faults.append(f"{name}: grade is {rule['grade']!r}: allowed are {', '.join(GRADES)}")
        if not re.fullmatch(r"[\w-]+", str(rule["rule_id"])):
            faults.append(f"{name}: a rule_id is letters, digits, hyphens and underscores")
    twice = rules["rule_id"][rules["rule_id"].duplicated()].unique()
    return faults + [f"rule '{name}' stands twice: give each its own rule_id" for name in twice]


def shapes_of(
    rule: Mapping[Any, Any],
    homes: gpd.GeoDataFrame | None,
    places: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
) -> np.ndarray:
    """The geometries that a rule keeps away from.

    Parameters
    ----------
    rule : mapping
        A row of the rules.
    homes, places, land : GeoDataFrame or None
        In one reference system.

    Returns
    -------
    array of shapely geometries
        Empty where there are none: the rule cannot be checked. A rule that names classes leaves
        out rows of other classes, but keeps rows of which no class is known.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point
    >>> land = gpd.GeoDataFrame({"kind": ["rail", "road"]}, geometry=[Point(0, 0), Point(1, 1)])
    >>> shapes_of({"kind": "rail", "class": ""}, None, None, land)
    array([<POINT (0 0)>], dtype=object)
    """
    import numpy as np

    if rule["kind"] == "homes":
        return _lived_in(homes, *(float(rule[name]) for name in DENSITIES))
    found = []
    for table in (places, land):
        if table is None or not len(table):
            continue
        if "kind" not in table:
            raise TableError("land", "column 'kind' is missing: add it")
        rows = (table["kind"] == rule["kind"]).to_numpy()
        wanted = [name.strip() for name in str(rule["class"]).split(";") if name.strip()]
        if wanted and "class" in table:
            known = table["class"].notna() & (table["class"].astype(str) != "")
            rows = rows & (table["class"].isin(wanted) | ~known).to_numpy()
        found.append(table.geometry[rows & table.geometry.notna().to_numpy()].values)
    return np.concatenate(
        [np.asarray(part, dtype=object) for part in found] or [np.empty(0, object)]
    )


def _lived_in(
    homes: gpd.GeoDataFrame | None, least_counted: float, least_assumed: float
) -> np.ndarray:
    """Homes that keep a park away: those located, and the others where they are dense."""
    import numpy as np

    if homes is None or not len(homes):
        return np.empty(0, object)
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
    return np.asarray(shapes[rows & ~(density < least)].values, dtype=object)


def _begins(homes: gpd.GeoDataFrame, beginnings: tuple[str, ...]) -> np.ndarray:
    import numpy as np

    if "origin" not in homes:
        return np.zeros(len(homes), bool)
    words = homes["origin"].fillna("").astype(str).str.lower()
    return np.asarray(words.str.startswith(beginnings), dtype=bool)


def _truth(value: object) -> bool | None:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    return words.get(str(value).strip().lower())


def _package_file(name: str):  # type: ignore[no-untyped-def]
    from importlib.resources import files

    return files("geocluster.siting").joinpath(name)
