"""The log that nobody can quietly change (design 3.5): entries, chain heads, data keys."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from governance.audit.querysets import AuditEntryQuerySet
from governance.isolation.models import Scoped


class Outcome(models.TextChoices):
    ALLOWED = "allowed"
    REFUSED = "refused"
    STOPPED = "stopped"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ChainHead(Scoped):
    """The end of one identity's chain; also hands out the gapless sequence of its events.

    Written by the SQL function `audit_append` only. The nil identity is the system's chain.
    """

    written_by_functions = True

    identity = models.ForeignKey(
        "governance.Identity", models.PROTECT, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)
    event_seq = models.BigIntegerField(default=0)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity"], name="chain_head_once")]


class AuditEntry(Scoped):
    """One link: `body` is the exact canonical JSON that was hashed; the other columns are copies."""

    append_only = True
    written_by_functions = True

    identity = models.ForeignKey(
        "governance.Identity", models.PROTECT, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    body = models.BinaryField()
    payload = models.BinaryField()
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    action = models.CharField(max_length=100)
    effect = models.CharField(max_length=9)
    outcome = models.CharField(max_length=7, choices=Outcome)
    person_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    request_id = models.UUIDField(null=True)
    resource_type = models.CharField(max_length=60, blank=True)
    resource_id = models.UUIDField(null=True)
    checkpoint_id = models.UUIDField(null=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "seq"], name="audit_seq_once")]
        indexes = [
            models.Index(fields=["identity", "action", "-seq"], name="audit_by_action"),
            models.Index(fields=["identity", "run_id", "seq"], name="audit_by_run"),
            models.Index(fields=["identity", "resource_id", "seq"], name="audit_by_resource"),
            models.Index(fields=["identity", "request_id", "seq"], name="audit_by_request"),
        ]


class DataKey(Scoped):
    """The key that opens an identity's payloads, wrapped by the installation's master key.

    Erasing an identity destroys this row: the payloads become noise, the chain stays valid.
    """

    identity = models.ForeignKey(
        "governance.Identity", models.PROTECT, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity"], name="data_key_once")]


class ChainCheck(Scoped):
    """A verification of the whole chain, from the first entry: asked for, worked out by the worker, kept.

    Of the nil identity: of the system's chain, for the staff.
    `total` is the number of entries when it began; `first_bad` is None or {seq, id, reason}; `signed`: up to which
    entry a signed head holds; `hash`: where the chain ended.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("chain check", "Waiting")
        RUNNING = "running", pgettext_lazy("chain check", "Running")
        DONE = "done", pgettext_lazy("chain check", "Done")
        FAILED = "failed", pgettext_lazy("chain check", "Broken off")

    identity = models.ForeignKey(
        "governance.Identity", models.PROTECT, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    person_id = models.UUIDField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    ok = models.BooleanField(null=True)
    first_bad = models.JSONField(null=True)
    signed = models.BigIntegerField(null=True)
    hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["identity"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="chain_check_one_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["identity", "-id"], name="chain_check_newest")]

    @property
    def is_under_way(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}
