"""What must be said before two runs are compared: causes, doubts, and what one of them lacks.

A finding is a text and what fills it in; its text is in the catalogues, so that a page can tell it
in any language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from geocluster.comparing.grids import OneGrid
from geocluster.comparing.reading import Run
from geocluster.comparing.settings import INPUTS, SETTINGS, STUDY_FILE, VERSIONS
from geocluster.comparing.sites import BOTH
from geocluster.comparing.surfaces import Surface
from geocluster.maps.text import pollutant_label
from geocluster.words import marked

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 4
LITTLE = 0.95
NOT_SEPARABLE = "not separable"


class Finding(NamedTuple):
    """A sentence with names in braces, and their values; a float is a share from 0 to 1."""

    text: str
    values: dict[str, object]

    def told(self) -> str:
        """In English."""
        shown = {
            name: _percent(value) if isinstance(value, float) else value
            for name, value in self.values.items()
        }
        return self.text.format(**shown)


def cause(changes: pd.DataFrame) -> Iterator[Finding]:
    """What the runs differ in, as far as it can be named in a sentence."""
    if changes.empty:
        text = marked("Settings, input files and versions of the two runs are the same.")
        yield Finding(text, {})
        return
    settings = changes[changes["part"] == SETTINGS]
    files = changes[(changes["part"] == INPUTS) & (changes["key"] != STUDY_FILE)]
    versions = changes[changes["part"] == VERSIONS]
    if files.empty and versions.empty and settings.empty:
        text = marked("Neither settings nor data differ, except in words or in derived figures.")
        yield Finding(text, {})
    elif files.empty and versions.empty:
        keys = list(settings["key"])
        names = ", ".join(keys[:MOST_NAMED])
        if len(keys) <= MOST_NAMED:
            yield Finding(
                marked("The runs differ only in these settings: {names}."), {"names": names}
            )
        else:
            text = marked("The runs differ only in settings: {names} and {count} more.")
            yield Finding(text, {"names": names, "count": len(keys) - MOST_NAMED})
    elif settings.empty and versions.empty:
        names = ", ".join(list(files["key"])[:MOST_NAMED])
        yield Finding(marked("The runs differ only in input files: {names}."), {"names": names})
    else:
        text = marked(
            "Several things differ at once (settings: {settings}, input files: {files}, versions: "
            "{versions}): what differs in the results has no single cause."
        )
        counts: dict[str, object]
        counts = {"settings": len(settings), "files": len(files), "versions": len(versions)}
        yield Finding(text, counts)


def places(a: Run, b: Run, common: OneGrid) -> Iterator[Finding]:
    """Two regions, two grids, and how they were brought together."""
    if a.region.name != b.region.name:
        text = marked("The runs are of two studies: A is {a}, B is {b}.")
        yield Finding(text, {"a": a.region.name, "b": b.region.name})
    own, other = a.concentration.grid, b.concentration.grid
    if not common.same:
        text = marked(
            "The grids differ (A {a} m, B {b} m): both were brought onto the coarser one; finer "
            "cells were averaged, others interpolated. Next to a source part of a difference "
            "comes from that."
        )
        yield Finding(text, {"a": _metres(own.cell), "b": _metres(other.cell)})
        text = marked(
            "Candidates are cut from the cells of a grid: on another grid they lie elsewhere, "
            "whatever else differs."
        )
        yield Finding(text, {})
    if common.overlap < LITTLE:
        text = marked("Only where both runs are is anything compared: {share} of the smaller one.")
        yield Finding(text, {"share": common.overlap})


def lacking(surfaces: Sequence[Surface]) -> Iterator[Finding]:
    """What only one of the runs has."""
    for run, text in (
        ("b", marked("Only A has {names}: there is nothing to compare it with.")),
        ("a", marked("Only B has {names}: there is nothing to compare it with.")),
    ):
        names = [one.key for one in surfaces if getattr(one, run) is None]
        if names:
            yield Finding(text, {"names": ", ".join(names)})


def doubts(a: Run, b: Run) -> Iterator[Finding]:
    """What stands against reading more from a change of rank or of a figure than is in it."""
    open_a, open_b = (NOT_SEPARABLE in run.verdict for run in (a, b))
    if open_a and open_b:
        text = marked(
            "Neither run separates the top of its ranking: that another site comes first does not "
            "make it the better one."
        )
        yield Finding(text, {})
    elif open_a or open_b:
        text = marked("Run {run} does not separate the top of its ranking.")
        yield Finding(text, {"run": "A" if open_a else "B"})


def within_weak_winds(means: pd.DataFrame, winds: dict[str, float]) -> Iterator[Finding]:
    """Changes of a mean that the treatment of weak winds alone could make."""
    within = []
    for row in means.to_dict("records"):
        own, change = row["people_weighted_mean_ug_m3_a"], row["difference"]
        if row["statistic"] != "mean" or not own > 0 or not change:
            continue
        share, wind = abs(change) / own, winds.get(row["pollutant"], float("nan"))
        if share < wind:
            within.append(
                f"{pollutant_label(row['pollutant'])} {_percent(share)} ({_percent(wind)})"
            )
    if within:
        text = marked(
            "Means where people live differ by less than the treatment of weak winds alone may "
            "change them (in brackets), so they are not outside the method's own doubt: {names}."
        )
        yield Finding(text, {"names": ", ".join(within)})


def agreement(sites: pd.DataFrame) -> Iterator[Finding]:
    """How many candidates are the same places, and how their order agrees."""
    both = sites[sites["state"] == BOTH]
    text = marked(
        "Candidates at the same place in both runs: {both}; only in A: {gone}; only in B: {new}."
    )
    counts = sites["state"].value_counts()
    names = ("both", "gone", "new")
    yield Finding(text, {name: int(counts.get(name, 0)) for name in names})
    if len(both) > 2:
        ranks = both[["rank_a", "rank_b"]].astype(float).rank()
        value = ranks["rank_a"].corr(ranks["rank_b"])
        if value == value:
            text = marked("Rank correlation of the candidates that both have: {value}.")
            yield Finding(text, {"value": f"{value:.2f}"})


def equal(surfaces: Sequence[Surface]) -> Iterator[Finding]:
    """Surfaces that do not differ anywhere."""
    same = [one.key for one in surfaces if one.difference is not None and not _differs(one)]
    if same:
        text = marked("The same in both runs, in every cell: {names}.")
        yield Finding(text, {"names": ", ".join(same)})


def _differs(one: Surface) -> bool:
    change = one.difference
    return change is not None and bool((abs(change) > 0).any())


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _metres(value: float) -> str:
    return f"{value:,.6g}"
