"""Webhooks with something due and no job that would see to it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from governance.isolation.context import Why, bind, system_scope
from governance.jobs.models import Job
from governance.people.models import Identity
from governance.rights.sweeping import nobody_in
from governance.webhooks.models import Webhook, WebhookDelivery
from governance.webhooks.outbox import DELIVER, wake

FORGOTTEN_AFTER = timedelta(seconds=15)
AT_ONCE = 200
OPEN = (Job.State.PENDING, Job.State.QUEUED, Job.State.RUNNING)


def wake_forgotten(after: timedelta = FORGOTTEN_AFTER) -> int:
    """A bounded look across identities; each job is written inside its own one. How many."""
    cared_for = Job.objects.filter(kind=DELIVER, object_id=OuterRef("webhook_id"), state__in=OPEN)
    late = WebhookDelivery.objects.due(timezone.now() - after).filter(
        ~Exists(cared_for), webhook__state=Webhook.State.ACTIVE, identity__status=Identity.Status.ACTIVE
    )
    with system_scope(Why.SWEEP):
        forgotten = list(late.order_by().values_list("identity_id", "webhook_id").distinct()[:AT_ONCE])
    for identity, hook in forgotten:
        with bind(nobody_in(identity)), transaction.atomic():
            wake(identity, hook)
    return len(forgotten)
