"""A real database: what is read of it, what is refused, and that nothing is ever written."""

import contextlib
import logging
import os
import signal
import socket
import threading
import time
import warnings
from urllib.parse import quote

import pytest
from geopandas.testing import assert_geodataframe_equal
from postgis_server import PASSWORD, Server, _free_port
from shapely.geometry import box

from geocluster.errors import CRSError, InputError, MendedWarning
from geocluster.load import database, database_rows
from geocluster.load.database import read_database, readings, stored
from geocluster.load.database_address import database_table
from geocluster.region import Region


def read(server: Server, crs: object = None, **keys):
    return read_database(database_table(server.address, **keys), crs)


def fault(server: Server, crs: object = None, **keys) -> str:
    with pytest.raises(InputError) as told:
        read(server, crs, **keys)
    assert told.value.__cause__ is None  # nothing of the driver's own in a traceback
    assert told.value.__suppress_context__ or told.value.__context__ is None
    return str(told.value)


@pytest.fixture
def near_tashkent() -> Region:
    return Region("Town", box(460_000, 4_560_000, 540_000, 4_600_000), "EPSG:32642")


def test_a_table_comes_whole_in_the_order_of_its_key(server):
    table = read(server, table="air.stacks")
    assert table["number"].tolist() == [1, 2]
    assert table["name"].tolist() == ["Boiler", "ТЭЦ «Север»"]
    assert table["height"].dtype == float
    assert table["code"].tolist() == ["c", "ab"]  # char(8) without the blanks that fill it
    assert table["notes"].tolist()[1] == '{"a": 1}'
    assert table["built"].tolist()[1] == "1980-05-01"
    assert table.crs == "EPSG:4326"
    assert table.geometry[0] is None  # as it stands there, to be counted as in a file
    assert table.geometry[1].wkt == "POINT (69.2 41.3)"


def test_names_are_taken_as_they_are_spelled(server):
    table = read(server, table="air.Источники")
    assert table["имя"].tolist() == ["ТЭЦ"]
    assert table.geometry.name == "Геом."
    assert table.crs == "EPSG:32642"
    assert len(read(server, table='"air"."seen"')) == 1
    for wrong in ("AIR.stacks", "air.stakcs", "stacks", "air.Stacks"):
        assert "did you mean 'air.stacks'?" in fault(server, table=wrong)
    assert "no such table" in fault(server, table='"; drop table air.stacks; --"."x"')


def test_a_query_may_hold_colons_percent_signs_and_a_comment(server):
    table = read(
        server,
        query="""select name, 'a:b %s %(x)s'::text as t, '10:20'::time as hour,
        'a\\:b' as "b:c", geom from air.stacks where name like 'ТЭЦ%' and height > 3 -- end""",
    )
    assert table.iloc[0][["name", "t", "hour", "b:c"]].tolist() == [
        "ТЭЦ «Север»",
        "a:b %s %(x)s",
        "10:20:00",
        "a\\:b",
    ]


def test_the_address_alone_may_name_table_or_query(server):
    assert len(read_database(stored(f"{server.address}?table=air.stacks"))) == 2
    address = f"{server.address}?query=select * from air.many where number < 7 and number % 2 = 0"
    assert len(read_database(stored(address))) == 4
    encoded = quote("select * from air.many where number < 7", safe="")
    assert len(read_database(stored(f"{server.address}?query={encoded}"))) == 7


@pytest.mark.parametrize(
    "query",
    [
        "with gone as (delete from air.many returning *) select * from gone",
        "select 1; drop table air.many",
        "select 1; commit; drop table air.many",
        "select 1) as q limit 1; drop table air.many; select * from (select 1",
        "select set_config('transaction_read_only', 'off', false), air.write()",
        "select air.write()",
        "select nextval('air.numbers')",
        "insert into air.many values (1) returning *",
        "drop table air.many",
        "/* */ update air.many set number = 0 returning *",
    ],
)
def test_nothing_is_ever_written_even_with_the_right_to(server, query):
    """As the owner, who may do everything: only the transaction stands in the way."""
    server.admin(
        "create sequence if not exists air.numbers; create or replace function air.write() "
        "returns int language sql volatile as 'delete from air.many returning 1'"
    )
    state = "select count(*), sum(number), (select last_value from air.numbers) from air.many"
    before = server.admin(state)
    owner = f"host={server.socket} port={server.port} user=owner dbname=gisdb"
    with pytest.raises(InputError) as told:
        read_database(database_table(owner, query=query))
    assert server.admin(state) == before
    assert "SELECT" in str(told.value) or "read" in str(told.value) or "WITH" in str(told.value)


def test_what_a_server_lets_through_while_reading_is_undone(server):
    """Until version 16, large objects could be made in a transaction that only reads."""
    owner = f"host={server.socket} port={server.port} user=owner dbname=gisdb"
    with contextlib.suppress(InputError):
        read_database(database_table(owner, query="select lo_create(0) as number"))
    assert server.admin("select count(*) from pg_largeobject_metadata") == [(0,)]


def test_geometry_of_many_kinds(server):
    kinds = {
        "curve": "ST_GeomFromText('CIRCULARSTRING(0 0, 1 1, 2 0)', 4326)",
        "measured": "ST_GeomFromText('LINESTRING ZM (0 0 1 2, 1 1 3 4)', 4326)",
        "many": "ST_GeomFromText('MULTIPOINT(0 0, 1 1)', 4326)",
        "none": "ST_GeomFromText('POLYGON EMPTY', 4326)",
        "nowhere": "ST_GeomFromText('POINT EMPTY', 4326)",
    }
    query = " union all ".join(f"select '{n}' as name, {sql} as geom" for n, sql in kinds.items())
    with pytest.warns(MendedWarning, match="1 curves drawn as lines"):
        table = read(server, query=query).set_index("name").geometry
    assert table["curve"].geom_type == "LineString"
    assert table["curve"].length == pytest.approx(3.14159, rel=1e-3)
    assert table["measured"].wkt == "LINESTRING (0 0, 1 1)"
    assert table["none"].is_empty
    assert table["nowhere"].is_empty
    tin = "select ST_GeomFromText('TIN(((0 0 0, 0 0 1, 0 1 0, 0 0 0)))', 4326) as geom"
    assert "geometry that is not read: 1 TIN" in fault(server, query=tin)


def test_one_column_of_geometry_is_chosen(server):
    assert "2 columns of geometry, choose by geometry: geom, outline" in fault(
        server, table="air.two"
    )
    table = read(server, table="air.two", geometry="outline")
    assert table.geometry.name == "outline"
    assert list(table.columns) == ["number", "outline"]
    assert "no column 'shape' of geometry: it holds geom, outline" in fault(
        server, table="air.two", geometry="shape"
    )


def test_geography_and_plain_coordinates_are_read_too(server):
    assert read(server, table="air.earth").geometry[0].wkt == "POINT (69.2 41.3)"
    plain = read(server, table="air.degrees")
    assert plain.iloc[0].tolist() == ["No 5", 69.2, 41.3]
    assert len(read(server, table="air.nothing")) == 0


def test_columns_of_any_type_become_plain_values(server):
    query = """select 1 as n, true as good, null::boolean as unsaid, array[1, 2] as list,
        '{"ж": [1]}'::json as j, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as u,
        interval '1 day' as span, '10.0.0.1'::inet as host, 1.5::numeric as x, 'NaN'::float as gap,
        point(1, 2) as p, null as nothing, ST_SetSRID(ST_MakePoint(69, 41), 4326) as geom"""
    row = read(server, query=query).iloc[0]
    assert row["list"] == "[1, 2]"
    assert row["j"] == '{"ж": [1]}'
    assert row["u"] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert row["span"].startswith("1 day")
    assert row["host"] == "10.0.0.1"
    assert (row["n"], row["good"], row["x"], row["p"]) == (1, True, 1.5, "(1,2)")
    assert row[["unsaid", "gap", "nothing"]].isna().all()
    assert "it cannot be read" in fault(server, query="select 'infinity'::date as built")


def test_a_connection_that_is_cut_is_a_clear_error(server):
    text = fault(server, query="select pg_terminate_backend(pg_backend_pid())")
    assert "permission denied" in text or "cannot be reached" in text


def test_a_table_read_in_parts_is_the_table_read_at_once(server, monkeypatch):
    query = """select n, nullif(n, 1) as gap, case when n > 2 then n / 2.0 end as late,
        case when n > 1 then 'word' end as text, case when n = 3 then true end as truth,
        case when n > 1 then timestamp '2025-01-01' + n * interval '1 day' end as at,
        n::numeric as x, null as nothing, case when n = 2 then '{"a": 1}'::json end as j,
        case when n <> 1 then ST_SetSRID(ST_MakePoint(n, n), 4326) end as geom
        from generate_series(1, 5) as n"""
    whole = read(server, query=query)
    monkeypatch.setattr(database_rows, "ROWS_AT_ONCE", 1)
    parts = read(server, query=query)
    assert_geodataframe_equal(parts, whole)
    assert whole["late"].dtype == whole["gap"].dtype == whole["x"].dtype == float
    assert database_rows.rows_hash(parts) == database_rows.rows_hash(whole)


def test_srids(server):
    zero = "select 1 as number, ST_MakePoint(69.2, 41.3) as geom"
    with pytest.raises(CRSError, match="SRID 0, no reference system: give crs"):
        read(server, query=zero)
    assert read(server, "EPSG:4326", query=zero).crs == "EPSG:4326"
    mixed = f"{zero} union all select 2, ST_SetSRID(ST_MakePoint(1, 1), 32642)"
    with pytest.raises(CRSError, match=r"several SRIDs in one column \(0, 32642\)"):
        read(server, query=mixed)
    with pytest.raises(CRSError, match="SRID 990001 is unknown"):
        read(server, query="select ST_SetSRID(ST_MakePoint(1, 1), 990001) as geom")
    server.admin(
        "insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext) values (900100, 'Own', "
        '7, (select replace(srtext, \'"EPSG","32642"\', \'"Agency","7"\') from spatial_ref_sys '
        "where srid = 32642)) on conflict do nothing"
    )
    own = read(server, query="select ST_SetSRID(ST_MakePoint(500000, 0), 900100) as geom")
    assert own.to_crs("EPSG:4326").geometry[0].x == pytest.approx(69)


def test_too_many_rows_are_refused_before_they_are_read(server):
    assert "more than 100 rows: choose fewer" in fault(server, table="air.many", max_rows=100)
    assert "more than 100 rows" in fault(
        server, query="select generate_series(1, 101) as n", max_rows=100
    )
    assert len(read(server, query="select generate_series(1, 100) as n", max_rows=100)) == 100


def test_of_a_large_table_only_what_lies_about_the_region_is_read(server, near_tashkent):
    with pytest.warns(MendedWarning, match=r"59\d{3} of 60000 rows not read, .* 60 km .* Town"):
        table = read_database(
            stored(database_table(server.address, table="air.many"), near_tashkent, 60_000)
        )
    assert 0 < len(table) < 100
    assert table.geometry.x.between(66, 72).all()
    whole = read(server, table="air.many").cx[60:80, 30:50].to_crs("EPSG:32642")
    near = whole[whole.dwithin(near_tashkent.boundary, 60_000)]
    assert len(near) > 0
    assert set(near["number"]) <= set(table["number"])


def test_rows_without_geometry_are_kept_of_a_large_table(server, monkeypatch):
    monkeypatch.setattr(database_rows, "WHOLE_ROWS", 1)
    elsewhere = Region("Far", box(460_000, 5_560_000, 540_000, 5_600_000), "EPSG:32642")
    stacks = stored(database_table(server.address, table="air.stacks"), elsewhere, 1000)
    with pytest.warns(MendedWarning, match="1 of 2 rows not read"):
        assert read_database(stacks)["name"].tolist() == ["Boiler"]


def test_a_small_table_is_read_whole_so_that_all_outside_is_named(server, near_tashkent):
    source = stored(database_table(server.address, table="air.stacks"), near_tashkent, 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_database(source)) == 2


def test_what_was_read_is_recorded_and_the_hash_is_of_the_rows(server):
    with readings() as read_now:
        read(server, table="air.stacks")
        read(server, query="select * from air.stacks order by number desc")
        read(server, query="select * from air.stacks where number = 2")
    assert [one.rows for one in read_now] == [2, 2, 1]
    assert read_now[0].what == "table air.stacks"
    assert read_now[0].sha256 == read_now[1].sha256 != read_now[2].sha256
    assert PASSWORD not in str(read_now)


def test_faults_say_what_to_do_and_never_the_password(server, monkeypatch):
    port = _free_port()
    host = f"127.0.0.1:{server.port}"
    asked = [
        (f"postgresql://gis@127.0.0.1:{port}/gisdb", "refused", "check host and port"),
        (f"postgresql://gis@no.such.host.invalid:{port}/gisdb", "no.such.host", "check the host"),
        (f"postgresql://gis@{host}/nodb", 'database "nodb" does not exist', ""),
        (f"postgresql://nobody@{host}/gisdb", "authentication failed", "PGPASSWORD"),
        ("service=nothing_here", "definition of service", "pg_service.conf"),
    ]
    for address, said, advice in asked:
        with pytest.raises(InputError) as told:
            read_database(database_table(address, table="air.stacks"))
        check_silence(str(told.value), said, advice)
    cases = [
        ({"table": "air.qqqqqq"}, "there is no such table", "check schema and name"),
        ({"table": "air.secret"}, "permission denied for table secret", "right to SELECT"),
        ({"query": "select frm air.stacks"}, "syntax error", "one SELECT"),
        ({"query": "select nome from air.stacks"}, 'column "nome" does not exist', "name"),
        ({"query": "select pg_sleep(9)", "timeout_s": 0.2}, "timeout", "raise timeout_s (now 0.2)"),
        ({"query": f"select '{PASSWORD}'::int"}, "invalid input syntax", ""),
    ]
    for keys, said, advice in cases:
        if PASSWORD in keys.get("query", ""):  # which the user wrote into the query himself
            text = fault(server, query="select current_setting('x.y')::int")
        else:
            text = fault(server, **keys)
            check_silence(text, said, advice)
    monkeypatch.setenv("PGPASSWORD", "wrong-password")
    check_silence(fault(server, table="air.stacks"), "authentication failed", "PGPASSWORD")
    monkeypatch.delenv("PGPASSWORD")
    check_silence(fault(server, table="air.stacks"), "no password supplied", "~/.pgpass")


def test_logs_at_their_most_talkative_hold_no_password(server, monkeypatch, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg", "psycopg.pq"):
        caplog.set_level(logging.DEBUG, logger=name)
    read(server, table="air.stacks")
    address = f"postgresql://nobody@127.0.0.1:{server.port}/gisdb"
    with pytest.raises(InputError):
        read_database(database_table(address, table="air.stacks"))
    assert len(caplog.text) > 1000
    told = capfd.readouterr()
    for text in (caplog.text, told.out, told.err):
        check_silence(text, "", "")


def check_silence(text: str, said: str, advice: str) -> None:
    assert said in text
    assert advice in text
    for secret in (PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), "wrong-password"):
        assert secret not in text


def test_the_password_may_come_from_a_file_or_a_service(server, monkeypatch, tmp_path):
    monkeypatch.delenv("PGPASSWORD")
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{server.port}:gisdb:gis:{escaped}\n", encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert len(read(server, table="air.stacks")) == 2
    monkeypatch.delenv("PGPASSFILE")
    services = tmp_path / "services.conf"
    services.write_text(
        f"[my_gis]\nhost=127.0.0.1\nport={server.port}\nuser=gis\ndbname=gisdb\n"
        f"password={PASSWORD}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGSERVICE", "my_gis")  # and all of it from the environment
    assert len(read_database(database_table("postgresql://?table=air.stacks"))) == 2
    monkeypatch.delenv("PGSERVICE")
    source = database_table("service=my_gis", table="air.stacks")
    assert len(read_database(source)) == 2
    assert str(source) == "service=my_gis, table air.stacks"


def test_a_server_that_never_answers_is_given_up(server):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        start = time.monotonic()
        address = f"postgresql://gis@127.0.0.1:{port}/gisdb?connect_timeout=2"
        with pytest.raises(InputError, match="cannot be reached"):
            read_database(database_table(address, table="air.stacks"))
        assert time.monotonic() - start < 8


def test_a_server_that_stands_still_is_given_up(server, monkeypatch):
    monkeypatch.setattr(database, "GIVE_UP_AFTER", 1)
    stopped = []

    def stop() -> None:
        asked = "select pid from pg_stat_activity where query like '%pg_sleep(0.6)%' and pid <> %s"
        deadline = time.monotonic() + 5
        while not stopped and time.monotonic() < deadline:
            for (pid,) in server.admin(asked.replace("%s", "pg_backend_pid()")):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)

    thread = threading.Thread(target=stop)
    thread.start()
    start = time.monotonic()
    try:
        text = fault(server, query="select 1 as n from (select pg_sleep(0.6)) as s", timeout_s=1)
    finally:
        thread.join()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert stopped
    assert "the server fell silent: given up after 1 s" in text
    assert time.monotonic() - start < 5


def test_a_lock_held_by_another_ends_in_a_clear_error(server):
    import psycopg

    owner = f"host={server.socket} port={server.port} user=owner dbname=gisdb"
    with psycopg.connect(owner) as other:
        other.execute("lock table air.two in access exclusive mode")
        text = fault(server, table="air.two", geometry="geom", timeout_s=0.3)
    assert "timeout" in text


def test_a_database_in_a_legacy_encoding(server):
    names = [row[0] for row in server.admin("select datname from pg_database", "postgres")]
    if "old" not in names:
        server.admin(
            "create database old encoding 'WIN1251' locale 'C' template template0", "postgres"
        )
        server.admin("create table towns (name text, longitude float, latitude float)", "old")
        server.admin("insert into towns values ('Ташкент', 69.2, 41.3)", "old")
        server.admin("grant select on towns to gis", "old")
    address = server.address.replace("gisdb", "old")
    assert read_database(database_table(address, table="towns"))["name"].tolist() == ["Ташкент"]


def test_without_the_driver_the_error_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r'pip install "geocluster-toolkit\[postgis\]"'):
        read_database(database_table("postgresql://gis@host/db", table="stacks"))


def test_postgis_may_live_in_a_schema_of_its_own(server):
    names = [row[0] for row in server.admin("select datname from pg_database", "postgres")]
    if "apart" not in names:
        server.admin("create database apart", "postgres")
        server.admin("create schema gis_tools; create extension postgis schema gis_tools", "apart")
        server.admin(
            "create table shops as select 1 as n, "
            "gis_tools.ST_SetSRID(gis_tools.ST_MakePoint(69.2, 41.3), 4326) as geom",
            "apart",
        )
        server.admin(
            "grant select on shops to gis; grant usage on schema gis_tools to gis", "apart"
        )
        server.admin("grant select on gis_tools.spatial_ref_sys to gis", "apart")
    address = server.address.replace("gisdb", "apart")
    assert len(read_database(database_table(address, table="shops"))) == 1
