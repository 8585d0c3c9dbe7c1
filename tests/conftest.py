"""What all tests share: the real data beside the project, and a browser."""

import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With ``-n auto`` a process for each processor, and no more than memory bears: 1.5 GB each."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), 4)
    return min(os.cpu_count() or 1, 4)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):  # type: ignore[no-untyped-def]
    """Whole files to each process, in their order: what a file makes for its tests is made once.

    The long ones come first (tests/browser), the doctests of src last, so that none waits for long.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


def missing(what: str) -> None:
    """Skip with the reason; on CI, where everything must be there, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"on CI every test must run: {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def module_at(root: Path) -> Callable[[str], ModuleType]:
    """A module that is no part of the package, by its path in the project; loaded once."""

    def load(path: str) -> ModuleType:
        name = "geocluster_" + re.sub(r"\W", "_", path.removesuffix(".py"))
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, root / path)
            assert spec is not None
            assert spec.loader is not None
            made = importlib.util.module_from_spec(spec)
            sys.modules[name] = made
            spec.loader.exec_module(made)
        return sys.modules[name]

    return load


@pytest.fixture(scope="session")
def untold(module_at: Callable[[str], ModuleType]):  # type: ignore[no-untyped-def]
    """The English texts that a map drawn in another language still shows, as a function."""
    module = module_at("tests/maps/test_language.py")
    return lambda page: module.english(module.visible(page))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and references that lies beside the project."""
    folder = Path(os.environ.get("GEOCLUSTER_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        missing("no folder 'shared' beside the project")
    return folder


@pytest.fixture(scope="session")
def malta_study(root: Path, shared: Path):
    """Malta from OpenStreetMap, read once: `shared` is asked for since its inputs lie there."""
    import warnings

    from geocluster.study import read_study

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_study(root / "tests" / "studies" / "malta")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium that Playwright can drive."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    return str(path)


@pytest.fixture
def small_study(tmp_path: Path) -> Path:
    """A study folder of one town and three stacks, made on the spot: 14 x 11 km, a wind rose."""
    return _write_small_study(tmp_path / "example")


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for a whole session: to be copied, not changed."""
    return _write_small_study(tmp_path_factory.mktemp("small") / "example")


def _write_small_study(folder: Path) -> Path:
    west, south, east, north = 69.15, 41.05, 69.32, 41.15
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    works = [[69.18, 41.08], [69.20, 41.08], [69.20, 41.10], [69.18, 41.10], [69.18, 41.08]]
    rose = ["wind_from_deg,wind_speed_m_s,stability,temperature_k,hours"]
    for direction in range(0, 360, 45):
        for stability, speed in (("B", 2.0), ("D", 4.0), ("F", 1.2)):
            rose.append(f"{direction},{speed},{stability},288,{10 + direction // 45}")
    files = {
        "study.toml": """[region]
name = "Example"
boundary = "boundary.geojson"
[inputs]
sources = "sources.csv"
towns = "towns.csv"
weather = "weather.csv"
land = "land.geojson"
[grid]
cell_m = 1000
[plume]
reach_m = 20000
[park]
area_ha = 100
""",
        "boundary.geojson": _geojson(("Polygon", [ring], {})),
        "land.geojson": _geojson(
            ("Polygon", [works], {"kind": "industrial", "name": "Works"}),
            ("LineString", [[west, 41.1], [east, 41.12]], {"kind": "road", "name": "Road"}),
        ),
        "sources.csv": """source_id,name,sector,longitude,latitude,stack_height_m,stack_diameter_m,\
exit_velocity_m_s,exit_temperature_k,emission_so2_g_s,emission_nox_g_s
a,Smelter <b>A</b>,metals,69.19,41.09,80,3,12,420,200,20
b,Works B,metals,69.195,41.095,40,2,10,400,20,10
c,Plant Ц,power,69.30,41.06,30,2,10,400,5,8
""".replace("\\\n", ""),
        "towns.csv": "name,longitude,latitude,people\nCentre,69.2,41.10,120000\n"
        "Village,69.29,41.07,2000\n",
        "weather.csv": "\n".join(rose) + "\n",
    }
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _geojson(*shapes: tuple[str, list, dict]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": kind, "coordinates": points},
        }
        for kind, points, properties in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})
