"""The sections of study.toml about weather: how each file is read, and how far it is believed."""

from __future__ import annotations

import math
from typing import Any

from pydantic import Field, field_validator, model_validator

from geocluster.load.settings_files import Section, Text, VectorFile
from geocluster.load.settings_sections import TimeZone

DEFAULT_PLACE = "default"


class WeatherFile(Section):
    """What is said about any file of weather."""

    note: str = ""
    mixing_height_m: float | None = Field(default=None, gt=0, le=10_000)
    anemometer_height_m: float | None = Field(default=None, gt=0, le=200)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    time_zone: TimeZone = None


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
