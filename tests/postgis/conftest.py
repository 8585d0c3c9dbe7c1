"""A real PostgreSQL server with PostGIS, started for these tests and ended after them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from postgis_server import PASSWORD, Server, running, why_not

HERE = Path(__file__).parent
TABLES = """
create schema air;
grant usage on schema air to gis;
create table air.stacks (
    number int primary key, name text, height numeric, code char(8), notes jsonb, "Высота, м" real,
    built date, geom geometry(PointZ, 4326)
);
insert into air.stacks values
    (2, 'ТЭЦ «Север»', 80.5, 'ab', '{"a": 1}', 3.5, '1980-05-01',
     ST_SetSRID(ST_MakePoint(69.2, 41.3, 400), 4326)),
    (1, 'Boiler', null, 'c', null, null, null, null);
create table air."Источники" ("имя" text, "Геом." geometry(Point, 32642));
insert into air."Источники" values ('ТЭЦ', ST_SetSRID(ST_MakePoint(500000, 4500000), 32642));
create table air.many as
    select number, ST_SetSRID(ST_MakePoint(number % 360 - 180.0, number / 360 % 90), 4326) as geom
    from generate_series(0, 59999) as number;
create index on air.many using gist (geom);
create table air.two (
    number int, geom geometry(Point, 4326), outline geometry(Polygon, 4326)
);
insert into air.two values (1, ST_SetSRID(ST_MakePoint(69.2, 41.3), 4326),
    ST_MakeEnvelope(69, 41, 70, 42, 4326));
create table air.earth (number int, place geography(Point, 4326));
insert into air.earth values (1, ST_MakePoint(69.2, 41.3)::geography);
create table air.degrees (name text, longitude float, latitude float);
insert into air.degrees values ('No 5', 69.2, 41.3);
create table air.nothing (name text, geom geometry(Point, 4326));
create view air.seen as select number as n, geom from air.stacks where number = 2;
grant select on all tables in schema air to gis;
create table air.secret (name text, geom geometry(Point, 4326));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here asks the server, except what needs no database at all."""
    for item in items:
        if HERE in item.path.parents and "server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgis")


@pytest.fixture(scope="session")
def running_server():
    if reason := why_not():
        if os.environ.get("CI") == "true":
            pytest.fail(f"on CI every test must run: {reason}")
        pytest.skip(reason)
    with running() as server:
        server.admin(TABLES)
        yield server


@pytest.fixture
def server(running_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with the password of the user `gis` in the environment."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return running_server
