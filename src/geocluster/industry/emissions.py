"""From what plants do to what they emit: reported figures first, else activity x factor.

Every factor, share and stack that stands in for a figure nobody has reported is a row of a table
beside this file: emission_factors.csv, release_defaults.csv and area_factors.csv. A study can
bring its own. The method and its limits are told in docs/emissions.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geocluster.errors import CRSError, TableError
from geocluster.industry.factors import (
    CASES,
    GRAMS,
    Table,
    read_area_factors,
    read_factors,
    read_releases,
    row_faults,
)
from geocluster.industry.land_use import NO_EMISSION, area_factor_of
from geocluster.industry.plants import activity, plant_faults, reported_pollutants, value_of
from geocluster.tables import STACK_COLUMNS, VOLUME_COLUMNS

if TYPE_CHECKING:
    import geopandas as gpd

# Emission of the low, central and high case, and its origin.
Total = tuple[dict[str, float], str]
SECONDS_A_YEAR = 365 * 86_400
# A place of grade A was published, B published but coarse, C recollected.
LOCATION_ORIGINS = {"A": "reported", "B": "allocated", "C": "assumed"}
WEAKEST_LAST = ("reported", "allocated", "factor", "assumed")
KEPT_COLUMNS = (
    "plant_id",
    "region",
    "town",
    "inside",
    "sector",
    "nace",
    "process",
    "fuel",
    "coord_err_m",
    "coord_grade",
    "capacity",
    "capacity_unit",
    "capacity_grade",
    "activity_note",
    "reported_source",
)


def emissions_from_activity(
    plants: pd.DataFrame,
    factors: Table = None,
    *,
    releases: Table = None,
) -> gpd.GeoDataFrame:
    r"""What plants emit, with its range: reported figures where there are any, else by factor.

    A row of `plants` is one process of a plant. Its activity is

    .. math:: A = C \, l \, s \, r \, / \, \eta

    with the capacity C a year, load factor l, share s of the fuel, product ratio r (t clinker a t
    cement, say) and efficiency :math:`\eta`; its emission is A times the factor. The range joins
    those of factor and activity as independent: their logarithms add in squares [1]_.
    A pollutant that a plant reports is taken as reported and no factor adds to it.

    Parameters
    ----------
    plants : DataFrame
        plant_id, name, longitude, latitude [degrees], process, capacity, capacity_unit (MW, GWh/yr,
        Mt/yr, t/day, t/yr, GJ/yr, pieces/yr); optional load_factor, share, efficiency,
        product_ratio, activity_range (0.2 is 20 % up and down), capacity_grade ("assumed" marks
        the result so), coord_grade (A, B, C), coord_err_m, sector, stack columns, and
        [low_, high_]reported_<pollutant>_t_yr.
    factors : DataFrame, path or None
        See `geocluster.industry.factors.read_factors`.
    releases : DataFrame, path or None
        Stacks and fugitive volumes by process: see `geocluster.industry.factors.read_releases`.

    Returns
    -------
    GeoDataFrame
        Sources in EPSG:4326: a stack a process and, where a share of it leaves through roofs and
        doors, a volume source `fugitive`. What a plant reports and what it does not stand in rows
        of their own, so that emission_origin is true of the whole row; `plant_id` keeps them
        together. Beside the usual columns [low_, high_]emission_<pollutant>_g_s,
        <pollutant>_origin, stack_origin, location_origin, stack_note, release, grade.

    Raises
    ------
    TableError
        Missing columns, unknown process or unit, values out of range: all at once.

    References
    ----------
    .. [1] IPCC 2006, Guidelines, volume 1, chapter 3, equation 3.1.

    Examples
    --------
    >>> plants = pd.DataFrame({
    ...     "plant_id": ["a"], "name": ["A"], "longitude": [69.3], "latitude": [41.3],
    ...     "process": ["power_gas"], "capacity": [1000.0], "capacity_unit": ["MW"],
    ...     "load_factor": [0.5], "efficiency": [0.4]})
    >>> sources = emissions_from_activity(plants)
    >>> round(sources["emission_nox_g_s"].item(), 2)   # 1250 MJ/s x 89 g/GJ
    111.25
    >>> sources["emission_origin"].item()
    'factor'
    """
    table = read_factors(factors)
    defaults = read_releases(releases)
    faults = plant_faults(plants, table, defaults)
    if faults:
        raise TableError("plants", faults)
    reported = reported_pollutants(plants)
    pollutants = list(dict.fromkeys([*table.index.get_level_values("pollutant"), *_all(reported)]))
    rows: list[dict[str, Any]] = []
    for _, plant in plants.iterrows():
        found = {p: _total(plant, p, table, reported) for p in pollutants}
        totals = {p: total for p, total in found.items() if total is not None}
        rows += _sources_of(plant, totals, table, defaults.loc[plant["process"]])
    return _as_sources(rows, pollutants)


def emissions_from_area(
    industrial_land: gpd.GeoDataFrame, factors: Table = None
) -> gpd.GeoDataFrame:
    r"""What industrial land may emit where nothing but its area and sector is known: assumed.

    A polygon becomes one volume source at a point inside it, with

    .. math:: E = a \, F, \qquad \sigma_{y0} = \sqrt{10^4 \, a} / 4.3

    for the area a [ha] and the factor F of its sector [g/s/ha] [1]_.

    Parameters
    ----------
    industrial_land : GeoDataFrame
        Polygons, with `sector` and optionally `area_ha` [ha] (measured where missing), `name`,
        `source_id`; other columns are kept. Sectors without a factor of their own take the one that
        land_use_rules.csv names; those that emit nothing (solar power, say) are left out.
    factors : DataFrame, path or None
        See `geocluster.industry.factors.read_area_factors`.

    Returns
    -------
    GeoDataFrame
        Sources in the CRS of the land; emission_origin and stack_origin are "assumed".

    Raises
    ------
    TableError
        Where geometry or sector is missing, or a geometry is no polygon.
    CRSError
        Where the land declares no CRS.

    References
    ----------
    .. [1] US EPA 1995, ISC3 User's Guide, volume II, table 1-6: a single volume source.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> land = gpd.GeoDataFrame(
    ...     {"sector": ["metals"]}, geometry=[box(0, 0, 430, 430)], crs="EPSG:32642")
    >>> source = emissions_from_area(land).iloc[0]
    >>> round(float(source["emission_nox_g_s"]), 4), round(float(source["initial_sigma_y_m"]), 1)
    (0.1849, 100.0)
    """
    table = read_area_factors(factors)
    _check_land(industrial_land)
    own = set(table.index.get_level_values("sector"))
    keys = industrial_land["sector"].map(lambda s: s if s in own else area_factor_of(str(s)))
    land = industrial_land[keys != NO_EMISSION].reset_index(drop=True)
    keys = keys[keys != NO_EMISSION].reset_index(drop=True)
    unknown = sorted(set(keys) - own)
    if unknown:
        raise TableError("area factors", f"no row for {', '.join(unknown)}: add it")
    area_ha = land["area_ha"] if "area_ha" in land else _area_ha(land)
    sources = land.set_geometry(land.geometry.representative_point()).assign(
        source_type="volume",
        area_ha=area_ha,
        area_factor=keys,
        initial_sigma_y_m=np.sqrt(area_ha * 1e4) / 4.3,
        emission_origin="assumed",
        stack_origin="assumed",
        location_origin="reported",
        grade="assumed by sector and area",
    )
    if "source_id" not in sources:
        sources["source_id"] = [f"area-{i + 1}" for i in range(len(sources))]
    for name in ("release_height_m", "initial_sigma_z_m"):
        heights = table[name].groupby(level="sector").max()
        sources[name] = keys.map(heights).astype(float)
    for pollutant in dict.fromkeys(table.index.get_level_values("pollutant")):
        rows = table.xs(pollutant, level="pollutant")
        for case, prefix in zip(CASES, ("low_", "", "high_"), strict=True):
            emission = keys.map(rows[case]).fillna(0.0).astype(float) * area_ha
            sources[f"{prefix}emission_{pollutant}_g_s"] = emission
    return sources


def _check_land(land: gpd.GeoDataFrame) -> None:
    where = "industrial land"
    if "sector" not in land:
        raise TableError(where, "column 'sector' is missing: add it")
    if land.crs is None:
        raise CRSError(where, "no reference system is declared: set the table's CRS")
    faults = row_faults(
        ~land.geometry.geom_type.isin(["Polygon", "MultiPolygon"]), "only polygons have an area"
    )
    if faults:
        raise TableError(where, faults)


def _area_ha(land: gpd.GeoDataFrame) -> pd.Series:
    metric = land if land.crs and land.crs.is_projected else land.to_crs("EPSG:6933")
    return metric.geometry.area / 1e4


def _all(reported: dict[str, set[str]]) -> list[str]:
    return sorted({p for pollutants in reported.values() for p in pollutants})


def _total(
    plant: pd.Series, pollutant: str, table: pd.DataFrame, reported: dict[str, set[str]]
) -> Total | None:
    """Emission of one process in the three cases [g/s] and its origin; None where it has none."""
    grams = 1e6 / SECONDS_A_YEAR
    central = plant.get(f"reported_{pollutant}_t_yr", np.nan)
    if pd.notna(central):
        low = value_of(plant, f"low_reported_{pollutant}_t_yr", central)
        high = value_of(plant, f"high_reported_{pollutant}_t_yr", central)
        return dict(zip(CASES, (low * grams, central * grams, high * grams), strict=True)), (
            "reported"
        )
    key = (plant["process"], pollutant)
    if pollutant in reported.get(str(plant["plant_id"]), ()) or key not in table.index:
        return None
    factor = table.loc[[key]].iloc[0]
    scale = activity(plant) * GRAMS[str(factor["unit"]).split("/")[0]] / SECONDS_A_YEAR
    spread = value_of(plant, "activity_range", 0.0)
    middle = float(factor["central"])
    low = _joined(middle, float(factor["low"]), 1 - spread)
    high = _joined(middle, float(factor["high"]), 1 + spread)
    origin = "assumed" if plant.get("capacity_grade") in ("assumed", "C") else "factor"
    return dict(zip(CASES, (low * scale, middle * scale, high * scale), strict=True)), origin


def _joined(middle: float, bound: float, ratio: float) -> float:
    """A bound of the product of two independent factors, their logarithms added in squares."""
    if middle <= 0 or bound <= 0:
        return bound * ratio
    distance = float(np.hypot(np.log(bound / middle), np.log(ratio)))
    sign = -1 if bound < middle or (bound == middle and ratio < 1) else 1
    return middle * float(np.exp(sign * distance))


def _sources_of(
    plant: pd.Series,
    totals: dict[str, Total],
    table: pd.DataFrame,
    release: pd.Series,
) -> list[dict[str, Any]]:
    """A stack and, where some of it leaves low, a volume source: the same tonnes in both."""
    shares = {p: _fugitive(table, str(plant["process"]), p) for p in totals}
    rows = []
    for suffix, group in _by_origin(totals).items():
        parts = {p: _divided(total, shares[p]) for p, (total, _) in group.items()}
        if any(shares[p]["central"] < 1 for p in group):
            stack = {p: part for p, (part, _) in parts.items()}
            rows.append(_source(plant, f"stack{suffix}", stack, group) | _stack(plant, release))
        if any(shares[p]["central"] > 0 for p in group):
            fugitive = {p: part for p, (_, part) in parts.items()}
            rows.append(_source(plant, f"fugitive{suffix}", fugitive, group) | _volume(release))
    return rows


def _by_origin(totals: dict[str, Total]) -> dict[str, dict[str, Total]]:
    """What is reported and what is not, so that no row mixes them."""
    reported = {p: total for p, total in totals.items() if total[1] == "reported"}
    rest = {p: total for p, total in totals.items() if total[1] != "reported"}
    if not reported or not rest:
        return {"": totals} if totals else {}
    return {"": reported, "-not-reported": rest}


def _divided(
    total: dict[str, float], share: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Stack and fugitive part in each case: together the total, neither out of order.

    The shares of the low and high case are met as far as the stack's part does not thereby pass its
    central value.
    """
    central = total["central"] * (1 - share["central"])
    stack = {
        "low": min(total["low"] * (1 - share["low"]), central),
        "central": central,
        "high": max(total["high"] * (1 - share["high"]), central),
    }
    return stack, {case: max(total[case] - stack[case], 0.0) for case in CASES}


def _fugitive(table: pd.DataFrame, process: str, pollutant: str) -> dict[str, float]:
    if (process, pollutant) not in table.index:
        return dict.fromkeys(CASES, 0.0)
    row = table.loc[[(process, pollutant)]].iloc[0]
    return {case: float(row[f"fugitive_{case}"]) for case in CASES}


def _source(
    plant: pd.Series,
    release: str,
    emissions: dict[str, dict[str, float]],
    totals: dict[str, Total],
) -> dict[str, Any]:
    origins = {p: origin for p, (_, origin) in totals.items() if emissions[p]["high"] > 0}
    row: dict[str, Any] = {
        "source_id": f"{plant['plant_id']}-{plant['process']}-{release}",
        "name": plant["name"],
        "release": release.removesuffix("-not-reported"),
        "longitude": float(plant["longitude"]),
        "latitude": float(plant["latitude"]),
    }
    row |= {name: plant[name] for name in KEPT_COLUMNS if name in plant.index}
    for pollutant, cases in emissions.items():
        row[f"emission_{pollutant}_g_s"] = cases["central"]
        row[f"low_emission_{pollutant}_g_s"] = cases["low"]
        row[f"high_emission_{pollutant}_g_s"] = cases["high"]
    row |= {f"{p}_origin": origin for p, origin in origins.items()}
    row["emission_origin"] = max(origins.values(), key=WEAKEST_LAST.index, default="assumed")
    grade = str(plant.get("coord_grade", "A"))
    row["location_origin"] = LOCATION_ORIGINS.get(grade, "assumed")
    row["grade"] = f"place {grade}, activity {plant.get('capacity_grade', 'not stated')}"
    return row


def _stack(plant: pd.Series, release: pd.Series) -> dict[str, Any]:
    known = {name: plant.get(name, np.nan) for name in STACK_COLUMNS}
    values = {n: float(v) if pd.notna(v) else float(release[n]) for n, v in known.items()}
    note = f"height reported ({plant.get('stack_source')}), the rest assumed by process"
    partly = pd.notna(known["stack_height_m"])
    whole = all(pd.notna(value) for value in known.values())
    return {
        "source_type": "point",
        **values,
        "stack_origin": "reported" if whole else "assumed",
        "stack_note": note if partly and not whole else str(release["source"]),
    }


def _volume(release: pd.Series) -> dict[str, Any]:
    return {
        "source_type": "volume",
        "release_height_m": float(release["fugitive_height_m"]),
        "initial_sigma_y_m": float(release["fugitive_sigma_y_m"]),
        "initial_sigma_z_m": float(release["fugitive_sigma_z_m"]),
        "stack_origin": "assumed",
        "stack_note": str(release["source"]),
    }


def _as_sources(rows: list[dict[str, Any]], pollutants: list[str]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    frame = pd.DataFrame(rows)
    for name in (*STACK_COLUMNS, *VOLUME_COLUMNS):
        if name not in frame:
            frame[name] = np.nan
    present = [p for p in pollutants if f"emission_{p}_g_s" in frame]
    for p in present:
        names = [f"emission_{p}_g_s", f"low_emission_{p}_g_s", f"high_emission_{p}_g_s"]
        frame[names] = frame[names].fillna(0.0)
    points = gpd.points_from_xy(frame.pop("longitude"), frame.pop("latitude"))
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")
