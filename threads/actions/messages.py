"""What is said in a thread: only ever added."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, field_validator

from governance.errors import Conflict, NotAllowed
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.registry.fields import one_of
from governance.uow import UnitOfWork
from threads.actions.lifecycle import open_thread
from threads.authors import author_of
from threads.models import LONGEST_MESSAGE, MOST_SOURCES, Decision, Message, Thread
from threads.policies import may_record

Content = Field(min_length=1, max_length=LONGEST_MESSAGE, description="The text, in Markdown; images are not shown.")


class AddMessage(Params):
    """Something said in a thread."""

    thread: UUID = Field(description="The id of the thread to write in.")
    content: str = Content
    reply_to: UUID | None = Field(default=None, description="The id of the message of this thread that is answered.")


@action("threads.message.add", Effect.CREATE, params=AddMessage, policy=may_write, label=_("Write in a thread"))
def add(uow: UnitOfWork, params: AddMessage) -> Message:
    thread = open_thread(params.thread, uow)
    answered = find(Message.objects, params.reply_to, thread=thread) if params.reply_to else None
    return say(uow, thread, content=params.content, reply_to=answered)


class CorrectMessage(Params):
    """A better version of one's own message; the old one stays, marked."""

    message: UUID = Field(description="The id of the message to correct.")
    content: str = Content


@action("threads.message.correct", Effect.CREATE, params=CorrectMessage, policy=may_write, label=_("Correct a message"))
def correct(uow: UnitOfWork, params: CorrectMessage) -> Message:
    old = find(Message.objects, params.message)
    thread = open_thread(old.thread_id, uow)
    author = author_of(uow.actor)
    if (old.author_kind, old.author_person_id, old.agent) != (author.kind, author.person_id, author.agent):
        raise NotAllowed(_("Only its author corrects a message."))
    if old.kind != Message.Kind.TEXT:
        raise NotAllowed(_("Only what somebody wrote can be corrected."))
    if Message.objects.filter(corrects=old).exists():
        raise Conflict("already_corrected", _("This message has been corrected meanwhile: correct the newer one."))
    return say(uow, thread, content=params.content, corrects=old, reply_to=old.reply_to)


class Source(BaseModel):
    """What a result rests on: shown as a numbered source below it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    title: str = Field(min_length=1, max_length=200, description="The name of the document or object.")
    detail: str = Field(default="", max_length=200, description="Where in it: page, section, line.")
    url: str = Field(default="", max_length=2000, description="Its address: a path of this site, or https.")


class RecordMessage(Params):
    """What a run reports in its thread: progress, actions and results."""

    thread: UUID
    content: str = Content
    kind: Message.Kind = Message.Kind.RESULT
    run_id: UUID | None = None
    reply_to: UUID | None = None
    sources: list[Source] = Field(default_factory=list, max_length=MOST_SOURCES)

    @field_validator("kind")
    @classmethod
    def of_the_machinery(cls, value: Message.Kind) -> Message.Kind:
        if value in (Message.Kind.TEXT, Message.Kind.DECISION):
            raise one_of(("file", "action", "system", "result"))
        return value


@action("threads.message.record", Effect.CREATE, params=RecordMessage, policy=may_record, label=_("Report in a thread"))
def record(uow: UnitOfWork, params: RecordMessage) -> Message:
    thread = open_thread(params.thread, uow)
    return say(
        uow,
        thread,
        kind=params.kind,
        content=params.content,
        run_id=params.run_id or uow.actor.run_id,
        reply_to=find(Message.objects, params.reply_to, thread=thread) if params.reply_to else None,
        sources=[source.model_dump() for source in params.sources],
    )


def say(uow: UnitOfWork, thread: Thread, *, content: str, **values: Any) -> Message:
    """Adds a message of the actor to a thread that the caller has locked, and announces it."""
    author = author_of(uow.actor, uow)
    message = Message(
        thread=thread,
        content=content,
        author_kind=author.kind,
        author_person_id=author.person_id,
        author_name=author.name,
        agent=author.agent,
        **{"run_id": uow.actor.run_id, **values},
    )
    uow.add(message)
    thread.last_activity_at = message.created_at
    uow.change(thread, "last_activity_at")
    uow.announce("message.created", message.pk, message.run_id, thread=thread.pk)
    return message


def say_decision(uow: UnitOfWork, thread: Thread, decision: Decision) -> Message:
    """Shows a decision at its place in the conversation."""
    return say(uow, thread, kind=Message.Kind.DECISION, content=decision.statement, decision=decision)
