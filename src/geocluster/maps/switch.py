"""One page in every language: as it is made, and beside it what its texts are in the others.

A text is found again by what it says. Where two English texts are one in the page's own language
("no" and "none" are "нет"), the order of their places tells which is which.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from geocluster.sentences import tell_run, turn_markup
from geocluster.words import LANGUAGES, Words


def switch(
    language: str,
    side: Mapping[str, Sequence[str]],
    data: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """What a page needs to be turned into another language; `templates/turn.js` reads it.

    Parameters
    ----------
    language : {"en", "ru", "uz"}
        In which the page is made.
    side, data : mapping of language to sequence of str
        The texts of its markup and of its data, in the order of their places. A language in which
        the markup has other places than in that of the page is left out.

    Returns
    -------
    dict
        ``made``; ``languages``: name and what numbers are written with; ``others``: the order of
        translations; ``packed``: the dictionaries of markup and data, deflated, in base64.

    Examples
    --------
    >>> made = switch("en", in_each(["People", "Navoi TPP"]))
    >>> made["others"], unpacked(made)["side"]
    (['ru', 'uz'], {'People': ['Население', 'Aholi']})
    """
    codes = [code for code in LANGUAGES if len(side.get(code, ())) == len(side[language])]
    others = [code for code in codes if code != language]
    told = {
        name: dictionary(texts[language], [texts[code] for code in others])
        for name, texts in (("side", side), ("data", data or dict.fromkeys(LANGUAGES, ())))
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return {
        "made": language,
        "languages": {code: {"name": LANGUAGES[code], **Words(code).symbols()} for code in codes},
        "others": others,
        "packed": base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii"),
    }


def in_each(
    texts: Sequence[str], told: Callable[[str, str], str] = tell_run
) -> dict[str, list[str]]:
    """English texts in every language; `told` is `tell` for those of data.

    Examples
    --------
    >>> in_each(["People"])
    {'en': ['People'], 'ru': ['Население'], 'uz': ['Aholi']}
    """
    return {code: [told(text, code) for text in texts] for code in LANGUAGES}


def unpacked(made: dict[str, Any]) -> dict[str, Any]:
    """The dictionaries again, as the page unpacks them."""
    return dict(json.loads(zlib.decompress(base64.b64decode(made["packed"]))))


def texts_of_markup(markup: str) -> list[str]:
    """Every text of a piece of markup, in the order of its places: between tags, then attributes.

    Examples
    --------
    >>> texts_of_markup('<p title="Layers">People</p><pre>code</pre>')
    ['People', 'Layers']
    """
    texts: list[str] = []

    def noted(text: str) -> str:
        texts.append(text)
        return text

    turn_markup(markup, noted)
    return texts


def dictionary(texts: Sequence[str], others: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Text as the page has it -> what the others say: one text where they agree, else a list.

    Texts that are the same everywhere are left out. Where it depends on the place: ``all`` that it
    may be, and ``at`` each place the number of one of them.

    Examples
    --------
    >>> dictionary(["нет", "нет", "TPP"], [["none", "no", "TPP"], ["yoʻq", "yoʻq", "TPP"]])
    {'нет': {'all': [['none', 'yoʻq'], ['no', 'yoʻq']], 'at': [0, 1]}}
    """
    found: dict[str, list[Any]] = {}
    for mine, *theirs in zip(texts, *others, strict=True):
        same = all(one == mine for one in theirs)
        entry = None if same else theirs[0] if len(set(theirs)) == 1 else theirs
        found.setdefault(" ".join(mine.split()), []).append(entry)
    return {text: _entry(entries) for text, entries in found.items() if any(entries)}


def _entry(entries: list[Any]) -> Any:
    distinct: list[Any] = []
    for entry in entries:
        if entry not in distinct:
            distinct.append(entry)
    if len(distinct) == 1:
        return distinct[0]
    return {"all": distinct, "at": [distinct.index(entry) for entry in entries]}
