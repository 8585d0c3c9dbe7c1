"""The sections of study.toml about weather: how each file is read, and how far it is believed."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from geocluster.load.settings_files import Section, Text, VectorFile
from geocluster.load.settings_sections import TimeZone

DEFAULT_PLACE = "default"
READING = (
    "latitude",
    "longitude",
    "time_zone",
    "anemometer_height_m",
    "mixing_height_m",
    "scheme",
    "assumed_cloud",
    "one_class_an_hour",
    "fill_gaps_h",
    "hour_label",
    "columns",
)


class WeatherFile(Section):
    """What is said about any file of weather."""

    note: str = ""
    mixing_height_m: float | None = Field(default=None, gt=0, le=10_000)
    anemometer_height_m: float | None = Field(default=None, gt=0, le=200)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    time_zone: TimeZone = None
    scheme: Literal["auto", "golder", "radiation", "turner"] = "auto"
    assumed_cloud: Any = None
    one_class_an_hour: bool = False
    fill_gaps_h: int = Field(default=3, ge=0, le=6)
    hour_label: Literal["start", "end"] | None = None
    columns: dict[str, str] = Field(default_factory=dict)

    @field_validator("assumed_cloud")
    @classmethod
    def _tenths(cls, value: object) -> object:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is None or value == "humidity" or (number and 0 <= value <= 10):  # type: ignore[operator]
            return value
        raise ValueError("allowed are 0 to 10 tenths, or 'humidity'")

    def reading(self) -> dict[str, Any]:
        """The keys that `geocluster.load.weather.read_weather` takes, and their values."""
        return {name: getattr(self, name) for name in READING}


class WeatherSettings(WeatherFile):
    """[weather]: how the weather file of [inputs] is read, and how far it is believed."""

    valid: bool = True
    valid_within_km: Any = 25.0

    @field_validator("valid_within_km")
    @classmethod
    def _distance_or_none(cls, value: object) -> float | None:
        if value is False or value is None or value == math.inf:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ValueError("allowed is a distance above 0, or false for no check")
        return float(value)


class WeatherPlace(WeatherFile):
    """[[weather_places]]: weather of another place, and the ground where it is taken."""

    name: Text
    file: Text
    area: VectorFile | None = None
    within_km: float | None = Field(default=None, gt=0, le=1000)

    @field_validator("name")
    @classmethod
    def _a_name_of_its_own(cls, value: str) -> str:
        if value == DEFAULT_PLACE:
            raise ValueError(f"{DEFAULT_PLACE!r} is the weather of [inputs]: choose another name")
        if value != value.strip() or not value.isprintable() or "/" in value:
            raise ValueError("give text without a slash, and without space before or after it")
        return value

    @model_validator(mode="after")
    def _one_area(self) -> WeatherPlace:
        if (self.area is None) == (self.within_km is None):
            raise ValueError("give either area, a file of polygons, or within_km of the station")
        return self


def check_places(places: tuple[WeatherPlace, ...]) -> tuple[WeatherPlace, ...]:
    """The places, each of a name of its own.

    Raises
    ------
    ValueError
        With the names that stand twice.
    """
    names = [place.name for place in places]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the name {', '.join(twice)} stands twice: name each place")
    return places
