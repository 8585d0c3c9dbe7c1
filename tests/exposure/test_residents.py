"""People are kept: spread over towns and plain, counted a cell, counted near a place."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from geocluster.errors import InputError, MendedWarning, TableError
from geocluster.exposure.residents import (
    describe_neighbours,
    home_cells,
    nearest_home_m,
    people_grid,
    people_within,
    spread_towns,
)
from geocluster.exposure.towns import clark_share, town_radius_m
from geocluster.region import Region

CRS = "EPSG:32642"
REGION = Region("Example", box(500_000, 4_550_000, 560_000, 4_600_000), CRS)
LONLAT = (69.2, 41.3)  # inside the region


def towns(**columns):
    table = {"name": ["A", "B"], "longitude": [69.2, 69.5], "latitude": [41.3, 41.35]}
    return pd.DataFrame({**table, "people": [80_000, 15_000], **columns})


def homes(*shapes, people=None, crs=CRS, **columns):
    people = [10.0] * len(shapes) if people is None else people
    return gpd.GeoDataFrame({"people": people, **columns}, geometry=list(shapes), crs=crs)


def grid(columns=10, rows=8, cell_m=1000.0, crs=CRS):
    return Region("Grid", box(0, 0, columns * cell_m, rows * cell_m), crs).grid(cell_m)


def test_people_inside_sum_to_the_official_total():
    spread = spread_towns(towns(), REGION, total_people=130_000)
    assert spread["people"].sum() == pytest.approx(130_000, rel=1e-12)
    rural = spread[~spread["located"]]
    assert rural["people"].sum() == pytest.approx(35_000, rel=1e-9)
    assert rural["origin"].str.startswith("assumed").all()
    assert spread["origin"].str.contains("assumed").all()


def test_people_across_the_border_are_kept_and_not_scaled():
    spread = spread_towns(towns(inside=[True, False]), REGION, total_people=100_000)
    assert spread["people"][spread["inside"]].sum() == pytest.approx(100_000, rel=1e-12)
    assert spread["people"][spread["town"] == "B"].sum() == pytest.approx(15_000, rel=1e-12)


def test_towns_above_the_total_are_scaled_with_a_warning():
    with pytest.warns(MendedWarning, match="2 towns mended"):
        spread = spread_towns(towns(), REGION, total_people=50_000)
    assert spread["people"].sum() == pytest.approx(50_000, rel=1e-12)
    assert spread["located"].all()


def test_the_rural_rest_lives_evenly_on_the_plain_outside_the_towns():
    plain = gpd.GeoSeries([box(500_000, 4_550_000, 530_000, 4_600_000)], crs=CRS).to_crs(4326)
    spread = spread_towns(towns(), REGION, plain=plain, total_people=200_000)
    rural = spread[~spread["located"]]
    density = rural["people"] / rural.area
    assert density.max() == pytest.approx(density.min(), rel=1e-9)
    discs = spread[spread["located"]].union_all()
    assert rural.union_all().intersection(discs).area < 1e-6 * discs.area
    assert rural.total_bounds[2] < 530_100


def test_a_plain_that_towns_cover_takes_the_rest_among_them():
    plain = gpd.GeoSeries([Point(*LONLAT)], crs=4326).to_crs(CRS).buffer(500)
    with pytest.warns(MendedWarning, match="plain mended"):
        spread = spread_towns(towns(), REGION, plain=plain, total_people=100_000)
    assert spread["people"].sum() == pytest.approx(100_000)


def test_a_plain_elsewhere_is_an_error():
    plain = gpd.GeoSeries([box(0, 0, 1, 1)], crs=CRS)
    with pytest.raises(TableError, match="does not meet the region"):
        spread_towns(towns(), REGION, plain=plain, total_people=200_000)


def test_density_falls_outwards_and_towns_keep_their_size():
    spread = spread_towns(towns(), REGION)
    rings = spread[spread["town"] == "A"]
    density = (rings["people"] / rings.area).to_numpy()
    assert (np.diff(density) < 0).all()
    assert 0.22 < density[-1] / density[0] < 0.4
    assert rings.area.sum() == pytest.approx(np.pi * town_radius_m(80_000) ** 2, rel=1e-9)


def test_larger_towns_are_denser_and_tashkent_has_its_size():
    people = np.array([5e3, 5e4, 5e5, 3.0584e6])
    area_km2 = np.pi * (town_radius_m(people) / 1000) ** 2
    assert (np.diff(people / area_km2) > 0).all()
    assert area_km2[-1] == pytest.approx(435, rel=0.05)


def test_clarks_law_is_the_integral_of_its_density():
    r = np.linspace(0, 1, 20_001)
    inner = np.cumsum(np.exp(-1.5 * r) * r)
    assert clark_share(r)[10_000] == pytest.approx(inner[10_000] / inner[-1], abs=1e-4)


def test_all_faults_of_the_towns_are_told_at_once():
    with pytest.raises(TableError) as error:
        spread_towns(pd.DataFrame({"name": ["A"], "people": [-1]}), REGION, total_people=-5)
    assert len(error.value.faults) == 4


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.floats(-3000, 12_000),
            st.floats(-3000, 10_000),
            st.floats(0.5, 4000),
            st.integers(3, 12),
            st.floats(0, 1e6),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_people_are_kept_whatever_the_shape(cases):
    """Regular polygons, boxes among them, inside, across and outside the grid's edge."""
    shapes, people = [], []
    for x, y, radius, corners, count in cases:
        angle = 2 * np.pi * (np.arange(corners) + 0.5) / corners
        shapes.append(Polygon(np.c_[x + radius * np.cos(angle), y + radius * np.sin(angle)]))
        people.append(count)
    table = homes(*shapes, people=people)
    extent = box(0, 0, 10_000, 8000)
    expected = sum(
        p * s.intersection(extent).area / s.area for s, p in zip(shapes, people, strict=True)
    )
    cells = people_grid(table, grid())
    assert float(cells.sum()) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert float(cells.min()) >= 0


def test_shares_are_the_exact_areas_of_intersection():
    rng = np.random.default_rng(3)
    centres = rng.uniform(0, 8000, (60, 2))
    shapes = shapely.buffer(shapely.points(centres), rng.uniform(20, 1500, 60), quad_segs=3)
    table = homes(*shapes)
    plane = grid()
    home, cell, share = home_cells(table, plane)
    rows, columns = np.unravel_index(cell, plane.shape)
    x, y = plane["x"].values[columns], plane["y"].values[rows]
    boxes = shapely.box(x - 500, y - 500, x + 500, y + 500)
    expected = shapely.area(shapely.intersection(shapes[home], boxes)) / shapely.area(shapes[home])
    np.testing.assert_allclose(share, expected, atol=1e-9)


@pytest.mark.parametrize("shape", [Point(1500, 2500), LineString([(1200, 2500), (1800, 2500)])])
def test_points_and_lines_count_in_their_cell(shape):
    cells = people_grid(homes(shape), grid())
    assert float(cells.sel(x=1500, y=2500)) == pytest.approx(10)


def test_a_point_on_an_edge_is_counted_once():
    assert float(people_grid(homes(Point(2000, 3000)), grid()).sum()) == pytest.approx(10)


def test_invalid_rings_and_holes_keep_their_people():
    bow_tie = Polygon([(0, 0), (4000, 4000), (4000, 0), (0, 4000)])
    ring = Point(5000, 4000).buffer(2000).difference(Point(5000, 4000).buffer(1500))
    assert float(people_grid(homes(bow_tie, ring), grid()).sum()) == pytest.approx(20, rel=1e-9)
    assert float(people_grid(homes(ring), grid()).sel(x=4500, y=4500)) == 0


def test_another_crs_is_transformed_and_none_is_taken_as_the_grids():
    square = homes(box(2000, 2000, 5000, 5000))
    expected = people_grid(square, grid())
    turned = people_grid(square.to_crs(4326), grid())
    assert float(abs(turned - expected).max()) < 0.01
    assert people_grid(square.set_crs(None, allow_override=True), grid()).equals(expected)


@pytest.mark.parametrize("flip", [{"y": slice(None, None, -1)}, {"x": slice(None, None, -1)}])
def test_a_grid_in_another_order_holds_the_same(flip):
    table = homes(box(0, 0, 3000, 1000), Point(7500, 6500).buffer(900))
    expected = people_grid(table, grid())
    flipped = people_grid(table, grid().isel(flip))
    np.testing.assert_allclose(flipped.sortby("x").sortby("y", ascending=False), expected)


def test_a_grid_without_attrs_or_square_cells_works():
    plane = xr.DataArray(
        np.ones((2, 3)), dims=("y", "x"), coords={"y": [150.0, 50.0], "x": [100.0, 300.0, 500.0]}
    )
    cells = people_grid(homes(box(0, 0, 600, 200), people=[60.0]), plane)
    np.testing.assert_allclose(cells, 10)


def test_an_uneven_grid_is_an_error():
    plane = xr.DataArray(
        np.ones((1, 3)), dims=("y", "x"), coords={"y": [50.0], "x": [100.0, 300.0, 600.0]}
    )
    with pytest.raises(InputError, match="not evenly spaced along 'x'"):
        people_grid(homes(box(0, 0, 1, 1)), plane)


@pytest.mark.parametrize("people", [[np.nan], [-1.0], [np.inf]])
def test_people_must_be_numbers_of_at_least_zero(people):
    with pytest.raises(TableError, match="column 'people'"):
        people_grid(homes(box(0, 0, 1, 1), people=people), grid())


def test_homes_without_a_geometry_are_an_error():
    with pytest.raises(TableError, match="1 without a geometry"):
        people_grid(homes(box(0, 0, 1, 1), None), grid())


def test_no_homes_are_no_people():
    assert float(people_grid(homes().astype({"people": float}), grid()).sum()) == 0


def test_people_within_counts_by_area_and_inside_too():
    table = homes(box(0, 0, 1000, 1000), Point(3000, 500), people=[100.0, 7.0])
    site = gpd.GeoSeries([box(0, 0, 500, 1000)], crs=CRS, index=["S"])
    found = people_within(table, site, (250, 2000, 2501))
    assert found.index.tolist() == ["S"]
    np.testing.assert_allclose(found.loc["S"], [75.0, 100.0, 107.0], rtol=1e-6)


def test_the_nearest_home_is_one_whose_place_is_known():
    table = homes(
        box(0, 0, 100, 100), box(900, 0, 950, 100), box(990, 0, 999, 50),
        people=[5.0, 5.0, 0.0], located=[True, False, True],
    )  # fmt: skip
    places = gpd.GeoSeries([Point(1000, 50)], crs=CRS)
    assert nearest_home_m(table, places).tolist() == [900.0]
    assert nearest_home_m(table.iloc[:0], places).isna().all()


def test_neighbours_are_added_to_clusters_without_changing_them():
    clusters = gpd.GeoDataFrame({"cluster_id": ["C1"]}, geometry=[box(0, 0, 10, 10)], crs=CRS)
    described = describe_neighbours(clusters, homes(box(500, 0, 600, 10)).to_crs(4326), (1000,))
    assert list(clusters) == ["cluster_id", "geometry"]
    assert described["nearest_home_m"].item() == pytest.approx(490, abs=0.01)
    assert described["people_within_1000_m"].item() == pytest.approx(10)
    empty = describe_neighbours(clusters.iloc[:0], homes(box(500, 0, 600, 10)))
    assert {"nearest_home_m", "people_within_5000_m"} <= set(empty)
