"""Sealing under an identity's key: what is sealed for one purpose and identity opens for no other (design 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.audit.entries import SYSTEM_CHAIN
from governance.audit.vault import SALT, forget_keys, seal, unseal
from governance.errors import AuditUnavailable
from governance.models import AuditEntry
from tests.cast import Person
from tests.governance.audit.chains import grow, verified
from tests.governance.isolation.walls import superuser


def test_what_is_sealed_opens_again_and_never_looks_the_same(alice: Person) -> None:
    with alice.looking():
        first, second = (seal(alice.identity.pk, "test", b"Bonjour") for _ in range(2))
        assert first != second
        assert unseal(alice.identity.pk, "test", first) == unseal(alice.identity.pk, "test", second) == b"Bonjour"
        assert b"Bonjour" not in first


def test_it_opens_for_no_other_purpose_and_no_other_identity(alice: Person, workshop: Any) -> None:
    with alice.looking():
        sealed = seal(alice.identity.pk, "test", b"Bonjour")
        with pytest.raises(AuditUnavailable):
            unseal(alice.identity.pk, "audit", sealed)
    with alice.looking(workshop), pytest.raises(AuditUnavailable):
        unseal(workshop.pk, "test", sealed)


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 12, b"x" * 28, b"x" * 60])
def test_what_was_never_sealed_does_not_open(sealed: bytes, alice: Person) -> None:
    with alice.looking(), pytest.raises(AuditUnavailable):
        unseal(alice.identity.pk, "test", sealed)


def test_anothers_key_is_out_of_reach(alice: Person, charlie: Person) -> None:
    forget_keys()
    for identity in (charlie.identity.pk, SYSTEM_CHAIN):
        with alice.looking(), pytest.raises(AuditUnavailable):
            seal(identity, "test", b"x")


def test_another_master_key_opens_nothing(alice: Person, settings: Any) -> None:
    forget_keys()
    settings.MASTER_KEY = "another-master-key-another-master-key"
    with alice.looking(), pytest.raises(AuditUnavailable, match="master key"):
        seal(alice.identity.pk, "test", b"x")
    forget_keys()


def test_every_identity_has_its_own_key(alice: Person, workshop: Any) -> None:
    with superuser() as admin:
        rows = admin.execute(
            "SELECT wrapped FROM governance_datakey WHERE identity_id = ANY(%s)", [[alice.identity.pk, workshop.pk]]
        ).fetchall()
    assert len({bytes(row[0]) for row in rows}) == 2


def test_once_the_key_is_destroyed_payloads_are_noise_and_the_chain_stays_valid(alice: Person) -> None:
    grow(alice, 2)
    hide = "UPDATE governance_datakey SET identity_id = %s WHERE identity_id = %s"
    elsewhere = uuid7()
    with planted_keys(hide, elsewhere, alice.identity.pk):
        report = verified(alice)
        assert (report.ok, report.entries) == (True, 3)
        with alice.looking():
            entry = AuditEntry.objects.first()
            with pytest.raises(AuditUnavailable):
                unseal(alice.identity.pk, "audit", bytes(entry.payload))
        assert not verified(alice, payloads=True).ok
    assert verified(alice, payloads=True).ok


@contextmanager
def planted_keys(move: str, there: Any, here: Any) -> Iterator[None]:
    """The key is out of reach for the block; other tests of this database verify every payload."""
    with superuser() as admin:
        admin.execute(move, [there, here])
    forget_keys()
    try:
        yield
    finally:
        with superuser() as admin:
            admin.execute(move, [here, there])
        forget_keys()


def test_names_stand_in_the_payload_only_and_never_in_the_body(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        entry = AuditEntry.objects.in_order().first()
        payload = orjson.loads(unseal(alice.identity.pk, "audit", bytes(entry.payload))[SALT:])
    assert payload["params"]["email"] == alice.email
    for told in (alice.email, "Alice", "example.com"):
        assert told.encode() not in bytes(entry.body)
    assert set(orjson.loads(bytes(entry.body))) == {
        "v", "id", "at", "actor", "action", "effect", "outcome", "reason", "resource", "verdict", "checkpoint",
        "request", "commit",
    }  # fmt: skip
