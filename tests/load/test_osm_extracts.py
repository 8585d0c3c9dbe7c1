"""Real extracts: counts against another reader, and files that are hard to read."""

import warnings

import pytest

from geocluster.errors import InputError, MendedWarning
from geocluster.load.osm import read_osm
from geocluster.load.osm_tags import read_tag_rows
from geocluster.load.vector import read_boundary
from geocluster.region import Region

pytestmark = pytest.mark.shared

# landuse=industrial and landuse=residential polygons, counted by GDAL's reader.
COUNTS = {
    "malta": (184, 909),
    "andorra-2026-04-04": (47, 180),
    "liechtenstein": (70, 308),
    "monaco": (1, 5),
}


def read(path, *args):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tables = read_osm(path, *args)
    return tables, [str(w.message) for w in caught if issubclass(w.category, MendedWarning)]


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_another_reader(shared, name):
    import pyogrio

    path = shared / "data" / "osm" / f"{name}.osm.pbf"
    land = read(path)[0].land
    ours = tuple(
        int((land.rule == f"landuse={kind}").sum()) for kind in ("industrial", "residential")
    )
    assert ours == COUNTS[name]
    for number, kind in zip(ours, ("industrial", "residential"), strict=True):
        where = f"landuse = '{kind}'"
        other = pyogrio.read_dataframe(path, layer="multipolygons", where=where)
        assert len(other) == number
        area = other.to_crs("EPSG:6933").area.sum()
        mine = land[land.rule == f"landuse={kind}"].to_crs("EPSG:6933").area.sum()
        assert mine == pytest.approx(area, rel=1e-6)


def test_malta_has_its_land_and_its_sea(shared, root):
    boundary = read_boundary(root / "tests" / "studies" / "malta" / "boundary.geojson")
    region = Region.from_boundary("Malta", boundary)
    tables, messages = read(shared / "data" / "osm" / "malta.osm.pbf", region)
    assert messages == []
    sea = tables.land[tables.land.rule == "natural=coastline"]
    # Malta's own figure of its land is 316 km2
    dry = region.boundary.difference(sea.geometry.union_all()).area / 1e6
    assert dry == pytest.approx(316, abs=1)
    assert not sea.geometry.iloc[0].intersects(tables.homes.union_all().buffer(-100))
    kinds = tables.sources.kind.value_counts()
    assert kinds["tank"] == 112
    assert kinds["chimney"] == 6
    stations = tables.sources[tables.sources.kind == "power_plant"]
    assert stations[["name", "sector"]].values.tolist() == [["Delimara Power Station", "power"]]
    # a ferry line's far end would be 80 km out at sea
    assert tables.land.total_bounds[0] > region.boundary.bounds[0] - 10_100


def test_unsorted_ids_are_sorted_and_counted(shared):
    path = shared / "data" / "osm_edge" / "columbus_unsorted_ids.osm.pbf"
    tables, messages = read(path)
    assert any("ids fall 28403 times" in message for message in messages)
    assert (len(tables.sources), len(tables.homes), len(tables.places)) == (3, 2, 17)
    assert tables.land.kind.value_counts()[["road", "rail"]].tolist() == [2311, 815]
    assert tables.land.geometry.is_valid.all()


def test_unsorted_nodes_lose_nothing(shared, tmp_path):
    import osmium

    path = shared / "data" / "osm_edge" / "moscow_unsorted.osm.gz"
    tables, _ = read(path)
    tidy = tmp_path / "tidy.osm.pbf"
    merge = osmium.MergeInputReader()
    merge.add_file(str(path))
    with osmium.SimpleWriter(str(tidy)) as writer:
        merge.apply(writer, simplify=True)
    again, _ = read(tidy)
    assert [len(table) for table in tables] == [len(table) for table in again]
    assert len(tables.sources) == 15
    assert tables.land.geometry.area.sum() == pytest.approx(again.land.geometry.area.sum())


def test_a_file_of_nodes_names_its_empty_layers(shared):
    path = shared / "data" / "osm_edge" / "tokyo-center_nodes_only.osm.pbf"
    tables, messages = read(path)
    assert len(messages) == 1
    assert "2 layers are empty: homes, land; the file holds nodes only" in messages[0]
    assert tables.places.kind.value_counts()["hospital"] == 53


def test_a_clipped_file_counts_what_lacks_nodes(shared):
    tables, messages = read(shared / "data" / "osm" / "helsinki-centre.osm.pbf")
    text = "; ".join(messages)
    assert "14 lines with missing nodes cut" in text
    assert "32 areas with missing nodes" in text
    assert tables.land.geometry.is_valid.all()


def test_a_truncated_extract_is_an_error(shared, tmp_path):
    whole = (shared / "data" / "osm" / "monaco.osm.pbf").read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match="truncated"):
        read_osm(cut)


def test_the_mapping_is_well_formed():
    rows = read_tag_rows()
    assert len(set(rows)) == len(rows)
    assert {row.table for row in rows} == {"sources", "homes", "places", "land", "coastline"}
    assert {row.origin for row in rows} == {"OpenStreetMap"}
