"""What a table must hold: every fault at once, by column and row, also in large tables."""

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geocluster.errors import CRSError, TableError
from geocluster.tables import check_table, check_weather, in_crs, pollutants_of, rows_in_words

STACK = {
    "stack_height_m": 50.0,
    "stack_diameter_m": 2.0,
    "exit_velocity_m_s": 10.0,
    "exit_temperature_k": 400.0,
}


def sources(rows: int = 2, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(STACK | {"emission_so2_g_s": 1.0} | columns, index=range(rows))


def faults(table: pd.DataFrame, kind: str, **options: bool) -> list[str]:
    with pytest.raises(TableError) as told:
        check_table(table, kind, "file", **options)
    return told.value.faults


def test_a_sound_table_of_sources_passes_and_is_not_changed():
    table = sources(urban=True, emission_origin="factor", sector=["B 07.29", None])
    before = table.copy(deep=True)
    assert check_table(table, "sources", "file") is None
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    "people",
    [
        pd.Series([1, 2]),
        pd.Series([1.5, 0.0]),
        pd.Series([1, 2], dtype="Int64"),
        pd.Series([1, 2], dtype="float32"),
        pd.Series([1, 2], dtype="int64[pyarrow]"),
        pd.Series([np.int32(1), np.float32(2)], dtype=object),
    ],
)
def test_numbers_of_any_type_are_numbers(people):
    assert check_table(pd.DataFrame({"people": people}), "homes", "file") is None


@pytest.mark.parametrize("value", [True, np.True_, "1", "", np.inf, -np.inf, [1]])
def test_what_is_no_number_is_told(value):
    table = pd.DataFrame({"people": pd.Series([5, value], dtype=object)})
    (fault,) = faults(table, "homes")
    assert "in row 2 is not a number" in fault


@pytest.mark.parametrize("value", [None, np.nan, pd.NA])
@pytest.mark.parametrize("dtype", [object, "Float64"])
def test_a_missing_number_is_told(value, dtype):
    table = pd.DataFrame({"people": pd.Series([5, value], dtype=dtype)})
    assert faults(table, "homes") == ["column 'people': no value in row 2: fill it in"]


def test_a_missing_value_is_allowed_where_the_column_is_optional():
    places = pd.DataFrame({"kind": ["school", "school"], "capacity": [100, None]})
    assert check_table(places, "places", "file") is None


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_text_of_any_type_is_text(dtype):
    land = pd.DataFrame({"kind": pd.Series(["road", "rail"], dtype=dtype)})
    assert check_table(land, "land", "file") is None


def test_numbers_are_not_text():
    assert faults(pd.DataFrame({"kind": [7, 8]}), "land") == [
        "column 'kind': 7 in rows 1, 2 is not text"
    ]


def test_every_fault_is_told_at_once():
    table = sources(3, stack_height_m=[50.0, -1.0, 5000.0], emission_so2_g_s=[1.0, -2.0, np.nan])
    table["source_type"] = ["point", "chimney", None]
    table["emission_xyz_g_s"] = 1.0
    table["emission_nox_kg_h"] = 1.0
    table = table.drop(columns="exit_velocity_m_s")
    told = faults(table, "sources")
    expected = [
        "'emission_xyz_g_s': unknown pollutant; known are so2",
        "'emission_nox_kg_h': unknown unit; emissions are emission_<pollutant>_g_s",
        "'stack_height_m': -1.0 in row 2: at least 0",
        "'stack_height_m': 5000.0 in row 3: at most 1000",
        "'emission_so2_g_s': -2.0 in row 2: at least 0",
        "'emission_so2_g_s': no value in row 3",
        "'source_type': 'chimney' in row 2: allowed are point, volume, area, line",
        "'exit_velocity_m_s' is missing: point sources need it",
    ]
    for words in expected:
        assert any(words in fault for fault in told), words
    assert len(told) == len(expected)


@pytest.mark.parametrize("column", list(STACK))
def test_a_stack_is_never_guessed(column):
    table = sources()
    table.loc[1, column] = np.nan
    assert faults(table, "sources") == [
        f"column '{column}': no value in row 2: point sources need it"
    ]
    assert faults(table.drop(columns=column), "sources") == [
        f"column '{column}' is missing: point sources need it"
    ]


def test_each_type_needs_its_own_columns():
    table = sources(source_type=["point", "volume"])
    assert len(faults(table, "sources")) == 3
    whole = table.assign(release_height_m=5.0, initial_sigma_y_m=20.0, initial_sigma_z_m=5.0)
    assert check_table(whole, "sources", "file") is None


def test_a_table_made_by_hand_may_name_any_pollutant():
    table = sources(emission_xyz_g_s=1.0)
    assert check_table(table, "sources", "file", known_pollutants=False) is None


def test_a_range_lies_around_its_figure():
    good = sources(low_emission_so2_g_s=[0.5, 1.0], high_emission_so2_g_s=[1.0, 3.0])
    assert check_table(good, "sources", "file") is None
    bad = sources(low_emission_so2_g_s=[0.5, 2.0], high_emission_nox_g_s=1.0)
    assert faults(bad, "sources") == [
        "column 'low_emission_so2_g_s': above 'emission_so2_g_s' in row 2: low <= central <= high",
        "column 'high_emission_nox_g_s' gives a range, but 'emission_nox_g_s' is missing: add it",
    ]


def test_true_and_false_may_be_written_as_0_and_1():
    assert check_table(sources(urban=[0, 1]), "sources", "file") is None
    assert "is not true or false" in faults(sources(urban=["yes", "no"]), "sources")[0]


def test_a_hundred_thousand_rows_take_less_than_a_second():
    homes = pd.DataFrame({"name": "x", "people": np.arange(100_000.0), "origin": "raster"})
    table = sources(100_000, name="x", source_type="point", urban=True)
    check_table(homes[:1], "homes", "file")
    start = time.perf_counter()
    check_table(homes, "homes", "file")
    check_table(table, "sources", "file")
    assert time.perf_counter() - start < 2


def test_many_rows_at_fault_are_summed_up():
    homes = pd.DataFrame({"people": np.full(1000, -1.0)})
    (fault,) = faults(homes, "homes")
    assert (
        fault == "column 'people': -1.0 in rows 1, 2, 3, 4, 5 and 995 more: at least 0 is allowed"
    )


@given(st.lists(st.floats(-10, 10) | st.none(), min_size=1, max_size=30))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_a_column_passes_exactly_if_each_value_does(values):
    table = pd.DataFrame({"people": pd.Series(values, dtype=float)})
    if all(value is not None and value >= 0 for value in values):
        assert check_table(table, "homes", "file") is None
    else:
        assert faults(table, "homes")


def test_rows_in_words():
    assert rows_in_words([1, 2]) == "rows 1, 2"
    assert rows_in_words([3]) == "row 3"


def test_ranges_are_not_pollutants():
    columns = ["emission_so2_g_s", "low_emission_so2_g_s", "emission_origin", "emission_pm10_g_s"]
    assert pollutants_of(pd.DataFrame(columns=columns)) == ["so2", "pm10"]


def weather(**values: object) -> xr.Dataset:
    hours = {
        "wind_speed_m_s": 3.0,
        "wind_from_deg": 90.0,
        "stability": 4,
        "mixing_height_m": 800.0,
        "temperature_k": 290.0,
        "frequency": 1.0,
    } | values
    return xr.Dataset({name: ("hour", np.full(3, value)) for name, value in hours.items()})


def test_a_sound_weather_passes():
    assert check_weather(weather()) is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("wind_speed_m_s", -1.0, "at least 0"),
        ("wind_speed_m_s", 200.0, "at most 75"),
        ("wind_from_deg", 361.0, "at most 360"),
        ("stability", 7, "at most 6"),
        ("temperature_k", 20.0, "at least 180"),
        ("wind_speed_m_s", np.nan, "no value"),
        ("frequency", 0.0, "above 0"),
    ],
)
def test_weather_outside_its_range_is_told(name, value, words):
    with pytest.raises(TableError, match=f"{name}.*{words}"):
        check_weather(weather(**{name: value}))


def test_weather_without_a_variable_an_hour_or_the_right_dimension():
    with pytest.raises(TableError, match="'temperature_k' is missing"):
        check_weather(weather().drop_vars("temperature_k"))
    with pytest.raises(TableError, match="no hour"):
        check_weather(weather().isel(hour=slice(0)))
    with pytest.raises(TableError, match="must have the dimension hour"):
        check_weather(weather().rename(hour="time"))


def test_a_table_without_a_system_is_not_transformed():
    table = gpd.GeoDataFrame(geometry=[Point(69, 41)], crs="EPSG:4326")
    assert in_crs(table, "EPSG:32642", "file").crs.to_epsg() == 32642
    assert in_crs(table, "EPSG:4326", "file") is table
    with pytest.raises(CRSError, match="no reference system"):
        in_crs(table.set_crs(None, allow_override=True), "EPSG:32642", "file")
