"""Where m facilities stand best for many clients: p-median and maximal coverage, by HiGHS.

p-median, with y_j = 1 where candidate j is taken, weight w_i and distance d_ij [1]_:

    least  sum_i w_i t_i
    where  sum_j y_j = m,  t_i >= the distance to the nearest candidate taken

The distance to the nearest obeys, for any radius r, t_i >= r - sum over d_ij < r of (r - d_ij) y_j,
with equality where r is the distance at which the candidates nearer than r first make up one whole
facility [3]_. Rows of this kind are added where the last answer breaks one, so that 500 clients and
500 candidates take 1,000 variables and not 250,000.

Maximal coverage [2]_: most sum_i w_i z_i where z_i <= 1 and z_i <= the facilities taken within
reach of i.

References
----------
.. [1] S. L. Hakimi (1964), Optimum locations of switching centers and the absolute centers and
   medians of a graph, Operations Research 12, 450-459.
.. [2] R. Church and C. ReVelle (1974), The maximal covering location problem, Papers of the
   Regional Science Association 32, 101-118.
.. [3] C. Duran-Mateluna, Z. Ales and S. Elloumi (2023), An efficient Benders decomposition for the
   p-median problem, European Journal of Operational Research 308, 84-96.
.. [4] M. B. Teitz and P. Bart (1968), Heuristic methods for estimating the generalized vertex
   median of a weighted graph, Operations Research 16, 955-961.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geocluster.siting.optimum import NODE_LIMIT, Programme

ROUNDS = 100
CLOSE = 1e-7
# Candidates that bring the same to this share are alike: the first is taken.
TIE = 1e-9


class Placed(NamedTuple):
    """The candidates taken, rising, what they bring, and what no other set can better.

    Sets that differ by less than `alike` are alike.
    """

    rows: np.ndarray
    value: float
    bound: float
    alike: float

    @property
    def gap(self) -> float:
        """How much better another set might be, of this one's value. [0 to 1]"""
        room = abs(self.value - self.bound)
        if room <= max(1e-6 * abs(self.value), self.alike):
            return 0.0
        return room / abs(self.value) if self.value else float("inf")


def p_median(
    distance: np.ndarray, weight: np.ndarray, m: int, *, node_limit: int = NODE_LIMIT
) -> Placed:
    """The m candidates with the least weighted distance from each client to its nearest.

    Parameters
    ----------
    distance : array (clients, candidates)
        Finite. [any unit]
    weight : array (clients,)
        0 or more.
    m : int
        How many candidates are taken.
    node_limit : int
        Nodes of branch and bound.

    Returns
    -------
    Placed
        `value` is the sum of weight times distance.

    Examples
    --------
    >>> distance = np.abs(np.subtract.outer([0.0, 1, 2, 10, 11], [0.0, 1, 2, 10, 11]))
    >>> p_median(distance, np.ones(5), 2).rows.tolist()
    [1, 3]
    """
    clients, count = distance.shape
    size = max(float(distance.max()), CLOSE)
    near, share = distance / size, weight / max(float(weight.sum()), CLOSE)
    order = np.argsort(near, axis=1, kind="stable")
    sorted_near = np.take_along_axis(near, order, axis=1)
    programme = Programme(np.ones(count + clients), np.arange(count + clients) < count)
    programme.add(np.arange(count), 1.0, upper=m, lower=m)
    gains = np.append(-TIE * np.sqrt(np.arange(1, count + 1) / count), -share)
    start = _interchanged(near, share, m)
    _add_radii(programme, sorted_near, order, _taken(start, count), np.zeros(clients), share)
    least, loss = np.inf, np.zeros(0)
    for _ in range(ROUNDS):
        answer = programme.relaxed(gains)
        assert answer is not None  # any m candidates are allowed
        found, loss = answer
        least = -found.value
        if not _add_radii(
            programme, sorted_near, order, found.values[:count], found.values[count:], share
        ):
            break
    best, lower, nodes = start, -np.inf, 0
    out = loss > _cost(near, share, best) - least + 2 * TIE * m
    for _ in range(ROUNDS):
        whole = programme.most(gains, out=out, node_limit=max(1, node_limit - nodes))
        if whole is None:
            lower = _cost(near, share, best)
            break
        nodes += whole.nodes
        lower = max(lower, -whole.bound - TIE * m)
        rows = np.flatnonzero(whole.values[:count])
        if _cost(near, share, rows) < _cost(near, share, best) - TIE * m:
            best = rows
        told = whole.values[count:]
        if not _add_radii(programme, sorted_near, order, whole.values[:count], told, share):
            break
        if nodes >= node_limit:
            break
    scale = size * max(float(weight.sum()), CLOSE)
    value = _cost(near, share, best)
    return Placed(np.sort(best), value * scale, min(lower, value) * scale, 3 * TIE * m * scale)


def coverage(
    within: np.ndarray, weight: np.ndarray, m: int, *, node_limit: int = NODE_LIMIT
) -> Placed:
    """The m candidates within reach of which most weight stands.

    Parameters
    ----------
    within : array of bool (clients, candidates)
        Whether a candidate is within reach of a client.
    weight, m, node_limit
        As in `p_median`.

    Returns
    -------
    Placed
        `value` is the weight covered.

    Examples
    --------
    >>> within = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=bool)
    >>> coverage(within, np.array([1.0, 2.0, 5.0]), 2).rows.tolist()
    [0, 1]
    """
    clients, count = within.shape
    total = max(float(weight.sum()), CLOSE)
    programme = Programme(np.ones(count + clients), np.arange(count + clients) < count)
    programme.add(np.arange(count), 1.0, upper=m, lower=m)
    for client in range(clients):
        reached = np.flatnonzero(within[client])
        factors = np.append(-np.ones(len(reached)), 1.0)
        programme.add(np.append(reached, count + client), factors, upper=0.0)
    gains = np.append(-TIE * np.sqrt(np.arange(1, count + 1) / count), weight / total)
    found = programme.most(gains, node_limit=node_limit)
    assert found is not None  # any m candidates are allowed
    rows = np.flatnonzero(found.values[:count])
    value = float(weight[within[:, rows].any(axis=1)].sum())
    bound = max(value, (found.bound + TIE * m) * total)
    return Placed(rows, value, bound, 3 * TIE * m * total)


def _cost(distance: np.ndarray, weight: np.ndarray, rows: np.ndarray) -> float:
    return float(weight @ distance[:, rows].min(axis=1))


def _taken(rows: np.ndarray, count: int) -> np.ndarray:
    taken = np.zeros(count)
    taken[rows] = 1
    return taken


def _interchanged(distance: np.ndarray, weight: np.ndarray, m: int) -> np.ndarray:
    """Candidates taken one after the other, then exchanged while that is better [4]_."""
    rows: list[int] = []
    nearest = np.full(len(distance), float(distance.max()) * 2)
    for _ in range(m):
        costs = weight @ np.minimum(nearest[:, None], distance)
        costs[rows] = np.inf
        rows.append(int(np.argmin(costs)))
        nearest = np.minimum(nearest, distance[:, rows[-1]])
    best, better = _cost(distance, weight, np.array(rows)), True
    while better:
        better = False
        for place in range(m):
            rest = rows[:place] + rows[place + 1 :]
            left = distance[:, rest].min(axis=1) if rest else np.full(len(distance), np.inf)
            costs = weight @ np.minimum(left[:, None], distance)
            costs[rest] = np.inf
            other = int(np.argmin(costs))
            if costs[other] < best - TIE:
                rows[place], best, better = other, float(costs[other]), True
    return np.array(rows, dtype=np.int64)


def _add_radii(
    programme: Programme,
    near: np.ndarray,
    order: np.ndarray,
    taken: np.ndarray,
    told: np.ndarray,
    weight: np.ndarray,
) -> bool:
    """Add the rows that an answer breaks; whether there was any.

    `near` holds the distances of each client rising, `order` the candidates they lead to.
    """
    clients, count = near.shape
    made_up = np.cumsum(taken[order], axis=1)
    last = np.minimum((made_up < 1 - 1e-9).sum(axis=1), count - 1)
    radius = near[np.arange(clients), last]
    reached = near < radius[:, None]
    true = radius - np.where(reached, (radius[:, None] - near) * taken[order], 0).sum(axis=1)
    broken = np.flatnonzero((weight > 0) & (told < true - CLOSE))
    for client in broken:
        inside = reached[client]
        columns = np.append(order[client][inside], count + client)
        factors = np.append(radius[client] - near[client][inside], 1.0)
        programme.add(columns, factors, lower=float(radius[client]))
    return bool(broken.size)
