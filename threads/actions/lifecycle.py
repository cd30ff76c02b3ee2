"""A thread's life: created, renamed, resolved, archived, reopened."""

from __future__ import annotations

from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import Conflict, Unprocessable
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.facts import SphereSlug
from spheres.models import DataSpace, DataSpaceStatus
from threads.models import BUDGETS, LONGEST_TITLE, Size, Thread

Status = Thread.Status
UNFINISHED = (Status.DRAFT, Status.ACTIVE, Status.PAUSED)


def archived() -> Conflict:
    """What everybody hears who wants to change an archived thread."""
    return Conflict("thread_archived", _("This thread is archived: it can be read, and reopened, but not changed."))


def open_thread(pk: UUID, uow: UnitOfWork | None = None) -> Thread:
    """The thread, locked until the end of the unit of work; raises Conflict when it is archived.

    The lock also numbers: ids made under it follow the order in which things were said. With `uow` it is looked
    up once in that unit.
    """
    thread: Thread = uow.lock(Thread, pk) if uow else find(Thread.objects.select_for_update(), pk)
    if thread.is_archived:
        raise archived()
    return thread


class CreateThread(Params):
    """A new thread of one sphere."""

    title: str = Field(min_length=1, max_length=LONGEST_TITLE, description="What the thread is about, in a few words.")
    sphere: SphereSlug = Field(description="The slug of the sphere it belongs to, such as `business`.")
    type: Thread.Type = Field(default=Thread.Type.CONVERSATION, description="What the thread is for.")
    size: Size = Field(default=Size.STANDARD, description="How much it may spend: 5 000, 10 000 or 25 000 tokens.")
    dataspace: UUID | None = Field(default=None, description="The id of the DataSpace it is about, in the same sphere.")


@action("threads.thread.create", Effect.CREATE, params=CreateThread, policy=may_write, label=_("Start a thread"))
def create(uow: UnitOfWork, params: CreateThread) -> Thread:
    thread = Thread(
        title=params.title,
        sphere=params.sphere,
        dataspace=dataspace_of(params),
        type=params.type,
        token_budget=BUDGETS[params.size],
        created_by=uow.actor.person_id,
    )
    uow.add(thread)
    uow.announce("thread.created", thread.pk, sphere=thread.sphere)
    return thread


def dataspace_of(params: CreateThread) -> DataSpace | None:
    """The named DataSpace; raises Unprocessable when it lies in another sphere, Conflict when it is put away."""
    if params.dataspace is None:
        return None
    dataspace: DataSpace = find(DataSpace.objects, params.dataspace)
    if dataspace.sphere != params.sphere:
        raise Unprocessable("sphere_mismatch", _("This DataSpace belongs to another sphere."))
    if dataspace.status != DataSpaceStatus.ACTIVE:
        raise Conflict("dataspace_inactive", _("This DataSpace has been put away."))
    return dataspace


class RenameThread(Params):
    thread: UUID
    title: str = Field(min_length=1, max_length=LONGEST_TITLE, description="The new title.")


@action("threads.thread.rename", Effect.UPDATE, params=RenameThread, policy=may_write, label=_("Rename a thread"))
def rename(uow: UnitOfWork, params: RenameThread) -> Thread:
    thread = open_thread(params.thread)
    uow.tell(before={"title": thread.title}, after={"title": params.title})
    thread.title = params.title
    thread.save(update_fields=["title"])
    uow.announce("thread.changed", thread.pk)
    return thread


class WhichThread(Params):
    thread: UUID = Field(description="The thread's id.")


@action("threads.thread.resolve", Effect.UPDATE, params=WhichThread, policy=may_write, label=_("Resolve a thread"))
def resolve(uow: UnitOfWork, params: WhichThread) -> Thread:
    """Its question is answered; it may still be written in."""
    return move(uow, params.thread, UNFINISHED, Status.RESOLVED)


@action("threads.thread.archive", Effect.DELETE, params=WhichThread, policy=may_write, label=_("Archive a thread"))
def archive(uow: UnitOfWork, params: WhichThread) -> Thread:
    """Read-only from now on; nothing is removed."""
    return move(uow, params.thread, (*UNFINISHED, Status.RESOLVED), Status.ARCHIVED)


@action("threads.thread.reopen", Effect.UPDATE, params=WhichThread, policy=may_write, label=_("Reopen a thread"))
def reopen(uow: UnitOfWork, params: WhichThread) -> Thread:
    return move(uow, params.thread, (Status.PAUSED, Status.RESOLVED, Status.ARCHIVED), Status.ACTIVE)


def move(uow: UnitOfWork, pk: UUID, expected: tuple[str, ...], to: str) -> Thread:
    """Claims the step to `to`; raises Conflict when the thread is in none of the `expected` states."""
    thread: Thread = find(Thread.objects, pk)
    before = thread.status
    claimed = Thread.objects.filter(pk=pk, status__in=expected).update(status=to, last_activity_at=now())
    if not claimed:
        thread.refresh_from_db(fields=["status"])
        raise (archived() if thread.is_archived else Conflict("thread_state", _("This thread has moved on meanwhile.")))
    uow.tell(before={"status": before}, after={"status": to})
    thread.refresh_from_db()
    uow.announce("thread.changed", thread.pk, status=to)
    return thread
