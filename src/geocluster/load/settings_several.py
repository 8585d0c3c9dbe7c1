"""[siting.together] and [[facilities]] of study.toml: several parks, and what clusters share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from geocluster.load.settings_files import Section, Text


class TogetherSettings(Section):
    """[siting.together]: how many parks are planned at once, and what holds for all of them."""

    parks: int = Field(ge=1, le=50)
    min_spacing_m: float = Field(default=0.0, ge=0, le=1_000_000)
    workers_needed: float | None = Field(default=None, gt=0)
    workers_share: float = Field(default=0.4, gt=0, le=1)
    max_area_ha: float | None = Field(default=None, gt=0)
    limit_ug_m3: dict[Text, float] = Field(default_factory=dict)
    irrelevant_share: float = Field(default=0.03, ge=0, le=1)
    samples: int = Field(default=50, ge=0, le=10_000)

    @field_validator("limit_ug_m3")
    @classmethod
    def _above_nothing(cls, value: dict[str, float]) -> dict[str, float]:
        wrong = [f"{name} = {limit:g}" for name, limit in value.items() if not limit > 0]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: give more than 0")
        return value


class FacilitySettings(Section):
    """[[facilities]]: one kind of facility that the existing clusters share."""

    name: Text
    count: int = Field(default=1, ge=1, le=100)
    objective: Literal["p-median", "coverage"] = "p-median"
    weight: Text | None = None
    within_m: float | None = Field(default=None, gt=0)
    within_minutes: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_reach(self) -> FacilitySettings:
        if self.within_m is not None and self.within_minutes is not None:
            raise ValueError("within_m and within_minutes are both given: leave one out")
        if self.objective == "coverage" and self.within_m is None and self.within_minutes is None:
            raise ValueError("coverage needs a reach: add within_m or within_minutes")
        return self


def different_names(value: tuple[FacilitySettings, ...]) -> tuple[FacilitySettings, ...]:
    """The facilities, each with a name of its own."""
    names = [one.name for one in value]
    if len(set(names)) < len(names):
        raise ValueError(f"the names {', '.join(names)} are not different: name each facility")
    return value
