"""The one way out to providers: to hosts that are known, at addresses that were looked at, within time and bytes.

No redirect is followed, no proxy of the environment is used, and no header leaves but those a provider needs.
A name is looked up by us and the connection is made to the very address that was judged, as for webhooks.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2

from governance.webhooks.addresses import Resolver, Target, UnsafeAddress, addresses_of, system_resolver
from governance.webhooks.sending import this_network

KEPT_HEADERS = frozenset({
    "host", "authorization", "x-api-key", "anthropic-version", "content-type", "content-length",
    "transfer-encoding", "user-agent",
})  # fmt: skip
MOST_CONNECTIONS, IDLE_CONNECTIONS, IDLE_SECONDS = 100, 10, 30.0
PLAIN = ("", "identity")


class TooMuch(Exception):
    """The other side sends more bytes than the call may take in."""


class Line:
    """One call's connection: its end in time, the bytes it may still read, and the way to hang up.

    `sent`: something of the request has left, so that the provider may have begun to work.
    """

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self.until, self.room = time.monotonic() + seconds, most_bytes
        self.sent = self.hung_up = False
        self._stream: httpcore2.NetworkStream | None = None

    def left(self, timeout: float | None) -> float:
        """Seconds for the next step. Raises httpcore2.ReadTimeout when none are left."""
        if self.hung_up:
            raise httpcore2.ReadError("hung up")
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise httpcore2.ReadTimeout("the time for this call is over")
        return seconds if timeout is None else min(seconds, timeout)

    def use(self, stream: httpcore2.NetworkStream) -> None:
        self._stream, self.sent = stream, True

    def take(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise TooMuch

    def hang_up(self) -> None:
        """From any thread: wakes whoever reads, and ends the call upstream."""
        self.hung_up = True
        line = self._stream.get_extra_info("socket") if self._stream is not None else None
        if line is not None:
            try:
                socket.socket.shutdown(line, socket.SHUT_RDWR)
            except OSError:
                return  # the other side was quicker


_line: ContextVar[Line] = ContextVar("line")


@contextmanager
def calling(seconds: float, most_bytes: int) -> Iterator[Line]:
    """A line for the calls of the block; nothing goes out without one."""
    line = Line(seconds, most_bytes)
    token = _line.set(line)
    try:
        yield line
    finally:
        _line.reset(token)


def guarded_client(
    base_url: str, hosts: Iterable[str], *, named: bool, keyed: bool, resolve: Resolver = system_resolver
) -> httpx2.Client:
    """A client for this one address. Raises UnsafeAddress when it is none that may be called."""
    way = GuardedWay(base_url, hosts, named=named, keyed=keyed, resolve=resolve)
    return httpx2.Client(transport=way, trust_env=False, follow_redirects=False)


class GuardedWay(httpx2.BaseTransport):
    """Carries requests to one host, and nowhere else."""

    def __init__(
        self, base_url: str, hosts: Iterable[str], *, named: bool, keyed: bool, resolve: Resolver = system_resolver
    ) -> None:
        self.origin = origin_of(base_url)
        self.keyed = keyed
        scheme, host, port = self.origin
        if not named and (scheme != "https" or port != 443 or host not in hosts):
            raise UnsafeAddress()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=this_network().tls,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_Road(Target(scheme, host, port, "/", named), resolve),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if origin_of(str(request.url)) != self.origin:
            raise UnsafeAddress()
        assert isinstance(request.stream, httpx2.SyncByteStream)
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=self._headers(request),
            content=request.stream,
            extensions=request.extensions,
        )
        with _said_as_the_library_does():
            reply = self._pool.handle_request(sent)
        if _encoding(reply.headers) not in PLAIN:
            reply.close()
            raise httpx2.DecodingError("compressed, although that was not asked for", request=request)
        return httpx2.Response(
            reply.status, headers=reply.headers, stream=_Body(reply.stream), extensions=reply.extensions
        )

    def _headers(self, request: httpx2.Request) -> list[tuple[bytes, bytes]]:
        """What the libraries add of themselves and of the environment stays here."""
        kept = [
            (name, value)
            for name, value in request.headers.raw
            if name.decode("latin-1").lower() in KEPT_HEADERS and (self.keyed or name.lower() != b"authorization")
        ]
        return [*kept, (b"Accept", b"*/*"), (b"Accept-Encoding", b"identity")]

    def close(self) -> None:
        self._pool.close()


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address. Raises UnsafeAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise UnsafeAddress() from error
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise UnsafeAddress()
    return parts.scheme, parts.hostname.lower(), port


def _encoding(headers: Iterable[tuple[bytes, bytes]]) -> str:
    found = {name.lower(): value for name, value in headers}
    return found.get(b"content-encoding", b"").decode("latin-1").strip().lower()


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _said_as_the_library_does():
            yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


@contextmanager
def _said_as_the_library_does() -> Iterator[None]:
    """The clients know the errors of their own library."""
    try:
        yield
    except httpcore2.TimeoutException as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except httpcore2.ConnectError as error:
        raise httpx2.ConnectError(str(error)) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise httpx2.RemoteProtocolError(str(error)) from error


class _Road(httpcore2.NetworkBackend):
    """Leads to an address that was looked at, whatever the name means a moment later."""

    def __init__(self, target: Target, resolve: Resolver) -> None:
        self.target, self.resolve, self.backend = target, resolve, httpcore2.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore2.NetworkStream:
        failed = None
        for address in addresses_of(self.target, self.resolve):
            try:
                stream = self.backend.connect_tcp(address, port, timeout=_line.get().left(timeout))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            else:
                return _Watched(stream)
        raise httpcore2.ConnectError(str(failed))


class _Watched(httpcore2.NetworkStream):
    """A connection whose every step belongs to the line of the call that uses it."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self.stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        line = _line.get()
        data = self.stream.read(max_bytes, line.left(timeout))
        line.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        line = _line.get()
        line.use(self.stream)
        self.stream.write(buffer, line.left(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        return _Watched(self.stream.start_tls(ssl_context, server_hostname, _line.get().left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
