"""What a run may be shown of memory, and the record that it was (design 3.7, lane B of 4.1).

A snapshot holds a mark for each memory, never its words: they are filled in from the row when the model is asked, so
what is forgotten is gone from former snapshots too, and what was changed since is not passed off as what was frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.isolation.context import IdentityContext
from governance.memory.models import DATASPACE, MemoryItem, MemoryUse
from governance.memory.places import kinds
from governance.memory.querysets import audiences
from governance.memory.sessions import session_of
from governance.uow import UnitOfWork
from governance.writes import statement

MOST_RECALLED = 8
LOOKED_AT = 2 * MOST_RECALLED  # some may live where nothing is alive any more
COLUMNS = (
    "id", "identity_id", "type", "category", "status", "text", "salt", "sensitivity", "person_id", "audience",
    "place_kind", "place_id", "sphere", "for_agent", "version", "expires_at",
)  # fmt: skip
# By hand: every run asks this, and compiling the queryset costs more than the answer.
RECALL = f"""
SELECT {", ".join(COLUMNS)} FROM governance_memoryitem
WHERE identity_id = %s AND status IN ('active', 'pinned') AND (expires_at IS NULL OR expires_at > now())
  AND sphere IN ('', %s)
  AND ((type = 'short_term' AND session = %s AND person_id = %s AND session <> '')
    OR (type = 'mid_term' AND place_id = ANY(%s))
    OR (type = 'long_term' AND person_id = %s)
    OR (type = 'institutional' AND audience = ANY(%s))
    OR (type = 'agent' AND for_agent IN ('', %s)))
ORDER BY status = 'pinned' DESC, last_used_at DESC NULLS LAST, id DESC LIMIT {LOOKED_AT}
"""
# In the order of ids: two runs that use the same ones wait for each other instead of locking each other out.
USED = """
UPDATE governance_memoryitem m SET last_used_at = %s
FROM (SELECT id FROM governance_memoryitem WHERE identity_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) used
WHERE m.identity_id = %s AND m.id = used.id
"""


def recall(actor: IdentityContext, sphere: str, places: Sequence[UUID], agent: str) -> list[MemoryItem]:
    """What concerns a run in this sphere and these places, pinned ones first, then the last used; a bounded number.

    Only what is live, unexpired, and this person's, the place's or their role's to see.
    """
    session = session_of(actor)
    values = [actor.identity_id, sphere, session, actor.person_id, list(places), actor.person_id]
    values += [list(audiences(actor.role)), agent]
    rows: list[MemoryItem] = list(MemoryItem.objects.raw(RECALL, values))
    return _standing(rows, set(places))[:MOST_RECALLED]


def _standing(rows: list[MemoryItem], here: set[UUID]) -> list[MemoryItem]:
    """Without those whose DataSpace is gone; asks only when one lives elsewhere than where the run works."""
    away = {row.place_id for row in rows if row.place_kind == DATASPACE and row.place_id not in here}
    if not away or DATASPACE not in kinds():
        return [row for row in rows if row.place_id not in away]
    there = kinds()[DATASPACE].named({pk for pk in away if pk is not None})
    return [row for row in rows if row.place_id not in away or row.place_id in there]


def note_use(uow: UnitOfWork, run_id: UUID, frozen: Iterable[dict[str, Any]]) -> None:
    """Keeps which memories a run was given, and that they were used now; in the message of the log."""
    marks = [fragment for fragment in frozen if "memory" in fragment]
    if not marks:
        return
    now, mine = timezone.now(), uow.actor.identity_id
    for mark in marks:
        version, digest = mark["memory"]["version"], mark["memory"]["digest"]
        uow.add(MemoryUse(memory_id=UUID(mark["id"]), run_id=run_id, version=version, digest=digest, at=now))
    uow.writes.further.append(statement(USED, [now, mine, [UUID(mark["id"]) for mark in marks], mine], None))


def mark_of(row: MemoryItem) -> dict[str, Any]:
    """What a snapshot keeps of it: which words, without them."""
    return {"version": row.version, "digest": row.digest}


def filled(frozen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fragments of a snapshot with the words of memory in their marks; without those that are not those words.

    No statement where there is no mark. What has meanwhile been archived or forgotten, or has expired, stays away.
    """
    marks = [fragment for fragment in frozen if "memory" in fragment]
    if not marks:
        return frozen
    now = timezone.now()
    rows = {str(row.pk): row for row in MemoryItem.objects.alive(now).filter(pk__in=[mark["id"] for mark in marks])}
    words = {
        mark["id"]: rows[mark["id"]].text
        for mark in marks
        if mark["id"] in rows and rows[mark["id"]].is_live and rows[mark["id"]].digest == mark["memory"]["digest"]
    }
    kept = [each for each in frozen if "memory" not in each or each["id"] in words]
    return [{**each, "text": words[each["id"]]} if "memory" in each else each for each in kept]
