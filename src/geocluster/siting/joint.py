"""The programme of choosing several parks at once, and its answers for any gains.

With x_i = 1 where site i is chosen, and t_b the people within reach of any chosen site of shed b:

    most   sum_i gain_i x_i + sum_b worth_b t_b
    where  sum_i x_i = k,  rows x <= upper,  t_b <= people within reach of the chosen

People within reach are a submodular function of the set chosen, so that t_b obeys, for any set D of
patches of people p [1]_, with equality at the best D:

    t_b <= sum_{h in D} p_h + sum_i x_i sum_{h not in D, i reaches h} p_h

Rows of this kind are added where the last answer breaks one; they hold for whatever gains, and
are kept for the next question. Where every park needs so many workers, a set T of sites whose sheds
hold U workers together holds at most U / need parks, which is all that is needed [2]_; the set that
is short is the smallest cut of a flow from sites to people.

References
----------
.. [1] J.-F. Cordeau, F. Furini and I. Ljubic (2019), Benders decomposition for very large scale
   partial set covering and maximal covering location problems, European Journal of Operational
   Research 275, 882-896.
.. [2] P. Hall (1935), On representatives of subsets, Journal of the London Mathematical Society 10,
   26-30; D. Gale (1957), A theorem on flows in networks, Pacific Journal of Mathematics 7,
   1073-1082.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geocluster.siting.optimum import NODE_LIMIT, Programme, undecided
from geocluster.siting.sheds import Shed

# Rounds of added rows: with the whole of the sites in parts, then as they are.
RELAXED_ROUNDS, WHOLE_ROUNDS = 60, 200
CLOSE = 1e-7
CAPACITY = 1_000_000_000
# Sets that bring the same to this much of a score are alike: the first by site_id is taken.
TIE = 1e-8


class Choice(NamedTuple):
    """The sites chosen, what they bring, and what no other set can exceed."""

    rows: np.ndarray
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How much better another set might be, of this one's value. [0 to 1]"""
        room = max(0.0, self.bound - self.value)
        return (
            0.0 if room <= 1e-6 * max(1.0, abs(self.value)) else room / max(abs(self.value), CLOSE)
        )


class Row(NamedTuple):
    """The factors of the sites, not below 0, the most that their sum may be, and its subject."""

    factors: np.ndarray
    upper: float
    about: str


@dataclass
class Need:
    """Workers that each park needs, from a shed of which a share may work."""

    shed: Shed
    workers: float
    share: float

    def capacity(self, patches: np.ndarray) -> float:
        """Parks that the people of these patches may serve."""
        return float(self.share * self.shed.people[patches].sum() / self.workers)

    def short(self, parks: np.ndarray) -> Row | None:
        """A row that these parks, whole or in parts, break; None where workers suffice."""
        sites = np.flatnonzero(parks > CLOSE)
        short = _smallest_cut(self, sites, parks[sites])
        if short is None:
            return None
        reach = self.shed.reach
        within = np.asarray(reach[short].sum(axis=0)).ravel() > 0
        # Whoever finds all of its workers here shares them too.
        inside = np.asarray(reach @ (~within).astype(float)) == 0
        upper = np.floor(self.capacity(within) + 1e-9)
        if parks[inside].sum() <= upper + CLOSE:
            return None
        return Row(inside.astype(float), upper, "workers")


def _smallest_cut(need: Need, sites: np.ndarray, parks: np.ndarray) -> np.ndarray | None:
    """The sites on the near side of the smallest cut, where not all workers flow to the parks."""
    from scipy import sparse
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    reach = need.shed.reach[sites].tocoo()
    patches, patch = np.unique(reach.coords[1], return_inverse=True)
    scale = min(1e6, CAPACITY / max(parks.sum(), 1))
    wanted = np.floor(parks * scale).astype(np.int64)
    held = need.share * need.shed.people[patches] / need.workers
    served = np.minimum(np.ceil(held * scale), CAPACITY).astype(np.int64)
    count, last = len(sites), len(sites) + len(patches) + 1
    rows = np.concatenate([np.zeros(count), reach.coords[0] + 1, np.arange(count + 1, last)])
    columns = np.concatenate(
        [np.arange(1, count + 1), patch + count + 1, np.full(len(patches), last)]
    )
    room = np.concatenate([wanted, np.full(len(patch), CAPACITY), served]).astype(np.int32)
    graph = sparse.csr_array((room, (rows, columns)), (last + 1, last + 1), dtype=np.int32)
    result = maximum_flow(sparse.csr_matrix(graph), 0, last)
    if result.flow_value >= wanted.sum() - 1e-6 * scale:
        return None
    rest = sparse.csr_matrix(graph) - result.flow
    rest.data = np.maximum(rest.data, 0)
    rest.eliminate_zeros()
    near = breadth_first_order(rest, 0, return_predecessors=False)
    return sites[np.sort(near[(near > 0) & (near <= count)]) - 1]


class Joint:
    """The question, with the rows that were found to be needed so far."""

    def __init__(
        self,
        count: int,
        k: int,
        rows: list[Row],
        sheds: list[Shed],
        need: Need | None = None,
        node_limit: int = NODE_LIMIT,
        *,
        at_most: bool = False,
    ) -> None:
        self.count, self.k, self.rows, self.sheds, self.need = count, k, rows, sheds, need
        self.node_limit = node_limit
        self.totals = np.array([max(float(shed.people.sum()), 1.0) for shed in sheds])
        whole = np.arange(count + len(sheds)) < count
        self.programme = Programme(np.ones(count + len(sheds)), whole)
        self.programme.add(np.arange(count), 1.0, upper=k, lower=0 if at_most else k)
        for row in rows:
            self._keep(row)

    def best(
        self, gains: np.ndarray, worth: np.ndarray, known: np.ndarray | None = None
    ) -> Choice | None:
        """The set that brings most; None where no set obeys the rows.

        Parameters
        ----------
        gains : array (sites,)
            What each site brings by itself.
        worth : array (sheds,)
            What a person within reach brings, 0 or more. [per person]
        known : array, optional
            A set that is allowed: the answer is not worse.
        """
        brings = np.append(gains, worth * self.totals)
        brings[: self.count] -= TIE * np.sqrt(np.arange(1, self.count + 1) / self.count)
        loss = self._relax(brings, worth)
        if loss is None:
            return None
        best = self._choice(known, gains, worth) if known is not None else None
        # With what is known already, no better set holds a site that would cost more than is left.
        out = None if best is None else loss > loss[-1] - best.value + TIE * self.k
        bound, nodes = np.inf, 0
        for _ in range(WHOLE_ROUNDS):
            left = max(1, self.node_limit - nodes)
            found = self.programme.most(
                brings, out=None if out is None else out[:-1], node_limit=left
            )
            if found is None:
                return None if best is None else best._replace(bound=best.value)
            nodes += found.nodes
            bound = min(bound, found.bound + TIE * self.k)
            if self._workers_suffice(found.values):
                choice = self._choice(np.flatnonzero(found.values[: self.count]), gains, worth)
                best = choice if best is None or choice.value > best.value + TIE * self.k else best
            if not self._add_broken(found.values, worth) or nodes >= self.node_limit:
                break
        if best is None:
            raise undecided(self.node_limit)
        return best._replace(bound=max(bound, best.value))

    def _relax(self, brings: np.ndarray, worth: np.ndarray) -> np.ndarray | None:
        """What each variable would lose as a whole one, and at the end what parts of sites bring.

        Rows that parts of sites break are added. None where no set is left.
        """
        loss = None
        for _ in range(RELAXED_ROUNDS):
            answer = self.programme.relaxed(brings)
            if answer is None:
                return None
            found, lost = answer
            loss = np.append(lost, found.value)
            if not self._add_broken(found.values, worth):
                break
        return loss

    def value(self, rows: np.ndarray, gains: np.ndarray, worth: np.ndarray) -> float:
        """What a set brings."""
        people = [shed.together(rows) for shed in self.sheds]
        return float(gains[rows].sum() + np.dot(worth, people))

    def one_by_one(self, order: np.ndarray) -> np.ndarray:
        """The first k of an order, without those that the rows do not allow beside the others."""
        chosen: list[int] = []
        for site in order:
            if len(chosen) < self.k and self.allows(np.array([*chosen, site])):
                chosen.append(int(site))
        return np.array(chosen, dtype=np.int64)

    def allows(self, rows: np.ndarray) -> bool:
        """Whether these sites may be chosen beside each other, their number aside."""
        if any(row.factors[rows].sum() > row.upper + 1e-9 * max(1, row.upper) for row in self.rows):
            return False
        parks = np.zeros(self.count)
        parks[rows] = 1
        return self.need is None or self.need.short(parks) is None

    def _choice(self, rows: np.ndarray, gains: np.ndarray, worth: np.ndarray) -> Choice:
        return Choice(rows, self.value(rows, gains, worth), np.inf)

    def _keep(self, row: Row) -> None:
        columns = np.flatnonzero(row.factors)
        self.programme.add(columns, row.factors[columns], upper=row.upper)

    def _workers_suffice(self, values: np.ndarray) -> bool:
        return self.need is None or self.need.short(values[: self.count]) is None

    def _add_broken(self, values: np.ndarray, worth: np.ndarray) -> bool:
        """Add the rows that an answer breaks; whether there was any."""
        parks, before = values[: self.count], len(self.programme.upper)
        if self.need is not None:
            row = self.need.short(parks)
            if row is not None:
                self._keep(row)
        for number, shed in enumerate(self.sheds):
            if worth[number] > 0:
                self._add_coverage(number, shed, parks, float(values[self.count + number]))
        return len(self.programme.upper) > before

    def _add_coverage(self, number: int, shed: Shed, parks: np.ndarray, told: float) -> None:
        """Rows that bound the people within reach near these parks, where `told` exceeds them."""
        total = self.totals[number]
        times = np.asarray(shed.reach.T @ parks)
        true = float(shed.people @ np.minimum(times, 1))
        if told * total <= true + CLOSE * total:
            return
        for held in (times >= 1 - 1e-9, times > 1 + 1e-9):
            more = np.asarray(shed.reach @ (shed.people * ~held)) / total
            sites = np.flatnonzero(more)
            self.programme.add(
                np.append(sites, self.count + number),
                np.append(-more[sites], 1.0),
                upper=float(shed.people[held].sum()) / total,
            )
