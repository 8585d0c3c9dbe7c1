"""Weather of several places: each source disperses in its own.

The mean is each source's mean over the hours of its own weather, summed. What single hours and days
decide is taken from the hours that the places share: matched by time, and counted only where none
of them is calm.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import GeoclusterWarning, StatisticError, TableError
from geocluster.plume.arrays import weather_arrays
from geocluster.plume.field import ALL, Job, job_of, treat_low_winds, weather_counts
from geocluster.tables import check_weather, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

    from geocluster.plume.options import PlumeOptions

WHERE = "weather of several places"


class SharedHours(NamedTuple):
    """The hours that the weathers of several places share.

    Attributes
    ----------
    hours : dict of str to ndarray of int
        Place to where the shared hours stand in its weather, in the order of time.
    time : ndarray of datetime64
        Of the shared hours, in the local standard time of the first place.
    valid : ndarray of bool
        True where no place is calm.
    """

    hours: dict[str, NDArray]
    time: NDArray
    valid: NDArray


def shared_hours(weathers: Mapping[str, xr.Dataset], low_wind: str = "keep") -> SharedHours:
    """Match the hours of several places by their `time`.

    Local standard times of places that name their `time_zone` are compared as moments.

    Parameters
    ----------
    weathers : mapping of str to xarray.Dataset
        Hourly, at least one.
    low_wind : str
        As of `PlumeOptions`: it decides which hours are calms.

    Raises
    ------
    TableError
        Where a time stands twice in a weather.
    StatisticError
        Where no hour is in all of them, or in none of the shared ones every place has a wind.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> def hours(first, speeds):
    ...     time = np.datetime64(first) + np.arange(len(speeds)) * np.timedelta64(1, "h")
    ...     return xr.Dataset({"wind_speed_m_s": ("hour", speeds)}, {"time": ("hour", time)})
    >>> shared = shared_hours({
    ...     "valley": hours("2025-01-01T00", [1.0, 2.0, 3.0]),
    ...     "pass": hours("2025-01-01T01", [0.0, 5.0, 6.0]),
    ... })
    >>> shared.hours["valley"].tolist(), shared.hours["pass"].tolist(), shared.valid.tolist()
    ([1, 2], [0, 1], [False, True])
    """
    moments = _moments(weathers)
    in_turn = {name: np.unique(values, return_index=True) for name, values in moments.items()}
    twice = [name for name, (once, _) in in_turn.items() if once.size < moments[name].size]
    if twice:
        raise TableError(WHERE, [f"{name!r} has a time that stands twice" for name in twice])
    common = reduce(np.intersect1d, moments.values())
    if not common.size:
        spans = "; ".join(f"{name!r} has {_span(w)}" for name, w in weathers.items())
        raise StatisticError(
            f"the weathers of several places share no hour: {spans}. Ask for the mean alone, or "
            "give weathers of one time"
        )
    at = {name: order[np.searchsorted(once, common)] for name, (once, order) in in_turn.items()}
    valid = np.all(
        [
            treat_low_winds(weather, low_wind)["wind_speed_m_s"].values[at[name]] > 0
            for name, weather in weathers.items()
        ],
        axis=0,
    )
    if not valid.any():
        raise StatisticError(
            f"in none of the {common.size} hours that the weathers of several places share has "
            "every place a wind: ask for the mean alone"
        )
    first = next(iter(weathers))
    return SharedHours(at, weathers[first]["time"].values[at[first]], valid)


def _moments(weathers: Mapping[str, xr.Dataset]) -> dict[str, NDArray]:
    zones = [weather.attrs.get("time_zone") for weather in weathers.values()]
    hours = [0.0 if None in zones else float(zone) for zone in zones]  # type: ignore[arg-type]
    return {
        name: weather["time"].values - np.timedelta64(round(ahead * 3600), "s")
        for (name, weather), ahead in zip(weathers.items(), hours, strict=True)
    }


def _span(weather: xr.Dataset) -> str:
    time = weather["time"].values
    first, last = (np.datetime_as_string(t, unit="D") for t in (time.min(), time.max()))
    return f"{first} to {last}"


def job_of_places(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    weathers: Mapping[str, xr.Dataset],
    pollutants: str | Sequence[str] | None,
    names: Sequence[str],
    options: PlumeOptions,
) -> Job:
    """As `geocluster.plume.field.job_of`, each source under the weather that its column names.

    Raises
    ------
    TableError
        With every fault of the column and of each weather at once.
    """
    from geocluster.plume.depositing import depositing_of
    from geocluster.plume.statistics import check_statistics, days_of

    own = _checked(sources, weathers, options.low_wind)
    used = {name: weather for name, weather in weathers.items() if name in set(own)}
    hourly = all("time" in weather.coords for weather in used.values())
    check_statistics(names, hourly_weather=hourly, method=options.method)
    counts = _counts(weathers, own, options.low_wind)
    first = next(iter((used or weathers).values()))
    hourly_options = replace(options, method="hourly")
    unnamed = sources.drop(columns="weather")
    whole = job_of(unnamed, receptors, first, pollutants, ["mean"], hourly_options)
    depositing_of(sources, whole.leading["pollutant"], names, options)
    changes: dict[str, Any] = {
        "statistics": tuple(names),
        "place": np.array([list(used).index(name) for name in own], dtype=int),
        "skies": tuple(_sky(weather, options) for weather in used.values()),
    }
    if used and not all(map(_is_a_sum, names)):
        shared = shared_hours(used, options.low_wind)
        counts |= _shared_counts(shared, used)
        matched = tuple(
            _sky(weather.isel(hour=shared.hours[name][shared.valid]), options)
            for name, weather in used.items()
        )
        days = days_of(shared.time, shared.valid)
        changes |= {"matched": matched, "sky": matched[0], "days": days}
    if options.method == "tables":
        from geocluster.plume.polar import check_tables, polar_of_places

        check_tables(sources, receptors, options)
        given = (whole.sources, whole.emissions, changes["place"], changes["skies"])
        changes["polar"] = polar_of_places(*given, whole.settings)
    return JobOfPlaces(**{**_plain(whole), **changes, "counts": counts})


def tell_of_one_weather(sources: gpd.GeoDataFrame) -> None:
    """Warn where sources name several weathers, and one alone is given for all of them."""
    if "weather" in sources and sources["weather"].nunique() > 1:
        warnings.warn(
            "the sources name several weathers in their column 'weather', and one is given: it is "
            "taken for all of them; give a mapping of names to weathers for each its own",
            GeoclusterWarning,
            stacklevel=4,
        )


def _sky(weather: xr.Dataset, options: PlumeOptions) -> dict[str, Any]:
    return weather_arrays(treat_low_winds(weather, options.low_wind))


def _is_a_sum(name: str) -> bool:
    """Whether a statistic of all sources is the sum of those of each by itself."""
    from geocluster.plume.statistics import read_statistic

    return read_statistic(name).period_h == 0


def _checked(sources: gpd.GeoDataFrame, weathers: Mapping[str, Any], low_wind: str) -> list[str]:
    """The name of each source's own weather; every fault of names and weathers at once."""
    faults = [] if weathers else ["there is none: give at least one, by name"]
    faults += [
        f"{name!r} is no name of a place: give text without a slash"
        for name in weathers
        if not isinstance(name, str) or not name.strip() or "/" in name or not name.isprintable()
    ]
    faults += column_faults(sources, list(weathers))
    named = [] if faults else sources["weather"].astype(str).tolist()
    for name, weather in weathers.items():
        faults += _weather_faults(name, weather, low_wind, used=name in named)
    if faults:
        raise TableError(WHERE, faults)
    return named


def column_faults(sources: gpd.GeoDataFrame, names: Sequence[str]) -> list[str]:
    """What is wrong with the column `weather` of sources, given the names there are."""
    known = ", ".join(map(str, names)) or "none"
    if "weather" not in sources:
        return [f"sources: column 'weather' is missing: name each source's own; there are {known}"]
    column = sources["weather"].astype(object).reset_index(drop=True)
    empty = column.isna()
    faults = []
    if empty.any():
        where = rows_in_words([int(n) + 1 for n in empty.to_numpy().nonzero()[0]])
        faults.append(f"sources: column 'weather': no value in {where}: each source needs one")
    for name in column[~empty & ~column.isin(names)].drop_duplicates():
        where = rows_in_words([int(n) + 1 for n in (column == name).to_numpy().nonzero()[0]])
        near = difflib.get_close_matches(str(name), list(map(str, names)), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        faults.append(
            f"sources: column 'weather': {name!r} in {where} is unknown; {hint}there are {known}"
        )
    return faults


def _weather_faults(name: str, weather: object, low_wind: str, *, used: bool) -> list[str]:
    """What is wrong with one weather; one that no source uses may be calm throughout."""
    import xarray as xr

    if not isinstance(weather, xr.Dataset):
        return [f"{name!r} is no weather (xarray.Dataset)"]
    try:
        if used:
            check_weather(weather)
            weather_arrays(treat_low_winds(weather, low_wind))
        else:
            check_weather(weather)
    except TableError as error:
        return [f"{name!r}: {fault}" for fault in error.faults]
    return []


def _counts(weathers: Mapping[str, xr.Dataset], own: list[str], low_wind: str) -> dict[str, Any]:
    """What is told of each weather, with its name at the end of the key."""
    counts: dict[str, Any] = {"weather_places": ", ".join(weathers)}
    for name, weather in weathers.items():
        told = {"sources": own.count(name), **weather_counts(weather, low_wind)}
        counts |= {f"{key}_{name}": value for key, value in told.items()}
    return counts


def _shared_counts(shared: SharedHours, used: Mapping[str, xr.Dataset]) -> dict[str, int]:
    """How many hours all places share, count in, and drop."""
    left_out = {
        f"hours_not_shared_{n}": w.sizes["hour"] - shared.time.size for n, w in used.items()
    }
    return {
        "hours_shared": int(shared.time.size),
        "hours_shared_valid": int(shared.valid.sum()),
        "hours_shared_dropped": int((~shared.valid).sum()),
        **left_out,
    }


@dataclass(frozen=True)
class JobOfPlaces(Job):
    """A job whose sources disperse each in the weather of a place.

    Attributes
    ----------
    place : ndarray of int, (source,)
        Which of the skies is the source's own.
    skies, matched : tuple of dict
        The hours of each place that are no calms there, and those that are none at any place.
    """

    place: NDArray = field(default_factory=lambda: np.zeros(0, dtype=int))
    skies: tuple[dict[str, Any], ...] = ()
    matched: tuple[dict[str, Any], ...] = ()

    def values(self, places: NDArray) -> dict[str, NDArray]:
        """(pollutant, receptor) of each statistic."""
        sums = tuple(name for name in self.statistics if _is_a_sum(name))
        rest = tuple(name for name in self.statistics if name not in sums)
        found: dict[str, NDArray] = {}
        for part in self._parts(self.skies, np.arange(len(self.place))) if sums else ():
            values = replace(part, statistics=sums).values(places)
            found = {name: value + found.get(name, 0.0) for name, value in values.items()}
        if rest:
            found |= replace(self, statistics=rest).in_blocks(places)
        return {name: found[name] for name in self.statistics}

    def hours(self, places: NDArray, chosen: slice | NDArray = ALL) -> NDArray:
        """(receptor, pollutant, shared hour) from the `chosen` sources."""
        rows = np.arange(len(self.place))[chosen]
        total = np.zeros((len(places), self.emissions.shape[1], self.sky["k"].size))
        for part in self._parts(self.matched, rows):
            total += part.hours(places)
        return total

    def _parts(self, skies: tuple[dict[str, Any], ...], rows: NDArray) -> list[Job]:
        """A job for each place that some of these sources belong to, under the sky given for it."""
        plain = Job(**{**_plain(self), "days": None})
        by_place = [(sky, rows[self.place[rows] == number]) for number, sky in enumerate(skies)]
        return [part_of(replace(plain, sky=sky), own) for sky, own in by_place if own.size]


def part_of(job: Job, rows: NDArray) -> Job:
    """The same job for some of its sources."""
    changes: dict[str, Any] = {"sources": job.sources[rows], "emissions": job.emissions[rows]}
    if job.areas is not None:
        own = job.areas.of_rows(rows)
        changes["areas"] = own if len(own) else None
    if job.polar is not None:
        changes["polar"] = job.polar.of_rows(rows)
    if isinstance(job, JobOfPlaces):
        changes["place"] = job.place[rows]
    return replace(job, **changes)


def _plain(job: Job) -> dict[str, Any]:
    """What a job holds as one of one weather."""
    return {item.name: getattr(job, item.name) for item in fields(Job)}
