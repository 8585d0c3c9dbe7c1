"""What settles and deposits on the ground: particles by size, gases by a velocity; ISC3's [1]_.

References
----------
.. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
   volume II, EPA-454/B-95-003b, section 1.3; constants as in EPA's programs ISCST3 and AERMOD,
   routines VDP1 and VDP.
.. [2] Golder, D. (1972), Relations among stability parameters in the surface layer, Boundary-Layer
   Meteorology 3, 47-58; as 1/L = a + b log10 z0 in Seinfeld, J. H. and Pandis, S. N. (2006),
   Atmospheric Chemistry and Physics, 2nd ed., eq. 16.83.
.. [3] Byun, D. W. and Dennis, R. (1995), Design artifacts in Eulerian air quality models,
   Atmospheric Environment 29, 105-126.
.. [4] Dyer, A. J. (1974), A review of flux-profile relationships, Boundary-Layer Meteorology 7,
   363-372.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError
from geocluster.plume.rise import GRAVITY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

REFERENCE_HEIGHT_M = 1.0  # where the flux is reckoned (ISCST3 since 1997)
VON_KARMAN = 0.4
LEAST_OBUKHOV_M = 1.0
LEAST_FRICTION_M_S = 1e-9

FREE_PATH_CM = 6.5e-6
SLIP = (1.257, 0.4, 0.55)
AIR_DENSITY_G_CM3 = 1.2e-3
VISCOSITY_G_CM_S = 1.81e-4
KINEMATIC_CM2_S = 0.15
DIFFUSION = 8.09e-10  # k / (3 pi mu), of T [K] over d [um], in cm2/s
AIR_K = 293.15
SCHMIDT_POWER = -0.667
PHORETIC_M_S = 1e-4  # heat and vapour drive small particles to the ground

# [2]: 1/L = a + b log10 z0, z0 in m, for classes A to F.
GOLDER = np.array(
    [
        [-0.096, 0.029],
        [-0.037, 0.029],
        [-0.002, 0.018],
        [0.0, 0.0],
        [0.004, -0.018],
        [0.035, -0.036],
    ]
)
LARGEST_UM = 1000.0
SMALLEST_UM = 0.001


@dataclass(frozen=True)
class Particles:
    """A pollutant made of particles of several sizes, each settling as a plume of its own.

    Parameters
    ----------
    diameter_um : sequence of float
        Mass-mean diameter of each size, 0.001 to 1000. [um]
    mass_fraction : sequence of float
        Share of each size in the emission; they sum to 1.
    density_g_cm3 : float or sequence of float
        Density of the particles, of all sizes or of each, 0.01 to 25. [g/cm3]

    Raises
    ------
    InputError
        With every fault at once.

    Examples
    --------
    >>> dust = Particles(diameter_um=(2.5, 10.0), mass_fraction=(0.3, 0.7), density_g_cm3=2.0)
    >>> str(dust)
    'particles of 2.5, 10 um'
    >>> dust.fall_m_s.round(4)
    array([0.0004, 0.0061])
    """

    diameter_um: tuple[float, ...]
    mass_fraction: tuple[float, ...]
    density_g_cm3: tuple[float, ...]

    def __init__(
        self,
        diameter_um: float | Sequence[float],
        mass_fraction: float | Sequence[float],
        density_g_cm3: float | Sequence[float] = 1.0,
    ) -> None:
        faults: list[str] = []
        diameter = _numbers(diameter_um, "diameter_um", SMALLEST_UM, LARGEST_UM, faults)
        fraction = _numbers(mass_fraction, "mass_fraction", 0.0, 1.0, faults)
        density = _numbers(density_g_cm3, "density_g_cm3", 0.01, 25.0, faults)
        if len(density) == 1:
            density = density * max(len(diameter), 1)
        lengths = {"mass_fraction": len(fraction), "density_g_cm3": len(density)}
        faults += [
            f"{name} has {number} values for {len(diameter)} diameters: give one each"
            for name, number in lengths.items()
            if diameter and number and number != len(diameter)
        ]
        if fraction and abs(math.fsum(fraction) - 1.0) > 1e-6:
            faults.append(f"mass_fraction sums to {math.fsum(fraction):g}: it must sum to 1")
        if faults:
            raise InputError("Particles", faults)
        object.__setattr__(self, "diameter_um", diameter)
        object.__setattr__(self, "mass_fraction", fraction)
        object.__setattr__(self, "density_g_cm3", density)

    @property
    def fall_m_s(self) -> NDArray:
        """Settling velocity of each size. [m/s]"""
        return settling_velocity(self.diameter_um, self.density_g_cm3)

    def velocity(self, friction_m_s: NDArray, obukhov_m: NDArray, roughness_m: float) -> NDArray:
        """(hour, size): deposition velocity. [m/s]"""
        return deposition_velocity(
            self.diameter_um,
            self.density_g_cm3,
            friction_m_s[:, None],
            obukhov_m[:, None],
            roughness_m,
        )

    def __str__(self) -> str:
        return f"particles of {', '.join(f'{d:g}' for d in self.diameter_um)} um"


@dataclass(frozen=True)
class Gas:
    """A gas that the ground takes up at a given velocity.

    Parameters
    ----------
    velocity_m_s : float
        Deposition velocity, 0 to 1. [m/s]

    Raises
    ------
    InputError
        Where the velocity is out of its range.

    Examples
    --------
    >>> str(Gas(0.005))
    'gas 0.005 m/s'
    """

    velocity_m_s: float

    def __post_init__(self) -> None:
        faults: list[str] = []
        numbers = _numbers(self.velocity_m_s, "velocity_m_s", 0.0, 1.0, faults)
        if not faults and len(numbers) != 1:
            faults.append("velocity_m_s has several values: give one")
        if faults:
            raise InputError("Gas", faults)
        object.__setattr__(self, "velocity_m_s", numbers[0])

    @property
    def mass_fraction(self) -> tuple[float, ...]:
        """All of it is of one kind."""
        return (1.0,)

    @property
    def fall_m_s(self) -> NDArray:
        """A gas does not settle. [m/s]"""
        return np.zeros(1)

    def velocity(self, friction_m_s: NDArray, obukhov_m: NDArray, roughness_m: float) -> NDArray:
        """(hour, 1): the one velocity. [m/s]"""
        return np.full((friction_m_s.size, 1), self.velocity_m_s)

    def __str__(self) -> str:
        return f"gas {self.velocity_m_s:g} m/s"


class Deposits(Mapping[str, "Particles | Gas"]):
    """Which pollutants deposit, and how: a mapping that does not change and can be hashed.

    Examples
    --------
    >>> deposits = Deposits({"so2": Gas(0.005)})
    >>> str(deposits), str(deposits.kind_of("so2_low")), deposits.kind_of("nox")
    ('so2: gas 0.005 m/s', 'gas 0.005 m/s', None)
    """

    def __init__(self, kinds: Mapping[str, Particles | Gas]) -> None:
        self._kinds = tuple(kinds.items())

    def __getitem__(self, name: str) -> Particles | Gas:
        return dict(self._kinds)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._kinds))

    def __len__(self) -> int:
        return len(self._kinds)

    def __hash__(self) -> int:
        return hash(frozenset(self._kinds))

    def __str__(self) -> str:
        return "; ".join(f"{name}: {kind}" for name, kind in self._kinds)

    def __repr__(self) -> str:
        return f"Deposits({dict(self._kinds)!r})"

    def kind_of(self, pollutant: str) -> Particles | Gas | None:
        """How a pollutant deposits; its cases ``_low`` and ``_high`` as it does itself."""
        for name in (pollutant, pollutant.removesuffix("_low").removesuffix("_high")):
            if name in self:
                return self[name]
        return None


def deposition_faults(deposition: Any) -> list[str]:
    """What is wrong with the option `deposition`; empty where it can be used."""
    if deposition is None:
        return []
    if not isinstance(deposition, Mapping):
        return ["deposition: give a mapping from pollutants to Particles or Gas, or None"]
    return [
        f"deposition of {name!r} is {kind!r}: give Particles or Gas"
        for name, kind in deposition.items()
        if not isinstance(kind, Particles | Gas)
    ]


def settling_velocity(diameter_um: ArrayLike, density_g_cm3: ArrayLike) -> NDArray:
    """Stokes' settling velocity with the slip of small particles. [m/s]

    ``(rho - rho_air) g d^2 S / (18 mu)`` with ``S = 1 + 2 x (1.257 + 0.4 exp(-0.55 d / x)) / d``
    and x the free path in air ([1]_). Over some 70 um it is too high, as
    Stokes' law is, and as ISC3 is.

    Examples
    --------
    >>> settling_velocity([1.0, 10.0, 100.0], 1.0).round(5)
    array([3.0000e-05, 3.0600e-03, 3.0112e-01])
    """
    d = 1e-4 * np.asarray(diameter_um, dtype=float)
    excess = np.maximum(np.asarray(density_g_cm3, dtype=float) - AIR_DENSITY_G_CM3, 0.0)
    return excess * GRAVITY * d**2 * _slip(d) / (18.0 * VISCOSITY_G_CM_S)


def deposition_velocity(
    diameter_um: ArrayLike,
    density_g_cm3: ArrayLike,
    friction_m_s: ArrayLike,
    obukhov_m: ArrayLike,
    roughness_m: float,
) -> NDArray:
    """Deposition velocity of particles at 1 m above the ground. [m/s]

    ``1 / (r_a + r_d + r_a r_d v_g) + v_g + 1e-4`` with the layer's resistance
    ``r_d = 1 / ((Sc^(-2/3) + 10^(-3/St)) u*)`` ([1]_); the last term stands for what heat and
    vapour bring down.

    Parameters
    ----------
    diameter_um, density_g_cm3 : array_like
        Of the particles. [um], [g/cm3]
    friction_m_s, obukhov_m : array_like
        Friction velocity [m/s] and Obukhov length [m], over 0 where the air is stable.
    roughness_m : float
        Roughness length of the ground, below 1. [m]

    Returns
    -------
    ndarray
        In the broadcast shape.

    Examples
    --------
    >>> deposition_velocity([0.3, 10.0], 1.0, 0.3, np.inf, 0.1).round(4)
    array([0.0002, 0.0094])
    """
    d = 1e-4 * np.asarray(diameter_um, dtype=float)
    friction = np.maximum(np.asarray(friction_m_s, dtype=float), LEAST_FRICTION_M_S)
    fall = settling_velocity(diameter_um, density_g_cm3)
    schmidt = KINEMATIC_CM2_S / (DIFFUSION * AIR_K * _slip(d) / (1e4 * d))
    with np.errstate(divide="ignore", over="ignore"):
        stokes = fall / GRAVITY * friction**2 / (1e-4 * KINEMATIC_CM2_S)
        impaction = np.where(stokes > 0, 10.0 ** (-3.0 / stokes), 0.0)
    layer = 1.0 / (friction * (schmidt**SCHMIDT_POWER + impaction))
    air = air_resistance(friction, obukhov_m, roughness_m)
    return 1.0 / (air + layer + air * layer * fall) + fall + PHORETIC_M_S


def air_resistance(
    friction_m_s: ArrayLike, obukhov_m: ArrayLike, roughness_m: float
) -> NDArray:  # fmt: skip
    """Aerodynamic resistance from 1 m down to the roughness length ([1]_, [3]_). [s/m]

    Stable ``(ln(z_d/z_0) + 4.7 z_d/L) / (k u*)``; unstable
    ``ln((2 + a - 2 (1+a)^(1/2)) (2 + b + 2 (1+b)^(1/2)) / (a b)) / (k u*)`` with
    ``a = 16 z_d/|L|``, ``b = 16 z_0/|L|``. \\|L\\| is at least 1 m.

    Examples
    --------
    >>> air_resistance(0.3, [1e9, -1e9, -10.0], 0.1).round(3)
    array([19.188, 19.188, 15.366])
    """
    friction = np.maximum(np.asarray(friction_m_s, dtype=float), LEAST_FRICTION_M_S)
    length = np.asarray(obukhov_m, dtype=float)
    size = np.maximum(np.abs(length), LEAST_OBUKHOV_M)
    stable = math.log(REFERENCE_HEIGHT_M / roughness_m) + 4.7 * REFERENCE_HEIGHT_M / size
    high, low = 16.0 * REFERENCE_HEIGHT_M / size, 16.0 * roughness_m / size
    # (2 + a - 2 (1+a)^(1/2)) / a is ((1+a)^(1/2) - 1)^2 / a = a / ((1+a)^(1/2) + 1)^2
    top, foot = np.sqrt(1.0 + high) + 1.0, np.sqrt(1.0 + low) + 1.0
    unstable = math.log(REFERENCE_HEIGHT_M / roughness_m) + 2.0 * np.log(foot / top)
    return np.where(length >= 0.0, stable, unstable) / (VON_KARMAN * friction)


def obukhov_length(k: NDArray, roughness_m: float) -> NDArray:
    """Obukhov length by stability class (0 to 5 for A to F) and roughness [2]_; inf where neutral.

    Examples
    --------
    >>> obukhov_length(np.array([0, 3, 5]), 0.1).round(1)
    array([-8. ,  inf, 14.1])
    """
    inverse = GOLDER[k, 0] + GOLDER[k, 1] * math.log10(roughness_m)
    with np.errstate(divide="ignore"):
        return np.where(inverse == 0.0, np.inf, 1.0 / inverse)


def friction_velocity(
    speed_m_s: ArrayLike, height_m: float, obukhov_m: ArrayLike, roughness_m: float
) -> NDArray:
    """Friction velocity from the wind at one height by the profiles of [4]_. [m/s]

    ``k u / (ln(z/z_0) - psi(z/L) + psi(z_0/L))``; psi is ``-4.7 z/L`` where stable, the integral of
    ``(1 - 16 z/L)^(-1/4)`` where unstable.

    Examples
    --------
    >>> friction_velocity(5.0, 10.0, [np.inf, -8.0, 14.1], 0.1).round(3)
    array([0.434, 0.585, 0.253])
    """
    if height_m <= roughness_m:
        raise InputError("weather", f"the wind at {height_m:g} m is within the roughness length")
    length = np.asarray(obukhov_m, dtype=float)
    least = np.where(length >= 0.0, LEAST_OBUKHOV_M, -LEAST_OBUKHOV_M)
    length = np.where(np.abs(length) < LEAST_OBUKHOV_M, least, length)
    profile = (
        math.log(height_m / roughness_m) - _psi(height_m / length) + _psi(roughness_m / length)
    )
    return VON_KARMAN * np.asarray(speed_m_s, dtype=float) / profile


def _psi(ratio: NDArray) -> NDArray:
    x = (1.0 - 16.0 * np.minimum(ratio, 0.0)) ** 0.25
    unstable = (
        2.0 * np.log(0.5 * (1.0 + x))
        + np.log(0.5 * (1.0 + x**2))
        - 2.0 * np.arctan(x)
        + 0.5 * math.pi
    )
    return np.where(ratio >= 0.0, -4.7 * ratio, unstable)


def _slip(d_cm: NDArray) -> NDArray:
    a1, a2, a3 = SLIP
    return 1.0 + 2.0 * FREE_PATH_CM * (a1 + a2 * np.exp(-a3 * d_cm / FREE_PATH_CM)) / d_cm


def _numbers(
    given: Any, name: str, lower: float, upper: float, faults: list[str]
) -> tuple[float, ...]:
    """The values as a tuple; none where something is wrong with them, which the faults then say."""
    several = isinstance(given, Sequence | np.ndarray) and not isinstance(given, str)
    try:
        values = tuple(float(value) for value in (given if several else [given]))
    except (TypeError, ValueError):
        faults.append(f"{name} is {given!r}: give numbers")
        return ()
    if not values:
        faults.append(f"{name} is empty: give at least one value")
    bad = [f"{value:g}" for value in values if not lower <= value <= upper]
    if bad:
        faults.append(f"{name} is {', '.join(bad)}: {lower:g} to {upper:g} is allowed")
        return ()
    return values
