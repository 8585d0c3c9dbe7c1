"""The first candidates run forward: the park placed there, through the plume itself, to the homes.

The burden is calculated over flat ground, by tables and for all places at once. A forward run knows
terrain and deposition and takes every hour by itself, so that the two can be held side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.exposure.burden import release_table
from geocluster.exposure.coverage import Frame, spread_over
from geocluster.exposure.residents import home_shapes, people_of
from geocluster.load.ground import heights_at
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.siting.criteria import BURDEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

FORWARD = f"forward_{BURDEN}"
DIFFERENCE, REASON = "forward_difference_percent", "forward_reason"
COLUMNS = (FORWARD, DIFFERENCE, REASON)
WIDE_PERCENT = 20.0  # above that the reason is looked for
# Squares about a park, half as wide, and the sides of the cells in them whose people stand in their
# middle. The sides divide the width of the square within.
SQUARES = ((600.0, 30.0), (3_000.0, 100.0), (10_000.0, 500.0), (30_000.0, 1_000.0))
FAR_M = 2_000.0
TERRAIN, DEPOSITION = "terrain", "deposition"


def run_forward(
    sites: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    weather: xr.Dataset | Sequence[xr.Dataset],
    releases: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    options: PlumeOptions = PlumeOptions(),  # noqa: B008  (frozen)
    urban: bool | Sequence[bool] = False,
    terrain: xr.DataArray | None = None,
    pollutant: str | None = None,
) -> pd.DataFrame:
    """People times concentration with the park at each site, hour by hour, against its burden.

    Parameters
    ----------
    sites : GeoDataFrame
        Polygons with `site_id` and `burden_persons_ug_m3_per_g_s`; the park stands at a point
        inside each.
    homes : GeoDataFrame
        Areas with `people`; those within ``options.reach_m`` count.
    weather : xarray.Dataset, or one for each site
    releases : mapping or list of mappings
        As for `geocluster.burden`.
    options : PlumeOptions
        Deposition counts for `pollutant`.
    urban : bool, or one for each site
        Whether urban dispersion holds there.
    terrain : xarray.DataArray, optional
        As `read_terrain` returns it; people beyond it stand as high as its edge. [m]
    pollutant : str, optional
        What the park emits; without it nothing is deposited.

    Returns
    -------
    DataFrame
        In the order of the sites: site_id, ``forward_burden_persons_ug_m3_per_g_s``,
        ``forward_difference_percent`` (forward by burden, less one), and ``forward_reason``: where
        that is above 20 % either way, which of terrain, deposition and the place makes most of it.
    """
    import pandas as pd
    import xarray as xr

    flags = np.broadcast_to(np.asarray(urban, dtype=bool), len(sites))
    burdens = sites[BURDEN].to_numpy(dtype=float)
    points = sites.geometry.representative_point()
    table = release_table(releases)
    shapes, people = home_shapes(homes, sites.crs), people_of(homes)
    rows = []
    for number, name in enumerate(sites["site_id"]):
        at = float(points.x.iloc[number]), float(points.y.iloc[number])
        sky = weather if isinstance(weather, xr.Dataset) else weather[number]
        about = people_about(at, shapes, people, options.reach_m)
        own = replace(options, urban=bool(flags[number]), method="hourly")
        case = Case(table, at, about, sky, pollutant or "unit")
        rows.append({"site_id": name, **_compared(case, float(burdens[number]), own, terrain)})
    return pd.DataFrame(rows, columns=["site_id", *COLUMNS])


@dataclass(frozen=True)
class Case:
    """A park at a place, and the people about it: points and how many live there."""

    table: pd.DataFrame
    place: tuple[float, float]
    people: tuple[np.ndarray, np.ndarray, np.ndarray]
    weather: xr.Dataset
    pollutant: str

    def exposure(self, options: PlumeOptions, terrain: xr.DataArray | None) -> float:
        """People times concentration for a gram a second of the whole park. [persons ug/m3]"""
        import geopandas as gpd

        x, y, count = self.people
        if not len(count):
            return 0.0
        park = self.table.drop(columns=["share", "height_m"])
        park = park.assign(**{f"emission_{self.pollutant}_g_s": self.table["share"]})
        places = gpd.points_from_xy(*np.tile(self.place, (len(park), 1)).T)
        receptors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
        if terrain is not None:
            park = park.assign(ground_m=_ground(terrain, *np.atleast_2d(self.place).T)[0])
            receptors = receptors.assign(ground_m=_ground(terrain, x, y))
        kind = options.deposits.kind_of(self.pollutant)
        own = replace(options, deposition=None if kind is None else {self.pollutant: kind})
        field = concentration(
            gpd.GeoDataFrame(park, geometry=places),
            receptors,
            self.weather,
            pollutants=[self.pollutant],
            options=own,
        )
        return float(field["mean"].values[0] @ count)


def _compared(
    case: Case, burden: float, options: PlumeOptions, terrain: xr.DataArray | None
) -> dict[str, Any]:
    """A site's figures; the parts that make the difference are left out one by one to find why."""
    forward = case.exposure(options, terrain)
    percent = 100.0 * (forward / burden - 1.0) if burden > 0 else math.nan
    reason = ""
    if abs(percent) > WIDE_PERCENT:
        flat = case.exposure(options, None) if terrain is not None else forward
        bare = flat
        if options.deposits.get(case.pollutant) is not None:
            bare = case.exposure(replace(options, deposition=None), None)
        parts = {
            TERRAIN: abs(forward - flat),
            DEPOSITION: abs(flat - bare),
            "where in the site the park stands": abs(bare - burden),
        }
        reason = max(parts, key=lambda name: parts[name])
    return {
        FORWARD: forward,
        DIFFERENCE: percent,
        REASON: reason,
    }


def people_about(
    place: tuple[float, float], shapes: np.ndarray, people: np.ndarray, reach_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points about a place with all people within reach: finer the nearer.

    Returns
    -------
    x, y : ndarray
        [m]
    people : ndarray
        [persons]
    """
    found = []
    within = 0.0
    for half, side in (*SQUARES, (_whole(reach_m), FAR_M)):
        if within >= reach_m:
            break
        n = round(2 * half / side)
        frame = Frame(place[0] - half, place[1] + half, side, side, n, n, False, False)
        counted = spread_over(shapes, people, frame)
        hole = round((half - within) / side)
        if within > 0:
            counted[hole : n - hole, hole : n - hole] = 0.0
        cells = np.flatnonzero(counted)
        found.append((*frame.centres(cells), counted.ravel()[cells]))
        within = half
    x, y, count = (np.concatenate(part) for part in zip(*found, strict=True))
    return x, y, count


def _whole(reach_m: float) -> float:
    """Half the width of the outermost square, so that its cells fit about the next."""
    last = SQUARES[-1][0]
    return last + FAR_M * max(math.ceil((reach_m - last) / FAR_M), 1)


def _ground(terrain: xr.DataArray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The ground at points; beyond the terrain that of its edge, 0 where nothing is known. [m]"""
    xs, ys = terrain["x"].values, terrain["y"].values
    inside = np.clip(x, xs.min(), xs.max()), np.clip(y, ys.min(), ys.max())
    return np.nan_to_num(heights_at(terrain, *inside))
