"""Webhooks made, changed, paused, removed; their secrets shown once and kept sealed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.audit.vault import forget_keys
from governance.errors import AuditUnavailable, BadInput, Conflict, Gone, IdentityBoundary, NotAllowed
from governance.models import AuditEntry, Webhook, WebhookSecret
from governance.perform import perform
from governance.webhooks import actions, signing
from governance.webhooks.saving import saved
from governance.webhooks.sending import Network
from tests.cast import Person
from tests.governance.isolation.walls import superuser
from tests.governance.webhooks.conftest import again, deliver, deliveries, make_hook, set_back
from tests.governance.webhooks.receiver import Receiver, signed_by
from tests.spheres import makers

GOOD = {"name": "Comptabilité", "url": "https://8.8.8.8/in", "events": ["task.created"]}


@contextmanager
def conflict(code: str) -> Iterator[None]:
    with pytest.raises(Conflict) as refused:
        yield
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 81), ("name", "a\r\nX-Evil: 1"), ("name", "a\nb"), ("name", "\u202ex"),
        ("url", ""), ("url", "https://example.org/\r\nX-Evil: 1"), ("url", "http://8.8.8.8/"),
        ("url", "https://10.0.0.1/"), ("url", "https://8.8.8.8/" + "a" * 500), ("events", []), ("events", ["all"]),
        ("events", ["task.created", "meeting.started"]), ("events", "task.created"), ("events", ["webhook.test"]),
        ("secret", "mine"), ("identity", "x"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_is_told_at_its_field(field: str, value: Any, alice: Person) -> None:
    with alice.acting(), pytest.raises(BadInput) as refused:
        perform("governance.webhook.create", {**GOOD, field: value})
    assert any(name.partition(".")[0] == field for name in refused.value.errors), refused.value.errors
    with alice.looking():
        assert not Webhook.objects.exists()


def test_the_secret_is_shown_once_and_kept_sealed(alice: Person) -> None:
    with alice.acting():
        row, secret = perform("governance.webhook.create", GOOD)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    with alice.looking():
        kept = WebhookSecret.objects.get(webhook=row)
        assert signing.opened(kept) == key
        entry = AuditEntry.objects.filter(action="governance.webhook.create").latest_first()[0]
    assert (entry.resource_type, entry.resource_id) == ("governance.webhook", row.pk)
    with superuser() as admin:
        told = [str(admin.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES]
        sealed = b"".join(bytes(value) for (value,) in admin.execute("SELECT sealed FROM governance_webhooksecret"))
    assert key not in sealed
    assert all(secret not in text and secret.removeprefix("whsec_") not in text for text in told)


TABLES = ("governance_webhook", "governance_webhooksecret", "governance_event", "governance_idempotencyrecord")


def test_a_sealed_secret_opens_for_its_webhook_and_master_key_only(alice: Person, settings: Any) -> None:
    with alice.acting():
        row, _ = perform("governance.webhook.create", GOOD)
        other, _ = perform("governance.webhook.create", GOOD)
    with alice.looking():
        kept = WebhookSecret.objects.get(webhook=row)
        kept.webhook_id = other.pk
        with pytest.raises(AuditUnavailable):
            signing.opened(kept)
        kept.webhook_id = row.pk
        settings.MASTER_KEY = "another master key of thirty-two characters"
        forget_keys()
        with pytest.raises(AuditUnavailable):
            signing.opened(kept)


def test_a_renewed_secret_signs_with_the_former_for_a_day(alice: Person, receiver: Receiver) -> None:
    row, first = make_hook(alice, receiver.url)
    secrets = [first]
    for _ in range(3):
        with alice.acting():
            secrets.append(perform("governance.webhook.rotate", {"webhook": row.pk})[1])
    assert len(set(secrets)) == 4
    with alice.acting():
        makers.task("Balayer", sphere="personal")
    deliver(alice, row)
    (one,) = receiver.received
    assert [signed_by(secret, one) for secret in secrets] == [False, True, True, True]
    with alice.acting(), transaction.atomic():
        WebhookSecret.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now() - timedelta(seconds=1))
    with alice.acting():
        makers.task("Laver", sphere="personal")
    deliver(alice, row)
    assert [signed_by(secret, receiver.received[1]) for secret in secrets] == [False, False, False, True]


def test_ten_at_most_also_when_one_comes_back(alice: Person) -> None:
    with alice.acting():
        made = [perform("governance.webhook.create", GOOD)[0] for _ in range(10)]
        with conflict("too_many_webhooks"):
            perform("governance.webhook.create", GOOD)
        perform("governance.webhook.remove", {"webhook": made[0].pk})
        perform("governance.webhook.create", GOOD)
        with conflict("too_many_webhooks"):
            perform("governance.webhook.restore", {"webhook": made[0].pk})


def test_removing_is_not_the_way_to_have_any_number(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_KEPT", 2)
    with alice.acting():
        for _ in range(2):
            row, _ = perform("governance.webhook.create", GOOD)
            perform("governance.webhook.remove", {"webhook": row.pk})
        with conflict("too_many_webhooks"):
            perform("governance.webhook.create", GOOD)


def test_a_removed_one_comes_back_paused_within_thirty_days(hook: Any, alice: Person, receiver: Receiver) -> None:
    row, _ = hook
    with alice.acting():
        makers.task("Balayer", sphere="personal")
        for _ in range(2):  # harmless to repeat
            perform("governance.webhook.remove", {"webhook": row.pk})
        for name in ("update", "rotate", "test"):
            with conflict("webhook_removed"):
                perform(f"governance.webhook.{name}", {"webhook": row.pk})
    assert [one.state for one in deliveries(alice)] == ["dropped"]
    deliver(alice, row)
    assert receiver.received == []
    with alice.acting():
        perform("governance.webhook.restore", {"webhook": row.pk})
        with conflict("not_removed"):
            perform("governance.webhook.restore", {"webhook": row.pk})
    assert again(alice, row).state == "paused"
    with alice.acting():
        perform("governance.webhook.remove", {"webhook": row.pk})
    set_back(alice, row, removed_at=timedelta(days=30))
    with alice.acting(), pytest.raises(Gone):
        perform("governance.webhook.restore", {"webhook": row.pk})


def test_another_identity_s_webhook_is_none_of_ours(hook: Any, bob: Person) -> None:
    for name in ("update", "rotate", "remove", "restore", "test"):
        with bob.acting(), pytest.raises(IdentityBoundary):
            perform(f"governance.webhook.{name}", {"webhook": hook[0].pk})


class TestSaving:
    """The look-up before saving."""

    def test_a_name_that_leads_inside_is_refused_and_on_record(self, alice: Person) -> None:
        with alice.acting(), pytest.raises(BadInput):
            saved("governance.webhook.create", GOOD | {"url": "https://hooks.example/"}, says("10.0.0.1"))
        with alice.looking():
            assert not Webhook.objects.exists()
            entry = AuditEntry.objects.filter(action="governance.webhook.create").get()
        assert (entry.outcome, b'"reason":"invalid"' in bytes(entry.body)) == ("refused", True)
        assert b"hooks.example" not in bytes(entry.body)

    def test_one_that_leads_outside_is_saved(self, alice: Person) -> None:
        with alice.acting():
            row, _ = saved("governance.webhook.create", GOOD | {"url": "https://hooks.example/"}, says("8.8.8.8"))
            with pytest.raises(BadInput):
                saved("governance.webhook.update", {"webhook": row.pk, "url": "https://other.example/"}, says("::1"))
            saved("governance.webhook.update", {"webhook": row.pk, "name": "Paie"}, says())
        assert again(alice, row).url == "https://hooks.example/"

    def test_nobody_else_has_names_looked_up_by_us(self, alice: Person, bob: Person, workshop: Any) -> None:
        asked: list[str] = []

        def resolve(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["8.8.8.8"]

        with bob.acting(workshop), pytest.raises(NotAllowed):
            saved("governance.webhook.create", GOOD | {"url": "https://hooks.example/"}, Network(resolve=resolve))
        assert asked == []


def says(*found: str) -> Network:
    return Network(resolve=lambda _host, _port: list(found))
