"""How sure a ranking is: over random weights, heights at which a park releases, and methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.draws import Preferences, drawn_weights
from geocluster.siting.question import Bounds, Question, Thresholds, by_methods

if TYPE_CHECKING:
    import pandas as pd

TOP, NEEDED_SHARE = 3, 0.8


def rank_stability(
    sites: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    burdens: Mapping[str, Any] | None = None,
    burden_column: str = "burden_persons_ug_m3_per_g_s",
    samples: int = 10_000,
    seed: int = 0,
    method: str | Sequence[str] = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
    preferences: Preferences | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """How sure a ranking is, over random weights, the heights of release and methods.

    Every weight vector is tried with every burden and by every method. A winner is called only
    where the site that the given weights put first is among the top three in 80 % of the cases
    (with three sites or fewer: is first in 80 % of them); else the top is not separable, and none
    is named.

    Parameters
    ----------
    sites : DataFrame or GeoDataFrame
        A row a site.
    weights : mapping
        Column to weight, as in `rank`.
    burdens : mapping, optional
        Name of a release to the burden of each site, in the order of `sites`; the column as it is
        where left out. [persons x ug/m3 per g/s]
    burden_column : str
        The criterion that these values stand for.
    samples, seed
        As in `rank_acceptability`.
    method : str or sequence of str
        As in `rank`; the first of several gives the order, and all of them are cases.
    normalisation, missing
        As in `rank`; with missing="drop" the sites dropped are those that `rank` drops.
    preferences
        As in `rank_acceptability`: only weights that obey them are drawn.
    bounds, thresholds
        As in `rank`; bounds must hold the burdens too.

    Returns
    -------
    DataFrame
        A row a site, best first by the given weights: site_id, rank, score, ``acceptability``
        (share of the cases in which it is first), ``top_three_share``, ``mean_rank`` and
        ``first_with`` (releases under which the given weights put it first, by the first method).
        attrs: verdict (a sentence), winner (site_id or None), cases, samples, seed, releases,
        methods, needed_share.

    Raises
    ------
    TableError
        As `rank` does, or where a burden does not fit the sites.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": list("abcde"), "cost": [1.0, 4, 3, 2, 5]})
    >>> rank_stability(sites, {"cost": -1}, samples=100).attrs["winner"]
    'a'
    """
    import pandas as pd

    chosen = {column: weight for column, weight in weights.items() if weight != 0}
    every = by_methods(sites, chosen, method, normalisation, missing, bounds, thresholds)
    asked = every[0]
    cases = [_with_burdens(one, len(sites), burdens, burden_column, missing) for one in every]
    drawn = drawn_weights(asked.columns, preferences, samples=samples, seed=seed)
    first, top, mean = _shares_of(
        [case for of_method in cases for case in of_method.values()], drawn
    )
    firsts = {name: int(case.order()[0]) for name, case in cases[0].items()}
    ids = asked.site_ids()
    table = pd.DataFrame(
        {
            "site_id": ids.to_numpy(),
            "score": asked.scores()[0],
            "acceptability": first,
            "top_three_share": top,
            "mean_rank": mean,
            "first_with": [
                ", ".join(name for name, row in firsts.items() if row == site and burdens)
                for site in range(len(ids))
            ],
        }
    )
    table = table.iloc[asked.order()].reset_index(drop=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    releases = list(cases[0]) if burdens else []
    winner, verdict = _verdict(table, releases, len(every))
    table.attrs = {
        "verdict": verdict,
        "winner": winner,
        "cases": samples * sum(len(of_method) for of_method in cases),
        "samples": samples,
        "seed": seed,
        "releases": releases,
        "methods": [one.method for one in every],
        "needed_share": NEEDED_SHARE,
    }
    return table


def _shares_of(
    cases: list[Question], drawn: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each site over all cases: the share of first and of top ranks, and the mean rank."""
    first, top, total = np.zeros((3, len(cases[0].values)))
    for case in cases:
        for ranks in case.ranks_in_parts(drawn):
            first += (ranks == 1).sum(axis=0)
            top += (ranks <= TOP).sum(axis=0)
            total += ranks.sum(axis=0)
    count = len(cases) * len(drawn)
    return first / count, top / count, total / count


def _with_burdens(
    asked: Question,
    count: int,
    burdens: Mapping[str, Any] | None,
    column: str,
    missing: str | None,
) -> dict[str, Question]:
    """The same question once a release, with that release's burden in its column."""
    if not burdens or column not in asked.columns:
        return {"": asked}
    cases, faults = {}, []
    for name, given in burdens.items():
        values = np.asarray(given, dtype=float)
        if values.shape != (count,):
            faults.append(f"burden of {name!r}: {values.size} values for {count} sites")
            continue
        values = values[asked.kept]
        gaps = ~np.isfinite(values)
        if gaps.all() or (gaps.any() and missing != "worst"):
            faults.append(f"burden of {name!r}: no value for {int(gaps.sum())} sites")
            continue
        values = np.where(gaps, values[~gaps].max(), values)
        number = asked.columns.index(column)
        low, high = asked.bounds[number]
        if (values < low).any() or (values > high).any():
            faults.append(f"burden of {name!r}: outside the bounds {low:g} to {high:g}")
            continue
        replaced = asked.values.copy()
        replaced[:, number] = values
        cases[str(name)] = asked._replace(values=replaced)
    if faults:
        raise TableError("ranking", faults)
    return cases


def _verdict(table: pd.DataFrame, releases: list[str], methods: int) -> tuple[str | None, str]:
    """The winner, if there is one, and a sentence that says so or says why not."""
    first = table.iloc[0]
    name, count = str(first["site_id"]), len(table)
    parts = ["random weights"]
    parts += [f"{len(releases)} heights of release"] if releases else []
    parts += [f"{methods} methods"] if methods > 1 else []
    over = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
    if count == 1:
        return None, "There is one site only: nothing to compare it with."
    if count <= TOP:
        share, place = float(first["acceptability"]), "first"
    else:
        share, place = float(first["top_three_share"]), "among the top three"
    if share >= NEEDED_SHARE:
        return name, f"{name} is {place} in {share:.0%} of the cases over {over}."
    return None, (
        f"The top is not separable: the site that the given weights put first is {place} in "
        f"{share:.0%} of the cases over {over}, and {NEEDED_SHARE:.0%} are needed to call a winner."
    )
