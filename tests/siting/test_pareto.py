"""The Pareto front, against comparing all pairs."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from geocluster.errors import TableError
from geocluster.siting.methods import METHODS
from geocluster.siting.pareto import not_dominated, pareto_front
from geocluster.siting.ranking import rank


def by_pairs(values):
    as_good = (values[:, None, :] >= values[None, :, :]).all(axis=2)
    better = (values[:, None, :] > values[None, :, :]).any(axis=2)
    return ~(as_good & better).any(axis=0)


@pytest.mark.parametrize("criteria", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 2, 300, 700])
def test_equals_all_pairs(count, criteria):
    random = np.random.default_rng(count)
    for values in (
        random.normal(size=(count, criteria)),
        random.integers(0, 4, (count, criteria)).astype(float),
    ):
        assert not_dominated(values).tolist() == by_pairs(values).tolist()


def test_directions_and_equal_sites():
    sites = gpd.GeoDataFrame(
        {"cost": [1.0, 1.0, 2.0, 5.0], "gain": [3.0, 3.0, 3.0, 9.0], "other": [9.0, 1, 1, 1]},
        geometry=[Point(n, 0) for n in range(4)],
        crs=32642,
    )
    front = pareto_front(sites, {"cost": -9, "gain": 0.1, "other": 0})
    assert front["pareto"].tolist() == [True, True, False, True]
    assert isinstance(front, gpd.GeoDataFrame)
    assert "pareto" not in sites
    assert pareto_front(sites, {"cost": 1, "gain": 1})["pareto"].tolist() == [False] * 3 + [True]


@pytest.mark.parametrize("method", METHODS)
def test_the_first_of_every_ranking_is_on_the_front(method):
    random = np.random.default_rng(1)
    sites = pd.DataFrame(random.uniform(1, 9, (60, 3)), columns=list("abc"))
    front = pareto_front(sites, {"a": 1, "b": -1, "c": 1})["pareto"]
    assert 0 < front.sum() < 60
    for weights in random.dirichlet(np.ones(3), 20):
        signed = dict(zip("abc", weights * [1, -1, 1], strict=True))
        assert front[rank(sites, signed, method=method).index[0]]


def test_missing_values():
    sites = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [1.0, 9.0, 2.0]})
    with pytest.raises(TableError, match="no value in row 2"):
        pareto_front(sites, {"a": 1, "b": 1})
    assert pareto_front(sites, {"a": 1, "b": 1}, missing="drop")["pareto"].tolist() == [False, True]
    worst = pareto_front(sites, {"a": 1, "b": 1}, missing="worst")["pareto"]
    assert worst.tolist() == [False, True, True]
