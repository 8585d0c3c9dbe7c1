"""The surfaces that two runs share, on one grid, and what one of them alone has."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from geocluster.comparing.grids import OneGrid, Raster, onto
from geocluster.comparing.reading import Run

BURDEN, SUITABLE, CONCENTRATION = "burden", "suitable", "concentration"
SUITABLE_CLASS = 1
# <pollutant>_<statistic>: the statistic begins with one of these.
STATISTIC = re.compile(r"^(.+?)_((?:mean|max|min|p\d|h\d|rank|deposition|hours|days).*)$")
CASES = ("_low", "_high")


@dataclass(frozen=True)
class Surface:
    """One quantity of both runs on one grid.

    Parameters
    ----------
    kind : {"concentration", "burden", "suitable"}
        What it is.
    key : str
        The band's name.
    unit : str
        Of its values; none for suitable land, which is 1 or 0.
    a, b : ndarray or None
        Shape (y, x); NaN where unknown, None where a run does not have it.
    pollutant, statistic : str
        Of a concentration.
    """

    kind: str
    key: str
    unit: str
    a: np.ndarray | None
    b: np.ndarray | None
    pollutant: str = ""
    statistic: str = ""

    @property
    def difference(self) -> np.ndarray | None:
        """B minus A; NaN where one of them is unknown."""
        return None if self.a is None or self.b is None else self.b - self.a


def surfaces_of(a: Run, b: Run, common: OneGrid) -> list[Surface]:
    """Concentration by pollutant and statistic, the burden, and suitable land."""
    found = []
    for name in _names(a.concentration, b.concentration):
        parts = STATISTIC.match(name)
        pollutant, statistic = parts.groups() if parts else (name, "")
        unit = a.concentration.units.get(name) or b.concentration.units.get(name) or "ug/m3"
        one, other = (_band(run.concentration, name, common) for run in (a, b))
        found.append(Surface(CONCENTRATION, name, unit, one, other, pollutant, statistic))
    unit = a.burden.units.get(BURDEN) or "persons ug/m3 per g/s"
    one, other = (_band(run.burden, BURDEN, common) for run in (a, b))
    if one is not None or other is not None:
        found.append(Surface(BURDEN, BURDEN, unit, one, other))
    return [*found, Surface(SUITABLE, SUITABLE, "", _suitable(a, common), _suitable(b, common))]


def suitable_ha(run: Run) -> float:
    """Suitable land of a run, on its own grid. [ha]"""
    cells = (first_band(run.suitable) == SUITABLE_CLASS).sum()
    return float(cells * run.suitable.grid.cell**2 / 10_000)


def first_band(raster: Raster) -> np.ndarray:
    """The first band of a raster."""
    return next(iter(raster.bands.values()))


def _suitable(run: Run, common: OneGrid) -> np.ndarray:
    """1 where most of the cell is suitable, else 0; NaN where the run has no cell."""
    own = (first_band(run.suitable) == SUITABLE_CLASS).astype(float)
    share = onto(own, run.suitable.grid, common.grid)
    return np.where(np.isnan(share), np.nan, (share >= 0.5).astype(float))


def _band(raster: Raster, name: str, common: OneGrid) -> np.ndarray | None:
    band = raster.bands.get(name)
    return None if band is None else onto(band, raster.grid, common.grid)


def _names(a: Raster, b: Raster) -> list[str]:
    """Bands of both, those of the first first; low and high cases of a pollutant are left out."""
    names = list(dict.fromkeys([*a.bands, *b.bands]))
    return [name for name in names if not _is_case(name, names)]


def _is_case(name: str, names: list[str]) -> bool:
    parts = STATISTIC.match(name)
    if not parts:
        return False
    pollutant, statistic = parts.groups()
    return any(
        pollutant.endswith(case) and f"{pollutant.removesuffix(case)}_{statistic}" in names
        for case in CASES
    )
