"""No file hangs a door, exhausts memory or ends in anything but a clear message.

Each door reads its files in one process of its own, with bounded address space; see fuzz_child.py
for the reading and fuzz_corpus.py for the files.
"""

import importlib.util
import json
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import pytest

from geocluster.errors import InputError, MendedWarning

HERE = Path(__file__).parent
SECONDS = 100  # for a whole door on a busy machine; a file takes a second or two
MOST_MB = 1000


def corpus():
    spec = importlib.util.spec_from_file_location("fuzz_corpus", HERE / "fuzz_corpus.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CORPUS = corpus()
FILES = [(door, name) for door, files in CORPUS.DOORS.items() for name in files]
# Large, and nothing wrong with it; or left out with a count.
SOUND = {"long_ring.geojson", "scribble.osm"}


def read_all(door: str, files: list[Path]) -> dict[str, dict]:
    """How the reading of each file ended; a file that killed its process is missing."""
    command = [sys.executable, str(HERE / "fuzz_child.py"), door, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    outcomes = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {Path(one["path"]).name: one for one in outcomes}


@pytest.fixture(scope="module")
def endings(tmp_path_factory):
    found: dict[str, dict[str, dict]] = {}

    def of(door: str) -> dict[str, dict]:
        if door not in found:
            folder = tmp_path_factory.mktemp(door)
            files = [folder / name for name in CORPUS.DOORS[door]]
            for file in files:
                CORPUS.DOORS[door][file.name](file)
            found[door] = read_all(door, files)
            for file in folder.iterdir():
                file.unlink()
        return found[door]

    return of


@pytest.mark.parametrize(("door", "name"), FILES)
def test_a_hostile_file_ends_in_a_clear_message(endings, door, name):
    ending = endings(door).get(name)
    assert ending is not None, "the process that read it died"
    assert ending["ended"] == ("read" if name in SOUND else "told"), ending["message"]
    assert ending["peak_mb"] < MOST_MB
    if name not in SOUND:
        assert name in ending["message"]
        assert len(ending["message"]) < 600
        assert "Traceback" not in ending["message"]
    assert ending["seconds"] < 30


def test_a_way_that_is_a_scribble_is_left_out_and_counted(endings):
    warned = endings("osm")["scribble.osm"]["warned"]
    assert any("1 areas whose rings cross themselves thousands" in text for text in warned)


def test_nothing_outside_the_file_is_read(endings):
    assert "root:" not in endings("osm")["outside.osm"]["message"]


def test_nothing_climbs_out_of_a_zip(tmp_path):
    from geocluster.load.vector import read_vector

    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    CORPUS.VECTOR["climbs.zip"](inner / "climbs.zip")
    with pytest.raises(InputError, match="outside its folder"):
        read_vector(inner / "climbs.zip")
    assert [file.name for file in tmp_path.rglob("*.geojson")] == []


def blocks(data: bytes) -> list[int]:
    """Where each block of a PBF file ends."""
    ends, place = [], 0
    while place < len(data):
        head = int.from_bytes(data[place : place + 4], "big")
        header = data[place + 4 : place + 4 + head]
        size, shift = 0, 0
        for byte in header[header.rindex(b"\x18") + 1 :]:
            size |= (byte & 127) << shift
            shift += 7
        place += 4 + head + size
        ends.append(place)
    return ends


@pytest.mark.shared
def test_a_pbf_file_cut_anywhere_is_an_error_or_is_told(shared, tmp_path):
    """Cut between two blocks it looks whole: what is missing then is told, as far as it shows."""
    from geocluster.load.osm import read_osm

    whole = (shared / "data" / "osm" / "monaco.osm.pbf").read_bytes()
    ends = blocks(whole)
    assert ends[-1] == len(whole)
    inside = [len(whole) * part // 21 for part in range(1, 21)]
    assert not set(inside) & set(ends)
    file = tmp_path / "cut.osm.pbf"
    for size in inside:
        file.write_bytes(whole[:size])
        with pytest.raises(InputError, match="truncated"):
            read_osm(file)
    for size in ends[1:-1]:
        file.write_bytes(whole[:size])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            read_osm(file)
        told = [str(one.message) for one in caught if issubclass(one.category, MendedWarning)]
        assert any("nodes only" in text or "no relation" in text for text in told) or len(told) > 1


@pytest.mark.shared
def test_a_pbf_file_with_broken_blocks_is_an_error(shared, tmp_path):
    from geocluster.load.osm import read_osm

    whole = (shared / "data" / "osm" / "monaco.osm.pbf").read_bytes()
    ends = blocks(whole)
    file = tmp_path / "broken.osm.pbf"
    for start, end in list(pairwise(ends))[::3]:
        middle = (start + end) // 2
        file.write_bytes(whole[:middle] + b"\xff" * 16 + whole[middle + 16 :])
        with pytest.raises(InputError, match=r"broken\.osm\.pbf"):
            read_osm(file)
