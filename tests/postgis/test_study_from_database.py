"""A whole study out of a database: the same as out of files, and no password in what it leaves."""

import json
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from postgis_server import PASSWORD, Server
from shapely.geometry import box

from geocluster.errors import CRSError, GeoclusterWarning, InputError, TableError
from geocluster.load.database_address import database_table
from geocluster.load.sources import read_sources
from geocluster.load.vector import read_boundary, read_homes, read_places, read_vector
from geocluster.region import Region
from geocluster.run import run_study
from geocluster.study import read_study

KINDS = {"i": "bigint", "f": "double precision"}


def store(server: Server, name: str, table: gpd.GeoDataFrame) -> None:
    """A table in the database, as it is in a GeoPackage: with a number of each row as its key."""
    import psycopg
    from psycopg import sql

    columns = [column for column in table.columns if column != "geometry"]
    kinds = [KINDS.get(table[column].dtype.kind, "text") for column in columns]
    target = sql.Identifier("study", name)
    described = [
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
        for column, kind in zip(columns, kinds, strict=True)
    ]
    srid = table.crs.to_epsg()
    with psycopg.connect(
        f"host={server.socket} port={server.port} user=owner dbname=gisdb", autocommit=True
    ) as connection:
        connection.execute("create schema if not exists study; grant usage on schema study to gis")
        connection.execute(sql.SQL("drop table if exists {}").format(target))
        connection.execute(
            sql.SQL(
                "create table {} (fid serial primary key, {}, geom geometry(Geometry, {}))"
            ).format(target, sql.SQL(", ").join(described), sql.Literal(srid))
        )
        values = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
        insert = sql.SQL("insert into {} ({}, geom) values ({}, ST_GeomFromWKB({}, {}))").format(
            target,
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            values,
            sql.Placeholder(),
            sql.Literal(srid),
        )
        for row, shape in zip(table[columns].to_numpy(dtype=object), table.geometry, strict=True):
            plain = [None if pd.isna(value) else value for value in row]
            connection.execute(insert, [*plain, shape.wkb])
        connection.execute(sql.SQL("grant select on {} to gis").format(target))


@pytest.fixture
def two_studies(server: Server, small_study: Path) -> tuple[Path, Path]:
    """The same study twice: from a GeoPackage, and from a database."""
    sources = read_vector(small_study / "sources.csv")
    homes = gpd.GeoDataFrame(
        {"name": ["Centre", "Село"], "people": [120_000, 2_000]},
        geometry=[box(69.19, 41.09, 69.21, 41.11), box(69.28, 41.06, 69.30, 41.08)],
        crs="EPSG:4326",
    )
    tables = {
        "sources": sources.to_crs("EPSG:32642"),
        "homes": homes,
        "land": gpd.read_file(small_study / "land.geojson"),
        "boundary": gpd.read_file(small_study / "boundary.geojson").assign(name="Example"),
        "not_valid": gpd.GeoDataFrame(
            {"reason": ["valley"]}, geometry=[box(69.3, 41.1, 69.32, 41.12)], crs="EPSG:4326"
        ),
    }
    text = (small_study / "study.toml").read_text()
    for line in ('sources = "sources.csv"\n', 'towns = "towns.csv"\n', 'land = "land.geojson"\n'):
        text = text.replace(line, "")
    for name, table in tables.items():
        table.to_file(small_study / "tables.gpkg", layer=name)
        store(server, name, table)
    inputs = [name for name in tables if name != "boundary"]
    folders = []
    for kind in ("files", "database"):
        folder = small_study.parent / kind
        folder.mkdir()
        if kind == "files":
            given = {n: f'{{ path = "../example/tables.gpkg", layer = "{n}" }}' for n in tables}
        else:
            given = {
                name: f'{{ database = "{server.address}", table = "study.{name}" }}'
                for name in tables
            }
            given["land"] = f'"{server.address}?table=study.land"'
            given["homes"] = (
                f'{{ database = "{server.address}", query = "select name, people, geom '
                'from study.homes order by fid" }'
            )
        lines = "".join(f"{name} = {given[name]}\n" for name in inputs)
        filled = text.replace("[inputs]\n", f"[inputs]\n{lines}")
        filled = filled.replace('"boundary.geojson"', given["boundary"])
        filled = filled.replace('"weather.csv"', '"../example/weather.csv"')
        (folder / "study.toml").write_text(filled, encoding="utf-8")
        folders.append(folder)
    return folders[0], folders[1]


def test_a_study_from_a_database_is_the_study_from_files(two_studies, tmp_path):
    files, database = two_studies
    one, other = read_study(files), read_study(database)
    assert one.region.boundary.equals_exact(other.region.boundary, 1e-6)
    for name in ("sources", "homes", "places", "land", "not_valid"):
        stored = getattr(other, name).drop(columns="fid", errors="ignore")
        assert_geodataframe_equal(getattr(one, name), stored, check_dtype=False)
        assert len(stored) > 0 or name == "places"
    told = {text.split(": ", 1)[1] for text in one.warnings}
    assert {text.split(": ", 1)[1] for text in other.warnings} == told

    out = tmp_path / "out"
    run_study(database, out)
    run_study(files, tmp_path / "out_of_files")
    assert (out / "exposure.csv").read_bytes() == (
        tmp_path / "out_of_files" / "exposure.csv"
    ).read_bytes()
    record = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    read = {one["what"]: one for one in record["databases"]}
    assert read["table study.sources"]["rows"] == 3
    assert "query select name, people, geom from study.homes order by fid" in read
    assert all(len(one["sha256"]) == 64 for one in read.values())
    assert len(read) == 5
    hashes = record["inputs_sha256"]
    named = [name for name in hashes if name.endswith(", table study.land")]
    assert len(named) == 1
    assert hashes[named[0]] == read["table study.land"]["sha256"]
    assert "study.toml" in hashes
    assert no_password_in(out)


def no_password_in(folder: Path) -> bool:
    """Whether no file holds the password, as it is or as an address, JSON or page writes it."""
    forms = {PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD)}
    forms |= {json.dumps(PASSWORD)[1:-1], PASSWORD.replace("&", "&amp;"), "s3cr@t", "s3cr%40t"}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    return not any(
        form.encode() in path.read_bytes() or form in path.name for path in files for form in forms
    )


@pytest.fixture
def tashkent() -> Region:
    return Region("Town", box(500_000, 4_560_000, 540_000, 4_600_000), "EPSG:32642")


def test_column_map_and_units_hold_for_a_database(server, tashkent):
    server.admin(
        """create table if not exists air.agency ("Имя" text, "H_trub" numeric, d float,
        v float, t_c float, "so2_т" float, geom geometry(Point, 4326));
        truncate air.agency; grant select on air.agency to gis;
        insert into air.agency values
        ('ТЭЦ', 80, 3, 12, 147, 31.5576, ST_SetSRID(ST_MakePoint(69.2, 41.3), 4326))"""
    )
    names = {
        "name": "Имя",
        "stack_height_m": "H_trub",
        "stack_diameter_m": "d",
        "exit_velocity_m_s": "v",
        "exit_temperature_c": "t_c",
        "emission_so2_t_yr": "so2_т",
    }
    with pytest.warns(GeoclusterWarning, match="2 columns converted"):
        table = read_sources(f"{server.address}?table=air.agency", tashkent, rename=names)
    assert table["name"].tolist() == ["ТЭЦ"]
    assert table["exit_temperature_k"].tolist() == pytest.approx([420.15])
    assert table["emission_so2_g_s"].tolist() == pytest.approx([1.0], rel=1e-3)


def test_faults_of_a_table_name_the_table(server, tashkent):
    stacks = database_table(server.address, table="air.stacks")
    with pytest.raises(TableError, match=r"(?s)gisdb, table air\.stacks: .*no emission column"):
        read_sources(stacks, tashkent)
    with pytest.raises(InputError, match="there is no polygon in it"):
        read_boundary(database_table(server.address, table="air.seen"))
    with pytest.raises(CRSError, match="it declares WGS 84, not EPSG:32642"):
        read_vector(stacks, crs="EPSG:32642")
    with pytest.raises(TableError, match="column 'people' is missing"):
        read_homes(stacks, tashkent)


def test_null_geometry_is_counted_and_coordinates_make_points(server, tashkent):
    with pytest.warns(UserWarning, match=r"table air\.stacks: 1 row without geometry left out"):
        table = read_vector(f"{server.address}?table=air.stacks")
    assert len(table) == 1
    assert not table.has_z.any()
    schools = database_table(server.address, query="select 'school' as kind, * from air.degrees")
    assert len(read_places(schools, tashkent)) == 1


def test_a_boundary_from_one_of_two_columns_of_geometry(server):
    shape = database_table(server.address, table="air.two", geometry="outline")
    assert read_boundary(shape).total_bounds.tolist() == [69, 41, 70, 42]


def test_the_command_says_what_to_install(small_study, monkeypatch):
    from typer.testing import CliRunner

    from geocluster.cli import app

    text = (small_study / "study.toml").read_text(encoding="utf-8")
    given = text.replace('"land.geojson"', '"postgresql://gis@host/db?table=land"')
    (small_study / "study.toml").write_text(given, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = CliRunner().invoke(app, ["check", str(small_study)])
    assert done.exit_code == 1
    assert 'pip install "geocluster-toolkit[postgis]"' in " ".join(done.output.split())


def test_the_command_ends_with_a_message_and_no_password(server, two_studies, monkeypatch):
    from typer.testing import CliRunner

    from geocluster.cli import app

    text = (two_studies[1] / "study.toml").read_text(encoding="utf-8")
    (two_studies[1] / "study.toml").write_text(
        text.replace("study.land", "study.lnad"), encoding="utf-8"
    )
    done = CliRunner().invoke(app, ["check", str(two_studies[1])])
    assert done.exit_code == 1
    assert "did you mean 'study.land'?" in " ".join(done.output.split())
    monkeypatch.setenv("PGPASSWORD", PASSWORD + "-wrong")
    done = CliRunner().invoke(app, ["check", str(two_studies[1])])
    assert done.exit_code == 1
    assert "authentication failed" in " ".join(done.output.split())
    assert PASSWORD not in done.output
    assert "s3cr" not in done.output
