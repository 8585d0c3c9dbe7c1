"""The inputs that a study's settings name, each read through its door into one checked table."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError
from geocluster.load.settings_files import InputFile, TableFile
from geocluster.tables import GREENHOUSE_GASES, RANGE_COLUMN, check_table, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.load.osm import OsmTables
    from geocluster.load.settings import Settings
    from geocluster.load.settings_weather import WeatherFile
    from geocluster.region import Region


# A zone competes as a site of the region; its point may lie a little off.
ZONES_M = 5_000.0
BORDER_STEP_DEG = 0.05


def path_or_none(settings: Settings, value: Any) -> Path | None:
    """Where a file named in the settings is, or None where none is."""
    return None if value is None else settings.path(value)


def written(value: str | TableFile) -> str:
    """The path of a file as study.toml has it; what is read of a database."""
    if isinstance(value, InputFile) and value.database is not None:
        return str(value.stored())
    return value if isinstance(value, str) else value.path


def region_of(settings: Settings) -> Region:
    """The region, in the CRS that the study asks for or that its boundary suggests."""
    from geocluster.load.vector import read_boundary
    from geocluster.region import Region

    given = settings.region
    boundary = read_boundary(settings.given(given.boundary), **settings.options(given.boundary))
    if given.crs is None:
        return Region.from_boundary(given.name, boundary)
    return Region(given.name, boundary.to_crs(given.crs).union_all(), given.crs)


def osm_tables(settings: Settings, region: Region) -> OsmTables | None:
    """What the study's OpenStreetMap extract holds; None without one."""
    from geocluster.load.osm import read_osm

    path = path_or_none(settings, settings.inputs.osm)
    if path is None:
        return None
    return read_osm(path, region, tags=path_or_none(settings, settings.inputs.osm_tags))


def sources_of(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    """Reported sources, plants with an activity, and industrial areas of OpenStreetMap."""
    from geocluster.industry.emissions import emissions_from_activity, emissions_from_area
    from geocluster.industry.land_use import emitting_areas
    from geocluster.load.opening import read_table
    from geocluster.load.placing import place_in_region
    from geocluster.load.sources import read_sources

    inputs = settings.inputs
    factors = path_or_none(settings, inputs.factors)
    tables = []
    if inputs.sources is not None:
        tables.append(
            read_sources(
                settings.given(inputs.sources),
                region,
                reach_m=settings.plume.reach_m,
                **settings.options(inputs.sources),
            )
        )
    if inputs.plants is not None:
        table = read_table(settings.path(inputs.plants), **settings.options(inputs.plants))
        plants = emissions_from_activity(table, factors)
        tables.append(
            place_in_region(
                plants,
                region,
                written(inputs.plants),
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


def homes_of(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    """People: a raster before homes, homes before towns; people across the border always count."""
    from geocluster.exposure.dasymetric import people_to_areas
    from geocluster.exposure.residents import spread_towns
    from geocluster.load.raster import read_population
    from geocluster.load.towns import near_region, read_totals, read_towns
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
        homes = read_homes(
            settings.given(inputs.homes), region, reach_m=reach_m, **settings.options(inputs.homes)
        )
        return _spread(homes, settings, region, osm)
    if inputs.towns is None:
        raise InputError(str(settings.file), "nobody lives here: give homes, towns or population")
    given = written(inputs.towns)
    towns = read_towns(settings.path(inputs.towns), **settings.options(inputs.towns))
    towns = near_region(towns, region, given, reach_m=reach_m)
    if not towns["people"].sum() > 0:
        raise InputError(given, "nobody lives in these towns: give a town with people")
    total = None
    if inputs.totals is not None:
        totals = read_totals(settings.path(inputs.totals), **settings.options(inputs.totals))
        total = float(totals["people"].sum())
    if osm is not None and len(osm.homes):
        homes = people_to_areas(osm.homes, towns, total_people=total)
        return homes.assign(origin=homes["origin"] + ": towns of the list over OpenStreetMap areas")
    plain = None
    if inputs.plain is not None:
        plain = read_vector(settings.given(inputs.plain), **settings.options(inputs.plain))
    return spread_towns(towns, region, plain=plain, total_people=total)


def _spread(
    homes: gpd.GeoDataFrame, settings: Settings, region: Region, osm: OsmTables | None
) -> gpd.GeoDataFrame:
    """Homes as they are, or over the areas in them that the settings name.

    Where in its district somebody lives, a census alone does not tell: `located` is False.
    """
    from geocluster.exposure.districts import districts_to_areas
    from geocluster.load.osm import MARGIN_M
    from geocluster.load.vector import read_vector

    file = settings.homes_spread_over_file()
    if file is not None:
        areas = read_vector(settings.path(file)).to_crs(region.crs)
        return districts_to_areas(homes, areas)
    if getattr(settings.inputs.homes, "spread_over", None) is None or osm is None:
        counted = getattr(settings.inputs.homes, "census", None) is not None
        return homes.assign(district=homes["name"], located=False) if counted else homes
    # An extract is read no farther than this: a district beyond it has areas that are not there.
    known = region.boundary.buffer(MARGIN_M)
    return districts_to_areas(homes, osm.homes, known=known)


def places_of(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    """Schools, kindergartens, hospitals and named settlements."""
    from geocluster.load.vector import read_places

    given = settings.inputs.places
    tables = [] if osm is None else [osm.places]
    if given is not None:
        tables.append(read_places(settings.given(given), region, **settings.options(given)))
    return _stacked(tables, region, ["kind", "name"])


def land_of(settings: Settings, region: Region, osm: OsmTables | None) -> gpd.GeoDataFrame:
    """Roads, water, protected areas and the like."""
    from geocluster.load.vector import read_land

    tables = [] if osm is None else [osm.land]
    for given in settings.inputs.land:
        tables.append(read_land(settings.given(given), region, **settings.options(given)))
    return _stacked(tables, region, ["kind", "name", "origin"])


def land_cover_of(settings: Settings, region: Region) -> xr.DataArray | None:
    """The study's land cover as shares of kinds in each cell of its grid; None without one."""
    from geocluster.load.land_cover import read_land_cover

    given = settings.inputs.land_cover
    if given is None:
        return None
    files = [settings.path(one) for one in given.path]
    cell_m = settings.grid.cell_m
    return read_land_cover(files, region, cell_m=cell_m, **settings.options(given))


def zones_of(settings: Settings, region: Region) -> gpd.GeoDataFrame:
    """Existing industrial zones: points with the area and the error of their place."""
    from geocluster.load.placing import place_in_region
    from geocluster.load.vector import read_vector

    if settings.inputs.zones is None:
        return _stacked([], region, ["name", "area_ha", "coord_err_m"])
    given = settings.inputs.zones
    zones = read_vector(settings.given(given), **settings.options(given))
    check_table(zones, "zones", written(given))
    return place_in_region(zones, region, written(given), things="zones", reach_m=ZONES_M)


def proposed_of(settings: Settings, region: Region) -> gpd.GeoDataFrame | None:
    """The sites that study.toml proposes; None without any."""
    from geocluster.load.proposed import read_proposed

    given = settings.siting.proposed
    if given is None:
        return None
    return read_proposed(settings.given(given), region, **settings.options(given))


def areas_drawn_not_valid(settings: Settings, region: Region) -> gpd.GeoDataFrame:
    """Polygons with the `reason` why results do not hold in them."""
    from geocluster.load.vector import read_vector

    given = settings.inputs.not_valid
    if given is None:
        return _stacked([], region, ["reason"])
    table = read_vector(settings.given(given), **settings.options(given))
    if "reason" not in table:
        raise InputError(
            str(settings.given(given)), "column 'reason' is missing: say why results do not hold"
        )
    return table.to_crs(region.crs)


def border_of(settings: Settings, region: Region) -> gpd.GeoDataFrame | None:
    """Lines of the state border; polygons of countries count by their outline."""
    from geocluster.load.vector import read_vector

    given = settings.inputs.border
    if given is None:
        return None
    table = read_vector(settings.given(given), **settings.options(given))
    areas = table.geom_type.isin(["Polygon", "MultiPolygon"])
    lines = table.geometry.where(~areas, table.geometry.boundary)
    if table.crs is not None and table.crs.is_geographic:
        # A long straight line in degrees, such as a parallel, is none on the ground.
        lines = lines.segmentize(BORDER_STEP_DEG)
    return table.set_geometry(lines).to_crs(region.crs)


def growth_of(settings: Settings, region: Region) -> gpd.GeoDataFrame | None:
    """What is expected to be added to people or built-up land; None where nothing is given."""
    from geocluster.load.growth import read_growth

    given = settings.inputs.growth
    if given is None:
        return None
    options = settings.options(given)
    return read_growth(settings.path(given), region, settings.grid.cell_m, **options)


def prices_of(settings: Settings, region: Region) -> gpd.GeoDataFrame | None:
    """Polygons with the price of land; optional `currency` and `type`."""
    from geocluster.load.vector import read_vector

    given = settings.inputs.land_prices
    if given is None:
        return None
    table = read_vector(settings.given(given), **settings.options(given))
    check_table(table, "land_prices", written(given))
    if not table.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        raise InputError(written(given), "prices need polygons: a point or line has no area")
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


def weathers_of(settings: Settings) -> dict[str, xr.Dataset]:
    """The weather of each place by name, the default first; every file at fault is told at once."""
    from geocluster.load.settings_weather import DEFAULT_PLACE

    given: dict[str, tuple[str, WeatherFile]] = {
        DEFAULT_PLACE: (settings.inputs.weather, settings.weather),
        **{place.name: (place.file, place) for place in settings.weather_places},
    }
    weathers, errors = {}, []
    for name, (file, section) in given.items():
        try:
            weathers[name] = _weather_of(settings.path(file), section)
        except InputError as error:
            errors.append(error)
    if len(errors) > 1:
        faults = [f"{error.where}: {fault}" for error in errors for fault in error.faults]
        raise InputError(str(settings.file), faults)
    if errors:
        raise errors[0]
    return weathers


def _weather_of(path: Path, given: WeatherFile) -> xr.Dataset:
    """One weather, read as the settings say."""
    from geocluster.load.weather import read_weather

    # The region's own time zone is no guide: the weather may be of another place.
    return read_weather(path, **given.reading())


def table1_of(settings: Settings) -> pd.DataFrame | None:
    """The inventory shown beside the results, checked; None without one."""
    from geocluster.industry.reconciliation import check_inventory
    from geocluster.load.opening import read_table

    given = settings.inputs.table1
    if given is None:
        return None
    table = read_table(settings.path(given), **settings.options(given))
    check_inventory(table, settings.region.name, written(given))
    return table


def hashes_of(settings: Settings) -> dict[str, str]:
    """Every file that was read, relative to the study's folder, and its SHA-256."""
    return {os.path.relpath(path, settings.folder): _hash(path) for path in settings.files()}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
