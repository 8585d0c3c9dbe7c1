"""NOAA's Integrated Surface Database: full records, its global-hourly CSV, and ISD-Lite [1]_.

The first two hold the same groups: WND (direction, quality, type, speed, quality), CIG (ceiling),
TMP, DEW and, where observed, GF1 (total cloud), GD1.. and GA1.. (layers). Numbers are whole and
scaled; times are UTC.

References
----------
.. [1] NOAA (2018), Federal Climate Complex data documentation for Integrated Surface Data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import TableError
from geocluster.load.isd_lite import OKTAS, lines_table
from geocluster.load.station_hours import StationHours, hours_of_reports, relative_humidity
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

SUSPECT = frozenset("2367")  # quality codes: suspect (2, 6), erroneous (3, 7)
SUMMARIES = ("SOD", "SOM", "PCP15", "PCP60", "SHEF")  # of days and months, or of rain alone
LAYER_OKTAS = {
    "0": 0,
    "1": 2,
    "2": 4,
    "3": 7,
    "4": 8,
    "5": 8,
}  # clear, few, scattered, broken, full
UNLIMITED_CEILING_M = 22_000
SHORTEST = 105
_GROUPS = {
    "GF1": re.compile(r"GF1(\d\d)(\d\d)(.)"),
    "GD": re.compile(r"GD[1-6](\d)(\d\d)(.)"),
    "GA": re.compile(r"GA[1-6](\d\d)(.)"),
}
CSV_COLUMNS = ("STATION", "DATE", "WND")

_FORMS = {
    "WND": re.compile(r"\d{3},\w,\w,\d{4},\w"),
    "CIG": re.compile(r"\d{5},\w(,.*)?"),
    "TMP": re.compile(r"[+-]\d{4},\w"),
    "DEW": re.compile(r"[+-]\d{4},\w"),
}

Report = dict[str, float]
Groups = Mapping[str, Any]  # parts of a group; GF1, GD and GA are sequences of such


class Record(NamedTuple):
    """A report: its row in the file from 1, its time as written, and its groups."""

    row: int
    time: str
    groups: Groups


def is_global_hourly(names: Iterable[str]) -> bool:
    """Whether a table's columns are those of NOAA's global-hourly CSV."""
    return set(CSV_COLUMNS) <= {str(name).strip().upper() for name in names}


def isd_hours(text: str, where: str) -> StationHours:
    """The hours of a file of full ISD records.

    Raises
    ------
    TableError
        With every fault: lines that are no records, several stations.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    short = [row + 1 for row, line in enumerate(lines) if len(line) < SHORTEST]
    if short:
        raise TableError(where, f"{rows_in_words(short)} are no complete ISD records")
    stations = Counter(f"{line[4:10]}-{line[10:15]}" for line in lines)
    records = [
        Record(row, *_of_line(line))
        for row, line in enumerate(lines, start=1)
        if not line[41:46].strip().startswith(SUMMARIES)
    ]
    place = {"latitude": (lines[-1][28:34], 1000), "longitude": (lines[-1][34:41], 1000)}
    head = {key: f"{float(text) / scale:g}" for key, (text, scale) in place.items() if _told(text)}
    return _hours(records, stations, head, len(lines) - len(records), "NOAA ISD", where)


def global_hourly_hours(cells: pd.DataFrame, where: str) -> StationHours:
    """The hours of NOAA's global-hourly CSV.

    Raises
    ------
    TableError
        With every fault.
    """
    named = {str(name).strip().upper(): str(name) for name in cells.columns}
    rows = cells.rename(columns={old: new for new, old in named.items()}).to_dict("records")
    stations = Counter(str(row["STATION"]).strip() for row in rows)
    records = [
        Record(number, *_of_row(row))
        for number, row in enumerate(rows, start=1)
        if not str(row.get("REPORT_TYPE", "")).strip().startswith(SUMMARIES)
    ]
    head = {}
    for key in ("latitude", "longitude"):
        text = str(rows[-1].get(key.upper(), "")).strip()
        if text:
            head[key] = text
    name = str(rows[-1].get("NAME", "")).strip()
    origin = f"NOAA global-hourly (ISD){', ' + name if name else ''}"
    return _hours(records, stations, head, len(rows) - len(records), origin, where)


def isd_lite_hours(text: str, where: str) -> StationHours:
    """The hours of an ISD-Lite file, which does not tell its place.

    Raises
    ------
    InputError
        Where lines are not of that form.
    """
    hours = lines_table(text, where)
    humidity = relative_humidity(hours["temperature_c"], hours.pop("dew_point_c"))
    table = hours.assign(
        temperature_k=hours.pop("temperature_c") + 273.15,
        cloud_tenths=hours.pop("cloud_percent") / 10,
        humidity_percent=humidity,
    )
    return StationHours(table, {}, f"NOAA ISD-Lite, {where}")


def _of_line(line: str) -> tuple[str, Groups]:
    """Time and groups of a record of fixed places."""
    added = line[SHORTEST:].split("REM", 1)[0]
    groups = {
        "WND": (line[60:63], line[63], line[64], line[65:69], line[69]),
        "CIG": (line[70:75], line[75]),
        "TMP": (line[87:92], line[92]),
        "DEW": (line[93:98], line[98]),
    }
    layers = {key: tuple(pattern.findall(added)) for key, pattern in _GROUPS.items()}
    return line[15:27], groups | layers


def _of_row(row: Mapping[Any, Any]) -> tuple[str, Groups]:
    """Time and groups of a row of the CSV."""
    parts = {key: tuple(str(row.get(key) or "").split(",")) for key in ("WND", "CIG", "TMP", "DEW")}
    layers = {
        kind: tuple(
            (*str(row[name]).split(","), "", "")
            for name in names
            if str(row.get(name) or "").strip()
        )
        for kind, names in {
            "GF1": ("GF1",),
            "GD": tuple(f"GD{i}" for i in range(1, 7)),
            "GA": tuple(f"GA{i}" for i in range(1, 7)),
        }.items()
    }
    return str(row["DATE"]), parts | layers


def _hours(
    records: list[Record],
    stations: Mapping[str, int],
    head: dict[str, str],
    summaries: int,
    origin: str,
    where: str,
) -> StationHours:
    import pandas as pd

    if len(stations) > 1:
        named = ", ".join(f"{name} ({count:,})" for name, count in list(stations.items())[:5])
        raise TableError(where, f"reports of {len(stations)} stations ({named}): give one a file")
    station = next(iter(stations))
    if not records:
        raise TableError(where, "there is no hourly report in it")
    time = pd.to_datetime(
        pd.Series([record.time for record in records], dtype=str),
        errors="coerce",
        format="ISO8601" if "T" in records[0].time else "%Y%m%d%H%M",
    )
    faults = _form_faults(records)
    bad = [record.row for record, there in zip(records, time.notna(), strict=True) if not there]
    if bad:
        faults.append(f"no time can be read in {rows_in_words(bad)}")
    if faults:
        raise TableError(where, faults)
    suspect: Counter[str] = Counter()
    reports = pd.DataFrame([_values(record.groups, suspect) for record in records])
    reports["time"] = time
    mended = []
    if summaries:
        mended.append(
            f"{summaries:,} summaries of days or months, no reports of an hour, passed over"
        )
    if suspect:
        counts = ", ".join(f"{name} {count:,}" for name, count in suspect.items())
        mended.append(f"values marked suspect or erroneous (quality 2, 3, 6, 7) left out: {counts}")
    variable = int((reports["wind_from_deg"].isna() & (reports["wind_speed_m_s"] > 0)).sum())
    if variable:
        mended.append(f"{variable:,} reports of variable or missing direction with a wind")
    text = f"{origin}, station {station}"
    return StationHours(hours_of_reports(reports), head, text, mended=tuple(mended))


def _form_faults(records: list[Record]) -> list[str]:
    """Groups that are there and not of the documented form, each kind with its rows."""
    faults = []
    for name, form in _FORMS.items():
        texts = [(record.row, ",".join(record.groups[name])) for record in records]
        rows = [row for row, text in texts if text.strip(" ,") and not form.fullmatch(text)]
        if rows:
            faults.append(f"{name} in {rows_in_words(rows)} is not of the documented form")
    return faults


def _values(groups: Groups, suspect: Counter[str]) -> Report:
    """Wind, temperature, humidity and cloud of one report; NaN where missing or suspect."""
    direction, speed = _wind(groups["WND"], suspect)
    temperature = _number(groups["TMP"], 9999, 10, "temperature", suspect)
    dew = _number(groups["DEW"], 9999, 10, "dew point", suspect)
    ceiling = _number(groups["CIG"], 99999, 1, "ceiling", suspect)
    return {
        "wind_speed_m_s": speed,
        "wind_from_deg": direction,
        "temperature_k": temperature + 273.15,
        "humidity_percent": float(relative_humidity(temperature, dew)),
        "cloud_tenths": _cloud(groups),
        "ceiling_m": np.inf if ceiling >= UNLIMITED_CEILING_M else ceiling,
    }


def _wind(group: tuple[str, ...], suspect: Counter[str]) -> tuple[float, float]:
    """Direction and speed; a calm is type C, or a speed of 0 without a type."""
    if len(group) < 5:
        return np.nan, np.nan
    direction, direction_quality, kind, speed, speed_quality = (part.strip() for part in group[:5])
    from_deg = _number((direction, direction_quality), 999, 1, "direction", suspect)
    m_s = _number((speed, speed_quality), 9999, 10, "wind speed", suspect)
    if kind == "C" or (m_s == 0 and kind in ("9", "N", "")):
        return 0.0, 0.0
    if kind == "V":
        from_deg = np.nan
    return from_deg, m_s


def _number(
    group: tuple[str, ...], missing: int, scale: int, name: str, suspect: Counter[str]
) -> float:
    """A scaled number with its quality code; NaN where missing or suspect."""
    text = group[0].strip()
    if not _told(text) or abs(int(text)) == missing:
        return np.nan
    if len(group) > 1 and group[1].strip() in SUSPECT:
        suspect[name] += 1
        return np.nan
    return int(text) / scale


def _told(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,9}", text.strip()) is not None and abs(int(text)) not in (
        99_999,
        999_999,
    )


def _cloud(groups: Groups) -> float:
    """Cloud in tenths: opaque else total cover, else the fullest layer, summed or single."""
    for total, opaque, quality, *_ in groups["GF1"]:
        if quality in SUSPECT:
            continue
        for code in (opaque, total):
            if code.isdecimal() and int(code) in OKTAS:
                return 1.25 * OKTAS[int(code)]
    layers = [
        OKTAS.get(int(oktas)) if oktas != "99" else LAYER_OKTAS.get(code)
        for code, oktas, quality, *_ in groups["GD"]
        if quality not in SUSPECT and oktas.isdecimal()
    ]
    layers += [
        OKTAS.get(int(oktas))
        for oktas, quality, *_ in groups["GA"]
        if quality not in SUSPECT and oktas.isdecimal()
    ]
    known = [oktas for oktas in layers if oktas is not None]
    return 1.25 * max(known) if known else np.nan
