"""A study: a folder with study.toml and its inputs, read into the tables that flow."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import GeoclusterWarning, own_messages, recorded, tell_again
from geocluster.inputs import (
    areas_drawn_not_valid,
    hashes_of,
    homes_of,
    land_of,
    osm_tables,
    path_or_none,
    places_of,
    region_of,
    sources_of,
    table1_of,
    weather_of,
    zones_of,
)
from geocluster.validity import areas_not_valid

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

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
    return replace(study, warnings=tuple(own_messages(caught)))


def _read(path: Path) -> Study:
    from geocluster.exposure.residents import told_inside
    from geocluster.industry.auer import built_up_areas, urban_by_auer
    from geocluster.load.settings import read_settings
    from geocluster.region import check_cells
    from geocluster.siting.rules import read_rules

    settings = read_settings(path)
    region = region_of(settings)
    check_cells(region, settings.grid.cell_m)
    osm = osm_tables(settings, region)
    rules = read_rules(
        path_or_none(settings, settings.siting.rules),
        protection_zone_m=settings.park.protection_zone_m,
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
        tables["sources"] = urban_by_auer(tables["sources"], built_up)
    drawn = areas_drawn_not_valid(settings, region)
    weather = weather_of(settings)
    return Study(
        folder=settings.folder,
        settings=settings,
        region=region,
        **tables,
        not_valid=areas_not_valid(region, weather, settings.weather, drawn),
        weather=weather,
        rules=rules,
        table1=table1_of(settings),
        warnings=(),
        inputs=hashes_of(settings),
    )
