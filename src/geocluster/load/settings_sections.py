"""The sections of study.toml: their keys, defaults and allowed values."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from geocluster.load.settings_files import (
    ElevationFiles,
    HomesFile,
    HomesTable,
    PlaceFile,
    PlainTable,
    PopulationFile,
    Section,
    SourcesFile,
    Text,
    VectorFile,
    as_tuple,
    limited,
)
from geocluster.tables import POLLUTANTS, STACK_COLUMNS, VOLUME_COLUMNS

if TYPE_CHECKING:
    from geocluster.plume.deposition import Gas, Particles

OSM = "osm"  # in place of a file: the residential areas of the extract
SHARES_MAY_MISS = 1e-6
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
    dem: ElevationFiles | None = None
    table1: PlainTable | None = None

    @field_validator("land", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return as_tuple(value)

    @field_validator("dem", mode="before")
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


class ParkSettings(Section):
    """[park]: the park that looks for a place."""

    area_ha: float = Field(default=100.0, gt=0, le=100_000)
    protection_zone_m: float = Field(default=500.0, ge=0, le=10_000)
    emission_pollutant: str | None = None
    release_models: tuple[Release, ...] = Field(
        default=tuple(Release(**release) for release in DEFAULT_RELEASES), alias="releases"
    )

    @property
    def releases(self) -> list[dict[str, Any]]:
        """The profile of releases as mappings with the columns of one source, and a share each."""
        return [release.model_dump(exclude_none=True) for release in self.release_models]

    @field_validator("emission_pollutant")
    @classmethod
    def _known_pollutant(cls, value: str | None) -> str | None:
        if value is not None and value not in POLLUTANTS:
            raise ValueError(f"unknown pollutant; known are {', '.join(POLLUTANTS)}")
        return value

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
