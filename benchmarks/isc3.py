"""ISC3's plume once more, in plain Python: one source, one place, one hour at a time.

Written from the equations of the user's guide [1]_ without a look at the package, and slow: the
package's plume is held against it in cases that the references beside the project do not have.
Nothing of geocluster is imported. Classes A to F are 0 to 5.

References
----------
.. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
   volume II, EPA-454/B-95-003b. Numbers of equations and tables are those of section 1.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

G = 9.80616
PROFILE = {False: (0.07, 0.07, 0.10, 0.15, 0.35, 0.55), True: (0.15, 0.15, 0.20, 0.25, 0.30, 0.30)}
DTHETA_DZ = (0.0, 0.0, 0.0, 0.0, 0.020, 0.035)
# Table 1-1 (c, d), and tables 1-2 and 1-3 as (a, b) with the distance [km] up to which they hold.
PG_Y = ((24.1670, 2.5334), (18.3330, 1.8096), (12.5000, 1.0857), (8.3330, 0.72382),
        (6.2500, 0.54287), (4.1667, 0.36191))  # fmt: skip
PG_Z = (
    ((122.800, 0.94470, 0.10), (158.080, 1.05420, 0.15), (170.220, 1.09320, 0.20),
     (179.520, 1.12620, 0.25), (217.410, 1.26440, 0.30), (258.890, 1.40940, 0.40),
     (346.750, 1.72830, 0.50), (453.850, 2.11660, 1e9)),
    ((90.673, 0.93198, 0.20), (98.483, 0.98332, 0.40), (109.300, 1.09710, 1e9)),
    ((61.141, 0.91465, 1e9),),
    ((34.459, 0.86974, 0.30), (32.093, 0.81066, 1.00), (32.093, 0.64403, 3.00),
     (33.504, 0.60486, 10.0), (36.650, 0.56589, 30.0), (44.053, 0.51179, 1e9)),
    ((24.260, 0.83660, 0.10), (23.331, 0.81956, 0.30), (21.628, 0.75660, 1.00),
     (21.628, 0.63077, 2.00), (22.534, 0.57154, 4.00), (24.703, 0.50527, 10.0),
     (26.970, 0.46713, 20.0), (35.420, 0.37615, 40.0), (47.618, 0.29592, 1e9)),
    ((15.209, 0.81558, 0.20), (14.457, 0.78407, 0.70), (13.953, 0.68465, 1.00),
     (13.953, 0.63227, 2.00), (14.823, 0.54503, 3.00), (16.187, 0.46490, 7.00),
     (17.836, 0.41507, 15.0), (22.651, 0.32681, 30.0), (27.074, 0.27436, 60.0),
     (34.219, 0.21716, 1e9)),
)  # fmt: skip
# Table 1-6: lateral virtual distances, rural, (p, q).
VIRTUAL = ((209.14, 0.890), (154.46, 0.902), (103.26, 0.917), (68.26, 0.919), (51.06, 0.921),
           (33.92, 0.919))  # fmt: skip


class Hour(NamedTuple):
    """Weather of one hour."""

    speed: float  # at the anemometer [m/s]
    wind_from: float  # [degree]
    k: int  # class, 0 to 5
    lid: float  # mixing height [m]
    air: float  # temperature [K]
    anemometer: float = 10.0  # its height [m]


def concentration(
    source: Mapping[str, object], place: tuple[float, float, float], hour: Hour,
    *, urban: bool = False, final_rise: bool = True, tip_downwash: bool = True,
    induced: bool = True, half_life_s: float | None = None, reach_m: float = 50_000.0,
    ground: float | None = None,
) -> float:  # fmt: skip
    """What 1 g/s of a source brings to a place (x, y, height), in ug/m3.

    A source has the package's columns, x and y; one with a ``release_height_m`` is a volume.
    `ground` is the elevation of the place [m], simple terrain as in section 1.1.6.2.
    """
    dx, dy = place[0] - float(source["x"]), place[1] - float(source["y"])
    angle = math.radians(hour.wind_from)
    x = -dx * math.sin(angle) - dy * math.cos(angle)
    y = dx * math.cos(angle) - dy * math.sin(angle)
    volume = "release_height_m" in source
    nearest = 1.0 + (2.15 * float(source["initial_sigma_y_m"]) if volume else 0.0)
    if x < nearest or abs(y) > 1.191754 * x or math.hypot(dx, dy) > reach_m:
        return 0.0
    k, stable = hour.k, hour.k >= 4
    height = float(source["release_height_m"] if volume else source["stack_height_m"])
    u = wind(height, hour, urban)
    if volume:
        far_y, far_z = virtual_distances(source, k, urban)
        sy, sz, h = sigma_y(x + far_y, k, urban), sigma_z(x + far_z, k, urban), height
    else:
        h, own = effective_height(source, x, u, hour, final_rise, tip_downwash)
        own = own / 3.5 if induced else 0.0
        sy = math.hypot(sigma_y(x, k, urban), own)
        sz = math.hypot(sigma_z(x, k, urban), own)
    sz = min(sz, 5000.0)
    if not stable and h > hour.lid:
        return 0.0
    if ground is not None:
        h = max(h - min(ground - float(source["ground_m"]), height), 0.0)
    decay = math.exp(-math.log(2.0) * x / (u * half_life_s)) if half_life_s else 1.0
    spread = math.exp(-0.5 * (y / sy) ** 2) / (2.0 * math.pi * u * sy * sz)
    return 1e6 * spread * vertical(h, place[2], sz, None if stable else hour.lid) * decay


def vertical(h: float, z: float, sz: float, lid: float | None) -> float:
    """The vertical term, equations 1-50 and 1-51, its images until nothing more is added."""
    total = sum(math.exp(-0.5 * ((z + sign * h) / sz) ** 2) for sign in (-1, 1))
    if lid is None:
        return total
    if sz > 1.6 * lid:
        return math.sqrt(2.0 * math.pi) * sz / lid
    for n in range(1, 200):
        image = 2.0 * n * lid
        more = sum(
            math.exp(-0.5 * ((z + up * h + side * image) / sz) ** 2)
            for up in (-1, 1)
            for side in (-1, 1)
        )
        total += more
        if more < 1e-16 * total:
            break
    return total


def wind(height: float, hour: Hour, urban: bool) -> float:
    """Equation 1-6, for heights of at least 10 m; at least 1 m/s."""
    if height < 10.0 and hour.anemometer <= 10.0:
        return max(hour.speed, 1.0)
    ratio = max(height, 10.0) / hour.anemometer
    return max(hour.speed * ratio ** PROFILE[urban][hour.k], 1.0)


def effective_height(
    source: Mapping[str, object], x: float, u: float, hour: Hour, final: bool, downwash: bool
) -> tuple[float, float]:
    """The plume's height at x, and its gradual rise there [m]; sections 1.1.3 and 1.1.4."""
    v, d = float(source["exit_velocity_m_s"]), float(source["stack_diameter_m"])
    way = source.get("stack_direction", "vertical")
    tip_v, tip_d = v, d
    if way != "vertical" and v > 0.0:
        tip_v = min(v, 0.001)
        d *= math.sqrt(v / tip_v)
        v = tip_v
        tip_d = 0.0 if way == "horizontal" else tip_d
    base = float(source["stack_height_m"])
    if downwash and tip_v < 1.5 * u:
        base = max(base + 2.0 * tip_d * (tip_v / u - 1.5), 0.0)
    if v <= 0.0:
        return base, 0.0
    rise, now = rises(v, d, float(source["exit_temperature_k"]), hour.air, u, hour.k, x)
    return base + (rise if final else now), now


def rises(
    v: float, d: float, t_exit: float, t_air: float, u: float, k: int, x: float
) -> tuple[float, float]:
    """Briggs' final rise and the gradual one at x, equations 1-8 to 1-27."""
    t_exit = max(t_exit, t_air)
    f_b = G * v * d * d * (t_exit - t_air) / (4.0 * t_exit)
    f_m = v * v * d * d * t_air / (4.0 * t_exit)
    s = G * DTHETA_DZ[k] / t_air
    x_f = 49.0 * f_b ** (5 / 8) if f_b < 55.0 else 119.0 * f_b ** (2 / 5)
    if s > 0.0:
        limit = 0.019582 * t_exit * v * math.sqrt(s)
    elif f_b < 55.0:
        limit = 0.0297 * t_exit * v ** (1 / 3) / d ** (2 / 3)
    else:
        limit = 0.00575 * t_exit * v ** (2 / 3) / d ** (1 / 3)
    if f_b > 0.0 and t_exit - t_air >= limit:
        if s > 0.0:
            rise, x_f = 2.6 * (f_b / (u * s)) ** (1 / 3), 2.0715 * u / math.sqrt(s)
        else:
            rise = (21.425 * f_b**0.75 if f_b < 55.0 else 38.71 * f_b**0.6) / u
        now = 1.60 * f_b ** (1 / 3) * x ** (2 / 3) / u
    else:
        rise, beta = 3.0 * d * v / u, 1 / 3 + u / v
        if s > 0.0:
            root = math.sqrt(s)
            rise = min(rise, 1.5 * (f_m / (u * root)) ** (1 / 3))
            x_f = 0.5 * math.pi * u / root
            bend = math.sin(min(x, x_f) * root / u)
            now = (3.0 * f_m * bend / (beta**2 * u * root)) ** (1 / 3)
        else:
            x_f = x_f if f_b > 0.0 else 4.0 * d * (v + 3.0 * u) ** 2 / (v * u)
            now = (3.0 * f_m * x / (beta * u) ** 2) ** (1 / 3)
    return rise, rise if x >= x_f else min(now, rise)


def sigma_y(x: float, k: int, urban: bool) -> float:
    """Tables 1-1 and 1-4 [m]."""
    if urban:
        return (0.32, 0.32, 0.22, 0.16, 0.11, 0.11)[k] * x / math.sqrt(1.0 + 0.0004 * x)
    c, d = PG_Y[k]
    return 465.11628 * x / 1000.0 * math.tan(0.017453293 * (c - d * math.log(x / 1000.0)))


def sigma_z(x: float, k: int, urban: bool) -> float:
    """Tables 1-2, 1-3 and 1-5 [m]."""
    if urban:
        if k < 2:
            return 0.24 * x * math.sqrt(1.0 + 0.001 * x)
        if k == 2:
            return 0.20 * x
        e, f = (0.14, 0.0003) if k == 3 else (0.08, 0.0015)
        return e * x / math.sqrt(1.0 + f * x)
    a, b = next((a, b) for a, b, most in PG_Z[k] if x / 1000.0 <= most)
    return a * (x / 1000.0) ** b


def virtual_distances(source: Mapping[str, object], k: int, urban: bool) -> tuple[float, float]:
    """Where upwind a point would have grown to the initial sigmas [m]; section 1.2.2."""
    y0, z0 = float(source["initial_sigma_y_m"]), float(source["initial_sigma_z_m"])
    far_z = _inverse(lambda x: sigma_z(x, k, urban), z0)
    if urban:
        return _inverse(lambda x: sigma_y(x, k, True), y0), far_z
    p, q = VIRTUAL[k]
    return 1000.0 * (y0 / p) ** (1 / q), far_z


def _inverse(curve: object, sigma: float) -> float:
    """Where a rising curve reaches a sigma, by halving; 0 for a sigma of 0."""
    if sigma <= 0.0:
        return 0.0
    low, high = 1e-9, 1e7
    while high - low > 1e-12 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if curve(middle) < sigma else (low, middle)  # type: ignore
    return high
