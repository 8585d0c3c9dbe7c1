"""Where AERMOD is asked: a coarse grid on the study's cells, homes, places, and about a site."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geocluster.handover.runstream import ascii_text, card, metres

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

# AERMOD takes 2.3 us for each source, receptor and hour: a hundred sources of a year at so many
# receptors are two hours.
MOST_NODES, MOST_HOMES, MOST_PLACES = 2_500, 1_000, 500
SETTLEMENTS = (
    "city",
    "town",
    "suburb",
    "village",
    "hamlet",
    "locality",
    "quarter",
    "neighbourhood",
)
WIDE_M2 = 1e6
SITE_STEP_M, SITE_NODES = 200.0, 20


@dataclass(frozen=True)
class Net:
    """An even grid of receptors: first node, number and step along x and y. [m]"""

    name: str
    x: tuple[float, int, float]
    y: tuple[float, int, float]

    @property
    def size(self) -> int:
        """How many receptors there are."""
        return self.x[1] * self.y[1]

    def lines(self) -> list[str]:
        """The GRIDCART of it."""
        sides = [metres(self.x[0]), self.x[1], metres(self.x[2])]
        sides += [metres(self.y[0]), self.y[1], metres(self.y[2])]
        return [
            card("RE", "GRIDCART", self.name, "STA"),
            card("RE", "GRIDCART", self.name, "XYINC", *sides),
            card("RE", "GRIDCART", self.name, "END"),
        ]


def net_on_cells(grid: xr.DataArray, most: int = MOST_NODES) -> Net:
    """Every n-th cell centre of a grid, n the least that gives no more nodes than `most`.

    Parameters
    ----------
    grid : xarray.DataArray
        Dims (y, x), cell centres as coordinates [m]; see `Region.grid`.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 50_000, 30_000), "EPSG:32642").grid(500)
    >>> net_on_cells(grid, most=600)
    Net(name='REGION', x=(750.0, 25, 2000.0), y=(750.0, 15, 2000.0))
    """
    x, y = (np.sort(np.asarray(grid[name].values, dtype=float)) for name in ("x", "y"))
    step = 1
    while math.ceil(x.size / step) * math.ceil(y.size / step) > most:
        step += 1
    first = [(side.size - 1) % step // 2 for side in (x, y)]
    nodes = [side[start::step] for side, start in zip((x, y), first, strict=True)]
    cell_m = float(grid.attrs.get("cell_m", 0.0)) or float(x[1] - x[0])
    (own_x, own_y) = ((float(n[0]), int(n.size), step * cell_m) for n in nodes)
    return Net("REGION", own_x, own_y)


def net_about(x: float, y: float) -> Net:
    """A grid of 4 km about a place, that stands between its four middle nodes."""
    start = -SITE_STEP_M * (SITE_NODES - 1) / 2
    return Net(
        "SITE",
        (round(x + start, 2), SITE_NODES, SITE_STEP_M),
        (round(y + start, 2), SITE_NODES, SITE_STEP_M),
    )


def points_of(
    homes: gpd.GeoDataFrame, places: gpd.GeoDataFrame, sources: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Homes and sensitive places as single receptors, and what is left out of them.

    Parameters
    ----------
    homes : GeoDataFrame
        With `people` and `inside`; those of the region itself count, those with most people first.
    places : GeoDataFrame
        With `kind`; schools, hospitals and the like, those nearest to a source first.
    sources : GeoDataFrame

    Returns
    -------
    table, notes : DataFrame and list of str
        Columns kind, name, people, x, y [m], no two at one place; and a sentence for each limit
        that something fell to.
    """
    import pandas as pd

    notes = []
    own = homes[homes["inside"].astype(bool)] if "inside" in homes else homes
    own = own[own["people"] > 0]
    lived = _rows(own, "home", own["people"])
    lived = lived.sort_values(["people", "x", "y"], ascending=[False, True, True], kind="stable")
    if len(lived) > MOST_HOMES:
        share = lived["people"].iloc[:MOST_HOMES].sum() / lived["people"].sum()
        notes.append(
            f"Homes: the {MOST_HOMES} of {len(lived)} with most people, {share:.0%} of all people."
        )
    wide = own[own.geometry.area > WIDE_M2]
    if len(wide):
        share = wide["people"].sum() / own["people"].sum()
        notes.append(
            f"One point stands for each home, also for the {len(wide)} of more than 1 km2, where "
            f"{share:.0%} of all people live: read their exposure from the grid."
        )
    near = places[~places["kind"].isin(SETTLEMENTS)] if len(places) else places
    known = _rows(near, near["kind"], math.nan)
    if len(known) > MOST_PLACES:
        notes.append(f"Places: the {MOST_PLACES} of {len(known)} that lie nearest to a source.")
        away = near.geometry.representative_point().distance(sources.geometry.union_all())
        known = known.assign(away=away.to_numpy()).sort_values(["away", "x", "y"], kind="stable")
        known = known.drop(columns="away")
    table = pd.concat([known.iloc[:MOST_PLACES], lived.iloc[:MOST_HOMES]], ignore_index=True)
    return table.drop_duplicates(["x", "y"]).reset_index(drop=True), notes


def _rows(table: gpd.GeoDataFrame, kind: object, people: pd.Series | float) -> pd.DataFrame:
    import pandas as pd

    at = table.geometry.representative_point()
    names = table["name"] if "name" in table else [""] * len(table)
    return pd.DataFrame(
        {
            "kind": kind,
            "name": [ascii_text(name) for name in names],
            "people": people if isinstance(people, float) else people.round(1),
            "x": at.x.round(2),
            "y": at.y.round(2),
        },
        index=table.index,
    ).reset_index(drop=True)


def receptor_lines(nets: list[Net], points: pd.DataFrame) -> list[str]:
    """The RE pathway: grids and single receptors on the ground."""
    lines = [line for net in nets for line in net.lines()]
    pairs = zip(points["x"], points["y"], strict=True)
    return lines + [card("RE", "DISCCART", metres(x), metres(y)) for x, y in pairs]
