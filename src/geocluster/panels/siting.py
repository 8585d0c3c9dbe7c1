"""The folds on siting: the burden, what sites are judged by, what excludes land."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geocluster.panels.words import figure, span, table_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import pandas as pd

    from geocluster.maps.panels import Panel
    from geocluster.results import Results


def burden_panel(results: Results) -> Panel:
    """What the burden means, by release, and whether the order of places depends on height."""
    from geocluster.exposure.burden import intake_fraction
    from geocluster.maps.panels import Panel

    burdens = results.burdens
    inside = results.suitable["suitable"].values
    rows: dict[str, Iterable[object]] = {
        "release": [str(name) for name in burdens["release"].values],
        "height [m]": [figure(h) for h in burdens["height_m"].values],
        "share of the park": [f"{share:.0%}" for share in burdens["share"].values],
        "intake fraction on suitable land [ppm]": [
            span(intake_fraction(field.values[inside])) for field in burdens
        ],
    }
    correlation = burdens.attrs.get("rank_correlation", math.nan)
    note = burdens.attrs.get(
        "note",
        f"The order of places hardly depends on the height of release (rank correlation "
        f"{correlation:.2f} between the lowest and the highest).",
    )
    text = [
        "The burden of a place is the sum over all people of the concentration that one gram a "
        "second emitted there would add where they live: persons × µg/m³ per g/s. The intake "
        "fraction is the part of it that is breathed in: 1 ppm is a gram inhaled a tonne emitted.",
        note[0].upper() + note[1:],
    ]
    return Panel("What one more tonne would cost, place by place", text, table_of(rows))


def criteria_panel(results: Results) -> Panel:
    """What sites are judged by, with weights, and which criteria measure the same thing."""
    from geocluster.maps.panels import Panel
    from geocluster.siting.criteria import criteria_table
    from geocluster.siting.judging import judging_in_words

    every = criteria_table(results.sites)
    criteria = every[every["completeness"] > 0]
    weights = results.weights
    table = table_of(
        {
            "criterion": criteria["label"],
            "group": criteria["group"],
            "better": criteria["direction"],
            "weight": [f"{abs(weights.get(c, 0)):.0%}" for c in criteria["column"]],
            "sites with a value": criteria["completeness"].map("{:.0%}".format),
            "source": criteria["source"],
        }
    )
    pairs = correlated_pairs(results)
    text = [
        *(judging_in_words(results.judging) if results.judging else []),
        "Criteria that measure the same thing share the weight of their group. A criterion without "
        "data has no weight; it is never taken as neutral.",
        *_missing_in_words(every, results.sites),
        *_same_in_words(criteria, results),
        f"Strongly correlated here (rank correlation): {'; '.join(pairs)}."
        if pairs
        else "No two criteria are strongly correlated here.",
    ]
    return Panel("How sites are judged", text, table)


def _missing_in_words(criteria: pd.DataFrame, sites: pd.DataFrame) -> list[str]:
    """Which criteria have no value anywhere, and what input would give them one."""
    known = set(criteria.loc[criteria["completeness"] > 0, "column"])
    missing = criteria[(criteria["completeness"] == 0) & ~criteria["stands_in_for"].isin(known)]
    named = [
        f"{', '.join(rows['label'])} (give {what})"
        for what, rows in missing.groupby("input", sort=False)
    ]
    asked = bool(named) and len(sites) > 0
    return [f"Not known here, and so without weight: {'; '.join(named)}."] if asked else []


def _same_in_words(criteria: pd.DataFrame, results: Results) -> list[str]:
    """Which criteria have a weight and one value for all: no ranking depends on them."""
    sites = results.sites if results.measured is None else results.measured
    labels = [
        row["label"]
        for row in criteria.to_dict("records")
        if results.weights.get(row["column"]) and sites[row["column"]].nunique() == 1
    ]
    told = (
        "Criteria with one value for all candidates tell none of them apart, whatever their "
        f"weight: {'; '.join(labels)}."
    )
    return [told] if labels and len(sites) > 1 else []


def correlated_pairs(results: Results) -> list[str]:
    """The pairs of criteria that measure nearly the same thing here, with their correlation."""
    from geocluster.siting.criteria import criteria_table

    criteria = criteria_table(results.sites)
    labels = dict(zip(criteria["column"], criteria["label"], strict=True))
    high = results.correlations.attrs.get("high", [])
    return [f"{labels.get(a, a)} and {labels.get(b, b)} ({value:+.2f})" for a, b, value in high]


def rules_panel(results: Results) -> Panel:
    """Which rules exclude land, how much, and which could not be checked for want of data."""
    from geocluster.maps.panels import Panel
    from geocluster.siting.excluded import rules_of

    rules = rules_of(results.suitable)
    checked = rules[rules["checked"]]
    missing = rules["reason"][~rules["checked"]].tolist()
    table = table_of(
        {
            "rule": checked["reason"],
            "limit": [limit_of_rule(rule) for rule in checked.to_dict("records")],
            "excludes": checked["excluded_share"].map("{:.1%}".format),
            "with other rules": checked["shared_share"].map("{:.1%}".format),
            "alone": checked["exclusive_share"].map("{:.1%}".format),
            "alone [km²]": checked["excluded_by_it_alone_km2"].map(figure),
            "source": checked["source"],
            "grade": checked["grade"],
        }
    )
    text = [
        "Shares are of the region. What a rule excludes alone would be free without it, but for "
        "the fringe. Why a place is excluded, and what it would take: geocluster why STUDY --at "
        "LON,LAT."
    ]
    notes = [f"{row['reason']}: {row['note']}" for row in checked.to_dict("records") if row["note"]]
    if missing:
        text.append(f"Not checked, no data: {'; '.join(missing)}.")
    return Panel("What excludes land", [*text, *(f"{note}." for note in notes)], table)


def limit_of_rule(rule: dict[Hashable, Any]) -> str:
    """What a rule asks for, in words.

    Examples
    --------
    >>> limit_of_rule({"keep_away_m": float("nan"), "at_most_m": 500.0})
    'at most 500 m away'
    """
    forms = {
        "keep_away_m": "at least {} m away",
        "at_most_m": "at most {} m away",
        "at_most_percent": "at most {}%",
    }
    for name, form in forms.items():
        if float(rule.get(name, math.nan)) >= 0:
            outside = name == "keep_away_m" and rule[name] == 0
            return "not on it" if outside else form.format(f"{rule[name]:,g}")
    return ""
