"""A census table joined to districts: nobody joined by a guess, nobody lost in silence."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geocluster.errors import InputError, MendedWarning
from geocluster.load.census import with_census
from geocluster.load.settings import read_settings
from geocluster.load.vector import read_boundary, read_homes, read_vector
from geocluster.region import Region

DISTRICTS = pd.DataFrame({"code": ["01", "02", "3"], "name": ["A", "B", "C"]})


def census(folder, text):
    file = folder / "census.csv"
    file.write_text(text, "utf-8")
    return file


def messages(caught):
    return [str(one.message) for one in caught if issubclass(one.category, MendedWarning)]


def joined(districts, file, **options):
    return with_census(districts, "districts.gpkg", path=file, key="code", **options)


def test_people_go_to_their_district_in_any_order_of_rows(tmp_path):
    file = census(tmp_path, "code,people\n3,30\n01,10\n02,20\n")
    assert joined(DISTRICTS, file).people.tolist() == [10, 20, 30]


def test_zeros_of_text_keys_tell_districts_apart(tmp_path):
    file = census(tmp_path, "id;population\n01;10\n1;99\n02;20\n3;30\n")
    with pytest.raises(InputError, match=r"1 rows, with 99 people, have no district .*: 1;"):
        joined(DISTRICTS, file, table_key="id", people="population")


def test_numbers_have_no_zeros_and_are_counted(tmp_path):
    file = census(tmp_path, "code,people\n01,10\n02,20\n3,30\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = joined(DISTRICTS.assign(code=[1.0, 2.0, 3.0]), file)
    assert table.people.tolist() == [10, 20, 30]
    assert messages(caught) == [
        f"{file}: 2 keys compared without their leading zeros, as numbers have none"
    ]


def test_numbers_that_two_keys_become_are_an_error(tmp_path):
    file = census(tmp_path, "code,people\n01,10\n1,20\n3,30\n")
    with pytest.raises(InputError, match=r"1 keys stand there twice \(1\)"):
        joined(DISTRICTS.assign(code=[1, 2, 3]), file)


def test_keys_of_one_side_are_listed_on_both_sides(tmp_path):
    file = census(tmp_path, "code,people\n01,10\n04,40\n05,50\n")
    with pytest.raises(InputError) as caught:
        joined(DISTRICTS, file)
    assert caught.value.faults[0] == "2 districts of districts.gpkg have no row here: 02, 3"
    assert caught.value.faults[1].startswith(
        "2 rows, with 90 people, have no district in districts.gpkg: 04, 05; write the keys alike"
    )


def test_they_are_left_out_where_one_says_so(tmp_path):
    file = census(tmp_path, "code,people\n01,10\n04,40\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = joined(DISTRICTS, file, missing="leave out")
    assert table[["code", "people"]].values.tolist() == [["01", 10]]
    assert len(messages(caught)) == 2
    assert all(text.endswith("; left out") for text in messages(caught))


def test_every_fault_of_keys_and_people_is_told_at_once(tmp_path):
    file = census(tmp_path, "code,people\n01,-10\n01,5\n,7\n")
    with pytest.raises(InputError) as caught:
        joined(DISTRICTS.assign(code=["01", "01", "02"]), file)
    text = str(caught.value)
    assert "-10" in text
    assert "districts.gpkg: column 'code': 1 keys stand there twice (01)" in text
    assert "census.csv: column 'code': no key in 1 rows" in text
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize(
    ("text", "options", "what"),
    [
        ("id,people\n01,1\n", {}, "column 'code' is missing"),
        ("code,persons\n01,1\n", {}, "column 'people' is missing"),
        ("code,people\n01,1\n", {"key": "kod"}, "column 'kod' is missing"),
    ],
)
def test_columns_that_are_not_there(tmp_path, text, options, what):
    file = census(tmp_path, text)
    with pytest.raises(InputError, match=what):
        with_census(DISTRICTS, "districts.gpkg", path=file, **({"key": "code"} | options))


def test_two_counts_of_people_are_one_too_many(tmp_path):
    file = census(tmp_path, "code,people\n01,1\n02,1\n3,1\n")
    with pytest.raises(InputError, match="'people' is there already"):
        joined(DISTRICTS.assign(people=5), file)


@pytest.fixture
def akbartus(shared):
    return shared / "data" / "boundaries" / "akbartus_osm"


def test_invalid_districts_are_mended_and_hold_their_people(akbartus, tmp_path):
    """Three of the 22 districts of Tashkent region cross themselves; the census is made up."""
    file = akbartus / "tashkent_region_districts..geojson"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_vector(file)
        region = Region.from_boundary("Tashkent region", read_boundary(file))
    assert sum("3 invalid geometries mended" in text for text in messages(caught)) == 2
    assert region.boundary.is_valid
    key = next(c for c in table.columns if c != "geometry" and table[c].is_unique)
    people = 1000.0 * np.arange(1, len(table) + 1)
    rows = "".join(f'"{k}",{p}\n' for k, p in zip(table[key], people, strict=True))
    given = {"path": census(tmp_path, f"key,people\n{rows}"), "key": key, "table_key": "key"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        homes = read_homes(file, region, census=given)
    assert homes.people.sum() == people.sum() == 253_000
    assert homes.geometry.is_valid.all()
    assert sum("3 invalid geometries mended" in text for text in messages(caught)) == 1


def test_helsinki_s_grid_of_people_is_read_as_it_is(shared):
    file = shared / "data" / "population" / "helsinki_population_grid_2020.gpkg"
    raw = gpd.read_file(file)
    region = Region.from_boundary("Helsinki", raw.geometry)
    column = next(c for c in ("population", "asukkaita", "ASUKKAITA") if c in raw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        homes = read_homes(file, region, rename={"people": column})
    assert len(homes) == 92
    assert homes.people.sum() == raw[column].sum() > 10_000


STUDY = """
[region]
name = "Town"
boundary = "districts.gpkg"
[inputs]
weather = "weather.csv"
osm = "town.osm"
[inputs.homes]
path = "districts.gpkg"
spread_over = "{over}"
census = {{ path = "census.csv", key = "code" }}
"""


@pytest.fixture
def study(tmp_path, root):
    squares = [box(69.0, 40.98, 69.02, 41.03), box(69.02, 40.98, 69.04, 41.03)]
    table = gpd.GeoDataFrame({"code": ["01", "02"], "name": ["A", "B"]}, geometry=squares, crs=4326)
    table.to_file(tmp_path / "districts.gpkg")
    census(tmp_path, "code,people\n01,600\n02,400\n")
    (tmp_path / "town.osm").write_bytes((root / "tests" / "data" / "osm_town.osm").read_bytes())
    (tmp_path / "weather.csv").touch()

    def write(over):
        (tmp_path / "study.toml").write_text(STUDY.format(over=over))
        return tmp_path

    return write


def test_a_study_spreads_its_census_over_the_extract(study):
    from geocluster.inputs import homes_of, osm_tables, region_of

    settings = read_settings(study("osm"))
    names = [file.name for file in settings.files()]
    assert names == ["census.csv", "districts.gpkg", "study.toml", "town.osm", "weather.csv"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        region = region_of(settings)
        osm = osm_tables(settings, region)
        homes = homes_of(settings, region, osm)
    by_district = homes.groupby("district").people.sum()
    assert by_district.to_dict() == pytest.approx({"A": 600, "B": 400})
    assert homes.area.sum() < region.boundary.area
    assert "allocated" in set(homes.origin)
    whole = [text for text in messages(caught) if "without a residential area" in text]
    assert len(whole) == (homes.origin == "reported").any()


def test_a_census_alone_does_not_locate_anybody(study):
    from types import SimpleNamespace

    from geocluster.inputs import homes_of, region_of
    from geocluster.notes import _people_notes

    folder = study("osm")
    file = folder / "study.toml"
    file.write_text(file.read_text().replace('spread_over = "osm"\n', ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        settings = read_settings(folder)
        homes = homes_of(settings, region_of(settings), None)
    assert homes[["district", "people", "located"]].values.tolist() == [
        ["A", 600, False], ["B", 400, False]
    ]  # fmt: skip
    notes = _people_notes(SimpleNamespace(homes=homes))
    assert notes == [
        "1,000 of 1,000 people are known by district alone; they are spread evenly over the whole "
        "of it, fields and hills too."
    ]


def test_files_of_a_census_are_looked_for_with_the_others(study):
    folder = study("houses.gpkg")
    (folder / "census.csv").unlink()
    with pytest.raises(InputError) as caught:
        read_settings(folder)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "[inputs] homes = 'census.csv'",
        "[inputs] homes = 'houses.gpkg'",
    ]


def test_spreading_over_osm_needs_an_extract(study):
    folder = study("osm")
    text = (folder / "study.toml").read_text().replace('osm = "town.osm"\n', "")
    (folder / "study.toml").write_text(text)
    with pytest.raises(InputError, match="spread over osm, but there is no extract"):
        read_settings(folder)


def test_own_tags_need_an_extract_and_are_read(study):
    folder = study("osm")
    file = folder / "study.toml"
    file.write_text(file.read_text().replace("[inputs]", '[inputs]\nosm_tags = "tags.csv"'))
    (folder / "tags.csv").write_text(
        "key,value,shape,table,kind,sector,nace\nlanduse,industrial,area,sources,yard,metals,C25\n"
    )
    from geocluster.inputs import osm_tables, region_of

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        settings = read_settings(folder)
        sources = osm_tables(settings, region_of(settings)).sources.set_index("osm_id")
    assert sources.loc["way/1", ["kind", "sector", "nace", "sector_rule"]].tolist() == [
        "yard", "metals", "C25", "own row: landuse"
    ]  # fmt: skip
    file.write_text(file.read_text().replace('osm = "town.osm"\n', ""))
    with pytest.raises(InputError, match="osm_tags maps the tags of an extract: give osm too"):
        read_settings(folder)
