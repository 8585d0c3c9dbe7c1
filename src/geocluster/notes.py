"""What a reader must know before believing a result: what is assumed, and where nothing holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geocluster.tables import POLLUTANTS
from geocluster.validity import of_another_place

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.study import Study


def demonstration(study: Study) -> str | None:
    """Why a ranking from this study is a demonstration only; None where nothing speaks for it."""
    reasons = []
    if study.settings.inputs.population is None and study.settings.inputs.homes is None:
        reasons.append("people are not from a census grid")
    if _share_of_origin(study.sources, "stack_origin", "assumed") > 0:
        reasons.append("stacks are assumed")
    if _share_of_origin(study.sources, "emission_origin", "assumed") > 0:
        reasons.append("emissions are assumed")
    if of_another_place(study.region, study.weather, study.settings.weather):
        reasons.append("the weather is of another place")
    return f"Demonstration: {', '.join(reasons)}" if reasons else None


def assumptions(study: Study) -> list[str]:
    """What is assumed in this study, a sentence each, the most weighty first."""
    notes = [
        *_weather_notes(study),
        *_method_notes(study),
        *_source_notes(study.sources),
        *_urban_notes(study),
        *_people_notes(study),
        *_land_notes(study),
    ]
    return [*notes, *study.warnings]


def _share_of_origin(table: gpd.GeoDataFrame, column: str, origin: str) -> float:
    return float((table[column] == origin).mean()) if column in table and len(table) else 0.0


def _weather_notes(study: Study) -> list[str]:
    weather, settings = study.weather, study.settings.weather
    notes = []
    if of_another_place(study.region, study.weather, study.settings.weather):
        notes.append("The weather is not of this place: nothing on this map is for decisions.")
    notes.append(f"Weather: {weather.attrs.get('origin', 'origin not stated')}.")
    if settings.note:
        notes.append(settings.note)
    if "time" not in weather.coords:
        notes.append(
            "The weather is a wind rose by class: means over its period are answered, "
            "single hours and days are not."
        )
    return notes


def _method_notes(study: Study) -> list[str]:
    if study.settings.plume.method != "tables":
        return []
    return [
        "Means are by polar tables, not hour by hour: on a year of ten stacks the two differ by "
        "0.02 % in most places and 0.3 % at worst. Highest hours and percentiles are not answered."
    ]


def _source_notes(sources: gpd.GeoDataFrame) -> list[str]:
    notes = []
    for column, thing in (
        ("emission_origin", "Emissions"),
        ("stack_origin", "Stacks and heights of release"),
        ("location_origin", "Locations"),
    ):
        if column not in sources:
            continue
        counts = sources[column].fillna("reported").value_counts()
        rest = counts.drop("reported", errors="ignore")
        if len(rest):
            how = ", ".join(f"{count} {origin}" for origin, count in rest.sort_index().items())
            notes.append(f"{thing}: of {len(sources)} sources, {how}.")
    return notes


def _urban_notes(study: Study) -> list[str]:
    from geocluster.industry.auer import DENSE_PER_KM2

    if study.settings.plume.urban != "auer":
        return []
    urban, count = int(study.sources["urban"].sum()), len(study.sources)
    return [
        f"{urban} of {count} sources disperse as in a town (Auer's rule): half or more of the land "
        "within 3 km of them is industry, built up, or homes of more than "
        f"{DENSE_PER_KM2:g} people/km2. Compact houses cannot be told from scattered ones."
    ]


def _people_notes(study: Study) -> list[str]:
    homes = study.homes
    if "located" not in homes:
        return []
    rest = homes.loc[~homes["located"].astype(bool), "people"].sum()
    total = homes["people"].sum()
    notes = ["People within towns are spread by an assumed density that falls outwards."]
    if rest > 0:
        notes.append(
            f"{rest:,.0f} of {total:,.0f} people live outside listed towns; they are spread "
            "evenly over the inhabited plain, which is assumed."
        )
    return notes


def _land_notes(study: Study) -> list[str]:
    land = study.land
    if "origin" not in land or not (land["origin"] == "schematic").any():
        return []
    kinds = ", ".join(sorted(set(land.loc[land["origin"] == "schematic", "kind"])))
    return [
        f"Lines drawn by hand, coarse to some km: {kinds}. Distances to them are approximate, and "
        "land that no layer shows (protected areas, farmland, houses) excludes nothing."
    ]


def low_wind_notes(changes: dict[str, dict[str, float]], field: xr.Dataset) -> list[str]:
    """How much weak winds there are, and how their treatment moves the people-weighted mean."""
    weak = field.attrs.get("hours_below_1_m_s", 0.0)
    calm = field.attrs.get("calm_share", 0.0)
    if not weak:
        return []
    spans = []
    for case, words in (("raised", "raised to 1 m/s"), ("dropped", "left out as calms")):
        parts = [
            f"{POLLUTANTS.get(name, name)} {change[case]:+.0%}"
            for name, change in changes.items()
            if case in change
        ]
        spans += [f"{words}: {', '.join(parts)}"] if parts else []
    done = {
        "keep": "Calms are left out of means and the other weak winds kept",
        "drop": "All of them are left out of means as calms",
        "raise": "All of them are raised to 1 m/s",
    }[field.attrs.get("low_wind", "keep")]
    return [
        f"Winds under 1 m/s hold {weak:.0%} of the time (calms {calm:.0%}). {done}; the "
        f"people-weighted mean would change were all of them {'; '.join(spans)}."
    ]
