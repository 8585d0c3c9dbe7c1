"""What is made of the hours of a year: highest values, percentiles, hours and days above a limit.

Plain arrays: hourly values are (receptor, pollutant, hour), the hours those that are no calms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import get_num_threads

from geocluster.errors import StatisticError
from geocluster.plume.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_HOURS_OF_A_DAY = 18  # ISC3: a day's sum is divided by its valid hours, at least 18
SUMS = ("mean", "deposition")  # over all hours; that of several sources is theirs added up
NUMBER = r"(\d+(?:\.\d+)?)"
FORMS = (
    (re.compile(r"(max)_(1|24)h"), "highest"),
    (re.compile(r"h(\d+)_(1|24)h"), "highest"),
    (re.compile(rf"p{NUMBER}_(1|24)h"), "percentile"),
)
ABOVE = re.compile(rf"(hours|days)_above_{NUMBER}")
ALLOWED = (
    "mean, max_1h, max_24h, percentiles such as p98_1h and p99.8_24h, the n-th highest such as "
    "h2_1h and h8_24h, hours_above_200, days_above_50 [ug/m3], and deposition [g/m2 in a year]"
)


class Statistic(NamedTuple):
    """A statistic's name taken apart.

    Attributes
    ----------
    kind : {"mean", "deposition", "highest", "percentile", "above"}
    period_h : int
        1 or 24; 0 for the mean and the deposition.
    value : float
        The rank from the highest, the percentage, or the limit [ug/m3].
    """

    kind: str
    period_h: int = 0
    value: float = 0.0


class Days(NamedTuple):
    """Which day each valid hour belongs to, and what the sum of each day is divided by."""

    day: NDArray
    divisor: NDArray


def read_statistic(name: str) -> Statistic:
    """Take a statistic's name apart.

    Parameters
    ----------
    name : str
        ``mean``, ``deposition``, ``max_1h``, ``max_24h``, ``h<n>_1h`` or ``_24h`` for the n-th
        highest, ``p<percentage>_1h`` or ``_24h``, ``hours_above_<limit>``, ``days_above_<limit>``.

    Raises
    ------
    StatisticError
        Where there is no such statistic.

    Examples
    --------
    >>> read_statistic("p99.8_1h")
    Statistic(kind='percentile', period_h=1, value=99.8)
    >>> read_statistic("days_above_50").period_h
    24
    """
    if name in SUMS:
        return Statistic(name)
    above = ABOVE.fullmatch(name)
    if above:
        return Statistic("above", 1 if above[1] == "hours" else 24, float(above[2]))
    for form, kind in FORMS:
        match = form.fullmatch(name)
        if match:
            value = 1.0 if match[1] == "max" else float(match[1])
            least, most = (0.0, 100.0) if kind == "percentile" else (0.5, math.inf)
            if least < value <= most:
                return Statistic(kind, int(match[2]), value)
    raise StatisticError(f"statistic {name!r} is not known: allowed are {ALLOWED}")


def units_of(name: str) -> str:
    """``ug/m3``, ``h`` and ``d`` where hours or days are counted, ``g/m2`` of a deposition."""
    statistic = read_statistic(name)
    if statistic.kind == "deposition":
        return "g/m2"
    if statistic.kind != "above":
        return "ug/m3"
    return "h" if statistic.period_h == 1 else "d"


def days_of(time: NDArray, valid: NDArray) -> Days:
    """The days of a weather by the date of `time`, the start of each hour.

    Parameters
    ----------
    time : ndarray of datetime64, (hour,)
        Local standard time.
    valid : ndarray of bool, (hour,)
        False for a calm. A day of calms alone is a day, of concentration 0.

    Examples
    --------
    >>> hours = np.arange("2025-01-01T22", "2025-01-02T03", dtype="datetime64[h]")
    >>> days = days_of(hours, np.array([True, False, True, True, True]))
    >>> days.day.tolist(), days.divisor.tolist()
    ([0, 1, 1, 1], [18.0, 18.0])
    """
    dates, day = np.unique(np.asarray(time).astype("datetime64[D]"), return_inverse=True)
    hours = np.bincount(day[valid], minlength=dates.size)
    return Days(day[valid], np.maximum(hours, LEAST_HOURS_OF_A_DAY).astype(float))


def rank_of(percentage: float, number: int) -> int:
    """Which value from the highest is the percentile, as the EU counts.

    The percentile is the k-th of `number` values in rising order, k = percentage / 100 x number
    rounded to the nearest whole number and at least 1 (Decision 97/101/EC, annex). [1 = highest]

    Examples
    --------
    >>> rank_of(99.8, 8760), rank_of(95.1, 365)
    (19, 19)
    """
    k = math.floor(percentage * number / 100.0 + 0.5)
    return number - max(k, 1) + 1


def reduce_hours(
    hourly: NDArray, names: Sequence[str], weights: NDArray, days: Days
) -> dict[str, NDArray]:
    """The statistics of a block of receptors.

    Parameters
    ----------
    hourly : ndarray, (receptor, pollutant, hour)
        [ug/m3]
    names : sequence of str
        See `read_statistic`.
    weights : ndarray, (hour,)
        They sum to 1 and count for the mean alone.
    days : Days
        See `days_of`.

    Returns
    -------
    dict of str to ndarray, (pollutant, receptor)

    Examples
    --------
    >>> days = Days(np.array([0, 0]), np.array([18.0]))
    >>> parts = reduce_hours(np.array([[[9.0, 27.0]]]), ["max_1h", "max_24h"], np.ones(2) / 2, days)
    >>> {name: float(part[0, 0]) for name, part in parts.items()}
    {'max_1h': 27.0, 'max_24h': 2.0}
    """
    wanted = {name: read_statistic(name) for name in names}
    periods = {statistic.period_h for statistic in wanted.values()}
    parts = {}
    for period in sorted(periods - {0}):
        chosen = {name: part for name, part in wanted.items() if part.period_h == period}
        values = hourly if period == 1 else means_of_days(hourly, days)
        parts.update(_of_period(values, chosen))
    if 0 in periods:
        mean = hourly @ weights
        parts.update({name: mean for name, part in wanted.items() if part.kind == "mean"})
    return {name: np.ascontiguousarray(parts[name].T) for name in names}


def means_of_days(hourly: NDArray, days: Days) -> NDArray:
    """(receptor, pollutant, day): each day's sum over its divisor. [ug/m3]"""
    means = np.zeros((*hourly.shape[:2], days.divisor.size))
    _in_threads(fill_day_means, hourly, *days, means)
    return means


def when_ranked(values: NDArray, statistic: Statistic, name: str) -> NDArray:
    """(receptor, pollutant): the first hour or day that has the highest value asked for."""
    rank = position(statistic, values.shape[2], name)
    found = np.empty((*values.shape[:2], 1))
    _in_threads(rank_and_count, values, np.array([rank]), np.empty(0), found)
    return (values == found).argmax(axis=2)


def _of_period(values: NDArray, wanted: dict[str, Statistic]) -> dict[str, NDArray]:
    number = values.shape[2]
    ranked = {
        name: position(part, number, name) for name, part in wanted.items() if part.kind != "above"
    }
    limits = {name: part.value for name, part in wanted.items() if part.kind == "above"}
    found = np.empty((*values.shape[:2], len(ranked) + len(limits)))
    ranks = np.array(list(ranked.values()), dtype=np.int64)
    above = np.array(list(limits.values()), dtype=float)
    _in_threads(rank_and_count, values, ranks, above, found)
    return {name: found[:, :, n] for n, name in enumerate([*ranked, *limits])}


def position(statistic: Statistic, number: int, name: str) -> int:
    """The rank from the highest of a percentile or an n-th highest among `number` values."""
    if statistic.kind == "percentile":
        return rank_of(statistic.value, number)
    if statistic.value > number:
        what = "valid hours" if statistic.period_h == 1 else "days"
        raise StatisticError(f"statistic {name!r}: the weather has {number} {what} only")
    return int(statistic.value)


def shared_fields(
    emissions: NDArray, densities: NDArray, names: Iterable[str], kinds: Sequence[object] = ()
) -> tuple[NDArray, NDArray, NDArray]:
    """Pollutants whose emissions are everywhere in one proportion share one field.

    Parameters
    ----------
    emissions, densities : ndarray, (source, pollutant)
        Of all sources, in two tables.
    names : iterable of str
        Statistics; numbers above a limit [ug/m3] are no matter of proportion, and share nothing.
    kinds : sequence, optional
        What each pollutant is; those of different kinds share nothing.

    Returns
    -------
    column, scale, of : ndarray
        Which pollutants to calculate; and for each pollutant its proportion to the one, by its
        place in `column`, that it shares the field of.

    Examples
    --------
    >>> rates = np.array([[1.0, 0.5, 3.0], [2.0, 1.0, 3.0]])
    >>> column, scale, of = shared_fields(rates, rates[:0], ["max_24h"])
    >>> column.tolist(), scale.tolist(), of.tolist()
    ([0, 2], [1.0, 0.5, 1.0], [0, 0, 1])
    """
    rates = np.concatenate([emissions, densities])
    number = rates.shape[1]
    column: list[int] = []
    scale, of = np.ones(number), np.zeros(number, dtype=int)
    apart = any(read_statistic(name).kind == "above" for name in names)
    for n in range(number):
        for place, m in enumerate([] if apart else column):
            if len(kinds) and kinds[n] != kinds[m]:
                continue
            factor = rates[:, n].sum() / rates[:, m].sum() if rates[:, m].any() else 1.0
            if np.allclose(rates[:, n], factor * rates[:, m], rtol=1e-12, atol=0.0):
                scale[n], of[n] = factor, place
                break
        else:
            of[n] = len(column)
            column.append(n)
    return np.array(column), scale, of


def check_statistics(names: Iterable[str], *, hourly_weather: bool, method: str = "hourly") -> None:
    """Refuse what is unknown, and statistics of single hours where there are none, all at once.

    Raises
    ------
    StatisticError
        With the name of every statistic at fault.
    """
    faults, single = [], []
    for name in names:
        try:
            single += [name] * (read_statistic(name).kind not in SUMS)
        except StatisticError as error:
            faults.append(str(error))
    listed = ", ".join(repr(name) for name in single)
    if single and not hourly_weather:
        faults.append(
            f"statistic {listed} needs hourly weather (a coordinate 'time'); a wind rose answers "
            "'mean' alone"
        )
    if single and method != "hourly":
        faults.append(f"statistic {listed} needs method 'hourly'; {method!r} answers 'mean' alone")
    if faults:
        raise StatisticError("; ".join(faults))


def _in_threads(function: Callable[..., None], *arrays: NDArray) -> None:
    """Call a function for some receptors at a time: its last arguments are which."""
    size = arrays[0].shape[0]
    step = max(1, size // (4 * get_num_threads()))
    with ThreadPoolExecutor(get_num_threads()) as threads:
        firsts = range(0, size, step)
        list(threads.map(lambda n: function(*arrays, n, min(n + step, size)), firsts))


@compiled(nogil=True)
def fill_day_means(
    hourly: np.ndarray,
    day: np.ndarray,
    divisor: np.ndarray,
    means: np.ndarray,
    first: int,
    end: int,
) -> None:
    """(receptor, pollutant, day): each day's sum over its divisor."""
    for i in range(first, end):
        for p in range(hourly.shape[1]):
            for j in range(day.size):
                means[i, p, day[j]] += hourly[i, p, j]
            for d in range(divisor.size):
                means[i, p, d] /= divisor[d]


@compiled(nogil=True)
def rank_and_count(
    values: np.ndarray,
    ranks: np.ndarray,
    limits: np.ndarray,
    found: np.ndarray,
    first: int,
    end: int,
) -> None:
    """Fill `found` (receptor, pollutant, rank then limit): ranked values, and numbers above.

    Most hours of most places are 0: they are set aside, and of the others those that are high
    enough are put in order.
    """
    n_ranks = ranks.size
    deepest = int(ranks.max()) if n_ranks else 0
    some = np.empty(values.shape[2])
    for i in range(first, end):
        for p in range(values.shape[1]):
            for limit in range(limits.size):
                number = 0
                for j in range(values.shape[2]):
                    number += values[i, p, j] > limits[limit]
                found[i, p, n_ranks + limit] = number
            if n_ranks == 0:
                continue
            n = 0
            for j in range(values.shape[2]):
                if values[i, p, j] > 0.0:
                    some[n] = values[i, p, j]
                    n += 1
            top = some[:n]
            if n > deepest:
                top = np.partition(top, n - deepest)[n - deepest :]
            top = np.sort(top)
            for r in range(n_ranks):
                found[i, p, r] = top[top.size - ranks[r]] if ranks[r] <= top.size else 0.0
