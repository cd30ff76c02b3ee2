"""A run is a state machine in the database, not a suspended process (design 4.1)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.pipeline.querysets import RunQuerySet
from governance.isolation.models import Scoped, ScopedKey
from spheres.facts import SphereSlug
from threads.models import Thread

LONGEST_REQUEST = 20_000


class Lane(models.TextChoices):
    A = "A", _("Intent analysis")
    B = "B", _("Context snapshot")
    C = "C", _("Semantic encoding")
    D = "D", _("Governance check")
    E = "E", _("Checkpoint")
    F = "F", _("Agent execution")
    G = "G", _("Audit and tracking")


class Run(Scoped):
    """One trip through the pipeline. `fence` grows with each worker that takes it over.

    `untrusted` names what it has read of others' words.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Starting")
        RUNNING = "running", _("Running")
        NEEDS_CLARIFICATION = "needs_clarification", _("Asks you")
        AWAITING_APPROVAL = "awaiting_approval", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        COMPLETED = "completed", _("Done")
        REJECTED = "rejected", _("Refused")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")
        EXPIRED = "expired", _("Expired")
        PENDING_EFFECT = "pending_effect", _("Outcome unknown")

    person_id = models.UUIDField()
    sphere = models.CharField(max_length=13, choices=SphereSlug)
    thread = ScopedKey(Thread, models.PROTECT)
    agent = models.CharField(max_length=60, default="nova")
    text = models.TextField(max_length=LONGEST_REQUEST)
    language = models.CharField(max_length=2, default="fr")
    status = models.CharField(max_length=19, choices=Status, default=Status.PENDING)
    lane = models.CharField(max_length=1, choices=Lane, default=Lane.A)
    request_id = models.UUIDField()
    intent = models.JSONField(default=dict)
    encoding = models.CharField(max_length=200, blank=True)
    encoding_score = models.PositiveSmallIntegerField(default=0)
    encoding_digest = models.CharField(max_length=64, blank=True)
    snapshot_digest = models.CharField(max_length=64, blank=True)
    untrusted = models.JSONField(default=list)
    estimate = models.JSONField(default=dict)
    model = models.CharField(max_length=80, blank=True)
    price_version = models.CharField(max_length=60, blank=True)  # under which all of it is reserved and settled
    account_id = models.UUIDField(null=True)
    checkpoint_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)
    result_text = models.TextField(blank=True)
    artefacts = models.JSONField(default=list)
    question = models.TextField(blank=True)
    error = models.CharField(max_length=40, blank=True)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    credits = models.BigIntegerField(default=0)
    cost_pico_usd = models.BigIntegerField(default=0)
    steps = models.PositiveSmallIntegerField(default=0)
    bad_calls = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    stop_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity", "thread", "-id"], name="run_of_thread"),
            models.Index(fields=["identity", "status", "-id"], name="run_by_status"),
            models.Index(fields=["id"], condition=models.Q(stop_requested=True, status="running"), name="run_to_stop"),
        ]

    @property
    def is_over(self) -> bool:
        return self.status in OVER


OVER = frozenset(
    {
        Run.Status.COMPLETED,
        Run.Status.REJECTED,
        Run.Status.FAILED,
        Run.Status.CANCELLED,
        Run.Status.EXPIRED,
        Run.Status.PENDING_EFFECT,
    }
)
SETTLED = OVER | {Run.Status.NEEDS_CLARIFICATION, Run.Status.AWAITING_APPROVAL}


class LaneResult(Scoped):
    """What one lane found or did; seven rows a run."""

    class Status(models.TextChoices):
        PENDING = "pending", _("to come")
        RUNNING = "running", _("under way")
        COMPLETED = "completed", _("done")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("not needed")
        BLOCKED = "blocked", _("waits")

    run = ScopedKey(Run, related_name="lanes")
    lane = models.CharField(max_length=1, choices=Lane)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration_us = models.BigIntegerField(null=True)
    output = models.JSONField(default=dict)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "run", "lane"], name="lane_once")]


class Snapshot(Scoped):
    """What a run may see, frozen: fragments with origin, sensitivity and size; `digest` over all."""

    append_only = True

    run = ScopedKey(Run)
    fragments = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "run", "-id"], name="snapshot_of_run")]


class Turn(Scoped):
    """One turn of the conversation with the model, as it was said; the loop goes on from these rows."""

    append_only = True

    run = ScopedKey(Run)
    seq = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=9)
    content = models.JSONField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "run", "seq"], name="turn_once")]


class ToolCall(Scoped):
    """One governed action that the model asked for, and what came of it."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        WAITING = "waiting", _("waits for approval")
        BEGUN = "begun", _("begun")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    run = ScopedKey(Run)
    turn = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    call_id = models.CharField(max_length=100)
    action = models.CharField(max_length=100)
    params = models.JSONField()
    status = models.CharField(max_length=9, choices=Status, default=Status.REQUESTED)
    outcome = models.JSONField(default=dict)
    checkpoint_id = models.UUIDField(null=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "run", "turn", "position"], name="tool_call_once")]
