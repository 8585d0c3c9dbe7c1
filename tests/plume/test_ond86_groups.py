"""Groups of summation: shares of MACs that add, in one wind."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geocluster.errors import InputError
from geocluster.plume.ond86_field import ond86
from geocluster.plume.ond86_groups import ond86_groups, read_summation_groups

USUAL = {"ambient_temperature_c": 25.0, "a_coefficient": 200.0}
PLACES = gpd.GeoDataFrame(geometry=gpd.points_from_xy([430.0, 900.0, 300.0], [0.0, 300.0, -500.0]))


@pytest.fixture
def pair() -> gpd.GeoDataFrame:
    """One stack of SO2 and one of NO2, apart."""
    return gpd.GeoDataFrame(
        {
            "stack_height_m": [35.0, 20.0],
            "stack_diameter_m": [1.4, 0.8],
            "exit_velocity_m_s": [7.0, 9.0],
            "exit_temperature_k": [398.15, 420.0],
            "emission_so2_g_s": [12.0, 0.0],
            "emission_no2_g_s": [0.0, 1.5],
        },
        geometry=gpd.points_from_xy([0.0, 600.0], [0.0, 200.0]),
    )


def shares(sources: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    """Each substance's own maximum as a share of the MAC of the USSR."""
    field = ond86(sources, PLACES, **USUAL)["max_20min"]
    return {
        name: field.sel(pollutant=name).values / mac for name, mac in (("so2", 500), ("no2", 85))
    }


def test_one_wind_for_all_is_at_most_the_sum_of_the_own_maxima(pair) -> None:
    found = ond86_groups(pair, PLACES, "ussr", **USUAL)["summation"].sel(group="so2_no2").values
    own = shares(pair)
    assert (found >= np.maximum(own["so2"], own["no2"]) * (1 - 1e-6)).all()
    assert (found <= (own["so2"] + own["no2"]) * (1 + 1e-6)).all()
    assert (found < 0.999 * (own["so2"] + own["no2"])).any()


def test_of_one_stack_the_shares_simply_add(pair) -> None:
    stack = pair.iloc[:1].assign(emission_no2_g_s=0.2)
    found = ond86_groups(stack, PLACES, "ussr", **USUAL)["summation"].sel(group="so2_no2").values
    own = shares(stack)
    np.testing.assert_allclose(found, own["so2"] + own["no2"], rtol=1e-5)


def test_nox_counts_as_its_no2_and_no(pair) -> None:
    nox = pair.rename(columns={"emission_no2_g_s": "emission_nox_g_s"})
    same = pair.assign(emission_no2_g_s=0.8 * pair["emission_no2_g_s"])
    found, expected = (
        ond86_groups(table, PLACES, "ussr", **USUAL)["summation"].sel(group="so2_no2").values
        for table in (nox, same)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_coefficients_and_what_cannot_be_answered_stand_in_the_result(pair) -> None:
    field = ond86_groups(pair, PLACES, "ru", groups="ru", **USUAL)
    assert field["group"].values.tolist() == ["6204", "6040"]
    assert field["coefficient"].values.tolist() == [1.6, 1.0]
    assert field.attrs["left_out"] == "6043, 6003, 6205"
    assert field["summation"].attrs["units"] == "1"


def test_faults_are_told(pair) -> None:
    with pytest.raises(InputError, match="set 'eu' does not exist: there are ussr, ru"):
        ond86_groups(pair, PLACES, "ussr", groups="eu", **USUAL)
    with pytest.raises(InputError, match="none can be answered: so2_no2"):
        ond86_groups(pair.drop(columns="emission_no2_g_s"), PLACES, "ussr", **USUAL)
    dust = pd.DataFrame({"group": ["d"], "pollutants": ["so2 tsp"], "coefficient": [1.0]})
    with pytest.raises(InputError, match="tsp settles"):
        ond86_groups(pair.assign(emission_tsp_g_s=1.0), PLACES, "ussr", groups=dust, **USUAL)
    with pytest.raises(InputError, match="column 'coefficient' is missing"):
        ond86_groups(pair, PLACES, "ussr", groups=dust.drop(columns="coefficient"), **USUAL)


@pytest.mark.parametrize("name", ["ussr", "ru"])
def test_every_group_names_its_source_and_grade(name: str) -> None:
    table = read_summation_groups(name)
    assert table["group"].is_unique
    assert (table["coefficient"] >= 1).all()
    assert table["grade"].isin(["read", "known"]).all()
    assert (table["source"].str.len() > 10).all()
    assert (table["pollutants"].str.split().str.len() >= 2).all()
