"""What a person is told in one identity, and how they want to be told (design 3.10)."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from governance.isolation.models import PersonOwned, Scoped
from governance.notifications.querysets import NotificationQuerySet
from governance.people.models import User


class Channel(models.TextChoices):
    IN_APP = "in_app", _("Here")
    EMAIL = "email", _("E-mail")


class Notification(Scoped):
    """One fact, told to one person of the identity: a key and small facts; the words are found when it is read.

    `about` names the fact, so that it is told once to each. `in_app`: shown here, and not only mailed. `mail_at`:
    when its e-mail is due (none: it needs none, or has left).
    """

    class Type(models.TextChoices):
        INFO = "info", pgettext_lazy("notification", "Information")
        WARNING = "warning", pgettext_lazy("notification", "Warning")
        ALERT = "alert", pgettext_lazy("notification", "Alert")
        TASK = "task", pgettext_lazy("notification", "To do")
        MENTION = "mention", pgettext_lazy("notification", "Mention")
        REMINDER = "reminder", pgettext_lazy("notification", "Reminder")

    class Source(models.TextChoices):
        SYSTEM = "system", pgettext_lazy("notification", "CHE·NU")
        AGENT = "agent", pgettext_lazy("notification", "Agent")
        MEETING = "meeting", pgettext_lazy("notification", "Meeting")
        TASK = "task", pgettext_lazy("notification", "Task")
        PROPERTY = "property", pgettext_lazy("notification", "Property")
        WORKFLOW = "workflow", pgettext_lazy("notification", "Workflow")

    # Led by the two indexes that begin with the person.
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.CharField(max_length=60)
    type = models.CharField(max_length=8, choices=Type)
    source = models.CharField(max_length=8, choices=Source)
    about = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    link = models.CharField(max_length=200, blank=True)
    in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["identity", "person", "event", "about"], name="notification_told_once")
        ]
        indexes = [
            models.Index(fields=["person", "identity", "-id"], name="notification_newest"),
            models.Index(
                fields=["person", "identity", "-id"],
                condition=models.Q(read_at__isnull=True, in_app=True),
                name="notification_unread",
            ),
            models.Index(fields=["identity", "about"], name="notification_about"),
            models.Index(fields=["mail_at"], condition=models.Q(mail_at__isnull=False), name="notification_to_mail"),
            models.Index(fields=["expires_at"], name="notification_overdue"),
        ]


class NotificationPreference(PersonOwned):
    """A person's choice for one event on one channel; without a row the event's own default holds."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.CharField(max_length=60)
    channel = models.CharField(max_length=6, choices=Channel)
    enabled = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "event", "channel"], name="notification_choice_once")]


class QuietHours(PersonOwned):
    """When no e-mail is to arrive, by the person's own clock; over midnight where `ends` is before `starts`."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+", primary_key=True)
    starts = models.TimeField()
    ends = models.TimeField()
