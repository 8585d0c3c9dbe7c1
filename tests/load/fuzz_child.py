"""Reads files in a process of its own, with bounds on memory, and tells how each reading ended.

Called by test_fuzz.py as ``python fuzz_child.py DOOR FILE ...``; a line of JSON a file.
"""

import json
import re
import resource
import sys
import time
import warnings
from pathlib import Path

ADDRESS_SPACE = 4 << 30  # libraries map much that they never touch; 1 GB of memory is asserted


def door(name: str):
    from shapely.geometry import box

    from geocluster.region import Region

    region = Region("Town", box(500_000, 4_560_000, 520_000, 4_580_000), "EPSG:32642")
    if name == "osm":
        from geocluster.load.osm import read_osm

        return read_osm
    if name == "raster":
        from geocluster.load.raster import read_population

        return lambda path: read_population(path, region, 500)
    if name == "settings":
        from geocluster.load.settings import read_settings

        return read_settings
    from geocluster.load.vector import read_vector

    return read_vector


def ending(read, path: str) -> dict[str, object]:
    from geocluster.errors import GeoclusterError

    try:
        read(path)
    except GeoclusterError as error:
        return {"ended": "told", "message": str(error)}
    except BaseException as error:
        return {"ended": type(error).__name__, "message": str(error)[:400]}
    return {"ended": "read", "message": ""}


def peak_mb() -> float:
    """Peak memory of this program; getrusage also counts the process it was forked from."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def main() -> None:
    read = door(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for path in sys.argv[2:]:
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outcome = ending(read, path)
        outcome["seconds"] = round(time.perf_counter() - start, 2)
        outcome["peak_mb"] = peak_mb()
        outcome["warned"] = [str(one.message)[:300] for one in caught]
        print(json.dumps({"path": path, **outcome}), flush=True)


if __name__ == "__main__":
    main()
