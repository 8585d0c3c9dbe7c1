"""Areas as arrays, and their sweep over receptors and hours."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.plume import columns as col

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Areas:
    """Area sources as plain arrays.

    Attributes
    ----------
    table : ndarray, (area, 6)
        The columns X to URBAN of `geocluster.plume.area`.
    edges : ndarray, (edge, 5)
        Of all areas, from their centres [m]; the columns X0 to CORNER of `geocluster.plume.area`.
    spans : ndarray of int, (area, 2)
        Where an area's edges begin and end.
    density : ndarray, (area, pollutant)
        [g/s/m2]
    rows : ndarray of int, (area,)
        Which row of the table of sources each area is.
    """

    table: NDArray
    edges: NDArray
    spans: NDArray
    density: NDArray
    rows: NDArray

    def __len__(self) -> int:
        return self.table.shape[0]

    def chosen(self, keep: NDArray) -> Areas:
        """Only the areas where `keep` is true."""
        return replace(
            self,
            table=self.table[keep],
            spans=self.spans[keep],
            density=self.density[keep],
            rows=self.rows[keep],
        )

    def of_rows(self, rows: NDArray) -> Areas:
        """Only the areas among these rows of the table of sources, counted in their order."""
        order = np.argsort(rows)
        keep = np.isin(self.rows, rows)
        at = order[np.searchsorted(rows, self.rows[keep], sorter=order)]
        return replace(self.chosen(keep), rows=at)


def mean_of_all(
    places: NDArray, sources: NDArray, emissions: NDArray, areas: Areas, settings: dict[str, Any]
) -> NDArray:
    """(pollutant, receptor): the mean of areas and of the sources that are none. [ug/m3]

    `sources` and `emissions` have a row for each area too; `settings` are the keywords of
    `geocluster.plume.kernel.sweep_all`.
    """
    from geocluster.plume.kernel import sweep_all

    mean = sweep_all_areas(places, areas, **settings)
    others = np.setdiff1d(np.arange(len(sources)), areas.rows)
    if others.size:
        mean += sweep_all(places, sources[others], emissions[others], **settings)[0]
    return mean


def hours_of_all(
    places: NDArray, sources: NDArray, emissions: NDArray, areas: Areas, settings: dict[str, Any]
) -> NDArray:
    """(receptor, pollutant, hour): each hour of areas and of the sources that are none. [ug/m3]"""
    from geocluster.plume.hourly import hourly_values

    others = np.setdiff1d(np.arange(len(sources)), areas.rows)
    hourly = hourly_values(places, sources[others], emissions[others], **settings)
    sweep_all_areas(places, areas, **settings, hourly=hourly)
    return hourly


def sweep_all_areas(
    places: NDArray,
    areas: Areas,
    hours: NDArray,
    wind_from_deg: NDArray,
    k: NDArray,
    *,
    anemometer_m: float,
    half_life_s: float | None,
    reach_m: float,
    hourly: NDArray | None = None,
    **_: Any,
) -> NDArray:
    """The mean over hours at every receptor of areas alone, (pollutant, receptor). [ug/m3]

    Parameters
    ----------
    places : ndarray, (receptor, 3)
        x, y and height above the ground. [m]
    areas : Areas
        At least one.
    hours, wind_from_deg, k, anemometer_m, half_life_s, reach_m
        As in `geocluster.plume.kernel.sweep_all`.
    hourly : ndarray, (receptor, pollutant, hour), optional
        Each hour's concentration is added to it, hours in the order given. [ug/m3]
    """
    from geocluster.plume import area, kernel

    order, starts = _groups(wind_from_deg, k, hours[:, col.MIXING_HEIGHT], area.LONGEST_GROUP)
    first = order[starts[:-1]]
    angle = np.deg2rad(wind_from_deg[first])
    flow = np.column_stack([-np.sin(angle), -np.cos(angle)])
    mean = np.zeros((areas.density.shape[1], places.shape[0]))
    if len(areas) == 0:
        return mean
    with kernel._LOCK:
        area.sweep_areas(
            np.ascontiguousarray(places, dtype=float),
            areas.table,
            areas.edges,
            areas.spans,
            areas.density,
            hours[order],
            order,
            starts,
            k[first].astype(np.int64),
            flow,
            anemometer_m,
            math.log(2.0) / half_life_s if half_life_s else 0.0,
            reach_m,
            mean,
            np.zeros((0, 0, 0)) if hourly is None else hourly,
        )
    return mean


def _groups(
    wind_from_deg: NDArray, k: NDArray, lid: NDArray, longest: int
) -> tuple[NDArray, NDArray]:
    """Hours by direction and class, in each from the lowest lid up, cut into groups."""
    order = np.lexsort((np.arange(k.size), lid, k, wind_from_deg))
    new = np.ones(k.size, dtype=bool)
    new[1:] = (np.diff(wind_from_deg[order]) != 0) | (np.diff(k[order]) != 0)
    first = np.flatnonzero(new)
    within = np.arange(k.size) - np.repeat(first, np.diff(np.append(first, k.size)))
    return order, np.append(np.flatnonzero(new | (within % longest == 0)), k.size)
