"""Deliveries: tried, tested, asked for again; and what a webhook's failures lead to."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from uuid_utils.compat import uuid7

from governance.audit.models import Outcome
from governance.errors import Conflict, Gone
from governance.registry.actions import Effect, NoParameters, Params, action
from governance.uow import UnitOfWork
from governance.webhooks.actions import OneWebhook, save, standing, switch
from governance.webhooks.events import TEST
from governance.webhooks.models import KEPT, Webhook, WebhookDelivery, WebhookSecret
from governance.webhooks.outbox import body_of, wake
from governance.webhooks.policies import by_the_system, may_manage_webhooks

PAUSES = (10, 60, 600, 3600, 6 * 3600, 24 * 3600)  # seconds before the second, third … try
JITTER = 0.2
FAILS_FOR = timedelta(days=3)
GONE = 410
MOST_ATTEMPTS = 30  # that are remembered
ATTEMPT = "governance.webhook.attempt"
State = WebhookDelivery.State


class Attempt(Params):
    """What became of one attempt. `tries`: how many there were before it; another number means that somebody else
    has noted one meanwhile."""

    webhook: UUID
    delivery: UUID
    tries: int = Field(ge=0)
    at: datetime
    status: int = Field(ge=0, le=999)
    error: str = Field(max_length=20)
    duration_ms: int = Field(ge=0)
    retry_after: int = Field(ge=0)
    excerpt: str = ""

    @property
    def delivered(self) -> bool:
        return not self.error and 200 <= self.status < 300


@action(
    ATTEMPT,
    Effect.UPDATE,
    params=Attempt,
    policy=by_the_system,
    label=_("Try to deliver an event"),
    secret=frozenset({"excerpt"}),
)
def attempt(uow: UnitOfWork, params: Attempt) -> WebhookDelivery:
    """Notes an attempt that was made; the next one follows after a pause that grows, or it was the last."""
    hook = uow.lock(Webhook, params.webhook)  # before its deliveries: as whoever removes it
    row = uow.lock(WebhookDelivery, params.delivery)
    if row.webhook_id != hook.pk or row.state != State.PENDING or row.tries != params.tries:
        raise Conflict("noted_already", _("This attempt was noted already."))
    told = {"at": params.at, "status": params.status, "ms": params.duration_ms, "error": params.error}
    row.attempts = [*row.attempts, {**told, "at": params.at.isoformat(), "answer": params.excerpt}][-MOST_ATTEMPTS:]
    row.tries += 1
    if params.delivered:
        end(uow, row, State.DELIVERED)
        recovered(uow, hook)
    else:
        failed(uow, hook, row, params)
    uow.change(row, "attempts", "tries", "state", "next_attempt_at", "ended_at")
    uow.tell(event=row.event)
    return row


def end(uow: UnitOfWork, row: WebhookDelivery, state: State) -> None:
    row.state, row.next_attempt_at, row.ended_at = state, None, timezone.now()
    if state == State.FAILED:  # what arrives is no news to anybody here
        uow.announce("webhook.failed", row.pk, webhook=str(row.webhook_id))


def recovered(uow: UnitOfWork, hook: Webhook) -> None:
    if hook.failing_since is not None:
        hook.failing_since = None
        save(uow, hook, "failing_since")


def failed(uow: UnitOfWork, hook: Webhook, row: WebhookDelivery, params: Attempt) -> None:
    """Plans the next try, or gives up; a test is tried once and has no consequence."""
    assert uow.making is not None
    uow.making.outcome = Outcome.FAILED
    uow.reason(params.error or f"http_{params.status}")
    last = row.event == TEST or row.tries > len(PAUSES)
    if last or params.status == GONE:
        end(uow, row, State.FAILED)
    else:
        pause = max(spread(PAUSES[row.tries - 1]), params.retry_after)
        row.next_attempt_at = timezone.now() + timedelta(seconds=pause)
    if row.event == TEST or hook.state != Webhook.State.ACTIVE:
        return
    moment = timezone.now()
    if hook.failing_since is None:
        hook.failing_since = moment
        save(uow, hook, "failing_since")
    if params.status == GONE:
        switch_off(uow, hook, row, Webhook.Off.GONE)
    elif hook.failing_since <= moment - FAILS_FOR:
        switch_off(uow, hook, row, Webhook.Off.FAILING)
    elif params.error or params.retry_after:
        let_rest(hook, row, max(spread(PAUSES[0]), params.retry_after))


def spread(pause: int) -> float:
    """A fifth more or less: many that failed together do not come back together."""
    return pause * random.uniform(1 - JITTER, 1 + JITTER)


def let_rest(hook: Webhook, row: WebhookDelivery, seconds: float) -> None:
    """A receiver that does not answer, or asks for peace, is left alone with everything else, too."""
    until = timezone.now() + timedelta(seconds=seconds)
    due_before = WebhookDelivery.objects.due(until).filter(webhook_id=hook.pk)
    due_before.exclude(pk=row.pk).update(next_attempt_at=until)


def switch_off(uow: UnitOfWork, hook: Webhook, row: WebhookDelivery, reason: Webhook.Off) -> None:
    """No more is sent, and who manages the identity is told (notifications/tellers.py)."""
    if row.state == State.PENDING:
        end(uow, row, State.FAILED)
    switch(uow, hook, Webhook.State.OFF, reason)
    uow.announce("webhook.off", hook.pk, reason=str(reason))


@action(
    "governance.webhook.test",
    Effect.UPDATE,
    params=OneWebhook,
    policy=may_manage_webhooks,
    label=_("Test a webhook"),
)
def test(uow: UnitOfWork, params: OneWebhook) -> WebhookDelivery:
    """Writes a signed greeting down, which the caller sends at once; also to a webhook that is paused."""
    hook, moment, number = standing(uow, params.webhook), timezone.now(), uuid7()
    body = body_of(number, TEST, moment, uow.actor.identity_id, {"webhook": {"id": hook.pk, "name": hook.name}})
    known: dict[str, Any] = {"event": TEST, "event_id": number, "body": body, "created_at": moment}
    # Not for the job: whoever asked sends it, and the sweep takes it over only when they could not.
    row = WebhookDelivery(webhook_id=hook.pk, next_attempt_at=moment + timedelta(minutes=1), **known)
    uow.add(row)
    return row


class OneDelivery(OneWebhook):
    delivery: UUID


@action(
    "governance.webhook.redeliver",
    Effect.UPDATE,
    params=OneDelivery,
    policy=may_manage_webhooks,
    label=_("Deliver an event again"),
)
def redeliver(uow: UnitOfWork, params: OneDelivery) -> WebhookDelivery:
    """The same bytes under the same id, tried anew from the beginning."""
    hook = standing(uow, params.webhook)
    row = uow.lock(WebhookDelivery, params.delivery)
    if not hook.enabled:
        raise Conflict("webhook_not_on", _("This webhook is not on: nothing would leave."))
    if row.state == State.PENDING:
        raise Conflict("still_waits", _("This is still being delivered."))
    if row.event == TEST:
        raise Conflict("only_a_test", _("Send a new test instead."))
    if not row.may_be_repeated:
        raise Gone("delivery_expired", _("Its thirty days are over."))
    row.state, row.tries, row.next_attempt_at, row.ended_at = State.PENDING, 0, timezone.now(), None
    uow.change(row, "state", "tries", "next_attempt_at", "ended_at")
    wake(uow.actor.identity_id, hook.pk)
    return row


@action(
    "governance.webhook.clean",
    Effect.DELETE,
    params=NoParameters,
    policy=by_the_system,
    label=_("Forget old deliveries"),
)
def clean(uow: UnitOfWork, params: NoParameters) -> None:
    """Deletes deliveries, removed webhooks and replaced secrets whose term is over, a bounded number at a time."""
    over, moment = timezone.now() - KEPT, timezone.now()
    old = WebhookDelivery.objects.filter(created_at__lt=over).order_by("created_at")
    gone = WebhookDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()[0]
    secrets = WebhookSecret.objects.filter(expires_at__lte=moment).delete()[0]
    hooks = list(Webhook.objects.filter(state=Webhook.State.REMOVED, removed_at__lt=over).order_by("pk")[:20])
    for hook in hooks:
        hook.delete()
    uow.tell(deliveries=gone, secrets=secrets, webhooks=[str(hook.pk) for hook in hooks])
