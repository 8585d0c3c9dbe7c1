"""Weights from people's comparisons (AHP), or from the values themselves (entropy, CRITIC).

References
----------
.. [1] T. L. Saaty (1980), The analytic hierarchy process, McGraw-Hill.
.. [2] C. E. Shannon (1948), A mathematical theory of communication; as weights: C. L. Hwang and
   K. Yoon (1981), Multiple attribute decision making, Springer.
.. [3] D. Diakoulaki, G. Mavrotas and L. Papayannakis (1995), Determining objective weights in
   multiple criteria problems: the CRITIC method, Computers & Operations Research 22, 763-770.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.siting.criteria import CRITERIA, GROUPS
from geocluster.siting.question import Question

if TYPE_CHECKING:
    import pandas as pd

# Saaty 1980, table of average random consistency, by the size of the matrix from 1. Not read in the
# book: ten independent programs give these fifteen figures under his name, without a difference.
RANDOM_INDEX = (
    *(0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41),
    *(1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
)
HIGHEST_RATIO = 0.1
RECIPROCAL_WITHIN = 1e-6

Columns = Sequence[str] | Mapping[str, float]


class Consistency(NamedTuple):
    """How consistent a matrix of comparisons is.

    ``eigenvalue``: the greatest; ``mean_excess`` = (eigenvalue - n) / (n - 1), Saaty's consistency
    index; ``ratio``: that over his random index; ``worst``: the two names whose comparison fits
    least, None below 3; ``given`` and ``fitting``: their comparison as it is, and as the weights
    would have it.
    """

    eigenvalue: float
    mean_excess: float
    ratio: float
    worst: tuple[str, str] | None
    given: float
    fitting: float


def ahp_weights(
    matrix: pd.DataFrame | np.ndarray, columns: Columns | None = None
) -> dict[str, float]:
    """Weights from comparing criteria, or groups of them, two by two [1]_.

    Parameters
    ----------
    matrix : DataFrame or array (n, n)
        How many times as important the row is as the column, 1 to 9 by Saaty's scale; below the
        diagonal 1 over that. A value may be left out (NaN) where its mirror is given.
    columns : sequence or mapping, optional
        Names in the order of the matrix, or name to a number whose sign says whether less is
        better. The names of the DataFrame where left out. The project's criteria and groups need
        no sign: a group has none.

    Returns
    -------
    dict
        Name to weight, the principal eigenvector, negative where less is better; sizes sum to 1.
        For `rank`, or of groups for `grouped_weights`.

    Warns
    -----
    GeoclusterWarning
        Where the consistency ratio is above 0.1; names the comparison that fits least.

    Raises
    ------
    TableError
        Where the matrix is not square or not positive, has no 1 on its diagonal, is not
        reciprocal, is larger than 15, or a name has no direction.

    Examples
    --------
    >>> matrix = [[1, 3, 3], [1 / 3, 1, 1], [1 / 3, 1, 1]]
    >>> weights = ahp_weights(matrix, {"cost": -1, "gain": 1, "room": 1})
    >>> {name: round(weight, 3) for name, weight in weights.items()}
    {'cost': -0.6, 'gain': 0.2, 'room': 0.2}
    """
    names, comparisons = _comparisons(matrix, columns)
    signs = _signs(columns if isinstance(columns, Mapping) else names, with_groups=True)
    weights, found = _eigen(comparisons, names)
    if found.ratio > HIGHEST_RATIO and found.worst:
        first, second = found.worst
        warnings.warn(
            f"AHP: consistency ratio {found.ratio:.2f}, above {HIGHEST_RATIO}: compare again. "
            f"{first!r} to {second!r} fits least: {found.given:.3g} was given, and the weights "
            f"speak for {found.fitting:.3g}",
            GeoclusterWarning,
            stacklevel=2,
        )
    return {name: signs[name] * float(w) for name, w in zip(names, weights, strict=True)}


def ahp_consistency(
    matrix: pd.DataFrame | np.ndarray, columns: Columns | None = None
) -> Consistency:
    """How consistent comparisons two by two are [1]_.

    Parameters
    ----------
    matrix, columns
        As in `ahp_weights`; no signs are needed.

    Returns
    -------
    Consistency
        Ratio (0 where wholly consistent; up to 0.1 is taken as consistent), and the comparison
        that fits least.

    Raises
    ------
    TableError
        As `ahp_weights` does.

    Examples
    --------
    >>> nan = float("nan")
    >>> matrix = [[1, 2, 4, 1], [nan, 1, 2, 4], [nan, nan, 1, 2], [nan, nan, nan, 1]]
    >>> found = ahp_consistency(matrix, ["a", "b", "c", "d"])
    >>> round(found.ratio, 2), found.worst, found.given, round(found.fitting, 1)
    (0.22, ('a', 'd'), 1.0, 2.6)
    """
    names, comparisons = _comparisons(matrix, columns)
    return _eigen(comparisons, names)[1]


def entropy_weights(
    sites: pd.DataFrame, columns: Columns, *, missing: str | None = None
) -> dict[str, float]:
    """Weights by how unequal the sites are in a criterion [2]_.

    With p = x / sum x over n sites, a weight is proportional to 1 + sum of p ln p / ln n.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site, at least 2.
    columns : sequence or mapping
        Criteria, none below 0; or column to a number whose sign says whether less is better. The
        project's own criteria need no sign.
    missing : {None, "worst", "drop"}
        As in `rank`.

    Returns
    -------
    dict
        Column to weight, negative where less is better; sizes sum to 1. It depends on where 0
        is: not fit for values such as temperatures.

    Raises
    ------
    TableError
        As `rank` does, or where a value is below 0, every column is the same everywhere, or a
        name has no direction.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"cost": [1.0, 9.0], "gain": [5.0, 5.0]})
    >>> entropy_weights(sites, {"cost": -1, "gain": 1})
    {'cost': -1.0, 'gain': 0.0}
    """
    asked = _values_of(sites, columns, missing)
    low = [
        name for name, column in zip(asked.columns, asked.values.T, strict=True) if min(column) < 0
    ]
    if low:
        raise TableError("weights", [f"column {name!r} is below 0: no entropy" for name in low])
    total = asked.values.sum(axis=0)
    shares = asked.values / np.where(total > 0, total, 1)
    logarithms = np.log(np.where(shares > 0, shares, 1))
    entropy = -(shares * logarithms).sum(axis=0) / np.log(len(shares))
    constant = np.ptp(asked.values, axis=0) == 0
    return _scaled(asked, np.where(constant, 0, 1 - entropy))


def critic_weights(
    sites: pd.DataFrame, columns: Columns, *, missing: str | None = None
) -> dict[str, float]:
    """Weights by spread, and by how little a criterion agrees with the others [3]_.

    With r the values by min-max, turned so that more is better, a weight is proportional to
    s * sum over the others of (1 - correlation), s the standard deviation of r.

    Parameters
    ----------
    sites, columns, missing
        As in `entropy_weights`; values below 0 are allowed.

    Returns
    -------
    dict
        Column to weight, negative where less is better; sizes sum to 1. A column that is the same
        everywhere has the weight 0.

    Raises
    ------
    TableError
        As `rank` does, or where all columns agree wholly, or a name has no direction.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 2, 3], "c": [3.0, 1, 2]})
    >>> weights = critic_weights(sites, {"a": 1, "b": 1, "c": 1})
    >>> {name: round(weight, 3) for name, weight in weights.items()}
    {'a': 0.25, 'b': 0.25, 'c': 0.5}
    """
    asked = _values_of(sites, columns, missing)
    varying = np.flatnonzero(np.ptp(asked.values, axis=0) > 0)
    turned = asked.normalised()[:, varying]
    centred = turned - turned.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0) / (len(turned) - 1))
    length = np.sqrt((centred**2).sum(axis=0))
    correlation = np.clip(centred.T @ centred / np.outer(length, length), -1, 1)
    sizes = np.zeros(len(asked.columns))
    # Each agrees wholly with itself, which rounding must not spoil.
    sizes[varying] = spread * ((1 - correlation) * (1 - np.eye(len(varying)))).sum(axis=0)
    return _scaled(asked, sizes)


def _signs(columns: Columns, *, with_groups: bool = False) -> dict[str, float]:
    """+1 or -1 for each name, from the numbers given or the project's criteria."""
    if isinstance(columns, Mapping):
        faults = [
            f"direction of {name!r} is {value!r}: give 1, or -1 where less is better"
            for name, value in columns.items()
            if not value or not np.isfinite(value)
        ]
        if faults:
            raise TableError("weights", faults)
        return {name: float(np.sign(value)) for name, value in columns.items()}
    known = {item.column: item.sign for item in CRITERIA if item.sign}
    known.update(dict.fromkeys(GROUPS, 1.0) if with_groups else {})
    faults = [
        f"direction of {name!r} is not known: give {{{name!r}: 1}}, or -1 where less is better"
        for name in columns
        if name not in known
    ]
    if faults:
        raise TableError("weights", faults)
    return {name: known[name] for name in columns}


def _values_of(sites: pd.DataFrame, columns: Columns, missing: str | None) -> Question:
    asked = Question.of(sites, _signs(columns), "weighted_sum", None, missing)
    if len(asked.values) < 2:
        raise TableError("weights", "one site only: weights from values need at least 2")
    return asked


def _scaled(asked: Question, sizes: np.ndarray) -> dict[str, float]:
    sizes = np.maximum(sizes, 0)
    if sizes.sum() < 1e-14:
        raise TableError("weights", "the values set no criterion apart: weigh them by hand")
    signed = sizes / sizes.sum() * np.sign(asked.weights)
    return {name: float(w) + 0.0 for name, w in zip(asked.columns, signed, strict=True)}


def _comparisons(
    matrix: pd.DataFrame | np.ndarray, columns: Columns | None
) -> tuple[list[str], np.ndarray]:
    """Names and a whole reciprocal matrix; every fault at once."""
    comparisons = np.array(matrix, dtype=float)
    if comparisons.ndim != 2 or len(comparisons) != comparisons.shape[-1] or not len(comparisons):
        raise TableError("AHP", f"a matrix of shape {comparisons.shape}: give a square one")
    count = len(comparisons)
    named = columns if columns is not None else getattr(matrix, "columns", range(1, count + 1))
    names = [str(name) for name in named]
    faults = []
    if len(set(names)) != count:
        faults.append(f"{len(set(names))} names for {count} rows")
    if columns is None and [str(name) for name in getattr(matrix, "index", names)] != names:
        faults.append("rows and columns have not the same names in the same order")
    if count > len(RANDOM_INDEX):
        faults.append(f"{count} things to compare: at most {len(RANDOM_INDEX)}, so form groups")
    if faults:
        raise TableError("AHP", faults)
    comparisons = np.where(np.isnan(comparisons), 1 / _positive(comparisons.T), comparisons)
    np.fill_diagonal(comparisons, np.where(np.isnan(np.diag(comparisons)), 1, np.diag(comparisons)))
    faults = [fault for i in range(count) for fault in _row_faults(comparisons, names, i)]
    if faults:
        raise TableError("AHP", faults)
    return names, comparisons


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, np.nan)


def _row_faults(comparisons: np.ndarray, names: list[str], i: int) -> list[str]:
    faults = []
    for j in range(i + 1):
        here, mirror = comparisons[i, j], comparisons[j, i]
        pair = f"{names[j]!r} to {names[i]!r}"
        if not (0 < here < np.inf and 0 < mirror < np.inf):
            faults.append(f"{pair}: give a number above 0, in one of the two places")
        elif i == j and here != 1:
            faults.append(f"{names[i]!r} to itself is {here:g}: it must be 1")
        elif abs(here * mirror - 1) > RECIPROCAL_WITHIN:
            faults.append(
                f"{pair} is {mirror:g} and back {here:g}: not reciprocal, back must be "
                f"{1 / mirror:.6g} (or left out)"
            )
    return faults


def _eigen(comparisons: np.ndarray, names: list[str]) -> tuple[np.ndarray, Consistency]:
    """The principal eigenvector, scaled to sum to 1, and what it says of consistency."""
    count = len(names)
    values, vectors = np.linalg.eig(comparisons)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    weights = weights / weights.sum()
    eigenvalue = float(values[first].real)
    if count < 3:
        return weights, Consistency(eigenvalue, 0.0, 0.0, None, 1.0, 1.0)
    index = max(0.0, (eigenvalue - count) / (count - 1))
    fitting = weights[:, None] / weights
    # Of three, all fit equally badly: the first is named, not the one that rounding picks.
    misfit = np.round(np.triu(np.abs(np.log(comparisons / fitting)), 1), 9)
    i, j = np.unravel_index(int(misfit.argmax()), misfit.shape)
    return weights, Consistency(
        eigenvalue,
        index,
        index / RANDOM_INDEX[count - 1],
        (names[i], names[j]),
        float(comparisons[i, j]),
        float(fitting[i, j]),
    )
