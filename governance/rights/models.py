"""What a person asked for by right: an archive of an identity's data, its end, the end of an account (design 3.10)."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from governance.isolation.models import PersonOwned, Scoped
from governance.isolation.querysets import ScopedQuerySet


class DataExportQuerySet(ScopedQuerySet):
    """Archives of the bound identity."""

    def under_way(self) -> Self:
        return self.filter(state__in=[DataExport.State.WAITING, DataExport.State.WRITING])

    def overdue(self, now: Any) -> Self:
        """Ready ones whose time is over."""
        return self.filter(state=DataExport.State.READY, expires_at__lte=now)


class DataExport(Scoped):
    """One archive: asked for, written by the worker, kept for a week. The file is found by its id.

    `narrowed`: of an archive of the log, what its entries were narrowed to (audit/filters.py); empty for all.
    """

    class Kind(models.TextChoices):
        ALL = "all", pgettext_lazy("export", "Everything")
        LOG = "log", pgettext_lazy("export", "The log")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("export", "Waiting")
        WRITING = "writing", pgettext_lazy("export", "Being written")
        READY = "ready", pgettext_lazy("export", "Ready")
        FAILED = "failed", pgettext_lazy("export", "Not written")
        EXPIRED = "expired", pgettext_lazy("export", "Expired")

    person_id = models.UUIDField()
    kind = models.CharField(max_length=3, choices=Kind, default=Kind.ALL)
    narrowed = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = DataExportQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["identity"], condition=models.Q(state__in=["waiting", "writing"]), name="export_one_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["identity", "-id"], name="export_newest"),
            models.Index(fields=["identity", "kind", "-id"], name="export_of_kind"),
            models.Index(fields=["expires_at"], condition=models.Q(state="ready"), name="export_overdue"),
        ]

    @property
    def is_under_way(self) -> bool:
        return self.state in {self.State.WAITING, self.State.WRITING}

    @property
    def is_log(self) -> bool:
        return self.kind == self.Kind.LOG

    @property
    def is_there(self) -> bool:
        """Can it still be downloaded?"""
        return self.state == self.State.READY and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def shown_state(self) -> DataExport.State:
        """As people read it: what is overdue has expired, even before the sweep has taken the file away."""
        overdue = self.state == self.State.READY and not self.is_there
        return self.State.EXPIRED if overdue else self.State(self.state)


class ErasureQuerySet(models.QuerySet):
    """What is to be erased, and what was."""

    def open(self) -> Self:
        return self.filter(state__in=[Erasure.State.WAITING, Erasure.State.ERASING])

    def of_identity(self, identity_id: UUID) -> Self:
        return self.filter(kind=Erasure.Kind.IDENTITY, target_id=identity_id)

    def of_account(self, person_id: UUID) -> Self:
        return self.filter(kind=Erasure.Kind.ACCOUNT, target_id=person_id)


class Erasure(PersonOwned):
    """The end of an identity or of an account: asked for, waiting, carried out, with its proof. Ids and counts only.

    It outlives what it erased, and so refers to nothing. PostgreSQL's `erase_identity` obeys this row alone.
    `proof`: {tables: {table: [rows before, rows after]}, chain: {seq, hash}}.
    """

    class Kind(models.TextChoices):
        IDENTITY = "identity", pgettext_lazy("erasure", "Identity")
        ACCOUNT = "account", pgettext_lazy("erasure", "Account")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("erasure", "Waiting")
        ERASING = "erasing", pgettext_lazy("erasure", "Being erased")
        DONE = "done", pgettext_lazy("erasure", "Erased")
        UNDONE = "undone", pgettext_lazy("erasure", "Kept after all")
        REFUSED = "refused", pgettext_lazy("erasure", "Not possible")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    target_id = models.UUIDField()
    person_id = models.UUIDField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    requested_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    proof = models.JSONField(default=dict)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["target_id"], condition=models.Q(state__in=["waiting", "erasing"]), name="erasure_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state__in=["waiting", "erasing"]), name="erasure_due"),
            models.Index(fields=["person_id", "-id"], name="erasure_of_person"),
        ]

    @property
    def rows_erased(self) -> int:
        return sum(before - after for before, after in self.proof.get("tables", {}).values())
