"""HTTP as the wires see it: a whole request in, a list of steps out. No input or output happens here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agents.simulator.turns import Faults

HANG_SECONDS = 600.0
HUGE_PIECES, HUGE_PIECE, HUGE_PAUSE = 256, 64 * 1024, 0.001
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request read to its end; header names are lower case."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    body: bytes
    id: str


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What to send: bytes are written, numbers are pauses in seconds.

    ``complete=False`` drops the connection after the last step, as a provider that dies would.
    """

    status: int
    headers: Headers
    steps: tuple[bytes | float, ...]
    complete: bool = True


def misbehaviour(faults: Faults, headers: Headers) -> HttpReply | None:
    """What goes wrong before an answer begins, on any wire; None when nothing does."""
    if faults.hang:
        return HttpReply(200, headers, (HANG_SECONDS, b""))
    if faults.redirect:
        return HttpReply(307, (*headers, (b"location", faults.redirect.encode())), (b"",))
    if faults.html:
        return HttpReply(200, ((b"content-type", b"text/html"),), (b"<!doctype html><title>Welcome</title>",))
    return None


class Wire(Protocol):
    """One provider's dialect over HTTP; ``app.Simulator`` holds several."""

    def routes(self) -> dict[str, dict[str, Callable[[HttpRequest], HttpReply]]]:
        """Path → method → handler; a path that ends with ``/`` takes one more segment."""

    def error(self, request_id: str, status: int, message: str) -> HttpReply:
        """An error in this wire's shape."""
