"""The folds on what land costs the people: how much there is, and the first sites run forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geocluster.panels.words import figure, table_of
from geocluster.tables import POLLUTANTS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from geocluster.maps.panels import Panel
    from geocluster.results import Results

MARKED, HARMED = 3, 10
TIMES = (1.25, 1.5, 2.0, 3.0, 5.0)
WHY = {
    "terrain": "the ground: a forward run knows hills, the burden is over flat ground",
    "deposition": "deposition: what settles on the way is not breathed, the burden leaves it out",
}


def cost_panels(results: Results) -> list[Panel]:
    """How much land there is below a burden, and how the first sites compare when run forward."""
    return [*supply_panels(results), *finalists_panels(results), *harm_panels(results)]


def supply_panels(results: Results) -> list[Panel]:
    """Suitable land against burden, as a curve and at some multiples of the best."""
    from geocluster.maps.lines import LineChart
    from geocluster.maps.panels import Panel
    from geocluster.siting.criteria import BURDEN

    supply = results.supply
    if supply is None or supply.empty:
        return []
    best = supply[BURDEN].iloc[0] / supply["times_the_best"].iloc[0]
    last = supply.iloc[-1]
    if not best > 0:
        alone = (
            f"Of {figure(last['hectares'])} ha of suitable land some reaches nobody; the worst "
            f"costs the people {figure(last[BURDEN])} persons × µg/m³ for each gram a second. "
            "All steps are in supply.csv."
        )
        return [Panel("How much land there is below a burden", alone)]
    rows = [supply[supply[BURDEN] <= times * best] for times in TIMES]
    table = table_of(
        {
            "burden up to": [f"{times:g} times the least" for times in TIMES],
            "persons × µg/m³ per g/s": [figure(times * best) for times in TIMES],
            "suitable land [ha]": [figure(r["hectares"].max() if len(r) else 0) for r in rows],
            "of all suitable land": [
                f"{r['share_of_land'].max() if len(r) else 0:.0%}" for r in rows
            ],
        }
    )
    sites = results.sites.sort_values("rank", kind="stable").head(MARKED)
    marks = [
        (float(row[BURDEN]), str(row["site_id"]))
        for row in sites.to_dict("records")
        if row.get(BURDEN) == row.get(BURDEN) and row.get(BURDEN) is not None
    ]
    chart = LineChart(
        supply,
        BURDEN,
        "hectares",
        "burden [persons × µg/m³ per g/s]",
        "suitable land [ha]",
        marks,
    )
    text = [
        f"Of {figure(last['hectares'])} ha of suitable land the best costs the people "
        f"{figure(best)} persons × µg/m³ for each gram a second, the worst "
        f"{figure(last[BURDEN])} ({figure(last['times_the_best'])} times as much). The curve tells "
        "how much land there is below a burden; the marks are the first sites. All steps are in "
        "supply.csv.",
    ]
    return [Panel("How much land there is below a burden", text, table, chart)]


def finalists_panels(results: Results) -> list[Panel]:
    """The first sites run forward with all options, beside their burden."""
    from geocluster.maps.panels import Panel
    from geocluster.siting.criteria import BURDEN
    from geocluster.siting.finalists import FORWARD, REASON

    sites = results.sites
    if FORWARD not in sites or not sites[FORWARD].notna().any():
        return []
    rows = sites[sites[FORWARD].notna()].sort_values("rank", kind="stable")
    table = table_of(
        {
            "site": rows["site_id"],
            "burden [persons × µg/m³ per g/s]": rows[BURDEN].map(figure),
            "run forward": rows[FORWARD].map(figure),
            "difference": [
                f"{value:+.1f}%".replace("-", "−") for value in rows["forward_difference_percent"]
            ],
        }
    )
    text = [
        "The park was placed at a point in each of the first sites and run hour by hour to where "
        "people live, with the terrain and all options of this study. The burden is over flat "
        "ground and the mean of the whole site.",
        *[_why(row) for row in rows.to_dict("records") if row[REASON]],
    ]
    return [Panel("The first sites, run forward", text, table)]


def harm_panels(results: Results) -> list[Panel]:
    """What the park would do to people at the first sites, where the study says how to weigh it."""
    from geocluster.maps.panels import Panel
    from geocluster.siting.criteria import BURDEN

    harm = results.harm
    if harm is None or BURDEN not in results.sites:
        return []
    unit, told = harm.attrs["units"], harm.attrs
    rows = results.sites.sort_values("rank", kind="stable").head(HARMED)
    columns = {"site": rows["site_id"], unit: (rows[BURDEN] * told["per_burden"]).map(figure)}
    if "per_burden_low" in told and "per_burden_high" in told:
        columns["low"] = (rows[BURDEN] * told["per_burden_low"]).map(figure)
        columns["high"] = (rows[BURDEN] * told["per_burden_high"]).map(figure)
    weighed, missing = (_named(told[key]) for key in ("weighed", "not_weighed"))
    text = [
        f"What the park would emit ({weighed}), times the burden of the site, times what a "
        "person is harmed by it: a linear estimate for the small concentrations that one park "
        "adds. It rests on the figures of [park.harm] and [park.emissions].",
        *([f"Not in it, because [park.harm] has no figure for them: {missing}."] * bool(missing)),
    ]
    return [Panel(f"What the park would do to people: {unit}", text, table_of(columns))]


def _named(pollutants: str) -> str:
    """Pollutants as a reader knows them."""
    return ", ".join(POLLUTANTS.get(name, name) for name in pollutants.split(", "))


def _why(row: Mapping[Hashable, Any]) -> str:
    reason = str(row["forward_reason"])
    return (
        f"{row['site_id']} differs by {row['forward_difference_percent']:+.0f}%, mostly by "
        f"{WHY.get(reason, reason)}."
    )
