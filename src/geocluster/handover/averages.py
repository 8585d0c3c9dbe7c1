"""Averaging times and ranks: what the study's statistics and its limits ask of AERMOD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geocluster.errors import StatisticError
from geocluster.handover.runstream import card
from geocluster.plume.statistics import rank_of, read_statistic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOURS_A_YEAR, DAYS_A_YEAR = 8760, 365
HIGHEST_RANK = 999
SPECIAL = ("SO2", "NO2", "PM25")  # H1H turns off their design values, which follow US rules


@dataclass(frozen=True)
class Averages:
    """Of one pollutant.

    Attributes
    ----------
    ranks : dict
        Averaging time [h] to ranks from the highest, and what each of them answers.
    unanswered : tuple of str
        Limits whose statistic neither AERMOD nor geocluster gives.
    """

    ranks: Mapping[int, Mapping[int, tuple[str, ...]]]
    unanswered: tuple[str, ...] = ()

    @property
    def times(self) -> list[str]:
        """As CO AVERTIME wants them."""
        return [*(str(hours) for hours in sorted(self.ranks)), "PERIOD"]


def averages_of(names: Sequence[str], limits: Mapping[str, str]) -> Averages:
    """The averaging times and ranks that statistics and limits call for.

    Parameters
    ----------
    names : sequence of str
        Statistics of the study.
    limits : mapping of str
        Limit's id to its statistic.

    Examples
    --------
    >>> found = averages_of(["mean"], {"eu_1h": "p99.97_1h", "who_24h": "p99_24h", "x": "max_8h"})
    >>> found.times, found.ranks[1], found.unanswered
    (['1', '24', 'PERIOD'], {1: ('highest',), 4: ('eu_1h',)}, ('x',))
    """
    ranks: dict[int, dict[int, list[str]]] = {}
    unanswered = []
    for label, name in [*((name, name) for name in names), *limits.items()]:
        try:
            statistic = read_statistic(name)
        except StatisticError:
            unanswered.append(label)
            continue
        if statistic.kind == "mean":
            continue
        own = ranks.setdefault(statistic.period_h, {1: ["highest"]})
        number = HOURS_A_YEAR if statistic.period_h == 1 else DAYS_A_YEAR
        rank = 1
        if statistic.kind == "percentile":
            rank = rank_of(statistic.value, number)
        elif statistic.kind == "highest":
            rank = int(statistic.value)
        if rank > HIGHEST_RANK:
            unanswered.append(label)
        elif label not in own.setdefault(rank, []) and not label.startswith("max_"):
            own[rank].append(label)
    frozen = {
        hours: {rank: tuple(own[rank]) for rank in sorted(own)}
        for hours, own in sorted(ranks.items())
    }
    return Averages(frozen, tuple(unanswered))


def pollutant_fields(pollutant: str) -> list[str]:
    """What follows CO POLLUTID.

    Examples
    --------
    >>> pollutant_fields("so2"), pollutant_fields("nox")
    (['SO2', 'H1H'], ['NOX'])
    """
    name = pollutant.upper()[:8]
    return [name, "H1H"] if name in SPECIAL else [name]


def output_lines(pollutant: str, averages: Averages, groups: Sequence[str]) -> list[str]:
    """The OU pathway: tables, and a file a time, rank and group.

    Groups beside ALL get the mean and the highest value; ALL every rank.
    """
    lines = [card("OU", "RECTABLE", hours, *ranks) for hours, ranks in averages.ranks.items()]
    lines += [card("OU", "MAXTABLE", "ALLAVE", 50)] if averages.ranks else []
    for group in ("ALL", *groups):
        name = f"{pollutant}_period_{group.lower()}.plt"
        lines.append(card("OU", "PLOTFILE", "PERIOD", group, name))
        for hours, ranks in averages.ranks.items():
            for rank in ranks if group == "ALL" else (1,):
                name = f"{pollutant}_{hours}h_{rank}_{group.lower()}.plt"
                lines.append(card("OU", "PLOTFILE", hours, group, rank, name))
    return [*lines, card("OU", "SUMMFILE", f"{pollutant}_summary.txt")]
