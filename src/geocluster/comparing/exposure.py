"""People above limits and mean concentrations of two runs, and the range of what differs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geocluster.comparing.reading import Run

KEY = ["pollutant", "statistic", "limit_id"]


def exposure_changes(a: Run, b: Run, *, paired: bool) -> pd.DataFrame:
    """People above each limit that at least one of the runs answers.

    Parameters
    ----------
    a, b : Run
        The two runs.
    paired : bool
        Whether both rest on the same inputs, so that what is unknown about emissions is the same
        in both: the range is then that of low against low and high against high case; else low
        against high.

    Returns
    -------
    DataFrame
        pollutant, statistic, limit_id, value_ug_m3; people_above, low and high by run;
        difference, difference_low, difference_high (B minus A; NaN where one of the runs does not
        answer); certain (bool: the range leaves out 0).
    """
    table = _joined(a, b, ["people_above", "low", "high"])
    known = table[["people_above_a", "people_above_b"]].notna().any(axis=1)
    return _differences(table[known], ("people_above", "low", "high"), paired)


def mean_changes(a: Run, b: Run, *, paired: bool) -> pd.DataFrame:
    """Mean concentration where people live, by pollutant and statistic; columns as above."""
    names = ["people_weighted_mean_ug_m3", "mean_low_ug_m3", "mean_high_ug_m3"]
    table = _joined(a, b, names)
    known = table[[f"{names[0]}_a", f"{names[0]}_b"]].notna().any(axis=1)
    table = table[known].drop_duplicates(["pollutant", "statistic"])
    table = _differences(table, (names[0], names[1], names[2]), paired)
    return table.drop(columns=["limit_id", "value_ug_m3"])


def _joined(a: Run, b: Run, columns: list[str]) -> pd.DataFrame:
    wanted = [*KEY, "value_ug_m3", *columns]
    table = _answered(a)[wanted].merge(
        _answered(b)[wanted], on=KEY, how="outer", suffixes=("_a", "_b"), sort=False
    )
    table["value_ug_m3"] = table["value_ug_m3_a"].fillna(table["value_ug_m3_b"])
    return table.drop(columns=["value_ug_m3_a", "value_ug_m3_b"])


def _answered(run: Run) -> pd.DataFrame:
    """The table with no figure where the run could not answer."""
    table = run.exposure
    if "answerable" not in table:
        return table
    silent = ~table["answerable"].astype(str).isin(["True", "1", "1.0"])
    figures = table.select_dtypes("number").columns.drop("value_ug_m3")
    return table.assign(**{name: table[name].mask(silent) for name in figures})


def _differences(table: pd.DataFrame, names: tuple[str, str, str], paired: bool) -> pd.DataFrame:
    a, b = ({case: table[f"{case}_{run}"] for case in names} for run in ("a", "b"))
    main, low, high = names
    middle = b[main] - a[main]
    if paired:
        cases = [middle, b[low] - a[low], b[high] - a[high]]
    else:
        cases = [middle, b[low] - a[high], b[high] - a[low]]
    whole = pd.concat(cases, axis=1)
    known = whole.notna().all(axis=1)
    lowest, highest = whole.min(axis=1).where(known), whole.max(axis=1).where(known)
    return table.assign(
        difference=middle,
        difference_low=lowest,
        difference_high=highest,
        certain=(lowest > 0) | (highest < 0),
    ).reset_index(drop=True)


def weak_winds(a: Run, b: Run, pollutant: str) -> float:
    """By how much a mean may change by the treatment of weak winds alone; NaN where not told.

    Returns
    -------
    float
        The largest change that either run found, as a share of the mean. [0 to 1]
    """
    found = [np.nan]
    for run in (a, b):
        told = run.provenance.get("low_winds")
        changes = told.get(pollutant) if isinstance(told, dict) else None
        values = changes.values() if isinstance(changes, dict) else ()
        found += [abs(float(v)) for v in values if isinstance(v, int | float)]
    known = [value for value in found if np.isfinite(value)]
    return max(known) if known else float("nan")
