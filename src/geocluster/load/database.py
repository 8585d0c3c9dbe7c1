"""Tables of a PostgreSQL database with PostGIS: read, and never written to.

All of a table is read in one transaction that the server itself holds to reading, so that what was
counted before is what is read. From here on it goes the way of a file.
"""

from __future__ import annotations

import math
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError
from geocluster.load.database_address import DatabaseTable, database_table, is_database
from geocluster.load.database_faults import INSTALL, fault_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import sqlalchemy as sa

    from geocluster.region import Region

CONNECT_TIMEOUT_S = 10
GIVE_UP_AFTER = 10  # times the time that one statement may take
# One process after another: rows come in the order they are stored in, run after run.
SETUP = """
select set_config('statement_timeout', :timeout_ms, true),
       set_config('synchronize_seqscans', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true),
       set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), (
           select quote_ident(nspname) from pg_catalog.pg_extension
           join pg_catalog.pg_namespace on pg_namespace.oid = extnamespace
           where extname = 'postgis')), true),
       current_setting('transaction_read_only')
"""


@dataclass(frozen=True)
class Reading:
    """What was read of a database, for the record: `sha256` is of the rows, in any order."""

    database: str
    what: str
    rows: int
    sha256: str


_READINGS: ContextVar[list[Reading] | None] = ContextVar("_READINGS", default=None)


@contextmanager
def readings() -> Iterator[list[Reading]]:
    """What is read of databases in a block.

    Examples
    --------
    >>> with readings() as read:
    ...     pass
    >>> read
    []
    """
    read: list[Reading] = []
    token = _READINGS.set(read)
    try:
        yield read
    finally:
        _READINGS.reset(token)


def stored(
    path: str | Path | DatabaseTable, region: Region | None = None, reach_m: float = 0.0
) -> str | Path | DatabaseTable:
    """A table of a database where a path is the address of one; else the path.

    Parameters
    ----------
    path : str, Path or DatabaseTable
        As the functions that read vector files take it.
    region, reach_m : optional
        Of a large table only rows about this region, within this distance [m], are read.
    """
    table = database_table(str(path)) if is_database(path) else path
    if region is None or not isinstance(table, DatabaseTable):
        return table
    return replace(table, near=(region, reach_m))


def read_database(source: DatabaseTable, crs: object = None) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read a table or query of a database.

    Parameters
    ----------
    source : DatabaseTable
        Made by `geocluster.load.database_address.database_table`.
    crs : str or pyproj.CRS, optional
        Declares the reference system of geometry whose SRID is 0.

    Returns
    -------
    GeoDataFrame
        Two-dimensional, in the order of the primary key, or the query's own; a DataFrame where
        there is no column of geometry.

    Raises
    ------
    InputError
        The driver is not installed; no connection; no such table or column; no right to read it;
        a query that writes, is wrong or takes too long; too many rows; geometry that is no point,
        line or polygon.
    CRSError
        No SRID, several, or one that is unknown.

    Warns
    -----
    MendedWarning
        Curves drawn as lines; rows of a large table that were not read as they lie far off.
    """
    name = str(source)
    try:
        import psycopg
        import sqlalchemy as sa
    except ImportError:
        raise InputError(name, f"reading a database needs more packages: {INSTALL}") from None
    import pandas as pd
    from shapely.errors import ShapelyError

    from geocluster.load.database_rows import rows_hash, rows_of

    try:
        with _connected(source) as connection:
            table = rows_of(connection, source, crs)
    except (sa.exc.SQLAlchemyError, psycopg.Error, pd.errors.DatabaseError) as error:
        raise InputError(name, fault_of(error, source)) from None
    except (ShapelyError, UnicodeDecodeError) as error:
        raise InputError(name, f"it cannot be read: {error}") from None
    read = _READINGS.get()
    if read is not None:
        read.append(Reading(source.address, source.what, len(table), rows_hash(table)))
    return table


@contextmanager
def _connected(source: DatabaseTable) -> Iterator[sa.Connection]:
    """A connection in a transaction that the server lets read only."""
    import psycopg
    import sqlalchemy as sa

    options: dict[str, Any] = {"application_name": "geocluster", "client_encoding": "utf8"}
    options |= {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    if "connect_timeout" not in source.address and "PGCONNECT_TIMEOUT" not in os.environ:
        options["connect_timeout"] = CONNECT_TIMEOUT_S
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(source.address, prepare_threshold=None, **options),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
        use_native_hstore=False,
    )
    with engine.connect() as connection:
        reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        connection = connection.execution_options(**reading)
        transaction = connection.begin()
        guard = _Guard(connection, GIVE_UP_AFTER * source.timeout_s)
        try:
            setup = {"timeout_ms": str(math.ceil(source.timeout_s * 1000))}
            row = connection.execute(sa.text(SETUP), setup).one()
            if row[-1] != "on":
                raise InputError(str(source), "the server does not hold the transaction to reading")
            yield connection
        except Exception:
            if guard.has_cut:
                raise InputError(
                    str(source), f"the server fell silent: given up after {guard.seconds:g} s"
                ) from None
            raise
        finally:  # what a server before version 16 lets through, such as lo_create, is undone
            guard.cancel()
            with suppress(sa.exc.DBAPIError):  # a connection that is no more has nothing to undo
                transaction.rollback()


class _Guard:
    """Cuts a connection after so many seconds: a server that stands still minds no time-out."""

    def __init__(self, connection: sa.Connection, seconds: float) -> None:
        self.has_cut, self.seconds = False, seconds
        self._file = connection.connection.dbapi_connection.fileno()  # type: ignore[union-attr]
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Cut nothing from here on."""
        self._timer.cancel()
        self._timer.join()

    def _cut(self) -> None:
        self.has_cut = True
        with suppress(OSError), socket.socket(fileno=os.dup(self._file)) as line:
            line.shutdown(socket.SHUT_RDWR)
