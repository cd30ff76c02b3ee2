"""The row is the queue (design 2.4): what is to be done, for whom, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from governance.isolation.models import Global
from governance.jobs.querysets import JobQuerySet


class Job(Global):
    """One piece of work. It holds ids only; what they mean is read behind the bound identity.

    `person_id`: in whose name it runs (none: an installation's job, unbound). `slot`: the number of the
    period, for scheduled ones. `fence` grows with each claim: a process that lost its lease cannot finish.
    `holder`: the process that executes it (jobs/hands.py).
    """

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("job", "Waiting")
        QUEUED = "queued", pgettext_lazy("job", "Handed out")
        RUNNING = "running", pgettext_lazy("job", "Running")
        DONE = "done", pgettext_lazy("job", "Done")
        DEAD = "dead", pgettext_lazy("job", "Given up")
        REFUSED = "refused", pgettext_lazy("job", "Refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=80)
    identity_id = models.UUIDField(null=True)
    object_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    slot = models.BigIntegerField(null=True)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    run_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)
    holder = models.IntegerField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slot"], name="job_once_per_slot")]
        indexes = [
            models.Index(
                fields=["identity_id", "state", "run_at"],
                condition=models.Q(state__in=["pending", "queued", "running"]),
                name="job_open",
            ),
            models.Index(fields=["finished_at"], condition=models.Q(finished_at__isnull=False), name="job_finished"),
        ]


class WorkerBeat(Global):
    """That a worker lives: seen every few seconds; the row goes with an orderly stop."""

    holder = models.IntegerField(primary_key=True)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
