"""What a site is judged by: each criterion with its unit, direction, group and source.

Criteria that measure the same thing stand in one group and share one weight. A criterion whose
layer is missing is missing (NaN) for every site: it gets no weight, and never a neutral value.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from geocluster.errors import GeoclusterWarning, SettingsError

if TYPE_CHECKING:
    import pandas as pd

BURDEN = "burden_persons_ug_m3_per_g_s"


@dataclass(frozen=True)
class Criterion:
    """One criterion.

    `share` is its part of its group's weight (assumed, and open to change); `needs` are the kinds
    of land of which one must be known for it to have a value, some as kind:class; `argument` is
    what of `describe_sites` must be given besides its tables, and `input` what fills it in a study.
    One that `stands_in_for` another counts only where no site has a value of that. The direction
    "shown" means that it is told, and has no weight.
    """

    column: str
    group: str
    direction: str
    unit: str
    share: float
    label: str
    source: str
    needs: str = ""
    argument: str = ""
    input: str = ""
    stands_in_for: str = ""

    @property
    def sign(self) -> float:
        """-1 where less is better, +1 where more is, 0 where it has no weight."""
        return {"less": -1.0, "more": 1.0}.get(self.direction, 0.0)

    def from_tables(self, land: pd.DataFrame) -> bool:
        """Whether the tables alone, with this land, give it a value."""
        if self.argument or not self.sign:
            return False
        kinds = set(land["kind"])
        if "class" in land:
            kinds |= {f"{kind}:{name}" for kind, name in zip(land["kind"], land["class"])}  # noqa: B905
        return not self.needs or bool(kinds & set(self.needs.split()))


def _read_criteria() -> tuple[Criterion, ...]:
    text = files("geocluster.siting").joinpath("criteria.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Criterion(share=float(row.pop("share")), **row) for row in rows)


CRITERIA = _read_criteria()
GROUPS = tuple(dict.fromkeys(criterion.group for criterion in CRITERIA if criterion.sign))


def criteria_table(sites: pd.DataFrame | None = None) -> pd.DataFrame:
    """The criteria, with how many of the sites have a value.

    Parameters
    ----------
    sites : DataFrame, optional
        From `describe_sites`.

    Returns
    -------
    DataFrame
        column, group, direction ("less" or "more" is better; "shown" has no weight), unit, share
        (of its group's weight), label, source, needs, argument, input (what fills it in a study),
        stands_in_for, and with sites ``completeness`` [0 to 1].

    Examples
    --------
    >>> criteria_table()["group"].unique().tolist()
    ['exposure', 'access', 'land', 'partners', 'neighbours']
    """
    table = _every_criterion().copy()
    if sites is not None:
        table["completeness"] = [
            float(sites[name].notna().mean()) if name in sites and len(sites) else 0.0
            for name in table["column"]
        ]
    return table


@cache
def _every_criterion() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([asdict(criterion) for criterion in CRITERIA])


def grouped_weights(group_weights: Mapping[str, float], sites: pd.DataFrame) -> dict[str, float]:
    """Weights of the criteria from weights of their groups.

    A group's weight is shared over those of its criteria that have a value at some site, by the
    shares of `criteria_table`; a group without any is left out, and the rest scaled to sum to 1.

    Parameters
    ----------
    group_weights : mapping
        Group ("exposure", "access", "land", "partners") to weight, 0 or more.
    sites : DataFrame
        From `describe_sites`.

    Returns
    -------
    dict
        Column to weight, negative where less is better; sizes sum to 1.

    Warns
    -----
    GeoclusterWarning
        Names the criteria that no site has a value for.

    Raises
    ------
    SettingsError
        Where a group has no such name, a weight is below 0, or none is left.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"people_in_protection_zone": [5], "distance_rail_m": [900.0]})
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     grouped_weights({"exposure": 3, "access": 1}, sites)
    {'people_in_protection_zone': -0.75, 'distance_rail_m': -0.25}
    """
    faults = [
        f"no such group {name!r}: allowed are {', '.join(GROUPS)}"
        for name in group_weights
        if name not in GROUPS
    ]
    faults += [
        f"weight of {name!r} is {weight}: give 0 or more"
        for name, weight in group_weights.items()
        if not 0 <= weight < float("inf")
    ]
    if faults:
        raise SettingsError("siting.weights", faults)
    weights: dict[str, float] = {}
    missing = []
    for group, weight in group_weights.items():
        members = [criterion for criterion in CRITERIA if criterion.group == group]
        known = [item for item in members if _counts(item, sites)]
        lacking = [item for item in members if item not in known and not _stands_aside(item, sites)]
        missing += [item.column for item in lacking if weight > 0]
        whole = math.fsum(item.share for item in known)
        for item in known if weight > 0 else []:
            weights[item.column] = item.sign * weight * (item.share / whole)
    if missing:
        warnings.warn(
            f"{len(missing)} criteria have no weight, their layer is missing: {', '.join(missing)}",
            GeoclusterWarning,
            stacklevel=2,
        )
    total = math.fsum(abs(weight) for weight in weights.values())
    if not total:
        raise SettingsError("siting.weights", "no criterion with a weight has a value at any site")
    return {column: weight / total for column, weight in weights.items()}


def signs_of(sites: pd.DataFrame) -> dict[str, float]:
    """+1 or -1 for each of the project's criteria that the sites have a value for.

    A criterion that stands in for another is left out where that has a value.
    """
    return {item.column: item.sign for item in CRITERIA if _counts(item, sites)}


def criterion_groups(columns: Sequence[str]) -> list[str]:
    """The group of each column; one that is no criterion of the project is its own group.

    Examples
    --------
    >>> criterion_groups(["distance_rail_m", "distance_road_m", "cost"])
    ['access', 'access', 'cost']
    """
    groups = {criterion.column: criterion.group for criterion in CRITERIA}
    return [groups.get(column, column) for column in columns]


def _has_value(sites: pd.DataFrame, column: str) -> bool:
    return column in sites and bool(sites[column].notna().any())


def _counts(item: Criterion, sites: pd.DataFrame) -> bool:
    """Whether a criterion can have a weight: it has a value, and does not stand in for another."""
    counts = bool(item.sign) and _has_value(sites, item.column)
    return counts and not _stands_aside(item, sites)


def _stands_aside(item: Criterion, sites: pd.DataFrame) -> bool:
    """Whether a criterion stands in for another that has a value."""
    return bool(item.stands_in_for) and _has_value(sites, item.stands_in_for)
