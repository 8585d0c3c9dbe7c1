"""The rules that say where a park may not stand: a table, read and checked."""

from __future__ import annotations

import difflib
import warnings
from typing import TYPE_CHECKING, Any

from geocluster.errors import GeoclusterWarning, InputError, TableError
from geocluster.siting.rule_faults import listed, rule_faults, truth

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

COLUMNS = (
    "rule_id",
    "kind",
    "class",
    "hazard_class",
    "keep_away_m",
    "at_most_m",
    "at_most_percent",
    "min_people_km2",
    "min_assumed_people_km2",
    "whole_cell",
    "reason",
    "source",
    "grade",
    "keep_away_by",
)
REQUIRED = ("rule_id", "kind")
LIMITS = ("keep_away_m", "at_most_m", "at_most_percent")
DEFAULTS: dict[str, Any] = {
    "class": "",
    "hazard_class": "",
    "keep_away_m": float("nan"),
    "at_most_m": float("nan"),
    "at_most_percent": float("nan"),
    "min_people_km2": 300.0,
    "min_assumed_people_km2": 1500.0,
    "whole_cell": "no",
    "reason": "",
    "source": "",
    "keep_away_by": "",
}
DENSITIES = ("min_people_km2", "min_assumed_people_km2")
GRADES = ("read", "derived", "known", "assumed", "given")
ZONE, ACCIDENT = "zone", "accident"
CLASS_TABLES = {ZONE: "protection_zones.csv", ACCIDENT: "accident_distances.csv"}
HAZARD_CLASSES = ("I", "II", "III", "IV", "V")
SLOPE = "slope"
# Land of which a map or register says the category: a row without one says nothing.
CATEGORISED = ("cadastral", "master_plan")


def read_rules(
    path: str | PathLike[str] | None = None,
    *,
    protection_zone_m: float | str | None = None,
    hazard_class: str | None = None,
    accident_class: str | None = None,
) -> pd.DataFrame:
    """Read a table of exclusion rules.

    Parameters
    ----------
    path : path, optional
        A CSV; the project's own table where left out (siting/exclusion_rules.csv).
    protection_zone_m : float or {"I", "II", "III", "IV", "V"}, optional
        The park's sanitary protection zone, or its class: stands where the table says "zone".
        That of `hazard_class` where left out, and of class II without one. [m]
    hazard_class : {"I", "II", "III", "IV", "V"}, optional
        The park's hazard class (SanPiN: I is the worst).
    accident_class : {"I", "II", "III", "IV"}, optional
        The park's class of appropriate distance (KAS-18: IV is the worst): stands where the table
        says "accident"; such rules are left out of the table without one.

    Returns
    -------
    DataFrame
        rule_id, kind, class (kinds of that class only; empty is all), hazard_class (the rule
        holds for parks of these classes; empty is all), keep_away_m (excluded where nearer),
        at_most_m (excluded where farther) [m], at_most_percent (excluded where steeper) [%],
        min_people_km2 and min_assumed_people_km2 (homes known only as people counted by cell, or
        as people assumed to live somewhere there, count from this density on), whole_cell (the
        distance holds for whole cells of a candidate parcel, not only for their centres), reason,
        source, grade, keep_away_by ("zone" or "accident" where the park's class set the distance).

    Raises
    ------
    TableError
        Where a column is missing, or a row holds what cannot be; every fault at once.

    Examples
    --------
    >>> rules = read_rules(hazard_class="I")
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
    return check_rules(
        table,
        protection_zone_m=protection_zone_m,
        hazard_class=hazard_class,
        accident_class=accident_class,
        where=where,
    )


def check_rules(
    table: pd.DataFrame,
    *,
    protection_zone_m: float | str | None = None,
    hazard_class: str | None = None,
    accident_class: str | None = None,
    where: str = "rules",
) -> pd.DataFrame:
    """A table of rules with every column filled in and of its type.

    Parameters
    ----------
    table : DataFrame
        At least rule_id, kind and one of keep_away_m, at_most_m and at_most_percent; not changed.
    protection_zone_m, hazard_class, accident_class
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
    if not set(LIMITS) & set(table):
        missing.append("keep_away_m")
    if missing:
        raise TableError(where, [f"column '{name}' is missing: add it" for name in missing])
    _tell_of_slips(table, where)
    zone = zone_of(protection_zone_m, hazard_class)
    rules = pd.DataFrame({"rule_id": table["rule_id"].astype(str).str.strip()})
    rules["kind"] = table["kind"].astype(str).str.strip()
    for name in COLUMNS[2:]:
        usual = DEFAULTS.get(name, "given")
        given = table[name].astype(object) if name in table else pd.Series(usual, table.index)
        blank = given.isna() | (given.astype(str).str.strip() == "")
        rules[name] = given.where(~blank, usual)
    word = rules["keep_away_m"].astype(str).str.strip()
    rules["keep_away_by"] = rules["keep_away_by"].where(~word.isin([ZONE, ACCIDENT]), word)
    accident = 0.0 if accident_class is None else accident_distance_m(accident_class)
    for name, metres in ((ZONE, zone), (ACCIDENT, accident)):
        rules["keep_away_m"] = rules["keep_away_m"].where(word != name, metres)
        theirs = (word == name) & rules["grade"].isin(["read", "known"])
        rules["grade"] = rules["grade"].where(~theirs, _grade_of(name, metres))
    written = rules[list(LIMITS)].notna()
    for name in (*LIMITS, *DENSITIES):
        rules[name] = pd.to_numeric(rules[name], errors="coerce").astype(float)
    faults = rule_faults(rules, table, written)
    if faults:
        raise TableError(where, faults)
    rules["whole_cell"] = rules["whole_cell"].map(truth)
    text = ["class", "hazard_class", "reason", "source", "grade", "keep_away_by"]
    rules = rules.astype(dict.fromkeys(text, str) | {"whole_cell": bool})
    if accident_class is None:
        rules = rules[word.to_numpy() != ACCIDENT]
    return rules.reset_index(drop=True)


def rules_of_class(rules: pd.DataFrame, hazard_class: str | None) -> pd.DataFrame:
    """The rules that hold for parks of a hazard class, with the column `applies`.

    Without a class, rules for some classes only stay, once each, and do not apply: they cannot be
    checked.

    Examples
    --------
    >>> import pandas as pd
    >>> two = check_rules(pd.DataFrame({"rule_id": "a", "kind": "rail", "keep_away_m": [90, 50],
    ...                                 "hazard_class": ["I", "II;III"]}))
    >>> rules_of_class(two, "III")["keep_away_m"].tolist()
    [50.0]
    >>> rules_of_class(two, None)["applies"].tolist()
    [False]
    """
    for_all = rules["hazard_class"] == ""
    if hazard_class is None:
        chosen = rules.assign(applies=for_all).drop_duplicates("rule_id")
    else:
        check_hazard_class(hazard_class)
        for_it = rules["hazard_class"].map(lambda text: hazard_class in listed(text))
        chosen = rules[for_all | for_it].assign(applies=True)
    return chosen.reset_index(drop=True)


def check_hazard_class(hazard_class: str) -> None:
    """See that a hazard class is one."""
    if hazard_class not in HAZARD_CLASSES:
        allowed = ", ".join(HAZARD_CLASSES)
        raise InputError("hazard_class", f"{hazard_class!r} is not allowed: give one of {allowed}")


def zone_of(protection_zone_m: float | str | None, hazard_class: str | None) -> float:
    """The protection zone, from itself or the park's hazard class; class II without either. [m]

    Examples
    --------
    >>> zone_of(None, "III"), zone_of(350, None), zone_of(None, None)
    (300.0, 350.0, 500.0)
    """
    if hazard_class is None:
        return zone_distance_m("II" if protection_zone_m is None else protection_zone_m)
    check_hazard_class(hazard_class)
    of_class = zone_distance_m(hazard_class)
    if protection_zone_m is not None and zone_distance_m(protection_zone_m) != of_class:
        raise InputError(
            "protection zone",
            f"hazard class {hazard_class} has one of {of_class:g} m, but {protection_zone_m} is "
            "given: leave one of the two out",
        )
    return of_class


def _grade_of(word: str, metres: float) -> str:
    """How sure the distance of a class is; "given" where no class has it."""
    import pandas as pd

    table = pd.read_csv(_package_file(CLASS_TABLES[word]))
    grades = table["grade"][table["distance_m"] == metres].tolist()
    return str(grades[0]) if grades else "given"


def accident_distance_m(accident_class: str) -> float:
    """The appropriate distance of a class of KAS-18. [m]

    Examples
    --------
    >>> accident_distance_m("I")
    200.0
    """
    import pandas as pd

    table = pd.read_csv(_package_file(CLASS_TABLES[ACCIDENT]), dtype={"class": str})
    distances = dict(zip(table["class"], table["distance_m"].astype(float), strict=True))
    if accident_class not in distances:
        raise InputError(
            "accident_class",
            f"{accident_class!r} is not allowed: give a class of KAS-18: {', '.join(distances)}",
        )
    return float(distances[accident_class])


def zone_distance_m(zone: float | str) -> float:
    """The width of a sanitary protection zone, by its class or as it is given. [m]

    Examples
    --------
    >>> zone_distance_m("I"), zone_distance_m(350)
    (1000.0, 350.0)
    """
    import pandas as pd

    table = pd.read_csv(_package_file(CLASS_TABLES[ZONE]), dtype={"class": str})
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


def _tell_of_slips(table: pd.DataFrame, where: str) -> None:
    """A column that is nearly one of ours is a slip of the pen: it would be passed over."""
    for name in table:
        near = difflib.get_close_matches(str(name).lower(), COLUMNS, n=1, cutoff=0.8)
        if near and name not in COLUMNS:
            told = f"{where}: column {str(name)!r} is not read; did you mean '{near[0]}'?"
            warnings.warn(told, GeoclusterWarning, stacklevel=4)


def _package_file(name: str):  # type: ignore[no-untyped-def]
    from importlib.resources import files

    return files("geocluster.siting").joinpath(name)
