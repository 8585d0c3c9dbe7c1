"""The door for weather: files of every form, all to the one type `weather`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError, MendedWarning, TableError
from geocluster.load.aermet import aermet_hours
from geocluster.load.isd import global_hourly_hours, is_global_hourly, isd_hours, isd_lite_hours
from geocluster.load.metar import is_metar, metar_hours
from geocluster.load.open_meteo_json import json_cells
from geocluster.load.station_hours import StationHours
from geocluster.load.weather_codes import without_codes
from geocluster.load.weather_csv import hourly_columns, read_text_table
from geocluster.load.weather_epw import read_epw
from geocluster.load.weather_gaps import MOST_HOURS
from geocluster.load.weather_hours import WeatherOptions, range_faults, weather_from_hours
from geocluster.load.weather_place import with_head, with_zone, within, zone_hours
from geocluster.load.weather_text import form_of, weather_text
from geocluster.load.weather_times import times, with_offset
from geocluster.load.wind_rose import is_rose, weather_from_rose

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def read_weather(
    path: str | Path,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    time_zone: float | str | None = None,
    anemometer_height_m: float | None = None,
    mixing_height_m: float | Mapping[str, float] | None = None,
    temperature_k: float | None = None,
    stability: str | Mapping[str, float] | None = None,
    scheme: str = "auto",
    assumed_cloud: float | str | None = None,
    one_class_an_hour: bool = False,
    hour_label: str | None = None,
    columns: Mapping[str, str] | None = None,
    fill_gaps_h: int = 3,
    direction_step_deg: float = 2.5,
) -> xr.Dataset:
    """Weather from a file; the file itself shows which form it is in.

    EPW, AERMET's .SFC, NOAA's ISD (full records, ISD-Lite, global-hourly CSV), METAR reports in a
    CSV, Open-Meteo's CSV and JSON, hourly CSV, wind roses; each plain or .gz. docs/weather.md lists
    the columns and units of each.

    Parameters
    ----------
    path : str or Path
        The file.
    latitude, longitude : float, optional
        Of the weather's place, north and east positive; needed where neither the file nor a
        stability column makes them needless. Given ones win over the file's. [degrees]
    time_zone : float or str, optional
        Standard time less UTC, or a name such as "Asia/Tashkent". [h]
    anemometer_height_m : float, optional
        Height of the wind; 10 where the file does not say. [m]
    mixing_height_m : float or mapping, optional
        Where the file has none: one height, or one for each class letter; else the default by
        class. [m]
    temperature_k : float, optional
        For files without temperature. [K]
    stability : str or mapping, optional
        For a rose without classes: the class assumed for all of it, or shares by class letter.
    scheme : {"auto", "golder", "radiation", "turner"}
        How stability is found: from the Obukhov length where it is known, else from radiation where
        that is known, and from cloud elsewhere; or from one of them first ("turner": cloud alone).
    assumed_cloud : float or "humidity", optional
        Where neither radiation nor cloud is known: a constant, or from the day's lowest humidity
        and the rain. [tenths]
    one_class_an_hour : bool
        Let the class change by at most one an hour.
    hour_label : {"start", "end"}, optional
        Whether a row's time is the start or the end of its hour.
    columns : mapping, optional
        Columns of the file by known names, as in ``{"mixing_height_m": "mixht_urban"}``.
    fill_gaps_h : int
        Gaps of up to so many hours are filled between their neighbours, and counted; 0 fills none.
        Longer ones are named and left out. [h]
    direction_step_deg : float
        Into what steps a rose's sectors are spread. [degrees]

    Returns
    -------
    xarray.Dataset
        On dim `hour`: wind_speed_m_s [m/s], wind_from_deg [degrees], stability (1 to 6),
        mixing_height_m [m], temperature_k [K], frequency. Hourly weather has the coordinate `time`:
        the start of the hour in local standard time.

    Raises
    ------
    InputError
        Where the file is missing or of no known form.
    TableError
        With every fault of its columns and values at once.

    Warns
    -----
    MendedWarning
        Hours filled, missing, out of order or standing twice, and values set aside, each counted.
    GeoclusterWarning
        Where a time zone is assumed.

    Examples
    --------
    >>> import tempfile
    >>> text = '''datetime,wind_speed_m_s,wind_from_deg,temperature_c,stability
    ... 2026-01-01 00:00,2.0,45,-1.5,F
    ... 2026-01-01 01:00,0.0,0,-1.8,F
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "weather.csv")
    ...     _ = path.write_text(text)
    ...     weather = read_weather(path)
    >>> weather.sizes["hour"], weather.attrs["calm_hours"]
    (2, 1.0)
    """
    where = Path(path).name
    text = weather_text(Path(path))
    options = WeatherOptions(
        latitude=within(latitude, 90, "latitude", where),
        longitude=within(longitude, 180, "longitude", where),
        time_zone=zone_hours(time_zone, where),
        anemometer_height_m=anemometer_height_m,
        mixing_height_m=mixing_height_m,
        temperature_k=temperature_k,
        scheme=scheme,
        assumed_cloud=assumed_cloud,
        one_class_an_hour=one_class_an_hour,
        fill_gaps_h=fill_gaps_h,
    )
    if not 0 <= fill_gaps_h <= MOST_HOURS:
        raise InputError(
            where, f"fill_gaps_h is {fill_gaps_h}: 0 to {MOST_HOURS} hours are allowed"
        )
    if anemometer_height_m is not None and not 0 < anemometer_height_m <= 200:
        raise InputError(where, f"anemometer_height_m is {anemometer_height_m}: above 0 to 200 m")
    if hour_label not in (None, "start", "end"):
        raise InputError(where, f"hour_label is {hour_label!r}: 'start' or 'end' is allowed")
    form = form_of(text)
    if form == "epw":
        return read_epw(text, options, where)
    if form == "aermet":
        return _read_station(aermet_hours(text, where, anemometer_height_m), options, where)
    if form == "isd":
        return _read_station(isd_hours(text, where), options, where)
    if form == "isd-lite":
        return _read_station(isd_lite_hours(text, where), options, where)
    cells, head = (json_cells if form == "json" else read_text_table)(text, where)
    if cells.empty:
        raise InputError(where, "there is no row of data in it")
    if is_global_hourly(cells.columns):
        return _read_station(global_hourly_hours(cells, where), options, where)
    if is_metar(cells.columns):
        return _read_station(metar_hours(cells, where), options, where)
    options, zone = with_head(options, head, where), options.time_zone
    if is_rose(cells):
        weather = weather_from_rose(
            cells,
            latitude=options.latitude,
            longitude=options.longitude,
            time_zone=options.time_zone,
            anemometer_height_m=options.anemometer_height_m,
            mixing_height_m=mixing_height_m,
            temperature_k=temperature_k,
            stability=stability,
            direction_step_deg=direction_step_deg,
            origin=head.get("origin", where),
            where=where,
        )
        if "stability" in head and weather.attrs["stability_origin"] == "file":
            weather.attrs["stability_origin"] = head["stability"]
        return weather
    label = hour_label or ("end" if "utc_offset_seconds" in head else None)
    if zone is not None and head.get("utc_offset_seconds"):
        cells = with_offset(cells, float(head["utc_offset_seconds"]))
    return _read_hourly(cells, options, columns, label, where, head.get("origin", where))


def _read_station(hours: StationHours, options: WeatherOptions, where: str) -> xr.Dataset:
    """Observations of a station, brought from UTC to local standard time."""
    import pandas as pd

    faults = range_faults(hours.table, {})
    if faults:
        raise TableError(where, faults)
    options = with_head(options, hours.head, where)
    for line in hours.mended:
        warnings.warn(f"{where}: {line}", MendedWarning, stacklevel=3)
    table = hours.table
    assumed = options.time_zone is None
    if hours.utc or (assumed and _needs_sun(table) and options.longitude is not None):
        options = with_zone(options, where)
    if hours.utc:
        table = table.assign(time=table["time"] + pd.Timedelta(hours=options.time_zone or 0))
    if options.temperature_k is not None:
        table = table.assign(temperature_k=table["temperature_k"].fillna(options.temperature_k))
    weather = weather_from_hours(table, options, where=where, origin=hours.origin)
    if assumed and options.time_zone is not None:
        weather.attrs["time_zone_origin"] = "assumed from the longitude"
    return weather


def _needs_sun(table: pd.DataFrame) -> bool:
    """Whether an hour with a wind is without what its class is found from."""
    if "obukhov_length_m" not in table:
        return True
    told = table["obukhov_length_m"].notna() & table["roughness_m"].notna()
    return bool((table["wind_speed_m_s"].notna() & ~told).any())


def _read_hourly(
    cells: pd.DataFrame,
    options: WeatherOptions,
    names: Mapping[str, str] | None,
    hour_label: str | None,
    where: str,
    origin: str,
) -> xr.Dataset:
    optional = ("temperature_k",) if options.temperature_k is not None else ()
    cells, coded = without_codes(cells, names)
    for line in coded:
        warnings.warn(f"{where}: {line}", MendedWarning, stacklevel=3)
    table, columns, faults = hourly_columns(cells, names, optional)
    start, zone, time_faults = times(cells, options.time_zone, hour_label)
    faults += time_faults + range_faults(table, columns)
    if "cloud_tenths" in table and columns["cloud_tenths"].lower() == "cloud_cover":
        largest = table["cloud_tenths"].max()
        if len(table) >= 100 and 0 < largest <= 1:
            faults.append(
                "column 'cloud_cover' never passes 10: percent is expected; name it cloud_tenths "
                "or cloud_oktas if that is what it is"
            )
    if faults:
        raise TableError(where, faults)
    if options.temperature_k is not None:
        if "temperature_k" not in table:
            table["temperature_k"] = np.nan
        table["temperature_k"] = table["temperature_k"].fillna(options.temperature_k)
    table = table.assign(time=start)
    return weather_from_hours(table, replace(options, time_zone=zone), where=where, origin=origin)
