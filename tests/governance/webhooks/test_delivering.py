"""From the queue to the receiver: repeated, given up, switched off; never lost, never without an entry."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.errors import Conflict, Gone
from governance.models import AuditEntry, Identity, Job, Notification, Webhook, WebhookDelivery
from governance.notifications.own import HOOK_OFF
from governance.perform import perform
from governance.rights.sweeping import nobody_in
from governance.webhooks import attempts, delivering, tasks
from governance.webhooks.attempts import PAUSES
from governance.webhooks.outbox import wake
from governance.webhooks.sending import Network
from governance.webhooks.sweeping import wake_forgotten
from tests.cast import Person
from tests.governance.checkpoints.asking import make_rule
from tests.governance.webhooks.conftest import (
    QUICK,
    again,
    deliver,
    deliveries,
    make_hook,
    pull_forward,
    set_back,
    waiting_jobs,
)
from tests.governance.webhooks.receiver import Receiver, signed_by
from tests.spheres import makers


def a_task(person: Person, title: str = "Balayer") -> None:
    with person.acting():
        makers.task(title, sphere="personal")


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


def test_a_rule_against_it_cannot_make_it_repeat_for_ever(hook: Any, alice: Person, receiver: Receiver) -> None:
    """What was sent is noted, whatever the rules of the identity say about noting."""
    a_task(alice)
    conditions = [{"key": "action", "op": "eq", "value": "governance.webhook.attempt"}]
    make_rule(alice, alice.identity, name="nie", effect="deny", conditions=conditions)
    deliver(alice, hook[0])
    assert [one.state for one in deliveries(alice)] == ["delivered"]
    assert len(receiver.received) == 1


def test_two_that_deliver_at_once_note_an_attempt_once(hook: Any, alice: Person, receiver: Receiver) -> None:
    a_task(alice)
    (one,) = deliveries(alice)
    facts = {
        "webhook": hook[0].pk,
        "delivery": one.pk,
        "tries": 0,
        "at": timezone.now(),
        "status": 204,
        "error": "",
        "duration_ms": 1,
    }
    from governance.isolation.context import bind

    with bind(nobody_in(alice.identity.pk)):
        perform("governance.webhook.attempt", facts | {"retry_after": 0})
        with pytest.raises(Conflict):
            perform("governance.webhook.attempt", facts | {"retry_after": 0, "status": 500})
    assert deliveries(alice)[0].state == "delivered"


def at_work(person: Person, object_id: Any) -> Job:
    later = timezone.now() + timedelta(minutes=1)
    return Job.objects.create(
        kind="governance.webhooks.deliver",
        identity_id=person.identity.pk,
        person_id=person.user.pk,
        object_id=object_id,
        state="running",
        lease_until=later,
    )


def test_a_second_job_of_one_webhook_steps_aside_and_comes_back(hook: Any, alice: Person, receiver: Receiver) -> None:
    a_task(alice)
    Job.objects.filter(object_id=hook[0].pk).update(state="done")
    mine, other = at_work(alice, hook[0].pk), at_work(alice, hook[0].pk)
    deliver(alice, hook[0])
    assert receiver.received == []
    (job,) = waiting_jobs(hook[0])
    assert timezone.now() < job.run_at < timezone.now() + timedelta(seconds=3)
    Job.objects.filter(pk=other.pk).update(state="done")
    deliver(alice, hook[0])
    assert len(receiver.received) == 1
    Job.objects.filter(pk=mine.pk).update(state="done")


def test_webhooks_leave_two_of_an_identity_s_five_places_to_other_work(
    hook: Any, alice: Person, receiver: Receiver
) -> None:
    a_task(alice)
    jobs = [at_work(alice, alice.user.pk) for _ in range(3)] + [at_work(alice, hook[0].pk)]
    deliver(alice, hook[0])
    assert receiver.received == []
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(state="done")


def test_the_sweep_finds_what_lost_its_job(hook: Any, alice: Person) -> None:
    a_task(alice)
    assert wake_forgotten(timedelta(0)) == 0 or len(waiting_jobs(hook[0])) == 1
    Job.objects.filter(object_id=hook[0].pk).update(state="refused")
    assert waiting_jobs(hook[0]) == []
    wake_forgotten()  # not yet: it is a matter of seconds
    assert waiting_jobs(hook[0]) == []
    wake_forgotten(timedelta(0))
    assert len(waiting_jobs(hook[0])) == 1


def test_an_identity_that_is_closed_tells_nobody(alice: Person, receiver: Receiver, workshop: Any) -> None:
    row, _ = make_hook(alice, receiver.url, identity=workshop)
    with alice.acting(workshop):
        makers.task("Balayer", sphere="business")
    Identity.objects.filter(pk=workshop.pk).update(status="suspended")
    deliver(alice, row, identity=workshop)
    assert receiver.received == []
    Job.objects.filter(object_id=row.pk).update(state="done")
    wake_forgotten(timedelta(0))
    assert waiting_jobs(row) == []


def test_a_job_that_is_claimed_meanwhile_is_not_relied_on(hook: Any, alice: Person, database: str) -> None:
    """The lost wake-up: the waiting job is held until our commit, or another one is written."""
    a_task(alice)
    (job,) = waiting_jobs(hook[0])
    held, done = threading.Event(), threading.Event()

    def claims_it() -> None:
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job.pk)
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=claims_it)
    thread.start()
    assert held.wait(10)
    try:
        with alice.acting(), transaction.atomic():
            wake(alice.identity.pk, hook[0].pk)
    finally:
        done.set()
        thread.join()
    assert len(waiting_jobs(hook[0])) == 2


class TestRedelivery:
    def test_the_same_bytes_again(self, hook: Any, alice: Person, receiver: Receiver) -> None:
        a_task(alice)
        deliver(alice, hook[0])
        (one,) = deliveries(alice)
        Job.objects.filter(object_id=hook[0].pk).update(state="done")
        with alice.acting():
            perform("governance.webhook.redeliver", {"webhook": hook[0].pk, "delivery": one.pk})
        assert len(waiting_jobs(hook[0])) == 1
        deliver(alice, hook[0])
        assert [(got.id, got.body) for got in receiver.received] == [(str(one.event_id), one.body.encode())] * 2
        (one,) = deliveries(alice)
        assert (one.state, one.tries, len(one.attempts)) == ("delivered", 1, 2)

    def test_not_while_it_waits_nor_when_it_is_old_or_off(self, hook: Any, alice: Person) -> None:
        row = hook[0]
        a_task(alice)
        (one,) = deliveries(alice)

        def refused() -> str:
            with alice.acting(), pytest.raises((Conflict, Gone)) as refusal:
                perform("governance.webhook.redeliver", {"webhook": row.pk, "delivery": one.pk})
            return refusal.value.code

        assert refused() == "still_waits"
        deliver(alice, row)
        with alice.acting(), transaction.atomic():
            WebhookDelivery.objects.filter(pk=one.pk).update(created_at=timezone.now() - timedelta(days=30))
        assert refused() == "delivery_expired"
        with alice.acting():
            perform("governance.webhook.update", {"webhook": row.pk, "enabled": False})
        assert refused() == "webhook_not_on"


def test_what_is_old_is_forgotten(hook: Any, alice: Person) -> None:
    row, _ = hook
    a_task(alice, "alt")
    deliver(alice, row)
    a_task(alice, "neu")
    deliver(alice, row)
    other, _ = make_hook(alice, row.url)
    with alice.acting():
        perform("governance.webhook.remove", {"webhook": other.pk})
        perform("governance.webhook.rotate", {"webhook": row.pk})
    past = timezone.now() - timedelta(days=31)
    with alice.acting(), transaction.atomic():
        WebhookDelivery.objects.filter(pk=deliveries(alice)[0].pk).update(created_at=past)
    tasks.clean(None)
    assert len(deliveries(alice)) == 1
    with alice.looking():
        assert Webhook.objects.count() == 2
    set_back(alice, other, removed_at=timedelta(days=31))
    tasks.clean(None)
    with alice.looking():
        assert list(Webhook.objects.values_list("pk", flat=True)) == [row.pk]
