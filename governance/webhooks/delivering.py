"""Sending what is due to one webhook: read, send without any transaction, note; again until nothing is due.

At least once: what was sent and could not be noted any more (a killed worker) is sent again, under the same id.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from governance.errors import Conflict
from governance.isolation.context import bind, current, reading
from governance.isolation.lookup import by_id
from governance.jobs.models import Job
from governance.people.models import Identity
from governance.perform import parse
from governance.registry.actions import get_action
from governance.rights.sweeping import nobody_in
from governance.uow import unit_of_work
from governance.webhooks import signing
from governance.webhooks.attempts import ATTEMPT
from governance.webhooks.models import Webhook, WebhookDelivery, WebhookSecret
from governance.webhooks.outbox import DELIVER, wake
from governance.webhooks.sending import Network

TURN = 20.0  # seconds that one job goes on for, before others have theirs
MOST_AT_ONCE = 3  # webhooks of one identity: the rest of its five jobs stays free for other work
LATER = 2  # seconds


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery, ready to be signed."""

    webhook_id: UUID
    delivery_id: UUID
    tries: int
    url: str
    event_id: UUID
    body: bytes
    keys: tuple[bytes, ...]


def deliver_due(webhook_id: UUID, network: Network) -> None:
    """Delivers what is due; comes back for the rest. Harmless to repeat, and to run twice at once."""
    identity_id, until = current().identity_id, time.monotonic() + TURN
    if crowded(identity_id, webhook_id):
        with transaction.atomic():
            wake(identity_id, webhook_id, timezone.now() + timedelta(seconds=LATER))
        return
    with bind(nobody_in(identity_id)):
        while time.monotonic() < until:
            letter = next_letter(webhook_id)
            if letter is None:
                break
            send(letter, network)
        come_back(identity_id, webhook_id)


def crowded(identity_id: UUID, webhook_id: UUID) -> bool:
    """Is another job at this very webhook, or are enough at the identity's others?"""
    alive = Job.objects.filter(
        kind=DELIVER,
        identity_id=identity_id,
        state__in=[Job.State.QUEUED, Job.State.RUNNING],
        lease_until__gt=Now(),
    )
    at_work = list(alive.values_list("object_id", flat=True)[: 2 * MOST_AT_ONCE])
    return at_work.count(webhook_id) > 1 or len(at_work) > MOST_AT_ONCE


def next_letter(webhook_id: UUID) -> Letter | None:
    """The oldest delivery that is due; None when there is none or nothing may leave."""
    with reading():
        hook = by_id(Webhook, webhook_id)
        active = Identity.objects.filter(pk=current().identity_id, status=Identity.Status.ACTIVE).exists()
        if hook is None or not hook.enabled or not active:
            return None
        row = WebhookDelivery.objects.due(timezone.now()).filter(webhook_id=webhook_id).order_by("id").first()
        return letter_of(hook, row) if row is not None else None


def letter_of(hook: Webhook, row: WebhookDelivery) -> Letter:
    secrets = WebhookSecret.objects.signing(hook.pk, timezone.now())
    keys = tuple(signing.opened(secret) for secret in secrets)
    return Letter(hook.pk, row.pk, row.tries, hook.url, row.event_id, row.body.encode(), keys)


def send(letter: Letter, network: Network) -> WebhookDelivery | None:
    """Sends and notes it; the delivery as noted, or None when somebody else had noted it first."""
    moment = timezone.now()
    headers = [
        (b"content-type", b"application/json"),
        (b"user-agent", f"CHENU-Webhooks/{settings.RELEASE}".encode()),
        (b"accept-encoding", b"identity"),
        *signing.headers(letter.keys, str(letter.event_id), int(moment.timestamp()), letter.body),
    ]
    connection.close()  # who waits for others keeps nobody from the database
    answer = network.post(letter.url, headers, letter.body)
    try:
        which = {"webhook": letter.webhook_id, "delivery": letter.delivery_id, "tries": letter.tries}
        return note({**which, "at": moment, **asdict(answer)})
    except Conflict:
        return None


def note(facts: dict[str, Any]) -> WebhookDelivery:
    """Notes an attempt, with its entry. It has been made: no rule is asked, which could only hide it and so repeat it
    for ever. What leaves was agreed to when the webhook was made."""
    action = get_action(ATTEMPT)
    with unit_of_work() as uow:
        noted: WebhookDelivery = uow.carry_out(action, parse(action, facts))
    return noted


def send_test(row: WebhookDelivery, network: Network) -> WebhookDelivery:
    """Sends a greeting that was just written down, while somebody waits for it; the delivery as noted."""
    with bind(nobody_in(current().identity_id)):
        with reading():
            letter = letter_of(by_id(Webhook, row.webhook_id), row)
        return send(letter, network) or row


def come_back(identity_id: UUID, webhook_id: UUID) -> None:
    """Plans the next look, when there is something to be sent then."""
    with transaction.atomic():
        waiting = WebhookDelivery.objects.pending().filter(webhook_id=webhook_id, webhook__state=Webhook.State.ACTIVE)
        at = waiting.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
        if at is not None:
            wake(identity_id, webhook_id, max(at, timezone.now()))
