"""The pages of the candidates as plain data: every figure of them stands in the tables of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.dossier.surroundings import (
    exposure_of,
    partners_of,
    touched_areas,
    zone_of,
)
from geocluster.dossier.svg import Strip
from geocluster.maps.features import site_heading
from geocluster.maps.text import clean, unit_in_words
from geocluster.panels.narratives import sentences
from geocluster.panels.words import rules_in_words
from geocluster.sentences import tell
from geocluster.siting.criteria import criteria_table

if TYPE_CHECKING:
    import pandas as pd

    from geocluster.results import Results
    from geocluster.study import Study
    from geocluster.words import Words

FIRST = 20
ALWAYS = ("proposed", "existing zone", "brownfield")
MOST_PAGES = 200
LONGEST = 2_000
SHARE_UNIT = "0 to 1"
Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class CriterionRow:
    """One criterion of one candidate, among all of them; places count from the best."""

    label: str
    group: str
    value: str
    median: str
    weight: str
    place: str
    amount: float
    strip: Strip | None


@dataclass(frozen=True)
class Candidate:
    """One page: plain text, never HTML."""

    site_id: str
    heading: str
    lead: str
    facts: Rows
    criteria: list[CriterionRow]
    exposure: Rows
    exposure_note: str
    zone: Rows
    partners: Rows
    told: list[str]
    doubts: list[str]
    shares: list[tuple[float, str]]
    shape: Any
    anchor: str = ""
    exposure_table: list[list[str]] = field(default_factory=list)
    emits: bool = False


def chosen(sites: pd.DataFrame, first: int = FIRST) -> pd.DataFrame:
    """The candidates that get a page: the first by rank, and all that somebody named.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"rank": [3, 1, 2, 4], "kind": ["proposed", *["empty land"] * 3]})
    >>> chosen(sites, 1)["rank"].tolist()
    [1, 3]
    """
    ordered = sites.sort_values("rank", kind="stable") if "rank" in sites else sites
    best = np.arange(len(ordered)) < first
    named = ordered["kind"].isin(ALWAYS).to_numpy() if "kind" in ordered else best
    return ordered[best | named].head(max(MOST_PAGES, first))


def candidates_of(study: Study, results: Results, words: Words, first: int) -> list[Candidate]:
    """The pages, best first."""
    sites = chosen(results.sites, first)
    strips = strips_of(results)
    told = {one["site_id"]: one for one in results.narratives}
    middles = sites.geometry.representative_point().to_crs("EPSG:4326")
    return [
        _candidate(study, results, words, row, (number, point.x, point.y), strips, told)
        for number, (row, point) in enumerate(
            zip(sites.to_dict("records"), middles, strict=True), 1
        )
    ]


def strips_of(results: Results) -> dict[str, Strip]:
    """Each criterion that some site has a value for, over all sites as they were ranked."""
    counted = results.sites if results.measured is None else results.measured
    rows = criteria_table(results.sites).to_dict("records")
    return {
        str(row["column"]): Strip(
            f"gd-c{number}",
            counted[row["column"]].to_numpy(dtype=float),
            _less(row, results.weights),
        )
        for number, row in enumerate(rows)
        if row["completeness"] > 0 and row["column"] in counted
    }


def _less(row: Mapping[Any, Any], weights: Mapping[str, float]) -> bool:
    return weights.get(row["column"], 0) < 0 or row["direction"] != "more"


def _candidate(
    study: Study,
    results: Results,
    words: Words,
    site: dict[Any, Any],
    place: tuple[int, float, float],
    strips: Mapping[str, Strip],
    narratives: Mapping[str, dict[str, Any]],
) -> Candidate:
    number, longitude, latitude = place
    shape, site_id = site["geometry"], str(site["site_id"])
    story = narratives.get(site_id)
    told = sentences({**story, "name": clean(story.get("name"))}) if story else []
    told = [tell(clean(text, LONGEST), words.language) for text in told]
    exposure, note, table = exposure_of(study, results, words, site)
    return Candidate(
        site_id=clean(site_id, 40),
        heading=tell(site_heading(site), words.language),
        lead=told[0] if told else "",
        facts=_facts(words, site, len(results.sites), (longitude, latitude)),
        criteria=_criteria(results, words, site, strips),
        exposure=exposure,
        exposure_note=note,
        exposure_table=table,
        zone=zone_of(study, words, site),
        partners=partners_of(results, words, site),
        told=told[1:],
        doubts=_doubts(results, words, site),
        shares=_shares(words, site),
        shape=shape,
        anchor=f"site-{number}",
        emits=bool(study.park.emissions),
    )


def _facts(words: Words, site: Mapping[Any, Any], count: int, place: tuple[float, float]) -> Rows:
    where = words(
        "{latitude} N, {longitude} E",
        latitude=words.fixed(place[1], 4),
        longitude=words.fixed(place[0], 4),
    )
    rows = [
        (words("Site"), clean(site["site_id"], 40)),
        (words("Rank"), f"{words.fixed(site['rank'])} / {words.fixed(count)}"),
        (words("Kind"), words(clean(site.get("kind")))),
        (words("Area"), _amount(words, site.get("area_ha"), "ha")),
        (words("A point inside"), where),
        (words("Score"), _amount(words, site.get("score"), "")),
        (words("Nearest homes"), _amount(words, site.get("nearest_home_m"), "m")),
        (words("People on the site"), _amount(words, site.get("people_on_site"), "")),
    ]
    return [(label, text) for label, text in rows if text]


def _criteria(
    results: Results, words: Words, site: Mapping[Any, Any], strips: Mapping[str, Strip]
) -> list[CriterionRow]:
    rows = []
    own = results.sites["site_id"].to_numpy() == site["site_id"]
    for row in criteria_table(results.sites).to_dict("records"):
        name = str(row["column"])
        if name not in strips:
            continue
        strip, value, unit = strips[name], float(site[name]), str(row["unit"])
        middle = float(np.nanmedian(results.sites[name].to_numpy(dtype=float)))
        weight = abs(results.weights.get(name, 0.0))
        rows.append(
            CriterionRow(
                label=words(str(row["label"])),
                group=words(str(row["group"])),
                value=_amount(words, value, unit) or words("missing"),
                median=_amount(words, middle, unit, bare=True),
                weight=words.percent(weight, 1) if weight else "–",
                place=_place(words, strip, float(strip.values[own][0])),
                amount=float(strip.values[own][0]),
                strip=strip if math.isfinite(value) else None,
            )
        )
    return rows


def _place(words: Words, strip: Strip, value: float) -> str:
    """1 where no other is better, of those that have a value."""
    if not math.isfinite(value):
        return "–"
    known = strip.known
    better = int((known < value).sum() if strip.less else (known > value).sum())
    return f"{words.fixed(better + 1)} / {words.fixed(len(known))}"


def _amount(words: Words, value: Any, unit: str, bare: bool = False) -> str:
    """A figure with its unit; empty where it is missing."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return ""
    if not math.isfinite(number):
        return ""
    if unit == SHARE_UNIT:
        return words.number(100 * number) + words.symbols()["percent"]
    told = words.number(number)
    return told if bare or not unit else f"{told} {words(unit_in_words(unit))}"


def _doubts(results: Results, words: Words, site: Mapping[Any, Any]) -> list[str]:
    """What is assumed of this site, or speaks against deciding from these figures."""
    told = []
    if site.get("approximate") is True or site.get("approximate") == 1:
        told.append(words("its position is not known exactly"))
    assumed = words("assumed, or drawn by hand")
    for label, said, longest in (
        (words("breaks these rules"), rules_in_words(site.get("breaks_rules")), 2000),
        (words("area"), site.get("area_origin"), 200),
        (assumed[:1].lower() + assumed[1:], site.get("criteria_notes"), 600),
    ):
        text = clean(said, longest)
        told += [f"{label}: {tell(text, words.language)}"] if text else []
    not_for = words("not for decisions")
    touched = touched_areas(results, site["geometry"])
    told += [f"{not_for}: {tell(reason, words.language)}" for reason in touched]
    return told


def _shares(words: Words, site: Mapping[Any, Any]) -> list[tuple[float, str]]:
    """How often the site is first, and among the first three, over all cases."""
    given = (
        ("acceptability", words("first in {share} of the cases", share="{share}")),
        (
            "top_three_share",
            words("among the first three in {share} of the cases", share="{share}"),
        ),
    )
    return [
        (float(site[name]), text.format(share=words.percent(float(site[name]))))
        for name, text in given
        if site.get(name) is not None and math.isfinite(float(site[name]))
    ]
