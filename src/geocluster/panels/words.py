"""Figures and limits as a reader wants them."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import pandas as pd


def table_of(columns: Mapping[str, Iterable[object]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def limit_in_words(row: Mapping[Hashable, Any]) -> str:
    """A limit with its value, as a reader wants it."""
    from geocluster.maps.text import limit_in_words as name_of_limit

    return f"{name_of_limit(str(row['limit_id']))}: {figure(row['value_ug_m3'])} µg/m³"


def people_above_in_words(row: Mapping[Hashable, Any]) -> str:
    """People above a limit, with the range from low to high emissions where there is one."""
    low, central, high = (count_in_words(row[key]) for key in ("low", "people_above", "high"))
    ranged = math.isfinite(row["low"]) and not low == central == high
    return f"{central} ({low} to {high})" if ranged else central


def rules_in_words(rule_ids: object) -> str:
    """Rules that a site breaks, by what they say; a rule of the study's own by its id.

    Examples
    --------
    >>> rules_in_words("outside_fringe; forest; our_rule")
    'Not on the urban fringe; Forest; our rule'
    """
    ids = rule_ids.split("; ") if isinstance(rule_ids, str) and rule_ids else []
    return "; ".join(_reasons().get(one, one.replace("_", " ")) for one in ids)


@cache
def _reasons() -> dict[str, str]:
    from geocluster.siting.suitability import read_rules

    rules = read_rules()
    return {
        **dict(zip(rules["rule_id"], rules["reason"], strict=True)),
        "outside_region": "Outside the region",
        "outside_fringe": "Not on the urban fringe",
    }


def span(values: object) -> str:
    import numpy as np

    finite = np.asarray(values)[np.isfinite(np.asarray(values))]
    if not finite.size:
        return "none"
    low, middle, high = np.percentile(finite, [5, 50, 95])
    return f"{figure(middle)} ({figure(low)} to {figure(high)})"


def count_in_words(value: object) -> str:
    """People to two or three figures: the method knows no more.

    Examples
    --------
    >>> count_in_words(1_234_567.0), count_in_words(0.2), count_in_words(87.0)
    ('1,230,000', '0', '90')
    """
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or number < 0.5:
        return "0"
    digits = 3 if number >= 1000 else 1
    step = 10 ** max(math.floor(math.log10(number)) - digits + 1, 0)
    return f"{round(number / step) * step:,.0f}"


def figure(value: object) -> str:
    """A figure to three digits, without an exponent.

    Examples
    --------
    >>> figure(1234.5), figure(0.01234), figure(float("nan"))
    ('1,230', '0.0123', '')
    """
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return ""
    if number == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(number)))
    rounded = round(number, digits)
    text = f"{rounded:,.{max(digits, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")
