"""The sea from its shore."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, box

from geocluster.load.coastline import sea_area

AREA = box(0, 0, 10, 10)


def test_an_island_is_left_out():
    island = LineString([(2, 2), (4, 2), (4, 4), (2, 4), (2, 2)])
    sea, unclear = sea_area([island], AREA)
    assert (sea.area, unclear) == (pytest.approx(96), 0)


def test_a_shore_the_other_way_round_is_a_bay():
    bay = LineString([(2, 2), (2, 4), (4, 4), (4, 2), (2, 2)])
    assert sea_area([bay], AREA)[0].area == pytest.approx(4)


@given(st.floats(0.5, 9.5), st.booleans())
@settings(deadline=None, derandomize=True, max_examples=25)
def test_a_coast_across_the_area_divides_it(x, northwards):
    ends = [(x, -1), (x, 5), (x, 11)]
    sea, unclear = sea_area([LineString(ends if northwards else ends[::-1])], AREA)
    assert sea.area == pytest.approx(10 * (10 - x) if northwards else 10 * x)
    assert unclear == 0


def test_a_shore_in_pieces_is_one_shore():
    pieces = [
        LineString([(2, 2), (4, 2), (4, 4)]),
        MultiLineString([[(4, 4), (2, 4)], [(2, 4), (2, 2)]]),
    ]
    assert sea_area(pieces, AREA)[0].area == pytest.approx(96)


def test_a_lagoon_on_an_island_is_sea_again():
    island = LineString([(2, 2), (8, 2), (8, 8), (2, 8), (2, 2)])
    lagoon = LineString([(4, 4), (4, 6), (6, 6), (6, 4), (4, 4)])
    assert sea_area([island, lagoon], AREA)[0].area == pytest.approx(100 - 36 + 4)


def test_a_shore_that_does_not_close_is_told():
    sea, unclear = sea_area([LineString([(2, 2), (4, 2), (4, 4)])], AREA)
    assert sea.is_empty
    assert unclear == 1


@pytest.mark.parametrize("shore", [[], [LineString([(20, 20), (30, 30)])]])
def test_no_shore_here_is_no_sea(shore):
    sea, unclear = sea_area(shore, AREA)
    assert sea.is_empty
    assert unclear == 0
