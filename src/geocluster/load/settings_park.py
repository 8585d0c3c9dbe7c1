"""[park] of study.toml: the park that looks for a place, and its ways out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from geocluster.load.settings_files import Section, Text, limited
from geocluster.load.settings_harm import HarmSettings
from geocluster.tables import GREENHOUSE_GASES, POLLUTANTS, STACK_COLUMNS, VOLUME_COLUMNS

SHARES_MAY_MISS = 1e-6
G_S_PER_T_YR = 1e6 / (365.25 * 86_400)
# Stated defaults of a park nobody has designed yet: a hall 20 m high and 100 m wide leaks at
# half its height (sigma_y = side / 4.3, sigma_z = height / 2.15, ISC3 Vol. II, Table 1-6), and a
# boiler house has a stack of 40 m.
DEFAULT_RELEASES: tuple[dict[str, Any], ...] = (
    {
        "name": "fugitive",
        "share": 0.3,
        "release_height_m": 10.0,
        "initial_sigma_y_m": 23.3,
        "initial_sigma_z_m": 9.3,
    },
    {
        "name": "boiler",
        "share": 0.7,
        "stack_height_m": 40.0,
        "stack_diameter_m": 1.2,
        "exit_velocity_m_s": 10.0,
        "exit_temperature_k": 423.0,
    },
)


class Release(Section):
    """[[park.releases]]: one way out of the park, a full stack or a full volume."""

    name: Text = "release"
    share: float = Field(default=1.0, gt=0, le=1)
    stack_height_m: float | None = limited("stack_height_m")
    stack_diameter_m: float | None = limited("stack_diameter_m")
    exit_velocity_m_s: float | None = limited("exit_velocity_m_s")
    exit_temperature_k: float | None = limited("exit_temperature_k")
    stack_direction: Literal["vertical", "horizontal", "capped"] | None = None
    release_height_m: float | None = limited("release_height_m")
    initial_sigma_y_m: float | None = limited("initial_sigma_y_m")
    initial_sigma_z_m: float | None = limited("initial_sigma_z_m")

    @model_validator(mode="after")
    def _a_whole_stack_or_volume(self) -> Release:
        given = self.model_dump(exclude_none=True)
        stack = [name for name in STACK_COLUMNS if name in given]
        volume = [name for name in VOLUME_COLUMNS if name in given]
        if stack and volume:
            raise ValueError(f"a stack ({stack[0]}) and a volume ({volume[0]}) in one: divide it")
        needed = VOLUME_COLUMNS if volume else STACK_COLUMNS
        missing = [name for name in needed if name not in given]
        if not stack and not volume:
            raise ValueError(
                f"no way out: give a stack ({', '.join(STACK_COLUMNS)}) "
                f"or a volume ({', '.join(VOLUME_COLUMNS)})"
            )
        if missing:
            raise ValueError(f"a {'volume' if volume else 'stack'} also needs {', '.join(missing)}")
        return self


Rates = dict[str, Annotated[float, Field(gt=0)]]


class ParkSettings(Section):
    """[park]: the park that looks for a place."""

    area_ha: float = Field(default=100.0, gt=0, le=100_000)
    hazard_class: Literal["I", "II", "III", "IV", "V"] | None = None
    accident_class: Literal["I", "II", "III", "IV"] | None = None
    protection_zone_m: float = Field(default=500.0, ge=0, le=10_000)
    emission_pollutant: str | None = None
    emission_g_s: Rates = Field(default_factory=dict, alias="emissions")
    emissions_t_yr: Rates = Field(default_factory=dict)
    harm: HarmSettings | None = None
    release_models: tuple[Release, ...] = Field(
        default=tuple(Release(**release) for release in DEFAULT_RELEASES), alias="releases"
    )

    @property
    def releases(self) -> list[dict[str, Any]]:
        """The profile of releases as mappings with the columns of one source, and a share each."""
        return [release.model_dump(exclude_none=True) for release in self.release_models]

    @property
    def emissions(self) -> dict[str, float]:
        """What the whole park emits, by pollutant; empty where nothing is said. [g/s]"""
        a_year = {name: value * G_S_PER_T_YR for name, value in self.emissions_t_yr.items()}
        return {**self.emission_g_s, **a_year}

    @model_validator(mode="before")
    @classmethod
    def _zone_of_its_class(cls, data: Any) -> Any:
        """The protection zone follows the hazard class; where both are given they must agree."""
        hazard = data.get("hazard_class") if isinstance(data, Mapping) else None
        if not isinstance(hazard, str) or hazard not in (widths := zone_widths_m()):
            return data
        given = data.get("protection_zone_m", widths[hazard])
        if isinstance(given, int | float) and given != widths[hazard]:
            raise ValueError(
                f"hazard_class = '{hazard}' has a protection zone of {widths[hazard]:g} m, but "
                f"protection_zone_m = {given:g}: leave one of the two out"
            )
        return {**data, "protection_zone_m": given}

    @field_validator("emission_pollutant")
    @classmethod
    def _known_pollutant(cls, value: str | None) -> str | None:
        if value is not None and value not in POLLUTANTS:
            raise ValueError(f"unknown pollutant; known are {', '.join(POLLUTANTS)}")
        return value

    @field_validator("emission_g_s", "emissions_t_yr")
    @classmethod
    def _dispersed_pollutants(cls, value: dict[str, float]) -> dict[str, float]:
        faults = [fault for name in value if (fault := _pollutant_fault(name))]
        if faults:
            raise ValueError("; ".join(faults))
        return value

    @model_validator(mode="after")
    def _each_pollutant_once(self) -> ParkSettings:
        twice = sorted(set(self.emission_g_s) & set(self.emissions_t_yr))
        if twice:
            raise ValueError(f"{', '.join(twice)} in emissions and in emissions_t_yr: give one")
        if self.harm is not None and not self.emissions:
            raise ValueError("harm is of what the park emits: give emissions too")
        return self

    @field_validator("release_models", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("release_models")
    @classmethod
    def _shares_sum_to_one(cls, value: tuple[Release, ...]) -> tuple[Release, ...]:
        if not value:
            raise ValueError("no release: leave the key out for the default profile, or give one")
        unsaid = [release.name for release in value if "share" not in release.model_fields_set]
        if unsaid and len(value) > 1:
            raise ValueError(f"no share for {', '.join(unsaid)}: each of several releases has one")
        total = sum(release.share for release in value)
        if abs(total - 1) > SHARES_MAY_MISS:
            raise ValueError(f"the shares sum to {total:g}: they must sum to 1")
        names = [release.name for release in value]
        if len(set(names)) < len(names):
            raise ValueError(f"the names {', '.join(names)} are not different: name each release")
        return value


def zone_widths_m() -> dict[str, float]:
    """The sanitary protection zone of each hazard class. [m]

    Examples
    --------
    >>> zone_widths_m()["I"]
    1000.0
    """
    import csv
    from importlib.resources import files

    path = files("geocluster").joinpath("siting", "protection_zones.csv")
    with path.open(encoding="utf-8") as file:
        return {row["class"]: float(row["distance_m"]) for row in csv.DictReader(file)}


def _pollutant_fault(name: str) -> str | None:
    """Why a park's emission of that name cannot be used; None where it can."""
    if name in GREENHOUSE_GASES:
        return f"{name} is a greenhouse gas: it is never dispersed, leave it out"
    if name in POLLUTANTS:
        return None
    known = [known for known in POLLUTANTS if known not in GREENHOUSE_GASES]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown pollutant {name!r}; {hint}known are {', '.join(known)}"
