"""The road graph: where roads join, how fast they are, and what is left apart."""

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString, MultiLineString, Point

from geocluster.errors import TableError
from geocluster.load.road_network import road_graph_from
from geocluster.load.roads import read_speeds, road_graph, speed_table

CRS = "EPSG:32642"


def roads(*lines, **columns):
    columns = {"kind": "road", "class": "trunk", "origin": "OpenStreetMap", **columns}
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=CRS, index=range(len(lines)))


def minutes_between(graph, one, other):
    """By node, from the place of one to the place of the other."""
    nodes = [int(np.hypot(graph.x - x, graph.y - y).argmin()) for x, y in (one, other)]
    return float(dijkstra(graph.matrix, directed=False, indices=nodes[0])[nodes[1]])


def test_roads_join_at_shared_vertices_and_not_where_one_passes_over_the_other():
    street = LineString([(0, 0), (1000, 0), (2000, 0)])
    joins = LineString([(1000, 0), (1000, 1000)])
    passes = LineString([(1500, -1000), (1500, 1000)])
    graph = road_graph(roads(street, joins, passes))
    assert len(graph.x) == 6
    assert sorted(graph.island) == [0, 0, 0, 0, 1, 1]
    assert len(graph.lines) == 4
    assert minutes_between(graph, (0, 0), (1000, 1000)) == pytest.approx(2 / 85 * 60)
    assert minutes_between(graph, (0, 0), (1500, 1000)) == np.inf
    assert "2 parts" in graph.notes[-1]


def test_roads_drawn_by_hand_join_where_they_cross():
    cross = [LineString([(0, 0), (20_000, 0)]), LineString([(7000, -9000), (7000, 12_000)])]
    apart = road_graph(roads(*cross))
    joined = road_graph(roads(*cross, origin="schematic"))
    assert apart.island.max() == 1
    assert joined.island.max() == 0
    assert minutes_between(joined, (0, 0), (7000, 12_000)) == pytest.approx(19 / 85 * 60)
    # the ends are more than 10 km apart but for one pair: 7 and 9 km from the crossing
    assert any("drawn by hand" in note for note in joined.notes)


def test_ends_of_roads_drawn_to_the_rim_of_a_city_are_joined_by_a_street():
    radials = [LineString([(3000, 0), (40_000, 0)]), LineString([(-3000, 0), (-40_000, 0)])]
    graph = road_graph(roads(*radials, origin="schematic"))
    assert (graph.road_class == "street").sum() == 1
    expected = 74 / 85 * 60 + 6 / read_speeds()["street"] * 60
    assert minutes_between(graph, (40_000, 0), (-40_000, 0)) == pytest.approx(expected)
    assert "1 assumed streets" in " ".join(graph.notes)
    far = [shapely.affinity.translate(line, np.sign(line.coords[0][0]) * 3000) for line in radials]
    assert (road_graph(roads(*far, origin="schematic")).road_class != "street").all()


def test_a_stretch_that_two_drawn_roads_share_joins_them():
    lines = [LineString([(0, 0), (30_000, 0)]), LineString([(12_000, 0), (25_000, 0)])]
    graph = road_graph(roads(*lines, origin="schematic"))
    assert graph.island.max() == 0
    assert minutes_between(graph, (0, 0), (25_000, 0)) == pytest.approx(25 / 85 * 60)


@pytest.mark.parametrize(("gap_m", "joins"), [(0.0, True), (0.9, True), (1.1, False)])
def test_an_end_within_a_metre_joins(gap_m, joins):
    street = LineString([(0, 0), (2000, 0)])
    side = LineString([(700, gap_m), (700, 500)])
    graph = road_graph(roads(street, side))
    assert (graph.island.max() == 0) == joins
    if joins:
        assert minutes_between(graph, (0, 0), (700, 500)) == pytest.approx(1.2 / 85 * 60, rel=1e-2)


def test_two_ends_that_nearly_meet_join():
    graph = road_graph(roads(LineString([(0, 0), (500, 0)]), LineString([(500.4, 0.3), (900, 0)])))
    assert graph.island.max() == 0
    assert minutes_between(graph, (0, 0), (900, 0)) == pytest.approx(0.9 / 85 * 60, rel=5e-3)


def test_speed_is_the_roads_own_else_that_of_its_class():
    lines = [LineString([(0, y), (1000, y)]) for y in (0, 100, 200, 300)]
    table = roads(*lines, **{"class": ["trunk", "tertiary", None, "bridleway"]})
    assert road_graph(table).minutes.tolist() == pytest.approx([60 / 85, 1.5, 2.4, 2.4])
    table["maxspeed_km_h"] = [30, np.nan, 0, 60]
    assert road_graph(table).minutes.tolist() == pytest.approx([2, 1.5, 2.4, 1])
    assert "the limit of 2 roads" in road_graph(table).notes[0]
    assert road_graph(table, speeds={"tertiary": 20}).minutes[1] == pytest.approx(3)


def test_the_quicker_of_two_parallel_roads_counts():
    slow = LineString([(0, 0), (500, 600), (1000, 0)])
    graph = road_graph(roads(slow, LineString([(0, 0), (1000, 0)])))
    assert len(graph.lines) == 2
    assert minutes_between(graph, (0, 0), (1000, 0)) == pytest.approx(60 / 85)


def test_only_lines_of_kind_road_count():
    table = roads(
        LineString([(0, 0), (9, 0)]), Point(5, 5), LineString([(0, 0), (0, 9)]),
        kind=["road", "road", "rail"],
    )  # fmt: skip
    graph = road_graph(table)
    assert len(graph.lines) == 1
    assert "1 roads that are no lines left out" in " ".join(graph.notes)


@pytest.mark.parametrize("table", [roads(), roads(Point(0, 0)), roads(LineString())])
def test_no_roads_give_an_empty_graph(table):
    graph = road_graph(table)
    assert len(graph.x) == 0
    assert graph.matrix.shape == (0, 0)
    assert graph.notes == ("road graph: no roads are known",)


def test_pieces_of_several_parts_and_rings_are_kept():
    ring = LineString([(0, 0), (100, 0), (100, 100), (0, 0)])
    graph = road_graph(roads(MultiLineString([[(0, 0), (50, 0)], [(900, 0), (950, 0)]]), ring))
    assert graph.length_m.sum() == pytest.approx(100 + ring.length)
    assert graph.matrix.nnz == 2 * 2  # a ring that comes back to its node leads nowhere


def test_bad_speeds_and_degrees_are_refused():
    line = LineString([(0, 0), (1, 0)])
    with pytest.raises(TableError, match="trunk = 0: above 0"):
        road_graph(roads(line), speeds={"trunk": 0})
    with pytest.raises(TableError, match="degrees"):
        road_graph(roads(line).set_crs("EPSG:4326", allow_override=True))


def test_every_speed_has_a_source_and_a_grade():
    table = speed_table()
    assert table.notna().all(axis=None)
    assert set(table["grade"]) == {"assumed"}
    assert table["class"].is_unique


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 10_000), drawn=st.booleans())
def test_no_metre_of_road_is_lost_and_times_are_those_of_lengths(seed, drawn):
    random = np.random.default_rng(seed)
    places = random.uniform(0, 6000, (18, 2))
    corners = places[random.integers(0, 18, (random.integers(1, 9), 4))]
    lines = [LineString(one) for one in corners if len(np.unique(one, axis=0)) > 1]
    graph = road_graph(roads(*lines, origin="schematic" if drawn else "OpenStreetMap"))
    real = graph.road_class != "street"
    assert graph.length_m[real].sum() == pytest.approx(sum(line.length for line in lines))
    assert graph.minutes[real] == pytest.approx(graph.length_m[real] / 1000 / 85 * 60)
    ends = shapely.get_coordinates(shapely.get_point(graph.lines, 0))
    assert ends == pytest.approx(np.column_stack([graph.x, graph.y])[graph.start])
    if not drawn:
        groups = [set(map(tuple, one)) for one in corners if len(np.unique(one, axis=0)) > 1]
        for _ in groups:
            for one in groups:
                for other in groups:
                    if one & other:
                        one |= other
        assert graph.island.max() + 1 == len({frozenset(group) for group in groups})


def test_malta_is_quick_and_its_islands_are_told(malta_study):
    started = time.process_time()
    graph = road_graph(malta_study.land)
    assert time.process_time() - started < 1.5
    assert len(graph.x) > 3000
    share = np.bincount(graph.island[graph.start], graph.length_m) / graph.length_m.sum()
    assert 0.8 < share[0] < 0.9  # Malta; the second is Gozo, which only a ferry reaches
    assert 0.1 < share[1] < 0.2
    assert "OpenStreetMap" in graph.origin


def test_a_graph_of_networkx_is_taken_over():
    networkx = pytest.importorskip("networkx")
    made = networkx.MultiDiGraph(crs="EPSG:4326")
    for name, lon, lat in ((1, 69.0, 41.0), (2, 69.01, 41.0), (3, 69.02, 41.0), (4, 69.5, 41.0)):
        made.add_node(name, x=lon, y=lat)
    made.add_edge(1, 2, length=841.0, travel_time=60.0, highway="primary")
    made.add_edge(2, 1, length=841.0, travel_time=50.0, highway="primary")
    line = LineString([(69.01, 41.0), (69.015, 41.001), (69.02, 41.0)])
    made.add_edge(2, 3, length=850.0, highway=["trunk_link", "primary"], geometry=line)
    graph = road_graph_from(made, CRS)
    assert minutes_between(graph, *zip(graph.x[:2], graph.y[:2], strict=True)) == pytest.approx(
        50 / 60
    )
    assert graph.minutes[2] == pytest.approx(0.85 / 85 * 60)
    assert graph.length_m[2] == pytest.approx(868, abs=5)
    assert graph.island.tolist() == [0, 0, 0, 1]
    assert "oneways not obeyed" in graph.notes[0]
    with pytest.raises(TableError, match="in degrees"):
        road_graph_from(made)
    made.add_edge(3, 4)
    with pytest.raises(TableError, match="neither travel_time nor length"):
        road_graph_from(made, CRS)
    made.add_node(5)
    with pytest.raises(TableError, match="no x and y"):
        road_graph_from(made, CRS)


def test_speed_limits_of_openstreetmap_are_read(malta_study):
    table = malta_study.land
    limits = table["maxspeed_km_h"][table["kind"] == "road"]
    assert limits.notna().sum() > 100
    assert limits.dropna().between(5, 130).all()
    assert table["maxspeed_km_h"][table["kind"] != "road"].isna().all()
    assert "the limit of" in malta_study.roads.notes[0]
