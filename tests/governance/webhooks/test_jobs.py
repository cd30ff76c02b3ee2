"""The jobs that deliver: one for each webhook, never all of an identity's places, found again when one is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.errors import Conflict, Gone
from governance.models import Identity, Job, Webhook, WebhookDelivery
from governance.perform import perform
from governance.rights.sweeping import nobody_in
from governance.webhooks import tasks
from governance.webhooks.outbox import wake
from governance.webhooks.sweeping import wake_forgotten
from tests.cast import Person
from tests.governance.checkpoints.asking import make_rule
from tests.governance.webhooks.conftest import (
    a_task,
    deliver,
    deliveries,
    make_hook,
    set_back,
    waiting_jobs,
)
from tests.governance.webhooks.receiver import Receiver
from tests.spheres import makers


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
