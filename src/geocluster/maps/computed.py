"""Where the calculation ends: a reader must not take its edge for one of the plume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.surfaces import drawn_fields

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from geocluster.region import Region

COLOUR = "#6b6675"
LINE = {"color": COLOUR, "weight": 1.6, "dashArray": "1 5", "lineCap": "round", "fill": False}
STYLES = ({**LINE, "stroke": True}, {**LINE, "stroke": False})
# Sources with at least this share of a pollutant; those nearer to each other than the next share
# of the reach count as one. Their circle is drawn where the surface changes class along it in at
# least the last share of the places.
MAIN_SHARE, NEAR, CUT_SHARE = 0.02, 0.1, 0.15


def computed_layers(
    concentration: xr.Dataset | None,
    sources: gpd.GeoDataFrame | None,
    reach_m: float | None,
    region: Region,
    surfaces: Sequence[Layer],
) -> list[Layer]:
    """The grid's edge, and the circles at which a surface is cut since plumes end there.

    Parameters
    ----------
    concentration : Dataset, optional
        Dims (pollutant, y, x). [ug/m3]
    sources : GeoDataFrame, optional
        As `concentration` was computed from.
    reach_m : float, optional
        How far a plume was followed. [m]
    surfaces : sequence of Layer
        Those of the concentration; the layer is shown where one of them is cut.
    """
    import geopandas as gpd
    from shapely import box

    if concentration is None or min(concentration.sizes["y"], concentration.sizes["x"]) < 2:
        return []
    crs = concentration.attrs.get("crs") or region.crs
    x, y = (np.sort(np.asarray(concentration[name], dtype=float)) for name in "xy")
    half = (x[1] - x[0]) / 2
    grid = box(x[0] - half, y[0] - half, x[-1] + half, y[-1] + half)
    breaks = {layer.key: layer.data["breaks"] for layer in surfaces if "breaks" in layer.data}
    shapes, of, seen = [grid.boundary], [""], False
    for pollutant, statistic in drawn_fields(concentration):
        held = breaks.get(f"{pollutant}_{statistic}")
        if held is None:
            continue
        values = concentration[statistic].sel(pollutant=pollutant).transpose("y", "x")
        edge = np.r_[values[0], values[-1], values[:, 0], values[:, -1]]
        seen |= bool(np.nan_to_num(edge).max() >= held[0])
        for disc in _reached(sources, pollutant, reach_m, crs):
            line = disc.boundary.intersection(grid)
            if not line.is_empty and _is_cut(values, disc, held):
                shapes.append(line)
                of.append(pollutant)
    far = f"{(reach_m or 0) / 1000:g}"
    cut = f"Nothing is computed beyond (main sources: {far} km)"
    style = {
        name: {"style": [int(one not in ("", name)) for one in of]}
        for name in dict.fromkeys([p for p, _ in drawn_fields(concentration)] + ["burden"])
    }
    layer = shape_layer(
        "computed",
        cut if len(shapes) > 1 else "Nothing is computed beyond",
        "validity",
        gpd.GeoDataFrame({"of": of}, geometry=shapes, crs=crs),
        crs,
        pane="boundary",
        styles=STYLES,
        shown=seen or len(shapes) > 1,
        swatches=[{"mark": "line", "colour": COLOUR, "weight": 2, "dash": "1 4", "label": ""}],
        quiet=True,
        variants=style,
    )
    return [layer] if layer else []


def _reached(
    sources: gpd.GeoDataFrame | None, pollutant: str, reach_m: float | None, crs: Any
) -> list[BaseGeometry]:
    """The discs in which a pollutant's main sources are followed, neighbours in one."""
    import shapely

    column = f"emission_{pollutant}_g_s"
    if sources is None or column not in sources or not reach_m:
        return []
    emission = np.nan_to_num(sources[column].to_numpy(dtype=float))
    main = sources[(emission > 0) & (emission >= MAIN_SHARE * emission.sum())]
    if len(main) == 0:
        return []
    at = (main if main.crs is None else main.to_crs(crs)).representative_point().to_numpy()
    near = shapely.union_all(shapely.buffer(at, NEAR * reach_m / 2))
    return [
        shapely.union_all(shapely.buffer(at[shapely.intersects(group, at)], reach_m, quad_segs=32))
        for group in shapely.get_parts(near)
    ]


def _is_cut(values: xr.DataArray, disc: BaseGeometry, breaks: Sequence[float]) -> bool:
    """Whether a surface's class is a lower one just beyond the disc."""
    import shapely

    x, y = np.asarray(values["x"], dtype=float), np.asarray(values["y"], dtype=float)
    step, rim = abs(x[1] - x[0]), disc.boundary
    along = np.linspace(0.0, rim.length, 400, endpoint=False)
    classes = []
    for off in (-1.5 * step, 1.5 * step):
        ring = disc.buffer(off).boundary
        places = shapely.line_interpolate_point(ring, along / rim.length, normalized=True)
        columns = np.rint((shapely.get_x(places) - x[0]) / (x[1] - x[0])).astype(int)
        rows = np.rint((shapely.get_y(places) - y[0]) / (y[1] - y[0])).astype(int)
        inside = (columns >= 0) & (columns < len(x)) & (rows >= 0) & (rows < len(y))
        cells = np.asarray(values)[np.clip(rows, 0, len(y) - 1), np.clip(columns, 0, len(x) - 1)]
        classes.append(np.where(inside, np.searchsorted(breaks, np.nan_to_num(cells), "right"), -1))
    within, beyond = classes
    known = (within >= 0) & (beyond >= 0)
    return bool(known.any() and (within > beyond)[known].mean() >= CUT_SHARE)
