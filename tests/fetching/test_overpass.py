"""Overpass: what is asked for, what counts as an answer, and how parts become one extract."""

import contextlib
import re
import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import osmium
import pytest
from hand_made_town import Town, map_of
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback_services import Reply
from shapely.geometry import box

from geocluster.errors import FetchError, InputError
from geocluster.load.online import Manners
from geocluster.load.online_faults import PassingError
from geocluster.load.osm import read_osm
from geocluster.load.osm_tags import SHAPES, read_tag_rows
from geocluster.load.overpass import check_answer, fetch_extract, merge, query, tiles
from geocluster.region import Region

AREA = box(65.30, 40.05, 65.44, 40.15)
PATH = "/api/interpreter"


def fetch(client, services, folder, area=AREA, url=None, **options):
    return fetch_extract(
        client,
        area,
        folder / "features.osm.pbf",
        read_tag_rows(),
        url=url or services.url + "/api",
        **options,
    )


def objects(path):
    return [(thing.type_str(), thing.id) for thing in osmium.FileProcessor(str(path))]


def test_the_query_names_every_row_of_the_mapping():
    text = query(read_tag_rows(), (1, 2, 3, 4), 180)
    for row in read_tag_rows():
        elements = {"point": ["node"], "line": ["way"], "area": ["way", "relation"]}
        for shape in row.shape:
            for element in elements[shape]:
                lines = [
                    line
                    for line in text.splitlines()
                    if line.strip().startswith(f'{element}["{row.key}"')
                ]
                assert len(lines) == 1, (element, row.key)
                named = rf'[("|^]{re.escape(row.value)}[)"|$]'
                assert '"!="no"' in lines[0] or re.search(named, lines[0]), (lines[0], row.value)
    assert set(SHAPES) == {"point", "line", "area"}


def test_a_town_comes_as_the_reader_wants_it(client, services, tmp_path):
    extract = fetch(client, services, tmp_path)
    tables = read_osm(extract.path)
    assert sorted(tables.sources["kind"]) == [
        "chimney", "industrial", "landfill", "power_plant", "quarry", "tank", "wastewater_plant"
    ]  # fmt: skip
    quarry = tables.sources.set_index("kind").loc["quarry", "geometry"]
    assert len(quarry.interiors) == 1
    assert len(tables.homes) == 3
    assert sorted(tables.places["kind"]) == [
        "city", "hospital", "kindergarten", "school", "town", "village"
    ]  # fmt: skip
    assert {"road", "rail", "power", "water", "farmland"} <= set(tables.land["kind"])
    assert extract.data_of == "2026-01-15T12:00:00Z"
    kept = objects(extract.path)
    assert ("n", services.town.point["bench"]) not in kept
    assert ("r", services.town.relation["route"]) not in kept


@pytest.mark.shared
def test_a_real_city_comes_whole(client, services, tmp_path, shared):
    """What is fetched of Monaco in tiles gives the same tables as its extract."""
    extract = shared / "data" / "osm" / "monaco.osm.pbf"
    monaco, city = map_of(extract), box(7.40, 43.71, 7.45, 43.76)
    services.overpass = lambda text: Reply(monaco.answer(text))
    fetched = fetch(client, services, tmp_path, area=city, tile_km=3)
    assert fetched.tiles == 4
    region = Region.from_boundary("Monaco", gpd.GeoSeries([city], crs="EPSG:4326"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (read_osm(path, region, margin_m=0) for path in (fetched.path, extract))
    for table, whole in zip(ours, theirs, strict=True):
        assert table["osm_id"].tolist() == whole["osm_id"].tolist()
        assert table["kind"].tolist() == whole["kind"].tolist()
        assert table.area.sum() == pytest.approx(whole.area.sum())
        assert table.length.sum() == pytest.approx(whole.length.sum())
    assert len(ours.land) > 400


def test_buildings_where_asked(client, services, tmp_path):
    house = ("w", services.town.way["house"])
    assert house not in objects(fetch(client, services, tmp_path).path)
    assert house in objects(fetch(client, services, tmp_path, buildings=True).path)


def test_tiles_are_merged_without_doubles(client, services, tmp_path):
    whole = objects(fetch(client, services, tmp_path).path)
    told = []
    parts = fetch(client, services, tmp_path, tile_km=4, tell=told.append)
    assert parts.tiles == 9
    assert told[0] == "tile 1 of 9"
    assert objects(parts.path) == whole
    assert len(set(whole)) == len(whole)


def test_tiles_beside_a_slanted_region_are_not_asked_for():
    corner = box(0, 0, 1, 1).difference(box(0.3, 0.3, 1, 1))
    assert len(tiles(corner, 40)) == 5
    assert len(tiles(box(0, 0, 1, 1), 40)) == 9


@pytest.mark.parametrize("url", ["", "/", "/api", "/api/", "/api/interpreter"])
def test_base_or_interpreter(client, services, tmp_path, url):
    assert fetch(client, services, tmp_path, url=services.url + url).tiles == 1
    method, path, form, _ = services.asked[-1]
    assert (method, path, list(form)) == ("POST", PATH, ["data"])


@pytest.mark.parametrize(
    "remark",
    [
        'runtime error: Query timed out in "query" at line 3 after 181 seconds.',
        'runtime error: Query run out of memory in "recurse" at line 9 using about 512 MB of RAM.',
    ],
)
def test_a_remark_of_too_much_quarters_the_tile(client, services, tmp_path, remark):
    services.script(
        PATH,
        Reply(
            services.town.answer(
                query(read_tag_rows(), (65.3, 40.05, 65.35, 40.1), 9), remark=remark
            )
        ),
    )
    whole = objects(fetch(client, services, tmp_path).path)
    assert services.count(PATH) == 5
    services.asked.clear()
    client.folder = tmp_path / "other"
    assert objects(fetch(client, services, tmp_path).path) == whole
    assert services.count(PATH) == 1


def test_a_remark_that_stays_is_an_error(client, services, tmp_path):
    town = services.town
    remark = "runtime error: Query timed out after 9 seconds."
    services.overpass = lambda text: Reply(town.answer(text, remark=remark))
    with pytest.raises(
        FetchError, match=r"the server says 'runtime error: Query timed out .*--tile-km"
    ):
        fetch(client, services, tmp_path)
    assert services.count(PATH) == 4
    assert not (tmp_path / "features.osm.pbf").exists()


def test_another_remark_is_an_error_at_once(client, services, tmp_path):
    services.script(
        PATH,
        Reply("<osm version='0.6'><remark> runtime error: open64: 2 No such file</remark></osm>"),
    )
    with pytest.raises(FetchError, match="open64"):
        fetch(client, services, tmp_path)
    assert services.count(PATH) == 1


def test_a_remark_in_a_name_is_none(client, services, tmp_path):
    text = services.town.answer(query(read_tag_rows(), (65.3, 40.05, 65.44, 40.15), 9))
    named = text.replace("Cement", "&lt;remark&gt; runtime error")
    services.script(PATH, Reply(named))
    assert "runtime error" in " ".join(
        read_osm(fetch(client, services, tmp_path).path).sources["name"].dropna()
    )


BUSY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>OSM3S Response</title></head>
<body><p>The data included in this document is from www.openstreetmap.org.</p>
<p><strong style="color:#FF0000">Error</strong>: runtime error: open64: 0 Success
/osm3s_osm_base Dispatcher_Client::request_read_and_idx::timeout. The server is probably too busy to
handle your request. </p>
</body></html>"""


@pytest.mark.parametrize("status", [200, 504])
def test_a_page_that_says_busy_is_asked_again(client, services, tmp_path, clock, status):
    services.script(PATH, Reply(BUSY, status))
    assert fetch(client, services, tmp_path).tiles == 1
    assert services.count(PATH) == 2
    assert 5.0 in clock.slept


def test_a_page_of_something_else(client, services, tmp_path):
    services.script(
        PATH, Reply("<!DOCTYPE html><html><body>Please log in to the hotel</body></html>")
    )
    with pytest.raises(FetchError, match=r"an HTML page where .* \(Please log in to the hotel\)"):
        fetch(client, services, tmp_path)


def test_json_where_xml_is_due(client, services, tmp_path):
    services.script(PATH, Reply('{"elements": [], "remark": "none"}'))
    with pytest.raises(FetchError, match="something else where OpenStreetMap XML is due"):
        fetch(client, services, tmp_path)


def test_a_parse_error_is_told(client, services, tmp_path):
    page = BUSY.replace("runtime error: open64", "line 1: parse error: Unknown type")
    services.script(PATH, Reply(page, 400))
    with pytest.raises(FetchError, match="parse error: Unknown type"):
        fetch(client, services, tmp_path)


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.999])
def test_xml_that_ends_early_is_asked_again(client, services, tmp_path, cut):
    text = services.town.answer(query(read_tag_rows(), (65.3, 40.05, 65.44, 40.15), 9))
    services.script(PATH, Reply(text[: int(len(text) * cut)]))
    assert fetch(client, services, tmp_path).tiles == 1
    assert services.count(PATH) == 2


def test_broken_xml_does_not_get_into_the_cache(client, services, tmp_path):
    text = services.town.answer(query(read_tag_rows(), (65.3, 40.05, 65.44, 40.15), 9))
    services.script(PATH, *[Reply(text.replace("<nd ", "<nd & ", 1))] * 5)
    with pytest.raises(FetchError, match="the answer is broken"):
        fetch(client, services, tmp_path)
    assert list(client.folder.iterdir()) == []


@given(st.data())
@settings(derandomize=True, deadline=None, max_examples=80)
def test_whatever_is_broken_in_an_answer_is_an_error_of_ours(data):
    whole = Town().answer(query(read_tag_rows(), (65.3, 40.05, 65.44, 40.15), 9)).encode()
    place = data.draw(st.integers(0, len(whole) - 1))
    gone = data.draw(st.integers(0, 200))
    new = data.draw(st.binary(max_size=8) | st.sampled_from([b"<", b"<remark>x</remark>", b"99e9"]))
    with tempfile.TemporaryDirectory() as folder:
        answer, merged = Path(folder, "answer"), Path(folder, "features.osm.pbf")
        answer.write_bytes(whole[:place] + new + whole[place + gone :])
        with contextlib.suppress(InputError, PassingError):
            check_answer(answer)
            merge([answer, answer], merged)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read_osm(merged)


def test_entities_do_not_grow(client, services, tmp_path):
    bomb = '<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    services.script(PATH, *[Reply(f'{bomb}<osm version="0.6"><note>&b;</note></osm>')] * 5)
    with pytest.raises(FetchError, match="broken"):
        fetch(client, services, tmp_path)


def test_a_server_that_knows_nothing_here(client, services, tmp_path):
    url = services.url + "/api/interpreter?key=abc123"
    with pytest.raises(FetchError, match="it knows nothing here") as caught:
        fetch(client, services, tmp_path, area=box(10, 10, 10.1, 10.1), url=url)
    assert "abc123" not in str(caught.value)
    assert not (tmp_path / "features.osm.pbf").exists()
    assert list(client.folder.iterdir()) == []


def test_more_time_is_no_reason_to_ask_again(client, services, tmp_path):
    fetch(client, services, tmp_path, tile_km=6)
    asked = services.count(PATH)
    client.manners = Manners(timeout_s=50)
    fetch(client, services, tmp_path, tile_km=6)
    assert services.count(PATH) == asked


def test_a_continent_is_refused(client, services, tmp_path):
    with pytest.raises(FetchError, match=r"--osm"):
        fetch(client, services, tmp_path, area=box(0, 30, 60, 60))
    assert services.count(PATH) == 0


def test_the_server_gives_up_before_the_client(client, services, tmp_path):
    fetch(client, services, tmp_path)
    assert services.asked[-1][2]["data"].startswith("[out:xml][timeout:4];")
