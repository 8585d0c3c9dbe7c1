"""Zip files that are not to be trusted, and other files made to exhaust a reader."""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
import textwrap
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from shapely.geometry import Point

from geocluster.errors import InputError
from geocluster.load.vector import read_vector

MEGABYTE = bytes(2**20)


def layer(folder: Path, name: str = "a.geojson") -> Path:
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(69, 41)], crs=4326).to_file(folder / name)
    return folder / name


def bomb(path: Path) -> None:
    """A small zip of a hundred megabytes of nothing."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.geojson", "w") as member,
    ):
        for _ in range(100):
            member.write(MEGABYTE)


@pytest.mark.parametrize("name", ["../a.geojson", "/a.geojson", "b/../../a.geojson", "C:\\a.shp"])
def test_members_that_climb(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, layer(tmp_path).read_bytes())
        archive.writestr("fine/a.geojson", layer(tmp_path).read_bytes())
    with pytest.raises(InputError, match="would lie outside its folder: pack it again"):
        read_vector(tmp_path / "a.zip")
    assert not (tmp_path.parent / "a.geojson").exists()


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(layer(tmp_path), "deep/er/a.geojson")
    assert read_vector(tmp_path / "a.zip").name.tolist() == ["a"]
    assert list(scratch.iterdir()) == []


def test_a_zip_that_unpacks_to_gigabytes(tmp_path):
    bomb(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").stat().st_size < 2**18
    with pytest.raises(
        InputError, match=r"it unpacks to 1,0\d\d times its size: at most 200 times"
    ):
        read_vector(tmp_path / "a.zip")


def test_a_zip_that_says_it_is_larger_than_what_is_read(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.geojson", b"{}")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, entry + 24, 3 * 2**30)
    path.write_bytes(content)
    with pytest.raises(InputError, match="it unpacks to 3,072 MB: at most 2,048 MB are read"):
        read_vector(path)


def test_a_zip_that_says_it_is_smaller_than_it_is(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b" " * 2**20)
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", content, content.index(mark) + at, 100)
    path.write_bytes(content)
    with pytest.raises(InputError, match="it is not a zip file, or a broken one"):
        read_vector(path)


def test_a_zip_without_a_vector_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner.zip", b"PK")
    with pytest.raises(InputError, match=r"it holds no vector file that is read: inner\.zip"):
        read_vector(tmp_path / "a.zip")


def test_locked_and_damaged_zips(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(layer(tmp_path), "a.geojson")
    whole = path.read_bytes()
    locked = bytearray(whole)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(locked)
    with pytest.raises(InputError, match=r"'a\.geojson' is locked by a password: unlock it"):
        read_vector(path)
    path.write_bytes(whole.replace(b"Feature", b"Faeture"))
    with pytest.raises(InputError, match="it is not a zip file, or a broken one"):
        read_vector(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="it is not a zip file, or a broken one"):
        read_vector(path)


def test_a_geopackage_of_several_layers_in_a_zip(tmp_path):
    for name in ("homes", "city"):
        table = gpd.GeoDataFrame({"name": [name]}, geometry=[Point(69, 41)], crs=4326)
        table.to_file(tmp_path / "city.gpkg", layer=name)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "city.gpkg", "city.gpkg")
        archive.writestr("read me.txt", "text")
    with pytest.raises(InputError, match="it holds 2 layers, choose one: homes, city"):
        read_vector(tmp_path / "a.zip")
    assert read_vector(tmp_path / "a.zip", layer="city").name.tolist() == ["city"]
    assert read_vector(tmp_path / "a.zip", layer="homes").name.tolist() == ["homes"]


def test_a_layer_named_otherwise_than_its_file(tmp_path):
    for name in ("a", "b"):
        content = json.loads(layer(tmp_path).read_text()) | {"name": "something else"}
        (tmp_path / f"{name}.geojson").write_text(json.dumps(content))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a", "b"):
            archive.write(tmp_path / f"{name}.geojson", f"{name}.geojson")
    assert read_vector(tmp_path / "a.zip", layer="b").name.tolist() == ["a"]


HOSTILE = """
    import re, resource, sys, time
    from geocluster.errors import InputError
    from geocluster.load.vector import read_vector
    import geopandas, pyarrow, pyogrio
    resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
    for path in sys.argv[1:]:
        begin = time.process_time()
        try:
            read_vector(path)
        except InputError as error:
            print(f"{time.process_time() - begin:.2f}", str(error)[:300].replace(chr(10), " "))
        else:
            print("9999 read without a fault")
    # getrusage would also count the process that this one was forked from
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024)
"""


def hostile_files(folder: Path) -> list[Path]:
    deep, head = 10_000, '{"type":"FeatureCollection","features":[{"type":"Feature",'
    point = '"geometry":{"type":"Point","coordinates":[1,2]}}]}'
    nested = '{"type":"Point","coordinates":[1,2]}'
    text = {
        "wide.csv": ",".join(f"c{i}" for i in range(1_000_000)) + "\n1\n",
        "endless.csv": "a," * 6_000_000,
        "wide_row.csv": "longitude,latitude\n" + "1," * 200_000 + "\n",
        "rings.geojson": head + '"properties":{},"geometry":{"type":"Polygon","coordinates":'
        + "[" * deep + "]" * deep + "}}]}",
        "properties.geojson": head + '"properties":{"a":' + '{"a":' * deep + "1" + "}" * deep + "},"
        + point,
        "lists.geojson": "[" * deep + "]" * deep,
        "collections.geojson": head + '"properties":{},"geometry":'
        + '{"type":"GeometryCollection","geometries":[' * deep + nested + "]}" * deep + "}]}",
        "members.geojson": '{"a":' * deep + "1" + "}" * deep,
    }  # fmt: skip
    for name, content in text.items():
        (folder / name).write_text(content)
    bomb(folder / "bomb.zip")
    return [*(folder / name for name in text), folder / "bomb.zip"]


def test_no_file_takes_long_or_much_memory(tmp_path):
    files = hostile_files(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HOSTILE), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *told, largest = done.stdout.splitlines()
    assert len(told) == len(files)
    for path, line in zip(files, told, strict=True):
        seconds, words = line.split(" ", 1)
        assert float(seconds) < 10, line
        assert path.name in words
    assert "1,000,000 columns: at most 10,000 are read" in told[0]
    assert "its first line has more than 10,000,000 letters" in told[1]
    assert "a row does not fit the columns" in told[2]
    assert int(largest) < 1024


KINDS = ["dbf", "shp", "shx", "cpg", "xlsx", "zip", "csv", "geojson", "gpkg", "fgb", "parquet"]


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_fell_over_are_read_or_told(tmp_path, kind):
    places = [Point(69 + i / 10, 41).buffer(0.01, 2) for i in range(3)]
    table = gpd.GeoDataFrame({"name": ["Ташкент", "b", "c"], "h": [1, 2, 3]}, geometry=places)
    table = table.set_crs(4326)
    if kind in ("dbf", "shp", "shx", "cpg", "zip"):
        table.to_file(tmp_path / "a.shp", encoding="CP1251")
        if kind == "zip":
            shutil.make_archive(str(tmp_path.parent / f"{tmp_path.name}_a"), "zip", tmp_path)
            shutil.move(tmp_path.parent / f"{tmp_path.name}_a.zip", tmp_path / "a.zip")
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        for row in (["name", "lon", "lat"], ["A", 69, 41], ["Б", 69.1, 41.2]):
            book.active.append(row)
        book.save(tmp_path / "a.xlsx")
    elif kind == "csv":
        (tmp_path / "a.csv").write_text("name,lon,lat\nТ,69,41\nb,69,41\n", encoding="utf-8")
    elif kind == "parquet":
        table.to_parquet(tmp_path / "a.parquet")
    else:
        table.to_file(tmp_path / f"a.{kind}")
    whole = (tmp_path / f"a.{kind}").read_bytes()
    chance = random.Random(kind)
    told = 0
    for _ in range(25):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 5, 20])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            content = content[: chance.randrange(len(content))]
        (tmp_path / f"a.{kind}").write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                read_vector(tmp_path / ("a.shp" if kind in KINDS[:4] else f"a.{kind}"))
            except InputError:
                told += 1
    assert told > 0
