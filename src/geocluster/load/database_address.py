"""Addresses of PostgreSQL databases: what they may hold, and what of them may be shown.

A password never stands in an address, so that it can reach no result, log or message: PostgreSQL's
own client library takes it from the environment, a password file or a service file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from geocluster.errors import InputError

if TYPE_CHECKING:
    from geocluster.region import Region

TIMEOUT_S = 60.0
MAX_ROWS = 2_000_000
PASSWORD = (
    "a password is written in it: passwords belong in the environment (PGPASSWORD), in ~/.pgpass "
    "(or the file that PGPASSFILE names), or in a service file (PGSERVICEFILE)"
)
UNREADABLE = (
    "the address cannot be read: write postgresql://user@host:5432/database, with %40 and the like "
    "for special letters, or service=name of a service file"
)
ONE_OF_TWO = "give either a table or a query"
# What libpq may be told, see "Parameter Key Words" in PostgreSQL's manual; all but passwords.
PARAMETERS = frozenset(
    [
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "passfile",
        "service",
        "application_name",
        "connect_timeout",
        "options",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "sslcompression",
        "gssencmode",
        "krbsrvname",
        "channel_binding",
        "require_auth",
        "target_session_attrs",
        "load_balance_attrs",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "client_encoding",
    ]
)
SHOWN_LETTERS = 80

_SCHEME = re.compile(r"^\s*(postgres|postgresql)(\+\w+)?://", re.IGNORECASE)
_USER_AND_PASSWORD = re.compile(r"(\b[a-z][\w+.-]*://[^\s/?#:@'\"]*):[^\n]*@", re.IGNORECASE)
_PASSWORD_KEY = re.compile(
    r"((?:ssl)?passw(?:or)?d\W?\s*[=:]\s*)('(?:\\.|[^'\\])*'|\"[^\"]*\"|[^\s&'\"]+)", re.IGNORECASE
)
_CONNECTION_TEXT = re.compile(r"'[^']*passw(or)?d\s*=[^']*'", re.IGNORECASE)  # as dblink takes it
_PAIR = re.compile(r"\s*(\w+)\s*=\s*('(?:\\.|[^'\\])*'|[^\s'\\]*)(?=\s|$)")
_NAME = r'(?:"((?:[^"]|"")+)"|([^".]+))'
_TABLE = re.compile(rf"^(?:{_NAME}\.)?{_NAME}$")


def is_database(value: object) -> bool:
    """Whether a text is the address of a database rather than a path.

    Examples
    --------
    >>> is_database("postgresql://gis@host/db?table=stacks"), is_database("stacks.gpkg")
    (True, False)
    """
    return isinstance(value, str) and _SCHEME.match(value) is not None


def masked(text: str) -> str:
    """A text with the passwords of addresses in it, and that of the environment, left out.

    Examples
    --------
    >>> masked("cannot reach postgresql://ann:s3:cr@t@host/db with password=abc")
    'cannot reach postgresql://ann:...@host/db with password=...'
    """
    text = _USER_AND_PASSWORD.sub(r"\1:...@", text)
    text = _PASSWORD_KEY.sub(r"\1...", text)
    secret = os.environ.get("PGPASSWORD", "")
    if len(secret) > 3:
        for form in (secret, quote(secret), quote(secret, safe="")):
            text = text.replace(form, "...")
    return text


@dataclass(frozen=True)
class DatabaseTable:
    """A table or query of a PostgreSQL database, in the place of a file; made by `database_table`.

    Attributes
    ----------
    address : str
        Where the database is, without any password.
    table : tuple of str or None
        Schema ("" where none is given) and name, exactly as in the database.
    query : str or None
        One SELECT, in place of a table.
    geometry : str or None
        The column of geometry, needed where there are several.
    timeout_s : float
        A statement that takes longer is given up. [s]
    max_rows : int
        More rows than these are not read at all.
    near : (Region, float) or None
        Rows farther from a region than this distance [m] need not be read.
    """

    address: str
    table: tuple[str, str] | None = None
    query: str | None = None
    geometry: str | None = None
    timeout_s: float = TIMEOUT_S
    max_rows: int = MAX_ROWS
    near: tuple[Region, float] | None = field(default=None, compare=False, repr=False)

    @property
    def what(self) -> str:
        """The table or the query, as text."""
        if self.table is None:
            return f"query {' '.join(str(self.query).split())}"
        return f"table {'.'.join(part for part in self.table if part)}"

    def __str__(self) -> str:
        told = f"{self.address}, {self.what}"
        longest = len(self.address) + SHOWN_LETTERS
        return told if len(told) <= longest else told[: longest - 1] + "…"


def database_table(
    address: str,
    *,
    table: str | None = None,
    query: str | None = None,
    geometry: str | None = None,
    timeout_s: float = TIMEOUT_S,
    max_rows: int = MAX_ROWS,
) -> DatabaseTable:
    """A table or query of a PostgreSQL database, for the functions that read vector files.

    Parameters
    ----------
    address : str
        ``postgresql://user@host:5432/database``, also with ``?table=schema.name``, ``?query=...``
        or ``&geometry=...``; or libpq's ``service=name`` and the like. Never with a password. The
        text of a query goes to the end of the address, as it is where it has spaces, else with %20
        and the like.
    table : str, optional
        ``name`` or ``schema.name``, spelled as in the database; a name with a point in it stands
        in double quotes.
    query : str, optional
        One SELECT, in place of a table.
    geometry, timeout_s, max_rows
        As in `DatabaseTable`.

    Raises
    ------
    InputError
        With every fault; no part of an address with a password is shown.

    Examples
    --------
    >>> print(database_table("postgresql://gis@host/db?table=air.stacks"))
    postgresql://gis@host/db, table air.stacks
    >>> database_table("postgresql://gis:secret@host/db?table=air.stacks")
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: postgresql://...: a password is written in it: passwords ...
    """
    base, told, faults = _parts(address)
    given = {"table": table, "query": query, "geometry": geometry}
    both = [name for name, value in given.items() if value is not None and name in told]
    faults += [f"{name} is given twice: in the address and beside it" for name in both]
    chosen = {name: told.get(name) if value is None else value for name, value in given.items()}
    names = None
    if base and (chosen["table"] is None) == (chosen["query"] is None):
        faults.append(ONE_OF_TWO)
    if chosen["table"] is not None:
        names = _table_names(chosen["table"])
        faults += [] if names else [f"table {chosen['table']!r}: write name or schema.name"]
    text = chosen["query"]
    if text is not None:
        text = text.strip().removesuffix(";").rstrip()
        if not re.match(r"(select|with|values|table)\b|[(]|--|/[*]", text, re.IGNORECASE):
            faults.append("a query is one SELECT: nothing is ever written to a database")
        if _USER_AND_PASSWORD.search(text) or _CONNECTION_TEXT.search(text):
            base, faults = "", [PASSWORD]
    if faults:
        raise InputError(base or "postgresql://...", list(dict.fromkeys(faults)))
    return DatabaseTable(base, names, text, chosen["geometry"], float(timeout_s), max_rows)


def _table_names(text: str) -> tuple[str, str] | None:
    match = _TABLE.match(text.strip())
    if match is None:
        return None
    quoted, plain, quoted_name, plain_name = match.groups()
    schema = (quoted or plain or "").replace('""', '"')
    return schema, (quoted_name or plain_name).replace('""', '"')


def _parts(address: str) -> tuple[str, dict[str, str], list[str]]:
    """The address for libpq, what it says of table or query, and faults; "" where it has any."""
    try:
        if is_database(address):
            base, told = _of_url(address.strip())
        else:
            base, told = _of_pairs(address), {}
    except ValueError as error:
        return "", {}, [str(error)]
    return base, told, []


def _of_pairs(text: str) -> str:
    """An address in libpq's form of keywords and values."""
    pairs, end = {}, 0
    while match := _PAIR.match(text, end):
        pairs[match.group(1)] = match.group(2)
        end = match.end()
    if re.search(r"passw(or)?d\s*=", text, re.IGNORECASE):
        raise ValueError(PASSWORD)
    if text[end:].strip() or not pairs or not set(pairs) <= PARAMETERS:
        raise ValueError(UNREADABLE)
    return " ".join(f"{name}={value}" for name, value in pairs.items())


def _of_url(text: str) -> tuple[str, dict[str, str]]:
    """An address in the form of a URL, and what its query says of a table."""
    head, _, tail = text.partition("?")
    tail, told = _own_keys(tail)
    scheme = _SCHEME.match(head)
    if scheme is None or scheme.group(2):
        raise ValueError("write postgresql://, without the name of a driver")
    rest = head[scheme.end() :]
    netloc, _, name = rest.partition("/")
    if ":" in netloc.rpartition("@")[0] or ":" in rest.rpartition("@")[0]:
        raise ValueError(PASSWORD)
    pairs = parse_qsl(tail, strict_parsing=True, keep_blank_values=True) if tail else []
    keys = [key for key, _ in pairs]
    if {"password", "sslpassword", "passwd"} & {key.lower() for key in keys}:
        raise ValueError(PASSWORD)
    if (
        "@" in name + tail
        or re.search(r"[\s/#\\]", name)
        or re.search(r"[\s#\\]|@.*@", netloc)
        or len(set(keys)) < len(keys)
        or not set(keys) <= PARAMETERS
        or not _has_a_port(netloc)
    ):
        raise ValueError(UNREADABLE)
    more = f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""
    return f"postgresql://{netloc}/{name}{more}", told


def _has_a_port(netloc: str) -> bool:
    """Whether what stands for a port, if anything, is one."""
    try:
        return urlsplit(f"postgresql://{netloc}").port != 0
    except ValueError:
        return False


def _own_keys(tail: str) -> tuple[str, dict[str, str]]:
    """The query of a URL without what says which table is meant, and that."""
    told: dict[str, str] = {}
    if match := re.search(r"(?:^|&)query=", tail):
        text = tail[match.end() :]
        told["query"] = text if re.search(r"\s", text.strip()) else unquote(text)
        tail = tail[: match.start()]
    others = []
    for pair in tail.split("&") if tail else []:
        key, _, value = pair.partition("=")
        if key not in ("table", "geometry"):
            others.append(pair)
        elif key in told:
            raise ValueError(f"{key} stands in the address twice")
        else:
            told[key] = unquote(value)
    return "&".join(others), told
