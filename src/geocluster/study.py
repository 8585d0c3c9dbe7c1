"""A study: a folder with study.toml and its inputs, read into the tables that flow."""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import GeoclusterWarning, InputError, recorded, tell_again
from geocluster.tables import GREENHOUSE_GASES, RANGE_COLUMN, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.load.osm import OsmTables
    from geocluster.load.settings import ParkSettings, Settings
    from geocluster.region import Region

# A zone competes as a site of the region; its point may lie a little off.
ZONES_M = 5_000.0


@dataclass(frozen=True)
class Study:
    """Everything that a study folder holds, checked, in the region's reference system.

    Attributes
    ----------
    region : Region
    sources, homes, places, land, zones, not_valid : GeoDataFrame
        `zones` are existing industrial zones (points); `not_valid` are polygons with a `reason`
        where results are not for decisions.
    weather : xarray.Dataset
    rules : DataFrame
        The exclusion rules of siting.
    settings : Settings
    table1 : DataFrame or None
        An inventory shown beside the results, never modelled.
    warnings : tuple of str
        What was mended on the way in, with counts.
    inputs : dict
        File to SHA-256.
    """

    folder: Path
    settings: Settings
    region: Region
    sources: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    not_valid: gpd.GeoDataFrame
    weather: xr.Dataset
    rules: pd.DataFrame
    table1: pd.DataFrame | None
    warnings: tuple[str, ...]
    inputs: dict[str, str]

    @property
    def park(self) -> ParkSettings:
        """The planned park: its area, protection zone and releases."""
        return self.settings.park

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each criterion whose data this study has; negative where less is better."""
        import pandas as pd

        from geocluster.siting.criteria import CRITERIA, grouped_weights

        kinds = set(self.land["kind"])
        known = [c.column for c in CRITERIA if not c.needs or kinds & set(c.needs.split())]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GeoclusterWarning)
            return grouped_weights(
                self.settings.siting.weights, pd.DataFrame(1.0, index=[0], columns=known)
            )

    def inventory(self) -> list[str]:
        """What was read, a line a table."""
        hours = int(self.weather.sizes["hour"])
        kind = "hours" if "time" in self.weather.coords else "classes of a wind rose"
        people = self.homes["people"].sum()
        return [
            f"region   {self.region.name}, {self.region.boundary.area / 1e6:,.0f} km2",
            f"sources  {len(self.sources)}",
            f"homes    {len(self.homes)} areas, {people:,.0f} people",
            f"places   {len(self.places)}",
            f"land     {len(self.land)}",
            f"weather  {hours} {kind}",
        ]


def read_study(path: str | Path) -> Study:
    """Read a study folder: settings, region and every table, checked.

    Parameters
    ----------
    path : str or Path
        The folder, or the study.toml in it.

    Returns
    -------
    Study
        Tables in the region's reference system.

    Raises
    ------
    InputError
        With every fault of the file that cannot be used.

    Warns
    -----
    MendedWarning
        Each thing mended without guessing, with its count; also kept in `Study.warnings`.

    Examples
    --------
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     study = read_study("data/regions/andijan")
    >>> study.region.name
    'Andijan region'
    """
    with recorded() as caught:
        study = _read(Path(path))
    tell_again(caught)
    return replace(study, warnings=tuple(dict.fromkeys(str(w.message) for w in caught if _ours(w))))


def _ours(message: warnings.WarningMessage) -> bool:
    return issubclass(message.category, GeoclusterWarning)


def _read(path: Path) -> Study:
    from geocluster.exposure.residents import told_inside
    from geocluster.load.settings import read_settings
    from geocluster.region import check_cells
    from geocluster.siting.rules import read_rules

    settings = read_settings(path)
    region = _region(settings)
    check_cells(region, settings.grid.cell_m)
    osm = _osm(settings, region)
    rules = read_rules(
        _path_or_none(settings, settings.siting.rules),
        protection_zone_m=settings.park.protection_zone_m,
    )
    return Study(
        folder=settings.folder,
        settings=settings,
        region=region,
        sources=_sources(settings, region, osm),
        homes=told_inside(_homes(settings, region, osm), region),
        places=_places(settings, region, osm),
        land=_land(settings, region, osm),
        zones=_zones(settings, region),
        not_valid=_not_valid(settings, region),
        weather=_weather(settings, region),
        rules=rules,
        table1=_table1(settings),
        warnings=(),
        inputs=_hashes(settings),
    )


def _path_or_none(settings: Settings, value: Any) -> Path | None:
    return None if value is None else settings.path(value)


def _region(settings: Settings) -> Region:
    from geocluster.load.vector import read_boundary
    from geocluster.region import Region

    given = settings.region
    boundary = read_boundary(settings.path(given.boundary), **settings.options(given.boundary))
    if given.crs is None:
        return Region.from_boundary(given.name, boundary)
    return Region(given.name, boundary.to_crs(given.crs).union_all(), given.crs)


def _osm(settings: Settings, region: Region) -> OsmTables | None:
    from geocluster.load.osm import read_osm

    path = _path_or_none(settings, settings.inputs.osm)
    return None if path is None else read_osm(path, region)


def _sources(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    """Reported sources, plants with an activity, and industrial areas of OpenStreetMap."""
    from geocluster.industry.emissions import emissions_from_activity, emissions_from_area
    from geocluster.industry.land_use import emitting_areas
    from geocluster.load.delimited import read_csv
    from geocluster.load.placing import place_in_region
    from geocluster.load.vector import read_sources

    inputs = settings.inputs
    factors = _path_or_none(settings, inputs.factors)
    tables = []
    if inputs.sources is not None:
        tables.append(
            read_sources(
                settings.path(inputs.sources),
                region,
                reach_m=settings.plume.reach_m,
                **settings.options(inputs.sources),
            )
        )
    if inputs.plants is not None:
        plants = emissions_from_activity(read_csv(settings.path(inputs.plants)), factors)
        tables.append(
            place_in_region(
                plants,
                region,
                inputs.plants,
                things="plants",
                reach_m=settings.plume.reach_m,
                count_outside=True,
            )
        )
    if osm is not None and not tables:
        areas = emitting_areas(osm.sources)
        tables.append(emissions_from_area(areas, factors).to_crs(region.crs))
    if not sum(len(table) for table in tables):
        raise InputError(
            settings.region.name,
            "no source is left: give [inputs] sources, plants, or an osm extract with industry",
        )
    joined = _joined(tables)
    if set(pollutants_of(joined)) <= set(GREENHOUSE_GASES):
        raise InputError(
            settings.region.name,
            "its sources emit greenhouse gases alone, which are never dispersed: add another "
            "emission_<pollutant>_g_s",
        )
    return joined


def _joined(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Tables of sources as one; a pollutant that a table does not know counts as 0 there."""
    import pandas as pd

    joined = pd.concat(tables, ignore_index=True)
    for column in joined.columns:
        if column.startswith("emission_") and column.endswith("_g_s"):
            joined[column] = joined[column].fillna(0.0)
        elif match := RANGE_COLUMN.match(str(column)):
            joined[column] = joined[column].fillna(joined[f"emission_{match.group(2)}_g_s"])
    return joined


def _homes(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    """People: a raster before homes, homes before towns; people across the border always count."""
    from geocluster.exposure.dasymetric import people_to_areas
    from geocluster.exposure.residents import spread_towns
    from geocluster.load.delimited import read_totals
    from geocluster.load.raster import read_population
    from geocluster.load.towns import near_region, read_towns
    from geocluster.load.vector import read_homes, read_vector

    inputs, reach_m = settings.inputs, settings.plume.reach_m
    if inputs.population is not None:
        return read_population(
            settings.path(inputs.population),
            region,
            settings.grid.cell_m,
            reach_m=reach_m,
            **settings.options(inputs.population),
        )
    if inputs.homes is not None:
        return read_homes(
            settings.path(inputs.homes), region, reach_m=reach_m, **settings.options(inputs.homes)
        )
    if inputs.towns is None:
        raise InputError(str(settings.file), "nobody lives here: give homes, towns or population")
    towns = near_region(
        read_towns(settings.path(inputs.towns)), region, inputs.towns, reach_m=reach_m
    )
    if not towns["people"].sum() > 0:
        raise InputError(inputs.towns, "nobody lives in these towns: give a town with people")
    total = None
    if inputs.totals is not None:
        total = float(read_totals(settings.path(inputs.totals))["people"].sum())
    if osm is not None and len(osm.homes):
        return people_to_areas(osm.homes, towns, total_people=total)
    plain = None
    if inputs.plain is not None:
        plain = read_vector(settings.path(inputs.plain), **settings.options(inputs.plain))
    return spread_towns(towns, region, plain=plain, total_people=total)


def _places(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    from geocluster.load.vector import read_places

    given = settings.inputs.places
    tables = [] if osm is None else [osm.places]
    if given is not None:
        tables.append(read_places(settings.path(given), region, **settings.options(given)))
    return _stacked(tables, region, ["kind", "name"])


def _land(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    from geocluster.load.vector import read_land

    tables = [] if osm is None else [osm.land]
    for given in settings.inputs.land:
        tables.append(read_land(settings.path(given), region, **settings.options(given)))
    return _stacked(tables, region, ["kind", "name", "origin"])


def _zones(settings: Settings, region: Region) -> gpd.GeoDataFrame:
    """Existing industrial zones: points with the area and the error of their place."""
    from geocluster.load.placing import place_in_region
    from geocluster.load.vector import read_vector

    if settings.inputs.zones is None:
        return _stacked([], region, ["name", "area_ha", "coord_err_m"])
    zones = read_vector(settings.path(settings.inputs.zones))
    return place_in_region(zones, region, settings.inputs.zones, things="zones", reach_m=ZONES_M)


def _not_valid(settings: Settings, region: Region) -> gpd.GeoDataFrame:
    from geocluster.load.vector import read_vector

    given = settings.inputs.not_valid
    if given is None:
        return _stacked([], region, ["reason"])
    table = read_vector(settings.path(given), **settings.options(given))
    if "reason" not in table:
        raise InputError(
            str(settings.path(given)), "column 'reason' is missing: say why results do not hold"
        )
    return table.to_crs(region.crs)


def _stacked(
    tables: list[gpd.GeoDataFrame], region: Region, columns: list[str]
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    full = [table for table in tables if len(table)]
    if not full:
        return gpd.GeoDataFrame(
            {name: pd.Series(dtype=object) for name in columns}, geometry=[], crs=region.crs
        )
    return gpd.GeoDataFrame(pd.concat(full, ignore_index=True), crs=region.crs)


def _weather(settings: Settings, region: Region) -> xr.Dataset:
    from geocluster.load.weather import read_weather

    given = settings.weather
    # The region's own time zone is no guide: the weather may be of another place.
    return read_weather(
        settings.path(settings.inputs.weather),
        latitude=given.latitude,
        longitude=given.longitude,
        time_zone=given.time_zone,
        anemometer_height_m=given.anemometer_height_m,
        mixing_height_m=given.mixing_height_m,
    )


def _table1(settings: Settings) -> pd.DataFrame | None:
    from geocluster.industry.reconciliation import check_inventory
    from geocluster.load.delimited import read_csv

    given = settings.inputs.table1
    if given is None:
        return None
    table = read_csv(settings.path(given))
    check_inventory(table, settings.region.name, given)
    return table


def _hashes(settings: Settings) -> dict[str, str]:
    """Every file that was read, relative to the study's folder, and its SHA-256."""
    return {
        os.path.relpath(path, settings.folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in settings.files()
    }
