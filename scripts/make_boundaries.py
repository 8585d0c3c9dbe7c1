"""Boundaries of the default regions, from Natural Earth's admin-1 (public domain).

Debian's package qgis-common carries it: ``apt-get download qgis-common``,
``dpkg -x qgis-common_*.deb x``, then::

    python scripts/make_boundaries.py x/usr/share/qgis/resources/data/world_map.gpkg

Written for qgis-common 3.22.16. The lines are coarse, about 5 km: good for a study's frame, not for
telling on which side of a border a town lies.
"""

import argparse
from pathlib import Path

import geopandas as gpd
import shapely

# Natural Earth's names; two rows are called Tashkent, the region and the city within it.
REGIONS = {
    "tashkent": ("Tashkent", 2),
    "navoi": ("Navoi", 1),
    "andijan": ("Andijon", 1),
    "bukhara": ("Bukhoro", 1),
}
TITLES = {
    "tashkent": "Tashkent region and Tashkent city",
    "navoi": "Navoi region",
    "andijan": "Andijan region",
    "bukhara": "Bukhara region",
}
GRID_DEG = 0.0001
SLIVERS_DEG2 = 1e-4


def read_provinces(path: Path) -> gpd.GeoDataFrame:
    provinces = gpd.read_file(path, layer="states_provinces")
    return provinces[provinces["admin"] == "Uzbekistan"].to_crs("EPSG:4326")


def dissolve(provinces: gpd.GeoDataFrame, name: str, rows: int) -> shapely.Geometry:
    """One polygon of all rows of this name, without the slivers where two rows meet."""
    found = provinces[provinces["name"] == name]
    if len(found) != rows:
        raise SystemExit(f"{name}: {rows} rows expected, {len(found)} found")
    joined = shapely.set_precision(found.geometry.union_all(), GRID_DEG)
    parts = [without_pinholes(part) for part in shapely.get_parts(joined)]
    return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]


def without_pinholes(polygon: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in polygon.interiors if shapely.Polygon(ring).area > SLIVERS_DEG2]
    return shapely.Polygon(polygon.exterior, holes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world_map", type=Path, help="world_map.gpkg of qgis-common")
    parser.add_argument("--out", type=Path, default=Path("data/regions"))
    arguments = parser.parse_args()
    provinces = read_provinces(arguments.world_map)
    for region, (name, rows) in REGIONS.items():
        polygon = dissolve(provinces, name, rows)
        frame = gpd.GeoDataFrame(
            {
                "name": [TITLES[region]],
                "origin": ["Natural Earth admin-1 as in Debian's qgis-common (public domain)"],
            },
            geometry=[polygon],
            crs="EPSG:4326",
        )
        target = arguments.out / region / "boundary.geojson"
        target.parent.mkdir(parents=True, exist_ok=True)
        frame.to_file(target, driver="GeoJSON", COORDINATE_PRECISION=4, RFC7946="YES")
        area_km2 = frame.to_crs("EPSG:6933").area.item() / 1e6
        print(
            f"{region}: {polygon.geom_type}, {shapely.get_num_coordinates(polygon)} points, "
            f"{area_km2:,.0f} km2"
        )


if __name__ == "__main__":
    main()
