"""Colours of surfaces: ramps of even lightness, and class breaks in the steps 1, 2, 5."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

# From light to dark, so that they also read in grey and to the colour-blind.
RAMPS: dict[str, tuple[str, ...]] = {
    "concentration": ("#fdf3bf", "#fdc96b", "#f58d4d", "#dd4d5b", "#a52673", "#641772", "#2b0b45"),
    "burden": ("#def2e3", "#a6dbc4", "#63bbb4", "#3594a8", "#2a6a97", "#2a4480", "#1e2052"),
}
MOST_CLASSES = 8
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(colour: str) -> np.ndarray:
    """Lightness and two hues of a colour ``#rrggbb`` in OKLab (Ottosson 2020)."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _LAB @ np.cbrt(_LMS @ linear)


def ramp(name: str, count: int) -> list[str]:
    """`count` colours of a ramp, from light to dark in even steps of lightness.

    Examples
    --------
    >>> ramp("concentration", 2)
    ['#fdf3bf', '#2b0b45']
    """
    anchors = np.array([oklab(colour) for colour in RAMPS[name]])
    lightness = np.linspace(anchors[0, 0], anchors[-1, 0], count) if count > 1 else anchors[3:4, 0]
    at = np.interp(-lightness, -anchors[:, 0], np.arange(len(anchors)))
    parts = [np.interp(at, np.arange(len(anchors)), anchors[:, i]) for i in range(3)]
    return [_hex(lab) for lab in np.stack(parts, axis=1)]


def _hex(lab: np.ndarray) -> str:
    linear = np.linalg.solve(_LMS, np.linalg.solve(_LAB, lab) ** 3).clip(0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(c)):02x}" for c in rgb.clip(0, 1))


def class_breaks(highest: float, most: int = MOST_CLASSES) -> list[float]:
    """Lower ends of classes in the steps 1, 2, 5 of each decade, the last below `highest`.

    Examples
    --------
    >>> class_breaks(47.0)
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    >>> class_breaks(0.0)
    []
    """
    if not (math.isfinite(highest) and highest > 0):
        return []
    return [step for step in one_two_five(highest / 1e4, highest) if step < highest][-most:]


def classes_by_limit(highest: float, limit: float) -> tuple[list[float], list[int], int]:
    """Breaks from a hundredth of a limit, and the place of each in a ramp shared by all pollutants.

    So a depth of colour means the same share of the limit on every surface: what stays far below
    its limit stays pale. The ramp ends at five times the limit.

    Returns
    -------
    (list of float, list of int, int)
        Breaks below `highest`, the place of each class in the ramp, and the ramp's length.

    Examples
    --------
    >>> classes_by_limit(2.3, 20.0)
    ([0.2, 0.5, 1.0, 2.0], [0, 1, 2, 3], 9)
    """
    steps = one_two_five(limit / 100 * 0.999, limit * 5 * 1.001)
    breaks = [step for step in steps if step < highest]
    if len(breaks) < 2:
        breaks = class_breaks(highest, 2)
    return breaks, list(range(len(breaks))), len(steps)


def one_two_five(lowest: float, highest: float) -> list[float]:
    """The steps 1, 2, 5 of each decade from `lowest` to `highest`.

    Examples
    --------
    >>> one_two_five(0.1, 3)
    [0.1, 0.2, 0.5, 1.0, 2.0]
    """
    decades = range(math.floor(math.log10(lowest)), math.floor(math.log10(highest)) + 1)
    steps = (float(f"{lead}e{power}") for power in decades for lead in (1, 2, 5))
    return [step for step in steps if lowest <= step <= highest]


def class_index(values: np.ndarray, breaks: Sequence[float]) -> np.ndarray:
    """The class of each value: 0 below the first break or where it is missing, then 1, 2, ...

    Examples
    --------
    >>> class_index(np.array([0.5, 1.0, 3.0, np.nan]), [1.0, 2.0]).tolist()
    [0, 1, 2, 0]
    """
    known = np.where(np.isfinite(values), values, -math.inf)
    return np.searchsorted(np.asarray(breaks, dtype=float), known, side="right").astype(np.uint8)
