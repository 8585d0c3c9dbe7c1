"""What would have to change for a site to be the first, or no longer to be it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.siting.question import Question, best_first, ties

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

# Shares of one weight that are tried, and how often the interval of a change is then halved.
STEPS, HALVINGS = 1000, 40
COLUMNS = ["site", "criterion", "now", "needed"]


def weight_flips(asked: Question) -> pd.DataFrame:
    """The nearest share of one criterion's weight at which a site becomes the first.

    One criterion's share of all weight is moved from 0 to 1, the others keep their proportions.
    For the site that is first now, it is the nearest share at which another takes its place.

    Parameters
    ----------
    asked : Question
        Sites, weights and method.

    Returns
    -------
    DataFrame
        ``site`` (its row), ``criterion``, ``now`` (its share of the weights), ``needed`` (the
        share at which it turns, to 0.001 / 2^40); only what can turn. Shares are tried in steps
        of 0.001: a turn and back within one step is not seen. [0 to 1]

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "near": [9.0, 1.0], "cheap": [1.0, 5.0]})
    >>> asked = Question.of(sites, {"near": 3, "cheap": 1}, "weighted_sum", None, None)
    >>> flips = weight_flips(asked)
    >>> flips[flips["site"] == 1].round(6).values.tolist()
    [[1, 'near', 0.75, 0.5], [1, 'cheap', 0.25, 0.5]]
    """
    import pandas as pd

    shares = asked.shares()
    first = int(asked.order()[0])
    found = []
    for number, name in enumerate(asked.columns if len(shares) > 1 else []):
        now = float(shares[number])
        tried = np.unique(np.append(np.linspace(0, 1, STEPS + 1), now))
        winners = asked.firsts(moved(shares, number, tried))
        for site in np.unique(np.append(winners, first)):
            turned = (winners != first) if site == first else (winners == site)
            needed = _nearest_turn(asked, shares, number, tried, turned, int(site), first)
            if needed is not None:
                found.append((int(site), name, now, needed))
    table = pd.DataFrame(found, columns=COLUMNS)
    return table.sort_values("site", kind="stable", ignore_index=True)


def value_flips(asked: Question, rows: Sequence[int]) -> pd.DataFrame:
    """The value of one criterion at which a site becomes the first, all else as it is.

    A site that is not first has the value moved towards the best that any candidate has; the site
    that is first, towards the worst. What even the best value found does not turn is left out.

    Parameters
    ----------
    asked : Question
        Sites, weights and method.
    rows : sequence of int
        Rows of the sites to ask about.

    Returns
    -------
    DataFrame
        ``site`` (its row), ``criterion``, ``now`` and ``needed`` [in the criterion's unit].

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "near": [9.0, 1.0], "cheap": [1.0, 5.0]})
    >>> asked = Question.of(sites, {"near": 3, "cheap": 1}, "spotis", None, None,
    ...                     bounds={"near": (0, 10), "cheap": (0, 10)})
    >>> value_flips(asked, [1]).round(3).values.tolist()
    [[1, 'near', 1.0, 7.667]]
    """
    import pandas as pd

    first, tied = int(asked.order()[0]), ties(asked.sites)
    less = asked.weights < 0
    low, high = asked.values.min(axis=0), asked.values.max(axis=0)
    best, worst = np.where(less, low, high), np.where(less, high, low)
    found = []
    for site in rows:
        for number, name in enumerate(asked.columns):
            now = float(asked.values[site, number])
            end = float((worst if site == first else best)[number])
            if now == end or asked.weights[number] == 0:
                continue

            def turned(value: float, site: int = site, number: int = number) -> bool:
                values = asked.values.copy()
                values[site, number] = value
                scores = asked._replace(values=values).scores()
                leads = int(best_first(scores, tied)[0, 0]) == site
                return leads != (site == first)

            if turned(end):
                found.append((int(site), name, now, halved(turned, now, end)))
    return pd.DataFrame(found, columns=COLUMNS)


def moved(shares: np.ndarray, number: int, tried: np.ndarray) -> np.ndarray:
    """Weights (tried, criteria) where one has these shares and the others keep proportions."""
    rest = np.delete(shares, number).sum()
    others = (1 - tried) / rest if rest > 0 else np.zeros(tried.size)
    weights = shares * others[:, None]
    weights[:, number] = tried
    return weights


def _nearest_turn(
    asked: Question,
    shares: np.ndarray,
    number: int,
    tried: np.ndarray,
    turned: np.ndarray,
    site: int,
    first: int,
) -> float | None:
    """The nearest share at which the answer is another than now, between two that were tried."""
    here = int(np.searchsorted(tried, shares[number]))
    above = np.flatnonzero(turned[here:]) + here
    below = np.flatnonzero(turned[: here + 1])
    ends = [(above[0], above[0] - 1)] if above.size else []
    ends += [(below[-1], below[-1] + 1)] if below.size else []
    tied = ties(asked.sites)

    def flipped(share: float) -> bool:
        weights = moved(shares, number, np.array([share]))
        leads = int(best_first(asked.scores(weights), tied)[0, 0]) == site
        return leads != (site == first)

    found = [halved(flipped, float(tried[before]), float(tried[after])) for after, before in ends]
    return min(found, key=lambda share: abs(share - shares[number]), default=None)


def nearest_share(
    tried: np.ndarray,
    turned: np.ndarray,
    now: float,
    holds: Callable[[float], bool],
    times: int = HALVINGS,
) -> float | None:
    """The share nearest to the present one at which something holds that does not hold now."""
    if holds(now):
        return float(now)
    found = []
    for side in (tried[turned & (tried < now)][-1:], tried[turned & (tried > now)][:1]):
        for end in side.tolist():
            step = 1 / (len(tried) - 1)
            behind = now if abs(end - now) <= step else end + np.sign(now - end) * step
            found.append(halved(holds, float(behind), end, times))
    return min(found, key=lambda share: abs(share - now)) if found else None


def halved(
    turned: Callable[[float], bool], before: float, after: float, times: int = HALVINGS
) -> float:
    """The end of an interval at which it has turned, halved down."""
    for _ in range(times):
        middle = (before + after) / 2
        if turned(middle):
            after = middle
        else:
            before = middle
    return after
