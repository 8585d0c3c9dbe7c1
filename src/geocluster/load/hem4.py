"""Input workbooks of EPA's HEM4: where sources are, and what each of them emits.

The columns are those of the HEM4 User's Guide (EPA, 2023), chapter 3. Some workbooks have a row of
groups above the names of columns.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError, TableError
from geocluster.load.pollutant_names import (
    pollutant_named,
    tell_skipped,
    unknown_in_words,
    unknown_pollutants,
)
from geocluster.load.spreadsheet import read_excel
from geocluster.load.units import units_of
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

# Our name to HEM4's, in small letters and without what is no letter or figure; by position in both.
LOCATIONS = (
    "facilityid", "sourceid", "locationtype", "longitude", "latitude", "utmzone", "sourcetype",
    "lengthx", "lengthy", "angle", "horzdim", "vertdim", "areavolreleasehgt", "stackhgtm",
    "stackdiameterm", "exitgasvelm", "exitgastempk", "elevationm", "x2", "y2",
)  # fmt: skip
EMISSIONS = ("facilityid", "sourceid", "pollutant", "tonsperyear")
ALIASES = {"hem3chem": "pollutant", "chemical": "pollutant", "sumemissiontpy": "tonsperyear"}
ALIASES |= {"emissionstpy": "tonsperyear", "emissiontpy": "tonsperyear", "emistpy": "tonsperyear"}
NUMBERS = (*LOCATIONS[3:5], *LOCATIONS[7:])
STACK = {
    "stack_height_m": "stackhgtm",
    "stack_diameter_m": "stackdiameterm",
    "exit_velocity_m_s": "exitgasvelm",
    "exit_temperature_k": "exitgastempk",
}
SPREAD = {
    "release_height_m": "areavolreleasehgt",
    "initial_sigma_y_m": "horzdim",
    "initial_sigma_z_m": "vertdim",
}
TYPES = {"P": "point", "H": "point", "C": "point", "A": "area", "V": "volume", "N": "line"}
DIRECTIONS = {"P": "vertical", "H": "horizontal", "C": "capped"}
NOT_READ = {
    "I": "a polygon, whose corners are in a third workbook: draw it in a vector file",
    "B": "a buoyant line: give it as a line, or as points",
}


def hem4_table(
    locations: str | Path, emissions: str | Path, *, skip_unknown: bool = False
) -> gpd.GeoDataFrame:
    """Join HEM4's workbook of locations to that of emissions.

    Parameters
    ----------
    locations : str or Path
        emisloc.xlsx: a row a source. Longitude and latitude, or coordinates and zone of UTM; types
        P, H, C (stacks), A (rectangles), V (volumes) and N (lines).
    emissions : str or Path
        hapemis.xlsx: a row a source and pollutant, in US short tons (of 907.18474 kg) a year.
    skip_unknown : bool
        Leave out, counted, pollutants that are not in pollutant_names.csv.

    Returns
    -------
    GeoDataFrame
        Sources in EPSG:4326, not yet checked; `source_id` is facility and source, `name` the
        facility. A pollutant that a source does not emit is 0.

    Raises
    ------
    InputError
        No workbook of this kind.
    TableError
        With every fault: rows of a type, zone or pollutant that is not known, without coordinates,
        of one source twice; sources that stand in one workbook alone.
    """
    sites = _workbook(locations, LOCATIONS)
    rates = _workbook(emissions, EMISSIONS)
    faults = _location_faults(sites, str(locations))
    faults += _emission_faults(rates, str(emissions), skip_unknown)
    faults += _unjoined(sites, rates, Path(locations).name, Path(emissions).name)
    if faults:
        raise TableError(str(locations), faults)
    unknown = unknown_pollutants(rates["pollutant"])
    if unknown:
        tell_skipped(unknown, str(emissions))
    return _joined(sites, rates)


def _workbook(path: str | Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A workbook under plain names of columns, which stand in its first row or its second."""
    import pandas as pd

    file = Path(path)
    table = None
    reasons: list[str] = []
    readable = False
    for row in (1, 2):
        try:
            found = read_excel(file, header_row=row)
        except InputError as error:
            reasons = reasons or error.faults
            continue
        readable = True
        if found.columns.size and _plain(found.columns[0]) == "facilityid":
            table = found
            break
    if table is None:
        neither = "neither its first row nor its second begins with FacilityID"
        told = neither if readable else "; ".join(reasons)
        raise InputError(str(file), f"it is no workbook of HEM4: {told}")
    table = table.rename(columns=lambda name: ALIASES.get(_plain(name), _plain(name)))
    lost = [name for name in columns if name not in table]
    if lost:
        raise TableError(str(file), [f"column '{name}' is missing: add it" for name in lost])
    for name in ("facilityid", "sourceid"):
        table[name] = [None if pd.isna(v) else _as_text(v) for v in table[name]]
    table["key"] = table["facilityid"] + "/" + table["sourceid"].str.upper()
    return table


def _plain(name: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _location_faults(sites: pd.DataFrame, where: str) -> list[str]:
    faults = _number_faults(sites, NUMBERS, "")
    faults += _rows(sites["key"].isna(), "FacilityID or SourceID is missing in {}: fill it in")
    doubled = sites["key"].duplicated(keep=False) & sites["key"].notna()
    faults += _rows(doubled, "one source stands there twice in {}: make each SourceID different")
    types = sites["sourcetype"].astype(str).str.upper()
    for kind, words in NOT_READ.items():
        faults += _rows(types == kind, f"SourceType {kind} in {{}} is {words}")
    strange = ~types.isin([*TYPES, *NOT_READ])
    faults += _rows(strange, f"SourceType in {{}}: allowed are {', '.join(TYPES)}")
    system = sites["locationtype"].astype(str).str.upper()
    faults += _rows(~system.isin(["L", "U"]), "LocationType in {}: allowed are L and U")
    zones = sites["utmzone"].map(lambda value: _zone(value) is None).astype(bool)
    faults += _rows((system == "U") & zones, "UTMzone in {}: give 1 to 60, with N or S behind it")
    for name, rows in {
        "longitude": system.notna(), "latitude": system.notna(), "x2": types == "N",
        "y2": types == "N", "lengthx": types.isin(["A", "N"]), "lengthy": types == "A",
    }.items():  # fmt: skip
        faults += _rows(rows & sites[name].isna(), f"column '{name}': no value in {{}}: fill it in")
    faults += _rows((system == "L") & _off(sites), "Longitude or Latitude in {} is off the earth")
    return faults


def _off(sites: pd.DataFrame) -> pd.Series:
    import pandas as pd

    x, y = (pd.to_numeric(sites[name], errors="coerce") for name in ("longitude", "latitude"))
    return (x.abs() > 180) | (y.abs() > 90)


def _emission_faults(rates: pd.DataFrame, where: str, skip_unknown: bool) -> list[str]:
    name = Path(where).name
    faults = _number_faults(rates, ("tonsperyear",), f"{name}: ")
    faults += _rows(rates["tonsperyear"].isna(), f"{name}: no emission in {{}}: fill it in")
    faults += _rows(rates["key"].isna(), f"{name}: FacilityID or SourceID is missing in {{}}")
    faults += _rows(rates["pollutant"].isna(), f"{name}: no pollutant in {{}}: name it")
    rates["pollutant"] = rates["pollutant"].astype(str)
    doubled = rates.duplicated(["key", "pollutant"], keep=False)
    faults += _rows(doubled, f"{name}: one source and pollutant stand there twice in {{}}")
    unknown = unknown_pollutants(rates["pollutant"])
    if unknown and not skip_unknown:
        faults.append(
            f"{name}: {unknown_in_words(unknown)}: to leave them out, add skip_unknown = true"
        )
    return faults


def _number_faults(table: pd.DataFrame, columns: tuple[str, ...], head: str) -> list[str]:
    import pandas as pd

    faults = []
    for name in columns:
        numbers = pd.to_numeric(table[name], errors="coerce")
        wrong = table[name].notna() & numbers.isna()
        faults += _rows(wrong, f"{head}column '{name}': no number in {{}}")
        if name == "tonsperyear":
            faults += _rows(numbers < 0, f"{head}column '{name}': below 0 in {{}}")
        table[name] = numbers
    return faults


def _unjoined(sites: pd.DataFrame, rates: pd.DataFrame, here: str, there: str) -> list[str]:
    faults = []
    for one, other, name in ((rates, sites, here), (sites, rates, there)):
        lost = one["key"].dropna()[~one["key"].dropna().isin(other["key"])].unique()
        if len(lost):
            listed = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
            faults.append(f"{len(lost)} sources (FacilityID/SourceID) are not in {name}: {listed}")
    return faults


def _rows(wrong: Any, sentence: str) -> list[str]:
    rows = [i + 1 for i, bad in enumerate(wrong) if bad]
    return [sentence.format(rows_in_words(rows))] if rows else []


def _zone(value: object) -> str | None:
    """The EPSG code of a UTM zone such as 16, "16N" or "33S"."""
    match = re.fullmatch(r"(\d{1,2})(?:\.0)?\s*([NS]?)", str(value).strip().upper())
    if not match or not 1 <= int(match.group(1)) <= 60:
        return None
    return f"EPSG:{327 if match.group(2) == 'S' else 326}{int(match.group(1)):02d}"


def _joined(sites: pd.DataFrame, rates: pd.DataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np

    types = sites["sourcetype"].str.upper()
    table = gpd.GeoDataFrame(
        {
            "source_id": sites["key"],
            "name": sites["facilityid"],
            "source_type": types.map(TYPES),
            "stack_direction": types.map(DIRECTIONS),
            "width_m": sites["lengthx"].where(types == "N"),
        },
        geometry=[_shape(row) for row in sites.to_dict("records")],  # type: ignore[arg-type]
        crs="EPSG:4326",
    )
    for ours, theirs in STACK.items():
        table[ours] = sites[theirs].where(types.isin(list(DIRECTIONS)))
    for ours, theirs in SPREAD.items():
        table[ours] = sites[theirs].where(~types.isin(list(DIRECTIONS)))
    if sites["elevationm"].notna().all():
        table["ground_m"] = sites["elevationm"]
    tons = units_of("emission")["short_ton_yr"]
    names = rates["pollutant"].map(pollutant_named)
    sums = rates["tonsperyear"].groupby([rates["key"], names]).sum().unstack()
    for pollutant in sums.columns:
        given = sums[pollutant].reindex(table["source_id"]).to_numpy()
        table[f"emission_{pollutant}_g_s"] = np.nan_to_num(tons.in_ours(given))
    return table.dropna(axis="columns", how="all")


def _shape(row: dict[str, Any]) -> BaseGeometry:
    """Where a source is, in degrees; its lengths are metres of UTM."""
    import math

    import geopandas as gpd
    from shapely.affinity import rotate
    from shapely.geometry import LineString, Point, box

    degrees = str(row["locationtype"]).upper() == "L"
    crs = "EPSG:4326" if degrees else _zone(row["utmzone"])
    x, y, kind = row["longitude"], row["latitude"], str(row["sourcetype"]).upper()
    if kind == "N":
        return gpd.GeoSeries([LineString([(x, y), (row["x2"], row["y2"])])], crs=crs).to_crs(4326)[
            0
        ]
    point = gpd.GeoSeries([Point(x, y)], crs=crs)
    if kind != "A":
        return point.to_crs(4326)[0]
    metric: Any = point.estimate_utm_crs() if degrees else crs
    corner: Any = point.to_crs(metric)[0]
    area = box(corner.x, corner.y, corner.x + row["lengthx"], corner.y + row["lengthy"])
    angle = (
        0.0 if math.isnan(row["angle"]) else row["angle"]
    )  # clockwise from north about the corner
    return gpd.GeoSeries([rotate(area, -angle, origin=corner)], crs=metric).to_crs(4326)[0]
