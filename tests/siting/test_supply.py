"""How much suitable land there is below a burden."""

import numpy as np
import pytest
import xarray as xr

from geocluster.errors import InputError
from geocluster.siting.supply import supply_curve

BURDEN = "burden_persons_ug_m3_per_g_s"


def field(values, cell_m=500.0):
    values = np.atleast_2d(values)
    at = [(np.arange(size) + 0.5) * cell_m for size in values.shape]
    axes = {"y": at[0][::-1], "x": at[1]}
    return xr.DataArray(values, dims=("y", "x"), coords=axes, attrs={"cell_m": cell_m})


def test_every_row_counts_the_land_that_is_no_worse():
    random = np.random.default_rng(1)
    price = field(random.lognormal(8, 1, (40, 30)))
    land = field(random.random((40, 30)) < 0.3).astype(bool)
    curve = supply_curve(xr.Dataset({"suitable": land}), price)
    chosen = price.values[land.values]
    assert 100 <= len(curve) <= 110
    assert curve[BURDEN].iloc[0] == chosen.min()
    for row in curve.to_dict("records"):
        below = chosen <= row[BURDEN]
        assert row["hectares"] == pytest.approx(below.sum() * 25)
        assert row["share_of_land"] == pytest.approx(below.mean())
        assert row[f"mean_{BURDEN}"] == pytest.approx(chosen[below].mean())
        assert row["times_the_best"] == pytest.approx(row[BURDEN] / chosen.min())
    assert curve["hectares"].iloc[-1] == pytest.approx(land.values.sum() * 25)
    assert curve[BURDEN].is_monotonic_increasing


def test_the_order_of_the_grid_does_not_count():
    price, land = field([[3.0, 1.0], [2.0, 9.0]]), field([[True, True], [False, True]])
    turned = [one.transpose("x", "y") for one in (land, price)]
    assert supply_curve(land, price).equals(supply_curve(*turned))
    assert supply_curve(land, price)[BURDEN].tolist() == [1.0, 3.0, 9.0]


def test_no_land_is_an_empty_curve_and_free_land_has_no_multiple():
    price = field([[0.0, 1.0]])
    assert supply_curve(field([[False, False]]), price).empty
    assert supply_curve(field([[True, True]]), price)["times_the_best"].isna().all()


def test_another_grid_is_a_fault():
    with pytest.raises(InputError, match="cells"):
        supply_curve(field([[True, True]], 250.0), field([[1.0, 2.0]]))
    with pytest.raises(InputError, match="steps"):
        supply_curve(field([[True]]), field([[1.0]]), steps=0)
