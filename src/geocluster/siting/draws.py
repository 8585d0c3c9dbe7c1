"""Weights drawn at random, by what is known of them: nothing, their order, or their bounds.

References
----------
.. [1] R. L. Smith (1984), Efficient Monte Carlo procedures for generating points uniformly
   distributed over bounded regions, Operations Research 32, 1296-1308.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.criteria import criterion_groups

# What is said about weights: an order, most important first, or the least and greatest share.
Preferences = Sequence[str] | Mapping[str, Sequence[float]]

# Sweeps over all pairs of shares: more change no mean or quantile by more than chance does.
SWEEPS = 30


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
    shares = random.dirichlet(np.ones(len(set(groups))), samples)
    return _spread(shares, groups, random)


def drawn_weights(
    columns: list[str], preferences: Preferences | None = None, *, samples: int, seed: int
) -> np.ndarray:
    """Weights uniform over all that obey the preferences.

    Parameters
    ----------
    columns : list of str
        Criteria.
    preferences : sequence or mapping, optional
        An order of names, most important first: those not named weigh less than all named, in any
        order. Or name to (least, greatest) share of all weight, from 0 to 1. The names are groups
        of criteria or criteria, not both: of groups, each shares its weight over its criteria at
        random; of criteria, groups play no part. As `random_weights` where left out.
    samples, seed : int
        How many, and of the random numbers.

    Returns
    -------
    array (samples, columns)
        Every row sums to 1.

    Raises
    ------
    TableError
        Where a name is neither group nor criterion, or no weights obey the bounds.

    Examples
    --------
    >>> drawn = drawn_weights(["a", "b", "c"], ["c", "a"], samples=2000, seed=1)
    >>> bool((drawn[:, 2] >= drawn[:, 0]).all() and (drawn[:, 0] >= drawn[:, 1]).all())
    True
    >>> drawn = drawn_weights(["a", "b", "c"], {"b": (0.5, 0.6)}, samples=2000, seed=1)
    >>> bool((drawn[:, 1] >= 0.5).all() and (drawn[:, 1] <= 0.6).all())
    True
    """
    if not preferences:
        return random_weights(columns, samples=samples, seed=seed)
    groups = _parts(columns, preferences)
    parts = list(dict.fromkeys(groups))
    random = np.random.default_rng(seed)
    if isinstance(preferences, Mapping):
        shares = _bounded(parts, preferences, samples, random)
    else:
        shares = _ordered(parts, preferences, samples, random)
    return _spread(shares, groups, random)


def _parts(columns: list[str], preferences: Preferences) -> list[str]:
    """What the preferences speak of, for each column: its group or itself."""
    groups, names = criterion_groups(columns), list(preferences)
    faults = [f"preference {name!r} is there twice" for name in set(names) if names.count(name) > 1]
    unknown = [name for name in names if name not in groups and name not in columns]
    known = ", ".join(dict.fromkeys([*groups, *columns]))
    faults += [f"preference {name!r}: allowed are {known}" for name in unknown]
    if isinstance(preferences, str):
        faults = [f"preferences are {preferences!r}: give a list, most important first"]
    if faults:
        raise TableError("preferences", faults)
    if all(name in groups for name in names):
        return groups
    if all(name in columns for name in names):
        return columns
    raise TableError("preferences", "they name both groups and criteria: name one or the other")


def _ordered(
    parts: list[str], order: Sequence[str], samples: int, random: np.random.Generator
) -> np.ndarray:
    """Uniform on the part of the simplex where the named shares fall, and the rest are below."""
    falling = -np.sort(-random.dirichlet(np.ones(len(parts)), samples), axis=1)
    shares = np.empty_like(falling)
    shares[:, [parts.index(name) for name in order]] = falling[:, : len(order)]
    others = [number for number, name in enumerate(parts) if name not in order]
    if others:
        shares[:, others] = random.permuted(falling[:, len(order) :], axis=1)
    return shares


def _bounded(
    parts: list[str],
    bounds: Mapping[str, Sequence[float]],
    samples: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Uniform on the part of the simplex within bounds, by a walk over pairs of shares [1]_."""
    low, high = _limits(parts, bounds)
    room = high - low
    lacking = 1 - low.sum()
    start = low + (room * (lacking / room.sum()) if room.sum() > 0 else 0)
    shares = np.repeat(start[None, :], samples, axis=0)
    pairs = list(combinations(range(len(parts)), 2))
    for _ in range(SWEEPS):
        for i, j in pairs:
            both = shares[:, i] + shares[:, j]
            least = np.maximum(low[i], both - high[j])
            most = np.minimum(high[i], both - low[j])
            drawn = least + random.random(samples) * np.maximum(most - least, 0)
            shares[:, i], shares[:, j] = drawn, both - drawn
    shares = np.clip(shares, low, high)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _limits(
    parts: list[str], bounds: Mapping[str, Sequence[float]]
) -> tuple[np.ndarray, np.ndarray]:
    low, high, faults = np.zeros(len(parts)), np.ones(len(parts)), []
    for name, given in bounds.items():
        try:
            least, most = (float(value) for value in given)
        except (TypeError, ValueError):
            least, most = 1.0, 0.0
        if not 0 <= least <= most <= 1:
            faults.append(f"preference of {name!r} is {given!r}: give (least, greatest), 0 to 1")
        low[parts.index(name)], high[parts.index(name)] = least, most
    if not faults and low.sum() > 1 + 1e-12:
        faults.append(f"the least shares sum to {low.sum():.3g}, above 1")
    if not faults and high.sum() < 1 - 1e-12:
        faults.append(f"the greatest shares sum to {high.sum():.3g}, below 1")
    if faults:
        raise TableError("preferences", faults)
    return low, high


def _spread(shares: np.ndarray, groups: list[str], random: np.random.Generator) -> np.ndarray:
    """Shares (samples, groups) over the columns of each group, uniform within it."""
    weights = np.empty((len(shares), len(groups)))
    for number, name in enumerate(dict.fromkeys(groups)):
        members = [index for index, group in enumerate(groups) if group == name]
        within = random.dirichlet(np.ones(len(members)), len(shares))
        weights[:, members] = shares[:, [number]] * within
    return weights
