"""Files that lie, burst or never end, written on the spot: name, and a function that writes it."""

import bz2
import gzip
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1 << 20
Writer = Callable[[Path], object]


# Protocol buffers, as far as an OpenStreetMap file needs them.
def varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def text_field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def number_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def blob(kind: bytes, body: bytes) -> bytes:
    header = text_field(1, kind) + number_field(3, len(body))
    return struct.pack(">I", len(header)) + header + body


def packed(raw: bytes, claimed: int | None = None) -> bytes:
    size = len(raw) if claimed is None else claimed
    return number_field(2, size) + text_field(3, zlib.compress(raw))


HEADER = blob(b"OSMHeader", packed(text_field(4, b"OsmSchema-V0.6")))


def pbf(*blobs: bytes) -> Writer:
    return lambda path: path.write_bytes(HEADER + b"".join(blobs))


NODE = '<node id="1" lat="1" lon="1">'
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    + ']><osm version="0.6">'
    + NODE
    + '<tag k="name" v="&a9;"/></node></osm>'
)
OUTSIDE = (
    '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><osm version="0.6">'
    + NODE
    + '<tag k="name" v="&x;"/></node></osm>'
)


def bomb(opened: Callable[..., object], start: bytes, filling: bytes, megabytes: int) -> Writer:
    def write(path: Path) -> None:
        with opened(path, "wb") as file:  # type: ignore[attr-defined]
            file.write(start)
            for _ in range(megabytes):
                file.write(filling * (MEGABYTE // len(filling)))

    return write


def gzip_fast(path: Path, mode: str) -> gzip.GzipFile:
    return gzip.GzipFile(path, mode, compresslevel=1)


def members(*pieces: bytes) -> Writer:
    """A gzip or bzip2 file of many members, each of them the same."""
    return lambda path: path.write_bytes(b"".join(pieces))


OSM_START = b'<osm version="0.6">'
GZ_PIECE = gzip.compress(b" " * 16 * MEGABYTE)
BZ2_PIECE = bz2.compress(b" " * 16 * MEGABYTE)


def scribbled_way(path: Path) -> None:
    """A closed way of 8,000 nodes that crosses itself millions of times."""
    import numpy as np

    places = np.random.default_rng(1).random((8_000, 2)).round(6).tolist()
    nodes = [f'<node id="{i}" lon="{x}" lat="{y}"/>' for i, (x, y) in enumerate(places, 1)]
    refs = "".join(f'<nd ref="{i}"/>' for i in [*range(1, 8_001), 1])
    way = f'<way id="1">{refs}<tag k="landuse" v="industrial"/></way>'
    path.write_text("\n".join(['<osm version="0.6">', *nodes, way, "</osm>"]))


OSM: dict[str, Writer] = {
    "scribble.osm": scribbled_way,
    "laughs.osm": lambda path: path.write_text(LAUGHS),
    "outside.osm": lambda path: path.write_text(OUTSIDE),
    "bomb.osm.gz": members(gzip.compress(OSM_START), *[GZ_PIECE] * 640),
    "bomb.osm.bz2": members(bz2.compress(OSM_START), *[BZ2_PIECE] * 640),
    "long_name.osm.gz": members(
        gzip.compress(OSM_START + NODE.encode() + b'<tag k="name" v="'), *[GZ_PIECE] * 200
    ),
    "long_name.osm": bomb(open, OSM_START + NODE.encode() + b'<tag k="name" v="', b"x", 60),
    "deep.osm": bomb(open, OSM_START, b"<node>", 4),
    "blob_of_gigabytes.osm.pbf": pbf(blob(b"OSMData", packed(b"x" * 100, 4 << 30))),
    "blob_bomb.osm.pbf": pbf(blob(b"OSMData", packed(b"\0" * 200 * MEGABYTE))),
    "blob_of_lies.osm.pbf": pbf(blob(b"OSMData", packed(b"\0" * 20 * MEGABYTE, 100))),
    "blob_corrupt.osm.pbf": pbf(
        blob(b"OSMData", number_field(2, 100) + text_field(3, b"\x78\x9c" + b"\xff" * 60))
    ),
    "header_of_gigabytes.osm.pbf": lambda path: path.write_bytes(struct.pack(">I", 0xFFFFFFFF)),
    "body_of_gigabytes.osm.pbf": lambda path: path.write_bytes(
        (lambda head: struct.pack(">I", len(head)) + head)(
            text_field(1, b"OSMHeader") + number_field(3, 0x7FFFFFFF)
        )
    ),
    "unknown_feature.osm.pbf": lambda path: path.write_bytes(
        blob(b"OSMHeader", packed(text_field(4, b"Future")))
    ),
    "noise.osm.pbf": pbf(blob(b"OSMData", packed(bytes(range(256)) * 64))),
}


def deep_geojson(path: Path) -> None:
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        '{"type":"Polygon","coordinates":' + "[" * 10_000 + "]" * 10_000 + "}}]}"
    )


def deep_collections(path: Path) -> None:
    inner = '{"type":"GeometryCollection","geometries":['
    point = '{"type":"Point","coordinates":[1,1]}'
    path.write_text(
        '{"type":"Feature","properties":{},"geometry":'
        + inner * 10_000
        + point
        + "]}" * 10_000
        + "}"
    )


def long_ring(path: Path) -> None:
    import numpy as np
    import shapely

    angle = np.linspace(0, 2 * np.pi, 1_000_000)
    corners = np.column_stack([69 + np.cos(angle), 41 + np.sin(angle)]).round(6)
    geometry = shapely.to_geojson(shapely.Polygon(corners))
    path.write_text(f'{{"type":"Feature","properties":{{}},"geometry":{geometry}}}')


def many_columns(path: Path) -> None:
    names = ",".join(f"c{i}" for i in range(1_000_000))
    path.write_text(f"lon,lat,{names}\n69,41,{',' * 999_999}\n")


def zipped(*files: tuple[str, bytes]) -> Writer:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in files:
                archive.writestr(name, content)

    return write


def zip_bomb(path: Path) -> None:
    blanks = b'{"type":"FeatureCollection","features":[' + b" " * (100 * MEGABYTE)
    zipped(("bomb.geojson", blanks))(path)


def zip_that_lies(path: Path) -> None:
    """The bomb, which says that it unpacks to 1,000 bytes."""
    zip_bomb(path)
    size = struct.pack("<I", 100 * MEGABYTE + 40)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<I", 1_000)))


POINT = json.dumps(
    {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [69, 41]}}
).encode()


def geopackage(path: Path, rows: int = 50) -> None:
    import geopandas as gpd
    import numpy as np

    points = gpd.points_from_xy(np.linspace(69, 70, rows), np.full(rows, 41.0))
    gpd.GeoDataFrame({"name": "x" * 500}, index=range(rows), geometry=points, crs=4326).to_file(
        path, layer="points", driver="GPKG"
    )


def truncated_geopackage(path: Path) -> None:
    geopackage(path, rows=2_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def geopackage_of_view(statement: str) -> Writer:
    def write(path: Path) -> None:
        import sqlite3

        geopackage(path)
        base = sqlite3.connect(path)
        base.execute("DROP TABLE points")
        base.execute(f"CREATE VIEW points AS {statement}")
        base.commit()
        base.close()

    return write


ENDLESS = (
    "WITH RECURSIVE n(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM n) "
    "SELECT fid, NULL AS geom FROM n"
)


def lying_parquet(path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"lon": [69.0] * 1000, "lat": [41.0] * 1000}).to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8] + struct.pack("<I", 0x7FFFFFF0) + b"PAR1")


def corrupt_parquet(path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"lon": [69.0] * 1000, "lat": [41.0] * 1000}).to_parquet(path)
    whole = bytearray(path.read_bytes())
    whole[40 : len(whole) // 2] = b"\xff" * (len(whole) // 2 - 40)
    path.write_bytes(bytes(whole))


def parquet_bomb(path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    one = pyarrow.array([0.0] * 2_000_000).dictionary_encode()
    part = pyarrow.table({"lon": one, "lat": one})
    with pyarrow.parquet.ParquetWriter(path, part.schema, compression="zstd") as writer:
        for _ in range(12):
            writer.write_table(part)


def scribble(path: Path) -> None:
    """One ring of 5,000 corners that crosses itself a million times."""
    import numpy as np

    corners = np.random.default_rng(1).random((5_000, 2)).round(6).tolist()
    ring = json.dumps([[*corners, corners[0]]])
    path.write_text(
        '{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":'
        + ring
        + "}}"
    )


VECTOR: dict[str, Writer] = {
    "deep.geojson": deep_geojson,
    "deep_collections.geojson": deep_collections,
    "long_ring.geojson": long_ring,
    "scribble.geojson": scribble,
    "columns.csv": many_columns,
    "one_line.csv": bomb(open, b"lon,lat,name\n69,41,", b"x", 100),
    "one_header.csv": bomb(open, b"lon,lat,", b"x", 100),
    "open_quote.csv": bomb(open, b'lon,lat,name\n69,41,"', b"x\n", 100),
    "climbs.zip": zipped(("../../climbs.geojson", POINT)),
    "bomb.zip": zip_bomb,
    "lying.zip": zip_that_lies,
    "truncated.gpkg": truncated_geopackage,
    "view.gpkg": geopackage_of_view("SELECT * FROM nowhere"),
    "endless.gpkg": geopackage_of_view(ENDLESS),
    "footer.parquet": lying_parquet,
    "corrupt.parquet": corrupt_parquet,
    "bomb.parquet": parquet_bomb,
    "noise.fgb": lambda path: path.write_bytes(b"fgb\x03fgb\x00" + b"\xff" * 4096),
    "noise.shp": lambda path: [
        path.with_suffix(suffix).write_bytes(b"\xff" * 4096) for suffix in (".shp", ".shx", ".dbf")
    ],
}


def tiff(path: Path, width: int, height: int, tile: int, offset: int, size: int) -> None:
    """A TIFF with one entry for all its tiles: what it declares is not there."""
    tiles = -(-width // tile) * -(-height // tile)
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 32), (259, 3, 1, 8), (262, 3, 1, 1),
        (277, 3, 1, 1), (322, 4, 1, tile), (323, 4, 1, tile), (324, 4, tiles, offset),
        (325, 4, tiles, size), (339, 3, 1, 3), (33550, 12, 3, 400), (33922, 12, 6, 424),
        (34735, 3, 16, 472),
    ]  # fmt: skip
    body = b"II*\0" + struct.pack("<IH", 8, len(entries))
    body += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    body = body.ljust(400, b"\0") + struct.pack("<3d", 100, 100, 0)
    body += struct.pack("<6d", 0, 0, 0, 500_000, 4_580_000, 0)
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32642)
    path.write_bytes(body + struct.pack("<16H", *keys) + bytes(64))


def squeezed_raster(path: Path) -> None:
    import numpy as np
    import rasterio
    from rasterio.windows import Window

    place = rasterio.transform.from_origin(500_000, 4_580_000, 0.5, 0.5)
    with rasterio.open(
        path, "w", driver="GTiff", width=40_000, height=2_000, count=1, dtype="float32",
        crs="EPSG:32642", transform=place, compress="deflate", blockxsize=40_000, blockysize=2_000,
        zlevel=1,
    ) as raster:  # fmt: skip
        for row in range(0, 2_000, 500):
            raster.write(np.zeros((500, 40_000), "float32"), 1, window=Window(0, row, 40_000, 500))


def truncated_raster(path: Path) -> None:
    import numpy as np
    import rasterio

    place = rasterio.transform.from_origin(500_000, 4_580_000, 100, 100)
    values = np.random.default_rng(1).random((1, 200, 200), "float32")
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=200, count=1, dtype="float32",
        crs="EPSG:32642", transform=place, compress="deflate",
    ) as raster:  # fmt: skip
        raster.write(values)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


VRT = """<VRTDataset rasterXSize="{size}" rasterYSize="{size}"><SRS>EPSG:32642</SRS>
<GeoTransform>500000, 0.01, 0, 4580000, 0, -0.01</GeoTransform>
<VRTRasterBand dataType="Float64" band="1" blockXSize="{block}" blockYSize="{block}"/>
</VRTDataset>"""

RASTER: dict[str, Writer] = {
    "one_tile.tif": lambda path: tiff(path, 1_000_000, 1_000_000, 999_984, 600, 1 << 30),
    "many_tiles.tif": lambda path: tiff(path, 1_000_000, 1_000_000, 256, 600, 1 << 30),
    "tile_beyond.tif": lambda path: tiff(path, 256, 256, 256, 1 << 31, 1 << 20),
    "squeezed.tif": squeezed_raster,
    "truncated.tif": truncated_raster,
    "pixels.vrt": lambda path: path.write_text(VRT.format(size=2_000_000, block=256)),
    "block.vrt": lambda path: path.write_text(VRT.format(size=2_000_000, block=2_000_000)),
    "noise.tif": lambda path: path.write_bytes(b"II*\0" + b"\xff" * 4096),
}

SETTINGS: dict[str, Writer] = {
    "deep_list.toml": lambda path: path.write_text("a = " + "[" * 10_000 + "]" * 10_000),
    "deep_table.toml": lambda path: path.write_text("a = " + "{b=" * 10_000 + "1" + "}" * 10_000),
    "deep_header.toml": lambda path: path.write_text("[" + ".".join("a" * 10_000) + "]\nb = 1\n"),
    "deep_key.toml": lambda path: path.write_text(".".join("a" * 10_000) + " = 1\n"),
    "long_number.toml": lambda path: path.write_text("a = " + "9" * 5_000 + "\n"),
    "large.toml": bomb(open, b'a = "', b"x", 200),
    "endless.toml": bomb(open, b"", b"a.b.c.d.e.f = 1\n", 1),
    "noise.toml": lambda path: path.write_bytes(bytes(range(256))),
}

DOORS = {"osm": OSM, "vector": VECTOR, "raster": RASTER, "settings": SETTINGS}
