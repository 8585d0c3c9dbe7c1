"""Emissions of plants and of industrial land: figures, ranges, origins and refusals."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from geocluster.errors import CRSError, TableError
from geocluster.industry.emissions import (
    SECONDS_A_YEAR,
    emissions_from_activity,
    emissions_from_area,
)
from geocluster.industry.factors import read_area_factors, read_factors, read_releases
from geocluster.industry.land_use import NO_EMISSION, _factors
from geocluster.industry.plants import activity
from geocluster.industry.reconciliation import inventory_totals, reconcile_inventory
from geocluster.tables import check_table, pollutants_of


def plant(**changes):
    row = {
        "plant_id": "a",
        "name": "A",
        "longitude": 69.3,
        "latitude": 41.3,
        "process": "power_gas",
        "capacity": 1000.0,
        "capacity_unit": "MW",
        "load_factor": 0.5,
        "efficiency": 0.4,
        "capacity_grade": "A",
        "coord_grade": "A",
    }
    return row | changes


def test_activity_is_capacity_load_share_ratio_over_efficiency():
    row = pd.Series(plant(share=0.5, product_ratio=2.0))
    assert activity(row) == pytest.approx(1000 * 8760 * 3.6 * 0.5 * 0.5 * 2.0 / 0.4)
    assert activity(pd.Series({"capacity": 2.0, "capacity_unit": "Mt/yr"})) == 2e6
    assert activity(pd.Series({"capacity": 10.0, "capacity_unit": "t/day"})) == 3650


def test_a_gas_plant_by_hand():
    source = emissions_from_activity(pd.DataFrame([plant()])).iloc[0]
    heat_gj_s = 1000 * 0.5 / 0.4 / 1000  # MW to GJ/s
    assert source["emission_nox_g_s"] == pytest.approx(heat_gj_s * 89)
    assert source["emission_so2_g_s"] == pytest.approx(heat_gj_s * 0.281)
    assert source["low_emission_nox_g_s"] == pytest.approx(heat_gj_s * 15)
    assert source["high_emission_nox_g_s"] == pytest.approx(heat_gj_s * 185)


def test_ranges_of_factor_and_activity_join_in_squares():
    wide = emissions_from_activity(pd.DataFrame([plant(activity_range=0.3)])).iloc[0]
    ratio = wide["high_emission_nox_g_s"] / wide["emission_nox_g_s"]
    assert np.log(ratio) == pytest.approx(np.hypot(np.log(185 / 89), np.log(1.3)))
    ratio = wide["low_emission_nox_g_s"] / wide["emission_nox_g_s"]
    assert np.log(ratio) == pytest.approx(-np.hypot(np.log(15 / 89), np.log(0.7)))


def test_a_reported_pollutant_replaces_the_factor_in_every_row_of_the_plant():
    plants = pd.DataFrame(
        [
            plant(process="ammonia", capacity_unit="Mt/yr", capacity=0.5, reported_nox_t_yr=400.0),
            plant(process="nitric_acid", capacity_unit="Mt/yr", capacity=0.5),
        ]
    )
    sources = emissions_from_activity(plants)
    tonnes = sources["emission_nox_g_s"].sum() * SECONDS_A_YEAR / 1e6
    assert tonnes == pytest.approx(400)
    assert sources["low_emission_nox_g_s"].sum() == pytest.approx(sources["emission_nox_g_s"].sum())


def test_no_row_mixes_what_is_reported_with_what_is_not():
    sources = emissions_from_activity(pd.DataFrame([plant(reported_nox_t_yr=400.0)]))
    reported = sources[sources["emission_origin"] == "reported"]
    rest = sources[sources["emission_origin"] != "reported"]
    assert reported["emission_nox_g_s"].item() > 0
    assert rest["emission_nox_g_s"].item() == 0
    assert reported["emission_so2_g_s"].item() == 0
    assert rest["emission_origin"].item() == "factor"
    assert sources["source_id"].is_unique
    assert set(sources["plant_id"]) == {"a"}


def test_an_assumed_capacity_makes_the_emission_assumed_and_the_place_keeps_its_grade():
    plants = pd.DataFrame([plant(capacity_grade="assumed", coord_grade="C"), plant(plant_id="b")])
    sources = emissions_from_activity(plants).set_index("plant_id")
    assert sources.loc["a", ["emission_origin", "location_origin"]].tolist() == [
        "assumed",
        "assumed",
    ]
    assert sources.loc["b", ["emission_origin", "location_origin"]].tolist() == [
        "factor",
        "reported",
    ]


def test_stacks_are_assumed_unless_wholly_reported():
    whole = {
        "stack_height_m": 200.0,
        "stack_diameter_m": 7.0,
        "exit_velocity_m_s": 20.0,
        "exit_temperature_k": 400.0,
    }
    plants = pd.DataFrame(
        [plant(), plant(plant_id="b", stack_height_m=350.0), plant(plant_id="c", **whole)]
    )
    sources = emissions_from_activity(plants).set_index("plant_id")
    assert sources["stack_origin"].tolist() == ["assumed", "assumed", "reported"]
    assert sources.loc["b", "stack_height_m"] == 350
    assert "height reported" in sources.loc["b", "stack_note"]
    expected = read_releases().loc["power_gas", "stack_height_m"]
    assert sources.loc["a", "stack_height_m"] == expected


def smelter(**changes):
    return plant(process="copper_smelting", capacity=0.1, capacity_unit="Mt/yr") | changes


def test_the_fugitive_share_leaves_low_and_no_tonne_is_lost():
    sources = emissions_from_activity(pd.DataFrame([smelter(reported_so2_t_yr=100_000.0)]))
    so2 = sources[sources["emission_so2_g_s"] > 0].set_index("release")["emission_so2_g_s"]
    share = read_factors().loc[("copper_smelting", "so2"), "fugitive_central"]
    assert so2["fugitive"] / so2.sum() == pytest.approx(share)
    assert so2.sum() * SECONDS_A_YEAR / 1e6 == pytest.approx(100_000)
    low = sources[sources["release"] == "fugitive"].iloc[0]
    assert (low["source_type"], low["release_height_m"]) == ("volume", 30)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(
    low=st.floats(1, 1e5),
    up=st.floats(1, 3),
    down=st.floats(0.1, 1),
    process=st.sampled_from(["copper_smelting", "cement_wet_kiln", "steel_arc_furnace"]),
    spread=st.floats(0, 0.9),
)
def test_every_row_is_in_order_and_reported_ranges_are_met(low, up, down, process, spread):
    row = smelter(
        process=process,
        activity_range=spread,
        low_reported_so2_t_yr=low * down,
        reported_so2_t_yr=low,
        high_reported_so2_t_yr=low * up,
    )
    sources = emissions_from_activity(pd.DataFrame([row]))
    check_table(sources, "sources", "sources")
    for p in pollutants_of(sources):
        low_p, mid, high = (sources[f"{c}emission_{p}_g_s"] for c in ("low_", "", "high_"))
        assert (low_p <= mid * (1 + 1e-9)).all()
        assert (mid <= high * (1 + 1e-9)).all()
    tonnes = inventory_totals(sources).loc["so2"] * 1e3
    assert tonnes["low_kt_yr"] == pytest.approx(low * down)
    assert tonnes["high_kt_yr"] == pytest.approx(low * up)


def test_faults_of_plants_are_told_together():
    plants = pd.DataFrame(
        [plant(process="alchemy", efficiency=4.0), plant(capacity_unit="bushels", capacity=np.nan)]
    )
    with pytest.raises(TableError) as caught:
        emissions_from_activity(plants)
    assert len(caught.value.faults) == 4
    assert "unknown process" in str(caught.value)
    with pytest.raises(TableError, match="'capacity' is missing"):
        emissions_from_activity(plants.drop(columns="capacity"))
    with pytest.raises(TableError, match="reported_so2_t_yr"):
        emissions_from_activity(pd.DataFrame([plant(reported_so2_t_yr=-1.0)]))


def test_a_table_without_plants_is_refused():
    with pytest.raises(TableError, match="no plant"):
        emissions_from_activity(pd.DataFrame([plant()]).iloc[:0])


def test_emissions_never_change_their_input():
    plants = pd.DataFrame([plant(reported_so2_t_yr=5.0)])
    before = plants.copy(deep=True)
    emissions_from_activity(plants)
    pd.testing.assert_frame_equal(plants, before)


def test_a_users_factor_replaces_only_its_own_row(tmp_path):
    own = pd.DataFrame(
        [
            {
                "process": "power_gas",
                "pollutant": "nox",
                "low": 10,
                "central": 20,
                "high": 30,
                "unit": "g/GJ",
            }
        ]
    )
    own.to_csv(tmp_path / "factors.csv", index=False)
    for given_factors in (own, tmp_path / "factors.csv"):
        source = emissions_from_activity(pd.DataFrame([plant()]), given_factors).iloc[0]
        assert source["emission_nox_g_s"] == pytest.approx(1.25 * 20)
        assert source["emission_so2_g_s"] == pytest.approx(1.25 * 0.281)


def test_faults_of_factors_are_told_together(tmp_path):
    row = {"process": "x", "pollutant": "so2", "low": 3, "central": 2, "high": 4, "unit": "lb/ton"}
    with pytest.raises(TableError) as caught:
        read_factors(pd.DataFrame([row, row]))
    assert len(caught.value.faults) == 3
    with pytest.raises(TableError, match="'central' is missing"):
        read_factors(pd.DataFrame([row]).drop(columns="central"))
    with pytest.raises(TableError, match="no such file"):
        read_factors(tmp_path / "none.csv")
    shares = {"fugitive_low": 0, "fugitive_central": 0.5, "fugitive_high": 1.5}
    with pytest.raises(TableError, match="fugitive"):
        read_factors(pd.DataFrame([row | {"low": 1, "unit": "g/GJ"} | shares]))


def test_each_process_has_a_release_and_each_row_a_source_and_grade():
    factors, releases = read_factors(), read_releases()
    assert set(factors.index.get_level_values("process")) == set(releases.index)
    for table in (factors, read_area_factors()):
        assert table["source"].notna().all()
        assert table["grade"].isin(["read", "derived", "known", "assumed"]).all()
    for table in (factors, read_area_factors(), releases):
        assert (table["source"].str.startswith("assumed") == (table["grade"] == "assumed")).all()
    # Only what the reference notes say was read may say so.
    read = factors[factors["grade"] == "read"].index
    assert set(read) == {("power_gas", "so2"), ("power_gas", "nox")}


def test_every_sector_of_land_use_has_its_area_factor():
    known = set(read_area_factors().index.get_level_values("sector")) | {NO_EMISSION}
    assert set(_factors().values()) <= known


def land(**columns):
    table = {"sector": ["metals", "solar power", "nonsense"]}
    shapes = [box(0, 0, 430, 430), box(1000, 0, 1100, 100), box(2000, 0, 2100, 100)]
    return gpd.GeoDataFrame(table | columns, geometry=shapes, crs="EPSG:32642")


def test_land_emits_by_its_area_and_sector():
    sources = emissions_from_area(land())
    assert sources["area_factor"].tolist() == ["metals", "industrial"]
    factors = read_area_factors()
    assert sources["emission_so2_g_s"].tolist() == pytest.approx(
        [
            18.49 * factors.loc[("metals", "so2"), "central"],
            factors.loc[("industrial", "so2"), "central"],
        ]
    )
    assert sources["initial_sigma_y_m"].tolist() == pytest.approx([100, 100 / 4.3])
    assert set(sources["emission_origin"]) == {"assumed"}
    assert (sources["low_emission_nox_g_s"] <= sources["emission_nox_g_s"]).all()
    check_table(sources, "sources", "land")


def test_a_given_area_is_taken_and_degrees_are_measured():
    halved = emissions_from_area(land(area_ha=[9.245, 1.0, 1.0]))
    assert halved["emission_nox_g_s"].iloc[0] * 2 == pytest.approx(
        emissions_from_area(land())["emission_nox_g_s"].iloc[0]
    )
    in_degrees = land().set_crs("EPSG:32642", allow_override=True).to_crs("EPSG:4326")
    assert emissions_from_area(in_degrees)["area_ha"].iloc[0] == pytest.approx(18.49, rel=0.01)


def test_land_without_sector_crs_or_area_is_refused():
    with pytest.raises(TableError, match="sector"):
        emissions_from_area(land().drop(columns="sector"))
    with pytest.raises(CRSError):
        emissions_from_area(land().set_crs(None, allow_override=True))
    line = gpd.GeoDataFrame(
        {"sector": ["metals"]}, geometry=[LineString([(0, 0), (1, 1)])], crs="EPSG:32642"
    )
    with pytest.raises(TableError, match="only polygons"):
        emissions_from_area(line)


def test_land_that_emits_nothing_leaves_no_source():
    only_sun = land().iloc[[1]]
    assert len(emissions_from_area(only_sun)) == 0


TABLE1 = pd.DataFrame(
    {"region": ["Here", "There"], "so2_kt_yr": [10.0, 5.0], "so2_note": ["so said", None]}
)


def test_the_difference_is_told_and_plants_across_the_border_do_not_count():
    sources = pd.DataFrame(
        {
            "emission_so2_g_s": [100.0, 900.0],
            "high_emission_so2_g_s": [200.0, 900.0],
            "emission_origin": ["reported", "factor"],
            "inside": [True, False],
        }
    )
    row = reconcile_inventory(sources, TABLE1, "Here").iloc[0]
    assert row["modelled_kt_yr"] == pytest.approx(3.1536)
    assert row["high_kt_yr"] == pytest.approx(6.3072)
    assert row["not_located_kt_yr"] == pytest.approx(10 - 3.1536)
    assert row["reading"] == "so said"
    assert "not located" in reconcile_inventory(sources, TABLE1, "There")["reading"].item()
    assert inventory_totals(sources).loc["so2", "reported_share"] == 1


def test_plants_that_pass_the_table_are_said_to():
    sources = pd.DataFrame({"emission_so2_g_s": [1000.0]})
    assert "more than this table" in reconcile_inventory(sources, TABLE1, "There")["reading"].item()


def test_a_region_without_a_row_is_refused():
    with pytest.raises(TableError, match="Here, There"):
        reconcile_inventory(pd.DataFrame({"emission_so2_g_s": [1.0]}), TABLE1, "Nowhere")
    with pytest.raises(TableError, match="are needed"):
        reconcile_inventory(pd.DataFrame({"emission_so2_g_s": [1.0]}), TABLE1[["region"]], "Here")
