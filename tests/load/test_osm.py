"""OpenStreetMap extracts: a small town written for these tests."""

import bz2
import csv
import gzip
import re
import warnings
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from geocluster.errors import InputError, MendedWarning
from geocluster.load.osm import read_osm
from geocluster.load.osm_tags import read_tag_rows
from geocluster.region import Region


@pytest.fixture(scope="module")
def town(root: Path) -> Path:
    return root / "tests" / "data" / "osm_town.osm"


@pytest.fixture(scope="module")
def read(town):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tables = read_osm(town)
    return tables, [str(w.message) for w in caught if issubclass(w.category, MendedWarning)]


@pytest.fixture(scope="module")
def tables(read):
    return read[0]


def quietly(path: Path, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        return read_osm(path, *args, **options)


def by_id(table: gpd.GeoDataFrame, osm_id: str):
    rows = table[table["osm_id"] == osm_id]
    assert len(rows) == 1, f"{osm_id} stands {len(rows)} times"
    return rows.iloc[0]


def test_every_object_is_where_it_belongs(tables):
    assert tables.sources.osm_id.tolist() == [
        "node/59", "node/63", "way/1", "way/2", "way/10", "way/18"
    ]  # fmt: skip
    assert tables.homes.osm_id.tolist() == ["relation/1"]
    assert dict(zip(tables.places.kind, tables.places.name, strict=True)) == {
        "kindergarten": "Bogʻcha",
        "town": "Ohak",
        "school": "School 1",
    }
    assert tables.land.kind.value_counts().to_dict() == {
        "industrial": 3, "road": 2, "residential": 1, "water": 1, "quarry": 1, "rail": 1,
        "power": 1, "forest": 1, "protected": 1,
    }  # fmt: skip


def test_without_a_region_the_tables_are_in_degrees(tables):
    assert all(table.crs.to_epsg() == 4326 for table in tables)


def test_a_multipolygon_keeps_its_hole(tables):
    ring = by_id(tables.homes, "relation/1")
    assert len(ring.geometry.interiors) == 1
    assert ring.geometry.area == pytest.approx(0.01**2 - 0.004**2)
    assert ring["name"] == "Ring street"
    # 0.01 degrees are 1,110.6 m north and 841.3 m east at 41 N; the hole is 16 % of it
    assert ring.area_ha == pytest.approx(1110.6 * 841.3 / 1e4 * 0.84, rel=0.001)


def test_an_area_of_two_open_ways_is_closed(tables):
    lake = by_id(tables.land, "relation/2")
    assert lake.geometry.area == pytest.approx(1e-4)
    assert (lake.kind, lake["class"]) == ("water", "water body")


def test_the_rule_that_decided_is_kept(tables):
    sources = tables.sources.set_index("osm_id")
    assert sources.loc["way/1", ["sector", "sector_rule", "rule"]].tolist() == [
        "cement", "name-cement: name", "landuse=industrial"
    ]  # fmt: skip
    assert sources.loc["way/2", "sector_rule"] == "product-cement: product"
    assert sources.loc["way/18", ["kind", "sector", "output_mw"]].tolist() == [
        "power_plant", "solar power", 5.0
    ]  # fmt: skip
    assert set(tables.sources.origin) == {"OpenStreetMap"}
    assert not [column for column in sources if "emission" in column]


def test_heights_of_chimneys_are_in_metres(tables):
    chimneys = tables.sources[tables.sources.kind == "chimney"]
    assert chimneys.height_m.tolist() == [pytest.approx(45.72), 45.0]


def test_one_object_may_be_land_of_two_kinds(tables):
    assert tables.land[tables.land.osm_id == "way/17"].kind.tolist() == ["forest", "protected"]


def test_a_square_for_walkers_is_no_road(tables):
    assert "way/19" not in tables.land.osm_id.tolist()
    assert by_id(tables.land, "way/15")["class"] == "tertiary"


def test_text_is_taken_as_it_stands(tables):
    assert by_id(tables.land, "way/11")["name"] == "<b>Road</b>"


def test_a_line_is_cut_at_missing_nodes_and_not_bridged(tables):
    parts = by_id(tables.land, "way/11").geometry.geoms
    assert [part.length for part in parts] == pytest.approx([0.01, 0.01])


def test_a_ring_that_crosses_itself_is_mended(tables):
    quarry = by_id(tables.sources, "way/10").geometry
    assert quarry.is_valid
    assert quarry.area == pytest.approx(0.01**2 / 2)


def test_what_is_mended_or_left_out_is_counted(read):
    _, messages = read
    assert sorted(messages) == sorted(
        f"osm_town.osm: {text}"
        for text in (
            "1 lines with missing nodes cut there (such as way/11)",
            "1 lines without two known nodes left out (such as way/14)",
            "1 rings that cross or touch themselves mended (such as way/10)",
            "1 areas with missing nodes, or without an inside, left out (such as way/9)",
            "1 relations with missing members or open rings left out (such as relation/3)",
        )
    )


def elements(text: str) -> list[str]:
    return re.findall(r"^ <(?:node|way|relation) .*$", text, re.MULTILINE)


@pytest.mark.parametrize("order", [reversed, lambda lines: sorted(lines, key=hash_of)])
def test_any_order_of_the_objects_gives_the_same_tables(town, tables, tmp_path, order):
    shuffled = tmp_path / "shuffled.osm"
    lines = list(order(elements(town.read_text("utf-8"))))
    shuffled.write_text("\n".join(['<osm version="0.6">', *lines, "</osm>"]), "utf-8")
    with pytest.warns(MendedWarning, match=r"ids fall \d+ times"):
        again = read_osm(shuffled)
    for one, other in zip(tables, again, strict=True):
        assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
        assert one.geometry.normalize().equals(other.geometry.normalize())


def hash_of(line: str) -> int:
    return sum(ord(letter) * place for place, letter in enumerate(line)) % 1009


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.open), ("bz2", bz2.open)])
def test_packed_files_are_read_alike(town, tables, tmp_path, ending, pack):
    packed = tmp_path / f"town.osm.{ending}"
    with pack(packed, "wb") as file:
        file.write(town.read_bytes())
    assert quietly(packed).sources.equals(tables.sources)


def square(west: float, south: float, east: float, north: float) -> Region:
    series = gpd.GeoSeries([box(west, south, east, north)], crs="EPSG:4326")
    return Region.from_boundary("Ohak", series)


def test_a_region_selects_and_sets_the_crs(town):
    region = square(69.00, 41.00, 69.03, 41.01)
    near = quietly(town, region, margin_m=100)
    assert all(table.crs == region.crs for table in near)
    assert near.sources.osm_id.tolist() == ["node/59", "way/1", "way/2"]
    # the road and the railway run 1.1 km to the south
    assert set(near.land.kind) == {"industrial", "residential"}
    far = quietly(town, region, margin_m=2_000)
    assert "rail" in set(far.land.kind)
    assert "node/63" not in far.sources.osm_id.tolist()


def test_land_ends_near_the_region(town):
    region = square(69.00, 40.985, 69.02, 40.995)
    rail = quietly(town, region, margin_m=10).land.query("kind == 'rail'").geometry.iloc[0]
    assert rail.length == pytest.approx(0.02 * 84_130 + 10, rel=0.005)


def test_nothing_in_the_region_is_an_error(town):
    with pytest.raises(InputError, match="nothing of it lies in or near Ohak"):
        quietly(town, square(10, 50, 10.1, 50.1))


def test_the_sea_is_right_of_the_shore(tmp_path):
    corners = [(69.00, 41.00), (69.02, 41.00), (69.02, 41.02), (69.00, 41.02)]
    nodes = [f' <node id="{i}" lon="{x}" lat="{y}"/>' for i, (x, y) in enumerate(corners, 1)]
    refs = "".join(f'<nd ref="{i}"/>' for i in (1, 2, 3, 4, 1))
    way = f' <way id="1">{refs}<tag k="natural" v="coastline"/></way>'
    island = tmp_path / "island.osm"
    island.write_text("\n".join(['<osm version="0.6">', *nodes, way, "</osm>"]))
    region = square(68.99, 40.99, 69.03, 41.03)
    land = quietly(island, region, margin_m=0).land
    assert land[["kind", "name", "rule"]].values.tolist() == [["water", "sea", "natural=coastline"]]
    assert land.geometry.area.sum() == pytest.approx(region.boundary.area * 0.75, rel=0.001)


def test_rows_of_ones_own_come_first(town, tmp_path):
    own = tmp_path / "tags.csv"
    own.write_text(
        "key,value,shape,table,kind,class,sector,origin\n"
        "amenity,bench,point,places,bench,,,\n"
        "landuse,industrial,area,sources,estate,,storage,by our own table\n"
    )
    tables = quietly(town, tags=own)
    assert "bench" in tables.places.kind.tolist()
    estate = by_id(tables.sources, "way/1")
    assert (estate.kind, estate.origin) == ("estate", "by our own table")


def test_every_fault_of_a_mapping_is_told(town, tmp_path):
    own = tmp_path / "tags.csv"
    own.write_text("key,value,shape,table,kind\nlanduse,,blob,nowhere,x\n")
    with pytest.raises(InputError) as caught:
        read_osm(town, tags=own)
    assert len(caught.value.faults) == 3


BROKEN = {
    "html.osm.pbf": b"<html><body>404 Not Found</body></html>",
    "html.osm": b"<html><body>404 Not Found</body></html>",
    "html.osm.gz": b"<html><body>404 Not Found</body></html>",
    "empty.osm.pbf": b"",
    "empty.osm": b"",
    "cut.osm": b'<osm version="0.6"><node id="1" lat="1" lon="1"/>',
    "letters.osm": b'<osm version="0.6"><node id="one" lat="1" lon="1"/></osm>',
    "entities.osm": b'<!DOCTYPE l [<!ENTITY a "b">]><osm version="0.6"><node id="1" lat="1" '
    b'lon="1"><tag k="name" v="&a;"/></node></osm>',
    "town.shp": b"something",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_clear_error(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(InputError) as caught:
        read_osm(path)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    for path in (tmp_path / "none.osm.pbf", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            read_osm(path)


def test_a_file_with_one_node_names_its_empty_layers(tmp_path):
    path = tmp_path / "one.osm"
    path.write_text('<osm version="0.6"><node id="1" lat="1" lon="1"/></osm>')
    with pytest.warns(MendedWarning, match="sources, homes, places, land; the file holds nodes"):
        tables = read_osm(path)
    assert all(table.empty and table.crs.to_epsg() == 4326 for table in tables)


def test_the_docs_show_the_whole_mapping(root):
    text = (root / "docs" / "osm.md").read_text("utf-8")
    rows = read_tag_rows()
    shown = re.findall(
        r"^\| `([^`=]+)=([^`]+)`(?: with `([^`]+)`)? \| ([^|]+) \| (\w+) \| (\w+) \|",
        text,
        re.MULTILINE,
    )
    assert shown == [
        (row.key, row.value, row.with_, " ".join(row.shape), row.table, row.kind) for row in rows
    ]


def test_disused_industry_is_brownfield(tmp_path):
    tags = [
        {"landuse": "industrial", "disused": "yes"},
        {"landuse": "industrial", "disused": "no"},
        {"disused:landuse": "industrial"},
        {"abandoned:man_made": "works"},
        {"landuse": "brownfield"},
        {"railway": "disused", "landuse": "railway"},
    ]
    nodes, ways = [], []
    for n, tag in enumerate(tags):
        corners = [(0, 0), (0, 0.001), (0.001, 0.001), (0.001, 0)]
        for c, (lat, lon) in enumerate(corners):
            nodes.append(f'<node id="{10 * n + c + 1}" lat="{lat}" lon="{lon + n / 100}"/>')
        refs = "".join(f'<nd ref="{10 * n + c + 1}"/>' for c in (0, 1, 2, 3, 0))
        text = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tag.items())
        ways.append(f'<way id="{n + 1}">{refs}{text}</way>')
    path = tmp_path / "town.osm"
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        land = read_osm(path).land
    kinds = land.groupby("osm_id")["kind"].agg(lambda kinds: " ".join(sorted(kinds))).to_dict()
    assert kinds == {
        "way/1": "brownfield industrial",
        "way/2": "industrial",
        "way/3": "brownfield",
        "way/4": "brownfield",
        "way/5": "brownfield",
    }


def test_the_docs_show_every_rule_of_sectors(root):
    text = (root / "docs" / "osm.md").read_text("utf-8")
    rules = root / "src" / "geocluster" / "industry" / "land_use_rules.csv"
    rows = list(csv.DictReader(rules.read_text("utf-8").splitlines()))
    shown = re.findall(
        r"^\| ([a-z-]+) \| `(.+?)` \| ([a-z ]+) \| (\w*) \| (\w+) \|$",
        text.replace("\\|", "|").replace("|  |", "| |").replace("| | ", "|  | "),
        re.MULTILINE,
    )
    assert shown == [
        (row["rule"], row["key"], row["sector"], row["nace"], row["factor"]) for row in rows
    ]


def test_a_point_without_a_place_on_the_earth_is_left_out_and_counted(tmp_path):
    path = tmp_path / "town.osm"
    path.write_text(
        '<osm version="0.6"><node id="1" lat="95" lon="69"><tag k="amenity" v="school"/></node>'
        '<node id="2" lat="41" lon="69"><tag k="amenity" v="school"/></node></osm>'
    )
    with pytest.warns(MendedWarning, match=r"1 points without a place.*node/1"):
        tables = read_osm(path)
    assert len(tables.places) == 1
