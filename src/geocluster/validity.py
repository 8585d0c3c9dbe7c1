"""Where each weather holds, whose it is at a place, and so where results may be used at all."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError
from geocluster.words import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geocluster.load.settings import Settings
    from geocluster.load.settings_weather import WeatherPlace, WeatherSettings
    from geocluster.region import Region

FAR = marked("more than {1} km from the place of the weather")
FAR_FROM_ALL = marked(
    "more than {1} km from the place of the weather, and in no area of another weather"
)
OVERLAP_M2 = 1.0  # borders drawn twice may cross by this much


def areas_not_valid(
    region: Region,
    weather: xr.Dataset,
    settings: WeatherSettings,
    drawn: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Polygons with the `reason` why results in them are not for decisions.

    Beyond `valid_within_km` of the weather's place, all of a region whose weather is of another
    place, and the polygons drawn by the study itself. The `areas` of other weathers, as `areas_of`
    gives them, are held valid.
    """
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import box

    everything: BaseGeometry = box(*region.boundary.bounds)
    if areas is not None and len(areas):
        everything = everything.difference(areas.union_all())
    far = FAR if areas is None or areas.empty else FAR_FROM_ALL
    place = weather_place(region, weather)
    rows: list[tuple[str, object]] = []
    if not settings.valid:
        rows.append((f"weather of another place. {settings.note}".strip(), everything))
    elif settings.valid_within_km is not None and place is not None:
        near = place.buffer(settings.valid_within_km * 1000, quad_segs=64)
        reason = far.replace("{1}", f"{settings.valid_within_km:g}")
        rows.append((reason, everything.difference(near)))
    table = gpd.GeoDataFrame(rows, columns=["reason", "geometry"], crs=region.crs)
    if len(drawn):
        table = pd.concat([table, drawn[["reason", "geometry"]]], ignore_index=True)
    return table[~table.geometry.is_empty].reset_index(drop=True)


def of_another_place(
    region: Region,
    weather: xr.Dataset,
    settings: WeatherSettings,
    areas: gpd.GeoDataFrame | None = None,
) -> bool:
    """Whether the weather is said to be of another place, or holds nowhere in the region.

    Never where the `areas` of other weathers cover all of the region.
    """
    if areas is not None and len(areas) and areas.union_all().covers(region.boundary):
        return False
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


def areas_of(
    settings: Settings, region: Region, weathers: Mapping[str, xr.Dataset]
) -> gpd.GeoDataFrame:
    """The area of each weather place of a study, in the region's reference system.

    Returns
    -------
    GeoDataFrame
        A polygon a place, in the order of study.toml: `name`, `station_x` and `station_y` [m], NaN
        where the weather does not say where it is of.

    Raises
    ------
    InputError
        Where a circle, or areas that overlap, need a station whose place is not known; all faults
        at once.
    """
    import geopandas as gpd

    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    for number, place in enumerate(settings.weather_places, 1):
        station = weather_place(region, weathers[place.name])
        where = f"[[weather_places]] no. {number} ({place.name})"
        if place.area is None and station is None:
            faults.append(
                f"{where}: within_km needs the station's place, which {place.file} does not name: "
                "give latitude and longitude"
            )
            continue
        x, y = (np.nan, np.nan) if station is None else (station.x, station.y)  # type: ignore[attr-defined]
        shape = _area(settings, region, place, station)
        rows.append({"name": place.name, "station_x": x, "station_y": y, "geometry": shape})
    columns = ["name", "station_x", "station_y", "geometry"]
    areas = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=region.crs)
    faults += _overlap_faults(areas)
    if faults:
        raise InputError(str(settings.file), faults)
    return areas


def _area(
    settings: Settings, region: Region, place: WeatherPlace, station: BaseGeometry | None
) -> BaseGeometry:
    from geocluster.load.vector import read_boundary

    if place.area is None:
        assert station is not None
        assert place.within_km is not None
        return station.buffer(place.within_km * 1000, quad_segs=64)
    polygons = read_boundary(settings.given(place.area), **settings.options(place.area))
    return polygons.to_crs(region.crs).union_all()


def _overlap_faults(areas: gpd.GeoDataFrame) -> list[str]:
    """Areas that overlap where nobody can say which station is nearer."""
    unknown = areas["station_x"].isna().to_numpy()
    shapes, names = areas.geometry.to_numpy(), areas["name"].tolist()
    return [
        f"[[weather_places]]: the areas of {names[a]} and {names[b]} overlap, and the nearer "
        "station counts there: give latitude and longitude of both"
        for a, b in itertools.combinations(range(len(areas)), 2)
        if (unknown[a] or unknown[b]) and shapes[a].intersection(shapes[b]).area > OVERLAP_M2
    ]


def stations_and_areas(
    region: Region, weather: xr.Dataset, areas: gpd.GeoDataFrame | None, default: str
) -> gpd.GeoDataFrame | None:
    """The `areas` with the station of the default weather, which has none; None for one weather."""
    import geopandas as gpd
    import pandas as pd
    from shapely import Polygon

    station = weather_place(region, weather)
    if areas is None or areas.empty or station is None:
        return areas
    x, y = station.x, station.y  # type: ignore[attr-defined]
    row = {"name": [default], "station_x": [x], "station_y": [y]}
    first = gpd.GeoDataFrame(row, geometry=[Polygon()], crs=areas.crs)
    return gpd.GeoDataFrame(pd.concat([first, areas], ignore_index=True), crs=areas.crs)


def weather_at(x: NDArray, y: NDArray, areas: gpd.GeoDataFrame, default: str) -> NDArray:
    """The name of the weather at each place.

    Parameters
    ----------
    x, y : ndarray
        In the reference system of `areas`. [m]
    areas : GeoDataFrame
        See `areas_of`. Where several cover a place, that of the nearest station counts.
    default : str
        The weather where no area is.

    Returns
    -------
    ndarray of str
        Of the shape of `x`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> areas = gpd.GeoDataFrame(
    ...     {"name": ["west", "east"], "station_x": [0.0, 9.0], "station_y": [0.0, 0.0]},
    ...     geometry=[box(-1, -1, 6, 1), box(3, -1, 10, 1)])
    >>> weather_at(np.array([0.0, 4.0, 5.0, 20.0]), np.zeros(4), areas, "default").tolist()
    ['west', 'west', 'east', 'default']
    """
    import shapely

    names = np.full(np.shape(x), default, dtype=object)
    nearest = np.full(np.shape(x), np.inf)
    stations = areas[["station_x", "station_y"]].to_numpy(dtype=float)
    for name, shape, station in zip(
        areas["name"], areas.geometry.to_numpy(), stations, strict=True
    ):
        shapely.prepare(shape)
        inside = shapely.intersects_xy(shape, x, y)
        distance = np.nan_to_num(np.hypot(x - station[0], y - station[1]), nan=np.inf)
        wins = inside & ((names == default) | (distance < nearest))
        names[wins], nearest[wins] = name, distance[wins]
    return names.astype(str)
