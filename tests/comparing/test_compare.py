"""Two runs made by hand: every difference worked out, and folders that are no whole runs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from typer.testing import CliRunner

from geocluster.cli import app
from geocluster.comparing.compare import compare_runs, write_comparison
from geocluster.comparing.grids import Grid, onto
from geocluster.errors import InputError

NASTY = "</script><script>alert(1)</script>"


def surface(found, key):  # type: ignore[no-untyped-def]
    return next(one for one in found.surfaces if one.key == key)


def told(found) -> str:  # type: ignore[no-untyped-def]
    return "\n".join(one.told() for one in found.findings)


def test_differences_are_b_minus_a(made, tmp_path: Path):
    more = np.full((20, 20), 5.0)
    more[3, 4], more[5, 5] = 8.5, np.nan
    land = np.ones((20, 20))
    land[0, :5] = 2
    a = made.run(tmp_path / "a")
    b = made.run(tmp_path / "b", nox=more, burden=80.0, suitable=land)
    files = write_comparison(a, b, tmp_path / "out")
    with rasterio.open(files["compare.tif"]) as raster:
        bands = dict(zip(raster.descriptions, raster.read(), strict=True))
        assert raster.tags()["difference"] == "B minus A"
    change = bands["nox_mean_b_minus_a"]
    assert change[3, 4] == pytest.approx(3.5)
    assert np.isnan(change[5, 5])
    assert np.nansum(change) == pytest.approx(3.5)
    assert (bands["burden_b_minus_a"] == -20).all()
    assert bands["suitable_b_minus_a"].sum() == -5
    table = pd.read_csv(files["compare.csv"])
    area = table[table["table"] == "suitable"].iloc[0]
    assert (area["a"], area["b"], area["difference"]) == (40_000, 39_500, -500)


def test_a_run_beside_itself_differs_in_nothing(made, tmp_path: Path):
    a = made.run(tmp_path / "a")
    found = compare_runs(a, a)
    assert all((one.difference == 0).all() for one in found.surfaces)
    assert found.changes.empty
    assert list(found.sites["state"]) == ["both"]
    assert "are the same" in told(found)
    assert "in every cell: nox_mean, burden, suitable" in told(found)


def test_ranks_of_the_same_places_and_of_new_ones(made, tmp_path: Path):
    a_sites = [
        made.site("S1", 1_000, 1, 0.9),
        made.site("S2", 3_000, 2, 0.8),
        made.site("S3", 6_000, 3, 0.7),
        made.site("S4", 9_000, 4, 0.6),
    ]
    b_sites = [
        made.site("S1", 6_300, 1, 0.95),  # another id now: 70 % of S3
        made.site("S2", 3_000, 2, 0.8),
        made.site("S9", 1_000, 3, 0.6),
        made.site("S4", 9_600, 4, 0.5),  # the same id, 40 % in common: not the same place
    ]
    a = made.run(tmp_path / "a", sites=a_sites)
    b = made.run(tmp_path / "b", sites=b_sites)
    sites = compare_runs(a, b).sites
    rows = {(row["site_a"], row["site_b"]): row for row in sites.to_dict("records")}
    pairs = {tuple(None if one != one else one for one in pair) for pair in rows}
    assert pairs == {("S1", "S9"), ("S2", "S2"), ("S3", "S1"), ("S4", None), (None, "S4")}
    assert rows["S1", "S9"]["rank_difference"] == 2
    assert rows["S3", "S1"]["rank_difference"] == -2
    assert rows["S3", "S1"]["overlap"] == pytest.approx(0.7)
    assert rows["S3", "S1"]["score_difference"] == pytest.approx(0.25)
    assert list(sites["state"])[-2:] == ["gone", "new"]


def test_a_range_is_paired_only_on_the_same_inputs(made, tmp_path: Path):
    name = "who-2021_no2_1y"
    a = made.run(tmp_path / "a", limits=[made.limit(name, 10.0, 5.0, 20.0)])
    given = [made.limit(name, 14.0, 6.0, 30.0)]
    same = made.run(tmp_path / "b", limits=given)
    other = made.run(tmp_path / "c", limits=given, inputs_sha256={"plants.csv": "bb" * 32})
    columns = ["difference", "difference_low", "difference_high", "certain"]
    paired = compare_runs(a, same)
    assert paired.paired
    assert paired.exposure[columns].values.tolist() == [[4.0, 1.0, 10.0, True]]
    outer = compare_runs(a, other)
    assert not outer.paired
    assert outer.exposure[columns].values.tolist() == [[4.0, -14.0, 25.0, False]]
    assert "only in input files: plants.csv" in told(outer)


def test_what_a_run_does_not_answer_is_not_nothing(made, tmp_path: Path):
    a = made.run(tmp_path / "a", limits=[made.limit("who-2021_no2_1y", None)])
    b = made.run(tmp_path / "b", limits=[made.limit("who-2021_no2_1y", 7.0)])
    row = compare_runs(a, b).exposure.iloc[0]
    assert np.isnan(row["people_above_a"])
    assert np.isnan(row["difference"])
    table = pd.read_csv(write_comparison(a, b, tmp_path / "out")["compare.csv"])
    assert "does not answer" in table.loc[table["table"] == "exposure", "note"].iloc[0]


def test_settings_differ_key_by_key(made, tmp_path: Path):
    def settings(share: float, **more: object) -> dict:
        return {"park": {"releases": [{"name": "boiler", "share": share}], **more}}

    a = made.run(tmp_path / "a", settings=settings(0.7, note=None))
    b = made.run(tmp_path / "b", settings=settings(0.4, area_ha=50))
    found = compare_runs(a, b)
    assert found.changes[["key", "a", "b"]].fillna("-").values.tolist() == [
        ["park.releases[boiler].share", "0.7", "0.4"],
        ["park.area_ha", "-", "50"],
    ]
    assert "only in these settings: park.releases[boiler].share, park.area_ha." in told(found)


def test_small_changes_are_called_what_they_are(made, tmp_path: Path):
    a = made.run(tmp_path / "a")
    name, mean = "who-2021_no2_1y", "people_weighted_mean_ug_m3"
    near = made.run(tmp_path / "b", limits=[made.limit(name, 1.0, **{mean: 2.1})])
    far = made.run(tmp_path / "c", limits=[made.limit(name, 1.0, **{mean: 2.6})])
    assert "NOₓ 5% (10%)" in told(compare_runs(a, near))
    assert "weak winds" not in told(compare_runs(a, far))
    assert "Neither run separates the top" in told(compare_runs(a, near))


def test_finer_cells_are_averaged_onto_the_coarser(made, tmp_path: Path):
    fine = np.arange(1600.0).reshape(40, 40)
    a = made.run(tmp_path / "a", cell=500.0, size=40, nox=fine)
    b = made.run(tmp_path / "b", nox=0.0)
    found = compare_runs(a, b)
    assert not found.common.same
    change = surface(found, "nox_mean").difference
    means = fine.reshape(20, 2, 20, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(change, -means, rtol=1e-6)
    assert "A 500 m, B 1,000 m" in told(found)
    assert "on another grid they lie elsewhere" in told(found)
    turned = surface(compare_runs(b, a), "nox_mean").difference
    np.testing.assert_allclose(turned, means, rtol=1e-6)


def test_only_the_common_part_is_compared(made, tmp_path: Path):
    steps = np.arange(20.0) * np.ones((20, 1))
    a = made.run(tmp_path / "a", nox=steps)
    b = made.run(tmp_path / "b", nox=steps, west=made.WEST + 4_000)
    found = compare_runs(a, b)
    assert found.common.same
    assert surface(found, "nox_mean").difference.shape == (20, 16)
    assert (surface(found, "nox_mean").difference == -4).all()
    assert "80% of the smaller one" in told(found)


def test_another_reference_system_is_warped(made, tmp_path: Path):
    a = made.run(tmp_path / "a", nox=3.0)
    beside = {"crs": "EPSG:32641", "west": 990_000.0, "north": 4_640_000.0, "size": 60}
    found = compare_runs(a, made.run(tmp_path / "b", nox=2.0, **beside))
    assert not found.common.same
    change = surface(found, "nox_mean").difference
    known = change[np.isfinite(change)]
    assert known.size > 300
    np.testing.assert_allclose(known, -1, atol=1e-6)


def test_what_lies_apart_is_refused(made, tmp_path: Path):
    a = made.run(tmp_path / "a")
    b = made.run(tmp_path / "b", west=made.WEST + 500_000)
    with pytest.raises(InputError, match="do not overlap"):
        compare_runs(a, b)


def test_nothing_is_known_outside_a_grid():
    from rasterio.crs import CRS

    utm = CRS.from_epsg(32642)
    small, large = Grid(utm, 0, 400, 100, 2, 2), Grid(utm, -100, 500, 100, 4, 4)
    moved = onto(np.ones((2, 2)), small, large)
    assert np.nansum(moved) == 4
    assert np.isnan(moved[0]).all()


def test_a_pollutant_of_one_run_alone_is_named(made, tmp_path: Path):
    a = made.run(tmp_path / "a", bands={"so2_mean": 2.0, "nox_low_mean": 1.0})
    b = made.run(tmp_path / "b")
    found = compare_runs(a, b)
    assert [one.key for one in found.surfaces] == ["nox_mean", "so2_mean", "burden", "suitable"]
    assert surface(found, "so2_mean").difference is None
    assert "Only A has so2_mean" in told(found)
    files = write_comparison(a, b, tmp_path / "out")
    with rasterio.open(files["compare.tif"]) as raster:
        assert "so2_mean_b_minus_a" not in raster.descriptions


def test_marks_and_notes_of_both_stay(made, tmp_path: Path):
    a = made.run(tmp_path / "a", demonstration="Demonstration: stacks are assumed")
    b = made.run(tmp_path / "b", notes=["Only here."])
    files = write_comparison(a, b, tmp_path / "out")
    page = files["compare.html"].read_text("utf-8")
    assert "stacks are assumed" in page
    assert "Only here." in page
    assert made.OPEN in page
    assert pd.read_csv(files["compare.csv"])["demonstration"].notna().all()
    with rasterio.open(files["compare.tif"]) as raster:
        assert "stacks are assumed" in raster.tags()["demonstration"]


def test_the_page_is_one_file_and_names_are_text(made, tmp_path: Path):
    sites = [made.site("S1", 1_000, 1, 0.9) | {"name": NASTY}, made.site("S2", 5_000, 2, 0.8)]
    a = made.run(tmp_path / "a", name=NASTY, sites=sites, notes=[NASTY])
    b = made.run(tmp_path / "b", sites=[], settings={NASTY: "=1+1"}, bands={NASTY: 2.0})
    first = write_comparison(a, b, tmp_path / "out")
    page = first["compare.html"].read_text("utf-8")
    assert "<script>alert" not in page
    assert "://" not in page
    assert "default-src &#39;none&#39;" in page
    assert "'=1+1" in first["compare.csv"].read_text("utf-8")
    again = write_comparison(a, b, tmp_path / "again")
    for name, path in first.items():
        assert path.read_bytes() == again[name].read_bytes(), name


def test_two_runs_without_any_site_or_figure(made, tmp_path: Path):
    empty = {"sites": [], "nox": np.nan, "burden": 0.0, "suitable": 0}
    limits = [made.limit("who-2021_no2_1y", None)]
    a = made.run(tmp_path / "a", limits=limits, **empty)
    b = made.run(tmp_path / "b", limits=limits, **empty)
    found = compare_runs(a, b)
    assert found.sites.empty
    assert found.exposure.empty
    assert write_comparison(a, b, tmp_path / "out")["compare.html"].stat().st_size > 100_000


def test_a_folder_that_is_no_run_is_told_what_it_lacks(made, tmp_path: Path, root: Path):
    a = made.run(tmp_path / "a")
    with pytest.raises(InputError, match=r"geocluster run .*navoi makes them in maps/navoi"):
        compare_runs(a, root / "data/regions/navoi")
    with pytest.raises(InputError, match="no such folder"):
        compare_runs(a, tmp_path / "nowhere")
    part = Path(shutil.copytree(a, tmp_path / "part"))
    (part / "burden.tif").unlink()
    (part / "homes.gpkg").unlink()
    with pytest.raises(InputError, match=r"burden\.tif, homes\.gpkg: not there"):
        compare_runs(a, part)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("provenance.json", b"{", "no JSON"),
        ("provenance.json", b"[1]", "not what a run writes"),
        ("burden.tif", b"not a raster", "cannot be read as a raster"),
        ("sites.gpkg", b"SQLite format 3\0broken", "cannot be read"),
        ("exposure.csv", b"a,b\n1,2\n", "columns pollutant, .* are missing"),
        ("exposure.csv", b"", "cannot be read"),
    ],
)
def test_broken_files_are_named(made, tmp_path: Path, name: str, content: bytes, said: str):
    a = made.run(tmp_path / "a")
    b = made.run(tmp_path / "b")
    (b / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        compare_runs(a, b)
    assert name in str(caught.value)


def test_odd_provenance_is_no_fault(made, tmp_path: Path):
    odd = {"settings": 3, "inputs_sha256": ["x"], "versions": "1", "low_winds": 1, "notes": "n"}
    a = made.run(tmp_path / "a")
    b = made.run(tmp_path / "b", **odd, verdict=None)
    assert not compare_runs(a, b).changes.empty


def test_the_command(made, tmp_path: Path):
    a, b = made.run(tmp_path / "a"), made.run(tmp_path / "b", burden=50.0)
    done = CliRunner().invoke(app, ["compare", str(a), str(b), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "compare.html",
        "compare.tif",
        "compare.csv",
    }
    wrong = CliRunner().invoke(app, ["compare", str(a), str(tmp_path)])
    assert wrong.exit_code == 1
    assert "provenance.json" in json.dumps(wrong.output + (wrong.stderr or ""))


def test_what_the_runs_say_is_there_in_every_language(made, tmp_path: Path):
    demonstration = "Demonstration: stacks are assumed"
    a = made.run(tmp_path / "a", demonstration=demonstration)
    page = write_comparison(a, a, tmp_path / "out", language="ru")["compare.html"]
    _, _, rest = page.read_text("utf-8").partition('id="cp-data">')
    data = json.loads(rest.partition("</script>")[0])
    side = data["sides"][0]
    said = [side["verdict"], *side["demonstration"]]
    assert len(said) == 2
    for language in ("ru", "uz"):
        assert [text for text in said if text not in data["languages"][language]["words"]] == []
    assert data["languages"]["ru"]["group"] == "\u202f"
