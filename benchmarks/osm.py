"""Seconds and memory for an OpenStreetMap extract, and for one of ten times its size.

The larger file holds ten copies side by side, each with ids of its own, sorted; both are read in a
process of their own, clipped to the study of the first copy::

    python benchmarks/osm.py EXTRACT.osm.pbf BOUNDARY.geojson
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import osmium
from osmium.osm import mutable

COPIES = 10
SHIFT_DEG = 1.0
ID_STEP = 10**11

CHILD = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
from geocluster.load.osm import read_osm
from geocluster.load.vector import read_boundary
from geocluster.region import Region
path, boundary = sys.argv[1:]
region = Region.from_boundary("Study", read_boundary(boundary)) if boundary else None
start, cpu = time.perf_counter(), time.process_time()
tables = read_osm(path, region)
print(json.dumps({
    "seconds": round(time.perf_counter() - start, 1),
    "cpu_seconds": round(time.process_time() - cpu, 1),
    "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    "rows": [len(table) for table in tables],
}))
"""


def side_by_side(path: Path, out: Path, copies: int) -> None:
    """Copies of a file, each a degree east of the one before and with ids of its own."""
    with osmium.SimpleWriter(str(out)) as writer:
        for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
            for copy in range(copies):
                add = copy * ID_STEP
                for thing in osmium.FileProcessor(str(path), kind):
                    _write(writer, thing, add, copy * SHIFT_DEG)


def _write(writer: osmium.SimpleWriter, thing: osmium.osm.OSMObject, add: int, east: float) -> None:
    if thing.is_node():
        place = (thing.location.lon + east, thing.location.lat)
        writer.add_node(mutable.Node(thing, id=thing.id + add, location=place))
    elif thing.is_way():
        nodes = [node.ref + add for node in thing.nodes]
        writer.add_way(mutable.Way(thing, id=thing.id + add, nodes=nodes))
    else:
        members = [(member.type, member.ref + add, member.role) for member in thing.members]
        writer.add_relation(mutable.Relation(thing, id=thing.id + add, members=members))


def measured(path: Path, boundary: str) -> dict[str, object]:
    """Seconds, CPU seconds, peak memory [MB] and rows of the tables, in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(path), boundary]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"mb": round(path.stat().st_size / 1e6, 1), **json.loads(done.stdout)}


def main() -> None:
    """Print a line for the file as it is, clipped, and for ten copies, clipped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extract", type=Path)
    parser.add_argument("boundary")
    given = parser.parse_args()
    print("as it is:", measured(given.extract, ""))
    print("clipped:", measured(given.extract, given.boundary))
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.osm.pbf")
        side_by_side(given.extract, large, COPIES)
        print(f"{COPIES} copies, clipped:", measured(large, given.boundary))


if __name__ == "__main__":
    main()
