"""Urban or rural by Auer's rule: about a source by polygons, and at every cell of a grid."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from geocluster.errors import CRSError, InputError, TableError
from geocluster.exposure.burden import burden
from geocluster.exposure.urban import urban_grid
from geocluster.industry.land_use import built_up_areas, urban_by_auer
from geocluster.region import Region

CRS = "EPSG:32642"


def at(*places: tuple[float, float], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[Point(place) for place in places], crs=CRS)


def shapes(*geometries: object) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(geometries), crs=CRS)


def scattered(seed: int, count: int, reach_m: float) -> gpd.GeoSeries:
    """Blocks that overlap, discs and a ring, here and there."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(-reach_m, reach_m, (2, count))
    size = random.uniform(100, 1500, count)
    blocks = [
        box(a, b, a + s, b + 0.7 * s) if number % 2 else Point(a, b).buffer(0.5 * s)
        for number, (a, b, s) in enumerate(zip(x, y, size, strict=True))
    ]
    return shapes(*blocks, Point(0, 0).buffer(4000).difference(Point(0, 0).buffer(3300)))


def test_half_a_circle_is_half() -> None:
    town = shapes(box(0, -9000, 9000, 9000))
    (row,) = urban_by_auer(at((0, 0)), town).to_dict("records")
    assert row["built_up_share_3km"] == pytest.approx(0.5, abs=1e-12)
    assert row["urban"] is True or row["urban"] == np.True_
    a_step = urban_by_auer(at((-1.0, 0), (1.0, 0)), town)
    assert a_step["urban"].tolist() == [False, True]
    # One metre east of the edge the half grows by a strip of 1 m x 2 r of pi r2.
    grown = a_step["built_up_share_3km"].iloc[1] - 0.5
    assert grown == pytest.approx(2 / (np.pi * 3000), rel=2e-4)


def test_ground_under_two_polygons_counts_once() -> None:
    third = box(1000, -9000, 9000, 9000)
    share = urban_by_auer(at((0, 0)), shapes(third, third, third.buffer(-50)))
    once = urban_by_auer(at((0, 0)), shapes(third))["built_up_share_3km"]
    r, d = 3000.0, 1000.0
    segment = r**2 * np.arccos(d / r) - d * np.sqrt(r**2 - d**2)
    assert once.item() == pytest.approx(segment / (np.pi * r**2), rel=2e-4)
    assert share["built_up_share_3km"].item() == pytest.approx(once.item(), rel=1e-9)
    assert not share["urban"].item()


def test_radius_and_threshold_are_what_is_given() -> None:
    yard = shapes(box(-100, -100, 100, 100))
    wide = urban_by_auer(at((0, 0)), yard, radius_m=500)
    assert wide["built_up_share_0.5km"].item() == pytest.approx(40_000 / (np.pi * 500**2), rel=2e-4)
    share = wide["built_up_share_0.5km"].item()
    assert urban_by_auer(at((0, 0)), yard, radius_m=500, share=share)["urban"].item()
    assert not urban_by_auer(at((0, 0)), yard, radius_m=500, share=share + 1e-6)["urban"].item()
    with pytest.raises(InputError, match=r"(?s)radius_m is 0.*share is 1\.5"):
        urban_by_auer(at((0, 0)), yard, radius_m=0, share=1.5)


def test_sources_keep_all_else_and_no_town_is_rural() -> None:
    table = at((0, 0), (5, 5), name=["a", "b"], urban=[True, True])
    nothing = urban_by_auer(table, shapes())
    assert nothing["urban"].tolist() == [False, False]
    assert nothing["built_up_share_3km"].tolist() == [0.0, 0.0]
    assert nothing["name"].tolist() == ["a", "b"]
    assert table["urban"].tolist() == [True, True]
    degrees = at((69.2, 41.3)).set_crs("EPSG:4326", allow_override=True)
    with pytest.raises(CRSError, match="degrees"):
        urban_by_auer(degrees, shapes())
    with pytest.raises(TableError, match="no geometry"):
        urban_by_auer(gpd.GeoDataFrame(geometry=[None], crs=CRS), shapes())


def test_another_reference_system_and_areas_by_their_middle() -> None:
    town = shapes(box(500_000, 4_500_000, 509_000, 4_518_000))
    works = gpd.GeoDataFrame(geometry=[box(499_900, 4_509_000, 500_300, 4_509_100)], crs=CRS)
    plain = urban_by_auer(works, town)["built_up_share_3km"].item()
    assert plain > 0.5
    turned = urban_by_auer(works, town.to_crs("EPSG:4326"))["built_up_share_3km"].item()
    assert turned == pytest.approx(plain, abs=1e-4)


def test_what_counts_as_built_up() -> None:
    squares = [box(2000 * n, 0, 2000 * n + 1000, 1000) for n in range(5)]
    land = gpd.GeoDataFrame(
        {
            "kind": ["industrial", "built_up", "built_up", "farmland", "industrial"],
            "class": [None, "retail", "cemetery", None, None],
        },
        geometry=[*squares[:4], LineString([(0, 0), (9, 9)])],
        crs=CRS,
    )
    homes = gpd.GeoDataFrame({"people": [750.0, 751.0]}, geometry=squares[3:], crs=CRS)
    found = built_up_areas(land, homes)
    assert [shape.bounds[0] for shape in found.geometry] == [0, 2000, 8000]
    assert len(built_up_areas(land, homes, denser_than_per_km2=100)) == 4
    assert len(built_up_areas(land.drop(columns="class"))) == 3
    assert len(built_up_areas(land.iloc[:0], homes.iloc[:0])) == 0


@pytest.mark.parametrize("cell_m", [250.0, 500.0, 1000.0, 2500.0])
def test_the_grid_agrees_with_the_polygons_at_cell_centres(cell_m: float) -> None:
    town = scattered(7, 230, 9000)
    part = 0.4 if cell_m < 500 else 1.0
    grid = Region("Example", box(-6000 * part, -4000, 6000, 5000 * part), CRS).grid(cell_m)
    x, y = np.meshgrid(grid.x.values, grid.y.values)
    exact = urban_by_auer(
        gpd.GeoDataFrame(geometry=shapely.points(x.ravel(), y.ravel()), crs=CRS), town
    )
    shares = exact["built_up_share_3km"].to_numpy().reshape(grid.shape)
    got = urban_grid(grid, town)
    error = np.abs(got["built_up_share"].values - shares)
    assert shares.min() < 0.35 < 0.53 < shares.max()
    assert error.max() < 0.01
    assert np.median(error) < 0.002
    sure = np.abs(shares - 0.5) > 0.01
    assert sure.mean() > 0.8
    assert (got.values == exact["urban"].to_numpy().reshape(grid.shape))[sure].all()


def test_a_grid_that_ascends_is_the_same_grid() -> None:
    town = scattered(3, 40, 6000)
    grid = Region("Example", box(-3000, -2000, 3000, 3000), CRS).grid(500)
    there = urban_grid(grid, town)
    turned = urban_grid(grid[::-1], town)
    pd.testing.assert_frame_equal(
        turned[::-1].to_pandas().astype(int), there.to_pandas().astype(int)
    )
    assert not urban_grid(grid, shapes()).any()
    assert urban_grid(grid, shapes(box(-2e4, -2e4, 2e4, 2e4))).all()


def test_the_burden_takes_such_a_grid() -> None:
    import xarray as xr

    homes = gpd.GeoDataFrame({"people": [1000.0]}, geometry=[box(0, 2000, 1000, 3000)], crs=CRS)
    grid = Region("Example", box(0, 0, 6000, 6000), CRS).grid(1000)
    hour = {"wind_speed_m_s": 3.0, "wind_from_deg": 80.0, "stability": 6,
            "mixing_height_m": 800.0, "temperature_k": 290.0, "frequency": 1.0}  # fmt: skip
    weather = xr.Dataset({name: ("hour", [value]) for name, value in hour.items()})
    low = {"release_height_m": 10.0, "initial_sigma_y_m": 20.0, "initial_sigma_z_m": 5.0}
    town = urban_grid(grid, shapes(box(-9000, -9000, 3000, 9000)))
    assert 0.2 < town.values.mean() < 0.8
    mixed = burden(homes, grid, weather, releases=low, urban=town).values
    rural, urban = (burden(homes, grid, weather, releases=low, urban=flag).values
                    for flag in (False, True))  # fmt: skip
    np.testing.assert_array_equal(mixed, np.where(town.values, urban, rural))
    assert not np.array_equal(rural, urban)
