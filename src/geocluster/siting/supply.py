"""How much suitable land there is below a burden: the supply curve of a region."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError
from geocluster.exposure.burden import intake_fraction
from geocluster.exposure.coverage import Frame
from geocluster.siting.criteria import BURDEN

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

STEPS = 100
HECTARE_M2 = 10_000.0


def supply_curve(
    suitable: xr.Dataset | xr.DataArray, burden: xr.DataArray, *, steps: int = STEPS
) -> pd.DataFrame:
    """Suitable land against burden: so many hectares cost the people no more than this.

    Parameters
    ----------
    suitable : xarray.Dataset or DataArray
        As `suitable_land` returns it, or true where a park may stand, dims (y, x).
    burden : xarray.DataArray
        On the same cells. [persons ug/m3 per g/s]
    steps : int
        Even steps of land, at most; within the first of them a few rows more, since the best land
        is what is looked for. With fewer cells a row a cell.

    Returns
    -------
    DataFrame
        ``burden_persons_ug_m3_per_g_s`` (of the last land taken, best land first),
        ``intake_fraction_ppm`` of it, ``hectares`` with no more than that, ``share_of_land`` (of
        all suitable land), ``mean_burden_persons_ug_m3_per_g_s`` of the land so far, and
        ``times_the_best``, the burden by that of the best cell. Empty where no land is suitable.

    Raises
    ------
    InputError
        Where the two are not on the same cells.

    Examples
    --------
    >>> import xarray as xr
    >>> axes = {"y": [500.0], "x": [500.0, 1500.0, 2500.0]}
    >>> price = xr.DataArray([[30.0, 10.0, 20.0]], dims=("y", "x"), coords=axes)
    >>> land = xr.DataArray([[True, True, False]], dims=("y", "x"), coords=axes)
    >>> price.attrs["cell_m"] = 1000.0
    >>> supply_curve(land, price)[[BURDEN, "hectares"]].values.tolist()
    [[10.0, 100.0], [30.0, 200.0]]
    """
    import pandas as pd

    where = suitable["suitable"] if hasattr(suitable, "data_vars") else suitable
    where = where.transpose("y", "x")
    price = burden.transpose("y", "x")
    if where.shape != price.shape or not all(
        np.array_equal(where[axis].values, price[axis].values) for axis in ("y", "x")
    ):
        raise InputError("burden", "it is not on the cells of the suitable land")
    if steps < 1:
        raise InputError("steps", f"{steps} is not 1 or more")
    frame = Frame.of(price)
    values = np.sort(np.asarray(price.values, dtype=float)[np.asarray(where.values, dtype=bool)])
    rows = _taken(values.size, steps) - 1
    hectares = frame.dx * frame.dy / HECTARE_M2
    best = values[0] if values.size and values[0] > 0 else np.nan
    at = values[rows]
    return pd.DataFrame(
        {
            BURDEN: at,
            "intake_fraction_ppm": intake_fraction(at),
            "hectares": (rows + 1) * hectares,
            "share_of_land": (rows + 1) / max(values.size, 1),
            f"mean_{BURDEN}": np.cumsum(values)[rows] / (rows + 1),
            "times_the_best": at / best,
        }
    )


def _taken(cells: int, steps: int) -> np.ndarray:
    """How many of so many cells each row has taken.

    Examples
    --------
    >>> _taken(3, 100).tolist(), _taken(1000, 4).tolist()
    ([1, 2, 3], [1, 2, 4, 8, 16, 32, 63, 125, 250, 500, 750, 1000])
    """
    if cells == 0:
        return np.empty(0, dtype=int)
    even = np.ceil(np.linspace(0, cells, steps + 1)[1:])
    halved = np.ceil(even[0] / 2.0 ** np.arange(math.floor(math.log2(even[0])) + 1))
    return np.unique(np.concatenate([[1.0], halved, even])).astype(int)
