"""study.toml: read, checked as a whole, and every fault told at once.

The file is a few sections of plain keys; docs/input.md describes each. Paths are written relative
to the folder of the file.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError, field_validator

from geocluster.errors import SettingsError
from geocluster.load.database_address import DatabaseTable, database_table, is_database, masked
from geocluster.load.settings_database import DATABASE_KEYS, DatabaseKeys, address_faults
from geocluster.load.settings_dossier import DossierSettings
from geocluster.load.settings_faults import place_of, read_toml, sentence
from geocluster.load.settings_files import (
    ElevationFiles,
    GrowthRaster,
    HomesFile,
    LandCoverFiles,
    RasterFile,
    Section,
    SourceFile,
    TableFile,
)
from geocluster.load.settings_park import ParkSettings
from geocluster.load.settings_sections import (
    OSM,
    ExposureSettings,
    GridSettings,
    InputSettings,
    PlumeSettings,
    RegionSettings,
)
from geocluster.load.settings_several import FacilitySettings, different_names
from geocluster.load.settings_siting import SitingSettings
from geocluster.load.settings_weather import WeatherPlace, WeatherSettings, check_places

STUDY_FILE = "study.toml"


class Settings(Section):
    """Everything that study.toml says, with the defaults of what it leaves unsaid."""

    region: RegionSettings
    inputs: InputSettings
    weather: WeatherSettings = WeatherSettings()
    weather_places: tuple[WeatherPlace, ...] = ()
    grid: GridSettings = GridSettings()
    plume: PlumeSettings = PlumeSettings()
    exposure: ExposureSettings = ExposureSettings()
    park: ParkSettings = ParkSettings()
    siting: SitingSettings = SitingSettings()
    facilities: tuple[FacilitySettings, ...] = ()
    dossier: DossierSettings = DossierSettings()
    _file: Path = PrivateAttr(default=Path(STUDY_FILE))

    @field_validator("weather_places", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        if isinstance(value, Mapping):
            raise ValueError("there may be several: write [[weather_places]]")
        return tuple(value) if isinstance(value, list) else value

    @field_validator("facilities", mode="before")
    @classmethod
    def _list_of_facilities(cls, value: object) -> object:
        if isinstance(value, Mapping):
            raise ValueError("there may be several: write [[facilities]]")
        return tuple(value) if isinstance(value, list) else value

    @field_validator("facilities")
    @classmethod
    def _named(cls, value: tuple[FacilitySettings, ...]) -> tuple[FacilitySettings, ...]:
        return different_names(value)

    @field_validator("weather_places")
    @classmethod
    def _different(cls, value: tuple[WeatherPlace, ...]) -> tuple[WeatherPlace, ...]:
        return check_places(value)

    @property
    def file(self) -> Path:
        """The file these settings were read from."""
        return self._file

    @property
    def folder(self) -> Path:
        """The study's folder, which every path is relative to."""
        return self._file.parent

    def given(self, value: str | Path | TableFile | RasterFile) -> Path | DatabaseTable:
        """Where an input is: a file, or a table of a database; as `path` else.

        Parameters
        ----------
        value : str, Path, TableFile or RasterFile
            As it stands in a section, such as ``settings.inputs.sources``.
        """
        if isinstance(value, DatabaseKeys) and value.database is not None:
            return value.stored()
        path = value.path if isinstance(value, Section) else value
        return database_table(str(path)) if is_database(path) else self.path(path)

    def path(self, value: str | Path | TableFile | RasterFile | GrowthRaster) -> Path:
        """Where a file named in the settings is.

        Parameters
        ----------
        value : str, Path, TableFile or RasterFile
            As it stands in a section, such as ``settings.inputs.sources``.
        """
        return self.folder / (value.path if isinstance(value, Section) else value)

    def options(
        self,
        value: str | Path | TableFile | RasterFile | GrowthRaster | ElevationFiles | LandCoverFiles,
    ) -> dict[str, Any]:
        """What the settings say about a file besides its path, for the function that reads it.

        `layer`, `crs` and how its columns are to be read of a vector file; `quantity`, `band` and
        `nodata` of a raster; `unit` and `void_m` of elevation; `scheme`, `codes` and `kinds` of
        land cover.
        """
        if not isinstance(value, Section):
            return {}
        said = value.model_dump(exclude={"path", *DATABASE_KEYS}, exclude_none=True)
        if "columns" in said:  # in Python, `columns` of read_vector are those that are kept
            said["rename"] = said.pop("columns")
        if "emissions" in said:
            said["emissions"] = self.folder / said["emissions"]
        if "codes" in said:
            said["codes"] = self.folder / said["codes"]
        if "census" in said:
            said["census"]["path"] = self.folder / said["census"]["path"]
        said.pop("spread_over", None)  # not the reader's: what it read is spread afterwards
        return said

    def files(self) -> list[Path]:
        """Every file that the settings name, and their own, sorted."""
        given = [getattr(self.inputs, name) for name in type(self.inputs).model_fields]
        given += [
            self.region.boundary,
            self.siting.rules,
            self.siting.proposed,
            self.dossier.template,
        ]
        given += [file for place in self.weather_places for file in (place.file, place.area)]
        rasters = (ElevationFiles, LandCoverFiles)
        given = [value.path if isinstance(value, rasters) else value for value in given]
        single = [v for value in given for v in (value if isinstance(value, tuple) else [value])]
        located = [self.given(value) for value in single if value is not None]
        paths = {value for value in located if isinstance(value, Path)}
        if isinstance(self.inputs.sources, SourceFile) and self.inputs.sources.emissions:
            paths.add(self.folder / self.inputs.sources.emissions)
        cover = self.inputs.land_cover
        if cover is not None and cover.codes:
            paths.add(self.folder / cover.codes)
        homes = self.inputs.homes
        if isinstance(homes, HomesFile) and homes.census:
            paths.add(self.folder / homes.census.path)
        if areas := self.homes_spread_over_file():
            paths.add(self.folder / areas)
        return sorted({self.file, *paths, *(p for p in self.limits() if isinstance(p, Path))})

    def homes_spread_over_file(self) -> str | None:
        """The file of areas that homes are spread over; None where the extract has them."""
        homes = self.inputs.homes
        over = homes.spread_over if isinstance(homes, HomesFile) else None
        return None if over == OSM else over

    def limits(self) -> list[str | Path]:
        """The sets of limits asked for: names of the package's own, or where the files are."""
        known = limit_sets()
        return [name if name in known else self.path(name) for name in self.exposure.limits]


def read_settings(path: str | Path) -> Settings:
    """Read a study's settings and check all of them, and that its files exist.

    Parameters
    ----------
    path : str or Path
        The study's folder, or its study.toml.

    Returns
    -------
    Settings
        One attribute a section: `region`, `inputs`, `weather`, `weather_places`, `grid`, `plume`,
        `exposure`, `park` and `siting`.

    Raises
    ------
    SettingsError
        With every fault: the key, its value, what is allowed. Broken TOML: line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "study.toml").write_text('''
    ... [region]
    ... name = "Example"
    ... boundary = "boundary.geojson"
    ... [inputs]
    ... weather = "weather.csv"
    ... towns = "towns.csv"
    ... ''')
    >>> for name in ("boundary.geojson", "weather.csv", "towns.csv"):
    ...     (folder / name).touch()
    >>> read_settings(folder).grid.cell_m
    500.0
    """
    file = Path(path)
    if file.is_dir():
        file = file / STUDY_FILE
    data = read_toml(file)
    faults: list[str] = []
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        faults += [sentence(fault, Settings) for fault in error.errors()]
    faults += _limit_faults(data, file.parent)
    faults += _file_faults(data, file.parent)
    faults += _method_faults(data)
    if faults or settings is None:
        raise SettingsError(str(file), faults)
    settings._file = file
    return settings


def limit_sets() -> list[str]:
    """The sets of limits that come with the package."""
    from importlib.resources import files

    folder = files("geocluster").joinpath("exposure", "limits")
    if not folder.is_dir():
        return []
    return sorted(
        item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")
    )


def _limit_faults(data: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Sets of limits that neither the package nor the study's folder has."""
    exposure = data.get("exposure")
    given = exposure.get("limits", []) if isinstance(exposure, Mapping) else []
    known = limit_sets()
    for name in given if isinstance(given, list) else [given]:
        if not isinstance(name, str) or name in known or os.path.isfile(folder / name):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'? " if near else ""
        yield (
            f"[exposure] limits = {name!r}: unknown set of limits; {hint}"
            f"known are {', '.join(known)}, or a file of the same form beside study.toml"
        )


def _method_faults(data: Mapping[str, Any]) -> Iterator[str]:
    plume, inputs = data.get("plume"), data.get("inputs")
    if not (isinstance(plume, Mapping) and isinstance(inputs, Mapping)):
        return
    if plume.get("method") != "tables":
        return
    for section, key, what in ((inputs, "dem", "terrain"), (plume, "deposition", "deposition")):
        if section.get(key):
            yield f"[plume] method = 'tables' knows no {what}: write 'hourly' or leave out {key}"


def _file_faults(data: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for keys, value, is_input in _paths(data):
        where = f"{place_of(keys)} = {masked(repr(value))}"
        target = folder / value
        if is_database(value):
            told = f"{place_of(keys)} = 'postgresql://...'"  # nothing of it, it may be a password
            faults = address_faults(keys if is_input else (), value)
            yield from (f"{told}: {fault}" for fault in faults)
        elif "://" in value:
            yield f"{where} is an address: download the file into the study's folder"
        elif os.path.isdir(target):  # false where Path would raise: a name too long
            yield f"{where} is a folder: name the file in it"
        elif any(ord(letter) < 32 for letter in value):
            yield f"{where} holds a control character: write paths with / instead of \\"
        elif not os.path.isfile(target):
            near = [p.name for p in target.parent.glob("*")] if target.parent.is_dir() else []
            hint = difflib.get_close_matches(target.name, near, n=1, cutoff=0.7)
            yield f"{where}: there is no such file" + (f"; there is {hint[0]}" if hint else "")


def _paths(data: Mapping[str, Any]) -> Iterator[tuple[tuple[object, ...], str, bool]]:
    """The keys of every file that the settings name, its path, and whether it is the input itself.

    What is not is a file beside the input, such as a census beside districts.
    """
    keys = {
        "region": ("boundary",),
        "inputs": tuple(InputSettings.model_fields),
        "siting": ("rules", "proposed"),
    }
    tables: list[tuple[tuple[object, ...], Any, tuple[str, ...]]] = [
        ((section,), data.get(section), names) for section, names in keys.items()
    ]
    places = data.get("weather_places")
    for number, place in enumerate(places if isinstance(places, list) else ()):
        tables.append((("weather_places", number), place, ("file", "area")))
    for head, table, names in tables:
        for name in names if isinstance(table, Mapping) else ():
            values = table.get(name, ())
            if name in ("dem", "land_cover") and isinstance(values, Mapping):
                if isinstance(values.get("codes"), str) and values["codes"]:
                    yield (*head, name), values["codes"], False
                values = values.get("path", ())  # which may be a list
            for value in values if isinstance(values, list) else [values]:
                inner = value if isinstance(value, Mapping) else {"path": value}
                census = inner.get("census")
                counted = census.get("path") if isinstance(census, Mapping) else None
                over = inner.get("spread_over")
                areas = None if over == OSM else over
                path = inner.get("path")
                for number, file in enumerate((path, inner.get("emissions"), counted, areas)):
                    if isinstance(file, str) and file:
                        yield (*head, name), file, number == 0
