"""Places that compete with parcels: proposed sites and brownfields."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geocluster.errors import GeoclusterWarning, TableError
from geocluster.region import Region
from geocluster.siting.brownfields import brownfield_ground, told_of
from geocluster.siting.candidates import candidate_sites
from geocluster.siting.describing import describe_sites
from geocluster.siting.rules import check_rules
from geocluster.siting.suitability import suitable_land

CRS = "EPSG:32642"
LEFT, TOP = 400_000.0, 4_604_000.0
RULES = check_rules(
    pd.DataFrame(
        {
            "rule_id": ["homes", "industrial", "forest"],
            "kind": ["homes", "industrial", "forest"],
            "keep_away_m": [500, 0, 0],
            "whole_cell": ["yes", "no", "no"],
        }
    )
)
HOMES = gpd.GeoDataFrame(
    {"people": [900]}, geometry=[box(LEFT, TOP - 1000, LEFT + 1000, TOP)], crs=CRS
)


def table(shapes, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def square(x, y, side=500.0):
    """A square whose upper left corner lies so far from that of the grid."""
    return box(LEFT + x, TOP - y - side, LEFT + x + side, TOP - y)


def land_of(land=None):
    grid = Region("Example", box(LEFT, TOP - 4000, LEFT + 4000, TOP), CRS).grid(cell_m=500)
    return suitable_land(grid, HOMES, land, RULES, fringe_km=None)


def test_proposed_sites_compete_under_the_same_criteria():
    suitable = land_of()
    proposed = table([square(2000, 2000), Point(LEFT + 1500, TOP - 500)], name=["Yard", None])
    proposed["area_ha"] = [np.nan, 30.0]
    sites = candidate_sites(suitable, min_area_ha=25, proposed=proposed)
    given = sites[sites["kind"] == "proposed"].set_index("site_id")
    assert given.index.tolist() == ["P01", "P02"]
    assert given["name"].tolist() == ["Yard", ""]
    assert given["area_ha"].tolist() == pytest.approx([25, 30])
    assert given["area_origin"].tolist() == ["drawn", "stated"]
    assert given["approximate"].tolist() == [False, True]
    assert not given["subject_to_exclusion"].any()
    burden = xr.ones_like(suitable["suitable"], dtype=float)
    described = describe_sites(sites, burden, HOMES, None, None).set_index("site_id")
    assert described.loc["P01", "nearest_home_m"] == pytest.approx(1000 * np.sqrt(2))
    assert described.loc["P02", "people_in_protection_zone"] > 0


def test_broken_rules_are_named_with_their_metres():
    suitable = land_of()
    proposed = table([square(1300, 500), square(2500, 2500)], name=["Near", "Far"])
    sites = candidate_sites(suitable, min_area_ha=25, proposed=proposed)
    measured = sites.set_index("name")
    assert measured.loc["Near", "breaks_rules"] == "homes"
    assert measured.loc["Near", "breaks_rules_by_m"] == "homes 200"
    assert measured.loc["Far", ["breaks_rules", "breaks_rules_by_m"]].tolist() == ["", ""]
    free = measured[measured["subject_to_exclusion"]]
    assert (free["breaks_rules"] == "").all()


def test_a_parcel_that_is_proposed_breaks_no_rule():
    suitable = land_of()
    own = candidate_sites(suitable, min_area_ha=50)
    sites = candidate_sites(suitable, min_area_ha=50, proposed=own[["name", "geometry"]])
    assert (sites["kind"] == "proposed").all()
    assert (sites["breaks_rules"] == "").all()
    assert sites.attrs["found"]["parcels_covered"] == len(own)


def test_parcels_beneath_a_proposed_site_are_left_out_or_clipped():
    suitable = land_of()
    plain = candidate_sites(suitable, min_area_ha=50)
    proposed = table([square(2000, 2000, 1100)], name=["Yard"])
    sites = candidate_sites(suitable, min_area_ha=50, proposed=proposed, max_stretch=4)
    found = sites.attrs["found"]
    assert found["parcels_covered"] + found["parcels_clipped"] > 0
    assert found["parcels"] == len(plain) - found["parcels_covered"]
    parcels = sites[sites["kind"] == "empty land"]
    assert shapely.area(parcels.intersection(proposed.geometry[0])).sum() == pytest.approx(0)
    assert (parcels["area_ha"] >= 50 * (1 - 1e-9)).all()
    assert set(parcels.geom_type) == {"Polygon"}
    assert parcels["area_ha"].to_numpy() == pytest.approx(parcels.area.to_numpy() / 1e4)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 100_000))
def test_no_ground_is_offered_twice(seed):
    random = np.random.default_rng(seed)
    at = random.uniform(0, 3500, (4, 2))
    sides = random.uniform(300, 1500, 4)
    shapes = [square(*xy, side) for xy, side in zip(at, sides, strict=True)]
    suitable = land_of()
    sites = candidate_sites(
        suitable, min_area_ha=12, proposed=table(shapes[:1], name=["A"]),
        brownfields=table(shapes[1:2], name=["B"]), max_stretch=4,
    )  # fmt: skip
    area = shapely.area(shapely.union_all(sites.geometry.to_numpy()))
    assert area == pytest.approx(sites.area.sum())
    generated = sites[sites["subject_to_exclusion"]]
    assert (generated["area_ha"] >= 12 * (1 - 1e-9)).all()
    assert (generated["stretch"] <= 4 * (1 + 1e-6)).all()


def test_a_proposed_site_smaller_than_the_park_is_told():
    proposed = table([square(2000, 2000, 200)], name=["Corner"])
    with pytest.warns(GeoclusterWarning, match="1 proposed sites are smaller .*: Corner"):
        sites = candidate_sites(land_of(), min_area_ha=25, proposed=proposed)
    assert not (sites["kind"] == "proposed").any()


def test_a_stated_area_against_the_drawn_one_is_told():
    proposed = table([square(2000, 2000)], name=["Yard"], area_ha=[80.0])
    with pytest.warns(GeoclusterWarning, match="Yard is 25 ha, not 80"):
        sites = candidate_sites(land_of(), min_area_ha=25, proposed=proposed)
    assert sites.set_index("name").loc["Yard", "area_ha"] == pytest.approx(25)


def test_proposed_sites_in_another_reference_system():
    proposed = table([square(2000, 2000)], name=["Yard"])
    one, other = (
        candidate_sites(land_of(), min_area_ha=25, proposed=given)
        for given in (proposed, proposed.to_crs(4326))
    )
    assert other["area_ha"].to_numpy() == pytest.approx(one["area_ha"].to_numpy(), rel=1e-6)


def test_a_line_is_no_proposed_site():
    line = table([LineString([(LEFT, TOP), (LEFT + 9, TOP)])], name=["A"])
    with pytest.raises(TableError, match="1 are neither points nor polygons"):
        candidate_sites(land_of(), min_area_ha=25, proposed=line)


def brownfield(*shapes, **columns):
    names = columns.pop("name", [""] * len(shapes))
    return table(shapes, kind=["brownfield"] * len(shapes), name=names)


def test_brownfields_keep_the_rules_but_those_on_ground_in_use():
    ground = square(1200, 1300, 1000)
    land = pd.concat(
        [
            brownfield(ground, name=["Old mill"]),
            table([ground], kind=["industrial"], name=[""]),
        ],
        ignore_index=True,
    )
    suitable = land_of(land)
    left = brownfield_ground(land, suitable)
    assert left["name"].tolist() == ["Old mill"]
    assert left["drawn_ha"].tolist() == pytest.approx([100])
    # Nothing of it lies within 500 m of homes.
    assert left["taken_by"].tolist() == ["homes"]
    assert 500 - 1e-6 <= left.distance(HOMES.geometry[0]).iloc[0] < 501
    sites = candidate_sites(suitable, min_area_ha=80, brownfields=left)
    used = sites[sites["kind"] == "brownfield"]
    assert used["site_id"].tolist() == ["B01"]
    assert used["name"].tolist() == ["Old mill"]
    assert 80 < used["area_ha"].iloc[0] < 100
    burden = xr.ones_like(suitable["suitable"], dtype=float)
    described = describe_sites(sites, burden, HOMES, land, None).set_index("site_id")
    assert described.loc["B01", "new_land_share"] == pytest.approx(0)


def test_land_used_before_counts_within_parcels_too():
    land = brownfield(square(2000, 2000, 250))
    suitable = land_of(land)
    sites = candidate_sites(suitable, min_area_ha=25)
    burden = xr.ones_like(suitable["suitable"], dtype=float)
    share = describe_sites(sites, burden, HOMES, land, None)["new_land_share"]
    assert sorted(set(share.round(6))) == [0.75, 1.0]


def test_a_large_brownfield_is_cut_into_parcels_of_about_a_park():
    left = table([square(1600, 1600, 2000)], name=["Works"])
    road = table([LineString([(LEFT, TOP - 2500), (LEFT + 4000, TOP - 2500)])], kind=["road"])
    sites = candidate_sites(land_of(), min_area_ha=40, brownfields=left, cuts=road)
    used = sites[sites["kind"] == "brownfield"]
    assert len(used) > 5
    assert used["area_ha"].between(40 * (1 - 1e-9), 120).all()
    assert not used.intersects(road.geometry[0]).any()
    assert set(used.geom_type) == {"Polygon"}
    assert used.area.sum() <= 400e4 * (1 + 1e-9)


def test_brownfields_that_rules_take_are_told():
    land = brownfield(square(0, 0, 600), square(2500, 2500, 100), name=["Town mill", "Shed"])
    suitable = land_of(land)
    left = brownfield_ground(land, suitable)
    told = told_of(table([], kind=[]), left, 25)
    assert told["brownfields_drawn"] == 2
    assert told["brownfields_too_small"] == 1
    sites = candidate_sites(suitable, min_area_ha=25, brownfields=left)
    assert sites.attrs["found"]["brownfields_lost"] == [
        {"name": "Town mill", "area_ha": 36.0, "taken_by": "homes"}
    ]
    assert not (sites["kind"] == "brownfield").any()


def test_a_brownfield_that_a_road_cuts_too_small_is_told():
    left = table([square(2000, 2000, 600)], name=["Yard"])
    road = table([LineString([(LEFT, TOP - 2300), (LEFT + 4000, TOP - 2300)])], kind=["road"])
    sites = candidate_sites(land_of(), min_area_ha=30, brownfields=left, cuts=road)
    assert sites.attrs["found"]["brownfields_lost"] == [
        {"name": "Yard", "area_ha": 36.0, "taken_by": "cut by lines"}
    ]


def test_brownfields_that_touch_are_one_and_their_order_is_no_matter():
    land = brownfield(square(2500, 2000), square(2000, 2000), name=["East", "West"])
    suitable = land_of(land)
    one = brownfield_ground(land, suitable)
    other = brownfield_ground(land.iloc[::-1], suitable)
    assert one["name"].tolist() == other["name"].tolist() == ["East, West"]
    assert one["drawn_ha"].tolist() == other["drawn_ha"].tolist() == pytest.approx([50])


def test_without_brownfields_there_are_none():
    for land in (None, table([square(0, 0)], kind=["forest"])):
        suitable = land_of(land)
        left = brownfield_ground(land, suitable)
        assert left.empty
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            candidate_sites(suitable, min_area_ha=25, brownfields=left)
