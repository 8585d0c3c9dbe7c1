"""The page of two runs: a divider between two surfaces, their difference, and tables of both."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.maps.assets import script, style, template, without_addresses
from geocluster.maps.base_map import base_layers
from geocluster.maps.colours import class_breaks, class_index
from geocluster.maps.packing import pack, to_lonlat
from geocluster.maps.raster_image import picture, warp
from geocluster.maps.review import policy
from geocluster.maps.surfaces import classes_of, usual_high
from geocluster.maps.text import (
    AVERAGING,
    STATISTICS,
    clean,
    json_for_page,
    limit_name,
    pollutant_label,
    unit_in_words,
)
from geocluster.words import SOURCE, Words, for_page, marked

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.region import Region

SCRIPTS = ("review_words.js", "compare_map.js", "compare_tables.js", "compare.js")
SHOWN = ("boundary", "towns")
MOST_TOWNS = 40
# Purple where B has more, orange where A has more: told apart by the colour-blind, and as dark as
# each other (ColorBrewer's PuOr).
MORE_IN_B = ("#b2abd2", "#8073ac", "#542788", "#2d004b")
MORE_IN_A = ("#fdb863", "#e08214", "#b35806", "#7f3b08")
SUITABLE_COLOUR = "#4f9d69"
ONLY_IN_A, ONLY_IN_B = "#b35806", "#542788"
# Of the highest value: what differs by less is the same.
NOTHING = 1e-6
# The words of statistics and periods, which the tables hold as codes.
STATISTIC_WORDS = (
    marked("mean"),
    marked("highest hour"),
    marked("highest day"),
    marked("98th percentile of hours"),
    marked("99th percentile of days"),
    marked("annual"),
    marked("24 hours"),
    marked("8 hours"),
    marked("1 hour"),
)


class Side(NamedTuple):
    """One of the runs.

    Parameters
    ----------
    name : str
        Of its folder.
    study : str
        Of its region.
    verdict : str
        On its ranking.
    demonstration : str or None
        Why it is no more than that.
    notes : sequence of str
        What it says of its figures.
    cell_m : float
        Of its grid. [m]
    suitable_ha : float
        Suitable land. [ha]
    """

    name: str
    study: str
    verdict: str
    demonstration: str | None
    notes: Sequence[str]
    cell_m: float
    suitable_ha: float


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


def draw_comparison(
    region: Region,
    sides: Sequence[Side],
    pairs: Sequence[Pair],
    grid: xr.DataArray,
    *,
    sites: gpd.GeoDataFrame,
    exposure: pd.DataFrame,
    means: pd.DataFrame,
    changes: pd.DataFrame,
    findings: Sequence[tuple[str, Mapping[str, object]]] = (),
    paired: bool = False,
    homes: gpd.GeoDataFrame | None = None,
    not_valid: gpd.GeoDataFrame | None = None,
    language: str = SOURCE,
) -> str:
    """Draw the page of two runs.

    Parameters
    ----------
    region : Region
        Its boundary is drawn.
    sides : sequence of Side
        Run A and run B.
    pairs : sequence of Pair
        The surfaces, on `grid`.
    grid : DataArray
        Dims (y, x), attrs crs and cell_m.
    sites, exposure, means, changes
        Tables as `geocluster.comparing` makes them.
    findings : sequence of (str, mapping)
        Texts and what fills them in; a name that begins with "share" is shown in percent.
    paired : bool
        Whether ranges of differences hold what is unknown in both runs as the same in both.
    homes, not_valid : GeoDataFrame, optional
        For names of towns; areas with a `reason` that are not for decisions.
    language : {"en", "ru", "uz"}
        In which the page opens; it holds all of them.

    Returns
    -------
    str
        The page, complete in one HTML file.
    """
    Words(language)
    drawn = [_surface(pair, grid) for pair in pairs]
    data = {
        "language": language,
        "sides": [_side(side) for side in sides],
        "same_study": sides[0].study == sides[1].study,
        "surfaces": [one for one in drawn if one is not None],
        "sites": [_site(row) for row in sites.to_dict("records")],
        "shapes": [pack(shape) for shape in to_lonlat(sites, region.crs, 5.0)],
        "exposure": [_limit(row) for row in exposure.to_dict("records")],
        "means": [_mean(row) for row in means.to_dict("records")],
        "changes": [
            [row["part"], *(clean(row[name], 300) or None for name in ("key", "a", "b"))]
            for row in changes.to_dict("records")
        ],
        "findings": [[text, _values(values)] for text, values in findings],
        "paired": paired,
        "not_valid": _areas(not_valid, region),
        "focus": _focus(region, sites, pairs, grid),
        **_base(region, homes),
    }
    return _html(data)


def _html(data: dict[str, Any]) -> str:
    import jinja2
    from markupsafe import Markup

    code = without_addresses("".join(template(name) for name in SCRIPTS))
    markup = template("compare.html")
    words = Words(data["language"])
    data = data | {"languages": for_page(markup + code + json_for_page(data))}
    leaflet = script("leaflet.js", "leaflet").replace("\r\n", "\n")
    scripts = [leaflet.removeprefix("<script>").partition("</script>")[0]]
    scripts.append(f'\n{code}\ngeoclusterCompare(document.getElementById("cp-data"));\n')
    a, b = (side["name"] for side in data["sides"])
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(markup).render(
        title=f"{a} – {b}",
        language=data["language"],
        demonstration=any(side["demonstration"] for side in data["sides"]),
        no_script=words("This page draws by a script, and scripts are turned off here."),
        policy=policy(scripts),
        style=Markup(template("compare.css")),
        code=Markup(code),
        data=Markup(json_for_page(data)),
        leaflet=Markup(leaflet),
        leaflet_style=Markup(style("leaflet.css")),
    )


def _surface(pair: Pair, grid: xr.DataArray) -> dict[str, Any] | None:
    """Both pictures in the same classes, and the difference; None where there is nothing."""
    told: dict[str, Any] = {
        "kind": pair.kind,
        "key": clean(pair.key),
        "pollutant": pollutant_label(pair.pollutant) if pair.pollutant else "",
        "statistic": STATISTICS.get(pair.statistic, clean(pair.statistic.replace("_", " "))),
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


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": clean(side.name),
        "study": clean(side.study),
        "verdict": clean(side.verdict, 600),
        "demonstration": _reasons(side.demonstration),
        "notes": [clean(note, 600) for note in side.notes],
        "cell_m": _number(side.cell_m),
        "suitable_ha": _number(side.suitable_ha),
    }


def _reasons(demonstration: str | None) -> list[str] | None:
    """Each reason by itself, so that it can be told in any language."""
    if not demonstration:
        return None
    return [clean(one, 200) for one in re.sub(r"^Demonstration:? ", "", demonstration).split(", ")]


def _site(row: Mapping[Any, Any]) -> dict[str, Any]:
    figures = ("rank", "score", "top_three_share")
    return {
        "a": clean(row["site_a"]) or None,
        "b": clean(row["site_b"]) or None,
        "name": clean(row["name"]),
        "state": row["state"],
        "overlap": _number(row["overlap"]),
        "doubt": bool(row["not_valid_a"] or row["not_valid_b"]),
        **{figure: [_number(row[f"{figure}_{run}"]) for run in "ab"] for figure in figures},
    }


def _limit(row: Mapping[Any, Any]) -> dict[str, Any]:
    name, *rest = str(row["limit_id"]).split("_")
    period = rest[1] if len(rest) > 1 else ""
    return {
        "set": limit_name(name),
        "pollutant": pollutant_label(str(row["pollutant"])),
        "period": AVERAGING.get(period, clean(period)),
        "more": clean(" ".join(rest[2:]), 40),
        "value": _number(row["value_ug_m3"]),
        "a": [_number(row[f"{name}_a"]) for name in ("people_above", "low", "high")],
        "b": [_number(row[f"{name}_b"]) for name in ("people_above", "low", "high")],
        **_change(row),
    }


def _mean(row: Mapping[Any, Any]) -> dict[str, Any]:
    names = ("people_weighted_mean_ug_m3", "mean_low_ug_m3", "mean_high_ug_m3")
    statistic = str(row["statistic"])
    return {
        "pollutant": pollutant_label(str(row["pollutant"])),
        "statistic": STATISTICS.get(statistic, clean(statistic.replace("_", " "))),
        "a": [_number(row[f"{name}_a"]) for name in names],
        "b": [_number(row[f"{name}_b"]) for name in names],
        **_change(row),
    }


def _change(row: Mapping[Any, Any]) -> dict[str, Any]:
    names = ("difference", "difference_low", "difference_high")
    return {"change": [_number(row[name]) for name in names], "certain": bool(row["certain"])}


def _values(values: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int | float) else clean(value, 300)
        for name, value in values.items()
    }


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return float(f"{number:.6g}") if math.isfinite(number) else None


def _areas(not_valid: gpd.GeoDataFrame | None, region: Region) -> list[list[Any]]:
    if not_valid is None or len(not_valid) == 0:
        return []
    shapes = to_lonlat(not_valid, region.crs, 100.0)
    packed = [
        (pack(shape), reason) for shape, reason in zip(shapes, not_valid["reason"], strict=True)
    ]
    return [[shape, clean(reason, 300)] for shape, reason in packed if shape is not None]


def _focus(
    region: Region, sites: gpd.GeoDataFrame, pairs: Sequence[Pair], grid: xr.DataArray
) -> list[list[float]]:
    """The box of the candidates and of the cells that differ clearly, else of the region."""
    import geopandas as gpd
    from shapely.geometry import box

    parts = [box(*sites.total_bounds)] if len(sites) else []
    half = float(grid.attrs["cell_m"]) / 2
    for pair in pairs:
        if pair.kind != "concentration" or pair.a is None or pair.b is None:
            continue
        size = np.nan_to_num(np.abs(pair.b - pair.a))
        rows, columns = np.nonzero(size > 0.2 * size.max()) if size.any() else ([], [])
        if len(rows):
            x, y = grid["x"].values[columns], grid["y"].values[rows]
            found = box(x.min() - half, y.min() - half, x.max() + half, y.max() + half)
            parts.append(gpd.GeoSeries([found], crs=grid.attrs["crs"]).to_crs(region.crs).iloc[0])
    shapes = gpd.GeoSeries(parts or [region.boundary], crs=region.crs).to_crs("EPSG:4326")
    west, south, east, north = (round(float(one), 5) for one in shapes.total_bounds)
    pad = 0.06 * max(east - west, north - south)
    return [[south - pad, west - pad], [north + pad, east + pad]]


def _base(region: Region, homes: gpd.GeoDataFrame | None) -> dict[str, Any]:
    west, south, east, north = region.boundary.bounds
    tolerance_m = min(max(max(east - west, north - south) / 2_500, 5.0), 200.0)
    layers = {one.key: one.data for one in base_layers(region, None, homes, tolerance_m)}
    outline = layers["boundary"]["features"] if "boundary" in layers else []
    return {
        "boundary": [feature[:2] for feature in outline],
        "towns": layers["towns"]["labels"][:MOST_TOWNS] if "towns" in layers else [],
    }
