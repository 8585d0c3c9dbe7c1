"""How many objects of each kind an extract holds, by GDAL's reader, which knows nothing of ours."""

import csv
import re
import warnings
from collections import defaultdict

import pytest

from geocluster.errors import MendedWarning
from geocluster.load.osm import read_osm

pytestmark = pytest.mark.shared

FILES = {
    "Malta": "osm/malta.osm.pbf",
    "Andorra": "osm/andorra-2026-04-04.osm.pbf",
    "Liechtenstein": "osm/liechtenstein.osm.pbf",
    "Helsinki": "osm/helsinki-centre.osm.pbf",
    "Monaco": "osm/monaco.osm.pbf",
    "Columbus": "osm_edge/columbus_unsorted_ids.osm.pbf",
    "Moscow": "osm_edge/moscow_unsorted.osm.gz",
    "Tokyo": "osm_edge/tokyo-center_nodes_only.osm.pbf",
}
LAYERS = ("points", "lines", "multipolygons")


@pytest.fixture(scope="module")
def mapping(root):
    """The mapping as it stands in the file, with no help of the code that reads it."""
    text = (root / "src" / "geocluster" / "load" / "osm_tags.csv").read_text("utf-8")
    return [row for row in csv.DictReader(text.splitlines()) if row["table"] != "coastline"]


@pytest.fixture(scope="module")
def gdal(mapping, tmp_path_factory):
    """A reader of one layer's tags: every key of the mapping is a column, closed ways are areas."""
    import pyogrio

    keys = sorted({row["key"] for row in mapping})
    areas = sorted({row["key"] for row in mapping if "area" in row["shape"]})
    second = sorted({row["with"].partition("=")[0] for row in mapping} - {"", *keys})
    lines = [f"closed_ways_are_polygons={','.join(areas)}", "attribute_name_laundering=no"]
    for layer in LAYERS:
        lines += [f"[{layer}]", "osm_id=yes", f"attributes={','.join([*keys, *second, 'area'])}"]
        lines += ["other_tags=no"]
    file = tmp_path_factory.mktemp("gdal") / "osmconf.ini"
    file.write_text("\n".join([*lines, ""]))
    some = " OR ".join(f'"{key}" IS NOT NULL' for key in keys)

    def read(path, layer):
        source = f"/vsigzip/{path}" if path.suffix == ".gz" else path
        table = pyogrio.read_dataframe(
            source, layer=layer, where=some, read_geometry=False, CONFIG_FILE=str(file)
        )
        return table.astype(object).where(table.notna(), None).to_dict("records")

    pyogrio.set_gdal_config_options({"OSM_USE_CUSTOM_INDEXING": "NO"})
    yield read
    pyogrio.set_gdal_config_options({"OSM_USE_CUSTOM_INDEXING": None})


def shapes_of(record, layer):
    """What an object may be drawn as: a closed way is a line and an area, unless a tag says."""
    if layer == "points":
        return {"point"}
    if layer == "lines":
        return {"line"}
    closed_way = record.get("osm_way_id") is not None
    line = closed_way and record.get("area") != "yes"
    return ({"area"} if record.get("area") != "no" else set()) | ({"line"} if line else set())


def counted(path, mapping, gdal):
    """Ids by table and kind."""
    found = defaultdict(set)
    for layer in LAYERS:
        for record in gdal(path, layer):
            number = record.get("osm_way_id") or record["osm_id"]
            way = layer == "lines" or record.get("osm_way_id")
            kind = "node" if layer == "points" else "way" if way else "relation"
            shapes, seen = shapes_of(record, layer), set()
            for row in mapping:
                value = record.get(row["key"])
                if value in (None, "no") or row["value"] not in (value, "*"):
                    continue
                more, _, wanted = row["with"].partition("=")
                if more and record.get(more) != wanted:
                    continue
                slot = row["table"], row["kind"] if row["table"] == "land" else ""
                if slot in seen or not shapes & set(row["shape"].split()):
                    continue
                seen.add(slot)
                found[row["table"], row["kind"]].add(f"{kind}/{number}")
    return dict(found)


@pytest.fixture(scope="module", params=FILES)
def both(request, shared, mapping, gdal):
    path = shared / "data" / FILES[request.param]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tables = read_osm(path)
    ours = {
        (name, kind): set(rows.osm_id)
        for name, table in zip(tables._fields, tables, strict=True)
        for kind, rows in table.groupby("kind")
    }
    lost = [str(w.message) for w in caught if issubclass(w.category, MendedWarning)]
    return request.param, ours, counted(path, mapping, gdal), lost


def members_of_areas(path):
    """Ways that an area's relation holds, by raw tags; GDAL draws such a way with its relation."""
    import osmium

    return {
        f"way/{member.ref}"
        for relation in osmium.FileProcessor(str(path), osmium.osm.RELATION)
        if relation.tags.get("type") in ("multipolygon", "boundary")
        for member in relation.members
        if member.type == "w"
    }


def test_counts_of_every_kind_are_those_of_gdal(both, shared):
    """Two differences are known: ways that are an area's ring, and areas that lack nodes."""
    name, ours, other, messages = both
    cut = [text for text in messages if "areas with missing nodes" in text]
    lacking = int(re.search(r": (\d+) areas", cut[0]).group(1)) if cut else 0
    more = {key: ours.get(key, set()) - other.get(key, set()) for key in {*ours, *other}}
    less = {key: other.get(key, set()) - ours.get(key, set()) for key in {*ours, *other}}
    assert len(set().union(*less.values())) == lacking
    extra = set().union(*more.values())
    assert len(extra) <= 12
    if extra:
        assert extra <= members_of_areas(shared / "data" / FILES[name])


def test_the_docs_state_the_counts(both, root):
    name, ours, *_ = both
    lines = (root / "docs" / "osm.md").read_text("utf-8").splitlines()
    head = next(line for line in lines if line.startswith("| table | kind | Malta"))
    place = [cell.strip() for cell in head.split("|")].index(name)
    table = [[cell.strip() for cell in line.split("|")] for line in lines]
    stated = {
        (cells[1], cells[2]): int(cells[place])
        for cells in table
        if len(cells) == len(head.split("|")) and cells[place].isdigit() and cells[place] != "0"
    }
    assert stated == {key: len(ids) for key, ids in ours.items()}
