"""The jobs of notifications: e-mails, reminders, and the end of old rows."""

from __future__ import annotations

from uuid import UUID

from governance.jobs.registry import every, job
from governance.notifications.mailing import MAIL, hand_out, send_due
from governance.notifications.reminding import remind, sweep

MAIL_EVERY = 15  # seconds
REMIND_EVERY = 60
SWEEP_EVERY = 600


@every(MAIL_EVERY, "governance.notifications.hand_out")
def hand_out_mails(_: UUID | None) -> None:
    hand_out()


@job(MAIL)
def mail(person_id: UUID | None) -> None:
    """The one e-mail that is due to a person; its object is the person."""
    assert person_id is not None
    send_due(person_id)


@every(REMIND_EVERY, "governance.notifications.remind")
def remind_of_questions(_: UUID | None) -> None:
    remind()


@every(SWEEP_EVERY, "governance.notifications.sweep")
def sweep_old(_: UUID | None) -> None:
    """Deletes notifications that are over."""
    sweep()
