"""One POST: to the address that was looked at, within its time, reading little, following nothing."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from governance.limits.kinds import EXECUTION, WRITE, limit_of
from governance.webhooks import sending
from governance.webhooks.sending import MOST_READ, Answer, Network, excerpt, retry_after
from tests.governance.webhooks.receiver import Receiver, certificate, serving

pytestmark = pytest.mark.security
HERE = "127.0.0.1"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with serving() as found:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({(HERE, found.port), ("hooks.example", found.port)})
        yield found


def post(url: str, resolve: Any = None, **more: Any) -> Answer:
    network = Network(resolve=resolve or (lambda host, _port: [host]), **more)
    return network.post(url, [(b"x-test", b"1")], b'{"a":1}')


def test_the_body_arrives_as_it_is_and_the_answer_is_told(receiver: Receiver) -> None:
    receiver.statuses, receiver.answer = [202], b"thank you"
    answer = post(f"{receiver.url}/in?x=1")
    assert (answer.status, answer.error, answer.excerpt, answer.delivered) == (202, "", "thank you", True)
    assert 0 <= answer.duration_ms < 5000
    (one,) = receiver.received
    assert (one.path, one.body, one.headers["x-test"]) == ("/in?x=1", b'{"a":1}', "1")
    assert one.headers["host"] == f"{HERE}:{receiver.port}"


def test_a_redirect_is_an_answer_and_leads_nowhere(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [307], {"Location": f"{receiver.url}/elsewhere"}
    answer = post(receiver.url + "/in")
    assert (answer.status, answer.delivered) == (307, False)
    assert [one.path for one in receiver.received] == ["/in"]


def test_of_a_huge_answer_little_is_read(receiver: Receiver) -> None:
    sent: list[int] = []

    def huge(handler: Any, _one: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(4000):
                handler.wfile.write(b"x" * 65536)
                sent.append(65536)
        except OSError:
            return

    receiver.script = huge
    answer = post(receiver.url)
    assert answer.delivered
    assert answer.excerpt == "x" * 1000
    time.sleep(0.2)
    assert sum(sent) < 200 * MOST_READ


def drip(handler: Any, _one: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def hang(handler: Any, _one: Any) -> None:
    time.sleep(9)


def drip_headers(handler: Any, _one: Any) -> None:
    try:
        for character in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200:
            handler.wfile.write(bytes([character]))
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


@pytest.mark.parametrize("script", [hang, drip, drip_headers])
def test_nobody_is_waited_for_longer_than_agreed(script: Any, receiver: Receiver) -> None:
    receiver.script = script
    began = time.monotonic()
    answer = post(receiver.url, longest=0.6)
    assert (answer.error, answer.status) == ("timeout", 0)
    assert time.monotonic() - began < 5


def test_without_a_common_end_a_drip_would_hold_it(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: with a time for each step only, the dripping receiver is waited for."""
    receiver.script = drip
    monkeypatch.setattr(sending, "left", lambda _until: 0.6)
    began = time.monotonic()
    post(receiver.url, longest=0.6)
    assert time.monotonic() - began > 2


def test_what_is_no_http_is_told_as_such(receiver: Receiver) -> None:
    receiver.script = lambda handler, _one: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
    assert post(receiver.url).error == "protocol"


def test_a_port_where_nobody_listens(settings: Any) -> None:
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({(HERE, port)})
    assert post(f"http://{HERE}:{port}/").error == "connect"


def test_a_private_address_is_never_connected_to_open_or_closed() -> None:
    """No difference in words; and none in time, since nobody knocks."""
    with socket.socket() as door, socket.socket() as free:
        door.bind((HERE, 0))
        door.listen()
        door.settimeout(0.3)
        free.bind((HERE, 0))
        told = []
        for port in (door.getsockname()[1], free.getsockname()[1]):
            answer = post(f"https://hooks.example:{port}/", lambda _h, _p: [HERE])
            told.append((answer.status, answer.error, answer.excerpt))
            assert answer.duration_ms < 2000
        assert told == [(0, "refused_address", "")] * 2
        with pytest.raises(TimeoutError):
            door.accept()


def test_a_name_that_changes_its_meaning_does_not_move_the_connection(settings: Any) -> None:
    """DNS rebinding: the first look-up says a public address, each further one says our own machine."""
    with serving() as secret:
        asked: list[str] = []

        def rebinding(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["192.0.2.1"] if len(asked) == 1 else [HERE]

        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({("hooks.example", secret.port)})
        answer = post(f"http://hooks.example:{secret.port}/", rebinding, longest=0.5)
        assert answer.error in {"timeout", "connect"}  # 192.0.2.1 answers nobody
        assert (asked, secret.received) == (["hooks.example"], [])
        # Twin: had it been looked up again, the connection would have been made.
        assert post(f"http://hooks.example:{secret.port}/", rebinding).delivered


def test_the_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert post(receiver.url).delivered
        assert proxy.received == []


class TestTLS:
    @pytest.fixture
    def secure(self, tmp_path: Path, settings: Any) -> Iterator[tuple[Receiver, ssl.SSLContext]]:
        server, client = certificate(tmp_path, "hooks.example")
        with serving(server) as found:
            settings.WEBHOOK_PRIVATE_HOSTS = frozenset(
                {(name, found.port) for name in ("hooks.example", "other.example")}
            )
            yield found, client

    def test_the_certificate_is_asked_for_by_name_at_the_checked_address(self, secure: Any) -> None:
        found, client = secure
        answer = post(f"https://hooks.example:{found.port}/in", lambda _h, _p: [HERE], tls=client)
        assert answer.delivered, answer
        assert found.received[0].headers["host"] == f"hooks.example:{found.port}"

    def test_another_name_s_certificate_is_refused(self, secure: Any) -> None:
        found, client = secure
        answer = post(f"https://other.example:{found.port}/in", lambda _h, _p: [HERE], tls=client)
        assert (answer.error, found.received) == ("tls", [])

    def test_an_authority_nobody_knows_is_refused(self, secure: Any) -> None:
        found, _client = secure
        answer = post(f"https://hooks.example:{found.port}/in", lambda _h, _p: [HERE])
        assert (answer.error, found.received) == ("tls", [])


def test_a_handshake_that_never_comes_ends_in_time(settings: Any) -> None:
    with socket.socket() as door:
        door.bind((HERE, 0))
        door.listen()
        port = door.getsockname()[1]
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({(HERE, port)})
        assert post(f"https://{HERE}:{port}/", longest=0.5).error == "timeout"


def test_an_excerpt_is_plain_text() -> None:
    assert excerpt(b"\x00a\x1b[31m\r\nb\xff\xe2\x80\xaec\t") == "a[31m\nb\N{REPLACEMENT CHARACTER}c"
    assert excerpt("é".encode() * 5000) == "é" * 1000
    assert excerpt(b"") == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(b"120", 120), (b"", 0), (b"-5", 0), (b"soon", 0), (b"99999999", 86400), (b"1e3", 0), (b"\xff", 0),
     (b"Wed, 21 Oct 2015 07:28:00 GMT", 0), (b"Wed, 21 Oct 2099 07:28:00 GMT", 86400),
     (b"Wed, 21 Oct 99999999 07:28:00 GMT", 0)],
)  # fmt: skip
def test_how_long_a_receiver_wants_peace(text: bytes, seconds: int) -> None:
    assert retry_after(text) == seconds


@pytest.mark.parametrize(
    "path", ["/api/v2/webhooks/x/test/", "/api/v2/webhooks/x/test", "/connections/webhooks/x/test/"]
)
def test_sending_a_test_counts_among_what_takes_long(path: str) -> None:
    assert limit_of(RequestFactory().post(path)) is EXECUTION
    assert limit_of(RequestFactory().post(path.replace("test", "rotate"))) is WRITE
