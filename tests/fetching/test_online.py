"""The client: what it waits for, what it gives up on, and what it never takes for an answer."""

import os

import pytest
from loopback_services import Reply

from geocluster.errors import FetchError, InputError
from geocluster.load.online import Client, Manners
from geocluster.load.online_faults import TooLargeError


def get(client, services, path="/file", **options):
    return client.get(services.url + path, service="test", **options)


def test_it_names_itself_and_its_user(client, services):
    services.files["/file"] = b"good"
    assert get(client, services).path.read_bytes() == b"good"
    agent = services.asked[0][3]["User-Agent"]
    assert agent.startswith("geocluster-toolkit/")
    assert "contact: ann@example.org" in agent


def test_retry_after_is_heeded(client, services, clock):
    services.files["/file"] = b"good"
    services.script(
        "/file",
        Reply("slow down", 429, {"Retry-After": "37"}),
        Reply("slow down", 503, {"Retry-After": "Sun, 01 Mar 2026 12:02:37 GMT"}),
    )
    assert get(client, services).path.read_bytes() == b"good"
    assert clock.slept == [37.0, 120.0]


def test_waiting_doubles_and_ends(client, services, clock):
    services.script("/file", *[Reply("<p>too busy</p>", 504)] * 9)
    with pytest.raises(FetchError, match=r"504 Gateway Timeout \(too busy\) \(asked 5 times\)"):
        get(client, services)
    assert clock.slept == [5.0, 10.0, 20.0, 40.0]
    assert services.count("/file") == 5


def test_a_wait_of_hours_is_an_error_that_says_so(client, services, clock):
    services.script("/file", Reply("", 429, {"Retry-After": "7200"}))
    with pytest.raises(FetchError, match="asks to wait 120 minutes"):
        get(client, services)
    assert clock.slept == []


def test_one_request_a_second_to_a_host(client, services, clock):
    services.files |= {"/a": b"a", "/b": b"b", "/c": b"c"}
    for path in ("/a", "/b", "/c"):
        get(client, services, path)
    assert clock.slept == [1.0, 1.0]


def test_silence_is_a_time_out(hurried, services, now):
    services.script("/file", *[Reply("late", sleep_s=5.0)] * 2)
    started = now()
    with pytest.raises(FetchError, match=r"no answer within 0.25 s \(asked 2 times\)"):
        get(hurried, services)
    assert now() - started < 3


def test_a_server_that_trickles_is_not_waited_for(hurried, services, now):
    services.script("/file", *[Reply("x" * 5000, drip_s=0.02)] * 2)
    started = now()
    with pytest.raises(FetchError, match=r"stalled after \d+ bytes \(asked 2 times\)"):
        get(hurried, services)
    assert now() - started < 5


@pytest.mark.parametrize("packed", [False, True])
def test_a_truncated_body_is_asked_for_again(client, services, packed):
    body = bytes(range(256)) * 40
    services.files["/file"] = body
    services.script("/file", Reply(body, cut=True, packed=packed))
    assert get(client, services).path.read_bytes() == body
    assert services.count("/file") == 2


def test_nothing_half_is_left_behind(client, services):
    services.script("/file", *[Reply(b"x" * 5000, cut=True)] * 5)
    with pytest.raises(FetchError, match="cut off after"):
        get(client, services)
    assert list(client.folder.iterdir()) == []


def test_an_empty_answer_is_none(client, services):
    services.script("/file", *[Reply("")] * 5)
    with pytest.raises(FetchError, match="an empty answer"):
        get(client, services)


def test_gzip_is_unpacked(client, services):
    services.script("/file", Reply("plain text", packed=True))
    assert get(client, services).path.read_text() == "plain text"


def test_redirects_keep_a_form(client, services):
    services.script("/old", Reply("", 301, {"Location": "/moved"}))
    services.script("/moved", Reply("", 307, {"Location": services.url + "/new"}))
    services.script("/new", Reply("arrived"))
    answer = client.post(services.url + "/old", {"data": "question"}, service="test")
    assert answer.path.read_text() == "arrived"
    method, _, form, _ = services.asked[-1]
    assert (method, form) == ("POST", {"data": "question"})


def test_redirects_end(client, services):
    services.script("/file", *[Reply("", 302, {"Location": "/file"})] * 20)
    with pytest.raises(FetchError, match="302"):
        get(client, services)
    assert services.count("/file") == 6


def test_a_redirect_leads_to_the_web_only(client, services):
    services.script("/file", Reply("", 302, {"Location": "file:///etc/passwd"}))
    with pytest.raises(FetchError, match="no address of the web"):
        get(client, services)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "nothing at this address"), (403, "--contact"), (400, "bad query")]
)
def test_what_will_not_pass_is_asked_once(client, services, status, words):
    services.script("/file", Reply("<html><body>bad query</body></html>", status))
    with pytest.raises(FetchError, match=words):
        get(client, services)
    assert services.count("/file") == 1


def test_no_server_at_all(tmp_path, clock):
    client = Client(tmp_path, Manners(timeout_s=1.0), sleep=clock.sleep, clock=clock)
    with pytest.raises(FetchError, match=r"no connection \(asked 3 times\)"):
        client.get("http://127.0.0.1:9/", service="test")


def test_what_is_too_large_is_refused_before_and_while_it_comes(client, services):
    services.files["/file"] = b"x" * 1000
    with pytest.raises(TooLargeError, match="larger than"):
        get(client, services, most_bytes=100)
    services.script("/file", Reply(b"\0" * 3_000_000, packed=True))
    with pytest.raises(TooLargeError):
        get(client, services, most_bytes=100_000)
    assert list(client.folder.iterdir()) == []


def test_the_cache_answers_for_its_time(client, services, clock):
    services.files["/file"] = b"one"
    first = get(client, services)
    services.files["/file"] = b"two"
    again = get(client, services)
    assert (first.from_cache, again.from_cache) == (False, True)
    assert again.path.read_bytes() == b"one"
    assert again.fetched == "2026-03-01T12:00:00Z"
    assert services.count("/file") == 1
    clock.now += 8 * 86_400
    assert get(client, services).path.read_bytes() == b"two"


def test_the_cache_is_tidied(client, services, clock):
    services.files["/file"] = b"one"
    old = get(client, services).path
    os.utime(old, (clock.now - 8 * 86_400,) * 2)
    young = old.with_suffix(".json")
    os.utime(young, (clock.now, clock.now))
    client.tidy()
    assert not old.exists()
    assert young.exists()


def test_a_broken_cache_is_no_answer(client, services):
    services.files["/file"] = b"good"
    get(client, services).path.write_bytes(b"broken")
    assert get(client, services).path.read_bytes() == b"good"
    assert services.count("/file") == 2


def test_secrets_stay_out_of_messages_and_cache(client, services):
    address = services.url.replace("http://", "http://ann:pw12@") + "/file?token=abc123&year=2025"
    services.script("/file", Reply("no", 400))
    with pytest.raises(InputError) as caught:
        client.get(address, service="test")
    services.files["/file"] = b"good"
    answer = client.get(address, service="test")
    kept = "".join(p.read_text() for p in client.folder.iterdir())
    for secret in ("pw12", "abc123"):
        assert secret not in str(caught.value) + answer.url + kept
    assert "year=2025" in answer.url
    assert services.asked[-1][3]["Authorization"].startswith("Basic ")
