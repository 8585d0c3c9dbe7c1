"""The printed tables of EPA-454/R-99-005, and the sun against published places of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.plume import stability as s

# Table 6-4 as printed: knots, then the classes at net radiation index 4, 3, 2, 1, 0, -1, -2.
TABLE_6_4 = """
0 1 1 2 3 4 6 7
1 1 1 2 3 4 6 7
2 1 2 2 3 4 6 7
3 1 2 2 3 4 6 7
4 1 2 3 4 4 5 6
5 1 2 3 4 4 5 6
6 2 2 3 4 4 5 6
7 2 2 3 4 4 4 5
8 2 3 3 4 4 4 5
9 2 3 3 4 4 4 5
10 3 3 4 4 4 4 5
11 3 3 4 4 4 4 4
12 3 4 4 4 4 4 4
20 3 4 4 4 4 4 4
"""
# A sun and a cloud that give each index: elevation, cloud [tenths], ceiling [m].
SKIES = {
    4: (70, 0, np.inf),
    3: (50, 0, np.inf),
    2: (20, 0, np.inf),
    1: (10, 0, np.inf),
    0: (50, 10, 500),
    -1: (-10, 8, 3000),
    -2: (-10, 3, np.inf),
}


@pytest.mark.parametrize("line", TABLE_6_4.strip().splitlines())
def test_turner_is_table_6_4(line):
    knots, *classes = map(int, line.split())
    for (index, (elevation, cloud, ceiling)), printed in zip(SKIES.items(), classes, strict=True):
        assert s.net_radiation_index(elevation, cloud, ceiling=ceiling) == index
        found = s.stability_turner(knots * 0.514444, elevation, cloud, ceiling=ceiling)
        assert found == min(printed, 6)


def test_insolation_classes_of_table_6_5():
    elevation = [60.1, 60, 35.1, 35, 15.1, 15, 1]
    assert s.net_radiation_index(elevation, np.zeros(7)).tolist() == [4, 3, 3, 2, 2, 1, 1]


def test_cloud_lowers_the_insolation_as_in_table_6_6():
    high, middle, low = 6000.0, 3000.0, 1000.0
    index = s.net_radiation_index([65] * 7, [5, 6, 6, 6, 10, 10, 10],
                                  ceiling=[low, high, middle, low, high, middle, low])  # fmt: skip
    assert index.tolist() == [4, 4, 3, 2, 3, 2, 0]
    assert s.net_radiation_index(20, 8, ceiling=low) == 1, "never below 1 by day"


def test_an_unknown_ceiling_is_low_under_a_full_cover_and_middle_under_a_broken_one():
    assert s.net_radiation_index([65, 65], [10, 8]).tolist() == [0, 3]


def test_night_indices():
    assert s.net_radiation_index([-5, -5, -5], [4, 5, 10]).tolist() == [-2, -1, 0]


# Table 6-7: wind, then classes at radiation >= 925, 675-925, 175-675, < 175 W/m2.
@pytest.mark.parametrize(
    ("speeds", "classes"),
    [
        ((0.5, 1.9), "AABD"),
        ((2.0, 2.9), "ABCD"),
        ((3.0, 4.9), "BBCD"),
        ((5.0, 5.9), "CCDD"),
        ((6.0, 15), "CDDD"),
    ],
)
def test_radiation_by_day_is_table_6_7(speeds, classes):
    for speed in speeds:
        for radiations, letter in zip(
            ((925, 1100), (675, 924), (175, 674), (0, 174)), classes, strict=True
        ):
            for radiation in radiations:
                assert s.stability_radiation(speed, radiation, 40) == "ABCDEF".index(letter) + 1


@pytest.mark.parametrize(
    ("speed", "gradient", "letter"),
    [(1.9, -0.1, "E"), (1.9, 0.0, "F"), (2.0, -0.1, "D"), (2.4, 0.3, "E"), (2.5, -1, "D"),
     (2.5, 1.0, "D"), (8, 2.0, "D")],
)  # fmt: skip
def test_gradient_by_night_is_table_6_7(speed, gradient, letter):
    found = s.stability_radiation(speed, 0, -20, gradient=gradient)
    assert found == "ABCDEF".index(letter) + 1


def test_a_night_without_gradient_is_turners_and_without_cloud_refused():
    night = s.stability_radiation([1.5, 1.5, 4.5], 0.0, [-20.0, -20, -20], cloud=[2, 8, 8])
    assert night.tolist() == s.stability_turner([1.5, 1.5, 4.5], -20, [2, 8, 8]).tolist()
    with pytest.raises(ValueError, match="gradient or the cloud"):
        s.stability_radiation(1.5, 0, -20)


@settings(deadline=None, derandomize=True)
@given(
    speed=st.floats(0, 30),
    elevation=st.floats(-90, 90),
    cloud=st.floats(0, 10),
    radiation=st.floats(0, 1300),
)
def test_every_sky_has_a_class_and_more_wind_is_never_farther_from_neutral(
    speed, elevation, cloud, radiation
):
    for scheme in (
        lambda u: int(s.stability_turner(u, elevation, cloud)),
        lambda u: int(s.stability_radiation(u, radiation, elevation, cloud=cloud)),
    ):
        assert 1 <= scheme(speed) <= 6
        assert abs(scheme(speed + 1) - 4) <= abs(scheme(speed) - 4)


def test_sun_at_the_published_example_of_nrels_solar_position_algorithm():
    # Reda and Andreas 2003, NREL/TP-560-34302, A.5: 39.872046 degrees before refraction.
    moment = np.datetime64("2003-10-17T19:30:30")
    assert s.solar_elevation(moment, 39.742476, -105.1786) == pytest.approx(39.872, abs=0.02)


def test_sun_at_solstice_and_at_the_poles():
    june = np.datetime64("2026-06-21T08:24:00")
    assert s.solar_elevation(june, 90, 0) == pytest.approx(23.44, abs=0.02)
    assert s.solar_elevation(june, -90, 0) == pytest.approx(-23.44, abs=0.02)
    day = np.datetime64("2026-12-21T00:00") + np.arange(1440) * np.timedelta64(60, "s")
    highest = s.solar_elevation(day, 41.2995, 69.2401).max()
    assert highest == pytest.approx(90 - 41.2995 - 23.44, abs=0.02)


def test_turners_night_begins_an_hour_before_sunset_and_ends_an_hour_after_sunrise():
    minutes = np.datetime64("2026-03-20T18:00") + np.arange(1440) * np.timedelta64(60, "s")
    up = s.solar_elevation(minutes, 41.2995, 69.2401) >= s.SUNRISE_ELEVATION_DEG
    night = s.turner_night(minutes, 41.2995, 69.2401)
    sunrise, sunset = np.flatnonzero(up)[[0, -1]]
    first, last = np.flatnonzero(~night)[[0, -1]]
    assert (first - sunrise, sunset - last) == (60, 60)


def test_classes_change_by_one_an_hour():
    limited = s.limit_class_change([6, 1, 1, 1, 6, 6])
    assert limited.tolist() == [6, 5, 4, 3, 4, 5]
    assert s.limit_class_change([]).tolist() == []


def test_cloud_from_radiation_inverts_kasten_and_czeplak():
    cloud = np.array([0.0, 2.5, 5.0, 7.5, 10.0])
    elevation = np.full(5, 50.0)
    through = (910 * np.sin(np.radians(50)) - 30) * (1 - 0.75 * (cloud / 10) ** 3.4)
    assert s.cloud_from_radiation(through, elevation) == pytest.approx(cloud)
    assert np.isnan(s.cloud_from_radiation(0.0, 5.0))


def test_default_mixing_height_has_no_lid_where_it_is_stable():
    assert s.default_mixing_height([1, 2, 3, 4, 5, 6]).tolist() == [1100] * 3 + [800] + [10_000] * 2
