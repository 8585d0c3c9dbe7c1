"""The review page in a real browser without a network: it weighs, filters, tells and keeps."""

import json
import re
import time

import numpy as np
import pytest

from geocluster.siting.ranking import rank

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
# A window of 1400 points at 200 % is one of 700.
ENLARGED = {"width": 700, "height": 450}
ORDER = "#rv-table tbody th bdi"


def sure(visit):  # type: ignore[no-untyped-def]
    visit.tab.wait_for_selector("html[data-gc-sure]", state="attached")
    return visit.tab


def move(tab, slider: str, value: int) -> None:  # type: ignore[no-untyped-def]
    tab.locator(slider).evaluate(
        """(one, value) => {
          one.value = value;
          one.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        value,
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE, ENLARGED], ids=["desktop", "phone", "enlarged"])
def test_it_opens_without_a_network(open_file, plain, size) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain, size))
    assert tab.locator("h1").inner_text().startswith("Demo region")
    assert tab.locator(ORDER).count() == 40
    assert "emissions are assumed" in tab.locator("#rv-demonstration").inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert tab.locator("#rv-map canvas").count() >= 1
    assert tab.locator(".rv-town").count() >= 3
    assert (
        tab.get_by_role("link", name="To the map of the region").get_attribute("href")
        == "index.html"
    )


def test_a_slider_re_ranks_as_python_does(open_file, plain, made_up) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    table, sites = made_up.criteria(8), made_up.sites(40, 8)
    before = tab.locator(ORDER).all_inner_texts()
    for share in (0, 80):
        move(tab, "#rv-g-0", share)
        size = np.full(8, 25 / 2)
        size[(table["group"] == "exposure").to_numpy()] = share / 2
        sign = np.where(table["direction"] == "less", -1, 1)
        weights = {c: w for c, w in zip(table["column"], sign * size, strict=True) if w}
        expected = rank(sites, weights, missing="worst")
        after = tab.locator(ORDER).all_inner_texts()
        assert after == expected["site_id"].tolist()
        assert after != before
    told = tab.locator("#rv-g-0").get_attribute("aria-valuetext")
    assert told == "52%"
    assert tab.locator(".rv-pin span", has_text=re.compile("^1$")).count() == 1


def test_the_keyboard_does_what_the_mouse_does(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    before = tab.locator(ORDER).all_inner_texts()
    tab.locator("#rv-g-1").focus()
    tab.keyboard.press("End")
    assert tab.locator(ORDER).all_inner_texts() != before
    tab.locator("#rv-table tbody button").first.focus()
    tab.keyboard.press("Enter")
    first = tab.locator(ORDER).nth(0).inner_text()
    assert tab.locator("#rv-site-body h3").inner_text() == first
    tab.keyboard.press("ArrowDown")
    second = tab.locator(ORDER).nth(1).inner_text()
    assert tab.locator("#rv-site-body h3").inner_text() == second
    assert tab.locator("tr[aria-current=true] bdi").all_inner_texts() == [second]


def test_table_and_map_lead_to_each_other(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    tab.evaluate("() => { geoclusterPage.map.map.setView([41.9, 70.9], 11, { animate: false }); }")
    tab.locator(ORDER).nth(2).click()
    tab.wait_for_timeout(900)
    row = tab.evaluate("geoclusterPage.state.selected")
    assert tab.evaluate(
        "(row) => geoclusterPage.map.map.getBounds().contains(geoclusterPage.map.marks[row].at)",
        row,
    )
    last = tab.locator("#rv-table tbody tr").last
    assert not last.evaluate("(one) => one.getBoundingClientRect().bottom < innerHeight")
    number = int(last.get_attribute("data-row") or "")
    tab.evaluate("(row) => { geoclusterPage.map.marks[row].dot.fire('click'); }", number)
    assert last.get_attribute("aria-current") == "true"
    assert last.evaluate("(one) => one.getBoundingClientRect().bottom < innerHeight")
    assert tab.locator("#rv-site-body h3").inner_text() == last.locator("bdi").inner_text()


def test_filters_take_candidates_out_of_the_ranking(open_file, plain, made_up) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    sites, table = made_up.sites(40, 8), made_up.criteria(8)
    tab.locator("#rv-filters summary").click()
    tab.locator("label", has_text="existing zone").locator("input").uncheck()
    tab.locator("#rv-area").fill("100")
    tab.locator("#rv-condition").click()
    tab.get_by_label("Value", exact=True).fill("9")
    kept = sites[
        (sites["kind"] != "existing zone")
        & (sites["area_ha"] >= 100)
        & (sites["distance_road_m"] <= 9)
    ]
    assert 0 < len(kept) < 40
    sign = np.where(table["direction"] == "less", -1.0, 1.0)
    weights = dict(zip(table["column"], sign / 8, strict=True))
    expected = rank(kept, weights, missing="worst")["site_id"].tolist()
    assert tab.locator(ORDER).all_inner_texts() == expected
    assert tab.locator("#rv-count").inner_text().startswith(f"{len(kept)} of 40")
    tab.locator("#rv-area").fill("1e9")
    assert "No candidate is left" in tab.locator("#rv-verdict").inner_text()
    tab.locator("#rv-area").fill("")
    sure(open_file(plain))


def test_no_weight_at_all_is_said(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    for group in range(4):
        move(tab, f"#rv-g-{group}", 0)
    assert "at least one criterion" in tab.locator("#rv-verdict").inner_text()
    assert tab.locator(ORDER).count() == 0


def test_two_sets_stand_side_by_side(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    first = tab.locator(ORDER).all_inner_texts()
    tab.locator("#rv-second").click()
    tab.locator("#rv-method-choice").select_option("promethee_ii")
    move(tab, "#rv-g-2", 90)
    rows = [
        line.split("\t")
        for line in tab.locator("#rv-table tbody").inner_text().splitlines()
        if line
    ]
    by_b = tab.locator(ORDER).all_inner_texts()
    assert by_b != first
    for place, (name, row) in enumerate(zip(by_b, rows, strict=True), start=1):
        a, b, difference = row[:3]
        assert (int(a), int(b)) == (first.index(name) + 1, place)
        assert int(difference.replace("−", "-")) == int(b) - int(a)
    tab.get_by_label("Set A").check()
    assert tab.locator(ORDER).all_inner_texts() == first
    tab.locator("#rv-second").click()
    assert tab.locator("#rv-table thead th").all_inner_texts()[:2] == ["Rank", "Candidate"]


def test_weights_are_kept_in_a_file_and_in_the_address(open_file, plain, tmp_path) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    start = tab.locator(ORDER).all_inner_texts()
    move(tab, "#rv-g-3", 95)
    tab.locator("#rv-method-choice").select_option("spotis")
    moved = tab.locator(ORDER).all_inner_texts()
    with tab.expect_download() as waiting:
        tab.locator("#rv-save").click()
    file = tmp_path / "weights.json"
    waiting.value.save_as(file)
    kept = json.loads(file.read_text("utf-8"))
    assert kept["sets"]["a"]["groups"]["partners"] == 95
    tab.wait_for_timeout(600)
    address = tab.url
    tab.locator("#rv-reset").click()
    assert tab.locator(ORDER).all_inner_texts() == start
    tab.locator("#rv-load").set_input_files(file)
    tab.wait_for_timeout(200)
    assert tab.locator(ORDER).all_inner_texts() == moved
    tab.goto("about:blank")
    tab.goto(address)
    tab.wait_for_selector("html[data-gc-ready]", state="attached")
    assert tab.locator(ORDER).all_inner_texts() == moved
    assert tab.locator("#rv-method-choice").input_value() == "spotis"


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "null", '{"what":"geocluster weights","version":1}', '{"what":"other"}',
        '{"what":"geocluster weights","version":1,"sets":{"a":3}}',
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_weights_changes_nothing(open_file, plain, text) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    before = tab.locator(ORDER).all_inner_texts()
    tab.evaluate("(text) => geoclusterPage.gc.load(text)", text)
    assert "no file of weights" in tab.locator("#rv-message").inner_text()
    assert tab.locator(ORDER).all_inner_texts() == before


def test_a_hostile_file_is_read_as_numbers_alone(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    nasty = "<img src=x onerror='window.hacked=1'>"
    given = {
        "method": nasty, "normalisation": "__proto__", "bounds": {"distance_road_m": [5, nasty]},
        "groups": {"exposure": 1e300, nasty: 5, "access": -4, "land": "7"},
        "criteria": {"distance_road_m": None, "__proto__": 3},
    }  # fmt: skip
    text = json.dumps(
        {"what": "geocluster weights", "version": 1, "sets": {"a": given, "b": given}}
    )
    tab.evaluate("(text) => geoclusterPage.gc.load(text)", text)
    groups = tab.evaluate("geoclusterPage.state.sets.a.groups")
    assert groups == {"exposure": 100, "access": 0, "land": 25, "partners": 25}
    assert nasty in tab.locator("#rv-message").inner_text()
    assert tab.evaluate("window.hacked") is None
    assert tab.locator(ORDER).count() == 40


def test_bounds_must_hold_the_values(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    assert not tab.locator("#rv-bounds").is_visible()
    tab.locator("#rv-method-choice").select_option("spotis")
    before = tab.locator(ORDER).all_inner_texts()
    tab.locator("#rv-bounds summary").click()
    highest = tab.locator("#rv-bounds fieldset").first.get_by_label("to")
    highest.fill("0.5")
    highest.blur()
    assert highest.get_attribute("aria-invalid") == "true"
    assert "must hold the values" in tab.locator("#rv-message").inner_text()
    assert tab.locator(ORDER).all_inner_texts() == before
    highest.fill("1000000")
    highest.blur()
    assert not tab.locator("#rv-message").is_visible()
    assert tab.locator(ORDER).all_inner_texts() != before


def test_a_winner_is_marked_only_where_it_is_one(open_file, draw, made_up) -> None:  # type: ignore[no-untyped-def]
    import geopandas as gpd

    table, sites = made_up.criteria(4), made_up.sites(30, 4, gaps=False)
    tab = sure(open_file(draw("open", sites, table)))
    assert "The top is not separable" in tab.locator("#rv-verdict").inner_text()
    assert tab.locator(".rv-winner").count() == 0
    best = sites.copy()
    for name, direction in zip(table["column"], table["direction"], strict=True):
        best.loc[3, name] = sites[name].min() - 1 if direction == "less" else sites[name].max() + 1
    tab = sure(open_file(draw("best", best, table)))
    assert "100% of the cases" in tab.locator("#rv-verdict").inner_text()
    assert tab.locator("tr.rv-winner bdi").all_inner_texts() == [best.loc[3, "site_id"]]
    assert tab.locator(".rv-pin.rv-winner").count() == 1
    tab.locator("#rv-sure summary").click()
    tab.locator("#rv-tries").select_option("25")
    sure(open_file(draw("best", best, table)))
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    assert "With weights near these" in tab.locator("#rv-verdict").inner_text()
    assert tab.locator(".rv-winner").count() == 0
    reason = "more than 25 km from the place of the weather"
    doubtful = gpd.GeoDataFrame({"reason": [reason]}, geometry=[best.geometry[3]], crs=best.crs)
    tab = sure(open_file(draw("doubt", best, table, not_valid=doubtful)))
    assert "No winner is called" in tab.locator("#rv-verdict").inner_text()
    assert reason in tab.locator("#rv-verdict").inner_text()
    assert tab.locator(".rv-winner").count() == 0
    assert tab.locator(".rv-doubt").count() >= 1


def test_the_runs_own_shares_stand_until_something_moves(open_file, draw, made_up) -> None:  # type: ignore[no-untyped-def]
    sites = made_up.sites(40, 8).assign(acceptability=0.4321, top_three_share=0.91)
    tab = sure(open_file(draw("run", sites)))
    row = tab.locator("#rv-table tbody tr").first.inner_text()
    assert "43%" in row
    assert "91% of the cases" in tab.locator("#rv-verdict").inner_text()
    move(tab, "#rv-g-0", 60)
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    assert "91%" not in tab.locator("#rv-verdict").inner_text()


def test_what_would_turn_it_turns_it(open_file, plain, made_up) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    tab.locator("#rv-method-choice").select_option("weighted_sum")
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    flips = tab.evaluate("geoclusterPage.state.flips.filter((one) => one.needed !== null)")
    assert flips
    assert tab.locator("#rv-flip tbody tr").count() == len(flips)
    first, second = tab.locator(ORDER).all_inner_texts()[:2]
    one = min(flips, key=lambda flip: abs(flip["needed"] - flip["share"]))
    needed = one["needed"] + np.sign(one["needed"] - one["share"]) * 1e-6
    weights = tab.evaluate("Array.from(geoclusterPage.state.weights.weights)")
    weights = [weight * (1 - needed) / (1 - one["share"]) for weight in weights]
    for number in one["members"]:
        weights[number] *= needed / one["share"] * (1 - one["share"]) / (1 - needed)
    table = made_up.criteria(8).assign(weight=weights)
    given = {
        "method": "weighted_sum",
        "groups": (100 * table.groupby("group")["weight"].sum()).to_dict(),
        "criteria": dict(zip(table["column"], 100 * table["weight"], strict=True)),
    }
    text = json.dumps({"what": "geocluster weights", "version": 1, "sets": {"a": given}})
    tab.evaluate("(text) => geoclusterPage.gc.load(text)", text)
    assert first != second
    assert tab.locator(ORDER).first.inner_text() == second


def test_a_criterion_without_direction_is_shown_and_never_weighed(open_file, draw, made_up) -> None:  # type: ignore[no-untyped-def]
    table = made_up.criteria(8)
    weights = dict.fromkeys(table["column"], -1.0)
    tab = sure(open_file(draw("fact", table=made_up.with_a_fact(table), weights=weights)))
    assert tab.locator(".rv-block").count() == 4
    tab.locator(ORDER).first.click()
    assert tab.locator("#rv-site-body tbody tr").count() == 9
    assert "shown, without a weight" in tab.locator("#rv-site-body tbody tr").last.inner_text()


def test_no_candidate_at_all_is_a_page_too(open_file, draw, made_up) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(draw("none", made_up.sites(40, 8).iloc[:0], weights={})))
    assert "No candidate is left" in tab.locator("#rv-verdict").inner_text()
    one = sure(open_file(draw("one", made_up.sites(40, 8, gaps=False).iloc[:1])))
    assert "One candidate only" in one.locator("#rv-verdict").inner_text()


def test_five_hundred_candidates_of_twenty_criteria_are_still_at_hand(  # type: ignore[no-untyped-def]
    open_file, draw, made_up
) -> None:
    table, sites = made_up.criteria(), made_up.sites(500)
    file = draw("many", sites, table)
    assert file.stat().st_size < 2_000_000
    tab = open_file(file).ready().tab
    started = time.perf_counter()
    tab.wait_for_selector("html[data-gc-sure]", state="attached", timeout=60_000)
    assert time.perf_counter() - started < 60
    assert tab.locator(ORDER).count() == 100
    last = tab.evaluate("geoclusterPage.state.answers.a.order[499]")
    tab.evaluate("(row) => { geoclusterPage.map.marks[row].dot.fire('click'); }", last)
    assert tab.locator(ORDER).count() == 500
    assert tab.locator("#rv-table tbody tr").last.get_attribute("aria-current") == "true"
    assert not tab.locator("#rv-all").is_visible()
    assert tab.locator("#rv-table tbody tr").first.locator("td").last.inner_text().endswith("%")


def test_a_criterion_that_tells_none_apart_is_marked(open_file, plain, made_up) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    table, sites = made_up.criteria(8), made_up.sites(40, 8)
    said = {
        column: "tells none apart"
        in (tab.locator(f".rv-slider:has(#rv-c-{c}) small").text_content())
        for c, column in enumerate(table["column"])
    }
    assert said == {column: sites[column].nunique() == 1 for column in table["column"]}
    assert any(said.values())
