"""How the sites of a study are judged: methods, normalisation and weights, as settings ask."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import GeoclusterWarning, SettingsError, TableError
from geocluster.siting.criteria import CRITERIA, GROUPS, grouped_weights, signs_of
from geocluster.siting.draws import Preferences, drawn_weights
from geocluster.siting.methods import METHODS, OWN_NORMALISATION
from geocluster.siting.weighting import (
    HIGHEST_RATIO,
    Consistency,
    ahp_consistency,
    ahp_weights,
    critic_weights,
    entropy_weights,
)

if TYPE_CHECKING:
    import pandas as pd

    from geocluster.load.settings_siting import SitingSettings

IN_WORDS = {
    "groups": "given by groups of criteria",
    "criteria": "given criterion by criterion",
    "ahp": "from comparing the groups two by two (AHP)",
    "entropy": "by how unequal the sites are in each criterion (entropy)",
    "critic": "by spread, and by how little a criterion agrees with the others (CRITIC)",
}
METHOD_NAMES = {
    "topsis": "TOPSIS",
    "weighted_sum": "weighted sum",
    "spotis": "SPOTIS",
    "promethee_ii": "PROMETHEE II",
}


@dataclass(frozen=True)
class Judging:
    """How sites are judged: the first method ranks, all of them are cases."""

    methods: tuple[str, ...]
    weights: dict[str, float]
    weighting: str
    normalisation: str | None = None
    bounds: Mapping[str, Any] | None = None
    thresholds: Mapping[str, Any] | None = None
    preferences: Preferences | None = None
    group_weights: Mapping[str, float] | None = None
    consistency: Consistency | None = None

    def of(self, method: str) -> dict[str, Any]:
        """The options that belong to one method."""
        return {
            "method": method,
            "normalisation": None if method in OWN_NORMALISATION else self.normalisation,
            "bounds": self.bounds if method == "spotis" else None,
            "thresholds": self.thresholds if method == "promethee_ii" else None,
            "missing": "worst",
        }

    @property
    def first(self) -> dict[str, Any]:
        """The options of the method that ranks."""
        return self.of(self.methods[0])

    @property
    def all_methods(self) -> dict[str, Any]:
        """The options of several methods together."""
        return {
            "method": list(self.methods),
            "normalisation": self.normalisation,
            "bounds": self.bounds,
            "thresholds": self.thresholds,
            "missing": "worst",
        }

    def facts(self) -> dict[str, Any]:
        """What was used, as plain values."""
        method = self.methods[0]
        usual = METHODS[method][0]
        facts: dict[str, Any] = {
            "method": method,
            "methods": list(self.methods),
            "normalisation": self.of(method)["normalisation"] or usual,
            "weighting": self.weighting,
            "weights": self.weights,
            "missing": "worst",
        }
        if self.group_weights:
            facts["group_weights"] = dict(self.group_weights)
        if self.consistency is not None:
            facts["consistency_ratio"] = self.consistency.ratio
            facts["consistent"] = self.consistency.ratio <= HIGHEST_RATIO
        for name in ("bounds", "thresholds", "preferences"):
            if getattr(self, name):
                facts[name] = _plain(getattr(self, name))
        return facts


def check_judging(siting: SitingSettings) -> None:
    """See, before anything is computed, that settings can judge sites.

    Raises
    ------
    SettingsError
        With the key at fault: a name that is no group or criterion, comparisons that are
        missing or not reciprocal, preferences that no weights obey.

    Warns
    -----
    GeoclusterWarning
        Where the consistency ratio of the comparisons is above 0.1.
    """
    columns = [criterion.column for criterion in CRITERIA]
    faults = [
        f"[siting.{section}] {name}: no such criterion; known are {', '.join(columns)}"
        for section in ("criterion_weights", "bounds", "thresholds")
        for name in getattr(siting, section)
        if name not in columns
    ]
    if faults:
        raise SettingsError("study.toml", faults)
    if siting.weighed_by == "ahp":
        group_weights_of(siting)
    if siting.preferences:
        with at_key("preferences"):
            drawn_weights(columns, _named(siting.preferences), samples=1, seed=0)


def judging_of(siting: SitingSettings, sites: pd.DataFrame) -> Judging:
    """How these sites are judged.

    Parameters
    ----------
    siting : SitingSettings
        [siting] of study.toml.
    sites : DataFrame
        From `describe_sites`.

    Returns
    -------
    Judging

    Raises
    ------
    SettingsError
        With the key at fault.
    """
    by = siting.weighed_by
    groups, consistency = group_weights_of(siting)
    if by == "criteria":
        weights = _criterion_weights(siting.criterion_weights, sites)
    elif by == "entropy":
        weights = entropy_weights(sites, list(signs_of(sites)), missing="worst")
    elif by == "critic":
        weights = critic_weights(sites, list(signs_of(sites)), missing="worst")
    else:
        weights = grouped_weights(groups, sites)
    weights = {column: weight for column, weight in weights.items() if weight}
    return Judging(
        methods=tuple(siting.method),
        weights=weights,
        weighting=by,
        normalisation=siting.normalisation,
        bounds=_of_those(siting.bounds, weights),
        thresholds=_of_those(siting.thresholds, weights),
        preferences=_known_preferences(siting.preferences, weights),
        group_weights=groups or None,
        consistency=consistency,
    )


def group_weights_of(siting: SitingSettings) -> tuple[dict[str, float], Consistency | None]:
    """The weights of groups, and how consistent the comparisons are that they come from.

    Empty where the weights are not by groups.
    """
    if siting.weighed_by == "groups":
        return siting.weights, None
    if siting.weighed_by != "ahp":
        return {}, None
    names, matrix = comparison_matrix(siting.ahp)
    with at_key("ahp"):
        return ahp_weights(matrix, names), ahp_consistency(matrix, names)


def comparison_matrix(given: Mapping[str, Mapping[str, float]]) -> tuple[list[str], np.ndarray]:
    """The groups compared, in their usual order, and how much more each counts; NaN if not said.

    Raises
    ------
    SettingsError
        Where a name is no group, or two groups are not compared.

    Examples
    --------
    >>> names, matrix = comparison_matrix({"exposure": {"access": 3.0}})
    >>> names, matrix.tolist()
    (['exposure', 'access'], [[1.0, 3.0], [nan, 1.0]])
    """
    told = [*given, *(name for others in given.values() for name in others)]
    faults = [
        f"[siting.ahp] {name}: no such group; known are {', '.join(GROUPS)}"
        for name in dict.fromkeys(told)
        if name not in GROUPS
    ]
    names = [name for name in GROUPS if name in told]
    faults += [
        f"[siting.ahp] {a}.{b} is missing: say how many times as important {a} is as {b}"
        for number, a in enumerate(names)
        for b in names[number + 1 :]
        if b not in given.get(a, {}) and a not in given.get(b, {})
    ]
    if faults:
        raise SettingsError("study.toml", faults)
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for a, others in given.items():
        for b, times in others.items():
            matrix[names.index(a), names.index(b)] = times
    return names, matrix


def judging_in_words(judging: Judging) -> list[str]:
    """How sites are judged, as sentences for a planner."""
    facts = judging.facts()
    name = METHOD_NAMES[judging.methods[0]]
    others = [METHOD_NAMES[method] for method in judging.methods[1:]]
    lines = [
        f"Ranked by {name}, values normalised by: {facts['normalisation']}; "
        f"weights {IN_WORDS[judging.weighting]}. A missing value counts as the worst found."
    ]
    if others:
        lines.append(f"Cases by other methods: {', '.join(others)}.")
    if judging.consistency is not None:
        found = judging.consistency
        shares = (f"{name} {share:.0%}" for name, share in (judging.group_weights or {}).items())
        lines.append(f"Weights of the groups: {', '.join(shares)}.")
        good = found.ratio <= HIGHEST_RATIO
        doubt = ""
        if not good and found.worst is not None:
            doubt = (
                f"; {found.worst[0]} to {found.worst[1]} fits least: {found.given:.3g} was given, "
                f"the weights speak for {found.fitting:.3g}"
            )
        lines.append(
            f"Consistency ratio of the comparisons: {found.ratio:.2f}, "
            f"{'within' if good else 'above'} {HIGHEST_RATIO}{doubt}."
        )
    if judging.preferences:
        lines.append(f"Only weights that obey this are drawn: {_preferences_in_words(judging)}.")
    if judging.bounds:
        pairs = (f"{name} {low:g} to {high:g}" for name, (low, high) in judging.bounds.items())
        lines.append(f"Bounds of SPOTIS: {'; '.join(pairs)}.")
    return lines


def _preferences_in_words(judging: Judging) -> str:
    given = judging.preferences
    if isinstance(given, Mapping):
        return ", ".join(f"{name} {low:.0%} to {high:.0%}" for name, (low, high) in given.items())
    return " at least as much as ".join(given or ())


@contextmanager
def at_key(key: str) -> Iterator[None]:
    """Faults of a table within are those of a key of [siting]."""
    try:
        yield
    except TableError as error:
        faults = [f"[siting.{key}] {fault}" for fault in error.faults]
        raise SettingsError("study.toml", faults) from error


def _criterion_weights(sizes: Mapping[str, float], sites: pd.DataFrame) -> dict[str, float]:
    signs = signs_of(sites)
    missing = [name for name, size in sizes.items() if size and name not in signs]
    if missing:
        warnings.warn(
            f"{len(missing)} criteria have no weight, their layer is missing: {', '.join(missing)}",
            GeoclusterWarning,
            stacklevel=3,
        )
    total = sum(size for name, size in sizes.items() if name in signs)
    if not total:
        raise SettingsError(
            "study.toml", "[siting.criterion_weights] no criterion with a weight has a value"
        )
    return {name: signs[name] * size / total for name, size in sizes.items() if name in signs}


def _of_those(given: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, Any] | None:
    return {name: value for name, value in given.items() if name in weights} or None


def _named(preferences: Any) -> Preferences:
    return dict(preferences) if isinstance(preferences, Mapping) else list(preferences)


def _known_preferences(given: Any, weights: Mapping[str, float]) -> Preferences | None:
    """The preferences, without the groups and criteria that have no value here."""
    from geocluster.siting.criteria import criterion_groups

    if not given:
        return None
    known = {*weights, *criterion_groups(list(weights))}
    if isinstance(given, Mapping):
        return {name: pair for name, pair in given.items() if name in known} or None
    return [name for name in given if name in known] or None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return list(value) if isinstance(value, tuple | list) else value
