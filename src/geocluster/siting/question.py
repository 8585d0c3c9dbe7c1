"""A ranking that was asked for: checked, then answered as scores, orders and ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.methods import (
    METHODS,
    NORMALISATIONS,
    OWN_NORMALISATION,
    net_flows,
    within_bounds,
)
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import pandas as pd

Bounds = Mapping[str, Sequence[float]]
Thresholds = Mapping[str, "float | Sequence[float]"]

# Scores nearer than this are equal; the order is then that of site_id.
SAME_SCORE_DECIMALS = 12
# Scores held at a time: bounds the memory of many weightings of many sites.
SCORES_AT_ONCE = 2_000_000


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
    # (criteria, 2): low and high, indifference and preference; NaN where none was given.
    bounds: np.ndarray
    thresholds: np.ndarray
    filled: bool

    @classmethod
    def of(
        cls,
        sites: pd.DataFrame,
        weights: Mapping[str, float],
        method: str,
        normalisation: str | None,
        missing: str | None,
        bounds: Bounds | None = None,
        thresholds: Thresholds | None = None,
    ) -> Question:
        """Check all that was asked; every fault at once."""
        normalisation = normalisation or METHODS.get(method, ("", None))[0]
        limits, faults = _pairs("bounds", bounds, weights, method, "spotis")
        preferences, more = _pairs("thresholds", thresholds, weights, method, "promethee_ii")
        faults += more + _option_faults(method, normalisation, missing)
        faults += _weight_faults(sites, weights)
        if faults:
            raise TableError("ranking", faults)
        columns = list(weights)
        values = np.column_stack([sites[name].to_numpy(dtype=float) for name in columns])
        faults = _value_faults(values, columns, missing) + _outside(values, columns, limits)
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
        return cls(
            sites.iloc[kept],
            columns,
            values[kept],
            signed,
            method,
            normalisation,
            kept,
            dropped,
            limits,
            preferences,
            bool(gaps[kept].any()),
        )

    def normalised(self) -> np.ndarray:
        """Values (sites, criteria), turned so that more is better."""
        less = self.weights < 0
        if self.normalisation == "bounds":
            return within_bounds(self.values, less, self.known_bounds())
        if self.normalisation == "net flow":
            return net_flows(self.values, less, self.known_thresholds())
        return np.asarray(NORMALISATIONS[self.normalisation](self.values, less))

    def known_bounds(self) -> np.ndarray:
        """The bounds (criteria, 2) given, or else the least and greatest value found."""
        found = np.column_stack([self.values.min(axis=0), self.values.max(axis=0)])
        return np.where(np.isnan(self.bounds), found, self.bounds)

    def known_thresholds(self) -> np.ndarray:
        """The thresholds (criteria, 2) given, or else 0 and the standard deviation found."""
        size = np.abs(self.values).max(axis=0)
        scaled = self.values / np.where(size > 0, size, 1)
        # Of a constant column, rounding would leave a trace.
        spread = np.where(np.ptp(scaled, axis=0) > 0, scaled.std(axis=0) * size, 0)
        found = np.column_stack([np.zeros(len(spread)), spread])
        return np.where(np.isnan(self.thresholds), found, self.thresholds)

    def reversal_free(self) -> bool:
        """Whether no site's score depends on the others: SPOTIS with every bound given."""
        return self.method == "spotis" and not (np.isnan(self.bounds).any() or self.filled)

    def without(self, site: int) -> Question:
        """The same question after one site has left."""
        rest = np.delete(np.arange(len(self.values)), site)
        return self._replace(sites=self.sites.iloc[rest], values=self.values[rest])

    def shares(self) -> np.ndarray:
        """The sizes of the given weights, scaled to sum to 1."""
        size = np.abs(self.weights)
        return np.asarray(size / size.sum())

    def scores(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Scores (weightings, sites) under these weights, or else under the given ones."""
        weights = self.shares()[None, :] if weights is None else weights
        return METHODS[self.method][1](self.normalised(), weights)

    def order(self) -> np.ndarray:
        """Rows of the sites under the given weights, best first."""
        return best_first(self.scores(), ties(self.sites))[0]

    def ranks(self, weights: np.ndarray) -> np.ndarray:
        """Ranks from 1 (weightings, sites)."""
        return np.concatenate(list(self.ranks_in_parts(weights)))

    def ranks_in_parts(self, weights: np.ndarray) -> Iterator[np.ndarray]:
        """Ranks from 1 (weightings, sites), some weightings at a time."""
        tied = ties(self.sites)
        for scores in self.scores_in_parts(weights):
            yield _ranks(scores, tied)

    def firsts(self, weights: np.ndarray) -> np.ndarray:
        """The row of the site that each of the weightings puts first."""
        tied = ties(self.sites)
        parts = self.scores_in_parts(weights)
        rounded = (np.round(scores[:, tied], SAME_SCORE_DECIMALS) for scores in parts)
        return np.concatenate([tied[scores.argmax(axis=1)] for scores in rounded])

    def scores_in_parts(self, weights: np.ndarray) -> Iterator[np.ndarray]:
        """Scores (weightings, sites), so many weightings at a time as memory is bounded to."""
        combine, normalised = METHODS[self.method][1], self.normalised()
        step = max(1, SCORES_AT_ONCE // len(normalised))
        for start in range(0, len(weights), step):
            yield combine(normalised, weights[start : start + step])

    def site_ids(self) -> pd.Index:
        """site_id, or else the index."""
        return _site_ids(self.sites)


def by_methods(
    sites: pd.DataFrame,
    weights: Mapping[str, float],
    methods: str | Sequence[str],
    normalisation: str | None,
    missing: str | None,
    bounds: Bounds | None,
    thresholds: Thresholds | None,
) -> list[Question]:
    """The same question once a method; of several, each takes the options that belong to it."""
    options = (normalisation, missing, bounds, thresholds)
    if isinstance(methods, str):
        return [Question.of(sites, weights, methods, *options)]
    faults = [f"{len(methods)} methods are named: give at least one, each once"]
    if not methods or len(set(methods)) < len(methods):
        raise TableError("ranking", faults)
    return [
        Question.of(
            sites,
            weights,
            method,
            None if method in OWN_NORMALISATION else normalisation,
            missing,
            bounds if method == "spotis" else None,
            thresholds if method == "promethee_ii" else None,
        )
        for method in methods
    ]


def _pairs(
    what: str,
    given: Mapping[str, Any] | None,
    weights: Mapping[str, float],
    method: str,
    meant_for: str,
) -> tuple[np.ndarray, list[str]]:
    """Bounds or thresholds (criteria, 2), NaN where none is given; and what is wrong with them."""
    pairs = np.full((len(weights), 2), np.nan)
    if given is None:
        return pairs, []
    if method != meant_for:
        return pairs, [f"{what} belong to method {meant_for!r}, and {method!r} was asked for"]
    numbers, faults = {name: number for number, name in enumerate(weights)}, []
    for name, value in given.items():
        if name not in numbers:
            faults.append(f"{what} of {name!r}: no such criterion among the weights")
            continue
        try:
            pair = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            pair = np.array([np.nan])
        if what == "thresholds" and pair.shape == ():
            pair = np.array([0.0, pair])
        fits = pair.shape == (2,) and bool(np.isfinite(pair).all())
        if what == "bounds":
            if not (fits and pair[0] < pair[1]):
                faults.append(f"bounds of {name!r} are {value!r}: give (low, high), low < high")
                continue
        elif not (fits and (0 <= pair[0] < pair[1] or not pair.any())):
            faults.append(
                f"thresholds of {name!r} are {value!r}: give p (0: any difference counts whole), "
                "or (q, p) with 0 <= q < p"
            )
            continue
        pairs[numbers[name]] = pair
    return pairs, faults


def _outside(values: np.ndarray, columns: list[str], bounds: np.ndarray) -> list[str]:
    faults = []
    for number, name in enumerate(columns):
        low, high = bounds[number]
        out = (values[:, number] < low) | (values[:, number] > high)
        if out.any():
            where = rows_in_words([int(row) + 1 for row in np.flatnonzero(out)])
            faults.append(f"column {name!r}: outside its bounds {low:g} to {high:g} in {where}")
    return faults


def _option_faults(method: str, normalisation: str, missing: str | None) -> list[str]:
    faults = []
    if method not in METHODS:
        faults.append(f"method {method!r}: allowed are {', '.join(METHODS)}")
    elif method in OWN_NORMALISATION:
        own = OWN_NORMALISATION[method]
        if normalisation != own:
            faults.append(f"normalisation {normalisation!r}: {method} has its own, {own!r}")
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


def ties(sites: pd.DataFrame) -> np.ndarray:
    """The rows in the order in which equal scores stand."""
    if "site_id" not in sites:
        return np.arange(len(sites))
    return np.argsort(sites["site_id"].astype(str).to_numpy(dtype=object), kind="stable")


def best_first(scores: np.ndarray, tied: np.ndarray) -> np.ndarray:
    """Rows of the sites (weightings, sites), best first."""
    rounded = np.round(scores[:, tied], SAME_SCORE_DECIMALS)
    return np.asarray(tied[np.argsort(-rounded, axis=1, kind="stable")])


def _ranks(scores: np.ndarray, tied: np.ndarray) -> np.ndarray:
    order = best_first(scores, tied)
    ranks = np.empty(order.shape, np.int32)
    places = np.broadcast_to(np.arange(1, order.shape[1] + 1, dtype=np.int32), order.shape)
    np.put_along_axis(ranks, order, places, axis=1)
    return ranks
