"""Sites that no other site beats in everything: the Pareto front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from geocluster.siting.question import Question

if TYPE_CHECKING:
    import pandas as pd

    Table = TypeVar("Table", bound=pd.DataFrame)

BLOCK = 256


def pareto_front(
    sites: Table, weights: Mapping[str, float], *, missing: str | None = None
) -> Table:
    """Mark the sites that no other dominates.

    A site dominates another where it is as good in every criterion and better in one. A site that
    is dominated is first under no weights; equal sites do not dominate each other.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site; not changed.
    weights : mapping
        Column to weight: says which criteria count, and by its sign whether less is better; its
        size is not used, weights of 0 are left out.
    missing : {None, "worst", "drop"}
        As in `rank`.

    Returns
    -------
    DataFrame or GeoDataFrame
        The sites in their order with a column ``pareto``, True where no other dominates.

    Raises
    ------
    TableError
        As `rank` does.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"cost": [1.0, 2.0, 3.0], "gain": [5.0, 5.0, 9.0]})
    >>> pareto_front(sites, {"cost": -1, "gain": 1})["pareto"].tolist()
    [True, False, True]
    """
    signs = {column: weight for column, weight in weights.items() if weight != 0}
    asked = Question.of(sites, signs, "weighted_sum", None, missing)
    turned = np.where(asked.weights < 0, -asked.values, asked.values)
    return asked.sites.assign(pareto=not_dominated(turned))


def not_dominated(values: np.ndarray) -> np.ndarray:
    """Rows (sites, criteria; more is better) that no other dominates, as bool.

    Examples
    --------
    >>> not_dominated(np.array([[1, 3], [2, 2], [1, 2], [2, 2]])).tolist()
    [True, True, False, True]
    """
    places = np.column_stack([np.unique(column, return_inverse=True)[1] for column in values.T])
    total = places.sum(axis=1)
    # A site can be dominated only by one of a greater total: those stand before it.
    order = np.argsort(-total, kind="stable")
    places, total = places[order].astype(np.int32), total[order]
    kept = np.empty(0, np.int64)
    for start in range(0, len(places), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(places)))
        block = block[~_dominated(places, total, block, kept)]
        block = block[~_dominated(places, total, block, block)]
        kept = np.concatenate([kept, block])
    front = np.zeros(len(places), bool)
    front[order[kept]] = True
    return front


def _dominated(
    places: np.ndarray, total: np.ndarray, block: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Which sites of the block any of the others dominates."""
    beaten = total[others][:, None] > total[block]
    for column in places.T:
        beaten &= column[others][:, None] >= column[block]
    return np.asarray(beaten.any(axis=0))
