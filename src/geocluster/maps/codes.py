"""Fields as small whole numbers, packed so that a page can carry them and a browser unpack them.

What is above 0 over many orders of magnitude (concentration, burden) is kept in steps of 1 %, off
by at most half of that. Distances are kept to a metre up to `near_m`, rounded down, so that what
is nearer than a whole number of metres stays so; beyond, in steps of 1 % too.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Sequence

import numpy as np

STEP = 1.01
RELATIVE_ERROR = math.sqrt(STEP) - 1
ORDERS = 1e7  # between the highest figure and what counts as nothing
NOTHING_KNOWN = 65_535
LARGEST_NEAR = 50_000


def log_codes(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Figures in steps of 1 %, and the lowest figure that is told from 0.

    Parameters
    ----------
    values : array
        In any unit; below 1e-7 of the highest counts as 0, NaN as not known.

    Returns
    -------
    (array of uint16, float)
        0 for nothing, n for ``floor * 1.01 ** (n - 1)``, 65535 for not known; and the floor.

    Examples
    --------
    >>> codes, floor = log_codes(np.array([0.0, 5.0, 10.0, np.nan]))
    >>> codes.tolist(), floor
    ([0, 1551, 1621, 65535], 1e-06)
    """
    values = np.asarray(values, dtype=float)
    highest = float(np.nanmax(values, initial=0.0))
    floor = float(f"{highest / ORDERS:.3g}") if highest > 0 else 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = 1 + np.rint(np.log(values / floor) / math.log(STEP))
    steps = np.where(np.isfinite(values) & (steps >= 1), steps, 0)
    return np.where(np.isfinite(values), steps, NOTHING_KNOWN).astype(np.uint16), floor


def log_values(codes: np.ndarray, floor: float) -> np.ndarray:
    """What the codes of `log_codes` stand for, as the page decodes them."""
    codes = np.asarray(codes, dtype=float)
    values = np.where(codes == 0, 0.0, floor * STEP ** np.minimum(codes - 1, 5_000))
    return np.where(codes == NOTHING_KNOWN, np.nan, values)


def distance_codes(distance_m: np.ndarray, near_m: int) -> np.ndarray:
    """Distances in whole metres up to `near_m`, rounded down, and in steps of 1 % beyond.

    Parameters
    ----------
    distance_m : array
        Not negative; infinite and NaN are not known. [m]
    near_m : int
        At most 50,000. [m]

    Returns
    -------
    array of uint16

    Examples
    --------
    >>> distance_codes(np.array([0.0, 499.99, 1000.0, 2000.0, np.inf]), 1000).tolist()
    [0, 499, 1000, 1071, 65535]
    """
    distance = np.asarray(distance_m, dtype=float)
    known = np.isfinite(distance)
    far = np.where(known & (distance > near_m), distance, near_m)
    beyond = near_m + 1 + np.rint(np.log(far / near_m) / math.log(STEP))
    codes = np.where(distance > near_m, beyond, np.floor(np.where(known, distance, 0)))
    return np.where(known, codes, NOTHING_KNOWN).astype(np.uint16)


def distances(codes: np.ndarray, near_m: int) -> np.ndarray:
    """What the codes of `distance_codes` stand for, as the page decodes them. [m]"""
    codes = np.asarray(codes, dtype=float)
    beyond = near_m * STEP ** np.minimum(np.maximum(codes - near_m - 1, 0), 5_000)
    return np.where(codes == NOTHING_KNOWN, np.nan, np.where(codes > near_m, beyond, codes))


def pack_planes(planes: Sequence[np.ndarray]) -> str:
    """Planes of one shape as text: differences along rows, deflated, in base64.

    A plane's low bytes come before its high bytes; neighbours are alike, so most are 0.

    Examples
    --------
    >>> plane = np.array([[7, 300], [7, 65535]], dtype=np.uint16)
    >>> bool((unpack_planes(pack_planes([plane]), plane.shape)[0] == plane).all())
    True
    """
    raw = b"".join(_bytes_of(np.asarray(plane, dtype=np.uint16)) for plane in planes)
    return base64.b64encode(zlib.compress(raw, 6)).decode("ascii")


def unpack_planes(text: str, shape: tuple[int, int]) -> list[np.ndarray]:
    """The planes again, as the page unpacks them."""
    raw = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8)
    halves = raw.reshape(-1, 2, *shape).astype(np.uint16)
    steps = halves[:, 0] | halves[:, 1] << np.uint16(8)
    return list(steps.cumsum(axis=2, dtype=np.uint16))


def _bytes_of(plane: np.ndarray) -> bytes:
    steps = np.diff(plane, axis=1, prepend=np.uint16(0))
    return (steps & 255).astype(np.uint8).tobytes() + (steps >> 8).astype(np.uint8).tobytes()
