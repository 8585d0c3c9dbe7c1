"""What a park would add on top of what is there: people and land newly above an annual limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geocluster.exposure.assess import recipes_of
from geocluster.exposure.coverage import Frame, cover
from geocluster.exposure.limits import read_limits
from geocluster.exposure.residents import home_shapes, people_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.siting.added import Added

VEGETATION_LEVELS = Path(__file__).with_name("vegetation_levels.toml")
VEGETATION_KINDS = ("protected", "farmland", "irrigated", "forest")
WITHIN_ONE_CLASS = 1.5  # cells whose reach differs by less than this are looked up together


@dataclass(frozen=True)
class Limit:
    """An annual limit with what is there already, by cell, and what the park emits.

    `room` is the limit less the existing mean [ug/m3], below 0 where it is passed already;
    `emission` that of the whole park [g/s].
    """

    name: str
    room: np.ndarray
    emission: float


def annual_limits(
    limits: pd.DataFrame, field: xr.Dataset, emissions: Mapping[str, float]
) -> list[Limit]:
    """The annual limits that the existing field and the park's emissions can answer.

    Limits over hours or days are not among them: means do not say how often a value is passed.
    NO2 is taken as 0.9 of NOx where it has no figure of its own, as for the people of today.

    Parameters
    ----------
    limits : DataFrame
        From `read_limits`.
    field : Dataset
        The concentration of today over a grid, with ``mean``.
    emissions : mapping
        Pollutant to what the park emits. [g/s]
    """
    import xarray as xr

    there = recipes_of(field)
    given = recipes_of(xr.Dataset(coords={"pollutant": list(emissions)}))
    frame, found = frame_of(field), []
    for row in limits[limits["statistic"] == "mean"].to_dict("records"):
        pollutant = row["pollutant"]
        if pollutant not in there or pollutant not in given:
            continue
        old, new = there[pollutant], given[pollutant]
        layer = field["mean"].sel(pollutant=old.held).transpose("y", "x")
        room = row["value_ug_m3"] - old.factor * frame.from_grid(np.asarray(layer.values, float))
        found.append(Limit(row["limit_id"], room, new.factor * emissions[new.held]))
    return found


def newly_above(
    added: Added, limits: list[Limit], frame: Frame, wanted: np.ndarray
) -> dict[str, np.ndarray]:
    """The cells that a park at each site brings above a limit that they are not above today.

    Parameters
    ----------
    added : Added
        What a park of 1 g/s adds, by site.
    limits : list of Limit
        On the cells of `frame`.
    frame : Frame
    wanted : array of bool
        Whether a cell is asked for; counted from the north-west row by row.

    Returns
    -------
    dict
        Limit to ``site * cells + cell`` of each pair.
    """
    from scipy.spatial import cKDTree

    x, y = frame.centres(np.arange(wanted.size))
    found: dict[str, np.ndarray] = {}
    for limit in limits:
        free = np.flatnonzero(wanted & (limit.room >= 0))
        # Only so near is any site's field high enough to use up the room of a cell.
        level = limit.room[free] / limit.emission
        kinds = range(len(added.most))
        reach = np.max([added.farthest(level, kind) for kind in kinds], axis=0, initial=1.0)
        step = np.floor(np.log(reach) / np.log(WITHIN_ONE_CLASS))
        keys = [np.empty(0, dtype=np.int64)]
        for number in np.unique(step):
            cells = free[step == number]
            tree = cKDTree(np.column_stack([x[cells], y[cells]]))
            within = np.full(len(added), reach[step == number].max())
            for site, point in added.pairs(tree, within, np.arange(len(added))):
                cell = cells[point]
                above = limit.emission * added.at(site, x[cell], y[cell]) > limit.room[cell]
                keys.append(site[above] * np.int64(wanted.size) + cell[above])
        found[limit.name] = np.unique(np.concatenate(keys))
    return found


def _sums(keys: np.ndarray, amount: np.ndarray, sites: int) -> np.ndarray:
    """The amount in the cells of each site."""
    site, cell = np.divmod(keys, amount.size)
    return np.bincount(site, amount[cell], minlength=sites)


def _of_any(found: dict[str, np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate(list(found.values())))


def people_above(
    added: Added,
    homes: gpd.GeoDataFrame,
    field: xr.Dataset,
    emissions: Mapping[str, float],
    limits: pd.DataFrame,
) -> dict[str, np.ndarray]:
    """People above annual limits with a park at each site: newly, and in all.

    Parameters
    ----------
    added, field, emissions, limits
        As in `annual_limits` and `newly_above`.
    homes : GeoDataFrame
        Areas with `people`.

    Returns
    -------
    dict
        ``people_newly_above`` at least one limit that they are below today, ``people_above_in_all``
        with what is there, and ``people_newly_above_<limit_id>`` each. Empty where no limit can be
        answered. [persons]
    """
    found = annual_limits(limits, field, emissions)
    if not found:
        return {}
    frame = frame_of(field)
    home, cell, share = cover(home_shapes(homes, field.attrs.get("crs")), frame)
    people = np.bincount(cell, people_of(homes)[home] * share, frame.rows * frame.columns)
    by_limit = newly_above(added, found, frame, people > 0)
    newly, count = _of_any(by_limit), len(added)
    return {
        "people_newly_above": _sums(newly, people, count),
        "people_above_in_all": _in_all(newly, found, people, count),
        **{
            f"people_newly_above_{name}": _sums(keys, people, count)
            for name, keys in by_limit.items()
        },
    }


def vegetation_above(
    added: Added,
    land: gpd.GeoDataFrame | None,
    field: xr.Dataset,
    emissions: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """Hectares of protected land, farmland and forest above the levels for vegetation.

    Parameters
    ----------
    added, field, emissions
        As in `annual_limits`.
    land : GeoDataFrame or None
        Areas by `kind`, in the field's reference system.

    Returns
    -------
    dict
        ``vegetation_newly_above_ha``, ``protected_newly_above_ha`` (of it) and
        ``vegetation_above_in_all_ha``. Empty where there is no such land, or where neither NOx
        nor SO2 is known on both sides. [ha]
    """
    found = annual_limits(read_limits(VEGETATION_LEVELS), field, emissions)
    frame = frame_of(field)
    green = _hectares(land, VEGETATION_KINDS, frame)
    if not found or not green.any():
        return {}
    newly, count = _of_any(newly_above(added, found, frame, green > 0)), len(added)
    protected = _hectares(land, ("protected",), frame)
    return {
        "vegetation_newly_above_ha": _sums(newly, green, count),
        "protected_newly_above_ha": _sums(newly, protected, count),
        "vegetation_above_in_all_ha": _in_all(newly, found, green, count),
    }


def frame_of(field: xr.Dataset) -> Frame:
    """The cells of a concentration."""
    return Frame.of(field["mean"].assign_attrs(field.attrs))


def _in_all(newly: np.ndarray, limits: list[Limit], amount: np.ndarray, sites: int) -> np.ndarray:
    """What is above a limit today, and what a park at each site brings above its first one."""
    already = np.any([limit.room < 0 for limit in limits], axis=0)
    return amount[already].sum() + _sums(newly, np.where(already, 0.0, amount), sites)


def _hectares(land: gpd.GeoDataFrame | None, kinds: tuple[str, ...], frame: Frame) -> np.ndarray:
    """Hectares of land of these kinds in each cell; what is drawn twice counts once."""
    import shapely

    cells = frame.rows * frame.columns
    if land is None or not len(land):
        return np.zeros(cells)
    shapes = land.geometry[land["kind"].isin(kinds)]
    whole = shapely.get_parts(shapely.union_all(np.asarray(shapes.values, dtype=object)))
    whole = whole[shapely.area(whole) > 0]
    if not len(whole):
        return np.zeros(cells)
    shape, cell, share = cover(whole, frame)
    return np.bincount(cell, shapely.area(whole)[shape] * share / 1e4, minlength=cells)
