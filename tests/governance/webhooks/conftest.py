"""A receiver that may be reached, and webhooks that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import Job, Webhook, WebhookDelivery
from governance.perform import perform
from governance.webhooks.delivering import deliver_due
from governance.webhooks.events import offered
from governance.webhooks.outbox import DELIVER
from governance.webhooks.sending import Network
from tests.cast import Person
from tests.governance.webhooks.receiver import Receiver, serving
from tests.spheres import makers

QUICK = Network(resolve=lambda host, _port: [host], longest=2.0)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with serving() as found:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({("127.0.0.1", found.port)})
        yield found


def make_hook(person: Person, url: str, *events: str, identity: Any = None, **more: Any) -> tuple[Webhook, str]:
    """(the webhook, its secret); by default it is told of everything."""
    asked = {"name": "Comptabilité", "url": url, "events": list(events or offered())} | more
    with person.acting(identity):
        return perform("governance.webhook.create", asked)


@pytest.fixture
def hook(alice: Person, receiver: Receiver) -> tuple[Webhook, str]:
    return make_hook(alice, f"{receiver.url}/in")


def deliver(person: Person, row: Webhook, network: Network = QUICK, identity: Any = None) -> None:
    """What the worker does with the webhook's job, here and now."""
    with person.acting(identity, channel="task"):
        deliver_due(row.pk, network)


def deliveries(person: Person, row: Webhook | None = None, identity: Any = None) -> list[WebhookDelivery]:
    with person.looking(identity):
        rows = WebhookDelivery.objects.order_by("pk")
        return list(rows.filter(webhook=row) if row else rows)


def again(person: Person, row: Webhook) -> Webhook:
    with person.looking():
        return Webhook.objects.get(pk=row.pk)


def pull_forward(person: Person, row: Webhook) -> None:
    """Lets the pause before the next attempt be over."""
    with person.acting(), transaction.atomic():
        WebhookDelivery.objects.pending().filter(webhook=row).update(next_attempt_at=timezone.now())


def set_back(person: Person, row: Webhook, **times: timedelta) -> None:
    """Moves the named times of a webhook into the past."""
    with person.acting(), transaction.atomic():
        Webhook.objects.filter(pk=row.pk).update(**{name: timezone.now() - ago for name, ago in times.items()})


def waiting_jobs(row: Webhook) -> list[Job]:
    return list(Job.objects.filter(kind=DELIVER, object_id=row.pk, state="pending").order_by("run_at"))


def a_task(person: Person, title: str = "Balayer") -> None:
    with person.acting():
        makers.task(title, sphere="personal")
