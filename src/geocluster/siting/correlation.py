"""Which criteria measure the same thing among the sites at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from geocluster.siting.criteria import signs_of

if TYPE_CHECKING:
    import pandas as pd

HIGH_CORRELATION = 0.7


def correlations(sites: pd.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Spearman's rank correlation of every pair of criteria.

    Parameters
    ----------
    sites : DataFrame
        From `describe_sites`.
    columns : sequence of str, optional
        The project's criteria that have a value where left out.

    Returns
    -------
    DataFrame
        A row and a column a criterion; over the sites that have both values, NaN where one of
        them is the same everywhere. attrs ``high``: pairs with 0.7 or more, either sign, as
        (column, column, correlation). [-1 to 1]

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"a": [1.0, 2, 3], "b": [9.0, 4, 1]})
    >>> correlations(sites, ["a", "b"]).round(6).values.tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    import pandas as pd

    names = list(signs_of(sites)) if columns is None else list(columns)
    matrix = np.eye(len(names))
    high = []
    for i, first in enumerate(names):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = _spearman(sites[first], sites[names[j]])
            if abs(matrix[i, j]) >= HIGH_CORRELATION:
                high.append((names[j], first, float(matrix[i, j])))
    table = pd.DataFrame(matrix, index=names, columns=names)
    table.attrs["high"] = high
    return table


def _spearman(first: pd.Series, second: pd.Series) -> float:
    both = (first.notna() & second.notna()).to_numpy()
    ranks = [series[both].rank().to_numpy() for series in (first, second)]
    centred = [values - values.mean() if values.size else values for values in ranks]
    sizes = [np.sqrt((values**2).sum()) for values in centred]
    if not all(sizes):
        return float("nan")
    return float(np.clip((centred[0] @ centred[1]) / (sizes[0] * sizes[1]), -1, 1))
