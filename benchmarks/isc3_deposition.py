"""A settling and depositing plume once more, in plain Python: one size, one place, one hour.

Beside `isc3`: the equations of the user's guide [1]_, section 1.3 and 1.1.6.3, with every integral
by itself on a fine grid instead of the package's tables. Nothing of geocluster is imported.

References
----------
.. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
   volume II, EPA-454/B-95-003b.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

import isc3

ZD = 1.0
# Briggs' sigma_z: a, b and the power of (1 + b x), rural and urban.
BRIGGS = {
    False: ((0.20, 0.0, 0.0), (0.12, 0.0, 0.0), (0.08, 2e-4, -0.5), (0.06, 1.5e-3, -0.5),
            (0.03, 3e-4, -1.0), (0.016, 3e-4, -1.0)),
    True: ((0.24, 1e-3, 0.5), (0.24, 1e-3, 0.5), (0.20, 0.0, 0.0), (0.14, 3e-4, -0.5),
           (0.08, 1.5e-3, -0.5), (0.08, 1.5e-3, -0.5)),
}  # fmt: skip


def fall(diameter_um: float, density: float) -> float:
    """Settling velocity [m/s], in centimetres, grams and seconds until the end."""
    d, path = diameter_um * 1e-4, 6.5e-6
    slip = 1.0 + 2.0 * path / d * (1.257 + 0.4 * math.exp(-0.55 * d / path))
    return (density - 1.2e-3) * 980.616 * d**2 * slip / (18.0 * 1.81e-4) / 100.0


def velocity(
    diameter_um: float, density: float, friction: float, obukhov: float, z0: float
) -> float:
    """Deposition velocity at 1 m [m/s]."""
    v = fall(diameter_um, density)
    d, path = diameter_um * 1e-4, 6.5e-6
    slip = 1.0 + 2.0 * path / d * (1.257 + 0.4 * math.exp(-0.55 * d / path))
    brownian = 1.38e-16 * 293.15 * slip / (3.0 * math.pi * 1.81e-4 * d)  # cm2/s
    stokes = v * friction**2 / (9.80616 * 0.15e-4)
    layer = 1.0 / (friction * ((0.15 / brownian) ** -0.667 + 10.0 ** (-3.0 / stokes)))
    size = max(abs(obukhov), 1.0)
    if obukhov >= 0:
        ra = (math.log(ZD / z0) + 4.7 * ZD / size) / (0.4 * friction)
    else:
        a, b = 16 * ZD / size, 16 * z0 / size
        top = (2 + a - 2 * math.sqrt(1 + a)) * (2 + b + 2 * math.sqrt(1 + b))
        ra = math.log(top / (a * b)) / (0.4 * friction)
    return 1.0 / (ra + layer + ra * layer * v) + v + 1e-4


def heights_and_resistance(k: int, urban: bool) -> tuple[np.ndarray, np.ndarray]:
    """Heights above 1 m, and the air's resistance from there down to 1 m times the wind."""
    a, b, power = BRIGGS[urban][k]
    x = np.geomspace(0.5, 1e5, 20_001)
    spread = a * x * (1 + b * x) ** power
    z = math.sqrt(2 / math.pi) * spread
    step = np.diff(np.log(x)) * 0.5 * ((x / spread)[1:] + (x / spread)[:-1])
    w = math.sqrt(2 / math.pi) * np.concatenate([[0.0], np.cumsum(step)])
    keep = z > ZD
    w = w[keep] - np.interp(math.log(ZD), np.log(z), w)
    return np.append(z[keep], 1e5), np.append(w, w[-1])


def corrected(
    sz: float, k: int, urban: bool, lid: float | None, u: float, vd: float, vg: float
) -> float:
    """P(x, z_d)."""
    if lid is not None:
        sz = min(sz, math.sqrt(2 / math.pi) * lid)
    z, w = heights_and_resistance(k, urban)
    t = np.geomspace(ZD, 8 * sz, 4001) if 8 * sz > ZD else np.full(2, ZD)
    air = np.interp(np.log(t), np.log(z), w, left=0.0)
    met = air / u if vg == 0 else -np.expm1(-vg / u * air) / vg
    weight = math.sqrt(2 / math.pi) / sz * np.exp(-0.5 * (t / sz) ** 2)
    return 1.0 / (1.0 + (vd - vg) * float(np.trapezoid(weight * met, t)))


class Size:
    """One size's plume of 1 g/s of a source in an hour, over flat ground."""

    def __init__(
        self, source: Mapping[str, object], hour: isc3.Hour, vd: float, vg: float,
        *, urban: bool = False, depletion: bool = True, corrections: int = 60,
    ) -> None:  # fmt: skip
        self.source, self.hour, self.vd, self.vg = source, hour, vd, vg
        self.urban, self.depletion = urban, depletion
        self.volume = "release_height_m" in source
        name = "release_height_m" if self.volume else "stack_height_m"
        self.u = isc3.wind(float(source[name]), hour, urban)
        self.lid = None if hour.k >= 4 else hour.lid
        self.far = isc3.virtual_distances(source, hour.k, urban) if self.volume else (0.0, 0.0)
        # P by interpolation over sigma_z: it follows from that alone
        self.spreads = np.geomspace(0.3, 5000.0, corrections)
        self.p = [
            corrected(s, hour.k, urban, self.lid, self.u, vd, vg) if depletion else 1.0
            for s in self.spreads
        ]

    def shape(self, x: float) -> tuple[float, float, float, float]:
        """Height before settling, the settled height, sigma_y and sigma_z [m] at `x`."""
        source, hour = self.source, self.hour
        if self.volume:
            h, own = float(source["release_height_m"]), 0.0
        else:
            h, own = isc3.effective_height(source, x, self.u, hour, True, True)
            own /= 3.5
        sy = math.hypot(isc3.sigma_y(x + self.far[0], hour.k, self.urban), own)
        sz = min(math.hypot(isc3.sigma_z(x + self.far[1], hour.k, self.urban), own), 5000.0)
        low = h - self.vg / self.u * x
        if low < 0 and self.depletion:
            sz = min(sz, max(sz + math.sqrt(math.pi / 2) * low, self.least()))
        return h, max(low, 0.0), sy, sz

    def least(self) -> float:
        """Where on Briggs' curve sigma_z grows by as much as settling takes away [m]."""
        a, b, power = BRIGGS[self.urban][self.hour.k]
        c = math.sqrt(math.pi / 2) * self.vg / self.u
        if power >= 0 or c >= a:
            return 2.0
        x = np.geomspace(1e-3, 1e9, 200_001)
        spread = a * x * (1 + b * x) ** power
        slope = np.gradient(spread, x)
        return float(spread[np.argmax(slope < c)])

    def correction(self, sz: float) -> float:
        return float(np.interp(math.log(sz), np.log(self.spreads), self.p))

    def thinned(self, x: float, z: float) -> float:
        """V / sigma_z [1/m] with the profile's correction, without what was lost on the way."""
        h, low, _, sz = self.shape(x)
        if self.lid is not None and h > self.lid:
            return 0.0
        return isc3.vertical(low, z, sz, self.lid) / sz * self.correction(sz)

    def left(self, x: float) -> float:
        """Share of the mass still in the air at `x`, by Simpson's rule in ln x."""
        if not self.depletion or x <= 1.0:
            return 1.0
        at = np.linspace(0.0, math.log(x), 1201)
        values = np.array([math.exp(t) * self.thinned(math.exp(t), ZD) for t in at])
        total = (
            (at[1] - at[0])
            / 3
            * (values[0] + values[-1] + 4 * values[1:-1:2].sum() + 2 * values[2:-1:2].sum())
        )
        return math.exp(-self.vd * total / (math.sqrt(2 * math.pi) * self.u))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Concentration at the ground [ug/m3] and flux to it [g/(m2 s)], downwind of the source."""
        sy = self.shape(x)[2]
        spread = self.left(x) * math.exp(-0.5 * (y / sy) ** 2) / (2 * math.pi * self.u * sy)
        return 1e6 * spread * self.thinned(x, 0.0), spread * self.vd * self.thinned(x, ZD)
