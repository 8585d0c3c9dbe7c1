"""What speaks for a candidate, what against it, and what would turn its place: as data.

Nothing here is a sentence: a finding is a criterion with its figures, so that a page can tell it
in any language.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.siting.criteria import criteria_table
from geocluster.siting.flips import value_flips, weight_flips
from geocluster.siting.question import Bounds, Question, Thresholds

if TYPE_CHECKING:
    import pandas as pd

# A finding is told where the site stands among the best or the worst third, at most so many.
THIRD = 1 / 3
MOST_FINDINGS = 5
MOST_FLIPS = 3
# Facts of a site that a reader must know beside its criteria.
FACTS = (
    "approximate",
    "location_error_m",
    "breaks_rules",
    "area_origin",
    "nearest_home_m",
    "people_on_site",
)


def narratives(
    ranked: pd.DataFrame,
    weights: Mapping[str, float],
    method: str = "topsis",
    *,
    flips_of: int = 20,
    normalisation: str | None = None,
    missing: str | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> list[dict[str, Any]]:
    """Strengths, weaknesses and what would turn it, for each candidate.

    Parameters
    ----------
    ranked : DataFrame or GeoDataFrame
        A row a site, from `geocluster.rank`; more columns are taken as they come.
    weights : mapping
        Column to weight, negative where less is better, as it was ranked with.
    method, normalisation, missing, bounds, thresholds
        As in `geocluster.rank`.
    flips_of : int
        What would turn the place is asked for so many sites, the first ones.

    Returns
    -------
    list of dict
        In the order of the sites, plain values (JSON holds them):

        - ``site_id``, ``name``, ``kind``, ``rank``, ``of`` (how many compete), ``area_ha`` [ha],
          ``score``, and ``top_three_share`` and ``acceptability`` [0 to 1] where known;
        - ``strengths``, ``weaknesses``: findings ``{column, label, unit, direction, value,
          median, best, worst, place, shared_with, of, weight, effect}``. A criterion is told where
          the site is among the best (worst) third of the candidates and better (worse) than the
          median; ``place`` 1 is the best, shared with so many others of the same value;
          ``effect`` is weight x (normalised value - that of the median site), by which they are
          ordered;
        - ``missing``: criteria with weight that this site has no value for, ``{column, label,
          unit}``;
        - ``weight_flips``: ``{column, label, now, needed}``, the smallest changes of one weight
          that make it the first; of the first site, that make it lose its place [0 to 1];
        - ``value_flips``: ``{column, label, unit, now, needed}``, the same for its own values;
        - ``facts``: what else must be known: whether its place is approximate, rules it breaks.

    Raises
    ------
    TableError
        As `geocluster.rank`.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b", "c"], "distance_rail_m": [100.0, 900.0, 2000.0],
    ...                       "farmland_share": [0.9, 0.5, 0.1]})
    >>> told = narratives(sites, {"distance_rail_m": -3, "farmland_share": -1}, "weighted_sum")
    >>> told[0]["site_id"], told[0]["strengths"][0]["column"], told[0]["weaknesses"][0]["column"]
    ('a', 'distance_rail_m', 'farmland_share')
    >>> [(flip["column"], round(flip["needed"], 3)) for flip in told[2]["weight_flips"]]
    [('distance_rail_m', 0.463), ('farmland_share', 0.537)]
    """
    if not len(ranked):
        return []
    chosen = {column: weight for column, weight in weights.items() if weight != 0}
    asked = Question.of(ranked, chosen, method, normalisation, missing, bounds, thresholds)
    words = {str(row["column"]): row for row in criteria_table().to_dict("records")}
    order = asked.order()
    told = [int(row) for row in order[:flips_of]]
    by_weight, by_value = weight_flips(asked), value_flips(asked, told)
    findings = _findings(asked, ranked, words)
    places = {int(row): place for place, row in enumerate(order, 1)}
    answers = []
    for row in range(len(asked.values)):
        site = asked.sites.iloc[row]
        answers.append(
            {
                **_who(site, str(asked.site_ids()[row]), places[row], len(order)),
                **findings[row],
                "missing": [_named(name, words) for name in chosen if _plain(site[name]) is None],
                "weight_flips": _flips(by_weight, row, words) if row in told else [],
                "value_flips": _flips(by_value, row, words) if row in told else [],
                "facts": {name: _plain(site[name]) for name in FACTS if name in site},
            }
        )
    return answers


def _who(site: pd.Series, site_id: str, place: int, count: int) -> dict[str, Any]:
    known = ("name", "kind", "area_ha", "score", "top_three_share", "acceptability")
    return {
        "site_id": site_id,
        "rank": place,
        "of": count,
        **{name: _plain(site[name]) for name in known if name in site},
    }


def _findings(
    asked: Question, ranked: pd.DataFrame, words: Mapping[str, Mapping[Any, Any]]
) -> list[dict[str, list[dict[str, Any]]]]:
    """Strengths and weaknesses of every site, the weightiest first."""
    normalised, shares = asked.normalised(), asked.shares()
    effect = (normalised - np.median(normalised, axis=0)) * shares
    given = np.column_stack([ranked[name].to_numpy(float) for name in asked.columns])[asked.kept]
    count = len(normalised)
    # How many are better, and how many worse: equal values share a place.
    turned = np.where(asked.weights < 0, -asked.values, asked.values)
    better = np.column_stack([_above(column) for column in turned.T])
    worse = np.column_stack([_above(-column) for column in turned.T])
    known = np.isfinite(given)
    strong = known & (effect > 0) & (better < count * THIRD)
    weak = known & (effect < 0) & (worse < count * THIRD)
    columns = [_column(asked, number, words) for number in range(len(asked.columns))]

    def told(row: int, which: np.ndarray) -> list[dict[str, Any]]:
        numbers = np.flatnonzero(which[row])
        largest = numbers[np.argsort(-np.abs(effect[row, numbers]), kind="stable")]
        return [
            {
                **columns[number],
                "value": float(asked.values[row, number]),
                "place": int(better[row, number]) + 1,
                "shared_with": count - int(better[row, number] + worse[row, number]) - 1,
                "of": count,
                "effect": float(effect[row, number]),
            }
            for number in largest[:MOST_FINDINGS]
        ]

    return [{"strengths": told(row, strong), "weaknesses": told(row, weak)} for row in range(count)]


def _column(asked: Question, number: int, words: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    """What is the same of a criterion for every site."""
    values, less = asked.values[:, number], asked.weights[number] < 0
    low, high = float(values.min()), float(values.max())
    return {
        **_named(asked.columns[number], words),
        "direction": "less" if less else "more",
        "median": float(np.median(values)),
        "best": low if less else high,
        "worst": high if less else low,
        "weight": float(asked.shares()[number]),
    }


def _named(column: str, words: Mapping[str, Mapping[Any, Any]]) -> dict[str, str]:
    row = words.get(column, {})
    return {
        "column": column,
        "label": str(row.get("label", column)),
        "unit": str(row.get("unit", "")),
    }


def _above(values: np.ndarray) -> np.ndarray:
    """How many values are greater than each."""
    ascending = np.sort(values)
    return len(values) - np.searchsorted(ascending, values, side="right")


def _flips(
    table: pd.DataFrame, row: int, words: Mapping[str, Mapping[Any, Any]]
) -> list[dict[str, Any]]:
    """The smallest changes of a site, relative to what the criterion spans or weighs."""
    own = table[table["site"] == row].to_dict("records")
    own.sort(key=lambda flip: abs(flip["needed"] - flip["now"]) / (abs(flip["now"]) or 1.0))
    return [
        {
            **_named(str(flip["criterion"]), words),
            "now": float(flip["now"]),
            "needed": float(flip["needed"]),
        }
        for flip in own[:MOST_FLIPS]
    ]


def _plain(value: Any) -> Any:
    """A value that JSON holds; None where it is missing."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, bool | int | float) else str(value)
