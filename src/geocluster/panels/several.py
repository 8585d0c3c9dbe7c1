"""The folds on several parks at once, and on facilities that clusters share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.industry.clusters import UNNAMED
from geocluster.panels.words import count_in_words, figure, table_of
from geocluster.tables import POLLUTANTS

if TYPE_CHECKING:
    import pandas as pd

    from geocluster.maps.panels import Panel
    from geocluster.results import Results

MOST_SITES = 20


def several_panels(results: Results) -> list[Panel]:
    """What was asked of several parks and of facilities; none where nothing was."""
    return [*together_panels(results), *facility_panels(results)]


def together_panels(results: Results) -> list[Panel]:
    """The joint choice beside the one by one, and how sure the set is."""
    from geocluster.maps.panels import Panel

    told = results.together_figures
    if not told:
        return []
    title = f"{told['parks']} parks at once"
    if "fault" in told:
        return [Panel(title, f"No set of sites can be chosen: {told['fault']}.")]
    sets = {"chosen together": told["together"], "one by one": told["one_by_one"]}
    known = {name: one for name, one in sets.items() if one is not None}
    rows: dict[str, list[str]] = {
        "": list(known),
        "sites": [", ".join(one["site_ids"]) for one in known.values()],
        "sum of scores, people in reach counted once": [
            f"{one['objective']:.3f}" for one in known.values()
        ],
    }
    labels = {"burden": "burden of all [persons × µg/m³ per g/s]", "area_ha": "area [ha]"}
    for name, label in labels.items():
        if name in told["together"]:
            rows[label] = [figure(one[name]) for one in known.values()]
    if "people_in_reach" in told["together"]:
        rows["people within reach of any"] = [
            count_in_words(one["people_in_reach"]) for one in known.values()
        ]
    panels = [Panel(title, _paragraphs(results, told), table_of(rows))]
    return panels + _share_panels(results, told)


def _paragraphs(results: Results, told: dict[str, Any]) -> list[str]:
    apart = told["min_spacing_m"] / 1000
    spaced = f", and parks keep {apart:g} km apart" if apart else ""
    text = [
        f"Chosen jointly: burdens add, people within reach of several parks count once{spaced}. "
        f"The solution is {told['status']}. Sites are scored by the weighted sum, which adds up "
        "over parks, whatever method ranks them elsewhere on this page.",
        _difference(told),
    ]
    if told["capped"]:
        text.append(
            "No home is brought above the limit of the annual mean by all parks together: "
            f"{', '.join(POLLUTANTS.get(name, name) for name in told['capped'])}."
        )
    if told["note"]:
        text.append(told["note"])
    if "not separable" in results.verdict:
        text.append("The top of the ranking is not separable: the joint choice inherits the doubt.")
    return text


def _difference(told: dict[str, Any]) -> str:
    greedy = told["one_by_one"]
    if greedy is None:
        return "Taking the best site, then the next that is allowed, does not find so many parks."
    others = set(told["together"]["site_ids"]) - set(greedy["site_ids"])
    if not others:
        return "Taking the best site, then the next that is allowed, gives the same set here."
    gain = told["objective"] - greedy["objective"]
    return (
        f"Taking the best site, then the next that is allowed, gives {len(others)} other sites and "
        f"{gain:.3f} less ({gain / abs(greedy['objective']):.1%})."
    )


def _share_panels(results: Results, told: dict[str, Any]) -> list[Panel]:
    from geocluster.maps.panels import Panel

    shares = told.get("chosen_share", {})
    if not shares:
        return []
    chosen = set(told["together"]["site_ids"])
    first = list(shares.items())[:MOST_SITES]
    table = table_of(
        {
            "site": [name for name, _ in first],
            "in the set of": [f"{share:.0%}" for _, share in first],
            "chosen with the given weights": ["yes" if n in chosen else "" for n, _ in first],
        }
    )
    sure = [name for name in chosen if shares.get(name, 0) >= 0.8]
    text = (
        f"The set was chosen again for {told['samples']} weightings drawn at random. In "
        f"{told['differs_share']:.0%} of them taking sites one by one gives another set. "
        f"{len(sure)} of the {told['parks']} sites chosen stand in at least 80% of the sets."
    )
    return [Panel("How sure the set of parks is", text, table)]


def facility_panels(results: Results) -> list[Panel]:
    """Where shared facilities would stand, and what each serves."""
    from geocluster.maps.panels import Panel

    panels = []
    for table in results.facilities:
        told, unit = table.attrs, "minutes" if "minutes" in table else "distance_m"
        groups = list(table.groupby("facility", sort=True))
        rows = table_of(
            {
                "facility": [str(number) for number, _ in groups],
                "stands at": [part["facility_at"].iloc[0] for _, part in groups],
                "serves": [", ".join(_served(part)) for _, part in groups],
                f"farthest [{told['unit']}]": [
                    figure(part.loc[part["covered"], unit].max()) for _, part in groups
                ],
            }
        )
        value = (
            f"{told['value']:.0%} of the weight stands within reach"
            if told["objective"] == "coverage"
            else f"weighted mean distance {figure(told['value'])} {told['unit']}"
        )
        text = (
            f"Placed for the {len(table)} existing clusters on candidate sites or in the middle of "
            f"a cluster, by {told['objective']}, weight: {told['weight']}. The solution is "
            f"{told['status']}: {value}."
        )
        panels.append(Panel(f"Shared by clusters: {told['name']}", text, rows))
    return panels


def _served(part: pd.DataFrame) -> list[str]:
    part = part[part["covered"]]
    rows = zip(part["name"], part["cluster_id"], strict=True)
    return [
        f"cluster {number}" if name in ("", UNNAMED) else f"{name} ({number})"
        for name, number in rows
    ]
