"""How wide a plume is: dispersion curves by stability class, rural and urban.

Rural are the Pasquill-Gifford curves in the equations of ISC3 [1]_ (tables 1-1 to 1-3), urban the
curves that Briggs fitted to the St. Louis experiment of McElroy and Pooler [1]_ (tables 1-4 and
1-5, [2]_). Classes A to F are numbered 0 to 5 here, as indices of the tables.

References
----------
.. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
   volume II, EPA-454/B-95-003b, section 1.1.5.
.. [2] McElroy, J. L. and Pooler, F. (1968), St. Louis Dispersion Study, US Public Health Service,
   AP-53.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geocluster.plume.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# [1], table 1-1: sigma_y = 465.11628 x tan(0.017453293 (c - d ln x)), x in km.
RURAL_Y = np.array(
    [  # c        d
        [24.1670, 2.5334],  # A
        [18.3330, 1.8096],  # B
        [12.5000, 1.0857],  # C
        [8.3330, 0.72382],  # D
        [6.2500, 0.54287],  # E
        [4.1667, 0.36191],  # F
    ]
)

# [1], tables 1-2 and 1-3: sigma_z = a x^b, x in km, up to the first distance [km] of a line.
RURAL_Z = (
    (  # A
        (0.10, 122.800, 0.94470),
        (0.15, 158.080, 1.05420),
        (0.20, 170.220, 1.09320),
        (0.25, 179.520, 1.12620),
        (0.30, 217.410, 1.26440),
        (0.40, 258.890, 1.40940),
        (0.50, 346.750, 1.72830),
        (math.inf, 453.850, 2.11660),
    ),
    (  # B
        (0.20, 90.673, 0.93198),
        (0.40, 98.483, 0.98332),
        (math.inf, 109.300, 1.09710),
    ),
    ((math.inf, 61.141, 0.91465),),  # C
    (  # D
        (0.30, 34.459, 0.86974),
        (1.00, 32.093, 0.81066),
        (3.00, 32.093, 0.64403),
        (10.00, 33.504, 0.60486),
        (30.00, 36.650, 0.56589),
        (math.inf, 44.053, 0.51179),
    ),
    (  # E
        (0.10, 24.260, 0.83660),
        (0.30, 23.331, 0.81956),
        (1.00, 21.628, 0.75660),
        (2.00, 21.628, 0.63077),
        (4.00, 22.534, 0.57154),
        (10.00, 24.703, 0.50527),
        (20.00, 26.970, 0.46713),
        (40.00, 35.420, 0.37615),
        (math.inf, 47.618, 0.29592),
    ),
    (  # F
        (0.20, 15.209, 0.81558),
        (0.70, 14.457, 0.78407),
        (1.00, 13.953, 0.68465),
        (2.00, 13.953, 0.63227),
        (3.00, 14.823, 0.54503),
        (7.00, 16.187, 0.46490),
        (15.00, 17.836, 0.41507),
        (30.00, 22.651, 0.32681),
        (60.00, 27.074, 0.27436),
        (math.inf, 34.219, 0.21716),
    ),
)
# The plume knows no wider sigma_z; the curves themselves do not end.
SIGMA_Z_MOST = 5000.0

# [1], table 1-4: sigma_y = e x (1 + .0004 x)^-1/2; table 1-5: sigma_z = e x (1 + f x)^g, x in m.
URBAN_Y = np.array([0.32, 0.32, 0.22, 0.16, 0.11, 0.11])
URBAN_Z = np.array(
    [  # e    f       g
        [0.24, 0.001, 0.5],  # A
        [0.24, 0.001, 0.5],  # B
        [0.20, 0.0, 0.0],  # C
        [0.14, 0.0003, -0.5],  # D
        [0.08, 0.0015, -0.5],  # E
        [0.08, 0.0015, -0.5],  # F
    ]
)

# [1], table 1-6: lateral virtual distance x_y = (sigma_y0 / p)^(1/q), x in km.
VIRTUAL_Y = np.array(
    [  # p       q
        [209.14, 0.890],  # A
        [154.46, 0.902],  # B
        [103.26, 0.917],  # C
        [68.26, 0.919],  # D
        [51.06, 0.921],  # E
        [33.92, 0.919],  # F
    ]
)

_MOST_LINES = max(len(lines) for lines in RURAL_Z)
# The same, each class filled up in front so that its last line is the last.
_LINES = np.array(
    [((0.0, *lines[0][1:]),) * (_MOST_LINES - len(lines)) + lines for lines in RURAL_Z]
)
# ISC3 finds its line in single precision, and the curves jump there: at 7 km it takes the next one.
_BREAKS = _LINES[:, :, 0].astype(np.float32)
_LOG_A = np.log(_LINES[:, :, 1])
_THOUSANDTH = np.float32(0.001)


def sigma_y(distance_m: ArrayLike, stability: ArrayLike, urban: bool = False) -> NDArray:
    """Lateral dispersion of a plume.

    Rural ``465.11628 x tan(0.017453293 (c - d ln x))`` with x in km; urban
    ``e x (1 + 0.0004 x)^(-1/2)`` with x in m [1]_.

    Parameters
    ----------
    distance_m : array_like
        Distance downwind, above 0. [m]
    stability : array_like of int
        Stability class, 1 to 6 for A to F.
    urban : bool
        The urban curves instead of the rural ones.

    Returns
    -------
    ndarray
        Standard deviation across the wind, in the broadcast shape. [m]

    References
    ----------
    .. [1] US EPA (1995), ISC3 user's guide, volume II, tables 1-1 and 1-4.

    Examples
    --------
    >>> sigma_y([100, 1000], 4).round(2)
    array([ 8.2 , 68.13])
    """
    x, k = np.asarray(distance_m, dtype=float), np.asarray(stability) - 1
    if urban:
        return np.vectorize(sigma_y_urban, otypes=[float])(x, k)
    return np.vectorize(sigma_y_rural, otypes=[float])(x, np.log(0.001 * x), k)


def sigma_z(distance_m: ArrayLike, stability: ArrayLike, urban: bool = False) -> NDArray:
    """Vertical dispersion of a plume (the plume itself takes at most 5,000 m).

    Rural ``a x^b`` with x in km, a and b by distance; urban ``e x (1 + f x)^g`` with x in m [1]_.

    Parameters
    ----------
    distance_m : array_like
        Distance downwind, above 0. [m]
    stability : array_like of int
        Stability class, 1 to 6 for A to F.
    urban : bool
        The urban curves instead of the rural ones.

    Returns
    -------
    ndarray
        Standard deviation in height, in the broadcast shape. [m]

    References
    ----------
    .. [1] US EPA (1995), ISC3 user's guide, volume II, tables 1-2, 1-3 and 1-5.

    Examples
    --------
    >>> sigma_z([100, 1000], 4).round(2)
    array([ 4.65, 32.09])
    """
    x, k = np.asarray(distance_m, dtype=float), np.asarray(stability) - 1
    if urban:
        return np.vectorize(sigma_z_urban, otypes=[float])(x, k)
    return np.vectorize(sigma_z_rural, otypes=[float])(x, np.log(0.001 * x), k)


@compiled()
def tangent(angle: float) -> float:
    """tan of an angle under 0.8 rad by its continued fraction, to 1e-10; faster than tan."""
    t = angle * angle
    return angle * (10395 - t * (1260 - 21 * t)) / (10395 - t * (4725 - t * (210 - t)))


@compiled()
def sigma_y_rural(x_m: float, log_km: float, k: int) -> float:
    """Pasquill-Gifford sigma_y [m] at `x_m` [m], with ln x in km beside it, in class `k`."""
    angle = 0.017453293 * (RURAL_Y[k, 0] - RURAL_Y[k, 1] * log_km)
    return 0.46511628 * x_m * tangent(angle)


@compiled()
def sigma_z_rural(x_m: float, log_km: float, k: int) -> float:
    """Pasquill-Gifford sigma_z [m] at `x_m` [m], with ln x in km beside it, in class `k`."""
    x = _THOUSANDTH * np.float32(x_m)
    line = _MOST_LINES - 1
    while line > 0 and x <= _BREAKS[k, line - 1]:
        line -= 1
    return math.exp(_LOG_A[k, line] + _LINES[k, line, 2] * log_km)


@compiled()
def sigma_y_urban(x_m: float, k: int) -> float:
    """McElroy-Pooler sigma_y [m] at `x_m` [m] in class `k` (0 to 5)."""
    return URBAN_Y[k] * x_m / math.sqrt(1.0 + 0.0004 * x_m)


@compiled()
def sigma_z_urban(x_m: float, k: int) -> float:
    """McElroy-Pooler sigma_z [m] at `x_m` [m] in class `k` (0 to 5)."""
    root = math.sqrt(1.0 + URBAN_Z[k, 1] * x_m)
    return URBAN_Z[k, 0] * x_m * (root if URBAN_Z[k, 2] > 0.0 else 1.0 / root)


@compiled()
def virtual_y_rural(sigma_y0_m: float, k: int) -> float:
    """Distance [m] upwind at which a point would have grown to `sigma_y0_m` [m] at the source."""
    return 1000.0 * (sigma_y0_m / VIRTUAL_Y[k, 0]) ** (1.0 / VIRTUAL_Y[k, 1])


@compiled()
def virtual_z_rural(sigma_z0_m: float, k: int) -> float:
    """Distance [m] upwind at which a point would have grown to `sigma_z0_m` [m] at the source."""
    line = 0
    x = (sigma_z0_m / _LINES[k, 0, 1]) ** (1.0 / _LINES[k, 0, 2])
    while x > _LINES[k, line, 0]:
        line += 1
        x = (sigma_z0_m / _LINES[k, line, 1]) ** (1.0 / _LINES[k, line, 2])
    return 1000.0 * x


@compiled()
def virtual_y_urban(sigma_y0_m: float, k: int) -> float:
    """The inverse [m] of the urban sigma_y, a quadratic equation."""
    s2 = (sigma_y0_m / URBAN_Y[k]) ** 2
    return 0.5 * (0.0004 * s2 + math.sqrt((0.0004 * s2) ** 2 + 4.0 * s2))


@compiled()
def virtual_z_urban(sigma_z0_m: float, k: int) -> float:
    """The inverse [m] of the urban sigma_z: linear, quadratic or by Newton's method."""
    e, f, g = URBAN_Z[k, 0], URBAN_Z[k, 1], URBAN_Z[k, 2]
    s = sigma_z0_m / e
    if g == 0.0:
        return s
    if g < 0.0:
        return 0.5 * (f * s * s + math.sqrt((f * s * s) ** 2 + 4.0 * s * s))
    x = s
    for _ in range(20):
        root = math.sqrt(1.0 + f * x)
        x -= (x * root - s) / (root + 0.5 * f * x / root)
    return x
