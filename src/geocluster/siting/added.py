"""What a park adds to the air about each candidate site.

Over flat ground and one weather the concentration that a park causes at a place depends on how the
place lies from it alone. So one field about the park, and one more for each other weather and for
urban ground, serves all sites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from geocluster.errors import TableError
from geocluster.exposure.burden import release_table
from geocluster.plume.about import mean_about
from geocluster.plume.options import DEFAULT, PlumeOptions

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    Field = Callable[[np.ndarray, np.ndarray], np.ndarray]
    Pairs = tuple[np.ndarray, np.ndarray]

# Tables are within some per mille of every hour by itself where there are many hours.
FEWEST_HOURS_FOR_TABLES = 100
NEAREST_M, RING_STEP, AZIMUTHS = 25.0, 0.03, 360
MARGIN = 1.1  # between rings and azimuths a field may be a little above all that was looked at
SITES_AT_ONCE, PAIRS_AT_ONCE = 256, 2_000_000
FIRST_REACH_M = 500.0


class Park(Protocol):
    """What is asked of a park: `[park]` of study.toml has it."""

    @property
    def releases(self) -> Sequence[Mapping[str, Any]]:
        """Its ways out, with a share each."""

    @property
    def emissions(self) -> Mapping[str, float]:
        """What it emits, by pollutant; empty where that is not known. [g/s]"""


@dataclass(frozen=True)
class Added:
    """The mean concentration that a park of 1 g/s adds, by the site where it stands.

    Attributes
    ----------
    x, y : array
        The middle of each site, where the park is taken to stand. [m]
    kind : array of int
        Which of the fields holds at each site.
    fields : list of callable
        Concentration by displacement. [ug/m3 per g/s]
    most : list of array
        The highest that each field reaches at a distance of `radius` or farther.
    radius : array
        [m]
    """

    x: np.ndarray
    y: np.ndarray
    kind: np.ndarray
    fields: list[Field]
    most: list[np.ndarray]
    radius: np.ndarray

    @classmethod
    def of(
        cls,
        sites: gpd.GeoDataFrame,
        releases: Sequence[Mapping[str, Any]],
        weather: xr.Dataset | Mapping[str, xr.Dataset],
        *,
        options: PlumeOptions = DEFAULT,
        urban: bool | xr.DataArray = False,
        weather_of: xr.DataArray | None = None,
    ) -> Added:
        """Compute the fields about a park; parameters as for `geocluster.burden`."""
        x, y = middles(np.asarray(sites.geometry.values, dtype=object))
        flags = _at(urban, x, y, options.urban is True).astype(bool)
        names = _at(weather_of, x, y, "").astype(str)
        kinds, kind = np.unique(
            np.array([f"{int(flag)}{name}" for flag, name in zip(flags, names, strict=True)]),
            return_inverse=True,
        )
        radius = rings(options.reach_m)
        source = _whole_park(releases)
        fields = [
            _field(source, _sky(weather, one[1:]), options, one[0] == "1") for one in kinds.tolist()
        ]
        most = [_highest_from(field, radius) for field in fields]
        return cls(x, y, kind.reshape(-1), fields, most, radius)

    def __len__(self) -> int:
        return len(self.x)

    def at(self, site: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What a park at each `site` (its row) adds at a place of its own. [ug/m3 per g/s]"""
        site, x, y = np.asarray(site), np.asarray(x), np.asarray(y)
        values = np.zeros(len(site))
        for number, field in enumerate(self.fields):
            here = self.kind[site] == number
            if here.any():
                values[here] = field(x[here] - self.x[site[here]], y[here] - self.y[site[here]])
        return values

    def farthest(self, level: np.ndarray, kind: int) -> np.ndarray:
        """No farther than so much does a park add more than each level [ug/m3 per g/s]. [m]"""
        # `most` never rises with distance; the ring after the last that is above is the bound.
        above = np.searchsorted(-self.most[kind], -np.asarray(level), side="left")
        bound = np.append(self.radius, self.radius[-1])[above]
        return np.where(above == 0, min(NEAREST_M, self.radius[-1]), bound)

    def worst(
        self,
        x: np.ndarray,
        y: np.ndarray,
        shapes: np.ndarray | None = None,
        within_m: float | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The highest that a park at each site adds at any of these places, and at which.

        Parameters
        ----------
        x, y : array
            Places. [m]
        shapes : array of shapely geometries, optional
            The sites: a place inside the site itself does not count.
        within_m : float, optional
            Places farther away do not count. [m]

        Returns
        -------
        highest, place : array
            [ug/m3 per g/s]; NaN and -1 where no place is within reach of the plume.
        """
        from scipy.spatial import cKDTree

        highest, place = np.full(len(self), np.nan), np.full(len(self), -1)
        if not len(x) or not len(self):
            return highest, place
        tree = cKDTree(np.column_stack([x, y]))
        nearest, _ = tree.query(np.column_stack([self.x, self.y]))
        last = min(self.radius[-1], within_m or np.inf)
        looked = np.minimum(2 * nearest + FIRST_REACH_M, last)
        open_ = np.flatnonzero(nearest <= last)
        while len(open_):
            for site, point in self.pairs(tree, looked[open_], open_):
                values = self.at(site, x[point], y[point])
                if shapes is not None:
                    values[self._inside(shapes, site, x[point], y[point])] = -1.0
                _keep_highest(highest, place, site, point, values)
            known = np.nan_to_num(highest[open_], nan=0.0)
            need = np.empty(len(open_))
            for number in range(len(self.fields)):
                here = self.kind[open_] == number
                need[here] = np.minimum(self.farthest(known[here], number), last)
            done = need <= looked[open_]
            open_, need = open_[~done], need[~done]
            looked[open_] = np.minimum(need, 2 * looked[open_])
        return highest, place

    def pairs(self, tree: Any, reach_m: np.ndarray, rows: np.ndarray) -> Iterator[Pairs]:
        """Sites (their rows) and the tree's points within each one's reach, some at a time."""
        for first in range(0, len(rows), SITES_AT_ONCE):
            some = rows[first : first + SITES_AT_ONCE]
            near = tree.query_ball_point(
                np.column_stack([self.x[some], self.y[some]]),
                reach_m[first : first + SITES_AT_ONCE],
                return_sorted=True,
            )
            counts = np.array([len(points) for points in near])
            for part in _parts(counts):
                if counts[part].sum():
                    points = np.concatenate([near[i] for i in range(*part.indices(len(some)))])
                    yield np.repeat(some[part], counts[part]), points.astype(int)

    def _inside(
        self, shapes: np.ndarray, site: np.ndarray, x: np.ndarray, y: np.ndarray
    ) -> np.ndarray:
        """Which places lie inside the site itself."""
        import shapely

        west, south, east, north = shapely.bounds(shapes)[site].T
        near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        near[near] = shapely.intersects_xy(shapes[site[near]], x[near], y[near])
        return near


def middles(shapes: np.ndarray) -> Pairs:
    """The middle of each shape; a point on it where its centroid is not.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> [places.tolist() for places in middles(np.array([box(0, 0, 4, 2)]))]
    [[2.0], [1.0]]
    """
    import shapely

    points = shapely.centroid(shapes)
    outside = ~shapely.intersects(shapes, points)
    points[outside] = shapely.point_on_surface(shapes[outside])
    return shapely.get_x(points), shapely.get_y(points)


def rings(reach_m: float) -> np.ndarray:
    """Distances at which a field is looked at to know how high it can be. [m]"""
    first, last = min(NEAREST_M, reach_m / 2), reach_m * (1 - 1e-9)
    return np.geomspace(first, last, int(np.ceil(np.log(last / first) / RING_STEP)) + 1)


def _whole_park(releases: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """All releases in one place, 1 g/s together."""
    import geopandas as gpd
    from shapely.geometry import Point

    table = release_table(releases)
    table = table[table["share"] > 0]
    table = table.assign(emission_unit_g_s=table["share"]).drop(columns=["share", "height_m"])
    table = table.dropna(axis="columns", how="all").reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=[Point(0.0, 0.0)] * len(table))


def _sky(weather: xr.Dataset | Mapping[str, xr.Dataset], name: str) -> xr.Dataset:
    """The weather of that name; the only one where there is one."""
    import xarray as xr

    if isinstance(weather, xr.Dataset):
        return weather
    if name not in weather:
        known = ", ".join(map(str, weather))
        raise TableError("weather_of", f"{name or 'no name'} is unknown; there are {known}")
    return weather[name]


def _field(
    source: gpd.GeoDataFrame, weather: xr.Dataset, options: PlumeOptions, urban: bool
) -> Field:
    method = "tables" if weather.sizes["hour"] >= FEWEST_HOURS_FOR_TABLES else "hourly"
    wanted = replace(options, urban=urban, deposition=None, method=method)
    return mean_about(source, "unit", weather, options=wanted)


def _highest_from(field: Field, radius: np.ndarray) -> np.ndarray:
    """The highest of a field at each distance or farther. [ug/m3 per g/s]"""
    angle = np.arange(AZIMUTHS) * (2 * np.pi / AZIMUTHS)
    values = field(radius[:, None] * np.cos(angle), radius[:, None] * np.sin(angle)).max(axis=1)
    return MARGIN * np.maximum.accumulate(values[::-1])[::-1]


def _at(grid: Any, x: np.ndarray, y: np.ndarray, otherwise: object) -> np.ndarray:
    """A grid's value in the cell nearest to each place; one value everywhere without a grid."""
    import xarray as xr

    if not hasattr(grid, "dims"):
        return np.full(len(x), otherwise if grid is None or grid is False else grid)
    places = {"x": xr.DataArray(x, dims="site"), "y": xr.DataArray(y, dims="site")}
    return np.asarray(grid.sel(places, method="nearest").values)


def _parts(counts: np.ndarray) -> Iterator[slice]:
    """Runs of rows with no more than so many pairs together, or one row with more."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        before = ends[first - 1] if first else 0
        last = int(np.searchsorted(ends, before + PAIRS_AT_ONCE, side="right"))
        last = max(last, first + 1)
        yield slice(first, last)
        first = last


def _keep_highest(
    highest: np.ndarray, place: np.ndarray, site: np.ndarray, point: np.ndarray, values: np.ndarray
) -> None:
    """Take over each site's highest value; of equal ones the first place. Sites come in order."""
    first = np.flatnonzero(np.r_[True, site[1:] != site[:-1]])
    run = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(site)]))
    top = np.maximum.reduceat(values, first)
    at_top = np.flatnonzero(values == top[run])
    best = at_top[np.unique(run[at_top], return_index=True)[1]]
    better = (values[best] > 0) & ~(values[best] <= highest[site[best]])
    highest[site[best[better]]] = values[best[better]]
    place[site[best[better]]] = point[best[better]]
