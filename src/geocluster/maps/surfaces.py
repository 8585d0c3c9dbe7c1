"""Surfaces of the map: concentration by pollutant, limits as contours, burden, suitable land."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import TableError
from geocluster.maps.colours import class_breaks, class_index, classes_by_limit, ramp
from geocluster.maps.layers import Layer
from geocluster.maps.packing import pack
from geocluster.maps.raster_image import MOST_ENTRIES, Picture, picture, warp
from geocluster.maps.text import clean, limit_name, pollutant_label, statistic_label

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.region import Region

FRINGE_COLOUR = "#d8d3c8"
EXCLUSION_COLOURS = (
    "#8f7aa8",
    "#6f9bb8",
    "#b08968",
    "#8aa682",
    "#c08a9a",
    "#a3a05f",
    "#7d8ea3",
    "#b59bb8",
    "#9c8f80",
)


def drawn_fields(concentration: xr.Dataset) -> list[tuple[str, str]]:
    """Pollutant and statistic of each surface to draw; the low and high cases are left out."""
    names = [str(name) for name in np.atleast_1d(concentration["pollutant"].values)]
    main = [
        n
        for n in names
        if n.rpartition("_")[0] not in names or n.rpartition("_")[2] not in ("low", "high")
    ]
    statistics = [s for s, v in concentration.data_vars.items() if "pollutant" in v.dims]
    return [(p, str(s)) for s in statistics for p in main if s != "deposition"]


def concentration_layers(
    concentration: xr.Dataset | None, region: Region, limits: pd.DataFrame | None = None
) -> list[Layer]:
    """A surface for each pollutant and statistic, and the limits on it as contours.

    The one that stands highest against its limit is shown first.
    """
    if concentration is None:
        return []
    if "x" not in concentration.dims or "y" not in concentration.dims:
        raise TableError("concentration", "is not on a grid: draw_map needs the dimensions y and x")
    layers: list[Layer] = []
    lines: list[dict[str, Any]] = []
    share_of_limit: list[float] = []
    for pollutant, statistic in drawn_fields(concentration):
        values = np.asarray(concentration[statistic].sel(pollutant=pollutant).transpose("y", "x"))
        key = f"{pollutant}_{statistic}"
        title = f"{pollutant_label(pollutant)}, {statistic_label(statistic)}"
        crs = _crs_of(concentration, region)
        held = limits_of(limits, pollutant, statistic)
        lowest = held[0][0] if held else None
        layer = surface(key, title, values, concentration, crs, "µg/m³", "concentration", lowest)
        if layer is None:
            continue
        layers.append(layer)
        share_of_limit.append(layer.data["highest"] / lowest if lowest else 0.0)
        for limit in held:
            lines += contour_lines(values, concentration, crs, key, limit)
    if layers:
        first = int(np.argmax(share_of_limit))
        layers[first] = replace(layers[first], shown=True)
    if lines:
        swatch = {"mark": "line", "colour": "#14213d", "label": "", "weight": 2, "dash": "7 3"}
        data = {"lines": lines}
        layers.append(
            Layer("limits", "Limit values (contours)", "air", "contours", data, True, [swatch])
        )
    return layers


def burden_layers(burden: xr.DataArray | None, region: Region) -> list[Layer]:
    """What one more gram a second would cost the people, at every place."""
    if burden is None:
        return []
    values = np.asarray(burden.transpose("y", "x"))
    unit = clean(burden.attrs.get("units") or "persons × µg/m³ per g/s")
    unit = unit.replace("persons ug/m3", "persons × ug/m3").replace("ug/m3", "µg/m³")
    layer = surface(
        "burden", "Burden of one more g/s", values, burden, _crs_of(burden, region), unit, "burden"
    )
    return [layer] if layer else []


def surface(
    key: str,
    title: str,
    values: np.ndarray,
    grid: xr.DataArray | xr.Dataset,
    crs: Any,
    unit: str,
    colours: str,
    limit: float | None = None,
) -> Layer | None:
    """A surface in classes, against a limit where there is one; None where nothing is above 0."""
    finite = values[np.isfinite(values)]
    highest = float(finite.max()) if finite.size else 0.0
    breaks, shades = classes_of(values, colours, limit)
    if not breaks:
        return None
    warped, bounds = warp(values, grid, crs, smooth=True)
    image = picture(class_index(warped, breaks), bounds, shades)
    thousands = breaks[-1] >= 20_000
    data = {
        **_image(image),
        "unit": f"thousand {unit}" if thousands else unit,
        "divide": 1000 if thousands else 1,
        "breaks": breaks,
        "colours": shades,
        "highest": float(f"{highest:.3g}"),
    }
    return Layer(key, title, "air", "surface", data)


def classes_of(
    values: np.ndarray, colours: str, limit: float | None = None
) -> tuple[list[float], list[str]]:
    """The lower ends of a surface's classes and their colours; empty where nothing is above 0.

    Parameters
    ----------
    values : array
        In the surface's unit; NaN is left out.
    colours : str
        A ramp of `colours.RAMPS`.
    limit : float, optional
        What the surface is held against: a depth of colour is then a share of it.

    Examples
    --------
    >>> classes_of(np.array([0.5, 3.0]), "burden")[0]
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]
    """
    usual = usual_high(values[np.isfinite(values)])
    breaks = class_breaks(usual)
    if not breaks or not limit:
        return breaks, ramp(colours, len(breaks)) if breaks else []
    breaks, at, length = classes_by_limit(usual, limit)
    return breaks, [ramp(colours, length)[place] for place in at]


def usual_high(values: np.ndarray) -> float:
    """What all but one in 5,000 cells stay below: a source's own cell must not set the colours.

    Examples
    --------
    >>> usual_high(np.array([1.0, 3.0, 2.0]))
    3.0
    """
    if values.size == 0:
        return 0.0
    rank = min(values.size - 1, values.size // 5_000)
    return float(np.partition(values, values.size - 1 - rank)[values.size - 1 - rank])


def limits_of(
    limits: pd.DataFrame | None, pollutant: str, statistic: str
) -> list[tuple[float, str]]:
    """Values and labels of the limits that a surface can be held against, each value once.

    NO2 limits are drawn on NOx as if all of it were NO2, and say so.
    """
    if limits is None or len(limits) == 0:
        return []
    rows = limits[limits["statistic"] == statistic]
    found: dict[float, list[str]] = {}
    for row in rows.to_dict("records"):
        same = row["pollutant"] == pollutant
        if not same and (row["pollutant"], pollutant) != ("no2", "nox"):
            continue
        name = limit_name(row.get("set") or row.get("limit_id"), row.get("level"))
        note = "" if same else ", were all NOₓ NO₂"
        found.setdefault(float(row["value_ug_m3"]), []).append(name + note)
    return [(level, f"{', '.join(dict.fromkeys(names))}") for level, names in sorted(found.items())]


def contour_lines(
    values: np.ndarray,
    grid: xr.DataArray | xr.Dataset,
    crs: Any,
    surface_key: str,
    limit: tuple[float, str],
) -> list[dict[str, Any]]:
    """The lines on which a surface equals a limit; longest first."""
    import geopandas as gpd

    level, name = limit
    cell = abs(float(grid["x"][1] - grid["x"][0]))
    lines = [line for line in trace(values, grid, level) if line.length > 2 * cell]
    if not lines:
        return []
    lines.sort(key=lambda line: -line.length)
    series = gpd.GeoSeries([line.simplify(cell / 12) for line in lines], crs=crs)
    packed = [pack(line) for line in series.to_crs("EPSG:4326")]
    parts = [entry[1][0] for entry in packed if entry]
    return [{"surface": surface_key, "level": level, "label": name, "parts": parts}]


def trace(values: np.ndarray, grid: xr.DataArray | xr.Dataset, level: float) -> list:
    """Lines along which a gridded surface equals `level`, in the grid's own coordinates.

    Returns
    -------
    list of shapely.LineString
        Closed where the line does not leave the grid. [m]
    """
    from contourpy import contour_generator
    from shapely import LineString

    if min(values.shape) < 2 or not np.nanmax(values) > level:
        return []
    x, y = np.asarray(grid["x"], dtype=float), np.asarray(grid["y"], dtype=float)
    masked = np.ma.masked_invalid(np.asarray(values, dtype=float))
    lines: Iterable = contour_generator(x, y, masked).lines(level)
    return [LineString(line) for line in lines if len(line) > 1]


def suitable_layers(suitable: xr.Dataset | None, region: Region) -> list[Layer]:
    """Suitable land, the urban fringe, and what excludes the rest."""
    if suitable is None:
        return []
    crs = _crs_of(suitable, region)
    layers = []
    for name, title, colour, opacity in (
        ("fringe", "Urban fringe", "#c9a227", 0.35),
        ("suitable", "Suitable land", "#2f9e62", 0.6),
    ):
        if name in suitable:
            cells = np.asarray(suitable[name].transpose("y", "x")).astype(bool).astype("uint8")
            layer = _categories(name, title, cells, suitable, crs, [colour], ["yes"], opacity)
            layers += [layer] if layer else []
    if "reasons" in suitable:
        layers += _exclusions(suitable, crs)
    return layers


def _exclusions(suitable: xr.Dataset, crs: Any) -> list[Layer]:
    """Cells by the first rule that excludes them; the fringe, which excludes most, comes last.

    `bits` names every rule of each of the picture's entries, so that a reader can look at the land
    that one rule excludes, also where it is not the first (`also`: nowhere).
    """
    reasons = np.asarray(suitable["reasons"].transpose("y", "x")).astype("uint64")
    rules = rule_rows(suitable.attrs.get("rules") or suitable["reasons"].attrs.get("rules"))
    names = {bit: rule_name(row, bit) for bit, row in rules.items()}
    for bit, row in rules.items():
        if row.get("kind") == "region":
            reasons = np.where(reasons >> np.uint64(bit) & np.uint64(1), np.uint64(0), reasons)
    index, combinations = index_of_reasons(reasons)
    last = {bit for bit, row in rules.items() if row.get("kind") == "fringe"}
    sets = [bits_of(combination) for combination in combinations]
    first = [min(bits, key=lambda bit: (bit in last, bit)) for bits in sets]
    cells = np.bincount(index.ravel(), minlength=len(sets) + 1)[1:]
    area: dict[int, int] = {}
    for bit, count in zip(first, cells, strict=True):
        area[bit] = area.get(bit, 0) + int(count)
    ordered = sorted(area, key=lambda bit: (bit in last, -area[bit], bit))
    behind = sorted({bit for bits in sets for bit in bits} - set(ordered))
    colours = {
        bit: FRINGE_COLOUR if bit in last else EXCLUSION_COLOURS[min(i, len(EXCLUSION_COLOURS) - 1)]
        for i, bit in enumerate([*ordered, *behind])
    }
    entries = ["; ".join(names.get(bit, f"rule {bit + 1}") for bit in bits) for bits in sets]
    layer = _categories(
        "exclusions",
        "Excluded, by first reason",
        index,
        suitable,
        crs,
        [colours[bit] for bit in first],
        entries,
        0.7,
    )
    if layer is None:
        return []
    swatches = [
        {"mark": "fill", "colour": colours[bit], "label": names.get(bit, f"rule {bit + 1}")}
        | ({"bit": bit, "also": True} if bit in behind else {"bit": bit})
        for bit in [*ordered, *behind]
    ]
    return [replace(layer, data={**layer.data, "bits": sets}, swatches=swatches)]


def index_of_reasons(reasons: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """A palette's index for each cell, and the bits that each entry stands for.

    Where more combinations occur than a palette holds, the rarest are known by their first bit.

    Examples
    --------
    >>> index, combinations = index_of_reasons(np.array([[0, 5], [5, 2]], dtype="uint64"))
    >>> index.tolist(), combinations
    ([[0, 2], [2, 1]], [2, 5])
    """
    found, counts = np.unique(reasons[reasons > 0], return_counts=True)
    if len(found) > MOST_ENTRIES:
        kept = np.sort(found[np.argsort(-counts, kind="stable")[: MOST_ENTRIES - 64]])
        lowest = reasons & (~reasons + np.uint64(1))
        reasons = np.where(np.isin(reasons, kept) | (reasons == 0), reasons, lowest)
        found = np.unique(reasons[reasons > 0])
    index = np.where(reasons > 0, np.searchsorted(found, reasons) + 1, 0).astype("uint8")
    return index, [int(combination) for combination in found]


def bits_of(combination: int) -> list[int]:
    """Which bits are set, lowest first.

    Examples
    --------
    >>> bits_of(5)
    [0, 2]
    """
    return [bit for bit in range(combination.bit_length()) if combination >> bit & 1]


def rule_rows(rules: Any) -> dict[int, dict[str, Any]]:
    """The rule behind each bit, from a table, a list of rows, or their JSON.

    Examples
    --------
    >>> rule_rows('[{"rule_id": "homes", "reason": "closer than 500 m to homes"}]')
    {0: {'rule_id': 'homes', 'reason': 'closer than 500 m to homes'}}
    """
    if rules is None:
        return {}
    rules = json.loads(rules) if isinstance(rules, str) else rules
    rules = rules.to_dict("records") if hasattr(rules, "to_dict") else rules
    rows = [row if isinstance(row, dict) else {"reason": row} for row in rules]
    return {int(row.get("bit", place)): row for place, row in enumerate(rows)}


def rule_name(row: dict[str, Any], bit: int) -> str:
    """What a rule says to a reader."""
    told = str(row.get("label") or row.get("reason") or row.get("rule_id") or "")
    name = clean(told.partition("; ")[0], 200)  # what a rule leaves out beside it: in the fold
    return name or f"rule {bit + 1}"


def _categories(
    key: str,
    title: str,
    index: np.ndarray,
    grid: xr.Dataset,
    crs: Any,
    colours: list[str],
    entries: list[str],
    opacity: float,
) -> Layer | None:
    if not index.any():
        return None
    warped, bounds = warp(index, grid, crs, smooth=False)
    data = {**_image(picture(warped, bounds, colours)), "entries": entries, "opacity": opacity}
    swatch = {"mark": "fill", "colour": colours[0], "label": "", "opacity": opacity}
    return Layer(key, title, "siting", "raster", data, False, [swatch])


def _image(image: Picture) -> dict[str, Any]:
    south, west, north, east = image.bounds
    return {"uri": image.uri, "bounds": [[south, west], [north, east]]}


def _crs_of(grid: xr.DataArray | xr.Dataset, region: Region) -> Any:
    found = grid.attrs.get("crs")
    for variable in getattr(grid, "data_vars", {}).values():
        found = found or variable.attrs.get("crs")
    return found or region.crs


def not_valid_shapes(not_valid: gpd.GeoDataFrame | None, region: Region) -> gpd.GeoDataFrame | None:
    """Areas without decisions inside the region, one a reason."""
    if not_valid is None or len(not_valid) == 0:
        return None
    table = not_valid.copy()
    if "reason" not in table:
        table["reason"] = "not for decisions"
    table = table[["reason", table.geometry.name]].dissolve(by="reason", as_index=False)
    table = table if table.crs is None else table.to_crs(region.crs)
    inside = table.set_geometry(table.geometry.intersection(region.boundary))
    return inside[~inside.geometry.is_empty]
