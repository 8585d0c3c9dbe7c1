"""Atmospheric stability from wind, sun, cloud or radiation: Pasquill's classes 1 to 6, A to F.

Two schemes, each with its table as printed in the guide: Turner's method (wind, elevation of the
sun, cloud) and the solar-radiation/delta-T method (wind, radiation by day, temperature gradient by
night). Class 7 (G) is counted as 6 (F), as in regulatory models.

References
----------
.. [1] U.S. EPA (2000), Meteorological Monitoring Guidance for Regulatory Modeling Applications,
   EPA-454/R-99-005, section 6.4, tables 6-4 to 6-7.
.. [2] Turner, D. B. (1964), A diffusion model for an urban area, J. Appl. Meteorol. 3, 83-91.
.. [3] Michalsky, J. (1988), The Astronomical Almanac's algorithm for approximate solar position,
   Solar Energy 40, 227-235.
.. [4] Kasten, F. and Czeplak, G. (1980), Solar and terrestrial radiation dependent on the amount
   and type of cloud, Solar Energy 24, 177-189.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# [1] table 6-4, after [2]: classes 1 (A) to 7 (G) by wind and net radiation index.
TURNER_SPEED_M_S = (0.8, 1.9, 2.9, 3.4, 3.9, 4.9, 5.5, 6.0)  # where the next row begins
TURNER_CLASS = np.array(
    [
        # 4  3  2  1  0 -1 -2    net radiation index
        (1, 1, 2, 3, 4, 6, 7),  # 0.0 to 0.7 m/s (0, 1 knots)
        (1, 2, 2, 3, 4, 6, 7),  # 0.8 to 1.8     (2, 3)
        (1, 2, 3, 4, 4, 5, 6),  # 1.9 to 2.8     (4, 5)
        (2, 2, 3, 4, 4, 5, 6),  # 2.9 to 3.3     (6)
        (2, 2, 3, 4, 4, 4, 5),  # 3.4 to 3.8     (7)
        (2, 3, 3, 4, 4, 4, 5),  # 3.9 to 4.8     (8, 9)
        (3, 3, 4, 4, 4, 4, 5),  # 4.9 to 5.4     (10)
        (3, 3, 4, 4, 4, 4, 4),  # 5.5 to 5.9     (11)
        (3, 4, 4, 4, 4, 4, 4),  # from 6.0       (12 and more)
    ]
)
# [1] table 6-5: above 60 degrees strong (4), 35 to 60 moderate (3), 15 to 35 slight (2), weak (1).
INSOLATION_ELEVATION_DEG = (15.0, 35.0, 60.0)
LOW_CEILING_M = 2133.6  # 7,000 ft
MIDDLE_CEILING_M = 4876.8  # 16,000 ft

# [1] table 6-7, day: wind below 2, 2-3, 3-5, 5-6, from 6 m/s.
SRDT_DAY_SPEED_M_S = (2.0, 3.0, 5.0, 6.0)
SRDT_RADIATION_W_M2 = (175.0, 675.0, 925.0)
SRDT_DAY_CLASS = np.array(
    [
        # <175  175-675  675-925  >=925 W/m2
        (4, 2, 1, 1),
        (4, 3, 2, 1),
        (4, 3, 2, 2),
        (4, 4, 3, 3),
        (4, 4, 4, 3),
    ]
)
# [1] table 6-7, night: wind below 2, 2-2.5, from 2.5 m/s; gradient below 0, from 0.
SRDT_NIGHT_SPEED_M_S = (2.0, 2.5)
SRDT_NIGHT_CLASS = np.array([(5, 6), (4, 5), (4, 4)])

# Where no mixing height is known: 1,100 m unstable and 800 m neutral, the fixed heights of the
# German regulatory models. Stable classes have no lid in this plume; 10,000 m stands for none.
DEFAULT_MIXING_HEIGHT_M = {1: 1100.0, 2: 1100.0, 3: 1100.0, 4: 800.0, 5: 10_000.0, 6: 10_000.0}

SUNRISE_ELEVATION_DEG = -0.833  # upper rim of the sun on the horizon, with refraction


def solar_elevation(
    time: npt.ArrayLike, latitude: npt.ArrayLike, longitude: npt.ArrayLike
) -> FloatArray:
    """Elevation of the sun's centre above the horizon, without refraction; within 0.02 degrees.

    Parameters
    ----------
    time : array_like of datetime64
        Universal time. [UTC]
    latitude, longitude : array_like
        North and east positive. [degrees]

    Returns
    -------
    ndarray
        Elevation, negative at night. [degrees]

    Notes
    -----
    The Astronomical Almanac's low-precision formulas [3]_, good for 1950 to 2050.

    Examples
    --------
    >>> noon = np.datetime64("2026-06-21T07:25")          # solar noon at Tashkent
    >>> round(float(solar_elevation(noon, 41.2995, 69.2401)), 1)
    72.1
    """
    moment = np.asarray(time, dtype="datetime64[s]")
    days = (moment - np.datetime64("2000-01-01T12:00:00")).astype(np.float64) / 86_400
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = np.radians(
        (mean_longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)) % 360
    )
    obliquity = np.radians(23.439 - 0.0000004 * days)
    ascension = np.degrees(np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic)))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    sidereal = 280.46062 + 360.98564737 * days  # degrees, at Greenwich
    hour_angle = np.radians(sidereal + np.asarray(longitude, dtype=float) - ascension)
    phi = np.radians(np.asarray(latitude, dtype=float))
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(
        hour_angle
    )
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1))), dtype=np.float64)


def turner_night(
    time: npt.ArrayLike, latitude: npt.ArrayLike, longitude: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Turner's night: from one hour before sunset to one hour after sunrise [1]_.

    Parameters
    ----------
    time : array_like of datetime64
        Universal time. [UTC]
    latitude, longitude : array_like
        North and east positive. [degrees]

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> hours = np.array(["2026-06-21T00:30", "2026-06-21T02:00"], dtype="datetime64[s]")
    >>> turner_night(hours, 41.2995, 69.2401).tolist()    # the sun rises at 23:51 UTC
    [True, False]
    """
    moment = np.asarray(time, dtype="datetime64[s]")
    hour = np.timedelta64(3600, "s")
    before = solar_elevation(moment - hour, latitude, longitude)
    after = solar_elevation(moment + hour, latitude, longitude)
    return np.asarray((before < SUNRISE_ELEVATION_DEG) | (after < SUNRISE_ELEVATION_DEG))


def net_radiation_index(
    elevation: npt.ArrayLike,
    cloud: npt.ArrayLike,
    *,
    night: npt.ArrayLike | None = None,
    ceiling: npt.ArrayLike | None = None,
) -> IntArray:
    """Turner's net radiation index, 4 (strong sun) to -2 (clear night), by table 6-6 of [1]_.

    Parameters
    ----------
    elevation : array_like
        Of the sun. [degrees]
    cloud : array_like
        Total cloud, 0 to 10. [tenths]
    night : array_like of bool, optional
        See `turner_night`; without it night is where the sun is below the horizon.
    ceiling : array_like, optional
        Height of the cloud's base; infinite where there is none, NaN where it is not known. An
        unknown ceiling is taken to be low under a full cover and of middle height under a broken
        one. [m]

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> net_radiation_index([65, 65, 40, -5, -5], [0, 10, 8, 2, 8]).tolist()
    [4, 0, 2, -2, -1]
    """
    elevation, cloud = np.asarray(elevation, dtype=float), np.asarray(cloud, dtype=float)
    dark = elevation <= 0 if night is None else np.asarray(night, dtype=bool)
    base = np.full(cloud.shape, np.nan) if ceiling is None else np.asarray(ceiling, dtype=float)
    full = cloud >= 9.5
    base = np.where(np.isnan(base), np.where(full, 0.0, LOW_CEILING_M), base)

    insolation = 1 + np.searchsorted(INSOLATION_ELEVATION_DEG, elevation, side="left")
    lowered = np.where(base < LOW_CEILING_M, 2, np.where(base < MIDDLE_CEILING_M, 1, 0)) + full
    by_day = np.where(cloud > 5, np.maximum(insolation - lowered, 1), insolation)
    by_night = np.where(cloud <= 4, -2, -1)
    index = np.where(dark, by_night, by_day)
    return np.asarray(np.where(full & (base < LOW_CEILING_M), 0, index), dtype=np.int64)


def stability_turner(
    wind_speed: npt.ArrayLike,
    elevation: npt.ArrayLike,
    cloud: npt.ArrayLike,
    *,
    night: npt.ArrayLike | None = None,
    ceiling: npt.ArrayLike | None = None,
) -> IntArray:
    """Stability by Turner's method from wind, sun and cloud: table 6-4 of [1]_, after [2]_.

    Parameters
    ----------
    wind_speed : array_like
        At about 10 m. [m/s]
    elevation : array_like
        Of the sun. [degrees]
    cloud : array_like
        Total cloud, 0 to 10. [tenths]
    night, ceiling : array_like, optional
        As in `net_radiation_index`.

    Returns
    -------
    ndarray of int
        1 to 6 for A to F.

    Examples
    --------
    >>> stability_turner([1.5, 3.0, 7.0, 1.5], [65, 40, 40, -10], [0, 3, 3, 2]).tolist()
    [1, 2, 4, 6]
    """
    index = net_radiation_index(elevation, cloud, night=night, ceiling=ceiling)
    speed = np.round(np.asarray(wind_speed, dtype=float), 1)
    row = np.searchsorted(TURNER_SPEED_M_S, speed, side="right")
    return np.asarray(np.minimum(TURNER_CLASS[row, 4 - index], 6), dtype=np.int64)


def stability_radiation(
    wind_speed: npt.ArrayLike,
    radiation: npt.ArrayLike,
    elevation: npt.ArrayLike,
    *,
    gradient: npt.ArrayLike | None = None,
    cloud: npt.ArrayLike | None = None,
    ceiling: npt.ArrayLike | None = None,
) -> IntArray:
    """Stability by the solar-radiation/delta-T method: table 6-7 of [1]_.

    Day is where the sun is above the horizon. By night the table asks for the temperature
    gradient; where it was not measured, the class is Turner's for the night and its cloud.

    Parameters
    ----------
    wind_speed : array_like
        At about 10 m. [m/s]
    radiation : array_like
        Total solar radiation on the horizontal. [W/m2]
    elevation : array_like
        Of the sun. [degrees]
    gradient : array_like, optional
        Temperature at 10 m less that at 2 m; NaN where not measured. [K]
    cloud, ceiling : array_like, optional
        For nights without a gradient, as in `net_radiation_index`. [tenths], [m]

    Returns
    -------
    ndarray of int
        1 to 6 for A to F.

    Raises
    ------
    ValueError
        Where a night has neither gradient nor cloud.

    Examples
    --------
    >>> stability_radiation([1.5, 4, 4], [950, 700, 100], [60, 40, 10], cloud=0).tolist()
    [1, 2, 4]
    >>> stability_radiation([1.5, 2.2, 3], 0, -20, gradient=[0.5, -0.1, 0.5]).tolist()
    [6, 4, 4]
    """
    speed, sun, height = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (wind_speed, radiation, elevation))
    )
    day = height > 0
    row = np.searchsorted(SRDT_DAY_SPEED_M_S, speed, side="right")
    column = np.searchsorted(SRDT_RADIATION_W_M2, sun, side="right")
    by_day = SRDT_DAY_CLASS[row, column]

    slope = np.nan if gradient is None else np.asarray(gradient, dtype=float)
    slope = np.broadcast_to(slope, speed.shape)
    row = np.searchsorted(SRDT_NIGHT_SPEED_M_S, speed, side="right")
    by_night = SRDT_NIGHT_CLASS[row, (slope >= 0).astype(int)]
    unmeasured = ~day & np.isnan(slope)
    if unmeasured.any():
        cover = np.broadcast_to(np.nan if cloud is None else np.asarray(cloud, float), speed.shape)
        if np.isnan(cover[unmeasured]).any():
            raise ValueError("the night's class needs a temperature gradient or the cloud")
        dark = np.ones(speed.shape, dtype=bool)
        turner = stability_turner(speed, height, cover, night=dark, ceiling=ceiling)
        by_night = np.where(unmeasured, turner, by_night)
    return np.asarray(np.where(day, by_day, by_night), dtype=np.int64)


def limit_class_change(stability: npt.ArrayLike) -> IntArray:
    """Consecutive hours with their classes changing by at most one an hour, as in RAMMET [1]_.

    Parameters
    ----------
    stability : array_like of int
        Hour after hour, without a gap.

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> limit_class_change([6, 2, 2, 2, 2]).tolist()
    [6, 5, 4, 3, 2]
    """
    limited = np.array(stability, dtype=np.int64)
    for hour in range(1, len(limited)):
        limited[hour] = np.clip(limited[hour], limited[hour - 1] - 1, limited[hour - 1] + 1)
    return limited


def cloud_from_radiation(radiation: npt.ArrayLike, elevation: npt.ArrayLike) -> FloatArray:
    """Total cloud from the solar radiation that it lets through, by [4]_.

    .. math:: G = (910 \\sin h - 30) (1 - 0.75 (N/8)^{3.4})

    Parameters
    ----------
    radiation : array_like
        On the horizontal. [W/m2]
    elevation : array_like
        Of the sun; below 10 degrees the answer is NaN. [degrees]

    Returns
    -------
    ndarray
        0 to 10. [tenths]

    Examples
    --------
    >>> cloud_from_radiation([625.0, 200.0, 0.0], [45.0, 45.0, -10.0]).round().tolist()
    [0.0, 10.0, nan]
    """
    height = np.asarray(elevation, dtype=float)
    high = height >= 10
    clear = 910 * np.sin(np.radians(np.where(high, height, 10.0))) - 30
    held_back = np.clip((1 - np.asarray(radiation, dtype=float) / clear) / 0.75, 0, 1)
    return np.asarray(np.where(high, 10 * held_back ** (1 / 3.4), np.nan), dtype=np.float64)


def cloud_from_humidity(lowest_humidity: npt.ArrayLike) -> FloatArray:
    """An assumed mean cloud of a day, from its lowest relative humidity: 20 % clear, 80 % covered.

    No law, but a line that needs nothing else; at most 9 tenths, since a full and low cover is told
    by rain. With two typical years whose cloud or radiation is known, 72 and 73 % of the hours keep
    their class and 97 and 91 % come within one of it (docs/weather.md).

    Parameters
    ----------
    lowest_humidity : array_like
        Of the day. [%]

    Returns
    -------
    ndarray
        0 to 9. [tenths]

    Examples
    --------
    >>> cloud_from_humidity([15.0, 50.0, 95.0]).tolist()
    [0.0, 5.0, 9.0]
    """
    humidity = np.asarray(lowest_humidity, dtype=float)
    return np.asarray(np.clip((humidity - 20) / 6, 0, 9), dtype=np.float64)


def default_mixing_height(stability: npt.ArrayLike) -> FloatArray:
    """The stated mixing height of each class, where none is known.

    Parameters
    ----------
    stability : array_like of int
        1 to 6 for A to F.

    Returns
    -------
    ndarray
        `DEFAULT_MIXING_HEIGHT_M` by class. [m]

    Examples
    --------
    >>> default_mixing_height([1, 4, 6]).tolist()
    [1100.0, 800.0, 10000.0]
    """
    heights = np.array([DEFAULT_MIXING_HEIGHT_M[number] for number in range(1, 7)])
    return np.asarray(heights[np.asarray(stability, dtype=np.int64) - 1], dtype=np.float64)
