"""The sections of study.toml: their keys, defaults and allowed values."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from geocluster.load.settings_files import (
    ElevationFiles,
    GrowthFile,
    HomesFile,
    HomesTable,
    LandCoverFiles,
    PlaceFile,
    PlainTable,
    PopulationFile,
    Section,
    SourcesFile,
    Text,
    VectorFile,
    as_tuple,
)

if TYPE_CHECKING:
    from geocluster.plume.deposition import Gas, Particles

OSM = "osm"  # in place of a file: the residential areas of the extract


def _known_time_zone(value: str | float | None) -> str | float | None:
    """A name of the time zone database, or hours east of UTC."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        if value is not None and not -12 <= value <= 14:
            raise ValueError("hours east of UTC, -12 to 14 are allowed")
        return value
    zones = available_timezones()
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if zones or isinstance(value, bool):  # a machine may have no such database at all
            near = difflib.get_close_matches(str(value), zones, n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            message = f"unknown time zone; {hint}give a name such as Asia/Tashkent, or hours"
            raise ValueError(message) from None
    return value


TimeZone = Annotated[Any, AfterValidator(_known_time_zone)]


class RegionSettings(Section):
    """[region]: what the study is called, and where it is."""

    name: Text
    boundary: VectorFile
    crs: Text | None = None
    time_zone: TimeZone = None
    credits: tuple[Text, ...] = ()

    @field_validator("credits", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)

    @field_validator("crs")
    @classmethod
    def _known_to_proj(cls, value: str | None) -> str | None:
        from geocluster.region import metric_crs

        if value is not None:
            metric_crs(value, "crs")
        return value


class InputSettings(Section):
    """[inputs]: the files of a study, relative to study.toml."""

    weather: Text
    sources: SourcesFile | None = None
    plants: PlainTable | None = None
    factors: Text | None = None
    homes: HomesTable | None = None
    towns: PlainTable | None = None
    totals: PlainTable | None = None
    plain: VectorFile | None = None
    population: PopulationFile | None = None
    places: PlaceFile | None = None
    land: tuple[VectorFile, ...] = ()
    zones: VectorFile | None = None
    osm: Text | None = None
    osm_tags: Text | None = None
    not_valid: VectorFile | None = None
    border: VectorFile | None = None
    growth: GrowthFile | None = None
    land_prices: VectorFile | None = None
    dem: ElevationFiles | None = None
    land_cover: LandCoverFiles | None = None
    table1: PlainTable | None = None

    @field_validator("land", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)

    @field_validator("dem", "land_cover", mode="before")
    @classmethod
    def _paths_alone(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _people_come_from_somewhere(self) -> InputSettings:
        if not (self.homes or self.towns or self.population):
            raise ValueError("nobody lives here: give homes, towns or population")
        if self.osm_tags and not self.osm:
            raise ValueError("osm_tags maps the tags of an extract: give osm too, or leave it out")
        over = self.homes.spread_over if isinstance(self.homes, HomesFile) else None
        if over == OSM and not self.osm:
            raise ValueError("homes are spread over osm, but there is no extract: give osm too")
        return self


class GridSettings(Section):
    """[grid]: the cells that everything is computed on."""

    cell_m: float = Field(default=500.0, ge=10, le=20_000)


class DepositionSettings(Section):
    """[plume.deposition.<pollutant>]: its particles by size, or the velocity of a gas."""

    diameter_um: tuple[float, ...] | None = None
    mass_fraction: tuple[float, ...] | None = None
    density_g_cm3: tuple[float, ...] = (1.0,)
    velocity_m_s: float | None = None

    @field_validator("diameter_um", "mass_fraction", "density_g_cm3", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)

    @model_validator(mode="after")
    def _checks_itself(self) -> DepositionSettings:
        self.kind()
        return self

    def kind(self) -> Particles | Gas:
        """What it is for `geocluster.PlumeOptions`."""
        from geocluster.plume.deposition import Gas, Particles

        if self.velocity_m_s is not None and self.diameter_um is None:
            return Gas(self.velocity_m_s)
        if self.velocity_m_s is not None or self.diameter_um is None or self.mass_fraction is None:
            raise ValueError("give diameter_um and mass_fraction, or velocity_m_s alone")
        return Particles(self.diameter_um, self.mass_fraction, self.density_g_cm3)


class PlumeSettings(Section):
    """[plume]: the options of the dispersion model."""

    urban: Any = False
    reach_m: float = Field(default=50_000.0, ge=100, le=200_000)
    final_rise: bool = True
    stack_tip_downwash: bool = True
    buoyancy_induced_dispersion: bool = True
    low_wind: Literal["keep", "drop", "raise"] = "keep"
    method: Literal["hourly", "tables"] = "hourly"
    depletion: bool = True
    roughness_m: float = Field(default=0.1, gt=0, lt=1)
    deposition: dict[Text, DepositionSettings] = Field(default_factory=dict)

    def deposits(self) -> dict[str, Particles | Gas]:
        """What deposits, for `geocluster.PlumeOptions`."""
        return {name: part.kind() for name, part in self.deposition.items()}

    @field_validator("urban")
    @classmethod
    def _one_of_four(cls, value: object) -> object:
        if not isinstance(value, bool) and value not in ("by source", "auer"):
            raise ValueError("allowed are true, false, 'by source' and 'auer'")
        return value


class ExposureSettings(Section):
    """[exposure]: the sets of limits that people are counted against, and by which statistics."""

    limits: tuple[Text, ...] = ("who-2021", "eu-2024-2881")
    statistics: Literal["usual", "limits"] = "usual"

    @field_validator("limits", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)
