"""What may be wrong with a table of rules, each fault with its rule and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

GRADES = ("read", "derived", "known", "assumed", "given")
LIMIT_UNITS = {"keep_away_m": "metres", "at_most_m": "metres", "at_most_percent": "percent"}
DENSITY_COLUMNS = ("min_people_km2", "min_assumed_people_km2")
RESERVED = ("outside_region", "outside_fringe")
CLASSES = ("I", "II", "III", "IV", "V")


def rule_faults(rules: pd.DataFrame, given: pd.DataFrame, written: pd.DataFrame) -> list[str]:
    """Every fault of a table of rules.

    Parameters
    ----------
    rules : DataFrame
        With every column, numbers as numbers (NaN where they are none).
    given : DataFrame
        The table as it came, for the messages.
    written : DataFrame
        Which of the three limits a row gives.
    """
    faults: list[str] = []
    for row, rule in enumerate(rules.to_dict("records")):
        name = f"rule '{rule['rule_id']}'"
        limits = [column for column in LIMIT_UNITS if written[column].iloc[row]]
        for column in (*limits, *DENSITY_COLUMNS):
            if not 0 <= rule[column] < float("inf"):
                value = given[column].iloc[row]
                unit = LIMIT_UNITS.get(column, "people/km2")
                faults.append(f"{name}: {column} is {value}: give {unit} of 0 or more")
        faults += [f"{name}: {fault}" for fault in _limit_faults(str(rule["kind"]), limits)]
        whole = truth(rule["whole_cell"])
        if whole is None:
            faults.append(f"{name}: whole_cell is {rule['whole_cell']!r}: give yes or no")
        elif whole and "keep_away_m" not in limits:
            faults.append(f"{name}: whole_cell goes with keep_away_m only: give no")
        if str(rule["grade"]) not in GRADES:
            faults.append(f"{name}: grade is {rule['grade']!r}: allowed are {', '.join(GRADES)}")
        if not re.fullmatch(r"[\w-]+", str(rule["rule_id"])):
            faults.append(f"{name}: a rule_id is letters, digits, hyphens and underscores")
        if rule["rule_id"] in RESERVED:
            faults.append(f"{name}: this name is the project's own: give the rule another")
        if not str(rule["kind"]):
            faults.append(f"{name}: its kind is empty: say what the rule is about")
        unknown = [one for one in listed(str(rule["hazard_class"])) if one not in CLASSES]
        if unknown:
            faults.append(
                f"{name}: hazard_class is {rule['hazard_class']!r}: give classes of "
                f"{', '.join(CLASSES)}, with ; between several"
            )
    return faults + _twice(rules)


def _limit_faults(kind: str, limits: list[str]) -> list[str]:
    if len(limits) > 1:
        return [f"gives {' and '.join(limits)}: one limit a rule, make two rules of it"]
    wanted = ["at_most_percent"] if kind == "slope" else ["keep_away_m", "at_most_m"]
    if not limits:
        return [f"gives no limit: fill in {' or '.join(wanted)}"]
    if limits[0] not in wanted:
        return [f"{limits[0]} does not go with kind '{kind}': fill in {' or '.join(wanted)}"]
    return []


def _twice(rules: pd.DataFrame) -> list[str]:
    """A rule_id may stand in several rows where these are of different hazard classes."""
    faults = []
    for name, rows in rules.groupby("rule_id", sort=False):
        classes = [one for text in rows["hazard_class"] for one in listed(str(text)) or CLASSES]
        if len(rows) > 1 and len(set(classes)) < len(classes):
            faults.append(f"rule '{name}' stands twice: give each its own rule_id")
    return faults


def listed(text: str) -> list[str]:
    """The names in a cell of the table, with ; between several.

    Examples
    --------
    >>> listed("I; II")
    ['I', 'II']
    """
    return [name.strip() for name in text.split(";") if name.strip()]


def truth(value: object) -> bool | None:
    """Yes or no, in the words of a table; None where it is neither.

    Examples
    --------
    >>> truth("Yes"), truth("0"), truth("perhaps")
    (True, False, None)
    """
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    return words.get(str(value).strip().lower())
