"""Shared facilities: against every combination, and what the table says."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from geocluster.errors import TableError
from geocluster.siting.facilities import place_facilities
from geocluster.siting.medians import _interchanged, coverage, p_median

CRS = "EPSG:32642"


def layout(seed: int, clients: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    first, second = random.uniform(0, 1e5, (clients, 2)), random.uniform(0, 1e5, (count, 2))
    gaps = np.hypot(*(first[:, None] - second[None]).T).T
    return gaps, random.integers(0, 5, clients) + 0.5


def points(xs: list[float], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(xs, [0.0] * len(xs)), crs=CRS)


@given(seed=st.integers(0, 10_000), m=st.integers(1, 4))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_p_median_is_the_best_of_all_combinations(seed: int, m: int) -> None:
    distance, weight = layout(seed, 15, 11)
    least = min(
        float(weight @ distance[:, list(rows)].min(axis=1)) for rows in combinations(range(11), m)
    )
    placed = p_median(distance, weight, m)
    assert placed.value == pytest.approx(least, rel=1e-9)
    assert placed.value == pytest.approx(weight @ distance[:, placed.rows].min(axis=1))
    assert placed.gap == 0
    assert len(placed.rows) == m


@given(seed=st.integers(0, 10_000), m=st.integers(1, 4))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_coverage_is_the_best_of_all_combinations(seed: int, m: int) -> None:
    distance, weight = layout(seed, 15, 11)
    within = distance < 25_000
    most = max(
        float(weight[within[:, list(rows)].any(axis=1)].sum())
        for rows in combinations(range(11), m)
    )
    placed = coverage(within, weight, m)
    assert placed.value == pytest.approx(most)
    assert len(placed.rows) == m


def test_a_hundred_clients_are_solved_to_the_optimum_where_exchange_alone_is_not() -> None:
    worse = 0
    for seed in range(4):
        distance, weight = layout(seed, 120, 100)
        placed = p_median(distance, weight, 8)
        assert placed.gap == 0
        share = weight / weight.sum()
        exchanged = _interchanged(distance, share, 8)
        cost = float(weight @ distance[:, exchanged].min(axis=1))
        assert placed.value <= cost * (1 + 1e-9)
        worse += cost > placed.value * (1 + 1e-6)
    assert worse >= 1


def test_more_facilities_never_serve_worse() -> None:
    distance, weight = layout(7, 40, 30)
    values = [p_median(distance, weight, m).value for m in range(1, 8)]
    assert values == sorted(values, reverse=True)


def test_each_cluster_is_told_its_facility_and_the_line_to_it() -> None:
    clusters = points([0, 2_000, 30_000], cluster_id=[1, 2, 3], members=[5, 5, 1])
    sites = points([1_000, 5_000, 29_000], site_id=["S1", "S2", "S3"], name=["one", None, ""])
    placed = place_facilities(clusters, sites, 2, weight="members")
    assert placed["facility_at"].tolist() == ["S1", "S1", "S3"]
    assert placed["facility"].tolist() == [1, 1, 2]
    assert placed["distance_m"].tolist() == [1_000, 1_000, 1_000]
    assert placed.geometry.iloc[2].equals(LineString([(30_000, 0), (29_000, 0)]))
    assert placed.attrs["value"] == pytest.approx(1_000)
    assert placed["covered"].all()


def test_coverage_says_who_is_left_out() -> None:
    clusters = points([0, 2_000, 30_000], members=[1, 1, 9])
    asked = {"objective": "coverage", "within_m": 1_500}
    heavy = place_facilities(clusters, clusters, 1, weight="members", **asked)
    assert heavy["covered"].tolist() == [False, False, True]
    assert heavy.attrs["value"] == pytest.approx(9 / 11)
    sites = points([1_000, 30_000])
    assert place_facilities(clusters, sites, 1, **asked).attrs["at"] == ["1"]


def test_minutes_by_road_may_choose_another_place() -> None:
    from geocluster.load.roads import road_graph

    lines = [LineString([(0, 0), (0, 40_000)]), LineString([(0, 40_000), (12_000, 40_000)])]
    roads = gpd.GeoDataFrame(
        {"kind": ["road"] * 2, "class": ["trunk"] * 2}, geometry=lines, crs=CRS
    )
    clusters = points([0], cluster_id=["c"])
    sites = gpd.GeoDataFrame(
        {"site_id": ["across", "along"]},
        geometry=gpd.points_from_xy([9_000, 0], [0, 15_000]),
        crs=CRS,
    )
    straight = place_facilities(clusters, sites, 1)
    driven = place_facilities(clusters, sites, 1, roads=road_graph(roads))
    assert straight.attrs["at"] == ["across"]
    assert driven.attrs["at"] == ["along"]
    assert driven["minutes"].iloc[0] < 30


def test_faults_come_together() -> None:
    clusters = points([0, 1], members=[0, 0])
    with pytest.raises(TableError) as caught:
        place_facilities(clusters, clusters, 3, objective="coverage", weight="members")
    text = str(caught.value)
    assert all(word in text for word in ("3 facilities", "within_m", "not all 0"))
    with pytest.raises(TableError, match="no column"):
        place_facilities(clusters, clusters, 1, weight="people")
    with pytest.raises(TableError, match="no cluster"):
        place_facilities(clusters.iloc[:0], clusters, 1)


def test_a_facility_at_every_cluster_is_no_way_off() -> None:
    clusters = points([0, 50_000], cluster_id=[1, 2])
    placed = place_facilities(clusters, clusters, 2)
    assert placed.attrs["value"] == 0
    assert placed.attrs["status"] == "optimal"
    nowhere = place_facilities(clusters, points([20_000]), 1, objective="coverage", within_m=1_000)
    assert nowhere.attrs["value"] == 0
    assert not nowhere["covered"].any()
