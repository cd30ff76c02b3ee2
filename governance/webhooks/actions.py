"""Webhooks: made, changed, paused, removed and brought back; their secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from governance.errors import Conflict, Gone
from governance.people.models import Identity
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from governance.webhooks import signing
from governance.webhooks.addresses import LONGEST, target_of
from governance.webhooks.events import offered
from governance.webhooks.models import Webhook, WebhookDelivery, WebhookSecret
from governance.webhooks.outbox import wake
from governance.webhooks.policies import may_manage_webhooks

MOST_WEBHOOKS = 10
MOST_KEPT = 200  # removed ones included
OVERLAP = timedelta(hours=24)
MOST_SECRETS = 3  # that sign at the same time

CREATE, UPDATE = "governance.webhook.create", "governance.webhook.update"
State = Webhook.State


def one_line(value: str | None) -> str | None:
    if value is not None and not value.isprintable():
        raise ValueError(_("A name is one line of printable text."))
    return value


def known_events(value: list[str] | None) -> list[str] | None:
    if value is None:
        return None
    unknown = sorted(set(value) - set(offered()))
    if unknown:
        raise ValueError(_("There is no such event: %(names)s.") % {"names": ", ".join(unknown)[:200]})
    return sorted(set(value))


class CreateWebhook(Params):
    """An https address and the events it is told of."""

    name: str = Field(min_length=1, max_length=80)
    url: str = Field(min_length=1, max_length=LONGEST)
    events: list[str] = Field(min_length=1, max_length=100)

    check_name = field_validator("name")(one_line)
    check_events = field_validator("events")(known_events)


@action(CREATE, Effect.CONFIGURE, params=CreateWebhook, policy=may_manage_webhooks, label=_("Add a webhook"))
def create(uow: UnitOfWork, params: CreateWebhook) -> tuple[Webhook, str]:
    """The webhook and its secret: the only moment at which that is shown."""
    url = target_of(params.url).url
    count_room(uow)
    row = Webhook(name=params.name, url=url, events=params.events, made_by=uow.actor.person_id)
    row.identity_id = uow.actor.identity_id
    uow.add(row)
    secret = new_secret(uow, row)
    about(uow, row)
    return row, secret


def count_room(uow: UnitOfWork) -> None:
    """Raises Conflict when there are enough; they are counted one at a time."""
    Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
    states = list(Webhook.objects.values_list("state", flat=True)[: MOST_KEPT + 1])
    if sum(state != State.REMOVED for state in states) >= MOST_WEBHOOKS or len(states) >= MOST_KEPT:
        raise Conflict("too_many_webhooks", _("Ten webhooks at most. Remove one first."))


def new_secret(uow: UnitOfWork, row: Webhook) -> str:
    key = signing.new_key()
    uow.add(WebhookSecret(webhook_id=row.pk, sealed=signing.sealed(row.pk, uow.actor.identity_id, key)))
    return signing.shown(key)


def about(uow: UnitOfWork, row: Webhook, **more: Any) -> None:
    """What the entry says besides its parameters; the news carries no address."""
    assert uow.making is not None
    uow.making.resource_type, uow.making.resource_id = row._meta.label_lower, row.pk
    uow.tell(name=row.name, url=row.url, **more)
    uow.announce("webhook.changed", row.pk, state=row.state)


class OneWebhook(Params):
    webhook: UUID


class UpdateWebhook(OneWebhook):
    """Only the given fields change. `enabled`: false pauses, true lets it go on, also one that was switched off."""

    name: str | None = Field(default=None, min_length=1, max_length=80)
    url: str | None = Field(default=None, min_length=1, max_length=LONGEST)
    events: list[str] | None = Field(default=None, min_length=1, max_length=100)
    enabled: bool | None = None

    check_name = field_validator("name")(one_line)
    check_events = field_validator("events")(known_events)


@action(UPDATE, Effect.CONFIGURE, params=UpdateWebhook, policy=may_manage_webhooks, label=_("Change a webhook"))
def update(uow: UnitOfWork, params: UpdateWebhook) -> Webhook:
    """What waits is sent to the new address; while it is paused nothing is noted and nothing leaves."""
    row = standing(uow, params.webhook)
    before = {"name": row.name, "url": row.url, "events": row.events, "state": row.state}
    if params.name is not None:
        row.name = params.name
    if params.url is not None:
        row.url = target_of(params.url).url
    if params.events is not None:
        row.events = params.events
    if params.enabled is not None and params.enabled != row.enabled:
        switch(uow, row, State.ACTIVE if params.enabled else State.PAUSED)
    save(uow, row, "name", "url", "events")
    about(uow, row, before=before)
    return row


def standing(uow: UnitOfWork, pk: UUID) -> Webhook:
    """The webhook, locked. Raises Conflict for a removed one."""
    row = uow.lock(Webhook, pk)
    if row.state == State.REMOVED:
        raise Conflict("webhook_removed", _("This webhook was removed. Bring it back first."))
    return row


def switch(uow: UnitOfWork, row: Webhook, state: State, reason: str = "") -> None:
    """Moves a locked webhook to another state; what still waits is dropped when it must not leave any more."""
    row.state, row.off_reason = state, reason
    row.failing_since = None if state == State.ACTIVE else row.failing_since
    row.removed_at = timezone.now() if state == State.REMOVED else None
    save(uow, row, "state", "off_reason", "failing_since", "removed_at")
    if state in {State.OFF, State.REMOVED}:
        drop(row)
    if state == State.ACTIVE:
        wake(uow.actor.identity_id, row.pk)


def drop(row: Webhook) -> None:
    """What still waits for it will not leave; it can be sent again by hand."""
    WebhookDelivery.objects.pending().filter(webhook_id=row.pk).update(
        state=WebhookDelivery.State.DROPPED, next_attempt_at=None, ended_at=timezone.now()
    )


def save(uow: UnitOfWork, row: Webhook, *columns: str) -> None:
    row.changed_at = timezone.now()
    uow.change(row, *columns, "changed_at")


@action(
    "governance.webhook.rotate",
    Effect.CONFIGURE,
    params=OneWebhook,
    policy=may_manage_webhooks,
    label=_("Renew the secret of a webhook"),
)
def rotate(uow: UnitOfWork, params: OneWebhook) -> tuple[Webhook, str]:
    """A new secret; the former one signs along for a day, so that the receiver can change over."""
    row, moment = standing(uow, params.webhook), timezone.now()
    signing_now = WebhookSecret.objects.signing(row.pk, moment)
    keep = list(signing_now.values_list("pk", flat=True)[: MOST_SECRETS - 1])
    WebhookSecret.objects.filter(webhook_id=row.pk).exclude(pk__in=keep).delete()
    WebhookSecret.objects.filter(pk__in=keep, expires_at__isnull=True).update(expires_at=moment + OVERLAP)
    secret = new_secret(uow, row)
    save(uow, row)
    about(uow, row)
    return row, secret


@action(
    "governance.webhook.remove",
    Effect.DELETE,
    params=OneWebhook,
    policy=may_manage_webhooks,
    label=_("Remove a webhook"),
)
def remove(uow: UnitOfWork, params: OneWebhook) -> Webhook:
    """Nothing leaves any more, at once; it can be brought back for thirty days. Harmless to repeat."""
    row = uow.lock(Webhook, params.webhook)
    if row.state != State.REMOVED:
        switch(uow, row, State.REMOVED)
        about(uow, row)
    return row


@action(
    "governance.webhook.restore",
    Effect.CONFIGURE,
    params=OneWebhook,
    policy=may_manage_webhooks,
    label=_("Bring a webhook back"),
)
def restore(uow: UnitOfWork, params: OneWebhook) -> Webhook:
    """As it was, but paused: whoever brings it back looks at it before it is told anything."""
    row = uow.lock(Webhook, params.webhook)
    if row.state != State.REMOVED:
        raise Conflict("not_removed", _("This webhook is not removed."))
    if row.removed_until is None or row.removed_until <= timezone.now():
        raise Gone("webhook_expired", _("Its thirty days are over."))
    if Webhook.objects.standing().count() >= MOST_WEBHOOKS:
        raise Conflict("too_many_webhooks", _("Ten webhooks at most. Remove one first."))
    switch(uow, row, State.PAUSED)
    about(uow, row)
    return row
