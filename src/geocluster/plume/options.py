"""How a plume is to be calculated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from geocluster.errors import InputError
from geocluster.plume import columns
from geocluster.plume.deposition import (
    REFERENCE_HEIGHT_M,
    Deposits,
    Gas,
    Particles,
    deposition_faults,
)

LOW_WIND = ("keep", "drop", "raise")
METHODS = ("hourly", "tables")


@dataclass(frozen=True, kw_only=True)
class PlumeOptions:
    """How the plume is calculated; the defaults are the regulatory default of EPA's ISC3.

    Parameters
    ----------
    urban : bool or "by source"
        Urban dispersion curves and wind profile for all sources, or by their column ``urban``.
    final_rise : bool
        The final rise at every distance; False for the gradual rise.
    stack_tip_downwash : bool
        Lower the plume where the gas leaves slower than 1.5 times the wind.
    buoyancy_induced_dispersion : bool
        Widen the plume by its own turbulence while it rises.
    half_life_s : float or None
        Half-life of an exponential decay on the way; None for no decay. [s]
    reach_m : float
        No concentration farther from a source than this. [m]
    low_wind : {"keep", "drop", "raise"}
        Hours of wind under 1 m/s: as they are, with at least 1 m/s at the stack's top ("keep"); as
        calms, as ISC3's preprocessor does ("drop"); or raised to 1 m/s in their own direction,
        calms too ("raise").
    method : {"hourly", "tables"}
        Every hour by itself; or, for means alone, by polar tables about each kind of source, much
        quicker and within some per mille, see docs/plume.md.
    deposition : mapping of str to Particles or Gas, or None
        Which pollutants settle and deposit, and how; an entry counts for the pollutant's cases
        ``_low`` and ``_high`` too. The others do neither.
    depletion : bool
        Whether what is deposited is taken from the plume.
    roughness_m : float
        Roughness length of the ground that particles deposit on, above 0 and below 1. [m]

    Raises
    ------
    InputError
        With every fault at once.

    Examples
    --------
    >>> PlumeOptions(urban=True).final_rise
    True
    """

    urban: bool | str = False
    final_rise: bool = True
    stack_tip_downwash: bool = True
    buoyancy_induced_dispersion: bool = True
    half_life_s: float | None = None
    reach_m: float = 50_000
    low_wind: str = "keep"
    method: str = "hourly"
    deposition: Mapping[str, Particles | Gas] | None = None
    depletion: bool = True
    roughness_m: float = 0.1

    def __post_init__(self) -> None:
        faults = []
        if self.urban not in (True, False, "by source"):
            faults.append(f"urban is {self.urban!r}: allowed are True, False and 'by source'")
        for name in (
            "final_rise",
            "stack_tip_downwash",
            "buoyancy_induced_dispersion",
            "depletion",
        ):
            if getattr(self, name) not in (True, False):
                faults.append(f"{name} is {getattr(self, name)!r}: allowed are True and False")
        if not 0 < self.reach_m < math.inf:
            faults.append(f"reach_m is {self.reach_m!r}: give metres above 0")
        if self.half_life_s is not None and not self.half_life_s > 0:
            faults.append(f"half_life_s is {self.half_life_s!r}: give seconds above 0, or None")
        if self.low_wind not in LOW_WIND:
            faults.append(f"low_wind is {self.low_wind!r}: allowed are {', '.join(LOW_WIND)}")
        if self.method not in METHODS:
            faults.append(f"method is {self.method!r}: allowed are {', '.join(METHODS)}")
        if not 0 < self.roughness_m < REFERENCE_HEIGHT_M:
            faults.append(f"roughness_m is {self.roughness_m!r}: give metres above 0 and below 1")
        faults += deposition_faults(self.deposition)
        if faults:
            raise InputError("PlumeOptions", faults)
        deposits = Deposits(self.deposition) if self.deposition else None
        object.__setattr__(self, "deposition", deposits)

    @property
    def deposits(self) -> Deposits:
        """What deposits, and how; empty where nothing does."""
        return self.deposition if isinstance(self.deposition, Deposits) else Deposits({})


DEFAULT = PlumeOptions()


def option_bits(options: PlumeOptions) -> int:
    """The options that the kernel knows, one bit each."""
    return (
        columns.FINAL_RISE * bool(options.final_rise)
        + columns.TIP_DOWNWASH * bool(options.stack_tip_downwash)
        + columns.BUOYANCY_INDUCED * bool(options.buoyancy_induced_dispersion)
    )


def options_in_words(options: PlumeOptions) -> dict[str, Any]:
    """The options as plain values that any file can hold.

    Examples
    --------
    >>> words = options_in_words(PlumeOptions(deposition={"so2": Gas(0.005)}))
    >>> words["deposition"], words["half_life_s"], words["depletion"]
    ('so2: gas 0.005 m/s', 'none', 1)
    """
    used = asdict(replace(options, deposition=None)) | {"deposition": options.deposition}
    plain = {True: 1, False: 0, None: "none"}
    return {
        key: plain[value] if value is None or isinstance(value, bool)
        else str(value) if isinstance(value, Deposits) else value
        for key, value in used.items()
    }  # fmt: skip
