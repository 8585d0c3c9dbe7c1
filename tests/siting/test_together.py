"""Several parks at once: against every combination, and laws of any answer."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geocluster.errors import TableError
from geocluster.siting.sheds import labour_shed
from geocluster.siting.spacing import cliques, conflicts
from geocluster.siting.together import choose_together

CRS = "EPSG:32642"
WORKERS = "workers_within_15_km"
WEIGHTS = {"burden_persons_ug_m3_per_g_s": -3, "distance_rail_m": -2, WORKERS: 4}


def region(seed: int, count: int = 12, side_m: float = 60_000) -> tuple:
    """Candidate sites and homes laid out at random, on whole kilometres."""
    random = np.random.default_rng(seed)
    at = random.choice(int(side_m / 1000) ** 2, count, replace=False)
    x, y = at % int(side_m / 1000) * 1000, at // int(side_m / 1000) * 1000
    sites = gpd.GeoDataFrame(
        {
            "site_id": [f"S{n:02d}" for n in range(count)],
            "burden_persons_ug_m3_per_g_s": random.uniform(1e4, 9e4, count),
            "distance_rail_m": random.uniform(0, 2e4, count),
            WORKERS: 0.0,
            "area_ha": random.integers(50, 90, count).astype(float),
        },
        geometry=[box(a, b, a + 1000, b + 1000) for a, b in zip(x, y, strict=True)],
        crs=CRS,
    )
    spots = random.uniform(0, side_m, (25, 2)) // 1000 * 1000
    homes = gpd.GeoDataFrame(
        {"people": random.integers(500, 40_000, 25)},
        geometry=[box(a, b, a + 2000, b + 2000) for a, b in spots],
        crs=CRS,
    )
    sites[WORKERS] = labour_shed(sites, homes).alone()
    return sites, homes


def objective(sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, rows: tuple) -> float:
    """The objective as docs/siting.md states it, in plain sums."""
    shed, total = labour_shed(sites, homes), sum(abs(w) for w in WEIGHTS.values())
    value = 0.0
    for column in ("burden_persons_ug_m3_per_g_s", "distance_rail_m"):
        x = sites[column].to_numpy()
        value += abs(WEIGHTS[column]) / total * ((x.max() - x) / np.ptp(x))[list(rows)].sum()
    alone = shed.alone()
    people = shed.together(np.array(rows)) - len(rows) * alone.min()
    return float(value + WEIGHTS[WORKERS] / total * people / np.ptp(alone))


def workers_suffice(shed: object, rows: tuple, needed: float, share: float) -> bool:
    """By Hall's condition: every group of parks finds its workers."""
    groups = [g for size in range(1, len(rows) + 1) for g in combinations(rows, size)]
    return all(share * shed.together(np.array(g)) >= needed * len(g) - 1e-6 for g in groups)


def best_of_all(sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, k: int, allowed: object) -> tuple:
    sets = [rows for rows in combinations(range(len(sites)), k) if allowed(rows)]
    return max(((objective(sites, homes, rows), rows) for rows in sets), default=(None, ()))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_best_of_all_combinations_is_found(seed: int, k: int) -> None:
    sites, homes = region(seed)
    near = conflicts(sites.geometry.to_numpy(), 9_000)
    value, rows = best_of_all(sites, homes, k, lambda rows: not near[np.ix_(rows, rows)].any())
    chosen = choose_together(sites, k, WEIGHTS, homes=homes, min_spacing_m=9_000)
    assert chosen.attrs["objective"] == pytest.approx(value, abs=1e-9)
    assert sorted(chosen["site_id"]) == sites["site_id"].iloc[list(rows)].tolist()
    assert chosen.attrs["status"] == "optimal"


@pytest.mark.parametrize("seed", range(5))
def test_workers_and_hectares_bind_as_every_combination_says(seed: int) -> None:
    sites, homes = region(seed, side_m=40_000)
    shed = labour_shed(sites, homes)
    needed = 0.4 * np.quantile(shed.alone(), 0.6)
    near = conflicts(sites.geometry.to_numpy(), 0)

    def allowed(rows: tuple) -> bool:
        few = sites["area_ha"].iloc[list(rows)].sum() <= 200
        apart = not near[np.ix_(rows, rows)].any()
        return few and apart and workers_suffice(shed, rows, needed, 0.4)

    value, rows = best_of_all(sites, homes, 3, allowed)
    asked = {"homes": homes, "workers_needed": needed, "max_area_ha": 200}
    if value is None:
        with pytest.raises(TableError, match="workers_needed"):
            choose_together(sites, 3, WEIGHTS, **asked)
        return
    chosen = choose_together(sites, 3, WEIGHTS, **asked)
    assert chosen.attrs["objective"] == pytest.approx(value, abs=1e-9)
    assert sorted(chosen["site_id"]) == sites["site_id"].iloc[list(rows)].tolist()


def test_no_home_is_brought_above_a_limit() -> None:
    sites, homes = region(3)
    random = np.random.default_rng(1)
    added = random.uniform(0, 1, (1, len(sites), 30)) ** 3 * 4
    existing = random.uniform(0, 9.5, (1, 30))
    existing[0, :3] = 12.0  # above the limit before any park
    given_field = xr.Dataset(
        {
            "added_ug_m3": (("pollutant", "site", "home"), added),
            "existing_ug_m3": (("pollutant", "home"), existing),
            "limit_ug_m3": ("pollutant", [10.0]),
        },
        coords={"pollutant": ["nox"], "site": sites["site_id"].to_numpy()},
    )
    room = np.maximum(10 - existing[0], 0.35 * 10)

    def allowed(rows: tuple) -> bool:
        return bool((added[0][list(rows)].sum(axis=0) <= room).all())

    value, rows = best_of_all(sites, homes, 2, allowed)
    free, _ = best_of_all(sites, homes, 2, lambda rows: True)
    assert value is not None
    assert value < free  # the limit binds
    chosen = choose_together(
        sites, 2, WEIGHTS, homes=homes, added=given_field, irrelevant_share=0.35
    )
    assert sorted(chosen["site_id"]) == sites["site_id"].iloc[list(rows)].tolist()
    with pytest.raises(TableError, match="limits of concentration"):
        choose_together(sites, 2, WEIGHTS, homes=homes, added=given_field, irrelevant_share=0)


@given(
    seed=st.integers(0, 10_000), k=st.integers(1, 5), spacing=st.sampled_from([0, 4_000, 12_000])
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_k_are_chosen_apart_and_never_worse_than_one_by_one(
    seed: int, k: int, spacing: float
) -> None:
    sites, homes = region(seed, count=20, side_m=80_000)
    chosen = choose_together(sites, k, WEIGHTS, homes=homes, min_spacing_m=spacing)
    assert len(chosen) == k == chosen["site_id"].nunique()
    assert not conflicts(chosen.geometry.to_numpy(), spacing).any()
    told = chosen.attrs
    rows = np.flatnonzero(sites["site_id"].isin(told["together"]["site_ids"]))
    assert told["objective"] == pytest.approx(objective(sites, homes, tuple(rows)), abs=1e-9)
    assert told["bound"] >= told["objective"]
    if told["one_by_one"] is not None:
        assert told["objective"] >= told["one_by_one"]["objective"]


def test_one_park_is_the_first_of_the_ranking_and_the_order_of_rows_does_not_matter() -> None:
    from geocluster.siting.ranking import rank

    sites, homes = region(5, count=30)
    first = rank(sites, WEIGHTS, method="weighted_sum")["site_id"].iloc[0]
    assert choose_together(sites, 1, WEIGHTS, homes=homes)["site_id"].tolist() == [first]
    turned = sites.sample(frac=1, random_state=3)
    chosen = [choose_together(t, 4, WEIGHTS, homes=homes, samples=5) for t in (sites, turned)]
    assert chosen[0]["site_id"].tolist() == chosen[1]["site_id"].tolist()
    assert chosen[0].attrs["chosen_share"] == chosen[1].attrs["chosen_share"]
    assert sum(chosen[0].attrs["chosen_share"].values()) == pytest.approx(4)


def test_sites_alike_go_by_their_names() -> None:
    squares = [box(x, 0, x + 1000, 1000) for x in range(0, 60_000, 10_000)]
    sites = gpd.GeoDataFrame({"site_id": list("fbcade"), "cost": 1.0}, geometry=squares, crs=CRS)
    assert choose_together(sites, 2, {"cost": -1})["site_id"].tolist() == ["a", "b"]


def test_people_between_two_parks_count_once() -> None:
    sites = gpd.GeoDataFrame(
        {"site_id": ["a", "b", "c"], WORKERS: [900.0, 900.0, 500.0]},
        geometry=[box(x, 0, x + 1000, 1000) for x in (0, 4_000, 60_000)],
        crs=CRS,
    )
    homes = gpd.GeoDataFrame(
        {"people": [900, 500]},
        geometry=[box(2_000, 0, 3_000, 1_000), box(62_000, 0, 63_000, 1_000)],
        crs=CRS,
    )
    chosen = choose_together(sites, 2, {WORKERS: 1}, homes=homes)
    assert chosen["site_id"].tolist() == ["a", "c"]
    assert chosen.attrs["together"]["people_in_reach"] == pytest.approx(1400)
    assert chosen.attrs["one_by_one"]["people_in_reach"] == pytest.approx(900)
    apart = choose_together(sites, 2, {WORKERS: 1})
    assert apart["site_id"].tolist() == ["a", "b"]
    assert "count at each of them" in apart.attrs["note"]


def test_what_cannot_be_says_what_to_relax() -> None:
    sites, homes = region(2)
    with pytest.raises(TableError, match=r"no 4 parks: min_spacing_m 60000 allows at most \d"):
        choose_together(sites, 4, WEIGHTS, homes=homes, min_spacing_m=60_000)
    with pytest.raises(TableError, match="max_area_ha 120 allows at most 2"):
        choose_together(sites, 3, WEIGHTS, homes=homes, max_area_ha=120)
    with pytest.raises(TableError, match="workers_needed 1e"):
        choose_together(sites, 1, WEIGHTS, homes=homes, workers_needed=1e9)
    with pytest.raises(TableError) as caught:
        choose_together(sites, 99, WEIGHTS, min_spacing_m=-1, workers_share=2)
    assert all(word in str(caught.value) for word in ("99 parks", "min_spacing_m", "workers_share"))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_cliques_hold_every_conflict_and_no_other_pair(seed: int) -> None:
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 50_000, (25, 2))
    near = conflicts(np.array([box(x, y, x + 1000, y + 1000) for x, y in corners]), 9_000)
    held = np.zeros_like(near)
    for members in cliques(near):
        held[np.ix_(members, members)] = True
    np.fill_diagonal(held, False)
    assert (held == near).all()


def test_what_parks_add_at_homes_is_what_the_plume_says() -> None:
    from geocluster.plume.field import PlumeOptions, concentration
    from geocluster.siting.added_at_homes import added_at_homes

    sites, homes = region(1, count=3)
    hours = {
        "wind_speed_m_s": [2.0, 4.0, 6.0],
        "wind_from_deg": [20.0, 140.0, 260.0],
        "stability": [5, 4, 3],
        "mixing_height_m": [600.0, 900.0, 1200.0],
        "temperature_k": [285.0] * 3,
        "frequency": [0.3, 0.3, 0.4],
    }
    weather = xr.Dataset(
        {name: ("hour", values) for name, values in hours.items()},
        attrs={"anemometer_height_m": 10.0},
    )
    low = {"release_height_m": 10.0, "initial_sigma_y_m": 20.0, "initial_sigma_z_m": 5.0}
    homes["so2_mean_ug_m3"] = 3.0
    found = added_at_homes(
        sites,
        homes,
        weather,
        releases=low,
        emissions={"so2": 50.0, "co": 9.0},
        limits={"so2": 20.0},
        options=PlumeOptions(),
    )
    assert found["pollutant"].values.tolist() == ["so2"]
    assert (found["existing_ug_m3"] == 3).all()
    one = gpd.GeoDataFrame(
        {"emission_so2_g_s": [50.0], "source_type": ["volume"], **{n: [v] for n, v in low.items()}},
        geometry=[sites.geometry[1].centroid],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(geometry=homes.representative_point(), crs=CRS)
    alone = concentration(one, places, weather)["mean"].sel(pollutant="so2").values
    got = found["added_ug_m3"].sel(pollutant="so2", site="S01").values
    assert alone.max() > 0.01
    np.testing.assert_allclose(got, alone, atol=0.01 * alone.max())
