"""The mean concentration about one source, as a function of place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from geocluster.plume.field import job_of
from geocluster.plume.options import DEFAULT, PlumeOptions

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray


def mean_about(
    source: gpd.GeoDataFrame,
    pollutant: str,
    weather: xr.Dataset,
    *,
    options: PlumeOptions = DEFAULT,
) -> Callable[[NDArray, NDArray], NDArray]:
    """What a source causes at any places, its tables and checks made once.

    Parameters
    ----------
    source : GeoDataFrame
        As in `geocluster.concentration`, without a CRS; of as many rows as wanted.
    pollutant : str
        One that `source` has.
    weather, options
        As in `geocluster.concentration`.

    Returns
    -------
    callable
        ``at(x, y)`` [m] gives the mean, in the shape of x [ug/m3].

    Raises
    ------
    TableError, InputError
        As `geocluster.concentration`.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> dust = {"source_type": "volume", "release_height_m": 10.0, "initial_sigma_y_m": 20.0,
    ...         "initial_sigma_z_m": 5.0, "emission_dust_g_s": 1.0}
    >>> works = gpd.GeoDataFrame([dust], geometry=gpd.points_from_xy([0.0], [0.0]))
    >>> hour = {"wind_speed_m_s": 3.0, "wind_from_deg": 270.0, "stability": 4,
    ...         "mixing_height_m": 800.0, "temperature_k": 290.0}
    >>> weather = xr.Dataset({name: ("hour", [value]) for name, value in hour.items()})
    >>> at = mean_about(works, "dust", weather, options=PlumeOptions(method="tables"))
    >>> at(np.array([1000.0, -1000.0]), np.zeros(2)).round(1)
    array([35.2,  0. ])
    """
    import geopandas as gpd

    nowhere = gpd.GeoDataFrame(geometry=gpd.points_from_xy([], []))
    job = job_of(source, nowhere, weather, [pollutant], ["mean"], options)

    def at(x: NDArray, y: NDArray) -> NDArray:
        values = job.at(x.ravel(), y.ravel(), np.zeros(x.size))["mean"][0]
        return values.reshape(x.shape)

    return at
