"""How values become scores: normalisations, and the four methods of ranking.

With x the value of a site, w the weights scaled to sum to 1, and every normalised value r turned
so that more is better:

- min-max: r = (x - min) / (max - min), or (max - x) / (max - min) where less is better; a column
  that is the same everywhere gives 1 for all;
- vector: r = x / sqrt(sum x^2), or 1 minus that where less is better;
- max: r = x / max |x|, or 1 minus that;
- bounds: as min-max, with bounds that are given, not found;
- net flow: r = the mean over all other sites b of P(x - x_b) - P(x_b - x), with d = x - x_b turned
  so that more is better and the preference P(d) = 0 for d <= q, (d - q) / (p - q) between q and p,
  1 for d > p: linear [3]_. With q = 0 that is the v-shape, with q = p = 0 the usual function.

- weighted sum [1]_: score = sum of w r;
- TOPSIS [1]_: score = d- / (d- + d+), with the distances d+ and d- of the point w r from the best
  and from the worst value found in each column;
- SPOTIS [2]_: score = sum of w r over bounds, which is 1 less the distance from the ideal;
- PROMETHEE II [3]_: score = sum of w r over net flows, from -1 to 1.

References
----------
.. [1] C. L. Hwang and K. Yoon (1981), Multiple attribute decision making, Springer.
.. [2] J. Dezert, A. Tchamova, D. Han and J.-M. Tacnet (2020), The SPOTIS rank reversal free method
   for multi-criteria decision-making support, IEEE 23rd International Conference on Information
   Fusion.
.. [3] J. P. Brans and P. Vincke (1985), A preference ranking organisation method, Management
   Science 31, 647-656.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def topsis(normalised: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scores (weightings, sites); the squared distances are sums of w^2 (r - r*)^2."""
    squares = weights**2
    to_best = np.sqrt(combined((normalised - normalised.max(axis=0)) ** 2, squares))
    to_worst = np.sqrt(combined((normalised - normalised.min(axis=0)) ** 2, squares))
    total = to_best + to_worst
    # Where all sites are alike, best and worst are one point: neither near nor far.
    return np.asarray(np.where(total > 0, to_worst / np.where(total > 0, total, 1), 0.5))


def combined(normalised: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sums (weightings, sites) of normalised values (sites, criteria)."""
    if len(weights) == 1:
        # Row by row: a site's sum is then the same bits, whichever sites stand beside it.
        return np.asarray((np.ascontiguousarray(normalised) * weights).sum(axis=1)[None, :])
    return np.asarray(weights @ normalised.T)


def min_max(values: np.ndarray, less: np.ndarray) -> np.ndarray:
    """From 0 for the worst value found to 1 for the best."""
    found = np.column_stack([values.min(axis=0), values.max(axis=0)])
    return within_bounds(values, less, found)


def within_bounds(values: np.ndarray, less: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """From 0 at the worse bound to 1 at the better; bounds (criteria, 2)."""
    low, high = bounds.T
    span = high - low
    gained = np.where(less, high - values, values - low)
    return np.where(span > 0, gained / np.where(span > 0, span, 1), 1.0)


def vector(values: np.ndarray, less: np.ndarray) -> np.ndarray:
    """Over the length of the column."""
    size = np.abs(values).max(axis=0)
    scaled = values / np.where(size > 0, size, 1)
    length = np.sqrt((scaled**2).sum(axis=0))
    ratio = scaled / np.where(length > 0, length, 1)
    return np.where(less, 1 - ratio, ratio)


def maximum(values: np.ndarray, less: np.ndarray) -> np.ndarray:
    """Over the greatest size in the column."""
    size = np.abs(values).max(axis=0)
    ratio = values / np.where(size > 0, size, 1)
    return np.where(less, 1 - ratio, ratio)


def net_flows(values: np.ndarray, less: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Net flows (sites, criteria) of PROMETHEE II, criterion by criterion.

    Parameters
    ----------
    values : array (sites, criteria)
        At least one site; a single one has the flow 0.
    less : array (criteria,) of bool
        Whether less is better.
    thresholds : array (criteria, 2)
        Indifference q and preference p, 0 <= q < p, or both 0. [as the values]

    Returns
    -------
    array (sites, criteria)
        From -1 (all others preferred) to 1. By sorting: n log n for n sites.

    Examples
    --------
    >>> values = np.array([[1.0], [2.0], [4.0]])
    >>> net_flows(values, np.array([False]), np.array([[0.0, 2.0]])).ravel().tolist()
    [-0.75, -0.25, 1.0]
    """
    flows = np.zeros(values.shape)
    if len(values) < 2:
        return flows
    for column, (q, p) in enumerate(thresholds):
        turned = -values[:, column] if less[column] else values[:, column]
        ascending = np.sort(turned)
        leaving = _preferences(turned, ascending, q, p)
        entering = _preferences(-turned, -ascending[::-1], q, p)
        flows[:, column] = (leaving - entering) / (len(values) - 1)
    return flows


def _preferences(values: np.ndarray, ascending: np.ndarray, q: float, p: float) -> np.ndarray:
    """For each value the sum over all others of its preference to them."""
    clear = np.searchsorted(ascending, values - p, side="left")
    if p == q:
        return clear.astype(float)
    middle = ascending[len(ascending) // 2]
    before = np.concatenate([[0.0], np.cumsum(ascending - middle)])
    partly = np.maximum(np.searchsorted(ascending, values - q, side="left"), clear)
    of_partly = before[partly] - before[clear]
    rising = (partly - clear) * (values - middle - q) - of_partly
    return np.asarray(clear + rising / (p - q))


# Method to the normalisation that it uses unless told, and how it combines normalised values.
Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]
METHODS: dict[str, tuple[str, Combine]] = {
    "topsis": ("vector", topsis),
    "weighted_sum": ("min-max", combined),
    "spotis": ("bounds", combined),
    "promethee_ii": ("net flow", combined),
}
NORMALISATIONS = {"vector": vector, "min-max": min_max, "max": maximum}
# These stand for one normalisation only: it is what the method is.
OWN_NORMALISATION = {"spotis": "bounds", "promethee_ii": "net flow"}
