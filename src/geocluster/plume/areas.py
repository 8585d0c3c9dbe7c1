"""Areas as arrays, and their sweep over receptors and hours."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geocluster.plume.polar import Polar


# What of the keywords of a sweep counts for areas: no rise, no terrain, no options.
SETTINGS = ("hours", "wind_from_deg", "k", "anemometer_m", "half_life_s", "reach_m")


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
    places: NDArray,
    sources: NDArray,
    emissions: NDArray,
    areas: Areas | None,
    settings: dict[str, Any],
    polar: Polar | None = None,
) -> NDArray:
    """(pollutant, receptor): the mean of areas and of the sources that are none. [ug/m3]

    `sources` and `emissions` have a row for each area too; `settings` are the keywords of
    `geocluster.plume.kernel.sweep_all`. Sources that are none are taken from `polar` if given.
    """
    from geocluster.plume.kernel import sweep_all

    mean = np.zeros((emissions.shape[1], places.shape[0]))
    if areas is not None:
        mean += sweep_all_areas(places, areas, **{name: settings[name] for name in SETTINGS})
    if polar is not None:
        return mean + polar.mean(places, sources, emissions)
    assert areas is not None
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
    own = {name: settings[name] for name in SETTINGS}
    sweep_all_areas(places, areas, **own, hourly=hourly)
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
) -> NDArray:
    """The mean over hours at every receptor of areas alone, (pollutant, receptor). [ug/m3]

    Parameters
    ----------
    places : ndarray, (receptor, 4)
        x, y, height above the ground, and elevation, which counts for nothing here. [m]
    areas : Areas
        At least one.
    hours, wind_from_deg, k, anemometer_m, half_life_s, reach_m
        As in `geocluster.plume.kernel.sweep_all`.
    hourly : ndarray, (receptor, pollutant, hour), optional
        Each hour's concentration is added to it, hours in the order given. [ug/m3]
    """
    from geocluster.plume import area, kernel
    from geocluster.plume.rows import groups_of

    groups = groups_of(hours, wind_from_deg, k)
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
            groups.hours,
            groups.order,
            groups.starts,
            groups.classes,
            groups.flow,
            anemometer_m,
            math.log(2.0) / half_life_s if half_life_s else 0.0,
            reach_m,
            mean,
            np.zeros((0, 0, 0)) if hourly is None else hourly,
        )
    return mean
