"""What a reader must know before believing a result: what is assumed, and where nothing holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.maps.doubts import demonstration_for, doubts_in
from geocluster.study import hours_in_words, sources_in_words
from geocluster.tables import POLLUTANTS
from geocluster.validity import of_another_place
from geocluster.words import marked

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.study import Study


def demonstration(study: Study) -> str | None:
    """Why a ranking from this study is a demonstration only; None where nothing speaks for it."""
    reasons = []
    if study.settings.inputs.population is None and study.settings.inputs.homes is None:
        reasons.append(marked("people are not from a census grid"))
    reasons += doubts_in(sources=study.sources)
    if _of_another_place(study):
        several = len(study.weathers) > 1
        whole = marked("the weather is of another place")
        reasons.append(marked("part of the weather is of another place") if several else whole)
    return demonstration_for(reasons)


def assumptions(study: Study) -> list[str]:
    """What is assumed in this study, a sentence each, the most weighty first."""
    notes = [
        *_weather_notes(study),
        *_deposition_notes(study),
        *_method_notes(study),
        *_source_notes(study.sources),
        *_urban_notes(study),
        *_people_notes(study),
        *_land_notes(study),
        *_road_notes(study),
    ]
    return [*notes, *study.warnings]


def all_notes(
    study: Study, terrain: dict[str, Any], low_winds: dict[str, dict[str, float]], field: xr.Dataset
) -> list[str]:
    """All that a run says of itself, a sentence each, the most weighty first."""
    return [
        *terrain_doubts(terrain),
        *assumptions(study),
        *terrain_notes(terrain),
        *shared_hour_notes(field),
        *low_wind_notes(low_winds, field),
    ]


def _weather_notes(study: Study) -> list[str]:
    weather, settings = study.weather, study.settings
    if len(study.weathers) > 1:
        return _weathers_notes(study)
    notes = []
    if _of_another_place(study):
        notes.append("The weather is not of this place: nothing on this map is for decisions.")
    notes.append(f"Weather: {weather.attrs.get('origin', 'origin not stated')}.")
    if settings.weather.note:
        notes.append(settings.weather.note)
    if "time" not in weather.coords:
        notes.append(
            "The weather is a wind rose by class: means over its period are answered, "
            "single hours and days are not."
        )
    return notes


def _road_notes(study: Study) -> list[str]:
    """What the travel times rest on, where the fringe is drawn by them."""
    if study.settings.siting.fringe_minutes is None or study.roads is None:
        return []
    return [f"{note[0].upper()}{note[1:]}." for note in study.roads.notes]


def _method_notes(study: Study) -> list[str]:
    if study.settings.plume.method != "tables":
        return []
    return [
        "Means and burden are by polar tables, not hour by hour: on a year of ten stacks the two "
        "differ by 0.02% in most places and 0.4% at worst. Highest hours and percentiles are not "
        "answered."
    ]


def _of_another_place(study: Study) -> bool:
    settings = study.settings.weather
    return of_another_place(study.region, study.weather, settings, study.weather_areas)


def _weathers_notes(study: Study) -> list[str]:
    """Of several weathers: where each is taken, by which sources, and how much of it there is."""
    settings = study.settings
    notes = []
    if _of_another_place(study):
        notes.append(
            "Outside the areas of the weather places the weather is not of this region: nothing "
            "there is for decisions."
        )
    where = {
        place.name: f"within {place.within_km:g} km of its station"
        if place.within_km
        else "in its area"
        for place in settings.weather_places
    }
    notes.append(
        "Each source, and a park at each place, disperses in the weather of its own place, "
        "straight on where a plume enters the ground of another."
    )
    for name, weather in study.weathers.items():
        own = source_names(study.sources[study.sources["weather"] == name])
        calms = weather.attrs.get("calm_share", 0.0)
        notes.append(
            f"Weather {name}, {where.get(name, 'wherever no other is taken')}: "
            f"{weather.attrs.get('origin', 'origin not stated')}; {hours_in_words(weather)}, "
            f"{calms:.0%} calms; {sources_in_words(len(own))}{_listed(own)}."
        )
    sections = (settings.weather, *settings.weather_places)
    return [*notes, *(section.note for section in sections if section.note)]


def source_names(sources: gpd.GeoDataFrame) -> list[str]:
    """What sources are called: by name, else by id."""
    names = sources["source_id"].astype(str)
    if "name" in sources:
        given = sources["name"].astype(object)
        names = given.where(given.notna() & (given != ""), names).astype(str)
    return names.tolist()


def _listed(names: list[str], most: int = 5) -> str:
    """
    Examples
    --------
    >>> _listed(["A", "B"]), _listed(["A", "B", "C"], most=1)
    (' (A, B)', ' (A and 2 more)')
    """
    if not names:
        return ""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f" ({', '.join(names[:most])}{more})"


def shared_hour_notes(field: xr.Dataset) -> list[str]:
    """Which hours count where several weathers are taken together; nothing for one weather."""
    told = field.attrs
    if "weather_places" not in told or told["method"] == "tables":
        return []
    if "hours_shared" not in told:
        return [
            "The weathers of the places share no hours, or one is a wind rose: means over their "
            "own hours are answered, single hours and days are not."
        ]
    return [
        f"Highest hours and percentiles are of the {told['hours_shared_valid']:,} hours that all "
        f"places with a source share without a calm; {told['hours_shared_dropped']:,} more are "
        "left out as calms of one place or another. Means are over each place's own hours."
    ]


def _deposition_notes(study: Study) -> list[str]:
    settings = study.settings.plume
    if not settings.deposition:
        return []
    kinds = []
    for name, part in settings.deposition.items():
        label = POLLUTANTS.get(name, name)
        if part.diameter_um is None or part.mass_fraction is None:
            kinds.append(f"{label} as a gas at {part.velocity_m_s:g} m/s")
            continue
        sizes = ", ".join(
            f"{share:.0%} of {size:g} um"
            for size, share in zip(part.diameter_um, part.mass_fraction, strict=True)
        )
        kinds.append(f"{label} as particles, {sizes}")
    left = "is taken from the plume" if settings.depletion else "is not taken from the plume"
    return [
        f"Dry deposition: {'; '.join(kinds)}, on ground of a roughness length of "
        f"{settings.roughness_m:g} m. These are assumed unless measured; what is deposited {left}. "
        "Other pollutants, and the burden of a park, are without it."
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
        f"{DENSE_PER_KM2:,g} people/km2. Compact houses cannot be told from scattered ones."
    ]


def _people_notes(study: Study) -> list[str]:
    homes = study.homes
    if "located" not in homes:
        return []
    rest = homes.loc[~homes["located"].astype(bool), "people"].sum()
    total = homes["people"].sum()
    if "district" in homes:
        return _district_notes(rest, total)
    if homes["origin"].astype(str).str.startswith("allocated").any():
        notes = [
            "People of the listed towns are spread evenly over the residential areas around each, "
            "as far as OpenStreetMap has them."
        ]
        discs = "live in towns without a mapped residential area, on an assumed disc about each."
        return [*notes, f"{rest:,.0f} of {total:,.0f} people {discs}"] if rest > 0 else notes
    notes = ["People within towns are spread by an assumed density that falls outwards."]
    if rest > 0:
        notes.append(
            f"{rest:,.0f} of {total:,.0f} people live outside listed towns; they are spread "
            "evenly over the inhabited plain, which is assumed."
        )
    return notes


def _district_notes(rest: float, total: float) -> list[str]:
    notes = []
    if rest < total:
        notes.append(
            "People of districts are spread evenly over the residential areas or buildings in each."
        )
    if rest > 0:
        notes.append(
            f"{rest:,.0f} of {total:,.0f} people are known by district alone; they are spread "
            "evenly over the whole of it, fields and hills too."
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


def terrain_doubts(facts: dict[str, Any]) -> list[str]:
    """Where the ground is too high for the method; empty where it is not, or not known."""
    if not facts or not facts["higher_ground"]:
        return []
    return [
        f"{facts['higher_ground']} of {facts['sources']} sources have ground above their top "
        f"within reach, where the method does not hold: {facts['people_above']:,.0f} of "
        f"{facts['people']:,.0f} people live on such ground (hatched)."
    ]


def terrain_notes(facts: dict[str, Any]) -> list[str]:
    """What the ground is known from and does to the results; empty where it is not known."""
    if not facts:
        return []
    pixel_m = float(f"{facts['pixel_m']:.3g}")
    notes = [
        f"Terrain: {facts['files']}, pixels of {pixel_m:,g} m brought to cells of "
        f"{facts['cell_m']:,g} m; ground from {facts['lowest_m']:,.0f} to "
        f"{facts['highest_m']:,.0f} m. The burden, and with it the order of sites, is calculated "
        "over flat ground all the same."
    ]
    if facts["changes"]:
        parts = [f"{POLLUTANTS.get(p, p)} {c:+.0%}" for p, c in facts["changes"].items()]
        notes.append(f"Terrain moves the people-weighted mean by {', '.join(parts)}.")
    if facts["in_valleys"]:
        notes.append(
            f"Around {facts['in_valleys']} of {facts['sources']} sources the ground differs by "
            "more than 150 m within 10 km: winds follow the valleys there, and those of one "
            "station do not hold for the next valley."
        )
    return notes


def low_wind_notes(changes: dict[str, dict[str, float]], field: xr.Dataset) -> list[str]:
    """How much weak winds there are, and how their treatment moves the people-weighted mean."""
    weak = _weak_winds(field)
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
        f"Winds under 1 m/s hold {weak}. {done}; the "
        f"people-weighted mean would change were all of them {'; '.join(spans)}."
    ]


def _weak_winds(field: xr.Dataset) -> str:
    """The share of weak winds and calms in words, by place where a source is; empty without any."""
    told, prefix = field.attrs, "hours_below_1_m_s"
    names = [key.removeprefix(prefix) for key in told if str(key).startswith(prefix)]
    parts = [
        f"{told[prefix + name]:.0%} of the time{' at' * bool(name)}{name.replace('_', ' ', 1)} "
        f"(calms {told['calm_share' + name]:.0%})"
        for name in names
        if told[prefix + name] and told.get("sources" + name, 1)
    ]
    return ", ".join(parts)
