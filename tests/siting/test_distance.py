"""Distances of cells against distances measured one by one."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

from geocluster.region import Region
from geocluster.siting.distance import Cells, Layer, cells_inside, layer_distance


def cells_of(cell_m=100.0, width=1500, height=1000):
    return Cells.of(Region("T", box(0, 0, width, height), "EPSG:32642").grid(cell_m))


def random_shapes(seed, count):
    random = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        x, y = random.uniform(-300, 1800), random.uniform(-300, 1300)
        points = np.column_stack([x + random.normal(0, 200, 6), y + random.normal(0, 200, 6)])
        kind = (number + seed) % 4
        if kind == 0:
            shapes.append(Point(x, y))
        elif kind == 1:
            shapes.append(LineString(points))
        elif kind == 2:
            shapes.append(shapely.convex_hull(MultiPoint(points)))
        else:
            shapes.append(Point(x, y).buffer(150).difference(Point(x, y).buffer(70)))
    return shapes


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 6),
    threshold=st.sampled_from([0.0, 30.0, 100.0, 250.0, 500.0]),
)
def test_distances_equal_shapely(seed, count, threshold):
    cells, shapes = cells_of(), random_shapes(seed, count)
    found = layer_distance(Layer.of(shapes), cells, whole_m=[threshold])
    whole = shapely.union_all(shapes)
    true = shapely.distance(shapely.points(cells.x, cells.y), whole)
    assert found.distance == pytest.approx(true, abs=1e-6)
    assert (found.within(threshold) == ((true < threshold) | (true == 0))).all()

    squares = shapely.distance(cells.squares(np.arange(cells.size)), whole)
    expected = (squares < threshold) | (squares == 0)
    assert (found.within_whole(threshold) == expected).all()


def test_inside_a_polygon_the_distance_is_zero_and_a_hole_is_outside():
    cells = cells_of(cell_m=10, width=300, height=300)
    shape = box(50, 50, 250, 250).difference(box(100, 100, 200, 200))
    found = layer_distance(Layer.of([shape]), cells).distance.reshape(30, 30)
    assert found[6, 6] == 0
    assert found[15, 15] == pytest.approx(45, abs=0.5)


def test_an_empty_layer_is_infinitely_far():
    cells = cells_of()
    for shapes in ([], [Polygon()]):
        assert np.isinf(layer_distance(Layer.of(shapes), cells).distance).all()


def test_collections_are_taken_apart():
    cells = cells_of()
    parts = [Point(100, 100), LineString([(900, 0), (900, 900)]), box(300, 300, 500, 500)]
    one = layer_distance(Layer.of([GeometryCollection(parts)]), cells)
    apart = layer_distance(Layer.of(parts), cells)
    assert np.array_equal(one.distance, apart.distance)


def test_to_touch_is_not_to_overlap():
    cells = cells_of(cell_m=100, width=300, height=100)
    found = layer_distance(Layer.of([box(100, 0, 200, 100)]), cells, whole_m=[0])
    assert found.within_whole(0).tolist() == [False, True, False]


def test_cells_inside():
    cells = cells_of(cell_m=100, width=300, height=100)
    assert cells_inside(np.array([box(90, 0, 300, 100)]), cells).tolist() == [1, 2]
    assert cells_inside(np.array([], dtype=object), cells).tolist() == []
