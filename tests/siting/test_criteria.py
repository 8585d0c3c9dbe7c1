"""What sites are judged by."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import spearmanr
from shapely.geometry import LineString, Point, box

from geocluster.errors import CRSError, GeoclusterWarning, SettingsError
from geocluster.exposure.residents import people_within
from geocluster.siting.correlation import correlations
from geocluster.siting.criteria import (
    BURDEN,
    CRITERIA,
    GROUPS,
    criteria_table,
    grouped_weights,
    signs_of,
)
from geocluster.siting.describing import describe_sites
from geocluster.siting.measures import main_roads, people_in_reach, sectors_near, share_covered

CRS = "EPSG:32642"
X0, Y0 = 500_000.0, 4_500_000.0


def at(*bounds):
    west, south, east, north = bounds
    return box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def line(x, south=0, north=10_000):
    return LineString([(X0 + x, Y0 + south), (X0 + x, Y0 + north)])


@pytest.fixture
def burden():
    return xr.DataArray(
        np.arange(100.0).reshape(10, 10),
        dims=("y", "x"),
        coords={
            "y": Y0 + (np.arange(10)[::-1] + 0.5) * 1000,
            "x": X0 + (np.arange(10) + 0.5) * 1000,
        },
        attrs={"crs": CRS, "cell_m": 1000.0},
    )


@pytest.fixture
def sites():
    return gpd.GeoDataFrame(
        {"site_id": ["S1", "S2", "Z1"], "kind": ["empty land", "empty land", "existing zone"]},
        geometry=[at(0, 9000, 1000, 10_000), at(500, 0, 1500, 1000), at(20_000, 0, 21_000, 1000)],
        crs=CRS,
    )


@pytest.fixture
def homes():
    return gpd.GeoDataFrame(
        {"people": [1000, 300], "located": [True, True]},
        geometry=[at(1000, 9000, 2000, 10_000), at(5000, 0, 6000, 1000)],
        crs=CRS,
    )


@pytest.fixture
def land():
    return gpd.GeoDataFrame(
        {
            "kind": ["road", "road", "rail", "farmland", "farmland", "brownfield"],
            "class": ["track", "primary", None, None, None, None],
        },
        geometry=[
            line(1600),
            line(4000),
            line(7000),
            at(0, 9000, 500, 10_000),
            at(200, 9000, 700, 10_000),
            at(500, 0, 1000, 500),
        ],
        crs=CRS,
    )


@pytest.fixture
def clusters():
    return gpd.GeoDataFrame(
        {"sectors": ["metals; power", "Power, cement"]},
        geometry=[at(3000, 8000, 4000, 9000), at(0, 30_500, 1000, 31_000)],
        crs=CRS,
    )


@pytest.fixture
def described(sites, burden, homes, land, clusters):
    return describe_sites(sites, burden, homes, land, clusters)


def test_burden_is_the_mean_over_the_parcel(described):
    assert described[BURDEN].tolist()[:2] == [0.0, 90.5]
    assert np.isnan(described[BURDEN].iloc[2])  # outside the grid: not known, not 0


def test_people_near_a_site(described):
    assert described["people_in_protection_zone"].tolist() == pytest.approx([500, 0, 0])
    assert described["workers_within_15_km"].iloc[0] == pytest.approx(1300)
    assert described["nearest_home_m"].tolist()[:2] == [0, 3500]
    assert described["people_on_site"].tolist() == [0, 0, 0]


def test_distances_are_from_the_edge_to_the_main_roads(described):
    assert described["distance_road_m"].tolist() == [3000, 2500, 16_000]
    assert described["distance_rail_m"].tolist() == [6000, 5500, 13_000]


def test_a_missing_layer_is_missing_and_not_neutral(described, sites, burden, homes):
    assert described["distance_power_m"].isna().all()
    bare = describe_sites(sites, burden, homes, None, None)
    for column in ("distance_road_m", "farmland_share", "distance_cluster_m"):
        assert bare[column].isna().all()
    table = criteria_table(bare).set_index("column")
    assert table.loc["distance_road_m", "completeness"] == 0
    assert table.loc[BURDEN, "completeness"] == pytest.approx(2 / 3)


def test_land_is_farmed_or_new(described):
    assert described["farmland_share"].tolist() == [0.7, 0, 0]  # drawn twice counts once
    assert described["new_land_share"].tolist() == [1, 0.75, 0]


def test_partners(described):
    assert described["distance_cluster_m"].iloc[0] == 2000
    # Within 20 km: metals and power of the first cluster; the second adds cement, 20.5 km away.
    assert described["sectors_within_20_km"].tolist()[:2] == [2, 2]


def test_sectors_are_counted_once_whatever_their_form():
    sites = np.array([box(0, 0, 1, 1)])
    names = gpd.GeoDataFrame(
        {"sectors": [["Power"], "power; cement", None]}, geometry=[Point(5, 5)] * 3
    )
    assert sectors_near(sites, names, 10).tolist() == [2]
    unknown = gpd.GeoDataFrame({"sectors": [None]}, geometry=[Point(5, 5)])
    assert np.isnan(sectors_near(sites, unknown, 10)).all()


def test_roads_without_a_main_class_all_count():
    roads = gpd.GeoDataFrame({"kind": ["road"] * 2}, geometry=[Point(0, 0), Point(1, 1)])
    assert len(main_roads(roads)) == 2
    assert len(main_roads(roads.assign(**{"class": ["track", "trunk"]}))) == 1


def test_shares_stay_between_0_and_1():
    shapes = np.array([box(0, 0, 1, 1), box(0, 0, 1, 1), box(5, 5, 6, 6)])
    assert share_covered(np.array([box(0, 0, 1, 1)]), shapes).tolist() == [1.0]


def test_other_reference_systems_are_transformed(sites, burden, homes, land, clusters, described):
    other = describe_sites(
        sites, burden, homes.to_crs(4326), land.to_crs(4326), clusters.to_crs(4326)
    )
    columns = [criterion.column for criterion in CRITERIA]
    difference = (other[columns] - described[columns]).abs().max()
    assert difference.max() < 0.5


def test_a_table_without_reference_system_is_an_error(sites, burden, homes, land):
    with pytest.raises(CRSError, match="homes"):
        describe_sites(sites, burden, homes.set_crs(None, allow_override=True), land, None)


def test_sites_are_not_changed(sites, burden, homes, land, clusters):
    before = sites.copy()
    describe_sites(sites, burden, homes, land, clusters)
    pd.testing.assert_frame_equal(sites, before)


def test_criteria_are_complete():
    table = criteria_table()
    assert table["column"].is_unique
    assert set(table["direction"]) == {"less", "more", "shown"}
    assert (table[["unit", "label", "source"]] != "").all(axis=None)
    own = table[(table["stands_in_for"] == "") & (table["direction"] != "shown")]
    assert own.groupby("group")["share"].sum().to_dict() == pytest.approx(dict.fromkeys(GROUPS, 1))
    assert set(table.loc[table["direction"] == "shown", "share"]) == {0}
    assert set(table["stands_in_for"]) - {""} <= set(table["column"])


def test_group_weights_are_shared_within_the_group(described):
    groups = {"exposure": 0.4, "access": 0.25, "land": 0.15, "partners": 0.2}
    with pytest.warns(GeoclusterWarning, match="distance_power_m, .*distance_water_m"):
        weights = grouped_weights(groups, described)
    group_of = criteria_table().set_index("column")["group"]
    sums = pd.Series(weights).abs().groupby(group_of).sum().to_dict()
    assert sums == pytest.approx(groups)
    assert weights["distance_road_m"] < 0 < weights["workers_within_15_km"]
    assert "distance_power_m" not in weights


def test_a_group_without_data_leaves_its_weight_to_the_others(sites, burden, homes):
    bare = describe_sites(sites, burden, homes, None, None)
    with pytest.warns(GeoclusterWarning):
        weights = grouped_weights({"exposure": 1, "partners": 3}, bare)
    assert set(weights) == {BURDEN, "people_in_protection_zone"}
    assert sum(map(abs, weights.values())) == pytest.approx(1)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"exposure": 1, "price": 2}, "no such group 'price'"),
        ({"exposure": -1}, "give 0 or more"),
        ({"exposure": 0}, "no criterion with a weight"),
    ],
)
def test_wrong_group_weights(described, groups, message):
    with pytest.raises(SettingsError, match=message):
        grouped_weights(groups, described)


def test_signs_follow_the_direction(described):
    signs = signs_of(described)
    assert signs[BURDEN] == -1
    assert signs["sectors_within_20_km"] == 1
    assert "distance_power_m" not in signs


def test_correlations_equal_scipy():
    random = np.random.default_rng(4)
    table = pd.DataFrame(random.integers(0, 6, (40, 3)), columns=list("abc"), dtype=float)
    table["d"] = table["a"] * 3 + 1
    table.loc[3, "b"] = np.nan
    found = correlations(table, list("abcd"))
    for first in "abcd":
        for second in "abcd":
            both = table[[first, second]].dropna().to_numpy()
            expected = 1.0 if first == second else spearmanr(both[:, 0], both[:, 1]).statistic
            assert found.loc[first, second] == pytest.approx(expected)
    assert found.attrs["high"] == [("a", "d", pytest.approx(1.0))]


def test_a_constant_criterion_has_no_correlation():
    table = pd.DataFrame({"a": [1.0, 1, 1], "b": [1.0, 2, 3]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = correlations(table, ["a", "b"])
    assert np.isnan(found.loc["a", "b"])
    assert found.attrs["high"] == []


def test_people_in_reach_equal_those_counted_home_by_home(sites):
    random = np.random.default_rng(2)
    x, y = random.uniform(-3000, 9000, (2, 60))
    side = random.uniform(1, 900, 60)
    homes = gpd.GeoDataFrame(
        {"people": random.integers(0, 50, 60)},
        geometry=[at(*place) for place in zip(x, y, x + side, y + side, strict=True)],
        crs=CRS,
    )
    for reach_m in (0, 500, 4000, 50_000):
        expected = people_within(homes, sites, [reach_m]).iloc[:, 0]
        assert people_in_reach(sites, homes, reach_m) == pytest.approx(expected.to_numpy())
    assert people_in_reach(sites, homes, 50_000)[0] == homes["people"].sum()
    assert people_in_reach(sites, homes.iloc[:0], 500).tolist() == [0, 0, 0]


@pytest.mark.filterwarnings("ignore::geocluster.errors.GeoclusterWarning")
def test_no_sites_are_described_without_a_fault(sites, burden, homes, land, clusters):
    empty = describe_sites(sites.iloc[:0], burden, homes, land, clusters)
    assert len(empty) == 0
    assert {criterion.column for criterion in CRITERIA} <= set(empty.columns)
    with pytest.raises(SettingsError, match="no criterion"):
        grouped_weights({"exposure": 1}, empty)
