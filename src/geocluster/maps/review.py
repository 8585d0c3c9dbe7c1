"""The review page: readers move the weights themselves, and the candidates are ranked at once.

Everything is in one file: values, formulas (`templates/ranking.js`), the map and all languages.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.files import replacing
from geocluster.maps.assets import script, style, template, without_addresses
from geocluster.maps.base_map import base_layers
from geocluster.maps.packing import pack, to_lonlat
from geocluster.maps.text import clean, json_for_page, unit_in_words
from geocluster.words import SOURCE, Words, for_page, marked

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geocluster.maps.layers import Layer
    from geocluster.region import Region

SCRIPTS = (
    "ranking.js",
    "review_words.js",
    "review_sets.js",
    "review_map.js",
    "review_controls.js",
    "review_table.js",
    "review.js",
)
# Shown beneath the candidates, for orientation.
SHOWN_LAND = ("boundary", "land_water", "land_built_up", "land_rail", "land_road", "towns")
MOST_TOWNS = 40
# Weights are tried so often in the browser; the run itself tries more.
SAMPLES, SEED, NEEDED_SHARE = 2_000, 1, 0.8
OWN_NORMALISATION = {
    "topsis": "vector",
    "weighted_sum": "min-max",
    "spotis": "bounds",
    "promethee_ii": "net flow",
}
GROUP_OF_OTHERS = marked("other criteria")
# As `candidate_sites` names them.
KINDS = (
    marked("empty land"),
    marked("existing zone"),
    marked("proposed"),
    marked("brownfield"),
)
NO_EXACT_PLACE = marked("its position is not known exactly")


class ReviewPage:
    """A page that ranks candidates in the browser, complete in one HTML file.

    Attributes
    ----------
    html : str
        The whole page.
    """

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: str | Path) -> Path:
        """Write the page; missing folders are made.

        Parameters
        ----------
        path : str or Path
            The file.

        Returns
        -------
        Path
            Where it lies.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(self.html, encoding="utf-8", newline="\n")
        return path


def draw_review(
    region: Region,
    sites: gpd.GeoDataFrame,
    criteria: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    measured: pd.DataFrame | None = None,
    method: str = "topsis",
    normalisation: str | None = None,
    bounds: Mapping[str, Sequence[float]] | None = None,
    thresholds: Mapping[str, Any] | None = None,
    cases: Mapping[str, tuple[str, Any]] | None = None,
    land: gpd.GeoDataFrame | None = None,
    homes: gpd.GeoDataFrame | None = None,
    not_valid: gpd.GeoDataFrame | None = None,
    demonstration: str | None = None,
    sources_of_data: Sequence[str] = (),
    title: str | None = None,
    map_page: str | None = None,
    language: str = SOURCE,
    samples: int = SAMPLES,
) -> ReviewPage:
    """Draw the page on which readers weigh the criteria and see the ranking change.

    Parameters
    ----------
    region : Region
        Its boundary is drawn.
    sites : GeoDataFrame
        A row a candidate, with `site_id` and a column a criterion; `name`, `kind`, `area_ha`,
        `nearest_home_m`, `approximate` where there are. With `acceptability` and `top_three_share`
        the page begins with the run's own shares.
    criteria : DataFrame
        column, group, direction ("less" or "more"; with any other it is shown and never weighed),
        unit, label, and where known share and source; those of which no site has a value are left
        out.
    weights : mapping
        Column to weight, as `rank` takes them: where the sliders begin.
    measured : DataFrame, optional
        The same sites in the same order, with the values that count in the ranking where those of
        `sites` are rounded; what is shown comes from `sites`.
    method, normalisation, bounds, thresholds
        As in `rank`: where the page begins. Bounds that are left out are the least and greatest
        value found over all sites.
    cases : mapping, optional
        Name to (column, values of each site): each is tried with every random weight, as
        `rank_stability` does with the burdens of the park's releases.
    land, homes, not_valid : GeoDataFrame, optional
        For the base map; a site that touches what is not valid is never called a winner.
    demonstration : str, optional
        Why results are a demonstration only.
    sources_of_data : sequence of str
        Attribution.
    title, map_page : str, optional
        The region's name unless told; a page to link to, relative.
    language : {"en", "ru", "uz"}
        In which the page opens; it holds all of them.
    samples : int
        Random weights that the page tries.

    Returns
    -------
    ReviewPage
        With ``.save(path)``.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> region = Region("Example", box(500_000, 4_500_000, 540_000, 4_530_000), "EPSG:32642")
    >>> sites = gpd.GeoDataFrame({"site_id": ["a", "b"], "cost": [1.0, 2.0]},
    ...     geometry=[box(510_000, 4_510_000, 511_000, 4_511_000)] * 2, crs=32642)
    >>> criteria = pd.DataFrame({"column": ["cost"], "group": ["money"], "direction": ["less"],
    ...     "unit": ["USD"], "label": ["Cost"]})
    >>> page = draw_review(region, sites, criteria, {"cost": -1})
    >>> "://" in page.html
    False
    """
    Words(language)
    judged = criteria["direction"].isin(["less", "more"])
    rows = _criteria(sites, criteria[judged], weights)
    facts = _criteria(sites, criteria[~judged], {})
    counted = sites if measured is None else measured
    extents = {row["column"]: _extent(counted[row["column"]]) for row in rows}
    groups = list(dict.fromkeys(row["group"] for row in rows))
    data = {
        "title": clean(title or region.name),
        "language": language,
        "demonstration": _reasons_of(demonstration),
        "attribution": " · ".join(clean(line, 120) for line in sources_of_data),
        "groups": [[group, group] for group in groups],
        "criteria": rows,
        "facts": facts,
        "extents": extents,
        "start": _start(
            rows, groups, weights, method, normalisation, {**extents, **_pairs(bounds)}
        ),
        "thresholds": _pairs(thresholds),
        "cases": [
            {"column": column, "values": _numbers(values)}
            for column, values in (cases or {}).values()
            if column in extents
        ],
        "sites": _sites(sites, counted, [row["column"] for row in rows + facts], region, not_valid),
        "kinds": sorted({clean(kind) for kind in sites["kind"]}) if "kind" in sites else [],
        "samples": samples,
        "seed": SEED,
        "needed": NEEDED_SHARE,
        **_base_map(region, land, homes),
    }
    return ReviewPage(_html(data, map_page))


def _html(data: dict[str, Any], map_page: str | None) -> str:
    import jinja2
    from markupsafe import Markup

    code = without_addresses("".join(template(name) for name in SCRIPTS))
    markup = template("review.html")
    told = markup + code + json_for_page(data)
    words = Words(data["language"])
    count = words.counted(
        "{count} candidate site", "{count} candidate sites", len(data["sites"]["id"])
    )
    data = data | {"languages": for_page(told)}
    # A browser reads lines as ended by \\n alone, and hashes what it reads.
    leaflet = script("leaflet.js", "leaflet").replace("\r\n", "\n")
    parts = {"leaflet": leaflet, "leaflet_style": style("leaflet.css")}
    scripts = [leaflet.removeprefix("<script>").partition("</script>")[0]]
    scripts.append(f'\n{code}\ngeoclusterReview(document.getElementById("rv-data"));\n')
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(markup).render(
        title=data["title"],
        language=data["language"],
        demonstration=data["demonstration"] is not None,
        description=f"{data['title']}: {count}",
        no_script=words("This page ranks by a script, and scripts are turned off here."),
        map_page=map_page,
        policy=policy(scripts),
        style=Markup(template("review.css")),
        code=Markup(code),
        data=Markup(json_for_page(data)),
        **{name: Markup(part) for name, part in parts.items()},
    )


def policy(scripts: Sequence[str]) -> str:
    """What the page may do: run these scripts and show pictures that it carries, no more.

    Examples
    --------
    >>> policy(["go()"])[:44]
    "default-src 'none'; script-src 'sha256-5KYv+"
    """
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
        for code in scripts
    ]
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(["script-src", *hashes]),
            "style-src 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _criteria(
    sites: pd.DataFrame, criteria: pd.DataFrame, weights: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The criteria that some site has a value for; a weighed column that is none of them joins."""
    rows = [
        {
            "column": str(row["column"]),
            "group": clean(row["group"]),
            "label": clean(row["label"], 200),
            "unit": "" if _is_share(row) else unit_in_words(clean(row.get("unit"))),
            "percent": _is_share(row),
            "less": row["direction"] == "less",
            "source": clean(row.get("source"), 200),
            "share": float(row.get("share", 1.0)),
        }
        for row in criteria.to_dict("records")
    ]
    named = {row["column"] for row in rows}
    rows += [
        {
            "column": column,
            "group": GROUP_OF_OTHERS,
            "label": clean(column.replace("_", " ")),
            "unit": "",
            "percent": False,
            "less": bool(weight < 0),
            "source": "",
            "share": 1.0,
        }
        for column, weight in weights.items()
        if column not in named
    ]
    known = [row for row in rows if row["column"] in sites and sites[row["column"]].notna().any()]
    for row in known:
        sign = float(weights.get(row["column"], 0))
        row["less"] = sign < 0 if sign else row["less"]
    return known


def _is_share(row: Mapping[Any, Any]) -> bool:
    return bool(row.get("unit") == "0 to 1")


def _start(
    rows: Sequence[Mapping[str, Any]],
    groups: Sequence[str],
    weights: Mapping[str, float],
    method: str,
    normalisation: str | None,
    bounds: Mapping[str, Sequence[float]],
) -> dict[str, Any]:
    """Where the sliders begin, each from 0 to 100: a group's share, and of it a criterion's."""
    size = {row["column"]: abs(float(weights.get(row["column"], 0.0))) for row in rows}
    whole = math.fsum(size.values()) or 1.0
    of_group = {
        group: math.fsum(size[row["column"]] for row in rows if row["group"] == group)
        for group in groups
    }
    criteria = {}
    for row in rows:
        total, own = of_group[row["group"]], size[row["column"]]
        criteria[row["column"]] = 100 * own / total if total else min(100 * row["share"], 100.0)
    return {
        "method": method,
        "normalisation": normalisation or OWN_NORMALISATION[method],
        "groups": {group: 100 * share / whole for group, share in of_group.items()},
        "criteria": criteria,
        "bounds": {row["column"]: list(bounds[row["column"]]) for row in rows},
    }


def _pairs(given: Mapping[str, Any] | None) -> dict[str, list[float]]:
    """Bounds or thresholds as pairs; one number is (0, number)."""
    pairs = {
        name: np.atleast_1d(np.asarray(pair, dtype=float)) for name, pair in (given or {}).items()
    }
    return {
        name: [float(one) for one in (pair if len(pair) == 2 else [0.0, pair[0]])]
        for name, pair in pairs.items()
    }


def _extent(values: pd.Series) -> list[float]:
    return [float(values.min()), float(values.max())]


def _numbers(values: Any) -> list[float | None]:
    return [one if math.isfinite(one) else None for one in np.asarray(values, dtype=float).tolist()]


def _reasons_of(demonstration: str | None) -> list[str] | None:
    """Each reason by itself, so that it can be told in any language."""
    if demonstration is None:
        return None
    return [
        clean(part, 400) for part in re.sub(r"^Demonstration:? ", "", demonstration).split(", ")
    ]


def _sites(
    sites: gpd.GeoDataFrame,
    counted: pd.DataFrame,
    columns: Sequence[str],
    region: Region,
    not_valid: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    count = len(sites)

    def texts(name: str) -> list[str]:
        return [clean(one) for one in sites[name]] if name in sites else [""] * count

    def numbers(name: str) -> list[float | None]:
        return _numbers(sites[name]) if name in sites else [None] * count

    told = {"acceptability", "top_three_share"} <= set(sites.columns)
    run = {"first": numbers("acceptability"), "top": numbers("top_three_share")} if told else None
    return {
        "id": texts("site_id"),
        "name": texts("name"),
        "kind": texts("kind"),
        "area": numbers("area_ha"),
        "home": numbers("nearest_home_m"),
        "reasons": _doubts(sites, region, not_valid),
        "shape": [pack(shape) for shape in to_lonlat(sites, region.crs, 5.0)],
        "values": {name: _numbers(counted[name]) for name in columns},
        "shown": {name: numbers(name) for name in columns if not sites[name].equals(counted[name])},
        "run": run,
    }


def _doubts(
    sites: gpd.GeoDataFrame, region: Region, not_valid: gpd.GeoDataFrame | None
) -> list[list[str]]:
    """Why a site cannot be judged from the map, a list a site."""
    doubts: list[list[str]] = [[] for _ in range(len(sites))]
    if not_valid is not None and len(not_valid):
        shapes, areas = to_lonlat(sites, region.crs), to_lonlat(not_valid, region.crs)
        for area, reason in zip(areas, not_valid["reason"], strict=True):
            for row in np.flatnonzero(shapes.intersects(area).to_numpy()):
                doubts[row].append(clean(reason, 300))
    if "approximate" in sites:
        for row in np.flatnonzero(sites["approximate"].fillna(False).to_numpy(dtype=bool)):
            doubts[row].append(NO_EXACT_PLACE)
    return doubts


def _base_map(
    region: Region, land: gpd.GeoDataFrame | None, homes: gpd.GeoDataFrame | None
) -> dict[str, Any]:
    import geopandas as gpd

    outline = gpd.GeoSeries([region.boundary], crs=region.crs).to_crs("EPSG:4326").total_bounds
    west, south, east, north = (round(float(one), 5) for one in outline)
    x_min, y_min, x_max, y_max = region.boundary.bounds
    tolerance_m = min(max(max(x_max - x_min, y_max - y_min) / 2_500, 5.0), 200.0)
    layers = [one for one in base_layers(region, land, homes, tolerance_m) if one.key in SHOWN_LAND]
    layers.sort(key=lambda layer: SHOWN_LAND.index(layer.key), reverse=False)
    return {
        "bounds": [[south, west], [north, east]],
        "base": [_drawn(layer) for layer in layers],
    }


def _drawn(layer: Layer) -> dict[str, Any]:
    """Of a layer what the review page draws: shapes with their style, names of towns."""
    if layer.kind == "labels":
        return {"labels": layer.data["labels"][:MOST_TOWNS]}
    return {
        "styles": layer.data["styles"],
        "features": [feature[:3] for feature in layer.data["features"]],
    }
