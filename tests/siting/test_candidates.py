"""Candidate parcels and existing zones."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from shapely.geometry import LineString, Point, box

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.siting.candidates import candidate_sites, parcel_numbers

CRS = "EPSG:32642"


def land_of(free, cell_m=500.0, **variables):
    free = np.asarray(free, dtype=bool)
    rows, columns = free.shape
    coords = {
        "y": (np.arange(rows)[::-1] + 0.5) * cell_m,
        "x": (np.arange(columns) + 0.5) * cell_m,
    }
    fields = {"suitable": free, **variables}
    return xr.Dataset(
        {name: (("y", "x"), value) for name, value in fields.items()},
        coords=coords,
        attrs={"cell_m": cell_m, "crs": CRS, "rules": []},
    )


def masks(seed, share):
    random = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(random.random((23, 31)), random.uniform(0, 2))
    return rough <= np.quantile(rough, share)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    share=st.sampled_from([0.05, 0.3, 0.6, 0.95, 1.0]),
    least=st.integers(1, 17),
)
def test_parcels_are_contiguous_large_enough_and_on_free_land(seed, share, least):
    free = masks(seed, share)
    numbers = parcel_numbers(free, least)
    assert not numbers[~free].any()
    assert np.array_equal(np.unique(numbers[numbers > 0]), np.arange(1, numbers.max() + 1))
    for number in range(1, numbers.max() + 1):
        cells = numbers == number
        assert cells.sum() >= least
        assert ndimage.label(cells)[1] == 1
    # Where there is room for a park there is a parcel, and parcels stay about a park's size.
    areas, count = ndimage.label(free)
    for area in range(1, count + 1):
        assert (numbers[areas == area] > 0).any() == ((areas == area).sum() >= least)
    assert np.bincount(numbers[numbers > 0], minlength=1).max() < 3 * least


def test_a_large_area_is_cut_into_squares():
    sites = candidate_sites(land_of(np.ones((8, 8))), min_area_ha=100)
    assert len(sites) == 16
    assert (sites["area_ha"] == 100).all()
    assert sites["compactness"].round(3).eq(0.785).all()
    assert sites["site_id"].tolist()[:2] == ["S001", "S002"]
    assert sites.crs == CRS


def test_parcels_are_no_larger_than_the_park_asks():
    sites = candidate_sites(land_of(np.ones((8, 8))), min_area_ha=50)
    assert (sites["area_ha"] == 50).all()
    assert len(sites) == 32


def test_outlines_lie_on_their_cells_whatever_the_order_of_rows():
    free = masks(3, 0.5)
    land = land_of(free)
    sites = candidate_sites(land, min_area_ha=100)
    turned = candidate_sites(land.sortby("y").sortby("x", ascending=False), min_area_ha=100)
    for table in (sites, turned):
        x, y = np.meshgrid(land.x, land.y)
        inside = shapely.contains_xy(table.geometry.union_all(), x, y)
        assert not inside[~free].any()
        assert inside.sum() * 25 == pytest.approx(table["area_ha"].sum())
        assert table.geometry.is_valid.all()


def test_whole_cells_are_used_where_they_are_known():
    free = np.ones((4, 4), bool)
    whole = free.copy()
    whole[:, 2:] = False
    sites = candidate_sites(land_of(free, suitable_whole=whole), min_area_ha=100)
    assert sites["area_ha"].sum() == 8 * 25


def test_parcels_are_spread_and_limited():
    land = land_of(np.ones((40, 40)))
    few = candidate_sites(land, min_area_ha=100, max_sites=25)
    assert len(few) == 25
    assert few.attrs["parcels_found"] == 400
    middles = shapely.get_coordinates(few.geometry.centroid)
    quarter = (middles > 10_000) @ [1, 2]
    assert np.bincount(quarter, minlength=4).min() >= 3


def test_the_least_burden_of_each_neighbourhood_is_sent():
    land = land_of(np.ones((20, 20)))
    burden = xr.DataArray(
        np.random.default_rng(1).random((20, 20)), dims=("y", "x"), coords=land["suitable"].coords
    )
    best = candidate_sites(land, min_area_ha=25, max_sites=9, burden=burden)
    any_site = candidate_sites(land, min_area_ha=25, max_sites=9)

    def at(sites):
        middles = sites.geometry.centroid
        x, y = (xr.DataArray(axis.to_numpy(), dims="s") for axis in (middles.x, middles.y))
        return burden.sel(x=x, y=y, method="nearest").values

    assert at(best).min() == burden.values.min()
    assert at(best).mean() < at(any_site).mean()


def test_the_same_land_gives_the_same_sites():
    land = land_of(masks(5, 0.6))
    first = candidate_sites(land, min_area_ha=100, max_sites=10)
    again = candidate_sites(land, min_area_ha=100, max_sites=10)
    assert first.geometry.geom_equals(again.geometry).all()
    assert first["site_id"].is_unique


def test_no_land_no_sites():
    sites = candidate_sites(land_of(np.zeros((4, 4))), min_area_ha=100)
    assert len(sites) == 0
    assert {"site_id", "kind", "area_ha"} <= set(sites.columns)


@pytest.mark.parametrize(("area", "most"), [(0, 5), (-1, 5), (float("nan"), 5), (10, 0)])
def test_a_park_needs_an_area(area, most):
    with pytest.raises(TableError, match="more than 0"):
        candidate_sites(land_of(np.ones((2, 2))), min_area_ha=area, max_sites=most)


def zones(**columns):
    points = gpd.points_from_xy([1250.0, 3250.0], [1250.0, 250.0])
    return gpd.GeoDataFrame({"name": ["Old works", None], **columns}, geometry=points, crs=CRS)


def ruled_land():
    reasons = np.zeros((8, 8), np.uint32)
    reasons[:, 5:] = 4
    reasons[0] |= 1
    land = land_of(reasons == 0, reasons=reasons)
    names = ["outside_region", "outside_fringe", "homes"]
    land.attrs["rules"] = [{"rule_id": name, "bit": bit} for bit, name in enumerate(names)]
    return land


def test_zones_compete_as_circles_of_their_area():
    table = zones(area_ha=[564.0, None], coord_err_m=[5000, 10_000])
    sites = candidate_sites(ruled_land(), min_area_ha=100, zones=table)
    found = sites[sites["kind"] == "existing zone"].set_index("site_id")
    assert found["area_ha"].tolist() == [564, 100]
    assert found["area_origin"].tolist() == ["stated", "assumed: the park's area"]
    assert found["approximate"].all()
    assert found["location_error_m"].tolist() == [5000, 10_000]
    assert found.geometry.area.to_numpy() / 1e4 == pytest.approx([564, 100], rel=0.01)
    assert not found["subject_to_exclusion"].any()
    assert found["breaks_rules"].tolist() == ["", "homes"]
    empty = sites[sites["kind"] == "empty land"]
    assert empty["subject_to_exclusion"].all()
    assert (empty["breaks_rules"] == "").all()


def test_zones_in_other_reference_systems_and_as_polygons():
    drawn = gpd.GeoDataFrame({"name": ["A"]}, geometry=[box(0, 0, 2000, 1000)], crs=CRS)
    sites = candidate_sites(ruled_land(), min_area_ha=100, zones=drawn.to_crs(4326))
    zone = sites[sites["kind"] == "existing zone"].iloc[0]
    assert zone["area_ha"] == pytest.approx(200, rel=1e-3)
    assert not zone["approximate"]
    assert zone["breaks_rules"] == ""


def test_a_zone_smaller_than_the_park_does_not_compete():
    with pytest.warns(GeoclusterWarning, match="1 existing zones are smaller.*Old works"):
        sites = candidate_sites(ruled_land(), min_area_ha=100, zones=zones(area_ha=[20.0, 300.0]))
    assert sites["site_id"][sites["kind"] == "existing zone"].tolist() == ["Z02"]


def test_a_zone_is_no_line():
    line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=CRS)
    with pytest.raises(TableError, match="neither points nor polygons"):
        candidate_sites(ruled_land(), min_area_ha=100, zones=line)


@pytest.mark.parametrize("area", [-50.0, 1e9])
def test_a_zone_of_an_impossible_area_is_told(area):
    with pytest.raises(TableError, match="column 'area_ha'"):
        candidate_sites(ruled_land(), min_area_ha=100, zones=zones(area_ha=[area, 300.0]))


def test_a_zone_without_land_to_compete_with_is_the_only_site():
    zone = gpd.GeoDataFrame({"name": ["A"]}, geometry=[Point(1000, 1000)], crs=CRS)
    sites = candidate_sites(land_of(np.zeros((4, 4))), min_area_ha=50, zones=zone)
    assert sites["site_id"].tolist() == ["Z01"]
    assert sites.crs == CRS
