"""Where the weather holds, and so where results may be used at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from geocluster.load.settings import WeatherSettings
    from geocluster.region import Region


def areas_not_valid(
    region: Region, weather: xr.Dataset, settings: WeatherSettings, drawn: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Polygons with the `reason` why results in them are not for decisions.

    Beyond `valid_within_km` of the weather's place, all of a region whose weather is of another
    place, and the polygons drawn by the study itself.
    """
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import box

    everything = box(*region.boundary.bounds)
    place = weather_place(region, weather)
    rows: list[tuple[str, object]] = []
    if not settings.valid:
        rows.append((f"weather of another place. {settings.note}".strip(), everything))
    elif settings.valid_within_km is not None and place is not None:
        near = place.buffer(settings.valid_within_km * 1000, quad_segs=64)
        reason = f"more than {settings.valid_within_km:g} km from the place of the weather"
        rows.append((reason, everything.difference(near)))
    table = gpd.GeoDataFrame(rows, columns=["reason", "geometry"], crs=region.crs)
    if len(drawn):
        table = pd.concat([table, drawn[["reason", "geometry"]]], ignore_index=True)
    return table[~table.geometry.is_empty].reset_index(drop=True)


def of_another_place(region: Region, weather: xr.Dataset, settings: WeatherSettings) -> bool:
    """Whether the weather is said to be of another place, or holds nowhere in the region."""
    if not settings.valid:
        return True
    place = weather_place(region, weather)
    if settings.valid_within_km is None or place is None:
        return False
    return bool(region.boundary.distance(place) > settings.valid_within_km * 1000)


def weather_place(region: Region, weather: xr.Dataset) -> BaseGeometry | None:
    """The point the weather belongs to, in the region's reference system; None where not known."""
    import geopandas as gpd

    longitude, latitude = weather.attrs.get("longitude"), weather.attrs.get("latitude")
    if longitude is None or latitude is None:
        return None
    point = gpd.GeoSeries(gpd.points_from_xy([longitude], [latitude]), crs="EPSG:4326")
    return point.to_crs(region.crs).iloc[0]
