"""The e-mails: one for several facts, none while it is quiet, and never more than that something is there."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from governance.isolation.context import Why, system_scope
from governance.jobs.models import Job
from governance.jobs.queue import enqueue
from governance.notifications.events import get_event
from governance.notifications.models import Notification, QuietHours
from governance.notifications.quiet import quiet_until
from governance.notifications.telling import BUNDLE
from governance.outbox.backend import NAMES_IDENTITIES
from governance.people.models import Identity, User

logger = logging.getLogger("chenu.mail")

MAIL = "governance.notifications.mail"
LEASE = timedelta(minutes=10)  # an e-mail whose sending failed or died is tried again after that
GIVEN_UP = timedelta(days=2)
AT_ONCE = 200
MOST_LINES = 20
OPEN_JOB = (Job.State.PENDING, Job.State.QUEUED, Job.State.RUNNING)


def hand_out() -> None:
    """Adds a job for those whose e-mail is due and who have none; what is due to one keeps nobody else waiting."""
    with transaction.atomic():
        with system_scope(Why.SWEEP):
            under_way = Job.objects.filter(kind=MAIL, object_id=OuterRef("person_id"), state__in=OPEN_JOB)
            due = Notification.objects.filter(~Exists(under_way), mail_at__lte=timezone.now())
            people = list(due.order_by().values_list("person_id", flat=True).distinct()[:AT_ONCE])
        for person_id in people:
            enqueue(MAIL, None, person_id, None)


def send_due(person_id: UUID) -> bool:
    """One e-mail with all that is due to the person; whether one left.

    A crash between the sending and its note has it sent once more: better told twice than not at all.
    """
    person = User.objects.filter(pk=person_id, is_active=True).first()
    rows = claimed(person, person_id, timezone.now())
    if person is None or not rows:
        return False
    message = letter(person, rows)
    try:
        message.send(fail_silently=False)
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("a notification could not be sent, it will be tried again: %s", type(error).__name__)
        return False
    with system_scope(Why.NOTICES):
        sent = Notification.objects.filter(pk__in=[row.pk for row in rows])
        sent.update(mail_at=None, mailed_at=timezone.now())
    return True


def claimed(person: User | None, person_id: UUID, now: datetime) -> list[Notification]:
    """What is to be told by e-mail now, leased to this worker; what needs none any more is settled."""
    until = None if person is None else quiet_for(person, now)
    reachable = person is not None and has_confirmed(person)
    with system_scope(Why.NOTICES):
        mine = Notification.objects.select_for_update(skip_locked=True).order_by("id")
        rows = list(mine.filter(person_id=person_id, mail_at__lte=now + BUNDLE)[:AT_ONCE])
        there = Identity.objects.filter(pk__in={row.identity_id for row in rows}, status="active")
        active = set(there.values_list("pk", flat=True))
        wanted = [row for row in rows if reachable and row.identity_id in active and is_wanted(row, now)]
        late = [row for row in wanted if until is not None and not is_urgent(row)]
        ready = [row for row in wanted if row not in late]
        _set_mail_at([row for row in rows if row not in wanted], None)
        _set_mail_at(late, until)
        _set_mail_at(ready, now + LEASE)
    return ready


def _set_mail_at(rows: list[Notification], moment: datetime | None) -> None:
    if rows:
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail_at=moment)


def is_urgent(row: Notification) -> bool:
    """What is always told does not wait, and is mailed though it was read."""
    event = get_event(row.event)
    return event is not None and event.always


def is_wanted(row: Notification, now: datetime) -> bool:
    """Is it still news? Not when it was read, is over, of an unknown event, or could not be sent for days."""
    if row.created_at < now - GIVEN_UP or get_event(row.event) is None:
        return False
    return is_urgent(row) or (row.read_at is None and row.expires_at > now)


def quiet_for(person: User, now: datetime) -> datetime | None:
    """Until when the person is not to be disturbed; None when they may be."""
    hours = QuietHours.objects.filter(person_id=person.pk).first()
    return quiet_until(now, person.timezone, hours.starts, hours.ends) if hours is not None else None


def has_confirmed(person: User) -> bool:
    """Is the address known to be theirs?"""
    return EmailAddress.objects.filter(user=person, email=person.email, verified=True).exists()


def letter(person: User, rows: list[Notification]) -> EmailMultiAlternatives:
    """The e-mail in the person's language: a line for each fact, one link, and the way to have fewer."""
    with translation.override(person.language):
        lines = lines_of(rows)
        several = ngettext("%(n)s notification", "%(n)s notifications", len(rows)) % {"n": len(rows)}
        words = {
            "name": one_line(str(person)),
            "lines": lines[:MOST_LINES],
            "more": max(len(lines) - MOST_LINES, 0),
            "link": absolute("notifications"),
            "preferences": absolute("notification-preferences"),
            "language": person.language,
        }
        text = render_to_string("notifications/email.txt", words)
        page = render_to_string("notifications/email.html", words)
    subject = settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + (lines[0] if len(lines) == 1 else several)
    headers = {"List-Unsubscribe": f"<{words['preferences']}>", "Auto-Submitted": "auto-generated"}
    headers[NAMES_IDENTITIES] = ", ".join(sorted({str(row.identity_id) for row in rows}))
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [person.email], headers=headers)
    message.attach_alternative(page, "text/html")
    return message


def lines_of(rows: Iterable[Notification]) -> list[str]:
    """What happened where, each once: nothing of what is in there."""
    found = list(rows)
    names = dict(Identity.objects.filter(pk__in={row.identity_id for row in found}).values_list("pk", "name"))
    lines: dict[str, int] = {}
    for row in found:
        event = get_event(row.event)
        if event is not None:
            line = one_line(str(event.line) % {"identity": names.get(row.identity_id, "")})
            lines[line] = lines.get(line, 0) + 1
    return [line if n == 1 else f"{line} ({n})" for line, n in lines.items()]


def absolute(name: str) -> str:
    return settings.OWN_ADDRESS + reverse(name)


def one_line(text: str) -> str:
    """A name as it may stand in a header."""
    return " ".join(text.split())
