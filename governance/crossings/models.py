"""What crossed a border, or waits to: between spheres, and between the identities of one person (design 3.8)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.checkpoints.models import Checkpoint
from governance.crossings.querysets import CrossingQuerySet
from governance.isolation.models import Scoped, ScopedKey


class Crossing(Scoped):
    """One object on its way over a border, as one identity knows it. It bears the id of the question it began with.

    Between identities there is a row on either side: `out` where it was, `in` where it goes; each knows the other by
    id only (`other_identity_id`, `twin_id`). `source_id` is the object, where it is; `made_id` what it became, where
    it went. `digest` is that of the object as it was when it was asked for.
    """

    class Direction(models.TextChoices):
        WITHIN = "within", _("Between spheres")
        OUT = "out", _("To another identity")
        IN = "in", _("From another identity")

    class Form(models.TextChoices):
        COPY = "copy", _("Copy")
        REFERENCE = "reference", pgettext_lazy("crossing", "Reference")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for approval")
        OFFERED = "offered", _("Waits to be accepted")
        DONE = "done", pgettext_lazy("crossing", "Done")
        REFUSED = "refused", pgettext_lazy("crossing", "Refused")
        EXPIRED = "expired", pgettext_lazy("crossing", "Expired")
        CANCELLED = "cancelled", pgettext_lazy("crossing", "Cancelled")
        FAILED = "failed", _("Not carried out")
        DECLINED = "declined", pgettext_lazy("crossing", "Declined")
        REVOKED = "revoked", pgettext_lazy("crossing", "Withdrawn")
        ENDED = "ended", pgettext_lazy("crossing", "Ended")

    direction = models.CharField(max_length=6, choices=Direction)
    form = models.CharField(max_length=9, choices=Form)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    source_id = models.UUIDField(null=True)
    from_sphere = models.CharField(max_length=13, blank=True)
    to_sphere = models.CharField(max_length=13, blank=True)
    other_identity_id = models.UUIDField(null=True)
    twin_id = models.UUIDField(null=True)
    made_id = models.UUIDField(null=True)
    note = models.CharField(max_length=500, blank=True)
    checkpoint = ScopedKey(Checkpoint, models.PROTECT, null=True)
    person_id = models.UUIDField()
    agent = models.CharField(max_length=60, blank=True)
    run_id = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    executed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = CrossingQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="within", other_identity_id__isnull=True)
                | Q(direction__in=["out", "in"], other_identity_id__isnull=False),
                name="crossing_names_the_other_side",
            ),
            models.UniqueConstraint(
                fields=["identity", "other_identity_id", "twin_id"],
                condition=Q(direction="in"),
                name="crossing_arrives_once",
            ),
            models.UniqueConstraint(
                fields=["identity", "made_id"], condition=Q(made_id__isnull=False), name="crossing_made_once"
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "-id"], name="crossing_newest"),
            models.Index(fields=["identity", "state", "-id"], name="crossing_by_state"),
            models.Index(fields=["identity", "direction", "-id"], name="crossing_by_direction"),
            models.Index(fields=["identity", "source_id"], name="crossing_of_source"),
            models.Index(fields=["identity", "checkpoint"], name="crossing_of_question"),
            models.Index(
                fields=["executed_at"], condition=Q(direction="in", state="offered"), name="crossing_unanswered"
            ),
            models.Index(  # for the erasure of the other side
                fields=["other_identity_id"], condition=Q(other_identity_id__isnull=False), name="crossing_between"
            ),
        ]

    @property
    def is_reference(self) -> bool:
        return self.form == self.Form.REFERENCE


class CrossingParcel(Scoped):
    """What came from another identity: sealed under the key of the one it came to.

    Kept while the offer waits; afterwards for a reference alone, and no longer than that holds.
    """

    crossing = ScopedKey(Crossing)
    sealed = models.BinaryField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "crossing"], name="parcel_once")]
