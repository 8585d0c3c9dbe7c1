"""How sure the order is, on the review page: the same draws of methods and cases as a run makes."""

import json

import numpy as np
import pytest

from geocluster.siting.cases import kinds_of, with_cases
from geocluster.siting.question import by_methods
from geocluster.siting.stability import rank_stability

pytestmark = pytest.mark.browser
METHODS = ("topsis", "spotis", "promethee_ii", "weighted_sum")
NAMES = ["distance_rail_m", "distance_road_m", "farmland_share", "distance_cluster_m"]


@pytest.fixture(scope="module")
def given(made_up):  # type: ignore[no-untyped-def]
    """Sites, criteria, weights and cases of two kinds, one of which changes two criteria."""
    table = made_up.criteria(4)
    names = dict(zip(table["column"], NAMES, strict=True))
    table = table.assign(
        column=NAMES, direction="less", group=["access", "access", "land", "partners"]
    )
    sites = made_up.sites(14, 4, seed=2).rename(columns=names)
    rng = np.random.default_rng(6)
    cases = {
        name: {column: sites[column].to_numpy() * rng.lognormal(0, 0.5, 14) for column in columns}
        for name, columns in {
            "calm": NAMES[:1],
            "storm": NAMES[:2],
            "few": NAMES[1:2],
            "many": NAMES[1:3],
        }.items()
    }
    kinds = {"calm": "wind", "storm": "wind", "few": "people", "many": "people"}
    return sites, table, dict.fromkeys(NAMES, -0.25), cases, kinds


def by_kind(cases, kinds):  # type: ignore[no-untyped-def]
    return {
        kind: {name: columns for name, columns in cases.items() if kinds[name] == kind}
        for kind in dict.fromkeys(kinds.values())
    }


@pytest.fixture(scope="module")
def page(draw, given):  # type: ignore[no-untyped-def]
    sites, table, weights, cases, kinds = given
    more = {"cases": by_kind(cases, kinds), "methods": METHODS}
    return draw("sure", sites, table, weights, **more)


def test_every_combination_of_cases_scores_as_in_python(open_file, page, given) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    sites, _, weights, cases, kinds = given
    asked = by_methods(sites, weights, METHODS, None, "worst", None, None)
    found = kinds_of(asked[0], len(sites), cases, kinds, "worst")
    drawn = np.random.default_rng(3).dirichlet(np.ones(4), 3)
    for number in np.ndindex(4, 3, 3):
        chosen = [kind.columns[at] for kind, at in zip(found, number[1:], strict=True)]
        expected = with_cases(asked[number[0]], chosen).scores(drawn)
        told = tab.evaluate(
            """([number, drawn]) => {
              const { state, data, ranking } = geoclusterPage;
              const made = geoclusterSure(data, state, state.answers.a, state.sets.a).make(number);
              return drawn.map((weights) => Array.from(ranking.scores(made, weights)));
            }""",
            [list(number), drawn.tolist()],
        )
        # Cases are carried to seven digits.
        assert np.abs(np.array(told) - expected).max() < 1e-6


def test_shares_are_those_of_a_run_up_to_chance(open_file, page, given) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    sites, _, weights, cases, kinds = given
    sure = rank_stability(
        sites, weights, cases=cases, kinds=kinds, method=METHODS, missing="worst", samples=20_000
    ).set_index("site_id")
    told = tab.evaluate(
        """() => {
          const { state, data } = geoclusterPage;
          const { first, top } = state.shares;
          return data.sites.id.map((id, row) => [id, first[row], top[row]]);
        }"""
    )
    for name, first, top in told:
        assert first == pytest.approx(sure.loc[name, "acceptability"], abs=0.02)
        assert top == pytest.approx(sure.loc[name, "top_three_share"], abs=0.02)


def test_a_slider_does_not_move_shares_over_any_weights(open_file, draw, given) -> None:  # type: ignore[no-untyped-def]
    sites, table, weights, cases, kinds = given
    sure = rank_stability(sites, weights, cases=cases, kinds=kinds, missing="worst")
    sites = sites.merge(sure[["site_id", "acceptability", "top_three_share"]], on="site_id")
    page = draw("run_sure", sites, table, weights, cases=by_kind(cases, kinds))
    tab = open_file(page).ready().tab
    read = """() => {
      const { first, top } = geoclusterPage.state.shares;
      return [Array.from(first), Array.from(top)];
    }"""
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    before = np.array(tab.evaluate(read))
    assert before[0].tolist() == sites["acceptability"].tolist()
    tab.locator("#rv-g-0").evaluate(
        """(one) => { one.value = 70; one.dispatchEvent(new Event("input", { bubbles: true })); }"""
    )
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    after = np.array(tab.evaluate(read))
    assert (before != after).any()
    assert np.abs(after - before).max() < 0.02


def test_the_page_names_what_varies_beside_the_weights(open_file, page) -> None:  # type: ignore[no-untyped-def]
    tab = open_file(page).ready().tab
    text = tab.locator("#rv-sure").text_content()
    assert "Method (4), wind (2), people (2)" in text
    tab.locator("#rv-method-choice").select_option("spotis")
    assert "time: wind (2), people (2)." in tab.locator("#rv-sure").text_content()


def test_only_weights_that_the_study_prefers_are_tried(open_file, draw, given) -> None:  # type: ignore[no-untyped-def]
    sites, table, weights, _, _ = given
    drawn = np.random.default_rng(9).dirichlet(np.ones(4), 300)
    drawn = -np.sort(-drawn, axis=1)
    tab = open_file(draw("preferred", sites, table, weights, draws=drawn)).ready().tab
    assert "the study's preferences" in tab.locator("#rv-sure").text_content()
    told = tab.evaluate(
        """() => {
          const { state, data } = geoclusterPage;
          const sure = geoclusterSure(data, state, state.answers.a, state.sets.a);
          return Array.from({ length: 300 }, (_, i) => Array.from(sure.draw(null, i)));
        }"""
    )
    assert np.abs(np.array(told) - drawn).max() < 1e-4
    text = {"what": "geocluster weights", "version": 1, "sets": {"a": {"criteria": {NAMES[0]: 0}}}}
    tab.evaluate("(text) => geoclusterPage.gc.load(text)", json.dumps(text))
    told = tab.evaluate(
        """() => {
          const { state, data } = geoclusterPage;
          const sure = geoclusterSure(data, state, state.answers.a, state.sets.a);
          return Array.from(sure.draw(null, 0));
        }"""
    )
    assert told[0] == 0
    assert sum(told) == pytest.approx(1)
