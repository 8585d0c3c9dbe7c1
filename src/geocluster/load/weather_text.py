"""The text of a weather file, plain or gzip, within a bound, and which form it is in."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from geocluster.errors import InputError

MOST_BYTES = 100_000_000  # some hundred times a year of hours
MOST_COLUMNS = 2_000
_AERMET = re.compile(r"\b(UA_ID|SF_ID)\s*:", re.IGNORECASE)
_ISD = re.compile(r"^\d{4}[0-9A-Z]\d{10}\d{12}.[+-]\d{5}[+-]\d{6}")
_ISD_LITE = re.compile(r"^\d{4} +\d{1,2} +\d{1,2} +\d{1,2}( +-?\d+){6,8} *$")


def weather_text(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    InputError
        Where it is missing, binary, too large or cannot be unpacked.
    """
    if not path.is_file():
        raise InputError(str(path), "there is no such file")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as packed:
                data = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(path.name, f"it cannot be unpacked ({error})") from None
    if len(data) > MOST_BYTES:
        raise InputError(path.name, f"it is larger than {MOST_BYTES // 10**6} MB: give some years")
    if b"\x00" in data[:4096]:
        raise InputError(
            path.name, "this is no text: docs/weather.md lists the forms that are read"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def form_of(text: str) -> str:
    """The form of a weather file: "epw", "aermet", "isd", "isd-lite", "json" or "table".

    Examples
    --------
    >>> form_of("LOCATION,Chicago"), form_of('{"hourly": {}}'), form_of("datetime,wind_speed_m_s")
    ('epw', 'json', 'table')
    >>> form_of("2024 01 01 00    12   -35 10133   320    46     7     0 -9999")
    'isd-lite'
    """
    start = text.lstrip("\ufeff").lstrip()
    line = start.split("\n", 1)[0].rstrip("\r")
    if start.upper().startswith("LOCATION,"):
        return "epw"
    if start[:1] in ("{", "["):
        return "json"
    if _AERMET.search(line):
        return "aermet"
    if _ISD.match(line):
        return "isd"
    return "isd-lite" if _ISD_LITE.match(line) else "table"
