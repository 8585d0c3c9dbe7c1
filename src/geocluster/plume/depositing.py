"""The pollutants of a job that deposit, each kind in a sweep beside those that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError, StatisticError
from geocluster.plume import columns as col
from geocluster.plume.deposition import Gas, Particles, friction_velocity, obukhov_length
from geocluster.tables import pollutants_of, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

    from geocluster.plume.field import Job
    from geocluster.plume.options import PlumeOptions
    from geocluster.plume.settling import Settled, Sizes

DEPOSITION = "deposition"
YEAR_S = 8760.0 * 3600.0


@dataclass(frozen=True)
class Depositing:
    """How the pollutants of a job deposit.

    Attributes
    ----------
    kinds : tuple
        Particles, Gas or None of each pollutant.
    depletion : bool
        Whether what is deposited is taken from the plume.
    roughness_m : float
        Roughness length of the ground. [m]
    """

    kinds: tuple[Particles | Gas | None, ...]
    depletion: bool
    roughness_m: float

    def only(self, pollutants: NDArray) -> Depositing:
        """Of these pollutants alone, by number."""
        return replace(self, kinds=tuple(self.kinds[int(n)] for n in pollutants))

    def apart(self) -> Iterator[tuple[Particles | Gas | None, NDArray]]:
        """Each kind, and the numbers of the pollutants that are of it."""
        for kind in dict.fromkeys(self.kinds):
            yield kind, np.array([n for n, own in enumerate(self.kinds) if own == kind])


def depositing_of(
    sources: gpd.GeoDataFrame, chosen: Sequence[str], names: Sequence[str], options: PlumeOptions
) -> Depositing | None:
    """What of the pollutants asked for deposits; None where nothing does.

    Raises
    ------
    InputError
        Where no source emits a pollutant that the option names, or an area or line emits one.
    StatisticError
        Where the deposition of a pollutant is asked for that does not deposit.
    """
    deposits = options.deposits
    kinds = tuple(deposits.kind_of(name) for name in chosen)
    plain = [name for name, kind in zip(chosen, kinds, strict=True) if kind is None]
    if DEPOSITION in names and plain:
        some = [name for name in chosen if name not in plain]
        raise StatisticError(
            f"statistic 'deposition': {', '.join(plain)} deposits by no option; give "
            "PlumeOptions(deposition=...) an entry for it"
            + (f", or ask for pollutants={some!r} alone" if some else "")
        )
    present = pollutants_of(sources)
    faults = [
        f"deposition of {name!r}: no source emits it; there are {', '.join(present) or 'none'}"
        for name in deposits
        if not {name, f"{name}_low", f"{name}_high"} & set(present)
    ]
    faults += _wide_faults(sources, chosen, kinds)
    if faults:
        raise InputError("PlumeOptions", faults)
    if all(kind is None for kind in kinds):
        return None
    return Depositing(kinds, options.depletion, options.roughness_m)


def _wide_faults(
    sources: gpd.GeoDataFrame, chosen: Sequence[str], kinds: Sequence[Particles | Gas | None]
) -> list[str]:
    if "source_type" not in sources:
        return []
    wide = sources["source_type"].isin(["area", "line"]).to_numpy()
    faults = []
    for name, kind in zip(chosen, kinds, strict=True):
        rate = sources[f"emission_{name}_g_s"].to_numpy(dtype=float)
        rows = [int(n) + 1 for n in np.flatnonzero(wide & (rate > 0))]
        if kind is not None and rows:
            faults.append(
                f"deposition of {name!r}: {rows_in_words(rows)} of the sources are areas or lines, "
                "which do not deposit: give them as volumes, or leave its deposition out"
            )
    return faults


def deposition_field(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    options: PlumeOptions,
) -> xr.DataArray | None:
    """Dry deposition in a year [g/m2] of all that deposits; None where nothing does."""
    from geocluster.plume.field import concentration

    kinds = options.deposits
    names = [name for name in pollutants_of(sources) if kinds.kind_of(name) is not None]
    if not kinds:
        return None
    field = concentration(
        sources, receptors, weather, pollutants=names or None, statistics=DEPOSITION,
        options=options,
    )  # fmt: skip
    return field[DEPOSITION].assign_attrs(field.attrs | field[DEPOSITION].attrs)


def sizes_of(kind: Particles | Gas, sky: dict[str, Any], depositing: Depositing) -> Sizes:
    """The sizes of a kind in the hours of a sky."""
    from geocluster.plume.settling import Sizes

    friction, obukhov = surface_layer(sky, depositing.roughness_m)
    return Sizes(
        np.array(kind.mass_fraction),
        np.ascontiguousarray(kind.fall_m_s),
        np.ascontiguousarray(kind.velocity(friction, obukhov, depositing.roughness_m)),
        depositing.depletion,
    )


def surface_layer(sky: dict[str, Any], roughness_m: float) -> tuple[NDArray, NDArray]:
    """Friction velocity [m/s] and Obukhov length [m] of each hour, from the weather or estimated.

    The length follows from the stability class and the roughness, the velocity from that and the
    wind at the anemometer, where the weather has none.
    """
    hours = sky["hours"]
    obukhov = hours[:, col.OBUKHOV]
    obukhov = np.where(np.isnan(obukhov), obukhov_length(sky["k"], roughness_m), obukhov)
    estimate = friction_velocity(hours[:, col.SPEED], sky["anemometer_m"], obukhov, roughness_m)
    friction = hours[:, col.FRICTION]
    return np.where(np.isnan(friction), estimate, friction), obukhov


def values_of(job: Job, places: NDArray) -> dict[str, NDArray]:
    """(pollutant, receptor) of each statistic of a job some of whose pollutants deposit."""
    by_hours = () if job.days is None else tuple(n for n in job.statistics if n != DEPOSITION)
    swept = tuple(name for name in job.statistics if name not in by_hours)
    found = replace(job, statistics=by_hours).in_blocks(places) if by_hours else {}
    shape = (job.emissions.shape[1], len(places))
    found |= {name: np.zeros(shape) for name in swept}
    for kind, own in _apart(job) if swept else ():
        if kind is None:
            values = replace(_plain(job, own), statistics=swept, days=None).values(places)
        else:
            values = _sums(_settled(job, kind, own, places, swept), swept)
        for name in swept:
            found[name][own] = values[name]
    return {name: found[name] for name in job.statistics}


def hours_of(job: Job, places: NDArray, chosen: slice | NDArray) -> NDArray:
    """(receptor, pollutant, hour) from the `chosen` sources."""
    hourly = np.zeros((len(places), job.emissions.shape[1], job.sky["k"].size))
    for kind, own in _apart(job):
        if kind is None:
            hourly[:, own] = _plain(job, own).hours(places, chosen)
        else:
            some = replace(job, sources=job.sources[chosen], emissions=job.emissions[chosen])
            hourly[:, own] = _settled(some, kind, own, places, ()).hourly
    return hourly


def _apart(job: Job) -> Iterator[tuple[Particles | Gas | None, NDArray]]:
    assert job.depositing is not None
    return job.depositing.apart()


def _plain(job: Job, own: NDArray) -> Job:
    """The same job for pollutants that do not deposit."""
    areas = job.areas
    if areas is not None:
        areas = replace(areas, density=np.ascontiguousarray(areas.density[:, own]))
    emissions = np.ascontiguousarray(job.emissions[:, own])
    return replace(job, emissions=emissions, areas=areas, depositing=None)


def _settled(
    job: Job, kind: Particles | Gas, own: NDArray, places: NDArray, swept: Sequence[str]
) -> Settled:
    """The sweep for pollutants of one kind: sums, or every hour where none is asked for."""
    from geocluster.plume.settling import settle_all

    assert job.depositing is not None
    return settle_all(
        places,
        job.sources,
        np.ascontiguousarray(job.emissions[:, own]),
        sizes_of(kind, job.sky, job.depositing),
        **job.sky,
        **job.settings,
        highest_wanted="max_1h" in swept,
        hourly_wanted=not swept,
        flux_wanted=DEPOSITION in swept,
    )


def _sums(settled: Settled, swept: Sequence[str]) -> dict[str, NDArray | Any]:
    all_of_them = {
        "mean": settled.mean,
        "max_1h": settled.highest,
        DEPOSITION: settled.flux * YEAR_S,
    }
    return {name: all_of_them[name] for name in swept}
