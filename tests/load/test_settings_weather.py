"""[weather] in study.toml: how a file is read."""

from pathlib import Path

import pytest

from geocluster.errors import SettingsError
from geocluster.load.settings import read_settings

SMALLEST = """[region]
name = "Town"
boundary = "boundary.geojson"
[inputs]
weather = "weather.csv"
towns = "towns.csv"
"""


@pytest.fixture
def study(tmp_path: Path):
    for name in ("boundary.geojson", "weather.csv", "towns.csv"):
        (tmp_path / name).touch()

    def read(text):
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        return read_settings(tmp_path)

    return read


def test_how_a_weather_file_is_read_is_said_in_its_section(study):
    text = f"{SMALLEST}[weather]\nscheme = 'golder'\nassumed_cloud = 'humidity'\nfill_gaps_h = 0\n"
    text += "hour_label = 'end'\none_class_an_hour = true\ncolumns = { wind_speed_kmh = 'V' }\n"
    reading = study(text).weather.reading()
    assert reading["scheme"] == "golder"
    assert reading["assumed_cloud"] == "humidity"
    assert reading["fill_gaps_h"] == 0
    assert reading["hour_label"] == "end"
    assert reading["one_class_an_hour"] is True
    assert reading["columns"] == {"wind_speed_kmh": "V"}
    wrong = "fill_gaps_h = 7\nassumed_cloud = 11\nscheme = 'best'\nhour_label = 'middle'\n"
    with pytest.raises(SettingsError) as error:
        study(f"{SMALLEST}[weather]\n{wrong}")
    assert len(error.value.faults) == 4
    assert all(f"[weather] {line.split()[0]} " in str(error.value) for line in wrong.splitlines())
