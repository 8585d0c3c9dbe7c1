"""METAR reports in a CSV, as Iowa State's ASOS archive gives them, or raw reports with their times.

Columns as `station,valid,tmpf,drct,sknt,skyc1,skyl1,...,metar`, times UTC, M or an empty cell for
missing, T for a trace. Where a column is silent, or is not there, the raw report is read [1]_.

References
----------
.. [1] WMO (2022), Manual on Codes, WMO-No. 306, FM 15 METAR; Iowa Environmental Mesonet, ASOS-AWOS-
   METAR data download.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.load.station_hours import StationHours, hours_of_reports, relative_humidity
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("", "M", "T", "NULL", "NONE", "NAN", "///")
KNOT_M_S, FOOT_M = 0.514444, 0.3048
SPEEDS = {"KT": KNOT_M_S, "MPS": 1.0, "KMH": 1 / 3.6}
# Oktas of a layer: few 1 to 2, scattered 3 to 4, broken 5 to 7, each at its upper end.
OKTAS = {"FEW": 2, "SCT": 4, "BKN": 7, "OVC": 8, "VV": 8}
CLEAR = ("SKC", "CLR", "NSC", "NCD", "CAVOK")
CEILINGS = ("BKN", "OVC", "VV")
# Column -> ours, factor, addition.
COLUMNS = {
    "drct": ("wind_from_deg", 1.0, 0.0),
    "sknt": ("wind_speed_m_s", KNOT_M_S, 0.0),
    "sped": ("wind_speed_m_s", 0.44704, 0.0),
    "tmpf": ("temperature_k", 5 / 9, 459.67 * 5 / 9),
    "tmpc": ("temperature_k", 1.0, 273.15),
    "relh": ("humidity_percent", 1.0, 0.0),
}
VALUES = ("wind_speed_m_s", "wind_from_deg", "temperature_k", "humidity_percent")
_WIND = re.compile(r"\b(VRB|\d{3}|///)(\d{2,3}|//)(?:G\d{2,3})?(KT|MPS|KMH)\b")
_TEMPERATURE = re.compile(r"\s(M?\d{2})/(M?\d{2})?(?=\s|$|=)")
_LAYER = re.compile(r"\b(FEW|SCT|BKN|OVC|VV)(\d{3})?")
_CLEAR = re.compile(r"\b(SKC|CLR|NSC|NCD|CAVOK)\b")
_TIME = re.compile(r"\b(\d{2})(\d{2})(\d{2})Z\b")
_END = re.compile(r"\b(RMK|TEMPO|BECMG|NOSIG)\b")


def is_metar(names: Iterable[str]) -> bool:
    """Whether a table's columns are those of reports: `valid` and a wind, or a raw `metar`."""
    lower = {str(name).strip().lower() for name in names}
    return "valid" in lower and bool(lower & {"drct", "sknt", "sped", "metar"})


def metar_hours(cells: pd.DataFrame, where: str) -> StationHours:
    """The hours of a table of reports.

    Raises
    ------
    TableError
        With every fault: times that cannot be read or are not UTC, cells that are no numbers,
        several stations.
    """
    import pandas as pd

    cells = cells.rename(columns={name: str(name).strip().lower() for name in cells.columns})
    faults = _station_faults(cells)
    time = pd.to_datetime(cells["valid"].str.strip(), errors="coerce", utc=True, format="ISO8601")
    bad = time.isna().to_numpy().nonzero()[0]
    if len(bad):
        rows = rows_in_words([int(row) + 1 for row in bad])
        faults.append(f"column 'valid': no time can be read in {rows}: write 2026-01-31 13:20")
    reports = pd.DataFrame({"time": time.dt.tz_localize(None)})
    for name in VALUES:
        reports[name] = np.nan
    for name, (ours, factor, addition) in COLUMNS.items():
        if name in cells:
            values, fault = _numbers(cells[name], name)
            faults += fault
            reports[ours] = reports[ours].fillna(values * factor + addition)
    layers = _layers_of_columns(cells)
    raw = [_read(text) for text in cells["metar"]] if "metar" in cells else []
    if raw:
        faults += _zone_faults(reports["time"], raw)
        told = pd.DataFrame([report for report, _, _ in raw])
        variable = told["variable"].to_numpy(bool)
        for name in VALUES:
            reports[name] = reports[name].fillna(told[name])
        reports.loc[variable, "wind_from_deg"] = np.nan
        layers = [own or said for own, (_, said, _) in zip(layers, raw, strict=True)]
    if faults:
        raise TableError(where, faults)
    reports[["cloud_tenths", "ceiling_m"]] = [_sky(report) for report in layers]
    calm = reports["wind_speed_m_s"] == 0
    reports["wind_from_deg"] = reports["wind_from_deg"].mask(calm, 0.0)
    mended = []
    count = int((reports["wind_from_deg"].isna() & (reports["wind_speed_m_s"] > 0)).sum())
    if count:
        mended.append(f"{count:,} reports of variable or missing direction with a wind")
    name = str(cells["station"].iloc[0]).strip() if "station" in cells else ""
    origin = f"METAR reports{', station ' + name if name else ''}"
    return StationHours(hours_of_reports(reports), _place(cells), origin, mended=tuple(mended))


def _read(text: str) -> tuple[dict[str, object], list[tuple[str, float]], int | None]:
    """Wind and temperature of a raw report, its layers of cloud, and its minute of the day."""
    body = _END.split(str(text).upper(), maxsplit=1)[0]
    found: dict[str, object] = {"variable": False}
    found.update(dict.fromkeys(VALUES, np.nan))
    wind = _WIND.search(body)
    if wind and wind[2] != "//":
        found["wind_speed_m_s"] = int(wind[2]) * SPEEDS[wind[3]]
        found["variable"] = wind[1] == "VRB"
        if wind[1].isdigit():
            found["wind_from_deg"] = float(wind[1])
    warmth = _TEMPERATURE.search(body)
    if warmth:
        celsius = _celsius(warmth[1])
        found["temperature_k"] = celsius + 273.15
        if warmth[2]:
            found["humidity_percent"] = float(relative_humidity(celsius, _celsius(warmth[2])))
    layers = [
        (kind, float(base) * 100 * FOOT_M if base else np.nan)
        for kind, base in _LAYER.findall(body)
    ]
    if not layers and _CLEAR.search(body):
        layers = [("CLR", np.nan)]
    time = _TIME.search(body)
    return found, layers, 60 * int(time[2]) + int(time[3]) if time else None


def _celsius(text: str) -> float:
    return -float(text[1:]) if text.startswith("M") else float(text)


def _layers_of_columns(cells: pd.DataFrame) -> list[list[tuple[str, float]]]:
    """The layers in columns skyc1 to skyc4 (cover) and skyl1 to skyl4 (base in feet)."""
    layers: list[list[tuple[str, float]]] = [[] for _ in range(len(cells))]
    for i in range(1, 5):
        if f"skyc{i}" not in cells:
            continue
        covers = cells[f"skyc{i}"].str.strip().str.upper()
        bases = (
            _numbers(cells[f"skyl{i}"], "")[0]
            if f"skyl{i}" in cells
            else covers.map(lambda _: np.nan)
        )
        for report, cover, base in zip(layers, covers, bases, strict=True):
            if cover[:3] in OKTAS or cover[:2] == "VV" or cover in CLEAR:
                report.append((cover[:2] if cover[:2] == "VV" else cover[:3], float(base) * FOOT_M))
    return layers


def _sky(layers: list[tuple[str, float]]) -> tuple[float, float]:
    """Cloud in tenths by the fullest layer, and the base of the lowest that is broken or more."""
    if not layers:
        return np.nan, np.nan
    oktas = max(OKTAS.get(cover, 0) for cover, _ in layers)
    bases = [base for cover, base in layers if cover in CEILINGS]
    return 1.25 * oktas, (
        float(np.nanmin(bases)) if not np.isnan(bases).all() else np.nan
    ) if bases else np.inf


def _numbers(column: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    import pandas as pd

    text = column.str.strip().str.upper()
    empty = text.isin(MISSING) | ((text == "VRB") if name == "drct" else False)
    numbers = pd.to_numeric(text.mask(empty), errors="coerce").astype(float)
    bad = (numbers.isna() & ~empty).to_numpy().nonzero()[0]
    if not len(bad):
        return numbers, []
    rows = rows_in_words([int(row) + 1 for row in bad])
    return numbers, [f"column '{name}': {text.iloc[bad[0]]!r} in {rows} is not a number, M or T"]


def _station_faults(cells: pd.DataFrame) -> list[str]:
    if "station" not in cells:
        return []
    counts = Counter(cells["station"].str.strip())
    if len(counts) < 2:
        return []
    named = ", ".join(f"{name} ({count:,})" for name, count in list(counts.items())[:5])
    return [f"reports of {len(counts)} stations ({named}): give one a file"]


def _zone_faults(time: pd.Series, raw: list) -> list[str]:
    """Times that do not agree with the Z time within the raw reports."""
    told = np.array([np.nan if minute is None else minute for _, _, minute in raw], dtype=float)
    given = (time.dt.hour * 60 + time.dt.minute).to_numpy(dtype=float)
    apart = np.abs((given - told + 720) % 1440 - 720)
    known = ~np.isnan(apart)
    if known.sum() and (apart[known] > 20).mean() > 0.1:
        return [
            "column 'valid': its times differ from those in the raw reports "
            f"(by {np.median(apart[known]) / 60:g} h): download them in UTC"
        ]
    return []


def _place(cells: pd.DataFrame) -> dict[str, str]:
    head = {}
    for key, names in (("latitude", ("lat", "latitude")), ("longitude", ("lon", "longitude"))):
        for name in names:
            if name in cells and cells[name].iloc[0].strip().upper() not in MISSING:
                head[key] = cells[name].iloc[0].strip()
    return head
