"""The fold on how sure the order of sites is: what it depends on, and what would turn it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.panels.words import figure, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geocluster.maps.panels import Panel
    from geocluster.results import Results

MATTERS = 0.05


def stability_panels(results: Results) -> list[Panel]:
    """How sure the order is, in plain words; none where there is nothing to order."""
    found = results.stability
    if not found or len(found["sites"]) < 2:
        return []
    from geocluster.maps.panels import Panel
    from geocluster.siting.criteria import criteria_table

    rows = criteria_table().to_dict("records")
    labels = {str(row["column"]): str(row["label"]) for row in rows}
    rules = {r["rule_id"]: str(r["reason"]) for r in results.suitable.attrs.get("rules", ())}
    kinds = found["kinds"]
    table = table_of(
        {
            "what is uncertain": [row["kind"] for row in kinds],
            "cases": [_cases_in_words(row, found) for row in kinds],
            "first three that change, by this alone": [
                f"{row['top_three_lost']:.0%}" for row in kinds
            ],
            "cases in which another is first": [f"{row['first_lost']:.0%}" for row in kinds],
            "the first is among the top three, over all weights drawn": [
                f"{row['first_top_three_share']:.0%}" for row in kinds
            ],
        }
    )
    text = [
        results.verdict,
        depends_on(found),
        " ".join(turns_in_words(found, labels, rules)),
        _others_in_words(found),
        *_not_asked(found),
    ]
    return [Panel("How sure is the order", text, table)]


def depends_on(found: Mapping[str, Any]) -> str:
    """What the rank depends on most.

    Examples
    --------
    >>> depends_on({"kinds": [{"kind": "weights", "top_three_lost": 0.7},
    ...                       {"kind": "wind", "top_three_lost": 0.0},
    ...                       {"kind": "everything at once", "top_three_lost": 0.8}]})
    'The first three depend most on the weights (70% of them change); hardly on: wind.'
    """
    alone = [row for row in found["kinds"] if row["kind"] != "everything at once"]
    alone.sort(key=lambda row: -row["top_three_lost"])
    much = [row for row in alone if row["top_three_lost"] >= MATTERS]
    little = [row["kind"] for row in alone if row["top_three_lost"] < MATTERS]
    if not much:
        return "The first three depend on nothing that was varied."
    told = [f"the {row['kind']} ({row['top_three_lost']:.0%} of them change)" for row in much]
    rest = f"; hardly on: {', '.join(little)}" if little else ""
    return f"The first three depend most on {', then on '.join(told)}{rest}."


def turns_in_words(
    found: Mapping[str, Any], labels: Mapping[str, str], rules: Mapping[str, str]
) -> list[str]:
    """The smallest changes of a weight, a release, the zone and a keep-away that turn the order."""
    return [
        *_weights_in_words(found["weight_turns"], labels),
        *_releases_in_words(found["release_turns"]),
        *_emission_in_words(found.get("emission_turns") or {}),
        *_zone_in_words(found["zone_turns"]),
        *_rules_in_words(found["rule_turns"], rules),
    ]


def _weights_in_words(turns: list[Mapping[str, Any]], labels: Mapping[str, str]) -> list[str]:
    def told(row: Mapping[str, Any], needed: str) -> str:
        label = _lower(labels.get(row["criterion"], row["criterion"]))
        return f"if the weight of '{label}' were {row[needed]:.0%} instead of {row['share']:.0%}"

    if not turns:
        return []
    second = [row for row in turns if row["needed"] is not None]
    other = sorted(
        (row for row in turns if row["other_first_at"] is not None),
        key=lambda row: abs(row["other_first_at"] - row["share"]),
    )
    if second:
        return [f"The second would be first {told(second[0], 'needed')}."]
    if other:
        return [
            "No change of one weight makes the second the first; another site would be first "
            f"{told(other[0], 'other_first_at')}."
        ]
    return ["No change of one weight makes another site the first."]


def _releases_in_words(turns: list[Mapping[str, Any]]) -> list[str]:
    if not turns:
        return []
    for key, who in (("second_first_at", "The second"), ("other_first_at", "Another site")):
        known = [row for row in turns if row[key] is not None]
        if known:
            row = min(known, key=lambda one: abs(one[key] - one["now"]))
            return [
                f"{who} would be first if {row[key]:.0%} of the emission came from "
                f"'{row['release']}' instead of {row['now']:.0%}."
            ]
    return ["No share of any release makes another site the first."]


def _emission_in_words(turns: Mapping[str, Any]) -> list[str]:
    if not turns:
        return []
    for key, who in (("second_first_at", "The second"), ("other_first_at", "Another site")):
        if turns[key] is not None:
            return [f"{who} would be first if the park emitted {figure(turns[key])} times as much."]
    low, high = turns["tried"]
    return [
        f"Emitting {figure(low)} to {figure(high)} times as much makes no other site the first."
    ]


def _zone_in_words(turns: Mapping[str, Any]) -> list[str]:
    if not turns:
        return []
    now = figure(turns["now_m"])
    for key, who in (("second_first_at_m", "The second"), ("other_first_at_m", "Another site")):
        if turns[key] is not None:
            width = figure(turns[key])
            return [f"{who} would be first with a protection zone of {width} m, not {now} m."]
    widths = [row["width_m"] for row in turns["firsts"]]
    return [
        f"Counting people within {figure(min(widths))} to {figure(max(widths))} m makes no other "
        "site the first."
    ]


def _rules_in_words(turns: list[Mapping[str, Any]], rules: Mapping[str, str]) -> list[str]:
    if not turns:
        return []
    row = turns[0]
    then = "" if row["second_stays"] else "; the second would fall out with it"
    reason = _lower(rules.get(row["rule"], row["rule"])).rstrip(".")
    return [
        f"Of the rules that keep a park away, the first site is nearest to this one: {reason}, "
        f"{figure(row['now_m'])} m; it falls out above {figure(row['first_out_above_m'])} m{then}."
    ]


def _others_in_words(found: Mapping[str, Any]) -> str:
    reversals, firsts = found["reversals"], found["methods_first"]
    changes = len(reversals["first_changes"])
    asked = reversals["asked"]
    left = (
        f"Whichever of {asked} candidates leaves, the first of the others stays the same"
        if not changes
        else f"If one of {changes} candidates (of {asked}) left, another would be first of the rest"
    )
    pairs = f"; the order of some pair further down turns in {reversals['turned']} cases"
    agreeing = sum(site == found["first"] for site in firsts.values())
    return f"{left}{pairs}. {agreeing} of {len(firsts)} methods put the same site first."


def _not_asked(found: Mapping[str, Any]) -> list[str]:
    reasons = [f"{kind}: {reason}" for kind, reason in found["not_asked"].items()]
    return [f"Not varied: {'; '.join(reasons)}."] if reasons else []


def _cases_in_words(row: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    if row["kind"] == "weights":
        return f"{found['samples']:,} drawn at random"
    if not row["cases"]:
        return f"{found['samples']:,} draws of all of these"
    return "; ".join(str(name).removeprefix(f"{row['kind']}: ") for name in row["cases"])


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
