"""Concentration over a grid or at receptors: tables and xarray outside, the kernel inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import CRSError
from geocluster.plume import columns
from geocluster.plume.arrays import (
    area_source_arrays,
    chosen_pollutants,
    frequency_of,
    source_arrays,
    weather_arrays,
)
from geocluster.plume.options import DEFAULT, PlumeOptions, option_bits, options_in_words
from geocluster.plume.receptors import over, places_of
from geocluster.plume.terrain import ABOVE_STACK, LONG_NAME, above_stack, has_terrain

__all__ = ["PlumeOptions", "concentration", "raise_low_winds", "weather_counts"]

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

    from geocluster.plume.areas import Areas
    from geocluster.plume.depositing import Depositing
    from geocluster.plume.polar import Polar
    from geocluster.plume.statistics import Days

SWEPT = {"mean", "max_1h"}  # what the kernel adds up itself, without keeping hours
BLOCK_BYTES = 128_000_000  # of hourly values
ALL = slice(None)


def concentration(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    pollutants: str | Sequence[str] | None = None,
    statistics: str | Sequence[str] = ("mean",),
    options: PlumeOptions = DEFAULT,
) -> xr.Dataset:
    """Concentration from point, volume, area and line sources over flat or simple terrain.

    The steady-state Gaussian plume of ISC3 [1]_: Pasquill-Gifford or urban sigmas, Briggs' rise,
    images in the ground and the mixing lid. docs/plume.md has the equations and cut-offs.
    Terrain counts where sources and receptors both have ``ground_m``, as in ISC3's simple terrain;
    areas and lines are calculated flat.

    Parameters
    ----------
    sources : GeoDataFrame
        Points, volumes, areas and lines, see `geocluster.tables`; emissions [g/s] in columns
        ``emission_<pollutant>_g_s``. Another CRS than the receptors' is transformed; without one,
        the receptors' is taken. ``ground_m``: elevation of the base [m above sea level].
    receptors : xarray.DataArray or GeoDataFrame
        A grid (y, x) of cell centres [m] with attrs ``crs`` (lazy where it has chunks), or points
        with an optional column ``height_m`` above the ground. [m] ``ground_m``: elevation of the
        ground [m above sea level], a coordinate (y, x) of the grid or a column of the points.
    weather : xarray.Dataset or mapping of str to xarray.Dataset
        On dim hour, see `geocluster.tables.WEATHER`; hours of wind 0 are calms and count in no
        mean. Of several places: by name, each source's own in its column ``weather``.
    pollutants : str or sequence of str, optional
        All that `sources` has, without greenhouse gases, unless told.
    statistics : str or sequence of str
        ``mean``; ``max_1h``, ``max_24h``; percentiles such as ``p98_1h``, ``p99.8_24h``; the n-th
        highest such as ``h2_1h``, ``h8_24h``; ``hours_above_200`` and ``days_above_50`` [ug/m3];
        ``deposition``, the dry deposition in a year [g/m2], of pollutants that the option names.
        All but the mean and it need hourly weather (a coordinate ``time``).
    options : PlumeOptions
        ISC3's regulatory default unless told.

    Returns
    -------
    xarray.Dataset
        A variable a statistic [ug/m3; h and d where counted; g/m2 of a deposition], dims
        (pollutant, y, x) or (pollutant, receptor). With terrain also ``terrain_above_stack``, bool
        (y, x) or (receptor): True where the ground is above the top of an emitting stack (release
        height of a volume) within reach, where the method does not hold. Attrs: those of the grid;
        the weather's counts, see `weather_counts`; the options.

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
    job = job_of(sources, receptors, weather, pollutants, names, options)
    return with_attrs(over(receptors, job), receptors, job.counts, options)


def job_of(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    pollutants: str | Sequence[str] | None,
    names: Sequence[str],
    options: PlumeOptions,
) -> Job:
    """Check all that is given, and turn it into plain arrays."""
    import xarray as xr

    from geocluster.plume.depositing import DEPOSITION, depositing_of
    from geocluster.plume.statistics import check_statistics, days_of
    from geocluster.plume.weathers import job_of_places, tell_of_one_weather

    if not isinstance(weather, xr.Dataset):
        return job_of_places(sources, receptors, weather, pollutants, names, options)
    tell_of_one_weather(sources)
    hourly_weather = "time" in weather.coords
    check_statistics(names, hourly_weather=hourly_weather, method=options.method)
    chosen = chosen_pollutants(sources, pollutants)
    crs = _crs_of(receptors)
    table, emissions = source_arrays(sources, chosen, crs, options)
    areas = area_source_arrays(sources, chosen, crs, options)
    depositing = depositing_of(sources, chosen, names, options)
    treated = treat_low_winds(weather, options.low_wind)
    sky, counts = weather_arrays(treated), weather_counts(weather, options.low_wind)
    settings = {
        "half_life_s": options.half_life_s,
        "reach_m": float(options.reach_m),
        "options": option_bits(options) + columns.HILLY * has_terrain(sources, receptors),
    }
    days = None
    if not {DEPOSITION, *(SWEPT if areas is None else ["mean"])}.issuperset(names):
        days = days_of(weather["time"].values, treated["wind_speed_m_s"].values > 0)
    leading = {"pollutant": list(chosen)}
    polar = None
    if options.method == "tables":
        from geocluster.plume.polar import check_tables, polar_of

        check_tables(sources, receptors, options)
        polar = polar_of(table, emissions, sky, settings)
    return Job(
        table, emissions, sky, settings, tuple(names), days, leading, areas, counts, polar,
        depositing,
    )  # fmt: skip


def treat_low_winds(weather: xr.Dataset, low_wind: str) -> xr.Dataset:
    """The same weather with winds under 1 m/s kept, dropped (made calms) or raised to 1 m/s.

    Examples
    --------
    >>> import xarray as xr
    >>> rose = xr.Dataset({"wind_speed_m_s": ("hour", [0.0, 0.4, 3.0])})
    >>> treat_low_winds(rose, "drop")["wind_speed_m_s"].values
    array([0., 0., 3.])
    """
    if low_wind == "raise":
        return raise_low_winds(weather)
    if low_wind == "drop" and "wind_speed_m_s" in weather:
        speed = weather["wind_speed_m_s"]
        return weather.assign(wind_speed_m_s=speed.where(~(speed < 1), 0.0))
    return weather


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
class Job:
    """All that a block of receptors needs to know, as plain arrays.

    `leading` are a result's dimensions before the receptors', `counts` is what it tells of weather.
    """

    sources: NDArray
    emissions: NDArray
    sky: dict[str, Any]
    settings: dict[str, Any]
    statistics: tuple[str, ...]
    days: Days | None
    leading: dict[str, list]
    areas: Areas | None = None
    counts: dict[str, Any] = field(default_factory=dict)
    polar: Polar | None = None
    depositing: Depositing | None = None

    @property
    def terrain(self) -> bool:
        """Whether the ground has heights."""
        return bool(self.settings["options"] & columns.HILLY)

    def at(
        self, x: NDArray, y: NDArray, height_m: NDArray, ground_m: NDArray | None = None
    ) -> dict[str, NDArray]:
        """Each statistic, its dimensions those of `leading` and then the receptors."""
        shape = (*map(len, self.leading.values()), x.size)
        if min(*shape, self.sources.shape[0]) == 0:
            return {name: np.zeros(shape) for name in self.statistics}
        return self.values(places_of(x, y, height_m, ground_m))

    def above_stack(self, x: NDArray, y: NDArray, ground_m: NDArray) -> NDArray:
        """Where the ground is too high, see `geocluster.plume.terrain.above_stack`."""
        places = places_of(x, y, np.zeros(x.size), ground_m)
        return above_stack(places, self.sources, self.emissions, self.settings["reach_m"])

    def values(self, places: NDArray) -> dict[str, NDArray]:
        """(pollutant, receptor) of each statistic; there are sources and places."""
        from geocluster.plume.kernel import sweep_all

        if self.depositing is not None:
            from geocluster.plume.depositing import values_of

            return values_of(self, places)
        if self.days is not None:
            return self.in_blocks(places)
        if self.areas is not None or self.polar is not None:
            from geocluster.plume.areas import mean_of_all

            given = (places, self.sources, self.emissions, self.areas)
            mean = mean_of_all(*given, {**self.sky, **self.settings}, self.polar)
            return dict.fromkeys(self.statistics, mean)
        mean, highest = sweep_all(
            places, self.sources, self.emissions, **self.sky, **self.settings,
            highest_wanted="max_1h" in self.statistics,
        )  # fmt: skip
        both = {"mean": mean, "max_1h": highest}
        return {name: both[name] for name in self.statistics}  # type: ignore[misc]

    def in_blocks(self, places: NDArray) -> dict[str, NDArray]:
        """Every hour by itself, a block of receptors at a time, so that memory stays bounded."""
        from geocluster.plume.statistics import shared_fields

        areas = self.areas
        densities = self.emissions[:0] if areas is None else areas.density
        kinds = () if self.depositing is None else self.depositing.kinds
        column, scale, of = shared_fields(self.emissions, densities, self.statistics, kinds)
        emissions = np.ascontiguousarray(self.emissions[:, column])
        if areas is not None:
            areas = replace(areas, density=np.ascontiguousarray(areas.density[:, column]))
        slim = replace(self, emissions=emissions, areas=areas)
        if self.depositing is not None:
            slim = replace(slim, depositing=self.depositing.only(column))
        size = max(1, BLOCK_BYTES // (8 * column.size * self.sky["k"].size))
        blocks = [slim.block(places[n : n + size]) for n in range(0, len(places), size)]
        return {
            name: np.concatenate([b[name] for b in blocks], -1)[of] * scale[:, None]
            for name in self.statistics
        }

    def block(self, places: NDArray) -> dict[str, NDArray]:
        """The statistics of one block."""
        from geocluster.plume.statistics import reduce_hours

        weights = np.ascontiguousarray(self.sky["hours"][:, columns.WEIGHT])
        assert self.days is not None
        return reduce_hours(self.hours(places), self.statistics, weights, self.days)

    def hours(self, places: NDArray, chosen: slice | NDArray = ALL) -> NDArray:
        """(receptor, pollutant, hour) from the `chosen` sources."""
        from geocluster.plume.hourly import hourly_values

        if self.depositing is not None:
            from geocluster.plume.depositing import hours_of

            return hours_of(self, places, chosen)
        sources, emissions = self.sources[chosen], self.emissions[chosen]
        if self.areas is not None:
            from geocluster.plume.areas import hours_of_all

            areas = self.areas.of_rows(np.arange(len(self.sources))[chosen])
            return hours_of_all(places, sources, emissions, areas, {**self.sky, **self.settings})
        return hourly_values(places, sources, emissions, **self.sky, **self.settings)


def with_attrs(
    field: xr.Dataset, receptors: xr.DataArray | gpd.GeoDataFrame, counts: Mapping[str, Any],
    options: PlumeOptions,
) -> xr.Dataset:  # fmt: skip
    from geocluster.plume.statistics import units_of

    for name in field.data_vars:
        own = {"long_name": LONG_NAME} if name == ABOVE_STACK else {"units": units_of(str(name))}
        field[name].attrs.update(own)
    if not hasattr(receptors, "geometry"):
        field.attrs.update(receptors.attrs)
    field.attrs.update(counts)
    field.attrs.update(options_in_words(options))
    return field


def weather_counts(weather: xr.Dataset, low_wind: str = "keep") -> dict[str, float]:
    """How many hours there are, how many are calms, and what was done with weak winds.

    Returns
    -------
    dict
        Numbers: ``hours``; ``calm_hours``, of wind 0; ``dropped_hours`` and ``raised_hours``, what
        `low_wind` made calms of or raised to 1 m/s; ``valid_hours``, which count in means. Shares
        by frequency, of the weather as given: ``calm_share``, and ``hours_below_1_m_s``, calms
        included.

    Examples
    --------
    >>> import xarray as xr
    >>> counts = weather_counts(xr.Dataset({"wind_speed_m_s": ("hour", [0.0, 0.5, 3.0, 3.0])}))
    >>> counts["calm_hours"], counts["hours_below_1_m_s"]
    (1, 0.5)
    """
    speed = weather["wind_speed_m_s"].values
    used = treat_low_winds(weather, low_wind)["wind_speed_m_s"].values
    share = frequency_of(weather) / frequency_of(weather).sum()
    return {
        "hours": int(speed.size),
        "calm_hours": int((speed == 0).sum()),
        "dropped_hours": int((used < speed).sum()),
        "raised_hours": int((used > speed).sum()),
        "valid_hours": int((used > 0).sum()),
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
