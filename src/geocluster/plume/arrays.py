"""From tables and xarray to the plain arrays that the kernel reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.plume import columns
from geocluster.plume.flares import flares_as_stacks
from geocluster.plume.options import PlumeOptions
from geocluster.plume.terrain import GROUND, ground_of_points
from geocluster.tables import (
    GREENHOUSE_GASES,
    check_table,
    check_weather,
    pollutants_of,
    rows_in_words,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

    from geocluster.plume.areas import Areas

AREA_TYPES = ("area", "line")
SURFACE_LAYER = ("friction_velocity_m_s", "obukhov_length_m")


def frequency_of(weather: xr.Dataset) -> NDArray:
    """The weight of each hour; 1 where the weather has none."""
    if "frequency" in weather:
        return weather["frequency"].values.astype(float)
    return np.ones(weather.sizes["hour"])


def weather_arrays(weather: xr.Dataset) -> dict[str, Any]:
    """The hours that are no calms, as keyword arguments of `geocluster.plume.kernel.sweep_all`."""
    check_weather(weather)
    speed = weather["wind_speed_m_s"].values.astype(float)
    stability = weather["stability"].values.astype(float)
    if not np.isin(stability, np.arange(1, 7)).all():
        raise TableError("weather", "'stability' must be whole, 1 to 6 for A to F")
    moving = speed > 0
    if not moving.any():
        raise TableError("weather", "every hour is a calm: no plume can be calculated")
    weight = frequency_of(weather)[moving]
    parts = [
        speed[moving],
        weather["mixing_height_m"].values[moving],
        weather["temperature_k"].values[moving],
        weight / weight.sum(),
        *(_if_known(weather, name)[moving] for name in SURFACE_LAYER),
    ]
    return {
        "hours": np.column_stack(parts).astype(float),
        "wind_from_deg": weather["wind_from_deg"].values[moving].astype(float) % 360.0,
        "k": stability[moving].astype(np.int64) - 1,
        "anemometer_m": float(weather.attrs.get("anemometer_height_m", 10.0)),
    }


def _if_known(weather: xr.Dataset, name: str) -> NDArray:
    if name in weather:
        return weather[name].values.astype(float)
    return np.full(weather.sizes["hour"], np.nan)


def source_arrays(
    sources: gpd.GeoDataFrame, pollutants: Sequence[str], crs: Any, options: PlumeOptions
) -> tuple[NDArray, NDArray]:
    """The kernel's arrays of stacks, flares as stacks, and volumes from the table.

    Returns
    -------
    table, emissions : ndarray
        (source, column) as `geocluster.plume.columns` numbers them, and (source, pollutant) [g/s].
        Areas and lines keep their row, with an emission of 0 here: `area_source_arrays` has them.
    """
    check_table(sources, "sources", "sources", known_pollutants=False)
    sources = flares_as_stacks(sources)
    types = _column(sources, "source_type", "point")
    if options.urban == "by source" and "urban" not in sources and len(sources):
        raise TableError("sources", "column 'urban' is missing: urban='by source' needs it")
    if sources.crs is not None and crs is not None and sources.crs != crs:
        sources = sources.to_crs(crs)
    table = np.zeros((len(sources), columns.SOURCE_COLUMNS))
    table[:, columns.X], table[:, columns.Y] = point_coordinates(sources, "sources")
    volume = (types == "volume").astype(bool)
    table[:, columns.VOLUME] = volume
    _fill_volumes(table, sources, volume)
    wide = np.isin(types, AREA_TYPES)
    _fill_stacks(table, sources, ~volume & ~wide)
    table[:, columns.URBAN] = _urban_flags(sources, options)
    if GROUND in sources:
        table[~wide, columns.GROUND] = ground_of_points(sources[~wide], "sources")
    rates = [sources[f"emission_{name}_g_s"].to_numpy(dtype=float) for name in pollutants]
    emissions = np.column_stack(rates)
    emissions[wide] = 0.0
    return table, np.ascontiguousarray(emissions)


def area_source_arrays(
    sources: gpd.GeoDataFrame, pollutants: Sequence[str], crs: Any, options: PlumeOptions
) -> Areas | None:
    """The arrays of the rows of type area and line; None where there are none."""
    wide = np.isin(_column(sources, "source_type", "point"), AREA_TYPES)
    if not wide.any():
        return None
    from geocluster.plume.shapes import area_arrays

    if sources.crs is not None and crs is not None and sources.crs != crs:
        sources = sources.to_crs(crs)
    return area_arrays(sources, np.flatnonzero(wide), pollutants, _urban_flags(sources, options))


def _urban_flags(sources: gpd.GeoDataFrame, options: PlumeOptions) -> NDArray:
    if options.urban != "by source":
        return np.full(len(sources), bool(options.urban))
    return np.isin(_column(sources, "urban", False).astype(str), ("True", "1"))


def _fill_volumes(table: NDArray, sources: gpd.GeoDataFrame, volume: NDArray) -> None:
    rows = sources[volume]
    for index, name in (
        (columns.HEIGHT, "release_height_m"),
        (columns.SIGMA_Y0, "initial_sigma_y_m"),
        (columns.SIGMA_Z0, "initial_sigma_z_m"),
    ):
        table[volume, index] = rows[name].to_numpy(dtype=float) if len(rows) else 0.0


def _fill_stacks(table: NDArray, sources: gpd.GeoDataFrame, stack: NDArray) -> None:
    """Stacks; one that does not blow upwards keeps its buoyancy and loses its momentum."""
    rows = sources[stack]
    if not len(rows):
        return
    diameter = rows["stack_diameter_m"].to_numpy(dtype=float)
    velocity = rows["exit_velocity_m_s"].to_numpy(dtype=float)
    direction = _column(rows, "stack_direction", "vertical")
    sideways = np.isin(direction, ("horizontal", "capped"))
    slow = np.where(sideways, np.minimum(velocity, 0.001), velocity)
    wide = np.where(sideways, diameter * np.sqrt(velocity / np.maximum(slow, 1e-12)), diameter)
    table[stack, columns.HEIGHT] = rows["stack_height_m"].to_numpy(dtype=float)
    table[stack, columns.TEMPERATURE] = rows["exit_temperature_k"].to_numpy(dtype=float)
    table[stack, columns.VELOCITY] = slow
    table[stack, columns.DIAMETER] = np.where(velocity > 0, wide, diameter)
    table[stack, columns.TIP_VELOCITY] = slow
    table[stack, columns.TIP_DIAMETER] = np.where(direction == "horizontal", 0.0, diameter)


def _column(table: gpd.GeoDataFrame, name: str, default: object) -> NDArray:
    if name not in table:
        return np.full(len(table), default, dtype=object)
    return table[name].astype(object).where(table[name].notna(), default).to_numpy(dtype=object)


def point_coordinates(table: gpd.GeoDataFrame, where: str) -> tuple[NDArray, NDArray]:
    """x and y of points [m]; a shape that is no point stands at its centroid."""
    geometry = table.geometry
    bad = (geometry.isna() | geometry.is_empty).to_numpy()
    if bad.any():
        rows = rows_in_words([int(i) + 1 for i in bad.nonzero()[0]])
        raise TableError(where, f"no geometry in {rows}: give each row a point")
    points = geometry if (geometry.geom_type == "Point").all() else geometry.centroid
    x, y = points.x.to_numpy(dtype=float), points.y.to_numpy(dtype=float)
    nowhere = ~(np.isfinite(x) & np.isfinite(y))
    if nowhere.any():
        rows = rows_in_words([int(i) + 1 for i in nowhere.nonzero()[0]])
        raise TableError(where, f"no finite place in {rows}: give each row its x and y")
    return x, y


def chosen_pollutants(
    sources: gpd.GeoDataFrame, pollutants: str | Sequence[str] | None
) -> list[str]:
    """The pollutants asked for, or all that may be dispersed; every fault at once."""
    present = pollutants_of(sources)
    if pollutants is None:
        chosen = [name for name in present if name not in GREENHOUSE_GASES]
        if not chosen:
            raise TableError("sources", "no column emission_<pollutant>_g_s [g/s]: add one")
        return chosen
    chosen = [pollutants] if isinstance(pollutants, str) else list(pollutants)
    faults = [
        f"pollutant {name!r}: greenhouse gases are inventoried, never dispersed"
        for name in chosen
        if name in GREENHOUSE_GASES
    ]
    faults += [
        f"pollutant {name!r}: there is no column emission_{name}_g_s; there are "
        + (", ".join(present) or "none")
        for name in chosen
        if name not in present and name not in GREENHOUSE_GASES
    ]
    if faults or not chosen:
        raise InputError("pollutants", faults or "none is asked for: name one")
    return chosen
