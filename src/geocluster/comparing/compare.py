"""Two finished runs side by side: a page, a raster of differences and a table; nothing is rerun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.comparing import findings
from geocluster.comparing.exposure import exposure_changes, mean_changes, weak_winds
from geocluster.comparing.grids import OneGrid, one_grid
from geocluster.comparing.reading import Run, read_run
from geocluster.comparing.settings import same_inputs, setting_changes
from geocluster.comparing.sites import site_changes
from geocluster.comparing.surfaces import BURDEN, Surface, suitable_ha, surfaces_of
from geocluster.files import check_folder, replacing, write_csv, write_raster
from geocluster.words import SOURCE, Words

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

PAGE, RASTER, TABLE = "compare.html", "compare.tif", "compare.csv"
MEAN = "people_weighted_mean_ug_m3"


@dataclass(frozen=True)
class Comparison:
    """Two runs and what differs between them.

    Parameters
    ----------
    a, b : Run
        As they were read.
    names : (str, str)
        What they are called: their folders.
    common : OneGrid
        The grid of the surfaces.
    surfaces : list of Surface
        Of both runs.
    sites, exposure, means, changes : DataFrame
        See `site_changes`, `exposure_changes`, `mean_changes`, `setting_changes`.
    paired : bool
        Whether both rest on the same inputs, so that what is unknown of them is the same in both.
    findings : list of Finding
        What must be said before anything is compared.
    """

    a: Run
    b: Run
    names: tuple[str, str]
    common: OneGrid
    surfaces: list[Surface]
    sites: pd.DataFrame
    exposure: pd.DataFrame
    means: pd.DataFrame
    changes: pd.DataFrame
    paired: bool
    findings: list[findings.Finding]


def compare_runs(a: str | Path, b: str | Path) -> Comparison:
    """Compare the results of two runs; nothing is computed again.

    Parameters
    ----------
    a, b : str or Path
        Folders as ``geocluster run`` wrote them.

    Returns
    -------
    Comparison
        Differences are B minus A.

    Raises
    ------
    InputError
        Where a folder holds no whole run, or the two do not overlap.
    """
    first, second = read_run(a), read_run(b)
    common = one_grid(first.concentration.grid, second.concentration.grid)
    surfaces = surfaces_of(first, second, common)
    changes = setting_changes(first, second)
    paired = same_inputs(changes)
    sites = site_changes(first, second)
    means = mean_changes(first, second, paired=paired)
    winds = {name: weak_winds(first, second, name) for name in means["pollutant"]}
    told = [
        *findings.places(first, second, common),
        *findings.cause(changes),
        *findings.lacking(surfaces),
        *findings.equal(surfaces),
        *findings.agreement(sites),
        *findings.doubts(first, second),
        *findings.within_weak_winds(means, winds),
    ]
    return Comparison(
        first,
        second,
        _names(first.folder, second.folder),
        common,
        surfaces,
        sites,
        exposure_changes(first, second, paired=paired),
        means,
        changes,
        paired,
        told,
    )


def write_comparison(
    a: str | Path, b: str | Path, out: str | Path | None = None, *, language: str = SOURCE
) -> dict[str, Path]:
    """Compare two runs and write the page, the raster and the table into a folder.

    Parameters
    ----------
    a, b : str or Path
        Folders as ``geocluster run`` wrote them.
    out : str or Path, optional
        Where the files go; ``maps/compare-A-B`` unless told.
    language : {"en", "ru", "uz"}
        In which the page opens.

    Returns
    -------
    dict
        Name to path of each file.
    """
    Words(language)
    found = compare_runs(a, b)
    target = Path(out) if out else Path("maps") / _folder(found.names)
    check_folder(target)
    target.mkdir(parents=True, exist_ok=True)
    files = {TABLE: write_csv(table_of(found), target / TABLE)}
    if any(one.difference is not None for one in found.surfaces):
        files[RASTER] = write_differences(found, target / RASTER)
    page = target / PAGE
    with replacing(page) as temporary:
        temporary.write_text(page_of(found, language), encoding="utf-8", newline="\n")
    return {PAGE: page, **files}


def write_differences(found: Comparison, path: Path) -> Path:
    """B minus A of every surface that both runs have, a band each."""
    grid = found.common.grid
    changes = {
        f"{one.key}_b_minus_a": (one.difference, one.unit or "1 only in B, -1 only in A")
        for one in found.surfaces
        if one.difference is not None
    }
    tags = {"a": found.names[0], "b": found.names[1], "difference": "B minus A"}
    words = [text for text in (found.a.demonstration, found.b.demonstration) if text]
    if words:
        tags["demonstration"] = "; ".join(dict.fromkeys(words))
    return write_raster(
        {name: grid.values(change) for name, (change, _) in changes.items()},
        path,
        crs=grid.crs.to_wkt(),
        units={name: unit for name, (_, unit) in changes.items()},
        tags=tags,
    )


def table_of(found: Comparison) -> pd.DataFrame:
    """Everything that the page tells in figures, a row a figure.

    Returns
    -------
    DataFrame
        table ("sites", "exposure", "means", "suitable", "settings", "finding"), item, figure, a,
        b, difference, low, high (the range of the difference), note; and demonstration, where one
        of the runs is.
    """
    import pandas as pd

    columns = ["table", "item", "figure", "a", "b", "difference", "low", "high", "note"]
    rows = [*_exposure_rows(found), *_site_rows(found), *_other_rows(found)]
    table = pd.DataFrame(rows, columns=columns)
    words = [text for text in (found.a.demonstration, found.b.demonstration) if text]
    return table.assign(demonstration="; ".join(dict.fromkeys(words))) if words else table


def _exposure_rows(found: Comparison) -> Iterator[tuple[Any, ...]]:
    for kind, figure, table in (
        ("exposure", "people_above", found.exposure),
        ("means", MEAN, found.means),
    ):
        for row in table.to_dict("records"):
            item = row.get("limit_id") or f"{row['pollutant']}_{row['statistic']}"
            span = row["difference_low"], row["difference_high"]
            answered = np.isfinite(row["difference"])
            note = "" if answered else "one of the runs does not answer this"
            if answered and np.isfinite(span[0]) and not row["certain"] and row["difference"]:
                note = "the range of the difference holds 0"
            pair = row[f"{figure}_a"], row[f"{figure}_b"]
            yield (kind, item, figure, *pair, row["difference"], *span, note)


def _site_rows(found: Comparison) -> Iterator[tuple[Any, ...]]:
    for row in found.sites.to_dict("records"):
        item = " = ".join(str(one) for one in (row["site_a"], row["site_b"]) if one is not None)
        for figure in ("rank", "score", "top_three_share"):
            pair = row[f"{figure}_a"], row[f"{figure}_b"]
            change = row[f"{figure}_difference"]
            yield ("sites", item, figure, *pair, change, np.nan, np.nan, row["state"])


def _other_rows(found: Comparison) -> Iterator[tuple[Any, ...]]:
    nothing = (np.nan, np.nan, np.nan)
    pair = suitable_ha(found.a), suitable_ha(found.b)
    yield ("suitable", "suitable land", "area_ha", *pair, pair[1] - pair[0], *nothing[:2], "")
    for row in found.changes.to_dict("records"):
        yield (row["part"], row["key"], "", row["a"], row["b"], *nothing, "")
    for name, run in zip("ab", (found.a, found.b), strict=True):
        yield ("verdict", name, "", *nothing[:2], *nothing, run.verdict)
    for one in found.findings:
        yield ("finding", "", "", *nothing[:2], *nothing, one.told())


def page_of(found: Comparison, language: str = SOURCE) -> str:
    """The page of a comparison, complete in one HTML file."""
    from geocluster.maps.compare_page import Side, draw_comparison
    from geocluster.maps.compare_surfaces import Pair

    areas = suitable_ha(found.a), suitable_ha(found.b)
    sides = [
        Side(
            name,
            run.region.name,
            run.verdict,
            run.demonstration,
            run.notes,
            run.concentration.grid.cell,
            hectares,
        )
        for name, run, hectares in zip(found.names, (found.a, found.b), areas, strict=True)
    ]
    return draw_comparison(
        found.a.region,
        sides,
        [
            Pair(
                one.kind, one.key, one.pollutant, one.statistic, one.unit, one.a, one.b,
                _lowest_limit(found, one),
            )
            for one in found.surfaces
        ],
        found.common.grid.values(np.zeros((found.common.grid.height, found.common.grid.width))),
        sites=_with_shapes(found),
        exposure=found.exposure,
        means=found.means,
        changes=found.changes,
        findings=[(one.text, one.values) for one in found.findings],
        paired=found.paired,
        homes=found.a.homes,
        land=found.a.land,
        not_valid=_not_valid(found),
        language=language,
    )  # fmt: skip


def _lowest_limit(found: Comparison, one: Surface) -> float | None:
    """What a surface is held against: the lowest limit of either run."""
    if one.kind == BURDEN or not one.pollutant:
        return None
    names = [one.pollutant, "no2"] if one.pollutant == "nox" else [one.pollutant]
    values = [
        value
        for run in (found.a, found.b)
        for value in run.exposure.loc[
            run.exposure["pollutant"].isin(names) & (run.exposure["statistic"] == one.statistic),
            "value_ug_m3",
        ]
        if value > 0
    ]
    return min(values, default=None)


def _with_shapes(found: Comparison) -> gpd.GeoDataFrame:
    """The table of sites with outlines: B's, or A's of those that are gone."""
    import geopandas as gpd

    crs = found.a.region.crs
    shapes = {"a": found.a.sites.to_crs(crs).geometry, "b": found.b.sites.to_crs(crs).geometry}
    rows = found.sites[["row_a", "row_b"]].to_dict("records")
    chosen = [
        shapes["a"].iloc[int(row["row_a"])]
        if row["row_b"] is None or row["row_b"] != row["row_b"]
        else shapes["b"].iloc[int(row["row_b"])]
        for row in rows
    ]
    return gpd.GeoDataFrame(found.sites, geometry=chosen, crs=crs)


def _not_valid(found: Comparison) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    crs = found.a.region.crs
    both = [run.not_valid[["reason", "geometry"]].to_crs(crs) for run in (found.a, found.b)]
    joined = gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=crs)
    return joined.drop_duplicates(["reason", "geometry"], ignore_index=True)


def _names(a: Path, b: Path) -> tuple[str, str]:
    first, second = a.resolve(), b.resolve()
    if first.name != second.name:
        return first.name, second.name
    return f"{first.parent.name}/{first.name}", f"{second.parent.name}/{second.name}"


def _folder(names: tuple[str, str]) -> str:
    return "compare-" + "-".join(name.replace("/", "-") for name in names)
