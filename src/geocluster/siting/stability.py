"""How sure a ranking is: over random weights, cases of uncertain criteria, and methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.cases import (
    Given,
    Kind,
    Shares,
    by_kind,
    case_values,
    drawn_numbers,
    kinds_of,
    with_cases,
)
from geocluster.siting.draws import Preferences, drawn_weights
from geocluster.siting.question import Bounds, Question, Thresholds, by_methods

if TYPE_CHECKING:
    import pandas as pd

TOP, NEEDED_SHARE = 3, 0.8
HEIGHTS = "height of release"


def rank_stability(
    sites: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    burdens: Mapping[str, Any] | None = None,
    burden_column: str = "burden_persons_ug_m3_per_g_s",
    cases: Given | None = None,
    kinds: Mapping[str, str] | None = None,
    samples: int = 10_000,
    seed: int = 0,
    method: str | Sequence[str] = "topsis",
    normalisation: str | None = None,
    missing: str | None = None,
    preferences: Preferences | None = None,
    bounds: Bounds | None = None,
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """How sure a ranking is, over random weights, cases of uncertain criteria and methods.

    With `burdens` every weight vector is tried with every burden and by every method. With `cases`
    every weight vector has a method and a case of each kind drawn beside it, as often as each
    other: the uncertainties then add up, and none counts more for having more cases. A winner is
    called only where the site that the given weights put first is among the top three in 80 % of
    the cases (with three sites or fewer: is first in 80 % of them); else the top is not separable,
    and none is named.

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
    cases : mapping, optional
        Name of a case to {column: values}, in the order of `sites`: what a criterion would be if
        one thing were otherwise. Cases of several kinds that change one value multiply it. Burdens
        given beside them are cases of the kind "height of release".
    kinds : mapping, optional
        Name of a case to its kind ("wind", "people", ...): of a kind one case holds at a time, or
        the criteria as they are. One kind where left out.
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
        methods, needed_share; with `cases` also ``kinds``, a list with a row a kind, "weights"
        first and "everything at once" last: kind, cases, ``top_three_lost`` (the share of the
        first three that are no longer among them where this alone varies), ``first_lost`` (how
        often the first is not first then), ``top_three_share`` (site_id to its share over this
        kind and any weights).

    Raises
    ------
    TableError
        As `rank` does, or where a burden or a case does not fit the sites.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": list("abcde"), "cost": [1.0, 4, 3, 2, 5]})
    >>> rank_stability(sites, {"cost": -1}, samples=100).attrs["winner"]
    'a'
    """
    chosen = {column: weight for column, weight in weights.items() if weight != 0}
    every = by_methods(sites, chosen, method, normalisation, missing, bounds, thresholds)
    asked = every[0]
    drawn = drawn_weights(asked.columns, preferences, samples=samples, seed=seed)
    if cases is not None:
        heights = {f"{HEIGHTS}: {name}": {burden_column: b} for name, b in (burdens or {}).items()}
        given = {**heights, **cases}
        kinds = {**dict.fromkeys(heights, HEIGHTS), **(kinds or {})}
        return _over_kinds(every, given, kinds, len(sites), missing, drawn, seed)
    tried = [_with_burdens(one, len(sites), burdens, burden_column, missing) for one in every]
    first, top, mean = _shares_of(
        [case for of_method in tried for case in of_method.values()], drawn
    )
    firsts = {name: int(case.order()[0]) for name, case in tried[0].items()}
    ids = asked.site_ids()
    first_with = [
        ", ".join(name for name, row in firsts.items() if row == site and burdens)
        for site in range(len(ids))
    ]
    table = _table(asked, Shares(first, top, mean), first_with)
    releases = list(tried[0]) if burdens else []
    parts = [f"{len(releases)} heights of release"] if releases else []
    winner, verdict = _verdict(table, parts, len(every))
    table.attrs = {
        "verdict": verdict,
        "winner": winner,
        "cases": samples * sum(len(of_method) for of_method in tried),
        "samples": samples,
        "seed": seed,
        "releases": releases,
        "methods": [one.method for one in every],
        "needed_share": NEEDED_SHARE,
    }
    return table


def _table(asked: Question, shares: Shares, first_with: list[str]) -> pd.DataFrame:
    """A row a site, best first by the given weights."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "site_id": asked.site_ids().to_numpy(),
            "score": asked.scores()[0],
            "acceptability": shares.first,
            "top_three_share": shares.top,
            "mean_rank": shares.mean,
            "first_with": first_with,
        }
    )
    table = table.iloc[asked.order()].reset_index(drop=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    return table


def _over_kinds(
    every: list[Question],
    cases: Given,
    kinds: Mapping[str, str],
    count: int,
    missing: str | None,
    drawn: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """The table of `rank_stability` where a case of each kind is drawn beside each weighting."""
    asked, samples = every[0], len(drawn)
    found = kinds_of(asked, count, cases, kinds, missing)
    sizes = [len(every), *(len(kind.cases) for kind in found)]
    shares, rows = by_kind(every, found, drawn, drawn_numbers(sizes, samples, seed))
    heights = [kind for kind in found if kind.name == HEIGHTS]
    table = _table(asked, shares, _first_with(asked, heights))
    parts = [f"{kind.name} ({len(kind.cases) - 1})" for kind in found]
    winner, verdict = _verdict(table, parts, len(every))
    ids = [str(name) for name in asked.site_ids()]
    for row in rows:
        by_site = np.asarray(row["top_three_share"]).tolist()
        row["top_three_share"] = dict(zip(ids, by_site, strict=True))
    table.attrs = {
        "verdict": verdict,
        "winner": winner,
        "cases": samples,
        "samples": samples,
        "seed": seed,
        "releases": [_short(name) for kind in heights for name in kind.cases[1:]],
        "methods": [one.method for one in every],
        "needed_share": NEEDED_SHARE,
        "kinds": rows,
    }
    return table


def _first_with(asked: Question, heights: list[Kind]) -> list[str]:
    """Of each site: the heights of release under which the given weights put it first."""
    firsts = [
        (int(with_cases(asked, [columns]).order()[0]), _short(name))
        for kind in heights
        for name, columns in zip(kind.cases[1:], kind.columns[1:], strict=True)
    ]
    rows = range(len(asked.values))
    return [", ".join(name for first, name in firsts if first == site) for site in rows]


def _short(name: str) -> str:
    return name.removeprefix(f"{HEIGHTS}: ")


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
        values, fault = case_values(asked, count, column, given, missing)
        if fault:
            faults.append(f"burden of {name!r}: {fault}")
            continue
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


def _verdict(table: pd.DataFrame, varied: list[str], methods: int) -> tuple[str | None, str]:
    """The winner, if there is one, and a sentence that says so or says why not."""
    first = table.iloc[0]
    name, count = str(first["site_id"]), len(table)
    parts = ["random weights", *varied]
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
