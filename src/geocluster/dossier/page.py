"""The dossier as one HTML file: printable, read without a script, with no address in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from geocluster.dossier.checks import FAILED, NOT_ASKED, PASSED
from geocluster.dossier.svg import Atlas, share_bar
from geocluster.dossier.telling import section_of
from geocluster.maps.html_page import HtmlPage, filled, turnable
from geocluster.maps.switch import texts_of_markup
from geocluster.sentences import tell
from geocluster.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geocluster.dossier.candidates import Candidate
    from geocluster.dossier.content import Dossier
    from geocluster.dossier.methods import Method
    from geocluster.results import Results
    from geocluster.study import Study

NEEDED = 0.8


class DossierPage(HtmlPage):
    """A dossier, complete in one HTML file."""


def draw_dossier(
    dossier: Dossier, study: Study, results: Results, others: Iterable[Dossier] = ()
) -> DossierPage:
    """The page of a dossier.

    Parameters
    ----------
    dossier : Dossier
        As `geocluster.dossier.content.dossier_of` gathers it.
    study, results
        For the maps.
    others : iterable of Dossier
        The same in other languages: a reader may choose one of them.
    """
    atlas = Atlas(study.region, results.sites, study.land, study.homes)
    markup = _markup(dossier, atlas)
    texts = {dossier.language: texts_of_markup(markup)}
    for other in others:
        if other.language != dossier.language:
            texts[other.language] = texts_of_markup(_markup(other, atlas))
    return DossierPage(turnable(markup, dossier.language, texts))


def _markup(dossier: Dossier, atlas: Atlas) -> str:
    """A dossier in its language, its policy and its script still to be put in."""
    words = Words(dossier.language)
    strips = {
        row.strip.key: row.strip
        for one in dossier.candidates
        for row in one.criteria
        if row.strip is not None
    }
    html = filled(
        "dossier",
        trim=True,
        d=dossier,
        t=labels(words),
        shared=atlas.shared() + Markup("").join(one.cloud() for one in strips.values()),
        sections=[section_of(one, words) for one in dossier.sections],
        methods=[
            (words(m.title), words(m.text), m, formulas_of(m, words)) for m in dossier.methods
        ],
        limits=[(words(text), words(grade), grade) for text, grade in dossier.limits],
        checks=[(one, state_in_words(words, one.state)) for one in dossier.checks],
        candidates=[_drawn(one, atlas, words) for one in dossier.candidates],
    )
    # No address may be left in the file, a reference of ours among them.
    return re.sub(r"[ \t]+\n", "\n", html).replace("://", ":&#47;&#47;")


def _drawn(one: Candidate, atlas: Atlas, words: Words) -> dict[str, Any]:
    """A candidate with its drawings."""
    bars = share_bar(one.shares, NEEDED, "; ".join(text for _, text in one.shares))
    rows = [
        (row, row.strip.svg(row.amount, f"{row.label}: {row.place}") if row.strip else None)
        for row in one.criteria
    ]
    return {
        "c": one,
        "near": atlas.near(one.shape, words("The site and its surroundings"), words),
        "overview": atlas.overview(one.shape, words("Where it lies in the region"), words),
        "bars": bars if one.shares else None,
        "rows": rows,
    }


def formulas_of(method: Method, words: Words) -> list[str]:
    """The formulas of a method, with the units and numbers of a language."""
    return [tell(formula, words.language) for formula in method.formulas]


def state_in_words(words: Words, state: str) -> str:
    """Whether a check holds, for a reader."""
    told = {PASSED: words("holds"), FAILED: words("FAILS"), NOT_ASKED: words("not asked")}
    return told[state]


def labels(words: Words) -> dict[str, str]:
    """The fixed texts of the page, in its language."""
    return {
        "demonstration": words("demonstration"),
        "demonstration_means": words("A demonstration: not for decisions."),
        "language": words("Language"),
        "to_map": words("To the map of the region"),
        "to_review": words("To the review page"),
        "verdict": words("Verdict"),
        "candidates": words("Candidates, a page each"),
        "rank": words("rank"),
        "site": words("Site"),
        "kind": words("Kind"),
        "methods": words("Methods"),
        "references": words("References"),
        "limits": words("Limits, and how much they may change"),
        "assumptions": words("What is assumed"),
        "provenance": words("Where it comes from"),
        "inputs": words("Inputs"),
        "checks": words("Self-checks on this run"),
        "check": words("Check"),
        "found": words("Found"),
        "wanted": words("What should hold"),
        "state": words("Result"),
        "facts": words("Facts"),
        "criteria": words("Criteria, among all candidates"),
        "criteria_note": words(
            "Each tick is a candidate, the diamond this one, the heavy stroke the median; the "
            "better, the farther to the right. Places count from the best."
        ),
        "criterion": words("Criterion"),
        "value": words("Value"),
        "median": words("Median"),
        "place": words("Place"),
        "weight": words("Weight"),
        "missing": words("missing"),
        "exposure": words("Exposure before and after"),
        "pollutant": words("Pollutant"),
        "today": words("today [µg/m³]"),
        "added": words("added by the park [µg/m³]"),
        "added_each": words("added for each g/s [µg/m³]"),
        "after": words("after [µg/m³]"),
        "weighted": words("People-weighted means over the year"),
        "zone": words("Protection zone"),
        "partners": words("Partners in reach"),
        "told": words("For it, against it, and what would turn it"),
        "doubts": words("What is assumed here"),
        "no_doubts": words("Nothing beyond what holds for the whole study."),
        "sure": words("How sure its place is"),
        "needed": words("The stroke is the share that a winner needs."),
        "map_key": words(
            "Left: homes grey, water blue, roads brown, other candidates green. Right: all "
            "candidates as dots."
        ),
        "left_out": words("more rows are in the files beside this page"),
    }
