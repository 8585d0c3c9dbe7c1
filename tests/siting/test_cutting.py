"""Parcels cut along roads, railways, water and plots."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from shapely.geometry import LineString, MultiPolygon, Point, box

from geocluster.errors import TableError
from geocluster.siting.candidates import candidate_sites
from geocluster.siting.cutting import cuts_of

CRS = "EPSG:32642"
CELL = 250.0


def land_of(free, left=400_000.0, top=4_600_000.0, cell_m=CELL):
    free = np.asarray(free, dtype=bool)
    rows, columns = free.shape
    coords = {
        "y": top - (np.arange(rows) + 0.5) * cell_m,
        "x": left + (np.arange(columns) + 0.5) * cell_m,
    }
    return xr.Dataset(
        {"suitable": (("y", "x"), free)}, coords=coords, attrs={"cell_m": cell_m, "crs": CRS}
    )


def cuts(shapes, kind="road", **columns):
    kinds = [kind] * len(shapes) if isinstance(kind, str) else kind
    return gpd.GeoDataFrame({"kind": kinds, **columns}, geometry=list(shapes), crs=CRS)


def random_case(seed):
    """Land with holes, and lines of many turns across it."""
    random = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(random.random((14, 17)), random.uniform(0, 1.5))
    free = rough <= np.quantile(rough, random.choice([0.4, 0.8, 1.0]))
    span = np.array([17, -14]) * CELL
    lines = [
        LineString(
            np.array([400_000, 4_600_000])
            + random.random(2) * span
            + np.cumsum(random.normal(0, 300, (random.integers(2, 15), 2)), axis=0)
        )
        for _ in range(random.integers(1, 9))
    ]
    kinds = random.choice(["road", "rail", "water"], len(lines)).tolist()
    return free, cuts(lines, kinds), float(random.choice([6.25, 12.5, 40.0, 100.0]))


def strip(table, width_m):
    return shapely.union_all(shapely.buffer(table.geometry.values, width_m - 0.1))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 100_000))
def test_parcels_are_whole_large_apart_and_never_crossed(seed):
    free, lines, least_ha = random_case(seed)
    sites = candidate_sites(
        land_of(free), min_area_ha=least_ha, cuts=lines, strip_m=10, max_sites=10_000
    )
    found = sites.attrs["found"]
    whole = float(free.sum()) * CELL**2 / 1e4
    assert found["suitable_ha"] == whole
    # The strips are as large as the lines drawn that wide, within the land.
    under = shapely.union_all(shapely.buffer(lines.geometry.to_numpy(), 10, quad_segs=4))
    cells = shapely.union_all(
        candidate_sites(land_of(free), min_area_ha=6.25, max_sites=999).geometry.values
    )
    strips_ha = shapely.area(shapely.intersection(under, cells)) / 1e4
    assert found["under_cuts_ha"] == pytest.approx(strips_ha, rel=2e-3, abs=0.02)
    # Every piece of land is a parcel, under a line, or unused; none of it is counted twice.
    taken = found["under_cuts_ha"] + found["unused_ha"] + sites["area_ha"].sum()
    assert taken == pytest.approx(whole, abs=1e-6 * whole)
    assert sites["area_ha"].to_numpy() == pytest.approx(sites.area.to_numpy() / 1e4)
    if not len(sites):
        return
    assert (sites["area_ha"] >= least_ha * (1 - 1e-6)).all()
    assert set(sites.geom_type) == {"Polygon"}
    assert sites.is_valid.all()
    shapes = sites.geometry.to_numpy()
    assert shapely.area(shapely.union_all(shapes)) / 1e4 == pytest.approx(sites["area_ha"].sum())
    # The strip was drawn with circles of 16 corners: what is left of it lies within 0.2 m.
    assert shapely.area(shapely.intersection(shapes, strip(lines, 9.7))).sum() < 1.0
    assert not shapely.intersects(shapes[:, None], lines.geometry.to_numpy()[None]).any()


@settings(deadline=None, derandomize=True, max_examples=12)
@given(seed=st.integers(0, 100_000))
def test_the_order_of_rows_changes_nothing(seed):
    free, lines, least_ha = random_case(seed)
    land = land_of(free)
    turned = lines.sample(frac=1, random_state=seed).reset_index(drop=True)
    turned.geometry = turned.geometry.reverse()
    one = candidate_sites(land, min_area_ha=least_ha, cuts=lines)
    other = candidate_sites(
        land.sortby("y").sortby("x", ascending=False), min_area_ha=least_ha, cuts=turned
    )
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    assert one.geometry.geom_equals_exact(other.geometry, 1e-6).all()


def test_a_road_divides_a_square():
    land = land_of(np.ones((4, 4)))
    road = cuts([LineString([(399_000, 4_599_500), (402_000, 4_599_500)])])
    sites = candidate_sites(land, min_area_ha=45, cuts=road, strip_m=10)
    assert sites["area_ha"].tolist() == pytest.approx([49.0, 49.0])
    assert sites["cut_by"].tolist() == ["road", "road"]
    assert sites["area_origin"].unique().tolist() == ["cells of the grid, cut along road"]
    assert sites.attrs["found"]["under_cuts_ha"] == pytest.approx(2.0)
    assert not len(candidate_sites(land, min_area_ha=50, cuts=road, strip_m=10))


def test_a_road_that_ends_inside_takes_its_strip_and_divides_nothing():
    land = land_of(np.ones((2, 2)))
    lane = cuts([LineString([(399_000, 4_599_800), (400_200, 4_599_800)])])
    sites = candidate_sites(land, min_area_ha=20, cuts=lane, strip_m=10)
    assert len(sites) == 1
    assert sites["area_ha"].iloc[0] == pytest.approx(25 - (200 * 20 + np.pi * 50) / 1e4, abs=0.01)


def test_water_drawn_as_an_area_takes_its_ground_alone():
    land = land_of(np.ones((2, 4)))
    pond = MultiPolygon([box(400_300, 4_599_600, 400_400, 4_599_900)])
    sites = candidate_sites(land, min_area_ha=20, cuts=cuts([pond], "water"), strip_m=10)
    assert sites["area_ha"].sum() == pytest.approx(50 - 3)
    assert sites.attrs["found"]["under_cuts_ha"] == pytest.approx(3)


def test_without_lines_the_parcels_are_those_of_the_cells():
    land = land_of(np.ones((9, 9)))
    far = cuts([LineString([(0, 0), (1, 1)]), Point(400_100, 4_599_900)], ["road", "water"])
    plain = candidate_sites(land, min_area_ha=20)
    cut = candidate_sites(land, min_area_ha=20, cuts=far)
    assert plain["area_ha"].tolist() == cut["area_ha"].tolist()
    assert plain.geometry.geom_equals(cut.geometry).all()


def plots_of(count, side, left=400_000.0, top=4_600_000.0):
    return [
        box(left + i * side, top - (j + 1) * side, left + (i + 1) * side, top - j * side)
        for j in range(count)
        for i in range(count)
    ]


def test_known_plots_are_taken_whole():
    plots = plots_of(10, 100.0)
    free = np.ones((4, 4), bool)
    free[0, 0] = False
    sites = candidate_sites(land_of(free), min_area_ha=5, cuts=cuts(plots, "cadastral"))
    found = sites.attrs["found"]
    assert len(sites)
    for shape in sites.geometry:
        share = shapely.area(shapely.intersection(np.array(plots), shape)) / 1e4
        assert np.isclose(share, 0).sum() + np.isclose(share, 1).sum() == len(plots)
    # Four plots lie in the cell that is not free, and five reach into it.
    assert found["broken_plots"] == 5
    taken = found["under_cuts_ha"] + found["unused_ha"] + sites["area_ha"].sum()
    assert taken == pytest.approx(found["suitable_ha"])
    assert sites["cut_by"].eq("plot").all()


def test_a_plot_large_enough_stands_by_itself():
    plots = [
        box(400_000, 4_599_000, 400_600, 4_600_000),
        box(400_600, 4_599_500, 401_000, 4_600_000),
        box(400_600, 4_599_000, 401_000, 4_599_500),
    ]
    sites = candidate_sites(land_of(np.ones((4, 4))), min_area_ha=35, cuts=cuts(plots, "plot"))
    assert sorted(sites["area_ha"].round(6)) == [40.0, 60.0]


def test_plots_across_a_canal_are_not_joined():
    plots = plots_of(2, 500.0)
    canal = LineString([(400_500, 4_598_000), (400_500, 4_601_000)])
    table = cuts([*plots, canal], ["plot"] * 4 + ["water"])
    sites = candidate_sites(land_of(np.ones((4, 4))), min_area_ha=40, cuts=table, strip_m=5)
    assert sites["area_ha"].tolist() == pytest.approx([49.5, 49.5])
    assert not sites.intersects(canal).any()


def test_plots_that_overlap_or_gape_a_little():
    plots = [
        box(400_000, 4_599_500, 400_255, 4_600_000),
        box(400_250, 4_599_500, 400_500, 4_600_000),
        box(400_500.3, 4_599_500, 400_750, 4_600_000),
    ]
    land = land_of(np.ones((2, 3)))
    sites = candidate_sites(land, min_area_ha=30, cuts=cuts(plots, "plot"))
    assert len(sites) == 1
    assert sites.geom_type.iloc[0] == "Polygon"
    assert sites["area_ha"].iloc[0] == pytest.approx(37.5, abs=0.05)


def test_lines_drawn_by_hand_are_not_cut_along():
    line = LineString([(0, 0), (1, 1)])
    table = gpd.GeoDataFrame(
        {
            "kind": ["road", "road", "road", "rail", "plot", "forest"],
            "class": ["primary", "track", None, None, None, None],
            "origin": ["reported", "reported", None, "Schematic", "reported", "reported"],
        },
        geometry=[line] * 6,
        crs=CRS,
    )
    found = cuts_of(table)
    assert found["kind"].tolist() == ["road", "road", "plot"]
    assert found.attrs["not_located"] == {"rail": 1}
    assert cuts_of(table, ["rail"]).empty
    assert cuts_of(None).empty
    with pytest.raises(TableError, match="'path': allowed are road, rail, water, plot"):
        cuts_of(table, ["path"])


def test_parcels_too_long_or_too_narrow_are_counted():
    free = np.zeros((3, 16), bool)
    free[0] = True
    land = land_of(free)
    assert len(candidate_sites(land, min_area_ha=100)) == 1
    long = candidate_sites(land, min_area_ha=100, max_stretch=4)
    assert len(long) == 0
    assert long.attrs["found"]["parcels_too_long"] == 1
    assert long.attrs["found"]["parcels_too_long_ha"] == 100
    narrow = candidate_sites(land, min_area_ha=100, max_stretch=20, min_width_m=300)
    assert narrow.attrs["found"]["parcels_too_narrow"] == 1
    assert narrow.attrs["parcels_found"] == 0


@pytest.mark.parametrize("limit", ["max_stretch", "min_width_m"])
def test_a_limit_of_nothing_is_a_fault(limit):
    with pytest.raises(TableError, match=f"{limit} is 0: give more than 0"):
        candidate_sites(land_of(np.ones((2, 2))), min_area_ha=5, **{limit: 0})


def test_shapes_in_figures():
    land = land_of(np.ones((4, 4)))
    site = candidate_sites(land, min_area_ha=12.5).iloc[0]
    assert site["stretch"] == pytest.approx(2)
    assert site["inscribed_circle_m"] == pytest.approx(250, abs=2)
    assert site["compactness"] == pytest.approx(4 * np.pi * 2 / 36)
