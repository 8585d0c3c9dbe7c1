"""A study folder from a place's name: whole, resumed, refused, and run."""

import signal
import subprocess
import sys
import time
import tomllib
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import rasterio
from loopback_services import Reply
from rasterio.transform import from_origin
from typer.testing import CliRunner

from geocluster.cli import app
from geocluster.errors import FetchError, InputError
from geocluster.fetching.fetch import fetch_study
from geocluster.fetching.request import Request
from geocluster.load.raster_part import fetch_part
from geocluster.study import read_study

PLACE = "Navoi, Uzbekistan"
OVERPASS, ARCHIVE, SEARCH = "/api/interpreter", "/v1/archive", "/search"
FILES = [
    "SOURCES.md", "boundary.geojson", "features.osm.pbf", "fetch.json", "study.toml", "towns.csv",
    "weather.csv",
]  # fmt: skip

DAY = "datetime,wind_speed_m_s,wind_from_deg,temperature_c,stability\n" + "".join(
    f"2025-06-01 {hour:02}:00,2.0,{hour * 15},20,D\n" for hour in range(24)
)


def servers(services):
    return {
        "nominatim_url": services.url,
        "overpass_url": services.url + "/api",
        "weather_url": services.url,
        "isd_url": services.url + "/noaa",
    }


class Fetching:
    """Fetches from the services on loopback into a folder."""

    def __init__(self, client, services, tmp_path):
        self.client, self.services, self.out = client, services, tmp_path / "study"
        self.day = tmp_path / "day.csv"
        self.day.write_text(DAY)

    def __call__(self, out=None, progress=None, **asked):
        if not {"bbox", "boundary"} & set(asked):
            asked.setdefault("place", PLACE)
        if not asked.pop("archive", False):
            asked.setdefault("weather", self.day)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            request = Request(**{**servers(self.services), **asked})
            return fetch_study(request, out or self.out, client=self.client, progress=progress)


@pytest.fixture
def fetch(client, services, tmp_path):
    return Fetching(client, services, tmp_path)


@pytest.fixture(scope="module")
def whole(lasting):
    """A place fetched once with the weather of a year, and the services that were asked."""
    services, client, folder = lasting
    return Fetching(client, services, folder)(archive=True), services


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def inputs(folder: Path) -> dict:
    return tomllib.loads((folder / "study.toml").read_text("utf-8"))["inputs"]


def test_a_place_becomes_a_study(whole):
    fetched, services = whole
    assert names(fetched.folder) == FILES
    assert fetched.fault is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(fetched.folder)
    assert study.region.name == "Navoi"
    assert study.homes["people"].sum() == pytest.approx(100_000)
    assert study.weather.sizes["hour"] == 8760
    assert study.settings.grid.cell_m == 250
    assert {"school", "kindergarten", "hospital"} <= set(study.places["kind"])
    assert [services.count(path) for path in (SEARCH, OVERPASS, ARCHIVE)] == [1, 1, 1]


def test_the_closing_message_counts_and_names_what_is_missing(whole):
    lines = "\n".join(whole[0].lines)
    assert "boundary of Navoi, Navoi Region, Uzbekistan (relation/196231)" in lines
    assert "sources 7: chimney 1, industrial 1, landfill 1" in lines
    assert "8,760 hours of 2025" in lines
    assert "100,000 people in 2 towns inside the region" in lines
    assert "places inside the region without a population: 1, such as Uchtut" in lines
    assert "terrain: flat ground" in lines
    assert "geocluster run" in lines


def test_sources_say_licence_date_and_address(whole):
    fetched, services = whole
    text = (fetched.folder / "SOURCES.md").read_text("utf-8")
    assert text.count("Open Database License 1.0, © OpenStreetMap contributors") == 3
    assert "data of 2026-01-15T12:00:00Z" in text
    assert "CC BY 4.0, Open-Meteo.com" in text
    assert text.count("2026-03-01T") == 4
    assert f"Overpass at {services.url}/api" in text


def test_the_same_command_fetches_nothing_again(fetch, services):
    first = fetch()
    before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    services.asked.clear()
    again = fetch()
    assert services.asked == []
    assert again.lines == first.lines
    assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before


def test_a_failed_step_is_taken_up_where_it_was(fetch, services):
    services.script(ARCHIVE, Reply("<html><body>maintenance</body></html>"))
    with pytest.raises(FetchError, match=r"maintenance.*--weather"):
        fetch(archive=True)
    assert [services.count(path) for path in (SEARCH, OVERPASS, ARCHIVE)] == [1, 1, 1]
    fetched = fetch(archive=True)
    assert [services.count(path) for path in (SEARCH, OVERPASS, ARCHIVE)] == [1, 1, 2]
    assert names(fetched.folder) == FILES


def test_a_stop_between_tiles_loses_one_tile(fetch, services):
    def stop(step, seconds=None):
        if "tile 6 of 9" in step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tile_km=12, progress=stop)
    assert services.count(OVERPASS) == 5
    assert names(fetch.out) == ["boundary.geojson", "fetch.json"]
    fetch(tile_km=12)
    assert services.count(OVERPASS) == 9
    assert names(fetch.out) == FILES


def test_only_what_has_changed_is_fetched_again(fetch, services):
    fetch()
    services.asked.clear()
    fetched = fetch(year=2024, archive=True)
    assert [services.count(path) for path in (SEARCH, OVERPASS, ARCHIVE)] == [0, 0, 1]
    assert fetched.told["weather"].what.startswith("8,784 hours of 2024")


def test_another_server_is_no_reason_to_fetch_again(fetch, services):
    fetch()
    services.asked.clear()
    fetch(overpass_url=services.url + "/elsewhere")
    assert services.asked == []


def test_a_server_on_this_machine_is_asked_by_each_fetch(fetch, services):
    fetch()
    fetch(out=fetch.out.with_name("another"))
    assert [services.count(path) for path in (SEARCH, OVERPASS)] == [2, 2]
    assert list(fetch.client.folder.iterdir()) == []


def test_a_server_elsewhere_is_asked_once_for_all(fetch, services, monkeypatch):
    monkeypatch.setattr("geocluster.load.online.is_loopback", lambda url: False)
    fetch()
    fetch(out=fetch.out.with_name("another"))
    assert [services.count(path) for path in (SEARCH, OVERPASS)] == [1, 1]


def test_a_folder_of_another_region_is_refused(fetch):
    fetch()
    with pytest.raises(InputError, match=r"fetch of another region \(place navoi, uzbekistan\)"):
        fetch(place="Navoi")


def test_a_folder_that_is_no_fetch_is_refused(fetch, services):
    fetch.out.mkdir()
    (fetch.out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"no fetch.json"):
        fetch()
    assert services.asked == []
    assert names(fetch.out) == ["notes.txt"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 9, "region": {}, "steps": {}}'])
def test_a_state_that_cannot_be_read_is_refused(fetch, content):
    fetch.out.mkdir()
    (fetch.out / "fetch.json").write_text(content)
    with pytest.raises(InputError, match="cannot be read as a fetch's state"):
        fetch()


def test_what_the_user_changed_is_kept(fetch, services):
    fetch()
    towns = fetch.out / "towns.csv"
    towns.write_text(towns.read_text().replace("60000", "65000"))
    study = fetch.out / "study.toml"
    study.write_text(study.read_text().replace("cell_m = 250", "cell_m = 500"))
    fetched = fetch()
    assert "65000" in towns.read_text()
    assert "cell_m = 500" in study.read_text()
    assert "towns.csv was changed by hand and is kept" in "\n".join(fetched.lines)
    with pytest.raises(InputError, match="changed by hand and would be fetched anew"):
        fetch(without=frozenset({"people"}))
    towns.unlink()
    fetch()
    assert "60000" in towns.read_text()


def test_a_box(fetch, services):
    fetched = fetch(bbox=(65.33, 40.07, 65.42, 40.13), name="Middle")
    assert services.count(SEARCH) == 0
    assert read_quietly(fetched.folder).region.name == "Middle"


def test_a_boundary_of_ones_own(fetch, services, tmp_path):
    own = tmp_path / "my_region.geojson"
    fetch()
    own.write_bytes((fetch.out / "boundary.geojson").read_bytes())
    fetched = fetch(tmp_path / "own", boundary=own)
    assert services.count(SEARCH) == 1
    assert read_quietly(fetched.folder).region.name == "My Region"
    with pytest.raises(InputError, match="another region"):
        fetch(tmp_path / "own", bbox=(65.33, 40.07, 65.42, 40.13))


def test_every_part_from_a_local_file(fetch, services, tmp_path):
    first = fetch().folder
    services.asked.clear()
    fetched = fetch(
        tmp_path / "local",
        boundary=first / "boundary.geojson",
        osm=first / "features.osm.pbf",
        weather=first / "weather.csv",
        towns=first / "towns.csv",
    )
    assert services.asked == []
    assert fetched.fault is None
    for name in ("features.osm.pbf", "weather.csv", "towns.csv"):
        assert (fetched.folder / name).read_bytes() == (first / name).read_bytes()


def test_without_weather_the_study_says_so(fetch, services):
    fetched = fetch(without=frozenset({"weather"}), archive=True)
    assert services.count(ARCHIVE) == 0
    assert "[inputs] weather" in str(fetched.fault)
    assert "weather left out" in "\n".join(fetched.lines)
    assert fetch().fault is None


def test_the_weather_of_a_large_region_is_taken_amid_its_industry(fetch, services):
    fetched = fetch(bbox=(65.3, 40.0, 66.3, 40.2), archive=True, without=frozenset({"people"}))
    asked = services.asked[-1][2]
    assert float(asked["longitude"]) == pytest.approx(65.39, abs=0.02)
    assert float(asked["latitude"]) == pytest.approx(40.10, abs=0.01)
    assert "one place's weather is taken to be good for 25 km" in "\n".join(fetched.lines)
    fetch(out=fetch.out.with_name("small"), archive=True, without=frozenset({"people"}))
    assert float(services.asked[-1][2]["longitude"]) == 65.37


def test_people_without_any_population(fetch, services, monkeypatch):
    monkeypatch.delitem(services.town_points["town"][2], "population")
    monkeypatch.delitem(services.town_points["city"][2], "population")
    fetched = fetch()
    told = "\n".join(fetched.lines)
    assert "nobody: none of the 3 places of OpenStreetMap here has a population" in told
    assert "people: give --population FILE" in told
    assert "give homes, towns or population" in str(fetched.fault)
    assert names(fetched.folder) == [name for name in FILES if name != "towns.csv"]
    towns = fetch.out.with_name("towns.csv")
    towns.write_text("name,longitude,latitude,people\nNavoi,65.4,40.088,60000\n")
    assert fetch(towns=towns).fault is None


def people_raster(path: Path) -> Path:
    """People in cells of a hundredth of a degree: 5 in each."""
    transform = from_origin(64.0, 41.0, 0.01, 0.01)
    options = {"crs": "EPSG:4326", "transform": transform, "tiled": True, "nodata": -1}
    size = {"width": 256, "height": 160, "count": 1, "dtype": "float32"}
    options |= {"blockxsize": 64, "blockysize": 64}
    with rasterio.open(path, "w", **size, **options) as raster:
        raster.write(np.full((1, 160, 256), 5, dtype="float32"))
    return path


@pytest.mark.parametrize("by", ["file", "address", "template"])
def test_people_from_a_raster(fetch, services, tmp_path, by):
    file = people_raster(tmp_path / "people.tif")
    services.files["/pop/UZB/uzb.tif"] = file.read_bytes()
    asked = {
        "file": {"population": str(file)},
        "address": {"population": services.url + "/pop/UZB/uzb.tif?token=abc123"},
        "template": {"population_url": services.url + "/pop/{ISO3}/{iso3}.tif"},
    }[by]
    left_out = frozenset() if by == "file" else frozenset({"features"})
    fetched = fetch(**asked, without=left_out)
    assert inputs(fetched.folder)["population"] == "population.tif"
    with rasterio.open(fetched.folder / "population.tif") as part:
        assert part.width == 132
        assert part.nodata == -1
        assert set(np.unique(part.read(1))) == {5.0}
    assert (fetched.fault is None) == (by == "file")
    texts = [p.read_text("utf-8") for p in fetched.folder.iterdir() if p.suffix in (".md", ".json")]
    assert "abc123" not in "".join([*texts, *fetched.lines])


def test_a_large_raster_is_read_in_part(fetch, services, tmp_path, monkeypatch):
    from geocluster.load import raster_part

    body = people_raster(tmp_path / "people.tif").read_bytes()
    services.files["/people.tif"] = body
    monkeypatch.setattr(raster_part, "WHOLE_BYTES", 1000)
    address = services.url + "/people.tif"
    fetched = fetch(population=address, without=frozenset({"features"}))
    with rasterio.open(fetched.folder / "population.tif") as part:
        assert float(part.read(1).max()) == 5
    assert "Range" in services.asked[-1][3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><body>Sign in</body></html>", "cannot be read as a raster"),
        (None, "nothing at this address"),
    ],
)
def test_what_is_no_raster(fetch, services, content, words):
    if content:
        services.files["/people.tif"] = content
    with pytest.raises(InputError, match=words):
        fetch(population=services.url + "/people.tif")
    assert "population.tif" not in names(fetch.out)
    kept = fetch.client.folder.glob("*.json")
    assert not [path for path in kept if "people.tif" in path.read_text()]


def test_a_raster_of_elsewhere(fetch, tmp_path):
    transform = from_origin(10.0, 50.0, 0.01, 0.01)
    file = tmp_path / "elsewhere.tif"
    options = {"width": 9, "height": 9, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(file, "w", transform=transform, **options) as raster:
        raster.write(np.ones((1, 9, 9), dtype="uint8"))
    with pytest.raises(InputError, match="does not touch the region"):
        fetch(population=str(file))


def test_terrain_from_tiles(fetch, services, tmp_path):
    for longitude in (64, 65):
        for latitude in (39, 40):
            services.files[f"/dem/N{latitude}E{longitude:03}.hgt"] = hgt(longitude)
    fetched = fetch(dem_url=services.url + "/dem/{NS}{lat:02}{EW}{lon:03}.hgt")
    assert fetched.fault is None
    with rasterio.open(fetched.folder / "dem.tif") as dem:
        west, south, east, north = dem.bounds
        assert west < 64.8
        assert east > 65.9
        assert south < 39.7
        assert north > 40.5
        low, high = (next(dem.sample([point]))[0] for point in ((64.9, 40.1), (65.4, 40.1)))
    assert (low, high) == (640, 650)
    assert inputs(fetched.folder)["dem"] == "dem.tif"
    assert float(read_quietly(fetched.folder).terrain.max()) == 650


@pytest.mark.shared
def test_terrain_from_a_zip_of_ones_own(client, tmp_path, shared):
    file, box = shared / "data" / "dem" / "N42E001.hgt.zip", (1.4, 42.4, 1.8, 42.7)
    part = fetch_part(client, str(file), box, tmp_path / "dem.tif", service="terrain")
    with rasterio.open(part.path) as dem:
        assert dem.shape == (361, 481)
        heights = dem.read(1, masked=True)
    assert 500 < heights.min() < heights.max() < 3150
    assert heights.mask.any()  # its voids stay voids


def hgt(longitude: int) -> bytes:
    """A tile of SRTM at 3 seconds: one height."""
    return np.full((1201, 1201), longitude * 10, dtype=">i2").tobytes()


def test_a_tile_that_is_not_there_is_sea(fetch, services):
    for latitude in (39, 40):
        services.files[f"/dem/N{latitude}E065.hgt"] = hgt(65)
    fetched = fetch(dem_url=services.url + "/dem/{NS}{lat:02}{EW}{lon:03}.hgt")
    with rasterio.open(fetched.folder / "dem.tif") as dem:
        points = ((64.9, 40.1), (65.4, 40.1), (66.01, 40.1))
        assert [int(next(dem.sample([point]))[0]) for point in points] == [0, 650, 0]
    assert "taken as sea at 0 m: 4" in "\n".join(fetched.lines)


def test_no_tile_at_all(fetch, services):
    with pytest.raises(FetchError, match="none of the 6 tiles is there"):
        fetch(dem_url=services.url + "/none/{NS}{lat:02}{EW}{lon:03}.tif")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"place": None}, "say of which region"),
        ({"bbox": (1, 2, 3, 4), "place": "A"}, "one of them"),
        ({"bbox": (66, 40, 65, 41)}, "west under east"),
        ({"boundary": Path("none.geojson")}, "no such file"),
        ({"osm": Path("none.pbf")}, "no such file"),
        ({"population": "none.tif"}, "nor is it an address or 'worldpop'"),
        ({"dem_url": "http://localhost/{tile}.tif"}, "a template has"),
        ({"isd": "Navoi", "archive": True}, "is no station"),
        ({"isd": "386960"}, "--weather and --isd: choose one"),
        ({"without": frozenset({"weather"})}, "--weather and --without weather: choose one"),
        ({"without": frozenset({"features"})}, "no towns either"),
        ({"weather_at": (40.1, 165.4)}, "it is longitude,latitude"),
        ({"time_zone": 300.0}, "-12 to 14"),
        ({"without": frozenset({"boundary"})}, "allowed are features, weather, people"),
        ({"year": 2026, "archive": True}, "whole years from 1940 to 2025"),
        ({"place": "Nowhere"}, "knows no such place"),
    ],
)
def test_what_cannot_be_asked(fetch, services, asked, words):
    with pytest.raises(InputError, match=words):
        fetch(**asked)
    assert services.count(SEARCH) == (words == "knows no such place")


def read_quietly(folder: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_study(folder)


def command(services, tmp_path, *words):
    urls = [part for name, url in servers(services).items() for part in (option(name), url)]
    hurry = ["--timeout", "5", "--wait", "0.01", "--cache", str(tmp_path / "cache")]
    return CliRunner().invoke(app, ["fetch", *words, *urls, *hurry])


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_the_command_then_check_then_run(services, tmp_path):
    from geocluster.run import compute

    out = tmp_path / "navoi"
    done = command(services, tmp_path, PLACE, "--out", str(out), "--year", "2025")
    assert done.exit_code == 0, done.output
    assert "✓ fetch features from OpenStreetMap" in done.output
    assert "fetch features from OpenStreetMap: tile 1 of 1" in done.output
    assert f"geocluster run {out}" in done.output
    checked = CliRunner().invoke(app, ["check", str(out)])
    assert checked.exit_code == 0, checked.output
    assert "nothing wrong found" in checked.output
    text = (out / "study.toml").read_text().replace("cell_m = 250", "cell_m = 1000")
    short = "".join((out / "weather.csv").read_text().splitlines(True)[:30])
    (out / "study.toml").write_text(text)
    (out / "weather.csv").write_text(short)
    study = read_quietly(out)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = compute(study)
    assert float(results.field["mean"].max()) > 0
    assert (results.exposure["people"] > 0).any()


def test_the_command_tells_a_failure_in_a_sentence(services, tmp_path):
    services.script(OVERPASS, *[Reply("<html><body>too busy</body></html>", 504)] * 2)
    words = ("--attempts", "2", "--bbox", "65.3,40.05,65.4,40.1", "--out", str(tmp_path / "out"))
    failed = command(services, tmp_path, *words)
    assert failed.exit_code == 1
    text = " ".join(failed.output.split())
    assert "Traceback" not in text
    assert "features (Overpass)" in text
    assert "504 Gateway Timeout (too busy) (asked 2 times)" in text
    assert names(tmp_path / "out") == ["boundary.geojson", "fetch.json"]


def test_a_stop_is_told(services, tmp_path, monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("geocluster.load.open_meteo.fetch_hours", stop)
    stopped = command(services, tmp_path, PLACE, "--out", str(tmp_path / "out"))
    assert stopped.exit_code == 130
    assert "the same command goes on where it was" in stopped.output
    assert "features.osm.pbf" in names(tmp_path / "out")


def test_a_process_that_is_stopped_leaves_nothing_half(services, tmp_path):
    """An interrupt while a server keeps us waiting, and the same command once more."""
    services.script(OVERPASS, Reply("late", sleep_s=60))
    urls = [part for name, url in servers(services).items() for part in (option(name), url)]
    day = tmp_path / "day.csv"
    day.write_text(DAY)
    code = "from geocluster.cli import app; app()"
    words = ["fetch", PLACE, "--out", "out", "--cache", "cache", "--weather", str(day), *urls]
    call = [sys.executable, "-c", code, *words]
    # A shell's background jobs ignore interrupts, and so would their children.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        call, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heard
    ) as process:
        while not services.count(OVERPASS):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=30)[1]
    assert process.returncode == 130, told
    assert "the same command goes on where it was" in told
    assert names(tmp_path / "out") == ["boundary.geojson", "fetch.json"]
    assert not [path for path in (tmp_path / "cache").iterdir() if path.name.startswith(".")]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    assert names(tmp_path / "out") == FILES
    assert services.count(SEARCH) == 1


def test_help_names_every_option():
    shown = CliRunner().invoke(app, ["fetch", "--help"], env={"COLUMNS": "120"}).output
    for server in ("overpass", "nominatim", "weather", "population", "dem"):
        assert f"--{server}-url" in shown
    for word in ("--osm", "--without", "--contact", "west,south,east,north"):
        assert word in shown


def test_the_network_is_not_loaded_with_the_package(root):
    code = "import sys, geocluster, geocluster.cli; print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
