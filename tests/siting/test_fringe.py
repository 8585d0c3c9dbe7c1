"""The degree of urbanisation, rule by rule, and the fringe."""

from collections import deque

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.errors import TableError
from geocluster.siting.fringe import (
    distance_to_cells,
    urban_fringe,
)
from geocluster.siting.urbanisation import (
    CLASSES,
    classify,
    degree_of_urbanisation,
)

CENTRE, DENSE, SEMI = CLASSES["urban centre"], CLASSES["dense town"], CLASSES["semi-dense town"]
SUBURB, VILLAGE, DISPERSED = CLASSES["suburb"], CLASSES["village"], CLASSES["dispersed"]
UNINHABITED, WATER = CLASSES["uninhabited"], CLASSES["water"]


def classes_of(people):
    people = np.asarray(people, dtype=float)
    return classify(people, people, np.zeros(people.shape, bool))


def people_array(values, cell_m, x0=0.0, y0=0.0, **attrs):
    rows, columns = np.shape(values)
    return xr.DataArray(
        np.asarray(values, dtype=float),
        dims=("y", "x"),
        coords={
            "y": y0 + (np.arange(rows)[::-1] + 0.5) * cell_m,
            "x": x0 + (np.arange(columns) + 0.5) * cell_m,
        },
        attrs={"cell_m": float(cell_m), **attrs},
    )


def test_centre_needs_fifty_thousand_together():
    assert (classes_of([[25_000, 25_000]]) == CENTRE).all()
    assert (classes_of([[25_000, 24_999]]) == DENSE).all()


def test_centre_cells_need_1500_each():
    codes = classes_of([[50_000, 1500, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    assert codes[0, :2].tolist() == [CENTRE, CENTRE]
    codes = classes_of([[50_000, 1499, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    assert codes[0, :2].tolist() == [CENTRE, SUBURB]


def test_centres_join_at_edges_and_not_at_corners():
    corner = [[30_000, 0, 0], [0, 30_000, 0], [0, 0, 0]]
    edge = [[30_000, 30_000, 0], [0, 0, 0], [0, 0, 0]]
    assert np.diag(classes_of(corner))[:2].tolist() == [DENSE, DENSE]
    assert classes_of(edge)[0, :2].tolist() == [CENTRE, CENTRE]


def ring(hole_rows, hole_columns):
    people = np.full((hole_rows + 2, hole_columns + 2), 9_000.0)
    people[1:-1, 1:-1] = 0
    return people


def test_holes_under_15_km2_are_filled():
    # A lake is never smoothed away, so that its size alone decides.
    for rows, columns, filled in ((2, 7, True), (3, 5, False)):
        people = ring(rows, columns)
        codes = classify(people, people, people == 0)
        assert (codes == CENTRE).all() == filled, f"{rows * columns} km2"
        assert (codes[people > 0] == CENTRE).all()


def test_a_hole_is_smoothed_before_it_is_measured():
    assert (classes_of(ring(3, 5)) == CENTRE).all()  # 15 km2, but its corners are smoothed away


def test_large_holes_stay_open():
    codes = classes_of(ring(8, 8))
    assert codes[4, 4] == UNINHABITED
    assert (codes[0] == CENTRE).all()


def test_a_bay_is_no_hole():
    people = ring(1, 12)
    people[1, 0] = 0
    codes = classes_of(people)
    # The bay is filled from its closed end by the majority of neighbours, not as a hole ...
    assert codes[1, 12] == CENTRE
    wide = ring(4, 3)
    wide[:, 0] = 0
    # ... and a bay that is wide keeps its mouth open.
    assert (classes_of(wide)[1:-1, 0] != CENTRE).all()


def test_smoothing_takes_cells_with_five_of_eight_neighbours():
    corner = np.full((3, 3), 9_000.0)
    corner[1, 2] = corner[2, 2] = 0
    assert classes_of(np.pad(corner, 2))[3, 4] == UNINHABITED  # four of eight
    notch = np.full((4, 5), 9_000.0)
    notch[0, 2] = 0
    assert classes_of(np.pad(notch, 2))[2, 4] == CENTRE  # a notch one cell wide: five of eight


def test_smoothing_goes_on_until_nothing_changes():
    notch = np.full((6, 5), 9_000.0)
    notch[:3, 2] = 0  # a slot: only its bottom has five neighbours at first
    assert (classes_of(np.pad(notch, 2))[2:-2, 2:-2] == CENTRE).all()


def test_smoothing_leaves_water_out():
    people = np.full((4, 5), 9_000.0)
    people[0, 2] = 0
    people = np.pad(people, 2)
    water = np.zeros(people.shape, bool)
    water[2, 4] = True
    assert classify(people, people, water)[2, 4] == WATER


def test_dense_town_needs_5000_people_at_1500():
    assert classes_of([[2_500, 2_500]])[0].tolist() == [DENSE, DENSE]
    assert classes_of([[2_500, 2_499]])[0].tolist() == [VILLAGE, VILLAGE]


def test_clusters_join_at_corners():
    people = np.zeros((8, 8))
    people[np.arange(8), np.arange(8)] = 1_000
    assert (np.diag(classes_of(people)) == SEMI).all()
    people[7, 7] = 0
    people[:4, :4] = np.diag([700, 700, 700, 700])
    assert (np.diag(classes_of(people))[:7] == SEMI).all()  # 5,800 together
    people[4:, :] = 0
    assert (np.diag(classes_of(people))[:4] == VILLAGE).all()  # 2,800


@pytest.mark.parametrize(("gap", "expected"), [(0, SUBURB), (1, SUBURB), (2, SEMI), (3, SEMI)])
def test_semi_dense_lies_two_kilometres_from_a_denser_one(gap, expected):
    people = np.zeros((6, 12))
    people[2, 2] = 6_000
    people[0:5, 3 + gap] = 1_000
    codes = classes_of(people)
    assert codes[2, 2] == DENSE
    assert (codes[0:5, 3 + gap] == expected).all()


def test_one_near_cell_makes_the_whole_cluster_suburb():
    people = np.zeros((3, 20))
    people[1, 0] = 60_000
    people[1, 2:18] = 400
    assert (classes_of(people)[1, 2:18] == SUBURB).all()


def test_villages_and_the_rest():
    codes = classes_of([[300, 0, 0], [0, 300, 0], [0, 0, 0]])
    assert codes[0, 0] == codes[1, 1] == VILLAGE  # 600 people, corner to corner
    assert classes_of([[499, 0]])[0].tolist() == [DISPERSED, UNINHABITED]
    assert classes_of([[50, 0, 49]])[0].tolist() == [DISPERSED, UNINHABITED, UNINHABITED]


def test_density_is_per_land_and_empty_water_is_water():
    people = people_array([[200, 0, 0]], 1000)
    land = people_array([[0.5, 0.4, 0.6]], 1000)
    codes = degree_of_urbanisation(people, land_share=land)
    assert codes.density_per_km2.values[0].tolist() == [400, 0, 0]
    assert codes.values[0].tolist() == [DISPERSED, WATER, UNINHABITED]
    lived_in = degree_of_urbanisation(people_array([[10.0, 10.0]], 1000), land_share=land[:, 1:])
    assert lived_in.values[0].tolist() == [UNINHABITED, UNINHABITED]


def test_small_cells_are_summed_to_kilometres():
    people = people_array(np.full((4, 8), 100.0), 250)
    codes = degree_of_urbanisation(people)
    assert codes.shape == (1, 2)
    assert codes.people.values.tolist() == [[1600, 1600]]
    assert codes.x.values.tolist() == [500, 1500]
    assert codes.attrs["classes"] == CLASSES


def test_cells_are_aligned_to_whole_kilometres():
    people = people_array([[100.0, 100.0]], 500, x0=500, y0=0)
    codes = degree_of_urbanisation(people)
    assert codes.x.values.tolist() == [500, 1500]
    assert codes.people.values.tolist() == [[100, 100]]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(
    cell_m=st.sampled_from([100, 250, 300, 333, 700, 1000, 1500, 2500]),
    x0=st.integers(-5000, 5000),
    rows=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_people_are_kept_whatever_the_grid(cell_m, x0, rows, seed):
    values = np.random.default_rng(seed).uniform(0, 900, (rows, 7))
    codes = degree_of_urbanisation(people_array(values, cell_m, x0=x0, y0=-x0))
    assert codes.people.values.sum() == pytest.approx(values.sum(), rel=1e-12)


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_people_must_be_numbers(bad):
    with pytest.raises(TableError, match="0 or more"):
        degree_of_urbanisation(people_array([[bad, 1.0]], 1000))


# --- an independent, slow reading of the rules -------------------------------------------------


def flood(cells, corners):
    """Groups of connected cells, by breadth-first search."""
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)] if corners else []
    left, groups = set(cells), []
    while left:
        start = min(left)
        queue, group = deque([start]), {start}
        left.discard(start)
        while queue:
            row, column = queue.popleft()
            for down, right in steps:
                near = (row + down, column + right)
                if near in left:
                    left.discard(near)
                    group.add(near)
                    queue.append(near)
        groups.append(group)
    return groups


def slow_centres(people):
    rows, columns = people.shape
    frame = {(r, c) for r in range(-1, rows + 1) for c in range(-1, columns + 1)}
    inner = {(r, c) for r in range(rows) for c in range(columns)}
    dense = {cell for cell in inner if people[cell] >= 1500}
    centres = [g for g in flood(dense, False) if sum(people[c] for c in g) >= 50_000]
    while True:
        taken = set().union(*centres)
        joining = [
            {
                (r, c)
                for r, c in inner - taken
                if sum((r + i, c + j) in group for i in (-1, 0, 1) for j in (-1, 0, 1)) >= 5
            }
            for group in centres
        ]
        for group, cells in zip(centres, joining, strict=True):
            group |= cells
        if not any(joining):
            break
    for group in centres:
        for hole in flood(frame - group, False):
            if (-1, -1) not in hole and len(hole) < 15:
                group |= hole - set().union(*centres)
    return set().union(*centres)


def slow_classes(people):
    inner = [(r, c) for r in range(people.shape[0]) for c in range(people.shape[1])]
    centre = slow_centres(people)
    dense = {cell for cell in inner if people[cell] >= 1500}
    towns = [g for g in flood(dense, False) if sum(people[c] for c in g) >= 5_000]
    core = centre | set().union(*towns)
    codes = {cell: DISPERSED if people[cell] >= 50 else UNINHABITED for cell in inner}
    for group in flood({cell for cell in inner if people[cell] >= 300}, True):
        total = sum(people[cell] for cell in group)
        gap = min((max(abs(r - i), abs(c - j)) for r, c in group for i, j in core), default=10**6)
        code = VILLAGE if total < 5_000 else SUBURB if gap <= 2 else SEMI
        codes.update(dict.fromkeys(group, code) if total >= 500 else {})
    codes.update(dict.fromkeys(core, DENSE))
    codes.update(dict.fromkeys(centre, CENTRE))
    return np.array([codes[cell] for cell in inner]).reshape(people.shape)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 14), scale=st.sampled_from([1, 3, 8]))
def test_classes_equal_a_slow_reading_of_the_rules(seed, rows, scale):
    random = np.random.default_rng(seed)
    levels = np.array([0, 40, 60, 320, 700, 1600, 9_000])
    people = random.choice(levels, (rows, 13), p=[0.1, 0.1, 0.1, 0.2, 0.1, 0.25, 0.15])
    people = np.where(random.random(people.shape) < 1 / scale, people, 9_000)
    assert (classes_of(people) == slow_classes(people)).all()


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 1000))
def test_classes_turn_with_the_map(seed):
    people = np.random.default_rng(seed).choice([0, 60, 400, 1600, 9_000], (9, 11))
    assert (classes_of(people.T) == classes_of(people).T).all()
    assert (classes_of(people[::-1]) == classes_of(people)[::-1]).all()


# --- the fringe --------------------------------------------------------------------------------


def test_fringe_is_suburb_and_dispersed_near_the_core():
    people = np.zeros((1, 16))
    people[0] = [60_000, 400, 400, 400, 100, 100, 100, 10, 100, *[100] * 7]
    codes = degree_of_urbanisation(people_array(people, 1000))
    fringe = urban_fringe(codes, distance_km=10)
    assert fringe.values[0, :8].tolist() == [False, *[True] * 6, False]
    assert fringe.values[0, 8:].tolist() == [True, True, True, *[False] * 5]
    assert fringe.distance_to_core_m.values[0, 1] == 500


def test_uninhabited_land_is_fringe_only_when_asked():
    codes = degree_of_urbanisation(people_array([[60_000, 0, 100]], 1000))
    assert urban_fringe(codes).values[0].tolist() == [False, False, True]
    asked = urban_fringe(codes, classes=["dispersed", "uninhabited"])
    assert asked.values[0].tolist() == [False, True, True]


def test_no_core_no_fringe():
    codes = degree_of_urbanisation(people_array([[100, 100]], 1000))
    assert not urban_fringe(codes).values.any()


@pytest.mark.parametrize("name", ["urban centre", "dense town", "Suburb"])
def test_the_core_and_unknown_classes_are_refused(name):
    codes = degree_of_urbanisation(people_array([[100, 100]], 1000))
    with pytest.raises(TableError, match="no such class"):
        urban_fringe(codes, classes=[name])


@settings(deadline=None, derandomize=True, max_examples=25)
@given(seed=st.integers(0, 1000), share=st.sampled_from([0.02, 0.1, 0.5]))
def test_distance_to_the_edge_is_exact(seed, share):
    marked = np.random.default_rng(seed).random((9, 12)) < share
    distance = distance_to_cells(marked)
    for row, column in np.ndindex(marked.shape):
        away = [
            np.hypot(max(abs(row - r) - 0.5, 0), max(abs(column - c) - 0.5, 0))
            for r, c in zip(*np.nonzero(marked), strict=True)
        ]
        assert distance[row, column] == pytest.approx(min(away, default=np.inf))
