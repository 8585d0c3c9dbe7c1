"""What each source adds to the concentration at each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import StatisticError, TableError
from geocluster.plume.field import BLOCK_BYTES, Job, job_of, with_attrs
from geocluster.plume.options import DEFAULT, PlumeOptions
from geocluster.plume.receptors import over, places_of
from geocluster.plume.terrain import ABOVE_STACK
from geocluster.plume.weathers import part_of
from geocluster.tables import rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

    from geocluster.plume.statistics import Statistic


def contributions(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    pollutants: str | Sequence[str] | None = None,
    statistic: str = "mean",
    options: PlumeOptions = DEFAULT,
    by: str | None = None,
) -> xr.DataArray:
    """What each source, or group of sources, adds to the concentration at each place.

    Their sum over `source` is what `concentration` gives.

    Parameters
    ----------
    sources, receptors, weather, pollutants, options
        As in `geocluster.concentration`.
    statistic : str
        ``mean``, ``deposition``, or a value that one hour or day has: ``max_1h``, ``h8_24h``,
        ``p99.8_1h``, ... A source's part is then what it adds in that hour or day of the total, the
        first one where several are alike; it is not the source's own maximum or percentile.
    by : str, optional
        A column of `sources`, such as ``sector``: sources of one value are taken together.

    Returns
    -------
    xarray.DataArray
        Dims (source, pollutant, y, x) or (source, pollutant, receptor) [ug/m3]; `source` holds
        `source_id` where every source has its own, else the table's index, or the values of `by`
        in the order in which they first stand. Attrs as of `geocluster.concentration`, whose
        ``terrain_above_stack`` is a coordinate here.

    Raises
    ------
    TableError
        Where there is no such column, or a source has no value in it.
    StatisticError
        Where parts of a statistic do not add up to it (hours and days above a limit).

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> works = gpd.GeoDataFrame(
    ...     {
    ...         "source_id": ["low", "tall"],
    ...         "stack_height_m": [20.0, 100.0],
    ...         "stack_diameter_m": [1.0, 4.0],
    ...         "exit_velocity_m_s": [10.0, 20.0],
    ...         "exit_temperature_k": [400.0, 400.0],
    ...         "emission_so2_g_s": [10.0, 100.0],
    ...     },
    ...     geometry=gpd.points_from_xy([0.0, 0.0], [0.0, 0.0]),
    ... )
    >>> places = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1000.0], [0.0]))
    >>> hour = {
    ...     "wind_speed_m_s": 5.0,
    ...     "wind_from_deg": 270.0,
    ...     "stability": 4,
    ...     "mixing_height_m": 1000.0,
    ...     "temperature_k": 293.0,
    ... }
    >>> weather = xr.Dataset({name: ("hour", [value]) for name, value in hour.items()})
    >>> parts = contributions(works, places, weather)
    >>> bool(parts.sel(source="low").item() > parts.sel(source="tall").item())
    True
    """
    from geocluster.plume.statistics import read_statistic

    if read_statistic(statistic).kind == "above":
        raise StatisticError(
            f"statistic {statistic!r}: numbers of hours and days have no parts that add up; ask "
            "for the mean, a highest value or a percentile"
        )
    job = job_of(sources, receptors, weather, pollutants, [statistic], options)
    labels, groups = _groups(sources, by)
    parts = tuple(part_of(job, rows) for rows in groups)
    shares = _Shares(job, parts, job.statistics, {"source": labels, **job.leading})
    field = over(receptors, shares)
    field = with_attrs(field, receptors, job.counts, options)
    if job.terrain:
        field = field.set_coords(ABOVE_STACK)
    result = field[statistic]
    return result.assign_attrs({**field.attrs, **result.attrs})


@dataclass(frozen=True)
class _Shares:
    """The whole job and those of its groups of sources, seen as one whose result is by group."""

    whole: Job
    parts: tuple[Job, ...]
    statistics: tuple[str, ...]
    leading: dict[str, list]

    @property
    def terrain(self) -> bool:
        return self.whole.terrain

    def above_stack(self, x: NDArray, y: NDArray, ground_m: NDArray) -> NDArray:
        return self.whole.above_stack(x, y, ground_m)

    def at(
        self, x: NDArray, y: NDArray, height_m: NDArray, ground_m: NDArray | None = None
    ) -> dict[str, NDArray]:
        """(source, pollutant, receptor) of the one statistic."""
        from geocluster.plume.statistics import SUMS

        (name,) = self.statistics
        shape = (*map(len, self.leading.values()), x.size)
        if min(shape) == 0:
            return {name: np.zeros(shape)}
        if name in SUMS:
            means = [part.at(x, y, height_m, ground_m)[name] for part in self.parts]
            return {name: np.stack(means)}
        places = places_of(x, y, height_m, ground_m)
        size = max(1, BLOCK_BYTES // (8 * shape[1] * self.whole.sky["k"].size))
        blocks = [self.block(places[n : n + size]) for n in range(0, len(places), size)]
        return {name: np.concatenate(blocks, -1)}

    def block(self, places: NDArray) -> NDArray:
        """What each group adds in the hour or day that has the total's value."""
        from geocluster.plume.statistics import read_statistic, when_ranked

        (name,) = self.statistics
        statistic = read_statistic(name)
        when = when_ranked(_of_period(self.whole, places, statistic), statistic, name)[:, :, None]
        parts = [
            np.take_along_axis(_of_period(part, places, statistic), when, 2)[:, :, 0].T
            for part in self.parts
        ]
        return np.stack(parts)


def _of_period(job: Job, places: NDArray, statistic: Statistic) -> NDArray:
    """(receptor, pollutant, hour or day). [ug/m3]"""
    from geocluster.plume.statistics import means_of_days

    hourly = job.hours(places)
    return (
        hourly if statistic.period_h == 1 or job.days is None else means_of_days(hourly, job.days)
    )


def _groups(sources: gpd.GeoDataFrame, by: str | None) -> tuple[list, list[NDArray]]:
    """The labels of groups of sources, and the rows of each."""
    import pandas as pd

    rows = np.arange(len(sources))
    if by is None:
        return _names(sources), list(rows[:, None])
    if by not in sources:
        raise TableError("sources", f"column {by!r} is missing: `by` needs it")
    empty = sources[by].isna().to_numpy()
    if empty.any():
        where = rows_in_words([int(n) + 1 for n in rows[empty]])
        raise TableError("sources", f"column {by!r}: no value in {where}: `by` needs one in each")
    codes, labels = pd.factorize(sources[by])
    return list(labels), [rows[codes == n] for n in range(len(labels))]


def _names(sources: gpd.GeoDataFrame) -> list:
    names = sources["source_id"] if "source_id" in sources else sources.index.to_series()
    own = bool(names.notna().all()) and names.is_unique
    return list(names if own else sources.index)
