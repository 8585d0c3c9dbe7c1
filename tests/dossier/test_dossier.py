"""The dossier says what the tables say, and hides nothing."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from geocluster.dossier import checks
from geocluster.dossier.candidates import ALWAYS, chosen
from geocluster.dossier.content import dossier_of
from geocluster.dossier.office import write_docx
from geocluster.dossier.oracle import scores
from geocluster.dossier.page import draw_dossier
from geocluster.errors import InputError
from geocluster.load.settings_dossier import DossierSettings
from geocluster.maps.switch import texts_of_markup, unpacked
from geocluster.plume import field
from geocluster.report import dossier, write_dossier
from geocluster.siting.criteria import BURDEN, criteria_table
from geocluster.siting.finalists import DIFFERENCE
from geocluster.siting.ranking import rank
from geocluster.words import LANGUAGES, Words


@pytest.fixture(scope="module")
def page(dossier_study) -> str:  # type: ignore[no-untyped-def]
    return page_of(dossier_study, "en")


def page_of(dossier_study, language: str) -> str:  # type: ignore[no-untyped-def]
    return draw_dossier(dossier(*dossier_study, language), *dossier_study).html


def numbers(words: Words, value: float, unit: str) -> str:
    return f"{words.number(100 * value)}%" if unit == "0 to 1" else words.number(value)


def test_every_figure_of_a_page_is_that_of_the_table(dossier_study) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    words, content = Words(), dossier_of(study, results)
    sites = results.sites.set_index("site_id")
    rows = {row["label"]: row for row in criteria_table(results.sites).to_dict("records")}
    assert len(content.candidates) >= 5
    for one in content.candidates:
        site = sites.loc[one.site_id]
        told = dict(one.facts)
        assert told["Rank"] == f"{int(site['rank'])} / {len(sites)}"
        assert told["Area"] == f"{words.number(site['area_ha'])} ha"
        assert dict(one.zone)["People on the site and in the zone"] == words.number(
            site["people_in_protection_zone"]
        )
        assert dict(one.exposure)["Burden"].startswith(words.number(site[BURDEN]))
        assert one.shares[1][0] == pytest.approx(site["top_three_share"])
        for line in one.criteria:
            row = rows[line.label]
            value = float(site[row["column"]])
            shown = numbers(words, value, row["unit"]) if math.isfinite(value) else "missing"
            assert line.value.startswith(shown), line.label
            known = results.sites[row["column"]].dropna()
            assert line.median == numbers(words, float(np.median(known)), row["unit"])


def test_places_count_from_the_best(dossier_study) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    best = results.measured.loc[results.measured[BURDEN].idxmin(), "site_id"]
    content = dossier_of(study, results, first=len(results.sites))
    (one,) = [one for one in content.candidates if one.site_id == best]
    assert one.criteria[0].place == f"1 / {len(results.sites)}"


def test_the_better_stands_farther_right(dossier_study) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    for line in dossier_of(study, results).candidates[0].criteria:
        if line.strip is not None and np.ptp(line.strip.known) > 0:
            low, high = (line.strip.at(float(f(line.strip.known))) for f in (np.min, np.max))
            assert (low > high) == line.strip.less


def test_what_somebody_proposed_has_a_page_and_its_name_is_text(dossier_study, page: str) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    assert "proposed" in set(chosen(results.sites, 0)["kind"])
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "\u202e" not in page
    named = [one for one in dossier_of(study, results).candidates if "alert" in one.heading]
    assert len(named[0].heading) <= 90
    assert all("x" * 90 not in text for text in (named[0].lead, *named[0].told))


class Strict(HTMLParser):
    """Every element that is opened is closed, in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs) -> None:  # type: ignore[no-untyped-def]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs) -> None:  # type: ignore[no-untyped-def]
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing(page: str) -> None:
    parser = Strict()
    parser.feed(page)
    assert parser.open == []
    assert "://" not in page
    assert "default-src 'none'" in page
    used = set(re.findall(r'href="#([^"]+)"', page))
    assert used <= set(re.findall(r'id="([^"]+)"', page))


def test_the_same_run_gives_the_same_bytes(dossier_study, page: str) -> None:  # type: ignore[no-untyped-def]
    assert page_of(dossier_study, "en") == page


@pytest.mark.parametrize(("language", "word"), [("ru", "Досье размещения"), ("uz", "Usullar")])
def test_a_page_in_each_language(dossier_study, language: str, word: str) -> None:  # type: ignore[no-untyped-def]
    html = page_of(dossier_study, language)
    assert f'<html lang="{language}">' in html
    assert word in html
    assert "Self-checks" not in html


def test_a_page_turns_into_the_page_of_another_language(dossier_study) -> None:  # type: ignore[no-untyped-def]
    contents = {code: dossier(*dossier_study, code) for code in LANGUAGES}
    pages = {
        code: draw_dossier(content, *dossier_study, contents.values()).html
        for code, content in contents.items()
    }
    texts = {code: texts_of_markup(page) for code, page in pages.items()}
    for made, page in pages.items():
        told = json.loads(page.partition('id="gc-told">')[2].partition("</script>")[0])
        assert set(told["languages"]) == set(LANGUAGES)
        rows = unpacked(told)["side"]
        for number, code in enumerate(told["others"]):
            seen: dict[str, int] = {}
            for mine, theirs in zip(texts[made], texts[code], strict=True):
                row = rows.get(key := " ".join(mine.split()))
                if isinstance(row, dict):
                    seen[key] = seen.get(key, -1) + 1
                    row = row["all"][row["at"][seen[key]]]
                found = mine if row is None else row if isinstance(row, str) else row[number]
                assert found == theirs


def test_checks_hold_on_a_sound_run(dossier_study) -> None:  # type: ignore[no-untyped-def]
    found = {one.title: one for one in checks.checks_of(*dossier_study, Words())}
    assert len(found) == 5
    assert [one for one in found.values() if one.state == checks.FAILED] == []
    assert found["What a source emits passes a plane downwind"].state == checks.PASSED
    assert found["The ranking equals one computed by plain formulas"].state == checks.PASSED


def test_a_check_that_fails_is_shown_as_failed(dossier_study, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    lost = results.exposure.assign(people=results.exposure["people"] * 0.9)
    turned = results.measured.assign(score=results.measured["score"] + 1e-6)
    wrong = replace(results, exposure=lost, measured=turned)
    states = [one.state for one in checks.checks_of(study, wrong, Words())]
    assert states.count(checks.FAILED) == 2
    html = draw_dossier(dossier_of(study, wrong), study, wrong).html
    assert html.count('<tr class="failed">') == 2
    assert html.count("FAILS") == 2


@pytest.mark.parametrize(
    ("title", "broken"),
    [
        ("The intake fraction lies in its published band",
         lambda r: {"burdens": r.burdens.copy(data=r.burdens.values * 1e4)}),
        ("The intake fraction lies in its published band",
         lambda r: {"burdens": r.burdens.copy(data=r.burdens.values[::-1])}),
        ("The burden is what forward runs give",
         lambda r: {"sites": r.sites.assign(**{DIFFERENCE: r.sites[DIFFERENCE] + 25.0})}),
        ("The ranking equals one computed by plain formulas",
         lambda r: {"measured": r.measured.assign(rank=r.measured["rank"].to_numpy()[::-1])}),
        ("The ranking equals one computed by plain formulas",
         lambda r: {"weights": {n: -w for n, w in r.weights.items()}}),
        ("No people are lost or made",
         lambda r: {"exposure": r.exposure.assign(people=r.exposure["people"] + 0.1)}),
    ],
)  # fmt: skip
def test_each_check_fails_where_its_input_is_broken(dossier_study, title: str, broken) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    wrong = replace(results, **broken(results))
    found = {one.title: one.state for one in checks.checks_of(study, wrong, Words())}
    assert found[title] == checks.FAILED


def test_mass_that_is_lost_is_found(dossier_study, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    sound = checks.mass_check(study, results, Words())
    assert sound[0]
    whole = field.concentration
    monkeypatch.setattr(field, "concentration", lambda *a, **k: whole(*a, **k) * 0.99)
    holds, told, _ = checks.mass_check(study, results, Words())
    assert holds is False
    assert told.startswith("0.99")


def test_an_official_total_that_is_missed_is_found(dossier_study, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    people = float(results.exposure["people"].sum())
    monkeypatch.setattr(checks, "_official", lambda _: 1.01 * people)
    assert checks.people_check(study, results, Words())[0] is False


def test_a_check_that_breaks_does_not_hide(dossier_study, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def broken(*_: object) -> float:
        raise ZeroDivisionError("no wind")

    monkeypatch.setattr(checks, "flux_share", broken)
    first = checks.checks_of(*dossier_study, Words())[0]
    assert first.state == checks.FAILED
    assert "no wind" in first.found


@pytest.mark.parametrize(
    ("method", "normalisation"),
    [("topsis", "vector"), ("topsis", "max"), ("weighted_sum", "min-max"),
     ("spotis", "bounds"), ("promethee_ii", "net flow")],
)  # fmt: skip
def test_the_plain_formulas_are_those_of_the_ranking(method: str, normalisation: str) -> None:
    import pandas as pd

    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.lognormal(size=(40, 5)), columns=list("abcde"))
    table.loc[::7, "c"] = np.nan
    weights = {"a": -0.4, "b": 0.2, "c": -0.2, "d": 0.1, "e": 0.1}
    given = None if method in ("spotis", "promethee_ii") else normalisation
    sites = table.assign(site_id=[f"S{i:02d}" for i in range(40)])
    found = rank(sites, weights, method=method, normalisation=given, missing="worst")
    own = found.set_index("site_id")["score"].reindex(sites["site_id"]).to_numpy()
    again = scores(method, normalisation, table.to_numpy().tolist(), list(weights.values()))
    np.testing.assert_allclose(again, own, atol=1e-12)


def document_text(path) -> str:  # type: ignore[no-untyped-def]
    import docx

    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_the_document_says_what_the_page_says(dossier_study, tmp_path) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    content = dossier_of(study, results, first=2)
    first, again = (
        write_docx(content, study, results, tmp_path / name) for name in ("a.docx", "b.docx")
    )
    assert first.read_bytes() == again.read_bytes()
    told = document_text(first)
    assert content.verdict in told
    for one in content.candidates:
        shown = [one.heading, one.lead, *(row.value for row in one.criteria)]
        assert [text for text in shown if text not in told] == []
    assert all(check.found in told for check in content.checks)


def test_the_document_is_an_a4_page_whose_tables_fit_and_pictures_are_told(  # type: ignore[no-untyped-def]
    dossier_study, tmp_path
) -> None:
    import docx
    from docx.oxml.ns import qn

    content = dossier_of(*dossier_study, language="uz", first=1)
    document = docx.Document(str(write_docx(content, *dossier_study, tmp_path / "d.docx")))
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert "PAGE" in section.footer._element.xml
    inside = section.page_width - section.left_margin - section.right_margin
    for table in document.tables:
        assert sum(column.width for column in table.columns) == pytest.approx(inside, rel=0.01)
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    told = [picture._inline.docPr.get("descr") for picture in document.inline_shapes]
    assert len(told) == 2 * len(content.candidates)
    assert all(content.candidates[0].heading in one for one in told[:2])
    headings = [p for p in document.paragraphs if p.text == content.candidates[0].heading]
    assert headings[0].paragraph_format.page_break_before
    captions = [p.text for p in document.paragraphs if "shimol yuqorida" in p.text]
    assert len(captions) == len(content.candidates)


def test_the_document_is_on_the_offices_letterhead(dossier_study, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import docx

    letter = docx.Document()
    letter.sections[0].header.paragraphs[0].text = "Ministry of Ecology"
    letter.save(str(tmp_path / "letterhead.docx"))
    content = dossier_of(*dossier_study, language="ru", first=1)
    path = write_docx(content, *dossier_study, tmp_path / "d.docx", tmp_path / "letterhead.docx")
    assert docx.Document(str(path)).sections[0].header.paragraphs[0].text == "Ministry of Ecology"
    assert "Насколько надёжно его место" in document_text(path)
    (tmp_path / "broken.docx").write_bytes(b"not a document")
    with pytest.raises(InputError, match="no Word document"):
        write_docx(content, *dossier_study, tmp_path / "d.docx", tmp_path / "broken.docx")


def test_it_is_written_where_study_toml_asks(dossier_study, tmp_path) -> None:  # type: ignore[no-untyped-def]
    study, results = dossier_study
    asked = DossierSettings(candidates=1, docx=True)
    study = replace(study, settings=study.settings.model_copy(update={"dossier": asked}))
    files = write_dossier(study, results, tmp_path, "en")
    assert sorted(files) == ["dossier.docx", "dossier.html"]
    named = int(results.sites.sort_values("rank")["kind"].iloc[1:].isin(ALWAYS).sum())
    assert files["dossier.html"].read_text("utf-8").count("<article") == 1 + named
