"""What a reader sees, in the reader's language: words from gettext catalogues, numbers by locale.

The language is an argument: a page is given a `Words`. Nothing here is set for the whole program.
Texts are English in the code; `locale/<language>/LC_MESSAGES/geocluster.po` holds the others, and
`scripts/update_words.py` brings them up to date with the code.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from geocluster.errors import SettingsError

if TYPE_CHECKING:
    import gettext

    from babel import Locale
    from babel.messages.catalog import Catalog

SOURCE = "en"
LANGUAGES = {"en": "English", "ru": "Русский", "uz": "Oʻzbekcha"}
THIN_SPACE = "\u202f"


def marked(text: str) -> str:
    """The same text, which thereby enters the catalogues: for words that are shown later.

    Examples
    --------
    >>> marked("empty land")
    'empty land'
    """
    return text


@dataclass(frozen=True)
class Words:
    """Words and numbers in one language.

    Parameters
    ----------
    language : {"en", "ru", "uz"}
        English, Russian or Uzbek in Latin letters.

    Raises
    ------
    SettingsError
        Where the language is another.

    Examples
    --------
    >>> Words("ru")("land"), Words("uz")("land"), Words("en")("land")
    ('земля', 'yer', 'land')
    >>> Words("ru").number(1234.5678, 3), Words("en").number(0.012345)
    ('1\\u202f230', '0.0123')
    >>> Words("en").number(1234.5678, None), Words("en").number(-2), Words("ru").number(-2)
    ('1,234.5678', '−2', '−2')
    """

    language: str = SOURCE

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            fault = f"language {self.language!r}: allowed are {', '.join(LANGUAGES)}"
            raise SettingsError("words", fault)

    def __call__(self, text: str, **values: object) -> str:
        """A text in this language, its {names} filled in; a text without translation stays."""
        found = text
        if text and self.language != SOURCE:
            found = translations(self.language).gettext(text)
        return found.format(**values) if values else found

    def counted(self, one: str, many: str, count: int, **values: object) -> str:
        """A text that depends on a count, which may stand in it as {count}.

        Examples
        --------
        >>> texts = "{count} candidate site", "{count} candidate sites"
        >>> Words("ru").counted(*texts, 1), Words("ru").counted(*texts, 5)
        ('1 площадка-кандидат', '5 площадок-кандидатов')
        """
        found = one if count == 1 else many
        if self.language != SOURCE:
            found = translations(self.language).ngettext(one, many, count)
        return found.format(count=self.number(count, None), **values)

    def number(self, value: float, digits: int | None = 3) -> str:
        """A number as this language writes it: 1,234.5 in English, 1\u202f234,5 in the others.

        Parameters
        ----------
        value : float
            "–" where it is no number.
        digits : int or None
            How many of its digits count; all where None.
        """
        if not math.isfinite(value):
            return "–"
        if digits is not None and value != 0:
            value = round(value, digits - 1 - math.floor(math.log10(abs(value))))
        return self._written(value, "#,##0.############")

    def fixed(self, value: float, decimals: int = 0) -> str:
        """A number with as many decimals as asked for.

        Examples
        --------
        >>> Words("en").fixed(6124400.0), Words("uz").fixed(2, 1)
        ('6,124,400', '2,0')
        """
        if not math.isfinite(value):
            return "–"
        value = round(value, decimals) + 0.0  # no minus before a nought
        return self._written(value, "#,##0" + "." * (decimals > 0) + "0" * decimals)

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share in per cent.

        Examples
        --------
        >>> Words("en").percent(0.19), Words("ru").percent(0.1938, 1)
        ('19%', '19,4\\u202f%')
        """
        if not math.isfinite(share):
            return "–"
        return self.fixed(100 * share, decimals) + self.symbols()["percent"]

    def signed(self, value: float, decimals: int = 1) -> str:
        """A change, with its sign.

        Examples
        --------
        >>> Words("en").signed(1234.56), Words("ru").signed(-0.14), Words("en").signed(0)
        ('+1,234.6', '−0,1', '0.0')
        """
        return "+" * (round(value, decimals) > 0) + self.fixed(value, decimals)

    def _written(self, value: float, pattern: str) -> str:
        from babel.numbers import format_decimal

        text = format_decimal(value, format=pattern, locale=_locale(SOURCE))
        symbols = self.symbols()
        marks = {",": symbols["group"], ".": symbols["decimal"], "-": "−"}
        return "".join(marks.get(letter, letter) for letter in text)

    def symbols(self) -> dict[str, str]:
        """What stands between thousands, before decimals and, as a percent sign, behind a number.

        The first two are as Babel knows them, but that a space between thousands is a thin one that
        does not break. Before a percent sign stands such a space too, but in English.
        """
        return dict(_symbols(self.language))


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(language)


@cache
def _symbols(language: str) -> dict[str, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    group = get_group_symbol(_locale(language))
    return {
        "decimal": get_decimal_symbol(_locale(language)),
        "group": THIN_SPACE if group.isspace() else group,
        "percent": "%" if language == SOURCE else f"{THIN_SPACE}%",
    }


def for_page(page: str) -> dict[str, dict[str, object]]:
    """What a page needs to show itself in every language.

    Parameters
    ----------
    page : str
        The page as it is in English: its markup, scripts and data.

    Returns
    -------
    dict
        Language to ``name``, ``decimal``, ``group`` and ``percent`` (what numbers are written
        with) and ``words``: each text of the catalogue that stands in the page, to its
        translation; none for English.
    """
    return {
        language: {
            "name": name,
            **Words(language).symbols(),
            "words": {} if language == SOURCE else _standing_in(page, catalogue(language)),
        }
        for language, name in LANGUAGES.items()
    }


def _standing_in(page: str, known: Catalog) -> dict[str, str]:
    texts = {message.id: str(message.string) for message in known if isinstance(message.id, str)}
    return {text: told for text, told in texts.items() if text and _stands(text, page)}


def _stands(text: str, page: str) -> bool:
    """Whether a page shows a text; of one with {1}, a number stands in the page instead."""
    return "{1}" in text or text in page or json.dumps(text, ensure_ascii=False)[1:-1] in page


def catalogue_file(language: str) -> str:
    """Where a language's catalogue lies inside the package."""
    return f"locale/{language}/LC_MESSAGES/geocluster.po"


@cache
def catalogue(language: str) -> Catalog:
    """A language's texts, read from the file that translators edit."""
    from babel.messages.pofile import read_po

    with (files("geocluster") / catalogue_file(language)).open("rb") as lines:
        return read_po(lines, locale=language, abort_invalid=True)


@cache
def translations(language: str) -> gettext.GNUTranslations:
    """The same, as gettext looks texts up: compiled when it is first asked for."""
    import gettext
    import io

    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
