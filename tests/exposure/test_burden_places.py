"""The burden where several weathers hold, each on its own ground."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.errors import TableError
from geocluster.exposure.burden import burden
from geocluster.plume.field import PlumeOptions
from geocluster.region import Region

GRID = Region("Example", box(500_000, 4_500_000, 508_000, 4_506_000), "EPSG:32642").grid(1000)
HALL = {"release_height_m": 10.0, "initial_sigma_y_m": 23.3, "initial_sigma_z_m": 9.3}
SHORT = PlumeOptions(reach_m=5_000)


def wind_from(direction: float) -> xr.Dataset:
    hour = {
        "wind_speed_m_s": 3.0,
        "wind_from_deg": direction,
        "stability": 4,
        "mixing_height_m": 900.0,
        "temperature_k": 288.0,
    }
    return xr.Dataset({name: ("hour", [value]) for name, value in hour.items()})


WEATHERS = {"west": wind_from(250.0), "east": wind_from(80.0), "unused": wind_from(0.0)}


@pytest.fixture(scope="module")
def homes() -> gpd.GeoDataFrame:
    town = box(503_000, 4_502_000, 505_000, 4_504_000)
    return gpd.GeoDataFrame({"people": [50_000]}, geometry=[town], crs="EPSG:32642")


@pytest.fixture(scope="module")
def names() -> xr.DataArray:
    west = np.broadcast_to(GRID["x"].values < 504_200, GRID.shape)
    return xr.zeros_like(GRID).copy(data=np.where(west, "west", "east"))


def test_each_cell_has_the_burden_of_its_own_weather(homes, names) -> None:
    field = burden(homes, GRID, WEATHERS, releases=HALL, options=SHORT, weather_of=names)
    for name in ("west", "east"):
        alone = burden(homes, GRID, WEATHERS[name], releases=HALL, options=SHORT)
        here = (names == name).values
        np.testing.assert_array_equal(field.values[here], alone.values[here])
        assert not np.allclose(field.values[~here], alone.values[~here], rtol=0.1)
    turned = burden(
        homes, GRID, WEATHERS, releases=HALL, options=SHORT, weather_of=names.transpose()
    )
    np.testing.assert_array_equal(turned.values, field.values)


def test_one_weather_by_two_names_is_one(homes, names) -> None:
    urban = np.zeros(GRID.shape, dtype=bool)
    urban[:3] = True
    same = {"west": WEATHERS["west"], "east": WEATHERS["west"]}
    given = {"releases": HALL, "options": SHORT, "urban": urban}
    field = burden(homes, GRID, same, weather_of=names, **given)
    alone = burden(homes, GRID, WEATHERS["west"], **given)
    np.testing.assert_array_equal(field.values, alone.values)


def test_names_that_do_not_fit_are_told(homes, names) -> None:
    for weather, given, words in (
        (WEATHERS, None, "give the name of the weather at each cell"),
        (WEATHERS, names.isel(x=slice(3)), "at each cell of the grid"),
        (WEATHERS, names.rename(x="column"), "at each cell of the grid"),
        ({"west": WEATHERS["west"]}, names, "east is unknown; there are west"),
        (WEATHERS["west"], names, "there is one weather"),
    ):
        with pytest.raises(TableError, match=words):
            burden(homes, GRID, weather, releases=HALL, options=SHORT, weather_of=given)
