"""Rank sites by weighted criteria, and ask how much the rank depends on the weights.

With x the value of a site, w the weights scaled to sum to 1, and every normalised value turned so
that more is better:

- min-max: r = (x - min) / (max - min), or (max - x) / (max - min) where less is better; a column
  that is the same everywhere gives 1 for all;
- vector: r = x / sqrt(sum x^2), or 1 minus that where less is better;
- weighted sum [1]_: score = sum of w r;
- TOPSIS [1]_: score = d- / (d- + d+), with the distances d+ and d- of the point w r from the best
  and from the worst value found in each column.

References
----------
.. [1] C. L. Hwang and K. Yoon (1981), Multiple attribute decision making, Springer.
.. [2] R. Lahdelma and P. Salminen (2001), SMAA-2, Operations Research 49, 444-454.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.criteria import criterion_groups, signs_of
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

    Table = TypeVar("Table", bound=pd.DataFrame)

# Scores nearer than this are equal; the order is then that of site_id.
SAME_SCORE_DECIMALS = 12


def rank(
    sites: Table,
    weights: Mapping[str, float],
    *,
    method: str = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
) -> Table:
    """Rank sites, best first.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site; not changed.
    weights : mapping
        Column to weight; a negative weight means that less is better. Their sizes are scaled to
        sum to 1.
    method : {"topsis", "weighted_sum"}
        How normalised values become a score.
    normalisation : {"vector", "min-max", "max"}, optional
        Vector for TOPSIS and min-max for the weighted sum unless told.
    missing : {None, "worst", "drop"}
        What to do with a missing value: an error, the worst value found in its column, or leave
        the site out.

    Returns
    -------
    DataFrame or GeoDataFrame
        Every column kept, with ``score`` (0 to 1, more is better), ``rank`` (from 1; equal scores
        in the order of site_id, or of the rows) and ``normalised_<criterion>`` (more is better).
        attrs: method, normalisation, weights (scaled), missing, dropped (sites left out).

    Raises
    ------
    TableError
        Where a column is missing or not a number, weights are no numbers or all 0, a value is
        missing and nothing was said about it, or a column holds no value at all.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "cost": [3.0, 4.0], "gain": [3.0, 4.0]})
    >>> ranking = rank(sites, {"cost": -3, "gain": 1}, method="weighted_sum")
    >>> ranking[["site_id", "rank", "score"]].values.tolist()
    [['a', 1, 0.75], ['b', 2, 0.25]]
    """
    asked = Question.of(sites, weights, method, normalisation, missing)
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
    }
    return ranking


def rank_acceptability(
    sites: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    samples: int = 10_000,
    seed: int = 0,
    method: str = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
) -> pd.DataFrame:
    """How often each site has each rank, over weights drawn at random [2]_.

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
    method, normalisation, missing
        As in `rank`.

    Returns
    -------
    DataFrame
        Index site_id (else the index of `sites`), in the order of `sites`; columns the ranks
        1, 2, ...; values the share of the weightings. Every row sums to 1.

    Raises
    ------
    TableError
        As `rank` does, or where no criterion is known.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "near": [1.0, 2.0], "far": [9.0, 7.0]})
    >>> rank_acceptability(sites, {"near": -1, "far": 1}).loc["a"].tolist()
    [1.0, 0.0]
    """
    import pandas as pd

    signs = signs_of(sites) if weights is None else weights
    signs = {column: weight for column, weight in signs.items() if weight != 0}
    asked = Question.of(sites, signs, method, normalisation, missing)
    drawn = random_weights(asked.columns, samples=samples, seed=seed)
    shares = _share_of_ranks(asked.ranks(drawn))
    return pd.DataFrame(shares, index=asked.site_ids(), columns=range(1, len(shares) + 1))


def random_weights(columns: list[str], *, samples: int, seed: int) -> np.ndarray:
    """Weights that are uniform on the simplex over groups of criteria, and within each group.

    Parameters
    ----------
    columns : list of str
        Criteria; those of one group of the project's criteria share a weight.
    samples : int
        How many.
    seed : int
        Of the random numbers.

    Returns
    -------
    array (samples, columns)
        Every row sums to 1.

    Examples
    --------
    >>> random_weights(["a", "b", "c"], samples=2000, seed=1).mean(axis=0).round(1).tolist()
    [0.3, 0.3, 0.3]
    """
    random = np.random.default_rng(seed)
    groups = criterion_groups(columns)
    names = list(dict.fromkeys(groups))
    over_groups = random.dirichlet(np.ones(len(names)), samples)
    weights = np.empty((samples, len(columns)))
    for number, name in enumerate(names):
        members = [index for index, group in enumerate(groups) if group == name]
        within = random.dirichlet(np.ones(len(members)), samples)
        weights[:, members] = over_groups[:, [number]] * within
    return weights


def _topsis(normalised: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scores (weightings, sites); the squared distances are sums of w^2 (r - r*)^2."""
    squares = weights**2
    to_best = np.sqrt(squares @ ((normalised - normalised.max(axis=0)) ** 2).T)
    to_worst = np.sqrt(squares @ ((normalised - normalised.min(axis=0)) ** 2).T)
    total = to_best + to_worst
    # Where all sites are alike, best and worst are one point: neither near nor far.
    return np.asarray(np.where(total > 0, to_worst / np.where(total > 0, total, 1), 0.5))


def _weighted_sum(normalised: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.asarray(weights @ normalised.T)


def _min_max(values: np.ndarray, less: np.ndarray) -> np.ndarray:
    turned = np.where(less, -values, values)
    span = np.ptp(turned, axis=0)
    return np.where(span > 0, (turned - turned.min(axis=0)) / np.where(span > 0, span, 1), 1.0)


def _vector(values: np.ndarray, less: np.ndarray) -> np.ndarray:
    size = np.abs(values).max(axis=0)
    scaled = values / np.where(size > 0, size, 1)
    length = np.sqrt((scaled**2).sum(axis=0))
    ratio = scaled / np.where(length > 0, length, 1)
    return np.where(less, 1 - ratio, ratio)


def _maximum(values: np.ndarray, less: np.ndarray) -> np.ndarray:
    size = np.abs(values).max(axis=0)
    ratio = values / np.where(size > 0, size, 1)
    return np.where(less, 1 - ratio, ratio)


METHODS = {"topsis": _topsis, "weighted_sum": _weighted_sum}
NORMALISATIONS = {"vector": _vector, "min-max": _min_max, "max": _maximum}
USUAL_NORMALISATION = {"topsis": "vector", "weighted_sum": "min-max"}


class Question(NamedTuple):
    """A ranking that can be answered: every value is there and finite."""

    sites: Any
    columns: list[str]
    values: np.ndarray
    weights: np.ndarray
    method: str
    normalisation: str
    kept: np.ndarray
    dropped: list[str]

    @classmethod
    def of(
        cls,
        sites: pd.DataFrame,
        weights: Mapping[str, float],
        method: str,
        normalisation: str | None,
        missing: str | None,
    ) -> Question:
        """Check all that was asked; every fault at once."""
        normalisation = normalisation or USUAL_NORMALISATION.get(method, "")
        faults = _option_faults(method, normalisation, missing) + _weight_faults(sites, weights)
        if faults:
            raise TableError("ranking", faults)
        columns = list(weights)
        values = np.column_stack([sites[name].to_numpy(dtype=float) for name in columns])
        faults = _value_faults(values, columns, missing)
        if faults:
            raise TableError("ranking", faults)
        gaps = np.isnan(values)
        kept = np.flatnonzero(~gaps.any(axis=1) | (missing != "drop"))
        dropped = [str(name) for name in np.delete(_site_ids(sites), kept)]
        signed = np.array([float(weights[name]) for name in columns])
        if missing == "worst":
            worst = np.where(signed < 0, np.nanmax(values, axis=0), np.nanmin(values, axis=0))
            values = np.where(gaps, worst, values)
        if not kept.size:
            raise TableError("ranking", "no site has a value for every criterion: none is left")
        rest = sites.iloc[kept]
        return cls(rest, columns, values[kept], signed, method, normalisation, kept, dropped)

    def normalised(self) -> np.ndarray:
        """Values (sites, criteria), turned so that more is better."""
        return np.asarray(NORMALISATIONS[self.normalisation](self.values, self.weights < 0))

    def shares(self) -> np.ndarray:
        """The sizes of the given weights, scaled to sum to 1."""
        size = np.abs(self.weights)
        return np.asarray(size / size.sum())

    def scores(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Scores (weightings, sites) under these weights, or else under the given ones."""
        weights = self.shares()[None, :] if weights is None else weights
        return METHODS[self.method](self.normalised(), weights)

    def order(self) -> np.ndarray:
        """Rows of the sites under the given weights, best first."""
        return _best_first(self.scores(), _ties(self.sites))[0]

    def ranks(self, weights: np.ndarray) -> np.ndarray:
        """Ranks from 1 (weightings, sites)."""
        return _ranks(self.scores(weights), _ties(self.sites))

    def site_ids(self) -> pd.Index:
        """site_id, or else the index."""
        return _site_ids(self.sites)


def _option_faults(method: str, normalisation: str, missing: str | None) -> list[str]:
    faults = []
    if method not in METHODS:
        faults.append(f"method {method!r}: allowed are {', '.join(METHODS)}")
    elif normalisation not in NORMALISATIONS:
        allowed = ", ".join(NORMALISATIONS)
        faults.append(f"normalisation {normalisation!r}: allowed are {allowed}")
    if missing not in (None, "worst", "drop"):
        faults.append(f"missing={missing!r}: allowed are None, 'worst' and 'drop'")
    return faults


def _weight_faults(sites: pd.DataFrame, weights: Mapping[str, float]) -> list[str]:
    from pandas.api.types import is_numeric_dtype

    if not len(sites):
        return ["there is no site to rank"]
    faults = [
        f"weight of {name!r} is {weight!r}: give a number"
        for name, weight in weights.items()
        if not _is_finite(weight)
    ]
    if not faults and not any(weights.values()):
        faults.append("every weight is 0: give at least one criterion a weight")
    for name in weights:
        if name not in sites:
            faults.append(f"column {name!r} is missing: add it, or take it out of the weights")
        elif not is_numeric_dtype(sites[name]):
            faults.append(f"column {name!r} is not a number")
    return faults


def _is_finite(weight: object) -> bool:
    try:
        return bool(np.isfinite(float(weight)))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _value_faults(values: np.ndarray, columns: list[str], missing: str | None) -> list[str]:
    faults = []
    for number, name in enumerate(columns):
        gaps = np.isnan(values[:, number])
        if np.isinf(values[:, number]).any():
            faults.append(f"column {name!r} holds an infinite value")
        if gaps.all():
            faults.append(f"column {name!r} has no value at all: take it out of the weights")
        elif gaps.any() and missing is None:
            where = rows_in_words([int(row) + 1 for row in np.flatnonzero(gaps)])
            faults.append(
                f"column {name!r}: no value in {where}: fill it in, or ask for missing='worst' "
                "(the worst value found) or missing='drop' (leave the site out)"
            )
    return faults


def _site_ids(sites: pd.DataFrame) -> pd.Index:
    import pandas as pd

    return pd.Index(sites["site_id"], name="site_id") if "site_id" in sites else sites.index


def _ties(sites: pd.DataFrame) -> np.ndarray:
    """The rows in the order in which equal scores stand."""
    if "site_id" not in sites:
        return np.arange(len(sites))
    return np.argsort(sites["site_id"].astype(str).to_numpy(dtype=object), kind="stable")


def _best_first(scores: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """Rows of the sites (weightings, sites), best first."""
    rounded = np.round(scores[:, ties], SAME_SCORE_DECIMALS)
    return np.asarray(ties[np.argsort(-rounded, axis=1, kind="stable")])


def _ranks(scores: np.ndarray, ties: np.ndarray) -> np.ndarray:
    order = _best_first(scores, ties)
    ranks = np.empty(order.shape, np.int32)
    places = np.broadcast_to(np.arange(1, order.shape[1] + 1, dtype=np.int32), order.shape)
    np.put_along_axis(ranks, order, places, axis=1)
    return ranks


def _share_of_ranks(ranks: np.ndarray) -> np.ndarray:
    samples, count = ranks.shape
    cells = (ranks - 1) + np.arange(count) * count
    return np.bincount(cells.ravel(), minlength=count * count).reshape(count, count) / samples
