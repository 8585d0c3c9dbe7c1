"""Places about a source in polar form: rings that grow by a factor, angles clockwise from north."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.plume.jit import compiled, inner
from geocluster.plume.lanes import log_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

RING_STEP = 0.06  # in ln r, away from the first ring
ANGLES = 720  # at least
BEND = 0.5  # of the rings of sources that begin sharply at a distance
# A table's lines are longer than its angles, so that four neighbours never wrap.
BEFORE, AFTER = 1, 2


@dataclass(frozen=True)
class Rings:
    """Rings from `first_m` to `reach_m`, at even steps of t: ``ln(r / first) = t^2 / (t + bend)``.

    With a bend of 0 that is even in ln r; with one, rings crowd at the first like squares, since a
    plume that begins there grows like a root.

    Parameters
    ----------
    first_m, reach_m : float
        Radius of the first and of the last ring. [m]
    bend : float
        See above.
    angles : int
        How many directions a ring has, even.

    Examples
    --------
    >>> Rings(1.0, 100.0, 0.0, 720).radii()[[0, -1]]
    array([  1., 100.])
    """

    first_m: float
    reach_m: float
    bend: float
    angles: int

    @property
    def steps(self) -> int:
        """How many rings there are beside the first."""
        return max(math.ceil(self._last() / RING_STEP), 4)

    @property
    def step(self) -> float:
        """From ring to ring, in t."""
        return self._last() / self.steps

    def _last(self) -> float:
        """t of the last ring."""
        return float(position(self.reach_m, self.first_m, self.bend))

    def radii(self) -> NDArray:
        """Radius of each ring. [m]"""
        t = np.arange(self.steps + 1) * self.step
        radii = self.first_m * np.exp(t * t / np.maximum(t + self.bend, 1e-300))
        radii[-1] = self.reach_m
        return radii

    def wrapped(self, table: NDArray) -> NDArray:
        """A table (ring, angle) with the first and last angles repeated across north."""
        return np.concatenate([table[:, -BEFORE:], table, table[:, :AFTER]], axis=1)


@compiled(error_model="numpy")
def position(x: float, first: float, bend: float) -> float:
    """t of a radius [m], see `Rings`; 0 within the first."""
    g = log_of(max(x / first, 1.0))
    return g if bend == 0.0 else 0.5 * (g + math.sqrt(g * g + 4.0 * g * bend))


@inner()
def cubic(f: float) -> tuple[float, float, float, float]:
    """Lagrange's weights of the nodes -1, 0, 1 and 2 at f, from 0 to 1."""
    a, b, c = f + 1.0, f - 1.0, f - 2.0
    return -f * b * c / 6.0, 0.5 * a * b * c, -0.5 * a * f * c, a * f * b / 6.0


@inner()
def _along(line: np.ndarray, at: int, v: tuple) -> float:
    return (
        v[0] * line[at] + v[1] * line[at + 1] + v[2] * line[at + 2] + v[3] * line[at + 3]
    )  # fmt: skip


@compiled(nogil=True, error_model="numpy")
def add_about(
    table: np.ndarray, first: float, reach: float, bend: float, step: float,
    sx: float, sy: float, rates: np.ndarray, px: np.ndarray, py: np.ndarray, mean: np.ndarray,
) -> None:  # fmt: skip
    """Add to (pollutant, place) what a source at (sx, sy) causes, its table in four by four values.

    Values that interpolation makes negative are 0, and so is all within `first` or beyond `reach`.
    """
    last = table.shape[0] - 4
    per_step, per_angle = 1.0 / step, (table.shape[1] - BEFORE - AFTER) / (2.0 * math.pi)
    for i in range(px.size):
        dx, dy = px[i] - sx, py[i] - sy
        r2 = dx * dx + dy * dy
        if r2 < first * first or r2 > reach * reach:
            continue
        t = position(math.sqrt(r2), first, bend) * per_step
        ring = min(max(int(t) - 1, 0), last)
        angle = math.atan2(dx, dy) * per_angle
        if angle < 0.0:
            angle += table.shape[1] - BEFORE - AFTER
        at = min(int(angle), table.shape[1] - 4)
        u, v = cubic(t - ring - 1), cubic(angle - at)
        value = u[0] * _along(table[ring], at, v) + u[1] * _along(table[ring + 1], at, v)
        value += u[2] * _along(table[ring + 2], at, v) + u[3] * _along(table[ring + 3], at, v)
        if value > 0.0:
            for p in range(rates.size):
                mean[p, i] += rates[p] * value
