"""Rank sites by weighted criteria, and ask how much the rank depends on the weights.

The methods and their formulas are those of `geocluster.siting.methods`.

References
----------
.. [1] R. Lahdelma and P. Salminen (2001), SMAA-2, Operations Research 49, 444-454.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from geocluster.siting.criteria import signs_of
from geocluster.siting.draws import Preferences, drawn_weights, random_weights
from geocluster.siting.question import Bounds, Question, Thresholds, by_methods

if TYPE_CHECKING:
    import pandas as pd

    Table = TypeVar("Table", bound=pd.DataFrame)

__all__ = ["Question", "central_weights", "random_weights", "rank", "rank_acceptability"]


def rank(
    sites: Table,
    weights: Mapping[str, float],
    *,
    method: str = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> Table:
    """Rank sites, best first.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site; not changed.
    weights : mapping
        Column to weight; a negative weight means that less is better. Their sizes are scaled to
        sum to 1.
    method : {"topsis", "weighted_sum", "spotis", "promethee_ii"}
        How normalised values become a score.
    normalisation : {"vector", "min-max", "max"}, optional
        Vector for TOPSIS and min-max for the weighted sum unless told; SPOTIS and PROMETHEE II
        have their own.
    missing : {None, "worst", "drop"}
        What to do with a missing value: an error, the worst value found in its column, or leave
        the site out.
    bounds : mapping, optional
        Of SPOTIS: column to (low, high), between which every value must lie. [as the column]
        The least and greatest value found where left out: the ranking is then not free of
        reversal.
    thresholds : mapping, optional
        Of PROMETHEE II: column to p, the difference from which a site is wholly preferred, or to
        (q, p) with q, the difference up to which sites are alike; 0 where any difference counts
        whole. [as the column] p is the standard deviation over the sites where left out (assumed).

    Returns
    -------
    DataFrame or GeoDataFrame
        Every column kept, with ``score`` (more is better; 0 to 1, PROMETHEE II -1 to 1), ``rank``
        (from 1; equal scores in the order of site_id, or of the rows) and
        ``normalised_<criterion>`` (more is better). attrs: method, normalisation, weights
        (scaled), missing, dropped (sites left out), reversal_free (whether no other site can turn
        the order of two); of SPOTIS bounds and note, of PROMETHEE II thresholds.

    Raises
    ------
    TableError
        Where a column is missing or not a number, weights are no numbers or all 0, a value is
        missing and nothing was said about it or outside its bounds, or a column holds no value.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "cost": [3.0, 4.0], "gain": [3.0, 4.0]})
    >>> ranking = rank(sites, {"cost": -3, "gain": 1}, method="weighted_sum")
    >>> ranking[["site_id", "rank", "score"]].values.tolist()
    [['a', 1, 0.75], ['b', 2, 0.25]]
    >>> limits = {"cost": (0, 10), "gain": (0, 5)}
    >>> ranking = rank(sites, {"cost": -1, "gain": 1}, method="spotis", bounds=limits)
    >>> ranking[["site_id", "score"]].round(2).values.tolist(), ranking.attrs["reversal_free"]
    ([['b', 0.7], ['a', 0.65]], True)
    """
    asked = Question.of(sites, weights, method, normalisation, missing, bounds, thresholds)
    normalised = asked.normalised()
    order = asked.order()
    added = {f"normalised_{name}": normalised[:, i] for i, name in enumerate(asked.columns)}
    ranking = asked.sites.assign(score=asked.scores()[0], rank=np.argsort(order) + 1, **added)
    ranking = ranking.iloc[order]
    signed = asked.shares() * np.sign(asked.weights)
    ranking.attrs = {
        **sites.attrs,
        "method": asked.method,
        "normalisation": asked.normalisation,
        "weights": dict(zip(asked.columns, signed.tolist(), strict=True)),
        "missing": missing or "none",
        "dropped": asked.dropped,
        "reversal_free": asked.reversal_free(),
        **_what_was_found(asked),
    }
    return ranking


def _what_was_found(asked: Question) -> dict[str, object]:
    """The bounds or thresholds used, and what was taken from the sites for want of better."""
    if asked.method == "promethee_ii":
        used = asked.known_thresholds().tolist()
        return {"thresholds": _by_column(asked, used)}
    if asked.method != "spotis":
        return {}
    used = asked.known_bounds().tolist()
    bounds = _by_column(asked, used)
    found = [asked.columns[i] for i in np.flatnonzero(np.isnan(asked.bounds).any(axis=1))]
    notes = []
    if found:
        notes.append(f"bounds of {', '.join(found)} are the least and greatest value of the sites")
    if asked.filled:
        notes.append("missing values are the worst found")
    note = f"Not free of rank reversal: {'; '.join(notes)}." if notes else ""
    return {"bounds": bounds, "note": note}


def _by_column(asked: Question, pairs: list[list[float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(pair) for name, pair in zip(asked.columns, pairs, strict=True)}


def rank_acceptability(
    sites: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    samples: int = 10_000,
    seed: int = 0,
    method: str | Sequence[str] = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
    preferences: Preferences | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """How often each site has each rank, over weights drawn at random [1]_.

    Weights are uniform on the simplex over groups of criteria, and within each group: criteria
    that measure the same thing share one weight. A column that is none of the project's criteria
    is a group of its own.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site.
    weights : mapping, optional
        Column to weight: says which criteria count, and by its sign whether less is better; its
        size is not used, weights of 0 are left out. All of the project's criteria that have a
        value where left out.
    samples : int
        How many weight vectors.
    seed : int
        Of the random numbers.
    method : str or sequence of str
        As in `rank`; of several, each counts the same.
    normalisation, missing, bounds, thresholds
        As in `rank`, each for the methods that it belongs to.
    preferences : sequence or mapping, optional
        What is known of the weights: a list of groups or criteria, most important first
        (``["exposure", "access"]``), or a mapping to the least and greatest share of all weight
        (``{"exposure": (0.3, 0.5)}``); see `drawn_weights`. Any weights where left out.

    Returns
    -------
    DataFrame
        Index site_id (else the index of `sites`), in the order of `sites`; columns the ranks
        1, 2, ...; values the share of the weightings. Every row sums to 1.

    Raises
    ------
    TableError
        As `rank` does, or where no criterion is known, or no weights obey the preferences.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "near": [1.0, 2.0], "far": [9.0, 7.0]})
    >>> rank_acceptability(sites, {"near": -1, "far": 1}).loc["a"].tolist()
    [1.0, 0.0]
    """
    import pandas as pd

    signs = _by_sign(sites, weights)
    asked = by_methods(sites, signs, method, normalisation, missing, bounds, thresholds)
    drawn = drawn_weights(asked[0].columns, preferences, samples=samples, seed=seed)
    shares = np.mean([_shares(question, drawn) for question in asked], axis=0)
    return pd.DataFrame(shares, index=asked[0].site_ids(), columns=range(1, len(shares) + 1))


def central_weights(
    sites: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    samples: int = 10_000,
    seed: int = 0,
    method: str = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
    preferences: Preferences | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """The mean of the weights that put each site first [1]_: who would choose it.

    Parameters
    ----------
    sites, weights, samples, seed, method, normalisation, missing, preferences, bounds, thresholds
        As in `rank_acceptability`; one method.

    Returns
    -------
    DataFrame
        Index as `rank_acceptability`; a column a criterion, negative where less is better, sizes
        of a row summing to 1, NaN for a site that no drawn weights put first; and
        ``acceptability``, the share of the weights that do.

    Raises
    ------
    TableError
        As `rank_acceptability` does.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "near": [1.0, 2.0], "far": [7.0, 9.0]})
    >>> central = central_weights(sites, {"near": -1, "far": 1}, method="weighted_sum")
    >>> central["acceptability"].round(1).tolist()
    [0.5, 0.5]
    >>> bool(-0.8 < central.loc["a", "near"] < -0.7)  # first wherever near weighs more than half
    True
    """
    import pandas as pd

    signs = _by_sign(sites, weights)
    asked = Question.of(sites, signs, method, normalisation, missing, bounds, thresholds)
    drawn = drawn_weights(asked.columns, preferences, samples=samples, seed=seed)
    first = asked.firsts(drawn)
    count = len(asked.values)
    times = np.bincount(first, minlength=count)
    sums = [np.bincount(first, column, minlength=count) for column in drawn.T]
    means = np.where(times > 0, np.array(sums) / np.maximum(times, 1), np.nan)
    table = pd.DataFrame((means * np.sign(asked.weights)[:, None]).T, columns=asked.columns)
    table.index = asked.site_ids()
    return table.assign(acceptability=times / samples)


def _by_sign(sites: pd.DataFrame, weights: Mapping[str, float] | None) -> dict[str, float]:
    """The criteria that count; a weight's sign matters, not its size."""
    signs = signs_of(sites) if weights is None else weights
    return {column: weight for column, weight in signs.items() if weight != 0}


def _shares(asked: Question, drawn: np.ndarray) -> np.ndarray:
    """The share (sites, ranks) of the weights drawn that give a site a rank."""
    count = len(asked.values)
    cells = np.zeros(count * count, np.int64)
    for ranks in asked.ranks_in_parts(drawn):
        places = (ranks - 1) + np.arange(count) * count
        cells += np.bincount(places.ravel(), minlength=count * count)
    return cells.reshape(count, count) / len(drawn)
