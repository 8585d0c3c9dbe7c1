"""Made-up candidates with any number of criteria, for the review page."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from geocluster.region import Region

CRS = "EPSG:32642"
KINDS = ("empty land", "existing zone", "brownfield")


def region() -> Region:
    return Region("Made-up region", box(500_000, 4_540_000, 560_000, 4_590_000), CRS)


def criteria(count: int = 20) -> pd.DataFrame:
    """Criteria in four groups; every third is better where it is more."""
    return pd.DataFrame(
        {
            "column": ["distance_road_m", *(f"criterion_{i:02d}" for i in range(1, count))],
            "group": [("exposure", "access", "land", "partners")[i % 4] for i in range(count)],
            "direction": ["more" if i % 3 == 2 else "less" for i in range(count)],
            "unit": ["m", "persons", "0 to 1", "sectors"] * (count // 4) + ["m"] * (count % 4),
            "label": [
                ("Distance to a main road", "Distance to a railway", "Distance to water")[i % 3]
                for i in range(count)
            ],
            "share": [1.0] * count,
            "source": ["land: road"] * count,
        }
    )


def with_a_fact(table: pd.DataFrame) -> pd.DataFrame:
    """The criteria and one that is only shown, of the nearest homes."""
    fact = {
        "column": ["nearest_home_m"], "group": ["neighbours"], "direction": ["shown"],
        "unit": ["m"], "label": ["Distance to water"], "share": [1.0], "source": [""],
    }  # fmt: skip
    return pd.concat([table, pd.DataFrame(fact)], ignore_index=True)


def sites(count: int = 60, number: int = 20, seed: int = 3, gaps: bool = True) -> gpd.GeoDataFrame:
    """Candidates with values of every size, ties, a constant column, and missing values."""
    rng = np.random.default_rng(seed)
    west = 502_000 + 55_000 * rng.random(count)
    south = 4_542_000 + 45_000 * rng.random(count)
    table = {
        "site_id": [f"S{i:03d}" for i in rng.permutation(count)],
        "name": "",
        "kind": rng.choice(KINDS, count),
        "area_ha": rng.uniform(40, 300, count).round(),
        "nearest_home_m": rng.uniform(200, 9_000, count),
    }
    for i, column in enumerate(criteria(number)["column"]):
        values = rng.lognormal(i % 5, 1.2, count) * 10.0 ** (i % 4)
        values = values.round() if i % 5 == 1 else values - (50 if i % 7 == 3 else 0)
        table[column] = np.full(count, 7.0) if i == 6 else values
        if gaps and i % 4 == 3:
            table[column][rng.random(count) < 0.1] = np.nan
    shapes = [box(x, y, x + 1_000, y + 800) for x, y in zip(west, south, strict=True)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def weights(table: pd.DataFrame, rng: np.random.Generator) -> dict[str, float]:
    """Random weights of the criteria, signed by their direction; some are 0."""
    size = rng.dirichlet(np.ones(len(table)))
    size[rng.random(len(table)) < 0.15] = 0.0
    size[0] = max(size[0], 0.01)
    sign = np.where(table["direction"] == "less", -1.0, 1.0)
    return dict(zip(table["column"], (sign * size / size.sum()).tolist(), strict=True))
