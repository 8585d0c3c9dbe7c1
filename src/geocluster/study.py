"""A study: a folder with study.toml and its inputs, read into the tables that flow."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geocluster.elevation import standing_on, terrain_of, with_ground
from geocluster.errors import (
    GeoclusterWarning,
    SettingsError,
    TableError,
    own_messages,
    recorded,
    tell_again,
)
from geocluster.inputs import (
    areas_drawn_not_valid,
    border_of,
    growth_of,
    hashes_of,
    homes_of,
    land_cover_of,
    land_of,
    osm_tables,
    path_or_none,
    places_of,
    prices_of,
    proposed_of,
    region_of,
    sources_of,
    table1_of,
    weathers_of,
    zones_of,
)
from geocluster.load.database import readings
from geocluster.load.settings_weather import DEFAULT_PLACE
from geocluster.validity import areas_not_valid, areas_of, weather_at

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.load.database import Reading
    from geocluster.load.roads import RoadGraph
    from geocluster.load.settings import ParkSettings, Settings
    from geocluster.region import Region


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
        Of [inputs]; the default where there are several.
    rules : DataFrame
        The exclusion rules of siting.
    settings : Settings
    table1 : DataFrame or None
        An inventory shown beside the results, never modelled.
    warnings : tuple of str
        What was mended on the way in, with counts.
    inputs : dict
        File to SHA-256; table or query of a database to that of the rows that were read.
    weathers : dict of str to xarray.Dataset
        Place to its weather: ``"default"``, and each of [[weather_places]]. Where there are any,
        `sources` name their own in the column `weather`.
    weather_areas : GeoDataFrame or None
        Where the weathers beside the default hold, see `geocluster.validity.areas_of`.
    terrain : xarray.DataArray or None
        Elevation of the ground in cells of the grid; the sources then have `ground_m`. [m]
    databases : tuple of Reading
        What was read of databases: address without password, table or query, rows, SHA-256.
    border, prices : GeoDataFrame or None
        Lines of the state border; polygons with `price_per_ha`.
    growth : GeoDataFrame or None
        Cells with the people or built-up land that are expected to be added.
    proposed : GeoDataFrame or None
        Sites that study.toml proposes: polygons, or points with `area_ha`. [ha]
    land_cover : xarray.DataArray or None
        Shares of each cell of the grid by kind, see `geocluster.load.land_cover`.
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
    weathers: dict[str, xr.Dataset] = field(default_factory=dict)
    weather_areas: gpd.GeoDataFrame | None = None
    terrain: xr.DataArray | None = None
    databases: tuple[Reading, ...] = ()
    border: gpd.GeoDataFrame | None = None
    prices: gpd.GeoDataFrame | None = None
    growth: gpd.GeoDataFrame | None = None
    proposed: gpd.GeoDataFrame | None = None
    land_cover: xr.DataArray | None = None

    def grid(self) -> xr.DataArray:
        """The study's grid; with the coordinate `ground_m` where the study has terrain."""
        return with_ground(self.region.grid(self.settings.grid.cell_m), self.terrain)

    @property
    def park(self) -> ParkSettings:
        """The planned park: its area, protection zone and releases."""
        return self.settings.park

    @cached_property
    def roads(self) -> RoadGraph | None:
        """The roads of `land` as a graph of minutes, made when first asked for; None without."""
        from geocluster.load.roads import road_graph

        if not (self.land["kind"] == "road").any():
            return None
        return road_graph(self.land, speeds=self.settings.siting.road_speeds)

    @property
    def own_weather(self) -> xr.Dataset | dict[str, xr.Dataset]:
        """The weather as `geocluster.concentration` takes it: one, or by place where several."""
        return self.weathers if len(self.weathers) > 1 else self.weather

    @property
    def used_weathers(self) -> dict[str, xr.Dataset]:
        """The weathers that a source disperses in, by place."""
        if "weather" not in self.sources or len(self.weathers) < 2:
            return {DEFAULT_PLACE: self.weather}
        used = set(self.sources["weather"])
        return {name: weather for name, weather in self.weathers.items() if name in used}

    def weather_of(self, grid: xr.DataArray) -> xr.DataArray | None:
        """Whose weather holds at each cell of a grid, (y, x) of names; None for one weather."""
        if self.weather_areas is None or self.weather_areas.empty:
            return None
        x, y = np.meshgrid(grid["x"].values, grid["y"].values)
        return grid.copy(data=weather_at(x, y, self.weather_areas, DEFAULT_PLACE))

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each criterion that the tables give; negative where less is better.

        Those that need more than the tables, such as terrain or the park's emissions, are in a
        run, and in `grouped_weights` of sites that were described with them.

        Raises
        ------
        SettingsError
            Where the weights come from the sites themselves (entropy, CRITIC).
        """
        import pandas as pd

        from geocluster.siting.criteria import CRITERIA
        from geocluster.siting.judging import judging_of

        siting = self.settings.siting
        if siting.weighed_by in ("entropy", "critic"):
            told = f"[siting] weighting = {siting.weighed_by!r}: ask for them from the sites"
            raise SettingsError("study.toml", f"{told}, gc.{siting.weighed_by}_weights(sites, ...)")
        known = [item.column for item in CRITERIA if item.from_tables(self.land)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GeoclusterWarning)
            return judging_of(siting, pd.DataFrame(1.0, index=[0], columns=known)).weights

    def inventory(self) -> list[str]:
        """What was read, a line a table."""
        people = self.homes["people"].sum()
        return [
            f"region   {self.region.name}, {self.region.boundary.area / 1e6:,.0f} km2",
            f"sources  {len(self.sources)}",
            f"homes    {len(self.homes)} areas, {people:,.0f} people",
            f"places   {len(self.places)}",
            f"land     {len(self.land)}",
            *self._weather_lines(),
            *_terrain_line(self.terrain),
        ]

    def _weather_lines(self) -> list[str]:
        if len(self.weathers) < 2:
            return [f"weather  {hours_in_words(self.weather)}"]
        own = self.sources["weather"].tolist()
        return [
            f"weather  {name}: {hours_in_words(weather)}, {sources_in_words(own.count(name))}"
            for name, weather in self.weathers.items()
        ]


def sources_in_words(number: int) -> str:
    """How many sources there are.

    Examples
    --------
    >>> sources_in_words(1), sources_in_words(0)
    ('1 source', '0 sources')
    """
    return f"{number} source{'s' * (number != 1)}"


def hours_in_words(weather: xr.Dataset) -> str:
    """How much there is in a weather.

    Examples
    --------
    >>> import xarray as xr
    >>> hours_in_words(xr.Dataset({"wind_speed_m_s": ("hour", [1.0, 2.0])}))
    '2 classes of a wind rose'
    """
    kind = "hours" if "time" in weather.coords else "classes of a wind rose"
    return f"{int(weather.sizes['hour'])} {kind}"


def _terrain_line(terrain: xr.DataArray | None) -> list[str]:
    if terrain is None:
        return []
    low, high = terrain.attrs["lowest_m"], terrain.attrs["highest_m"]
    return [f"terrain  {low:,.0f} to {high:,.0f} m, pixels of {terrain.attrs['pixel_m']:.3g} m"]


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
    with recorded() as caught, readings() as databases:
        study = _read(Path(path))
    tell_again(caught)
    hashes = {f"{one.database}, {one.what}": one.sha256 for one in databases}
    return replace(
        study,
        warnings=tuple(own_messages(caught)),
        inputs={**study.inputs, **hashes},
        databases=tuple(databases),
    )


def _read(path: Path) -> Study:
    from geocluster.exposure.residents import told_inside
    from geocluster.industry.auer import built_up_areas, urban_by_auer
    from geocluster.load.settings import read_settings
    from geocluster.region import check_cells
    from geocluster.siting.judging import check_judging
    from geocluster.siting.rules import read_rules

    settings = read_settings(path)
    check_judging(settings.siting)
    region = region_of(settings)
    check_cells(region, settings.grid.cell_m)
    osm = osm_tables(settings, region)
    rules = read_rules(
        path_or_none(settings, settings.siting.rules),
        protection_zone_m=settings.park.protection_zone_m,
        accident_class=settings.park.accident_class,
    )
    tables = {
        "sources": sources_of(settings, region, osm),
        "homes": told_inside(homes_of(settings, region, osm), region),
        "places": places_of(settings, region, osm),
        "land": land_of(settings, region, osm),
        "zones": zones_of(settings, region),
    }
    if settings.plume.urban == "auer":
        built_up = built_up_areas(tables["land"], tables["homes"])
        if "urban" in tables["sources"]:
            told = "[plume] urban = 'auer': the column 'urban' of the sources is not used"
            warnings.warn(told, GeoclusterWarning, stacklevel=2)
        tables["sources"] = urban_by_auer(tables["sources"], built_up)
    drawn = areas_drawn_not_valid(settings, region)
    weathers = weathers_of(settings)
    weather = weathers[DEFAULT_PLACE]
    areas = areas_of(settings, region, weathers)
    if len(areas):
        tables["sources"] = with_own_weather(tables["sources"], areas, list(weathers))
    terrain = terrain_of(settings, region, tables["sources"])
    tables["sources"] = standing_on(tables["sources"], terrain)
    return Study(
        folder=settings.folder,
        settings=settings,
        region=region,
        **tables,
        not_valid=areas_not_valid(region, weather, settings.weather, drawn, areas),
        weather=weather,
        rules=rules,
        table1=table1_of(settings),
        warnings=(),
        inputs=hashes_of(settings),
        weathers=weathers,
        weather_areas=areas,
        terrain=terrain,
        databases=(),
        border=border_of(settings, region),
        prices=prices_of(settings, region),
        growth=growth_of(settings, region),
        proposed=proposed_of(settings, region),
        land_cover=land_cover_of(settings, region),
    )


def with_own_weather(
    sources: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, names: list[str]
) -> gpd.GeoDataFrame:
    """The sources with the name of their weather: what the table says, else by where they stand.

    Raises
    ------
    TableError
        Where the table names a weather that the study does not have.
    """
    from geocluster.plume.weathers import column_faults

    points = sources.geometry.centroid
    found = weather_at(points.x.to_numpy(), points.y.to_numpy(), areas, DEFAULT_PLACE)
    if "weather" in sources:
        given = sources["weather"].astype(object)
        found = given.where(given.notna(), found).to_numpy()
    placed = sources.assign(weather=found)
    faults = column_faults(placed, names)
    if faults:
        raise TableError("[[weather_places]]", faults)
    return placed
