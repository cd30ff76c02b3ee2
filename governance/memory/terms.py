"""What may be kept as which type, where, for whom and until when: checked for people, programs and agents alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from governance.errors import BadInput, Conflict
from governance.isolation.context import IdentityContext
from governance.memory.models import DATASPACE, LONGEST_TEXT, Audience, Category, MemoryItem, Sensitivity, Type
from governance.memory.personal import check_impersonal
from governance.memory.places import Place, place_of, places_of_run, spheres
from governance.memory.querysets import KEPT
from governance.memory.sessions import session_of
from governance.people.models import Identity
from governance.registry.actions import Params

LONGEST_SESSION = timedelta(hours=24)
LONGEST_LIFE = timedelta(days=3660)
MOST_KEPT = 1_000
FOR_AGENTS = (Category.INSTRUCTION, Category.RULE)


class Terms(Params):
    """What is remembered, where it lives and how long. A place says its sphere; without an end it stays until told."""

    type: Type
    category: Category
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    place_kind: str = Field(default="", max_length=20)
    place_id: UUID | None = None
    sphere: str = Field(default="", max_length=13)
    audience: Audience = Audience.EVERYBODY
    for_agent: str = Field(default="", max_length=60, pattern="^[a-z0-9_.-]*$")
    expires_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Where a memory lives, once that was checked."""

    place: Place | None
    sphere: str


def new_item(actor: IdentityContext, terms: Terms, status: str) -> MemoryItem:
    """The row to write. Raises BadInput naming what does not fit, Conflict when enough is remembered."""
    now = timezone.now()
    home = home_of(actor, terms)
    check_kind(actor, terms.type, terms.category)
    check_end(terms.expires_at, now)
    check_text(terms.type, terms.text)
    check_room()
    short = terms.type == Type.SHORT
    return MemoryItem(
        type=terms.type,
        category=terms.category,
        status=status,
        text=terms.text,
        sensitivity=terms.sensitivity,
        person_id=actor.person_id,
        audience=terms.audience if terms.type == Type.INSTITUTIONAL else Audience.EVERYBODY,
        place_kind=home.place.kind if home.place else "",
        place_id=home.place.id if home.place else None,
        sphere=home.sphere,
        session=session_of(actor) if short else "",
        for_agent=terms.for_agent if terms.type == Type.AGENT else "",
        agent=actor.agent,
        by_program=actor.token_id is not None,
        source_run=actor.run_id,
        created_at=now,
        changed_at=now,
        expires_at=min(terms.expires_at or now + LONGEST_SESSION, now + LONGEST_SESSION) if short else terms.expires_at,
    )


def home_of(actor: IdentityContext, terms: Any) -> Home:
    """The place and sphere. What lasts lives in a DataSpace; what is of a matter, in its thread or DataSpace."""
    place = _named_place(actor, terms)
    if terms.type in {Type.LONG, Type.INSTITUTIONAL} and (place is None or place.kind != DATASPACE):
        raise BadInput(errors={"place_id": [_("What is kept for long lives in a DataSpace: choose one.")]})
    if terms.type == Type.MID and place is None:
        raise BadInput(errors={"place_id": [_("Choose the thread or DataSpace it belongs to.")]})
    if terms.type in {Type.SHORT, Type.AGENT} and place is not None:
        raise BadInput(errors={"place_id": [_("This type of memory lives in no place.")]})
    if terms.type == Type.SHORT and not session_of(actor):
        raise BadInput(errors={"type": [_("Short-term memory belongs to a sign-in: there is none here.")]})
    if terms.sphere and terms.sphere not in spheres():
        raise BadInput(errors={"sphere": [_("There is no such sphere.")]})
    if place is not None and terms.sphere and terms.sphere != place.sphere:
        raise BadInput(errors={"sphere": [_("The place belongs to another sphere.")]})
    return Home(place, place.sphere if place else terms.sphere)


def _named_place(actor: IdentityContext, terms: Any) -> Place | None:
    """The place that was named; for an agent that names none, the one its run works in."""
    if terms.place_id is not None:
        return place_of(terms.place_kind, terms.place_id)
    if terms.place_kind:
        raise BadInput(errors={"place_id": [_("Which one?")]})
    here = places_of_run(actor.run_id) if actor.agent else []
    fitting = [place for place in here if terms.type == Type.MID or place.kind == DATASPACE]
    return fitting[0] if fitting else None


def check_kind(actor: IdentityContext, kind: str, category: str) -> None:
    """Raises BadInput for institutional memory of one person, and for what agents need no memory of."""
    if kind == Type.INSTITUTIONAL and Identity.objects.filter(pk=actor.identity_id, kind="personal").exists():
        raise BadInput(errors={"type": [_("Institutional memory belongs to identities with members.")]})
    if kind == Type.AGENT and category not in FOR_AGENTS:
        raise BadInput(errors={"category": [_("An agent's memory holds instructions and rules.")]})


def check_end(ends: datetime | None, now: datetime) -> None:
    if ends is not None and not now < ends <= now + LONGEST_LIFE:
        raise BadInput(errors={"expires_at": [_("In the future, and within ten years.")]})


def check_text(kind: str, text: str) -> None:
    """Raises BadInput for personal data in what instructs agents."""
    if kind == Type.AGENT:
        check_impersonal(text)


def check_room() -> None:
    """Raises Conflict when an identity remembers enough. Who asks at the same moment may pass it by a few."""
    if MemoryItem.objects.filter(status__in=KEPT).order_by()[:MOST_KEPT].count() >= MOST_KEPT:
        raise Conflict("too_many_memories", _("A thousand at most are remembered here. Forget some first."))
