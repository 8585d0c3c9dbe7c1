"""Deposition: velocities against published figures, and the settling plume against its laws."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import set_num_threads

import geocluster as gc
import isc3
import isc3_deposition
from geocluster.errors import InputError, StatisticError
from geocluster.plume.deposition import (
    deposition_velocity,
    friction_velocity,
    obukhov_length,
    settling_velocity,
)

YEAR_S = 8760 * 3600
law = settings(deadline=None, derandomize=True, max_examples=20)


def weather(hours: int = 1, **columns: object) -> xr.Dataset:
    usual = {
        "wind_speed_m_s": 4.0,
        "wind_from_deg": 270.0,
        "stability": 4,
        "mixing_height_m": 600.0,
        "temperature_k": 290.0,
    }
    every = {**usual, **columns}
    return xr.Dataset({n: ("hour", np.broadcast_to(v, (hours,)).copy()) for n, v in every.items()})


def stack(**columns: object) -> gpd.GeoDataFrame:
    usual = {
        "stack_height_m": 40.0,
        "stack_diameter_m": 1.5,
        "exit_velocity_m_s": 8.0,
        "exit_temperature_k": 400.0,
        "emission_pm10_g_s": 10.0,
        "emission_so2_g_s": 7.0,
    }
    return gpd.GeoDataFrame({**usual, **columns}, index=[0], geometry=gpd.points_from_xy([0], [0]))


def volume(**columns: object) -> gpd.GeoDataFrame:
    usual = {
        "source_type": "volume",
        "release_height_m": 10.0,
        "initial_sigma_y_m": 20.0,
        "initial_sigma_z_m": 5.0,
        "emission_pm10_g_s": 10.0,
        "emission_so2_g_s": 7.0,
    }
    return gpd.GeoDataFrame({**usual, **columns}, index=[0], geometry=gpd.points_from_xy([0], [0]))


def points(x: object, y: object = 0.0, **columns: object) -> gpd.GeoDataFrame:
    x, y = np.broadcast_arrays(np.atleast_1d(x).astype(float), y)
    return gpd.GeoDataFrame(columns, index=range(x.size), geometry=gpd.points_from_xy(x, y))


def many_hours(number: int, seed: int = 1) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    hours = weather(
        number,
        wind_speed_m_s=rng.uniform(0.6, 9.0, number),
        wind_from_deg=rng.choice(np.arange(0.0, 360.0, 10.0), number),
        stability=rng.integers(1, 7, number),
        mixing_height_m=rng.uniform(80.0, 1500.0, number),
    )
    time = np.datetime64("2025-01-01T00") + np.arange(number) * np.timedelta64(1, "h")
    return hours.assign_coords(time=("hour", time.astype("datetime64[ns]")))


GRID = points(*(part.ravel() for part in np.meshgrid([-4e3, -900.0, 150.0, 2500.0], [-3e3, 700.0])))
DUST = gc.Particles(diameter_um=(2.5, 10.0, 40.0), mass_fraction=(0.3, 0.5, 0.2), density_g_cm3=2.0)


def test_settling_velocity_is_that_of_the_handbooks() -> None:
    """Hinds (1999), Aerosol Technology, table 3.1: unit density, 20 degrees, with slip.

    0.1 um 8.8e-7, 1 um 3.5e-5, 10 um 3.1e-3 m/s; Stokes' law gives 0.30 m/s to 100 um, where the
    true velocity is 0.25.
    """
    found = settling_velocity([0.1, 1.0, 10.0, 100.0], 1.0)
    assert found == pytest.approx([8.8e-7, 3.5e-5, 3.06e-3, 0.30], rel=0.03)


def test_deposition_velocity_is_least_between_a_tenth_and_one_micrometre() -> None:
    sizes = np.geomspace(0.01, 100.0, 200)
    for friction in (0.2, 0.5, 0.8):
        found = deposition_velocity(sizes, 1.0, friction, np.inf, 0.1)
        assert 0.1 < sizes[np.argmin(found)] < 1.3
        assert (found > settling_velocity(sizes, 1.0)).all()
    coarse = deposition_velocity(np.geomspace(2.0, 100.0, 50), 1.0, 0.3, np.inf, 0.1)
    assert (np.diff(coarse) > 0).all()


def test_the_air_resists_more_where_it_is_stable() -> None:
    found = deposition_velocity(5.0, 2.0, 0.3, np.array([-5.0, -100.0, 1e9, 100.0, 5.0]), 0.1)
    assert (np.diff(found) < 0).all()


def test_surface_layer_by_class() -> None:
    """Golder's lengths at 0.1 m, and a friction velocity that gives the wind back."""
    lengths = obukhov_length(np.arange(6), 0.1)
    assert 1 / lengths == pytest.approx([-0.125, -0.066, -0.02, 0.0, 0.022, 0.071])
    assert friction_velocity(5.0, 10.0, np.inf, 0.1) == pytest.approx(0.4 * 5 / np.log(100))
    falling = friction_velocity(5.0, 10.0, lengths, 0.1)
    assert (np.diff(falling) < 0).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mass_fraction": (0.5, 0.4)}, "sums to 0.9"),
        ({"mass_fraction": (1.0,)}, "1 values for 2 diameters"),
        ({"diameter_um": (0.0, 10.0)}, "diameter_um is 0"),
        ({"density_g_cm3": (1.0, 2.0, 3.0)}, "3 values for 2"),
        ({"density_g_cm3": "heavy"}, "give numbers"),
        ({"diameter_um": ()}, "empty"),
        ({"mass_fraction": (0.5, float("nan"))}, "nan"),
    ],
)
def test_particles_check_themselves(given: dict, words: str) -> None:
    usual = {"diameter_um": (1.0, 10.0), "mass_fraction": (0.5, 0.5), "density_g_cm3": 1.0}
    with pytest.raises(InputError, match=words):
        gc.Particles(**{**usual, **given})


def test_all_faults_of_particles_and_options_at_once() -> None:
    with pytest.raises(InputError) as caught:
        gc.Particles(diameter_um=(-1.0,), mass_fraction=(0.4,), density_g_cm3=100)
    assert all(name in str(caught.value) for name in ("diameter_um", "density_g_cm3", "sums to"))
    with pytest.raises(InputError, match="velocity_m_s"):
        gc.Gas(-0.1)
    with pytest.raises(InputError) as caught:
        gc.PlumeOptions(deposition={"pm10": 3}, roughness_m=0.0, depletion="no")
    assert all(name in str(caught.value) for name in ("pm10", "roughness_m", "depletion"))


def test_options_stay_plain_and_can_be_hashed(tmp_path) -> None:
    options = gc.PlumeOptions(deposition={"pm10": DUST, "so2": gc.Gas(0.005)}, roughness_m=0.3)
    assert options == replace(options)
    assert hash(options) == hash(replace(options))
    assert {options: 1}[gc.PlumeOptions(deposition={"pm10": DUST, "so2": gc.Gas(0.005)},
                                        roughness_m=0.3)] == 1  # fmt: skip
    field = gc.concentration(stack(), GRID, weather(), options=options)
    assert field.attrs["deposition"] == "pm10: particles of 2.5, 10, 40 um; so2: gas 0.005 m/s"
    assert (field.attrs["roughness_m"], field.attrs["depletion"]) == (0.3, 1)
    field.to_netcdf(tmp_path / "field.nc")
    assert xr.open_dataset(tmp_path / "field.nc").attrs["deposition"] == field.attrs["deposition"]


@pytest.mark.parametrize("source", [stack(), volume(), volume(urban=True)])
def test_without_velocities_it_is_the_plain_plume(source: gpd.GeoDataFrame) -> None:
    """To 1e-9 of the fast kernel, place by place: yearly sums, tops and single hours."""
    hours, names = many_hours(60), ("mean", "max_1h", "h2_1h", "p98_24h", "days_above_1")
    for changes in ({}, {"final_rise": False}, {"half_life_s": 3600.0, "urban": "by source"}):
        if "urban" in changes and "urban" not in source:
            continue
        plain = gc.PlumeOptions(**changes)
        nothing = replace(plain, deposition={"so2": gc.Gas(0.0)})
        for wanted in (names, names[:2]):
            expected = gc.concentration(source, GRID, hours, statistics=wanted, options=plain)
            found = gc.concentration(source, GRID, hours, statistics=wanted, options=nothing)
            for name in wanted:
                assert found[name].values == pytest.approx(expected[name].values, rel=1e-9, abs=0)
                same = found[name] == expected[name]
                assert name not in wanted[:2] or same.sel(pollutant="pm10").all()


CASES = [
    (stack(), 4, 10.0),
    (stack(), 6, 20.0),
    (volume(), 2, 10.0),
    (volume(), 5, 1.0),
    (volume(release_height_m=3.0), 4, 40.0),
    (volume(), 4, None),
    (stack(urban=True), 3, 40.0),
]


@pytest.mark.parametrize(("source", "stability", "diameter"), CASES)
@pytest.mark.parametrize("depletion", [True, False])
def test_agrees_with_plain_python(
    source: gpd.GeoDataFrame, stability: int, diameter: float | None, depletion: bool
) -> None:
    """Concentration and flux, to 0.5 % with depletion (tables against integrals), else 1e-8."""
    urban = bool(source.get("urban", [False])[0])
    if diameter is None:
        kind, vd, vg = gc.Gas(0.01), 0.01, 0.0
    else:
        kind = gc.Particles(diameter, 1.0, 2.0)
        length = float(obukhov_length(np.array([stability - 1]), 0.1)[0])
        friction = float(friction_velocity(4.0, 10.0, length, 0.1))
        vd = isc3_deposition.velocity(diameter, 2.0, friction, length, 0.1)
        vg = isc3_deposition.fall(diameter, 2.0)
    options = gc.PlumeOptions(deposition={"pm10": kind}, depletion=depletion, urban=urban)
    x = np.array([100.0, 400.0, 1500.0, 6000.0])
    found = gc.concentration(
        source, points(x, 0.02 * x), weather(stability=stability), pollutants="pm10",
        statistics=("mean", "deposition"), options=options,
    )  # fmt: skip
    plain = isc3_deposition.Size(
        {**source.iloc[0].drop("geometry").to_dict(), "x": 0.0, "y": 0.0},
        isc3.Hour(4.0, 270.0, stability - 1, 600.0, 290.0),
        vd, vg, urban=urban, depletion=depletion,
    )  # fmt: skip
    expected = np.array([plain.at(at, 0.02 * at) for at in x])
    seen = expected[:, 0] > 1e-4 * expected[:, 0].max()
    assert seen.sum() >= 2
    near = {"rel": 5e-3 if depletion else 2e-4}
    assert found["mean"].values[0, seen] == pytest.approx(10 * expected[seen, 0], **near)
    total = 10 * YEAR_S * expected[seen, 1]
    assert found["deposition"].values[0, seen] == pytest.approx(total, **near)


# So small that nothing is deposited where a volume itself stands.
SMALL = {"initial_sigma_y_m": 2.0, "initial_sigma_z_m": 1.0}


@pytest.mark.parametrize("kind", [gc.Gas(0.02), gc.Particles(5.0, 1.0, 2.0), DUST])
@pytest.mark.parametrize(
    ("source", "stability"),
    [(stack(), 2), (volume(**SMALL), 4), (volume(**SMALL, release_height_m=2.0), 5)],
)
def test_what_is_deposited_and_what_stays_aloft_is_what_was_emitted(
    kind: gc.Particles | gc.Gas, source: gpd.GeoDataFrame, stability: int
) -> None:
    """Deposition up to 8 km, and there the flux through a plane: together the emission, to 3 %.

    Under a lid (B, D) and without one (E). What is aloft is integrated from the concentrations at
    heights, what was deposited from those at the ground.
    """
    reach, hours = 8000.0, weather(stability=stability)
    options = gc.PlumeOptions(deposition={"pm10": kind})
    x = np.geomspace(6.0, reach, 140)
    across = np.linspace(-6.0, 6.0, 41)
    gx, t = np.meshgrid(x, across, indexing="ij")
    width = 0.5 * gx + 30.0
    y = t / 6.0 * width
    ground = gc.concentration(
        source, points(gx.ravel(), y.ravel()), hours, pollutants="pm10", statistics="deposition",
        options=options,
    )["deposition"].values.reshape(gx.shape) / YEAR_S  # fmt: skip
    strip = np.trapezoid(ground, y, axis=1)
    deposited = np.trapezoid(strip * x, np.log(x)) / 10.0
    heights = np.concatenate([np.linspace(0.0, 20.0, 21), np.geomspace(21.0, 2000.0, 80)])
    side = np.linspace(-4000.0, 4000.0, 61)
    gy, gz = np.meshgrid(side, heights, indexing="ij")
    plane = points(np.full(gy.size, reach), gy.ravel(), height_m=gz.ravel())
    aloft = gc.concentration(source, plane, hours, pollutants="pm10", options=options)["mean"]
    through = np.trapezoid(np.trapezoid(aloft.values.reshape(gy.shape), side, axis=0), heights)
    k, tall = stability - 1, "stack_height_m" in source
    u = isc3.wind(40.0 if tall else 10.0, isc3.Hour(4.0, 270.0, k, 600.0, 290.0), False)
    airborne = 1e-6 * through * u / 10.0
    assert 0.005 < deposited < 0.99
    assert deposited + airborne == pytest.approx(1.0, abs=0.03)


def test_without_depletion_there_is_more_and_the_flux_is_velocity_times_concentration() -> None:
    gas = gc.PlumeOptions(deposition={"pm10": gc.Gas(0.01)}, depletion=False)
    places, names = points([200.0, 1000.0, 5000.0]), ("mean", "deposition")
    hours = weather(stability=2)
    thick = gc.concentration(
        volume(), places, hours, pollutants="pm10", statistics=names, options=gas
    )
    thin = gc.concentration(
        volume(), places, hours, pollutants="pm10", statistics=names,
        options=replace(gas, depletion=True),
    )  # fmt: skip
    for name in names:
        assert (thick[name] > thin[name]).all()
    at_1m = gc.concentration(
        volume(), points([200.0, 1000.0, 5000.0], height_m=1.0), hours, pollutants="pm10",
        options=gas,
    )  # fmt: skip
    expected = 0.01 * 1e-6 * at_1m["mean"].values * YEAR_S
    assert thick["deposition"].values == pytest.approx(expected, rel=1e-12)
    assert thick["deposition"].attrs["units"] == "g/m2"


def test_sizes_add_up_by_their_mass() -> None:
    hours, names = many_hours(40), ("mean", "deposition")

    def field(kind: gc.Particles) -> xr.Dataset:
        return gc.concentration(
            stack(), GRID, hours, pollutants="pm10", statistics=names,
            options=gc.PlumeOptions(deposition={"pm10": kind}),
        )  # fmt: skip

    both = field(gc.Particles((3.0, 30.0), (0.25, 0.75), (1.0, 2.0)))
    fine, coarse = field(gc.Particles(3.0, 1.0, 1.0)), field(gc.Particles(30.0, 1.0, 2.0))
    for name in names:
        expected = 0.25 * fine[name] + 0.75 * coarse[name]
        assert both[name].values == pytest.approx(expected.values, rel=1e-10)


def test_coarser_particles_are_taken_out_sooner() -> None:
    """At the ground near a low source more is deposited, far away less is left."""
    x = points([100.0, 20_000.0])
    found = []
    for diameter in (1.0, 3.0, 10.0, 30.0):
        options = gc.PlumeOptions(deposition={"pm10": gc.Particles(diameter, 1.0, 2.0)})
        found.append(
            gc.concentration(
                volume(), x, weather(), pollutants="pm10", statistics=("mean", "deposition"),
                options=options,
            )
        )  # fmt: skip
    far = [float(field["mean"][0, 1]) for field in found]
    near = [float(field["deposition"][0, 0]) for field in found]
    assert far == sorted(far, reverse=True)
    assert near == sorted(near)


def test_cases_follow_their_pollutant_and_others_stay_as_they_were() -> None:
    source = stack(emission_pm10_low_g_s=5.0, emission_pm10_high_g_s=20.0)
    hours = many_hours(30)
    options = gc.PlumeOptions(deposition={"pm10": DUST})
    names = ("mean", "max_1h", "h3_1h", "max_24h")
    plain = gc.concentration(source, GRID, hours, statistics=names)
    alone = gc.concentration(source, GRID, hours, pollutants="so2", statistics=names)
    found = gc.concentration(source, GRID, hours, statistics=names, options=options)
    for name in names:
        pm10 = found[name].sel(pollutant="pm10")
        for case, factor in (("low", 0.5), ("high", 2.0)):
            own = found[name].sel(pollutant=f"pm10_{case}")
            assert own.values == pytest.approx(factor * pm10.values, rel=1e-12)
        so2 = found[name].sel(pollutant="so2").values
        assert so2 == pytest.approx(alone[name].sel(pollutant="so2").values, rel=1e-13)
        assert not np.allclose(pm10, plain[name].sel(pollutant="pm10"), rtol=0.05, atol=0.0)


def test_the_sweep_of_others_keeps_its_bytes() -> None:
    names = ("mean", "max_1h")
    options = gc.PlumeOptions(deposition={"pm10": DUST})
    plain = gc.concentration(stack(), GRID, many_hours(30), statistics=names)
    found = gc.concentration(stack(), GRID, many_hours(30), statistics=names, options=options)
    for name in names:
        expected = plain[name].sel(pollutant="so2").values.tobytes()
        assert found[name].sel(pollutant="so2").values.tobytes() == expected


def test_hours_give_the_sums_and_tops_of_the_sweep() -> None:
    hours = many_hours(50)
    options = gc.PlumeOptions(deposition={"pm10": DUST})
    given = {"pollutants": "pm10", "options": options}
    swept = gc.concentration(stack(), GRID, hours, statistics=("mean", "max_1h"), **given)
    names = ("mean", "max_1h", "h1_1h", "deposition")
    ranked = gc.concentration(stack(), GRID, hours, statistics=names, **given)
    assert ranked["mean"].values == pytest.approx(swept["mean"].values, rel=1e-12)
    assert ranked["max_1h"].values == pytest.approx(swept["max_1h"].values, rel=1e-12)
    alone = gc.concentration(stack(), GRID, hours, statistics="deposition", **given)
    assert ranked["deposition"].identical(alone["deposition"])


def test_contributions_add_up() -> None:
    both = pd.concat([stack().assign(source_type="point"), volume()], ignore_index=True)
    options = gc.PlumeOptions(deposition={"pm10": DUST})
    given = {"pollutants": "pm10", "options": options}
    for name in ("mean", "deposition", "max_1h"):
        total = gc.concentration(both, GRID, many_hours(30), statistics=name, **given)[name]
        parts = gc.contributions(both, GRID, many_hours(30), statistic=name, **given)
        assert parts.sum("source").values == pytest.approx(total.values, rel=1e-12)
        assert parts.attrs["units"] == total.attrs["units"]


def test_each_source_deposits_in_the_weather_of_its_own_place() -> None:
    west, east = (
        many_hours(30, 1),
        many_hours(30, 2).assign(friction_velocity_m_s=("hour", [0.3] * 30)),
    )
    both = pd.concat([stack().assign(source_type="point"), volume()], ignore_index=True)
    both = both.assign(weather=["west", "east"])
    given = {"pollutants": "pm10", "options": gc.PlumeOptions(deposition={"pm10": DUST})}
    for name in ("mean", "deposition"):
        found = gc.concentration(both, GRID, {"west": west, "east": east}, statistics=name, **given)
        parts = [
            gc.concentration(source, GRID, weather, statistics=name, **given)[name].values
            for source, weather in ((stack(), west), (volume(), east))
        ]
        assert found[name].values == pytest.approx(sum(parts), rel=1e-12)
    top = gc.concentration(
        both, GRID, {"west": west, "east": east}, statistics=("max_1h", "deposition"), **given
    )
    assert top["deposition"].values == pytest.approx(sum(parts), rel=1e-12)
    assert (top["max_1h"].values > 0).any()


def test_tables_do_not_deposit() -> None:
    with pytest.raises(InputError, match="deposition"):
        gc.concentration(
            stack(), GRID, weather(),
            options=gc.PlumeOptions(deposition={"pm10": DUST}, method="tables"),
        )  # fmt: skip


def test_threads_and_chunks_change_no_byte() -> None:
    x = np.linspace(-3000.0, 3000.0, 25)
    grid = xr.DataArray(np.zeros((25, 25)), coords={"y": x, "x": x}, dims=("y", "x"))
    options = gc.PlumeOptions(deposition={"pm10": DUST})
    given = {"statistics": ("mean", "max_1h", "deposition"), "pollutants": "pm10"}
    whole = gc.concentration(stack(), grid, many_hours(30), options=options, **given)
    set_num_threads(1)
    try:
        alone = gc.concentration(stack(), grid, many_hours(30), options=options, **given)
    finally:
        set_num_threads(2)
    lazy = gc.concentration(
        stack(), grid.chunk(y=7, x=11), many_hours(30), options=options, **given
    )
    for other in (alone, lazy.compute()):
        for name in given["statistics"]:
            assert other[name].values.tobytes() == whole[name].values.tobytes()


def test_terrain_lowers_the_settling_plume_too() -> None:
    source = stack(ground_m=300.0)
    options = gc.PlumeOptions(deposition={"pm10": gc.Gas(0.0)})
    places = points([800.0, 2000.0, 5000.0], ground_m=[320.0, 280.0, 400.0])
    for changes in ({}, {"final_rise": False}):
        plain = gc.concentration(
            source, places, many_hours(40), pollutants="pm10",
            options=gc.PlumeOptions(**changes),
        )  # fmt: skip
        found = gc.concentration(
            source, places, many_hours(40), pollutants="pm10", options=replace(options, **changes)
        )
        assert found["mean"].values == pytest.approx(plain["mean"].values, rel=1e-9)


def test_the_weathers_own_friction_velocity_and_obukhov_length_count() -> None:
    options = gc.PlumeOptions(deposition={"pm10": gc.Particles(5.0, 1.0, 2.0)}, depletion=False)
    places = points([500.0])

    def deposited(**columns: object) -> float:
        field = gc.concentration(
            volume(), places, weather(**columns), pollutants="pm10", statistics="deposition",
            options=options,
        )  # fmt: skip
        return field["deposition"].item()

    rough = deposited(friction_velocity_m_s=0.8, obukhov_length_m=1e5)
    still = deposited(friction_velocity_m_s=0.1, obukhov_length_m=20.0)
    ratio = deposition_velocity(5.0, 2.0, 0.8, 1e5, 0.1) / deposition_velocity(
        5.0, 2.0, 0.1, 20.0, 0.1
    )
    assert rough / still == pytest.approx(ratio, rel=1e-9)
    estimated = deposited()
    assert still < estimated < rough
    assert deposited(friction_velocity_m_s=np.nan, obukhov_length_m=np.nan) == estimated


def test_what_cannot_be_deposited_is_refused() -> None:
    dust = gc.PlumeOptions(deposition={"pm10": DUST})
    with pytest.raises(InputError, match="'dust': no source emits it; there are pm10, so2"):
        gc.concentration(
            stack(), GRID, weather(), options=gc.PlumeOptions(deposition={"dust": DUST})
        )
    with pytest.raises(StatisticError, match="so2 deposits by no option"):
        gc.concentration(stack(), GRID, weather(), statistics="deposition", options=dust)
    with pytest.raises(StatisticError, match="pm10, so2"):
        gc.concentration(stack(), GRID, weather(), statistics="deposition")
    yard = gpd.GeoDataFrame(
        {"source_type": ["area"], "release_height_m": [2.0], "emission_pm10_g_s": [1.0]},
        geometry=points([0.0]).buffer(50.0),
    )
    with pytest.raises(InputError, match="give them as volumes"):
        gc.concentration(yard, GRID, weather(), options=dust)
    assert (gc.concentration(yard, GRID, weather())["mean"] > 0).any()


def test_areas_that_do_not_deposit_stand_beside_what_does() -> None:
    yard = gpd.GeoDataFrame(
        {"source_type": ["area"], "release_height_m": [2.0], "emission_so2_g_s": [1.0],
         "emission_pm10_g_s": [0.0]},
        geometry=points([0.0]).buffer(50.0),
    )  # fmt: skip
    both = pd.concat([yard, volume()], ignore_index=True)
    dust = gc.PlumeOptions(deposition={"pm10": DUST})
    hours = many_hours(20)
    for name in ("mean", "max_1h"):
        found = gc.concentration(both, GRID, hours, statistics=name, options=dust)[name]
        plain = gc.concentration(both, GRID, hours, statistics=name)[name]
        alone = gc.concentration(volume(), GRID, hours, statistics=name, options=dust)[name]
        assert (found.sel(pollutant="so2") == plain.sel(pollutant="so2")).all()
        expected = alone.sel(pollutant="pm10").values
        assert found.sel(pollutant="pm10").values == pytest.approx(expected, rel=1e-12)


@law
@given(
    diameters=st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=3),
    density=st.floats(0.01, 25.0),
    speed=st.floats(0.1, 25.0),
    stability=st.integers(1, 6),
    lid=st.floats(0.0, 4000.0),
    roughness=st.floats(1e-4, 0.9),
    height=st.floats(0.0, 300.0),
    depletion=st.booleans(),
    tall=st.booleans(),
    x=st.floats(1.0, 45_000.0),
    z=st.floats(0.0, 500.0),
)
def test_any_particles_give_a_finite_number_that_is_not_below_0(
    diameters: list[float], density: float, speed: float, stability: int, lid: float,
    roughness: float, height: float, depletion: bool, tall: bool, x: float, z: float,
) -> None:  # fmt: skip
    kind = gc.Particles(diameters, [1 / len(diameters)] * len(diameters), density)
    source = stack(stack_height_m=height) if tall else volume(release_height_m=height)
    field = gc.concentration(
        source, points([x, x], height_m=[z, 0.0]),
        weather(wind_speed_m_s=speed, stability=stability, mixing_height_m=lid),
        pollutants="pm10", statistics=("mean", "deposition"),
        options=gc.PlumeOptions(
            deposition={"pm10": kind}, depletion=depletion, roughness_m=roughness
        ),
    )  # fmt: skip
    for name in field.data_vars:
        assert np.isfinite(field[name].values).all()
        assert (field[name].values >= 0).all()
