"""A study that asks for Auer's rule: sources classified, told, and the burden by both curves."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geocluster.errors import SettingsError
from geocluster.exposure.urban import urban_grid
from geocluster.industry.auer import built_up_areas, urban_by_auer
from geocluster.run import run_study
from geocluster.steps.dispersion import plume_options, urban_places
from geocluster.study import read_study


def asking(folder: Path, urban: str) -> Path:
    file = folder / "study.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("[plume]\n", f"[plume]\nurban = {urban}\n"), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def _quiet():  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_sources_are_classified_when_the_study_is_read(small_study: Path) -> None:
    study = read_study(asking(small_study, '"auer"'))
    table = study.sources.set_index("source_id")
    assert table["urban"].to_dict() == {"a": True, "b": True, "c": False}
    assert 0.5 < table.loc["a", "built_up_share_3km"] < 1
    assert table.loc["c", "built_up_share_3km"] < 0.5
    again = urban_by_auer(study.sources, built_up_areas(study.land, study.homes))
    assert again["built_up_share_3km"].equals(study.sources["built_up_share_3km"])
    assert plume_options(study).urban == "by source"
    grid = study.region.grid(1000)
    places = urban_places(study, grid)
    assert 0 < places.values.mean() < 1
    np.testing.assert_array_equal(
        places.values, urban_grid(grid, built_up_areas(study.land, study.homes)).values
    )


def test_without_the_rule_nothing_is_added(small_study: Path) -> None:
    study = read_study(small_study)
    assert "urban" not in study.sources
    assert plume_options(study).urban is False
    assert urban_places(study, study.region.grid(1000)) is False
    with pytest.raises(SettingsError, match="'by source' and 'auer'"):
        read_study(asking(small_study, '"Auer"'))


def test_a_run_tells_how_many_sources_are_urban(small_study: Path, tmp_path: Path) -> None:
    outcome = run_study(asking(small_study, '"auer"'), tmp_path / "out")
    (note,) = [note for note in outcome.results.notes if "Auer" in note]
    assert note.startswith("2 of 3 sources disperse as in a town")
    assert "750 people/km2" in note
    kept = gpd.read_file(outcome.files["clusters.gpkg"], layer="sources").set_index("source_id")
    assert kept["urban"].astype(bool).to_dict() == {"a": True, "b": True, "c": False}
    page = outcome.files["index.html"].read_text("utf-8")
    assert "disperses as in a town" in page
    assert "of the land within 3 km built up" in page
    urban = urban_places(outcome.study, outcome.study.region.grid(1000)).values
    file = small_study / "study.toml"
    file.write_text(file.read_text("utf-8").replace('urban = "auer"\n', ""), "utf-8")
    plain = run_study(small_study, tmp_path / "plain").results.burden.values
    differs = outcome.results.burden.values != plain
    assert differs[urban].all()
    assert not differs[~urban].any()


def test_a_column_that_the_rule_replaces_is_told(small_study: Path) -> None:
    file = asking(small_study, '"auer"') / "sources.csv"
    lines = file.read_text("utf-8").splitlines()
    with_column = [lines[0] + ",urban", *(line + ",false" for line in lines[1:])]
    file.write_text("\n".join(with_column) + "\n", "utf-8")
    study = read_study(small_study)
    assert any("the column 'urban' of the sources is not used" in line for line in study.warnings)
    assert study.sources.set_index("source_id")["urban"].to_dict() == {
        "a": True, "b": True, "c": False,
    }  # fmt: skip
