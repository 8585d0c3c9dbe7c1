"""Folders as a run leaves them, made by hand so that every difference can be worked out."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from shapely.geometry import box

from geocluster.files import write_classes, write_csv, write_json, write_layers, write_raster

CRS = "EPSG:32642"
WEST, NORTH = 500_000.0, 4_600_000.0
OPEN = (
    "The top is not separable: S1 comes first with these weights, but is first in only 40% of the "
    "cases, and 80% are needed to call a winner."
)


def grid(cell: float, size: int, west: float = WEST, north: float = NORTH) -> xr.DataArray:
    x = west + cell * (np.arange(size) + 0.5)
    y = north - cell * (np.arange(size) + 0.5)
    return xr.DataArray(
        np.zeros((size, size)), {"y": y, "x": x}, ("y", "x"), attrs={"cell_m": cell}
    )


def site(name: str, west_m: float, rank: float, score: float, top: float = 0.1) -> dict[str, Any]:
    west, north = WEST + west_m, NORTH - 2_000
    return {
        "site_id": name,
        "name": "",
        "rank": rank,
        "score": score,
        "top_three_share": top,
        "geometry": box(west, north - 1_000, west + 1_000, north),
    }


def limit(name: str, people: float | None, low: float = 0.0, high: float = 0.0, **more: Any):
    row = {
        "pollutant": "nox",
        "statistic": "mean",
        "limit_id": name,
        "value_ug_m3": 10.0,
        "people_above": people,
        "low": low,
        "high": high,
        "people_weighted_mean_ug_m3": 2.0,
        "mean_low_ug_m3": 1.0,
        "mean_high_ug_m3": 4.0,
        "answerable": people is not None,
    }
    return row | more


def run(
    folder: Path,
    *,
    cell: float = 1_000.0,
    size: int = 20,
    west: float = WEST,
    north: float = NORTH,
    crs: str = CRS,
    nox: Any = 5.0,
    bands: dict[str, Any] | None = None,
    burden: Any = 100.0,
    suitable: Any = 1,
    sites: list[dict[str, Any]] | None = None,
    limits: list[dict[str, Any]] | None = None,
    name: str = "Made-up region",
    **provenance: Any,
) -> Path:
    """Write a folder of results; arrays may be numbers or of shape (size, size)."""
    folder.mkdir(parents=True)
    cells = grid(cell, size, west, north)
    whole = {key: cells + value for key, value in {"nox_mean": nox, **(bands or {})}.items()}
    for one in whole.values():
        one.attrs = cells.attrs
    write_raster(whole, folder / "concentration.tif", crs=crs, units="ug/m3")
    of_park = (cells + burden).assign_attrs(cells.attrs)
    units = "persons ug/m3 per g/s"
    write_raster({"burden": of_park}, folder / "burden.tif", crs=crs, units=units)
    write_classes(
        (cells + suitable).assign_attrs(cells.attrs), folder / "suitable.tif",
        crs=crs, colours={1: "#00ff00", 2: "#ff0000"}, labels={1: "Suitable land", 2: "Homes"},
    )  # fmt: skip
    found = [site("S1", 1_000, 1, 0.9)] if sites is None else sites
    table = gpd.GeoDataFrame(
        found or {k: [] for k in site("x", 0, 1, 1)}, geometry="geometry", crs=CRS
    )
    write_layers({"sites": table}, folder / "sites.gpkg")
    around = box(WEST, NORTH - 20_000, WEST + 20_000, NORTH)
    homes = {"name": ["Town"], "people": [50_000.0]}
    town = [box(WEST + 5_000, NORTH - 7_000, WEST + 7_000, NORTH - 5_000)]
    write_layers({"homes": gpd.GeoDataFrame(homes, geometry=town, crs=CRS)}, folder / "homes.gpkg")
    write_layers(
        {
            "boundary": gpd.GeoDataFrame({"name": [name]}, geometry=[around], crs=CRS),
            "not_valid": gpd.GeoDataFrame({"reason": []}, geometry=[], crs=CRS),
        },
        folder / "region.gpkg",
    )
    given = [limit("who-2021_no2_1y", 10.0, 0.0, 20.0)] if limits is None else limits
    write_csv(pd.DataFrame(given), folder / "exposure.csv")
    told = {
        "study": name,
        "geocluster": "0.1.0",
        "settings": {"grid": {"cell_m": cell}},
        "inputs_sha256": {"plants.csv": "aa" * 32},
        "verdict": OPEN,
        "notes": ["Weather: made up."],
        "demonstration": None,
        "low_winds": {"nox": {"dropped": -0.1, "raised": 0.02}},
    }
    write_json(told | provenance, folder / "provenance.json")
    return folder
