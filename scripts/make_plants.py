"""Each default region's plants.csv: the plants of it and those within 50 km of its border.

From the one table data/regions/plants_uz.csv, where each figure stands once, with its source::

    python scripts/make_plants.py
"""

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd

REGIONS = {
    "tashkent": "Tashkent region",
    "navoi": "Navoi",
    "andijan": "Andijan",
    "bukhara": "Bukhara",
}
REACH_M = 50_000


def plants_of(region: str, plants: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The rows within reach; `inside` by the region written down, not by the coarse boundary."""
    boundary = gpd.read_file(folder / "boundary.geojson")
    metric = boundary.estimate_utm_crs()
    points = gpd.GeoSeries.from_xy(plants["longitude"], plants["latitude"], crs="EPSG:4326")
    distance = points.to_crs(metric).distance(boundary.to_crs(metric).geometry.item()).to_numpy()
    inside = plants["region"] == REGIONS[region]
    plants = plants.copy()
    plants.insert(3, "inside", inside)
    return plants[inside.to_numpy() | (distance <= REACH_M)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/regions"))
    folder = parser.parse_args().out
    # Text as it stands: a sector's code 07.29 is no number.
    plants = pd.read_csv(folder / "plants_uz.csv", dtype=str, keep_default_na=False)
    plants = plants.astype({"longitude": float, "latitude": float})
    for region in REGIONS:
        found = plants_of(region, plants, folder / region)
        found.to_csv(folder / region / "plants.csv", index=False)
        outside = found.loc[~found["inside"], "plant_id"].unique().tolist()
        print(
            f"{region}: {found['plant_id'].nunique()} plants, of them across the border {outside}"
        )


if __name__ == "__main__":
    main()
