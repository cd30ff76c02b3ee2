"""Where a webhook may lead: public https addresses, and what the installation's settings name to the letter.

A name proves nothing: whoever owns it lets it mean another machine a second later. So the addresses it means are
looked at, all of them, and the connection is made to the very one that was looked at (sending.py).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from governance.errors import BadInput

LONGEST = 500
LONGEST_LOOK_UP = 4.0  # seconds
PORTS = frozenset({443, *range(1024, 65536)})
TARGET = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "onion", "test", "invalid")
# Ways to write an IPv4 address inside an IPv6 one, where a gateway would unpack it, and what the library does not
# know of: none is needed.
WRAPPED = [
    IPv6Network(text)
    for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
                 "2001::/32", "fec0::/10", "3fff::/20")
]  # fmt: skip
ISATAP = 0x00005EFE

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Iterable[str]]


class UnsafeAddress(BadInput):
    """The address is none that a webhook may have. One sentence for all that concerns names and networks: it tells
    nobody what this installation can see from where it stands."""

    def __init__(self) -> None:
        sentence = _("A public https address is needed here, such as https://example.org/hooks.")
        super().__init__(sentence, errors={"url": [sentence]})


@dataclass(frozen=True, slots=True)
class Target:
    """A taken-apart address: `host` in ASCII, `path` with its query. `named`: the settings name host and port."""

    scheme: str
    host: str
    port: int
    path: str
    named: bool

    @property
    def authority(self) -> str:
        """Host and port as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target:
    """The address in its plain form. Raises UnsafeAddress for whatever could mean more than it seems."""
    text = url.strip()
    # Before anything is taken apart: urlsplit drops some of these, and what is dropped is not what was looked at.
    if len(text) > LONGEST or re.search(r"[\x00-\x20\x7f\\#<>\"^`{|}\s]", text):
        raise UnsafeAddress()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UnsafeAddress() from error
    if parts.scheme not in {"https", "http"} or "@" in parts.netloc or parts.netloc.endswith(":") or port == 0:
        raise UnsafeAddress()
    host = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    port = port or (443 if parts.scheme == "https" else 80)
    named = (host, port) in settings.WEBHOOK_PRIVATE_HOSTS
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not TARGET.fullmatch(path):
        raise UnsafeAddress()
    if not named and (parts.scheme != "https" or port not in PORTS or not _could_be_public(host)):
        raise UnsafeAddress()
    return Target(parts.scheme, host, port, path, named)


def _host(text: str, *, bracketed: bool) -> str:
    """A name in ASCII, or an address in its one usual form; what programs read in different ways is refused."""
    try:
        if bracketed:
            if "%" in text:
                raise UnsafeAddress()
            return str(IPv6Address(text))
        name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except (ValueError, UnicodeError) as error:
        raise UnsafeAddress() from error
    name = name.lower()
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise UnsafeAddress()
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):  # a number in the end makes all of it a number
        try:
            return str(IPv4Address(name))
        except ValueError as error:  # decimal, octal, hexadecimal, short forms
            raise UnsafeAddress() from error
    return name


def _could_be_public(host: str) -> bool:
    """Before any look-up: an address that is public, or a name that is not of a network's own."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        labels = host.split(".")
        return len(labels) > 1 and labels[-1] not in INSIDE


def is_public(address: Address) -> bool:
    """Is it a machine on the open internet, whichever way it is written?"""
    if isinstance(address, IPv6Address):
        if address.scope_id or any(address in network for network in WRAPPED):
            return False
        if (int(address) >> 32) & 0xFDFFFFFF == ISATAP:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def addresses_of(target: Target, resolve: Resolver) -> list[str]:
    """What the name means now. Raises UnsafeAddress when it means nothing, or anything that is not public."""
    try:
        found = list(dict.fromkeys(resolve(target.host, target.port)))
        if not found or not (target.named or all(is_public(ip_address(each)) for each in found)):
            raise UnsafeAddress()
    except (OSError, ValueError) as error:
        raise UnsafeAddress() from error
    return found


_looking_up = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhook-names")


def system_resolver(host: str, port: int) -> list[str]:
    """The machine's own look-up, which knows no end of its own. Raises OSError."""
    asked: Future[list[str]] = _looking_up.submit(_look_up, host, port)
    try:
        return asked.result(LONGEST_LOOK_UP)
    except Late as error:
        raise OSError("the look-up took too long") from error


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(place[4][0]) for place in found]
