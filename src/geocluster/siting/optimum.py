"""Mixed-integer programmes, solved by HiGHS through scipy, with rows that grow as they are needed.

References
----------
.. [1] Q. Huangfu and J. A. J. Hall (2018), Parallelizing the dual revised simplex method,
   Mathematical Programming Computation 10, 119-142.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from geocluster.errors import GeoclusterError

# Branch-and-bound nodes of one solution: a limit of time would give another answer on another day.
NODE_LIMIT = 5_000
# HiGHS stops at 1e-6 of the objective's own size; gains are scaled so that this is far below it.
SCALE = 1e4
INFEASIBLE = 2


def undecided(node_limit: int) -> GeoclusterError:
    """The error of a search that ended before any answer was found."""
    return GeoclusterError(
        f"no set was found within {node_limit} nodes of search: relax what is asked, "
        "or give a higher node_limit"
    )


class Found(NamedTuple):
    """The best values found, what they bring, what no others can exceed, and the nodes spent."""

    values: np.ndarray
    value: float
    bound: float
    nodes: int = 0


@dataclass
class Programme:
    """Variables between 0 and `top`, some of them whole, under rows a x <= upper (or == there).

    Rows are kept as lists until they are needed as a matrix.
    """

    top: np.ndarray
    whole: np.ndarray
    columns: list[np.ndarray] = field(default_factory=list)
    factors: list[np.ndarray] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(
        self, columns: Any, factors: Any, upper: float = np.inf, lower: float = -np.inf
    ) -> None:
        """A row more: lower <= sum of factors times variables <= upper."""
        numbers = np.atleast_1d(np.asarray(columns, dtype=np.int64))
        self.columns.append(numbers)
        self.factors.append(np.broadcast_to(np.asarray(factors, dtype=float), numbers.shape))
        self.lower.append(float(lower))
        self.upper.append(float(upper))

    def matrix(self) -> Any:
        """The rows as a sparse matrix."""
        from scipy import sparse

        ends = np.cumsum([0, *(len(numbers) for numbers in self.columns)])
        columns = np.concatenate(self.columns) if self.columns else np.empty(0, np.int64)
        factors = np.concatenate(self.factors) if self.factors else np.empty(0)
        return sparse.csr_array((factors, columns, ends), shape=(len(ends) - 1, len(self.top)))

    def most(
        self,
        gains: np.ndarray,
        *,
        out: np.ndarray | None = None,
        node_limit: int = NODE_LIMIT,
    ) -> Found | None:
        """The values that bring most; None where no values obey the rows.

        Parameters
        ----------
        gains : array
            What each variable brings.
        out : array of bool, optional
            Variables that are 0.
        node_limit : int
            Nodes after which the best so far is taken.

        Raises
        ------
        GeoclusterError
            Where HiGHS ends without an answer.

        Examples
        --------
        >>> programme = Programme(np.ones(3), np.ones(3, dtype=bool))
        >>> programme.add([0, 1], 1.0, upper=1)  # not both of the first two
        >>> programme.most(np.array([2.0, 3.0, 1.0])).value
        4.0
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        rows = LinearConstraint(self.matrix(), self.lower, self.upper) if self.columns else ()
        result = milp(
            -SCALE * gains,
            integrality=self.whole.astype(int),
            bounds=Bounds(np.zeros(len(self.top)), self.top if out is None else self.top * ~out),
            constraints=rows,
            options={"mip_rel_gap": 0.0, "node_limit": node_limit},
        )
        if result.x is None:
            if result.status == INFEASIBLE:
                return None
            raise undecided(node_limit)
        values = np.where(self.whole, np.round(result.x), result.x)
        value = float(gains @ values)
        bound = value if result.mip_dual_bound is None else -result.mip_dual_bound / SCALE
        return Found(values, value, max(value, bound), int(result.get("mip_node_count") or 0))

    def relaxed(self, gains: np.ndarray) -> tuple[Found, np.ndarray] | None:
        """The best values where whole variables may be parts, and what each would lose if whole.

        What is lost is the least by which the best falls when a variable that is 0 becomes 1; none
        is known, 0, for the others. None where no values obey the rows.

        Examples
        --------
        >>> programme = Programme(np.ones(2), np.ones(2, dtype=bool))
        >>> programme.add([0, 1], 1.0, upper=1, lower=1)
        >>> best, lost = programme.relaxed(np.array([2.0, 3.0]))
        >>> best.value, lost.tolist()
        (3.0, [1.0, 0.0])
        """
        from scipy.optimize import linprog

        matrix, lower, upper = self.matrix(), np.array(self.lower), np.array(self.upper)
        same = lower == upper
        below, above = np.isfinite(upper) & ~same, np.isfinite(lower) & ~same
        result = linprog(
            -gains,
            A_ub=_stacked(matrix[below], -matrix[above]),
            b_ub=np.concatenate([upper[below], -lower[above]]),
            A_eq=matrix[same],
            b_eq=upper[same],
            bounds=np.column_stack([np.zeros(len(self.top)), self.top]),
            method="highs",
        )
        if result.x is None:
            return None
        value = float(gains @ result.x)
        lost = np.where(result.x < 1e-9, np.maximum(result.lower.marginals, 0.0), 0.0)
        return Found(result.x, value, value), lost


def _stacked(first: Any, second: Any) -> Any:
    from scipy import sparse

    return sparse.vstack([first, second], format="csr")
