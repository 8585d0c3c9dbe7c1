"""Addresses and words of services: what may be shown of an address, and what an error page says."""

from __future__ import annotations

import html
import json
import re
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from geocluster.errors import FetchError

SECRET = re.compile(r"key|token|secret|passw|pwd|sig|auth|cred|session|appid", re.IGNORECASE)
MESSAGE_LETTERS = 300


def user_agent(contact: str | None) -> str:
    """How geocluster names itself to services: name, version, and the user's contact.

    Examples
    --------
    >>> user_agent("ann@example.org").split(" ", 1)[1]
    '(study of industry and exposure; contact: ann@example.org)'
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("geocluster-toolkit")
    except PackageNotFoundError:
        number = "0"
    told = re.sub(r"[^\x20-\x7e]|[()]", "", contact or "").strip()
    told = f"; contact: {told}" if told else ""
    return f"geocluster-toolkit/{number} (study of industry and exposure{told})"


def check_address(url: str, service: str) -> None:
    """An error where a text is no http or https address.

    Examples
    --------
    >>> check_address("example.org", "weather")
    Traceback (most recent call last):
    ...
    geocluster.errors.FetchError: weather: 'example.org' is no address of the web: ...
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise FetchError(
            service, f"{shown(url)!r} is no address of the web: give one that begins with https://"
        )


def is_address(text: str) -> bool:
    """Whether a text is meant as an address rather than as a path.

    Examples
    --------
    >>> [is_address(text) for text in ("https://example.org/a.tif", "a.tif", "C:/a.tif")]
    [True, False, False]
    """
    return "://" in text


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine.

    Examples
    --------
    >>> [is_loopback(f"http://{host}/api") for host in ("localhost:81", "127.0.0.1", "a.org")]
    [True, True, False]
    """
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def shown(url: str, *, query: bool = True) -> str:
    """An address without its secrets: no user and password, no values of keys and tokens.

    Examples
    --------
    >>> shown("https://ann:pw@example.org/a.tif?year=2025&api_key=abc")
    'https://example.org/a.tif?year=2025&api_key=...'
    >>> shown("https://example.org/a.tif?year=2025", query=False)
    'https://example.org/a.tif'
    """
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    kept = [(name, "..." if SECRET.search(name) else value) for name, value in pairs]
    told = urlencode(kept, safe=",:/.") if query else ""
    return urlunsplit((parts.scheme, host, parts.path, told, ""))


def as_sentence(body: bytes) -> str:
    """What the page of an error says, as one line of text.

    Examples
    --------
    >>> as_sentence(b'{"error": true, "reason": "Daily limit exceeded"}')
    'Daily limit exceeded'
    >>> as_sentence(b"<html><head><title>x</title></head><body><p>Error: <b>too busy</b></p>")
    'Error: too busy'
    """
    text = body.decode("utf-8", "replace")
    told = _told_in_json(text)
    if told is None:
        text = re.sub(r"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", " ", text)
        told = html.unescape(re.sub(r"(?s)<[^>]*>", " ", text))
    told = "".join(letter if letter.isprintable() else " " for letter in told)
    told = re.sub(r"\s+", " ", told).strip()
    told = re.sub(r"\s+([.,:;])", r"\1", told)
    return told if len(told) <= MESSAGE_LETTERS else told[: MESSAGE_LETTERS - 1] + "…"


def _told_in_json(text: str) -> str | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    while isinstance(content, dict):
        content = next(
            (content[name] for name in ("reason", "message", "detail", "error") if name in content),
            "",
        )
    return str(content)


def seconds_of_retry_after(value: str | None, now: float) -> float | None:
    """How long a service asks to wait, in seconds or as a date; None where it does not say.

    Examples
    --------
    >>> seconds_of_retry_after("120", 0.0)
    120.0
    >>> seconds_of_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 0.0)
    60.0
    """
    if not value:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None
