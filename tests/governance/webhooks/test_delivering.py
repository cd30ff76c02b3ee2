"""From the queue to the receiver: repeated, given up, switched off; never lost, never without an entry."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.models import AuditEntry, Job, Notification, Webhook
from governance.notifications.own import HOOK_OFF
from governance.perform import perform
from governance.webhooks import attempts, delivering
from governance.webhooks.attempts import PAUSES
from governance.webhooks.sending import Network
from tests.cast import Person
from tests.governance.webhooks.conftest import (
    QUICK,
    a_task,
    again,
    deliver,
    deliveries,
    pull_forward,
    set_back,
    waiting_jobs,
)
from tests.governance.webhooks.receiver import Receiver, signed_by


def entries(person: Person) -> list[tuple[str, str]]:
    with person.looking():
        rows = AuditEntry.objects.filter(action="governance.webhook.attempt").order_by("seq")
        return list(rows.values_list("outcome", "resource_id"))


def test_what_is_delivered_is_noted_with_its_entry(hook: Any, alice: Person, receiver: Receiver) -> None:
    a_task(alice)
    receiver.answer = b"ok"
    deliver(alice, hook[0])
    (one,) = deliveries(alice)
    assert (one.state, one.tries, one.next_attempt_at) == ("delivered", 1, None)
    (made,) = one.attempts
    assert (made["status"], made["error"], made["answer"]) == (204, "", "")
    assert entries(alice) == [("allowed", one.pk)]
    deliver(alice, hook[0])
    assert len(receiver.received) == 1


def test_a_failure_is_tried_again_after_a_growing_pause_with_the_same_bytes(
    hook: Any, alice: Person, receiver: Receiver
) -> None:
    row, secret = hook
    receiver.statuses = [500]
    a_task(alice)
    for number in range(len(PAUSES) + 1):
        Job.objects.filter(object_id=row.pk).update(state="done")
        began = timezone.now()
        deliver(alice, row)
        (one,) = deliveries(alice)
        assert one.tries == number + 1
        if number < len(PAUSES):
            assert one.state == "pending"
            pause = (one.next_attempt_at - began).total_seconds()
            assert 0.79 * PAUSES[number] < pause < 1.21 * PAUSES[number] + 2
            (job,) = waiting_jobs(row)
            assert abs((job.run_at - one.next_attempt_at).total_seconds()) < 0.1
        pull_forward(alice, row)
    assert (one.state, one.next_attempt_at, len(one.attempts)) == ("failed", None, 7)
    assert len({(got.id, got.body) for got in receiver.received}) == 1
    assert all(signed_by(secret, got) for got in receiver.received)
    assert [outcome for outcome, _ in entries(alice)] == ["failed"] * 7
    assert waiting_jobs(row) == []
    with alice.looking():
        entry = AuditEntry.objects.filter(action="governance.webhook.attempt").latest_first()[0]
    assert b'"reason":"http_500"' in bytes(entry.body)


def test_pauses_differ_a_little() -> None:
    found = {attempts.spread(60) for _ in range(50)}
    assert len(found) > 40
    assert all(48 <= pause <= 72 for pause in found)


@pytest.mark.parametrize("status", [301, 302, 308, 400, 401, 404, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again(status: int, hook: Any, alice: Person, receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [status, 200], {"Location": "http://127.0.0.1:1/"}
    a_task(alice)
    deliver(alice, hook[0])
    assert deliveries(alice)[0].state == "pending"
    assert again(alice, hook[0]).failing_since is not None
    pull_forward(alice, hook[0])
    deliver(alice, hook[0])
    assert deliveries(alice)[0].state == "delivered"
    assert again(alice, hook[0]).failing_since is None


def test_a_receiver_that_asks_for_peace_gets_it_for_everything(hook: Any, alice: Person, receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [503], {"Retry-After": "900"}
    a_task(alice)
    a_task(alice, "Laver")
    deliver(alice, hook[0])
    assert len(receiver.received) == 1
    pauses = [(one.next_attempt_at - timezone.now()).total_seconds() for one in deliveries(alice)]
    assert all(890 < pause <= 901 for pause in pauses)


def test_one_that_hangs_is_asked_once_a_turn(hook: Any, alice: Person, receiver: Receiver) -> None:
    receiver.script = lambda _handler, _one: time.sleep(2)
    for number in range(4):
        a_task(alice, f"Tâche {number}")
    deliver(alice, hook[0], Network(resolve=QUICK.resolve, longest=0.3))
    assert [one.tries for one in deliveries(alice)] == [1, 0, 0, 0]
    assert deliveries(alice)[0].last["error"] == "timeout"


def test_gone_switches_off_drops_the_rest_and_tells_the_owner(hook: Any, alice: Person, receiver: Receiver) -> None:
    row, _ = hook
    receiver.statuses = [410]
    a_task(alice)
    a_task(alice, "Laver")
    deliver(alice, row)
    assert [one.state for one in deliveries(alice)] == ["failed", "dropped"]
    found = again(alice, row)
    assert (found.state, found.off_reason) == ("off", "gone")
    with alice.looking():
        told = Notification.objects.get(event=HOOK_OFF)
    assert (told.facts, told.link) == ({"name": "Comptabilité", "why": "gone"}, f"/connections/webhooks/{row.pk}/")
    assert told.mail_at is not None, "an e-mail follows"
    a_task(alice)
    assert len(deliveries(alice)) == 2


def test_three_days_of_failures_switch_it_off(hook: Any, alice: Person, receiver: Receiver) -> None:
    row, _ = hook
    receiver.statuses = [500]
    a_task(alice)
    deliver(alice, row)
    set_back(alice, row, failing_since=timedelta(days=2, hours=23))
    pull_forward(alice, row)
    deliver(alice, row)
    assert again(alice, row).state == "active"
    set_back(alice, row, failing_since=timedelta(days=3))
    pull_forward(alice, row)
    deliver(alice, row)
    found = again(alice, row)
    assert (found.state, found.off_reason, deliveries(alice)[0].state) == ("off", "failing", "failed")
    with alice.acting():
        perform("governance.webhook.update", {"webhook": row.pk, "enabled": True})
    found = again(alice, row)
    assert (found.state, found.off_reason, found.failing_since) == ("active", "", None)


def test_paused_in_between_nothing_leaves_until_it_goes_on(hook: Any, alice: Person, receiver: Receiver) -> None:
    row, _ = hook
    a_task(alice)
    with alice.acting():
        perform("governance.webhook.update", {"webhook": row.pk, "enabled": False})
    deliver(alice, row)
    assert receiver.received == []
    Job.objects.filter(object_id=row.pk).update(state="done")
    with alice.acting():
        perform("governance.webhook.update", {"webhook": row.pk, "enabled": True})
    assert len(waiting_jobs(row)) == 1
    deliver(alice, row)
    assert receiver.events == ["task.created"]


def test_what_waits_goes_to_the_new_address(hook: Any, alice: Person, receiver: Receiver) -> None:
    a_task(alice)
    with alice.acting():
        perform("governance.webhook.update", {"webhook": hook[0].pk, "url": f"{receiver.url}/moved"})
    deliver(alice, hook[0])
    assert [one.path for one in receiver.received] == ["/moved"]


def test_an_address_that_turns_private_is_refused_at_delivery(hook: Any, alice: Person, receiver: Receiver) -> None:
    """Checked at saving and each time again: names change their meaning."""
    with alice.acting(), transaction.atomic():
        Webhook.objects.filter(pk=hook[0].pk).update(url=f"https://hooks.example:{receiver.port}/")
    a_task(alice)
    deliver(alice, hook[0], Network(resolve=lambda _host, _port: ["127.0.0.1"]))
    (one,) = deliveries(alice)
    assert (one.last["error"], receiver.received) == ("refused_address", [])
    with alice.looking():
        entry = AuditEntry.objects.filter(action="governance.webhook.attempt").latest_first()[0]
    assert entry.outcome == "failed"
    assert b"refused_address" in bytes(entry.body)


def test_neither_transaction_nor_connection_is_held_meanwhile(hook: Any, alice: Person, receiver: Receiver) -> None:
    seen: list[tuple[bool, bool]] = []

    def resolve(host: str, _port: int) -> list[str]:
        seen.append((connection.in_atomic_block, connection.connection is None))
        return [host]

    a_task(alice)
    deliver(alice, hook[0], Network(resolve=resolve))
    assert seen == [(False, True)]
    assert len(receiver.received) == 1


def test_what_was_sent_but_not_noted_is_sent_again_under_its_id(
    hook: Any, alice: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies between both."""

    def dies(*_: Any, **__: Any) -> None:
        raise SystemExit

    a_task(alice)
    monkeypatch.setattr(delivering, "note", dies)
    with pytest.raises(SystemExit):
        deliver(alice, hook[0])
    assert [one.state for one in deliveries(alice)] == ["pending"]
    monkeypatch.undo()
    deliver(alice, hook[0])
    assert len({one.id for one in receiver.received}) == 1
    assert len(receiver.received) == 2
    assert [one.state for one in deliveries(alice)] == ["delivered"]
