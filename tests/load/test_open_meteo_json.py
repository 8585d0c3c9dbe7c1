"""Open-Meteo's JSON: its units come with it; other JSON is refused."""

import json

import pytest

from geocluster.errors import InputError, TableError
from geocluster.load.weather import read_weather


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "weather.json"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def times(weather):
    return weather["time"].dt.strftime("%Y-%m-%d %H:%M").values.tolist()


def answer(**changes):
    hours = ["2026-06-21T06:00", "2026-06-21T07:00"]
    content = {
        "latitude": 41.3,
        "longitude": 69.25,
        "elevation": 430.0,
        "utc_offset_seconds": 0,
        "hourly_units": {
            "time": "iso8601",
            "wind_speed_10m": "km/h",
            "wind_direction_10m": "°",
            "temperature_2m": "°F",
            "shortwave_radiation": "W/m²",
            "boundary_layer_height": "m",
        },
        "hourly": {
            "time": hours,
            "wind_speed_10m": [7.2, 3.6],
            "wind_direction_10m": [270, 280],
            "temperature_2m": [86.0, 86.0],
            "shortwave_radiation": [950.0, 940.0],
            "boundary_layer_height": [1200.0, None],
        },
    }
    return json.dumps(content | changes)


def test_the_json_of_open_meteo_brings_its_units(file):
    weather = read_weather(file(answer()), time_zone=5)
    assert weather["wind_speed_m_s"].values == pytest.approx([2.0, 1.0])
    assert weather["temperature_k"].values == pytest.approx(303.15)
    assert times(weather) == ["2026-06-21 10:00", "2026-06-21 11:00"], "ends of hours, UTC to +5"
    assert weather["stability"].values.tolist() == [1, 1]
    assert weather["mixing_height_m"].values.tolist() == [1200, 1100]
    assert read_weather(file(answer())).attrs["time_zone"] == 0
    local = read_weather(file(answer(utc_offset_seconds=18000)))
    assert times(local) == ["2026-06-21 05:00", "2026-06-21 06:00"]
    assert local.attrs["time_zone"] == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"hourly": {"time": ["2026-06-21', "no whole JSON"),
        ("[" * 20_000, "no whole JSON"),
        ("[{}, {}]", "holds 2 places"),
        ('{"error": true, "reason": "daily limit"}', "refusal, no weather: daily limit"),
        ('{"daily": {}}', "no 'hourly' block"),
        ('{"hourly": {"time": []}}', "no hour in it"),
        ('{"hourly": {"time": ["2026-06-21T06:00"], "wind_speed_10m": []}}', "not of the length"),
    ],
)
def test_other_json_is_refused(file, text, words):
    with pytest.raises(InputError, match=words):
        read_weather(file(text))


def test_without_a_unit_even_json_is_asked_for_it(file):
    with pytest.raises(TableError, match=r"wind_speed_10m.*does not say its unit"):
        read_weather(file(answer(hourly_units={})))
