"""The open services on loopback, and clients that ask them without losing time."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from loopback_services import Handler, Services

from geocluster.load.online import Client, Manners


@pytest.fixture(autouse=True, scope="module")
def no_proxy():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("no_proxy", "127.0.0.1")
        yield


@contextmanager
def served():
    """The services, for as long as the block lasts."""
    services = Services()
    handler = type("Handler", (Handler,), {"services": services})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    services.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield services
    services.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def services():
    with served() as services:
        yield services


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """Services, a client and a folder for all tests of a module."""
    folder, clock = tmp_path_factory.mktemp("lasting"), Clock()
    with served() as services:
        client = Client(folder / "cache", Manners(), sleep=clock.sleep, clock=clock)
        yield services, client, folder


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-03-01T12:00:00+00:00").timestamp()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(tmp_path, clock):
    """A client with a short time-out whose waiting costs no time."""
    manners = Manners(contact="ann@example.org", timeout_s=5.0)
    return Client(tmp_path / "cache", manners, sleep=clock.sleep, clock=clock)


@pytest.fixture
def hurried(tmp_path, clock):
    """A client that waits for a quarter of a second only."""
    manners = Manners(timeout_s=0.25, attempts=2)
    return Client(tmp_path / "cache", manners, sleep=clock.sleep, clock=clock)


@pytest.fixture
def now():
    return time.monotonic
