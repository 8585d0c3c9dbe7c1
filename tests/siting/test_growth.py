"""What is expected to be added: read, laid on cells, counted at sites, and added to homes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from pydantic import ValidationError
from shapely.geometry import box

from geocluster.errors import InputError, TableError
from geocluster.load.growth import read_growth
from geocluster.load.settings_sections import InputSettings
from geocluster.region import Region
from geocluster.siting.criteria import CRITERIA, grouped_weights
from geocluster.siting.growth import grown_homes, growth_at_sites, growth_columns, growth_on

CRS = "EPSG:32642"
WEST, NORTH = 500_000, 4_600_000


@pytest.fixture(scope="module")
def region():
    return Region("Plain", box(WEST, NORTH - 4000, WEST + 4000, NORTH), CRS)


def raster(folder, values, pixel_m=100, crs=CRS):
    path = folder / "growth.tif"
    values = np.asarray(values, dtype="float32")
    to_ground = rasterio.transform.from_origin(WEST, NORTH, pixel_m, pixel_m)
    with rasterio.open(
        path, "w", height=values.shape[0], width=values.shape[1], count=1, dtype="float32",
        crs=crs, transform=to_ground,
    ) as file:  # fmt: skip
        file.write(values[None])
    return path


@pytest.mark.parametrize(("pixel_m", "cell_m"), [(100, 500), (250, 500), (1000, 250), (400, 333)])
def test_people_expected_are_kept_whatever_the_cells(tmp_path, region, pixel_m, cell_m):
    values = np.random.default_rng(3).uniform(0, 9, (4000 // pixel_m, 4000 // pixel_m))
    growth = read_growth(raster(tmp_path, values, pixel_m), region, cell_m)
    assert growth["people"].sum() == pytest.approx(values.sum(), rel=1e-5)
    assert set(growth["origin"]) == {"expected"}
    on = growth_on(region.grid(cell_m), growth)
    assert float(on.sum()) == pytest.approx(values.sum(), rel=1e-5)
    assert on.attrs["units"] == "persons"


def test_densities_and_shares_are_of_the_ground(tmp_path, region):
    path = raster(tmp_path, np.full((40, 40), 0.25))
    density = read_growth(path, region, 500, quantity="people_per_km2")
    assert density["people"].sum() == pytest.approx(16 * 0.25, rel=2e-3)
    built = read_growth(path, region, 500, quantity="built_up_share")
    assert built["built_up_km2"].sum() == pytest.approx(4, rel=2e-3)
    assert "people" not in built
    assert growth_on(region.grid(500), built).attrs["units"] == "km2"


def test_what_cannot_be_is_refused(tmp_path, region):
    with pytest.raises(InputError, match="0 to 1 is allowed"):
        read_growth(raster(tmp_path, np.full((40, 40), 30)), region, 500, quantity="built_up_share")
    with pytest.raises(InputError, match="allowed are"):
        read_growth(raster(tmp_path, np.ones((4, 4))), region, 500, quantity="houses")
    with pytest.raises(InputError):
        read_growth(raster(tmp_path, np.full((40, 40), -1.0)), region, 500)
    with pytest.raises(TableError, match="'people' or 'built_up_km2'"):
        growth_on(region.grid(500), gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]))
    with pytest.raises(ValidationError, match="built_up_share"):
        InputSettings(weather="w", towns="t", growth={"path": "g.tif", "quantity": "houses"})


def test_growth_is_counted_within_a_distance_of_the_edge():
    growth = gpd.GeoDataFrame(
        {"people": [100.0, 400.0]}, geometry=[box(0, 0, 1000, 1000), box(5000, 0, 6000, 1000)],
        crs=CRS,
    )  # fmt: skip
    sites = gpd.GeoDataFrame(
        {"site_id": ["a", "b"]}, geometry=[box(1000, 0, 2000, 1000), box(20_000, 0, 21_000, 9)],
        crs=CRS, index=[7, 9],
    )  # fmt: skip
    assert growth_at_sites(sites, growth, within_m=500).round(6).to_dict() == {7: 50.0, 9: 0.0}
    assert growth_at_sites(sites, growth, within_m=9000)[7] == pytest.approx(500)
    columns = growth_columns(sites, growth)
    assert columns["growth_people"].tolist() == pytest.approx([100, 0])
    assert np.isnan(columns["growth_built_up_ha"]).all()


def test_grown_homes_keep_and_add_people():
    homes = gpd.GeoDataFrame(
        {"people": [10.0, 20.0], "name": ["a", "b"], "inside": True, "origin": "census"},
        geometry=[box(0, 0, 9, 9), box(9, 0, 18, 9)], crs=CRS,
    )  # fmt: skip
    before = homes.copy()
    growth = gpd.GeoDataFrame(
        {"people": [5.0], "inside": [False], "origin": ["expected"]},
        geometry=[box(18, 0, 27, 9)], crs=CRS,
    )  # fmt: skip
    grown = grown_homes(homes, growth)
    assert grown["people"].tolist() == [10, 20, 5]
    assert grown["located"].tolist() == [True, True, False]
    assert grown["origin"].tolist() == ["census", "census", "expected"]
    assert grown["inside"].tolist() == [True, True, False]
    pd.testing.assert_frame_equal(homes, before)
    lonlat = grown_homes(homes, growth.to_crs(4326))
    assert lonlat.geometry.iloc[2].area == pytest.approx(81, rel=1e-3)
    with pytest.raises(TableError, match="built-up land"):
        grown_homes(homes, growth.rename(columns={"people": "built_up_km2"}))


def test_growth_has_a_weight_only_where_it_is_known():
    columns = [c.column for c in CRITERIA if c.group == "exposure"]
    sites = pd.DataFrame(1.0, index=[0, 1], columns=columns)
    both = grouped_weights({"exposure": 1.0}, sites)
    assert both["growth_people"] == pytest.approx(-0.1)
    assert both.get("growth_built_up_ha", 0) == 0  # stands in where people are not known
    built = grouped_weights({"exposure": 1.0}, sites.drop(columns="growth_people"))
    assert built["growth_built_up_ha"] == pytest.approx(-0.1)
    none = grouped_weights(
        {"exposure": 1.0}, sites.drop(columns=["growth_people", "growth_built_up_ha"])
    )
    assert none["burden_persons_ug_m3_per_g_s"] == pytest.approx(-0.35)
