"""Stability classes from the Obukhov length and the roughness of the ground, after Golder.

The lines between the classes are those of CTDMPLUS (its routine LSTAB), which CALPUFF and EPA's
MMIF use as well: straight lines in the logarithm of the roughness, fitted to figure 5 of [1]_.
Grade: the coefficients are read in EPA's code [2]_, the paper itself was not read.

References
----------
.. [1] Golder, D. (1972), Relations among stability parameters in the surface layer,
   Boundary-Layer Meteorology 3, 47-58.
.. [2] U.S. EPA, Mesoscale Model Interface Program (MMIF) 4.1.1, subroutine pg_golder.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUGHNESS_M = (0.01, 0.5)  # the lines hold between these; beyond them the nearer one counts
# L at the line = first / (ln z0 - second), with z0 in m and L in m.
UNSTABLE_LINES = ((70.0, 4.350), (85.2, 0.502), (245.0, 0.050))  # A|B, B|C, C|D
STABLE_LINES = ((-327.0, 0.627), (-70.0, 0.295))  # D|E, E|F


def stability_golder(obukhov: npt.ArrayLike, roughness: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Stability from the Obukhov length and the roughness length.

    Parameters
    ----------
    obukhov : array_like
        Obukhov length: negative where unstable, infinite where neutral, NaN where unknown. [m]
    roughness : array_like
        Roughness length of the ground about the station. [m]

    Returns
    -------
    ndarray of float
        1 to 6 for A to F; NaN where either is unknown, or the length is 0.

    Examples
    --------
    >>> stability_golder([-5, -20, -60, -900, 900, 50, 10], 0.1).tolist()
    [1.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0]
    """
    length, rough = np.broadcast_arrays(
        np.asarray(obukhov, dtype=float), np.asarray(roughness, dtype=float)
    )
    known = ~np.isnan(length) & (length != 0) & (rough > 0)
    log = np.log(np.clip(np.where(known, rough, 0.1), *ROUGHNESS_M))
    below = [length < first / (log - second) for first, second in UNSTABLE_LINES]
    unstable = 1 + np.sum(below, axis=0)
    stable = 6 - np.sum(
        [length >= first / (log - second) for first, second in STABLE_LINES], axis=0
    )
    return np.asarray(np.where(known, np.where(length < 0, unstable, stable), np.nan))
