"""Files of results: whole or not at all, the same bytes twice, nothing that a spreadsheet runs."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely.geometry import box

from geocluster.files import replacing, write_csv, write_json, write_layers, write_raster
from geocluster.region import Region

GRID = Region("Example", box(500_000, 4_500_000, 503_000, 4_502_000), "EPSG:32642").grid(100)


def test_a_run_that_dies_leaves_the_last_good_result(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("good")

    def dying_run() -> None:
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        dying_run()
    assert target.read_text() == "good"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_raster_holds_its_figures_where_they_belong(tmp_path):
    field = GRID.astype(float).copy(data=np.arange(GRID.size, dtype=float).reshape(GRID.shape))
    path = write_raster({"so2": field}, tmp_path / "a.tif", crs=GRID.attrs["crs"], units="ug/m3")
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 32642
        assert raster.descriptions == ("so2",)
        assert raster.units == ("ug/m3",)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        x, y = float(GRID.x[7]), float(GRID.y[3])
        assert next(raster.sample([(x, y)]))[0] == float(field[3, 7])


def test_same_input_same_bytes(tmp_path):
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:32642")
    field = GRID.astype(float)
    for name in ("one", "two"):
        write_layers({"t": table, "u": table}, tmp_path / f"{name}.gpkg")
        write_raster({"f": field}, tmp_path / f"{name}.tif", crs="EPSG:32642", units="1")
        write_json({"b": 1, "a": [2]}, tmp_path / f"{name}.json")
    for suffix in ("gpkg", "tif", "json"):
        one, two = (tmp_path / f"{name}.{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    assert len(gpd.read_file(tmp_path / "one.gpkg", layer="u")) == 1


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@x", "\tx"])
def test_text_is_never_a_formula(tmp_path, name):
    table = pd.DataFrame({"name": [name], "value": [-1.5]})
    text = write_csv(table, tmp_path / "t.csv").read_text()
    assert pd.read_csv(tmp_path / "t.csv")["name"].iloc[0] == f"'{name}"
    assert text.splitlines()[1].endswith(",-1.5")
