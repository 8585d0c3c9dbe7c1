"""The first candidates one by one, in words: what speaks for each, and what would turn it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.maps.text import unit_in_words
from geocluster.panels.words import figure, rules_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geocluster.maps.panels import Panel
    from geocluster.results import Results

SHOWN = 5


def narratives_panels(results: Results) -> list[Panel]:
    """What speaks for and against the first candidates; the rest stands in candidates.json."""
    if not results.narratives:
        return []
    from geocluster.maps.panels import Panel

    text = [results.verdict]
    text += [" ".join(sentences(told)) for told in results.narratives[:SHOWN]]
    more = len(results.narratives) - SHOWN
    if more > 0:
        text.append(f"The other {more} candidates are told in candidates.json.")
    return [Panel("The first candidates, one by one", text)]


def sentences(told: Mapping[str, Any]) -> list[str]:
    """A candidate in sentences, from `geocluster.siting.narratives.narratives`.

    Examples
    --------
    >>> sentences({"site_id": "S1", "name": "", "kind": "empty land", "area_ha": 50.0, "rank": 2,
    ...            "of": 9, "strengths": [], "weaknesses": [], "missing": [], "weight_flips": [],
    ...            "value_flips": [], "facts": {}})[0]
    'S1, empty land of 50 ha: place 2 of 9.'
    """
    return [
        _who(told),
        *_findings("For it", told["strengths"]),
        *_findings("Against it", told["weaknesses"]),
        *_flips(told),
        *_doubts(told),
    ]


def _who(told: Mapping[str, Any]) -> str:
    name = f"{told['site_id']} ({told['name']})" if told.get("name") else str(told["site_id"])
    kind = f", {told['kind']} of {figure(told['area_ha'])} ha" if told.get("area_ha") else ""
    share = told.get("top_three_share")
    sure = "" if share is None else f", among the top three in {share:.0%} of the cases"
    return f"{name}{kind}: place {told['rank']} of {told['of']}{sure}."


def _findings(heading: str, findings: list[Mapping[str, Any]]) -> list[str]:
    if not findings:
        return []
    parts = [
        f"{_lower(one['label'])}, {_amount(one['value'], one['unit'])} ({_place(one)}; the middle "
        f"one has {_amount(one['median'], _bare(one['unit']))})"
        for one in findings
    ]
    return [f"{heading}: {'; '.join(parts)}."]


def _place(one: Mapping[str, Any]) -> str:
    others = one["shared_with"]
    shared = f", as {others} other{'s' * (others > 1)}" if others else ""
    return f"place {one['place']} of {one['of']}{shared}"


def _flips(told: Mapping[str, Any]) -> list[str]:
    turns = "It would no longer be first" if told["rank"] == 1 else "It would be first"
    parts = [
        f"if the weight of '{_lower(flip['label'])}' were {flip['needed']:.0%} instead of "
        f"{flip['now']:.0%}"
        for flip in told["weight_flips"][:1]
    ]
    parts += [
        f"if '{_lower(flip['label'])}' were {_amount(flip['needed'], flip['unit'])} instead of "
        f"{_amount(flip['now'], _bare(flip['unit']))}"
        for flip in told["value_flips"][:1]
    ]
    return [f"{turns} {', or '.join(parts)}."] if parts else []


def _doubts(told: Mapping[str, Any]) -> list[str]:
    facts, doubts = told["facts"], []
    if facts.get("approximate"):
        error = facts.get("location_error_m") or 0
        known = f" to {figure(error / 1000)} km" if error else ""
        doubts.append(f"Its outline is not known, and its place only{known}.")
    if facts.get("breaks_rules"):
        doubts.append(f"It breaks these rules: {rules_in_words(facts['breaks_rules'])}.")
    if told["missing"]:
        missing = "; ".join(_lower(one["label"]) for one in told["missing"])
        doubts.append(f"Not known here, and counted as the worst value found: {missing}.")
    return doubts


def _amount(value: float, unit: str) -> str:
    """A figure with its unit; a share as a percentage."""
    if unit == "0 to 1":
        return f"{value:.0%}"
    return f"{figure(value)} {unit_in_words(unit)}".strip()


def _bare(unit: str) -> str:
    """The unit where a figure stands beside one that has it: only a share still says it."""
    return unit if unit == "0 to 1" else ""


def _lower(label: str) -> str:
    """A label within a sentence; one that begins with an abbreviation stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
