"""The steps of a crossing as its page and the API show them: each with its state and its time (design 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from governance.audit.models import AuditEntry, Outcome
from governance.checkpoints.models import Checkpoint
from governance.crossings.models import Crossing
from governance.notifications.models import Notification
from governance.notifications.own import WAITING
from governance.people.models import User

State, Direction = Crossing.State, Crossing.Direction
QUESTION = Checkpoint.Status
BY_QUESTION = {
    QUESTION.REJECTED: State.REFUSED,
    QUESTION.EXPIRED: State.EXPIRED,
    QUESTION.CANCELLED: State.CANCELLED,
    QUESTION.SUPERSEDED: State.CANCELLED,
    QUESTION.FAILED: State.FAILED,
}
DONE, NOW, TODO, STOPPED = "done", "now", "todo", "stopped"


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: done, now, todo or stopped; `at`: when it was done."""

    key: str
    label: str | Promise
    state: str
    at: datetime | None = None
    words: str = ""


def shown_state(row: Crossing, question: str | None) -> Crossing.State:
    """The state as people read it: what its question ended in counts even before the row was told."""
    state = State(row.state)
    return BY_QUESTION.get(QUESTION(question), state) if question and state == State.WAITING else state


def steps_of(row: Crossing) -> list[Step]:
    """All steps in their order; three queries more than the row."""
    question = Checkpoint.objects.filter(pk=row.checkpoint_id).first() if row.checkpoint_id else None
    begin = _arrived(row) if row.direction == Direction.IN else _begun(row)
    return [*begin, *_decided(row, question), *_carried(row), _logged(row)]


def _begun(row: Crossing) -> Iterator[Step]:
    at = row.requested_at
    yield Step("registered", pgettext("crossing step", "Registered"), DONE, at, _asked_by(row))
    rules = _("The object, the place it goes to and the rules were looked at.")
    yield Step("validated", pgettext("crossing step", "Validated"), DONE, at, rules)
    told = Notification.objects.filter(about=str(row.checkpoint_id), event=WAITING)
    seen: dict[str, Any] = told.aggregate(n=Count("id"), at=Min("created_at"))
    many = ngettext("%(n)s person was told.", "%(n)s people were told.", seen["n"]) % {"n": seen["n"]}
    words = many if seen["n"] else _("Nobody else had to be told: who asked decides.")
    yield Step("notified", pgettext("crossing step", "Notified"), DONE, seen["at"] or at, words)


def _asked_by(row: Crossing) -> str:
    if row.agent:
        return _("An agent asked, in the name of a member.")
    return _("Asked for by %(name)s.") % {"name": _name(row.person_id)}


def _name(person_id: UUID) -> str:
    return str(User.objects.filter(pk=person_id).first() or _("somebody who has left"))


def _arrived(row: Crossing) -> Iterator[Step]:
    words = _("It was approved where it comes from.")
    yield Step("arrived", pgettext("crossing step", "Arrived"), DONE, row.executed_at, words)


def _decided(row: Crossing, question: Checkpoint | None) -> Iterator[Step]:
    """Awaiting approval, in this identity."""
    label = pgettext("crossing step", "Awaiting approval")
    if question is None:
        over = row.state in (State.DECLINED, State.REVOKED, State.ENDED)
        yield Step("approval", label, STOPPED if over else TODO)
        return
    status = question.shown_status
    at = question.decided_at or (question.expires_at if status == QUESTION.EXPIRED else None)
    if status == QUESTION.PENDING:
        yield Step("approval", label, NOW, None, _("A person decides on exactly what would cross."))
    elif status in BY_QUESTION and status != QUESTION.FAILED:
        yield Step("approval", label, STOPPED, at, str(QUESTION(status).label))
    else:
        yield Step("approval", pgettext("crossing step", "Approved"), DONE, at)


def _carried(row: Crossing) -> Iterator[Step]:
    """Executed here; between identities also answered there."""
    stopped = row.state in BY_QUESTION.values() or row.state == State.DECLINED
    waiting = STOPPED if stopped else TODO
    if row.direction == Direction.IN:
        done = row.made_id is not None
        yield Step("executed", pgettext("crossing step", "Taken in"), DONE if done else waiting, row.answered_at)
        return
    executed = row.executed_at is not None
    label = pgettext("crossing step", "Executed")
    yield Step("executed", label, DONE if executed else waiting, row.executed_at, _what_was_done(row))
    if row.direction == Direction.OUT:
        told = row.state in (State.DECLINED, State.OFFERED, State.EXPIRED)
        answered = row.answered_at is not None and row.state != State.EXPIRED
        answer = NOW if row.state == State.OFFERED else DONE if answered else waiting
        words = str(State(row.state).label) if told else ""
        yield Step("answered", pgettext("crossing step", "Answered there"), answer, row.answered_at, words)


def _what_was_done(row: Crossing) -> str:
    if row.executed_at is None:
        return ""
    if row.direction == Direction.OUT:
        return _("A sealed parcel waits in the other identity.") if row.state == State.OFFERED else ""
    return _("A reference reads it there.") if row.is_reference else _("A copy lies there.")


def _logged(row: Crossing) -> Step:
    about = Crossing._meta.label_lower  # its question bears the same id
    entries = AuditEntry.objects.filter(resource_id=row.pk, resource_type=about, outcome=Outcome.ALLOWED)
    last = entries.order_by("-seq").values("seq", "at").first()
    label = pgettext("crossing step", "Logged")
    if last is None:
        asked = _("The question stands in the log already.") if row.checkpoint_id else ""
        return Step("logged", label, TODO, None, asked)
    return Step("logged", label, DONE, last["at"], _("Entry %(seq)s of the log") % {"seq": last["seq"]})
