"""People and concentration meet: means, counts above limits, ranges and reasons."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import box

from geocluster.errors import InputError
from geocluster.exposure.assess import assess_exposure, summarise_exposure

EU = "eu-2024-2881"


def field_of(**layers):
    """Cells of 1 km; a layer is a list of rows from the north."""
    names, values = list(layers), np.array(list(layers.values()), dtype=float)
    rows, columns = values.shape[1:]
    return xr.Dataset(
        {"mean": (("pollutant", "y", "x"), values)},
        coords={
            "pollutant": names,
            "y": (np.arange(rows)[::-1] + 0.5) * 1000,
            "x": (np.arange(columns) + 0.5) * 1000,
        },
        attrs={"cell_m": 1000.0},
    )


def homes(*shapes, people, **columns):
    return gpd.GeoDataFrame({"people": people, **columns}, geometry=list(shapes))


TWO = homes(box(0, 0, 1000, 1000), box(1000, 0, 3000, 1000), people=[300.0, 100.0], name=["W", "E"])


def row_of(summary, limit_id):
    return summary[summary["limit_id"] == limit_id].iloc[0]


def test_means_by_home_and_by_people():
    field = field_of(so2=[[10, 20, 40]])
    exposure = assess_exposure(TWO, field, limits=EU)
    assert exposure["so2_mean_ug_m3"].tolist() == [10, 30]
    assert exposure["so2_mean_highest_ug_m3"].tolist() == [10, 40]
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_so2_1y")
    assert row["people_weighted_mean_ug_m3"] == pytest.approx(15)
    assert (row["maximum_ug_m3"], row["where"], row["x"], row["y"]) == (40, "E", 2500, 500)


def test_people_above_by_the_share_of_the_area():
    field = field_of(so2=[[20, 20, 20.001]])
    exposure = assess_exposure(TWO, field, limits=EU)
    assert exposure[f"people_above_{EU}_so2_1y"].tolist() == [0, 50]


def test_a_hand_count_of_many_small_homes():
    rng = np.random.default_rng(7)
    field = field_of(so2=rng.uniform(0, 40, (6, 9)))
    x, y = rng.uniform(0, 8900, 200), rng.uniform(0, 5900, 200)
    people = rng.integers(1, 50, 200).astype(float)
    small = homes(
        *[box(a, b, a + 1e-3, b + 1e-3) for a, b in zip(x, y, strict=True)], people=people
    )
    exposure = assess_exposure(small, field, limits=EU)
    there = (
        field["mean"].isel(pollutant=0).values[5 - (y // 1000).astype(int), (x // 1000).astype(int)]
    )
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_so2_1y")
    assert row["people_above"] == pytest.approx(people[there > 20].sum(), rel=1e-6)
    assert row["people_weighted_mean_ug_m3"] == pytest.approx(np.average(there, weights=people))
    assert row["maximum_ug_m3"] == there.max()


def test_homes_partly_or_wholly_off_the_grid():
    table = homes(
        box(2000, 0, 4000, 1000), box(9000, 0, 9500, 500), box(2500, 500, 2500, 500),
        people=[100.0, 50.0, 5.0],
    )  # fmt: skip
    field = field_of(so2=[[0, 0, 30]])
    exposure = assess_exposure(table, field, limits=EU)
    np.testing.assert_allclose(exposure["share_on_grid"], [0.5, 0, 1])
    assert np.isnan(exposure["so2_mean_ug_m3"].iloc[1])
    np.testing.assert_allclose(exposure[f"people_above_{EU}_so2_1y"], [50, 0, 5])
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_so2_1y")
    assert row["people"] == pytest.approx(55)


def test_low_and_high_emissions_give_a_range():
    field = field_of(so2=[[10, 25, 25]], so2_low=[[5, 10, 25]], so2_high=[[21, 50, 50]])
    exposure = assess_exposure(TWO, field, limits=EU)
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_so2_1y")
    assert (row["low"], row["people_above"], row["high"]) == (50, 100, 400)
    assert row["mean_low_ug_m3"] < row["people_weighted_mean_ug_m3"] < row["mean_high_ug_m3"]
    summary = summarise_exposure(exposure, field, limits=EU)
    assert not summary["pollutant"].str.contains("low|high").any()


def test_no_range_is_not_shown_as_certainty():
    field = field_of(so2=[[10, 25, 25]])
    summary = summarise_exposure(assess_exposure(TWO, field, limits=EU), field, limits=EU)
    assert np.isnan(row_of(summary, f"{EU}_so2_1y")[["low", "high"]].astype(float)).all()


def test_no2_is_a_band_of_nox():
    field = field_of(nox=[[21, 30, 50]])
    exposure = assess_exposure(TWO, field, limits=EU)
    np.testing.assert_allclose(exposure["no2_mean_ug_m3"], 0.9 * exposure["nox_mean_ug_m3"])
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_no2_1y")
    assert (row["low"], row["people_above"], row["high"]) == (50, 100, 400)
    assert "0.9 of NOx" in row["note"]


def test_the_ends_of_the_no2_band_use_the_ends_of_the_emissions():
    field = field_of(nox=[[30, 30, 30]], nox_low=[[10, 10, 10]], nox_high=[[80, 80, 80]])
    exposure = assess_exposure(TWO, field, limits=EU)
    assert exposure["no2_low_mean_ug_m3"].tolist() == pytest.approx([5, 5])
    assert exposure["no2_high_mean_ug_m3"].tolist() == pytest.approx([80, 80])


def test_a_field_of_no2_itself_is_taken_as_it_is():
    field = field_of(nox=[[30, 30, 30]], no2=[[7, 7, 7]])
    exposure = assess_exposure(TWO, field, limits=EU)
    assert exposure["no2_mean_ug_m3"].tolist() == [7, 7]
    summary = summarise_exposure(exposure, field, limits=EU)
    assert row_of(summary, f"{EU}_no2_1y")["note"] == ""


def test_what_the_field_cannot_answer_is_listed_with_the_reason():
    field = field_of(so2=[[10, 20, 40]])
    exposure = assess_exposure(TWO, field, limits=["who-2021", EU])
    summary = summarise_exposure(exposure, field, limits=["who-2021", EU])
    daily = row_of(summary, "who-2021_so2_24h")
    assert not daily["answerable"]
    assert "p99_24h" in daily["why_not"]
    assert np.isnan(daily["people_above"])
    assert "people_above_who-2021_so2_24h" not in exposure
    assert (summary["why_not"][~summary["answerable"]] != "").all()
    assert not row_of(summary, f"{EU}_pm25_1y")["answerable"]


def test_a_pollutant_without_a_limit_has_a_row():
    field = field_of(nh3=[[1, 2, 3]])
    exposure = assess_exposure(TWO, field, limits=EU)
    summary = summarise_exposure(exposure, field, limits=EU)
    row = summary[summary["pollutant"] == "nh3"].iloc[0]
    assert row["limit_id"] == ""
    assert row["maximum_ug_m3"] == 3


def test_people_across_the_border_are_counted_apart():
    table = TWO.assign(inside=[True, False])
    field = field_of(so2=[[30, 40, 40]])
    exposure = assess_exposure(table, field, limits=EU)
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_so2_1y")
    assert (row["people"], row["people_above"], row["people_above_outside"]) == (300, 300, 100)
    assert row["people_weighted_mean_ug_m3"] == 30


def test_a_summary_needs_the_same_limits():
    field = field_of(so2=[[30, 40, 40]])
    with pytest.raises(InputError, match="assess it with the same field and limits"):
        summarise_exposure(assess_exposure(TWO, field, limits=EU), field, limits="uz-mac")


def test_points_are_no_grid():
    field = xr.Dataset(
        {"mean": (("pollutant", "receptor"), [[1.0]])}, coords={"pollutant": ["so2"]}
    )
    with pytest.raises(InputError, match="over a grid"):
        assess_exposure(TWO, field)


def test_nobody_there_is_no_error():
    field = field_of(so2=[[30, 40, 40]])
    exposure = assess_exposure(TWO.iloc[:0], field, limits=EU)
    row = row_of(summarise_exposure(exposure, field, limits=EU), f"{EU}_so2_1y")
    assert row["people"] == 0
    assert np.isnan(row["people_weighted_mean_ug_m3"])


def test_a_lazy_field_gives_the_same():
    field = field_of(so2=[[10, 20, 40]])
    expected = assess_exposure(TWO, field, limits=EU)
    assert assess_exposure(TWO, field.chunk(x=1), limits=EU).equals(expected)
