"""What ranking costs, beside pymcdm and scikit-criteria in the same run: measured, never asserted.

Run from anywhere: ``python benchmarks/ranking.py``. Needs both (the extra `test`).
scikit-criteria has no PROMETHEE II here, and takes weightings one by one, as pymcdm does.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import skcriteria
from pymcdm import normalizations
from pymcdm.methods import PROMETHEE_II, SPOTIS, TOPSIS, WSM
from pymcdm.methods.mcda_method import MCDA_method
from skcriteria.agg.simple import WeightedSumModel
from skcriteria.agg.spotis import SPOTIS as SKC_SPOTIS
from skcriteria.agg.topsis import TOPSIS as SKC_TOPSIS
from skcriteria.preprocessing.scalers import VectorScaler

from geocluster.siting.methods import METHODS
from geocluster.siting.pareto import pareto_front
from geocluster.siting.ranking import rank, rank_acceptability
from geocluster.siting.sensitivity import reversals, smallest_change
from geocluster.siting.stability import rank_stability

CRITERIA = 8
# pymcdm's PROMETHEE II holds all pairs of sites once a criterion.
MOST_PAIRS = 1500


def table_of(count: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Sites with values and signed weights."""
    random = np.random.default_rng(0)
    names = [f"c{number}" for number in range(CRITERIA)]
    sites = pd.DataFrame(random.uniform(1, 9, (count, CRITERIA)), columns=names)
    signs = np.where(np.arange(CRITERIA) % 2, 1, -1)
    weights = random.dirichlet(np.ones(CRITERIA)) * signs
    return sites, dict(zip(names, weights.tolist(), strict=True))


def oracle(method: str, values: np.ndarray) -> MCDA_method:
    """The same method of pymcdm, with the same bounds and thresholds."""
    if method == "topsis":
        return TOPSIS(normalizations.vector_normalization)
    if method == "weighted_sum":
        return WSM(normalizations.minmax_normalization)
    if method == "spotis":
        return SPOTIS(SPOTIS.make_bounds(values))
    return PROMETHEE_II("vshape", p=values.std(axis=0))


def scikit_criteria(
    method: str, values: np.ndarray, signed: np.ndarray
) -> Callable[[np.ndarray], object] | None:
    """The same method of scikit-criteria as a function of the weights; None where it has none."""
    signs = np.sign(signed).astype(int).tolist()
    bounds = np.column_stack([values.min(axis=0), values.max(axis=0)])
    matrix = skcriteria.mkdm(values, signs, weights=np.abs(signed))
    if method == "topsis":
        scaled = VectorScaler(target="matrix").transform(matrix)
        return lambda weights: SKC_TOPSIS().evaluate(scaled.replace(weights=weights))
    if method == "weighted_sum":
        span = bounds[:, 1] - bounds[:, 0]
        turned = np.where(signed > 0, values - bounds[:, 0], bounds[:, 1] - values) / span
        scaled = skcriteria.mkdm(turned, [1] * len(signed), weights=np.abs(signed))
        return lambda weights: WeightedSumModel().evaluate(scaled.replace(weights=weights))
    if method == "spotis":
        ideal = np.where(signed > 0, bounds[:, 1], bounds[:, 0])
        return lambda weights: SKC_SPOTIS().evaluate(
            matrix.replace(weights=weights), bounds=bounds, isp=ideal
        )
    return None


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the better of two runs."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def rank_once() -> None:
    """10,000 sites by each method under one weighting."""
    for method in METHODS:
        sites, weights = table_of(10_000)
        whole = seconds(lambda: rank(sites, weights, method=method))  # noqa: B023
        count = MOST_PAIRS if method == "promethee_ii" else len(sites)
        few = sites.iloc[:count]
        ours = seconds(lambda: rank(few, weights, method=method))  # noqa: B023
        values = sites.to_numpy()[:count]
        signed = np.array(list(weights.values()))

        def theirs() -> object:
            scores = oracle(method, values)(values, np.abs(signed), np.sign(signed))  # noqa: B023
            return scores.argsort()

        other = seconds(theirs)
        third = scikit_criteria(method, values, signed)
        told = ""
        if third is not None:
            taken = seconds(lambda: third(np.abs(signed)))  # noqa: B023
            told = f", scikit-criteria {taken * 1e3:.1f} ms, ratio {ours / taken:.2g}"
        print(
            f"{method}: {len(sites)} sites {whole * 1e3:.1f} ms; {count} sites "
            f"{ours * 1e3:.1f} ms, pymcdm {other * 1e3:.1f} ms, ratio {ours / other:.2g}{told}"
        )


def rank_often() -> None:
    """500 sites under 10,000 weightings; the others take them one by one."""
    sites, weights = table_of(500)
    values, signs = sites.to_numpy(), np.sign(list(weights.values()))
    drawn = np.random.default_rng(1).dirichlet(np.ones(CRITERIA), 10_000)
    for method in METHODS:
        ours = seconds(lambda: rank_acceptability(sites, weights, method=method))  # noqa: B023
        few = 5 if method == "promethee_ii" else 100

        def theirs() -> list[np.ndarray]:
            body = oracle(method, values)  # noqa: B023
            # Its list of preference functions is used up by one call.
            fresh = (lambda: oracle(method, values)) if method == "promethee_ii" else lambda: body  # noqa: B023
            return [fresh()(values, row, signs).argsort() for row in drawn[:few]]  # noqa: B023

        other = seconds(theirs) * len(drawn) / few
        third = scikit_criteria(method, values, signs)
        told = ""
        if third is not None:
            taken = seconds(lambda: [third(row) for row in drawn[:few]]) * len(drawn) / few  # noqa: B023
            told = f"; scikit-criteria {taken:.1f} s, ratio {ours / taken:.2g}"
        print(
            f"{method}: 10,000 weightings of 500 sites {ours:.2f} s, "
            f"pymcdm {other:.1f} s (from {few}), ratio {ours / other:.2g}{told}"
        )


def rest() -> None:
    """What the others have not."""
    sites, weights = table_of(10_000)
    taken = seconds(lambda: pareto_front(sites, weights))
    share = pareto_front(sites, weights)["pareto"].mean()
    print(f"Pareto front of 10,000 sites x {CRITERIA}: {taken:.2f} s, {share:.0%} on it")
    few = sites.iloc[:500]
    for method in METHODS:
        change = seconds(lambda: smallest_change(few, weights, method))  # noqa: B023
        leave = seconds(lambda: reversals(few, weights, method))  # noqa: B023
        print(f"{method}, 500 sites: smallest change {change:.2f} s, reversals {leave:.2f} s")
    bounds = {"c0": (0.1, 0.3), "c1": (0.1, 0.2)}
    taken = seconds(lambda: rank_acceptability(few, weights, preferences=bounds))
    print(f"10,000 weightings of 500 sites within bounds, topsis: {taken:.2f} s")
    random = np.random.default_rng(2)
    cases = {f"{n}": {"c0": few["c0"] * random.uniform(0.7, 1.4, len(few))} for n in range(12)}
    kinds = {name: f"kind {int(name) % 4}" for name in cases}
    taken = seconds(lambda: rank_stability(few, weights, cases=cases, kinds=kinds))
    print(f"how sure: 500 sites, 10,000 draws of weights and 4 kinds of 3 cases: {taken:.2f} s")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="Although TOPSIS")
    rank_once()
    rank_often()
    rest()
