"""What can go wrong with a service, and which of it may pass."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from geocluster.errors import FetchError
from geocluster.load.online_words import as_sentence, seconds_of_retry_after

if TYPE_CHECKING:
    from requests import Response

PASSING = (408, 425, 429, 500, 502, 503, 504)
MESSAGE_BYTES = 8_192
# What a service is called in messages, by its beginning, and what can be given in its place.
INSTEAD = {
    "boundary": "--nominatim-url, --bbox W,S,E,N or --boundary FILE",
    "features": "--overpass-url or --osm FILE",
    "weather (NOAA": "--isd-url or --weather FILE",
    "weather": "--weather-url or --weather FILE",
    "population": "--population FILE",
    "terrain": "--dem FILE",
}


def again(service: str) -> str:
    """What to do where a service fails.

    Examples
    --------
    >>> again("features (Overpass) at http://localhost/api")
    'try later, or --overpass-url or --osm FILE; what is finished is kept'
    """
    told = (words for name, words in INSTEAD.items() if service.startswith(name))
    return f"try later, or {next(told, 'a local file')}; what is finished is kept"


class TooLargeError(FetchError):
    """An answer is larger than allowed; nothing of it was kept."""


class PassingError(Exception):
    """A failure that may pass, so that it is worth asking again."""

    def __init__(
        self, reason: str, wait_s: float | None = None, *, attempts: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.wait_s, self.attempts = reason, wait_s, attempts


def content_of(body: bytes, opening: bytes) -> Any:
    """What an answer in JSON holds; None where it is something else.

    Raises
    ------
    PassingError
        Where it begins with `opening`, as it should, and does not end.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        if body.lstrip().startswith(opening):
            raise PassingError("the answer was cut off before its end") from None
        return None


def check_status(response: Response, where: str, now: float) -> None:
    """An error where a service did not answer with what was asked; `now` is in seconds of 1970."""
    status = response.status_code
    if 200 <= status < 300 and status != 204:
        return
    said = _said(response)
    reason = f"it answered {status} {response.reason or ''}".rstrip()
    if status in PASSING:
        raise PassingError(
            reason + said, seconds_of_retry_after(response.headers.get("Retry-After"), now)
        )
    if status in (401, 403, 407):
        hint = "it may want a key in the address, or a contact (--contact): " + again(where)
    elif status in (404, 410):
        hint = "there is nothing at this address: mend it, or give a local file"
    else:
        hint = again(where)
    raise FetchError(where, f"{reason}{said}: {hint}")


def _said(response: Response) -> str:
    """What the page of an error says, for a message."""
    body = b""
    with contextlib.suppress(Exception):  # the status is told in any case
        body = response.raw.read(MESSAGE_BYTES, decode_content=True) or b""
    said = as_sentence(body)
    return f" ({said})" if said else ""


def too_large(size: float, most: float) -> str:
    """That something is larger than allowed, and what to do. [bytes]"""
    return (
        f"it is larger than {most / 1e6:,.0f} MB (at least {size / 1e6:,.0f} MB): cut the part of "
        "your region out of it and give that as a local file"
    )
