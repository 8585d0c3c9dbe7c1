"""What a park's emissions would do to people, in a unit of one's own: deaths a year, money a year.

A harm is a number for each person and ug/m3 of a pollutant through a year. It is given by the user,
in any one unit, or made of the people's own death rate and a published relative risk; nothing of
either has a default. Harm then is people times concentration, which is the burden, times what the
park emits, times that number: linear, as for the small concentrations that one park adds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError
from geocluster.exposure.assess import NO2_OF_NOX
from geocluster.tables import Column, column_faults

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

DEATHS = "deaths a year"
HARM_COLUMNS = (
    Column("pollutant", str, required=True, missing_allowed=False),
    Column("harm_per_person_ug_m3_year", lower=0, required=True, missing_allowed=False),
    Column("low", lower=0),
    Column("high", lower=0),
    Column("unit", str, required=True, missing_allowed=False),
    Column("source", str, required=True, missing_allowed=False),
    Column("grade", str, required=True, missing_allowed=False),
)
RESPONSE_COLUMNS = (
    Column("pollutant", str, required=True, missing_allowed=False),
    Column("relative_risk", lower=1, required=True, missing_allowed=False),
    Column("low", lower=0.5),
    Column("high", lower=1),
    Column("per_ug_m3", lower=0.001, required=True, missing_allowed=False),
    Column("source", str, required=True, missing_allowed=False),
    Column("grade", str, required=True, missing_allowed=False),
)


def read_responses(path: str | Path | None = None) -> pd.DataFrame:
    """Relative risks of long-term exposure: the package's, or those of a file of the same form.

    Parameters
    ----------
    path : str or Path, optional
        A CSV: pollutant, relative_risk (of so many ug/m3 more), low, high, per_ug_m3 [ug/m3],
        source, grade; optional outcome, ages.

    Returns
    -------
    DataFrame
        A row a pollutant.

    Raises
    ------
    InputError
        With every fault of the file.

    Examples
    --------
    >>> read_responses()[["pollutant", "relative_risk", "per_ug_m3", "grade"]].values.tolist()
    [['pm25', 1.08, 10, 'read'], ['no2', 1.02, 10, 'read']]
    """
    from importlib.resources import files

    import pandas as pd

    own = files("geocluster").joinpath("exposure", "responses.csv")
    text = own.read_text(encoding="utf-8") if path is None else Path(path).read_text("utf-8-sig")
    from io import StringIO

    table = pd.read_csv(StringIO(text))
    _check(table, RESPONSE_COLUMNS, "responses" if path is None else str(path))
    return table


def mortality_harm(
    deaths_per_1000: float,
    *,
    share_of_people: float,
    source: str,
    responses: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Deaths a year for each person and ug/m3: the people's own death rate times the risk.

    Of a baseline rate m a year, exposure to c ug/m3 is answerable for m (1 - exp(-b c)), with
    b = ln(relative risk) / per_ug_m3; for small c that is m b c.

    Parameters
    ----------
    deaths_per_1000 : float
        Deaths of natural causes a year for 1,000 people of the ages that the risks are of.
    share_of_people : float
        How many of all people are of those ages. [0 to 1]
    source : str
        Where these two are from.
    responses : DataFrame, optional
        As `read_responses` returns it.

    Returns
    -------
    DataFrame
        As `harm_of` takes it, with low and high.

    Raises
    ------
    InputError
        Where a figure is out of its range, or no source is named.

    Examples
    --------
    >>> table = mortality_harm(10.0, share_of_people=0.5, source="made up")
    >>> float(table["harm_per_person_ug_m3_year"].iloc[0].round(7))  # 0.010 x 0.5 x ln(1.08) / 10
    3.85e-05
    """
    faults = []
    if not 0 < deaths_per_1000 < 200:
        faults.append(f"deaths_per_1000 is {deaths_per_1000}: above 0 and below 200 is allowed")
    if not 0 < share_of_people <= 1:
        faults.append(f"share_of_people is {share_of_people}: above 0, to 1, is allowed")
    if not source.strip():
        faults.append("say where the death rate and the share are from: source")
    if faults:
        raise InputError("mortality_harm", faults)
    table = read_responses() if responses is None else responses
    rate = deaths_per_1000 / 1000.0 * share_of_people

    def slope(column: str) -> Any:
        given = table[column] if column in table else table["relative_risk"]
        return rate * np.log(given.astype(float)) / table["per_ug_m3"]

    return table[["pollutant"]].assign(
        harm_per_person_ug_m3_year=slope("relative_risk"),
        low=slope("low"),
        high=slope("high"),
        unit=DEATHS,
        source=[f"{source}; {risk}" for risk in table["source"]],
        grade=table["grade"],
    )


def harm_of(
    burden: xr.DataArray, emissions: Mapping[str, float], harm: pd.DataFrame
) -> xr.DataArray:
    """The harm of a park at every place, from its emissions and the harm of each pollutant.

    Parameters
    ----------
    burden : xarray.DataArray
        As `geocluster.burden` returns it; one field serves all pollutants, which differ by a
        factor alone. [persons ug/m3 per g/s]
    emissions : mapping
        Pollutant to what the whole park emits. [g/s]
    harm : DataFrame
        A row a pollutant: pollutant, ``harm_per_person_ug_m3_year``, unit (one for all), source,
        grade; optional low and high. NO2 counts for NOx as 0.9 of it where the park emits NOx and
        the table has NO2 alone.

    Returns
    -------
    xarray.DataArray
        The burden's dims. attrs: ``units`` (the table's); ``per_burden``, harm for each unit of
        burden, and ``per_burden_low`` and ``per_burden_high`` where the table has a range;
        ``weighed`` and ``not_weighed``: pollutants that count, and those the table lacks.

    Raises
    ------
    InputError
        Where a table or an emission is out of its range, the units differ, or nothing counts.

    Examples
    --------
    >>> import pandas as pd, xarray as xr
    >>> cost = pd.DataFrame({"pollutant": ["pm25"], "harm_per_person_ug_m3_year": [30.0],
    ...                      "unit": "EUR a year", "source": "made up", "grade": "assumed"})
    >>> price = xr.DataArray([[1000.0, 2000.0]], dims=("y", "x"))
    >>> paid = harm_of(price, {"pm25": 0.5, "so2": 1.0}, cost)
    >>> paid.values.tolist(), paid.attrs["units"], paid.attrs["not_weighed"]
    ([[15000.0, 30000.0]], 'EUR a year', 'so2')
    """
    _check(harm, HARM_COLUMNS, "harm")
    faults = [
        f"the park emits {rate} g/s of {name}: give 0 or more"
        for name, rate in emissions.items()
        if not (math.isfinite(rate) and rate >= 0)
    ]
    if harm["unit"].nunique() > 1:
        units = ", ".join(sorted(set(harm["unit"])))
        faults.append(f"units differ ({units}): harms that are added have one unit")
    if harm["pollutant"].duplicated().any():
        faults.append("a pollutant is there twice: several harms of one are added before")
    parts = _parts(emissions, set(harm["pollutant"]))
    if not parts:
        told = ", ".join(emissions) or "nothing"
        faults.append(f"the park emits {told}, and the table has none of it")
    if faults:
        raise InputError("harm", faults)
    rows = harm.set_index("pollutant")
    factor = {
        column: sum(rate * float(rows[column].fillna(rows[HARM])[name]) for name, rate, _ in parts)
        for column in (HARM, "low", "high")
        if column in rows
    }
    counted = [of for *_, of in parts]
    attrs = {
        **{
            key: value for key, value in burden.attrs.items() if key in ("crs", "cell_m", "reach_m")
        },
        "units": str(harm["unit"].iloc[0]),
        "per_burden": factor[HARM],
        **{f"per_burden_{case}": factor[case] for case in ("low", "high") if case in factor},
        "weighed": ", ".join(counted),
        "not_weighed": ", ".join(name for name in emissions if name not in counted),
    }
    return (burden * factor[HARM]).rename("harm").assign_attrs(attrs)


HARM = HARM_COLUMNS[1].name


def _parts(emissions: Mapping[str, float], known: set[str]) -> list[tuple[str, float, str]]:
    """Row of the table, rate [g/s], and which of the park's pollutants that is."""
    parts = [(name, rate, name) for name, rate in emissions.items() if name in known]
    if "no2" in known and "nox" not in known and "no2" not in emissions and "nox" in emissions:
        parts.append(("no2", NO2_OF_NOX[""] * emissions["nox"], "nox"))
    return parts


def _check(table: pd.DataFrame, columns: tuple[Column, ...], where: str) -> None:
    faults = column_faults(table, columns)
    if not len(table):
        faults.append("there is no row in it")
    if faults:
        raise InputError(where, faults)
