"""What an OpenStreetMap file unpacks to, looked at before it is read.

Map data packs about 4 times in PBF and 10 to 20 times as XML. What packs far better, or holds a
text without end, was made to exhaust its reader.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from geocluster.errors import InputError

CHUNK = 1 << 20
RATIO = 100
ALWAYS_ALLOWED_BYTES = 100_000_000
# The API allows 255 letters in a value.
LONGEST_TEXT_BYTES = 2 * CHUNK
BLOB_SIZE = 2  # number of the field `raw_size` in a blob, and of `datasize` below
DATA_SIZE = 3


def check_unpacked(path: Path) -> None:
    """An error where a file unpacks to more than map data can.

    Raises
    ------
    InputError
        More than 100 MB that are more than 100 times the file, or text of more than 2 MB without
        a single tag in it.
    """
    name = path.name.lower()
    try:
        if name.endswith(".pbf"):
            _check_size(path, sum(_blob_sizes(path)), path.stat().st_size)
        else:
            _check_text(path, name)
    except (OSError, EOFError, zlib.error):
        return  # broken: libosmium says how


def _check_text(path: Path, name: str) -> None:
    unpacked = silent = 0
    with path.open("rb") as packed, _opened(packed, name) as stream:
        while chunk := stream.read(CHUNK):
            unpacked += len(chunk)
            _check_size(path, unpacked, packed.tell())
            silent = 0 if b"<" in chunk else silent + len(chunk)
            if silent > LONGEST_TEXT_BYTES:
                raise InputError(
                    str(path),
                    f"a text of more than {LONGEST_TEXT_BYTES >> 20} MB in it is no map "
                    "data: fetch it again",
                )


def _opened(packed: IO[bytes], name: str) -> IO[bytes]:
    if name.endswith(".gz"):
        return gzip.GzipFile(fileobj=packed)  # type: ignore[return-value]
    if name.endswith(".bz2"):
        return bz2.BZ2File(packed)
    return packed


def _check_size(path: Path, unpacked: int, packed: int) -> None:
    if unpacked > ALWAYS_ALLOWED_BYTES and unpacked > RATIO * packed:
        raise InputError(
            str(path),
            f"{packed / 1e6:.1f} MB of it unpack to {unpacked / 1e6:,.0f} MB or more, which map "
            "data does not: fetch it again",
        )


def _blob_sizes(path: Path) -> Iterator[int]:
    """What each block of a PBF file says that it unpacks to. [bytes]"""
    with path.open("rb") as file:
        while len(length := file.read(4)) == 4:
            size = _field(file.read(min(int.from_bytes(length, "big"), CHUNK)), DATA_SIZE)
            here = file.tell()
            yield _field(file.read(16), BLOB_SIZE)
            file.seek(here + size)


def _field(message: bytes, wanted: int) -> int:
    """A number of a protocol buffer, 0 where it is not among its first fields."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        value, place = _varint(message, place)
        if tag == wanted << 3:
            return value
        if tag & 7 == 2:
            place += value
    return 0


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            break
    return value, place
