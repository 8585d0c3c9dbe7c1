"""Limits of outdoor air: sets kept as data, each value with source, averaging time and grade."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).with_suffix("")
GRADES = ("read", "derived", "known")
COLUMNS = (
    "limit_id",
    "set",
    "set_name",
    "pollutant",
    "averaging",
    "statistic",
    "value_ug_m3",
    "allowed",
    "source",
    "date",
    "grade",
    "level",
    "printed",
    "note",
)
# Keys of one limit that are text; value_ug_m3 is the only number.
REQUIRED = ("pollutant", "averaging", "statistic", "grade")
OPTIONAL = ("allowed", "source", "date", "level", "printed", "note")
HEAD = ("set", "name", "source", "date")
NAME = re.compile(r"^[a-z0-9][a-z0-9_.-]*$")


def known_limits() -> list[str]:
    """The sets of limits that come with geocluster.

    Examples
    --------
    >>> "who-2021" in known_limits()
    True
    """
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_limits(limits: str | Path | Sequence[str | Path] = "who-2021") -> pd.DataFrame:
    """Read sets of limits by name, or files of the same form.

    Parameters
    ----------
    limits : str, Path or sequence of them
        A known set (`known_limits`) or the path of a .toml file. A later set's value takes the
        place of an earlier one with the same `limit_id`, so that a file of one's own can
        override a known value or add to it.

    Returns
    -------
    DataFrame
        A row a limit: limit_id, set, set_name, pollutant, averaging (``1y``, ``24h``, ``1h``,
        ..., or ``not stated``), statistic (the variable of a concentration that answers it, empty
        where none can), value_ug_m3 [ug/m3], allowed (how often it may be passed), source, date
        (published, or to be met by), grade (``read`` in a source, ``derived`` from one,
        ``known`` but not confirmed), level, printed (the value as its source prints it), note.

    Raises
    ------
    InputError
        Where a set is unknown (the known ones are named) or a file is at fault.

    Examples
    --------
    >>> table = read_limits("who-2021").set_index("limit_id")
    >>> float(table.loc["who-2021_no2_1y", "value_ug_m3"])
    10.0
    """
    import pandas as pd

    names = [limits] if isinstance(limits, str | Path) else list(limits)
    rows: dict[str, dict[str, Any]] = {}
    for name in names:
        for row in _read_set(_path_of(name)):
            rows[row["limit_id"]] = row
    return pd.DataFrame(list(rows.values()), columns=list(COLUMNS))


def _path_of(name: str | Path) -> Path:
    if isinstance(name, str) and name in known_limits():
        return FOLDER / f"{name}.toml"
    path = Path(name)
    if path.suffix != ".toml":
        known = ", ".join(known_limits())
        raise InputError("limits", f"no set {str(name)!r}: known are {known}; or give a .toml file")
    if not path.is_file():
        raise InputError(str(path), "no such file of limits")
    return path


def _read_set(path: Path) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(path.name, f"broken TOML: {error}") from error
    limits = document.pop("limit", [])
    faults = _text_faults(document, HEAD, HEAD, "")
    if not isinstance(limits, list) or not all(isinstance(limit, dict) for limit in limits):
        raise InputError(path.name, [*faults, "limits stand in tables [[limit]]"])
    if not limits:
        faults.append("there is no [[limit]] in it")
    for number, limit in enumerate(limits, 1):
        faults += _limit_faults(limit, f"limit {number}: ")
    if faults:
        raise InputError(path.name, faults)
    rows = [_row(document, limit) for limit in limits]
    names = [row["limit_id"] for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(path.name, f"twice in it: {', '.join(twice)}; tell them apart by `level`")
    return rows


def _limit_faults(limit: dict[str, Any], where: str) -> list[str]:
    text = {key: value for key, value in limit.items() if key != "value_ug_m3"}
    faults = _text_faults(text, REQUIRED, REQUIRED + OPTIONAL, where)
    value = limit.get("value_ug_m3")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        faults.append(f"{where}value_ug_m3 is {value!r}: a number above 0 is needed [ug/m3]")
    if "grade" in limit and limit["grade"] not in GRADES:
        faults.append(f"{where}grade is {limit['grade']!r}: allowed are {', '.join(GRADES)}")
    pollutant = limit.get("pollutant")
    if isinstance(pollutant, str) and not NAME.match(pollutant):
        faults.append(f"{where}pollutant is {pollutant!r}: give a name as in columns, such as so2")
    return faults


def _text_faults(
    table: dict[str, Any], required: Sequence[str], allowed: Sequence[str], where: str
) -> list[str]:
    faults = [f"{where}key {key!r} is missing" for key in required if key not in table]
    faults += [
        f"{where}unknown key {key!r}: allowed are {', '.join(allowed)}"
        for key in table
        if key not in allowed
    ]
    faults += [
        f"{where}{key} is {value!r}: text is needed"
        for key, value in table.items()
        if key in allowed and not isinstance(value, str)
    ]
    return faults


def _row(head: dict[str, str], limit: dict[str, Any]) -> dict[str, Any]:
    parts = [
        head["set"],
        limit["pollutant"],
        limit["averaging"].replace(" ", ""),
        limit.get("level"),
    ]
    return {
        "limit_id": "_".join(part for part in parts if part),
        "set": head["set"],
        "set_name": head["name"],
        **dict.fromkeys(OPTIONAL, ""),
        "source": head["source"],
        "date": head["date"],
        **limit,
        "value_ug_m3": float(limit["value_ug_m3"]),
    }


def why_not_answerable(
    limit: Mapping[Any, Any] | pd.Series, pollutants: Sequence[str], statistics: Sequence[str]
) -> str:
    """Why a concentration cannot answer a limit; empty where it can.

    Parameters
    ----------
    limit : mapping or Series
        A row of `read_limits`.
    pollutants, statistics : sequence of str
        What the concentration holds.

    Examples
    --------
    >>> limit = read_limits("who-2021").set_index("limit_id").loc["who-2021_so2_24h"]
    >>> why_not_answerable(limit, ["so2"], ["mean"])
    'needs p99_24h (averaged over 24h); the concentration holds mean only'
    """
    if limit["pollutant"] not in pollutants:
        return f"{limit['pollutant']} is not among the pollutants computed"
    if not limit["statistic"]:
        return "its source does not state the averaging time"
    if limit["statistic"] not in statistics:
        held = ", ".join(statistics)
        return (
            f"needs {limit['statistic']} (averaged over {limit['averaging']}); "
            f"the concentration holds {held} only"
        )
    return ""
