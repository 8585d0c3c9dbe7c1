"""What of the park or of the rules would turn the order: its releases, its zone, a keep-away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.siting.flips import nearest_share
from geocluster.siting.question import Question, best_first, ties

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

STEPS = 200
# Shares of all emission that the lowest release may have, assumed: what leaks is known least.
LOWEST_SHARES = (0.1, 0.6)
ZONE_WIDTHS_M = (50.0, 100.0, 200.0, 300.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0)
EXISTING_ZONE = "existing zone"


def mixed(by_release: Mapping[str, np.ndarray], shares: Mapping[str, float]) -> np.ndarray:
    """The burden of releases together, by their shares.

    Examples
    --------
    >>> mixed({"low": np.array([2.0]), "high": np.array([4.0])}, {"low": 0.75, "high": 0.25})
    array([2.5])
    """
    return np.asarray(sum(share * by_release[name] for name, share in shares.items()))


def with_share(shares: Mapping[str, float], release: str, share: float) -> dict[str, float]:
    """The shares where one release has another one, the rest in proportion.

    Examples
    --------
    >>> with_share({"low": 0.3, "high": 0.7}, "low", 0.6)
    {'low': 0.6, 'high': 0.4}
    """
    rest = sum(other for name, other in shares.items() if name != release)
    return {
        name: share if name == release else other * ((1 - share) / rest if rest else 0.0)
        for name, other in shares.items()
    }


def release_cases(
    by_release: Mapping[str, np.ndarray], shares: Mapping[str, float], lowest: str | None
) -> dict[str, np.ndarray]:
    """The burden by each release alone, and with less and more from the lowest; none for one.

    Parameters
    ----------
    by_release : mapping
        Release to the burden of each site. [persons ug/m3 per g/s]
    shares : mapping
        Release to its share of the park's emission; empty where not known.
    lowest : str or None
        The release nearest to the ground.
    """
    if not shares:
        return dict(_alone(by_release)) if len(by_release) > 1 else {}
    return {
        name: mixed(by_release, mixture) for name, mixture in release_shares(shares, lowest).items()
    }


def _alone(by_release: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"all from {name}": values for name, values in by_release.items()}


def release_shares(shares: Mapping[str, float], lowest: str | None) -> dict[str, dict[str, float]]:
    """The shares of each case: all from one release, less and more from the lowest.

    Examples
    --------
    >>> list(release_shares({"leak": 0.1, "stack": 0.9}, "leak"))
    ['all from leak', 'all from stack', '60% from leak']
    """
    if len(shares) < 2:
        return {}
    cases = {
        f"all from {name}": {other: float(other == name) for other in shares} for name in shares
    }
    for share in LOWEST_SHARES if lowest in shares else ():
        if abs(shares[str(lowest)] - share) > 0.05:
            cases[f"{share:.0%} from {lowest}"] = with_share(shares, str(lowest), share)
    return cases


def release_turns(
    asked: Question, column: str, by_release: Mapping[str, np.ndarray], shares: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The share of a release at which the second site is the first, and at which any other is.

    Parameters
    ----------
    asked : Question
        Sites, weights and method, as ranked.
    column : str
        The criterion that holds the burden.
    by_release, shares : mapping
        As in `release_cases`, of the sites that are kept; a release of share 0 may stand among
        them.

    Returns
    -------
    list of dict
        A row a release: ``release``, ``now`` (its share), ``second_first_at``, ``other_first_at``
        and ``other`` (None where no share turns it), ``step``. Shares are tried in steps of
        0.005 and the turn is then halved down. [0 to 1]
    """
    if column not in asked.columns or len(asked.values) < 2 or len(by_release) < 2:
        return []
    number = asked.columns.index(column)
    order, ids = asked.order(), asked.site_ids()
    first, second, tied = int(order[0]), int(order[1]), ties(asked.sites)

    def winner(release: str, share: float) -> int:
        table = asked.values.copy()
        table[:, number] = mixed(by_release, with_share(shares, release, share))
        return int(best_first(_within(asked, table, number).scores(), tied)[0, 0])

    rows = []
    for release, now in shares.items():
        tried = np.linspace(0, 1, STEPS + 1)
        at = partial(winner, release)
        firsts = np.array([at(float(share)) for share in tried])

        def is_second(share: float, at: Callable[[float], int] = at) -> bool:
            return at(share) == second

        def is_other(share: float, at: Callable[[float], int] = at) -> bool:
            return at(share) != first

        to_second = nearest_share(tried, firsts == second, now, is_second)
        to_other = nearest_share(tried, firsts != first, now, is_other)
        rows.append(
            {
                "release": release,
                "now": float(now),
                "second_first_at": to_second,
                "other_first_at": to_other,
                "other": None if to_other is None else str(ids[at(to_other)]),
            }
        )
    return rows


def _within(asked: Question, table: np.ndarray, number: int) -> Question:
    """The question with other values, taken at the bounds of SPOTIS where they are beyond."""
    low, high = asked.bounds[number]
    if not np.isnan(low):
        table[:, number] = np.clip(table[:, number], low, high)
    return asked._replace(values=table)


def zone_turns(
    asked: Question, column: str, people: Mapping[float, np.ndarray], now_m: float
) -> dict[str, Any]:
    """Which site is first with a protection zone of another width.

    Parameters
    ----------
    asked : Question
    column : str
        The criterion that counts people in the zone.
    people : mapping
        Width of the zone [m] to the people of each site that is kept.
    now_m : float
        The width as ranked. [m]

    Returns
    -------
    dict
        ``now_m``; ``firsts``: a row a width (``width_m``, ``first``, ``second``);
        ``second_first_at_m`` and ``other_first_at_m``: the width nearest to the present one at
        which the second, or any other, is first, None where no width of those tried. [m]
    """
    if column not in asked.columns or len(asked.values) < 2:
        return {}
    number, ids, order = asked.columns.index(column), asked.site_ids(), asked.order()
    first, second = int(order[0]), int(order[1])
    firsts, turned, to_second = [], [], []
    for width in sorted(people):
        table = asked.values.copy()
        table[:, number] = people[width]
        then = _within(asked, table, number).order()
        firsts.append(
            {"width_m": float(width), "first": str(ids[then[0]]), "second": str(ids[then[1]])}
        )
        turned += [width] if int(then[0]) != first else []
        to_second += [width] if int(then[0]) == second else []
    return {
        "now_m": float(now_m),
        "firsts": firsts,
        "second_first_at_m": _closest(to_second, now_m),
        "other_first_at_m": _closest(turned, now_m),
    }


def emission_turns(
    asked: Question, by_times: Mapping[float, Mapping[str, np.ndarray]]
) -> dict[str, Any]:
    """Which site is first where the park emits so many times as much.

    Parameters
    ----------
    asked : Question
    by_times : mapping
        How many times the emission to {column: values of each site that is kept}.

    Returns
    -------
    dict
        ``tried`` (the least and greatest), ``firsts`` (rows of ``times``, ``first``, ``second``),
        ``second_first_at`` and ``other_first_at``: the factor tried that is nearest to 1 at which
        the second, or any other, is first; empty where nothing counted depends on it.
    """
    known = {
        times: {name: values for name, values in columns.items() if name in asked.columns}
        for times, columns in by_times.items()
    }
    if len(asked.values) < 2 or not any(known.values()):
        return {}
    order, ids = asked.order(), asked.site_ids()
    firsts, to_second, turned = [], [], []
    for times in sorted(known):
        table = asked.values.copy()
        for name, values in known[times].items():
            number = asked.columns.index(name)
            table[:, number] = values
            _within(asked, table, number)
        then = asked._replace(values=table).order()
        firsts.append(
            {"times": float(times), "first": str(ids[then[0]]), "second": str(ids[then[1]])}
        )
        to_second += [times] if then[0] == order[1] else []
        turned += [times] if then[0] != order[0] else []

    def nearest(found: list[float]) -> float | None:
        return min(found, key=lambda times: abs(np.log(times))) if found else None

    return {
        "tried": [float(min(known)), float(max(known))],
        "firsts": firsts,
        "second_first_at": nearest(to_second),
        "other_first_at": nearest(turned),
    }


def _closest(widths: list[float], now: float) -> float | None:
    return min(widths, key=lambda width: abs(width - now)) if widths else None


def least_distances(sites: gpd.GeoDataFrame, suitable: xr.Dataset) -> dict[str, np.ndarray]:
    """How near each site comes to what each rule keeps it away from, by rule.

    Parameters
    ----------
    sites : GeoDataFrame
    suitable : Dataset
        From `suitable_land`, with ``distance_<rule>_m``.

    Returns
    -------
    dict
        rule_id to the least distance from the centre of a cell of the site; NaN where the site
        covers no cell. [m]
    """
    from geocluster.exposure.residents import home_cells

    grid = suitable["suitable"].transpose("y", "x")
    site, cell, _ = home_cells(sites[[sites.geometry.name]], grid)
    found = {}
    for rule in suitable.attrs.get("rules", ()):
        name = f"distance_{rule['rule_id']}_m"
        if name not in suitable:
            continue
        values = np.asarray(suitable[name].transpose("y", "x").values, dtype=float).ravel()[cell]
        nearest = np.full(len(sites), np.inf)
        np.minimum.at(nearest, site, np.where(np.isnan(values), np.inf, values))
        found[str(rule["rule_id"])] = np.where(np.isfinite(nearest), nearest, np.nan)
    return found


def rule_turns(
    asked: Question, distances: Mapping[str, np.ndarray], keep_away: Mapping[str, float]
) -> list[dict[str, Any]]:
    """How much farther each rule would have to keep a park away for the first site to fall out.

    Existing zones are not subject to the rules, and stay. New land that a smaller distance would
    set free is not looked at.

    Parameters
    ----------
    asked : Question
    distances : mapping
        As `least_distances` gives it, of the sites that are kept. [m]
    keep_away : mapping
        rule_id to the distance that it keeps. [m]

    Returns
    -------
    list of dict
        A row a rule, the smallest change first: ``rule``, ``now_m``, ``first_out_above_m`` (where
        the first site falls out), ``then_first`` (the first of those that stay, ranked anew; None
        where none does), ``second_stays``.
    """
    order, ids = asked.order(), asked.site_ids()
    first = int(order[0])
    kinds = asked.sites["kind"].tolist() if "kind" in asked.sites else [""] * len(ids)
    free = np.array([kind == EXISTING_ZONE for kind in kinds])
    rows: list[dict[str, Any]] = []
    for rule, near in distances.items():
        reach = float(near[first])
        if free[first] or not np.isfinite(reach) or reach <= keep_away.get(rule, 0.0):
            continue
        stays = free | ~(near <= reach)
        kept = np.flatnonzero(stays)
        then = None
        if len(kept):
            rest = asked._replace(sites=asked.sites.iloc[kept], values=asked.values[kept])
            then = str(rest.site_ids()[rest.order()[0]])
        rows.append(
            {
                "rule": rule,
                "now_m": float(keep_away.get(rule, 0.0)),
                "first_out_above_m": reach,
                "then_first": then,
                "second_stays": bool(stays[order[1]]) if len(order) > 1 else False,
            }
        )
    return sorted(rows, key=lambda row: row["first_out_above_m"] - row["now_m"])
