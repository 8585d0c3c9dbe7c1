"""The folds beside the map: exposure, inventory, criteria and rules, as text and tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geocluster.tables import POLLUTANTS, pollutants_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import geopandas as gpd
    import pandas as pd

    from geocluster.maps.panels import Panel
    from geocluster.results import Results
    from geocluster.study import Study

SECONDS_A_YEAR = 365.25 * 86_400


def panels(study: Study, results: Results) -> list[Panel]:
    """Every fold of the page after the first, in the order in which a planner asks."""
    return [
        exposure_panel(results),
        unanswered_panel(results),
        inventory_panel(study.sources),
        *factors_panels(study),
        *table1_panels(study),
        burden_panel(results),
        criteria_panel(results),
        rules_panel(results),
    ]


def exposure_panel(results: Results) -> Panel:
    """Who lives above which limit; what the weather cannot answer is listed as such."""
    from geocluster.maps.panels import Panel

    rows = answered(results.summary)
    table = _table(
        {
            "limit": [limit_in_words(row) for row in rows.to_dict("records")],
            "people above": [people_above_in_words(row) for row in rows.to_dict("records")],
            "people-weighted mean [µg/m³]": rows["people_weighted_mean_ug_m3"].map(_figure),
            "highest [µg/m³]": rows["maximum_ug_m3"].map(_figure),
            "grade": rows["grade"],
        }
    )
    text = [
        "Added by the sources of this map alone: traffic, heating, dust and what comes from "
        "elsewhere are not in it. People above are a range from low to high emissions; NO₂ is "
        "taken as 0.9 of NOₓ, from 0.5 (low) to all of it (high)."
    ]
    return Panel("Who is exposed to what", text, table, opened=True)


def answered(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of a summary that hold a limit and its answer."""
    return summary[summary["answerable"] & (summary["limit_id"] != "")]


def unanswered_panel(results: Results) -> Panel:
    """The limits that this weather or these sources cannot answer, and why."""
    from geocluster.maps.panels import Panel

    rest = results.summary[~results.summary["answerable"]]
    table = _table(
        {
            "limit": [limit_in_words(row) for row in rest.to_dict("records")],
            "why not": rest["why_not"],
        }
    )
    text = f"{len(rest)} limits are not answered; nothing is said about who is above them."
    return Panel("What cannot be answered", text, table)


def inventory_panel(sources: gpd.GeoDataFrame) -> Panel:
    """What each site emits in a year, its range, and where the figures come from."""
    import pandas as pd

    from geocluster.maps.panels import Panel

    names = sources["name"] if "name" in sources else pd.Series("", index=sources.index)
    columns: dict[str, list[str]] = {}
    groups = sources.groupby(names, sort=False)
    for pollutant in sorted(pollutants_of(sources), key=list(POLLUTANTS).index):
        label = f"{POLLUTANTS.get(pollutant, pollutant)} [t/yr]"
        columns[label] = [_emission_in_words(rows, pollutant) for _, rows in groups]
    for column in ("emission_origin", "stack_origin"):
        if column in sources:
            label = column.replace("_origin", " figures")
            columns[label] = [
                ", ".join(sorted(set(rows[column].dropna()))) or "reported" for _, rows in groups
            ]
    table = _table({"site": [name for name, _ in groups], **columns})
    text = [
        "Reported figures where there are any; else activity times a factor. The range in "
        "brackets is from low to high. Origins: reported, allocated, factor, assumed."
    ]
    return Panel("What the sources emit", text, table)


def factors_panels(study: Study) -> list[Panel]:
    """The emission factors that this study's figures rest on, with range, grade and source."""
    from geocluster.industry.factors import read_area_factors, read_factors
    from geocluster.maps.panels import Panel

    given = study.settings.inputs.factors
    path = None if given is None else study.settings.path(given)
    tables = [
        ("process", read_factors(path) if "process" in study.sources else None),
        ("area_factor", read_area_factors(path) if "area_factor" in study.sources else None),
    ]
    panels = []
    for column, factors in tables:
        if factors is None:
            continue
        used = set(study.sources[column].dropna())
        rows = factors[factors.index.get_level_values(0).isin(used)].reset_index()
        table = _table(
            {
                "for": rows.iloc[:, 0],
                "pollutant": [POLLUTANTS.get(name, name) for name in rows["pollutant"]],
                "low": rows["low"].map(_figure),
                "central": rows["central"].map(_figure),
                "high": rows["high"].map(_figure),
                "unit": rows["unit"],
                "grade": rows["grade"],
                "source": rows["source"],
            }
        )
        text = (
            "Where a plant reports nothing, its activity is multiplied by these. Grades: read in a "
            "source, derived from one, known but not confirmed, assumed."
        )
        panels.append(Panel("Emission factors used", text, table))
    return panels


def table1_panels(study: Study) -> list[Panel]:
    """The inventory of another source beside the modelled one; none where the study has none."""
    if study.table1 is None:
        return []
    from geocluster.industry.reconciliation import reconcile_inventory
    from geocluster.maps.panels import BarChart, Panel

    shown = study.table1
    labels = {
        f"{p}_kt_yr": f"{POLLUTANTS.get(p, p)} [kt/yr]" for p in POLLUTANTS if f"{p}_kt_yr" in shown
    }
    chart_table = shown[["region", *labels]].rename(columns=labels)
    chart = BarChart(chart_table, "region", list(labels.values()), unit="kt/yr", own_scale=True)
    all_regions = Panel(
        "Table 1: emissions of four regions, as its source gives them",
        "It is shown beside the results with its ranks and drives no plume: its figures cannot be "
        "placed on plants that exist, and contradict official totals.",
        chart_table,
        chart,
    )
    reconciled = reconcile_inventory(study.sources, shown, study.region.name)
    rows = reconciled.to_dict("records")
    here = Panel(
        "Table 1 and what is modelled here",
        [f"{POLLUTANTS.get(r['pollutant'], r['pollutant'])}: {r['reading']}" for r in rows],
        _table(
            {
                "pollutant": [POLLUTANTS.get(r["pollutant"], r["pollutant"]) for r in rows],
                "Table 1 [kt/yr]": [_figure(r["table1_kt_yr"]) for r in rows],
                "modelled [kt/yr]": [
                    f"{_figure(r['modelled_kt_yr'])} ({_figure(r['low_kt_yr'])} to "
                    f"{_figure(r['high_kt_yr'])})"
                    for r in rows
                ],
                "not located, not modelled [kt/yr]": [
                    _figure(r["not_located_kt_yr"]) if r["not_located_kt_yr"] > 0 else "none"
                    for r in rows
                ],
            }
        ),
    )
    return [here, all_regions]


def burden_panel(results: Results) -> Panel:
    """What the burden means, by release, and whether the order of places depends on height."""
    from geocluster.exposure.burden import intake_fraction
    from geocluster.maps.panels import Panel

    burdens = results.burdens
    inside = results.suitable["suitable"].values
    rows: dict[str, Iterable[object]] = {
        "release": [str(name) for name in burdens["release"].values],
        "height [m]": [_figure(h) for h in burdens["height_m"].values],
        "share of the park": [f"{share:.0%}" for share in burdens["share"].values],
        "intake fraction on suitable land [ppm]": [
            _span(intake_fraction(field.values[inside])) for field in burdens
        ],
    }
    correlation = burdens.attrs.get("rank_correlation", math.nan)
    note = burdens.attrs.get(
        "note",
        f"The order of places hardly depends on the height of release (rank correlation "
        f"{correlation:.2f} between the lowest and the highest).",
    )
    text = [
        "The burden of a place is the sum over all people of the concentration that one gram a "
        "second emitted there would add where they live: persons × µg/m³ per g/s. The intake "
        "fraction is the part of it that is breathed in: 1 ppm is a gram inhaled a tonne emitted.",
        note[0].upper() + note[1:],
    ]
    return Panel("What one more tonne would cost, place by place", text, _table(rows))


def criteria_panel(results: Results) -> Panel:
    """What sites are judged by, with weights, and which criteria measure the same thing."""
    from geocluster.maps.panels import Panel
    from geocluster.siting.criteria import criteria_table

    criteria = criteria_table(results.sites)
    weights = results.weights
    table = _table(
        {
            "criterion": criteria["label"],
            "group": criteria["group"],
            "better": criteria["direction"],
            "weight": [f"{abs(weights.get(c, 0)):.0%}" for c in criteria["column"]],
            "sites with a value": criteria["completeness"].map("{:.0%}".format),
            "source": criteria["source"],
        }
    )
    pairs = correlated_pairs(results)
    text = [
        "Criteria that measure the same thing share the weight of their group. A criterion without "
        "data has no weight; it is never taken as neutral.",
        f"Strongly correlated here (rank correlation): {'; '.join(pairs)}."
        if pairs
        else "No two criteria are strongly correlated here.",
    ]
    return Panel("How sites are judged", text, table)


def correlated_pairs(results: Results) -> list[str]:
    """The pairs of criteria that measure nearly the same thing here, with their correlation."""
    from geocluster.siting.criteria import criteria_table

    criteria = criteria_table(results.sites)
    labels = dict(zip(criteria["column"], criteria["label"], strict=True))
    high = results.correlations.attrs.get("high", [])
    return [f"{labels.get(a, a)} and {labels.get(b, b)} ({value:+.2f})" for a, b, value in high]


def rules_panel(results: Results) -> Panel:
    """Which rules exclude land, and which could not be checked for want of data."""
    from geocluster.maps.panels import Panel

    rules = results.suitable.attrs["rules"]
    checked = [rule for rule in rules if rule.get("checked")]
    missing = [str(rule["reason"]) for rule in rules if not rule.get("checked")]
    excluded = results.suitable["reasons"].values
    table = _table(
        {
            "rule": [rule["reason"] for rule in checked],
            "keep away [m]": [_figure(rule.get("keep_away_m", math.nan)) for rule in checked],
            "cells excluded": [f"{((excluded >> rule['bit']) & 1).mean():.0%}" for rule in checked],
            "source": [rule.get("source", "") for rule in checked],
            "grade": [rule.get("grade", "") for rule in checked],
        }
    )
    text = [f"Not checked, no data: {'; '.join(missing)}."] if missing else []
    return Panel("What excludes land", text, table)


def _table(columns: Mapping[str, Iterable[object]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def limit_in_words(row: Mapping[Hashable, Any]) -> str:
    """A limit with its value, as a reader wants it."""
    from geocluster.maps.text import limit_in_words as name_of_limit

    return f"{name_of_limit(str(row['limit_id']))}: {_figure(row['value_ug_m3'])} µg/m³"


def people_above_in_words(row: Mapping[Hashable, Any]) -> str:
    """People above a limit, with the range from low to high emissions where there is one."""
    low, central, high = (count_in_words(row[key]) for key in ("low", "people_above", "high"))
    ranged = math.isfinite(row["low"]) and not low == central == high
    return f"{central} ({low} to {high})" if ranged else central


def _emission_in_words(rows: pd.DataFrame, pollutant: str) -> str:
    to_t = SECONDS_A_YEAR / 1e6
    central = rows[f"emission_{pollutant}_g_s"].sum() * to_t
    low_name, high_name = (f"{case}_emission_{pollutant}_g_s" for case in ("low", "high"))
    if low_name not in rows or high_name not in rows or central == 0:
        return _figure(central)
    low, high = rows[low_name].sum() * to_t, rows[high_name].sum() * to_t
    return f"{_figure(central)} ({_figure(low)} to {_figure(high)})"


def _span(values: object) -> str:
    import numpy as np

    finite = np.asarray(values)[np.isfinite(np.asarray(values))]
    if not finite.size:
        return "none"
    low, middle, high = np.percentile(finite, [5, 50, 95])
    return f"{_figure(middle)} ({_figure(low)} to {_figure(high)})"


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


def _figure(value: object) -> str:
    """A figure to three digits, without an exponent.

    Examples
    --------
    >>> _figure(1234.5), _figure(0.01234), _figure(float("nan"))
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
    return text.rstrip("0").rstrip(".") if "." in text else text
