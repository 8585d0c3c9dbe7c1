"""[park.harm] of study.toml: what a person is harmed by the pollutants that the park emits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from geocluster.load.settings_files import Section, Text

MORTALITY = ("deaths_per_1000", "share_of_people")
MONEY = ("unit", "per_person_ug_m3_year", "grade")


class HarmSettings(Section):
    """[park.harm]: a death rate with the package's risks, or a number a pollutant in one's unit."""

    source: Text
    deaths_per_1000: float | None = Field(default=None, gt=0, lt=200)
    share_of_people: float | None = Field(default=None, gt=0, le=1)
    unit: Text | None = None
    grade: Literal["read", "derived", "known", "assumed"] | None = None
    per_person_ug_m3_year: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_two(self) -> HarmSettings:
        mortality = [name for name in MORTALITY if getattr(self, name) is not None]
        money = [name for name in MONEY if getattr(self, name)]
        if mortality and money:
            raise ValueError(f"{mortality[0]} and {money[0]} in one: give one or the other")
        for given, wanted in ((mortality, MORTALITY), (money, MONEY)):
            missing = [name for name in wanted if name not in given]
            if given and missing:
                raise ValueError(f"{given[0]} also needs {', '.join(missing)}")
        if not mortality and not money:
            raise ValueError(f"give {' and '.join(MORTALITY)}, or {', '.join(MONEY)}")
        return self
