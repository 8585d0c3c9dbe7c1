"""The ranking in the browser is the one in Python: scores, orders, what turns them, how sure."""

import json
from pathlib import Path

import numpy as np
import pytest

from geocluster.maps.review import draw_review
from geocluster.siting.ranking import rank, rank_acceptability
from geocluster.siting.sensitivity import smallest_change

pytestmark = pytest.mark.browser
ASKED = [
    ("topsis", "vector"), ("topsis", "min-max"), ("topsis", "max"), ("weighted_sum", "min-max"),
    ("weighted_sum", "vector"), ("weighted_sum", "max"), ("spotis", "bounds"),
    ("promethee_ii", "net flow"),
]  # fmt: skip
SCORES = """([method, normalisation, columns, weights, tied]) => {
  const { ranking } = geoclusterPage;
  const made = ranking.prepare(columns, method, normalisation);
  const scores = ranking.scores(made, Float64Array.from(weights));
  return [Array.from(scores), ranking.order(scores, tied)];
}"""


@pytest.fixture(scope="module")
def page(made_up, tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    table = made_up.criteria()
    weights = made_up.weights(table, np.random.default_rng(0))
    drawn = draw_review(made_up.region(), made_up.sites(), table, weights)
    return drawn.save(tmp_path_factory.mktemp("review") / "review.html")


def columns_of(sites, weights, bounds=None, thresholds=None):  # type: ignore[no-untyped-def]
    return [
        {
            "values": [None if np.isnan(one) else one for one in sites[name].tolist()],
            "less": weight < 0,
            "bounds": (bounds or {}).get(name),
            "thresholds": (thresholds or {}).get(name),
        }
        for name, weight in weights.items()
    ]


@pytest.mark.parametrize(("method", "normalisation"), ASKED)
def test_scores_and_order_equal_those_of_rank(  # type: ignore[no-untyped-def]
    open_file, page, made_up, method: str, normalisation: str
) -> None:
    tab = open_file(page).ready().tab
    table = made_up.criteria()
    rng = np.random.default_rng(5)
    for number in range(12):
        sites = made_up.sites(int(rng.integers(2, 90)), seed=number)
        weights = made_up.weights(table, rng)
        signed = {name: weight for name, weight in weights.items() if weight}
        options = {}
        if method == "spotis" and number % 2:
            spans = {name: (sites[name].min(), sites[name].max()) for name in signed}
            options["bounds"] = {name: [low - 3, high + 7.5] for name, (low, high) in spans.items()}
        if method == "promethee_ii" and number % 2:
            options["thresholds"] = {name: [0.2, 40.0] for name in list(signed)[::2]}
            options["thresholds"] |= {name: [0.0, 0.0] for name in list(signed)[1::4]}
        ranked = rank(
            sites, signed, method=method, normalisation=normalisation, missing="worst", **options
        )
        columns = columns_of(sites, signed, **options)
        tied = np.argsort(sites["site_id"].to_numpy(), kind="stable").tolist()
        shares = [abs(weight) for weight in ranked.attrs["weights"].values()]
        scores, order = tab.evaluate(SCORES, [method, normalisation, columns, shares, tied])
        assert np.abs(np.array(scores) - ranked["score"].sort_index()).max() < 1e-9
        assert order == ranked.index.tolist()


def test_one_site_and_equal_sites_are_ranked_too(open_file, page) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    for method in ("topsis", "weighted_sum", "spotis", "promethee_ii"):
        for count in (1, 3):
            columns = [
                {"values": [2.0] * count, "less": True},
                {"values": [0.0] * count, "less": False},
            ]
            tied = list(range(count))[::-1]
            scores, order = tab.evaluate(SCORES, [method, None, columns, [0.5, 0.5], tied])
            assert len(set(scores)) == 1
            assert np.isfinite(scores).all()
            assert order == tied


@pytest.mark.parametrize(("method", "normalisation"), ASKED)
def test_what_turns_it_is_what_smallest_change_finds(  # type: ignore[no-untyped-def]
    open_file, page, made_up, method: str, normalisation: str
) -> None:
    tab = open_file(page).ready().tab
    table, rng, found = made_up.criteria(8), np.random.default_rng(8), 0
    for number in range(4):
        sites = made_up.sites(30, 8, seed=20 + number)
        weights = {k: v for k, v in made_up.weights(table, rng).items() if v}
        turning = smallest_change(
            sites, weights, method, normalisation=normalisation, missing="worst"
        )
        second = int(sites.index[sites["site_id"] == turning.attrs["second"]][0])
        told = tab.evaluate(
            """([method, normalisation, columns, weights, second]) => {
              const { ranking } = geoclusterPage, given = Float64Array.from(weights);
              const made = ranking.prepare(columns, method, normalisation);
              return weights.map((_, c) => ranking.neededShare(made, given, [c], second));
            }""",
            [
                method,
                normalisation,
                columns_of(sites, weights),
                [abs(v) for v in weights.values()],
                second,
            ],
        )
        expected = turning.set_index("criterion")["needed"].reindex(list(weights))
        for mine, theirs in zip(told, expected, strict=True):
            assert (mine is None) == np.isnan(theirs)
            if mine is not None:
                found += 1
                assert mine == pytest.approx(theirs, abs=1e-9)
    assert found > 3


@pytest.mark.parametrize("method", ["topsis", "weighted_sum", "spotis", "promethee_ii"])
def test_acceptability_is_that_of_python_up_to_chance(open_file, page, made_up, method) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    names = ["distance_rail_m", "distance_road_m", "farmland_share", "distance_cluster_m"]
    sites = made_up.sites(12, 4, seed=2, gaps=False)
    sites = sites.rename(columns=dict(zip(made_up.criteria(4)["column"], names, strict=True)))
    weights = dict.fromkeys(names, -0.25)
    shares = rank_acceptability(sites, weights, samples=20_000, method=method)
    tied = np.argsort(sites["site_id"].to_numpy(), kind="stable").tolist()
    groups = [[0.5, [[0, 0.5], [1, 0.5]]], [0.25, [[2, 1]]], [0.25, [[3, 1]]]]
    told = tab.evaluate(
        """([method, columns, groups, tied]) => {
          const { ranking } = geoclusterPage;
          const run = () => {
            const made = ranking.prepare(columns, method), options = { samples: 20000, seed: 4 };
            const draw = (random) => ranking.drawnWeights(groups, columns.length, random, null);
            const job = ranking.acceptability(() => made, [1], draw, tied, options);
            let step = job.next();
            while (!step.done) step = job.next();
            return [Array.from(step.value.first), Array.from(step.value.top)];
          };
          return [run(), run()];
        }""",
        [method, columns_of(sites, weights), groups, tied],
    )
    assert told[0] == told[1], "the same seed, the same shares"
    first, top = (np.array(one) for one in told[0])
    assert first.sum() == pytest.approx(1)
    assert np.abs(first - shares[1].to_numpy()).max() < 0.015
    assert np.abs(top - shares[[1, 2, 3]].sum(axis=1).to_numpy()).max() < 0.015


def test_the_page_ranks_as_python_does_after_any_move(open_file, page, made_up) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    sites = made_up.sites()
    table, rng = made_up.criteria(), np.random.default_rng(12)
    for method in ("topsis", "weighted_sum", "spotis", "promethee_ii"):
        groups = {name: float(rng.integers(0, 101)) for name in ("exposure", "access", "land")}
        given = {
            "method": method,
            "groups": groups | {"partners": 30.0},
            "criteria": {name: float(rng.integers(0, 101)) for name in table["column"]},
        }
        text = json.dumps({"what": "geocluster weights", "version": 1, "sets": {"a": given}})
        tab.evaluate("(text) => geoclusterPage.gc.load(text)", text)
        signed = expected_weights(given, table)
        ranked = rank(sites, signed, method=method, missing="worst")
        shown = tab.locator("#rv-table tbody th button").all_inner_texts()
        assert shown == ranked["site_id"].tolist()


def expected_weights(given, table):  # type: ignore[no-untyped-def]
    """A group's share times that of the criterion in it, signed."""
    raw = table["column"].map(given["criteria"])
    within = raw / raw.groupby(table["group"]).transform("sum")
    size = table["group"].map(given["groups"]) * within
    signs = np.where(table["direction"] == "less", -1.0, 1.0)
    size = signs * size / size.sum()
    return {name: one for name, one in zip(table["column"], size, strict=True) if one}
