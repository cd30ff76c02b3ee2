"""The jobs of webhooks: deliver what is due, find what was forgotten, forget what is old."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from governance.errors import GovernanceError
from governance.isolation.context import Why, bind, system_scope
from governance.jobs.registry import every, job
from governance.perform import perform
from governance.registry.actions import NoParameters
from governance.rights.sweeping import nobody_in
from governance.webhooks.delivering import deliver_due
from governance.webhooks.models import KEPT, Webhook, WebhookDelivery, WebhookSecret
from governance.webhooks.outbox import DELIVER
from governance.webhooks.sending import this_network
from governance.webhooks.sweeping import wake_forgotten

SWEEP_EVERY = 20  # seconds
CLEAN_EVERY = 3600
MOST = 200


@job(DELIVER)
def deliver(webhook_id: UUID | None) -> None:
    """Sends what is due to one webhook; a repeat after a crash goes on with what is left."""
    assert webhook_id is not None
    deliver_due(webhook_id, this_network())


@every(SWEEP_EVERY, "governance.webhooks.sweep")
def sweep(_: UUID | None) -> None:
    """Wakes webhooks whose job got lost, such as with the person in whose name it ran."""
    wake_forgotten()


@every(CLEAN_EVERY, "governance.webhooks.clean")
def clean(_: UUID | None) -> None:
    """Forgets what is over in each identity that has something to forget."""
    moment = timezone.now()
    old = WebhookDelivery.objects.filter(created_at__lt=moment - KEPT)
    removed = Webhook.objects.filter(state=Webhook.State.REMOVED, removed_at__lt=moment - KEPT)
    replaced = WebhookSecret.objects.filter(expires_at__lte=moment)
    with system_scope(Why.SWEEP):
        found = {pk for rows in (old, removed, replaced) for pk in rows.values_list("identity_id", flat=True)[:MOST]}
    for identity_id in found:
        with bind(nobody_in(identity_id)):
            try:
                perform("governance.webhook.clean", NoParameters())
            except GovernanceError:
                continue  # a rule of theirs keeps it; the refusal is on the record
