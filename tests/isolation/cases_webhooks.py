"""The isolation matrix of webhooks: their addresses, their deliveries, and who is told."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from governance.models import Webhook, WebhookDelivery
from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case
from tests.spheres import makers

BODY = {"name": "Comptabilité", "url": "https://8.8.8.8:8443/hooks", "events": ["task.created"]}


def a_webhook(alice: Person, url: str = f"https://8.8.8.8:8443/{MARK}") -> dict[str, Any]:
    """There are ten at most: those of earlier cells stay, but count no more."""
    with alice.acting(), transaction.atomic():
        Webhook.objects.standing().update(state="removed", removed_at=timezone.now())
    with alice.acting():
        row, _ = perform("governance.webhook.create", BODY | {"url": url})
    return {"webhook": row.pk}


def room_for_one(alice: Person) -> dict[str, Any]:
    a_webhook(alice)
    return {}


def nobody_listens(alice: Person) -> dict[str, Any]:
    """Where a test is sent at once: refused before anything is connected, since the name means nothing."""
    kwargs = a_webhook(alice)
    with alice.acting(), transaction.atomic():
        Webhook.objects.filter(pk=kwargs["webhook"]).update(url="https://10.0.0.1/")
    return kwargs


def removed(alice: Person) -> dict[str, Any]:
    kwargs = a_webhook(alice)
    with alice.acting():
        perform("governance.webhook.remove", kwargs)
    return kwargs


def a_delivery(alice: Person) -> dict[str, Any]:
    kwargs = a_webhook(alice)
    with alice.acting():
        makers.task(MARK, sphere="personal")
        with transaction.atomic():
            WebhookDelivery.objects.update(state="failed", next_attempt_at=None)
            return kwargs | {"delivery": WebhookDelivery.objects.newest_first()[0].pk}


def deliveries(alice: Person) -> dict[str, Any]:
    kwargs = a_delivery(alice)
    del kwargs["delivery"]
    return kwargs


CASES = [
    Case("connections", make=room_for_one, whole=True),
    Case("webhook-new", ("GET", "POST"), room_for_one, BODY, whole=True),
    Case("webhook-detail", make=deliveries),
    Case("webhook-edit", ("GET", "POST"), a_webhook, BODY),
    Case("webhook-switch", ("POST",), a_webhook, {"enabled": "no"}),
    Case("webhook-test", ("POST",), nobody_listens),
    Case("webhook-rotate", ("POST",), a_webhook),
    Case("webhook-remove", ("POST",), a_webhook),
    Case("webhook-restore", ("POST",), removed),
    Case("webhook-redeliver", ("POST",), a_delivery),
    Case("api-webhooks", ("GET", "POST"), room_for_one, BODY, whole=True),
    Case("api-webhook-events", whole=True),
    Case("api-webhook", ("GET", "PATCH", "DELETE"), a_webhook, {"name": "Paie"}),
    Case("api-webhook-restore", ("POST",), removed),
    Case("api-webhook-rotate", ("POST",), a_webhook),
    Case("api-webhook-test", ("POST",), nobody_listens),
    Case("api-webhook-deliveries", make=deliveries),
    Case("api-webhook-delivery", make=a_delivery),
    Case("api-webhook-redeliver", ("POST",), a_delivery),
]
