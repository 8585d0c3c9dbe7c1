"""[siting] of study.toml: which land is looked at, and what a site is ranked by."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from geocluster.load.settings_files import Section, Text, as_tuple


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


FringeClass = Literal["suburb", "village", "dispersed", "uninhabited"]


class SitingSettings(Section):
    """[siting]: which land is looked at, and what a site is ranked by."""

    rules: Text | None = None
    fringe_km: float = Field(default=10.0, gt=0, le=200)
    fringe_classes: tuple[FringeClass, ...] = Field(
        default=("suburb", "dispersed", "uninhabited"), min_length=1
    )
    max_sites: int = Field(default=200, ge=1, le=100_000)
    weight_model: GroupWeights = Field(
        default=GroupWeights(exposure=0.4, access=0.25, land=0.15, partners=0.2), alias="weights"
    )

    @field_validator("fringe_classes", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each group of criteria, as given."""
        return self.weight_model.model_dump()
