"""Surfaces: a cell lies where it lies on the earth, contours are where the limit is."""

import base64
import io
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from pyproj import Transformer
from shapely import LineString

from geocluster.errors import TableError
from geocluster.maps.colours import class_breaks, class_index, oklab, ramp
from geocluster.maps.raster_image import marked, picture, png, warp
from geocluster.maps.surfaces import (
    concentration_layers,
    drawn_fields,
    index_of_reasons,
    limits_of,
    suitable_layers,
    surface,
    trace,
)


def pixels(uri: str) -> np.ndarray:
    """A picture's palette indices, read back by GDAL."""
    body = base64.b64decode(uri.partition(",")[2])
    with rasterio.open(io.BytesIO(body)) as image:
        assert image.count == 1
        return image.read(1)


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
@pytest.mark.parametrize("smooth", [True, False])
def test_a_cell_lands_at_its_own_latitude_and_longitude(demo: ModuleType, smooth: bool) -> None:
    grid = demo.region().grid(cell_m=1000)
    values = np.zeros(grid.shape, dtype=np.uint8)
    values[17, 31] = 1
    warped, bounds = warp(values, grid, demo.CRS, smooth=smooth)
    index = (warped > 0.5).astype(np.uint8)
    image = picture(index, bounds, ["#ff0000"])
    found = pixels(image.uri)
    rows, columns = np.nonzero(found)
    south, west, north, east = image.bounds
    # Leaflet stretches a picture linearly in EPSG:3857 between the corners it is given.
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    to_degrees = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    (x0, y0), (x1, y1) = to_metres.transform(west, south), to_metres.transform(east, north)
    x = x0 + (columns.mean() + 0.5) / found.shape[1] * (x1 - x0)
    y = y1 - (rows.mean() + 0.5) / found.shape[0] * (y1 - y0)
    longitude, latitude = to_degrees.transform(x, y)
    back = Transformer.from_crs("EPSG:4326", demo.CRS, always_xy=True)
    east_m, north_m = back.transform(longitude, latitude)
    assert east_m == pytest.approx(float(grid.x[31]), abs=100)
    assert north_m == pytest.approx(float(grid.y[17]), abs=100)


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_a_palette_entry_carries_its_number() -> None:
    index = np.arange(255, dtype=np.uint8).reshape(15, 17)
    body = png(index, ["#8899aa"] * 254)
    with rasterio.open(io.BytesIO(body)) as image:
        assert (image.read(1) == index).all()
        table = image.colormap(1)
    assert table[0][3] == 0
    for number in range(1, 255):
        red, green, blue, alpha = table[number]
        assert alpha == 255
        assert (red & 7) << 5 | (green & 7) << 2 | blue & 3 == number
        assert max(abs(red - 0x88), abs(green - 0x99), abs(blue - 0xAA)) <= 7
    assert marked("#000000", 5) == bytes((0, 1, 1))


def test_the_same_picture_twice_is_the_same_bytes(demo: ModuleType) -> None:
    grid = demo.region().grid(cell_m=2000)
    field = demo.concentration(grid)
    first, second = (concentration_layers(field, demo.region(), demo.limits()) for _ in range(2))
    assert [layer.as_data() for layer in first] == [layer.as_data() for layer in second]


@pytest.mark.parametrize("name", ["concentration", "burden"])
def test_colours_darken_in_even_steps(name: str) -> None:
    lightness = [oklab(colour)[0] for colour in ramp(name, 8)]
    steps = np.diff(lightness)
    assert (steps < 0).all()
    assert steps.max() / steps.min() > 0.9


def test_breaks_are_one_two_five_and_below_the_highest() -> None:
    for highest in (0.0031, 1.0, 7.7, 19.99, 2e5):
        breaks = class_breaks(highest)
        assert breaks == sorted(breaks)
        assert breaks[-1] < highest <= breaks[-1] * 2.5 + 1e-9
        assert {f"{b:e}"[0] for b in breaks} <= {"1", "2", "5"}
    assert class_breaks(float("nan")) == []


def test_a_depth_of_colour_is_a_share_of_the_limit(demo: ModuleType) -> None:
    grid = demo.region().grid(cell_m=2000)
    values = demo.concentration(grid)["mean"].sel(pollutant="so2").to_numpy()
    weak = surface("k", "T", values / 10, grid, demo.CRS, "µg/m³", "concentration", 2.0)
    strong = surface("k", "T", values, grid, demo.CRS, "µg/m³", "concentration", 20.0)
    pale = surface("k", "T", values / 100, grid, demo.CRS, "µg/m³", "concentration", 20.0)
    assert weak is not None
    assert strong is not None
    assert pale is not None
    assert weak.data["colours"] == strong.data["colours"]
    assert pale.data["colours"] == strong.data["colours"][: len(pale.data["colours"])]
    assert len(pale.data["colours"]) < len(strong.data["colours"])
    assert strong.data["breaks"][0] == 0.2


def test_the_surface_highest_against_its_limit_is_shown_first(demo: ModuleType) -> None:
    field = demo.concentration(demo.region().grid(cell_m=2000)).isel(pollutant=[3, 0])
    layers = concentration_layers(field, demo.region(), demo.limits())
    assert [one.key for one in layers if one.shown and one.kind == "surface"] == ["so2_mean"]


def test_classes_begin_at_their_break() -> None:
    assert class_index(np.array([[0.99, 1.0], [np.nan, 50.0]]), [1, 2, 5]).tolist() == [
        [0, 1],
        [0, 3],
    ]


def test_contours_lie_on_the_level_and_close(demo: ModuleType) -> None:
    grid = demo.region().grid(cell_m=1000)
    x, y = np.meshgrid(grid.x, grid.y)
    far = np.hypot(x - demo.MIDDLE[0], y - demo.MIDDLE[1])
    lines = trace(50_000 - far, grid, 40_000)
    assert len(lines) == 1
    ring = lines[0]
    assert isinstance(ring, LineString)
    assert ring.is_ring
    assert ring.is_simple
    radius = np.hypot(*(np.asarray(ring.coords) - demo.MIDDLE).T)
    assert radius == pytest.approx(10_000, abs=25)


def test_a_limit_that_is_not_reached_draws_nothing(demo: ModuleType) -> None:
    grid = demo.region().grid(cell_m=2000)
    limits = demo.limits().assign(value_ug_m3=1e6)
    kinds = [
        layer.kind
        for layer in concentration_layers(demo.concentration(grid), demo.region(), limits)
    ]
    assert kinds == ["surface", "surface"]


def test_low_and_high_cases_are_not_drawn(demo: ModuleType) -> None:
    field = demo.concentration(demo.region().grid(cell_m=4000))
    assert drawn_fields(field) == [("so2", "mean"), ("nox", "mean")]


def test_no2_limits_on_nox_say_what_they_suppose(demo: ModuleType) -> None:
    found = limits_of(demo.limits(), "nox", "mean")
    assert found == [
        (10.0, "WHO 2021, were all NOₓ NO₂"),
        (20.0, "EU 2024/2881, were all NOₓ NO₂"),
    ]
    assert limits_of(demo.limits(), "so2", "max_1h") == []
    assert limits_of(pd.DataFrame(), "so2", "mean") == []


def test_points_instead_of_a_grid_are_refused(demo: ModuleType) -> None:
    field = xr.Dataset(
        {"mean": (("pollutant", "receptor"), [[1.0]])}, coords={"pollutant": ["so2"]}
    )
    with pytest.raises(TableError, match="not on a grid"):
        concentration_layers(field, demo.region())


def test_an_empty_surface_is_left_out(demo: ModuleType) -> None:
    grid = demo.region().grid(cell_m=4000)
    zeros = np.zeros(grid.shape)
    assert surface("k", "T", zeros, grid, demo.CRS, "", "burden") is None
    assert surface("k", "T", zeros * np.nan, grid, demo.CRS, "", "burden") is None


def test_every_combination_of_reasons_is_told(demo: ModuleType) -> None:
    layers = {
        layer.key: layer
        for layer in suitable_layers(demo.suitable(demo.region().grid(1000)), demo.region())
    }
    entries = layers["exclusions"].data["entries"]
    assert "nearer than 500 m to homes; nearer than 200 m to water" in entries
    assert not any("outside the region" in entry for entry in entries)
    assert {"fringe", "suitable"} <= set(layers)


def test_more_combinations_than_a_palette_holds_fall_back_on_the_first_bit() -> None:
    reasons = np.arange(1, 1025, dtype="uint64").reshape(32, 32)
    index, combinations = index_of_reasons(reasons)
    assert len(combinations) <= 254
    first = np.array([c & -c for c in combinations])[index.astype(int) - 1]
    assert (first == (reasons & (~reasons + np.uint64(1)))).all()
