"""[siting] of study.toml: which land is looked at, and what a site is ranked by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from geocluster.load.settings_files import Section, Text, VectorFile, as_tuple
from geocluster.load.settings_several import TogetherSettings


class GroupWeights(Section):
    """[siting.weights]: how much each group of criteria counts; all four or none."""

    exposure: float = Field(ge=0)
    access: float = Field(ge=0)
    land: float = Field(ge=0)
    partners: float = Field(ge=0)

    @model_validator(mode="after")
    def _something_counts(self) -> GroupWeights:
        if not sum(self.model_dump().values()) > 0:
            raise ValueError("all weights are 0: at least one must count")
        return self


Method = Literal["topsis", "weighted_sum", "spotis", "promethee_ii"]
Weighting = Literal["groups", "criteria", "ahp", "entropy", "critic"]
# Which section of [siting] each kind of weighting is read from.
SECTION_OF = {"groups": "weights", "criteria": "criterion_weights", "ahp": "ahp"}
FIELD_OF = {"groups": "weight_model", "criteria": "criterion_weights", "ahp": "ahp"}

FringeClass = Literal["suburb", "village", "dispersed", "uninhabited"]


CutKind = Literal["road", "rail", "water", "plot"]


class SitingSettings(Section):
    """[siting]: which land is looked at, and what a site is ranked by."""

    rules: Text | None = None
    proposed: VectorFile | None = None
    brownfields: bool = True
    mode: Literal["exact", "fast"] = "exact"
    fringe_km: float = Field(default=10.0, gt=0, le=200)
    fringe_minutes: float | None = Field(default=None, gt=0, le=600)
    urbanisation: Literal["people", "built-up"] = "people"
    road_speeds: dict[Text, float] = Field(default_factory=dict)
    fringe_classes: tuple[FringeClass, ...] = Field(
        default=("suburb", "dispersed", "uninhabited"), min_length=1
    )
    max_sites: int = Field(default=200, ge=1, le=100_000)
    finalists: int = Field(default=5, ge=0, le=50)
    max_stretch: float = Field(default=4.0, ge=1, le=1000)
    min_width_m: float | None = Field(default=None, gt=0, le=100_000)
    cut_along: tuple[CutKind, ...] = ("road", "rail", "water", "plot")
    cut_strip_m: float = Field(default=10.0, ge=1, le=200)
    weight_model: GroupWeights = Field(
        default=GroupWeights(exposure=0.4, access=0.25, land=0.15, partners=0.2), alias="weights"
    )

    method: tuple[Method, ...] = Field(default=("topsis",), min_length=1)
    normalisation: Literal["vector", "min-max", "max"] | None = None
    bounds: dict[str, Any] = Field(default_factory=dict)
    thresholds: dict[str, Any] = Field(default_factory=dict)
    weighting: Weighting | None = None
    criterion_weights: dict[str, Any] = Field(default_factory=dict)
    ahp: dict[str, Any] = Field(default_factory=dict)
    preferences: Any = None
    together: TogetherSettings | None = None

    @field_validator("fringe_classes", "cut_along", "method", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)

    @field_validator("method")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("a method is there twice: name each once")
        return value

    @model_validator(mode="after")
    def _a_distance_or_a_time(self) -> SitingSettings:
        if self.fringe_minutes is not None and "fringe_km" in self.model_fields_set:
            raise ValueError("fringe_km and fringe_minutes are both given: leave one out")
        return self

    @field_validator("road_speeds")
    @classmethod
    def _speeds_of_known_classes(cls, value: dict[str, float]) -> dict[str, float]:
        from geocluster.load.roads import read_speeds

        known = list(read_speeds())
        wrong = [name for name in value if name not in known]
        if wrong:
            raise ValueError(f"no class {wrong}: known are {', '.join(known)}")
        if not all(0 < speed <= 200 for speed in value.values()):
            raise ValueError("a speed must be above 0 and at most 200 km/h")
        return value

    @field_validator("bounds")
    @classmethod
    def _low_and_high(cls, value: dict[str, Any]) -> dict[str, tuple[float, ...]]:
        return {name: _pair(name, given) for name, given in value.items()}

    @field_validator("thresholds")
    @classmethod
    def _one_or_two(cls, value: dict[str, Any]) -> dict[str, float | tuple[float, ...]]:
        return {
            name: _pair(name, given, least=0) if isinstance(given, list) else _number(name, given)
            for name, given in value.items()
        }

    @field_validator("criterion_weights")
    @classmethod
    def _sizes(cls, value: dict[str, Any]) -> dict[str, float]:
        sizes = {name: _number(name, given) for name, given in value.items()}
        if value and not any(sizes.values()):
            raise ValueError("all weights are 0: at least one must count")
        return sizes

    @field_validator("ahp")
    @classmethod
    def _comparisons(cls, value: dict[str, Any]) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for row, others in value.items():
            if not isinstance(others, Mapping):
                raise ValueError(f"{row} = {others!r}: write {row}.<another group> = 3")
            for column, given in others.items():
                times = _number(f"{row}.{column}", given)
                if not 1 / 9.1 < times < 9.1:
                    raise ValueError(f"{row}.{column} = {given!r}: 1/9 to 9 is allowed")
                found.setdefault(row, {})[column] = times
        return found

    @field_validator("preferences")
    @classmethod
    def _order_or_bounds(cls, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Mapping):
            return {name: _pair(name, given, least=0, most=1) for name, given in value.items()}
        if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            return tuple(value)
        raise ValueError(
            "give a list of groups, most important first, or a section with the least and "
            "greatest share of each: exposure = [0.3, 0.5]"
        )

    @model_validator(mode="after")
    def _one_weighting(self) -> SitingSettings:
        given = [name for name, field in FIELD_OF.items() if field in self.model_fields_set]
        if len(given) > 1:
            both = " and ".join(f"[siting.{SECTION_OF[name]}]" for name in given)
            raise ValueError(f"{both} are both given: leave one out")
        if self.weighting is None:
            return self
        wanted = SECTION_OF.get(self.weighting)
        strange = [SECTION_OF[name] for name in given if name != self.weighting]
        if strange:
            raise ValueError(
                f"weighting = {self.weighting!r} does not use [siting.{strange[0]}]: leave it out"
            )
        if wanted in ("criterion_weights", "ahp") and not given:
            raise ValueError(f"weighting = {self.weighting!r} needs [siting.{wanted}]: add it")
        return self

    @model_validator(mode="after")
    def _options_of_methods(self) -> SitingSettings:
        named = f"method is {', '.join(self.method)}"
        if self.bounds and "spotis" not in self.method:
            raise ValueError(f"bounds belong to method 'spotis', and {named}")
        if self.thresholds and "promethee_ii" not in self.method:
            raise ValueError(f"thresholds belong to method 'promethee_ii', and {named}")
        if self.normalisation and not {"topsis", "weighted_sum"} & set(self.method):
            raise ValueError(
                f"normalisation is of 'topsis' and 'weighted_sum' alone, and {named}: leave it out"
            )
        return self

    @property
    def weighed_by(self) -> str:
        """Where the weights come from: groups, criteria, ahp, entropy or critic."""
        if self.weighting is not None:
            return self.weighting
        return "criteria" if self.criterion_weights else "ahp" if self.ahp else "groups"

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each group of criteria, as given."""
        return self.weight_model.model_dump()


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{name} = {value!r}: give a number, 0 or more")
    return float(value)


def _pair(
    name: str, value: object, *, least: float = -math.inf, most: float = math.inf
) -> tuple[float, ...]:
    numbers = [
        float(one)
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
    ]
    fits = len(numbers) == 2 and isinstance(value, list) and len(value) == 2
    if not fits or not least <= numbers[0] <= numbers[1] <= most:
        told = f", {least:g} to {most:g}" if math.isfinite(most) else ""
        raise ValueError(f"{name} = {value!r}: give [least, greatest]{told}")
    return tuple(numbers)
