"""The methods against scikit-criteria, and those that pymcdm has too against both."""

import numpy as np
import pandas as pd
import pymcdm.methods
import pymcdm.weights
import pytest
import skcriteria
from pymcdm.normalizations import minmax_normalization, vector_normalization
from skcriteria.agg.simple import WeightedSumModel
from skcriteria.agg.spotis import SPOTIS
from skcriteria.agg.topsis import TOPSIS
from skcriteria.preprocessing.weighters import critic_weights as their_critic
from skcriteria.preprocessing.weighters import entropy_weights as their_entropy

from geocluster.siting.ranking import rank
from geocluster.siting.weighting import critic_weights, entropy_weights

EXACT = {"rel": 0, "abs": 1e-12}


def question(seed, ties):
    """Sites above 0 with signed weights; with ties, values are few and stand often twice."""
    random = np.random.default_rng(seed)
    values = random.uniform(1, 9, (30, 6))
    values = np.round(values) if ties else values
    names = [f"c{n}" for n in range(6)]
    weights = random.dirichlet(np.ones(6)) * random.choice([-1, 1], 6)
    return pd.DataFrame(values, columns=names), dict(zip(names, weights, strict=True))


def theirs(sites, weights, values=None, signs=None):
    signed = np.array(list(weights.values()))
    return skcriteria.mkdm(
        sites.to_numpy() if values is None else values,
        (np.sign(signed) if signs is None else signs).astype(int).tolist(),
        weights=np.abs(signed),
    )


def scores(ranking):
    return ranking.sort_index()["score"].to_numpy()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
class TestAgainstBoth:
    @pytest.mark.filterwarnings("ignore:Although TOPSIS")
    def test_topsis(self, seed, ties):
        sites, weights = question(seed, ties)
        signed = np.array(list(weights.values()))
        found = scores(rank(sites, weights, method="topsis"))
        lengths = np.sqrt((sites.to_numpy() ** 2).sum(axis=0))
        result = TOPSIS().evaluate(theirs(sites, weights, sites.to_numpy() / lengths))
        assert found == pytest.approx(result.e_.similarity, **EXACT)
        one = pymcdm.methods.TOPSIS(vector_normalization)
        expected = one(sites.to_numpy(), np.abs(signed), np.sign(signed))
        assert found == pytest.approx(expected, **EXACT)

    def test_weighted_sum(self, seed, ties):
        sites, weights = question(seed, ties)
        signed = np.array(list(weights.values()))
        ranking = rank(sites, weights, method="weighted_sum")
        normalised = ranking.sort_index()[[f"normalised_{name}" for name in sites]].to_numpy()
        result = WeightedSumModel().evaluate(theirs(sites, weights, normalised, np.ones(6)))
        assert scores(ranking) == pytest.approx(result.e_.score, **EXACT)
        one = pymcdm.methods.WSM(minmax_normalization)
        expected = one(sites.to_numpy(), np.abs(signed), np.sign(signed))
        assert scores(ranking) == pytest.approx(expected, **EXACT)

    def test_spotis(self, seed, ties):
        sites, weights = question(seed, ties)
        signed = np.array(list(weights.values()))
        bounds = {name: (0.5 - n, 9.5 + n) for n, name in enumerate(weights)}
        found = scores(rank(sites, weights, method="spotis", bounds=bounds))
        pairs = np.array(list(bounds.values()))
        ideal = np.where(signed > 0, pairs[:, 1], pairs[:, 0])
        result = SPOTIS().evaluate(theirs(sites, weights), bounds=pairs, isp=ideal)
        assert 1 - found == pytest.approx(result.e_.score, **EXACT)
        expected = pymcdm.methods.SPOTIS(pairs)(sites.to_numpy(), np.abs(signed), np.sign(signed))
        assert 1 - found == pytest.approx(expected, **EXACT)

    def test_entropy_weights(self, seed, ties):
        sites, _ = question(seed, ties)
        found = np.array(list(entropy_weights(sites, dict.fromkeys(sites, 1)).values()))
        assert found == pytest.approx(their_entropy(sites.to_numpy()), **EXACT)
        expected = pymcdm.weights.entropy_weights(sites.to_numpy())
        assert found == pytest.approx(expected, **EXACT)

    def test_critic_weights(self, seed, ties):
        sites, weights = question(seed, ties)
        signs = np.sign(list(weights.values())).astype(int)
        found = critic_weights(sites, weights)
        sizes = np.abs(list(found.values()))
        assert sizes == pytest.approx(their_critic(sites.to_numpy(), signs), **EXACT)
        # pymcdm leaves it to its caller to turn costs.
        turned = sites.to_numpy() * signs
        assert sizes == pytest.approx(pymcdm.weights.critic_weights(turned), **EXACT)
        assert np.sign(list(found.values())).tolist() == signs.tolist()
