"""The files that study.toml names, with what may be said about each besides its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from geocluster.load.settings_database import DatabaseKeys
from geocluster.load.settings_faults import TAGS
from geocluster.tables import TABLES

Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """One section of study.toml: unknown keys are faults, nothing is converted in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def limited(name: str) -> Any:
    """A field with the range of a column of sources; None where it is not given."""
    column = next(column for column in TABLES["sources"] if column.name == name)
    return Field(default=None, ge=column.lower, le=column.upper)


def _known_encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError:
        raise ValueError("unknown encoding; known are utf-8, cp1251, cp866, cp1252, …") from None
    return value


def _each_from_its_own(value: dict[str, str]) -> dict[str, str]:
    counts = Counter(value.values())
    doubled = [name for name, count in counts.items() if count > 1]
    if doubled:
        ours = ", ".join(name for name, theirs in value.items() if theirs == doubled[0])
        raise ValueError(f"'{doubled[0]}' is named for {ours}: a column of the file is one of ours")
    return value


def as_tuple(value: object) -> object:
    """One value or a list of them, as a tuple."""
    return tuple(value) if isinstance(value, list) else (value,)


Encoding = Annotated[Text, AfterValidator(_known_encoding)]
ColumnMap = Annotated[dict[Text, Text], AfterValidator(_each_from_its_own)]
Wanted = str | int | float | bool


class TableFile(Section):
    """A table with more said about it: what its columns are called, how its text is written."""

    path: Text
    columns: ColumnMap | None = None
    encoding: Encoding | None = None
    sheet: Text | None = None
    header_row: int | None = Field(default=None, ge=1, le=1000)


class InputFile(TableFile, DatabaseKeys):
    """A vector file, or a table of a database: besides, which layer and rows, and its CRS."""

    path: Text = ""
    layer: Text | None = None
    crs: Text | None = None
    where: dict[Text, Wanted | list[Wanted]] | None = None


class PlacesFile(InputFile):
    """A file of places: besides, what becomes of rows whose coordinates cannot be."""

    on_bad_coordinates: Literal["error", "drop"] | None = None


class AssumedStack(Section):
    """What stands in for figures of stacks and other releases that a table leaves out."""

    stack_height_m: float | None = limited("stack_height_m")
    stack_diameter_m: float | None = limited("stack_diameter_m")
    exit_velocity_m_s: float | None = limited("exit_velocity_m_s")
    exit_temperature_k: float | None = limited("exit_temperature_k")
    heat_release_mw: float | None = limited("heat_release_mw")
    release_height_m: float | None = limited("release_height_m")
    initial_sigma_y_m: float | None = limited("initial_sigma_y_m")
    initial_sigma_z_m: float | None = limited("initial_sigma_z_m")
    width_m: float | None = limited("width_m")


class SourceFile(InputFile):
    """A table of sources: besides, its form, and what is assumed where a stack is not whole."""

    assumed: AssumedStack | None = None
    form: Literal["wide", "long"] | None = None
    quantity_unit: Text | None = None
    sum_over: Annotated[tuple[Text, ...], BeforeValidator(as_tuple)] | None = None
    skip_unknown: bool | None = None
    emissions: Text | None = None

    @model_validator(mode="after")
    def _keys_of_their_form(self) -> SourceFile:
        long = self.form == "long"
        if long and self.emissions is not None:
            raise ValueError("form = 'long' and emissions exclude each other")
        for key in ("quantity_unit", "sum_over"):
            if getattr(self, key) is not None and not long:
                raise ValueError(f"{key} belongs to form = 'long'")
        if self.skip_unknown is not None and not long and self.emissions is None:
            raise ValueError("skip_unknown belongs to form = 'long' or to emissions")
        return self


class CensusFile(Section):
    """A table of people by district, and the columns that join it to the districts' polygons."""

    path: Text
    key: Text
    table_key: Text | None = None
    people: Text | None = None
    missing: Literal["error", "leave out"] | None = None
    encoding: Encoding | None = None
    sheet: Text | None = None
    header_row: int | None = Field(default=None, ge=1, le=1000)


class HomesFile(InputFile):
    """Polygons with people: besides, the census that counts them, and where in them they live."""

    census: CensusFile | None = None
    spread_over: Text | None = None


class RasterFile(Section):
    """A population raster with more said about it: what a pixel holds, its band, no data."""

    path: Text
    quantity: Literal["count", "density"] | None = None
    band: int | None = Field(default=None, ge=1)
    nodata: float | None = None


class GrowthRaster(Section):
    """A raster of what is expected to be added, with more said about it."""

    path: Text
    quantity: Literal["people", "people_per_km2", "built_up_share"] | None = None
    band: int | None = Field(default=None, ge=1)
    nodata: float | None = None


class ElevationFiles(Section):
    """Elevation rasters with more said about them: band, no data, unit, and what voids are."""

    path: Annotated[tuple[Text, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    band: int | None = Field(default=None, ge=1)
    nodata: float | None = None
    unit: Literal["m", "ft"] | None = None
    void_m: float | None = Field(default=None, ge=-500, le=9_000)


class LandCoverFiles(Section):
    """Classified rasters with more said about them: what the codes mean, band, no data."""

    path: Annotated[tuple[Text, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    scheme: Text | None = None
    codes: Text | None = None
    kinds: dict[Text, str] | None = None
    band: int | None = Field(default=None, ge=1)
    nodata: float | None = None

    @model_validator(mode="after")
    def _one_legend(self) -> LandCoverFiles:
        if self.scheme is not None and self.codes is not None:
            raise ValueError("scheme and codes exclude each other: give one")
        return self


def _path_or_table(value: object) -> str:
    return TAGS[isinstance(value, Mapping | Section)]


# Tagged, so that a fault is told once and not for each member of the union.
_AS_PATH = Annotated[Text, Tag(TAGS[0])]
_CHOICE = Discriminator(_path_or_table)
PlainTable = Annotated[_AS_PATH | Annotated[TableFile, Tag(TAGS[1])], _CHOICE]
VectorFile = Annotated[_AS_PATH | Annotated[InputFile, Tag(TAGS[1])], _CHOICE]
SourcesFile = Annotated[_AS_PATH | Annotated[SourceFile, Tag(TAGS[1])], _CHOICE]
PlaceFile = Annotated[_AS_PATH | Annotated[PlacesFile, Tag(TAGS[1])], _CHOICE]
HomesTable = Annotated[_AS_PATH | Annotated[HomesFile, Tag(TAGS[1])], _CHOICE]
GrowthFile = Annotated[_AS_PATH | Annotated[GrowthRaster, Tag(TAGS[1])], _CHOICE]
PopulationFile = Annotated[_AS_PATH | Annotated[RasterFile, Tag(TAGS[1])], _CHOICE]
