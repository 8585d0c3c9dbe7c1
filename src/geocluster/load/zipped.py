"""Zip files opened with care: nothing climbs out of a folder, nothing unpacks without an end."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geocluster.errors import InputError

MEBI = 2**20
LARGEST_UNPACKED = 2048 * MEBI
# Tables of blanks pack well, and deflate cannot do better than 1032: honest files stay far below.
LARGEST_RATIO = 200
RATIO_COUNTS_ABOVE = 64 * MEBI
MANY_MEMBERS = 10_000
READ_AT_ONCE = MEBI
# All that Python's zipfile raises where bytes are not as they should be.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    UnicodeDecodeError,
)


@contextmanager
def opened_zip(
    file: Path, *, largest: int = LARGEST_UNPACKED, kind: str = "zip file"
) -> Iterator[zipfile.ZipFile]:
    """A zip file whose list of contents has been looked at.

    Parameters
    ----------
    file : Path
        The file.
    largest : int
        What it may unpack to. [bytes]
    kind : str
        What it is to the reader.

    Raises
    ------
    InputError
        Not a zip file or a broken one; members that climb out of their folder, are locked, or
        unpack to too much: all such faults at once.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            faults = _faults(archive, largest)
            if faults:
                raise InputError(str(file), faults)
            yield archive
    except BROKEN as error:
        raise InputError(str(file), f"it is not a {kind}, or a broken one") from error


def _faults(archive: zipfile.ZipFile, largest: int) -> list[str]:
    members = archive.infolist()
    if len(members) > MANY_MEMBERS:
        return [f"it holds {len(members):,} files: at most {MANY_MEMBERS:,} are looked at"]
    faults = [
        f"its member '{member.filename[:80]}' would lie outside its folder: pack it again"
        for member in members
        if _climbs(member.filename)
    ]
    locked = [member.filename for member in members if member.flag_bits & 0x1]
    if locked:
        faults.append(f"'{locked[0][:80]}' is locked by a password: unlock it")
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if size > largest:
        faults.append(
            f"it unpacks to {size / MEBI:,.0f} MB: at most {largest / MEBI:,.0f} MB are read"
        )
    elif size > RATIO_COUNTS_ABOVE and size > LARGEST_RATIO * packed:
        faults.append(
            f"it unpacks to {size / max(packed, 1):,.0f} times its size: at most "
            f"{LARGEST_RATIO} times is read"
        )
    return faults


def _climbs(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ".." in PurePosixPath(plain).parts or ":" in plain[:2]


def unpack(file: Path, archive: zipfile.ZipFile, members: Iterable[str], folder: Path) -> None:
    """Write members into a folder under their bare names, and not one byte more than declared.

    Raises
    ------
    InputError
        Where a member is broken, or holds more than the list of contents says.
    """
    for member in members:
        declared = archive.getinfo(member).file_size
        written = 0
        with (
            archive.open(member) as packed,
            (folder / PurePosixPath(member).name).open("wb") as out,
        ):
            while block := packed.read(READ_AT_ONCE):
                written += len(block)
                if written > declared:
                    raise InputError(str(file), f"'{member}' holds more than it declares")
                out.write(block)
