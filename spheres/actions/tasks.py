"""Tasks: items with a state, a priority and a day (design 7.1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.actions.fields import require_member, sphere_field
from spheres.actions.items import editable, save_version, write_item
from spheres.facts import SphereSlug
from spheres.models import LONGEST_CONTENT, LONGEST_TITLE, Item, ItemType, Priority, TaskStatus


class CreateTask(Params):
    """Adds a task to do."""

    title: str = Field(min_length=1, max_length=LONGEST_TITLE, description="What is to be done, in a few words.")
    content: str = Field(default="", max_length=LONGEST_CONTENT, description="Details, in Markdown.")
    sphere: SphereSlug = sphere_field()
    dataspace: UUID | None = Field(default=None, description="Id of a DataSpace of the same sphere, if any.")
    priority: Priority = Field(default=Priority.NORMAL, description="low, normal, high or urgent.")
    due_on: date | None = Field(default=None, description="The day it is due, YYYY-MM-DD, if any.")
    assignee: UUID | None = Field(default=None, description="Id of the member who does it, if anybody in particular.")


@action("spheres.task.create", Effect.CREATE, params=CreateTask, policy=may_write, label=_("Add a task"))
def create_task(uow: UnitOfWork, params: CreateTask) -> Item:
    require_member(params.assignee)
    return write_item(uow, type=ItemType.TASK, status=TaskStatus.PENDING, **params.model_dump())


class CompleteTask(Params):
    """Marks a task as done, or as to do again."""

    task: UUID = Field(description="Id of the task.")
    complete: bool | None = Field(default=None, description="True: done. False: to do again. By default the other one.")


@action("spheres.task.complete", Effect.UPDATE, params=CompleteTask, policy=may_write, label=_("Complete a task"))
def complete_task(uow: UnitOfWork, params: CompleteTask) -> Item:
    """Harmless to repeat with an explicit `complete`: then nothing is saved."""
    task = editable(params.task)
    if task.type != ItemType.TASK:
        raise BadInput(_("This is not a task."))
    done = params.complete if params.complete is not None else not task.is_complete
    if done == task.is_complete:
        return task
    status = TaskStatus.COMPLETE if done else TaskStatus.PENDING
    uow.tell(before={"status": task.status})
    save_version(uow, task, {"status": status, "completed_at": now() if done else None})
    return task
