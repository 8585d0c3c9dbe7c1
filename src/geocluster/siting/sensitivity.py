"""What would turn a ranking: a change of one weight, another method, a candidate that leaves."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.flips import moved, nearest_share
from geocluster.siting.methods import METHODS, combined
from geocluster.siting.question import Bounds, Question, Thresholds, by_methods

if TYPE_CHECKING:
    import pandas as pd

# Of a method without closed form, weights are tried in so many steps before they are halved.
STEPS = 1000
HALVINGS = 60


def smallest_change(
    sites: pd.DataFrame,
    weights: Mapping[str, float],
    method: str = "topsis",
    *,
    normalisation: str | None = None,
    missing: str | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """The smallest change of one weight that makes the second site the first.

    One criterion's share of all weight changes, the others keep their proportions. Where the score
    is linear in the weights (weighted sum, SPOTIS, PROMETHEE II) the answer is exact; for TOPSIS
    the shares are tried in steps of 0.001 and then halved: a flip within one step can be missed.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site, at least 2.
    weights : mapping
        Column to weight, as in `rank`; weights of 0 are left out.
    method, normalisation, missing, bounds, thresholds
        As in `rank`.

    Returns
    -------
    DataFrame
        A row a criterion: ``criterion``, ``share`` (its share of the weights now), ``needed`` (the
        share at which the second draws level with the best of all others, a hair beyond which it
        is first), ``change`` (needed less share); NaN where no share makes it first. The smallest
        change first. attrs: first, second (site_id), criterion (of the smallest change, or None).

    Raises
    ------
    TableError
        As `rank` does, or where there is one site only.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "near": [9.0, 1.0], "cheap": [1.0, 5.0]})
    >>> table = smallest_change(sites, {"near": 3, "cheap": 1}, "weighted_sum")
    >>> table[["criterion", "share", "needed", "change"]].values.tolist()
    [['near', 0.75, 0.5, -0.25], ['cheap', 0.25, 0.5, 0.25]]
    """
    import pandas as pd

    chosen = {column: weight for column, weight in weights.items() if weight != 0}
    asked = Question.of(sites, chosen, method, normalisation, missing, bounds, thresholds)
    if len(asked.values) < 2:
        raise TableError("ranking", "one site only: there is no second")
    first, second = (int(row) for row in asked.order()[:2])
    shares, normalised = asked.shares(), asked.normalised()
    linear = METHODS[asked.method][1] is combined
    needed = [
        (_linear_share if linear else _searched_share)(asked, normalised, second, number)
        for number in range(len(shares))
    ]
    table = pd.DataFrame({"criterion": asked.columns, "share": shares, "needed": needed})
    table["change"] = table["needed"] - table["share"]
    table = table.sort_values("change", key=np.abs, kind="stable", ignore_index=True)
    known = table["change"].notna()
    ids = asked.site_ids()
    table.attrs = {
        "first": ids[first],
        "second": ids[second],
        "criterion": table["criterion"].iloc[0] if known.any() else None,
    }
    return table


def reversals(
    sites: pd.DataFrame,
    weights: Mapping[str, float],
    method: str = "topsis",
    *,
    leaving: Sequence[object] | None = None,
    normalisation: str | None = None,
    missing: str | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """Whether the order of the others changes when one candidate leaves.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site.
    weights : mapping
        Column to weight, as in `rank`.
    leaving : sequence, optional
        Which sites leave, one at a time, by site_id (or index); each in turn where left out.
    method, normalisation, missing, bounds, thresholds
        As in `rank`; a missing value taken as the worst found stays as it is.

    Returns
    -------
    DataFrame
        A row a site that leaves, in the order of the ranking: ``site_id``, ``rank``,
        ``reversed_pairs`` (pairs of others whose order turns), ``first_changes`` (whether the
        first of the others changes) and ``first`` (the first of them then). attrs:
        reversed_share, the share of the sites that turn some pair by leaving.

    Raises
    ------
    TableError
        As `rank` does, or where a site that leaves is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": list("abc"), "x": [6.0, 0, 10], "y": [1.0, 4, 0]})
    >>> table = reversals(sites, {"x": 1, "y": 1}, "weighted_sum")
    >>> table[["site_id", "reversed_pairs", "first"]].values.tolist()
    [['b', 1, 'a'], ['c', 1, 'a'], ['a', 0, 'b']]
    """
    import pandas as pd

    asked = Question.of(sites, weights, method, normalisation, missing, bounds, thresholds)
    order, ids = asked.order(), asked.site_ids()
    rows = []
    for site in _leaving(order, ids, leaving):
        before = order[order != site]
        after = asked.without(site).order() if len(before) else before
        after = after + (after >= site)
        first = int(after[0]) if len(after) else -1
        rows.append(
            {
                "site_id": ids[site],
                "rank": int(np.flatnonzero(order == site)[0]) + 1,
                "reversed_pairs": turned_pairs(before, after),
                "first_changes": bool(len(after)) and first != int(before[0]),
                "first": ids[first] if len(after) else None,
            }
        )
    table = pd.DataFrame(rows)
    table.attrs["reversed_share"] = float((table["reversed_pairs"] > 0).mean())
    return table


def compare_methods(
    sites: pd.DataFrame,
    weights: Mapping[str, float],
    methods: Sequence[str] = tuple(METHODS),
    *,
    missing: str | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """The rank of each site by each method, under the given weights.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site.
    weights : mapping
        Column to weight, as in `rank`.
    methods : sequence of str
        All of them where left out, each with its usual normalisation.
    missing, bounds, thresholds
        As in `rank`, bounds for SPOTIS, thresholds for PROMETHEE II.

    Returns
    -------
    DataFrame
        Index site_id, the best mean rank first; a column a method with the rank, then
        ``mean_rank``, ``best_rank``, ``worst_rank``. attrs: firsts (method to the site it puts
        first), agreement (pairs of methods, joined by " / ", to Kendall's tau, -1 to 1).

    Raises
    ------
    TableError
        As `rank` does.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": list("ab"), "cost": [2.0, 1.0], "gain": [1.0, 3.0]})
    >>> compare_methods(sites, {"cost": -1, "gain": 1})["worst_rank"].to_dict()
    {'b': 1, 'a': 2}
    """
    import pandas as pd

    asked = by_methods(sites, weights, list(methods), None, missing, bounds, thresholds)
    orders, ids = {question.method: question.order() for question in asked}, asked[0].site_ids()
    ranks = pd.DataFrame({name: np.argsort(order) + 1 for name, order in orders.items()}, index=ids)
    table = ranks.assign(
        mean_rank=ranks.mean(axis=1), best_rank=ranks.min(axis=1), worst_rank=ranks.max(axis=1)
    )
    table = table.sort_values("mean_rank", kind="stable")
    pairs = len(ids) * (len(ids) - 1) / 2
    table.attrs = {
        "firsts": {name: ids[int(order[0])] for name, order in orders.items()},
        "agreement": {
            f"{one} / {other}": 1 - 2 * turned_pairs(orders[one], orders[other]) / max(pairs, 1)
            for number, one in enumerate(orders)
            for other in list(orders)[number + 1 :]
        },
    }
    return table


def turned_pairs(before: np.ndarray, after: np.ndarray) -> int:
    """How many pairs stand in another order.

    Examples
    --------
    >>> turned_pairs(np.array([4, 5, 6]), np.array([6, 4, 5]))
    2
    """
    if np.array_equal(before, after):
        return 0
    place = {int(site): number for number, site in enumerate(before)}
    seen: list[int] = []
    turned = 0
    for site in after:
        number = place[int(site)]
        turned += len(seen) - bisect_left(seen, number)
        insort(seen, number)
    return turned


def _leaving(order: np.ndarray, ids: pd.Index, leaving: Sequence[object] | None) -> list[int]:
    """Rows of the sites that leave, the best first."""
    if leaving is None:
        return [int(site) for site in order]
    strangers = [f"there is no site {name!r}" for name in leaving if name not in ids]
    if strangers:
        raise TableError("ranking", strangers)
    return [int(site) for site in order if ids[site] in leaving]


def _linear_share(asked: Question, normalised: np.ndarray, second: int, number: int) -> float:
    """The nearest share at which the second is level with the best of the others, exactly."""
    weights = asked.shares()
    now = float(weights[number])
    if len(weights) == 1:
        return float("nan")
    ends = combined(normalised, moved(weights, number, np.array([0.0, 1.0])))
    lead = np.delete(ends[:, [second]] - ends, second, axis=1)
    at_none, at_all = lead
    slope = at_all - at_none
    # Ahead of another site where at_none + share * slope >= 0: an interval of shares each.
    moving = slope != 0
    root = -at_none / np.where(moving, slope, 1)
    low = max(0.0, float(np.max(root, initial=0.0, where=slope > 0)))
    high = min(1.0, float(np.min(root, initial=1.0, where=slope < 0)))
    never = bool((~moving & (at_none < 0)).any())
    if never or high <= low:
        return float("nan")
    return float(np.clip(now, low, high))


def _searched_share(asked: Question, normalised: np.ndarray, second: int, number: int) -> float:
    """The nearest share at which the second is level with the best of the others, by halving."""
    weights = asked.shares()
    now = float(weights[number])
    if len(weights) == 1:
        return float("nan")
    combine = METHODS[asked.method][1]

    def lead(shares: np.ndarray) -> np.ndarray:
        found = []
        for part in np.array_split(shares, max(1, shares.size * len(normalised) // 2_000_000)):
            scores = combine(normalised, moved(weights, number, part))
            own = scores[:, second].copy()
            scores[:, second] = -np.inf
            found.append(own - scores.max(axis=1))
        return np.concatenate(found)

    tried = np.linspace(0, 1, STEPS + 1)
    nearest = nearest_share(
        tried, lead(tried) > 0, now, lambda share: lead(np.array([share]))[0] > 0, HALVINGS
    )
    return float("nan") if nearest is None else nearest
