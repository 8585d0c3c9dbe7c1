"""English texts made elsewhere, told in another language: recognised by their templates.

The rooms that reckon know no language: what they say is English and goes into files as it is. A
page tells it in its reader's language, here, at the edge: a text is looked up as a whole, then by
the catalogue's templates ("The first {n} of {n2} candidates."), then part by part. Names from data
are in no catalogue and stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

from geocluster.words import SOURCE, Words, catalogue

# What the names in a template stand for: {n}, {n2}, {1} for a number, {r} for one with a sign,
# {numbers} for several, {kind} for a few words, a name that ends in s for a list, and every other
# for one item.
_NUMBER = (
    r"[+\-−]?\d{1,3}(?:[,\u202f]\d{3})+(?:\.\d+)?[\u202f ]?%?|[+\-−]?\d+(?:\.\d+)?[\u202f ]?%?"
)
_ALONE = re.compile(f"(?:{_NUMBER})")
_SIGNED = r"[+\-−]\d+(?:\.\d+)?"
_PLACES = re.compile(r"\\\{(\w+)\\\}")
_SENTENCES = re.compile(r"(?<=[a-z0-9₀-₉%)\]'][.!?])(?<!no[.]) (?=['A-Z0-9])")
_NODES = re.compile(r"(?:(?<=>)|(?<=^))([^<>]+)(?=<|$)")
_BREAKS = re.compile(r"[ \t\r\n\f]+")
_TAGS = re.compile("<[^<>]+>")
_ATTRIBUTES = re.compile(r'(?<=\s)(aria-label|title|alt)="([^"]*)"')
_UNTOLD = re.compile(r"(<(?:pre|code|style|script)\b.*?</(?:pre|code|style|script)>)", re.DOTALL)
# A file, or a section of study.toml, before what is said of it.
_OF = re.compile(r"((?:\S+|(?:/|[A-Z]:\\)[^:]*)\.\w{2,7}|\[\[?[\w.]+\]\]?[^:]*): (.+)", re.DOTALL)
# More than a name, a key, a file or a sign of its own.
_WORDS = re.compile(r"(?:^|\s)(?!\w*[_\d]|\w+[./]\w)[a-z]{2,}")
# What joins things; how many letters of its own a template needs to tell a text in part.
JOINING = ("at least as much as", "or", "and")
LEAST_OWN = 8
_FORMULA = re.compile("[A-Z]{1,2}[A-Za-z]?[₀-₉ₓ.]*")


@cache
def tell(text: str, language: str) -> str:
    """An English text in a language, as far as the catalogue knows it.

    Examples
    --------
    >>> tell("The first 20 of 1,201 candidates.", "ru")
    'Первые 20 из 1\\u202f201 площадок.'
    >>> tell("weights; 1.5 to 2", "uz"), tell("Navoi TPP", "ru")
    ('vaznlar; 1,5–2', 'Navoi TPP')
    """
    if language == SOURCE or not text.strip():
        return text
    return _in_words(text, Words(language)).text


class _Told(NamedTuple):
    """A text as told, and whether nothing but names is left of the English one."""

    text: str
    whole: bool


@cache
def _in_words(text: str, words: Words) -> _Told:
    if _ALONE.fullmatch(text):
        return _Told(in_figures(text, words), True)
    known = _known(text, words)
    if known is not None:
        return _Told(known, True)
    of = _OF.fullmatch(text)
    if of is not None and (rest := _in_words(of[2], words)).text != of[2]:
        return _Told(f"{of[1]}: {rest.text}", rest.whole)
    sentences = _SENTENCES.split(text)
    if len(sentences) > 1:
        return _joined([_in_words(one, words) for one in sentences], " ")
    template = _by_template(text, words)
    if template is not None and template.whole:
        return template
    # A template may have taken in more than one thing, which its parts tell better.
    parts = _by_parts(text, words)
    if parts is not None and (parts.whole or template is None):
        return parts
    return template or _Told(text, not _WORDS.search(text))


def in_figures(text: str, words: Words) -> str:
    """An English number as a language writes it.

    Examples
    --------
    >>> in_figures("-1,234.5%", Words("ru"))
    '−1\\u202f234,5\\u202f%'
    """
    symbols = words.symbols()
    text = re.sub(r"[\u202f ]?%$", "%", text)
    marks = {
        ",": symbols["group"],
        "\u202f": symbols["group"],
        ".": symbols["decimal"],
        "%": symbols["percent"],
        "-": "−",
    }
    return "".join(marks.get(letter, letter) for letter in text)


def tell_markup(markup: str, language: str) -> str:
    """The texts of a piece of markup in a language: between tags, and what is read out or shown.

    Examples
    --------
    >>> tell_markup('<p title="Layers">People <b>1.5</b></p><code>Layers</code>', "ru")
    '<p title="Слои">Население <b>1,5</b></p><code>Layers</code>'
    """
    told = partial(tell_run, language=language)
    return markup if language == SOURCE else turn_markup(markup, told)


def tell_run(text: str, language: str) -> str:
    """A run of text as `tell` has it, whichever its spaces are; an unknown one keeps its own."""
    plain = " ".join(text.split())
    told = tell(plain, language)
    return text if told == plain else told


def turn_markup(markup: str, told: Callable[[str], str]) -> str:
    """The same markup, each of its texts turned: those between tags, then those of attributes.

    Examples
    --------
    >>> turn_markup('<p title="Layers">People</p><code>Layers</code>', str.upper)
    '<p title="LAYERS">PEOPLE</p><code>Layers</code>'
    """

    def between(found: re.Match[str]) -> str:
        inner = found[1]
        text = html.unescape(inner)
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        if not (text := text.strip()):
            return inner
        return html.escape(f"{before}{told(_BREAKS.sub(' ', text))}{after}", quote=False)

    def valued(found: re.Match[str]) -> str:
        return f'{found[1]}="{html.escape(told(html.unescape(found[2])))}"'

    def within(found: re.Match[str]) -> str:
        return _ATTRIBUTES.sub(valued, found[0])

    pieces = _UNTOLD.split(f">{markup}<")
    pieces[::2] = [_NODES.sub(between, piece) for piece in pieces[::2]]
    pieces[::2] = [_TAGS.sub(within, piece) for piece in pieces[::2]]
    return "".join(pieces)[1:-1]


def _known(text: str, words: Words) -> str | None:
    """The whole text, or one that differs in how its first letter is written."""
    table = _texts(words.language)
    if text in table:
        return table[text]
    turned = text[:1].swapcase() + text[1:]
    if turned not in table:
        return None
    found = table[turned]
    upper = text[:1].isupper()
    return (found[:1].upper() if upper else found[:1].lower()) + found[1:]


def _by_template(text: str, words: Words) -> _Told | None:
    """What the template that leaves nothing makes of a text, else the first that fits."""
    found = _filled_in(text, words)
    if found is None and text[:1].isupper():
        found = _filled_in(text[:1].lower() + text[1:], words)
        found = found and _Told(found.text[:1].upper() + found.text[1:], found.whole)
    return found


def _filled_in(text: str, words: Words) -> _Told | None:
    first = None
    for piece, pattern, told, own in _templates(words.language):
        found = pattern.fullmatch(text) if piece in text else None
        if found is None:
            continue
        values = {name: _in_words(value, words) for name, value in found.groupdict().items()}
        filled = told.format(**{name: value.text for name, value in values.items()})
        if all(value.whole for value in values.values()):
            return _Told(filled, True)
        if first is None and own >= LEAST_OWN:
            first = _Told(filled, False)
    return first


def _by_parts(text: str, words: Words) -> _Told | None:
    """A list, a text in brackets, or a figure with its unit; None where it is none of them."""
    ways = (
        lambda: _listed(text.split(" · "), " · ", words),
        lambda: _listed(_outside_brackets(text, "; "), "; ", words),
        lambda: _bracketed(text, "[]", words),
        lambda: _listed(_outside_brackets(text, ", "), ", ", words),
        lambda: _listed(_headed(text), ": ", words),
        lambda: _bracketed(text, "()", words),
        *(lambda word=word: _chained(text, word, words) for word in JOINING),
        lambda: _ended(text, words),
        lambda: _measured(text, words),
    )
    first = None
    for way in ways:
        found = way()
        if found is not None and found.whole:
            return found
        if first is None and found is not None and found.text != text:
            first = found
    return first


def _joined(told: list[_Told], mark: str) -> _Told:
    return _Told(mark.join(one.text for one in told), all(one.whole for one in told))


def _listed(parts: list[str], mark: str, words: Words) -> _Told | None:
    """Parts of which each is told or a name."""
    if len(parts) == 1:
        return None
    told = [_in_words(part, words) for part in parts]
    left = any(one.text == part and not one.whole for part, one in zip(parts, told, strict=True))
    return None if left else _joined(told, mark)


def _headed(text: str) -> list[str]:
    """What something is, before a colon, and what is said of it."""
    head, *rest = _outside_brackets(text, ": ")
    return [head, ": ".join(rest)] if rest else [head]


def _chained(text: str, word: str, words: Words) -> _Told | None:
    """Things joined by a word, of which each is known or a key: names of data stay whole."""
    parts = _outside_brackets(text, f" {word} ")
    if len(parts) == 1:
        return None
    told = [_in_words(part, words) for part in parts]
    kept = any(one.text == part and "_" not in part for part, one in zip(parts, told, strict=True))
    return None if kept else _joined(told, f" {words(word)} ")


def _bracketed(text: str, marks: str, words: Words) -> _Told | None:
    opened, closed = marks[0], marks[1]
    found = re.fullmatch(rf"(.+) \{opened}(.+)\{closed}", text)
    if found is None or found[1].count(opened) != found[1].count(closed):
        return None
    outer, inner = (_in_words(found[number], words) for number in (1, 2))
    return _Told(f"{outer.text} {opened}{inner.text}{closed}", outer.whole and inner.whole)


def _ended(text: str, words: Words) -> _Told | None:
    if not text.endswith(".") or len(text) == 1:
        return None
    inner = _in_words(text[:-1], words)
    return None if inner.text == text[:-1] else _Told(f"{inner.text}.", inner.whole)


def _measured(text: str, words: Words) -> _Told | None:
    amount = re.fullmatch(rf"(|.+? )({_NUMBER})( .+)?", text)
    if amount is None:
        return None
    around = [(amount[1] or "").strip(), (amount[3] or "").strip()]
    changes = amount[2][0] in "+-−"  # after a name stands no number of its own
    told = [_in_words(part, words) if part else _Told("", True) for part in around]
    for old, new in zip(around, told, strict=True):
        kept = changes or _FORMULA.fullmatch(old) or old in _texts(words.language)
        if old and old == new.text and not kept:
            return None
    parts = (told[0].text, in_figures(amount[2], words), told[1].text)
    return _Told(" ".join(part for part in parts if part), told[0].whole and told[1].whole)


def _outside_brackets(text: str, mark: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text.startswith(mark, place):
            parts.append(text[start:place])
            start = place + len(mark)
    return [*parts, text[start:]]


@cache
def _texts(language: str) -> dict[str, str]:
    return {
        message.id: str(message.string)
        for message in catalogue(language)
        if isinstance(message.id, str) and message.id
    }


@cache
def _templates(language: str) -> list[tuple[str, re.Pattern[str], str, int]]:
    """Longest pieces, patterns, translations, and how many letters are own; most come first."""
    texts = _texts(language)
    found = [text for text in texts if "{" in text]
    own = {text: len(re.sub(r"\{\w+\}", "", text)) for text in found}
    found.sort(key=lambda text: (-own[text], text))
    piece = {text: max(re.split(r"\{\w+\}", text), key=len) for text in found}
    return [(piece[text], _pattern(_named(text)), _named(texts[text]), own[text]) for text in found]


def _named(template: str) -> str:
    return re.sub(r"\{(\d)\}", r"{n\1}", template)


def _pattern(text: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{_standing_for(name)})"

    return re.compile(_PLACES.sub(place, re.escape(text)))


def _standing_for(name: str) -> str:
    base = name.rstrip("0123456789")
    known = {"n": _NUMBER, "count": _NUMBER, "r": _SIGNED, "kind": r"[^;,(.]+?"}
    known |= {"pollutant": "[^;,]+?", "station": "[^;,(]+?"}
    known["numbers"] = rf"{_NUMBER}(?:, {_NUMBER})*(?: and \d+ more)?"
    return known.get(base) or (".+?" if base.endswith("s") else "[^;]+?")
