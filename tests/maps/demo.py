"""A small made-up region around 69.3 E 41.3 N with every layer that the map can draw."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from shapely import LineString, Point, Polygon, box

from geocluster.region import Region

CRS = "EPSG:32642"
MIDDLE = (525_000.0, 4_572_000.0)
NASTY = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1"> \'"`${1+1}`'


def region() -> Region:
    angles = np.linspace(0, 2 * np.pi, 61)[:-1]
    radius = 36_000 * (1 + 0.18 * np.sin(3 * angles) + 0.08 * np.cos(7 * angles))
    ring = np.c_[MIDDLE[0] + 1.3 * radius * np.cos(angles), MIDDLE[1] + radius * np.sin(angles)]
    return Region("Demo region", Polygon(ring), CRS)


def concentration(grid: xr.DataArray) -> xr.Dataset:
    x, y = np.meshgrid(grid.x, grid.y)
    east, north = (x - MIDDLE[0] + 12_000) / 1000, (y - MIDDLE[1] + 8_000) / 1000
    plume = 60 * np.exp(-np.hypot(east, north) / 4) + 9 * np.exp(
        -((east - 0.6 * north) ** 2) / 90 - np.hypot(east, north) / 16
    )
    values = np.stack([plume, 0.7 * plume, 1.4 * plume, 0.3 * plume[::-1, ::-1]])
    return xr.Dataset(
        {"mean": (("pollutant", "y", "x"), values)},
        coords={"pollutant": ["so2", "so2_low", "so2_high", "nox"], "y": grid.y, "x": grid.x},
        attrs={**grid.attrs, "units": "ug/m3"},
    )


def burden(grid: xr.DataArray) -> xr.DataArray:
    x, y = np.meshgrid(grid.x, grid.y)
    far = np.hypot(x - MIDDLE[0], y - MIDDLE[1]) / 1000
    return xr.DataArray(
        40_000 * np.exp(-far / 12), dims=("y", "x"), coords={"y": grid.y, "x": grid.x},
        attrs={**grid.attrs, "units": "persons × µg/m³ per g/s"},
    )  # fmt: skip


def exposure(name: str = "Olmazor") -> gpd.GeoDataFrame:
    rng = np.random.default_rng(1)
    towns = [
        (name, 0, 0, 6_000, 900_000),
        ("Chirchiq", 22_000, 16_000, 2_500, 160_000),
        ("Yangiyo'l", -20_000, -16_000, 2_000, 60_000),
        ("Parkent", 26_000, -6_000, 1_500, 40_000),
    ]
    shapes = [Point(MIDDLE[0] + e, MIDDLE[1] + n).buffer(r, 12) for _, e, n, r, _ in towns]
    names = [town[0] for town in towns]
    people = [float(town[4]) for town in towns]
    for _ in range(250):
        e, n = rng.uniform(-38_000, 38_000), rng.uniform(-26_000, 26_000)
        west, south = 1000 * ((MIDDLE[0] + e) // 1000), 1000 * ((MIDDLE[1] + n) // 1000)
        shapes.append(box(west, south, west + 1000, south + 1000))
        names.append("")
        people.append(float(rng.integers(20, 300)))
    so2 = [float(40 * np.exp(-s.centroid.distance(Point(MIDDLE)) / 15_000)) for s in shapes]
    return gpd.GeoDataFrame(
        {
            "name": names,
            "people": people,
            "origin": ["GeoNames"] * 4 + ["assumed"] * 250,
            "so2_mean_ug_m3": so2,
            "nox_mean_ug_m3": [value / 4 for value in so2],
            "so2_mean_highest_ug_m3": [value * 1.2 for value in so2],
            "people_above_eu_so2_annual": [
                p if v > 20 else 0.0 for p, v in zip(people, so2, strict=True)
            ],
        },
        geometry=shapes,
        crs=CRS,
    )  # fmt: skip


def sources(name: str = "Smelter") -> gpd.GeoDataFrame:
    at = [(-12_000, -8_000), (4_000, 9_000), (15_000, -12_000), (-11_000, -7_000)]
    return gpd.GeoDataFrame(
        {
            "source_id": ["a", "b", "c", "d"],
            "name": [name, "Gas power plant", "Cement works", "Furnace hall"],
            "sector": ["copper", "power", "cement", "copper"],
            "source_type": ["point", "point", "volume", "volume"],
            "stack_height_m": [160.0, 120.0, np.nan, np.nan],
            "release_height_m": [np.nan, np.nan, 15.0, 20.0],
            "emission_so2_g_s": [3800.0, 12.0, 60.0, 400.0],
            "emission_nox_g_s": [40.0, 260.0, 90.0, 0.0],
            "low_emission_so2_g_s": [3800.0, 5.0, 20.0, 200.0],
            "high_emission_so2_g_s": [3800.0, 40.0, 120.0, 800.0],
            "emission_co2_g_s": [1e4, 1e5, 5e4, 0.0],
            "emission_origin": ["reported", "factor", "factor", "assumed"],
            "stack_origin": ["assumed"] * 4,
        },
        geometry=[Point(MIDDLE[0] + e, MIDDLE[1] + n) for e, n in at],
        crs=CRS,
    )


def clusters() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "cluster_id": ["c1"],
            "name": ["Metals cluster"],
            "members": [2],
            "member_names": [["Smelter", "Furnace hall"]],
            "sectors": ["copper"],
            "emission_so2_g_s": [4200.0],
            "area_ha": [310.0],
            "nearest_home_m": [640.0],
            "people_within_1000_m": [1200.0],
        },
        geometry=[Point(MIDDLE[0] - 11_500, MIDDLE[1] - 7_500).buffer(1_500, 3)],
        crs=CRS,
    )


def sites() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(2)
    count = 30
    angle, far = rng.uniform(0, 2 * np.pi, count), rng.uniform(8_000, 22_000, count)
    shapes = [
        box(x, y, x + 1_200, y + 1_000)
        for x, y in zip(
            MIDDLE[0] + far * np.cos(angle), MIDDLE[1] + far * np.sin(angle), strict=True
        )
    ]
    score = np.linspace(0.9, 0.2, count)
    return gpd.GeoDataFrame(
        {
            "site_id": [f"s{i:03d}" for i in range(count)],
            "rank": range(1, count + 1),
            "score": score,
            "kind": ["empty land"] * (count - 1) + ["existing zone"],
            "area_ha": 120.0,
            "burden": 1e4 * (1 - score),
            "distance_road_m": rng.uniform(100, 5_000, count),
            "people_within_500_m": rng.integers(0, 400, count),
            "top_three_share": score**3,
            "normalised_burden": score,
        },
        geometry=shapes,
        crs=CRS,
    )


def suitable(grid: xr.DataArray) -> xr.Dataset:
    x, y = np.meshgrid(grid.x, grid.y)
    far = np.hypot(x - MIDDLE[0], y - MIDDLE[1])
    reasons = (far < 7_000) * 1 + (np.abs(x - y + MIDDLE[1] - MIDDLE[0]) < 3_000) * 2
    reasons = np.where(grid, reasons, 4).astype("uint32")
    fringe = (far > 7_000) & (far < 17_000)
    return xr.Dataset(
        {
            "suitable": (("y", "x"), fringe & (reasons == 0)),
            "reasons": (("y", "x"), reasons),
            "fringe": (("y", "x"), fringe),
        },
        coords={"y": grid.y, "x": grid.x},
        attrs={
            **grid.attrs,
            "rules": [
                {"rule_id": "homes", "reason": "nearer than 500 m to homes"},
                {"rule_id": "river", "reason": "nearer than 200 m to water"},
                {"rule_id": "outside", "kind": "region", "reason": "outside the region"},
            ],
        },
    )


def land() -> gpd.GeoDataFrame:
    def line(*steps: tuple[float, float]) -> LineString:
        return LineString([(MIDDLE[0] + 1000 * e, MIDDLE[1] + 1000 * n) for e, n in steps])

    rows = [
        ("road", "M39", "trunk", line((-45, -20), (-10, -4), (0, 2), (20, 15), (40, 20))),
        ("road", "R12", "secondary", line((0, 0), (25, -6), (38, -12))),
        ("rail", "Main line", "", line((-40, -25), (-18, -14), (2, -2), (24, 17))),
        ("water", "Chirchiq", "", line((-42, -30), (-22, -20), (0, 4), (24, 20), (36, 28))),
        ("water", "Lake", "", Point(MIDDLE[0] + 14_000, MIDDLE[1] + 22_000).buffer(2_500)),
        ("protected", "Park", "", Point(MIDDLE[0] + 30_000, MIDDLE[1] + 6_000).buffer(5_000)),
        ("power", "220 kV", "", line((-12, -8), (4, 9), (30, 20))),
        ("zone", "Free zone", "", Point(MIDDLE[0] + 9_000, MIDDLE[1] - 14_000)),
    ]
    return gpd.GeoDataFrame(
        {"kind": [r[0] for r in rows], "name": [r[1] for r in rows], "class": [r[2] for r in rows]},
        geometry=[r[3] for r in rows],
        crs=CRS,
    )


def places() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"kind": ["school", "hospital"], "name": ["School 5", "City hospital"]},
        geometry=[Point(MIDDLE[0] + 3_000, MIDDLE[1] + 500), Point(MIDDLE[0] - 2_000, MIDDLE[1])],
        crs=CRS,
    )


def not_valid() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"reason": ["more than 25 km from the weather's place"]},
        geometry=[region().boundary.difference(Point(MIDDLE).buffer(30_000))],
        crs=CRS,
    )


def limits() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "limit_id": ["eu_so2_annual", "who_no2_annual", "eu_no2_annual"],
            "set": ["EU 2024/2881", "WHO 2021", "EU 2024/2881"],
            "pollutant": ["so2", "no2", "no2"],
            "averaging": ["annual"] * 3,
            "statistic": ["mean"] * 3,
            "value_ug_m3": [20.0, 10.0, 20.0],
        }
    )


def table_1() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": ["Tashkent", "Navoi", "Andijan", "Bukhara"],
            "co2_kt_yr": [450, 670, 310, 500],
            "so2_kt_yr": [120, 200, 80, 150],
            "nox_kt_yr": [90, 130, 70, 110],
        }
    )


def everything(name: str = "Olmazor", cell_m: float = 1000) -> dict:
    """Every argument of draw_map but the region, `name` wherever a name may stand."""
    from geocluster.maps.panels import BarChart, Panel

    grid = region().grid(cell_m=cell_m)
    table = table_1()
    named = {
        "exposure": exposure(name), "clusters": clusters(),
        "sources": sources("Smelter" if name == "Olmazor" else name),
        "sites": sites(), "land": land(), "places": places(), "not_valid": not_valid(),
    }  # fmt: skip
    if name != "Olmazor":
        for part in named.values():
            for column in ("name", "kind_note", "reason", "origin"):
                if column in part or column == "name":
                    part[column] = name
    chart = BarChart(table, "region", ["co2_kt_yr", "so2_kt_yr", "nox_kt_yr"], "kt/yr")
    text = "Reported for whole regions. Not located, so not modelled: what follows is bottom-up."
    return {
        **named,
        "concentration": concentration(grid),
        "burden": burden(grid),
        "suitable": suitable(grid),
        "limits": limits(),
        "summary": {"people in the region": 1_160_000, "above the EU's annual SO₂ limit": 214_000},
        "verdict": "The top is not separable: no site is among the first three in 80% of cases.",
        "notes": [
            "Stacks are assumed from the sector.",
            "The rural rest is spread over the plain.",
        ],
        "panels": [Panel("Table 1", text, table, chart)],
        "demonstration": "No population raster was given, and the stacks are assumed.",
    }
