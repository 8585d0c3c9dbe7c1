"""Names of pollutants as inventories write them, and ours: the rows of pollutant_names.csv."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from geocluster.errors import MendedWarning

NAMES = Path(__file__).parent / "pollutant_names.csv"


def pollutant_named(text: str) -> str | None:
    """Our name of a pollutant; None where it is not in the table.

    Small and capital letters are the same, and so are several blanks and one.

    Examples
    --------
    >>> pollutant_named("Nitrogen oxides (NOX)"), pollutant_named("71-43-2")
    ('nox', 'benzene')
    >>> pollutant_named("Zinc and compounds (as Zn)") is None
    True
    """
    return _names().get(_plain(text))


def unknown_pollutants(names: Iterable[str]) -> Counter[str]:
    """The names that are not in the table, and how many rows bear each."""
    return Counter(name for name in names if pollutant_named(name) is None)


def unknown_in_words(unknown: Counter[str]) -> str:
    """Names with the count of their rows, the most frequent first."""
    listed = [f"{name} ({count})" for name, count in unknown.most_common(10)]
    more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
    rows = sum(unknown.values())
    which = f"{len(unknown)} pollutants" if len(unknown) > 1 else "a pollutant"
    known = "that are not known" if len(unknown) > 1 else "that is not known"
    return f"{rows} {'row' if rows == 1 else 'rows'} of {which} {known}: {', '.join(listed)}{more}"


def tell_skipped(unknown: Counter[str], where: str) -> None:
    """Warn of rows left out because nobody knows their pollutant."""
    words = f"{where}: left out, as was asked for, {unknown_in_words(unknown)}"
    warnings.warn(words, MendedWarning, stacklevel=4)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


@cache
def _names() -> dict[str, str]:
    import csv

    with NAMES.open(encoding="utf-8") as stream:
        return {_plain(row["name"]): row["pollutant"] for row in csv.DictReader(stream)}
