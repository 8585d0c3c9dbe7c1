"""What a database answers where it cannot give a table, in words, with no password in them."""

from __future__ import annotations

from collections.abc import Iterator

from geocluster.load.database_address import DatabaseTable, masked

INSTALL = 'pip install "geocluster-toolkit[postgis]"'

# By SQLSTATE, see "PostgreSQL Error Codes" in PostgreSQL's manual.
ADVICE = {
    "42P01": "check schema and name, which are spelled exactly as in the database",
    "3F000": "check the name of the schema",
    "42703": "check the names of columns",
    "42501": "ask the database's owner for the right to SELECT from it",
    "42601": "check the query, which is one SELECT",
    "25006": "geocluster only ever reads: give a query that changes nothing",
    "57014": "raise timeout_s (now {timeout_s:g}), choose fewer rows, or index the geometry",
    "55P03": "another transaction holds a lock on it: try again later",
}
# libpq tells what fails before a connection stands in words alone.
CONNECTION_ADVICE = {
    "no password supplied": "give it by PGPASSWORD, ~/.pgpass or a service file",
    "password authentication failed": "check user, and PGPASSWORD, ~/.pgpass or the service file",
    "translate host name": "check the host, and the network",
    "resolve host": "check the host, and the network",
    "refused": "check host and port, and that the server runs and listens there",
    "timeout expired": "check host and port, and that no firewall lies between",
    "definition of service": "check ~/.pg_service.conf, or what PGSERVICEFILE names",
    "no pg_hba.conf entry": "ask the database's owner to admit this user from this machine",
    "No such file or directory": "check host and port, and that the server runs there",
}


def fault_of(error: BaseException, source: DatabaseTable) -> str:
    """One sentence on an error of the driver: what the server said, and what to do."""
    told = next((one for one in _chain(error) if hasattr(one, "sqlstate")), None)
    if told is None:
        return f"it cannot be read: {_line(error)}"
    code = getattr(told, "sqlstate", None)
    kinds = {kind.__name__ for kind in type(told).__mro__}
    if code is None and "OperationalError" in kinds:
        return _without_connection(_line(told))
    if code is None:  # a value that Python does not know, such as a date in the year 10,000
        return f"it cannot be read: {_line(told)}; choose or convert columns by a query"
    diagnosis = getattr(told, "diag", None)
    message = masked(getattr(diagnosis, "message_primary", None) or _line(told))
    hint = getattr(diagnosis, "message_hint", None)
    more = f" ({masked(hint)})" if hint else ""
    if code.startswith(("08", "57P")):
        return _without_connection(message)
    if "multiple commands" in message:
        message = "several statements in one query"
    advice = ADVICE.get(code, "").format(timeout_s=source.timeout_s)
    return f"the database says: {message}{more}" + (f": {advice}" if advice else "")


def _without_connection(message: str) -> str:
    advice = next((text for part, text in CONNECTION_ADVICE.items() if part in message), "")
    return f"the database cannot be reached: {message}" + (f": {advice}" if advice else "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what the driver said within it, and what it came from."""
    seen = 0
    while error is not None and seen < 10:
        yield error
        original = getattr(error, "orig", None)
        error = original or error.__cause__ or error.__context__
        seen += 1


def _line(error: BaseException) -> str:
    """What an error says, on one line and masked."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return masked("; ".join(lines[:3])) or type(error).__name__
