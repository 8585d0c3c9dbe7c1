"""Addresses of databases: what is taken, and that nothing of a password is ever shown."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geocluster.errors import InputError, SettingsError
from geocluster.load.database_address import database_table, masked
from geocluster.load.settings import read_settings

STUDY = """
[region]
name = "Town"
boundary = {boundary}
[inputs]
weather = "weather.csv"
towns = "towns.csv"
sources = {sources}
"""


def faults(folder: Path, sources: str, boundary: str = '"boundary.geojson"') -> list[str]:
    for name in ("boundary.geojson", "weather.csv", "towns.csv"):
        (folder / name).touch()
    text = STUDY.format(sources=sources, boundary=boundary)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        read_settings(folder)
    return told.value.faults


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("postgresql://gis@host:5432/db?table=air.stacks", ("air", "stacks")),
        ("postgres://host/db?table=stacks&sslmode=require", ("", "stacks")),
        ('postgresql://gis@host/db?table="my air"."a.b"', ("my air", "a.b")),
        ("postgresql:///db?host=/run/postgresql&table=воздух.трубы", ("воздух", "трубы")),
        ("postgresql://%2Frun%2Fpostgresql/db?table=stacks", ("", "stacks")),
        ("postgresql://us%40er@[::1]:5433/db?table=stacks", ("", "stacks")),
    ],
)
def test_addresses_that_name_a_table(address, table):
    source = database_table(address)
    assert source.table == table
    assert "table=" not in source.address
    assert source.query is None


def test_keywords_of_libpq_are_an_address_too():
    assert database_table("service=my_gis", table="stacks").address == "service=my_gis"
    source = database_table("host=h user='a b' dbname=db", query="select 1;")
    assert source.address == "host=h user='a b' dbname=db"
    assert source.query == "select 1"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://gis@host/db", "either a table or a query"),
        ("postgresql://gis@host/db?table=a&query=select 1", "either a table or a query"),
        ("postgresql://gis@host/db?table=a.b.c", "write name or schema.name"),
        ("postgresql://gis@host/db?table=a&table=b", "twice"),
        ("postgresql+psycopg2://gis@host/db?table=a", "without the name of a driver"),
        ("postgresql://gis@host:port/db?table=a", "cannot be read"),
        ("postgresql://gis@host/db?tabel=a", "cannot be read"),
        ("postgresql://gis@host/db/other?table=a", "cannot be read"),
        ("postgresql://gis@host/db?query=delete from a", "one SELECT"),
        ("mydb", "cannot be read"),
        (
            "postgresql://h/d?query=select * from dblink('host=a password=b', 'c')",
            "passwords belong",
        ),
        ("postgresql://h/d?query=select 'postgresql://a:b@c/d'", "passwords belong"),
    ],
)
def test_addresses_at_fault(address, said):
    with pytest.raises(InputError, match=said):
        database_table(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://gis:{}@host/db?table=a",
        "postgresql://gis:{}@host:5432/db?query=select 1",
        "postgresql://:{}@host/db?table=a",
        "postgresql://gis@host/db?password={}&table=a",
        "postgresql://gis@host/db?table=a&sslpassword={}",
        "POSTGRESQL://gis:{}@host/db?table=a",
        "host=h dbname=db password={}",
        "host=h password = '{}' dbname=db",
    ],
)
@pytest.mark.parametrize("password", ["Tr0ub4dor", "a@b/c?d#e", "12/34", "пароль 7", "5432", "%zz"])
def test_a_password_in_study_toml_is_refused_and_not_repeated(tmp_path, address, password):
    written = address.format(password)
    forms = [f"{{ database = '''{written}''', table = 'a' }}"]
    if "://" in written:
        forms += [f"'''{written}'''", f"{{ path = '''{written}''' }}"]
    for form in forms:
        text = "\n".join(faults(tmp_path, form))
        assert "PGPASSWORD" in text or "cannot be read" in text
        assert password not in text.replace("postgresql://user@host:5432/database", "")
    if password in ("Tr0ub4dor", "5432"):
        assert "passwords belong in" in text


def test_a_password_as_a_key_of_its_own_is_refused_too(tmp_path):
    told = faults(tmp_path, "{ database = 'service=a', table = 'b', password = 'Tr0ub4dor' }")
    assert "passwords belong in" in told[0]
    assert "Tr0ub4dor" not in "".join(told)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=20))
def test_no_password_whatever_its_letters_is_in_an_error(password):
    for address in (
        f"postgresql://gis:{password}@host/db?table=a",
        f"host=h password='{password}' dbname=db",
    ):
        try:
            source = database_table(address, table="zzz")
        except InputError as error:
            shown = str(error)
        else:
            shown = repr(source)
        for words in ("PGPASSWORD", "write postgresql://user@host:5432/database", "given twice"):
            shown = shown.replace(words, "")
        if password not in "postgresql://... a password is written in it: passwords belong":
            assert f":{password}@" not in shown
            assert f"password='{password}'" not in shown
            assert f"password={password}" not in shown


def test_masking_of_free_text():
    assert "s3cr@t" not in masked("x postgresql://gis:s3cr@t@host/db y")
    assert "abc" not in masked("password=abc host=h")
    assert "a b" not in masked("password='a b' host=h")
    assert masked("https://ann:pw@example.org/a.tif") == "https://ann:...@example.org/a.tif"
    plain = "postgresql://gis@host:5432/db, table a"
    assert masked(plain) == plain


def test_the_password_of_the_environment_is_masked_in_any_text(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "s3 cr/t")
    assert masked("a s3 cr/t b s3%20cr/t c s3%20cr%2Ft") == "a ... b ... c ..."


def test_the_rest_of_study_toml(tmp_path):
    address = "postgresql://gis@host/db"
    for form, said in [
        (f"{{ database = '{address}' }}", "either a table or a query"),
        (f"{{ database = '{address}', table = 'a', query = 'select 1' }}", "either a table or"),
        (f"{{ database = '{address}', table = 'a', path = 'b.gpkg' }}", "a file or a database"),
        ("{ path = 'b.gpkg', table = 'a' }", "a path and table: give a file or a database"),
        (f"{{ database = '{address}', table = 'a', layer = 'b' }}", "layer belongs to files"),
        (f"{{ database = '{address}', table = 'a', timeout_s = 0 }}", "above 0"),
        (f"{{ database = '{address}', table = 'a', max_rows = 0 }}", "at least 1"),
        ("{ crs = 'EPSG:4326' }", "path is missing: add it, or a database"),
        ("'https://ann:pw@example.org/a.gpkg'", "is an address: download the file"),
    ]:
        told = "\n".join(faults(tmp_path, form))
        assert said in told
        assert "[inputs" in told
        assert "ann:pw" not in told
    told = faults(tmp_path, "'postgresql://host/db?table=a'", boundary="'postgresql://host/db'")
    assert any("[region] boundary" in one and "table or a query" in one for one in told)


def test_only_vector_inputs_come_from_a_database(tmp_path):
    for name in ("boundary.geojson", "towns.csv"):
        (tmp_path / name).touch()
    (tmp_path / "study.toml").write_text(
        '[region]\nname = "T"\nboundary = "boundary.geojson"\n[inputs]\ntowns = "towns.csv"\n'
        'weather = "postgresql://gis:Tr0ub4dor@host/db?table=hours"\n'
    )
    with pytest.raises(SettingsError, match="alone: give a file") as told:
        read_settings(tmp_path)
    assert "Tr0ub4dor" not in str(told.value)


def test_files_beside_an_input_do_not_come_from_a_database(tmp_path):
    (tmp_path / "stacks.csv").touch()
    address = "postgresql://host/db?table=emitted"
    told = faults(tmp_path, f"{{ path = 'stacks.csv', emissions = '{address}' }}")
    assert any("alone: give a file" in one for one in told)


def test_a_database_is_no_file_and_its_options_are_those_of_the_reader(tmp_path):
    for name in ("boundary.geojson", "weather.csv", "towns.csv"):
        (tmp_path / name).touch()
    form = (
        "{ database = 'service=my_gis', table = 'air.stacks', geometry = 'g', timeout_s = 5, "
        "crs = 'EPSG:4326', columns = { stack_height_m = 'H' } }"
    )
    text = STUDY.format(sources=form, boundary='"boundary.geojson"')
    text += 'land = ["postgresql://host/db?table=roads"]\n[[weather_places]]\nname = "Valley"\n'
    text += 'file = "weather.csv"\narea = { database = "service=my_gis", table = "valleys" }\n'
    (tmp_path / "study.toml").write_text(text)
    read = read_settings(tmp_path)
    source = read.given(read.inputs.sources)
    assert (source.table, source.geometry, source.timeout_s) == (("air", "stacks"), "g", 5.0)
    assert read.options(read.inputs.sources) == {
        "crs": "EPSG:4326",
        "rename": {"stack_height_m": "H"},
    }
    assert str(read.given(read.weather_places[0].area)) == "service=my_gis, table valleys"
    assert str(read.given(read.inputs.land[0])) == "postgresql://host/db, table roads"
    assert {path.name for path in read.files()} == {
        "study.toml",
        "boundary.geojson",
        "weather.csv",
        "towns.csv",
    }
