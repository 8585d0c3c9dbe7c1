"""What a click is answered from: packed figures come out as they went in, to the stated error."""

import json
import tomllib
import warnings

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import box

from geocluster.errors import MendedWarning
from geocluster.exposure.burden import intake_fraction
from geocluster.maps.codes import (
    RELATIVE_ERROR,
    distance_codes,
    distances,
    log_codes,
    log_values,
    pack_planes,
    unpack_planes,
)
from geocluster.maps.grid_fit import fit_grid
from geocluster.maps.here import INTAKE_PPM, MOST_CELLS, nearest_of, pack_here, settled
from geocluster.maps.here_words import HERE_WORDS
from geocluster.maps.page import draw_map
from geocluster.region import Region
from geocluster.sentences import tell
from geocluster.siting.suitability import suitable_land

REGIONS = ("tashkent", "navoi", "andijan", "bukhara")


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=40))
@settings(deadline=None, derandomize=True)
def test_figures_are_off_by_half_a_percent_at_most(values):
    field = np.array([0.0, *values])
    codes, floor = log_codes(field)
    told = log_values(codes, floor)
    assert told[0] == 0
    assert RELATIVE_ERROR < 0.005
    assert np.abs(told[1:] / field[1:] - 1).max() <= RELATIVE_ERROR * (1 + 1e-9)


def test_nothing_and_not_known_are_told_apart():
    codes, floor = log_codes(np.array([0.0, 1e-12, np.nan, 1.0]))
    assert codes[:3].tolist() == [0, 0, 65535]
    assert np.isnan(log_values(codes, floor)[2])
    assert log_codes(np.zeros(3))[0].tolist() == [0, 0, 0]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(500, 50_000))
@settings(deadline=None, derandomize=True)
def test_distances_are_whole_metres_near_and_half_a_percent_far(metres, near):
    away = np.array(metres)
    told = distances(distance_codes(away, near), near)
    close = away <= near
    assert (told[close] == np.floor(away[close])).all()
    assert np.abs(told[~close] / away[~close] - 1).max(initial=0) <= RELATIVE_ERROR * (1 + 1e-9)
    assert ((told < near) == (away < near)).all()


def test_planes_come_back_as_they_were():
    rng = np.random.default_rng(3)
    planes = [rng.integers(0, 65_536, (7, 11)).astype(np.uint16) for _ in range(3)]
    again = unpack_planes(pack_planes(planes), (7, 11))
    assert all((a == b).all() for a, b in zip(planes, again, strict=True))


@pytest.mark.parametrize("name", REGIONS)
def test_a_click_finds_its_cell_in_every_default_region(name, root):
    folder = root / "data/regions" / name
    told = tomllib.loads((folder / "study.toml").read_text("utf-8"))
    boundary = gpd.read_file(folder / told["region"]["boundary"]).geometry
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        region = Region.from_boundary(name, boundary)
    grid = region.grid(cell_m=float(told["grid"]["cell_m"]))
    fit = fit_grid(grid.x.values, grid.y.values, region.crs)
    rng = np.random.default_rng(1)
    column, row = (rng.uniform(-0.5, grid.sizes[axis] - 0.5, 500) for axis in ("x", "y"))
    step = float(grid.x[1] - grid.x[0])
    back = Transformer.from_crs(region.crs, "EPSG:4326", always_xy=True)
    at = back.transform(float(grid.x[0]) + column * step, float(grid.y[0]) - row * step)
    found = fit.at(*at)
    worst = np.hypot(found[0] - column, found[1] - row).max()
    assert worst < 0.05
    assert worst <= fit.worst_cells * 1.2 + 1e-4


@pytest.fixture(scope="module")
def known(demo):
    region = demo.region()
    grid = region.grid(cell_m=1000)
    suitable = suitable_land(grid, demo.exposure(), demo.land(), hazard_class="III")
    return {
        "concentration": demo.concentration(grid), "burden": demo.burden(grid),
        "suitable": suitable, "homes": demo.exposure(), "land": demo.land(),
        "limits": demo.limits(),
    }  # fmt: skip


def test_every_plane_holds_its_field(known, demo):
    packed = pack_here(demo.region(), **known)
    json.dumps(packed, allow_nan=False)
    planes = unpack_planes(packed["packed"], (packed["rows"], packed["columns"]))
    air = packed["air"][0]
    field = known["concentration"]["mean"].sel(pollutant="so2").values
    told = log_values(planes[air["plane"]], air["floor"])
    seen = field > 1e-6 * field.max()
    assert np.abs(told[seen] / field[seen] - 1).max() < 0.005
    assert air["limit"] == 20.0
    suitable = known["suitable"]
    sets = packed["sets"]["bits"]
    out = [sum(1 << bit for bit in here) for here, _ in sets]
    index = planes[packed["sets"]["plane"]]
    assert (np.array(out)[index] == suitable["reasons"].values).all()
    water = next(rule for rule in packed["rules"] if rule["rule_id"] == "water")
    metres = suitable["distance_water_m"].values
    near = metres < 1000
    assert near.any()
    assert (distances(planes[water["plane"]], water["near"])[near] == np.floor(metres[near])).all()


def test_the_intake_fraction_is_that_of_the_burden():
    assert intake_fraction(1.0) == pytest.approx(INTAKE_PPM)


def test_large_grids_are_thinned_and_say_so(demo):
    side = 1001
    region = Region("Wide", box(400_000, 4_400_000, 500_100, 4_500_100), "EPSG:32642")
    grid = region.grid(cell_m=100)
    assert grid.size == side * side
    burden = demo.burden(grid)
    packed = pack_here(region, burden=burden)
    assert packed["cell_m"] == 300
    assert packed["rows"] * packed["columns"] <= MOST_CELLS
    plane = unpack_planes(packed["packed"], (packed["rows"], packed["columns"]))[0]
    told = log_values(plane, packed["burden"]["floor"])
    assert told[5, 7] == pytest.approx(float(burden[16, 22]), rel=0.005)
    assert packed["fit"]["worst_cells"] < 0.05
    assert len(packed["packed"]) < 1_000_000


def test_nearest_homes_are_those_that_the_rules_keep_away_from(known, demo):
    homes = settled(known["homes"], known["suitable"])
    assert set(homes["name"]) == {"Olmazor", "Chirchiq", "Yangiyo'l", "Parkent"}
    suitable = known["suitable"]
    index, away = nearest_of(homes.geometry.to_numpy(), suitable["x"].values, suitable["y"].values)
    assert np.abs(away - suitable["distance_homes_m"].values).max() < 1
    spread = known["homes"].assign(origin="assumed")
    assert len(settled(spread, None)) == len(spread)  # nothing better is known
    assert index.max() == 3


def test_a_map_without_fields_carries_nothing(demo):
    assert pack_here(demo.region()) is None
    assert '"here":null' in draw_map(demo.region()).html


def test_another_grid_is_read_at_the_nearest_cell(demo):
    region = demo.region()
    fine, coarse = region.grid(cell_m=500), region.grid(cell_m=2000)
    packed = pack_here(region, suitable=demo.suitable(fine), burden=demo.burden(coarse))
    plane = unpack_planes(packed["packed"], (packed["rows"], packed["columns"]))[
        packed["burden"]["plane"]
    ]
    told = log_values(plane, packed["burden"]["floor"])
    row, column = fine.sizes["y"] // 2, fine.sizes["x"] // 2
    near = demo.burden(coarse).sel(x=fine.x[column], y=fine.y[row], method="nearest")
    assert told[row, column] == pytest.approx(float(near), rel=0.005)


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_the_popup_speaks_every_language(language):
    told = {key: tell(text, language) for key, text in HERE_WORDS.items()}
    same = {key for key, text in HERE_WORDS.items() if told[key] == text}
    assert same <= {"m", "km", "ppm"}
    for key, text in HERE_WORDS.items():
        assert sorted(_names(text)) == sorted(_names(told[key])), key


def _names(text):
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def test_the_same_input_gives_the_same_text(known, demo):
    first, again = (pack_here(demo.region(), **known) for _ in range(2))
    assert first == again


def test_fields_of_nothing_are_packed(demo):
    grid = demo.region().grid(cell_m=2000)
    nothing = xr.zeros_like(grid, dtype=float)
    assert pack_here(demo.region(), burden=nothing)["burden"]["floor"] == 1.0
