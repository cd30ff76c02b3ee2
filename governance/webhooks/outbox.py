"""From a change to what will be sent, in the change's own transaction (design 3.10).

Whether somebody listens is answered by the very statement that writes the log (audit/entries.py): an identity
without webhooks pays nothing. What happened is told as it was then, not as it is when it leaves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.audit.entries import News
from governance.jobs.queue import enqueue_once
from governance.people.models import Identity
from governance.uow import UnitOfWork
from governance.webhooks.events import Event, following
from governance.webhooks.models import Webhook, WebhookDelivery

DELIVER = "governance.webhooks.deliver"


def note(uow: UnitOfWork, news: list[News]) -> None:
    """Writes a delivery for each event and each webhook that wants it, and wakes who delivers."""
    events = [(event, item) for item in news for event in following(item)]
    if not events:
        return
    hooks = list(Webhook.objects.active())
    woken: set[UUID] = set()
    for event, item in events:
        takers = [hook.pk for hook in hooks if event.name in hook.events]
        if takers:
            uow.add(*deliveries(uow.actor.identity_id, event, item, takers))
            woken.update(takers)
    for hook in sorted(woken):
        wake(uow.actor.identity_id, hook)


def deliveries(identity_id: UUID, event: Event, item: News, takers: list[UUID]) -> list[WebhookDelivery]:
    """One for each taker; all of them with the same id and the same bytes."""
    moment, number = timezone.now(), uuid7()
    data = (event.data(item.object_id) if item.object_id else None) or {"id": item.object_id}
    body = body_of(number, event.name, moment, identity_id, data)
    known: dict[str, Any] = {"event": event.name, "event_id": number, "object_id": item.object_id, "body": body}
    return [WebhookDelivery(webhook_id=taker, created_at=moment, next_attempt_at=moment, **known) for taker in takers]


def body_of(number: UUID, event: str, moment: datetime, identity_id: UUID, data: dict[str, Any]) -> str:
    """What leaves: the same bytes at every attempt."""
    told = {"id": number, "event": event, "timestamp": moment, "identity_id": identity_id, "data": data}
    return orjson.dumps(told, option=orjson.OPT_UTC_Z).decode()


def wake(identity_id: UUID, webhook_id: UUID, at: datetime | None = None) -> None:
    """Has the worker look at a webhook. It runs in the name of the identity's owner, who is always a member."""
    owner = Identity.objects.values_list("owner_id", flat=True).get(pk=identity_id)
    enqueue_once(DELIVER, identity_id, webhook_id, owner, at)
