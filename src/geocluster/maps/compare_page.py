"""The page of two runs: a divider between two surfaces, their difference, and tables of both."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from geocluster.maps.compare_surfaces import Pair, focus_of, surface_pair
from geocluster.maps.html_page import scripted
from geocluster.maps.packing import pack, to_lonlat
from geocluster.maps.review_data import base_map
from geocluster.maps.text import (
    AVERAGING,
    clean,
    limit_name,
    pollutant_label,
    statistic_label,
)
from geocluster.words import SOURCE, Words, marked

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.region import Region

SCRIPTS = (
    "turn.js",
    "numbers.js",
    "review_words.js",
    "names.js",
    "compare_map.js",
    "compare_tables.js",
    "compare.js",
)
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
    marked("µg/m³"),
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
    land: gpd.GeoDataFrame | None = None,
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
    homes, land, not_valid : GeoDataFrame, optional
        For names of towns; what lies beneath, with `kind`; areas with a `reason` that are not for
        decisions.
    language : {"en", "ru", "uz"}
        In which the page opens; it holds all of them.

    Returns
    -------
    str
        The page, complete in one HTML file.
    """
    Words(language)
    drawn = [surface_pair(pair, grid) for pair in pairs]
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
        "focus": focus_of(region, sites, pairs, grid),
        "base": base_map(region, land, homes)["base"],
    }
    return _html(data)


def _html(data: dict[str, Any]) -> str:
    a, b = (side["name"] for side in data["sides"])
    words = Words(data["language"])
    return scripted(
        "compare",
        SCRIPTS,
        data,
        start='geoclusterCompare(document.getElementById("cp-data"));',
        said=_said(data),
        title=f"{a} – {b}",
        demonstration=any(side["demonstration"] for side in data["sides"]),
        no_script=words("This page draws by a script, and scripts are turned off here."),
    )


def _said(data: dict[str, Any]) -> Iterator[str]:
    """What the two runs say of themselves, and what fills in the findings."""
    for side in data["sides"]:
        yield from (side["study"], side["verdict"], *(side["demonstration"] or ()), *side["notes"])
    for _, values in data["findings"]:
        yield from (value for value in values.values() if isinstance(value, str))


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
        "statistic": statistic_label(statistic),
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
