"""Where an act waits for a person, and what was decided (design 3.4)."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.querysets import CheckpointQuerySet
from governance.isolation.models import Scoped, ScopedKey
from governance.rules.models import Level

LIFETIME = {
    Level.LOW: timedelta(hours=72),
    Level.MEDIUM: timedelta(hours=24),
    Level.HIGH: timedelta(hours=4),
    Level.CRITICAL: timedelta(hours=1),
}


class Checkpoint(Scoped):
    """One act that waits. What is approved is `envelope`; what the approver saw is `preview`."""

    class Kind(models.TextChoices):
        EXECUTION = "execution_approval", _("Execution")
        DATA = "data_access", _("Access to data")
        ELEVATION = "scope_elevation", _("Wider scope")
        BUDGET = "budget_approval", _("Budget")
        SPHERE = "cross_sphere", _("Between spheres")
        DESTRUCTIVE = "destructive_action", _("Deletion")
        COMMUNICATION = "external_communication", _("Outside communication")
        FINANCIAL = "financial", _("Money")
        IDENTITY = "identity_boundary", _("Between identities")

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        EXECUTED = "executed", _("Done")
        FAILED = "failed", _("Failed")
        PENDING_EFFECT = "pending_effect", _("Outcome unknown")
        REJECTED = "rejected", _("Refused")
        EXPIRED = "expired", _("Expired")
        CANCELLED = "cancelled", _("Cancelled")
        SUPERSEDED = "superseded", _("Replaced")

    kind = models.CharField(max_length=22, choices=Kind)
    level = models.CharField(max_length=8, choices=Level)
    status = models.CharField(max_length=14, choices=Status, default=Status.PENDING)
    action = models.CharField(max_length=100)
    params = models.JSONField()
    preview = models.JSONField()
    preview_digest = models.CharField(max_length=64)
    envelope = models.JSONField()
    envelope_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    why = models.JSONField(default=list)
    quorum = models.PositiveSmallIntegerField(default=1)
    exclude_requester = models.BooleanField(default=False)
    requester_id = models.UUIDField()
    agent = models.CharField(max_length=60, blank=True)
    sphere = models.CharField(max_length=20, blank=True)
    thread_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    verdict_id = models.UUIDField(null=True)
    resume_job = models.CharField(max_length=60)
    superseded_by = ScopedKey("self", models.PROTECT, null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    objects = CheckpointQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "request_digest"],
                condition=models.Q(status="pending"),
                name="checkpoint_pending_once",
            )
        ]
        indexes = [
            models.Index(fields=["identity", "status", "expires_at"], name="checkpoint_waiting"),
            models.Index(fields=["identity", "run_id"], name="checkpoint_of_run"),
            models.Index(fields=["expires_at"], condition=models.Q(status="pending"), name="checkpoint_overdue"),
        ]

    @property
    def shown_status(self) -> Checkpoint.Status:
        """The status as people read it: an overdue question has expired, even before the sweep has ended it."""
        overdue = self.status == self.Status.PENDING and self.expires_at <= timezone.now()
        return self.Status.EXPIRED if overdue else self.Status(self.status)

    @property
    def tier(self) -> str:
        """The colour that illustrates the level: low and medium yellow, high and critical red."""
        return "red" if self.level in {Level.HIGH, Level.CRITICAL} else "yellow"


class Vote(Scoped):
    """One person's decision; two identities of one person are one person.

    `cast_by_id`: who voted in that person's place, under `delegation`. Nobody has a part in two votes on one question.
    """

    append_only = True

    class Decision(models.TextChoices):
        APPROVE = "approve", _("approved")
        REJECT = "reject", _("refused")

    checkpoint = ScopedKey(Checkpoint, related_name="votes")
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=80)
    cast_by_id = models.UUIDField(null=True)
    cast_by_name = models.CharField(max_length=80, blank=True)
    delegation = ScopedKey("governance.Delegation", models.PROTECT, null=True)
    decision = models.CharField(max_length=7, choices=Decision)
    comment = models.CharField(max_length=500, blank=True)
    envelope_digest = models.CharField(max_length=64, blank=True)  # what was voted on; '' before this was kept
    self_approved = models.BooleanField(default=False)  # a rule asked for somebody else, and there was nobody
    thought_ms = models.PositiveBigIntegerField(null=True)  # of whoever cast it; empty where it was never shown
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index("identity", Coalesce("cast_by_id", "person_id"), models.F("id").desc(), name="vote_by_caster")
        ]
        constraints = [
            models.UniqueConstraint(fields=["identity", "checkpoint", "person_id"], name="vote_once"),
            models.UniqueConstraint(
                "identity", "checkpoint", Coalesce("cast_by_id", "person_id"), name="vote_cast_once"
            ),
        ]


class Sight(Scoped):
    """When a question was first shown in full to somebody who may decide it, between how many (see `pace`)."""

    append_only = True

    checkpoint = ScopedKey(Checkpoint)
    person_id = models.UUIDField()
    together = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "checkpoint", "person_id"], name="sight_once")]


class Execution(Scoped):
    """The one execution of an approval: its row is inserted by the claim, so there is never a second."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        PENDING_EFFECT = "pending_effect"

    checkpoint = ScopedKey(Checkpoint, models.PROTECT, related_name="executions")
    state = models.CharField(max_length=14, choices=State)
    resource_type = models.CharField(max_length=60, blank=True)
    resource_id = models.UUIDField(null=True)
    receipt = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "checkpoint"], name="execution_once")]
