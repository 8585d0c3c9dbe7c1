"""How sure the order of a study's sites is, as data: for stability.json, the page, narratives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.siting.judging import Judging
    from geocluster.siting.question import Question
    from geocluster.steps.uncertainty import Uncertainty

# Each candidate leaves in turn, at most so many, the first ones.
MOST_LEAVING = 200
DIGITS = 6


def stability_of(
    sites: gpd.GeoDataFrame,
    sure: pd.DataFrame,
    judging: Judging,
    *,
    by_release: Mapping[str, np.ndarray],
    shares: Mapping[str, float],
    uncertain: Uncertainty | None = None,
    people_by_zone: Mapping[float, np.ndarray] | None = None,
    zone_m: float = 500.0,
    suitable: xr.Dataset | None = None,
) -> dict[str, Any]:
    """How sure the order is, and what would turn it, as plain values.

    Parameters
    ----------
    sites : GeoDataFrame
        From `describe_sites`, in any order.
    sure : DataFrame
        From `rank_stability` with cases.
    judging : Judging
    by_release, shares : mapping
        Release to the burden of each site, and to its share of the park.
    uncertain : Uncertainty, optional
        What could not be asked.
    people_by_zone : mapping, optional
        Width of the protection zone to the people in it, of each site.
    zone_m : float
        Its width as ranked. [m]
    suitable : Dataset, optional
        From `suitable_land`: how near each site comes to what the rules keep it away from.

    Returns
    -------
    dict
        - ``first``, ``second``, ``winner`` (site_id or None), ``needed_share``, ``samples``,
          ``methods``, ``releases``;
        - ``kinds``: a row a kind of case, "weights" first and "everything at once" last: ``kind``,
          ``cases``, ``top_three_lost``, ``first_lost``, ``first_top_three_share`` (of the site
          that is first as ranked, over this kind and any weights) [0 to 1];
        - ``not_asked``: kind to the reason why it has no cases here;
        - ``sites``: site_id to ``rank``, ``acceptability``, ``top_three_share``, ``mean_rank``,
          ``top_three_share_by_kind`` and ``central_weights`` (criterion to weight; None where no
          weights drawn put it first);
        - ``weight_turns``: a row a criterion, ``criterion, share, needed, change,
          other_first_at``: the share of all weight at which the second, or any other, is the
          first (None where none), smallest change first;
        - ``release_turns``, ``emission_turns``, ``rule_turns``, ``zone_turns``: see
          `geocluster.siting.turning`;
        - ``reversals``: ``asked`` (how many candidates left in turn), ``turned`` (how many of
          them turn some pair of others), ``first_changes`` (site_ids whose leaving changes who
          is the first of the others);
        - ``methods_first``: method to the site that it puts first, and ``methods_agreement``
          (pairs of methods to Kendall's tau).
    """
    from geocluster.siting.criteria import BURDEN
    from geocluster.siting.question import Question
    from geocluster.siting.turning import (
        emission_turns,
        least_distances,
        release_turns,
        rule_turns,
        zone_turns,
    )

    weights, first = judging.weights, judging.first
    asked = Question.of(
        sites, weights, first["method"], first["normalisation"], first["missing"],
        first["bounds"], first["thresholds"],
    )  # fmt: skip
    ids = [str(name) for name in sure["site_id"]]
    kinds = [
        {**row, "first_top_three_share": row["top_three_share"][ids[0]]}
        for row in sure.attrs["kinds"]
    ]
    distances = least_distances(sites, suitable) if suitable is not None else {}
    keep_away = {
        str(rule["rule_id"]): float(rule["keep_away_m"])
        for rule in (suitable.attrs.get("rules", ()) if suitable is not None else ())
        if rule.get("keep_away_m") == rule.get("keep_away_m") and "keep_away_m" in rule
    }
    zone = zone_turns(asked, "people_in_protection_zone", people_by_zone or {}, zone_m)
    answer = {
        "first": ids[0],
        "second": ids[1] if len(ids) > 1 else None,
        "winner": sure.attrs["winner"],
        "needed_share": sure.attrs["needed_share"],
        "samples": sure.attrs["samples"],
        "methods": sure.attrs["methods"],
        "releases": sure.attrs["releases"],
        "kinds": [
            {name: value for name, value in row.items() if name != "top_three_share"}
            for row in kinds
        ],
        "not_asked": dict(uncertain.not_asked) if uncertain is not None else {},
        "sites": _by_site(sites, sure, kinds, judging),
        "weight_turns": _weight_turns(sites, judging, asked),
        "release_turns": release_turns(asked, BURDEN, by_release, shares) if shares else [],
        "emission_turns": emission_turns(asked, uncertain.by_emission if uncertain else {}),
        "rule_turns": rule_turns(asked, distances, keep_away),
        "zone_turns": zone,
        **_others(sites, judging, ids),
    }
    return dict(_rounded(answer))


def _by_site(
    sites: gpd.GeoDataFrame, sure: pd.DataFrame, kinds: list[dict[str, Any]], judging: Judging
) -> dict[str, dict[str, Any]]:
    from geocluster.siting.ranking import central_weights

    central = central_weights(
        sites, judging.weights, preferences=judging.preferences, **judging.first
    ).drop(columns="acceptability")
    central.index = central.index.astype(str)
    columns = ("rank", "acceptability", "top_three_share", "mean_rank")
    found = {}
    for row in sure.to_dict("records"):
        name = str(row["site_id"])
        own = central.loc[name]
        found[name] = {
            **{column: row[column] for column in columns},
            "top_three_share_by_kind": {
                kind["kind"]: kind["top_three_share"][name] for kind in kinds
            },
            "central_weights": None if own.isna().any() else own.to_dict(),
        }
    return found


def _weight_turns(
    sites: gpd.GeoDataFrame, judging: Judging, asked: Question
) -> list[dict[str, Any]]:
    from geocluster.siting.flips import weight_flips
    from geocluster.siting.sensitivity import smallest_change

    if len(sites) < 2:
        return []
    flips = weight_flips(asked)
    lost = flips[flips["site"] == int(asked.order()[0])]
    other = dict(zip(lost["criterion"], lost["needed"], strict=True))
    table = smallest_change(sites, judging.weights, **judging.first)
    table["other_first_at"] = table["criterion"].map(other).astype(float)
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _others(sites: gpd.GeoDataFrame, judging: Judging, ids: list[str]) -> dict[str, Any]:
    """What happens when a candidate leaves, and which site each method puts first."""
    from geocluster.siting.sensitivity import compare_methods, reversals

    leaving = ids[:MOST_LEAVING]
    table = reversals(sites, judging.weights, leaving=leaving, **judging.first)
    compared = compare_methods(
        sites, judging.weights, missing="worst", bounds=judging.bounds,
        thresholds=judging.thresholds,
    )  # fmt: skip
    return {
        "reversals": {
            "asked": len(leaving),
            "turned": int((table["reversed_pairs"] > 0).sum()),
            "first_changes": table.loc[table["first_changes"], "site_id"].astype(str).tolist(),
        },
        "methods_first": {name: str(site) for name, site in compared.attrs["firsts"].items()},
        "methods_agreement": compared.attrs["agreement"],
    }


def _rounded(value: Any) -> Any:
    """Plain values, figures to six decimals, None where there is none."""
    if isinstance(value, Mapping):
        return {str(name): _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), DIGITS) + 0.0 if np.isfinite(value) else None
    return value
