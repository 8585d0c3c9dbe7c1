"""Laws that the plume of any area keeps."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from geocluster.plume.field import PlumeOptions, concentration

law = settings(deadline=None, derandomize=True, max_examples=20)
classes = st.integers(1, 6)
angles = st.floats(0, 360)


def area(*shapes: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    """Areas of 1 ug/s for each square metre."""
    usual = {
        "source_type": "area",
        "release_height_m": 3.0,
        "emission_so2_g_s": [1e-6 * shape.area for shape in shapes],
    }
    return gpd.GeoDataFrame({**usual, **columns}, geometry=list(shapes))


def hour(
    wind_from_deg: float = 270.0, stability: int = 4, lid: float = 900.0, speed: float = 3.0
) -> xr.Dataset:
    values = {
        "wind_speed_m_s": speed,
        "wind_from_deg": wind_from_deg,
        "stability": stability,
        "mixing_height_m": lid,
        "temperature_k": 290.0,
    }
    return xr.Dataset({name: ("hour", [value]) for name, value in values.items()})


def at(x: object, y: object, z: object = 0.0) -> gpd.GeoDataFrame:
    x, y, z = (np.ravel(part) for part in np.broadcast_arrays(x, y, z))
    return gpd.GeoDataFrame({"height_m": z}, geometry=gpd.points_from_xy(x, y))


def mean(*args: object, **options: object) -> np.ndarray:
    return concentration(*args, **options)["mean"].values[0]


FIELD = at(*np.meshgrid(np.arange(-900.0, 901, 200), np.arange(-900.0, 901, 200)))


@law
@given(stability=classes, angle=angles, cut=st.floats(-80, 80))
def test_two_parts_make_the_whole(stability: int, angle: float, cut: float) -> None:
    weather = hour(angle, stability)
    whole = mean(area(shapely.box(-100, -60, 100, 60)), FIELD, weather)
    parts = area(shapely.box(-100, -60, cut, 60), shapely.box(cut, -60, 100, 60))
    counts = whole > 1e-6 * whole.max()
    np.testing.assert_allclose(mean(parts, FIELD, weather)[counts], whole[counts], rtol=2e-4)


@law
@given(stability=classes, angle=angles)
def test_a_hole_takes_away_what_fills_it(stability: int, angle: float) -> None:
    outer, hole = shapely.box(-150, -100, 150, 100), shapely.Point(20, -10).buffer(60)
    weather = hour(angle, stability)
    whole, filling = (mean(area(shape), FIELD, weather) for shape in (outer, hole))
    ring = mean(area(outer.difference(hole)), FIELD, weather)
    np.testing.assert_allclose(ring + filling, whole, rtol=3e-4, atol=1e-7 * whole.max())
    assert filling.max() > 0.01 * whole.max()


@law
@given(stability=classes, angle=angles, turned=angles)
def test_wind_and_places_turn_together(stability: int, angle: float, turned: float) -> None:
    shape = shapely.Polygon(
        [(0, 0), (200, 30), (150, 180), (60, 60)], [[(90, 50), (120, 50), (120, 90)]]
    )
    before = mean(area(shape), FIELD, hour(angle, stability))
    places = FIELD.set_geometry(FIELD.rotate(-turned, origin=(0, 0)))
    shape = affinity.rotate(shape, -turned, origin=(0, 0))
    after = mean(area(shape), places, hour((angle + turned) % 360, stability))
    np.testing.assert_allclose(after, before, rtol=3e-4, atol=1e-7 * before.max())


@law
@given(stability=classes, y=st.floats(0, 400))
def test_mirror(stability: int, y: float) -> None:
    """A rectangle along the wind, and places on either side of its axis."""
    found = mean(
        area(shapely.box(-200, -50, 100, 50)), at([300, 300], [y, -y]), hour(270, stability)
    )
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-15)


@law
@given(stability=classes, angle=angles, urban=st.booleans())
def test_far_away_it_is_a_volume_source(stability: int, angle: float, urban: bool) -> None:
    far = 20_000 * np.array([-np.sin(np.radians(angle)), -np.cos(np.radians(angle))])
    small = area(shapely.box(-20, -20, 20, 20), initial_sigma_z_m=0.001)
    volume = gpd.GeoDataFrame(
        {
            "source_type": ["volume"],
            "release_height_m": [3.0],
            "initial_sigma_y_m": [0.001],
            "initial_sigma_z_m": [0.001],
            "emission_so2_g_s": [1e-6 * 1600],
        },
        geometry=gpd.points_from_xy([0.0], [0.0]),
    )
    options = PlumeOptions(urban=urban)
    found, truth = (
        mean(source, at(*far), hour(angle, stability), options=options)[0]
        for source in (small, volume)
    )
    assert found == pytest.approx(truth, rel=1e-3)


@law
@given(
    stability=classes,
    angle=angles,
    height=st.floats(0, 100),
    spread=st.floats(0, 20),
    z=st.floats(0, 60),
    lid=st.floats(1, 3000),
    width=st.floats(0.5, 800),
)
def test_always_finite_and_never_negative(
    stability: int, angle: float, height: float, spread: float, z: float, lid: float, width: float
) -> None:
    shape = shapely.box(-width, -30, width, 30)
    columns = {"release_height_m": height, "initial_sigma_z_m": spread}
    places = FIELD.assign(height_m=z)
    found = mean(area(shape, **columns), places, hour(angle, stability, lid))
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_nothing_upwind() -> None:
    found = mean(area(shapely.box(-100, -60, 100, 60)), at([-101, -150, 0.0], [0, 0, 0]), hour())
    assert (found[:2] == 0).all()
    assert found[2] > 0


def test_twice_the_emission_gives_twice_the_concentration() -> None:
    shape = shapely.Point(0, 0).buffer(100)
    once, twice = area(shape), area(shape, emission_so2_g_s=[2e-6 * shape.area])
    np.testing.assert_allclose(mean(twice, FIELD, hour(33)), 2 * mean(once, FIELD, hour(33)))
