"""Sources, homes, places and land as they come into a region."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, box

from geocluster.errors import InputError, MendedWarning, TableError
from geocluster.load.sources import read_sources
from geocluster.load.vector import read_homes, read_land, read_places
from geocluster.region import Region
from geocluster.tables import check_table

REGION = Region("Town", box(500_000, 4_560_000, 540_000, 4_600_000), "EPSG:32642")
STACK = "stack_height_m,stack_diameter_m,exit_velocity_m_s,exit_temperature_k"
HEADER = f"name,longitude,latitude,{STACK},emission_so2_g_s"
ROW = "69.2,41.3,50,2,10,400,100"  # in the region


@pytest.fixture
def csv(tmp_path: Path):
    """Writes lines to a CSV and returns its path."""

    def write(*lines: str, name: str = "table.csv") -> Path:
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    return write


def gpkg(folder: Path, crs: str | None = "EPSG:32642", **columns: object) -> Path:
    gpd.GeoDataFrame(columns, crs=crs).to_file(folder / "table.gpkg")
    return folder / "table.gpkg"


def quietly(read, *args: object, **options: object) -> gpd.GeoDataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read(*args, **options)


def faults(read, *args: object) -> list[str]:
    with pytest.raises(TableError) as told:
        read(*args)
    return told.value.faults


def test_sources_come_in_the_region_s_system_with_identifiers(csv):
    sources = quietly(read_sources, csv(HEADER, f"a,{ROW}", f"b,{ROW}"), REGION)
    assert sources.crs == REGION.crs
    assert sources.geometry.iloc[0].distance(Point(516_743.8, 4_572_080.1)) < 1
    assert sources.emission_so2_g_s.tolist() == [100.0, 100.0]
    assert sources.source_id.is_unique
    assert check_table(sources, "sources", "sources") is None


def test_made_identifiers_do_not_depend_on_order_or_figures(csv):
    rows = [f"{name},{ROW}" for name in "abc"]
    first = read_sources(csv(HEADER, *rows), REGION)
    rows = [row.replace(",100", ",7") for row in reversed(rows)]
    second = read_sources(csv(HEADER, *rows), REGION)
    by_name = [table.set_index("name").source_id.to_dict() for table in (first, second)]
    assert by_name[0] == by_name[1]


def test_given_identifiers_are_kept_and_gaps_are_filled(csv):
    path = csv(f"source_id,{HEADER}", f"7,a,{ROW}", f",a,{ROW}", f",a,{ROW}")
    ids = read_sources(path, REGION).source_id.tolist()
    assert ids[0] == "7"
    assert ids[2] == f"{ids[1]}-2"


def test_identifiers_that_stand_there_twice(csv):
    path = csv(f"source_id,{HEADER}", f"7,a,{ROW}", f"7,b,{ROW}", f"8,c,{ROW}")
    assert faults(read_sources, path, REGION) == [
        "column 'source_id': the same value in rows 1, 2: make each different"
    ]


def test_whole_numbers_of_a_geopackage_become_identifiers(tmp_path):
    columns = {
        "source_id": [7, 8],
        "stack_height_m": [50, 60],
        "stack_diameter_m": 2,
        "exit_velocity_m_s": 10,
        "exit_temperature_k": 400,
        "emission_so2_g_s": [1, 2],
        "urban": [1, 0],
        "geometry": [Point(510_000, 4_570_000), Point(520_000, 4_570_000)],
    }
    sources = quietly(read_sources, gpkg(tmp_path, **columns), REGION)
    assert sources.source_id.tolist() == ["7", "8"]
    assert sources.urban.tolist() == [True, False]
    assert sources.urban.dtype == bool
    assert sources.stack_height_m.dtype == float


def test_every_fault_of_sources_is_told_at_once(csv):
    header = f"{HEADER},emission_xyz_g_s,emission_nox_st_h,emission_pm10_g_s"
    path = csv(header.replace(",exit_temperature_k", ""), "a,69.2,41.3,5000,2,10,-3,1,1,")
    told = faults(read_sources, path, REGION)
    assert len(told) == 6
    expected = [
        "unknown pollutant",
        "unknown unit",
        "at most 1000",
        "-3.0 in row 1: at least 0",
        "column 'emission_pm10_g_s': no value in row 1",
        "'exit_temperature_k' is missing: point sources need it",
    ]
    assert all(any(words in fault for fault in told) for words in expected)


def test_sources_without_any_emission(csv):
    path = csv(HEADER.replace(",emission_so2_g_s", ""), "a,69.2,41.3,50,2,10,400")
    assert faults(read_sources, path, REGION) == [
        "no emission column: add emission_<pollutant>_g_s, such as emission_so2_g_s"
    ]


def test_a_nan_emission_is_an_error(csv):
    told = faults(read_sources, csv(HEADER, f"a,{ROW}", f"b,{ROW[:-3]}nan"), REGION)
    assert told == ["column 'emission_so2_g_s': no value in row 2: fill it in"]


def test_a_decimal_comma_is_told_where_it_stands(csv):
    rows = [f"a,{ROW}", f"b,{ROW}"]
    text = [line.replace(",", ";") for line in (HEADER, *rows)]
    text[2] = text[2].replace(";100", ";100,5")
    assert faults(read_sources, csv(*text), REGION) == [
        "column 'emission_so2_g_s': '100,5' in row 2 is not a number: write decimals with a point"
    ]


def test_numbers_written_as_text_are_numbers(tmp_path):
    square = box(510_000, 4_570_000, 511_000, 4_571_000)
    homes = read_homes(gpkg(tmp_path, people=["10", "2.5"], geometry=[square, square]), REGION)
    assert homes.people.tolist() == [10.0, 2.5]


def test_a_stack_stands_at_a_point(tmp_path):
    columns = {name: [50.0, 50.0, 50.0] for name in STACK.split(",")}
    columns |= {"exit_temperature_k": 400.0, "release_height_m": 5.0}
    columns |= {"initial_sigma_y_m": 5.0, "initial_sigma_z_m": 5.0, "emission_so2_g_s": 1.0}
    square = box(510_000, 4_570_000, 510_100, 4_570_100)
    path = gpkg(
        tmp_path,
        **columns,
        source_type=["point", "volume", None],
        geometry=[square, square, square],
    )
    assert faults(read_sources, path, REGION) == [
        "point sources in rows 1, 3: their geometry must be Point"
    ]


def test_a_shapefile_that_cut_the_names_is_explained(tmp_path):
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(510_000, 4_570_000)], crs=32642)
    table.to_file(tmp_path / "sources.shp")
    assert (
        "a shapefile cuts names at 10 letters"
        in faults(read_sources, tmp_path / "sources.shp", REGION)[-1]
    )


def test_sources_outside_are_kept_in_reach_and_named_beyond(csv):
    near, far = ROW.replace("41.3", "41.7"), ROW.replace("41.3", "44.3")
    path = csv(HEADER, f"in,{ROW}", f"near,{near}", f"far,{far}")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        sources = read_sources(path, REGION)
    assert sources.name.tolist() == ["in", "near"]
    words = [str(warning.message) for warning in told]
    assert all(warning.category is MendedWarning for warning in told)
    assert "1 of 3 sources left out, more than 50 km outside Town: far" in words[0]
    assert "1 of 3 sources lie outside Town, kept as their plumes reach in: near" in words[1]
    with pytest.warns(MendedWarning, match="2 of 3 sources left out, more than 1 km"):
        assert len(read_sources(path, REGION, reach_m=1000)) == 1


def test_swapped_axes_leave_nothing_and_are_recognised(csv):
    swapped = ROW.replace("69.2,41.3", "41.3,69.2")
    with pytest.raises(InputError, match=r"nothing left: all 1 .*1 would lie there with lon"):
        read_sources(csv(HEADER, f"a,{swapped}"), REGION)


def test_no_row_at_all(csv):
    with pytest.raises(InputError, match="there are no sources in it: not one row"):
        read_sources(csv(HEADER), REGION)


def test_another_system_is_mended_and_counted(tmp_path):
    shapes = gpd.GeoSeries([box(510_000, 4_570_000, 511_000, 4_571_000)], crs=32642).to_crs(3857)
    path = gpkg(tmp_path, crs="EPSG:3857", people=[10], geometry=shapes.to_list())
    with pytest.warns(MendedWarning, match="1 rows transformed from WGS 84 / Pseudo-Mercator to"):
        homes = read_homes(path, REGION)
    assert homes.crs == REGION.crs
    assert homes.area.iloc[0] == pytest.approx(1e6, rel=1e-6)


def test_homes_are_filled_and_only_their_areas_kept(tmp_path):
    square = box(510_000, 4_570_000, 511_000, 4_571_000)
    mixed = GeometryCollection([square, LineString([(510_000, 4_570_000), (520_000, 4_570_000)])])
    path = gpkg(
        tmp_path, people=[10, 20.5], name=["a", None], geometry=[mixed, MultiPolygon([square])]
    )
    homes = quietly(read_homes, path, REGION)
    assert homes.people.tolist() == [10.0, 20.5]
    assert homes.name.tolist() == ["a", ""]
    assert homes.origin.tolist() == ["reported", "reported"]
    assert homes.area.tolist() == [1e6, 1e6]


def test_homes_are_areas_with_people(tmp_path, csv):
    points = csv("people,lon,lat", "5,69.2,41.3", name="homes.csv")
    assert faults(read_homes, points, REGION) == [
        "no polygon in row 1: homes are areas; points of towns go to towns"
    ]
    square = [box(510_000, 4_570_000, 511_000, 4_571_000)]
    with pytest.raises(InputError, match="nobody lives in it"):
        read_homes(gpkg(tmp_path, people=[0], geometry=square), REGION)
    assert faults(read_homes, gpkg(tmp_path, people=[-1], geometry=square), REGION) == [
        "column 'people': -1 in row 1: at least 0 is allowed"
    ]
    assert faults(read_homes, gpkg(tmp_path, population=[1], geometry=square), REGION) == [
        "column 'people' is missing: add it"
    ]


def test_rows_at_fault_are_counted_in_the_file(tmp_path):
    square = box(510_000, 4_570_000, 511_000, 4_571_000)
    path = gpkg(tmp_path, people=[1.0, -1.0], geometry=[None, square])
    assert "-1.0 in row 2" in faults(read_homes, path, REGION)[0]


def test_homes_of_the_neighbours_count_within_reach(tmp_path):
    squares = [box(x, 4_570_000, x + 1000, 4_571_000) for x in (510_000, 560_000, 600_000)]
    path = gpkg(tmp_path, people=[1, 2, 3], geometry=squares)
    with pytest.warns(MendedWarning, match="1 of 3 homes left out, more than 50 km"):
        homes = read_homes(path, REGION)
    assert homes.people.tolist() == [1, 2]


def test_helsinki_is_not_near_tashkent_but_in_its_own_region(shared, tmp_path):
    grid = gpd.read_file(shared / "data/population/helsinki_population_grid_2020.gpkg")
    grid.rename(columns={"population": "people"}).to_file(tmp_path / "homes.gpkg")
    with pytest.raises(InputError, match="all 92 homes lie more than 50 km"):
        read_homes(tmp_path / "homes.gpkg", REGION)
    helsinki = Region.from_boundary("Helsinki", grid.geometry)
    with pytest.warns(MendedWarning, match="92 rows transformed"):
        homes = read_homes(tmp_path / "homes.gpkg", helsinki)
    assert homes.people.sum() == grid.population.sum()
    assert np.allclose(homes.area, 62_500, rtol=0.01)


def test_places_become_points(tmp_path, csv):
    square = box(510_000, 4_570_000, 511_000, 4_571_000)
    path = gpkg(tmp_path, kind=["school"], geometry=[square])
    places = quietly(read_places, path, REGION)
    assert places.geom_type.tolist() == ["Point"]
    assert places.name.tolist() == [""]
    assert faults(read_places, csv("name,lon,lat", "a,69.2,41.3"), REGION) == [
        "column 'kind' is missing: add it"
    ]


def test_places_beyond_reach_leave_an_empty_table_and_a_warning(csv):
    with pytest.warns(MendedWarning, match="1 of 1 places left out"):
        places = read_places(csv("kind,lon,lat", "school,24.9,60.2"), REGION)
    assert len(places) == 0
    assert places.crs == REGION.crs


def test_broken_kindergartens_with_swapped_axes_are_recognised(shared, tmp_path):
    table = pd.read_csv(shared / "data/receptors/kindergardengov_uz.csv")
    renamed = table.rename(columns={"type": "kind", "title": "name"})
    renamed.to_csv(tmp_path / "places.csv", index=False)
    with pytest.raises(InputError, match="off the earth in rows 627"):
        read_places(tmp_path / "places.csv", REGION)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        places = read_places(tmp_path / "places.csv", REGION, on_bad_coordinates="drop")
    words = " ".join(str(warning.message) for warning in told)
    assert "17 rows without usable coordinates left out" in words
    assert "would lie there with longitude and latitude swapped" in words
    assert 500 < len(places) < 1500


def test_land_of_any_shape_is_kept_whole(tmp_path):
    road = LineString([(490_000, 4_570_000), (700_000, 4_570_000)])
    shapes = [road, box(510_000, 4_570_000, 511_000, 4_571_000), Point(520_000, 4_570_000)]
    path = gpkg(tmp_path, kind=["road", "water", "power"], geometry=shapes)
    land = quietly(read_land, path, REGION)
    assert land.kind.tolist() == ["road", "water", "power"]
    assert land.length.iloc[0] == road.length
    assert land.origin.tolist() == ["reported"] * 3
