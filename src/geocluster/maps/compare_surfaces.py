"""The surfaces of two runs as pictures: both in the same classes, and their difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.maps.colours import class_breaks, class_index
from geocluster.maps.raster_image import picture, warp
from geocluster.maps.surfaces import classes_of, usual_high
from geocluster.maps.text import clean, pollutant_label, statistic_label, unit_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from geocluster.region import Region

# Purple where B has more, orange where A has more: told apart by the colour-blind, and as dark as
# each other (ColorBrewer's PuOr).
MORE_IN_B = ("#b2abd2", "#8073ac", "#542788", "#2d004b")
MORE_IN_A = ("#fdb863", "#e08214", "#b35806", "#7f3b08")
SUITABLE_COLOUR = "#4f9d69"
ONLY_IN_A, ONLY_IN_B = "#b35806", "#542788"
# Of the highest value: what differs by less is the same.
NOTHING = 1e-6


class Pair(NamedTuple):
    """One quantity of both runs on the same grid.

    Parameters
    ----------
    kind : {"concentration", "burden", "suitable"}
        What it is; suitable land is 1 or 0.
    key, pollutant, statistic, unit : str
        Its name and unit.
    a, b : ndarray or None
        Shape (y, x), NaN where unknown; None where the run does not have it.
    limit : float or None
        What it is held against, in its unit.
    """

    kind: str
    key: str
    pollutant: str
    statistic: str
    unit: str
    a: np.ndarray | None
    b: np.ndarray | None
    limit: float | None = None


def surface_pair(pair: Pair, grid: xr.DataArray) -> dict[str, Any] | None:
    """Both pictures in the same classes, and the difference; None where there is nothing."""
    told: dict[str, Any] = {
        "kind": pair.kind,
        "key": clean(pair.key),
        "pollutant": pollutant_label(pair.pollutant) if pair.pollutant else "",
        "statistic": statistic_label(pair.statistic),
        "unit": unit_in_words(clean(pair.unit).replace("persons ug", "persons x ug")),
    }
    if pair.kind == "suitable":
        return told | _suitable(pair, grid)
    known = [part for part in (pair.a, pair.b) if part is not None]
    ramp_name = "burden" if pair.kind == "burden" else "concentration"
    breaks, colours = classes_of(
        np.concatenate([one.ravel() for one in known]), ramp_name, pair.limit
    )
    if not breaks:
        return None
    images = {}
    for name, part in (("a", pair.a), ("b", pair.b)):
        if part is not None:
            warped, box = warp(part, grid, grid.attrs["crs"], smooth=True)
            made = picture(class_index(warped, breaks), box, colours)
            images[name] = made.uri
            told["bounds"] = _corners(made.bounds)
    highest = max(float(np.nanmax(part)) for part in known if np.isfinite(part).any())
    return {
        **told,
        **images,
        "breaks": breaks,
        "colours": list(colours),
        "highest": float(f"{highest:.3g}"),
        "difference": _difference(pair, grid, highest),
    }


def difference_classes(change: np.ndarray, highest: float) -> list[float]:
    """The lower ends of the classes of a difference, the same below 0 as above.

    Parameters
    ----------
    change : ndarray
        B minus A; NaN where unknown.
    highest : float
        The highest value of either surface.

    Examples
    --------
    >>> difference_classes(np.array([-47.0, 0.0, 3.0]), 100.0)
    [2.0, 5.0, 10.0, 20.0]
    >>> difference_classes(np.array([1e-9, np.nan]), 100.0)
    []
    """
    sizes = np.abs(change[np.isfinite(change)])
    usual = usual_high(sizes) or (float(sizes.max()) if sizes.size else 0.0)
    return class_breaks(usual, len(MORE_IN_B)) if usual > NOTHING * highest else []


def _difference(pair: Pair, grid: xr.DataArray, highest: float) -> dict[str, Any] | None:
    if pair.a is None or pair.b is None:
        return None
    change = pair.b - pair.a
    breaks = difference_classes(change, highest)
    if not breaks:
        return None
    warped, box = warp(change, grid, grid.attrs["crs"], smooth=True)
    count = len(breaks)
    more, less = class_index(warped, breaks), class_index(-warped, breaks)
    index = np.where(more > 0, more + count, less).astype("uint8")
    colours = [*MORE_IN_A[-count:], *MORE_IN_B[-count:]]
    known = change[np.isfinite(change)]
    return {
        "uri": picture(index, box, colours).uri,
        "breaks": breaks,
        "less": list(MORE_IN_A[-count:]),
        "more": list(MORE_IN_B[-count:]),
        "extremes": [float(f"{value:.3g}") for value in (known.min(), known.max())],
    }


def _suitable(pair: Pair, grid: xr.DataArray) -> dict[str, Any]:
    """Suitable land of both, and what only one of them has; areas on the common grid."""
    a, b = (np.nan_to_num(part) >= 0.5 for part in (pair.a, pair.b))  # type: ignore[arg-type]
    both = np.isfinite(pair.a) & np.isfinite(pair.b)  # type: ignore[arg-type]
    only_a, only_b = a & ~b & both, b & ~a & both
    index = np.where(only_a, 1, np.where(only_b, 2, 0))
    told: dict[str, Any] = {}
    for name, part, colours in (
        ("a", a, [SUITABLE_COLOUR]),
        ("b", b, [SUITABLE_COLOUR]),
        ("change", index, [ONLY_IN_A, ONLY_IN_B]),
    ):
        warped, box = warp(part.astype("uint8"), grid, grid.attrs["crs"], smooth=False)
        made = picture(warped, box, colours)
        told[name], told["bounds"] = made.uri, _corners(made.bounds)
    hectares = float(grid.attrs["cell_m"]) ** 2 / 10_000
    change = told.pop("change")
    return told | {
        "breaks": [],
        "colours": [SUITABLE_COLOUR],
        "highest": None,
        "difference": {
            "uri": change,
            "breaks": [],
            "less": [ONLY_IN_A],
            "more": [ONLY_IN_B],
            "extremes": [float(only_a.sum() * hectares), float(only_b.sum() * hectares)],
        }
        if (only_a | only_b).any()
        else None,
    }


def _corners(bounds: Sequence[float]) -> list[list[float]]:
    south, west, north, east = bounds
    return [[south, west], [north, east]]


def focus_of(
    region: Region, sites: gpd.GeoDataFrame, pairs: Sequence[Pair], grid: xr.DataArray
) -> list[list[float]]:
    """The box of the candidates and of the cells that differ clearly, else of the region."""
    import geopandas as gpd
    from shapely.geometry import box

    parts: list[BaseGeometry]
    half = float(grid.attrs["cell_m"]) / 2
    # Some cells around, so that a single site is seen in its place.
    parts = [box(*sites.total_bounds).buffer(10 * half)] if len(sites) else []
    for pair in pairs:
        if pair.kind != "concentration" or pair.a is None or pair.b is None:
            continue
        size = np.nan_to_num(np.abs(pair.b - pair.a))
        drawn = difference_classes(size, float(size.max()))[:1] or [np.inf]
        rows, columns = np.nonzero(size >= drawn[0])
        if rows.size:
            x, y = grid["x"].values[columns], grid["y"].values[rows]
            found = box(x.min() - half, y.min() - half, x.max() + half, y.max() + half)
            parts.append(gpd.GeoSeries([found], crs=grid.attrs["crs"]).to_crs(region.crs).iloc[0])
    shapes = gpd.GeoSeries(parts or [region.boundary], crs=region.crs).to_crs("EPSG:4326")
    west, south, east, north = (round(float(one), 5) for one in shapes.total_bounds)
    pad = 0.06 * max(east - west, north - south)
    return [[south - pad, west - pad], [north + pad, east + pad]]
