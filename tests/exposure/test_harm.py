"""Harm: the burden times what is emitted times what a person is harmed by it."""

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geocluster.errors import InputError
from geocluster.exposure.harm import harm_of, mortality_harm, read_responses

HARM = "harm_per_person_ug_m3_year"
BURDEN = xr.DataArray(
    [[1e4, 5e4], [0.0, 2e5]], dims=("y", "x"), attrs={"cell_m": 500.0, "units": "persons …"}
)


def money(**columns):
    table = {"pollutant": ["pm25", "so2"], HARM: [60.0, 12.0], "unit": "EUR a year"}
    return pd.DataFrame({**table, "source": "made up", "grade": "assumed", **columns})


def test_pollutants_add_up_on_one_field():
    emissions = {"pm25": 0.5, "so2": 2.0}
    both = harm_of(BURDEN, emissions, money())
    np.testing.assert_allclose(both, BURDEN.values * (0.5 * 60 + 2 * 12))
    alone = [harm_of(BURDEN, {name: rate}, money()) for name, rate in emissions.items()]
    np.testing.assert_allclose(sum(alone), both)
    assert both.attrs["units"] == "EUR a year"
    assert both.attrs["cell_m"] == 500.0
    assert both.attrs["weighed"] == "pm25, so2"


def test_what_is_not_weighed_is_said():
    field = harm_of(BURDEN, {"pm25": 0.5, "hf": 3.0}, money())
    assert field.attrs["not_weighed"] == "hf"
    np.testing.assert_allclose(field, BURDEN.values * 30)


def test_nox_counts_by_its_part_of_no2():
    table = money(pollutant=["pm25", "no2"])
    field = harm_of(BURDEN, {"nox": 1.0}, table)
    np.testing.assert_allclose(field, BURDEN.values * 0.9 * 12)
    both = harm_of(BURDEN, {"nox": 1.0, "no2": 0.2}, table)
    assert both.attrs["not_weighed"] == "nox"  # its NO2 is given by itself


def test_deaths_follow_the_rate_and_the_risk():
    table = mortality_harm(9.0, share_of_people=0.4, source="a yearbook").set_index("pollutant")
    exact = 0.009 * 0.4 * (1 - math.exp(-math.log(1.08) / 10 * 0.01))  # of 0.01 ug/m3
    assert table[HARM]["pm25"] * 0.01 == pytest.approx(exact, rel=1e-4)
    assert (table["low"] < table[HARM]).all()
    assert (table["high"] > table[HARM]).all()
    assert table["unit"].unique().tolist() == ["deaths a year"]
    assert table["source"].str.startswith("a yearbook; ").all()
    field = harm_of(BURDEN, {"pm25": 1.0}, table.reset_index())
    assert (
        field.attrs["per_burden_low"] < field.attrs["per_burden"] < field.attrs["per_burden_high"]
    )


def test_responses_of_ones_own(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("pollutant,relative_risk,per_ug_m3,source,grade\nso2,1.01,10,a paper,read\n")
    table = mortality_harm(9.0, share_of_people=0.4, source="x", responses=read_responses(file))
    assert table["pollutant"].tolist() == ["so2"]
    file.write_text("pollutant,relative_risk,per_ug_m3,source,grade\nso2,0.5,10,,read\n")
    with pytest.raises(InputError) as caught:
        read_responses(file)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("emissions", "table", "words"),
    [
        ({"pm25": -1.0}, money(), "0 or more"),
        ({"pm25": 1.0}, money(unit=["EUR", "deaths"]), "units differ"),
        ({"pm25": 1.0}, money(pollutant="pm25"), "twice"),
        ({"hf": 1.0}, money(), "none of it"),
        ({}, money(), "emits nothing"),
        ({"pm25": 1.0}, money().drop(columns="unit"), "'unit' is missing"),
        ({"pm25": 1.0}, money(**{HARM: [-1.0, 2.0]}), "at least 0"),
        ({"pm25": 1.0}, money().iloc[:0], "no row"),
    ],
)
def test_what_cannot_be_weighed_is_a_fault(emissions, table, words):
    with pytest.raises(InputError, match=words):
        harm_of(BURDEN, emissions, table)


@pytest.mark.parametrize(
    ("rate", "share", "source"),
    [(0.0, 0.5, "x"), (9.0, 1.5, "x"), (math.nan, 0.5, "x"), (9, 1, " ")],
)
def test_a_death_rate_is_given_and_never_assumed(rate, share, source):
    with pytest.raises(InputError):
        mortality_harm(rate, share_of_people=share, source=source)
    with pytest.raises(TypeError):
        mortality_harm(9.0)
