"""Uncertain criteria as cases: what each would be if one thing were otherwise, or several at once.

Cases have kinds (the height of release, the wind, the people, ...). One case of each kind is drawn
at random beside every weight vector and the method: no kind counts more for having more cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import TableError

if TYPE_CHECKING:
    from geocluster.siting.question import Question

Columns = Mapping[str, Any]
Given = Mapping[str, Columns]

TOP = 3
# Each combination of cases is normalised anew: so many are drawn, and shared by several weightings.
MOST_COMBINATIONS = 1000
AS_GIVEN = "as given"
METHOD = "method"
WEIGHTS = "weights"
EVERYTHING = "everything at once"


class Kind(NamedTuple):
    """One thing that is uncertain, with its cases; the first is the criteria as they are."""

    name: str
    cases: tuple[str, ...]
    columns: tuple[dict[str, np.ndarray], ...]


class Shares(NamedTuple):
    """Of each site over many draws: the share of first and of top ranks, and the mean rank."""

    first: np.ndarray
    top: np.ndarray
    mean: np.ndarray


def kinds_of(
    asked: Question,
    count: int,
    cases: Given,
    kinds: Mapping[str, str] | None,
    missing: str | None,
) -> list[Kind]:
    """The cases by kind, checked; every fault at once.

    Parameters
    ----------
    asked : Question
        The criteria as they are.
    count : int
        How many sites the values are given for, those that the question left out included.
    cases : mapping
        Name of a case to {column: values}, in the order of the sites.
    kinds : mapping, optional
        Name of a case to its kind; one kind, "case", where left out.
    missing
        As in `rank`.

    Raises
    ------
    TableError
        Where values do not fit the sites, or a column is no criterion that counts.
    """
    found: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    faults = [f"kind of {name!r}: no such case" for name in kinds or () if name not in cases]
    for name, columns in cases.items():
        checked = {}
        for column, given in columns.items():
            if column not in asked.columns:
                faults.append(f"case {name!r}: {column!r} is no criterion with a weight")
                continue
            values, fault = case_values(asked, count, column, given, missing)
            checked[column] = values
            faults += [f"case {name!r}, {column!r}: {fault}"] if fault else []
        kind = (kinds or {}).get(name, "case")
        found.setdefault(kind, {})[str(name)] = checked
    if faults:
        raise TableError("ranking", faults)
    return [
        Kind(kind, (AS_GIVEN, *of_kind), ({}, *of_kind.values())) for kind, of_kind in found.items()
    ]


def case_values(
    asked: Question, count: int, column: str, given: Any, missing: str | None
) -> tuple[np.ndarray, str]:
    """A case's values of a column for the sites that are kept; and what is wrong with them."""
    values = np.asarray(given, dtype=float)
    if values.shape != (count,):
        return values, f"{values.size} values for {count} sites"
    values = values[asked.kept]
    gaps = ~np.isfinite(values)
    if gaps.all() or (gaps.any() and missing != "worst"):
        return values, f"no value for {int(gaps.sum())} sites"
    less = asked.weights[asked.columns.index(column)] < 0
    known = values[~gaps]
    return np.where(gaps, known.max() if less else known.min(), values), ""


def with_cases(asked: Question, chosen: Sequence[Mapping[str, np.ndarray]]) -> Question:
    """The same question where one case of each kind holds at once.

    A value is multiplied by what each case multiplies it by; where it is 0 (or below), what each
    case adds to it is added. Bounds of SPOTIS hold: a value beyond is taken at the bound.
    """
    changed: dict[str, list[np.ndarray]] = {}
    for columns in chosen:
        for column, values in columns.items():
            changed.setdefault(column, []).append(values)
    if not changed:
        return asked
    table = asked.values.copy()
    for column, cases in changed.items():
        number = asked.columns.index(column)
        now = asked.values[:, number]
        positive = now > 0
        factor, added = np.ones(len(now)), np.zeros(len(now))
        for values in cases:
            factor *= np.where(positive, values / np.where(positive, now, 1), 1)
            added += values - now
        together = cases[0] if len(cases) == 1 else np.where(positive, now * factor, now + added)
        low, high = asked.bounds[number]
        table[:, number] = np.clip(
            together, -np.inf if np.isnan(low) else low, np.inf if np.isnan(high) else high
        )
    return asked._replace(values=table)


def drawn_numbers(sizes: Sequence[int], samples: int, seed: int) -> np.ndarray:
    """Which case of each kind each sample has (samples, kinds): all as often as can be.

    Examples
    --------
    >>> drawn = drawn_numbers([2, 3], samples=6, seed=1)
    >>> [np.bincount(column).tolist() for column in drawn.T]
    [[3, 3], [2, 2, 2]]
    """
    random = np.random.default_rng([seed, 1])
    count = min(samples, MOST_COMBINATIONS)
    columns = [random.permutation(np.arange(count) % size) for size in sizes]
    drawn = np.column_stack(columns) if columns else np.zeros((count, 0), int)
    return np.resize(drawn, (samples, drawn.shape[1]))


def shares_over(
    methods: Sequence[Question], kinds: Sequence[Kind], weights: np.ndarray, numbers: np.ndarray
) -> Shares:
    """Shares where each weight vector stands with its own method and case of every kind.

    `numbers` (samples, 1 + kinds) names the method first, then the case of each kind.
    """
    first, top, total = np.zeros((3, len(methods[0].values)))
    for question, rows in _together(methods, kinds, numbers):
        for ranks in question.ranks_in_parts(weights[rows]):
            first += (ranks == 1).sum(axis=0)
            top += (ranks <= TOP).sum(axis=0)
            total += ranks.sum(axis=0)
    count = len(weights)
    return Shares(first / count, top / count, total / count)


def _together(
    methods: Sequence[Question], kinds: Sequence[Kind], numbers: np.ndarray
) -> Iterator[tuple[Question, np.ndarray]]:
    """Each combination of a method and cases that was drawn, and the samples that drew it."""
    combinations, which = np.unique(numbers, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    cuts = np.searchsorted(which.ravel()[order], np.arange(1, len(combinations)))
    for numbered, rows in zip(combinations, np.split(order, cuts), strict=True):
        chosen = [kind.columns[number] for kind, number in zip(kinds, numbered[1:], strict=True)]
        yield with_cases(methods[numbered[0]], chosen), rows


def by_kind(
    methods: Sequence[Question], kinds: Sequence[Kind], weights: np.ndarray, numbers: np.ndarray
) -> tuple[Shares, list[dict[str, Any]]]:
    """Shares over everything at once, and what each kind of case costs the top three.

    Returns
    -------
    Shares
        Over weights, methods and cases of every kind.
    list of dict
        A row a kind, "weights" first and "everything at once" last: ``kind``, ``cases`` (its
        names), ``top_three_lost`` (the mean share of the first three by the given weights that
        are no longer among them where this alone varies), ``first_lost`` (the share of its cases
        in which the first is no longer first) and ``top_three_share`` (an array: each site's,
        over this kind and any weights).
    """
    asked = methods[0]
    order = asked.order()
    top, winner = order[:TOP], int(order[0])
    base = np.zeros_like(numbers)

    def row(kind: str, cases: Sequence[str], found: Shares, alone: Shares) -> dict[str, Any]:
        return {
            "kind": kind,
            "cases": list(cases),
            "top_three_lost": max(0.0, float(1 - alone.top[top].mean())),
            "first_lost": max(0.0, float(1 - alone.first[winner])),
            "top_three_share": found.top,
        }

    plain = shares_over(methods, kinds, weights, base)
    rows = [row(WEIGHTS, (), plain, plain)]
    named = Kind(METHOD, tuple(one.method for one in methods), ({},) * len(methods))
    for place, kind in enumerate((named, *kinds)):
        if len(kind.cases) < 2:
            continue
        varied, once = base.copy(), base[: len(kind.cases)].copy()
        varied[:, place] = numbers[:, place]
        once[:, place] = np.arange(len(kind.cases))
        given = np.repeat(asked.shares()[None, :], len(once), axis=0)
        rows.append(
            row(
                kind.name,
                kind.cases,
                shares_over(methods, kinds, weights, varied),
                shares_over(methods, kinds, given, once),
            )
        )
    everything = shares_over(methods, kinds, weights, numbers)
    return everything, [*rows, row(EVERYTHING, (), everything, everything)]
