"""Several parks at once: the k sites that are best together, not the k that are best alone.

References
----------
.. [1] R. Church and C. ReVelle (1974), The maximal covering location problem, Papers of the
   Regional Science Association 32, 101-118.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geocluster.errors import TableError
from geocluster.siting.criteria import BURDEN
from geocluster.siting.draws import random_weights
from geocluster.siting.joint import Choice, Joint, Need, Row
from geocluster.siting.optimum import NODE_LIMIT
from geocluster.siting.ranking import rank
from geocluster.siting.sheds import Shed, labour_shed
from geocluster.siting.spacing import cliques, conflicts

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

# Of the people within reach, those who could work: the labour force of Uzbekistan over its people,
# about 15 of 36 million in 2023 (known, not read in a source).
WORKERS_SHARE = 0.4
# What may be added where a limit is passed, of the limit: TA Luft (2021), no. 4.2.2 (known).
IRRELEVANT_SHARE = 0.03
LABOUR = re.compile(r"workers_within_(\d+)_km")
LABOUR_KM = 15
ABOUT = {
    "spacing": "min_spacing_m {min_spacing_m:g}",
    "area": "max_area_ha {max_area_ha:g}",
    "workers": "workers_needed {workers_needed:g} a park",
    "concentration": "the limits of concentration at homes",
}


class Asked(NamedTuple):
    """The question over sites in the order of site_id, whatever their order was."""

    sites: Any
    columns: list[str]
    normalised: np.ndarray
    weights: np.ndarray
    sheds: dict[str, Shed]

    def brings(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores of sites alone, gains without the people reached, and worth of a person reached.

        The score of people reached, (people - least) / (most - least), is cut in two: what a
        person adds, and the part that every site has alike.
        """
        scores = self.normalised @ weights
        gains, worth = scores.copy(), []
        for column, shed in self.sheds.items():
            number, alone = self.columns.index(column), shed.alone()
            span = float(np.ptp(alone))
            each = weights[number] / span if span > 0 else 0.0
            gains -= each * alone
            worth.append(each)
        return scores, gains, np.array(worth)


def choose_together(
    sites: gpd.GeoDataFrame,
    k: int,
    weights: Mapping[str, float],
    *,
    homes: gpd.GeoDataFrame | None = None,
    min_spacing_m: float = 0.0,
    workers_needed: float | None = None,
    workers_share: float = WORKERS_SHARE,
    max_area_ha: float | None = None,
    added: xr.Dataset | None = None,
    irrelevant_share: float = IRRELEVANT_SHARE,
    missing: str | None = None,
    samples: int = 0,
    seed: int = 0,
    node_limit: int = NODE_LIMIT,
) -> gpd.GeoDataFrame:
    """Choose k sites jointly: plumes add, people within reach count once, parks keep apart.

    Maximises the sum of the weighted-sum scores of the chosen (min-max over all sites, as `rank`
    gives them), less what people within reach of several of them were counted for more than once:
    a maximal covering location problem [1]_ with linear terms. Solved to optimality by HiGHS.

    Parameters
    ----------
    sites : GeoDataFrame
        From `describe_sites`; not changed.
    k : int
        How many parks.
    weights : mapping
        Column to weight, as in `rank`.
    homes : GeoDataFrame, optional
        Areas with `people`: those within reach of several chosen sites then count once, for each
        weighted column ``workers_within_<n>_km``. Without them each site's workers count in full.
    min_spacing_m : float
        The least distance between two parks, edge to edge. [m]
    workers_needed : float, optional
        Workers that each park needs, of people within reach of it and of no other park. [workers]
    workers_share : float
        The share of people who could work in a park. [0 to 1]
    max_area_ha : float, optional
        Of all parks together. [ha]
    added : xarray.Dataset, optional
        ``added_ug_m3`` (pollutant, site, home), what a park at each site adds to the annual mean;
        ``existing_ug_m3`` (pollutant, home) and ``limit_ug_m3`` (pollutant); `site` holds the
        site_id. No home may then stand above the limit on account of the parks together. [ug/m3]
    irrelevant_share : float
        Where the limit is passed or nearly so before any park, all parks together may add this
        share of the limit. [0 to 1]
    missing : {None, "worst"}
        As in `rank`.
    samples, seed : int
        Random weightings to solve as well, uniform over groups of criteria, and of what seed.
    node_limit : int
        Nodes of branch and bound for one solution; a limit of time would depend on the machine.

    Returns
    -------
    GeoDataFrame
        The chosen sites, best first, every column kept, with ``score_alone`` (its own
        weighted-sum score), ``people_in_reach``, ``people_only_it_reaches`` [persons] where homes
        are given, and ``chosen_share`` where weights were drawn. attrs: ``objective``, ``bound``,
        ``gap``, ``status`` ("optimal" or "within x %"), ``together`` and ``one_by_one`` (site_ids,
        objective, burden, people_in_reach and area_ha of the set; one by one is the first of the
        ranking, then the next that is allowed beside those before, None where that finds no k),
        ``chosen_share`` (site_id to the share of weightings whose set holds it), ``differs_share``
        (weightings where one by one finds another set), ``note``.

    Raises
    ------
    TableError
        As `rank` does, or where no k sites obey what is asked: it names what to relax.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> sites = gpd.GeoDataFrame({"site_id": ["a", "b", "c"], "cost": [1.0, 0.0, 1.5]},
    ...     geometry=[box(x, 0, x + 1000, 1000) for x in (0, 6_000, 12_000)], crs="EPSG:32642")
    >>> pair = choose_together(sites, 2, {"cost": -1}, min_spacing_m=8_000)
    >>> pair["site_id"].tolist(), pair.attrs["status"]
    (['a', 'c'], 'optimal')
    >>> choose_together(sites, 3, {"cost": -1}, min_spacing_m=8_000)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    geocluster.errors.TableError: together: no 3 parks: min_spacing_m 8000 allows at most 2: ...
    """
    settings = {
        "min_spacing_m": min_spacing_m,
        "max_area_ha": max_area_ha,
        "workers_needed": workers_needed,
    }
    _check(sites, k, {**settings, "irrelevant_share": irrelevant_share}, workers_share, missing)
    asked = _asked(sites, weights, homes, missing)
    rows = _rows(asked.sites, k, min_spacing_m, max_area_ha, added, irrelevant_share)
    need = _need(asked, homes, workers_needed, workers_share)
    joint = Joint(len(asked.sites), k, rows, list(asked.sheds.values()), need, node_limit)
    chosen, greedy, scores = _solved(joint, asked, asked.weights)
    if chosen is None:
        raise TableError("together", _why_none(joint, settings))
    table = _described(asked, chosen, scores)
    table.attrs = {
        **sites.attrs,
        "objective": chosen.value,
        "bound": chosen.bound,
        "gap": chosen.gap,
        "status": "optimal" if chosen.gap == 0 else f"within {chosen.gap:.2g} of the best",
        "together": _figures(joint, asked, asked.weights, chosen.rows),
        "one_by_one": None if greedy is None else _figures(joint, asked, asked.weights, greedy),
        "weights": dict(zip(asked.columns, asked.weights.tolist(), strict=True)),
        "note": _note(asked, weights, homes),
    }
    if not samples:
        return table
    return _with_shares(table, joint, asked, chosen, samples, seed)


def _asked(
    sites: gpd.GeoDataFrame,
    weights: Mapping[str, float],
    homes: gpd.GeoDataFrame | None,
    missing: str | None,
) -> Asked:
    named = sites if "site_id" in sites else sites.assign(site_id=np.arange(len(sites)).astype(str))
    order = np.argsort(named["site_id"].astype(str).to_numpy(dtype=object), kind="stable")
    named = named.iloc[order].reset_index(drop=True)
    plain = named[["site_id", *dict.fromkeys(c for c in weights if c in named)]]
    ranked = rank(plain, weights, method="weighted_sum", missing=missing).sort_index()
    columns = [name for name, weight in weights.items() if weight != 0]
    shares = np.array([abs(ranked.attrs["weights"][name]) for name in columns])
    normalised = ranked[[f"normalised_{name}" for name in columns]].to_numpy(dtype=float).copy()
    sheds = {}
    for number, column in enumerate(columns):
        reach = LABOUR.fullmatch(column)
        if homes is not None and reach and weights[column] > 0:
            shed = labour_shed(named, homes, reach_m=float(reach[1]) * 1000)
            sheds[column], alone = shed, shed.alone()
            span = float(np.ptp(alone))
            normalised[:, number] = (alone - alone.min()) / span if span > 0 else 1.0
    return Asked(named, columns, normalised, shares, sheds)


def _rows(
    sites: gpd.GeoDataFrame,
    k: int,
    min_spacing_m: float,
    max_area_ha: float | None,
    added: xr.Dataset | None,
    irrelevant_share: float,
) -> list[Row]:
    shapes, count = np.asarray(sites.geometry.values, dtype=object), len(sites)
    rows = []
    for members in cliques(conflicts(shapes, min_spacing_m)):
        rows.append(Row(np.isin(np.arange(count), members).astype(float), 1.0, "spacing"))
    if max_area_ha is not None:
        rows.append(Row(sites["area_ha"].to_numpy(dtype=float) / max_area_ha, 1.0, "area"))
    return rows if added is None else rows + _caps(sites, k, added, irrelevant_share)


def _caps(sites: gpd.GeoDataFrame, k: int, added: xr.Dataset, irrelevant: float) -> list[Row]:
    """A row a pollutant and home that k parks could bring above its limit."""
    ids = sites["site_id"].astype(str).tolist()
    unknown = sorted(set(ids) - set(added["site"].values.astype(str).tolist()))
    if unknown:
        raise TableError("added", f"no concentration for {len(unknown)} sites: {unknown[0]}, ...")
    rows = []
    by_site = added.assign_coords(site=added["site"].values.astype(str)).sel(site=ids)
    for pollutant in by_site["pollutant"].values:
        one = by_site.sel(pollutant=pollutant)
        limit = float(one["limit_ug_m3"])
        more = one["added_ug_m3"].transpose("site", "home").values
        room = np.maximum(limit - one["existing_ug_m3"].values, irrelevant * limit)
        worst = np.sort(more, axis=0)[-k:].sum(axis=0)
        for home in np.flatnonzero(worst > room):
            size = room[home] if room[home] > 0 else limit
            rows.append(Row(more[:, home] / size, float(room[home] / size), "concentration"))
    return rows


def _need(
    asked: Asked, homes: gpd.GeoDataFrame | None, workers: float | None, share: float
) -> Need | None:
    if not workers:
        return None
    if homes is None:
        raise TableError("together", "workers_needed asks for people within reach: give homes")
    sheds = list(asked.sheds.values())
    return Need(
        sheds[0] if sheds else labour_shed(asked.sites, homes, reach_m=LABOUR_KM * 1000),
        float(workers),
        share,
    )


def _solved(
    joint: Joint, asked: Asked, weights: np.ndarray, found: list[np.ndarray] | None = None
) -> tuple[Choice | None, np.ndarray | None, np.ndarray]:
    """The joint choice, the one by one (None where it finds too few), and the scores alone.

    Sets found under other weights are allowed under these as well.
    """
    scores, gains, worth = asked.brings(weights)
    greedy = joint.one_by_one(np.argsort(-np.round(scores, 12), kind="stable"))
    complete = greedy if len(greedy) == joint.k else None
    sets = [*(found or []), *([] if complete is None else [complete])]
    known = max(sets, key=lambda rows: joint.value(rows, gains, worth), default=None)
    return joint.best(gains, worth, known), complete, scores


def _described(asked: Asked, chosen: Choice, scores: np.ndarray) -> gpd.GeoDataFrame:
    rows = chosen.rows[np.argsort(-np.round(scores[chosen.rows], 12), kind="stable")]
    table = asked.sites.iloc[rows].reset_index(drop=True).assign(score_alone=scores[rows])
    for shed in list(asked.sheds.values())[:1]:
        once = shed.people * (shed.times(rows) == 1)
        table["people_in_reach"] = shed.alone()[rows]
        table["people_only_it_reaches"] = np.asarray(shed.reach @ once)[rows]
    return table


def _figures(joint: Joint, asked: Asked, weights: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """What a set of sites amounts to."""
    _, gains, worth = asked.brings(weights)
    members = asked.sites.iloc[np.sort(rows)]
    figures: dict[str, Any] = {
        "site_ids": members["site_id"].astype(str).tolist(),
        "objective": joint.value(rows, gains, worth),
    }
    if BURDEN in members:
        figures["burden"] = float(members[BURDEN].sum())
    if asked.sheds:
        figures["people_in_reach"] = next(iter(asked.sheds.values())).together(rows)
    if "area_ha" in members:
        figures["area_ha"] = float(members["area_ha"].sum())
    return figures


def _with_shares(
    table: gpd.GeoDataFrame, joint: Joint, asked: Asked, first: Choice, samples: int, seed: int
) -> gpd.GeoDataFrame:
    """How often each site is in the set over weights drawn at random."""
    times, differs, gained, found = np.zeros(joint.count), 0, [], {first.rows.tobytes(): first.rows}
    for weights in random_weights(asked.columns, samples=samples, seed=seed):
        chosen, greedy, _ = _solved(joint, asked, weights, list(found.values()))
        if chosen is None:
            continue
        found[chosen.rows.tobytes()] = chosen.rows
        times[chosen.rows] += 1
        differs += greedy is None or set(greedy) != set(chosen.rows)
        if greedy is not None:
            _, gains, worth = asked.brings(weights)
            gained.append(chosen.value - joint.value(greedy, gains, worth))
    ids = asked.sites["site_id"].astype(str)
    shares = {ids[row]: float(times[row] / samples) for row in np.flatnonzero(times)}
    told = table.assign(chosen_share=[shares.get(str(name), 0.0) for name in table["site_id"]])
    told.attrs = {
        **table.attrs,
        "samples": samples,
        "chosen_share": dict(sorted(shares.items(), key=lambda item: (-item[1], item[0]))),
        "differs_share": differs / samples,
        "mean_gain": float(np.mean(gained)) if gained else float("nan"),
    }
    return told


def _why_none(joint: Joint, settings: Mapping[str, Any]) -> str:
    """Which condition allows no k parks, by itself or only beside the others."""
    k, kinds = joint.k, list(dict.fromkeys(row.about for row in joint.rows))
    kinds += ["workers"] if joint.need is not None else []
    words = {kind: ABOUT[kind].format(**{n: v or 0 for n, v in settings.items()}) for kind in kinds}
    alone = {kind: _most_parks(joint, [kind]) for kind in kinds}
    tight = [f"{words[kind]} allows at most {most}" for kind, most in alone.items() if most < k]
    if tight:
        return f"no {k} parks: {'; '.join(tight)}: relax that, or ask for fewer parks"
    most = _most_parks(joint, kinds)
    free = [
        words[kind] for kind in kinds if _most_parks(joint, [n for n in kinds if n != kind]) >= k
    ]
    advice = f"relax {' or '.join(free)}" if free else f"relax two of {', '.join(words.values())}"
    return f"no {k} parks obey all that is asked, at most {most} do: {advice}, or ask for fewer"


def _most_parks(joint: Joint, kinds: list[str]) -> int:
    """The most parks, up to k, under the conditions of these kinds alone."""
    rows = [row for row in joint.rows if row.about in kinds]
    need = joint.need if "workers" in kinds else None
    found = Joint(joint.count, joint.k, rows, [], need, joint.node_limit, at_most=True).best(
        np.ones(joint.count), np.empty(0)
    )
    return 0 if found is None else round(found.value)


def _note(asked: Asked, weights: Mapping[str, float], homes: gpd.GeoDataFrame | None) -> str:
    apart = [
        name
        for name in asked.columns
        if name.startswith("workers_within") and name not in asked.sheds
    ]
    if not apart:
        return ""
    why = (
        "no homes were given" if homes is None else "its reach is not a distance, or less is better"
    )
    return (
        f"People within reach of several parks count at each of them in {', '.join(apart)}: {why}."
    )


def _check(
    sites: gpd.GeoDataFrame,
    k: int,
    sizes: Mapping[str, float | None],
    share: float,
    missing: str | None,
) -> None:
    faults = []
    if not 1 <= k <= len(sites):
        faults.append(f"{k} parks of {len(sites)} sites: give 1 to {len(sites)}")
    for name, size in sizes.items():
        if size is not None and not (0 <= size < float("inf")):
            faults.append(f"{name} is {size}: give 0 or more")
    if sizes["max_area_ha"] == 0:
        faults.append("max_area_ha is 0: give more, or leave it out")
    if sizes["max_area_ha"] is not None and "area_ha" not in sites:
        faults.append("max_area_ha asks for the column area_ha of the sites")
    if not 0 < share <= 1:
        faults.append(f"workers_share is {share}: give more than 0, up to 1")
    if missing not in (None, "worst"):
        faults.append(f"missing={missing!r}: allowed are None and 'worst'")
    if faults:
        raise TableError("together", faults)
