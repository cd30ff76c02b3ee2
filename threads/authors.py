"""Whose words they are: copied as it was at the moment of writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from governance.isolation.context import Channel, IdentityContext
from governance.people.models import User
from governance.uow import UnitOfWork
from threads.models import AuthorKind

NOVA = "nova"
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Author:
    """An author as a message keeps it."""

    kind: AuthorKind
    person_id: UUID | None
    name: str
    agent: str = ""


_agent_name: Callable[[str], str] | None = None


def name_agents_by(name_of: Callable[[str], str]) -> None:
    """Tells how an agent's code becomes its name; the app that knows agents calls this once, when it is ready."""
    global _agent_name
    _agent_name = name_of


def name_of_agent(code: str) -> str:
    """The agent's name as people know it; its code when no app knows better."""
    if code == NOVA:
        return "Nova"
    return (_agent_name(code) if _agent_name else code)[:LONGEST_NAME]


def author_of(actor: IdentityContext, uow: UnitOfWork | None = None) -> Author:
    """Who speaks: the agent when one acts, else the machinery or the person, whom an open `uow` may know already."""
    if actor.agent:
        kind = AuthorKind.NOVA if actor.agent == NOVA else AuthorKind.AGENT
        return Author(kind, actor.person_id, name_of_agent(actor.agent), actor.agent)
    if actor.channel in (Channel.SYSTEM, Channel.TASK):
        return Author(AuthorKind.SYSTEM, actor.person_id, "CHE·NU")
    name = str(uow.person)[:LONGEST_NAME] if uow else name_of_person(actor.person_id)
    return Author(AuthorKind.PERSON, actor.person_id, name)


def name_of_person(person_id: UUID) -> str:
    """The person's name today, to be kept beside their id."""
    return str(User.objects.only("display_name", "email").get(pk=person_id))[:LONGEST_NAME]
