"""What lies about a candidate: who breathes what, who is near, which works, what is doubtful."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.text import clean, pollutant_label
from geocluster.sentences import tell
from geocluster.siting.criteria import BURDEN
from geocluster.siting.finalists import DIFFERENCE, FORWARD

if TYPE_CHECKING:
    from geocluster.results import Results
    from geocluster.study import Study
    from geocluster.words import Words

MOST_NAMES = 5
NEAREST_CLUSTERS = 3
BURDEN_UNIT = "persons × µg/m³ per g/s"
RATE_UNIT = "µg/m³ per g/s"
Rows = list[tuple[str, str]]


def exposure_of(
    study: Study, results: Results, words: Words, site: Mapping[Any, Any]
) -> tuple[Rows, str, list[list[str]]]:
    """What a park there adds: rows, how to read them, and a table of before and after."""
    rows = [
        (words("Burden"), _figure(words, site.get(BURDEN), BURDEN_UNIT)),
        (words("the same, run forward hour by hour"), _forward(words, site)),
        (words("Added at the worst-hit home"), _at_worst(words, site, "worst_home")),
        (words("Added at the worst-hit school or hospital"), _at_worst(words, site, "worst_place")),
        (
            words("People whom it brings above an annual limit"),
            _figure(words, site.get("people_newly_above"), ""),
        ),
    ]
    table = before_and_after(study, results, words, site)
    if study.park.emissions:
        note = words(
            "Today is what the sources of this study alone cause; added is the burden times what "
            "the park would emit, over all people of the study."
        )
    else:
        note = words(
            "The study does not say what the park would emit: figures are for each gram a second, "
            "and nothing can be said of limits. Give [park.emissions] for that."
        )
    return [(label, text) for label, text in rows if text], note, table


def before_and_after(
    study: Study, results: Results, words: Words, site: Mapping[Any, Any]
) -> list[list[str]]:
    """A row a pollutant: today's people-weighted mean, what the park adds, and both. [ug/m3]"""
    people = results.exposure["people"].to_numpy(dtype=float)
    burden = float(site.get(BURDEN, math.nan))
    added_each = burden / people.sum() if people.sum() else math.nan
    emissions = study.park.emissions
    names = [str(name) for name in results.field["pollutant"].values]
    names = [name for name in names if not name.endswith(("_low", "_high"))]
    rows = []
    for name in [*names, *(name for name in emissions if name not in names)]:
        today = _weighted(results, f"{name}_mean_ug_m3", people)
        added = added_each * emissions[name] if name in emissions else None
        each = added_each if not emissions else None
        shown = added if added is not None else each
        both = (0.0 if math.isnan(today) else today) + added if added is not None else None
        rows.append(
            [
                pollutant_label(name),
                words.number(today),
                "–" if shown is None else words.number(shown),
                "–" if both is None else words.number(both),
            ]
        )
    return rows


def _weighted(results: Results, column: str, people: np.ndarray) -> float:
    if column not in results.exposure:
        return math.nan
    values = results.exposure[column].to_numpy(dtype=float)
    known = np.isfinite(values) & (people > 0)
    return float(np.average(values[known], weights=people[known])) if known.any() else math.nan


def _forward(words: Words, site: Mapping[Any, Any]) -> str:
    text = _figure(words, site.get(FORWARD), BURDEN_UNIT)
    change = words.signed(float(site[DIFFERENCE]) if text else 0.0)
    return f"{text} ({change}{words.symbols()['percent']})" if text else ""


def _at_worst(words: Words, site: Mapping[Any, Any], what: str) -> str:
    text = _figure(words, site.get(f"{what}_ug_m3_per_g_s"), RATE_UNIT)
    name = tell(clean(site.get(f"{what}_name")), words.language)
    by_pollutant = [
        f"{pollutant_label(key.removeprefix(f'{what}_').removesuffix('_ug_m3'))} "
        f"{_figure(words, value, 'µg/m³')}"
        for key, value in site.items()
        if str(key).startswith(f"{what}_") and str(key).endswith("_ug_m3")
    ]
    return "; ".join(part for part in (text, *by_pollutant, name) if part) if text else ""


def zone_of(study: Study, words: Words, site: Mapping[Any, Any]) -> Rows:
    """The park's protection zone: how wide, who lives in it, which places lie in it."""
    width = study.park.protection_zone_m
    rows = [
        (words("Width"), _figure(words, width, "m")),
        (
            words("People on the site and in the zone"),
            _figure(words, site.get("people_in_protection_zone"), ""),
        ),
    ]
    places = study.places
    if places is None or not len(places):
        unknown = words("not known: the study has no schools, kindergartens or hospitals")
        return [*[row for row in rows if row[1]], (words("Vulnerable places in it"), unknown)]
    zone = site["geometry"].buffer(width)
    inside = places[places.geometry.to_crs(study.region.crs).intersects(zone).to_numpy()]
    names = [tell(clean(name), words.language) or "–" for name in inside.get("name", ())]
    names = names[:MOST_NAMES]
    more = f" +{len(inside) - MOST_NAMES}" if len(inside) > MOST_NAMES else ""
    told = f"{len(inside)}: {'; '.join(names)}{more}" if len(inside) else "0"
    return [*[row for row in rows if row[1]], (words("Vulnerable places in it"), told)]


def partners_of(results: Results, words: Words, site: Mapping[Any, Any]) -> Rows:
    """Clusters and by-products in reach."""
    by_products = clean(site.get("by_products"), 300)
    rows = [
        (words("Sectors within 20 km"), _figure(words, site.get("sectors_within_20_km"), "")),
        (words("By-products in reach"), tell(by_products, words.language)),
    ]
    clusters = results.clusters
    crs = results.sites.crs
    if len(clusters) and crs is not None:
        shapes = clusters.geometry.to_crs(crs)
        away = shapes.distance(site["geometry"]).to_numpy()
        for row in np.argsort(away, kind="stable")[:NEAREST_CLUSTERS]:
            one = clusters.iloc[int(row)]
            name = clean(one.get("name")) or clean(one.get("cluster_id"), 40)
            sectors = tell(clean(one.get("sectors"), 120), words.language)
            far = f"{words.number(float(away[row]) / 1000, 2)} {words('km')}"
            label = words("Cluster {name}", name=tell(name, words.language))
            rows.append((label, ", ".join(p for p in (far, sectors) if p)))
    told = [(label, text) for label, text in rows if text]
    return told or [(words("Clusters"), words("none is known"))]


def touched_areas(results: Results, shape: Any) -> list[str]:
    """Why the ground of a site is not for decisions; empty where nothing is said of it."""
    areas = results.not_valid
    crs = results.sites.crs
    if areas is None or not len(areas) or crs is None:
        return []
    there = areas[areas.geometry.to_crs(crs).intersects(shape).to_numpy()]
    return list(dict.fromkeys(clean(reason, 300) for reason in there["reason"]))


def _figure(words: Words, value: Any, unit: str) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return ""
    return f"{words.number(number)} {words(unit)}".strip() if math.isfinite(number) else ""
