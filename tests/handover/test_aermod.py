"""The hand-over to AERMOD: files that it can read, and that hold what the study holds."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box
from typer.testing import CliRunner

from geocluster.cli import app
from geocluster.errors import InputError
from geocluster.handover.aermod import export_aermod, hand_over, run_of
from geocluster.handover.averages import averages_of
from geocluster.handover.releases import groups_of, releases_of
from geocluster.plume.flares import flare_stack
from geocluster.study import Study, read_study

NAN = np.nan


@pytest.fixture(autouse=True)
def _quiet():  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def every_kind(study: Study) -> gpd.GeoDataFrame:
    """Stacks of three directions, a volume, areas with holes and parts, lines, a flare."""
    x, y = (round(value, 1) for value in study.sources.geometry.iloc[0].coords[0])
    yard = box(x, y, x + 300, y + 200)
    ring = yard.difference(box(x + 50, y + 50, x + 90, y + 90))
    ring = ring.difference(Point(x + 200, y + 100).buffer(30))
    road = LineString([(x, y), (x + 100, y), (x + 100, y + 80), (x + 100, y + 80)])
    rows = [
        ("a/1", "point", Point(x, y), {"stack_direction": "vertical"}),
        ("a-1", "point", Point(x, y + 9), {"stack_direction": "horizontal"}),
        ("Цех 1", "point", Point(x, y + 18), {"stack_direction": "capped"}),
        ("Цех 2", "volume", Point(x + 7, y), {}),
        ("yard", "area", ring, {"initial_sigma_z_m": 2.5}),
        ("two yards", "area", yard.union(box(x + 400, y, x + 420, y + 20)), {}),
        ("a road of many letters", "line", road, {"width_m": 8.0}),
        ("all", "line", MultiLineString([road, [(x, y + 9), (x + 5, y + 9)]]), {"width_m": 0.4}),
        ("flare", "flare", Point(x + 50, y), {"stack_height_m": 30.0, "heat_release_mw": 10.0}),
    ]
    stack = {"stack_height_m": 40.0, "stack_diameter_m": 1.25, "exit_velocity_m_s": 9.0,
             "exit_temperature_k": 400.0}  # fmt: skip
    body = {"release_height_m": 5.0}
    usual = {"point": stack, "area": body, "line": body, "flare": {},
             "volume": {**body, "initial_sigma_y_m": 11.6, "initial_sigma_z_m": 2.3}}  # fmt: skip
    table = pd.DataFrame(
        [
            {"source_id": name, "name": f"{name}\n** SO FINISHED", "source_type": kind,
             "sector": "works" if kind == "point" else None, **usual[kind], **more}
            for name, kind, _, more in rows
        ]
    )  # fmt: skip
    count = len(table)
    return gpd.GeoDataFrame(
        table.assign(
            emission_so2_g_s=np.linspace(0.5, 7.3, count),
            emission_pm25_g_s=[0.0] * (count - 1) + [1e-6],
            emission_nh3_g_s=0.0,
            emission_co2_g_s=1e4,
            stack_origin=["assumed", "reported"] + [None] * (count - 2),
        ),
        geometry=[shape for _, _, shape, _ in rows],
        crs=study.region.crs,
    )


def with_sources(study: Study, sources: gpd.GeoDataFrame) -> Study:
    from dataclasses import replace

    return replace(study, sources=sources)


def ground(one) -> float:  # type: ignore[no-untyped-def]
    """What a source emits: its rate, of areas and lines times their size in the file."""
    if one.kind == "AREAPOLY":
        return one.rate * Polygon(one.corners).area
    if one.kind == "LINE":
        x1, y1, x2, y2 = one.place
        return one.rate * np.hypot(x2 - x1, y2 - y1) * one.figures[1]
    return one.rate


def test_every_kind_of_source_is_read_back(small_study: Path, tmp_path: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(small_study)
    sources = every_kind(study)
    files = export_aermod(with_sources(study, sources), tmp_path / "out")
    assert sorted(files) == [
        "README.txt", "aermod_pm25.inp", "aermod_so2.inp", "receptors.csv", "sources.csv",
    ]  # fmt: skip
    run = reader.read(files["aermod_so2.inp"].read_text("ascii"))
    ids = pd.read_csv(files["sources.csv"]).set_index("aermod_id")
    assert list(ids.index) == list(run.sources)
    emitted = pd.Series({name: ground(one) for name, one in run.sources.items()})
    by_source = emitted.groupby(ids["source_id"]).sum()
    asked = sources.set_index("source_id")["emission_so2_g_s"]
    np.testing.assert_allclose(by_source[asked.index], asked, rtol=2e-6)
    assert emitted.sum() == pytest.approx(asked.sum(), rel=1e-6)
    kinds = ids.groupby("source_id")["aermod_type"].agg(set).to_dict()
    assert kinds["a/1"] == {"POINT"}
    assert kinds["a-1"] == {"POINTHOR"}
    assert kinds["Цех 1"] == {"POINTCAP"}
    assert kinds["yard"] == kinds["two yards"] == {"AREAPOLY"}
    assert ids["source_id"].value_counts()["a road of many letters"] == 2
    assert ids["source_id"].value_counts()["all"] == 3
    small = reader.read(files["aermod_pm25.inp"].read_text("ascii"))
    assert [one.rate for one in small.sources.values()] == [1e-6]
    assert small.fields("CO", "POLLUTID") == [["PM25", "H1H"]]


def test_figures_and_places_are_those_of_the_study(small_study: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(small_study)
    sources = every_kind(study)
    given = hand_over(with_sources(study, sources))
    run = reader.read(run_of(given, "so2"))
    rows = {one.aermod_id: one.row for one in given.releases}
    for name, one in run.sources.items():
        shape = sources.geometry.iloc[rows[name]]
        if one.kind.startswith("POINT") or one.kind == "VOLUME":
            assert Point(one.place).distance(shape) < 0.1
        elif one.kind == "AREAPOLY":
            assert Polygon(one.corners).is_valid
            assert Polygon(one.corners).difference(shape.buffer(0.02)).area < 1e-6
        else:
            piece = LineString([one.place[:2], one.place[2:]])
            assert shape.buffer(0.05).contains(piece)
    first, *_ = run.sources.values()
    assert first.figures == [40.0, 400.0, 9.0, 1.25]
    assert next(one for one in run.sources.values() if one.kind == "VOLUME").figures == [
        5,
        11.6,
        2.3,
    ]
    flare = run.sources["FLARE"]
    stack = flare_stack(30.0, 10e6)
    assert flare.kind == "POINT"
    assert flare.figures == pytest.approx([float(stack["stack_height_m"]), 1273, 20,
                                           float(stack["stack_diameter_m"])], abs=6e-3)  # fmt: skip
    yard = [one for one in given.releases if sources["source_id"].iloc[one.row] == "yard"]
    pieces = gpd.GeoSeries([Polygon(one.corners) for one in yard])
    whole = sources.geometry[sources["source_id"] == "yard"].iloc[0]
    assert pieces.union_all().symmetric_difference(whole).area < 1e-3 * whole.area
    assert pieces.area.sum() == pytest.approx(whole.area, rel=1e-4)
    thin = [one for one in run.sources.values() if one.kind == "LINE" and one.figures[1] == 1.0]
    assert len(thin) == 3


def test_identifiers_are_short_and_different_and_names_harmless(small_study: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(small_study)
    text = run_of(hand_over(with_sources(study, every_kind(study))), "so2")
    run = reader.read(text)
    assert {"A1", "A12", "1", "2", "ALLP1"} <= set(run.sources)
    assert sum("SO FINISHED" in line for line in run.comments) == 9
    assert text.count("\nSO FINISHED") == 1
    assert any("stack assumed" in line for line in run.comments)


def test_placeholders_stop_aermod_and_are_told(small_study: Path, tmp_path: Path, reader) -> None:  # type: ignore[no-untyped-def]
    files = export_aermod(read_study(small_study), tmp_path / "out")
    readme = files["README.txt"].read_text("ascii")
    run = reader.read(files["aermod_nox.inp"].read_text("ascii"))
    assert run.placeholders == ["?STATION", "?YEAR", "?STATION", "?YEAR", "?ELEVATION"]
    for word in run.placeholders:
        assert not reader.NUMBER.fullmatch(word)
        assert word in readme
    assert "error 208" in readme
    assert run.fields("CO", "MODELOPT") == [["CONC", "FLAT"]]
    assert not {"aermet.sfc", "aermet.pfl"} & {path.name for path in (tmp_path / "out").iterdir()}
    assert readme.isascii()
    assert max(map(len, readme.splitlines())) <= 100


def test_receptors_stand_on_cells_and_at_homes(small_study: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(small_study)
    given = hand_over(study)
    run = reader.read(run_of(given, "so2"))
    x0, columns, step_x, y0, rows, step_y = run.nets["REGION"]
    grid = study.region.grid(1000)
    assert set(x0 + step_x * np.arange(columns)) <= set(grid.x.values)
    assert set(y0 + step_y * np.arange(rows)) <= set(grid.y.values)
    assert (columns, rows) == (grid.sizes["x"], grid.sizes["y"])
    homes = study.homes[study.homes["inside"].astype(bool)]
    for x, y in run.receptors:
        assert homes.distance(Point(x, y)).min() < 0.1
    assert len(run.receptors) == len(given.points) > 0
    assert given.points["people"].sum() == pytest.approx(homes["people"].sum(), rel=1e-3)


def test_many_homes_and_places_are_cut_and_told(small_study: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from geocluster.handover import receptors

    study = read_study(small_study)
    monkeypatch.setattr(receptors, "MOST_HOMES", 2)
    monkeypatch.setattr(receptors, "MOST_PLACES", 1)
    near, far = study.sources.geometry.iloc[2], study.sources.geometry.iloc[2].buffer(900).exterior
    places = gpd.GeoDataFrame(
        {"kind": ["school", "hospital", "village"], "name": ["far", "near", "v"]},
        geometry=[Point(far.coords[0]), near, near], crs=study.region.crs,
    )  # fmt: skip
    points, notes = receptors.points_of(study.homes, places, study.sources)
    assert points["kind"].tolist() == ["hospital", "home", "home"]
    most = study.homes[study.homes["inside"]]["people"].nlargest(2).round(1).tolist()
    assert points["people"].tolist()[1:] == most
    assert any(note.startswith("Homes: the 2 of") for note in notes)
    assert "Places: the 1 of 2 that lie nearest to a source." in notes


def test_averages_follow_statistics_and_limits() -> None:
    names = ["mean", "max_1h", "h8_24h", "hours_above_200"]
    found = averages_of(names, {"a": "p99.8_1h", "b": "p98_24h", "c": "max_10min", "d": "max_1h"})
    assert found.times == ["1", "24", "PERIOD"]
    assert found.ranks[1] == {1: ("highest", "hours_above_200", "d"), 19: ("a",)}
    assert found.ranks[24] == {1: ("highest",), 8: ("h8_24h", "b")}
    assert found.unanswered == ("c",)
    assert averages_of(["mean"], {}).times == ["PERIOD"]
    assert averages_of(["p50_1h"], {}).unanswered == ("p50_1h",)


def test_urban_sources_are_named(small_study: Path, reader) -> None:  # type: ignore[no-untyped-def]
    file = small_study / "study.toml"
    plain = file.read_text("utf-8")
    for asked, ids in (("true", ["ALL"]), ('"auer"', ["A", "B"]), ("false", [])):
        file.write_text(plain.replace("[plume]\n", f"[plume]\nurban = {asked}\n"), "utf-8")
        study = read_study(small_study)
        run = reader.read(run_of(hand_over(study), "so2"))
        assert run.urban == ids
        people = study.homes.loc[study.homes["inside"], "people"].sum()
        for population, name in run.fields("CO", "URBANOPT"):
            assert name == "EXAMPLE"
            assert float(population) == pytest.approx(people, abs=1)


def test_groups_stay_under_ten() -> None:
    table = gpd.GeoDataFrame({"sector": [f"sector {n}" for n in range(12)] + [None, "PARK"]})
    emissions = np.arange(14.0)[:, None]
    groups = groups_of(table, emissions)
    assert groups[12:] == ["OTHER", "PARK"]
    assert [group != "OTHER" for group in groups[:12]] == [False] * 5 + [True] * 7
    assert len(set(groups)) == 9
    assert all(len(group) <= 8 for group in groups)


def test_ground_is_handed_over_where_it_is_known(small_study: Path, tmp_path: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(small_study)
    sources = study.sources.assign(ground_m=[412.345, 398.0, NAN])
    files = export_aermod(with_sources(study, sources), tmp_path / "out")
    run = reader.read(files["aermod_so2.inp"].read_text("ascii"))
    assert run.fields("CO", "MODELOPT") == [["DFAULT", "CONC"]]
    assert [one.base for one in run.sources.values()] == ["412.35", "398.00", "?GROUND"]
    assert run.fields("RE", "INCLUDED") == [["aermap_receptors.rou"]]
    assert not run.receptors
    assert any("RE DISCCART" in line for line in run.comments)
    readme = files["README.txt"].read_text("ascii")
    assert "?GROUND" in readme
    assert "aermap_receptors.rou" in readme


def test_the_park_at_a_site(small_study: Path, tmp_path: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(small_study)
    x, y = study.sources.geometry.iloc[0].coords[0]
    sites = gpd.GeoDataFrame(
        {"site_id": ["S1", "S2"]},
        geometry=[box(x - 500, y, x, y + 500), box(x + 3000, y, x + 4000, y + 800)],
        crs=study.region.crs,
    )
    (tmp_path / "run").mkdir()
    sites.to_file(tmp_path / "run" / "sites.gpkg", layer="sites")
    asked = {"site_id": "S2", "results": tmp_path / "run"}
    files = export_aermod(study, tmp_path / "out", **asked, park_emission_g_s=2.5)
    run = reader.read(files["aermod_so2.inp"].read_text("ascii"))
    park = [run.sources[name] for name in run.groups["PARK"]]
    assert [one.kind for one in park] == ["VOLUME", "POINT"]
    assert [one.rate for one in park] == pytest.approx([0.75, 1.75])
    assert all(sites.geometry.iloc[1].contains(Point(one.place)) for one in park)
    assert sum(one.rate for one in run.sources.values()) == pytest.approx(225 + 2.5, rel=1e-6)
    net = run.nets["SITE"]
    assert net[0] + 1900 == pytest.approx(park[0].place[0], abs=0.02)
    assert "2.5 g/s" in files["README.txt"].read_text("ascii")
    with pytest.raises(InputError, match="no site 'S9': there are S1, S2"):
        export_aermod(study, tmp_path / "no", site_id="S9", results=tmp_path / "run")
    with pytest.raises(InputError, match=r"no sites\.gpkg in it: run the study first"):
        export_aermod(study, tmp_path / "no", site_id="S1", results=tmp_path / "nowhere")
    with pytest.raises(InputError, match="not above 0 g/s"):
        export_aermod(study, tmp_path / "no", **asked, park_emission_g_s=0.0)
    assert not (tmp_path / "no").exists()


def test_nothing_to_hand_over_is_an_error(small_study: Path, tmp_path: Path) -> None:
    study = read_study(small_study)
    silent = study.sources.assign(emission_so2_g_s=0.0, emission_nox_g_s=0.0)
    with pytest.raises(InputError, match="nothing to hand over"):
        export_aermod(with_sources(study, silent), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_writes_the_same_bytes_and_never_over_others(
    small_study: Path, tmp_path: Path
) -> None:
    def run(*words: object):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    first = run("export", "aermod", small_study, "--out", tmp_path / "one")
    assert first.exit_code == 0, first.output
    assert "aermod_so2.inp" in first.output
    assert run("export", "aermod", small_study, "-o", tmp_path / "two").exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    again = run("export", "aermod", small_study, "--out", tmp_path / "one")
    assert again.exit_code == 1
    assert "it exists already" in again.output
    site = run("export", "aermod", small_study, "--out", tmp_path / "x", "--site", "S1")
    assert site.exit_code == 1
    assert "no sites.gpkg" in site.output


@pytest.mark.parametrize("folder", ["data/regions/tashkent", "tests/studies/malta"])
def test_real_studies(folder: str, root: Path, shared: Path, tmp_path: Path, reader) -> None:  # type: ignore[no-untyped-def]
    study = read_study(root / folder)
    files = export_aermod(study, tmp_path / "out")
    inputs = {name: path for name, path in files.items() if name.endswith(".inp")}
    assert {"aermod_so2.inp", "aermod_nox.inp", "aermod_pm10.inp"} <= set(inputs)
    for name, path in inputs.items():
        run = reader.read(path.read_text("ascii"))
        pollutant = name.removeprefix("aermod_").removesuffix(".inp")
        emitted = study.sources[f"emission_{pollutant}_g_s"]
        assert sum(map(ground, run.sources.values())) == pytest.approx(emitted.sum(), rel=1e-6)
        assert len(run.sources) == (emitted > 0).sum()
        members = [one for group, own in run.groups.items() for one in own if group != "ALL"]
        assert sorted(members) == sorted(run.sources)
        places = np.array([one.place for one in run.sources.values()])
        own = study.sources.geometry[(emitted > 0).to_numpy()].centroid
        np.testing.assert_allclose(places, np.column_stack([own.x, own.y]), atol=0.1)
        assert len(run.receptors) + run.nets["REGION"][1] * run.nets["REGION"][4] < 4100
    if folder.endswith("tashkent"):
        assert "stack assumed" in files["README.txt"].read_text("ascii")


def test_a_table_of_one_kind_needs_no_other_column() -> None:
    table = gpd.GeoDataFrame(
        {"source_id": ["s"], "stack_height_m": [10.0], "stack_diameter_m": [1.0],
         "exit_velocity_m_s": [5.0], "exit_temperature_k": [350.0]},
        geometry=[Point(0, 0)],
    )  # fmt: skip
    (one,) = releases_of(table)
    assert (one.kind, one.aermod_id, one.figures) == (
        "POINT",
        "S",
        ("10.00", "350.00", "5.0000", "1.0000"),
    )
