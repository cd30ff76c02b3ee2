"""What a person is told about their other identities: that something waits there, never what (design 3.2, 4.5)."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.isolation.models import PersonOwned
from governance.notices.querysets import PersonNoticeQuerySet
from governance.people.models import Identity, User


class PersonNotice(PersonOwned):
    """One kind of thing in one identity of one person: how many, until when. It holds no content.

    A row stays when nothing waits any more (count 0), so that `updated_at` tells the sockets of a change.
    An alert is one of the notifications there that is not read yet.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval", _("Approval")
        ALERT = "alert", _("Alert")
        MENTION = "mention", _("Mention")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    count = models.PositiveIntegerField(default=0)
    nearest = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=now)

    objects = PersonNoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "identity", "kind"], name="person_notice_once")]
