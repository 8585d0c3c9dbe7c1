"""The plume against EPA's ISCST3, where the concentration is above 1e-3 of a case's maximum."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from geocluster.plume.arrays import source_arrays
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.plume.kernel import sweep_all
from geocluster.plume.options import option_bits
from geocluster.plume.sigma import sigma_y, sigma_z
from reference import (
    VARIANTS,
    WITHOUT,
    differences,
    read_points,
    read_stack_each,
    read_truth,
    read_year,
)

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def iscst3(shared: Path) -> Path:
    return shared / "reference" / "iscst3"


@pytest.fixture(scope="module")
def salem(iscst3: Path) -> xr.Dataset:
    return read_year(iscst3)


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
    options = PlumeOptions(urban=option == "urban", **VARIANTS[variant][1])
    stacks, names = read_stack_each(iscst3)
    arrays = source_arrays(stacks, names, None, options)
    errors = []
    for hour, rows in table.groupby(["stability", "u10_ms", "mixing_height_m"]):
        truth = rows.pivot(index="x_m", columns="stack", values="conc_ugm3_per_gs")
        truth = truth.rename(columns=str.lower)[names]
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
        np.column_stack([x, 0.0 * x, 0.0 * x, 0.0 * x]),
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
    ("where", "case", "options", "worst"),
    [
        ("annual", "rural_default", PlumeOptions(), 5e-5),
        ("annual", "rural_nostd_nobid", PlumeOptions(**WITHOUT), 5e-5),
        ("volume_rural", "volume_rural", PlumeOptions(), 1e-4),
        ("decay_halflife4h", "decay_halflife4h", PlumeOptions(half_life_s=4 * 3600), 1e-4),
    ],
)
def test_year(
    iscst3: Path, salem: xr.Dataset, where: str, case: str, options: PlumeOptions, worst: float
) -> None:
    field = concentration(
        read_points(iscst3 / where / "sources.csv"),
        read_points(iscst3 / where / "receptors.csv"),
        salem,
        statistics=("mean", "max_1h"),
        options=options,
    )
    assert field.attrs["calm_hours"] == 898
    for statistic, truth in read_truth(case, iscst3).items():
        result = field[statistic].values[0]
        assert differences(result, truth).max() < worst
        assert ((result > 0) == (truth > 0)).all()
