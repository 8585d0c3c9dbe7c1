"""Homes close to a place count where they stand, not where the part of a cell around them is."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from shapely.geometry import Point, box

from geocluster.exposure.burden import burden
from geocluster.exposure.close_by import CLOSE, CloseBy
from geocluster.exposure.coverage import Frame
from geocluster.plume.field import concentration
from geocluster.region import Region

CELL = 500.0
GRID = Region("Test", box(0, 0, 6000, 4000), "EPSG:32642").grid(cell_m=CELL)
LOW = {"release_height_m": 10.0, "initial_sigma_y_m": 23.3, "initial_sigma_z_m": 9.3}


def weather() -> xr.Dataset:
    """Winds from all around, more from the north."""
    around = np.arange(0.0, 360.0, 10.0)
    count = around.size
    return xr.Dataset(
        {
            "wind_speed_m_s": ("hour", np.full(count, 3.0)),
            "wind_from_deg": ("hour", around),
            "stability": ("hour", np.full(count, 4)),
            "mixing_height_m": ("hour", np.full(count, 900.0)),
            "temperature_k": ("hour", np.full(count, 288.0)),
            "frequency": ("hour", 1 + np.cos(np.radians(around)) / 2),
        },
        attrs={"anemometer_height_m": 10.0},
    )


def means(cells: tuple[int, int], sides: tuple[float, float]) -> np.ndarray:
    """A field that has no symmetry, as the mean over each cell of a plane and a bend."""
    x = (np.arange(-cells[0], cells[0] + 1)) * sides[0]
    y = (np.arange(-cells[1], cells[1] + 1))[::-1] * sides[1]
    return np.exp(-((x[None, :] - 30) ** 2 + (y[:, None] + 50) ** 2) / 4e5)


def test_the_correction_is_pieces_less_parts_summed_over_all_that_is_close():
    random = np.random.default_rng(3)
    at = random.uniform([0, 0], [6000, 4000], (40, 2))
    homes = shapely.box(at[:, 0], at[:, 1], at[:, 0] + 90, at[:, 1] + 140)
    people = random.uniform(1, 50, 40)
    frame, parts = Frame.of(GRID), 5
    close = CloseBy.of(homes, people, frame, parts)
    assert close is not None
    found = close.correction(means)
    part, piece = CELL / parts, CELL / parts / close.per_part
    x, y = (close.column + 0.5) * piece - close.pad[0] * CELL, None
    y = frame.y_max + close.pad[1] * CELL - (close.row + 0.5) * piece
    reach = CLOSE * close.per_part + close.per_part // 2
    coarse, fine = means((CLOSE, CLOSE), (part, part)), means((reach, reach), (piece, piece))
    expected = np.zeros(frame.shape)
    for row, north in enumerate(GRID["y"].values):
        for column, east in enumerate(GRID["x"].values):
            right, down = np.rint((x - east) / piece), np.rint((north - y) / piece)
            near = (np.abs(right) <= reach) & (np.abs(down) <= reach)
            i, j = down[near].astype(int) + reach, right[near].astype(int) + reach
            step = close.per_part
            beyond = fine[i, j] - coarse[i // step, j // step]
            expected[row, column] = (close.people[near] * beyond).sum()
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert np.abs(found).max() > 0


def test_the_people_in_pieces_are_all_of_them():
    homes = np.array([box(700, 700, 790, 800), box(3000, 3000, 3040, 3300)], dtype=object)
    close = CloseBy.of(homes, np.array([30.0, 12.0]), Frame.of(GRID), 5)
    assert close is not None
    assert close.people.sum() == pytest.approx(42)


@pytest.mark.parametrize(("parts", "side"), [(9, 100.0), (5, 5000.0)])
def test_small_parts_and_large_homes_need_no_closer_look(parts, side):
    home = np.array([box(500, 500, 500 + side, 500 + side)], dtype=object)
    assert CloseBy.of(home, np.array([10.0]), Frame.of(GRID), parts) is None


def test_a_lone_home_beside_a_place_is_priced_as_a_forward_run_prices_it():
    place = Point(2750, 2250)
    home = box(2750 + 90, 2250 + 20, 2750 + 130, 2250 + 50)
    homes = gpd.GeoDataFrame({"people": [60.0]}, geometry=[home], crs="EPSG:32642")
    found = burden(homes, GRID, weather(), releases=LOW).sel(x=place.x, y=place.y).item()
    x, y = np.meshgrid(np.arange(2842, 2880, 4.0), np.arange(2272, 2300, 4.0))
    receptors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=32642)
    park = gpd.GeoDataFrame(
        {"source_type": ["volume"], "emission_unit_g_s": [1.0], **{k: [v] for k, v in LOW.items()}},
        geometry=[place],
        crs="EPSG:32642",
    )
    inside = receptors[receptors.within(home)]
    truth = concentration(park, inside, weather())["mean"].values.mean() * 60
    assert found == pytest.approx(truth, rel=0.02)
