"""A small study with hostile names, run once."""

import json
import shutil
import warnings
from pathlib import Path

import pytest

HOSTILE = "<script>alert(1)</script>\u202e\"'&" + "x" * 500


@pytest.fixture(scope="session")
def dossier_study(tmp_path_factory: pytest.TempPathFactory, small_folder: Path):
    """One town, three stacks, a site that is proposed by a hostile name."""
    from geocluster.run import compute
    from geocluster.study import read_study

    folder = tmp_path_factory.mktemp("dossier") / "example"
    shutil.copytree(small_folder, folder)
    ring = [[69.16, 41.12], [69.172, 41.12], [69.172, 41.13], [69.16, 41.13], [69.16, 41.12]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    proposed = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"name": HOSTILE}, "geometry": shape}],
    }
    (folder / "proposed.geojson").write_text(json.dumps(proposed), encoding="utf-8")
    settings = folder / "study.toml"
    text = settings.read_text("utf-8")
    text += '[siting]\nproposed = "proposed.geojson"\nfringe_km = 20\n'
    settings.write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(folder)
        return study, compute(study)
