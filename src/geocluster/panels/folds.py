"""The folds beside the map, and the order in which they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.panels.burden import cost_panels
from geocluster.panels.candidates import candidates_panel
from geocluster.panels.narratives import narratives_panels
from geocluster.panels.several import several_panels
from geocluster.panels.siting import burden_panel, criteria_panel, rules_panel
from geocluster.panels.stability import stability_panels
from geocluster.panels.words import figure, limit_in_words, people_above_in_words, table_of
from geocluster.tables import POLLUTANTS, pollutants_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geocluster.maps.panels import Panel
    from geocluster.results import Results
    from geocluster.study import Study

SECONDS_A_YEAR = 365.25 * 86_400
# Of Table 1: where each of its regions lies.
OUTLINE = "outline_wkt"


def panels(study: Study, results: Results) -> list[Panel]:
    """Every fold of the page after the first, in the order in which a planner asks."""
    return [
        exposure_panel(results),
        unanswered_panel(results),
        inventory_panel(study.sources),
        *breathed_panels(study.sources, results.contributions),
        *factors_panels(study),
        *table1_panels(study),
        candidates_panel(results),
        *narratives_panels(results),
        *several_panels(results),
        burden_panel(results),
        *cost_panels(results),
        criteria_panel(results),
        *stability_panels(results),
        rules_panel(results),
    ]


def exposure_panel(results: Results) -> Panel:
    """Who lives above which limit; what the weather cannot answer is listed as such."""
    from geocluster.maps.panels import Panel

    rows = answered(results.summary)
    table = table_of(
        {
            "limit": [limit_in_words(row) for row in rows.to_dict("records")],
            "people above": [people_above_in_words(row) for row in rows.to_dict("records")],
            "people-weighted mean [µg/m³]": rows["people_weighted_mean_ug_m3"].map(figure),
            "highest [µg/m³]": rows["maximum_ug_m3"].map(figure),
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
    table = table_of(
        {
            "limit": [limit_in_words(row) for row in rest.to_dict("records")],
            "why not": [_unanswered(row) for row in rest.to_dict("records")],
        }
    )
    text = f"{len(rest)} limits are not answered; nothing is said about who is above them."
    return Panel("What cannot be answered", text, table)


def _unanswered(row: Mapping[Any, Any]) -> str:
    """Why a limit is not answered, its pollutant and statistic as a reader sees them."""
    from geocluster.maps.text import pollutant_label, statistic_label

    why = str(row["why_not"])
    if not why.startswith("needs "):
        return why.replace(f"{row['pollutant']} is", f"{pollutant_label(row['pollutant'])} is", 1)
    held = why.removesuffix(" only").partition(" holds ")[2].split(", ")
    return (
        f"needs: {statistic_label(row['statistic'])}; "
        f"calculated: {', '.join(statistic_label(one) for one in held)}"
    )


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
    table = table_of({"site": [name for name, _ in groups], **columns})
    text = [
        "Reported figures where there are any; else activity times a factor. The range in "
        "brackets is from low to high. Origins: reported, allocated, factor, assumed."
    ]
    return Panel("What the sources emit", text, table)


def breathed_panels(sources: gpd.GeoDataFrame, shares: pd.DataFrame | None) -> list[Panel]:
    """The three sites that people breathe most of, by pollutant; or why that is not known."""
    from geocluster.maps.panels import Panel
    from geocluster.steps.breathed import SHARE

    if shares is None:
        return []
    title, told = "Which sources people breathe", shares.attrs
    if told["why_not"]:
        return [Panel(title, told["why_not"])]
    names = _names_of(sources)
    rows = []
    for column in (str(name) for name in shares if str(name).startswith(SHARE)):
        pollutant = column.removeprefix(SHARE)
        emission = sources[f"emission_{pollutant}_g_s"].fillna(0.0)
        emitted = emission.groupby(names).sum() / emission.sum()
        most = shares[column].groupby(names).sum().sort_values(ascending=False, kind="stable")
        for name in most[most > 0].head(3).index:
            label = POLLUTANTS.get(pollutant, pollutant)
            rows.append((label, name, figure(100 * most[name]), figure(100 * emitted[name])))
    heads = ("pollutant", "site", "share of what people breathe [%]", "share of the emission [%]")
    text = [
        "The three sites that people breathe most of, by pollutant: their shares of the mean "
        "concentration that all sources of this map add, weighted by people.",
        f"Seen at the {told['homes']} homes with most people: {told['people_share']:.0%} of the "
        "region's people.",
    ]
    return [Panel(title, text, table_of(dict(zip(heads, zip(*rows, strict=True), strict=True))))]


def _names_of(sources: gpd.GeoDataFrame) -> pd.Series:
    """What each source is called: its name, else its id, else its row."""
    import pandas as pd

    names = pd.Series([f"{row}" for row in sources.index], index=sources.index)
    for column in ("source_id", "name"):
        if column in sources:
            given = sources[column].astype("string").fillna("").str.strip()
            names = names.where(given == "", given)
    return names


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
        table = table_of(
            {
                "for": rows.iloc[:, 0],
                "pollutant": [POLLUTANTS.get(name, name) for name in rows["pollutant"]],
                "low": rows["low"].map(figure),
                "central": rows["central"].map(figure),
                "high": rows["high"].map(figure),
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
        table_of(
            {
                "pollutant": [POLLUTANTS.get(r["pollutant"], r["pollutant"]) for r in rows],
                "Table 1 [kt/yr]": [figure(r["table1_kt_yr"]) for r in rows],
                "modelled [kt/yr]": [
                    f"{figure(r['modelled_kt_yr'])} ({figure(r['low_kt_yr'])} to "
                    f"{figure(r['high_kt_yr'])})"
                    for r in rows
                ],
                "not located, not modelled [kt/yr]": [
                    figure(r["not_located_kt_yr"]) if r["not_located_kt_yr"] > 0 else "none"
                    for r in rows
                ],
            }
        ),
    )
    return [here, all_regions, *_on_the_map(study, chart_table, list(labels.values()))]


def _on_the_map(study: Study, figures: pd.DataFrame, columns: list[str]) -> list[Panel]:
    """Table 1 by region as maps, where the table brings outlines."""
    from geocluster.maps.area_map import AreaMap
    from geocluster.maps.panels import Panel

    assert study.table1 is not None
    if OUTLINE not in study.table1 or study.table1[OUTLINE].isna().all():
        return []
    table = figures.assign(**{OUTLINE: study.table1[OUTLINE]})
    text = "The darker, the more, against the largest figure of each map; ranks in brackets."
    drawing = AreaMap(table, "region", columns, OUTLINE, study.region.name)
    return [Panel("Table 1 on the map", text, chart=drawing)]


def _emission_in_words(rows: pd.DataFrame, pollutant: str) -> str:
    to_t = SECONDS_A_YEAR / 1e6
    central = rows[f"emission_{pollutant}_g_s"].sum() * to_t
    low_name, high_name = (f"{case}_emission_{pollutant}_g_s" for case in ("low", "high"))
    if low_name not in rows or high_name not in rows or central == 0:
        return figure(central)
    low, high = rows[low_name].sum() * to_t, rows[high_name].sum() * to_t
    return f"{figure(central)} ({figure(low)} to {figure(high)})"
