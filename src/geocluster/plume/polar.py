"""Long-term means by polar tables, one for each kind of source, interpolated at every place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import get_num_threads

from geocluster.errors import InputError
from geocluster.plume import columns as col
from geocluster.plume.rings import ANGLES, BEND, Rings, add_about
from geocluster.plume.terrain import has_terrain

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray

    from geocluster.plume.options import PlumeOptions

BLOCK = 8192  # receptors that are one task
NARROWEST_STEPS = 2.0  # how many angles sigma_y has at least


@dataclass(frozen=True)
class Polar:
    """Tables of kinds of source, and which kind each source is.

    Attributes
    ----------
    tables : tuple of ndarray, (ring, angle)
        Of 1 g/s, as `Rings.wrapped` gives them. [ug/m3 per g/s]
    rings : tuple of Rings
        Of each table.
    kind : ndarray of int, (source,)
        -1 for a source that has none: areas, lines, and what emits nothing.
    """

    tables: tuple[NDArray, ...]
    rings: tuple[Rings, ...]
    kind: NDArray

    def of_rows(self, rows: NDArray) -> Polar:
        """The same for some of the sources."""
        return replace(self, kind=self.kind[rows])

    def mean(self, places: NDArray, sources: NDArray, emissions: NDArray) -> NDArray:
        """(pollutant, receptor): sums in the order of sources. [ug/m3]"""
        px, py = (np.ascontiguousarray(places[:, n]) for n in range(2))
        mean = np.zeros((emissions.shape[1], px.size))

        def fill(first: int) -> None:
            block = slice(first, first + BLOCK)
            for n in np.flatnonzero(self.kind >= 0):
                table, rings = self.tables[self.kind[n]], self.rings[self.kind[n]]
                add_about(
                    table, rings.first_m, rings.reach_m, rings.bend, rings.step,
                    sources[n, col.X], sources[n, col.Y], emissions[n], px[block], py[block],
                    mean[:, block],
                )  # fmt: skip

        with ThreadPoolExecutor(get_num_threads()) as threads:
            list(threads.map(fill, range(0, px.size, BLOCK)))
        return mean


def polar_of(
    sources: NDArray, emissions: NDArray, sky: dict[str, Any], settings: dict[str, Any]
) -> Polar:
    """The tables of all sources that emit; sources of equal parameters share one.

    Parameters
    ----------
    sources, emissions, sky, settings
        As in `geocluster.plume.kernel.sweep_all`.
    """
    from geocluster.plume.turning import patterns

    emitting = np.flatnonzero(emissions.any(axis=1))
    own = sources[emitting].copy()
    own[:, [col.X, col.Y]] = 0.0
    kinds, kind_of = np.unique(own, axis=0, return_inverse=True)
    kind = np.full(len(sources), -1)
    kind[emitting] = kind_of.ravel()
    alike = kinds[:, [col.VOLUME, col.SIGMA_Y0, col.URBAN]]
    tables: list[Any] = [None] * len(kinds)
    rings: list[Any] = [None] * len(kinds)
    for form in np.unique(alike, axis=0):
        rows = np.flatnonzero((alike == form).all(axis=1))
        own_rings = rings_of(kinds[rows[0]], settings["reach_m"])
        if own_rings is None:  # all within reach is too near to a volume
            kind[np.isin(kind, rows)] = -1
            continue
        for row, table in zip(rows, patterns(kinds[rows], own_rings, sky, settings), strict=True):
            tables[row], rings[row] = own_rings.wrapped(table), own_rings
    return Polar(tuple(tables), tuple(rings), kind)


def polar_of_places(
    sources: NDArray, emissions: NDArray, place: NDArray, skies: Sequence[dict[str, Any]],
    settings: dict[str, Any],
) -> Polar:  # fmt: skip
    """As `polar_of`, where each source has the weather of its own place, an index of `skies`."""
    tables: tuple[NDArray, ...] = ()
    rings: tuple[Rings, ...] = ()
    kind = np.full(len(sources), -1)
    for number, sky in enumerate(skies):
        own = place == number
        part = polar_of(sources[own], emissions[own], sky, settings)
        kind[own] = np.where(part.kind >= 0, part.kind + len(tables), -1)
        tables, rings = tables + part.tables, rings + part.rings
    return Polar(tables, rings, kind)


def rings_of(source: NDArray, reach_m: float) -> Rings | None:
    """The rings about a source; None where its plume would begin beyond the reach."""
    volume = source[col.VOLUME] != 0.0
    first = 2.15 * source[col.SIGMA_Y0] + 1.0 if volume else 1.0
    if first >= reach_m:
        return None
    angles = ANGLES
    while _narrowest(reach_m, source[col.URBAN] != 0.0) * angles < NARROWEST_STEPS * 2.0 * math.pi:
        angles *= 2
    return Rings(float(first), reach_m, BEND if volume else 0.0, angles)


def _narrowest(x: float, urban: bool) -> float:
    """The smallest angle that sigma_y of any class has at a distance. [rad]"""
    from geocluster.plume.rows import ambient_y

    return min(ambient_y(x, k, urban) for k in range(6)) / x


def check_tables(
    sources: gpd.GeoDataFrame, receptors: xr.DataArray | gpd.GeoDataFrame, options: PlumeOptions
) -> None:
    """Raise an `InputError` where there is anything that tables do not know."""
    faults = []
    points = hasattr(receptors, "geometry")
    if points and "height_m" in receptors and (receptors["height_m"].fillna(0.0) > 0).any():
        faults.append("receptors stand above the ground (column 'height_m')")
    if has_terrain(sources, receptors):
        faults.append("terrain is given ('ground_m')")
    if options.deposition:
        faults.append("deposition is asked for")
    if faults:
        told = [f"{fault}: tables do not know it, use method='hourly'" for fault in faults]
        raise InputError("method 'tables'", told)
