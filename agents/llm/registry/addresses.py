"""Where providers are called: over https at hosts that are known, or where the operator's own configuration says.

Loopback and private addresses, and plain http, only where the operator names them (design 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from agents.llm.registry.models import Provider, Source, Wire
from governance.webhooks.addresses import UnsafeAddress, target_of


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the operator has set, as far as addresses depend on it. `named`: id → address."""

    demo: bool
    anthropic: str
    simulator: str
    named: tuple[tuple[str, str], ...]

    def home(self, row: Provider) -> str:
        """The provider's own address, which a key is given for: the operator's word, else the row's."""
        return dict(self.named).get(row.pk, row.base_url)

    def called(self, row: Provider) -> str:
        """Where calls go: in demonstration mode to the simulator, whoever is meant."""
        if row.pk == "anthropic":
            return self.anthropic
        if not self.demo:
            return self.home(row)
        face = f"{self.simulator}/p/{row.pk}" if row.source == Source.SHIPPED else self.simulator
        return face if row.wire == Wire.ANTHROPIC else f"{face}/v1"


def surroundings() -> Surroundings:
    return Surroundings(
        demo=settings.DEMO_MODE,
        anthropic=settings.ANTHROPIC_BASE_URL,
        simulator=settings.ANTHROPIC_BASE_URL.rstrip("/"),  # in demonstration mode it is that
        named=tuple(settings.PROVIDER_BASE_URLS.items()),
    )


def allowed(row: Provider, home: str, around: Surroundings) -> bool:
    """May it be called there? What the operator names may; otherwise it is public, https, at one of its hosts."""
    if around.demo or row.pk in dict(around.named):
        return True
    return is_public_home(home, row.hosts)


def is_public_home(url: str, hosts: list[str]) -> bool:
    """An https address at one of the hosts, of a name or number that can be public."""
    try:
        target = target_of(url)
    except UnsafeAddress:
        return False
    return target.scheme == "https" and not target.named and target.host in hosts and not urlsplit(url).query


def plain(url: str) -> str:
    """One way to write it: without a slash at the end."""
    return url.strip().rstrip("/")


def trusts_environment(row: Provider) -> bool:
    """Is the address one that the operator or the reviewed data chose? Only there goes a key of the environment."""
    if row.pk in settings.PROVIDER_BASE_URLS:
        return True
    return row.source == Source.SHIPPED and row.base_url == row.shipped.get("base_url")
