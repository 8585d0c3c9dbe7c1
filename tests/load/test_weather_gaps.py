"""Gaps: short ones filled between their neighbours, long ones named; codes of missing values."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geocluster.errors import InputError, MendedWarning, TableError
from geocluster.load.weather import read_weather
from geocluster.load.weather_gaps import fill_gaps, gaps_in_words

HEAD = "datetime,wind_speed_m_s,wind_from_deg,temperature_k,stability\n"


@pytest.fixture
def read(tmp_path):
    def from_rows(rows, head=HEAD, **options):
        path = tmp_path / "weather.csv"
        path.write_text(head + "".join(f"2026-01-01 {row}\n" for row in rows))
        return read_weather(path, **options)

    return from_rows


def test_a_gap_of_three_hours_is_filled_in_a_line_and_counted(read):
    rows = ["00:00,2,350,280,D", "04:00,4,30,284,F"]
    words = (
        "3 of 5 hours filled .* up to 3 h: wind 3, temperature 3, stability 3; wind filled in 60%"
    )
    with pytest.warns(MendedWarning, match=words):
        weather = read(rows)
    assert weather["wind_speed_m_s"].values.tolist() == [2, 2.5, 3, 3.5, 4]
    assert weather["wind_from_deg"].values == pytest.approx([350, 0, 10, 20, 30])
    assert weather["temperature_k"].values.tolist() == [280, 281, 282, 283, 284]
    assert weather["stability"].values.tolist() == [4, 4, 4, 6, 6], "the nearer hour, first on ties"
    assert weather["filled"].values.tolist() == [False, True, True, True, False]
    assert (weather.attrs["hours_filled"], weather.attrs["hours_missing"]) == (3, 0)


def test_a_gap_of_four_hours_is_left_out_and_named(read):
    with pytest.warns(MendedWarning, match=r"4 of 6 .*2026-01-01 01:00 to 05:00 \(4 h\)"):
        weather = read(["00:00,2,350,280,D", "05:00,4,30,284,F"])
    assert weather.sizes["hour"] == 2
    assert weather.attrs["hours_missing"] == 4


def test_a_variable_wind_keeps_its_speed_and_takes_the_direction_between(read):
    with pytest.warns(MendedWarning) as caught:
        weather = read(["00:00,2,80,280,D", "01:00,0.8,990,281,D", "02:00,3,100,282,D"])
    text = " | ".join(str(one.message) for one in caught)
    assert "column 'wind_from_deg': codes taken as missing: 990 (1)" in text
    assert "1 of 3 hours filled" in text
    assert weather["wind_speed_m_s"].values.tolist() == [2, 0.8, 3]
    assert weather["wind_from_deg"].values.tolist() == [80, 90, 100]


def test_beside_a_calm_the_direction_is_that_of_the_other_side(read):
    with pytest.warns(MendedWarning):
        weather = read(["00:00,0,,280,D", "02:00,3,100,282,D", "04:00,0,0,280,D"])
    assert weather["wind_from_deg"].values.tolist() == [0, 100, 100, 100, 0]
    assert weather["wind_speed_m_s"].values.tolist() == [0, 1.5, 3, 1.5, 0]
    assert weather.attrs["calm_hours"] == 2


def test_between_two_calms_is_a_calm(read):
    with pytest.warns(MendedWarning):
        weather = read(["00:00,0,,280,D", "02:00,0,,282,D"])
    assert weather["wind_speed_m_s"].values.tolist() == [0, 0, 0]


def test_codes_of_missing_values_are_gaps_in_every_column(read):
    rows = ["00:00,2,80,280,D", "01:00,999,999,-9999,D", "02:00,3,100,282,D"]
    with pytest.warns(MendedWarning) as caught:
        weather = read(rows)
    text = " | ".join(str(one.message) for one in caught)
    for name in ("wind_speed_m_s", "wind_from_deg", "temperature_k"):
        assert f"column '{name}': codes taken as missing" in text
    assert weather["temperature_k"].values.tolist() == [280, 281, 282]


def test_the_ends_are_never_filled(read):
    with pytest.warns(MendedWarning, match="2 of 4 hours are missing"):
        weather = read(["00:00,,80,280,D", "01:00,2,80,280,D", "02:00,3,9,282,D", "03:00,3,,282,D"])
    assert weather["time"].dt.hour.values.tolist() == [1, 2]


def test_at_most_five_gaps_are_named_the_longest_first():
    hour = np.cumsum([0, 2, 3, 4, 5, 6, 7, 8]).astype("timedelta64[h]")
    words = gaps_in_words(np.datetime64("2026-01-01T00:00:00") + hour)
    assert words.startswith("2026-01-02 04:00 to 11:00 (7 h), ")
    assert words.endswith("(3 h) and 2 shorter gaps")
    assert words.count(" to ") == 5


def test_more_than_six_hours_are_refused(read):
    with pytest.raises(InputError, match="fill_gaps_h is 7: 0 to 6"):
        read(["00:00,2,80,280,D"], fill_gaps_h=7)


def test_units_in_brackets_that_are_not_read_are_faults(read):
    head = (
        "datetime,wind_speed_m_s,wind_from_deg,temperature_k,stability,boundary_layer_height (ft)\n"
    )
    with pytest.raises(TableError, match=r"boundary_layer_height .* in another unit than m"):
        read(["00:00,2,80,280,D,900"], head=head)


@settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 359), st.integers(1, 6)),
        min_size=2,
        max_size=30,
    ),
    st.integers(0, 6),
)
def test_filling_keeps_what_was_there_and_stays_between(hours, most):
    steps = np.cumsum([step for _, _, step in hours])
    time = pd.Timestamp("2026-01-01") + pd.to_timedelta(steps, unit="h")
    speed = np.array([value for value, _, _ in hours], dtype=float)
    table = pd.DataFrame({"time": time, "wind_speed_m_s": speed})
    table["wind_from_deg"] = [float(value) for _, value, _ in hours]
    filled, marks = fill_gaps(table, most)
    kept = filled.set_index("time").loc[time]
    assert kept["wind_speed_m_s"].tolist() == speed.tolist()
    assert kept["wind_from_deg"].tolist() == table["wind_from_deg"].tolist()
    assert filled["wind_speed_m_s"].between(speed.min() - 1e-9, speed.max() + 1e-9).all()
    assert filled["wind_from_deg"].between(0, 360).all()
    gaps = np.diff(steps) - 1
    expected = int(gaps[gaps <= most].sum())
    assert len(filled) == len(table) + expected
    assert (int(marks["wind"].sum()) if "wind" in marks else 0) == expected
