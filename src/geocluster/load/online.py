"""A polite client for open services: the only way from here to the network.

One request at a time and with a pause between two to the same host, an own User-Agent, waiting that
doubles after each failure and heeds Retry-After, an end to it after a few attempts, an upper size,
and answers kept in a cache. An answer is a whole file or an error; half of one never passes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from geocluster.errors import FetchError, InputError
from geocluster.files import replacing
from geocluster.load.online_faults import (
    PassingError,
    TooLargeError,
    again,
    check_status,
    too_large,
)
from geocluster.load.online_words import check_address, is_loopback, shown, user_agent

if TYPE_CHECKING:
    from requests import Response

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
# A body that comes in slower than this, after the time-out, counts as stalled.
SLOWEST_BYTES_S = 2_000
CHUNK = 64 * 1024
CONNECT_S = 30.0
ATTEMPTS_WITHOUT_A_SERVER = 3


@dataclass(frozen=True)
class Manners:
    """How services are treated.

    Parameters
    ----------
    contact : str, optional
        A mail or web address of the user, told to the services in the User-Agent.
    timeout_s : float
        Without a byte for so long, a request has failed. [s]
    attempts : int
        How often one thing is asked for in all.
    first_wait_s : float
        Pause after the first failure; it doubles after each. [s]
    longest_wait_s : float
        Where a service asks to wait longer than this, it is an error that says so. [s]
    pause_s : float
        Between two requests to the same host. [s]
    most_bytes : int
        No answer may be larger than this. [bytes]
    keep_days : float
        How long an answer in the cache is as good as a new one; 0 for no cache. [days]
    """

    contact: str | None = None
    timeout_s: float = 200.0
    attempts: int = 5
    first_wait_s: float = 5.0
    longest_wait_s: float = 600.0
    pause_s: float = 1.0
    most_bytes: int = 1_000_000_000
    keep_days: float = 7.0


class Answer(NamedTuple):
    """What a service answered: a file, when it was fetched (UTC), and whether that was now."""

    path: Path
    fetched: str
    url: str
    from_cache: bool


class Client:
    """Asks open services for files, one at a time.

    Parameters
    ----------
    folder : Path
        Of the cache.
    manners : Manners
        How services are treated.
    tell : callable, optional
        Called with a sentence where the user has to wait.
    sleep, clock : callable
        For tests.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Client(Path(folder)).get("ftp://example.org/file", service="terrain")
    Traceback (most recent call last):
    ...
    geocluster.errors.FetchError: terrain: 'ftp://example.org/file' is no address of the web: ...
    """

    def __init__(
        self,
        folder: Path,
        manners: Manners | None = None,
        *,
        tell: Callable[[str], None] | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self.manners = folder, manners or Manners()
        self.requests = 0
        self._tell = tell or (lambda sentence: None)
        self._sleep, self._clock = sleep, clock
        self._last: dict[str, float] = {}
        self._answers: list[Answer] = []
        self._session: Any = None

    def listen(self, tell: Callable[[str], None]) -> None:
        """Where sentences go from now on, where the user has to wait."""
        self._tell = tell

    def today(self) -> str:
        """The date by the client's clock, in UTC."""
        return self._now()[:10]

    @contextlib.contextmanager
    def forgetting(self, *answers: Answer) -> Iterator[None]:
        """What turns out to be of no use in a block is not kept, so that it is asked for anew."""
        try:
            yield
        except InputError:
            self._drop(answers)
            raise

    def finish(self) -> None:
        """Drop what servers on this machine have answered: they may hold something else soon."""
        self._drop(answer for answer in self._answers if is_loopback(answer.url))
        self._answers.clear()

    def _drop(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            for path in (answer.path, answer.path.with_suffix(".json")):
                path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Drop what the cache has kept for longer than its time."""
        oldest = self._clock() - self.manners.keep_days * 86_400
        if self.folder.is_dir() and self.manners.keep_days > 0:
            for path in self.folder.iterdir():
                with contextlib.suppress(OSError):
                    if path.suffix in (".body", ".json") and path.stat().st_mtime < oldest:
                        path.unlink()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        service: str,
        check: Callable[[Path], None] | None = None,
        most_bytes: int | None = None,
    ) -> Answer:
        """Fetch what lies at an address.

        Parameters
        ----------
        url : str
            The address, http or https.
        params : mapping, optional
            The query, added to the address.
        service : str
            What the service is called in messages.
        check : callable, optional
            Given the file; raises `PassingError` or `FetchError` where it is not what was asked.
        most_bytes : int, optional
            Instead of the manners' own bound. [bytes]

        Raises
        ------
        FetchError
            What failed, where, and what to do; `TooLargeError` above the bound.
        """
        check_address(url, service)
        if params:
            url += ("&" if urlsplit(url).query else "?") + urlencode(params)
        return self._ask("GET", url, None, service, check, most_bytes)

    def post(
        self,
        url: str,
        data: Mapping[str, str],
        *,
        service: str,
        check: Callable[[Path], None] | None = None,
        most_bytes: int | None = None,
        same_as: str | None = None,
    ) -> Answer:
        """Send a form to an address and fetch what it answers; otherwise as `get`.

        `same_as` stands for the form in the cache, where forms that differ ask for the same.
        """
        check_address(url, service)
        return self._ask("POST", url, dict(data), service, check, most_bytes, same_as)

    def _ask(
        self,
        method: str,
        url: str,
        data: dict[str, str] | None,
        service: str,
        check: Callable[[Path], None] | None,
        most_bytes: int | None,
        same_as: str | None = None,
    ) -> Answer:
        body = same_as or (urlencode(data) if data else "")
        key = hashlib.sha256(f"{method} {url} {body}".encode()).hexdigest()
        kept = self._from_cache(key)
        if kept is not None:
            self._answers.append(kept)
            return kept
        where = f"{service} at {shown(url, query=False)}"
        most = most_bytes if most_bytes is not None else self.manners.most_bytes
        failures = 0
        while True:
            try:
                answer = self._once(method, url, data, where, key, check, most)
                self._answers.append(answer)
                return answer
            except PassingError as failure:
                failures += 1
                self._wait(failure, failures, where)

    def _wait(self, failure: PassingError, failures: int, where: str) -> None:
        """Wait before the next attempt; an error where there is to be none."""
        allowed = min(self.manners.attempts, failure.attempts or self.manners.attempts)
        if failures >= allowed:
            times = "once" if failures == 1 else f"{failures} times"
            raise FetchError(where, f"{failure.reason} (asked {times}): {again(where)}") from None
        wait_s = self.manners.first_wait_s * 2 ** (failures - 1)
        if failure.wait_s is not None:
            wait_s = failure.wait_s
        if wait_s > self.manners.longest_wait_s:
            reason = f"{failure.reason}, and asks to wait {wait_s / 60:.0f} minutes"
            raise FetchError(where, f"{reason}: {again(where)}") from None
        self._tell(f"{where}: {failure.reason}; waiting {wait_s:.0f} s")
        self._sleep(wait_s)

    def _once(
        self,
        method: str,
        url: str,
        data: dict[str, str] | None,
        where: str,
        key: str,
        check: Callable[[Path], None] | None,
        most: int,
    ) -> Answer:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{key}.body"
        with self._response(method, url, data, where) as response:
            check_status(response, where, self._clock())
            with replacing(path) as temporary:
                digest = self._save(response, temporary, where, most)
                if check is not None:
                    check(temporary)
        meta = {"url": shown(url), "fetched": self._now(), "sha256": digest, "at": self._clock()}
        with replacing(self.folder / f"{key}.json") as temporary:
            temporary.write_text(json.dumps(meta), encoding="utf-8")
        return Answer(path, str(meta["fetched"]), shown(url), from_cache=False)

    @contextlib.contextmanager
    def _response(
        self, method: str, url: str, data: dict[str, str] | None, where: str
    ) -> Iterator[Response]:
        """The last answer of a chain of redirects; a POST stays one, unlike in browsers."""
        response = self._send(method, url, data, where)
        try:
            for _ in range(MOST_REDIRECTS):
                target = response.headers.get("Location")
                if response.status_code not in REDIRECTS or not target:
                    break
                response.close()
                if response.status_code == 303:
                    method, data = "GET", None
                url = urljoin(url, target)
                check_address(url, where)
                response = self._send(method, url, data, where)
            yield response
        finally:
            response.close()

    def _send(self, method: str, url: str, data: dict[str, str] | None, where: str) -> Response:
        import requests

        if self._session is None:
            self._session = requests.Session()
        host = urlsplit(url).netloc
        since = self._clock() - self._last.get(host, float("-inf"))
        if since < self.manners.pause_s:
            self._sleep(self.manners.pause_s - max(since, 0.0))
        timeout_s = self.manners.timeout_s
        self.requests += 1
        try:
            return self._session.request(
                method,
                url,
                data=data,
                headers={"User-Agent": user_agent(self.manners.contact), "Accept": "*/*"},
                timeout=(min(CONNECT_S, timeout_s), timeout_s),
                stream=True,
                allow_redirects=False,
            )
        except (requests.exceptions.InvalidURL, UnicodeError):
            raise FetchError(where, "this is no address: mend it") from None
        except requests.exceptions.SSLError:
            raise FetchError(where, "its certificate is not trusted: mend that") from None
        except requests.exceptions.ReadTimeout:
            raise PassingError(f"no answer within {timeout_s:g} s") from None
        except requests.exceptions.ConnectionError:
            raise PassingError("no connection", attempts=ATTEMPTS_WITHOUT_A_SERVER) from None
        except requests.exceptions.RequestException as error:
            raise FetchError(where, f"the request failed ({type(error).__name__})") from None
        finally:
            self._last[host] = self._clock()

    def _save(self, response: Response, path: Path, where: str, most: int) -> str:
        """The body into a file, whole; its SHA-256."""
        import urllib3

        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > most:
            raise TooLargeError(where, too_large(int(length), most))
        digest, received, started = hashlib.sha256(), 0, time.monotonic()
        try:
            with path.open("wb") as file:
                # read1 gives what has come so far, so that a server that trickles is noticed.
                while chunk := response.raw.read1(CHUNK, decode_content=True):
                    received += len(chunk)
                    if received > most:
                        raise TooLargeError(where, too_large(received, most))
                    elapsed = time.monotonic() - started
                    if elapsed > self.manners.timeout_s + received / SLOWEST_BYTES_S:
                        raise PassingError(f"stalled after {received:,} bytes")
                    digest.update(chunk)
                    file.write(chunk)
        except urllib3.exceptions.ReadTimeoutError:
            raise PassingError(f"stalled after {received:,} bytes") from None
        except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            raise PassingError(f"the answer was cut off after {received:,} bytes") from None
        if received == 0:
            raise PassingError("an empty answer")
        return digest.hexdigest()

    def _from_cache(self, key: str) -> Answer | None:
        body, meta = self.folder / f"{key}.body", self.folder / f"{key}.json"
        try:
            known = json.loads(meta.read_text("utf-8"))
            age_s = self._clock() - float(known["at"])
            if not 0 <= age_s <= self.manners.keep_days * 86_400 or self.manners.keep_days <= 0:
                return None
            with body.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != known["sha256"]:
                    return None
            return Answer(body, str(known["fetched"]), str(known["url"]), from_cache=True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
