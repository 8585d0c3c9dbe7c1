"""Text from outside: what no file may hold, and what a reader would be misled by."""

from __future__ import annotations

import re

# What neither XML nor a terminal takes; tab and line ends stay.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_HALVES = re.compile("[\ud800-\udfff]")
_MARKS = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LONG_WORD = re.compile(r"\S{301,}")


def sound(text: str) -> str:
    """Text that any file can hold: no control characters, no half of a letter.

    Examples
    --------
    >>> sound("a\\x00b\\x1b[31m\\ud800")
    'ab[31m\ufffd'
    """
    return _HALVES.sub("\ufffd", _CONTROLS.sub("", text))


def without_marks(text: str) -> str:
    """Text without marks of direction, which turn what a reader sees, or of no width.

    Examples
    --------
    >>> without_marks("tnalp \\u202erettahs")
    'tnalp rettahs'
    """
    return _MARKS.sub("", text)


def legible(text: str) -> str:
    """Text that reads as it is written: sound, and without marks.

    Examples
    --------
    >>> legible("tnalp \\u202e\\x07rettahs")
    'tnalp rettahs'
    """
    return without_marks(sound(text))


def short_words(text: str) -> str:
    """Text whose words of more than 300 letters are cut, as no name of a thing is so long.

    Examples
    --------
    >>> len(short_words("a " + "b" * 10_000))
    302
    """
    return _LONG_WORD.sub(lambda word: word[0][:299] + "…", text)
