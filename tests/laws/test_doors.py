"""Whatever is valid gives finite numbers of at least 0; whatever is not is told by its column."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.errors import GeoclusterError, InputError, TableError
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.options import LOW_WIND
from geocluster.tables import NEEDED_COLUMNS, SOURCE_TYPES, TABLES, WEATHER, Column

SOURCES = {column.name: column for column in TABLES["sources"]}
SKY = {column.name: column for column in WEATHER}
WIDE = {"area": ("initial_sigma_z_m",), "point": ("stack_direction",), "flare": ("radiative_loss",)}


def numbers(column: Column) -> st.SearchStrategy[float]:
    """Any allowed value, the bounds themselves often."""
    assert column.lower is not None
    assert column.upper is not None
    bounds = st.sampled_from([float(column.lower), float(column.upper)])
    return st.one_of(st.floats(column.lower, column.upper), bounds)


def values(column: Column) -> st.SearchStrategy[Any]:
    if column.choices:
        return st.sampled_from(column.choices)
    return st.booleans() if column.kind is bool else numbers(column)


def shape_of(kind: str, x: float, y: float, size: float) -> shapely.Geometry:
    if kind == "line":
        return shapely.LineString([(x, y), (x + size, y + 0.3 * size), (x + size, y + size)])
    if kind == "area":
        return shapely.Polygon([(x, y), (x + size, y), (x + 0.4 * size, y + size)])
    return shapely.Point(x, y)


@st.composite
def sources(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """One to three rows of any type, each with the columns that its type knows."""
    rows, shapes = [], []
    for kind in draw(st.lists(st.sampled_from(SOURCE_TYPES), min_size=1, max_size=3)):
        names = (*NEEDED_COLUMNS[kind], *WIDE.get(kind, ()), "urban")
        row = {name: draw(values(SOURCES[name])) for name in names}
        if "width_m" in row:
            row["width_m"] = max(row["width_m"], 0.01)
        row["emission_so2_g_s"] = draw(st.floats(0, 1e5))
        rows.append({"source_type": kind, **row})
        places = st.floats(-5000, 5000)
        shapes.append(shape_of(kind, draw(places), draw(places), draw(st.floats(1, 3000))))
    table = pd.DataFrame(rows)
    return gpd.GeoDataFrame(table.assign(urban=table["urban"].astype(bool)), geometry=shapes)


@st.composite
def skies(draw: st.DrawFn) -> xr.Dataset:
    """One to four hours, not all of them calm."""
    hours = draw(st.integers(1, 4))
    data = {}
    for name, column in SKY.items():
        one = st.integers(1, 6) if name == "stability" else st.floats(column.lower, 50)
        if name == "frequency":
            one = st.floats(1e-3, 1e3)
        elif column.upper is not None and name != "stability":
            one = numbers(column)
        data[name] = ("hour", draw(st.lists(one, min_size=hours, max_size=hours)))
    data["wind_speed_m_s"][1][0] = max(data["wind_speed_m_s"][1][0], 1e-3)
    times = pd.date_range("2025-01-01", periods=hours, freq="h")
    attrs = {"anemometer_height_m": draw(st.floats(2, 100))}
    return xr.Dataset(data, coords={"time": ("hour", times)}, attrs=attrs)


every_option = st.builds(
    PlumeOptions,
    urban=st.sampled_from([False, True, "by source"]),
    final_rise=st.booleans(),
    stack_tip_downwash=st.booleans(),
    buoyancy_induced_dispersion=st.booleans(),
    half_life_s=st.one_of(st.none(), st.floats(1, 1e7)),
    reach_m=st.floats(1, 1e6),
    low_wind=st.sampled_from(LOW_WIND),
)
spots = st.lists(
    st.tuples(st.floats(-60_000, 60_000), st.floats(-60_000, 60_000), st.floats(0, 2000)),
    min_size=1,
    max_size=4,
)

grounds = st.one_of(st.none(), numbers(SOURCES["ground_m"]))


def receptors(places: list[tuple[float, float, float]]) -> gpd.GeoDataFrame:
    """These places, and some near the sources, on the ground and high up."""
    near = [(x, y, z) for x in (-900.0, 0.0, 40.0, 2500.0) for y in (0.0, 700.0) for z in (0, 60)]
    x, y, z = np.array([*places, *near], dtype=float).T
    return gpd.GeoDataFrame({"height_m": z}, geometry=gpd.points_from_xy(x, y))


@settings(deadline=None, derandomize=True, max_examples=70)
@given(table=sources(), sky=skies(), places=spots, options=every_option, base=grounds, hill=grounds)
def test_whatever_is_valid_gives_finite_numbers_of_at_least_0(
    table, sky, places, options, base, hill
) -> None:
    at = receptors(places)
    if base is not None and hill is not None:
        table, at = table.assign(ground_m=base), at.assign(ground_m=hill)
    moving = sky["wind_speed_m_s"].values >= (1.0 if options.low_wind == "drop" else 1e-9)
    if options.low_wind != "raise" and not moving.any():
        with pytest.raises(TableError, match="every hour is a calm"):
            concentration(table, at, sky, options=options)
        return
    statistics = ("mean", "max_1h")
    field = concentration(table, at, sky, statistics=statistics, options=options)
    for name in statistics:
        assert np.isfinite(field[name].values).all(), name
        assert (field[name].values >= 0.0).all(), name
    rounding = 1e-12 * float(field["max_1h"].max())
    assert (field["mean"] <= field["max_1h"] * (1 + 1e-9) + rounding).all()


# What is not valid.

ROW = {
    "source_id": "a", "name": "A", "sector": "cement", "stack_height_m": 40.0,
    "stack_diameter_m": 2.0, "exit_velocity_m_s": 10.0, "exit_temperature_k": 400.0,
    "stack_direction": "vertical", "heat_release_mw": 10.0, "radiative_loss": 0.5,
    "release_height_m": 5.0, "initial_sigma_y_m": 9.0, "initial_sigma_z_m": 3.0, "width_m": 20.0,
    "urban": False, "ground_m": 450.0, "emission_origin": "factor", "stack_origin": "assumed",
    "location_origin": "reported", "emission_so2_g_s": 1.0,
}  # fmt: skip
KINDS = {name: next((k for k, needed in NEEDED_COLUMNS.items() if name in needed), "point")
         for name in SOURCES}  # fmt: skip


def one(kind: str, **columns: object) -> gpd.GeoDataFrame:
    """A sound row of a type, but for these columns; a row before it has nothing wrong."""
    rows = [{**ROW, "source_type": kind}, {"source_type": kind, **ROW, **columns}]
    table = pd.DataFrame({name: pd.Series([row[name] for row in rows]) for name in rows[0]})
    shape = shape_of(kind, 0.0, 0.0, 100.0)
    return gpd.GeoDataFrame(table, geometry=[shape, shape])


def hours(**columns: object) -> xr.Dataset:
    """Two sound hours, the second with these values."""
    sound = {"wind_speed_m_s": 4.0, "wind_from_deg": 270.0, "stability": 4,
             "mixing_height_m": 800.0, "temperature_k": 290.0, "frequency": 1.0,
             "friction_velocity_m_s": 0.3, "obukhov_length_m": -50.0}  # fmt: skip
    pairs = {name: [value, columns.get(name, value)] for name, value in sound.items()}
    return xr.Dataset({name: ("hour", np.array(pair)) for name, pair in pairs.items()})


HERE = receptors([(800.0, 20.0, 0.0)]).assign(ground_m=455.0)


def bad_values(column: Column) -> list[object]:
    """Out of range, not finite, of another type."""
    if column.choices:
        return ["nonsense", 7, ""]
    if column.kind is str:
        return [7, 2.5]
    if column.kind is bool:
        return ["perhaps", 2, -1]
    wrong: list[object] = [np.inf, -np.inf, "tall", "1,5", True, [1.0]]
    if column.lower is not None:
        wrong.append(column.lower - 1e-6)
    return wrong if column.upper is None else [*wrong, column.upper * 1.001 + 1e-6]


def test_every_column_has_a_sound_value_here() -> None:
    assert set(SOURCES) - {"source_type"} <= set(ROW)
    for kind in SOURCE_TYPES:
        assert concentration(one(kind), HERE, hours())["mean"].max() > 0


@pytest.mark.parametrize("name", [*SOURCES, "emission_so2_g_s"])
def test_a_wrong_value_of_a_source_is_told_by_its_column(name: str) -> None:
    column = SOURCES.get(name, Column(name, lower=0))
    kind = KINDS.get(name, "point")
    for value in bad_values(column):
        with pytest.raises(TableError) as told:
            concentration(one(kind, **{name: value}), HERE, hours())
        faults = [fault for fault in told.value.faults if f"'{name}'" in fault]
        assert faults, value
        assert all("row 2" in fault for fault in faults), value


@pytest.mark.parametrize("kind", SOURCE_TYPES)
def test_what_a_type_needs_is_missed_by_name(kind: str) -> None:
    for name in (*NEEDED_COLUMNS[kind], "emission_so2_g_s"):
        for nothing in (np.nan, None):
            with pytest.raises(TableError, match=rf"column '{name}'.*row 2"):
                concentration(one(kind, **{name: nothing}), HERE, hours())
        with pytest.raises(GeoclusterError, match=name.replace("so2", "<?[a-z0-9]+>?")):
            concentration(one(kind).drop(columns=name), HERE, hours())


@pytest.mark.parametrize("name", SKY)
def test_a_wrong_value_of_the_weather_is_told_by_its_name(name: str) -> None:
    column = SKY[name]
    wrong = [np.inf, -np.inf, column.lower - 1e-6]
    wrong += [] if column.missing_allowed and not column.required else [np.nan]
    wrong += [column.upper * 1.001] if column.upper is not None else [0.0]
    wrong += [2.5] if name == "stability" else []
    for value in wrong:
        with pytest.raises(TableError, match=name):
            concentration(one("point"), HERE, hours(**{name: value}))
    for values in (("hour", np.array(["a", "b"], dtype=object)), (("hour", "z"), np.ones((2, 2)))):
        with pytest.raises(TableError, match=name):
            concentration(one("point"), HERE, hours().assign({name: values}))
    if column.required:
        with pytest.raises(TableError, match=name):
            concentration(one("point"), HERE, hours().drop_vars(name))


def test_no_hour_and_no_place_are_told_apart() -> None:
    with pytest.raises(TableError, match="no hour"):
        concentration(one("point"), HERE, hours().isel(hour=slice(0, 0)))
    assert concentration(one("point"), HERE.iloc[:0], hours())["mean"].shape == (1, 0)
    assert concentration(one("point").iloc[:0], HERE, hours())["mean"].sum() == 0


@pytest.mark.parametrize("height", [-1.0, np.inf, -np.inf, "high", True])
def test_a_wrong_height_of_a_receptor_is_told(height: object) -> None:
    places = gpd.GeoDataFrame(
        {"height_m": pd.Series([0.0, height], dtype=object), "ground_m": 450.0},
        geometry=gpd.points_from_xy([500.0, 900.0], [0.0, 0.0]),
    )
    with pytest.raises(TableError, match="height_m"):
        concentration(one("point"), places, hours())


@pytest.mark.parametrize("table", ["sources", "receptors"])
@pytest.mark.parametrize("shape", [None, shapely.Point(), shapely.Point(np.inf, 0.0)])
def test_a_missing_place_is_told(table: str, shape: object) -> None:
    broken, places = one("point"), HERE.copy()
    chosen = broken if table == "sources" else places
    chosen.geometry = [shape, *chosen.geometry[1:]]
    with pytest.raises(TableError, match=table):
        concentration(broken, places, hours())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("urban", "perhaps"), ("final_rise", "yes"), ("stack_tip_downwash", 3),
        ("buoyancy_induced_dispersion", None), ("half_life_s", 0.0), ("half_life_s", np.nan),
        ("reach_m", np.nan), ("reach_m", np.inf), ("reach_m", -1.0), ("low_wind", "blow"),
        ("method", "magic"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_told_by_its_name(name: str, wrong: object) -> None:
    with pytest.raises(InputError, match=name):
        PlumeOptions(**{name: wrong})
