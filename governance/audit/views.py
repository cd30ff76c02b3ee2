"""The pages of the log: a timeline with filters, one request's story, and the proof that it is whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from governance.access.showing import names_of, show
from governance.audit import shapes
from governance.audit.filters import AuditFilter
from governance.audit.models import AuditEntry, Outcome
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.runs import agent_name
from governance.checkpoints.seal import seal_path
from governance.errors import BadInput
from governance.isolation.context import Channel, current
from governance.people.policies import may_manage, may_write
from governance.registry.fields import by_field

PAGE = 50
CHECKPOINT, MAIL = "governance.checkpoint", "governance.outboundmail"
ICONS = {"SEND": "send", "DELETE": "trash-2", "READ": "eye", "CONFIGURE": "settings", "PAYMENT": "coins"}
STATES: dict[str, str] = {
    Outcome.ALLOWED: "done",
    Outcome.STOPPED: "ask",
    Outcome.REFUSED: "fail",
    Outcome.FAILED: "fail",
}
# What an entry is about, where there is a page for it: its words, the page's name, is the id in the address.
PAGES = {
    CHECKPOINT: (_("the question"), "approval-detail", True),
    MAIL: (_("the e-mail"), "outbox", False),
    "governance.webhook": (_("the webhook"), "webhook-detail", True),
    "governance.violation": (_("the violation"), "violation-detail", True),
    "threads.thread": (_("the thread"), "thread-detail", True),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the timeline tells it."""

    entry: AuditEntry
    say: str
    outcome: str
    who: str
    channel: str
    reason: str
    icon: str
    state: str
    link: tuple[Any, str] | None
    seal: str
    prev_hash: str
    hash: str
    verdict: UUID | None = None
    said: str = ""


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The newest first; with `?request=` one story from the click to the effect, in order."""
    asked, before = asked_for(request)
    rows = asked.apply(AuditEntry.objects.defer("payload"))
    story = asked.request is not None
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list((rows.in_order() if story else rows.latest_first())[: PAGE + 1])
    context = {
        "asked": asked,
        "story": story,
        "lines": lines(found[:PAGE]),
        "more": found[PAGE - 1].seq if len(found) > PAGE and not story else None,
        "outcomes": [(value, shapes.OUTCOMES[value]) for value in Outcome.values],
        "actions": action_choices(),
        "may_export": may_manage(current()),
        "narrowed": urlencode(asked.model_dump(mode="json", exclude_none=True)),
    }
    return show(request, "governance/audit.html", context)


def asked_for(request: HttpRequest) -> tuple[AuditFilter, int | None]:
    """The filter of the address, and the `before` of the next page. Raises BadInput for a wrong value."""
    given = {name: value for name, value in request.GET.items() if value}
    before = given.pop("before", None)
    try:
        place = AuditFilter.model_validate({"after": before}).after if before else None
        return AuditFilter.model_validate(given), place
    except ValidationError as error:
        raise BadInput(errors=by_field(error)) from error


def action_choices() -> list[tuple[str, str]]:
    """The actions one can narrow the log to, by their words."""
    return sorted(((name, shapes.label_of(name)) for name in shapes.known_actions()), key=lambda pair: pair[1].lower())


def lines(rows: Iterable[AuditEntry]) -> list[Line]:
    """The entries in words: the names of all people in one query, the seals of all questions in another."""
    rows = list(rows)
    names = names_of(row.person_id for row in rows)
    digests = dict(
        Checkpoint.objects.filter(pk__in={pk for row in rows if (pk := question_id(row))}).values_list(
            "pk", "envelope_digest"
        )
    )
    said = said_by_staff(rows)
    return [replace(line(row, names, digests), said=said.get(row.pk, "")) for row in rows]


def said_by_staff(rows: list[AuditEntry]) -> dict[UUID, str]:
    """Why and what, of the acts of the installation's staff: whom it concerns need not open the entry for it."""
    theirs = [row.pk for row in rows if shapes.body_of(row)["actor"]["channel"] == Channel.ADMIN]
    if not theirs or not may_write(current()):
        return {}
    opened = ((row.pk, shapes.payload_of(row)) for row in AuditEntry.objects.filter(pk__in=theirs))
    return {pk: shapes.words_of(str(payload.get("said", ""))) for pk, payload in opened if payload}


def question_id(row: AuditEntry) -> UUID | None:
    """The checkpoint whose seal stands on this entry: as proposed, as decided, as carried out."""
    return row.resource_id if row.resource_type == CHECKPOINT else row.checkpoint_id


def line(row: AuditEntry, names: dict[UUID, str], digests: dict[UUID, str]) -> Line:
    body = shapes.body_of(row)
    agent = agent_name(body["actor"]["agent"] or "")
    digest = digests.get(question_id(row))  # type: ignore[arg-type]
    decided = row.resource_type == CHECKPOINT and row.outcome == Outcome.ALLOWED
    return Line(
        entry=row,
        say=shapes.label_of(row.action),
        outcome=str(shapes.OUTCOMES[row.outcome]),
        who=agent or names.get(row.person_id, ""),  # type: ignore[arg-type]
        channel=body["actor"]["channel"],
        reason=body["reason"],
        icon=icon_of(row, decided),
        state="gate" if decided else STATES.get(row.outcome, "now"),
        link=link_of(row),
        seal=seal_path(digest) if digest else "",
        prev_hash=short(row.prev_hash),
        hash=short(row.hash),
        verdict=UUID(body["verdict"]) if body["verdict"] and may_write(current()) else None,
    )


def icon_of(row: AuditEntry, decided: bool) -> str:
    if decided:
        return "signature"
    if row.outcome == Outcome.STOPPED:
        return "hand"
    return "x" if row.outcome in {Outcome.REFUSED, Outcome.FAILED} else ICONS.get(row.effect, "pencil")


def link_of(row: AuditEntry) -> tuple[Any, str] | None:
    """(words, address) of the page about the resource, when there is one."""
    if row.resource_type not in PAGES or row.resource_id is None:
        return None
    words, name, by_id = PAGES[row.resource_type]
    try:
        return words, reverse(name, args=[row.resource_id] if by_id else [])
    except NoReverseMatch:
        return None


def short(digest: bytes | memoryview) -> str:
    """A hash as one can compare it by eye: its first and last four digits."""
    text = bytes(digest).hex()
    return f"{text[:4]}…{text[-4:]}"
