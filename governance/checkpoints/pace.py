"""How long people think before they decide, and how often they agree (design 3.4).

The measure: from the moment the server first showed a question in full to the person (its page, or the page of several
alike), to the moment it wrote their vote. Of several shown together each counts an equal share. Whoever votes without
having been shown it here (by the API alone) has no time, and none is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.models import Checkpoint, Sight, Vote
from governance.isolation.context import current, is_looking
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

HASTE = "governance.checkpoint.haste"
WINDOW = 10  # votes
TOO_QUICK = 2_000  # milliseconds
DAYS = 30
STEPS = (2_000, 10_000, 60_000, 600_000)  # where the bars of the plot end, in milliseconds


def note_sight(rows: Sequence[Checkpoint]) -> None:
    """Remembers when these were first shown in full to the bound person; a later look changes nothing.

    A page view, not an act: it has no entry, like every other.
    """
    if not rows or is_looking():
        return
    seen, now = current().person_id, timezone.now()
    sights = [Sight(checkpoint=row, person_id=seen, at=now, together=len(rows)) for row in rows]
    with transaction.atomic():
        Sight.objects.bulk_create(sights, ignore_conflicts=True)


def thought_ms(row: Checkpoint, person_id: UUID, now: datetime) -> int | None:
    """How long the person thought about the question; None when it was never shown to them."""
    sight = Sight.objects.filter(checkpoint=row, person_id=person_id).first()
    if sight is None:
        return None
    return max(0, (now - sight.at) // timedelta(milliseconds=1) // sight.together)


def is_hasty(times: Sequence[int]) -> bool:
    """Is the median of a full window under two seconds?"""
    return len(times) >= WINDOW and median(times[:WINDOW]) < TOO_QUICK


class Haste(Params):
    """Whose, and how quick."""

    person: UUID
    median_ms: int


def nobody(_actor: object, _params: object = None) -> bool:
    """Only in the commit of a vote."""
    return False


@action(HASTE, Effect.UPDATE, params=Haste, policy=nobody, label=_("Note that somebody decides very quickly"))
def haste(uow: UnitOfWork, params: Haste) -> None:
    """The entry that the alert stands on; who is told follows it (notifications)."""
    uow.tell(votes=WINDOW)


def watch(uow: UnitOfWork) -> None:
    """After a vote: raises the alert when this one made the last ten too quick, not again while they stay so."""
    person_id = uow.actor.person_id
    cast = Vote.objects.annotate(caster=Coalesce("cast_by_id", "person_id")).filter(caster=person_id)
    timed = cast.filter(thought_ms__isnull=False).order_by("-id")
    times = list(timed.values_list("thought_ms", flat=True)[: WINDOW + 1])
    if is_hasty(times) and not is_hasty(times[1:]):
        uow.also(HASTE, Haste(person=person_id, median_ms=int(median(times[:WINDOW]))))


@dataclass(frozen=True, slots=True)
class Pace:
    """One person's figures. `median_ms`: None while nothing was timed. `bars`: votes by time, as STEPS cut them."""

    person_id: UUID
    name: str
    votes: int
    approved: int
    median_ms: int | None
    bars: tuple[int, ...]

    @property
    def percent(self) -> int:
        return self.approved * 100 // self.votes if self.votes else 0

    @property
    def rejected(self) -> int:
        return self.votes - self.approved

    @property
    def seconds(self) -> float | None:
        return None if self.median_ms is None else self.median_ms / 1000

    @property
    def hasty(self) -> bool:
        return self.median_ms is not None and self.median_ms < TOO_QUICK


FIGURES = """
SELECT coalesce(v.cast_by_id, v.person_id) AS person,
       max(CASE WHEN v.cast_by_id IS NULL THEN v.person_name ELSE v.cast_by_name END),
       count(*), count(*) FILTER (WHERE v.decision = 'approve'),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY v.thought_ms),
       count(*) FILTER (WHERE v.thought_ms < %s), count(*) FILTER (WHERE v.thought_ms >= %s AND v.thought_ms < %s),
       count(*) FILTER (WHERE v.thought_ms >= %s AND v.thought_ms < %s),
       count(*) FILTER (WHERE v.thought_ms >= %s AND v.thought_ms < %s), count(*) FILTER (WHERE v.thought_ms >= %s)
FROM governance_vote v
WHERE v.identity_id = %s AND v.at > %s AND (%s OR coalesce(v.cast_by_id, v.person_id) = %s)
GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 100
"""


def figures() -> list[Pace]:
    """Of the last thirty days, inside a transaction: the bound person's own, and for owners those of everybody."""
    actor, cuts = current(), [cut for step in STEPS for cut in (step, step)]
    since, everybody = timezone.now() - timedelta(days=DAYS), actor.role == "owner"
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [*cuts, actor.identity_id, since, everybody, actor.person_id])
        return [_pace(row) for row in cursor.fetchall()]


def _pace(row: tuple) -> Pace:
    person, name, votes, approved, middle, *bars = row
    return Pace(person, name, votes, approved, middle, tuple(bars))


def mine_of(found: Iterable[Pace]) -> Pace:
    """The bound person's figures, empty ones when there are none."""
    actor = current()
    empty = Pace(actor.person_id, actor.name, 0, 0, None, (0,) * (len(STEPS) + 1))
    return next((one for one in found if one.person_id == actor.person_id), empty)
