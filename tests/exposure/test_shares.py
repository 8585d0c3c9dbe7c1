"""Shares of polygons in cells, against cutting each cell's square out of the polygon."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geocluster.exposure.coverage import Frame, cover, spread_over
from geocluster.exposure.shares import shares_in_cells, spread_over_cells

FRAME = Frame(100.0, 900.0, 7.0, 11.0, 60, 50, False, False)


def by_cutting(shape, frame=FRAME):
    """The share of a shape in every cell of the frame, by shapely."""
    x, y = frame.centres(np.arange(frame.rows * frame.columns))
    half = frame.dx / 2, frame.dy / 2
    squares = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
    return shapely.area(shapely.intersection(squares, shape)) / shape.area


def shapes():
    """Hulls of random points in either direction, some with a hole, some in two parts."""
    random = np.random.default_rng(0)
    for number in range(60):
        middle = random.uniform(0, 1000, 2)
        corners = middle + random.normal(0, random.uniform(1, 150), (random.integers(3, 12), 2))
        shape = shapely.convex_hull(shapely.multipoints(corners))
        if number % 3 == 0:
            shape = shape.difference(Point(*middle).buffer(random.uniform(1, 50), quad_segs=3))
        if number % 4 == 0:
            shape = shape.union(box(middle[0] + 100, middle[1], middle[0] + 130, middle[1] + 55))
        yield shapely.reverse(shape) if number % 2 else shape


def test_shares_equal_what_cutting_gives():
    every = np.array(list(shapes()), dtype=object)
    which, cell, share = shares_in_cells(every, FRAME)
    found = np.zeros((len(every), FRAME.rows * FRAME.columns))
    found[which, cell] = share
    expected = np.stack([by_cutting(shape) for shape in every])
    assert (expected > 0).sum() > 5_000
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)
    assert len(np.unique(which * found.shape[1] + cell)) == len(cell)
    amounts = np.arange(len(every)) + 1.0
    total = spread_over_cells(every, amounts, FRAME).ravel()
    np.testing.assert_allclose(total, amounts @ expected, rtol=0, atol=1e-11)


def test_a_ring_may_run_either_way_and_a_hole_in_either():
    ring, hole = (
        [(200, 800), (300, 800), (300, 700), (200, 700)],
        [(220, 780), (280, 780), (250, 720)],
    )
    expected = by_cutting(Polygon(ring, [hole]))
    for shell in (ring, ring[::-1]):
        for inner in (hole, hole[::-1]):
            pair = MultiPolygon([Polygon(shell, [inner]), box(0, 0, 1, 1)])
            found = spread_over_cells(np.array([pair], dtype=object), np.ones(1), FRAME).ravel()
            np.testing.assert_allclose(found * pair.area / (pair.area - 1), expected, atol=1e-13)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    west=st.floats(-50, 600), south=st.floats(200, 1000),
    wide=st.floats(1e-3, 300), high=st.floats(1e-3, 300), turn=st.floats(0, 180),
)  # fmt: skip
def test_what_lies_in_the_frame_is_kept(west, south, wide, high, turn):
    shape = shapely.affinity.rotate(box(west, south, west + wide, south + high), turn)
    inside = shapely.area(shapely.clip_by_rect(shape, *FRAME.bounds)) / shape.area
    total = spread_over(np.array([shape], dtype=object), np.array([10.0]), FRAME)
    assert total.min() >= 0
    assert total.sum() == pytest.approx(10 * inside, rel=1e-9, abs=1e-9)
    _, _, share = cover(np.array([shape], dtype=object), FRAME)
    assert share.sum() == pytest.approx(inside, rel=1e-9, abs=1e-9)


def test_points_lines_and_specks_keep_their_people():
    every = np.array(
        [Point(203.0, 702.0), shapely.LineString([(150, 700), (300, 650)]),
         box(300, 600, 300 + 1e-6, 600 + 1e-6), box(5_000, 0, 5_010, 10)],
        dtype=object,
    )  # fmt: skip
    total = spread_over(every, np.array([1.0, 10.0, 100.0, 1000.0]), FRAME)
    assert total.sum() == pytest.approx(111.0, rel=1e-6)


def test_no_shapes_are_no_shares():
    none = np.empty(0, dtype=object)
    assert [len(part) for part in shares_in_cells(none, FRAME)] == [0, 0, 0]
    assert spread_over_cells(none, np.empty(0), FRAME).sum() == 0
