"""Districts' people over the areas in them: the total of each is kept."""

import warnings

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geocluster.errors import CRSError, MendedWarning, TableError
from geocluster.exposure.districts import districts_to_areas

CRS = "EPSG:32642"
PAIR = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]


def districts(people=(600.0, 400.0), shapes=PAIR, crs=CRS):
    names = [chr(65 + i) for i in range(len(people))]
    return gpd.GeoDataFrame({"name": names, "people": people}, geometry=list(shapes), crs=crs)


def areas(*shapes, crs=CRS):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def told(*args, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        homes = districts_to_areas(*args, **options)
    return homes, [str(w.message) for w in caught if issubclass(w.category, MendedWarning)]


def test_an_area_on_the_border_is_shared_by_ground_not_by_people():
    homes, messages = told(districts(), areas(box(900, 0, 1300, 100), box(100, 0, 400, 100)))
    assert messages == []
    assert homes[["district", "people", "origin"]].values.tolist() == [
        ["A", pytest.approx(150), "allocated"],
        ["A", pytest.approx(450), "allocated"],
        ["B", pytest.approx(400), "allocated"],
    ]
    assert homes.area.tolist() == pytest.approx([10_000, 30_000, 30_000])


def test_a_district_without_areas_stays_whole_and_is_told():
    homes, messages = told(districts(), areas(box(0, 0, 100, 100), Point(1500, 5)))
    assert messages == [
        "1 districts without a residential area, with 400 people, are spread evenly over their "
        "whole ground: B"
    ]
    whole = homes[homes.district == "B"].iloc[0]
    assert homes.located.tolist() == [True, False]
    assert (whole.people, whole.origin, whole.geometry.area) == (400, "reported", 1e6)


def test_a_district_that_leaves_the_known_ground_stays_whole():
    known = box(-10, -10, 1500, 2000)
    homes, messages = told(
        districts(), areas(box(0, 0, 100, 100), box(1000, 0, 1100, 100)), known=known
    )
    assert messages == [
        "1 districts that leave the ground of the extract, with 400 people, are spread evenly over "
        "their whole ground: B"
    ]
    assert homes.area.tolist() == [10_000, 1e6]


def test_no_areas_at_all_and_no_district_at_all():
    homes, _ = told(districts(), areas(LineString([(0, 0), (5, 5)])))
    assert homes.people.tolist() == [600, 400]
    assert told(districts(), areas())[0].people.tolist() == [600, 400]


def test_what_cannot_be():
    with pytest.raises(TableError, match="transform them"):
        districts_to_areas(districts(), areas(box(0, 0, 1, 1), crs=3857))
    with pytest.raises(CRSError):
        districts_to_areas(districts(crs=4326), areas(box(0, 0, 1, 1), crs=4326))
    with pytest.raises(TableError, match="give 0 or more"):
        districts_to_areas(districts(people=(-1.0, 5.0)), areas(box(0, 0, 1, 1)))


@given(
    boxes=st.lists(
        st.tuples(*(st.integers(-5, 45) for _ in range(2)), *(st.integers(1, 9) for _ in range(2))),
        max_size=15,
    ),
    people=st.lists(st.floats(0, 1e6), min_size=16, max_size=16),
)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_the_people_of_each_district_are_kept(boxes, people):
    grid = [
        box(x, y, x + 1000, y + 1000) for x in range(0, 4000, 1000) for y in range(0, 4000, 1000)
    ]
    shapes = [box(100 * x, 100 * y, 100 * (x + w), 100 * (y + h)) for x, y, w, h in boxes]
    given_districts = districts(people, grid)
    homes, _ = told(given_districts, areas(*shapes))
    kept = homes.groupby("district").people.sum().reindex(given_districts.name).to_numpy()
    assert kept == pytest.approx(np.array(people), rel=1e-12)
    within = homes.merge(given_districts, left_on="district", right_on="name")
    assert all(
        home.buffer(-0.01).within(district)
        for home, district in zip(within.geometry_x, within.geometry_y, strict=True)
    )
