"""The line where the calculation ends: drawn along cuts of a surface, and only there."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely import Point, box

from geocluster.maps.computed import computed_layers
from geocluster.maps.surfaces import concentration_layers
from geocluster.region import Region

CRS = "EPSG:32642"
REGION = Region("Made up", box(460_000, 4_560_000, 540_000, 4_640_000), CRS)
MIDDLE = (500_000.0, 4_600_000.0)


def field(values) -> xr.Dataset:  # type: ignore[no-untyped-def]
    grid = REGION.grid(cell_m=1_000)
    x, y = np.meshgrid(grid.x, grid.y)
    far = np.hypot(x - MIDDLE[0], y - MIDDLE[1])
    return xr.Dataset(
        {"mean": (("pollutant", "y", "x"), values(far)[None])},
        coords={"pollutant": ["so2"], "y": grid.y, "x": grid.x},
        attrs=grid.attrs,
    )


def drawn(values, reach_m: float | None = 30_000.0):  # type: ignore[no-untyped-def]
    sources = gpd.GeoDataFrame({"emission_so2_g_s": [5.0]}, geometry=[Point(MIDDLE)], crs=CRS)
    made = field(values)
    (layer,) = computed_layers(made, sources, reach_m, REGION, concentration_layers(made, REGION))
    return layer


def test_a_plume_that_is_cut_gets_its_circle() -> None:
    layer = drawn(lambda far: np.where(far < 30_000, 10.0, 0.0))
    assert layer.shown
    assert len(layer.data["features"]) == 2
    assert layer.data["variants"]["so2"]["style"] == [0, 0]
    assert layer.data["variants"]["burden"]["style"] == [0, 1]
    assert layer.title == "Nothing is computed beyond (main sources: 30 km)"


@pytest.mark.parametrize(
    ("values", "shown"),
    [(lambda far: np.full_like(far, 10.0), True), (lambda far: 10 * np.exp(-far / 2_000), False)],
    ids=["cut by the grid", "faded before"],
)
def test_without_a_cut_there_is_no_circle(values, shown: bool) -> None:  # type: ignore[no-untyped-def]
    layer = drawn(values)
    assert layer.shown is shown
    assert len(layer.data["features"]) == 1
    assert layer.title == "Nothing is computed beyond"


def test_nothing_computed_or_no_reach_known() -> None:
    assert computed_layers(None, None, 30_000.0, REGION, []) == []
    assert len(drawn(lambda far: np.where(far < 30_000, 10.0, 0.0), None).data["features"]) == 1
