"""The review page: readers move the weights themselves, and the candidates are ranked at once.

Everything is in one file: values, formulas (`templates/ranking.js`), the map and all languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geocluster.maps.html_page import HtmlPage, scripted
from geocluster.maps.review_data import (
    base_map,
    cases_of,
    criteria_of,
    draws_of,
    extent_of,
    methods_of,
    pairs_of,
    reasons_of,
    sites_of,
    start_of,
)
from geocluster.maps.text import clean
from geocluster.words import SOURCE, Words

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geocluster.region import Region

SCRIPTS = (
    "turn.js",
    "ranking.js",
    "numbers.js",
    "review_words.js",
    "names.js",
    "review_sets.js",
    "review_sure.js",
    "review_map.js",
    "review_controls.js",
    "review_table.js",
    "review.js",
)
# Weights are tried as often in the browser as in the run.
SAMPLES, SEED, NEEDED_SHARE = 10_000, 1, 0.8


class ReviewPage(HtmlPage):
    """A page that ranks candidates in the browser, complete in one HTML file."""


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
    cases: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    methods: Sequence[str] = (),
    draws: Any = None,
    land: gpd.GeoDataFrame | None = None,
    homes: gpd.GeoDataFrame | None = None,
    not_valid: gpd.GeoDataFrame | None = None,
    demonstration: str | None = None,
    sources_of_data: Sequence[str] = (),
    title: str | None = None,
    map_page: str | None = None,
    dossier_page: str | None = None,
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
        Kind to name of a case to {column: values of each site}: one case of each kind, or the
        criteria as they are, is drawn beside every random weight, as `rank_stability` does.
    methods : sequence of str
        All by which the run judged; as long as a reader keeps the first, the others are cases too.
    draws : array (draws, weights), optional
        Shares to try, in the order of `weights`, where a study says more of them than nothing:
        the page itself draws any weights.
    land, homes, not_valid : GeoDataFrame, optional
        For the base map; a site that touches what is not valid is never called a winner.
    demonstration : str, optional
        Why results are a demonstration only.
    sources_of_data : sequence of str
        Attribution.
    title, map_page, dossier_page : str, optional
        The region's name unless told; pages to link to, relative.
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
    rows = criteria_of(sites, criteria[judged], weights)
    facts = criteria_of(sites, criteria[~judged], {})
    counted = sites if measured is None else measured
    extents = {row["column"]: extent_of(counted[row["column"]]) for row in rows}
    groups = list(dict.fromkeys(row["group"] for row in rows))
    data = {
        "title": clean(title or region.name),
        "language": language,
        "demonstration": reasons_of(demonstration),
        "attribution": " · ".join(clean(line, 120) for line in sources_of_data),
        "groups": [[group, group] for group in groups],
        "criteria": rows,
        "facts": facts,
        "extents": extents,
        "start": start_of(
            rows, groups, weights, method, normalisation, {**extents, **pairs_of(bounds)}
        ),
        "thresholds": pairs_of(thresholds),
        "cases": cases_of(cases, extents),
        "methods": methods_of(methods or [method], normalisation),
        "draws": draws_of(draws, [row["column"] for row in rows], weights),
        "sites": sites_of(
            sites, counted, [row["column"] for row in rows + facts], region, not_valid
        ),
        "kinds": sorted({clean(kind) for kind in sites["kind"]}) if "kind" in sites else [],
        "samples": samples,
        "seed": SEED,
        "needed": NEEDED_SHARE,
        **base_map(region, land, homes),
    }
    return ReviewPage(_html(data, map_page, dossier_page))


def _html(data: dict[str, Any], map_page: str | None, dossier_page: str | None = None) -> str:
    words = Words(data["language"])
    count = words.counted(
        "{count} candidate site", "{count} candidate sites", len(data["sites"]["id"])
    )
    return scripted(
        "review",
        SCRIPTS,
        data,
        start='geoclusterReview(document.getElementById("rv-data"));',
        said=[
            data["title"],
            *(data["demonstration"] or ()),
            *data["attribution"].split(" · "),
            *(reason for reasons in data["sites"]["reasons"] for reason in reasons),
        ],
        title=data["title"],
        demonstration=data["demonstration"] is not None,
        description=f"{data['title']}: {count}",
        no_script=words("This page ranks by a script, and scripts are turned off here."),
        map_page=map_page,
        dossier_page=dossier_page,
    )
