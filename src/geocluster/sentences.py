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

from geocluster.words import SOURCE, Words, catalogue

# What the names in a template stand for: {n}, {n2}, {1} for a number, {r} for one with a sign,
# {kind} for a few words, a name that ends in s for a list, and every other for one item.
_NUMBER = (
    r"[+\-−]?\d{1,3}(?:[,\u202f]\d{3})+(?:\.\d+)?[\u202f ]?%?|[+\-−]?\d+(?:\.\d+)?[\u202f ]?%?"
)
_ALONE = re.compile(f"(?:{_NUMBER})")
_SIGNED = r"[+\-−]\d+(?:\.\d+)?"
_PLACES = re.compile(r"\\\{(\w+)\\\}")
_SENTENCES = re.compile(r"(?<=[a-z0-9₀-₉%)\]'][.!?])(?<!no[.]) (?=[A-Z0-9])")
_NODES = re.compile(r"(?:(?<=>)|(?<=^))([^<>]+)(?=<|$)")
_BREAKS = re.compile(r"[ \t\r\n\f]+")
_TAGS = re.compile("<[^<>]+>")
_ATTRIBUTES = re.compile(r'(?<=\s)(aria-label|title|alt)="([^"]*)"')
_UNTOLD = re.compile(r"(<(?:pre|code|style|script)\b.*?</(?:pre|code|style|script)>)", re.DOTALL)
# More than a name or a sign of its own.
_WORDS = re.compile(r"(?:^|\s)[a-z]{2,}")
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
    words = Words(language)
    if _ALONE.fullmatch(text):
        return in_figures(text, words)
    known = _known(text, words)
    if known is not None:
        return known
    parts = _SENTENCES.split(text)
    if len(parts) > 1:
        return " ".join(tell(part, language) for part in parts)
    return _by_template(text, words) or _by_parts(text, words)


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


def _by_template(text: str, words: Words) -> str | None:
    for pattern, told in _templates(words.language):
        found = pattern.fullmatch(text)
        if found:
            values = {
                name: tell(value, words.language) for name, value in found.groupdict().items()
            }
            return told.format(**values)
    return None


def _by_parts(text: str, words: Words) -> str:
    """A list, a text in brackets, or a figure with its unit; else the text as it is."""
    return (
        _listed(text, "; ", words)
        or _bracketed(text, "[]", words)
        or _listed(text, ", ", words)
        or _listed(text, ": ", words)
        or _bracketed(text, "()", words)
        or _ended(text, words)
        or _measured(text, words)
        or text
    )


def _listed(text: str, mark: str, words: Words) -> str | None:
    parts = _outside_brackets(text, mark)
    if len(parts) == 1:
        return None
    told = [tell(part, words.language) for part in parts]
    left = [part for part, other in zip(parts, told, strict=True) if part == other]
    return None if any(_WORDS.search(part) for part in left) else mark.join(told)


def _bracketed(text: str, marks: str, words: Words) -> str | None:
    opened, closed = marks[0], marks[1]
    found = re.fullmatch(rf"(.+) \{opened}(.+)\{closed}", text)
    if found is None or found[1].count(opened) != found[1].count(closed):
        return None
    outer, inner = (tell(found[number], words.language) for number in (1, 2))
    return f"{outer} {opened}{inner}{closed}"


def _ended(text: str, words: Words) -> str | None:
    if not text.endswith(".") or len(text) == 1:
        return None
    inner = tell(text[:-1], words.language)
    return None if inner == text[:-1] else f"{inner}."


def _measured(text: str, words: Words) -> str | None:
    amount = re.fullmatch(rf"(|.+? )({_NUMBER})( .+)?", text)
    if amount is None:
        return None
    around = [(amount[1] or "").strip(), (amount[3] or "").strip()]
    told = [tell(part, words.language) for part in around]
    for old, new in zip(around, told, strict=True):
        if old and old == new and not _FORMULA.fullmatch(old):
            return None
    return " ".join(part for part in (told[0], in_figures(amount[2], words), told[1]) if part)


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
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns and translations; what says most in its own words comes first."""
    texts = _texts(language)
    found = [text for text in texts if "{" in text]
    found.sort(key=lambda text: (-len(re.sub(r"\{\w+\}", "", text)), text))
    return [(_pattern(_named(text)), _named(texts[text])) for text in found]


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
    known["pollutant"] = "[^;,]+?"
    return known.get(base) or (".+?" if base.endswith("s") else "[^;]+?")
