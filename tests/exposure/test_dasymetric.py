"""People over residential areas: nobody is lost and nobody is invented."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geocluster.errors import CRSError, MendedWarning, TableError
from geocluster.exposure.dasymetric import people_to_areas
from geocluster.exposure.towns import town_radius_m

CRS = "EPSG:32642"


def towns_at(points, people, **columns):
    xy = np.array(points, dtype=float).reshape(-1, 2)
    lonlat = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS).to_crs(4326)
    names = [f"T{i}" for i in range(len(xy))]
    data = {"name": names, "longitude": lonlat.x, "latitude": lonlat.y, "people": people}
    return pd.DataFrame(data | columns)


def areas_of(*shapes, names=None):
    return gpd.GeoDataFrame({"name": names or [None] * len(shapes)}, geometry=list(shapes), crs=CRS)


corner = st.integers(0, 200).map(lambda i: 500_000 + 100 * i)
northing = st.integers(0, 200).map(lambda i: 4_500_000 + 100 * i)
side = st.integers(1, 30).map(lambda i: 50 * i)
shape = st.builds(lambda x, y, w, h: box(x, y, x + w, y + h), corner, northing, side, side)
people = st.floats(0, 1e6, allow_nan=False).map(lambda value: round(value, 1))


@given(
    st.lists(shape, max_size=8),
    st.lists(st.tuples(corner, northing, people), min_size=1, max_size=6),
)
@settings(deadline=None, derandomize=True, max_examples=40)
@pytest.mark.filterwarnings("ignore::geocluster.errors.MendedWarning")
def test_each_town_keeps_its_people(shapes, places):
    towns = towns_at([place[:2] for place in places], [place[2] for place in places])
    homes = people_to_areas(areas_of(*shapes), towns)
    spread = homes.groupby("town").people.sum()
    for name, number in zip(towns.name, towns.people, strict=True):
        assert spread.get(name, 0.0) == pytest.approx(number, rel=1e-9)
    assert homes.geometry.area.min() > 0 if len(homes) else towns.people.sum() == 0
    assert set(homes.origin) <= {"allocated", "assumed"}


@given(st.floats(1, 1e7), st.floats(1, 1e6))
@settings(deadline=None, derandomize=True, max_examples=20)
@pytest.mark.filterwarnings("ignore::geocluster.errors.MendedWarning")
def test_the_official_total_is_kept_and_towns_abroad_stay(total, people):
    towns = towns_at(
        [(500_100, 4_500_100), (505_000, 4_500_000)], [people, 700.0], inside=[True, False]
    )
    homes = people_to_areas(areas_of(box(500_000, 4_500_000, 500_200, 4_500_200)), towns,
                            total_people=total)  # fmt: skip
    assert homes.people[homes.inside].sum() == pytest.approx(total)
    assert homes.people[~homes.inside].sum() == pytest.approx(700)


def test_people_follow_the_area():
    areas = areas_of(
        box(500_000, 4_500_000, 500_300, 4_500_100), box(500_300, 4_500_000, 500_400, 4_500_100),
        names=["west", None],
    )  # fmt: skip
    homes = people_to_areas(areas, towns_at([(500_200, 4_500_000)], [400.0]))
    assert homes[["name", "people"]].values.tolist() == [
        ["west", pytest.approx(300)],
        ["T0", pytest.approx(100)],
    ]


def test_an_area_between_two_towns_is_divided():
    areas = areas_of(box(500_000, 4_500_000, 504_000, 4_500_500), names=["long"])
    towns = towns_at([(500_000, 4_500_250), (504_000, 4_500_250)], [9_000.0, 9_000.0])
    homes = people_to_areas(areas, towns)
    assert homes.people.tolist() == pytest.approx([9_000, 9_000])
    assert homes.geometry.area.tolist() == pytest.approx([1e6, 1e6])
    assert homes.geometry.iloc[0].intersection(homes.geometry.iloc[1]).area == 0


def test_a_town_without_homes_nearby_becomes_an_assumed_disc():
    areas = areas_of(box(500_000, 4_500_000, 500_100, 4_500_100))
    towns = towns_at([(500_000, 4_500_000), (590_000, 4_500_000)], [100.0, 50_000.0])
    with pytest.warns(MendedWarning, match="1 towns without a residential area"):
        homes = people_to_areas(areas, towns)
    assert homes.origin.tolist() == ["allocated", "assumed"]
    assert homes.located.tolist() == [True, False]
    radius = float(town_radius_m(50_000))
    assert homes.geometry.area.iloc[1] == pytest.approx(np.pi * radius**2, rel=0.01)


def test_a_large_town_reaches_further():
    far = box(508_000, 4_500_000, 508_400, 4_500_400)
    near = box(500_000, 4_500_000, 500_100, 4_500_100)
    village, city = (
        people_to_areas(areas_of(near, far), towns_at([(500_000, 4_500_000)], [number]))
        for number in (1_000.0, 2_000_000.0)
    )
    assert len(village) == 1
    assert len(city) == 2


def test_faults_are_told():
    areas = areas_of(box(500_000, 4_500_000, 500_100, 4_500_100))
    with pytest.raises(TableError, match="no people in any town"):
        people_to_areas(areas, towns_at([(500_000, 4_500_000)], [0.0]), total_people=10)
    with pytest.raises(CRSError):
        people_to_areas(areas.set_crs(None, allow_override=True), towns_at([(5e5, 4.5e6)], [1.0]))
    with pytest.raises(CRSError, match="not metric"):
        people_to_areas(areas.to_crs(4326), towns_at([(5e5, 4.5e6)], [1.0]))
