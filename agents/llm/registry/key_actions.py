"""Keys of providers: given, taken away and tried. Whose they are follows from who acts (design 5.1)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from agents.llm.registry.addresses import is_public_home, plain, surroundings
from agents.llm.registry.models import IdentityKey, InstallationKey, Provider, StoredKey
from agents.llm.registry.policies import may_set_keys
from agents.llm.registry.sealing import Row, close
from agents.llm.registry.state import changed
from governance.errors import Conflict, NotThere
from governance.isolation.context import SYSTEM_CHAIN
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

SET, REMOVE, TEST, TESTED = "agents.key.set", "agents.key.remove", "agents.key.test", "agents.key.tested"
SHORTEST, LONGEST = 8, 500


class OneProvider(Params):
    provider: str = Field(min_length=1, max_length=30)


class SetKey(OneProvider):
    """`key` is kept sealed and never shown again."""

    key: str = Field(min_length=SHORTEST, max_length=LONGEST)

    @field_validator("key")
    @classmethod
    def one_word(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError(_("A key is one line without spaces."))
        return value


@action(
    SET,
    Effect.CONFIGURE,
    params=SetKey,
    policy=may_set_keys,
    label=_("Give the key of a provider"),
    secret=frozenset({"key"}),
)
def set_key(uow: UnitOfWork, params: SetKey) -> Row:
    """The key from now on, for the address of now; the one before is gone."""
    provider = locked(params.provider)
    if not provider.key_names:
        raise Conflict("no_key_needed", _("This provider needs no key."))
    home = plain(surroundings().home(provider))
    if home == provider.base_url and not is_public_home(home, provider.hosts):
        raise Conflict("address_not_allowed", _("Its address is none that a key may be sent to."))
    before = row_of(uow, provider)
    if before is not None:
        before.delete()
    row = _new(uow, provider, home)
    close(row, params.key)
    row.save(force_insert=True)
    uow.tell(provider=provider.pk, address=home, replaced=before is not None, last4=row.last4)
    _state_is_other(uow)
    return row


@action(REMOVE, Effect.CONFIGURE, params=OneProvider, policy=may_set_keys, label=_("Remove the key of a provider"))
def remove_key(uow: UnitOfWork, params: OneProvider) -> None:
    """It is gone for good: whoever gave it can give it again."""
    provider = locked(params.provider)
    row = row_of(uow, provider)
    if row is None:
        raise NotThere()
    uow.tell(provider=provider.pk, last4=row.last4)
    row.delete()
    _state_is_other(uow)


@action(TEST, Effect.CONFIGURE, params=OneProvider, policy=may_set_keys, label=_("Test the key of a provider"))
def test_key(uow: UnitOfWork, params: OneProvider) -> None:
    """Says that somebody tries it; the call itself follows, outside any transaction (probing.py)."""
    if not Provider.objects.filter(pk=params.provider).exists():
        raise NotThere()
    uow.tell(provider=params.provider)


class TriedKey(OneProvider):
    outcome: StoredKey.Trial


@action(TESTED, Effect.CONFIGURE, params=TriedKey, policy=may_set_keys, label=_("Note what a test of a key gave"))
def tested_key(uow: UnitOfWork, params: TriedKey) -> None:
    """What came of it, at the key that was tried; one of the environment has no row to note it at."""
    provider = locked(params.provider)
    row = row_of(uow, provider)
    uow.tell(provider=provider.pk, outcome=params.outcome)
    if row is not None:
        row.tested, row.tested_at = params.outcome, timezone.now()
        row.save(update_fields=["tested", "tested_at"])


def locked(provider: str) -> Provider:
    """The provider, locked: of two who give a key at once one is first. Raises NotThere."""
    row = Provider.objects.select_for_update(no_key=True).filter(pk=provider).first()
    if row is None:
        raise NotThere()
    return row


def row_of(uow: UnitOfWork, provider: Provider) -> Any:
    """The key of whoever acts: the installation's for staff, the identity's for its people."""
    kind: Any = InstallationKey if uow.actor.identity_id == SYSTEM_CHAIN else IdentityKey
    return kind.objects.filter(provider=provider).first()


def _new(uow: UnitOfWork, provider: Provider, home: str) -> Row:
    kept = {"provider": provider, "base_url": home, "made_by": uow.actor.person_id}
    if uow.actor.identity_id == SYSTEM_CHAIN:
        return InstallationKey(**kept)
    return IdentityKey(identity_id=uow.actor.identity_id, **kept)


def _state_is_other(uow: UnitOfWork) -> None:
    if uow.actor.identity_id == SYSTEM_CHAIN:
        changed(uow)
