"""E-mail that leaves for a person (design 3.4)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.isolation.models import Scoped


class OutboundMail(Scoped):
    """One e-mail: written down before it leaves, with what became of it."""

    class Status(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")

    to = models.JSONField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    reply_to = models.EmailField(blank=True)
    message_id = models.CharField(max_length=200)
    status = models.CharField(max_length=7, choices=Status, default=Status.SENDING)
    person_id = models.UUIDField()
    agent = models.CharField(max_length=60, blank=True)
    run_id = models.UUIDField(null=True)
    recipients = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "created_at"], name="mail_by_day")]
