"""What the integration over areas needs: two rules of quadrature and a tail of probability."""

from __future__ import annotations

import math

import numpy as np

from geocluster.plume.jit import compiled

# Gauss's rules of 7 and 3 points within Kronrod's of 15 and 7, on -1 to 1: nodes from 0 up, their
# weights by Kronrod, and those of every second by Gauss.
_RULES = (
    (
        (
            0.0, 0.207784955007898467600689403773, 0.405845151377397166906606412077,
            0.586087235467691130294144691693, 0.741531185599394439863864773281,
            0.864864423359769072789712788641, 0.949107912342758524526189684048,
            0.991455371120812639206854697526,
        ),
        (
            0.209482141084727828012999174892, 0.204432940075298892414161999235,
            0.190350578064785409913256402421, 0.169004726639267902826583426599,
            0.140653259715525918745189590510, 0.104790010322250183839876322542,
            0.063092092629978553290700663189, 0.022935322010529224963732008059,
        ),
        (
            0.417959183673469387755102040816, 0.381830050505118944950369775489,
            0.279705391489276667901467771424, 0.129484966168869693270611432679,
        ),
    ),
    (
        (
            0.0, 0.434243749346802558002071502845, 0.774596669241483377035853079956,
            0.960491268708020283423507092629,
        ),
        (
            0.450916538658474142345110087046, 0.401397414775962222905051818618,
            0.268488089868333440728569280667, 0.104656226026467265193823857192,
        ),
        (0.888888888888888888888888888889, 0.555555555555555555555555555556),
    ),
)  # fmt: skip
MOST_NODES = 15
SIZES = np.array([15, 7])


def _filled(half: list[float], sign: float) -> list[float]:
    """A rule from -1 to 1 from its half, filled up with zeros."""
    whole = [sign * value for value in half[:0:-1]] + half
    return whole + [0.0] * (MOST_NODES - len(whole))


def _by_gauss(nodes: tuple, weights: tuple) -> list[float]:
    """Gauss's weights at Kronrod's nodes: 0 at every second, 0 itself is one of Gauss's."""
    return [0.0 if n % 2 else weights[n // 2] for n in range(len(nodes))]


# (rule, node), the wide rule first.
NODES = np.array([_filled(list(rule[0]), -1.0) for rule in _RULES])
KRONROD = np.array([_filled(list(rule[1]), 1.0) for rule in _RULES])
GAUSS = np.array([_filled(_by_gauss(rule[0], rule[2]), 1.0) for rule in _RULES])

TAIL_END = 6.5
_T = np.arange(16 * int(TAIL_END + 1)) / 16.0
_TAIL = np.array([0.5 * math.erfc(t / math.sqrt(2.0)) for t in _T])
_BELL = np.exp(-0.5 * _T * _T) / math.sqrt(2.0 * math.pi)


@compiled()
def upper_tail(t: float) -> float:
    """The normal distribution above `t` >= 0, to 1e-6 of itself; 0 above 6.5.

    A table in steps of 1/16 and Taylor between.
    """
    if t >= TAIL_END:
        return 0.0
    step = int(16.0 * t + 0.5)
    at = 0.0625 * step
    r = t - at
    square = at * at
    series = r * (
        1.0
        + r
        * (
            -at / 2
            + r * ((square - 1.0) / 6 + r * (at * (3.0 - square) / 24 + r * _fifth(square) / 120))
        )
    )
    return _TAIL[step] - _BELL[step] * series


@compiled()
def _fifth(square: float) -> float:
    """The fourth Hermite polynomial, by the square of its argument."""
    return (square - 6.0) * square + 3.0
