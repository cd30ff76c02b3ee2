"""One signed POST: to the address that was looked at, within a time, reading little, following nothing.

No proxy of the environment, no cookie, no redirect: HTTP/1.1 on one connection of its own.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import certifi
import httpcore2

from governance.webhooks.addresses import Resolver, Target, UnsafeAddress, addresses_of, system_resolver, target_of

LONGEST = 10.0  # seconds for everything
MOST_READ = 64 * 1024
EXCERPT = 1000
MOST_PATIENCE = 24 * 3600  # seconds that a receiver may ask for


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `error` '' with a status; else one of `refused_address, connect, tls, timeout, protocol`."""

    status: int = 0
    error: str = ""
    excerpt: str = ""
    duration_ms: int = 0
    retry_after: int = 0

    @property
    def delivered(self) -> bool:
        return not self.error and 200 <= self.status < 300


def trusted() -> ssl.SSLContext:
    """Certificates of the usual authorities, and those that the machine trusts."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True)
class Network:
    """How this installation reaches others: who tells what a name means, whom it trusts, how long it waits."""

    resolve: Resolver = system_resolver
    tls: ssl.SSLContext = field(default_factory=trusted)
    longest: float = LONGEST

    def check(self, url: str) -> Target:
        """The target, after a look-up. Raises UnsafeAddress."""
        target = target_of(url)
        addresses_of(target, self.resolve)
        return target

    def post(self, url: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Answer:
        """Sends `body`; never raises for what the other side does."""
        began = time.monotonic()
        try:
            answer = self._exchange(target_of(url), list(headers), body, began + self.longest)
        except UnsafeAddress:
            answer = {"error": "refused_address"}
        except (httpcore2.TimeoutException, TimeoutError):
            answer = {"error": "timeout"}
        except httpcore2.ConnectError as error:
            answer = {"error": "tls" if isinstance(error.__cause__ or error.__context__, ssl.SSLError) else "connect"}
        except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError, OSError):
            answer = {"error": "protocol"}
        return Answer(duration_ms=int((time.monotonic() - began) * 1000), **answer)

    def _exchange(
        self, target: Target, headers: list[tuple[bytes, bytes]], body: bytes, until: float
    ) -> dict[str, Any]:
        road = _Road(addresses_of(target, self.resolve), until)
        origin = httpcore2.Origin(target.scheme.encode(), target.host.encode(), target.port)
        url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        sent = [(b"Host", target.authority.encode()), *headers, (b"Content-Length", str(len(body)).encode())]
        with (
            httpcore2.HTTPConnection(origin, ssl_context=self.tls, network_backend=road) as line,
            line.stream("POST", url, headers=[*sent, (b"Connection", b"close")], content=body) as response,
        ):
            text = b""
            for piece in response.iter_stream():
                text += piece
                if len(text) >= MOST_READ:
                    break
            given = {name.lower(): value for name, value in response.headers}
            patience = retry_after(given.get(b"retry-after", b""))
            return {"status": response.status, "excerpt": excerpt(text), "retry_after": patience}


@cache
def this_network() -> Network:
    """This process's way to the outside: its certificates are read once."""
    return Network()


class _Road(httpcore2.NetworkBackend):
    """Leads to the addresses that were looked at, whatever the name means by now; everything ends at `until`."""

    def __init__(self, addresses: list[str], until: float) -> None:
        self.addresses, self.until = addresses, until

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        backend, failed = httpcore2.SyncBackend(), None
        for address in self.addresses:
            try:
                return _Timed(backend.connect_tcp(address, port, timeout=left(self.until)), self.until)
            except httpcore2.ConnectError as error:
                failed = error
        raise failed or httpcore2.ConnectError("no address")


class _Timed(httpcore2.NetworkStream):
    """A stream whose steps share one end: a receiver that drips byte by byte does not prolong it."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, left(self.until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, left(self.until))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, left(self.until)), self.until)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def left(until: float) -> float:
    """Seconds that are left. Raises httpcore2.ReadTimeout when none are."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise httpcore2.ReadTimeout("the time for this request is over")
    return seconds


def excerpt(raw: bytes) -> str:
    """The beginning of an answer as plain text: no control or direction characters, nothing PostgreSQL cannot keep."""
    text = raw[: EXCERPT * 4].decode(errors="replace")
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", "", text)
    return plain.strip()[:EXCERPT]


def retry_after(value: bytes) -> int:
    """The seconds a receiver asks to be left alone for, a day at most; 0 when it asks nothing readable."""
    text = value.decode("latin-1").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(int(text), MOST_PATIENCE)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(int((until - datetime.now(UTC)).total_seconds()), 0), MOST_PATIENCE)
