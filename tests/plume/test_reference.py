"""The plume against EPA's ISCST3, where the concentration is above 1e-3 of a case's maximum."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geocluster.plume.arrays import source_arrays
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.kernel import sweep_all
from geocluster.plume.options import option_bits
from geocluster.plume.sigma import sigma_y, sigma_z

pytestmark = pytest.mark.shared

WITHOUT = {"stack_tip_downwash": False, "buoyancy_induced_dispersion": False}
STACK_NAMES = {
    "height_m": "stack_height_m",
    "diameter_m": "stack_diameter_m",
    "exit_temp_k": "exit_temperature_k",
    "exit_velocity_ms": "exit_velocity_m_s",
    "sigma_y0_m": "initial_sigma_y_m",
    "sigma_z0_m": "initial_sigma_z_m",
    "q_gs": "emission_so2_g_s",
}


@pytest.fixture(scope="module")
def iscst3(shared: Path) -> Path:
    return shared / "reference" / "iscst3"


@pytest.fixture(scope="module")
def salem(iscst3: Path) -> xr.Dataset:
    """The year of hourly weather of the reference."""
    table = pd.read_csv(iscst3 / "annual" / "met_hourly.csv")
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", table["wind_speed"]),
            "wind_from_deg": ("hour", table["wind_dir_from"]),
            "stability": ("hour", table["stab"].clip(upper=6)),
            "mixing_height_m": ("hour", table["mixht_rural"]),
            "temperature_k": ("hour", table["temp_k"]),
        },
        coords={"time": ("hour", pd.date_range("1986-01-01 01:00", periods=len(table), freq="h"))},
    )


def read_points(path: Path) -> gpd.GeoDataFrame:
    table = pd.read_csv(path).rename(columns=STACK_NAMES)
    if "x" not in table:
        table[["x", "y"]] = 0.0
    table["source_type"] = "volume" if "release_height_m" in table else "point"
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]))


def worst_error(result: np.ndarray, truth: np.ndarray) -> float:
    """The largest relative error where the truth is above 1e-3 of its maximum."""
    counts = truth > 1e-3 * truth.max()
    return float(np.abs(result[counts] / truth[counts] - 1).max())


@pytest.mark.parametrize("option", ["rural", "urban"])
def test_sigmas(iscst3: Path, option: str) -> None:
    table = pd.read_csv(iscst3 / "sigma.csv").query("option == @option")
    stability = table["stability"].map({letter: n for n, letter in enumerate("ABCDEF", 1)})
    urban = option == "urban"
    assert len(table) == 240
    np.testing.assert_allclose(
        sigma_y(table["x_m"], stability, urban), table["sigma_y_m"], rtol=5e-5
    )
    np.testing.assert_allclose(
        sigma_z(table["x_m"], stability, urban), table["sigma_z_m"], rtol=2e-6
    )


@pytest.mark.parametrize("variant", ["default", "nostd_nobid", "gradual"])
@pytest.mark.parametrize("option", ["rural", "urban"])
def test_screening_on_the_axis(iscst3: Path, option: str, variant: str) -> None:
    """One hour at a time; each of the five stacks emits a pollutant of its own name."""
    table = pd.read_csv(iscst3 / "screening_centreline.csv.gz")
    table = table.query("option == @option and variant == @variant")
    options = PlumeOptions(
        urban=option == "urban",
        final_rise=variant != "gradual",
        **(WITHOUT if variant == "nostd_nobid" else {}),
    )
    stacks = read_points(iscst3 / "screening_stacks.csv")
    for name in stacks["id"]:
        stacks[f"emission_{name.lower()}_g_s"] = (stacks["id"] == name).astype(float)
    names = [name.lower() for name in stacks["id"]]
    arrays = source_arrays(stacks, names, None, options)
    errors = []
    for hour, rows in table.groupby(["stability", "u10_ms", "mixing_height_m"]):
        truth = rows.pivot(index="x_m", columns="stack", values="conc_ugm3_per_gs")[stacks["id"]]
        result = on_the_axis(truth.index.to_numpy(), arrays, hour, options)
        counts = (truth > 1e-3 * truth.max()).to_numpy()
        errors.append(np.abs(result[counts] / truth.to_numpy()[counts] - 1))
    error = np.concatenate(errors)
    assert error.size > 8000
    assert error.max() < 3e-4
    assert np.median(error) < 5e-7


def on_the_axis(x: np.ndarray, arrays: tuple, hour: tuple, options: PlumeOptions) -> np.ndarray:
    """(distance, pollutant) downwind of the sources at the origin, in one hour."""
    stability, speed, lid = hour
    mean, _ = sweep_all(
        np.column_stack([x, 0.0 * x, 0.0 * x]),
        *arrays,
        hours=np.array([[speed, lid, 293.0, 1.0]]),
        wind_from_deg=np.array([270.0]),
        k=np.array(["ABCDEF".index(stability)]),
        anemometer_m=10.0,
        half_life_s=None,
        reach_m=options.reach_m,
        options=option_bits(options),
        highest_wanted=False,
    )
    return mean.T


@pytest.mark.parametrize(
    ("case", "options"),
    [("rural_default", PlumeOptions()), ("rural_nostd_nobid", PlumeOptions(**WITHOUT))],
)
def test_year_of_ten_stacks(
    iscst3: Path, salem: xr.Dataset, case: str, options: PlumeOptions
) -> None:
    truth = pd.read_csv(iscst3 / "annual" / f"{case}.csv")
    field = concentration(
        read_points(iscst3 / "annual" / "sources.csv"),
        read_points(iscst3 / "annual" / "receptors.csv"),
        salem,
        statistics=("mean", "max_1h"),
        options=options,
    )
    assert field.attrs["calm_hours"] == 898
    mean, highest = (field[name].values[0] for name in ("mean", "max_1h"))
    assert worst_error(mean, truth["annual_mean_ug_m3"].to_numpy()) < 5e-5
    assert worst_error(highest, truth["max_1h_ug_m3"].to_numpy()) < 5e-5


@pytest.mark.parametrize(
    ("case", "options"),
    [("volume_rural", PlumeOptions()), ("decay_halflife4h", PlumeOptions(half_life_s=4 * 3600))],
)
def test_year_of_volumes_and_of_decay(
    iscst3: Path, salem: xr.Dataset, case: str, options: PlumeOptions
) -> None:
    folder = iscst3 / case
    field = concentration(
        read_points(folder / "sources.csv"),
        read_points(folder / "receptors.csv"),
        salem,
        statistics=("mean", "max_1h"),
        options=options,
    )
    for statistic, name in (("mean", "annual_mean"), ("max_1h", "max_1h")):
        truth = pd.read_csv(folder / f"expected_{name}.csv")["conc"].to_numpy()
        result = field[statistic].values[0]
        assert worst_error(result, truth) < 1e-4
        assert ((result > 0) == (truth > 0)).all()
