"""How the text of a file is written: UTF-8, else what it declares or what it is said to be."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

# The code page that byte 29 of a DBF names (dBASE language drivers, as ESRI and GDAL read them).
# 0x57 means "whatever the machine that wrote it uses", which says nothing.
LANGUAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x09: "cp437", 0x0A: "cp850",
    0x0B: "cp437", 0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850", 0x11: "cp437",
    0x12: "cp850", 0x13: "cp932", 0x14: "cp850", 0x15: "cp437", 0x16: "cp850", 0x17: "cp865",
    0x18: "cp437", 0x19: "cp437", 0x1A: "cp850", 0x1B: "cp437", 0x1C: "cp863", 0x1D: "cp850",
    0x1F: "cp852", 0x22: "cp852", 0x23: "cp852", 0x24: "cp860", 0x25: "cp850", 0x26: "cp866",
    0x37: "cp850", 0x40: "cp852", 0x4D: "cp936", 0x4E: "cp949", 0x4F: "cp950", 0x50: "cp874",
    0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x67: "cp861",
    0x6A: "cp737", 0x6B: "cp857", 0x6C: "cp863", 0x78: "cp950", 0x79: "cp949", 0x7A: "cp936",
    0x7B: "cp932", 0x7C: "cp874", 0x86: "cp737", 0x87: "cp852", 0x88: "cp857", 0xC8: "cp1250",
    0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
RECORDS_AT_ONCE = 20_000
LIKELY = "cp1251"


def encoding_of_dbf(file: Path, given: str | None, where: str) -> str:
    """The encoding of a shapefile's text, by Python's name for it.

    What is given counts before the .cpg beside the file, that before the language byte in the DBF,
    and that before UTF-8.

    Raises
    ------
    InputError
        Text that cannot be read so: the first of it is shown as it would be in cp1251.

    Warns
    -----
    MendedWarning
        Where what is given differs from what the file declares.
    """
    told, by = _declared(file)
    encoding = given or told or "utf-8"
    bad = next((raw for raw in _texts(file) if not _reads_as(raw, encoding)), None)
    if bad is None:
        if given and told and codecs.lookup(given) != codecs.lookup(told):
            _tell_override(where, given, told, by)
        return encoding
    says = f"it is not text in {given}" if given else "it does not say how its text is written"
    if told and not given:
        says = f"its text is not in {told}, which its {by} declares"
    raise InputError(where, f"{says}: {_shown(bad)}")


def _tell_override(where: str, given: str, told: str, by: str) -> None:
    import warnings

    from geocluster.errors import GeoclusterWarning

    warnings.warn(
        f"{where}: text read as {given}, as was asked for, although its {by} says {told}",
        GeoclusterWarning,
        stacklevel=4,
    )


def _shown(raw: bytes) -> str:
    text = raw.strip(b" \0").decode(LIKELY, errors="replace")[:40]
    return f'in {LIKELY} its first text reads "{text}"; if that is right, add encoding = "{LIKELY}"'


def with_sound_text(table: gpd.GeoDataFrame, file: Path, where: str) -> gpd.GeoDataFrame:
    """A table whose text is UTF-8 throughout, which GDAL takes on trust.

    A letter that a shapefile's field has cut in two, all of whose text has been looked at before,
    is no letter.

    Raises
    ------
    InputError
        Where the text of another file is not UTF-8; the first of it is shown as it would be in
        cp1251.
    """
    import pandas as pd
    import pyarrow as pa

    for name in table.columns:
        if name == table.geometry.name or not isinstance(table[name].dtype, pd.StringDtype):
            continue
        values = pa.array(table[name].array)
        try:
            values.validate(full=True)
            continue
        except pa.ArrowInvalid:
            raw = values.cast(pa.large_string()).view(pa.large_binary()).to_pylist()
        if file.suffix.lower() != ".shp":
            bad = next(text for text in raw if text and not _reads_as(text, "utf-8"))
            shown = bad.decode(LIKELY, errors="replace")[:40]
            raise InputError(
                where,
                f"column '{name}': its text is not UTF-8, as it must be in a {file.suffix}: save "
                f'it so (in {LIKELY} its first text reads "{shown}")',
            )
        sound = [None if text is None else text.decode("utf-8", errors="ignore") for text in raw]
        table[name] = pd.Series(sound, index=table.index, dtype=table[name].dtype)
    return table


def parts_of_shapefile(file: Path) -> dict[str, Path]:
    """The files that belong to a shapefile, by suffix in small letters.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "a.shp"
    >>> file.with_suffix(".DBF").touch()
    >>> list(parts_of_shapefile(file))
    ['.dbf']
    """
    found = (path for path in sorted(file.parent.iterdir()) if path.stem == file.stem)
    return {path.suffix.lower(): path for path in found}


def _declared(file: Path) -> tuple[str | None, str]:
    """The encoding that a shapefile declares, and where."""
    parts = parts_of_shapefile(file)
    page = parts.get(".cpg") or parts.get(".cst")
    if page is not None:
        words = page.read_bytes()[:100].decode("ascii", errors="replace").strip()
        if found := _python_name(words):
            return found, page.suffix.lower()
    with parts[".dbf"].open("rb") as stream:
        head = stream.read(32)
    byte = head[29] if len(head) == 32 else 0
    return LANGUAGES.get(byte), f"language byte 0x{byte:02X}"


def _python_name(words: str) -> str | None:
    """The encoding that a .cpg means: `UTF-8`, `1251`, `ANSI 1251`, `OEM 866`, `88595`."""
    plain = re.sub(r"^(ansi|oem|windows|cp|ibm)[ _-]*", "", words.strip().lower())
    tries = [words, plain, f"cp{plain}"]
    if latin := re.fullmatch(r"8859[-_ ]?(\d{1,2})", plain):
        tries.insert(0, f"iso8859-{latin.group(1)}")
    for name in tries:
        try:
            return codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    return None


def _texts(file: Path) -> Iterator[bytes]:
    """Every name of a column and every text in a DBF that is not plain ASCII."""
    import numpy as np

    with parts_of_shapefile(file)[".dbf"].open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            return
        count, header, size = struct.unpack_from("<IHH", head, 4)
        fields, begin = [], 1
        while len(field := stream.read(32)) == 32 and field[0] != 0x0D:
            name = field[:11].split(b"\0")[0]
            if not name.isascii():
                yield name
            if field[11:12] in b"CM":
                fields.append((begin, begin + field[16]))
            begin += field[16]
        stream.seek(header)
        for _ in range(0, count if size else 0, RECORDS_AT_ONCE):
            block = stream.read(size * RECORDS_AT_ONCE)
            block = block[: len(block) // size * size]
            if not block:
                return
            if block.isascii():
                continue
            rows = np.frombuffer(block, np.uint8).reshape(-1, size)
            for first, last in fields:
                for row in np.flatnonzero((rows[:, first:last] > 127).any(axis=1)):
                    yield rows[row, first:last].tobytes()


def _reads_as(raw: bytes, encoding: str) -> bool:
    """Whether bytes are text of an encoding; a letter cut off at the end of a field is forgiven."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(raw.rstrip(b" \0"), final=False)
    except UnicodeDecodeError:
        return False
    return True


def check_text(file: Path, encoding: str) -> None:
    """Read a text file to its end, a piece at a time.

    Raises
    ------
    InputError
        Where it is not text of this encoding, or a line has no end.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    with file.open("rb") as stream:
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise InputError(str(file), _not_so(file, encoding, error)) from error


def _not_so(file: Path, encoding: str, error: UnicodeDecodeError) -> str:
    if encoding != "utf-8-sig":
        return f"it is not text in {encoding} ({error.reason}): give another encoding"
    line = next(line for line in _lines(file) if not _reads_as(line, "utf-8"))
    start = next(i for i, byte in enumerate(line) if byte > 127)
    shown = _shown(line[max(0, start - 10) :].rstrip(b"\r\n"))
    return f"it is not UTF-8 text ({error.reason}): save it so, or say what it is; {shown}"


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while line := stream.readline(1 << 20):
            yield line
