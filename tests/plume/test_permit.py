"""The permit table: its figures, its two languages, and what it says where nothing is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geocluster.errors import InputError
from geocluster.plume.ond86_field import ond86_sources
from geocluster.plume.permit import HEADINGS, permit_table, read_single_mac

USUAL = {"ambient_temperature_c": 25.0, "a_coefficient": 200.0}


@pytest.fixture
def boiler() -> gpd.GeoDataFrame:
    """The boiler house of OND-86, appendix 3, example 1."""
    return gpd.GeoDataFrame(
        {
            "name": ["Boiler house"],
            "stack_height_m": [35.0],
            "stack_diameter_m": [1.4],
            "exit_velocity_m_s": [7.0],
            "exit_temperature_k": [398.15],
            "emission_so2_g_s": [12.0],
            "emission_tsp_g_s": [2.6],
            "emission_nox_g_s": [0.2],
            "emission_origin": ["reported"],
            "stack_origin": ["assumed"],
        },
        geometry=gpd.points_from_xy([0.0], [0.0]),
    )


def test_the_boiler_house_of_the_norm(boiler) -> None:
    form = permit_table(boiler, "ussr", **USUAL).set_index("Substance")
    assert form.loc["Sulphur dioxide", "c_m, mg/m3"] == pytest.approx(0.1864, abs=5e-5)
    assert form.loc["Sulphur dioxide", "c_m / single MAC"] == pytest.approx(0.373, abs=5e-4)
    assert form.loc["Dust (suspended matter)", "c_m / single MAC"] == pytest.approx(
        0.2424, abs=5e-4
    )
    assert form.loc["Dust (suspended matter)", "x_m, m"] == pytest.approx(215.2, abs=0.05)
    assert form.loc["Sulphur dioxide", "Temperature, °C"] == pytest.approx(125.0)
    assert form["Origin of the stack"].tolist() == ["assumed"] * 4


def test_nox_stands_as_no2_and_no(boiler) -> None:
    form = permit_table(boiler, "ru", **USUAL).set_index("Substance")
    c_m = ond86_sources(boiler, **USUAL, pollutants="nox")["c_m_ug_m3"].iloc[0] / 1000
    assert form.loc["Nitrogen dioxide", "c_m, mg/m3"] == pytest.approx(0.8 * c_m)
    assert form.loc["Nitrogen dioxide", "Single MAC, mg/m3"] == 0.2
    assert form.loc["Nitrogen oxide", "Emission, g/s"] == pytest.approx(0.13 * 0.2)
    own = permit_table(boiler.assign(emission_no2_g_s=0.1), "ru", **USUAL)
    assert (own["Substance"] == "Nitrogen dioxide").sum() == 1
    assert (own["Substance"] == "nox").sum() == 1


def test_russian_is_the_same_table(boiler) -> None:
    english = permit_table(boiler, "uz", **USUAL)
    russian = permit_table(boiler, "uz", **USUAL, lang="ru")
    assert russian.columns[0] == "Номер источника"
    assert "Серы диоксид" in set(russian["Загрязняющее вещество"])
    assert "принято" in set(russian["Происхождение параметров"])
    numbers = english.select_dtypes("number")
    np.testing.assert_array_equal(numbers.to_numpy(), russian.select_dtypes("number").to_numpy())
    assert len({english for _, _, english, _ in HEADINGS}) == len(HEADINGS)
    assert len({russian for _, _, _, russian in HEADINGS}) == len(HEADINGS)


def test_what_no_set_knows_is_missing_and_not_zero(boiler) -> None:
    form = permit_table(boiler, "uz", **USUAL).set_index("Substance")
    assert np.isnan(form.loc["Dust (suspended matter)", "c_m / single MAC"])
    assert form.loc["Dust (suspended matter)", "c_m, mg/m3"] > 0
    assert form.loc["Sulphur dioxide", "Grade of the MAC"] == "known"


def test_limits_of_ones_own(boiler) -> None:
    limits = pd.DataFrame(
        {
            "pollutant": ["so2", "so2"],
            "averaging": ["20min", "24h"],
            "value_ug_m3": [500.0, 50.0],
            "source": ["a norm", "a norm"],
            "grade": ["read", "read"],
        }
    )
    form = permit_table(boiler, limits, **USUAL, pollutants="so2")
    assert form["c_m / single MAC"].tolist() == [pytest.approx(0.3728, abs=1e-4)]
    with pytest.raises(InputError, match="two single-time values"):
        permit_table(boiler, limits.drop(columns="averaging"), **USUAL)
    with pytest.raises(InputError, match="value_ug_m3"):
        permit_table(boiler, limits.drop(columns="value_ug_m3"), **USUAL)


def test_the_single_values_agree_with_the_limits_of_exposure() -> None:
    from geocluster.exposure.limits import read_limits

    limits = read_limits("ru-2021").query("averaging == '20min'").set_index("pollutant")
    ours = read_single_mac("ru").set_index("pollutant")
    for pollutant, value in limits["value_ug_m3"].items():
        assert ours.loc[pollutant, "value_ug_m3"] == value
        assert ours.loc[pollutant, "grade"] == limits.loc[pollutant, "grade"]


def test_every_single_value_has_its_source_and_grade() -> None:
    for name in ("ru", "uz", "ussr"):
        table = read_single_mac(name)
        assert table["pollutant"].is_unique
        assert (table["value_ug_m3"] > 0).all()
        assert (table["source"] != "").all()
        assert set(table["grade"]) <= {"read", "derived", "known"}


def test_unknown_sets_and_languages_are_named(boiler) -> None:
    with pytest.raises(InputError, match="there are ru, uz, ussr"):
        permit_table(boiler, "kz", **USUAL)
    with pytest.raises(InputError, match="en, ru"):
        permit_table(boiler, "ru", **USUAL, lang="uz")
