"""The four methods of ranking once more, in plain Python by their formulas, to check a run by.

Nothing of `geocluster.siting` is used here: numbers go in, scores come out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Table = Sequence[Sequence[float]]


def scores(
    method: str,
    normalisation: str,
    values: Table,
    weights: Sequence[float],
    bounds: Mapping[int, tuple[float, float]] | None = None,
    thresholds: Mapping[int, tuple[float, float]] | None = None,
) -> list[float]:
    """The score of each site.

    Parameters
    ----------
    method : {"topsis", "weighted_sum", "spotis", "promethee_ii"}
    normalisation : {"vector", "min-max", "max", "bounds", "net flow"}
        What the method takes values by.
    values : table (sites, criteria)
        NaN where missing: it counts as the worst found.
    weights : sequence
        Negative where less is better.
    bounds, thresholds : mapping, optional
        Position of a criterion to its pair; else the least and greatest found, and 0 and the
        standard deviation found.

    Examples
    --------
    >>> scores("weighted_sum", "min-max", [[1.0, 5.0], [3.0, 9.0]], [-0.75, 0.25])
    [0.75, 0.25]
    """
    whole = sum(abs(weight) for weight in weights)
    shares = [abs(weight) / whole for weight in weights]
    columns = []
    for number, weight in enumerate(weights):
        column = [float(row[number]) for row in values]
        known = [value for value in column if not math.isnan(value)]
        worst = max(known) if weight < 0 else min(known)
        column = [worst if math.isnan(value) else value for value in column]
        turned = [-value for value in column] if weight < 0 else column
        pair = (bounds or {}).get(number)
        limits = (thresholds or {}).get(number, (0.0, _deviation(column)))
        columns.append(_normalised(normalisation, column, turned, weight < 0, pair, limits))
    if method == "topsis":
        return _topsis(columns, shares)
    return [
        sum(share * column[site] for share, column in zip(shares, columns, strict=True))
        for site in range(len(values))
    ]


def _topsis(columns: Table, shares: Sequence[float]) -> list[float]:
    weighted = [[share * value for value in c] for share, c in zip(shares, columns, strict=True)]
    found = []
    for site in range(len(columns[0])):
        best = math.sqrt(sum((max(column) - column[site]) ** 2 for column in weighted))
        worst = math.sqrt(sum((column[site] - min(column)) ** 2 for column in weighted))
        found.append(worst / (best + worst) if best + worst > 0 else 0.5)
    return found


def _normalised(
    kind: str,
    column: Sequence[float],
    turned: Sequence[float],
    less: bool,
    pair: tuple[float, float] | None,
    limits: tuple[float, float],
) -> list[float]:
    if kind == "net flow":
        return [_net_flow(turned, site, *limits) for site in range(len(turned))]
    if kind in ("min-max", "bounds"):
        low, high = pair if pair is not None else (min(column), max(column))
        low, high = (-high, -low) if less else (low, high)
        return [(value - low) / (high - low) if high > low else 1.0 for value in turned]
    size = math.sqrt(sum(value * value for value in column))
    if kind == "max":
        size = max(abs(value) for value in column)
    ratios = [value / size if size else 0.0 for value in column]
    return [1 - ratio for ratio in ratios] if less else ratios


def _deviation(column: Sequence[float]) -> float:
    mean = sum(column) / len(column)
    return math.sqrt(sum((value - mean) ** 2 for value in column) / len(column))


def _net_flow(turned: Sequence[float], site: int, q: float, p: float) -> float:
    def preference(difference: float) -> float:
        if difference <= q:
            return 0.0
        return (difference - q) / (p - q) if difference <= p else 1.0

    if len(turned) < 2:
        return 0.0
    own = turned[site]
    flows = [
        preference(own - other) - preference(other - own)
        for number, other in enumerate(turned)
        if number != site
    ]
    return sum(flows) / len(flows)
