"""The maximum single concentration after OND-86: tables and xarray around the equations."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.plume.arrays import chosen_pollutants, point_coordinates
from geocluster.plume.ond86 import EDITIONS
from geocluster.plume.ond86_table import SourceTable
from geocluster.region import metric_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

STATISTIC = "max_20min"


def ond86(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    *,
    ambient_temperature_c: float,
    pollutants: str | Sequence[str] | None = None,
    a_coefficient: float | None = None,
    terrain_factor: float = 1.0,
    settling_factor: float | Mapping[str, float] | None = None,
    highest_wind_m_s: float = 12.0,
    edition: str = "ond-86",
) -> xr.Dataset:
    """Maximum single (20-30 minutes) concentration in the worst wind, by OND-86 or MRR-2017.

    The method by which permits are given in the region [1]_ [2]_: no weather is asked for, the
    wind is looked for (direction and speed, each receptor and pollutant its own) in which the sum
    over sources is highest. It is no hourly mean and no annual one, and is compared with the
    single-time maximum allowable concentration alone. docs/ond86.md has formulas and limits.

    Parameters
    ----------
    sources : GeoDataFrame
        Rows of type point, or volume: taken as cold and without a jet, at its release height. An
        optional column ``cleaned_share`` (0 to 1) decides F of dust.
    receptors : xarray.DataArray or GeoDataFrame
        A grid (y, x) of cell centres [m] with attrs ``crs``, or points.
    ambient_temperature_c : float
        The norm's T_v: the mean daily maximum of the hottest month; for boilers that only heat,
        the mean of the coldest. [C]
    pollutants : str or sequence of str, optional
        All that `sources` has, without greenhouse gases, unless told.
    a_coefficient : float, optional
        A of the norm. Unless told, by each source's latitude and in Central Asia only: 200, and
        250 south of 40 N.
    terrain_factor : float
        eta of the norm, 1 where the ground rises by no more than 50 m a km.
    settling_factor : float or mapping of str to float, optional
        F for all or by pollutant, 1 to 3; unless told, see `ond86_table.settling_factor_of`.
    highest_wind_m_s : float
        u* of the norm, the speed exceeded in 5 % of the time; the search runs from 0.5 to it. [m/s]
    edition : {"ond-86", "mrr-2017"}
        They differ in s1 beyond 8 x_m.

    Returns
    -------
    xarray.Dataset
        ``max_20min`` [ug/m3] (that is 1000 times the norm's mg/m3), dims (pollutant, y, x) or
        (pollutant, receptor), with coordinates ``worst_wind_from_deg`` [degree] and
        ``worst_wind_speed_m_s``, NaN where nothing arrives. Attrs: those of the grid and all
        that was chosen.

    Raises
    ------
    TableError, InputError, CRSError
        Area and line sources, stacks that do not blow upwards, and whatever cannot be used.

    References
    ----------
    .. [1] Goskomgidromet (1987), OND-86, Leningrad: Gidrometeoizdat.
    .. [2] Minprirody of Russia, order 273 of 6 June 2017 (MRR-2017).

    Examples
    --------
    The boiler house of OND-86, appendix 3, example 1, where its SO2 is highest:

    >>> import geopandas as gpd
    >>> boiler = gpd.GeoDataFrame(
    ...     {
    ...         "stack_height_m": [35.0],
    ...         "stack_diameter_m": [1.4],
    ...         "exit_velocity_m_s": [7.0],
    ...         "exit_temperature_k": [398.15],
    ...         "emission_so2_g_s": [12.0],
    ...     },
    ...     geometry=gpd.points_from_xy([0.0], [0.0]),
    ... )
    >>> place = gpd.GeoDataFrame(geometry=gpd.points_from_xy([430.4], [0.0]))
    >>> field = ond86(boiler, place, ambient_temperature_c=25.0, a_coefficient=200.0)
    >>> field["max_20min"].values.round(1)
    array([[186.4]])
    >>> field["worst_wind_from_deg"].values, field["worst_wind_speed_m_s"].values.round(1)
    (array([[270.]]), array([[2.2]]))
    """
    import xarray as xr

    _check_numbers(ambient_temperature_c, a_coefficient, terrain_factor, highest_wind_m_s, edition)
    chosen = chosen_pollutants(sources, pollutants)
    crs = _crs_of(receptors)
    if sources.crs is not None:
        sources = sources.to_crs(crs or metric_crs(sources.crs, "sources"))
    table = SourceTable(
        sources, ambient_temperature_c, a_coefficient, terrain_factor, settling_factor
    )
    x, y, dims, coords = _places(receptors)
    found = np.stack([
        _worst(table.columns_of(name), np.column_stack([x, y]), highest_wind_m_s, edition)
        for name in chosen
    ])  # fmt: skip
    shape = (len(chosen), *(coords[name].size for name in dims))
    arrived = found[:, :, 0] > 0.0
    blows_to = np.degrees(found[:, :, 1])
    from_deg = np.where(arrived, np.round(270.0 - blows_to, 9) % 360.0, np.nan)
    speed = np.where(arrived, found[:, :, 2], np.nan)
    every = ("pollutant", *dims)
    field = xr.Dataset(
        {STATISTIC: (every, found[:, :, 0].reshape(shape), {"units": "ug/m3"})},
        coords={
            "pollutant": chosen,
            **coords,
            "worst_wind_from_deg": (every, from_deg.reshape(shape), {"units": "degree"}),
            "worst_wind_speed_m_s": (every, speed.reshape(shape), {"units": "m/s"}),
        },
    )
    if not hasattr(receptors, "geometry"):
        field.attrs.update(receptors.attrs)
    field.attrs.update(
        method=edition,
        averaging="20 to 30 minutes",
        ambient_temperature_c=float(ambient_temperature_c),
        a_coefficient=", ".join(f"{value:g}" for value in sorted(set(table.a.tolist()))),
        a_coefficient_origin="given" if a_coefficient is not None else "by latitude",
        terrain_factor=float(terrain_factor),
        highest_wind_m_s=float(highest_wind_m_s),
        settling_factor="; ".join(f"{name} {_in_words(table.settling(name))}" for name in chosen),
    )
    return field


def ond86_sources(
    sources: gpd.GeoDataFrame,
    *,
    ambient_temperature_c: float,
    pollutants: str | Sequence[str] | None = None,
    a_coefficient: float | None = None,
    terrain_factor: float = 1.0,
    settling_factor: float | Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """What OND-86 says of each source alone: a row a source and pollutant.

    Parameters
    ----------
    sources, ambient_temperature_c, pollutants, a_coefficient, terrain_factor, settling_factor
        As in `ond86`.

    Returns
    -------
    DataFrame
        source (the index of `sources`), name, pollutant, the stack (height_m, diameter_m,
        velocity_m_s, gas_flow_m3_s, temperature_c, overheat_c), emission_g_s, settling_factor,
        a_coefficient, terrain_factor, branch of the norm, f, f_e, v_m_m_s, v_m_prime_m_s, m, n, d,
        c_m_ug_m3, x_m_m, u_m_m_s; origin columns of `sources` as they are.

    Raises
    ------
    TableError, InputError, CRSError
        As in `ond86`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> fan = gpd.GeoDataFrame(
    ...     {
    ...         "stack_height_m": [6.0],
    ...         "stack_diameter_m": [0.5],
    ...         "exit_velocity_m_s": [6.5],
    ...         "exit_temperature_k": [293.15],
    ...         "emission_tsp_g_s": [0.1],
    ...     },
    ...     geometry=gpd.points_from_xy([0.0], [0.0]),
    ... )
    >>> table = ond86_sources(fan, ambient_temperature_c=20.0, a_coefficient=180.0)
    >>> table[["branch", "c_m_ug_m3", "x_m_m", "u_m_m_s"]].round(2)
      branch  c_m_ug_m3  x_m_m  u_m_m_s
    0   cold     459.36  24.08      0.7
    """
    import pandas as pd

    _check_numbers(ambient_temperature_c, a_coefficient, terrain_factor)
    table = SourceTable(
        sources, ambient_temperature_c, a_coefficient, terrain_factor, settling_factor
    )
    parts = [table.frame(name) for name in chosen_pollutants(sources, pollutants)]
    return pd.concat(parts, ignore_index=True)


def _check_numbers(
    ambient_c: float, a: float | None, terrain: float, wind: float = 12.0, edition: str = "ond-86"
) -> None:
    faults = [
        f"{name} is {value!r}: {low:g} to {high:g} is allowed"
        for name, value, low, high in (
            ("ambient_temperature_c", ambient_c, -60.0, 60.0),
            ("a_coefficient", 200.0 if a is None else a, 50.0, 500.0),
            ("terrain_factor", terrain, 1.0, 10.0),
            ("highest_wind_m_s", wind, 0.5, 50.0),
        )
        if not low <= value <= high
    ]
    if edition not in EDITIONS:
        faults.append(f"edition is {edition!r}: allowed are {', '.join(EDITIONS)}")
    if faults:
        raise InputError("ond86", faults)


def _crs_of(receptors: xr.DataArray | gpd.GeoDataFrame) -> Any:
    found = receptors.crs if hasattr(receptors, "geometry") else receptors.attrs.get("crs")
    return None if found is None else metric_crs(found, "receptors")


def _places(
    receptors: xr.DataArray | gpd.GeoDataFrame,
) -> tuple[NDArray, NDArray, tuple[str, ...], dict[str, Any]]:
    import xarray as xr

    if isinstance(receptors, xr.DataArray):
        if receptors.dims != ("y", "x"):
            raise TableError("receptors", f"a grid has dimensions y, x, not {receptors.dims}")
        x, y = np.meshgrid(receptors["x"].values, receptors["y"].values)
        return x.ravel(), y.ravel(), ("y", "x"), {"y": receptors["y"], "x": receptors["x"]}
    if not hasattr(receptors, "geometry"):
        raise TableError("receptors", "give a grid (xarray.DataArray) or a GeoDataFrame of points")
    if "height_m" in receptors and (receptors["height_m"].fillna(0.0) > 2.0).any():
        raise TableError(
            "receptors", "column 'height_m' is above 2: the norm's ground layer is 2 m"
        )
    x, y = point_coordinates(receptors, "receptors")
    index = xr.Variable("receptor", receptors.index.to_numpy())
    places = {"x": ("receptor", x, {"units": "m"}), "y": ("receptor", y, {"units": "m"})}
    return x, y, ("receptor",), {"receptor": index, **places}


def _worst(array: NDArray, places: NDArray, u_most: float, edition: str) -> NDArray:
    from geocluster.plume import ond86_sweep as sweep

    speeds = sweep.speeds_to_try(u_most)
    array = array[array[:, sweep.C_M] > 0.0]
    blocks = np.array_split(places, min(os.cpu_count() or 1, max(len(places), 1)))
    with ThreadPoolExecutor(len(blocks)) as pool:
        jobs = [
            pool.submit(sweep.worst_wind, np.ascontiguousarray(block), array, speeds,
                        edition == "mrr-2017")
            for block in blocks
        ]  # fmt: skip
        return np.concatenate([job.result() for job in jobs])


def _in_words(values: NDArray) -> str:
    return ", ".join(f"{value:g}" for value in np.unique(values))
