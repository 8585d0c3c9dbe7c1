"""Minutes by road, against a slow reading of the same rules, and people within a time."""

import itertools
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geocluster.load.roads import road_graph
from geocluster.siting.reach import (
    WALK_M,
    home_points,
    minutes_to_road,
    travel_minutes,
    workers_within,
)

CRS = "EPSG:32642"
WALK, STREET, TRUNK = 5, 20, 85


def minutes(metres, km_h):
    return metres / 1000 / km_h * 60


def graph_of(*lines, **columns):
    columns = {"kind": "road", "class": "trunk", "origin": "OpenStreetMap", **columns}
    table = gpd.GeoDataFrame(columns, geometry=list(lines), crs=CRS, index=range(len(lines)))
    return road_graph(table)


STRAIGHT = LineString([(0, 0), (20_000, 0)])


def test_three_legs_from_the_nearest_point_of_the_nearest_road():
    found = travel_minutes(graph_of(STRAIGHT), [Point(5000, 600)], [Point(12_000, -300)])
    assert found[0] == pytest.approx(minutes(900, WALK) + minutes(7000, TRUNK))
    slower = travel_minutes(
        graph_of(STRAIGHT), [Point(5000, 600)], [Point(12_000, -300)], place_km_h=12, target_km_h=6
    )
    assert slower[0] == pytest.approx(minutes(600, 12) + minutes(7000, TRUNK) + minutes(300, 6))


def test_who_is_nearer_on_foot_walks():
    found = travel_minutes(graph_of(STRAIGHT), [Point(5000, 4000)], [Point(5000, 4100)])
    assert found[0] == pytest.approx(minutes(100, WALK))
    assert travel_minutes(graph_of(), [Point(0, 0)], [Point(0, 100)]).tolist() == [1.2]


def test_places_and_targets_may_have_any_shape():
    graph = graph_of(STRAIGHT)
    site = box(4000, 200, 4800, 900)
    river = LineString([(10_000, -5000), (10_000, 5000)])
    park = box(15_000, -900, 16_000, 900)
    assert travel_minutes(graph, [site], [river])[0] == pytest.approx(
        minutes(200, WALK) + minutes(5200, TRUNK)
    )
    assert travel_minutes(graph, [Point(19_000, 0), site], [park]) == pytest.approx(
        [minutes(3000, TRUNK), minutes(200, WALK) + minutes(10_200, TRUNK)]
    )
    assert travel_minutes(graph, [Point(15_500, 0)], [park])[0] == 0
    table = gpd.GeoDataFrame(geometry=[site], crs=CRS)
    assert travel_minutes(graph, table, table.geometry).tolist() == [0.0]


def test_what_no_road_joins_is_out_of_reach():
    graph = graph_of(STRAIGHT, LineString([(0, 9000), (20_000, 9000)]))
    target = [Point(18_000, 9000)]
    assert graph.island.max() == 1
    found = travel_minutes(graph, [Point(1000, 100), Point(1000, 8900)], target)
    assert found[1] == pytest.approx(minutes(100, WALK) + minutes(17_000, TRUNK))
    assert found[0] == np.inf
    people = gpd.GeoDataFrame({"people": [7]}, geometry=target, crs=CRS)
    assert workers_within(graph, [Point(1000, 100)], people).to_numpy().tolist() == [[0, 0]]


def test_no_target_is_not_known_and_no_place_is_empty():
    graph = graph_of(STRAIGHT)
    assert np.isnan(travel_minutes(graph, [Point(0, 0)], [])).all()
    assert travel_minutes(graph, [], [Point(0, 0)]).shape == (0,)
    assert np.isnan(minutes_to_road(graph, [Point(0, 0)], ["motorway"])).all()


def test_ways_do_not_begin_on_a_fragment_of_a_road():
    fragment = LineString([(5000, 700), (5100, 700)])  # no junction, 0.5 % of the length
    found = travel_minutes(graph_of(STRAIGHT, fragment), [Point(5000, 800)], [Point(15_000, 0)])
    assert found[0] == pytest.approx(minutes(800, WALK) + minutes(10_000, TRUNK))


def test_minutes_to_a_main_road_are_by_other_roads():
    side = LineString([(5000, 0), (5000, 4000)])
    over = LineString([(9000, -5000), (9000, 5000)])  # passes over the trunk road
    graph = graph_of(STRAIGHT, side, over, **{"class": ["trunk", "tertiary", "tertiary"]})
    found = minutes_to_road(graph, [Point(5500, 3000), Point(7000, 100), Point(9200, 3000)])
    assert found[0] == pytest.approx(minutes(500, WALK) + minutes(3000, 40))
    assert found[1] == pytest.approx(minutes(100, WALK))
    assert found[2] == pytest.approx(minutes(3000, WALK))  # no junction: on foot
    along = minutes_to_road(graph, [Point(3000, 0), Point(17_000, 0)])
    assert along.tolist() == [0, 0]


def test_a_large_home_counts_by_the_share_that_is_reached():
    home = gpd.GeoDataFrame({"people": [1000.0]}, geometry=[box(0, -500, 20_000, 500)], crs=CRS)
    graph = graph_of(LineString([(0, 0), (20_000, 0)]))
    reached = workers_within(graph, [Point(0, 0)], home, minutes=(5, 10, 15))
    # points at 500, 1500, ... m on the road: 5 minutes are 7.1 km, 10 are 14.2
    assert reached.to_numpy().tolist() == [[350.0, 700.0, 1000.0]]
    assert reached.columns.tolist() == [f"people_within_{n}_min" for n in (5, 10, 15)]


def test_homes_are_reached_over_small_streets():
    home = gpd.GeoDataFrame({"people": [5.0]}, geometry=[Point(9000, 4000)], crs=CRS)
    graph, site = graph_of(STRAIGHT), [Point(9000, -400)]
    needed = minutes(4000, STREET) + minutes(400, WALK)  # 16.8 minutes
    found = workers_within(graph, site, home, minutes=(needed - 0.01, needed + 0.01))
    assert found.to_numpy().tolist() == [[0, 5]]
    assert workers_within(graph, site, home, minutes=[15], home_km_h=60).iloc[0, 0] == 5


def test_home_points_keep_people():
    shapes = [box(0, 0, 900, 900), box(0, 0, 9000, 50), Point(3, 3).buffer(4000), Point(1, 1)]
    homes = gpd.GeoDataFrame({"people": [10.0, 20.0, 40.0, 80.0]}, geometry=shapes, crs=CRS)
    x, y, people = home_points(homes)
    assert people.sum() == pytest.approx(150)
    assert 3 + 45 < len(x) < 3 + 55  # a circle of 50 km2; the others are points
    assert people[:3].tolist() == [10, 20, 40 / (len(x) - 3)]
    assert np.hypot(x[2:-1] - 3, y[2:-1] - 3).max() < 4000
    empty = homes.assign(people=0.0)
    assert workers_within(graph_of(STRAIGHT), [Point(0, 0)], empty).to_numpy().sum() == 0


# --- a slow reading: every point of interest is a node, every way is tried ----------------------


def slow_minutes(lines, speeds, places, targets, place_km_h, target_km_h, beside_m=-1):
    """Minutes from place to target by Floyd and Warshall over corners and nearest points."""
    feet = []
    for shape in [*places, *targets]:
        line = min(lines, key=shape.distance)
        foot = Point(shapely.shortest_line(line, shape).coords[0])
        feet.append(line.interpolate(line.project(foot)))
    points = [Point(corner) for line in lines for corner in line.coords] + feet
    keys, edges = {}, {}
    for line, speed in zip(lines, speeds, strict=True):
        on = sorted({round(line.project(p), 6) for p in points if line.distance(p) < 1e-6})
        names = [
            keys.setdefault(tuple(np.round(line.interpolate(d).coords[0], 3)), len(keys))
            for d in on
        ]
        for a, b, p, q in zip(names, names[1:], on, on[1:], strict=False):
            cost = minutes(q - p, speed)
            edges[a, b] = edges[b, a] = min(cost, edges.get((a, b), np.inf))
    times = np.full((len(keys), len(keys)), np.inf)
    np.fill_diagonal(times, 0)
    for (a, b), cost in edges.items():
        times[a, b] = cost
    for k in range(len(keys)):
        times = np.minimum(times, times[:, [k]] + times[[k]])
    node = [keys[tuple(np.round(foot.coords[0], 3))] for foot in feet]
    answer = np.empty((len(places), len(targets)))
    for (i, place), (j, target) in itertools.product(enumerate(places), enumerate(targets)):
        doors = [(node[len(places) + j], target.distance(feet[len(places) + j]))]
        doors += [
            (keys[tuple(np.round(corner.coords[0], 3))], target.distance(corner))
            for corner in points[: -len(feet)]
            if target.distance(corner) <= beside_m
        ]
        by_road = min(
            minutes(place.distance(feet[i]), place_km_h)
            + times[node[i], door]
            + minutes(away, target_km_h)
            for door, away in doors
        )
        away = place.distance(target)
        answer[i, j] = min(by_road, minutes(away, place_km_h) if away <= WALK_M else np.inf)
    return answer


def random_roads(random):
    corners = random.uniform(0, 30_000, (9, 2))
    pairs = random.permutation(list(itertools.combinations(range(9), 2)))[:11]
    return [LineString(corners[pair]) for pair in pairs]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_minutes_equal_a_slow_reading(seed):
    random = np.random.default_rng(seed)
    lines = random_roads(random)
    speeds = random.choice([20.0, 50.0, 90.0], len(lines))
    graph = graph_of(*lines, maxspeed_km_h=speeds)
    places = [Point(*xy) for xy in random.uniform(0, 30_000, (6, 2))]
    targets = [Point(*xy) for xy in random.uniform(0, 30_000, (2, 2))]
    length = np.bincount(graph.island[graph.start], graph.length_m)
    assume(length.min() > 0.01 * length.sum())  # ways do not begin on fragments
    found = travel_minutes(graph, places, targets)
    slow = slow_minutes(lines, speeds, places, targets, WALK, WALK, 2000).min(axis=1)
    assert found == pytest.approx(slow, abs=1e-4)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 10_000), limit=st.sampled_from([10, 30, 60]))
def test_people_within_equal_a_slow_reading(seed, limit):
    random = np.random.default_rng(seed)
    lines = random_roads(random)
    speeds = random.choice([20.0, 50.0, 90.0], len(lines))
    graph = graph_of(*lines, maxspeed_km_h=speeds)
    length = np.bincount(graph.island[graph.start], graph.length_m)
    assume(length.min() > 0.01 * length.sum())
    sites = [Point(*xy).buffer(200) for xy in random.uniform(0, 30_000, (4, 2))]
    homes = [Point(*xy) for xy in random.uniform(0, 30_000, (12, 2))]
    people = random.integers(1, 100, 12).astype(float)
    table = gpd.GeoDataFrame({"people": people}, geometry=homes, crs=CRS)
    found = workers_within(graph, sites, table, minutes=[limit]).iloc[:, 0]
    times = slow_minutes(lines, speeds, sites, homes, WALK, STREET)
    assert found.tolist() == ((times <= limit) @ people).tolist()


@settings(deadline=None, derandomize=True, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_more_road_never_takes_longer(seed):
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 30_000, (7, 2))
    lines = [LineString(corners[[k, k + 1]]) for k in range(6)]
    places = lines[3].interpolate(0.4, normalized=True), Point(corners[0])
    targets = [Point(corners[6])]
    before = travel_minutes(graph_of(*lines), places, targets)
    after = travel_minutes(graph_of(*lines, LineString(corners[[1, 5]])), places, targets)
    assert (after <= before + 1e-6).all()
    slower = travel_minutes(graph_of(*lines, maxspeed_km_h=40.0), places, targets)
    assert (slower >= before - 1e-6).all()


# --- real roads --------------------------------------------------------------------------------


def test_malta_within_half_an_hour(malta_study):
    land, homes = malta_study.land, malta_study.homes
    graph = road_graph(land)
    random = np.random.default_rng(1)
    inside = homes.geometry.centroid.to_numpy()[random.integers(0, len(homes), 300)]
    started = time.process_time()
    reached = workers_within(graph, inside, homes)
    assert time.process_time() - started < 8
    near, far = reached.to_numpy().T
    assert (near <= far).all()
    assert far.max() <= homes["people"].sum() + 1e-6
    # All of Malta lies within an hour, and nothing of Gozo, to which only a ferry goes.
    assert 0.85 < np.median(far) / homes["people"].sum() < 0.97
    gozo = Point(gpd.GeoSeries([Point(14.24, 36.044)], crs=4326).to_crs(land.crs)[0])
    valletta = Point(gpd.GeoSeries([Point(14.512, 35.898)], crs=4326).to_crs(land.crs)[0])
    airport = gpd.GeoSeries([Point(14.48, 35.85)], crs=4326).to_crs(land.crs)
    to_airport = travel_minutes(graph, [gozo, valletta], airport)
    assert 5 < to_airport[1] < 25
    assert to_airport[0] == np.inf  # over the sea there is no road
    assert pd.Series(minutes_to_road(graph, inside)).median() < 10


def test_tashkent_is_joined_through_the_city(root):
    land = gpd.read_file(root / "data/regions/tashkent/land.geojson").to_crs("EPSG:32642")
    graph = road_graph(land)
    chirchiq, parkent = gpd.GeoSeries([Point(69.58, 41.46), Point(69.67, 41.29)], crs=4326).to_crs(
        "EPSG:32642"
    )
    found = travel_minutes(graph, [chirchiq], [parkent])
    assert 20 < found[0] < 60
    assert shapely.distance(chirchiq, parkent) / 1000 / WALK * 60 > 200
