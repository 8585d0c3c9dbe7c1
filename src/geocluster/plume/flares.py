"""Flares as stacks: effective height and diameter from the heat released, as EPA's screening does.

A flame has no stack's mouth: its plume starts at the flame's tip, and what heat the flame radiates
away does not lift it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

JOULES_A_CALORIE = 4.1868
RADIATIVE_LOSS = 0.55
EXIT_VELOCITY_M_S = 20.0
EXIT_TEMPERATURE_K = 1273.0


def flare_stack(
    height_m: ArrayLike, heat_release_w: ArrayLike, radiative_loss: ArrayLike = RADIATIVE_LOSS
) -> dict[str, NDArray]:
    """The stack that stands for a flare.

    With the total heat release H [cal/s] and the share l of it that is radiated away::

        height   = h + 4.56e-3 H^0.478          the flame's tip
        diameter = 9.88e-4 (H (1 - l))^0.5      at 20 m/s and 1273 K

    The diameter is the one that gives the buoyancy flux 1.66e-5 H of the reference (l 0.55, air at
    293 K).

    Parameters
    ----------
    height_m : array_like
        Of the flare's tip above the ground. [m]
    heat_release_w : array_like
        All heat that is set free, above 0. [W]
    radiative_loss : array_like
        The share that is radiated and lifts nothing, 0 to under 1; 0.55 unless known better.

    Returns
    -------
    dict of str to ndarray
        The columns of a stack: ``stack_height_m``, ``stack_diameter_m`` [m], ``exit_velocity_m_s``
        [m/s], ``exit_temperature_k`` [K].

    Raises
    ------
    InputError
        Where heat is not above 0, a height is below 0, or a share is not from 0 to under 1.

    References
    ----------
    US EPA (1995), SCREEN3 Model User's Guide, EPA-454/B-95-004, flare releases; the same in
    AERSCREEN. M. R. Beychok (1979), Fundamentals of Stack Gas Dispersion, for the flame's length.

    Examples
    --------
    >>> stack = flare_stack(30.0, 10e6)
    >>> [round(float(stack[name]), 3) for name in ("stack_height_m", "stack_diameter_m")]
    [35.102, 1.024]
    """
    given = (height_m, heat_release_w, radiative_loss)
    height, heat, loss = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in given))
    faults = []
    if not (height >= 0).all():
        faults.append("a height is below 0 m or missing")
    if not (heat > 0).all():
        faults.append("a heat release is not above 0 W")
    if not ((loss >= 0) & (loss < 1)).all():
        faults.append("a radiative loss is not a share from 0 to under 1")
    if faults:
        raise InputError("flare", faults)
    calories = heat / JOULES_A_CALORIE
    return {
        "stack_height_m": height + 4.56e-3 * calories**0.478,
        "stack_diameter_m": 9.88e-4 * np.sqrt(calories * (1.0 - loss)),
        "exit_velocity_m_s": np.full(height.shape, EXIT_VELOCITY_M_S),
        "exit_temperature_k": np.full(height.shape, EXIT_TEMPERATURE_K),
    }


def flares_as_stacks(sources: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A table of sources with a vertical stack of type point in place of each flare.

    Parameters
    ----------
    sources : GeoDataFrame
        Checked, see `geocluster.tables`; never changed. Where no flare is in it, it is returned.

    Examples
    --------
    >>> import geopandas as gpd
    >>> flare = gpd.GeoDataFrame(
    ...     {"source_type": ["flare"], "stack_height_m": [30.0], "heat_release_mw": [10.0]},
    ...     geometry=gpd.points_from_xy([0.0], [0.0]),
    ... )
    >>> flares_as_stacks(flare)[["source_type", "exit_temperature_k"]].values.tolist()
    [['point', 1273.0]]
    """
    if "source_type" not in sources or not (sources["source_type"] == "flare").any():
        return sources
    flare = (sources["source_type"] == "flare").to_numpy(dtype=bool)
    rows = sources[flare]
    loss = np.full(len(rows), RADIATIVE_LOSS)
    if "radiative_loss" in rows:
        loss = rows["radiative_loss"].fillna(RADIATIVE_LOSS).to_numpy(dtype=float)
    heat = 1e6 * rows["heat_release_mw"].to_numpy(dtype=float)
    stacks = sources.copy()
    for name, own in flare_stack(rows["stack_height_m"], heat, loss).items():
        values = np.full(len(sources), np.nan)
        if name in sources:
            values = sources[name].to_numpy(dtype=float, na_value=np.nan).copy()
        values[flare] = own
        stacks[name] = values
    for name, value in (("source_type", "point"), ("stack_direction", "vertical")):
        if name in stacks:
            stacks[name] = stacks[name].astype(object).where(~flare, value)
    return stacks
