"""Flares: a stack of effective height and diameter, and nothing else."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geocluster.errors import InputError, TableError
from geocluster.exposure.burden import release_table
from geocluster.load.sources import read_sources
from geocluster.plume.contributions import contributions
from geocluster.plume.field import concentration
from geocluster.plume.flares import flare_stack, flares_as_stacks
from geocluster.plume.ond86_field import ond86_sources
from geocluster.region import Region


def flares(**columns: object) -> gpd.GeoDataFrame:
    """A stack, two flares of which the second radiates less, and a volume."""
    nan = np.nan
    usual = {
        "source_type": ["point", "flare", "flare", "volume"],
        "stack_height_m": [40.0, 30.0, 60.0, nan],
        "stack_diameter_m": [1.5, nan, nan, nan],
        "exit_velocity_m_s": [8.0, nan, nan, nan],
        "exit_temperature_k": [380.0, nan, nan, nan],
        "heat_release_mw": [nan, 10.0, 100.0, nan],
        "radiative_loss": [nan, nan, 0.25, nan],
        "release_height_m": [nan, nan, nan, 5.0],
        "initial_sigma_y_m": [nan, nan, nan, 20.0],
        "initial_sigma_z_m": [nan, nan, nan, 5.0],
        "emission_so2_g_s": [1.0, 2.0, 3.0, 0.5],
    }
    at = gpd.points_from_xy([0.0, 300.0, -200.0, 100.0], [0.0, 100.0, 50.0, -300.0])
    return gpd.GeoDataFrame(usual | columns, geometry=at, crs="EPSG:32642")


def sky() -> xr.Dataset:
    speeds, classes = np.meshgrid([1.0, 3.0, 8.0], [1.0, 4.0, 6.0])
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", speeds.ravel()),
            "wind_from_deg": ("hour", np.linspace(200.0, 320.0, 9)),
            "stability": ("hour", classes.ravel()),
            "mixing_height_m": ("hour", np.full(9, 900.0)),
            "temperature_k": ("hour", np.full(9, 293.0)),
        },
        coords={"time": ("hour", pd.date_range("2025-01-01", periods=9, freq="h"))},
    )


def test_ten_megawatts_by_hand() -> None:
    """H = 1e7 W / 4.1868 J/cal = 2,388,459 cal/s; ln H = 14.68615, H^0.478 = exp(7.01998) = 1118.8;
    4.56e-3 x 1118.8 = 5.102 m. 0.45 H = 1,074,806; its root is 1036.73, x 9.88e-4 = 1.02429 m."""
    stack = flare_stack(30.0, 1e7)
    assert stack["stack_height_m"] == pytest.approx(35.102, abs=5e-4)
    assert stack["stack_diameter_m"] == pytest.approx(1.02429, abs=5e-5)
    assert stack["exit_velocity_m_s"] == 20.0
    assert stack["exit_temperature_k"] == 1273.0


def test_its_buoyancy_flux_is_that_of_the_guide() -> None:
    """SCREEN3: F_b = 1.66e-5 H [m4/s3], H in cal/s, in air of 293 K."""
    heat = np.array([1e6, 3e7, 5e8])
    stack = flare_stack(0.0, heat)
    flux = 9.81 * 20.0 * stack["stack_diameter_m"] ** 2 / 4 * (1273.0 - 293.0) / 1273.0
    np.testing.assert_allclose(flux / (heat / 4.1868), 1.66e-5, rtol=2e-3)


def test_a_flare_is_the_point_with_these_figures_to_the_byte() -> None:
    table = flares()
    points = flares(source_type=["point", "point", "point", "volume"])
    for row, (height, heat, loss) in ((1, (30.0, 10e6, 0.55)), (2, (60.0, 100e6, 0.25))):
        for name, value in flare_stack(height, heat, loss).items():
            points.loc[row, name] = float(value)
    points = points.drop(columns=["heat_release_mw", "radiative_loss"])
    x, y = np.meshgrid(np.linspace(-4000.0, 4000.0, 15), np.linspace(-4000.0, 4000.0, 15))
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs="EPSG:32642")
    names = ["mean", "max_1h", "h2_1h"]
    got = concentration(table, places, sky(), statistics=names)
    asked = concentration(points, places, sky(), statistics=names)
    for name in names:
        assert got[name].values.max() > 0
        assert got[name].values.tobytes() == asked[name].values.tobytes()
    parts = contributions(table, places, sky())
    assert parts.values.tobytes() == contributions(points, places, sky()).values.tobytes()


def test_the_table_itself_is_left_alone() -> None:
    table = flares(stack_direction=["capped", "horizontal", None, None])
    before = table.copy()
    stacks = flares_as_stacks(table)
    assert table.equals(before)
    assert stacks["source_type"].tolist() == ["point", "point", "point", "volume"]
    assert stacks["stack_direction"].tolist()[:3] == ["capped", "vertical", "vertical"]
    assert stacks["stack_height_m"].iloc[0] == 40.0
    assert math.isnan(stacks["stack_diameter_m"].iloc[3])
    without = table[table["source_type"] != "flare"]
    assert flares_as_stacks(without) is without


def test_what_a_flare_needs_is_named() -> None:
    place = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500.0], [0.0]), crs="EPSG:32642")
    with pytest.raises(TableError, match=r"'heat_release_mw': no value in row 3: flare sources"):
        concentration(flares(heat_release_mw=[np.nan, 10.0, np.nan, np.nan]), place, sky())
    with pytest.raises(TableError, match=r"'heat_release_mw' is missing: flare sources need it"):
        concentration(flares().drop(columns="heat_release_mw"), place, sky())
    with pytest.raises(TableError, match=r"'radiative_loss': 1\.0 in row 2: at most 0\.99"):
        concentration(flares(radiative_loss=[np.nan, 1.0, 0.2, np.nan]), place, sky())
    with pytest.raises(InputError, match=r"(?s)not above 0 W.*from 0 to under 1"):
        flare_stack(10.0, 0.0, 1.0)
    with pytest.raises(TableError, match=r"flare in rows 2, 3: flares have a norm of their own"):
        ond86_sources(flares(), ambient_temperature_c=20.0, a_coefficient=200.0)


def test_a_flare_is_read_from_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "sources.csv"
    file.write_text(
        "source_id,source_type,stack_height_m,heat_release_mw,radiative_loss,emission_so2_g_s,x,y\n"
        "f1,flare,30,12.5,,4.0,2000,2500\n",
        "utf-8",
    )
    from shapely.geometry import box

    region = Region("Town", box(0, 0, 5000, 5000), "EPSG:32642")
    table = read_sources(file, region, crs="EPSG:32642")
    assert table[["source_type", "heat_release_mw"]].values.tolist() == [["flare", 12.5]]


def test_a_park_may_release_by_a_flare() -> None:
    (row,) = release_table({"stack_height_m": 25.0, "heat_release_mw": 8.0}).to_dict("records")
    assert (row["source_type"], row["height_m"]) == ("flare", 25.0)
