"""Which key opens a provider: the identity's own, else the installation's, else one of the environment (design 5.1).

A key is bound to the address it was given for. Where the address has changed it is not sent: it is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from agents.llm.registry.addresses import plain, surroundings, trusts_environment
from agents.llm.registry.models import IdentityKey, InstallationKey, Provider
from agents.llm.registry.sealing import Row, opened
from agents.llm.registry.snapshot import Registry, snapshot
from governance.isolation.context import SYSTEM_CHAIN, current, reading

PLACEHOLDER = "demo"


class From(TextChoices):
    """Where a key comes from."""

    IDENTITY = "identity", _("this identity’s own key")
    INSTALLATION = "installation", _("the installation’s key")
    ENVIRONMENT = "environment", _("the installation’s configuration")
    DEMO = "demo", _("demonstration: no key is used")
    NOT_NEEDED = "not_needed", _("needs no key")


@dataclass(frozen=True, slots=True)
class Key:
    """What is sent to a provider; `secret` is in no representation of it."""

    secret: str = field(repr=False)
    source: From


@dataclass(frozen=True, slots=True)
class KeyState:
    """What may be said of a provider's keys. `own`: of the identity that looks, or of the installation for staff.

    `stale`: that key was given for another address, and waits to be given again.
    """

    source: From | None
    own: bool = False
    stale: bool = False
    last4: str = ""
    created_at: datetime | None = None
    tested: str = ""
    tested_at: datetime | None = None

    @property
    def present(self) -> bool:
        return self.source is not None


def key_for(provider: str) -> Key | None:
    """The key for the bound identity's calls of a provider, None where there is none.

    One query for the identity's own; the installation's are in the picture. Raises AuditUnavailable when a stored
    key does not open.
    """
    home = snapshot().homes.get(provider)
    if home is not None and not settings.DEMO_MODE and current().identity_id != SYSTEM_CHAIN:
        with reading():
            own = IdentityKey.objects.filter(provider_id=provider, base_url=home).first()
            if own is not None:
                return Key(opened(own), From.IDENTITY)
    return installation_key(provider)


def installation_key(provider: str) -> Key | None:
    """The installation's key, None where there is none; no query. Raises AuditUnavailable as `key_for`."""
    picture, facts = snapshot(), snapshot().providers.get(provider)
    if facts is None:
        return None
    if settings.DEMO_MODE:
        return Key(PLACEHOLDER, From.DEMO)
    shared = picture.keys.get(provider)
    if shared is not None and shared.base_url == picture.homes[provider]:
        return Key(opened(shared), From.INSTALLATION)
    if provider in picture.trusted and (secret := of_environment(facts.key_names)):
        return Key(secret, From.ENVIRONMENT)
    return None if facts.key_names else Key("", From.NOT_NEEDED)


def keyed() -> frozenset[str]:
    """The providers that have a key for the bound identity, or need none; one query, and no key is opened."""
    picture = snapshot()
    if settings.DEMO_MODE:
        return frozenset(picture.providers)
    found = {name for name in picture.providers if _shared(picture, name)}
    if current().identity_id != SYSTEM_CHAIN:
        own = IdentityKey.objects.values_list("provider_id", "base_url")
        found |= {name for name, address in own if picture.homes.get(name) == address}
    return frozenset(found)


def _shared(picture: Registry, provider: str) -> bool:
    """Has the installation a key for it, or does it need none?"""
    facts, shared = picture.providers[provider], picture.keys.get(provider)
    if shared is not None and shared.base_url == picture.homes[provider]:
        return True
    return not facts.key_names or (provider in picture.trusted and bool(of_environment(facts.key_names)))


def of_environment(names: Iterable[str]) -> str:
    """The first key that the installation's configuration has under one of the names, or ''."""
    return next((settings.PROVIDER_KEYS[name] for name in names if settings.PROVIDER_KEYS.get(name)), "")


def key_states(providers: Iterable[Provider]) -> dict[str, KeyState]:
    """What may be said of the keys of each provider, to whoever is bound; two queries for all of them."""
    of_staff = current().identity_id == SYSTEM_CHAIN
    shared = {row.provider_id: row for row in InstallationKey.objects.all()}
    own = {} if of_staff else {row.provider_id: row for row in IdentityKey.objects.all()}
    return {row.pk: _state(row, own.get(row.pk), shared.get(row.pk), of_staff) for row in providers}


def _state(provider: Provider, own: IdentityKey | None, shared: InstallationKey | None, of_staff: bool) -> KeyState:
    home = plain(surroundings().home(provider))
    for row, source, is_own in ((own, From.IDENTITY, True), (shared, From.INSTALLATION, of_staff)):
        if row is not None and row.base_url == home:
            return _told(row, source, own=is_own)
    stale = shared if of_staff else own
    if trusts_environment(provider) and (secret := of_environment(provider.key_names)):
        return KeyState(From.ENVIRONMENT, stale=stale is not None, last4=secret[-4:] if of_staff else "")
    if not provider.key_names:
        return KeyState(From.NOT_NEEDED)
    return KeyState(None) if stale is None else _told(stale, None, own=True, stale=True)


def _told(row: Row, source: From | None, *, own: bool, stale: bool = False) -> KeyState:
    """The end of a key is shown to those whose it is."""
    last4 = row.last4 if own else ""
    return KeyState(source, own, stale, last4, row.created_at, row.tested, row.tested_at)
