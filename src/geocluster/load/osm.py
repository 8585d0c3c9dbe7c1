"""OpenStreetMap extracts (.osm.pbf, .osm, .osm.gz, .osm.bz2) as tables of ours.

What becomes what is written in ``osm_tags.csv`` beside this file, and nowhere else.
Data (c) OpenStreetMap contributors, Open Database License 1.0.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from geocluster.errors import InputError, MendedWarning
from geocluster.load.osm_guard import check_unpacked
from geocluster.load.osm_stream import (
    Counts,
    Feature,
    UnsortedError,
    check_osm_path,
    has_only_nodes,
    may_be_cut,
    sorted_copy,
    stream_features,
)
from geocluster.load.osm_tags import (
    TABLES,
    TagRow,
    TagTable,
    length_m,
    power_mw,
    read_tag_rows,
    speed_km_h,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from shapely.geometry.base import BaseGeometry

    from geocluster.region import Region

BATCH = 4_000
MARGIN_M = 10_000.0
LONLAT = "EPSG:4326"
EQUAL_AREA = "EPSG:6933"
COLUMNS = {
    "sources": ("osm_id", "name", "kind", "sector", "nace", "sector_rule", "rule", "origin",
                "height_m", "output_mw", "fuel", "product", "operator", "area_ha"),
    "homes": ("osm_id", "name", "kind", "rule", "origin", "area_ha"),
    "places": ("osm_id", "name", "kind", "rule", "origin"),
    "land": ("osm_id", "name", "kind", "class", "rule", "origin", "maxspeed_km_h"),
}  # fmt: skip
NUMBERS = ("height_m", "output_mw", "maxspeed_km_h")
TEXT_TAGS = {
    "product": ("product",),
    "operator": ("operator",),
    "fuel": ("generator:source", "plant:source"),
}
MENDED = {
    "unsorted": "ids fall {n} times instead of ascending: sorted before reading",
    "points_lost": "{n} points without a place on the earth left out",
    "lines_cut": "{n} lines with missing nodes cut there",
    "lines_lost": "{n} lines without two known nodes left out",
    "areas_mended": "{n} rings that cross or touch themselves mended",
    "areas_lost": "{n} areas with missing nodes, or without an inside, left out",
    "areas_tangled": "{n} areas whose rings cross themselves thousands of times left out",
    "relations_lost": "{n} relations with missing members or open rings left out",
}


class OsmTables(NamedTuple):
    """What an extract holds, by table of ours; all in one reference system."""

    sources: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    land: gpd.GeoDataFrame


def read_osm(
    path: str | Path,
    region: Region | None = None,
    *,
    tags: str | Path | None = None,
    margin_m: float = MARGIN_M,
) -> OsmTables:
    """Read an OpenStreetMap extract, clipped to a region while reading.

    Parameters
    ----------
    path : str or Path
        .osm.pbf, .osm, .osm.gz or .osm.bz2.
    region : Region, optional
        Only what lies in it or within `margin_m` of it is kept. None keeps all; a file's own
        header box is never taken for a study area.
    tags : str or Path, optional
        CSV with rows of your own for the mapping of tags, put before the package's: see
        `osm_tags.read_tag_rows`.
    margin_m : float
        How far beyond the region objects are kept. [m]

    Returns
    -------
    OsmTables
        GeoDataFrames in `region.crs`, or EPSG:4326 without a region.
        `sources`: areas and points of industry, works, power plants, generators, chimneys, tanks,
        silos, quarries, landfills, waste-water plants: `osm_id`, `name`, `kind`, `sector`, `nace`,
        `sector_rule`, `rule`, `origin`, `height_m` [m], `output_mw` [MW], `fuel`, `product`,
        `operator`, `area_ha` [ha]; no emissions, which OpenStreetMap does not know.
        `homes`: residential areas with `area_ha` [ha], without people.
        `places`: points of schools, kindergartens, hospitals and named settlements, by `kind`.
        `land`: `kind` (road, rail, power, water, protected, industrial, ...), `class`, and of roads
        `maxspeed_km_h` [km/h].

    Raises
    ------
    InputError
        Where the file is missing, broken or no OpenStreetMap data, where nothing of it lies in the
        region, or where `tags` cannot be used.

    Warns
    -----
    MendedWarning
        With the number of objects that were sorted, cut, mended or left out, and with the layers
        of which the file holds nothing.

    Examples
    --------
    >>> import tempfile
    >>> nodes = [(1, 0, 0), (2, 0, 0.01), (3, 0.01, 0.01), (4, 0.01, 0)]
    >>> text = '<osm version="0.6">' + "".join(
    ...     f'<node id="{i}" lat="{y}" lon="{x}" version="1"/>' for i, y, x in nodes
    ... )
    >>> text += '<way id="1" version="1">' + "".join(f'<nd ref="{i}"/>' for i in (1, 2, 3, 4, 1))
    >>> text += '<tag k="landuse" v="industrial"/><tag k="name" v="Cement works"/></way></osm>'
    >>> with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     path = Path(folder, "town.osm")
    ...     _ = path.write_text(text)
    ...     tables = read_osm(path)
    >>> tables.sources[["osm_id", "kind", "sector", "sector_rule"]].values.tolist()
    [['way/1', 'industrial', 'cement', 'name-cement: name']]
    """
    path = Path(path)
    check_osm_path(path)
    check_unpacked(path)
    table = TagTable(read_tag_rows(tags))
    clip = _Clip(region, margin_m) if region is not None else None
    with tempfile.TemporaryDirectory(prefix="geocluster-osm-") as folder:
        kept, counts = _collect(path, table, clip, Path(folder))
    if counts.matched and region is not None and not any(kept.values()):
        raise InputError(
            str(path), f"nothing of it lies in or near {region.name}: check boundary and extract"
        )
    tables = _tables(kept, clip)
    if clip is not None and kept["coastline"]:
        tables = tables._replace(land=_with_sea(tables.land, kept["coastline"], clip, path))
    _warn(path, counts, tables)
    return tables


class _Clip:
    """The region and its margin, in degrees, to select and cut by."""

    def __init__(self, region: Region, margin_m: float) -> None:
        import geopandas as gpd
        import shapely

        near = shapely.segmentize(region.boundary.buffer(margin_m), 5_000)
        self.area: BaseGeometry = gpd.GeoSeries([near], crs=region.crs).to_crs(LONLAT).iloc[0]
        self.box = self.area.bounds
        self.crs = region.crs
        shapely.prepare(self.area)

    def __call__(self, geometry: np.ndarray) -> np.ndarray:
        import shapely

        west, south, east, north = self.box
        x_min, y_min, x_max, y_max = shapely.bounds(geometry).T
        near = (x_min <= east) & (x_max >= west) & (y_min <= north) & (y_max >= south)
        near[near] = shapely.intersects(self.area, geometry[near])
        return near


# One kept object: id, tags, the row of the mapping, geometry in degrees.
_Kept = tuple[str, dict[str, str], TagRow, "BaseGeometry"]


def _collect(
    path: Path, table: TagTable, clip: _Clip | None, folder: Path
) -> tuple[dict[str, list[_Kept]], Counts]:
    counts = Counts()
    try:
        return _kept_features(path, table, counts, clip), counts
    except UnsortedError:
        counts = Counts()
        copy = sorted_copy(path, folder, counts)
        return _kept_features(copy, table, counts, clip), counts


def _kept_features(
    path: Path, table: TagTable, counts: Counts, clip: _Clip | None
) -> dict[str, list[_Kept]]:
    kept: dict[str, list[_Kept]] = {name: [] for name in TABLES}
    batch: list[Feature] = []
    for feature in stream_features(path, table, counts):
        batch.append(feature)
        if len(batch) >= BATCH:
            _keep(batch, clip, kept)
            batch = []
        counts.matched += 1
    _keep(batch, clip, kept)
    return kept


def _keep(batch: list[Feature], clip: _Clip | None, kept: dict[str, list[_Kept]]) -> None:
    import numpy as np
    import shapely

    geometry = np.asarray(shapely.from_wkb([feature.wkb for feature in batch]), dtype=object)
    single = (shapely.get_type_id(geometry) > 3) & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    near = clip(geometry) if clip is not None and batch else np.ones(len(batch), bool)
    for place in near.nonzero()[0]:
        feature, shape = batch[place], geometry[place]
        for row in feature.rows:
            cut = shape if clip is None or row.table != "land" else _cut(shape, clip.box)
            if not cut.is_empty:
                kept[row.table].append((feature.osm_id, feature.tags, row, cut))


def _cut(shape: BaseGeometry, box: tuple[float, ...]) -> BaseGeometry:
    """Long rivers and large forests end at the box, so that memory follows the region's size."""
    import shapely

    west, south, east, north = shape.bounds
    if west >= box[0] and south >= box[1] and east <= box[2] and north <= box[3]:
        return shape
    return shapely.make_valid(shapely.clip_by_rect(shape, *box))


def _tables(kept: dict[str, list[_Kept]], clip: _Clip | None) -> OsmTables:
    from geocluster.tables import check_table

    crs = LONLAT if clip is None else clip.crs
    tables = OsmTables(*(_table(name, kept[name], crs) for name in OsmTables._fields))
    check_table(tables.places, "places", "OpenStreetMap places")
    check_table(tables.land, "land", "OpenStreetMap land")
    return tables


def _table(name: str, kept: list[_Kept], crs: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    kept = sorted(kept, key=lambda one: (*_id_order(one[0]), one[2].kind))
    records = [_record(name, osm_id, tags, row) for osm_id, tags, row, _ in kept]
    columns = COLUMNS[name]
    frame = pd.DataFrame.from_records(records, columns=[c for c in columns if c != "area_ha"])
    texts = frame.columns.difference(list(NUMBERS))
    frame = frame.astype(dict.fromkeys(texts, "str")).astype(
        {column: float for column in NUMBERS if column in frame}
    )
    table = gpd.GeoDataFrame(frame, geometry=[one[3] for one in kept], crs=LONLAT)
    if name == "places":
        table.geometry = table.geometry.representative_point()
    if "area_ha" in columns:
        table["area_ha"] = table.geometry.to_crs(EQUAL_AREA).area / 1e4
        table = table[[*columns, "geometry"]]
    return table.to_crs(crs)


def _with_sea(
    land: gpd.GeoDataFrame, shore: list[_Kept], clip: _Clip, path: Path
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    from geocluster.load.coastline import sea_area

    sea, unclear = sea_area([geometry for *_, geometry in shore], clip.area)
    if unclear:
        _mended(f"{path.name}: {unclear:.0%} of the shore does not close: no sea drawn there")
    if sea.is_empty:
        return land
    row: dict[str, object] = {"osm_id": None, "name": "sea", "kind": "water", "class": "sea"}
    row |= {"rule": "natural=coastline", "origin": "OpenStreetMap", "maxspeed_km_h": math.nan}
    table = gpd.GeoDataFrame([row], geometry=[sea], crs=LONLAT).to_crs(clip.crs)
    texts = {name: "str" for name in COLUMNS["land"] if name not in NUMBERS}
    return gpd.GeoDataFrame(pd.concat([land, table.astype(texts)], ignore_index=True))


def _id_order(osm_id: str) -> tuple[str, int]:
    kind, _, number = osm_id.partition("/")
    return kind, int(number)


def _record(name: str, osm_id: str, tags: dict[str, str], row: TagRow) -> dict[str, object]:
    from geocluster.industry.land_use import Sector, nace_of, sector_of

    rule = f"{row.key}={tags.get(row.key, row.value)}"
    record: dict[str, object] = {
        "osm_id": osm_id,
        "name": tags.get("name"),
        "kind": row.kind,
        "rule": rule,
        "origin": row.origin,
    }
    if name == "land":
        record["class"] = row.class_ or None
        limit = speed_km_h(tags.get("maxspeed")) if row.kind == "road" else None
        record["maxspeed_km_h"] = limit
    if name == "sources":
        record.update({key: _first(tags, keys) for key, keys in TEXT_TAGS.items()})
        record["height_m"] = length_m(tags.get("height"))
        output = _first(tags, ("plant:output:electricity", "generator:output:electricity"))
        record["output_mw"] = power_mw(output)
        # A sector in a row of one's own was put there on purpose: it decides.
        given = Sector(row.sector, row.nace or nace_of(row.sector), f"own row: {row.key}")
        decided = row.own and row.sector
        sector = given if decided else sector_of(tags, row.sector, rule)
        record.update(sector=sector.sector, nace=sector.nace, sector_rule=sector.rule)
    return record


def _first(tags: dict[str, str], keys: tuple[str, ...]) -> str | None:
    return next((tags[key] for key in keys if tags.get(key)), None)


def _warn(path: Path, counts: Counts, tables: OsmTables) -> None:
    for what, sentence in MENDED.items():
        number = getattr(counts, what)
        if number:
            examples = ", ".join(counts.examples.get(what, []))
            ids = f" (such as {examples})" if examples else ""
            _mended(f"{path.name}: {sentence.format(n=number)}{ids}")
    if may_be_cut(path):
        _mended(
            f"{path.name}: 1 kind of object is missing: there are ways and no relation; if "
            "the file was cut off there, areas made of several ways are missing"
        )
    empty = [name for name, table in zip(tables._fields, tables, strict=True) if table.empty]
    if empty:
        reason = "; the file holds nodes only" if has_only_nodes(path) else ""
        _mended(f"{path.name}: {len(empty)} layers are empty: {', '.join(empty)}{reason}")


def _mended(message: str) -> None:
    warnings.warn(message, MendedWarning, stacklevel=4)
