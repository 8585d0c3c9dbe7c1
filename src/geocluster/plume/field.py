"""Concentration over a grid or at receptors: tables and xarray outside, the kernel inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import CRSError, StatisticError, TableError
from geocluster.plume.arrays import (
    chosen_pollutants,
    frequency_of,
    point_coordinates,
    source_arrays,
    weather_arrays,
)
from geocluster.plume.options import DEFAULT, PlumeOptions, option_bits

__all__ = ["PlumeOptions", "concentration", "raise_low_winds", "weather_counts"]

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

STATISTICS = ("mean", "max_1h")
HOURLY_STATISTICS = ("max_1h",)
UNITS = "ug/m3"


def concentration(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    weather: xr.Dataset,
    *,
    pollutants: str | Sequence[str] | None = None,
    statistics: str | Sequence[str] = ("mean",),
    options: PlumeOptions = DEFAULT,
) -> xr.Dataset:
    """Concentration from point and volume sources over flat terrain.

    The steady-state Gaussian plume of ISC3 [1]_: Pasquill-Gifford or urban sigmas, Briggs' rise,
    images in the ground and the mixing lid. docs/plume.md has the equations and cut-offs.

    Parameters
    ----------
    sources : GeoDataFrame
        Rows of type point or volume, see `geocluster.tables`; emissions [g/s] in columns
        ``emission_<pollutant>_g_s``. Another CRS than the receptors' is transformed; without one,
        the receptors' is taken.
    receptors : xarray.DataArray or GeoDataFrame
        A grid (y, x) of cell centres [m] with attrs ``crs`` (lazy where it has chunks), or points
        with an optional column ``height_m`` above the ground. [m]
    weather : xarray.Dataset
        On dim hour, see `geocluster.tables.WEATHER`. Hours of wind 0 are calms and count in no
        mean; the others count by ``frequency``.
    pollutants : str or sequence of str, optional
        All that `sources` has, without greenhouse gases, unless told.
    statistics : str or sequence of {"mean", "max_1h"}
        ``max_1h`` needs hourly weather (a coordinate ``time``); a wind rose has no hours.
    options : PlumeOptions
        ISC3's regulatory default unless told.

    Returns
    -------
    xarray.Dataset
        A variable a statistic [ug/m3], dims (pollutant, y, x) or (pollutant, receptor). Attrs:
        those of the grid; ``hours`` and ``calm_hours`` (numbers), ``calm_share`` and
        ``hours_below_1_m_s`` (shares by frequency, calms included); the options.

    Raises
    ------
    TableError, CRSError, InputError
        Where a table, a reference system or an option cannot be used; all faults at once.
    StatisticError
        Where the weather cannot answer a statistic.

    References
    ----------
    .. [1] US EPA (1995), User's Guide for the Industrial Source Complex (ISC3) Dispersion Models,
       volume II, EPA-454/B-95-003b.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> stack = gpd.GeoDataFrame(
    ...     {
    ...         "stack_height_m": [50.0],
    ...         "stack_diameter_m": [2.0],
    ...         "exit_velocity_m_s": [10.0],
    ...         "exit_temperature_k": [400.0],
    ...         "emission_so2_g_s": [100.0],
    ...     },
    ...     geometry=gpd.points_from_xy([0.0], [0.0]),
    ... )
    >>> places = gpd.GeoDataFrame(geometry=gpd.points_from_xy([2000.0, -2000.0], [0.0, 0.0]))
    >>> hour = {
    ...     "wind_speed_m_s": 5.0,
    ...     "wind_from_deg": 270.0,
    ...     "stability": 4,
    ...     "mixing_height_m": 1000.0,
    ...     "temperature_k": 293.0,
    ... }
    >>> weather = xr.Dataset({name: ("hour", [value]) for name, value in hour.items()})
    >>> concentration(stack, places, weather)["mean"].sel(pollutant="so2").values.round(1)
    array([168.9,   0. ])
    """
    names = [statistics] if isinstance(statistics, str) else list(statistics)
    _check_statistics(names, weather)
    chosen = chosen_pollutants(sources, pollutants)
    crs = _crs_of(receptors)
    table, emissions = source_arrays(sources, chosen, crs, options)
    sky = weather_arrays(weather)
    settings = {
        "half_life_s": options.half_life_s,
        "reach_m": float(options.reach_m),
        "options": option_bits(options),
        "highest_wanted": "max_1h" in names,
    }
    job = _Job(table, emissions, sky, settings, tuple(chosen), tuple(names))
    field = _over(receptors, job)
    return _with_attrs(field, receptors, weather, options)


def raise_low_winds(weather: xr.Dataset, to_m_s: float = 1.0) -> xr.Dataset:
    """The same weather with calms and weak winds raised to a least speed, in their own direction.

    The difference of the mean to that of the weather as it is shows what leaving out calms does.

    Parameters
    ----------
    weather : xarray.Dataset
        Never changed.
    to_m_s : float
        The least speed. [m/s]

    Returns
    -------
    xarray.Dataset
        No hour of it is a calm.

    Examples
    --------
    >>> import xarray as xr
    >>> rose = xr.Dataset({"wind_speed_m_s": ("hour", [0.0, 0.4, 3.0])})
    >>> raise_low_winds(rose)["wind_speed_m_s"].values
    array([1., 1., 3.])
    """
    raised = weather["wind_speed_m_s"].clip(min=to_m_s, keep_attrs=True)
    return weather.assign(wind_speed_m_s=raised)


@dataclass(frozen=True)
class _Job:
    """All that a block of receptors needs to know, as plain arrays."""

    sources: NDArray
    emissions: NDArray
    sky: dict[str, Any]
    settings: dict[str, Any]
    pollutants: tuple[str, ...]
    statistics: tuple[str, ...]

    def at(self, x: NDArray, y: NDArray, height_m: NDArray) -> dict[str, NDArray]:
        """(pollutant, receptor) of each statistic."""
        from geocluster.plume.kernel import sweep_all

        shape = (len(self.pollutants), x.size)
        if min(*shape, self.sources.shape[0]) == 0:
            return {name: np.zeros(shape) for name in self.statistics}
        places = np.column_stack([x, y, height_m]).astype(float)
        mean, highest = sweep_all(places, self.sources, self.emissions, **self.sky, **self.settings)
        both = {"mean": mean, "max_1h": highest}
        return {name: both[name] for name in self.statistics}  # type: ignore[misc]


def _over(receptors: xr.DataArray | gpd.GeoDataFrame, job: _Job) -> xr.Dataset:
    import geopandas as gpd
    import xarray as xr

    if isinstance(receptors, gpd.GeoDataFrame):
        return _over_points(receptors, job)
    if isinstance(receptors, xr.DataArray):
        return _over_grid(receptors, job)
    raise TableError("receptors", "give a grid (xarray.DataArray) or a GeoDataFrame of points")


def _over_grid(grid: xr.DataArray, job: _Job) -> xr.Dataset:
    import xarray as xr

    if grid.dims != ("y", "x"):
        raise TableError("receptors", f"a grid has the dimensions y, x; this one has {grid.dims}")
    if grid.chunks is None:
        return _block(grid, job)
    empty = grid.astype(float).expand_dims(pollutant=list(job.pollutants)).drop_attrs()
    template = xr.Dataset(dict.fromkeys(job.statistics, empty))
    return xr.map_blocks(_block, grid, args=[job], template=template)


def _block(grid: xr.DataArray, job: _Job) -> xr.Dataset:
    """The field over one block of a grid: the one function for grids of any size."""
    import xarray as xr

    x, y = np.meshgrid(grid["x"].values, grid["y"].values)
    values = job.at(x.ravel(), y.ravel(), np.zeros(x.size))
    shape = (len(job.pollutants), *x.shape)
    return xr.Dataset(
        {name: (("pollutant", "y", "x"), array.reshape(shape)) for name, array in values.items()},
        coords={"pollutant": list(job.pollutants), "y": grid["y"], "x": grid["x"]},
    )


def _over_points(receptors: gpd.GeoDataFrame, job: _Job) -> xr.Dataset:
    import xarray as xr

    x, y = point_coordinates(receptors, "receptors")
    height = np.zeros(x.size)
    if "height_m" in receptors:
        height = receptors["height_m"].fillna(0.0).to_numpy(dtype=float)
    if (height < 0).any():
        raise TableError("receptors", "column 'height_m' is below 0: heights are above the ground")
    values = job.at(x, y, height)
    return xr.Dataset(
        {name: (("pollutant", "receptor"), array) for name, array in values.items()},
        coords={
            "pollutant": list(job.pollutants),
            "receptor": receptors.index.to_numpy(),
            "x": ("receptor", x, {"units": "m"}),
            "y": ("receptor", y, {"units": "m"}),
        },
    )


def _with_attrs(
    field: xr.Dataset, receptors: xr.DataArray | gpd.GeoDataFrame, weather: xr.Dataset,
    options: PlumeOptions,
) -> xr.Dataset:  # fmt: skip
    for name in field.data_vars:
        field[name].attrs["units"] = UNITS
    if not hasattr(receptors, "geometry"):
        field.attrs.update(receptors.attrs)
    field.attrs.update(weather_counts(weather))
    used = {key: "none" if value is None else value for key, value in asdict(options).items()}
    field.attrs.update({key: int(v) if isinstance(v, bool) else v for key, v in used.items()})
    return field


def weather_counts(weather: xr.Dataset) -> dict[str, float]:
    """How many hours there are and how many of them are calms, and the share of weak winds.

    Examples
    --------
    >>> import xarray as xr
    >>> counts = weather_counts(xr.Dataset({"wind_speed_m_s": ("hour", [0.0, 0.5, 3.0, 3.0])}))
    >>> counts["calm_hours"], counts["hours_below_1_m_s"]
    (1, 0.5)
    """
    speed = weather["wind_speed_m_s"].values
    share = frequency_of(weather) / frequency_of(weather).sum()
    return {
        "hours": int(speed.size),
        "calm_hours": int((speed == 0).sum()),
        "calm_share": float(share[speed == 0].sum()),
        "hours_below_1_m_s": float(share[speed < 1].sum()),
    }


def _crs_of(receptors: xr.DataArray | gpd.GeoDataFrame) -> Any:
    from pyproj import CRS

    found = receptors.crs if hasattr(receptors, "geometry") else receptors.attrs.get("crs")
    if found is None:
        return None
    crs = CRS.from_user_input(found)
    if not crs.is_projected:
        raise CRSError("receptors", f"{crs.name} is not in metres: give a projected CRS")
    return crs


def _check_statistics(names: Iterable[str], weather: xr.Dataset) -> None:
    for name in names:
        if name not in STATISTICS:
            raise StatisticError(
                f"statistic {name!r} cannot be calculated yet: allowed are {', '.join(STATISTICS)}"
            )
        if name in HOURLY_STATISTICS and "time" not in weather.coords:
            raise StatisticError(
                f"statistic {name!r} needs hourly weather (a coordinate 'time'); a wind rose "
                "answers 'mean' alone"
            )
