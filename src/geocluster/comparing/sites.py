"""Candidates of two runs: which are the same place, and how their ranks changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geocluster.comparing.reading import Run

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

# Of the larger of two sites, the share that both must cover to be one place.
SAME_PLACE = 0.5
EQUAL = 0.999
FIGURES = ("rank", "score", "top_three_share")
BOTH, ONLY_A, ONLY_B = "both", "gone", "new"


def site_changes(a: Run, b: Run) -> pd.DataFrame:
    """The candidates of both runs, each place once.

    Sites are one place where they cover each other to more than half of the larger one; where
    several do, a site of the same id and outline is taken first, then the largest overlap.

    Parameters
    ----------
    a, b : Run
        The two runs.

    Returns
    -------
    DataFrame
        site_a, site_b (text, missing where gone or new), state ("both", "gone", "new"), overlap
        [0 to 1], name, and rank, score, top_three_share by run with their differences (B minus A;
        a positive difference of rank is a fall); not_valid_a, not_valid_b (bool). In the order of
        the better of both ranks.
    """
    import pandas as pd

    pairs = matches(a.sites, b.sites)
    of_a = {row: other for row, other, _ in pairs}
    taken = {other for _, other, _ in pairs}
    rows: list[tuple[int | None, int | None]]
    rows = [(row, of_a.get(row)) for row in range(len(a.sites))]
    rows += [(None, other) for other in range(len(b.sites)) if other not in taken]
    shares: dict[tuple[int | None, int | None], float]
    shares = {(row, other): share for row, other, share in pairs}
    doubts = doubtful(a), doubtful(b)
    table = pd.DataFrame(
        [
            {
                **_side(a.sites, row, "a"),
                **_side(b.sites, other, "b"),
                "state": ONLY_B if row is None else ONLY_A if other is None else BOTH,
                "overlap": shares.get((row, other), np.nan),
                "name": _name(a.sites, row) or _name(b.sites, other),
                "not_valid_a": bool(row is not None and doubts[0][row]),
                "not_valid_b": bool(other is not None and doubts[1][other]),
            }
            for row, other in rows
        ],
        columns=[
            *("site_a", "site_b", "state", "overlap", "name", "not_valid_a", "not_valid_b"),
            *(f"{figure}_{run}" for figure in FIGURES for run in ("a", "b")),
            *("row_a", "row_b"),
        ],
    )
    for figure in FIGURES:
        pair = [pd.to_numeric(table[f"{figure}_{run}"]) for run in ("a", "b")]
        table[f"{figure}_difference"] = pair[1] - pair[0]
    best = table[["rank_a", "rank_b"]].astype(float).min(axis=1)
    order = np.lexsort((table["rank_b"].astype(float), table["rank_a"].astype(float), best))
    return table.iloc[order].reset_index(drop=True)


def matches(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> list[tuple[int, int, float]]:
    """Rows of two tables of sites that are one place, with the share that both cover.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> a = gpd.GeoDataFrame({"site_id": ["S1"]}, geometry=[box(0, 0, 100, 100)], crs=32642)
    >>> b = gpd.GeoDataFrame({"site_id": ["S1", "S2"]}, crs=32642,
    ...     geometry=[box(60, 0, 160, 100), box(10, 0, 110, 100)])
    >>> matches(a, b)
    [(0, 1, 0.9)]
    """
    if a.empty or b.empty:
        return []
    left = a.geometry.to_numpy()
    right = b.geometry.to_crs(a.crs).to_numpy()  # type: ignore[arg-type]
    others, own = shapely.STRtree(left).query(right, predicate="intersects")
    shared = shapely.area(shapely.intersection(left[own], right[others]))
    larger = np.maximum(shapely.area(left[own]), shapely.area(right[others]))
    share = np.divide(shared, larger, out=np.zeros_like(shared), where=larger > 0)
    ids_a, ids_b = a["site_id"].to_numpy(), b["site_id"].to_numpy()
    found = [
        (int(row), int(other), round(float(part), 4))
        for row, other, part in zip(own, others, share, strict=True)
        if part > SAME_PLACE
    ]
    found.sort(key=lambda one: (not _identical(one, ids_a, ids_b), -one[2], one[0], one[1]))
    used: tuple[set[int], set[int]] = set(), set()
    kept = []
    for row, other, part in found:
        if row not in used[0] and other not in used[1]:
            used[0].add(row)
            used[1].add(other)
            kept.append((row, other, part))
    return sorted(kept)


def _identical(found: tuple[int, int, float], ids_a: np.ndarray, ids_b: np.ndarray) -> bool:
    return bool(found[2] >= EQUAL and ids_a[found[0]] == ids_b[found[1]])


def doubtful(run: Run) -> np.ndarray:
    """Which sites of a run touch what is not for decisions, or lie at no exact place."""
    sites = run.sites
    doubts = np.zeros(len(sites), dtype=bool)
    if len(run.not_valid) and len(sites):
        areas = run.not_valid.to_crs(sites.crs)  # type: ignore[arg-type]
        whole = areas.geometry.make_valid().union_all()
        doubts |= sites.intersects(whole).to_numpy()
    if "approximate" in sites:
        doubts |= sites["approximate"].astype(str).isin(["True", "1", "1.0"]).to_numpy()
    return doubts


def _side(sites: gpd.GeoDataFrame, row: int | None, run: str) -> dict[str, object]:
    if row is None:
        return {f"site_{run}": None, f"row_{run}": None} | {f"{f}_{run}": np.nan for f in FIGURES}
    told = {f"{figure}_{run}": float(sites[figure].iloc[row]) for figure in FIGURES}
    return {f"site_{run}": sites["site_id"].iloc[row], f"row_{run}": row, **told}


def _name(sites: gpd.GeoDataFrame, row: int | None) -> str:
    if row is None or "name" not in sites:
        return ""
    value = sites["name"].iloc[row]
    return value if isinstance(value, str) else ""
