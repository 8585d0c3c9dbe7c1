"""ond86: the field of the worst wind, what its tables hold, and what is refused."""

import math

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr

from geocluster.errors import CRSError, InputError, TableError
from geocluster.plume import ond86_sweep as sweep
from geocluster.plume.ond86_field import ond86, ond86_sources
from geocluster.plume.ond86_table import SourceTable, settling_factor_of

ZONE = "EPSG:32642"


def stacks(x, y, *, height=35.0, diameter=1.4, velocity=7.0, celsius=125.0, crs=None, **columns):
    n = len(x)
    table = {
        "stack_height_m": np.broadcast_to(height, n).astype(float),
        "stack_diameter_m": np.broadcast_to(diameter, n).astype(float),
        "exit_velocity_m_s": np.broadcast_to(velocity, n).astype(float),
        "exit_temperature_k": np.broadcast_to(celsius, n) + 273.15,
    }
    return gpd.GeoDataFrame({**table, **columns}, geometry=gpd.points_from_xy(x, y), crs=crs)


def points(x, y, crs=None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=crs)


USUAL = {"ambient_temperature_c": 25.0, "a_coefficient": 200.0}


@pytest.fixture
def three() -> gpd.GeoDataFrame:
    return stacks(
        [0.0, 700.0, -300.0],
        [0.0, 200.0, 900.0],
        height=[35.0, 60.0, 5.0],
        velocity=[7.0, 15.0, 3.0],
        celsius=[125.0, 180.0, 25.0],
        emission_so2_g_s=[12.0, 60.0, 0.4],
        emission_tsp_g_s=[2.6, 0.0, 0.5],
        cleaned_share=[0.8, 0.0, 0.0],
    )


def test_worst_wind_is_found_as_by_brute_force(three) -> None:
    random = np.random.default_rng(4)
    places = random.uniform(-3000, 3000, (30, 2))
    field = ond86(three, points(*places.T), **USUAL, pollutants="so2")
    array = SourceTable(three, 25.0, 200.0, 1.0, None).columns_of("so2")
    for found, (x, y) in zip(field["max_20min"].values[0], places, strict=True):
        best = max(
            sweep.together(array, x, y, angle, speed, False)
            for angle in np.arange(0, 2 * math.pi, math.radians(0.5))
            for speed in np.geomspace(0.5, 12.0, 60)
        )
        assert found >= best * (1 - 3e-4)


def test_the_wind_given_brings_the_concentration_given(three) -> None:
    field = ond86(three, points([1500.0, -900.0], [600.0, -800.0]), **USUAL, pollutants="so2")
    array = SourceTable(three, 25.0, 200.0, 1.0, None).columns_of("so2")
    for i, (x, y) in enumerate([(1500.0, 600.0), (-900.0, -800.0)]):
        one = field.isel(pollutant=0, receptor=i)
        angle = math.radians(270.0 - one["worst_wind_from_deg"].item())
        again = sweep.together(array, x, y, angle, one["worst_wind_speed_m_s"].item(), False)
        assert one["max_20min"].item() == pytest.approx(again, rel=1e-9)
        assert 0.5 <= one["worst_wind_speed_m_s"].item() <= 12.0


def test_sum_lies_between_the_largest_and_the_sum_of_the_single_ones(three) -> None:
    places = points(*np.random.default_rng(1).uniform(-4000, 4000, (2, 40)))
    alone = [
        ond86(three.iloc[[i]], places, **USUAL, pollutants="so2")["max_20min"].values[0]
        for i in range(3)
    ]
    both = ond86(three, places, **USUAL, pollutants="so2")["max_20min"].values[0]
    assert (both >= np.max(alone, axis=0) * (1 - 1e-6)).all()
    assert (both <= np.sum(alone, axis=0) * (1 + 1e-6)).all()


def test_a_single_source_is_round_and_symmetric_across_the_wind() -> None:
    source = stacks([100.0], [50.0], emission_so2_g_s=[12.0])
    turns = np.radians(np.arange(0, 360, 17))
    ring = points(100 + 900 * np.cos(turns), 50 + 900 * np.sin(turns))
    values = ond86(source, ring, **USUAL)["max_20min"].values
    np.testing.assert_allclose(values, values[0, 0], rtol=1e-9)
    array = SourceTable(source, 25.0, 200.0, 1.0, None).columns_of("so2")[0]
    left, right = (sweep.single(array, 500.0, y, 1.0, 0.0, 2.0, False) for y in (80.0, -80.0))
    assert left == right > 0.0
    assert sweep.single(array, -500.0, 0.0, 1.0, 0.0, 2.0, False) == 0.0


def test_stronger_winds_never_lower_the_result(three) -> None:
    places = points(*np.random.default_rng(2).uniform(-9000, 9000, (2, 25)))
    weak, strong = (
        ond86(three, places, **USUAL, highest_wind_m_s=wind)["max_20min"].values
        for wind in (4.0, 12.0)
    )
    assert (strong >= weak * (1 - 3e-4)).all()
    assert (strong > weak * 1.01).any()


def test_linear_in_emission(three) -> None:
    places = points([800.0, 2500.0], [-300.0, 900.0])
    twice = three.assign(emission_so2_g_s=2 * three["emission_so2_g_s"])
    np.testing.assert_allclose(
        ond86(twice, places, **USUAL, pollutants="so2")["max_20min"],
        2 * ond86(three, places, **USUAL, pollutants="so2")["max_20min"],
        rtol=1e-9,
    )


def test_grid_equals_points_and_carries_its_attrs(three) -> None:
    x, y = np.arange(-950.0, 1000.0, 300.0), np.arange(-800.0, 900.0, 400.0)
    attrs = {"crs": ZONE, "cell_m": 300.0, "region": "Example"}
    grid = xr.DataArray(np.ones((y.size, x.size)), dims=("y", "x"), coords={"y": y, "x": x},
                        attrs=attrs)  # fmt: skip
    field = ond86(three, grid, **USUAL)
    assert field["max_20min"].dims == ("pollutant", "y", "x")
    assert field["pollutant"].values.tolist() == ["so2", "tsp"]
    assert field["max_20min"].attrs["units"] == "ug/m3"
    assert {key: field.attrs[key] for key in attrs} == attrs
    assert list(field.data_vars) == ["max_20min"]
    assert field.attrs["settling_factor"] == "so2 1; tsp 2.5, 3"
    mesh = np.meshgrid(x, y)
    flat = ond86(three, points(mesh[0].ravel(), mesh[1].ravel()), **USUAL)
    np.testing.assert_array_equal(
        field["max_20min"].values.reshape(2, -1), flat["max_20min"].values
    )


def test_a_by_latitude_and_other_reference_systems() -> None:
    lonlat = stacks([64.4, 69.3], [39.8, 41.3], emission_so2_g_s=[12.0, 12.0], crs="EPSG:4326")
    table = ond86_sources(lonlat, ambient_temperature_c=25.0)
    assert table["a_coefficient"].tolist() == [250.0, 200.0]
    metric = lonlat.iloc[[1]].to_crs(ZONE)
    place = points([metric.geometry.x.iloc[0] + 430.4], [metric.geometry.y.iloc[0]], crs=ZONE)
    for sources in (lonlat.iloc[[1]], metric):
        field = ond86(sources, place, ambient_temperature_c=25.0)
        assert field["max_20min"].item() == pytest.approx(186.4, abs=0.05)
        assert field.attrs["a_coefficient_origin"] == "by latitude"
    with pytest.raises(InputError, match="Central Asia"):
        ond86_sources(lonlat.set_geometry(gpd.points_from_xy([14.4, 14.5], [35.9, 35.9]),
                                          crs="EPSG:4326"), ambient_temperature_c=25.0)  # fmt: skip
    with pytest.raises(CRSError, match="a_coefficient"):
        ond86_sources(stacks([0.0], [0.0], emission_so2_g_s=[1.0]), ambient_temperature_c=25.0)


def test_settling_factors() -> None:
    assert [settling_factor_of("tsp", share) for share in (0.0, 0.75, 0.9)] == [3.0, 2.5, 2.0]
    assert settling_factor_of("pm10") == settling_factor_of("so2_high") == 1.0
    source = stacks([0.0], [0.0], emission_tsp_g_s=[2.6])
    given = ond86_sources(source, **USUAL, settling_factor={"tsp": 2.0})
    assert given["settling_factor"].tolist() == [2.0]
    assert ond86_sources(source, **USUAL)["c_m_ug_m3"].iloc[0] == pytest.approx(121.2, abs=0.05)


def test_volume_sources_are_cold_and_without_a_jet() -> None:
    volume = gpd.GeoDataFrame(
        {
            "source_type": ["volume"],
            "release_height_m": [5.0],
            "initial_sigma_y_m": [20.0],
            "initial_sigma_z_m": [4.0],
            "emission_so2_g_s": [1.0],
        },
        geometry=gpd.points_from_xy([0.0], [0.0]),
    )
    row = ond86_sources(volume, **USUAL).iloc[0]
    assert row["branch"] == "cold, weak jet"
    assert row["x_m_m"] == pytest.approx(5.7 * 5)
    assert row["c_m_ug_m3"] == pytest.approx(1000 * 200 * 0.9 / 5 ** (7 / 3))
    at = ond86(volume, points([0.0], [0.0]), **USUAL)["max_20min"].item()
    assert at == pytest.approx(row["c_m_ug_m3"] * 0.125 * 5, rel=2e-5)


def test_what_is_refused_is_named() -> None:
    source = stacks([0.0, 1.0], [0.0, 0.0], emission_so2_g_s=[1.0, 1.0])
    place = points([500.0], [0.0])
    with pytest.raises(TableError, match=r"source_type.*line in row 2"):
        ond86(source.assign(source_type=["point", "line"]), place, **USUAL)
    with pytest.raises(TableError, match=r"stack_direction.*capped in row 1"):
        ond86(source.assign(stack_direction=["capped", "vertical"]), place, **USUAL)
    with pytest.raises(TableError, match="stack_height_m"):
        ond86(source.drop(columns="stack_height_m"), place, **USUAL)
    with pytest.raises(TableError, match="cleaned_share"):
        ond86(source.assign(cleaned_share=90.0), place, **USUAL)
    with pytest.raises(TableError, match="height_m"):
        ond86(source, place.assign(height_m=10.0), **USUAL)
    with pytest.raises(InputError, match=r"terrain_factor is 0\.5.*\n.*edition") as caught:
        ond86(source, place, **USUAL, terrain_factor=0.5, edition="1986")
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="settling_factor"):
        ond86(source, place, **USUAL, settling_factor=7.0)
    with pytest.raises(InputError, match="emission_no2_g_s"):
        ond86(source, place, **USUAL, pollutants="no2")


def test_single_limits_of_exposure_are_answered_by_it(three) -> None:
    from geocluster.exposure.limits import read_limits, why_not_answerable

    limit = read_limits("ru-2021").query("pollutant == 'so2' and averaging == '20min'").iloc[0]
    field = ond86(three, points([500.0], [0.0]), **USUAL)
    assert why_not_answerable(limit, list(field["pollutant"].values), list(field.data_vars)) == ""


def test_nothing_arrives_where_nothing_is_emitted_or_it_is_too_far(three) -> None:
    silent = three.assign(emission_so2_g_s=0.0)
    field = ond86(silent, points([500.0], [0.0]), **USUAL, pollutants="so2")
    assert field["max_20min"].item() == 0.0
    assert np.isnan(field["worst_wind_from_deg"].item())
    assert ond86(three, points([2e5], [0.0]), **USUAL)["max_20min"].max() == 0.0


def test_editions_differ_far_away_alone(three) -> None:
    places = points([1500.0, 60_000.0], [0.0, 0.0])
    old, new = (
        ond86(three.iloc[:1], places, **USUAL, pollutants="so2", edition=edition)[
            "max_20min"
        ].values[0]
        for edition in ("ond-86", "mrr-2017")
    )
    assert new[0] == pytest.approx(old[0], rel=1e-6)
    assert new[1] != pytest.approx(old[1], rel=1e-3)


def test_places_in_degrees_are_refused(three) -> None:
    lonlat = three.set_crs("EPSG:4326", allow_override=True)
    with pytest.raises(CRSError, match="metric"):
        ond86(lonlat, points([0.1], [0.1]), **USUAL)
    with pytest.raises(CRSError, match="metric"):
        ond86(three, points([69.1], [41.1], crs="EPSG:4326"), **USUAL)


def test_no_places_and_no_sources_are_no_fault(three) -> None:
    assert ond86(three, points([], []), **USUAL)["max_20min"].shape == (2, 0)
    none = ond86(three.iloc[:0], points([10.0], [0.0]), **USUAL)
    assert none["max_20min"].values.tolist() == [[0.0], [0.0]]
