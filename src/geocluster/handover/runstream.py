"""How AERMOD wants its input written: keywords, fields, lines, names.

A line has a pathway, a keyword and its fields, blanks between them, at most 512 characters of which
this writes far fewer. Everything that comes from data stands in comments, as printable ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

LONGEST_ID, LONGEST_GROUP = 12, 8
FIELDS_A_LINE = 8
PLACEHOLDER = "?"  # a field that begins with it is no number: AERMOD stops with its error 208


def ascii_text(value: object, limit: int = 60) -> str:
    """Text from data as one line of printable ASCII; what ASCII lacks becomes a question mark.

    Examples
    --------
    >>> ascii_text("Zavod «Ёлка»\\n** SO FINISHED")
    'Zavod ?????? ** SO FINISHED'
    >>> ascii_text("Għajnsielem")
    'G?ajnsielem'
    >>> ascii_text(float("nan"))
    ''
    """
    if value is None or value != value:
        return ""
    text = unicodedata.normalize("NFKD", str(value)[: 20 * limit])
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = text.encode("ascii", "replace").decode("ascii")
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())[:limit].rstrip()


def short_ids(
    names: Iterable[str], longest: int = LONGEST_ID, taken: Iterable[str] = ()
) -> list[str]:
    """Identifiers of capital letters and digits, each different, from names of any kind.

    Examples
    --------
    >>> short_ids(["way/15590166", "Boiler house 1", "Boiler house 2", "Ц", "Ш"])
    ['WAY15590166', 'BOILERHOUSE1', 'BOILERHOUSE2', 'S', 'S2']
    >>> short_ids(["chemicals and more", "chemicals", "all"], longest=8, taken=["ALL"])
    ['CHEMICAL', 'CHEMICA2', 'ALL2']
    """
    used = {name.upper() for name in taken}
    ids = []
    for name in names:
        base = re.sub(r"[^A-Z0-9]", "", ascii_text(name, 200).upper())[:longest] or "S"
        found, count = base, 1
        while found in used:
            count += 1
            found = f"{base[: longest - len(str(count))]}{count}"
        used.add(found)
        ids.append(found)
    return ids


def card(pathway: str, keyword: str, *fields: object) -> str:
    """One line of input.

    Examples
    --------
    >>> card("SO", "LOCATION", "A1", "POINT", "500.00", "700.00")
    'SO LOCATION  A1 POINT 500.00 700.00'
    """
    line = f"{pathway} {keyword:<8}  {' '.join(map(str, fields))}".rstrip()
    if len(line) > 512 or not line.isascii():
        raise ValueError(f"no line for AERMOD: {line[:80]!r}")
    return line


def cards(pathway: str, keyword: str, first: Sequence[object], rest: Sequence[object]) -> list[str]:
    """As many lines as a long list of fields takes, each beginning with the same fields.

    Examples
    --------
    >>> cards("SO", "SRCGROUP", ["METALS"], [f"S{n}" for n in range(10)])
    ['SO SRCGROUP  METALS S0 S1 S2 S3 S4 S5 S6 S7', 'SO SRCGROUP  METALS S8 S9']
    """
    return [
        card(pathway, keyword, *first, *rest[start : start + FIELDS_A_LINE])
        for start in range(0, len(rest), FIELDS_A_LINE)
    ]


def comment(text: object, limit: int = 110) -> str:
    """A line that AERMOD passes over.

    Examples
    --------
    >>> comment("Smelter\\tA")
    '** Smelter A'
    """
    return f"** {ascii_text(text, limit)}".rstrip()


def block(pathway: str, lines: Iterable[str]) -> list[str]:
    """A pathway from its beginning to its end."""
    return [card(pathway, "STARTING"), *lines, card(pathway, "FINISHED"), ""]


def metres(value: float) -> str:
    """A length or coordinate to the centimetre.

    Examples
    --------
    >>> metres(4_501_234.567), metres(-0.001)
    ('4501234.57', '0.00')
    """
    return f"{round(float(value), 2) + 0.0:.2f}"


def rate(value: float) -> str:
    """An emission rate to seven digits.

    Examples
    --------
    >>> rate(0.000123456789)
    '1.234568E-04'
    """
    return f"{float(value):.6E}"
