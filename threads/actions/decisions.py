"""What is decided: proposed by anybody who writes, adopted by people, changed only by superseding."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import Conflict
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from threads.actions.lifecycle import open_thread
from threads.actions.messages import say_decision
from threads.authors import author_of, name_of_person
from threads.models import LONGEST_OPTION, LONGEST_STATEMENT, MOST_OPTIONS, Decision, Thread
from threads.policies import may_write_itself

Status = Decision.Status
Statement = Field(min_length=1, max_length=LONGEST_STATEMENT, description="What is decided, in one sentence.")
Option = Annotated[str, Field(min_length=1, max_length=LONGEST_OPTION)]
Options: Any = Field(default_factory=list, max_length=MOST_OPTIONS, description="Other options considered.")
Kind = Field(default=Decision.Type.APPROVAL, description="An approval, a direction, an assignment or a policy.")


class ProposeDecision(Params):
    """A decision for people to adopt."""

    thread: UUID = Field(description="The id of the thread in which it is decided.")
    statement: str = Statement
    type: Decision.Type = Kind
    options: list[Option] = Options


@action(
    "threads.decision.propose", Effect.CREATE, params=ProposeDecision, policy=may_write, label=_("Propose a decision")
)
def propose(uow: UnitOfWork, params: ProposeDecision) -> Decision:
    thread = open_thread(params.thread, uow)
    decision = write(uow, thread, params)
    say_decision(uow, thread, decision)
    uow.announce("decision.proposed", decision.pk, thread=thread.pk)
    return decision


class AdoptDecision(Params):
    decision: UUID


@action(
    "threads.decision.adopt",
    Effect.UPDATE,
    params=AdoptDecision,
    policy=may_write_itself,
    label=_("Adopt a decision"),
)
def adopt(uow: UnitOfWork, params: AdoptDecision) -> Decision:
    """In force from now on; raises Conflict when somebody was faster."""
    decision: Decision = find(Decision.objects, params.decision)
    open_thread(decision.thread_id, uow)
    claim(decision, Status.PROPOSED, status=Status.ADOPTED, **adopted_by(uow))
    uow.tell(before={"status": Status.PROPOSED}, after={"status": Status.ADOPTED})
    uow.announce("decision.adopted", decision.pk, thread=decision.thread_id)
    return decision


class SupersedeDecision(Params):
    """Another decision in place of an adopted one: in force at once."""

    decision: UUID
    statement: str = Statement
    type: Decision.Type | None = Field(default=None, description="The kind of decision; by default the old one's.")
    options: list[Option] = Options


@action(
    "threads.decision.supersede",
    Effect.UPDATE,
    params=SupersedeDecision,
    policy=may_write_itself,
    label=_("Replace a decision"),
)
def supersede(uow: UnitOfWork, params: SupersedeDecision) -> Decision:
    """The new decision, adopted; the old one stays in the log. Raises Conflict unless it is in force."""
    old: Decision = find(Decision.objects, params.decision)
    thread = open_thread(old.thread_id, uow)
    claim(old, Status.ADOPTED, status=Status.SUPERSEDED, superseded_at=now())
    in_force = {"status": Status.ADOPTED, **adopted_by(uow)}
    new = write(uow, thread, params, type=params.type or old.type, supersedes=old, **in_force)
    say_decision(uow, thread, new)
    uow.tell(before={"decision": old.pk, "statement": old.statement})
    uow.announce("decision.adopted", new.pk, thread=thread.pk)
    return new


def write(uow: UnitOfWork, thread: Thread, params: ProposeDecision | SupersedeDecision, **values: Any) -> Decision:
    author = author_of(uow.actor)
    return Decision.objects.create(
        thread=thread,
        statement=params.statement,
        options=params.options,
        proposed_by=uow.actor.person_id,
        proposed_by_name=author.name,
        proposed_by_agent=author.agent,
        **{"type": params.type, **values},
    )


def adopted_by(uow: UnitOfWork) -> dict[str, Any]:
    person = uow.actor.person_id
    return {"adopted_by": person, "adopted_by_name": name_of_person(person), "adopted_at": now()}


def claim(decision: Decision, expected: str, **values: Any) -> None:
    """Takes the step from `expected`, or raises Conflict: the decision has moved on."""
    if not Decision.objects.filter(pk=decision.pk, status=expected).update(**values):
        raise Conflict("decision_state", _("This decision has moved on meanwhile."))
    decision.refresh_from_db()
