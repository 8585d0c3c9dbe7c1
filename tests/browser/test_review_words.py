"""Words on the review page: in every language, and as text wherever they come from."""

import re

import pytest

from geocluster.words import catalogue

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
ORDER = "#rv-table tbody th bdi"


def sure(visit):  # type: ignore[no-untyped-def]
    visit.tab.wait_for_selector("html[data-gc-sure]", state="attached")
    return visit.tab


LATIN = re.compile(r"[A-Za-z]{3,}")
VISIBLE = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = [];
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
    if (text && !parent.closest('script, noscript, bdi, #rv-language, .rv-credits') && parent.checkVisibility()) out.push(text);
  }
  for (const one of document.querySelectorAll('[aria-label]')) if (!one.closest('.leaflet-control-zoom')) out.push(one.getAttribute('aria-label'));
  return [document.title.split(' · ')[1], ...out];
}"""  # noqa: E501


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_every_visible_word_changes_with_the_language(open_file, plain, language) -> None:  # type: ignore[no-untyped-def]
    tab = sure(open_file(plain))
    tab.locator("#rv-language").select_option(language)
    tab.locator("#rv-second").click()
    tab.locator("#rv-method-choice").select_option("spotis")
    for one in tab.locator("details").all():
        one.evaluate("(one) => { one.open = true; }")
    tab.locator("#rv-condition").click()
    tab.locator(ORDER).first.click()
    tab.wait_for_selector("html[data-gc-sure]", state="attached")
    assert tab.evaluate("document.documentElement.lang") == language
    shown = tab.evaluate(VISIBLE)
    assert len(shown) > 100
    sources = {str(m.id) for m in catalogue(language) if m.id and m.id != m.string}
    assert [text for text in shown if text in sources] == []
    if language == "ru":
        known = r"TOPSIS|SPOTIS|PROMETHEE II|S\d{3}"
        assert [text for text in shown if LATIN.search(re.sub(known, "", text))] == []
    assert any("," in text for text in tab.locator("#rv-table tbody td").all_inner_texts())
    tab.locator("#rv-language").select_option("en")
    assert tab.locator("#rv-ranking-title").inner_text() == "Ranking"


def test_it_opens_in_the_language_asked_for(open_file, draw) -> None:  # type: ignore[no-untyped-def]
    file = draw("uzbek", language="uz")
    assert sure(open_file(file)).locator("#rv-ranking-title").inner_text() == "Reyting"
    assert "40 ta nomzod maydon" in file.read_text("utf-8")


def test_no_script_but_its_own_runs(open_file, plain) -> None:  # type: ignore[no-untyped-def]
    visit = open_file(plain)
    tab = sure(visit)
    failed: list[str | None] = []
    tab.on("requestfailed", lambda request: failed.append(request.failure))
    tab.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.hacked = 1';
          document.body.append(script);
          const image = '<img src="x" onerror="window.hacked = 2">';
          document.body.insertAdjacentHTML('beforeend', image);
          fetch('https://example.org/').catch(() => {});
          new Image().src = 'https://example.org/a.png';
        }"""
    )
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.hacked") is None
    assert set(failed) == {"csp"}
    assert len(visit.complaints) >= 3
    assert all("Content Security Policy" in text for text in visit.complaints)
    visit.complaints.clear()
    visit.asked.clear()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_names_from_data_are_text_everywhere(open_file, draw, made_up, demo, size) -> None:  # type: ignore[no-untyped-def]
    import geopandas as gpd

    nasty, long = demo.NASTY, "\u202e\u200f" + "x" * 10_000 + "{site}"
    table, sites = made_up.criteria(8), made_up.sites(12, 8)
    table["label"] = [nasty, long, "=1+1", "{count}", "-2", "a\u0000b", "'", '"']
    table["group"] = [nasty, long] * 4
    table["source"], table["unit"] = nasty, nasty
    sites["site_id"] = [nasty, long, *(f"S{i}" for i in range(10))]
    sites["name"], sites["kind"] = long, [nasty, long] * 6
    areas = gpd.GeoDataFrame(
        {"reason": [nasty, long]}, geometry=[sites.geometry[0], sites.geometry[1]], crs=sites.crs
    )
    homes = demo.exposure(nasty)
    file = draw(
        f"nasty-{size['width']}", sites, table, homes=homes, not_valid=areas, title=nasty,
        demonstration=f"{nasty}, {long}", sources_of_data=[nasty, long],
    )  # fmt: skip
    tab = sure(open_file(file, size))
    for language in ("ru", "uz", "en"):
        tab.locator("#rv-language").select_option(language)
        for one in tab.locator("details").all():
            one.evaluate("(one) => { one.open = true; }")
        for row in range(3):
            tab.evaluate("(row) => { geoclusterPage.map.marks[row].dot.fire('click'); }", row)
            tab.evaluate("(row) => { geoclusterPage.map.marks[row].dot.openTooltip(); }", row)
        tab.wait_for_selector("html[data-gc-sure]", state="attached")
        assert tab.evaluate("window.hacked") is None
        assert tab.locator("img").count() == 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert tab.locator("h1 bdi").inner_text().startswith("</script><script>window.hacked=1")
    assert "\u202e" not in file.read_text("utf-8")
