"""What sockets are told about one person: what waits in their other identities, and what they have not read here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Count, Max
from django.utils import timezone

from governance.isolation.context import Why, system_scope
from governance.notices.models import PersonNotice
from governance.notices.shapes import notice_out
from governance.notifications.models import Notification

KIND = "elsewhere"


@dataclass(frozen=True, slots=True)
class State:
    """When a notice of the person last changed; how many unread there are in each identity, and the newest one."""

    changed_at: datetime | None
    unread: Mapping[UUID, tuple[int, datetime]]


def waiting_for(people: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The notices of each person, those without any too; one query each, for as few as are told at a time."""
    return {pk: [notice_out(row) for row in PersonNotice.objects.of_person(pk)] for pk in people}


def states(people: Iterable[UUID]) -> dict[UUID, State]:
    """How the news of each person stand; two queries for all."""
    wanted = list(people)
    rows = PersonNotice.objects.filter(person_id__in=wanted).values("person_id")
    changed = dict(rows.annotate(at=Max("updated_at")).values_list("person_id", "at"))
    unread = _unread(wanted)
    return {pk: State(changed.get(pk), unread.get(pk, {})) for pk in wanted}


def _unread(people: list[UUID]) -> dict[UUID, dict[UUID, tuple[int, datetime]]]:
    found: dict[UUID, dict[UUID, tuple[int, datetime]]] = {}
    with system_scope(Why.LIVE):
        mine = Notification.objects.filter(person_id__in=people, read_at__isnull=True, in_app=True)
        counted = mine.filter(expires_at__gt=timezone.now()).values("person_id", "identity_id")
        for row in counted.annotate(n=Count("id"), newest=Max("created_at")):
            found.setdefault(row["person_id"], {})[row["identity_id"]] = (row["n"], row["newest"])
    return found


def frame(notices: list[dict[str, Any]], identity_id: UUID, state: State) -> str:
    """The frame for a socket of `identity_id`: what waits elsewhere, and how much is `unread` here."""
    shown = [one for one in notices if one["identity"] != str(identity_id)]
    unread, _ = state.unread.get(identity_id, (0, None))
    return orjson.dumps({"kind": KIND, "notices": shown, "unread": unread}).decode()
