"""A PostgreSQL server with PostGIS for tests: its own folder and port, ended by its own pid."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cr@t/Пароль %&:"  # every letter that an address could trip over
SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 20
shared_buffers = 32MB
listen_addresses = '127.0.0.1'
lc_messages = 'C'
"""


@dataclass(frozen=True)
class Server:
    """A running server: `admin` may do all and needs no password, the user "gis" may read."""

    port: int
    socket: Path

    @property
    def address(self) -> str:
        """What a study.toml would hold, without a password."""
        return f"postgresql://gis@127.0.0.1:{self.port}/gisdb"

    def admin(self, sql: str, database: str = "gisdb") -> list:
        """Run statements as the owner."""
        import psycopg

        where = f"host={self.socket} port={self.port} user=owner dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []


def why_not() -> str | None:
    """What is not installed for a server, or None."""
    folder = programs()
    if folder is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql-15)"
    version = folder.parent.name
    if not Path(f"/usr/share/postgresql/{version}/extension/postgis.control").is_file():
        return f"PostGIS is not installed (Debian: apt-get install postgresql-{version}-postgis-3)"
    try:
        import psycopg  # noqa: F401
        import sqlalchemy  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed: pip install geocluster-toolkit[postgis]"
    return None


def programs() -> Path | None:
    """The folder with initdb, of the newest version, one with PostGIS before others."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: (
            Path(f"/usr/share/postgresql/{path.parts[-3]}/extension/postgis.control").exists(),
            int(path.parts[-3]),
        ),
    )
    if found:
        return found[-1].parent
    other = shutil.which("initdb")
    return None if other is None else Path(other).resolve().parent


@contextmanager
def running() -> Iterator[Server]:
    """A server in a new folder below the folder for temporary files."""
    folder = Path(tempfile.mkdtemp(prefix="geocluster-pg-"))  # short: a socket's path has a limit
    os.chmod(folder, 0o755)
    data, programs_folder = folder / "data", programs()
    data.mkdir()
    as_user = _as_other_user(folder)
    secret = folder / "password"
    secret.write_text("owner")
    started = False
    try:
        if as_user:
            for path in (folder, data, secret):
                shutil.chown(path, as_user[-2])
        init = [f"{programs_folder}/initdb", "-D", str(data), "-U", "owner", "-E", "UTF8"]
        _run([*as_user, *init, "--locale=C.UTF-8", "--no-sync"])
        (data / "pg_hba.conf").write_text(
            "local all owner trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        with (data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS + f"unix_socket_directories = '{folder}'\n")
        port = _free_port()
        control = [f"{programs_folder}/pg_ctl", "-D", str(data), "-w", "-t", "60"]
        _run([*as_user, *control, "-o", f"-p {port}", "-l", str(folder / "log"), "start"])
        started = True
        yield _with_database(Server(port, folder))
    finally:
        if started:
            _run([*as_user, *control, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _with_database(server: Server) -> Server:
    password = PASSWORD.replace("'", "''")
    server.admin("create database gisdb", "postgres")
    server.admin("create extension postgis")
    server.admin(f"create user gis password '{password}'")
    return server


def _as_other_user(folder: Path) -> list[str]:
    """PostgreSQL does not run as root: the words that make a command another user's."""
    if os.geteuid() != 0:
        return []
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return ["runuser", "-u", "postgres" if "postgres" in names else "nobody", "--"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[-1]}: {done.stdout}")
