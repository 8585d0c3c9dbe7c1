"""Sites that stand close together are a cluster; what they hold is summed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from geocluster.errors import CRSError, InputError
from geocluster.industry.clusters import find_clusters

CRS = "EPSG:32642"


def sources_at(*places, **columns):
    x, y = zip(*places, strict=True)
    names = [f"plant {number}" for number in range(len(places))]
    data = {"name": names, "sector": "metals", **columns}
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=gpd.points_from_xy(x, y), crs=CRS)


TWO_GROUPS = sources_at(
    (0, 0), (800, 0), (0, 900), (60_000, 0), (61_000, 0), (150_000, 0),
    emission_so2_g_s=[5.0, 1.0, 0.0, 2.0, 3.0, 99.0],
    emission_co2_g_s=[0.0, 0.0, 900.0, 0.0, 0.0, 0.0],
    sector=["metals", "metals", "cement", "power", "chemicals", "power"],
)  # fmt: skip


@pytest.mark.parametrize("method", ["hdbscan", "dbscan"])
def test_groups_far_apart_are_clusters_and_a_lone_plant_is_none(method):
    clusters = find_clusters(TWO_GROUPS, method=method)
    assert clusters["members"].tolist() == [3, 2]
    assert clusters["cluster_id"].tolist() == ["C01", "C02"]
    assert clusters["emission_so2_g_s"].tolist() == [6.0, 5.0]
    assert clusters["sectors"].tolist() == ["metals, cement", "chemicals, power"]
    assert clusters.loc[0, "member_names"] == "plant 0, plant 1, plant 2"
    assert clusters.crs == TWO_GROUPS.crs


def test_the_name_is_of_the_largest_emitter_greenhouse_gases_aside():
    assert find_clusters(TWO_GROUPS)["name"].tolist() == ["around plant 0", "around plant 4"]


def test_a_lone_plant_is_kept_where_asked():
    clusters = find_clusters(TWO_GROUPS, keep_lone=True)
    assert clusters["members"].tolist() == [3, 2, 1]
    assert clusters["emission_so2_g_s"].sum() == TWO_GROUPS["emission_so2_g_s"].sum()


def test_the_hull_holds_its_members_even_where_they_lie_in_line():
    clusters = find_clusters(TWO_GROUPS, keep_lone=True)
    assert (clusters.geom_type == "Polygon").all()
    assert clusters.area.min() > 0
    hulls = clusters.union_all()
    assert TWO_GROUPS.within(hulls).all()


def test_sources_of_one_plant_are_one_site():
    one = sources_at((0, 0), (100, 0), (200, 0), (300, 0), plant_id=["a", "a", "a", "b"])
    clusters = find_clusters(one)
    assert clusters["members"].tolist() == [2]
    alone = find_clusters(one.assign(plant_id="a"))
    assert len(alone) == 0


def test_a_gap_above_the_reach_parts_a_group():
    line = sources_at(
        *[(1_000 * n, 0) for n in range(5)], *[(12_000 + 1_000 * n, 0) for n in range(5)]
    )
    assert find_clusters(line, reach_m=9_000, method="dbscan")["members"].tolist() == [10]
    assert find_clusters(line, reach_m=5_000, method="dbscan")["members"].tolist() == [5, 5]


def test_dense_groups_within_reach_are_told_apart_by_density():
    rng = np.random.default_rng(4)
    places = [*rng.normal((0, 0), 200, (20, 2)), *rng.normal((4_000, 0), 200, (20, 2))]
    clusters = find_clusters(sources_at(*places), reach_m=5_000)
    assert len(clusters) == 2
    assert clusters["members"].min() >= 15


def test_industrial_land_is_a_site_and_takes_in_the_sources_on_it():
    areas = gpd.GeoDataFrame(
        {"kind": ["industrial", "industrial", "forest"], "name": ["works", "yard", "wood"]},
        geometry=[box(-300, -300, 300, 300), box(700, 0, 900, 100), box(0, 500, 90, 590)],
        crs=CRS,
    )
    clusters = find_clusters(sources_at((0, 0), (-100, 0), plant_id=["a", "a"]), areas)
    assert clusters["members"].tolist() == [2]
    assert clusters["area_ha"].item() == pytest.approx(36 + 2)
    assert "yard" in clusters["member_names"].item()
    assert "wood" not in clusters["member_names"].item()


def test_the_weakest_origin_is_carried():
    origins = ["reported", "assumed", "factor", "factor", None, "assumed"]
    clusters = find_clusters(TWO_GROUPS.assign(emission_origin=origins))
    assert clusters["emission_origin"].tolist() == ["assumed", "factor"]


def test_no_sources_give_an_empty_table_with_its_columns():
    clusters = find_clusters(TWO_GROUPS.iloc[:0])
    assert len(clusters) == 0
    assert {"cluster_id", "members", "sectors", "emission_so2_g_s", "geometry"} <= set(clusters)
    assert clusters.crs == TWO_GROUPS.crs


def test_the_order_of_rows_and_a_rerun_change_nothing():
    shuffled = TWO_GROUPS.sample(frac=1, random_state=2)
    first, again, other = (find_clusters(t) for t in (TWO_GROUPS, TWO_GROUPS, shuffled))
    assert first.equals(again)
    assert first.drop(columns="geometry").equals(other.drop(columns="geometry"))


def test_sites_at_one_place_are_a_cluster():
    assert find_clusters(sources_at(*[(5, 5)] * 4))["members"].tolist() == [4]
    assert isinstance(find_clusters(sources_at((5, 5), (5, 5))).geometry.iloc[0].centroid, Point)


def test_all_faults_at_once():
    with pytest.raises(InputError) as error:
        find_clusters(TWO_GROUPS, method="kmeans", reach_m=0, min_members=1)
    assert len(error.value.faults) == 3


def test_degrees_are_refused():
    with pytest.raises(CRSError, match="not metric"):
        find_clusters(TWO_GROUPS.to_crs(4326))
